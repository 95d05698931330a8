//! One exchange over HTTP by reqwest: guarded address, bounded time, bounded body. No politeness here.

use std::error::Error as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, Response, StatusCode, header, redirect};
use robotxt::Robots;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use url::Url;

use super::browser::Rendered;
use super::guard::Guard;
use super::polite::Waiting;
use super::servers::Servers;
use super::{Answer, Error, Fetch, Reach, Reply, Request, hints};
use crate::clock::Clock;
use crate::config::Crawl;
use crate::model::{Document, LONG_BODY, Render, Room, Validators};

/// What we would like to get: feeds before pages.
const ACCEPTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
                        text/html;q=0.9, application/json;q=0.8, */*;q=0.5";

/// The longest a server is held to its word by `Retry-After`.
const LONGEST_HOLD: Duration = Duration::from_secs(24 * 3600);

/// `Link` headers beyond these are not kept, each of so many bytes at most.
const MOST_LINKS: usize = 8;
const LONGEST_LINKS: usize = 4 << 10;

/// A body of so many bytes takes no place.
const SMALL_BODY: usize = 32 << 10;

/// So many bodies that are neither small nor long may wait to be read, of at most [`LONG_BODY`] each.
const SHORT_BODIES: usize = 64;

/// What all bodies that are longer may take together; one always may. It takes a place before more of it is read.
const LONG_BODIES: u64 = 32 << 20;

/// So long a body keeps its place whoever waits for one; then it has to be read, or make room.
const LONG_TURN: Duration = Duration::from_secs(2);

/// Makes exchanges with real servers. Connections are kept and reused, one pool for each [`Reach`].
#[derive(Debug)]
pub struct HttpFetch {
    public: Client,
    configured: Client,
    public_guard: Guard,
    configured_guard: Guard,
    timeout: Duration,
    max_body: u64,
    /// A place for each long body that may be in memory at a time, from its reading until its document is dropped.
    long_bodies: Arc<Semaphore>,
    /// A place for each shorter one, from its end until its document is dropped.
    short_bodies: Arc<Semaphore>,
    /// How many wait for a place among the long ones.
    waiting: watch::Sender<usize>,
    clock: Clock,
    rendered: Rendered,
    servers: Servers,
}

/// An exchange that has begun.
enum Begun {
    /// It brought all it has.
    Whole(Answer),
    /// Its body is a long one, and goes on.
    Long(Body),
}

/// A body that is being read.
struct Body {
    document: Document,
    response: Response,
}

impl HttpFetch {
    /// A fetcher with the bounds of `[crawl]` that introduces itself as `user_agent`.
    ///
    /// # Errors
    /// When the machine's TLS certificates cannot be read.
    pub fn new(crawl: &Crawl, user_agent: &str, clock: Clock) -> Result<HttpFetch, reqwest::Error> {
        // Only the first caller in the process sets the provider; the others find it set, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let public_guard = Guard::default();
        let configured_guard = Guard::new(&crawl.allow_networks);
        let client = |guard: &Guard| {
            Client::builder()
                .user_agent(user_agent)
                .dns_resolver(guard.clone())
                .redirect(redirect::Policy::none())
                // A proxy from the environment would resolve names behind the guard's back.
                .no_proxy()
                .connect_timeout(crawl.timeout)
                .pool_max_idle_per_host(crawl.host_concurrency)
                .build()
        };
        Ok(HttpFetch {
            public: client(&public_guard)?,
            configured: client(&configured_guard)?,
            public_guard,
            configured_guard,
            timeout: crawl.timeout,
            max_body: crawl.max_body,
            long_bodies: Arc::new(Semaphore::new(places(crawl.max_body))),
            short_bodies: Arc::new(Semaphore::new(SHORT_BODIES)),
            waiting: watch::Sender::default(),
            rendered: Rendered::new(crawl, user_agent, clock.clone()),
            servers: Servers::default(),
            clock,
        })
    }

    /// An exchange within its time. What it waits for a place among the long bodies is no fault of the server, and is not
    /// counted.
    async fn exchange_in_time(&self, request: &Request) -> Result<Answer, Error> {
        let late = || Error::Timeout {
            url: request.url.clone(),
            limit: self.timeout,
        };
        let deadline = Instant::now() + self.timeout;
        let begun = timeout_at(deadline, self.begin(request)).await.map_err(|_| late())??;
        let mut body = match begun {
            Begun::Whole(Answer::Reply(Reply::Fresh(mut document))) if document.body.len() > SMALL_BODY => {
                // Whoever has one reads it and waits for nothing else meanwhile, so it comes.
                let place = Arc::clone(&self.short_bodies).acquire_owned().await;
                document.room = Room::taken(place.expect("the semaphore is never closed"));
                return Ok(Answer::Reply(Reply::Fresh(document)));
            }
            Begun::Whole(answer) => return Ok(answer),
            Begun::Long(body) => body,
        };
        let waits = Instant::now();
        body.document.room = self.place().await.ok_or_else(late)?;
        let deadline = deadline + waits.elapsed();
        tokio::select! {
            read = timeout_at(deadline, self.read_on(&mut body, usize::MAX)) => read.map_err(|_| late())??,
            () = self.turn_ends() => return Err(Error::Transport {
                url: request.url.clone(),
                cause: "it was long and slow, and others waited".to_owned(),
            }),
        };
        Ok(Answer::Reply(Reply::Fresh(body.document)))
    }

    /// A place among the long bodies, unless it takes longer than an exchange may: nobody holds one while it waits for
    /// another, but whoever did would wait for ever.
    async fn place(&self) -> Option<Room> {
        let _waiting = Waiting::begin(&self.waiting);
        let place = Arc::clone(&self.long_bodies).acquire_owned();
        let place = timeout(self.timeout, place).await.ok()?.ok()?;
        Some(Room::taken(place))
    }

    /// Until a body has had its place long enough and another waits: servers that drip must not keep out the others.
    async fn turn_ends(&self) {
        sleep(LONG_TURN).await;
        // The sender lives as long as this fetcher.
        let _ = self.waiting.subscribe().wait_for(|waiting| *waiting > 0).await;
    }

    /// Sends the request, and reads the answer unless it is a long one.
    async fn begin(&self, request: &Request) -> Result<Begun, Error> {
        self.check(request)?;
        let client = match request.reach {
            Reach::Public => &self.public,
            Reach::Configured => &self.configured,
        };
        let url = &request.url;
        let response = client
            .get(url.clone())
            .headers(conditions(&request.validators))
            .send()
            .await
            .map_err(|error| transport(url, &error))?;
        match response.status() {
            StatusCode::NOT_MODIFIED if !request.validators.is_empty() => {
                Ok(Begun::Whole(Answer::Reply(Reply::NotModified)))
            }
            status if status.is_redirection() => location(url, &response)
                .map(|to| {
                    Begun::Whole(Answer::Moved {
                        to,
                        status: status.as_u16(),
                    })
                })
                .ok_or_else(|| Error::Status {
                    url: url.clone(),
                    status: status.as_u16(),
                    retry_after: None,
                }),
            status if status.is_success() => {
                let mut body = self.body(url, response);
                Ok(if self.read_on(&mut body, LONG_BODY).await? {
                    Begun::Whole(Answer::Reply(Reply::Fresh(body.document)))
                } else {
                    Begun::Long(body)
                })
            }
            status => {
                let retry_after = retry_after(response.headers(), self.clock.now());
                // Such pages come with 503, which is a broken server's word; 403 says "blocked" by itself.
                if status == StatusCode::SERVICE_UNAVAILABLE
                    && retry_after.is_none()
                    && let Some(service) = challenge(response).await
                {
                    let url = url.clone();
                    return Err(Error::Challenge { url, service });
                }
                Err(Error::Status {
                    url: url.clone(),
                    status: status.as_u16(),
                    retry_after,
                })
            }
        }
    }

    /// What the head of an answer says, before any of its body.
    fn body(&self, url: &Url, response: Response) -> Body {
        let headers = response.headers();
        let content_type = text(headers, CONTENT_TYPE.as_str());
        let validators = Validators {
            etag: text(headers, ETAG.as_str()),
            last_modified: text(headers, LAST_MODIFIED.as_str()),
        };
        let said = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let fresh_for = hints::fresh_for(
            hints::Freshness {
                cache_control: said(header::CACHE_CONTROL),
                expires: said(header::EXPIRES),
                date: said(header::DATE),
                age: said(header::AGE),
            },
            self.clock.now(),
        );
        let links = headers.get_all(header::LINK).iter();
        let links = links.filter_map(|value| value.to_str().ok().filter(|text| text.len() <= LONGEST_LINKS));
        let links = links.take(MOST_LINKS).map(str::to_owned).collect();
        Body {
            document: Document {
                url: url.clone(),
                content_type,
                body: Vec::new(),
                validators,
                fetched: self.clock.now(),
                fresh_for,
                led: None,
                links,
                room: Room::default(),
            },
            response,
        }
    }

    /// Reads the body chunk by chunk until it is longer than this, so that one that never ends costs `max_body` and no
    /// more. Says whether it has ended.
    async fn read_on(&self, body: &mut Body, until: usize) -> Result<bool, Error> {
        let Body { document, response } = body;
        let (url, bytes) = (&document.url, &mut document.body);
        while bytes.len() <= until {
            let Some(chunk) = response.chunk().await.map_err(|error| transport(url, &error))? else {
                bytes.shrink_to_fit();
                document.fetched = self.clock.now();
                return Ok(true);
            };
            if (bytes.len() + chunk.len()) as u64 > self.max_body {
                return Err(Error::TooLarge {
                    url: url.clone(),
                    limit: self.max_body,
                });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(false)
    }
}

/// How many long bodies may be in memory at a time.
fn places(max_body: u64) -> usize {
    usize::try_from((LONG_BODIES / max_body).max(1)).unwrap_or(1)
}

impl Fetch for HttpFetch {
    fn check(&self, request: &Request) -> Result<(), Error> {
        let guard = match request.reach {
            Reach::Public => &self.public_guard,
            Reach::Configured => &self.configured_guard,
        };
        let url = &request.url;
        guard.check(url).map_err(|why| Error::Refused { url: url.clone(), why })
    }

    async fn server(&self, url: &Url) -> Option<IpAddr> {
        self.servers.of(url).await
    }

    async fn exchange_under(&self, request: &Request, rules: Arc<Robots>) -> Result<Answer, Error> {
        match request.render {
            Render::Browser => self.rendered.exchange(request, Some(rules)).await,
            Render::Plain => self.exchange(request).await,
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, Error> {
        if request.render == Render::Browser {
            return self.rendered.exchange(request, None).await;
        }
        let began = Instant::now();
        let result = self.exchange_in_time(request).await;
        let class = host_class(&request.url);
        metrics::counter!("warta_fetches_total", "host_class" => class, "outcome" => outcome(&result)).increment(1);
        metrics::histogram!("warta_fetch_duration_seconds", "host_class" => class).record(began.elapsed());
        result
    }
}

/// The kind of server an address is of, few enough to be a label.
fn host_class(url: &Url) -> &'static str {
    let key = super::budget_key(url);
    match key.as_str() {
        "blogspot.com" => "blogspot",
        "kumparan.com" => "kumparan",
        key if key.ends_with(".go.id") => "go.id",
        _ => "other",
    }
}

/// How an exchange ended, few enough to be a label.
fn outcome(result: &Result<Answer, Error>) -> &'static str {
    match result {
        Ok(Answer::Reply(Reply::Fresh(_))) => "fresh",
        Ok(Answer::Reply(Reply::NotModified)) => "not-modified",
        Ok(Answer::Moved { .. }) => "moved",
        Err(Error::Status { status: 500.., .. }) => "5xx",
        Err(Error::Status { .. }) => "4xx",
        Err(Error::Timeout { .. }) => "timeout",
        Err(Error::TooLarge { .. }) => "too-large",
        Err(Error::Refused { .. } | Error::Robots { .. }) => "refused",
        Err(_) => "transport",
    }
}

/// Whose challenge page the body begins with, if it is one. What breaks off is judged by what came.
async fn challenge(mut response: Response) -> Option<&'static str> {
    let mut begin = Vec::new();
    while begin.len() < hints::CHALLENGE_WITHIN
        && let Ok(Some(chunk)) = response.chunk().await
    {
        begin.extend_from_slice(&chunk);
    }
    hints::challenge(&begin)
}

/// The headers of a conditional request.
fn conditions(validators: &Validators) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, reqwest::header::HeaderValue::from_static(ACCEPTED));
    let conditions = [
        (IF_NONE_MATCH, &validators.etag),
        (IF_MODIFIED_SINCE, &validators.last_modified),
    ];
    for (name, value) in conditions {
        if let Some(value) = value.as_ref().and_then(|value| value.parse().ok()) {
            headers.insert(name, value);
        }
    }
    headers
}

/// A header's value, if it is text.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Where a redirect leads, without a fragment.
fn location(url: &Url, response: &Response) -> Option<Url> {
    let target = text(response.headers(), LOCATION.as_str())?;
    let mut target = url.join(&target).ok()?;
    target.set_fragment(None);
    Some(target)
}

/// `Retry-After` as seconds or as a date, at most a day ahead.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let value = text(headers, RETRY_AFTER.as_str())?;
    let asked = match value.trim().parse::<u32>() {
        Ok(seconds) => now.checked_add(Duration::from_secs(seconds.into())).ok()?,
        Err(_) => jiff::fmt::rfc2822::parse(value.trim()).ok()?.timestamp(),
    };
    (asked > now).then(|| asked.min(now + LONGEST_HOLD))
}

/// A transport error with its causes in one line; reqwest's own first line only repeats the address.
fn transport(url: &Url, error: &reqwest::Error) -> Error {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    causes.dedup();
    let cause = if causes.is_empty() {
        error.to_string()
    } else {
        causes.join(": ")
    };
    Error::Transport {
        url: url.clone(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date_and_bounded() {
        let now: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers, now).map(|at| at.to_string())
        };
        assert_eq!(read("120").as_deref(), Some("2026-11-24T00:02:00Z"));
        assert_eq!(
            read("Tue, 24 Nov 2026 01:00:00 GMT").as_deref(),
            Some("2026-11-24T01:00:00Z")
        );
        assert_eq!(
            read("4000000000").as_deref(),
            Some("2026-11-25T00:00:00Z"),
            "a day at most"
        );
        for nothing in ["0", "Mon, 23 Nov 2026 01:00:00 GMT", "soon", "-5", "99999999999999"] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn validators_go_back_as_the_server_wrote_them() {
        let headers = conditions(&Validators {
            etag: Some("W/\"a b\"".to_owned()),
            last_modified: Some("yesterday".to_owned()),
        });
        assert_eq!(headers[IF_NONE_MATCH], "W/\"a b\"");
        assert_eq!(headers[IF_MODIFIED_SINCE], "yesterday");
        assert!(
            conditions(&Validators {
                etag: Some("\u{1}\n".to_owned()),
                last_modified: None
            })
            .get(IF_NONE_MATCH)
            .is_none()
        );
    }
}
