//! Where a page hides its date that has it in none of the usual places: in a column beside the text, in the state that its
//! scripts read, before the first sentence, in one short line somewhere, or only as the date of its last change. Each of
//! them is a date that the page states of itself; where there are several that could be it, there is none.

use std::collections::BTreeSet;

use scraper::{ElementRef, Node};

use super::super::select::Page;
use super::super::{one_line, words};
use super::elsewhere::Elsewhere;
use super::line::{leading_day, looks_like_date};
use super::{article_around, near, stated};

/// Elements that name a date, in a column of the article.
const BESIDE: &str =
    "[itemprop=datePublished], time[datetime], time, [class*=date], [class*=tanggal], [class*=waktu], dt + dd";
/// Keys of the state of a page's scripts that hold its date.
const KEYS: &[&str] = &[
    "datePublished",
    "publishedDate",
    "published_date",
    "publishDate",
    "publish_date",
    "publishedAt",
    "published_at",
    "publicationDate",
    "publication_date",
    "dateCreated",
    "createdAt",
    "created_at",
];
/// A part of each of them, to find those scripts quickly.
const KEYED: &[&str] = &["ublish", "ublication", "reated"];
/// Words that stand before the date in a line that begins an article: "Jember, (16/8/2022) –".
const BEFORE: usize = 30;
/// The paragraphs that may begin an article.
const FIRST: usize = 4;

/// Whether a script may hold such a state.
pub fn may_be_state(script: &str) -> bool {
    KEYED.iter().any(|part| script.contains(part))
}

/// The date in the first of those places that has one.
pub fn resort(page: &Page<'_>, headline: Option<ElementRef<'_>>, elsewhere: &Elsewhere) -> Option<String> {
    beside(page, headline, elsewhere)
        .or_else(|| in_scripts(page))
        .or_else(|| before_text(page, headline, elsewhere))
        .or_else(|| near::labelled(page, elsewhere, near::CHANGED))
        .or_else(|| only_one(page, headline, elsewhere))
}

/// The date in what looks like a column of furniture inside the article, if there is but one.
fn beside(page: &Page<'_>, headline: Option<ElementRef<'_>>, elsewhere: &Elsewhere) -> Option<String> {
    let article = headline
        .and_then(article_around)
        .or_else(|| page.select("article").next())?;
    let all = page
        .select(BESIDE)
        .filter(|element| elsewhere.holds(*element) && element.ancestors().any(|around| around.id() == article.id()))
        .filter_map(stated)
        .filter(|date| date.chars().count() <= near::SHORT && looks_like_date(date));
    only(all)
}

/// The first of some dates, if all of them name the same day.
fn only(dates: impl Iterator<Item = String>) -> Option<String> {
    let mut first = None;
    let mut days = BTreeSet::new();
    for date in dates {
        days.insert(super::line::numbers(&date).into_iter().take(3).collect::<BTreeSet<_>>());
        first.get_or_insert(date);
    }
    first.filter(|_| days.len() == 1)
}

/// The date behind a key of the page's state.
fn in_scripts(page: &Page<'_>) -> Option<String> {
    let scripts: Vec<String> = page
        .select("script")
        .map(|script| script.text().collect::<String>())
        .filter(|script| KEYS.iter().any(|key| script.contains(key)))
        .collect();
    KEYS.iter().find_map(|key| {
        scripts.iter().find_map(|script| {
            let mut values = script.match_indices(key).map(|(at, key)| &script[at + key.len()..]);
            values.find_map(value)
        })
    })
}

/// The date that begins the value behind a key: `":"2022-08-16T02:30:00Z"`, also where quotes are escaped.
fn value(rest: &str) -> Option<String> {
    let rest = rest.trim_start_matches('\\').strip_prefix(['"', '\''])?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let rest = rest.trim_start_matches('\\').strip_prefix(['"', '\''])?;
    let end = rest.find(['"', '\'', '\\'])?;
    let date = &rest[..end];
    let is_iso = date.len() >= 10 && date.as_bytes().get(4) == Some(&b'-') && date.is_ascii();
    (is_iso && date.len() <= 40 && looks_like_date(date)).then(|| date.to_owned())
}

