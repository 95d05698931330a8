//! JSON Feed that is not quite JSON, or whose members are not of their kind. It is read as leniently as a person would
//! and written anew; a document that serde_json and feed-rs read never comes here.

mod shape;

use serde_json::{Map, Value};

use super::Repaired;
use super::damage::{Damage, Damages};

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 64;

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
    shape::shape_feed(&mut feed, start, &mut damages)?;
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
