//! Takes out of a page what is no part of any article, by element, by what its classes and ids are called, and by what
//! is hidden. It looks at names only; what can be told by its words alone is `trim`'s business.

use std::collections::{HashMap, HashSet};

use scraper::node::Element;
use scraper::{ElementRef, Html, Node};

use super::body::NAMED;
use super::select::{Page, select};

/// Elements that hold no part of an article.
const DROPPED: &[&str] = &[
    "nav", "aside", "footer", "form", "script", "style", "noscript", "iframe", "button", "template", "svg", "select",
    "dialog", "input", "textarea", "object", "embed", "canvas", "audio", "video", "menu",
];
/// Words of a class or an id that name what readers wrote, however long it is.
const COMMENTS: &[&str] = &["comment", "comments", "komentar", "disqus", "respond", "replies"];
/// Words of a class or an id that name furniture whatever it holds. They count only as whole words: "leads" is no "ads".
const FURNITURE: &[&str] = &[
    "ads",
    "ad",
    "advert",
    "advertisement",
    "adsbygoogle",
    "iklan",
    "breadcrumb",
    "breadcrumbs",
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
    "recommended",
    "recommendations",
    "share",
    "sharing",
    "shares",
    "sharedaddy",
    "sosmed",
    "social",
    "sidebar",
    "tags",
    "tagcloud",
    "populer",
    "terpopuler",
    "trending",
    "skip",
    "authorbox",
    "jp-relatedposts",
    "outbrain",
    "taboola",
    "promo",
    "subscribe",
    "subscription",
    "signup",
    "cookie",
    "modal",
    "byline",
    "bacajuga",
    "toolbar",
    "yarpp",
    "addtoany",
    "addthis",
    "sponsor",
    "sponsored",
    "paywall",
    "mailchimp",
    "timestamp",
    "dateline-date",
    "readmore",
    "mostread",
    "popular",
    "prevnext",
    "nextprev",
    "printfriendly",
    "baca",
    "bagikan",
    "rating",
    "toc",
    "daftarisi",
    "copyright",
    "disclaimer",
    "whatsapp",
];
/// The same, but layouts are called so too: they go only if they hold little of the page's paragraphs.
const SUSPECT: &[&str] = &[
    "banner",
    "widget",
    "author",
    "meta",
    "metadata",
    "caption",
    "credit",
    "header",
    "infobox",
    "date",
    "topics",
    "gallery",
    "slideshow",
    "carousel",
    "teaser",
    "callout",
    "tag",
    "bio",
    "profile",
    "links",
    "more",
    "button",
    "icon",
    "tooltip",
    "overlay",
    "read",
    "extra",
    "penulis",
    "editor",
    "source",
    "kicker",
    "subnav",
    "topbar",
    "contact",
    "login",
    "search",
    "publish",
    "published",
    "time",
    "updated",
    "stories",
    "player",
    "hidden",
    "print",
];

/// What else is certainly an article's body, or close around it.
const GUARDED: &str = "[class*=entry-content], [class*=article-body], [class*=articleBody], [class*=article-content], [class*=post-content], [class*=story-body], [class*=detail-content], [class*=isi-berita]";

/// How much is taken out of a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Only elements that never hold text: somebody chose the rest.
    OnlyElements,
    /// Also what is named like furniture or hidden.
    Everything,
}

/// Takes the furniture out of the page.
pub fn prune(page: &mut Html, care: Care) {
    if care == Care::Everything {
        return drop_furniture(page);
    }
    let scripts: Vec<_> = select(page, "script, style, noscript, template")
        .map(|element| element.id())
        .collect();
    for id in scripts {
        if let Some(mut node) = page.tree.get_mut(id) {
            node.detach();
        }
    }
}

