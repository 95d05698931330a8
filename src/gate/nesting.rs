//! How deep an HTML parser would be after each tag: a sketch of the stack of open elements of the HTML standard
//! ("tree construction"), made so that it never stays far below the real one, whatever the tags, and is not far above
//! it on the careless pages that exist. It is not a parser: it has no tree and no insertion modes.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::elements::{
    BREAKOUT, CLOSES_P, FORMATTING, IMPLIED_END, INTEGRATION, MARKERS, NO_WORDS, SCOPE, TABLE_PARTS, VOID, is,
    is_special,
};
use super::tags::Tag;

/// The elements that are open.
#[derive(Default)]
pub struct Nesting {
    open: Vec<Open>,
    /// Whether SVG or MathML was opened anywhere so far.
    foreign: bool,
    /// How many were opened again: the tree has an element for each.
    reopened: usize,
    /// Formatting elements that a block closed; the next words open them again.
    pending: Vec<Open>,
    /// What was pending when a cell or the like began, with its place in `open`.
    set_aside: Vec<(usize, Vec<Open>)>,
}

struct Open {
    /// In lower case; an element of SVG or MathML that HTML's rules do not know has a colon before it.
    name: String,
    /// For a formatting element that is reopened if a block closes it: stands for the whole tag.
    reopened: Option<u64>,
}

impl Nesting {
    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether the innermost context is SVG or MathML.
    pub fn in_foreign_content(&self) -> bool {
        self.foreign && self.is_in_foreign_content()
    }

    fn is_in_foreign_content(&self) -> bool {
        self.open
            .iter()
            .rev()
            .map(|open| open.name.as_str())
            .find(|name| matches!(*name, "svg" | "math") || (is(name, SCOPE) && !is(name, TABLE_PARTS)))
            .is_some_and(|name| matches!(name, "svg" | "math"))
    }

    /// How many formatting elements were opened again so far.
    pub fn reopened(&self) -> usize {
        self.reopened
    }

    /// Takes a start tag.
    pub fn open(&mut self, tag: &Tag<'_>) {
        let name = tag.name.to_ascii_lowercase();
        if self.in_foreign_content() {
            if is(&name, BREAKOUT) {
                self.break_out();
            } else if !tag.self_closing {
                return self.open_foreign(name);
            } else {
                return;
            }
        }
        self.foreign |= matches!(name.as_str(), "svg" | "math");
        self.close_implied(&name);
        if !is(&name, CLOSES_P) && !is(&name, TABLE_PARTS) && !is(&name, NO_WORDS) {
            self.reopen();
        }
        let ignored = is(&name, VOID)
            || (name == "form" && self.has("form") && !self.has("template"))
            || (is(&name, TABLE_PARTS) && name != "table" && !self.has("table") && !self.has("template"));
        if ignored {
            return;
        }
        let reopened = is(&name, FORMATTING).then(|| hash(tag.raw));
        if reopened.is_some() {
            self.forget_fourth(reopened);
        }
        if is(&name, MARKERS) {
            self.set_aside
                .push((self.open.len(), std::mem::take(&mut self.pending)));
        }
        self.open.push(Open { name, reopened });
    }

    /// Takes an end tag.
    pub fn close(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        if self.in_foreign_content() && matches!(name.as_str(), "p" | "br") {
            self.break_out();
        }
        if self.close_foreign(&name) {
            return;
        }
        if let Some(index) = self.pending.iter().rposition(|open| open.name == name) {
            self.pending.remove(index);
            return;
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

    /// Inside SVG and MathML every element nests as it is written; only their roots and the places where HTML may
    /// stand again matter to HTML's rules.
    fn open_foreign(&mut self, name: String) {
        let known = matches!(name.as_str(), "svg" | "math") || is(&name, INTEGRATION);
        let name = if known { name } else { format!(":{name}") };
        self.open.push(Open { name, reopened: None });
    }

    /// Takes an end tag among elements of SVG or MathML; returns whether it closed one.
    fn close_foreign(&mut self, name: &str) -> bool {
        let is_foreign = |open: &str| open.starts_with(':') || matches!(open, "svg" | "math") || is(open, INTEGRATION);
        for index in (0..self.open.len()).rev() {
            let open = self.open[index].name.as_str();
            if !is_foreign(open) {
                return false;
            }
            if open.trim_start_matches(':') == name {
                self.truncate(index);
                return true;
            }
        }
        false
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
            let closed = self.open.split_off(index);
            let later = closed.into_iter().skip(1).filter(|open| open.reopened.is_some());
            self.pending.splice(0..0, later);
        }
    }

    /// Closes everything from `index` on. Formatting elements in it are opened again later, but for those of a cell or
    /// the like.
    fn truncate(&mut self, index: usize) {
        let cell = self.set_aside.iter().position(|(place, _)| *place >= index);
        let mut end = self.open.len();
        if let Some(cell) = cell
            && let Some((place, pending)) = self.set_aside.drain(cell..).next()
        {
            (end, self.pending) = (place, pending);
        }
        self.open.truncate(end);
        let closed = self.open.split_off(index);
        let later = closed.into_iter().filter(|open| open.reopened.is_some());
        self.pending.splice(0..0, later);
    }

    /// Takes words, or what stands in a line like a word: pending formatting elements are opened again.
    pub fn reopen(&mut self) {
        self.reopened += self.pending.len();
        self.open.append(&mut self.pending);
    }

    /// Of formatting elements that are alike only the last three are reopened ("Noah's Ark clause").
    fn forget_fourth(&mut self, tag: Option<u64>) {
        let recent = self
            .open
            .iter()
            .rposition(|open| is(&open.name, MARKERS))
            .map_or(0, |marker| marker + 1);
        let alike = |open: &Open| open.reopened == tag;
        if self.open[recent..].iter().filter(|open| alike(open)).count() >= 3
            && let Some(eldest) = self.open[recent..].iter().position(alike)
        {
            self.open[recent + eldest].reopened = None;
        }
    }
}

fn hash(tag: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    tag.hash(&mut hasher);
    hasher.finish()
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

fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}
