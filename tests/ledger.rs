//! Keeping every story once: restarts, kills, lost folders, two copies at the same moment.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use warta::dedupe::Rules;
use warta::ledger::{Age, Candidate, Ledger};
use warta::model::{
    Article, Assignment, Change, DateOrigin, EditOrder, Precision, Published, RegionCode, Scope, StoryId, Zone,
};
use warta::store::{Error, Store};

use crate::support::samples;

const WINDOW: Duration = Duration::from_secs(7 * 86_400);
const AUTHORITY: &str = "warta.example.id,2026";

/// Set for the child that writes until it is killed: the store's folder.
const WRITER_STORE: &str = "WARTA_TEST_WRITER_STORE";

fn now() -> Timestamp {
    "2026-11-24T00:00:00Z".parse().unwrap()
}

/// A release of its own words; the same number gives the same text wherever it stands.
fn candidate(source: &str, url: &str, release: u32) -> Candidate {
    let text =
        format!("JEMBER – Kegiatan nomor {release}. ") + &"Pembinaan warga binaan berjalan dengan tertib. ".repeat(4);
    samples::candidate(Article {
        title: format!("Kegiatan {release}"),
        ..samples::article(source, url, &text, now())
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn record(store: &Store, candidates: Vec<Candidate>) -> Vec<Assignment> {
    let (ledger, writer) = Ledger::start(store.clone(), Rules::within(WINDOW)).unwrap();
    let assignments = runtime().block_on(ledger.record(candidates, now())).unwrap();
    drop(ledger);
    writer.join();
    assignments
}

/// The addresses of all stories of the country, each as often as it is there.
fn addresses(store: &Store) -> Vec<String> {
    let stories = store.newest(&Scope::Region(RegionCode::INDONESIA)).map(Result::unwrap);
    let mut urls: Vec<String> = stories
        .flat_map(|detail| detail.story.members.into_iter().map(|member| member.url))
        .collect();
    urls.sort();
    urls
}

#[test]
fn a_copy_joins_its_story_and_changes_neither_id_nor_date() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), AUTHORITY).unwrap();
    let first = record(&store, vec![candidate("a", "https://a.example/1", 1)]);
    let Assignment::New(story) = first[0] else {
        panic!("{first:?}")
    };
    let before = store.story(story).unwrap().unwrap();
    assert_eq!(
        record(&store, vec![candidate("b", "https://b.example/x", 1)]),
        [Assignment::Copy(story)]
    );
    assert_eq!(
        record(&store, vec![candidate("b", "https://b.example/x", 1)]),
        [Assignment::Unchanged(story)]
    );
    let after = store.story(story).unwrap().unwrap();
    assert_eq!(
        (after.story.first_seen, after.story.updated),
        (before.story.first_seen, before.story.updated)
    );
    assert_eq!(after.story.members.len(), 2);
    let changed = record(&store, vec![candidate("a", "https://a.example/1", 2)]);
    assert_eq!(changed, [Assignment::Changed(story)]);
    assert_eq!(store.story(story).unwrap().unwrap().article.title, "Kegiatan 2");
    assert_eq!(store.counts()[&RegionCode::INDONESIA], 1);
}

#[test]
fn everything_is_there_once_after_a_restart_and_after_the_loss_of_the_sled_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), AUTHORITY).unwrap();
    for n in 0..30 {
        record(&store, vec![candidate("a", &format!("https://a.example/{n}"), n)]);
    }
    let urls = addresses(&store);
    assert_eq!(urls.len(), 30);
    drop(store);
    let store = Store::open(folder.path(), "another.example,2027").unwrap();
    assert_eq!((addresses(&store), store.authority()), (urls.clone(), AUTHORITY));
    drop(store);
    std::fs::remove_dir_all(folder.path().join("sled")).unwrap();
    let store = Store::open(folder.path(), "another.example,2027").unwrap();
    assert_eq!((addresses(&store), store.authority()), (urls, AUTHORITY));
    assert_eq!(store.counts()[&"35.09".parse().unwrap()], 30);
    let again = record(&store, vec![candidate("a", "https://a.example/3", 3)]);
    assert!(matches!(again[0], Assignment::Unchanged(_)), "{again:?}");
}

/// What a scope's archives hold, month by month.
fn archives(store: &Store, scope: &str) -> Vec<(Date, Vec<StoryId>)> {
    let scope = Scope::Region(scope.parse().unwrap());
    let months = store.arrival_months(&scope).unwrap().into_iter();
    months
        .map(|month| (month, store.arrivals(&scope, month).unwrap()))
        .collect()
}

