//! Pages, sitemaps, robots.txt files and APIs that lead nowhere, or never end.

use warta::model::SourceKind::{Feed, ListingAuto, Sitemap, Wordpress};

use super::cases::Expect::{Fails, Problem, Stores, Waits};
use super::cases::{Case, case, list, with_robots};
use super::say::{article, good, gzip, html, listing, million, moved, ok, packed, raw, sitemap, status, text};
use super::server::{Act, Ask};

/// A list of one article at `/a`, and this page there.
fn one(
    name: &'static str,
    expect: super::cases::Expect,
    page: impl Fn(&Ask<'_>) -> Act + Send + Sync + 'static,
) -> Case {
    case(name, list(), expect, move |ask| {
        if ask.path == "/a" {
            page(ask)
        } else {
            html(listing(&["/a"]))
        }
    })
}

/// Lists and the pages of articles.
pub fn pages() -> Vec<Case> {
    vec![
        one("a good page", Stores(1), |_| html(article("Panen"))),
        one(
            "a page a hundred thousand deep",
            Problem(0, "more than 256 deep"),
            |_| html("<div>".repeat(100_000)),
        ),
        one("a page of unclosed tags", Problem(0, "more tags than are read"), |_| {
            html("<b><i><p>".repeat(30_000))
        }),
        one("a page of too many tags", Problem(0, "more tags than are read"), |_| {
            html("<br>".repeat(200_000))
        }),
        one("a page that refreshes to itself", Stores(1), |_| {
            html(article("Panen").replace("</head>", "<meta http-equiv=refresh content=\"0;url=/a\"></head>"))
        }),
        one("a page whose canonical is the victim's", Stores(1), |ask| {
            html(article("Panen").replace(
                "</head>",
                &format!("<link rel=canonical href=\"{}/asli\"></head>", ask.victim),
            ))
        }),
        one("a page that takes the victim's name", Stores(1), |ask| {
            html(article("Panen").replace(
                "</head>",
                &format!("<meta property=og:url content=\"{}/asli\"></head>", ask.victim),
            ))
        }),
        one(
            "an article's page that never comes",
            Problem(0, "did not finish"),
            |_| Act::Stall(vec![]),
        ),
        one("an article's page that is a feed", Stores(1), |ask| {
            ok("application/rss+xml", good(ask))
        }),
        one("an article's page that is gone", Problem(0, "answered 404"), |_| {
            status("404 Not Found")
        }),
        one(
            "an article's page that redirects to the list",
            Problem(1, "no article text"),
            |_| moved("/"),
        ),
        one(
            "an article's page that is a challenge",
            Problem(0, "challenge page of Cloudflare"),
            |_| html("<html><head><title>Just a moment...</title><script>window._cf_chl_opt={}</script></head></html>"),
        ),
        one(
            "an article's page of scripts alone",
            Problem(1, "no article text"),
            |_| html("<script>x</script>".repeat(30_000)),
        ),
        case(
            "a base at the victim",
            list(),
            Problem(0, "is not a public address"),
            |ask| html(listing(&["/a"]).replace("<body>", &format!("<base href=\"{}\"><body>", ask.victim))),
        ),
        case(
            "links at private addresses",
            list(),
            Problem(0, "is not a public address"),
            |_| html(listing(&["http://10.0.0.1/a", "http://[::1]/b", "http://0x7f.1/c"])),
        ),
        case(
            "links that are scripts",
            list(),
            Problem(0, "no link to an article"),
            |_| html(listing(&["javascript:alert(1)", "data:x"])),
        ),
        case(
            "a list of a hundred thousand links",
            list(),
            Problem(0, "more tags than are read"),
            |_| html("<li><a href=/a></a>".repeat(55_000)),
        ),
        case(
            "a list a hundred thousand deep",
            ListingAuto,
            Problem(0, "more than 256 deep"),
            |_| html("<div>".repeat(100_000)),
        ),
        case(
            "a list whose articles all stall",
            list(),
            Problem(0, "answered 503"),
            |ask| {
                if ask.path.starts_with("/a") {
                    Act::Stall(vec![])
                } else {
                    html(listing(&["/a1", "/a2", "/a3", "/a4", "/a5", "/a6"]))
                }
            },
        ),
        case(
            "a list that names itself",
            list(),
            Problem(1, "no article text"),
            |_| html(listing(&["/"])),
        ),
    ]
}

/// A source whose robots.txt is this.
fn robots(
    name: &'static str,
    expect: super::cases::Expect,
    robots: impl Fn(&Ask<'_>) -> Act + Send + Sync + 'static,
) -> Case {
    with_robots(name, Feed, expect, move |ask| {
        if ask.path.starts_with("/robots") {
            robots(ask)
        } else {
            ok("application/rss+xml", good(ask))
        }
    })
}

/// robots.txt files.
pub fn robots_cases() -> Vec<Case> {
    vec![
        robots(
            "robots.txt answers 500",
            Fails("robots.txt of the site does not allow"),
            |_| status("500 Error"),
        ),
        robots("robots.txt answers 403", Stores(1), |_| status("403 Forbidden")),
        robots(
            "robots.txt answers 429",
            Fails("robots.txt of the site does not allow"),
            |_| status("429 Too Many"),
        ),
        robots("robots.txt without an end", Stores(1), |_| {
            Act::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), b"Allow: /\n".repeat(999))
        }),
        robots("robots.txt in a circle", Stores(1), |_| moved("/robots.txt")),
        robots("robots.txt at a private address", Stores(1), |_| {
            moved("http://10.0.0.1/robots.txt")
        }),
        robots("robots.txt at the victim", Stores(1), |ask| {
            moved(&format!("{}/robots.txt", ask.victim))
        }),
        robots("robots.txt that stalls", Fails("did not finish within 4 s"), |_| {
            Act::Stall(vec![])
        }),
        robots(
            "robots.txt forbids all",
            Fails("robots.txt of the site does not allow"),
            |_| ok("text/plain", "User-agent: *\nDisallow: /\n"),
        ),
        robots("robots.txt in binary", Stores(1), |_| {
            ok("text/plain", (0..=255).cycle().take(9999).collect::<Vec<u8>>())
        }),
        robots("robots.txt in HTML", Stores(1), |_| html(article("x"))),
        robots("robots.txt of a pattern that backtracks", Stores(1), |_| {
            ok(
                "text/plain",
                format!("User-agent: *\nDisallow: /{}x$\n", "*a".repeat(5_000)),
            )
        }),
        robots("robots.txt of fifty thousand rules", Stores(1), |_| {
            ok(
                "text/plain",
                format!("User-agent: *\n{}", "Disallow: /zzz\n".repeat(30_000)),
            )
        }),
        robots("robots.txt asks for a day between requests", Waits, |_| {
            ok("text/plain", "User-agent: *\nCrawl-delay: 86400\n")
        }),
        robots("robots.txt asks for rubbish between requests", Stores(1), |_| {
            ok("text/plain", "User-agent: *\nCrawl-delay: 1e999\n")
        }),
    ]
}

