//! The flow on a web in memory with time standing still.

use std::time::Duration;

use super::*;
use crate::dedupe::Rules;
use crate::fetch::Limits;
use crate::fetch::web::Web;
use crate::model::samples;
use crate::model::{Health, ListingSelectors, Outcome, RegionCode, Scope, SourceKind};

const FEED: &str = "https://lapas.example/feed";
const LIST: &str = "https://kanim.example/berita";

/// Fetches in flight in all.
pub(crate) const CONCURRENCY: usize = 64;

/// Every ten minutes to once a day.
pub(crate) const INTERVALS: Intervals = Intervals {
    min: Duration::from_secs(600),
    max: Duration::from_secs(86_400),
};

/// The means to crawl a web in memory into a store of its own, which goes with the folder. Time stands still.
pub(crate) fn context(web: Web) -> (Context<Web>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
    let (ledger, _writer) = Ledger::start(store.clone(), Rules::within(Duration::from_secs(7 * 86_400))).unwrap();
    let clock = Clock::simulated("2026-11-24T00:00:00Z".parse().unwrap());
    let limits = Limits {
        concurrency: CONCURRENCY,
        host_concurrency: 1,
        host_delay: Duration::from_secs(2),
        robots: true,
    };
    let fetch = Polite::new(web, limits, clock.clone());
    let cx = Context::new(fetch, ledger, store, Arc::new(Gazetteer::built_in()), clock);
    (cx, folder)
}

pub(super) struct World {
    pub(super) cx: Context<Web>,
    pub(super) configured: Configured,
    _folder: tempfile::TempDir,
}

pub(super) fn world(web: Web) -> World {
    let (cx, _folder) = context(web);
    World {
        cx,
        configured: Configured::new(Directory::default(), INTERVALS),
        _folder,
    }
}

pub(super) fn source(id: &str, url: &str, kind: SourceKind) -> Source {
    Source {
        kind,
        full_text: true,
        ..samples::source(id, url)
    }
}

fn listing() -> Source {
    let selectors = ListingSelectors {
        item: "li".to_owned(),
        ..ListingSelectors::default()
    };
    source("kanim", LIST, SourceKind::Listing(selectors))
}

fn feed(titles: &[&str]) -> String {
    let items: String = titles
        .iter()
        .map(|title| {
            format!(
                "<item><title>{title}</title><link>https://lapas.example/{title}</link><description>JEMBER – {title}</description></item>"
            )
        })
        .collect();
    format!("<rss version=\"2.0\"><channel><title>x</title>{items}</channel></rss>")
}

pub(super) fn article(title: &str) -> String {
    let text = format!("JEMBER – {title}. ")
        + &"Kegiatan pembinaan warga binaan berjalan dengan tertib dan lancar. ".repeat(4);
    format!("<html><body><article><h1>{title}</h1><p>{text}</p><p>{text}</p></article></body></html>")
}

pub(super) async fn crawl_once(world: &World, source: &Source, options: CrawlOptions) -> (Report, Vec<CrawlEvent>) {
    let (events, mut received) = mpsc::channel(1_000);
    let report = crawl(&world.cx, &world.configured, source, options, &events)
        .await
        .unwrap();
    drop(events);
    let mut told = Vec::new();
    while let Some(event) = received.recv().await {
        told.push(event);
    }
    (report, told)
}

fn stories(world: &World) -> usize {
    world.cx.store.newest(&Scope::Region(RegionCode::INDONESIA)).count()
}

fn feed_web() -> Web {
    let web = Web::default();
    web.page(FEED, &feed(&["satu", "dua"]));
    web.page("https://lapas.example/satu", &article("satu"));
    web.page("https://lapas.example/dua", &article("dua"));
    web
}

