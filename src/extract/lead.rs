//! An article's lead image and what stands below it.

use scraper::{ElementRef, Selector};
use url::Url;

use super::metadata::Metas;
use super::select::Page;
use super::words;
use crate::model::Image;

/// Where pages show the lead image, with its caption.
const SHOWN: &str = "article figure, main figure, .wp-caption, .post-thumbnail, .featured-image, .entry-content figure, \
    .jeg_featured, .td-post-featured-image, .detail__media, .photo, .read__photo, .item-image, .post-body .separator, \
    .tr-caption-container, [itemprop=image]";
/// Where else they may show it: only asked for a caption, or where nothing else is known.
const PERHAPS: &str = "figure, [class*=thumb], [class*=photo], [class*=featured], [class*=image], .img";
/// Any picture in what may be the article.
const ANY: &str = "article img, main img, [class*=detail] img, [class*=content] img";
/// Elements whose pictures are other articles'.
const ELSEWHERE: &[&str] = &[
    "aside", "nav", "footer", "header", "sidebar", "related", "terkait", "widget", "comment", "menu", "popul",
];
/// Elements that hold a caption.
const CAPTION: &str = "figcaption, .wp-caption-text, .caption, .tr-caption, [class*=caption]";
/// Words in the address of a picture that is the site's, not the article's.
const SITE: &[&str] = &[
    "logo",
    "favicon",
    "placeholder",
    "no-image",
    "noimage",
    "default.",
    "default-",
    "blank.",
    "spacer",
    "avatar",
];

/// The lead image: the one JSON-LD or the head states, else the first the page shows; with the caption the page has.
pub fn image(page: &Page<'_>, base: &Url, stated: Option<Image>, metas: &Metas) -> Option<Image> {
    let is_site = |url: &str| {
        let name = url.rsplit('/').next().unwrap_or(url).to_ascii_lowercase();
        SITE.iter().any(|word| name.contains(word))
    };
    let of_head = || {
        let address = metas.first(&[
            "og:image",
            "og:image:secure_url",
            "og:image:url",
            "twitter:image",
            "twitter:image:src",
        ])?;
        let url = base
            .join(&address)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))?;
        Some(Image {
            url: url.to_string(),
            caption: None,
            mime: metas.first(&["og:image:type"]),
            length: None,
        })
    };
    let mut found = stated
        .filter(|image| !is_site(&image.url))
        .or_else(|| of_head().filter(|image| !is_site(&image.url)))
        .or_else(|| {
            [SHOWN, PERHAPS, ANY]
                .iter()
                .find_map(|css| shown(page, base, css).find(|image| !is_site(&image.url)))
        })?;
    if found.caption.is_none() {
        found.caption = [SHOWN, PERHAPS]
            .iter()
            .flat_map(|css| shown(page, base, css))
            .find(|image| image.caption.is_some() && same(&image.url, &found.url))
            .and_then(|image| image.caption);
    }
    Some(found)
}

/// The pictures the page shows in the places of lead images.
fn shown<'a>(page: &Page<'a>, base: &'a Url, css: &str) -> impl Iterator<Item = Image> + use<'a> {
    page.select(css)
        .filter(|place| !is_elsewhere(*place))
        .filter_map(move |place| {
            let image = if place.value().name() == "img" {
                Some(place)
            } else {
                first(place, "img")
            };
            let caption = first(place, CAPTION).map(words).filter(|caption| !caption.is_empty());
            Some(Image {
                url: address(image?, base)?,
                caption,
                mime: None,
                length: None,
            })
        })
}

fn is_elsewhere(element: ElementRef<'_>) -> bool {
    element.ancestors().filter_map(ElementRef::wrap).any(|around| {
        let name = around.value().name();
        let classes = around.attr("class").unwrap_or_default().to_ascii_lowercase();
        // "nav" and the like as whole words; Blogger has its posts in a "widget".
        ELSEWHERE.contains(&name)
            || classes.split([' ', '-', '_']).any(|word| ELSEWHERE.contains(&word)) && !classes.contains("blog")
    })
}

fn first<'a>(element: ElementRef<'a>, css: &str) -> Option<ElementRef<'a>> {
    Selector::parse(css).ok().and_then(|css| element.select(&css).next())
}

/// Whether two addresses are one picture in two sizes: "f-300x200.jpg" and "f.jpg", "/s320/f.jpg" and "/s1600/f.jpg".
fn same(one: &str, other: &str) -> bool {
    let stem = |url: &str| {
        let name = url
            .split('?')
            .next()
            .unwrap_or(url)
            .rsplit('/')
            .next()
            .unwrap_or(url)
            .to_owned();
        let (name, kind) = name
            .rsplit_once('.')
            .map_or((name.as_str(), ""), |(name, kind)| (name, kind));
        let sized = name.rsplit_once('-').filter(|(_, size)| {
            *size == "scaled"
                || (size.contains('x') && size.chars().all(|letter| letter.is_ascii_digit() || letter == 'x'))
        });
        format!("{}.{kind}", sized.map_or(name, |(name, _)| name))
    };
    stem(one) == stem(other)
}

/// The address of a picture: that of a lazy one before its placeholder.
pub fn address(element: ElementRef<'_>, base: &Url) -> Option<String> {
    ["data-src", "data-lazy-src", "data-original", "data-lazy", "src"]
        .iter()
        .filter_map(|name| element.attr(name))
        .filter_map(|address| base.join(address.trim()).ok())
        .find(|url| matches!(url.scheme(), "http" | "https"))
        .map(|url| url.to_string())
}
