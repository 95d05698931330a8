//! The order in which due sources are handed out: the one that has waited longest first, but none whose host is busy or
//! held, so that many sources of one platform cannot take every place and take turns among themselves.
//!
//! There is one line for each budget key, and one line of the keys that are free; each step costs the logarithm of
//! their lengths. A source comes back when the caller puts it, which is after its crawl.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::SourceId;

/// The longest that a spread may put off the last of the overdue sources.
const SPREAD_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// Sources waiting for their time, and the budgets that are in use.
#[derive(Debug, Default)]
pub struct Queue {
    /// Where each source stands: its key, and since when it is due if it waits.
    places: HashMap<SourceId, Place>,
    lines: HashMap<Arc<str>, Line>,
    /// The keys that are free and have a source waiting, by when its first may go.
    free: BTreeSet<(Timestamp, Arc<str>)>,
    waiting: usize,
}

#[derive(Debug)]
struct Place {
    key: Arc<str>,
    due: Option<Timestamp>,
    /// The key that was made busy when the source was handed out.
    uses: Option<Arc<str>>,
}

/// The sources of one budget key.
#[derive(Debug, Default)]
struct Line {
    waiting: BTreeSet<(Timestamp, SourceId)>,
    busy: bool,
    held_until: Option<Timestamp>,
}

impl Line {
    /// When its first source may go; `None` while the key is busy or nothing waits.
    fn ready(&self) -> Option<Timestamp> {
        let (due, _) = self.waiting.first().filter(|_| !self.busy)?;
        Some(self.held_until.map_or(*due, |until| until.max(*due)))
    }
}

impl Queue {
    /// Puts a source in line for `due`; one that already waits is moved. `budget` names the host or platform it uses.
    pub fn put(&mut self, source: SourceId, budget: String, due: Timestamp) {
        self.take_out(&source);
        let key = self
            .lines
            .get_key_value(budget.as_str())
            .map_or_else(|| Arc::from(budget), |(key, _)| Arc::clone(key));
        let uses = self.places.remove(&source).and_then(|place| place.uses);
        let place = Place {
            key: Arc::clone(&key),
            due: Some(due),
            uses,
        };
        self.places.insert(source.clone(), place);
        self.waiting += 1;
        self.change(&key, |line| {
            line.waiting.insert((due, source));
        });
    }

    /// Takes out the source that has been due longest and whose budget is free; its budget is busy until [`Self::done`].
    pub fn next(&mut self, now: Timestamp) -> Option<SourceId> {
        let (_, key) = self.free.first().filter(|(ready, _)| *ready <= now)?;
        let key = Arc::clone(key);
        let mut found = None;
        self.change(&key, |line| {
            found = line.waiting.pop_first();
            line.busy = true;
        });
        let (_, source) = found?;
        self.waiting -= 1;
        if let Some(place) = self.places.get_mut(&source) {
            place.due = None;
            place.uses = Some(key);
        }
        Some(source)
    }

    /// Frees the budget that a source handed out by [`Self::next`] was using.
    pub fn done(&mut self, source: &SourceId) {
        let Some(place) = self.places.get_mut(source) else {
            return;
        };
        let used = place.uses.take();
        if place.due.is_none() {
            self.places.remove(source);
        }
        if let Some(key) = used {
            self.change(&key, |line| line.busy = false);
        }
    }

    /// Hands out no source of this budget before `until`: its server asked for patience, or is broken.
    pub fn hold(&mut self, budget: &str, until: Timestamp) {
        let key = self
            .lines
            .get_key_value(budget)
            .map_or_else(|| Arc::from(budget), |(key, _)| Arc::clone(key));
        self.change(&key, |line| line.held_until = line.held_until.max(Some(until)));
    }

    /// Puts off the sources that are overdue, for after a stop: the one that waited longest may go at once, each further
    /// one a `step` later, and all of them within half an hour.
    pub fn spread(&mut self, now: Timestamp, step: Duration) {
        let overdue = |place: &Place| place.due.filter(|due| *due < now);
        let mut late: Vec<(Timestamp, SourceId, Arc<str>)> = self
            .places
            .iter()
            .filter_map(|(source, place)| Some((overdue(place)?, source.clone(), Arc::clone(&place.key))))
            .collect();
        late.sort_unstable();
        let count = u32::try_from(late.len()).unwrap_or(u32::MAX).max(1);
        let step = SignedDuration::try_from(step)
            .unwrap_or(SPREAD_WITHIN)
            .min(SPREAD_WITHIN / i32::try_from(count).unwrap_or(i32::MAX));
        let mut due = now;
        for (_, source, key) in late {
            self.put(source, key.to_string(), due);
            due += step;
        }
    }

