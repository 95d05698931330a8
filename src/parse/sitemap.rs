//! Sitemaps: lists of pages, indexes of such lists, news sitemaps; plain or compressed. Which of the pages are articles
//! is guessed from their addresses (`shape`). Nothing else of the protocol (priority, alternates) is read.

use std::collections::HashSet;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use quick_xml::Reader;
use quick_xml::events::Event;
use url::Url;

use super::{MAX_ITEMS, one_line, shape, web_address};
use crate::gate;
use crate::model::{Document, Entry, Image, Parsed, Problem, RawDate};

/// How much a compressed sitemap may grow to, in bytes; the protocol allows 50 MB, a real one has a tenth.
const MAX_UNPACKED: u64 = 16 << 20;
/// The most pages or lists that are looked at; the protocol's limit.
const MAX_PAGES: usize = 50_000;
/// The most lists of an index that one poll reads.
const MAX_PARTS: usize = 5;
/// The longest value that is read, in bytes.
const MAX_VALUE: usize = 4_096;
/// Words in the name of a list that holds no articles.
const NOT_NEWS: [&str; 14] = [
    "page",
    "category",
    "kategori",
    "tag",
    "taxonom",
    "author",
    "user",
    "image",
    "video",
    "product",
    "attachment",
    "media",
    "topic",
    "static",
];
/// Words in the name of a list that holds them.
const NEWS: [&str; 6] = ["news", "post", "berita", "artikel", "article", "story"];

/// One page of a list, or one list of an index.
#[derive(Default)]
struct Page {
    address: String,
    title: String,
    /// When it was published (news sitemaps).
    published: String,
    modified: String,
    image: String,
    keywords: String,
}

/// Whether the document is a sitemap, compressed or not.
pub(super) fn looks_like_sitemap(document: &Document) -> bool {
    let text = text(document).0;
    let start = text.find("<urlset").or_else(|| text.find("<sitemapindex"));
    start.is_some_and(|start| start < 4_096 && !text[..start].contains("<html"))
}

/// Reads the articles of a list, the newest first where the list says when; those that changed before `since` and what
/// does not look like an article are left out. An index has none itself (see [`parts`]).
pub(super) fn entries(document: &Document, since: Option<Timestamp>) -> Parsed<Entry> {
    entries_where(document, since, |url| shape::likeness(url) >= shape::ARTICLE)
}

/// The same with another opinion of what an article's address looks like. What a news sitemap names is one anyway.
pub(super) fn entries_where(
    document: &Document,
    since: Option<Timestamp>,
    is_article: impl Fn(&Url) -> bool,
) -> Parsed<Entry> {
    let mut parsed = Parsed::default();
    let at = document.url.as_str();
    let pages = match read(document) {
        Ok(Sitemap::Pages(pages, problem)) => {
            parsed.problems.extend(problem.map(|what| Problem::new(at, what)));
            pages
        }
        Ok(Sitemap::Index(_)) => return parsed,
        Err(what) => {
            parsed.problems.push(Problem::new(at, what));
            return parsed;
        }
    };
    let mut seen = HashSet::new();
    let mut found: Vec<(Option<Timestamp>, Entry)> = pages
        .into_iter()
        .filter_map(|page| {
            let url = web_address(&document.url, &page.address).filter(|_| !page.address.is_empty())?;
            let is_news = !page.published.is_empty() || !page.title.is_empty();
            let is_article = is_news || is_article(&url);
            let changed = instant(&page.modified).max(instant(&page.published));
            let is_old = since.is_some_and(|since| changed.is_some_and(|changed| changed < since));
            (is_article && !is_old && seen.insert(url.clone())).then(|| (changed, entry(page, url)))
        })
        .collect();
    // Stable: lists without dates keep their order.
    found.sort_by_key(|(changed, _)| std::cmp::Reverse(*changed));
    if found.len() > MAX_ITEMS {
        parsed.problems.push(Problem::new(
            at,
            format!("{} articles: only {MAX_ITEMS} of them are read", found.len()),
        ));
        let undated = found.iter().all(|(changed, _)| changed.is_none());
        if undated {
            // The newest stand at one of the ends, and nothing says at which.
            found.drain(MAX_ITEMS / 2..found.len() - MAX_ITEMS / 2);
        }
        found.truncate(MAX_ITEMS);
    }
    parsed.items = found.into_iter().map(|(_, entry)| entry).collect();
    parsed
}

