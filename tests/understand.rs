//! Documents as they come, and what has to be understood of them: `tests/fixtures/<host>/<page>` beside
//! `<page>.expected.json`, which holds how the page is read (`given`) and what has to come out (`expected`).

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use warta::model::{
    Article, ArticleSelectors, Content, Document, Entry, ListingSelectors, Parsed, Problem, Satker, SatkerId, Source,
    SourceKind, Zone,
};
use warta::{extract, normalize, parse};

use crate::support::samples;

/// Thursday, 19 June 2025, 18.00 WIB.
const NOW: &str = "2025-06-19T18:00:00+07:00";

const LISTS: [&str; 5] = [
    "kumparan.com/lajer-channel.html",
    "rutan.example/feed.xml",
    "kanim.example/feed.json",
    "bapas.example/atom.xml",
    "lapas.example/berita.html",
];
const PAGES: [&str; 3] = [
    "kumparan.com/sekjen-kumham.html",
    "rutan.example/razia.html",
    "lapas.example/panen-raya.html",
];

struct Fixture {
    document: Document,
    source: Source,
    satker: Satker,
    zone: Zone,
    expected: Value,
}

impl Fixture {
    fn load(page: &str) -> Fixture {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let read = |path: PathBuf| std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let stem = page.rsplit_once('.').unwrap().0;
        let mut expected: Value = serde_json::from_slice(&read(folder.join(format!("{stem}.expected.json")))).unwrap();
        let given = expected["given"].take();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let kind = match given["kind"].as_str().unwrap() {
            "feed" => SourceKind::Feed,
            "kumparan" => SourceKind::Kumparan,
            _ => SourceKind::Listing(ListingSelectors {
                item: text(&given["item"]).unwrap_or_else(|| "article".to_owned()),
                link: text(&given["link"]),
                title: text(&given["title"]),
                date: text(&given["date"]),
                next: text(&given["next"]),
            }),
        };
        let url: url::Url = given["url"].as_str().unwrap().parse().unwrap();
        let article = &given["article"];
        let article = ArticleSelectors {
            title: text(&article["title"]),
            body: text(&article["body"]),
            date: text(&article["date"]),
            author: text(&article["author"]),
        };
        Fixture {
            document: document(url.clone(), read(folder.join(page))),
            source: source(kind, url, article),
            satker: satker(given["satker"].as_str().unwrap()),
            zone: Zone::from_abbreviation(given["zone"].as_str().unwrap_or("WIB")).unwrap(),
            expected: expected["expected"].take(),
        }
    }

    fn article(&self, entry: Entry, content: Option<Content>) -> (Option<Article>, Vec<Problem>) {
        let (source, satker) = (&self.source, Some(&self.satker));
        normalize::article(
            entry,
            content,
            &normalize::Context {
                source,
                satker,
                zone: self.zone,
                now: NOW.parse().unwrap(),
            },
        )
    }

    fn list(&self) -> Value {
        let Parsed { items, mut problems } = parse::entries(&self.document, &self.source.kind);
        let mut articles = Vec::new();
        for entry in items {
            let (article, more) = self.article(entry, None);
            articles.extend(article.as_ref().map(shown));
            problems.extend(more);
        }
        let next = parse::next_page(&self.document, &self.source.kind).map(String::from);
        json!({"articles": articles, "next": next, "problems": problems})
    }

    fn page(&self) -> Value {
        let (content, mut problems) = extract::content(&self.document, &self.source.kind, &self.source.article);
        let entry = Entry {
            url: Some(self.document.url.clone()),
            ..Entry::default()
        };
        let (article, more) = self.article(entry, content);
        problems.extend(more);
        json!({"article": article.as_ref().map(shown), "problems": problems})
    }
}

fn document(url: url::Url, body: Vec<u8>) -> Document {
    Document {
        url,
        fetched: NOW.parse().unwrap(),
        ..samples::document("https://a.example/", &body)
    }
}

fn source(kind: SourceKind, url: url::Url, article: ArticleSelectors) -> Source {
    Source {
        url,
        kind,
        full_text: true,
        article,
        ..samples::source("uji", "https://a.example/")
    }
}

fn satker(name: &str) -> Satker {
    Satker {
        id: SatkerId::new("uji").unwrap(),
        name: name.to_owned(),
        region: "35.09".parse().unwrap(),
        ministry: None,
        parent: None,
        aliases: Vec::new(),
        formerly: Vec::new(),
    }
}

