//! Draws the faults of a configuration for a terminal: place, snippet, label and what to write instead. What is a
//! fault is decided in `config`.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use crate::config::{Fault, Severity};

/// Whether colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// ANSI colours.
    On,
    /// None.
    Off,
}

/// Draws faults one below the other, at most `width` columns wide, and closes with their number. Empty for none.
pub fn render(faults: &[Fault], colour: Colour, width: usize) -> String {
    if faults.is_empty() {
        return String::new();
    }
    let theme = match colour {
        Colour::On => GraphicalTheme::unicode(),
        Colour::Off => GraphicalTheme::unicode_nocolor(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(width);
    let mut text = String::new();
    for fault in faults {
        // A snippet that cannot be drawn leaves its place and its message.
        let mut drawn = String::new();
        match handler.render_report(&mut drawn, &Drawing::new(fault)) {
            Ok(()) => text.push_str(drawn.trim_start_matches('\n')),
            Err(fmt::Error) => text.push_str(&format!("{fault}\n")),
        }
        text.push('\n');
    }
    text.push_str(&summary(faults));
    text.push('\n');
    text
}

/// "3 errors, 1 warning in 3 files".
fn summary(faults: &[Fault]) -> String {
    let of = |severity| faults.iter().filter(|fault| fault.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let files: BTreeSet<_> = faults.iter().map(|fault| &fault.file).collect();
    let mut text = String::new();
    for (number, word) in [(errors, "error"), (warnings, "warning")] {
        if number > 0 {
            let comma = if text.is_empty() { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(text, "{comma}{}", counted(number, word));
        }
    }
    format!("{text} in {}", counted(files.len(), "file"))
}

fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// A fault in the form that miette draws.
#[derive(Debug)]
struct Drawing<'a> {
    fault: &'a Fault,
    source: NamedSource<String>,
}

impl Drawing<'_> {
    fn new(fault: &Fault) -> Drawing<'_> {
        Drawing {
            fault,
            source: NamedSource::new(fault.file.display().to_string(), fault.text.to_string()),
        }
    }
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault.span {
            Some(_) => f.write_str(&self.fault.message),
            None => write!(f, "{}: {}", self.fault.file.display(), self.fault.message),
        }
    }
}

impl std::error::Error for Drawing<'_> {}

