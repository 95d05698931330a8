//! The real daemon: it serves, answers its control socket, reads its configuration again, and ends cleanly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A configuration in a folder of its own, on a free port.
struct World {
    folder: tempfile::TempDir,
    listen: String,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let world = World {
            folder,
            listen: format!("127.0.0.1:{port}"),
        };
        world.write("mailto:humas@lapasjember.go.id", "");
        world
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, contact: &str, more: &str) {
        let path = |name| self.path(name).display().to_string();
        let text = format!(
            "include = [\"units.toml\"]\n[site]\ntitle = \"Uji\"\n[server]\nlisten = \"{}\"\ncontrol_socket = \"{}\"\n[store]\npath = \"{}\"\n[crawl]\ncontact = \"{contact}\"\n{more}",
            self.listen,
            path("control.sock"),
            path("store"),
        );
        std::fs::write(self.path("warta.toml"), text).unwrap();
        let units = "[[satker]]\nid = \"lapas-jember\"\nname = \"Lapas Kelas IIA Jember\"\nregion = \"35.09\"\n";
        std::fs::write(self.path("units.toml"), units).unwrap();
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warta"));
        command.arg("--config").arg(self.path("warta.toml")).args(words);
        command
    }

    fn output(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Starts the daemon and waits until it says that it is ready.
    fn daemon(&self) -> (Child, impl Iterator<Item = String> + use<>) {
        let mut child = self.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.contains("ready")), "the daemon did not start");
        (child, lines)
    }

    fn status(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.listen).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap().to_owned()
    }
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_daemon_answers_readers_and_commands_and_ends_with_0() {
    let world = World::new();
    let (mut child, _lines) = world.daemon();
    assert_eq!(
        world.status("/feeds/jawa-timur/kabupaten-jember.rss"),
        "HTTP/1.1 200 OK"
    );
    let regions = world.output(&["regions", "--json"]);
    assert_eq!(regions.status.code(), Some(0), "{}", stderr(&regions));
    assert_eq!(String::from_utf8(regions.stdout).unwrap().lines().count(), 1 + 38 + 514);
    let feed = world.output(&["feed", "lapas-jember", "--format", "atom"]);
    assert!(feed_rs::parser::parse(feed.stdout.as_slice()).is_ok());
    signal(&child, Signal::SIGTERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_changed_configuration_is_applied_and_a_faulty_one_refused() {
    let world = World::new();
    let (mut child, mut lines) = world.daemon();
    world.write("mailto:humas@lapasjember.go.id", "tmeout = \"3s\"\n");
    signal(&child, Signal::SIGHUP);
    assert!(lines.any(|line| line.contains("refused a faulty configuration")));
    assert_eq!(
        world.status("/satker/lapas-jember"),
        "HTTP/1.1 200 OK",
        "the old one stays"
    );
    world.write("mailto:humas@lapasjember.go.id", "");
    signal(&child, Signal::SIGHUP);
    assert!(lines.any(|line| line.contains("applied the changed configuration")));
    signal(&child, Signal::SIGTERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_cannot_be_done_has_its_exit_code_and_says_what_to_do() {
    let world = World::new();
    let check = |words: &[&str], code: i32, says: &str| {
        let output = world.output(words);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(says), "{words:?}: {}", stderr(&output));
    };
    check(&["stories", "jawa-timor"], 2, "jawa-timur");
    check(&["crawl", "lapas-jembr"], 2, "did you mean \"lapas-jember\"?");
    check(&["crawl", "lapas-jember"], 2, "has no source");
    check(&["frobnicate"], 2, "unrecognized subcommand");

    let taken = TcpListener::bind(&world.listen).unwrap();
    check(&["run"], 1, "cannot listen on");
    drop(taken);

    let store = warta::store::Store::open(&world.path("store"), "warta.example.id,2026").unwrap();
    check(&["stories"], 3, "in use by another warta");
    drop(store);

    world.write("mailto:humas@example.go.id", "");
    check(&["run"], 2, "still the example");
    world.write("mailto:humas@lapasjember.go.id", "tmeout = \"3s\"\n");
    check(&["check"], 2, "tmeout");
    std::fs::remove_file(Path::new(&world.path("units.toml"))).unwrap();
    check(&["check"], 2, "units.toml");
}
