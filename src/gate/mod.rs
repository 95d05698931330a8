//! The gate before every HTML or XML tree: bytes become text here, and text that would grow a tree too large or too deep
//! goes no further.
//!
//! The HTML libraries take quadratic time in the depth of a page, the feed parser recurses, and a stack that overflows
//! cannot be caught. So [`text`] is the only way to a page's tree and [`check_xml`] the only way to a feed's; HTML that
//! came inside something else is asked about with [`check`]. Nothing here builds a tree or repairs a page.

mod charset;
mod elements;
mod nesting;
mod tags;

use std::ops::Range;

use crate::model::Document;

pub use charset::decode;

/// The longest text a tree is built of, in bytes.
pub const MAX_BYTES: usize = 3 << 20;
/// The deepest nesting a tree is built of; browsers stop at 512.
pub const MAX_DEPTH: usize = 256;
/// The most tags a page may have, those that the parser adds by opening formatting elements again among them.
pub const MAX_TAGS: usize = 100_000;
/// The most attributes one tag may have: parsers compare each with all before it.
pub const MAX_ATTRIBUTES: usize = 500;
/// The most tags a feed may have, which is read without a tree.
const MAX_XML_TAGS: usize = 500_000;

/// A text is too large to be made into a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// It is too long.
    #[error("the page has {0} bytes, more than the {MAX_BYTES} that are read")]
    Bytes(usize),
    /// Its elements are nested too deeply.
    #[error("the page nests its elements more than {MAX_DEPTH} deep")]
    Depth,
    /// It has too many tags.
    #[error("the page has more tags than are read")]
    Tags,
    /// One of its tags has too many attributes.
    #[error("a tag of the page has more than {MAX_ATTRIBUTES} attributes")]
    Attributes,
}

/// The document's text in its own character set, once it is known to be harmless.
pub fn text(document: &Document) -> Result<String, TooMuch> {
    if document.body.len() > MAX_BYTES {
        return Err(TooMuch::Bytes(document.body.len()));
    }
    let text = decode(document);
    check(&text)?;
    Ok(text)
}

/// The same without the scripts and styles that `is_read` does not want, which are the larger part of most pages and the
/// dearest to make a tree of. It is asked with each one's start tag and content; their elements stay, empty.
pub fn thinned(document: &Document, is_read: impl Fn(&str, &str) -> bool) -> Result<String, TooMuch> {
    if document.body.len() > MAX_BYTES {
        return Err(TooMuch::Bytes(document.body.len()));
    }
    let text = decode(document);
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    walk(&text, |tag, content| {
        let unread = ["script", "style"]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(tag.name));
        if unread && !is_read(tag.raw, &text[content.clone()]) {
            kept.push_str(&text[from..content.start]);
            from = content.end;
        }
    })?;
    kept.push_str(&text[from..]);
    Ok(kept)
}

/// Whether a tree may be built of this HTML. Takes linear time.
pub fn check(html: &str) -> Result<(), TooMuch> {
    walk(html, |_, _| {})
}

