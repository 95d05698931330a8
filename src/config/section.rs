//! Reading settings out of a table: what is not accepted becomes a fault with key and place. It knows no setting by name.

use std::path::PathBuf;
use std::sync::Arc;

use super::fault::Fault;
use super::tree::{Kind, Place, Placed, Source, Table, Value};

/// Why a value is not accepted; [`Section::read`] adds key and place.
#[derive(Debug)]
pub(super) struct Complaint {
    pub message: String,
    pub label: Option<String>,
    pub help: Option<String>,
}

impl Complaint {
    pub fn new(message: impl Into<String>) -> Complaint {
        Complaint {
            message: message.into(),
            label: None,
            help: None,
        }
    }

    pub fn help(mut self, help: impl Into<String>) -> Complaint {
        self.help = Some(help.into());
        self
    }

    fn at(self, key: &str, place: &Place) -> Fault {
        Fault {
            help: self.help,
            ..place
                .fault(format!("`{key}`: {}", self.message))
                .label(self.label.unwrap_or_else(|| "this value".to_owned()))
        }
    }
}

/// A table under the name it has in messages.
#[derive(Clone, Copy)]
pub(super) struct Section<'a> {
    /// "in [crawl]", "at the top level".
    pub name: &'static str,
    pub table: &'a Table,
    pub place: &'a Place,
}

impl<'a> Section<'a> {
    /// Reports every key that is not one of `known`.
    pub fn check_keys(&self, known: &[&str], faults: &mut Vec<Fault>) {
        for (key, (place, _)) in self.table {
            if known.contains(&key.as_str()) {
                continue;
            }
            let fault = place
                .fault(format!("unknown key `{key}` {}", self.name))
                .label("not a setting");
            faults.push(match did_you_mean(key, known) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help(format!("the keys here are {}", known.join(", "))),
            });
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.table.get(key).map(|(_, value)| value)
    }

    /// The place of a key's value, else of the section.
    pub fn place_of(&self, key: &str) -> &'a Place {
        self.get(key).map_or(self.place, |value| &value.place)
    }

    /// Reads a key if it is there; what `parse` complains of becomes a fault.
    pub fn read<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&Value) -> Result<T, Complaint>,
        faults: &mut Vec<Fault>,
    ) -> Option<T> {
        let value = self.get(key)?;
        parse(value)
            .map_err(|complaint| faults.push(complaint.at(key, &value.place)))
            .ok()
    }

    /// Reads a key that must be there.
    pub fn require<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&Value) -> Result<T, Complaint>,
        faults: &mut Vec<Fault>,
    ) -> Option<T> {
        if self.get(key).is_none() {
            let message = format!("`{key}` is missing {}", self.name);
            faults.push(self.place.fault(message).label(format!("this has no `{key}`")));
        }
        self.read(key, parse, faults)
    }

    /// Reads a key into `target`, which keeps what it has if the key is not there.
    pub fn set<T>(
        &self,
        target: &mut T,
        key: &str,
        parse: impl FnOnce(&Value) -> Result<T, Complaint>,
        faults: &mut Vec<Fault>,
    ) {
        if let Some(value) = self.read(key, parse, faults) {
            *target = value;
        }
    }

    /// Reads a list, reporting each element that is not accepted; `None` if the key is not there or no list.
    pub fn list<T>(
        &self,
        key: &str,
        parse: impl Fn(&Value) -> Result<T, Complaint>,
        faults: &mut Vec<Fault>,
    ) -> Option<Vec<Placed<T>>> {
        let value = self.get(key)?;
        let Kind::List(elements) = &value.kind else {
            faults.push(
                value
                    .unexpected("a list")
                    .help("put it in brackets, as in [\"…\"]")
                    .at(key, &value.place),
            );
            return None;
        };
        let mut list = Vec::new();
        for element in elements {
            match parse(element) {
                Ok(value) => list.push(Placed {
                    value,
                    place: element.place.clone(),
                }),
                Err(complaint) => faults.push(complaint.at(key, &element.place)),
            }
        }
        Some(list)
    }

    /// The table under a key; one that is not a table is reported.
    pub fn subsection(&self, key: &str, name: &'static str, faults: &mut Vec<Fault>) -> Option<Section<'a>> {
        let value = self.get(key)?;
        match &value.kind {
            Kind::Table(table) => Some(Section {
                name,
                table,
                place: &value.place,
            }),
            _ => {
                faults.push(value.unexpected("a table").at(key, &value.place));
                None
            }
        }
    }

    /// The tables of `[[key]]`; what is none is reported.
    pub fn subsections(&self, key: &str, name: &'static str, faults: &mut Vec<Fault>) -> Vec<Section<'a>> {
        let Some((key_place, value)) = self.table.get(key) else {
            return Vec::new();
        };
        let Kind::List(elements) = &value.kind else {
            let help = format!("write {} with double brackets", name.trim_start_matches("in "));
            faults.push(value.unexpected("a list of tables").help(help).at(key, key_place));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for element in elements {
            match &element.kind {
                Kind::Table(table) => sections.push(Section {
                    name,
                    table,
                    place: &element.place,
                }),
                _ => faults.push(element.unexpected("a table").at(key, &element.place)),
            }
        }
        sections
    }
}

/// Reads a text that stands in no file as a string setting is read.
pub(super) fn read_answer<T>(text: &str, parse: impl FnOnce(&Value) -> Result<T, Complaint>) -> Result<T, String> {
    let source = Arc::new(Source {
        path: PathBuf::new(),
        text: Arc::from(text),
        bare: None,
    });
    let value = Value {
        kind: Kind::Text(text.to_owned()),
        place: Place::new(&source, 0..text.len()),
    };
    parse(&value).map_err(|complaint| match complaint.help {
        Some(help) => format!("{}; {help}", complaint.message),
        None => complaint.message,
    })
}

/// The one of `known` that `word` was probably meant to be.
pub(super) fn did_you_mean<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), *candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_is_recognised_and_a_foreign_one_is_not() {
        let known = ["concurrency", "host_concurrency", "contact", "robots"];
        assert_eq!(did_you_mean("concurency", &known), Some("concurrency"));
        assert_eq!(did_you_mean("hostconcurrency", &known), Some("host_concurrency"));
        assert_eq!(did_you_mean("xyzzy", &known), None);
    }
}
