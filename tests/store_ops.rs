//! The store's operations: backup, restore, compaction, removal for age, and what becomes of damage, lost power and a
//! full disk. Everywhere the rows that come back are compared with those that were acknowledged.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use warta::dedupe::Fingerprint;
use warta::ledger::{Candidate, Expired, Ledger, Said, Suspect};
use warta::model::{
    About, Article, Assignment, Change, EditOrder, RegionCode, Scope, Sign, SourceId, SourceState, StoryId, TakenBack,
    Why,
};
use warta::store::keys::{self, Tree};
use warta::store::{Error, Replace, Replayed, Row, Store, compact, examine, restore};

use crate::support::samples;

const WINDOW: Duration = Duration::from_secs(7 * 86_400);
const AUTHORITY: &str = "warta.example.id,2026";
const DAY: Duration = Duration::from_secs(86_400);

fn now() -> Timestamp {
    "2026-11-24T00:00:00Z".parse().unwrap()
}

/// Numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }
}

/// A release of so many words that no other number has.
fn release(n: u32, words: usize) -> Candidate {
    let mut numbers = Numbers(u64::from(n) * 7_919 + 1);
    let text: Vec<String> = (0..words).map(|_| format!("{:x}", numbers.below(1 << 30))).collect();
    let text = format!("JEMBER – Kegiatan {n}. {}", text.join(" "));
    samples::candidate(Article {
        guid: Some(format!("guid-{n}")),
        title: format!("Kegiatan {n}"),
        summary: text.chars().take(300).collect(),
        ..samples::article("a", &format!("https://a.example/{n}"), &text, now())
    })
}

fn candidate(n: u32) -> Candidate {
    release(n, 150)
}

fn open(path: &Path) -> Store {
    Store::open(path, AUTHORITY).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// Does something with the store's ledger.
fn with<T>(store: &Store, act: impl AsyncFnOnce(&Ledger) -> T) -> T {
    let (ledger, writer) = Ledger::start(store.clone(), warta::dedupe::Rules::within(WINDOW)).unwrap();
    let result = runtime().block_on(act(&ledger));
    drop(ledger);
    writer.join();
    result
}

fn record_at(store: &Store, candidates: Vec<Candidate>, at: Timestamp) -> Vec<Assignment> {
    with(store, async |ledger| ledger.record(candidates, at).await.unwrap())
}

/// Records these releases, a frame for every ten.
fn fill(store: &Store, numbers: std::ops::Range<u32>) {
    with(store, async |ledger| {
        for first in numbers.clone().step_by(10) {
            let group = first..numbers.end.min(first + 10);
            ledger.record(group.map(candidate).collect(), now()).await.unwrap();
        }
    });
}

fn edit(store: &Store, story: StoryId, change: Change) {
    let order = EditOrder {
        story,
        change,
        by: "humas".to_owned(),
    };
    with(store, async |ledger| ledger.edit(order, now()).await.unwrap());
}

/// Holds a release back.
fn hold(store: &Store, n: u32) {
    let suspect = Suspect {
        candidate: release(n, 30),
        why: Why::new(
            About::Gambling,
            vec![Sign::SellingLink],
            vec!["slot".to_owned()],
            vec![],
        ),
    };
    with(store, async |ledger| ledger.hold(vec![suspect], now()).await.unwrap());
}

fn story_of(store: &Store, n: u32) -> StoryId {
    store.story_of_url(&format!("https://a.example/{n}")).unwrap().unwrap()
}

fn source() -> SourceId {
    SourceId::new("a").unwrap()
}

/// Everything in a store: stories, articles, fingerprints, what addresses lead to, corrections, what is held back,
/// states, counts.
fn rows(store: &Store) -> Result<BTreeMap<String, String>, Error> {
    let mut rows = BTreeMap::new();
    for detail in store.newest(&Scope::Region(RegionCode::INDONESIA)) {
        let story = detail?.story;
        for member in &story.members {
            let (id, key) = (member.article, keys::url(&member.url));
            let article = store.article(id)?;
            let fingerprint: Option<Fingerprint> = store.fingerprint(id)?;
            let leads_to = store.indexed(Tree::Url, &key)?;
            let correction = store.correction(&key)?;
            let all = format!("{article:?} {fingerprint:?} {leads_to:?} {correction:?}");
            assert!(
                rows.insert(format!("article {}", id.0), all).is_none(),
                "an article is there twice"
            );
        }
        rows.insert(format!("story {}", story.id), format!("{story:?}"));
    }
    for (source, state) in store.states()? {
        rows.insert(format!("source {}", source.as_str()), format!("{state:?}"));
    }
    for (code, count) in store.counts() {
        rows.insert(format!("count {code:?}"), count.to_string());
    }
    rows.insert("held back".to_owned(), format!("{:?}", store.held_back(99)?));
    rows.insert("rows".to_owned(), store.backup(io::sink())?.rows.to_string());
    Ok(rows)
}

fn all(store: &Store) -> BTreeMap<String, String> {
    rows(store).unwrap()
}

/// A store with some of everything: two frames more after a base.
fn sample(path: &Path, compacted: bool) -> BTreeMap<String, String> {
    let store = open(path);
    fill(&store, 0..40);
    edit(&store, story_of(&store, 3), Change::Region("35.10".parse().unwrap()));
    edit(&store, story_of(&store, 4), Change::Hide("salah".to_owned()));
    hold(&store, 1_000);
    store.put_state(&source(), &SourceState::default()).unwrap();
    if compacted {
        drop(store);
        compact(path).unwrap();
        let store = open(path);
        fill(&store, 40..60);
        return all(&store);
    }
    all(&store)
}

/// sled's folder by itself, once its last owner has let it go.
fn opened(folder: &Path) -> sled::Db {
    for _ in 0..500 {
        match sled::open(folder) {
            Err(error) if error.to_string().contains("acquire lock") => std::thread::sleep(Duration::from_millis(20)),
            opened => return opened.unwrap(),
        }
    }
    panic!("{} stays locked", folder.display())
}

/// Copies a folder, as far as its files are there while it is read.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            match fs::copy(entry.path(), &target) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{error}"),
                _ => {}
            }
        }
    }
}