/// Walks through the tags of some HTML as long as a tree may be built of it, and says where the content of each element
/// of raw text stands.
fn walk(html: &str, mut raw: impl FnMut(&tags::Tag<'_>, Range<usize>)) -> Result<(), TooMuch> {
    if html.len() > MAX_BYTES {
        return Err(TooMuch::Bytes(html.len()));
    }
    let mut tags = tags::Tags::new(html);
    let mut nesting = nesting::Nesting::default();
    let mut count = 0;
    while let Some(tag) = tags.next(nesting.in_foreign_content()) {
        count += 1;
        if count > MAX_TAGS {
            return Err(TooMuch::Tags);
        }
        if tag.attributes > MAX_ATTRIBUTES {
            return Err(TooMuch::Attributes);
        }
        if tag.after_words {
            nesting.reopen();
        }
        match tag.kind {
            tags::Kind::Close => nesting.close(tag.name),
            tags::Kind::Open => {
                let start = tags.passed();
                if !nesting.in_foreign_content() && tags.skip_raw_text(tag.name) {
                    raw(&tag, start..tags.passed());
                    continue;
                }
                nesting.open(&tag);
            }
        }
        if nesting.depth() > MAX_DEPTH {
            return Err(TooMuch::Depth);
        }
        if count + nesting.reopened() > MAX_TAGS {
            return Err(TooMuch::Tags);
        }
    }
    Ok(())
}

/// Whether this XML may be given to a parser that recurses into elements. Takes linear time; says nothing of whether
/// the XML is well formed, nor of the HTML inside it. Its length is bounded by what was fetched.
pub fn check_xml(xml: &str) -> Result<(), TooMuch> {
    let mut tags = tags::Tags::new(xml);
    let (mut depth, mut count) = (0usize, 0);
    // CDATA sections are what HTML knows in foreign content only.
    while let Some(tag) = tags.next(true) {
        count += 1;
        match tag.kind {
            tags::Kind::Open if !tag.self_closing => depth += 1,
            tags::Kind::Open => {}
            tags::Kind::Close => depth = depth.saturating_sub(1),
        }
        if depth > MAX_DEPTH {
            return Err(TooMuch::Depth);
        }
        if count > MAX_XML_TAGS {
            return Err(TooMuch::Tags);
        }
        if tag.attributes > MAX_ATTRIBUTES {
            return Err(TooMuch::Attributes);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(repeated: &str, times: usize) -> String {
        format!("<!doctype html><html><body>{}</body></html>", repeated.repeat(times))
    }

    #[test]
    fn ordinary_pages_pass_however_carelessly_they_close() {
        for (repeated, times) in [
            ("<p>satu", 5_000),
            ("<ul><li>satu<li>dua</ul>", 2_000),
            ("<br><img src=a><hr><input>", 2_000),
            ("<p><b>tebal</p>", 5_000),
            ("<div><span>x</div>", 5_000),
            ("<dl><dt>a<dd>b<dt>c<dd>d</dl>", 2_000),
            ("<table><tr><td><b>a<td>b<tr><td>c</table>", 2_000),
            (
                "<select><option>a<option>b<optgroup label=c><option>d<optgroup label=e></select>",
                1_000,
            ),
            (
                "<svg viewBox='0 0 1 1'><path d='M0'/><g><circle r=1 /></g></svg>",
                2_000,
            ),
            ("<a href=/x>x", 5_000),
            ("<script>if (a<b) { document.write('<div><div>') }</script>", 2_000),
            ("<!-- <div> --><style>a>b{}</style><noscript><div></noscript>", 2_000),
            ("<h2>judul<h3>anak</h3>", 200),
            ("</div></p></span>", 5_000),
            ("a < b && c > d", 5_000),
        ] {
            assert_eq!(check(&page(repeated, times)), Ok(()), "{repeated:?} × {times}");
        }
    }

    #[test]
    fn what_would_nest_too_deeply_is_refused_in_every_disguise() {
        for repeated in [
            "<div>",
            "<DIV class='a>b'>",
            "<span>",
            "<b><div></b>",
            "<li><dd>",
            "<dd><li>",
            "<ul><li>",
            "<table><tr><td>",
            "<svg><div/>",
            "<svg><p></p><section/>",
            "<svg><foreignObject><div></svg>",
            "<svg><title><div></svg>",
            "<svg><tr><a>",
            "<p><b></p>kata",
            "<p><b></p>kata<script></script>",
            "<b><i><button><i>",
            "<section/>",
            "<button><object>",
            "<template><form>",
            "<table><div>",
            "<!--><div>",
            "<!--a--!><div>",
            "</ <!-- ><div>",
            "<script></script ><div>",
            "<script><!--<script></script></script><div>",
            "<svg><![CDATA[ > <!-- ]]><g>",
        ] {
            assert_eq!(check(&page(repeated, 4_000)), Err(TooMuch::Depth), "{repeated:?}");
        }
        let different: String = (0..4_000).map(|n| format!("<p><b id={n}></p>")).collect();
        assert_eq!(
            check(&different),
            Err(TooMuch::Depth),
            "formatting that is reopened in every paragraph"
        );
    }

    #[test]
    fn elements_that_every_paragraph_opens_again_are_counted() {
        let open: String = (0..200).map(|n| format!("<p><b id={n}></p>")).collect();
        assert_eq!(check(&format!("{open}{}", "<p>kata</p>".repeat(350))), Ok(()));
        assert_eq!(
            check(&format!("{open}{}", "<p>kata</p>".repeat(500))),
            Err(TooMuch::Tags)
        );
    }

    #[test]
    fn the_limits_are_exact() {
        assert_eq!(check(&"<div>".repeat(MAX_DEPTH)), Ok(()));
        assert_eq!(check(&"<div>".repeat(MAX_DEPTH + 1)), Err(TooMuch::Depth));
        assert_eq!(check(&"<br>".repeat(MAX_TAGS)), Ok(()));
        assert_eq!(check(&"<br>".repeat(MAX_TAGS + 1)), Err(TooMuch::Tags));
        assert_eq!(check(&"x".repeat(MAX_BYTES)), Ok(()));
        assert_eq!(check(&"x".repeat(MAX_BYTES + 1)), Err(TooMuch::Bytes(MAX_BYTES + 1)));
        let tag = |count: usize| format!("<p {}>", (0..count).map(|n| format!("a{n}=\">\" ")).collect::<String>());
        assert_eq!(check(&tag(MAX_ATTRIBUTES)), Ok(()));
        assert_eq!(check(&tag(MAX_ATTRIBUTES + 1)), Err(TooMuch::Attributes));
    }

    #[test]
    fn xml_is_measured_by_its_own_rules() {
        assert_eq!(check_xml(&"<link>x</link><br/>".repeat(1_000)), Ok(()));
        assert_eq!(
            check_xml(&"<![CDATA[<div>]]><!-- <a> --><?php <b> ?>".repeat(1_000)),
            Ok(())
        );
        assert_eq!(check_xml(&"<media:group>".repeat(MAX_DEPTH + 1)), Err(TooMuch::Depth));
    }

    fn thin(html: &str) -> Result<String, TooMuch> {
        let document = crate::model::samples::document("https://a.example/x", html.as_bytes());
        thinned(&document, |tag, content| {
            tag.contains("json") || content.contains("perlu")
        })
    }

    #[test]
    fn a_thinned_page_keeps_the_scripts_that_are_read_and_the_places_of_the_others() {
        for (html, expected) in [
            (
                "<p>a<script>if (a<b) {}</script>b<style>p{}</style>c",
                "<p>a<script></script>b<style></style>c",
            ),
            (
                "<script type=application/ld+json>{}</script><script>perlu</script>",
                "<script type=application/ld+json>{}</script><script>perlu</script>",
            ),
            (
                "<title>a<b</title><textarea><p></textarea><noscript><p></noscript>",
                "<title>a<b</title><textarea><p></textarea><noscript><p></noscript>",
            ),
            (
                "<SCRIPT>\"<!-- <script> </script> -->\"</SCRIPT >x",
                "<SCRIPT></SCRIPT >x",
            ),
            (
                "<svg><style>x</style></svg><script>tanpa akhir",
                "<svg><style>x</style></svg><script>",
            ),
            ("<!-- <script>a</script> -->", "<!-- <script>a</script> -->"),
        ] {
            assert_eq!(thin(html).as_deref(), Ok(expected), "{html}");
        }
        assert_eq!(thin(&"<div>".repeat(MAX_DEPTH + 1)), Err(TooMuch::Depth));
    }

    proptest! {
        #[test]
        fn a_thinned_page_makes_the_same_tree_but_for_scripts(
            parts in proptest::collection::vec(prop_oneof![
                Just("<script>"), Just("</script>"), Just("<style>"), Just("</style>"), Just("<!--"), Just("-->"), Just("<svg>"),
                Just("</svg>"), Just("<p>"), Just("</p>"), Just("<div>"), Just("</div>"), Just("<title>"), Just("</title>"),
                Just("<b>"), Just("</b>"), Just("kata"), Just("perlu"), Just("\"<\""), Just("<table>"), Just("<td>"), Just("</table>"),
                Just("</script "), Just(">"), Just("-"), Just("<script type=json>"),
            ], 0..30)
        ) {
            let html = parts.concat();
            let plain = |html: &str| -> Vec<String> {
                let tree = scraper::Html::parse_document(html);
                let nodes = tree.tree.nodes().filter(|node| {
                    let parent = node.parent().and_then(scraper::ElementRef::wrap);
                    let in_script = parent.is_some_and(|parent| matches!(parent.value().name(), "script" | "style"));
                    !(in_script && node.value().is_text())
                });
                nodes.map(|node| format!("{} {:?}", node.ancestors().count(), node.value())).collect()
            };
            if let Ok(thin) = thin(&html) {
                prop_assert_eq!(plain(&thin), plain(&html), "{} → {}", html, thin);
                prop_assert_eq!(check(&thin), Ok(()));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "(<|>|/|!|-|\\[CDATA\\[|\\]\\]|'|\"|=| |\\?|script|svg|div|p|b|td|é|x){0,60}") {
            let _ = check(&text);
            let _ = check_xml(&text);
        }

        #[test]
        fn what_passes_makes_a_shallow_tree(
            parts in proptest::collection::vec(prop_oneof![
                Just("<b>"), Just("</b>"), Just("<div>"), Just("</div>"), Just("<p>"), Just("<li>"), Just("<ul>"),
                Just("</ul>"), Just("<table>"), Just("<tr>"), Just("<td>"), Just("</table>"), Just("<svg>"), Just("<g/>"),
                Just("</svg>"), Just("<a id=1>"), Just("</a>"), Just("<i>"), Just("<dd>"), Just("<option>"),
                Just("<select>"), Just("</p>"), Just("<button>"), Just("<foreignObject>"), Just("<h2>"), Just("x"),
            ], 1..12),
            times in 100usize..400,
        ) {
            let html = parts.concat().repeat(times);
            if check(&html).is_ok() {
                let tree = scraper::Html::parse_document(&html);
                let deepest = tree.tree.nodes().map(|node| node.ancestors().count()).max().unwrap_or(0);
                prop_assert!(deepest <= 4 * MAX_DEPTH, "{deepest} deep: {:?} × {times}", parts.concat());
            }
        }
    }
}
