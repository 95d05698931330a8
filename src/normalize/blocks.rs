//! Writes HTML block by block, and beside it the text, so that both hold the same lines: what is empty or furniture
//! enters neither. It writes what it is told; what is allowed is `html`'s decision.

use super::text;

/// An element inside a line.
#[derive(Clone, Debug)]
pub struct Mark {
    open: String,
    name: String,
}

impl Mark {
    /// An element without attributes.
    pub fn plain(name: &str) -> Mark {
        Mark {
            open: format!("<{name}>"),
            name: name.to_owned(),
        }
    }

    /// A link.
    pub fn link(href: &str) -> Mark {
        Mark {
            open: format!("<a href=\"{}\">", escape(href)),
            name: "a".to_owned(),
        }
    }
}

/// The blocks written so far and the line that is being written.
pub struct Blocks<'a> {
    html: String,
    lines: Vec<String>,
    containers: Vec<Container>,
    marks: Vec<Mark>,
    line: Line,
    /// Lines that are furniture here.
    known: &'a [String],
}

#[derive(Default)]
struct Line {
    html: String,
    text: String,
    has_image: bool,
    /// Where each open mark begins in `html`, and how long `text` was.
    opened: Vec<(usize, usize)>,
}

struct Container {
    name: String,
    /// Where its start tag begins and ends in the HTML.
    start: usize,
    content: usize,
    /// How many lines there were before it.
    lines: usize,
    /// Whether the last thing in it is a line that a further one has to be kept apart from.
    ends_in_line: bool,
}

/// What is glued to the end of a paragraph where an advertisement follows it.
const GLUED: &str = "ADVERTISEMENT";

