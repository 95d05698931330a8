//! A world to crawl: the process of its sites, and a folder with a configuration that names them. What is run in it is
//! the caller's.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use warta::gazetteer::Gazetteer;

use super::Outcome;
use super::baseline::Then;
use super::measure::{self, Taken};
use super::others;
use super::server::Manner;
use super::sites::Site;

/// Sites, and a folder to crawl them into.
pub struct World {
    folder: tempfile::TempDir,
    server: Child,
    orders: ChildStdin,
    told: Lines<BufReader<ChildStdout>>,
    manner: Manner,
    concurrency: usize,
    timeout: Duration,
}

/// What the sites were asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub requests: u64,
    pub not_modified: u64,
}

impl World {
    /// Starts so many sites and writes a configuration that names them.
    pub fn new(feeds: u64, manner: Manner, concurrency: usize, timeout: Duration) -> Outcome<World> {
        let mut server = Command::new(std::env::current_exe()?)
            .arg("sites")
            .args(manner.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = server.stdin.take().ok_or("the sites take no orders")?;
        let mut told = BufReader::new(server.stdout.take().ok_or("the sites say nothing")?).lines();
        let port = told.next().ok_or("the sites did not start")??.parse()?;
        let world = World {
            folder: tempfile::tempdir()?,
            server,
            orders,
            told,
            manner,
            concurrency,
            timeout,
        };
        world.write(feeds, port)?;
        Ok(world)
    }

    fn write(&self, feeds: u64, port: u16) -> Outcome {
        let gazetteer = Gazetteer::built_in();
        let (mut units, mut urls) = (String::new(), String::new());
        for site in (0..feeds).map(|number| Site::of(number, self.manner.mix)) {
            units.push_str(&site.configured(port, &gazetteer));
            writeln!(urls, "{}", site.url(port))?;
        }
        fs::write(self.path("units.toml"), units)?;
        fs::write(self.path("urls"), urls)?;
        // No robots.txt: the baselines do not ask for it either.
        let text = format!(
            "include = [\"units.toml\"]\n[server]\ncontrol_socket = \"{}\"\n[store]\npath = \"{}\"\n[crawl]\n\
             contact = \"mailto:bench@example.go.id\"\nconcurrency = {}\nhost_delay = \"0s\"\ntimeout = \"{}ms\"\n\
             robots = false\nallow_networks = [\"127.0.0.0/8\"]\n",
            self.path("control.sock").display(),
            self.store().display(),
            self.concurrency,
            self.timeout.as_millis(),
        );
        Ok(fs::write(self.path("warta.toml"), text)?)
    }

    /// Runs warta with this configuration and these words.
    pub fn warta(&self, words: &[&str]) -> Outcome<Taken> {
        let config = self.path("warta.toml").display().to_string();
        let binary = env!("CARGO_BIN_EXE_warta");
        let words = [&[binary, "--config", &config], words].concat();
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        measure::run(self.folder.path(), &words, self.manner.faulty)
    }

    /// Fetches every source's address without warta.
    pub fn baseline(&self, then: Then) -> Outcome<Taken> {
        let word = match then {
            Then::Forget => "fetch",
            Then::Parse => "parse",
        };
        let words = [
            std::env::current_exe()?.display().to_string(),
            word.to_owned(),
            self.concurrency.to_string(),
            self.timeout.as_millis().to_string(),
            self.path("urls").display().to_string(),
            self.path(tags_of(then)).display().to_string(),
        ];
        measure::run(self.folder.path(), &words, self.manner.faulty)
    }

    /// Has each feed reader that is installed fetch everything twice.
    pub fn readers(&self) -> Outcome<Vec<(&'static str, [Taken; 2])>> {
        let readers = others::installed(self.folder.path(), &self.path("urls"), self.concurrency)?;
        let twice = |reader: others::Reader| {
            let run = || measure::run(self.folder.path(), &reader.words, self.manner.faulty);
            Ok((reader.name, [run()?, run()?]))
        };
        readers.into_iter().map(twice).collect()
    }

    /// Has a baseline forget the tags of its last run.
    pub fn forget(&self, then: Then) -> Outcome {
        let tags = self.path(tags_of(then));
        if tags.exists() {
            fs::remove_file(tags)?;
        }
        Ok(())
    }

    /// What the sites were asked for since the last time.
    pub fn asked(&mut self) -> Outcome<Asked> {
        writeln!(self.orders)?;
        let line = self.told.next().ok_or("the sites have ended")??;
        let mut numbers = line.split(' ').map(str::parse);
        let mut next = || numbers.next().ok_or("the sites said too little");
        Ok(Asked {
            requests: next()??,
            not_modified: next()??,
        })
    }

    /// Where warta keeps its stories.
    pub fn store(&self) -> PathBuf {
        self.path("store")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Where a baseline keeps its tags.
fn tags_of(then: Then) -> &'static str {
    match then {
        Then::Forget => "tags-of-fetch",
        Then::Parse => "tags-of-parse",
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Bytes of all files below a folder.
pub fn bytes_in(folder: &Path) -> Outcome<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        sum += if about.is_dir() {
            bytes_in(&entry.path())?
        } else {
            about.len()
        };
    }
    Ok(sum)
}
