//! The integration tests, one binary.
#![allow(clippy::unwrap_used)]

mod architecture;
mod backup;
mod broken_feeds;
mod browser;
mod check;
mod complaints;
mod crawl;
mod daemon;
mod demo;
mod edit;
mod export;
mod extraction;
mod feedparser;
mod fuzz;
mod gold;
mod hostile;
mod kumparan;
mod ledger;
mod near;
mod near_copies;
mod neardup;
mod owner;
mod quarantine;
mod readers_hostile;
mod regions;
mod sanitise;
mod screen;
mod simulated_month;
mod status;
mod store_ops;
mod support;
mod systemd;
mod understand;
mod websub;
mod withdrawals;
