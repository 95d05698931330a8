//! Real pages and feeds, damaged at random, through every reader for as long as one likes:
//! `WARTA_FUZZ_SECONDS=600 cargo test --test warta fuzz:: -- --ignored`. Without a nightly compiler or instrumentation;
//! what it finds belongs as a small case beside the reader it broke.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use warta::model::{ArticleSelectors, SourceKind};
use warta::{discover, extract, parse};

use crate::support::samples;

/// One document must not take longer, in time of the processor: other work on the machine is not its fault.
const LONGEST: Duration = Duration::from_secs(2);
const CASES: u32 = 200;

/// A change: where, as a fraction of the length; which one; the bytes it uses.
type Change = (f64, u8, Vec<u8>);

#[test]
#[ignore = "runs as long as WARTA_FUZZ_SECONDS says, 60 by default"]
fn no_damage_makes_a_reader_panic_or_stand_still() {
    let seeds = seeds();
    assert!(seeds.len() > 10, "the fixtures were not found");
    let seconds = std::env::var("WARTA_FUZZ_SECONDS").map_or(60, |text| text.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let change = (0.0..1.0f64, 0..5u8, proptest::collection::vec(any::<u8>(), 0..12));
    let cases = (0..seeds.len(), proptest::collection::vec(change, 1..12));
    let mut rounds = 0_u64;
    while Instant::now() < end {
        // One that has run its cases runs none again.
        let mut runner = TestRunner::new(Config {
            cases: CASES,
            failure_persistence: None,
            ..Config::default()
        });
        let run = runner.run(&cases, |(seed, changes)| {
            let body = changes.into_iter().fold(seeds[seed].clone(), changed);
            let begun = processor_time();
            read(&body);
            let used = processor_time() - begun;
            prop_assert!(used < LONGEST, "seed {seed} took {used:?}");
            Ok(())
        });
        run.unwrap_or_else(|failure| panic!("{failure}"));
        rounds += 1;
    }
    eprintln!("{} documents were read", rounds * u64::from(CASES));
}

/// The processor time of this thread, which is the only one that reads.
fn processor_time() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(used.tv_sec.unsigned_abs(), used.tv_nsec.unsigned_abs() as u32)
}

fn changed(mut body: Vec<u8>, (place, kind, bytes): Change) -> Vec<u8> {
    let at = (body.len() as f64 * place) as usize;
    match kind {
        0 => body.truncate(at),
        1 => drop(body.splice(at..at, bytes)),
        2 => {
            let end = (at + bytes.len() * 9).min(body.len());
            body.drain(at..end);
        }
        3 => {
            // A piece again and again: nesting, lists without end.
            let piece = body[at..(at + 40).min(body.len())].to_vec();
            body.splice(at..at, piece.repeat(bytes.len() * 8));
        }
        _ => body.iter_mut().skip(at).zip(bytes).for_each(|(old, new)| *old = new),
    }
    body
}

fn read(body: &[u8]) {
    let document = samples::document("https://kumparan.com/lajer-channel", body);
    for kind in [
        SourceKind::Feed,
        SourceKind::Wordpress,
        SourceKind::Blogger,
        SourceKind::Joomla,
        SourceKind::Sitemap,
        SourceKind::ListingAuto,
        SourceKind::Kumparan,
    ] {
        parse::entries_for(&document, &kind, &document.url, None);
        parse::next_page(&document, &kind);
    }
    extract::content(&document, &SourceKind::Kumparan, &ArticleSelectors::default());
    extract::next_part(&document);
    let mut discovery = discover::Discovery::begin(document.url.clone());
    discovery.next();
    discovery.saw(Ok(document));
}

/// What stands in the fixtures' folders of sites.
fn seeds() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"),
        &mut files,
    );
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if ["html", "xml", "json"]
            .iter()
            .any(|kind| path.extension().is_some_and(|end| end == *kind))
        {
            files.push(path);
        }
    }
}
