//! From what was read to an [`Article`]: one address, one date with its zone, clean text and safe HTML, an author.
//!
//! Entry and page are weighed against each other here and nowhere else. Nothing is made up: a date that cannot be read
//! is a [`Problem`], not a guess. Where the article belongs is `locate`'s question.

mod blocks;
pub mod date;
pub mod html;
pub mod language;
mod regular;
pub mod text;
pub mod url;

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    Article, Content, DateOrigin, Entry, Image, Precision, Problem, Published, RawDate, Satker, Source, SourceKind,
    Zone,
};

use date::Read;
use html::Clean;
pub use url::canonical;

/// How long a summary is at most, in characters.
const SUMMARY: usize = 300;
/// How far ahead of our clock a source's may go.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_hours(24);
/// The most tags that are kept, and the longest of them in characters.
const CATEGORIES: (usize, usize) = (20, 80);
/// Names of accounts, not of authors.
const NOBODY: [&str; 11] = [
    "admin",
    "administrator",
    "superadmin",
    "super user",
    "webmaster",
    "redaksi",
    "humas",
    "operator",
    "author",
    "unknown",
    "editor",
];

/// What an article is made with besides its own words.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The source it was found in.
    pub source: &'a Source,
    /// The unit that source belongs to.
    pub satker: Option<&'a Satker>,
    /// The zone of dates that name none.
    pub zone: Zone,
    /// The time now.
    pub now: Timestamp,
}

/// Makes the article of an entry and, where it was fetched, its page. None without an address or a title; the problems
/// say what was missing or unreadable.
pub fn article(entry: Entry, content: Option<Content>, cx: &Context<'_>) -> (Option<Article>, Vec<Problem>) {
    let mut problems = Vec::new();
    let page = content.unwrap_or_default();
    let Some(address) = address(&entry, &page) else {
        let title = entry.title.as_deref().unwrap_or("an entry without a title");
        problems.push(Problem::new(text::summary(title, 80), "it has no address"));
        return (None, problems);
    };
    let at = address.to_string();
    let Some(title) = title(&entry, &page, cx) else {
        problems.push(Problem::new(at, "it has no title"));
        return (None, problems);
    };
    let mut image = image(page.image.as_ref().or(entry.image.as_ref()), &address);
    let caption = image.as_ref().and_then(|image| image.caption.clone());
    let known: Vec<String> = [Some(title.clone()), caption].into_iter().flatten().collect();
    let body = body(&entry, &page, &address, &known, &mut problems);
    if image.is_none() {
        image = body.image;
    }
    let published = published(&entry, &page, &at, cx, &mut problems);
    let article = Article {
        source: cx.source.id.clone(),
        satker: cx.source.satker.clone(),
        author: author(&entry, &page, cx),
        updated: updated(&entry, &page, published, cx),
        published,
        seen: cx.now,
        summary: summary(&body.text, &entry),
        language: language(&entry, &page, &title, &body.text),
        html: body.html,
        text: body.text,
        image,
        categories: categories(entry.categories.into_iter().chain(page.categories)),
        republish: cx.source.republish,
        guid: entry.guid,
        url: at,
        title,
    };
    (Some(article), problems)
}

/// Whether the source's filters let the article in: one word of `include`, if there are any, and none of `exclude`.
/// Words are whole words in any case: "rutan" is not in "urutan".
pub fn wanted(article: &Article, source: &Source) -> bool {
    if source.include.is_empty() && source.exclude.is_empty() {
        return true;
    }
    let words = format!("{}\n{}", article.title, article.text).to_lowercase();
    let has = |word: &String| contains_word(&words, &word.to_lowercase());
    (source.include.is_empty() || source.include.iter().any(has)) && !source.exclude.iter().any(has)
}

fn contains_word(text: &str, word: &str) -> bool {
    let is_part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    !word.is_empty()
        && text.match_indices(word).any(|(at, found)| {
            !is_part(text[..at].chars().next_back()) && !is_part(text[at + found.len()..].chars().next())
        })
}

