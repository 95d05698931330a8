//! Indonesian article pages as content management systems and portals really write them, with texts of our own:
//! `tests/fixtures/gold/<page>.html` beside `<page>.expected.json`. Every field has to be right, and of the body's words
//! nearly all and nearly nothing else.

use std::collections::HashMap;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;
use warta::model::{Article, Document, Entry, Source, SourceKind, Zone};
use warta::{extract, normalize};

use crate::support::samples;

/// Thursday, 19 June 2025, 18.00 WIB.
const NOW: &str = "2025-06-19T18:00:00+07:00";
/// The least mean F1 of the bodies' words.
const MEAN: f64 = 0.98;
/// The least F1 of one body: a page laid out with tables and line breaks gives up its title and date with the text.
const WORST: f64 = 0.88;

fn pages() -> Vec<(String, Document, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gold");
    let mut pages = Vec::new();
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "html") {
            continue;
        }
        let expected: Value =
            serde_json::from_slice(&std::fs::read(path.with_extension("expected.json")).unwrap()).unwrap();
        let document = Document {
            fetched: NOW.parse().unwrap(),
            ..samples::document(
                expected["given"]["url"].as_str().unwrap(),
                &std::fs::read(&path).unwrap(),
            )
        };
        pages.push((
            path.file_stem().unwrap().to_string_lossy().into_owned(),
            document,
            expected,
        ));
    }
    pages.sort_by(|one, other| one.0.cmp(&other.0));
    pages
}

fn read(document: &Document, given: &Value) -> Article {
    let kind = match given["kind"].as_str() {
        Some("kumparan") => SourceKind::Kumparan,
        _ => SourceKind::Feed,
    };
    let source = Source {
        url: document.url.clone(),
        kind,
        full_text: true,
        ..samples::source("uji", "https://a.example/")
    };
    let (content, problems) = extract::content(document, &source.kind, &source.article);
    assert_eq!(problems, [], "{}", document.url);
    let entry = Entry {
        url: Some(document.url.clone()),
        ..Entry::default()
    };
    let cx = normalize::Context {
        source: &source,
        satker: None,
        zone: Zone::from_abbreviation(given["zone"].as_str().unwrap()).unwrap(),
        now: NOW.parse().unwrap(),
    };
    normalize::article(entry, content, &cx).0.unwrap()
}

/// F1 of the words, each as often as it occurs.
fn f1(found: &str, expected: &str) -> f64 {
    let count = |text: &str| {
        let mut words: HashMap<String, usize> = HashMap::new();
        for word in text
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
        {
            *words.entry(word.to_lowercase()).or_default() += 1;
        }
        words
    };
    let (found, expected) = (count(found), count(expected));
    let both: usize = found
        .iter()
        .map(|(word, count)| count.min(expected.get(word).unwrap_or(&0)))
        .sum();
    2.0 * both as f64 / (found.values().sum::<usize>() + expected.values().sum::<usize>()).max(1) as f64
}

#[test]
fn every_field_of_every_gold_page_is_right_and_so_is_nearly_every_word() {
    let pages = pages();
    assert!(pages.len() >= 30, "{} pages", pages.len());
    let (mut faults, mut sum) = (Vec::new(), 0.0);
    for (name, document, expected) in &pages {
        let article = read(document, &expected["given"]);
        let expected = &expected["expected"];
        let text = |key: &str| expected[key].as_str().map(str::to_owned);
        let date = text("published").map(|date| date.parse::<Timestamp>().unwrap());
        for (field, found, expected) in [
            ("title", Some(article.title.clone()), text("title")),
            ("author", article.author.clone(), text("author")),
            ("language", article.language.clone(), Some("id".to_owned())),
            (
                "published",
                article.published.map(|date| date.at.to_string()),
                date.map(|date| date.to_string()),
            ),
            (
                "image",
                article.image.as_ref().map(|image| image.url.clone()),
                text("image"),
            ),
            (
                "caption",
                article.image.as_ref().and_then(|image| image.caption.clone()),
                text("caption"),
            ),
        ] {
            if found != expected {
                faults.push(format!("{name}: {field} is {found:?}, not {expected:?}"));
            }
        }
        let paragraphs: Vec<&str> = expected["text"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let score = f1(&article.text, &paragraphs.join("\n"));
        if score < WORST {
            faults.push(format!("{name}: F1 {score:.3}\n{}", article.text));
        }
        sum += score;
    }
    let mean = sum / pages.len() as f64;
    assert!(
        faults.is_empty() && mean >= MEAN,
        "mean F1 {mean:.4}\n{}",
        faults.join("\n")
    );
}

#[test]
fn parts_of_an_article_lead_to_the_next() {
    for (name, next) in [
        ("wordpress-multipart", Some("https://teratai.example/razia-multi/2/")),
        (
            "kompas-like",
            Some("https://regional.kompak.example/read/2025/06/18/213500078/remisi?page=2"),
        ),
        (
            "portal-part-2",
            Some("https://kabardahlia.example/read/881/kesehatan?page=3"),
        ),
        ("wordpress-classic", None),
        ("joomla-item", None),
        ("blogger-simple", None),
    ] {
        let (_, document, _) = pages().into_iter().find(|page| page.0 == name).unwrap();
        assert_eq!(
            extract::next_part(&document).as_ref().map(url::Url::as_str),
            next,
            "{name}"
        );
    }
}
