//! The JSON Schema of the configuration, for editors: `warta check --schema` prints it. The settings, their defaults and
//! what they mean are read off the shipped `warta.toml`, the kinds of source off `sources`; only what a default does not show
//! stands here. It says less than `load`, which has the last word: whether parts fit together is not in it.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::sources::{ARTICLE_KEYS, KINDS, KUMPARAN_KEYS, LISTING_KEYS, SATKER_KEYS, SOURCE_KEYS};
use super::tree::{self, Kind, Place, Source, Table, Value};
use super::units::{parse_duration, parse_size};

/// The file that is shipped: every setting with its default, below a comment.
const SHIPPED: &str = include_str!("../../config/warta.toml");

/// A whole number and a unit of time.
const DURATION: &str = "^[0-9]+(ms|s|m|h|d)$";
/// A whole number and a unit of size.
const SIZE: &str = "^[0-9]+(B|KiB|MiB|GiB)$";
/// What the ids of units and sources are made of.
const ID: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";
/// The code of a region, of the country too.
const REGION: &str = "^(ID|[0-9]{2}(\\.[0-9]{2})?)$";

/// What a setting may be, where its default does not show it: section, key, and what is added to its schema. A test tries
/// each bound on the real reading.
fn bounds(section: &str, key: &str) -> Option<Json> {
    let between = |least: u32, most: u32| Some(json!({ "minimum": least, "maximum": most }));
    match (section, key) {
        ("site", "language") => Some(json!({ "enum": ["id", "en"] })),
        ("store", "keep_days") => between(0, 36_500),
        ("crawl", "concurrency") => between(1, 1_024),
        ("crawl", "host_concurrency") => between(1, 16),
        ("dedupe", "window_days") => between(0, 365),
        _ => None,
    }
}

/// The schema of `warta.toml` and of the source files that it includes: one file is either.
pub fn schema() -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of Warta: warta.toml, or a source file that it includes",
        "anyOf": [{ "$ref": "#/$defs/main" }, { "$ref": "#/$defs/sources" }],
        "$defs": {
            "main": main(),
            "sources": object(sources(), &[]),
        },
    })
}

/// `warta.toml`, read off the shipped one.
fn main() -> Json {
    let source = Arc::new(Source {
        path: PathBuf::from("warta.toml"),
        text: Arc::from(SHIPPED),
        bare: None,
    });
    // A test loads the shipped file, so that it is TOML.
    let table = tree::parse(&source).unwrap_or_default();
    object(settings("", &table), &[])
}

fn settings(section: &str, table: &Table) -> Map<String, Json> {
    let setting = |(key, (place, value)): (&String, &(Place, Value))| {
        let schema = match &value.kind {
            Kind::Table(inner) => object(settings(key, inner), &[]),
            _ => setting(section, key, place, value),
        };
        (key.clone(), schema)
    };
    table.iter().map(setting).collect()
}

