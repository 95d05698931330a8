//! An article: cleaned, dated and attributed, ready to be placed in a region and in a story.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Image, Republish, SatkerId, SourceId, Zone};

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
    /// How much of it may be republished.
    pub republish: Republish,
}

impl Article {
    /// The time the article is known by: its date, or when it was first seen.
    pub fn date(&self) -> Timestamp {
        self.published.map_or(self.seen, |published| published.at)
    }

    /// What its address is known by: without scheme, `www.` and a closing slash, in which the same page often differs.
    pub fn identity(&self) -> String {
        let url = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let url = url.strip_prefix("www.").unwrap_or(url);
        url.strip_suffix('/').unwrap_or(url).to_owned()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_of_an_address_have_one_identity() {
        let identity = |url: &str| {
            Article {
                source: SourceId::new("a").unwrap(),
                satker: None,
                url: url.to_owned(),
                guid: None,
                title: "Judul".to_owned(),
                author: None,
                published: None,
                updated: None,
                seen: Timestamp::UNIX_EPOCH,
                summary: String::new(),
                html: String::new(),
                text: String::new(),
                image: None,
                categories: Vec::new(),
                republish: Republish::Full,
            }
            .identity()
        };
        for twin in [
            "https://a.example/berita/x",
            "http://www.a.example/berita/x/",
            "https://www.a.example/berita/x",
        ] {
            assert_eq!(identity(twin), "a.example/berita/x", "{twin}");
        }
        assert_ne!(identity("https://a.example/?p=1"), identity("https://a.example/?p=2"));
        assert_eq!(identity("https://a.example/"), "a.example");
    }
}
