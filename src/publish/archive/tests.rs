//! A client follows the chain of archives while stories keep arriving, and misses none.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::convert::Infallible;

use jiff::SignedDuration;
use jiff::civil::date;

use super::*;
use crate::model::Withdrawal;
use crate::publish::tests::{World, at, detail, jember, reread};
use crate::publish::{entry, render, select_with_gone};

/// A store in memory: stories by arrival.
struct Stories {
    world: World,
    list: Vec<StoryDetail>,
    now: Timestamp,
}

impl Stories {
    fn new(now: &str) -> Stories {
        Stories {
            world: World::new(),
            list: Vec::new(),
            now: at(now),
        }
    }

    /// One more story, so many seconds after the last.
    fn arrive(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        let id = self.list.len() as u64 + 1;
        let mut detail = detail(id, &format!("Berita {id}"), "<p>x</p>");
        detail.story.first_seen = self.now;
        detail.story.updated = self.now;
        self.list.push(detail);
    }

    fn shelf(&self) -> Shelf<impl Fn(Date) -> Result<Vec<StoryId>, Infallible> + '_> {
        let month = |detail: &StoryDetail| {
            let local = Zone::Wib.offset().to_datetime(detail.story.first_seen);
            local.date().first_of_month()
        };
        let months: BTreeSet<Date> = self.list.iter().map(month).collect();
        let read = move |wanted| {
            let of_month = self.list.iter().filter(|detail| month(detail) == wanted);
            Ok(of_month.map(|detail| detail.story.id).collect())
        };
        Shelf::new(months.into_iter().collect(), read, self.now)
    }

    fn read(&self, id: StoryId) -> Result<Option<StoryDetail>, Infallible> {
        Ok(self.list.get(id.0 as usize - 1).cloned())
    }

    fn live(&self) -> FeedView {
        let newest = self.list.iter().rev().cloned().map(Ok::<_, Infallible>);
        let mut selected = select_with_gone(vec![], newest, self.now).unwrap();
        let tail = self.shelf().tail().unwrap();
        tail.complete(&mut selected, |id| self.read(id), self.now).unwrap();
        let context = self.world.context();
        live(context, &jember(), selected, &tail, |detail, length| {
            Arc::new(entry(context, detail, length).into())
        })
    }

    fn archive(&self, name: &str) -> Option<FeedView> {
        let found = self.shelf().page(name.parse().unwrap()).unwrap()?;
        let stories = found.stories.iter().filter_map(|id| self.read(*id).unwrap());
        let stories = stories.collect();
        Some(page(self.world.context(), &jember(), &found, stories))
    }

    /// What stands at an address.
    fn get(&self, address: &str) -> Vec<u8> {
        let rest = address.strip_prefix("https://warta.example.id/sub/feeds/").unwrap();
        let Some(archive) = rest.strip_prefix("arsip/") else {
            assert_eq!(rest, "jawa-timur/kabupaten-jember.atom");
            return render(&self.live(), Format::Atom);
        };
        let (scope, page) = read_address(archive).unwrap();
        assert_eq!(scope, "jawa-timur/kabupaten-jember");
        let feed = self.archive(&page.to_string());
        render(&feed.unwrap_or_else(|| panic!("no page at {address}")), Format::Atom)
    }
}

const LIVE: &str = "https://warta.example.id/sub/feeds/jawa-timur/kabupaten-jember.atom";

/// A reader that remembers what it has read.
#[derive(Default)]
struct Client {
    stories: BTreeSet<String>,
    /// Every entry of an archive, doubled ones too.
    archived: Vec<String>,
    pages: BTreeSet<String>,
}

impl Client {
    /// Reads the live feed and every archive before it that was not read yet; `between` happens before each archive.
    fn poll(&mut self, stories: &mut Stories, between: impl Fn(&mut Stories)) {
        let mut next = self.take(&stories.get(LIVE), false);
        while let Some(address) = next.filter(|address| self.pages.insert(address.clone())) {
            between(stories);
            let bytes = stories.get(&address);
            assert!(String::from_utf8_lossy(&bytes).contains("<fh:archive>"), "{address}");
            next = self.take(&bytes, true);
        }
    }

    fn take(&mut self, bytes: &[u8], is_archive: bool) -> Option<String> {
        let feed = reread(bytes);
        let ids: Vec<String> = feed.entries.into_iter().map(|entry| entry.id).collect();
        self.stories.extend(ids.iter().cloned());
        if is_archive {
            assert!(ids.len() <= PAGE);
            self.archived.extend(ids);
        }
        let previous = feed
            .links
            .into_iter()
            .find(|link| link.rel.as_deref() == Some("prev-archive"));
        previous.map(|link| link.href)
    }
}

