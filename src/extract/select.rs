//! The elements that a selector matches. A selector ends in the name of an element, a class or another attribute, which
//! most elements do not have: those are passed over before the selector is tried, which is the larger part of what a
//! page costs to look at. A page that is looked at often is gone through once ([`Page`]), and asked by what was noted.

use scraper::{ElementRef, Html, Selector};

/// The elements a selector matches, in the page's order; none if it is no selector. For one look at a page that changes.
pub fn select<'a>(page: &'a Html, css: &str) -> impl Iterator<Item = ElementRef<'a>> + use<'a> {
    let found: Vec<ElementRef<'a>> = match Selector::parse(css) {
        Err(_) => Vec::new(),
        Ok(selector) => match needs(css) {
            None => page.select(&selector).collect(),
            Some(needs) => elements(page)
                .filter(|element| needs.iter().any(|(_, need)| need.is_met(*element)))
                .filter(|element| selector.matches(element))
                .collect(),
        },
    };
    found.into_iter()
}

/// A page and what was noted of its elements, for many looks at it.
pub struct Page<'a> {
    /// The page itself.
    pub html: &'a Html,
    elements: Vec<ElementRef<'a>>,
    /// For each remainder of a [`key`]'s division by [`ROWS`], the first of its notes.
    rows: Vec<u32>,
    notes: Vec<Note>,
}

/// That an element has a name, a class, an id or another attribute: the element's number, and the next note of the row.
struct Note {
    key: u32,
    element: u32,
    next: u32,
}

/// So many rows hold the notes of a page of some thousand elements.
const ROWS: usize = 2048;
/// That there is no further note.
const NONE: u32 = u32::MAX;

impl<'a> Page<'a> {
    /// Goes through the page.
    pub fn of(html: &'a Html) -> Page<'a> {
        let mut page = Page {
            html,
            elements: elements(html).collect(),
            rows: vec![NONE; ROWS],
            notes: Vec::new(),
        };
        // Backwards, for a row's last note becomes its first.
        for number in (0..page.elements.len()).rev() {
            let element = page.elements[number].value();
            page.note(key(Kind::Name, element.name()), number);
            for (name, value) in element.attrs() {
                page.note(key(Kind::Attribute, name), number);
                match name {
                    "class" => value
                        .split_ascii_whitespace()
                        .for_each(|class| page.note(key(Kind::Class, class), number)),
                    "id" => page.note(key(Kind::Id, value), number),
                    _ => {}
                }
            }
        }
        page
    }

    fn note(&mut self, key: u32, number: usize) {
        let row = &mut self.rows[key as usize % ROWS];
        let next = std::mem::replace(row, self.notes.len() as u32);
        let element = number as u32;
        self.notes.push(Note { key, element, next });
    }

    /// The elements a selector matches, in the page's order; none if it is no selector.
    pub fn select(&self, css: &str) -> impl Iterator<Item = ElementRef<'a>> + use<'a> {
        let found: Vec<ElementRef<'a>> = match Selector::parse(css) {
            Err(_) => Vec::new(),
            Ok(selector) => match needs(css) {
                None => self.html.select(&selector).collect(),
                Some(needs) => self
                    .having(&needs)
                    .into_iter()
                    .map(|number| self.elements[number as usize])
                    .filter(|element| selector.matches(element))
                    .collect(),
            },
        };
        found.into_iter()
    }

    /// The numbers of the elements that are noted under what a need says.
    fn noted(&self, need: &Need) -> impl Iterator<Item = u32> {
        let key = need.key();
        let first = self.notes.get(self.rows[key as usize % ROWS] as usize);
        let row = std::iter::successors(first, |note| self.notes.get(note.next as usize));
        row.filter(move |note| note.key == key).map(|note| note.element)
    }

    /// The numbers of the elements that meet one of the needs, and perhaps of some more.
    fn having(&self, needs: &[(Option<Need>, Need)]) -> Vec<u32> {
        let mut found: Vec<u32> = Vec::new();
        let possible = |around: &Option<Need>| around.as_ref().is_none_or(|around| self.noted(around).next().is_some());
        for (_, need) in needs.iter().filter(|(around, _)| possible(around)) {
            let all = self.noted(need);
            found.extend(all.filter(|number| !need.is_part() || need.is_met(self.elements[*number as usize])));
        }
        if needs.len() > 1 {
            found.sort_unstable();
        }
        found.dedup();
        found
    }
}

