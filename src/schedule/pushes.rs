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
