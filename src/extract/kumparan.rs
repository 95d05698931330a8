//! A story's page on kumparan.com, by its `data-qa-id` marks, which outlive the class names. The page's date is that of
//! the reader's clock in WIB; JSON-LD has the same instant in UTC and stands in where the mark is missing.

use scraper::{ElementRef, Html};
use url::Url;

use super::lead::address;
use super::{select, words};
use crate::model::{Content, Image, RawDate};

/// Paragraphs as they are marked since 2026, and before.
const PARAGRAPH: &str = r#"p[data-qa-id="story-paragraph"], .track_paragraph"#;
/// The pictures of a story.
const FIGURE: &str = r#"figure[data-qa-id="image-figure"]"#;
/// Advertisements, and what stands among the paragraphs without being one.
const FURNITURE: &str = r#"aside, script, style, [data-qa-id^="desktop-article-page-inline-"], [data-qa-id^="billboard-"], [data-qa-id^="below-images"]"#;

/// Completes what the page's metadata said. The body stays empty if no mark is found.
pub fn read(page: &mut Html, base: &Url, content: &mut Content) {
    let furniture: Vec<_> = select(page, FURNITURE).map(|element| element.id()).collect();
    for id in furniture {
        if let Some(mut node) = page.tree.get_mut(id) {
            node.detach();
        }
    }
    let marked = |css: &str| select(page, css).map(words).find(|text| !text.is_empty());
    content.title = marked(r#"[data-qa-id="story-title"]"#).or(content.title.take());
    content.author = marked(r#"[data-qa-id="author-name"]"#).or(content.author.take());
    content.published = marked(r#"[data-qa-id="publish-date"]"#)
        .map(RawDate::Text)
        .or(content.published.take());
    // The page's keywords are stuffing ("Berita Terkini X").
    content.categories = select(page, r#"a[data-qa-id="tag-topic"]"#)
        .map(words)
        .filter(|tag| !tag.is_empty())
        .collect();
    let lead = select(page, FIGURE).next();
    if let Some(image) = lead.and_then(|figure| image(figure, base)) {
        content.image = Some(image);
    }
    let parts =
        select(page, &format!("{PARAGRAPH}, {FIGURE}")).filter(|part| lead.is_none_or(|lead| lead.id() != part.id()));
    let html: String = parts.filter(|part| !is_inside_another(*part)).map(part_html).collect();
    content.html = (!html.is_empty()).then_some(html);
}

fn image(figure: ElementRef<'_>, base: &Url) -> Option<Image> {
    let find = |css: &str| {
        scraper::Selector::parse(css)
            .ok()
            .and_then(|css| figure.select(&css).next())
    };
    let caption = find(r#"[data-qa-id="image-caption"]"#)
        .or_else(|| find("figcaption"))
        .map(words);
    Some(Image {
        url: address(find("img")?, base)?,
        caption: caption.filter(|caption| !caption.is_empty()),
        mime: None,
        length: None,
    })
}

/// Whether the element lies in one that is taken whole already.
fn is_inside_another(part: ElementRef<'_>) -> bool {
    part.ancestors().filter_map(ElementRef::wrap).any(|around| {
        around.attr("data-qa-id") == Some("story-paragraph")
            || (around.value().name() == "figure" && around.attr("data-qa-id") == Some("image-figure"))
            || around.value().classes().any(|class| class == "track_paragraph")
    })
}

fn part_html(part: ElementRef<'_>) -> String {
    match part.value().name() {
        "figure" => part.html(),
        _ => format!("<p>{}</p>", part.inner_html()),
    }
}
