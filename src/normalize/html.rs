//! Foreign HTML made safe, small and regular: paragraphs, headings, lists, quotations, tables, figures and links with
//! absolute addresses, furniture left out; and the plain text of exactly that.
//!
//! The tree is written anew by [`super::blocks`]; then only what is known to be harmless passes: what [`super::regular`]
//! knows by its form, of all else what is on ammonia's allow-list, so that a slip here cannot let a script through.
//! Nothing is fetched: images are only linked.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use scraper::{ElementRef, Html, Node};
use url::Url;

use super::blocks::{Blocks, Mark};
use super::regular;
use crate::gate::{self, TooMuch};
use crate::model::Image;

/// HTML that may be shown, and its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clean {
    /// The sanitised HTML.
    pub html: String,
    /// A line for each paragraph, heading, item and row; captions are not in it.
    pub text: String,
    /// The first image in it.
    pub image: Option<Image>,
}

/// Elements that are left out with all that is in them.
const DROPPED: &[&str] = &[
    "script", "style", "noscript", "template", "iframe", "object", "embed", "applet", "svg", "math", "form", "button",
    "input", "select", "textarea", "nav", "aside", "footer", "audio", "video", "canvas", "map", "head", "title",
    "dialog",
];
/// Elements that stay and hold paragraphs or words of their own.
const CONTAINERS: &[&str] = &[
    "ul",
    "ol",
    "li",
    "blockquote",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "td",
    "th",
    "caption",
    "figure",
    "figcaption",
    "pre",
    "h2",
    "h3",
    "h4",
];
/// Elements that stay inside a line.
const INLINE: &[&str] = &["strong", "em", "b", "i", "code"];
/// Elements that only end a line.
const LINES: &[&str] = &[
    "address", "article", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "header", "hgroup", "html",
    "main", "p", "picture", "search", "section", "summary",
];

/// The widest picture that is linked, in pixels.
const WIDEST: u32 = 1600;
/// Parts of addresses that count readers.
const TRACKERS: &[&str] = &[
    "://pixel.wp.com/",
    "://stats.wp.com/",
    "facebook.com/tr?",
    "google-analytics.com/",
    "scorecardresearch.com/",
    "doubleclick.net/",
    "feedburner.com/~r/",
    "://feeds.feedburner.com/",
    "histats.com/",
    "statcounter.com/",
];

/// Cleans HTML whose links are relative to `base`. Lines that say the same as one of `known` (the title, the lead
/// image's caption) are furniture too. Refuses what would nest too deeply.
pub fn clean(html: &str, base: &Url, known: &[String]) -> Result<Clean, TooMuch> {
    if html.is_empty() {
        return Ok(Clean::default());
    }
    gate::check(html)?;
    let written = written(html, base, known);
    Ok(Clean {
        html: regular::passed(&written.html).unwrap_or_else(|| ALLOWED.clean(&written.html).to_string()),
        ..written
    })
}

/// The same before anything is held against the allow-list.
fn written(html: &str, base: &Url, known: &[String]) -> Clean {
    let tree = Html::parse_fragment(html);
    let mut writer = Writer {
        blocks: Blocks::new(known),
        base,
        image: None,
    };
    writer.children(tree.root_element());
    let (html, text) = writer.blocks.finish();
    Clean {
        html,
        text,
        image: writer.image,
    }
}

/// The words of some HTML on one line, nothing left out but scripts and the like; the text itself if it is no HTML.
pub fn words(html: &str) -> String {
    if !html.contains(['<', '&']) || gate::check(html).is_err() {
        return super::text::line(html);
    }
    let tree = Html::parse_fragment(html);
    let hidden = |name: &str| matches!(name, "script" | "style" | "noscript" | "template");
    let mut words = String::new();
    for node in tree.root_element().descendants() {
        let parent = node.parent().and_then(ElementRef::wrap);
        match node.value() {
            Node::Text(text) if !parent.is_some_and(|parent| hidden(parent.value().name())) => words.push_str(text),
            Node::Element(element) if element.name() == "br" || LINES.contains(&element.name()) => words.push(' '),
            _ => {}
        }
    }
    super::text::line(&words)
}

