//! Going back through a source's older pages. How far it has come is kept after each page, so that a crawl that was stopped
//! goes on where it was.

use std::collections::HashSet;

use jiff::Timestamp;
use url::Url;

use super::ask::Read;
use super::{Crawl, Error};
use crate::fetch::{Fetch, Reply, Request};
use crate::model::{Backfill, Document, Entry, RawDate, Render, SourceState, Validators};
use crate::normalize;
use crate::parse;

/// The most pages of one way back: a site that leads in an ever longer circle ends there.
const MAX_PAGES: usize = 5_000;

impl<F: Fetch> Crawl<'_, F> {
    /// Records what the source published since then, from the newest page on, or from where the last way back to the
    /// same time was stopped. What is to be remembered of polling does not change by it.
    pub(super) async fn go_back(&mut self, state: &SourceState, since: Timestamp) -> Result<SourceState, Error> {
        self.pages_left = usize::MAX;
        let stopped = state
            .backfill
            .as_ref()
            .filter(|backfill| backfill.since == since && !self.options.force);
        let (mut document, mut read) = match stopped.and_then(|backfill| backfill.next.parse().ok()) {
            Some(next) => match self.fetch_list(next).await {
                Some(found) => found,
                None => return Ok(ended(state)),
            },
            None => match self.newest(since).await {
                Ok(found) => found,
                Err(error) => return Ok(self.failed(state, &error)),
            },
        };
        let mut seen = HashSet::from([document.url.clone()]);
        loop {
            let older = self.page_back(document, read, since, &mut seen).await?;
            let Some(next) = older.filter(|_| seen.len() < MAX_PAGES && self.left != Some(0)) else {
                return Ok(ended(state));
            };
            let state = SourceState {
                backfill: Some(Backfill {
                    since,
                    next: next.to_string(),
                }),
                ..state.clone()
            };
            if !self.options.dry_run {
                self.cx.store.put_state(&self.source.id, &state)?;
            }
            match self.fetch_list(next).await {
                Some(found) => (document, read) = found,
                // The problem says why; the way goes on from here the next time.
                None if !self.whole => return Ok(state),
                None => return Ok(ended(&state)),
            }
        }
    }

    /// The newest page of everything a source still has.
    async fn newest(&mut self, since: Timestamp) -> Result<(Document, Read), crate::fetch::Error> {
        let plan = parse::archive(&self.source.kind, &self.source.url);
        let mut first_error = None;
        let mut empty = None;
        for url in plan {
            self.report.fetches += 1;
            let render = if url == self.source.url {
                self.source.render
            } else {
                Render::Plain
            };
            let request = Request::configured(url, Validators::default()).looked_at(render);
            match self.fetch(request).await {
                Ok(Reply::Fresh(document)) => {
                    let found = self.read(document, Some(since)).await;
                    if !found.1.parsed.items.is_empty() || !found.1.parts.is_empty() {
                        return Ok(found);
                    }
                    empty.get_or_insert(found);
                }
                Ok(Reply::NotModified) => {}
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
        }
        match (empty, first_error) {
            (Some(found), _) => Ok(found),
            (None, Some(error)) => Err(error),
            (None, None) => Err(crate::fetch::Error::Refused {
                url: self.source.url.clone(),
                why: "it answered 304 to a request without conditions".to_owned(),
            }),
        }
    }

    /// Records one page and what belongs to it; gives the older page, unless this one reached back far enough.
    async fn page_back(
        &mut self,
        document: Document,
        mut read: Read,
        since: Timestamp,
        seen: &mut HashSet<Url>,
    ) -> Result<Option<Url>, Error> {
        let parts = std::mem::take(&mut read.parts);
        let reached = self.reaches_back(&read.parsed.items, since);
        read.parsed
            .items
            .retain(|entry| self.date_of(entry).is_none_or(|date| date >= since));
        self.document(&document.url, read.parsed).await?;
        for part in parts {
            if seen.insert(part.clone())
                && let Some((document, mut read)) = self.fetch_list(part).await
            {
                read.parsed
                    .items
                    .retain(|entry| self.date_of(entry).is_none_or(|date| date >= since));
                self.document(&document.url, read.parsed).await?;
            }
        }
        Ok(read.next.filter(|next| !reached && seen.insert(next.clone())))
    }

    /// Whether everything on a page that has a date is older than what is wanted.
    fn reaches_back(&self, entries: &[Entry], since: Timestamp) -> bool {
        let mut dates = entries.iter().filter_map(|entry| self.date_of(entry)).peekable();
        dates.peek().is_some() && dates.all(|date| date < since)
    }

    fn date_of(&self, entry: &Entry) -> Option<Timestamp> {
        match entry.published.as_ref()? {
            RawDate::Instant(at) => Some(*at),
            RawDate::Text(text) => normalize::date::read(text, self.zone(), self.cx.clock.now()).map(|read| read.at),
        }
    }
}

/// The state of a source whose way back is at its end.
fn ended(state: &SourceState) -> SourceState {
    SourceState {
        backfill: None,
        ..state.clone()
    }
}
