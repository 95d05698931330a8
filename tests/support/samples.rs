//! Values for tests that call the library: what a test does not care about is the same everywhere.

use jiff::Timestamp;
use warta::ledger::{Age, Candidate};
use warta::model::{
    Article, ArticleSelectors, Document, RegionMatch, Render, Republish, Room, Source, SourceId, SourceKind, Validators,
};

/// A feed of no region whose entries are taken as they are.
pub fn source(id: &str, url: &str) -> Source {
    Source {
        id: SourceId::new(id).unwrap(),
        kind: SourceKind::Feed,
        url: url.parse().unwrap(),
        satker: None,
        region: None,
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
pub fn document(url: &str, body: &[u8]) -> Document {
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

/// A release that says this, seen at this time, without a date of its own.
pub fn article(source: &str, url: &str, text: &str, seen: Timestamp) -> Article {
    Article {
        source: SourceId::new(source).unwrap(),
        satker: None,
        url: url.to_owned(),
        guid: None,
        title: "Rilis".to_owned(),
        author: None,
        published: None,
        updated: None,
        seen,
        summary: String::new(),
        html: format!("<p>{text}</p>"),
        text: text.to_owned(),
        image: None,
        categories: vec![],
        language: None,
        republish: Republish::Full,
    }
}

/// An article as news of Jember.
pub fn candidate(article: Article) -> Candidate {
    Candidate {
        article,
        region: RegionMatch {
            event: "35.09".parse().unwrap(),
            unit: None,
            satker: None,
            evidence: vec![],
        },
        age: Age::News,
    }
}
