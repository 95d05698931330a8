//! The element that holds the article's paragraphs, when no mark of the site says which: the one with most words in
//! paragraphs and fewest in links, with navigation, sharing and comments taken out. A thin version of our own.

use std::collections::{HashMap, HashSet};

use scraper::{ElementRef, Html, Node};

use super::{select, words};

/// Elements that hold no part of an article.
const DROPPED: &[&str] = &[
    "nav", "aside", "footer", "header", "form", "script", "style", "noscript", "iframe", "button", "template", "svg",
    "select", "dialog",
];
/// Words in a class or an id that say the same. They count only as whole words: "leads" is no "ads".
const FURNITURE: &[&str] = &[
    "ads",
    "ad",
    "advert",
    "advertisement",
    "adsbygoogle",
    "iklan",
    "banner",
    "breadcrumb",
    "breadcrumbs",
    "comment",
    "comments",
    "komentar",
    "disqus",
    "footer",
    "menu",
    "nav",
    "navbar",
    "navigation",
    "newsletter",
    "pagination",
    "popup",
    "related",
    "terkait",
    "rekomendasi",
    "share",
    "sharing",
    "sharedaddy",
    "sosmed",
    "social",
    "sidebar",
    "widget",
    "tags",
    "tagcloud",
    "populer",
    "terpopuler",
    "trending",
    "skip",
    "author-box",
    "jp-relatedposts",
];
/// Marks by which platforms name the body of an article.
const NAMED: &[&str] = &[
    "[itemprop=articleBody]",
    ".entry-content",
    ".post-body",
    ".post-content",
    ".article-content",
    ".article-body",
    ".item-page",
    ".detail-text",
    ".read__content",
    "article",
];
/// Elements that hold lines of text; their parent holds the article.
const PARAGRAPHS: &[&str] = &[
    "p",
    "blockquote",
    "pre",
    "li",
    "h2",
    "h3",
    "h4",
    "ul",
    "ol",
    "td",
    "tr",
    "tbody",
    "table",
    "figure",
];
/// A body shorter than this, in characters, is none.
const MIN_CHARS: usize = 80;

/// The content of the elements a configured selector matches, one after the other; nothing if there are no words.
pub fn selected(page: &mut Html, css: &str) -> Option<String> {
    drop_furniture(page, Care::OnlyElements);
    let found: Vec<ElementRef<'_>> = select(page, css).collect();
    let is_inside = |element: &ElementRef<'_>| {
        element
            .ancestors()
            .any(|around| found.iter().any(|other| other.id() == around.id()))
    };
    let html: String = found
        .iter()
        .filter(|element| !is_inside(element))
        .map(ElementRef::html)
        .collect();
    let has_words = found.iter().any(|element| !words(*element).is_empty());
    has_words.then_some(html)
}

/// The article's body as HTML. `stated` is what JSON-LD gives as `articleBody`: its words are right, but it has no
/// paragraphs, so the page's own element is preferred if it is about as long.
pub fn find(page: &mut Html, stated: Option<String>) -> Option<String> {
    drop_furniture(page, Care::Everything);
    let best = best(page);
    let length = |html: &str| {
        Html::parse_fragment(html)
            .root_element()
            .text()
            .flat_map(str::split_whitespace)
            .map(str::len)
            .sum()
    };
    let Some(stated) = stated.filter(|stated| crate::gate::check(stated).is_ok()) else {
        return best;
    };
    let stated_length: usize = length(&stated);
    let is_like = |html: &String| {
        let found: usize = length(html);
        found * 5 >= stated_length * 4 && found * 2 <= stated_length * 3
    };
    match best {
        Some(html) if stated_length < MIN_CHARS || is_like(&html) => Some(html),
        best if stated_length < MIN_CHARS => best,
        _ => Some(paragraphs(&stated)),
    }
}

/// Plain text as HTML, a paragraph for each line; HTML as it is.
fn paragraphs(text: &str) -> String {
    if text.contains("</") {
        return text.to_owned();
    }
    // Character references are left: sites that forget to resolve them are more than those that mean them.
    let escaped = text.replace('<', "&lt;");
    let lines = escaped.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("<p>{line}</p>")).collect()
}

/// How much is taken out of a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Only elements that never hold text: somebody chose the rest.
    OnlyElements,
    /// Also what is named like furniture or hidden.
    Everything,
}

fn drop_furniture(page: &mut Html, care: Care) {
    // What looks like an article or holds one stays: Blogger has its posts in a "widget".
    let guarded: HashSet<_> = select(page, &format!("h1, main, {}", NAMED.join(", ")))
        .flat_map(|element| element.ancestors().map(|around| around.id()).chain([element.id()]))
        .collect();
    let is_furniture = |element: &ElementRef<'_>| {
        let name = element.value().name();
        let is_guarded = guarded.contains(&element.id());
        match care {
            Care::OnlyElements => matches!(name, "script" | "style" | "noscript" | "template"),
            // A header holds the title, which is known already.
            Care::Everything if name == "header" => true,
            Care::Everything => !is_guarded && (DROPPED.contains(&name) || is_named_furniture(*element)),
        }
    };
    let dropped: Vec<_> = select(page, "body *, script, style")
        .filter(is_furniture)
        .map(|element| element.id())
        .collect();
    for id in dropped {
        if let Some(mut node) = page.tree.get_mut(id) {
            node.detach();
        }
    }
}

fn is_named_furniture(element: ElementRef<'_>) -> bool {
    let style = element
        .attr("style")
        .unwrap_or_default()
        .to_ascii_lowercase()
        .replace(' ', "");
    if element.attr("hidden").is_some() || style.contains("display:none") {
        return true;
    }
    [element.attr("class"), element.attr("id")]
        .into_iter()
        .flatten()
        .any(|names| {
            names.split_whitespace().map(str::to_ascii_lowercase).any(|name| {
                FURNITURE.contains(&name.as_str()) || name.split(['-', '_']).any(|part| FURNITURE.contains(&part))
            })
        })
}