struct Writer<'a> {
    blocks: Blocks<'a>,
    base: &'a Url,
    image: Option<Image>,
}

impl Writer<'_> {
    fn children(&mut self, element: ElementRef<'_>) {
        for child in element.children() {
            match child.value() {
                Node::Text(text) => self.blocks.text(text),
                Node::Element(_) => {
                    if let Some(child) = ElementRef::wrap(child) {
                        self.element(child);
                    }
                }
                _ => {}
            }
        }
    }

    fn element(&mut self, element: ElementRef<'_>) {
        let name = match element.value().name() {
            "h1" => "h2",
            "h5" | "h6" => "h4",
            name => name,
        };
        match name {
            _ if is_hidden(element) => {}
            "br" => self.blocks.line_break(),
            "hr" => self.blocks.end_line(),
            "img" => self.image(element),
            "a" => self.link(element),
            name if DROPPED.contains(&name) => {}
            name if INLINE.contains(&name) => {
                self.blocks.open_mark(Mark::plain(name));
                self.children(element);
                self.blocks.close_mark();
            }
            name if CONTAINERS.contains(&name) => {
                self.blocks.open(name);
                self.children(element);
                self.blocks.close();
            }
            name if LINES.contains(&name) => {
                self.blocks.end_line();
                self.children(element);
                self.blocks.end_line();
            }
            _ => self.children(element),
        }
    }

    fn link(&mut self, element: ElementRef<'_>) {
        let href = element.attr("href").and_then(|href| self.base.join(href.trim()).ok());
        let Some(href) = href.filter(|href| matches!(href.scheme(), "http" | "https" | "mailto")) else {
            return self.children(element);
        };
        self.blocks.open_mark(Mark::link(href.as_str()));
        self.children(element);
        self.blocks.close_mark();
    }

    fn image(&mut self, element: ElementRef<'_>) {
        let Some(url) = image_address(element, self.base).filter(|_| !is_tracker(element)) else {
            return;
        };
        let alt = super::text::line(element.attr("alt").unwrap_or_default());
        let size = |name: &str| element.attr(name).and_then(|size| size.trim().parse::<u32>().ok());
        self.blocks.image(url.as_str(), &alt, size("width"), size("height"));
        self.image.get_or_insert_with(|| Image {
            url: url.to_string(),
            caption: (!alt.is_empty()).then_some(alt),
            mime: None,
            length: None,
        });
    }
}

/// Whether a page hides the element from its readers, as hijacked sites do with foreign links.
fn is_hidden(element: ElementRef<'_>) -> bool {
    let style = element
        .attr("style")
        .unwrap_or_default()
        .to_ascii_lowercase()
        .replace(' ', "");
    element.attr("hidden").is_some() || style.contains("display:none") || style.contains("visibility:hidden")
}

/// The image's address; where it is loaded lazily `src` is a placeholder, and of several sizes the widest is taken that
/// is no wider than a page.
fn image_address(element: ElementRef<'_>, base: &Url) -> Option<Url> {
    let lazy = [
        "data-src",
        "data-lazy-src",
        "data-original",
        "data-lazy",
        "data-full-url",
        "data-orig-file",
    ]
    .iter()
    .filter_map(|name| element.attr(name));
    let widest = |names: &[&str]| names.iter().filter_map(|name| element.attr(name)).find_map(widest_of);
    let plain = element.attr("src").filter(|address| !is_placeholder(address));
    lazy.chain(widest(&["data-srcset", "data-lazy-srcset"]))
        .chain(plain)
        .chain(widest(&["srcset"]))
        .chain(element.attr("src"))
        .filter_map(|address| base.join(address.trim()).ok())
        .find(|url| matches!(url.scheme(), "http" | "https"))
}

