//! Copies that their sources took back: they leave their story, and it goes with the last one; for good, through recrawls,
//! the loss of the sled folder, a compaction and a restore of another history.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use warta::dedupe::Rules;
use warta::ledger::{Candidate, Ledger, Said, Withdrawn};
use warta::model::{Article, Assignment, Change, Edit, EditOrder, SourceId, Story, StoryId, TakenBack};
use warta::store::{Replace, Store, compact, restore};

use crate::support::samples;

const TEXT: &str = "Petugas memeriksa setiap kamar hunian pada malam hari dan tidak menemukan barang terlarang. Kegiatan itu \
                    berjalan tertib dan diikuti seluruh regu jaga.";

fn now() -> Timestamp {
    "2026-11-24T00:00:00Z".parse().unwrap()
}

fn open(path: &Path) -> Store {
    Store::open(path, "warta.example.id,2026").unwrap()
}

/// Does something with the store's ledger.
fn with<T>(store: &Store, act: impl AsyncFnOnce(&Ledger) -> T) -> T {
    let rules = Rules::within(Duration::from_secs(7 * 86_400));
    let (ledger, writer) = Ledger::start(store.clone(), rules).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let result = runtime.block_on(act(&ledger));
    drop(ledger);
    writer.join();
    result
}

fn candidate(source: &str, text: &str) -> Candidate {
    samples::candidate(Article {
        guid: Some(format!("tag:{source}")),
        title: "Razia kamar hunian".to_owned(),
        ..samples::article(source, &url(source), text, now())
    })
}

fn url(source: &str) -> String {
    format!("https://{source}.example/razia")
}

fn record(store: &Store, source: &str, text: &str) -> Assignment {
    let group = vec![candidate(source, text)];
    with(store, async |ledger| ledger.record(group, now()).await.unwrap()[0])
}

/// A store with one story of these sources.
fn told_by(path: &Path, sources: &[&str]) -> (Store, StoryId) {
    let store = open(path);
    let mut story = None;
    for source in sources {
        match record(&store, source, TEXT) {
            Assignment::New(id) => story = Some(id),
            other => assert_eq!(Some(other), story.map(Assignment::Copy)),
        }
    }
    (store, story.unwrap())
}

fn withdraw(store: &Store, said: Said, taken: TakenBack) -> Vec<Withdrawn> {
    with(store, async |ledger| {
        ledger.withdraw(said, vec![taken], now()).await.unwrap()
    })
}

fn by_page(store: &Store, source: &str) -> Vec<Withdrawn> {
    withdraw(store, Said::Page, TakenBack::Url(url(source).parse().unwrap()))
}

fn undo(store: &Store, story: StoryId) {
    let order = EditOrder {
        story,
        change: Change::Undo,
        by: "humas".to_owned(),
    };
    with(store, async |ledger| ledger.edit(order, now()).await.unwrap());
}

fn story(store: &Store, id: StoryId) -> Story {
    store.story_record(id).unwrap().unwrap()
}

fn tellers(story: &Story) -> Vec<&str> {
    story.members.iter().map(|member| member.source.as_str()).collect()
}

/// The words of the article at a source's address.
fn words(store: &Store, source: &str) -> String {
    store.article_of_url(&url(source)).unwrap().unwrap().article.text
}

#[test]
fn a_copy_leaves_its_story_and_comes_back_by_no_crawl() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = told_by(folder.path(), &["a", "b", "c"]);
    assert_eq!(by_page(&store, "a").len(), 1);
    drop(store);
    std::fs::remove_dir_all(folder.path().join("sled")).unwrap();
    compact(folder.path()).unwrap();
    let store = open(folder.path());
    let after = story(&store, id);
    assert_eq!((tellers(&after), &after.hidden), (vec!["b", "c"], &None));
    assert_ne!(after.representative.0, id.0, "another one stands for it");
    assert!(store.story(id).unwrap().unwrap().article.text.contains("Petugas"));
    assert_eq!(after.edits[0].by, Edit::WARTA);
    assert_eq!(words(&store, "a"), "");
    assert!(store.is_known(&url("a")).unwrap(), "its page is not read again");
    for text in [TEXT, "Kata-kata lain yang ditulis kemudian oleh sumber yang sama."] {
        assert_eq!(record(&store, "a", text), Assignment::Unchanged(id));
    }
    assert_eq!(
        (tellers(&story(&store, id)).len(), words(&store, "a").as_str()),
        (2, "")
    );
    assert_eq!(by_page(&store, "a"), [], "nor is it withdrawn twice");
    assert_eq!(
        record(&store, "d", TEXT),
        Assignment::Copy(id),
        "others may still tell it"
    );
}

