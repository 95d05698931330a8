//! Full text search over stories: titles, texts, units and regions. The index is a copy for finding, never the truth: it
//! follows the store by a watermark of its own, holds no text, and is rebuilt from the store when it is missing, damaged
//! or made by another version. It stores nothing about readers and what they look for.
//!
//! [`Search::open`], then [`Search::rebuild`] if there is no watermark, then [`Search::index`] after every change, and
//! [`Search::query`] at any time from any thread. Whoever opens it holds the store's lock: the folder has one owner.

mod ask;
mod excerpt;
mod fold;
mod index;
mod query;
mod steady;

use std::ops::Range;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::model::{RegionCode, SatkerId, SatkerKind, StoryDetail, StoryId};

pub use index::Search;

/// A story with what is to be found beside its own words.
#[derive(Clone, Debug)]
pub struct Document {
    /// The story.
    pub detail: StoryDetail,
    /// The names of its unit and regions, in any order.
    pub names: String,
    /// The kind of its unit.
    pub kind: Option<SatkerKind>,
}

/// Which stories are looked through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Those of this region's feed: what happened in it or in what it holds, or was published by a unit there.
    pub region: Option<RegionCode>,
    /// Those of this unit.
    pub satker: Option<SatkerId>,
    /// Those of units of this kind.
    pub kind: Option<SatkerKind>,
    /// Who published them.
    pub origin: Origin,
    /// Published at this time or later; first seen, where no date is known.
    pub since: Option<Timestamp>,
    /// Published before this time.
    pub until: Option<Timestamp>,
}

/// Who published a story.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Anybody.
    #[default]
    Any,
    /// A unit, in a source of its own.
    Unit,
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What fits best; where no words are looked for, the newest.
    #[default]
    Relevance,
    /// The newest arrival, as in feeds.
    Newest,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// How many stories there are in all.
    pub total: usize,
    /// Those that were asked for.
    pub hits: Vec<Hit>,
}

/// A story that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The story.
    pub story: StoryId,
    /// How well it fits; the greater, the better. Comparable within one answer; 0 in one that is ordered by time.
    pub score: f32,
}

/// A part of a text with the places that were looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The part, in bytes of the text; it begins and ends at a word's edge.
    pub range: Range<usize>,
    /// The places in it, in bytes of the text, in order.
    pub marks: Vec<Range<usize>>,
}

/// The index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has it open.
    #[error("the search index {} is in use by another process", path.display())]
    InUse {
        /// Its folder.
        path: PathBuf,
    },
    /// What is on disk cannot be read. Opening it again begins a new one.
    #[error("the search index {} is damaged: {what}; it is rebuilt from the store when opened again", path.display())]
    Damaged {
        /// Its folder.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The system refuses a file or folder, for want of room too. The index must be opened again.
    #[error("cannot use the search index {}: {what}", path.display())]
    Io {
        /// Its folder.
        path: PathBuf,
        /// The system's answer.
        what: String,
    },
}

/// Why an index was not rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError<Source> {
    /// The index cannot be written.
    #[error(transparent)]
    Search(#[from] Error),
    /// A story cannot be read.
    #[error("cannot read the stories to search through")]
    Source(Source),
}

#[cfg(test)]
mod tests;