fn backup(store: &Store) -> Vec<u8> {
    let mut bytes = Vec::new();
    store.backup(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_backup_restored_elsewhere_gives_the_same_rows() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let rows = sample(one.path(), false);
    let store = open(one.path());
    let bytes = backup(&store);
    let path = other.path().join("store");
    let summary = restore(&path, bytes.as_slice(), Replace::No).unwrap();
    assert_eq!(
        (summary.stories, summary.articles, summary.replayed),
        (40, 40, Replayed::NoStore)
    );
    let restored = open(&path);
    assert_eq!(all(&restored), rows);
    assert_eq!(restored.authority(), AUTHORITY);
    fill(&restored, 40..50);
    drop(restored);
    fs::remove_dir_all(path.join("sled")).unwrap();
    let restored = open(&path);
    assert_eq!(restored.counts()[&RegionCode::INDONESIA], 50);
    assert_eq!(
        all(&restored).get(&format!("story {}", story_of(&store, 3))),
        rows.get(&format!("story {}", story_of(&store, 3)))
    );
}

#[test]
fn a_backup_taken_while_the_ledger_writes_is_of_one_moment() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    fill(&store, 0..400);
    let (acknowledged, stop) = (AtomicU32::new(400), AtomicBool::new(false));
    let backups: Vec<(u32, Vec<u8>)> = std::thread::scope(|scope| {
        scope.spawn(|| {
            with(&store, async |ledger| {
                while !stop.load(Ordering::Acquire) {
                    let n = acknowledged.load(Ordering::Acquire);
                    // A new article, and one that changes: the backup reads before and after.
                    let mut changed = candidate(n / 2);
                    changed.article.text += " diperbarui";
                    changed.article.title += " lagi";
                    ledger.record(vec![candidate(n), changed], now()).await.unwrap();
                    acknowledged.store(n + 1, Ordering::Release);
                }
            });
        });
        let mut backups = Vec::new();
        let mut with_frames = 0;
        // Until something was written during one: how long that takes is the machine's affair.
        while backups.len() < 5 || (with_frames == 0 && backups.len() < 200) {
            let before = acknowledged.load(Ordering::Acquire);
            let mut bytes = Vec::new();
            with_frames += store.backup(&mut bytes).unwrap().frames;
            backups.push((before, bytes));
        }
        assert!(with_frames > 0, "nothing was written during any backup");
        stop.store(true, Ordering::Release);
        backups
    });
    let total = acknowledged.load(Ordering::Acquire);
    for (before, bytes) in backups {
        let elsewhere = tempfile::tempdir().unwrap();
        restore(elsewhere.path(), bytes.as_slice(), Replace::No).unwrap();
        let restored = open(elsewhere.path());
        let stories = restored.counts()[&RegionCode::INDONESIA] as u32;
        assert!((before..=total).contains(&stories), "{before} <= {stories} <= {total}");
        // Frames are applied in order: what is there is there without a gap, and so is what was changed with it.
        for n in 0..stories {
            let article = restored
                .article_of_url(&format!("https://a.example/{n}"))
                .unwrap()
                .unwrap();
            let changed = (200..stories / 2).contains(&n) || (stories % 2 == 1 && n == stories / 2);
            let says = article.article.text.ends_with("diperbarui");
            assert_eq!(says, changed, "article {n} of {stories}");
        }
        all(&restored);
    }
}

