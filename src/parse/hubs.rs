//! The links that a feed has of itself, for whoever looks for its hubs: `atom:link` in Atom and RSS, `feed_url` and `hubs`
//! in JSON Feed. The links of its items are other things' and are passed over; which of them is a hub is not decided here.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::repair;
use crate::gate;
use crate::model::Document;

/// The most links that are read.
const MAX_LINKS: usize = 100;

/// The relations and addresses of a feed's own links; none for other documents, and for a feed that speaks of no hub.
pub fn links(document: &Document) -> Vec<(String, String)> {
    let text = gate::decode(document);
    // Most feeds have none, and need not be read a second time.
    if !text.contains("hub") {
        return Vec::new();
    }
    if text
        .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n'])
        .starts_with('{')
    {
        return of_json(&text);
    }
    let start = repair::start(&text).filter(|start| start.is_root);
    start.map(|start| of_xml(&text[start.at..])).unwrap_or_default()
}

fn of_xml(text: &str) -> Vec<(String, String)> {
    let mut links = Vec::new();
    if gate::check_xml(text).is_err() {
        return links;
    }
    let mut reader = Reader::from_str(text);
    let mut above: Vec<String> = Vec::new();
    while links.len() < MAX_LINKS {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                links.extend(link(&element, &above));
                above.push(element.local_name().as_ref().to_owned());
            }
            Ok(Event::Empty(element)) => links.extend(link(&element, &above)),
            Ok(Event::End(_)) => drop(above.pop()),
            // What stands behind a fault cannot be told.
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    links
}

/// The relation and address of an element, if it is a link right below the feed.
fn link(element: &BytesStart<'_>, above: &[String]) -> Option<(String, String)> {
    let is_own = matches!(above, [feed] if feed == "feed") || matches!(above, [_, channel] if channel == "channel");
    if !is_own || element.local_name().as_ref() != "link" {
        return None;
    }
    let value = |name: &str| {
        let attribute = element.try_get_attribute(name).ok()??;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
        Some(value.trim().to_owned())
    };
    Some((value("rel")?, value("href")?))
}

fn of_json(text: &str) -> Vec<(String, String)> {
    let Ok(feed) = serde_json::from_str::<serde_json::Value>(text.trim_start_matches('\u{feff}')) else {
        return Vec::new();
    };
    let own = feed["feed_url"].as_str().map(|own| ("self".to_owned(), own.to_owned()));
    let hubs = feed["hubs"].as_array().into_iter().flatten().take(MAX_LINKS);
    let hubs = hubs.filter(|hub| {
        let kind = hub["type"].as_str().unwrap_or_default();
        kind.eq_ignore_ascii_case("websub") || kind.eq_ignore_ascii_case("pubsubhubbub")
    });
    let hubs = hubs.filter_map(|hub| Some(("hub".to_owned(), hub["url"].as_str()?.to_owned())));
    own.into_iter().chain(hubs).collect()
}

#[cfg(test)]
mod tests {

    use super::*;

    use crate::model::samples;

    fn found(body: &str) -> Vec<(String, String)> {
        links(&samples::document("https://a.example/feed", body.as_bytes()))
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = pairs.iter().map(|(rel, href)| ((*rel).to_owned(), (*href).to_owned()));
        owned.collect()
    }

    #[test]
    fn the_links_of_a_feed_are_found_in_every_form_and_those_of_its_items_are_not() {
        let both = pairs(&[("self", "https://a.example/f?a=1&b=2"), ("hub", "https://h.example/")]);
        for feed in [
            "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><link rel='self' href='https://a.example/f?a=1&amp;b=2'/>\
             <entry><link rel='hub' href='https://evil.example/'/></entry><link rel='hub' href=' https://h.example/ '></link></feed>",
            "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><link>https://a.example/</link>\
             <atom:link rel=\"self\" type=\"application/rss+xml\" href=\"https://a.example/f?a=1&#38;b=2\"/>\
             <item><atom:link rel=\"hub\" href=\"https://evil.example/\"/></item>\
             <atom:link rel=\"hub\" href=\"https://h.example/\" /></channel></rss>",
            "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:atom10=\"http://www.w3.org/2005/Atom\">\
             <channel><atom10:link rel=\"self\" href=\"https://a.example/f?a=1&amp;b=2\"/>\
             <atom10:link rel=\"hub\" href=\"https://h.example/\"/></channel><item/></rdf:RDF>",
            "\u{feff}{\"version\": \"https://jsonfeed.org/version/1.1\", \"feed_url\": \"https://a.example/f?a=1&b=2\", \"hubs\": \
             [{\"type\": \"rssCloud\", \"url\": \"https://c.example/\"}, {\"type\": \"WebSub\", \"url\": \"https://h.example/\"}]}",
        ] {
            assert_eq!(found(feed), both, "{feed}");
        }
    }

    #[test]
    fn other_documents_have_none_and_broken_ones_what_stands_before_the_fault() {
        for text in [
            "",
            "hub",
            "{\"hubs\": 1}",
            "{\"hubs\": [1, {\"type\": 2}]}",
            "[\"hub\"",
            "<html><head><link rel=hub href=/></head>",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        let broken = "<feed><link rel='hub' href='https://h.example/'/><entry></wrong><link rel='hub' href='https://i.example/'/>";
        assert_eq!(found(broken), pairs(&[("hub", "https://h.example/")]));
        let deep = format!(
            "<feed>{}<link rel='hub' href='https://h.example/'/>",
            "<a>".repeat(100_000)
        );
        assert_eq!(found(&deep), []);
        let many = format!(
            "<feed>{}</feed>",
            "<link rel='hub' href='https://h.example/'/>".repeat(1_000)
        );
        assert_eq!(found(&many).len(), MAX_LINKS);
    }
}
