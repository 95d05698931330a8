//! A site with hostile sources under a base path, and every page of it.

use crate::gazetteer::Gazetteer;
use crate::model::samples;
use crate::model::{
    Article, ArticleId, DateOrigin, Directory, Image, Language, Member, Precision, Published, Republish, Satker,
    SatkerId, SatkerKind, Site, Source, SourceId, SourceKind, SourceState, Story, StoryDetail, StoryId, Withdrawal,
    Zone,
};
use crate::site::{self, *};

/// A title that wants to be markup.
pub const HOSTILE: &str = "<script>alert(\"1\")</script> & <b class=evil>'x'</b>";

pub struct Fixture {
    site: Site,
    gazetteer: Gazetteer,
    directory: Directory,
    pub stories: Vec<StoryDetail>,
    counts: Counts,
}

impl Fixture {
    pub fn new(language: Language) -> Fixture {
        let site = Site {
            title: "Warta <b class=evil>".to_owned(),
            base_url: "https://warta.example.id/sub/".parse().unwrap(),
            id_authority: "warta.example.id,2026".to_owned(),
            language,
            hub: true,
        };
        Fixture {
            site,
            gazetteer: Gazetteer::built_in(),
            directory: directory(),
            stories: stories(),
            counts: Counts::from([("35".parse().unwrap(), 4_321), ("35.09".parse().unwrap(), 7)]),
        }
    }

    /// Puts this many stories in, each as great as they come, and great counts for every region.
    pub fn fill(&mut self, count: u64) {
        let regions = self.gazetteer.regions().iter();
        self.counts = regions.map(|region| (region.code, 123_456)).collect();
        let mut full = self.stories[0].clone();
        full.article.title = "Warga binaan Lapas Kelas IIA Jember panen raya ".repeat(4);
        full.article.summary = "Kegiatan itu berlangsung tertib & aman. "
            .repeat(8)
            .chars()
            .take(300)
            .collect();
        full.article.html = "<p>Isi.</p>".repeat(2_000);
        let copy = full.story.members[1].clone();
        let copies = (0..40).map(|n| Member {
            url: format!("https://portal.example/berita/2022/08/16/panen-raya-di-lapas-jember-{n}"),
            ..copy.clone()
        });
        full.story.members.truncate(1);
        full.story.members.extend(copies);
        self.stories = (0..count)
            .map(|n| {
                let mut detail = full.clone();
                detail.story.id = StoryId(0x18_2a5b_0000_0000 + n);
                detail
            })
            .collect();
    }

