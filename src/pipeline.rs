//! The flow as code: one source from its address to the store. Read [`crawl`] first.
//!
//! A fault of a site is data in the [`Report`]; an error out of here means that our own store failed, and the caller
//! has to stop. Which source is crawled when is the caller's decision.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::mpsc;
use url::Url;

use crate::clock::Clock;
use crate::fetch::{self, Fetch, Polite, Reply, Request};
use crate::gazetteer::Gazetteer;
use crate::ledger::{self, Candidate, Ledger};
use crate::model::{
    Assignment, Content, CrawlEvent, Directory, Document, Entry, Outcome, Problem, Report, Source, SourceId,
    SourceKind, SourceOutcome, SourceState, Validators, Zone,
};
use crate::schedule::{self, Failure, Intervals};
use crate::store::{self, Store};
use crate::{extract, locate, normalize, parse};

/// Articles that are recorded together, at most; between two groups a crawl can stop.
const GROUP: usize = 10;

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
    /// The bounds of `[crawl]`.
    pub intervals: Intervals,
    running: Mutex<HashSet<SourceId>>,
}

/// How a crawl differs from an ordinary one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether validators and the schedule are ignored; politeness never is.
    pub force: bool,
    /// Whether nothing is recorded.
    pub dry_run: bool,
    /// The most articles to take from each source.
    pub limit: Option<usize>,
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

/// Where a crawl tells what it does: [`CrawlEvent`]s, those of stored articles only once they are on disk.
pub type Events = mpsc::Sender<CrawlEvent>;

impl<F: Fetch> Context<F> {
    /// What crawls are made with.
    pub fn new(
        fetch: Polite<F>,
        ledger: Ledger,
        store: Store,
        gazetteer: Arc<Gazetteer>,
        clock: Clock,
        intervals: Intervals,
    ) -> Context<F> {
        Context {
            fetch,
            ledger,
            store,
            gazetteer,
            clock,
            intervals,
            running: Mutex::default(),
        }
    }
}

/// Crawls one source: fetch, parse, then group by group the articles' pages, normalize, locate, record. What is to be
/// remembered of the source is written last. Sends an event for each stored article, and the report as the last one.
///
/// # Errors
/// Only when our own store fails.
pub async fn crawl<F: Fetch>(
    cx: &Context<F>,
    directory: &Directory,
    source: &Source,
    options: Options,
    events: &Events,
) -> Result<Report, Error> {
    let Some(_running) = Running::begin(&cx.running, &source.id) else {
        return Ok(skipped(source, "it is being crawled already", events).await);
    };
    let state = cx.store.state(&source.id)?.unwrap_or_default();
    let now = cx.clock.now();
    if let Some(why) = held_back(&state, options, now) {
        return Ok(skipped(source, &why, events).await);
    }
    let validators = if options.force {
        Validators::default()
    } else {
        state.validators.clone()
    };
    let mut crawl = Crawl {
        cx,
        directory,
        source,
        options,
        events,
        report: Report::new(source.id.clone()),
        whole: true,
    };
    crawl.report.fetches += 1;
    let next = match cx
        .fetch
        .fetch(Request::configured(source.url.clone(), validators))
        .await
    {
        Ok(Reply::NotModified) => {
            crawl.report.outcome = SourceOutcome::NotModified;
            crawl.succeeded(&state, state.validators.clone())
        }
        Ok(Reply::Fresh(document)) => {
            let fresh = document.validators.clone();
            crawl.document(document).await?;
            // Validators stand for everything the document names: kept only when all of it is on disk.
            let kept = if crawl.whole { fresh } else { Validators::default() };
            crawl.succeeded(&state, kept)
        }
        Err(error) => crawl.failed(&state, &error),
    };
    if !options.dry_run {
        cx.store.put_state(&source.id, &next)?;
    }
    let report = crawl.report;
    send(events, CrawlEvent::Source(report.clone())).await;
    Ok(report)
}

/// Why a source is not fetched now. Its server's own wish is kept even when the schedule is not.
fn held_back(state: &SourceState, options: Options, now: Timestamp) -> Option<String> {
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
    directory: &'a Directory,
    source: &'a Source,
    options: Options,
    events: &'a Events,
    report: Report,
    /// Whether everything that the document names has been dealt with.
    whole: bool,
}

