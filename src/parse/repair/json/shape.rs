//! The members of a JSON Feed, made what the specification says they are: feed-rs refuses a whole feed for one number
//! that should be a text. How the JSON is written is no concern here.

use std::mem::take;

use serde_json::{Map, Value};

use super::super::damage::{Damage, Damages};

/// The version that a feed without a known one gets.
const VERSION: &str = "https://jsonfeed.org/version/1.1";

/// Gives a feed's members the kinds that JSON Feed asks for; nothing if it has no items.
pub fn shape_feed(feed: &mut Map<String, Value>, at: usize, damages: &mut Damages) -> Option<()> {
    let Some(Value::Array(items)) = feed.get_mut("items").map(take) else {
        return None;
    };
    let is_known = |version: &Value| {
        version
            .as_str()
            .is_some_and(|text| text.starts_with("https://jsonfeed.org/version/1"))
    };
    if !feed.get("version").is_some_and(is_known) {
        damages.note(Damage::JsonShape("the version is not one of JSON Feed's"), at);
        feed.insert("version".to_owned(), VERSION.into());
    }
    for name in [
        "home_page_url",
        "feed_url",
        "language",
        "description",
        "icon",
        "favicon",
    ] {
        shape_text(feed, name, at, damages);
    }
    if !feed.get("title").is_some_and(Value::is_string) {
        damages.note(Damage::JsonShape("the feed has no title"), at);
        feed.insert("title".to_owned(), "".into());
    }
    shape_authors(feed, at, damages);
    let count = items.len();
    let items: Vec<Value> = items
        .into_iter()
        .filter_map(|item| match item {
            Value::Object(mut item) => {
                shape_item(&mut item, at, damages);
                Some(Value::Object(item))
            }
            _ => None,
        })
        .collect();
    if items.len() < count {
        damages.note(Damage::JsonShape("items that are no objects were skipped"), at);
    }
    feed.insert("items".to_owned(), Value::Array(items));
    Some(())
}

fn shape_item(item: &mut Map<String, Value>, at: usize, damages: &mut Damages) {
    for name in [
        "id",
        "url",
        "external_url",
        "title",
        "content_html",
        "content_text",
        "summary",
        "date_published",
        "date_modified",
    ] {
        shape_text(item, name, at, damages);
    }
    shape_authors(item, at, damages);
    if let Some(tags) = item.get_mut("tags") {
        let words: Vec<Value> = match take(tags) {
            Value::Array(tags) => tags.into_iter().filter(Value::is_string).collect(),
            Value::String(tag) => {
                damages.note(Damage::JsonShape("tags that are no list"), at);
                tag.split(',').map(|tag| tag.trim().into()).collect()
            }
            _ => Vec::new(),
        };
        *tags = Value::Array(words);
    }
    if let Some(attachments) = item.get_mut("attachments") {
        let is_whole = |attachment: &Value| {
            let has = |name: &str| attachment.get(name).is_some_and(Value::is_string);
            let size = attachment.get("size_in_bytes");
            has("url") && has("mime_type") && size.is_none_or(|size| size.is_u64() || size.is_null())
        };
        let list = match take(attachments) {
            Value::Array(list) => list,
            _ => Vec::new(),
        };
        let count = list.len();
        let whole: Vec<Value> = list.into_iter().filter(is_whole).collect();
        if whole.len() < count {
            damages.note(
                Damage::JsonShape("attachments without an address or a media type were skipped"),
                at,
            );
        }
        *attachments = Value::Array(whole);
    }
}

/// Makes a member a text: a number is written out, anything else goes.
fn shape_text(object: &mut Map<String, Value>, name: &str, at: usize, damages: &mut Damages) {
    let text = match object.get(name) {
        None | Some(Value::String(_) | Value::Null) => return,
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(_) => None,
    };
    damages.note(Damage::JsonShape("a member that should be a text is none"), at);
    object.remove(name);
    object.extend(text.map(|text| (name.to_owned(), text.into())));
}

fn shape_authors(object: &mut Map<String, Value>, at: usize, damages: &mut Damages) {
    let mut author = |value: Value| match value {
        Value::String(name) => {
            damages.note(Damage::JsonShape("an author that is only a name"), at);
            Some(Value::Object(Map::from_iter([("name".to_owned(), name.into())])))
        }
        Value::Object(mut author) => {
            author.retain(|name, value| (name == "name" || name == "url") && value.is_string());
            Some(Value::Object(author))
        }
        _ => None,
    };
    if let Some(value) = object.remove("author") {
        object.extend(author(value).map(|author| ("author".to_owned(), author)));
    }
    if let Some(value) = object.remove("authors") {
        let list = match value {
            Value::Array(list) => list,
            Value::Null => return,
            one => vec![one],
        };
        let authors = list.into_iter().filter_map(author).collect();
        object.insert("authors".to_owned(), Value::Array(authors));
    }
}
