//! The flow as code: one source from its address to the store. Read [`crawl`] first.
//!
//! A fault of a site is data in the [`Report`]; an error out of here means that our own store failed, and the caller
//! has to stop. Which source is crawled when is the caller's decision.

mod articles;
mod ask;
mod auto;
mod backfill;
mod incidents;
mod parts;
mod pushes;
mod screening;
mod trial;
mod unlisted;
mod withdrawals;
mod workers;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use url::Url;

use crate::clock::Clock;
use crate::fetch::{self, Fetch, Polite, Reply, Request};
use crate::gazetteer::Gazetteer;
use crate::ledger::{self, Ledger};
use crate::locate::Locator;
use crate::model::{
    CrawlEvent, CrawlOptions, Directory, Document, Health, Pace, Report, Room, Source, SourceId, SourceKind,
    SourceOutcome, SourceState, Validators,
};
use crate::schedule::{self, Failure, Intervals, Seen};
use crate::screen::History;
use crate::store::{self, Store};

pub use auto::discover;
pub use screening::judge;
pub use trial::try_out;
pub use unlisted::crawl_url;
pub use workers::Workers;

use ask::{Asked, Fresh, Read};

/// Articles that are recorded together, at most; between two groups a crawl can stop.
const GROUP: usize = 10;

/// The most article pages that one crawl fetches; what is left is for the next.
const MAX_ARTICLES: usize = 100;

/// What crawls are made with. One for the process; clones of its parts share budgets and store.
#[derive(Debug)]
pub struct Context<F> {
    /// Brings documents, politely.
    pub fetch: Polite<F>,
    /// Decides and records.
    pub ledger: Ledger,
    /// Knows what is recorded.
    pub store: Store,
    /// The regions.
    pub gazetteer: Arc<Gazetteer>,
    /// The time.
    pub clock: Clock,
    running: watch::Sender<Running>,
    workers: Workers,
    /// Held while what is remembered of a source is read and written again.
    remembering: Mutex<()>,
    /// Counts the changes of incidents, for whoever tells of them.
    incidents: watch::Sender<u64>,
}

/// What is configured and may be configured anew at any time: the units and sources, the reader of places that knows
/// them, and how often is polled.
#[derive(Debug)]
pub struct Configured {
    /// The units and sources.
    pub directory: Arc<Directory>,
    /// The bounds of `[crawl]`.
    pub intervals: Intervals,
    locator: OnceLock<Locator>,
}

impl Configured {
    /// What is configured by this directory, polled within these bounds.
    pub fn new(directory: impl Into<Arc<Directory>>, intervals: Intervals) -> Configured {
        Configured {
            directory: directory.into(),
            intervals,
            locator: OnceLock::new(),
        }
    }

    /// Tells where articles belong. Compiled for the first of them: most crawls bring none.
    fn locator(&self, gazetteer: &Gazetteer) -> &Locator {
        self.locator.get_or_init(|| Locator::new(gazetteer, &self.directory))
    }
}

/// Our own side failed: stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
}

impl Error {
    /// Whether the disk is full: nothing is lost, and it goes on once there is room.
    pub fn is_full(&self) -> bool {
        match self {
            Error::Store(error) => matches!(error, store::Error::Full { .. }),
            Error::Ledger(ledger::Error::Store(error)) => matches!(**error, store::Error::Full { .. }),
            Error::Ledger(_) => false,
        }
    }
}

/// Where a crawl tells what it does: [`CrawlEvent`]s, those of stored articles only once they are on disk.
pub type Events = mpsc::Sender<CrawlEvent>;

/// The sources that are being crawled, each with the time it began.
pub type Running = BTreeMap<SourceId, Timestamp>;

impl<F: Fetch> Context<F> {
    /// What crawls are made with.
    pub fn new(fetch: Polite<F>, ledger: Ledger, store: Store, gazetteer: Arc<Gazetteer>, clock: Clock) -> Context<F> {
        Context {
            fetch,
            ledger,
            store,
            gazetteer,
            clock,
            running: watch::Sender::default(),
            workers: Workers::default(),
            remembering: Mutex::default(),
            incidents: watch::Sender::default(),
        }
    }

