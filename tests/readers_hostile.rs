//! Readers who wish the daemon ill, on real sockets: others are served meanwhile, nothing of what they send comes back,
//! and whatever is answered carries the headers that every answer must.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::world::{World, stop};

/// The longest that anybody waits for an answer: less than the ten seconds after which the daemon closes what idles, so
/// that nobody is served only then. How fast it is on a quiet machine is no test's concern.
const WITHIN: Duration = Duration::from_secs(8);

/// Connections that are opened at once to no good end.
const MANY: usize = 400;

/// What every answer must carry.
const GUARDS: [&str; 2] = [
    "\r\nx-content-type-options: nosniff\r\n",
    "\r\ncontent-security-policy: default-src 'none'",
];

/// The whole answer to these bytes, which must come in time and carry what every answer carries.
#[track_caller]
fn ask(world: &World, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(&world.listen).unwrap();
    stream.set_read_timeout(Some(WITHIN)).unwrap();
    // Who is refused before the end of what they send may find the connection closed.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    loop {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&part[..read]),
            // What was answered before the reset has come.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset && !answer.is_empty() => break,
            Err(error) => panic!("{}: {error}", shown(request)),
        }
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    for guard in GUARDS {
        assert!(answer.contains(guard), "{}: {answer}", shown(request));
    }
    answer
}

fn shown(request: &[u8]) -> String {
    String::from_utf8_lossy(&request[..request.len().min(120)]).into_owned()
}

/// A request's head with these lines, after which the connection is closed.
fn request(line: &str, headers: &str) -> Vec<u8> {
    format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n").into_bytes()
}

#[track_caller]
fn status(world: &World, request: &[u8]) -> u16 {
    status_of(&ask(world, request))
}

#[track_caller]
fn status_of(answer: &str) -> u16 {
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no status: {answer}"))
}

#[test]
fn half_open_and_slow_connections_keep_nobody_out() {
    let world = World::new();
    let (child, _lines) = world.daemon();
    let open: Vec<TcpStream> = (0..MANY)
        .map(|n| {
            let mut stream = TcpStream::connect(&world.listen).unwrap();
            let sent: &[u8] = match n % 4 {
                0 => b"",
                1 => b"GET /feeds/indonesia.rss HTTP/1.1\r\nHost: x\r\nX-Slow: ",
                // Asks for what is long, again and again, and reads nothing of it.
                2 => &b"GET /opml/semua HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20),
                _ => {
                    b"POST /hub HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n\r\nhub."
                }
            };
            stream.write_all(sent).unwrap();
            stream
        })
        .collect();
    for path in ["/feeds/indonesia.rss", "/", "/healthz"] {
        assert_eq!(status(&world, &request(&format!("GET {path}"), "")), 200, "{path}");
    }
    drop(open);
    stop(child);
}

#[test]
fn what_is_too_long_or_no_http_is_refused_with_every_header() {
    let world = World::new();
    let (child, _lines) = world.daemon();
    let long = |name: &str, length: usize| format!("{name}: {}\r\n", "a".repeat(length));
    let many = |count: usize| (0..count).map(|n| format!("X-{n}: a\r\n")).collect::<String>();
    let address = |length: usize| format!("GET /{}", "a".repeat(length));
    for (line, headers, expected) in [
        ("GET /healthz", long("X-Long", 8_000), 200),
        ("GET /healthz", long("X-Long", 17_000), 431),
        ("GET /healthz", long("Cookie", 300_000), 431),
        ("GET /healthz", many(90), 200),
        ("GET /healthz", many(500), 431),
        (&address(4_000), String::new(), 404),
        (&address(5_000), String::new(), 414),
        (&address(70_000), String::new(), 414),
        ("GET /healthz", "No colon\r\n".to_owned(), 400),
        ("GET /healthz", "Content-Length: 1, 2\r\n".to_owned(), 400),
        ("GET /heal\u{1}thz", String::new(), 400),
    ] {
        let found = status(&world, &request(line, &headers));
        assert_eq!(found, expected, "{}", shown(&request(line, &headers)));
    }
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"HELO x\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ] {
        assert_eq!(status(&world, bytes), 400, "{}", shown(bytes));
    }
    stop(child);
}

