//! Servers that lie, stall, flood and forge, each on a loopback address of its own, all crawled at once by the real
//! fetcher and the real flow. `hostile/` is the table: what each does, and what must come of it.
#![allow(clippy::too_many_lines, reason = "tables of cases, a row each")]

mod cases;
mod connections;
mod feeds;
mod lists;
mod long;
mod measured;
mod redirects;
mod say;
mod server;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use warta::clock::Clock;
use warta::config::Crawl;
use warta::dedupe::Rules;
use warta::fetch::{HttpFetch, Limits, Polite};
use warta::gazetteer::Gazetteer;
use warta::ledger::{Ledger, Writer};
use warta::model::{CrawlOptions, Directory, Report, Source, SourceKind, SourceOutcome};
use warta::pipeline::{self, Configured, Context};
use warta::schedule::Intervals;
use warta::store::Store;

use cases::{Case, Expect};
use server::{Ask, Server};

use crate::support::samples;

/// The longest the whole set may take.
const WITHIN: Duration = Duration::from_secs(60);

/// The longest another source may be delayed.
const DELAY: Duration = Duration::from_secs(2);

/// Whether sources on loopback may be fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loopback {
    Open,
    Closed,
}

/// The flow over real sockets into a store of its own.
struct World {
    cx: Context<HttpFetch>,
    configured: Configured,
    _writer: Writer,
    _folder: tempfile::TempDir,
}

/// What one exchange may take.
#[derive(Clone, Copy)]
struct Bounds {
    timeout: Duration,
    max_body: u64,
}

fn world(loopback: Loopback) -> Arc<World> {
    let bounds = Bounds {
        timeout: Duration::from_secs(4),
        max_body: 1 << 20,
    };
    world_within(loopback, bounds)
}

fn world_within(loopback: Loopback, bounds: Bounds) -> Arc<World> {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
    let (ledger, writer) = Ledger::start(store.clone(), Rules::within(Duration::from_secs(7 * 86_400))).unwrap();
    let clock = Clock::simulated("2026-11-24T00:00:00Z".parse().unwrap());
    let networks = if loopback == Loopback::Open {
        vec!["127.0.0.0/8".parse().unwrap()]
    } else {
        vec![]
    };
    let crawl = Crawl {
        browser: None,
        contact: "mailto:humas@lapasjember.go.id".to_owned(),
        concurrency: 64,
        host_concurrency: 1,
        host_delay: Duration::ZERO,
        min_interval: Duration::from_secs(600),
        max_interval: Duration::from_secs(86_400),
        timeout: bounds.timeout,
        max_body: bounds.max_body,
        robots: true,
        allow_networks: networks,
    };
    let http = HttpFetch::new(&crawl, "warta/test", clock.clone()).unwrap();
    let fetch = Polite::new(http, Limits::from(&crawl), clock.clone());
    let intervals = Intervals {
        min: crawl.min_interval,
        max: crawl.max_interval,
    };
    let gazetteer = Arc::new(Gazetteer::built_in());
    let configured = Configured::new(Directory::default(), intervals);
    Arc::new(World {
        cx: Context::new(fetch, ledger, store, gazetteer, clock),
        configured,
        _writer: writer,
        _folder: folder,
    })
}

fn source(id: &str, url: &str, kind: SourceKind) -> Source {
    Source {
        kind,
        region: "35".parse().ok(),
        full_text: true,
        ..samples::source(id, url)
    }
}