    /// What is being crawled, from now on.
    pub fn running(&self) -> watch::Receiver<Running> {
        self.running.subscribe()
    }
}

/// Crawls one source: fetch, parse, then group by group the articles' pages, normalize, locate, screen, record. What is to
/// be remembered of the source is written last. Sends an event for each stored article, and the report as the last one.
///
/// # Errors
/// Only when our own store fails.
pub async fn crawl<F: Fetch>(
    cx: &Context<F>,
    configured: &Configured,
    source: &Source,
    options: CrawlOptions,
    events: &Events,
) -> Result<Report, Error> {
    let Some(_mark) = Mark::set(&cx.running, &source.id, cx.clock.now()) else {
        return Ok(skipped(source, "it is being crawled already", events).await);
    };
    let state = cx.store.state(&source.id)?.unwrap_or_default();
    let now = cx.clock.now();
    if let Some(why) = held_back(&state, options, now) {
        return Ok(skipped(source, &why, events).await);
    }
    let mut report = Report::new(source.id.clone());
    let next = match auto::settled(cx, source, &state, &mut report).await {
        Ok(settled) => {
            let mut crawl = Crawl::new(cx, configured, &settled, options, events);
            crawl.catches_up = state.last_success.is_some();
            crawl.report = report;
            let next = crawl.run(&state).await?;
            report = crawl.report;
            auto::remember(source, &settled, &report, next)
        }
        Err(what) => {
            report.outcome = SourceOutcome::Failed;
            report.error = Some(what.clone());
            let failure = Failure {
                health: Health::Failing,
                status: None,
                not_before: None,
                what,
            };
            schedule::after_failure(&state, source, &failure, configured.intervals, cx.clock.now())
        }
    };
    if !options.dry_run {
        cx.remember(&report, next)?;
    }
    send(events, CrawlEvent::Source(report.clone())).await;
    Ok(report)
}

/// Why a source is not fetched now. Its server's own wish is kept even when the schedule is not.
fn held_back(state: &SourceState, options: CrawlOptions, now: Timestamp) -> Option<String> {
    if schedule::is_held(state, now) {
        return state
            .hold_until
            .map(|until| format!("its server asked to be left alone until {until}"));
    }
    let next = state
        .next_crawl
        .filter(|next| state.failures > 0 && *next > now && !options.force)?;
    Some(format!(
        "it has failed {} times and is tried again at {next}; --force tries it now",
        state.failures
    ))
}

async fn skipped(source: &Source, why: &str, events: &Events) -> Report {
    let mut report = Report::new(source.id.clone());
    report.outcome = SourceOutcome::Skipped;
    report.error = Some(why.to_owned());
    send(events, CrawlEvent::Source(report.clone())).await;
    report
}

/// One crawl under way.
struct Crawl<'a, F> {
    cx: &'a Context<F>,
    configured: &'a Configured,
    source: &'a Source,
    options: CrawlOptions,
    events: &'a Events,
    report: Report,
    /// When the articles that were new were published, where that is known.
    published: Vec<Timestamp>,
    /// Whether everything that the documents name has been dealt with.
    whole: bool,
    /// Whether older pages are read while everything on them is new.
    catches_up: bool,
    /// How many entries may still be taken.
    left: Option<usize>,
    /// Changes before this were read by the last crawl.
    read_since: Option<Timestamp>,
    /// How many articles' pages may still be fetched.
    pages_left: usize,
    /// What is usual for the source, once an article had to be judged by it.
    history: Option<History>,
    /// The room of the long list that is being recorded, as its entries take what it took.
    room: Room,
}

