//! What was wrong with a feed, in the words of its site's owner. Each kind of damage is told once, with its first place
//! and how often it was found; nothing is decided here.

use crate::model::Problem;

/// A kind of damage that was repaired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Text stands before the document.
    Preface,
    /// The XML declaration says something that is not so.
    Declaration(String),
    /// A document type with declarations of its own.
    Doctype,
    /// Characters that XML forbids.
    Controls,
    /// `&` that begins no reference.
    Ampersand,
    /// A reference to an entity that only HTML knows.
    HtmlEntity,
    /// A reference to a character that XML forbids.
    Reference,
    /// `<` that begins no tag.
    Angle,
    /// Tags of HTML in a text that should be escaped.
    Markup,
    /// A CDATA section that is not closed.
    OpenSection,
    /// `]]>` where it closes nothing, or sections in one another.
    Section,
    /// A comment or an instruction that is not closed, or in a wrong place.
    Instruction,
    /// Attributes without quotation marks, twice, or run together.
    Attribute,
    /// A tag without its `>`.
    Tag,
    /// An element that is not closed.
    Unclosed,
    /// An end tag that ends nothing.
    Unopened,
    /// The document ends in the middle.
    Truncated,
    /// Something stands behind the document.
    Trailing,
    /// Two documents in one.
    Concatenated,
    /// A prefix that is not declared.
    Prefix(String),
    /// A name space that is written in another way.
    Namespace(String),
    /// Atom of the year 2003.
    OldAtom,
    /// A root element or version that is not in the specifications.
    Root(String),
    /// Items that stand outside the channel, or several channels.
    Channel,
    /// Names in other letters than they have.
    Case,
    /// A type of a text that Atom does not know.
    TextType(String),
    /// An address in `xml:base` that is none.
    Base,
    /// JSON that is not quite JSON.
    Json(&'static str),
    /// A member of a JSON Feed that is not of its kind.
    JsonShape(&'static str),
}

impl Damage {
    fn words(&self) -> String {
        match self {
            Damage::Preface => "text before the feed (a warning of the server?) was skipped".to_owned(),
            Damage::Declaration(what) => what.clone(),
            Damage::Doctype => "the document type was ignored: entities are never declared by a feed".to_owned(),
            Damage::Controls => "characters that XML forbids were dropped".to_owned(),
            Damage::Ampersand => "`&` must be written `&amp;`".to_owned(),
            Damage::HtmlEntity => "names of characters that XML does not know, such as `&nbsp;`".to_owned(),
            Damage::Reference => "references to characters that do not exist or are control characters".to_owned(),
            Damage::Angle => "`<` in a text must be written `&lt;`".to_owned(),
            Damage::Markup => "HTML in a text must be escaped or stand in CDATA".to_owned(),
            Damage::OpenSection => "a CDATA section is not closed with `]]>`".to_owned(),
            Damage::Section => "`]]>` inside a text, or CDATA inside CDATA".to_owned(),
            Damage::Instruction => "a comment or instruction in a wrong place or not closed was skipped".to_owned(),
            Damage::Attribute => "attributes without quotation marks, without a value, or written twice".to_owned(),
            Damage::Tag => "a tag is not closed with `>`, or a quotation mark is missing in it".to_owned(),
            Damage::Unclosed => "elements that are not closed, or closed in a wrong order".to_owned(),
            Damage::Unopened => "end tags of elements that are not open were skipped".to_owned(),
            Damage::Truncated => "the document ends in the middle: what was whole before is kept".to_owned(),
            Damage::Trailing => "what stands behind the feed's end was skipped".to_owned(),
            Damage::Concatenated => "the document goes on behind its end: the items there were read too".to_owned(),
            Damage::Prefix(prefix) => format!("the prefix `{prefix}:` is not declared"),
            Damage::Namespace(uri) => format!("the name space {uri:?} is not written as it is specified"),
            Damage::OldAtom => "Atom 0.3 was read as Atom 1.0".to_owned(),
            Damage::Root(what) => what.clone(),
            Damage::Channel => "items outside the channel, or several channels".to_owned(),
            Damage::Case => "element names in wrong capital or small letters".to_owned(),
            Damage::TextType(kind) => format!("a text of the type {kind:?}, which Atom does not know"),
            Damage::Base => "an `xml:base` that is no address was ignored".to_owned(),
            Damage::Json(what) | Damage::JsonShape(what) => (*what).to_owned(),
        }
    }
}

/// The most kinds of damage that are told of one document.
const MAX_KINDS: usize = 24;

/// The damage found in one document.
#[derive(Clone, Debug, Default)]
pub struct Damages {
    /// Kind, first place in bytes, how often.
    found: Vec<(Damage, usize, usize)>,
}

impl Damages {
    /// Notes damage at a place.
    pub fn note(&mut self, damage: Damage, at: usize) {
        if let Some((_, _, count)) = self.found.iter_mut().find(|(known, _, _)| *known == damage) {
            *count += 1;
        } else if self.found.len() < MAX_KINDS {
            self.found.push((damage, at, 1));
        }
    }

    /// Takes over what was found in another reading of the same document, whose places count from `from`.
    pub fn extend(&mut self, other: Damages, from: usize) {
        for (damage, at, count) in other.found {
            self.note(damage.clone(), from + at);
            if let Some((_, _, total)) = self.found.iter_mut().find(|(known, _, _)| *known == damage) {
                *total += count - 1;
            }
        }
    }

    /// The damage as problems of the document at an address. Takes one pass over the text.
    pub fn problems(mut self, address: &str, text: &str) -> Vec<Problem> {
        self.found.sort_by_key(|(_, at, _)| *at);
        let (mut line, mut counted) = (1, 0);
        let mut problems = Vec::new();
        for (damage, at, count) in self.found {
            let at = at.min(text.len());
            line += text.as_bytes()[counted..at]
                .iter()
                .filter(|letter| **letter == b'\n')
                .count();
            counted = at;
            let times = if count > 1 {
                format!(" ({count} places)")
            } else {
                String::new()
            };
            problems.push(Problem::new(
                format!("{address} line {line}"),
                format!("repaired: {}{times}", damage.words()),
            ));
        }
        problems
    }
}