#[test]
fn who_follows_the_chain_counts_every_story_once_while_others_arrive() {
    let mut stories = Stories::new("2026-03-01T00:00:00Z");
    (0..5_000).for_each(|n| stories.arrive(600 + n % 7 * 700));
    let mut client = Client::default();
    client.poll(&mut stories, |stories| (0..30).for_each(|_| stories.arrive(60)));
    assert!(stories.list.len() > 5_700, "{}", stories.list.len());
    assert!((1..=5_000).all(|n| {
        client
            .stories
            .contains(&format!("tag:warta.example.id,2026:berita/{n:x}"))
    }));
    assert_eq!(
        client.stories.len(),
        5_000,
        "what arrived later is in no page that was read"
    );
    let distinct: BTreeSet<&String> = client.archived.iter().collect();
    assert_eq!(distinct.len(), client.archived.len(), "no story stands in two archives");
    client.poll(&mut stories, |_| ());
    assert_eq!(client.stories.len(), stories.list.len());
}

#[test]
fn a_reader_who_comes_rarely_misses_nothing_whatever_the_pace() {
    for (pace, step) in [(40, 61), (900, 17), (7_000, 211), (90_000, 40), (400_000, 3)] {
        let mut stories = Stories::new("2026-01-30T20:00:00Z");
        let mut client = Client::default();
        for round in 0..12 {
            (0..step * (round % 4)).for_each(|n| stories.arrive(pace + n % 5 * 11));
            client.poll(&mut stories, |stories| stories.arrive(pace));
        }
        client.poll(&mut stories, |_| ());
        assert_eq!(client.stories.len(), stories.list.len(), "a story each {pace} s");
        let distinct: BTreeSet<&String> = client.archived.iter().collect();
        assert_eq!(distinct.len(), client.archived.len(), "a story each {pace} s");
    }
}

#[test]
fn a_closed_page_stays_as_it_is_to_the_byte() {
    let mut stories = Stories::new("2026-11-01T00:00:00Z");
    (0..450).for_each(|_| stories.arrive(60));
    let first = render(&stories.archive("2026-11-1").unwrap(), Format::Atom);
    (0..450).for_each(|_| stories.arrive(60));
    assert_eq!(render(&stories.archive("2026-11-1").unwrap(), Format::Atom), first);
}

#[test]
fn a_page_closes_when_it_is_full_or_its_month_is_over() {
    let mut stories = Stories::new("2026-11-10T00:00:00Z");
    (0..250).for_each(|_| stories.arrive(60));
    let links = |stories: &Stories, name| {
        let page = stories.shelf().page(PageId::from_str(name).unwrap()).unwrap()?;
        let name = |page: Option<PageId>| page.map(|page| page.to_string()).unwrap_or_default();
        Some((page.stories.len(), page.state, name(page.previous), name(page.next)))
    };
    let text = str::to_owned;
    let (closed, filling) = (PageState::Closed, PageState::Filling);
    assert_eq!(links(&stories, "2026-11-1"), Some((200, closed, text(""), text(""))));
    assert_eq!(
        links(&stories, "2026-11-2"),
        Some((50, filling, text("2026-11-1"), text("")))
    );
    assert_eq!(links(&stories, "2026-11-3"), None);
    assert_eq!(links(&stories, "2026-12-1"), None);
    assert_eq!(stories.shelf().tail().unwrap().newest, "2026-11-1".parse().ok());
    // In Western time the month ends at 17:00 UTC; the page an hour later.
    stories.now = at("2026-11-30T17:59:59Z");
    assert_eq!(links(&stories, "2026-11-2").unwrap().1, filling);
    stories.now = at("2026-11-30T18:00:00Z");
    assert_eq!(
        links(&stories, "2026-11-2"),
        Some((50, closed, text("2026-11-1"), text("")))
    );
    assert_eq!(links(&stories, "2026-11-1").unwrap().3, "2026-11-2");
    // A month without a story has no page; the chain goes over it.
    stories.now = at("2027-01-05T00:00:00Z");
    (0..200).for_each(|_| stories.arrive(60));
    assert_eq!(links(&stories, "2026-12-1"), None);
    assert_eq!(
        links(&stories, "2027-01-1"),
        Some((200, closed, text("2026-11-2"), text("")))
    );
    assert_eq!(links(&stories, "2026-11-2").unwrap().3, "2027-01-1");
    let pages = stories.shelf().pages().unwrap();
    let names: Vec<String> = pages.iter().map(PageId::to_string).collect();
    assert_eq!(names, ["2026-11-1", "2026-11-2", "2027-01-1"]);
}

#[test]
fn what_still_fills_is_in_the_live_feed_and_under_its_address_but_is_no_archive() {
    let mut stories = Stories::new("2026-11-01T00:00:00Z");
    (0..380).for_each(|_| stories.arrive(6_000));
    let live = stories.live();
    assert_eq!(
        live.entries.len(),
        180,
        "50 would leave 130 stories in no page that is linked"
    );
    assert!(live.entries.windows(2).all(|two| two[0].published >= two[1].published));
    let open = stories.archive("2026-11-2").unwrap();
    assert_eq!((open.entries.len(), open.history.is_archive), (180, false));
    let text = String::from_utf8(render(&open, Format::Atom)).unwrap();
    assert!(!text.contains("fh:archive"), "{text}");
    assert!(
        text.contains(&format!("<link href=\"{LIVE}\" rel=\"current\"")),
        "{text}"
    );
}

