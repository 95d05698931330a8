//! Releases that portals edit and releases of the same template: which are the same, which are not. The texts are ours:
//! `tests/fixtures/neardup/releases.json` holds each release with its siblings (the same template about another event),
//! the edits are made here.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use warta::dedupe::{Fingerprint, Index, gathers, verify};
use warta::model::{Article, ArticleId, DateOrigin, Precision, Published, Reason, Relation, Republish, SourceId, Zone};

const WINDOW: Duration = Duration::from_secs(7 * 86_400);

type Edit = fn(&mut Text);

/// What portals do to a release.
const EDITS: [(&str, Edit); 13] = [
    ("dateline", |text| {
        text.paragraphs[0].insert_str(0, "SUARA NUSA, INFOKITA.id – ")
    }),
    ("lead rewritten", |text| text.paragraphs[0] = text.other_lead.clone()),
    ("title changed", |text| text.title = text.other_title.clone()),
    ("lead and title rewritten", |text| {
        text.paragraphs[0] = text.other_lead.clone();
        text.title = text.other_title.clone();
    }),
    ("paragraphs in another order", |text| {
        text.paragraphs[1..].rotate_left(2)
    }),
    ("truncated to 40 %", |text| text.keep(40)),
    ("truncated to 40 % under another title", |text| {
        text.keep(40);
        text.title = text.other_title.clone();
    }),
    ("furniture around it", furniture),
    ("typos", |text| text.misspell(14)),
    ("printed twice", |text| {
        let again = text.paragraphs.clone();
        text.paragraphs.extend(again);
    }),
    ("one line", |text| text.paragraphs = vec![text.paragraphs.join(" ")]),
    ("another article below it", |text| {
        text.paragraphs
            .push("MEDAN – Wali kota membuka pameran bunga di lapangan utama kota.".to_owned());
        text.paragraphs
            .push("Pameran diikuti ratusan petani hias dan berlangsung sepekan penuh.".to_owned());
    }),
    ("all at once", |text| {
        text.title = text.other_title.clone();
        text.keep(80);
        text.misspell(30);
        text.paragraphs[0].insert_str(0, "INFOKITA.id, Suara Nusa - ");
        furniture(text);
    }),
];

#[derive(Clone)]
struct Text {
    host: String,
    title: String,
    other_title: String,
    other_lead: String,
    paragraphs: Vec<String>,
    published: Timestamp,
}

impl Text {
    fn read(value: &Value) -> Text {
        let text = |key: &str| value[key].as_str().unwrap().to_owned();
        let mut paragraphs = vec![text("lead")];
        paragraphs.extend(
            value["rest"]
                .as_array()
                .unwrap()
                .iter()
                .map(|part| part.as_str().unwrap().to_owned()),
        );
        Text {
            host: "satker.example".to_owned(),
            title: text("title"),
            other_title: text("other_title"),
            other_lead: text("other_lead"),
            paragraphs,
            published: text("published").parse().unwrap(),
        }
    }

    /// The same template about another event.
    fn sibling(&self, value: &Value) -> Text {
        let mut text = self.clone();
        for pair in value["replace"].as_array().unwrap() {
            let (from, to) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
            let parts = text.paragraphs.iter_mut();
            for part in parts.chain([&mut text.title, &mut text.other_title, &mut text.other_lead]) {
                *part = part.replace(from, to);
            }
        }
        assert_ne!(text.paragraphs, self.paragraphs, "a sibling says something else");
        text.published += jiff::SignedDuration::from_hours(value["hours"].as_i64().unwrap());
        if value["host"] == "other" {
            text.host = "sibling.example".to_owned();
        }
        text
    }

    /// As a portal has it some hours later.
    fn copied(&self, edit: fn(&mut Text)) -> Text {
        let mut text = self.clone();
        edit(&mut text);
        text.host = "portal.example".to_owned();
        text.published += jiff::SignedDuration::from_hours(5);
        text
    }

    fn keep(&mut self, percent: usize) {
        let all: usize = self.paragraphs.iter().map(|part| part.split(' ').count()).sum();
        let mut left = all * percent / 100;
        for part in &mut self.paragraphs {
            *part = part.split(' ').take(left).collect::<Vec<_>>().join(" ");
            left = left.saturating_sub(part.split(' ').count());
        }
        self.paragraphs.retain(|part| !part.is_empty());
    }

