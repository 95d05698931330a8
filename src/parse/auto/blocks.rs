//! Blocks that repeat. Each link that may lead to an article is widened to the largest element that leads to no other;
//! blocks at the same place in the structure make a group; the group that looks most like a list of articles is the
//! list, with others of its kind (the large first item of a front page). Work is linear in links times depth.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use scraper::{ElementRef, Html};
use url::Url;

use super::super::address::{same_site, without};
use super::super::selector::known;
use super::super::{MAX_ITEMS, shape, web_address, words};
use super::FEWEST;
use super::dates::{date_element, date_of};
use super::selectors::stable_classes;
use crate::model::{Document, Entry, RawDate};

/// The most links of a page that are looked at.
const MAX_LINKS: usize = 3_000;
/// How many elements around a block tell its place.
const AROUND: usize = 6;
/// The most further groups that belong to a list.
const MAX_ALIKE: usize = 10;
/// The quality from which a group is a list.
const GOOD: f64 = 3.0;
/// The most classes of one element that are looked at.
const MAX_NAMES: usize = 20;
/// Elements in which links lead about the site.
const OUTSIDE: [&str; 4] = ["nav", "footer", "form", "select"];
/// Words in classes and ids of such elements, and of lists beside the list.
const BESIDE: [&str; 24] = [
    "nav",
    "navbar",
    "navigation",
    "menu",
    "footer",
    "sidebar",
    "breadcrumb",
    "breadcrumbs",
    "pagination",
    "tagcloud",
    "related",
    "terkait",
    "popular",
    "populer",
    "terpopuler",
    "trending",
    "share",
    "social",
    "comment",
    "comments",
    "komentar",
    "aside",
    "banner",
    "ticker",
];
/// A list of articles on a page.
pub(super) struct List<'a> {
    /// Its groups, the best first.
    pub groups: Vec<Vec<Block<'a>>>,
}

/// One article in a list.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    /// The largest element that leads to no other article.
    pub element: ElementRef<'a>,
    /// The link with the most words.
    pub link: ElementRef<'a>,
    /// The place of its first link among the page's.
    pub place: usize,
    /// How long the words of `link` are, in bytes.
    said: usize,
}

impl List<'_> {
    /// What the blocks announce, in the page's order.
    pub fn entries(&self, base: &Url) -> Vec<Entry> {
        let mut blocks: Vec<Block<'_>> = self.groups.iter().flatten().copied().collect();
        blocks.sort_by_key(|block| block.place);
        let mut seen = BTreeSet::new();
        let entries = blocks.into_iter().filter_map(|block| {
            let url = article(block.link, base)?;
            seen.insert(url.clone()).then(|| Entry {
                url: Some(url),
                title: Some(title(block)).filter(|title| !title.is_empty()),
                published: date_element(block.element).and_then(date_of).map(RawDate::Text),
                ..Entry::default()
            })
        });
        entries.take(MAX_ITEMS).collect()
    }
}

/// A link that may lead to an article.
struct Link<'a> {
    element: ElementRef<'a>,
    url: Url,
    text: String,
    /// Whether its address by itself looks like an article's.
    is_likely: bool,
}

/// The list of the page, if it has one.
pub(super) fn find<'a>(page: &'a Html, base: &Url, document: &Document) -> Option<List<'a>> {
    let links = links(page, base, document);
    // A category that each item names would tear the items apart: likely links are looked at first.
    let likely = |link: &Link<'_>| link.is_likely;
    let Some(mut list) = list_of(&links, likely) else {
        return list_of(&links, |_| true);
    };
    add_unlikely(&mut list, &links);
    Some(list)
}

