//! Near-duplicates as the ledger keeps them: copies in other words join, template siblings stay apart, and what was decided
//! can be read afterwards.

use std::time::Duration;

use jiff::Timestamp;
use warta::dedupe::Rules;
use warta::ledger::{Candidate, Ledger};
use warta::model::{Article, Assignment, DateOrigin, How, Precision, Published, RegionCode, Scope, StoryId, Zone};
use warta::store::Store;

use crate::support::samples;

const RELEASE: &str = "Kepala Lapas Kelas IIA Jember Hasan Basri memimpin langsung razia kamar hunian warga binaan di Blok A \
    pada Senin malam. Petugas menyisir dua belas kamar dan menemukan barang terlarang berupa sendok logam, kartu remi dan \
    kabel rakitan. Razia rutin ini merupakan tindak lanjut perintah Direktur Jenderal Pemasyarakatan tentang deteksi dini \
    gangguan keamanan dan ketertiban menjelang hari raya. Seluruh barang bukti dicatat lalu dimusnahkan di halaman lapas \
    dengan disaksikan perwakilan kepolisian sektor Kaliwates. Hasan Basri mengapresiasi kerja regu pengamanan yang tetap \
    humanis dan meminta warga binaan mengikuti program pembinaan dengan baik agar hak integrasi mereka dapat dipenuhi.";

struct World {
    _folder: tempfile::TempDir,
    store: Store,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        World { _folder: folder, store }
    }

    fn record(&self, candidates: Vec<Candidate>) -> Vec<Assignment> {
        let (ledger, writer) = Ledger::start(self.store.clone(), rules()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let assignments = runtime.block_on(ledger.record(candidates, now())).unwrap();
        drop(ledger);
        writer.join();
        assignments
    }
}

fn rules() -> Rules {
    Rules::within(Duration::from_secs(7 * 86_400))
}

fn now() -> Timestamp {
    "2026-11-24T03:00:00Z".parse().unwrap()
}

fn candidate(source: &str, title: &str, text: &str) -> Candidate {
    let published = Published {
        at: now(),
        zone: Zone::Wib,
        precision: Precision::Minute,
        origin: DateOrigin::Feed,
    };
    let slug = title.to_lowercase().replace(' ', "-");
    samples::candidate(Article {
        title: title.to_owned(),
        published: Some(published),
        ..samples::article(source, &format!("https://{source}.example/{slug}"), text, now())
    })
}

/// The release as a portal runs it: a dateline, a lead of its own, furniture around it.
fn reprinted() -> String {
    format!(
        "JEMBER, Metrozone.net – Lapas Jember kembali bersih-bersih.\nBaca juga: Harga cabai naik lagi\n{RELEASE}\nEditor: Budi"
    )
}

