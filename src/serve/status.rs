//! What the daemon is doing and how everything stands, for `warta status`: one row, looked up when somebody asks. Nothing is
//! counted here; `/metrics` has what was counted.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{Settings, Shared, pages};
use crate::model::{RegionCode, Scope, SourceId, SourceState};
use crate::schedule::standing::{Standing, standing};
use crate::schedule::{due, is_due};
use crate::store;

/// Problems that are told, the newest first.
const PROBLEMS: usize = 5;

/// The stories of the last day are told.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What only the daemon itself knows.
#[derive(Clone, Debug)]
pub struct Watched {
    /// When it began.
    pub started: Timestamp,
    /// The sources that are being crawled, each with the time it began.
    pub crawling: watch::Receiver<BTreeMap<SourceId, Timestamp>>,
    /// Whether the disk is full, so that crawling pauses.
    pub full: watch::Receiver<bool>,
}

/// The row; `None` where no daemon runs in this process.
///
/// `sources` falls into `crawling`, `due` and `fresh` (that wait and are not due yet); `failing` are those of all three
/// that need a look. `queue_lag_s` is how long the source that waits longest has been due, since the start at most.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn row(shared: &Shared, settings: &Settings) -> Result<Option<Value>, store::Error> {
    let Some(watched) = &shared.watched else {
        return Ok(None);
    };
    let now = shared.clock.now();
    let crawling = watched.crawling.borrow().clone();
    let states = pages::states(shared)?;
    let never = SourceState::default();
    let mut sums = Sums::default();
    for id in settings.directory.sources.keys() {
        let state = states.get(id).unwrap_or(&never);
        sums.add(id, state, watched.started, &crawling, now);
    }
    let everything = Scope::Region(RegionCode::INDONESIA);
    let count = shared.store.counts().get(&RegionCode::INDONESIA).copied().unwrap_or(0);
    let of_the_day = shared.store.listed_since(&everything, now - DAY)?.len();
    let begun = crawling
        .iter()
        .map(|(id, since)| json!({ "source": id, "since": since }));
    Ok(Some(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "now": now,
        "started": watched.started,
        "uptime_s": now.duration_since(watched.started).as_secs().max(0),
        "sources": {
            "total": settings.directory.sources.len(),
            "fresh": sums.fresh,
            "due": sums.due,
            "crawling": sums.crawling,
            "failing": sums.problems.len(),
            "states": sums.states,
        },
        "crawling": begun.collect::<Vec<_>>(),
        "queue_lag_s": sums.lag.as_secs().max(0),
        "next_crawl": sums.next,
        "stories": count,
        "stories_day": of_the_day,
        "store_bytes": shared.store.bytes()?,
        "disk_full": *watched.full.borrow(),
        "problems": sums.newest_problems(),
    })))
}

/// What is summed up over the sources.
#[derive(Default)]
struct Sums {
    fresh: usize,
    due: usize,
    crawling: usize,
    states: BTreeMap<String, usize>,
    lag: SignedDuration,
    next: Option<Timestamp>,
    problems: Vec<(SourceId, Standing)>,
}

impl Sums {
    fn add(
        &mut self,
        id: &SourceId,
        state: &SourceState,
        started: Timestamp,
        crawling: &BTreeMap<SourceId, Timestamp>,
        now: Timestamp,
    ) {
        if crawling.contains_key(id) {
            self.crawling += 1;
        } else if is_due(state, now) {
            self.due += 1;
            // Nobody could have crawled it before the daemon began.
            self.lag = self.lag.max(now.duration_since(due(state).max(started)));
        } else {
            self.fresh += 1;
            self.next = Some(self.next.map_or(due(state), |next| next.min(due(state))));
        }
        let standing = standing(state, now);
        if let Ok(Value::String(name)) = serde_json::to_value(standing.health) {
            *self.states.entry(name).or_default() += 1;
        }
        if standing.health.needs_attention() {
            self.problems.push((id.clone(), standing));
        }
    }

    /// The problems that began last, the newest first.
    fn newest_problems(mut self) -> Vec<Value> {
        self.problems
            .sort_by_key(|(_, standing)| std::cmp::Reverse(standing.since));
        let row = |(id, standing): &(SourceId, Standing)| {
            json!({
                "source": id,
                "state": standing.health,
                "since": standing.since,
                "evidence": standing.evidence,
                "advice": standing.advice,
            })
        };
        self.problems.iter().take(PROBLEMS).map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Health;

    fn at(minute: i64) -> Timestamp {
        let begin: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        begin + SignedDuration::from_mins(minute)
    }

    fn state(next: Option<i64>, health: Health, since: i64) -> SourceState {
        SourceState {
            next_crawl: next.map(at),
            health,
            since: Some(at(since)),
            ..SourceState::default()
        }
    }

    #[test]
    fn a_source_is_crawled_due_or_fresh_and_the_longest_wait_is_the_lag() {
        let id = |text: &str| SourceId::new(text).unwrap();
        let crawling = BTreeMap::from([(id("now"), at(59))]);
        let mut sums = Sums::default();
        for (name, state) in [
            ("now", state(Some(10), Health::Ok, 0)),
            ("new", state(None, Health::Ok, 0)),
            ("late", state(Some(50), Health::Failing, 20)),
            (
                "held",
                SourceState {
                    hold_until: Some(at(90)),
                    ..state(Some(40), Health::Blocked, 30)
                },
            ),
            ("fresh", state(Some(70), Health::Quiet, 40)),
        ] {
            sums.add(&id(name), &state, at(45), &crawling, at(60));
        }
        assert_eq!((sums.crawling, sums.due, sums.fresh), (1, 2, 2));
        assert_eq!(
            sums.lag,
            SignedDuration::from_mins(15),
            "since the start, for what was never crawled"
        );
        assert_eq!(sums.next, Some(at(70)));
        assert_eq!(sums.states.values().sum::<usize>(), 5);
        let problems = sums.newest_problems();
        let named: Vec<&Value> = problems.iter().map(|problem| &problem["source"]).collect();
        assert_eq!(named, ["held", "late"], "the newest first");
    }
}
