//! robots.txt (RFC 9309) of each host, kept for a day. The rules themselves are read by the crate `robotxt`; how it
//! reads Google's test cases is in `robots/tests.rs`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use robotxt::{AccessResult, Robots};
use url::Url;

use super::{Answer, Error, Fetch, Reply, Request};
use crate::model::{Render, Validators};

/// The name robots.txt files know us by.
const PRODUCT: &str = "warta";

/// How long an answer holds (RFC 9309, section 2.4).
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// How long "the server is broken" holds: short, because it stops everything (RFC 9309, section 2.3.1.4).
const BROKEN_KEPT: Duration = Duration::from_secs(600);

/// The longest pause that is kept between two requests. RFC 9309 knows no `Crawl-delay`; some sites ask for hours by it,
/// which would take longer than a day for ten articles.
const LONGEST_DELAY: Duration = Duration::from_secs(300);

/// Redirects followed on the way to a robots.txt (RFC 9309, section 2.3.1.2).
const MAX_REDIRECTS: usize = 5;

/// What all rules that are kept may take, in bytes, as [`size`] has it: room for many sites with ten rules each, and a bound
/// for those that send half a megabyte of short lines, which take several.
const ROOM: usize = 64 << 20;

/// The robots.txt files that were asked for, by origin. Where they take too much memory, the longest are asked for again.
#[derive(Debug, Default)]
pub struct Cache {
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    robots: Arc<Robots>,
    size: usize,
    until: Timestamp,
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The server was asked just now.
    Server,
    /// It was known.
    Memory,
}

impl Cache {
    /// The rules for the origin of `request`, fetched if none are known. Call it with the host's budget in hand.
    ///
    /// # Errors
    /// When the server cannot be reached at all: then the source's own request would fail the same way.
    pub async fn rules<F: Fetch>(
        &self,
        fetch: &F,
        request: &Request,
        now: Timestamp,
    ) -> Result<(Arc<Robots>, Asked), Error> {
        let Ok(address) = robotxt::robots_url(&request.url) else {
            return Ok((Arc::new(Robots::allow_all()), Asked::Memory));
        };
        let origin = request.url.origin().ascii_serialization();
        if let Some(known) = self.lock().get(&origin).filter(|known| known.until > now) {
            return Ok((Arc::clone(&known.robots), Asked::Memory));
        }
        let (robots, kept) = ask(fetch, address, request).await?;
        let robots = Arc::new(robots);
        let known = Known {
            robots: Arc::clone(&robots),
            size: origin.len() + size(&robots),
            until: now + kept,
        };
        let mut cache = self.lock();
        cache.retain(|_, known| known.until > now);
        cache.insert(origin, known);
        make_room(&mut cache, ROOM);
        Ok((robots, Asked::Server))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Known>> {
        // The map is whole after any panic: each change to it is one insert or retain.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the longest rules until all take no more than this.
fn make_room(cache: &mut HashMap<String, Known>, room: usize) {
    let mut taken: usize = cache.values().map(|known| known.size).sum();
    while taken > room {
        let longest = cache.iter().max_by_key(|(_, known)| known.size);
        let Some(longest) = longest.map(|(origin, _)| origin.clone()) else {
            return;
        };
        taken -= cache.remove(&longest).map_or(0, |known| known.size);
    }
}

/// What rules take in memory, about.
fn size(robots: &Robots) -> usize {
    let rules = robots
        .rules()
        .iter()
        .map(|rule| size_of_val(rule) + rule.pattern().len());
    let sitemaps = robots
        .sitemaps()
        .iter()
        .map(|url| size_of_val(url) + url.as_str().len());
    size_of::<Known>() + size_of::<Robots>() + rules.sum::<usize>() + sitemaps.sum::<usize>()
}

/// Fetches one robots.txt and says how long its rules hold.
async fn ask<F: Fetch>(fetch: &F, address: Url, request: &Request) -> Result<(Robots, Duration), Error> {
    let mut next = Request {
        url: address,
        validators: Validators::default(),
        reach: request.reach,
        render: Render::Plain,
    };
    for _ in 0..=MAX_REDIRECTS {
        match fetch.exchange(&next).await {
            Ok(Answer::Reply(Reply::Fresh(document))) => {
                return Ok((
                    Robots::from_access(AccessResult::Successful(&document.body), PRODUCT),
                    KEPT,
                ));
            }
            Ok(Answer::Moved { to: url, .. }) => next = Request::found(url, &next.url),
            Ok(Answer::Reply(Reply::NotModified)) | Err(Error::TooLarge { .. } | Error::Refused { .. }) => {
                return Ok((Robots::from_access(AccessResult::Unavailable, PRODUCT), KEPT));
            }
            // 429 says "later", not "there is none".
            Err(Error::Status { status, .. }) if status < 500 && status != 429 => {
                return Ok((Robots::from_access(AccessResult::Unavailable, PRODUCT), KEPT));
            }
            Err(Error::Status { retry_after: None, .. } | Error::Challenge { .. }) => {
                return Ok((Robots::from_access(AccessResult::Unreachable, PRODUCT), BROKEN_KEPT));
            }
            Err(error) => return Err(error),
        }
    }
    Ok((Robots::from_access(AccessResult::TooManyRedirects, PRODUCT), KEPT))
}

/// The pause the rules ask for between two requests, within reason.
pub fn crawl_delay(robots: &Robots) -> Option<Duration> {
    robots.crawl_delay().map(|delay| delay.min(LONGEST_DELAY))
}

#[cfg(test)]
mod tests;
