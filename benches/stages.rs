//! What each stage of an article's way costs: from a feed's bytes to the store and out again, and from an article's
//! page to its clean text. Processor time, as `measure` takes it. It judges nothing, and fetches nothing: `crawl`
//! measures the whole.
//!
//! `cargo bench --bench stages`; `cargo bench --bench stages -- 50` with so many feeds instead of 200. The pages are
//! those of `tests/fixtures/gold`, as they are and grown to what sites send.

#[path = "heart/articles.rs"]
mod articles;
#[path = "heart/measure.rs"]
#[expect(dead_code, reason = "there is no baseline here")]
mod measure;
#[path = "stages/pages.rs"]
mod pages;
#[path = "crawl/sites.rs"]
#[expect(dead_code, reason = "only the feeds of the sites are read here")]
mod sites;

use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use warta::dedupe::{Fingerprint, Keys, Rules};
use warta::gazetteer::Gazetteer;
use warta::ledger::{Age, Candidate, Ledger};
use warta::locate::Locator;
use warta::model::{
    Article, ArticleSelectors, Directory, Document, Entry, RegionCode, Republish, Room, Scope, Site as Ours, Source,
    SourceId, SourceKind, Validators, Zone,
};
use warta::publish::{self, Format};
use warta::screen::{History, screen};
use warta::store::Store;
use warta::{gate, normalize, parse};

use measure::{Figure, Table, Used, processor_time};
use sites::{ARTICLES, Mix, Site};

/// Feeds that are read.
const FEEDS: u64 = 200;

/// Entries of a feed that is rendered.
const LISTED: usize = 50;

/// How far apart copies may be.
const WITHIN: Duration = Duration::from_secs(7 * 86_400);

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let mut table = Table::new("What an article costs, stage by stage".to_owned());
    way(&mut table, asked.unwrap_or(FEEDS).max(5))?;
    pages::measure(&mut table)?;
    table.print();
    Ok(())
}

/// The way of the articles of full-text feeds, one stage after the other over all of them.
fn way(table: &mut Table, feeds: u64) -> Outcome {
    let now = articles::arrival(feeds * ARTICLES, 100_000);
    let count = feeds * ARTICLES;
    let (documents, source) = (documents(feeds, now)?, source(SourceKind::Feed)?);
    let mut stages: Vec<(&str, Used)> = Vec::new();
    let decoded = processor_time(|| documents.iter().for_each(|feed| drop(black_box(gate::decode(feed)))));
    stages.push(("decode", decoded));
    let mut entries: Vec<Entry> = Vec::new();
    let mut read = processor_time(|| {
        let read = documents.iter().map(|feed| parse::entries(feed, &source.kind));
        entries = read.flat_map(|parsed| parsed.items).collect();
    });
    read.time = read.time.saturating_sub(decoded.time);
    stages.push(("parse the feed", read));
    let cx = normalize::Context {
        source: &source,
        satker: None,
        zone: Zone::Wib,
        now,
    };
    let mut found: Vec<Article> = Vec::new();
    let used = processor_time(|| {
        let articles = entries.into_iter().map(|entry| normalize::article(entry, None, &cx).0);
        found = articles.flatten().collect();
    });
    stages.push(("normalise and sanitise", used));
    if found.len() as u64 != count {
        return Err(format!("{} articles of {count} were read", found.len()).into());
    }
    let gazetteer = Gazetteer::built_in();
    stages.extend(judged(found, &source, &gazetteer, now)?);
    let whole: f64 = stages.iter().map(|(_, used)| used.time.as_secs_f64()).sum();
    for (stage, used) in stages {
        let share = used.time.as_secs_f64() / whole * 100.0;
        table.add(
            &format!("{stage} ({share:.0} %)"),
            Figure::micros(used, count),
            "us",
            None,
        );
    }
    table.add("all of it, an article", whole * 1e6 / count as f64, "us", None);
    Ok(())
}

