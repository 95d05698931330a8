//! Why a story is where it is: the evidence for its region, how each of its articles joined it, and every correction.
//! As one JSON object; words for people are `cli`'s.

use serde_json::{Value, json};

use super::{Shared, quarantine};
use crate::model::{ArticleId, Comparison, Edit, How, Quarantined, RegionCode, Story, StoryId};
use crate::store::{self, StoredArticle};

/// The story of an id or of an article's address, with everything that is known of how it came about; of an address that
/// was held back, why. `None` if there is neither.
pub fn explain(shared: &Shared, what: &str) -> Result<Option<Value>, store::Error> {
    let held = match what.contains("://") {
        true => shared.store.quarantined_of_url(what)?,
        false => None,
    };
    let Some(story) = find(shared, what)? else {
        return Ok(held.map(|held| held_back(shared, &held)));
    };
    let mut articles = Vec::new();
    for member in &story.members {
        articles.extend(shared.store.article(member.article)?);
    }
    let region = |code: RegionCode| named(shared, code);
    let mut told = Vec::with_capacity(articles.len());
    for stored in &articles {
        told.push(article(shared, &story, stored)?);
    }
    Ok(Some(json!({
        "id": story.id,
        "title": title(&story, &articles),
        "representative": articles.iter().find(|stored| stored.id == story.representative).map(|stored| &stored.article.url),
        "region": region(story.region),
        "unit": story.unit.map(region),
        "satker": story.satker,
        "fixed_region": story.fixed.region.map(region),
        "fixed_satker": story.fixed.satker.as_ref().map(|(satker, _)| satker),
        "first_seen": story.first_seen,
        "updated": story.updated,
        "hidden": story.hidden,
        "pinned_until": story.pinned_until,
        "articles": told,
        "edits": story.edits.iter().map(edit).collect::<Vec<_>>(),
        "quarantine": held.as_ref().map(quarantine::row),
    })))
}

/// An article that was held back and tells no story.
fn held_back(shared: &Shared, held: &Quarantined) -> Value {
    json!({
        "id": null,
        "title": held.article.title,
        "region": named(shared, held.region.event),
        "unit": held.region.unit.map(|code| named(shared, code)),
        "satker": held.article.satker,
        "articles": [],
        "edits": [],
        "quarantine": quarantine::row(held),
    })
}

/// A story by its id, also one that it was merged into, or by the canonical address of one of its articles.
fn find(shared: &Shared, what: &str) -> Result<Option<Story>, store::Error> {
    let store = &shared.store;
    if what.contains("://") {
        let id = store.story_of_url(what)?;
        return id.map_or(Ok(None), |id| store.story_record(id));
    }
    let Ok(id) = what.parse::<StoryId>() else {
        return Ok(None);
    };
    if let Some(story) = store.story_record(id)? {
        return Ok(Some(story));
    }
    store
        .merged_into(id)?
        .map_or(Ok(None), |elder| store.story_record(elder))
}

fn title<'a>(story: &Story, articles: &'a [StoredArticle]) -> Option<&'a str> {
    let chosen = articles.iter().find(|stored| stored.id == story.representative)?;
    Some(&chosen.article.title)
}

fn article(shared: &Shared, story: &Story, stored: &StoredArticle) -> Result<Value, store::Error> {
    let article = &stored.article;
    let evidence = stored.region.evidence.iter().map(|evidence| {
        json!({
            "kind": evidence.kind,
            "region": named(shared, evidence.code),
            "text": evidence.text,
        })
    });
    Ok(json!({
        "url": article.url,
        "title": article.title,
        "source": article.source,
        "satker": article.satker,
        "represents": stored.id == story.representative,
        "published": article.published,
        "seen": article.seen,
        "author": article.author,
        "characters": article.text.chars().count(),
        "region": named(shared, stored.region.event),
        "unit": stored.region.unit.map(|code| named(shared, code)),
        "evidence": evidence.collect::<Vec<_>>(),
        "joined": joined(shared, stored)?,
    }))
}

/// How an article came to its story, and what it was kept apart from.
fn joined(shared: &Shared, stored: &StoredArticle) -> Result<Value, store::Error> {
    let how = match &stored.joined.how {
        How::First => json!({ "how": "first" }),
        How::SameText(with) => json!({ "how": "same-text", "with": url(shared, *with)? }),
        How::Alike(comparison) => {
            let mut row = compared(shared, comparison)?;
            row["how"] = "alike".into();
            row
        }
    };
    let mut rejected = Vec::with_capacity(stored.joined.rejected.len());
    for comparison in &stored.joined.rejected {
        rejected.push(compared(shared, comparison)?);
    }
    Ok(json!({ "by": how, "rejected": rejected }))
}

fn compared(shared: &Shared, comparison: &Comparison) -> Result<Value, store::Error> {
    let Comparison { with, verdict } = comparison;
    Ok(json!({ "with": url(shared, *with)?, "why": verdict.why, "figures": verdict.figures }))
}

fn url(shared: &Shared, article: ArticleId) -> Result<Option<String>, store::Error> {
    Ok(shared.store.article(article)?.map(|stored| stored.article.url))
}

fn named(shared: &Shared, code: RegionCode) -> Value {
    let name = shared.gazetteer.region(code).map(|region| region.name.as_str());
    json!({ "code": code, "name": name })
}

fn edit(edit: &Edit) -> Value {
    json!({ "at": edit.at, "by": edit.by, "change": edit.change })
}
