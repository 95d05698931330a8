//! What an address is as a source: a few polite requests, decided one after the other, and at the end proposals with a
//! preview of what each would read. Pure: the caller fetches. Begin, ask for the [`Discovery::next`] address until there
//! is none, tell what [`Discovery::saw`], and take the [`Discovery::verdict`].
//!
//! A proposal is made only of entries that were read: a feed that is empty, serves a page, or carries comments never
//! wins over a list that lives.

mod judge;
mod signs;
#[cfg(test)]
mod sites;

use std::collections::VecDeque;

use url::Url;

use crate::model::{Document, Entry, Parsed, Problem, SourceKind};
use crate::parse;

use signs::Signs;

/// The most requests of one discovery.
pub const MAX_REQUESTS: usize = 8;
/// The most feeds a page declares that are looked at.
const MAX_FEEDS: usize = 3;
/// A list with as many entries makes a search for sitemaps needless.
const LIVING: usize = 3;

/// Why a document did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The server answered with this status.
    Status(u16),
    /// There was no answer, or none may be asked for.
    Unreachable,
}

/// One way to read the site.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// How it is read.
    pub kind: SourceKind,
    /// The address to configure.
    pub url: Url,
    /// How good it is; only the order means something.
    pub score: u32,
    /// What it reads today.
    pub preview: Vec<Entry>,
    /// What was wrong with it.
    pub problems: Vec<Problem>,
}

/// A discovery under way.
#[derive(Clone, Debug)]
pub struct Discovery {
    queue: VecDeque<Ask>,
    asked: Vec<Url>,
    pending: Option<Ask>,
    proposals: Vec<Proposal>,
    problems: Vec<Problem>,
}

/// An address to ask for, and what is expected there.
#[derive(Clone, Debug)]
struct Ask {
    url: Url,
    why: Why,
}

#[derive(Clone, Debug)]
enum Why {
    /// The address that was given.
    Given,
    /// The page the given one calls its news.
    News,
    /// A source of this kind at this address.
    Source(SourceKind, Url),
    /// The site's robots.txt, which names sitemaps.
    Robots,
    /// A sitemap, or one of the lists of the sitemap at the address.
    Sitemap(Url),
}

