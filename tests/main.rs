//! The integration tests, one binary.
#![allow(clippy::unwrap_used)]

mod architecture;
mod daemon;
mod demo;
mod ledger;
mod near_copies;
mod neardup;
mod systemd;
mod understand;
