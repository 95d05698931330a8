//! Feeds as sites really send them, made readable for feed-rs. A feed that is as it should be is read once and handed
//! on untouched; every damage that is repaired is told. Nothing is fetched, and no DTD is ever expanded.
//!
//! `token` cuts a document into pieces, `dialect` reads a well-formed one and edits what feed-rs would not see,
//! `recover` makes a document well formed, `field` finds where a damaged text ends, `text` repairs characters, `json`
//! does all this for JSON Feed; `edits` applies changes, `names` and `types` are tables, `damage` is what is told.

mod damage;
mod dialect;
mod edits;
mod field;
mod json;
mod names;
mod recover;
mod text;
mod token;
mod types;

use std::borrow::Cow;

use crate::gate::TooMuch;
use crate::model::{Document, Problem};

use damage::{Damage, Damages};
pub use json::repair_json;
use names::{ATOM, Kind, kind};
use token::{Token, Tokens};

/// How far into a document its first element is looked for, in bytes: a PHP warning may stand before it.
const PROLOGUE: usize = 64 << 10;

/// A document that can be read.
#[derive(Clone, Debug)]
pub struct Repaired<'a> {
    /// The text; the site's own when nothing had to be repaired.
    pub text: Cow<'a, str>,
    /// What was repaired.
    pub problems: Vec<Problem>,
}

/// Where a feed begins in a document, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The place of the element's `<`, in bytes.
    pub at: usize,
    /// Whether it is a feed's root; otherwise it is a part of a feed whose beginning is missing.
    pub is_root: bool,
}

/// Where the feed begins. What stands before it goes: a declaration whose character set is no longer true, a PHP
/// warning. Nothing if a page of HTML begins first.
pub fn start(text: &str) -> Option<Start> {
    let places = text
        .match_indices('<')
        .map(|(at, _)| at)
        .take_while(|at| *at < PROLOGUE);
    for at in places {
        let rest = &text[at + 1..];
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'!' | b'-' | b'_');
        let name = &rest[..rest.bytes().take(32).take_while(is_name).count()];
        let is_ended = rest[name.len()..].starts_with(|next: char| next.is_ascii_whitespace() || next == '>');
        let is_page = ["html", "head", "body"]
            .iter()
            .any(|page| page.eq_ignore_ascii_case(name));
        if is_page && is_ended {
            return None;
        }
        if name.eq_ignore_ascii_case("!doctype") && is_html_type(&rest[name.len()..]) {
            return None;
        }
        match kind(name) {
            Kind::Root if is_ended => return Some(Start { at, is_root: true }),
            Kind::Channel | Kind::Item if is_ended => return Some(Start { at, is_root: false }),
            _ => {}
        }
    }
    None
}

fn is_html_type(text: &str) -> bool {
    let name: String = text.trim_start().chars().take(4).collect();
    name.eq_ignore_ascii_case("html")
}

/// Repairs the XML of a feed that begins at `start` in a document; `address` is the document's, for the report. Fails
/// if its elements are nested beyond any accident.
pub fn repair_xml<'a>(document: &'a str, start: Start, address: &str) -> Result<Repaired<'a>, TooMuch> {
    let mut damages = Damages::default();
    look_at_preface(&document[..start.at], &mut damages);
    let mut found = Damages::default();
    let mut text = Cow::Borrowed(&document[start.at..]);
    if has_forbidden(&text) {
        let first = text.find(text::is_forbidden).unwrap_or_default();
        found.note(Damage::Controls, first);
        text = Cow::Owned(text.replace(text::is_forbidden, ""));
    }
    if !start.is_root {
        found.note(Damage::Root("the beginning of the feed is missing".to_owned()), 0);
        text = Cow::Owned(with_root(&text));
    }
    let text = match dialect::translate(&text, &mut found) {
        Ok(None) => text,
        Ok(Some(edited)) => Cow::Owned(edited),
        Err(dialect::IllFormed) => {
            let recovered = recover::recover(&text, &mut found).ok_or(TooMuch::Depth)?;
            let mut later = Damages::default();
            let edited = dialect::translate(&recovered, &mut later);
            found.extend(later, 0);
            Cow::Owned(edited.ok().flatten().unwrap_or(recovered))
        }
    };
    damages.extend(found, start.at);
    let problems = damages.problems(address, document);
    Ok(Repaired { text, problems })
}

/// A feed's first `most` items, each as a feed of its own: for when one of them cannot be read.
pub fn single_items(text: &str, most: usize) -> Vec<String> {
    let mut tokens = Tokens::new(text, 0);
    let (mut depth, mut first, mut item) = (0usize, None, None);
    let (mut items, mut open) = (Vec::new(), Vec::new());
    while let Some((at, token)) = tokens.next().filter(|_| items.len() < most) {
        match token {
            Token::Start(tag) if !tag.self_closing => {
                if kind(tag.name) == Kind::Item && item.is_none() {
                    first = first.or(Some(at));
                    item = Some((at, depth));
                }
                if first.is_none() {
                    open.push(tag.name);
                }
                depth += 1;
            }
            Token::End(_) => {
                depth = depth.saturating_sub(1);
                if first.is_none() {
                    open.pop();
                }
                if let Some((begin, _)) = item.take_if(|(_, outside)| *outside == depth) {
                    items.push(&text[begin..tokens.at]);
                }
            }
            _ => {}
        }
    }
    let head = head(text, open.len());
    let tail: String = open.iter().rev().map(|name| format!("</{name}>")).collect();
    items.into_iter().map(|item| format!("{head}{item}{tail}")).collect()
}

