//! The order in which due sources are handed out: the one that has waited longest first, but none whose host is busy,
//! so that many sources of one platform cannot hold every place.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use crate::model::SourceId;

/// Sources waiting for their time, and the budgets that are in use.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: BTreeSet<(Timestamp, SourceId)>,
    due: HashMap<SourceId, Timestamp>,
    budgets: HashMap<SourceId, String>,
    busy: HashSet<String>,
}

impl Queue {
    /// Puts a source in line for `due`; one that already waits is moved. `budget` names the host or platform it uses.
    pub fn put(&mut self, source: SourceId, budget: String, due: Timestamp) {
        if let Some(before) = self.due.insert(source.clone(), due) {
            self.waiting.remove(&(before, source.clone()));
        }
        self.budgets.insert(source.clone(), budget);
        self.waiting.insert((due, source));
    }

    /// Takes out the source that has been due longest and whose budget is free; its budget is busy until [`Self::done`].
    pub fn next(&mut self, now: Timestamp) -> Option<SourceId> {
        let free = |source: &SourceId| {
            self.budgets
                .get(source)
                .is_none_or(|budget| !self.busy.contains(budget))
        };
        let found = self
            .waiting
            .iter()
            .take_while(|(due, _)| *due <= now)
            .find(|(_, source)| free(source))
            .cloned()?;
        self.waiting.remove(&found);
        let (_, source) = found;
        self.due.remove(&source);
        if let Some(budget) = self.budgets.get(&source) {
            self.busy.insert(budget.clone());
        }
        Some(source)
    }

    /// Frees the budget that a source handed out by [`Self::next`] was using.
    pub fn done(&mut self, source: &SourceId) {
        if let Some(budget) = self.budgets.get(source) {
            self.busy.remove(budget);
        }
    }

    /// When the next source whose budget is free becomes due; in the past if one is due already.
    pub fn next_due(&self) -> Option<Timestamp> {
        let free = |source: &SourceId| {
            self.budgets
                .get(source)
                .is_none_or(|budget| !self.busy.contains(budget))
        };
        self.waiting
            .iter()
            .find(|(_, source)| free(source))
            .map(|(due, _)| *due)
    }

    /// Takes everything out of line; budgets in use stay busy until they are [`Self::done`].
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.due.clear();
    }

    /// How many sources wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn id(text: &str) -> SourceId {
        SourceId::new(text).unwrap()
    }

    #[test]
    fn the_longest_due_goes_first_and_the_future_waits() {
        let mut queue = Queue::default();
        queue.put(id("late"), "a".to_owned(), at(30));
        queue.put(id("early"), "b".to_owned(), at(10));
        queue.put(id("later"), "c".to_owned(), at(50));
        assert_eq!(queue.next(at(40)), Some(id("early")));
        assert_eq!(queue.next(at(40)), Some(id("late")));
        assert_eq!(queue.next(at(40)), None);
        assert_eq!((queue.next_due(), queue.len()), (Some(at(50)), 1));
    }

    #[test]
    fn a_busy_platform_does_not_keep_others_waiting() {
        let mut queue = Queue::default();
        for n in 0..64 {
            queue.put(id(&format!("blog-{n}")), "blogspot.com".to_owned(), at(n));
        }
        queue.put(id("court"), "pn.example".to_owned(), at(100));
        assert_eq!(queue.next(at(200)), Some(id("blog-0")));
        assert_eq!(
            queue.next(at(200)),
            Some(id("court")),
            "the platform is busy, the court is not"
        );
        assert_eq!((queue.next(at(200)), queue.next_due()), (None, None));
        queue.done(&id("blog-0"));
        assert_eq!(queue.next(at(200)), Some(id("blog-1")));
    }

    #[test]
    fn a_source_waits_in_line_once() {
        let mut queue = Queue::default();
        queue.put(id("a"), "a".to_owned(), at(10));
        queue.put(id("a"), "a".to_owned(), at(20));
        assert_eq!(
            (queue.len(), queue.next(at(15)), queue.next(at(20))),
            (1, None, Some(id("a")))
        );
    }
}
