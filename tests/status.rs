//! `warta status` with the real daemon: what it tells while a source is crawled and when one fails, and that it says so
//! where no daemon runs.

use std::time::{Duration, Instant};

use crate::support::site::Site;
use crate::support::world::{UNIT, World, lines_of, stderr, stop};

#[test]
fn the_status_tells_what_the_daemon_does_and_which_source_fails() {
    let site = Site::start();
    let source = format!(
        "[[satker.source]]\nid = \"lapas\"\nkind = \"feed\"\nurl = \"{}\"\n",
        site.url("/missing")
    );
    let world = World::with(&format!("{UNIT}{source}"));
    let (child, _lines) = world.daemon();
    let deadline = Instant::now() + Duration::from_secs(30);
    let row = loop {
        let row = world.rows(&["status", "--json"]).remove(0);
        if row["sources"]["failing"] == 1 {
            break row;
        }
        assert!(Instant::now() < deadline, "the failure is not told: {row}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(
        (&row["sources"]["total"], &row["stories"]),
        (&1.into(), &0.into()),
        "{row}"
    );
    assert_eq!(row["problems"][0]["source"], "lapas");
    assert!(row["problems"][0]["evidence"].is_string(), "{row}");
    assert!(
        row["store_bytes"].as_u64().unwrap() > 0 && row["disk_full"] == false,
        "{row}"
    );
    let told = world.output(&["status"]);
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.status.success() && text.contains("lapas"), "{text}");
    assert_eq!(
        lines_of(&world.output(&["status", "--json"]).stdout).len(),
        1,
        "one object"
    );
    stop(child);
}

#[test]
fn without_a_daemon_the_status_says_so_and_opens_no_store() {
    let world = World::new();
    let output = world.output(&["status"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no daemon answers on"), "{}", stderr(&output));
    assert!(!world.path("store").exists());
}