/// The element whose paragraphs have most words outside links.
fn best(page: &Html) -> Option<String> {
    let mut scores: HashMap<_, f64> = HashMap::new();
    for node in page.root_element().descendants() {
        let Node::Text(text) = node.value() else { continue };
        let length = text
            .split_whitespace()
            .map(|word| word.chars().count() + 1)
            .sum::<usize>() as f64;
        let elements = || node.ancestors().filter_map(ElementRef::wrap);
        let in_link = elements().any(|element| element.value().name() == "a");
        let worth = if in_link { -length } else { length };
        let holders = elements().skip_while(|element| !is_holder(*element)).take(2);
        for (holder, share) in holders.zip([1.0, 0.5]) {
            *scores.entry(holder.id()).or_default() += worth * share;
        }
    }
    for (css, element) in NAMED
        .iter()
        .flat_map(|css| select(page, css).map(move |element| (css, element)))
    {
        let bonus = if *css == "article" { 1.2 } else { 1.5 };
        if let Some(score) = scores.get_mut(&element.id()) {
            *score *= bonus;
        }
    }
    // The first of equals, so that the same page always gives the same.
    let mut best: Option<(ElementRef<'_>, f64)> = None;
    for element in page.root_element().descendants().filter_map(ElementRef::wrap) {
        let score = scores.get(&element.id()).copied().unwrap_or_default();
        if best.is_none_or(|(_, highest)| score > highest) {
            best = Some((element, score));
        }
    }
    let (element, _) = best?;
    (words(element).chars().count() >= MIN_CHARS).then(|| element.html())
}

/// Whether an element can hold an article: a block that is no paragraph itself.
fn is_holder(element: ElementRef<'_>) -> bool {
    let name = element.value().name();
    let inline = [
        "a", "b", "i", "em", "strong", "span", "font", "u", "small", "code", "mark", "sup", "sub",
    ];
    // A cell holds the article only of the oldest pages, and then its table does too.
    !PARAGRAPHS.contains(&name) && !inline.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "Petugas menggeledah kamar hunian Blok A pada Rabu malam, dipimpin kepala pengamanan.";
    const SECOND: &str = "Hasilnya nihil narkoba, kata kepala rutan; sendok logam dan tali langsung dimusnahkan.";

    fn body_of(html: &str, stated: Option<&str>) -> Option<String> {
        let html = find(&mut Html::parse_document(html), stated.map(str::to_owned))?;
        Some(super::super::one_line(
            &Html::parse_fragment(&html).root_element().text().collect::<String>(),
        ))
    }

    #[test]
    fn the_article_is_found_in_whatever_it_is_wrapped() {
        let menu = "<ul class=x><li><a href=/>Beranda</a><li><a href=/p>Profil dan struktur organisasi kantor</a></ul>"
            .repeat(5);
        for page in [
            format!("<div>{menu}</div><div id=isi><p>{FIRST}</p><p>{SECOND}</p></div>"),
            format!("{menu}<div id=isi>{FIRST}<br><br>{SECOND}</div>"),
            format!("{menu}<div id=isi><span style='color:red'>{FIRST}</span><div></div><b>{SECOND}</b></div>"),
            format!("{menu}<div class='widget Blog'><div class=post-body>{FIRST}<br>{SECOND}</div></div>"),
            format!(
                "{menu}<article class='post nav'><p>{FIRST}</p><div class=related><p>{menu}</p></div><p>{SECOND}</p></article>"
            ),
            format!("{menu}<form><h1>Razia</h1><div><p>{FIRST}</p><p>{SECOND}</p></div></form>"),
            format!(
                "<script>var menu = '{}'</script><p>{FIRST}</p><p>{SECOND}</p>",
                "kata ".repeat(2_000)
            ),
        ] {
            let body = body_of(&page, None).unwrap_or_default().replace("Razia ", "");
            let squeezed = |text: &str| text.replace(' ', "");
            assert_eq!(squeezed(&body), squeezed(&format!("{FIRST}{SECOND}")), "{page:.300}");
        }
    }

    #[test]
    fn a_page_without_sentences_has_no_body() {
        assert_eq!(
            body_of("<ul><li><a href=/>Beranda</a></ul><p>Selamat datang.</p>", None),
            None
        );
        assert_eq!(body_of("", None), None);
    }

    #[test]
    fn a_stated_body_wins_unless_the_page_shows_the_same_with_paragraphs() {
        let page = format!("<div><p>{FIRST}</p><p>{SECOND}</p></div>");
        let html = |stated: &str| find(&mut Html::parse_document(&page), Some(stated.to_owned())).unwrap();
        assert_eq!(html(&format!("{FIRST} {SECOND}")).matches("<p>").count(), 2);
        let longer = format!("{FIRST} {SECOND} ").repeat(3);
        assert_eq!(html(&longer), format!("<p>{}</p>", longer.trim()));
        assert!(html("pendek").contains(SECOND));
    }

    #[test]
    fn a_selected_body_is_taken_whole_but_for_scripts() {
        let mut page = Html::parse_document(
            "<div class=isi>satu<div class=isi>dua</div><script>x</script></div><div class=isi>tiga</div><p class=kosong> </p>",
        );
        let html = selected(&mut page, ".isi").unwrap();
        assert_eq!(
            html,
            r#"<div class="isi">satu<div class="isi">dua</div></div><div class="isi">tiga</div>"#
        );
        assert_eq!(
            (selected(&mut page, ".kosong"), selected(&mut page, "p[")),
            (None, None)
        );
    }
}
