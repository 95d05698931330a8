//! The listener asked over real sockets, as feed readers ask it.
#![expect(
    clippy::disallowed_methods,
    reason = "the client of a test reads our own answers whole"
)]

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response};
use tokio::net::TcpListener;

use super::*;
use crate::dedupe::Rules;
use crate::ledger::{Age, Candidate, Ledger};
use crate::model::{
    Article, Change, EditOrder, Language, RegionCode, RegionMatch, Republish, Satker, SatkerId, SourceId, StoryId,
};

struct Reader {
    address: String,
    store: Store,
    client: Client,
    _folder: tempfile::TempDir,
}

impl Reader {
    async fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> Response {
        let pairs = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        self.client
            .get(format!("{}{path}", self.address))
            .headers(HeaderMap::from_iter(pairs))
            .send()
            .await
            .unwrap()
    }
}

pub(super) fn now() -> Timestamp {
    "2026-11-24T00:00:00Z".parse().unwrap()
}

pub(super) fn settings(base_url: &str) -> Settings {
    let satker = Satker {
        id: SatkerId::new("lapas-jember").unwrap(),
        name: "Lapas Kelas IIA Jember".to_owned(),
        region: "35.09".parse().unwrap(),
        ministry: None,
        parent: None,
        aliases: vec![],
        formerly: vec![SatkerId::new("lp-jember").unwrap()],
    };
    Settings {
        site: Site {
            title: "Warta".to_owned(),
            base_url: base_url.parse().unwrap(),
            id_authority: "warta.example.id,2026".to_owned(),
            language: Language::Id,
            hub: false,
        },
        directory: Arc::new(Directory {
            satkers: [(satker.id.clone(), satker)].into(),
            ..Directory::default()
        }),
        contact: "mailto:humas@example.go.id".to_owned(),
        hub: None,
        callbacks: None,
    }
}

pub(crate) async fn store_story(store: &Store, n: u32) {
    store_story_in(store, n, "35.09").await;
}

/// One that is long however well it is packed.
pub(super) async fn store_long_story(store: &Store, n: u32) {
    let words = (0..8_000_u32).map(|word| format!("{:x} ", xxhash_rust::xxh3::xxh3_64(&word.to_le_bytes())));
    store_html(store, n, "35.09", format!("<p>{}</p>", words.collect::<String>())).await;
}

pub(crate) async fn store_story_in(store: &Store, n: u32, region: &str) {
    store_html(store, n, region, format!("<p>{n}</p>")).await;
}

async fn store_html(store: &Store, n: u32, region: &str, html: String) {
    let article = Article {
        source: SourceId::new("lapas-jember-kumparan").unwrap(),
        satker: SatkerId::new("lapas-jember").ok().filter(|_| region == "35.09"),
        url: format!("https://kumparan.com/lajer-channel/{n}"),
        guid: None,
        title: format!("Kegiatan {n}"),
        author: None,
        published: None,
        updated: None,
        seen: now(),
        summary: String::new(),
        html,
        text: n.to_string(),
        image: None,
        categories: vec![],
        language: None,
        republish: Republish::Full,
    };
    let region = RegionMatch {
        event: region.parse().unwrap(),
        unit: None,
        satker: None,
        evidence: vec![],
    };
    let (ledger, writer) = Ledger::start(store.clone(), Rules::within(Duration::from_secs(7 * 86_400))).unwrap();
    ledger
        .record(
            vec![Candidate {
                article,
                region,
                age: Age::News,
            }],
            now(),
        )
        .await
        .unwrap();
    drop(ledger);
    writer.join();
}

