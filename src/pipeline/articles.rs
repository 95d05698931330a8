//! From a source's documents to recorded articles: reads each list, fetches the pages of articles that are not known
//! yet, and hands them to the ledger group by group. Whether and when a source is fetched is `pipeline`'s decision.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use url::Url;

use super::ask::Read;
use super::screening::Sorted;
use super::{Crawl, Error, GROUP, send};
use crate::fetch::{self, Fetch, Reply, Request};
use crate::ledger::{Age, Candidate};
use crate::model::{
    Article, Assignment, Content, CrawlEvent, Document, Entry, Outcome, Parsed, Precision, Problem, Published, Render,
    SourceKind, Zone,
};
use crate::screen::Traits;
use crate::{extract, normalize};

/// How many pages of a list are read in one crawl to catch up with what was published since the last.
const MAX_PAGES: usize = 5;

/// How many documents of a list are read in one crawl, whatever they name.
const MAX_LISTS: usize = 30;

/// What is no older is news even for a crawl that goes back: the live feeds hold it.
const NEWS: Duration = Duration::from_secs(48 * 3600);

/// What an article's page gave.
enum Page {
    /// The article; nothing where the page does not exist or holds none.
    Content(Option<Box<Content>>),
    /// It could not be fetched now: the next crawl tries again.
    Later,
}

/// What is still needed of an article that the ledger is asked about.
struct Asking {
    url: String,
    published: Option<Published>,
    /// What is learned of it; the article itself where the screen did not read it, which hardly ever is news.
    traits: Result<Traits, Box<Article>>,
}

impl Asking {
    fn of((candidate, traits): (&Candidate, Option<Traits>)) -> Asking {
        let article = &candidate.article;
        Asking {
            url: article.url.clone(),
            published: article.published,
            traits: traits.ok_or_else(|| Box::new(article.clone())),
        }
    }
}

/// Why a page gave no article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoArticle {
    /// There is none on it.
    #[error("no article was found on the page")]
    Nothing,
    /// It asks whether we are human.
    #[error("the page is a challenge page of {0}; the site has to let this crawler in")]
    Challenge(&'static str),
}

