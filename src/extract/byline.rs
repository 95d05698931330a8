//! Who wrote an article, where neither JSON-LD nor the head names a person: marked elements, and lines such as
//! "Penulis: Budi". Names of accounts ("admin") are passed over, for a line below the text often has the real one.

use scraper::{ElementRef, Selector};

use super::select::Page;
use super::words;

/// Elements by which markup names the author.
const MARKED: &str = "[itemprop=author] [itemprop=name], [itemprop=author], .createdby [itemprop=name], .createdby, \
    .post-author .fn, .vcard .fn, .author-name, .author.vcard, .entry-author, .post-author, [rel=author], .jeg_meta_author a, \
    .td-post-author-name a, .byline .author, .byline a, .byline, .wp-block-post-author-name, [class*=author__name], [class*=author-name], \
    .journalist a, [class*=nameEditor], .field--name-uid, [class*=penulis], .author";
/// What is found in a class, an `itemprop` or a `rel` of each of those elements or of one around it.
const CUES: &[&str] = &[
    "author",
    "createdby",
    "vcard",
    "byline",
    "journalist",
    "nameEditor",
    "field--name-uid",
    "penulis",
];
/// What stands before a name, in lower case; the writer before those who only helped.
const LABELS: &[&str] = &[
    "ditulis oleh",
    "diposting oleh",
    "dikirim oleh",
    "posted by",
    "written by",
    "rep",
    "penulis",
    "oleh",
    "reporter",
    "pewarta",
    "kontributor",
    "jurnalis",
    "laporan",
    "editor",
    "by",
];
/// Names of accounts, in lower case.
const ACCOUNTS: &[&str] = &[
    "admin",
    "administrator",
    "superadmin",
    "super user",
    "superuser",
    "webmaster",
    "redaksi",
    "operator",
    "author",
    "unknown",
    "editor",
    "root",
    "user",
    "adminweb",
    "admin web",
];
/// The longest name, in characters.
const LONGEST: usize = 60;

/// The author as marked or labelled on the page.
pub fn author(page: &Page<'_>) -> Option<String> {
    let mut marked = Vec::new();
    cued(page.html.root_element(), false, &mut marked);
    let named = MARKED
        .split(", ")
        .filter_map(|css| Selector::parse(css.trim()).ok())
        .find_map(|selector| {
            let mut found = marked.iter().filter(|element| selector.matches(element));
            found.find_map(|element| name(&words(*element)))
        });
    named.or_else(|| labelled(page))
}

/// Gathers the elements that may be one of those that name the author, in the page's order: it saves trying each selector
/// on all elements.
fn cued<'a>(element: ElementRef<'a>, inside: bool, found: &mut Vec<ElementRef<'a>>) {
    let mut attributes = ["class", "itemprop", "rel"]
        .iter()
        .filter_map(|name| element.attr(name));
    let inside = inside || attributes.any(|value| CUES.iter().any(|cue| value.contains(cue)));
    if inside {
        found.push(element);
    }
    for child in element.children().filter_map(ElementRef::wrap) {
        cued(child, inside, found);
    }
}

/// Whether this is an account's name rather than a person's.
pub fn is_account(name: &str) -> bool {
    ACCOUNTS.contains(&name.trim().to_lowercase().as_str())
}

fn labelled(page: &Page<'_>) -> Option<String> {
    let lines: Vec<String> = page
        .select("p, div, span, li, strong, em, b, i, td, h5, h6")
        .filter(|element| element.children().filter_map(ElementRef::wrap).nth(4).is_none())
        .filter(|element| !is_longer(*element, LONGEST + 20))
        .map(words)
        .filter(|line| !line.is_empty())
        .collect();
    LABELS.iter().find_map(|label| {
        lines.iter().find_map(|line| {
            let line = line.trim_start_matches(['(', '[', '-', '–', '*', ' ']);
            let head = line.get(..label.len())?;
            let rest = line.get(label.len()..)?.trim_start();
            let rest = rest.strip_prefix(':').filter(|_| head.to_lowercase() == *label)?;
            name(rest)
        })
    })
}

/// Whether an element has more letters than so many, told without reading all of them.
fn is_longer(element: ElementRef<'_>, most: usize) -> bool {
    let words = element.text().flat_map(str::split_whitespace);
    let mut letters = 0usize;
    words.map(|word| word.chars().count() + 1).any(|count| {
        letters += count;
        letters > most + 1
    })
}

/// The name in a text that may have a label before it and a date, a role or another name behind it.
fn name(text: &str) -> Option<String> {
    let mut rest = text.trim();
    for label in LABELS {
        let Some(head) = rest.get(..label.len()).filter(|head| head.to_lowercase() == *label) else {
            continue;
        };
        let after = &rest[head.len()..];
        if after.starts_with([':', ' ']) {
            rest = after.trim_start_matches([':', ' ']);
        }
    }
    let lower = rest.to_lowercase();
    let roles = [
        "editor",
        "reporter",
        "penulis",
        "pewarta",
        "fotografer",
        "diterbitkan",
        "dipublikasikan",
        "pada ",
    ];
    let end = roles
        .iter()
        .filter_map(|role| lower.find(&format!(" {role}")))
        .min()
        .filter(|end| rest.is_char_boundary(*end));
    let rest = &rest[..end.unwrap_or(rest.len())];
    let rest = rest.split(['|', '(', '/', '•', '·', '–', ';', '\u{2014}']).next()?;
    let rest = rest
        .split(" - ")
        .next()?
        .trim_matches([' ', ',', '-', '.', ')', ']', ':']);
    let has_letters = rest.chars().filter(|letter| letter.is_alphabetic()).count() >= 3;
    let is_name = has_letters
        && rest.chars().count() <= LONGEST
        && rest.split(' ').count() <= 8
        && !rest.chars().any(|letter| letter.is_ascii_digit() || letter == '@')
        && !rest.starts_with("http")
        && !is_account(rest);
    is_name.then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    fn of(html: &str) -> Option<String> {
        author(&Page::of(&Html::parse_document(html)))
    }

    #[test]
    fn names_are_found_behind_their_labels() {
        for (html, expected) in [
            (
                "<p>Isi berita.</p><p>Penulis: Siti Aminah</p><p>Editor: Joko</p>",
                "Siti Aminah",
            ),
            ("<p>Editor: Joko</p><p>Reporter : Rina</p>", "Rina"),
            (
                "<p><strong>Kontributor: Humas Lapas Jember</strong></p>",
                "Humas Lapas Jember",
            ),
            (
                "<div class=byline>Oleh <a>Budi Santoso</a> - 16 Agustus 2022</div>",
                "Budi Santoso",
            ),
            (
                "<dd class=createdby>Ditulis oleh: <span itemprop=name>Budi</span></dd>",
                "Budi",
            ),
            (
                "<span class='author vcard'><a class=fn>admin</a></span><p>(Penulis: Budi/Editor: Joko)</p>",
                "Budi",
            ),
        ] {
            assert_eq!(of(html).as_deref(), Some(expected), "{html}");
        }
    }

    #[test]
    fn what_is_no_name_is_no_author() {
        for html in [
            "",
            "<p>Oleh karena itu: kegiatan ini dilanjutkan.</p>",
            "<span class=author>admin</span>",
            "<p>Oleh: 2</p>",
            "<div class=author>humas@lapas.example</div>",
            "<p>Editor:</p>",
        ] {
            assert_eq!(of(html), None, "{html}");
        }
    }
}
