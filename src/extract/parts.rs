//! The next part of an article that is spread over several addresses: `?page=2`, `/2`, or all of it at `/all`. Only
//! addresses that are this page's own with a number behind count; "next" often leads to another article.

use scraper::{ElementRef, Html};
use url::Url;

use super::select::Page;
use super::{base, words};
use crate::gate;
use crate::model::Document;

/// Query keys that number the parts of an article.
const KEYS: &[&str] = &["page", "halaman", "hal", "p", "part", "pg"];
/// Values that ask for the whole article.
const WHOLE: &[&str] = &["all", "semua", "full"];
/// What stands in every address that asks for the whole.
const WHOLE_SIGNS: &[&str] = &["all", "semua", "full", "single"];
/// The longest address that is looked at, in bytes.
const LONGEST: usize = 2_000;
/// The most parts an article has.
const MOST: u32 = 20;

/// The address of the part after this one; where parts are not linked by number, of the whole article ([`is_whole`]),
/// which stands in place of what was read before. Nothing on the last part and on pages that are not spread.
pub fn next_part(document: &Document) -> Option<Url> {
    if is_whole(&document.url) || document.body.len() > gate::MAX_BYTES {
        return None;
    }
    let text = gate::decode(document);
    let (stem, number) = part(&document.url);
    if !may_lead_on(&text, &document.url, &stem, number) {
        return None;
    }
    let page = Html::parse_document(&gate::thinned(document, |_, _| false).ok()?);
    let page = Page::of(&page);
    let base = base(&page, &document.url);
    let links: Vec<Url> = page
        .select("a[href], link[rel=next][href]")
        .filter(is_of_article)
        .filter_map(|link| base.join(link.attr("href")?.trim()).ok())
        .filter(|url| url.host_str() == document.url.host_str())
        .collect();
    let following = links.iter().find(|url| {
        let (other, value) = part(url);
        other == stem && value == number + 1 && value <= MOST
    });
    let whole = || {
        links
            .iter()
            .find(|url| number == 1 && is_whole(url) && part(url).0 == stem)
    };
    following.or_else(whole).map(|url| {
        let mut url = url.clone();
        url.set_fragment(None);
        url
    })
}

/// Whether an address in the text may be that of a further part, told without a tree: the tree costs a hundred times as
/// much, and few articles have parts.
fn may_lead_on(text: &str, own: &Url, stem: &str, number: u32) -> bool {
    let stated = text.find("<base").or_else(|| text.find("<BASE")).and_then(|at| {
        let tag = text[at..].split('>').next()?;
        let href = tag.find("href").or_else(|| tag.find("HREF"))?;
        own.join(value_after(&tag[href + 4..])?).ok()
    });
    let base = stated.as_ref().unwrap_or(own);
    let mut all = text.match_indices("href").chain(text.match_indices("HREF"));
    all.any(|(at, _)| {
        let Some(value) = value_after(&text[at + 4..]).filter(|value| value.len() <= LONGEST) else {
            return false;
        };
        if !may_number(value, number + 1) {
            return false;
        }
        let value = value.replace("&amp;", "&");
        // Other character references may stand for anything.
        if value.contains("&#") {
            return true;
        }
        let Ok(url) = base.join(value.trim()) else { return false };
        let (other, value) = part(&url);
        (is_whole(&url) || value == number + 1) && other == stem
    })
}

/// Whether a part's number or what asks for the whole may stand in an address, told by its letters alone.
fn may_number(address: &str, number: u32) -> bool {
    let written = number.to_string();
    // Escaped by `%` or as a character reference, it may be written otherwise.
    address.contains(&written) || address.contains(['%', '&']) || WHOLE_SIGNS.iter().any(|sign| address.contains(sign))
}

/// The value of an attribute, from the sign behind its name on.
fn value_after(rest: &str) -> Option<&str> {
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    match rest.chars().next()? {
        quote @ ('"' | '\'') => rest[1..].split(quote).next(),
        _ => rest
            .split(|letter: char| letter.is_whitespace() || letter == '>')
            .next(),
    }
}

/// Whether the address asks for all parts at once.
pub fn is_whole(url: &Url) -> bool {
    let in_query = url.query_pairs().any(|(key, value)| {
        let named = KEYS.contains(&&*key) || matches!(&*key, "showpage" | "show");
        (named && WHOLE.contains(&&*value)) || (key == "single" && value == "1")
    });
    let in_path = url
        .path()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .is_some_and(|last| last == "all");
    in_query || in_path
}