/// What the fixtures say of an article; the text as its lines, to be readable.
fn shown(article: &Article) -> Value {
    let mut value = serde_json::to_value(article).unwrap();
    let object = value.as_object_mut().unwrap();
    for same in ["source", "satker", "seen", "republish", "summary"] {
        object.remove(same);
    }
    object.retain(|_, field| !field.is_null());
    object.insert("text".to_owned(), article.text.lines().collect::<Vec<_>>().into());
    value
}

fn check(page: &str) {
    let fixture = Fixture::load(page);
    let found = if LISTS.contains(&page) {
        fixture.list()
    } else {
        fixture.page()
    };
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    assert_eq!(pretty(&found), pretty(&fixture.expected), "{page}");
}

#[test]
fn every_list_is_read_as_expected() {
    LISTS.into_iter().for_each(check);
}

#[test]
fn every_page_is_read_as_expected() {
    PAGES.into_iter().for_each(check);
}

#[test]
fn the_seed_page_gives_the_four_paragraphs_and_nothing_else() {
    let fixture = Fixture::load("kumparan.com/sekjen-kumham.html");
    let (content, problems) = extract::content(&fixture.document, &SourceKind::Kumparan, &fixture.source.article);
    assert_eq!(problems, []);
    let entry = Entry {
        url: Some(fixture.document.url.clone()),
        ..Entry::default()
    };
    let (article, problems) = fixture.article(entry, content);
    let article = article.unwrap();
    assert_eq!(problems, []);
    assert_eq!(article.title, "Sekjen Kumham Kuatkan Pemangku Kehumasan di Wilayah");
    assert_eq!(article.author.as_deref(), Some("Lapas Kelas IIA Jember"));
    let published = article.published.unwrap();
    assert_eq!(published.at, "2022-08-16T02:30:00+07:00".parse::<Timestamp>().unwrap());
    assert_eq!(
        (published.zone, published.precision),
        (Zone::Wib, warta::model::Precision::Minute)
    );
    let lines: Vec<&str> = article.text.lines().collect();
    let starts = [
        "JEMBER – Kalapas Jember Hasan Basri beserta",
        "Andhap melanjutkan, bahwa",
        "Menyetujui gagasan tersebut,",
        "“Humas tak hanya",
    ];
    let ends = [
        "pemangku kehumasan,” ucapnya.",
        "dimenangkan,” ucap Andhap.",
        "ungkap Hasan.",
        "ucap Hasan. Kalapas Jember",
    ];
    assert_eq!(lines.len(), 4, "{lines:#?}");
    for ((line, start), end) in lines.iter().zip(starts).zip(ends) {
        assert!(line.starts_with(start) && line.ends_with(end), "{line}");
    }
    let image = article.image.unwrap();
    assert_eq!(
        image.caption.as_deref(),
        Some("Kalapas Jember, Hasan Basri bersama dua anggota humas Lapas Jember")
    );
    assert!(image.url.ends_with("/lead.jpg"), "{}", image.url);
}

