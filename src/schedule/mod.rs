//! When each source is crawled again, from what its last crawls brought. Pure: the pipeline asks, and stores the
//! answer last. Which of the due sources goes first is the [`queue`]'s decision.
//!
//! At this stage the interval is fixed; a source's own rhythm comes with adaptive polling.

pub mod queue;

use std::time::Duration;

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use crate::model::{Health, Report, Source, SourceId, SourceState, Validators};

/// The time between two crawls of a source that does not set its own.
const FIXED_INTERVAL: Duration = Duration::from_secs(30 * 60);

/// How far a crawl may be moved from its exact time, so that sources spread out: this part of the interval.
const JITTER: f64 = 0.1;

/// The bounds of `[crawl]` between which every interval stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intervals {
    /// The shortest.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
}

/// Why a crawl brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the source stands now.
    pub health: Health,
    /// When its server wants to be asked again.
    pub not_before: Option<Timestamp>,
    /// What went wrong, in one sentence.
    pub what: String,
}

/// Whether a source may be crawled at all: its server has not asked to be left alone until later.
pub fn is_held(state: &SourceState, now: Timestamp) -> bool {
    state.hold_until.is_some_and(|until| until > now)
}

/// Whether a source's time has come.
pub fn is_due(state: &SourceState, now: Timestamp) -> bool {
    !is_held(state, now) && state.next_crawl.is_none_or(|next| next <= now)
}

/// What to remember after a source was fetched and read, or found unchanged. `validators` are those of the document
/// whose articles are all on disk; the old ones stay where the server sent a 304.
pub fn after_success(
    state: &SourceState,
    source: &Source,
    report: &Report,
    validators: Validators,
    intervals: Intervals,
    now: Timestamp,
) -> SourceState {
    let interval = interval(source, intervals);
    SourceState {
        validators,
        last_success: Some(now),
        last_error: None,
        health: Health::Ok,
        since: since(state, Health::Ok, now),
        failures: 0,
        next_crawl: Some(now + jittered(&source.id, interval, now)),
        hold_until: None,
        via: state.via,
        found: state.found.clone(),
        backfill: state.backfill.clone(),
        arrivals: arrivals(&state.arrivals, report.new + report.copies, now),
    }
}

/// What to remember after a failure: the interval doubles with each, up to the longest, and nothing is ever given up.
pub fn after_failure(
    state: &SourceState,
    source: &Source,
    failure: &Failure,
    intervals: Intervals,
    now: Timestamp,
) -> SourceState {
    let failures = state.failures.saturating_add(1);
    let base = interval(source, intervals);
    let patience = match failure.health {
        // What does not exist or does not want us is not worth asking often.
        Health::Gone | Health::Blocked => intervals.max,
        Health::Ok | Health::Failing => base
            .saturating_mul(1 << failures.min(16))
            .clamp(intervals.min, intervals.max.max(base)),
    };
    let next = now + jittered(&source.id, patience, now);
    SourceState {
        last_error: Some(failure.what.clone()),
        health: failure.health,
        since: since(state, failure.health, now),
        failures,
        next_crawl: Some(failure.not_before.map_or(next, |not_before| next.max(not_before))),
        hold_until: failure.not_before,
        ..state.clone()
    }
}

/// The source's own interval, else the fixed one between the bounds.
pub fn interval(source: &Source, intervals: Intervals) -> Duration {
    source
        .interval
        .unwrap_or_else(|| FIXED_INTERVAL.clamp(intervals.min, intervals.max.max(intervals.min)))
}

/// The interval moved by up to [`JITTER`], the same for a source all day: no random source is needed to spread them.
fn jittered(source: &SourceId, interval: Duration, now: Timestamp) -> Duration {
    let hash = xxh3_64(format!("{source}@{}", SourceState::day(now)).as_bytes());
    let part = (hash % 2001) as f64 / 1000.0 - 1.0;
    interval.mul_f64(1.0 + part * JITTER)
}

/// When the source began to stand as it does.
fn since(state: &SourceState, health: Health, now: Timestamp) -> Option<Timestamp> {
    if state.health == health {
        state.since.or(Some(now))
    } else {
        Some(now)
    }
}