async fn reader(base_url: &str) -> Reader {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
    store_story(&store, 1).await;
    let (_sender, settings) = watch::channel(Arc::new(settings(base_url)));
    let clock = Clock::simulated(now());
    let shared = Arc::new(Shared::new(
        store.clone(),
        Arc::new(Gazetteer::built_in()),
        settings,
        clock,
    ));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let front = Front::with_feeds(Arc::clone(&shared), router(shared));
    tokio::spawn(serve(Listener::Tcp(listener), front, std::future::pending()));
    let client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    Reader {
        address,
        store,
        client,
        _folder: folder,
    }
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn feeds_of_every_scope_and_format_are_served() {
    let reader = reader("https://warta.example.id/").await;
    for path in [
        "indonesia",
        "jawa-timur",
        "jawa-timur/kabupaten-jember",
        "satker/lapas-jember",
    ] {
        for (extension, media_type) in [
            ("rss", "application/rss+xml"),
            ("atom", "application/atom+xml"),
            ("json", "application/feed+json"),
        ] {
            let response = reader.get(&format!("/feeds/{path}.{extension}"), &[]).await;
            assert_eq!(response.status(), 200, "{path}.{extension}");
            assert!(header(&response, "content-type").starts_with(media_type));
            let feed = feed_rs::parser::parse(response.bytes().await.unwrap().as_ref()).unwrap();
            assert_eq!(feed.entries.len(), 1, "{path}.{extension}");
        }
    }
    let empty = reader.get("/feeds/bali.atom", &[]).await;
    assert!(
        feed_rs::parser::parse(empty.bytes().await.unwrap().as_ref())
            .unwrap()
            .entries
            .is_empty()
    );
}

#[tokio::test]
async fn an_unchanged_feed_is_answered_with_304() {
    let reader = reader("https://warta.example.id/").await;
    let path = "/feeds/jawa-timur.rss";
    let first = reader.get(path, &[]).await;
    let (etag, modified) = (
        header(&first, "etag").to_owned(),
        header(&first, "last-modified").to_owned(),
    );
    assert!(
        etag.starts_with('"') && modified == "Tue, 24 Nov 2026 00:00:00 GMT",
        "{etag} {modified}"
    );
    let weak = format!("W/{etag}");
    let list = format!("\"other\", {etag}");
    for conditions in [
        vec![("if-none-match", etag.as_str())],
        vec![("if-none-match", weak.as_str())],
        vec![("if-none-match", list.as_str())],
        vec![("if-none-match", "*")],
        vec![("if-modified-since", modified.as_str())],
    ] {
        let response = reader.get(path, &conditions).await;
        assert_eq!(
            (response.status().as_u16(), header(&response, "etag")),
            (304, etag.as_str()),
            "{conditions:?}"
        );
        assert!(response.bytes().await.unwrap().is_empty());
    }
    for conditions in [
        vec![("if-none-match", "\"other\"")],
        vec![("if-none-match", "\"other\""), ("if-modified-since", modified.as_str())],
        vec![("if-modified-since", "Mon, 23 Nov 2026 00:00:00 GMT")],
        vec![("if-modified-since", "kemarin")],
    ] {
        assert_eq!(reader.get(path, &conditions).await.status(), 200, "{conditions:?}");
    }
    store_story(&reader.store, 2).await;
    let changed = reader.get(path, &[("if-none-match", etag.as_str())]).await;
    assert_eq!(changed.status(), 200);
    assert_ne!(header(&changed, "etag"), etag);
}

#[tokio::test]
async fn other_names_redirect_and_unknown_ones_name_their_neighbours() {
    let reader = reader("https://warta.example.id/").await;
    for (asked, leads) in [
        ("/feeds/35.09.rss", "/feeds/jawa-timur/kabupaten-jember.rss"),
        ("/feeds/35.atom", "/feeds/jawa-timur.atom"),
        ("/feeds/jatim.json", "/feeds/jawa-timur.json"),
        ("/feeds/satker/lp-jember.rss", "/feeds/satker/lapas-jember.rss"),
    ] {
        let response = reader.get(asked, &[]).await;
        assert_eq!(
            (response.status().as_u16(), header(&response, "location")),
            (301, leads),
            "{asked}"
        );
    }
    for asked in ["/feeds/jawa-timor.rss", "/wilayah/jawa-timor", "/feeds/jawa-timor"] {
        let response = reader.get(asked, &[]).await;
        assert_eq!(response.status(), 404, "{asked}");
        assert!(
            response.text().await.unwrap().contains("/wilayah/jawa-timur"),
            "{asked}"
        );
    }
    for asked in [
        "/feeds/satker/tidak-ada.rss",
        "/feeds/%00.rss",
        "/feeds/",
        "/berita/zz",
        "/berita/1",
        "/../etc/passwd",
        "/satker/x",
    ] {
        assert_eq!(reader.get(asked, &[]).await.status(), 404, "{asked}");
    }
}

#[tokio::test]
async fn a_browser_is_sent_to_the_page_and_everyone_else_gets_the_feed() {
    let reader = reader("https://warta.example.id/").await;
    let response = reader
        .get("/feeds/jawa-timur.rss", &[("sec-fetch-dest", "document")])
        .await;
    assert_eq!(response.status(), 303);
    assert_eq!(
        header(&response, "location"),
        "https://warta.example.id/wilayah/jawa-timur"
    );
    assert_eq!(header(&response, "cache-control"), "no-store");
    let response = reader
        .get(
            "/feeds/jawa-timur.rss",
            &[("accept", "text/html"), ("sec-fetch-dest", "empty")],
        )
        .await;
    assert_eq!(response.status(), 200);
    assert!(
        response
            .headers()
            .get_all("vary")
            .iter()
            .any(|value| value == "accept-encoding, sec-fetch-dest")
    );
}

#[tokio::test]
async fn head_gzip_and_other_methods() {
    let reader = reader("https://warta.example.id/").await;
    let address = format!("{}/feeds/indonesia.rss", reader.address);
    let head = reader.client.head(&address).send().await.unwrap();
    let get = reader.get("/feeds/indonesia.rss", &[]).await;
    assert_eq!(
        (head.status().as_u16(), header(&head, "etag")),
        (200, header(&get, "etag"))
    );
    assert!(head.bytes().await.unwrap().is_empty());
    let plain = Client::builder().no_gzip().no_brotli().no_zstd().build().unwrap();
    let zipped = plain
        .get(&address)
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(header(&zipped, "content-encoding"), "gzip");
    let posted = reader.client.post(&address).send().await.unwrap();
    assert_eq!((posted.status().as_u16(), header(&posted, "allow")), (405, "GET,HEAD"));
}

#[tokio::test]
async fn pages_carry_their_feeds_and_a_strict_policy() {
    let reader = reader("https://warta.example.id/").await;
    let story = format!(
        "/berita/{}",
        reader.store.last_article().map(|id| format!("{:x}", id.0)).unwrap()
    );
    let pages = [
        "/",
        "/wilayah/jawa-timur",
        "/wilayah/jawa-timur/kabupaten-jember",
        "/satker/lapas-jember",
        &story,
        "/tentang",
    ];
    for path in pages {
        let response = reader.get(path, &[]).await;
        assert_eq!(response.status(), 200, "{path}");
        assert!(
            header(&response, "content-security-policy").starts_with("default-src 'none'"),
            "{path}"
        );
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        let text = response.text().await.unwrap();
        assert!(path == "/tentang" || text.contains("Kegiatan 1"), "{path}: {text}");
    }
    for (path, outlines) in [("/opml", 38), ("/opml/jawa-timur", 39), ("/opml/semua", 553)] {
        let text = reader.get(path, &[]).await.text().await.unwrap();
        assert_eq!(text.matches("xmlUrl").count(), outlines, "{path}");
    }
    assert_eq!(reader.get("/readyz", &[]).await.status(), 200);
}

#[tokio::test]
async fn everything_stands_under_the_base_path() {
    let reader = reader("https://example.id/warta/").await;
    assert_eq!(reader.get("/warta/feeds/jawa-timur.rss", &[]).await.status(), 200);
    assert_eq!(
        header(&reader.get("/warta/feeds/35.rss", &[]).await, "location"),
        "/warta/feeds/jawa-timur.rss"
    );
    let page = reader.get("/warta/", &[]).await;
    assert_eq!(page.status(), 200);
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("href=\"/warta/wilayah/jawa-timur\"")
    );
}

