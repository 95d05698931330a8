//! A document that is not well formed, made well formed: what is sound is copied as it stands, what is not is closed,
//! escaped or dropped, and noted. What the elements mean in which version of a feed is for `dialect`.

use super::damage::{Damage, Damages};
use super::field::{self, Field, FieldEnd, Piece};
use super::names::{Kind, kind};
use super::text::{self, Entities};
use super::token::{Tag, TagEnd, Token, Tokens, attributes, local};

/// The deepest nesting that is kept outside of texts.
const MAX_DEPTH: usize = 100;
/// The most tags that are dropped because they stand deeper: more of them is no accident.
const MAX_DROPPED: usize = 4_096;

/// The document, well formed; nothing if it is nested beyond any accident. `text` begins with the root element.
pub fn recover(text: &str, damages: &mut Damages) -> Option<String> {
    let mut recovery = Recovery {
        text,
        tokens: Tokens::new(text, 0),
        out: String::with_capacity(text.len() + text.len() / 16),
        open: Vec::new(),
        entities: Entities::default(),
        damages,
        items: 0,
        dropped: 0,
        next_boundary: None,
    };
    while let Some((at, token)) = recovery.tokens.next() {
        if recovery.token(at, token) == Then::Stop {
            break;
        }
    }
    if !recovery.open.is_empty() {
        recovery.damages.note(Damage::Truncated, text.len());
        recovery.close_to(0);
    }
    (recovery.dropped <= MAX_DROPPED).then_some(recovery.out)
}

/// Whether reading goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    GoOn,
    Stop,
}

struct Recovery<'a, 'd> {
    text: &'a str,
    tokens: Tokens<'a>,
    out: String,
    /// The names of the elements that are open.
    open: Vec<&'a str>,
    entities: Entities,
    damages: &'d mut Damages,
    items: usize,
    /// Tags that stood too deep.
    dropped: usize,
    /// The next tag of an item: where, and whether it is an end tag.
    next_boundary: Option<(usize, bool)>,
}

