//! A source: one address that is crawled, how it is read, and what it may be used for.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::satker::checked_id;
use super::{InvalidId, RegionCode, SatkerId};

/// A source's id in the configuration and in logs: `lapas-jember-kumparan`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceId(String);

impl SourceId {
    /// Checks the form, which is that of [`SatkerId`].
    pub fn new(text: impl Into<String>) -> Result<SourceId, InvalidId> {
        checked_id(text.into()).map(SourceId)
    }

    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SourceId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        SourceId::new(text)
    }
}

impl From<SourceId> for String {
    fn from(id: SourceId) -> String {
        id.0
    }
}

/// One configured address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// How it is read.
    pub kind: SourceKind,
    /// Where it is.
    pub url: Url,
    /// The unit it belongs to; a portal belongs to none.
    pub satker: Option<SatkerId>,
    /// Its region: for a portal only a fallback.
    pub region: Option<RegionCode>,
    /// Words one of which must occur in title or text; empty lets everything in.
    pub include: Vec<String>,
    /// Words none of which may occur in title or text.
    pub exclude: Vec<String>,
    /// A fixed time between crawls.
    pub interval: Option<Duration>,
    /// Whether each article's page is fetched when the source carries only a summary.
    pub full_text: bool,
    /// How its pages are looked at.
    pub render: Render,
    /// How much of its text is republished.
    pub republish: Republish,
    /// Selectors that override generic extraction of its article pages.
    pub article: ArticleSelectors,
}

/// How a source is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourceKind {
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A WordPress site: its REST API, else its feeds.
    Wordpress,
    /// A site made with Blogger, on blogspot.com or under its own domain.
    Blogger,
    /// A category or menu address of a Joomla site: its feed, else the list itself.
    Joomla,
    /// A sitemap, an index of sitemaps, or a news sitemap.
    Sitemap,
    /// An HTML page that lists articles.
    Listing(ListingSelectors),
    /// An HTML page that lists articles, read without selectors.
    ListingAuto,
    /// An account on kumparan.com.
    Kumparan,
    /// The same, asked for its stories at this web address first: a GraphQL operation of kumparan's, with its name, its
    /// variables and the hash of its text in the query.
    KumparanQuery(String),
    /// Not known yet: each document is read as what it looks like.
    Auto,
}

impl SourceKind {
    /// The word for it in the configuration.
    pub fn name(&self) -> &'static str {
        match self {
            SourceKind::Feed => "feed",
            SourceKind::Wordpress => "wordpress",
            SourceKind::Blogger => "blogger",
            SourceKind::Joomla => "joomla",
            SourceKind::Sitemap => "sitemap",
            SourceKind::Listing(_) | SourceKind::ListingAuto => "listing",
            SourceKind::Kumparan | SourceKind::KumparanQuery(_) => "kumparan",
            SourceKind::Auto => "auto",
        }
    }

    /// Whether its entries are little more than links, so that an article's own page is needed and believed first. The
    /// others may carry the whole text.
    pub fn announces_links(&self) -> bool {
        match self {
            SourceKind::Feed | SourceKind::Wordpress | SourceKind::Blogger | SourceKind::Joomla | SourceKind::Auto => {
                false
            }
            SourceKind::Sitemap | SourceKind::Listing(_) | SourceKind::ListingAuto => true,
            SourceKind::Kumparan | SourceKind::KumparanQuery(_) => true,
        }
    }

    /// Whether it is an account on kumparan.com, however its stories are asked for.
    pub fn is_kumparan(&self) -> bool {
        matches!(self, SourceKind::Kumparan | SourceKind::KumparanQuery(_))
    }
}

/// CSS selectors for a page that lists articles; `link`, `title` and `date` are looked for inside each `item`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListingSelectors {
    /// One match for each article.
    pub item: String,
    /// The link to the article; without it the item itself or its first link.
    pub link: Option<String>,
    /// The article's title; without it the link's text.
    pub title: Option<String>,
    /// The article's date.
    pub date: Option<String>,
    /// The link to the next, older page.
    pub next: Option<String>,
}

/// CSS selectors for the parts of an article page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArticleSelectors {
    /// The headline.
    pub title: Option<String>,
    /// The element that holds the article's paragraphs.
    pub body: Option<String>,
    /// The date of publication.
    pub date: Option<String>,
    /// The author.
    pub author: Option<String>,
}

/// How a page is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Render {
    /// As the server sends it.
    #[default]
    Plain,
    /// As script fills it in a browser (`render = "browser"`).
    Browser,
}

/// How much of a source's text goes into our feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Republish {
    /// All of it, with its image.
    Full,
    /// The first 300 characters, no image, the source named.
    Excerpt,
    /// Title and link only.
    Link,
}
