//! A TOML text as a tree in which every key and value knows its place. Reading settings out of it is `section`'s work.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use toml_span::ErrorKind;
use toml_span::value::ValueInner;

use super::fault::{Fault, Severity};
use super::section::Complaint;

/// A text that settings come from.
#[derive(Debug)]
pub(super) struct Source {
    /// Its name for people: the path, or `$NAME` for an environment variable.
    pub path: PathBuf,
    /// All of it.
    pub text: Arc<str>,
    /// For an environment variable: its bare value, which stands where a string is wanted.
    pub bare: Option<String>,
}

/// Some bytes of a source.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub source: Arc<Source>,
    pub span: Range<usize>,
}

impl Place {
    /// A place whose ends are moved inwards onto character boundaries of the text.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Place {
        let boundary = |mut at: usize| {
            at = at.min(source.text.len());
            while !source.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (boundary(span.start), boundary(span.end));
        Place {
            source: source.clone(),
            span: start..end.max(start),
        }
    }

    /// An error here.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault {
            severity: Severity::Error,
            file: self.source.path.clone(),
            text: self.source.text.clone(),
            span: Some(self.span.clone()),
            label: "here".to_owned(),
            related: Vec::new(),
            message: message.into(),
            help: None,
        }
    }

    /// An error here that also shows, or names, another place.
    pub fn fault_with(&self, message: impl Into<String>, other: &Place, label: &str) -> Fault {
        let mut fault = self.fault(message);
        if Arc::ptr_eq(&self.source, &other.source) {
            fault.related.push((other.span.clone(), label.to_owned()));
        } else {
            let place = other.fault("");
            fault.help = Some(format!(
                "{label}: {}:{}:{}",
                place.file.display(),
                place.line(),
                place.column()
            ));
        }
        fault
    }
}

/// A value that remembers where it stood.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    pub value: T,
    pub place: Place,
}

/// A TOML value.
#[derive(Debug)]
pub(super) struct Value {
    pub kind: Kind,
    pub place: Place,
}

/// The kinds of value; dates are not among them, no setting is one.
#[derive(Debug)]
pub(super) enum Kind {
    Text(String),
    Whole(i64),
    Number,
    Flag(bool),
    List(Vec<Value>),
    Table(Table),
}

/// A table: each key with its place and value.
pub(super) type Table = BTreeMap<String, (Place, Value)>;

impl Value {
    /// The value as a string.
    pub fn text(&self) -> Result<&str, Complaint> {
        match (&self.kind, &self.place.source.bare) {
            (Kind::Text(text), _) => Ok(text),
            (_, Some(bare)) => Ok(bare),
            _ => Err(self.unexpected("a string").help("put it in double quotes")),
        }
    }

    /// The value as a whole number.
    pub fn whole(&self) -> Result<i64, Complaint> {
        match self.kind {
            Kind::Whole(number) => Ok(number),
            _ => Err(self.unexpected("a whole number")),
        }
    }

    /// The value as true or false.
    pub fn flag(&self) -> Result<bool, Complaint> {
        match self.kind {
            Kind::Flag(flag) => Ok(flag),
            _ => Err(self.unexpected("true or false")),
        }
    }

    /// The complaint that something else was wanted.
    pub fn unexpected(&self, wanted: &str) -> Complaint {
        let found = match &self.kind {
            Kind::Text(_) => "a string",
            Kind::Whole(_) => "a whole number",
            Kind::Number => "a number with a fraction",
            Kind::Flag(_) => "true or false",
            Kind::List(_) => "a list",
            Kind::Table(_) => "a table",
        };
        Complaint {
            label: Some(format!("this is {found}")),
            ..Complaint::new(format!("expected {wanted}, found {found}"))
        }
    }
}

/// Reads a text as TOML. What is no TOML is one fault: what follows it cannot be told.
pub(super) fn parse(source: &Arc<Source>) -> Result<Table, Box<Fault>> {
    let root = toml_span::parse(&source.text).map_err(|error| Box::new(syntax_fault(source, error)))?;
    match convert(root, source).kind {
        Kind::Table(table) => Ok(table),
        _ => Err(Box::new(Place::new(source, 0..0).fault("cannot read this as TOML"))),
    }
}

fn convert(mut value: toml_span::Value<'_>, source: &Arc<Source>) -> Value {
    let mut place = Place::new(source, value.span.into());
    let kind = match value.take() {
        ValueInner::String(text) => Kind::Text(text.into_owned()),
        ValueInner::Integer(number) => Kind::Whole(number),
        ValueInner::Float(_) => Kind::Number,
        ValueInner::Boolean(flag) => Kind::Flag(flag),
        ValueInner::Array(elements) => {
            Kind::List(elements.into_iter().map(|element| convert(element, source)).collect())
        }
        ValueInner::Table(table) => Kind::Table(
            table
                .into_iter()
                .map(|(key, value)| {
                    let place = Place::new(source, key.span.into());
                    (key.name.into_owned(), (place, convert(value, source)))
                })
                .collect(),
        ),
    };
    if let Kind::Table(_) = kind {
        // A table is pointed at by its first line, not by all that it holds.
        let text = source.text.get(place.span.clone()).unwrap_or_default();
        place.span.end = place.span.start + text.lines().next().unwrap_or_default().len();
    }
    Value { kind, place }
}

fn syntax_fault(source: &Arc<Source>, error: toml_span::Error) -> Fault {
    let place = Place::new(source, error.span.into());
    match &error.kind {
        ErrorKind::DuplicateKey { key, first } => {
            let first = Place::new(source, (*first).into());
            place
                .fault_with(format!("`{key}` is set twice"), &first, "first set here")
                .label("set again here")
        }
        ErrorKind::DuplicateTable { name, first } => {
            let first = Place::new(source, (*first).into());
            place
                .fault_with(format!("[{name}] stands here twice"), &first, "the first")
                .label("the second")
        }
        ErrorKind::UnquotedString => place
            .fault("cannot read this as TOML: a string without quotes")
            .help("put it in double quotes"),
        _ => place.fault(format!("cannot read this as TOML: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Arc<Source> {
        Arc::new(Source {
            path: "a.toml".into(),
            text: Arc::from(text),
            bare: None,
        })
    }

    #[test]
    fn a_place_never_cuts_a_character() {
        let source = source("aé\u{1F600}");
        for start in 0..9 {
            for end in 0..9 {
                let place = Place::new(&source, start..end);
                assert!(
                    source.text.get(place.span.clone()).is_some(),
                    "{start}..{end} became {:?}",
                    place.span
                );
            }
        }
    }

    #[test]
    fn broken_toml_is_one_fault_with_its_place() {
        for (text, line, message) in [
            ("a = 1\na = 2\n", 2, "`a` is set twice"),
            ("[a]\n[b]\n[a]\n", 3, "[a] stands here twice"),
            (
                "a = 1\nb = \"x\n",
                2,
                "cannot read this as TOML: invalid character in string: `\\n`",
            ),
            ("a = ja\n", 1, "cannot read this as TOML: a string without quotes"),
        ] {
            let fault = parse(&source(text)).unwrap_err();
            assert_eq!((fault.line(), fault.message.as_str()), (line, message), "{text}");
        }
    }
}
