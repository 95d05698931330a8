//! RSS, Atom and JSON Feed, through feed-rs, once `repair` has made what the site sent readable.
//!
//! feed-rs would invent ids and lose dates it cannot read; both hooks are set so that it does neither.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use feed_rs::model::{Content, Entry as Item, Feed, FeedType, Link, MediaObject, Text};
use feed_rs::parser::Builder;
use scraper::Html;
use url::Url;

use super::repair::{self, Repaired, Start};
use super::{one_line, web_address};
use crate::gate;
use crate::model::{Document, Entry, Image, Parsed, Problem, RawDate};

/// The most items of one feed that are read.
const MAX_ITEMS: usize = 1_000;

/// Whether the document is a feed, whatever its media type says.
pub fn looks_like_feed(document: &Document) -> bool {
    let text = gate::decode(document);
    is_json_feed(&text) || repair::start(&text).is_some_and(|start| start.is_root)
}

/// Reads a feed's items. What was damaged is repaired and told; what cannot be read is only told.
pub fn entries(document: &Document) -> Parsed<Entry> {
    let text = gate::decode(document);
    let read = if is_json(&text) {
        read_json(&text, &document.url)
    } else if let Some(start) = repair::start(&text) {
        read_xml(&text, start, &document.url)
    } else if is_html(&text) {
        Err(html_instead(&text, &document.url))
    } else if is_json_feed(&text) {
        read_json(&text, &document.url)
    } else {
        Err("expected a feed, got something else".to_owned())
    };
    let at = document.url.as_str();
    let mut parsed = read.unwrap_or_else(|what| Parsed {
        items: Vec::new(),
        problems: vec![Problem::new(at, what)],
    });
    if !parsed.items.is_empty()
        && let Some(what) = repair::wrong_character_set(document, &text)
    {
        parsed.problems.insert(0, Problem::new(at, what));
    }
    parsed
}

fn is_json(text: &str) -> bool {
    text.trim_start_matches(is_space).starts_with('{')
}

fn is_json_feed(text: &str) -> bool {
    text.contains('{') && text.contains("jsonfeed.org/version/1")
}

/// White space, and byte order marks that were put in twice.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() || letter == '\u{feff}'
}

fn is_html(text: &str) -> bool {
    let start = text.trim_start().get(..15).unwrap_or_default().to_ascii_lowercase();
    start.starts_with("<!doctype html")
        || start.starts_with("<html")
        || text.contains("<body")
        || text.contains("</html>")
}

/// What is said of a page that stands where a feed should be; it may name the feed itself.
fn html_instead(text: &str, base: &Url) -> String {
    let what = "expected a feed, got an HTML page";
    match repair::announced_feed(text).and_then(|href| web_address(base, &href)) {
        Some(feed) if feed != *base => format!("{what}, which names another address for its feed: {feed}"),
        _ => what.to_owned(),
    }
}

/// Reads RSS or Atom. Items are read one by one when feed-rs refuses the whole because of one of them.
fn read_xml(text: &str, start: Start, base: &Url) -> Result<Parsed<Entry>, String> {
    let repaired = repair::repair_xml(text, start, base.as_str());
    let Repaired { text, mut problems } = repaired.map_err(|error| error.to_string())?;
    gate::check_xml(&text).map_err(|error| error.to_string())?;
    let feeds = match read(&text, base) {
        Ok(feed) => vec![feed],
        Err(what) => {
            let documents = repair::single_items(&text, MAX_ITEMS);
            let (feeds, faults): (Vec<_>, Vec<_>) =
                documents.iter().map(|item| read(item, base)).partition(Result::is_ok);
            if feeds.is_empty() {
                return Err(what);
            }
            let unread = format!("{} items were skipped: {what}", faults.len());
            problems.push(Problem::new(base.as_str(), unread));
            feeds.into_iter().flatten().collect()
        }
    };
    Ok(collect(feeds, problems, base))
}

