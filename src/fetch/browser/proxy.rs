//! The proxy that the browser has to use: it resolves names itself and dials only what the page may reach. Speaks no
//! more HTTP than is needed to know where a request goes, and one request a connection, so that no second one goes
//! elsewhere.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::{Host, Url};

use crate::fetch::guard::Guard;

/// The longest head of a request or an answer.
const HEAD: usize = 64 << 10;

/// The most connections of one page.
const CONNECTIONS: usize = 200;

/// What one page may reach and how much it may load.
#[derive(Debug)]
pub struct Pass {
    host: Host<String>,
    guard: Guard,
    connections: AtomicUsize,
    bytes: AtomicU64,
}

impl Pass {
    /// Its own host within `guard`, everything else within the public networks, so many bytes in all.
    pub fn new(guard: Guard, page: &Url, bytes: u64) -> Pass {
        Pass {
            host: page
                .host()
                .map_or_else(|| Host::Domain(String::new()), |host| host.to_owned()),
            guard,
            connections: AtomicUsize::new(CONNECTIONS),
            bytes: AtomicU64::new(bytes),
        }
    }

    /// Takes from what is left; false when it is used up.
    fn pay(&self, bytes: usize) -> bool {
        let left = |left: u64| left.checked_sub(bytes as u64);
        self.bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left)
            .is_ok()
    }

    async fn dial(&self, target: &Url) -> io::Result<TcpStream> {
        let public = Guard::default();
        let own = target.host().is_some_and(|host| host.to_owned() == self.host);
        let guard = if own { &self.guard } else { &public };
        guard.check(target).map_err(io::Error::other)?;
        let host = target.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = target.port_or_known_default().unwrap_or(80);
        let found = tokio::net::lookup_host((host, port)).await?;
        let permitted: Vec<SocketAddr> = found.filter(|address| guard.permits(address.ip())).collect();
        TcpStream::connect(permitted.as_slice()).await
    }
}

type Current = Arc<Mutex<Option<Arc<Pass>>>>;

/// The proxy of one browser process. Ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    current: Current,
    task: JoinHandle<()>,
}

/// While it lives, a page may load.
pub struct Passing {
    current: Current,
}

