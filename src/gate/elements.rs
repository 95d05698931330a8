//! The kinds of elements that HTML's tree construction tells apart, as lists of names in lower case. What is done with
//! them is `nesting`'s.

/// Elements without content, and those that never nest in themselves.
pub const VOID: &[&str] = &[
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "hr", "image", "img", "input", "keygen", "link",
    "meta", "param", "source", "track", "wbr", "html", "head", "body", "frameset", "frame",
];
/// Elements that are reopened after a block that closed them, until their own end tag.
pub const FORMATTING: &[&str] = &[
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];
/// Start tags that close an open paragraph.
pub const CLOSES_P: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "li",
    "listing",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "search",
    "section",
    "summary",
    "ul",
    "xmp",
];
/// Elements an end tag of a block does not look behind.
pub const SCOPE: &[&str] = &[
    "applet",
    "caption",
    "html",
    "table",
    "td",
    "th",
    "marquee",
    "object",
    "select",
    "template",
    "foreignobject",
    "desc",
    "title",
    "mi",
    "mo",
    "mn",
    "ms",
    "mtext",
    "annotation-xml",
];
/// Elements of SVG and MathML in which HTML may stand.
pub const INTEGRATION: &[&str] = &[
    "foreignobject",
    "desc",
    "title",
    "mi",
    "mo",
    "mn",
    "ms",
    "mtext",
    "annotation-xml",
];
/// Elements that end the list of formatting elements to reopen.
pub const MARKERS: &[&str] = &["applet", "caption", "marquee", "object", "td", "template", "th"];
/// The special elements that are not in [`CLOSES_P`].
pub const SPECIAL: &[&str] = &[
    "applet",
    "button",
    "caption",
    "colgroup",
    "marquee",
    "object",
    "select",
    "table",
    "tbody",
    "td",
    "template",
    "tfoot",
    "th",
    "thead",
    "tr",
    "foreignobject",
    "desc",
    "title",
    "mi",
    "mo",
    "mn",
    "ms",
    "mtext",
    "annotation-xml",
];
/// HTML elements that end an SVG or MathML they stand in.
pub const BREAKOUT: &[&str] = &[
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "center",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "i",
    "img",
    "li",
    "listing",
    "menu",
    "meta",
    "nobr",
    "ol",
    "p",
    "pre",
    "ruby",
    "s",
    "small",
    "span",
    "strong",
    "strike",
    "sub",
    "sup",
    "table",
    "tt",
    "u",
    "ul",
    "var",
];
/// Start tags that open no line: formatting elements stay pending.
pub const NO_WORDS: &[&str] = &[
    "template", "param", "source", "track", "link", "meta", "base", "basefont", "bgsound", "col", "html", "head",
    "body", "frameset", "frame", "rb", "rp", "rt", "rtc",
];
/// A table and what only stands in one.
pub const TABLE_PARTS: &[&str] = &[
    "table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup",
];
/// Elements an option closes without a word.
pub const IMPLIED_END: &[&str] = &["dd", "dt", "li", "optgroup", "option", "p", "rb", "rp", "rt", "rtc"];

/// Whether an end tag that is not the element's own does not look behind it.
pub fn is_special(name: &str) -> bool {
    is(name, CLOSES_P) || is(name, SPECIAL)
}

/// Whether the list has the name.
pub fn is(name: &str, list: &[&str]) -> bool {
    // Most names differ in length or in the first letter.
    let first = name.as_bytes().first();
    let mut alike = list
        .iter()
        .filter(|other| other.len() == name.len() && other.as_bytes().first() == first);
    alike.any(|other| *other == name)
}
