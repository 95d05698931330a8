//! What a page betrays of the program that made it, and where it says that its feeds, its news and its sitemaps are.

use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::gate;
use crate::model::Document;

/// The most links that are looked through.
const MAX_LINKS: usize = 3_000;
/// The most sitemaps of a robots.txt.
const MAX_SITEMAPS: usize = 2;
/// Media types of feeds.
const FEEDS: [&str; 4] = [
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
];
/// What a front page calls its news, in lower case, the best first.
const NEWS: [&str; 9] = [
    "berita",
    "berita terkini",
    "berita terbaru",
    "berita utama",
    "kabar",
    "news",
    "indeks berita",
    "siaran pers",
    "artikel",
];

/// What was found on a page.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// Feeds the page declares, comments left out.
    pub feeds: Vec<Url>,
    /// The posts of a WordPress's API.
    pub wordpress: Option<Url>,
    /// Whether Blogger made it.
    pub blogger: bool,
    /// Whether Joomla made it.
    pub joomla: bool,
    /// Whether it is a page of kumparan, on whatever host.
    pub kumparan: bool,
    /// The page it calls its news.
    pub news: Option<Url>,
}

impl Signs {
    /// Looks at a page; one that may not be read shows nothing.
    pub fn of(document: &Document) -> Signs {
        let Ok(text) = gate::text(document) else {
            return Signs::default();
        };
        let page = Html::parse_document(&text);
        let base = select(&page, "base[href]")
            .first()
            .and_then(|base| address(&document.url, base.attr("href")?))
            .unwrap_or_else(|| document.url.clone());
        let generator = select(&page, "meta[name=generator i][content]")
            .iter()
            .filter_map(|meta| meta.attr("content"))
            .collect::<Vec<_>>()
            .join(" ")
            .to_ascii_lowercase();
        let has = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
        let is_blogspot = document.url.host_str().is_some_and(|host| host.contains(".blogspot."));
        let api = api(&page, &base, document);
        Signs {
            feeds: feeds(&page, &base),
            blogger: is_blogspot
                || generator.contains("blogger")
                || has(&[
                    "/feeds/posts/default",
                    "blogger.com/static/",
                    "blogger.com/feeds/",
                    "_WidgetManager._",
                ]),
            joomla: generator.contains("joomla")
                || has(&[
                    "com_content",
                    "/media/jui/",
                    "/media/system/js/",
                    "joomla-script-options",
                    "/media/vendor/joomla",
                ]),
            kumparan: text.contains("data-qa-id=") && text.contains("kumparan"),
            wordpress: api.or_else(|| {
                let is_made = generator.contains("wordpress") || has(&["/wp-content/", "/wp-includes/", "/wp-json/"]);
                is_made.then(|| below(&root(&text, &base, document), "wp-json/wp/v2/posts"))
            }),
            news: news(&page, &base, document),
        }
    }
}

/// The API's posts, if the page links to its API on its own host.
fn api(page: &Html, base: &Url, document: &Document) -> Option<Url> {
    let links = select(page, r#"link[rel="https://api.w.org/"][href]"#);
    let mut api = links.iter().find_map(|link| address(base, link.attr("href")?))?;
    if api.host() != document.url.host() {
        return None;
    }
    api.set_fragment(None);
    if api.query().is_some_and(|query| query.contains("rest_route=")) {
        api.set_query(Some("rest_route=/wp/v2/posts"));
        return Some(api);
    }
    Some(below(&api, "wp/v2/posts"))
}

/// Where the WordPress begins: what stands before `wp-content` in an address of its own host, else the host.
fn root(text: &str, base: &Url, document: &Document) -> Url {
    let before = ["/wp-content/", "/wp-includes/", "/wp-json/"].iter().find_map(|mark| {
        text.match_indices(mark).take(20).find_map(|(end, _)| {
            let start = text[..end].rfind(['"', '\'', '(', ' ', '=', '\n'])? + 1;
            let address = address(base, &format!("{}/", text[start..end].replace("\\/", "/")))?;
            (address.host() == document.url.host() && address.query().is_none()).then_some(address)
        })
    });
    before.map_or_else(
        || on_site(&document.url, "/"),
        |root| on_site(&document.url, root.path()),
    )
}

fn feeds(page: &Html, base: &Url) -> Vec<Url> {
    let mut feeds = Vec::new();
    for link in select(page, "link[rel~=alternate i][type][href]") {
        let kind = link.attr("type").unwrap_or_default().trim().to_ascii_lowercase();
        let title = link.attr("title").unwrap_or_default().to_lowercase();
        let Some(url) = link.attr("href").and_then(|href| address(base, href)) else {
            continue;
        };
        let is_comments = url.path().contains("/comments") || title.contains("comment") || title.contains("komentar");
        if FEEDS.contains(&kind.as_str()) && !is_comments && !feeds.contains(&url) {
            feeds.push(url);
        }
    }
    feeds
}

fn news(page: &Html, base: &Url, document: &Document) -> Option<Url> {
    let links = select(page, "a[href]");
    let named = |name: &str| {
        links.iter().take(MAX_LINKS).find_map(|link| {
            let words = link.text().collect::<String>();
            let words = words.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            let mut url = address(base, link.attr("href")?).filter(|_| words == name)?;
            url.set_fragment(None);
            (url.host() == document.url.host() && url != document.url).then_some(url)
        })
    };
    NEWS.iter().find_map(|name| named(name))
}

/// The sitemaps a robots.txt names, those of news first.
pub(super) fn sitemaps(document: &Document) -> Vec<Url> {
    let text = gate::decode(document);
    let mut found: Vec<Url> = text
        .lines()
        .take(5_000)
        .filter_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim()
                .eq_ignore_ascii_case("sitemap")
                .then(|| address(&document.url, value))?
        })
        .collect();
    found.sort_by_key(|url| !url.path().to_ascii_lowercase().contains("news"));
    found.dedup();
    found.truncate(MAX_SITEMAPS);
    found
}

/// The page of the account an address of kumparan belongs to.
pub(super) fn account(url: &Url) -> Url {
    let mut segments = url.path_segments().into_iter().flatten();
    let account = segments
        .find(|segment| !segment.is_empty() && *segment != "amp")
        .unwrap_or_default();
    let account = on_site(url, &format!("/{}", account.trim_start_matches('@')));
    let is_mobile = account.host_str().is_some_and(|host| host.ends_with(".kumparan.com"));
    let desktop = format!("https://kumparan.com{}", account.path());
    Url::parse(&desktop).ok().filter(|_| is_mobile).unwrap_or(account)
}

/// The site an address of a WordPress's API belongs to.
pub(super) fn site_of(posts: &Url) -> Url {
    let path = posts.path();
    on_site(posts, path.find("/wp-json/").map_or(path, |end| &path[..=end]))
}

/// Another path of the same host.
pub(super) fn on_site(url: &Url, path: &str) -> Url {
    let mut made = url.clone();
    made.set_path(path);
    made.set_query(None);
    made.set_fragment(None);
    made
}

/// A path below that of the address.
pub(super) fn below(url: &Url, path: &str) -> Url {
    on_site(url, &format!("{}/{path}", url.path().trim_end_matches('/')))
}

fn address(base: &Url, href: &str) -> Option<Url> {
    let url = base.join(href.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

fn select<'a>(page: &'a Html, css: &'static str) -> Vec<ElementRef<'a>> {
    Selector::parse(css)
        .map(|selector| page.select(&selector).take(MAX_LINKS).collect())
        .unwrap_or_default()
}