impl<'a> Blocks<'a> {
    /// No blocks yet.
    pub fn new(known: &'a [String]) -> Blocks<'a> {
        Blocks {
            html: String::new(),
            lines: Vec::new(),
            containers: Vec::new(),
            marks: Vec::new(),
            line: Line::default(),
            known,
        }
    }

    /// The HTML, and the text with a line for each paragraph, heading, item and row.
    pub fn finish(mut self) -> (String, String) {
        while !self.containers.is_empty() {
            self.close();
        }
        self.end_line();
        (self.html, self.lines.join("\n"))
    }

    /// Adds words to the line.
    pub fn text(&mut self, words: &str) {
        let words = text::characters(words);
        if self.is_inside("pre") {
            push_escaped(&mut self.line.html, &words);
            self.line.text.push_str(&words);
            return;
        }
        for (index, word) in words.split(char::is_whitespace).enumerate() {
            if index > 0 {
                self.space();
            }
            push_escaped(&mut self.line.html, word);
            self.line.text.push_str(word);
        }
    }

    fn space(&mut self) {
        let at_start = self.line.text.is_empty() && !self.line.has_image;
        if !at_start && !self.line.text.ends_with(' ') && !self.line.html.ends_with("<br>") {
            self.line.html.push(' ');
            self.line.text.push(' ');
        }
    }

    /// Breaks the line; twice makes a paragraph.
    pub fn line_break(&mut self) {
        let html = self.line.html.trim_end();
        if self.line.text.trim().is_empty() && !self.line.has_image {
            return;
        }
        if html.ends_with("<br>") {
            return self.end_line();
        }
        self.line.html.truncate(html.len());
        self.line.html.push_str("<br>");
        if !self.line.text.ends_with(' ') {
            self.line.text.push(' ');
        }
    }

    /// Opens an element inside the line.
    pub fn open_mark(&mut self, mark: Mark) {
        self.line.opened.push((self.line.html.len(), self.line.text.len()));
        self.line.html.push_str(&mark.open);
        self.marks.push(mark);
    }

    /// Closes the element that was opened last; one without content vanishes.
    pub fn close_mark(&mut self) {
        let (Some(mark), Some((html, _))) = (self.marks.pop(), self.line.opened.pop()) else {
            return;
        };
        if self.line.html.len() == html + mark.open.len() {
            self.line.html.truncate(html);
        } else {
            self.line.html.extend(["</", &mark.name, ">"]);
        }
    }

    /// Adds an image to the line.
    pub fn image(&mut self, url: &str, alt: &str, width: Option<u32>, height: Option<u32>) {
        let mut tag = format!("<img src=\"{}\" alt=\"{}\"", escape(url), escape(alt));
        for (name, size) in [("width", width), ("height", height)] {
            if let Some(size) = size {
                tag.push_str(&format!(" {name}=\"{size}\""));
            }
        }
        tag.push('>');
        self.line.html.push_str(&tag);
        self.line.has_image = true;
    }

    /// Ends the line: it becomes a paragraph, or the content of the item, cell or heading it stands in.
    pub fn end_line(&mut self) {
        for mark in self.marks.iter().rev() {
            self.line.html.extend(["</", &mark.name, ">"]);
        }
        let line = std::mem::take(&mut self.line);
        self.put(line);
        for mark in &self.marks {
            self.line.opened.push((self.line.html.len(), 0));
            self.line.html.push_str(&mark.open);
        }
    }

    fn put(&mut self, line: Line) {
        let Some((html, words)) = self.worth_keeping(line) else {
            return;
        };
        let shown = !words.is_empty() && !self.is_inside("figure");
        match self.containers.last_mut() {
            Some(container) if container.name != "blockquote" => {
                if std::mem::replace(&mut container.ends_in_line, true) {
                    self.html.push_str("<br>");
                    if shown && let Some(last) = self.lines.get_mut(container.lines..).and_then(<[String]>::last_mut) {
                        last.push(' ');
                        last.push_str(&words);
                        self.html.push_str(&html);
                        return;
                    }
                }
                self.html.push_str(&html);
            }
            _ => self.html.extend(["<p>", &html, "</p>"]),
        }
        if shown {
            self.lines.push(words);
        }
    }

    /// The line's HTML and words, without what is glued to it; nothing if it is empty or furniture.
    fn worth_keeping(&self, line: Line) -> Option<(String, String)> {
        let in_pre = self.is_inside("pre");
        let mut html = if in_pre { line.html } else { line.html.trim().to_owned() };
        while let Some(rest) = html.strip_suffix("<br>") {
            html = rest.trim_end().to_owned();
        }
        let mut words = text::line(&line.text);
        if words.len() > GLUED.len()
            && let (Some(rest), Some(line)) = (html.strip_suffix(GLUED), words.strip_suffix(GLUED))
        {
            (html, words) = (rest.trim_end().to_owned(), line.trim_end().to_owned());
        }
        let is_cell = self.is_inside("td") || self.is_inside("th");
        let known = self.known.contains(&words);
        let furniture = !is_cell && !words.is_empty() && (known || text::furniture(&words).is_some());
        ((!words.is_empty() || line.has_image) && !furniture).then_some((html, words))
    }

    /// Opens an element that holds lines.
    pub fn open(&mut self, name: &str) {
        self.end_line();
        let start = self.html.len();
        self.html.extend(["<", name, ">"]);
        let container = Container {
            name: name.to_owned(),
            start,
            content: self.html.len(),
            lines: self.lines.len(),
            ends_in_line: false,
        };
        self.containers.push(container);
    }

    /// Closes the element that was opened last; one without content vanishes, unless it is a cell.
    pub fn close(&mut self) {
        self.end_line();
        let Some(container) = self.containers.pop() else {
            return;
        };
        let is_cell = matches!(container.name.as_str(), "td" | "th");
        if self.html.len() == container.content && !is_cell {
            self.html.truncate(container.start);
            return;
        }
        if let Some(around) = self.containers.last_mut() {
            around.ends_in_line = false;
        }
        self.html.extend(["</", &container.name, ">"]);
        if matches!(container.name.as_str(), "tr" | "td" | "th") {
            let lines = self.lines.split_off(container.lines);
            let row = lines.join(if container.name == "tr" { " | " } else { " " });
            if !row.is_empty() {
                self.lines.push(row);
            }
        }
    }

    fn is_inside(&self, name: &str) -> bool {
        self.containers.iter().any(|container| container.name == name)
    }
}

/// Text as it stands in HTML, between tags or in a quoted attribute.
fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    push_escaped(&mut html, text);
    html
}

fn push_escaped(html: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"')) {
        html.push_str(&rest[..at]);
        html.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        });
        rest = &rest[at + 1..];
    }
    html.push_str(rest);
}
