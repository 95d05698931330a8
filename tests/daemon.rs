//! The real daemon: it serves, answers its control socket, reads its configuration again, and ends cleanly.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::support::site::{Site, rss};
use crate::support::world::{World, lines_of, signal, stderr, stop};

#[test]
fn the_daemon_answers_readers_and_commands_and_ends_with_0() {
    let world = World::new();
    let (child, _lines) = world.daemon();
    assert_eq!(
        world.status("/feeds/jawa-timur/kabupaten-jember.rss"),
        "HTTP/1.1 200 OK"
    );
    assert_eq!(world.rows(&["regions", "--json"]).len(), 1 + 38 + 514);
    let feed = world.output(&["feed", "lapas-jember", "--format", "atom"]);
    assert!(feed_rs::parser::parse(feed.stdout.as_slice()).is_ok());
    stop(child);
}

#[test]
fn a_changed_configuration_is_applied_and_a_faulty_one_refused() {
    let world = World::new();
    let (child, mut lines) = world.daemon();
    world.write("mailto:humas@lapasjember.go.id", "tmeout = \"3s\"\n");
    signal(&child, Signal::SIGHUP);
    assert!(lines.any(|line| line.contains("refused a faulty configuration")));
    assert_eq!(
        world.status("/satker/lapas-jember"),
        "HTTP/1.1 200 OK",
        "the old one stays"
    );
    world.write("mailto:humas@lapasjember.go.id", "");
    signal(&child, Signal::SIGHUP);
    assert!(lines.any(|line| line.contains("applied the changed configuration")));
    stop(child);
}

#[test]
fn a_change_that_needs_a_restart_is_refused_and_named() {
    let world = World::new();
    let (child, mut lines) = world.daemon();
    let text = std::fs::read_to_string(world.path("warta.toml")).unwrap();
    let moved = text.replace(&world.listen, "127.0.0.1:1");
    std::fs::write(world.path("warta.toml"), moved).unwrap();
    signal(&child, Signal::SIGHUP);
    assert!(lines.any(|line| line.contains("needs a restart (server.listen)")));
    assert_eq!(world.status("/healthz"), "HTTP/1.1 200 OK", "the old one stays");
    stop(child);
}

#[test]
fn what_is_taken_in_at_the_start_alone_is_named_after_a_reload() {
    let world = World::new();
    let (child, mut lines) = world.daemon();
    world.write(
        "mailto:humas@lapasjember.go.id",
        "timeout = \"3s\"\n[dedupe]\nwindow_days = 3\n",
    );
    signal(&child, Signal::SIGHUP);
    assert!(lines.any(|line| line.contains("applied the changed configuration")));
    let next = lines.next().unwrap();
    assert!(
        next.contains("not applied yet: crawl.timeout, dedupe.window_days;"),
        "{next}"
    );
    stop(child);
}

#[test]
fn a_shorter_interval_holds_from_the_reload_on() {
    let site = Site::start();
    site.feed("/feed", &rss(&site, &[]));
    let world = World::new();
    let source = format!(
        "[[satker.source]]\nid = \"lapas\"\nkind = \"feed\"\nurl = \"{}\"\n",
        site.url("/feed")
    );
    world.write_units(&format!("{}{source}", crate::support::world::UNIT));
    let (child, mut lines) = world.daemon();
    let crawled = |line: String| line.contains("crawled a source") || line.contains("a source has not changed");
    assert!(lines.any(crawled));
    let last = || world.rows(&["sources", "--json"])[0]["last_success"].clone();
    let before = last();
    // It would have waited ten minutes at least.
    world.write(
        "mailto:humas@lapasjember.go.id",
        "min_interval = \"1s\"\nmax_interval = \"1s\"\n",
    );
    signal(&child, Signal::SIGHUP);
    assert!(lines.any(|line| line.contains("applied the changed configuration")));
    let end = Instant::now() + Duration::from_secs(60);
    while last() == before {
        assert!(Instant::now() < end, "it waits as before: {before}");
        std::thread::sleep(Duration::from_millis(50));
    }
    stop(child);
}

#[test]
fn metrics_are_public_only_without_an_address_of_their_own() {
    let world = World::new();
    let (child, _lines) = world.daemon();
    world.get("/feeds/jawa-timur.rss");
    let metrics = world.get("/metrics");
    for line in [
        "warta_stories 0",
        "warta_sources{state=\"ok\"} 0",
        "warta_http_requests_total{kind=\"feeds\",status=\"2xx\"} 1",
        "warta_renders_total{kind=\"feed\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}: {metrics}");
    }
    stop(child);
    let admin = world.path("admin.sock");
    let text = std::fs::read_to_string(world.path("warta.toml")).unwrap();
    let with = text.replace(
        "[server]\n",
        &format!("[server]\nadmin_listen = \"unix:{}\"\n", admin.display()),
    );
    std::fs::write(world.path("warta.toml"), with).unwrap();
    let (child, _lines) = world.daemon();
    assert_eq!(world.status("/metrics"), "HTTP/1.1 404 Not Found");
    let ask = |path: &str| {
        let mut stream = UnixStream::connect(&admin).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(ask("/metrics").contains("warta_store_bytes "));
    assert!(ask("/sumber").starts_with("HTTP/1.1 200 OK"));
    stop(child);
}

#[test]
fn a_crawl_beside_the_daemon_is_carried_out_by_it() {
    let site = Site::start();
    let items = [(
        "1".to_owned(),
        "Razia".to_owned(),
        "Razia kamar hunian berjalan tertib. ".repeat(6),
    )];
    site.feed("/feed", &rss(&site, &items));
    let world = World::new();
    let (child, mut lines) = world.daemon();
    let unit = crate::support::world::UNIT;
    // Known only after the reload, so that the schedule has not crawled it yet when the order comes; either may be first.
    let source = format!(
        "[[satker.source]]\nid = \"lapas\"\nkind = \"feed\"\nurl = \"{}\"\n",
        site.url("/feed")
    );
    world.write_units(&format!("{unit}{source}"));
    signal(&child, Signal::SIGHUP);
    assert!(lines.any(|line| line.contains("applied the changed configuration")));
    assert!(lines.any(|line| line.contains("crawled a source")));
    let again = world.output(&["crawl", "lapas", "--force", "--json"]);
    assert!(again.status.success(), "{}", stderr(&again));
    let events = lines_of(&again.stdout);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(
        (&events[0]["event"], &events[0]["unchanged"]),
        (&"source".into(), &1.into())
    );
    let unconditional = world.output(&["crawl", "lapas"]);
    let said = String::from_utf8_lossy(&unconditional.stdout).into_owned();
    assert!(said.contains("lapas: not modified"), "{said}");
    let refused = world.output(&["crawl", "lapaz"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr(&refused).contains("did you mean \"lapas\"?"),
        "{}",
        stderr(&refused)
    );
    stop(child);
    assert_eq!(world.rows(&["stories", "--json"]).len(), 1);
}
