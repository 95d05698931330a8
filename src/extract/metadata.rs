//! What a page says of itself: JSON-LD, OpenGraph and other `<meta>`, `<link rel=canonical>`, `<time>`, `<h1>`. JSON-LD
//! is believed first. `.date` elements are not asked: in the head of many portals they show today.

use scraper::{ElementRef, Html};
use serde_json::Value;
use url::Url;

use super::{image_address, one_line, select, words};
use crate::model::{Content, Image, RawDate};

/// Reads everything but the body; [`Content::html`] holds JSON-LD's `articleBody` if there is one.
pub fn read(page: &Html, base: &Url) -> Content {
    let stated = json_ld(page)
        .map(|article| of_json_ld(&article, base))
        .unwrap_or_default();
    let meta = |names: &[&str]| meta(page, names);
    let date = |names: &[&str], css: &str| {
        let element = || select(page, css).find_map(super::date_of);
        meta(names).or_else(element).map(RawDate::Text)
    };
    let published = ["article:published_time", "datepublished", "date", "dc.date", "pubdate"];
    Content {
        canonical: select(page, "link[rel=canonical][href]")
            .find_map(|link| base.join(link.attr("href")?.trim()).ok())
            .filter(|url| matches!(url.scheme(), "http" | "https")),
        title: stated.title.or_else(|| title(page)),
        author: stated.author.or_else(|| meta(&["author", "article:author"])).filter(|name| !name.starts_with("http")),
        published: stated.published.or_else(|| {
            date(&published, "[itemprop=datePublished], time[datetime][pubdate], article time[datetime], time[datetime], abbr.published[title]")
        }),
        updated: stated.updated.or_else(|| date(&["article:modified_time"], "[itemprop=dateModified]")),
        html: stated.html,
        image: stated.image.or_else(|| og_image(page, base)),
        categories: if stated.categories.is_empty() { all_meta(page, "article:tag") } else { stated.categories },
    }
}

/// The only headline, else what OpenGraph says, else `<title>`; without the site's name behind it.
fn title(page: &Html) -> Option<String> {
    let headlines: Vec<String> = select(page, "h1")
        .map(words)
        .filter(|title| !title.is_empty())
        .collect();
    let site = meta(page, &["og:site_name"]);
    let plain = |title: String| {
        let cut = site.as_ref().and_then(|site| title.strip_suffix(site.as_str()));
        cut.map(|rest| rest.trim_end_matches([' ', '-', '|', '–', '—', '»', '·']).to_owned())
            .filter(|rest| !rest.is_empty())
            .unwrap_or(title)
    };
    let is_site = |title: &String| site.as_ref() == Some(title);
    match headlines.as_slice() {
        [only] if !is_site(only) => Some(only.clone()),
        _ => meta(page, &["og:title"])
            .map(plain)
            .or_else(|| headlines.iter().find(|title| !is_site(title)).cloned())
            .or_else(|| {
                select(page, "title")
                    .map(words)
                    .map(plain)
                    .find(|title| !title.is_empty())
            }),
    }
}

/// The content of the first `<meta>` that has one of these names or properties, in the order of the names.
fn meta(page: &Html, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| all_meta(page, name).into_iter().next())
}

fn all_meta(page: &Html, name: &str) -> Vec<String> {
    let is_named = |meta: &ElementRef<'_>| {
        ["property", "name", "itemprop"]
            .iter()
            .any(|key| meta.attr(key).is_some_and(|value| value.eq_ignore_ascii_case(name)))
    };
    select(page, "meta[content]")
        .filter(is_named)
        .map(|meta| one_line(meta.attr("content").unwrap_or_default()))
        .filter(|content| !content.is_empty())
        .collect()
}

fn og_image(page: &Html, base: &Url) -> Option<Image> {
    let url = meta(page, &["og:image", "og:image:url", "twitter:image"])
        .and_then(|address| base.join(&address).ok())
        .map(|url| url.to_string())
        .or_else(|| select(page, "article figure img").find_map(|image| image_address(image, base)))?;
    Some(Image {
        url,
        caption: None,
        mime: meta(page, &["og:image:type"]),
        length: None,
    })
}

/// The article in the page's JSON-LD: alone, in an array, or in a `@graph`.
fn json_ld(page: &Html) -> Option<Value> {
    select(page, r#"script[type="application/ld+json"]"#).find_map(|script| {
        let text: String = script.text().collect();
        let text = text
            .trim()
            .trim_start_matches("<!--")
            .trim_end_matches("-->")
            .replace(['\n', '\r', '\t'], " ");
        article_in(serde_json::from_str(&text).ok()?)
    })
}

fn article_in(value: Value) -> Option<Value> {
    match value {
        Value::Array(values) => values.into_iter().find_map(article_in),
        Value::Object(mut object) => match object.remove("@graph") {
            Some(graph) => article_in(graph),
            None => object
                .get("@type")
                .is_some_and(is_article)
                .then_some(Value::Object(object)),
        },
        _ => None,
    }
}

fn is_article(kind: &Value) -> bool {
    match kind {
        Value::String(name) => name.ends_with("Article") || name == "BlogPosting",
        Value::Array(kinds) => kinds.iter().any(is_article),
        _ => false,
    }
}