/// The days with arrivals, with `count` added to today's, the oldest forgotten.
fn arrivals(known: &[(i32, u32)], count: u32, now: Timestamp) -> Vec<(i32, u32)> {
    let today = SourceState::day(now);
    let oldest = today - SourceState::DAYS_REMEMBERED + 1;
    let mut days: Vec<(i32, u32)> = known.iter().copied().filter(|(day, _)| *day >= oldest).collect();
    match days.last_mut() {
        Some((day, arrived)) if *day == today => *arrived = arrived.saturating_add(count),
        _ if count > 0 => days.push((today, count)),
        _ => {}
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ArticleSelectors, Republish, SourceKind};

    const INTERVALS: Intervals = Intervals {
        min: Duration::from_secs(600),
        max: Duration::from_secs(24 * 3600),
    };

    fn source(interval: Option<Duration>) -> Source {
        Source {
            id: SourceId::new("lapas-jember-feed").unwrap(),
            kind: SourceKind::Feed,
            url: "https://lapasjember.example.go.id/feed".parse().unwrap(),
            satker: None,
            region: None,
            include: vec![],
            exclude: vec![],
            interval,
            full_text: true,
            republish: Republish::Full,
            article: ArticleSelectors::default(),
        }
    }

    fn now() -> Timestamp {
        "2026-11-24T03:00:00Z".parse().unwrap()
    }

    fn fail(health: Health, not_before: Option<Timestamp>) -> Failure {
        Failure {
            health,
            not_before,
            what: "it answered 503".to_owned(),
        }
    }

    fn minutes_until(state: &SourceState) -> i64 {
        (state.next_crawl.unwrap().as_second() - now().as_second()) / 60
    }

    #[test]
    fn a_source_never_crawled_is_due() {
        assert!(is_due(&SourceState::default(), now()));
    }

    #[test]
    fn a_success_keeps_the_validators_and_waits_the_interval() {
        let validators = Validators {
            etag: Some("\"a\"".to_owned()),
            last_modified: None,
        };
        let mut report = Report::new(source(None).id);
        report.new = 3;
        let failed = SourceState {
            failures: 4,
            last_error: Some("x".to_owned()),
            health: Health::Failing,
            ..Default::default()
        };
        let state = after_success(&failed, &source(None), &report, validators.clone(), INTERVALS, now());
        assert_eq!(
            (state.validators.clone(), state.failures, state.last_error.clone()),
            (validators, 0, None)
        );
        assert!((27..=33).contains(&minutes_until(&state)), "{}", minutes_until(&state));
        assert_eq!(state.articles_week(now()), 3);
        assert!(!is_due(&state, now()) && is_due(&state, now() + Duration::from_secs(3600)));
    }

    #[test]
    fn failures_back_off_to_the_longest_interval_and_never_end() {
        let mut state = SourceState::default();
        let mut waits = Vec::new();
        for _ in 0..40 {
            state = after_failure(&state, &source(None), &fail(Health::Failing, None), INTERVALS, now());
            waits.push(minutes_until(&state));
        }
        assert!(waits[0] >= 54 && waits[0] <= 66, "{waits:?}");
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]), "{waits:?}");
        assert!(*waits.last().unwrap() <= 24 * 66, "{waits:?}");
        assert_eq!((state.failures, state.since), (40, Some(now())));
    }

    #[test]
    fn a_server_that_asks_for_patience_is_held_until_then() {
        let until = now() + Duration::from_secs(5 * 3600);
        let state = after_failure(
            &SourceState::default(),
            &source(None),
            &fail(Health::Failing, Some(until)),
            INTERVALS,
            now(),
        );
        assert!(is_held(&state, now()) && !is_held(&state, until));
        assert!(state.next_crawl.unwrap() >= until);
    }

    #[test]
    fn what_is_gone_is_asked_once_a_day() {
        let state = after_failure(
            &SourceState::default(),
            &source(None),
            &fail(Health::Gone, None),
            INTERVALS,
            now(),
        );
        assert!(minutes_until(&state) > 21 * 60);
    }

    #[test]
    fn a_source_keeps_its_own_interval() {
        let own = source(Some(Duration::from_secs(7200)));
        let state = after_success(
            &SourceState::default(),
            &own,
            &Report::new(own.id.clone()),
            Validators::default(),
            INTERVALS,
            now(),
        );
        assert!((108..=132).contains(&minutes_until(&state)));
    }

    #[test]
    fn arrivals_are_forgotten_after_a_week() {
        let day_of = |offset: i32| (SourceState::day(now()) + offset, 1);
        let state = SourceState {
            arrivals: arrivals(&[day_of(-9), day_of(-6), day_of(-1)], 2, now()),
            ..Default::default()
        };
        assert_eq!(state.arrivals, [day_of(-6), day_of(-1), (SourceState::day(now()), 2)]);
        assert_eq!(state.articles_week(now()), 4);
    }
}
