//! Articles that a document says were taken back: the tombstones of an Atom feed (RFC 6721) and the deleted stories in the
//! state of kumparan's pages. That an entry is missing says nothing: lists end.

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use url::Url;

use super::{kumparan, looks_like, repair};
use crate::gate;
use crate::model::{Document, SourceKind, TakenBack};

/// The namespace of tombstones.
const TOMBSTONES: &str = "http://purl.org/atompub/tombstones/1.0";

/// The most that one document may take back at once.
const MAX_TAKEN: usize = 200;

/// What a source's document says was taken back. `source` is the address of the source it is read for.
pub fn taken_back(document: &Document, kind: &SourceKind, source: &Url) -> Vec<TakenBack> {
    let mut taken = match kind {
        SourceKind::Feed | SourceKind::Blogger => tombstones(document),
        SourceKind::Kumparan | SourceKind::KumparanQuery(_) => kumparan::taken_back(document, source)
            .into_iter()
            .map(TakenBack::Url)
            .collect(),
        SourceKind::Auto => match looks_like(document) {
            kind @ (SourceKind::Feed | SourceKind::Kumparan) => taken_back(document, &kind, source),
            _ => Vec::new(),
        },
        SourceKind::Wordpress
        | SourceKind::Joomla
        | SourceKind::Sitemap
        | SourceKind::Listing(_)
        | SourceKind::ListingAuto => Vec::new(),
    };
    taken.truncate(MAX_TAKEN);
    taken
}

/// The ids of an Atom feed's `at:deleted-entry` elements, which are those that its entries had.
fn tombstones(document: &Document) -> Vec<TakenBack> {
    let text = gate::decode(document);
    if !text.contains("deleted-entry") {
        return Vec::new();
    }
    let Some(start) = repair::start(&text).filter(|start| start.is_root) else {
        return Vec::new();
    };
    let text = &text[start.at..];
    let mut taken = Vec::new();
    if gate::check_xml(text).is_err() {
        return taken;
    }
    let mut reader = NsReader::from_str(text);
    let mut depth = 0_usize;
    while taken.len() < MAX_TAKEN {
        match reader.read_resolved_event() {
            Ok((namespace, Event::Start(element))) => {
                taken.extend(tombstone(&namespace, &element, depth));
                depth += 1;
            }
            Ok((namespace, Event::Empty(element))) => taken.extend(tombstone(&namespace, &element, depth)),
            Ok((_, Event::End(_))) => depth = depth.saturating_sub(1),
            // What stands behind a fault cannot be told.
            Ok((_, Event::Eof)) | Err(_) => break,
            Ok(_) => {}
        }
    }
    taken
}

/// What an element takes back, if it is a tombstone right below the feed: within an entry it would be somebody's text.
fn tombstone(namespace: &ResolveResult<'_>, element: &BytesStart<'_>, depth: usize) -> Option<TakenBack> {
    let is_theirs = matches!(namespace, ResolveResult::Bound(name) if name.as_ref() == TOMBSTONES);
    if depth != 1 || !is_theirs || element.local_name().as_ref() != "deleted-entry" {
        return None;
    }
    let reference = element.try_get_attribute("ref").ok()??;
    let id = reference.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
    let id = id.trim();
    (!id.is_empty()).then(|| TakenBack::Guid(id.to_owned()))
}

#[cfg(test)]
mod tests {

    use super::*;

    use crate::model::samples;

    fn of(kind: &SourceKind, url: &str, body: &str) -> Vec<TakenBack> {
        let document = samples::document(url, body.as_bytes());
        taken_back(&document, kind, &document.url)
    }

    fn atom(inside: &str) -> Vec<TakenBack> {
        let feed = format!(
            "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\" \
             xmlns:at=\"http://purl.org/atompub/tombstones/1.0\"><title>x</title>{inside}</feed>"
        );
        of(&SourceKind::Feed, "https://a.example/feed", &feed)
    }

