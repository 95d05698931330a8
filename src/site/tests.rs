//! Every page, made of hostile input in both languages, read back by a browser's parser: form, links, names for screen
//! readers, sizes; and the stylesheet's contrast. What a module decides by itself is tested there.

mod colours;
mod fixture;

use std::collections::{BTreeMap, BTreeSet};

use scraper::{Html, Selector};

use super::*;
use crate::model::{Republish, SatkerKind};
use crate::report as monthly;
use fixture::{Fixture, HOSTILE};

/// What a page must not weigh.
const MOST_BYTES: usize = 100 * 1_024;

fn select<'a>(html: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: scraper::ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn texts(html: &Html, selector: &str) -> Vec<String> {
    select(html, selector).into_iter().map(text).collect()
}

/// Every page by name.
fn pages(fixture: &Fixture) -> Vec<(&'static str, String)> {
    let mut pages = fixture.pages();
    pages.push(("report", report_page(fixture)));
    pages
}

fn report_page(fixture: &Fixture) -> String {
    let context = fixture.context();
    let month = "2022-08".parse().unwrap();
    let report = monthly::report(context.gazetteer, context.directory, month, fixture.stories());
    assert!(!report.portals.is_empty(), "the report has something to show");
    report::report(context, &crate::serve::reports::view(HOSTILE, &report))
}

/// Applies a check to every page in both languages.
fn check(rule: impl Fn(&str, &Html)) {
    for language in [Language::Id, Language::En] {
        for (name, page) in pages(&Fixture::new(language)) {
            rule(&format!("{name} ({})", language.tag()), &Html::parse_document(&page));
        }
    }
}

#[test]
fn every_page_is_parsed_without_an_error() {
    check(|name, html| assert!(html.errors.is_empty(), "{name}: {:?}", html.errors));
}

#[test]
fn every_link_stays_under_the_base_path_or_leads_to_the_web() {
    check(|name, html| {
        let ids: BTreeSet<&str> = select(html, "[id]").iter().filter_map(|e| e.attr("id")).collect();
        let mut links = 0;
        for (selector, attribute) in [("[href]", "href"), ("[src]", "src"), ("[action]", "action")] {
            for element in select(html, selector) {
                let link = element.attr(attribute).unwrap();
                let inner = link.strip_prefix('#').is_some_and(|id| ids.contains(id));
                let good = inner || link.starts_with("/sub/") || page::is_web(link) || link.starts_with("mailto:");
                assert!(good, "{name}: {link:?}");
                links += 1;
            }
        }
        assert!(links > 5, "{name} has links");
    });
}

#[test]
fn nothing_hostile_becomes_markup() {
    check(|name, html| {
        for selector in ["script", "style", "[style]", "[onerror]", "iframe", "b.evil"] {
            assert_eq!(select(html, selector).len(), 0, "{name} has {selector}");
        }
    });
    let fixture = Fixture::new(Language::Id);
    let html = Html::parse_document(&fixture.story(Republish::Full));
    assert_eq!(texts(&html, "h1"), [HOSTILE]);
    let og = select(&html, "meta[property='og:title']");
    assert_eq!(og[0].attr("content"), Some(HOSTILE));
}

#[test]
fn every_page_has_its_landmarks_and_names_for_screen_readers() {
    check(|name, html| {
        for selector in [
            "html[lang]",
            "h1",
            "main#isi",
            "header.top",
            "footer",
            "a.skip",
            "head > title",
        ] {
            let found = select(html, selector).len();
            assert_eq!(found, 1, "{name}: {selector}");
        }
        let mut ids = BTreeSet::new();
        for element in select(html, "[id]") {
            let id = element.attr("id").unwrap();
            assert!(ids.insert(id), "{name}: the id {id:?} comes twice");
        }
        for (selector, attribute) in [("label", "for"), ("[aria-labelledby]", "aria-labelledby")] {
            for element in select(html, selector) {
                let id = element.attr(attribute).unwrap();
                assert!(ids.contains(id), "{name}: nothing has the id {id:?}");
            }
        }
        let labelled: BTreeSet<&str> = select(html, "label").iter().filter_map(|e| e.attr("for")).collect();
        for field in select(html, "input, select") {
            assert!(
                labelled.contains(field.attr("id").unwrap()),
                "{name}: a field has no label"
            );
        }
        let unnamed = select(
            html,
            "img:not([alt]), svg:not([aria-label]), nav:not([aria-label]), th:not([scope])",
        );
        assert_eq!(unnamed.len(), 0, "{name}");
    });
}

