//! Feeds are read back by feed-rs and compared with what went in.

use std::convert::Infallible;

use super::*;
use crate::model::{
    Article, ArticleId, DateOrigin, Image, Language, Member, Precision, Published, RegionCode, Republish, Satker,
    SatkerId, SourceId, Story, StoryId, Zone,
};

pub struct World {
    site: Site,
    gazetteer: Gazetteer,
    directory: Directory,
}

impl World {
    pub fn new() -> World {
        let satker = Satker {
            id: SatkerId::new("lapas-jember").unwrap(),
            name: "Lapas Kelas IIA Jember".to_owned(),
            region: "35.09".parse().unwrap(),
            ministry: None,
            parent: None,
            aliases: vec![],
            formerly: vec![],
        };
        World {
            site: Site {
                title: "Warta Satuan Kerja".to_owned(),
                base_url: "https://warta.example.id/sub/".parse().unwrap(),
                id_authority: "warta.example.id,2026".to_owned(),
                language: Language::Id,
                hub: false,
            },
            gazetteer: Gazetteer::built_in(),
            directory: Directory {
                satkers: [(satker.id.clone(), satker)].into(),
                ..Directory::default()
            },
        }
    }

    pub fn context(&self) -> Context<'_> {
        Context {
            site: &self.site,
            gazetteer: &self.gazetteer,
            directory: &self.directory,
        }
    }

    fn feed(&self, scope: &Scope, stories: Vec<StoryDetail>) -> FeedView {
        view(self.context(), scope, stories)
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn jember() -> Scope {
    Scope::Region("35.09".parse().unwrap())
}

pub fn detail(n: u64, title: &str, html: &str) -> StoryDetail {
    let published = Published {
        at: at("2022-08-16T02:30:00+07:00"),
        zone: Zone::Wib,
        precision: Precision::Minute,
        origin: DateOrigin::Page,
    };
    let article = Article {
        source: SourceId::new("lapas-jember-kumparan").unwrap(),
        satker: SatkerId::new("lapas-jember").ok(),
        url: format!("https://kumparan.com/lajer-channel/berita-{n}?a=1&b=2"),
        guid: None,
        title: title.to_owned(),
        author: Some("Lapas Kelas IIA Jember".to_owned()),
        published: Some(published),
        updated: None,
        seen: at("2022-08-16T03:00:00Z"),
        summary: "Kalapas & humas mengikuti pengarahan.".to_owned(),
        html: html.to_owned(),
        text: String::new(),
        image: Some(Image {
            url: "https://blue.example/a.png?x=1".to_owned(),
            caption: None,
            mime: None,
            length: None,
        }),
        categories: vec![],
        language: None,
        republish: Republish::Full,
    };
    let member = |id, url: &str, source: &str| Member {
        article: ArticleId(id),
        url: url.to_owned(),
        source: SourceId::new(source).unwrap(),
        published: None,
        seen: article.seen,
    };
    let first = member(n, &article.url, "lapas-jember-kumparan");
    let mut story = Story::begun(StoryId(n), first, "35.09".parse().unwrap(), at("2022-08-16T03:00:00Z"));
    story.updated = at("2022-08-16T04:00:00Z");
    story.members.push(member(n + 1, "https://portal.example/x", "portal"));
    story.satker = SatkerId::new("lapas-jember").ok();
    StoryDetail { story, article }
}

pub fn reread(bytes: &[u8]) -> feed_rs::model::Feed {
    feed_rs::parser::parse(bytes).unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(bytes)))
}

const HOSTILE: [(&str, &str); 5] = [
    (
        "Sekjen Kumham Kuatkan Humas",
        "<p>JEMBER – Kalapas <strong>Jember</strong></p>",
    ),
    (
        "Hukum & HAM: \"<script>alert(1)</script>\"",
        "<p>a &amp; b &lt;script&gt; ]]> <em>x</em></p>",
    ),
    ("Kendali \u{0}\u{8}\u{b}\u{1f}\u{fffe} habis", "<p>x\u{1}y\u{ffff}z</p>"),
    ("😀 aksara Jawa ꦗꦮ", "<p>😀 ]]]]>> </p>"),
    ("  spasi  ", "<p></p>"),
];

