//! The daemon: crawls what is due, serves the feeds, reads its configuration again, and stops cleanly. The caller
//! brings the listener, the signals and the shutdown future.

pub mod alerts;
pub mod finder;
pub mod fresh;
pub mod hub;
pub mod orders;
pub mod places;
mod saving;
pub mod subscriber;
pub mod upkeep;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::fetch::{Fetch, budget_key};
use crate::model::{CrawlEvent, CrawlOptions, Directory, Report, Source, SourceId, SourceOutcome};
use crate::pipeline::{self, Configured, Context};
use crate::schedule::{self, Intervals, queue::Queue};
use crate::store;
use crate::systemd;

use places::Places;
use upkeep::Room;

/// The longest a stop waits for the crawls under way.
const STOP_WITHIN: Duration = Duration::from_secs(60);

/// The time between two of the sources that became overdue while the daemon was stopped.
const SPREAD: Duration = Duration::from_millis(200);

/// The longest the loop sleeps: a clock that was set is noticed within it.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Crawls every source when it is due, and sooner when its hub has `told` of news, until `shutdown` resolves. A new configuration takes effect at once; crawls under
/// way finish with the old one. While there is no room for what they give, none begins.
///
/// # Errors
/// When our own store fails: the caller stops, and systemd starts again. That it is full is no such failure.
pub async fn crawl_for_ever<F: Fetch>(
    cx: Arc<Context<F>>,
    mut configured: watch::Receiver<Arc<Configured>>,
    concurrency: usize,
    room: Room,
    mut told: mpsc::Receiver<Told>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), pipeline::Error> {
    let mut roomy = room.subscribe();
    let mut queue = Queue::default();
    hold_known(&cx, &configured.borrow().directory)?;
    fill(&cx, &configured.borrow_and_update(), &mut queue)?;
    queue.spread(cx.clock.now(), SPREAD);
    let mut crawls: Crawls = JoinSet::new();
    let (places, mut waiting) = (Places::new(concurrency), cx.fetch.waiting());
    tokio::pin!(shutdown);
    loop {
        // Before the places are looked at, so that no change after it is missed.
        let waits = *waiting.borrow_and_update();
        room.bear(begin(&cx, &configured, &mut queue, &mut crawls, (places, waits, &room)))?;
        let is_crowded = !places.are_free(crawls.len(), waits);
        let next_due = queue.next_due().filter(|_| !room.is_full() && !is_crowded);
        let pause = pause(next_due, cx.clock.now());
        let lag = queue
            .next_due()
            .map_or(0.0, |due| cx.clock.now().duration_since(due).as_secs_f64());
        metrics::gauge!("warta_queue_lag_seconds").set(lag.max(0.0));
        if !room.is_full() {
            systemd::status(&status_line(&queue, crawls.len(), cx.clock.now()));
        }
        tokio::select! {
            () = &mut shutdown => break,
            Some(done) = crawls.join_next() => {
                let (id, result) = done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
                room.bear(result)?.iter().for_each(log);
                queue.done(&id);
                let configured = configured.borrow();
                if let Some(source) = configured.directory.sources.get(&id) {
                    room.bear(put(&cx, source, configured.intervals, &mut queue))?;
                }
            }
            Ok(()) = waiting.changed(), if is_crowded => {}
            Some(told) = told.recv() => {
                let configured = configured.borrow();
                if let Some(source) = configured.directory.sources.get(told.source()) {
                    room.bear(hear(&cx, source, configured.intervals, &told, &mut queue))?;
                }
            }
            Ok(()) = configured.changed() => {
                queue.clear();
                room.bear(fill(&cx, &configured.borrow_and_update(), &mut queue))?;
            }
            Ok(()) = roomy.changed() => if !*roomy.borrow_and_update() {
                // Some may have got lost, while the store could not even be read.
                queue.clear();
                room.bear(fill(&cx, &configured.borrow(), &mut queue))?;
                queue.spread(cx.clock.now(), SPREAD);
            },
            () = tokio::time::sleep(pause) => {}
        }
    }
    finish(crawls, &room).await
}

