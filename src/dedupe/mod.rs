//! Deciding whether an article is new, a further copy of a story, or one we have. Pure: the ledger looks up what is
//! known and writes what is decided.
//!
//! An article is recognised by its address, its guid and its exact normalised text: [`Keys`] and [`decide`]. A copy that
//! was edited is recognised by its [`Fingerprint`]: [`Index`] finds the few articles worth comparing, [`verify()`] compares
//! them and says why.

mod clean;
mod compare;
mod days;
mod eight;
pub mod fingerprint;
pub mod index;
mod keys;
mod packed;
#[cfg(test)]
mod plain_tests;
pub mod titles;
mod verify;
mod words;

use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Article, ArticleId, SourceId, StoryId};

pub use fingerprint::Fingerprint;
pub use index::Index;
pub use keys::Keys;
pub use titles::Titles;
pub use verify::{gathers, joins, verify};

/// A text of this many normalised characters is the same release at any distance in time: sites that move bring their
/// whole history with them.
const LONG_TEXT: usize = 400;

/// How much later than the first copy a unit's own may come and still stand for the story.
const OWN_COPY_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// What can be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How far apart two copies of a short text may be.
    pub window: Duration,
    /// Hosts that mirror or reword others', with all below them. Their copies never stand for a story.
    pub clone_hosts: Vec<String>,
}

impl Rules {
    /// Rules with this window and no clone hosts.
    pub fn within(window: Duration) -> Rules {
        Rules {
            window,
            clone_hosts: Vec::new(),
        }
    }
}

/// An article that is known already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its number.
    pub article: ArticleId,
    /// Its story.
    pub story: StoryId,
    /// The source that brought it.
    pub source: SourceId,
    /// Its keys.
    pub keys: Keys,
    /// The time it is known by.
    pub date: Timestamp,
}

/// What the look-ups of an article's keys found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The article of this address.
    pub by_url: Option<Held>,
    /// The article of this guid in the same source.
    pub by_guid: Option<Held>,
    /// The article of exactly this text.
    pub by_text: Option<Held>,
}

/// What an article is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The first of a story.
    New,
    /// A further copy of a story.
    Copy(Held),
    /// A known article with other words.
    Changed(Held),
    /// A known article.
    Unchanged(Held),
}

/// Decides what an article is. Copies of a short text must lie within `window` of each other.
pub fn decide(article: &Article, keys: &Keys, known: &Known, window: Duration) -> Decision {
    if let Some(held) = &known.by_url {
        return same_article(article, keys, held);
    }
    // A guid alone is never trusted: broken feeds give one to every item.
    let by_guid = known.by_guid.as_ref();
    if let Some(held) = by_guid.filter(|held| held.keys.title == keys.title || held.keys.same_text(keys)) {
        return same_article(article, keys, held);
    }
    match &known.by_text {
        Some(held) if keys.length >= LONG_TEXT || within(article.date(), held.date, window) => {
            Decision::Copy(held.clone())
        }
        _ => Decision::New,
    }
}

/// An article we have: changed if its own source says other words. Another source that uses a victim's link or id
/// never replaces its words.
fn same_article(article: &Article, keys: &Keys, held: &Held) -> Decision {
    if article.source == held.source && keys.words != held.keys.words {
        Decision::Changed(held.clone())
    } else {
        Decision::Unchanged(held.clone())
    }
}

/// Which of a story's articles stands for it: the unit's own or one of a government site if it came within a day of the
/// first, else the first, then the longest; one on a clone host only where there is no other. Returns an index; 0 for an
/// empty slice.
pub fn representative(members: &[&Article], rules: &Rules) -> usize {
    let Some(first) = members.iter().map(|article| article.date()).min() else {
        return 0;
    };
    let rank = |article: &Article| {
        let own =
            within(article.date(), first, OWN_COPY_WITHIN) && (article.satker.is_some() || is_government(article));
        let clone = is_below(host(article), &rules.clone_hosts);
        (clone, !own, article.date(), std::cmp::Reverse(article.text.len()))
    };
    (0..members.len())
        .min_by_key(|index| rank(members[*index]))
        .unwrap_or(0)
}

fn is_government(article: &Article) -> bool {
    host(article).ends_with(".go.id")
}

fn host(article: &Article) -> &str {
    article.identity().split(['/', ':']).next().unwrap_or_default()
}