#[test]
fn a_story_goes_with_its_last_copy_and_each_step_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = told_by(folder.path(), &["a", "b"]);
    by_page(&store, "a");
    assert_eq!(
        by_page(&store, "b"),
        [Withdrawn {
            url: url("b"),
            story: id
        }]
    );
    let hidden = story(&store, id).hidden.unwrap();
    assert!(hidden.reason.contains("ditarik kembali"), "{hidden:?}");
    assert_eq!((words(&store, "a"), words(&store, "b")), (String::new(), String::new()));
    assert!(store.is_known(&url("b")).unwrap());

    undo(&store, id);
    assert_eq!(
        (story(&store, id).hidden, store.is_known(&url("b")).unwrap()),
        (None, false)
    );
    assert_eq!(record(&store, "b", TEXT), Assignment::Changed(id));
    undo(&store, id);
    assert_eq!(tellers(&story(&store, id)), ["a", "b"]);
    assert!(!store.is_known(&url("a")).unwrap(), "its page is read again");
    assert_eq!(record(&store, "a", TEXT), Assignment::Changed(id));
    assert_eq!(words(&store, "a"), TEXT);
}

#[test]
fn a_source_takes_back_its_own_articles_only() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = told_by(folder.path(), &["a", "b"]);
    let source = |name: &str| Said::Source(SourceId::new(name).unwrap());
    let address = || TakenBack::Url(url("a").parse().unwrap());
    let guid = || TakenBack::Guid("tag:a".to_owned());
    for (said, taken) in [(source("b"), address()), (source("b"), guid()), (Said::Page, guid())] {
        assert_eq!(withdraw(&store, said.clone(), taken.clone()), [], "{said:?} {taken:?}");
    }
    assert_eq!(tellers(&story(&store, id)), ["a", "b"]);
    assert_eq!(withdraw(&store, source("a"), guid()).len(), 1);
    assert_eq!(tellers(&story(&store, id)), ["b"]);
    assert_eq!(by_page(&store, "nobody"), []);
}

#[test]
fn what_was_taken_back_stays_so_even_by_a_backup_of_another_history() {
    let [one, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (store, id) = told_by(one.path(), &["x", "a", "b"]);
    let alone = record(
        &store,
        "e",
        "Berita lain sama sekali tentang panen raya di kebun lapas pada pagi hari itu.",
    );
    let mut backup = Vec::new();
    store.backup(&mut backup).unwrap();
    drop(store);
    let (there, _) = told_by(other.path(), &["a", "b"]);
    record(
        &there,
        "e",
        "Berita lain sama sekali tentang panen raya di kebun lapas pada pagi hari itu.",
    );
    assert_eq!((by_page(&there, "a").len(), by_page(&there, "e").len()), (1, 1));
    drop(there);
    let summary = restore(other.path(), backup.as_slice(), Replace::Yes(now())).unwrap();
    assert_eq!(summary.withdrawn, 1, "the story of one copy");
    let restored = open(other.path());
    let after = story(&restored, id);
    assert_eq!((tellers(&after), after.hidden.is_none()), (vec!["x", "b"], true));
    assert_eq!(
        (words(&restored, "a"), words(&restored, "b").as_str()),
        (String::new(), TEXT)
    );
    assert_eq!(record(&restored, "a", TEXT), Assignment::Unchanged(id));
    let Assignment::New(alone) = alone else {
        panic!("{alone:?}");
    };
    assert!(story(&restored, alone).hidden.is_some());
}