/// Sitemaps.
pub fn sitemaps() -> Vec<Case> {
    let bomb = gzip(&gzip(&super::say::spaces()));
    vec![
        case("an index of itself", Sitemap, Stores(0), |ask| {
            index(&[ask.me.to_owned() + "/"])
        }),
        case("an index of ever more indexes", Sitemap, Stores(0), |ask| {
            index(&[
                format!("{}/news{}.xml", ask.me, ask.earlier),
                format!("{}/post{}.xml", ask.me, ask.earlier),
            ])
        }),
        case(
            "an index of the victim's sitemaps",
            Sitemap,
            Problem(0, "is not a public address"),
            |ask| index(&[format!("{}/sitemap.xml", ask.victim)]),
        ),
        case(
            "a sitemap of the victim's pages",
            Sitemap,
            Problem(0, "is not a public address"),
            |ask| sitemap(&[format!("{}/berita/rahasia-negara-besar", ask.victim)]),
        ),
        case(
            "a sitemap of private addresses",
            Sitemap,
            Problem(0, "is not a public address"),
            |_| sitemap(&["http://10.0.0.1/berita/rahasia-negara-besar".to_owned()]),
        ),
        case("a sitemap of files", Sitemap, Stores(0), |_| {
            sitemap(&["file:///etc/passwd".to_owned()])
        }),
        case(
            "a sitemap of five thousand pages",
            Sitemap,
            Problem(0, "only 1000 of them are read"),
            |_| {
                let url: Vec<String> = (0..5_000).map(|n| format!("/berita/{n}")).collect();
                let urls: String = url
                    .iter()
                    .map(|url| format!("<url><loc>http://10.0.0.1{url}</loc></url>"))
                    .collect();
                ok("application/xml", format!("<urlset>{urls}</urlset>"))
            },
        ),
        case(
            "a sitemap of a million links",
            Sitemap,
            Fails("is larger than 1048576 bytes"),
            |ask| {
                let link = format!("<url><loc>{}/a</loc></url>", ask.me);
                million("<urlset>", &link, "</urlset>")
            },
        ),
        case(
            "a sitemap that is a bomb",
            Sitemap,
            Problem(0, "expected a sitemap"),
            move |_| ok("application/gzip", gzip(&super::say::spaces())),
        ),
        case(
            "a sitemap that is a bomb in gzip",
            Sitemap,
            Problem(0, "expected a sitemap"),
            move |_| packed("gzip", &bomb),
        ),
        case(
            "a sitemap a hundred thousand deep",
            Sitemap,
            Problem(0, "nests its elements more than 256 deep"),
            |_| ok("application/xml", "<urlset>".repeat(100_000)),
        ),
        case(
            "a sitemap that is HTML",
            Sitemap,
            Problem(0, "expected a sitemap"),
            |_| html(article("x")),
        ),
        case("a sitemap of one address of 300 KB", Sitemap, Stores(0), |ask| {
            sitemap(&[format!("{}/{}", ask.me, "a".repeat(300_000))])
        }),
    ]
}