#[test]
fn a_restore_over_a_store_keeps_what_it_has_beyond_the_backup_and_moves_it_aside() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    fill(&store, 0..20);
    let bytes = backup(&store);
    fill(&store, 20..30);
    edit(&store, story_of(&store, 5), Change::Hide("atas permintaan".to_owned()));
    let rows = all(&store);
    drop(store);
    let refused = restore(folder.path(), bytes.as_slice(), Replace::No).unwrap_err();
    assert!(
        matches!(&refused, Error::NotEmpty { stories, .. } if stories == "30"),
        "{refused}"
    );
    let summary = restore(folder.path(), bytes.as_slice(), Replace::Yes(now())).unwrap();
    assert_eq!(summary.replayed, Replayed::All(2));
    let aside = folder.path().join("aside-20261124T000000Z");
    assert_eq!(summary.aside, Some(aside.clone()));
    let store = open(folder.path());
    assert_eq!(all(&store), rows);
    assert!(
        store
            .story_record(story_of(&store, 5))
            .unwrap()
            .unwrap()
            .hidden
            .is_some()
    );
    assert_eq!(all(&open(&aside)), rows);
}

#[test]
fn what_was_withdrawn_stays_so_even_by_a_backup_of_another_history() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(one.path());
    fill(&store, 0..20);
    let bytes = backup(&store);
    let there = open(other.path());
    fill(&there, 0..7);
    edit(&there, story_of(&there, 5), Change::Hide("atas permintaan".to_owned()));
    drop(there);
    let summary = restore(other.path(), bytes.as_slice(), Replace::Yes(now())).unwrap();
    assert_eq!(
        (summary.replayed, summary.withdrawn, summary.stories),
        (Replayed::OtherHistory, 1, 20)
    );
    let restored = open(other.path());
    let story = restored.story(story_of(&restored, 5)).unwrap().unwrap();
    assert_eq!(
        story.story.hidden.map(|hidden| hidden.reason),
        Some("atas permintaan".to_owned())
    );
    assert_eq!((story.article.text.as_str(), story.article.html.as_str()), ("", ""));
    assert!(
        restored
            .story_record(story_of(&restored, 6))
            .unwrap()
            .unwrap()
            .hidden
            .is_none()
    );
    // Also when sled is built again.
    drop(restored);
    fs::remove_dir_all(other.path().join("sled")).unwrap();
    let restored = open(other.path());
    assert!(
        restored
            .story_record(story_of(&restored, 5))
            .unwrap()
            .unwrap()
            .hidden
            .is_some()
    );
}

#[test]
fn a_backup_that_is_not_whole_changes_nothing() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    sample(one.path(), false);
    let bytes = backup(&open(one.path()));
    let rows = sample(other.path(), false);
    let mut numbers = Numbers(1);
    for _ in 0..20 {
        let mut damaged = bytes.clone();
        let at = numbers.below(bytes.len());
        if numbers.below(2) == 0 {
            damaged.truncate(at);
        } else {
            damaged[at] ^= 1 << numbers.below(8);
        }
        let error = restore(other.path(), damaged.as_slice(), Replace::Yes(now())).unwrap_err();
        assert!(matches!(error, Error::Backup { .. }), "at {at}: {error}");
    }
    let later = restore(other.path(), &b"warta backup 99\n"[..], Replace::Yes(now())).unwrap_err();
    assert!(later.to_string().contains("later version"), "{later}");
    let foreign = restore(other.path(), &b"PK\x03\x04 whatever"[..], Replace::Yes(now())).unwrap_err();
    assert!(foreign.to_string().contains("no backup of warta"), "{foreign}");
    assert_eq!(all(&open(other.path())), rows);
}

#[test]
fn compaction_keeps_every_row_and_gives_space_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    fill(&store, 0..1_000);
    let later = now() + 400 * DAY;
    with(&store, async |ledger| {
        ledger
            .record((1_000..1_500).map(candidate).collect(), later)
            .await
            .unwrap();
        let expired = ledger.expire(30 * DAY, later).await.unwrap();
        assert_eq!(
            expired,
            Expired {
                stories: 1_000,
                articles: 1_000
            }
        );
    });
    let rows = all(&store);
    drop(store);
    let summary = compact(folder.path()).unwrap();
    println!(
        "{summary:?}: sled is {:.2} of what lives",
        summary.sled as f64 / summary.live as f64
    );
    assert!(summary.after < summary.before / 2, "{summary:?}");
    // Half a megabyte is the least sled takes for anything, and a row costs it some 250 bytes besides, which count in a store
    // of three megabytes.
    assert!(
        summary.sled < summary.live * 2 + summary.rows * 250 + (1 << 20),
        "{summary:?}"
    );
    assert_eq!(
        (summary.stories, summary.articles, &summary.repaired),
        (500, 500, &None)
    );
    let store = open(folder.path());
    assert_eq!(all(&store), rows);
    drop(store);
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    assert_eq!(all(&open(folder.path())), rows);
    let missing = compact(&folder.path().join("nowhere")).unwrap_err();
    assert!(matches!(missing, Error::Io { .. }), "{missing}");
    assert!(!folder.path().join("nowhere").exists());
}

