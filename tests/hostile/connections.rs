//! Servers that break HTTP itself, or pack what they say into something else.

use warta::model::SourceKind::Feed;

use super::cases::Expect::{Fails, Problem, Stores};
use super::cases::{Case, case, with_robots};
use super::say::{BROTLI_BOMB, good, gzip, ok, packed as pack, raw, spaces};
use super::server::{Act, Ask};

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n";

fn head(more: &str) -> Vec<u8> {
    format!("{HEAD}{more}").into_bytes()
}

fn after(more: &str, body: &[u8]) -> Act {
    Act::Send([&head(more), body].concat())
}

fn plain(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

fn chunked(body: &str) -> Act {
    after(
        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        body.as_bytes(),
    )
}

/// Connections, heads, lengths.
pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case {
            name: "refuses every connection",
            kind: Feed,
            expect: Fails("cannot fetch"),
            answer: None,
        },
        with_robots("closes at once", Feed, Fails("cannot fetch"), |_| plain("")),
        with_robots("says nothing at all", Feed, Fails("did not finish within 4 s"), |_| {
            Act::Stall(vec![])
        }),
        case(
            "says nothing after robots.txt",
            Feed,
            Fails("did not finish within 4 s"),
            |_| Act::Stall(vec![]),
        ),
        case("drips its head", Feed, Fails("did not finish within 4 s"), |_| {
            Act::Drip(head(&"X-A: b\r\n".repeat(99)))
        }),
        case(
            "stops within its head",
            Feed,
            Fails("did not finish within 4 s"),
            |_| Act::Stall(head("X-A: ")),
        ),
        case("stops after its head", Feed, Fails("did not finish within 4 s"), |_| {
            Act::Stall(head("\r\n"))
        }),
        case("drips its body", Feed, Fails("did not finish within 4 s"), |ask| {
            Act::Drip([head("\r\n"), good(ask)].concat())
        }),
        case("a head without an end", Feed, Fails("cannot fetch"), |_| {
            Act::Endless(head(""), b"X-A: b\r\n".repeat(512))
        }),
        case("one header line without an end", Feed, Fails("cannot fetch"), |_| {
            Act::Endless(head("X-A: "), vec![b'a'; 4096])
        }),
        case("a header of 1 MB", Feed, Fails("cannot fetch"), |_| {
            after(&format!("X-A: {}\r\n\r\n", "a".repeat(1 << 20)), b"")
        }),
        case("ten thousand headers", Feed, Fails("cannot fetch"), |_| {
            after(&("X-A: b\r\n".repeat(10_000) + "\r\n"), b"")
        }),
        case("a header line without a colon", Feed, Fails("cannot fetch"), |_| {
            after("nonsense\r\n\r\n", b"x")
        }),
        case("a header with control characters", Feed, Fails("cannot fetch"), |_| {
            after("X-A: \u{1}\u{2}\r\n\r\n", b"x")
        }),
        case("a bad status line", Feed, Fails("cannot fetch"), |_| {
            plain("HTTP/1.1 abc OK\r\n\r\n")
        }),
        case("status 99", Feed, Fails("cannot fetch"), |_| {
            plain("HTTP/1.1 99 Low\r\n\r\n")
        }),
        case("status 999", Feed, Fails("answered 999"), |_| {
            plain("HTTP/1.1 999 High\r\n\r\n")
        }),
        case("HTTP/9.9", Feed, Fails("cannot fetch"), |_| {
            plain("HTTP/9.9 200 OK\r\n\r\n")
        }),
        case("HTTP/0.9", Feed, Fails("cannot fetch"), |ask| Act::Send(good(ask))),
        case("speaks SSH", Feed, Fails("cannot fetch"), |_| {
            Act::Stall(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())
        }),
        case("random bytes", Feed, Fails("cannot fetch"), |_| {
            Act::Send((0..=255).cycle().take(5000).collect())
        }),
        case(
            "100 Continue without an end",
            Feed,
            Fails("did not finish within 4 s"),
            |_| Act::Endless(vec![], b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100)),
        ),
        case("101 Switching Protocols", Feed, Fails("101"), |_| {
            plain("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
        }),
    ];
    cases.extend(bodies());
    cases
}

