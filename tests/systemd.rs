//! The systemd unit agrees with the shipped configuration, and says of every directive why it is there. Whether systemd
//! itself accepts the unit is asked in `.ci/run`. And the real daemon is run as systemd runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::world::{World, signal, stop};

/// A directive with the line above it.
struct Directive<'t> {
    name: &'t str,
    value: &'t str,
    above: &'t str,
}

#[test]
fn every_directive_has_a_comment_above_it() {
    for (file, least) in [
        ("systemd/warta.service", 40),
        ("systemd/warta.socket", 4),
        ("systemd/warta-backup.service", 20),
        ("systemd/warta-backup.timer", 3),
        ("systemd/warta.service.d/browser.conf", 8),
    ] {
        let unit = read(file);
        let directives = directives(&unit);
        assert!(directives.len() > least, "{file}: {} directives", directives.len());
        assert_eq!(uncommented(&unit), [""; 0], "{file}");
    }
    assert_eq!(uncommented("[Service]\n# Why.\nType=notify\nUser=warta\n"), ["User"]);
}

#[test]
fn its_folders_are_those_of_the_shipped_configuration() {
    let unit = read("systemd/warta.service");
    let config: toml_edit::DocumentMut = read("config/warta.toml").parse().unwrap();
    let setting = |table: &str, key: &str| config[table][key].as_str().unwrap().to_owned();
    assert_eq!(
        format!("/var/lib/{}", only(&unit, "StateDirectory")),
        setting("store", "path")
    );
    let socket = setting("server", "control_socket");
    let folder = Path::new(&socket).parent().unwrap();
    assert_eq!(Path::new("/run").join(only(&unit, "RuntimeDirectory")), folder);
}

#[test]
fn it_is_started_reloaded_and_stopped_as_the_daemon_expects() {
    let unit = read("systemd/warta.service");
    assert_eq!(only(&unit, "Type"), "notify");
    assert_eq!(all(&unit, "ExecStartPre"), ["/usr/bin/warta check"]);
    assert_eq!(all(&unit, "ExecStart"), ["/usr/bin/warta run --log journald"]);
    assert_eq!(
        all(&unit, "ExecReload"),
        ["/usr/bin/warta check", "/bin/kill -HUP $MAINPID"]
    );
    assert_eq!(
        only(&unit, "User"),
        only(&unit, "Group"),
        "the control socket is for the group of the user"
    );
    assert_eq!(
        only(&unit, "RestartPreventExitStatus"),
        "2",
        "2 is a faulty configuration"
    );
}

#[test]
fn its_user_is_the_one_that_sysusers_makes_and_its_socket_the_configured_address() {
    let users = read("systemd/warta.sysusers");
    let words: Vec<Vec<&str>> = users
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_whitespace().collect())
        .collect();
    let [user] = words.as_slice() else { panic!("{users}") };
    assert_eq!(user[..2], ["u", only(&read("systemd/warta.service"), "User")]);
    let config: toml_edit::DocumentMut = read("config/warta.toml").parse().unwrap();
    assert_eq!(
        only(&read("systemd/warta.socket"), "ListenStream"),
        config["server"]["listen"].as_str().unwrap()
    );
}

/// The end of systemd of a daemon's notification socket.
struct Manager {
    socket: UnixDatagram,
}

impl Manager {
    fn new(world: &World) -> Manager {
        let socket = UnixDatagram::bind(world.path("notify.sock")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Manager { socket }
    }

    /// The next datagram that says this, the others are passed over.
    #[track_caller]
    fn hears(&self, word: &str) -> String {
        let mut buffer = [0; 4096];
        loop {
            let length = self
                .socket
                .recv(&mut buffer)
                .unwrap_or_else(|error| panic!("{word}: {error}"));
            let said = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if said.lines().any(|line| line.starts_with(word)) {
                return said;
            }
        }
    }
}

#[test]
fn systemd_is_told_of_start_work_reload_and_stop() {
    let world = World::new();
    let manager = Manager::new(&world);
    let child = world
        .command(&["run"])
        .env("NOTIFY_SOCKET", world.path("notify.sock"))
        .env("WATCHDOG_USEC", "200000")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    manager.hears("READY=1");
    assert_eq!(world.status("/healthz"), "HTTP/1.1 200 OK", "ready is when it answers");
    assert_eq!(manager.hears("STATUS="), "STATUS=0 of 0 sources fresh\n");
    manager.hears("WATCHDOG=1");
    manager.hears("WATCHDOG=1");
    signal(&child, Signal::SIGHUP);
    let reloading = manager.hears("RELOADING=1");
    let since = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    assert!(
        since.is_some_and(|since| since.parse::<u64>().is_ok()),
        "in one datagram: {reloading}"
    );
    manager.hears("READY=1");
    signal(&child, Signal::SIGTERM);
    manager.hears("STOPPING=1");
    stop(child);
}

/// Starts the daemon as systemd does by warta.socket: with the socket as file 3, and waits until it is ready.
fn activated(world: &World, socket: &TcpListener) -> Child {
    let passed = OwnedFd::from(socket.try_clone().unwrap());
    let mut child = Command::new("sh")
        .args([
            "-c",
            "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" \"$@\" 3<&0 </dev/null",
        ])
        .arg(env!("CARGO_BIN_EXE_warta"))
        .arg("--config")
        .arg(world.path("warta.toml"))
        .arg("run")
        .stdin(Stdio::from(passed))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("ready")), "the daemon did not start");
    // Nobody may close the other end while it still writes.
    std::thread::spawn(move || lines.count());
    child
}

