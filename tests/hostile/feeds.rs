//! Feeds that are bombs, lies or rubbish.

use warta::model::SourceKind::Feed;

use super::cases::Expect::{Fails, Problem, Stores};
use super::cases::{Case, case};
use super::say::{TEXT, channel, good, html, item, item_of, million, ok, rss, text};
use super::server::Act;

fn xml(body: impl AsRef<[u8]>) -> Act {
    ok("application/rss+xml", body)
}

fn with_dtd(dtd: &str, title: &str, me: &str) -> Act {
    let feed = channel(&item(title, &format!("{me}/a"), "1"));
    xml(feed.replacen("?>", &format!("?><!DOCTYPE rss [{dtd}]>"), 1))
}

fn laughs() -> String {
    let more: String = (1..9)
        .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)))
        .collect();
    format!("<!ENTITY l0 \"lol\">{more}")
}

/// Feeds that would cost much, or are none.
pub fn cases() -> Vec<Case> {
    vec![
        case(
            "billion laughs",
            Feed,
            Problem(1, "entities are never declared by a feed"),
            |ask| with_dtd(&laughs(), "Panen &l8; raya", ask.me),
        ),
        case(
            "one entity, quadratic",
            Feed,
            Problem(1, "entities are never declared by a feed"),
            |ask| {
                with_dtd(
                    &format!("<!ENTITY a \"{}\">", "a".repeat(50_000)),
                    &"&a;".repeat(9_000),
                    ask.me,
                )
            },
        ),
        case(
            "an external entity",
            Feed,
            Problem(1, "entities are never declared by a feed"),
            |ask| with_dtd("<!ENTITY x SYSTEM \"file:///etc/passwd\">", "Panen &x; raya", ask.me),
        ),
        case(
            "an external DTD at the victim",
            Feed,
            Problem(1, "entities are never declared by a feed"),
            |ask| {
                with_dtd(
                    &format!("<!ENTITY % p SYSTEM \"{}/dtd\"> %p;", ask.victim),
                    "Panen raya",
                    ask.me,
                )
            },
        ),
        case(
            "a feed of a million items",
            Feed,
            Fails("is larger than 1048576 bytes"),
            |_| million("<rss version=\"2.0\"><channel>", "<item/>", "</channel></rss>"),
        ),
        case(
            "a hundred thousand deep",
            Feed,
            Problem(0, "more than 256 deep"),
            |_| xml(channel(&"<a>".repeat(100_000))),
        ),
        case(
            "a million attributes",
            Feed,
            Problem(0, "attributes without quotation marks, without a value"),
            |_| {
                let attributes: String = (0..50_000).map(|n| format!(" a{n}=\"\"")).collect();
                xml(channel(&format!("<item{attributes}></item>")))
            },
        ),
        case("an item of nearly 1 MB", Feed, Stores(1), |ask| {
            rss(&item_of("Panen", &format!("{}/a", ask.me), "1", &TEXT.repeat(11_000)))
        }),
        case("a title of 500 KB", Feed, Stores(1), |ask| {
            rss(&item_of(
                &"a ".repeat(250_000),
                &format!("{}/a", ask.me),
                "1",
                &text("Panen"),
            ))
        }),
        case("HTML for a feed", Feed, Problem(0, "expected a feed"), |_| {
            html("<html><body>Selamat datang</body></html>")
        }),
        case("nothing for a feed", Feed, Problem(0, "expected a feed"), |_| xml("")),
        case("spaces for a feed", Feed, Problem(0, "expected a feed"), |_| {
            xml(" ".repeat(1 << 19))
        }),
        case("NUL bytes for a feed", Feed, Problem(0, "expected a feed"), |_| {
            xml(vec![0; 1 << 19])
        }),
        case("an image for a feed", Feed, Problem(0, "expected a feed"), |_| {
            ok("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
        }),
        case(
            "JSON a hundred thousand deep",
            Feed,
            Problem(0, "expected a feed"),
            |_| ok("application/feed+json", "[".repeat(100_000)),
        ),
        case(
            "JSON objects a hundred thousand deep",
            Feed,
            Problem(0, "unable to parse JSON: EOF"),
            |_| ok("application/json", "{\"a\":".repeat(100_000)),
        ),
        case(
            "JSON Feed of nonsense",
            Feed,
            Problem(0, "unable to parse JSON: invalid type"),
            |_| {
                ok(
                    "application/feed+json",
                    "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":7}",
                )
            },
        ),
        case(
            "a feed that breaks off",
            Feed,
            Problem(1, "the document ends in the middle: what was whole before is kept"),
            |ask| {
                let feed = channel(&item("Panen", &format!("{}/a", ask.me), "1"));
                xml(feed.replace("</channel></rss>", "<item><title>Hal"))
            },
        ),
        case("end tags alone", Feed, Problem(0, "expected a feed"), |_| {
            xml("</a>".repeat(50_000))
        }),
        case(
            "a comment without an end",
            Feed,
            Problem(0, "`<` in a text must be written `&lt;`"),
            |_| xml(channel(&format!("<!--{}", "-".repeat(400_000)))),
        ),
        case(
            "CDATA without an end",
            Feed,
            Problem(0, "a CDATA section is not closed"),
            |_| xml(channel(&format!("<item><title><![CDATA[{}", "]".repeat(400_000)))),
        ),
        case("UTF-16", Feed, Stores(1), |ask| {
            let text = String::from_utf8(good(ask)).unwrap().replace("utf-8", "utf-16");
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            ok(
                "application/rss+xml",
                units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
            )
        }),
        case("half a UTF-16", Feed, Problem(0, "expected a feed"), |_| {
            ok("application/rss+xml; charset=utf-16", b"\xff\xfe<\0r\0s")
        }),
        case("a wrong character set", Feed, Stores(1), |ask| {
            ok("application/rss+xml; charset=koi8-r", good(ask))
        }),
        case("a character set nobody knows", Feed, Stores(1), |ask| {
            ok("application/rss+xml; charset=x-nonsense", good(ask))
        }),
        case(
            "bytes that are no UTF-8",
            Feed,
            Problem(1, "the text is not UTF-8 everywhere"),
            |ask| {
                let feed = channel(&item("Panen XX raya", &format!("{}/a", ask.me), "1"));
                xml(feed
                    .into_bytes()
                    .iter()
                    .map(|byte| if *byte == b'X' { 0xff } else { *byte })
                    .collect::<Vec<u8>>())
            },
        ),
    ]
}

