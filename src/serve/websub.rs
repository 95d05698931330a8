//! `/websub/{token}`: what the hubs of our sources send. A hub that asks back and a push are handed to the daemon's
//! subscriber, which judges them; a push is read within bounds, and only where the token is known. Nothing is decided here.

use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::{Shared, answer::insert, pages};

/// No push is longer: a feed of the usual length has a tenth.
const LONGEST_PUSH: usize = 4 << 20;

/// Pushes that are read at once; together they are the memory that hubs can take.
const PUSHES: usize = 8;

/// The longest a push may take to come.
const PUSH_WITHIN: Duration = Duration::from_secs(20);

/// The longest the daemon may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The way to the daemon's subscriber.
#[derive(Debug)]
pub(super) struct Callbacks {
    called: mpsc::Sender<Called>,
    /// A permit for each push being read.
    pushes: Semaphore,
}

/// A callback of ours was called.
#[derive(Debug)]
pub struct Called {
    /// The last part of its address.
    pub token: String,
    /// With what.
    pub what: What,
    /// Whoever called waits here.
    pub answer: oneshot::Sender<Answered>,
}

/// What a callback was called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A hub asks back: the query of its GET.
    Query(String),
    /// A push is about to be read, if the token is known.
    Coming,
    /// A push.
    Push {
        /// Its `X-Hub-Signature`.
        signature: Option<String>,
        /// Its body, at most 4 MiB.
        body: Bytes,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// 200 with this text: yes, we asked for it.
    Challenge(String),
    /// 200: the hub's word is noted; or the token is known.
    Noted,
    /// 202: the push was taken, whatever it was worth.
    Taken,
    /// 404: no such callback, or not what we asked for.
    Missing,
    /// 410: we are not subscribed any more.
    Gone,
    /// 503: not now.
    Busy,
}

impl Callbacks {
    pub(super) fn new(called: mpsc::Sender<Called>) -> Callbacks {
        Callbacks {
            called,
            pushes: Semaphore::new(PUSHES),
        }
    }

    async fn ask(&self, token: &str, what: What) -> Answered {
        let (answer, answered) = oneshot::channel();
        let token = token.to_owned();
        if self.called.try_send(Called { token, what, answer }).is_err() {
            return Answered::Busy;
        }
        match tokio::time::timeout(ANSWER_WITHIN, answered).await {
            Ok(Ok(answered)) => answered,
            _ => Answered::Busy,
        }
    }
}

impl Shared {
    /// What the addresses of our callbacks begin with, if we subscribe to the hubs of sources.
    pub fn callbacks(&self) -> Option<String> {
        self.settings().callbacks.clone()
    }
}

/// Answers a hub that asks whether we want what was asked for in our name.
pub async fn confirm(
    State(shared): State<Arc<Shared>>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    match &shared.callbacks {
        Some(callbacks) => {
            let answered = callbacks.ask(&token, What::Query(query.unwrap_or_default())).await;
            respond(&shared, answered)
        }
        None => respond(&shared, Answered::Missing),
    }
}

/// Takes a push.
pub async fn push(State(shared): State<Arc<Shared>>, Path(token): Path<String>, request: Request) -> Response {
    let Some(callbacks) = &shared.callbacks else {
        return respond(&shared, Answered::Missing);
    };
    // Nothing is read for whoever does not know a token.
    match callbacks.ask(&token, What::Coming).await {
        Answered::Noted => {}
        refused => return respond(&shared, refused),
    }
    let Ok(_permit) = callbacks.pushes.try_acquire() else {
        return respond(&shared, Answered::Busy);
    };
    let signature = request.headers().get("x-hub-signature");
    let signature = signature.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = to_bytes(request.into_body(), LONGEST_PUSH);
    match tokio::time::timeout(PUSH_WITHIN, body).await {
        Ok(Ok(body)) => {
            let answered = callbacks.ask(&token, What::Push { signature, body }).await;
            respond(&shared, answered)
        }
        Ok(Err(_)) => {
            let why = "the push is longer than 4 MiB or was cut off\n";
            (StatusCode::PAYLOAD_TOO_LARGE, why).into_response()
        }
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "the push took too long\n").into_response(),
    }
}

fn respond(shared: &Shared, answered: Answered) -> Response {
    let mut response = match answered {
        Answered::Challenge(text) => text.into_response(),
        Answered::Noted => StatusCode::OK.into_response(),
        Answered::Taken => StatusCode::ACCEPTED.into_response(),
        Answered::Missing => pages::not_found(shared, &shared.settings(), ""),
        Answered::Gone => StatusCode::GONE.into_response(),
        Answered::Busy => {
            let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
            insert(&mut response, header::RETRY_AFTER, "60");
            response
        }
    };
    insert(&mut response, header::CACHE_CONTROL, "no-store");
    response
}
