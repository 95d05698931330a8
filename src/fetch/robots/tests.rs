//! The cases of Google's robots.txt parser (`robots_test.cc` of github.com/google/robotstxt, Apache-2.0), by the names of
//! its tests: `ID_…` are of the RFC, `GoogleOnly_…` are that parser's own. Where `robotxt` decides otherwise, the case
//! says by which paragraph of RFC 9309 either is right; such a difference is asserted too, so that it cannot change unseen.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use robotxt::Robots;
use url::Url;

use super::{Known, make_room, size};

/// What we expect of a case.
#[derive(Clone, Copy, Debug)]
enum Expect {
    /// The address may be fetched, as Google's parser says.
    Allow,
    /// It may not, as Google's parser says.
    Disallow,
    /// Ours says the opposite of Google's: what ours says, and why that is right.
    Differs(bool, &'static str),
}

use Expect::{Allow, Differs, Disallow};

type Case<'a> = (&'static str, &'a str, &'static str, &'a [(&'a str, Expect)]);

fn check(cases: &[Case]) -> usize {
    let mut checked = 0;
    for (name, text, agent, addresses) in cases {
        let robots = Robots::parse(text.as_bytes(), *agent);
        for (address, expected) in *addresses {
            let url: Url = address.parse().unwrap();
            let (allowed, why) = match expected {
                Allow => (true, ""),
                Disallow => (false, ""),
                Differs(allowed, why) => (*allowed, *why),
            };
            assert_eq!(
                robots.is_url_allowed(&url),
                allowed,
                "{name}: may {agent} fetch {address}? {why}\n{text}"
            );
            checked += 1;
        }
    }
    checked
}

const GROUPS: &str = "allow: /foo/bar/\n\nuser-agent: FooBot\ndisallow: /\nallow: /x/\nuser-agent: BarBot\n\
                      disallow: /\nallow: /y/\n\n\nallow: /w/\nuser-agent: BazBot\n\nuser-agent: FooBot\nallow: /z/\n\
                      disallow: /\n";
const SITEMAP_BETWEEN: &str = "User-agent: BarBot\nSitemap: https://foo.bar/sitemap\nUser-agent: *\nDisallow: /\n";
const UNKNOWN_BETWEEN: &str = "User-agent: FooBot\nInvalid-Unknown-Line: unknown\nUser-agent: *\nDisallow: /\n";
const GLOBAL: &str = "user-agent: *\nallow: /\nuser-agent: FooBot\ndisallow: /\n";
const SPECIFIC: &str =
    "user-agent: FooBot\nallow: /\nuser-agent: BarBot\ndisallow: /\nuser-agent: BazBot\ndisallow: /\n";
const XY: &str = "http://foo.bar/x/y";
const AB: &str = "http://foo.bar/a/b";

#[test]
fn lines_are_read_as_google_reads_them() {
    let checked = check(&[
        ("GoogleOnly_SystemTest", "", "FooBot", &[("http://foo.bar/", Allow)]),
        (
            "GoogleOnly_SystemTest",
            "user-agent: FooBot\ndisallow: /\n",
            "",
            &[("http://foo.bar/", Allow)],
        ),
        (
            "GoogleOnly_SystemTest",
            "user-agent: FooBot\ndisallow: /\n",
            "FooBot",
            &[("http://foo.bar", Disallow)],
        ),
        (
            "ID_LineSyntax_Line",
            "user-agent: FooBot\ndisallow: /\n",
            "FooBot",
            &[(XY, Disallow)],
        ),
        ("ID_LineSyntax_Line", "foo: FooBot\nbar: /\n", "FooBot", &[(XY, Allow)]),
        (
            "ID_LineSyntax_Line",
            "user-agent FooBot\ndisallow /\n",
            "FooBot",
            &[(XY, Disallow)],
        ),
    ]);
    assert_eq!(checked, 6);
}

