//! What is wrong in a configuration, and where: data, not yet text for a terminal (`cli::diagnostics` draws it).

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// How much a fault matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can be used, but does not do what its writer may think.
    Warning,
}

/// One thing that is wrong, with its place and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// How much it matters.
    pub severity: Severity,
    /// The file, or `$NAME` for an environment variable.
    pub file: PathBuf,
    /// The whole text of the file; empty if it could not be read.
    pub text: Arc<str>,
    /// The offending bytes of `text`, on character boundaries; `None` where the fault is the file itself.
    pub span: Option<Range<usize>>,
    /// A few words to stand beside the place.
    pub label: String,
    /// Other places in the same text, each with a few words.
    pub related: Vec<(Range<usize>, String)>,
    /// What is wrong, as one sentence without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Fault {
    /// A fault of a whole file that has no text.
    pub(super) fn of_file(file: PathBuf, message: String) -> Fault {
        Fault {
            severity: Severity::Error,
            file,
            text: Arc::from(""),
            span: None,
            label: String::new(),
            related: Vec::new(),
            message,
            help: None,
        }
    }

    /// The same fault with words beside the place.
    pub(super) fn label(mut self, label: impl Into<String>) -> Fault {
        self.label = label.into();
        self
    }

    /// The same fault with what to write instead.
    pub(super) fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }

    /// The same as a warning.
    pub(super) fn warning(mut self) -> Fault {
        self.severity = Severity::Warning;
        self
    }

    /// The line of the place, counted from 1.
    pub fn line(&self) -> usize {
        1 + self.before().matches('\n').count()
    }

    /// The column of the place in characters, counted from 1.
    pub fn column(&self) -> usize {
        1 + self.before().chars().rev().take_while(|c| *c != '\n').count()
    }

    fn before(&self) -> &str {
        let start = self.span.as_ref().map_or(0, |span| span.start);
        self.text.get(..start).unwrap_or_default()
    }
}

/// `file:line:column: message`, or without the numbers where the fault is the file itself.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.span.is_some() {
            write!(f, ":{}:{}", self.line(), self.column())?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Every fault of a configuration that cannot be used: at least one error, and the warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl std::error::Error for Faults {}

/// One line: how many, and the first.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: Vec<&Fault> = self
            .0
            .iter()
            .filter(|fault| fault.severity == Severity::Error)
            .collect();
        match errors.as_slice() {
            [] => write!(f, "the configuration has warnings only"),
            [only] => write!(f, "the configuration has 1 error: {only}"),
            [first, ..] => write!(f, "the configuration has {} errors, first {first}", errors.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let text = "judul = \"é\"\nnama = 1\n";
        for (span, line, column) in [(0..1, 1, 1), (11..12, 1, 11), (20..21, 2, 8), (999..1000, 1, 1)] {
            let fault = Fault {
                text: Arc::from(text),
                span: Some(span.clone()),
                ..Fault::of_file("a.toml".into(), String::new())
            };
            assert_eq!((fault.line(), fault.column()), (line, column), "{span:?}");
        }
    }

    #[test]
    fn a_summary_is_one_line() {
        let fault = |message: &str| Fault::of_file("a.toml".into(), message.to_owned());
        assert_eq!(
            Faults(vec![fault("b")]).to_string(),
            "the configuration has 1 error: a.toml: b"
        );
        let three = Faults(vec![fault("w").warning(), fault("b"), fault("c")]);
        assert_eq!(three.to_string(), "the configuration has 2 errors, first a.toml: b");
    }
}
