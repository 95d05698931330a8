//! What one fetch brought: the bytes, still undecoded, and what the server said of them.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
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
    /// The room that its body takes.
    pub room: Room,
}

/// A body of more bytes is long: what is made of it takes as much again, and few may be in memory at a time.
pub const LONG_BODY: usize = 512 << 10;

impl Document {
    /// Whether its body is a long one.
    pub fn is_long(&self) -> bool {
        self.body.len() > LONG_BODY
    }

    /// What was said of it. The body and the room that it takes are given up.
    pub fn without_body(self) -> Document {
        Document {
            body: Vec::new(),
            room: Room::default(),
            ..self
        }
    }
}

/// Room in memory that is taken while something long is held, and given back with its last copy. It is no part of what
/// the thing is: all are equal.
#[derive(Clone, Default)]
pub struct Room(Option<Arc<dyn Any + Send + Sync>>);

impl Room {
    /// Whether anything is taken.
    pub fn is_taken(&self) -> bool {
        self.0.is_some()
    }

    /// Room that is given back when `lease` is dropped.
    pub fn taken(lease: impl Any + Send + Sync) -> Room {
        Room(Some(Arc::new(lease)))
    }
}

impl PartialEq for Room {
    fn eq(&self, _: &Room) -> bool {
        true
    }
}

impl Eq for Room {}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_taken() { "Room(taken)" } else { "Room" })
    }
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