#[test]
fn odd_methods_and_ranges_change_and_repeat_nothing() {
    let world = World::new();
    let (child, _lines) = world.daemon();
    for method in [
        "DELETE", "PUT", "PATCH", "POST", "OPTIONS", "TRACE", "get", "FROB", "<b>",
    ] {
        let sent = request(
            &format!("{method} /feeds/indonesia.rss"),
            "X-Secret: tell-nobody\r\nContent-Length: 0\r\n",
        );
        let answer = ask(&world, &sent);
        assert!(matches!(status_of(&answer), 400 | 405), "{method}: {answer}");
        assert!(
            !answer.contains("tell-nobody") && !answer.contains("<b>"),
            "{method}: {answer}"
        );
    }
    let connect = status(&world, &request("CONNECT example.com:443", ""));
    assert!((400..500).contains(&connect), "{connect}");
    let whole = ask(&world, &request("GET /style.css", ""));
    for range in [
        "bytes=0-0",
        "bytes=-1",
        "bytes=999999999-",
        "bytes=0-,0-,0-,0-,0-,0-,0-,0-",
        "lines=1-2",
        "bytes=a-b",
    ] {
        let answer = ask(&world, &request("GET /style.css", &format!("Range: {range}\r\n")));
        assert_eq!(status_of(&answer), 200, "{range}");
        let body = |answer: &str| answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        assert_eq!(body(&answer), body(&whole), "{range}");
    }
    let head = ask(&world, &request("HEAD /style.css", ""));
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    stop(child);
}

#[test]
fn bad_addresses_and_hosts_are_not_repeated() {
    let world = World::new();
    let (child, _lines) = world.daemon();
    let paths = [
        "/feeds/%",
        "/feeds/%zz.rss",
        "/feeds/%ff.rss",
        "/feeds/%00.rss",
        "/feeds/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/..%5c..",
        "/wilayah/%c3%28",
        "/satker/%",
        "/berita/%f0%28%8c%28",
        "/opml/%ff",
        "//evil.example/",
        "/%0d%0aSet-Cookie:evil.example",
        "/feeds/arsip/%ff/2026-11.atom",
        "/laporan/%ff",
        "/laporan?bulan=%ff",
        "/cari?q=%ff%00",
        "/wilayah/%3Cscript%3E",
        "/feeds/%3Cscript%3E.rss",
        "/?evil.example",
        "*",
    ];
    for path in paths {
        let answer = ask(&world, &request(&format!("GET {path}"), ""));
        let found = status_of(&answer);
        assert!(found < 500, "{path}: {answer}");
        assert!(
            !answer.contains("<script>") && !answer.contains("evil.example"),
            "{path}: {answer}"
        );
    }
    for path in [
        "/",
        "/feeds/35.rss",
        "/feeds/jawa-timur.atom",
        "/wilayah/jawa-timur",
        "/nirgends",
        "/opml",
        "/sumber",
    ] {
        for host in ["evil.example", "evil.example:80@x", "x\"><script>evil.example", ""] {
            let sent = format!(
                "GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: evil.example\r\n\
                 Forwarded: host=evil.example\r\nReferer: http://evil.example/\r\nConnection: close\r\n\r\n"
            );
            let answer = ask(&world, sent.as_bytes());
            assert!(!answer.contains("evil.example"), "{path} {host}: {answer}");
        }
        let answer = ask(&world, &request(&format!("GET http://evil.example{path}"), ""));
        assert!(!answer.contains("evil.example"), "{path}: {answer}");
    }
    // Where the operator has no address of their own, it stands here.
    assert_eq!(status(&world, &request("GET /metrics", "")), 200);
    stop(child);
}
