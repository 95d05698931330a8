//! What sites really send for a feed: every kind of damage is done to a clean feed, and the items outside the damage
//! have to read as they did before. Which words a problem has is for the tests beside the code.

mod clean;
mod damage;

use std::time::{Duration, Instant};

use damage::Damage;
use proptest::prelude::*;
use warta::model::{Entry, Parsed, SourceKind};
use warta::parse;

use crate::support::samples;

fn read(body: Vec<u8>) -> Parsed<Entry> {
    let document = samples::document("https://satker.example/feed", &body);
    parse::entries(&document, &SourceKind::Feed)
}

/// The clean feeds and what is done to them.
fn kinds() -> [(&'static str, String, &'static [Damage]); 4] {
    [
        ("RSS", clean::rss(), damage::RSS),
        ("Atom", clean::atom(), damage::ATOM),
        ("RDF", clean::rdf(), damage::RDF),
        ("JSON", clean::json(), damage::JSON),
    ]
}

#[test]
fn undamaged_items_read_as_they_did_before() {
    let (mut whole, mut kept, mut count, mut faults) = (0, 0, 0, Vec::new());
    for (feed, clean, damages) in kinds() {
        let before = read(clean.clone().into_bytes());
        assert_eq!(
            (before.items.len(), before.problems.len()),
            (5, 0),
            "{feed}: {:?}",
            before.problems
        );
        for damage in damages {
            count += 1;
            let after = read((damage.apply)(&clean));
            for (index, item) in before.items.iter().enumerate() {
                if damage.touched == Some(index) {
                    continue;
                }
                whole += 1;
                if after.items.iter().any(|other| is_same(item, other)) {
                    kept += 1;
                } else {
                    let found = after.items.iter().find(|other| other.url == item.url);
                    faults.push(format!(
                        "{feed}, {}: item {index}: {found:?}\n{:?}",
                        damage.name, after.problems
                    ));
                }
            }
        }
    }
    println!("{kept} of {whole} items kept in {count} kinds of damage");
    assert!(count >= 80, "{count}");
    assert!(faults.is_empty(), "{kept} of {whole} items kept\n{}", faults.join("\n"));
}

/// What must not change: all that readers see.
fn is_same(before: &Entry, after: &Entry) -> bool {
    let guid = |entry: &Entry| entry.guid.clone();
    before.title == after.title
        && before.url == after.url
        && before.published == after.published
        && guid(before) == guid(after)
        && before.summary_html == after.summary_html
        && before.content_html == after.content_html
}

