//! The article's body on a page that states its words as well: JSON-LD's `articleBody` has the words but no paragraphs and
//! is often cut, the page has both among its furniture. Where the words are found again, nothing has to be guessed.

use std::collections::{HashMap, HashSet};

use scraper::node::Element;
use scraper::{ElementRef, Html, Node};

/// The shortest text that is looked for, in characters; shorter ones are found anywhere.
const LONG: usize = 20;
/// How much of a text is looked for, in characters: the rest is written otherwise more often than not.
const BEGINNING: usize = 40;
/// The share of the stated words that has to be found.
const FOUND: f64 = 0.6;
/// The share of what was found that the element must hold: a lead may stand outside.
const HELD: f64 = 0.9;

/// The innermost element around nearly all of the stated words, if the page shows them in at least two texts.
pub fn element<'a>(page: &'a Html, stated: &str) -> Option<ElementRef<'a>> {
    let stated = squeezed(&stated.replace('<', " <"));
    let mut of: HashMap<*const Element, usize> = HashMap::new();
    let mut seen: HashSet<String> = HashSet::new();
    let (mut all, mut texts) = (0, 0);
    for node in page.root_element().descendants() {
        let Node::Text(text) = node.value() else { continue };
        if text.trim().len() < LONG {
            continue;
        }
        let text = squeezed(text);
        let beginning: String = text.chars().take(BEGINNING).collect();
        if beginning.chars().count() < LONG || !stated.contains(&beginning) {
            continue;
        }
        let is_script =
            |element: ElementRef<'_>| matches!(element.value().name(), "script" | "style" | "title" | "noscript");
        if node.parent().and_then(ElementRef::wrap).is_none_or(is_script) || !seen.insert(beginning) {
            continue;
        }
        all += text.len();
        texts += 1;
        for around in node.ancestors().filter_map(ElementRef::wrap) {
            *of.entry(around.value()).or_default() += text.len();
        }
    }
    if texts < 2 || (all as f64) < FOUND * stated.len() as f64 {
        return None;
    }
    let holds = |element: &ElementRef<'_>| {
        let place: *const Element = element.value();
        of.get(&place).is_some_and(|held| *held as f64 >= HELD * all as f64)
    };
    // Of nested elements the last is the innermost.
    let elements = page.root_element().descendants().filter_map(ElementRef::wrap);
    elements.filter(holds).last()
}

/// Letters and digits alone.
fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "Petugas menggeledah kamar hunian Blok A pada Rabu malam.";
    const SECOND: &str = "Hasilnya nihil narkoba, kata kepala rutan di tempat itu.";

    fn of(html: &str, stated: &str) -> Option<String> {
        let page = Html::parse_document(html);
        element(&page, stated).map(|element| element.attr("id").unwrap_or(element.value().name()).to_owned())
    }

    #[test]
    fn the_element_around_the_stated_words_is_found() {
        let stated = format!("{FIRST} {SECOND}");
        let page =
            format!("<div id=luar><p>Beranda</p><div id=isi><p>{FIRST}</p><p>{SECOND}</p></div><p>Lain</p></div>");
        assert_eq!(of(&page, &stated).as_deref(), Some("isi"));
        // A teaser of the same words counts once.
        let page = format!("<p>{FIRST}</p>{page}");
        assert_eq!(of(&page, SECOND), None, "one text alone may be a teaser");
        let page = format!("<div id=isi><p>{FIRST}</p><p>{SECOND}</p></div><aside><p>{FIRST}</p></aside>");
        assert_eq!(of(&page, &stated).as_deref(), Some("isi"));
    }

    #[test]
    fn a_page_that_shows_other_words_holds_nothing() {
        let page = format!("<div><p>{FIRST}</p><p>{SECOND}</p></div>");
        assert_eq!(of(&page, &"Kalimat yang hanya ada di pernyataan. ".repeat(20)), None);
        let page = format!("<script>'{FIRST}'</script><title>{SECOND}</title>");
        assert_eq!(of(&page, &format!("{FIRST} {SECOND}")), None);
    }
}