#[test]
fn the_seed_page_reads_the_same_with_the_older_marks_and_without_its_date() {
    let mut fixture = Fixture::load("kumparan.com/sekjen-kumham.html");
    let new = fixture.page();
    let html = String::from_utf8(fixture.document.body.clone()).unwrap();
    let older = html.replace(
        r#"<p data-qa-id="story-paragraph""#,
        r#"<p data-old class="track_paragraph""#,
    );
    fixture.document.body = older.replace(r#"data-qa-id="publish-date""#, "").into_bytes();
    let old = fixture.page();
    assert_eq!(old["article"]["text"], new["article"]["text"]);
    assert_eq!(
        old["article"]["published"]["at"], new["article"]["published"]["at"],
        "JSON-LD has the same instant"
    );
}

#[test]
fn a_page_of_html_is_no_feed_and_says_so() {
    let page = Fixture::load("rutan.example/razia.html").document;
    let parsed = parse::entries(&page, &SourceKind::Feed);
    assert_eq!(
        parsed.problems,
        [Problem::new(page.url.as_str(), "expected a feed, got an HTML page")]
    );
    for (fixture, is_feed) in LISTS.into_iter().zip([false, true, true, true, false]) {
        assert_eq!(
            parse::looks_like_feed(&Fixture::load(fixture).document),
            is_feed,
            "{fixture}"
        );
    }
}

#[test]
fn a_list_that_changed_its_design_says_so() {
    let page = Fixture::load("rutan.example/razia.html").document;
    for kind in [
        SourceKind::Kumparan,
        SourceKind::Listing(ListingSelectors {
            item: "li.kabar".to_owned(),
            ..ListingSelectors::default()
        }),
    ] {
        let parsed = parse::entries(&page, &kind);
        assert!(
            parsed.items.is_empty() && parsed.problems[0].what.contains("design changed?"),
            "{parsed:?}"
        );
    }
}

#[test]
fn a_selector_that_matches_nothing_is_told_and_the_rest_is_still_read() {
    let fixture = Fixture::load("rutan.example/razia.html");
    let selectors = ArticleSelectors {
        body: Some(".isi-berita".to_owned()),
        ..ArticleSelectors::default()
    };
    let (content, problems) = extract::content(&fixture.document, &fixture.source.kind, &selectors);
    assert!(content.unwrap().html.is_some());
    assert_eq!(problems.len(), 1);
    assert!(problems[0].what.contains(".isi-berita"), "{problems:?}");
}

#[test]
fn a_page_that_nests_too_deeply_is_refused_with_a_problem() {
    let page = document(
        "https://a.example/x".parse().unwrap(),
        "<div>".repeat(60_000).into_bytes(),
    );
    let (content, problems) = extract::content(&page, &SourceKind::Feed, &ArticleSelectors::default());
    assert_eq!((content, problems.len()), (None, 1));
    let kind = SourceKind::Listing(ListingSelectors {
        item: "div".to_owned(),
        ..ListingSelectors::default()
    });
    assert_eq!(parse::entries(&page, &kind).problems.len(), 1);
    let feed = format!(
        "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\"><channel><item>{}",
        "<media:group>".repeat(60_000)
    );
    let feed = document(page.url, feed.into_bytes());
    assert_eq!(parse::entries(&feed, &SourceKind::Feed).problems.len(), 1);
}

#[test]
fn a_huge_feed_is_read_up_to_a_limit() {
    let items: String = (0..1_500)
        .map(|n| format!("<item><title>Berita {n}</title><link>https://a.example/{n}</link></item>"))
        .collect();
    let feed = format!("<rss version=\"2.0\"><channel><title>x</title>{items}</channel></rss>");
    let parsed = parse::entries(
        &document("https://a.example/feed".parse().unwrap(), feed.into_bytes()),
        &SourceKind::Feed,
    );
    assert_eq!((parsed.items.len(), parsed.problems.len()), (1_000, 1));
}

/// Runs everything on a document, as every kind of source.
fn understand(url: &str, body: &[u8]) {
    let document = document(url.parse().unwrap(), body.to_vec());
    let listing = ListingSelectors {
        item: "article, item, a".to_owned(),
        date: Some("time, .tgl".to_owned()),
        next: Some("a.next".to_owned()),
        ..ListingSelectors::default()
    };
    for kind in [SourceKind::Feed, SourceKind::Kumparan, SourceKind::Listing(listing)] {
        let source = source(kind, document.url.clone(), ArticleSelectors::default());
        let satker = satker("Lapas Uji");
        let cx = normalize::Context {
            source: &source,
            satker: Some(&satker),
            zone: Zone::Wit,
            now: NOW.parse().unwrap(),
        };
        parse::looks_like_feed(&document);
        parse::next_page(&document, &source.kind);
        let (content, _) = extract::content(&document, &source.kind, &source.article);
        for entry in parse::entries(&document, &source.kind).items {
            assert!(entry.url.is_some());
            normalize::article(entry, content.clone(), &cx);
        }
        normalize::article(
            Entry {
                url: Some(document.url.clone()),
                ..Entry::default()
            },
            content,
            &cx,
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_understood_without_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        understand("https://kumparan.com/lajer-channel", &body);
    }

    #[test]
    fn any_heap_of_markup_is_understood_without_panic(
        body in "(<(rss version=\"2.0\"|channel|item|title|link|feed|entry|p|div|a href=/lajer-channel/x-1yfWcrHMSmQ|article|script type=application/ld\\+json|base href=//)>|</(item|title|p|div|a|script)>|<!\\[CDATA\\[|\\]\\]>|\\{\"@type\":\"Article\"|\"headline\":\\[|\\}|&amp;|kata|é){0,40}"
    ) {
        understand("https://kumparan.com/lajer-channel", body.as_bytes());
    }

    #[test]
    fn a_fixture_cut_or_damaged_anywhere_is_understood_without_panic(which in 0usize..8, cut in 0.0f64..1.0, byte in any::<u8>()) {
        let page = LISTS.into_iter().chain(PAGES).nth(which).unwrap();
        let Fixture { document, .. } = Fixture::load(page);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a short file")]
        let at = (document.body.len() as f64 * cut) as usize;
        understand(document.url.as_str(), &document.body[..at]);
        let mut damaged = document.body.clone();
        damaged[at] = byte;
        understand(document.url.as_str(), &damaged);
    }
}
