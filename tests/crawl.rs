//! `warta crawl` as an operator runs it, against sites on loopback.

use crate::support::site::{Site, article, rss};
use crate::support::world::{UNIT, World, stderr};

const TEXT: &str = "Kegiatan pembinaan warga binaan di Lapas Jember berjalan dengan tertib, aman dan lancar. ";

#[test]
fn one_article_that_is_not_configured_is_taken() {
    let site = Site::start();
    site.page("/berita/panen", &article("Panen raya di lapas", &TEXT.repeat(3)));
    let world = World::new();
    let url = site.url("/berita/panen");
    let events = world.rows(&["crawl", "--url", &url, "--json"]);
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!((&events[0]["outcome"], &events[0]["url"]), (&"new".into(), &url.into()));
    let stories = world.rows(&["stories", "--json"]);
    assert_eq!(stories[0]["title"], "Panen raya di lapas");
    assert_eq!(site.asked(), ["/berita/panen"]);
}

#[test]
fn an_address_that_is_nothing_we_can_read_says_what_to_do() {
    let site = Site::start();
    site.page("/", "<html><body><h1>Selamat datang</h1></body></html>");
    let world = World::new();
    let output = world.output(&["crawl", "--url", &site.url("/")]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("neither a feed nor an article"), "{said}");
    assert_eq!(world.rows(&["stories", "--json"]).len(), 0);
}

#[test]
fn a_second_crawl_says_that_nothing_has_changed() {
    let site = Site::start();
    site.feed("/feed", &rss(&site, &[("1".into(), "Razia".into(), TEXT.repeat(3))]));
    let world = World::with(&format!("{UNIT}{}", source("lapas", &site)));
    let said = |words: &[&str]| String::from_utf8(world.output(words).stdout).unwrap();
    assert_eq!(
        said(&["crawl", "lapas"]),
        "lapas: 1 new, 0 changed, 0 copies, 0 unchanged\n1 sources: 1 new, 0 changed, 0 copies; 0 not modified, 0 failed\n"
    );
    assert_eq!(
        said(&["crawl", "lapas"]),
        "lapas: not modified\n1 sources: 0 new, 0 changed, 0 copies; 1 not modified, 0 failed\n"
    );
    assert_eq!(site.asked(), ["/feed", "/feed"]);
}

fn source(id: &str, site: &Site) -> String {
    let url = site.url("/feed");
    format!("[[satker.source]]\nid = \"{id}\"\nkind = \"feed\"\nurl = \"{url}\"\n")
}

