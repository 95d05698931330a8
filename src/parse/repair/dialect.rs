//! A well-formed document, read once: whether it is well formed, and what has to be written otherwise for feed-rs to
//! see its items: old versions, odd roots and name spaces, texts with tags in them. Edits touch nothing else.

use std::collections::BTreeSet;
use std::ops::Range;

use url::Url;

use super::damage::{Damage, Damages};
use super::names::{self, Kind, in_right_letters, kind};
use super::recover::{are_sound, is_name};
use super::text::{escape, is_sound};
use super::token::{Attribute, Tag, TagEnd, Token, Tokens, attributes, local, prefix};
use super::{edits, field, types};

/// The document is not well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllFormed;

/// What feed-rs should read instead of the document; nothing if it can read it as it is.
pub fn translate(text: &str, damages: &mut Damages) -> Result<Option<String>, IllFormed> {
    let mut reading = Reading::new(text);
    while let Some((at, token)) = reading.tokens.next() {
        reading.token(at, token)?;
    }
    if !reading.open.is_empty() || !reading.has_root {
        return Err(IllFormed);
    }
    reading.declare_prefixes();
    reading.join_channels();
    let edited = edits::apply(text, reading.edits);
    damages.extend(reading.damages, 0);
    Ok(edited)
}

/// Which family of feeds a root belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Rss,
    Rdf,
    Atom,
}

/// An element that is open.
#[derive(Clone, Copy, Debug)]
struct Open<'a> {
    name: &'a str,
    role: Kind,
    /// The name it gets instead.
    renamed: Option<&'static str>,
}

/// The field that is open.
#[derive(Debug)]
struct OpenField {
    /// How many elements are open with it.
    depth: usize,
    /// Where its content begins.
    content: usize,
    /// Whether there are tags in it.
    has_tags: bool,
    /// Where its `type` stands and what it says, if it may hold XHTML.
    text_type: types::TextType,
}

struct Reading<'a> {
    text: &'a str,
    tokens: Tokens<'a>,
    open: Vec<Open<'a>>,
    field: Option<OpenField>,
    edits: Vec<(Range<usize>, String)>,
    damages: Damages,
    family: Family,
    has_root: bool,
    /// Behind the attributes of the root's start tag, and behind the tag.
    root: (usize, usize),
    /// Where the root's end tag begins.
    root_end: usize,
    first_item: usize,
    channels: Vec<Range<usize>>,
    has_items_in_channel: bool,
    has_loose_items: bool,
    used: BTreeSet<&'a str>,
    declared: BTreeSet<&'a str>,
}

