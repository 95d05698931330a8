//! A small world of Indonesian stories, asked in many ways.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;

use jiff::SignedDuration;

use super::*;
use crate::model::{
    Article, ArticleId, DateOrigin, Member, Precision, Published, Republish, SourceId, Story, Withdrawal, Zone,
};

const TOWNS: [(&str, &str, &str); 5] = [
    ("35.09", "Kabupaten Jember", "Jawa Timur"),
    ("35.71", "Kota Kediri", "Jawa Timur"),
    ("32.08", "Kabupaten Kuningan", "Jawa Barat"),
    ("33.26", "Kabupaten Pekalongan", "Jawa Tengah"),
    ("51.71", "Kota Denpasar", "Bali"),
];

const DEEDS: [(&str, &str); 8] = [
    (
        "Gelar Razia Blok Hunian",
        "Petugas menggeledah kamar hunian dan tidak menemukan narkoba.",
    ),
    (
        "Layani Kunjungan Keluarga",
        "Warga binaan menerima kunjungan pada hari Jum'at pagi.",
    ),
    (
        "Ikuti Pelatihan Kerja",
        "Puluhan peserta dilatih menjahit oleh Balai Latihan Kerja.",
    ),
    (
        "Serahkan Remisi Khusus",
        "Remisi hari raya diserahkan kepada narapidana yang berkelakuan baik.",
    ),
    (
        "Panen Raya Padi",
        "Hasil pertanian dipanen bersama dinas pertanian setempat.",
    ),
    (
        "Sosialisasi Paspor Elektronik",
        "Kantor imigrasi menyosialisasikan layanan keimigrasian.",
    ),
    (
        "Tandatangani Kerja Sama",
        "Nota kesepahaman ditandatangani bersama rumah sakit daerah.",
    ),
    (
        "Cegah Pelarian",
        "Seorang tahanan mencoba melarikan diri dan berhasil digagalkan.",
    ),
];

fn start() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn member(id: u64, seen: Timestamp) -> Member {
    Member {
        article: ArticleId(id),
        url: format!("https://a.example/{id}"),
        source: SourceId::new("a").unwrap(),
        published: None,
        seen,
    }
}

/// Story n of 200: town n % 5, deed n % 8, every third published by a unit itself; one an hour, ids from 1.
fn document(n: u64) -> Document {
    let (code, town, province) = TOWNS[n as usize % TOWNS.len()];
    let (deed, text) = DEEDS[n as usize % DEEDS.len()];
    let seen = start() + SignedDuration::from_hours(n as i64);
    let id = n + 1;
    let (kind, unit) = if n % 8 == 5 {
        ("kanim", "Kantor Imigrasi")
    } else {
        ("lapas", "Lapas Kelas IIA")
    };
    let town_word = town.rsplit(' ').next().unwrap();
    let satker = SatkerId::new(format!("{kind}-{}", town_word.to_lowercase())).unwrap();
    let published = Published {
        at: seen - SignedDuration::from_hours(24),
        zone: Zone::Wib,
        precision: Precision::Minute,
        origin: DateOrigin::Feed,
    };
    let article = Article {
        source: SourceId::new("a").unwrap(),
        satker: n.is_multiple_of(3).then(|| satker.clone()),
        url: format!("https://a.example/{id}"),
        guid: None,
        title: format!("{unit} {town_word} {deed}"),
        author: None,
        published: Some(published),
        updated: None,
        seen,
        summary: text.to_owned(),
        html: String::new(),
        text: format!("{} – {text} Nomor{n}.", town_word.to_uppercase()),
        image: None,
        categories: vec![],
        language: None,
        republish: Republish::Full,
    };
    let mut story = Story::begun(StoryId(id), member(id, seen), code.parse().unwrap(), seen);
    story.satker = Some(satker);
    Document {
        names: format!("{unit} {town_word} {town} {province}"),
        kind: Some(SatkerKind::of_name(unit)),
        detail: StoryDetail { story, article },
    }
}

const COUNT: u64 = 200;

fn open(folder: &tempfile::TempDir) -> Search {
    Search::open(
        folder.path(),
        TOWNS.iter().flat_map(|(_, town, province)| [*town, *province]),
    )
    .unwrap()
}