/// Reads JSON Feed; it is repaired only if feed-rs refuses it.
fn read_json(text: &str, base: &Url) -> Result<Parsed<Entry>, String> {
    let what = match read(text, base) {
        Ok(feed) => return Ok(collect(vec![feed], Vec::new(), base)),
        Err(what) => what,
    };
    let Repaired { text, problems } = repair::repair_json(text, base.as_str()).ok_or(what)?;
    Ok(collect(vec![read(&text, base)?], problems, base))
}

/// Runs feed-rs. Each date it meets is kept as words in a list; the time it is given stands for the place there.
fn read(text: &str, base: &Url) -> Result<(Feed, Vec<String>), String> {
    let dates = Arc::new(Mutex::new(Vec::<String>::new()));
    let met = Arc::clone(&dates);
    let parser = Builder::new()
        .base_uri(Some(base.as_str()))
        .sanitize_content(false)
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |words| {
            let mut met = met.lock().ok()?;
            met.push(words.trim().to_owned());
            Some((UNIX_EPOCH + Duration::from_secs(met.len() as u64 - 1)).into())
        })
        .build();
    let feed = catch_unwind(AssertUnwindSafe(|| parser.parse(text.as_bytes())))
        .map_err(|_| "cannot read the feed: the parser gave up".to_owned())?
        .map_err(|error| format!("cannot read the feed: {error}"))?;
    drop(parser);
    let dates = dates
        .lock()
        .map(|mut dates| std::mem::take(&mut *dates))
        .unwrap_or_default();
    Ok((feed, dates))
}

/// The entries of what feed-rs read, and the problems they have.
fn collect(feeds: Vec<(Feed, Vec<String>)>, problems: Vec<Problem>, base: &Url) -> Parsed<Entry> {
    let items = Vec::new();
    let mut parsed = Parsed { items, problems };
    let at = base.as_str();
    let count: usize = feeds.iter().map(|(feed, _)| feed.entries.len()).sum();
    if count > MAX_ITEMS {
        let what = format!("{count} items: only the first {MAX_ITEMS} are read");
        parsed.problems.push(Problem::new(at, what));
    }
    let entries = feeds.into_iter().flat_map(|(feed, dates)| {
        let feed_type = feed.feed_type.clone();
        let reader = Reader {
            feed_type,
            dates,
            language: feed.language,
            base,
        };
        feed.entries.into_iter().map(move |item| reader.entry(item))
    });
    for (index, entry) in entries.take(MAX_ITEMS).enumerate() {
        if entry.url.is_some() {
            parsed.items.push(entry);
        } else {
            let title = entry.title.unwrap_or_default();
            parsed.problems.push(Problem::new(
                format!("{at} item {}", index + 1),
                format!("no link to the article {title:?}"),
            ));
        }
    }
    drop_repeated_items(&mut parsed, at);
    drop_repeated_guids(&mut parsed, at);
    parsed
}

/// What is needed to read the items of one feed.
struct Reader<'a> {
    feed_type: FeedType,
    dates: Vec<String>,
    language: Option<String>,
    base: &'a Url,
}