/// What a note is of.
#[derive(Clone, Copy)]
enum Kind {
    Name = 1,
    Attribute,
    Class,
    Id,
}

/// A number for what a note says (FNV-1a). Two may have the same, which costs a look more; upper and lower case do, for
/// in a page of the oldest kind they are the same.
fn key(kind: Kind, text: &str) -> u32 {
    let step = |key: u32, byte: u8| (key ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193);
    text.bytes().fold(step(0x811c_9dc5, kind as u8), step)
}

/// All elements that are in the page, in its order.
fn elements(page: &Html) -> impl Iterator<Item = ElementRef<'_>> {
    let in_page = page.tree.nodes().filter(|node| node.parent().is_some());
    in_page.filter_map(ElementRef::wrap)
}

/// What an element must have to be matched.
#[derive(Debug, PartialEq, Eq)]
enum Need {
    Name(String),
    Attribute(String),
    Class(String),
    Id(String),
    /// A text in an attribute.
    Part(&'static str, String),
}

impl Need {
    fn is_met(&self, element: ElementRef<'_>) -> bool {
        match self {
            Need::Name(name) => element.value().name() == name,
            Need::Attribute(name) => element.attr(name).is_some(),
            Need::Class(_) => element.attr("class").is_some(),
            Need::Id(_) => element.attr("id").is_some(),
            Need::Part(name, part) => element.attr(name).is_some_and(|value| value.contains(part)),
        }
    }

    /// Under what an element that has it is noted.
    fn key(&self) -> u32 {
        match self {
            Need::Name(name) => key(Kind::Name, name),
            Need::Attribute(name) => key(Kind::Attribute, name),
            Need::Class(name) => key(Kind::Class, name),
            Need::Id(name) => key(Kind::Id, name),
            Need::Part(name, _) => key(Kind::Attribute, name),
        }
    }

