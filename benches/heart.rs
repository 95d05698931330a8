//! What the heart costs: recognising copies with their record, finding an article's region, the index of the window.
//! Prints a table, beside each figure the one to keep to, and how many times the baseline of the same run it is: exact
//! keys in a hash map and writing the text once. Figures are processor time of the whole process, so that waiting for
//! the disk does not count (`measure` tells what it would be with nobody else on the machine); another machine compares
//! by the last column.
//!
//! `cargo bench --bench heart` takes the whole window of 100,000 articles; `cargo bench --bench heart -- 5000` a
//! smaller one. It judges nothing: whether copies are recognised is the tests' concern.

#[path = "heart/articles.rs"]
mod articles;
#[path = "heart/measure.rs"]
#[expect(dead_code, reason = "nothing is added up here")]
mod measure;

use std::collections::HashMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use measure::{Figure, Table, Used, processor_time};
use warta::dedupe::{Fingerprint, Index, Keys, Rules, Titles, gathers, verify};
use warta::gazetteer::Gazetteer;
use warta::ledger::{Age, Candidate, Ledger, Writer};
use warta::locate::Locator;
use warta::model::{
    Article, ArticleId, ArticleSelectors, Directory, RegionCode, RegionMatch, Republish, Source, SourceId, SourceKind,
};
use warta::store::keys::{self, Tree};
use warta::store::{Row, Store, encode_hashes};
use xxhash_rust::xxh3::xxh3_128;

/// Articles in the window.
const WINDOW: u64 = 100_000;

/// Words in an article.
const WORDS: u64 = 300;

/// Articles are handed over in groups of so many.
const GROUP: u64 = 100;

/// Articles measured with a full window.
const MEASURED: u64 = 10_000;

/// How far apart copies may be.
const WITHIN: Duration = Duration::from_secs(7 * 86_400);

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let window = asked.unwrap_or(WINDOW).max(GROUP);
    let measured = MEASURED.min(window);
    // First, while the process is small.
    let memory = memory(window)?;
    let mut table = Table::new(format!(
        "The heart, with {window} articles of about {WORDS} words in the window"
    ));
    let least = baseline(window, measured)?;
    table.baseline("baseline: two keys, the text once", least, "us");
    table.add("index in memory, an article", memory, "B", Some(1_024.0));
    let folder = tempfile::tempdir()?;
    record(&mut table, window, measured)?;
    whole(&mut table, folder.path(), window, measured)?;
    rebuild(&mut table, folder.path(), window)?;
    furniture(&mut table, measured)?;
    locate(&mut table, measured);
    // Last, for it holds every fingerprint in memory, which nothing else does.
    dedupe(&mut table, window, measured);
    table.print();
    Ok(())
}

/// The index alone, by what the process takes more of with it.
fn memory(window: u64) -> Outcome<f64> {
    let before = resident()?;
    let mut index = Index::new();
    let mut titles = Titles::default();
    for number in 0..window {
        let (id, fingerprint) = fingerprinted(number, window);
        titles.insert(id, &fingerprint.title);
        titles.evict_before(id.earlier_by(Duration::from_secs(86_400)));
        index.insert(id, &fingerprint);
    }
    let taken = resident()?.saturating_sub(before);
    assert!(!index.is_empty());
    Ok(taken as f64 / window as f64)
}

