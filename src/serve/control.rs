//! The control socket: what other commands ask a running daemon, because the store has one owner. HTTP over a unix
//! socket that only the daemon's user and group may open; nothing of it stands on the public listener. Orders to crawl
//! are handed on to the daemon; nothing is crawled here.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRef, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::Shared;
use super::connections::{self, Listener, Patience};
use super::queries::{self, Answer, Query};
use crate::model::{CrawlEvent, EditOrder, Order, QuarantineOrder, StoryId};

/// Owner and group may ask, nobody else.
const MODE: u32 = 0o660;

/// Binds the socket. One that a killed daemon left behind is replaced; one that answers is not.
///
/// # Errors
/// When another process answers on it, or the system refuses.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    if path.exists() {
        if UnixStream::connect(path).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another daemon answers on it"));
        }
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(MODE))?;
    Ok(listener)
}

/// Answers commands until `shutdown` resolves and the requests under way are done. What they are given may take as long as
/// it takes: a backup goes to a slow disk.
///
/// # Errors
/// As [`super::serve`].
pub async fn serve(
    listener: UnixListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    connections::serve_with(Patience::Endless, Listener::Unix(listener), router.into(), shutdown).await
}

/// An order, and where what it gives is told.
#[derive(Debug)]
pub enum Placed {
    /// To crawl now.
    Crawl {
        /// The order.
        order: Order,
        /// Whoever placed it; closed when they have gone.
        lines: mpsc::Sender<Line>,
    },
    /// To read the configuration again.
    Reload,
    /// To correct a story.
    Edit {
        /// The order.
        order: EditOrder,
        /// Whoever placed it.
        answer: oneshot::Sender<Edited>,
    },
    /// To decide about an article that was held back.
    Judge {
        /// The order.
        order: QuarantineOrder,
        /// Whoever placed it.
        answer: oneshot::Sender<Edited>,
    },
}

/// What became of a correction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edited {
    /// It is on disk; the story it left.
    Story(StoryId),
    /// An article that was held back stays out for ever.
    Confirmed,
    /// An article is held back again.
    Held,
    /// It cannot be carried out.
    Refused(String),
    /// The store failed.
    Failed(String),
}

impl Placed {
    /// Lines that may wait for a slow listener.
    pub const LINES: usize = 256;
}

/// One line of the answer to an order. An answer that does not end with one of the last three was cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// Something happened.
    Event(CrawlEvent),
    /// The order cannot be carried out as it is.
    Refused(String),
    /// The store failed.
    Failed(String),
    /// All of it is done.
    Done,
}

#[derive(Clone)]
struct Control {
    shared: Arc<Shared>,
    orders: mpsc::Sender<Placed>,
}

impl FromRef<Control> for Arc<Shared> {
    fn from_ref(control: &Control) -> Arc<Shared> {
        Arc::clone(&control.shared)
    }
}

/// `POST /query`: a [`Query`] as JSON, answered with JSON lines or the bytes of a feed. `POST /crawl`: an [`Order`] as
/// JSON, answered with a [`Line`] as JSON on each line while it is carried out. `POST /edit`: an [`EditOrder`], answered
/// with [`Edited`], and so is `POST /judge`, a [`QuarantineOrder`]. `POST /reload`: as SIGHUP. `POST /backup`: answered
/// with a backup of the store. `POST /backup-done`: the number of the last frame of a nightly backup that is safe, for
/// [`Store::backup_done`](crate::store::Store::backup_done). Every public address is answered here as well, as readers get it.
pub fn router(shared: Arc<Shared>, orders: mpsc::Sender<Placed>) -> Router {
    let public = super::router(Arc::clone(&shared));
    Router::new()
        .route("/query", post(query))
        .route("/crawl", post(crawl))
        .route("/edit", post(edit))
        .route("/judge", post(judge))
        .route("/backup", post(backup))
        .route("/backup-done", post(backup_done))
        .route("/reload", post(reload))
        .with_state(Control { shared, orders })
        .fallback_service(public)
}

/// Only what reads: `POST /query` and every public address. For a command that has the store to itself.
pub fn reading(shared: Arc<Shared>) -> Router {
    let public = super::router(Arc::clone(&shared));
    Router::new()
        .route("/query", post(query))
        .with_state(shared)
        .fallback_service(public)
}