fn list_of<'a>(links: &[Link<'a>], wanted: impl Fn(&Link<'a>) -> bool) -> Option<List<'a>> {
    let mut groups: Vec<Group<'a>> = grouped(blocks(links, wanted), links);
    groups.sort_by(|a, b| b.score.total_cmp(&a.score));
    let best = groups
        .iter()
        .position(|group| group.urls >= FEWEST && group.quality >= GOOD)?;
    let best = groups.remove(best);
    let form = best.form.clone();
    let alike = groups.into_iter().filter(|group| {
        group.form == form && !group.is_beside && group.quality >= GOOD && (group.is_marked || group.urls >= FEWEST)
    });
    let mut all = vec![best.blocks];
    all.extend(alike.take(MAX_ALIKE).map(|group| group.blocks));
    Some(List { groups: all })
}

/// Adds the items between those of a list whose address alone says little (`/rapat-pegawai`).
fn add_unlikely<'a>(list: &mut List<'a>, links: &[Link<'a>]) {
    let mut known: HashSet<_> = list.groups.iter().flatten().map(|block| block.element.id()).collect();
    let mut groups = HashMap::new();
    for (group, blocks) in list.groups.iter().enumerate() {
        for block in blocks {
            if let Some(parent) = block.element.parent() {
                groups.insert(parent.id(), (group, block.element.value().name()));
            }
        }
    }
    for (place, link) in links.iter().enumerate().filter(|(_, link)| !link.is_likely) {
        let items = std::iter::once(link.element).chain(link.element.ancestors().filter_map(ElementRef::wrap));
        let found = items.into_iter().find_map(|element| {
            let (group, tag) = groups.get(&element.parent()?.id())?;
            (element.value().name() == *tag).then_some((*group, element))
        });
        let Some((group, element)) = found else { continue };
        let block = Block {
            element,
            link: link.element,
            place,
            said: link.text.len(),
        };
        if title(block).split(' ').count() >= 3 && known.insert(element.id()) {
            list.groups[group].push(block);
        }
    }
}

/// The address a link leads to, without its fragment.
fn article(link: ElementRef<'_>, base: &Url) -> Option<Url> {
    web_address(base, link.attr("href")?).map(|url| without(&url, &[]))
}

fn links<'a>(page: &'a Html, base: &Url, document: &Document) -> Vec<Link<'a>> {
    let here = without(&document.url, &[]);
    page.select(&known("a[href]"))
        .take(MAX_LINKS)
        .filter_map(|element| {
            let url = article(element, base)?;
            let is_candidate =
                url != here && same_site(&url, &document.url) && shape::likeness(&url) > -2 && !is_outside(element);
            is_candidate.then(|| Link {
                text: words(element),
                is_likely: shape::likeness(&url) >= shape::ARTICLE,
                element,
                url,
            })
        })
        .collect()
}

/// Whether the link stands in an element that leads about the site. An article has a header of its own.
fn is_outside(link: ElementRef<'_>) -> bool {
    let mut in_header = false;
    for element in link.ancestors().filter_map(ElementRef::wrap) {
        match element.value().name() {
            name if OUTSIDE.contains(&name) => return true,
            "header" => in_header = true,
            "article" | "li" | "main" => in_header = false,
            _ => {}
        }
    }
    in_header
}

/// Whether it stands beside the list, by the names of what is around it.
fn is_beside(element: ElementRef<'_>) -> bool {
    element.ancestors().filter_map(ElementRef::wrap).any(|around| {
        let value = around.value();
        let is_whole = matches!(value.name(), "html" | "body" | "main");
        let names = value
            .classes()
            .take(MAX_NAMES)
            .chain(value.id())
            .filter(|name| name.len() < 100);
        let named = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.split(['-', '_']).any(|word| BESIDE.contains(&word))
        };
        value.name() == "aside" || (!is_whole && names.into_iter().any(named))
    })
}

/// Widens each wanted link to its block. A block with several links to one article is one.
fn blocks<'a>(links: &[Link<'a>], wanted: impl Fn(&Link<'a>) -> bool) -> Vec<Block<'a>> {
    // Which article an element leads to; none if to several.
    let mut leads = HashMap::new();
    let wanted = || links.iter().enumerate().filter(|(_, link)| wanted(link));
    for (_, link) in wanted() {
        for node in link.element.ancestors() {
            match leads.entry(node.id()).or_insert(Some(&link.url)) {
                Some(url) if *url == &link.url => {}
                many @ Some(_) => *many = None,
                // All that is around it leads to several too.
                None => break,
            }
        }
    }
    let mut found: BTreeMap<usize, Block<'a>> = BTreeMap::new();
    let mut places = HashMap::new();
    for (place, link) in wanted() {
        let around = link.element.ancestors().filter_map(ElementRef::wrap);
        let element = around
            .take_while(|around| leads.get(&around.id()).is_some_and(Option::is_some))
            .take_while(|around| !matches!(around.value().name(), "html" | "body" | "main"))
            .last()
            .unwrap_or(link.element);
        let first = *places.entry(element.id()).or_insert(place);
        let block = found.entry(first).or_insert(Block {
            element,
            link: link.element,
            place,
            said: link.text.len(),
        });
        if link.text.len() > block.said {
            block.link = link.element;
            block.said = link.text.len();
        }
    }
    found.into_values().collect()
}

/// Blocks at the same place in the structure.
struct Group<'a> {
    blocks: Vec<Block<'a>>,
    /// How many articles they lead to.
    urls: usize,
    /// The form of most of their addresses.
    form: String,
    /// How much one of its blocks looks like an article's.
    quality: f64,
    /// The quality, more for more articles.
    score: f64,
    is_beside: bool,
    /// Whether most blocks have a date or a heading.
    is_marked: bool,
}