/// The date with which one of the first paragraphs begins.
fn before_text(page: &Page<'_>, headline: Option<ElementRef<'_>>, elsewhere: &Elsewhere) -> Option<String> {
    let mut paragraphs = after(page, headline)
        .filter(|element| matches!(element.value().name(), "p" | "div" | "td" | "strong"))
        .filter(|element| !elsewhere.holds(*element))
        .filter(|element| {
            element
                .children()
                .any(|child| matches!(child.value(), Node::Text(text) if text.trim().len() > 20))
        })
        .take(FIRST);
    paragraphs.find_map(|paragraph| {
        let text = words(paragraph);
        let beginning: String = text.chars().take(BEFORE + near::SHORT).collect();
        leading_day(&beginning, BEFORE)
    })
}

/// The elements after the headline, in the page's order.
fn after<'a>(page: &Page<'a>, headline: Option<ElementRef<'a>>) -> impl Iterator<Item = ElementRef<'a>> {
    let id = headline.map(|headline| headline.id());
    let all = page.html.root_element().descendants();
    all.skip_while(move |node| id.is_some_and(|id| node.id() != id))
        .filter_map(ElementRef::wrap)
}

/// The day of the short lines outside of furniture, if all of them name the same.
fn only_one(page: &Page<'_>, headline: Option<ElementRef<'_>>, elsewhere: &Elsewhere) -> Option<String> {
    let lines = after(page, headline).filter_map(|element| {
        let short = element.children().find_map(|child| {
            let Node::Text(text) = child.value() else { return None };
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            (digits >= 4 && text.trim().chars().count() <= near::SHORT).then(|| one_line(text))
        })?;
        (looks_like_date(&short) && !elsewhere.holds(element)).then_some(short)
    });
    only(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    fn of(html: &str) -> Option<String> {
        let page = Html::parse_document(html);
        let page = Page::of(&page);
        let headline = near::headline(&page);
        resort(&page, headline, &Elsewhere::of(&page, headline))
    }

    const REST: &str = "Petugas lapas menggeledah kamar hunian pada malam hari";

    #[test]
    fn dates_are_found_where_pages_hide_them() {
        for (html, expected) in [
            (
                "<article><h1>Razia</h1><aside class=meta><time datetime=2022-08-16>x</time></aside></article>"
                    .to_owned(),
                "2022-08-16",
            ),
            (
                "<article><h1>Razia</h1><aside><dl><dt>Tanggal<dd>12.01.2017</dl></aside></article>".to_owned(),
                "12.01.2017",
            ),
            (
                r#"<h1>Razia</h1><script>{"props":{"title":"x","published_at":"2022-08-16T02:30:00Z"}}</script>"#
                    .to_owned(),
                "2022-08-16T02:30:00Z",
            ),
            (
                r#"<script>self.push("{\"createdAt\":\"2022-08-16T02:30:00Z\"}")</script>"#.to_owned(),
                "2022-08-16T02:30:00Z",
            ),
            (format!("<h1>Razia</h1><p>27.1.2022 - {REST}</p>"), "27.1.2022"),
            (
                format!("<h1>Razia</h1><p>Jember (16/8/2022) {REST}</p>"),
                "Jember (16/8/2022",
            ),
            (
                format!("<h1>Razia</h1><p>Jember, 16 Agustus 2022 – {REST}</p>"),
                "Jember, 16 Agustus 2022 ",
            ),
            (
                "<h1>Razia</h1><footer>Halaman ini terakhir diubah pada 29 Januari 2020, pukul 13.22.</footer>"
                    .to_owned(),
                "Halaman ini terakhir diubah pada 29 Januari 2020, pukul 13.22.",
            ),
            (
                format!("<h1>Razia</h1><p>{REST}</p><i>16 Agustus 2022</i>"),
                "16 Agustus 2022",
            ),
        ] {
            assert_eq!(of(&html).as_deref(), Some(expected), "{html}");
        }
    }

    #[test]
    fn where_several_could_be_it_there_is_none() {
        for html in [
            "<article><h1>Razia</h1><aside><time datetime=2022-08-16>x</time><time datetime=2022-08-17>x</time></aside></article>",
            "<h1>Razia</h1><i>16 Agustus 2022</i><i>17 Agustus 2022</i>",
            "<h1>Razia</h1><p>Ia lahir di kota itu pada tahun yang lalu dan pindah, 16 Agustus 2012 - ke kota lain</p>",
            "<h1>Razia</h1><p>Hasil rapat (bukan 16/8/2022 yang lalu tetapi yang sesudahnya di ruang rapat itu) diumumkan</p>",
            "<h1>Razia</h1><script>{\"createdAt\":1660617000}</script>",
            "<aside><time datetime=2022-08-16>x</time></aside>",
        ] {
            assert_eq!(of(html), None, "{html}");
        }
    }
}
