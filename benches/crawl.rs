//! What a crawl costs, end to end: the real binary against generated sites on loopback, each on an address of its own,
//! beside what any crawler has to do at least: fetching with the same HTTP client, and fetching and parsing by feed-rs.
//! Prints a table with the ratio of each row and the one to keep to. It judges nothing, and does not time stages.
//!
//! `cargo bench --bench crawl` takes 1,000 feeds of 20 articles (`WARTA_BENCH_FEEDS` takes another number);
//! `cargo bench --bench crawl -- 5000` adds a first crawl of so many, and `-- disk` only tells where the store's bytes
//! are. Processor time is user and system time of the process alone: the sites are another process. Short runs are the
//! least of three.
//!
//! Where sfeed and newsboat are installed, they are run on the same feeds.
//!
//! The program is also what it starts: `sites`, `fetch`, `parse`, and `child`, which runs one other.

#[path = "heart/articles.rs"]
mod articles;
#[path = "crawl/baseline.rs"]
mod baseline;
#[path = "crawl/disk.rs"]
mod disk;
#[path = "crawl/measure.rs"]
mod measure;
#[path = "crawl/others.rs"]
mod others;
#[path = "crawl/server.rs"]
mod server;
#[path = "crawl/sites.rs"]
mod sites;
#[path = "crawl/table.rs"]
mod table;
#[path = "crawl/world.rs"]
mod world;

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use baseline::Then;
use measure::Taken;
use server::Manner;
use sites::{ARTICLES, Mix, Site};
use table::{Row, Table};
use world::{World, bytes_in};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Feeds where nothing else is asked for.
const FEEDS: u64 = 1_000;

/// Fetches in flight on sites that answer at once.
const IN_FLIGHT: usize = 64;

/// Fetches in flight on slow sites.
const MANY_IN_FLIGHT: usize = 256;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sites that answer at once and well, with feeds.
const QUICK: Manner = Manner {
    mix: Mix::Feeds,
    slow: false,
    faulty: false,
};

fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.first().map(String::as_str) {
        Some("sites") => server::serve(Manner::read(&words)),
        Some("fetch") => fetch(Then::Forget, &words),
        Some("parse") => fetch(Then::Parse, &words),
        Some("child") => measure::child(Path::new(words.get(1).ok_or("no output is named")?), &words[2..]),
        Some("disk") => disk_alone(),
        _ => all(words.iter().find_map(|word| word.parse().ok())),
    }
}

fn fetch(then: Then, words: &[String]) -> Outcome {
    let [_, concurrency, timeout, urls, tags] = words else {
        return Err("fetches in flight, a timeout and two files are needed".into());
    };
    baseline::run(&baseline::Run {
        then,
        concurrency: concurrency.parse()?,
        timeout: Duration::from_millis(timeout.parse()?),
        urls: Path::new(urls),
        tags: Path::new(tags),
    })
}

/// The feeds of a run.
fn feeds() -> Outcome<u64> {
    Ok(match std::env::var("WARTA_BENCH_FEEDS") {
        Ok(said) => said.parse()?,
        Err(_) => FEEDS,
    })
}

/// A first crawl and what is on disk after it, tree by tree, before and after `compact`.
fn disk_alone() -> Outcome {
    let feeds = feeds()?;
    let world = World::new(feeds, QUICK, IN_FLIGHT, TIMEOUT)?;
    let first = world.warta(&["crawl", "--all"])?;
    println!(
        "{}; {} s of processor, {} MB of memory",
        first.said, first.cpu, first.memory
    );
    let texts = texts(feeds)?;
    println!("{:>12.0} bytes  zstd -3 of each text", texts * 1e6);
    for when in ["before", "after"] {
        let bytes = bytes_in(&world.store())? as f64 / 1e6;
        println!("{when} compact: {bytes:.1} MB, {:.2} times", bytes / texts);
        disk::print(&world.store())?;
        if when == "before" {
            world.warta(&["compact"])?;
        }
    }
    Ok(())
}

