//! `render = "browser"` with a real Chromium, by the real binary. Where there is none, each test says so and ends.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::site::{Site, article};
use crate::support::world::{UNIT, World, stderr};

const CHROMIUM: &str = "/usr/bin/chromium";
const TEXT: &str = "Kegiatan pembinaan warga binaan di Lapas Jember berjalan dengan tertib, aman dan lancar. ";

fn is_here() -> bool {
    let here = Path::new(CHROMIUM).exists();
    if !here {
        eprintln!("skipped: there is no {CHROMIUM}");
    }
    here
}

fn rendered(kind: &str, url: &str) -> String {
    format!("{UNIT}[[satker.source]]\nid = \"lapas\"\nkind = \"{kind}\"\nurl = \"{url}\"\nrender = \"browser\"\n")
}

/// A list that script fills, and whatever else the page does.
fn list(more: &str) -> String {
    let items = "[['panen','Panen raya di kebun lapas'],['razia','Razia gabungan blok hunian'],['doa','Doa bersama warga binaan']]";
    format!(
        "<!doctype html><html><head><title>Berita</title></head><body><h1>Berita</h1><ul id=list></ul><script>{more};\
         setTimeout(() => {{ for (const [path, title] of {items}) {{ const item = document.createElement('li'); \
         item.innerHTML = `<a href='/berita/${{path}}'>${{title}}</a>`; document.getElementById('list').append(item); }} \
         }}, 100)</script></body></html>"
    )
}

fn site(more: &str) -> Site {
    let site = Site::start();
    site.page("/berita", &list(more));
    for (path, title) in [
        ("panen", "Panen raya di kebun lapas"),
        ("razia", "Razia gabungan blok hunian"),
        ("doa", "Doa bersama warga binaan"),
    ] {
        site.page(
            &format!("/berita/{path}"),
            &article(title, &format!("{title}. {}", TEXT.repeat(3))),
        );
    }
    site
}

fn listing(site: &Site) -> String {
    rendered("listing", &site.url("/berita")) + "item = \"#list li\"\n"
}

#[test]
fn a_list_that_script_fills_is_crawled() {
    if !is_here() {
        return;
    }
    let site = site("");
    let world = World::with(&listing(&site));
    let output = world.output(&["crawl", "lapas"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("lapas: 3 new"), "{said}{}", stderr(&output));
    let plain = World::with(&listing(&site).replace("render = \"browser\"\n", ""));
    let said = String::from_utf8_lossy(&plain.output(&["crawl", "lapas"]).stdout).into_owned();
    assert!(
        said.contains("lapas: 0 new"),
        "without a browser there is nothing to see: {said}"
    );
}

#[test]
fn a_page_reaches_no_private_address_but_its_own() {
    if !is_here() {
        return;
    }
    let hidden = TcpListener::bind("127.77.0.9:0").unwrap();
    hidden.set_nonblocking(true).unwrap();
    let target = hidden.local_addr().unwrap();
    let tries = format!(
        "fetch('http://{target}/').catch(() => 0); new WebSocket('ws://{target}/'); \
         const f = document.createElement('iframe'); f.src = 'http://{target}/frame'; document.body.append(f); \
         const s = document.createElement('script'); s.src = 'http://localhost:{}/s.js'; document.body.append(s)",
        target.port()
    );
    let site = site(&tries);
    let world = World::with(&listing(&site));
    let output = world.output(&["crawl", "lapas"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("lapas: 3 new"), "{said}{}", stderr(&output));
    assert!(hidden.accept().is_err(), "the page reached {target}");
}

#[test]
fn a_page_asks_for_nothing_that_robots_txt_forbids_and_for_no_pictures() {
    if !is_here() {
        return;
    }
    let asks = "fetch('/api/terbuka').catch(() => 0); fetch('/api/rahasia/1').catch(() => 0); \
                const g = document.createElement('img'); g.src = '/foto.jpg'; document.body.append(g); \
                navigator.sendBeacon('/pengunjung', 'x'); \
                const f = document.createElement('iframe'); f.src = '/api/rahasia/2'; document.body.append(f)";
    let site = site(asks);
    site.page("/robots.txt", "User-agent: *\nDisallow: /api/rahasia");
    site.page("/api/terbuka", "{}");
    let world = World::with(&listing(&site));
    let output = world.output(&["crawl", "lapas"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("lapas: 3 new"), "{said}{}", stderr(&output));
    let mut asked = site.asked();
    // The browser asks for it by itself, once for a site.
    asked.retain(|path| path != "/favicon.ico");
    asked.sort_unstable();
    let expected = [
        "/api/terbuka",
        "/berita",
        "/berita/doa",
        "/berita/panen",
        "/berita/razia",
    ];
    assert_eq!(asked, expected);
}

#[test]
fn a_page_that_never_ends_is_given_up_in_time() {
    if !is_here() {
        return;
    }
    let site = site("for (;;) {}");
    let world = World::with(&listing(&site));
    world.write("mailto:humas@lapasjember.go.id", "timeout = \"6s\"\n");
    let begun = Instant::now();
    let output = world.output(&["crawl", "lapas"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("did not finish within 6 s"), "{said}{}", stderr(&output));
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
}

#[test]
fn a_missing_or_broken_browser_is_named() {
    let site = site("");
    for program in ["/nonexistent/chromium", "/bin/false", ""] {
        let world = World::with(&listing(&site));
        let setting = format!("browser = \"{program}\"\ntimeout = \"5s\"\n");
        world.write("mailto:humas@lapasjember.go.id", &setting);
        let output = world.output(&["crawl", "lapas"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("crawl.browser"), "{program:?}: {said}{}", stderr(&output));
    }
}