fn filled() -> (tempfile::TempDir, Search) {
    let folder = tempfile::tempdir().unwrap();
    let search = open(&folder);
    assert_eq!(search.watermark(), None);
    search
        .rebuild((0..COUNT).map(|n| Ok::<_, Infallible>(document(n))), 7)
        .unwrap();
    (folder, search)
}

fn total(search: &Search, text: &str) -> usize {
    total_of(search, text, &Filters::default())
}

fn total_of(search: &Search, text: &str, filters: &Filters) -> usize {
    let found = search.query(text, filters, Order::Relevance, 500, 0).unwrap();
    assert_eq!(found.total, found.hits.len(), "{text}");
    found.total
}

#[test]
fn words_phrases_and_exclusions_find_what_they_say() {
    let (_folder, search) = filled();
    assert_eq!((search.len(), search.watermark()), (200, Some(7)));
    for (text, expected) in [
        ("", 200),
        ("remisi", 25),
        ("REMISI khusus", 25),
        ("remisi jember", 5),
        ("\"jember serahkan remisi\"", 5),
        ("\"remisi serahkan\"", 0),
        ("-remisi", 175),
        ("jember -remisi", 35),
        ("jember -\"serahkan remisi\"", 35),
        ("-\"serahkan remisi\"", 175),
        ("\"jawa timur\" -\"kelas iia\" -\"serahkan remisi\"", 10),
        ("jumat", 25),
        ("jum'at", 25),
        ("JUM’AT", 25),
        ("nomor17", 1),
        ("\"Jawa Timur\"", 80),
        ("bali", 40),
        ("tidakada", 0),
        ("remisi tidakada", 0),
    ] {
        assert_eq!(total(&search, text), expected, "{text}");
    }
}

#[test]
fn inflected_words_are_found_and_place_names_are_not_taken_for_some() {
    let (_folder, search) = filled();
    for (text, expected) in [
        ("berkunjung", 25),
        ("penggeledahan", 25),
        ("melatih", 25),
        ("imigrasi", 25),
        ("remisinya", 25),
        ("kediri", 40),
        ("diri", 25),
        ("kuning", 0),
        ("pekalongan", 40),
        ("kalong", 0),
        ("-berkunjung", 200),
    ] {
        assert_eq!(total(&search, text), expected, "{text}");
    }
}