/// Runs it all; `more` are the feeds of another first crawl.
fn all(more: Option<u64>) -> Outcome {
    // A connection to each site stays open.
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    let feeds = feeds()?;
    let mut table = Table::new(feeds);
    let first = crawls(&mut table, feeds)?;
    if let Some(more) = more {
        larger(&mut table, feeds, &first, more)?;
    }
    kinds(&mut table, feeds)?;
    latency(&mut table, feeds)?;
    table.print();
    Ok(())
}

/// First crawl and unchanged re-crawl of feeds, and what is on disk after. Returns what the first crawl took.
fn crawls(table: &mut Table, feeds: u64) -> Outcome<Taken> {
    let mut world = World::new(feeds, QUICK, IN_FLIGHT, TIMEOUT)?;
    let (bare, parsed) = baselines(&world, Round::First)?;
    world.asked()?;
    let first = world.warta(&["crawl", "--all"])?;
    table.remark(&format!("first crawl: {}", first.said));
    table.add(Row::of("first crawl, CPU s", |taken| taken.cpu, &bare, &parsed, &first).against_parsed(16.0));
    table.add(Row::of("  memory, MB", |taken| taken.memory, &bare, &parsed, &first).at_most(200.0));
    table.add(Row::of("  wall, s", |taken| taken.wall, &bare, &parsed, &first));
    let loose = bytes_in(&world.store())?;

    let (bare, parsed) = baselines(&world, Round::Again)?;
    world.asked()?;
    let again = least(|| world.warta(&["crawl", "--all"]))?;
    let asked = world.asked()?;
    table.remark(&format!("re-crawl: {}", again.said));
    table.add(Row::of("unchanged re-crawl, CPU s", |taken| taken.cpu, &bare, &parsed, &again).against_bare(2.0));
    table.add(Row::of("  memory, MB", |taken| taken.memory, &bare, &parsed, &again));
    let each = |count: u64| count as f64 / (ROUNDS * feeds) as f64;
    table.add(Row::figure("  requests, a feed", each(asked.requests)).at_most(1.0));
    table.add(Row::figure("  of them answered by 304", each(asked.not_modified)));

    compare(table, &world, &first, &again)?;

    world.warta(&["compact"])?;
    let compact = bytes_in(&world.store())?;
    let texts = texts(feeds)?;
    table.add(Row::figure("disk, MB", loose as f64 / 1e6).times(texts, "zstd -3 of the texts", 4.0));
    table.add(Row::figure("  after compact", compact as f64 / 1e6).times(texts, "zstd -3 of the texts", 2.0));
    Ok(first)
}

/// What feed readers take for the same feeds, and warta against them.
fn compare(table: &mut Table, world: &World, first: &Taken, again: &Taken) -> Outcome {
    for (name, theirs) in world.readers()? {
        for (what, ours, theirs) in [("first crawl", first, &theirs[0]), ("re-crawl", again, &theirs[1])] {
            table.remark(&format!(
                "{name}, {what}: {:.2} s of CPU, {:.2} s",
                theirs.cpu, theirs.wall
            ));
            let row = Row::figure(&format!("{what}, CPU s"), ours.cpu).against(theirs.cpu, name);
            let is_bounded = name == "sfeed" && what == "first crawl";
            table.add(if is_bounded { row.at_most(0.33) } else { row });
        }
    }
    Ok(())
}

/// A first crawl of more feeds.
fn larger(table: &mut Table, feeds: u64, first: &Taken, more: u64) -> Outcome {
    let world = World::new(more, QUICK, IN_FLIGHT, TIMEOUT)?;
    let (bare, parsed) = baselines(&world, Round::First)?;
    let taken = world.warta(&["crawl", "--all"])?;
    let times = more as f64 / feeds as f64;
    let what = format!("first crawl of {more} feeds, CPU s");
    table.add(Row::of(&what, |taken| taken.cpu, &bare, &parsed, &taken).against_parsed(16.0));
    let what = format!("  against that of {feeds}");
    table.add(Row::figure(&what, taken.cpu).times(first.cpu, "the first crawl", times * 1.2));
    table.add(Row::of("  memory, MB", |taken| taken.memory, &bare, &parsed, &taken).at_most(300.0));
    Ok(())
}