#[test]
fn a_month_is_read_only_when_it_is_needed() {
    let reads = Cell::new(0);
    let months: Vec<Date> = (1..=9).map(|month| date(2026, month, 1)).collect();
    let read = |month: Date| {
        reads.set(reads.get() + 1);
        Ok::<_, Infallible>((0..250).map(|n| StoryId(month.month() as u64 * 1_000 + n)).collect())
    };
    let shelf = Shelf::new(months, read, at("2026-09-20T00:00:00Z"));
    assert_eq!(shelf.tail().unwrap().open.len(), 50);
    assert_eq!(reads.get(), 1);
    let page = shelf.page("2026-09-1".parse().unwrap()).unwrap().unwrap();
    assert_eq!(page.previous, "2026-08-2".parse().ok());
    assert_eq!(reads.get(), 2);
}

#[test]
fn a_withdrawn_story_is_a_deleted_entry_in_its_page() {
    let mut stories = Stories::new("2026-11-01T00:00:00Z");
    (0..200).for_each(|_| stories.arrive(60));
    let before = stories.archive("2026-11-1").unwrap().updated;
    let when = at("2026-11-20T00:00:00Z");
    stories.list[7].story.hidden = Some(Withdrawal {
        at: when,
        reason: "Permintaan <keluarga> & \u{1}wali".to_owned(),
    });
    stories.list[7].story.updated = when;
    let feed = stories.archive("2026-11-1").unwrap();
    assert_eq!(
        (feed.entries.len(), feed.updated.as_str()),
        (199, "2026-11-20T07:00:00+07:00")
    );
    assert!(before < feed.updated);
    let text = String::from_utf8(render(&feed, Format::Atom)).unwrap();
    let expected = "<at:deleted-entry ref=\"tag:warta.example.id,2026:berita/8\" when=\"2026-11-20T07:00:00+07:00\">\
                    <at:comment>Permintaan &lt;keluarga&gt; &amp; wali</at:comment></at:deleted-entry>";
    assert!(text.contains(expected), "{text}");
    assert!(
        text.contains("xmlns:at=\"http://purl.org/atompub/tombstones/1.0\""),
        "{text}"
    );
    assert_eq!(reread(text.as_bytes()).entries.len(), 199);
    assert_eq!(
        stories.archive("2026-11-1").unwrap().deleted[0].id,
        "tag:warta.example.id,2026:berita/8"
    );
}

#[test]
fn the_live_feed_says_withdrawn_for_seven_days_and_then_deleted_for_thirty() {
    let mut stories = Stories::new("2026-11-01T00:00:00Z");
    (0..3).for_each(|_| stories.arrive(60));
    stories.list[1].story.hidden = Some(Withdrawal {
        at: stories.now,
        reason: "Ralat".to_owned(),
    });
    let withdrawn = stories.now;
    for (days, entries, deleted) in [(0, 3, 0), (7, 3, 0), (8, 2, 1), (37, 2, 1), (38, 2, 0)] {
        stories.now = withdrawn + SignedDuration::from_hours(days * 24);
        let live = stories.live();
        assert_eq!(
            (live.entries.len(), live.deleted.len()),
            (entries, deleted),
            "after {days} days"
        );
        for format in Format::ALL {
            let text = String::from_utf8(render(&live, format)).unwrap();
            assert_eq!(reread(text.as_bytes()).entries.len(), entries, "{format:?}");
            let says = format == Format::Atom && deleted > 0;
            assert_eq!(text.contains("deleted-entry"), says, "{format:?} after {days} days");
        }
    }
}

#[test]
fn a_page_has_one_name() {
    for name in ["2026-11-1", "1999-01-12", "2026-12-4294967295"] {
        assert_eq!(name.parse::<PageId>().map(|page| page.to_string()), Ok(name.to_owned()));
    }
    for name in [
        "",
        "-",
        "--",
        "2026-11",
        "2026-11-0",
        "2026-11-01",
        "2026-1-1",
        "2026-13-1",
        "2026-11--1",
        "2026-11-+1",
        "26-11-1",
        "2026-11-1 ",
        "-2026-11-1",
        "2026-11-4294967296",
        "२०२६-११-१",
        "99999-11-1",
    ] {
        assert_eq!(name.parse::<PageId>(), Err(InvalidPageId), "{name}");
    }
    let page = "2026-11-3".parse().unwrap();
    assert_eq!(
        read_address("jawa-timur/kota-malang/2026-11-3.atom"),
        Some(("jawa-timur/kota-malang", page))
    );
    assert_eq!(read_address("indonesia/2026-11-3.atom"), Some(("indonesia", page)));
    assert_eq!(read_address("2026-11-3.atom"), None);
    assert_eq!(read_address("indonesia/2026-11-3.rss"), None);
}

#[test]
fn an_empty_store_has_no_page() {
    let stories = Stories::new("2026-11-01T00:00:00Z");
    assert_eq!(stories.shelf().tail().unwrap(), Tail::default());
    assert!(stories.live().history.previous.is_none());
    assert!(stories.archive("2026-11-1").is_none());
    assert!(stories.archive("9999-12-1").is_none());
}