impl World {
    async fn crawl(&self, source: &Source) -> Report {
        let (events, mut received) = mpsc::channel(64);
        let crawl = pipeline::crawl(
            &self.cx,
            &self.configured,
            source,
            CrawlOptions {
                force: true,
                ..CrawlOptions::default()
            },
            &events,
        );
        let told = async { while received.recv().await.is_some() {} };
        tokio::select! {
            report = crawl => report.unwrap(),
            () = told => unreachable!("the sender is held"),
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// A site that does nothing wrong.
fn victim(number: u16) -> Server {
    Server::start(
        number,
        "",
        Arc::new(|ask: &Ask<'_>| match ask.path {
            "/robots.txt" => say::status("404 Not Found"),
            _ => say::rss(&say::item(
                "Berita milik korban",
                &format!("{}/asli", ask.me),
                "korban-1",
            )),
        }),
    )
}

/// What is wrong with the outcome of a case, in one line.
fn fault(case: &Case, report: &Report) -> Option<String> {
    let said = || {
        report
            .problems
            .iter()
            .map(|problem| problem.what.as_str())
            .collect::<Vec<_>>()
            .join("; ")
    };
    let stored = report.new + report.copies;
    let ended = report.outcome == SourceOutcome::Ok;
    let good = match case.expect {
        Expect::Stores(wanted) => ended && stored == wanted && report.problems.is_empty(),
        Expect::Problem(wanted, words) => {
            ended && stored == wanted && report.problems.iter().any(|problem| problem.what.contains(words))
        }
        Expect::Fails(words) => {
            let error = report.error.as_deref().unwrap_or_default();
            report.outcome == SourceOutcome::Failed && error.contains(words) && stored == 0
        }
        Expect::Waits => false,
    };
    let short = |text: &str| text.chars().take(200).collect::<String>();
    (!good).then(|| {
        let error = report.error.as_deref().map(short);
        format!(
            "{}: {:?}, {stored} stored, error {error:?}, problems {:?}",
            case.name,
            report.outcome,
            short(&said())
        )
    })
}

#[test]
fn every_hostile_server_gets_what_the_table_says_and_delays_nobody() {
    let cases = cases::all();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases.len(), "a name is used twice");
    assert!(cases.len() >= 120, "{} cases", cases.len());
    let (victim, canary) = (victim(1), victim(2));
    let servers: Vec<Server> = (3..)
        .zip(&cases)
        .map(|(number, case)| match &case.answer {
            Some(answer) => Server::start(number, &victim.url, Arc::clone(answer)),
            None => Server::refusing(number),
        })
        .collect();
    let began = Instant::now();
    let faults = runtime().block_on(async {
        let world = world(Loopback::Open);
        let mut crawls = JoinSet::new();
        let under_way = Arc::new(());
        for (number, (case, server)) in cases.into_iter().zip(&servers).enumerate() {
            let source = source(
                &format!("case-{number}"),
                &format!("{}/", server.url),
                case.kind.clone(),
            );
            let (world, under_way) = (Arc::clone(&world), Arc::clone(&under_way));
            crawls.spawn(async move {
                let _under_way = under_way;
                // One case that hangs is named, rather than the set.
                let within = if matches!(case.expect, Expect::Waits) {
                    WITHIN / 4
                } else {
                    WITHIN / 2
                };
                match (
                    &case.expect,
                    tokio::time::timeout(within, world.crawl(&source)).await.ok(),
                ) {
                    (Expect::Waits, None) => None,
                    (_, Some(report)) => fault(&case, &report),
                    (_, None) => Some(format!("{}: has no end", case.name)),
                }
            });
        }
        let lain = source("lain", &format!("{}/feed", canary.url), SourceKind::Feed);
        let other = tokio::time::timeout(WITHIN, world.crawl(&lain));
        let other_began = Instant::now();
        assert_eq!(other.await.unwrap().new, 1);
        // In seconds it is measured with the real program, see `measured`.
        let under_way = Arc::strong_count(&under_way) - 1;
        assert!(under_way > 0, "another source waited for all of them");
        println!(
            "another source took {:?}; {under_way} of the others go on",
            other_began.elapsed()
        );
        let all = async {
            let mut faults = Vec::new();
            while let Some(fault) = crawls.join_next().await {
                faults.extend(fault.unwrap());
            }
            faults
        };
        tokio::time::timeout(WITHIN, all).await.expect("the set ends in time")
    });
    println!("{} cases took {:?}", servers.len(), began.elapsed());
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert_eq!(
        victim.asked(),
        Vec::<String>::new(),
        "a server sent us to another's address"
    );
}

/// Crawls a source of this server three times and says how many articles began a story or joined one.
fn three_fetches(answer: impl Fn(&Ask<'_>) -> server::Act + Send + Sync + 'static, number: u16) -> (u32, u32, u32) {
    let server = Server::start(number, "", Arc::new(answer));
    let source = source("berubah", &format!("{}/feed", server.url), SourceKind::Feed);
    runtime().block_on(async {
        let world = world(Loopback::Open);
        let mut sum = (0, 0, 0);
        for _ in 0..3 {
            let report = world.crawl(&source).await;
            sum = (sum.0 + report.new, sum.1 + report.copies, sum.2 + report.changed);
        }
        sum
    })
}

#[test]
fn guids_and_utm_parameters_that_change_at_each_fetch_add_nothing() {
    let guids = |ask: &Ask<'_>| {
        say::rss(&say::item(
            "Panen raya",
            &format!("{}/panen", ask.me),
            &format!("guid-{}", ask.earlier),
        ))
    };
    assert_eq!(three_fetches(guids, 250), (1, 0, 0), "guids");
    let links = |ask: &Ask<'_>| {
        let link = format!("{}/panen?utm_source=rss&amp;utm_campaign={}", ask.me, ask.earlier);
        say::rss(&say::item("Panen raya", &link, &link))
    };
    assert_eq!(three_fetches(links, 251), (1, 0, 0), "utm parameters");
}