/// One whole request; an error where anything of the answer is missing.
fn request(address: std::net::SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.write_all(b"GET /feeds/jawa-timur.rss HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("</rss>") {
        Ok(())
    } else {
        Err(std::io::Error::other(answer))
    }
}

#[test]
fn a_restart_behind_the_socket_of_systemd_loses_no_request() {
    let world = World::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let first = activated(&world, &socket);
    let (over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (over, answered) = (Arc::clone(&over), Arc::clone(&answered));
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    request(address).unwrap();
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let more = |count: usize| {
        let enough = answered.load(Ordering::Relaxed) + count;
        while answered.load(Ordering::Relaxed) < enough && readers.iter().all(|reader| !reader.is_finished()) {
            std::thread::yield_now();
        }
    };
    more(20);
    stop(first);
    let second = activated(&world, &socket);
    more(20);
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
    assert!(
        TcpStream::connect(&world.listen).is_err(),
        "the passed socket is used instead of server.listen"
    );
    stop(second);
}

#[test]
fn the_nightly_backup_is_the_daemons_user_s_and_goes_to_a_folder_of_its_own() {
    let (daemon, backup) = (read("systemd/warta.service"), read("systemd/warta-backup.service"));
    for same in ["User", "Group", "RestartPreventExitStatus"] {
        assert_eq!(only(&backup, same), only(&daemon, same), "{same}");
    }
    let store = format!("/var/lib/{}", only(&daemon, "StateDirectory"));
    assert_eq!(only(&backup, "ReadWritePaths"), format!("-{store}"));
    let folder = format!("/var/lib/{}", only(&backup, "StateDirectory"));
    assert_ne!(folder, store);
    let command = only(&backup, "ExecStart");
    let words: Vec<&str> = command.split(' ').collect();
    assert_eq!(words[..3], ["/usr/bin/warta", "backup", "--keep"], "{command}");
    assert!(words[3].parse::<u16>().unwrap() >= 2, "the journal reaches back to two");
    assert_eq!(words[4..], [folder.as_str()]);
    // The timer starts the service of its own name.
    let timer = read("systemd/warta-backup.timer");
    assert_eq!((only(&timer, "Persistent"), all(&timer, "Unit")), ("true", vec![]));
}

/// The directives without a comment right above them.
fn uncommented(unit: &str) -> Vec<&str> {
    let bare = |directive: &Directive| {
        directive
            .above
            .strip_prefix("# ")
            .is_none_or(|comment| comment.len() < 4)
    };
    directives(unit)
        .into_iter()
        .filter(bare)
        .map(|directive| directive.name)
        .collect()
}

/// The directives of a unit, in order.
fn directives(unit: &str) -> Vec<Directive<'_>> {
    let lines: Vec<&str> = unit.lines().collect();
    lines
        .windows(2)
        .filter(|pair| !pair[1].starts_with(['#', '[']))
        .filter_map(|pair| {
            let (name, value) = pair[1].split_once('=')?;
            Some(Directive {
                name,
                value,
                above: pair[0],
            })
        })
        .collect()
}

/// The values of a directive that may stand more than once.
fn all<'t>(unit: &'t str, name: &str) -> Vec<&'t str> {
    let named = directives(unit).into_iter().filter(|directive| directive.name == name);
    named.map(|directive| directive.value).collect()
}

/// The value of a directive that stands once.
#[track_caller]
fn only<'t>(unit: &'t str, name: &str) -> &'t str {
    match all(unit, name).as_slice() {
        [value] => value,
        values => panic!("{name} stands {} times", values.len()),
    }
}

/// A file of the project.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
