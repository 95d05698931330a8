//! Which scopes a group of rows touches, so that whoever keeps what was made of one need not make it again for every
//! change. In memory only: whoever asks keeps theirs no longer than the process lives.

use std::collections::{BTreeSet, HashMap};

use super::codec::decode;
use super::journal::Row;
use super::keys::{self, Tree};
use crate::model::{ArticleId, Scope, Story, StoryId};

/// When each scope was last touched, by its prefix in [`Tree::Arrival`].
#[derive(Debug, Default)]
pub struct Touched {
    scopes: HashMap<Vec<u8>, u64>,
    /// When all of them were.
    all: u64,
}

impl Touched {
    /// The generation in which a scope was last touched.
    pub fn of(&self, scope: &Scope) -> u64 {
        let last = self.scopes.get(&keys::arrival_prefix(scope)).copied();
        last.map_or(self.all, |last| last.max(self.all))
    }

    /// Notes that these rows were written in a generation, some of which put articles in the place of what they were.
    pub fn note<'r>(&mut self, rows: &[Row], changed: impl Iterator<Item = &'r Row>, generation: u64) {
        match touched(rows, changed) {
            Some(scopes) => self.scopes.extend(scopes.into_iter().map(|scope| (scope, generation))),
            None => self.note_all(generation),
        }
    }

    /// Notes that anything may have changed.
    pub fn note_all(&mut self, generation: u64) {
        self.scopes.clear();
        self.all = generation;
    }
}

/// The scopes that these rows touch, by their prefix; `None` where that cannot be told. Of a story the scopes that it is
/// in, and those whose lists it enters or leaves with these rows.
fn touched<'r>(rows: &[Row], changed: impl Iterator<Item = &'r Row>) -> Option<BTreeSet<Vec<u8>>> {
    let mut scopes = BTreeSet::new();
    let mut stories = BTreeSet::new();
    for row in rows {
        match (row.tree, &row.value) {
            (Tree::RegionTime | Tree::SatkerTime, _) => {
                let prefix = row.key.get(..row.key.len().checked_sub(16)?)?;
                scopes.insert([&[row.tree as u8], prefix].concat());
            }
            (Tree::Arrival, _) => {
                scopes.insert(row.key.get(..row.key.len().checked_sub(16)?)?.to_vec());
            }
            (Tree::Story, value) => {
                stories.insert(StoryId(keys::read_id(&row.key)?));
                if let Some(value) = value {
                    let story: Story = decode(value).ok()?;
                    scopes.extend(story.scopes().iter().map(keys::arrival_prefix));
                }
            }
            _ => {}
        }
    }
    // An article that changed beside its story changes what readers see of it; a new one comes with its story.
    for value in changed.filter_map(|row| row.value.as_ref()) {
        let (_, story): (ArticleId, StoryId) = decode(value).ok()?;
        if !stories.contains(&story) {
            return None;
        }
    }
    Some(scopes)
}
