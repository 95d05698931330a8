//! A found list put into CSS selectors that last: tags, ids and class names that people gave. Names that a program made
//! up change with every release of a site and are never used. What is proposed has been tried on the page.

use std::collections::HashSet;

use scraper::{ElementRef, Html};
use url::Url;

use super::super::listing;
use super::super::selector::compile;
use super::blocks::{Block, List};
use super::dates;
use crate::model::{Document, ListingSelectors};

/// Classes that say how an element looks or in which state it is, not what it is.
const LOOKS: &[&str] = &[
    "active",
    "current",
    "odd",
    "even",
    "first",
    "last",
    "sticky",
    "hidden",
    "visible",
    "show",
    "fade",
    "clearfix",
    "row",
    "col",
    "flex",
    "grid",
    "container",
    "container-fluid",
    "wrapper",
    "d-flex",
    "text-center",
    "shadow",
    "shadow-sm",
    "rounded",
    "border",
    "pull-left",
    "pull-right",
    "has-post-thumbnail",
    "animated",
    "lazy",
    "lazyload",
    "lazyloaded",
    "relative",
    "absolute",
    "block",
    "inline",
    "w-full",
    "h-full",
    "overflow-hidden",
];
/// Beginnings of classes that a program makes up, or that tell one article from another.
const MADE: &[&str] = &[
    "css-",
    "jsx-",
    "sc-",
    "svelte-",
    "emotion-",
    "makestyles-",
    "mui",
    "chakra-",
    "category-",
    "tag-",
    "post-author-",
    "author-",
    "wow",
    "aos-",
    "elementor-repeater",
    "elementor-element-",
];
/// Words in classes that are likely to outlive a redesign.
const TELLING: &[&str] = &[
    "post", "item", "news", "berita", "article", "artikel", "entry", "card", "list", "blog", "story", "content",
    "konten", "leading",
];
/// How far around a block a name is looked for.
const AROUND: usize = 4;
/// The most groups that are put into words.
const MAX_GROUPS: usize = 4;

/// Selectors that read the same articles from the page as the list has.
pub(super) fn propose(page: &Html, list: &List<'_>, base: &Url, document: &Document) -> Option<ListingSelectors> {
    let groups = list.groups.iter().take(MAX_GROUPS);
    let mut named: Vec<String> = Vec::new();
    for group in groups {
        let item = name_of(page, group)?;
        if !named.contains(&item) {
            named.push(item);
        }
    }
    let wanted: Vec<Url> = list.entries(base).into_iter().filter_map(|entry| entry.url).collect();
    let best = list.groups.first()?;
    let date = best.iter().find_map(|block| date_selector(*block));
    let heading = heading_of(best);
    let links = [None, heading.map(|tag| format!("{tag} a")), link_selector(best)];
    links
        .into_iter()
        .map(|link| ListingSelectors {
            item: named.join(", "),
            title: heading.map(str::to_owned),
            link,
            date: date.clone(),
            next: None,
        })
        .find(|selectors| reads(document, selectors, &wanted))
}

/// Whether the selectors read these articles, no more and no fewer.
fn reads(document: &Document, selectors: &ListingSelectors, wanted: &[Url]) -> bool {
    let parsed = listing::entries(document, selectors);
    let read: Vec<Url> = parsed
        .items
        .into_iter()
        .filter_map(|entry| entry.url)
        .map(|url| super::super::address::without(&url, &[]))
        .collect();
    read == wanted
}

