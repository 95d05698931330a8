//! The link from a list to its next, older page, by what it is, by what it says, or by its number.

use scraper::{ElementRef, Html};
use url::Url;

use super::super::address::{number, same_site, without};
use super::super::selector::known;
use super::super::{one_line, web_address};
use crate::model::Document;

/// What such links say, in lower case, arrows taken off.
const WORDS: [&str; 18] = [
    "selanjutnya",
    "berikutnya",
    "halaman selanjutnya",
    "halaman berikutnya",
    "laman berikutnya",
    "older",
    "older posts",
    "older entries",
    "next",
    "next page",
    "next posts",
    "lebih lama",
    "postingan lama",
    "postingan lebih lama",
    "posting lama",
    "pos lama",
    "entri lama",
    "sebelumnya lagi",
];
/// What such links show instead of words.
const ARROWS: [&str; 6] = ["»", "›", ">", ">>", "→", "❯"];
/// Words in their classes, in lower case.
const CLASSES: [&str; 4] = ["next", "older", "nextpostslink", "nextpage"];
/// Parameters that count pages or items.
const COUNTERS: [&str; 9] = [
    "page",
    "paged",
    "start",
    "limitstart",
    "halaman",
    "hal",
    "p",
    "offset",
    "per_page",
];
/// The most links that are looked at.
const MAX_LINKS: usize = 3_000;

/// The first of: `rel=next`, words, an arrow or class, the number after this page's.
pub(super) fn find(page: &Html, base: &Url, document: &Document, articles: &[Url]) -> Option<Url> {
    let here = without(&document.url, &[]);
    let leads = |link: ElementRef<'_>| {
        let url = without(&web_address(base, link.attr("href")?)?, &[]);
        let grows = match (count(&url), count(&here)) {
            (Some(next), Some(this)) => next > this,
            // From a numbered page an unnumbered one leads back to the first.
            (None, Some(_)) => false,
            (_, None) => true,
        };
        (url != here && grows && same_site(&url, &here) && !articles.contains(&url)).then_some(url)
    };
    let stated = known("link[rel~=next][href], a[rel~=next][href]");
    let links = known("a[href]");
    let all = || page.select(&links).take(MAX_LINKS);
    page.select(&stated)
        .find_map(leads)
        .or_else(|| all().filter(|link| says_next(*link)).find_map(leads))
        .or_else(|| all().filter(|link| is_named_next(*link)).find_map(leads))
        .or_else(|| {
            let following = (page_number(&here).unwrap_or(1).saturating_add(1)).to_string();
            let numbered = all().filter(|link| super::super::words(*link) == following);
            numbered.filter_map(leads).find(|url| count(url).is_some())
        })
}

fn says_next(link: ElementRef<'_>) -> bool {
    let said = [Some(super::super::words(link))]
        .into_iter()
        .chain([link.attr("aria-label"), link.attr("title")].map(|text| text.map(one_line)));
    said.flatten().any(|text| {
        let text = text.to_lowercase();
        let words = text.trim_matches(|letter: char| !letter.is_alphanumeric()).trim();
        ARROWS.contains(&text.as_str()) || WORDS.contains(&words)
    })
}

/// Whether the link or the item it stands in is called "next".
fn is_named_next(link: ElementRef<'_>) -> bool {
    let parent = link.parent().and_then(ElementRef::wrap);
    [Some(link), parent].into_iter().flatten().any(|element| {
        element.value().classes().any(|class| {
            let class = class.to_ascii_lowercase();
            class.split(['-', '_']).any(|word| CLASSES.contains(&word))
        })
    })
}

/// What a page's address counts: pages or items.
fn count(url: &Url) -> Option<u32> {
    COUNTERS
        .iter()
        .find_map(|key| number(url, key))
        .or_else(|| number_in_path(url))
}

/// The number of a page; items that are counted do not give one.
fn page_number(url: &Url) -> Option<u32> {
    ["page", "paged", "halaman", "hal", "p"]
        .iter()
        .find_map(|key| number(url, key))
        .or_else(|| number_in_path(url))
}

/// `/page/2/`, `/halaman/2`.
fn number_in_path(url: &Url) -> Option<u32> {
    let segments: Vec<&str> = url.path().split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        [.., "page" | "halaman" | "hal" | "p", number] => number.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::document;
    use super::super::next_page;

    #[test]
    fn the_next_page_is_found_however_it_is_marked() {
        for (markup, next) in [
            ("<link rel=next href=/berita/page/2/>", Some("/berita/page/2/")),
            ("<a rel='next nofollow' href='?page=2'>x</a>", Some("/berita?page=2")),
            (
                "<a href=/>Beranda</a><a href='?start=10'>Selanjutnya »</a>",
                Some("/berita?start=10"),
            ),
            (
                "<a class=blog-pager-older-link href='/search?updated-max=2026&max-results=5'>Postingan Lama</a>",
                Some("/search?updated-max=2026&max-results=5"),
            ),
            (
                "<ul class=pagination><li><a href='?page=1'>1</a><li><a href='?page=2'>2</a><li><a href='?page=9'>9</a></ul>",
                Some("/berita?page=2"),
            ),
            (
                "<a href='?p=2' aria-label='Berikutnya'><i></i></a>",
                Some("/berita?p=2"),
            ),
            ("<li class=next><a href=/lama><i></i></a></li>", Some("/lama")),
            ("<a href='?page=2'>»</a>", Some("/berita?page=2")),
            ("<a href='#'>Selanjutnya</a>", None),
            ("<a href=/berita>Next</a>", None),
            ("<a href=https://lain.example/2>Next</a>", None),
            ("<a href=javascript:lanjut()>Next</a>", None),
            ("<a href=/berita/x>Baca Selanjutnya</a>", None),
        ] {
            let found = next_page(&document("https://a.example/berita", markup)).map(String::from);
            assert_eq!(found, next.map(|next| format!("https://a.example{next}")), "{markup}");
        }
    }

    #[test]
    fn numbers_grow_from_page_to_page() {
        for (at, markup, next) in [
            (
                "?page=3",
                "<a href='?page=2'>Next</a><a href='?page=4'>4</a>",
                Some("?page=4"),
            ),
            ("?page=3", "<a rel=next href='?page=3'>x</a>", None),
            (
                "?start=20",
                "<a href='?start=10'>»</a><a href='?start=30'>»</a>",
                Some("?start=30"),
            ),
            ("?page=2", "<a href='/berita'>Next</a>", None),
        ] {
            let page = document(&format!("https://a.example/berita{at}"), markup);
            let next = next.map(|next| format!("https://a.example/berita{next}"));
            assert_eq!(next_page(&page).map(String::from), next, "{at} {markup}");
        }
    }
}