impl<'a> Recovery<'a, '_> {
    fn token(&mut self, at: usize, token: Token<'a>) -> Then {
        match token {
            Token::Text(words) => text::write(words, at, &mut self.out, &mut self.entities, self.damages),
            Token::Cdata(Some(content)) => self.section(content),
            Token::Cdata(None) => self.damages.note(Damage::OpenSection, at),
            Token::Comment(words) => self.comment(words),
            Token::Instruction(_) => self.damages.note(Damage::Instruction, at),
            Token::Start(tag) | Token::End(tag) if tag.end == TagEnd::Cut => {
                self.damages.note(Damage::Truncated, at);
                return Then::Stop;
            }
            Token::Start(tag) if !is_name(tag.name) => {
                text::write(tag.raw, at, &mut self.out, &mut self.entities, self.damages);
            }
            Token::Start(tag) => return self.start(at, tag),
            Token::End(tag) => return self.end(at, tag),
        }
        Then::GoOn
    }

    fn section(&mut self, content: &str) {
        self.out.push_str("<![CDATA[");
        self.out.push_str(content);
        self.out.push_str("]]>");
    }

    fn comment(&mut self, words: &str) {
        // Two hyphens inside a comment are its only fault that XML minds.
        if !words[4..words.len() - 3].contains("--") {
            self.out.push_str(words);
        }
    }

    fn start(&mut self, at: usize, tag: Tag<'a>) -> Then {
        match kind(tag.name) {
            Kind::Root if !self.open.is_empty() => {
                self.damages.note(Damage::Concatenated, at);
                self.close_to(1);
                return Then::GoOn;
            }
            Kind::Item => {
                let container = self.container();
                if container < self.open.len() {
                    self.damages.note(Damage::Unclosed, at);
                    self.close_to(container);
                }
                self.items += 1;
            }
            Kind::Channel => self.close_item(at),
            Kind::Field => {
                if self.items > 0 && self.open.len() == self.container() && self.is_in_lost_item(at) {
                    self.damages.note(Damage::Unclosed, at);
                    let is_atom = self
                        .open
                        .first()
                        .is_some_and(|root| local(root).eq_ignore_ascii_case("feed"));
                    let name = if is_atom { "entry" } else { "item" };
                    self.out.push_str(if is_atom { "<entry>" } else { "<item>" });
                    self.open.push(name);
                }
                if !tag.self_closing {
                    return self.field(at, tag);
                }
            }
            Kind::Root | Kind::Other => {}
        }
        if self.open.len() >= MAX_DEPTH && !tag.self_closing {
            self.damages.note(Damage::Unclosed, at);
            self.dropped += 1;
            return if self.dropped > MAX_DROPPED {
                Then::Stop
            } else {
                Then::GoOn
            };
        }
        self.write_tag(at, &tag);
        if !tag.self_closing {
            self.open.push(tag.name);
        }
        Then::GoOn
    }

    /// How many of the open elements hold items.
    fn container(&self) -> usize {
        let holds = |name: &&str| matches!(kind(name), Kind::Root | Kind::Channel);
        self.open.iter().take_while(|name| holds(name)).count()
    }

    fn close_item(&mut self, at: usize) {
        let container = self.container();
        if container < self.open.len() {
            self.damages.note(Damage::Unclosed, at);
            self.close_to(container);
        }
    }

    /// Whether the next tag of an item is an end tag: then its start tag is missing.
    fn is_in_lost_item(&mut self, at: usize) -> bool {
        if let Some((place, is_end)) = self.next_boundary
            && place >= at
        {
            return is_end;
        }
        let mut place = at;
        while let Some(found) = self.text[place..].find('<') {
            place += found;
            if field::begins_boundary(&self.text[place..]) {
                let here = &self.text[place..];
                let name: String = here[1..].chars().take(8).filter(|letter| *letter != '/').collect();
                let is_item = ["item", "entry"]
                    .iter()
                    .any(|item| name.to_ascii_lowercase().starts_with(item));
                let is_end = is_item && here.starts_with("</");
                self.next_boundary = Some((place, is_end));
                return is_end;
            }
            place += 1;
        }
        self.next_boundary = Some((self.text.len(), false));
        false
    }

    fn end(&mut self, at: usize, tag: Tag<'a>) -> Then {
        let role = kind(tag.name);
        if role == Kind::Root {
            return self.end_of_root(at, tag);
        }
        // An end inside an item does not end what the item stands in.
        let from = if matches!(role, Kind::Item | Kind::Channel) {
            0
        } else {
            self.container()
        };
        let found = self.open[from..]
            .iter()
            .rposition(|name| name.eq_ignore_ascii_case(tag.name));
        let Some(place) = found.map(|place| from + place) else {
            self.damages.note(Damage::Unopened, at);
            return Then::GoOn;
        };
        if place + 1 < self.open.len() {
            self.damages.note(Damage::Unclosed, at);
        }
        if tag.end != TagEnd::Closed || !tag.attributes.trim().is_empty() {
            self.damages.note(Damage::Tag, at);
        }
        self.close_to(place);
        Then::GoOn
    }

    fn end_of_root(&mut self, at: usize, tag: Tag<'a>) -> Then {
        let is_open = self
            .open
            .first()
            .is_some_and(|root| root.eq_ignore_ascii_case(tag.name));
        if !is_open {
            self.damages.note(Damage::Unopened, at);
            return Then::GoOn;
        }
        if self.open.len() > 1 {
            self.damages.note(Damage::Unclosed, at);
        }
        self.close_to(1);
        let mut rest = Tokens::new(self.text, self.tokens.at);
        let mut is_empty = true;
        while let Some((place, token)) = rest.next() {
            match token {
                Token::Start(next) if next.end == TagEnd::Closed => {
                    let is_same = kind(next.name) == Kind::Root && next.name.eq_ignore_ascii_case(tag.name);
                    if is_same || kind(next.name) == Kind::Item {
                        self.damages.note(Damage::Concatenated, place);
                        self.tokens.at = if is_same { rest.at } else { place };
                        return Then::GoOn;
                    }
                    is_empty = false;
                }
                Token::Text(words) if words.trim().is_empty() => {}
                Token::Comment(_) => {}
                _ => is_empty = false,
            }
        }
        if !is_empty {
            self.damages.note(Damage::Trailing, self.tokens.at);
        }
        self.close_to(0);
        Then::Stop
    }

    fn close_to(&mut self, length: usize) {
        while self.open.len() > length {
            let Some(name) = self.open.pop() else { return };
            self.write_end(name);
        }
    }

    fn write_end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// Writes a field and its end.
    fn field(&mut self, at: usize, tag: Tag<'a>) -> Then {
        let field = field::read(self.text, &mut self.tokens, tag.name);
        self.tokens.at = field.after;
        match field.end {
            FieldEnd::Cut => {
                // Half a text is worse than none.
                self.damages.note(Damage::Truncated, at);
                return Then::Stop;
            }
            FieldEnd::Unclosed => self.damages.note(Damage::Unclosed, at),
            FieldEnd::ClosedInOtherLetters => self.damages.note(Damage::Case, at),
            FieldEnd::ClosedBadly => self.damages.note(Damage::Tag, at),
            FieldEnd::Closed => {}
        }
        let has_tags = field.pieces.iter().any(|(_, piece)| matches!(piece, Piece::Tag(_)));
        if !has_tags || is_balanced(&field) {
            self.write_tag(at, &tag);
            for (place, piece) in &field.pieces {
                self.piece(*place, *piece);
            }
        } else {
            self.damages.note(Damage::Markup, at);
            self.write_tag_as_html(at, &tag);
            self.out.push_str(&escaped(&field));
        }
        self.write_end(tag.name);
        Then::GoOn
    }

    fn piece(&mut self, at: usize, piece: Piece<'a>) {
        match piece {
            Piece::Text(words) => text::write(words, at, &mut self.out, &mut self.entities, self.damages),
            Piece::Section(content) => self.section(content),
            Piece::OpenSection(content) => {
                self.damages.note(Damage::OpenSection, at);
                self.section(&content.replace("]]>", ""));
            }
            Piece::NestedSection(content) => {
                self.damages.note(Damage::Section, at);
                self.section(&content.replace("<![CDATA[", "").replace("]]>", ""));
            }
            Piece::Tag(tag) if tag.raw.starts_with("</") => self.write_end(tag.name),
            Piece::Tag(tag) => self.write_tag(at, &tag),
            Piece::Aside(words) if words.starts_with("<!--") => self.comment(words),
            Piece::Aside(_) => self.damages.note(Damage::Instruction, at),
        }
    }

    /// Writes a start tag; one that is sound is written as it stands.
    fn write_tag(&mut self, at: usize, tag: &Tag<'a>) {
        let is_sound = tag.end == TagEnd::Closed && are_sound(tag.attributes);
        if is_sound {
            self.out.push_str(tag.raw);
            return;
        }
        if tag.end != TagEnd::Closed {
            self.damages.note(Damage::Tag, at);
        }
        self.rebuild(at, tag, None);
    }

    /// Writes a start tag of Atom's with `type="html"`.
    fn write_tag_as_html(&mut self, at: usize, tag: &Tag<'a>) {
        let is_atom = attributes(tag.attributes).any(|attribute| attribute.name == "type");
        if is_atom {
            self.rebuild(at, tag, Some("html"));
        } else {
            self.write_tag(at, tag);
        }
    }

    fn rebuild(&mut self, at: usize, tag: &Tag<'a>, text_type: Option<&str>) {
        self.out.push('<');
        self.out.push_str(tag.name);
        let mut names: Vec<&str> = Vec::new();
        for attribute in attributes(tag.attributes) {
            let is_new = is_name(attribute.name) && names.len() < MAX_DEPTH && !names.contains(&attribute.name);
            if !attribute.sound || !is_new {
                self.damages.note(Damage::Attribute, at);
            }
            if !is_new {
                continue;
            }
            names.push(attribute.name);
            self.out.push(' ');
            self.out.push_str(attribute.name);
            self.out.push_str("=\"");
            let value = match text_type {
                Some(text_type) if attribute.name == "type" => text_type,
                _ => attribute.value,
            };
            let mut written = String::new();
            text::write(value, at, &mut written, &mut self.entities, self.damages);
            self.out.push_str(&written.replace('"', "&quot;"));
            self.out.push('"');
        }
        self.out.push_str(if tag.self_closing { "/>" } else { ">" });
    }
}