#[tokio::test]
async fn outlines_are_found_by_every_name_of_a_province() {
    let reader = reader("https://example.id/warta/").await;
    let outline = reader.get("/warta/opml/jawa-timur", &[]).await;
    assert_eq!(header(&outline, "content-type"), "text/x-opml; charset=utf-8");
    let moved = reader.get("/warta/opml/35", &[]).await;
    assert_eq!(
        (moved.status().as_u16(), header(&moved, "location")),
        (301, "/warta/opml/jawa-timur")
    );
    for no_province in ["indonesia", "35.09", "atlantis"] {
        let path = format!("/warta/opml/{no_province}");
        assert_eq!(reader.get(&path, &[]).await.status(), 404, "{no_province}");
    }
}

impl Reader {
    /// Corrects a story as `warta edit` does.
    async fn edit(&self, story: StoryId, change: Change) -> StoryId {
        let (ledger, writer) =
            Ledger::start(self.store.clone(), Rules::within(Duration::from_secs(7 * 86_400))).unwrap();
        let by = "humas".to_owned();
        let left = ledger.edit(EditOrder { story, change, by }, now()).await.unwrap();
        drop(ledger);
        writer.join();
        left
    }

    fn stories(&self) -> Vec<StoryId> {
        let scope = Scope::Region("35.09".parse().unwrap());
        self.store
            .newest(&scope)
            .map(|detail| detail.unwrap().story.id)
            .collect()
    }

