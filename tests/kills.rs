//! The real program is killed, or its power cut, at any moment under load: a crawl by itself and a daemon that is crawled
//! through and read at the same time, by turns. Afterwards everything that was acknowledged is there once, and all parts
//! of the store agree.
//!
//! `tests/kills.sh` does it 200 and 50 times; what the moments are is the same in every run, what happens in them is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::geteuid;
use warta::model::StoryId;
use warta::store::{Error, Store, compact, examine};

use crate::support::agree::agree;
use crate::support::site::{Site, rss};
use crate::support::world::{UNIT, World};

/// How often in an ordinary run, where `WARTA_KILLS` and `WARTA_CUTS` say nothing else.
const KILLS: usize = 20;
const CUTS: usize = 4;

/// The sled folder is lost besides in one round of so many.
const LOSS_EVERY: usize = 5;

/// All is read and compared after so many rounds, and at the end.
const CHECK_EVERY: usize = 10;

const SOURCES: usize = 8;
const ITEMS: usize = 40;

/// Readers of a daemon's feeds at one time.
const READERS: usize = 2;

/// So many of a site's releases run on the next one too.
const SHARED: usize = 3;

#[test]
fn what_a_killed_program_acknowledged_is_there_once() {
    let kills = times("WARTA_KILLS", KILLS);
    let offices = Offices::open();
    let mut all = Acknowledged::default();
    let (mut feeds, mut losses) = (0, 0);
    for round in 0..kills {
        let mut load = Load::start(&offices, round);
        load.wait_for_the_moment(round);
        feeds += load.kill(&mut all);
        if round.is_multiple_of(LOSS_EVERY) {
            std::fs::remove_dir_all(offices.store().join("sled")).unwrap();
            losses += 1;
        }
        if (round + 1).is_multiple_of(CHECK_EVERY) || round + 1 == kills {
            all.check(&open(&offices.store()), &format!("after {} kills", round + 1));
        }
    }
    println!(
        "{kills} kills ({losses} with sled/ lost besides): {} addresses acknowledged, 0 lost, 0 doubled; {feeds} feeds answered",
        all.0.len()
    );
    assert!(all.0.len() > kills, "hardly anything was acknowledged");
    assert!(feeds > 0, "no feed was answered");
}

#[test]
fn what_was_acknowledged_before_a_power_cut_is_there_once() {
    let cuts = times("WARTA_CUTS", CUTS);
    let offices = Offices::open();
    std::fs::create_dir_all(offices.store()).unwrap();
    let Some(disk) = Disk::make(&offices.world.path("image"), &offices.store()) else {
        println!("skipped: only root can mount an image");
        return;
    };
    let mut all = Acknowledged::default();
    let mut repaired = 0;
    for round in 0..cuts {
        disk.mount();
        let mut load = Load::start(&offices, round);
        load.wait_for_the_moment(round);
        // What is acknowledged from here on counts for nothing.
        all.take(&load);
        disk.cut();
        load.kill(&mut Acknowledged::default());
        disk.unmount();
        disk.mount();
        let store = match Store::open(&offices.store(), "") {
            Ok(store) => store,
            Err(Error::Damaged { what, .. }) => {
                println!("cut {round}: {what}");
                repaired += 1;
                compact(&offices.store()).unwrap();
                open(&offices.store())
            }
            Err(error) => panic!("cut {round}: {error}"),
        };
        all.check(&store, &format!("after {} power cuts", round + 1));
        drop(store);
        disk.unmount();
    }
    println!(
        "{cuts} power cuts: {} addresses acknowledged, 0 lost, 0 doubled; {repaired} times damage was said and repaired",
        all.0.len()
    );
    assert!(all.0.len() > cuts, "hardly anything was acknowledged");
}

#[test]
fn a_compaction_or_backup_that_is_killed_changes_nothing() {
    let offices = Offices::open();
    offices.publish(0);
    let crawled = offices.world.rows(&["crawl", "--all", "--json"]);
    assert!(crawled.len() > SOURCES * ITEMS, "{}", crawled.len());
    let before = agree(&open(&offices.store())).unwrap();
    let (copy, mut whole) = (offices.world.path("copy").display().to_string(), 0);
    let mut numbers = Numbers(1);
    for round in 0..24 {
        let words = if round % 2 == 0 {
            vec!["compact"]
        } else {
            vec!["backup", &copy]
        };
        let mut command = offices.world.command(&words);
        let mut program = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(numbers.below(400) as u64));
        program.kill().unwrap();
        whole += u32::from(program.wait().unwrap().success());
        assert_eq!(
            agree(&open(&offices.store())).unwrap(),
            before,
            "after round {round}, {words:?}"
        );
        if let Ok(file) = File::open(&copy) {
            assert_eq!(
                examine(file).unwrap().articles,
                before.len() as u64,
                "a copy that is not whole"
            );
        }
    }
    println!("24 compactions and backups killed, {whole} of them just after their end");
}

