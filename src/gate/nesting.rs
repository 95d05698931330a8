//! How deep an HTML parser would be after each tag: a sketch of the stack of open elements of the HTML standard
//! ("tree construction"), made so that it never stays far below the real one, whatever the tags, and is not far above
//! it on the careless pages that exist. It is not a parser: it has no tree and no insertion modes.

use super::tags::Tag;

/// The elements that are open.
#[derive(Default)]
pub struct Nesting<'a> {
    open: Vec<Open<'a>>,
}

struct Open<'a> {
    name: String,
    raw: &'a str,
}

const VOID: &[&str] = &[
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "hr", "image", "img", "input", "keygen", "link",
    "meta", "param", "source", "track", "wbr", "html", "head", "body", "frameset", "frame",
];
/// Elements that are reopened after a block that closed them, until their own end tag.
const FORMATTING: &[&str] = &[
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];
/// Start tags that close an open paragraph.
const CLOSES_P: &[&str] = &[
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
const SCOPE: &[&str] = &[
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
/// Elements that end the list of formatting elements to reopen.
const MARKERS: &[&str] = &["applet", "caption", "marquee", "object", "td", "template", "th"];
/// The special elements that are not in [`CLOSES_P`].
const SPECIAL: &[&str] = &[
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
const BREAKOUT: &[&str] = &[
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
const TABLE_PARTS: &[&str] = &[
    "table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup",
];
const IMPLIED_END: &[&str] = &["dd", "dt", "li", "optgroup", "option", "p", "rb", "rp", "rt", "rtc"];

impl<'a> Nesting<'a> {
    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether the innermost context is SVG or MathML.
    pub fn in_foreign_content(&self) -> bool {
        self.open
            .iter()
            .rev()
            .map(|open| open.name.as_str())
            .find(|name| matches!(*name, "svg" | "math") || (is(name, SCOPE) && !is(name, TABLE_PARTS)))
            .is_some_and(|name| matches!(name, "svg" | "math"))
    }

    /// Takes a start tag.
    pub fn open(&mut self, tag: &Tag<'a>) {
        let name = tag.name.to_ascii_lowercase();
        if self.in_foreign_content() {
            if is(&name, BREAKOUT) {
                self.break_out();
            } else {
                // Nothing is implied in SVG and MathML: every element stays open until its end tag.
                if !tag.self_closing {
                    self.open.push(Open { name, raw: tag.raw });
                }
                return;
            }
        }
        self.close_implied(&name);
        let ignored = is(&name, VOID)
            || (name == "form" && self.has("form") && !self.has("template"))
            || (is(&name, TABLE_PARTS) && name != "table" && !self.has("table") && !self.has("template"));
        if ignored {
            return;
        }
        if is(&name, FORMATTING) {
            self.forget_fourth(tag.raw);
        }
        self.open.push(Open { name, raw: tag.raw });
    }

    /// Takes an end tag.
    pub fn close(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        if self.in_foreign_content() && matches!(name.as_str(), "p" | "br") {
            self.break_out();
        }
        let heading = is_heading(&name);
        for index in (0..self.open.len()).rev() {
            let open = &self.open[index].name;
            if *open == name || (heading && is_heading(open)) {
                if is(&name, FORMATTING) {
                    self.close_formatting(index);
                } else {
                    self.truncate(index);
                }
                return;
            }
            if shuts_out(open, &name) {
                return;
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.open.iter().any(|open| open.name == name)
    }

    fn top_is(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.open.last().is_some_and(|open| wanted(&open.name))
    }

    /// Closes the SVG or MathML that is open.
    fn break_out(&mut self) {
        if let Some(index) = self
            .open
            .iter()
            .rposition(|open| matches!(open.name.as_str(), "svg" | "math"))
        {
            self.truncate(index);
        }
    }

    /// Closes what the start tag of this name closes without a word.
    fn close_implied(&mut self, name: &str) {
        match name {
            "li" => self.close_item(&["li"]),
            "dd" | "dt" => self.close_item(&["dd", "dt"]),
            "a" => self.close("a"),
            "button" => self.close("button"),
            "td" | "th" => self.close_up_to(&["td", "th"], &["tr", "tbody", "thead", "tfoot", "table", "template"]),
            "tr" => self.close_up_to(
                &["tr", "caption", "colgroup"],
                &["tbody", "thead", "tfoot", "table", "template"],
            ),
            "tbody" | "thead" | "tfoot" | "caption" | "colgroup" => {
                let parts = ["tbody", "thead", "tfoot", "caption", "colgroup"];
                self.close_up_to(&parts, &["table", "template"]);
            }
            "option" | "optgroup" => self.close_options(name),
            _ if is_heading(name) && self.top_is(is_heading) => self.truncate(self.open.len() - 1),
            _ => {}
        }
        if is(name, CLOSES_P) {
            self.close("p");
        }
    }

    fn close_item(&mut self, names: &[&str]) {
        for index in (0..self.open.len()).rev() {
            let open = self.open[index].name.as_str();
            if is(open, names) {
                self.truncate(index);
                return;
            }
            if is_special(open) && !matches!(open, "address" | "div" | "p") {
                return;
            }
        }
    }

    fn close_up_to(&mut self, names: &[&str], stops: &[&str]) {
        for index in (0..self.open.len()).rev() {
            let open = self.open[index].name.as_str();
            if is(open, names) {
                self.truncate(index);
                return;
            }
            if is(open, stops) {
                return;
            }
        }
    }

    fn close_options(&mut self, name: &str) {
        if !self.has("select") {
            if self.top_is(|top| top == "option") {
                self.open.pop();
            }
            return;
        }
        while self.top_is(|top| is(top, IMPLIED_END) && (name == "optgroup" || top != "optgroup")) {
            self.open.pop();
        }
    }

    /// The end tag of a formatting element: a block it opened around stays open ("adoption agency algorithm").
    fn close_formatting(&mut self, index: usize) {
        if self.open[index..].iter().any(|open| is_special(&open.name)) {
            self.open.remove(index);
        } else {
            let kept = self.open.split_off(index);
            self.open
                .extend(kept.into_iter().skip(1).filter(|open| is(&open.name, FORMATTING)));
        }
    }

    /// Closes everything from `index` on; formatting elements in it are reopened, but for those of a cell or the like.
    fn truncate(&mut self, index: usize) {
        let closed = self.open.split_off(index);
        let markers = closed
            .iter()
            .position(|open| is(&open.name, MARKERS))
            .unwrap_or(closed.len());
        let reopened = closed
            .into_iter()
            .take(markers)
            .filter(|open| is(&open.name, FORMATTING));
        self.open.extend(reopened);
    }

    /// Of formatting elements that are alike only three are reopened ("Noah's Ark clause").
    fn forget_fourth(&mut self, raw: &str) {
        let alike = |open: &Open| open.raw == raw;
        if self.open.iter().filter(|open| alike(open)).count() >= 3
            && let Some(eldest) = self.open.iter().position(alike)
        {
            self.open.remove(eldest);
        }
    }
}

/// Whether an open element keeps an end tag of this name from what lies around it.
fn shuts_out(open: &str, name: &str) -> bool {
    if is(name, TABLE_PARTS) {
        return matches!(open, "table" | "template");
    }
    match name {
        "li" => is(open, SCOPE) || matches!(open, "ol" | "ul"),
        "p" => is(open, SCOPE) || open == "button",
        _ if is(name, FORMATTING) => is(open, SCOPE),
        _ if is_special(name) => is(open, SCOPE),
        _ => is_special(open),
    }
}

fn is_special(name: &str) -> bool {
    is(name, CLOSES_P) || is(name, SPECIAL)
}

fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

fn is(name: &str, list: &[&str]) -> bool {
    list.contains(&name)
}