#[test]
fn a_source_is_marked_once_and_only_while_it_is_crawled() {
    let running = watch::Sender::default();
    let (id, now) = (SourceId::new("lapas").unwrap(), Timestamp::UNIX_EPOCH);
    let mark = Mark::set(&running, &id, now).unwrap();
    assert!(Mark::set(&running, &id, now).is_none(), "two crawls at a time");
    assert_eq!(*running.borrow(), Running::from([(id, now)]));
    drop(mark);
    assert!(running.borrow().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_second_crawl_of_an_unchanged_source_asks_once_and_stores_nothing() {
    let world = world(feed_web());
    let source = source("lapas", FEED, SourceKind::Feed);
    let (first, told) = crawl_once(&world, &source, CrawlOptions::default()).await;
    assert_eq!(
        (first.outcome, first.new, first.fetches),
        (SourceOutcome::Ok, 2, 3),
        "{first:?}"
    );
    assert_eq!(told.len(), 3);
    assert!(matches!(
        &told[0],
        CrawlEvent::Stored {
            outcome: Outcome::New,
            story: Some(_),
            ..
        }
    ));
    let (second, told) = crawl_once(&world, &source, CrawlOptions::default()).await;
    assert_eq!(
        (second.outcome, second.new, second.fetches),
        (SourceOutcome::NotModified, 0, 1),
        "{second:?}"
    );
    assert_eq!((told.len(), stories(&world)), (1, 2));
    let place = world.cx.store.counts();
    assert_eq!(
        place.get(&"35.09".parse().unwrap()),
        Some(&2),
        "the dateline names Jember"
    );
}

#[tokio::test(start_paused = true)]
async fn force_reads_again_and_still_stores_nothing_twice() {
    let world = world(feed_web());
    let source = source("lapas", FEED, SourceKind::Feed);
    crawl_once(&world, &source, CrawlOptions::default()).await;
    let (again, _) = crawl_once(
        &world,
        &source,
        CrawlOptions {
            force: true,
            ..CrawlOptions::default()
        },
    )
    .await;
    assert_eq!(
        (again.outcome, again.new, again.unchanged),
        (SourceOutcome::Ok, 0, 2),
        "{again:?}"
    );
    assert_eq!(stories(&world), 2);
}

#[tokio::test(start_paused = true)]
async fn validators_are_kept_only_when_every_article_was_dealt_with() {
    let web = Web::default();
    web.page(
        LIST,
        "<ul><li><a href='/satu'>satu</a></li><li><a href='/dua'>dua</a></li></ul>",
    );
    web.page("https://kanim.example/satu", &article("satu"));
    web.status("https://kanim.example/dua", 503);
    let world = world(web);
    let (report, _) = crawl_once(&world, &listing(), CrawlOptions::default()).await;
    assert_eq!(
        (report.outcome, report.new, report.problems.len()),
        (SourceOutcome::Ok, 1, 1),
        "{report:?}"
    );
    let state = world.cx.store.state(&listing().id).unwrap().unwrap();
    assert!(
        state.validators.is_empty(),
        "with a validator the missing article would never be asked for again"
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_takes_some_and_comes_back_for_the_rest() {
    let world = world(feed_web());
    let source = source("lapas", FEED, SourceKind::Feed);
    let (report, _) = crawl_once(
        &world,
        &source,
        CrawlOptions {
            limit: Some(1),
            ..CrawlOptions::default()
        },
    )
    .await;
    assert_eq!(report.new, 1);
    let (report, _) = crawl_once(&world, &source, CrawlOptions::default()).await;
    assert_eq!((report.new, report.unchanged), (1, 1), "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_changes_nothing() {
    let world = world(feed_web());
    let source = source("lapas", FEED, SourceKind::Feed);
    let (report, told) = crawl_once(
        &world,
        &source,
        CrawlOptions {
            dry_run: true,
            ..CrawlOptions::default()
        },
    )
    .await;
    assert_eq!(report.new, 2);
    assert!(matches!(&told[0], CrawlEvent::Stored { story: None, .. }));
    assert_eq!((stories(&world), world.cx.store.states().unwrap().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_failing_source_is_data_and_is_held_back() {
    let web = Web::default();
    web.too_many(FEED, "2026-11-24T05:00:00Z".parse().unwrap());
    let world = world(web);
    let source = source("lapas", FEED, SourceKind::Feed);
    let (report, _) = crawl_once(&world, &source, CrawlOptions::default()).await;
    assert_eq!((report.outcome, report.fetches), (SourceOutcome::Failed, 1));
    assert!(report.error.unwrap().contains("429"));
    let state = world.cx.store.state(&source.id).unwrap().unwrap();
    assert_eq!((state.health, state.failures), (Health::Failing, 1));
    let (report, _) = crawl_once(
        &world,
        &source,
        CrawlOptions {
            force: true,
            ..CrawlOptions::default()
        },
    )
    .await;
    assert_eq!(
        (report.outcome, report.fetches),
        (SourceOutcome::Skipped, 0),
        "not even --force overrides Retry-After"
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_no_feed_is_a_problem_and_no_failure() {
    let web = Web::default();
    web.typed(
        FEED,
        "<!DOCTYPE html><html><body>Sedang dalam perbaikan</body></html>",
        Some("text/html"),
    );
    let world = world(web);
    let (report, _) = crawl_once(
        &world,
        &source("lapas", FEED, SourceKind::Feed),
        CrawlOptions::default(),
    )
    .await;
    assert_eq!(
        (report.outcome, report.new, report.problems.len()),
        (SourceOutcome::Ok, 0, 1),
        "{report:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_of_a_feed_is_the_newest_in_ours() {
    let world = world(feed_web());
    crawl_once(
        &world,
        &source("lapas", FEED, SourceKind::Feed),
        CrawlOptions::default(),
    )
    .await;
    let newest = world.cx.store.newest(&Scope::Region(RegionCode::INDONESIA));
    let titles: Vec<String> = newest.map(|detail| detail.unwrap().article.title).collect();
    assert_eq!(titles, ["satu", "dua"]);
}

pub(super) fn listed(titles: &[&str], next: &str) -> String {
    let items: String = titles
        .iter()
        .map(|title| format!("<li><a href=\"/{title}\">{title}</a></li>"))
        .collect();
    format!("<html><body><ul>{items}</ul><a class=\"next\" href=\"{next}\">Lama</a></body></html>")
}

#[tokio::test(start_paused = true)]
async fn a_list_that_filled_up_since_the_last_crawl_is_followed_to_what_is_known() {
    let web = Web::default();
    for title in ["a", "b", "c", "d", "e"] {
        web.page(&format!("https://kanim.example/{title}"), &article(title));
    }
    web.page(LIST, &listed(&["b", "a"], "?page=2"));
    web.page("https://kanim.example/berita?page=2", &listed(&["lama"], "?page=3"));
    let world = world(web.clone());
    let mut kanim = listing();
    if let SourceKind::Listing(selectors) = &mut kanim.kind {
        selectors.next = Some("a.next".to_owned());
    }
    let (first, _) = crawl_once(&world, &kanim, CrawlOptions::default()).await;
    assert_eq!((first.new, first.fetches), (2, 3), "history is not news: {first:?}");

    web.page(LIST, &listed(&["e", "d"], "?page=2"));
    let second = "https://kanim.example/berita?page=2";
    web.page(second, &listed(&["c", "b"], "?page=3"));
    let (second, _) = crawl_once(&world, &kanim, CrawlOptions::default()).await;
    assert_eq!((second.new, second.unchanged), (3, 1), "{second:?}");
    assert_eq!(
        second.fetches, 5,
        "two lists and three articles; the third list is not asked for"
    );
    assert!(second.problems.is_empty(), "{second:?}");
}

async fn crawl_address(world: &World, url: &str) -> Report {
    let (events, _received) = mpsc::channel(100);
    let url = url.parse().unwrap();
    crawl_url(&world.cx, &world.configured, &url, CrawlOptions::default(), &events)
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_not_configured_is_read_as_what_it_is() {
    let web = feed_web();
    web.page(LIST, &listed(&["satu"], "?page=2"));
    web.page("https://kanim.example/satu", &article("satu di kanim"));
    let mut world = world(web.clone());
    let feed = crawl_address(&world, FEED).await;
    assert_eq!((feed.source.as_str(), feed.new), ("lapas-example", 2), "{feed:?}");

    let list = crawl_address(&world, LIST).await;
    assert_eq!(
        list.outcome,
        SourceOutcome::Failed,
        "nobody says how to read it: {list:?}"
    );
    let kanim = listing();
    let directory = Arc::make_mut(&mut world.configured.directory);
    directory.sources.insert(kanim.id.clone(), kanim);
    let other = "https://kanim.example/arsip";
    web.page(other, &listed(&["satu"], "?page=2"));
    let list = crawl_address(&world, other).await;
    assert_eq!(
        (list.source.as_str(), list.new),
        ("kanim", 1),
        "read as its site is: {list:?}"
    );

    let missing = crawl_address(&world, "https://kanim.example/tidak-ada").await;
    assert_eq!(missing.outcome, SourceOutcome::Failed);
    assert!(missing.error.unwrap().contains("404"));
}