#[test]
fn the_journal_is_cut_after_two_backups_and_sled_can_still_be_built_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let segments = || fs::read_dir(folder.path().join("journal")).unwrap().count();
    // More than fits a segment, and does not get smaller.
    let add = |round: u8| {
        let mut numbers = Numbers(u64::from(round));
        let noise = (0..(17 << 20) / 4)
            .flat_map(|_| (numbers.below(1 << 31) as u32).to_le_bytes())
            .collect();
        let (tree, key) = (Tree::Exact, vec![round; 16]);
        store
            .commit(&[Row {
                tree,
                key,
                value: Some(noise),
            }])
            .unwrap();
    };
    fill(&store, 0..20);
    let mut marks = Vec::new();
    for round in 0..4 {
        add(round);
        marks.push(store.backup(io::sink()).unwrap().watermark);
    }
    assert_eq!(segments(), 4);
    for mark in &marks[..2] {
        store.backup_done(*mark).unwrap();
    }
    assert_eq!(segments(), 5, "without a base nothing can go");
    store.rebase().unwrap();
    assert_eq!(segments(), 4, "what came after the older backup stays");
    store.backup_done(marks[3]).unwrap();
    assert_eq!(segments(), 3);
    store.backup_done(marks[3]).unwrap();
    assert_eq!(segments(), 3, "the same backup said twice is one backup");
    let rows = all(&store);
    drop(store);
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    assert_eq!(all(&open(folder.path())), rows);
}

#[test]
fn a_base_that_was_damaged_meanwhile_is_written_anew_with_the_next_backup() {
    let folder = tempfile::tempdir().unwrap();
    sample(folder.path(), true);
    let (store, base) = (open(folder.path()), folder.path().join("base"));
    let rows = all(&store);
    let bytes = fs::read(&base).unwrap();
    for at in [3, bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        fs::write(&base, &damaged).unwrap();
        assert!(examine(damaged.as_slice()).is_err(), "at {at}");
        store.backup_done(store.backup(io::sink()).unwrap().watermark).unwrap();
        examine(fs::File::open(&base).unwrap()).unwrap();
    }
    drop(store);
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    let again = all(&open(folder.path()));
    let stories = |rows: &BTreeMap<String, String>| rows.keys().filter(|key| key.starts_with("story")).count();
    assert_eq!(stories(&again), stories(&rows));
}

#[test]
fn a_sled_folder_older_than_the_base_is_built_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    fill(&store, 0..10);
    drop(store);
    let stale = folder.path().join("stale");
    copy_folder(&folder.path().join("sled"), &stale);
    let store = open(folder.path());
    fill(&store, 10..30);
    let rows = all(&store);
    drop(store);
    compact(folder.path()).unwrap();
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    fs::rename(stale, folder.path().join("sled")).unwrap();
    assert_eq!(all(&open(folder.path())), rows);
}

#[test]
fn a_later_version_s_store_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    sample(folder.path(), true);
    let base = fs::read(folder.path().join("base")).unwrap();
    fs::write(folder.path().join("base"), [b"warta backup 2\n", &base[15..]].concat()).unwrap();
    let error = Store::open(folder.path(), AUTHORITY).unwrap_err();
    assert!(matches!(error, Error::Newer { .. }), "{error}");
    assert!(error.to_string().contains("later version"), "{error}");
    fs::write(folder.path().join("base"), base).unwrap();
    let db = opened(&folder.path().join("sled"));
    db.open_tree("meta")
        .unwrap()
        .insert("format", &99_u64.to_be_bytes())
        .unwrap();
    drop(db);
    let error = Store::open(folder.path(), AUTHORITY).unwrap_err();
    assert!(error.to_string().contains("format 99"), "{error}");
}

#[test]
fn another_program_s_sled_folder_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let db = opened(&folder.path().join("sled"));
    db.open_tree("blobs").unwrap().insert("a", "b").unwrap();
    drop(db);
    let error = Store::open(folder.path(), AUTHORITY).unwrap_err();
    assert!(error.to_string().contains("another program"), "{error}");
}