/// A first crawl of every kind of source: two of eight fetch a page for each article.
fn kinds(table: &mut Table, feeds: u64) -> Outcome {
    let manner = Manner { mix: Mix::All, ..QUICK };
    let sources = feeds.div_ceil(4);
    let mut world = World::new(sources, manner, IN_FLIGHT, TIMEOUT)?;
    let taken = world.warta(&["crawl", "--all"])?;
    let asked = world.asked()?;
    table.remark(&format!("every kind: {}", taken.said));
    let what = format!("every kind, {sources} sources, CPU s");
    table.add(Row::figure(&what, taken.cpu));
    table.add(Row::figure(
        "  requests, a source",
        asked.requests as f64 / sources as f64,
    ));
    Ok(())
}

/// First crawls of slow sites, without and with faulty ones among them.
fn latency(table: &mut Table, feeds: u64) -> Outcome {
    let slow = Manner { slow: true, ..QUICK };
    let world = World::new(feeds, slow, MANY_IN_FLIGHT, TIMEOUT)?;
    let bare = world.baseline(Then::Forget)?;
    let parsed = world.baseline(Then::Parse)?;
    let sound = world.warta(&["crawl", "--all"])?;
    table.add(
        Row::of(
            "300-800 ms, 256 in flight, wall s",
            |taken| taken.wall,
            &bare,
            &parsed,
            &sound,
        )
        .against_bare(1.3),
    );
    // What the first crawl has to compute may take longer than the sites do; an unchanged one has only them to wait for.
    let bare = world.baseline(Then::Forget)?;
    let parsed = world.baseline(Then::Parse)?;
    let again = world.warta(&["crawl", "--all"])?;
    table.add(Row::of("  unchanged, wall s", |taken| taken.wall, &bare, &parsed, &again).against_bare(1.3));
    drop(world);

    let faulty = Manner { faulty: true, ..slow };
    let world = World::new(feeds, faulty, MANY_IN_FLIGHT, TIMEOUT)?;
    let bare = world.baseline(Then::Forget)?;
    let parsed = world.baseline(Then::Parse)?;
    let taken = world.warta(&["crawl", "--all"])?;
    table.remark(&format!("5 % faulty: {}", taken.said));
    table.add(Row::of(
        "  5 % faulty, wall s",
        |taken| taken.wall,
        &bare,
        &parsed,
        &taken,
    ));
    let more = (taken.wall - sound.wall) / TIMEOUT.as_secs_f64();
    table.add(Row::figure("  what that adds, timeouts", more).at_most(1.0));
    Ok(())
}

/// How often a short run is made; the least counts.
const ROUNDS: u64 = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    /// Nothing is known of the feeds.
    First,
    /// Their tags are.
    Again,
}

/// Fetching alone, and with feed-rs.
fn baselines(world: &World, round: Round) -> Outcome<(Taken, Taken)> {
    let of = |then| {
        least(|| {
            if round == Round::First {
                world.forget(then)?;
            }
            world.baseline(then)
        })
    };
    Ok((of(Then::Forget)?, of(Then::Parse)?))
}

/// The run of several that took the least processor time.
fn least(mut run: impl FnMut() -> Outcome<Taken>) -> Outcome<Taken> {
    let mut least = run()?;
    for _ in 1..ROUNDS {
        let taken = run()?;
        if taken.cpu < least.cpu {
            least = taken;
        }
    }
    Ok(least)
}

/// What all texts take, each compressed alone by zstd at level 3, in MB.
fn texts(feeds: u64) -> Outcome<f64> {
    let mut sum = 0;
    for site in (0..feeds).map(|number| Site::of(number, Mix::Feeds)) {
        for post in site.posts(ARTICLES) {
            sum += zstd::bulk::compress(post.article.text.as_bytes(), 3)?.len();
        }
    }
    Ok(sum as f64 / 1e6)
}
