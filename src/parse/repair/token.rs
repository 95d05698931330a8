//! Tags, text and CDATA of a document that may be damaged, in order and without loss: every byte belongs to one token.
//! Nothing is repaired here; a tag only says whether it was sound.

/// A piece of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// Characters and references; a `<` that begins no markup is a text of its own.
    Text(&'a str),
    /// A CDATA section's content; nothing if it is never closed, and then only its opening was read.
    Cdata(Option<&'a str>),
    /// A comment, as it is written.
    Comment(&'a str),
    /// A processing instruction or a declaration.
    Instruction(&'a str),
    /// A start tag.
    Start(Tag<'a>),
    /// An end tag.
    End(Tag<'a>),
}

/// A start or end tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// The tag as it is written.
    pub raw: &'a str,
    /// Its name with its prefix.
    pub name: &'a str,
    /// What stands between the name and the end of the tag, without the slash.
    pub attributes: &'a str,
    /// Whether the element ends with it.
    pub self_closing: bool,
    /// How the tag ends.
    pub end: TagEnd,
}

/// How a tag ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagEnd {
    /// With its `>`.
    Closed,
    /// Another tag begins inside it, or a quotation mark is missing.
    Broken,
    /// The document ends inside it.
    Cut,
}

/// One attribute, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Its name with its prefix.
    pub name: &'a str,
    /// Its value without quotation marks and with its references.
    pub value: &'a str,
    /// Where the value begins in the tag's attributes, behind the quotation mark.
    pub at: usize,
    /// The whole attribute's place in the tag's attributes.
    pub span: (usize, usize),
    /// Whether XML writes it so: a value in quotation marks, without `<`, and white space in front.
    pub sound: bool,
}

/// Finds the next place of a text and remembers it, so that asking again and again stays linear.
#[derive(Clone, Debug)]
pub struct Finder {
    needle: &'static str,
    /// Where the last search began and what it found.
    last: Option<(usize, Option<usize>)>,
}

impl Finder {
    /// Looks for this text.
    pub fn new(needle: &'static str) -> Finder {
        Finder { needle, last: None }
    }

    /// The first place at or behind `from`.
    pub fn find(&mut self, text: &str, from: usize) -> Option<usize> {
        if let Some((since, found)) = self.last
            && since <= from
            && found.is_none_or(|found| found >= from)
        {
            return found;
        }
        let found = text[from..].find(self.needle).map(|at| from + at);
        self.last = Some((from, found));
        found
    }
}

/// The tokens of a document.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    /// Where the next token begins.
    pub at: usize,
    section_end: Finder,
    section_start: Finder,
    comment_end: Finder,
}

impl<'a> Tokens<'a> {
    /// The tokens from a place on.
    pub fn new(text: &'a str, at: usize) -> Tokens<'a> {
        Tokens {
            text,
            at,
            section_end: Finder::new("]]>"),
            section_start: Finder::new("<![CDATA["),
            comment_end: Finder::new("-->"),
        }
    }

    /// The next token and where it begins.
    pub fn next(&mut self) -> Option<(usize, Token<'a>)> {
        let (text, at) = (self.text, self.at);
        let rest = &text[at..];
        if rest.is_empty() {
            return None;
        }
        if !rest.starts_with('<') {
            let length = rest.find('<').unwrap_or(rest.len());
            self.at += length;
            return Some((at, Token::Text(&rest[..length])));
        }
        let token = match rest.as_bytes().get(1) {
            Some(letter) if is_name_start(*letter) => Token::Start(read_tag(rest, 1)),
            Some(b'/') if rest.as_bytes().get(2).is_some_and(|letter| is_name_start(*letter)) => {
                Token::End(read_tag(rest, 2))
            }
            Some(b'!' | b'?') => self.markup(rest),
            _ => Token::Text(&rest[..1]),
        };
        if let Token::Start(tag) | Token::End(tag) = &token {
            self.at += tag.raw.len();
        } else if let Token::Text(text) | Token::Comment(text) | Token::Instruction(text) = &token {
            self.at += text.len();
        }
        Some((at, token))
    }

    /// Where the CDATA section that begins its content at `from` ends.
    pub fn section_end(&mut self, from: usize) -> Option<usize> {
        self.section_end.find(self.text, from)
    }

    /// Whether another CDATA section begins between two places.
    pub fn has_section(&mut self, from: usize, to: usize) -> bool {
        self.section_start.find(self.text, from).is_some_and(|at| at < to)
    }

    fn markup(&mut self, rest: &'a str) -> Token<'a> {
        const SECTION: &str = "<![CDATA[";
        let at = self.at;
        if rest.starts_with(SECTION) {
            let content = at + SECTION.len();
            let end = self.section_end.find(self.text, content);
            self.at = end.map_or(content, |end| end + 3);
            return Token::Cdata(end.map(|end| &self.text[content..end]));
        }
        if rest.starts_with("<!--") {
            return match self.comment_end.find(self.text, at + 4) {
                Some(end) => Token::Comment(&self.text[at..end + 3]),
                None => Token::Text(&rest[..1]),
            };
        }
        let is_instruction = rest.as_bytes()[1] == b'?' || rest.as_bytes().get(2).is_some_and(u8::is_ascii_alphabetic);
        // Neither begins another tag: a `<` shows that it was not closed.
        match rest[1..].find(['>', '<']).map(|end| end + 1) {
            Some(end) if is_instruction && rest.as_bytes()[end] == b'>' => Token::Instruction(&rest[..=end]),
            _ => Token::Text(&rest[..1]),
        }
    }
}

/// The attributes of a tag.
pub fn attributes<'a>(text: &'a str) -> impl Iterator<Item = Attribute<'a>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        let before = at;
        while bytes.get(at).is_some_and(|b| b.is_ascii_whitespace() || is_debris(*b)) {
            at += 1;
        }
        let mut sound = at > before && !bytes[before..at].iter().copied().any(is_debris);
        if at >= bytes.len() {
            return None;
        }
        let name = at;
        while bytes
            .get(at)
            .is_some_and(|b| !b.is_ascii_whitespace() && *b != b'=' && !is_debris(*b))
        {
            at += 1;
        }
        let name_end = at;
        let mut value = at;
        while bytes.get(value).is_some_and(u8::is_ascii_whitespace) {
            value += 1;
        }
        let mut value_end = at;
        if bytes.get(value) == Some(&b'=') && name_end > name {
            value += 1;
            while bytes.get(value).is_some_and(u8::is_ascii_whitespace) {
                value += 1;
            }
            (value, value_end, at) = match bytes.get(value) {
                Some(quote @ (b'"' | b'\'')) => match bytes[value + 1..].iter().position(|b| b == quote) {
                    Some(length) => (value + 1, value + 1 + length, value + length + 2),
                    None => {
                        sound = false;
                        (value + 1, bytes.len(), bytes.len())
                    }
                },
                _ => {
                    sound = false;
                    let length = bytes[value..].iter().position(u8::is_ascii_whitespace);
                    let end = length.map_or(bytes.len(), |length| value + length);
                    (value, end, end)
                }
            };
        } else {
            sound = false;
            (value, at) = (name_end, name_end.max(name + 1).min(bytes.len()));
        }
        // A name of one odd letter may end inside a character.
        while !text.is_char_boundary(at) {
            at += 1;
        }
        let value = &text[value..value_end];
        Some(Attribute {
            name: &text[name..name_end],
            value,
            at: value_end - value.len(),
            span: (name, at),
            sound: sound && name_end > name && !value.contains('<'),
        })
    })
}

