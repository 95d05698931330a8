//! Character data: which is sound, and what is written instead of what is not. References to HTML's entities become the
//! characters they stand for; which those are, html5ever knows. Tags are not looked at.

use std::collections::HashMap;

use scraper::Html;

use super::damage::{Damage, Damages};

/// The longest name of an entity; HTML's longest has 31 letters.
const LONGEST_NAME: usize = 31;
/// The most different names that are looked up in one document.
const MAX_NAMES: usize = 400;
/// What the references 128 to 159 mean in the web: windows-1252.
const WINDOWS_1252: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// HTML's named characters, looked up as they are met.
#[derive(Debug, Default)]
pub struct Entities {
    known: HashMap<String, Option<String>>,
}

impl Entities {
    /// What an entity stands for.
    fn get(&mut self, reference: &str) -> Option<String> {
        if let Some(known) = self.known.get(reference) {
            return known.clone();
        }
        if self.known.len() >= MAX_NAMES {
            return None;
        }
        let decoded: String = Html::parse_fragment(reference).root_element().text().collect();
        // A part of the name may have been taken for an entity: "&copyright".
        let is_whole = match decoded.as_str() {
            "&" | ";" => true,
            letters if reference.ends_with(';') => !letters.contains(['&', ';']),
            letters => !letters.contains('&') && letters.chars().count() == 1,
        };
        let found = is_whole.then_some(decoded);
        self.known.insert(reference.to_owned(), found.clone());
        found
    }
}

/// Whether XML forbids the character.
pub fn is_forbidden(letter: char) -> bool {
    matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// What an `&` begins.
enum Reference<'a> {
    /// A reference that XML knows, with the semicolon.
    Sound(usize),
    /// A reference to a character: how long it is and which one, if there is one.
    Number(usize, Option<char>),
    /// A name, with or without semicolon.
    Name(&'a str),
    /// Nothing.
    Bare,
}

fn reference(text: &str) -> Reference<'_> {
    let body = &text[1..];
    if let Some(number) = body.strip_prefix('#') {
        return numeric(number);
    }
    let bytes = body.as_bytes();
    let length = bytes
        .iter()
        .take(LONGEST_NAME + 1)
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    if length == 0 || length > LONGEST_NAME {
        return Reference::Bare;
    }
    if bytes.get(length) == Some(&b';') {
        return match &body[..length] {
            "amp" | "lt" | "gt" | "quot" | "apos" => Reference::Sound(length + 2),
            _ => Reference::Name(&text[..length + 2]),
        };
    }
    // `&copy=1` is an address, not a character.
    if bytes.get(length) == Some(&b'=') {
        return Reference::Bare;
    }
    Reference::Name(&text[..=length])
}

fn numeric(number: &str) -> Reference<'_> {
    let (digits, radix, before) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 3),
        None => (number, 10, 2),
    };
    let length = digits
        .bytes()
        .take(12)
        .take_while(|b| char::from(*b).is_digit(radix))
        .count();
    if length == 0 || length == 12 {
        return Reference::Bare;
    }
    let closed = digits.as_bytes().get(length) == Some(&b';');
    let whole = before + length + usize::from(closed);
    let value = u32::from_str_radix(&digits[..length], radix).unwrap_or(u32::MAX);
    let letter = match value {
        128..=159 => WINDOWS_1252.chars().nth(value as usize - 128),
        _ => char::from_u32(value).filter(|letter| !is_forbidden(*letter)),
    };
    let plain = closed && number.as_bytes()[0] != b'X' && !(128..=159).contains(&value);
    match letter {
        Some(_) if plain => Reference::Sound(whole),
        letter => Reference::Number(whole, letter),
    }
}

/// Whether the text holds neither `<` nor `]]>` nor a reference that XML does not know.
pub fn is_sound(text: &str) -> bool {
    !text.contains('<') && !text.contains("]]>") && has_sound_references(text)
}

/// Whether every `&` begins a reference that XML knows.
pub fn has_sound_references(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        match reference(&rest[at..]) {
            Reference::Sound(length) => rest = &rest[at + length..],
            _ => return false,
        }
    }
    true
}

/// Writes a text so that XML can read it. Sound references stay as they are.
pub fn write(text: &str, at: usize, out: &mut String, entities: &mut Entities, damages: &mut Damages) {
    let mut done = 0;
    while let Some(found) = text[done..].find(['&', '<', ']']) {
        let place = done + found;
        out.push_str(&text[done..place]);
        let rest = &text[place..];
        done = place
            + match rest.as_bytes()[0] {
                b'<' => {
                    damages.note(Damage::Angle, at + place);
                    out.push_str("&lt;");
                    1
                }
                b']' if rest.starts_with("]]>") => {
                    damages.note(Damage::Section, at + place);
                    3
                }
                b']' => {
                    out.push(']');
                    1
                }
                _ => write_reference(rest, at + place, out, entities, damages),
            };
    }
    out.push_str(&text[done..]);
}

/// Writes what an `&` begins; returns how much of the text that was.
fn write_reference(rest: &str, at: usize, out: &mut String, entities: &mut Entities, damages: &mut Damages) -> usize {
    match reference(rest) {
        Reference::Sound(length) => {
            out.push_str(&rest[..length]);
            length
        }
        Reference::Number(length, letter) => {
            damages.note(Damage::Reference, at);
            out.extend(letter.map(escaped_letter));
            length
        }
        Reference::Name(name) => match entities.get(name) {
            Some(letters) => {
                damages.note(Damage::HtmlEntity, at);
                out.push_str(&escape(&letters));
                name.len()
            }
            None => bare(at, out, damages),
        },
        Reference::Bare => bare(at, out, damages),
    }
}

fn bare(at: usize, out: &mut String, damages: &mut Damages) -> usize {
    damages.note(Damage::Ampersand, at);
    out.push_str("&amp;");
    1
}

fn escaped_letter(letter: char) -> String {
    escape(letter.encode_utf8(&mut [0; 4]))
}

/// A text as character data, whatever it holds.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(text: &str) -> String {
        let mut out = String::new();
        write(text, 0, &mut out, &mut Entities::default(), &mut Damages::default());
        out
    }

    #[test]
    fn every_reference_becomes_one_that_xml_knows() {
        for (text, expected) in [
            ("Hukum & HAM", "Hukum &amp; HAM"),
            ("Hukum &amp; HAM", "Hukum &amp; HAM"),
            ("a&nbsp;b&ndash;c&rsquo;", "a\u{a0}b–c’"),
            ("a&nbsp b", "a\u{a0} b"),
            ("&Amp; &AMP; &LT;b", "&amp;Amp; &amp; &lt;b"),
            ("?a=1&copy=2&lang=id", "?a=1&amp;copy=2&amp;lang=id"),
            ("&#8220;&#x201D;", "&#8220;&#x201D;"),
            ("&#146;&#0;&#xD800;&#1;&#X41;&#65", "’AA"),
            ("&#99999999999999;", "&amp;#99999999999999;"),
            ("a < b ]]> c ]] d", "a &lt; b  c ]] d"),
            ("&tidakada;", "&amp;tidakada;"),
            ("&", "&amp;"),
        ] {
            assert_eq!(repaired(text), expected, "{text}");
            assert!(is_sound(&repaired(text)), "{text}");
            assert_eq!(is_sound(text), text == expected, "{text}");
        }
    }
}
