//! `warta backup` as an operator and the nightly timer run it, with the daemon and without.

use std::collections::BTreeSet;
use std::path::Path;

use warta::store::{Store, examine};

use crate::support::site::{Site, rss};
use crate::support::world::{UNIT, World, stderr, stop};

const TEXT: &str = "Kegiatan pembinaan warga binaan di Lapas Jember berjalan dengan tertib, aman dan lancar. ";

/// A configuration with one source, which is crawled.
fn crawled() -> (World, Site) {
    let site = Site::start();
    site.feed("/feed", &rss(&site, &[("1".into(), "Razia".into(), TEXT.repeat(3))]));
    let source = format!(
        "[[satker.source]]\nid = \"lapas\"\nkind = \"feed\"\nurl = \"{}\"\n",
        site.url("/feed")
    );
    let world = World::with(&format!("{UNIT}{source}"));
    assert_eq!(world.rows(&["crawl", "lapas", "--json"])[0]["outcome"], "new");
    (world, site)
}

fn run(world: &World, words: &[&str]) -> String {
    let output = world.output(words);
    assert!(output.status.success(), "{words:?}: {}", stderr(&output));
    stderr(&output)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_backup_goes_to_a_file_or_to_stdout_with_the_daemon_and_without_and_drops_nothing() {
    let (world, _site) = crawled();
    let path = world.path("copy.backup");
    let file = path.display().to_string();
    let stories = world.rows(&["stories", "--json"]);
    let check = || {
        run(&world, &["backup", &file]);
        let piped = world.output(&["backup", "-"]);
        assert!(piped.status.success(), "{}", stderr(&piped));
        for bytes in [std::fs::read(&path).unwrap(), piped.stdout] {
            let summary = examine(bytes.as_slice()).unwrap();
            assert_eq!((summary.stories, summary.bytes), (1, bytes.len() as u64));
        }
    };
    check();
    let (child, _lines) = world.daemon();
    check();
    stop(child);
    let store = Store::open(&world.path("store"), "").unwrap();
    assert_eq!(store.backups().unwrap(), (0, 0), "only a nightly one counts");
    drop(store);
    assert!(!names(&world.path("")).iter().any(|name| name.ends_with(".part")));
    let elsewhere = World::new();
    let search = elsewhere.path("store/search");
    std::fs::create_dir_all(&search).unwrap();
    std::fs::write(search.join("meta.json"), "of another store").unwrap();
    run(&elsewhere, &["restore", &file]);
    assert_eq!(elsewhere.rows(&["stories", "--json"]), stories);
    assert!(!search.exists(), "it would be taken for this store's");
}

#[test]
fn nightly_backups_are_told_to_the_store_and_the_oldest_go() {
    let (world, _site) = crawled();
    let folder = world.path("nightly");
    let words = ["backup", "--keep", "2", &folder.display().to_string()];
    run(&world, &words);
    // The next one is written within the same second.
    let first = "warta-20220101T000000Z.backup";
    std::fs::rename(folder.join(names(&folder).first().unwrap()), folder.join(first)).unwrap();
    let others = [
        "warta-20200101T000000Z.backup.gz",
        "warta-notes.backup",
        "other-20200101T000000Z.backup",
    ];
    for name in others {
        std::fs::write(folder.join(name), "").unwrap();
    }
    for old in [
        "warta-20200101T000000Z.backup",
        "warta-20210101T000000Z.backup",
        "warta-20200101T000000Z.part",
    ] {
        std::fs::write(folder.join(old), "").unwrap();
    }
    let (child, _lines) = world.daemon();
    let said = run(&world, &words);
    assert_eq!(said.matches("removed ").count(), 2, "{said}");
    stop(child);
    let mut left = names(&folder);
    for name in others {
        assert!(left.remove(name), "{name} is gone");
    }
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.contains(first), "{left:?}");
    let marks: Vec<u64> = left
        .iter()
        .map(|name| {
            examine(std::fs::File::open(folder.join(name)).unwrap())
                .unwrap()
                .watermark
        })
        .collect();
    let store = Store::open(&world.path("store"), "").unwrap();
    assert_eq!(store.backups().unwrap(), (marks[0], marks[1]));
}

#[test]
fn a_backup_that_cannot_be_written_leaves_nothing_and_removes_nothing() {
    let (world, _site) = crawled();
    let folder = world.path("nightly");
    std::fs::write(&folder, "a file").unwrap();
    let output = world.output(&["backup", "--keep", "2", &folder.display().to_string()]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("cannot create"), "{}", stderr(&output));
    let nowhere = world.path("nowhere/copy").display().to_string();
    let output = world.output(&["backup", &nowhere]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot write"), "{}", stderr(&output));
    let none = world.output(&["backup", "--keep", "0", "x"]);
    assert_eq!(none.status.code(), Some(2));
}
