//! The article's body, when no mark of the site says where it is: the choice between what readability finds (`readable`),
//! the element with most words outside links, and what the page states of itself. Furniture is taken out before by
//! `prune` and after by `trim`.

use std::collections::{HashMap, HashSet};

use scraper::node::Element;
use scraper::{ElementRef, Html, Node};

use super::select::{Page, select};
use super::{prune, readable, stated, trim, words};

/// Marks by which platforms name the body of an article.
pub const NAMED: &[&str] = &[
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
/// The share of a stated body that has to be on the page for the page to be believed.
const SAME: f64 = 0.6;
/// The share of it that the element around it has to show for no other opinion to be heard.
const CERTAIN: f64 = 0.85;
/// A body with a smaller share than this of what stands around the page's paragraphs is one of its sections.
const SECTION: f64 = 0.4;
/// The share of the letters of all long paragraphs that the element around them holds.
const AROUND: f64 = 0.9;
/// The fewest letters of a long paragraph.
const LONG: usize = 60;

/// The content of the elements a configured selector matches, one after the other; nothing if there are no words.
pub fn selected(page: &mut Html, css: &str) -> Option<String> {
    prune::prune(page, prune::Care::OnlyElements);
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

/// The article's body as HTML. `stated` is what JSON-LD gives as `articleBody`: it has no paragraphs, is often cut and
/// often holds what the page shows between them, so it is only believed where the page does not show the same. `text` is
/// the page before anything was taken out.
pub fn find(page: &mut Html, text: &str, stated: Option<String>) -> Option<String> {
    let shown: usize = select(page, "p").map(letters_of).sum();
    let stated = stated.filter(|stated| crate::gate::check(stated).is_ok() && stated.chars().count() >= MIN_CHARS);
    prune::prune(page, prune::Care::Everything);
    if let Some(stated) = &stated
        && let Some(found) = stated::element(page, stated).map(|element| trim::trim(&element.html()))
        && shared(stated, &found) >= CERTAIN
        // A teaser is stated as well, and shown above the article.
        && 2 * letters(Some(&found)) >= shown
    {
        return Some(found);
    }
    let found = choose(page, text, shown);
    match (found, stated) {
        (Some(found), Some(stated)) if shared(&stated, &found) >= SAME => Some(found),
        (_, Some(stated)) => Some(paragraphs(&stated)),
        (found, None) => found,
    }
}

/// The better of several opinions. Readability finds more, so it is heard first; our own is there for pages that lose
/// it, and the untouched page for those where the article is called like furniture: more than the found was `shown` then.
/// Where it is made of sections, any of these may have found one of them.
fn choose(page: &Html, text: &str, shown: usize) -> Option<String> {
    let own = best(page).map(|html| trim::trim(&html));
    let mut found = readable::find(&page.html()).map(|html| trim::trim(&html));
    if letters(own.as_deref()) > 2 * letters(found.as_deref()) {
        found = own;
    }
    if 2 * letters(found.as_deref()) < shown {
        let whole = readable::find(text).map(|html| trim::trim(&html));
        if letters(whole.as_deref()) > 2 * letters(found.as_deref()) {
            found = whole;
        }
    }
    if let Some(around) = around_prose(page).map(|element| trim::trim(&element.html()))
        && (letters(found.as_deref()) as f64) < SECTION * letters(Some(&around)) as f64
    {
        found = Some(around);
    }
    found.filter(|html| letters(Some(html)) >= MIN_CHARS)
}

/// The innermost element around nearly all of the page's long paragraphs: in an article of sections no element has most of
/// its words.
fn around_prose(page: &Html) -> Option<ElementRef<'_>> {
    let elements = || page.root_element().descendants().filter_map(ElementRef::wrap);
    let mut of: HashMap<*const Element, usize> = HashMap::new();
    let mut all = 0;
    for paragraph in elements().filter(|element| element.value().name() == "p") {
        let count = letters_of(paragraph);
        let inner = paragraph.descendants().filter_map(ElementRef::wrap);
        let linked: usize = inner.filter(|inner| inner.value().name() == "a").map(letters_of).sum();
        if count < LONG || 2 * linked > count {
            continue;
        }
        all += count;
        for around in paragraph.ancestors().filter_map(ElementRef::wrap) {
            *of.entry(around.value()).or_default() += count;
        }
    }
    let holds = |element: &ElementRef<'_>| {
        let place: *const Element = element.value();
        of.get(&place).is_some_and(|held| *held as f64 >= AROUND * all as f64)
    };
    // Of nested elements the last is the innermost.
    elements().filter(holds).last()
}

fn letters_of(element: ElementRef<'_>) -> usize {
    element
        .text()
        .flat_map(str::split_whitespace)
        .map(|word| word.chars().count())
        .sum()
}

/// How many letters the text of some HTML has.
fn letters(html: Option<&str>) -> usize {
    let Some(html) = html else { return 0 };
    let tree = Html::parse_fragment(html);
    letters_of(tree.root_element())
}

/// The share of one text's runs of three words that another has too.
fn shared(stated: &str, found: &str) -> f64 {
    let runs = |html: &str| -> HashSet<String> {
        let tree = Html::parse_fragment(&html.replace('<', " <"));
        let text = tree.root_element().text().collect::<String>().to_lowercase();
        let words: Vec<&str> = text
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        words.windows(3).map(|run| run.join(" ")).collect()
    };
    let (stated, found) = (runs(stated), runs(found));
    stated.intersection(&found).count() as f64 / stated.len().max(1) as f64
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
    let noted = Page::of(page);
    for (css, element) in NAMED
        .iter()
        .flat_map(|css| noted.select(css).map(move |element| (css, element)))
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
        let html = find(&mut Html::parse_document(html), html, stated.map(str::to_owned))?;
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
    fn an_article_of_sections_is_found_whole() {
        let section = |number: usize| {
            let words =
                format!("Bagian {number} menjelaskan cara mengurus paspor di kantor itu, langkah demi langkah. ");
            format!(
                "<section><div class=k{number}><h2>Langkah {number}</h2><p>{}</p></div></section>",
                words.repeat(number + 2)
            )
        };
        let sections: String = (0..9).map(section).collect();
        let body = body_of(&format!("<body><main><h1>Paspor</h1>{sections}</main></body>"), None).unwrap();
        for number in 0..9 {
            assert!(
                body.contains(&format!("Bagian {number} menjelaskan")),
                "{number}: {body}"
            );
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
        let html = |stated: &str| find(&mut Html::parse_document(&page), &page, Some(stated.to_owned())).unwrap();
        assert_eq!(html(&format!("{FIRST} {SECOND}")).matches("<p>").count(), 2);
        let longer: String = (0..12)
            .map(|n| format!("Kalimat nomor {n} hanya ada di pernyataan {n}. "))
            .collect();
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