/// The shortest selector that matches the group's blocks and nothing else.
fn name_of(page: &Html, group: &[Block<'_>]) -> Option<String> {
    let wanted: HashSet<_> = group.iter().map(|block| block.element.id()).collect();
    let first = group.first()?.element;
    let common: Vec<&str> = stable_classes(first)
        .into_iter()
        .filter(|class| {
            group
                .iter()
                .all(|block| block.element.value().classes().any(|other| other == *class))
        })
        .collect();
    let mut own = vec![first.value().name().to_owned()];
    own.extend(
        common
            .iter()
            .take(3)
            .map(|class| format!("{}.{class}", first.value().name())),
    );
    let mut candidates: Vec<String> = own.iter().skip(1).cloned().collect();
    let mut path = String::new();
    for around in first.ancestors().filter_map(ElementRef::wrap).take(AROUND) {
        let tag = around.value().name();
        let id = around
            .value()
            .id()
            .filter(|id| is_stable(id))
            .map(|id| format!("#{id}"));
        let classes = stable_classes(around)
            .into_iter()
            .take(3)
            .map(|class| format!("{tag}.{class}"));
        let named: Vec<String> = id.into_iter().chain(classes).collect();
        for own in &own {
            candidates.extend(named.iter().map(|named| format!("{named} > {path}{own}")));
        }
        path = format!("{tag} > {path}");
    }
    candidates.push(own.swap_remove(0));
    candidates.into_iter().find(|css| {
        compile(css).is_some_and(|selector| {
            let mut found = 0;
            page.select(&selector).all(|element| {
                found += 1;
                wanted.contains(&element.id())
            }) && found == wanted.len()
        })
    })
}

/// The tag of the heading that each block has.
fn heading_of(group: &[Block<'_>]) -> Option<&'static str> {
    ["h1", "h2", "h3", "h4", "h5", "h6"].into_iter().find(|tag| {
        let Some(selector) = compile(tag) else { return false };
        group
            .iter()
            .all(|block| block.element.select(&selector).next().is_some())
    })
}

/// The class of the link, if that is what tells it from others in its block.
fn link_selector(group: &[Block<'_>]) -> Option<String> {
    let class = *stable_classes(group.first()?.link).first()?;
    Some(format!("a.{class}"))
}

fn date_selector(block: Block<'_>) -> Option<String> {
    let element = dates::date_element(block.element)?;
    let name = element.value().name();
    if name == "time" {
        return Some(name.to_owned());
    }
    let class = *stable_classes(element).first()?;
    Some(format!("{name}.{class}"))
}

/// The class names that people gave, the telling ones first.
pub(super) fn stable_classes(element: ElementRef<'_>) -> Vec<&str> {
    let mut classes: Vec<&str> = element
        .value()
        .classes()
        .take(20)
        .filter(|class| is_stable(class))
        .collect();
    classes.sort_by_key(|class| !TELLING.iter().any(|word| class.to_ascii_lowercase().contains(word)));
    classes.truncate(4);
    classes
}

/// Whether a person gave the name, and it says what the element is.
fn is_stable(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    (2..60).contains(&name.len())
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'))
        && !LOOKS.contains(&lower.as_str())
        && !MADE.iter().any(|start| lower.starts_with(start))
        && !lower.split("__").any(|part| part.ends_with("-sc"))
        && !is_random(name)
}

/// Whether capitals stand where no word begins: `kTrPqM`, `SXPvF`, `Card_xQzRt`.
fn is_random(name: &str) -> bool {
    name.split(['-', '_']).filter(|part| !part.is_empty()).any(|part| {
        let is_mixed = part[1..].bytes().any(|byte| byte.is_ascii_uppercase())
            && part.bytes().any(|byte| byte.is_ascii_lowercase());
        let mut run = 0;
        let mut shortest = usize::MAX;
        for byte in part.bytes() {
            if byte.is_ascii_uppercase() && run > 0 {
                shortest = shortest.min(run);
                run = 0;
            }
            run += 1;
        }
        let has_vowel = part.to_ascii_lowercase().contains(['a', 'e', 'i', 'o', 'u', 'y']);
        (is_mixed && shortest.min(run) < 3) || (!has_vowel && part.len() > 5)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_program_made_up_are_told_from_given_ones() {
        for name in [
            "css-1x2y3z",
            "jsx-123",
            "sc-abc",
            "kTrPqM",
            "SXPvF",
            "dABVaj",
            "cZOcBv",
            "post-412",
            "odd",
            "w-1/2",
            "md:flex",
            "sc-hJhJFJ",
            "Card_xQzRt",
            "category-berita",
            "",
        ] {
            assert!(!is_stable(name), "{name}");
        }
        for name in [
            "post",
            "postTitle",
            "entry-title",
            "daftar-berita",
            "NewsCard",
            "blog-post",
            "tgl",
        ] {
            assert!(is_stable(name), "{name}");
        }
    }
}