    fn guid(id: &str) -> TakenBack {
        TakenBack::Guid(id.to_owned())
    }

    #[test]
    fn the_tombstones_of_a_feed_name_the_ids_of_its_entries() {
        assert_eq!(
            atom(
                "<at:deleted-entry ref=\"tag:a.example,2026:1\" when=\"2026-11-20T07:00:00Z\"/>\
                 <entry><id>tag:a.example,2026:3</id></entry>\
                 <at:deleted-entry ref=\"https://a.example/?p=2&amp;x=1\" when=\"2026-11-20T07:00:00Z\">\
                 <at:comment>salah</at:comment></at:deleted-entry>"
            ),
            [guid("tag:a.example,2026:1"), guid("https://a.example/?p=2&x=1")]
        );
        let other_prefix = "<t:deleted-entry xmlns:t=\"http://purl.org/atompub/tombstones/1.0\" ref=\"1\"/>";
        assert_eq!(atom(other_prefix), [guid("1")]);
    }

    #[test]
    fn what_only_looks_like_a_tombstone_takes_nothing_back() {
        for inside in [
            "<deleted-entry ref=\"1\"/>",
            "<at:deleted-entry/>",
            "<at:deleted-entry ref=\" \"/>",
            "<entry><at:deleted-entry ref=\"1\"/></entry>",
            "<entry><content type=\"xhtml\"><div><at:deleted-entry ref=\"1\"/></div></content></entry>",
            "<entry><summary>&lt;at:deleted-entry ref=\"1\"/&gt;</summary></entry>",
            "<!-- <at:deleted-entry ref=\"1\"/> -->",
            "<entry><summary><![CDATA[<at:deleted-entry ref=\"1\"/>]]></summary></entry>",
        ] {
            assert_eq!(atom(inside), [], "{inside}");
        }
        let page = "<html><body><at:deleted-entry ref=\"1\"/></body></html>";
        assert_eq!(of(&SourceKind::Feed, "https://a.example/", page), []);
        assert_eq!(of(&SourceKind::Joomla, "https://a.example/", page), []);
    }

    #[test]
    fn a_flood_of_tombstones_and_a_broken_feed_end() {
        assert_eq!(atom(&"<at:deleted-entry ref=\"1\"/>".repeat(5_000)).len(), MAX_TAKEN);
        assert_eq!(atom("<at:deleted-entry ref=\"1\"/><b></c>"), [guid("1")]);
    }

    #[test]
    fn deleted_stories_of_the_account_are_taken_back_and_no_others() {
        let page = "<html><body><script id=\"__NEXT_DATA__\" type=\"application/json\">{\"s\":{\
                    \"User:1\":{\"username\":\"kanalbali\"},\"User:2\":{\"username\":\"lajer-channel\"},\
                    \"a\":{\"slug\":\"gempa-1yfLmNoPqR5\",\"title\":\"Gempa\",\"deletedAt\":\"2022-09-01T00:00:00Z\",\
                    \"author\":{\"__ref\":\"User:1\"}},\
                    \"c\":{\"slug\":\"apel-1yfWcrHMSmR\",\"title\":\"Apel\",\"deletedAt\":null,\"author\":{\"__ref\":\"User:2\"}},\
                    \"b\":{\"slug\":\"razia-1yfWcrHMSmQ\",\"title\":\"Razia\",\"deletedAt\":\"2022-09-01T00:00:00Z\",\
                    \"author\":{\"__ref\":\"User:2\"}}}}</script></body></html>";
        let account = "https://kumparan.com/lajer-channel";
        let expected: Url = format!("{account}/razia-1yfWcrHMSmQ").parse().unwrap();
        for kind in [SourceKind::Kumparan, SourceKind::Auto] {
            assert_eq!(of(&kind, account, page), [TakenBack::Url(expected.clone())]);
        }
    }
}
