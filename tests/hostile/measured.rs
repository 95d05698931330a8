//! What the hostile set costs the real program: its peak memory, its time, and the delay of sources that do no harm. The
//! servers are in this process, so that only what crawls is measured. What must come of each case is tested in `hostile`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use warta::model::{CrawlEvent, SourceKind};

use super::cases::{self, Expect};
use super::server::{Act, Ask, Server};
use super::{DELAY, WITHIN, say};
use crate::support::world::World;

/// The most memory the program may take, in KiB.
const PEAK: u64 = 200 << 10;

/// Sources of one host that asks for minutes between two requests: with the rest, 16 times `concurrency` are under way.
const CROWD: u16 = 800;

/// Sources that do no harm.
const CANARIES: u16 = 8;

/// The sources of the run, as configuration, and the servers they are on.
#[derive(Default)]
struct Set {
    units: String,
    servers: Vec<Server>,
    awaited: BTreeSet<String>,
}

impl Set {
    fn source(&mut self, id: &str, kind: &SourceKind, url: &str) {
        let (kind, more) = match kind {
            SourceKind::Listing(_) => ("listing", "item = \"li\"\n"),
            SourceKind::ListingAuto => ("listing", ""),
            SourceKind::Sitemap => ("sitemap", ""),
            SourceKind::Wordpress => ("wordpress", ""),
            _ => ("feed", ""),
        };
        let _ = write!(
            self.units,
            "[[satker]]\nid = \"unit-{id}\"\nname = \"Lapas {id}\"\nregion = \"35.09\"\n\
             [[satker.source]]\nid = \"{id}\"\nkind = \"{kind}\"\nurl = \"{url}\"\n{more}"
        );
    }

    fn server(&mut self, id: &str, kind: &SourceKind, server: Server) {
        self.source(id, kind, &format!("{}/", server.url));
        self.awaited.insert(id.to_owned());
        self.servers.push(server);
    }
}

/// When each canary was first asked.
type Asked = Arc<Mutex<BTreeMap<String, Instant>>>;

fn set(asked: &Asked) -> Set {
    let mut set = Set::default();
    let mut numbers = 256..;
    let crowd = Server::start(numbers.next().unwrap(), "", Arc::new(crowded));
    for number in 0..CROWD {
        set.source(
            &format!("a-ramai-{number}"),
            &SourceKind::Feed,
            &format!("{}/{number}", crowd.url),
        );
    }
    let victim = crowd.url.clone();
    set.servers.push(crowd);
    for (number, case) in cases::all().into_iter().enumerate() {
        if matches!(case.expect, Expect::Waits) {
            continue;
        }
        let address = numbers.next().unwrap();
        let server = match case.answer {
            Some(answer) => Server::start(address, &victim, answer),
            None => Server::refusing(address),
        };
        set.server(&format!("b-kasus-{number}"), &case.kind, server);
    }
    for number in 0..CANARIES {
        let (id, asked) = (format!("c-kenari-{number}"), Arc::clone(asked));
        let canary = {
            let id = id.clone();
            move |ask: &Ask<'_>| {
                asked.lock().unwrap().entry(id.clone()).or_insert_with(Instant::now);
                canary(ask)
            }
        };
        set.server(
            &id,
            &SourceKind::Feed,
            Server::start(numbers.next().unwrap(), "", Arc::new(canary)),
        );
    }
    set
}

fn crowded(ask: &Ask<'_>) -> Act {
    match ask.path {
        "/robots.txt" => say::ok("text/plain", "User-agent: *\nCrawl-delay: 300\n"),
        _ => say::rss(""),
    }
}

fn canary(ask: &Ask<'_>) -> Act {
    match ask.path {
        "/robots.txt" => say::status("404 Not Found"),
        _ => say::rss(&say::item("Panen raya", &format!("{}/panen", ask.me), "1")),
    }
}

/// What our unit sets in the environment.
fn settings_of_the_unit() -> Vec<(String, String)> {
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd/warta.service");
    let unit = std::fs::read_to_string(unit).unwrap();
    let lines = unit.lines().filter_map(|line| line.strip_prefix("Environment="));
    let settings = lines
        .flat_map(str::split_whitespace)
        .filter_map(|setting| setting.split_once('='));
    settings
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The program with these sources, and the lines that it writes as they come.
fn start(world: &World) -> (Child, mpsc::Receiver<(Instant, String)>) {
    let mut command = world.command(&["crawl", "--all", "--force", "--json"]);
    command.envs(settings_of_the_unit());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (sender, lines) = mpsc::channel();
    let stdout: BufReader<ChildStdout> = BufReader::new(child.stdout.take().unwrap());
    thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            let _ = sender.send((Instant::now(), line));
        }
    });
    (child, lines)
}

/// The most memory that the program has taken so far, in KiB.
fn peak(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn the_hostile_set_costs_the_program_little_memory_and_time() {
    let asked = Asked::default();
    let Set {
        units,
        servers,
        mut awaited,
    } = set(&asked);
    let world = World::with(&units);
    world.write(
        "mailto:humas@lapasjember.go.id",
        "concurrency = 64\nmax_body = \"8MiB\"\ntimeout = \"4s\"\n",
    );
    let began = Instant::now();
    let (mut child, lines) = start(&world);
    let mut delays = Vec::new();
    while !awaited.is_empty() {
        let left = WITHIN.saturating_sub(began.elapsed());
        let Ok((at, line)) = lines.recv_timeout(left) else {
            break;
        };
        if let Ok(CrawlEvent::Source(report)) = serde_json::from_str(&line) {
            let id = report.source.as_str();
            awaited.remove(id);
            if id.starts_with("c-kenari") {
                assert_eq!(report.new + report.copies, 1, "{report:?}");
                delays.push(at - asked.lock().unwrap()[id]);
            }
        }
    }
    let (took, peak) = (began.elapsed(), peak(&child));
    child.kill().unwrap();
    child.wait().unwrap();
    let delay = delays.iter().max().copied().unwrap_or(Duration::MAX);
    println!(
        "{} servers and {CROWD} waiting crawls: {took:?}, peak memory {} MiB, longest delay of another {delay:?}",
        servers.len(),
        peak >> 10
    );
    assert!(awaited.is_empty(), "not done within {WITHIN:?}: {awaited:?}");
    assert!(peak <= PEAK, "{peak} KiB");
    // What is measured is printed; a machine that is busy with other tests may take longer, but not for ever.
    assert!(delay <= DELAY * 4, "another source took {delay:?}");
}
