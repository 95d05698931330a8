//! Calls of addresses that strangers name (WebSub callbacks): one exchange behind the address guard, in bounded time, of
//! whose answer only the status and the first bytes are read. No redirect is followed, nothing is tried again.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, redirect};
use url::{Host, Url};

use super::guard::{Guard, is_public};
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

/// Whether others can reach us at a public address: by https under a name or address of the public internet; else in one of
/// the networks that the operator allows.
pub fn is_reachable(base_url: &Url, allow_networks: &[IpNet]) -> bool {
    let literal = match base_url.host() {
        Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
        Some(Host::Ipv6(v6)) => IpAddr::V6(v6).to_canonical(),
        Some(Host::Domain(name)) => return base_url.scheme() == "https" && is_public_name(name),
        None => return false,
    };
    (base_url.scheme() == "https" && is_public(literal))
        || allow_networks.iter().any(|network| network.contains(&literal))
}

/// Whether a name is none of those that mean nothing outside a house or a document (RFC 2606, RFC 6761, RFC 6762).
fn is_public_name(name: &str) -> bool {
    let labels: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    let top = labels.last().copied().unwrap_or_default();
    let is_private = [
        "localhost",
        "local",
        "internal",
        "test",
        "invalid",
        "lan",
        "home",
        "arpa",
    ]
    .contains(&top);
    labels.len() > 1 && !is_private && !labels.contains(&"example")
}

fn header_map(headers: &[(&'static str, String)]) -> HeaderMap {
    let pairs = headers.iter().filter_map(|(name, value)| {
        let value = HeaderValue::from_str(value).ok()?;
        Some((HeaderName::from_static(name), value))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_are_reached_by_https_at_public_names_and_in_allowed_networks() {
        let allowed: Vec<IpNet> = vec!["127.0.0.0/8".parse().unwrap()];
        for (base, expected) in [
            ("https://warta.jatimprov.go.id/berita/", true),
            ("http://warta.jatimprov.go.id/", false),
            ("https://8.8.8.8/", true),
            ("http://8.8.8.8/", false),
            ("https://10.1.2.3/", false),
            ("https://[::1]/", false),
            ("https://[::ffff:10.1.2.3]/", false),
            ("http://127.0.0.1:8080/", true),
            ("http://[::ffff:127.0.0.1]:8080/", true),
            ("https://warta/", false),
            ("https://warta.localhost/", false),
            ("https://server.kantor.local/", false),
            ("https://warta.example.id/", false),
        ] {
            assert_eq!(is_reachable(&base.parse().unwrap(), &allowed), expected, "{base}");
        }
        assert!(!is_reachable(&"http://127.0.0.1/".parse().unwrap(), &[]));
    }
}
