//! The part of a text that is shown with a hit.

use std::ops::Range;

use super::Excerpt;

/// No word is looked for further away than this, in bytes.
const NEAR: usize = 80;

impl Excerpt {
    /// The part of a text, at most so many bytes, that has the most of these places (in order); its beginning without any.
    pub(super) fn around(marks: Vec<Range<usize>>, text: &str, length: usize) -> Excerpt {
        // Of what begins with each place, how many places fit; the first of the best.
        let mut best: Option<(usize, usize)> = None;
        let mut last = 0;
        for first in 0..marks.len() {
            while marks
                .get(last)
                .is_some_and(|mark| mark.end <= marks[first].start.saturating_add(length))
            {
                last += 1;
            }
            if best.is_none_or(|(from, until)| last.saturating_sub(first) > until - from) {
                best = Some((first, last.max(first)));
            }
        }
        // Some words before the first place, so that it can be understood.
        let wanted = best.map_or(0, |(first, last)| {
            let until = marks[first..last].last().map_or(marks[first].end, |mark| mark.end);
            let room = length.saturating_sub(until - marks[first].start);
            marks[first].start.saturating_sub(room / 3)
        });
        let start = word_start(text, wanted);
        let end = word_end(text, start.saturating_add(length).min(text.len())).max(start);
        let marks = marks.into_iter().filter(|mark| mark.start >= start && mark.end <= end);
        Excerpt {
            range: start..end,
            marks: marks.collect(),
        }
    }
}

/// The first place at or before this one where a word begins.
fn word_start(text: &str, at: usize) -> usize {
    let before = &text[..text.floor_char_boundary(at)];
    let start = before.rfind(char::is_whitespace).map_or(0, |space| space + 1);
    let start = text.ceil_char_boundary(start);
    if before.len() - start.min(before.len()) < NEAR {
        start
    } else {
        before.len()
    }
}

/// The last place at or before this one where a word ends.
fn word_end(text: &str, at: usize) -> usize {
    let (before, after) = text.split_at(text.floor_char_boundary(at));
    if after.is_empty() || after.starts_with(char::is_whitespace) {
        return before.trim_end().len();
    }
    let end = before
        .rfind(char::is_whitespace)
        .map(|space| before[..space].trim_end().len());
    end.filter(|end| before.len() - end < NEAR).unwrap_or(before.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, word: &str, length: usize) -> String {
        let marks = text.match_indices(word).map(|(at, word)| at..at + word.len()).collect();
        let excerpt = Excerpt::around(marks, text, length);
        let mut shown = text[excerpt.range.clone()].to_owned();
        for mark in excerpt.marks.iter().rev() {
            shown.insert(mark.end - excerpt.range.start, ']');
            shown.insert(mark.start - excerpt.range.start, '[');
        }
        shown
    }

    #[test]
    fn the_part_with_the_most_places_is_shown() {
        let text = "satu x dua tiga empat lima enam tujuh x delapan x sembilan sepuluh sebelas dua belas";
        for (word, length, expected) in [
            ("x", 30, "tujuh [x] delapan [x] sembilan"),
            ("belas", 15, "se[belas] dua"),
            ("tidak ada", 12, "satu x dua"),
            (
                "satu",
                1_000,
                "[satu] x dua tiga empat lima enam tujuh x delapan x sembilan sepuluh sebelas dua belas",
            ),
        ] {
            assert_eq!(shown(text, word, length), expected, "{word}");
        }
    }

    #[test]
    fn no_text_is_cut_inside_a_letter() {
        for text in [
            "",
            " ",
            "é",
            "ééééééééééé x ééééé",
            &"ꦗ".repeat(500),
            &"  \u{2003}é".repeat(200),
        ] {
            for length in [0, 1, 2, 3, 7, 40, usize::MAX] {
                for word in ["é", "x", "ꦗ"] {
                    let marks: Vec<Range<usize>> =
                        text.match_indices(word).map(|(at, word)| at..at + word.len()).collect();
                    let excerpt = Excerpt::around(marks, text, length);
                    assert!(text.get(excerpt.range.clone()).is_some(), "{text:?} {length}");
                    assert!(excerpt.range.len() <= length.saturating_add(NEAR), "{text:?} {length}");
                }
            }
        }
    }
}
