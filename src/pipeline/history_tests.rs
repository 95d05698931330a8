//! Going back through a source's history, on a web in memory.
#![cfg(test)]

use super::tests::{World, article, crawl_once, listed, source, world};
use super::*;
use crate::fetch::web::Web;
use crate::model::{ListingSelectors, RegionCode, Scope, SourceKind};
use crate::parse;

const ARTICLES: usize = 300;
const ON_A_PAGE: usize = 20;
const LIST: &str = "https://kanim.example/berita";

/// A list of 300 articles on 15 pages, the newest first; each article's page says when it was published.
fn web() -> Web {
    let web = Web::default();
    for page in 1..=ARTICLES / ON_A_PAGE {
        let url = if page == 1 {
            LIST.to_owned()
        } else {
            format!("{LIST}?page={page}")
        };
        let titles: Vec<String> = (0..ON_A_PAGE).map(|at| title((page - 1) * ON_A_PAGE + at)).collect();
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        web.page(&url, &listed(&titles, &format!("?page={}", page + 1)));
    }
    for number in 0..ARTICLES {
        let day = 20 - number / ON_A_PAGE;
        let date = format!("<meta property=\"article:published_time\" content=\"2026-10-{day:02}T09:00:00+07:00\">");
        let page = article(&title(number)).replacen("<body>", &format!("{date}<body>"), 1);
        web.page(&page_of(number), &page);
    }
    web
}

fn title(number: usize) -> String {
    format!("kegiatan-{number}-{}", number * 7919 % 1009)
}

fn page_of(number: usize) -> String {
    format!("https://kanim.example/{}", title(number))
}

fn list() -> Source {
    let selectors = ListingSelectors {
        item: "li".to_owned(),
        next: Some("a.next".to_owned()),
        ..ListingSelectors::default()
    };
    source("kanim", LIST, SourceKind::Listing(selectors))
}

fn since(date: &str) -> CrawlOptions {
    CrawlOptions {
        since: Some(date.parse().unwrap()),
        ..CrawlOptions::default()
    }
}

fn stories(world: &World) -> usize {
    world.cx.store.newest(&Scope::Region(RegionCode::INDONESIA)).count()
}

#[tokio::test(start_paused = true)]
async fn every_article_of_a_history_is_fetched_once() {
    let web = web();
    let world = world(web.clone());
    let (report, _) = crawl_once(&world, &list(), since("2019-01-01T00:00:00Z")).await;
    assert_eq!(
        (report.new as usize, stories(&world)),
        (ARTICLES, ARTICLES),
        "{report:?}"
    );
    for number in 0..ARTICLES {
        assert_eq!(web.asked(&page_of(number)), 1, "{number}");
    }
    let state = world.cx.store.state(&list().id).unwrap().unwrap();
    assert_eq!(state.backfill, None);
    let (again, _) = crawl_once(&world, &list(), since("2019-01-01T00:00:00Z")).await;
    assert_eq!((again.new, again.unchanged as usize), (0, ARTICLES));
    assert_eq!(web.asked(&page_of(0)), 1);
}

#[tokio::test(start_paused = true)]
async fn a_way_back_that_was_stopped_goes_on_where_it_was() {
    let web = web();
    let world = world(web.clone());
    let broken = format!("{LIST}?page=8");
    let whole = web.body(&broken);
    web.status(&broken, 503);
    let (first, _) = crawl_once(&world, &list(), since("2019-01-01T00:00:00Z")).await;
    assert_eq!(first.new as usize, 7 * ON_A_PAGE, "{:?}", first.problems);
    web.page(&broken, &whole);
    let (rest, _) = crawl_once(&world, &list(), since("2019-01-01T00:00:00Z")).await;
    assert_eq!((rest.new as usize, rest.unchanged), (8 * ON_A_PAGE, 0));
    assert_eq!(web.asked(&format!("{LIST}?page=2")), 1, "it does not begin again");
    assert_eq!(stories(&world), ARTICLES);
}

#[tokio::test(start_paused = true)]
async fn history_takes_its_place_by_its_date_and_news_by_its_arrival() {
    let web = web();
    web.page("https://lapas.example/baru", &article("baru"));
    let feed = "https://lapas.example/feed";
    let item = "<item><title>baru</title><link>https://lapas.example/baru</link><description>x</description></item>";
    web.page(
        feed,
        &format!("<rss version=\"2.0\"><channel><title>x</title>{item}</channel></rss>"),
    );
    let world = world(web);
    crawl_once(
        &world,
        &source("lapas", feed, SourceKind::Feed),
        CrawlOptions::default(),
    )
    .await;
    crawl_once(&world, &list(), since("2019-01-01T00:00:00Z")).await;
    let newest: Vec<_> = world
        .cx
        .store
        .newest(&Scope::Region(RegionCode::INDONESIA))
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        newest[0].article.title, "baru",
        "what was read back is not shown as new"
    );
    let dates: Vec<_> = newest[1..].iter().map(|detail| detail.article.date()).collect();
    assert!(dates.is_sorted_by(|a, b| a >= b));
    assert!(
        newest
            .iter()
            .all(|detail| detail.story.first_seen >= "2026-11-24T00:00:00Z".parse().unwrap())
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_ends_the_way_back() {
    let web = web();
    let world = world(web.clone());
    let options = CrawlOptions {
        limit: Some(30),
        ..since("2019-01-01T00:00:00Z")
    };
    let (report, _) = crawl_once(&world, &list(), options).await;
    assert_eq!(report.new, 30);
    assert_eq!(web.asked(&format!("{LIST}?page=3")), 0);
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_dates_its_items_is_read_back_only_so_far() {
    let web = Web::default();
    let posts = |page: usize| -> String {
        let posts: Vec<serde_json::Value> = (0..100)
            .map(|at| {
                let number = (page - 1) * 100 + at;
                let year = 2026 - number / 60;
                serde_json::json!({
                    "id": number, "link": format!("https://lapas.example/p/{number}"),
                    "title": {"rendered": format!("Kegiatan {number}")},
                    "date_gmt": format!("{year}-05-01T02:00:00"), "modified_gmt": format!("{year}-05-01T02:00:00"),
                    "content": {"rendered": format!("<p>Kegiatan {number} {}</p>", "berjalan tertib ".repeat(number % 7 + 9))}
                })
            })
            .collect();
        serde_json::to_string(&posts).unwrap()
    };
    let site = "https://lapas.example/";
    let wordpress = source("lapas", site, SourceKind::Wordpress);
    for page in 1..=3 {
        let mut url = parse::archive(&wordpress.kind, &wordpress.url)[0].clone();
        if page > 1 {
            url.query_pairs_mut().append_pair("page", &page.to_string());
        }
        web.page(url.as_str(), &posts(page));
    }
    let world = world(web);
    let (report, _) = crawl_once(&world, &wordpress, since("2024-01-01T00:00:00Z")).await;
    assert_eq!(report.new, 180, "2026, 2025 and 2024: {report:?}");
    assert!(report.fetches <= 3, "{report:?}");
}
