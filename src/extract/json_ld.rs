//! The article in a page's JSON-LD, however carelessly it is written: alone, in arrays, in a `@graph`, inside the page it
//! is the main entity of, several of them, with its author elsewhere in the graph, and as JSON that is not quite JSON.

use scraper::Html;
use serde_json::Value;
use url::Url;

use super::one_line;
use super::select::Page;
use crate::model::{Content, Image, RawDate};

/// How deep an article is looked for.
const DEPTH: usize = 6;

/// What the page's JSON-LD says of its article; [`Content::html`] holds `articleBody`. Empty if there is none.
pub fn read(page: &Page<'_>, base: &Url) -> Content {
    let blocks: Vec<Value> = page
        .select(r#"script[type*="ld+json"]"#)
        .filter_map(|script| parse(&script.text().collect::<String>()))
        .collect();
    let mut articles = Vec::new();
    let mut named = Vec::new();
    for block in &blocks {
        collect(block, DEPTH, &mut articles, &mut named);
    }
    // The one that says most; the first of equals.
    let stated = |article: &Value| {
        let fields = [
            "headline",
            "datePublished",
            "author",
            "articleBody",
            "image",
            "dateModified",
        ];
        fields.iter().filter(|key| !article[**key].is_null()).count()
    };
    let best = articles.into_iter().rev().max_by_key(|article| stated(article));
    let mut content = best.map(|article| content(article, &named, base)).unwrap_or_default();
    content.published = content.published.or_else(|| published_of_page(&blocks));
    content
}

/// When the page was published that is no article in its JSON-LD, if all that is said of that is one date.
fn published_of_page(blocks: &[Value]) -> Option<RawDate> {
    let mut dates = Vec::new();
    blocks.iter().for_each(|block| collect_dates(block, DEPTH, &mut dates));
    let first = dates.first()?;
    dates
        .iter()
        .all(|date| date == first)
        .then(|| RawDate::Text(first.clone()))
}

fn collect_dates(value: &Value, depth: usize, dates: &mut Vec<String>) {
    match value {
        _ if depth == 0 => {}
        Value::Array(values) => values.iter().for_each(|value| collect_dates(value, depth - 1, dates)),
        Value::Object(object) => {
            let kind = value["@type"].as_str().unwrap_or_default();
            if kind.ends_with("Page") || matches!(kind, "CreativeWork" | "Recipe" | "VideoObject" | "Review") {
                dates.extend(text(&value["datePublished"]));
            }
            if let Some(graph) = object.get("@graph") {
                collect_dates(graph, depth - 1, dates);
            }
        }
        _ => {}
    }
}

/// JSON, or what was meant by it: without comments around it, control characters in strings, commas before a closing
/// bracket, and semicolons at the end.
fn parse(text: &str) -> Option<Value> {
    let text = text.replace("<![CDATA[", "").replace("]]>", "");
    let inner = text.find(['{', '[']).map(|start| &text[start..])?;
    let end = inner.rfind(['}', ']'])?;
    let inner = &inner[..=end];
    serde_json::from_str(inner)
        .or_else(|_| serde_json::from_str(&repaired(inner)))
        .ok()
}

fn repaired(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = json.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            _ if escaped => {
                escaped = false;
                // JSON knows no \' and the like.
                if !matches!(letter, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') {
                    out.pop();
                }
                out.push(letter);
            }
            '\\' if in_string => {
                escaped = true;
                out.push(letter);
            }
            '"' => {
                in_string = !in_string;
                out.push(letter);
            }
            letter if letter.is_control() => out.push(' '),
            ',' if !in_string => {
                while rest.next_if(|next| next.is_whitespace() || *next == ',').is_some() {}
                if !matches!(rest.peek(), Some('}' | ']') | None) {
                    out.push(',');
                }
            }
            letter => out.push(letter),
        }
    }
    out
}

/// Gathers articles and named nodes.
fn collect<'a>(value: &'a Value, depth: usize, articles: &mut Vec<&'a Value>, named: &mut Vec<(&'a str, &'a Value)>) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Array(values) => values
            .iter()
            .for_each(|value| collect(value, depth - 1, articles, named)),
        Value::Object(object) => {
            if let Some(id) = value["@id"].as_str().filter(|_| object.len() > 1) {
                named.push((id, value));
            }
            if is_article(&value["@type"]) {
                articles.push(value);
            }
            for key in ["@graph", "mainEntity", "mainEntityOfPage"] {
                // The elements of a list are other articles.
                if let Some(inner) = object.get(key) {
                    collect(inner, depth - 1, articles, named);
                }
            }
        }
        _ => {}
    }
}

fn is_article(kind: &Value) -> bool {
    match kind {
        Value::String(name) => {
            let name = name.rsplit(['/', '#']).next().unwrap_or(name);
            name.ends_with("Article")
                || matches!(
                    name,
                    "BlogPosting" | "SocialMediaPosting" | "Report" | "LiveBlogPosting"
                )
        }
        Value::Array(kinds) => kinds.iter().any(is_article),
        _ => false,
    }
}

