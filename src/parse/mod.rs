//! From a fetched document to the entries it announces. This file only dispatches; each kind of source has its own.
//!
//! Dates stay words here ([`crate::model::RawDate::Text`]): `normalize::date` knows the zone and how exactly a date is
//! known, a timestamp would not tell. Nothing is cleaned, and no article page is read (`extract`).

mod address;
mod auto;
mod blogger;
mod feed;
mod hubs;
mod joomla;
mod json_ld;
mod kumparan;
mod listing;
mod repair;
pub mod selector;
mod shape;
mod sitemap;
mod taken;
mod wordpress;

use jiff::Timestamp;
use scraper::{ElementRef, Html};
use url::Url;

use crate::model::{Document, Entry, ListingSelectors, Parsed, SourceKind};

pub use feed::looks_like_feed;
pub use hubs::links;
pub use taken::taken_back;

/// The most entries of one document that are read.
const MAX_ITEMS: usize = 1_000;

/// What to ask for in a poll of a source: the first address, then what stands in for it. A further one is asked only
/// when the one before was not there, or when [`entries_for`] found no entry in it and a problem. `since` lets a site
/// leave out what it has not changed since then; not every kind can.
pub fn plan(kind: &SourceKind, url: &Url, since: Option<Timestamp>) -> Vec<Url> {
    match kind {
        SourceKind::Wordpress => wordpress::plan(url, since),
        SourceKind::Blogger => blogger::plan(url, since),
        SourceKind::Joomla => joomla::plan(url),
        SourceKind::Kumparan => kumparan::plan(url, None),
        SourceKind::KumparanQuery(query) => kumparan::plan(url, query.parse().ok()),
        SourceKind::Feed
        | SourceKind::Sitemap
        | SourceKind::Listing(_)
        | SourceKind::ListingAuto
        | SourceKind::Auto => vec![url.clone()],
    }
}

/// What to ask for everything a source still has, from the newest on: like [`plan`], in larger pages, to be followed
/// with [`next_page`].
pub fn archive(kind: &SourceKind, url: &Url) -> Vec<Url> {
    match kind {
        SourceKind::Wordpress => wordpress::archive(url),
        SourceKind::Blogger => blogger::archive(url),
        SourceKind::Joomla => joomla::archive(url),
        _ => plan(kind, url, None),
    }
}

/// Reads the entries of a source's document, in the document's order. A sitemap's are the newest first.
pub fn entries(document: &Document, kind: &SourceKind) -> Parsed<Entry> {
    entries_for(document, kind, &document.url, None)
}

/// The same for a document that stands in for the source at `source` (see [`plan`]): of a site's common list only what
/// is the source's own is read. A sitemap's pages that were not changed since `since` are left out.
pub fn entries_for(document: &Document, kind: &SourceKind, source: &Url, since: Option<Timestamp>) -> Parsed<Entry> {
    match kind {
        SourceKind::Feed => feed::entries(document),
        SourceKind::Wordpress => wordpress::entries(document),
        SourceKind::Blogger => feed::entries(document),
        SourceKind::Joomla => joomla::entries(document),
        SourceKind::Sitemap => sitemap::entries(document, since),
        SourceKind::Listing(selectors) => listing::entries(document, selectors),
        SourceKind::ListingAuto => auto::entries(document),
        SourceKind::Kumparan | SourceKind::KumparanQuery(_) => kumparan::entries(document, source),
        SourceKind::Auto => match looks_like(document) {
            SourceKind::Auto => auto::entries(document),
            kind => entries_for(document, &kind, source, since),
        },
    }
}

/// The further documents one poll has to read: the lists an index of sitemaps names, those that may hold news first,
/// a handful at most. None for other documents.
pub fn parts(document: &Document, kind: &SourceKind, since: Option<Timestamp>) -> Vec<Url> {
    match kind {
        SourceKind::Sitemap | SourceKind::Auto => sitemap::parts(document, since),
        _ => Vec::new(),
    }
}