#[test]
fn every_format_read_back_says_what_went_in() {
    let world = World::new();
    for (n, (title, html)) in (16..).zip(HOSTILE) {
        let feed = world.feed(&jember(), vec![detail(n, title, html)]);
        for format in Format::ALL {
            let read = reread(&render(&feed, format));
            let entry = &read.entries[0];
            assert_eq!(
                entry.id,
                format!("tag:warta.example.id,2026:berita/{n:x}"),
                "{format:?}"
            );
            assert_eq!(
                entry.title.as_ref().unwrap().content.trim(),
                xml_text(title).trim(),
                "{format:?}"
            );
            assert!(
                entry.links.iter().any(|link| link.href == feed.entries[0].link),
                "{format:?} {:?}",
                entry.links
            );
            assert_eq!(
                entry.published.unwrap().to_rfc3339(),
                "2022-08-15T19:30:00+00:00",
                "{format:?}"
            );
            let body = entry.content.as_ref().and_then(|content| content.body.clone()).unwrap();
            assert_eq!(body.replace("]]&gt;", "]]>"), feed.entries[0].html, "{format:?}");
            assert!(
                body.contains("Juga terbit di: <a href=\"https://portal.example/x\">"),
                "{format:?}"
            );
        }
    }
}

#[test]
fn the_feed_names_itself_its_region_and_its_point() {
    let world = World::new();
    let feed = world.feed(&jember(), vec![detail(16, "x", "<p>x</p>")]);
    assert_eq!(feed.title, "Warta Satuan Kerja: Kabupaten Jember");
    assert_eq!(
        feed.address(Format::Atom),
        "https://warta.example.id/sub/feeds/jawa-timur/kabupaten-jember.atom"
    );
    assert_eq!(
        feed.page,
        "https://warta.example.id/sub/wilayah/jawa-timur/kabupaten-jember"
    );
    assert_eq!(
        (feed.updated.as_str(), feed.entries[0].published.as_str()),
        ("2022-08-16T11:00:00+07:00", "2022-08-16T02:30:00+07:00")
    );
    let terms: Vec<&str> = feed.entries[0]
        .categories
        .iter()
        .map(|category| category.term.as_str())
        .collect();
    assert_eq!(terms, ["35", "35.09", "lapas-jember", "lapas"]);
    for format in [Format::Rss, Format::Atom] {
        let text = String::from_utf8(render(&feed, format)).unwrap();
        assert!(text.contains("<georss:point>-8."), "{text}");
        assert!(text.contains("image/png"), "{text}");
    }
    let unit = world.feed(&Scope::Satker(SatkerId::new("lapas-jember").unwrap()), vec![]);
    assert_eq!(
        unit.address(Format::Json),
        "https://warta.example.id/sub/feeds/satker/lapas-jember.json"
    );
    assert_eq!(unit.title, "Warta Satuan Kerja: Lapas Kelas IIA Jember");
}

#[test]
fn the_same_stories_give_the_same_bytes() {
    let world = World::new();
    for format in Format::ALL {
        let once = render(&world.feed(&jember(), vec![detail(16, "x", "<p>x</p>")]), format);
        assert_eq!(
            once,
            render(&world.feed(&jember(), vec![detail(16, "x", "<p>x</p>")]), format)
        );
    }
}

#[test]
fn json_feed_has_what_version_1_1_requires() {
    let world = World::new();
    let bytes = render(&world.feed(&jember(), vec![detail(16, "x", "<p>x</p>")]), Format::Json);
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(json["version"], "https://jsonfeed.org/version/1.1");
    let item = &json["items"][0];
    assert!(item["id"].is_string() && item["content_html"].is_string() && item["authors"][0]["name"].is_string());
    assert_eq!(item["_warta"]["regency"], "35.09");
    assert_eq!(item["_warta"]["copies"][0]["url"], "https://portal.example/x");
}

#[test]
fn a_portals_text_is_an_excerpt_with_its_source_and_no_image() {
    let world = World::new();
    let mut portal = detail(16, "x", "<p>semua kata</p>");
    portal.article.republish = Republish::Excerpt;
    let entry = &world.feed(&jember(), vec![portal.clone()]).entries[0];
    assert!(
        entry
            .html
            .starts_with("<p>Kalapas &amp; humas mengikuti pengarahan.</p><p>Sumber: <a href="),
        "{}",
        entry.html
    );
    assert_eq!(entry.image, None);
    portal.article.republish = Republish::Link;
    let entry = &world.feed(&jember(), vec![portal]).entries[0];
    assert!(
        entry.html.starts_with("<p>Sumber: ") && entry.summary.is_empty(),
        "{}",
        entry.html
    );
}

