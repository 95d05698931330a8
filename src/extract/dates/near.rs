//! Dates in the words of a page: in the lines around the headline, and in those that say "published". Which words are a
//! date is `line`'s to say.

use scraper::{ElementRef, Node};

use super::super::select::Page;
use super::super::{one_line, words};
use super::elsewhere::Elsewhere;
use super::line::looks_like_date;

/// Parts of classes and ids by which dates are called.
const CALLED: &[&str] = &[
    "date",
    "time",
    "tanggal",
    "tgl",
    "publish",
    "posted",
    "meta",
    "byline",
    "waktu",
    "created",
    "info",
    "author",
    "detail",
    "datum",
    "fecha",
    "submitted",
];
/// What lines call the date of publication that stands in them, in Indonesian and the languages around.
pub const PUBLISHED: &[&str] = &[
    "diterbitkan",
    "dipublikasikan",
    "dipublikasi",
    "diposting",
    "diunggah",
    "ditayangkan",
    "tayang",
    "terbit",
    "tanggal posting",
    "tanggal terbit",
    "tanggal publikasi",
    "tanggal rilis",
    "tgl posting",
    "dirilis",
    "published",
    "posted",
    "publicado",
    "pubblicato",
    "publié",
    "veröffentlich",
    "mise en ligne",
    "erschienen",
    "erstellt",
];
/// The same for the date of the last change.
pub const CHANGED: &[&str] = &[
    "diperbarui",
    "diperbaharui",
    "terakhir diubah",
    "terakhir diperbarui",
    "pembaruan terakhir",
    "pemutakhiran",
    "updated",
    "last updated",
    "last modified",
    "last change",
    "stand:",
    "[stand",
    "aktualisiert",
    "zuletzt",
    "halaman ini terakhir",
    "diese seite wurde zuletzt",
    "mis à jour",
    "actualizado",
    "aggiornato",
];
/// The longest line that is a date, in characters.
const LONGEST: usize = 120;
/// The longest line beside the headline or without a name that is one.
pub const SHORT: usize = 60;
/// The shortest heading that is told from a section's name by being in the title, in characters.
const TITLE: usize = 15;
/// The longest line that says when, in characters: "Halaman ini terakhir diubah pada 29 Januar 2020, pukul 13.22."
const SENTENCE: usize = 80;
/// How many lines after the headline an unmarked date may stand.
const NEAR: usize = 15;

/// The headline of the article: the heading that says what the page's title says; else its first `<h1>`, else one that is
/// called so. A site's name in its header is taken last.
pub fn headline<'a>(page: &Page<'a>) -> Option<ElementRef<'a>> {
    let is_sites = |title: &ElementRef<'_>| {
        title
            .ancestors()
            .filter_map(ElementRef::wrap)
            .any(|element| matches!(element.value().name(), "nav" | "aside" | "header"))
    };
    let first = |css: &str| page.select(css).next();
    titled(page)
        .or_else(|| first("article h1, main h1"))
        .or_else(|| page.select("h1").find(|title| !is_sites(title)))
        .or_else(|| first("h1"))
        .or_else(|| first(".entry-title, h2[class*=title]"))
}

/// The first heading, the higher ones before the lower, whose words are the title of the page or a part of it.
fn titled<'a>(page: &Page<'a>) -> Option<ElementRef<'a>> {
    let stated = page
        .select("meta[property='og:title']")
        .filter_map(|meta| meta.attr("content").map(one_line));
    let titles: Vec<String> = stated.chain(page.select("title").map(words)).collect();
    ["h1", "h2", "h3"].iter().find_map(|level| {
        page.select(level).find(|heading| {
            let heading = words(*heading);
            heading.chars().count() >= TITLE && titles.iter().any(|title| title.contains(&heading))
        })
    })
}

/// The first date in a line that is called one, after the headline or in the same block before it; else the first that
/// stands alone on one of the next lines.
pub fn around(page: &Page<'_>, headline: Option<ElementRef<'_>>, elsewhere: &Elsewhere) -> Option<String> {
    // The page as a whole is no block.
    let is_block = |element: &ElementRef<'_>| !matches!(element.value().name(), "body" | "html" | "main");
    let around: Vec<_> = headline
        .iter()
        .flat_map(|title| title.ancestors().filter_map(ElementRef::wrap).take(2).filter(is_block))
        .map(|element| element.id())
        .collect();
    let (mut after, mut lines) = (headline.is_none(), 0);
    let mut unmarked = None;
    for node in page.html.root_element().descendants() {
        if headline.is_some_and(|title| title.id() == node.id()) {
            after = true;
        }
        let Node::Text(text) = node.value() else { continue };
        let Some(parent) = node.parent().and_then(ElementRef::wrap) else {
            continue;
        };
        if text.trim().is_empty() || elsewhere.holds(parent) {
            continue;
        }
        let beside = parent.ancestors().any(|node| around.contains(&node.id()));
        if !after && !beside {
            continue;
        }
        lines += usize::from(after);
        let may_be = text.chars().any(|letter| letter.is_ascii_digit()) || text.contains("kemarin");
        if let Some(date) = may_be.then(|| line_with_date(parent, text)).flatten() {
            let short = words(parent).chars().count() <= SHORT;
            if is_called_date(parent) || (beside && short) {
                return Some(date);
            }
            if lines <= NEAR && unmarked.is_none() && short {
                unmarked = Some(date);
            }
        }
    }
    unmarked
}

/// The date of the first short line that begins with one of these words, in the foot of the page too.
pub fn labelled(page: &Page<'_>, elsewhere: &Elsewhere, labels: &[&str]) -> Option<String> {
    page.html.root_element().descendants().find_map(|node| {
        let Node::Text(text) = node.value() else { return None };
        let parent = node.parent().and_then(ElementRef::wrap)?;
        let lower = text.to_lowercase();
        let label = labels.iter().any(|label| lower.trim_start().starts_with(label));
        if !label || elsewhere.holds_but_for_foot(parent) {
            return None;
        }
        line_with_date(parent, text).filter(|line| line.chars().count() <= SENTENCE)
    })
}

/// The shortest of a text, its element and the element around it that holds a whole date, with the time if there is one
/// beside it.
pub fn line_with_date(parent: ElementRef<'_>, text: &str) -> Option<String> {
    let fits = |line: &String| line.chars().count() <= LONGEST && looks_like_date(line);
    let line = Some(one_line(text)).filter(fits);
    let element = Some(words(parent)).filter(fits);
    let wider = parent.parent().and_then(ElementRef::wrap).map(words).filter(fits);
    let has_time = |line: &String| line.contains(':') || line.to_lowercase().contains("wi");
    let all = [line, element, wider];
    all.iter()
        .flatten()
        .find(|line| has_time(line))
        .or_else(|| all.iter().flatten().next())
        .cloned()
}

pub fn is_called_date(element: ElementRef<'_>) -> bool {
    element
        .ancestors()
        .filter_map(ElementRef::wrap)
        .take(2)
        .chain([element])
        .any(|element| {
            let names = [element.attr("class"), element.attr("id")];
            names.into_iter().flatten().any(|names| {
                let names = names.to_ascii_lowercase();
                CALLED.iter().any(|part| names.contains(part))
            })
        })
}
