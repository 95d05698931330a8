//! What any crawler has to do at least, in a process of its own: fetch every feed with the HTTP client that warta uses,
//! and throw the bodies away, or parse them by feed-rs and throw that away. ETags are kept in a file between two runs.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, StatusCode, header, redirect};
use tokio::sync::Semaphore;

use super::Outcome;

/// What is done with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Forget,
    Parse,
}

/// What a run is made with.
pub struct Run<'a> {
    pub then: Then,
    /// Fetches in flight.
    pub concurrency: usize,
    pub timeout: Duration,
    /// A file with one address a line.
    pub urls: &'a Path,
    /// A file with the tags of the run before, if it is there; written anew.
    pub tags: &'a Path,
}

/// Fetches everything once. Prints how many were fresh, unchanged, failed, and how many entries were read.
pub fn run(run: &Run) -> Outcome {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let urls = fs::read_to_string(run.urls)?;
    let tags: HashMap<String, String> = fs::read_to_string(run.tags)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(url, tag)| (url.to_owned(), tag.to_owned()))
        .collect();
    let client = Client::builder()
        .user_agent("warta-bench")
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(run.timeout)
        .pool_max_idle_per_host(1)
        .build()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(fetch_all(&client, &urls, &tags, run))?;
    let mut kept = std::io::BufWriter::new(fs::File::create(run.tags)?);
    for (url, fetched) in &done {
        let old = tags.get(url);
        if let Some(tag) = fetched.tag.as_ref().or(old) {
            writeln!(kept, "{url} {tag}")?;
        }
    }
    let count = |what: What| done.iter().filter(|(_, fetched)| fetched.what == what).count();
    let entries: usize = done.iter().map(|(_, fetched)| fetched.entries).sum();
    println!(
        "{} fresh, {} unchanged, {} failed, {entries} entries",
        count(What::Fresh),
        count(What::Unchanged),
        count(What::Failed)
    );
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Fresh,
    Unchanged,
    Failed,
}

struct Fetched {
    what: What,
    tag: Option<String>,
    entries: usize,
}

async fn fetch_all(
    client: &Client,
    urls: &str,
    tags: &HashMap<String, String>,
    run: &Run<'_>,
) -> Outcome<Vec<(String, Fetched)>> {
    let permits = Arc::new(Semaphore::new(run.concurrency));
    let mut fetches = tokio::task::JoinSet::new();
    for url in urls.lines() {
        let (client, permits, then) = (client.clone(), Arc::clone(&permits), run.then);
        let (url, tag) = (url.to_owned(), tags.get(url).cloned());
        fetches.spawn(async move {
            let _permit = permits.acquire_owned().await;
            let failed = Fetched {
                what: What::Failed,
                tag: None,
                entries: 0,
            };
            let fetched = fetch(&client, &url, tag, then).await.unwrap_or(failed);
            (url, fetched)
        });
    }
    let mut done = Vec::new();
    while let Some(fetched) = fetches.join_next().await {
        done.push(fetched?);
    }
    Ok(done)
}

/// Fetches one feed; nothing when it fails.
async fn fetch(client: &Client, url: &str, tag: Option<String>, then: Then) -> Option<Fetched> {
    let mut request = client.get(url);
    if let Some(tag) = tag {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    let mut response = request.send().await.ok()?.error_for_status().ok()?;
    if response.status() == StatusCode::NOT_MODIFIED {
        return Some(Fetched {
            what: What::Unchanged,
            tag: None,
            entries: 0,
        });
    }
    let tag = response.headers().get(header::ETAG);
    let tag = tag.and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if then == Then::Parse {
            body.extend_from_slice(&chunk);
        }
    }
    let entries = match then {
        Then::Forget => 0,
        Then::Parse => feed_rs::parser::parse(body.as_slice()).ok()?.entries.len(),
    };
    Some(Fetched {
        what: What::Fresh,
        tag,
        entries,
    })
}