#[test]
fn a_story_in_another_language_than_the_feeds_says_so_and_what_we_add_says_its_own() {
    let world = World::new();
    let mut foreign = detail(16, "Warta", "<p>Bupati ngandika.</p>");
    foreign.article.language = Some("jv".to_owned());
    let mut own = detail(32, "Kabar", "<p>y</p>");
    own.article.language = Some("id".to_owned());
    let feed = world.feed(&jember(), vec![foreign, own]);
    let text = |format| String::from_utf8(render(&feed, format)).unwrap();
    let atom = text(Format::Atom);
    assert_eq!(
        atom.matches("xml:lang=\"jv\"").count(),
        3,
        "title, summary, content: {atom}"
    );
    assert_eq!(atom.matches("xml:lang=\"id\"").count(), 1, "the feed's own: {atom}");
    assert!(
        atom.contains("&lt;p&gt;Bupati ngandika.&lt;/p&gt;&lt;div lang=&quot;id&quot;&gt;&lt;p&gt;Juga"),
        "{atom}"
    );
    assert_eq!(text(Format::Rss).matches("<dc:language>jv</dc:language>").count(), 1);
    let json: serde_json::Value = serde_json::from_str(&text(Format::Json)).unwrap();
    assert_eq!(json["items"][0]["language"], "jv");
    assert_eq!(json["items"][1].get("language"), None);
}

#[test]
fn a_story_without_a_date_says_so() {
    let world = World::new();
    let mut undated = detail(16, "x", "<p>x</p>");
    undated.article.published = None;
    let entry = &world.feed(&jember(), vec![undated]).entries[0];
    assert!(
        entry
            .html
            .ends_with("<p>Tanggal terbit tidak diketahui; pertama terlihat 16-08-2022 10.00 WIB.</p>"),
        "{}",
        entry.html
    );
    assert_eq!(entry.published, "2022-08-16T10:00:00+07:00");
}

#[test]
fn a_live_feed_holds_two_days_and_at_least_fifty() {
    let now = at("2022-08-20T00:00:00Z");
    let stories = |count: u64, hours: i64| {
        (0..count).map(move |n| {
            let mut detail = detail(n + 16, "x", "");
            detail.story.first_seen = now - jiff::SignedDuration::from_hours(hours);
            Ok::<_, Infallible>(detail)
        })
    };
    let count = |stories: &mut dyn Iterator<Item = Result<StoryDetail, Infallible>>| {
        select(vec![], stories, now).unwrap().len()
    };
    assert_eq!(count(&mut stories(120, 100)), 50);
    assert_eq!(count(&mut stories(80, 10).chain(stories(80, 100))), 80);
    assert_eq!(count(&mut stories(900, 10)), 500);
    assert_eq!(count(&mut stories(7, 100)), 7);
}

#[test]
fn a_live_feed_is_stale_when_time_changes_it() {
    let now = at("2022-08-20T00:00:00Z");
    let month_end = at("2022-08-31T18:00:00Z");
    let hours = jiff::SignedDuration::from_hours;
    let stale = |stories: &[StoryDetail]| {
        let all = stories.iter().cloned().map(Ok::<_, Infallible>);
        let selected = select_with_gone(vec![], all, now).unwrap();
        stale_at(&selected, now)
    };
    let mut story = detail(16, "x", "");
    story.story.first_seen = now - hours(10);
    assert_eq!(stale(&[]), month_end);
    assert_eq!(stale_at(&Selected::default(), at("2022-08-31T17:30:00Z")), month_end);
    assert_eq!(stale_at(&Selected::default(), month_end), at("2022-09-30T18:00:00Z"));
    let nanosecond = jiff::SignedDuration::from_nanos(1);
    assert_eq!(stale(&vec![story.clone(); 50]), month_end);
    assert_eq!(stale(&vec![story.clone(); 51]), now + hours(38) + nanosecond);
    let mut pinned = story.clone();
    pinned.story.pinned_until = Some(now + hours(1));
    assert_eq!(stale(&[story.clone(), pinned]), now + hours(1));
    for (since, left) in [(6 * 24, 24), (36 * 24, 24)] {
        let mut hidden = story.clone();
        hidden.story.hidden = Some(crate::model::Withdrawal {
            at: now - hours(since),
            reason: String::new(),
        });
        let until = stale(&[hidden.clone()]);
        assert_eq!(until, now + hours(left) + nanosecond, "{since}");
        let shown = |now| select_with_gone(vec![], [Ok::<_, Infallible>(hidden.clone())].into_iter(), now).unwrap();
        assert_eq!(shown(until - nanosecond), shown(now), "{since}");
        assert_ne!(shown(until), shown(now), "{since}");
    }
}

