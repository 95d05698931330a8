//! A hijacked site through the real program: what is held back reaches no reader, until somebody says that it is no spam,
//! and what somebody says holds through crawls, restarts, restores and compactions.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use warta::dedupe::Rules;
use warta::ledger::{Candidate, Decided, Error, Holding, Ledger, Suspect};
use warta::model::{
    About, Assignment, Change, EditOrder, Judgement, QuarantineOrder, QuarantineStatus, Sign, SourceId, Why,
};
use warta::store::{Replace, Store, compact, restore};

use crate::support::samples;
use crate::support::site::{Site, article, rss};
use crate::support::world::{UNIT, World, stderr, stop};

/// What the hijacker writes: title and text. Each has a word that nothing else here has.
const SPAM: [(&str, &str); 4] = [
    (
        "Slot Gacor Hari Ini: Situs Slot Online Terpercaya Maxwin",
        "Selamat datang di <a href=\"https://gacor88.example/\">slot gacor</a> hari ini, situs slot online terpercaya \
         dengan RTP live tertinggi. Daftar sekarang dan nikmati bonus new member 100% tanpa potongan.",
    ),
    (
        "Link Alternatif SLOT88 Anti Blokir Maxwin",
        "Kesulitan login? Gunakan <a href=\"https://masuk-slot.example/daftar\">link alternatif slot gacor</a> resmi kami \
         yang anti blokir. Nikmati slot gacor dengan pola terbaru, scatter hitam, dan bonus rollingan mingguan maxwin.",
    ),
    (
        "Pola Scatter Hitam Mahjong Ways Paling Ampuh Maxwin",
        "Admin kami membocorkan pola scatter hitam yang sudah terbukti maxwin. Akun pro wajib daftar di \
         <a href=\"https://mahjong-pola.example/ref?id=99\">situs slot gacor</a> agar RTP 98% terbuka.",
    ),
    (
        "Depo 5K Dapat 50K: Slot Deposit Dana Tanpa Potongan Maxwin",
        "Slot depo 5k hadir untuk pemain modal receh. Cukup deposit dana, ovo, gopay atau qris, langsung gas maxwin. \
         <a href=\"https://receh77.example/\">Slot gacor klik di sini</a>.",
    ),
];

/// A release that uses the same words.
const RAID: (&str, &str) = (
    "Lapas Jember Razia HP, Cegah Judi Online",
    "JEMBER – Lapas Kelas IIA Jember menggelar razia kamar hunian pada Senin malam. Petugas menyita 12 telepon genggam yang \
     diduga dipakai untuk bermain judi online dan slot gacor. Kepala Lapas menegaskan tidak ada toleransi bagi warga binaan \
     yang terlibat judi online. Barang bukti akan dimusnahkan.",
);

fn items(posts: &[(&str, &str)]) -> Vec<(String, String, String)> {
    let item = |(number, (title, text)): (usize, &(&str, &str))| {
        (format!("p{number}"), (*title).to_owned(), (*text).to_owned())
    };
    posts.iter().enumerate().map(item).collect()
}

/// A unit whose site carries the spam before its one release.
fn hijacked() -> (Site, World) {
    let site = Site::start();
    let mut posts = SPAM.to_vec();
    posts.push(RAID);
    site.feed("/feed", &rss(&site, &items(&posts)));
    let url = site.url("/feed");
    let source = format!("[[satker.source]]\nid = \"lapas\"\nkind = \"feed\"\nurl = \"{url}\"\n");
    let world = World::with(&format!("{UNIT}{source}"));
    (site, world)
}

/// What a crawl of everything says of its only source.
fn crawl(world: &World) -> Value {
    world.rows(&["crawl", "--all", "--force", "--json"]).pop().unwrap()
}

fn titles(world: &World) -> Vec<String> {
    let rows = world.rows(&["stories", "--json"]);
    rows.iter()
        .map(|row| row["title"].as_str().unwrap().to_owned())
        .collect()
}