/// What recognises copies, without any record: the fingerprint, the index, the comparisons.
fn dedupe(table: &mut Table, window: u64, measured: u64) {
    let mut index = Index::new();
    let mut held = HashMap::new();
    for number in 0..window {
        let (id, fingerprint) = fingerprinted(number, window);
        index.insert(id, &fingerprint);
        held.insert(id, fingerprint);
    }
    let new: Vec<Article> = (window..window + measured)
        .map(|number| written(number, window))
        .collect();
    let mut compared = 0;
    let used = processor_time(|| {
        for (number, article) in (window..).zip(&new) {
            let id = ArticleId::arriving(articles::arrival(number, window));
            let fingerprint = Fingerprint::of(article);
            let near = index.candidates(&fingerprint);
            let others: Vec<&Fingerprint> = near.iter().filter_map(|id| held.get(id)).collect();
            compared += others.len();
            std::hint::black_box(gathers(&fingerprint, &others));
            for other in others {
                std::hint::black_box(verify(&fingerprint, other, WITHIN));
            }
            index.insert(id, &fingerprint);
            index.evict_before(id.earlier_by(WITHIN));
        }
    });
    table.add(
        "recognising copies, an article",
        Figure::micros(used, measured),
        "us",
        None,
    );
    table.add("  comparisons, an article", compared as f64 / measured as f64, "", None);
    let used = processor_time(|| {
        for article in &new {
            std::hint::black_box(Fingerprint::of(article));
        }
    });
    table.add("  of it the fingerprint", Figure::micros(used, measured), "us", None);
}

/// What recognises copies with its own record in the store: the look-ups, the fingerprint, three keys. No words.
fn record(table: &mut Table, window: u64, measured: u64) -> Outcome {
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path(), "warta.example.id,2026")?;
    let mut index = Index::new();
    let mut last = None;
    let mut at = 0;
    while at < window + measured {
        let end = (at + measured).min(window + measured);
        let new: Vec<Article> = (at..end).map(|number| written(number, window)).collect();
        let mut outcome = Ok(());
        last = Some(processor_time(|| {
            outcome = recognised(&store, &mut index, at, &new, window);
        }));
        outcome?;
        at = end;
        if at == window {
            store.flush()?;
            let each = bytes_in(&folder.path().join("sled"))? as f64 / window as f64;
            table.add("disk, an article's fingerprint and keys", each, "B", Some(3_584.0));
        }
    }
    if let Some(used) = last {
        let each = Figure::micros(used, measured);
        table.add("recognising copies and their record", each, "us", Some(100.0));
    }
    Ok(())
}

/// Recognises articles in groups, as the ledger does, and keeps what recognises them.
fn recognised(store: &Store, index: &mut Index, first: u64, new: &[Article], window: u64) -> Outcome {
    for (group, articles) in new.chunks(GROUP as usize).enumerate() {
        let mut rows = Vec::new();
        for (at, article) in articles.iter().enumerate() {
            let number = first + group as u64 * GROUP + at as u64;
            let id = ArticleId(ArticleId::arriving(articles::arrival(number, window)).0 + number % 4_096);
            let known = Keys::of(article);
            let (url, exact) = (known.url.to_be_bytes(), known.exact.unwrap_or_default().to_be_bytes());
            let guid = known.guid_key().unwrap_or_default();
            for (tree, key) in [(Tree::Url, &url), (Tree::Guid, &guid), (Tree::Exact, &exact)] {
                std::hint::black_box(store.indexed(tree, key)?);
                let (key, value) = (key.to_vec(), Some(keys::article_value(id)));
                rows.push(Row { tree, key, value });
            }
            let fingerprint = Fingerprint::of(article);
            for near in index.candidates(&fingerprint) {
                let held: Option<Fingerprint> = store.fingerprint(near)?;
                std::hint::black_box(held.map(|held| verify(&fingerprint, &held, WITHIN)));
            }
            index.insert(id, &fingerprint);
            index.evict_before(id.earlier_by(WITHIN));
            rows.push(Row {
                tree: Tree::Fingerprint,
                key: keys::id(id.0),
                value: Some(encode_hashes(&fingerprint)),
            });
        }
        store.commit(&rows)?;
    }
    store.flush()?;
    Ok(())
}