#[test]
fn headings_never_leave_out_a_level() {
    check(|name, html| {
        let mut last = 0;
        for heading in select(html, "h1, h2, h3, h4") {
            let level: u8 = heading.value().name()[1..].parse().unwrap();
            assert!(level <= last + 1, "{name}: {} after h{last}", heading.value().name());
            last = level;
        }
    });
}

#[test]
fn a_page_with_everything_is_small() {
    let mut fixture = Fixture::new(Language::Id);
    fixture.fill(50);
    for (name, page) in pages(&fixture) {
        assert!(page.len() < MOST_BYTES, "{name} has {} bytes", page.len());
    }
    assert!(STYLE.len() < 16 * 1_024, "{} bytes", STYLE.len());
}

#[test]
fn the_map_has_every_province_once_and_its_table_says_the_same() {
    let fixture = Fixture::new(Language::Id);
    let html = Html::parse_document(&fixture.home());
    let tiles: BTreeMap<String, String> = select(&html, "svg.map a")
        .into_iter()
        .map(|tile| {
            let count = text(tile.select(&Selector::parse("text.count").unwrap()).next().unwrap());
            (tile.attr("href").unwrap().to_owned(), count)
        })
        .collect();
    let rows: BTreeMap<String, String> = select(&html, "#tabel tbody tr")
        .into_iter()
        .map(|row| {
            let link = row.select(&Selector::parse("a").unwrap()).next().unwrap();
            let week = row.select(&Selector::parse("td").unwrap()).nth(1).unwrap();
            (link.attr("href").unwrap().to_owned(), text(week))
        })
        .collect();
    assert_eq!((tiles.len(), select(&html, "svg.map a").len()), (38, 38));
    assert_eq!(tiles, rows);
    assert_eq!(tiles["/sub/wilayah/jawa-timur"], "1.234");
    let east_java = select(&html, "svg.map a[href$='/jawa-timur']")[0];
    assert_eq!(
        (east_java.attr("aria-label"), east_java.attr("class")),
        (
            Some("Jatim 1.234 – Jawa Timur: 1.234 berita dalam 7 hari terakhir, 5 hari ini"),
            Some("k4")
        )
    );
    assert_eq!(texts(&html, ".legend li"), ["0", "1–6", "7–36", "37–216", "217+"]);
    let corners: BTreeSet<_> = select(&html, "svg.map rect")
        .iter()
        .map(|tile| (tile.attr("x").unwrap(), tile.attr("y").unwrap()))
        .collect();
    assert_eq!(corners.len(), 38);
}

#[test]
fn the_region_tree_holds_every_region_with_its_count() {
    let html = Html::parse_document(&Fixture::new(Language::Id).home());
    assert_eq!(select(&html, ".tree details").len(), 38);
    assert_eq!(select(&html, ".tree li").len(), 514);
    let all = texts(&html, ".tree li");
    assert!(all.contains(&"Kabupaten Jember (7)".to_owned()), "{all:?}");
}

#[test]
fn a_regions_stories_stand_under_the_days_of_its_zone_and_pinned_ones_above() {
    let html = Html::parse_document(&Fixture::new(Language::Id).region());
    // 23:30 UTC on the 16th is the 17th in Jember; a story of a day only stays on its day.
    assert_eq!(
        texts(&html, "section[aria-labelledby=terbaru] h3"),
        [
            "Disematkan",
            "Rabu, 17 Agustus 2022",
            "Selasa, 16 Agustus 2022",
            "Senin, 15 Agustus 2022"
        ]
    );
    let titles = texts(&html, ".title");
    assert_eq!(titles, ["Disematkan dulu", "Pagi", HOSTILE, "Hanya hari"]);
    assert!(!titles.contains(&"Rahasia".to_owned()), "a withdrawn story is listed");
    assert_eq!(
        texts(&html, ".trail li"),
        ["Indonesia", "Jawa Timur", "Kabupaten Jember"]
    );
    assert_eq!(
        texts(&html, ".spark figcaption"),
        [
            "Berita per hari, 30 hari terakhir: 3 berita dalam 30 hari; terbanyak 2 pada Selasa, 16 Agustus 2022; hari ini 1."
        ]
    );
    assert_eq!(select(&html, ".spark rect").len(), Days::SHOWN);
}

