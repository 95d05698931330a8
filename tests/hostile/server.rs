//! A server that behaves as badly as a case wants: it answers with raw bytes, drips, never ends, or says nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a server is asked.
pub struct Ask<'a> {
    /// The path with its query.
    pub path: &'a str,
    /// How many requests came before this one, robots.txt aside.
    pub earlier: usize,
    /// The server's own address, without a slash at its end.
    pub me: &'a str,
    /// That of a source that has nothing to do with it.
    pub victim: &'a str,
}

/// What it does.
pub enum Act {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Sends the first bytes, then the second for ever.
    Endless(Vec<u8>, Vec<u8>),
    /// Sends the first bytes, the second so many times, and the third.
    Repeat(Vec<u8>, Vec<u8>, usize, Vec<u8>),
    /// Sends one byte at a time.
    Drip(Vec<u8>),
    /// Sends these bytes and says nothing more, with the connection open.
    Stall(Vec<u8>),
}

/// What a case does when it is asked.
pub type Answer = Arc<dyn Fn(&Ask<'_>) -> Act + Send + Sync>;

/// A server until the test process ends.
pub struct Server {
    /// Its address, without a slash at its end.
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server on an address of its own, which is the `number`th of 127.46.0.0/16 and what follows it.
    pub fn start(number: u16, victim: &str, answer: Answer) -> Server {
        let listener = TcpListener::bind(address(number)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let server = Server {
            url: url.clone(),
            asked: Arc::clone(&asked),
        };
        let victim = victim.to_owned();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (url, victim) = (url.clone(), victim.clone());
                let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &url, &victim, &asked, &answer));
            }
        });
        server
    }

    /// The address of a server that refuses every connection.
    pub fn refusing(number: u16) -> Server {
        let listener = TcpListener::bind(address(number)).unwrap();
        Server {
            url: format!("http://{}", listener.local_addr().unwrap()),
            asked: Arc::default(),
        }
    }

    /// What it was asked for so far, robots.txt aside.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The process id keeps two test runs on one machine apart.
fn address(number: u16) -> SocketAddr {
    let run = u8::try_from(std::process::id() % 250).unwrap();
    let [block, number] = number.to_be_bytes();
    SocketAddr::from(([127, 46 + block, run, number], 0))
}

fn serve(stream: TcpStream, me: &str, victim: &str, asked: &Mutex<Vec<String>>, answer: &Answer) {
    // A client that reads nothing more is not worth a thread for ever.
    stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let Some(path) = request(&stream) else { return };
    let earlier = asked.lock().unwrap().len();
    if path != "/robots.txt" {
        asked.lock().unwrap().push(path.clone());
    }
    let act = answer(&Ask {
        path: &path,
        earlier,
        me,
        victim,
    });
    let _ = carry_out(stream, &act);
}

/// The path of a request, once its head has ended.
fn request(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    first.split(' ').nth(1).map(str::to_owned)
}

fn carry_out(mut stream: TcpStream, act: &Act) -> std::io::Result<()> {
    match act {
        Act::Send(bytes) => stream.write_all(bytes),
        Act::Endless(head, rest) => {
            stream.write_all(head)?;
            loop {
                stream.write_all(rest)?;
            }
        }
        Act::Repeat(head, part, times, tail) => {
            stream.write_all(head)?;
            let mut stream = std::io::BufWriter::new(stream);
            for _ in 0..*times {
                stream.write_all(part)?;
            }
            stream.write_all(tail)?;
            stream.flush()
        }
        Act::Drip(bytes) => {
            for byte in bytes {
                stream.write_all(&[*byte])?;
                thread::sleep(Duration::from_millis(50));
            }
            Ok(())
        }
        Act::Stall(bytes) => {
            stream.write_all(bytes)?;
            // Until the other side gives up.
            stream.read(&mut [0]).map(|_| ())
        }
    }
}