#[test]
fn what_is_removed_for_its_age_never_comes_back_as_new() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    fill(&store, 0..250);
    let kept = story_of(&store, 9);
    edit(&store, kept, Change::Pin(now() + 900 * DAY));
    let later = now() + 100 * DAY;
    record_at(&store, vec![candidate(250)], later);
    let expire = |keep| with(&store, async |ledger| ledger.expire(keep, later).await.unwrap());
    assert_eq!(expire(200 * DAY), Expired::default());
    assert_eq!(
        expire(30 * DAY),
        Expired {
            stories: 249,
            articles: 249
        }
    );
    assert_eq!(expire(30 * DAY), Expired::default());
    assert_eq!(store.counts()[&RegionCode::INDONESIA], 2);
    let left: Vec<StoryId> = store
        .newest(&Scope::Region(RegionCode::INDONESIA))
        .map(|detail| detail.unwrap().story.id)
        .collect();
    assert_eq!(left, [story_of(&store, 250), kept]);
    assert!(store.is_known("https://a.example/1").unwrap());

    let again = |change: &dyn Fn(&mut Article)| {
        let mut candidate = candidate(1);
        change(&mut candidate.article);
        record_at(&store, vec![candidate], later)[0]
    };
    let gone = again(&|_| {});
    assert!(matches!(gone, Assignment::Unchanged(_)), "{gone:?}");
    assert_eq!(again(&|article| article.text += " diperbarui"), gone, "other words");
    assert_eq!(
        again(&|article| article.url = "https://a.example/moved".to_owned()),
        gone,
        "moved: guid and text"
    );
    let copy = again(&|article| {
        article.source = SourceId::new("b").unwrap();
        article.url = "https://b.example/copy".to_owned();
    });
    assert_eq!(copy, gone, "a late copy elsewhere");
    assert!(
        store.is_known("https://b.example/copy").unwrap(),
        "it is not read again"
    );
    assert!(matches!(
        again(&|article| *article = super::store_ops::candidate(900).article),
        Assignment::New(_)
    ));
    drop(store);
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    let store = open(folder.path());
    assert_eq!(store.counts()[&RegionCode::INDONESIA], 3);
    assert!(store.is_known("https://a.example/1").unwrap());
    assert_eq!(store.counts(), {
        drop(store);
        compact(folder.path()).unwrap();
        open(folder.path()).counts()
    });
}

/// What was in the store that `tests/fixtures/store/v1` was made of: every kind of record in its first shape. The fixture
/// is never written anew; a record that changes its shape has to read it still.
fn check_version_1(store: &Store) {
    assert_eq!(store.authority(), AUTHORITY);
    let id = |n| story_of(store, n);
    let story = |n| store.story(id(n)).unwrap().unwrap();
    assert_eq!(story(1).article, release(1, 30).article);
    assert_eq!(story(1).story.region, "35.10".parse().unwrap());
    let hidden = story(2).story.hidden.unwrap();
    assert_eq!((hidden.reason.as_str(), story(2).article.text.as_str()), ("salah", ""));
    assert_eq!((id(4), story(3).story.members.len()), (id(3), 1));
    let taken = store.taken_back(&keys::url("https://a.example/4")).unwrap().unwrap();
    assert_eq!(taken.at, now());
    let held = store.quarantined_of_url("https://a.example/6").unwrap().unwrap();
    assert_eq!((held.article, held.since), (release(6, 30).article, now()));
    assert_eq!(store.merged_into(StoryId(id(3).0 + 1)).unwrap(), Some(id(3)));
    let pins: Vec<StoryId> = store.pinned().unwrap().iter().map(|pinned| pinned.story.id).collect();
    assert_eq!(pins, [id(3)]);
    let gone = store
        .indexed(Tree::Url, &keys::url("https://a.example/5"))
        .unwrap()
        .unwrap();
    assert_eq!(store.gone(gone).unwrap().unwrap().date, now() - 30 * DAY);
    assert_eq!(store.counts()[&RegionCode::INDONESIA], 3);
    all(store);
}

/// How the fixture's store was made. With `WARTA_FREEZE=FOLDER` it is written there: for a new version of the records.
#[test]
fn what_the_fixture_was_made_of_reads_as_the_fixture_does() {
    let live = tempfile::tempdir().unwrap();
    let store = open(live.path());
    let mut old = release(5, 30);
    old.article.seen = now() - 30 * DAY;
    record_at(&store, vec![old], now() - 30 * DAY);
    with(&store, async |ledger| ledger.expire(10 * DAY, now()).await.unwrap());
    record_at(
        &store,
        vec![release(1, 30), release(2, 30), release(3, 30), release(4, 30)],
        now(),
    );
    edit(&store, story_of(&store, 1), Change::Region("35.10".parse().unwrap()));
    edit(&store, story_of(&store, 2), Change::Hide("salah".to_owned()));
    edit(&store, story_of(&store, 3), Change::Merge(story_of(&store, 4)));
    edit(&store, story_of(&store, 3), Change::Pin(now() + 30 * DAY));
    hold(&store, 6);
    let copy = TakenBack::Url("https://a.example/4".parse().unwrap());
    with(&store, async |ledger| {
        ledger.withdraw(Said::Page, vec![copy], now()).await.unwrap()
    });
    let state = warta::model::SourceState {
        failures: 3,
        ..warta::model::SourceState::default()
    };
    store.put_state(&source(), &state).unwrap();
    check_version_1(&store);
    let Ok(folder) = std::env::var("WARTA_FREEZE") else {
        return;
    };
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder).unwrap();
    store.backup(fs::File::create(folder.join("backup")).unwrap()).unwrap();
    drop(store);
    copy_folder(&live.path().join("journal"), &folder.join("journal"));
}

fn version_1(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/store/v1")
        .join(name)
}

#[test]
fn records_and_journal_of_version_1_are_read_and_their_store_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&version_1("journal"), &folder.path().join("journal"));
    check_version_1(&open(folder.path()));
    // Again, with sled as it was before it said its format.
    let db = opened(&folder.path().join("sled"));
    db.open_tree("meta").unwrap().remove("format").unwrap().unwrap();
    drop(db);
    check_version_1(&open(folder.path()));
    compact(folder.path()).unwrap();
    check_version_1(&open(folder.path()));
}

