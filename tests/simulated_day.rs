//! A day of the daemon's own loop, with store and ledger, while time is simulated: what it holds on to grows with what it
//! crawled and with nothing else.
//!
//! The ordinary test is three hours; `WARTA_SIMULATE=day` runs 48 and prints a table, best alone: memory and open files are
//! those of the whole process, and are judged only there, on the second day. The window of seven days and the store's cache
//! do not fill to their bounds so soon: what they take for an article is allowed, and nothing besides.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use warta::clock::Clock;
use warta::daemon::crawl_for_ever;
use warta::daemon::upkeep::Room;
use warta::dedupe::Rules;
use warta::fetch::{Answer, Error, Fetch, Limits, Polite, Reply, Request};
use warta::gazetteer::Gazetteer;
use warta::ledger::{Ledger, Writer};
use warta::model::{Directory, Document, RegionCode, Scope, Source};
use warta::pipeline::{Configured, Context};
use warta::schedule::Intervals;
use warta::store::Store;

use crate::support::agree::agree;
use crate::support::samples;

const SOURCES: u64 = 40;

/// So many sources tell the same.
const ALIKE: u64 = 4;

/// Items in each feed, and the time after which another one is the newest.
const ITEMS: u64 = 20;
const NEWS_EVERY: u64 = 600;

const HOUR: Duration = Duration::from_secs(3600);

/// In hours.
const DAY: u64 = 24;

/// Bytes by which memory may grow for each article: 900 of the window of seven days, 1,600 of the store's cache. A crawl that
/// held on to a kilobyte more would be found, for each brings one article.
const AN_ARTICLE: u64 = 3 << 10;

/// Sites that always have news, by a clock.
struct News(Clock);

impl News {
    fn feed(&self, source: u64) -> String {
        let newest = self.0.now().as_second() as u64 / NEWS_EVERY;
        let teller = source / ALIKE;
        let items = (newest - ITEMS..newest).map(|number| {
            let words = words(teller * 1_000_000 + number % 1_000_000);
            format!(
                "<item><title>Kegiatan {teller} {number}</title><link>https://site-{source}.example/{number}</link>\
                 <description>JEMBER – Kegiatan {teller} {number}. {words}</description></item>"
            )
        });
        let items: String = items.collect();
        format!("<rss version=\"2.0\"><channel><title>x</title>{items}</channel></rss>")
    }
}

/// Words that no other story has.
fn words(seed: u64) -> String {
    let mut state = seed + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        format!("{:x}", state >> 40)
    };
    (0..150).map(|_| next()).collect::<Vec<_>>().join(" ")
}

impl Fetch for News {
    fn check(&self, _request: &Request) -> Result<(), Error> {
        Ok(())
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, Error> {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let url = request.url.clone();
        let source = url
            .host_str()
            .and_then(|host| host.strip_prefix("site-")?.strip_suffix(".example")?.parse().ok());
        let Some(source) = source.filter(|_| url.path() == "/feed") else {
            return Err(Error::Status {
                url,
                status: 404,
                retry_after: None,
            });
        };
        Ok(Answer::Reply(Reply::Fresh(Document {
            url,
            content_type: Some("application/rss+xml".to_owned()),
            fetched: self.0.now(),
            ..samples::document("https://a.example/", &self.feed(source).into_bytes())
        })))
    }
}

fn directory() -> Directory {
    let mut directory = Directory::default();
    for number in 0..SOURCES {
        let source = Source {
            region: "35.09".parse().ok(),
            interval: Some(Duration::from_secs(NEWS_EVERY)),
            ..samples::source(
                &format!("site-{number}"),
                &format!("https://site-{number}.example/feed"),
            )
        };
        directory.sources.insert(source.id.clone(), source);
    }
    directory
}

/// What the process and its store hold, after an hour.
#[derive(Clone, Copy, Debug)]
struct Held {
    memory_kib: u64,
    files: usize,
    stories: u64,
    store_kib: u64,
}

impl Held {
    fn by(store: &Store, folder: &Path) -> Held {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let memory = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        Held {
            memory_kib: memory.trim().trim_end_matches(" kB").parse().unwrap(),
            files: std::fs::read_dir("/proc/self/fd").unwrap().count(),
            stories: store.count(&Scope::Region(RegionCode::INDONESIA)),
            store_kib: bytes_in(folder) / 1024,
        }
    }
}

fn bytes_in(folder: &Path) -> u64 {
    let sizes = std::fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        match entry.metadata() {
            Ok(found) if found.is_dir() => bytes_in(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        }
    });
    sizes.sum()
}

