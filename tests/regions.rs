//! Places 131 pages of units' news by their titles, datelines and units, and holds `locate` to how often it is right.
//!
//! The pages are facts of `tests/fixtures/regions-dev.jsonl`: the title as it stands in the address, the dateline, the
//! unit, and the regions that a reader decided on. The whole text of the pages is not there, so what only it says
//! cannot be found.

use std::collections::BTreeMap;

use serde_json::Value;
use warta::gazetteer::Gazetteer;
use warta::locate::Locator;
use warta::model::{Article, Directory, Level, RegionCode, RegionMatch, Republish, Source, SourceId};

use crate::support::samples;

/// One page and what a reader made of it.
struct Page {
    row: Value,
    event: RegionCode,
    scope: String,
}

impl Page {
    fn read(line: &str) -> Page {
        let row: Value = serde_json::from_str(line).unwrap();
        let code = |key: &str| row[key].as_str().map(|code| code.parse::<RegionCode>().unwrap());
        Page {
            event: code("region_regency")
                .or(code("region_province"))
                .unwrap_or(RegionCode::INDONESIA),
            scope: row["region_scope"].as_str().unwrap().to_owned(),
            row,
        }
    }

    fn field(&self, key: &str) -> &str {
        self.row[key].as_str().unwrap_or("")
    }

    /// The page as an article: the text opens with the dateline, then names the unit.
    fn article(&self) -> Article {
        Article {
            source: SourceId::new("portal").unwrap(),
            satker: None,
            url: self.field("url").to_owned(),
            guid: None,
            title: self.field("title_slug").to_owned(),
            author: None,
            published: None,
            updated: None,
            seen: "2026-01-02T03:04:05Z".parse().unwrap(),
            summary: String::new(),
            html: String::new(),
            text: format!("{} {}", self.field("dateline"), self.field("satker")),
            image: None,
            categories: Vec::new(),
            language: None,
            republish: Republish::Full,
        }
    }
}

/// A portal of which nothing is known.
fn portal() -> Source {
    samples::source("portal", "https://portal.example/feed")
}

/// How often something was right.
#[derive(Default)]
struct Score {
    right: usize,
    of: usize,
}

impl Score {
    fn add(&mut self, right: bool) {
        self.right += usize::from(right);
        self.of += 1;
    }

    fn percent(&self) -> f64 {
        100.0 * self.right as f64 / self.of as f64
    }
}

#[test]
fn most_pages_are_placed_where_a_reader_places_them() {
    let gazetteer = Gazetteer::built_in();
    let locator = Locator::new(&gazetteer, &Directory::default());
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let mut count = |name: &str, right| scores.entry(name.to_owned()).or_default().add(right);
    for line in include_str!("fixtures/regions-dev.jsonl").lines() {
        let page = Page::read(line);
        let found = locator.locate(&page.article(), &portal(), None);
        let right = found.event == page.event;
        count("province", found.event.province() == page.event.province());
        count(&format!("scope {}", page.scope), right);
        count(&format!("rule {:?}", found.evidence[0].kind), right);
        let unit = found.unit.filter(|unit| unit.level() == Level::Regency);
        if page.scope != "national" {
            count(
                "unit",
                unit.map(|unit| unit.to_string()).as_deref() == Some(page.field("satker_regency")),
            );
        }
        if !right {
            println!("{}", miss(&page, &found));
        }
    }
    for (name, score) in &scores {
        println!(
            "{name:20} {:3} of {:3}, {:5.1} %",
            score.right,
            score.of,
            score.percent()
        );
    }
    assert!(scores["province"].percent() >= 99.0, "provinces");
    assert!(scores["scope regency"].percent() >= 96.0, "kabupaten and kota");
    assert!(scores["scope national"].percent() >= 99.0, "national stories");
}

fn miss(page: &Page, found: &RegionMatch) -> String {
    let (title, dateline, unit) = (page.field("title_slug"), page.field("dateline"), page.field("satker"));
    let first = &found.evidence[0];
    format!(
        "{title:?} {dateline:?} {unit:?}: {}, not {}, by {first:?}",
        found.event, page.event
    )
}
