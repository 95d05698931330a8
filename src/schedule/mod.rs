//! When each source is crawled again, and how it stands, from what its last crawls brought. Pure: the pipeline asks, and
//! stores the answer last. Which of the due sources goes first is the [`queue`]'s decision.
//!
//! [`after_success`] and [`after_failure`] are the whole of it: the source's [`rhythm`] is learnt, its [`pace`] follows
//! from it, [`standing`] says how it is, [`incident`] when it began to be wrong, and [`moved`] watches its redirects. Nothing is ever
//! given up.

pub mod incident;
pub mod moved;
pub mod pace;
pub mod pushes;
pub mod queue;
pub mod rhythm;
pub mod standing;

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use crate::model::{Health, Moved, Pace, Report, Source, SourceOutcome, SourceState, Validators, Zone};

use rhythm::Rates;

/// The wait after a first failure; each further one doubles it.
const FIRST_RETRY: Duration = Duration::from_secs(30 * 60);

const HOUR: Duration = Duration::from_secs(3600);

/// How often what is gone is asked for.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// The waits after the first answers of 404, before it is believed and asked once a week: sites are also rebuilt.
const DOUBTED: [Duration; 3] = [HOUR, Duration::from_secs(6 * 3600), Duration::from_secs(24 * 3600)];

/// The bounds of `[crawl]` between which every interval stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intervals {
    /// The shortest.
    pub min: Duration,
    /// The longest.
    pub max: Duration,
}

/// What a crawl that ended well saw.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// What it gave.
    pub report: &'a Report,
    /// Those of the document whose articles are all on disk; the old ones stay where the server sent a 304.
    pub validators: Validators,
    /// When the articles that were new were published, as far as that is known to the hour.
    pub published: &'a [Timestamp],
    /// How many articles the list held; `None` where that says nothing, because it was not sent (304) or leaves out what
    /// has not changed.
    pub listed: Option<u32>,
    /// How long the source asks to be left alone.
    pub pace: Pace,
    /// Where its permanent redirects led, before any temporary one.
    pub led: Option<&'a Url>,
    /// The zone of the source's region.
    pub zone: Zone,
}

