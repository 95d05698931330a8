//! Finding the hubs of a feed: `Link` headers (RFC 8288) first, then the links in the feed.

use url::Url;

use super::checked_address;
use crate::model::Announced;

/// More links are not looked at.
const MOST_LINKS: usize = 100;

/// The hubs that a feed announces, and the address that it calls its own: from the `Link` headers of the answer or, if
/// those name no hub, from the feed's links (relation and address). `None` where no usable hub is named. A feed that does
/// not say what it calls itself goes by the address it was fetched from.
pub fn discover(fetched: &Url, headers: &[&str], feed: &[(&str, &str)]) -> Option<Announced> {
    let in_headers: Vec<(String, String)> = headers.iter().flat_map(|header| header_links(header)).collect();
    let in_feed = feed.iter().map(|(rel, href)| ((*rel).to_owned(), (*href).to_owned()));
    announced(fetched, &in_headers).or_else(|| announced(fetched, &in_feed.collect::<Vec<_>>()))
}

fn announced(fetched: &Url, links: &[(String, String)]) -> Option<Announced> {
    let of = |wanted: &'static str| {
        let links = links.iter().take(MOST_LINKS);
        let fitting = links.filter(move |(rel, _)| rel.split_whitespace().any(|rel| rel.eq_ignore_ascii_case(wanted)));
        fitting.filter_map(|(_, href)| checked_address(fetched.join(href.trim()).ok()?.as_str()))
    };
    let mut hubs: Vec<String> = of("hub").map(String::from).collect();
    let mut seen = std::collections::HashSet::new();
    hubs.retain(|hub| seen.insert(hub.clone()));
    let mut own = fetched.clone();
    own.set_fragment(None);
    let topic = of("self").next().unwrap_or(own);
    (!hubs.is_empty()).then(|| Announced {
        hubs,
        topic: topic.into(),
    })
}

/// The relations and addresses in a `Link` header; what is not in good form is passed over.
fn header_links(header: &str) -> Vec<(String, String)> {
    let mut links = Vec::new();
    for link in split(header, ',').into_iter().take(MOST_LINKS) {
        let Some((href, parameters)) = link.trim().strip_prefix('<').and_then(|link| link.split_once('>')) else {
            continue;
        };
        let relation = split(parameters, ';').into_iter().find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_relation = name.trim().eq_ignore_ascii_case("rel");
            is_relation.then(|| value.trim().trim_matches('"').to_owned())
        });
        links.extend(relation.map(|relation| (relation, href.to_owned())));
    }
    links
}

/// Splits at a character outside `<…>` and quotation marks.
fn split(text: &str, at: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped, mut address) = (0, false, false, false);
    for (position, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if !address => quoted = !quoted,
            '<' if !quoted => address = true,
            '>' if !quoted => address = false,
            letter if letter == at && !quoted && !address => {
                parts.push(&text[start..position]);
                start = position + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(headers: &[&str], feed: &[(&str, &str)]) -> Option<(Vec<String>, String)> {
        let fetched = "https://a.example/blog/feed?x=1#top".parse().unwrap();
        discover(&fetched, headers, feed).map(|found| (found.hubs, found.topic))
    }

    fn expected(hubs: &[&str], topic: &str) -> Option<(Vec<String>, String)> {
        Some((hubs.iter().map(|hub| (*hub).to_owned()).collect(), topic.to_owned()))
    }

    #[test]
    fn hubs_are_found_in_headers_before_the_feed() {
        let feed = [("hub", "https://other.example/"), ("self", "https://a.example/other")];
        for header in [
            "<https://h.example/>; rel=\"hub\", <https://a.example/f>; rel=\"self\"",
            "<https://h.example/>;rel=hub,<https://a.example/f>;rel=self",
            "<https://h.example/>; title=\"a, \\\"b\\\"; rel=self <x>\"; REL=\"HUB\", </f>; rel=\"alternate self\"",
        ] {
            assert_eq!(
                found(&[header], &feed),
                expected(&["https://h.example/"], "https://a.example/f"),
                "{header}"
            );
        }
        let two = [
            "<https://h.example/>; rel=hub",
            "<../f>; rel=self, <https://i.example/>; rel=hub, </h>; rel=hub",
        ];
        assert_eq!(
            found(&two, &[]),
            expected(
                &["https://h.example/", "https://i.example/", "https://a.example/h"],
                "https://a.example/f"
            )
        );
    }

    #[test]
    fn else_the_feeds_own_links_count() {
        let feed = [
            ("alternate", "/"),
            ("self", "f"),
            ("hub", " //h.example/x "),
            ("hub", "https://h.example/x"),
        ];
        let wanted = expected(&["https://h.example/x"], "https://a.example/blog/f");
        assert_eq!(found(&[], &feed), wanted);
        assert_eq!(found(&["<https://a.example/>; rel=\"next\""], &feed), wanted);
        assert_eq!(
            found(&[], &[("hub", "https://h.example/")]),
            expected(&["https://h.example/"], "https://a.example/blog/feed?x=1")
        );
    }

    #[test]
    fn what_is_no_hub_is_passed_over() {
        for header in [
            "",
            ",,;;<>",
            "<https://h.example/",
            "https://h.example/; rel=hub",
            "<https://h.example/>; rel=\"hubs\"",
            "<https://h.example/>; title=hub",
            "<ftp://h.example/>; rel=hub",
            "<https://u:p@h.example/>; rel=hub",
            "<javascript:x>; rel=hub",
            "\"\\",
        ] {
            assert_eq!(found(&[header], &[]), None, "{header}");
        }
    }
}