impl Reader<'_> {
    fn entry(&self, item: Item) -> Entry {
        let guid = Some(item.id.trim().to_owned()).filter(|guid| !guid.is_empty());
        let permalink = || {
            guid.as_deref()
                .filter(|guid| guid.starts_with("http"))
                .and_then(|guid| web_address(self.base, guid))
        };
        let content_html = item.content.and_then(|content| self.body(content));
        let image = image(&item.media, &item.links, content_html.as_deref());
        let author = item
            .authors
            .iter()
            .filter_map(|author| author.name.as_deref())
            .map(one_line)
            .find(|name| !name.is_empty());
        Entry {
            url: self.article_link(&item.links).or_else(permalink),
            title: item
                .title
                .map(|title| self.plain(&title.content))
                .filter(|title| !title.is_empty()),
            author,
            published: self.date(item.published.map(|date| date.timestamp())),
            updated: self.date(item.updated.map(|date| date.timestamp())),
            summary_html: item.summary.map(|summary| self.html(summary)),
            content_html,
            image,
            categories: item
                .categories
                .into_iter()
                .map(|category| category.label.unwrap_or(category.term))
                .collect(),
            language: item.language.or_else(|| self.language.clone()),
            guid,
        }
    }

    fn date(&self, place: Option<i64>) -> Option<RawDate> {
        let words = self.dates.get(usize::try_from(place?).ok()?)?;
        (!words.is_empty()).then(|| RawDate::Text(words.clone()))
    }

    /// The first link that is neither a comment's nor a file's.
    fn article_link(&self, links: &[Link]) -> Option<Url> {
        links
            .iter()
            .filter(|link| link.target.is_none())
            .filter(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"))
            .filter(|link| link.media_type.as_deref().is_none_or(|kind| kind.contains("html")))
            .find_map(|link| web_address(self.base, &link.href))
    }

    /// A title as plain text: feeds in XML escape it once or twice, JSON Feed does not.
    fn plain(&self, title: &str) -> String {
        if self.feed_type == FeedType::JSON || !title.contains(['<', '&']) || gate::check(title).is_err() {
            return one_line(title);
        }
        let once: String = Html::parse_fragment(title).root_element().text().collect();
        one_line(&once)
    }

    fn body(&self, content: Content) -> Option<String> {
        let body = content.body.filter(|body| !body.trim().is_empty())?;
        match content.content_type.to_string().as_str() {
            "text/plain" => Some(self.paragraphs(&body)),
            kind if kind.starts_with("text/") || kind.contains("html") || kind.contains("xml") => Some(body),
            _ => None,
        }
    }

    fn html(&self, summary: Text) -> String {
        let is_plain = summary.content_type.to_string() == "text/plain";
        if is_plain {
            self.paragraphs(&summary.content)
        } else {
            summary.content
        }
    }

    /// Plain text as HTML; outside JSON Feed it is HTML all the same when it looks like it.
    fn paragraphs(&self, text: &str) -> String {
        if self.feed_type != FeedType::JSON && text.contains("</") {
            return text.to_owned();
        }
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
        let lines = escaped.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| format!("<p>{line}</p>")).collect()
    }
}

/// The first picture among enclosures and media; a thumbnail only if the text shows no picture.
fn image(media: &[MediaObject], links: &[Link], content: Option<&str>) -> Option<Image> {
    let enclosed = links
        .iter()
        .filter(|link| is_picture(link.media_type.as_deref(), &link.href))
        .map(|link| Image {
            url: link.href.clone(),
            caption: None,
            mime: link.media_type.clone(),
            length: link.length,
        });
    let contents = media.iter().flat_map(|media| &media.content).filter_map(|content| {
        let url = content.url.as_ref()?.to_string();
        let mime = content.content_type.as_ref().map(ToString::to_string);
        is_picture(mime.as_deref(), &url).then_some(Image {
            url,
            caption: None,
            mime,
            length: content.size,
        })
    });
    let shows = content.is_some_and(|content| content.contains("<img"));
    let thumbnails = media.iter().flat_map(|media| &media.thumbnails).filter(|_| !shows);
    let thumbnails = thumbnails.map(|thumbnail| Image {
        url: thumbnail.image.uri.clone(),
        caption: None,
        mime: None,
        length: None,
    });
    contents
        .chain(enclosed)
        .chain(thumbnails)
        .find(|image| image.url.starts_with("http"))
        .map(|image| Image {
            // RSS writes 0 where it does not know.
            length: image.length.filter(|length| *length > 0),
            ..image
        })
}

fn is_picture(mime: Option<&str>, url: &str) -> bool {
    match mime {
        Some(mime) => mime.starts_with("image/"),
        None => {
            let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
            [".jpg", ".jpeg", ".png", ".webp", ".gif"]
                .iter()
                .any(|ending| path.ends_with(ending))
        }
    }
}

/// An item that stands twice, word for word, is one item: documents are sometimes sent twice in one answer.
fn drop_repeated_items(parsed: &mut Parsed<Entry>, at: &str) {
    let mut met = HashSet::new();
    let before = parsed.items.len();
    let key = |entry: &Entry| {
        let address = entry.url.as_ref().map(Url::to_string);
        let text = entry.content_html.clone().or_else(|| entry.summary_html.clone());
        (entry.guid.clone(), address, entry.title.clone(), text)
    };
    parsed.items.retain(|entry| met.insert(key(entry)));
    let repeated = before - parsed.items.len();
    if repeated > 0 {
        let what = format!("items that stand there twice, word for word: {repeated}");
        parsed.problems.push(Problem::new(at, what));
    }
}