#[test]
fn the_title_counts_for_more_than_the_text_and_the_word_for_more_than_its_stem() {
    let (_folder, search) = filled();
    let mut other = document(0);
    other.detail.story.id = StoryId(1_000);
    other.detail.article.title = "Kabar".to_owned();
    other.detail.article.text = "Remisi bagi napi.".to_owned();
    let mut stem = other.clone();
    stem.detail.story.id = StoryId(1_001);
    stem.detail.article.text = "Remisinya bagi napi.".to_owned();
    search.index([other, stem], &[], 8).unwrap();
    let found = search
        .query("remisi", &Filters::default(), Order::Relevance, 500, 0)
        .unwrap();
    let place = |id| found.hits.iter().position(|hit| hit.story == StoryId(id)).unwrap();
    assert_eq!((found.total, place(1_000), place(1_001)), (27, 25, 26));
    assert!(found.hits.windows(2).all(|two| two[0].score >= two[1].score));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn filters_let_through_what_they_say_with_words_and_without() {
    let (_folder, search) = filled();
    let region = |code: &str| Filters {
        region: Some(code.parse().unwrap()),
        ..Filters::default()
    };
    let since = Some(start() + SignedDuration::from_hours(100));
    let until = Some(start() + SignedDuration::from_hours(110));
    for (filters, words, without) in [
        (Filters::default(), 25, 200),
        (region("35.09"), 5, 40),
        (region("35"), 10, 80),
        (region("ID"), 25, 200),
        (region("36"), 0, 0),
        (
            Filters {
                satker: SatkerId::new("lapas-jember").ok(),
                ..Filters::default()
            },
            5,
            35,
        ),
        (
            Filters {
                kind: Some(SatkerKind::Kanim),
                ..Filters::default()
            },
            0,
            25,
        ),
        (
            Filters {
                kind: Some(SatkerKind::Lapas),
                ..region("51")
            },
            5,
            35,
        ),
        (
            Filters {
                origin: Origin::Unit,
                ..Filters::default()
            },
            9,
            67,
        ),
        (
            Filters {
                since,
                ..Filters::default()
            },
            9,
            76,
        ),
        (
            Filters {
                until,
                ..Filters::default()
            },
            17,
            134,
        ),
        (
            Filters {
                since,
                until,
                ..Filters::default()
            },
            1,
            10,
        ),
        (
            Filters {
                since: until,
                until: since,
                ..Filters::default()
            },
            0,
            0,
        ),
    ] {
        assert_eq!(total_of(&search, "remisi", &filters), words, "{filters:?}");
        assert_eq!(total_of(&search, "", &filters), without, "{filters:?}");
    }
}

#[test]
fn pages_of_the_newest_follow_each_other() {
    let (_folder, search) = filled();
    let mut seen = Vec::new();
    for page in 0..5 {
        let found = search
            .query("remisi", &Filters::default(), Order::Newest, 6, page * 6)
            .unwrap();
        assert_eq!(found.total, 25);
        seen.extend(found.hits.into_iter().map(|hit| hit.story.0));
    }
    let expected: Vec<u64> = (0..COUNT).rev().filter(|n| n % 8 == 3).map(|n| n + 1).collect();
    assert_eq!(seen, expected);
    let by_relevance: BTreeSet<u64> = (0..5)
        .flat_map(|page| {
            search
                .query("remisi", &Filters::default(), Order::Relevance, 6, page * 6)
                .unwrap()
                .hits
        })
        .map(|hit| hit.story.0)
        .collect();
    assert_eq!(by_relevance.len(), 25);
    for (limit, offset) in [(0, 0), (5, 25), (5, usize::MAX), (usize::MAX, usize::MAX)] {
        let found = search
            .query("remisi", &Filters::default(), Order::Newest, limit, offset)
            .unwrap();
        assert_eq!((found.total, found.hits.len()), (25, 0), "{limit} {offset}");
    }
}

#[test]
fn no_query_is_an_error() {
    let (_folder, search) = filled();
    for text in [
        "\"",
        "\"\"",
        "-",
        "--",
        "-\"",
        "\"-\"",
        "(",
        ")",
        "AND",
        "OR NOT",
        "title:remisi",
        "*",
        "re*",
        "/a(/",
        "a~99",
        "a^x",
        "[a TO b]",
        "{",
        "\\",
        "\u{0}",
        "\u{feff}",
        "é\u{301}\u{301}",
        "😀",
        "' OR 1=1 --",
        "<script>",
        "%00",
        "\r\n\t",
        "-remisi -kunjungan",
        "\"a b c d e f g h i j k l m n o p\"",
        "ꦗꦮ",
        "'",
        "''''",
        "٣",
    ] {
        search
            .query(text, &Filters::default(), Order::Relevance, 10, 0)
            .unwrap();
        search.query(text, &Filters::default(), Order::Newest, 10, 0).unwrap();
        search.excerpt(text, text, 5);
    }
    for text in [
        "x ".repeat(1 << 20),
        "\"".repeat(1 << 16),
        "-é".repeat(1 << 16),
        "remisi\"".repeat(9_999),
    ] {
        search
            .query(&text, &Filters::default(), Order::Relevance, 10, 0)
            .unwrap();
    }
}

#[test]
fn a_changed_story_is_found_by_its_new_words_only_and_once() {
    let (_folder, search) = filled();
    let mut changed = document(3);
    changed.detail.article.title = "Ralat Berita".to_owned();
    changed.detail.article.text = "Isi baru.".to_owned();
    search.index([changed.clone(), changed], &[], 9).unwrap();
    assert_eq!(
        (total(&search, "remisi"), total(&search, "ralat"), search.len()),
        (24, 1, 200)
    );
    assert_eq!(search.watermark(), Some(9));
}

#[test]
fn a_withdrawn_or_deleted_story_is_not_found() {
    let (folder, search) = filled();
    let mut hidden = document(17);
    hidden.detail.story.hidden = Some(Withdrawal {
        at: start(),
        reason: "Ralat".to_owned(),
    });
    search.index([hidden], &[StoryId(1)], 8).unwrap();
    assert_eq!(
        (total(&search, "nomor17"), total(&search, "nomor0"), search.len()),
        (0, 0, 198)
    );
    search.delete(StoryId(30)).unwrap();
    assert_eq!((total(&search, "nomor29"), search.watermark()), (0, Some(8)));
    search.delete(StoryId(30)).unwrap();
    drop(search);
    let search = open(&folder);
    assert_eq!(
        (search.len(), search.watermark()),
        (197, Some(8)),
        "after a restart too"
    );
}

#[test]
fn an_index_has_one_owner() {
    let (folder, search) = filled();
    let second = Search::open(folder.path(), []);
    assert!(matches!(second.map(|search| search.len()), Err(Error::InUse { .. })));
    assert_eq!(search.len(), 200);
}

#[test]
fn a_damaged_index_is_begun_anew() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 4] = [
        ("cut", |bytes| bytes.truncate(bytes.len() / 2)),
        ("emptied", Vec::clear),
        ("flipped", |bytes| {
            let at = bytes.len() / 3;
            bytes[at] ^= 0x55;
        }),
        ("overwritten", |bytes| bytes.fill(0)),
    ];
    for (what, damage) in damages {
        for ending in [".json", ".idx", ".term", ".fast"] {
            let (folder, search) = filled();
            drop(search);
            let file = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
            let is_it = |path: &PathBuf| path.to_string_lossy().ends_with(ending) && !path.ends_with(".managed.json");
            let file = file.filter(is_it).min().unwrap();
            let mut bytes = fs::read(&file).unwrap();
            damage(&mut bytes);
            fs::write(&file, bytes).unwrap();
            let search = open(&folder);
            assert_eq!((search.watermark(), search.len()), (None, 0), "{what} {ending}");
            search
                .rebuild((0..9).map(|n| Ok::<_, Infallible>(document(n))), 3)
                .unwrap();
            assert_eq!(
                (search.watermark(), total(&search, "")),
                (Some(3), 9),
                "{what} {ending}"
            );
        }
    }
}

