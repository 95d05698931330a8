//! Stories in a store, by the real ledger, in a process of their own: so that its memory is not the daemon's, and so that
//! it can be killed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use nix::sys::signal::{Signal, raise};
use warta::clock::Clock;
use warta::dedupe::Rules;
use warta::gazetteer::Gazetteer;
use warta::ledger::{Age, Candidate, Ledger};
use warta::model::{RegionCode, RegionMatch, SatkerId, SourceId, SourceState};
use warta::store::Store;

use super::Outcome;
use super::articles::{self, PLACES};

/// Words of an article, in the mean.
const WORDS: u64 = 300;

/// Stories that come in a week.
const WEEK: u64 = 100_000;

/// Articles handed over together.
const GROUP: u64 = 100;

/// Units that stories are of.
const UNITS: u64 = 1_000;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As the daemon does when it is told to stop.
    Stop,
    /// At once, in the middle of it.
    Kill,
}

/// Records the stories of these numbers in a store, and that so many sources are not due. Returns how long it took.
pub fn fill(store: &Path, from: u64, to: u64, sources: u64, end: End) -> Outcome<Duration> {
    let begun = Instant::now();
    let numbers = [from, to, sources].map(|number| number.to_string());
    let status = Command::new(std::env::current_exe()?)
        .arg("fill")
        .arg(store)
        .args(numbers)
        .arg(format!("{end:?}"))
        .status()?;
    let as_wanted = match end {
        End::Stop => status.success(),
        End::Kill => status.code().is_none(),
    };
    if !as_wanted {
        return Err(format!("the stories were not recorded: {status}").into());
    }
    Ok(begun.elapsed())
}

/// The process that [`fill`] starts.
pub fn child(words: &[String]) -> Outcome {
    let [folder, from, to, sources, end] = words else {
        return Err("a folder, three numbers and an end are needed".into());
    };
    let (from, to, sources): (u64, u64, u64) = (from.parse()?, to.parse()?, sources.parse()?);
    let store = Store::open(&PathBuf::from(folder), "warta.example.id,2026")?;
    for number in 0..sources {
        store.put_state(&source(number)?, &resting())?;
    }
    let rules = Rules::within(Duration::from_secs(7 * 86_400));
    let (ledger, writer) = Ledger::start(store.clone(), rules)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let regions = regions();
    for start in (from..to).step_by(GROUP as usize) {
        let numbers = start..(start + GROUP).min(to);
        let group: Outcome<Vec<Candidate>> = numbers.map(|number| candidate(number, sources, &regions)).collect();
        runtime.block_on(ledger.record(group?, arrival(start)))?;
        if start % WEEK == 0 {
            eprintln!("  {start} of {to} stories");
        }
    }
    if end == "Kill" {
        raise(Signal::SIGKILL)?;
    }
    drop(ledger);
    writer.join();
    Ok(store.flush()?)
}

/// The source of this number, as the configuration has it.
pub fn source(number: u64) -> Outcome<SourceId> {
    Ok(SourceId::new(format!("sumber-{number}"))?)
}

/// The state of a source that is not due for a month.
fn resting() -> SourceState {
    let now = Clock::System.now();
    SourceState {
        last_success: Some(now),
        next_crawl: Some(now + SignedDuration::from_hours(30 * 24)),
        ..SourceState::default()
    }
}

/// When the story of this number arrives: so many weeks ago that the first million ends about now.
fn arrival(number: u64) -> Timestamp {
    let end: Timestamp = articles::START.parse().expect("it is written as one");
    let step = 7 * 86_400_000 / WEEK;
    end - SignedDuration::from_millis((super::STORIES * step).cast_signed())
        + SignedDuration::from_millis((number * step).cast_signed())
}

fn regions() -> Vec<RegionCode> {
    let gazetteer = Gazetteer::built_in();
    let codes = PLACES.iter().filter_map(|place| gazetteer.resolve(place));
    codes.map(|region| region.code).collect()
}

/// A story of its own; every second one is a unit's.
fn candidate(number: u64, sources: u64, regions: &[RegionCode]) -> Outcome<Candidate> {
    // Of twenty articles the first four are copies.
    let mut article = articles::article(number / 16 * 20 + 4 + number % 16, WEEK, WORDS);
    let at = arrival(number);
    article.source = source(number % sources.max(1))?;
    article.seen = at + SignedDuration::from_secs(60);
    article.published = article
        .published
        .map(|published| warta::model::Published { at, ..published });
    let unit = number
        .is_multiple_of(2)
        .then(|| SatkerId::new(format!("satker-{}", number / 2 % UNITS)))
        .transpose()?;
    article.satker = unit.clone();
    let event = regions[(number % regions.len() as u64) as usize];
    Ok(Candidate {
        region: RegionMatch {
            event,
            unit: unit.as_ref().map(|_| event),
            satker: unit,
            evidence: Vec::new(),
        },
        article,
        age: Age::News,
    })
}
