//! The tags of an HTML or XML text, read in one pass as an HTML tokenizer sees them: quoted attributes, comments,
//! bogus comments, CDATA sections and raw text hide the tags inside. It knows nothing of nesting.

/// One tag.
#[derive(Debug)]
pub struct Tag<'a> {
    /// Its name as written.
    pub name: &'a str,
    /// Everything between `<` and `>`.
    pub raw: &'a str,
    /// Whether it opens or closes.
    pub kind: Kind,
    /// Whether it ends in `/>`.
    pub self_closing: bool,
    /// How many attributes it has.
    pub attributes: usize,
    /// Whether words stand between it and the tag before.
    pub after_words: bool,
}

/// What a tag does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `<name …>`
    Open,
    /// `</name>`
    Close,
}

/// Elements whose content is text until their own end tag, when scripting counts as on (as our parsers have it).
const RAW_TEXT: [&str; 9] = [
    "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript",
];

/// A position in a text.
pub struct Tags<'a> {
    text: &'a str,
    at: usize,
    /// Whether words were passed since the last tag.
    words: bool,
}

impl<'a> Tags<'a> {
    /// The tags of `text` from its beginning.
    pub fn new(text: &'a str) -> Tags<'a> {
        Tags {
            text,
            at: 0,
            words: false,
        }
    }

    /// The next tag; `foreign` says whether `<![CDATA[` is a section here (SVG, MathML, XML) or a bogus comment.
    pub fn next(&mut self, foreign: bool) -> Option<Tag<'a>> {
        loop {
            let start = self.find("<", self.at)?;
            self.words |= !self.text.as_bytes()[self.at..start].iter().all(|byte| is_space(*byte));
            let rest = &self.text.as_bytes()[start + 1..];
            match rest {
                [b'/', letter, ..] if letter.is_ascii_alphabetic() => return self.tag(start, Kind::Close),
                [b'/', b'>', ..] => self.at = start + 3,
                [letter, ..] if letter.is_ascii_alphabetic() => return self.tag(start, Kind::Open),
                [b'!', b'-', b'-', ..] => self.at = self.after_comment(start + 4)?,
                [b'!', b'[', b'C', b'D', b'A', b'T', b'A', b'[', ..] if foreign => {
                    self.at = self.find("]]>", start + 9)? + 3;
                }
                [b'!' | b'?' | b'/', ..] => self.at = self.find(">", start + 2)? + 1,
                _ => (self.at, self.words) = (start + 1, true),
            }
        }
    }

    /// Skips the content of an element that was just opened, up to its end tag, if it is raw text. Returns whether.
    pub fn skip_raw_text(&mut self, name: &str) -> bool {
        if name.eq_ignore_ascii_case("plaintext") {
            self.at = self.text.len();
            return true;
        }
        let Some(name) = RAW_TEXT.into_iter().find(|raw| raw.eq_ignore_ascii_case(name)) else {
            return false;
        };
        self.at = match name {
            "script" => self.end_of_script(),
            _ => self.end_of_raw_text(name),
        };
        true
    }

    /// How many bytes of the text were passed.
    pub fn passed(&self) -> usize {
        self.at
    }

    fn find(&self, what: &str, from: usize) -> Option<usize> {
        Some(from + self.text.get(from..)?.find(what)?)
    }

    /// The end of a comment whose content begins at `from`: `<!-->` and `<!--->` are whole comments.
    fn after_comment(&self, from: usize) -> Option<usize> {
        let content = self.text.get(from..)?;
        if content.starts_with('>') {
            return Some(from + 1);
        }
        if content.starts_with("->") {
            return Some(from + 2);
        }
        let mut at = from;
        loop {
            at = self.find("--", at)?;
            let rest = &self.text.as_bytes()[at + 2..];
            match rest {
                [b'>', ..] => return Some(at + 3),
                [b'!', b'>', ..] => return Some(at + 4),
                _ => at += 1,
            }
        }
    }