#[test]
fn the_older_entries_of_a_heavy_feed_shrink() {
    let world = World::new();
    let long = format!("<p>{}</p>", "kata ".repeat(200_000));
    let feed = world.feed(&jember(), (16..20).map(|n| detail(n, "x", &long)).collect());
    let lengths: Vec<bool> = feed.entries.iter().map(|entry| entry.html.len() > 1_000_000).collect();
    assert_eq!(lengths, [true, true, false, false]);
}

#[test]
fn opml_lists_every_region_once() {
    let world = World::new();
    let count = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().matches("xmlUrl=").count();
    assert_eq!(count(opml_provinces(world.context())), 38);
    let jatim = world.gazetteer.region("35".parse().unwrap()).unwrap();
    assert_eq!(count(opml_regencies(world.context(), jatim)), 39);
    assert_eq!(count(opml_tree(world.context())), 1 + 38 + 514);
    assert_eq!(
        scope_path(&world.gazetteer, &Scope::Region(RegionCode::from_number(9999).unwrap())),
        None
    );
}

#[test]
fn what_a_source_writes_beside_its_text_cannot_break_a_feed_either() {
    let world = World::new();
    let mut story = detail(16, "x", "<p>x</p>");
    story.article.author = Some("Humas \u{1}".to_owned());
    story.article.summary = "a\u{0}b ]]> c".to_owned();
    story.article.url.push('\u{2}');
    story.story.members[1].url.push('\u{3}');
    story.article.image = Some(Image {
        url: "https://blue.example/\u{4}\"><x>.png".to_owned(),
        caption: None,
        mime: Some("image/\u{5}png\"".to_owned()),
        length: None,
    });
    let feed = world.feed(&jember(), vec![story]);
    for format in Format::ALL {
        let bytes = render(&feed, format);
        assert_eq!(reread(&bytes).entries.len(), 1, "{format:?}");
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            !text.contains(|c: char| c.is_control() && c != '\n'),
            "{format:?} {text:?}"
        );
    }
}

#[test]
fn plain_words_of_a_summary_never_become_markup_in_rss() {
    let world = World::new();
    let mut story = detail(16, "x", "<p>x</p>");
    story.article.summary = "tulis <script>alert(1)</script> & \"x\"".to_owned();
    let rss = String::from_utf8(render(&world.feed(&jember(), vec![story]), Format::Rss)).unwrap();
    assert!(!rss.contains("<script"), "{rss}");
    assert!(
        rss.contains("<![CDATA[tulis &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;]]>"),
        "{rss}"
    );
}

#[test]
fn a_further_copy_is_a_change_of_the_feed_but_not_of_the_entry() {
    let mut story = detail(16, "x", "<p>x</p>");
    assert_eq!(last_change(&[]), None);
    assert_eq!(last_change(std::slice::from_ref(&story)), Some(story.story.updated));
    let later = at("2022-08-17T00:00:00Z");
    story.story.members[1].seen = later;
    assert_eq!(last_change(&[detail(1, "y", ""), story.clone()]), Some(later));
    let world = World::new();
    assert_eq!(
        world.feed(&jember(), vec![story]).entries[0].updated,
        "2022-08-16T11:00:00+07:00"
    );
}

#[test]
fn a_small_feed_is_written_as_kept() {
    let world = World::new();
    let mut undated = detail(32, "Tanpa tanggal & gambar", "<p>y</p>");
    undated.article.published = None;
    undated.article.image = None;
    undated.story.members.truncate(1);
    let feed = world.feed(
        &jember(),
        vec![undated, detail(16, "Kalapas <Jember> ]]>", "<p>x &amp; y</p>")],
    );
    for format in Format::ALL {
        let text = String::from_utf8(render(&feed, format)).unwrap();
        // A line for each element, so that a change can be read.
        let lines = text.replace("><", ">\n<").replace(",\"", ",\n\"");
        insta::assert_snapshot!(format!("small_feed_{}", format.extension()), lines);
    }
}