#[test]
fn a_region_is_subscribed_by_address_link_and_discovery() {
    let html = Html::parse_document(&Fixture::new(Language::Id).region());
    let path = "sub/feeds/jawa-timur/kabupaten-jember";
    for (extension, media_type) in [
        ("rss", "application/rss+xml"),
        ("atom", "application/atom+xml"),
        ("json", "application/feed+json"),
    ] {
        let field = select(&html, &format!("input#feed-{extension}[readonly]"))[0];
        let address = format!("https://warta.example.id/{path}.{extension}");
        assert_eq!(field.attr("value"), Some(address.as_str()));
        let found = select(
            &html,
            &format!("link[rel=alternate][type='{media_type}'][href='/{path}.{extension}']"),
        );
        assert_eq!(found.len(), 1, "{extension}");
        assert_eq!(select(&html, &format!("dd a[href='/{path}.{extension}']")).len(), 1);
    }
    assert!(texts(&html, ".subscribe code").contains(&"https://warta.example.id/sub/hub".to_owned()));
}

#[test]
fn a_province_lists_its_regencies_and_their_units() {
    let html = Html::parse_document(&Fixture::new(Language::En).province());
    assert_eq!(
        select(&html, "section[aria-labelledby=kabupaten] li").len(),
        38,
        "Jawa Timur's regencies"
    );
    let units = texts(&html, "section[aria-labelledby=satker] li");
    assert!(units.contains(&"Lapas Jember (12)".to_owned()), "{units:?}");
    assert_eq!(select(&html, ".subscribe a[href='/sub/opml/jawa-timur']").len(), 1);
}

#[test]
fn a_unit_shows_its_channels_with_their_states_and_its_relations() {
    let html = Html::parse_document(&Fixture::new(Language::Id).unit());
    let states: Vec<String> = texts(&html, "section[aria-labelledby=saluran] .badge");
    assert_eq!(
        states,
        [
            "Lancar",
            "Sepi",
            "Terlalu lama sepi",
            "Gagal diambil",
            "Menolak perayap",
            "Tampilan berubah",
            "Pindah",
            "Hilang",
            "Ditahan"
        ]
    );
    assert_eq!(select(&html, ".facts a[href='/sub/satker/kanwil-jatim']").len(), 1);
    assert_eq!(texts(&html, "section[aria-labelledby=bawahan] li"), ["Pos Jember (0)"]);
}

#[test]
fn a_story_names_its_origin_and_every_place_it_ran_in_order_of_time() {
    let html = Html::parse_document(&Fixture::new(Language::Id).story(Republish::Full));
    let value = |selector: &str, attribute: &str| {
        let found = select(&html, selector);
        assert_eq!(found.len(), 1, "{selector}");
        found[0].attr(attribute).unwrap().to_owned()
    };
    assert_eq!(value("link[rel=canonical]", "href"), "https://lapas.example/x?a=1&b=2");
    assert_eq!(value("meta[name=robots]", "content"), "noindex");
    for (property, expected) in [
        ("og:url", "https://warta.example.id/sub/berita/1f"),
        ("og:description", "Ringkasan <i>berita</i>."),
        ("og:image", "https://lapas.example/x.jpg"),
        ("og:locale", "id_ID"),
        ("article:published_time", "2022-08-16T10:00:00+07:00"),
    ] {
        assert_eq!(value(&format!("meta[property='{property}']"), "content"), expected);
    }
    assert_eq!(
        texts(&html, ".timeline li"),
        [
            "Selasa, 16 Agustus 2022 pukul 10.00 WIB: Lapas Jember (sumber di atas)",
            "Selasa, 16 Agustus 2022 pukul 11.30 WIB: portal.example",
            "pertama terlihat Rabu, 17 Agustus 2022 pukul 06.00 WIB: jahat",
        ]
    );
    assert_eq!(select(&html, ".timeline a").len(), 2, "javascript: is no link");
    assert_eq!(texts(&html, "figcaption"), ["Foto: <humas>"]);
    assert_eq!(select(&html, "section[aria-labelledby=terkait] li").len(), 3);
}

