//! One exchange over HTTP by reqwest: guarded address, bounded time, bounded body. No politeness here.

use std::error::Error as _;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, Response, StatusCode, header, redirect};
use url::Url;

use super::browser::Rendered;
use super::guard::Guard;
use super::{Answer, Error, Fetch, Reach, Reply, Request, hints};
use crate::clock::Clock;
use crate::config::Crawl;
use crate::model::{Document, Render, Validators};

/// What we would like to get: feeds before pages.
const ACCEPTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
                        text/html;q=0.9, application/json;q=0.8, */*;q=0.5";

/// The longest a server is held to its word by `Retry-After`.
const LONGEST_HOLD: Duration = Duration::from_secs(24 * 3600);

/// `Link` headers beyond these are not kept, each of so many bytes at most.
const MOST_LINKS: usize = 8;
const LONGEST_LINKS: usize = 4 << 10;

/// Makes exchanges with real servers. Connections are kept and reused, one pool for each [`Reach`].
#[derive(Debug)]
pub struct HttpFetch {
    public: Client,
    configured: Client,
    public_guard: Guard,
    configured_guard: Guard,
    timeout: Duration,
    max_body: u64,
    clock: Clock,
    rendered: Rendered,
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
            rendered: Rendered::new(crawl, user_agent, clock.clone()),
            clock,
        })
    }

    async fn exchange_unbounded(&self, request: &Request) -> Result<Answer, Error> {
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
            StatusCode::NOT_MODIFIED if !request.validators.is_empty() => Ok(Answer::Reply(Reply::NotModified)),
            status if status.is_redirection() => location(url, &response)
                .map(|to| Answer::Moved {
                    to,
                    status: status.as_u16(),
                })
                .ok_or_else(|| Error::Status {
                    url: url.clone(),
                    status: status.as_u16(),
                    retry_after: None,
                }),
            status if status.is_success() => self
                .document(url, response)
                .await
                .map(|document| Answer::Reply(Reply::Fresh(document))),
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

    /// Reads the body chunk by chunk, so that one that never ends costs `max_body` and no more.
    async fn document(&self, url: &Url, mut response: Response) -> Result<Document, Error> {
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
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| transport(url, &error))? {
            if (body.len() + chunk.len()) as u64 > self.max_body {
                return Err(Error::TooLarge {
                    url: url.clone(),
                    limit: self.max_body,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Document {
            url: url.clone(),
            content_type,
            body,
            validators,
            fetched: self.clock.now(),
            fresh_for,
            led: None,
            links,
        })
    }
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

    async fn exchange(&self, request: &Request) -> Result<Answer, Error> {
        if request.render == Render::Browser {
            return self.rendered.exchange(request).await;
        }
        let began = tokio::time::Instant::now();
        let result = match tokio::time::timeout(self.timeout, self.exchange_unbounded(request)).await {
            Ok(result) => result,
            Err(_) => Err(Error::Timeout {
                url: request.url.clone(),
                limit: self.timeout,
            }),
        };
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
