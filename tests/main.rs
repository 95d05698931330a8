//! The integration tests, one binary.
#![allow(clippy::unwrap_used)]

mod architecture;
mod daemon;
mod demo;
mod ledger;
mod regions;
mod systemd;
mod understand;