/// The address without what numbers its part, and the number: 1 where there is none.
fn part(url: &Url) -> (String, u32) {
    let mut number = 1;
    let mut path = url.path().trim_end_matches('/');
    if let Some((before, last)) = path.rsplit_once('/') {
        let is_part = last.len() <= 2 && last.parse::<u32>().is_ok_and(|value| (2..=MOST).contains(&value));
        let before = before.strip_suffix("/page").unwrap_or(before);
        if !before.is_empty() && (is_part || last == "all") {
            number = last.parse().unwrap_or(1);
            path = before;
        }
    }
    let kept: Vec<String> = url
        .query_pairs()
        .filter(|(key, value)| {
            let numbers = KEYS.contains(&&**key) && value.parse::<u32>().is_ok_and(|value| value <= MOST);
            if numbers {
                number = value.parse().unwrap_or(1).max(1);
            }
            let whole = (KEYS.contains(&&**key) || matches!(&**key, "showpage" | "show")) && WHOLE.contains(&&**value);
            !(numbers || whole || key == "single" || key.starts_with("utm_"))
        })
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    (format!("{path}?{}", kept.join("&")), number)
}

/// Comments and lists have pages too.
fn is_of_article(link: &ElementRef<'_>) -> bool {
    let named = |element: &ElementRef<'_>| {
        let names = [element.attr("class"), element.attr("id")];
        names.into_iter().flatten().any(|names| {
            let names = names.to_ascii_lowercase();
            ["comment", "komentar", "related", "terkait", "sidebar"]
                .iter()
                .any(|part| names.contains(part))
        })
    };
    !words(*link).to_lowercase().contains("komentar")
        && !link
            .ancestors()
            .filter_map(ElementRef::wrap)
            .any(|around| named(&around))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::samples;

    fn next(url: &str, html: &str) -> Option<String> {
        let document = samples::document(url, html.as_bytes());
        next_part(&document).map(|url| url.to_string())
    }

    #[test]
    fn the_next_part_is_the_same_address_with_the_next_number() {
        for (url, href, expected) in [
            ("https://a.example/x", "?page=2", "https://a.example/x?page=2"),
            ("https://a.example/x?page=2", "/x?page=3", "https://a.example/x?page=3"),
            ("https://a.example/x/", "/x/2/", "https://a.example/x/2/"),
            ("https://a.example/x/2/", "/x/3/#isi", "https://a.example/x/3/"),
            (
                "https://a.example/?p=123",
                "/?p=123&page=2",
                "https://a.example/?p=123&page=2",
            ),
            ("https://a.example/x", "/x?page=all", "https://a.example/x?page=all"),
            ("https://a.example/x", "/x/all", "https://a.example/x/all"),
        ] {
            assert_eq!(
                next(url, &format!("<a href='{href}'>Selanjutnya</a>")).as_deref(),
                Some(expected),
                "{url} {href}"
            );
        }
    }

    #[test]
    fn a_page_that_is_not_spread_has_no_next_part() {
        for (url, html) in [
            ("https://a.example/x", "<a href=/y>Selanjutnya</a>"),
            ("https://a.example/x", "<a href=/y?page=2>2</a>"),
            ("https://a.example/x", "<a href=?page=3>3</a>"),
            ("https://a.example/x?page=3", "<a href=?page=2>2</a>"),
            ("https://a.example/x?page=all", "<a href=?page=2>2</a>"),
            ("https://a.example/x", "<div id=comments><a href=?page=2>2</a></div>"),
            ("https://a.example/x", "<a href=https://b.example/x?page=2>2</a>"),
            ("https://a.example/", "<a href=/page/2>2</a>"),
        ] {
            assert_eq!(next(url, html), None, "{url} {html}");
        }
    }

    #[test]
    fn an_address_is_seen_however_it_is_written() {
        for link in [
            "<a href=?page=2>2</a>",
            "<a class=x href = '/x?page=2'>2</a>",
            "<A HREF=\"https://a.example/x?a=1&amp;page=2\">2</A>",
            "<a href='&#63;page=2'>2</a>",
            "<base href=https://a.example/><a href='x?page=2'>2</a>",
            "<link rel=next href=/x/2/>",
        ] {
            assert!(
                next("https://a.example/x?a=1", link).is_some() || next("https://a.example/x", link).is_some(),
                "{link}"
            );
        }
    }

    #[test]
    fn numbers_come_before_the_whole() {
        let html = "<a href='?page=all'>Semua</a><a href='?page=2'>2</a>";
        assert_eq!(
            next("https://a.example/x", html).as_deref(),
            Some("https://a.example/x?page=2")
        );
    }
}