/// The name without its prefix.
pub fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The prefix of a name.
pub fn prefix(name: &str) -> Option<&str> {
    name.split_once(':').map(|(prefix, _)| prefix)
}

fn is_name_start(letter: u8) -> bool {
    letter.is_ascii_alphabetic() || letter == b'_' || letter >= 0x80
}

/// What separates nothing and names nothing: a mark left over in a tag.
fn is_debris(letter: u8) -> bool {
    matches!(letter, b'"' | b'\'' | b'/' | b',' | b';')
}

/// Reads a tag whose name begins at `name` in a text that begins with `<`.
fn read_tag(text: &str, name: usize) -> Tag<'_> {
    let bytes = text.as_bytes();
    let mut at = name;
    while bytes
        .get(at)
        .is_some_and(|b| !b.is_ascii_whitespace() && !matches!(b, b'>' | b'/' | b'<' | b'=' | b'"' | b'\''))
    {
        at += 1;
    }
    let name_end = at;
    let (mut end, mut after) = (TagEnd::Cut, bytes.len());
    while let Some(letter) = bytes.get(at) {
        match letter {
            b'>' => {
                (end, after) = (TagEnd::Closed, at + 1);
                break;
            }
            b'<' => {
                (end, after) = (TagEnd::Broken, at);
                break;
            }
            b'"' | b'\'' if text[..at].trim_end().ends_with('=') => match quoted(text, at) {
                Quoted::Until(close) => at = close,
                Quoted::Unclosed(stop, next) => {
                    (end, after) = (TagEnd::Broken, next);
                    at = stop;
                    break;
                }
                Quoted::Cut => {
                    at = bytes.len();
                    break;
                }
            },
            _ => {}
        }
        at += 1;
    }
    let inside = &text[name_end..at.min(text.len())];
    let self_closing = inside.ends_with('/') && end != TagEnd::Cut;
    Tag {
        raw: &text[..after],
        name: &text[name..name_end],
        attributes: inside.strip_suffix('/').unwrap_or(inside),
        self_closing,
        end,
    }
}

/// Where a value in quotation marks ends.
enum Quoted {
    /// At its closing mark.
    Until(usize),
    /// It has none: the tag's content stops at the first place, what follows the tag begins at the second.
    Unclosed(usize, usize),
    /// The document ends first.
    Cut,
}

fn quoted(text: &str, open: usize) -> Quoted {
    let bytes = text.as_bytes();
    let quote = bytes[open];
    let mut angle = None;
    for (at, letter) in bytes.iter().enumerate().skip(open + 1) {
        match letter {
            _ if *letter == quote => return Quoted::Until(at),
            b'>' if angle.is_none() => angle = Some(at),
            // Behind a `>` another tag begins: the mark was forgotten.
            b'<' => match angle {
                Some(at) => return Quoted::Unclosed(at, at + 1),
                None if bytes
                    .get(at + 1)
                    .is_some_and(|next| is_name_start(*next) || *next == b'/') =>
                {
                    return Quoted::Unclosed(at, at);
                }
                None => {}
            },
            _ => {}
        }
    }
    Quoted::Cut
}
