//! An article: cleaned, dated and attributed, ready to be placed in a region and in a story.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Image, Language, Republish, SatkerId, SourceId, Zone};

/// One page of one source, as `normalize` makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// The source it was found in.
    pub source: SourceId,
    /// The unit that source belongs to.
    pub satker: Option<SatkerId>,
    /// Its canonical address: what `normalize::url` made of it.
    pub url: String,
    /// The feed's own id for it.
    pub guid: Option<String>,
    /// The title, one line of plain text, never empty.
    pub title: String,
    /// The author's name.
    pub author: Option<String>,
    /// When the source says it was published.
    pub published: Option<Published>,
    /// When the source says it was last changed.
    pub updated: Option<Timestamp>,
    /// When we saw it first.
    pub seen: Timestamp,
    /// The first sentences as plain text, at most 300 characters.
    pub summary: String,
    /// The body as sanitised HTML with absolute links; empty where the source gave none.
    pub html: String,
    /// The body as plain text, a line for each paragraph, furniture removed.
    pub text: String,
    /// The lead image.
    pub image: Option<Image>,
    /// Tags.
    pub categories: Vec<String>,
    /// The language of its words as a BCP 47 tag (`id`, `jv`, `en`), where it is known.
    pub language: Option<String>,
    /// How much of it may be republished.
    pub republish: Republish,
}

impl Article {
    /// The time the article is known by: its date, or when it was first seen.
    pub fn date(&self) -> Timestamp {
        self.published.map_or(self.seen, |published| published.at)
    }

    /// The language of its words, where it is known and not this one.
    pub fn foreign_to(&self, ours: Language) -> Option<&str> {
        self.language.as_deref().filter(|language| *language != ours.tag())
    }

    /// What its address is known by, see [`identity`].
    pub fn identity(&self) -> &str {
        identity(&self.url)
    }
}

/// What makes two addresses the same page: without the scheme, a leading "www." and a trailing slash.
pub fn identity(url: &str) -> &str {
    let address = url.split_once("://").map_or(url, |(_, rest)| rest);
    address.strip_prefix("www.").unwrap_or(address).trim_end_matches('/')
}

/// A date of publication that somebody stated; none is ever invented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The instant; midnight in `zone` where only a day is known.
    pub at: Timestamp,
    /// The zone it was stated in, or the one of the unit.
    pub zone: Zone,
    /// How exactly it is known.
    pub precision: Precision,
    /// Who stated it.
    pub origin: DateOrigin,
}

/// How exactly a date is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// To the minute or better.
    Minute,
    /// Only the day.
    Day,
}

/// Where a date was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrigin {
    /// In the feed or the list.
    Feed,
    /// On the article's page.
    Page,
}
