//! Where the text of one field ends when its markup is damaged, and what it is made of. A field is the text up to its
//! own closer; without one it ends where the next field or item begins. Nothing is written here.

use super::names::{Kind, kind};
use super::token::{Tag, TagEnd, Token, Tokens};

/// A field's content.
#[derive(Debug)]
pub struct Field<'a> {
    /// Its pieces and where each begins.
    pub pieces: Vec<(usize, Piece<'a>)>,
    /// How it ends.
    pub end: FieldEnd,
    /// Where the document goes on.
    pub after: usize,
}

/// A piece of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Characters and references.
    Text(&'a str),
    /// A CDATA section as it should be.
    Section(&'a str),
    /// A CDATA section that is not closed.
    OpenSection(&'a str),
    /// CDATA in CDATA, or `]]>` in it.
    NestedSection(&'a str),
    /// A tag inside the text.
    Tag(Tag<'a>),
    /// A comment or instruction.
    Aside(&'a str),
}

/// How a field ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldEnd {
    /// With its closer.
    Closed,
    /// With a closer in other letters than its start tag.
    ClosedInOtherLetters,
    /// With a closer that lacks its `>`.
    ClosedBadly,
    /// Another field or item begins.
    Unclosed,
    /// The document ends.
    Cut,
}

/// Reads the content of a field from the place behind its start tag.
pub fn read<'a>(text: &'a str, tokens: &mut Tokens<'a>, name: &str) -> Field<'a> {
    let mut pieces = Vec::new();
    // Where the field ends if it has no closer: how many pieces are its own, and the place.
    let mut sibling = None;
    let (end, after) = loop {
        let Some((at, token)) = tokens.next() else {
            break (FieldEnd::Cut, text.len());
        };
        let piece = match token {
            Token::Text(words) => Piece::Text(words),
            Token::Comment(words) | Token::Instruction(words) => Piece::Aside(words),
            Token::Cdata(_) => {
                let (piece, after) = section(text, tokens, at + "<![CDATA[".len(), name);
                tokens.at = after;
                piece
            }
            Token::End(tag) if tag.name.eq_ignore_ascii_case(name) && tag.end != TagEnd::Cut => {
                break (closed(&tag, name), tokens.at);
            }
            Token::Start(tag) | Token::End(tag) if tag.end == TagEnd::Cut => break (FieldEnd::Cut, text.len()),
            Token::Start(tag) | Token::End(tag) if is_boundary(tag.name) => break (FieldEnd::Unclosed, at),
            Token::Start(tag) if tag.name.eq_ignore_ascii_case(name) && !tag.self_closing => {
                break (FieldEnd::Unclosed, at);
            }
            Token::Start(tag) | Token::End(tag) => {
                if sibling.is_none() && kind(tag.name) == Kind::Field {
                    sibling = Some((pieces.len(), at));
                }
                Piece::Tag(tag)
            }
        };
        pieces.push((at, piece));
    };
    if end != FieldEnd::Unclosed && end != FieldEnd::Cut {
        return Field { pieces, end, after };
    }
    let Some((own, after)) = sibling else {
        return Field { pieces, end, after };
    };
    pieces.truncate(own);
    Field {
        pieces,
        end: FieldEnd::Unclosed,
        after,
    }
}

fn closed(closer: &Tag<'_>, name: &str) -> FieldEnd {
    if closer.end != TagEnd::Closed {
        FieldEnd::ClosedBadly
    } else if closer.name != name {
        FieldEnd::ClosedInOtherLetters
    } else {
        FieldEnd::Closed
    }
}

fn is_boundary(name: &str) -> bool {
    matches!(kind(name), Kind::Root | Kind::Channel | Kind::Item)
}

/// The CDATA section whose content begins at `from`, and where the text goes on.
fn section<'a>(text: &'a str, tokens: &mut Tokens<'a>, from: usize, name: &str) -> (Piece<'a>, usize) {
    let Some(close) = tokens.section_end(from) else {
        let end = stop(text, from, name);
        return (Piece::OpenSection(&text[from..end]), end);
    };
    if let Some(end) = swallowed(text, from, close, name) {
        return (Piece::OpenSection(&text[from..end]), end);
    }
    let after = close + "]]>".len();
    if !is_inside(text, after, name) {
        return (Piece::Section(&text[from..close]), after);
    }
    // More of the text follows, and a further `]]>` closes it.
    let end = stop(text, after, name);
    let last = text[from..end].rfind("]]>").map_or(close, |last| from + last);
    (Piece::NestedSection(&text[from..last]), last + "]]>".len())
}

/// Where a section that is not closed ends, if the `]]>` at `close` belongs to a later one.
pub fn swallowed(text: &str, from: usize, close: usize, name: &str) -> Option<usize> {
    let content = &text[from..close];
    let mut at = 0;
    while let Some(found) = content[at..].find("</") {
        at += found;
        let rest = &content[at + 2..];
        if starts_with_name(rest, name) {
            let behind = rest[name.len()..].trim_start().strip_prefix('>')?.trim_start();
            let is_end = behind.starts_with('<') && behind.contains("<![CDATA[");
            return is_end.then_some(from + at);
        }
        at += 2;
    }
    None
}

/// Whether what follows a section's end is still inside it: a `]]>` comes before anything that would begin or end.
fn is_inside(text: &str, after: usize, name: &str) -> bool {
    let rest = &text[after..];
    let mut at = 0;
    while let Some(found) = rest[at..].find(['<', ']']) {
        at += found;
        let here = &rest[at..];
        if here.starts_with("]]>") {
            return true;
        }
        let is_closer = here.strip_prefix("</").is_some_and(|here| starts_with_name(here, name));
        if here.starts_with("<![CDATA[") || is_closer || begins_boundary(here) {
            return false;
        }
        at += 1;
    }
    false
}

/// The first closer of the field or boundary, or the document's end.
fn stop(text: &str, from: usize, name: &str) -> usize {
    let mut at = from;
    while let Some(found) = text[at..].find('<') {
        at += found;
        let here = &text[at..];
        let is_closer = here.strip_prefix("</").is_some_and(|here| starts_with_name(here, name));
        if is_closer || begins_boundary(here) {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// Whether a text that begins with `<` begins with a tag of an item, a channel or a root.
pub fn begins_boundary(text: &str) -> bool {
    let name = text[1..].strip_prefix('/').unwrap_or(&text[1..]);
    let length = name
        .bytes()
        .take(16)
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b':')
        .count();
    length > 0 && is_boundary(&name[..length])
}

fn starts_with_name(text: &str, name: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > name.len()
        && bytes[..name.len()].eq_ignore_ascii_case(name.as_bytes())
        && (bytes[name.len()] == b'>' || bytes[name.len()].is_ascii_whitespace())
}
