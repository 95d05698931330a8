//! Connections of readers, within bounds: how many there are, how long a head may take to come and an answer to go, how
//! much of a request is read, and what every answer carries. Which address answers what is not known here.

use std::collections::BTreeMap;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Notify, watch};

use super::Shared;
use super::at_hand::AtHand;
use super::steady::Steady;

/// A socket to listen on; the caller brings it.
#[derive(Debug)]
pub enum Listener {
    /// An IP address.
    Tcp(TcpListener),
    /// A unix socket.
    Unix(UnixListener),
}

/// The longest that a client may be silent between requests, and that a request's head may take to come.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// The longest that a reader may take to fetch what was written for them.
const FETCHED_WITHIN: Duration = Duration::from_secs(60);

/// The longest that an answer may take to be made.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// As many connections are open at once. Below the 1024 files of a plain shell: the store and the crawler want theirs.
const MOST_CONNECTIONS: usize = 768;

/// A longer head is not read to its end. It is more than is answered, so that most refusals are ours.
const MOST_READ: usize = 64 << 10;

/// Names and values of headers together are no longer than this.
pub(super) const LONGEST_HEADERS: usize = 16 << 10;

/// No address is longer.
const LONGEST_ADDRESS: usize = 4 << 10;

/// A stop waits this long for the first request of a connection that was accepted just before. Closed at once, it would
/// be reset under a reader who cannot know; what comes later waits in the socket for the next daemon, where systemd holds it.
const FIRST_REQUEST_WITHIN: Duration = Duration::from_millis(500);

/// The pause after the system refused to accept, as it does where there are no files left.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// How long the other end may take to fetch an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Readers come from anywhere.
    Bounded,
    /// The operator's commands may be slow with what they are given: a backup goes to a slow disk.
    Endless,
}

/// What requests are answered with: the routes, and before them what is at hand.
#[derive(Clone, Debug)]
pub struct Front {
    at_hand: Option<Arc<AtHand>>,
    router: Router,
}

impl Front {
    /// The routes, with the live feeds in memory before them.
    pub fn with_feeds(shared: Arc<Shared>, router: Router) -> Front {
        Front {
            at_hand: Some(Arc::new(AtHand::new(shared))),
            router,
        }
    }
}

impl From<Router> for Front {
    fn from(router: Router) -> Front {
        Front { at_hand: None, router }
    }
}

/// Answers until `shutdown` resolves and the requests under way are done.
///
/// # Errors
/// None today: a socket that cannot be accepted from is tried again.
pub async fn serve(
    listener: Listener,
    front: impl Into<Front>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_with(Patience::Bounded, listener, front.into(), shutdown).await
}

/// The same, with the patience that the other end is given.
pub(super) async fn serve_with(
    patience: Patience,
    listener: Listener,
    mut front: Front,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    front.router = front.router.layer(middleware::from_fn(guard_headers));
    let (stop, _) = watch::channel(false);
    let house = House {
        front,
        patience,
        rooms: Arc::default(),
        stop,
    };
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            refused = house.accept(&listener) => if let Err(error) = refused {
                // Who hung up while waiting says nothing of the socket.
                if !hung_up(&error) {
                    tracing::error!(%error, "cannot accept a connection");
                    house.rooms.make_one();
                    tokio::time::sleep(AFTER_REFUSAL).await;
                }
            },
        }
    }
    tokio::time::sleep(FIRST_REQUEST_WITHIN).await;
    drop(listener);
    // An error says that no connection is open.
    let _ = house.stop.send(true);
    house.stop.closed().await;
    Ok(())
}

fn hung_up(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// What every connection of a listener is answered with.
struct House {
    front: Front,
    patience: Patience,
    rooms: Arc<Rooms>,
    stop: watch::Sender<bool>,
}

impl House {
    /// Accepts one connection and answers it on a task of its own. Nothing is lost when it is dropped while it waits.
    async fn accept(&self, listener: &Listener) -> io::Result<()> {
        match listener {
            Listener::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Answers are written whole: waiting for more only delays them. One that cannot be told so is slower.
                let _ = stream.set_nodelay(true);
                self.open(stream);
            }
            Listener::Unix(listener) => self.open(listener.accept().await?.0),
        }
        Ok(())
    }

    fn open(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let within = match self.patience {
            Patience::Bounded => Some(FETCHED_WITHIN),
            Patience::Endless => None,
        };
        let stream = Steady::new(stream, within);
        let room = Rooms::enter(&self.rooms);
        tokio::spawn(answer(stream, self.front.clone(), room, self.stop.subscribe()));
    }
}

/// Answers the requests of a connection until either end closes it, its room is needed, or everything stops.
async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    stream: Steady<S>,
    Front { at_hand, router }: Front,
    room: Room,
    mut stopped: watch::Receiver<bool>,
) {
    let guest = Arc::clone(&room.guest);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let at_hand = at_hand.as_ref().and_then(|at_hand| at_hand.answer(&request));
        let answer = match at_hand {
            Some(mut answer) => {
                guard(answer.headers_mut());
                Ok(answer)
            }
            None => Err((router.call(request), Asking::begin(&guest))),
        };
        async move {
            match answer {
                Ok(answer) => Ok(answer),
                Err((answer, _asking)) => answer.await,
            }
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(MOST_READ)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::trace!(%error, "a connection ended");
                }
                break;
            }
            () = room.guest.leave.notified() => break,
            _ = stopped.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// The connections of a listener. Where all rooms are taken, who has been there longest without asking anything gives
