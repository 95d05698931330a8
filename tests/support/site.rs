//! A site on a loopback address of its own: what stands at each path, and who asked for it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the next site's address ends with.
static NEXT: AtomicU8 = AtomicU8::new(1);

/// A site that serves until the test process ends.
pub struct Site {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    pages: Mutex<HashMap<String, Page>>,
    asked: Mutex<Vec<String>>,
}

#[derive(Clone)]
struct Page {
    kind: String,
    body: String,
}

impl Site {
    /// Starts a site on the next free address of 127.45.0.0/16.
    pub fn start() -> Site {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // The process id keeps two test runs on one machine apart.
        let run = u8::try_from(std::process::id() % 250).unwrap();
        let listener = TcpListener::bind(SocketAddr::from(([127, 45, run, number], 0))).unwrap();
        let site = Site {
            address: listener.local_addr().unwrap(),
            shared: Arc::default(),
        };
        let shared = Arc::clone(&site.shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.answer(stream));
            }
        });
        site
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Puts a page of HTML at a path.
    pub fn page(&self, path: &str, body: &str) {
        self.put(path, "text/html; charset=utf-8", body);
    }

    /// Puts a feed at a path.
    pub fn feed(&self, path: &str, body: &str) {
        self.put(path, "application/rss+xml", body);
    }

    /// Puts JSON at a path.
    pub fn json(&self, path: &str, body: &str) {
        self.put(path, "application/json", body);
    }

    fn put(&self, path: &str, kind: &str, body: &str) {
        let page = Page {
            kind: kind.to_owned(),
            body: body.to_owned(),
        };
        self.shared.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    /// What was asked for so far, robots.txt aside.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|path| *path != "/robots.txt").cloned().collect()
    }
}

impl Shared {
    /// The page at a path, or at the path without its query.
    fn page(&self, path: &str) -> Option<Page> {
        let pages = self.pages.lock().unwrap();
        let bare = path.split('?').next().unwrap_or_default();
        pages.get(path).or_else(|| pages.get(bare)).cloned()
    }

    /// Answers the requests of one connection, one after the other.
    fn answer(&self, stream: TcpStream) {
        let Ok(mut writer) = stream.try_clone() else { return };
        let mut reader = BufReader::new(stream);
        while let Some(head) = read_head(&mut reader) {
            let path = head
                .lines()
                .next()
                .and_then(|line| line.split(' ').nth(1))
                .unwrap_or("/")
                .to_owned();
            let page = self.page(&path);
            self.asked.lock().unwrap().push(path);
            let answer = match page {
                Some(page) => {
                    let tag = format!("\"{:x}\"", page.body.len());
                    if head.to_lowercase().contains(&format!("if-none-match: {tag}")) {
                        format!("HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n")
                    } else {
                        let (kind, length) = (&page.kind, page.body.len());
                        format!(
                            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nETag: {tag}\r\n\r\n{}",
                            page.body
                        )
                    }
                }
                None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
            };
            if writer.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

/// The lines of a request up to the empty one; nothing when the connection ends.
fn read_head(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            return Some(head);
        }
        head.push_str(&line);
    }
}

/// An RSS feed of full-text items: id, title, text.
pub fn rss(site: &Site, items: &[(String, String, String)]) -> String {
    let items: String = items
        .iter()
        .map(|(id, title, text)| {
            let url = site.url(&format!("/{id}"));
            format!(
                "<item><title>{title}</title><link>{url}</link><guid>{id}</guid>\
                 <description><![CDATA[<p>{text}</p>]]></description>\
                 <content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>x</title>{items}</channel></rss>"
    )
}

/// The page of an article.
pub fn article(title: &str, text: &str) -> String {
    format!(
        "<!doctype html><html><head><title>{title}</title>\
         <meta property=\"article:published_time\" content=\"2026-11-20T09:00:00+07:00\"></head>\
         <body><article><h1>{title}</h1><p>{text}</p><p>{text}</p></article></body></html>"
    )
}
