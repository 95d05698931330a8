//! A fault in somebody else's bytes: data for a report, never an error of ours.

use serde::{Deserialize, Serialize};

/// One thing that was wrong with a source, a page or an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where: an address, or a place in a document ("item 3").
    pub at: String,
    /// What was expected and what was found.
    pub what: String,
}

impl Problem {
    /// A problem at a place.
    pub fn new(at: impl Into<String>, what: impl Into<String>) -> Problem {
        Problem {
            at: at.into(),
            what: what.into(),
        }
    }
}
