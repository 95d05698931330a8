//! Asking for what is stored: a running daemon through its control socket, else the store itself.

use std::path::Path;

use super::{Error, Setup, runtime};
use crate::serve::queries::{self, Answer, Query};

/// The answer to a query, whoever has the store.
pub(super) fn answer(setup: &Setup, query: &Query) -> Result<Answer, Error> {
    let socket = &setup.config.server.control_socket;
    match std::os::unix::net::UnixStream::connect(socket) {
        Ok(_) => runtime()?.block_on(ask(socket, query)),
        // Nobody listens: the store is free, or says itself who has it.
        Err(_) => Ok(queries::answer(query, &setup.shared()?)?),
    }
}

async fn ask(socket: &Path, query: &Query) -> Result<Answer, Error> {
    let failed =
        |error: reqwest::Error| Error::Failed(format!("the daemon at {} does not answer: {error}", socket.display()));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .unix_socket(socket)
        .no_proxy()
        .build()
        .map_err(failed)?;
    let mut response = client
        .post("http://warta/query")
        .json(query)
        .send()
        .await
        .map_err(failed)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
    }
    if !status.is_success() {
        return Err(Error::Failed(format!(
            "the daemon answered {status}: {}",
            String::from_utf8_lossy(&body)
        )));
    }
    if matches!(query, Query::Feed { .. }) {
        return Ok(Answer::Bytes(body));
    }
    let rows = serde_json::Deserializer::from_slice(&body)
        .into_iter()
        .collect::<Result<Vec<_>, _>>();
    rows.map(Answer::Rows)
        .map_err(|error| Error::Failed(format!("the daemon's answer cannot be read: {error}")))
}
