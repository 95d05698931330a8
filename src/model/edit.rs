//! Corrections by hand: what is ordered, and what is kept of it. They outrank every rule, and each can be undone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Member, RegionCode, SatkerId, Story, StoryId};

/// A correction that somebody orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditOrder {
    /// The story.
    pub story: StoryId,
    /// What is to be changed.
    pub change: Change,
    /// Who orders it.
    pub by: String,
}

/// What a correction changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The event's region.
    Region(RegionCode),
    /// The unit, with where it stands.
    Satker(SatkerId, RegionCode),
    /// Takes the article of this address out: it tells another story.
    Split(String),
    /// Makes one story of two. The elder id stays.
    Merge(StoryId),
    /// Withdraws the story for this reason.
    Hide(String),
    /// Keeps the story at the top of its feeds until then.
    Pin(Timestamp),
    /// Takes the last correction back.
    Undo,
    /// Publishes the article of this address, which the screen held back.
    Release(String),
    /// Takes the article of this address out for good: its source took it back.
    TakeBack(String),
}

/// A correction that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// When.
    pub at: Timestamp,
    /// By whom; [`Edit::WARTA`] where two stories were recognised as one without anybody's order.
    pub by: String,
    /// What was changed.
    pub change: Change,
    /// What takes it back.
    pub back: Back,
}

impl Edit {
    /// Who made a correction that nobody ordered.
    pub const WARTA: &'static str = "warta";
}

/// What takes a correction back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Back {
    /// The region fixed before.
    Region(Option<RegionCode>),
    /// The unit fixed before.
    Satker(Option<(SatkerId, RegionCode)>),
    /// The story that was made of the article taken out.
    Unsplit(StoryId),
    /// The story that was merged in.
    Unmerge(Box<Story>),
    /// Shows it again.
    Show,
    /// The end of the pin before.
    Pin(Option<Timestamp>),
    /// Holds the article of this address back again.
    Hold(String),
    /// Puts an article back that its source had taken back.
    Rejoin(Member),
}

/// What is fixed by hand for whatever story the article of an address tells, should it ever begin one again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The event's region.
    pub region: Option<RegionCode>,
    /// The unit, with where it stands.
    pub satker: Option<(SatkerId, RegionCode)>,
    /// Why it is withdrawn, and since when.
    pub hidden: Option<Withdrawal>,
    /// Stories it does not tell.
    pub apart: Vec<StoryId>,
}

/// Why and since when a story is withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Since when.
    pub at: Timestamp,
    /// Why, in words for readers.
    pub reason: String,
}