/// The start tags of the root and what else holds the items, without what stands between them.
fn head(text: &str, depth: usize) -> String {
    let mut tokens = Tokens::new(text, 0);
    let mut head = String::new();
    let mut found = 0;
    while let Some((_, token)) = tokens.next() {
        if let Token::Start(tag) = token
            && matches!(kind(tag.name), Kind::Root | Kind::Channel)
        {
            head.push_str(tag.raw);
            found += 1;
        }
        if found >= depth {
            break;
        }
    }
    head
}

/// The address of the feed that a page of HTML names in its head, as it is written there.
pub fn announced_feed(page: &str) -> Option<String> {
    let mut tokens = Tokens::new(page, 0);
    while let Some((at, token)) = tokens.next() {
        let Token::Start(tag) = token else { continue };
        if at > PROLOGUE || tag.name.eq_ignore_ascii_case("body") {
            return None;
        }
        if !tag.name.eq_ignore_ascii_case("link") {
            continue;
        }
        let value = |name: &str| {
            let mut found =
                token::attributes(tag.attributes).filter(|attribute| attribute.name.eq_ignore_ascii_case(name));
            found.next().map(|attribute| attribute.value)
        };
        let is_feed = |kind: &str| {
            ["rss+xml", "atom+xml", "feed+json"]
                .iter()
                .any(|feed| kind.contains(feed))
        };
        if value("type").is_some_and(is_feed)
            && let Some(href) = value("href")
        {
            return Some(href.replace("&amp;", "&"));
        }
    }
    None
}

/// What is wrong with what a document says of its character set, if it says anything wrong. `text` is the document as
/// it was decoded.
pub fn wrong_character_set(document: &Document, text: &str) -> Option<String> {
    let is_utf8 = std::str::from_utf8(&document.body).is_ok();
    if is_utf8 && text.is_ascii() {
        return None;
    }
    let declaration = text
        .trim_start()
        .strip_prefix("<?xml ")
        .and_then(|rest| Some(rest.split_once("?>")?.0));
    let declared = declaration
        .and_then(|declaration| declaration.split_once("encoding"))
        .map(|(_, rest)| rest.trim_start_matches(['=', ' ', '"', '\'']))
        .map(|rest| rest.split(['"', '\'', ' ']).next().unwrap_or_default());
    let says_utf8 = declared.is_some_and(|name| name.eq_ignore_ascii_case("utf-8"));
    let is_wide = document.body.starts_with(&[0xFE, 0xFF]) || document.body.starts_with(&[0xFF, 0xFE]);
    let header = document
        .content_type
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_labelled = declared.is_some() || (header.contains("charset") && !header.contains("utf-8"));
    if is_wide || document.body.contains(&0) {
        None
    } else if is_utf8 {
        let wrong = declared.filter(|_| !says_utf8)?;
        Some(format!(
            "repaired: the document says its character set is {wrong:?}, and it is UTF-8"
        ))
    } else if says_utf8 || !is_labelled {
        Some("repaired: the text is not UTF-8 everywhere, and the document names no other character set".to_owned())
    } else {
        None
    }
}

/// Notes what stands before the root and is not as it should be.
fn look_at_preface(preface: &str, damages: &mut Damages) {
    if preface.contains("<!ENTITY") {
        damages.note(Damage::Doctype, 0);
    }
    let start = preface.trim_start();
    if start.starts_with("<?xml ") && !start.contains("?>") {
        damages.note(
            Damage::Declaration("the XML declaration is not closed with `?>`".to_owned()),
            0,
        );
    }
    if let Some((declaration, _)) = start.strip_prefix("<?xml ").and_then(|rest| rest.split_once("?>")) {
        if start.len() < preface.len() {
            damages.note(Damage::Preface, 0);
        }
        if declaration.contains("version=\"1.1\"") || declaration.contains("version='1.1'") {
            let what = "the document says it is XML 1.1; it was read as XML 1.0".to_owned();
            damages.note(Damage::Declaration(what), 0);
        }
    }
    let mut tokens = Tokens::new(preface, 0);
    let mut has_begun = false;
    while let Some((at, token)) = tokens.next() {
        let is_declaration = matches!(token, Token::Instruction(words) if words.starts_with("<?xml "));
        match token {
            Token::Text(words) if words.trim().is_empty() => {}
            Token::Comment(_) | Token::Instruction(_) if !(is_declaration && has_begun) => has_begun = true,
            // A document type with declarations of its own is not cut at its end here.
            Token::Text(_) | Token::Instruction(_) if preface.contains("<!DOCTYPE") => return,
            _ => {
                damages.note(Damage::Preface, at);
                return;
            }
        }
    }
}

fn has_forbidden(text: &str) -> bool {
    // In blocks without a way out in the middle, so that it runs as fast as memory is read.
    let is_suspect = |b: &u8| (*b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')) || *b == 0xEF;
    let mut blocks = text.as_bytes().chunks(256);
    let is_suspicious = blocks.any(|block| block.iter().fold(false, |found, b| found | is_suspect(b)));
    is_suspicious && text.contains(text::is_forbidden)
}

/// The part of a feed with a root around it.
fn with_root(text: &str) -> String {
    let is_atom = text[1..].starts_with(['e', 'E']);
    let (open, close) = if is_atom {
        (format!("<feed xmlns=\"{ATOM}\">"), "</feed>")
    } else {
        ("<rss version=\"2.0\">".to_owned(), "</rss>")
    };
    let is_closed = text.to_ascii_lowercase().contains(close);
    format!("{open}{text}{}", if is_closed { "" } else { close })
}
