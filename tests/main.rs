//! The integration tests, one binary.
#![allow(clippy::unwrap_used)]

mod architecture;
mod demo;
mod ledger;
mod systemd;
