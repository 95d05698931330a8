//! Feeds: what a region's or unit's stories look like to feed readers. Pure: the same stories give the same bytes, so
//! that an unchanged feed keeps its ETag; there is no build date.
//!
//! [`select`] chooses the stories of a live feed, [`view`] makes a [`FeedView`] of them, [`render`] writes it in one of
//! three formats. Who asks, and what may be cached, is `serve`'s business.

pub mod archive;
mod atom;
mod entry;
mod incidents;
mod json;
mod opml;
mod rss;
mod view;

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use crate::gazetteer::Gazetteer;
use crate::model::{Directory, Scope, Site, StoryDetail, StoryId};

pub use entry::Entry;
pub use incidents::{Told, Trouble, incidents};
pub use opml::{provinces as opml_provinces, regencies as opml_regencies, tree as opml_tree};
pub use view::{Category, Copy, Deleted, EntryView, FeedView, History, Length, Point, entry, view, view_of};

/// A live feed holds at least this many stories, if there are as many.
const AT_LEAST: usize = 50;

/// A live feed never holds more.
const AT_MOST: usize = 500;

/// A live feed holds everything that arrived within this time.
const LIVE: Duration = Duration::from_secs(48 * 3600);

/// What feeds are made with.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Who we are.
    pub site: &'a Site,
    /// The regions.
    pub gazetteer: &'a Gazetteer,
    /// The units and sources.
    pub directory: &'a Directory,
}

/// A feed format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// RSS 2.0.
    Rss,
    /// Atom 1.0 (RFC 4287).
    Atom,
    /// JSON Feed 1.1.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 3] = [Format::Rss, Format::Atom, Format::Json];

    /// The ending of its addresses.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Rss => "rss",
            Format::Atom => "atom",
            Format::Json => "json",
        }
    }

    /// The format of an address's ending.
    pub fn from_extension(extension: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.extension() == extension)
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Rss => "application/rss+xml; charset=utf-8",
            Format::Atom => "application/atom+xml; charset=utf-8",
            Format::Json => "application/feed+json; charset=utf-8",
        }
    }
}

/// How long a withdrawn story stays in the live feeds, so that readers learn of it.
const WITHDRAWN_SHOWN: Duration = Duration::from_secs(7 * 86_400);

/// For so much longer Atom says of it that its entry is deleted (RFC 6721).
const DELETED_SHOWN: Duration = Duration::from_secs(30 * 86_400);

/// What a live feed holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selected {
    /// The stories, those withdrawn lately among them.
    pub stories: Vec<StoryDetail>,
    /// Those withdrawn longer ago.
    pub gone: Vec<StoryDetail>,
}

/// The stories of a live feed, out of all of its scope with the newest arrival first: the pinned ones, those of the last
/// 48 hours and at least 50. One that was withdrawn stays for seven days.
pub fn select<E>(
    pinned: Vec<StoryDetail>,
    stories: impl Iterator<Item = Result<StoryDetail, E>>,
    now: Timestamp,
) -> Result<Vec<StoryDetail>, E> {
    select_with_gone(pinned, stories, now).map(|selected| selected.stories)
}

/// What [`select`] gives, and the stories among them that were withdrawn more than seven days ago, for 30 more days.
pub fn select_with_gone<E>(
    pinned: Vec<StoryDetail>,
    stories: impl Iterator<Item = Result<StoryDetail, E>>,
    now: Timestamp,
) -> Result<Selected, E> {
    let mut selected = Selected {
        stories: pinned,
        gone: Vec::new(),
    };
    let is_pinned: HashSet<StoryId> = selected.stories.iter().map(|detail| detail.story.id).collect();
    for story in stories.take(AT_MOST) {
        let story = story?;
        if is_pinned.contains(&story.story.id) {
            continue;
        }
        let chosen = &mut selected.stories;
        match Shown::of(&story, now) {
            Shown::No => continue,
            Shown::Deleted => selected.gone.push(story),
            Shown::Entry => {
                if chosen.len() >= AT_LEAST && now.duration_since(story.story.first_seen).unsigned_abs() > LIVE {
                    break;
                }
                chosen.push(story);
            }
        }
    }
    Ok(selected)
}

/// How a story is shown in a live feed.
enum Shown {
    Entry,
    Deleted,
    No,
}