impl Proxy {
    /// Listens on a free port of loopback; nothing passes yet.
    pub async fn start() -> io::Result<Proxy> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let current = Current::default();
        let task = tokio::spawn(serve(listener, Arc::clone(&current)));
        Ok(Proxy { port, current, task })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lets a page load until the answer is dropped.
    pub fn let_pass(&self, pass: Arc<Pass>) -> Passing {
        set(&self.current, Some(pass));
        Passing {
            current: Arc::clone(&self.current),
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        set(&self.current, None);
    }
}

fn set(current: &Current, pass: Option<Arc<Pass>>) {
    *current.lock().unwrap_or_else(PoisonError::into_inner) = pass;
}

async fn serve(listener: TcpListener, current: Current) {
    // Its connections end with it.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                let pass = current.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if let Some(pass) = pass.filter(|pass| spend(&pass.connections)) {
                    connections.spawn(async move {
                        // A connection that breaks is the page's loss.
                        let _ = relay(client, &pass).await;
                    });
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

fn spend(count: &AtomicUsize) -> bool {
    let left = |left: usize| left.checked_sub(1);
    count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
}

/// One connection of the browser: a tunnel, or one plain request.
async fn relay(mut client: TcpStream, pass: &Pass) -> io::Result<()> {
    let (head, rest) = read_head(&mut client).await?;
    let Some(asked) = Asked::of(&head) else {
        return client
            .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            .await;
    };
    let Ok(mut server) = pass.dial(&asked.target).await else {
        return client
            .write_all(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            .await;
    };
    match asked.head {
        None => client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?,
        Some(head) => {
            server.write_all(head.as_bytes()).await?;
            server.write_all(&rest).await?;
            let (head, rest) = read_head(&mut server).await?;
            client.write_all(closing(&head).as_bytes()).await?;
            client.write_all(&rest).await?;
        }
    }
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let up = async { tokio::io::copy(&mut from_client, &mut to_server).await.map(|_| ()) };
    let down = async {
        let mut chunk = [0; 16 << 10];
        loop {
            let count = from_server.read(&mut chunk).await?;
            if count == 0 || !pass.pay(count) {
                return to_client.shutdown().await;
            }
            to_client.write_all(&chunk[..count]).await?;
        }
    };
    tokio::select! { done = down => done, done = up => done }
}

/// What a request to a proxy asks for.
struct Asked {
    target: Url,
    /// The head for the server; none for a tunnel.
    head: Option<String>,
}

impl Asked {
    fn of(head: &str) -> Option<Asked> {
        let (first, fields) = head.split_once("\r\n")?;
        let mut words = first.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        if method == "CONNECT" {
            let target = Url::parse(&format!("https://{target}/")).ok()?;
            return Some(Asked { target, head: None });
        }
        let target = Url::parse(target).ok().filter(|target| target.scheme() == "http")?;
        let query = target.query().map_or(String::new(), |query| format!("?{query}"));
        let first = format!("{method} {}{query} HTTP/1.1\r\n", target.path());
        let head = Some(first + &closing_fields(fields));
        Some(Asked { target, head })
    }
}

/// A head that says that nothing follows on this connection.
fn closing(head: &str) -> String {
    match head.split_once("\r\n") {
        Some((first, fields)) => format!("{first}\r\n{}", closing_fields(fields)),
        None => head.to_owned(),
    }
}

fn closing_fields(fields: &str) -> String {
    let about_connection = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
        !matches!(name.as_str(), "connection" | "proxy-connection" | "keep-alive") && !line.is_empty()
    };
    let kept: String = fields
        .split("\r\n")
        .filter(about_connection)
        .map(|line| format!("{line}\r\n"))
        .collect();
    kept + "Connection: close\r\n\r\n"
}

/// The head up to the empty line, and what came behind it.
async fn read_head(stream: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut read = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk).await?;
        if count == 0 || read.len() > HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        read.extend_from_slice(&chunk[..count]);
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = read.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&read).into_owned(), rest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_handed_on_as_the_servers_expect_it() {
        let asked = Asked::of(
            "GET http://a.example:81/x?y=1 HTTP/1.1\r\nHost: a.example:81\r\nProxy-Connection: keep-alive\r\n\r\n",
        );
        let asked = asked.unwrap();
        assert_eq!(asked.target.as_str(), "http://a.example:81/x?y=1");
        assert_eq!(
            asked.head.as_deref(),
            Some("GET /x?y=1 HTTP/1.1\r\nHost: a.example:81\r\nConnection: close\r\n\r\n")
        );
        let tunnel = Asked::of("CONNECT a.example:443 HTTP/1.1\r\n\r\n").unwrap();
        assert!(tunnel.head.is_none() && tunnel.target.as_str() == "https://a.example/");
        for odd in [
            "GET / HTTP/1.1\r\n\r\n",
            "GET ftp://a.example/ HTTP/1.1\r\n\r\n",
            "CONNECT\r\n\r\n",
            "",
        ] {
            assert!(Asked::of(odd).is_none(), "{odd}");
        }
    }

    #[tokio::test]
    async fn only_the_pages_own_host_may_be_a_private_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let page: Url = format!("http://127.0.0.1:{port}/").parse().unwrap();
        let allowed = Guard::new(&["127.0.0.0/8".parse().unwrap()]);
        let pass = Pass::new(allowed, &page, 100);
        assert!(pass.dial(&page).await.is_ok());
        for other in [format!("http://127.0.0.2:{port}/"), format!("http://localhost:{port}/")] {
            assert!(pass.dial(&other.parse().unwrap()).await.is_err(), "{other}");
        }
        assert!(Pass::new(Guard::default(), &page, 100).dial(&page).await.is_err());
        assert!(pass.pay(60) && !pass.pay(60) && pass.pay(40));
    }
}