fn new_story(assignment: &Assignment) -> StoryId {
    match assignment {
        Assignment::New(story) => *story,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reprint_joins_and_says_why() {
    let world = World::new();
    let first = world.record(vec![candidate("lapas", "Razia Kamar Hunian Lapas Jember", RELEASE)]);
    let story = new_story(&first[0]);
    // A fresh writer: what it knows comes from the store.
    let second = world.record(vec![candidate(
        "portal",
        "Lapas Jember Bersih-Bersih Kamar",
        &reprinted(),
    )]);
    assert_eq!(second, [Assignment::Copy(story)]);
    let members = world.store.story_record(story).unwrap().unwrap().members;
    let stored = world.store.article(members[1].article).unwrap().unwrap();
    let How::Alike(comparison) = stored.joined.how else {
        panic!("{:?}", stored.joined)
    };
    assert_eq!(comparison.with, members[0].article);
    assert!(comparison.verdict.figures.containment > 0.8);
}

#[test]
fn the_same_template_at_another_prison_stays_apart_with_its_reason() {
    let world = World::new();
    let sibling = RELEASE
        .replace("Jember", "Banyuwangi")
        .replace("Hasan Basri", "Wahyu Indarto")
        .replace("Kaliwates", "Giri")
        .replace("Blok A", "Blok C")
        .replace("dua belas", "delapan");
    let told = world.record(vec![
        candidate("jember", "Razia Kamar Hunian Lapas Jember", RELEASE),
        candidate("banyuwangi", "Razia Kamar Hunian Lapas Banyuwangi", &sibling),
    ]);
    let (one, other) = (new_story(&told[0]), new_story(&told[1]));
    assert_ne!(one, other);
    let members = world.store.story_record(other).unwrap().unwrap().members;
    let stored = world.store.article(members[0].article).unwrap().unwrap();
    assert_eq!(stored.joined.rejected.len(), 1, "{:?}", stored.joined);
}

#[test]
fn two_copies_at_the_same_instant_are_one_story_a_hundred_times() {
    for round in 0..100 {
        let world = World::new();
        let (ledger, writer) = Ledger::start(world.store.clone(), rules()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap();
        let told = runtime.block_on(async {
            let portal = candidate("portal", &format!("Bersih-Bersih {round}"), &reprinted());
            let own = candidate("lapas", &format!("Razia {round}"), RELEASE);
            let one = tokio::spawn({
                let ledger = ledger.clone();
                async move { ledger.record(vec![portal], now()).await.unwrap()[0] }
            });
            let other = ledger.record(vec![own], now()).await.unwrap()[0];
            [one.await.unwrap(), other]
        });
        drop(ledger);
        writer.join();
        let stories = world.store.newest(&Scope::Region(RegionCode::INDONESIA)).count();
        assert_eq!(stories, 1, "round {round}: {told:?}");
    }
}

#[test]
fn a_preview_leaves_no_trace_in_what_the_writer_knows() {
    let world = World::new();
    let (ledger, writer) = Ledger::start(world.store.clone(), rules()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let own = candidate("lapas", "Razia", RELEASE);
        let preview = ledger.preview(vec![own], now()).await.unwrap();
        new_story(&preview[0]);
        let portal = candidate("portal", "Bersih-Bersih", &reprinted());
        new_story(&ledger.record(vec![portal], now()).await.unwrap()[0]);
    });
    drop(ledger);
    writer.join();
}

#[test]
fn stories_of_one_event_in_other_words_are_linked_and_both_shown() {
    let world = World::new();
    let other_words = "Sejumlah benda yang tidak boleh dibawa masuk didapat saat penggeledahan mendadak tadi malam. Kalapas \
        menuturkan kegiatan itu rutin digelar setiap pekan oleh anggotanya bersama polisi setempat tanpa pemberitahuan. \
        Tidak ada telepon genggam maupun narkoba yang didapat dari para penghuni selama dua jam pemeriksaan tersebut.";
    let told = world.record(vec![
        candidate("lapas", "Razia Kamar Hunian Lapas Jember Jelang Hari Raya", RELEASE),
        candidate(
            "portal",
            "Jelang Hari Raya, Kamar Hunian Lapas Jember Dirazia Polisi",
            other_words,
        ),
    ]);
    let (one, other) = (new_story(&told[0]), new_story(&told[1]));
    let related = |id| world.store.story_record(id).unwrap().unwrap().related;
    assert_eq!((related(one), related(other)), (vec![other], vec![one]));
}

#[test]
fn furniture_that_changes_is_no_change() {
    let world = World::new();
    let mut page = candidate("portal", "Bersih-Bersih", &reprinted());
    let first = world.record(vec![page.clone()]);
    let story = new_story(&first[0]);
    page.article.text = reprinted().replace("Harga cabai naik lagi", "Banjir di Semarang surut");
    assert_eq!(world.record(vec![page.clone()]), [Assignment::Unchanged(story)]);
    page.article.text = reprinted().replace("dua belas kamar", "dua puluh kamar");
    assert_eq!(world.record(vec![page]), [Assignment::Changed(story)]);
}
