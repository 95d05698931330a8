//! Corrections by hand: they outrank every rule, and survive recrawls, restarts and the loss of the sled folder.

use std::time::Duration;

use jiff::Timestamp;
use warta::dedupe::Rules;
use warta::ledger::{Age, Candidate, Error, Ledger};
use warta::model::{
    Article, Assignment, Change, EditOrder, Evidence, EvidenceKind, RegionCode, RegionMatch, Republish, SatkerId,
    Scope, SourceId, Story, StoryId,
};
use warta::store::Store;

const WINDOW: Duration = Duration::from_secs(7 * 86_400);

/// A store that is opened anew for every step; after every second one its sled folder is lost besides.
struct World {
    folder: tempfile::TempDir,
    step: u32,
}

impl World {
    fn new() -> World {
        World {
            folder: tempfile::tempdir().unwrap(),
            step: 0,
        }
    }

    fn open(&self) -> Store {
        Store::open(self.folder.path(), "warta.example.id,2026").unwrap()
    }

    /// Does something with a freshly opened store's ledger.
    fn with<T>(&mut self, act: impl AsyncFnOnce(&Ledger, Timestamp) -> T) -> T {
        self.step += 1;
        let now = at(self.step);
        let store = self.open();
        let (ledger, writer) = Ledger::start(store.clone(), Rules::within(WINDOW)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let result = runtime.block_on(act(&ledger, now));
        drop(ledger);
        writer.join();
        drop(store);
        if self.step.is_multiple_of(2) {
            std::fs::remove_dir_all(self.folder.path().join("sled")).unwrap();
        }
        result
    }

    fn record(&mut self, candidate: Candidate) -> Assignment {
        self.with(async |ledger, now| ledger.record(vec![candidate], now).await.unwrap()[0])
    }

    fn begin(&mut self, candidate: Candidate) -> StoryId {
        match self.record(candidate) {
            Assignment::New(story) => story,
            other => panic!("{other:?}"),
        }
    }

    fn try_edit(&mut self, story: StoryId, change: Change) -> Result<StoryId, Error> {
        let order = EditOrder {
            story,
            change,
            by: "humas".to_owned(),
        };
        self.with(async |ledger, now| ledger.edit(order, now).await)
    }

    fn edit(&mut self, story: StoryId, change: Change) -> StoryId {
        self.try_edit(story, change).unwrap()
    }

    fn story(&self, id: StoryId) -> Story {
        self.open().story_record(id).unwrap().unwrap()
    }

    /// The ids in a region's feed, the newest first.
    fn feed(&self, code: &str) -> Vec<StoryId> {
        let scope = Scope::Region(code.parse().unwrap());
        self.open()
            .newest(&scope)
            .map(|detail| detail.unwrap().story.id)
            .collect()
    }
}

/// Minutes after the first step.
fn at(step: u32) -> Timestamp {
    let start: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
    start + Duration::from_secs(60 * u64::from(step))
}

/// An article in Jember that says `release`; the same release is a copy.
fn candidate(source: &str, page: &str, release: &str) -> Candidate {
    let text = format!("JEMBER – {release}. ") + &format!("{release} berjalan dengan tertib. ").repeat(5);
    let article = Article {
        source: SourceId::new(source).unwrap(),
        satker: None,
        url: format!("https://{source}.example/{page}"),
        guid: None,
        title: release.to_owned(),
        author: None,
        published: None,
        updated: None,
        seen: at(0),
        summary: release.to_owned(),
        html: format!("<p>{text}</p>"),
        text,
        image: None,
        categories: vec![],
        language: None,
        republish: Republish::Full,
    };
    let jember: RegionCode = "35.09".parse().unwrap();
    let region = RegionMatch {
        event: jember,
        unit: None,
        satker: None,
        evidence: vec![Evidence {
            kind: EvidenceKind::Dateline,
            code: jember,
            text: "JEMBER".to_owned(),
        }],
    };
    Candidate {
        article,
        region,
        age: Age::News,
    }
}

#[test]
fn a_region_fixed_by_hand_stays_through_recrawls_and_copies() {
    let mut world = World::new();
    let story = world.begin(candidate("a", "1", "Panen raya"));
    world.edit(story, Change::Region("35.10".parse().unwrap()));
    assert_eq!((world.feed("35.10"), world.feed("35.09")), (vec![story], vec![]));

    let changed = Candidate {
        article: Article {
            title: "Panen raya di lapas".to_owned(),
            ..candidate("a", "1", "Panen raya").article
        },
        ..candidate("a", "1", "Panen raya")
    };
    assert_eq!(world.record(changed), Assignment::Changed(story));
    assert_eq!(world.record(candidate("b", "x", "Panen raya")), Assignment::Copy(story));
    assert_eq!(
        world.feed("35.10"),
        [story],
        "the copy says Jember, the operator does not"
    );

    world.edit(story, Change::Undo);
    assert_eq!((world.feed("35.10"), world.feed("35.09")), (vec![], vec![story]));
    let nothing = world.try_edit(story, Change::Undo).unwrap_err();
    assert!(nothing.to_string().contains("nothing to undo"), "{nothing}");
}

#[test]
fn a_unit_fixed_by_hand_gets_the_story_in_its_feed_and_region() {
    let mut world = World::new();
    let story = world.begin(candidate("a", "1", "Panen raya"));
    let satker = SatkerId::new("lapas-banyuwangi").unwrap();
    world.edit(story, Change::Satker(satker.clone(), "35.10".parse().unwrap()));
    assert_eq!(world.record(candidate("b", "x", "Panen raya")), Assignment::Copy(story));
    assert_eq!(world.story(story).satker, Some(satker.clone()));
    assert_eq!((world.feed("35.10"), world.feed("35.09")), (vec![story], vec![story]));
    let of_unit: Vec<_> = world.open().newest(&Scope::Satker(satker)).collect();
    assert_eq!(of_unit.len(), 1);
    world.edit(story, Change::Undo);
    assert_eq!((world.story(story).satker, world.feed("35.10")), (None, vec![]));
}

#[test]
fn an_article_split_off_stays_apart_and_comes_back_by_undo() {
    let mut world = World::new();
    let story = world.begin(candidate("a", "1", "Razia"));
    assert_eq!(world.record(candidate("b", "2", "Razia")), Assignment::Copy(story));
    let wrong = world
        .try_edit(story, Change::Split("https://c.example/3".to_owned()))
        .unwrap_err();
    assert!(
        wrong.to_string().contains("https://b.example/2"),
        "it names those there are: {wrong}"
    );
    world.edit(story, Change::Split("https://b.example/2".to_owned()));
    let feed = world.feed("35.09");
    let other = feed[0];
    assert_eq!(feed, [other, story], "the new one arrives now");
    assert_eq!(
        (world.story(story).members.len(), world.story(other).members.len()),
        (1, 1)
    );
    assert_eq!(world.record(candidate("b", "2", "Razia")), Assignment::Unchanged(other));

    world.edit(story, Change::Undo);
    assert_eq!(world.feed("35.09"), [story]);
    assert_eq!(world.open().merged_into(other).unwrap(), Some(story));
    assert_eq!(world.record(candidate("b", "2", "Razia")), Assignment::Unchanged(story));
    let alone = world.begin(candidate("a", "9", "Lain sama sekali"));
    let refused = world
        .try_edit(alone, Change::Split("https://a.example/9".to_owned()))
        .unwrap_err();
    assert!(refused.to_string().contains("one article only"), "{refused}");
}

#[test]
fn the_first_article_can_be_split_off_and_the_story_keeps_its_id() {
    let mut world = World::new();
    let story = world.begin(candidate("a", "1", "Razia"));
    world.record(candidate("b", "2", "Razia"));
    world.edit(story, Change::Split("https://a.example/1".to_owned()));
    assert_eq!(world.story(story).members[0].url, "https://b.example/2");
    let other = world.feed("35.09")[0];
    assert_ne!(other, story);
    assert_eq!(world.record(candidate("a", "1", "Razia")), Assignment::Unchanged(other));
}

#[test]
fn merged_stories_keep_the_elder_id_and_a_reader_loses_and_repeats_nothing() {
    let mut world = World::new();
    let elder = world.begin(candidate("a", "1", "Razia kamar"));
    let younger = world.begin(candidate("b", "2", "Penggeledahan blok"));
    // A feed reader: every id it has shown.
    let mut shown = world.feed("35.09");
    assert_eq!(world.edit(younger, Change::Merge(elder)), elder);
    let after = world.feed("35.09");
    assert_eq!(after, [elder]);
    shown.extend(
        after
            .iter()
            .filter(|id| !shown.contains(id))
            .copied()
            .collect::<Vec<_>>(),
    );
    assert_eq!(shown, [younger, elder], "nothing is shown a second time");
    assert_eq!(world.open().merged_into(younger).unwrap(), Some(elder));
    assert_eq!(world.story(elder).members.len(), 2);
    assert_eq!(
        world.record(candidate("b", "2", "Penggeledahan blok")),
        Assignment::Unchanged(elder)
    );
    assert_eq!(
        world.record(candidate("c", "3", "Penggeledahan blok")),
        Assignment::Copy(elder)
    );
    // The younger id still means the story, for whoever kept it.
    world.edit(younger, Change::Region("35.10".parse().unwrap()));
    assert_eq!(world.feed("35.10"), [elder]);
    world.edit(elder, Change::Undo);

    world.edit(elder, Change::Undo);
    assert_eq!(world.feed("35.09"), [younger, elder]);
    assert_eq!(world.open().merged_into(younger).unwrap(), None);
    let urls = |story: Story| story.members.into_iter().map(|member| member.url).collect::<Vec<_>>();
    assert_eq!(urls(world.story(younger)), ["https://b.example/2"]);
    assert_eq!(urls(world.story(elder)), ["https://a.example/1", "https://c.example/3"]);
    assert!(world.try_edit(elder, Change::Merge(elder)).is_err());
}

#[test]
fn a_hidden_story_loses_its_words_and_never_comes_back() {
    let mut world = World::new();
    let story = world.begin(candidate("a", "1", "Identitas anak"));
    world.edit(story, Change::Hide("permintaan keluarga".to_owned()));
    let words = |world: &World| {
        let store = world.open();
        let story = store.story_record(story).unwrap().unwrap();
        let texts = story.members.iter().map(|member| {
            let stored = store.article(member.article).unwrap().unwrap();
            stored.article.text + &stored.article.html + &stored.article.summary
        });
        texts.collect::<String>()
    };
    assert_eq!(words(&world), "");
    assert_eq!(
        world.record(candidate("a", "1", "Identitas anak")),
        Assignment::Unchanged(story)
    );
    let edited = candidate("a", "1", "Identitas anak yang disunting");
    assert_eq!(world.record(edited), Assignment::Unchanged(story));
    assert_eq!(
        world.record(candidate("b", "2", "Identitas anak")),
        Assignment::Copy(story)
    );
    assert_eq!(words(&world), "", "nor by a copy");
    assert!(world.story(story).hidden.is_some());
    assert!(world.try_edit(story, Change::Hide("lagi".to_owned())).is_err());

    world.edit(story, Change::Undo);
    assert!(
        !world.open().is_known("https://a.example/1").unwrap(),
        "its page is read again"
    );
    assert_eq!(
        world.record(candidate("a", "1", "Identitas anak")),
        Assignment::Changed(story)
    );
    assert!(words(&world).contains("Identitas anak"));
}

#[test]
fn a_pinned_story_is_listed_until_it_is_unpinned() {
    let mut world = World::new();
    let story = world.begin(candidate("a", "1", "Layanan libur"));
    world.edit(story, Change::Pin("2026-12-01T00:00:00Z".parse().unwrap()));
    let pinned = |world: &World| world.open().pinned().unwrap().len();
    assert_eq!((pinned(&world), world.feed("35.09")), (1, vec![story]));
    world.edit(story, Change::Undo);
    assert_eq!((pinned(&world), world.feed("35.09")), (0, vec![story]));
}

#[test]
fn an_unknown_story_is_refused() {
    let mut world = World::new();
    let error = world.try_edit(StoryId(7), Change::Undo).unwrap_err();
    assert!(
        matches!(&error, Error::Refused(why) if why.contains("warta stories")),
        "{error}"
    );
}