fn times(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).map_or(otherwise, |times| times.parse().unwrap())
}

fn open(path: &Path) -> Store {
    Store::open(path, "").unwrap()
}

/// The addresses that somebody was told of, with the story they were said to be in where that was said.
#[derive(Default)]
struct Acknowledged(BTreeMap<String, Option<StoryId>>);

impl Acknowledged {
    /// Sees that everything is in a store, once, and in the story that was said.
    fn check(&self, store: &Store, when: &str) {
        let found = agree(store).unwrap();
        for (url, said) in &self.0 {
            let story = found.get(url);
            assert!(story.is_some(), "{when}: {url} was acknowledged and is lost");
            assert!(
                said.is_none() || said.as_ref() == story,
                "{when}: {url} was said to be in {said:?}, is in {story:?}"
            );
        }
    }

    fn hear(&mut self, url: &str, story: Option<StoryId>) {
        let known = self.0.entry(url.to_owned()).or_default();
        assert!(
            known.is_none() || story.is_none() || *known == story,
            "{url} is in {known:?} and in {story:?}"
        );
        *known = known.or(story);
    }

    fn take(&mut self, load: &Load) {
        for (url, story) in &load.heard.lock().unwrap().0 {
            self.hear(url, *story);
        }
    }
}

/// Numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }
}

/// Eight sites with a feed each, and a configuration with all of them.
struct Offices {
    world: World,
    sites: Vec<Site>,
}

impl Offices {
    fn open() -> Offices {
        let sites: Vec<Site> = (0..SOURCES).map(|_| Site::start()).collect();
        let mut units = UNIT.to_owned();
        for (number, site) in sites.iter().enumerate() {
            let url = site.url("/feed");
            units.push_str(&format!(
                "[[satker.source]]\nid = \"kantor-{number}\"\nkind = \"feed\"\nurl = \"{url}\"\n"
            ));
        }
        Offices {
            world: World::with(&units),
            sites,
        }
    }

    fn store(&self) -> PathBuf {
        self.world.path("store")
    }

    /// Puts releases into all feeds that no round before had.
    fn publish(&self, round: usize) {
        for (number, site) in self.sites.iter().enumerate() {
            let item = |item: usize| {
                let shared = item >= ITEMS - SHARED;
                let teller = if shared { (number + 1) % SOURCES } else { number };
                let mut numbers = Numbers((round * 1_000_000 + item * 1_000 + teller) as u64);
                let words: Vec<String> = (0..60).map(|_| format!("{:x}", numbers.below(1 << 30))).collect();
                let title = format!("Rilis {item} kantor {teller} ke-{round}");
                (format!("rilis-{round}-{item}"), title, words.join(" "))
            };
            let items: Vec<_> = (0..ITEMS).map(item).collect();
            site.feed("/feed", &rss(site, &items));
        }
    }
}

/// Everything that goes on in a round.
struct Load {
    /// The one that is killed.
    program: Child,
    /// The command that asked it.
    order: Option<Child>,
    heard: Arc<Mutex<Acknowledged>>,
    feeds: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    listeners: Vec<thread::JoinHandle<()>>,
}

impl Load {
    /// In every other round a daemon that is read and crawled through, else a crawl by itself.
    fn start(offices: &Offices, round: usize) -> Load {
        offices.publish(round);
        let crawl = || {
            let mut crawl = offices.world.command(&["crawl", "--all", "--force", "--json"]);
            let crawl = crawl.stdout(Stdio::piped()).stderr(Stdio::null());
            crawl.spawn().unwrap()
        };
        if round.is_multiple_of(2) {
            let mut load = Load::of(crawl());
            let said = load.program.stdout.take().unwrap();
            load.listen(|heard, _, _| hear_lines(said, heard));
            return load;
        }
        let (program, log) = offices.world.daemon();
        let mut load = Load::of(program);
        load.listen(|_, _, _| log.for_each(drop));
        for _ in 0..READERS {
            let address = offices.world.listen.clone();
            load.listen(move |heard, feeds, over| read_feeds(&address, heard, feeds, over));
        }
        let mut order = crawl();
        let said = order.stdout.take().unwrap();
        load.listen(|heard, _, _| hear_lines(said, heard));
        load.order = Some(order);
        load
    }