/// The ledger's whole step: with an article's words, its story, its places in the lists.
fn whole(table: &mut Table, folder: &Path, window: u64, measured: u64) -> Outcome {
    let store = Store::open(folder, "warta.example.id,2026")?;
    let locator = Locator::new(&Gazetteer::built_in(), &Directory::default());
    let mut last = None;
    let mut at = 0;
    while at < window + measured {
        let end = (at + measured).min(window + measured);
        let groups = groups(at..end, window, |article| locator.locate(article, &portal(), None));
        last = Some(recorded(&store, groups)?);
        at = end;
        if at == window {
            let each = |name: &str| -> Outcome<f64> { Ok(bytes_in(&folder.join(name))? as f64 / window as f64) };
            table.add("disk, an article with all its words", each("sled")?, "B", None);
            table.add("  in the journal, until two backups", each("journal")?, "B", None);
        }
    }
    if let Some(used) = last {
        let each = Figure::micros(used, measured);
        table.add("the ledger's whole step, words and lists", each, "us", None);
    }
    Ok(())
}

/// Records groups and waits until sled has written them. Returns the processor time.
fn recorded(store: &Store, groups: Vec<(jiff::Timestamp, Vec<Candidate>)>) -> Outcome<Used> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (ledger, writer) = remembering(store)?;
    let mut outcome = Ok(());
    let used = processor_time(|| {
        for (now, group) in groups {
            outcome = runtime.block_on(ledger.record(group, now)).map(drop);
            if outcome.is_err() {
                break;
            }
        }
        if outcome.is_ok() {
            outcome = store.flush().map_err(Into::into);
        }
    });
    drop(ledger);
    writer.join();
    outcome?;
    Ok(used)
}

/// The ledger of a store, once it remembers the window: it reads that for the first articles it is asked about.
fn remembering(store: &Store) -> Outcome<(Ledger, Writer)> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (ledger, writer) = Ledger::start(store.clone(), Rules::within(WITHIN))?;
    runtime.block_on(ledger.preview(Vec::new(), articles::START.parse()?))?;
    Ok((ledger, writer))
}

fn groups(
    numbers: std::ops::Range<u64>,
    window: u64,
    region: impl Fn(&Article) -> RegionMatch,
) -> Vec<(jiff::Timestamp, Vec<Candidate>)> {
    let candidate = |number| {
        let article = written(number, window);
        Candidate {
            region: region(&article),
            article,
            age: Age::News,
        }
    };
    let starts = numbers.clone().step_by(GROUP as usize);
    let group = |start: u64| (start..(start + GROUP).min(numbers.end)).map(candidate).collect();
    starts
        .map(|start| (articles::arrival(start, window), group(start)))
        .collect()
}

/// Opening a store again and filling the index from it.
fn rebuild(table: &mut Table, folder: &Path, window: u64) -> Outcome {
    let begun = Instant::now();
    let store = Store::open(folder, "warta.example.id,2026")?;
    let opened = begun.elapsed();
    let mut started = None;
    let mut filled = Duration::ZERO;
    let used = processor_time(|| {
        let begun = Instant::now();
        started = Some(remembering(&store));
        filled = begun.elapsed();
    });
    if let Some(started) = started {
        let (ledger, writer) = started?;
        drop(ledger);
        writer.join();
    }
    let limit = 2.0 * window as f64 / WINDOW as f64;
    table.add(
        "rebuilding the index, by the clock",
        filled.as_secs_f64(),
        "s",
        Some(limit),
    );
    table.add("  its processor time", Figure::of(used, 1.0), "s", None);
    table.add("  opening the store, by the clock", opened.as_secs_f64(), "s", None);
    Ok(())
}

/// Articles of 200 words of their own among 300 that all of them have.
fn furniture(table: &mut Table, measured: u64) -> Outcome {
    let shared = articles::article(u64::MAX / 2 - 9, 1, 2 * WORDS).text;
    let shared: Vec<&str> = shared.split_inclusive(' ').take(WORDS as usize).collect();
    let shared = shared.concat();
    let with = |number: u64| {
        let mut article = articles::article(number, measured, 200);
        article.text = format!("{}\n{shared}", article.text);
        article.html = format!("{}<p>{shared}</p>", article.html);
        article
    };
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path(), "warta.example.id,2026")?;
    let mut groups = groups(0..measured, measured, |_| nowhere());
    for (number, candidate) in groups.iter_mut().flat_map(|(_, group)| group).enumerate() {
        candidate.article = with(number as u64);
    }
    let used = recorded(&store, groups)?;
    table.add(
        "articles that share 300 words, each",
        Figure::micros(used, measured),
        "us",
        Some(200.0),
    );
    Ok(())
}