    /// When the next source whose budget is free may go; in the past if one may already.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.free.first().map(|(ready, _)| *ready)
    }

    /// Takes everything out of line; budgets in use stay busy until they are [`Self::done`], and held ones held.
    pub fn clear(&mut self) {
        self.places.retain(|_, place| {
            place.due = None;
            place.uses.is_some()
        });
        self.lines.retain(|_, line| {
            line.waiting.clear();
            line.busy || line.held_until.is_some()
        });
        self.free.clear();
        self.waiting = 0;
    }

    /// How many of the sources that wait are not due yet.
    pub fn waiting_after(&self, now: Timestamp) -> usize {
        self.places
            .values()
            .filter(|place| place.due.is_some_and(|due| due > now))
            .count()
    }

    /// How many sources wait.
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    fn take_out(&mut self, source: &SourceId) {
        let Some(place) = self.places.get_mut(source) else {
            return;
        };
        let Some(due) = place.due.take() else {
            return;
        };
        let key = Arc::clone(&place.key);
        self.waiting -= 1;
        self.change(&key, |line| {
            line.waiting.remove(&(due, source.clone()));
        });
    }

    /// Changes a key's line, and its place among the free keys with it.
    fn change(&mut self, key: &Arc<str>, change: impl FnOnce(&mut Line)) {
        let line = self.lines.entry(Arc::clone(key)).or_default();
        let before = line.ready();
        change(line);
        let after = line.ready();
        if line.waiting.is_empty() && !line.busy && line.held_until.is_none() {
            self.lines.remove(key);
        }
        if before != after {
            if let Some(ready) = before {
                self.free.remove(&(ready, Arc::clone(key)));
            }
            if let Some(ready) = after {
                self.free.insert((ready, Arc::clone(key)));
            }
        }
    }
}

/// How long the sources of one budget key take to be asked once each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// How many sources share the key.
    pub sources: usize,
    /// The time for all of them, one request after the other with the pause between.
    pub takes: Duration,
}