/// The address of the next, older page. It is never the document's own; how many are followed is the caller's to bound,
/// for a site may lead in a larger circle.
pub fn next_page(document: &Document, kind: &SourceKind) -> Option<Url> {
    let next = match kind {
        SourceKind::Wordpress => wordpress::next_page(document),
        SourceKind::Blogger => blogger::next_page(document),
        SourceKind::Joomla => joomla::next_page(document),
        SourceKind::Listing(selectors) if selectors.next.is_some() => listing::next_page(document, selectors),
        SourceKind::Listing(_) | SourceKind::ListingAuto => auto::next_page(document),
        SourceKind::Auto => match looks_like(document) {
            SourceKind::Auto => auto::next_page(document),
            kind => next_page(document, &kind),
        },
        SourceKind::Feed | SourceKind::Sitemap | SourceKind::Kumparan | SourceKind::KumparanQuery(_) => None,
    };
    next.filter(|next| *next != document.url)
}

/// The kind of source a document by itself looks like; [`SourceKind::Auto`] for any page of HTML.
pub fn looks_like(document: &Document) -> SourceKind {
    if looks_like_feed(document) {
        SourceKind::Feed
    } else if sitemap::looks_like_sitemap(document) {
        SourceKind::Sitemap
    } else if wordpress::looks_like_posts(document) {
        SourceKind::Wordpress
    } else if kumparan::is_kumparan(&document.url) {
        SourceKind::Kumparan
    } else {
        SourceKind::Auto
    }
}

/// Selectors that read from the page what [`SourceKind::ListingAuto`] reads; nothing if there are none that would last.
pub fn propose(document: &Document) -> Option<ListingSelectors> {
    auto::propose(document)
}

/// The words of an element on one line.
fn words(element: ElementRef<'_>) -> String {
    one_line(&element.text().collect::<String>())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the links of a page are relative to.
fn base(page: &Html, document: &Document) -> Url {
    let stated = selector::known("base[href]");
    page.select(&stated)
        .next()
        .and_then(|base| document.url.join(base.attr("href")?).ok())
        .unwrap_or_else(|| document.url.clone())
}

/// An address of the web; nothing for `javascript:`, `mailto:` and what cannot be read.
fn web_address(base: &Url, href: &str) -> Option<Url> {
    let url = base.join(href.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::samples;
    use proptest::prelude::*;

    const KINDS: [SourceKind; 8] = [
        SourceKind::Feed,
        SourceKind::Wordpress,
        SourceKind::Blogger,
        SourceKind::Joomla,
        SourceKind::Sitemap,
        SourceKind::ListingAuto,
        SourceKind::Kumparan,
        SourceKind::Auto,
    ];

    /// A document with this body.
    pub(super) fn document(url: &str, body: &str) -> Document {
        samples::document(url, body.as_bytes())
    }

    /// Addresses as text.
    pub(super) fn strings(urls: &[Url]) -> Vec<String> {
        urls.iter().map(Url::to_string).collect()
    }

    /// The addresses of entries.
    pub(super) fn urls(parsed: &Parsed<Entry>) -> Vec<String> {
        let urls = parsed.items.iter().filter_map(|entry| entry.url.as_ref());
        urls.map(Url::to_string).collect()
    }

    /// Runs everything on a document, as every kind of source.
    fn read(url: &str, body: &str) {
        let document = document(url, body);
        for kind in &KINDS {
            for entry in entries(&document, kind).items {
                assert!(entry.url.is_some());
            }
            assert_ne!(next_page(&document, kind).as_ref(), Some(&document.url), "{kind:?}");
            assert!(parts(&document, kind, None).len() < 10);
            assert!(!plan(kind, &document.url, None).is_empty() && !archive(kind, &document.url).is_empty());
        }
        propose(&document);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_without_panic(body in any::<String>(), path in "[a-z0-9/?=&.-]{0,30}") {
            read(&format!("https://kumparan.com/{path}"), &body);
        }

        #[test]
        fn any_heap_of_markup_is_read_without_panic(
            path in "(|feed/|wp-json/wp/v2/posts\\?per_page=1|berita\\?start=9|feeds/posts/default\\?start-index=4294967295|page/4294967295)",
            body in "(<(urlset|sitemapindex|url|sitemap|loc|lastmod|item|entry|rss version=\"2.0\"|channel|article|li class=post|h2|time|a href=/berita/x-[a-c]-y-z|a rel=next href=\\?start=[0-9]|script id=__NEXT_DATA__|script type=application/ld\\+json)>|</(url|loc|li|a|script)>|\\[|\\{\"@type\":\"ItemList\",\"itemListElement\":|\"slug\":\"a\"|\\]|\\}|&amp;|&|2026-03-01|1 Maret 2026|é|/x){0,60}",
        ) {
            read(&format!("https://a.example/{path}"), &body);
        }
    }
}
