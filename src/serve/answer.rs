//! Conditional answers (RFC 9110, section 13): bytes with a strong ETag and a date, or 304.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use brotli::BrotliCompress;
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_128;

/// How long a reader or proxy may keep an answer without asking.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// More headers than an answer has, so that none is moved while they are set.
const HEADERS: usize = 16;

/// Bytes that are served until something changes. A clone shares them, and copies nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The body.
    pub bytes: Bytes,
    forms: Arc<Forms>,
    head: Arc<Head>,
    /// When it last changed, if that is known.
    pub modified: Option<Timestamp>,
}

/// What is said of a body with every answer, made when it is.
#[derive(Debug, Default, PartialEq, Eq)]
struct Head {
    /// Its media type.
    media_type: &'static str,
    /// Its ETag, quotes included: a hash of the bytes.
    etag: String,
    /// The ETags of the body as it is and of its forms, in the order of [`Coding::ALL`].
    plain: Option<HeaderValue>,
    coded: [Option<HeaderValue>; Coding::ALL.len()],
    modified: Option<HeaderValue>,
    /// The `Link` of a feed.
    links: Option<HeaderValue>,
    /// Which headers of a request decide what is answered.
    vary: &'static str,
}

impl Rendered {
    /// Bytes and their ETag.
    pub fn new(bytes: impl Into<Bytes>, media_type: &'static str, modified: Option<Timestamp>) -> Rendered {
        let bytes = bytes.into();
        let hash = xxh3_128(&bytes);
        let etag = format!("\"{hash:032x}\"");
        let head = Head {
            media_type,
            plain: etag.parse().ok(),
            coded: Coding::ALL.map(|coding| format!("\"{hash:032x}{}\"", coding.suffix()).parse().ok()),
            etag,
            modified: modified.and_then(|at| http_date(at).parse().ok()),
            links: None,
            vary: "accept-encoding",
        };
        Rendered {
            bytes,
            forms: Arc::default(),
            head: Arc::new(head),
            modified,
        }
    }

    /// Makes it a live feed, whose address leads a browser to a page, with its `Link`.
    #[must_use]
    pub fn into_feed(self, links: Option<&str>) -> Rendered {
        let head = Head {
            links: links.and_then(|links| links.parse().ok()),
            vary: "accept-encoding, sec-fetch-dest",
            etag: self.head.etag.clone(),
            plain: self.head.plain.clone(),
            coded: self.head.coded.clone(),
            modified: self.head.modified.clone(),
            media_type: self.head.media_type,
        };
        Rendered {
            head: Arc::new(head),
            ..self
        }
    }