#[test]
fn a_story_is_explained_and_corrected_with_and_without_the_daemon() {
    let site = Site::start();
    site.feed(
        "/feed",
        &rss(
            &site,
            &[("1".into(), "Razia".into(), format!("JEMBER – {}", TEXT.repeat(3)))],
        ),
    );
    let world = World::with(&format!("{UNIT}{}", source("lapas", &site)));
    let stored = world.rows(&["crawl", "lapas", "--json"]);
    let story = stored[0]["story"].as_str().unwrap().to_owned();
    let explained = |what: &str| {
        let output = world.output(&["explain", what]);
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let said = explained(&format!("{}?utm_source=x", site.url("/1")));
    assert!(said.contains("Wilayah: Kabupaten Jember (35.09)"), "{said}");
    assert!(
        said.contains("satuan kerja pemilik sumber \"Lapas Kelas IIA Jember\""),
        "{said}"
    );
    let edit = |words: &[&str]| {
        let output = world.output(&[&["edit", &story], words].concat());
        let said = if output.status.success() {
            String::from_utf8_lossy(&output.stdout).into_owned()
        } else {
            stderr(&output)
        };
        (output.status.code(), said)
    };
    assert_eq!(edit(&["--region", "banyuwangi"]), (Some(0), format!("{story}\n")));
    assert!(explained(&story).contains("Wilayah: Kabupaten Banyuwangi (35.10)"));

    let (child, _lines) = world.daemon();
    assert!(explained(&story).contains("ditetapkan dengan tangan"));
    assert_eq!(edit(&["--undo"]), (Some(0), format!("{story}\n")));
    assert!(explained(&story).contains("Wilayah: Kabupaten Jember (35.09)"));
    let (code, said) = edit(&["--undo"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("nothing to undo"), "{said}");
    crate::support::world::stop(child);
    let (code, said) = edit(&["--region", "jembr"]);
    assert_eq!((code, said.contains("kabupaten-jember")), (Some(2), true), "{said}");
    let unknown = world.output(&["explain", "ffff"]);
    assert_eq!(unknown.status.code(), Some(2));
}

/// The pages of a small WordPress site without its marks in the front page's head but one.
fn wordpress(site: &Site) {
    let posts = serde_json::json!([{
        "id": 7, "link": site.url("/2026/11/panen"), "guid": {"rendered": site.url("/?p=7")},
        "title": {"rendered": "Panen raya"}, "date_gmt": "2026-11-20T02:00:00", "modified_gmt": "2026-11-20T02:00:00",
        "excerpt": {"rendered": ""}, "content": {"rendered": format!("<p>{}</p>", TEXT.repeat(3))}
    }]);
    let head = format!("<link rel=\"https://api.w.org/\" href=\"{}\">", site.url("/wp-json/"));
    site.page(
        "/",
        &format!("<html><head>{head}</head><body><p>Selamat datang</p></body></html>"),
    );
    site.json("/wp-json/wp/v2/posts", &posts.to_string());
}

#[test]
fn an_address_becomes_a_source_that_is_crawled() {
    let site = Site::start();
    site.feed(
        "/berita/feed",
        &rss(&site, &[("1".into(), "Razia".into(), TEXT.repeat(3))]),
    );
    let link = format!(
        "<link rel=\"alternate\" type=\"application/rss+xml\" href=\"{}\">",
        site.url("/berita/feed")
    );
    site.page(
        "/",
        &format!("<html><head>{link}</head><body><h1>Lapas</h1></body></html>"),
    );
    let world = World::with("");
    world.write_units(UNIT);
    // The shipped layout: sources/ beside the main file.
    std::fs::create_dir(world.path("sources")).unwrap();
    let main = std::fs::read_to_string(world.path("warta.toml")).unwrap();
    let main = main.replace(
        "include = [\"units.toml\"]",
        "include = [\"units.toml\", \"sources/*.toml\"]",
    );
    std::fs::write(world.path("warta.toml"), main).unwrap();
    std::fs::write(world.path("sources/lokal.toml"), "# Kami\n").unwrap();
    let (child, mut lines) = world.daemon();
    let shown = world.output(&["add", &site.url("/"), "--satker", "lapas-jember"]);
    assert_eq!(shown.status.code(), Some(0), "{}", stderr(&shown));
    let toml = String::from_utf8(shown.stdout.clone()).unwrap();
    assert!(
        toml.contains("kind = \"feed\"") && toml.contains("/berita/feed"),
        "{toml}"
    );
    assert!(stderr(&shown).contains("Razia"), "{}", stderr(&shown));
    assert!(site.asked().len() <= 8, "{:?}", site.asked());

    let written = world.output(&["add", &site.url("/"), "--satker", "lapas-jember", "--write"]);
    assert_eq!(written.status.code(), Some(0), "{}", stderr(&written));
    assert!(lines.any(|line| line.contains("applied the changed configuration")));
    assert!(lines.any(|line| line.contains("crawled a source")));
    crate::support::world::stop(child);
    let local = std::fs::read_to_string(world.path("sources/lokal.toml")).unwrap();
    assert!(
        local.starts_with("# Kami\n") && local.contains("lapas-jember-feed"),
        "{local}"
    );
    assert_eq!(world.rows(&["stories", "lapas-jember", "--json"]).len(), 1);
    let nothing = world.output(&["add", &site.url("/tidak-ada")]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(stderr(&nothing).contains("nothing was found"), "{}", stderr(&nothing));
}

#[test]
fn a_source_of_kind_auto_is_found_out_once() {
    let site = Site::start();
    wordpress(&site);
    let url = site.url("/");
    let world = World::with(&format!(
        "{UNIT}[[satker.source]]\nid = \"situs\"\nkind = \"auto\"\nurl = \"{url}\"\n"
    ));
    let first = world.rows(&["crawl", "situs", "--json"]);
    assert_eq!(first[0]["outcome"], "new", "{first:?} {:?}", site.asked());
    let asked = site.asked().len();
    world.rows(&["crawl", "situs", "--json", "--force"]);
    assert_eq!(
        site.asked().len(),
        asked + 1,
        "only the posts are asked for: {:?}",
        site.asked()
    );
    let row = &world.rows(&["sources", "--json"])[0];
    assert_eq!(row["kind"], "auto");
}

#[test]
fn many_sources_are_imported_and_an_import_goes_on_where_it_was() {
    let (one, two, dead) = (Site::start(), Site::start(), Site::start());
    for site in [&one, &two] {
        site.feed("/feed", &rss(site, &[("1".into(), "Razia".into(), TEXT.repeat(3))]));
    }
    let world = World::with("");
    std::fs::create_dir(world.path("sources")).unwrap();
    let main = std::fs::read_to_string(world.path("warta.toml")).unwrap();
    std::fs::write(world.path("warta.toml"), main.replace("units.toml", "sources/*.toml")).unwrap();
    std::fs::write(world.path("sources/lokal.toml"), "").unwrap();
    let csv = format!(
        "name,url,region\nSatu,{},35.09\nDua,{},jember\nMati,{},\nSalah,{},35.99\n",
        one.url("/feed"),
        two.url("/feed"),
        dead.url("/"),
        one.url("/lain"),
    );
    std::fs::write(world.path("sumber.csv"), csv).unwrap();
    let file = world.path("sumber.csv").display().to_string();
    let output = world.output(&["import", &file]);
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}{}", stderr(&output));
    assert!(said.contains("2 added, 0 already there, 2 doubtful"), "{said}");
    assert!(
        said.contains("doubtful: Mati") && said.contains("there is no region \"35.99\""),
        "{said}"
    );
    assert_eq!(world.rows(&["sources", "--json"]).len(), 2);
    let again = world.output(&["import", &file]);
    assert!(
        String::from_utf8(again.stdout)
            .unwrap()
            .contains("0 added, 2 already there, 2 doubtful")
    );
}