impl<F: Fetch> Crawl<'_, F> {
    /// Reads a document and records its articles, group by group.
    async fn document(&mut self, document: Document) -> Result<(), Error> {
        let address = document.url.clone();
        let kind = self.source.kind.clone();
        let parsed = blocking(move || parse::entries(&document, &kind)).await;
        self.report.problems.extend(parsed.problems);
        let mut entries = parsed.items;
        if let Some(limit) = self.options.limit.filter(|limit| *limit < entries.len()) {
            entries.truncate(limit);
            self.whole = false;
        }
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            let mut group = Vec::new();
            for entry in entries.by_ref().take(GROUP) {
                group.extend(self.candidate(entry, &address).await?);
            }
            self.record(group).await?;
        }
        Ok(())
    }

    /// An entry made into an article with a place; `None` where there is nothing to record.
    async fn candidate(&mut self, entry: Entry, listed_at: &Url) -> Result<Option<Candidate>, Error> {
        let mut content = None;
        if self.needs_page(&entry) {
            let Some(url) = entry.url.clone() else {
                return Ok(None);
            };
            if self
                .cx
                .store
                .story_of_url(normalize::canonical(&url).as_str())?
                .is_some()
            {
                self.report.unchanged += 1;
                return Ok(None);
            }
            match self.page(url, listed_at).await {
                Page::Content(found) => content = found.map(|found| *found),
                Page::Later => return Ok(None),
            }
            if content.is_none() && !matches!(self.source.kind, SourceKind::Feed) {
                return Ok(None);
            }
        }
        let satker = self.directory.satker_of(self.source);
        let context = normalize::Context {
            source: self.source,
            satker,
            zone: self.zone(),
            now: self.cx.clock.now(),
        };
        let (article, problems) = normalize::article(entry, content, &context);
        self.report.problems.extend(problems);
        Ok(article
            .filter(|article| normalize::wanted(article, self.source))
            .map(|article| {
                let region = locate::locate(&article, self.source, satker, &self.cx.gazetteer);
                Candidate { article, region }
            }))
    }

    /// Whether the article's own page has to be read: a list carries no text, some feeds only a summary.
    fn needs_page(&self, entry: &Entry) -> bool {
        match self.source.kind {
            SourceKind::Feed => self.source.full_text && entry.content_html.is_none(),
            SourceKind::Listing(_) | SourceKind::Kumparan => true,
        }
    }

    /// Fetches an article's page and takes the article out of it.
    async fn page(&mut self, url: Url, listed_at: &Url) -> Page {
        self.report.fetches += 1;
        let at = url.to_string();
        match self.cx.fetch.fetch(Request::found(url, listed_at)).await {
            Ok(Reply::Fresh(document)) => {
                let (kind, selectors) = (self.source.kind.clone(), self.source.article.clone());
                let (content, problems) = blocking(move || extract::content(&document, &kind, &selectors)).await;
                if content.is_none() {
                    self.report
                        .problems
                        .push(Problem::new(at, "no article was found on the page"));
                }
                self.report.problems.extend(problems);
                Page::Content(content.map(Box::new))
            }
            Ok(Reply::NotModified) => Page::Content(None),
            Err(error) => {
                let gone = matches!(error, fetch::Error::Status { status: 404 | 410, .. });
                self.report.problems.push(Problem::new(at, error.to_string()));
                if gone {
                    return Page::Content(None);
                }
                self.whole = false;
                Page::Later
            }
        }
    }

    /// Records a group and tells what became of it.
    async fn record(&mut self, group: Vec<Candidate>) -> Result<(), Error> {
        if group.is_empty() {
            return Ok(());
        }
        let urls: Vec<String> = group.iter().map(|candidate| candidate.article.url.clone()).collect();
        let now = self.cx.clock.now();
        let assignments = if self.options.dry_run {
            self.cx.ledger.preview(group, now).await?
        } else {
            self.cx.ledger.record(group, now).await?
        };
        for (url, assignment) in urls.into_iter().zip(assignments) {
            self.report.count(assignment);
            self.tell(url, assignment).await;
        }
        Ok(())
    }

    async fn tell(&self, url: String, assignment: Assignment) {
        let Some((outcome, story)) = Outcome::of(assignment) else {
            return;
        };
        let story = (!self.options.dry_run || outcome != Outcome::New).then_some(story);
        send(self.events, CrawlEvent::Stored { url, story, outcome }).await;
    }

    fn succeeded(&self, state: &SourceState, validators: Validators) -> SourceState {
        let now = self.cx.clock.now();
        schedule::after_success(state, self.source, &self.report, validators, self.cx.intervals, now)
    }

    fn failed(&mut self, state: &SourceState, error: &fetch::Error) -> SourceState {
        self.report.outcome = SourceOutcome::Failed;
        self.report.error = Some(error.to_string());
        let retry = error.retry();
        let failure = Failure {
            health: retry.health,
            not_before: retry.not_before,
            what: error.to_string(),
        };
        schedule::after_failure(state, self.source, &failure, self.cx.intervals, self.cx.clock.now())
    }

    /// The zone of dates that name none.
    fn zone(&self) -> Zone {
        let satker = self.directory.satker_of(self.source);
        let region = self.source.region.or(satker.map(|satker| satker.region));
        region.map_or(Zone::Wib, |code| self.cx.gazetteer.zone(code))
    }
}

/// What an article's page gave.
enum Page {
    /// The article; nothing where the page does not exist or holds none.
    Content(Option<Box<Content>>),
    /// It could not be fetched now: the next crawl tries again.
    Later,
}

/// The mark that a source is being crawled; two crawls of one at a time would fetch everything twice.
struct Running<'a> {
    running: &'a Mutex<HashSet<SourceId>>,
    source: SourceId,
}

impl<'a> Running<'a> {
    fn begin(running: &'a Mutex<HashSet<SourceId>>, source: &SourceId) -> Option<Running<'a>> {
        let begun = running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(source.clone());
        begun.then(|| Running {
            running,
            source: source.clone(),
        })
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.source);
    }
}

/// Trees are built on threads that may take their time.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// Tells whoever listens; that nobody does is no reason to stop.
async fn send(events: &Events, event: CrawlEvent) {
    let _ = events.send(event).await;
}

#[cfg(test)]
mod tests;
