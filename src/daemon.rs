//! The daemon: crawls what is due, serves the feeds, reads its configuration again, and stops cleanly. The caller
//! brings the listener, the signals and the shutdown future.

pub mod finder;
pub mod orders;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::fetch::{Fetch, budget_key};
use crate::model::{CrawlEvent, CrawlOptions, Directory, Report, Source, SourceId, SourceOutcome};
use crate::pipeline::{self, Configured, Context};
use crate::schedule::{self, queue::Queue};
use crate::store;
use crate::systemd;

/// The longest a stop waits for the crawls under way.
const STOP_WITHIN: Duration = Duration::from_secs(60);

/// The time between two of the sources that became overdue while the daemon was stopped.
const SPREAD: Duration = Duration::from_millis(200);

/// The longest the loop sleeps: a clock that was set is noticed within it.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Crawls every source when it is due, until `shutdown` resolves. A new configuration takes effect at once; crawls under
/// way finish with the old one.
///
/// # Errors
/// When our own store fails: the caller stops, and systemd starts again.
pub async fn crawl_for_ever<F: Fetch>(
    cx: Arc<Context<F>>,
    mut configured: watch::Receiver<Arc<Configured>>,
    concurrency: usize,
    shutdown: impl Future<Output = ()>,
) -> Result<(), pipeline::Error> {
    let mut queue = Queue::default();
    fill(&cx, &configured.borrow_and_update().directory, &mut queue)?;
    queue.spread(cx.clock.now(), SPREAD);
    let mut crawls: JoinSet<(SourceId, Result<Report, pipeline::Error>)> = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        while crawls.len() < concurrency {
            let Some(id) = queue.next(cx.clock.now()) else {
                break;
            };
            match configured.borrow().directory.sources.get(&id).cloned() {
                Some(source) if is_due(&cx, &source)? => {
                    spawn(&mut crawls, &cx, configured.borrow().clone(), source);
                }
                Some(source) => {
                    queue.done(&id);
                    put(&cx, &source, &mut queue)?;
                }
                None => queue.done(&id),
            }
        }
        let pause = pause(queue.next_due(), cx.clock.now());
        tokio::select! {
            () = &mut shutdown => break,
            Some(done) = crawls.join_next() => {
                let (id, result) = done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
                log(&result?);
                queue.done(&id);
                if let Some(source) = configured.borrow().directory.sources.get(&id) {
                    put(&cx, source, &mut queue)?;
                }
            }
            Ok(()) = configured.changed() => {
                queue.clear();
                fill(&cx, &configured.borrow_and_update().directory, &mut queue)?;
            }
            () = tokio::time::sleep(pause) => {}
        }
        systemd::status(&format!(
            "{} sources wait, {} are being crawled",
            queue.len(),
            crawls.len()
        ));
    }
    finish(crawls).await
}

/// Whether a source is due still: somebody may have ordered a crawl since it was put in line.
fn is_due<F: Fetch>(cx: &Context<F>, source: &Source) -> Result<bool, store::Error> {
    let state = cx.store.state(&source.id)?.unwrap_or_default();
    Ok(schedule::is_due(&state, cx.clock.now()))
}

/// Waits for the crawls under way, within bounds: what they have acknowledged is on disk in any case.
async fn finish(mut crawls: JoinSet<(SourceId, Result<Report, pipeline::Error>)>) -> Result<(), pipeline::Error> {
    let all = async {
        while let Some(Ok((_, result))) = crawls.join_next().await {
            log(&result?);
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

fn spawn<F: Fetch>(
    crawls: &mut JoinSet<(SourceId, Result<Report, pipeline::Error>)>,
    cx: &Arc<Context<F>>,
    configured: Arc<Configured>,
    source: Source,
) {
    let cx = Arc::clone(cx);
    crawls.spawn(async move {
        // Nobody listens to the events of a scheduled crawl; its report is logged.
        let (events, _) = mpsc::channel::<CrawlEvent>(1);
        let result = pipeline::crawl(&cx, &configured, &source, CrawlOptions::default(), &events).await;
        (source.id, result)
    });
}

fn fill<F: Fetch>(cx: &Context<F>, directory: &Directory, queue: &mut Queue) -> Result<(), store::Error> {
    directory.sources.values().try_for_each(|source| put(cx, source, queue))
}

fn put<F: Fetch>(cx: &Context<F>, source: &Source, queue: &mut Queue) -> Result<(), store::Error> {
    let state = cx.store.state(&source.id)?.unwrap_or_default();
    let budget = budget_key(&schedule::moved::address(source, &state));
    if let Some(until) = cx.fetch.held_until(&source.url) {
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

/// One line for each source that was crawled.
pub fn log(report: &Report) {
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
