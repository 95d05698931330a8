//! The generated sites: which address a site has, of what kind it is, and what stands at each of its paths. The same in
//! every run, and made when it is asked for. How it travels is `server`.

use std::fmt::Write;
use std::net::Ipv4Addr;

use serde_json::json;
use warta::gazetteer::Gazetteer;
use warta::model::{Article, RegionCode};

use super::articles::{self, PLACES};

/// Articles on a site.
pub const ARTICLES: u64 = 20;

/// Words of an article, in the mean.
const WORDS: u64 = 300;

/// Articles over which the seven days of arrivals spread; more go on after them.
const SPREAD: u64 = 100_000;

/// One site in so many is faulty where faults are wanted.
const FAULTY: u64 = 20;

const RSS: &str = "application/rss+xml; charset=utf-8";
const ATOM: &str = "application/atom+xml; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// How the sites of a run are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mix {
    /// Feeds with full text: RSS, Atom, JSON Feed.
    Feeds,
    /// Every kind there is, one after the other.
    All,
}

/// What a site is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Rss,
    Atom,
    JsonFeed,
    Wordpress,
    Blogger,
    Joomla,
    Sitemap,
    Listing,
}

/// How a faulty site fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It takes the request and never answers.
    Hangs,
    /// It answers with 503.
    Unavailable,
    /// It closes the connection in the middle of the answer.
    BreaksOff,
    /// It says 200 and sends what is no feed.
    Garbage,
    /// It closes the connection at once.
    Closes,
}

/// A site.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    pub number: u64,
    pub kind: Kind,
}

impl Site {
    /// The site of this number.
    pub fn of(number: u64, mix: Mix) -> Site {
        const FEEDS: [Kind; 10] = [
            Kind::Rss,
            Kind::Rss,
            Kind::Atom,
            Kind::Rss,
            Kind::Rss,
            Kind::Atom,
            Kind::Rss,
            Kind::Atom,
            Kind::Rss,
            Kind::JsonFeed,
        ];
        const ALL: [Kind; 8] = [
            Kind::Rss,
            Kind::Wordpress,
            Kind::Listing,
            Kind::Atom,
            Kind::Blogger,
            Kind::Sitemap,
            Kind::JsonFeed,
            Kind::Joomla,
        ];
        let kind = match mix {
            Mix::Feeds => FEEDS[(number % 10) as usize],
            Mix::All => ALL[(number % 8) as usize],
        };
        Site { number, kind }
    }

    /// The site at an address, if one is there.
    pub fn at(address: Ipv4Addr, mix: Mix) -> Option<Site> {
        let [127, high, middle, low] = address.octets() else {
            return None;
        };
        let high = u64::from(high).checked_sub(20)?;
        let low = u64::from(low).checked_sub(1)?;
        Some(Site::of((high * 250 + u64::from(middle)) * 250 + low, mix))
    }

    /// Its address: none but itself has it.
    pub fn address(self) -> Ipv4Addr {
        let byte = |number: u64| u8::try_from(number % 250).unwrap_or_default();
        let high = u8::try_from(20 + self.number / 62_500).unwrap_or(u8::MAX);
        Ipv4Addr::new(127, high, byte(self.number / 250), byte(self.number) + 1)
    }

    /// What is configured as its address.
    pub fn url(self, port: u16) -> String {
        let path = match self.kind {
            Kind::Rss | Kind::Atom => "/feed",
            Kind::JsonFeed => "/feed.json",
            Kind::Wordpress | Kind::Blogger => "/",
            Kind::Joomla | Kind::Listing => "/berita",
            Kind::Sitemap => "/sitemap.xml",
        };
        format!("http://{}:{port}{path}", self.address())
    }

    /// How it fails where faults are wanted.
    pub fn fault(self) -> Option<Fault> {
        const FAULTS: [Fault; 5] = [
            Fault::Hangs,
            Fault::Unavailable,
            Fault::BreaksOff,
            Fault::Garbage,
            Fault::Closes,
        ];
        (self.number % FAULTY == 7).then(|| FAULTS[(self.number / FAULTY % 5) as usize])
    }

    /// Its unit or portal with its source, as the configuration has it. Every other site is a unit's.
    pub fn configured(self, port: u16, gazetteer: &Gazetteer) -> String {
        let (number, url) = (self.number, self.url(port));
        let place = PLACES[(number % PLACES.len() as u64) as usize];
        let region = gazetteer
            .resolve(place)
            .map_or(RegionCode::INDONESIA, |region| region.code);
        let kind = match self.kind {
            Kind::Rss | Kind::Atom | Kind::JsonFeed => "kind = \"feed\"",
            Kind::Wordpress => "kind = \"wordpress\"",
            Kind::Blogger => "kind = \"blogger\"",
            Kind::Joomla => "kind = \"joomla\"",
            Kind::Sitemap => "kind = \"sitemap\"",
            Kind::Listing => "kind = \"listing\"\nitem = \"article.berita\"\nlink = \"h2 a\"\ndate = \"time\"",
        };
        if number % 2 == 0 {
            return format!(
                "[[satker]]\nid = \"satker-{number}\"\nname = \"Rutan Kelas IIB {place} {number}\"\n\
                 region = \"{region}\"\n\n[[satker.source]]\nid = \"sumber-{number}\"\n{kind}\nurl = \"{url}\"\n\n"
            );
        }
        format!(
            "[[source]]\nid = \"sumber-{number}\"\n{kind}\nurl = \"{url}\"\nregion = \"{region}\"\nrepublish = \"full\"\n\n"
        )
    }