impl<'a, F: Fetch> Crawl<'a, F> {
    fn new(
        cx: &'a Context<F>,
        configured: &'a Configured,
        source: &'a Source,
        options: CrawlOptions,
        events: &'a Events,
    ) -> Crawl<'a, F> {
        Crawl {
            cx,
            configured,
            source,
            options,
            events,
            report: Report::new(source.id.clone()),
            published: Vec::new(),
            whole: true,
            catches_up: false,
            left: options.limit,
            read_since: None,
            pages_left: MAX_ARTICLES,
            history: None,
            room: Room::default(),
        }
    }

    /// Fetches for this crawl. A crawl that waits for others' long documents must hold no room itself: two would wait for
    /// each other.
    async fn fetch(&mut self, request: Request) -> Result<Reply, fetch::Error> {
        self.room = Room::default();
        self.cx.fetch.fetch(request).await
    }

    /// Asks the source for what it has and records it. Returns what is to be remembered of it.
    async fn run(&mut self, state: &SourceState) -> Result<SourceState, Error> {
        if let Some(since) = self.options.since {
            return self.go_back(state, since).await;
        }
        Ok(match self.ask(state).await {
            Asked::NotModified => {
                self.report.outcome = SourceOutcome::NotModified;
                self.succeeded(state, state.validators.clone(), &Heard::default())
            }
            Asked::Fresh(fresh) => {
                let Fresh { via, document, read } = *fresh;
                let heard = Heard::of(self.source, &document, &read);
                let (fresh, announced) = (document.validators.clone(), read.announced.clone());
                let (listed, list) = (withdrawals::listed(&read.parsed.items), document.url.clone());
                self.list(document, read).await?;
                self.look_for_vanished(listed, &list).await?;
                // Validators stand for everything the document names: kept only when all of it is on disk.
                let kept = if self.whole { fresh } else { Validators::default() };
                SourceState {
                    via,
                    announced,
                    ..self.succeeded(state, kept, &heard)
                }
            }
            Asked::Failed(error) => self.failed(state, &error),
        })
    }

    fn succeeded(&self, state: &SourceState, validators: Validators, heard: &Heard) -> SourceState {
        let now = self.cx.clock.now();
        let seen = Seen {
            published: &self.published,
            listed: heard.listed,
            pace: heard.pace,
            led: heard.led.as_ref(),
            zone: self.zone(),
            ..Seen::new(&self.report, validators)
        };
        schedule::after_success(state, self.source, &seen, self.configured.intervals, now)
    }

    fn failed(&mut self, state: &SourceState, error: &fetch::Error) -> SourceState {
        self.report.outcome = SourceOutcome::Failed;
        self.report.error = Some(error.to_string());
        let retry = error.retry();
        let status = match error {
            fetch::Error::Status { status, .. } => Some(*status),
            _ => None,
        };
        let failure = Failure {
            status,
            health: retry.health,
            not_before: retry.not_before,
            what: error.to_string(),
        };
        schedule::after_failure(
            state,
            self.source,
            &failure,
            self.configured.intervals,
            self.cx.clock.now(),
        )
    }
}

/// What a document says besides its articles.
#[derive(Debug, Default)]
struct Heard {
    listed: Option<u32>,
    pace: Pace,
    led: Option<Url>,
}

impl Heard {
    fn of(source: &Source, document: &Document, read: &Read) -> Heard {
        // An answer that leaves out what has not changed says nothing of how long the list is.
        let whole = source.kind != SourceKind::Wordpress;
        Heard {
            listed: whole.then(|| u32::try_from(read.parsed.items.len()).unwrap_or(u32::MAX)),
            pace: Pace {
                document: read.pace,
                header: document.fresh_for,
            },
            led: document.led.clone(),
        }
    }
}

/// The mark that a source is being crawled; two crawls of one at a time would fetch everything twice.
struct Mark<'a> {
    running: &'a watch::Sender<Running>,
    source: SourceId,
}

impl<'a> Mark<'a> {
    fn set(running: &'a watch::Sender<Running>, source: &SourceId, now: Timestamp) -> Option<Mark<'a>> {
        let mark = |running: &mut Running| {
            let free = !running.contains_key(source);
            if free {
                running.insert(source.clone(), now);
            }
            free
        };
        running.send_if_modified(mark).then(|| Mark {
            running,
            source: source.clone(),
        })
    }
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        self.running
            .send_if_modified(|running| running.remove(&self.source).is_some());
    }
}

/// Tells whoever listens; that nobody does is no reason to stop.
async fn send(events: &Events, event: CrawlEvent) {
    let _ = events.send(event).await;
}

#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod screening_tests;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod withdrawals_tests;
