//! What is kept of an article that was removed for its age, so that it never comes back as new. Its rows under address,
//! guid and text stay as well, and lead here. What to remove is decided by the ledger.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{SourceId, StoryId};

/// What a removed article is recognised by: hashes, no words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// The story it belonged to.
    pub story: StoryId,
    /// The source it was found in.
    pub source: SourceId,
    /// The time it was known by.
    pub date: Timestamp,
    /// The hash of its address.
    pub url: u128,
    /// The hashes of its source and guid.
    pub guid: Option<(u64, u64)>,
    /// The hash of its text, if that was long enough to identify it.
    pub exact: Option<u128>,
    /// The hash of its title.
    pub title: u64,
    /// The hash of title and text as readers saw them.
    pub words: u64,
    /// Characters in its text.
    pub length: u64,
}
