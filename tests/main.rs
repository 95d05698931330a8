//! The integration tests, one binary.
#![allow(clippy::unwrap_used)]

mod architecture;
mod broken_feeds;
mod daemon;
mod demo;
mod feedparser;
mod ledger;
mod systemd;
mod understand;
