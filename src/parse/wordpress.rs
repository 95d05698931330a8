//! WordPress: its REST API (`/wp-json/wp/v2/posts`), and its feeds where that is closed. Which site is a WordPress is
//! `discover`'s question. Parameters are those of the REST API handbook, "Posts" and "Pagination".

use jiff::Timestamp;
use scraper::Html;
use serde_json::Value;
use url::Url;

use super::address::{below, number, parameter, with, without};
use super::{feed, one_line, web_address};
use crate::gate;
use crate::model::{Document, Entry, Image, Parsed, Problem, RawDate};

/// The posts in the API.
const POSTS: &str = "wp-json/wp/v2/posts";
/// The same without pretty addresses.
const ROUTE: &str = "/wp/v2/posts";
/// Posts a poll asks for.
const POLLED: &str = "20";
/// Posts a page of the archive asks for: the most the API allows.
const ARCHIVED: &str = "100";
/// Posts on a page if the address does not say.
const DEFAULT_PAGE: usize = 10;
/// What is read of a post; `_links` is needed for `_embed` to work at all.
const FIELDS: &str = "id,date,date_gmt,modified_gmt,link,guid,title,excerpt,content,jetpack_featured_media_url,\
                      _links,_embedded";
/// Author and lead image come with a poll; in an archive they would cost the site a query for each of 100 posts.
const EMBEDDED: &str = "author,wp:featuredmedia";
/// The furthest page that is asked for.
const LAST_PAGE: u32 = 10_000;
/// Parameters of ours, taken off before they are set anew.
const OURS: [&str; 9] = [
    "per_page",
    "page",
    "_fields",
    "_embed",
    "modified_after",
    "orderby",
    "order",
    "feed",
    "paged",
];

