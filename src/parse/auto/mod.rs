//! HTML pages that list articles, read without any selector: blocks that repeat ([`blocks`]) are found by their
//! structure, dates and addresses; [`selectors`] puts what was found into words, [`next`] finds the older page. A page
//! that shows no list may still state one for machines (JSON-LD).

mod blocks;
mod dates;
mod next;
mod selectors;

use scraper::Html;
use url::Url;

use super::{base, json_ld};
use crate::gate;
use crate::model::{Document, Entry, ListingSelectors, Parsed, Problem};

/// Fewer blocks are no list.
const FEWEST: usize = 3;

/// Reads the articles a page lists, in its order; the same address once.
pub(super) fn entries(document: &Document) -> Parsed<Entry> {
    let mut parsed = Parsed::default();
    match gate::text(document) {
        Ok(text) => {
            let page = Html::parse_document(&text);
            parsed.items = listed(&page, document);
        }
        Err(refused) => parsed
            .problems
            .push(Problem::new(document.url.as_str(), refused.to_string())),
    }
    if parsed.items.is_empty() && parsed.problems.is_empty() {
        parsed.problems.push(Problem::new(
            document.url.as_str(),
            "no list of articles was found on the page: name one with the selector `item`",
        ));
    }
    parsed
}

fn listed(page: &Html, document: &Document) -> Vec<Entry> {
    let base = base(page, document);
    let shown = blocks::find(page, &base, document)
        .map(|list| list.entries(&base))
        .unwrap_or_default();
    if shown.is_empty() {
        json_ld::listed(page, &base, document)
    } else {
        shown
    }
}

/// Selectors that read the same articles from the page as [`entries`], none of them a class name that a program made
/// up. Nothing if there is no list, or none that selectors could tell from the rest.
pub(super) fn propose(document: &Document) -> Option<ListingSelectors> {
    let page = Html::parse_document(&gate::text(document).ok()?);
    let base = base(&page, document);
    let list = blocks::find(&page, &base, document)?;
    selectors::propose(&page, &list, &base, document)
}

/// The link to the next, older page. It is neither this page nor one of the articles, and where pages are numbered
/// their number grows.
pub(super) fn next_page(document: &Document) -> Option<Url> {
    let page = Html::parse_document(&gate::text(document).ok()?);
    let base = base(&page, document);
    let articles: Vec<Url> = blocks::find(&page, &base, document)
        .map(|list| list.entries(&base).into_iter().filter_map(|entry| entry.url).collect())
        .unwrap_or_default();
    next::find(&page, &base, document, &articles)
}
