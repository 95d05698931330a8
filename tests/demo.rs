//! The demo as a stranger sees it: the real binary, its built-in sites, its feeds.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running demo; killed at the end of the test.
struct Demo {
    child: Child,
    address: String,
    /// Read no further, but kept open: what it prints has somewhere to go.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Demo {
    /// Starts it on a free port and waits until it serves.
    fn start() -> Demo {
        let mut child = Command::new(env!("CARGO_BIN_EXE_warta"))
            .args(["demo", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let address = first
            .strip_prefix("Listening on http://")
            .unwrap()
            .trim_end_matches('/')
            .to_owned();
        Demo {
            child,
            address,
            _lines: lines,
        }
    }

    /// The body at a path.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// The items of a JSON feed.
    fn items(&self, path: &str) -> Vec<serde_json::Value> {
        let feed: serde_json::Value = serde_json::from_str(&self.get(path)).unwrap();
        feed["items"].as_array().unwrap().clone()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_demo_serves_each_story_once_in_its_region() {
    let demo = Demo::start();
    let titles = |path: &str| -> Vec<String> {
        demo.items(path)
            .iter()
            .map(|item| item["title"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(titles("/feeds/indonesia.json").len(), 5);
    assert_eq!(
        titles("/feeds/jawa-timur/kabupaten-kediri.json"),
        ["Kantor Imigrasi Kediri Buka Layanan Paspor Sabtu"]
    );
    assert_eq!(
        titles("/feeds/jawa-tengah.json"),
        ["Lapas Semarang Gelar Donor Darah"],
        "a portal's Semarang may be the kabupaten or the kota: only the province is certain"
    );

    let sidoarjo = demo.items("/feeds/jawa-timur/kabupaten-sidoarjo.json");
    let membatik: Vec<_> = sidoarjo
        .iter()
        .filter(|item| item["title"].as_str().unwrap().contains("embatik"))
        .collect();
    assert_eq!(
        membatik.len(),
        1,
        "the release ran on three sites and is one story: {sidoarjo:?}"
    );
    assert_eq!(membatik[0]["_warta"]["copies"].as_array().unwrap().len(), 2);
    assert!(
        membatik[0]["content_html"]
            .as_str()
            .unwrap()
            .contains("Juga terbit di: ")
    );
    assert_eq!(
        membatik[0]["title"], "Tiga Puluh Warga Binaan Belajar Membatik",
        "the unit's own words stand for it"
    );

    let stored = demo.items("/feeds/indonesia.json");
    for extension in ["rss", "atom"] {
        let feed = feed_rs::parser::parse(demo.get(&format!("/feeds/indonesia.{extension}")).as_bytes()).unwrap();
        assert_eq!(feed.entries.len(), 5, "{extension}");
        for (entry, item) in feed.entries.iter().zip(&stored) {
            let content = entry.content.as_ref().and_then(|content| content.body.as_deref());
            let published: jiff::Timestamp = item["date_published"].as_str().unwrap().parse().unwrap();
            assert_eq!(entry.id, item["id"], "{extension}");
            assert_eq!(entry.title.as_ref().unwrap().content, item["title"].as_str().unwrap());
            assert_eq!(entry.links[0].href, item["url"].as_str().unwrap());
            assert_eq!(content, item["content_html"].as_str(), "{extension}");
            assert_eq!(entry.published.map(|at| at.timestamp()), Some(published.as_second()));
        }
    }
}

#[test]
fn the_seed_article_comes_out_whole_and_without_furniture() {
    let demo = Demo::start();
    let items = demo.items("/feeds/jawa-timur/kabupaten-jember.json");
    let [seed] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!(seed["title"], "Sekjen Kumham Kuatkan Pemangku Kehumasan di Wilayah");
    assert_eq!(seed["authors"][0]["name"], "Lapas Kelas IIA Jember");
    assert_eq!(seed["date_published"], "2022-08-16T02:30:00+07:00");
    assert_eq!(seed["_warta"]["regency"], "35.09");
    let html = seed["content_html"].as_str().unwrap();
    assert_eq!(html.matches("<p>").count(), 4, "{html}");
    for opening in [
        "<p>JEMBER – Kalapas Jember Hasan Basri",
        "<p>Andhap melanjutkan",
        "<p>Menyetujui gagasan",
        "<p>“Humas tak hanya",
    ] {
        assert!(html.contains(opening), "{opening}: {html}");
    }
    for furniture in [
        "ADVERTISEMENT",
        "Perbesar",
        "waktu baca",
        "sosmed",
        "tidak mewakili",
        "Kanwil Kemenkumham Jawa Timur",
        "Konten dari",
    ] {
        assert!(!html.contains(furniture), "{furniture}: {html}");
    }
}