#[test]
fn a_backup_of_version_1_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs::read(version_1("backup")).unwrap();
    restore(folder.path(), bytes.as_slice(), Replace::No).unwrap();
    let store = open(folder.path());
    check_version_1(&store);
    assert_eq!(store.state(&source()).unwrap().unwrap().failures, 3);
}

/// Every file of a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// What became of a damaged store.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Became {
    /// Every row is there.
    Whole,
    /// It was said at opening, and `compact` has repaired it.
    SaidThenRepaired,
    /// It was said when a row was read, and `compact` has repaired it.
    SaidWhenReadThenRepaired,
    /// It was said, and only a backup helps.
    Said,
    /// Rows are missing or different, and nothing was said.
    Silent(String),
}

fn difference(truth: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> String {
    let missing = truth.keys().filter(|key| !found.contains_key(*key)).count();
    let other = truth
        .iter()
        .filter(|(key, row)| found.get(*key).is_some_and(|found| found != *row))
        .count();
    format!("{missing} rows missing, {other} different of {}", truth.len())
}

/// Opens a damaged store, reads all of it, and repairs it if anything is said.
fn judge(path: &Path, truth: &BTreeMap<String, String>) -> Became {
    let try_all = || -> Result<Result<BTreeMap<String, String>, Error>, Error> {
        let store = Store::open(path, AUTHORITY)?;
        Ok(catch_unwind(AssertUnwindSafe(|| rows(&store))).unwrap_or_else(|_| {
            Err(Error::Damaged {
                path: path.to_owned(),
                what: "a panic while reading".to_owned(),
                advice: String::new(),
            })
        }))
    };
    let said = match try_all() {
        Ok(Ok(rows)) if rows == *truth => return Became::Whole,
        Ok(Ok(rows)) => return Became::Silent(difference(truth, &rows)),
        Ok(Err(_)) => Became::SaidWhenReadThenRepaired,
        Err(error) => {
            let text = error.to_string();
            assert!(
                text.contains("warta compact") || text.contains("warta restore"),
                "no advice in {text}"
            );
            Became::SaidThenRepaired
        }
    };
    match compact(path) {
        Err(error) => {
            println!("not repaired: {error:?}");
            Became::Said
        }
        Ok(_) => match try_all() {
            Ok(Ok(rows)) if rows == *truth => said,
            Ok(Ok(rows)) => Became::Silent(format!("after compaction {}", difference(truth, &rows))),
            other => Became::Silent(format!("compaction said it is repaired: {other:?}")),
        },
    }
}

/// Damages a file in copies of a store and counts what becomes of them.
fn table(
    what: &str,
    original: &Path,
    truth: &BTreeMap<String, String>,
    tries: Tries,
    damage: impl Fn(&mut Numbers, &Path, &Path),
) {
    let mut numbers = Numbers(42);
    let mut outcomes: BTreeMap<(String, Became), u32> = BTreeMap::new();
    let mut names = files(original);
    names.retain(|name| fs::metadata(name).unwrap().len() > 0);
    let sizes: Vec<usize> = names
        .iter()
        .map(|name| fs::metadata(name).unwrap().len() as usize)
        .collect();
    let count = match tries {
        Tries::Count(count) => count,
        Tries::OfEachFile => names.len(),
    };
    for n in 0..count {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(original, copy.path());
        // Half by turns, so that small files get theirs, half by size.
        let mut at = numbers.below(sizes.iter().sum());
        let by_size = sizes
            .iter()
            .position(|size| at.checked_sub(*size).map(|rest| at = rest).is_none())
            .unwrap();
        let which = match tries {
            Tries::OfEachFile => n,
            Tries::Count(_) if n % 2 == 0 => (n / 2) % names.len(),
            Tries::Count(_) => by_size,
        };
        let name = names[which].strip_prefix(original).unwrap();
        damage(&mut numbers, copy.path(), name);
        let kind = name
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_string_lossy()
            .into_owned();
        *outcomes.entry((kind, judge(copy.path(), truth))).or_default() += 1;
    }
    for ((kind, became), count) in &outcomes {
        println!("{what:16} {kind:8} {count:3} {became:?}");
    }
    let silent: Vec<_> = outcomes
        .keys()
        .filter(|(_, became)| matches!(became, Became::Silent(_)))
        .collect();
    assert!(silent.is_empty(), "{what}: {silent:?}");
}

/// How often a kind of damage is tried.
#[derive(Clone, Copy)]
enum Tries {
    Count(usize),
    OfEachFile,
}

/// Changes the bytes of a file.
fn rewrite(folder: &Path, name: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(folder.join(name)).unwrap();
    change(&mut bytes);
    fs::write(folder.join(name), bytes).unwrap();
}

#[test]
fn no_damage_to_any_file_goes_unsaid() {
    let original = tempfile::tempdir().unwrap();
    let truth = sample(original.path(), true);
    table(
        "flipped bit",
        original.path(),
        &truth,
        Tries::Count(100),
        |numbers, copy, name| {
            rewrite(copy, name, |bytes| {
                let at = numbers.below(bytes.len());
                bytes[at] ^= 1 << numbers.below(8);
            });
        },
    );
    table(
        "truncated",
        original.path(),
        &truth,
        Tries::Count(30),
        |numbers, copy, name| {
            rewrite(copy, name, |bytes| bytes.truncate(numbers.below(bytes.len())));
        },
    );
    table(
        "torn last page",
        original.path(),
        &truth,
        Tries::Count(30),
        |_, copy, name| {
            rewrite(copy, name, |bytes| {
                let page = (bytes.len() - 1) / 4_096 * 4_096;
                bytes[page..].fill(0);
            });
        },
    );
}

#[test]
fn no_file_that_is_missing_or_another_s_goes_unsaid() {
    let (original, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let truth = sample(original.path(), true);
    let each = Tries::OfEachFile;
    table("missing", original.path(), &truth, each, |_, copy, name| {
        fs::remove_file(copy.join(name)).unwrap();
    });
    table("emptied", original.path(), &truth, each, |_, copy, name| {
        rewrite(copy, name, Vec::clear);
    });
    table("of no store", original.path(), &truth, each, |_, copy, name| {
        rewrite(copy, name, |bytes| bytes.fill(b'x'));
    });
    // Of another history from the first frame on.
    fill(&open(other.path()), 200..203);
    sample(other.path(), true);
    table("of another store", original.path(), &truth, each, |_, copy, name| {
        if other.path().join(name).exists() {
            fs::copy(other.path().join(name), copy.join(name)).unwrap();
        }
    });
}

#[test]
fn no_part_of_another_store_goes_unsaid_however_far_that_one_has_come() {
    let original = tempfile::tempdir().unwrap();
    let truth = sample(original.path(), true);
    // Of what its parts are, and how many stories it has beside.
    for (others, compacted) in [
        (0..0, true),
        (200..203, true),
        (200..300, true),
        (0..0, false),
        (200..400, false),
    ] {
        let other = tempfile::tempdir().unwrap();
        fill(&open(other.path()), others.clone());
        let theirs = sample(other.path(), compacted);
        for parts in [
            &["journal"][..],
            &["base"],
            &["sled"],
            &["journal", "base"],
            &["journal", "sled"],
            &["base", "sled"],
        ] {
            let copy = tempfile::tempdir().unwrap();
            copy_folder(original.path(), copy.path());
            for part in parts {
                let (from, to) = (other.path().join(part), copy.path().join(part));
                let _ = fs::remove_dir_all(&to);
                match fs::copy(&from, &to) {
                    Err(_) if from.is_dir() => copy_folder(&from, &to),
                    Err(_) => fs::remove_file(&to).unwrap(),
                    Ok(_) => {}
                }
            }
            // Where base and sled are the other's, it is that store, with a journal of ours.
            let whose = if *parts == ["base", "sled"] { &theirs } else { &truth };
            let became = judge(copy.path(), whose);
            println!("{parts:?} of a store with {others:?}, compacted {compacted}: {became:?}");
            assert!(
                !matches!(became, Became::Silent(_)),
                "{parts:?}, {others:?}, {compacted}: {became:?}"
            );
        }
    }
}

#[test]
fn what_a_store_is_put_together_from_is_named_and_what_is_put_back_is_whole() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let truth = sample(ours.path(), false);
    fill(&open(theirs.path()), 200..300);
    let (journal, kept) = (ours.path().join("journal"), ours.path().join("kept"));
    fs::rename(&journal, &kept).unwrap();
    copy_folder(&theirs.path().join("journal"), &journal);
    for said in [
        Store::open(ours.path(), AUTHORITY).unwrap_err(),
        compact(ours.path()).unwrap_err(),
    ] {
        assert!(matches!(said, Error::Mixed { .. }), "{said:?}");
        let text = said.to_string();
        assert!(
            text.contains("is of another store") && text.contains("put back"),
            "{text}"
        );
    }
    fs::remove_dir_all(&journal).unwrap();
    fs::rename(&kept, &journal).unwrap();
    assert_eq!(all(&open(ours.path())), truth);
}

#[test]
fn a_power_cut_at_any_moment_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    fill(&store, 0..20);
    let (acknowledged, stop) = (AtomicU32::new(20), AtomicBool::new(false));
    let copies: Vec<(u32, tempfile::TempDir)> = std::thread::scope(|scope| {
        scope.spawn(|| {
            with(&store, async |ledger| {
                while !stop.load(Ordering::Acquire) {
                    let n = acknowledged.load(Ordering::Acquire);
                    ledger.record(vec![candidate(n)], now()).await.unwrap();
                    acknowledged.store(n + 1, Ordering::Release);
                }
            });
        });
        let copies = (0..50).map(|n| {
            let copy = tempfile::tempdir().unwrap();
            if n % 10 == 9 {
                store.rebase().unwrap();
            }
            // sled before the journal, as it lies on the disk: sled may lag behind, the journal never.
            copy_folder(&folder.path().join("sled"), &copy.path().join("sled"));
            let before = acknowledged.load(Ordering::Acquire);
            copy_folder(&folder.path().join("journal"), &copy.path().join("journal"));
            let _ = fs::copy(folder.path().join("base"), copy.path().join("base"));
            (before, copy)
        });
        let copies = copies.collect();
        stop.store(true, Ordering::Release);
        copies
    });
    for (n, (before, copy)) in copies.iter().enumerate() {
        let opened = Store::open(copy.path(), AUTHORITY);
        let store = match opened {
            Ok(store) => store,
            // A copy that is not of one moment may be more than sled bears; then it is said, and repaired.
            Err(Error::Damaged { what, .. }) => {
                println!("copy {n}: {what}");
                compact(copy.path()).unwrap();
                open(copy.path())
            }
            Err(error) => panic!("copy {n}: {error}"),
        };
        let stories = store.counts()[&RegionCode::INDONESIA] as u32;
        assert!(stories >= *before, "copy {n}: {before} acknowledged, {stories} there");
        for n in 0..stories {
            assert!(store.story_of_url(&format!("https://a.example/{n}")).unwrap().is_some());
        }
        all(&store);
    }
}

