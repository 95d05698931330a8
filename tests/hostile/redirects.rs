//! Servers that send us elsewhere, and those that answer with an unusual status.

use warta::model::SourceKind::Feed;

use super::cases::Expect::{self, Fails, Problem, Stores};
use super::cases::{Case, case};
use super::say::{good, html, moved, ok, raw, status};

const AWAY: &str = "refused to fetch";

/// Where servers send us, and with which words that is refused.
const ELSEWHERE: [(&str, &str, &str); 21] = [
    ("to 10.0.0.1", "http://10.0.0.1/", "10.0.0.1 is not a public address"),
    (
        "to 172.16.0.1",
        "http://172.16.0.1/",
        "172.16.0.1 is not a public address",
    ),
    (
        "to 192.168.1.1",
        "http://192.168.1.1/",
        "192.168.1.1 is not a public address",
    ),
    (
        "to the cloud's metadata",
        "http://169.254.169.254/latest/meta-data/",
        "169.254.169.254 is not a public address",
    ),
    ("to CGNAT", "http://100.64.0.1/", "100.64.0.1 is not a public address"),
    ("to nowhere", "http://0.0.0.0/", "0.0.0.0 is not a public address"),
    ("to multicast", "http://224.0.0.1/", "224.0.0.1 is not a public address"),
    ("to localhost by name", "http://localhost/", "is not a public address"),
    ("to localhost in IPv6", "http://[::1]/", "::1 is not a public address"),
    (
        "to localhost in mapped IPv6",
        "http://[::ffff:127.0.0.1]/",
        "127.0.0.1 is not a public address",
    ),
    (
        "to localhost by NAT64",
        "http://[64:ff9b::7f00:1]/",
        "is not a public address",
    ),
    (
        "to localhost by 6to4",
        "http://[2002:7f00:1::]/",
        "is not a public address",
    ),
    (
        "to a link-local address",
        "http://[fe80::1]/",
        "is not a public address",
    ),
    (
        "to a unique local address",
        "http://[fd00::1]/",
        "is not a public address",
    ),
    (
        "to localhost in hexadecimal",
        "http://0x7f.1/",
        "127.0.0.1 is not a public address",
    ),
    (
        "to localhost in decimal",
        "http://2130706433/",
        "127.0.0.1 is not a public address",
    ),
    (
        "to localhost in octal",
        "http://0177.0.0.1/",
        "127.0.0.1 is not a public address",
    ),
    (
        "to a file",
        "file:///etc/passwd",
        "only http and https are fetched, not file",
    ),
    (
        "to data",
        "data:text/xml,<rss/>",
        "only http and https are fetched, not data",
    ),
    (
        "to a script",
        "javascript:alert(1)",
        "only http and https are fetched, not javascript",
    ),
    (
        "to FTP",
        "ftp://127.0.0.1/x",
        "only http and https are fetched, not ftp",
    ),
];

/// Redirects.
pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = ELSEWHERE
        .iter()
        .map(|(name, to, words)| case(name, Feed, Fails(words), |_| moved(to)))
        .collect();
    cases.extend([
        case(
            "with a password",
            Feed,
            Fails("carries a user name or password"),
            |ask| moved(&ask.me.replace("http://", "http://a:b@")),
        ),
        case("redirects to itself", Feed, Fails("redirects 5 times"), |ask| {
            moved(ask.path)
        }),
        case("redirects in a circle", Feed, Fails("redirects 5 times"), |ask| {
            moved(if ask.path == "/a" { "/b" } else { "/a" })
        }),
        case("six redirects", Feed, Fails("redirects 5 times"), |ask| {
            if ask.earlier == 6 {
                ok("application/rss+xml", good(ask))
            } else {
                moved(&format!("/{}", ask.earlier))
            }
        }),
        case("five redirects", Feed, Stores(1), |ask| {
            if ask.earlier == 5 {
                ok("application/rss+xml", good(ask))
            } else {
                moved(&format!("/{}", ask.earlier))
            }
        }),
        case("ever longer redirects", Feed, Fails("redirects 5 times"), |ask| {
            moved(&format!("/{}", "a".repeat(2000 * (ask.earlier + 1))))
        }),
        case("to the victim's feed", Feed, Fails("is not a public address"), |ask| {
            moved(&format!("{}/feed", ask.victim))
        }),
        case(
            "to the victim without a scheme",
            Feed,
            Fails("is not a public address"),
            |ask| moved(ask.victim.trim_start_matches("http:")),
        ),
        case("to an address that is none", Feed, Fails("answered 302"), |_| {
            moved("http://[")
        }),
        case("to an empty address", Feed, Fails("redirects 5 times"), |_| moved("")),
        case("a redirect without an address", Feed, Fails("answered 302"), |_| {
            status("302 Found")
        }),
        case("300 without an address", Feed, Fails("answered 300"), |_| {
            status("300 Multiple Choices")
        }),
        case("a redirect in binary", Feed, Fails("answered 302"), |_| {
            raw("302 Found", "Location: \u{e9}\u{fffd}\r\n", b"")
        }),
        case("a redirect with a body without an end", Feed, Fails(AWAY), |_| {
            super::server::Act::Endless(
                b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\n\r\n".to_vec(),
                vec![b'a'; 4096],
            )
        }),
    ]);
    cases
}