    /// What its pages are made with.
    pub fn context(&self) -> Context<'_> {
        Context {
            site: &self.site,
            gazetteer: &self.gazetteer,
            directory: &self.directory,
            hub: Some("https://warta.example.id/sub/hub"),
        }
    }

    /// The stories, the one with all features first.
    pub fn stories(&self) -> &[StoryDetail] {
        &self.stories
    }

    /// Every page by name but the report.
    pub fn pages(&self) -> Vec<(&'static str, String)> {
        vec![
            ("home", self.home()),
            ("province", self.province()),
            ("region", self.region()),
            ("unit", self.unit()),
            ("story", self.story(Republish::Full)),
            ("excerpt", self.story(Republish::Excerpt)),
            ("link", self.story(Republish::Link)),
            ("search", self.search()),
            ("search, unasked", self.search_unasked()),
            ("sources", self.sources(Detail::Public)),
            ("sources, full", self.sources(Detail::Full)),
            ("about", self.about()),
            ("not found", self.not_found()),
            ("withdrawn", self.withdrawn()),
        ]
    }

    pub fn home(&self) -> String {
        let today = Counts::from([("35".parse().unwrap(), 5)]);
        let week = Counts::from([("35".parse().unwrap(), 1_234), ("51".parse().unwrap(), 2)]);
        let view = HomeView {
            counts: &self.counts,
            week: &week,
            today: &today,
            newest: &self.stories,
        };
        site::index(self.context(), view)
    }

    pub fn province(&self) -> String {
        self.region_of("35")
    }

    pub fn region(&self) -> String {
        self.region_of("35.09")
    }

    fn region_of(&self, code: &str) -> String {
        let region = self.gazetteer.region(code.parse().unwrap()).unwrap();
        let times = ["2022-08-16T01:00:00Z", "2022-08-16T02:00:00Z", "2022-08-16T17:00:00Z"];
        let days = Days::counted(times.map(|at| at.parse().unwrap()), now(), Zone::Wib);
        let view = RegionView {
            region,
            counts: &self.counts,
            units: &unit_counts(),
            days: &days,
            stories: &self.stories,
            now: now(),
        };
        site::region(self.context(), view)
    }

    pub fn unit(&self) -> String {
        let satker = &self.directory.satkers[&SatkerId::new("lapas-jember").unwrap()];
        let days = Days::counted([], now(), Zone::Wib);
        let state = failing();
        let view = UnitView {
            satker,
            units: &unit_counts(),
            days: &days,
            channels: &self.channels(&state),
            stories: &self.stories,
            now: now(),
        };
        site::satker(self.context(), view)
    }

    /// A channel in each standing.
    fn channels<'a>(&'a self, state: &'a SourceState) -> Vec<Channel<'a>> {
        let source = &self.directory.sources[&SourceId::new("lapas").unwrap()];
        let channel = |standing| Channel {
            source,
            state,
            standing,
        };
        Standing::ALL.map(channel).to_vec()
    }

    pub fn story(&self, republish: Republish) -> String {
        let mut detail = self.stories[0].clone();
        detail.article.republish = republish;
        let view = StoryView {
            detail: &detail,
            related: &self.stories[self.stories.len().min(1)..],
        };
        site::story(self.context(), view)
    }

    pub fn asked(&self) -> Asked {
        Asked {
            text: "panen & <raya>".to_owned(),
            region: Some("35.09".parse().unwrap()),
            kind: Some(SatkerKind::Lapas),
            origin: Origin::Units,
            since: Some("2022-08-01".parse().unwrap()),
            until: Some("2022-08-31".parse().unwrap()),
        }
    }

    pub fn search(&self) -> String {
        let hit = Hit {
            detail: &self.stories[0],
            title: Marked::new("Panen hari ini", std::slice::from_ref(&(0..5))),
            excerpt: Marked::new("yang <raya> sekali", std::slice::from_ref(&(5..11))),
        };
        let view = SearchView {
            asked: &self.asked(),
            hits: &[hit],
            total: 41,
            page: 2,
            pages: 3,
        };
        site::search(self.context(), view)
    }

    pub fn search_unasked(&self) -> String {
        let view = SearchView {
            asked: &Asked::default(),
            hits: &[],
            total: 0,
            page: 1,
            pages: 0,
        };
        site::search(self.context(), view)
    }

    pub fn sources(&self, detail: Detail) -> String {
        let state = failing();
        let view = SourcesView {
            channels: &self.channels(&state),
            detail,
            now: now(),
        };
        site::sources(self.context(), view)
    }

    pub fn about(&self) -> String {
        site::about(self.context(), "mailto:humas@warta.example.id")
    }

    pub fn not_found(&self) -> String {
        site::not_found(self.context(), &self.gazetteer.nearest("jember", 2))
    }

    pub fn withdrawn(&self) -> String {
        let withdrawal = Withdrawal {
            at: now(),
            reason: "Atas permintaan <keluarga>".to_owned(),
        };
        site::withdrawn(self.context(), "51".parse().unwrap(), &withdrawal)
    }
}

fn now() -> jiff::Timestamp {
    "2022-08-17T01:00:00Z".parse().unwrap()
}

fn unit_counts() -> UnitCounts {
    UnitCounts::from([(SatkerId::new("lapas-jember").unwrap(), 12)])
}

fn failing() -> SourceState {
    SourceState {
        last_error: Some("cannot connect".to_owned()),
        last_success: Some(now()),
        ..SourceState::default()
    }
}