/// A guid that stands twice in one document identifies nothing.
fn drop_repeated_guids(parsed: &mut Parsed<Entry>, at: &str) {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for guid in parsed.items.iter().filter_map(|entry| entry.guid.clone()) {
        *counts.entry(guid).or_default() += 1;
    }
    let repeated = counts.values().filter(|count| **count > 1).count();
    if repeated == 0 {
        return;
    }
    for entry in &mut parsed.items {
        entry.guid = entry.guid.take().filter(|guid| counts.get(guid) == Some(&1));
    }
    parsed.problems.push(Problem::new(
        at,
        format!("guids that stand for several items are ignored: {repeated}"),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::samples;

    fn of(body: &[u8], content_type: Option<&str>) -> Parsed<Entry> {
        entries(&Document {
            content_type: content_type.map(str::to_owned),
            ..samples::document("https://a.example/feed", body)
        })
    }

    fn rss(item: &str) -> Parsed<Entry> {
        let item = format!("<item><link>https://a.example/x</link>{item}</item>");
        of(
            format!("<rss version=\"2.0\"><channel>{item}</channel></rss>").as_bytes(),
            None,
        )
    }

    #[test]
    fn titles_are_plain_however_often_they_were_escaped() {
        for (title, expected) in [
            ("Hukum &amp; HAM", "Hukum & HAM"),
            ("Hukum &amp;amp; HAM", "Hukum & HAM"),
            ("<![CDATA[Hukum &amp; <i>HAM</i>]]>", "Hukum & HAM"),
            ("  Dua\n baris ", "Dua baris"),
            ("&amp;#8220;Bersih&amp;#8221;", "“Bersih”"),
        ] {
            let parsed = rss(&format!("<title>{title}</title>"));
            assert_eq!(parsed.items[0].title.as_deref(), Some(expected), "{title}");
        }
    }

    #[test]
    fn the_language_is_the_feeds() {
        let feed = "<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><language>id-ID</language>\
            <item><link>/a</link></item></channel></rss>";
        assert_eq!(of(feed.as_bytes(), None).items[0].language.as_deref(), Some("id-id"));
        let feed = r#"{"version":"https://jsonfeed.org/version/1.1","title":"x","language":"id","items":[
            {"id":"1","url":"https://a.example/1","language":"jv"},{"id":"2","url":"https://a.example/2"}]}"#;
        let items = of(feed.as_bytes(), None).items;
        let languages: Vec<_> = items.iter().map(|item| item.language.as_deref()).collect();
        assert_eq!(
            languages,
            [Some("id"), Some("id")],
            "feed-rs does not read the items' own"
        );
    }

    #[test]
    fn dates_stay_words_and_are_not_mixed_up() {
        let item = "<pubDate>Senin, 15 Agustus 2022 | 10.30 WITA</pubDate>";
        let parsed = of(
            format!(
                "<rss version=\"2.0\"><channel><lastBuildDate>besok</lastBuildDate><item><link>/a</link>{item}</item>\
                 <item><link>/b</link></item><item><link>/c</link><pubDate>(15/8)</pubDate></item></channel></rss>"
            )
            .as_bytes(),
            None,
        );
        let dates: Vec<_> = parsed.items.into_iter().map(|entry| entry.published).collect();
        let text = |words: &str| Some(RawDate::Text(words.to_owned()));
        assert_eq!(
            dates,
            [text("Senin, 15 Agustus 2022 | 10.30 WITA"), None, text("(15/8)")]
        );
    }

    #[test]
    fn an_id_is_never_invented() {
        assert_eq!(rss("<title>x</title>").items[0].guid, None);
        assert_eq!(
            rss("<guid isPermaLink=\"false\"> 412 </guid>").items[0].guid.as_deref(),
            Some("412")
        );
    }

    #[test]
    fn an_entry_links_to_its_article_and_to_nothing_else() {
        let atom = |links: &str| {
            let feed =
                format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry><id>urn:x</id>{links}</entry></feed>");
            of(feed.as_bytes(), None)
                .items
                .into_iter()
                .next()
                .and_then(|entry| entry.url)
                .map(String::from)
        };
        let replies = "<link rel='replies' type='text/html' href='/komentar'/><link rel='self' href='/self'/>";
        assert_eq!(
            atom(&format!("{replies}<link href='/x'/>")).as_deref(),
            Some("https://a.example/x")
        );
        assert_eq!(atom(replies), None);
        assert_eq!(atom("<link href='javascript:alert(1)'/>"), None);
    }

    #[test]
    fn a_picture_is_an_enclosure_before_a_thumbnail() {
        let image = |item: &str| {
            let feed = format!(
                "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\
                 <channel><item><link>/x</link>{item}</item></channel></rss>"
            );
            of(feed.as_bytes(), None).items[0]
                .image
                .clone()
                .map(|image| (image.url, image.length))
        };
        // feed-rs drops a thumbnail that stands alone.
        let small = "<media:thumbnail url='https://a.example/kecil.jpg'/>";
        let thumbnail = format!("{small}<media:content url='/v.mp4' type='video/mp4'/>");
        let enclosure = "<enclosure url='https://a.example/besar.jpg' length='0' type='image/jpeg'/>";
        let url = |name: &str| Some((format!("https://a.example/{name}.jpg"), None));
        assert_eq!(image(&format!("{small}{enclosure}")), url("besar"));
        assert_eq!(image(&thumbnail), url("kecil"));
        assert_eq!(
            image(&format!(
                "{thumbnail}<content:encoded>&lt;img src=x&gt;</content:encoded>"
            )),
            None
        );
        assert_eq!(
            image("<enclosure url='https://a.example/suara.mp3' length='9' type='audio/mpeg'/>"),
            None
        );
    }

    #[test]
    fn a_feed_in_another_character_set_is_read() {
        let xml =
            "<rss version=\"2.0\"><channel><item><link>/x</link><title>Jum\u{92}at</title></item></channel></rss>";
        let declared = format!("<?xml version=\"1.0\" encoding=\"windows-1252\"?>{xml}");
        let bytes = |text: &str| {
            text.chars()
                .map(|letter| u8::try_from(u32::from(letter)).unwrap())
                .collect::<Vec<u8>>()
        };
        let utf16: Vec<u8> = declared
            .replace('\u{92}', "’")
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        for (name, body, label) in [
            ("declared", bytes(&declared), None),
            ("in the header", bytes(xml), Some("text/xml; charset=windows-1252")),
            (
                "labelled utf-8",
                bytes(&declared.replace("windows-1252", "utf-8")),
                None,
            ),
            ("UTF-16", [vec![0xFE, 0xFF], utf16].concat(), None),
            (
                "UTF-8 declared otherwise",
                declared.replace('\u{92}', "’").into_bytes(),
                None,
            ),
        ] {
            assert_eq!(of(&body, label).items[0].title.as_deref(), Some("Jum’at"), "{name}");
        }
    }

    #[test]
    fn what_is_no_feed_is_a_problem_and_no_entry() {
        for (body, what) in [
            ("", "expected a feed, got something else"),
            ("halo", "expected a feed, got something else"),
            ("<!DOCTYPE html><title>x</title>", "expected a feed, got an HTML page"),
            ("<html><body><rss version='2.0'>", "expected a feed, got an HTML page"),
            ("{\"version\":1}", "cannot read the feed:"),
            ("<rss version='2.0'>", "cannot read the feed:"),
        ] {
            let parsed = of(body.as_bytes(), None);
            assert!(
                parsed.items.is_empty() && parsed.problems.len() == 1,
                "{body} → {parsed:?}"
            );
            assert!(parsed.problems[0].what.starts_with(what), "{body} → {parsed:?}");
        }
    }
}