    /// The media type and body of what stands at a path, without its query.
    pub fn page(self, path: &str, port: u16) -> Option<(&'static str, String)> {
        let base = format!("http://{}:{port}", self.address());
        match (self.kind, path) {
            (Kind::Rss, "/feed") => Some((RSS, rss(&base, &self.posts(ARTICLES)))),
            (Kind::Joomla, "/berita") => Some((RSS, rss(&base, &self.posts(ARTICLES / 2)))),
            (Kind::Atom, "/feed") | (Kind::Blogger, "/feeds/posts/default") => {
                Some((ATOM, atom(&base, &self.posts(ARTICLES))))
            }
            (Kind::JsonFeed, "/feed.json") => Some((JSON, json_feed(&base, &self.posts(ARTICLES)))),
            (Kind::Wordpress, "/wp-json/wp/v2/posts") => Some((JSON, wordpress(&base, &self.posts(ARTICLES)))),
            (Kind::Sitemap, "/sitemap.xml") => Some(("application/xml", sitemap(&base, &self.posts(ARTICLES)))),
            (Kind::Listing, "/berita") => Some((HTML, listing(&self.posts(ARTICLES)))),
            (Kind::Sitemap | Kind::Listing, path) => {
                let number: u64 = path.rsplit('-').next()?.parse().ok()?;
                (number < ARTICLES).then(|| (HTML, page(&self.post(number))))
            }
            _ => None,
        }
    }

    /// Its newest articles.
    pub fn posts(self, count: u64) -> Vec<Post> {
        (0..count).map(|number| self.post(number)).collect()
    }

    fn post(self, number: u64) -> Post {
        let overall = self.number * ARTICLES + number;
        let article = match overall.checked_sub(ARTICLES - 1) {
            Some(earlier) if number == 4 => look_alike(articles::article(earlier, SPREAD, WORDS)),
            _ => articles::article(overall, SPREAD, WORDS),
        };
        let at = articles::arrival(overall, SPREAD);
        Post {
            path: format!("/2026/11/berita-satuan-kerja-{}-{number}", self.number),
            id: overall + 1,
            at: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            at_rfc2822: at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string(),
            html: dressed(&article, overall),
            article,
        }
    }
}

/// An article on a site.
pub struct Post {
    path: String,
    id: u64,
    at: String,
    at_rfc2822: String,
    html: String,
    /// What it says.
    pub article: Article,
}

/// Another release of the same frame: other numbers and another town, everything else word for word.
fn look_alike(mut article: Article) -> Article {
    let digit = |letter: char| match letter.to_digit(10) {
        Some(digit) => char::from_digit((digit + 3) % 10, 10).unwrap_or(letter),
        None => letter,
    };
    for (place, other) in PLACES.iter().zip(PLACES.iter().skip(1)).step_by(2) {
        for text in [&mut article.title, &mut article.text, &mut article.html] {
            *text = text.replace(place, other);
        }
    }
    for text in [&mut article.title, &mut article.text, &mut article.html] {
        *text = text.chars().map(digit).collect();
    }
    article
}

/// The text with what editors' programs put around it.
fn dressed(article: &Article, number: u64) -> String {
    let mut html = format!(
        "<figure class=\"wp-block-image size-large\"><img loading=\"lazy\" width=\"1024\" height=\"683\" \
         class=\"wp-image-{number}\" src=\"/wp-content/uploads/2026/11/foto-{number}-1024x683.jpg\" alt=\"Kegiatan\" \
         srcset=\"/foto-{number}-300x200.jpg 300w, /foto-{number}-768x512.jpg 768w\" \
         sizes=\"(max-width: 1024px) 100vw, 1024px\"/><figcaption>Dokumentasi humas</figcaption></figure>"
    );
    for line in article.text.lines() {
        let _ = write!(
            html,
            "<p style=\"text-align: justify;\"><span style=\"font-size: 12pt;\">{line}</span></p>\n\n"
        );
    }
    html + "<div class=\"sharedaddy\"><a href=\"https://twitter.com/share?u=x\" onclick=\"return false\">Bagikan</a></div>"
}

fn rss(base: &str, posts: &[Post]) -> String {
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
         <channel><title>Berita</title><link>{base}/</link><description>Berita satuan kerja</description>\n"
    );
    for Post {
        path,
        id,
        at_rfc2822,
        html,
        article: Article { title, summary, .. },
        ..
    } in posts
    {
        let _ = writeln!(
            feed,
            "<item><title>{title}</title><link>{base}{path}</link><guid isPermaLink=\"false\">{base}/?p={id}</guid>\
             <pubDate>{at_rfc2822}</pubDate><dc:creator><![CDATA[Humas]]></dc:creator><category>Berita</category>\
             <description><![CDATA[{summary}]]></description><content:encoded><![CDATA[{html}]]></content:encoded></item>"
        );
    }
    feed + "</channel></rss>"
}