impl<'a> Seen<'a> {
    /// A crawl of which nothing but its report is known.
    pub fn new(report: &'a Report, validators: Validators) -> Seen<'a> {
        Seen {
            report,
            validators,
            published: &[],
            listed: None,
            pace: Pace::default(),
            led: None,
            zone: Zone::default(),
        }
    }
}

/// Why a crawl brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the source stands now.
    pub health: Health,
    /// The HTTP status, if there was one.
    pub status: Option<u16>,
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

/// When a source may be crawled again: in the past if it is due.
pub fn due(state: &SourceState) -> Timestamp {
    let due = state.next_crawl.unwrap_or(Timestamp::UNIX_EPOCH);
    due.max(state.hold_until.unwrap_or(due))
}

/// The state of a source that waits longer than its configuration allows, as it may after a change of that: its turn comes
/// in time. Nothing where it does; what fails waits as ever.
pub fn hurried(state: &SourceState, source: &Source, intervals: Intervals, now: Timestamp) -> Option<SourceState> {
    let (last, next) = (state.last_success?, state.next_crawl?);
    let wait = source.interval.unwrap_or(intervals.max);
    let is_long = state.failures == 0 && next > last + wait.mul_f64(1.0 + pace::JITTER);
    let due = last + pace::jittered(&source.id, wait, Duration::ZERO, now);
    is_long.then(|| SourceState {
        next_crawl: Some(due),
        ..state.clone()
    })
}

/// What to remember after a source was fetched and read, or found unchanged.
pub fn after_success(
    state: &SourceState,
    source: &Source,
    seen: &Seen<'_>,
    intervals: Intervals,
    now: Timestamp,
) -> SourceState {
    let new = seen.report.new + seen.report.copies;
    let mut next = SourceState {
        validators: seen.validators.clone(),
        last_success: Some(now),
        last_error: None,
        failures: 0,
        hold_until: None,
        arrivals: arrivals(&state.arrivals, new, now),
        rhythm: rhythm::learn(&state.rhythm, seen.zone, &times(state, seen, now), now),
        pace: asked(state.pace, seen),
        requests: seen.report.fetches,
        moved: moved_on(state, source, seen, now),
        pushes: pushes::believed(state, seen.report, now),
        ..state.clone()
    };
    if let Some(listed) = seen.listed.filter(|listed| *listed > 0) {
        next.listed = listed;
        next.last_listed = Some(now);
    }
    let (health, evidence) = health(state, &next, seen, now);
    next.since = since(state, health, now);
    (next.health, next.evidence) = (health, evidence);
    // A burst is measured by the list that the articles came in.
    let before = SourceState {
        listed: next.listed,
        last_success: state.last_success,
        ..SourceState::default()
    };
    let wait = interval(source, &next, intervals, now);
    let (wait, floor) = match source.interval {
        Some(own) => (own, Duration::ZERO),
        None if pushes::are_relied_upon(&next, now) => (wait, intervals.min),
        None => (
            pace::after_burst(wait, new, &before, intervals, now),
            pace::floor(next.pace, intervals).min(wait).max(intervals.min),
        ),
    };
    next.next_crawl = Some(now + pace::jittered(&source.id, wait, floor, now));
    next
}

/// What to remember after a failure: the wait doubles with each, up to a cap, and nothing is ever given up.
pub fn after_failure(
    state: &SourceState,
    source: &Source,
    failure: &Failure,
    intervals: Intervals,
    now: Timestamp,
) -> SourceState {
    let failures = state.failures.saturating_add(1);
    let doublings = 1_u32 << (failures - 1).min(16);
    // A site that was down before is not gone for longer because of that.
    let in_a_row = if state.health == failure.health { failures } else { 1 };
    let longest = intervals.max.max(intervals.min);
    let patience = match failure.health {
        Health::Gone if failure.status == Some(404) => place(&DOUBTED, in_a_row).unwrap_or(WEEK),
        Health::Gone => WEEK,
        // Who does not want us is not asked as often as who cannot answer.
        Health::Blocked => HOUR.saturating_mul(doublings).clamp(intervals.min, longest),
        _ => {
            let first = source.interval.unwrap_or(FIRST_RETRY);
            first.saturating_mul(doublings).clamp(intervals.min, longest.max(first))
        }
    };
    let next = now + pace::jittered(&source.id, patience, intervals.min, now);
    // An adopted address that is gone: the configured one may know better.
    let moved = state.moved.clone().filter(|_| failure.health != Health::Gone);
    let health = if state.health == Health::Quarantined {
        state.health
    } else {
        failure.health
    };
    SourceState {
        last_error: Some(failure.what.clone()),
        health,
        since: since(state, health, now),
        evidence: if health == Health::Quarantined {
            state.evidence.clone()
        } else {
            Some(failure.what.clone())
        },
        failures,
        next_crawl: Some(failure.not_before.map_or(next, |not_before| next.max(not_before))),
        hold_until: failure.not_before,
        moved,
        ..state.clone()
    }
}

/// The state of a source whose articles are held back from now on, and why. It is crawled as before.
pub fn quarantined(state: &SourceState, why: &str, now: Timestamp) -> SourceState {
    SourceState {
        health: Health::Quarantined,
        since: since(state, Health::Quarantined, now),
        evidence: Some(why.to_owned()),
        ..state.clone()
    }
}

/// The state of a source that is trusted again.
pub fn released(state: &SourceState, now: Timestamp) -> SourceState {
    let (health, evidence) = match state.health {
        Health::Quarantined => standing::silence(&state.rhythm, now),
        other => (other, state.evidence.clone()),
    };
    SourceState {
        since: since(state, health, now),
        health,
        evidence,
        ..state.clone()
    }
}

/// The time between two crawls as it is now: the source's own, else a long one while its hub tells of news, else what its
/// rhythm makes worth while.
pub fn interval(source: &Source, state: &SourceState, intervals: Intervals, now: Timestamp) -> Duration {
    source
        .interval
        .or_else(|| pushes::wait(state, intervals, now))
        .unwrap_or_else(|| pace::wait(state, &Rates::of(&state.rhythm, now), intervals, now))
}

/// The failure's place in a row, counted from one.
fn place(waits: &[Duration], in_a_row: u32) -> Option<Duration> {
    waits.get(usize::try_from(in_a_row.saturating_sub(1)).ok()?).copied()
}

/// When the new articles came: as they say, else spread over the time since the last crawl. What a first crawl finds
/// has been there for an unknown time.
fn times(state: &SourceState, seen: &Seen<'_>, now: Timestamp) -> Vec<Timestamp> {
    let mut times = seen.published.to_vec();
    let undated = i64::from(seen.report.new + seen.report.copies) - i64::try_from(times.len()).unwrap_or(i64::MAX);
    if let Some(last) = state.last_success {
        let span = now.as_second() - last.as_second();
        // Thousands would be a backfill: as many as can be a habit are enough.
        let undated = undated.clamp(0, 100);
        times.extend((0..undated).filter_map(|n| {
            let at = last.as_second() + span * (2 * n + 1) / (2 * undated);
            Timestamp::from_second(at).ok()
        }));
    }
    times
}

/// What the source asks for by now: what was not sent again still holds.
fn asked(known: Pace, seen: &Seen<'_>) -> Pace {
    match seen.report.outcome {
        SourceOutcome::NotModified => Pace {
            document: known.document,
            header: seen.pace.header.or(known.header),
        },
        _ => seen.pace,
    }
}

/// The watch on its redirects. An empty page at their end is no evidence for them: it may be the new site's front page.
fn moved_on(state: &SourceState, source: &Source, seen: &Seen<'_>, now: Timestamp) -> Option<Moved> {
    match (seen.listed, seen.led) {
        (Some(0), Some(_)) => state.moved.clone(),
        _ => moved::watched(state.moved.as_ref(), &source.url, seen.led, now),
    }
}

/// How a source stands that was fetched; `before` is its state before, `next` what is known of it now.
fn health(before: &SourceState, next: &SourceState, seen: &Seen<'_>, now: Timestamp) -> (Health, Option<String>) {
    let found = seen.listed.map(|listed| listed > 0);
    let unknown = found.is_none() && seen.report.new + seen.report.copies == 0;
    if before.health == Health::Quarantined {
        return (Health::Quarantined, before.evidence.clone());
    }
    if before.health == Health::Drifted && unknown {
        return (Health::Drifted, before.evidence.clone());
    }
    if found == Some(false) && before.listed > 0 {
        return standing::drifted(before);
    }
    if let Some(moved) = next.moved.as_ref().filter(|moved| moved.adopted.is_some()) {
        let what = format!("{} has led to {} since {}", moved.from, moved.to, moved.first);
        return (Health::Moved, Some(what));
    }
    standing::silence(&next.rhythm, now)
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
pub(super) mod tests {
    use super::*;
    use crate::model::samples;

    const INTERVALS: Intervals = Intervals {
        min: Duration::from_secs(600),
        max: Duration::from_secs(24 * 3600),
    };

    pub(super) fn source(interval: Option<Duration>) -> Source {
        Source {
            region: None,
            interval,
            full_text: true,
            ..samples::source("lapas-jember-feed", "https://lapasjember.example.go.id/feed")
        }
    }

    fn now() -> Timestamp {
        "2026-11-24T03:00:00Z".parse().unwrap()
    }

    fn fail(health: Health, not_before: Option<Timestamp>) -> Failure {
        Failure {
            health,
            status: None,
            not_before,
            what: "it answered 503".to_owned(),
        }
    }

    fn minutes_until(state: &SourceState) -> i64 {
        (state.next_crawl.unwrap().as_second() - now().as_second()) / 60
    }

    fn report(new: u32) -> Report {
        let mut report = Report::new(source(None).id);
        report.new = new;
        report
    }

    fn succeed(state: &SourceState, seen: &Seen<'_>, at: Timestamp) -> SourceState {
        after_success(state, &source(None), seen, INTERVALS, at)
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
        let failed = SourceState {
            failures: 4,
            last_error: Some("x".to_owned()),
            health: Health::Failing,
            ..Default::default()
        };
        let report = report(3);
        let state = succeed(&failed, &Seen::new(&report, validators.clone()), now());
        assert_eq!(
            (state.validators.clone(), state.failures, state.last_error.clone()),
            (validators, 0, None)
        );
        assert_eq!((state.health, state.since), (Health::Ok, Some(now())));
        assert!((10..=60).contains(&minutes_until(&state)), "{}", minutes_until(&state));
        assert_eq!(state.articles_week(now()), 3);
        assert!(!is_due(&state, now()) && is_due(&state, now() + HOUR));
    }

    #[test]
    fn who_waits_longer_than_is_configured_now_is_hurried_and_nobody_else_is() {
        let report = report(0);
        let settled = succeed(
            &SourceState::default(),
            &Seen::new(&report, Validators::default()),
            now(),
        );
        assert_eq!(hurried(&settled, &source(None), INTERVALS, now()), None);
        let state = SourceState {
            next_crawl: Some(now() + 24 * HOUR),
            ..settled
        };
        assert_eq!(hurried(&state, &source(None), INTERVALS, now()), None);

        let often = Intervals {
            max: Duration::from_secs(3_600),
            ..INTERVALS
        };
        let own = source(Some(Duration::from_secs(3_600)));
        for (source, intervals) in [(source(None), often), (own, INTERVALS)] {
            let soon = hurried(&state, &source, intervals, now()).unwrap();
            assert!((54..=66).contains(&minutes_until(&soon)), "{}", minutes_until(&soon));
            assert_eq!(hurried(&soon, &source, intervals, now()), None, "once is enough");
            let failing = SourceState {
                failures: 1,
                ..state.clone()
            };
            assert_eq!(hurried(&failing, &source, intervals, now()), None);
        }
        assert_eq!(hurried(&SourceState::default(), &source(None), often, now()), None);
    }

    #[test]
    fn failures_back_off_to_the_longest_interval_and_never_end() {
        for health in [Health::Failing, Health::Blocked] {
            let mut state = SourceState::default();
            let mut waits = Vec::new();
            for _ in 0..40 {
                state = after_failure(&state, &source(None), &fail(health, None), INTERVALS, now());
                waits.push(minutes_until(&state));
            }
            assert!(waits[0] >= 27 && waits[0] <= 66, "{waits:?}");
            assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]), "{waits:?}");
            assert!(waits[3] >= 2 * waits[1], "{waits:?}");
            assert!(*waits.last().unwrap() <= 24 * 66, "{waits:?}");
            assert_eq!((state.failures, state.since), (40, Some(now())));
        }
    }

    #[test]
    fn a_server_that_asks_for_patience_is_held_until_then() {
        let until = now() + 5 * HOUR;
        let failure = fail(Health::Failing, Some(until));
        let state = after_failure(&SourceState::default(), &source(None), &failure, INTERVALS, now());
        assert!(is_held(&state, now()) && !is_held(&state, until));
        assert!(state.next_crawl.unwrap() >= until);
        assert!(due(&state) >= until);
    }

    #[test]
    fn what_is_gone_is_asked_once_a_week_and_a_404_is_doubted_first() {
        let days = |status: u16| -> Vec<i64> {
            let failure = Failure {
                status: Some(status),
                ..fail(Health::Gone, None)
            };
            let mut state = SourceState::default();
            (0..5)
                .map(|_| {
                    state = after_failure(&state, &source(None), &failure, INTERVALS, now());
                    (minutes_until(&state) + 12 * 60) / (24 * 60)
                })
                .collect()
        };
        assert_eq!(days(410), [7; 5]);
        assert_eq!(days(404), [0, 0, 1, 7, 7]);
    }

    #[test]
    fn a_source_keeps_its_own_interval() {
        let own = source(Some(2 * HOUR));
        let report = report(9);
        let mut seen = Seen::new(&report, Validators::default());
        seen.pace.document = Some(24 * HOUR);
        let state = after_success(&SourceState::default(), &own, &seen, INTERVALS, now());
        assert!((108..=132).contains(&minutes_until(&state)));
    }

    #[test]
    fn what_the_document_asks_for_holds_until_it_is_sent_again() {
        let mut report = report(0);
        let pace = |document, header| Pace { document, header };
        fn seen(report: &Report, pace: Pace) -> Seen<'_> {
            Seen {
                pace,
                ..Seen::new(report, Validators::default())
            }
        }
        let first = succeed(
            &SourceState::default(),
            &seen(&report, pace(Some(3 * HOUR), None)),
            now(),
        );
        assert!(
            (180..=198).contains(&minutes_until(&first)),
            "{}",
            minutes_until(&first)
        );
        report.outcome = SourceOutcome::NotModified;
        let unchanged = succeed(&first, &seen(&report, pace(None, Some(HOUR))), now());
        assert_eq!(unchanged.pace, pace(Some(3 * HOUR), Some(HOUR)));
        report.outcome = SourceOutcome::Ok;
        let changed = succeed(&unchanged, &seen(&report, pace(None, None)), now());
        assert_eq!(changed.pace, Pace::default());
    }

    #[test]
    fn the_first_crawl_teaches_the_rhythm_where_articles_are_dated() {
        let report = report(10);
        let published: Vec<Timestamp> = (1..=10).map(|day| now() - 24 * HOUR * day).collect();
        let dated = Seen {
            published: &published,
            ..Seen::new(&report, Validators::default())
        };
        let state = succeed(&SourceState::default(), &dated, now());
        assert!((5.0..8.0).contains(&rhythm::articles_week(&state.rhythm, now())));
        let undated = succeed(
            &SourceState::default(),
            &Seen::new(&report, Validators::default()),
            now(),
        );
        assert_eq!(rhythm::articles_known(&undated.rhythm), 0.0, "they may be years old");
    }

    #[test]
    fn a_page_where_nothing_is_found_any_more_has_drifted_until_something_is() {
        let report = report(0);
        let seen = |listed| Seen {
            listed,
            ..Seen::new(&report, Validators::default())
        };
        let never = succeed(&SourceState::default(), &seen(Some(0)), now());
        assert_eq!(never.health, Health::Ok, "there never was anything");
        let full = succeed(&never, &seen(Some(12)), now());
        let empty = succeed(&full, &seen(Some(0)), now() + HOUR);
        assert_eq!((empty.health, empty.since), (Health::Drifted, Some(now() + HOUR)));
        assert!(
            empty.evidence.as_ref().is_some_and(|text| text.contains("12 were")),
            "{empty:?}"
        );
        assert_eq!(standing::standing(&empty, now() + HOUR).last_good, Some(now()));
        let unchanged = succeed(&empty, &seen(None), now() + 2 * HOUR);
        assert_eq!(
            (unchanged.health, unchanged.since),
            (Health::Drifted, Some(now() + HOUR))
        );
        assert_eq!(
            succeed(&unchanged, &seen(Some(12)), now() + 3 * HOUR).health,
            Health::Ok
        );
    }

    #[test]
    fn a_move_shows_after_a_week_and_is_doubted_where_the_new_address_is_gone() {
        let new: Url = "https://lapasjember.example.id/feed".parse().unwrap();
        let report = report(0);
        let seen = Seen {
            led: Some(&new),
            listed: Some(5),
            ..Seen::new(&report, Validators::default())
        };
        let week = (0..8).fold(SourceState::default(), |state, day| {
            assert_ne!(state.health, Health::Moved);
            succeed(&state, &seen, now() + 24 * HOUR * day)
        });
        assert_eq!(week.health, Health::Moved);
        assert_eq!(moved::address(&source(None), &week), new);
        let gone = after_failure(&week, &source(None), &fail(Health::Gone, None), INTERVALS, now());
        assert_eq!(moved::address(&source(None), &gone), source(None).url);
    }

    #[test]
    fn a_quarantine_outlasts_crawls_until_it_is_lifted() {
        let held = quarantined(&SourceState::default(), "forty posts about togel", now());
        let report = report(1);
        let after = succeed(&held, &Seen::new(&report, Validators::default()), now() + HOUR);
        let after = after_failure(
            &after,
            &source(None),
            &fail(Health::Failing, None),
            INTERVALS,
            now() + HOUR,
        );
        assert_eq!(
            (after.health, after.since, after.evidence.as_deref()),
            (Health::Quarantined, Some(now()), Some("forty posts about togel"))
        );
        let free = released(&after, now() + 2 * HOUR);
        assert_eq!((free.health, free.since), (Health::Ok, Some(now() + 2 * HOUR)));
    }

    #[test]
    fn a_state_is_small_and_survives_the_store() {
        let report = report(10);
        let published: Vec<Timestamp> = (1..=10).map(|day| now() - 24 * HOUR * day).collect();
        let seen = Seen {
            published: &published,
            ..Seen::new(&report, Validators::default())
        };
        let state = succeed(&SourceState::default(), &seen, now());
        let bytes = postcard::to_stdvec(&state).unwrap();
        assert!(bytes.len() < 300, "{} bytes", bytes.len());
        assert_eq!(postcard::from_bytes::<SourceState>(&bytes).unwrap(), state);
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