/// Whether a host is one of these, or below one.
fn is_below(host: &str, hosts: &[String]) -> bool {
    let below = |known: &String| {
        host.strip_suffix(known.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    hosts.iter().any(below)
}

fn within(a: Timestamp, b: Timestamp, distance: Duration) -> bool {
    a.duration_since(b).unsigned_abs() <= distance
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::Republish;

    const WINDOW: Duration = Duration::from_secs(7 * 86_400);
    const RELEASE: &str = "JEMBER – Kalapas Jember Hasan Basri mengikuti pengarahan dari Sekretaris Jenderal tentang \
                           peran humas dalam pertemuan daring yang diikuti seluruh satuan kerja di wilayah Jawa Timur.";

    /// An article of `source` at `url` that says `text`.
    pub(crate) fn article(source: &str, url: &str, text: &str) -> Article {
        Article {
            source: SourceId::new(source).unwrap(),
            satker: None,
            url: url.to_owned(),
            guid: None,
            title: "Humas Lapas Jember".to_owned(),
            author: None,
            published: None,
            updated: None,
            seen: "2026-11-24T00:00:00Z".parse().unwrap(),
            summary: String::new(),
            html: format!("<p>{text}</p>"),
            text: text.to_owned(),
            image: None,
            categories: vec![],
            language: None,
            republish: Republish::Full,
        }
    }

    fn held(article: &Article) -> Held {
        Held {
            article: ArticleId(7),
            story: StoryId(7),
            source: article.source.clone(),
            keys: Keys::of(article),
            date: article.date(),
        }
    }

    fn decided(article: &Article, known: &Known) -> Decision {
        decide(article, &Keys::of(article), known, WINDOW)
    }

    #[test]
    fn the_same_address_is_the_same_article() {
        let first = article("a", "https://www.a.example/x/", RELEASE);
        let again = article("a", "http://a.example/x", RELEASE);
        assert_eq!(Keys::of(&first).url, Keys::of(&again).url);
        let known = Known {
            by_url: Some(held(&first)),
            ..Known::default()
        };
        assert_eq!(decided(&again, &known), Decision::Unchanged(held(&first)));
        let edited = article("a", "http://a.example/x", "Lain.");
        assert_eq!(decided(&edited, &known), Decision::Changed(held(&first)));
    }

    #[test]
    fn another_source_never_replaces_an_articles_words() {
        let victim = article("a", "https://a.example/x", RELEASE);
        let known = Known {
            by_url: Some(held(&victim)),
            ..Known::default()
        };
        let thief = article("b", "https://a.example/x", "Slot gacor maxwin.");
        assert_eq!(decided(&thief, &known), Decision::Unchanged(held(&victim)));
    }

    #[test]
    fn a_guid_is_believed_only_with_the_title_or_the_text() {
        let first = article("a", "https://a.example/old-slug", RELEASE);
        let known = Known {
            by_guid: Some(held(&first)),
            ..Known::default()
        };
        let mut moved = article("a", "https://a.example/new-slug", RELEASE);
        moved.title = "Judul yang diperbaiki".to_owned();
        assert_eq!(decided(&moved, &known), Decision::Changed(held(&first)));
        let mut other = article("a", "https://a.example/other", "Razia kamar hunian.");
        other.title = "Razia kamar hunian".to_owned();
        assert_eq!(
            decided(&other, &known),
            Decision::New,
            "a feed that gives every item one guid"
        );
    }

    #[test]
    fn the_same_text_is_a_copy_within_the_window_and_a_long_one_always() {
        let first = article("a", "https://a.example/x", RELEASE);
        let known = Known {
            by_text: Some(held(&first)),
            ..Known::default()
        };
        let mut copy = article("b", "https://b.example/y", &RELEASE.to_uppercase());
        assert_eq!(decided(&copy, &known), Decision::Copy(held(&first)));
        copy.seen = "2026-12-24T00:00:00Z".parse().unwrap();
        assert_eq!(
            decided(&copy, &known),
            Decision::New,
            "a month later a short text is a template"
        );
        let long = RELEASE.repeat(3);
        let first = article("a", "https://a.example/x", &long);
        let known = Known {
            by_text: Some(held(&first)),
            ..Known::default()
        };
        let mut copy = article("b", "https://b.example/y", &long);
        copy.seen = "2029-12-24T00:00:00Z".parse().unwrap();
        assert_eq!(decided(&copy, &known), Decision::Copy(held(&first)));
    }

    #[test]
    fn the_units_own_copy_stands_for_the_story_if_it_came_within_a_day() {
        let rules = Rules {
            clone_hosts: vec!["tribunmedan.cfd".to_owned()],
            ..Rules::within(WINDOW)
        };
        let portal = article("portal", "https://portal.example/x", RELEASE);
        let mut own = article("own", "https://own.example/x", RELEASE);
        own.satker = crate::model::SatkerId::new("lapas-jember").ok();
        own.seen = "2026-11-24T20:00:00Z".parse().unwrap();
        assert_eq!(representative(&[&portal, &own], &rules), 1);
        own.seen = "2026-11-25T20:00:00Z".parse().unwrap();
        assert_eq!(representative(&[&portal, &own], &rules), 0);
        let government = article("ministry", "https://jatim.kemenkum.go.id/x", RELEASE);
        assert_eq!(representative(&[&portal, &government], &rules), 1);
        let mirror = article("mirror", "https://www.tribunmedan.cfd/x", &RELEASE.repeat(2));
        assert_eq!(
            representative(&[&mirror, &portal], &rules),
            1,
            "a clone never stands for a story"
        );
        let longer = article("longer", "https://longer.example/x", &RELEASE.repeat(2));
        assert_eq!(representative(&[&portal, &longer], &rules), 1);
    }
}
