//! Changes of a text at places, and the escaping of a text that has markup in it. Which changes are made is decided
//! elsewhere.

use std::ops::Range;

use super::text::escape;

/// The text with some places written anew; nothing if there are none. Where two overlap, the first one counts.
pub fn apply(text: &str, mut edits: Vec<(Range<usize>, String)>) -> Option<String> {
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|(place, _)| (place.start, place.end));
    let mut out = String::with_capacity(text.len() + edits.len() * 16);
    let mut done = 0;
    for (place, new) in &edits {
        if place.start < done {
            continue;
        }
        out.push_str(&text[done..place.start]);
        out.push_str(new);
        done = place.end;
    }
    out.push_str(&text[done..]);
    Some(out)
}

/// Escapes what stands around CDATA sections, whose text is HTML already.
pub fn escape_around_sections(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, section)) = rest.split_once("<![CDATA[") {
        out.push_str(&escape(before));
        let (content, after) = section.split_once("]]>").unwrap_or((section, ""));
        out.push_str(&escape(content));
        rest = after;
    }
    out.push_str(&escape(rest));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_around_the_edits_stays() {
        let edits = vec![
            (4..7, "dua".to_owned()),
            (0..0, "> ".to_owned()),
            (5..6, "x".to_owned()),
        ];
        assert_eq!(apply("abc def ghi", edits).as_deref(), Some("> abc dua ghi"));
        assert_eq!(apply("abc", Vec::new()), None);
    }

    #[test]
    fn sections_are_escaped_as_the_text_they_are() {
        assert_eq!(
            escape_around_sections("<p>a</p><![CDATA[<b>&amp;</b>]]>"),
            "&lt;p&gt;a&lt;/p&gt;&lt;b&gt;&amp;amp;&lt;/b&gt;"
        );
    }
}
