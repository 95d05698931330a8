//! How long to wait for the next crawl of a source that answers: as its rhythm makes worth while, not before the source
//! itself wants, but before its list can roll over. All spans are seconds and fractions, and nothing is chance.

use std::time::Duration;

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use super::Intervals;
use super::rhythm::{Rates, steps};
use crate::model::{Pace, SourceId, SourceState};

/// Where an article can well be expected, it is to be seen within half an hour: with jitter and a turn on the host.
const FRESH: f64 = 24.0 * 60.0;

/// From so many articles an hour on, one can well be expected.
const LIVELY: f64 = 0.04;

/// The wait at one article an hour; it falls with the root of the rate, which makes the sum of all delays least.
const BUSY: f64 = 15.0 * 60.0;

/// How the wait grows as the rate falls below [`LIVELY`].
const SLOWING: f64 = 0.75;

/// How far a crawl may be moved from its exact time, so that sources spread out: this part of the interval.
pub const JITTER: f64 = 0.1;

/// The part of a list that may be new between two crawls, as expected; articles come in bursts.
const PART_OF_LIST: f64 = 1.0 / 3.0;

/// The wait that the rhythm makes worth while from `now` on, and before the list rolls over.
pub fn wait(state: &SourceState, rates: &Rates, intervals: Intervals, now: Timestamp) -> Duration {
    let by_rhythm = by_rhythm(rates, intervals, now);
    let rolls_over = rolls_over(state, rates, intervals, now);
    let asked = floor(state.pace, intervals).min(rolls_over);
    by_rhythm.min(rolls_over).max(asked).max(intervals.min)
}

/// The least wait that the source asks for, at most the longest interval.
pub fn floor(pace: Pace, intervals: Intervals) -> Duration {
    pace.document.max(pace.header).unwrap_or_default().min(intervals.max)
}

/// Follows the rhythm through the hours: each takes its part of the wait, a lively one more than a still one.
fn by_rhythm(rates: &Rates, intervals: Intervals, now: Timestamp) -> Duration {
    let mut left = 1.0;
    let mut waited = 0.0;
    for (time, hours) in steps(now, intervals.max) {
        let ideal = ideal(rates.at(time)).clamp(intervals.min.as_secs_f64(), intervals.max.as_secs_f64());
        let seconds = hours * 3600.0;
        if seconds >= left * ideal {
            waited += left * ideal;
            break;
        }
        left -= seconds / ideal;
        waited += seconds;
    }
    Duration::from_secs_f64(waited).clamp(intervals.min, intervals.max)
}

/// The wait in seconds for a rate in articles an hour.
fn ideal(rate: f64) -> f64 {
    if rate >= LIVELY {
        FRESH.min(BUSY / rate.sqrt())
    } else {
        FRESH * (LIVELY / rate.max(1e-9)).powf(SLOWING)
    }
}

/// How long until so much of the list may be new that some of it may be lost.
fn rolls_over(state: &SourceState, rates: &Rates, intervals: Intervals, now: Timestamp) -> Duration {
    if state.listed == 0 {
        return intervals.max;
    }
    let mut left = f64::from(state.listed) * PART_OF_LIST;
    let mut waited = 0.0;
    for (time, hours) in steps(now, intervals.max) {
        let rate = rates.at(time);
        if rate * hours >= left {
            return Duration::from_secs_f64(waited + left / rate * 3600.0).max(intervals.min);
        }
        left -= rate * hours;
        waited += hours * 3600.0;
    }
    intervals.max
}

/// The wait after a crawl that found so much of the list new: half of what was waited before, if that is sooner.
pub fn after_burst(wait: Duration, new: u32, state: &SourceState, intervals: Intervals, now: Timestamp) -> Duration {
    let Some(last) = state.last_success.filter(|_| new > 0 && new * 2 >= state.listed) else {
        return wait;
    };
    let waited = Duration::try_from(now.duration_since(last)).unwrap_or_default();
    wait.min((waited / 2).max(intervals.min))
}

