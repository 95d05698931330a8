//! What was held back, as JSON: why, since when, and what was decided. Only for the command line: no public page or feed
//! tells of it.

use serde_json::{Value, json};

use crate::model::{Language, Quarantined};
use crate::store::HeldBack;

/// How many articles of each source are listed; the others are counted.
pub const LISTED: usize = 20;

/// An article that was held back, and what was decided about it.
pub fn row(held: &Quarantined) -> Value {
    let article = &held.article;
    json!({
        "url": article.url,
        "title": article.title,
        "source": article.source,
        "status": held.status,
        "since": held.since,
        "reason": held.why.words(Language::En),
        "why": held.why,
        "judged": held.judged,
        "published": article.published,
        "characters": article.text.chars().count(),
    })
}

/// A source that is configured no more, of which something is held back.
pub fn unlisted_row(held: &HeldBack) -> Value {
    json!({
        "id": held.source,
        "kind": null,
        "url": null,
        "satker": null,
        "region": null,
        "state": null,
        "since": null,
        "held": held.count,
        "held_articles": held.newest.iter().map(row).collect::<Vec<_>>(),
    })
}