fn grouped<'a>(blocks: Vec<Block<'a>>, links: &[Link<'a>]) -> Vec<Group<'a>> {
    let mut places: BTreeMap<String, Vec<Block<'a>>> = BTreeMap::new();
    for block in blocks {
        places.entry(place_of(block.element)).or_default().push(block);
    }
    places.into_values().map(|blocks| judged(blocks, links)).collect()
}

/// The place of a block in the structure: its tag and what is around it.
fn place_of(element: ElementRef<'_>) -> String {
    let mut place = element.value().name().to_owned();
    let mut depth = 0;
    for around in element.ancestors().filter_map(ElementRef::wrap) {
        depth += 1;
        if depth <= AROUND {
            place.push('<');
            place.push_str(around.value().name());
            for class in stable_classes(around) {
                place.push('.');
                place.push_str(class);
            }
        }
    }
    format!("{place}@{depth}")
}

fn judged<'a>(blocks: Vec<Block<'a>>, links: &[Link<'a>]) -> Group<'a> {
    let heading = known("h1, h2, h3, h4, h5, h6");
    let (mut likeness, mut title_words, mut dates, mut headings) = (0, 0, 0, 0);
    let mut urls = BTreeSet::new();
    let mut forms: BTreeMap<String, usize> = BTreeMap::new();
    for block in &blocks {
        let url = &links[block.place].url;
        urls.insert(url);
        *forms.entry(shape::form(url)).or_default() += 1;
        likeness += shape::likeness(url).clamp(-2, 6);
        title_words += match title(*block).split(' ').filter(|word| !word.is_empty()).count() {
            0 => -2,
            1 | 2 => -1,
            3 => 1,
            _ => 3,
        };
        dates += i32::from(date_element(block.element).is_some());
        headings += i32::from(is_headed(block.element, &heading));
    }
    let count = i32::try_from(blocks.len()).unwrap_or(i32::MAX);
    let is_beside = is_beside(blocks[0].element);
    let mut quality = f64::from(likeness + title_words) / f64::from(count);
    quality += if dates * 2 > count { 3.0 } else { 0.0 };
    quality += if headings * 2 > count { 1.0 } else { 0.0 };
    quality -= if is_beside { 4.0 } else { 0.0 };
    let urls = urls.len();
    Group {
        form: forms
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .map(|(form, _)| form)
            .unwrap_or_default(),
        score: quality * f64::from(u32::try_from(urls.min(30)).unwrap_or(30)).sqrt(),
        is_marked: dates * 2 > count || headings * 2 > count,
        quality,
        urls,
        is_beside,
        blocks,
    }
}

fn is_headed(element: ElementRef<'_>, heading: &scraper::Selector) -> bool {
    heading.matches(&element) || element.select(heading).next().is_some()
}

/// The words of the block's heading, else of its link, else what its picture is called.
pub(super) fn title(block: Block<'_>) -> String {
    let linked = words(block.link);
    let headings = known("h1, h2, h3, h4, h5, h6");
    let heading = block
        .element
        .select(&headings)
        .map(words)
        .find(|heading| !heading.is_empty());
    let of_image = || {
        let images = known("img[alt]");
        let image = block.element.select(&images).find_map(|image| image.attr("alt"));
        block.link.attr("title").or(image).map(super::super::one_line)
    };
    heading
        .or(Some(linked).filter(|words| !words.is_empty()))
        .or_else(of_image)
        .unwrap_or_default()
}
