//! Blogger, on blogspot.com or under a domain of its own: its posts feed, whole or by label. How many posts a page
//! holds is never assumed, because the cap has shrunk three times: what came back is counted and `rel=next` believed.
//! The comments feed is never asked.

use jiff::Timestamp;
use url::Url;

use super::address::{number, on_site, with, without};
use super::feed;
use crate::gate;
use crate::model::Document;

/// Where all posts are.
const POSTS: &str = "/feeds/posts/default";
/// Posts a poll asks for.
const POLLED: &str = "25";
/// Posts a page of the archive asks for; the site gives as many as it likes.
const ARCHIVED: &str = "100";

/// What to ask for the newest posts, or for those changed since: Atom, then RSS. The address may be the blog's, a
/// label's (`/search/label/{label}`) or a feed's.
pub(super) fn plan(url: &Url, since: Option<Timestamp>) -> Vec<Url> {
    let feed = feed_of(url);
    // A blog may send its readers to another service; this parameter asks for the feed itself.
    let mut asked = vec![("redirect", "false"), ("max-results", POLLED)];
    let since = since.map(|since| since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    if let Some(since) = &since {
        // `updated-min` counts only in this order.
        asked.extend([("orderby", "updated"), ("updated-min", since.as_str())]);
    }
    ["atom", "rss"]
        .iter()
        .map(|form| with(&with(&feed, &[("alt", form)]), &asked))
        .collect()
}

/// What to ask for everything there is, newest first.
pub(super) fn archive(url: &Url) -> Vec<Url> {
    let asked = [("alt", "atom"), ("redirect", "false"), ("max-results", ARCHIVED)];
    vec![with(&feed_of(url), &asked)]
}

/// The posts feed that belongs to an address of the blog.
pub(super) fn feed_of(url: &Url) -> Url {
    let path = url.path();
    if path.starts_with("/feeds/") && !path.contains("comments") {
        return without(
            url,
            &[
                "alt",
                "redirect",
                "max-results",
                "start-index",
                "orderby",
                "updated-min",
            ],
        );
    }
    match path.strip_prefix("/search/label/").filter(|label| !label.is_empty()) {
        Some(label) => on_site(url, &format!("{POSTS}/-/{}", label.trim_end_matches('/'))),
        None => on_site(url, POSTS),
    }
}

/// The next, older page. It stays on the site's own host, where `rel=next` leads to blogger.com.
pub(super) fn next_page(document: &Document) -> Option<Url> {
    if !feed::looks_like_feed(document) {
        return None;
    }
    let text = gate::decode(document);
    let posts = text.matches("<entry>").count() + text.matches("<item>").count();
    let start = number(&document.url, "start-index").unwrap_or(1).max(1);
    let head = &text[..text
        .find("<entry>")
        .or_else(|| text.find("<item>"))
        .unwrap_or(text.len())];
    let after = start.checked_add(u32::try_from(posts).ok()?)?;
    let next = match linked_start(head) {
        Some(linked) => linked,
        None if total(head).is_some_and(|total| after <= total) => after,
        None => return None,
    };
    (posts > 0 && next > start).then(|| with(&document.url, &[("start-index", &next.to_string())]))
}

/// The `start-index` that the feed's `rel=next` names.
fn linked_start(head: &str) -> Option<u32> {
    let links = head.split("<link").skip(1).filter_map(|rest| rest.split_once('>'));
    let next = links
        .map(|(link, _)| link)
        .find(|link| link.contains("rel='next'") || link.contains("rel=\"next\""))?;
    digits(next.split_once("start-index=")?.1)
}

/// How many posts there are in all (`openSearch:totalResults`), which RSS has instead of `rel=next`.
fn total(head: &str) -> Option<u32> {
    let rest = head.split_once("totalResults")?.1;
    digits(rest.split_once('>')?.1)
}

fn digits(text: &str) -> Option<u32> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{document, strings};
    use super::*;

    #[test]
    fn each_address_of_a_blog_leads_to_its_posts() {
        for (url, expected) in [
            ("https://b.example/", "https://b.example/feeds/posts/default"),
            (
                "https://b.example/2022/08/x.html?m=1",
                "https://b.example/feeds/posts/default",
            ),
            (
                "https://b.example/search/label/Berita%20Utama?max-results=5",
                "https://b.example/feeds/posts/default/-/Berita%20Utama",
            ),
            (
                "https://b.example/feeds/posts/summary/-/Rutan?alt=json&q=x",
                "https://b.example/feeds/posts/summary/-/Rutan?q=x",
            ),
            (
                "https://b.example/feeds/comments/default",
                "https://b.example/feeds/posts/default",
            ),
        ] {
            assert_eq!(feed_of(&url.parse().unwrap()).as_str(), expected, "{url}");
        }
    }

    #[test]
    fn a_poll_asks_for_atom_then_rss_and_for_what_changed() {
        let since = "2026-03-01T00:00:00Z".parse().unwrap();
        let plan = strings(&plan(&"https://b.example/".parse().unwrap(), Some(since)));
        let rest = "redirect=false&max-results=25&orderby=updated&updated-min=2026-03-01T00%3A00%3A00Z";
        let address = |form: &str| format!("https://b.example/feeds/posts/default?alt={form}&{rest}");
        assert_eq!(plan, [address("atom"), address("rss")]);
    }

    #[test]
    fn paging_trusts_what_came_back() {
        let atom = |link: &str, posts: usize| {
            format!(
                "<feed xmlns='http://www.w3.org/2005/Atom'>{link}{}</feed>",
                "<entry></entry>".repeat(posts)
            )
        };
        let link = |start: u32| {
            format!(
                "<link rel='next' type='application/atom+xml' href='http://www.blogger.com/feeds/7/posts/default?start-index={start}&amp;max-results=100'/>"
            )
        };
        let rss = |total: u32, posts: usize| {
            format!(
                "<rss version='2.0'><channel><openSearch:totalResults>{total}</openSearch:totalResults>{}</channel></rss>",
                "<item></item>".repeat(posts)
            )
        };
        let base = "https://b.example/feeds/posts/default";
        for (at, body, next) in [
            ("", atom(&link(26), 25), Some("?start-index=26")),
            ("?start-index=26", atom(&link(51), 25), Some("?start-index=51")),
            ("?start-index=26", atom("", 25), None),
            ("?start-index=26", atom(&link(26), 25), None),
            ("", atom(&link(26), 0), None),
            ("", rss(40, 25), Some("?start-index=26")),
            ("?start-index=26", rss(40, 15), None),
            ("", "<html><body>".to_owned(), None),
        ] {
            let found = next_page(&document(&format!("{base}{at}"), &body)).map(String::from);
            assert_eq!(found, next.map(|next| format!("{base}{next}")), "{at} {body}");
        }
    }
}
