//! What is ordered by hand: which sources to crawl now, and how that differs from an ordinary crawl.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An order to crawl now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What to crawl.
    pub wanted: Wanted,
    /// How.
    pub options: CrawlOptions,
}

/// What an order wants crawled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// The sources whose time has come.
    Due,
    /// Every source.
    All,
    /// Sources, units and regions as people name them.
    Names(Vec<String>),
    /// One article or listing that need not be configured.
    Url(String),
}

/// How a crawl differs from an ordinary one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrawlOptions {
    /// Whether validators and the schedule are ignored; politeness never is.
    pub force: bool,
    /// Whether nothing is recorded.
    pub dry_run: bool,
    /// The most articles to take from each source.
    pub limit: Option<usize>,
    /// Goes back through older pages to what was published since then.
    pub since: Option<Timestamp>,
}