/// A status, further headers, and what must come of it.
const STATUSES: [(&str, &str, Expect); 24] = [
    (
        "401 Unauthorized",
        "WWW-Authenticate: Basic realm=\"x\"\r\n",
        Fails("answered 401"),
    ),
    ("403 Forbidden", "", Fails("answered 403")),
    ("404 Not Found", "", Fails("answered 404")),
    ("405 Method Not Allowed", "", Fails("answered 405")),
    ("407 Proxy Authentication Required", "", Fails("answered 407")),
    ("408 Request Timeout", "", Fails("answered 408")),
    ("410 Gone", "", Fails("answered 410")),
    ("413 Content Too Large", "", Fails("answered 413")),
    ("418 Teapot", "", Fails("answered 418")),
    ("421 Misdirected Request", "", Fails("answered 421")),
    ("429 in seconds", "Retry-After: 120\r\n", Fails("answered 429")),
    (
        "429 by a date",
        "Retry-After: Fri, 01 Jan 2999 00:00:00 GMT\r\n",
        Fails("answered 429"),
    ),
    ("429 with rubbish", "Retry-After: soon\r\n", Fails("answered 429")),
    (
        "429 for ages",
        "Retry-After: 99999999999999999999\r\n",
        Fails("answered 429"),
    ),
    ("429 without a time", "", Fails("answered 429")),
    ("451 Unavailable", "", Fails("answered 451")),
    ("500 Internal Server Error", "", Fails("answered 500")),
    ("502 Bad Gateway", "", Fails("answered 502")),
    ("503 with a time", "Retry-After: 60\r\n", Fails("answered 503")),
    ("508 Loop Detected", "", Fails("answered 508")),
    ("204 No Content", "", Problem(0, "expected a feed")),
    ("205 Reset Content", "", Problem(0, "expected a feed")),
    (
        "206 Partial Content",
        "Content-Range: bytes 0-0/9\r\n",
        Problem(0, "expected a feed"),
    ),
    ("304 without a question", "", Fails("answered 304")),
];

/// Unusual statuses.
pub fn statuses() -> Vec<Case> {
    let mut cases: Vec<Case> = STATUSES
        .into_iter()
        .map(|(line, headers, expect)| case(line, Feed, expect, move |_| raw(line, headers, b"")))
        .collect();
    let challenge = "<script>window._cf_chl_opt={}</script>";
    cases.extend([
        case(
            "a challenge page for a feed",
            Feed,
            Fails("challenge page of Cloudflare"),
            move |_| html(challenge),
        ),
        case("a challenge page with 403", Feed, Fails("answered 403"), move |_| {
            raw("403 Forbidden", "", challenge.as_bytes())
        }),
        case(
            "a challenge page with 503",
            Feed,
            Fails("challenge page of Cloudflare"),
            move |_| raw("503 Wait", "", challenge.as_bytes()),
        ),
        case("404 with a body without an end", Feed, Fails("answered 404"), |_| {
            super::server::Act::Endless(b"HTTP/1.1 404 Not Found\r\n\r\n".to_vec(), vec![b'a'; 4096])
        }),
    ]);
    cases
}