/// A full turn of each budget key. `sources` gives for each its key and the requests that its last crawl took (0 where
/// there was none counts as one); `pause` is the one between two requests of a key.
pub fn full_turns(sources: impl Iterator<Item = (String, u32)>, pause: Duration) -> HashMap<String, Turn> {
    let mut turns: HashMap<String, Turn> = HashMap::new();
    for (budget, requests) in sources {
        let turn = turns.entry(budget).or_default();
        turn.sources += 1;
        turn.takes = turn.takes.saturating_add(pause.saturating_mul(requests.max(1)));
    }
    turns
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

    /// The same rules without any index: everything is looked through in each step.
    #[derive(Default)]
    struct Plain {
        waiting: Vec<(Timestamp, SourceId, u64)>,
        busy: Vec<(SourceId, u64)>,
        held: HashMap<u64, Timestamp>,
    }

    impl Plain {
        fn next(&mut self, now: Timestamp) -> Option<(SourceId, u64)> {
            let may_go =
                |(due, _, key): &(Timestamp, SourceId, u64)| self.held.get(key).map_or(*due, |held| *due.max(held));
            // Of a key the first goes, whatever the hold; among the keys the one that may go first.
            let mut firsts: HashMap<u64, &(Timestamp, SourceId, u64)> = HashMap::new();
            for place in &self.waiting {
                let first = firsts.entry(place.2).or_insert(place);
                *first = (*first).min(place);
            }
            let (_, _, _, found) = firsts
                .into_values()
                .filter(|place| may_go(place) <= now && self.busy.iter().all(|(_, key)| *key != place.2))
                .map(|place| (may_go(place), format!("key-{}", place.2), place.0, place.clone()))
                .min()?;
            self.waiting.retain(|place| *place != found);
            self.busy.push((found.1.clone(), found.2));
            Some((found.1, found.2))
        }
    }

    #[test]
    fn it_decides_as_a_queue_without_any_index_would() {
        let (mut queue, mut plain) = (Queue::default(), Plain::default());
        let mut random = 1_u64;
        let mut dice = |end: u64| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % end
        };
        let mut handed = 0;
        for second in 0..4_000 {
            let now = at(second);
            match dice(8) {
                0..=2 => {
                    let source = id(&format!("s-{}", dice(60)));
                    let (key, due) = (dice(12), at(second + i64::try_from(dice(90)).unwrap() - 30));
                    if plain.busy.iter().all(|(busy, _)| *busy != source) {
                        plain.waiting.retain(|(_, waiting, _)| *waiting != source);
                        plain.waiting.push((due, source.clone(), key));
                        queue.put(source, format!("key-{key}"), due);
                    }
                }
                3 if !plain.busy.is_empty() => {
                    let (source, _) = plain
                        .busy
                        .swap_remove(usize::try_from(dice(plain.busy.len() as u64)).unwrap());
                    queue.done(&source);
                }
                4 if dice(4) == 0 => {
                    let (key, until) = (dice(12), at(second + 40));
                    plain.held.insert(key, until);
                    queue.hold(&format!("key-{key}"), until);
                }
                _ => {
                    let expected = plain.next(now).map(|(source, _)| source);
                    handed += usize::from(expected.is_some());
                    assert_eq!(queue.next(now), expected, "at {second}");
                }
            }
            assert_eq!(queue.len(), plain.waiting.len(), "at {second}");
        }
        assert!(handed > 300, "{handed}");
    }

    #[test]
    fn thousands_of_sources_of_one_platform_take_turns() {
        let mut queue = Queue::default();
        let mut turns: HashMap<SourceId, u32> = HashMap::new();
        for n in 0..2_000 {
            queue.put(id(&format!("blog-{n}")), "blogspot.com".to_owned(), at(0));
        }
        // Each is due again at once, and there is time for three turns.
        for second in 0..6_000 {
            let source = queue.next(at(second)).unwrap();
            *turns.entry(source.clone()).or_default() += 1;
            queue.done(&source);
            queue.put(source, "blogspot.com".to_owned(), at(second + 1));
        }
        assert!(turns.len() == 2_000 && turns.values().all(|turns| *turns == 3));
    }

    #[test]
    fn a_held_host_waits_and_the_others_do_not() {
        let mut queue = Queue::default();
        queue.put(id("a1"), "a".to_owned(), at(1));
        queue.put(id("a2"), "a".to_owned(), at(2));
        queue.put(id("b"), "b".to_owned(), at(3));
        queue.hold("a", at(100));
        queue.hold("a", at(50));
        assert_eq!(queue.next(at(10)), Some(id("b")));
        assert_eq!((queue.next(at(99)), queue.next_due()), (None, Some(at(100))));
        queue.clear();
        queue.put(id("a1"), "a".to_owned(), at(1));
        assert_eq!(queue.next(at(99)), None, "a new configuration does not end it");
        assert_eq!(queue.next(at(100)), Some(id("a1")));
    }

    #[test]
    fn a_crawl_under_way_keeps_its_budget_through_a_new_configuration() {
        let mut queue = Queue::default();
        queue.put(id("a"), "a".to_owned(), at(1));
        queue.put(id("b"), "a".to_owned(), at(2));
        assert_eq!(queue.next(at(5)), Some(id("a")));
        queue.clear();
        for source in ["a", "b"] {
            queue.put(id(source), "a".to_owned(), at(3));
        }
        assert_eq!(queue.next(at(5)), None);
        queue.done(&id("a"));
        assert_eq!(queue.len(), 2);
        assert_eq!(queue.next(at(5)), Some(id("a")));
    }

    #[test]
    fn a_source_that_changes_its_host_while_it_is_crawled_frees_the_old_one() {
        let mut queue = Queue::default();
        queue.put(id("a"), "old".to_owned(), at(1));
        queue.put(id("b"), "old".to_owned(), at(1));
        assert_eq!(queue.next(at(5)), Some(id("a")));
        queue.put(id("a"), "new".to_owned(), at(2));
        assert_eq!(queue.next(at(5)), Some(id("a")), "its new host is free");
        queue.done(&id("a"));
        assert_eq!(queue.next(at(5)), None, "the old one was not freed twice, or lost");
    }

    #[test]
    fn what_is_overdue_after_a_stop_is_spread_in_the_order_of_its_waiting() {
        let mut queue = Queue::default();
        for n in 0..3_600 {
            queue.put(id(&format!("s-{n}")), format!("host-{n}"), at(n));
        }
        queue.put(id("future"), "f".to_owned(), at(1_000_100));
        let now = at(1_000_000);
        queue.spread(now, Duration::from_secs(10));
        let handed = |queue: &mut Queue, now| std::iter::from_fn(|| queue.next(now)).collect::<Vec<_>>();
        assert_eq!(handed(&mut queue, now), [id("s-0")]);
        let minute = handed(&mut queue, at(1_000_060));
        assert_eq!((minute.len(), minute.first()), (120, Some(&id("s-1"))));
        assert_eq!(queue.len(), 3_600 - 121 + 1);
        assert_eq!(
            handed(&mut queue, at(1_001_800)).len(),
            3_600 - 121 + 1,
            "all within half an hour"
        );
    }

    #[test]
    fn a_full_turn_is_the_sum_of_its_requests() {
        let sources = [("blogspot.com", 1), ("blogspot.com", 4), ("a.example", 0)];
        let turns = full_turns(
            sources.iter().map(|(key, requests)| ((*key).to_owned(), *requests)),
            Duration::from_secs(2),
        );
        let turn = |sources, seconds| Turn {
            sources,
            takes: Duration::from_secs(seconds),
        };
        assert_eq!((turns["blogspot.com"], turns["a.example"]), (turn(2, 10), turn(1, 2)));
    }
}