impl Diagnostic for Drawing<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.fault.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.fault.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.fault.span.as_ref().map(|_| &self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.fault.span.clone()?;
        let place = LabeledSpan::new_primary_with_span(Some(self.fault.label.clone()), span);
        let related = self
            .fault
            .related
            .iter()
            .map(|(span, label)| LabeledSpan::new_with_span(Some(label.clone()), span.clone()));
        Some(Box::new(std::iter::once(place).chain(related)))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::load;
    use crate::gazetteer::Gazetteer;

    /// Draws what is wrong in these files, the first of which includes the others; the folder is cut off.
    fn drawn(files: &[(&str, &str)], environment: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let environment: Vec<(String, String)> = environment
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        let path = folder.path().join("warta.toml");
        let mut faults = match load(&path, &environment, &Gazetteer::built_in()) {
            Ok(loaded) => loaded.warnings,
            Err(faults) => faults.0,
        };
        for fault in &mut faults {
            let here = folder.path().display().to_string();
            if let Ok(relative) = fault.file.strip_prefix(folder.path()).map(Path::to_owned) {
                fault.file = relative;
            }
            fault.help = fault.help.take().map(|help| help.replace(&here, "FOLDER"));
        }
        render(&faults, Colour::Off, 100)
    }

    const UNITS: &str = "include = [\"units.toml\"]\n";

    #[test]
    fn no_fault_draws_nothing() {
        assert_eq!(drawn(&[("warta.toml", "")], &[]), "");
    }

    #[test]
    fn a_wrong_key_is_drawn() {
        let text = "[crawl]\nrobots = true\nhost_dealy = \"3s\"\nxyzzy = 1\n\n[krawl]\n";
        insta::assert_snapshot!(drawn(&[("warta.toml", text)], &[]));
    }

    #[test]
    fn a_duplicate_id_shows_both_places() {
        let units = "[[satker]]\nid = \"lapas-a\"\nname = \"Lapas A\"\nregion = \"35.09\"\n\n[[satker]]\nid = \"lapas-a\"\nname = \"Lapas A\"\nregion = \"35.09\"\n";
        insta::assert_snapshot!(drawn(&[("warta.toml", UNITS), ("units.toml", units)], &[]));
    }

    #[test]
    fn a_duplicate_id_in_another_file_names_the_other_place() {
        let units = "[[satker]]\nid = \"lapas-a\"\nname = \"Lapas A\"\nregion = \"35.09\"\n";
        let both = "include = [\"units.toml\", \"more.toml\"]\n";
        let drawn = drawn(
            &[("warta.toml", both), ("units.toml", units), ("more.toml", units)],
            &[],
        );
        insta::assert_snapshot!(drawn);
    }

    #[test]
    fn an_unknown_region_names_its_neighbours() {
        let units = "[[satker]]\nid = \"a\"\nname = \"A\"\nregion = \"35.99\"\n\n[[satker]]\nid = \"b\"\nname = \"B\"\nregion = \"jembr\"\n\n[[satker]]\nid = \"c\"\nname = \"C\"\nregion = 35.09\n";
        insta::assert_snapshot!(drawn(&[("warta.toml", UNITS), ("units.toml", units)], &[]));
    }

    #[test]
    fn a_bad_selector_is_drawn() {
        let units = "[[source]]\nid = \"a\"\nkind = \"listing\"\nurl = \"https://a.go.id/\"\nitem = \"article[\"\narticle = { body = \"div >\" }\n";
        insta::assert_snapshot!(drawn(&[("warta.toml", UNITS), ("units.toml", units)], &[]));
    }

    #[test]
    fn a_missing_file_is_drawn() {
        let missing = drawn(&[], &[]);
        insta::assert_snapshot!(missing + &drawn(&[("warta.toml", UNITS)], &[]));
    }

    #[test]
    fn a_wrong_type_is_drawn() {
        let text = "site = 1\n\n[crawl]\nconcurrency = \"64\"\nhost_delay = 2\nallow_networks = \"10.0.0.0/8\"\nmax_body = \"8MB\"\n";
        insta::assert_snapshot!(drawn(&[("warta.toml", text)], &[]));
    }

    #[test]
    fn an_unknown_kind_is_drawn() {
        let units = "[[source]]\nid = \"a\"\nkind = \"wordpress\"\nurl = \"https://a.go.id/\"\n\n[[source]]\nid = \"b\"\nkind = \"fed\"\nurl = \"https://b.go.id/\"\n\n[[source]]\nurl = \"b.go.id\"\n";
        insta::assert_snapshot!(drawn(&[("warta.toml", UNITS), ("units.toml", units)], &[]));
    }

    #[test]
    fn a_fault_from_the_environment_names_the_variable() {
        let environment = [
            ("WARTA_CRAWL__CONCURRENCY", "banyak"),
            ("WARTA_STORE__PTH", "/srv"),
            ("WARTA_STROE__PATH", "/srv"),
        ];
        insta::assert_snapshot!(drawn(&[("warta.toml", "")], &environment));
    }

    #[test]
    fn a_warning_is_told_from_an_error() {
        insta::assert_snapshot!(drawn(
            &[("warta.toml", "[server]\ntrusted_proxies = [\"0.0.0.0/0\"]\n")],
            &[]
        ));
    }

    #[test]
    fn colour_is_used_only_when_asked_for() {
        let fault = load(Path::new("/nowhere/warta.toml"), &[], &Gazetteer::built_in())
            .unwrap_err()
            .0;
        assert!(render(&fault, Colour::On, 80).contains('\u{1b}'));
        assert!(!render(&fault, Colour::Off, 80).contains('\u{1b}'));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]

        #[test]
        fn whatever_is_wrong_is_drawn_with_its_message(text in "\\PC{0,20}\n[a-zé]{1,8} = [0-9]\n", width in 0usize..200) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("warta.toml");
            std::fs::write(&path, text).unwrap();
            let faults = load(&path, &[], &Gazetteer::built_in()).unwrap_err().0;
            let drawn = render(&faults, Colour::Off, width);
            proptest::prop_assert!(drawn.trim_end().ends_with("in 1 file"), "{}", drawn);
        }
    }
}