    fn end_of_raw_text(&self, name: &str) -> usize {
        let mut at = self.at;
        while let Some(found) = self.find("</", at) {
            if self.is_named(found + 2, name) {
                return found;
            }
            at = found + 2;
        }
        self.text.len()
    }

    /// A script may hide its end tag in `<!-- <script> … -->` (HTML, "script data double escaped state").
    fn end_of_script(&self) -> usize {
        let bytes = self.text.as_bytes();
        let (mut escaped, mut double) = (false, false);
        let mut at = self.at;
        // A dash means something only behind `<!--`.
        let means = |escaped: bool, from: usize| {
            let found = bytes
                .get(from..)?
                .iter()
                .position(|byte| *byte == b'<' || (escaped && *byte == b'-'));
            found.map(|found| from + found)
        };
        while let Some(found) = means(escaped, at) {
            at = found;
            let rest = &bytes[at..];
            if rest.starts_with(b"<!--") && !escaped {
                escaped = true;
                at += 2;
                continue;
            }
            if rest.starts_with(b"-->") {
                (escaped, double) = (false, false);
            } else if rest.starts_with(b"</") && self.is_named(at + 2, "script") {
                if !double {
                    return at;
                }
                double = false;
            } else if escaped && rest[0] == b'<' && self.is_named(at + 1, "script") {
                double = true;
            }
            at += 1;
        }
        bytes.len()
    }

    /// Whether a tag's name stands at `at` and ends there.
    fn is_named(&self, at: usize, name: &str) -> bool {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        rest.len() > name.len()
            && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes())
            && (is_space(rest[name.len()]) || matches!(rest[name.len()], b'/' | b'>'))
    }

    /// The tag that begins at `start`; nothing if the text ends inside it, for then it is no tag.
    fn tag(&mut self, start: usize, kind: Kind) -> Option<Tag<'a>> {
        let bytes = self.text.as_bytes();
        let name_start = start + 1 + usize::from(kind == Kind::Close);
        let mut at = skip_while(bytes, name_start, |byte| {
            !is_space(byte) && byte != b'/' && byte != b'>'
        });
        let name = &self.text[name_start..at];
        let mut attributes = 0;
        loop {
            at = skip_while(bytes, at, |byte| is_space(byte) || byte == b'/');
            if *bytes.get(at)? == b'>' {
                break;
            }
            attributes += 1;
            at = after_attribute(bytes, at)?;
        }
        self.at = at + 1;
        Some(Tag {
            name,
            raw: &self.text[start + 1..at],
            kind,
            self_closing: bytes[at - 1] == b'/' && !unquoted_value_ends(bytes, name_start, at),
            attributes,
            after_words: std::mem::take(&mut self.words),
        })
    }
}

/// Where the attribute that begins at `at` ends.
fn after_attribute(bytes: &[u8], at: usize) -> Option<usize> {
    let name_end = skip_while(bytes, at + 1, |byte| {
        !is_space(byte) && !matches!(byte, b'/' | b'>' | b'=')
    });
    let next = skip_while(bytes, name_end, is_space);
    if *bytes.get(next)? != b'=' {
        return Some(name_end);
    }
    let value = skip_while(bytes, next + 1, is_space);
    match *bytes.get(value)? {
        quote @ (b'"' | b'\'') => {
            let end = skip_while(bytes, value + 1, |byte| byte != quote);
            (end < bytes.len()).then_some(end + 1)
        }
        b'>' => Some(value),
        _ => Some(skip_while(bytes, value, |byte| !is_space(byte) && byte != b'>')),
    }
}

/// Whether the `/` before `end` belongs to an unquoted value, as in `<a href=/x/>`.
fn unquoted_value_ends(bytes: &[u8], start: usize, end: usize) -> bool {
    let word = bytes[start..end]
        .rsplit(|byte| is_space(*byte))
        .next()
        .unwrap_or_default();
    word.iter()
        .position(|byte| *byte == b'=')
        .and_then(|equals| word.get(equals + 1))
        .is_some_and(|first| !matches!(first, b'"' | b'\''))
}

fn skip_while(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len())
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
}