/// What to ask for the newest posts, or for those changed since: the API, the feed, and both without pretty addresses.
/// For the address of a category that is its feed, because the API is not below it.
pub(super) fn plan(url: &Url, since: Option<Timestamp>) -> Vec<Url> {
    if is_feed(url) {
        return vec![url.clone()];
    }
    let since = since.map(|since| since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let mut asked = vec![("per_page", POLLED), ("_embed", EMBEDDED), ("_fields", FIELDS)];
    if let Some(since) = &since {
        asked.extend([("modified_after", since.as_str()), ("orderby", "modified")]);
    }
    if is_api(url) {
        return [with(url, &asked)].into_iter().chain(feeds(&site_of(url))).collect();
    }
    let plain = without(url, &OURS);
    let [feed, plain_feed] = feeds(&plain);
    let route = with(&plain, &[("rest_route", ROUTE)]);
    vec![
        with(&below(&plain, POSTS), &asked),
        feed,
        with(&route, &asked),
        plain_feed,
    ]
}

/// What to ask for everything there is, newest first.
pub(super) fn archive(url: &Url) -> Vec<Url> {
    if is_feed(url) {
        return vec![url.clone()];
    }
    let asked = [("per_page", ARCHIVED), ("_fields", FIELDS)];
    let plain = without(url, &OURS);
    let (api, site) = if is_api(url) {
        (plain.clone(), site_of(url))
    } else {
        (below(&plain, POSTS), plain.clone())
    };
    [with(&api, &asked)].into_iter().chain(feeds(&site)).collect()
}

/// The next page: of the API while pages come full, of a feed while there are items.
pub(super) fn next_page(document: &Document) -> Option<Url> {
    let text = gate::decode(document);
    if feed::looks_like_feed(document) {
        let page = number(&document.url, "paged").unwrap_or(1);
        let has_items = !feed::entries(document).items.is_empty();
        return (has_items && page < LAST_PAGE).then(|| with(&document.url, &[("paged", &(page + 1).to_string())]));
    }
    let Ok(Value::Array(posts)) = serde_json::from_str(json(&text)) else {
        return None;
    };
    let page = number(&document.url, "page").unwrap_or(1);
    let full = number(&document.url, "per_page").map_or(DEFAULT_PAGE, |number| number as usize);
    (posts.len() >= full.max(1) && page < LAST_PAGE).then(|| with(&document.url, &[("page", &(page + 1).to_string())]))
}

/// Whether the document is a list of posts as the API writes it.
pub(super) fn looks_like_posts(document: &Document) -> bool {
    let text = gate::decode(document);
    let text = json(&text);
    text.starts_with('[') && text.contains("\"rendered\"")
}

/// Reads the posts of an answer of the API, or of a feed.
pub(super) fn entries(document: &Document) -> Parsed<Entry> {
    if feed::looks_like_feed(document) {
        return feed::entries(document);
    }
    let text = gate::decode(document);
    let mut parsed = Parsed::default();
    let at = document.url.as_str();
    let posts = match serde_json::from_str(json(&text)) {
        Ok(Value::Array(posts)) => posts,
        Ok(answer) => {
            let why = answer["message"].as_str().unwrap_or("it is no list");
            let what = format!("expected a list of posts, got something else: {}", one_line(why));
            parsed.problems.push(Problem::new(at, what));
            return parsed;
        }
        Err(error) => {
            let what = format!("expected a list of posts: {error}");
            parsed.problems.push(Problem::new(at, what));
            return parsed;
        }
    };
    for (index, post) in posts.iter().take(super::MAX_ITEMS).enumerate() {
        match entry(post, &document.url) {
            Some(entry) => parsed.items.push(entry),
            None => parsed.problems.push(Problem::new(
                format!("{at} item {}", index + 1),
                "no link to the article",
            )),
        }
    }
    parsed
}

/// The JSON in an answer, behind what PHP may have said before it.
fn json(text: &str) -> &str {
    let text = text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
    if text.starts_with(['[', '{']) {
        return text;
    }
    text.find("[{").map_or(text, |start| &text[start..])
}

fn entry(post: &Value, base: &Url) -> Option<Entry> {
    let rendered = |key: &str| {
        let value = post[key]["rendered"].as_str().or_else(|| post[key].as_str())?;
        (!value.trim().is_empty()).then(|| value.to_owned())
    };
    let address = |text: &str| web_address(base, text);
    let url = post["link"]
        .as_str()
        .and_then(address)
        .or_else(|| address(&rendered("guid")?))?;
    let embedded = &post["_embedded"];
    let terms = embedded["wp:term"].as_array().into_iter().flatten();
    Some(Entry {
        url: Some(url),
        guid: rendered("guid"),
        title: rendered("title")
            .map(|title| plain(&title))
            .filter(|title| !title.is_empty()),
        author: embedded["author"][0]["name"]
            .as_str()
            .map(one_line)
            .filter(|name| !name.is_empty()),
        published: utc(&post["date_gmt"]).or_else(|| text(&post["date"])),
        updated: utc(&post["modified_gmt"]),
        summary_html: rendered("excerpt"),
        content_html: rendered("content"),
        image: image(post, base),
        categories: terms
            .flat_map(|group| group.as_array().into_iter().flatten())
            .filter_map(|term| term["name"].as_str())
            .map(plain)
            .collect(),
        // The API does not say.
        language: None,
    })
}

/// A time that the API gives in UTC without saying so. A draft's is all zeros.
fn utc(value: &Value) -> Option<RawDate> {
    let RawDate::Text(text) = text(value)? else { return None };
    (!text.starts_with("0000")).then(|| RawDate::Text(format!("{}Z", text.trim_end_matches('Z'))))
}

fn text(value: &Value) -> Option<RawDate> {
    let text = value.as_str().map(str::trim).filter(|text| !text.is_empty())?;
    Some(RawDate::Text(text.to_owned()))
}

fn image(post: &Value, base: &Url) -> Option<Image> {
    let media = &post["_embedded"]["wp:featuredmedia"][0];
    let found = media["source_url"]
        .as_str()
        .or_else(|| post["jetpack_featured_media_url"].as_str())
        .filter(|address| !address.trim().is_empty())?;
    let caption = media["caption"]["rendered"]
        .as_str()
        .map(plain)
        .filter(|caption| !caption.is_empty());
    Some(Image {
        url: web_address(base, found)?.to_string(),
        caption,
        mime: media["mime_type"].as_str().map(str::to_owned),
        length: media["media_details"]["filesize"].as_u64().filter(|length| *length > 0),
    })
}

/// The words of a rendered title.
fn plain(html: &str) -> String {
    if !html.contains(['<', '&']) || gate::check(html).is_err() {
        return one_line(html);
    }
    one_line(&Html::parse_fragment(html).root_element().text().collect::<String>())
}

fn is_api(url: &Url) -> bool {
    url.path().contains("/wp-json/") || parameter(url, "rest_route").is_some()
}

fn is_feed(url: &Url) -> bool {
    url.path().trim_end_matches('/').ends_with("/feed") || parameter(url, "feed").is_some()
}

/// The site an address of the API belongs to.
fn site_of(api: &Url) -> Url {
    let mut site = api.clone();
    let path = api.path();
    site.set_path(path.find("/wp-json/").map_or(path, |end| &path[..=end]));
    site.set_query(None);
    site
}

/// The site's feed, with and without pretty addresses.
fn feeds(site: &Url) -> [Url; 2] {
    [below(site, "feed/"), with(site, &[("feed", "rss2")])]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{document, strings, urls};
    use super::*;

    const POST: &str = r#"[{"id":412,"date":"2022-08-16T02:30:00","date_gmt":"2022-08-15T19:30:00",
        "guid":{"rendered":"https://lapas.example/?p=412"},"modified_gmt":"2022-08-15T20:00:00",
        "link":"https://lapas.example/2022/08/16/razia-gabungan/","title":{"rendered":"Razia &#8220;Bersih&#8221; &amp; Aman"},
        "content":{"rendered":"<p>JEMBER &#8211; Petugas menggeledah kamar hunian.</p>","protected":false},
        "excerpt":{"rendered":"<p>Petugas menggeledah [&hellip;]</p>","protected":false},
        "_embedded":{"author":[{"id":2,"name":"Humas Lapas"}],"wp:featuredmedia":[{"source_url":"/wp-content/uploads/razia.jpg",
        "mime_type":"image/jpeg","caption":{"rendered":"<p>Petugas di blok B</p>"},"media_details":{"filesize":81234}}]}}]"#;

    #[test]
    fn a_post_is_read_whole() {
        let parsed = entries(&document("https://lapas.example/wp-json/wp/v2/posts", POST));
        assert_eq!(parsed.problems, []);
        let [entry] = parsed.items.as_slice() else {
            panic!("{:?}", parsed.items)
        };
        assert_eq!(entry.title.as_deref(), Some("Razia “Bersih” & Aman"));
        assert_eq!(urls(&parsed), ["https://lapas.example/2022/08/16/razia-gabungan/"]);
        assert_eq!(entry.published, Some(RawDate::Text("2022-08-15T19:30:00Z".to_owned())));
        assert_eq!(entry.author.as_deref(), Some("Humas Lapas"));
        assert!(entry.content_html.as_ref().unwrap().contains("menggeledah kamar"));
        let image = entry.image.as_ref().unwrap();
        assert_eq!(image.url, "https://lapas.example/wp-content/uploads/razia.jpg");
        assert_eq!(
            (image.caption.as_deref(), image.length),
            (Some("Petugas di blok B"), Some(81_234))
        );
    }

    #[test]
    fn what_php_says_before_the_list_does_not_spoil_it() {
        let body = format!("<br />\n<b>Notice</b>: undefined index in [x.php]\n{POST}");
        assert_eq!(
            entries(&document("https://a.example/wp-json/wp/v2/posts", &body))
                .items
                .len(),
            1
        );
    }

    #[test]
    fn an_answer_that_is_no_list_is_a_problem() {
        for (body, what) in [
            (r#"{"code":"rest_disabled","message":"API ditutup"}"#, "API ditutup"),
            (
                "<!DOCTYPE html><html><body>Login</body></html>",
                "expected a list of posts",
            ),
            ("", "expected a list of posts"),
            (r#"[{"id":1}]"#, "no link to the article"),
        ] {
            let parsed = entries(&document("https://a.example/wp-json/wp/v2/posts", body));
            assert!(parsed.items.is_empty(), "{body}");
            assert!(parsed.problems[0].what.contains(what), "{body}: {:?}", parsed.problems);
        }
    }

    #[test]
    fn a_poll_asks_the_api_first_and_then_the_feed() {
        let since = "2026-03-01T00:00:00Z".parse().unwrap();
        let plan = strings(&plan(&"https://a.example/".parse().unwrap(), Some(since)));
        assert_eq!(plan.len(), 4);
        assert!(
            plan[0].starts_with("https://a.example/wp-json/wp/v2/posts?per_page=20&"),
            "{plan:?}"
        );
        assert!(plan[0].contains("modified_after=2026-03-01T00%3A00%3A00Z"), "{plan:?}");
        assert_eq!(plan[1], "https://a.example/feed/");
        assert!(
            plan[2].starts_with("https://a.example/?rest_route=%2Fwp%2Fv2%2Fposts&"),
            "{plan:?}"
        );
        assert_eq!(plan[3], "https://a.example/?feed=rss2");
    }

    #[test]
    fn a_category_is_polled_by_its_own_feed_and_an_api_address_stays() {
        let of = |url: &str| strings(&plan(&url.parse().unwrap(), None));
        assert_eq!(
            of("https://a.example/category/berita")[1],
            "https://a.example/category/berita/feed/"
        );
        assert_eq!(of("https://a.example/feed/"), ["https://a.example/feed/"]);
        let api = of("https://a.example/lapas/wp-json/wp/v2/posts?categories=7");
        assert!(
            api[0].contains("/lapas/wp-json/wp/v2/posts?categories=7&per_page=20"),
            "{api:?}"
        );
        assert_eq!(api[1], "https://a.example/lapas/feed/");
    }

    #[test]
    fn pages_go_on_while_they_come_full() {
        let posts = |count: usize| {
            format!(
                "[{}]",
                vec![r#"{"link":"/x","title":{"rendered":"x"}}"#; count].join(",")
            )
        };
        let next = |url: &str, body: &str| next_page(&document(url, body)).map(String::from);
        let api = "https://a.example/wp-json/wp/v2/posts?per_page=3";
        assert_eq!(next(api, &posts(3)).unwrap(), format!("{api}&page=2"));
        assert_eq!(
            next(&format!("{api}&page=4"), &posts(3)).unwrap(),
            format!("{api}&page=5")
        );
        assert_eq!(next(api, &posts(2)), None);
        assert_eq!(next(api, r#"{"code":"rest_post_invalid_page_number"}"#), None);
        let feed = "<rss version='2.0'><channel><item><link>/x</link></item></channel></rss>";
        assert_eq!(
            next("https://a.example/feed/?paged=2", feed).unwrap(),
            "https://a.example/feed/?paged=3"
        );
        assert_eq!(
            next(
                "https://a.example/feed/",
                "<rss version='2.0'><channel></channel></rss>"
            ),
            None
        );
    }
}