/// The page's own canonical address if it is one of the same site and no front page, else where it was found.
fn address(entry: &Entry, page: &Content) -> Option<::url::Url> {
    let site = |url: &::url::Url| {
        let host = url.host_str().unwrap_or_default();
        host.trim_start_matches("www.")
            .trim_start_matches("m.")
            .trim_start_matches("amp.")
            .to_owned()
    };
    let stated = page.canonical.as_ref().filter(|canonical| {
        let front = canonical.path() == "/" && canonical.query().is_none();
        entry
            .url
            .as_ref()
            .is_none_or(|found| site(found) == site(canonical) && !front)
    });
    stated.or(entry.url.as_ref()).map(canonical)
}

/// No title of news is longer; what is longer is cut, as every stage works through it.
const LONGEST_TITLE: usize = 500;

/// A feed knows its titles; a list often cuts them or adds to them, so there the page is believed first.
fn title(entry: &Entry, page: &Content, cx: &Context<'_>) -> Option<String> {
    let line = |title: &Option<String>| {
        let title = title.as_deref().map(|title| text::summary(title, LONGEST_TITLE));
        title.filter(|title| !title.is_empty())
    };
    let (listed, headline) = (line(&entry.title), line(&page.title));
    let is_cut = |title: &String| title.ends_with('…') || title.ends_with("...");
    let feed = !cx.source.kind.announces_links();
    match (listed, headline) {
        (Some(listed), Some(_)) if feed && !is_cut(&listed) => Some(listed),
        (Some(listed), Some(headline)) if headline.len() > listed.len() && is_suffixed(&headline, &listed) => {
            Some(listed)
        }
        (listed, headline) => headline.or(listed),
    }
}

/// Whether the headline is the title with the site's name behind it: "Razia Gabungan - Lapas Jember".
fn is_suffixed(headline: &str, title: &str) -> bool {
    let rest = headline.strip_prefix(title).map(str::trim_start);
    rest.is_some_and(|rest| rest.starts_with(['-', '|', '–', '—', '»', '·']))
}

/// The page's text; the feed's where there is no page, or where the page gave less than half of it.
fn body(entry: &Entry, page: &Content, base: &::url::Url, known: &[String], problems: &mut Vec<Problem>) -> Clean {
    let mut clean = |html: &Option<String>| -> Clean {
        let html = html.as_deref().unwrap_or_default();
        html::clean(html, base, known).unwrap_or_else(|refused| {
            problems.push(Problem::new(base.as_str(), refused.to_string()));
            Clean::default()
        })
    };
    let (page, feed) = (clean(&page.html), clean(&entry.content_html));
    if !page.text.is_empty() && page.text.len() * 2 > feed.text.len() {
        page
    } else if !feed.text.is_empty() || feed.image.is_some() {
        feed
    } else {
        clean(&entry.summary_html)
    }
}

/// The language of title and text, by their words; what page or feed state of it stands in where those are few.
fn language(entry: &Entry, page: &Content, title: &str, text: &str) -> Option<String> {
    let stated = page.language.as_deref().or(entry.language.as_deref());
    match text.is_empty() {
        true => {
            let summary = html::words(entry.summary_html.as_deref().unwrap_or_default());
            language::of(&format!("{title} {summary}"), stated)
        }
        false => language::of(text, stated),
    }
}

fn summary(text: &str, entry: &Entry) -> String {
    if !text.is_empty() {
        return text::summary(text, SUMMARY);
    }
    text::summary(&html::words(entry.summary_html.as_deref().unwrap_or_default()), SUMMARY)
}

/// On kumparan the account; elsewhere the named author; else the unit whose source it is.
fn author(entry: &Entry, page: &Content, cx: &Context<'_>) -> Option<String> {
    let names = match cx.source.kind {
        SourceKind::Kumparan | SourceKind::KumparanQuery(_) => [&page.author, &entry.author],
        _ => [&entry.author, &page.author],
    };
    names
        .into_iter()
        .flatten()
        .map(|name| text::summary(name.trim().trim_start_matches("Oleh ").trim_start_matches("Oleh:"), 120))
        .find(|name| !name.is_empty() && !name.contains('@') && !NOBODY.contains(&name.to_lowercase().as_str()))
        .or_else(|| cx.satker.map(|satker| satker.name.clone()))
}

