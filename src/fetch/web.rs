//! A web in memory for tests: pages, validators, redirects and faults by address, and a record of what was asked.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use url::Url;

use super::guard::Guard;
use super::{Answer, Error, Fetch, Reach, Reply, Request};
use crate::model::{Document, Room, Validators};

/// How long each exchange takes on tokio's clock.
const LATENCY: Duration = Duration::ZERO;

/// Clones are the same web.
#[derive(Clone, Debug, Default)]
pub(crate) struct Web(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    pages: Mutex<HashMap<String, Page>>,
    record: Mutex<Vec<(Url, Reach)>>,
    in_flight: Mutex<HashMap<String, (usize, usize)>>,
    servers: Mutex<HashMap<String, IpAddr>>,
}

#[derive(Clone, Debug)]
enum Page {
    Body {
        body: Vec<u8>,
        content_type: Option<String>,
        etag: String,
    },
    Status {
        status: u16,
        retry_after: Option<jiff::Timestamp>,
    },
    Moved(Url),
}

impl Web {
    /// Puts a page at an address; its ETag follows its words.
    pub fn page(&self, url: &str, body: &str) {
        self.typed(url, body, None);
    }

    /// Puts a page with a content type at an address.
    pub fn typed(&self, url: &str, body: &str, content_type: Option<&str>) {
        let etag = format!("\"{:x}\"", xxhash_rust::xxh3::xxh3_64(body.as_bytes()));
        let content_type = content_type.map(str::to_owned);
        self.put(
            url,
            Page::Body {
                body: body.as_bytes().to_vec(),
                content_type,
                etag,
            },
        );
    }

    /// The page at an address.
    pub fn body(&self, url: &str) -> String {
        let pages = self.0.pages.lock().unwrap();
        match pages.get(url) {
            Some(Page::Body { body, .. }) => String::from_utf8(body.clone()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Makes an address answer with a status.
    pub fn status(&self, url: &str, status: u16) {
        self.put(
            url,
            Page::Status {
                status,
                retry_after: None,
            },
        );
    }

    /// Makes an address answer 429 and ask for patience.
    pub fn too_many(&self, url: &str, until: jiff::Timestamp) {
        self.put(
            url,
            Page::Status {
                status: 429,
                retry_after: Some(until),
            },
        );
    }

    /// Makes an address redirect.
    pub fn moved(&self, url: &str, to: &str) {
        self.put(url, Page::Moved(to.parse().unwrap()));
    }

    /// Says on which server a host is.
    pub fn on_server(&self, host: &str, address: &str) {
        let address = address.parse().unwrap();
        self.0.servers.lock().unwrap().insert(host.to_owned(), address);
    }

    /// How often an address was asked for.
    pub fn asked(&self, url: &str) -> usize {
        self.0
            .record
            .lock()
            .unwrap()
            .iter()
            .filter(|(asked, _)| asked.as_str() == url)
            .count()
    }

    /// How often anything was asked for.
    pub fn asked_in_all(&self) -> usize {
        self.0.record.lock().unwrap().len()
    }

    /// The reach of every request so far.
    pub fn reaches(&self) -> Vec<Reach> {
        self.0.record.lock().unwrap().iter().map(|(_, reach)| *reach).collect()
    }

    /// The most exchanges a host or a server had in flight at once.
    pub fn most_in_flight(&self, host: &str) -> usize {
        self.0.in_flight.lock().unwrap().get(host).map_or(0, |(_, most)| *most)
    }

    fn put(&self, url: &str, page: Page) {
        let url: Url = url.parse().unwrap();
        self.0.pages.lock().unwrap().insert(url.to_string(), page);
    }

    fn enter(&self, host: &str) {
        let mut in_flight = self.0.in_flight.lock().unwrap();
        let (now, most) = in_flight.entry(host.to_owned()).or_default();
        *now += 1;
        *most = (*most).max(*now);
    }

    fn leave(&self, host: &str) {
        if let Some((now, _)) = self.0.in_flight.lock().unwrap().get_mut(host) {
            *now -= 1;
        }
    }
}

impl Fetch for Web {
    fn check(&self, request: &Request) -> Result<(), Error> {
        let url = &request.url;
        let checked = match request.reach {
            Reach::Public => Guard::default().check(url),
            Reach::Configured => Ok(()),
        };
        checked.map_err(|why| Error::Refused { url: url.clone(), why })
    }

    async fn server(&self, url: &Url) -> Option<IpAddr> {
        self.0.servers.lock().unwrap().get(url.host_str()?).copied()
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, Error> {
        let url = request.url.clone();
        let host = url.host_str().unwrap_or_default().to_owned();
        self.0.record.lock().unwrap().push((url.clone(), request.reach));
        let server = self.server(&url).await.map(|address| address.to_string());
        self.enter(&host);
        if let Some(server) = &server {
            self.enter(server);
            // Whoever may ask at the same time does.
            tokio::task::yield_now().await;
            self.leave(server);
        }
        tokio::time::sleep(LATENCY).await;
        self.leave(&host);
        let page = self.0.pages.lock().unwrap().get(url.as_str()).cloned();
        match page {
            Some(Page::Body { etag, .. }) if request.validators.etag.as_ref() == Some(&etag) => {
                Ok(Answer::Reply(Reply::NotModified))
            }
            Some(Page::Body {
                body,
                content_type,
                etag,
            }) => Ok(Answer::Reply(Reply::Fresh(Document {
                url,
                content_type,
                body,
                validators: Validators {
                    etag: Some(etag),
                    last_modified: None,
                },
                fetched: jiff::Timestamp::UNIX_EPOCH,
                fresh_for: None,
                led: None,
                links: Vec::new(),
                room: Room::default(),
            }))),
            Some(Page::Status { status, retry_after }) => Err(Error::Status {
                url,
                status,
                retry_after,
            }),
            Some(Page::Moved(to)) => Ok(Answer::Moved { to, status: 302 }),
            None => Err(Error::Status {
                url,
                status: 404,
                retry_after: None,
            }),
        }
    }
}
