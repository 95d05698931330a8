//! `warta export` and `warta report` with the real binary: a folder equal to the live site, and a month's figures.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::site::Site;
use crate::support::world::{UNIT, World, stderr, stop};

/// Every file of a folder with its bytes and when it was written.
fn files(root: &Path) -> BTreeMap<String, (Vec<u8>, std::time::SystemTime)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let written = std::fs::metadata(&path).unwrap().modified().unwrap();
            found.insert(name, (std::fs::read(&path).unwrap(), written));
        }
    }
    found
}

/// A world whose unit has two stories, the second of which a portal republished two hours later.
fn crawled() -> (World, Site, Site) {
    let (own, portal) = (Site::start(), Site::start());
    let text = "Petugas Lapas Jember menggeledah kamar hunian blok A pada Senin malam dan menemukan sendok besi serta \
                kabel. Kepala Lapas mengatakan penggeledahan rutin digelar setiap pekan bersama polisi dan TNI. Barang \
                temuan dicatat lalu dimusnahkan di halaman kantor disaksikan seluruh regu pengamanan yang bertugas. ";
    let bread = "Warga binaan Lapas Jember belajar membuat roti tawar dan donat bersama instruktur balai latihan kerja. \
                 Pelatihan berlangsung dua pekan dan ditutup dengan ujian keterampilan serta penyerahan sertifikat.";
    let item = |link: &Site, path: &str, title: &str, text: &str, date: &str| {
        format!(
            "<item><title>{title}</title><link>{}</link><pubDate>{date}</pubDate><description>{text}</description></item>",
            link.url(path)
        )
    };
    let feed = |items: &str| format!("<rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>");
    let raid = item(
        &own,
        "/razia",
        "Razia kamar hunian di Lapas Jember",
        text,
        "Mon, 02 Nov 2026 09:00:00 +0700",
    );
    let roti = item(
        &own,
        "/roti",
        "Warga binaan belajar membuat roti",
        bread,
        "Tue, 03 Nov 2026 09:00:00 +0700",
    );
    own.feed("/feed", &feed(&format!("{raid}{roti}")));
    let copy = item(
        &portal,
        "/razia-lapas",
        "Razia kamar hunian di Lapas Jember",
        text,
        "Mon, 02 Nov 2026 11:00:00 +0700",
    );
    portal.feed("/feed", &feed(&copy));
    let units = format!(
        "{UNIT}[[satker.source]]\nid = \"lapas\"\nkind = \"feed\"\nurl = \"{}\"\nfull_text = false\n\n\
         [[source]]\nid = \"portal\"\nkind = \"feed\"\nurl = \"{}\"\nregion = \"35\"\nfull_text = false\n",
        own.url("/feed"),
        portal.url("/feed")
    );
    let world = World::with(&units);
    let output = world.output(&["crawl", "lapas"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let output = world.output(&["crawl", "portal"]);
    assert!(output.status.success(), "{}", stderr(&output));
    (world, own, portal)
}

#[test]
fn an_export_equals_the_live_site_and_a_second_one_writes_nothing() {
    let (world, _own, _portal) = crawled();
    let folder = world.path("site");
    let name = folder.to_str().unwrap();
    let output = world.output(&["export", name]);
    assert!(output.status.success(), "{}", stderr(&output));
    let first = files(&folder);
    assert!(
        first.len() > 550 * 4,
        "every region has its page and feeds: {}",
        first.len()
    );
    let output = world.output(&["export", name]);
    assert!(stderr(&output).contains(" 0 files written"), "{}", stderr(&output));
    assert!(files(&folder) == first, "nothing was touched");

    let (child, _lines) = world.daemon();
    for path in [
        "feeds/indonesia.rss",
        "feeds/jawa-timur/kabupaten-jember.atom",
        "feeds/satker/lapas-jember.json",
        "wilayah/jawa-timur/index.html",
    ] {
        let live = world.get(&format!("/{}", path.trim_end_matches("/index.html")));
        let (_, body) = live.split_once("\r\n\r\n").unwrap();
        assert!(body.as_bytes() == first[path].0, "{path} is what readers get");
    }
    // Beside the daemon, through its socket.
    let output = world.output(&["export", name]);
    assert!(stderr(&output).contains(" 0 files written"), "{}", stderr(&output));
    stop(child);
}

#[test]
fn a_withdrawn_story_leaves_the_export() {
    let (world, _own, _portal) = crawled();
    let folder = world.path("site");
    let name = folder.to_str().unwrap();
    assert!(world.output(&["export", name, "--compress"]).status.success());
    let row = world
        .rows(&["stories", "--json"])
        .into_iter()
        .find(|row| row["title"].as_str().unwrap().contains("roti"));
    let id = row.unwrap()["id"].as_str().unwrap().to_owned();
    let page = folder.join(format!("berita/{id}/index.html"));
    assert!(page.exists() && page.with_extension("html.br").exists());
    assert!(
        world
            .output(&["edit", &id, "--hide", "atas permintaan"])
            .status
            .success()
    );
    assert!(world.output(&["export", name, "--compress"]).status.success());
    assert!(!page.exists() && !page.with_extension("html.br").exists());
    let left = files(&folder);
    let held: Vec<&String> = left
        .iter()
        .filter(|(name, (bytes, _))| !name.ends_with(".br") && String::from_utf8_lossy(bytes).contains("donat"))
        .map(|(name, _)| name)
        .collect();
    assert!(held.is_empty(), "its text is nowhere: {held:?}");
}

#[test]
fn a_months_report_counts_releases_and_pickups() {
    let (world, _own, _portal) = crawled();
    let rows = world.rows(&["report", "lapas-jember", "--month", "2026-11", "--format", "json"]);
    assert_eq!(rows.len(), 2, "two releases, one of them picked up once: {rows:?}");
    let picked = rows.iter().find(|row| row["source"] == "portal").unwrap();
    assert_eq!(picked["minutes"], 120);
    let csv = world
        .output(&["report", "--month", "2026-11", "--format", "csv"])
        .stdout;
    assert_eq!(String::from_utf8(csv).unwrap().lines().count(), 3);
    let table = world.output(&["report", "jawa-timur", "--month", "2026-11"]).stdout;
    assert!(String::from_utf8(table).unwrap().contains("Lapas Kelas IIA Jember"));
    assert!(
        world
            .rows(&["report", "--month", "2026-10", "--format", "json"])
            .is_empty()
    );
    let complaint = world.complaint(&["report", "--month", "November"]);
    assert!(
        complaint.contains("2022-08"),
        "it says how a month is written: {complaint}"
    );

    let html = world
        .output(&["report", "--month", "2026-11", "--format", "html"])
        .stdout;
    let (child, _lines) = world.daemon();
    let live = world.get("/laporan?bulan=2026-11");
    assert!(live.as_bytes().ends_with(&html) && html.starts_with(b"<!DOCTYPE html>"));
    assert!(
        live.contains("href=\"/laporan?bulan=2026-10\""),
        "the month before is a click away"
    );
    assert_eq!(
        world.status("/laporan/satker/lapas-jember?bulan=2026-11"),
        "HTTP/1.1 200 OK"
    );
    assert_eq!(world.status("/laporan/jawa-timur"), "HTTP/1.1 200 OK");
    assert_eq!(world.status("/laporan/atlantis"), "HTTP/1.1 404 Not Found");
    stop(child);
}