impl Discovery {
    /// Begins with the address somebody gave.
    pub fn begin(url: Url) -> Discovery {
        Discovery {
            queue: VecDeque::from([Ask { url, why: Why::Given }]),
            asked: Vec::new(),
            pending: None,
            proposals: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The address to fetch now; none when everything is known, or after [`MAX_REQUESTS`].
    #[expect(clippy::should_implement_trait, reason = "the answer has to be told before the next")]
    pub fn next(&mut self) -> Option<Url> {
        if self.asked.len() >= MAX_REQUESTS {
            return None;
        }
        let ask = loop {
            let ask = self.queue.pop_front()?;
            if !self.asked.contains(&ask.url) {
                break ask;
            }
        };
        self.asked.push(ask.url.clone());
        let url = ask.url.clone();
        self.pending = Some(ask);
        Some(url)
    }

    /// Tells what came of the address [`Discovery::next`] gave.
    pub fn saw(&mut self, answer: Result<Document, Missing>) {
        let Some(ask) = self.pending.take() else { return };
        match answer {
            Ok(document) => self.saw_document(ask.why, &document),
            Err(missing) => self.missed(&ask, missing),
        }
    }

    /// What was wrong on the way, for somebody who wonders why a site was not understood.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The ways to read the site, the best first.
    pub fn verdict(self) -> Vec<Proposal> {
        judge::verdict(self.proposals)
    }

    fn missed(&mut self, ask: &Ask, missing: Missing) {
        let what = match missing {
            Missing::Status(status) => format!("answered {status}"),
            Missing::Unreachable => "did not answer".to_owned(),
        };
        match ask.why {
            // Most sites have none; where it is missing the usual address is tried.
            Why::Robots => self.ask_usual_sitemaps(&ask.url),
            _ => self.problems.push(Problem::new(ask.url.as_str(), what)),
        }
    }

    fn saw_document(&mut self, why: Why, document: &Document) {
        match why {
            Why::Given => self.saw_given(document),
            Why::News => self.saw_news(document),
            Why::Source(kind, url) => self.saw_source(kind, url, document),
            Why::Robots => self.saw_robots(document),
            Why::Sitemap(root) => self.saw_sitemap(root, document),
        }
    }

    /// The given address may be a source by itself; else it is a page with signs.
    fn saw_given(&mut self, document: &Document) {
        match parse::looks_like(document) {
            SourceKind::Sitemap => self.saw_sitemap(document.url.clone(), document),
            SourceKind::Auto => self.saw_page(document),
            SourceKind::Kumparan | SourceKind::KumparanQuery(_) => self.saw_kumparan(document),
            kind => {
                self.saw_source(kind, document.url.clone(), document);
                if self.proposals.is_empty() {
                    // A feed of comments, or an empty one: the site itself may say more.
                    let site = signs::on_site(&document.url, "/");
                    self.queue.push_back(Ask {
                        url: site,
                        why: Why::Given,
                    });
                }
            }
        }
    }

    fn saw_page(&mut self, document: &Document) {
        let signs = Signs::of(document);
        if signs.kumparan {
            return self.saw_kumparan(document);
        }
        let listed = self.list(document);
        if let Some(posts) = &signs.wordpress {
            self.ask_wordpress(posts, &signs, &document.url);
        }
        if signs.blogger {
            self.ask_plan(SourceKind::Blogger, &document.url, 2);
        }
        if signs.joomla {
            // A page declares the feed of its own category.
            let list = signs.feeds.iter().find(|feed| feed.as_str().contains("format=feed"));
            let url = list.unwrap_or(&document.url).clone();
            self.ask_plan(SourceKind::Joomla, &url, 2);
        }
        for feed in signs.feeds.iter().take(MAX_FEEDS) {
            self.ask(feed.clone(), Why::Source(SourceKind::Feed, feed.clone()));
        }
        if listed < LIVING {
            if let Some(news) = signs.news {
                self.ask(news, Why::News);
            }
            if signs.wordpress.is_some() {
                let sitemap = signs::on_site(&document.url, "/wp-sitemap.xml");
                self.ask(sitemap.clone(), Why::Sitemap(sitemap));
            }
            self.ask(signs::on_site(&document.url, "/robots.txt"), Why::Robots);
        }
    }

    /// The page of news a front page leads to: its list, and the feed it declares.
    fn saw_news(&mut self, document: &Document) {
        let signs = Signs::of(document);
        for feed in signs.feeds.into_iter().take(1).rev() {
            let why = Why::Source(
                if signs.joomla {
                    SourceKind::Joomla
                } else {
                    SourceKind::Feed
                },
                feed.clone(),
            );
            self.queue.push_front(Ask { url: feed, why });
        }
        if self.list(document) >= LIVING {
            self.forget_sitemaps();
        }
    }

    /// Reads the list on a page and proposes it; says how many entries it has.
    fn list(&mut self, document: &Document) -> usize {
        let kind = parse::propose(document).map_or(SourceKind::ListingAuto, SourceKind::Listing);
        let parsed = parse::entries(document, &kind);
        let count = parsed.items.len();
        self.propose(kind, document.url.clone(), parsed);
        count
    }

    fn ask_wordpress(&mut self, posts: &Url, signs: &Signs, page: &Url) {
        let below = signs::below(page, "feed/");
        let is_front = signs::site_of(posts).path().trim_end_matches('/') == page.path().trim_end_matches('/');
        if !is_front && page.query().is_none() {
            // A category: its feed is its own, the API is the whole site's.
            self.ask(below.clone(), Why::Source(SourceKind::Feed, below));
        }
        let plan = parse::plan(&SourceKind::Wordpress, posts, None);
        for (place, url) in plan.into_iter().enumerate() {
            if place == 0 {
                self.ask(url, Why::Source(SourceKind::Wordpress, posts.clone()));
                for feed in signs.feeds.iter().take(MAX_FEEDS) {
                    self.ask(feed.clone(), Why::Source(SourceKind::Feed, feed.clone()));
                }
            } else {
                self.ask(url.clone(), Why::Source(SourceKind::Feed, url));
            }
        }
    }

    fn ask_plan(&mut self, kind: SourceKind, url: &Url, count: usize) {
        let plan = parse::plan(&kind, url, None);
        // What a Joomla plan ends with is the address to configure.
        let source = match kind {
            SourceKind::Joomla => plan.last().cloned().unwrap_or_else(|| url.clone()),
            _ => url.clone(),
        };
        for url in plan.into_iter().take(count) {
            self.ask(url, Why::Source(kind.clone(), source.clone()));
        }
    }

    fn ask(&mut self, url: Url, why: Why) {
        if !self.asked.contains(&url) && self.queue.iter().all(|ask| ask.url != url) {
            self.queue.push_back(Ask { url, why });
        }
    }

    /// A document that should be a source. If it is one, nothing less good is asked for.
    fn saw_source(&mut self, kind: SourceKind, url: Url, document: &Document) {
        let is_list = matches!(kind, SourceKind::Feed | SourceKind::Blogger | SourceKind::Joomla)
            && !parse::looks_like_feed(document);
        if is_list {
            let what = "expected a feed, got something else";
            self.problems.push(Problem::new(document.url.as_str(), what));
            return;
        }
        let parsed = parse::entries_for(document, &kind, &url, None);
        if judge::are_comments(&document.url, &parsed.items) {
            let what = "this is a feed of comments, not of articles";
            self.problems.push(Problem::new(document.url.as_str(), what));
            return;
        }
        if parsed.items.is_empty() {
            self.problems.extend(parsed.problems.iter().cloned());
            let what = "no article was found there";
            self.problems.push(Problem::new(document.url.as_str(), what));
            if kind == SourceKind::Kumparan && self.queue.is_empty() {
                // What it is is certain; why nothing can be read is what somebody has to know.
                let score = judge::score(&kind);
                self.proposals.push(Proposal {
                    kind,
                    url,
                    score,
                    preview: Vec::new(),
                    problems: parsed.problems,
                });
            }
            return;
        }
        self.propose(kind, url, parsed);
        self.queue.clear();
    }

    /// An account's page, or one of its stories.
    fn saw_kumparan(&mut self, document: &Document) {
        let account = signs::account(&document.url);
        let mut segments = document.url.path_segments().into_iter().flatten();
        if segments.by_ref().filter(|segment| !segment.is_empty()).count() > 1 {
            self.queue.clear();
        }
        for url in parse::plan(&SourceKind::Kumparan, &account, None) {
            self.ask(url, Why::Source(SourceKind::Kumparan, account.clone()));
        }
        if signs::account(&document.url).path() == document.url.path().trim_end_matches('/') {
            self.saw_source(SourceKind::Kumparan, account, document);
        }
    }

    fn saw_robots(&mut self, document: &Document) {
        let sitemaps = signs::sitemaps(document);
        if sitemaps.is_empty() {
            return self.ask_usual_sitemaps(&document.url);
        }
        for sitemap in sitemaps {
            self.ask(sitemap.clone(), Why::Sitemap(sitemap));
        }
    }

    fn ask_usual_sitemaps(&mut self, site: &Url) {
        let usual = signs::on_site(site, "/sitemap.xml");
        self.ask(usual.clone(), Why::Sitemap(usual));
    }

    /// A sitemap: the lists of an index are asked for at once, and count for the index.
    fn saw_sitemap(&mut self, root: Url, document: &Document) {
        let parts = parse::parts(document, &SourceKind::Sitemap, None);
        for part in parts.into_iter().rev() {
            if !self.asked.contains(&part) {
                self.queue.push_front(Ask {
                    url: part,
                    why: Why::Sitemap(root.clone()),
                });
            }
        }
        let parsed = parse::entries(document, &SourceKind::Sitemap);
        if let Some(proposal) = self.proposals.iter_mut().find(|proposal| proposal.url == root) {
            proposal.preview.extend(parsed.items);
            proposal.problems.extend(parsed.problems);
        } else {
            self.propose(SourceKind::Sitemap, root.clone(), parsed);
        }
        if self.proposals.iter().any(|proposal| proposal.url == root) {
            // What is left are other sitemaps.
            self.queue
                .retain(|ask| matches!(&ask.why, Why::Sitemap(of) if *of == root));
        }
    }

    fn forget_sitemaps(&mut self) {
        self.queue
            .retain(|ask| !matches!(ask.why, Why::Robots | Why::Sitemap(_)));
    }

    fn propose(&mut self, kind: SourceKind, url: Url, parsed: Parsed<Entry>) {
        if parsed.items.is_empty() {
            self.problems.extend(parsed.problems);
            return;
        }
        self.proposals.push(Proposal {
            score: judge::score(&kind),
            kind,
            url,
            preview: parsed.items,
            problems: parsed.problems,
        });
    }
}
