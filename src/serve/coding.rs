//! The coded forms of an answer: which one a request prefers, and its bytes, made when they are first asked for. What else
//! an answer says is not known here.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use brotli::BrotliCompress;
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::lent::{Arena, Lent};

/// Shorter bodies are as quickly copied as lent: measured with hyper on loopback.
const WORTH_LENDING: usize = 64 << 10;

/// What was given so often is lent: it takes twice its memory then.
const OFTEN: u32 = 8;

/// How an answer may be coded for the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// `br`
    Brotli,
    /// `gzip`
    Gzip,
}

/// The coded forms of an answer that were made.
#[derive(Debug, Default)]
pub(super) struct Forms {
    brotli: OnceLock<Form>,
    gzip: OnceLock<Form>,
}

/// A coded form.
#[derive(Debug)]
pub(super) struct Form {
    /// Its bytes; none where they are no fewer.
    pub bytes: Bytes,
    /// How often it was given from memory.
    given: AtomicU32,
    lent: OnceLock<Arc<Lent>>,
}

impl Form {
    /// One with these bytes, which nobody was given yet.
    pub fn of(bytes: Bytes) -> Form {
        Form {
            bytes,
            given: AtomicU32::new(0),
            lent: OnceLock::new(),
        }
    }

    /// Bytes that it takes in memory.
    pub fn size(&self) -> usize {
        match self.lent.get() {
            Some(_) => 2 * self.bytes.len(),
            None => self.bytes.len(),
        }
    }

    /// What the kernel is lent of it.
    pub fn lent(&self) -> Option<&Arc<Lent>> {
        self.lent.get()
    }

    /// Counts a time that it is given: whether it is worth lending since this one.
    pub fn is_now_asked_often(&self) -> bool {
        self.bytes.len() >= WORTH_LENDING && self.given.fetch_add(1, Ordering::Relaxed) + 1 == OFTEN
    }

    /// Lends it to the kernel, if it is long.
    pub fn lend(&self, arena: &Arc<Arena>) {
        if self.bytes.len() < WORTH_LENDING || self.lent.get().is_some() {
            return;
        }
        match arena.lend(self.bytes.clone()) {
            // Another may have come first, whose is as good.
            Ok(lent) => drop(self.lent.set(Arc::new(lent))),
            Err(error) => tracing::debug!(%error, "a feed is sent by copying"),
        }
    }
}

impl Forms {
    /// The form, once it is made.
    pub fn of(&self, coding: Coding) -> &OnceLock<Form> {
        match coding {
            Coding::Brotli => &self.brotli,
            Coding::Gzip => &self.gzip,
        }
    }
}

/// Up to a tenth more than at the usual level, in a fourth to three fourths of the time, as the texts are: feeds are packed anew
/// with every story. Web servers pack at the level below by default.
const GZIP_LEVEL: u32 = 2;

/// What is packed becomes about a fourth of its length.
const GZIP_RATIO: usize = 4;

/// As small as gzip's best, and as quickly made as its usual; what is sent often is worth more, and is kept.
const BROTLI_QUALITY: i32 = 5;

impl Coding {
    /// The one that makes less of the same first.
    pub const ALL: [Coding; 2] = [Coding::Brotli, Coding::Gzip];

    /// Its name in headers.
    pub fn name(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Gzip => "gzip",
        }
    }

    /// What it adds to an ETag: a form has other bytes, so another strong tag.
    pub fn suffix(self) -> &'static str {
        match self {
            Coding::Brotli => "-br",
            Coding::Gzip => "-gzip",
        }
    }

    /// These bytes coded; as they are where that fails.
    pub fn encode(self, bytes: &Bytes) -> Vec<u8> {
        let coded = match self {
            Coding::Gzip => {
                let packed = Vec::with_capacity(bytes.len() / GZIP_RATIO);
                let mut encoder = GzEncoder::new(packed, Compression::new(GZIP_LEVEL));
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
pub(super) fn preferred(request: &HeaderMap) -> Option<Coding> {
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