/// Whether XML can read the attributes of a tag.
pub fn are_sound(text: &str) -> bool {
    let mut names: Vec<&str> = Vec::new();
    let mut end = 0;
    let each_is = attributes(text).all(|attribute| {
        let is_new = names.len() < MAX_DEPTH && !names.contains(&attribute.name);
        names.push(attribute.name);
        end = attribute.span.1;
        is_new && attribute.sound && is_name(attribute.name) && text::has_sound_references(attribute.value)
    });
    each_is && text[end..].trim_start().is_empty()
}

/// Whether the text can name an attribute or an element.
pub fn is_name(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':');
    let starts = |letter: char| letter.is_alphabetic() || letter == '_';
    name.starts_with(starts) && name.chars().all(is_letter) && !name.ends_with(':') && !name.contains("::")
}

/// Whether the tags in a field are those of a tree.
fn is_balanced(field: &Field<'_>) -> bool {
    let mut open: Vec<&str> = Vec::new();
    for (_, piece) in &field.pieces {
        let Piece::Tag(tag) = piece else { continue };
        if tag.end != TagEnd::Closed || open.len() > MAX_DEPTH || !is_name(tag.name) {
            return false;
        }
        if !tag.raw.starts_with("</") {
            if !tag.self_closing {
                open.push(tag.name);
            }
        } else if open.pop() != Some(tag.name) {
            return false;
        }
    }
    open.is_empty()
}

/// A field with tags of HTML as character data.
fn escaped(field: &Field<'_>) -> String {
    // Is it HTML as it is, or escaped HTML with a tag that was forgotten?
    let is_escaped = field.pieces.iter().any(|(_, piece)| match piece {
        Piece::Text(words) => words.contains("&lt;"),
        Piece::Section(_) | Piece::OpenSection(_) | Piece::NestedSection(_) => true,
        Piece::Tag(_) | Piece::Aside(_) => false,
    });
    let mut out = String::new();
    let (mut entities, mut damages) = (Entities::default(), Damages::default());
    for (at, piece) in &field.pieces {
        match piece {
            Piece::Text(words) if is_escaped => text::write(words, *at, &mut out, &mut entities, &mut damages),
            Piece::Text(words) | Piece::Section(words) => out.push_str(&text::escape(words)),
            Piece::OpenSection(words) | Piece::NestedSection(words) => {
                out.push_str(&text::escape(&words.replace("<![CDATA[", "").replace("]]>", "")));
            }
            Piece::Tag(tag) => out.push_str(&text::escape(tag.raw)),
            Piece::Aside(_) => {}
        }
    }
    out
}