fn of_json_ld(article: &Value, base: &Url) -> Content {
    let date = |key: &str| text(&article[key]).map(RawDate::Text);
    let image = first(&article["image"], &["url", "contentUrl"]).and_then(|address| base.join(&address).ok());
    let tags = match &article["keywords"] {
        Value::String(words) => words.split(',').map(one_line).filter(|word| !word.is_empty()).collect(),
        Value::Array(words) => words.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    Content {
        canonical: None,
        title: text(&article["headline"]).or_else(|| text(&article["name"])),
        author: first(&article["author"], &["name"]),
        published: date("datePublished"),
        updated: date("dateModified"),
        html: article["articleBody"]
            .as_str()
            .filter(|body| !body.trim().is_empty())
            .map(str::to_owned),
        image: image.map(|url| Image {
            url: url.to_string(),
            caption: None,
            mime: None,
            length: None,
        }),
        categories: tags,
    }
}

/// A string on one line, with the character references some sites leave in it resolved.
fn text(value: &Value) -> Option<String> {
    let text = one_line(value.as_str()?);
    let plain = match text.contains('&') {
        true if crate::gate::check(&text).is_ok() => Html::parse_fragment(&text).root_element().text().collect(),
        _ => text,
    };
    (!plain.is_empty()).then_some(plain)
}

/// The string, or the first of these keys of the object, or that of the first element of the array.
fn first(value: &Value, keys: &[&str]) -> Option<String> {
    match value {
        Value::String(_) => text(value),
        Value::Object(object) => keys.iter().find_map(|key| text(object.get(*key)?)),
        Value::Array(values) => values.iter().find_map(|value| first(value, keys)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(html: &str) -> Content {
        read(
            &Html::parse_document(html),
            &"https://a.example/berita/x".parse().unwrap(),
        )
    }

    fn ld(json: &str) -> Content {
        of(&format!(
            "<script type='application/ld+json'>{json}</script><h1>Judul halaman</h1>"
        ))
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn json_ld_is_found_wherever_it_is_put() {
        for json in [
            r#"{"@type":"NewsArticle","headline":"Razia &amp; Tes"}"#,
            r#"[{"@type":"BreadcrumbList"},{"@type":["Thing","ReportageNewsArticle"],"headline":"Razia & Tes"}]"#,
            r#"{"@context":"https://schema.org","@graph":[{"@type":"WebSite","name":"x"},{"@type":"BlogPosting","headline":"Razia & Tes"}]}"#,
            "\n<!--{\"@type\":\"Article\",\"headline\":\"Razia &\nTes\"}-->",
        ] {
            assert_eq!(ld(json).title, some("Razia & Tes"), "{json}");
        }
        for json in [
            "",
            "{",
            "[[[]]]",
            "null",
            r#"{"@type":"Organization","name":"x"}"#,
            r#"{"headline":"x"}"#,
            r#"{"@type":7}"#,
        ] {
            assert_eq!(ld(json).title, some("Judul halaman"), "{json}");
        }
    }

    #[test]
    fn json_ld_fields_come_in_many_shapes() {
        for (author, image) in [
            (r#""Budi""#, r#""/f.jpg""#),
            (r#"{"name":"Budi"}"#, r#"{"url":"/f.jpg"}"#),
            (
                r#"[{"@type":"Person","name":"Budi"},{"name":"Siti"}]"#,
                r#"["/f.jpg","/g.jpg"]"#,
            ),
        ] {
            let json = format!(r#"{{"@type":"Article","author":{author},"image":{image},"keywords":"a, b,,c"}}"#);
            let content = ld(&json);
            assert_eq!(content.author, some("Budi"), "{json}");
            assert_eq!(content.image.unwrap().url, "https://a.example/f.jpg", "{json}");
            assert_eq!(content.categories, ["a", "b", "c"]);
        }
    }

    #[test]
    fn without_json_ld_the_head_and_the_page_are_asked() {
        let content = of("<title>Razia - Lapas Jember</title><link rel=canonical href=/razia>\
            <meta property=og:title content='Razia - Lapas Jember'><meta property=og:site_name content='Lapas Jember'>\
            <meta name=Author content=Budi><meta property=article:published_time content=2022-08-16T02:30:00+07:00>\
            <meta property=og:image content=/f.jpg><meta property=article:tag content=a><meta property=article:tag content=b>\
            <h1>Lapas Jember</h1>");
        assert_eq!(content.title, some("Razia"));
        assert_eq!(content.canonical.unwrap().as_str(), "https://a.example/razia");
        assert_eq!(content.author, some("Budi"));
        assert_eq!(
            content.published,
            Some(RawDate::Text("2022-08-16T02:30:00+07:00".to_owned()))
        );
        assert_eq!(content.image.unwrap().url, "https://a.example/f.jpg");
        assert_eq!(content.categories, ["a", "b"]);
    }

    #[test]
    fn todays_date_in_the_head_of_the_page_is_not_the_articles() {
        let page = "<div class=date>Selasa, 24 November 2026</div><h1>Razia</h1>";
        assert_eq!(of(page).published, None);
        let page = format!("{page}<article><time datetime=2022-08-16>16 Agustus</time></article>");
        assert_eq!(of(&page).published, Some(RawDate::Text("2022-08-16".to_owned())));
    }
}
