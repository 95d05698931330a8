//! What systemd and the daemon tell each other: readiness, reloads, a line of status, signs of life, and the socket that
//! systemd holds for us. Without systemd every call does nothing. What the daemon does with it is `cli::run`'s matter.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use listenfd::ListenFd;
use sd_notify::NotifyState;

/// The store is open and the listener answers.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The daemon is ending.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The configuration is being read again; [`ready`] says when that is done. Both lines go in one datagram, as
/// sd_notify(3) asks.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// One line for `systemctl status`.
pub fn status(line: &str) {
    tell(&[NotifyState::Status(line)]);
}

/// How often [`alive`] is to be called: twice within the time after which systemd ends a silent daemon (`WatchdogSec=`).
/// `None` where nobody watches.
pub fn watchdog_pause() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|limit| limit / 2)
}

/// The daemon works: call it only after the store has answered.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// A listening socket that systemd holds, and so keeps open while the daemon starts again.
#[derive(Debug)]
pub enum Passed {
    /// `ListenStream=` with a port.
    Tcp(TcpListener),
    /// `ListenStream=` with a path.
    Unix(UnixListener),
}

/// The socket of `warta.socket`, `None` where the daemon was started without it. It is non-blocking. To be called once.
///
/// # Errors
/// When what was passed is no listening stream, or there is more than one.
pub fn passed_socket() -> io::Result<Option<Passed>> {
    let mut passed = ListenFd::from_env();
    match passed.len() {
        0 => return Ok(None),
        1 => {}
        count => {
            let message = format!("{count} sockets were passed; one ListenStream= is served");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    // One of the other kind is refused and stays where it is.
    if let Ok(Some(socket)) = passed.take_tcp_listener(0) {
        socket.set_nonblocking(true)?;
        return Ok(Some(Passed::Tcp(socket)));
    }
    let Some(socket) = passed.take_unix_listener(0)? else {
        return Ok(None);
    };
    socket.set_nonblocking(true)?;
    Ok(Some(Passed::Unix(socket)))
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(error = %error, "systemd could not be told");
    }
}