/// Bodies that are not as long as they say.
fn bodies() -> Vec<Case> {
    vec![
        case(
            "a body without an end",
            Feed,
            Fails("is larger than 1048576 bytes"),
            |_| Act::Endless(head("\r\n"), vec![b' '; 65_536]),
        ),
        case(
            "chunks without an end",
            Feed,
            Fails("is larger than 1048576 bytes"),
            |_| {
                let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
                Act::Endless(head("Transfer-Encoding: chunked\r\n\r\n"), chunk.into_bytes())
            },
        ),
        case(
            "says that it is longer than it is",
            Feed,
            Fails("cannot fetch"),
            |ask| after("Content-Length: 100000\r\n\r\n", &good(ask)),
        ),
        case("says that it is 8 EiB long", Feed, Fails("cannot fetch"), |ask| {
            after("Content-Length: 9223372036854775807\r\n\r\n", &good(ask))
        }),
        case("says a length that is no number", Feed, Fails("cannot fetch"), |ask| {
            after("Content-Length: many\r\n\r\n", &good(ask))
        }),
        case("says a negative length", Feed, Fails("cannot fetch"), |ask| {
            after("Content-Length: -1\r\n\r\n", &good(ask))
        }),
        case("says two lengths", Feed, Fails("cannot fetch"), |ask| {
            after("Content-Length: 5\r\nContent-Length: 50\r\n\r\n", &good(ask))
        }),
        case(
            "says that it is shorter than it is",
            Feed,
            Problem(0, "expected a feed"),
            |ask| after("Content-Length: 5\r\n\r\n", &good(ask)),
        ),
        case("chunks that break off", Feed, Fails("cannot fetch"), |_| {
            chunked("5\r\nabcde\r\n")
        }),
        case("a chunk of no size", Feed, Fails("cannot fetch"), |_| {
            chunked("zz\r\nabc\r\n0\r\n\r\n")
        }),
        case("a chunk of more than 64 bits", Feed, Fails("cannot fetch"), |_| {
            chunked("fffffffffffffffff\r\nabc\r\n")
        }),
        case("a chunk longer than it says", Feed, Fails("cannot fetch"), |_| {
            chunked("2\r\nabcdef\r\n0\r\n\r\n")
        }),
        case(
            "a chunk's extension without an end",
            Feed,
            Fails("cannot fetch"),
            |_| Act::Endless(head("Transfer-Encoding: chunked\r\n\r\n5;"), vec![b'a'; 4096]),
        ),
        case("trailers without an end", Feed, Fails("cannot fetch"), |_| {
            Act::Endless(
                head("Transfer-Encoding: chunked\r\n\r\n0\r\n"),
                b"X-A: b\r\n".repeat(512),
            )
        }),
        case("chunks that are good", Feed, Stores(1), |ask| {
            let body = String::from_utf8(good(ask)).unwrap();
            chunked(&format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()))
        }),
    ]
}

fn cut(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() / 2].to_vec()
}

/// Packed bodies.
pub fn packed() -> Vec<Case> {
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 3).unwrap();
    let bomb = gzip(&spaces());
    let twice = gzip(&bomb);
    let zstd_bomb = zstd(&spaces());
    let good_zstd = move |ask: &Ask<'_>| zstd(&good(ask));
    vec![
        case("a gzip bomb", Feed, Fails("is larger than 1048576 bytes"), move |_| {
            pack("gzip", &bomb)
        }),
        case("a gzip bomb in gzip", Feed, Problem(0, "expected a feed"), move |_| {
            pack("gzip", &twice)
        }),
        case("a brotli bomb", Feed, Fails("is larger than 1048576 bytes"), |_| {
            pack("br", BROTLI_BOMB)
        }),
        case("a zstd bomb", Feed, Fails("is larger than 1048576 bytes"), move |_| {
            pack("zstd", &zstd_bomb)
        }),
        case("gzip that breaks off", Feed, Fails("cannot fetch"), |ask| {
            pack("gzip", &cut(&gzip(&good(ask))))
        }),
        case("zstd that breaks off", Feed, Fails("cannot fetch"), move |ask| {
            pack("zstd", &cut(&good_zstd(ask)))
        }),
        case(
            "brotli that breaks off",
            Feed,
            Fails("is larger than 1048576 bytes"),
            |_| pack("br", &cut(BROTLI_BOMB)),
        ),
        case("gzip that is none", Feed, Fails("cannot fetch"), |ask| {
            pack("gzip", &good(ask))
        }),
        case("brotli that is none", Feed, Fails("cannot fetch"), |ask| {
            pack("br", &good(ask))
        }),
        case("zstd that is none", Feed, Fails("cannot fetch"), |ask| {
            pack("zstd", &good(ask))
        }),
        case("gzip with a wrong sum", Feed, Fails("cannot fetch"), |ask| {
            let mut bytes = gzip(&good(ask));
            let sum = bytes.len() - 6;
            bytes[sum] ^= 0xff;
            pack("gzip", &bytes)
        }),
        case("gzip and rubbish behind it", Feed, Stores(1), |ask| {
            pack("gzip", &[gzip(&good(ask)), vec![b'x'; 999]].concat())
        }),
        case("gzip that is good", Feed, Stores(1), |ask| {
            pack("gzip", &gzip(&good(ask)))
        }),
        case("two codings", Feed, Problem(0, "expected a feed"), |ask| {
            pack("gzip, gzip", &gzip(&gzip(&good(ask))))
        }),
        case("a coding nobody knows", Feed, Stores(1), |ask| {
            pack("rot13", &good(ask))
        }),
        case(
            "gzip that does not say so",
            Feed,
            Problem(0, "expected a feed"),
            |ask| ok("application/rss+xml", gzip(&good(ask))),
        ),
        case("an empty body in gzip", Feed, Problem(0, "expected a feed"), |_| {
            raw("200 OK", "Content-Encoding: gzip\r\n", b"")
        }),
    ]
}