#[test]
fn groups_are_read_as_google_reads_them() {
    let checked = check(&[
        (
            "ID_LineSyntax_Groups",
            GROUPS,
            "FooBot",
            &[
                ("http://foo.bar/x/b", Allow),
                ("http://foo.bar/z/d", Allow),
                ("http://foo.bar/y/c", Disallow),
                ("http://foo.bar/foo/bar/", Disallow),
            ],
        ),
        (
            "ID_LineSyntax_Groups",
            GROUPS,
            "BarBot",
            &[
                ("http://foo.bar/y/c", Allow),
                ("http://foo.bar/w/a", Allow),
                ("http://foo.bar/z/d", Disallow),
                ("http://foo.bar/foo/bar/", Disallow),
            ],
        ),
        (
            "ID_LineSyntax_Groups",
            GROUPS,
            "BazBot",
            &[("http://foo.bar/z/d", Allow), ("http://foo.bar/foo/bar/", Disallow)],
        ),
        (
            "ID_LineSyntax_Groups_OtherRules",
            SITEMAP_BETWEEN,
            "FooBot",
            &[("http://foo.bar/", Disallow)],
        ),
        (
            "ID_LineSyntax_Groups_OtherRules",
            SITEMAP_BETWEEN,
            "BarBot",
            &[("http://foo.bar/", Disallow)],
        ),
        (
            "ID_LineSyntax_Groups_OtherRules",
            UNKNOWN_BETWEEN,
            "FooBot",
            &[("http://foo.bar/", Disallow)],
        ),
        (
            "ID_LineSyntax_Groups_OtherRules",
            UNKNOWN_BETWEEN,
            "BarBot",
            &[("http://foo.bar/", Disallow)],
        ),
    ]);
    assert_eq!(checked, 14);
}

#[test]
fn names_are_matched_as_google_matches_them() {
    const OURS: &str = "RFC 9309, 2.2.1: the value is a product token, and \"FOO BAR\" is none; Google reads it up to the \
                        first space, ours does not take it for the name";
    let both = [(XY, Allow), (AB, Disallow)];
    let mut checked = check(&[
        (
            "ID_REPLineNamesCaseInsensitive",
            "USER-AGENT: FooBot\nALLOW: /x/\nDISALLOW: /\n",
            "FooBot",
            &both,
        ),
        (
            "ID_REPLineNamesCaseInsensitive",
            "user-agent: FooBot\nallow: /x/\ndisallow: /\n",
            "FooBot",
            &both,
        ),
        (
            "ID_REPLineNamesCaseInsensitive",
            "uSeR-aGeNt: FooBot\nAlLoW: /x/\ndIsAlLoW: /\n",
            "FooBot",
            &both,
        ),
    ]);
    for value in ["FOO", "foo", "FoO"] {
        for agent in ["Foo", "foo"] {
            let text = format!("User-Agent: {value}\nAllow: /x/\nDisallow: /\n");
            checked += check(&[(
                "ID_UserAgentValueCaseInsensitive, without its Google-only space",
                &text,
                agent,
                &both,
            )]);
            let text = format!("User-Agent: {value} bar\nAllow: /x/\nDisallow: /\n");
            let differs = [(XY, Allow), (AB, Differs(true, OURS))];
            checked += check(&[("ID_UserAgentValueCaseInsensitive", &text, agent, &differs)]);
        }
    }
    let space = "User-Agent: *\nDisallow: /\nUser-Agent: Foo Bar\nAllow: /x/\nDisallow: /\n";
    checked += check(&[
        (
            "GoogleOnly_AcceptUserAgentUpToFirstSpace",
            space,
            "Foo",
            &[(XY, Differs(false, OURS))],
        ),
        (
            "GoogleOnly_AcceptUserAgentUpToFirstSpace",
            space,
            "Foo Bar",
            &[(XY, Differs(true, "our name has no space: RFC 9309, 2.2.1, forbids it"))],
        ),
        ("ID_GlobalGroups_Secondary", "", "FooBot", &[(XY, Allow)]),
        ("ID_GlobalGroups_Secondary", GLOBAL, "FooBot", &[(XY, Disallow)]),
        ("ID_GlobalGroups_Secondary", GLOBAL, "BarBot", &[(XY, Allow)]),
        ("ID_GlobalGroups_Secondary", SPECIFIC, "QuxBot", &[(XY, Allow)]),
    ]);
    assert_eq!(checked, 6 + 24 + 6);
}

