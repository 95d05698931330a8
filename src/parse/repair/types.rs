//! What kind of text an Atom element says it holds. feed-rs refuses a whole feed for one type it does not know, so every
//! type becomes one that it knows. Atom 0.3 wrote media types and a `mode`.

use std::ops::Range;

use super::token::{Tag, attributes};

/// How a text of Atom's is to be read when tags stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextType {
    /// The element has no type.
    Plain,
    /// The tags are the text.
    Xhtml,
    /// The tags are a mistake; the type stands here, or goes here.
    At(Range<usize>),
}

/// What a start tag says of its text.
#[derive(Debug)]
pub struct Reading<'a> {
    /// What tags in the text mean.
    pub text_type: TextType,
    /// What has to be written otherwise.
    pub edits: Vec<(Range<usize>, String)>,
    /// A type that Atom does not know.
    pub unknown: Option<&'a str>,
}

/// Whether the element is one whose text has a type.
pub fn is_text(name: &str) -> bool {
    matches!(
        name,
        "title" | "summary" | "content" | "subtitle" | "tagline" | "rights" | "copyright"
    ) || name.strip_prefix("atom:").is_some_and(is_text)
}

/// Reads the type of a text; `base` is the place of the tag's attributes in the document.
pub fn read<'a>(tag: &Tag<'a>, base: usize, is_empty: bool) -> Reading<'a> {
    let (mut stated, mut mode, mut source) = (None, None, None);
    for attribute in attributes(tag.attributes) {
        match attribute.name {
            "type" => stated = Some(attribute),
            "mode" => mode = Some(attribute.value),
            "src" => source = Some(attribute),
            _ => {}
        }
    }
    let mut edits = Vec::new();
    if let Some(source) = source {
        // The text is elsewhere; feed-rs refuses it when there is a text here as well.
        edits.push((base + source.span.0..base + source.span.1, String::new()));
    }
    let value = stated.map(|stated| stated.value);
    let (known, unknown) = known_type(value, mode, is_empty, tag.name.ends_with("content"));
    let place = match stated {
        // The white space before it makes room for what is written instead.
        Some(stated) => base + stated.span.0..base + stated.span.1,
        None => base..base,
    };
    let text_type = if known == "xhtml" {
        TextType::Xhtml
    } else {
        TextType::At(place.clone())
    };
    if value.unwrap_or("text") != known {
        edits.push((place, format!(" type=\"{known}\"")));
    }
    Reading {
        text_type,
        edits,
        unknown,
    }
}

/// What has to be written otherwise in a title or description of Media RSS that begins at `at`: feed-rs refuses the whole
/// feed for an empty one, and for a type that is neither `plain` nor `html`.
pub fn media_edits(tag: &Tag<'_>, at: usize, is_empty: bool) -> Vec<(Range<usize>, String)> {
    let end = at + tag.raw.len();
    if tag.self_closing {
        return vec![(at..end, String::new())];
    }
    let mut edits = Vec::new();
    let base = at + 1 + tag.name.len();
    if let Some(stated) = attributes(tag.attributes).find(|attribute| attribute.name == "type")
        && !matches!(stated.value, "plain" | "html")
    {
        let known = if stated.value.contains("html") { "html" } else { "plain" };
        let place = base + stated.at..base + stated.at + stated.value.len();
        edits.push((place, known.to_owned()));
    }
    if is_empty {
        edits.push((end..end, " ".to_owned()));
    }
    edits
}

/// The type that feed-rs reads, and the stated one if nobody knows it.
fn known_type<'a>(
    stated: Option<&'a str>,
    mode: Option<&str>,
    is_empty: bool,
    is_content: bool,
) -> (&'a str, Option<&'a str>) {
    let is_escaped = mode == Some("escaped");
    let Some(stated) = stated else {
        return (if is_escaped { "html" } else { "text" }, None);
    };
    let lower = stated.trim().to_ascii_lowercase();
    match lower.as_str() {
        _ if mode == Some("xml") && lower.contains("html") => ("xhtml", None),
        _ if is_escaped && lower.contains("html") => ("html", None),
        "text" | "html" | "xhtml" if lower == stated => (stated, None),
        "text" | "" | "text/plain" | "plain" => ("text", None),
        "xhtml" | "application/xhtml+xml" | "text/xhtml" => ("xhtml", None),
        "html" | "text/html" => ("html", None),
        _ if lower.contains("html") => ("html", Some(stated)),
        _ if !is_empty && is_content && is_media_type(&lower) => (stated, None),
        _ if lower.ends_with("xml") => ("xhtml", None),
        _ => ("text", Some(stated)),
    }
}

/// Whether it has the form of a media type (RFC 6838).
fn is_media_type(text: &str) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b));
    text.split_once('/')
        .is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}
