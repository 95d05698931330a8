//! What a hub's pushes change: a source it tells of is due at once, and one it can be relied upon for is polled as rarely as
//! may be. It is relied upon while what it tells and what is found agree; polling never stops.

use std::time::Duration;

use jiff::Timestamp;

use super::{Intervals, interval};
use crate::model::{Pushes, Report, Source, SourceState};

/// The least time between two crawls that pushes ask for: a hub may not have a site asked without end.
const APART: Duration = Duration::from_secs(10);

/// The state of a source that its hub has told of; the hub has promised to tell until `until`. It is due at once.
pub fn pushed(state: &SourceState, until: Timestamp, now: Timestamp) -> SourceState {
    let before = state.pushes.map(|pushes| pushes.last).max(state.last_success);
    let due = before.map_or(now, |before| now.max(before + APART));
    SourceState {
        pushes: Some(Pushes { last: now, until }),
        // A source that was never crawled is due in any case.
        next_crawl: state.next_crawl.map(|next| next.min(due)),
        ..state.clone()
    }
}

/// The state of a source that no hub tells of any more: it is polled by its rhythm again.
pub fn ended(state: &SourceState, source: &Source, intervals: Intervals, now: Timestamp) -> SourceState {
    let state = SourceState {
        pushes: None,
        ..state.clone()
    };
    let due = now + interval(source, &state, intervals, now);
    let next_crawl = match state.failures {
        0 => state.next_crawl.map(|next| next.min(due)),
        _ => state.next_crawl,
    };
    SourceState { next_crawl, ..state }
}

/// Adds to what is to be remembered after a crawl what its hub told while it was under way.
pub fn meanwhile(next: SourceState, meanwhile: &SourceState) -> SourceState {
    let last = |state: &SourceState| state.pushes.map(|pushes| pushes.last);
    if last(meanwhile) <= last(&next) {
        return next;
    }
    SourceState {
        pushes: meanwhile.pushes,
        next_crawl: next.next_crawl.min(meanwhile.next_crawl),
        ..next
    }
}

/// What is believed of a hub after a crawl. One that kept news from us, or told of some that cannot be found (yet), is not
/// relied upon until it tells of the next.
pub(super) fn believed(state: &SourceState, report: &Report, now: Timestamp) -> Option<Pushes> {
    let pushes = state.pushes?;
    let told = state.last_success.is_none_or(|before| pushes.last > before);
    let found = report.new + report.copies + report.changed + report.quarantined > 0;
    let until = if told == found {
        pushes.until
    } else {
        now.min(pushes.until)
    };
    Some(Pushes { until, ..pushes })
}

/// Whether a source's hub is relied upon.
pub(super) fn are_relied_upon(state: &SourceState, now: Timestamp) -> bool {
    state.pushes.is_some_and(|pushes| pushes.until > now)
}

