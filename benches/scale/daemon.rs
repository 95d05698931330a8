//! The real daemon in a folder: started, asked, watched and stopped.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::fs::{Advice, fadvise};

use super::{Outcome, fill};

/// The longest a daemon may take for anything.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// It rests when it takes less than this share of a core, watched for so long.
const AT_REST: f64 = 0.03;
const REST: Duration = Duration::from_secs(5);

/// Ticks of the processor a second, in which the system counts.
const TICKS: f64 = 100.0;

/// A folder with a configuration.
pub struct World {
    folder: PathBuf,
    port: u16,
}

/// A daemon that answers.
pub struct Daemon {
    child: Child,
    port: u16,
    /// From its start to its first answer.
    pub opened: Duration,
}

/// What a process has taken.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Processor time, user and system, in seconds.
    pub cpu: f64,
    /// Memory in MB, pages of files among it.
    pub resident: f64,
    /// Memory in MB that no file stands behind.
    pub own: f64,
    /// The most memory so far, in MB.
    pub most: f64,
}

impl World {
    /// Writes a configuration with so many sources, each on an address of its own where nobody listens.
    pub fn new(folder: &Path, sources: u64) -> Outcome<World> {
        fs::create_dir_all(folder)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut units = String::new();
        for number in 0..sources {
            let (id, high, low) = (fill::source(number)?, number / 250, number % 250 + 1);
            write!(
                units,
                "[[satker]]\nid = \"satker-{number}\"\nname = \"Rutan Kelas IIB Jember {number}\"\nregion = \"35.09\"\n\n\
                 [[satker.source]]\nid = \"{id}\"\nkind = \"feed\"\nurl = \"http://127.9.{high}.{low}:9/feed\"\n\n"
            )?;
        }
        fs::write(folder.join("units.toml"), units)?;
        let text = format!(
            "include = [\"units.toml\"]\n[server]\nlisten = \"127.0.0.1:{port}\"\ncontrol_socket = \"{}\"\n\
             [store]\npath = \"{}\"\n[crawl]\ncontact = \"mailto:humas@lapasjember.go.id\"\n\
             allow_networks = [\"127.0.0.0/8\"]\n",
            folder.join("control.sock").display(),
            folder.join("store").display(),
        );
        fs::write(folder.join("warta.toml"), text)?;
        Ok(World {
            folder: folder.to_owned(),
            port,
        })
    }

    /// Where the stories are.
    pub fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// Starts the daemon and waits for its first answer.
    pub fn start(&self) -> Outcome<Daemon> {
        let errors = self.folder.join("log");
        let begun = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_warta"))
            .arg("--config")
            .arg(self.folder.join("warta.toml"))
            .arg("run")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&errors)?)
            .spawn()?;
        let mut daemon = Daemon {
            child,
            port: self.port,
            opened: Duration::ZERO,
        };
        while get(self.port, "/healthz").is_err() {
            if begun.elapsed() > PATIENCE || daemon.child.try_wait()?.is_some() {
                return Err(format!("the daemon did not start: {}", fs::read_to_string(&errors)?).into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        daemon.opened = begun.elapsed();
        Ok(daemon)
    }
}

impl Daemon {
    /// What it has taken so far.
    pub fn taken(&self) -> Outcome<Taken> {
        let folder = PathBuf::from(format!("/proc/{}", self.child.id()));
        let stat = fs::read_to_string(folder.join("stat"))?;
        // Behind the name, which may have anything in it.
        let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |at: usize| {
            fields
                .get(at)
                .and_then(|field| field.parse::<f64>().ok())
                .unwrap_or(f64::NAN)
        };
        let status = fs::read_to_string(folder.join("status"))?;
        let megabytes = |name: &str| -> f64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
            kilobytes.unwrap_or(f64::NAN) * 1_024.0 / 1e6
        };
        Ok(Taken {
            cpu: (ticks(11) + ticks(12)) / TICKS,
            resident: megabytes("VmRSS:"),
            own: megabytes("RssAnon:"),
            most: megabytes("VmHWM:"),
        })
    }

    /// Waits until it has nothing more to do. Returns how long that was.
    pub fn rest(&self) -> Outcome<Duration> {
        let begun = Instant::now();
        let mut before = self.taken()?.cpu;
        while begun.elapsed() < PATIENCE {
            std::thread::sleep(REST);
            let after = self.taken()?.cpu;
            if (after - before) / REST.as_secs_f64() < AT_REST {
                return Ok(begun.elapsed().saturating_sub(REST));
            }
            before = after;
        }
        Err("the daemon does not come to rest".into())
    }

    /// How long it takes for an answer, which must be a good one.
    pub fn asked(&self, path: &str) -> Outcome<Duration> {
        let begun = Instant::now();
        let answer = get(self.port, path)?;
        match answer.starts_with("HTTP/1.1 200 ") {
            true => Ok(begun.elapsed()),
            false => Err(format!("{path}: {}", answer.lines().next().unwrap_or_default()).into()),
        }
    }

    /// Ends it as systemd does. Returns how long it took.
    pub fn stop(mut self) -> Outcome<Duration> {
        let begun = Instant::now();
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM)?;
        let status = self.child.wait()?;
        match status.success() {
            true => Ok(begun.elapsed()),
            false => Err(format!("the daemon ended with {status}").into()),
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // After an error alone: it has been waited for otherwise.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(port: u16, path: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if answer.is_empty() {
        return Err("no answer".into());
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Has the system forget the files of a folder, as it would have after a reboot.
pub fn evict(folder: &Path) -> Outcome {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            evict(&path)?;
        } else {
            let file = File::open(&path)?;
            file.sync_all()?;
            fadvise(&file, 0, None, Advice::DontNeed)?;
        }
    }
    Ok(())
}