    /// The titles of Jember's feed.
    async fn titles(&self) -> Vec<String> {
        let body = self.get("/feeds/jawa-timur/kabupaten-jember.atom", &[]).await;
        let feed = feed_rs::parser::parse(body.bytes().await.unwrap().as_ref()).unwrap();
        feed.entries
            .into_iter()
            .map(|entry| entry.title.unwrap().content)
            .collect()
    }
}

#[tokio::test]
async fn a_merged_story_redirects_to_the_elder() {
    let reader = reader("https://warta.example.id/baca/").await;
    store_story(&reader.store, 2).await;
    let [younger, elder] = reader.stories()[..] else {
        panic!("two stories")
    };
    reader.edit(younger, Change::Merge(elder)).await;
    let moved = reader.get(&format!("/baca/berita/{younger}"), &[]).await;
    assert_eq!(moved.status(), 301);
    assert_eq!(header(&moved, "location"), format!("/baca/berita/{elder}"));
    let body = reader
        .get(&format!("/baca/berita/{elder}"), &[])
        .await
        .text()
        .await
        .unwrap();
    assert!(body.contains("Juga terbit di"), "{body}");
}

#[tokio::test]
async fn a_withdrawn_story_answers_410_and_reads_dicabut_in_the_feeds() {
    let reader = reader("https://warta.example.id/").await;
    let story = reader.stories()[0];
    reader
        .edit(story, Change::Hide("Permintaan <keluarga>".to_owned()))
        .await;
    let gone = reader.get(&format!("/berita/{story}"), &[]).await;
    assert_eq!(gone.status(), 410);
    let page = gone.text().await.unwrap();
    assert!(
        page.contains("Permintaan &lt;keluarga&gt;") && !page.contains("Kegiatan"),
        "{page}"
    );
    assert_eq!(reader.titles().await, ["Dicabut"]);
    let feed = reader.get("/feeds/jawa-timur.rss", &[]).await.text().await.unwrap();
    assert!(!feed.contains("kumparan.com") && !feed.contains("Kegiatan"), "{feed}");
    let page = reader.get("/wilayah/jawa-timur", &[]).await.text().await.unwrap();
    assert!(!page.contains("Kegiatan"), "{page}");
}

#[tokio::test]
async fn a_pinned_story_comes_first_once() {
    let reader = reader("https://warta.example.id/").await;
    store_story(&reader.store, 2).await;
    assert_eq!(reader.titles().await, ["Kegiatan 2", "Kegiatan 1"]);
    let elder = reader.stories()[1];
    reader.edit(elder, Change::Pin(now() + Duration::from_secs(60))).await;
    assert_eq!(reader.titles().await, ["Kegiatan 1", "Kegiatan 2"]);
    reader.edit(elder, Change::Pin(now())).await;
    assert_eq!(reader.titles().await, ["Kegiatan 2", "Kegiatan 1"], "its time is over");
}