    /// Loses the second letter of every so many words.
    fn misspell(&mut self, every: usize) {
        let mut count = 0;
        for part in &mut self.paragraphs {
            let words = part.split(' ').map(|word| {
                count += 1;
                let mut letters: Vec<char> = word.chars().collect();
                if count % every == 0 && letters.len() > 4 && letters.iter().all(|letter| letter.is_alphabetic()) {
                    letters.remove(1);
                }
                letters.into_iter().collect::<String>()
            });
            *part = words.collect::<Vec<_>>().join(" ");
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        let text = self.paragraphs.join("\n");
        Fingerprint::of(&Article {
            source: SourceId::new("written").unwrap(),
            satker: None,
            url: format!("https://{}/{}", self.host, self.title.len()),
            guid: None,
            title: self.title.clone(),
            author: None,
            published: Some(Published {
                at: self.published,
                zone: Zone::Wib,
                precision: Precision::Minute,
                origin: DateOrigin::Page,
            }),
            updated: None,
            seen: self.published,
            summary: String::new(),
            html: String::new(),
            text,
            image: None,
            categories: vec![],
            language: None,
            republish: Republish::Full,
        })
    }
}

fn furniture(text: &mut Text) {
    let mut parts = vec![text.title.clone(), "Bagikan".to_owned(), "Foto: Dok. Humas".to_owned()];
    for (at, part) in text.paragraphs.drain(..).enumerate() {
        parts.push(part);
        match at {
            0 => parts.push("ADVERTISEMENT\nSCROLL TO CONTINUE WITH CONTENT".to_owned()),
            1 => {
                parts.push("Baca Juga:\nBupati Resmikan Jembatan Gantung\nHarga Cabai Turun Jelang Lebaran".to_owned())
            }
            2 => parts.push("Baca juga: Jadwal Kapal Pelni Bulan Ini".to_owned()),
            _ => {}
        }
    }
    parts.push("Simak juga Video 'Detik-detik Banjir Bandang':\n[Gambas:Video 20detik]".to_owned());
    parts.push("Editor: Suryani\nIkuti berita lain di Google News\nKomentar".to_owned());
    text.paragraphs = parts;
}

/// A release with its name, and its siblings with what makes them others.
type Release = (String, Text, Vec<(String, Text)>);

fn releases() -> Vec<Release> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/neardup/releases.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let values: Vec<Value> = serde_json::from_str(&text).unwrap();
    values
        .iter()
        .map(|value| {
            let release = Text::read(value);
            let siblings = value["siblings"].as_array().unwrap().iter();
            let siblings = siblings.map(|other| (other["why"].as_str().unwrap().to_owned(), release.sibling(other)));
            (
                value["name"].as_str().unwrap().to_owned(),
                release.clone(),
                siblings.collect(),
            )
        })
        .collect()
}

/// Whether the index finds `held` for `new`, and they are the same.
fn recognised(index: &Index, id: ArticleId, held: &Fingerprint, new: &Fingerprint) -> bool {
    let verdict = verify(new, held, WINDOW);
    assert_eq!(
        verdict,
        verify(held, new, WINDOW),
        "the order of two articles makes no difference"
    );
    index.candidates(new).contains(&id) && matches!(verdict.relation, Relation::Same { .. })
}

#[test]
fn edited_copies_are_recognised_and_siblings_of_a_template_are_not() {
    let releases = releases();
    let held: Vec<Fingerprint> = releases.iter().map(|(_, release, _)| release.fingerprint()).collect();
    let mut index = Index::new();
    for (id, fingerprint) in (0..).zip(&held) {
        index.insert(ArticleId(id), fingerprint);
    }
    let (mut same, mut merged, mut copies, mut others) = (0, 0, 0, 0);
    for (id, (name, release, siblings)) in (0..).zip(&releases) {
        let original = &held[usize::try_from(id).unwrap()];
        let id = ArticleId(id);
        for (edit, change) in EDITS {
            let copy = release.copied(change).fingerprint();
            copies += 1;
            if recognised(&index, id, original, &copy) {
                same += 1;
            } else {
                println!("missed: {name}, {edit}: {:?}", verify(&copy, original, WINDOW));
            }
        }
        for (why, sibling) in siblings {
            let mut dressed = sibling.clone();
            furniture(&mut dressed);
            let mut short = sibling.clone();
            short.keep(60);
            for sibling in [sibling, &dressed, &short] {
                let sibling = sibling.fingerprint();
                others += 1;
                if recognised(&index, id, original, &sibling) {
                    merged += 1;
                    println!("merged: {name}, {why}: {:?}", verify(&sibling, original, WINDOW));
                }
            }
        }
    }
    let precision = f64::from(same) / f64::from(same + merged);
    let recall = f64::from(same) / f64::from(copies);
    println!("{copies} copies, {others} siblings: P {precision:.3}, R {recall:.3}, siblings merged: {merged}");
    assert!(precision >= 0.93, "precision {precision:.3}");
    assert!(recall >= 0.93, "recall {recall:.3}");
}

#[test]
fn round_ups_are_none_of_the_stories_they_gather() {
    let releases = releases();
    for three in releases.windows(3) {
        let mut text = three[0].1.clone();
        text.host = "portal.example".to_owned();
        text.paragraphs = three
            .iter()
            .flat_map(|(_, release, _)| release.paragraphs.clone())
            .collect();
        let held: Vec<Fingerprint> = three
            .iter()
            .map(|(_, release, _)| {
                let mut release = release.clone();
                release.published = text.published;
                release.fingerprint()
            })
            .collect();
        for title in [
            "Top 3: Razia hingga Layanan Paspor",
            "5 Berita Terpopuler Pekan Ini",
            "Kumpulan berita satker",
        ] {
            text.title = title.to_owned();
            for story in &held {
                let verdict = verify(&text.fingerprint(), story, WINDOW);
                assert_eq!(
                    (verdict.relation, verdict.why),
                    (Relation::Apart, Reason::RoundUp),
                    "{title}"
                );
            }
        }
        text.title = "Sepekan bersama pemasyarakatan dan imigrasi".to_owned();
        let gathered = text.fingerprint();
        let held: Vec<&Fingerprint> = held.iter().collect();
        assert!(gathers(&gathered, &held), "{}", three[0].0);
        assert!(
            !gathers(held[0], &[&gathered, held[1]]),
            "a story is no round-up of its round-up"
        );
    }
}