impl Shown {
    fn of(detail: &StoryDetail, now: Timestamp) -> Shown {
        let Some(hidden) = &detail.story.hidden else {
            return Shown::Entry;
        };
        match now.duration_since(hidden.at).unsigned_abs() {
            since if since <= WITHDRAWN_SHOWN => Shown::Entry,
            since if since <= WITHDRAWN_SHOWN + DELETED_SHOWN => Shown::Deleted,
            _ => Shown::No,
        }
    }
}

/// From when on a live feed with these stories is another one though nothing has changed: a pin ends, a withdrawn story is
/// shown otherwise, a story is too old for more than the 50 newest, a month's last archive closes. Never too late; a feed
/// made again too early is the same.
pub fn stale_at(selected: &Selected, now: Timestamp) -> Timestamp {
    // Their last moment is still within.
    let after = |at: Timestamp, within: Duration| at.checked_add(within + Duration::from_nanos(1)).ok();
    let all = selected
        .stories
        .iter()
        .chain(&selected.gone)
        .map(|detail| &detail.story);
    let changes = all.flat_map(|story| {
        let hidden = story.hidden.as_ref().map(|hidden| hidden.at);
        let shown = [WITHDRAWN_SHOWN, WITHDRAWN_SHOWN + DELETED_SHOWN];
        let otherwise = shown.map(|shown| hidden.and_then(|at| after(at, shown)));
        [story.pinned_until, otherwise[0], otherwise[1]]
    });
    let beyond = selected.stories.iter().skip(AT_LEAST);
    let old = beyond.map(|detail| after(detail.story.first_seen, LIVE));
    let month = archive::next_closing(now);
    let times = changes.chain(old).chain([month]).flatten();
    times.filter(|at| *at > now).min().unwrap_or(Timestamp::MAX)
}

/// The stories whose pins last in a scope.
pub fn pinned(stories: Vec<StoryDetail>, scope: &Scope, now: Timestamp) -> Vec<StoryDetail> {
    let lasts = |detail: &StoryDetail| {
        let story = &detail.story;
        story.hidden.is_none() && story.pinned_until.is_some_and(|until| until > now) && story.scopes().contains(scope)
    };
    stories.into_iter().filter(lasts).collect()
}

/// When what a feed or page says of these stories last changed: their words, or by a further copy, which leaves
/// `updated` alone. `None` without stories.
pub fn last_change(stories: &[StoryDetail]) -> Option<Timestamp> {
    let changes = stories.iter().map(|detail| {
        let copies = detail.story.members.iter().map(|member| member.seen);
        copies.fold(detail.story.updated, Timestamp::max)
    });
    changes.max()
}

/// Writes a feed.
pub fn render(feed: &FeedView, format: Format) -> Vec<u8> {
    match format {
        Format::Rss => rss::render(feed),
        Format::Atom => atom::render(feed),
        Format::Json => json::render(feed),
    }
}

/// The name of a scope in addresses: `jawa-timur/kabupaten-jember`, `satker/lapas-jember`. `None` for a region that
/// does not exist.
pub fn scope_path(gazetteer: &Gazetteer, scope: &Scope) -> Option<String> {
    match scope {
        Scope::Region(code) => gazetteer.region(*code).map(|region| region.path.clone()),
        Scope::Satker(id) => Some(format!("satker/{id}")),
    }
}

/// The public address of a scope's feed.
pub fn feed_url(site: &Site, scope_path: &str, format: Format) -> String {
    absolute(site, &format!("feeds/{scope_path}.{}", format.extension()))
}

/// The public address of a scope's page.
pub fn page_url(site: &Site, scope_path: &str) -> String {
    match scope_path {
        "indonesia" => absolute(site, ""),
        path if path.starts_with("satker/") => absolute(site, path),
        path => absolute(site, &format!("wilayah/{path}")),
    }
}

fn absolute(site: &Site, path: &str) -> String {
    site.base_url
        .join(path)
        .unwrap_or_else(|_| Url::clone(&site.base_url))
        .into()
}

/// A text without what XML 1.0 forbids: the crates that write XML let control characters pass, and one of them makes a
/// whole feed unreadable.
fn xml_text(text: &str) -> String {
    let allowed =
        |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(allowed).collect()
}

#[cfg(test)]
mod tests;