impl<F: Fetch> Crawl<'_, F> {
    /// Records a list's articles: those of the document, of the further ones that belong to it, and, while nothing on a
    /// page was known before, of the older pages behind it. A source's first crawl takes no older page: history is not
    /// news.
    pub(super) async fn list(&mut self, document: Document, read: Read) -> Result<(), Error> {
        let mut seen = HashSet::from([document.url.clone()]);
        let mut waiting = VecDeque::from([(document, read)]);
        let mut parts = VecDeque::new();
        while let Some((document, read)) = waiting.pop_front() {
            // An index may name indexes without an end.
            for part in read.parts {
                if seen.len() < MAX_LISTS && seen.insert(part.clone()) {
                    parts.push_back(part);
                }
            }
            self.take_back_listed(read.taken, &read.parsed.items).await?;
            let all_new = self.document(&document.url, read.parsed).await?;
            let further = all_new && self.catches_up && seen.len() < MAX_PAGES;
            let next = read.next.filter(|next| further && seen.insert(next.clone()));
            for url in next.into_iter().chain(parts.pop_front()) {
                waiting.extend(self.fetch_list(url).await);
            }
        }
        Ok(())
    }

    /// Records the articles of one document, group by group. Says whether none of them was known before.
    pub(super) async fn document(&mut self, address: &Url, parsed: Parsed<Entry>) -> Result<bool, Error> {
        self.report.problems.extend(parsed.problems);
        let mut entries = parsed.items;
        let known_before = self.report.unchanged;
        let limit = self.left.filter(|left| *left < entries.len());
        if let Some(limit) = limit {
            entries.truncate(limit);
            self.whole = false;
        }
        self.left = self.left.map(|left| left - entries.len());
        let found = !entries.is_empty();
        // Sources list the newest first; feeds are ordered by arrival, so that the newest has to arrive last.
        entries.reverse();
        if self.room.is_taken() {
            // Those that are recorded without a fetch first: with that the room is given up, and their text has to be gone.
            entries.sort_by_key(|entry| self.needs_page(entry));
        }
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            let mut group = Vec::new();
            for entry in entries.by_ref().take(GROUP) {
                group.extend(self.candidate(entry, address).await?);
            }
            self.record(group).await?;
        }
        Ok(found && limit.is_none() && self.report.unchanged == known_before)
    }

    /// Records the one article of a page.
    pub(super) async fn article(&mut self, url: Url, content: Content) -> Result<(), Error> {
        let entry = Entry {
            url: Some(url),
            ..Entry::default()
        };
        let group = self.made(entry, Some(content)).into_iter().collect();
        self.record(group).await
    }

    /// An entry made into an article with a place; `None` where there is nothing to record.
    async fn candidate(&mut self, entry: Entry, listed_at: &Url) -> Result<Option<Candidate>, Error> {
        let mut content = None;
        if self.needs_page(&entry) {
            let Some(url) = entry.url.clone() else {
                return Ok(None);
            };
            let canonical = normalize::canonical(&url);
            if self.cx.store.is_known(canonical.as_str())? {
                self.report.unchanged += 1;
                return Ok(None);
            }
            if self.pages_left == 0 {
                self.whole = false;
                return Ok(None);
            }
            self.pages_left -= 1;
            match self.page(url, listed_at).await? {
                Page::Content(found) => content = found.map(|found| *found),
                Page::Later => return Ok(None),
            }
            if content.is_none() && self.source.kind.announces_links() {
                return Ok(None);
            }
        }
        Ok(self.made(entry, content))
    }

    /// What is known of an article, made into one with a place, if the source's filters let it in.
    fn made(&mut self, entry: Entry, content: Option<Content>) -> Option<Candidate> {
        let satker = self.configured.directory.satker_of(self.source);
        let context = normalize::Context {
            source: self.source,
            satker,
            zone: self.zone(),
            now: self.cx.clock.now(),
        };
        let (article, problems) = normalize::article(entry, content, &context);
        self.report.problems.extend(problems);
        let article = article.filter(|article| normalize::wanted(article, self.source))?;
        let locator = self.configured.locator(&self.cx.gazetteer);
        let region = locator.locate(&article, self.source, satker);
        // Whoever goes back reads news at the same time: what is recent stays news.
        let recent = self.cx.clock.now().duration_since(article.date()).unsigned_abs() <= NEWS;
        let age = if self.options.since.is_none() || recent {
            Age::News
        } else {
            Age::History
        };
        Some(Candidate { article, region, age })
    }

    /// Whether the article's own page has to be read: a list carries no text, some feeds only a summary.
    fn needs_page(&self, entry: &Entry) -> bool {
        self.source.kind.announces_links() || (self.source.full_text && entry.content_html.is_none())
    }

    /// Fetches an article's page and takes the article out of it.
    async fn page(&mut self, url: Url, listed_at: &Url) -> Result<Page, Error> {
        self.report.fetches += 1;
        let at = url.to_string();
        let request = Request::found(url.clone(), listed_at).looked_at(self.render());
        Ok(match self.fetch(request).await {
            Ok(Reply::Fresh(document)) => {
                let (document, found) = self.extracted(document).await;
                let what = match found {
                    Ok(content) => {
                        let joined = self.joined(document, content, listed_at).await;
                        return Ok(Page::Content(Some(Box::new(joined))));
                    }
                    Err(what) => what,
                };
                self.report.problems.push(Problem::new(at, what.to_string()));
                if matches!(what, NoArticle::Challenge(_)) {
                    self.whole = false;
                    return Ok(Page::Later);
                }
                Page::Content(None)
            }
            Ok(Reply::NotModified) => Page::Content(None),
            Err(error) => {
                self.report.problems.push(Problem::new(at, error.to_string()));
                match error {
                    fetch::Error::Status { status: 404, .. } => Page::Content(None),
                    fetch::Error::Status { status: 410, .. } => {
                        self.take_back_page(&url).await?;
                        Page::Content(None)
                    }
                    _ => {
                        self.whole = false;
                        Page::Later
                    }
                }
            }
        })
    }

    /// How an article's page is looked at: kumparan's carry their text without script.
    pub(super) fn render(&self) -> Render {
        match self.source.kind {
            SourceKind::Kumparan | SourceKind::KumparanQuery(_) => Render::Plain,
            _ => self.source.render,
        }
    }

    /// The article in a page, and the page again.
    pub(super) async fn extracted(&mut self, document: Document) -> (Document, Result<Content, NoArticle>) {
        let (kind, selectors) = (self.source.kind.clone(), self.source.article.clone());
        let (document, content, problems) = self
            .cx
            .workers
            .work(document.body.len(), move || {
                let (content, problems) = extract::content(&document, &kind, &selectors);
                // A challenge page has a title, and so would pass for an article without text.
                let content = match content {
                    Some(content) if content.html.is_some() => Ok(content),
                    other => match fetch::hints::challenge(&document.body) {
                        Some(service) => Err(NoArticle::Challenge(service)),
                        None => other.ok_or(NoArticle::Nothing),
                    },
                };
                (document, content, problems)
            })
            .await;
        self.report.problems.extend(problems);
        (document, content)
    }

    /// Records what the screen lets through of a group, and tells what became of it.
    async fn record(&mut self, group: Vec<Candidate>) -> Result<(), Error> {
        if group.is_empty() {
            return Ok(());
        }
        let now = self.cx.clock.now();
        let Sorted { passed, traits, held } = self.screened(group, now).await?;
        let articles: Vec<Asking> = passed.iter().zip(traits).map(Asking::of).collect();
        let assignments = if self.options.dry_run {
            self.cx.ledger.preview(passed, now).await?
        } else {
            self.cx.ledger.record(passed, now).await?
        };
        let mut arrived = Vec::new();
        for (article, assignment) in articles.into_iter().zip(assignments) {
            self.report.count(assignment);
            self.tell(article.url, assignment).await;
            if matches!(assignment, Assignment::New(_) | Assignment::Copy(_)) {
                let published = article.published;
                let exact = published.filter(|published| published.precision == Precision::Minute);
                self.published.extend(exact.map(|published| published.at));
                arrived.push(article.traits.unwrap_or_else(|article| Traits::of(&article)));
            }
        }
        self.learn(&arrived, &held)
    }

    async fn tell(&self, url: String, assignment: Assignment) {
        let Some((outcome, story)) = Outcome::of(assignment) else {
            return;
        };
        let story = (!self.options.dry_run || outcome != Outcome::New).then_some(story);
        send(self.events, CrawlEvent::Stored { url, story, outcome }).await;
    }

    /// The zone of dates that name none.
    pub(super) fn zone(&self) -> Zone {
        let satker = self.configured.directory.satker_of(self.source);
        let region = self.source.region.or(satker.map(|satker| satker.region));
        region.map_or(Zone::Wib, |code| self.cx.gazetteer.zone(code))
    }
}
