//! Calls of addresses that strangers name (WebSub callbacks): one exchange behind the address guard, in bounded time, of
//! whose answer only the status and the first bytes are read. No redirect is followed, nothing is tried again.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, redirect};
use url::Url;

use super::guard::Guard;
use crate::config::Crawl;

/// The longest a call may take, whatever `crawl.timeout` is: many others wait.
const LONGEST: Duration = Duration::from_secs(20);

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Nothing but the address.
    Get,
    /// A body with headers.
    Post {
        /// Names and values.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: Vec<u8>,
    },
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The HTTP status.
    pub status: u16,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The address is none that may be called.
    #[error("refused to call: {0}")]
    Refused(String),
    /// It took too long.
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The server could not be reached, or broke off.
    #[error("cannot call")]
    Transport(#[source] reqwest::Error),
}

/// Makes calls: to public addresses, and to those of `crawl.allow_networks`.
#[derive(Clone, Debug)]
pub struct Caller {
    client: Client,
    guard: Guard,
    timeout: Duration,
}

impl Caller {
    /// A caller with the bounds of `[crawl]` that introduces itself as `user_agent`.
    ///
    /// # Errors
    /// When the machine's TLS certificates cannot be read.
    pub fn new(crawl: &Crawl, user_agent: &str) -> Result<Caller, reqwest::Error> {
        // Only the first caller in the process sets the provider; the others find it set, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Guard::new(&crawl.allow_networks);
        let timeout = crawl.timeout.min(LONGEST);
        let client = Client::builder()
            .user_agent(user_agent)
            .dns_resolver(guard.clone())
            .redirect(redirect::Policy::none())
            // A proxy from the environment would resolve names behind the guard's back.
            .no_proxy()
            .connect_timeout(timeout)
            .pool_max_idle_per_host(1)
            .build()?;
        Ok(Caller { client, guard, timeout })
    }

    /// What can be said against an address before its name is resolved.
    ///
    /// # Errors
    /// In words for whoever named it.
    pub fn check(&self, url: &Url) -> Result<(), String> {
        self.guard.check(url)
    }

    /// Makes one call and reads at most `longest` bytes of the answer's body.
    ///
    /// # Errors
    /// See [`CallError`]: always the other side's fault.
    pub async fn call(&self, url: &Url, method: Method, longest: usize) -> Result<Called, CallError> {
        self.check(url).map_err(CallError::Refused)?;
        let called = tokio::time::timeout(self.timeout, self.exchange(url, method, longest)).await;
        match called {
            Ok(called) => called.map_err(CallError::Transport),
            Err(_) => Err(CallError::Timeout(self.timeout)),
        }
    }

    async fn exchange(&self, url: &Url, method: Method, longest: usize) -> Result<Called, reqwest::Error> {
        let request = match method {
            Method::Get => self.client.get(url.clone()),
            Method::Post { headers, body } => self.client.post(url.clone()).headers(header_map(&headers)).body(body),
        };
        let mut response = request.send().await?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while body.len() < longest
            && let Some(chunk) = response.chunk().await?
        {
            let room = longest - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        Ok(Called { status, body })
    }
}

fn header_map(headers: &[(&'static str, String)]) -> HeaderMap {
    let pairs = headers.iter().filter_map(|(name, value)| {
        let value = HeaderValue::from_str(value).ok()?;
        Some((HeaderName::from_static(name), value))
    });
    pairs.collect()
}