/// Items whose words, links and dates lie.
pub fn words() -> Vec<Case> {
    vec![
        case(
            "two hundred items of one guid and link",
            Feed,
            Problem(1, "word for word: 199"),
            |ask| rss(&item("Panen", &format!("{}/a", ask.me), "1").repeat(200)),
        ),
        case(
            "two items of one guid",
            Feed,
            Problem(2, "guids that stand for several items are ignored: 1"),
            |ask| {
                let link = |path| format!("{}/{path}", ask.me);
                rss(&(item("Panen raya padi", &link("a"), "1") + &item("Razia kamar hunian", &link("b"), "1")))
            },
        ),
        case(
            "items without a link",
            Feed,
            Problem(0, "no link to the article"),
            |_| rss("<item><title>a</title></item>"),
        ),
        case("items without a title", Feed, Problem(0, "it has no title"), |ask| {
            rss(&item_of("", &format!("{}/a", ask.me), "1", &text("x")))
        }),
        case("a link of a script", Feed, Problem(0, "no link to the article"), |_| {
            rss(&item("a", "javascript:alert(1)", "1"))
        }),
        case("a link of data", Feed, Problem(0, "no link to the article"), |_| {
            rss(&item("a", "data:text/html,x", "1"))
        }),
        case("a link to a file", Feed, Problem(0, "no link to the article"), |_| {
            rss(&item("a", "file:///etc/passwd", "1"))
        }),
        case("a link of 100 KB", Feed, Stores(1), |ask| {
            rss(&item("a", &format!("{}/{}", ask.me, "a".repeat(100_000)), "1"))
        }),
        case(
            "a summary alone, its page at the victim",
            Feed,
            Problem(0, "is not a public address"),
            |ask| {
                rss(&format!(
                    "<item><title>a</title><link>{}/rahasia</link><guid>1</guid></item>",
                    ask.victim
                ))
            },
        ),
        case(
            "a summary alone, its page at the metadata",
            Feed,
            Problem(0, "is not a public address"),
            |_| rss("<item><title>a</title><link>http://169.254.169.254/x</link><guid>1</guid></item>"),
        ),
        case("dates of the future", Feed, Problem(1, "cannot read the date"), |ask| {
            dated(ask.me, "Fri, 01 Jan 2999 00:00:00 GMT")
        }),
        case("dates of long ago", Feed, Problem(1, "cannot read the date"), |ask| {
            dated(ask.me, "Thu, 01 Jan 0001 00:00:00 GMT")
        }),
        case("dates that are none", Feed, Problem(1, "cannot read the date"), |ask| {
            dated(ask.me, "99/99/9999 99:99")
        }),
        case(
            "dates beyond all numbers",
            Feed,
            Problem(1, "cannot read the date"),
            |ask| dated(ask.me, "Fri, 01 Jan 99999999999 00:00:00 +9999"),
        ),
        case(
            "bidi overrides and control characters",
            Feed,
            Problem(1, "characters that XML forbids were dropped"),
            |ask| {
                rss(&item(
                    "Panen \u{202e}ayar\u{7}\u{1b}[31m",
                    &format!("{}/a", ask.me),
                    "1",
                ))
            },
        ),
        case("scripts in title and text", Feed, Stores(1), |ask| {
            let bad = "<script>alert(1)</script><img src=x onerror=alert(1)>";
            let title = bad.replace('<', "&lt;");
            rss(&item_of(
                &title,
                &format!("{}/a", ask.me),
                "1",
                &format!("{bad}{}", text("Panen")),
            ))
        }),
        case(
            "text a hundred thousand deep",
            Feed,
            Problem(1, "more than 256 deep"),
            |ask| {
                rss(&item_of(
                    "Panen",
                    &format!("{}/a", ask.me),
                    "1",
                    &"<div>".repeat(100_000),
                ))
            },
        ),
    ]
}

fn dated(me: &str, date: &str) -> Act {
    let item = item("Panen", &format!("{me}/a"), "1");
    rss(&item.replace("</guid>", &format!("</guid><pubDate>{date}</pubDate>")))
}