#[test]
fn the_words_of_a_story_in_another_language_are_marked() {
    let mut fixture = Fixture::new(Language::Id);
    for (language, republish, expected) in [
        (Some("jv"), Republish::Full, 2),
        (Some("jv"), Republish::Excerpt, 2),
        (Some("id"), Republish::Full, 0),
        (None, Republish::Full, 0),
    ] {
        fixture.stories[0].article.language = language.map(str::to_owned);
        let html = Html::parse_document(&fixture.story(republish));
        let marked = select(&html, "main h1[lang=jv], main .text[lang=jv], main p[lang=jv]").len();
        assert_eq!(marked, expected, "{language:?} {republish:?}");
        assert_eq!(
            select(&html, "main [lang]").len(),
            expected,
            "{language:?} {republish:?}"
        );
    }
}

#[test]
fn no_more_of_a_story_is_shown_than_its_source_allows() {
    let fixture = Fixture::new(Language::Id);
    for (republish, full, summary, image) in [
        (Republish::Full, true, true, true),
        (Republish::Excerpt, false, true, false),
        (Republish::Link, false, false, false),
    ] {
        let page = fixture.story(republish);
        assert_eq!(page.contains("Seluruh isi"), full, "{republish:?}");
        assert_eq!(page.contains("Ringkasan"), summary, "{republish:?}");
        assert_eq!(page.contains("x.jpg"), image, "{republish:?}");
        assert_eq!(page.contains("Baca di Lapas Jember"), !full, "{republish:?}");
    }
}

#[test]
fn a_list_of_many_copies_is_cut_and_says_so() {
    let mut fixture = Fixture::new(Language::Id);
    fixture.fill(1);
    let html = Html::parse_document(&fixture.region());
    let byline = &texts(&html, ".byline")[0];
    assert!(
        byline.contains("Juga terbit di: ") && byline.ends_with("dan 35 lainnya"),
        "{byline}"
    );
}

#[test]
fn a_search_keeps_what_was_asked_and_marks_what_was_found() {
    let fixture = Fixture::new(Language::Id);
    let html = Html::parse_document(&fixture.search());
    let asked = fixture.asked();
    assert_eq!(
        asked.query(),
        "q=panen+%26+%3Craya%3E&wilayah=35.09&jenis=lapas&asal=satker&sejak=2022-08-01&sampai=2022-08-31"
    );
    assert_eq!(select(&html, "input#q")[0].attr("value"), Some("panen & <raya>"));
    let selected: Vec<_> = select(&html, "option[selected]")
        .iter()
        .filter_map(|o| o.attr("value"))
        .collect();
    assert_eq!(selected, ["35.09", SatkerKind::Lapas.slug()]);
    assert_eq!(select(&html, "input#asal[checked]").len(), 1);
    assert_eq!(texts(&html, "mark"), ["Panen", "<raya>"]);
    let feed = format!("/sub/feeds/cari.rss?{}", asked.feed_query());
    assert!(
        select(&html, "main a")
            .iter()
            .any(|a| a.attr("href") == Some(feed.as_str()))
    );
    let next = format!("/sub/cari?{}&hal=3", asked.query());
    assert_eq!(select(&html, "a[rel=next]")[0].attr("href"), Some(next.as_str()));
    let empty = Html::parse_document(&fixture.search_unasked());
    assert_eq!(select(&empty, "section[aria-labelledby=hasil]").len(), 0);
}