/// Takes out everything that is called furniture, but for what looks like an article or holds one: Blogger has its
/// posts in a "widget".
fn drop_furniture(page: &mut Html) {
    let guarded: HashSet<_> = Page::of(page)
        .select(&format!("h1, main, {}, {}", NAMED.join(", "), GUARDED))
        .flat_map(|element| element.ancestors().map(|around| around.id()).chain([element.id()]))
        .collect();
    let share = mass(page);
    let is_furniture = |element: &ElementRef<'_>| {
        let name = element.value().name();
        if name == "header" {
            // It holds the title, which is known already.
            return share(*element) < 0.3;
        }
        !guarded.contains(&element.id())
            && ((DROPPED.contains(&name) && (name != "form" || share(*element) < 0.5))
                || is_hidden(*element)
                || is_named(*element, COMMENTS)
                || (is_named(*element, FURNITURE) && share(*element) < 0.5)
                || (is_named(*element, SUSPECT) && share(*element) < 0.25))
    };
    let mut dropped = Vec::new();
    let mut rest = vec![page.root_element()];
    // What is in furniture goes with it.
    while let Some(element) = rest.pop() {
        if !matches!(element.value().name(), "html" | "head" | "body") && is_furniture(&element) {
            dropped.push(element.id());
        } else {
            rest.extend(element.children().filter_map(ElementRef::wrap));
        }
    }
    for id in dropped {
        if let Some(mut node) = page.tree.get_mut(id) {
            node.detach();
        }
    }
}

/// How much of the page's words outside links stands in each element, as a share of all.
fn mass(page: &Html) -> impl Fn(ElementRef<'_>) -> f64 + use<> {
    let mut of = HashMap::new();
    let whole = weigh(page.root_element(), 0, &mut of);
    move |element| {
        let element: *const Element = element.value();
        of.get(&element).copied().unwrap_or_default() as f64 / whole.max(1) as f64
    }
}

/// Adds up the letters in an element and notes them. `apart` is for how many generations its words do not count, for
/// they stand in a link or in what nobody reads.
fn weigh(element: ElementRef<'_>, apart: usize, of: &mut HashMap<*const Element, usize>) -> usize {
    let is_apart = matches!(
        element.value().name(),
        "a" | "script" | "style" | "noscript" | "title" | "option"
    );
    let apart = if is_apart { 3 } else { apart };
    let mut sum = 0;
    for child in element.children() {
        match child.value() {
            Node::Text(text) if apart == 0 => sum += text.trim().len(),
            Node::Element(_) => {
                sum += ElementRef::wrap(child).map_or(0, |child| weigh(child, apart.saturating_sub(1), of));
            }
            _ => {}
        }
    }
    if sum > 0 {
        of.insert(element.value(), sum);
    }
    sum
}

fn is_hidden(element: ElementRef<'_>) -> bool {
    let Some(style) = element.attr("style") else {
        return element.attr("hidden").is_some();
    };
    let style = style.to_ascii_lowercase().replace(' ', "");
    element.attr("hidden").is_some() || style.contains("display:none") || style.contains("visibility:hidden")
}

fn is_named(element: ElementRef<'_>, words: &[&str]) -> bool {
    [element.attr("class"), element.attr("id")]
        .into_iter()
        .flatten()
        .any(|names| {
            names.split_whitespace().any(|name| {
                let lower = name.to_ascii_lowercase();
                words.contains(&lower.as_str())
                    || lower.split(['-', '_', ':']).any(|part| words.contains(&part))
                    || camel_parts(name).any(|part| words.contains(&part.as_str()))
            })
        })
}

/// "relatedPosts" as "related" and "posts".
fn camel_parts(name: &str) -> impl Iterator<Item = String> {
    let mut parts = vec![String::new()];
    for letter in name.chars() {
        if letter.is_ascii_uppercase() || !letter.is_ascii_alphanumeric() {
            parts.push(String::new());
        }
        if letter.is_ascii_alphanumeric()
            && let Some(part) = parts.last_mut()
        {
            part.push(letter.to_ascii_lowercase());
        }
    }
    parts.into_iter().filter(|part| !part.is_empty())
}
