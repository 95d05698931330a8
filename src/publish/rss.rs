//! RSS 2.0 with the extensions readers know: `content:`, `dc:`, `atom:`, `media:`, `georss:`.

use std::collections::BTreeMap;

use rss::extension::atom::{AtomExtension, Link};
use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};
use rss::{Category, Channel, Enclosure, Guid, Item, Source};

use super::entry::{cut, joined};
use super::view::escape;
use super::{EntryView, FeedView, Format};

/// What an entry begins and ends with. Nothing else in a feed does: `<` is escaped everywhere but in an entry's content.
const OPEN: &str = "<item>";
const CLOSE: &str = "</item>";

/// Writes a feed.
pub fn render(feed: &FeedView) -> Vec<u8> {
    let shell = shell(feed).to_string();
    let (before, _, after) = cut(&shell, OPEN, CLOSE);
    joined(
        before,
        feed.entries.iter().map(|entry| entry.written(Format::Rss)),
        after,
    )
}

/// Writes an entry as it stands in a feed.
pub fn render_entry(entry: &EntryView) -> Vec<u8> {
    let alone = Channel {
        items: vec![item(entry)],
        ..Channel::default()
    };
    cut(&alone.to_string(), OPEN, CLOSE).1.as_bytes().to_vec()
}

/// A feed with an empty entry where its entries belong.
fn shell(feed: &FeedView) -> Channel {
    let namespaces = [
        ("atom", "http://www.w3.org/2005/Atom"),
        ("content", "http://purl.org/rss/1.0/modules/content/"),
        ("dc", "http://purl.org/dc/elements/1.1/"),
        ("georss", "http://www.georss.org/georss"),
        ("media", "http://search.yahoo.com/mrss/"),
    ];
    let own = Link {
        href: feed.address(Format::Rss).to_owned(),
        rel: "self".to_owned(),
        mime_type: Some("application/rss+xml".to_owned()),
        ..Link::default()
    };
    let hub = feed.hub.iter().map(|hub| Link {
        href: hub.clone(),
        rel: "hub".to_owned(),
        ..Link::default()
    });
    Channel {
        title: feed.title.clone(),
        link: feed.page.clone(),
        description: feed.description.clone(),
        language: Some(feed.language.to_owned()),
        generator: Some("Warta".to_owned()),
        atom_ext: Some(AtomExtension {
            links: std::iter::once(own).chain(hub).collect(),
        }),
        namespaces: namespaces
            .map(|(prefix, uri)| (prefix.to_owned(), uri.to_owned()))
            .into(),
        items: vec![Item::default()],
        ..Channel::default()
    }
}

fn item(entry: &EntryView) -> Item {
    Item {
        title: Some(entry.title.clone()),
        link: Some(entry.link.clone()),
        // Readers take a description for HTML, so that plain text has to be written as such.
        description: (!entry.summary.is_empty()).then(|| escape(&entry.summary)),
        content: Some(cdata_safe(&entry.html)),
        guid: Some(Guid {
            value: entry.id.clone(),
            permalink: false,
        }),
        pub_date: Some(entry.published_2822.clone()),
        source: Some(Source {
            url: entry.source_url.clone(),
            title: Some(entry.source.clone()),
        }),
        categories: entry
            .categories
            .iter()
            .map(|category| Category {
                name: category.term.clone(),
                domain: Some(category.scheme.clone()),
            })
            .collect(),
        enclosure: entry.image.as_ref().map(|image| Enclosure {
            url: image.url.clone(),
            length: image.length.unwrap_or(0).to_string(),
            mime_type: super::atom::image_type(image),
        }),
        atom_ext: (!entry.copies.is_empty()).then(|| AtomExtension {
            links: entry.copies.iter().map(|copy| related(&copy.url, &copy.name)).collect(),
        }),
        dublin_core_ext: Some(DublinCoreExtension {
            creators: vec![entry.author.clone()],
            languages: entry.language.iter().cloned().collect(),
            ..DublinCoreExtension::default()
        }),
        extensions: extensions(entry),
        ..Item::default()
    }
}

fn related(url: &str, name: &str) -> Link {
    Link {
        href: url.to_owned(),
        rel: "related".to_owned(),
        title: Some(name.to_owned()),
        ..Link::default()
    }
}

fn extensions(entry: &EntryView) -> ExtensionMap {
    let point = entry.point.map(|(lat, lon)| Extension {
        name: "georss:point".to_owned(),
        value: Some(format!("{lat:.4} {lon:.4}")),
        ..Extension::default()
    });
    let image = entry.image.as_ref().map(|image| Extension {
        name: "media:content".to_owned(),
        attrs: BTreeMap::from([
            ("medium".to_owned(), "image".to_owned()),
            ("type".to_owned(), super::atom::image_type(image)),
            ("url".to_owned(), image.url.clone()),
        ]),
        ..Extension::default()
    });
    let named = [("georss", "point", point), ("media", "content", image)];
    let present = named.into_iter().filter_map(|(prefix, name, extension)| {
        let elements = BTreeMap::from([(name.to_owned(), vec![extension?])]);
        Some((prefix.to_owned(), elements))
    });
    present.collect()
}

/// The crate writes content as CDATA, which ends at the first `]]>`; in HTML the escaped form is the same text.
fn cdata_safe(html: &str) -> String {
    html.replace("]]>", "]]&gt;")
}