/// The region of articles of 500 words.
fn locate(table: &mut Table, measured: u64) {
    let locator = Locator::new(&Gazetteer::built_in(), &Directory::default());
    let of_500 = |number| {
        let mut article = articles::article(number, measured, 1_000);
        let end = article
            .text
            .match_indices(' ')
            .nth(500)
            .map_or(article.text.len(), |(at, _)| at);
        article.text.truncate(end);
        article
    };
    let measured = measured.min(2_000);
    let articles: Vec<Article> = (0..measured).map(of_500).collect();
    let portal = portal();
    let used = processor_time(|| {
        for article in &articles {
            std::hint::black_box(locator.locate(article, &portal, None));
        }
    });
    table.add(
        "the region of an article of 500 words",
        Figure::micros(used, measured),
        "us",
        Some(150.0),
    );
}

/// Exact keys in a hash map, and the text written once: what no aggregator does less than.
fn baseline(window: u64, measured: u64) -> Outcome<Figure> {
    let folder = tempfile::tempdir()?;
    let mut known: HashMap<u128, u64> = HashMap::new();
    let articles: Vec<Article> = (window..window + measured)
        .map(|number| written(number, window))
        .collect();
    let mut file = BufWriter::new(File::create(folder.path().join("texts"))?);
    let mut failed = Ok(());
    let used = processor_time(|| {
        for (number, article) in articles.iter().enumerate() {
            let words: Vec<&str> = article.text.split_whitespace().collect();
            let text = words.join(" ").to_lowercase();
            let keys = [xxh3_128(article.url.as_bytes()), xxh3_128(text.as_bytes())];
            let new = keys.into_iter().all(|key| known.insert(key, number as u64).is_none());
            if new && failed.is_ok() {
                failed = file.write_all(article.text.as_bytes());
            }
        }
        failed = std::mem::replace(&mut failed, Ok(())).and_then(|()| file.flush());
    });
    failed?;
    Ok(Figure::micros(used, measured))
}

fn written(number: u64, window: u64) -> Article {
    articles::article(number, window, WORDS)
}

fn fingerprinted(number: u64, window: u64) -> (ArticleId, Fingerprint) {
    let id = ArticleId::arriving(articles::arrival(number, window));
    (id, Fingerprint::of(&written(number, window)))
}

fn nowhere() -> RegionMatch {
    RegionMatch {
        event: RegionCode::INDONESIA,
        unit: None,
        satker: None,
        evidence: Vec::new(),
    }
}

/// A portal of which nothing is known.
fn portal() -> Source {
    Source {
        id: SourceId::new("portal").expect("letters"),
        kind: SourceKind::Feed,
        url: url::Url::parse("https://portal.example/feed").expect("it is written as one"),
        satker: None,
        region: None,
        include: Vec::new(),
        exclude: Vec::new(),
        interval: None,
        full_text: false,
        republish: Republish::Full,
        render: Default::default(),
        article: ArticleSelectors::default(),
    }
}

/// The memory that the process takes, in bytes.
fn resident() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")).ok_or("no VmRSS")?;
    Ok(kilobytes.trim().parse::<u64>()? * 1_024)
}

/// What the files of a folder take on disk.
fn bytes_in(folder: &Path) -> Outcome<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let data = entry.metadata()?;
        bytes += if data.is_dir() {
            bytes_in(&entry.path())?
        } else {
            data.blocks() * 512
        };
    }
    Ok(bytes)
}
