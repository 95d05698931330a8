//! An account on kumparan with thirty stories, the project's first page among them: by a configured GraphQL operation, and
//! by its page as script fills it. Where there is no Chromium, the second says so and ends.

use std::path::Path;

use serde_json::json;

use crate::support::site::Site;
use crate::support::world::{UNIT, World, stderr};

const CHROMIUM: &str = "/usr/bin/chromium";
const SEED: &str = "sekjen-kumham-kuatkan-pemangku-kehumasan-di-wilayah-1yfWcrHMSmQ";
const SEED_TITLE: &str = "Sekjen Kumham Kuatkan Pemangku Kehumasan di Wilayah";
const STORIES: usize = 30;
/// What a story is about, so that no two are alike.
const ABOUT: [&str; 6] = [
    "panen raya",
    "donor darah",
    "lomba catur",
    "tes urine",
    "pelatihan las",
    "kunjungan",
];
const WHO: [&str; 5] = [
    "petugas jaga",
    "warga binaan",
    "tenaga medis",
    "para peserta magang",
    "tim koperasi",
];

/// The slug and title of each story.
fn stories() -> Vec<(String, String)> {
    let others = (1..STORIES).map(|number| {
        let title = format!("{} oleh {} ke-{number}", ABOUT[number % 6], WHO[number % 5]);
        (format!("{}-1yfWcrHMS{number:02}", title.replace(' ', "-")), title)
    });
    others.chain([(SEED.to_owned(), SEED_TITLE.to_owned())]).collect()
}

/// The account's stories, and its page with this script below cards that are still loading.
fn account(script: &str) -> Site {
    let site = Site::start();
    for (number, (slug, title)) in stories().into_iter().enumerate() {
        let path = format!("/lajer-channel/{slug}");
        if slug == SEED {
            let seed = std::fs::read_to_string("tests/fixtures/kumparan.com/sekjen-kumham.html").unwrap();
            site.page(&path, &seed);
            continue;
        }
        let text = format!(
            "Kegiatan {title} berlangsung pada hari ke-{number} dengan {} orang di blok {number}.",
            7 * number + 11
        );
        let words = format!(
            "<html><head><title>{title}</title></head><body><h1 data-qa-id=story-title>{title}</h1>\
             <span data-qa-id=author-name>Lapas Kelas IIA Jember</span>\
             <time data-qa-id=publish-date>{} Juli 2026 10:15 WIB</time>\
             <p data-qa-id=story-paragraph>{text}</p><p data-qa-id=story-paragraph>Acara {title} ditutup pukul {}.00.</p>",
            number % 28 + 1,
            number % 12 + 8
        );
        site.page(&path, &words);
    }
    site.page(
        "/lajer-channel",
        &format!(
            "<html><body><div id=feed><div>Sedang memuat... 01 April 2020</div></div><script>{script}</script></body></html>"
        ),
    );
    site
}

fn units(site: &Site, more: &str) -> String {
    let url = site.url("/lajer-channel");
    format!("{UNIT}[[satker.source]]\nid = \"lajer\"\nkind = \"kumparan\"\nurl = \"{url}\"\n{more}\n")
}

/// That a crawl takes all thirty, the first page as it is meant to be.
fn takes_all(site: &Site, more: &str) {
    let world = World::with(&units(site, more));
    let output = world.output(&["crawl", "lajer"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("lajer: 30 new"), "{said}{}", stderr(&output));
    let asked = site.asked();
    for (slug, _) in stories() {
        let times = asked.iter().filter(|path| path.ends_with(&slug)).count();
        assert_eq!(times, 1, "{slug} was fetched {times} times");
    }
    let rows = world.rows(&["stories", "--json", "--limit", "100"]);
    assert!(
        rows.iter().any(|row| row.to_string().contains(SEED_TITLE)),
        "the first page is missing: {rows:?}"
    );
}

#[test]
fn thirty_stories_are_asked_for_by_a_configured_operation() {
    let site = account("");
    let listed: Vec<_> = stories()
        .into_iter()
        .map(|(slug, title)| {
            json!({"slug": slug, "title": title, "publishedAt": "2022-08-15T19:30:00Z", "deletedAt": null,
                "author": {"username": "lajer-channel"}})
        })
        .collect();
    let answer = json!([{"data": {"FindStoryFeedByPublisherID": {"edges": listed}}}]);
    let query = "/query?operationName=FindStoryFeedByPublisherID&extensions=abc";
    site.json(query, &answer.to_string());
    takes_all(&site, &format!("query = \"{}\"", site.url(query)));
    assert!(
        !site.asked().contains(&"/lajer-channel".to_owned()),
        "the page was not needed"
    );
}

#[test]
fn where_the_operation_is_gone_the_rendered_page_is_read() {
    if !Path::new(CHROMIUM).exists() {
        eprintln!("skipped: there is no {CHROMIUM}");
        return;
    }
    let listed = json!(stories());
    let site = account(&format!(
        "setTimeout(() => {{ for (const [slug, title] of {listed}) {{ const card = document.createElement('div'); \
         card.innerHTML = `<a href='/lajer-channel/${{slug}}'><h2>${{title}}</h2></a><span>01 April 2020</span>`; \
         document.getElementById('feed').append(card); }} }}, 100)"
    ));
    site.json("/query", "{\"errors\":[{\"message\":\"PersistedQueryNotFound\"}]}");
    let query = site.url("/query");
    takes_all(&site, &format!("render = \"browser\"\nquery = \"{query}\""));
}
