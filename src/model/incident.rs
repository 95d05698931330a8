//! An incident: the time in which something was wrong with a source. Plain data; when one begins and ends is
//! `schedule`'s to say.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Health;

/// A time in which something was wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// When it was noticed. No other incident of the source has the same.
    pub since: Timestamp,
    /// What is wrong: the last that was, once it has ended.
    pub kind: Health,
    /// What that was read from when it was noticed, in one sentence.
    pub evidence: Option<String>,
    /// When something was last read from the source before.
    pub last_good: Option<Timestamp>,
    /// When `kind` was last changed: one trouble may turn into another.
    pub changed: Timestamp,
    /// When it ended; `None` while it lasts.
    pub resolved: Option<Timestamp>,
}

impl Incident {
    /// Whether it lasts.
    pub fn is_open(&self) -> bool {
        self.resolved.is_none()
    }

    /// When it last changed in any way.
    pub fn updated(&self) -> Timestamp {
        self.resolved.unwrap_or(self.changed)
    }
}
