//! Asking a source for its list: at the address that answered last, then at those that may stand in for it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::Crawl;
use crate::fetch::{self, Fetch, Reply, Request, hints};
use crate::model::{
    Announced, Document, Entry, Parsed, Problem, Render, SourceKind, SourceState, TakenBack, Validators,
};
use crate::parse;
use crate::schedule;
use crate::websub::links;

/// Sites' clocks and caches differ: what changed so long before the last success is asked for again.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// What came of it.
pub(super) enum Asked {
    /// Nothing has changed.
    NotModified,
    /// A document, and which of the addresses gave it.
    Fresh(Box<Fresh>),
    /// No address gave anything.
    Failed(fetch::Error),
}

/// A document that was read.
pub(super) struct Fresh {
    /// Which of the addresses gave it.
    pub(super) via: usize,
    /// The document.
    pub(super) document: Document,
    /// What it gave.
    pub(super) read: Read,
}

/// What one document of a list gave.
pub(super) struct Read {
    /// The entries and what was wrong.
    pub(super) parsed: Parsed<Entry>,
    /// The page behind it.
    pub(super) next: Option<Url>,
    /// Further documents that belong to it.
    pub(super) parts: Vec<Url>,
    /// What it says was taken back.
    pub(super) taken: Vec<TakenBack>,
    /// The hubs it announces.
    pub(super) announced: Option<Announced>,
    /// How often it says that it changes.
    pub(super) pace: Option<Duration>,
    /// Whose challenge page it is, where it gave nothing else.
    pub(super) challenge: Option<&'static str>,
}

impl<F: Fetch> Crawl<'_, F> {
    /// Asks the source's addresses in turn until one gives something to read.
    pub(super) async fn ask(&mut self, state: &SourceState) -> Asked {
        // Where a site can leave out what has not changed, its answer has no validators to be told that nothing has.
        let since = self.since(state);
        self.read_since = since;
        let asked_since = since.filter(|_| self.source.kind == SourceKind::Wordpress);
        let url = schedule::moved::address(self.source, state);
        let plan = parse::plan(&self.source.kind, &url, asked_since);
        let first = if state.via < plan.len() { state.via } else { 0 };
        let order = std::iter::once(first).chain((0..plan.len()).filter(|place| *place != first));
        let mut missing: Option<fetch::Error> = None;
        let mut empty: Option<Asked> = None;
        for via in order {
            let validators = if via == state.via && !self.options.force {
                state.validators.clone()
            } else {
                Validators::default()
            };
            self.report.fetches += 1;
            // What stands in for the source's own address is written for programs, as is an answer to a query.
            let is_page = match self.source.kind {
                SourceKind::KumparanQuery(_) => plan[via] == url,
                _ => via == 0,
            };
            let render = if is_page { self.source.render } else { Render::Plain };
            let request = Request::configured(plan[via].clone(), validators).looked_at(render);
            match self.fetch(request).await {
                Ok(Reply::NotModified) => return Asked::NotModified,
                Ok(Reply::Fresh(document)) => {
                    let (document, read) = self.read(document, since).await;
                    let nothing = read.parsed.items.is_empty() && read.parts.is_empty();
                    if let Some(service) = read.challenge {
                        let url = document.url;
                        missing = missing.or(Some(fetch::Error::Challenge { url, service }));
                        continue;
                    }
                    let fresh = Asked::Fresh(Box::new(Fresh { via, document, read }));
                    if !nothing || plan.len() == 1 {
                        return fresh;
                    }
                    empty.get_or_insert(fresh);
                }
                Err(error) if is_missing(&error) => missing = missing.or(Some(error)),
                Err(error) => return Asked::Failed(error),
            }
        }
        match (empty, missing) {
            (Some(fresh), _) => fresh,
            (None, Some(error)) => Asked::Failed(error),
            (None, None) => Asked::NotModified,
        }
    }

    /// Reads a document of the list on a thread that may take its time. It comes back without its body; the
    /// room of a long one is kept until the next fetch.
    pub(super) async fn read(&mut self, document: Document, since: Option<Timestamp>) -> (Document, Read) {
        let (kind, source) = (self.source.kind.clone(), self.source.url.clone());
        if document.is_long() {
            self.room = document.room.clone();
        }
        self.cx
            .workers
            .work(document.body.len(), move || {
                let parsed = parse::entries_for(&document, &kind, &source, since);
                let parts = parse::parts(&document, &kind, since);
                let nothing = parsed.items.is_empty() && parts.is_empty();
                let text = || String::from_utf8_lossy(&document.body);
                let read = Read {
                    next: parse::next_page(&document, &kind),
                    taken: parse::taken_back(&document, &kind, &source),
                    announced: announced(&document),
                    pace: (!kind.announces_links()).then(|| hints::feed_pace(&text())).flatten(),
                    challenge: nothing.then(|| hints::challenge(&document.body)).flatten(),
                    parsed,
                    parts,
                };
                (document.without_body(), read)
            })
            .await
    }

    /// Fetches a further document of the list and reads it; a failure is a problem, and the next crawl tries again.
    pub(super) async fn fetch_list(&mut self, url: Url) -> Option<(Document, Read)> {
        self.report.fetches += 1;
        let request = Request::found(url.clone(), &self.source.url).looked_at(self.source.render);
        match self.fetch(request).await {
            Ok(Reply::Fresh(document)) => Some(self.read(document, self.read_since).await),
            Ok(Reply::NotModified) => None,
            Err(fetch::Error::Status {
                status: 400 | 404 | 410,
                ..
            }) => None,
            Err(error) => {
                self.report.problems.push(Problem::new(url.as_str(), error.to_string()));
                self.whole = false;
                None
            }
        }
    }

    /// From when on the source's changes are wanted; everything at first, and when forced.
    fn since(&self, state: &SourceState) -> Option<Timestamp> {
        state
            .last_success
            .filter(|_| !self.options.force)
            .and_then(|last| last.checked_sub(OVERLAP).ok())
    }
}

/// The hubs that a document announces, in its headers or in itself.
fn announced(document: &Document) -> Option<Announced> {
    let headers: Vec<&str> = document.links.iter().map(String::as_str).collect();
    let own = parse::links(document);
    let own: Vec<(&str, &str)> = own.iter().map(|(rel, href)| (rel.as_str(), href.as_str())).collect();
    links::discover(&document.url, &headers, &own)
}

/// Whether the address is not there or not for us, so that another may stand in.
pub(super) fn is_missing(error: &fetch::Error) -> bool {
    match error {
        fetch::Error::Status { status, .. } => matches!(status, 400 | 401 | 403 | 404 | 405 | 406 | 410),
        fetch::Error::Robots { .. } | fetch::Error::Challenge { .. } => true,
        _ => false,
    }
}
