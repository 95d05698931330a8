//! Joomla: the feed of a category or menu address (`?format=feed&type=rss`), which holds ten items at most, and its
//! HTML list for what is older or where feeds are off. `limit` is not sent: the site overwrites it.

use url::Url;

use super::address::{number, parameter, with, without};
use super::{auto, feed};
use crate::model::{Document, Entry, Parsed};

/// What to ask for the newest items: RSS, Atom, then the list itself.
pub(super) fn plan(url: &Url) -> Vec<Url> {
    let list = list_of(url);
    if let Some(path) = list.path().strip_suffix(".html") {
        // With suffixes switched on the ending decides, and the parameter is overwritten.
        let mut feed = list.clone();
        feed.set_path(&format!("{path}.feed"));
        return vec![with(&feed, &[("type", "rss")]), with(&feed, &[("type", "atom")]), list];
    }
    let feed = |form: &str| with(&list, &[("format", "feed"), ("type", form)]);
    vec![feed("rss"), feed("atom"), list]
}

/// What to ask for everything there is: the list from its first page.
pub(super) fn archive(url: &Url) -> Vec<Url> {
    vec![list_of(url)]
}

/// The HTML list that belongs to an address of the feed or of a page of the list.
fn list_of(url: &Url) -> Url {
    let mut list = without(url, &["type", "start", "limitstart"]);
    if parameter(url, "format").as_deref() == Some("feed") {
        list = without(&list, &["format"]);
    }
    if let Some(path) = list.path().strip_suffix(".feed").map(|path| format!("{path}.html")) {
        list.set_path(&path);
    }
    list
}

/// Reads a feed, or the list itself where the site gives no feed.
pub(super) fn entries(document: &Document) -> Parsed<Entry> {
    if feed::looks_like_feed(document) {
        feed::entries(document)
    } else {
        auto::entries(document)
    }
}

/// What follows a feed is the list behind as many items; what follows a list is its own next page. A place that is no
/// multiple of the list's length is moved back by Joomla, so that nothing is missed.
pub(super) fn next_page(document: &Document) -> Option<Url> {
    if !feed::looks_like_feed(document) {
        return auto::next_page(document);
    }
    let items = u32::try_from(feed::entries(document).items.len()).ok()?;
    let start = number(&document.url, "start").unwrap_or(0).checked_add(items)?;
    (items > 0).then(|| with(&list_of(&document.url), &[("start", &start.to_string())]))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{document, strings};
    use super::*;

    #[test]
    fn a_category_has_two_feeds_and_a_list() {
        for (url, expected) in [
            (
                "https://j.example/berita-utama?start=20",
                [
                    "https://j.example/berita-utama?format=feed&type=rss",
                    "https://j.example/berita-utama?format=feed&type=atom",
                    "https://j.example/berita-utama",
                ],
            ),
            (
                "https://j.example/index.php?option=com_content&view=category&id=9&format=feed&type=atom",
                [
                    "https://j.example/index.php?option=com_content&view=category&id=9&format=feed&type=rss",
                    "https://j.example/index.php?option=com_content&view=category&id=9&format=feed&type=atom",
                    "https://j.example/index.php?option=com_content&view=category&id=9",
                ],
            ),
            (
                "https://j.example/berita.html",
                [
                    "https://j.example/berita.feed?type=rss",
                    "https://j.example/berita.feed?type=atom",
                    "https://j.example/berita.html",
                ],
            ),
        ] {
            assert_eq!(strings(&plan(&url.parse().unwrap())), expected);
        }
    }

    #[test]
    fn behind_the_feed_the_list_goes_on() {
        let items: String = (0..10)
            .map(|n| format!("<item><link>/berita/{n}-x</link></item>"))
            .collect();
        let feed = |url: &str| document(url, &format!("<rss version='2.0'><channel>{items}</channel></rss>"));
        let next = |url: &str| next_page(&feed(url)).map(String::from).unwrap();
        assert_eq!(
            next("https://j.example/berita?format=feed&type=rss"),
            "https://j.example/berita?start=10"
        );
        assert_eq!(
            next("https://j.example/berita.feed?type=rss"),
            "https://j.example/berita.html?start=10"
        );
        let empty = document(
            "https://j.example/b?format=feed",
            "<rss version='2.0'><channel></channel></rss>",
        );
        assert_eq!(next_page(&empty), None);
    }
}
