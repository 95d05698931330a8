//! The names that feeds are made of: what holds items, what is an item, what holds text, and the name spaces. Only
//! tables and look-ups.

use super::token::local;

/// What an element is to a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The element that is the document.
    Root,
    /// RSS's channel.
    Channel,
    /// One article.
    Item,
    /// An element that holds text and no elements, unless it is Atom's XHTML.
    Field,
    /// All else.
    Other,
}

/// Elements that hold text, as they are written.
const FIELDS: &[&str] = &[
    "title",
    "link",
    "description",
    "pubDate",
    "guid",
    "category",
    "comments",
    "language",
    "copyright",
    "managingEditor",
    "webMaster",
    "lastBuildDate",
    "generator",
    "ttl",
    "docs",
    "id",
    "summary",
    "content",
    "published",
    "updated",
    "issued",
    "modified",
    "created",
    "subtitle",
    "tagline",
    "rights",
    "name",
    "email",
    "url",
    "uri",
    "content:encoded",
    "dc:title",
    "dc:creator",
    "dc:date",
    "dc:subject",
    "dc:description",
    "dc:publisher",
    "dc:language",
    "dc:rights",
    "itunes:author",
    "itunes:summary",
    "itunes:subtitle",
    "itunes:duration",
    "itunes:keywords",
    "media:title",
    "media:description",
    "media:credit",
    "media:keywords",
    "wfw:commentRss",
    "slash:comments",
];

/// Elements with capital letters, besides those of [`FIELDS`].
const OTHERS: &[&str] = &[
    "item",
    "entry",
    "channel",
    "author",
    "enclosure",
    "image",
    "source",
    "contributor",
];

/// What the element is.
pub fn kind(name: &str) -> Kind {
    let short = local(name);
    let is = |known: &str| short.eq_ignore_ascii_case(known);
    if is("rss") || is("rdf") || (is("feed") && short.len() == 4) {
        // `<podcast:feed>` and the like are no roots.
        let is_root = matches!(
            name.split_once(':').map(|(prefix, _)| prefix),
            None | Some("atom" | "rdf" | "rss" | "a")
        );
        return if is_root { Kind::Root } else { Kind::Other };
    }
    let is_ours = name.len() == short.len() || name.starts_with("rss:") || name.starts_with("atom:");
    if is_ours && is("channel") {
        Kind::Channel
    } else if is_ours && (is("item") || is("entry")) {
        Kind::Item
    } else if is_field(name) {
        Kind::Field
    } else {
        Kind::Other
    }
}

fn is_field(name: &str) -> bool {
    FIELDS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The name in the letters it is specified in, if it is known and written otherwise.
pub fn in_right_letters(name: &str) -> Option<&'static str> {
    let mut known = FIELDS.iter().chain(OTHERS);
    known
        .find(|known| known.eq_ignore_ascii_case(name))
        .copied()
        .filter(|known| *known != name)
}

/// Prefixes that feeds use and what they stand for.
const PREFIXES: &[(&str, &str)] = &[
    ("atom", ATOM),
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("media", "http://search.yahoo.com/mrss/"),
    ("itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
    ("podcast", "https://podcastindex.org/namespace/1.0"),
    ("wfw", "http://wellformedweb.org/CommentAPI/"),
    ("rss", RSS),
];

/// Atom's name space (RFC 4287).
pub const ATOM: &str = "http://www.w3.org/2005/Atom";
/// RSS 1.0's name space, which stands for every RSS here.
pub const RSS: &str = "http://purl.org/rss/1.0/";
/// The name space of Atom 0.3.
pub const OLD_ATOM: &str = "http://purl.org/atom/ns#";

/// The name space that a prefix usually stands for; every other gets one that means nothing.
pub fn namespace_of(prefix: &str) -> String {
    PREFIXES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(prefix))
        .map_or_else(|| format!("urn:undeclared:{prefix}"), |(_, uri)| (*uri).to_owned())
}

/// The specified form of a name space that is written in another way.
pub fn canonical(uri: &str) -> Option<&'static str> {
    let plain = |uri: &str| {
        let uri = uri.trim().to_ascii_lowercase();
        let uri = uri
            .trim_start_matches("https://")
            .trim_start_matches("http://")
            .trim_start_matches("www.");
        uri.trim_end_matches(['/', '#']).to_owned()
    };
    let short = plain(uri);
    let known = match short.as_str() {
        "purl.org/atom/ns"
        | "example.com/newformat"
        | "example.com/necho"
        | "purl.org/echo"
        | "uri/of/echo/namespace" => ATOM,
        "purl.org/dc/elements/1.0" => "http://purl.org/dc/elements/1.1/",
        "itunes.com/dtds/podcast-1.0" | "example.com/dtds/podcast-1.0.dtd" => {
            "http://www.itunes.com/dtds/podcast-1.0.dtd"
        }
        "my.netscape.com/rdf/simple/0.9" | "channel.netscape.com/rdf/simple/0.9" | "purl.org/net/rss1.1" => RSS,
        "backend.userland.com/rss" | "backend.userland.com/rss2" | "backend.userland.com/rss091" => RSS,
        "blogs.law.harvard.edu/tech/rss" | "cyber.law.harvard.edu/rss/rss.html" => RSS,
        short => PREFIXES
            .iter()
            .map(|(_, uri)| *uri)
            .find(|known| plain(known) == short)?,
    };
    (known != uri).then_some(known)
}