/// A setting: its kind and default are those of the shipped value, its description is the comment above it.
fn setting(section: &str, key: &str, place: &Place, value: &Value) -> Json {
    let mut schema = match &value.kind {
        Kind::Text(text) if parse_duration(text).is_ok() => json!({ "type": "string", "pattern": DURATION }),
        Kind::Text(text) if parse_size(text).is_ok() => json!({ "type": "string", "pattern": SIZE }),
        Kind::Text(_) => json!({ "type": "string" }),
        Kind::Whole(_) => json!({ "type": "integer" }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Flag(_) => json!({ "type": "boolean" }),
        Kind::List(_) => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Table(_) => json!({ "type": "object" }),
    };
    schema["default"] = plain(value);
    schema["description"] = comment_above(place).into();
    if let Some(Json::Object(more)) = bounds(section, key) {
        for (key, bound) in more {
            schema[key] = bound;
        }
    }
    schema
}

fn plain(value: &Value) -> Json {
    match &value.kind {
        Kind::Text(text) => text.as_str().into(),
        Kind::Whole(number) => (*number).into(),
        Kind::Flag(flag) => (*flag).into(),
        Kind::List(elements) => elements.iter().map(plain).collect(),
        Kind::Number | Kind::Table(_) => Json::Null,
    }
}

/// The comment right above a key, on one line.
fn comment_above(key: &Place) -> String {
    let before = key.source.text.get(..key.span.start).unwrap_or_default();
    let mut lines: Vec<&str> = before
        .lines()
        .rev()
        .map_while(|line| line.strip_prefix('#'))
        .map(str::trim)
        .collect();
    lines.reverse();
    lines.join(" ")
}

/// A source file.
fn sources() -> Map<String, Json> {
    let mut stated = keys(
        &[&SOURCE_KEYS[..], &LISTING_KEYS[..], &KUMPARAN_KEYS[..]].concat(),
        source_key,
    );
    let satkers_own = Json::Object(stated.clone());
    stated.insert("satker".to_owned(), source_key("satker"));
    let mut satker = keys(&SATKER_KEYS, satker_key);
    satker["source"]["items"] = json!({
        "type": "object", "properties": satkers_own, "required": ["kind", "url"], "additionalProperties": false,
    });
    let list = |what: &str, items: Json| json!({ "type": "array", "description": what, "items": items });
    Map::from_iter([
        (
            "satker".to_owned(),
            list("The units (satuan kerja).", object(satker, &["id", "name", "region"])),
        ),
        (
            "source".to_owned(),
            list(
                "The sources that stand under no unit, such as portals.",
                object(stated, &["id", "kind", "url"]),
            ),
        ),
    ])
}

/// The schemas of some keys.
fn keys(keys: &[&str], schema: impl Fn(&str) -> Json) -> Map<String, Json> {
    keys.iter().map(|key| ((*key).to_owned(), schema(key))).collect()
}

fn object(properties: Map<String, Json>, required: &[&str]) -> Json {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn text(description: &str) -> Json {
    json!({ "type": "string", "minLength": 1, "description": description })
}

fn matching(pattern: &str, description: &str) -> Json {
    json!({ "type": "string", "pattern": pattern, "description": description })
}

fn texts(description: &str) -> Json {
    json!({ "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [], "description": description })
}

fn satker_key(key: &str) -> Json {
    match key {
        "id" => matching(ID, "The unit's id, which is part of addresses."),
        "name" => text("The unit's full name."),
        "region" => matching(
            REGION,
            "The Kemendagri code of its region, as in \"35.09\"; `warta regions` lists them.",
        ),
        "ministry" => text("The ministry it belongs to."),
        "parent" => matching(ID, "The id of the unit above it."),
        "aliases" => texts("Other names that articles call it by."),
        "formerly" => json!({
            "type": "array", "items": { "type": "string", "pattern": ID }, "default": [],
            "description": "Its former ids: their addresses redirect for ever.",
        }),
        "source" => json!({ "type": "array", "description": "The places it publishes in." }),
        _ => json!({}),
    }
}

fn source_key(key: &str) -> Json {
    let kinds = KINDS.map(|(name, _)| name);
    match key {
        "id" => matching(
            ID,
            "The source's id. Default: the unit's id and the kind, as in \"lapas-jember-kumparan\".",
        ),
        "kind" => {
            json!({ "type": "string", "enum": kinds, "description": "What it is; \"auto\" finds out. `warta add URL` proposes one." })
        }
        "url" => matching("^https?://", "Its address."),
        "satker" => matching(ID, "The id of the unit whose it is, which stands in another file."),
        "region" => matching(
            REGION,
            "Where it belongs; for a portal a fallback only: each story is placed by what it says.",
        ),
        "include" => texts("Only articles with one of these in title or text."),
        "exclude" => texts("No article with one of these in title or text."),
        "interval" => matching(
            DURATION,
            "A fixed time between two crawls, 1s to 30d. Default: as often as it publishes.",
        ),
        "render" => {
            json!({ "type": "string", "enum": ["browser"], "description": "Lets the browser of crawl.browser show it first." })
        }
        "full_text" => json!({
            "type": "boolean", "default": true,
            "description": "Whether an article's page is fetched where the list has only a summary.",
        }),
        "republish" => json!({
            "type": "string", "enum": ["full", "excerpt", "link"],
            "description": "How much of an article is republished. Default: full for a unit's own source, else excerpt.",
        }),
        "article" => json!({
            "description": "CSS selectors for an article's page, instead of finding its parts.",
            "type": "object", "properties": keys(&ARTICLE_KEYS, article_key), "additionalProperties": false,
        }),
        "item" => text(
            "listing: the CSS selector of each article in the list; without it the list is found by its structure.",
        ),
        "link" => text("listing: the CSS selector of the link in an item."),
        "title" => text("listing: the CSS selector of the title in an item."),
        "date" => text("listing: the CSS selector of the date in an item."),
        "query" => text(
            "kumparan: the address of the GraphQL operation that lists the account's stories, asked before its page.",
        ),
        "next" => text("listing: the CSS selector of the link to the next page of the list."),
        _ => json!({}),
    }
}

fn article_key(key: &str) -> Json {
    match key {
        "title" => text("The CSS selector of the title."),
        "body" => text("The CSS selector of the text."),
        "date" => text("The CSS selector of the date."),
        "author" => text("The CSS selector of the author."),
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests;