    /// Whether the note alone does not tell that it is met.
    fn is_part(&self) -> bool {
        matches!(self, Need::Part(..))
    }
}

/// What elements must have, one of it, to be matched by a selector, each with what another element of the page must have
/// then (`.tags` for `.tags a`); nothing if that cannot be told.
fn needs(css: &str) -> Option<Vec<(Option<Need>, Need)>> {
    let (mut needs, mut quoted, mut depth) = (Vec::new(), None, 0usize);
    // Where the first and the last part begin: the last is what stands behind a combinator.
    let (mut first, mut start, mut fresh) = (None, 0, true);
    let both = |first: Option<usize>, start: usize, end: usize| {
        let around = first
            .filter(|first| *first != start)
            .and_then(|first| need(&css[first..end]));
        Some((around, need(&css[start..end])?))
    };
    for (at, letter) in css.char_indices() {
        match (quoted, letter) {
            (_, '\\') => return None,
            (Some(quote), _) => quoted = Some(quote).filter(|quote| *quote != letter),
            (None, ',') if depth == 0 => {
                needs.push(both(first.take(), start, at)?);
                fresh = true;
            }
            (None, ' ' | '\n' | '\t' | '>' | '+' | '~') if depth == 0 => fresh = true,
            (None, _) => {
                if fresh {
                    (start, fresh) = (at, false);
                    first.get_or_insert(at);
                }
                match letter {
                    '"' | '\'' => quoted = Some(letter),
                    '[' | '(' => depth += 1,
                    ']' | ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
        }
    }
    needs.push(both(first, start, css.len())?);
    Some(needs)
}

/// What an element must have for the last part of a selector, by how that begins.
fn need(part: &str) -> Option<Need> {
    let begin = |text: &str, also: &[char]| -> Option<String> {
        let is_of_word = |letter: &char| letter.is_ascii_alphanumeric() || also.contains(letter);
        let word: String = text.chars().take_while(is_of_word).collect();
        let begins = word.starts_with(|letter: char| letter.is_ascii_alphabetic());
        // A letter that is none of ours would belong to the word; a bar would make it a namespace.
        let ends = text[word.len()..].chars().next();
        let whole = ends.is_none_or(|letter| letter.is_whitespace() || ".#[:]=~*^$".contains(letter));
        (begins && whole).then_some(word)
    };
    let word = |text: &str| begin(text, &['-']).map(|word| word.to_ascii_lowercase());
    // Where that cannot be told, any will do.
    let name = |text: &str, attribute: &str, need: fn(String) -> Need| {
        Some(begin(text, &['-', '_']).map_or_else(|| Need::Attribute(attribute.to_owned()), need))
    };
    match part.chars().next()? {
        '.' => name(&part[1..], "class", Need::Class),
        '#' => name(&part[1..], "id", Need::Id),
        '[' => within(part).or_else(|| word(part[1..].trim_start()).map(Need::Attribute)),
        _ => word(part).map(Need::Name),
    }
}

/// The text and the attribute of `[class*=text]` and `[id*=text]`, where case counts.
fn within(part: &str) -> Option<Need> {
    let inner = part.strip_prefix('[')?.split(']').next()?;
    let (attribute, text) = inner.split_once("*=")?;
    let attribute = ["class", "id"].into_iter().find(|known| *known == attribute)?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    (!text.is_empty() && text.chars().all(is_plain)).then(|| Need::Part(attribute, text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_selector_matches_what_the_library_says() {
        let page = Html::parse_document(
            "<html lang=id><head><meta name=a content=b><link rel=canonical href=/x><title>J</title></head><body>\
            <main><article class='post x'><h1 class=t>J</h1><p id=p>a <a href='/b, c' rel=tag>b</a><time datetime=2022>x</time></p>\
            <div class='x y'><svg><title>s</title></svg><figure><img src=f.jpg></figure></div></article></main></body></html>",
        );
        for css in [
            "h1",
            "H1",
            "p a",
            "p > a, h1",
            "a[href='/b, c']",
            "[rel~=tag]",
            ".x",
            "article.post",
            "p, .x",
            "main *",
            "*",
            "title",
            "svg title",
            "meta[content]",
            "link[rel=canonical][href], time",
            "div.x > figure img",
            "h1 + p",
            "h1 ~ div",
            "article :not(p)",
            "a:not(.ad, .iklan)",
            "p:has(a)",
            "time[datetime]:not(.updated)",
            "#p",
            "p#p ",
            " p",
            "p[",
            "",
            ",",
            "a[href=\"]\"], time",
            "\\70",
            "img:not([src='a(b'])",
            "main > article .x",
            ".fehlt a, main a, nav > p",
            ".X, #P, ARTICLE p",
            "[class*=os], [class*=x], [id*=p]",
            "[class*=POST], [class*=POST i]",
            ".x.y, .y.x, .post .y img",
            ":is(h1, .x) a, h1 + p > a",
        ] {
            let ours: Vec<_> = select(&page, css).map(|element| element.id()).collect();
            let noted: Vec<_> = Page::of(&page).select(css).map(|element| element.id()).collect();
            let theirs: Vec<_> = Selector::parse(css)
                .map(|selector| page.select(&selector).map(|element| element.id()).collect())
                .unwrap_or_default();
            assert_eq!(ours, theirs, "{css:?}");
            assert_eq!(noted, theirs, "{css:?}");
        }
    }

    #[test]
    fn a_selector_that_may_match_any_element_needs_nothing() {
        let name = |name: &str| Need::Name(name.to_owned());
        let attribute = |name: &str| Need::Attribute(name.to_owned());
        for (css, expected) in [
            ("article h1, main a", Some(vec![name("h1"), name("a")])),
            ("meta[property='og:title']", Some(vec![name("meta")])),
            (
                "p > .x, #y",
                Some(vec![Need::Class("x".to_owned()), Need::Id("y".to_owned())]),
            ),
            ("[class*=date]", Some(vec![Need::Part("class", "date".to_owned())])),
            (
                ".é, [class*=date i]",
                Some(vec![attribute("class"), attribute("class")]),
            ),
            (
                "[class*=date]:not(.x)",
                Some(vec![Need::Part("class", "date".to_owned())]),
            ),
            ("article :not(p)", None),
            ("*", None),
        ] {
            let needs = needs(css).map(|needs| needs.into_iter().map(|(_, need)| need).collect::<Vec<_>>());
            assert_eq!(needs, expected, "{css}");
        }
    }
}
