//! Sources and documents for the tests of all modules: what a test does not care about is the same everywhere.

use jiff::Timestamp;

use super::{ArticleSelectors, Document, Render, Republish, Room, Source, SourceId, SourceKind, Validators};

/// A feed of Jawa Timur whose entries are taken as they are.
pub(crate) fn source(id: &str, url: &str) -> Source {
    Source {
        id: SourceId::new(id).unwrap(),
        kind: SourceKind::Feed,
        url: url.parse().unwrap(),
        satker: None,
        region: "35".parse().ok(),
        include: vec![],
        exclude: vec![],
        interval: None,
        full_text: false,
        render: Render::Plain,
        republish: Republish::Full,
        article: ArticleSelectors::default(),
    }
}

/// What a server sent that said nothing of it.
pub(crate) fn document(url: &str, body: &[u8]) -> Document {
    Document {
        url: url.parse().unwrap(),
        content_type: None,
        body: body.to_vec(),
        validators: Validators::default(),
        fetched: Timestamp::UNIX_EPOCH,
        fresh_for: None,
        led: None,
        links: Vec::new(),
        room: Room::default(),
    }
}
