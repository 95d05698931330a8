//! Near-duplicate recognition held to labelled Indonesian articles: pairs, and clusters in the order of their arrival.
//! The articles belong to their portals and are no part of the project: without the folder beside it that holds them
//! these tests only say that they were skipped.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use warta::dedupe::{Fingerprint, Index, gathers, joins, verify};
use warta::model::{
    Article, ArticleId, DateOrigin, Precision, Published, Relation, Republish, SourceId, Verdict, Zone,
};

const WINDOW: Duration = Duration::from_secs(7 * 86_400);

const MONTHS: [(&str, i8); 5] = [("mei", 5), ("jun", 6), ("agu", 8), ("sep", 9), ("okt", 10)];

#[test]
fn real_pairs_of_the_same_release_are_told_from_pairs_of_the_same_event() {
    let Some(pairs) = lines("pairs-dev.jsonl") else { return };
    let (mut hits, mut false_hits, mut missed, mut other_events) = (0, 0, 0, 0);
    for pair in &pairs {
        let (a, b) = (fingerprint(&pair["a"], None), fingerprint(&pair["b"], None));
        let verdict = verify(&a, &b, WINDOW);
        let same = matches!(verdict.relation, Relation::Same { .. });
        match (pair["label"].as_str().unwrap(), same) {
            ("R", true) => hits += 1,
            ("R", false) => missed += 1,
            ("D", true) => {
                false_hits += 1;
                other_events += 1;
            }
            (_, true) => false_hits += 1,
            (_, false) => continue,
        }
        if pair["label"] != "R" || !same {
            tell(pair, &verdict);
        }
    }
    let precision = ratio(hits, hits + false_hits);
    let recall = ratio(hits, hits + missed);
    println!("pairs: P {precision:.3}, R {recall:.3}, pairs of other events merged: {other_events}");
    assert!(precision > 0.83, "precision {precision:.3}");
    assert!(recall > 0.90, "recall {recall:.3}");
    assert!(other_events <= 2, "{other_events} pairs of other events merged");
}

#[test]
fn real_articles_gather_in_their_clusters_as_they_arrive() {
    let Some((articles, truth)) = clusters() else { return };
    let order: Vec<usize> = (0..articles.len()).collect();
    let told = arrive(&articles, &order);
    let [all, grouped] = b_cubed(&truth, &told);
    println!("clusters: B3 F {all:.4}, without singletons that stayed single {grouped:.4}");
    for (a, article) in articles.iter().enumerate() {
        for b in 0..a {
            if (told[a] == told[b]) != (truth[a] == truth[b]) {
                let verdict = verify(article, &articles[b], WINDOW);
                println!("{b} {a} truth {} {verdict:?}", truth[a] == truth[b]);
            }
        }
    }
    assert!(all > 0.973, "B3 F {all:.4}");
    assert!(grouped > 0.927, "B3 F without singletons {grouped:.4}");
}

#[test]
fn the_order_of_arrival_changes_little() {
    let Some((articles, truth)) = clusters() else { return };
    let mut figures = Vec::new();
    let mut order: Vec<usize> = (0..articles.len()).collect();
    let mut state = 20_260_101_u64;
    for _ in 0..20 {
        for at in (1..order.len()).rev() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
        }
        figures.push(b_cubed(&truth, &arrive(&articles, &order))[0]);
    }
    let least = figures.iter().copied().fold(f64::MAX, f64::min);
    let most = figures.iter().copied().fold(f64::MIN, f64::max);
    println!("shuffled 20 times: B3 F {least:.4} to {most:.4}");
    assert!(most - least <= 0.01, "{least:.4} to {most:.4}");
}

/// Lets articles arrive in this order as the ledger does: each joins the story of its best match, and joins a second
/// story to that one only if it is much like both. Returns the story of each.
fn arrive(articles: &[Fingerprint], order: &[usize]) -> Vec<usize> {
    let mut index = Index::new();
    let mut story: Vec<usize> = (0..articles.len()).collect();
    for &new in order {
        let id = ArticleId(u64::try_from(new).unwrap());
        let held = index.candidates(&articles[new]);
        let mut matches: Vec<(f32, usize)> = held
            .iter()
            .map(|id| usize::try_from(id.0).unwrap())
            .filter_map(|held| match verify(&articles[new], &articles[held], WINDOW).relation {
                Relation::Same { score } => Some((score, held)),
                Relation::Related | Relation::Apart => None,
            })
            .collect();
        matches.sort_by(|a, b| b.0.total_cmp(&a.0));
        let candidates: Vec<&Fingerprint> = held
            .iter()
            .map(|id| &articles[usize::try_from(id.0).unwrap()])
            .collect();
        if gathers(&articles[new], &candidates) {
            matches.clear();
        }
        if let Some((_, best)) = matches.first() {
            story[new] = story[*best];
        }
        for (_, held) in matches.iter().skip(1) {
            if story[*held] != story[new] && joins(&articles[new], &articles[*held]) {
                let (from, to) = (story[*held], story[new]);
                story
                    .iter_mut()
                    .filter(|story| **story == from)
                    .for_each(|story| *story = to);
            }
        }
        index.insert(id, &articles[new]);
    }
    story
}