fn directory() -> Directory {
    let mut directory = Directory::default();
    for (id, name, parent) in [
        ("kanwil-jatim", HOSTILE, None),
        ("lapas-jember", "Lapas Jember", Some("kanwil-jatim")),
        ("pos-jember", "Pos Jember", Some("lapas-jember")),
    ] {
        let satker = Satker {
            id: SatkerId::new(id).unwrap(),
            name: name.to_owned(),
            region: "35.09".parse().unwrap(),
            ministry: Some("kemenimipas".to_owned()),
            parent: parent.map(|id| SatkerId::new(id).unwrap()),
            aliases: vec![],
            formerly: vec![],
        };
        directory.satkers.insert(satker.id.clone(), satker);
    }
    for (id, satker, kind) in [
        ("lapas", Some("lapas-jember"), SourceKind::ListingAuto),
        ("portal", None, SourceKind::Auto),
    ] {
        let source = Source {
            kind,
            satker: satker.map(|id| SatkerId::new(id).unwrap()),
            region: None,
            full_text: true,
            ..samples::source(id, &format!("https://{id}.example/?a=1&b=2"))
        };
        directory.sources.insert(source.id.clone(), source);
    }
    directory
}

/// A story that ran thrice, one of a day only, one of the next morning, a pinned and a withdrawn one.
fn stories() -> Vec<StoryDetail> {
    let mut first = story(0x1f, HOSTILE, "2022-08-16T03:00:00Z", Precision::Minute);
    first.article.image = Some(Image {
        url: "https://lapas.example/x.jpg".to_owned(),
        caption: Some("Foto: <humas>".to_owned()),
        mime: None,
        length: None,
    });
    let copy = |url: &str, source: &str, published: Option<&str>| Member {
        article: ArticleId(99),
        url: url.to_owned(),
        source: SourceId::new(source).unwrap(),
        published: published.map(|at| stated(at, Precision::Minute)),
        seen: "2022-08-16T23:00:00Z".parse().unwrap(),
    };
    first.story.members.extend([
        copy("javascript:alert(1)", "jahat", None),
        copy("https://portal.example/\"x", "portal", Some("2022-08-16T04:30:00Z")),
    ]);
    let day_only = story(0x20, "Hanya hari", "2022-08-14T15:00:00Z", Precision::Day);
    let morning = story(0x21, "Pagi", "2022-08-16T23:30:00Z", Precision::Minute);
    let mut pinned = story(0x22, "Disematkan dulu", "2022-07-01T00:00:00Z", Precision::Minute);
    pinned.story.pinned_until = Some("2022-08-18T00:00:00Z".parse().unwrap());
    let mut withdrawn = story(0x23, "Rahasia", "2022-08-16T03:00:00Z", Precision::Minute);
    withdrawn.story.hidden = Some(Withdrawal {
        at: now(),
        reason: "salah".to_owned(),
    });
    vec![first, day_only, morning, pinned, withdrawn]
}

/// A date stated in eastern time, which is not the region's.
fn stated(at: &str, precision: Precision) -> Published {
    Published {
        at: at.parse().unwrap(),
        zone: Zone::Wit,
        precision,
        origin: DateOrigin::Feed,
    }
}

fn story(id: u64, title: &str, at: &str, precision: Precision) -> StoryDetail {
    let published = stated(at, precision);
    let member = Member {
        article: ArticleId(id),
        url: "https://lapas.example/x?a=1&b=2".to_owned(),
        source: SourceId::new("lapas").unwrap(),
        published: Some(published),
        seen: published.at,
    };
    let article = Article {
        source: member.source.clone(),
        satker: None,
        url: member.url.clone(),
        guid: None,
        title: title.to_owned(),
        author: None,
        published: Some(published),
        updated: None,
        seen: published.at,
        summary: "Ringkasan <i>berita</i>.".to_owned(),
        html: "<p>Seluruh isi.</p>".to_owned(),
        text: "Seluruh isi.".to_owned(),
        image: None,
        categories: vec![HOSTILE.to_owned()],
        language: None,
        republish: Republish::Full,
    };
    let mut story = Story::begun(StoryId(id), member, "35.09".parse().unwrap(), published.at);
    story.satker = Some(SatkerId::new("lapas-jember").unwrap());
    StoryDetail { story, article }
}
