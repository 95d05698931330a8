//! What sources take back, in the flow, on a web in memory.

use super::tests::{World, article, crawl_once, source, world};
use super::*;
use crate::fetch::web::Web;
use crate::model::{ListingSelectors, RegionCode, Scope, SourceKind};

const LIST: &str = "https://kanim.example/berita";

fn listing() -> Source {
    let selectors = ListingSelectors {
        item: "li".to_owned(),
        ..ListingSelectors::default()
    };
    source("kanim", LIST, SourceKind::Listing(selectors))
}

fn url(name: &str) -> String {
    format!("https://kanim.example/{name}")
}

fn put_list(web: &Web, names: &[&str]) {
    let items = names
        .iter()
        .map(|name| format!("<li><a href=\"/{name}\">{name}</a></li>"));
    web.page(
        LIST,
        &format!("<html><body><ul>{}</ul></body></html>", items.collect::<String>()),
    );
}

/// A list of these, the newest first, each with its page.
fn list(names: &[&str]) -> Web {
    let web = Web::default();
    put_list(&web, names);
    for (number, name) in names.iter().enumerate() {
        web.page(&url(name), &article(&format!("{name} nomor {}", number * 37)));
    }
    web
}

/// The titles of what readers see.
fn shown(world: &World) -> Vec<String> {
    let newest = world.cx.store.newest(&Scope::Region(RegionCode::INDONESIA));
    let details = newest
        .map(Result::unwrap)
        .filter(|detail| detail.story.hidden.is_none());
    details.map(|detail| detail.article.title).collect()
}

#[tokio::test(start_paused = true)]
async fn an_article_that_vanished_from_its_list_is_withdrawn_if_its_page_says_410() {
    let web = list(&["c", "b", "a"]);
    let world = world(web.clone());
    crawl_once(&world, &listing(), CrawlOptions::default()).await;
    assert_eq!(shown(&world).len(), 3);
    put_list(&web, &["c", "a"]);
    web.status(&url("b"), 410);
    let (report, told) = crawl_once(&world, &listing(), CrawlOptions::default()).await;
    assert_eq!((report.changed, report.fetches), (1, 2), "{report:?}");
    assert!(
        report
            .problems
            .iter()
            .any(|problem| problem.what.contains("took it back")),
        "{report:?}"
    );
    assert_eq!(told.len(), 2);
    assert_eq!(shown(&world).len(), 2);

    // It stays out, and is asked for no more.
    put_list(&web, &["d", "c", "b", "a"]);
    web.page(&url("b"), &article("b lagi"));
    web.page(&url("d"), &article("d nomor 999"));
    let (report, _) = crawl_once(&world, &listing(), CrawlOptions::default()).await;
    assert_eq!(
        (report.new, report.changed, shown(&world).len()),
        (1, 0, 3),
        "{report:?}"
    );
    assert_eq!(web.asked(&url("b")), 2);
}

#[tokio::test(start_paused = true)]
async fn a_missing_page_and_the_end_of_a_list_withdraw_nothing() {
    let web = list(&["c", "b", "a"]);
    let world = world(web.clone());
    crawl_once(&world, &listing(), CrawlOptions::default()).await;
    put_list(&web, &["c", "a"]);
    web.status(&url("b"), 404);
    let (report, _) = crawl_once(&world, &listing(), CrawlOptions::default()).await;
    assert_eq!(
        (report.changed, report.fetches, shown(&world).len()),
        (0, 2, 3),
        "{report:?}"
    );
    // Asked once; and "a" left the list at its end, so that nothing is asked.
    web.status(&url("a"), 410);
    put_list(&web, &["c"]);
    let (report, _) = crawl_once(&world, &listing(), CrawlOptions::default()).await;
    assert_eq!((report.fetches, shown(&world).len()), (1, 3), "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_was_redesigned_has_no_page_asked_for() {
    let web = list(&["e", "d", "c", "b", "a"]);
    let world = world(web.clone());
    crawl_once(&world, &listing(), CrawlOptions::default()).await;
    put_list(&web, &["a"]);
    let (report, _) = crawl_once(&world, &listing(), CrawlOptions::default()).await;
    assert_eq!(report.fetches, 1, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_crawled_by_order_and_says_410_is_withdrawn() {
    let web = list(&["a"]);
    let world = world(web.clone());
    crawl_once(&world, &listing(), CrawlOptions::default()).await;
    web.status(&url("a"), 410);
    let (events, _received) = mpsc::channel(100);
    let address = url("a").parse().unwrap();
    let report = crawl_url(&world.cx, &world.configured, &address, CrawlOptions::default(), &events).await;
    let report = report.unwrap();
    assert_eq!(
        (report.outcome, report.changed),
        (SourceOutcome::Failed, 1),
        "{report:?}"
    );
    assert_eq!(shown(&world).len(), 0);
}

fn atom(entries: &[&str], taken: &[&str]) -> String {
    let entries = entries.iter().map(|name| {
        format!(
            "<entry><id>tag:{name}</id><title>{name}</title><link href=\"https://lapas.example/{name}\"/>\
             <content type=\"html\">&lt;p&gt;JEMBER – Kegiatan {name} di blok {name} berjalan dengan tertib, \
             aman dan lancar pada hari itu.&lt;/p&gt;</content></entry>"
        )
    });
    let taken = taken
        .iter()
        .map(|name| format!("<at:deleted-entry ref=\"tag:{name}\" when=\"2026-11-23T00:00:00Z\"/>"));
    format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:at=\"http://purl.org/atompub/tombstones/1.0\"><title>x</title>\
         {}{}</feed>",
        entries.collect::<String>(),
        taken.collect::<String>()
    )
}

#[tokio::test(start_paused = true)]
async fn a_tombstone_withdraws_an_entry_of_its_own_feed_and_no_other() {
    let (own, portal) = ("https://lapas.example/atom", "https://portal.example/atom");
    let web = Web::default();
    web.page(own, &atom(&["satu", "dua"], &[]));
    web.page(portal, &atom(&["tiga"], &["satu"]));
    let world = world(web.clone());
    let [own, portal] = [("lapas", own), ("portal", portal)].map(|(id, url)| source(id, url, SourceKind::Feed));
    crawl_once(&world, &own, CrawlOptions::default()).await;
    crawl_once(&world, &portal, CrawlOptions::default()).await;
    assert_eq!(shown(&world).len(), 3);
    web.page(own.url.as_str(), &atom(&["dua"], &["satu", "dua", "nol"]));
    let (report, _) = crawl_once(&world, &own, CrawlOptions::default()).await;
    assert_eq!(report.changed, 1, "{report:?}");
    assert_eq!(shown(&world), ["tiga", "dua"], "what is listed still is not taken back");
    let (again, _) = crawl_once(
        &world,
        &own,
        CrawlOptions {
            force: true,
            ..CrawlOptions::default()
        },
    )
    .await;
    assert_eq!((again.changed, again.new), (0, 0), "{again:?}");
}