impl<'a> Reading<'a> {
    fn new(text: &'a str) -> Reading<'a> {
        Reading {
            text,
            tokens: Tokens::new(text, 0),
            open: Vec::new(),
            field: None,
            edits: Vec::new(),
            damages: Damages::default(),
            family: Family::Rss,
            has_root: false,
            root: (0, 0),
            root_end: 0,
            first_item: 0,
            channels: Vec::new(),
            has_items_in_channel: false,
            has_loose_items: false,
            used: BTreeSet::new(),
            declared: BTreeSet::from(["xml", "xmlns"]),
        }
    }

    fn token(&mut self, at: usize, token: Token<'a>) -> Result<(), IllFormed> {
        match token {
            Token::Text(words) if self.open.is_empty() => words.trim().is_empty().then_some(()).ok_or(IllFormed),
            Token::Text(words) => is_sound(words).then_some(()).ok_or(IllFormed),
            Token::Cdata(Some(content)) => self.section(at, content),
            Token::Cdata(None) => Err(IllFormed),
            Token::Comment(_) => Ok(()),
            Token::Instruction(words) if words.starts_with("<!") || words.starts_with("<?xml ") => Err(IllFormed),
            Token::Instruction(_) => Ok(()),
            Token::Start(tag) => self.start(at, tag),
            Token::End(tag) => self.end(at, tag),
        }
    }

    fn section(&mut self, at: usize, content: &str) -> Result<(), IllFormed> {
        let open = self.open.last().ok_or(IllFormed)?;
        let from = at + "<![CDATA[".len();
        let to = from + content.len();
        let is_cut = self.tokens.has_section(from, to) && field::swallowed(self.text, from, to, open.name).is_some();
        if is_cut { Err(IllFormed) } else { Ok(()) }
    }

    fn start(&mut self, at: usize, tag: Tag<'a>) -> Result<(), IllFormed> {
        let is_second_root = self.open.is_empty() && self.has_root;
        if is_second_root || tag.end != TagEnd::Closed || !is_name(tag.name) || !are_sound(tag.attributes) {
            return Err(IllFormed);
        }
        self.used.extend(prefix(tag.name));
        let role = kind(tag.name);
        let mut renamed = None;
        if let Some(field) = &mut self.field {
            field.has_tags = true;
        } else {
            renamed = self.element(at, &tag, role)?;
        }
        self.attributes(at, &tag, role);
        let field = (role == Kind::Field && self.field.is_none()).then(|| self.opened_field(at, &tag));
        if tag.self_closing {
            return Ok(());
        }
        self.open.push(Open {
            name: tag.name,
            role,
            renamed,
        });
        if let Some(mut field) = field {
            field.depth = self.open.len();
            self.field = Some(field);
        }
        Ok(())
    }

    /// What is to be done about an element outside of texts; its new name.
    fn element(&mut self, at: usize, tag: &Tag<'a>, role: Kind) -> Result<Option<&'static str>, IllFormed> {
        let name = at + 1..at + 1 + tag.name.len();
        if self.open.is_empty() {
            return self.root(at, tag, role).map(|()| self.rename(name, tag.name, role));
        }
        match role {
            Kind::Channel => self.channels.push(at..at + tag.raw.len()),
            Kind::Item => self.item(at, tag)?,
            Kind::Root => return Err(IllFormed),
            Kind::Field | Kind::Other => {}
        }
        Ok(self.rename(name, tag.name, role))
    }

    fn item(&mut self, at: usize, tag: &Tag<'a>) -> Result<(), IllFormed> {
        if self.first_item == 0 {
            self.first_item = at;
        }
        match self.open.last().map(|open| open.role) {
            Some(Kind::Channel) => self.has_items_in_channel = true,
            Some(Kind::Root) => self.has_loose_items = true,
            // An item in an item, or in what is none of the feed's.
            _ if self.open.iter().any(|open| open.role == Kind::Item) => return Err(IllFormed),
            _ => {}
        }
        if self.family == Family::Atom || tag.self_closing {
            return Ok(());
        }
        let rest = &self.text[self.tokens.at..];
        let item = &rest[..rest
            .find("</")
            .map_or(rest.len(), |at| at + rest[at..].find("tem>").unwrap_or(0))];
        let stands_for = |attribute: &Attribute<'_>| {
            attribute.name.eq_ignore_ascii_case("href") || (attribute.name == "rdf:about" && !item.contains("<link"))
        };
        if let Some(address) = attributes(tag.attributes).find(stands_for) {
            self.edits.push((
                self.tokens.at..self.tokens.at,
                format!("<link>{}</link>", address.value),
            ));
        }
        Ok(())
    }

    fn root(&mut self, at: usize, tag: &Tag<'a>, role: Kind) -> Result<(), IllFormed> {
        if role != Kind::Root {
            return Err(IllFormed);
        }
        self.has_root = true;
        let inside = at + 1 + tag.name.len() + tag.attributes.len();
        self.root = (inside, at + tag.raw.len());
        let short = local(tag.name);
        self.family = if short.eq_ignore_ascii_case("feed") {
            Family::Atom
        } else if short.eq_ignore_ascii_case("rdf") {
            Family::Rdf
        } else {
            Family::Rss
        };
        if self.family == Family::Rss {
            self.version(at, tag);
        }
        Ok(())
    }

    /// feed-rs refuses an RSS whose version it does not know.
    fn version(&mut self, at: usize, tag: &Tag<'a>) {
        let base = at + 1 + tag.name.len();
        match attributes(tag.attributes).find(|attribute| attribute.name == "version") {
            Some(version) if matches!(version.value, "2.0" | "0.91" | "0.92" | "") => {}
            Some(version) => {
                let what = format!("RSS of the version {:?} was read as RSS 2.0", version.value);
                self.damages.note(Damage::Root(what), at);
                self.replace(base + version.at, version.value, "2.0");
            }
            None => {
                self.damages
                    .note(Damage::Root("RSS without a version was read as RSS 2.0".to_owned()), at);
                self.edits.push((base..base, " version=\"2.0\"".to_owned()));
            }
        }
    }

    /// Gives an element its specified name.
    fn rename(&mut self, place: Range<usize>, name: &'a str, role: Kind) -> Option<&'static str> {
        let renamed = match (role, self.family) {
            (Kind::Root, Family::Rss) if local(name) != "rss" => Some("rss"),
            (Kind::Root, Family::Atom) if local(name) != "feed" => Some("feed"),
            (Kind::Root, Family::Rdf) if local(name) != "RDF" => Some("rdf:RDF"),
            (Kind::Root, _) => None,
            (_, Family::Atom) => match name {
                "issued" => Some("published"),
                "modified" => Some("updated"),
                "tagline" => Some("subtitle"),
                "item" => Some("entry"),
                _ => in_right_letters(name),
            },
            (Kind::Item, _) if name == "entry" => Some("item"),
            _ => in_right_letters(name),
        }?;
        if renamed.eq_ignore_ascii_case(name) {
            self.damages.note(Damage::Case, place.start);
        }
        self.edits.push((place, renamed.to_owned()));
        Some(renamed)
    }

    fn attributes(&mut self, at: usize, tag: &Tag<'a>, role: Kind) {
        let base = at + 1 + tag.name.len();
        for attribute in attributes(tag.attributes) {
            let Some((prefix, name)) = attribute.name.split_once(':') else {
                if attribute.name == "xmlns" {
                    self.default_namespace(base, &attribute, tag, role);
                }
                continue;
            };
            match prefix {
                "xmlns" => {
                    self.declared.insert(name);
                    if let Some(uri) = names::canonical(attribute.value) {
                        self.namespace(base, &attribute, uri);
                    }
                }
                "xml" if name == "base" => self.base(base, &attribute),
                _ => {
                    self.used.insert(prefix);
                }
            }
        }
    }

    /// What holds items and the items themselves are in the name space of their family.
    fn default_namespace(&mut self, base: usize, attribute: &Attribute<'a>, tag: &Tag<'a>, role: Kind) {
        let is_ours = matches!(role, Kind::Root | Kind::Channel | Kind::Item) && self.field.is_none();
        let is_another = matches!(prefix(tag.name), Some(prefix) if prefix != "rdf");
        let uri = if is_another || !is_ours {
            names::canonical(attribute.value)
        } else {
            let uri = if self.family == Family::Atom {
                names::ATOM
            } else {
                names::RSS
            };
            Some(uri).filter(|uri| *uri != attribute.value)
        };
        if let Some(uri) = uri {
            self.namespace(base, attribute, uri);
        }
    }

    fn namespace(&mut self, base: usize, attribute: &Attribute<'a>, uri: &str) {
        let damage = match attribute.value {
            names::OLD_ATOM => Damage::OldAtom,
            value => Damage::Namespace(value.to_owned()),
        };
        self.damages.note(damage, base + attribute.span.0);
        self.replace(base + attribute.at, attribute.value, uri);
    }

    /// feed-rs refuses the whole feed for one base that is no address.
    fn base(&mut self, base: usize, attribute: &Attribute<'a>) {
        let error = Url::parse(&attribute.value.replace("&amp;", "&")).err();
        if error.is_some_and(|error| error != url::ParseError::RelativeUrlWithoutBase) {
            self.damages.note(Damage::Base, base + attribute.span.0);
            self.edits
                .push((base + attribute.span.0..base + attribute.span.1, String::new()));
        }
    }

    fn replace(&mut self, at: usize, old: &str, new: &str) {
        self.edits.push((at..at + old.len(), new.to_owned()));
    }

    fn opened_field(&mut self, at: usize, tag: &Tag<'a>) -> OpenField {
        let content = at + tag.raw.len();
        if matches!(tag.name, "media:title" | "media:description") {
            let is_empty = self.text[content..].starts_with("</");
            self.edits.extend(types::media_edits(tag, at, is_empty));
        }
        let text_type = if self.family == Family::Atom && types::is_text(tag.name) {
            let base = at + 1 + tag.name.len();
            let reading = types::read(tag, base, tag.self_closing || self.text[content..].starts_with("</"));
            if let Some(kind) = reading.unknown {
                self.damages.note(Damage::TextType(kind.to_owned()), at);
            }
            self.edits.extend(reading.edits);
            reading.text_type
        } else {
            types::TextType::Plain
        };
        OpenField {
            depth: self.open.len(),
            content,
            has_tags: false,
            text_type,
        }
    }

    fn end(&mut self, at: usize, tag: Tag<'a>) -> Result<(), IllFormed> {
        let is_sound = tag.end == TagEnd::Closed && !tag.self_closing && tag.attributes.trim().is_empty();
        let open = self
            .open
            .pop()
            .filter(|open| is_sound && open.name == tag.name)
            .ok_or(IllFormed)?;
        if self.field.as_ref().is_some_and(|field| field.depth > self.open.len()) {
            self.end_field(at);
        }
        if self.field.is_none() {
            if let Some(renamed) = open.renamed {
                self.edits.push((at + 2..at + 2 + tag.name.len(), renamed.to_owned()));
            }
            if open.role == Kind::Channel {
                self.channels.push(at..at + tag.raw.len());
            }
        }
        if self.open.is_empty() {
            self.root_end = at;
        }
        Ok(())
    }

    /// Tags in a text that is not XHTML would cut it short: they are escaped.
    fn end_field(&mut self, at: usize) {
        let Some(field) = self.field.take() else { return };
        if !field.has_tags || field.text_type == types::TextType::Xhtml {
            return;
        }
        let content = field.content..at;
        self.damages.note(Damage::Markup, field.content);
        if let types::TextType::At(place) = field.text_type {
            // Another type may have been written there already; only this field's edits come after it.
            let later = self
                .edits
                .iter()
                .rev()
                .take_while(|(edit, _)| edit.start >= place.start)
                .count();
            let first = self.edits.len() - later;
            if let Some(found) = self.edits[first..].iter().position(|(edit, _)| *edit == place) {
                self.edits.remove(first + found);
            }
            self.edits.push((place, " type=\"html\"".to_owned()));
        }
        let text = &self.text[content.clone()];
        let escaped = if text.contains("<![CDATA[") {
            edits::escape_around_sections(text)
        } else {
            escape(text)
        };
        self.edits.push((content, escaped));
    }

    fn declare_prefixes(&mut self) {
        let missing: Vec<&str> = self.used.difference(&self.declared).copied().collect();
        for prefix in missing {
            self.damages.note(Damage::Prefix(prefix.to_owned()), 0);
            let declaration = format!(" xmlns:{prefix}=\"{}\"", names::namespace_of(prefix));
            self.edits.push((self.root.0..self.root.0, declaration));
        }
    }

    /// feed-rs reads the items of one channel in RSS, and those beside the channel in RDF.
    fn join_channels(&mut self) {
        let is_as_expected = match self.family {
            Family::Atom => true,
            Family::Rdf => !self.has_items_in_channel,
            Family::Rss => !self.has_loose_items && self.channels.len() <= 2,
        };
        if is_as_expected {
            return;
        }
        self.damages.note(Damage::Channel, self.root.1);
        let channels = std::mem::take(&mut self.channels);
        self.edits.retain(|(place, _)| {
            let next = channels.partition_point(|channel| channel.end <= place.start);
            !channels.get(next).is_some_and(|channel| channel.contains(&place.start))
        });
        self.edits
            .extend(channels.into_iter().map(|channel| (channel, String::new())));
        // RSS has its items inside the channel, RSS 1.0 behind it.
        let end = if self.family == Family::Rdf {
            self.first_item
        } else {
            self.root_end
        };
        self.edits.push((self.root.1..self.root.1, "<channel>".to_owned()));
        self.edits.push((end..end, "</channel>".to_owned()));
    }
}