#[test]
fn the_longest_match_wins_as_with_google() {
    const PAGE: &str = "http://foo.bar/x/page.html";
    let foo = |rules: &str| format!("user-agent: FooBot\n{rules}");
    let name = "ID_LongestMatch";
    let cases: [(&str, &[(&str, Expect)]); 10] = [
        ("disallow: /x/page.html\nallow: /x/\n", &[(PAGE, Disallow)]),
        (
            "allow: /x/page.html\ndisallow: /x/\n",
            &[(PAGE, Allow), ("http://foo.bar/x/", Disallow)],
        ),
        ("disallow: \nallow: \n", &[(PAGE, Allow)]),
        ("disallow: /\nallow: /\n", &[(PAGE, Allow)]),
        (
            "disallow: /x\nallow: /x/\n",
            &[("http://foo.bar/x", Disallow), ("http://foo.bar/x/", Allow)],
        ),
        ("disallow: /x/page.html\nallow: /x/page.html\n", &[(PAGE, Allow)]),
        (
            "allow: /page\ndisallow: /*.html\n",
            &[("http://foo.bar/page.html", Disallow), ("http://foo.bar/page", Allow)],
        ),
        (
            "allow: /x/page.\ndisallow: /*.html\n",
            &[(PAGE, Allow), ("http://foo.bar/x/y.html", Disallow)],
        ),
        (
            "disallow: /y/\nuser-agent: *\ndisallow: /x/\n",
            &[("http://foo.bar/x/page", Allow)],
        ),
        (
            "disallow: /y/\nuser-agent: *\ndisallow: /x/\n",
            &[("http://foo.bar/y/page", Disallow)],
        ),
    ];
    let checked: usize = cases
        .iter()
        .map(|(rules, addresses)| check(&[(name, &foo(rules), "FooBot", addresses)]))
        .sum();
    let star_first = "User-agent: *\nDisallow: /x/\nUser-agent: FooBot\nDisallow: /y/\n";
    let checked = checked
        + check(&[(
            name,
            star_first,
            "FooBot",
            &[("http://foo.bar/x/page", Allow), ("http://foo.bar/y/page", Disallow)],
        )]);
    assert_eq!(checked, 16);
}

