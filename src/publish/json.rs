//! JSON Feed 1.1.

use serde_json::{Map, Value, json};

use super::entry::joined;
use super::{EntryView, FeedView, Format};
use crate::model::RegionCode;

/// Where the entries of a feed begin.
const ITEMS: &str = "\"items\":[";

/// Writes a feed.
pub fn render(feed: &FeedView) -> Vec<u8> {
    let mut value = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.description,
        "home_page_url": feed.page,
        "feed_url": feed.address(Format::Json),
        "language": feed.language,
        "items": [],
    });
    if let Some(hub) = &feed.hub {
        value["hubs"] = json!([{ "type": "WebSub", "url": hub }]);
    }
    let shell = value.to_string();
    // No quote within a text stands without its backslash.
    let (before, after) = shell.split_once(ITEMS).unwrap_or((&shell, ""));
    let before = format!("{before}{ITEMS}");
    let entries = feed.entries.iter().map(|entry| entry.written(Format::Json));
    let commas = std::iter::once(&b""[..]).chain(std::iter::repeat(&b","[..]));
    joined(
        &before,
        commas.zip(entries).flat_map(|(comma, entry)| [comma, entry]),
        after,
    )
}

/// Writes an entry as it stands in a feed.
pub fn render_entry(entry: &EntryView) -> Vec<u8> {
    item(entry).to_string().into_bytes()
}

fn item(entry: &EntryView) -> Value {
    let mut item = Map::new();
    let mut put = |key: &str, value: Value| item.insert(key.to_owned(), value);
    put("id", json!(entry.id));
    put("url", json!(entry.link));
    put("title", json!(entry.title));
    put("content_html", json!(entry.html));
    if !entry.summary.is_empty() {
        put("summary", json!(entry.summary));
    }
    put("date_published", json!(entry.published));
    put("date_modified", json!(entry.updated));
    if let Some(language) = &entry.language {
        put("language", json!(language));
    }
    put("authors", json!([{ "name": entry.author }]));
    put(
        "tags",
        json!(
            entry
                .categories
                .iter()
                .map(|category| &category.label)
                .collect::<Vec<_>>()
        ),
    );
    if let Some(image) = &entry.image {
        let mut attachment = json!({ "url": image.url, "mime_type": super::atom::image_type(image) });
        if let Some(length) = image.length {
            attachment["size_in_bytes"] = json!(length);
        }
        put("image", json!(image.url));
        put("attachments", json!([attachment]));
    }
    put(
        "_warta",
        json!({
            "province": entry.region.province(),
            "regency": entry.region.regency(),
            "satker": entry.satker,
            "source": entry.source,
            "copies": entry.copies.iter().map(|copy| json!({ "url": copy.url, "source": copy.name })).collect::<Vec<_>>(),
            "national": entry.region == RegionCode::INDONESIA,
        }),
    );
    Value::Object(item)
}