    fn of(program: Child) -> Load {
        Load {
            program,
            order: None,
            heard: Arc::default(),
            feeds: Arc::default(),
            over: Arc::default(),
            listeners: Vec::new(),
        }
    }

    fn listen(&mut self, listen: impl FnOnce(&Mutex<Acknowledged>, &AtomicUsize, &AtomicBool) + Send + 'static) {
        let (heard, feeds, over) = (Arc::clone(&self.heard), Arc::clone(&self.feeds), Arc::clone(&self.over));
        self.listeners
            .push(thread::spawn(move || listen(&heard, &feeds, &over)));
    }

    /// Waits until so much was acknowledged as the round's number gives, and some milliseconds more.
    fn wait_for_the_moment(&mut self, round: usize) {
        let mut numbers = Numbers(round as u64 + 1);
        let (enough, more) = (numbers.below(30), numbers.below(40));
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.heard.lock().unwrap().0.len() < enough && Instant::now() < deadline {
            if self.program.try_wait().unwrap().is_some() {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(more as u64));
    }

    /// Kills the program, and gives what was heard of it and how many feeds it answered.
    fn kill(mut self, all: &mut Acknowledged) -> usize {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
        self.over.store(true, Ordering::Release);
        for listener in self.listeners.drain(..) {
            listener.join().unwrap();
        }
        if let Some(mut order) = self.order.take() {
            order.wait().unwrap();
        }
        all.take(&self);
        self.feeds.load(Ordering::Acquire)
    }
}

/// Hears what a crawl says to be stored.
fn hear_lines(said: ChildStdout, heard: &Mutex<Acknowledged>) {
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        // The kill may have cut the last line.
        let Ok(event) = serde_json::from_str::<serde_json::Value>(&line) else {
            return;
        };
        if event["event"] == "stored" {
            let story = event["story"].as_str().unwrap().parse().unwrap();
            heard.lock().unwrap().hear(event["url"].as_str().unwrap(), Some(story));
        }
    }
}

/// Reads the feed of everything again and again, as readers do: whatever is in it was acknowledged.
fn read_feeds(address: &str, heard: &Mutex<Acknowledged>, feeds: &AtomicUsize, over: &AtomicBool) {
    while !over.load(Ordering::Acquire) {
        let Some(feed) = get(address, "/feeds/indonesia.json") else {
            continue;
        };
        let feed: serde_json::Value = serde_json::from_str(&feed).unwrap();
        let mut ids = BTreeSet::new();
        for item in feed["items"].as_array().unwrap() {
            assert!(
                ids.insert(item["id"].as_str().unwrap()),
                "{} is in a feed twice",
                item["id"]
            );
            heard.lock().unwrap().hear(item["url"].as_str().unwrap(), None);
        }
        feeds.fetch_add(1, Ordering::AcqRel);
    }
}

/// The body of an answer, which must be one of success; nothing where the kill came before its end.
fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let length: usize = length.unwrap();
    (body.len() == length).then(|| body.to_owned())
}

/// A file system in an image, whose power can be cut: ext4 is shut down as it stands, without a word to the disk, and
/// only what was written through is there when it is mounted again.
struct Disk {
    image: PathBuf,
    at: PathBuf,
}

impl Disk {
    /// Makes one, if that is allowed.
    fn make(image: &Path, at: &Path) -> Option<Disk> {
        if !geteuid().is_root() {
            return None;
        }
        File::create(image).unwrap().set_len(2 << 30).unwrap();
        let made = Command::new("mkfs.ext4").arg("-q").arg(image).status();
        let disk = Disk {
            image: image.to_owned(),
            at: at.to_owned(),
        };
        (made.is_ok_and(|made| made.success()) && disk.try_mount()).then(|| {
            disk.unmount();
            disk
        })
    }

    fn try_mount(&self) -> bool {
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-o", "loop"]).arg(&self.image).arg(&self.at).output();
        mounted.is_ok_and(|mounted| mounted.status.success())
    }

    fn mount(&self) {
        assert!(self.try_mount(), "it cannot be mounted again");
    }

    fn unmount(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !Command::new("umount").arg(&self.at).output().unwrap().status.success() {
            assert!(Instant::now() < deadline, "it cannot be unmounted");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// EXT4_IOC_SHUTDOWN, without flushing the file system's journal.
    fn cut(&self) {
        let program = "import fcntl, os, struct, sys\n\
                       fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))";
        let cut = Command::new("python3")
            .args(["-c", program])
            .arg(&self.at)
            .output()
            .unwrap();
        assert!(cut.status.success(), "{}", String::from_utf8_lossy(&cut.stderr));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).output();
    }
}
