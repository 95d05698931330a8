//! Takes out of a body what can be told from an article by its words alone: lines that only lead elsewhere, invitations
//! to read or follow, bylines and dates around the text. What is named as furniture is `prune`'s business.

use std::collections::HashSet;

use scraper::{ElementRef, Html, Node};

use super::words;

/// Elements that hold a line each, when no other of them stands inside.
const BLOCKS: &[&str] = &[
    "p",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "td",
    "th",
    "tr",
    "table",
    "blockquote",
    "pre",
    "div",
    "section",
    "article",
    "ul",
    "ol",
    "dl",
    "dd",
    "dt",
    "figure",
    "figcaption",
    "header",
    "main",
    "aside",
    "center",
    "tbody",
    "footer",
    "details",
];
/// How a line begins that leads to another article, in lower case.
const LEADS_ELSEWHERE: &[&str] = &[
    "baca juga",
    "baca selengkapnya",
    "baca artikel",
    "simak juga",
    "lihat juga",
    "artikel terkait",
    "berita terkait",
    "artikel lainnya",
    "berita lainnya",
    "tonton juga",
    "tonton video",
    "pilihan editor",
    "selengkapnya",
    "related",
    "read more",
    "read also",
    "also read",
    "see also",
    "see more",
    "more from",
    "more:",
    "you may also like",
    "you might also like",
    "recommended",
    "don't miss",
    "don’t miss",
    "related:",
    "related stories",
    "lihat pula",
    "baca:",
    "baca pula",
    "most popular",
    "trending",
    "continue reading",
    "watch:",
    "watch now",
    "click here",
    "halaman selanjutnya",
    "halaman berikutnya",
    "berita sebelumnya",
    "berita selanjutnya",
    "leggi anche",
    "also on",
    "more great",
    "more news",
    "related news",
    "related articles",
    "read next",
    "up next",
    "read:",
];
/// How a line begins that speaks to the reader or of the writer, in lower case; only short ones go.
const ADDRESSES_READER: &[&str] = &[
    "ikuti kami",
    "ikuti berita",
    "dapatkan update",
    "dapatkan berita",
    "follow us",
    "follow ",
    "sign up",
    "subscribe",
    "share this",
    "like this",
    "bagikan",
    "share on",
    "get the",
    "advert",
    "email ",
    "copyright",
    "hak cipta",
    "tags:",
    "tag:",
    "tags ",
    "tagged",
    "filed under",
    "posted in",
    "kategori:",
    "label:",
    "labels:",
    "topik:",
    "join our",
    "gabung",
    "cek berita",
    "get breaking",
    "download",
    "image credit",
    "photo:",
    "foto:",
    "credit:",
    "all rights reserved",
    "what do you think",
    "leave a comment",
    "let us know",
    "get access",
    "about the author",
    "sumber:",
    "editor:",
    "editor :",
    "reporter:",
    "penulis:",
    "penulis :",
    "reporter :",
    "pewarta:",
    "pewarta :",
    "kontributor:",
    "kontributor :",
    "oleh:",
    "oleh :",
    "source:",
    "fotografer:",
    "laporan:",
    "dilihat",
    "dibaca",
    "hits:",
    "views:",
    "konten ini",
    "klik di sini",
    "ikuti whatsapp",
    "text size",
    "copy link",
    "print",
    "advertisement",
    "this post may contain",
    "ftc:",
    "contact ",
    "reach ",
    "reporting by",
    "send ",
];
/// How a line begins that stands above the text: who wrote it, and when.
const BYLINES: &[&str] = &[
    "by ",
    "oleh ",
    "oleh:",
    "penulis",
    "editor",
    "reporter",
    "published",
    "posted",
    "updated",
    "diterbitkan",
    "diperbarui",
    "dipublikasikan",
    "written by",
    "last updated",
    "ditulis",
    "dibuat",
    "publicado",
    "kategori",
    "created",
    "tanggal",
];
/// A line of more words than this is no byline and no invitation.
const SHORT: usize = 25;

/// One line of a body.
struct Line<Id> {
    id: Id,
    text: String,
    words: usize,
    /// The share of its letters that stand in links.
    linked: f64,
    heading: bool,
    item: bool,
}

/// The body without the lines that are no part of it.
pub fn trim(html: &str) -> String {
    let mut page = Html::parse_fragment(html);
    let lines: Vec<_> = page
        .root_element()
        .descendants()
        .filter_map(ElementRef::wrap)
        .filter(|element| is_leaf(*element))
        .map(|element| line(element, element.id()))
        .filter(|line| line.words > 0)
        .collect();
    let mut dropped: HashSet<usize> = (0..lines.len())
        .filter(|index| leads_elsewhere(&lines, *index))
        .collect();
    drop_lists_of_links(&lines, &mut dropped);
    drop_above(&lines, &mut dropped);
    drop_below(&lines, &mut dropped);
    for index in dropped {
        if let Some(mut node) = page.tree.get_mut(lines[index].id) {
            node.detach();
        }
    }
    page.root_element().inner_html()
}