#[test]
fn marks_bear_ranges_that_are_none_of_the_text() {
    let hit = |text: &str| (text.to_owned(), Mark::Hit);
    let plain = |text: &str| (text.to_owned(), Mark::Plain);
    assert_eq!(
        Marked::new("aé b c", &[1..3, 0..1, 2..4, 4..5, 99..100]).parts,
        [plain("a"), hit("é"), plain(" "), hit("b"), plain(" c")]
    );
    assert_eq!(Marked::new("", &[]).parts, []);
}

#[test]
fn the_public_learns_only_that_something_is_wrong_with_a_source() {
    let fixture = Fixture::new(Language::Id);
    let public = fixture.sources(Detail::Public);
    for secret in ["cannot connect", "Gagal diambil", "listing"] {
        assert!(!public.contains(secret), "{secret}");
        assert!(fixture.sources(Detail::Full).contains(secret), "{secret}");
    }
    let html = Html::parse_document(&public);
    let troubles = texts(&html, ".badge.bad");
    assert_eq!(troubles, vec!["Ada gangguan"; 7]);
    for link in ["main a", "head link[rel=alternate]"] {
        let feed = scraper::Selector::parse(&format!("{link}[href$='/feeds/gangguan.atom']")).unwrap();
        assert_eq!(html.select(&feed).count(), 1, "{link}");
    }
    assert!(texts(&html, "main p").contains(&"Gangguan pada 7 dari 9 sumber.".to_owned()));
}

#[test]
fn every_word_is_given_in_both_languages() {
    let both = |language| pages(&Fixture::new(language));
    for ((name, id), (_, en)) in both(Language::Id).into_iter().zip(both(Language::En)) {
        let (id, en) = (Html::parse_document(&id), Html::parse_document(&en));
        assert_eq!(texts(&id, ".skip"), ["Lompat ke isi"], "{name}");
        assert_eq!(texts(&en, ".skip"), ["Skip to content"], "{name}");
        for part in ["nav", "main", "footer"] {
            assert_ne!(texts(&id, part), texts(&en, part), "{name}: {part}");
        }
    }
}

#[test]
fn days_are_counted_in_the_zone_and_the_old_and_the_future_are_left_out() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let times = [
        at("2022-08-16T16:59:00Z"),
        at("2022-08-16T17:00:00Z"),
        at("2022-07-18T17:00:00Z"),
        at("2022-07-18T16:59:00Z"),
        at("2023-08-17T00:00:00Z"),
    ];
    let days = Days::counted(times, at("2022-08-17T01:00:00Z"), Zone::Wib);
    assert_eq!(days.last.to_string(), "2022-08-17");
    assert_eq!((days.counts[29], days.counts[28], days.counts[0]), (1, 1, 1));
    assert_eq!(days.counts.iter().sum::<u32>(), 3);
    assert_eq!(days.day(0).to_string(), "2022-07-19");
}

#[test]
fn the_small_pages_look_so() {
    let fixture = Fixture::new(Language::Id);
    // A line for each element, so that a change can be read.
    let lines = |page: String| page.replace("><", ">\n<");
    insta::assert_snapshot!("not_found", lines(fixture.not_found()));
    insta::assert_snapshot!("withdrawn", lines(fixture.withdrawn()));
    insta::assert_snapshot!("story_excerpt", lines(fixture.story(Republish::Excerpt)));
    insta::assert_snapshot!("about_english", lines(Fixture::new(Language::En).about()));
}

#[test]
fn a_report_is_a_page_of_tables_with_times_in_words() {
    let html = Html::parse_document(&report_page(&Fixture::new(Language::Id)));
    assert_eq!(texts(&html, "h1"), [format!("Laporan Agustus 2022: {HOSTILE}")]);
    assert_eq!(
        texts(&html, "caption"),
        ["Rilis tiap satuan kerja", "Yang menerbitkan kembali", "Rilis"]
    );
    assert_eq!(
        texts(&html, "tbody tr")[..3],
        [
            "Lapas Jember3121 j 30 mnt1 j 30 mnt",
            "jahat11––",
            "portal.example111 j 30 mnt1 j 30 mnt"
        ]
    );
}