/// A small file system of its own, as root.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(megabytes: u32) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(folder.path())
            .output()
            .ok()?;
        mounted.status.success().then_some(SmallDisk(folder))
    }
}

impl SmallDisk {
    fn grow(&self, megabytes: u32) {
        let size = format!("remount,size={megabytes}m");
        let mut mount = Command::new("mount");
        assert!(mount.args(["-o", &size]).arg(self.0.path()).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[test]
fn a_full_disk_stops_writing_until_there_is_room_and_nothing_is_half_written() {
    let Some(disk) = SmallDisk::mount(48) else {
        println!("skipped: only root can mount a small tmpfs");
        return;
    };
    let path = disk.0.path().join("store");
    let ballast = disk.0.path().join("ballast");
    let store = open(&path);
    let mut acknowledged = Vec::new();
    for leave in ["reserve", "nothing"] {
        // The second time another program takes the reserve as well, so that sled runs into the end.
        let first = u32::try_from(acknowledged.len()).unwrap();
        let fill_at = (leave == "nothing").then_some(first + 20);
        let (end, cause) = record_until_refused(&store, first, fill_at.map(|at| (at, ballast.as_path())));
        assert!(
            matches!(cause, warta::ledger::Error::Store(cause) if matches!(*cause, Error::Full { .. })),
            "{leave}"
        );
        acknowledged.extend(first..end);
        let is_there = |n: &u32| store.story_of_url(&format!("https://a.example/{n}")).unwrap().is_some();
        assert!(acknowledged.iter().all(is_there), "{leave}: something cannot be read");
        assert!(
            matches!(store.try_resume(), Err(Error::Full { .. })),
            "{leave}: there is no room yet"
        );
        match leave {
            "reserve" => disk.grow(160),
            _ => fs::remove_file(&ballast).unwrap(),
        }
        store.try_resume().unwrap();
        assert!(acknowledged.iter().all(is_there), "{leave}: something is lost");
        let stories = store.counts()[&RegionCode::INDONESIA] as u32;
        assert!(
            [end, end + GROUP].contains(&stories),
            "{leave}: {stories} stories, half a group"
        );
        record_at(&store, (end..end + GROUP).map(long).collect(), now());
        acknowledged.extend(end..end + GROUP);
        let copy = tempfile::tempdir().unwrap();
        copy_folder(&path.join("journal"), &copy.path().join("journal"));
        assert_eq!(
            all(&open(copy.path())),
            all(&store),
            "{leave}: the journal tells something else"
        );
    }
}

/// Articles recorded as one while the disk is being filled.
const GROUP: u32 = 5;

fn long(n: u32) -> Candidate {
    release(n, 4_000)
}

/// Records groups from a number on until one is refused; at a number, another program takes all that is left. Returns the
/// first number that was not acknowledged, and why.
fn record_until_refused(store: &Store, first: u32, fill_at: Option<(u32, &Path)>) -> (u32, warta::ledger::Error) {
    with(store, async |ledger| {
        for next in (first..).step_by(GROUP as usize) {
            if let Some((at, ballast)) = fill_at
                && at == next
            {
                fill_up(ballast);
            }
            if let Err(error) = ledger.record((next..next + GROUP).map(long).collect(), now()).await {
                return (next, error);
            }
        }
        unreachable!("the disk never filled")
    })
}

/// Takes all the room that is left.
fn fill_up(ballast: &Path) {
    let mut file = fs::File::create(ballast).unwrap();
    for size in [1 << 20, 4_096] {
        while io::Write::write_all(&mut file, &vec![1; size]).is_ok() {}
    }
}
