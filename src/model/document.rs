//! What one fetch brought: the bytes, still undecoded, and what the server said of them.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

/// A fetched body. It stays bytes until a parser decides on the character set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Where it came from in the end, after redirects: links in it are relative to this.
    pub url: Url,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The body after decompression, at most `max_body` long.
    pub body: Vec<u8>,
    /// What to send next time to be told that nothing changed.
    pub validators: Validators,
    /// When it was fetched.
    pub fetched: Timestamp,
    /// How long it stays fresh by its own headers (RFC 9111).
    pub fresh_for: Option<Duration>,
    /// Where permanent redirects led on the way to it, before any temporary one.
    pub led: Option<Url>,
    /// The `Link` headers (RFC 8288) as the server wrote them.
    pub links: Vec<String>,
}

/// The validators of a conditional request (RFC 9110, section 13.1), as the server wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// The `ETag` header, quotes and weakness mark included.
    pub etag: Option<String>,
    /// The `Last-Modified` header.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}