fn content(article: &Value, named: &[(&str, &Value)], base: &Url) -> Content {
    let date = |key: &str| text(&article[key]).map(RawDate::Text);
    let tags = match &article["keywords"] {
        Value::String(words) => words
            .split([',', ';'])
            .map(one_line)
            .filter(|word| !word.is_empty())
            .collect(),
        Value::Array(words) => words.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    Content {
        canonical: None,
        title: text(&article["headline"]).or_else(|| text(&article["name"])),
        author: first(&article["author"], &["name"], named).or_else(|| first(&article["creator"], &["name"], named)),
        published: date("datePublished").or_else(|| date("dateCreated")),
        updated: date("dateModified"),
        html: article["articleBody"]
            .as_str()
            .filter(|body| !body.trim().is_empty())
            .map(str::to_owned),
        image: image(&article["image"], named, base).or_else(|| image(&article["thumbnailUrl"], named, base)),
        categories: tags,
        language: first(&article["inLanguage"], &["alternateName", "name", "@id"], named),
    }
}

fn image(value: &Value, named: &[(&str, &Value)], base: &Url) -> Option<Image> {
    let address = first(value, &["url", "contentUrl", "@id"], named)?;
    let url = base
        .join(&address)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some(Image {
        url: url.to_string(),
        caption: first(&value["caption"], &[], named),
        mime: None,
        length: None,
    })
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

/// The string, or the first of these keys of the object, or that of the first element of the array. An object that only
/// has an `@id` stands for the one of that name.
fn first(value: &Value, keys: &[&str], named: &[(&str, &Value)]) -> Option<String> {
    match value {
        Value::String(_) => text(value),
        Value::Object(object) => {
            let meant = value["@id"].as_str().filter(|_| object.len() == 1);
            let other = meant
                .and_then(|id| named.iter().find(|(name, _)| *name == id))
                .map(|(_, other)| *other);
            let value = other.unwrap_or(value);
            keys.iter().find_map(|key| match &value[*key] {
                Value::Array(values) => values.iter().find_map(text),
                value => text(value),
            })
        }
        Value::Array(values) => values.iter().find_map(|value| first(value, keys, named)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ld(json: &str) -> Content {
        let page = Html::parse_document(&format!("<script type='application/ld+json'>{json}</script>"));
        read(&Page::of(&page), &"https://a.example/berita/x".parse().unwrap())
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn the_article_is_found_wherever_it_is_put() {
        for json in [
            r#"{"@type":"NewsArticle","headline":"Razia &amp; Tes"}"#,
            r#"{"@type":"https://schema.org/NewsArticle","headline":"Razia & Tes"}"#,
            r#"[{"@type":"BreadcrumbList"},{"@type":["Thing","ReportageNewsArticle"],"headline":"Razia & Tes"}]"#,
            r#"{"@context":"https://schema.org","@graph":[{"@type":"WebSite","name":"x"},{"@type":"BlogPosting","headline":"Razia & Tes"}]}"#,
            r#"[[{"@graph":[[{"@type":"Article","headline":"Razia & Tes"}]]}]]"#,
            r#"{"@type":"WebPage","name":"x","mainEntity":{"@type":"Article","headline":"Razia & Tes"}}"#,
            r#"[{"@type":"Article","name":"x"},{"@type":"NewsArticle","headline":"Razia & Tes","datePublished":"2022-08-16"}]"#,
            "\n<!--{\"@type\":\"Article\",\"headline\":\"Razia &\nTes\"}-->",
            "//<![CDATA[\n{\"@type\":\"Article\",\"headline\":\"Razia & Tes\"}\n//]]>",
            "{\"@type\":\"Article\",\"headline\":\"Razia\t&\u{1} Tes\",}",
            "{\"@type\":\"Article\",,\"keywords\":[\"a\",],\"headline\":\"Razia & Tes\"};",
            r#"{"@type":"Article","description":"Jum\'at","headline":"Razia & Tes"}"#,
        ] {
            assert_eq!(ld(json).title, some("Razia & Tes"), "{json}");
        }
    }

    #[test]
    fn what_is_no_article_says_nothing() {
        for json in [
            "",
            "{",
            "[[[]]]",
            "null",
            "}{",
            "][",
            r#"{"@type":"Organization","name":"x"}"#,
            r#"{"headline":"x"}"#,
            r#"{"@type":7}"#,
            r#"{"@type":"ItemList","itemListElement":[{"@type":"NewsArticle","headline":"x"}]}"#,
        ] {
            assert_eq!(ld(json), Content::default(), "{json}");
        }
        assert_eq!(ld(&"[".repeat(5_000)), Content::default());
    }

    #[test]
    fn a_page_that_is_no_article_says_when_it_was_published() {
        let page = |dates: [&str; 2]| {
            let pages = dates.map(|date| format!(r#"{{"@type":"WebPage","datePublished":"{date}"}}"#));
            ld(&format!(r#"{{"@graph":[{}]}}"#, pages.join(","))).published
        };
        let day = "2022-08-16T02:30:00+07:00";
        assert_eq!(page([day, day]), Some(RawDate::Text(day.to_owned())));
        assert_eq!(page([day, "2022-08-17"]), None);
    }

    #[test]
    fn fields_come_in_many_shapes() {
        for (author, image) in [
            (r#""Budi""#, r#""/f.jpg""#),
            (r#"{"name":"Budi"}"#, r#"{"url":"/f.jpg"}"#),
            (
                r#"{"name":["Budi","Siti"]}"#,
                r#"{"@type":"ImageObject","contentUrl":"/f.jpg"}"#,
            ),
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
    fn what_the_graph_names_is_looked_up() {
        let content = ld(
            r##"{"@graph":[{"@type":"Article","author":{"@id":"#p"},"image":{"@id":"#i"}},
            {"@id":"#p","@type":"Person","name":"Budi"},{"@id":"#i","@type":"ImageObject","url":"/f.jpg"}]}"##,
        );
        assert_eq!(content.author, some("Budi"));
        assert_eq!(content.image.unwrap().url, "https://a.example/f.jpg");
    }
}