fn image(image: Option<&Image>, base: &::url::Url) -> Option<Image> {
    let image = image?;
    let url = base
        .join(image.url.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let caption = image
        .caption
        .as_deref()
        .map(text::line)
        .filter(|caption| !caption.is_empty());
    Some(Image {
        url: url.to_string(),
        caption,
        ..image.clone()
    })
}

/// What the feed says of a date, or the page; a list is believed last. One that names the hour is better than one of
/// the same day that does not.
fn published(
    entry: &Entry,
    page: &Content,
    at: &str,
    cx: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Published> {
    let mut stated = |raw: &Option<RawDate>, origin: DateOrigin| {
        let raw = raw.as_ref()?;
        let read = checked(raw, cx)
            .map_err(|what| problems.push(Problem::new(at, what)))
            .ok()?;
        if let RawDate::Text(text) = raw
            && date::weekday_differs(text, &read)
        {
            let text = text::summary(text, 80);
            problems.push(Problem::new(
                at,
                format!("the date {text:?} was another day of the week"),
            ));
        }
        Some(Published {
            at: read.at,
            zone: read.zone,
            precision: read.precision,
            origin,
        })
    };
    let listed = stated(&entry.published, DateOrigin::Feed);
    let on_page = stated(&page.published, DateOrigin::Page);
    let (first, second) = if cx.source.kind.announces_links() {
        (on_page, listed)
    } else {
        (listed, on_page)
    };
    let day = |published: &Published| published.zone.offset().to_datetime(published.at).date();
    match (first, second) {
        (Some(first), Some(second))
            if (first.precision, second.precision) == (Precision::Day, Precision::Minute)
                && day(&first) == day(&second) =>
        {
            Some(second)
        }
        (first, second) => first.or(second),
    }
}

/// The last change, where it is later than the publication.
fn updated(entry: &Entry, page: &Content, published: Option<Published>, cx: &Context<'_>) -> Option<Timestamp> {
    let dates = [&entry.updated, &page.updated].into_iter().flatten();
    let latest = dates
        .filter_map(|raw| checked(raw, cx).ok())
        .map(|read| read.at)
        .max()?;
    published
        .is_none_or(|published| latest > published.at)
        .then_some(latest)
}

/// A date that can be true: readable, not before the web, not in the future.
fn checked(raw: &RawDate, cx: &Context<'_>) -> Result<Read, String> {
    let read = match raw {
        RawDate::Instant(at) => Read {
            at: *at,
            zone: cx.zone,
            precision: Precision::Minute,
        },
        RawDate::Text(text) => date::read(text, cx.zone, cx.now)
            .ok_or_else(|| format!("cannot read the date {:?}", text::summary(text, 80)))?,
    };
    if read.at > cx.now.checked_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX) {
        return Err(format!("the date {} lies in the future", read.at));
    }
    if read.zone.offset().to_datetime(read.at).year() < 1990 {
        return Err(format!("the date {} cannot be", read.at));
    }
    Ok(read)
}

fn categories(tags: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for tag in tags
        .map(|tag| text::summary(&tag, CATEGORIES.1))
        .filter(|tag| !tag.is_empty())
    {
        if kept.len() < CATEGORIES.0 && !kept.iter().any(|other| other.to_lowercase() == tag.to_lowercase()) {
            kept.push(tag);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples;
    use crate::model::{ListingSelectors, SatkerId};
    use proptest::prelude::*;

    fn source(kind: SourceKind) -> Source {
        Source {
            kind,
            satker: Some(SatkerId::new("lapas-jember").unwrap()),
            region: None,
            full_text: true,
            ..samples::source("lapas-jember-feed", "https://a.example/feed")
        }
    }

    fn satker() -> Satker {
        Satker {
            id: SatkerId::new("lapas-jember").unwrap(),
            name: "Lapas Kelas IIA Jember".to_owned(),
            region: "35.09".parse().unwrap(),
            ministry: None,
            parent: None,
            aliases: Vec::new(),
            formerly: Vec::new(),
        }
    }

    fn made(entry: Entry, content: Option<Content>, kind: SourceKind) -> (Option<Article>, Vec<Problem>) {
        let (source, satker) = (source(kind), satker());
        let now = "2022-08-20T12:00:00+07:00".parse().unwrap();
        article(
            entry,
            content,
            &Context {
                source: &source,
                satker: Some(&satker),
                zone: Zone::Wib,
                now,
            },
        )
    }

    fn entry() -> Entry {
        Entry {
            url: Some("https://a.example/razia?utm_source=x#top".parse().unwrap()),
            title: Some("  Razia\u{200b} Gabungan ".to_owned()),
            ..Entry::default()
        }
    }

    fn of(entry: Entry, content: Option<Content>, kind: SourceKind) -> Article {
        made(entry, content, kind).0.unwrap()
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn listing() -> SourceKind {
        SourceKind::Listing(ListingSelectors::default())
    }

    #[test]
    fn a_title_without_an_end_is_cut() {
        let entry = |title: &str| Entry {
            title: some(title),
            ..entry()
        };
        let title = |title: &str| of(entry(title), None, SourceKind::Feed).title;
        let longest = "a ".repeat(LONGEST_TITLE / 2).trim().to_owned();
        assert_eq!(title(&longest), longest);
        let cut = title(&longest.repeat(1_000));
        assert!(cut.chars().count() <= LONGEST_TITLE && cut.ends_with('…'), "{cut}");
    }

    #[test]
    fn an_entry_without_address_or_title_is_no_article() {
        let (article, problems) = made(Entry { url: None, ..entry() }, None, SourceKind::Feed);
        assert_eq!(
            (article, problems),
            (None, vec![Problem::new("Razia Gabungan", "it has no address")])
        );
        let (article, problems) = made(
            Entry {
                title: some(" \u{200b}"),
                ..entry()
            },
            None,
            SourceKind::Feed,
        );
        assert_eq!(
            (article, problems),
            (None, vec![Problem::new("https://a.example/razia", "it has no title")])
        );
    }

    #[test]
    fn the_least_entry_is_an_article_without_a_date() {
        let article = of(entry(), None, SourceKind::Feed);
        assert_eq!(
            (article.url.as_str(), article.title.as_str()),
            ("https://a.example/razia", "Razia Gabungan")
        );
        assert_eq!(
            (article.published, article.updated, article.author.as_deref()),
            (None, None, Some("Lapas Kelas IIA Jember"))
        );
        assert_eq!(article.date(), article.seen);
    }

    #[test]
    fn the_page_wins_over_the_summary_but_not_over_a_much_longer_feed() {
        let with = |content: &str, page: &str| {
            let entry = Entry {
                summary_html: some("ringkas"),
                content_html: some(content),
                ..entry()
            };
            of(
                entry,
                Some(Content {
                    html: some(page),
                    ..Content::default()
                }),
                SourceKind::Feed,
            )
            .text
        };
        assert_eq!(with("", "<p>halaman"), "halaman");
        assert_eq!(with("<p>isi yang penuh", "<p>halaman penuh"), "halaman penuh");
        assert_eq!(
            with("<p>isi yang jauh lebih panjang daripada halaman", "<p>halaman"),
            "isi yang jauh lebih panjang daripada halaman"
        );
        assert_eq!(with("", ""), "ringkas");
    }

    #[test]
    fn a_cut_title_is_completed_from_the_page_and_a_site_name_is_not_taken() {
        let title = |listed: &str, headline: &str, kind: SourceKind| {
            let content = Content {
                title: some(headline),
                ..Content::default()
            };
            of(
                Entry {
                    title: some(listed),
                    ..entry()
                },
                Some(content),
                kind,
            )
            .title
        };
        assert_eq!(
            title("Razia Gab…", "Razia Gabungan", SourceKind::Feed),
            "Razia Gabungan"
        );
        assert_eq!(title("Razia Gabungan", "Beranda", SourceKind::Feed), "Razia Gabungan");
        assert_eq!(
            title("Razia 12/08/2022 Baca", "Razia Gabungan", listing()),
            "Razia Gabungan"
        );
        assert_eq!(
            title("Razia Gabungan", "Razia Gabungan | Lapas Jember", listing()),
            "Razia Gabungan"
        );
    }

    #[test]
    fn a_canonical_address_is_believed_within_its_site() {
        let url = |canonical: &str| {
            let content = Content {
                canonical: Some(canonical.parse().unwrap()),
                ..Content::default()
            };
            of(entry(), Some(content), listing()).url
        };
        assert_eq!(
            url("https://www.a.example/berita/razia"),
            "https://www.a.example/berita/razia"
        );
        assert_eq!(url("https://a.example/"), "https://a.example/razia");
        assert_eq!(url("https://slot.example/razia"), "https://a.example/razia");
    }

    #[test]
    fn the_author_is_a_name_or_the_unit() {
        let author = |listed: &str, on_page: &str, kind: SourceKind| {
            let content = Content {
                author: some(on_page),
                ..Content::default()
            };
            of(
                Entry {
                    author: some(listed),
                    ..entry()
                },
                Some(content),
                kind,
            )
            .author
            .unwrap()
        };
        assert_eq!(author("admin", "", SourceKind::Feed), "Lapas Kelas IIA Jember");
        assert_eq!(author("humas@a.example", "Budi", SourceKind::Feed), "Budi");
        assert_eq!(author("Siti", "Budi", SourceKind::Feed), "Siti");
        assert_eq!(author("Siti", "Lapas Jember", SourceKind::Kumparan), "Lapas Jember");
    }

    #[test]
    fn the_language_is_that_of_the_words_before_what_is_stated() {
        let long = "<p>Petugas menggeledah kamar hunian pada Rabu malam dan tidak menemukan narkoba, kata kepala lapas itu \
            yang memimpin penggeledahan dengan dua puluh orang dari kantor wilayah.</p>";
        for (feed, page, html, expected) in [
            (Some("en-US"), Some("en-US"), long, Some("id")),
            (None, None, long, Some("id")),
            (Some("id"), Some("jv"), "<p>Foto</p>", Some("jv")),
            (Some("id-ID"), None, "", Some("id")),
            (None, None, "", None),
        ] {
            let entry = Entry {
                language: feed.map(str::to_owned),
                title: some("Galeri"),
                ..entry()
            };
            let page = Content {
                language: page.map(str::to_owned),
                html: Some(html.to_owned()),
                ..Content::default()
            };
            let article = of(entry, Some(page), SourceKind::Feed);
            assert_eq!(article.language.as_deref(), expected, "{feed:?} {html}");
        }
    }

    #[test]
    fn dates_are_taken_from_where_they_are_known_best() {
        let published = |listed: Option<&str>, on_page: Option<&str>, kind: SourceKind| {
            let text = |date: Option<&str>| date.map(|date| RawDate::Text(date.to_owned()));
            let content = Content {
                published: text(on_page),
                ..Content::default()
            };
            let article = of(
                Entry {
                    published: text(listed),
                    ..entry()
                },
                Some(content),
                kind,
            );
            article
                .published
                .map(|published| (published.at.to_string(), published.precision, published.origin))
        };
        let day = |origin| Some(("2022-08-15T17:00:00Z".to_owned(), Precision::Day, origin));
        let minute = |origin| Some(("2022-08-15T19:30:00Z".to_owned(), Precision::Minute, origin));
        let (feed, page) = (DateOrigin::Feed, DateOrigin::Page);
        assert_eq!(published(Some("16/8/2022"), None, SourceKind::Feed), day(feed));
        assert_eq!(published(None, Some("16/8/2022"), SourceKind::Feed), day(page));
        assert_eq!(
            published(Some("16/8/2022"), Some("16 Agustus 2022 2:30"), SourceKind::Feed),
            minute(page)
        );
        assert_eq!(
            published(Some("16/8/2022"), Some("17 Agustus 2022 2:30"), SourceKind::Feed),
            day(feed)
        );
        assert_eq!(
            published(Some("16/8/2022 2:30"), Some("16 Agustus 2022"), listing()),
            minute(feed)
        );
        assert_eq!(
            published(Some("14/8/2022"), Some("16 Agustus 2022"), listing()),
            day(page)
        );
    }

    #[test]
    fn a_date_that_cannot_be_is_dropped_and_told() {
        for (raw, what) in [
            (RawDate::Text("segera".to_owned()), "cannot read the date \"segera\""),
            (
                RawDate::Text("22 Agustus 2022".to_owned()),
                "the date 2022-08-21T17:00:00Z lies in the future",
            ),
            (
                RawDate::Instant(Timestamp::UNIX_EPOCH),
                "the date 1970-01-01T00:00:00Z cannot be",
            ),
        ] {
            let (article, problems) = made(
                Entry {
                    published: Some(raw),
                    ..entry()
                },
                None,
                SourceKind::Feed,
            );
            assert_eq!(
                (article.unwrap().published, problems),
                (None, vec![Problem::new("https://a.example/razia", what)])
            );
        }
    }

    #[test]
    fn a_change_counts_only_after_the_publication() {
        let updated = |date: &str| {
            let raw = |text: &str| Some(RawDate::Text(text.to_owned()));
            let entry = Entry {
                published: raw("2022-08-16T02:30:00Z"),
                updated: raw(date),
                ..entry()
            };
            of(entry, None, SourceKind::Feed).updated.map(|at| at.to_string())
        };
        assert_eq!(updated("2022-08-16T02:30:00Z"), None);
        assert_eq!(updated("2022-08-17T02:30:00Z"), some("2022-08-17T02:30:00Z"));
    }

    #[test]
    fn the_lead_image_is_the_stated_one_or_the_first_in_the_text() {
        let body = some("<p>a <img src=/b.jpg alt=Foto></p>");
        let article = of(
            Entry {
                content_html: body.clone(),
                ..entry()
            },
            None,
            SourceKind::Feed,
        );
        assert_eq!(
            article.image.map(|image| (image.url, image.caption)),
            Some(("https://a.example/b.jpg".to_owned(), some("Foto")))
        );
        let lead = Image {
            url: "/c.jpg".to_owned(),
            caption: some(" Satu "),
            mime: None,
            length: None,
        };
        let article = of(
            Entry {
                content_html: body,
                image: Some(lead),
                ..entry()
            },
            None,
            SourceKind::Feed,
        );
        assert_eq!(
            article.image.map(|image| (image.url, image.caption)),
            Some(("https://a.example/c.jpg".to_owned(), some("Satu")))
        );
    }

    #[test]
    fn filters_look_for_whole_words() {
        let article = of(
            Entry {
                content_html: some("<p>Menurut urutan, Lapas Jember."),
                ..entry()
            },
            None,
            SourceKind::Feed,
        );
        let wants = |include: &[&str], exclude: &[&str]| {
            let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
            wanted(
                &article,
                &Source {
                    include: words(include),
                    exclude: words(exclude),
                    ..source(SourceKind::Feed)
                },
            )
        };
        assert!(wants(&[], &[]));
        assert!(wants(&["kanim", "LAPAS"], &[]) && wants(&["lapas jember"], &[]) && wants(&["razia"], &[]));
        assert!(!wants(&["rutan"], &[]));
        assert!(!wants(&["lapas"], &["menurut"]));
    }

    proptest! {
        #[test]
        fn whatever_was_read_makes_a_clean_article_or_none(
            title in any::<String>(), body in any::<String>(), date in any::<String>(), url in "[a-z:/?#&=%.]{0,30}",
            second in any::<i64>(),
        ) {
            let instant = Timestamp::from_second(second % 300_000_000_000).unwrap_or_default();
            let entry = Entry {
                title: Some(title.clone()),
                content_html: Some(body.clone()),
                published: Some(RawDate::Text(date)),
                updated: Some(RawDate::Instant(instant)),
                image: Some(Image { url: url.clone(), caption: Some(title.clone()), mime: None, length: None }),
                url: format!("https://a.example/{url}").parse().ok(),
                ..Entry::default()
            };
            if let (Some(article), _) = made(entry, Some(Content { title: Some(body), ..Content::default() }), SourceKind::Feed) {
                prop_assert!(!article.title.is_empty() && !article.title.contains('\n'));
                prop_assert!(article.summary.chars().count() <= SUMMARY);
            }
        }
    }
}
