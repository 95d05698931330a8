//! What it costs to have feeds ready: all provinces' for the first time, and those that one new story touches when every
//! region's is known. Prints a table of processor time of the whole process, the asking included, beside what to keep to.
//!
//! `cargo bench --bench feeds`. It judges nothing: that only the right feeds change is the tests' concern.

#[path = "heart/articles.rs"]
mod articles;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use tokio::net::TcpListener;
use tokio::sync::watch;
use warta::clock::Clock;
use warta::dedupe::Rules;
use warta::gazetteer::Gazetteer;
use warta::ledger::{Age, Candidate, Ledger};
use warta::model::{Language, RegionCode, RegionMatch, Site};
use warta::serve::{Front, Listener, Settings, Shared, router, serve};
use warta::store::Store;

/// Stories of each province.
const STORIES: u64 = 50;

/// Words in a story.
const WORDS: u64 = 300;

/// How far apart copies may be.
const WITHIN: Duration = Duration::from_secs(7 * 86_400);

/// Between a province's stories: 50 in two weeks.
const APART: SignedDuration = SignedDuration::from_hours(6);

const AUTHORITY: &str = "warta.example.id,2026";

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path(), AUTHORITY)?;
    let gazetteer = Arc::new(Gazetteer::built_in());
    let mut now: Timestamp = articles::START.parse()?;
    let homes = homes(&gazetteer);
    for round in 0..STORIES {
        let numbers = round * homes.len() as u64..;
        let stories = numbers.zip(&homes).map(|(number, home)| candidate(number, *home));
        record(&runtime, &store, stories.collect(), now)?;
        now += APART;
    }
    let (_sender, settings) = watch::channel(Arc::new(settings()?));
    let clock = Clock::simulated(now);
    let shared = Arc::new(Shared::new(store.clone(), Arc::clone(&gazetteer), settings, clock));
    let address = listen(&runtime, &shared)?;

    let provinces = gazetteer.provinces().map(|region| region.path.as_str());
    let feeds = provinces.flat_map(|path| ["rss", "atom", "json"].map(|format| format!("{path}.{format}")));
    let feeds: Vec<String> = feeds.collect();
    let (first, asked) = processor_time(|| ask_all(address, &feeds));
    asked?;

    let all: Vec<String> = gazetteer
        .regions()
        .iter()
        .map(|region| format!("{}.atom", region.path))
        .collect();
    let before = ask_all(address, &all)?;
    record(
        &runtime,
        &store,
        vec![candidate(STORIES * homes.len() as u64, homes[14])],
        now,
    )?;
    let (again, made) = processor_time(|| runtime.block_on(Arc::clone(&shared).refresh()));
    let made = made?;
    let (nothing, after) = processor_time(|| ask_all(address, &all));
    let after = after?;
    let changed = after.iter().filter(|(feed, tag)| before[*feed] != **tag).count();

    println!("| what | processor time | at most |\n| --- | ---: | ---: |");
    let (formats, made_of) = (feeds.len(), STORIES);
    println!(
        "| {formats} feeds of provinces with {made_of} entries rendered, with gzip | {} | 300 ms |",
        millis(first)
    );
    println!(
        "| {made} feeds made again after a new story, of {} known | {} | 20 ms |",
        made + all.len(),
        millis(again)
    );
    println!(
        "| {} of them asked for then: {changed} have another ETag | {} | |",
        all.len(),
        millis(nothing)
    );
    Ok(())
}

/// The first regency of each province.
fn homes(gazetteer: &Gazetteer) -> Vec<RegionCode> {
    let mut homes = BTreeMap::new();
    for province in gazetteer.provinces() {
        let within = gazetteer.regions().iter().map(|region| region.code);
        let first = within
            .filter(|code| *code != province.code && code.is_within(province.code))
            .min();
        homes.extend(first.map(|first| (province.code, first)));
    }
    homes.into_values().collect()
}

/// The story of this number, like no other.
fn candidate(number: u64, home: RegionCode) -> Candidate {
    // Of twenty articles the first four may be copies.
    let original = number / 16 * 20 + 4 + number % 16;
    Candidate {
        article: articles::article(original, 1 << 20, WORDS),
        region: RegionMatch {
            event: home,
            unit: None,
            satker: None,
            evidence: Vec::new(),
        },
        age: Age::News,
    }
}

fn record(runtime: &tokio::runtime::Runtime, store: &Store, stories: Vec<Candidate>, now: Timestamp) -> Outcome {
    let (ledger, writer) = Ledger::start(store.clone(), Rules::within(WITHIN))?;
    let recorded = runtime.block_on(ledger.record(stories, now));
    drop(ledger);
    writer.join();
    recorded?;
    Ok(())
}

fn settings() -> Outcome<Settings> {
    Ok(Settings {
        site: Site {
            title: "Warta".to_owned(),
            base_url: "https://warta.example.id/".parse()?,
            id_authority: AUTHORITY.to_owned(),
            language: Language::Id,
            hub: false,
        },
        directory: Arc::default(),
        contact: "mailto:humas@example.go.id".to_owned(),
        hub: None,
        callbacks: None,
    })
}

/// Serves until the process ends.
fn listen(runtime: &tokio::runtime::Runtime, shared: &Arc<Shared>) -> Outcome<SocketAddr> {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let front = Front::with_feeds(Arc::clone(shared), router(Arc::clone(shared)));
    runtime.spawn(serve(Listener::Tcp(listener), front, std::future::pending()));
    Ok(address)
}

/// Asks for feeds in their gzip form, one after the other. Returns their ETags.
fn ask_all(address: SocketAddr, feeds: &[String]) -> Outcome<BTreeMap<String, String>> {
    feeds
        .iter()
        .map(|feed| Ok((feed.clone(), ask(address, feed)?)))
        .collect()
}

fn ask(address: SocketAddr, feed: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect(address)?;
    let request =
        format!("GET /feeds/{feed} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .ok_or("no answer")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let tag = head
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .unwrap_or_default();
    match head.starts_with("HTTP/1.1 200 ") {
        true => Ok(tag.to_owned()),
        false => Err(format!("{feed}: {head}").into()),
    }
}

/// The processor time that this takes, with all that the process does beside it.
fn processor_time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0))
    };
    let before = now();
    let done = work();
    (now() - before, done)
}

fn millis(used: Duration) -> String {
    format!("{:.1} ms", used.as_secs_f64() * 1e3)
}
