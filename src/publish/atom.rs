//! Atom 1.0 (RFC 4287) with GeoRSS, archive links (RFC 5005) and deleted entries (RFC 6721).

use std::collections::BTreeMap;

use atom_syndication::extension::{Extension, ExtensionMap};
use atom_syndication::{Category, Content, Entry, Feed, FixedDateTime, Generator, Link, Person, Text};

use super::entry::{cut, joined};
use super::view::escape;
use super::{Deleted, EntryView, FeedView, Format};
use crate::model::Image;

const MEDIA_TYPE: &str = "application/atom+xml";

/// What an entry begins and ends with. Nothing else in a feed does: `<` is escaped everywhere.
const OPEN: &str = "<entry>";
const CLOSE: &str = "</entry>";

/// Writes a feed.
pub fn render(feed: &FeedView) -> Vec<u8> {
    let shell = shell(feed).to_string();
    let (before, _, after) = cut(&shell, OPEN, CLOSE);
    joined(
        before,
        feed.entries.iter().map(|entry| entry.written(Format::Atom)),
        after,
    )
}

/// Writes an entry as it stands in a feed.
pub fn render_entry(view: &EntryView) -> Vec<u8> {
    let alone = Feed {
        entries: vec![entry(view)],
        ..Feed::default()
    };
    cut(&alone.to_string(), OPEN, CLOSE).1.as_bytes().to_vec()
}

/// A feed with an empty entry where its entries belong.
fn shell(feed: &FeedView) -> Feed {
    Feed {
        id: feed.id.clone(),
        title: Text::plain(feed.title.clone()),
        subtitle: Some(Text::plain(feed.description.clone())),
        updated: date(&feed.updated),
        lang: Some(feed.language.to_owned()),
        generator: Some(Generator {
            value: "Warta".to_owned(),
            ..Generator::default()
        }),
        links: links(feed),
        namespaces: namespaces(feed),
        extensions: extensions(feed),
        entries: vec![Entry::default()],
        ..Feed::default()
    }
}

fn links(feed: &FeedView) -> Vec<Link> {
    let history = &feed.history;
    let own = history.address.as_deref().unwrap_or_else(|| feed.address(Format::Atom));
    let archives = [
        ("current", &history.current),
        ("prev-archive", &history.previous),
        ("next-archive", &history.next),
    ];
    let mut links = vec![
        link("self", own, Some(MEDIA_TYPE)),
        link("alternate", &feed.page, Some("text/html")),
    ];
    links.extend(feed.hub.iter().map(|hub| link("hub", hub, None)));
    links.extend(
        archives
            .into_iter()
            .filter_map(|(rel, to)| Some(link(rel, to.as_deref()?, Some(MEDIA_TYPE)))),
    );
    links
}

/// Those that the feed uses.
fn namespaces(feed: &FeedView) -> BTreeMap<String, String> {
    let mut namespaces = vec![("georss", "http://www.georss.org/georss")];
    if feed.history.is_archive {
        namespaces.push(("fh", "http://purl.org/syndication/history/1.0"));
    }
    if !feed.deleted.is_empty() {
        namespaces.push(("at", "http://purl.org/atompub/tombstones/1.0"));
    }
    let owned = namespaces
        .into_iter()
        .map(|(prefix, uri)| (prefix.to_owned(), uri.to_owned()));
    owned.collect()
}

/// That the feed is an archive (RFC 5005), and the entries that are no more (RFC 6721).
fn extensions(feed: &FeedView) -> ExtensionMap {
    let mut map = ExtensionMap::new();
    if feed.history.is_archive {
        let archive = Extension {
            name: "fh:archive".to_owned(),
            ..Extension::default()
        };
        map.insert("fh".to_owned(), BTreeMap::from([("archive".to_owned(), vec![archive])]));
    }
    if !feed.deleted.is_empty() {
        let deleted = feed.deleted.iter().map(deleted_entry).collect();
        map.insert("at".to_owned(), BTreeMap::from([("deleted-entry".to_owned(), deleted)]));
    }
    map
}

fn deleted_entry(deleted: &Deleted) -> Extension {
    let comment = Extension {
        name: "at:comment".to_owned(),
        value: Some(deleted.reason.clone()),
        ..Extension::default()
    };
    // The crate writes attributes as they are: an id's authority is configured, and might hold anything.
    let attributes = [("ref", escape(&deleted.id)), ("when", deleted.when.clone())];
    Extension {
        name: "at:deleted-entry".to_owned(),
        attrs: attributes
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        children: BTreeMap::from([("comment".to_owned(), vec![comment])]),
        ..Extension::default()
    }
}

fn entry(view: &EntryView) -> Entry {
    let mut links = vec![link("alternate", &view.link, Some("text/html"))];
    links.extend(view.copies.iter().map(|copy| Link {
        title: Some(copy.name.clone()),
        ..link("related", &copy.url, None)
    }));
    links.extend(view.image.as_ref().map(|image| Link {
        length: image.length.map(|length| length.to_string()),
        ..link("enclosure", &image.url, Some(&image_type(image)))
    }));
    // On each of them, not on the entry: labels and names are in our own language.
    let text = |value: &str| Text {
        lang: view.language.clone(),
        ..Text::plain(value.to_owned())
    };
    Entry {
        id: view.id.clone(),
        title: text(&view.title),
        published: Some(date(&view.published)),
        updated: date(&view.updated),
        authors: vec![Person {
            name: view.author.clone(),
            ..Person::default()
        }],
        categories: view
            .categories
            .iter()
            .map(|category| Category {
                term: category.term.clone(),
                scheme: Some(category.scheme.clone()),
                label: Some(category.label.clone()),
            })
            .collect(),
        links,
        summary: (!view.summary.is_empty()).then(|| text(&view.summary)),
        content: Some(Content {
            value: Some(view.html.clone()),
            content_type: Some("html".to_owned()),
            lang: view.language.clone(),
            ..Content::default()
        }),
        extensions: georss(view),
        ..Entry::default()
    }
}

fn link(rel: &str, href: &str, mime_type: Option<&str>) -> Link {
    Link {
        href: href.to_owned(),
        rel: rel.to_owned(),
        mime_type: mime_type.map(str::to_owned),
        ..Link::default()
    }
}

fn georss(view: &EntryView) -> ExtensionMap {
    let Some((lat, lon)) = view.point else {
        return ExtensionMap::new();
    };
    let point = Extension {
        name: "georss:point".to_owned(),
        value: Some(format!("{lat:.4} {lon:.4}")),
        ..Extension::default()
    };
    let points = BTreeMap::from([("point".to_owned(), vec![point])]);
    ExtensionMap::from([("georss".to_owned(), points)])
}

fn date(rfc3339: &str) -> FixedDateTime {
    rfc3339.parse().expect("the view writes dates as RFC 3339")
}

/// The media type of an image: the stated one, else by the ending of its address.
pub fn image_type(image: &Image) -> String {
    if let Some(mime) = &image.mime {
        return mime.clone();
    }
    let path = image
        .url
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let known = [
        (".png", "image/png"),
        (".gif", "image/gif"),
        (".webp", "image/webp"),
        (".avif", "image/avif"),
    ];
    known
        .iter()
        .find(|(ending, _)| path.ends_with(ending))
        .map_or("image/jpeg", |(_, mime)| mime)
        .to_owned()
}
