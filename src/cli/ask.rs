//! Asking for what is stored: a running daemon through its control socket, else the store itself.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Error, Setup, runtime};
use crate::serve::queries::{self, Answer, Query};

/// Whether a daemon answers on the control socket. Where nobody does, the store is free, or says itself who has it.
pub(super) fn is_running(socket: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket).is_ok()
}

/// The answer to a query, whoever has the store.
pub(super) fn answer(setup: &Setup, query: &Query) -> Result<Answer, Error> {
    let socket = &setup.config.server.control_socket;
    if is_running(socket) {
        runtime()?.block_on(ask(socket, query))
    } else {
        Ok(queries::answer(query, &setup.shared()?)?)
    }
}

async fn ask(socket: &Path, query: &Query) -> Result<Answer, Error> {
    if query.is_bytes() {
        let bytes = lines(socket, "query", query).await?.rest().await?;
        return Ok(Answer::Bytes(bytes));
    }
    rows_at(socket, query).await.map(Answer::Rows)
}

/// The rows that whoever listens on the socket answers a query with.
pub(super) async fn rows_at(socket: &Path, query: &Query) -> Result<Vec<Value>, Error> {
    let body = lines(socket, "query", query).await?.rest().await?;
    let rows = serde_json::Deserializer::from_slice(&body).into_iter().collect();
    let rows: Result<Vec<Value>, serde_json::Error> = rows;
    rows.map_err(unreadable)
}

/// What a public address answers readers; nothing where it has nothing for them.
pub(super) async fn page_at(socket: &Path, path: &str) -> Result<Option<Vec<u8>>, Error> {
    let request = client(socket)?.get(format!("http://warta{path}"));
    let response = request.send().await.map_err(|error| silent(socket, &error))?;
    let status = response.status();
    let mut lines = Lines {
        response,
        buffer: Vec::new(),
    };
    match status.as_u16() {
        200 => lines.rest().await.map(Some),
        301 | 404 | 410 => Ok(None),
        _ => Err(Error::Failed(format!("the daemon answered {status} for {path}"))),
    }
}

/// Asks the daemon something that has one answer.
pub(super) async fn one<T: DeserializeOwned>(socket: &Path, what: &str, question: &impl Serialize) -> Result<T, Error> {
    let body = lines(socket, what, question).await?.rest().await?;
    serde_json::from_slice(&body).map_err(unreadable)
}

/// Asks the daemon something and gives its answer as it comes.
pub(super) async fn lines(socket: &Path, what: &str, question: &impl Serialize) -> Result<Lines, Error> {
    let request = client(socket)?.post(format!("http://warta/{what}")).json(question);
    let response = request.send().await.map_err(|error| silent(socket, &error))?;
    let status = response.status();
    let mut lines = Lines {
        response,
        buffer: Vec::new(),
    };
    if status.is_success() {
        return Ok(lines);
    }
    let why = lines.rest().await?;
    let why = String::from_utf8_lossy(&why);
    Err(Error::Failed(format!("the daemon answered {status}: {why}")))
}

fn client(socket: &Path) -> Result<reqwest::Client, Error> {
    // Another part of the process may have installed it before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .unix_socket(socket)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| silent(socket, &error))
}

fn silent(socket: &Path, error: &reqwest::Error) -> Error {
    let socket = socket.display();
    Error::Failed(format!("the daemon at {socket} does not answer: {error}"))
}

/// An answer of the daemon, read line by line.
pub(super) struct Lines {
    response: reqwest::Response,
    buffer: Vec<u8>,
}

impl Lines {
    /// The next line, once it has come; nothing at the end.
    pub(super) async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return serde_json::from_slice(&line).map(Some).map_err(unreadable);
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.buffer.extend_from_slice(&chunk),
                // A daemon that is killed breaks the answer off.
                Ok(None) | Err(_) => return Ok(None),
            }
        }
    }

    /// Hands all that is left to a writer as it comes.
    pub(super) async fn copy_to(mut self, mut out: impl std::io::Write) -> Result<u64, Error> {
        let broken = |error: reqwest::Error| Error::Failed(format!("the daemon's answer broke off: {error}"));
        let mut length = 0;
        while let Some(chunk) = self.response.chunk().await.map_err(broken)? {
            out.write_all(&chunk)?;
            length += chunk.len() as u64;
        }
        out.flush()?;
        Ok(length)
    }

    /// All that is left, to the end.
    async fn rest(&mut self) -> Result<Vec<u8>, Error> {
        let broken = |error: reqwest::Error| Error::Failed(format!("the daemon's answer broke off: {error}"));
        while let Some(chunk) = self.response.chunk().await.map_err(broken)? {
            self.buffer.extend_from_slice(&chunk);
        }
        Ok(std::mem::take(&mut self.buffer))
    }
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Failed(format!("the daemon's answer cannot be read: {error}"))
}