async fn crawl(State(control): State<Control>, Json(order): Json<Order>) -> Response {
    let (lines, received) = mpsc::channel(Placed::LINES);
    if control.orders.send(Placed::Crawl { order, lines }).await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping").into_response();
    }
    let json = ReceiverStream::new(received).map(|line| {
        serde_json::to_string(&line).map(|mut json| {
            json.push('\n');
            json
        })
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    (kind, Body::from_stream(json)).into_response()
}

/// Pieces of a backup that may wait for a slow disk at the other end.
const PIECES: usize = 16;

/// The longest that a piece may wait: who stands still must not keep the store from going on after a full disk.
const PATIENCE: Duration = Duration::from_secs(60);

/// Streams a backup of the store while everything goes on.
async fn backup(State(shared): State<Arc<Shared>>) -> Response {
    let (pieces, received) = mpsc::channel(PIECES + 1);
    // An error in the stream breaks the answer off, so that nobody takes it for whole. It has a place from the first.
    let Ok(last) = pieces.clone().try_reserve_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping").into_response();
    };
    let pieces = Pieces {
        pieces,
        runtime: Handle::current(),
        patience: PATIENCE,
    };
    tokio::task::spawn_blocking(move || {
        if let Err(error) = shared.store.backup(pieces) {
            tracing::error!(%error, "a backup was broken off");
            last.send(Err(io::Error::other(error.to_string())));
        }
    });
    let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
    (kind, Body::from_stream(ReceiverStream::new(received))).into_response()
}

/// Writes what it is given into a stream.
struct Pieces {
    pieces: mpsc::Sender<io::Result<Bytes>>,
    runtime: Handle,
    patience: Duration,
}

impl io::Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        let sent = tokio::time::timeout(self.patience, self.pieces.send(Ok(piece)));
        match self.runtime.block_on(sent) {
            Ok(Ok(())) => Ok(bytes.len()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "nobody reads it")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn backup_done(State(shared): State<Arc<Shared>>, Json(watermark): Json<u64>) -> Response {
    let done = tokio::task::spawn_blocking(move || shared.store.backup_done(watermark)).await;
    match done {
        Ok(Ok(())) => Json(()).into_response(),
        Ok(Err(error)) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

async fn reload(State(control): State<Control>) -> Response {
    // What becomes of it is in the log, as after SIGHUP.
    match control.orders.send(Placed::Reload).await {
        Ok(()) => Json(()).into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping").into_response(),
    }
}

async fn edit(State(control): State<Control>, Json(order): Json<EditOrder>) -> Response {
    placed(&control, |answer| Placed::Edit { order, answer }).await
}

async fn judge(State(control): State<Control>, Json(order): Json<QuarantineOrder>) -> Response {
    placed(&control, |answer| Placed::Judge { order, answer }).await
}

/// Places an order and waits for what becomes of it.
async fn placed(control: &Control, order: impl FnOnce(oneshot::Sender<Edited>) -> Placed) -> Response {
    let (answer, answered) = oneshot::channel();
    let sent = control.orders.send(order(answer)).await.is_ok();
    match answered.await {
        Ok(edited) if sent => Json(edited).into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping").into_response(),
    }
}

async fn query(State(shared): State<Arc<Shared>>, Json(query): Json<Query>) -> Response {
    let answered = tokio::task::spawn_blocking(move || queries::answer(&query, &shared)).await;
    match answered {
        Ok(Ok(Answer::Rows(rows))) => {
            let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
            ([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response()
        }
        Ok(Ok(Answer::Bytes(bytes))) => ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response(),
        Ok(Err(error)) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_left_behind_is_replaced_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control.sock");
        let first = bind(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        assert!(bind(&path).is_ok());
    }

    #[tokio::test]
    async fn a_backup_that_nobody_reads_is_broken_off_and_says_so_at_its_end() {
        let (pieces, mut received) = mpsc::channel(2);
        let last = pieces.clone().try_reserve_owned().unwrap();
        let mut pieces = Pieces {
            pieces,
            runtime: Handle::current(),
            patience: Duration::from_millis(20),
        };
        let write = move || {
            assert_eq!(io::Write::write(&mut pieces, b"one").unwrap(), 3);
            io::Write::write(&mut pieces, b"two").unwrap_err().kind()
        };
        let refused = tokio::task::spawn_blocking(write).await.unwrap();
        assert_eq!(refused, io::ErrorKind::TimedOut);
        last.send(Err(io::ErrorKind::Other.into()));
        assert_eq!(received.recv().await.unwrap().unwrap(), "one");
        assert!(received.recv().await.unwrap().is_err());
        assert!(received.recv().await.is_none());
    }
}