#[test]
fn an_index_that_could_not_be_written_for_a_while_goes_on_with_what_it_had() {
    let (folder, search) = filled();
    let (there, away) = (folder.path(), folder.path().with_extension("away"));
    fs::rename(there, &away).unwrap();
    for watermark in [8, 9] {
        let refused = search.index([document(200)], &[], watermark).unwrap_err();
        assert!(!matches!(refused, Error::InUse { .. }), "{refused}");
        let refused = search.rebuild([Ok::<_, Infallible>(document(200))], watermark);
        assert!(refused.is_err());
    }
    assert_eq!(search.len(), 200, "what there was can be found");
    fs::rename(&away, there).unwrap();
    search.index([document(201)], &[], 10).unwrap();
    assert_eq!((search.len(), search.watermark()), (201, Some(10)));
    assert_eq!((total(&search, "nomor201"), total(&search, "nomor200")), (1, 0));
}

#[test]
fn an_index_of_other_names_or_an_unfinished_rebuild_is_begun_anew() {
    let (folder, search) = filled();
    drop(search);
    let other = Search::open(folder.path(), ["Kota Malang"]).unwrap();
    assert_eq!((other.watermark(), other.len()), (None, 0));
    let stories = (0..2_500).map(|n| if n < 2_400 { Ok(document(n)) } else { Err("disk") });
    assert!(matches!(other.rebuild(stories, 5), Err(RebuildError::Source("disk"))));
    assert_eq!(other.watermark(), None);
    drop(other);
    let again = Search::open(folder.path(), ["Kota Malang"]).unwrap();
    assert_eq!((again.watermark(), again.len()), (None, 0));
}

#[test]
fn a_hit_is_shown_with_its_words_marked() {
    let (_folder, search) = filled();
    let article = document(9).detail.article;
    let excerpt = search.excerpt("kunjungan jumat", &article.text, 60);
    let marked: Vec<&str> = excerpt.marks.iter().map(|mark| &article.text[mark.clone()]).collect();
    assert_eq!(
        &article.text[excerpt.range],
        "binaan menerima kunjungan pada hari Jum'at pagi. Nomor9."
    );
    assert_eq!(marked, ["kunjungan", "Jum'at"]);
    let marks = search.marks("layani", &article.title);
    assert_eq!(&article.title[marks[0].clone()], "Layani");
}
