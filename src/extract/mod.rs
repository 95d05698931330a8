//! From an article's page to the article in it. This file only decides who reads what; the body, the metadata and
//! kumparan's pages each have a file. Nothing is cleaned or dated here (`normalize`).

mod body;
mod byline;
mod dates;
mod json_ld;
mod kumparan;
mod lead;
mod metadata;
mod parts;
mod prune;
mod readable;
mod select;
mod stated;
mod trim;

use scraper::{ElementRef, Html, Node, Selector};
use url::Url;

pub use parts::{is_whole, next_part};

use crate::gate;
use crate::model::{ArticleSelectors, Content, Document, Problem, RawDate, SourceKind};
use select::{Page, select};

/// Finds the article in a page: by the source's own selectors, by what the page says of itself, by its shape. None if
/// the page may not be read at all; an article without a body if none was found.
pub fn content(
    document: &Document,
    kind: &SourceKind,
    selectors: &ArticleSelectors,
) -> (Option<Content>, Vec<Problem>) {
    let text = match gate::thinned(document, is_read) {
        Ok(text) => text,
        Err(refused) => {
            return (None, vec![Problem::new(document.url.as_str(), refused.to_string())]);
        }
    };
    let mut page = Html::parse_document(&text);
    let (base, mut content) = stated(&page, &document.url);
    let mut problems = Vec::new();
    let stated_body = content.html.take();
    if kind.is_kumparan() {
        kumparan::read(&mut page, &base, &mut content);
        if content.html.is_none() {
            let what = "no paragraph is marked as kumparan's are: has the page's design changed?";
            problems.push(Problem::new(document.url.as_str(), what));
        }
    }
    let mut miss = |part: &str, css: &str| {
        let what = format!("nothing on the page matches {css:?} for the {part}: has its design changed?");
        problems.push(Problem::new(document.url.as_str(), what));
    };
    for (part, css, field) in [
        ("title", &selectors.title, &mut content.title),
        ("author", &selectors.author, &mut content.author),
    ] {
        let Some(css) = css else { continue };
        match select(&page, css).map(words).find(|found| !found.is_empty()) {
            Some(found) => *field = Some(found),
            None => miss(part, css),
        }
    }
    if let Some(css) = &selectors.date {
        match select(&page, css).find_map(date_of) {
            Some(date) => content.published = Some(RawDate::Text(date)),
            None => miss("date", css),
        }
    }
    if let Some(css) = &selectors.body {
        content.html = body::selected(&mut page, css);
        if content.html.is_none() {
            miss("body", css);
        }
    }
    if content.html.is_none() {
        content.html = body::find(&mut page, &text, stated_body);
    }
    if content.html.is_none() {
        problems.push(Problem::new(
            document.url.as_str(),
            "no article text was found on the page",
        ));
    }
    (Some(content), problems)
}

/// What the page's links are relative to, and what it says of itself.
fn stated(page: &Html, address: &Url) -> (Url, Content) {
    let page = Page::of(page);
    let base = base(&page, address);
    let content = metadata::read(&page, &base);
    (base, content)
}

/// Whether a script, by its start tag and its content, says something that is read.
fn is_read(tag: &str, content: &str) -> bool {
    let is_script = tag.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("script"));
    is_script && (tag.to_ascii_lowercase().contains("json") || dates::may_be_state(content))
}

/// What the page's links are relative to.
fn base(page: &Page<'_>, address: &Url) -> Url {
    page.select("base[href]")
        .next()
        .and_then(|base| address.join(base.attr("href")?).ok())
        .unwrap_or_else(|| address.clone())
}

