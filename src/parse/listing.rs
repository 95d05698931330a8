//! HTML pages that list articles, read with the CSS selectors of the configuration. It finds no selectors by itself.

use std::collections::HashMap;

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::selector::{compile, known};
use super::{base, web_address, words};
use crate::gate;
use crate::model::{Document, Entry, ListingSelectors, Parsed, Problem, RawDate};

/// The most items of one page that are read.
const MAX_ITEMS: usize = 1_000;

/// Reads one entry for each match of `item`; the same address twice makes one entry with the longer title.
pub fn entries(document: &Document, selectors: &ListingSelectors) -> Parsed<Entry> {
    let mut parsed = Parsed::default();
    let at = document.url.to_string();
    let page = match gate::text(document) {
        Ok(text) => Html::parse_document(&text),
        Err(refused) => {
            parsed.problems.push(Problem::new(at, refused.to_string()));
            return parsed;
        }
    };
    let base = base(&page, document);
    let parts = Parts::of(selectors);
    let items: Vec<ElementRef<'_>> = compile(&selectors.item)
        .map(|item| page.select(&item).take(MAX_ITEMS).collect())
        .unwrap_or_default();
    if items.is_empty() {
        let what = format!(
            "nothing on the page matches {:?}: has its design changed?",
            selectors.item
        );
        parsed.problems.push(Problem::new(at.as_str(), what));
    }
    let mut places: HashMap<Url, usize> = HashMap::new();
    for (index, item) in items.into_iter().enumerate() {
        let Some(entry) = parts.entry(item, &base) else {
            parsed.problems.push(Problem::new(
                format!("{at} item {}", index + 1),
                "it has no link to an article",
            ));
            continue;
        };
        let Some(url) = entry.url.clone() else { continue };
        match places.get(&url) {
            Some(place) => fill(&mut parsed.items[*place], entry),
            None => {
                places.insert(url, parsed.items.len());
                parsed.items.push(entry);
            }
        }
    }
    parsed
}

/// The link to the next, older page, if it leads to another one.
pub fn next_page(document: &Document, selectors: &ListingSelectors) -> Option<Url> {
    let next = compile(selectors.next.as_deref()?)?;
    let page = Html::parse_document(&gate::text(document).ok()?);
    let link = page.select(&next).find_map(link_of)?;
    let mut url = web_address(&base(&page, document), link.attr("href")?)?;
    url.set_fragment(None);
    (url != document.url).then_some(url)
}

/// Completes the first entry of an address with what a further one says.
fn fill(entry: &mut Entry, other: Entry) {
    let length = |title: &Option<String>| title.as_ref().map_or(0, String::len);
    if length(&other.title) > length(&entry.title) {
        entry.title = other.title;
    }
    entry.published = entry.published.take().or(other.published);
}

/// The compiled selectors for the parts of an item.
struct Parts {
    link: Option<Selector>,
    title: Option<Selector>,
    date: Option<Selector>,
}

impl Parts {
    fn of(selectors: &ListingSelectors) -> Parts {
        let part = |css: &Option<String>| css.as_deref().and_then(compile);
        Parts {
            link: part(&selectors.link),
            title: part(&selectors.title),
            date: part(&selectors.date),
        }
    }

    fn entry(&self, item: ElementRef<'_>, base: &Url) -> Option<Entry> {
        let link = match &self.link {
            Some(link) => item.select(link).find_map(link_of)?,
            None => link_of(item)?,
        };
        let title = match &self.title {
            Some(title) => item.select(title).map(words).find(|title| !title.is_empty()),
            None => Some(words(link))
                .filter(|title| !title.is_empty())
                .or_else(|| hidden_title(link)),
        };
        let date = self.date.as_ref().and_then(|date| item.select(date).find_map(date_of));
        Some(Entry {
            url: Some(web_address(base, link.attr("href")?)?),
            title,
            published: date.map(RawDate::Text),
            ..Entry::default()
        })
    }
}

/// The element itself if it is a link, else the first link in it.
fn link_of(element: ElementRef<'_>) -> Option<ElementRef<'_>> {
    if element.value().name() == "a" && element.attr("href").is_some() {
        return Some(element);
    }
    element.select(&known("a[href]")).next()
}

/// What a link without words is called: its `title`, or the description of the picture in it.
fn hidden_title(link: ElementRef<'_>) -> Option<String> {
    let of_image = || link.select(&known("img[alt]")).find_map(|image| image.attr("alt"));
    link.attr("title")
        .or_else(of_image)
        .map(super::one_line)
        .filter(|title| !title.is_empty())
}

/// The machine-readable date of the element or of a `<time>` in it, else its words.
fn date_of(element: ElementRef<'_>) -> Option<String> {
    let stated = element.attr("datetime").or_else(|| {
        element
            .select(&known("time[datetime]"))
            .find_map(|time| time.attr("datetime"))
    });
    stated
        .map(str::to_owned)
        .or_else(|| Some(words(element)))
        .filter(|date| !date.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::samples;

    fn of(html: &str, selectors: ListingSelectors) -> (Document, ListingSelectors) {
        let document = samples::document("https://a.example/berita/", html.as_bytes());
        (document, selectors)
    }

    fn items(css: &str) -> ListingSelectors {
        ListingSelectors {
            item: css.to_owned(),
            ..ListingSelectors::default()
        }
    }

    #[test]
    fn a_title_is_the_links_words_or_what_the_link_is_called() {
        for (item, title) in [
            ("<a href=x> Razia  kamar </a>", Some("Razia kamar")),
            ("<a href=x title=Razia><img alt=Foto></a>", Some("Razia")),
            ("<a href=x><img alt='Razia kamar'></a>", Some("Razia kamar")),
            ("<a href=x></a>", None),
        ] {
            let (document, selectors) = of(&format!("<ul><li>{item}</ul>"), items("li"));
            let entry = entries(&document, &selectors).items.remove(0);
            assert_eq!(
                (entry.title.as_deref(), entry.url.unwrap().as_str()),
                (title, "https://a.example/berita/x"),
                "{item}"
            );
        }
    }

    #[test]
    fn an_item_may_be_the_link_itself() {
        let (document, selectors) = of("<a class=k href=/x>Satu</a><a class=k href=/y>Dua</a>", items("a.k"));
        let urls: Vec<String> = entries(&document, &selectors)
            .items
            .into_iter()
            .filter_map(|entry| entry.url.map(String::from))
            .collect();
        assert_eq!(urls, ["https://a.example/x", "https://a.example/y"]);
    }

    #[test]
    fn the_next_page_is_another_page_of_the_web() {
        for (link, next) in [
            (
                "<a class=next href='?page=2'>",
                Some("https://a.example/berita/?page=2"),
            ),
            ("<li class=next><a href=/berita/2>", Some("https://a.example/berita/2")),
            ("<a class=next href=''>", None),
            ("<a class=next href='#'>", None),
            ("<a class=next href='javascript:void(0)'>", None),
            ("<a class=prev href=/berita/2>", None),
        ] {
            let (document, selectors) = of(
                link,
                ListingSelectors {
                    next: Some(".next".to_owned()),
                    ..items("li")
                },
            );
            assert_eq!(
                next_page(&document, &selectors).map(String::from).as_deref(),
                next,
                "{link}"
            );
        }
    }
}
