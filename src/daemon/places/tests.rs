//! Many slow hosts beside an ordinary one, and hosts that asked to be left alone before a restart; on a web in memory with
//! time standing still.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::daemon::upkeep::Room;
use crate::daemon::{crawl_for_ever, orders};
use crate::fetch::web::Web;
use crate::model::samples;
use crate::model::{CrawlOptions, Directory, Order, Source, SourceState, Wanted};
use crate::pipeline::tests::{CONCURRENCY, INTERVALS, context};
use crate::pipeline::{Configured, Context};

use super::Places;

const EMPTY: &str = "<rss version=\"2.0\"><channel><title>x</title></channel></rss>";

fn source(id: &str, url: &str) -> Source {
    samples::source(id, url)
}

struct World {
    cx: Arc<Context<Web>>,
    configured: Arc<Configured>,
    _folder: tempfile::TempDir,
}

fn world(web: Web, sources: Vec<Source>) -> World {
    let mut directory = Directory::default();
    for source in sources {
        directory.sources.insert(source.id.clone(), source);
    }
    let (cx, _folder) = context(web);
    World {
        configured: Arc::new(Configured::new(directory, INTERVALS)),
        cx: Arc::new(cx),
        _folder,
    }
}

impl World {
    /// Crawls on schedule while `watching`.
    async fn crawling(&self, watching: impl Future<Output = ()>) {
        let (_sender, configured) = watch::channel(Arc::clone(&self.configured));
        let forever = std::future::pending();
        let (_told, told) = tokio::sync::mpsc::channel(1);
        let cx = Arc::clone(&self.cx);
        let crawling = crawl_for_ever(cx, configured, CONCURRENCY, Room::default(), told, forever);
        tokio::select! {
            ended = crawling => panic!("{ended:?}"),
            () = watching => {}
        }
    }

    /// Carries out an order for everything while `watching`.
    async fn ordered(&self, watching: impl Future<Output = ()>) {
        let order = Order {
            wanted: Wanted::All,
            options: CrawlOptions::default(),
        };
        let (events, mut received) = mpsc::channel(1_000);
        let crawl = orders::carry_out(&self.cx, &self.configured, &order, CONCURRENCY, &events);
        let drain = async { while received.recv().await.is_some() {} };
        tokio::select! {
            ended = async { tokio::join!(crawl, drain) } => panic!("{ended:?}"),
            () = watching => {}
        }
    }
}

const ORDINARY: &str = "https://zz.example/feed";

/// As many hosts with a long Crawl-delay as there are places, and an ordinary one that comes after all of them.
fn crowd() -> (Web, Vec<Source>) {
    let web = Web::default();
    let mut sources = vec![source("zz", ORDINARY)];
    web.page(ORDINARY, EMPTY);
    for n in 0..CONCURRENCY {
        let host = format!("https://slow-{n}.example");
        web.page(&format!("{host}/robots.txt"), "User-agent: *\nCrawl-delay: 60");
        web.page(&format!("{host}/feed"), EMPTY);
        sources.push(source(&format!("slow-{n}"), &format!("{host}/feed")));
    }
    (web, sources)
}

#[tokio::test(start_paused = true)]
async fn hosts_that_ask_for_long_pauses_keep_nobody_from_being_crawled() {
    let (web, sources) = crowd();
    let world = world(web.clone(), sources);
    let watching = async {
        // The overdue ones begin 0.2 s apart, and the ordinary one pauses for 2 s after its robots.txt.
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(web.asked("https://slow-63.example/robots.txt"), 1);
        assert_eq!(web.asked("https://slow-0.example/feed"), 0, "its pause is kept");
        assert_eq!(web.asked(ORDINARY), 1);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(web.asked("https://slow-63.example/feed"), 1);
    };
    world.crawling(watching).await;
}

#[tokio::test(start_paused = true)]
async fn they_keep_no_ordered_crawl_waiting_either() {
    let (web, sources) = crowd();
    let world = world(web.clone(), sources);
    let watching = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(web.asked("https://slow-0.example/feed"), 0);
        assert_eq!(web.asked(ORDINARY), 1);
    };
    world.ordered(watching).await;
}

/// A host whose one source was told an hour ago to come back in an hour, and another source on it.
fn held() -> (Web, World) {
    let web = Web::default();
    for page in ["a", "b"] {
        web.page(&format!("https://held.example/{page}"), EMPTY);
    }
    let sources = ["a", "b"].map(|id| source(id, &format!("https://held.example/{id}")));
    let world = world(web.clone(), sources.to_vec());
    let state = SourceState {
        hold_until: Some(world.cx.clock.now() + Duration::from_secs(3600)),
        ..SourceState::default()
    };
    world.cx.store.put_state(&sources[0].id, &state).unwrap();
    (web, world)
}

#[tokio::test(start_paused = true)]
async fn a_host_that_asked_for_patience_before_a_restart_is_left_alone() {
    let (web, world) = held();
    let watching = async {
        tokio::time::sleep(Duration::from_secs(3_500)).await;
        assert_eq!(web.asked_in_all(), 0);
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        assert!(web.asked("https://held.example/a") > 0 && web.asked("https://held.example/b") > 0);
    };
    world.crawling(watching).await;
}

#[tokio::test(start_paused = true)]
async fn an_order_leaves_it_alone_too() {
    let (web, world) = held();
    let order = Order {
        wanted: Wanted::All,
        options: CrawlOptions::default(),
    };
    let (events, _received) = mpsc::channel(1_000);
    let ended = orders::carry_out(&world.cx, &world.configured, &order, CONCURRENCY, &events);
    ended.await.unwrap();
    assert_eq!(web.asked_in_all(), 0);
}

#[test]
fn who_waits_takes_no_place_up_to_a_bound() {
    let places = Places::new(4);
    for (under_way, waiting, free) in [
        (0, 0, true),
        (3, 0, true),
        (4, 0, false),
        (4, 1, true),
        (10, 6, false),
        (10, 7, true),
        (63, 63, true),
        (64, 64, false),
        (2, 5, true),
    ] {
        assert_eq!(
            places.are_free(under_way, waiting),
            free,
            "{under_way} with {waiting} waiting"
        );
    }
}
