//! Long bodies share a few places: nobody waits for ever, and nobody keeps one by being slow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use warta::fetch::Request;
use warta::model::{SourceKind, Validators};

use super::server::{Act, Ask, Server};
use super::{Bounds, DELAY, Loopback, cases, runtime, say, source, world_within};

/// With this bound there is one place.
const ONE_PLACE: Bounds = Bounds {
    timeout: Duration::from_secs(20),
    max_body: 32 << 20,
};

/// Longer than a body may be without a place.
const FILL: usize = 1 << 20;

#[test]
fn a_crawl_whose_list_and_pages_are_long_does_not_wait_for_itself() {
    let fill = || format!("<!--{}-->", " ".repeat(FILL));
    let server = Server::start(
        240,
        "",
        Arc::new(move |ask: &Ask<'_>| match ask.path {
            "/robots.txt" => say::status("404 Not Found"),
            "/berita" => say::html(say::listing(&["/a", "/b"]) + &fill()),
            path => say::html(say::article(&format!("Panen {path}")) + &fill()),
        }),
    );
    runtime().block_on(async {
        let world = world_within(Loopback::Open, ONE_PLACE);
        let began = Instant::now();
        let panjang = source("panjang", &format!("{}/berita", server.url), cases::list());
        let report = world.crawl(&panjang).await;
        assert_eq!((report.new, report.problems.len()), (2, 0), "{report:?}");
        assert!(began.elapsed() < ONE_PLACE.timeout, "it waited: {:?}", began.elapsed());
    });
}

#[test]
fn only_so_many_bodies_wait_to_be_read() {
    let server = Server::start(243, "", Arc::new(|_: &Ask<'_>| say::html("x".repeat(100 << 10))));
    runtime().block_on(async {
        let world = world_within(Loopback::Open, ONE_PLACE);
        let fetch = || {
            let request = Request::configured(server.url.parse().unwrap(), Validators::default());
            world.cx.fetch.fetch(request)
        };
        let mut unread = Vec::new();
        for _ in 0..64 {
            unread.push(fetch().await.unwrap());
        }
        // What is asserted first holds however long is waited; a machine that is slow can only make it hold longer.
        let one_more = tokio::time::timeout(Duration::from_millis(300), fetch());
        assert!(one_more.await.is_err(), "all were taken");
        unread.pop();
        assert!(fetch().await.is_ok());
    });
}

#[test]
fn a_slow_long_body_makes_room_for_one_that_waits() {
    let slow = Server::start(
        241,
        "",
        Arc::new(|ask: &Ask<'_>| match ask.path {
            "/robots.txt" => say::status("404 Not Found"),
            _ => {
                let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n";
                Act::Stall([&head[..], &b" ".repeat(FILL)].concat())
            }
        }),
    );
    let honest = Server::start(
        242,
        "",
        Arc::new(|ask: &Ask<'_>| match ask.path {
            "/robots.txt" => say::status("404 Not Found"),
            _ => say::rss(&(say::item("Panen raya", &format!("{}/a", ask.me), "1") + &" ".repeat(FILL))),
        }),
    );
    runtime().block_on(async {
        let world = world_within(Loopback::Open, ONE_PLACE);
        let lambat = source("lambat", &format!("{}/", slow.url), SourceKind::Feed);
        let jujur = source("jujur", &format!("{}/", honest.url), SourceKind::Feed);
        let first = tokio::spawn({
            let world = Arc::clone(&world);
            async move { world.crawl(&lambat).await }
        });
        while slow.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Its body is on loopback: it has the place by now or takes it before the other is asked twice.
        let began = Instant::now();
        assert_eq!(world.crawl(&jujur).await.new, 1);
        // Its turn, and the time that a busy machine takes.
        assert!(began.elapsed() < DELAY * 4, "{:?}", began.elapsed());
        let error = first.await.unwrap().error.unwrap_or_default();
        assert!(
            error.contains("long and slow") || error.contains("did not finish"),
            "{error}"
        );
    });
}
