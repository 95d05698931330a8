//! Conditional answers (RFC 9110, section 13): bytes with a strong ETag and a date, or 304.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_128;

/// How long a reader or proxy may keep an answer without asking.
const CACHE_CONTROL: &str = "public, max-age=300";

/// Bytes that are served until something changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The body.
    pub bytes: Bytes,
    /// Its media type.
    pub media_type: &'static str,
    /// Its ETag, quotes included: a hash of the bytes.
    pub etag: String,
    /// When it last changed, if that is known.
    pub modified: Option<Timestamp>,
}

impl Rendered {
    /// Bytes and their ETag.
    pub fn new(bytes: impl Into<Bytes>, media_type: &'static str, modified: Option<Timestamp>) -> Rendered {
        let bytes = bytes.into();
        let etag = format!("\"{:032x}\"", xxh3_128(&bytes));
        Rendered {
            bytes,
            media_type,
            etag,
            modified,
        }
    }

    /// The answer to a request with these headers.
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let mut response = if self.is_current(request) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Body::from(self.bytes.clone()).into_response();
            insert(&mut response, header::CONTENT_TYPE, self.media_type);
            response
        };
        insert(&mut response, header::ETAG, &self.etag);
        insert(&mut response, header::CACHE_CONTROL, CACHE_CONTROL);
        if let Some(modified) = self.modified {
            insert(&mut response, header::LAST_MODIFIED, &http_date(modified));
        }
        response
    }

    /// Whether the client has these bytes already. A date counts only where no ETag was sent.
    fn is_current(&self, request: &HeaderMap) -> bool {
        let sent: Vec<&str> = request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        if !sent.is_empty() {
            let mut tags = sent.iter().flat_map(|value| value.split(',')).map(str::trim);
            return tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.etag);
        }
        let since = request
            .get(header::IF_MODIFIED_SINCE)
            .and_then(|value| value.to_str().ok());
        let since = since.and_then(|value| jiff::fmt::rfc2822::parse(value.trim()).ok());
        match (since, self.modified) {
            (Some(since), Some(modified)) => modified.as_second() <= since.timestamp().as_second(),
            _ => false,
        }
    }
}

/// Sets a header whose value is of our making; one that is no header value is left out.
pub fn insert(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

/// A date as HTTP writes it: `Mon, 15 Aug 2022 19:30:00 GMT`.
fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
