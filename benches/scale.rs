//! What a large store and many sources cost the daemon: opening a store of a million stories after a clean stop and
//! after a kill, the memory it then takes, and what it takes while nothing is due. The real binary runs; the stories
//! are recorded by the real ledger. Prints a table. It judges nothing, and crawls nothing: `crawl` does.
//!
//! `cargo bench --bench scale` makes 1,000,000 stories, which takes some minutes and some gigabytes;
//! `cargo bench --bench scale -- 50000` so many. `WARTA_SCALE_FOLDER` names a folder that keeps the store for the next
//! run, `WARTA_SCALE_IDLE` the seconds for which the idle daemon is watched, 60 where none are given.
//!
//! The program is also what it starts: `fill`, which records stories and ends well or not.

#[path = "heart/articles.rs"]
mod articles;
#[path = "scale/daemon.rs"]
mod daemon;
#[path = "scale/fill.rs"]
mod fill;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use daemon::World;
use fill::End;

/// Stories where nothing else is asked for.
const STORIES: u64 = 1_000_000;

/// Sources of the configuration; none of them is due.
const SOURCES: u64 = 10_000;

/// Stories of the store beside which the daemon idles.
const FEW: u64 = 1_000;

/// Stories that come between two starts.
const MORE: u64 = 5_000;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if words.first().is_some_and(|word| word == "fill") {
        return fill::child(&words[1..]);
    }
    let stories = words.iter().find_map(|word| word.parse().ok()).unwrap_or(STORIES);
    let seconds = std::env::var("WARTA_SCALE_IDLE")
        .ok()
        .and_then(|text| text.parse().ok());
    let temporary = tempfile::tempdir()?;
    let kept = std::env::var_os("WARTA_SCALE_FOLDER").map(PathBuf::from);
    let mut table = Table::default();
    idle(
        &mut table,
        &temporary.path().join("few"),
        Duration::from_secs(seconds.unwrap_or(60)),
    )?;
    let folder = kept.unwrap_or_else(|| temporary.path().join("many"));
    many(&mut table, &folder, stories)?;
    println!(
        "{stories} stories, {SOURCES} sources of which none is due\n\n{}",
        table.0
    );
    Ok(())
}

/// A daemon that has nothing to do.
fn idle(table: &mut Table, folder: &Path, watched: Duration) -> Outcome {
    let world = World::new(folder, SOURCES)?;
    fill::fill(&world.store(), 0, FEW, SOURCES, End::Stop)?;
    let daemon = world.start()?;
    table.add(
        "start with few stories, to the first answer",
        daemon.opened.as_secs_f64(),
        "s",
        None,
    );
    table.add("  its processor time", daemon.taken()?.cpu, "s", None);
    daemon.rest()?;
    let before = daemon.taken()?;
    std::thread::sleep(watched);
    let after = daemon.taken()?;
    let share = (after.cpu - before.cpu) / watched.as_secs_f64() * 100.0;
    table.add("idle, of one core", share, "%", Some(0.5));
    table.add("idle, memory", after.resident, "MB", Some(150.0));
    table.add("  of it its own, not of files", after.own, "MB", None);
    daemon.stop()?;
    Ok(())
}

/// A daemon with a large store.
fn many(table: &mut Table, folder: &Path, stories: u64) -> Outcome {
    let world = World::new(folder, SOURCES)?;
    let store = world.store();
    let marker = folder.join("filled");
    let mut filled: u64 = match fs::read_to_string(&marker) {
        Ok(text) => text.trim().parse()?,
        Err(_) => 0,
    };
    if filled < stories {
        let took = fill::fill(&store, filled, stories, SOURCES, End::Stop)?;
        table.add(
            "recording stories, by the clock, each",
            took.as_secs_f64() * 1e6 / (stories - filled) as f64,
            "us",
            None,
        );
        filled = stories;
        fs::write(&marker, filled.to_string())?;
    }
    for (what, folder) in [("sled", "sled"), ("journal", "journal")] {
        let bytes = bytes_in(&store.join(folder))? as f64;
        table.add(&format!("{what} on disk, a story"), bytes / filled as f64, "B", None);
    }
    let daemon = world.start()?;
    table.add(
        "first start after all of them",
        daemon.opened.as_secs_f64(),
        "s",
        Some(20.0),
    );
    let searchable = daemon.rest()?;
    table.add(
        "  until it rests (a new search index is made)",
        searchable.as_secs_f64(),
        "s",
        None,
    );
    let stopped = daemon.stop()?;
    table.add("  a clean stop", stopped.as_secs_f64(), "s", None);
    let bytes = bytes_in(&store.join("search"))? as f64;
    table.add("search index on disk, a story", bytes / filled as f64, "B", None);
    for (what, end, most) in [("a clean stop", End::Stop, 5.0), ("a kill", End::Kill, 20.0)] {
        fill::fill(&store, filled, filled + MORE, SOURCES, end)?;
        filled += MORE;
        fs::write(&marker, filled.to_string())?;
        start(table, &world, what, most)?;
    }
    daemon::evict(&store)?;
    start(table, &world, "a clean stop, nothing in the system's cache", 5.0)
}

/// Starts the daemon, and tells what that took and what it takes then.
fn start(table: &mut Table, world: &World, after: &str, most: f64) -> Outcome {
    let daemon = world.start()?;
    table.add(
        &format!("open after {after}"),
        daemon.opened.as_secs_f64(),
        "s",
        Some(most),
    );
    let taken = daemon.taken()?;
    table.add("  its processor time", taken.cpu, "s", None);
    table.add("  memory then", taken.resident, "MB", Some(500.0));
    let rested = daemon.rest()?;
    let taken = daemon.taken()?;
    table.add("  until it rests", rested.as_secs_f64(), "s", None);
    table.add("  its processor time", taken.cpu, "s", None);
    table.add("  memory then", taken.resident, "MB", Some(500.0));
    table.add("  of it its own, not of files", taken.own, "MB", None);
    table.add("  most memory so far", taken.most, "MB", None);
    let first = daemon.asked("/feeds/indonesia.rss")?;
    table.add(
        "  the national feed for the first time",
        first.as_secs_f64() * 1e3,
        "ms",
        None,
    );
    daemon.stop().map(drop)
}

/// What files take on disk.
fn bytes_in(folder: &Path) -> Outcome<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += match about.is_dir() {
            true => bytes_in(&entry.path())?,
            false => about.blocks() * 512,
        };
    }
    Ok(bytes)
}

/// The rows so far, as Markdown.
struct Table(String);

impl Default for Table {
    fn default() -> Table {
        Table("| what | figure | at most |\n| --- | ---: | ---: |\n".to_owned())
    }
}

impl Table {
    fn add(&mut self, what: &str, figure: f64, unit: &str, most: Option<f64>) {
        eprintln!("{}: {figure:.2} {unit}", what.trim());
        let most = most.map_or(String::new(), |most| {
            format!("{most} {}", if figure <= most { "ok" } else { "OVER" })
        });
        self.0 += &format!("| {what} | {figure:.2} {unit} | {most} |\n");
    }
}
