//! Lists that a page states for machines: an `ItemList`, or articles one beside the other, in JSON-LD. One article alone
//! is no list (`extract`).

use std::collections::HashSet;

use scraper::Html;
use serde_json::Value;
use url::Url;

use super::address::{same_site, without};
use super::selector::known;
use super::{MAX_ITEMS, one_line, shape, web_address};
use crate::model::{Document, Entry, RawDate};

/// The most blocks of JSON-LD that are read.
const MAX_SCRIPTS: usize = 50;
/// How deep lists are looked for.
const MAX_DEPTH: usize = 12;

/// One thing in a list: its address as written, its name, its date.
pub(super) struct Item {
    /// The address, not resolved.
    pub address: String,
    /// What it is called; may be empty.
    pub name: String,
    /// When it was published.
    pub published: Option<String>,
}

/// Every item of the page's lists, in their order.
pub(super) fn items(page: &Html) -> Vec<Item> {
    let mut found = Vec::new();
    for script in page
        .select(&known(r#"script[type="application/ld+json"]"#))
        .take(MAX_SCRIPTS)
    {
        if let Ok(value) = serde_json::from_str::<Value>(&script.text().collect::<String>()) {
            collect(&value, 0, &mut found);
        }
    }
    found
}

/// The articles of the page's lists that are on the same site.
pub(super) fn listed(page: &Html, base: &Url, document: &Document) -> Vec<Entry> {
    let here = without(&document.url, &[]);
    let mut seen = HashSet::from([here.clone()]);
    let entries = items(page).into_iter().filter_map(|item| {
        let url = without(&web_address(base, &item.address)?, &[]);
        let is_article = same_site(&url, &here) && shape::likeness(&url) > -2;
        (is_article && seen.insert(url.clone())).then(|| Entry {
            url: Some(url),
            title: Some(item.name).filter(|name| !name.is_empty()),
            published: item.published.map(RawDate::Text),
            ..Entry::default()
        })
    });
    let entries: Vec<Entry> = entries.take(MAX_ITEMS).collect();
    if entries.len() < 2 { Vec::new() } else { entries }
}

fn collect(value: &Value, depth: usize, found: &mut Vec<Item>) {
    if depth > MAX_DEPTH || found.len() >= MAX_ITEMS {
        return;
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, depth + 1, found)),
        Value::Object(object) if !is(&value["@type"], "BreadcrumbList") => {
            if is_article(&value["@type"]) {
                found.extend(item(value));
                return;
            }
            let below = ["@graph", "itemListElement", "mainEntity", "blogPost", "hasPart"];
            for key in below {
                match object.get(key) {
                    Some(Value::Array(values)) if key == "itemListElement" => {
                        found.extend(values.iter().filter_map(item).take(MAX_ITEMS));
                    }
                    Some(value) => collect(value, depth + 1, found),
                    None => {}
                }
            }
        }
        _ => {}
    }
}

fn item(value: &Value) -> Option<Item> {
    let text = |key: &str| value[key].as_str().or_else(|| value["item"][key].as_str());
    let address = text("url")
        .or_else(|| text("@id"))
        .or_else(|| value["item"].as_str())
        .or_else(|| value["mainEntityOfPage"].as_str())
        .or_else(|| value["mainEntityOfPage"]["@id"].as_str())?;
    Some(Item {
        address: address.to_owned(),
        name: one_line(text("headline").or_else(|| text("name")).unwrap_or_default()),
        published: text("datePublished").map(str::to_owned),
    })
}

fn is_article(kind: &Value) -> bool {
    ["Article", "NewsArticle", "BlogPosting", "ReportageNewsArticle"]
        .iter()
        .any(|name| is(kind, name))
}

fn is(kind: &Value, name: &str) -> bool {
    match kind {
        Value::String(kind) => kind == name,
        Value::Array(kinds) => kinds.iter().any(|kind| is(kind, name)),
        _ => false,
    }
}
