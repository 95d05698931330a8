//! What servers say, as data: answers, packed bodies, feeds and pages.

use std::io::Write;

use super::server::{Act, Ask};

/// Words enough to be an article.
pub const TEXT: &str = "Kegiatan pembinaan warga binaan di Lapas Jember berjalan dengan tertib, aman dan lancar. ";

/// An answer with this status line, further headers (each ends with a line break) and body.
pub fn raw(status: &str, headers: &str, body: &[u8]) -> Act {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    Act::Send([head.as_bytes(), body].concat())
}

/// A good answer of this type.
pub fn ok(kind: &str, body: impl AsRef<[u8]>) -> Act {
    raw("200 OK", &format!("Content-Type: {kind}\r\n"), body.as_ref())
}

/// An answer that is nothing but a status.
pub fn status(status: &str) -> Act {
    raw(status, "", b"")
}

/// A redirect.
pub fn moved(to: &str) -> Act {
    raw("302 Found", &format!("Location: {to}\r\n"), b"")
}

/// A page.
pub fn html(body: impl AsRef<[u8]>) -> Act {
    ok("text/html; charset=utf-8", body)
}

/// A feed of these items.
pub fn rss(items: &str) -> Act {
    ok("application/rss+xml", channel(items))
}

/// The words of a feed of these items.
pub fn channel(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>x</title>{items}</channel></rss>"
    )
}

/// An item: title, link, guid; its text tells it from others.
pub fn item(title: &str, link: &str, guid: &str) -> String {
    item_of(title, link, guid, &text(title))
}

/// An item with this text.
pub fn item_of(title: &str, link: &str, guid: &str, text: &str) -> String {
    format!(
        "<item><title>{title}</title><link>{link}</link><guid>{guid}</guid>\
         <content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>"
    )
}

/// A text of its own for a title.
pub fn text(title: &str) -> String {
    format!("JEMBER – {title}. {}", TEXT.repeat(3))
}

/// A feed of one good item at the server itself.
pub fn good(ask: &Ask<'_>) -> Vec<u8> {
    channel(&item("Panen raya", &format!("{}/panen", ask.me), "1")).into_bytes()
}

/// The page of an article.
pub fn article(title: &str) -> String {
    let text = text(title);
    format!(
        "<!doctype html><html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text}</p>\
         <p>{text}</p></article></body></html>"
    )
}

/// A page that lists links to these paths.
pub fn listing(paths: &[&str]) -> String {
    let links: String = paths
        .iter()
        .map(|path| format!("<li class=\"post\"><h2><a href=\"{path}\">Kegiatan pembinaan {path}</a></h2></li>"))
        .collect();
    format!("<!doctype html><html><body><ul>{links}</ul></body></html>")
}

/// A sitemap of these addresses.
pub fn sitemap(urls: &[String]) -> Act {
    let urls: String = urls.iter().map(|url| format!("<url><loc>{url}</loc></url>")).collect();
    ok(
        "application/xml",
        format!("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{urls}</urlset>"),
    )
}

/// An XML document with a million of these in it, made while it is sent.
pub fn million(begin: &str, part: &str, end: &str) -> Act {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n{begin}");
    Act::Repeat(head.into_bytes(), part.into(), 1_000_000, end.into())
}

/// An answer that says how it is packed.
pub fn packed(coding: &str, body: &[u8]) -> Act {
    let headers = format!("Content-Type: application/rss+xml\r\nContent-Encoding: {coding}\r\n");
    raw("200 OK", &headers, body)
}

/// Packed with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// 64 MiB of spaces, packed with brotli into 53 bytes.
pub const BROTLI_BOMB: &[u8] = &[
    0xcf, 0xff, 0xff, 0x7f, 0xf8, 0x25, 0x40, 0xe2, 0xb1, 0x40, 0x20, 0xf7, 0xfe, 0x9f, 0xff, 0xff, 0xff, 0xf0, 0x4b,
    0x00, 0xc4, 0x61, 0x01, 0x80, 0xee, 0xfd, 0x3f, 0xff, 0xff, 0xff, 0xe1, 0x97, 0x00, 0x88, 0xc3, 0x22, 0x00, 0xdd,
    0xfb, 0xff, 0xfc, 0xff, 0xff, 0xc7, 0x2f, 0x01, 0x10, 0x87, 0x05, 0x00, 0xba, 0xf7, 0xff,
];

/// What a bomb unpacks to.
pub fn spaces() -> Vec<u8> {
    vec![b' '; 64 << 20]
}