#[test]
fn another_source_never_replaces_a_victims_words() {
    let victim = victim(252);
    let forged = |link: bool, guid: bool| {
        let address = victim.url.clone();
        move |ask: &Ask<'_>| {
            let link = format!("{}/asli", if link { &address } else { ask.me });
            let guid = if guid { "korban-1" } else { "palsu-1" };
            say::rss(&say::item("Berita palsu dari penyerang", &link, guid))
        }
    };
    for (number, link, guid) in [(253, true, false), (254, false, true), (255, true, true)] {
        let thief = Server::start(number, &victim.url, Arc::new(forged(link, guid)));
        runtime().block_on(async {
            let world = world(Loopback::Open);
            let honest = source("korban", &format!("{}/feed", victim.url), SourceKind::Feed);
            let forger = source("penyerang", &format!("{}/feed", thief.url), SourceKind::Feed);
            assert_eq!(world.crawl(&honest).await.new, 1);
            world.crawl(&forger).await;
            let address = warta::normalize::canonical(&format!("{}/asli", victim.url).parse().unwrap());
            let kept = world.cx.store.article_of_url(address.as_str()).unwrap().unwrap();
            assert_eq!(kept.article.title, "Berita milik korban", "link {link}, guid {guid}");
            assert!(!kept.article.html.contains("penyerang"), "link {link}, guid {guid}");
            assert_eq!(world.crawl(&honest).await.changed, 0, "link {link}, guid {guid}");
        });
    }
}

#[test]
fn nothing_on_loopback_is_fetched_unless_it_is_allowed() {
    let site = victim(249);
    let port = site.url.rsplit(':').next().unwrap();
    runtime().block_on(async {
        let world = world(Loopback::Closed);
        for host in [
            "127.46.0.1",
            "localhost",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "0x7f.1",
            "2130706433",
            "0177.1",
        ] {
            let source = source("dalam", &format!("http://{host}:{port}/feed"), SourceKind::Feed);
            let report = world.crawl(&source).await;
            let error = report.error.unwrap_or_default();
            assert!(error.contains("is not a public address"), "{host}: {error}");
        }
    });
    assert_eq!(site.asked(), Vec::<String>::new());
}