fn index(urls: &[String]) -> Act {
    let urls: String = urls
        .iter()
        .map(|url| format!("<sitemap><loc>{url}</loc></sitemap>"))
        .collect();
    ok("application/xml", format!("<sitemapindex>{urls}</sitemapindex>"))
}

fn posts(range: std::ops::Range<usize>, me: &str) -> String {
    let posts: Vec<String> = range
        .map(|n| {
            let title = format!("Kegiatan nomor {n} di hari {n}");
            let body = text(&title);
            format!(
                "{{\"id\":{n},\"date_gmt\":\"2026-11-20T01:00:00\",\"link\":\"{me}/p{n}\",\"title\":{{\"rendered\":\"{title}\"}},\
                 \"content\":{{\"rendered\":\"<p>{body}</p>\"}},\"excerpt\":{{\"rendered\":\"x\"}}}}"
            )
        })
        .collect();
    format!("[{}]", posts.join(","))
}

/// WordPress and its like.
pub fn apis() -> Vec<Case> {
    vec![
        case("WordPress lies about its pages", Wordpress, Stores(2), |ask| {
            raw(
                "200 OK",
                "Content-Type: application/json\r\nX-WP-TotalPages: 99999999\r\nX-WP-Total: -1\r\n",
                posts(0..2, ask.me).as_bytes(),
            )
        }),
        case("WordPress whose posts never end", Wordpress, Stores(20), |ask| {
            let from = ask.earlier * 20;
            ok("application/json", posts(from..from + 20, ask.me))
        }),
        case(
            "WordPress of garbage",
            Wordpress,
            Problem(0, "expected a list of posts: EOF"),
            |_| ok("application/json", "{\"code\":\"x\","),
        ),
        case(
            "WordPress of numbers",
            Wordpress,
            Problem(0, "no link to the article"),
            |_| ok("application/json", "[1,2,3,null,\"x\",[],{}]"),
        ),
        case(
            "WordPress a hundred thousand deep",
            Wordpress,
            Problem(0, "expected a list of posts: recursion limit"),
            |_| ok("application/json", "[".repeat(100_000)),
        ),
        case(
            "WordPress of HTML",
            Wordpress,
            Problem(0, "expected a list of posts: expected value"),
            |_| html(article("x")),
        ),
        case(
            "WordPress that sends its API away",
            Wordpress,
            Fails("is not a public address"),
            |ask| moved(ask.victim),
        ),
        case("WordPress whose links are the victim's", Wordpress, Stores(1), |ask| {
            ok("application/json", posts(7..8, ask.victim))
        }),
    ]
}
