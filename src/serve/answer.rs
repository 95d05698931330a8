//! Conditional answers (RFC 9110, section 13): bytes with a strong ETag and a date, or 304.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use brotli::BrotliCompress;
use brotli::enc::BrotliEncoderParams;
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
    forms: Arc<Forms>,
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
            forms: Arc::default(),
            media_type,
            etag,
            modified,
        }
    }

    /// Whether readers cannot tell it from another.
    pub fn is_same(&self, other: &Rendered) -> bool {
        let parts = |rendered: &Rendered| (rendered.media_type, rendered.modified);
        self.etag == other.etag && parts(self) == parts(other)
    }

    /// The answer to a request with these headers, in the form they prefer.
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let current = self.is_current(request);
        let coding = preferred(request).filter(|coding| {
            // Nobody waits for the bytes of one that is current: it has the tag of what is there.
            !current || self.forms.of(*coding).get().is_some()
        });
        let coded = coding.map(|coding| (coding, self.coded(coding)));
        let coded = coded.filter(|(_, bytes)| !bytes.is_empty());
        let mut response = if current {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let bytes = coded.map_or(&self.bytes, |(_, bytes)| bytes);
            let mut response = Body::from(bytes.clone()).into_response();
            insert(&mut response, header::CONTENT_TYPE, self.media_type);
            if let Some((coding, _)) = coded {
                insert(&mut response, header::CONTENT_ENCODING, coding.name());
            }
            response
        };
        let etag = coded.map_or_else(|| self.etag.clone(), |(coding, _)| self.coded_etag(coding));
        insert(&mut response, header::ETAG, &etag);
        insert(&mut response, header::VARY, "accept-encoding");
        insert(&mut response, header::CACHE_CONTROL, CACHE_CONTROL);
        if let Some(modified) = self.modified {
            insert(&mut response, header::LAST_MODIFIED, &http_date(modified));
        }
        response
    }

    /// The body in a form, made when it is first asked for; empty where that is no shorter.
    fn coded(&self, coding: Coding) -> &Bytes {
        let make = || Some(coding.encode(&self.bytes)).filter(|coded| coded.len() < self.bytes.len());
        let form = self.forms.of(coding);
        form.get_or_init(|| make().map(Bytes::from).unwrap_or_default())
    }

    /// The ETag of a form: other bytes, so another strong tag.
    fn coded_etag(&self, coding: Coding) -> String {
        format!("{}-{}\"", self.etag.trim_end_matches('"'), coding.name())
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
            let coded = Coding::ALL.map(|coding| self.coded_etag(coding));
            // Every form says the same, whichever the client takes now.
            return tags.any(|tag| {
                let tag = tag.strip_prefix("W/").unwrap_or(tag);
                tag == "*" || tag == self.etag || coded.iter().any(|coded| tag == coded)
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

/// How an answer may be coded for the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Brotli,
    Gzip,
}

/// The coded forms of an answer that were made.
#[derive(Debug, Default, PartialEq, Eq)]
struct Forms {
    brotli: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

impl Forms {
    fn of(&self, coding: Coding) -> &OnceLock<Bytes> {
        match coding {
            Coding::Brotli => &self.brotli,
            Coding::Gzip => &self.gzip,
        }
    }
}

/// As small as gzip's best, and as quickly made as its usual; what is sent often is worth more, and is kept.
const BROTLI_QUALITY: i32 = 5;

impl Coding {
    /// The one that makes less of the same first.
    const ALL: [Coding; 2] = [Coding::Brotli, Coding::Gzip];

    /// Its name in headers.
    fn name(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Gzip => "gzip",
        }
    }

    /// These bytes coded; as they are where that fails.
    fn encode(self, bytes: &Bytes) -> Vec<u8> {
        let coded = match self {
            Coding::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(bytes).and_then(|()| encoder.finish())
            }
            Coding::Brotli => {
                let params = BrotliEncoderParams {
                    quality: BROTLI_QUALITY,
                    size_hint: bytes.len(),
                    ..BrotliEncoderParams::default()
                };
                let mut coded = Vec::new();
                BrotliCompress(&mut bytes.as_ref(), &mut coded, &params).map(|_| coded)
            }
        };
        coded.unwrap_or_else(|_| bytes.to_vec())
    }
}

/// The coding that is accepted most, unless plain bytes are preferred (RFC 9110, section 12.5.3).
fn preferred(request: &HeaderMap) -> Option<Coding> {
    let (mut brotli, mut gzip, mut any, mut plain) = (None, None, None, None);
    let values = request.get_all(header::ACCEPT_ENCODING).iter();
    for item in values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let (name, weight) = item.split_once(';').unwrap_or((item, "q=1"));
        let weight = weight.trim().to_ascii_lowercase();
        let weight: f32 = weight.strip_prefix("q=").and_then(|q| q.parse().ok()).unwrap_or(0.0);
        match name.trim().to_ascii_lowercase().as_str() {
            "br" => brotli = Some(weight),
            "gzip" | "x-gzip" => gzip = Some(weight),
            "identity" => plain = Some(weight),
            "*" => any = Some(weight),
            _ => {}
        }
    }
    let weight = |named: Option<f32>| named.or(any).unwrap_or(0.0);
    let (brotli, gzip) = (weight(brotli), weight(gzip));
    let (coding, most) = match brotli >= gzip {
        true => (Coding::Brotli, brotli),
        false => (Coding::Gzip, gzip),
    };
    (most > 0.0 && most >= plain.unwrap_or(0.0)).then_some(coding)
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
    fn a_form_is_chosen_by_its_weight_and_has_its_own_etag() {
        let rendered = Rendered::new("warta ".repeat(100), "text/plain", None);
        let mut etags = std::collections::BTreeSet::new();
        for (accepted, coding) in [
            ("", None),
            ("gzip", Some("gzip")),
            ("gzip, br", Some("br")),
            ("BR;q=0.5, GZIP;q=0.6", Some("gzip")),
            ("br;q=0, gzip;q=0.1", Some("gzip")),
            ("*", Some("br")),
            ("br;q=0, *", Some("gzip")),
            ("gzip;q=0, br;q=0, *", None),
            ("gzip;q=0.2, identity;q=0.9", None),
            ("gzip;q=x", None),
            ("gzip;q=NaN", None),
            ("zstd", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
            let answer = rendered.answer(&headers);
            let found = answer.headers().get(header::CONTENT_ENCODING);
            assert_eq!(found.map(|found| found.to_str().unwrap()), coding, "{accepted}");
            let etag = answer.headers()[header::ETAG].clone();
            etags.insert(etag.to_str().unwrap().to_owned());
            headers.insert(header::IF_NONE_MATCH, etag.clone());
            let current = rendered.answer(&headers);
            assert_eq!(current.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(current.headers()[header::ETAG], etag, "{accepted}");
        }
        assert_eq!(etags.len(), 3);
    }

    #[test]
    fn the_brotli_form_says_the_same() {
        let text = "warta ".repeat(100);
        let rendered = Rendered::new(text.clone(), "text/plain", None);
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut rendered.coded(Coding::Brotli).as_ref(), &mut plain).unwrap();
        assert_eq!(plain, text.as_bytes());
        let short = Rendered::new("a", "text/plain", None);
        assert!(short.coded(Coding::Brotli).is_empty(), "it is no shorter");
    }
}