#[test]
fn a_day_of_crawling_holds_on_to_stories_and_nothing_else() {
    let is_whole_day = std::env::var("WARTA_SIMULATE").is_ok_and(|what| what == "day");
    let hours = if is_whole_day { 2 * DAY } else { 3 };
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let (held, writer) = runtime.block_on(crawl(&store, folder.path(), hours));
    // What it holds of the ledger goes with it, and so the writer ends.
    drop(runtime);
    writer.join();
    if is_whole_day {
        println!("hour  own_kib  files  stories  store_kib");
        for (hour, held) in held.iter().enumerate() {
            println!(
                "{:4}  {:7}  {:5}  {:7}  {:9}",
                hour + 1,
                held.memory_kib,
                held.files,
                held.stories,
                held.store_kib
            );
        }
        judge(&held[DAY as usize..]);
    }
    // Each is told by all who are alike: at first a whole feed, then as many as there was time for.
    let (tellers, told) = (SOURCES / ALIKE, hours * 3600 / NEWS_EVERY);
    let stories = store.count(&Scope::Region(RegionCode::INDONESIA));
    let expected = tellers * (ITEMS + told - 2)..=tellers * (ITEMS + told);
    assert!(expected.contains(&stories), "{stories} stories, not {expected:?}");
    // Nobody but who was just about to be crawled lacks one.
    let articles = agree(&store).unwrap().len() as u64;
    assert!(
        articles <= stories * ALIKE && articles >= (stories - tellers) * ALIKE,
        "{articles} articles of {stories} stories"
    );
}

/// Crawls for so many hours, and says after each what is held.
async fn crawl(store: &Store, folder: &Path, hours: u64) -> (Vec<Held>, Writer) {
    let clock = Clock::simulated("2026-11-24T00:00:00Z".parse().unwrap());
    let (ledger, writer) = Ledger::start(store.clone(), Rules::within(Duration::from_secs(7 * 86_400))).unwrap();
    let limits = Limits {
        concurrency: 64,
        host_concurrency: 1,
        host_delay: Duration::from_secs(2),
        robots: true,
    };
    let intervals = Intervals {
        min: Duration::from_secs(NEWS_EVERY),
        max: Duration::from_secs(86_400),
    };
    let gazetteer = Gazetteer::built_in();
    let (_sender, configured) = watch::channel(Arc::new(Configured::new(directory(), intervals)));
    let fetch = Polite::new(News(clock.clone()), limits, clock.clone());
    let cx = Arc::new(Context::new(fetch, ledger, store.clone(), Arc::new(gazetteer), clock));
    let (_told, told) = tokio::sync::mpsc::channel(1);
    // Between two crawls of each source.
    let end = tokio::time::sleep(HOUR * hours as u32 + Duration::from_secs(NEWS_EVERY / 2));
    let crawling = crawl_for_ever(cx, configured, 64, Room::default(), told, end);
    let watching = async {
        let mut held = Vec::new();
        for _ in 0..hours {
            tokio::time::sleep(HOUR).await;
            held.push(Held::by(store, folder));
        }
        held
    };
    let (ended, held) = tokio::select! {
        both = async { tokio::join!(crawling, watching) } => both,
        () = pass_time() => unreachable!("it passes for ever"),
    };
    ended.unwrap();
    (held, writer)
}

/// Has time pass a thousand times as fast as it does, and no faster: left to itself, paused time runs ahead whenever all
/// tasks wait, for the ledger's own thread too.
async fn pass_time() {
    loop {
        // Time stands while a blocking task is under way.
        let moment = tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(1)));
        moment.await.unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
    }
}

/// Files stay as they are, memory grows by the article and the store by the story.
fn judge(held: &[Held]) {
    let quarter = held.len() / 4;
    let (second, last) = (&held[quarter..2 * quarter], &held[3 * quarter..]);
    let mean = |held: &[Held]| held.iter().map(|held| held.memory_kib).sum::<u64>() / held.len() as u64;
    let (before, after) = (mean(second), mean(last));
    println!("memory: {before} KiB in the second quarter, {after} KiB in the last");
    let articles = (held.len() / 2) as u64 * SOURCES * HOUR.as_secs() / NEWS_EVERY;
    let grown = after.saturating_sub(before) * 1024 / articles;
    println!("memory: {grown} bytes for each article that came between");
    assert!(
        grown <= AN_ARTICLE,
        "memory grows by more than what is kept of articles"
    );
    let files = held.iter().map(|held| held.files);
    let (fewest, most) = (files.clone().min().unwrap(), files.max().unwrap());
    assert!(most - fewest < 8, "between {fewest} and {most} files are open");
    let a_story = |from: &Held, to: &Held| (to.store_kib - from.store_kib) as f64 / (to.stories - from.stories) as f64;
    let half = held.len() / 2;
    let (early, late) = (
        a_story(&held[0], &held[half]),
        a_story(&held[half], last.last().unwrap()),
    );
    println!("store: {early:.1} KiB a story in the first half, {late:.1} in the second");
    assert!(late < early * 1.3, "the store grows faster than what is in it");
}
