//! One address that need not be configured: a feed, a list or a single article. It is read as the configured source it
//! belongs to, or as a portal nobody knows. No state is kept of it.

use url::Url;

use super::{Configured, Crawl, Error, Events, crawl, send};
use crate::fetch::{self, Fetch, Reply, Request};
use crate::model::{
    ArticleSelectors, Content, CrawlEvent, CrawlOptions, Directory, Document, Problem, Report, Republish, Source,
    SourceId, SourceKind, SourceOutcome, Validators,
};
use crate::parse;

/// Crawls an address now. A configured source of this address is crawled as itself.
///
/// # Errors
/// Only when our own store fails.
pub async fn crawl_url<F: Fetch>(
    cx: &super::Context<F>,
    configured: &Configured,
    url: &Url,
    options: CrawlOptions,
    events: &Events,
) -> Result<Report, Error> {
    let directory = &configured.directory;
    if let Some(source) = directory.sources.values().find(|source| source.url == *url) {
        return crawl(cx, configured, source, options, events).await;
    }
    let mut source = adopted(directory, url);
    let request = Request::configured(url.clone(), Validators::default());
    let reply = cx.fetch.fetch(request).await;
    let document = match reply {
        Ok(Reply::Fresh(document)) => document,
        Ok(Reply::NotModified) => {
            return failed(&source, "it answered 304 to a request without conditions", events).await;
        }
        Err(error) => {
            let mut crawl = Crawl::new(cx, configured, &source, options, events);
            if let fetch::Error::Status { status: 410, .. } = error {
                crawl.take_back_page(url).await?;
            }
            let changed = crawl.report;
            return failed_with(changed, &error.to_string(), events).await;
        }
    };
    let bytes = document.body.len();
    let look = move || (parse::looks_like_feed(&document), document);
    let (is_feed, document) = cx.workers.work(bytes, look).await;
    if is_feed {
        source.kind = SourceKind::Feed;
    }
    let mut crawl = Crawl::new(cx, configured, &source, options, events);
    crawl.report.fetches += 1;
    if is_feed {
        let (document, read) = crawl.read(document, None).await;
        crawl.list(document, read).await?;
    } else {
        read_page(&mut crawl, document).await?;
    }
    let report = crawl.report;
    send(events, CrawlEvent::Source(report.clone())).await;
    Ok(report)
}

/// Takes the article of a page, or the articles it lists.
async fn read_page<F: Fetch>(crawl: &mut Crawl<'_, F>, document: Document) -> Result<(), Error> {
    let url = document.url.clone();
    let (document, found) = crawl.extracted(document).await;
    if let Some(article) = found.ok().filter(is_article) {
        let article = crawl.joined(document, article, &url).await;
        return crawl.article(url, article).await;
    }
    // What was missed on it as an article is no fault of a list.
    crawl
        .report
        .problems
        .retain(|problem: &Problem| problem.at != url.as_str());
    let (document, read) = crawl.read(document, None).await;
    if read.parsed.items.is_empty() {
        crawl.report.outcome = SourceOutcome::Failed;
        crawl.report.error = Some(format!(
            "{url}: it is neither a feed nor an article, and lists none; see `warta add`"
        ));
        return Ok(());
    }
    crawl.list(document, read).await
}

/// Whether a page is one article rather than a list of several: those say when they were published.
fn is_article(content: &Content) -> bool {
    content.html.is_some() && content.title.is_some() && content.published.is_some()
}

async fn failed(source: &Source, why: &str, events: &Events) -> Result<Report, Error> {
    failed_with(Report::new(source.id.clone()), why, events).await
}

/// The same, with what came of it all the same.
async fn failed_with(mut report: Report, why: &str, events: &Events) -> Result<Report, Error> {
    report.fetches += 1;
    report.outcome = SourceOutcome::Failed;
    report.error = Some(why.to_owned());
    send(events, CrawlEvent::Source(report.clone())).await;
    Ok(report)
}

/// The source an address is read as: the configured one of its site, else an unknown portal named after its host.
fn adopted(directory: &Directory, url: &Url) -> Source {
    let account = |url: &Url| {
        url.path_segments()
            .and_then(|mut parts| parts.next().map(str::to_owned))
    };
    let same_site = |source: &&Source| {
        source.url.host() == url.host()
            // Many accounts share kumparan's host.
            && (!source.kind.is_kumparan() || account(&source.url) == account(url))
    };
    let common = |source: &&Source| {
        let (ours, theirs) = (source.url.path().bytes(), url.path().bytes());
        ours.zip(theirs).take_while(|(a, b)| a == b).count()
    };
    let known = directory.sources.values().filter(same_site).max_by_key(common);
    known.map_or_else(
        || Source {
            id: id_of(url),
            kind: SourceKind::Auto,
            url: url.clone(),
            satker: None,
            region: None,
            include: Vec::new(),
            exclude: Vec::new(),
            interval: None,
            full_text: true,
            render: Default::default(),
            republish: Republish::Excerpt,
            article: ArticleSelectors::default(),
        },
        |known| Source {
            url: url.clone(),
            ..known.clone()
        },
    )
}

/// An id made of the host's letters and digits.
fn id_of(url: &Url) -> SourceId {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let words: Vec<&str> = host
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let id: String = words.join("-").chars().take(64).collect();
    SourceId::new(id.trim_end_matches('-'))
        .or_else(|_| SourceId::new("unlisted"))
        .expect("a plain word is an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_site_is_named_after_its_host() {
        for (url, id) in [
            ("https://www.kabar-jember.example.id/x", "www-kabar-jember-example-id"),
            ("http://127.0.0.1:8080/", "127-0-0-1"),
            ("http://[::1]/", "1"),
        ] {
            assert_eq!(id_of(&url.parse().unwrap()).as_str(), id);
        }
        let long = format!("https://{}.example/", "a-".repeat(31) + "b");
        assert!(id_of(&long.parse().unwrap()).as_str().len() <= 64);
    }
}
