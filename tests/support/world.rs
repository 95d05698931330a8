//! A configuration in a folder of its own, and the real binary run with it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A configuration in a folder of its own, on a free port.
pub struct World {
    folder: tempfile::TempDir,
    /// Where the daemon listens.
    pub listen: String,
}

/// A unit without a source.
pub const UNIT: &str = "[[satker]]\nid = \"lapas-jember\"\nname = \"Lapas Kelas IIA Jember\"\nregion = \"35.09\"\n";

impl World {
    /// A configuration with [`UNIT`] alone.
    pub fn new() -> World {
        World::with(UNIT)
    }

    /// A configuration with these units and sources.
    pub fn with(units: &str) -> World {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let world = World {
            folder,
            listen: format!("127.0.0.1:{port}"),
        };
        world.write("mailto:humas@lapasjember.go.id", "");
        world.write_units(units);
        world
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the main file; `more` goes to the end of `[crawl]`.
    pub fn write(&self, contact: &str, more: &str) {
        let path = |name| self.path(name).display().to_string();
        let text = format!(
            "include = [\"units.toml\"]\n[site]\ntitle = \"Uji\"\n[server]\nlisten = \"{}\"\ncontrol_socket = \"{}\"\n\
             [store]\npath = \"{}\"\n[crawl]\ncontact = \"{contact}\"\nhost_delay = \"0s\"\n\
             allow_networks = [\"127.0.0.0/8\"]\n{more}",
            self.listen,
            path("control.sock"),
            path("store"),
        );
        std::fs::write(self.path("warta.toml"), text).unwrap();
    }

    /// Writes the file of units and sources.
    pub fn write_units(&self, units: &str) {
        std::fs::write(self.path("units.toml"), units).unwrap();
    }

    /// The binary with this configuration and these words.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warta"));
        command.arg("--config").arg(self.path("warta.toml")).args(words);
        command
    }

    /// Runs a command to its end.
    pub fn output(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// The JSON lines of a command that must succeed.
    pub fn rows(&self, words: &[&str]) -> Vec<serde_json::Value> {
        let output = self.output(words);
        assert!(output.status.success(), "{words:?}: {}", stderr(&output));
        lines_of(&output.stdout)
    }

    /// What a command says when it fails: its exit code and stderr, with this folder's path and port taken out.
    pub fn complaint(&self, words: &[&str]) -> String {
        let output = self.output(words);
        let said = stderr(&output)
            .replace(&self.folder.path().display().to_string(), "FOLDER")
            .replace(&self.listen, "LISTEN");
        format!("exit {}\n{said}", output.status.code().unwrap())
    }

    /// Starts the daemon and waits until it says that it is ready.
    pub fn daemon(&self) -> (Child, impl Iterator<Item = String> + use<>) {
        let mut child = self.command(&["run"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.contains("ready")), "the daemon did not start");
        (child, lines)
    }

    /// The status line of the daemon's answer to a GET.
    pub fn status(&self, path: &str) -> String {
        self.get(path).lines().next().unwrap().to_owned()
    }

    /// The daemon's whole answer to a GET.
    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.listen).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// The JSON lines in an output.
pub fn lines_of(stdout: &[u8]) -> Vec<serde_json::Value> {
    let rows = serde_json::Deserializer::from_slice(stdout).into_iter();
    rows.map(Result::unwrap).collect()
}

/// What a command wrote to stderr.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Sends a signal.
pub fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().cast_signed()), signal).unwrap();
}

/// Ends a daemon by SIGTERM, as systemd does, and sees that it ends well.
pub fn stop(mut child: Child) {
    signal(&child, Signal::SIGTERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
