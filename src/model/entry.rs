//! What parsers and extractors read, before anything is cleaned, dated or placed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Problem;

/// What a pure stage could read, and what was wrong with the rest. Stages never fail on input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<T> {
    /// What was read, in the document's order.
    pub items: Vec<T>,
    /// What could not be read, for the source's report.
    pub problems: Vec<Problem>,
}

impl<T> Default for Parsed<T> {
    fn default() -> Self {
        Parsed {
            items: Vec::new(),
            problems: Vec::new(),
        }
    }
}

/// One article as a source announces it: complete in a full-text feed, little more than a link in a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The article's address, absolute.
    pub url: Option<Url>,
    /// The feed's own id for it.
    pub guid: Option<String>,
    /// The title as plain text.
    pub title: Option<String>,
    /// The author's name.
    pub author: Option<String>,
    /// When it was published.
    pub published: Option<RawDate>,
    /// When it was last changed.
    pub updated: Option<RawDate>,
    /// A summary, as HTML that nobody has sanitised yet.
    pub summary_html: Option<String>,
    /// The whole text, as HTML that nobody has sanitised yet.
    pub content_html: Option<String>,
    /// The lead image.
    pub image: Option<Image>,
    /// Tags.
    pub categories: Vec<String>,
    /// The language that the source states, in its words: "id-ID", "in_ID", "Bahasa Indonesia".
    pub language: Option<String>,
}

/// The article found on its own page, among the furniture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The address the page itself calls canonical, absolute.
    pub canonical: Option<Url>,
    /// The headline as plain text.
    pub title: Option<String>,
    /// The author's name.
    pub author: Option<String>,
    /// When it was published.
    pub published: Option<RawDate>,
    /// When it was last changed.
    pub updated: Option<RawDate>,
    /// The body as HTML that nobody has sanitised yet.
    pub html: Option<String>,
    /// The lead image.
    pub image: Option<Image>,
    /// Tags.
    pub categories: Vec<String>,
    /// The language that the source states, in its words: "id-ID", "in_ID", "Bahasa Indonesia".
    pub language: Option<String>,
}

/// What names an article that its source says it took back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// Its address.
    Url(Url),
    /// The id that the source's feed had for it.
    Guid(String),
}

/// A date as found: already an instant, or words that `normalize::date` has to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawDate {
    /// A machine-readable time.
    Instant(Timestamp),
    /// "Senin, 15 Agustus 2022 | 10.30 WIB"
    Text(String),
}

/// A picture that is linked, never copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its absolute address.
    pub url: String,
    /// What stands below it.
    pub caption: Option<String>,
    /// Its media type, if the source said.
    pub mime: Option<String>,
    /// Its length in bytes, if the source said.
    pub length: Option<u64>,
}