#[tokio::test]
async fn a_search_finds_stories_on_a_page_and_as_a_feed() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store"), "warta.example.id,2026").unwrap();
    store_story(&store, 1).await;
    store_story(&store, 2).await;
    let index = Arc::new(Search::open(&folder.path().join("search"), []).unwrap());
    let documents = store.newest(&Scope::Region(RegionCode::INDONESIA)).map(|detail| {
        detail.map(|detail| crate::search::Document {
            names: "Lapas Kelas IIA Jember".to_owned(),
            kind: None,
            detail,
        })
    });
    index.rebuild(documents, 1).unwrap();
    let (_sender, settings) = watch::channel(Arc::new(settings("https://warta.example.id/")));
    let gazetteer = Arc::new(Gazetteer::built_in());
    let shared = Shared::new(store, gazetteer, settings, Clock::simulated(now())).with_search(index);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(
        Listener::Tcp(listener),
        router(Arc::new(shared)),
        std::future::pending(),
    ));
    let get = async |path: &str| Client::new().get(format!("{address}{path}")).send().await.unwrap();
    let page = get("/cari?q=kegiatan+2&wilayah=jawa-timur").await.text().await.unwrap();
    assert!(page.contains("<mark>Kegiatan</mark>"), "{page}");
    let feed = get("/feeds/cari.atom?q=kegiatan").await.bytes().await.unwrap();
    let feed = feed_rs::parser::parse(feed.as_ref()).unwrap();
    assert_eq!(feed.entries.len(), 2);
    for odd in [
        "/cari",
        "/cari?q=%FF%22(",
        "/cari?q=x&hal=999999&wilayah=?&sejak=2026-99-99",
    ] {
        assert_eq!(get(odd).await.status(), 200, "{odd}");
    }
}

/// The ETag of every region's Atom feed, and whether it was in memory.
async fn etags(shared: &Arc<Shared>) -> std::collections::BTreeMap<RegionCode, (String, bool)> {
    let settings = shared.settings();
    let mut etags = std::collections::BTreeMap::new();
    for region in shared.gazetteer.regions() {
        let scope = Scope::Region(region.code);
        let name = format!("feeds/{}.atom", region.path);
        let kept = shared
            .cache
            .get(&name, shared.moment(&About::Scope(scope.clone())), &settings)
            .is_some();
        let made = feeds::rendered(Arc::clone(shared), Arc::clone(&settings), scope, publish::Format::Atom);
        etags.insert(region.code, (made.await.unwrap().etag().to_owned(), kept));
    }
    etags
}

#[tokio::test]
async fn only_the_feeds_that_hold_a_new_story_are_rendered_again() {
    let reader = reader("https://warta.example.id/").await;
    for (n, region) in [(10, "32.04"), (11, "32"), (12, "11.01"), (13, "35.10")] {
        store_story_in(&reader.store, n, region).await;
    }
    let (_sender, settings) = watch::channel(Arc::new(settings("https://warta.example.id/")));
    let clock = Clock::simulated(now());
    let gazetteer = Arc::new(Gazetteer::built_in());
    let shared = Arc::new(Shared::new(reader.store.clone(), gazetteer, settings, clock));
    let before = etags(&shared).await;
    assert!(before.len() > 550 && before.values().all(|(_, kept)| !kept));
    store_story_in(&reader.store, 20, "35.09").await;
    let after = etags(&shared).await;
    let others = |other: &dyn Fn(&RegionCode) -> bool| after.keys().copied().filter(other).collect::<Vec<_>>();
    let code = |text: &str| text.parse::<RegionCode>().unwrap();
    let holding = [RegionCode::INDONESIA, code("35"), code("35.09")];
    assert_eq!(
        others(&|code| before[code].0 != after[code].0),
        holding,
        "these have another ETag"
    );
    assert_eq!(others(&|code| !after[code].1), holding, "these were rendered again");
    assert!(etags(&shared).await.values().all(|(_, kept)| *kept));
    // A story that leaves a region touches where it was, and stays in the open pages of its archives: what changes it
    // later is seen there, too.
    let moved = reader.stories()[0];
    let jakarta = "31.71".parse().unwrap();
    reader.edit(moved, Change::Region(jakarta)).await;
    let left = etags(&shared).await;
    let holding = [holding.to_vec(), vec![code("31"), code("31.71")]].concat();
    for code in &holding {
        assert!(!left[code].1, "{code} was rendered again");
    }
    assert!(left[&"32.04".parse().unwrap()].1);
    reader.edit(moved, Change::Hide("Permintaan keluarga".to_owned())).await;
    let hidden = etags(&shared).await;
    for code in &holding {
        assert_ne!(left[code].0, hidden[code].0, "{code}");
    }
    assert!(hidden[&"32.04".parse().unwrap()].1);
}

