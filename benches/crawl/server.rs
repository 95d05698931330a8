//! The process that is all the sites: one socket on every loopback address, plain HTTP/1.1 with ETags. It counts what it
//! is asked and tells it when a line comes in; it ends when its standard input does. What a site says is `sites`.

use std::io::{BufRead, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::Outcome;
use super::sites::{Fault, Mix, Site};

/// How the sites behave.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// What they are.
    pub mix: Mix,
    /// Whether an answer takes 300 to 800 ms.
    pub slow: bool,
    /// Whether one in twenty is faulty.
    pub faulty: bool,
}

impl Manner {
    /// As the words of a command line.
    pub fn words(self) -> [&'static str; 3] {
        [
            match self.mix {
                Mix::Feeds => "feeds",
                Mix::All => "all",
            },
            if self.slow { "slow" } else { "quick" },
            if self.faulty { "faulty" } else { "sound" },
        ]
    }

    /// Reads the words of a command line.
    pub fn read(words: &[String]) -> Manner {
        let said = |word: &str| words.iter().any(|said| said == word);
        Manner {
            mix: if said("all") { Mix::All } else { Mix::Feeds },
            slow: said("slow"),
            faulty: said("faulty"),
        }
    }
}

#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    not_modified: AtomicU64,
    bytes: AtomicU64,
}

/// Serves until standard input ends. Prints the port first, then for each line that comes in what was asked for since
/// the last: requests, answers that nothing has changed, bytes of bodies.
pub fn serve(manner: Manner) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let counts = Arc::new(Counts::default());
    // Only the wildcard address takes connections to all of 127.0.0.0/8; `answer` turns away who is not on it.
    let listener = runtime.block_on(TcpListener::bind(("0.0.0.0", 0)))?;
    let port = listener.local_addr()?.port();
    println!("{port}");
    runtime.spawn({
        let counts = Arc::clone(&counts);
        async move {
            loop {
                if let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(answer(stream, manner, Arc::clone(&counts)));
                }
            }
        }
    });
    for line in std::io::stdin().lock().lines() {
        line?;
        let [requests, not_modified, bytes] =
            [&counts.requests, &counts.not_modified, &counts.bytes].map(|count| count.swap(0, Ordering::Relaxed));
        println!("{requests} {not_modified} {bytes}");
        std::io::stdout().flush()?;
    }
    runtime.shutdown_background();
    Ok(())
}

/// Answers the requests of one connection, one after the other, until it ends.
async fn answer(stream: TcpStream, manner: Manner, counts: Arc<Counts>) {
    let (Ok(SocketAddr::V4(here)), Ok(peer)) = (stream.local_addr(), stream.peer_addr()) else {
        return;
    };
    let local = matches!(peer.ip(), IpAddr::V4(address) if address.is_loopback());
    let Some(site) = Site::at(*here.ip(), manner.mix).filter(|_| local) else {
        return;
    };
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    while let Some(asked) = read(&mut stream).await {
        counts.requests.fetch_add(1, Ordering::Relaxed);
        if manner.slow {
            tokio::time::sleep(latency(site, &asked.path)).await;
        }
        let (answer, goes_on) = match site.fault().filter(|_| manner.faulty) {
            None => (sound(site, &asked, here.port(), &counts), true),
            Some(Fault::Hangs) => return std::future::pending().await,
            Some(Fault::Closes) => return,
            Some(Fault::Unavailable) => (head("503 Service Unavailable", "text/html", "", 0), true),
            Some(Fault::Garbage) => (head("200 OK", "text/html", "", 9) + "<<>>&&]]>", true),
            Some(Fault::BreaksOff) => {
                let mut answer = sound(site, &asked, here.port(), &counts);
                let half = (0..=answer.len() / 2).rfind(|at| answer.is_char_boundary(*at));
                answer.truncate(half.unwrap_or_default());
                (answer, false)
            }
        };
        if stream.write_all(answer.as_bytes()).await.is_err() || !goes_on {
            return;
        }
    }
}

/// What a sound site answers.
fn sound(site: Site, asked: &Asked, port: u16, counts: &Counts) -> String {
    let tag = format!("\"w{}-{}\"", site.number, asked.path.len());
    if asked.tag.as_deref() == Some(tag.as_str()) {
        counts.not_modified.fetch_add(1, Ordering::Relaxed);
        return format!("HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n");
    }
    match site.page(&asked.path, port) {
        Some((kind, body)) => {
            counts.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
            head("200 OK", kind, &tag, body.len()) + &body
        }
        None => head("404 Not Found", "text/html", "", 0),
    }
}

fn head(status: &str, kind: &str, tag: &str, length: usize) -> String {
    let tag = if tag.is_empty() {
        String::new()
    } else {
        format!("ETag: {tag}\r\n")
    };
    format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{tag}Content-Length: {length}\r\n\r\n")
}

/// How long an answer takes: 300 to 800 ms, the same in every run.
fn latency(site: Site, path: &str) -> Duration {
    let seed = site.number * 31 + path.bytes().map(u64::from).sum::<u64>();
    Duration::from_millis(300 + seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 501)
}

struct Asked {
    /// Without its query.
    path: String,
    tag: Option<String>,
}

/// The next request; nothing when the connection ends.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.split('?').next()?.to_owned();
    let mut tag = None;
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            return Some(Asked { path, tag });
        };
        if name.eq_ignore_ascii_case("if-none-match") {
            tag = Some(value.to_owned());
        }
    }
}
