//! The screen in the flow, on a web in memory.

use super::screening::Remembered;
use super::tests::{World, crawl_once, source, world};
use super::*;
use crate::fetch::web::Web;
use crate::ledger::Decided;
use crate::model::{Judgement, QuarantineOrder, QuarantineStatus, RegionCode, Scope, SourceKind};

const FEED: &str = "https://lapas.example/feed";

const SPAM: &str = "Daftar sekarang di <a href=\"https://gacor88.example/\">slot gacor</a> dan nikmati bonus new member, RTP live \
                    tertinggi, scatter hitam, pasti maxwin.";

const RELEASE: &str = "JEMBER – Petugas memeriksa kamar hunian dan tidak menemukan barang terlarang. Kegiatan berjalan tertib \
                       dan lancar. Foto ada di <a href=\"https://album.example/\">album kegiatan</a>.";

fn feed(items: &[(&str, &str)]) -> Web {
    let web = Web::default();
    put(&web, items);
    web
}

fn put(web: &Web, items: &[(&str, &str)]) {
    let items: String = items
        .iter()
        .map(|(name, text)| {
            format!(
                "<item><title>{name}</title><link>https://lapas.example/{name}</link>\
                 <content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>"
            )
        })
        .collect();
    let feed = format!(
        "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>x</title>\
         {items}</channel></rss>"
    );
    web.page(FEED, &feed);
}

fn lapas() -> Source {
    source("lapas", FEED, SourceKind::Feed)
}

fn forced() -> CrawlOptions {
    CrawlOptions {
        force: true,
        ..CrawlOptions::default()
    }
}

fn stories(world: &World) -> usize {
    world.cx.store.newest(&Scope::Region(RegionCode::INDONESIA)).count()
}

fn status(world: &World, name: &str) -> Option<QuarantineStatus> {
    let url = format!("https://lapas.example/{name}");
    let held = world.cx.store.quarantined_of_url(&url).unwrap();
    held.map(|held| held.status)
}

async fn decide(world: &World, name: &str, judgement: Judgement) -> Decided {
    let order = QuarantineOrder {
        url: format!("https://lapas.example/{name}"),
        judgement,
        by: "humas".to_owned(),
    };
    judge(&world.cx, order).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_says_what_would_be_held_back_and_holds_nothing() {
    let world = world(feed(&[("slot", SPAM), ("rilis", RELEASE)]));
    let options = CrawlOptions {
        dry_run: true,
        ..CrawlOptions::default()
    };
    let (report, _) = crawl_once(&world, &lapas(), options).await;
    assert_eq!((report.quarantined, report.new), (1, 1), "{report:?}");
    assert_eq!((status(&world, "slot"), stories(&world)), (None, 0));
    let history: Option<Remembered> = world.cx.store.history(&lapas().id).unwrap();
    assert_eq!(history, None);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_listed_twice_is_held_back_once() {
    let other = format!("{SPAM} Lagi.");
    let world = world(feed(&[("slot", SPAM), ("rilis", RELEASE), ("slot", &other)]));
    let (report, _) = crawl_once(&world, &lapas(), CrawlOptions::default()).await;
    assert_eq!(
        (report.quarantined, report.new, report.unchanged),
        (1, 1, 1),
        "{report:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_recorded_already_is_not_judged_again_by_what_is_usual_now() {
    let world = world(feed(&[("rilis", RELEASE)]));
    crawl_once(&world, &lapas(), CrawlOptions::default()).await;
    // From now on its words would be held back, were they new.
    let text = format!("{RELEASE} {SPAM}");
    let mut article = world
        .cx
        .store
        .article_of_url("https://lapas.example/rilis")
        .unwrap()
        .unwrap();
    article.article.html = text;
    let why = crate::model::Why::new(
        crate::model::About::Gambling,
        vec![],
        vec![],
        vec!["https://album.example/".to_owned()],
    );
    let suspicious = |history: &mut History| (0..9).for_each(|_| history.held(&article.article, &why));
    let mut remembered: Remembered = world.cx.store.history(&lapas().id).unwrap().unwrap();
    suspicious(&mut remembered.usual);
    world.cx.store.put_history(&lapas().id, &remembered).unwrap();
    let (report, _) = crawl_once(&world, &lapas(), forced()).await;
    assert_eq!((report.quarantined, report.unchanged), (0, 1), "{report:?}");
    assert_eq!(status(&world, "rilis"), None);
}

#[tokio::test(start_paused = true)]
async fn what_is_released_is_never_held_back_again_and_is_learnt_from() {
    let web = feed(&[("slot", SPAM)]);
    let world = world(web.clone());
    let (report, _) = crawl_once(&world, &lapas(), CrawlOptions::default()).await;
    assert_eq!((report.quarantined, stories(&world)), (1, 0));
    let before: Remembered = world.cx.store.history(&lapas().id).unwrap().unwrap();
    assert!(matches!(
        decide(&world, "slot", Judgement::Release).await,
        Decided::Released(_)
    ));
    let after: Remembered = world.cx.store.history(&lapas().id).unwrap().unwrap();
    let mut expected = before.clone();
    expected.usual.released(
        &world
            .cx
            .store
            .article_of_url("https://lapas.example/slot")
            .unwrap()
            .unwrap()
            .article,
    );
    assert_eq!(after, expected);
    assert_ne!(after, before);

    let more = format!("{SPAM} Klik link alternatif slot gacor.");
    put(&web, &[("slot", &more)]);
    let (report, _) = crawl_once(&world, &lapas(), forced()).await;
    assert_eq!(
        (report.quarantined, report.changed, stories(&world)),
        (0, 1, 1),
        "{report:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_held_article_that_says_something_harmless_later_waits_all_the_same() {
    let web = feed(&[("slot", SPAM)]);
    let world = world(web.clone());
    crawl_once(&world, &lapas(), CrawlOptions::default()).await;
    put(&web, &[("slot", RELEASE)]);
    let (report, _) = crawl_once(&world, &lapas(), forced()).await;
    assert_eq!(
        (report.quarantined, report.unchanged, stories(&world)),
        (0, 1, 0),
        "{report:?}"
    );
    assert_eq!(status(&world, "slot"), Some(QuarantineStatus::Held));
    decide(&world, "slot", Judgement::Release).await;
    let newest = world.cx.store.newest(&Scope::Region(RegionCode::INDONESIA)).next();
    let text = newest.unwrap().unwrap().article.text;
    assert!(
        text.contains("Petugas memeriksa"),
        "what it says now is published: {text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_source_is_called_quarantined_while_most_of_it_is_held_back() {
    let web = feed(&[("a", SPAM), ("b", SPAM), ("c", SPAM)]);
    let world = world(web.clone());
    crawl_once(&world, &lapas(), CrawlOptions::default()).await;
    let state = || world.cx.store.state(&lapas().id).unwrap().unwrap();
    assert_eq!(state().health, Health::Quarantined);
    assert_eq!(state().since, Some(world.cx.clock.now()));
    let releases = ["satu", "dua", "tiga"].map(|name| format!("Kegiatan {name} di blok {name}. {RELEASE}"));
    put(
        &web,
        &[("satu", &releases[0]), ("dua", &releases[1]), ("tiga", &releases[2])],
    );
    crawl_once(&world, &lapas(), forced()).await;
    assert_ne!(state().health, Health::Quarantined, "three of six are no majority");
}