/// theirs up, so that idle and half-open connections never keep anybody out.
#[derive(Debug, Default)]
struct Rooms {
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    /// The longest there first.
    guests: BTreeMap<u64, Arc<Guest>>,
}

#[derive(Debug, Default)]
struct Guest {
    /// Whether an answer is being made.
    asking: AtomicBool,
    /// Tells that the room is needed.
    leave: Notify,
}

/// Holds while an answer is being made.
#[derive(Debug)]
struct Asking(Arc<Guest>);

impl Asking {
    fn begin(guest: &Arc<Guest>) -> Asking {
        guest.asking.store(true, Ordering::Relaxed);
        Asking(Arc::clone(guest))
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.asking.store(false, Ordering::Relaxed);
    }
}

/// A place among the connections, given back when it is dropped.
#[derive(Debug)]
struct Room {
    number: u64,
    guest: Arc<Guest>,
    rooms: Arc<Rooms>,
}

impl Rooms {
    fn enter(rooms: &Arc<Rooms>) -> Room {
        let guest = Arc::new(Guest::default());
        let mut taken = rooms.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.guests.len() >= MOST_CONNECTIONS {
            taken.make_one();
        }
        let number = taken.next;
        taken.next += 1;
        taken.guests.insert(number, Arc::clone(&guest));
        Room {
            number,
            guest,
            rooms: Arc::clone(rooms),
        }
    }

    fn make_one(&self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.make_one();
    }
}

impl Taken {
    fn make_one(&mut self) {
        let waits = |guest: &Arc<Guest>| !guest.asking.load(Ordering::Relaxed);
        let idle = self.guests.iter().find(|(_, guest)| waits(guest));
        let number = idle.or(self.guests.iter().next()).map(|(number, _)| *number);
        if let Some(guest) = number.and_then(|number| self.guests.remove(&number)) {
            guest.leave.notify_one();
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut taken = self.rooms.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.guests.remove(&self.number);
    }
}

/// What every answer carries: nothing of ours runs scripts, and nobody may frame it or guess types.
pub(super) const GUARDS: [(&str, &str); 3] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src https: http: data:; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
];

async fn guard_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    guard(response.headers_mut());
    response
}

fn guard(headers: &mut HeaderMap) {
    for (name, value) in GUARDS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// How long the names and values of headers are together.
pub(super) fn headers_length(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum()
}

/// Refuses what is too long before anything looks at it, and gives up an answer that takes too long to be made.
pub(super) async fn bounded(request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if address > LONGEST_ADDRESS {
        return (StatusCode::URI_TOO_LONG, "the address is longer than 4 KiB\n").into_response();
    }
    if headers_length(request.headers()) > LONGEST_HEADERS {
        let why = "the headers are longer than 16 KiB\n";
        return (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, why).into_response();
    }
    match tokio::time::timeout(ANSWERED_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let later = [(header::RETRY_AFTER, "60")];
            (StatusCode::SERVICE_UNAVAILABLE, later, "the answer took too long\n").into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// What a connection is answered on which this was sent and nothing more, until it is closed.
    async fn answered(sent: &str) -> String {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        let router = Router::new().fallback(async || "here");
        let (_stop, stopped) = watch::channel(false);
        let room = Rooms::enter(&Arc::default());
        let answering = answer(Steady::new(ours, Some(FETCHED_WITHIN)), router.into(), room, stopped);
        let asking = async {
            theirs.write_all(sent.as_bytes()).await.unwrap();
            let mut answer = String::new();
            theirs.read_to_string(&mut answer).await.unwrap();
            answer
        };
        tokio::join!(answering, asking).1
    }

    #[tokio::test(start_paused = true)]
    async fn silent_half_open_and_idle_connections_are_closed_in_time() {
        for (sent, heard) in [
            ("", ""),
            ("GET / HTTP/1.1\r\nHost: x\r\nX-Half: ", ""),
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "here"),
        ] {
            let begun = tokio::time::Instant::now();
            let answer = answered(sent).await;
            assert!(answer.ends_with(heard), "{sent:?}: {answer}");
            assert_eq!(begun.elapsed().as_secs(), HEAD_WITHIN.as_secs(), "{sent:?}");
        }
    }

    #[test]
    fn a_full_house_sends_away_who_has_waited_longest_without_asking() {
        let rooms = Arc::new(Rooms::default());
        let guests: Vec<Room> = (0..MOST_CONNECTIONS).map(|_| Rooms::enter(&rooms)).collect();
        guests[0].guest.asking.store(true, Ordering::Relaxed);
        let newcomer = Rooms::enter(&rooms);
        let taken = |room: &Room| rooms.taken.lock().unwrap().guests.contains_key(&room.number);
        assert_eq!([0, 1, 2].map(|n: usize| taken(&guests[n])), [true, false, true]);
        assert!(taken(&newcomer));
        for guest in &guests[2..] {
            guest.guest.asking.store(true, Ordering::Relaxed);
        }
        newcomer.guest.asking.store(true, Ordering::Relaxed);
        let _another = Rooms::enter(&rooms);
        assert!(!taken(&guests[0]), "who asks keeps nobody out for ever");
        drop(guests);
        assert_eq!(rooms.taken.lock().unwrap().guests.len(), 2);
    }
}