/// The time between two crawls while its hub is relied upon: the longest, but no longer than that.
pub(super) fn wait(state: &SourceState, intervals: Intervals, now: Timestamp) -> Option<Duration> {
    let until = state.pushes.filter(|_| are_relied_upon(state, now))?.until;
    let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    Some(left.min(intervals.max).max(intervals.min))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Health, Validators};
    use crate::schedule::tests::source;
    use crate::schedule::{Failure, Seen, after_failure, after_success, is_due};

    const HOUR: i64 = 3_600;
    const INTERVALS: Intervals = Intervals {
        min: Duration::from_secs(600),
        max: Duration::from_secs(24 * 3600),
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn crawled(state: &SourceState, new: u32, seconds: i64) -> SourceState {
        let mut report = Report::new(source(None).id);
        report.new = new;
        after_success(
            state,
            &source(None),
            &Seen::new(&report, Validators::default()),
            INTERVALS,
            at(seconds),
        )
    }

    /// Hours from then to the next crawl.
    fn hours(state: &SourceState, seconds: i64) -> f64 {
        (state.next_crawl.unwrap().as_second() - at(seconds).as_second()) as f64 / 3_600.0
    }

    /// A source that published every two hours for a week, and now its hub tells of it for ten days.
    fn told() -> SourceState {
        let week = (0..84).fold(SourceState::default(), |state, n| {
            crawled(&state, 1, (n - 84) * 2 * HOUR)
        });
        let polled = crawled(&week, 1, 0);
        assert!(hours(&polled, 0) < 4.0, "{}", hours(&polled, 0));
        let pushed = pushed(&polled, at(240 * HOUR), at(HOUR / 4));
        assert!(is_due(&pushed, at(HOUR / 4)), "it is due at once");
        crawled(&pushed, 1, HOUR / 4 + 5)
    }

    #[test]
    fn polling_slows_to_the_longest_interval_while_pushes_arrive() {
        let state = told();
        assert!(
            (21.0..=26.5).contains(&hours(&state, HOUR / 4)),
            "{}",
            hours(&state, HOUR / 4)
        );
        // A poll in between that finds nothing agrees with a hub that told nothing.
        let quiet = crawled(&state, 0, 24 * HOUR);
        assert!(hours(&quiet, 24 * HOUR) > 21.0, "{}", hours(&quiet, 24 * HOUR));
    }

    #[test]
    fn polling_is_as_before_when_the_hub_keeps_news_from_us_or_tells_what_is_not_there() {
        let missed = crawled(&told(), 1, 24 * HOUR);
        assert!(hours(&missed, 24 * HOUR) < 13.0, "{}", hours(&missed, 24 * HOUR));
        let early = crawled(&pushed(&told(), at(240 * HOUR), at(HOUR)), 0, HOUR + 1);
        assert!(
            hours(&early, HOUR) < 13.0,
            "a cache may have the old list still: {}",
            hours(&early, HOUR)
        );
        let again = crawled(&pushed(&missed, at(240 * HOUR), at(25 * HOUR)), 1, 25 * HOUR + 1);
        assert!(
            hours(&again, 25 * HOUR) > 21.0,
            "it is relied upon again: {}",
            hours(&again, 25 * HOUR)
        );
    }

    #[test]
    fn polling_is_as_before_when_the_lease_ends() {
        let last = crawled(&told(), 0, 238 * HOUR);
        assert!(hours(&last, 238 * HOUR) <= 2.3, "{}", hours(&last, 238 * HOUR));
        let after = crawled(&last, 0, 240 * HOUR);
        assert!(hours(&after, 240 * HOUR) < 13.0, "{}", hours(&after, 240 * HOUR));
        let ended = ended(&told(), &source(None), INTERVALS, at(HOUR));
        assert!(hours(&ended, HOUR) < 13.0, "{}", hours(&ended, HOUR));
    }

    #[test]
    fn a_fixed_interval_stays_and_so_does_what_a_server_asks_for() {
        let fixed = source(Some(Duration::from_secs(1_800)));
        let mut report = Report::new(fixed.id.clone());
        report.new = 1;
        let seen = Seen::new(&report, Validators::default());
        let state = pushed(
            &SourceState {
                last_success: Some(at(-100)),
                ..SourceState::default()
            },
            at(HOUR),
            at(0),
        );
        let state = after_success(&state, &fixed, &seen, INTERVALS, at(1));
        assert!(hours(&state, 0) < 0.6, "{}", hours(&state, 0));
        let failure = Failure {
            health: Health::Failing,
            status: Some(503),
            not_before: Some(at(HOUR)),
            what: "it answered 503".to_owned(),
        };
        let held = after_failure(&state, &fixed, &failure, INTERVALS, at(2));
        let held = pushed(&held, at(2 * HOUR), at(60));
        assert!(!is_due(&held, at(61)) && is_due(&held, at(HOUR)));
    }

    #[test]
    fn a_flood_of_pushes_is_one_crawl_every_ten_seconds() {
        let mut state = crawled(&SourceState::default(), 1, 0);
        let mut crawls = 0;
        for second in 1..=60 {
            state = pushed(&state, at(HOUR), at(second));
            if is_due(&state, at(second)) {
                crawls += 1;
                state = crawled(&state, 0, second);
            }
        }
        assert_eq!(crawls, 6);
        let never = pushed(&SourceState::default(), at(HOUR), at(0));
        assert!(is_due(&never, at(0)), "what was never crawled stays due");
    }

    #[test]
    fn a_push_during_a_crawl_is_not_lost() {
        let before = crawled(&SourceState::default(), 1, 0);
        let next = crawled(&before, 0, 100);
        let told = pushed(&before, at(HOUR), at(99));
        let both = meanwhile(next.clone(), &told);
        assert!(is_due(&both, at(100)) && both.pushes == told.pushes);
        assert_eq!(meanwhile(next.clone(), &before), next);
    }
}
