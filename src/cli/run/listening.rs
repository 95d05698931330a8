//! The addresses that the daemon listens on: the control socket, what systemd passed or the configuration names.

use tokio::net::{TcpListener, UnixListener};

use crate::cli::Error;
use crate::config::Listen;
use crate::serve::{self, Listener};
use crate::systemd::{self, Passed};

pub(super) fn control_listener(socket: &std::path::Path) -> Result<UnixListener, Error> {
    serve::control::bind(socket).map_err(|error| {
        let socket = socket.display();
        Error::Failed(format!(
            "cannot use the control socket {socket}: {error}; server.control_socket sets another"
        ))
    })
}

/// The socket that systemd passed, else the configured address, bound before anything else is touched.
pub(super) async fn listen(listen: &Listen) -> Result<Listener, Error> {
    let unusable = |error| {
        Error::Failed(format!(
            "cannot use the socket that systemd passed: {error}; see warta.socket"
        ))
    };
    match systemd::passed_socket().map_err(unusable)? {
        Some(Passed::Tcp(socket)) => return TcpListener::from_std(socket).map(Listener::Tcp).map_err(unusable),
        Some(Passed::Unix(socket)) => return UnixListener::from_std(socket).map(Listener::Unix).map_err(unusable),
        None => {}
    }
    bind(listen, "server.listen").await
}

/// Binds an address; `key` is the setting that names it.
pub(super) async fn bind(listen: &Listen, key: &str) -> Result<Listener, Error> {
    let bound = match listen {
        Listen::Tcp(address) => TcpListener::bind(address).await.map(Listener::Tcp),
        Listen::Unix(path) => UnixListener::bind(path).map(Listener::Unix),
    };
    bound.map_err(|error| {
        Error::Failed(format!(
            "cannot listen on {}: {error}; set {key} to a free address, or stop what uses it",
            listen_text(listen)
        ))
    })
}

pub(super) fn listen_text(listen: &Listen) -> String {
    match listen {
        Listen::Tcp(address) => address.to_string(),
        Listen::Unix(path) => format!("unix:{}", path.display()),
    }
}