#[test]
fn octets_and_special_characters_are_read_as_google_reads_them() {
    const ENCODED: &str = "RFC 9309, 2.2.2: octets outside ASCII are percent-encoded prior to comparison; Google leaves \
                           that to its caller, our addresses are always encoded";
    const UNRESERVED: &str = "RFC 9309, 2.2.2: a percent-encoded octet of the unreserved range is decoded prior to \
                              comparison (its table has /foo/bar/%62%61%7A match /foo/bar/baz); Google compares as written";
    let foo = |rules: &str| format!("User-agent: FooBot\n{rules}");
    type Rules<'a> = (&'static str, &'a str, &'a [(&'a str, Expect)]);
    let cases: [Rules; 7] = [
        (
            "ID_Encoding",
            "Disallow: /\nAllow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par\n",
            &[("http://foo.bar/foo/bar?qux=taz&baz=http://foo.bar?tar&par", Allow)],
        ),
        (
            "ID_Encoding",
            "Disallow: /\nAllow: /foo/bar/ツ\n",
            &[
                ("http://foo.bar/foo/bar/%E3%83%84", Allow),
                ("http://foo.bar/foo/bar/ツ", Differs(true, ENCODED)),
            ],
        ),
        (
            "ID_Encoding",
            "Disallow: /\nAllow: /foo/bar/%E3%83%84\n",
            &[
                ("http://foo.bar/foo/bar/%E3%83%84", Allow),
                ("http://foo.bar/foo/bar/ツ", Differs(true, ENCODED)),
            ],
        ),
        (
            "ID_Encoding",
            "Disallow: /\nAllow: /foo/bar/%62%61%7A\n",
            &[
                ("http://foo.bar/foo/bar/baz", Differs(true, UNRESERVED)),
                ("http://foo.bar/foo/bar/%62%61%7A", Allow),
            ],
        ),
        (
            "ID_SpecialCharacters",
            "Disallow: /foo/bar/quz\nAllow: /foo/*/qux\n",
            &[
                ("http://foo.bar/foo/bar/quz", Disallow),
                ("http://foo.bar/foo/quz", Allow),
                ("http://foo.bar/foo//quz", Allow),
                ("http://foo.bar/foo/bax/quz", Allow),
            ],
        ),
        (
            "ID_SpecialCharacters",
            "Disallow: /foo/bar$\nAllow: /foo/bar/qux\n",
            &[
                ("http://foo.bar/foo/bar", Disallow),
                ("http://foo.bar/foo/bar/qux", Allow),
                ("http://foo.bar/foo/bar/", Allow),
                ("http://foo.bar/foo/bar/baz", Allow),
            ],
        ),
        (
            "ID_SpecialCharacters",
            "# Disallow: /\nDisallow: /foo/quz#qux\nAllow: /\n",
            &[("http://foo.bar/foo/bar", Allow), ("http://foo.bar/foo/quz", Disallow)],
        ),
    ];
    let checked: usize = cases
        .iter()
        .map(|(name, rules, addresses)| check(&[(name, &foo(rules), "FooBot", addresses)]))
        .sum();
    assert_eq!(checked, 17);
}

#[test]
fn an_index_page_is_a_page_here() {
    const OURS: &str =
        "RFC 9309, 2.2.2: rules match paths as they are; that index.html means its folder is Google's own";
    check(&[(
        "GoogleOnly_IndexHTMLisDirectory",
        "User-Agent: *\nAllow: /allowed-slash/index.html\nDisallow: /\n",
        "foobot",
        &[
            ("http://foo.com/allowed-slash/", Differs(false, OURS)),
            ("http://foo.com/allowed-slash/index.htm", Disallow),
            ("http://foo.com/allowed-slash/index.html", Allow),
            ("http://foo.com/anyother-url", Disallow),
        ],
    )]);
}

#[test]
fn long_lines_are_read_whole() {
    const OURS: &str =
        "RFC 9309, 2.5: at least 500 KiB are parsed, and no line has a bound; Google cuts at 16,664 octets";
    let long = |letter: &str, key: &str| format!("/x/{}", letter.repeat(2083 * 8 - 3 - key.len() + 1 - 3));
    let disallowed = long("a", "disallow: ");
    check(&[(
        "GoogleOnly_LineTooLong",
        &format!("user-agent: FooBot\ndisallow: {disallowed}/qux\n"),
        "FooBot",
        &[
            ("http://foo.bar/fux", Allow),
            (&format!("http://foo.bar{disallowed}/qux"), Disallow),
            (&format!("http://foo.bar{disallowed}/fux"), Differs(true, OURS)),
        ],
    )]);
    let (a, b) = (long("a", "allow: "), long("b", "allow: "));
    check(&[(
        "GoogleOnly_LineTooLong",
        &format!("user-agent: FooBot\ndisallow: /\nallow: {a}/qux\nallow: {b}/qux\n"),
        "FooBot",
        &[
            ("http://foo.bar/", Disallow),
            (&format!("http://foo.bar{a}/qux"), Allow),
            (&format!("http://foo.bar{b}/fux"), Differs(false, OURS)),
        ],
    )]);
}

/// Which of these paths a rule allows where all else is disallowed.
fn documented(allow: &str, allowed: &[&str], disallowed: &[&str]) {
    let text = format!("user-agent: FooBot\ndisallow: /\nallow: {allow}\n");
    for (paths, expected) in [(allowed, Allow), (disallowed, Disallow)] {
        for path in paths {
            let address = format!("http://foo.bar{path}");
            check(&[(
                "GoogleOnly_DocumentationChecks",
                &text,
                "FooBot",
                &[(&address, expected)],
            )]);
        }
    }
}

#[test]
fn googles_documentation_holds() {
    let fish = [
        "/fish",
        "/fish.html",
        "/fish/salmon.html",
        "/fishheads",
        "/fishheads/yummy.html",
        "/fish.html?id=anything",
    ];
    documented("/fish", &fish, &["/bar", "/Fish.asp", "/catfish", "/?id=fish"]);
    documented("/fish*", &fish, &["/bar", "/Fish.bar", "/catfish", "/?id=fish"]);
    documented(
        "/fish/",
        &[
            "/fish/",
            "/fish/salmon",
            "/fish/?salmon",
            "/fish/salmon.html",
            "/fish/?id=anything",
        ],
        &["/bar", "/fish", "/fish.html", "/Fish/Salmon.html"],
    );
    documented(
        "/*.php",
        &[
            "/filename.php",
            "/folder/filename.php",
            "/folder/filename.php?parameters",
            "//folder/any.php.file.html",
            "/filename.php/",
            "/index?f=filename.php/",
        ],
        &["/bar", "/php/", "/index?php", "/windows.PHP"],
    );
    documented(
        "/*.php$",
        &["/filename.php", "/folder/filename.php"],
        &[
            "/bar",
            "/filename.php?parameters",
            "/filename.php/",
            "/filename.php5",
            "/php/",
            "/filename?php",
            "/aaaphpaaa",
            "//windows.PHP",
        ],
    );
    documented(
        "/fish*.php",
        &["/fish.php", "/fishheads/catfish.php?parameters"],
        &["/bar", "/Fish.PHP"],
    );
    documented("/p", &["/page"], &[]);
    documented("/$", &["/"], &["/page.html"]);
    let foo = |rules: &str| format!("user-agent: FooBot\n{rules}");
    check(&[
        (
            "GoogleOnly_DocumentationChecks",
            &foo("allow: /folder\ndisallow: /folder\n"),
            "FooBot",
            &[("http://example.com/folder/page", Allow)],
        ),
        (
            "GoogleOnly_DocumentationChecks",
            &foo("allow: /page\ndisallow: /*.htm\n"),
            "FooBot",
            &[("http://example.com/page.htm", Disallow)],
        ),
    ]);
}

#[test]
fn lines_may_end_in_any_way_and_begin_with_a_byte_order_mark() {
    let file = "User-Agent: foo\nAllow: /some/path\nUser-Agent: bar\n\n\nDisallow: /\n";
    for (name, text) in [
        ("unix", file.to_owned()),
        ("dos", file.replace('\n', "\r\n")),
        ("mac", file.replace('\n', "\r")),
        ("no final newline", file.trim_end().to_owned()),
        ("mixed", file.replacen("path\n", "path\r\n", 1)),
    ] {
        let bar = Robots::parse(text.as_bytes(), "bar");
        assert!(!bar.is_allowed("/x"), "ID_LinesNumbersAreCountedCorrectly, {name}");
        assert!(Robots::parse(text.as_bytes(), "foo").is_allowed("/x"), "{name}");
    }
    let rules = b"User-Agent: foo\nDisallow: /AnyValue\n";
    for (bytes, read, why) in [
        (&b"\xEF\xBB\xBF"[..], true, "a byte order mark is skipped"),
        (
            b"\xEF\xBB",
            false,
            "RFC 9309, 2.3: the file is UTF-8, and half a mark is not; Google skips it, ours loses the first line",
        ),
        (
            b"\xEF\x11\xBF",
            false,
            "a broken mark spoils the first line, as with Google",
        ),
    ] {
        let text = [bytes, rules].concat();
        let applied = !Robots::parse(&text, "foo").is_allowed("/AnyValue");
        assert_eq!(applied, read, "ID_UTF8ByteOrderMarkIsSkipped: {why}");
    }
    let sitemap = b"Sitemap: http://foo.bar/sitemap.xml\nUser-Agent: foo\nAllow: /some/path\n";
    let found = Robots::parse(sitemap, "foo").sitemaps().to_vec();
    assert_eq!(found.len(), 1, "ID_NonStandardLineExample_Sitemap");
}

#[test]
fn the_longest_rules_are_forgotten_first() {
    let known = |rules: usize| {
        let robots = Arc::new(Robots::parse(
            "User-agent: *\n"
                .bytes()
                .chain("Disallow: /a\n".bytes().cycle().take(13 * rules))
                .collect::<Vec<u8>>()
                .as_slice(),
            "warta",
        ));
        assert_eq!(robots.rules().len(), rules);
        Known {
            size: size(&robots),
            robots,
            until: Timestamp::MAX,
        }
    };
    let sizes: Vec<usize> = [1, 2, 3000].map(|rules| known(rules).size).to_vec();
    assert!(
        sizes[2] > 3000 * size_of::<robotxt::Rule>() && sizes[0] < sizes[1],
        "{sizes:?}"
    );
    let mut cache: HashMap<String, Known> = [("a", 1), ("long", 3000), ("b", 2)]
        .map(|(origin, rules)| (origin.to_owned(), known(rules)))
        .into();
    make_room(&mut cache, sizes.iter().sum());
    assert_eq!(cache.len(), 3);
    make_room(&mut cache, sizes.iter().sum::<usize>() - 1);
    let mut left: Vec<&str> = cache.keys().map(String::as_str).collect();
    left.sort_unstable();
    assert_eq!(left, ["a", "b"]);
    make_room(&mut cache, 0);
    assert!(cache.is_empty());
}