/// The widest picture of a `srcset` up to [`WIDEST`], the first where no widths are given.
fn widest_of(set: &str) -> Option<&str> {
    // A comma may stand in an address, but not at its end.
    let candidates = set.split(", ").map(|candidate| {
        let mut parts = candidate.split_whitespace();
        let address = parts.next().unwrap_or_default().trim_end_matches(',');
        let width = parts
            .next()
            .and_then(|size| size.trim_end_matches(',').strip_suffix('w')?.parse::<u32>().ok());
        (address, width.unwrap_or_default())
    });
    let fitting = candidates.filter(|(address, width)| !address.is_empty() && *width <= WIDEST);
    // The first of equals.
    fitting
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .map(|(address, _)| address)
}

/// Whether an address is what stands in until a script has put the picture there.
fn is_placeholder(address: &str) -> bool {
    let name = address.rsplit('/').next().unwrap_or(address).to_ascii_lowercase();
    address.trim_start().starts_with("data:")
        || [
            "placeholder",
            "lazy.",
            "blank.",
            "spacer.",
            "transparent.",
            "loading.",
            "1x1.",
            "pixel.",
        ]
        .iter()
        .any(|word| name.starts_with(word))
}

/// Whether the image is there to be counted, not seen.
fn is_tracker(element: ElementRef<'_>) -> bool {
    let tiny = ["width", "height"]
        .iter()
        .any(|name| matches!(element.attr(name).map(str::trim), Some("0" | "1" | "0px" | "1px")));
    let counts = element
        .attr("src")
        .is_some_and(|address| TRACKERS.iter().any(|host| address.contains(host)));
    tiny || counts
}

/// The sanitiser; making it takes as long as a short article.
pub(super) static ALLOWED: LazyLock<ammonia::Builder<'static>> = LazyLock::new(allow_list);