/// What the hub of a source tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// That it has news; and it will tell of the next until then.
    News(SourceId, Timestamp),
    /// That it tells nothing any more.
    Nothing(SourceId),
}

impl Told {
    fn source(&self) -> &SourceId {
        match self {
            Told::News(source, _) | Told::Nothing(source) => source,
        }
    }
}

/// Moves a source in the queue as its hub told.
fn hear<F: Fetch>(
    cx: &Context<F>,
    source: &Source,
    intervals: Intervals,
    told: &Told,
    queue: &mut Queue,
) -> Result<(), store::Error> {
    match told {
        Told::News(_, until) => cx.pushed(source, *until)?,
        Told::Nothing(_) => cx.pushes_ended(source, intervals)?,
    }
    put(cx, source, intervals, queue)
}

/// The crawls under way.
type Crawls = JoinSet<(SourceId, Result<Report, pipeline::Error>)>;

/// Begins the crawls that are due, as far as there is room and they are not too many at once.
fn begin<F: Fetch>(
    cx: &Arc<Context<F>>,
    configured: &watch::Receiver<Arc<Configured>>,
    queue: &mut Queue,
    crawls: &mut Crawls,
    (places, waits, room): (Places, usize, &Room),
) -> Result<(), store::Error> {
    while !room.is_full() && places.are_free(crawls.len(), waits) {
        let Some(id) = queue.next(cx.clock.now()) else {
            break;
        };
        let configured = configured.borrow().clone();
        let Some(source) = configured.directory.sources.get(&id).cloned() else {
            queue.done(&id);
            continue;
        };
        match is_due(cx, &source) {
            Ok(true) => spawn(crawls, cx, configured, source),
            Ok(false) => {
                queue.done(&id);
                put(cx, &source, configured.intervals, queue)?;
            }
            Err(error) => {
                queue.done(&id);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// What `systemctl status` shows: "312 of 940 sources fresh, next in 4 s". Fresh is what waits and is not due yet.
fn status_line(queue: &Queue, crawling: usize, now: Timestamp) -> String {
    let sources = queue.len() + crawling;
    let fresh = queue.waiting_after(now);
    let busy = match crawling {
        0 => String::new(),
        count => format!(", {count} being crawled"),
    };
    match queue.next_due() {
        Some(due) => {
            let seconds = due.duration_since(now).as_secs().max(0);
            format!("{fresh} of {sources} sources fresh{busy}, next in {seconds} s")
        }
        None => format!("{fresh} of {sources} sources fresh{busy}"),
    }
}

/// Whether a source is due still: somebody may have ordered a crawl since it was put in line.
fn is_due<F: Fetch>(cx: &Context<F>, source: &Source) -> Result<bool, store::Error> {
    let state = cx.store.state(&source.id)?.unwrap_or_default();
    Ok(schedule::is_due(&state, cx.clock.now()))
}

/// Waits for the crawls under way, within bounds: what they have acknowledged is on disk in any case.
async fn finish(mut crawls: Crawls, room: &Room) -> Result<(), pipeline::Error> {
    let all = async {
        while let Some(Ok((_, result))) = crawls.join_next().await {
            room.bear(result)?.iter().for_each(log);
        }
        Ok(())
    };
    match tokio::time::timeout(STOP_WITHIN, all).await {
        Ok(result) => result,
        Err(_) => {
            tracing::warn!("stopped with crawls under way; they begin again at the next start");
            Ok(())
        }
    }
}

fn spawn<F: Fetch>(crawls: &mut Crawls, cx: &Arc<Context<F>>, configured: Arc<Configured>, source: Source) {
    let cx = Arc::clone(cx);
    crawls.spawn(async move {
        // Nobody listens to the events of a scheduled crawl; its report is logged.
        let (events, _) = mpsc::channel::<CrawlEvent>(1);
        let result = pipeline::crawl(&cx, &configured, &source, CrawlOptions::default(), &events).await;
        (source.id, result)
    });
}

/// Leaves the hosts alone that asked for it before a restart.
fn hold_known<F: Fetch>(cx: &Context<F>, directory: &Directory) -> Result<(), store::Error> {
    let now = cx.clock.now();
    for (id, state) in cx.store.states()? {
        let until = state.hold_until.filter(|until| *until > now);
        if let (Some(until), Some(source)) = (until, directory.sources.get(&id)) {
            cx.fetch.hold(&schedule::moved::address(source, &state), until);
        }
    }
    Ok(())
}

fn fill<F: Fetch>(cx: &Context<F>, configured: &Configured, queue: &mut Queue) -> Result<(), store::Error> {
    let put = |source| put(cx, source, configured.intervals, queue);
    configured.directory.sources.values().try_for_each(put)
}

fn put<F: Fetch>(
    cx: &Context<F>,
    source: &Source,
    intervals: Intervals,
    queue: &mut Queue,
) -> Result<(), store::Error> {
    let state = cx.hurried(source, intervals)?;
    let address = schedule::moved::address(source, &state);
    let budget = budget_key(&address);
    if let Some(until) = cx.fetch.held_until(&address) {
        queue.hold(&budget, until);
    }
    queue.put(source.id.clone(), budget, schedule::due(&state));
    Ok(())
}

/// How long to sleep until the next source is due.
fn pause(next_due: Option<Timestamp>, now: Timestamp) -> Duration {
    let until = next_due.map_or(LOOK_AGAIN, |due| {
        Duration::try_from(due.duration_since(now)).unwrap_or_default()
    });
    // A millisecond at least, so that a clock a hair behind does not make the loop spin.
    until.clamp(Duration::from_millis(1), LOOK_AGAIN)
}

/// Counts what a crawl gave.
fn count(report: &Report) {
    let outcome = match report.outcome {
        SourceOutcome::Ok => "ok",
        SourceOutcome::NotModified => "not-modified",
        SourceOutcome::Failed => "failed",
        SourceOutcome::Skipped => "skipped",
    };
    metrics::counter!("warta_crawls_total", "outcome" => outcome).increment(1);
    for (result, count) in [
        ("new", report.new),
        ("changed", report.changed),
        ("copy", report.copies),
        ("unchanged", report.unchanged),
        ("quarantined", report.quarantined),
    ] {
        metrics::counter!("warta_articles_total", "result" => result).increment(count.into());
    }
}

/// One line for each source that was crawled; it is counted too.
pub fn log(report: &Report) {
    count(report);
    let source = report.source.as_str();
    let problems = report.problems.len();
    match (&report.outcome, &report.error) {
        (SourceOutcome::Ok, _) => tracing::info!(
            source.id = source,
            new = report.new,
            changed = report.changed,
            copies = report.copies,
            unchanged = report.unchanged,
            quarantined = report.quarantined,
            fetches = report.fetches,
            problems,
            "crawled a source"
        ),
        (SourceOutcome::NotModified, _) => tracing::info!(source.id = source, "a source has not changed"),
        (SourceOutcome::Failed, error) => {
            tracing::warn!(
                source.id = source,
                error = error.as_deref().unwrap_or_default(),
                "a source could not be crawled"
            );
        }
        (SourceOutcome::Skipped, error) => {
            tracing::info!(
                source.id = source,
                why = error.as_deref().unwrap_or_default(),
                "a source was skipped"
            );
        }
    }
    for problem in &report.problems {
        tracing::debug!(
            source.id = source,
            at = problem.at,
            what = problem.what,
            "a problem of the source"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_says_how_many_are_fresh_and_when_the_next_is_due() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let mut queue = Queue::default();
        assert_eq!(status_line(&queue, 0, now), "0 of 0 sources fresh");
        for (id, seconds) in [("a", 4), ("b", 9), ("c", -5)] {
            let due = now + jiff::SignedDuration::from_secs(seconds);
            queue.put(SourceId::new(id).unwrap(), id.to_owned(), due);
        }
        assert_eq!(status_line(&queue, 0, now), "2 of 3 sources fresh, next in 0 s");
        assert!(queue.next(now).is_some());
        assert_eq!(
            status_line(&queue, 1, now),
            "2 of 3 sources fresh, 1 being crawled, next in 4 s"
        );
    }
}
