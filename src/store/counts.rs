//! How many stories each list has, so that nobody has to read a list to say how long it is. Counted when somebody asks for
//! the first time (most crawls never do), kept up with every group from then on; never on disk.

use std::collections::HashMap;

use super::engine::Engine;
use super::keys::{self, Tree};
use crate::model::{RegionCode, Scope};

/// How many stories the lists have.
#[derive(Debug, Default)]
pub struct Counts {
    regions: HashMap<RegionCode, u64>,
    /// By what the keys of a unit's list begin with.
    units: HashMap<Vec<u8>, u64>,
}

impl Counts {
    /// Counts every list.
    pub fn of(engine: &Engine) -> sled::Result<Counts> {
        let mut counts = Counts::default();
        for tree in [Tree::RegionTime, Tree::SatkerTime] {
            for row in engine.tree(tree) {
                let (key, _) = row?;
                counts.add(Listed::of(tree, &key), 1);
            }
        }
        Ok(counts)
    }

    /// The length of a region's or unit's list.
    pub fn get(&self, scope: &Scope) -> u64 {
        let count = match scope {
            Scope::Region(code) => self.regions.get(code),
            Scope::Satker(_) => self.units.get(&keys::scope_prefix(scope).1),
        };
        count.copied().unwrap_or(0)
    }

    /// The length of every region's list.
    pub fn regions(&self) -> &HashMap<RegionCode, u64> {
        &self.regions
    }

    /// Follows what a group has moved.
    pub fn follow(&mut self, moved: Vec<(Listed, i64)>) {
        for (listed, by) in moved {
            self.add(Some(listed), by);
        }
    }

    fn add(&mut self, listed: Option<Listed>, by: i64) {
        let count = match listed {
            None => return,
            Some(Listed::Region(code)) => self.regions.entry(code).or_default(),
            Some(Listed::Unit(prefix)) => self.units.entry(prefix).or_default(),
        };
        *count = count.saturating_add_signed(by);
    }
}

/// The list that a row is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Of this region.
    Region(RegionCode),
    /// Of the unit whose keys begin so.
    Unit(Vec<u8>),
}

impl Listed {
    /// The list of a row; none for a row of another tree.
    pub fn of(tree: Tree, key: &[u8]) -> Option<Listed> {
        match tree {
            Tree::RegionTime => keys::region_of(key).map(Listed::Region),
            Tree::SatkerTime => key.get(..8).map(|prefix| Listed::Unit(prefix.to_vec())),
            _ => None,
        }
    }
}
