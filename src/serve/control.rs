//! The control socket: what other commands ask a running daemon, because the store has one owner. HTTP over a unix
//! socket that only the daemon's user and group may open; nothing of it stands on the public listener.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use tokio::net::UnixListener;

use super::Shared;
use super::queries::{self, Answer, Query};

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

/// `POST /query`: a [`Query`] as JSON, answered with JSON lines or the bytes of a feed.
pub fn router(shared: Arc<Shared>) -> Router {
    Router::new().route("/query", post(query)).with_state(shared)
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
}
