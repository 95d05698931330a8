//! The page of an account on kumparan.com. Its cards are known by the form of their links alone, for class names change
//! with every release; dates on it are never read, because cards that are still loading show a dummy one
//! (01 April 2020). The story pages are `extract::kumparan`'s.

use std::collections::HashMap;

use scraper::{ElementRef, Html};
use serde_json::Value;
use url::Url;

use super::selector::known;
use super::{base, web_address, words};
use crate::gate;
use crate::model::{Document, Entry, Parsed, Problem};

/// How long the id at the end of a story's address is.
const ID_LENGTH: usize = 11;
/// What a card says while it is loading.
const LOADING: &str = "Sedang memuat";

/// Reads the stories of the account that the page belongs to; others it recommends are left out.
pub fn entries(document: &Document) -> Parsed<Entry> {
    let mut parsed = Parsed::default();
    let at = document.url.to_string();
    let Some(account) = account_of(&document.url) else {
        parsed.problems.push(Problem::new(
            at,
            "this is no address of an account: expected https://kumparan.com/{account}",
        ));
        return parsed;
    };
    let page = match gate::text(document) {
        Ok(text) => Html::parse_document(&text),
        Err(refused) => {
            parsed.problems.push(Problem::new(at, refused.to_string()));
            return parsed;
        }
    };
    let base = base(&page, document);
    let link = known("a[href]");
    let links = page
        .select(&link)
        .map(|link| (link.attr("href").unwrap_or_default().to_owned(), title_of(link)));
    let mut places: HashMap<String, usize> = HashMap::new();
    for (href, title) in links.chain(listed(&page)) {
        let Some((url, id)) = web_address(&base, &href).and_then(|url| story(&url, &document.url, &account)) else {
            continue;
        };
        let place = *places.entry(id).or_insert_with(|| {
            parsed.items.push(Entry {
                url: Some(url),
                ..Entry::default()
            });
            parsed.items.len() - 1
        });
        let known = &mut parsed.items[place].title;
        if title.len() > known.as_ref().map_or(0, String::len) {
            *known = Some(title);
        }
    }
    if parsed.items.is_empty() {
        parsed.problems.push(Problem::new(
            at,
            format!("no link to a story of {account}: has the page's design changed?"),
        ));
    }
    parsed
}

/// The account in an address of the site: `/{account}`, `/@{account}`, `/{account}/…`.
fn account_of(url: &Url) -> Option<String> {
    let account = url
        .path_segments()?
        .find(|segment| !segment.is_empty() && *segment != "amp")?;
    Some(account.trim_start_matches('@').to_lowercase()).filter(|account| !account.is_empty())
}

/// The plain address and the id of a story of this account: `/{account}/{slug}-{id}`, also in its mobile form.
/// Links may stay on the page's own host, whatever that is, or lead to one of kumparan's.
fn story(url: &Url, page: &Url, account: &str) -> Option<(Url, String)> {
    let is_kumparan = matches!(url.host_str()?, "kumparan.com" | "www.kumparan.com" | "m.kumparan.com");
    if !is_kumparan && url.origin() != page.origin() {
        return None;
    }
    let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    let [owner, slug] = *segments.strip_prefix(&["amp"]).unwrap_or(&segments) else {
        return None;
    };
    let (words, id) = slug.rsplit_once('-')?;
    let is_story = owner.trim_start_matches('@').to_lowercase() == account
        && !words.is_empty()
        && id.len() == ID_LENGTH
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let plain = if is_kumparan {
        Url::parse(&format!("https://kumparan.com/{account}/{slug}")).ok()?
    } else {
        page.join(&format!("/{account}/{slug}")).ok()?
    };
    is_story.then(|| (plain, id.to_owned()))
}

/// The heading in a link, else all its words.
fn title_of(link: ElementRef<'_>) -> String {
    let heading = link
        .select(&known("h1, h2, h3, h4, h5, h6"))
        .map(words)
        .find(|heading| !heading.is_empty());
    heading
        .or_else(|| Some(words(link)))
        .filter(|title| !title.starts_with(LOADING))
        .unwrap_or_default()
}

/// Address and name of each item of an `ItemList` in the page's JSON-LD.
fn listed(page: &Html) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for script in page.select(&known(r#"script[type="application/ld+json"]"#)) {
        let Ok(value) = serde_json::from_str::<Value>(&script.text().collect::<String>()) else {
            continue;
        };
        for item in value["itemListElement"].as_array().into_iter().flatten() {
            let text = |key: &str| item[key].as_str().or_else(|| item["item"][key].as_str());
            let address = text("url").or_else(|| text("@id")).or_else(|| item["item"].as_str());
            if let Some(address) = address {
                found.push((address.to_owned(), super::one_line(text("name").unwrap_or_default())));
            }
        }
    }
    found
}