/// The lists of an index that may hold articles changed since: those named after news first, then the newest, at most
/// [`MAX_PARTS`]. None for a list of pages.
pub(super) fn parts(document: &Document, since: Option<Timestamp>) -> Vec<Url> {
    let Ok(Sitemap::Index(lists)) = read(document) else {
        return Vec::new();
    };
    let mut seen = HashSet::from([document.url.clone()]);
    let mut found: Vec<_> = lists
        .into_iter()
        .filter_map(|list| {
            let url = web_address(&document.url, &list.address)?;
            let changed = instant(&list.modified);
            let is_old = since.is_some_and(|since| changed.is_some_and(|changed| changed < since));
            let rank = rank(&url)?;
            (!is_old && seen.insert(url.clone())).then(|| ((rank, changed, number_in(&url)), url))
        })
        .collect();
    found.sort_by_key(|(order, _)| std::cmp::Reverse(*order));
    found.into_iter().take(MAX_PARTS).map(|(_, url)| url).collect()
}

/// How likely a list holds articles, by its name; nothing if it does not.
fn rank(url: &Url) -> Option<u8> {
    let name = url.path().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    // `wp-sitemap-posts-page-1.xml` holds pages.
    let named = name.replace("posts-post", "post").replace("posts-page", "page");
    if NOT_NEWS.iter().any(|word| named.contains(word)) && url.query().is_none() {
        return None;
    }
    Some(match NEWS.iter().position(|word| named.contains(word)) {
        Some(0) => 2,
        Some(_) => 1,
        None => 0,
    })
}

/// The last number in an address: of lists without dates the last is the newest.
fn number_in(url: &Url) -> u64 {
    let digits = url
        .as_str()
        .rsplit(|letter: char| !letter.is_ascii_digit())
        .find(|run| !run.is_empty());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

fn entry(page: Page, url: Url) -> Entry {
    let date = |text: String| (!text.is_empty()).then_some(RawDate::Text(text));
    let image = web_address(&url, &page.image).filter(|_| !page.image.is_empty());
    Entry {
        title: Some(page.title).filter(|title| !title.is_empty()),
        published: date(page.published),
        updated: date(page.modified),
        image: image.map(|url| Image {
            url: url.to_string(),
            caption: None,
            mime: None,
            length: None,
        }),
        categories: page
            .keywords
            .split(',')
            .map(one_line)
            .filter(|word| !word.is_empty())
            .collect(),
        url: Some(url),
        ..Entry::default()
    }
}

/// A date and time as sitemaps have them (W3C datetime); a day alone is its end in UTC, so that nothing new is missed.
fn instant(text: &str) -> Option<Timestamp> {
    if text.is_empty() {
        return None;
    }
    let day = || {
        let date: Date = text.get(..10)?.parse().ok()?;
        TimeZone::UTC.to_timestamp(date.at(23, 59, 59, 0)).ok()
    };
    text.parse().ok().or_else(day)
}

/// What a document turned out to be.
enum Sitemap {
    /// Pages, and why there are not more of them.
    Pages(Vec<Page>, Option<String>),
    /// Lists.
    Index(Vec<Page>),
}

fn read(document: &Document) -> Result<Sitemap, String> {
    let (text, cut) = text(document);
    let start = text
        .find("<urlset")
        .or_else(|| text.find("<sitemapindex"))
        .filter(|start| !text[..*start].contains("<html"))
        .ok_or_else(|| "expected a sitemap, got something else".to_owned())?;
    let xml = &text[start..];
    gate::check_xml(xml).map_err(|refused| refused.to_string())?;
    let (pages, problem) = pages(xml);
    if xml.starts_with("<sitemapindex") {
        return Ok(Sitemap::Index(pages));
    }
    let problem = problem.or_else(|| cut.then(|| format!("only the first {MAX_UNPACKED} bytes are read")));
    Ok(Sitemap::Pages(pages, problem))
}

/// The text, unpacked if need be, and whether it was cut off.
fn text(document: &Document) -> (String, bool) {
    if !document.body.starts_with(&[0x1f, 0x8b]) {
        return (gate::decode(document), false);
    }
    let mut body = Vec::new();
    // What was unpacked before an error is read all the same.
    let _ = MultiGzDecoder::new(document.body.as_slice())
        .take(MAX_UNPACKED)
        .read_to_end(&mut body);
    let cut = body.len() as u64 == MAX_UNPACKED;
    let unpacked = Document {
        body,
        ..document.clone()
    };
    (gate::decode(&unpacked), cut)
}

/// Every `<url>` or `<sitemap>`, up to the first fault of the XML.
fn pages(xml: &str) -> (Vec<Page>, Option<String>) {
    let mut reader = Reader::from_str(xml);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let (mut pages, mut page, mut value) = (Vec::new(), Page::default(), String::new());
    // An image has a `loc` too.
    let mut in_image = false;
    let push = |text: &str, value: &mut String| {
        if value.len() + text.len() <= MAX_VALUE {
            value.push_str(text);
        }
    };
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                value.clear();
                in_image |= tag.local_name().as_ref() == "image";
            }
            Ok(Event::Text(text)) => push(&text, &mut value),
            Ok(Event::CData(text)) => push(&text, &mut value),
            Ok(Event::GeneralRef(reference)) => push(&resolved(&reference), &mut value),
            Ok(Event::End(tag)) => {
                let text = one_line(&value);
                value.clear();
                match tag.local_name().as_ref() {
                    "url" | "sitemap" => {
                        pages.push(std::mem::take(&mut page));
                        if pages.len() == MAX_PAGES {
                            return (
                                pages,
                                Some(format!("more than {MAX_PAGES} pages: the rest is left out")),
                            );
                        }
                    }
                    "image" => in_image = false,
                    "loc" if in_image => page.image = text,
                    "loc" => page.address = text,
                    "lastmod" => page.modified = text,
                    "publication_date" => page.published = text,
                    "title" if !in_image => page.title = text,
                    "keywords" => page.keywords = text,
                    _ => {}
                }
            }
            Ok(Event::Eof) => return (pages, None),
            Ok(_) => {}
            Err(error) => return (pages, Some(format!("cannot read all of the sitemap: {error}"))),
        }
    }
}