/// The stages from an article to the feeds it stands in.
fn judged(
    found: Vec<Article>,
    source: &Source,
    gazetteer: &Gazetteer,
    now: Timestamp,
) -> Outcome<Vec<(&'static str, Used)>> {
    let locator = Locator::new(gazetteer, &Directory::default());
    let mut stages = Vec::new();
    let mut regions = Vec::new();
    let placed = |article| locator.locate(article, source, None);
    stages.push((
        "locate",
        processor_time(|| regions = found.iter().map(placed).collect()),
    ));
    let mut history = History::default();
    found.iter().take(20).for_each(|article| history.learn(article));
    let screened = || {
        for article in &found {
            black_box(screen(article, &history));
        }
    };
    stages.push(("screen", processor_time(screened)));
    let recognised = processor_time(|| {
        for article in &found {
            black_box((Keys::of(article), Fingerprint::of(article)));
        }
    });
    stages.push(("fingerprint and keys", recognised));
    let candidates = found.into_iter().zip(regions).map(|(article, region)| Candidate {
        article,
        region,
        age: Age::News,
    });
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path(), "warta.example.id,2026")?;
    let mut recorded = recorded(&store, candidates.collect(), now)?;
    recorded.time = recorded.time.saturating_sub(recognised.time);
    stages.push(("ledger: compare, journal, store", recorded));
    stages.push(("render, in one feed, 3 formats, gzip", rendered(&store, gazetteer)?));
    Ok(stages)
}

/// Records articles in the groups in which a crawl does, and waits until sled has written them.
fn recorded(store: &Store, candidates: Vec<Candidate>, now: Timestamp) -> Outcome<Used> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (ledger, writer) = Ledger::start(store.clone(), Rules::within(WITHIN))?;
    let mut candidates = candidates.into_iter();
    let mut failed = Ok(());
    let used = processor_time(|| {
        while failed.is_ok() {
            let group: Vec<Candidate> = candidates.by_ref().take(100).collect();
            if group.is_empty() {
                break;
            }
            failed = runtime.block_on(ledger.record(group, now)).map(drop);
        }
        if failed.is_ok() {
            failed = store.flush().map_err(Into::into);
        }
    });
    drop(ledger);
    writer.join();
    failed?;
    Ok(used)
}

/// What the national feed takes for each of its entries, times the articles there are, as if each were rendered once.
fn rendered(store: &Store, gazetteer: &Gazetteer) -> Outcome<Used> {
    let (site, directory) = (ours()?, Directory::default());
    let context = publish::Context {
        site: &site,
        gazetteer,
        directory: &directory,
    };
    let scope = Scope::Region(RegionCode::INDONESIA);
    let stories: Vec<_> = store.newest(&scope).take(LISTED).collect::<Result<_, _>>()?;
    let times = u32::try_from(store.count(&scope))? / u32::try_from(stories.len().max(1))?;
    let mut failed = Ok(());
    let used = processor_time(|| {
        for _ in 0..times {
            let view = publish::view(context, &scope, stories.clone());
            for format in Format::ALL {
                let mut packed = GzEncoder::new(Vec::new(), Compression::new(2));
                let written = packed.write_all(&publish::render(&view, format));
                failed = written.and_then(|()| packed.finish().map(|packed| drop(black_box(packed))));
            }
        }
    });
    failed?;
    Ok(used)
}

fn documents(feeds: u64, now: Timestamp) -> Outcome<Vec<Document>> {
    let document = |number| {
        let site = Site::of(number, Mix::Feeds);
        let url: url::Url = site.url(80).parse()?;
        let (kind, body) = site.page(url.path(), 80).ok_or("the site has no feed")?;
        Ok(Document {
            url,
            content_type: Some(kind.to_owned()),
            body: body.into_bytes(),
            validators: Validators::default(),
            fetched: now,
            fresh_for: None,
            led: None,
            links: Vec::new(),
            room: Room::default(),
        })
    };
    (0..feeds).map(document).collect()
}

/// A portal of which nothing is known.
fn source(kind: SourceKind) -> Outcome<Source> {
    Ok(Source {
        id: SourceId::new("portal")?,
        kind,
        url: "https://portal.example/feed".parse()?,
        satker: None,
        region: None,
        include: Vec::new(),
        exclude: Vec::new(),
        interval: None,
        full_text: true,
        republish: Republish::Full,
        render: Default::default(),
        article: ArticleSelectors::default(),
    })
}

fn ours() -> Outcome<Ours> {
    Ok(Ours {
        title: "Warta".to_owned(),
        base_url: "https://warta.example.id/".parse()?,
        id_authority: "warta.example.id,2026".to_owned(),
        language: Default::default(),
        hub: true,
    })
}