    /// Its media type.
    pub fn media_type(&self) -> &'static str {
        self.head.media_type
    }

    /// Its ETag, quotes included: other bytes have another.
    pub fn etag(&self) -> &str {
        &self.head.etag
    }

    /// Whether readers cannot tell it from another.
    pub fn is_same(&self, other: &Rendered) -> bool {
        self.head == other.head && self.modified == other.modified
    }

    /// Bytes that it takes in memory, with the forms that were made.
    pub fn size(&self) -> usize {
        let forms = Coding::ALL.iter().filter_map(|coding| self.forms.of(*coding).get());
        self.bytes.len() + forms.map(Bytes::len).sum::<usize>()
    }

    /// Makes the forms that readers have taken of what was here before.
    pub fn make_forms_of(&self, before: &Rendered) {
        let taken = |coding: &Coding| before.forms.of(*coding).get().is_some();
        for coding in Coding::ALL.into_iter().filter(taken) {
            self.coded(coding);
        }
    }

    /// The answer to a request with these headers, in the form they prefer. A form that was never asked for is made on a
    /// thread that may take its time.
    pub async fn answer(&self, request: &HeaderMap) -> Response {
        if let Some(coding) = self.missing(request) {
            let rendered = self.clone();
            let made = tokio::task::spawn_blocking(move || {
                rendered.coded(coding);
            });
            made.await
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        }
        self.answer_at_once(request)
    }

    /// The form that would have to be made to answer a request.
    pub fn missing(&self, request: &HeaderMap) -> Option<Coding> {
        let missing = |coding: &Coding| self.forms.of(*coding).get().is_none();
        preferred(request).filter(missing).filter(|_| !self.is_current(request))
    }

    /// The answer whose form is there, or is made now.
    pub fn answer_at_once(&self, request: &HeaderMap) -> Response {
        let current = self.is_current(request);
        let coding = preferred(request).filter(|coding| {
            // Nobody waits for the bytes of one that is current: it has the tag of what is there.
            !current || self.forms.of(*coding).get().is_some()
        });
        let coded = coding.map(|coding| (coding, self.coded(coding)));
        let coded = coded.filter(|(_, bytes)| !bytes.is_empty());
        let mut headers = HeaderMap::with_capacity(HEADERS);
        let mut set = |name, value: Option<HeaderValue>| value.map(|value| headers.insert(name, value));
        if !current {
            set(
                header::CONTENT_TYPE,
                Some(HeaderValue::from_static(self.head.media_type)),
            );
            let coding = coded.map(|(coding, _)| HeaderValue::from_static(coding.name()));
            set(header::CONTENT_ENCODING, coding);
        }
        let etag = coded.map_or(&self.head.plain, |(coding, _)| &self.head.coded[coding as usize]);
        set(header::ETAG, etag.clone());
        set(header::VARY, Some(HeaderValue::from_static(self.head.vary)));
        set(header::CACHE_CONTROL, Some(CACHE_CONTROL));
        set(header::LAST_MODIFIED, self.head.modified.clone());
        set(header::LINK, self.head.links.clone());
        let bytes = coded.map_or(&self.bytes, |(_, bytes)| bytes).clone();
        let (status, body) = match current {
            true => (StatusCode::NOT_MODIFIED, Body::empty()),
            false => (StatusCode::OK, Body::from(bytes)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    /// The body in a form, made when it is first asked for; empty where that is no shorter.
    fn coded(&self, coding: Coding) -> &Bytes {
        let make = || Some(coding.encode(&self.bytes)).filter(|coded| coded.len() < self.bytes.len());
        let form = self.forms.of(coding);
        form.get_or_init(|| make().map(Bytes::from).unwrap_or_default())
    }

    /// Whether the client has these bytes already. A date counts only where no ETag was sent.
    fn is_current(&self, request: &HeaderMap) -> bool {
        if request.contains_key(header::IF_NONE_MATCH) {
            let sent = request.get_all(header::IF_NONE_MATCH).iter();
            let mut tags = sent
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','));
            return tags.any(|tag| self.has_tag(tag.trim()));
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

    /// Whether a tag stands for these bytes in any form: every one says the same, whichever the client takes now.
    fn has_tag(&self, tag: &str) -> bool {
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        let rest = tag.strip_prefix(self.head.etag.trim_end_matches('"'));
        let form = rest.and_then(|rest| rest.strip_suffix('"'));
        tag == "*"
            || form.is_some_and(|form| form.is_empty() || Coding::ALL.iter().any(|coding| coding.suffix() == form))
    }
}

/// How an answer may be coded for the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// `br`
    Brotli,
    /// `gzip`
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

    /// What it adds to an ETag: a form has other bytes, so another strong tag.
    fn suffix(self) -> &'static str {
        match self {
            Coding::Brotli => "-br",
            Coding::Gzip => "-gzip",
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
    let (mut brotli, mut gzip, mut any, mut plain): (_, _, _, Option<f32>) = (None, None, None, None);
    let values = request.get_all(header::ACCEPT_ENCODING).iter();
    for item in values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let (name, weight) = item.split_once(';').map_or((item, Some(1.0)), |(name, weight)| {
            let weight = weight.trim().strip_prefix(['q', 'Q']);
            let weight = weight.and_then(|weight| weight.strip_prefix('=')?.parse().ok());
            (name, weight)
        });
        let (name, weight) = (name.trim(), weight.unwrap_or(0.0));
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("br") {
            brotli = Some(weight);
        } else if is("gzip") || is("x-gzip") {
            gzip = Some(weight);
        } else if is("identity") {
            plain = Some(weight);
        } else if is("*") {
            any = Some(weight);
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
            let answer = rendered.answer_at_once(&headers);
            let found = answer.headers().get(header::CONTENT_ENCODING);
            assert_eq!(found.map(|found| found.to_str().unwrap()), coding, "{accepted}");
            let etag = answer.headers()[header::ETAG].clone();
            etags.insert(etag.to_str().unwrap().to_owned());
            headers.insert(header::IF_NONE_MATCH, etag.clone());
            let current = rendered.answer_at_once(&headers);
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