/// The rows of what is held back.
fn held(world: &World) -> Vec<Value> {
    let rows = world.rows(&["sources", "--problems", "--json"]);
    let all = rows.iter().flat_map(|row| row["held_articles"].as_array().unwrap());
    all.cloned().collect()
}

fn said(world: &World, words: &[&str]) -> String {
    let output = world.output(words);
    assert!(output.status.success(), "{words:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Everything that the daemon shows the public, as one text.
fn public(world: &World) -> String {
    let paths = [
        "/",
        "/feeds/indonesia.rss",
        "/feeds/jawa-timur.atom",
        "/feeds/jawa-timur/kabupaten-jember.json",
        "/feeds/satker/lapas-jember.rss",
        "/wilayah/jawa-timur/kabupaten-jember",
        "/satker/lapas-jember",
        "/cari?q=maxwin",
        "/feeds/cari.rss?q=maxwin",
        "/sumber",
    ];
    paths.iter().map(|path| world.get(path)).collect()
}

#[test]
fn gambling_posts_are_held_back_and_a_release_about_a_raid_is_published() {
    let (site, world) = hijacked();
    let report = crawl(&world);
    assert_eq!(
        (&report["quarantined"], &report["new"]),
        (&4.into(), &1.into()),
        "{report}"
    );
    let problems = report["problems"].to_string();
    assert!(problems.contains("held back: looks like gambling spam"), "{problems}");
    assert_eq!(titles(&world), [RAID.0]);

    let (child, _lines) = world.daemon();
    let shown = public(&world);
    assert!(shown.contains(RAID.0), "the release is missing");
    let lower = shown
        .to_lowercase()
        .replace("?q=maxwin", "")
        .replace("value=\"maxwin\"", "");
    assert!(
        !lower.contains("scatter hitam") && !lower.contains("bonus new member"),
        "spam is shown"
    );
    for (title, _) in SPAM {
        assert!(!shown.contains(title), "{title} is shown");
    }
    stop(child);

    let again = crawl(&world);
    assert_eq!(
        (&again["quarantined"], &again["new"], &again["unchanged"]),
        (&0.into(), &0.into(), &5.into()),
        "{again}"
    );
    let asked = site.asked();
    assert!(asked.iter().all(|path| path == "/feed"), "{asked:?}");
}

#[test]
fn what_is_held_back_is_listed_and_explained_with_its_reason_and_what_to_do() {
    let (site, world) = hijacked();
    assert!(said(&world, &["crawl", "--all"]).contains("lapas: 1 new, 0 changed, 0 copies, 0 unchanged, 4 held back"));
    let rows = world.rows(&["sources", "--problems", "--json"]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(
        (&rows[0]["state"], &rows[0]["held"]),
        (&"quarantined".into(), &4.into())
    );
    assert!(
        rows[0]["evidence"]
            .as_str()
            .unwrap()
            .contains("4 of its last 5 articles")
    );
    let one = &rows[0]["held_articles"][0];
    assert!(
        one["reason"]
            .as_str()
            .unwrap()
            .starts_with("looks like gambling spam: "),
        "{one}"
    );
    assert!(
        one["why"]["signs"]
            .as_array()
            .unwrap()
            .iter()
            .any(|sign| sign == "selling-link"),
        "{one}"
    );

    let table = said(&world, &["sources", "--problems"]);
    for words in [
        "quarantined",
        "diduga spam judi",
        "4 tulisan ditahan",
        "--release",
        SPAM[1].0,
    ] {
        assert!(table.contains(words), "{words:?} is missing in {table}");
    }
    let url = site.url("/p2");
    let explained = said(&world, &["explain", &url]);
    for words in [SPAM[2].0, "Ditahan sejak", "diduga spam judi", "--release", "--confirm"] {
        assert!(explained.contains(words), "{words:?} is missing in {explained}");
    }
    let hide = world.output(&["edit", &url, "--hide", "spam"]);
    assert_eq!(hide.status.code(), Some(2));
    assert!(stderr(&hide).contains("tells no story"), "{}", stderr(&hide));
    let unnamed = world.output(&["edit", "1f", "--release"]);
    assert!(
        stderr(&unnamed).contains("named by its address"),
        "{}",
        stderr(&unnamed)
    );
}

#[test]
fn pages_of_what_is_held_back_are_not_fetched_again() {
    let site = Site::start();
    let page = |title: &str, text: &str| article(title, &text.repeat(2));
    let posts: Vec<(String, (&str, &str))> = [SPAM[0], SPAM[2], RAID]
        .into_iter()
        .enumerate()
        .map(|(number, post)| (format!("/berita/{number}"), post))
        .collect();
    let mut list = String::new();
    for (path, (title, text)) in &posts {
        list.push_str(&format!("<li><a href=\"{path}\">{title}</a></li>"));
        site.page(path, &page(title, text));
    }
    site.page("/berita", &format!("<html><body><ul>{list}</ul></body></html>"));
    let url = site.url("/berita");
    let source = format!("[[satker.source]]\nid = \"lapas\"\nkind = \"listing\"\nitem = \"li\"\nurl = \"{url}\"\n");
    let world = World::with(&format!("{UNIT}{source}"));
    let report = crawl(&world);
    assert_eq!(
        (&report["quarantined"], &report["new"]),
        (&2.into(), &1.into()),
        "{report}"
    );
    for _ in 0..2 {
        let again = crawl(&world);
        assert_eq!(
            (&again["quarantined"], &again["fetches"]),
            (&0.into(), &1.into()),
            "{again}"
        );
    }
    let spam = site.url("/berita/0");
    said(&world, &["edit", &spam, "--confirm"]);
    crawl(&world);
    let asked = site.asked();
    for (path, _) in &posts {
        assert_eq!(
            asked.iter().filter(|asked| *asked == path).count(),
            1,
            "{path} of {asked:?}"
        );
    }
}

#[test]
fn a_release_publishes_through_the_daemon_and_can_be_taken_back() {
    let (site, world) = hijacked();
    crawl(&world);
    let url = site.url("/p0");
    let (child, _lines) = world.daemon();
    let story = said(&world, &["edit", &url, "--release"]);
    assert!(
        world.get("/feeds/indonesia.rss").contains(SPAM[0].0),
        "it is in the feed"
    );
    assert_eq!(held(&world).len(), 3);
    let rows = world.rows(&["explain", &url, "--json"]);
    assert_eq!(rows[0]["id"], story.trim(), "{rows:?}");
    assert_eq!(rows[0]["quarantine"]["status"], "released");
    assert!(said(&world, &["explain", &url]).contains("Dilepas dari penahanan"));
    let again = crawl(&world);
    assert_eq!(
        (&again["quarantined"], &again["unchanged"]),
        (&0.into(), &5.into()),
        "{again}"
    );

    let twice = world.output(&["edit", &url, "--release"]);
    assert!(stderr(&twice).contains("released already"), "{}", stderr(&twice));
    said(&world, &["edit", &url, "--undo"]);
    stop(child);
    assert_eq!((held(&world).len(), titles(&world)), (4, vec![RAID.0.to_owned()]));
    let again = crawl(&world);
    assert_eq!(
        (&again["quarantined"], &again["new"], &again["changed"]),
        (&0.into(), &0.into(), &0.into())
    );
    assert_eq!(
        said(&world, &["edit", &url, "--release"]),
        story,
        "the same story is shown again"
    );
    assert_eq!(titles(&world).len(), 2);
    let feed = said(&world, &["feed", "indonesia"]);
    assert!(feed.contains("RTP live tertinggi"), "with its words: {feed}");
}

#[test]
fn what_is_confirmed_stays_out_without_its_words_until_that_is_taken_back() {
    let (site, world) = hijacked();
    crawl(&world);
    let url = site.url("/p0");
    let (child, _lines) = world.daemon();
    assert_eq!(said(&world, &["edit", &url, "--confirm"]).trim(), url);
    stop(child);
    let row = |world: &World| world.rows(&["explain", &url, "--json"])[0]["quarantine"].clone();
    assert_eq!(
        (&row(&world)["status"], &row(&world)["characters"]),
        (&"confirmed".into(), &0.into())
    );
    let again = crawl(&world);
    assert_eq!(
        (&again["quarantined"], &again["unchanged"]),
        (&0.into(), &5.into()),
        "{again}"
    );
    assert_eq!(
        (held(&world).len(), titles(&world).len(), &row(&world)["characters"]),
        (3, 1, &0.into())
    );
    let release = world.output(&["edit", &url, "--release"]);
    assert!(
        stderr(&release).contains("--undo takes that back"),
        "{}",
        stderr(&release)
    );

    said(&world, &["edit", &url, "--undo"]);
    let release = world.output(&["edit", &url, "--release"]);
    assert!(stderr(&release).contains("words"), "{}", stderr(&release));
    crawl(&world);
    assert_eq!(row(&world)["status"], "held");
    assert_ne!(row(&world)["characters"], 0, "its words are read again");
    assert_eq!(held(&world).len(), 4);
    said(&world, &["edit", &url, "--release"]);
    assert_eq!(titles(&world).len(), 2);
}

#[test]
fn a_source_is_trusted_again_once_most_of_what_was_held_back_is_released() {
    let (site, world) = hijacked();
    crawl(&world);
    let state = |world: &World| world.rows(&["sources", "--json"])[0]["state"].clone();
    assert_eq!(state(&world), "quarantined");
    said(&world, &["edit", &site.url("/p0"), "--release"]);
    assert_eq!(state(&world), "quarantined", "3 of 5 are held back still");
    said(&world, &["edit", &site.url("/p1"), "--release"]);
    assert_eq!(state(&world), "ok");
    crawl(&world);
    assert_eq!(state(&world), "ok");
}

#[test]
fn words_that_a_hijacker_puts_in_the_place_of_a_release_do_not_reach_readers() {
    let (site, world) = hijacked();
    crawl(&world);
    let mut posts = SPAM.to_vec();
    posts.push((RAID.0, SPAM[0].1));
    site.feed("/feed", &rss(&site, &items(&posts)));
    let report = crawl(&world);
    assert_eq!(
        (&report["quarantined"], &report["changed"]),
        (&1.into(), &0.into()),
        "{report}"
    );
    let feed = said(&world, &["feed", "indonesia"]);
    assert!(feed.contains("Petugas menyita") && !feed.contains("RTP live"), "{feed}");
    let explained = said(&world, &["explain", &site.url("/p4")]);
    assert!(
        explained.contains("Ditahan sejak") && explained.contains(RAID.0),
        "{explained}"
    );
}

#[test]
fn decisions_survive_the_loss_of_sled_a_compaction_and_a_restore_elsewhere() {
    let (site, world) = hijacked();
    crawl(&world);
    let [released, confirmed] = ["/p0", "/p1"].map(|path| site.url(path));
    said(&world, &["edit", &released, "--release"]);
    said(&world, &["edit", &confirmed, "--confirm"]);
    let check = |world: &World, when: &str| {
        let status = |url: &str| world.rows(&["explain", url, "--json"])[0]["quarantine"]["status"].clone();
        assert_eq!(
            (status(&released), status(&confirmed), held(world).len()),
            ("released".into(), "confirmed".into(), 2),
            "{when}"
        );
        assert_eq!(titles(world).len(), 2, "{when}");
        let again = crawl(world);
        assert_eq!(
            (&again["quarantined"], &again["new"]),
            (&0.into(), &0.into()),
            "{when}: {again}"
        );
    };
    check(&world, "as it is");
    said(&world, &["compact"]);
    check(&world, "compacted");
    std::fs::remove_dir_all(world.path("store").join("sled")).unwrap();
    check(&world, "without sled");
    let file = world.path("backup").display().to_string();
    said(&world, &["backup", &file]);
    std::fs::rename(world.path("store"), world.path("old")).unwrap();
    said(&world, &["restore", &file]);
    check(&world, "restored");
    let states = world.rows(&["sources", "--json"]);
    assert_eq!(states[0]["held"], 2);
}

const WINDOW: Duration = Duration::from_secs(7 * 86_400);

fn now() -> Timestamp {
    "2026-11-24T00:00:00Z".parse().unwrap()
}

fn open(path: &std::path::Path) -> Store {
    Store::open(path, "warta.example.id,2026").unwrap()
}

/// Does something with the store's ledger.
fn with<T>(store: &Store, act: impl AsyncFnOnce(&Ledger) -> T) -> T {
    let (ledger, writer) = Ledger::start(store.clone(), Rules::within(WINDOW)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let result = runtime.block_on(act(&ledger));
    drop(ledger);
    writer.join();
    result
}

fn candidate(source: &str, page: &str, text: &str) -> Candidate {
    let url = format!("https://{source}.example/{page}");
    samples::candidate(samples::article(source, &url, text, now()))
}

fn suspect(page: &str, text: &str) -> Suspect {
    Suspect {
        candidate: candidate("a", page, text),
        why: Why::new(About::Gambling, vec![Sign::SellingLink], vec![], vec![]),
    }
}

fn hold(store: &Store, suspect: Suspect) -> Holding {
    with(store, async |ledger| {
        ledger.hold(vec![suspect], now()).await.unwrap()[0]
    })
}

fn judge(store: &Store, page: &str, judgement: Judgement) -> Result<Decided, Error> {
    let order = QuarantineOrder {
        url: format!("https://a.example/{page}"),
        judgement,
        by: "humas".to_owned(),
    };
    with(store, async |ledger| ledger.judge(order, now()).await)
}

fn status(store: &Store, page: &str) -> Option<QuarantineStatus> {
    let held = store.quarantined_of_url(&format!("https://a.example/{page}")).unwrap();
    held.map(|held| held.status)
}

#[test]
fn a_released_copy_joins_its_story_and_leaves_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let text = "Petugas memeriksa setiap kamar hunian pada malam hari dan tidak menemukan barang terlarang. ".repeat(3);
    let recorded = with(&store, async |ledger| {
        ledger.record(vec![candidate("b", "1", &text)], now()).await.unwrap()[0]
    });
    let Assignment::New(story) = recorded else {
        panic!("{recorded:?}");
    };
    assert_eq!(hold(&store, suspect("1", &text)), Holding::New);
    assert_eq!(
        judge(&store, "1", Judgement::Release).unwrap(),
        Decided::Released(story)
    );
    let members = |store: &Store| store.story_record(story).unwrap().unwrap().members.len();
    assert_eq!(members(&store), 2);
    let undo = |store: &Store| {
        let order = EditOrder {
            story,
            change: Change::Undo,
            by: "humas".to_owned(),
        };
        with(store, async |ledger| ledger.edit(order, now()).await)
    };
    assert_eq!(undo(&store).unwrap(), story);
    assert_eq!(
        (members(&store), status(&store, "1")),
        (1, Some(QuarantineStatus::Held))
    );
    assert_eq!(
        store.story_of_url("https://a.example/1").unwrap(),
        None,
        "it is in no story"
    );
    assert!(
        store.story_record(story).unwrap().unwrap().hidden.is_none(),
        "the others are shown"
    );
    assert!(store.is_known("https://a.example/1").unwrap());
    assert_eq!(
        judge(&store, "1", Judgement::Release).unwrap(),
        Decided::Released(story)
    );
    assert_eq!(members(&store), 2);
}

#[test]
fn newer_words_of_its_own_source_take_the_place_of_those_held_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    hold(&store, suspect("1", "slot"));
    let text = |store: &Store| {
        store
            .quarantined_of_url("https://a.example/1")
            .unwrap()
            .unwrap()
            .article
            .text
    };
    assert_eq!(hold(&store, suspect("1", "slot baru")), Holding::Known);
    assert_eq!(text(&store), "slot baru");
    let mut portal = suspect("1", "kutipan portal");
    portal.candidate.article.source = SourceId::new("portal").unwrap();
    assert_eq!(hold(&store, portal), Holding::Known);
    assert_eq!(text(&store), "slot baru");
    judge(&store, "1", Judgement::Confirm).unwrap();
    assert_eq!(hold(&store, suspect("1", "slot lagi")), Holding::Known);
    assert_eq!(text(&store), "");
}

#[test]
fn what_cannot_be_decided_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    hold(&store, suspect("1", "slot"));
    let refused = |page: &str, judgement| match judge(&store, page, judgement) {
        Err(Error::Refused(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(refused("2", Judgement::Release).contains("never held back"));
    assert!(refused("1", Judgement::Undo).contains("nothing to undo"));
    judge(&store, "1", Judgement::Release).unwrap();
    assert!(refused("1", Judgement::Confirm).contains("--hide"));
    assert!(refused("1", Judgement::Undo).contains("undo its last correction"));
    let story = store.story_of_url("https://a.example/1").unwrap().unwrap();
    let order = EditOrder {
        story,
        change: Change::Release("https://a.example/1".to_owned()),
        by: "humas".to_owned(),
    };
    let edited = with(&store, async |ledger| ledger.edit(order, now()).await);
    assert!(matches!(edited, Err(Error::Refused(_))), "{edited:?}");
    assert_eq!(status(&store, "1"), Some(QuarantineStatus::Released));
}

#[test]
fn the_newest_are_listed_by_source_and_the_others_counted() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    with(&store, async |ledger| {
        for number in 0..7_u8 {
            let mut suspect = suspect(&number.to_string(), "slot");
            let source = if number < 5 { "a" } else { "b" };
            suspect.candidate.article.source = SourceId::new(source).unwrap();
            let at = now() + Duration::from_secs(u64::from(number));
            ledger.hold(vec![suspect], at).await.unwrap();
        }
    });
    judge(&store, "3", Judgement::Confirm).unwrap();
    let mut held = store.held_back(2).unwrap();
    held.sort_by_key(|held| held.source.to_string());
    let told: Vec<(String, usize, Vec<&str>)> = held
        .iter()
        .map(|held| {
            let urls = held.newest.iter().map(|held| held.article.url.as_str());
            (held.source.to_string(), held.count, urls.collect())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("a".to_owned(), 4, vec!["https://a.example/4", "https://a.example/2"]),
            ("b".to_owned(), 2, vec!["https://a.example/6", "https://a.example/5"]),
        ]
    );
}

#[test]
fn what_was_held_back_stays_out_even_by_a_backup_of_another_history() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(one.path());
    hold(&store, suspect("9", "slot"));
    hold(&store, suspect("1", "slot"));
    let mut backup = Vec::new();
    store.backup(&mut backup).unwrap();
    let there = open(other.path());
    for page in ["1", "2", "3"] {
        hold(&there, suspect(page, "slot"));
    }
    judge(&there, "1", Judgement::Confirm).unwrap();
    judge(&there, "3", Judgement::Release).unwrap();
    drop(there);
    restore(other.path(), backup.as_slice(), Replace::Yes(now())).unwrap();
    for step in ["restored", "compacted"] {
        let restored = open(other.path());
        assert_eq!(
            ["1", "2", "3"].map(|page| status(&restored, page)),
            [Some(QuarantineStatus::Confirmed), Some(QuarantineStatus::Held), None],
            "{step}"
        );
        assert_eq!(restored.held_back(9).unwrap()[0].count, 2, "9 and 2, {step}");
        drop(restored);
        compact(other.path()).unwrap();
    }
    let refused = restore(other.path(), backup.as_slice(), Replace::No);
    assert!(
        refused.is_err(),
        "a store that holds something back is not replaced in silence"
    );
}

#[test]
fn a_history_is_kept_beside_the_state_and_by_a_backup() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(one.path());
    let source = SourceId::new("a").unwrap();
    store.put_history(&source, &"biasa".to_owned()).unwrap();
    store.put_state(&source, &warta::model::SourceState::default()).unwrap();
    assert_eq!(store.states().unwrap().len(), 1, "a history is no state");
    let mut backup = Vec::new();
    store.backup(&mut backup).unwrap();
    let path = other.path().join("store");
    restore(&path, backup.as_slice(), Replace::No).unwrap();
    let restored = open(&path);
    assert_eq!(restored.history::<String>(&source).unwrap().as_deref(), Some("biasa"));
}
