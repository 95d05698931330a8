//! From a fetched document to the entries it announces. This file only dispatches; each kind of source has its own.
//!
//! Dates stay words here ([`crate::model::RawDate::Text`]): `normalize::date` knows the zone and how exactly a date is
//! known, a timestamp would not tell. Nothing is cleaned, and no article page is read (`extract`).

mod feed;
mod kumparan;
mod listing;
mod repair;
pub mod selector;

use scraper::{ElementRef, Html};
use url::Url;

use crate::model::{Document, Entry, Parsed, SourceKind};

pub use feed::looks_like_feed;

/// Reads the entries of a source's document, in the document's order.
pub fn entries(document: &Document, kind: &SourceKind) -> Parsed<Entry> {
    match kind {
        SourceKind::Feed => feed::entries(document),
        SourceKind::Listing(selectors) => listing::entries(document, selectors),
        SourceKind::Kumparan => kumparan::entries(document),
    }
}

/// The address of the next, older page of a listing.
pub fn next_page(document: &Document, kind: &SourceKind) -> Option<Url> {
    match kind {
        SourceKind::Listing(selectors) => listing::next_page(document, selectors),
        SourceKind::Feed | SourceKind::Kumparan => None,
    }
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
