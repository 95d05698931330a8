//! Conditional answers (RFC 9110, section 13): bytes with a strong ETag and a date, or 304.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_128;

/// How long a reader or proxy may keep an answer without asking.
const CACHE_CONTROL: &str = "public, max-age=300";

/// Bytes that are served until something changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The body.
    pub bytes: Bytes,
    /// The body in its gzip form, made when it is first asked for; empty where it is no shorter.
    gzip: Arc<OnceLock<Bytes>>,
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
            gzip: Arc::default(),
            media_type,
            etag,
            modified,
        }
    }

    /// The answer to a request with these headers, in the form they prefer.
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let current = self.is_current(request);
        let gzip = match current {
            // Nobody waits for its bytes.
            true => self.gzip.get(),
            false => takes_gzip(request).then(|| self.gzip.get_or_init(|| gzip(&self.bytes))),
        };
        let gzip = gzip.filter(|gzip| !gzip.is_empty() && takes_gzip(request));
        let zipped = gzip.is_some();
        let mut response = if current {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let bytes = gzip.unwrap_or(&self.bytes);
            let mut response = Body::from(bytes.clone()).into_response();
            insert(&mut response, header::CONTENT_TYPE, self.media_type);
            if zipped {
                insert(&mut response, header::CONTENT_ENCODING, "gzip");
            }
            response
        };
        let etag = if zipped { self.zipped_etag() } else { self.etag.clone() };
        insert(&mut response, header::ETAG, &etag);
        insert(&mut response, header::VARY, "accept-encoding");
        insert(&mut response, header::CACHE_CONTROL, CACHE_CONTROL);
        if let Some(modified) = self.modified {
            insert(&mut response, header::LAST_MODIFIED, &http_date(modified));
        }
        response
    }

    /// The ETag of the gzip form: other bytes, so another strong tag.
    fn zipped_etag(&self) -> String {
        format!("{}-gz\"", self.etag.trim_end_matches('"'))
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
            let zipped = self.zipped_etag();
            // Either form says the same, whichever the client takes now.
            return tags.any(|tag| {
                let tag = tag.strip_prefix("W/").unwrap_or(tag);
                tag == "*" || tag == self.etag || tag == zipped
            });
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

/// The gzip form, or nothing where that is no shorter.
fn gzip(bytes: &Bytes) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let zipped = encoder.write_all(bytes).and_then(|()| encoder.finish());
    zipped
        .ok()
        .filter(|zipped| zipped.len() < bytes.len())
        .map(Bytes::from)
        .unwrap_or_default()
}

/// Whether gzip is accepted, and plain bytes are not preferred (RFC 9110, section 12.5.3).
fn takes_gzip(request: &HeaderMap) -> bool {
    let (mut gzip, mut any, mut plain) = (None, None, None);
    let values = request.get_all(header::ACCEPT_ENCODING).iter();
    for item in values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let (name, weight) = item.split_once(';').unwrap_or((item, "q=1"));
        let weight = weight.trim().to_ascii_lowercase();
        let weight: f32 = weight.strip_prefix("q=").and_then(|q| q.parse().ok()).unwrap_or(0.0);
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip = Some(weight),
            "identity" => plain = Some(weight),
            "*" => any = Some(weight),
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    gzip > 0.0 && gzip >= plain.unwrap_or(0.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_chosen_by_its_weight_and_has_its_own_etag() {
        let rendered = Rendered::new("warta ".repeat(100), "text/plain", None);
        for (accepted, zipped) in [
            ("", false),
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0, *", false),
            ("gzip;q=0.2, identity;q=0.9", false),
            ("gzip;q=x", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
            let answer = rendered.answer(&headers);
            let found = answer.headers().contains_key(header::CONTENT_ENCODING);
            assert_eq!(found, zipped, "{accepted}");
            let etag = answer.headers()[header::ETAG].clone();
            assert_eq!(etag != rendered.etag.as_str(), zipped, "{accepted}");
            headers.insert(header::IF_NONE_MATCH, etag);
            assert_eq!(rendered.answer(&headers).status(), StatusCode::NOT_MODIFIED);
        }
    }
}
