//! What somebody typed: words that must all be there, "phrases in quotation marks", -words that must not. Any text is a
//! query; what makes no sense in it is passed over.

use std::ops::Range;

use super::fold::{Stems, words};

/// No more of what was typed is read, in bytes.
const LONGEST: usize = 1000;

/// No more words, phrases and excluded words count.
const MOST_CLAUSES: usize = 16;

/// No more words of one phrase count.
const MOST_WORDS: usize = 12;

/// A query in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What must be there.
    pub wanted: Vec<Clause>,
    /// What must not.
    pub unwanted: Vec<Clause>,
}

/// Folded words that follow each other; one of them, where a single word was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause(pub Vec<String>);

impl Parsed {
    /// Reads what was typed.
    pub fn of(text: &str) -> Parsed {
        let mut parsed = Parsed::default();
        let mut rest = &text[..text.floor_char_boundary(LONGEST)];
        while parsed.wanted.len() + parsed.unwanted.len() < MOST_CLAUSES {
            let Some((is_unwanted, part, after)) = next(rest) else {
                break;
            };
            rest = after;
            let folded: Vec<String> = words(part)
                .map(|word| word.folded)
                .filter(|folded| !folded.is_empty())
                .take(MOST_WORDS)
                .collect();
            let side = if is_unwanted {
                &mut parsed.unwanted
            } else {
                &mut parsed.wanted
            };
            let clause = Clause(folded);
            if !clause.0.is_empty() && !side.contains(&clause) {
                side.push(clause);
            }
        }
        parsed
    }

    /// Where what is wanted stands in a text, in bytes, in order; at most so many places.
    pub fn marks(&self, text: &str, stems: &Stems, at_most: usize) -> Vec<Range<usize>> {
        let singles: Vec<(&str, String)> = self
            .wanted
            .iter()
            .filter_map(|clause| match clause.0.as_slice() {
                [single] => Some((single.as_str(), stems.of(single))),
                _ => None,
            })
            .collect();
        let phrases: Vec<&[String]> = self
            .wanted
            .iter()
            .map(|clause| clause.0.as_slice())
            .filter(|words| words.len() > 1)
            .collect();
        let words: Vec<_> = words(text).collect();
        let mut marks: Vec<Range<usize>> = Vec::new();
        for (at, word) in words.iter().enumerate() {
            if marks.len() >= at_most {
                break;
            }
            let single = || {
                let is_it = |(exact, stem): &(&str, String)| *exact == word.folded || *stem == stems.of(&word.folded);
                singles.iter().any(is_it).then(|| word.range.clone())
            };
            let phrase = |phrase: &&[String]| {
                let here = words.get(at..at + phrase.len())?;
                let is_it = here.iter().zip(*phrase).all(|(word, wanted)| word.folded == *wanted);
                is_it.then(|| word.range.start..here[here.len() - 1].range.end)
            };
            let Some(mark) = phrases.iter().find_map(phrase).or_else(single) else {
                continue;
            };
            match marks.last_mut() {
                Some(last) if last.end >= mark.start => last.end = last.end.max(mark.end),
                _ => marks.push(mark),
            }
        }
        marks
    }
}

/// The next part: whether it is excluded, its text, and what follows it.
fn next(text: &str) -> Option<(bool, &str, &str)> {
    let text = text.trim_start();
    let first = text.chars().next()?;
    let (is_unwanted, text) = match text.strip_prefix('-') {
        Some(rest) if rest.starts_with(|next: char| next.is_alphanumeric() || is_quote(next)) => (true, rest),
        _ => (false, text),
    };
    if let Some(quoted) = text.strip_prefix(is_quote) {
        // A quotation that is not closed goes to the end.
        let end = quoted.find(is_quote).unwrap_or(quoted.len());
        let after = quoted[end..].strip_prefix(is_quote).unwrap_or_default();
        return Some((is_unwanted, &quoted[..end], after));
    }
    let ends = |letter: char| letter.is_whitespace() || is_quote(letter);
    let end = text
        .find(ends)
        .unwrap_or(text.len())
        .max(if is_unwanted { 0 } else { first.len_utf8() });
    Some((is_unwanted, &text[..end], &text[end..]))
}

fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '“' | '”' | '„' | '«' | '»')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let parsed = Parsed::of(text);
        let wanted = parsed.wanted.iter().map(|clause| clause.0.join("_"));
        let unwanted = parsed.unwanted.iter().map(|clause| format!("-{}", clause.0.join("_")));
        wanted.chain(unwanted).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_phrases_and_exclusions_are_told_apart() {
        for (text, expected) in [
            ("", ""),
            ("Lapas JEMBER", "lapas jember"),
            ("\"Lapas Jember\" remisi", "lapas_jember remisi"),
            ("“Lapas Jember”remisi", "lapas_jember remisi"),
            ("remisi -lebaran -\"hari raya\"", "remisi -lebaran -hari_raya"),
            ("covid-19 anak-anak Jum'at", "covid_19 anak_anak jumat"),
            ("lapas lapas LAPAS", "lapas"),
            ("\"tidak ditutup", "tidak_ditutup"),
            ("- -- --x -", "x"),
            ("-", ""),
            ("\"\" \"", ""),
            ("a\"b c\"d", "a b_c d"),
            ("lapas AND (jember OR *) title:x ~2 ^", "lapas and jember or title_x 2"),
            ("!!! ??? \u{0}\u{1}", ""),
            ("😀 ꦗꦮ", "ꦗꦮ"),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_query_is_bounded() {
        assert_eq!(Parsed::of(&"é ".repeat(1 << 20)).wanted.len(), 1);
        let many: String = (0..1_000).map(|n| format!("{n} ")).collect();
        assert_eq!(Parsed::of(&many).wanted.len(), MOST_CLAUSES);
        assert_eq!(Parsed::of(&format!("\"{many}")).wanted[0].0.len(), MOST_WORDS);
        Parsed::of(&"\"-".repeat(1 << 16));
    }

    #[test]
    fn what_was_found_is_marked() {
        let stems = Stems::new([]);
        for (query, text, expected) in [
            ("jumat", "Hari Jum'at, JUMAT.", "Hari [Jum'at], [JUMAT]."),
            ("kunjungan -lapas", "Berkunjung ke lapas", "[Berkunjung] ke lapas"),
            (
                "\"lapas jember\"",
                "Lapas lapas Jember jember",
                "Lapas [lapas Jember] jember",
            ),
            ("\"a b\" \"b c\"", "a b c", "[a b c]"),
            ("", "a b", "a b"),
            ("x", "", ""),
        ] {
            let marks = Parsed::of(query).marks(text, &stems, 9);
            let mut shown = text.to_owned();
            for mark in marks.iter().rev() {
                shown.insert(mark.end, ']');
                shown.insert(mark.start, '[');
            }
            assert_eq!(shown, expected, "{query} in {text}");
        }
        assert_eq!(Parsed::of("x").marks(&"x ".repeat(99), &stems, 3).len(), 3);
    }
}