/// What may leave: the elements of [`CONTAINERS`] and [`INLINE`], links, images, and nothing that runs or styles.
fn allow_list() -> ammonia::Builder<'static> {
    let tags = CONTAINERS
        .iter()
        .chain(INLINE)
        .chain(&["p", "br", "a", "img"])
        .copied()
        .collect();
    let attributes = HashMap::from([
        ("a", HashSet::from(["href"])),
        ("img", HashSet::from(["src", "alt", "width", "height"])),
    ]);
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(tags)
        .tag_attributes(attributes)
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .clean_content_tags(HashSet::from(["script", "style"]))
        .link_rel(Some("noopener"));
    builder
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base() -> Url {
        "https://a.example/berita/x.html".parse().unwrap()
    }

    fn clean_of(html: &str) -> Clean {
        clean(html, &base(), &["Judul Berita".to_owned()]).unwrap()
    }

    #[test]
    fn lazy_pictures_show_and_counting_ones_do_not() {
        for (html, expected) in [
            (
                "<img src='data:image/gif;base64,R0' data-src=/f.jpg>",
                Some("https://a.example/f.jpg"),
            ),
            (
                "<img src=/img/lazy.gif data-original=/f.jpg>",
                Some("https://a.example/f.jpg"),
            ),
            (
                "<img src=/placeholder.png srcset='/s.jpg 300w, /m.jpg 1024w, /l.jpg 2560w'>",
                Some("https://a.example/m.jpg"),
            ),
            (
                "<img src='data:,' data-srcset='/a.jpg 1x, /b.jpg 2x'>",
                Some("https://a.example/a.jpg"),
            ),
            ("<img srcset='/w,h/f.jpg 640w'>", Some("https://a.example/w,h/f.jpg")),
            ("<img src=/f.jpg srcset='/g.jpg 640w'>", Some("https://a.example/f.jpg")),
            ("<img src=https://pixel.wp.com/g.gif?x=1>", None),
            ("<img src=/f.gif width=1 height=1>", None),
            ("<img src='data:image/gif;base64,R0'>", None),
        ] {
            assert_eq!(
                clean_of(html).image.map(|image| image.url).as_deref(),
                expected,
                "{html}"
            );
        }
    }

    #[test]
    fn html_comes_out_regular() {
        for (html, expected) in [
            ("<p>satu</p>\n<p> dua </p>", "<p>satu</p><p>dua</p>"),
            ("satu<br><br>dua<br>tiga", "<p>satu</p><p>dua<br>tiga</p>"),
            ("<div>satu<div>dua</div>tiga</div>", "<p>satu</p><p>dua</p><p>tiga</p>"),
            (
                "<div class=x style='color:red' onclick=evil()><span>satu</span></div>",
                "<p>satu</p>",
            ),
            ("<h1>Kepala</h1><p>teks", "<h2>Kepala</h2><p>teks</p>"),
            ("<p>a <b>tebal </b><i></i> z</p>", "<p>a <b>tebal </b>z</p>"),
            ("<b>satu<p>dua</p></b>", "<p><b>satu</b></p><p><b>dua</b></p>"),
            ("<ul><li>satu<li><p>dua</p></ul>", "<ul><li>satu</li><li>dua</li></ul>"),
            ("<ul><li>ADVERTISEMENT</ul><p>x", "<p>x</p>"),
            ("<blockquote>kata</blockquote>", "<blockquote><p>kata</p></blockquote>"),
            ("<pre>a\n  b</pre>", "<pre>a\n  b</pre>"),
            (
                "<table><tr><th>Nama<td>2</table>",
                "<table><tbody><tr><th>Nama</th><td>2</td></tr></tbody></table>",
            ),
            ("<p>&lt;script&gt; &amp; co", "<p>&lt;script&gt; &amp; co</p>"),
            ("<p> </p><p>&nbsp;</p><div><br></div>", ""),
        ] {
            assert_eq!(clean_of(html).html, expected, "{html}");
        }
    }

    #[test]
    fn links_and_images_are_absolute_and_harmless() {
        for (html, expected) in [
            (
                "<a href='/y?a=1&b=2'>y</a>",
                r#"<p><a href="https://a.example/y?a=1&amp;b=2" rel="noopener">y</a></p>"#,
            ),
            ("<a href='javascript:alert(1)'>y</a>", "<p>y</p>"),
            ("<a href=' JaVa\nScript:alert(1)'>y</a>", "<p>y</p>"),
            (
                "<a href='mailto:humas@a.example'>y</a>",
                r#"<p><a href="mailto:humas@a.example" rel="noopener">y</a></p>"#,
            ),
            (
                "<img src=b.jpg alt='Foto \"kita\"' width=640 height=x>",
                r#"<p><img src="https://a.example/berita/b.jpg" alt="Foto &quot;kita&quot;" width="640"></p>"#,
            ),
            (
                "<img src='data:image/gif;base64,R0' data-src=//cdn.example/b.jpg>",
                r#"<p><img src="https://cdn.example/b.jpg" alt=""></p>"#,
            ),
            (
                "<img srcset='/b-1.jpg 1x, /b-2.jpg 2x'>",
                r#"<p><img src="https://a.example/b-1.jpg" alt=""></p>"#,
            ),
            ("<img src=https://t.example/p.gif width=1 height=1>", ""),
            ("<img src=data:image/png;base64,AAAA>", ""),
        ] {
            assert_eq!(clean_of(html).html, expected, "{html}");
        }
    }

    #[test]
    fn what_runs_or_hides_is_left_out() {
        for html in [
            "<script>alert(1)</script>",
            "<style>p{}</style>",
            "<iframe src=//evil.example></iframe>",
            "<svg><script>alert(1)</script></svg>",
            "<math><mtext><p>x</p></mtext></math>",
            "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>"
                .trim_end_matches("'></noscript>"),
            "<form><input value=x>kirim</form>",
            "<div style='display: none'><a href=//slot.example>slot gacor</a></div>",
            "<nav>menu</nav><aside>iklan</aside>",
        ] {
            let clean = clean_of(html);
            assert!(
                !clean.html.contains("alert(1)</") && !clean.html.contains("onerror"),
                "{html} → {}",
                clean.html
            );
            assert!(
                !clean.html.contains("slot") && !clean.text.contains("menu"),
                "{html} → {}",
                clean.html
            );
        }
    }

    #[test]
    fn furniture_goes_from_html_and_text_alike() {
        let html = "<p>Judul  Berita</p><p>ADVERTISEMENT</p><p>Baca juga: <a href=/z>Razia</a></p><p>Isi satu.</p>\
                    <p>Isi dua.ADVERTISEMENT</p><div>Perbesar</div><p>Isi <span>tiga.</span><span>ADVERTISEMENT</span></p>";
        let clean = clean_of(html);
        assert_eq!(clean.html, "<p>Isi satu.</p><p>Isi dua.</p><p>Isi tiga.</p>");
        assert_eq!(clean.text, "Isi satu.\nIsi dua.\nIsi tiga.");
    }

    #[test]
    fn text_has_a_line_for_each_paragraph_item_and_row_but_no_captions() {
        let html = "<h2>Acara</h2><p>Satu<br>baris</p><figure><img src=a.jpg><figcaption>Foto</figcaption></figure>\
                    <ol><li>a<li>b</ol><table><tr><td>Nama<td>Umur<tr><td>Ali<td>3</table>";
        assert_eq!(clean_of(html).text, "Acara\nSatu baris\na\nb\nNama | Umur\nAli | 3");
    }

    #[test]
    fn too_deep_a_page_is_refused() {
        assert_eq!(clean(&"<div>".repeat(1_000), &base(), &[]), Err(TooMuch::Depth));
    }

    #[test]
    fn words_are_the_text_on_one_line() {
        for (html, expected) in [
            ("Hukum &amp; HAM", "Hukum & HAM"),
            ("<b>a</b>b<br>c<p>d</p>", "ab c d"),
            ("tanpa markah", "tanpa markah"),
            ("a<script>x</script>", "a"),
            ("1 < 2", "1 < 2"),
        ] {
            assert_eq!(words(html), expected, "{html}");
        }
    }

    proptest! {
        #[test]
        fn text_and_html_say_the_same_whatever_comes(html in "(<(p|b|a href=x|ul|li|div|table|tr|td|h2|pre|blockquote|i|br|img src=y|code)>|</(p|b|a|ul|li|div|table|td|h2|pre|blockquote|i)>|satu|dua| |&amp;|\n){0,40}") {
            let clean = clean_of(&html);
            let squeeze = |text: &str| text.replace(" | ", "").split_whitespace().collect::<String>();
            prop_assert_eq!(squeeze(&words(&clean.html)), squeeze(&clean.text), "{}", clean.html);
            let again = clean_of(&clean.html);
            prop_assert_eq!(again.text, clean.text);
        }

        #[test]
        fn the_short_way_is_the_sanitisers(html in "(<(p|b|strong|a href='https://a.example/?a&b'|a href='javascript:x'|ul|li|div|figure|figcaption|tr|td|h2|h5|pre|blockquote|i|br|img src=y alt='\"z<'|code|svg|script|span onclick=x)>|</(p|b|strong|a|ul|li|div|figure|figcaption|td|h2|pre|blockquote|i|code|script)>|satu|dua| |&amp;|&lt;b&gt;|&nbsp;|\"|\n|\\PC){0,40}") {
            let written = written(&html, &base(), &[]).html;
            let sanitised = ALLOWED.clean(&written).to_string();
            prop_assert_eq!(regular::passed(&written).unwrap_or(sanitised.clone()), sanitised, "{}", written);
        }

        #[test]
        fn no_html_makes_it_panic(html in "(<|>|/|p|script|svg|math|img|style|=|'|\"|&|;|x|-| |\\PC){0,60}") {
            let _ = clean(&html, &base(), &[]);
            words(&html);
        }
    }
}