#[test]
fn archives_hold_a_story_where_it_came_when_it_came_and_nothing_leaves_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), AUTHORITY).unwrap();
    let (ledger, writer) = Ledger::start(store.clone(), Rules::within(WINDOW)).unwrap();
    let begun = |candidate: Candidate, now: &str| {
        let recorded = runtime().block_on(ledger.record(vec![candidate], now.parse().unwrap()));
        match recorded.unwrap()[..] {
            [Assignment::New(story)] => story,
            ref other => panic!("{other:?}"),
        }
    };
    let edit = |story: StoryId, change: Change, now: &str| {
        let by = "humas".to_owned();
        let order = EditOrder { story, change, by };
        runtime().block_on(ledger.edit(order, now.parse().unwrap())).unwrap();
    };
    let (july, october, november) = (date(2026, 7, 1), date(2026, 10, 1), date(2026, 11, 1));
    let news = begun(candidate("a", "https://a.example/1", 1), "2026-07-10T00:00:00Z");
    let mut old = candidate("a", "https://a.example/2", 2);
    old.age = Age::History;
    old.article.published = Some(Published {
        at: "2019-02-03T04:05:00Z".parse().unwrap(),
        precision: Precision::Minute,
        origin: DateOrigin::Feed,
        zone: Zone::Wib,
    });
    let history = begun(old, "2026-07-10T00:00:00Z");
    let later = begun(candidate("a", "https://a.example/3", 3), "2026-07-11T00:00:00Z");
    assert_eq!(archives(&store, "35.09"), [(july, vec![news, history, later])]);
    assert_eq!(archives(&store, "35.10"), []);

    edit(news, Change::Region("35.10".parse().unwrap()), "2026-10-01T00:00:00Z");
    edit(
        history,
        Change::Region("35.10".parse().unwrap()),
        "2026-10-02T00:00:00Z",
    );
    let as_before = [(july, vec![news, history, later])];
    assert_eq!(archives(&store, "35.09"), as_before);
    assert_eq!(archives(&store, "35.10"), [(october, vec![news, history])]);

    edit(news, Change::Merge(later), "2026-10-03T00:00:00Z");
    assert_eq!(archives(&store, "35.09"), as_before);
    edit(news, Change::Undo, "2026-11-04T00:00:00Z");
    assert_eq!(
        archives(&store, "35.09"),
        [(july, vec![news, history, later]), (november, vec![later])],
        "it is told again, for it had left"
    );
    assert_eq!(archives(&store, "35"), archives(&store, "35.09"));
    drop(ledger);
    writer.join();
}

#[test]
fn a_second_process_is_told_that_the_store_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let _store = Store::open(folder.path(), AUTHORITY).unwrap();
    let second = Store::open(folder.path(), AUTHORITY);
    assert!(matches!(second, Err(Error::InUse { .. })));
    assert!(second.unwrap_err().to_string().contains("in use by another warta"));
}

#[test]
fn a_store_without_its_journal_is_damaged_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), AUTHORITY).unwrap();
    record(&store, vec![candidate("a", "https://a.example/1", 1)]);
    drop(store);
    std::fs::rename(folder.path().join("journal"), folder.path().join("elsewhere")).unwrap();
    let error = Store::open(folder.path(), AUTHORITY).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    std::fs::remove_dir_all(folder.path().join("journal")).unwrap();
    std::fs::rename(folder.path().join("elsewhere"), folder.path().join("journal")).unwrap();
    assert_eq!(addresses(&Store::open(folder.path(), AUTHORITY).unwrap()).len(), 1);
}

#[test]
fn two_copies_at_the_same_moment_become_one_story() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), AUTHORITY).unwrap();
    let (ledger, writer) = Ledger::start(store.clone(), Rules::within(WINDOW)).unwrap();
    runtime().block_on(async {
        for n in 0..100 {
            let one = ledger.record(vec![candidate("a", &format!("https://a.example/{n}"), n)], now());
            let other = ledger.record(vec![candidate("b", &format!("https://b.example/{n}"), n)], now());
            let (one, other) = tokio::join!(one, other);
            let outcomes = [one.unwrap()[0], other.unwrap()[0]];
            let new = outcomes
                .iter()
                .filter(|outcome| matches!(outcome, Assignment::New(_)))
                .count();
            let copies = outcomes
                .iter()
                .filter(|outcome| matches!(outcome, Assignment::Copy(_)))
                .count();
            assert_eq!((new, copies), (1, 1), "{outcomes:?}");
        }
    });
    drop(ledger);
    writer.join();
    assert_eq!(store.counts()[&RegionCode::INDONESIA], 100);
}

#[test]
fn a_preview_records_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), AUTHORITY).unwrap();
    let (ledger, _writer) = Ledger::start(store.clone(), Rules::within(WINDOW)).unwrap();
    let previewed = runtime()
        .block_on(ledger.preview(vec![candidate("a", "https://a.example/1", 1)], now()))
        .unwrap();
    assert!(matches!(previewed[0], Assignment::New(_)));
    assert!(addresses(&store).is_empty());
}

/// Not a test of its own: the child that [`what_was_acknowledged_survives_being_killed`] kills.
#[test]
fn write_until_killed() {
    let Some(folder) = std::env::var_os(WRITER_STORE) else {
        return;
    };
    let store = Store::open(Path::new(&folder), AUTHORITY).unwrap();
    let begin = store.counts().get(&RegionCode::INDONESIA).copied().unwrap_or(0) as u32;
    let (ledger, _writer) = Ledger::start(store, Rules::within(WINDOW)).unwrap();
    runtime().block_on(async {
        for n in begin.. {
            // Numbers may repeat after a kill; addresses then do too, and nothing may double.
            let url = format!("https://a.example/{n}");
            ledger.record(vec![candidate("a", &url, n)], now()).await.unwrap();
            println!("acknowledged {url}");
        }
    });
}

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..20 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "ledger::write_until_killed", "--nocapture"])
            .env(WRITER_STORE, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let urls = lines.filter_map(|line| line.unwrap().split_once("acknowledged ").map(|(_, url)| url.to_owned()));
        acknowledged.extend(urls.take(3 + round * 2));
        child.kill().unwrap();
        child.wait().unwrap();
        if round % 4 == 3 {
            std::fs::remove_dir_all(folder.path().join("sled")).unwrap();
        }
        let store = Store::open(folder.path(), AUTHORITY).unwrap();
        let stored = addresses(&store);
        let mut once = stored.clone();
        once.dedup();
        assert_eq!(stored, once, "an address is there twice");
        for url in &acknowledged {
            assert!(
                stored.binary_search(url).is_ok(),
                "round {round}: {url} was acknowledged and is lost"
            );
        }
    }
}