/// The character an entity stands for; an unknown one stays as written.
fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(letter)) = reference.resolve_char_ref() {
        return letter.to_string();
    }
    match &**reference {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        other => format!("&{other};"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{document, strings, urls};
    use super::*;
    use std::io::Write;

    fn urlset(urls: &str) -> Document {
        document(
            "https://a.example/sitemap.xml",
            &format!(
                "<?xml version=\"1.0\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{urls}</urlset>"
            ),
        )
    }

    const PAGES: &str = "<url><loc>https://a.example/</loc><lastmod>2026-03-09</lastmod></url>\
        <url><loc>https://a.example/2026/03/01/lama/</loc><lastmod>2026-03-01T08:00:00+07:00</lastmod></url>\
        <url><loc> https://a.example/?p=9&amp;x=1 </loc><lastmod>2026-03-08</lastmod>\
        <image:image><image:loc>https://a.example/f.jpg</image:loc><image:title>foto</image:title></image:image></url>\
        <url><loc>https://a.example/tag/rutan</loc></url>\
        <url><loc>https://a.example/berita/tanpa-tanggal-di-daftar</loc></url>";

    #[test]
    fn articles_are_read_newest_first_without_furniture() {
        let parsed = entries(&urlset(PAGES), None);
        assert_eq!(parsed.problems, []);
        let found = [
            "https://a.example/?p=9&x=1",
            "https://a.example/2026/03/01/lama/",
            "https://a.example/berita/tanpa-tanggal-di-daftar",
        ];
        assert_eq!(urls(&parsed), found);
        assert_eq!(parsed.items[0].image.as_ref().unwrap().url, "https://a.example/f.jpg");
        assert_eq!(parsed.items[0].title, None);
        assert_eq!(
            parsed.items[1].updated,
            Some(RawDate::Text("2026-03-01T08:00:00+07:00".to_owned()))
        );
    }

    #[test]
    fn what_did_not_change_since_is_left_out() {
        let since = Some("2026-03-08T12:00:00Z".parse().unwrap());
        let found = [
            "https://a.example/?p=9&x=1",
            "https://a.example/berita/tanpa-tanggal-di-daftar",
        ];
        assert_eq!(urls(&entries(&urlset(PAGES), since)), found);
    }

    #[test]
    fn a_news_sitemap_names_title_and_date() {
        let parsed = entries(
            &urlset(
                "<url><loc>https://a.example/x</loc><news:news><news:publication><news:name>Koran</news:name></news:publication>\
                 <news:publication_date>2026-03-08T07:00:00+07:00</news:publication_date><news:title><![CDATA[Hukum & HAM]]></news:title>\
                 <news:keywords>lapas, rutan</news:keywords></news:news></url>",
            ),
            None,
        );
        let entry = &parsed.items[0];
        assert_eq!(entry.title.as_deref(), Some("Hukum & HAM"));
        assert_eq!(
            entry.published,
            Some(RawDate::Text("2026-03-08T07:00:00+07:00".to_owned()))
        );
        assert_eq!(entry.categories, ["lapas", "rutan"]);
    }

    #[test]
    fn an_index_leads_to_its_lists_of_news() {
        let index = |lists: &str| {
            document(
                "https://a.example/sitemap.xml",
                &format!("<sitemapindex>{lists}</sitemapindex>"),
            )
        };
        let list = |path: &str, changed: &str| {
            format!("<sitemap><loc>https://a.example/{path}</loc><lastmod>{changed}</lastmod></sitemap>")
        };
        let wordpress = index(
            &[
                list("wp-sitemap-posts-post-1.xml", ""),
                list("wp-sitemap-posts-post-2.xml", ""),
                list("wp-sitemap-posts-page-1.xml", ""),
                list("wp-sitemap-taxonomies-category-1.xml", ""),
                list("wp-sitemap-users-1.xml", ""),
            ]
            .concat(),
        );
        let base = "https://a.example/wp-sitemap-posts-post-";
        assert_eq!(
            strings(&parts(&wordpress, None)),
            [format!("{base}2.xml"), format!("{base}1.xml")]
        );
        assert!(entries(&wordpress, None).items.is_empty());
        let months = index(
            &[
                list("sm?m=1", "2026-01-31"),
                list("sm?m=2", "2026-02-28"),
                list("news.xml", ""),
            ]
            .concat(),
        );
        let since = Some("2026-02-01T00:00:00Z".parse().unwrap());
        assert_eq!(
            strings(&parts(&months, since)),
            ["https://a.example/news.xml", "https://a.example/sm?m=2"]
        );
        assert_eq!(parts(&urlset(PAGES), None), []);
    }

    #[test]
    fn a_compressed_sitemap_is_unpacked_up_to_a_bound() {
        let pack = |text: &[u8]| {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(text).unwrap();
            packer.finish().unwrap()
        };
        let packed = |text: &[u8]| Document {
            body: pack(text),
            ..urlset("")
        };
        assert_eq!(entries(&packed(&urlset(PAGES).body), None).items.len(), 3);
        let mut cut = packed(&urlset(&PAGES.repeat(200)).body);
        cut.body.truncate(cut.body.len() - 20);
        assert_eq!(
            entries(&cut, None).items.len(),
            3,
            "what was unpacked before the fault is read"
        );
        let bomb = packed(
            &[
                b"<urlset><url><loc>https://a.example/berita/apel-pagi</loc></url>".as_slice(),
                &vec![b' '; 40 << 20],
            ]
            .concat(),
        );
        let parsed = entries(&bomb, None);
        assert_eq!(
            (parsed.items.len(), parsed.problems.len()),
            (1, 1),
            "{:?}",
            parsed.problems
        );
    }

    #[test]
    fn damage_costs_only_what_is_behind_it() {
        let cut = "<urlset><url><loc>https://a.example/berita/satu-dua</loc></url><url><loc";
        let parsed = entries(&document("https://a.example/sitemap.xml", cut), None);
        assert_eq!((parsed.items.len(), parsed.problems.len()), (1, 1));
        let deep = urlset(&"<url>".repeat(5_000));
        assert_eq!(entries(&deep, None).problems.len(), 1);
        let page = document("https://a.example/sitemap.xml", "<html><body><urlset>");
        assert!(!looks_like_sitemap(&page));
        assert_eq!(
            entries(&page, None).problems[0].what,
            "expected a sitemap, got something else"
        );
    }

    #[test]
    fn of_a_huge_list_without_dates_both_ends_are_read() {
        let urls: String = (0..3_000)
            .map(|n| format!("<url><loc>/berita/kabar-dari-lapas-{n}</loc></url>"))
            .collect();
        let parsed = entries(&urlset(&urls), None);
        let ends = (
            parsed.items.first().unwrap().url.clone(),
            parsed.items.last().unwrap().url.clone(),
        );
        assert_eq!((parsed.items.len(), parsed.problems.len()), (1_000, 1));
        assert!(ends.0.unwrap().path().ends_with("-0") && ends.1.unwrap().path().ends_with("-2999"));
    }
}
