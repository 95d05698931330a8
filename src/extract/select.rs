//! The elements that a selector matches. A selector ends in the name of an element, a class or another attribute, which
//! most elements do not have: those are passed over before the selector is tried, which is the larger part of what a
//! page costs to look at.

use scraper::{ElementRef, Html, Selector};

/// The elements a selector matches, in the page's order; none if it is no selector.
pub fn select<'a>(page: &'a Html, css: &str) -> impl Iterator<Item = ElementRef<'a>> + use<'a> {
    let found: Vec<ElementRef<'a>> = match Selector::parse(css) {
        Err(_) => Vec::new(),
        Ok(selector) => match needs(css) {
            None => page.select(&selector).collect(),
            Some(needs) => elements(page)
                .filter(|element| needs.iter().any(|need| need.is_met(*element)))
                .filter(|element| selector.matches(element))
                .collect(),
        },
    };
    found.into_iter()
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
}

impl Need {
    fn is_met(&self, element: ElementRef<'_>) -> bool {
        match self {
            Need::Name(name) => element.value().name() == name,
            Need::Attribute(name) => element.attr(name).is_some(),
        }
    }
}

/// What elements must have, one of it, to be matched by a selector; nothing if that cannot be told.
fn needs(css: &str) -> Option<Vec<Need>> {
    let (mut needs, mut quoted, mut depth) = (Vec::new(), None, 0usize);
    // Where the last part begins: what stands behind a combinator.
    let (mut start, mut fresh) = (0, true);
    for (at, letter) in css.char_indices() {
        match (quoted, letter) {
            (_, '\\') => return None,
            (Some(quote), _) => quoted = Some(quote).filter(|quote| *quote != letter),
            (None, ',') if depth == 0 => {
                needs.push(need(&css[start..at])?);
                fresh = true;
            }
            (None, ' ' | '\n' | '\t' | '>' | '+' | '~') if depth == 0 => fresh = true,
            (None, _) => {
                if fresh {
                    (start, fresh) = (at, false);
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
    needs.push(need(&css[start..])?);
    Some(needs)
}

/// What an element must have for the last part of a selector, by how that begins.
fn need(part: &str) -> Option<Need> {
    let word = |text: &str| -> Option<String> {
        let is_of_word = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '-';
        let word: String = text.chars().take_while(is_of_word).collect();
        let begins = word.starts_with(|letter: char| letter.is_ascii_alphabetic());
        // A letter that is none of ours would belong to the word; a bar would make it a namespace.
        let ends = text[word.len()..].chars().next();
        let whole = ends.is_none_or(|letter| letter.is_whitespace() || ".#[:]=~*^$".contains(letter));
        (begins && whole).then(|| word.to_ascii_lowercase())
    };
    match part.chars().next()? {
        '.' => Some(Need::Attribute("class".to_owned())),
        '#' => Some(Need::Attribute("id".to_owned())),
        '[' => word(part[1..].trim_start()).map(Need::Attribute),
        _ => word(part).map(Need::Name),
    }
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
        ] {
            let ours: Vec<_> = select(&page, css).map(|element| element.id()).collect();
            let theirs: Vec<_> = Selector::parse(css)
                .map(|selector| page.select(&selector).map(|element| element.id()).collect())
                .unwrap_or_default();
            assert_eq!(ours, theirs, "{css:?}");
        }
    }

    #[test]
    fn a_selector_that_may_match_any_element_needs_nothing() {
        let name = |name: &str| Need::Name(name.to_owned());
        let attribute = |name: &str| Need::Attribute(name.to_owned());
        for (css, expected) in [
            ("article h1, main a", Some(vec![name("h1"), name("a")])),
            ("meta[property='og:title']", Some(vec![name("meta")])),
            ("p > .x, #y", Some(vec![attribute("class"), attribute("id")])),
            ("[class*=date]:not(.x)", Some(vec![attribute("class")])),
            ("article :not(p)", None),
            ("*", None),
        ] {
            assert_eq!(needs(css), expected, "{css}");
        }
    }
}