/// B-cubed F of a clustering, and that without the articles that are alone in both.
fn b_cubed(truth: &[usize], told: &[usize]) -> [f64; 2] {
    let score = |counted: &[usize]| {
        let (mut precision, mut recall) = (0.0, 0.0);
        for &a in counted {
            let both = (0..truth.len())
                .filter(|&b| told[a] == told[b] && truth[a] == truth[b])
                .count();
            precision += ratio(both, told.iter().filter(|story| **story == told[a]).count());
            recall += ratio(both, truth.iter().filter(|story| **story == truth[a]).count());
        }
        2.0 * precision * recall / (precision + recall) / counted.len() as f64
    };
    let alone = |of: &[usize], a: usize| of.iter().filter(|story| **story == of[a]).count() == 1;
    let all: Vec<usize> = (0..truth.len()).collect();
    let grouped: Vec<usize> = all
        .iter()
        .copied()
        .filter(|a| !(alone(truth, *a) && alone(told, *a)))
        .collect();
    [score(&all), score(&grouped)]
}

/// The labelled articles by their time, and the cluster of each.
fn clusters() -> Option<(Vec<Fingerprint>, Vec<usize>)> {
    let mut rows = lines("clusters-dev.jsonl")?;
    rows.sort_by_key(|row| published(row["date"].as_str().unwrap(), row["crawl_date"].as_str()).map(|date| date.at));
    let mut names = HashMap::new();
    let truth = rows.iter().enumerate().map(|(at, row)| {
        let name = row["cluster"]
            .as_str()
            .map_or_else(|| format!("alone {at}"), str::to_owned);
        let next = names.len();
        *names.entry(name).or_insert(next)
    });
    let truth = truth.collect();
    let articles = rows
        .iter()
        .map(|row| fingerprint(row, row["crawl_date"].as_str()))
        .collect();
    Some((articles, truth))
}

fn fingerprint(row: &Value, crawled: Option<&str>) -> Fingerprint {
    let text = |key: &str| row[key].as_str().unwrap().to_owned();
    let published = published(&text("date"), crawled);
    Fingerprint::of(&Article {
        source: SourceId::new("labelled").unwrap(),
        satker: None,
        url: text("url"),
        guid: None,
        title: text("title"),
        author: None,
        published,
        updated: None,
        seen: published.map_or(noon("2025-06-10".parse().unwrap()), |published| published.at),
        summary: String::new(),
        html: String::new(),
        text: text("text"),
        image: None,
        categories: vec![],
        language: None,
        republish: Republish::Full,
    })
}

/// The date as the portal wrote it: "Tayang: Selasa, 10 Juni 2025 07:46 WIB", "10/20/2025 7:31" (month first).
fn published(text: &str, crawled: Option<&str>) -> Option<Published> {
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower
        .split(|mark: char| !mark.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let number = |at: usize| parts.get(at).and_then(|part| part.parse::<i16>().ok());
    let year = parts.iter().position(|part| part.len() == 4 && part.starts_with("20"));
    let date = year.filter(|year| *year >= 2).and_then(|year| {
        let month = parts[year - 1];
        let named = MONTHS
            .iter()
            .find(|(start, _)| month.starts_with(start))
            .map(|(_, month)| *month);
        let (day, month) = match named {
            Some(month) => (number(year - 2)?, month),
            None if lower.starts_with("kompas") => (number(year - 2)?, i8::try_from(number(year - 1)?).ok()?),
            None => (number(year - 1)?, i8::try_from(number(year - 2)?).ok()?),
        };
        Date::new(number(year)?, month, i8::try_from(day).ok()?).ok()
    });
    let minute = year.and_then(|year| Some((number(year + 1)?, number(year + 2)?)));
    let at = match (date, minute) {
        (Some(date), Some((hour, minute))) => {
            let time = date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
            Zone::Wib.offset().to_timestamp(time).ok()?
        }
        (Some(date), None) => noon(date),
        (None, _) => noon(crawled?.parse().ok()?),
    };
    Some(Published {
        at,
        zone: Zone::Wib,
        precision: Precision::Minute,
        origin: DateOrigin::Page,
    })
}

fn noon(date: Date) -> Timestamp {
    Zone::Wib.offset().to_timestamp(date.at(12, 0, 0, 0)).unwrap()
}

fn lines(name: &str) -> Option<Vec<Value>> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/neardup");
    let Ok(text) = std::fs::read_to_string(folder.join(name)) else {
        println!("skipped: {} is not here", folder.join(name).display());
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn tell(pair: &Value, verdict: &Verdict) {
    let title = |side: &str| pair[side]["title"].as_str().unwrap().to_owned();
    let label = &pair["label"];
    println!(
        "{label} {:?} {:?}\n    {:?}\n    {}\n    {}",
        verdict.relation,
        verdict.why,
        verdict.figures,
        title("a"),
        title("b")
    );
}

fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}
