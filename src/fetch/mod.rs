//! Fetching: the only way bytes from outside come in.
//!
//! [`Polite`] is what the pipeline uses: it keeps each host's budget, asks robots.txt, and follows redirects. Below it
//! a [`Fetch`] makes one exchange: [`HttpFetch`] with a real server, or a test's web in memory. What the bytes mean is
//! `parse`'s and `extract`'s work.
//!
//! # Errors
//! An [`Error`] is always the other side's fault, and says by [`Error::retry`] what it means for the source.

mod browser;
mod call;
pub mod guard;
pub mod hints;
mod http;
mod polite;
mod robots;
mod servers;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use robotxt::Robots;
use url::Url;

use crate::model::{Document, Health, Render, Validators};

pub use call::{CallError, Called, Caller, Method, is_reachable};
pub use http::HttpFetch;
pub use polite::{Limits, Polite, budget_key};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The address; http or https.
    pub url: Url,
    /// Sent along, so that an unchanged document is answered with 304.
    pub validators: Validators,
    /// The networks it may lead to.
    pub reach: Reach,
    /// Whether a browser has to show it.
    pub render: Render,
}

/// The networks a request may lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses, and the private ones of `crawl.allow_networks`: for what the operator configured.
    Configured,
    /// Public addresses only: for what somebody else's page or redirect names.
    Public,
}

impl Request {
    /// A request for something the operator configured.
    pub fn configured(url: Url, validators: Validators) -> Request {
        Request {
            url,
            validators,
            reach: Reach::Configured,
            render: Render::Plain,
        }
    }

    /// A request for an address that the document at `from` names. It may lead to a private network only on the
    /// configured host itself.
    pub fn found(url: Url, from: &Url) -> Request {
        let reach = if url.host() == from.host() {
            Reach::Configured
        } else {
            Reach::Public
        };
        Request {
            url,
            validators: Validators::default(),
            reach,
            render: Render::Plain,
        }
    }

    /// The same, looked at in this way.
    pub fn looked_at(self, render: Render) -> Request {
        Request { render, ..self }
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a document is what mostly comes, and it is moved a few times only"
)]
pub enum Reply {
    /// A document.
    Fresh(Document),
    /// The document the validators stand for is still the current one (304).
    NotModified,
}

/// What one exchange with one server brought.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a document is what mostly comes, and it is moved a few times only"
)]
pub enum Answer {
    /// The end of the way.
    Reply(Reply),
    /// The server names another address.
    Moved {
        /// That address.
        to: Url,
        /// 301, 302, 303, 307 or 308.
        status: u16,
    },
}

/// One exchange with a server, without politeness and without following redirects.
pub trait Fetch: Send + Sync + 'static {
    /// Sends the request and reads the whole answer within the bounds of time and size.
    fn exchange(&self, request: &Request) -> impl Future<Output = Result<Answer, Error>> + Send;

    /// The same under the rules of the address's site: what is fetched may ask for more by itself, as a page with script does.
    fn exchange_under(
        &self,
        request: &Request,
        _rules: Arc<Robots>,
    ) -> impl Future<Output = Result<Answer, Error>> + Send {
        self.exchange(request)
    }

    /// Checks what can be checked of the address without asking anybody: its scheme, and a host written as a number.
    ///
    /// # Errors
    /// [`Error::Refused`] for one that is never fetched from.
    fn check(&self, request: &Request) -> Result<(), Error>;

    /// The server that the address is on, where that is known.
    fn server(&self, _url: &Url) -> impl Future<Output = Option<IpAddr>> + Send {
        std::future::ready(None)
    }
}

/// Why nothing came.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none that we fetch from.
    #[error("refused to fetch {url}: {why}")]
    Refused {
        /// The address.
        url: Url,
        /// What is wrong with it.
        why: String,
    },
    /// The site's robots.txt asks crawlers to stay away.
    #[error("robots.txt of the site does not allow {url}")]
    Robots {
        /// The address.
        url: Url,
    },
    /// The server answered with an error.
    #[error("{url} answered {status}")]
    Status {
        /// The address.
        url: Url,
        /// The HTTP status.
        status: u16,
        /// When the server wants to be asked again (RFC 9110, section 10.2.3).
        retry_after: Option<Timestamp>,
    },
    /// The whole exchange took too long.
    #[error("{url} did not finish within {} s (crawl.timeout)", limit.as_secs_f64())]
    Timeout {
        /// The address.
        url: Url,
        /// The bound.
        limit: Duration,
    },
    /// The body is too long.
    #[error("{url} is larger than {limit} bytes after decompression (crawl.max_body)")]
    TooLarge {
        /// The address.
        url: Url,
        /// The bound in bytes.
        limit: u64,
    },
    /// The browser is missing or does not work.
    #[error("cannot show {url} in the browser of crawl.browser: {why}")]
    Browser {
        /// The address.
        url: Url,
        /// What is wrong.
        why: String,
    },
    /// A page that asks whether we are human came instead of an answer.
    #[error("{url} answered with a challenge page of {service}; the site has to let this crawler in")]
    Challenge {
        /// The address.
        url: Url,
        /// Whose page it is.
        service: &'static str,
    },
    /// Too many redirects in a row, or one that leads nowhere.
    #[error("{url} redirects {count} times without an end")]
    Redirects {
        /// Where it began.
        url: Url,
        /// How many were followed.
        count: usize,
    },
    /// The server could not be reached, or broke off.
    #[error("cannot fetch {url}: {cause}")]
    Transport {
        /// The address.
        url: Url,
        /// The chain of causes in one line.
        cause: String,
    },
}

/// What a failure means for the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How the source stands now.
    pub health: Health,
    /// When the server wants to be asked again; never earlier.
    pub not_before: Option<Timestamp>,
}

impl Error {
    /// What the failure means for the source. Nothing is ever given up: a source that is gone is only asked more rarely.
    pub fn retry(&self) -> Retry {
        match self {
            Error::Status { status: 404 | 410, .. } => Retry {
                health: Health::Gone,
                not_before: None,
            },
            Error::Status {
                status: 401 | 403 | 451,
                ..
            }
            | Error::Robots { .. }
            | Error::Challenge { .. }
            | Error::Refused { .. } => Retry {
                health: Health::Blocked,
                not_before: None,
            },
            Error::Status { retry_after, .. } => Retry {
                health: Health::Failing,
                not_before: *retry_after,
            },
            Error::Timeout { .. }
            | Error::TooLarge { .. }
            | Error::Browser { .. }
            | Error::Redirects { .. }
            | Error::Transport { .. } => Retry {
                health: Health::Failing,
                not_before: None,
            },
        }
    }
}

#[cfg(test)]
pub(crate) mod web;