fn is_leaf(element: ElementRef<'_>) -> bool {
    let is_block = |element: &ElementRef<'_>| BLOCKS.contains(&element.value().name());
    is_block(&element)
        && !element
            .descendants()
            .skip(1)
            .filter_map(ElementRef::wrap)
            .any(|inner| is_block(&inner))
        && !element
            .ancestors()
            .filter_map(ElementRef::wrap)
            .any(|around| around.value().name() == "figure")
}

fn line<Id>(element: ElementRef<'_>, id: Id) -> Line<Id> {
    let text = words(element);
    let name = element.value().name();
    let (mut all, mut linked) = (0, 0);
    for node in element.descendants() {
        let Node::Text(text) = node.value() else { continue };
        let length = text.split_whitespace().map(str::len).sum::<usize>();
        all += length;
        let in_link = node
            .ancestors()
            .filter_map(ElementRef::wrap)
            .take_while(|around| around.id() != element.id())
            .any(|around| around.value().name() == "a");
        linked += if in_link { length } else { 0 };
    }
    Line {
        id,
        words: text
            .split(' ')
            .filter(|word| word.chars().any(char::is_alphanumeric))
            .count(),
        linked: linked as f64 / all.max(1) as f64,
        heading: name.len() == 2 && name.starts_with('h'),
        item: name == "li",
        text: text.to_lowercase(),
    }
}

fn begins(text: &str, starts: &[&str]) -> bool {
    let text = text.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    starts.iter().any(|start| text.starts_with(start))
}

/// A paragraph that is nothing but a link, or announces one.
fn leads_elsewhere<Id>(lines: &[Line<Id>], index: usize) -> bool {
    let line = &lines[index];
    if line.item {
        return begins(&line.text, LEADS_ELSEWHERE) && line.linked > 0.5;
    }
    let announces = begins(&line.text, LEADS_ELSEWHERE) && (line.linked > 0.3 || line.words <= 4);
    announces || (line.linked > 0.85 && line.words >= 4 && line.words <= 40)
}

/// Several items that are links, one after the other.
fn drop_lists_of_links<Id>(lines: &[Line<Id>], dropped: &mut HashSet<usize>) {
    let mut start = 0;
    while start < lines.len() {
        let run = lines[start..].iter().take_while(|line| line.item).count();
        let linked = lines[start..start + run]
            .iter()
            .filter(|line| line.linked > 0.7)
            .count();
        if run >= 2 && linked * 4 >= run * 3 {
            dropped.extend(start..start + run);
            if start > 0
                && lines[start - 1].words <= 8
                && (lines[start - 1].heading || lines[start - 1].text.ends_with(':'))
            {
                dropped.insert(start - 1);
            }
        }
        start += run.max(1);
    }
}

/// Bylines and dates above the first paragraph.
fn drop_above<Id>(lines: &[Line<Id>], dropped: &mut HashSet<usize>) {
    for (index, line) in lines.iter().enumerate().take(8) {
        if line.words > SHORT {
            break;
        }
        // A heading with nothing above it is the page's title or the site's name.
        let is_first = (0..index).all(|above| dropped.contains(&above));
        let byline = line.words <= 15 && begins(&line.text, BYLINES);
        if (is_first && line.heading)
            || byline
            || begins(&line.text, ADDRESSES_READER)
            || (line.words <= 12 && is_date(&line.text))
        {
            dropped.insert(index);
        }
    }
}

/// Invitations, credits and empty headings below the last paragraph, and short invitations anywhere.
fn drop_below<Id>(lines: &[Line<Id>], dropped: &mut HashSet<usize>) {
    for (index, line) in lines.iter().enumerate().rev() {
        let lonely_heading = line.heading && line.words <= 12;
        if dropped.contains(&index) || lonely_heading || is_closing(line) {
            dropped.insert(index);
        } else {
            break;
        }
    }
    for (index, line) in lines.iter().enumerate() {
        if line.words <= 12 && !line.item && begins(&line.text, ADDRESSES_READER) && line.linked > 0.2 {
            dropped.insert(index);
        }
    }
}

fn is_closing<Id>(line: &Line<Id>) -> bool {
    line.words <= SHORT && begins(&line.text, ADDRESSES_READER)
        || line.words <= 40 && line.linked > 0.6
        || line.words == 0
}

/// Whether the line is a date with little else: a year and a clock or a month.
fn is_date(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 6 && digits * 5 >= text.chars().filter(|letter| letter.is_alphanumeric()).count()
}