/// The words of an element on one line.
fn words(element: ElementRef<'_>) -> String {
    let mut words = String::new();
    for node in element.descendants() {
        match node.value() {
            Node::Text(text) => words.push_str(text),
            // A line ends here, and with it a word.
            Node::Element(inner) if inner.name() == "br" => words.push(' '),
            _ => {}
        }
    }
    one_line(&words)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The machine-readable date of an element or of a `<time>` in it, else its words.
fn date_of(element: ElementRef<'_>) -> Option<String> {
    let times = Selector::parse("time[datetime]").ok()?;
    let stated = element
        .attr("datetime")
        .or_else(|| element.attr("content"))
        .or_else(|| element.select(&times).find_map(|time| time.attr("datetime")));
    let date = stated.map_or_else(|| words(element), str::to_owned);
    (!date.trim().is_empty()).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::samples;
    use proptest::prelude::*;

    fn read(html: String) -> Option<Content> {
        let document = samples::document("https://a.example/x?page=1", html.as_bytes());
        next_part(&document);
        content(&document, &SourceKind::Feed, &ArticleSelectors::default()).0
    }

    #[test]
    fn a_line_that_ends_ends_a_word() {
        let page = read("<h1>Razia<br>Gabungan<br/>Jember</h1><p>Kalimat yang cukup panjang.</p>".to_owned());
        assert_eq!(page.unwrap().title.as_deref(), Some("Razia Gabungan Jember"));
    }

    /// Each repeated so often that a step which looks at all for each of them would not end.
    #[test]
    fn pages_made_to_be_slow_are_read_all_the_same() {
        for (piece, times) in [
            ("<div>", 255),
            ("<div><p>Kalimat yang cukup panjang untuk sebuah paragraf.</p>", 250),
            ("<p>Kalimat yang cukup panjang untuk sebuah paragraf.</p>", 10_000),
            ("<div>Kalimat pendek<br><br></div>", 8_000),
            ("<a href=?page=2>tautan</a> ", 10_000),
            ("<h1>Judul berita hari ini</h1>", 5_000),
            ("<article><h1>Judul</h1><p>Isi berita.</p></article>", 4_000),
            ("<ul><li><a href=/x>Berita lain</a></li></ul>", 5_000),
            ("<table><tr><td>satu<td>dua</table>", 4_000),
            ("<figure><img src=/f.jpg><figcaption>Foto</figcaption></figure>", 3_000),
            ("<span class='date'>16 Agustus 2022</span>", 5_000),
            ("<meta property=og:title content=Judul>", 5_000),
            (
                "<script type=application/ld+json>{\"@type\":\"Article\"}</script>",
                2_000,
            ),
            ("kata ", 200_000),
            ("&amp;&#x2028;", 20_000),
        ] {
            let page = read(format!("<html><body>{}", piece.repeat(times)));
            assert!(page.is_some(), "{piece} × {times}");
        }
        let json = format!("{{\"@type\":\"Article\",\"headline\":\"{}", "x,\\\\'".repeat(100_000));
        assert!(read(format!("<script type=application/ld+json>{json}</script>")).is_some());
    }

    /// On the stack of one of tokio's blocking threads.
    fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap();
        thread.join().unwrap();
    }

    /// Deeper than the gate lets pass, as far as a tree may come of what it does.
    #[test]
    fn the_deepest_tree_fits_the_stack_of_a_worker() {
        for open in [
            "<div>",
            "<div class=author>",
            "<div><b>",
            "<table><tr><td>",
            "<ul><li>",
            "<span rel=author>",
        ] {
            let html = format!(
                "<h1>Razia</h1>{}<p>Oleh: Budi, 16 Agustus 2022</p>",
                open.repeat(4 * gate::MAX_DEPTH / open.matches('<').count())
            );
            on_a_small_stack(move || {
                let mut page = Html::parse_document(&html);
                stated(&page, &"https://a.example/x".parse().unwrap());
                body::find(&mut page, "", None);
                body::selected(&mut page, "p");
            });
        }
    }

    #[test]
    fn a_page_of_nothing_but_dates_ends_and_fits_the_stack_of_a_worker() {
        for (open, date) in [
            ("<span class=date>", "16/8/2022-"),
            ("<p>", "Selasa, 16 Agustus 2022 | 10.30 WIB "),
            ("<time datetime=2022-08-16T10:30:00+07:00>", "2022-08-16T10:30:00+07:00"),
            ("<div class=author>Oleh: ", "16.08.2022 "),
            ("<p>Diterbitkan ", "1/"),
            ("<script>\"datePublished\":\"", "2022-08-16T10:30:00+07:00"),
        ] {
            let long = format!("<h1>Razia</h1>{open}{}", date.repeat(200_000 / date.len() * 10));
            let many = format!("<h1>Razia</h1>{}", format!("{open}{date}").repeat(200));
            on_a_small_stack(move || {
                assert!(read(long).is_some());
                assert!(read(many).is_some());
            });
        }
    }

    proptest! {
        #[test]
        fn no_heap_of_markup_makes_it_panic(
            parts in proptest::collection::vec(prop_oneof![
                Just("<p>"), Just("</p>"), Just("<div class=byline>"), Just("</div>"), Just("<h1>"), Just("<article>"),
                Just("<time datetime=2022-13-45>"), Just("<img srcset=', ,'>"), Just("<figure>"), Just("<a href='?page=99'>"),
                Just("Oleh: "), Just("Penulis:É"), Just("3 jam lalu"), Just("16 Agustus 2022"), Just("<li>"), Just("<table>"),
                Just("<script type=application/ld+json>[{\"@type\":\"Article\",}"), Just("</script>"), Just("<base href='x:'>"),
                Just("Kalimat yang cukup panjang untuk menjadi sebuah paragraf dalam berita hari ini. "), Just("İ"), Just("ﬁ"),
            ], 0..40)
        ) {
            read(parts.concat());
        }
    }
}
