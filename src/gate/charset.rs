//! Bytes to text: which character set a body is in, and the text it makes. What the server says is asked last but one,
//! because UTF-8 proves itself and labels are often wrong (`windows-1252` in pages that say `utf-8`, and the reverse).

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::model::Document;

/// How far into a body its own statement of the character set is looked for, in bytes; HTML asks for 1024.
const PRESCAN: usize = 2048;

/// The body as text. Order: byte order mark, valid UTF-8, UTF-8 with stray bytes, the label in the header or in the
/// body, what the bytes look like. What cannot be decoded becomes U+FFFD.
pub fn decode(document: &Document) -> String {
    let body = &document.body;
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(&body[mark..]).0.into_owned();
    }
    match body.as_slice() {
        [b'<', 0, ..] => return UTF_16LE.decode_without_bom_handling(body).0.into_owned(),
        [0, b'<', ..] => return UTF_16BE.decode_without_bom_handling(body).0.into_owned(),
        _ => {}
    }
    if let Ok(text) = std::str::from_utf8(body) {
        return text.to_owned();
    }
    if is_mostly_utf8(body) {
        return String::from_utf8_lossy(body).into_owned();
    }
    let encoding = labelled(document).unwrap_or_else(|| guess(body));
    encoding.decode_without_bom_handling(body).0.into_owned()
}

/// Whether a few stray bytes stand in what is UTF-8 otherwise: a text cut at a byte limit, a pasted quotation mark.
fn is_mostly_utf8(body: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in body.utf8_chunks() {
        good += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 4 * bad
}

/// What header and body say, unless they say UTF-8, which was just found untrue.
fn labelled(document: &Document) -> Option<&'static Encoding> {
    let header = document.content_type.as_deref().and_then(charset_after_equals);
    let head = String::from_utf8_lossy(&document.body[..document.body.len().min(PRESCAN)]).to_ascii_lowercase();
    let xml = head.trim_start().strip_prefix("<?xml").and_then(|rest| {
        let declaration = rest.split_once("?>")?.0;
        value_after(declaration, "encoding")
    });
    [header, xml, value_after(&head, "charset")]
        .into_iter()
        .flatten()
        .filter_map(|label| Encoding::for_label(label.as_bytes()))
        .find(|encoding| *encoding != UTF_8 && *encoding != UTF_16LE && *encoding != UTF_16BE)
}

fn charset_after_equals(header: &str) -> Option<String> {
    value_after(&header.to_ascii_lowercase(), "charset")
}

/// The value in `key="value"`, `key='value'` or `key=value`.
fn value_after(text: &str, key: &str) -> Option<String> {
    text.match_indices(key).find_map(|(at, _)| {
        let rest = text[at + key.len()..].trim_start().strip_prefix('=')?.trim_start();
        let value: String = rest
            .trim_start_matches(['"', '\''])
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | ':' | '.'))
            .collect();
        (!value.is_empty()).then_some(value)
    })
}

fn guess(body: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(body, true);
    detector.guess(Some(b"id"), Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::samples;

    fn document(body: &[u8], content_type: Option<&str>) -> Document {
        Document {
            content_type: content_type.map(str::to_owned),
            ..samples::document("https://a.example/", body)
        }
    }

    #[test]
    fn each_way_of_writing_the_same_words_gives_the_same_words() {
        let utf16 = |big: bool| -> Vec<u8> {
            "<p>Jum’at – “ya”"
                .encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect()
        };
        let cases: [(&str, Vec<u8>, Option<&str>); 9] = [
            ("UTF-8", "<p>Jum’at – “ya”".into(), None),
            (
                "UTF-8 with a wrong label",
                "<p>Jum’at – “ya”".into(),
                Some("text/html; charset=iso-8859-1"),
            ),
            ("a byte order mark", "\u{feff}<p>Jum’at – “ya”".into(), None),
            ("UTF-16LE", utf16(false), None),
            ("UTF-16BE", utf16(true), None),
            ("UTF-16BE with a mark", [vec![0xFE, 0xFF], utf16(true)].concat(), None),
            (
                "windows-1252 by header",
                b"<p>Jum\x92at \x96 \x93ya\x94".to_vec(),
                Some("text/html; charset=\"Windows-1252\""),
            ),
            (
                "windows-1252 labelled utf-8",
                b"<p>Jum\x92at \x96 \x93ya\x94".to_vec(),
                Some("text/html; charset=utf-8"),
            ),
            (
                "windows-1252 unlabelled",
                b"<p>Jum\x92at \x96 \x93ya\x94".to_vec(),
                None,
            ),
        ];
        for (name, bytes, label) in cases {
            assert_eq!(decode(&document(&bytes, label)), "<p>Jum’at – “ya”", "{name}");
        }
    }

    #[test]
    fn a_label_in_the_body_counts_when_the_header_is_silent() {
        let html =
            b"<meta http-equiv=Content-Type content=\"text/html; charset=windows-1251\"><p>\xcc\xee\xf1\xea\xe2\xe0";
        assert!(decode(&document(html, Some("text/html"))).ends_with("Москва"));
        let xml = b"<?xml version=\"1.0\" encoding='windows-1251'?><a>\xcc\xee\xf1\xea\xe2\xe0";
        assert!(decode(&document(xml, None)).ends_with("Москва"));
    }

    #[test]
    fn a_few_stray_bytes_do_not_spoil_a_page_in_utf8() {
        let bytes = [b"<p>\xff ".as_slice(), "“a” “b” “c” “d”".as_bytes()].concat();
        assert_eq!(
            decode(&document(&bytes, Some("text/html; charset=windows-1252"))),
            "<p>\u{fffd} “a” “b” “c” “d”"
        );
    }
}