#[tokio::test]
async fn an_answer_is_made_once_however_many_ask_for_it() {
    let reader = reader("https://warta.example.id/").await;
    let (_sender, settings) = watch::channel(Arc::new(settings("https://warta.example.id/")));
    let shared = Shared::new(
        reader.store.clone(),
        Arc::new(Gazetteer::built_in()),
        settings,
        Clock::simulated(now()),
    );
    let (shared, made) = (Arc::new(shared), Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let made = Arc::clone(&made);
            let make = move |_: &Shared, _: &Settings| {
                made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Ok(Rendered::new("here", "text/plain", None))
            };
            tokio::spawn(Arc::clone(&shared).kept("page:x".to_owned(), shared.settings(), make))
        })
        .collect();
    for asked in asking {
        assert_eq!(asked.await.unwrap().unwrap().bytes, "here");
    }
    assert_eq!(made.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[tokio::test]
async fn who_waits_while_changes_go_on_takes_what_was_made_since_they_asked_and_nothing_older() {
    let reader = reader("https://warta.example.id/").await;
    let (_sender, settings) = watch::channel(Arc::new(settings("https://warta.example.id/")));
    let (gazetteer, clock) = (Arc::new(Gazetteer::built_in()), Clock::simulated(now()));
    let shared = Arc::new(Shared::new(reader.store.clone(), gazetteer, settings, clock));
    let made = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let ask = |go: std::sync::mpsc::Receiver<()>| {
        let made = Arc::clone(&made);
        let make = move |_: &Shared, _: &Settings| {
            let number = made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let _ = go.recv();
            Ok(Rendered::new(number.to_string(), "text/plain", None))
        };
        tokio::spawn(Arc::clone(&shared).kept("page:x".to_owned(), shared.settings(), make))
    };
    let [(first, wait), (second, wait_too)] = [std::sync::mpsc::channel(), std::sync::mpsc::channel()];
    let early = ask(wait);
    while made.load(std::sync::atomic::Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    store_story(&reader.store, 50).await;
    // The first of them has it made, and the others take that, though there is another change by then.
    let late: Vec<_> = std::iter::once(ask(wait_too))
        .chain((0..10).map(|_| ask(std::sync::mpsc::channel().1)))
        .collect();
    tokio::task::yield_now().await;
    first.send(()).unwrap();
    assert_eq!(early.await.unwrap().unwrap().bytes, "0");
    while made.load(std::sync::atomic::Ordering::SeqCst) == 1 {
        tokio::task::yield_now().await;
    }
    store_story(&reader.store, 51).await;
    second.send(()).unwrap();
    for asked in late {
        assert_eq!(
            asked.await.unwrap().unwrap().bytes,
            "1",
            "made when they had asked, once"
        );
    }
}

#[tokio::test]
async fn the_page_of_a_story_is_made_once_and_again_when_anything_changes() {
    let reader = reader("https://warta.example.id/").await;
    let (_sender, settings) = watch::channel(Arc::new(settings("https://warta.example.id/")));
    let gazetteer = Arc::new(Gazetteer::built_in());
    let clock = Clock::simulated(now());
    let shared = Arc::new(Shared::new(reader.store.clone(), gazetteer, settings, clock));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = router(Arc::clone(&shared));
    tokio::spawn(serve(Listener::Tcp(listener), served, std::future::pending()));
    let story = reader.stories()[0];
    let kept = || {
        let (name, moment) = (format!("page:berita/{story}"), shared.moment(&About::Everything));
        shared.rare.get(&name, moment, &shared.settings())
    };
    let get = async || {
        Client::new()
            .get(format!("{address}/berita/{story}"))
            .send()
            .await
            .unwrap()
    };
    assert_eq!((get().await.status().as_u16(), kept().is_some()), (200, true));
    assert_eq!(get().await.bytes().await.unwrap(), kept().unwrap().bytes);
    reader.edit(story, Change::Hide("Permintaan keluarga".to_owned())).await;
    assert!(kept().is_none());
    assert_eq!((get().await.status().as_u16(), kept().is_some()), (410, false));
}