#[test]
fn an_item_that_is_damaged_itself_is_still_an_item() {
    let mut faults = Vec::new();
    for (feed, clean, damages) in kinds() {
        for damage in damages {
            let after = read((damage.apply)(&clean));
            let Some(index) = damage.touched else {
                let is_whole = after.items.len() == 5;
                faults.extend((!is_whole).then(|| {
                    format!(
                        "{feed}, {}: {} items: {:?}",
                        damage.name,
                        after.items.len(),
                        after.problems
                    )
                }));
                continue;
            };
            // What was cut off is gone; everything else is there.
            let is_cut = damage.name.starts_with("cut");
            let address = format!("https://satker.example/berita/{}", index + 1);
            let found = after
                .items
                .iter()
                .any(|item| item.url.as_ref().is_some_and(|url| url.as_str().starts_with(&address)));
            faults.extend((!found && !is_cut).then(|| format!("{feed}, {}: {:?}", damage.name, after.problems)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn damage_is_told_with_its_place() {
    // What is not damaged but only unusual, or what decoding settles.
    let silent = [
        "UTF-16 labelled UTF-8",
        "UTF-16BE without a mark",
        "a byte order mark",
        "two byte order marks",
        "a mark behind blank lines",
        "blank lines first",
        "a comment first",
        "no declaration",
        "a closer with white space",
        "a PHP instruction",
        "a comment of a cache behind the end",
        "no name space",
        "an empty type",
        "a media type for a title",
        "content with an empty source",
        "an item without a link",
        "an empty picture for a text",
    ];
    let mut untold = Vec::new();
    for (feed, clean, damages) in kinds() {
        for damage in damages {
            let told = read((damage.apply)(&clean)).problems;
            if told.is_empty() && !silent.contains(&damage.name) {
                untold.push((feed, damage.name));
            }
            assert!(
                told.iter()
                    .all(|problem| problem.at.starts_with("https://satker.example/feed")),
                "{told:?}"
            );
        }
    }
    assert!(untold.is_empty(), "nothing is told of {untold:?}");
    let told = read((damage::RSS
        .iter()
        .find(|d| d.name == "a bare ampersand in a title")
        .unwrap()
        .apply)(&clean::rss()));
    assert_eq!(told.problems[0].at, "https://satker.example/feed line 28");
    assert_eq!(told.problems[0].what, "repaired: `&` must be written `&amp;`");
}

#[test]
fn a_page_that_stands_for_a_feed_names_the_feed_it_announces() {
    let page = "<!DOCTYPE html><html><head><link rel=alternate type=\"application/rss+xml\" href=\"/berita?format=feed&amp;type=rss\">\
                </head><body><item>x</item></body></html>";
    let parsed = read(page.into());
    assert!(parsed.items.is_empty());
    assert_eq!(
        parsed.problems[0].what,
        "expected a feed, got an HTML page, which names another address for its feed: \
         https://satker.example/berita?format=feed&type=rss"
    );
}

#[test]
fn what_media_rss_may_not_say_costs_no_item() {
    let clean = clean::rss().replace("xmlns:dc", "xmlns:media=\"http://search.yahoo.com/mrss/\" xmlns:dc");
    for odd in [
        "<media:title type=\"text\">x</media:title>",
        "<media:description type=\"text/html\">x</media:description>",
        "<media:title></media:title>",
        "<media:description/>",
        "<media:group><media:title type=\"teks\"></media:title></media:group>",
    ] {
        let parsed = read(clean.replace("<guid", &format!("{odd}<guid")).into_bytes());
        assert_eq!(
            (parsed.items.len(), parsed.problems.len()),
            (5, 0),
            "{odd}: {:?}",
            parsed.problems
        );
    }
}

#[test]
fn one_item_that_cannot_be_read_does_not_take_the_others_with_it() {
    // Another prefix for Media RSS, an empty title: feed-rs refuses the whole feed for it.
    let clean = clean::rss().replace("xmlns:dc", "xmlns:m=\"http://search.yahoo.com/mrss/\" xmlns:dc");
    let parsed = read(clean.replacen("<guid", "<m:title/><guid", 1).into_bytes());
    assert_eq!(parsed.items.len(), 4, "{parsed:?}");
    assert!(
        parsed.problems[0]
            .what
            .starts_with("1 items were skipped: cannot read the feed:"),
        "{parsed:?}"
    );
    assert_eq!(parsed.items[0].title.as_deref(), Some(clean::TITLES[1]));
}

#[test]
fn five_megabytes_of_anything_are_read_in_time() {
    let repeated = |head: &str, part: &str| format!("{head}{}", part.repeat((5 << 20) / part.len())).into_bytes();
    let rss = "<rss version=\"2.0\"><channel><item>";
    let documents = [
        ("open angles", repeated(rss, "<")),
        ("open tags", repeated(rss, "<a>")),
        ("open fields", repeated(rss, "<title>")),
        ("two open fields", repeated(rss, "<title><link>")),
        ("closers", repeated(rss, "</a>")),
        ("open sections", repeated(rss, "<description><![CDATA[a</description>")),
        (
            "open sections, one end",
            [repeated(rss, "<description><![CDATA[a</description>"), b"]]>".to_vec()].concat(),
        ),
        ("sections in one another", repeated(rss, "<![CDATA[x]]>y")),
        ("ends of sections", repeated(rss, "<title>]]>")),
        ("open comments", repeated(rss, "<!--")),
        ("ampersands", repeated(rss, "&")),
        (
            "names",
            (0..500_000).map(|n| format!("&x{n};")).collect::<String>().into_bytes(),
        ),
        (
            "names in a feed",
            format!(
                "{rss}<title>{}",
                (0..500_000).map(|n| format!("&x{n};")).collect::<String>()
            )
            .into_bytes(),
        ),
        ("marks", repeated(rss, "<a b=\"")),
        ("attributes", repeated("<rss version=\"2.0\"><channel><item ", "a=1 ")),
        (
            "prefixes",
            format!(
                "{rss}{}",
                (0..300_000).map(|n| format!("<p{n}:a/>")).collect::<String>()
            )
            .into_bytes(),
        ),
        ("channels", repeated("<rss version=\"2.0\">", "<channel></channel>")),
        ("items", repeated("<rss version=\"2.0\"><channel>", "<item>")),
        ("roots", repeated("", "<rss></rss>")),
        ("instructions", repeated(rss, "<?x")),
        (
            "lost items",
            repeated("<rss><channel><item></item>", "<title>x</title>"),
        ),
        ("brackets", repeated("{\"items\":", "[")),
        ("quotation marks", repeated("{\"items\":[{\"title\":\"", "\"a ")),
    ];
    // An unoptimised build is some ten times slower than the one that runs.
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });
    for (name, body) in documents {
        let start = Instant::now();
        let _ = read(body);
        let taken = start.elapsed();
        println!("{name}: {taken:?}");
        assert!(taken < limit, "{name}: {taken:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(bytes);
    }

    #[test]
    fn no_markup_makes_it_panic(
        text in "(<rss version=\"2.0\">|<feed>)(<(channel|item|title|link|a b=|entry|content type=\"xhtml\"|rdf:RDF|x:y)|>|/>|</(item|title|channel|rss|feed|a|content)>|<!\\[CDATA\\[|\\]\\]>|<!--|-->|\"|'|&|&amp;|&nbsp|&#|;|é| |=|<){0,60}"
    ) {
        let _ = read(text.into_bytes());
    }

    #[test]
    fn no_cut_and_no_change_makes_it_panic(
        kind in 0usize..4,
        from in 0usize..3_000,
        length in 0usize..40,
        new in "(<|>|\"|&|]]>|<!\\[CDATA\\[|</item>|é|\\{|,|\\\\){0,3}",
        cut in 0usize..6_000,
    ) {
        let (_, clean, _) = &kinds()[kind];
        let mut body = clean.clone().into_bytes();
        let from = from.min(body.len());
        let to = (from + length).min(body.len());
        body.splice(from..to, new.bytes());
        body.truncate(cut.max(600));
        let parsed = read(body);
        prop_assert!(parsed.items.len() <= 12);
    }
}