fn atom(base: &str, posts: &[Post]) -> String {
    let at = posts.first().map_or("", |post| &post.at);
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><id>{base}/</id>\
         <title>Berita</title><updated>{at}</updated><link rel=\"alternate\" href=\"{base}/\"/>\n"
    );
    for post in posts {
        let (Post { path, id, at, .. }, title) = (post, &post.article.title);
        let html = post
            .html
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let _ = writeln!(
            feed,
            "<entry><id>{base}/?p={id}</id><title>{title}</title><link rel=\"alternate\" type=\"text/html\" \
             href=\"{base}{path}\"/><published>{at}</published><updated>{at}</updated>\
             <author><name>Humas</name></author><category term=\"Berita\"/><content type=\"html\">{html}</content></entry>"
        );
    }
    feed + "</feed>"
}

fn json_feed(base: &str, posts: &[Post]) -> String {
    let items: Vec<_> = posts
        .iter()
        .map(|post| {
            json!({
                "id": format!("{base}/?p={}", post.id),
                "url": format!("{base}{}", post.path),
                "title": post.article.title,
                "content_html": post.html,
                "date_published": post.at,
                "authors": [{"name": "Humas"}],
                "tags": ["Berita"],
            })
        })
        .collect();
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Berita",
        "home_page_url": base,
        "items": items,
    })
    .to_string()
}

fn wordpress(base: &str, posts: &[Post]) -> String {
    let posts: Vec<_> = posts
        .iter()
        .map(|post| {
            let at = post.at.trim_end_matches('Z');
            json!({
                "id": post.id,
                "date_gmt": at,
                "modified_gmt": at,
                "guid": {"rendered": format!("{base}/?p={}", post.id)},
                "link": format!("{base}{}", post.path),
                "title": {"rendered": post.article.title},
                "excerpt": {"rendered": format!("<p>{}</p>", post.article.summary)},
                "content": {"rendered": post.html, "protected": false},
                "_embedded": {"author": [{"name": "Humas"}]},
            })
        })
        .collect();
    serde_json::Value::Array(posts).to_string()
}

fn sitemap(base: &str, posts: &[Post]) -> String {
    let mut map = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for Post { path, at, .. } in posts {
        let _ = writeln!(map, "<url><loc>{base}{path}</loc><lastmod>{at}</lastmod></url>");
    }
    map + "</urlset>"
}

fn listing(posts: &[Post]) -> String {
    let mut items = String::new();
    for post in posts {
        let (path, at, title, summary) = (&post.path, &post.at, &post.article.title, &post.article.summary);
        let _ = writeln!(
            items,
            "<article class=\"berita\"><h2><a href=\"{path}\">{title}</a></h2><time datetime=\"{at}\">{at}</time>\
             <p>{summary}</p></article>"
        );
    }
    furnished("Berita", "", &items)
}

/// An article's own page; every other one says what it is by JSON-LD.
fn page(post: &Post) -> String {
    let (Post { at, html, .. }, title) = (post, &post.article.title);
    let said = json!({
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": title,
        "datePublished": at,
        "author": {"@type": "Person", "name": "Humas"},
    });
    let head = match post.id % 2 {
        0 => format!("<script type=\"application/ld+json\">{said}</script>"),
        _ => format!("<meta property=\"article:published_time\" content=\"{at}\">"),
    };
    let body = format!(
        "<article class=\"post\"><h1 class=\"entry-title\">{title}</h1><div class=\"meta\"><span>Humas</span> \
         <time datetime=\"{at}\">{at}</time></div><div class=\"entry-content\">{html}</div></article>"
    );
    furnished(title, &head, &body)
}

/// A page with the menus, side column and foot that a site's theme gives it: about 12 KB.
fn furnished(title: &str, head: &str, body: &str) -> String {
    let mut menu = String::new();
    let mut side = String::new();
    for (number, place) in PLACES.iter().enumerate() {
        let _ = write!(
            menu,
            "<li class=\"menu-item menu-item-{number}\"><a href=\"/kategori/{place}\">{place}</a></li>"
        );
        let _ = write!(
            side,
            "<li><div class=\"thumb\"><img src=\"/t-{number}.jpg\" alt=\"\"></div><h4><a href=\"/populer-{place}\">Kabar \
             {place} yang paling banyak dibaca</a></h4><span class=\"views\">{number} kali</span></li>"
        );
    }
    format!(
        "<!doctype html><html lang=\"id\"><head><meta charset=\"utf-8\"><title>{title}</title>{head}\
         <style>.a{{color:red}}</style><script>var x = \"<p>\";</script></head><body><header><nav><ul>{menu}</ul></nav>\
         </header><main>{body}</main><aside><h3>Populer</h3><ul>{side}</ul></aside><footer><ul>{menu}</ul>\
         <p>Hak cipta</p></footer><script src=\"/x.js\"></script></body></html>"
    )
}
