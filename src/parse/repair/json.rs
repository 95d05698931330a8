//! JSON Feed that is not quite JSON, or whose members are not of their kind. It is read as leniently as a person would
//! and written anew; a document that serde_json and feed-rs read never comes here.

use std::mem::take;

use serde_json::{Map, Value};

use super::Repaired;
use super::damage::{Damage, Damages};

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 64;
/// The version that a feed without a known one gets.
const VERSION: &str = "https://jsonfeed.org/version/1.1";

/// Repairs a JSON Feed; nothing if it is none. `address` is the document's, for the report.
pub fn repair_json<'a>(text: &'a str, address: &str) -> Option<Repaired<'a>> {
    let start = text.find('{')?;
    let mut reader = Reader {
        text,
        at: start,
        cut: false,
        damages: Damages::default(),
    };
    if !text[..start].trim().is_empty() {
        reader.damages.note(Damage::Preface, 0);
    }
    let value = reader.value(0)?;
    if reader.cut {
        reader.damages.note(Damage::Truncated, text.len());
    }
    reader.blank();
    if !text[reader.at..].trim().is_empty() {
        reader.damages.note(Damage::Trailing, reader.at);
    }
    let Value::Object(mut feed) = value else { return None };
    let mut damages = reader.damages;
    shape_feed(&mut feed, start, &mut damages)?;
    Some(Repaired {
        text: Value::Object(feed).to_string().into(),
        problems: damages.problems(address, text),
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Whether the document ended inside a value.
    cut: bool,
    damages: Damages,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn json(&mut self, what: &'static str) {
        self.damages.note(Damage::Json(what), self.at);
    }

    /// Skips white space, comments and characters that are nothing.
    fn blank(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let skipped = rest.len()
                - rest
                    .trim_start_matches(|letter: char| {
                        letter.is_whitespace() || letter.is_control() || letter == '\u{feff}'
                    })
                    .len();
            self.at += skipped;
            let rest = &self.text[self.at..];
            let end = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                return;
            };
            self.json("comments do not belong into JSON");
            self.at += end;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.blank();
        match self.peek() {
            Some(b'{') if depth < MAX_DEPTH => Some(self.object(depth)),
            Some(b'[') if depth < MAX_DEPTH => Some(self.array(depth)),
            Some(quote @ (b'"' | b'\'')) => Some(Value::String(self.string(quote))),
            Some(_) => Some(self.word()),
            None => {
                self.cut = true;
                None
            }
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        let mut members = Map::new();
        self.at += 1;
        while self.goes_on(b'}', !members.is_empty()) {
            let key = match self.peek() {
                Some(quote @ (b'"' | b'\'')) => self.string(quote),
                _ => self.bare_key(),
            };
            self.blank();
            match self.peek() {
                Some(b':') => self.at += 1,
                Some(_) => self.json("a `:` is missing"),
                None => self.cut = true,
            }
            let value = if self.cut { None } else { self.value(depth + 1) };
            // What was whole before the cut stays: a list, not a text.
            match value {
                Some(value) if !self.cut || value.is_array() => {
                    members.insert(key, value);
                }
                _ => {}
            }
            if self.cut {
                break;
            }
        }
        Value::Object(members)
    }

    fn array(&mut self, depth: usize) -> Value {
        let mut items = Vec::new();
        self.at += 1;
        while self.goes_on(b']', !items.is_empty()) {
            let Some(item) = self.value(depth + 1) else { break };
            if self.cut {
                break;
            }
            items.push(item);
        }
        Value::Array(items)
    }

    /// Steps over commas; whether another member follows.
    fn goes_on(&mut self, close: u8, has_some: bool) -> bool {
        let mut commas = 0;
        loop {
            self.blank();
            match self.peek() {
                None => {
                    self.cut = true;
                    return false;
                }
                Some(b',') => {
                    commas += 1;
                    self.at += 1;
                }
                Some(letter) if letter == close => {
                    if commas > 0 {
                        self.json("a comma before a closing bracket");
                    }
                    self.at += 1;
                    return false;
                }
                Some(b'}' | b']') => {
                    self.json("brackets that do not fit");
                    // Left for the value it may belong to.
                    if close == b']' {
                        return false;
                    }
                    self.at += 1;
                }
                Some(_) => {
                    if commas > 1 || (commas == 0 && has_some) {
                        self.json("commas are missing or doubled");
                    }
                    return true;
                }
            }
        }
    }

    fn bare_key(&mut self) -> String {
        self.json("names without quotation marks");
        let rest = &self.text[self.at..];
        let length = rest.find([':', ',', '}', ']', '\n']).unwrap_or(rest.len());
        let key = rest[..length].trim().to_owned();
        self.at += length;
        key
    }

    /// A number, `true`, `false`, `null`, or a word that should have quotation marks.
    fn word(&mut self) -> Value {
        let rest = &self.text[self.at..];
        let length = rest.find([',', '}', ']', '\n']).unwrap_or(rest.len());
        let word = rest[..length].trim();
        if length == rest.len() {
            self.cut = true;
        }
        let value = serde_json::from_str(word).unwrap_or_else(|_| match word {
            "NaN" | "undefined" | "None" | "" => Value::Null,
            word => Value::String(word.to_owned()),
        });
        if serde_json::from_str::<Value>(word).is_err() {
            self.json("a value that is neither a text nor a number");
        }
        self.at += length.max(usize::from(
            !rest.is_empty() && length == 0 && !rest.starts_with(['}', ']', ',']),
        ));
        value
    }

    fn string(&mut self, quote: u8) -> String {
        if quote == b'\'' {
            self.json("texts in single quotation marks");
        }
        let mut out = String::new();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let special = |letter: char| letter == char::from(quote) || letter == '\\' || letter.is_control();
            let Some(length) = rest.find(special) else {
                self.cut = true;
                self.at = self.text.len();
                return out;
            };
            out.push_str(&rest[..length]);
            self.at += length;
            let rest = &rest[length..];
            if rest.starts_with(char::from(quote)) {
                if ends_string(&rest[1..]) {
                    self.at += 1;
                    return out;
                }
                self.json("quotation marks in a text without a backslash");
                out.push(char::from(quote));
                self.at += 1;
            } else if rest.starts_with('\\') {
                self.escape(&mut out);
            } else {
                self.json("control characters in a text");
                out.extend(
                    rest.chars()
                        .next()
                        .filter(|letter| matches!(letter, '\n' | '\r' | '\t' | '\u{80}'..)),
                );
                self.at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
    }

    fn escape(&mut self, out: &mut String) {
        let rest = &self.text[self.at + 1..];
        let Some(letter) = rest.chars().next() else {
            self.at += 1;
            return;
        };
        self.at += 1 + letter.len_utf8();
        match letter {
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'b' | 'f' => {}
            '"' | '\\' | '/' => out.push(letter),
            'u' => self.unicode(out),
            _ => {
                self.json("a backslash before a letter that needs none");
                out.push(letter);
            }
        }
    }

    fn unicode(&mut self, out: &mut String) {
        let unit = |at: usize| {
            let digits = self.text.get(at..at + 4)?;
            u16::from_str_radix(digits, 16).ok()
        };
        let Some(first) = unit(self.at) else {
            self.json("`\\u` without four digits");
            return;
        };
        let second = if self.text[self.at + 4..].starts_with("\\u") {
            unit(self.at + 6)
        } else {
            None
        };
        let units: Vec<u16> = std::iter::once(first).chain(second).collect();
        let pair = (0xD800..0xDC00)
            .contains(&first)
            .then(|| String::from_utf16(&units).ok())
            .flatten();
        self.at += 4;
        if let Some(pair) = pair.filter(|_| second.is_some()) {
            out.push_str(&pair);
            self.at += 6;
        } else if let Some(letter) = char::from_u32(u32::from(first)) {
            out.push(letter);
        } else {
            self.json("half of a character");
        }
    }
}

/// Whether a quotation mark in front of this ends a text.
fn ends_string(after: &str) -> bool {
    let rest = after.trim_start();
    let Some(next) = rest.chars().next() else { return true };
    match next {
        ':' | '}' | ']' => true,
        ',' => {
            let rest = rest[1..].trim_start();
            rest.is_empty()
                || rest.starts_with(|next: char| next.is_ascii_digit() || "\"'{[-}],/".contains(next))
                || ["true", "false", "null"].iter().any(|word| rest.starts_with(word))
        }
        // A comma is missing at the end of a line.
        '"' => after[..after.len() - rest.len()].contains('\n'),
        _ => false,
    }
}

/// Gives a feed's members the kinds that JSON Feed asks for; nothing if it has no items.
fn shape_feed(feed: &mut Map<String, Value>, at: usize, damages: &mut Damages) -> Option<()> {
    let Some(Value::Array(items)) = feed.get_mut("items").map(take) else {
        return None;
    };
    let is_known = |version: &Value| {
        version
            .as_str()
            .is_some_and(|text| text.starts_with("https://jsonfeed.org/version/1"))
    };
    if !feed.get("version").is_some_and(is_known) {
        damages.note(Damage::JsonShape("the version is not one of JSON Feed's"), at);
        feed.insert("version".to_owned(), VERSION.into());
    }
    for name in [
        "home_page_url",
        "feed_url",
        "language",
        "description",
        "icon",
        "favicon",
    ] {
        shape_text(feed, name, at, damages);
    }
    if !feed.get("title").is_some_and(Value::is_string) {
        damages.note(Damage::JsonShape("the feed has no title"), at);
        feed.insert("title".to_owned(), "".into());
    }
    shape_authors(feed, at, damages);
    let count = items.len();
    let items: Vec<Value> = items
        .into_iter()
        .filter_map(|item| match item {
            Value::Object(mut item) => {
                shape_item(&mut item, at, damages);
                Some(Value::Object(item))
            }
            _ => None,
        })
        .collect();
    if items.len() < count {
        damages.note(Damage::JsonShape("items that are no objects were skipped"), at);
    }
    feed.insert("items".to_owned(), Value::Array(items));
    Some(())
}

fn shape_item(item: &mut Map<String, Value>, at: usize, damages: &mut Damages) {
    for name in [
        "id",
        "url",
        "external_url",
        "title",
        "content_html",
        "content_text",
        "summary",
        "date_published",
        "date_modified",
    ] {
        shape_text(item, name, at, damages);
    }
    shape_authors(item, at, damages);
    if let Some(tags) = item.get_mut("tags") {
        let words: Vec<Value> = match take(tags) {
            Value::Array(tags) => tags.into_iter().filter(Value::is_string).collect(),
            Value::String(tag) => {
                damages.note(Damage::JsonShape("tags that are no list"), at);
                tag.split(',').map(|tag| tag.trim().into()).collect()
            }
            _ => Vec::new(),
        };
        *tags = Value::Array(words);
    }
    if let Some(attachments) = item.get_mut("attachments") {
        let is_whole = |attachment: &Value| {
            let has = |name: &str| attachment.get(name).is_some_and(Value::is_string);
            let size = attachment.get("size_in_bytes");
            has("url") && has("mime_type") && size.is_none_or(|size| size.is_u64() || size.is_null())
        };
        let list = match take(attachments) {
            Value::Array(list) => list,
            _ => Vec::new(),
        };
        let count = list.len();
        let whole: Vec<Value> = list.into_iter().filter(is_whole).collect();
        if whole.len() < count {
            damages.note(
                Damage::JsonShape("attachments without an address or a media type were skipped"),
                at,
            );
        }
        *attachments = Value::Array(whole);
    }
}

/// Makes a member a text: a number is written out, anything else goes.
fn shape_text(object: &mut Map<String, Value>, name: &str, at: usize, damages: &mut Damages) {
    let text = match object.get(name) {
        None | Some(Value::String(_) | Value::Null) => return,
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(_) => None,
    };
    damages.note(Damage::JsonShape("a member that should be a text is none"), at);
    object.remove(name);
    object.extend(text.map(|text| (name.to_owned(), text.into())));
}

fn shape_authors(object: &mut Map<String, Value>, at: usize, damages: &mut Damages) {
    let mut author = |value: Value| match value {
        Value::String(name) => {
            damages.note(Damage::JsonShape("an author that is only a name"), at);
            Some(Value::Object(Map::from_iter([("name".to_owned(), name.into())])))
        }
        Value::Object(mut author) => {
            author.retain(|name, value| (name == "name" || name == "url") && value.is_string());
            Some(Value::Object(author))
        }
        _ => None,
    };
    if let Some(value) = object.remove("author") {
        object.extend(author(value).map(|author| ("author".to_owned(), author)));
    }
    if let Some(value) = object.remove("authors") {
        let list = match value {
            Value::Array(list) => list,
            Value::Null => return,
            one => vec![one],
        };
        let authors = list.into_iter().filter_map(author).collect();
        object.insert("authors".to_owned(), Value::Array(authors));
    }
}
