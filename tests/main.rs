//! The integration tests, one binary.
#![allow(clippy::unwrap_used)]

mod architecture;
mod backup;
mod broken_feeds;
mod complaints;
mod crawl;
mod daemon;
mod demo;
mod edit;
mod extraction;
mod feedparser;
mod gold;
mod kills;
mod ledger;
mod near;
mod near_copies;
mod neardup;
mod owner;
mod regions;
mod sanitise;
mod screen;
mod simulated_month;
mod store_ops;
mod support;
mod systemd;
mod understand;