/// The wait moved by up to [`JITTER`], the same for a source all day: no random source is needed to spread them. It is
/// never moved below `floor`.
pub fn jittered(source: &SourceId, wait: Duration, floor: Duration, now: Timestamp) -> Duration {
    let hash = xxh3_64(format!("{source}@{}", SourceState::day(now)).as_bytes());
    let part = (hash % 2001) as f64 / 1000.0 - 1.0;
    let moved = wait.mul_f64(1.0 + part * JITTER);
    if moved < floor {
        floor.mul_f64(1.0 + part.abs() * JITTER)
    } else {
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Rhythm, Zone};
    use crate::schedule::rhythm;

    const INTERVALS: Intervals = Intervals {
        min: Duration::from_secs(600),
        max: Duration::from_secs(24 * 3600),
    };

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A source with so many articles each working day of four weeks, from nine on, an hour apart.
    fn state(articles: u64) -> SourceState {
        let mut rhythm = Rhythm::default();
        for day in 0..28_u64 {
            let midnight = time("2026-11-02T00:00:00+07:00") + Duration::from_secs(day * 86_400);
            let times: Vec<Timestamp> = (0..articles)
                .filter(|_| day % 7 < 5)
                .map(|n| midnight + Duration::from_secs((9 + n) * 3600 + 300))
                .collect();
            rhythm = rhythm::learn(&rhythm, Zone::Wib, &times, midnight + Duration::from_secs(86_399));
        }
        SourceState {
            rhythm,
            listed: 10,
            ..SourceState::default()
        }
    }

    fn minutes(state: &SourceState, at: &str) -> u64 {
        let now = time(at);
        wait(state, &Rates::of(&state.rhythm, now), INTERVALS, now).as_secs() / 60
    }

    #[test]
    fn office_hours_are_watched_and_nights_are_not() {
        let daily = state(1);
        for (at, least, most) in [
            ("2026-12-01T09:00:00+07:00", 10, 24),
            ("2026-12-01T10:30:00+07:00", 10, 40),
            ("2026-12-01T23:00:00+07:00", 180, 560),
            ("2026-12-05T23:00:00+07:00", 240, 1440),
        ] {
            let wait = minutes(&daily, at);
            assert!((least..=most).contains(&wait), "{at}: {wait}");
        }
        let morning = minutes(&daily, "2026-12-01T05:00:00+07:00");
        assert!(
            morning <= 270,
            "the next crawl is not past the first office hour: {morning}"
        );
    }

    #[test]
    fn who_publishes_more_is_asked_more_often_within_the_bounds() {
        let waits: Vec<u64> = [1, 3, 7, 12]
            .map(|n| minutes(&state(n), "2026-12-01T10:00:00+07:00"))
            .to_vec();
        assert!(waits.windows(2).all(|pair| pair[1] <= pair[0]), "{waits:?}");
        assert!(waits.iter().all(|wait| *wait >= 10), "{waits:?}");
        let still = SourceState {
            rhythm: Rhythm {
                began: Some(19_000),
                ..Rhythm::default()
            },
            ..SourceState::default()
        };
        assert!(minutes(&still, "2026-12-01T10:00:00+07:00") > 60);
        assert!(minutes(&still, "2026-12-05T20:00:00+07:00") <= 24 * 60);
    }

    #[test]
    fn what_the_source_asks_for_is_kept_up_to_the_longest_interval() {
        let hour = Duration::from_secs(3600);
        for (document, header, expected) in [
            (Some(hour), None, 60..=60),
            (None, Some(hour * 2), 120..=120),
            (Some(hour), Some(hour * 3), 180..=180),
            (None, Some(Duration::from_secs(1)), 10..=24),
        ] {
            let state = SourceState {
                pace: Pace { document, header },
                listed: 100,
                ..state(1)
            };
            let wait = minutes(&state, "2026-12-01T09:00:00+07:00");
            assert!(expected.contains(&wait), "{document:?} {header:?}: {wait}");
        }
        let year = Pace {
            header: Some(hour * 24 * 365),
            document: None,
        };
        assert_eq!(floor(year, INTERVALS), INTERVALS.max);
    }

    #[test]
    fn ten_items_are_read_before_they_roll_over_whatever_ttl_says() {
        let asked = |listed| SourceState {
            pace: Pace {
                document: Some(INTERVALS.max),
                header: None,
            },
            listed,
            ..state(7)
        };
        let few = minutes(&asked(10), "2026-12-01T08:00:00+07:00");
        assert!(few < 8 * 60, "{few}");
        assert!(minutes(&asked(40), "2026-12-01T08:00:00+07:00") > few);
        assert_eq!(minutes(&asked(0), "2026-12-01T08:00:00+07:00"), 24 * 60);
    }

    #[test]
    fn a_burst_brings_the_next_crawl_nearer() {
        let now = time("2026-12-01T09:00:00+07:00");
        let state = SourceState {
            last_success: Some(now - Duration::from_secs(3600)),
            ..state(1)
        };
        let day = Duration::from_secs(86_400);
        assert_eq!(after_burst(day, 9, &state, INTERVALS, now), Duration::from_secs(1800));
        assert_eq!(after_burst(day, 4, &state, INTERVALS, now), day);
        let first = SourceState {
            last_success: None,
            ..state
        };
        assert_eq!(
            after_burst(day, 10, &first, INTERVALS, now),
            day,
            "a first crawl is no burst"
        );
    }

    #[test]
    fn jitter_is_small_differs_between_sources_and_stays_above_the_floor() {
        let now = time("2026-12-01T09:00:00+07:00");
        let hour = Duration::from_secs(3600);
        let waits: std::collections::BTreeSet<Duration> = (0..100)
            .map(|n| jittered(&SourceId::new(format!("s-{n}")).unwrap(), hour, Duration::ZERO, now))
            .collect();
        assert!(waits.len() > 80, "{}", waits.len());
        assert!(waits.iter().all(|wait| (3239..=3961).contains(&wait.as_secs())));
        let id = SourceId::new("a").unwrap();
        assert_eq!(
            jittered(&id, hour, Duration::ZERO, now),
            jittered(&id, hour, Duration::ZERO, now + hour)
        );
        for n in 0..100 {
            let id = SourceId::new(format!("s-{n}")).unwrap();
            assert!(jittered(&id, hour, hour, now) >= hour);
        }
    }
}
