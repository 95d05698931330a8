//! What pages are made of: plain data that the caller gathers, one struct for each page. No markup, and no reading of
//! the store: that is the caller's.

use std::collections::HashMap;
use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use url::form_urlencoded;

use crate::gazetteer::Region;
use crate::model::{Health, RegionCode, Satker, SatkerId, SatkerKind, Source, SourceState, StoryDetail, StoryId, Zone};

/// Stories by region; a province's hold those of its regencies. A region that is absent has none.
pub type Counts = HashMap<RegionCode, u64>;

/// Stories by unit. A unit that is absent has none.
pub type UnitCounts = HashMap<SatkerId, u64>;

/// The home page.
#[derive(Clone, Copy, Debug)]
pub struct HomeView<'a> {
    /// All stories.
    pub counts: &'a Counts,
    /// Those of the last seven days: the shades of the map.
    pub week: &'a Counts,
    /// Today's.
    pub today: &'a Counts,
    /// The newest of the country.
    pub newest: &'a [StoryDetail],
}

/// A region's page. Its units and its regencies are known from the directory and the gazetteer.
#[derive(Clone, Copy, Debug)]
pub struct RegionView<'a> {
    /// The region.
    pub region: &'a Region,
    /// All stories of it and of its regencies.
    pub counts: &'a Counts,
    /// All stories of its units.
    pub units: &'a UnitCounts,
    /// Its stories of the last days.
    pub days: &'a Days,
    /// Its newest, pinned ones first.
    pub stories: &'a [StoryDetail],
    /// The time of the moment, by which pins end.
    pub now: Timestamp,
}

/// A unit's page. The units above and below it are known from the directory.
#[derive(Clone, Copy, Debug)]
pub struct UnitView<'a> {
    /// The unit.
    pub satker: &'a Satker,
    /// All stories of it and of the units below it.
    pub units: &'a UnitCounts,
    /// Its stories of the last days.
    pub days: &'a Days,
    /// Its sources.
    pub channels: &'a [Channel<'a>],
    /// Its newest, pinned ones first.
    pub stories: &'a [StoryDetail],
    /// The time of the moment, by which pins end.
    pub now: Timestamp,
}

/// A story's page.
#[derive(Clone, Copy, Debug)]
pub struct StoryView<'a> {
    /// The story.
    pub detail: &'a StoryDetail,
    /// Stories that seem to be about the same event, as far as they are still there.
    pub related: &'a [StoryDetail],
}

/// The page of a search: the form alone where nothing was asked.
#[derive(Clone, Copy, Debug)]
pub struct SearchView<'a> {
    /// What was asked.
    pub asked: &'a Asked,
    /// The stories of this page, best first.
    pub hits: &'a [Hit<'a>],
    /// How many stories match in all.
    pub total: u64,
    /// This page, counted from 1.
    pub page: u32,
    /// How many pages there are.
    pub pages: u32,
}

/// What a search asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The words (`q`).
    pub text: String,
    /// Only stories of this region (`wilayah`).
    pub region: Option<RegionCode>,
    /// Only those of this kind of unit (`jenis`).
    pub kind: Option<SatkerKind>,
    /// Whose stories (`asal`).
    pub origin: Origin,
    /// Only those of this day or later (`sejak`, as 2022-08-16).
    pub since: Option<Date>,
    /// Only those of this day or earlier (`sampai`).
    pub until: Option<Date>,
}

/// Whose stories are searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Everybody's.
    #[default]
    All,
    /// Only what a unit published itself (`satker`).
    Units,
}

impl Asked {
    /// Whether anything is asked at all.
    pub fn is_empty(&self) -> bool {
        *self == Asked::default()
    }

    /// The query of an address that asks this, without the `?`. What is not asked for is left out.
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(self.feed_query());
        for (name, day) in [("sejak", self.since), ("sampai", self.until)] {
            if let Some(day) = day {
                query.append_pair(name, &day.to_string());
            }
        }
        query.finish()
    }

    /// The query of the feed of this search, which has no dates: a feed is of what comes.
    pub fn feed_query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", &self.text);
        if let Some(region) = self.region {
            query.append_pair("wilayah", &region.to_string());
        }
        if let Some(kind) = self.kind {
            query.append_pair("jenis", kind.slug());
        }
        if self.origin == Origin::Units {
            query.append_pair("asal", "satker");
        }
        query.finish()
    }
}

/// A story that a search found.
#[derive(Clone, Debug)]
pub struct Hit<'a> {
    /// The story.
    pub detail: &'a StoryDetail,
    /// Its title.
    pub title: Marked,
    /// The part of its text that matched.
    pub excerpt: Marked,
}

/// A text of which some parts are marked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// The parts in order, each with whether it is marked.
    pub parts: Vec<(String, Mark)>,
}

/// Whether a part of a text is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is not.
    Plain,
    /// It is a word that was asked for.
    Hit,
}

impl Marked {
    /// Marks these ranges of bytes. One that is out of order or no part of the text is passed over.
    pub fn new(text: &str, ranges: &[Range<usize>]) -> Marked {
        let mut parts = Vec::new();
        let mut done = 0;
        for range in ranges {
            let (Some(before), Some(hit)) = (text.get(done..range.start), text.get(range.clone())) else {
                continue;
            };
            parts.extend((!before.is_empty()).then(|| (before.to_owned(), Mark::Plain)));
            parts.extend((!hit.is_empty()).then(|| (hit.to_owned(), Mark::Hit)));
            done = range.end;
        }
        let rest = &text[done..];
        parts.extend((!rest.is_empty()).then(|| (rest.to_owned(), Mark::Plain)));
        Marked { parts }
    }
}

/// The page of the sources' health.
#[derive(Clone, Copy, Debug)]
pub struct SourcesView<'a> {
    /// Every source.
    pub channels: &'a [Channel<'a>],
    /// How much is told.
    pub detail: Detail,
    /// The time of the moment, by which a week ends.
    pub now: Timestamp,
}

/// How much the page of the sources' health tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Only whether something is wrong: for everybody.
    Public,
    /// What is wrong, since when, and what comes next: for the operator, on `admin_listen`.
    Full,
}

/// A source and how it stands.
#[derive(Clone, Copy, Debug)]
pub struct Channel<'a> {
    /// The source.
    pub source: &'a Source,
    /// What is remembered of it; the default for one that was never crawled.
    pub state: &'a SourceState,
    /// How it stands.
    pub standing: Standing,
}

/// How a source stands, in the words of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Lancar.
    Ok,
    /// Sepi.
    Quiet,
    /// Terlalu lama sepi.
    QuietTooLong,
    /// Gagal diambil.
    Failing,
    /// Menolak perayap.
    Blocked,
    /// Tampilan berubah.
    Drifted,
    /// Pindah.
    Moved,
    /// Hilang.
    Gone,
    /// Ditahan.
    Quarantined,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Standing; 9] = [
        Standing::Ok,
        Standing::Quiet,
        Standing::QuietTooLong,
        Standing::Failing,
        Standing::Blocked,
        Standing::Drifted,
        Standing::Moved,
        Standing::Gone,
        Standing::Quarantined,
    ];

    /// Whether something is wrong: a source that is only quiet is well.
    pub fn is_problem(self) -> bool {
        !matches!(self, Standing::Ok | Standing::Quiet)
    }
}

impl From<Health> for Standing {
    fn from(health: Health) -> Standing {
        match health {
            Health::Quiet => Standing::Quiet,
            Health::QuietTooLong => Standing::QuietTooLong,
            Health::Drifted => Standing::Drifted,
            Health::Moved => Standing::Moved,
            Health::Quarantined => Standing::Quarantined,
            Health::Ok => Standing::Ok,
            Health::Failing => Standing::Failing,
            Health::Blocked => Standing::Blocked,
            Health::Gone => Standing::Gone,
        }
    }
}

/// Stories a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    /// The last of the days: today.
    pub last: Date,
    /// Stories of each day, the oldest first. At most [`Days::SHOWN`] are shown.
    pub counts: Vec<u32>,
}

impl Days {
    /// How many days are shown.
    pub const SHOWN: usize = 30;

    /// Counts the stories of these times by day, for the days that end with `now` in a zone. What is younger or older is
    /// left out.
    pub fn counted(times: impl IntoIterator<Item = Timestamp>, now: Timestamp, zone: Zone) -> Days {
        let last = day_of(now, zone);
        let mut counts = vec![0; Days::SHOWN];
        for at in times {
            let ago = last.duration_since(day_of(at, zone)).as_hours() / 24;
            if let Some(count) = usize::try_from(ago)
                .ok()
                .and_then(|ago| Days::SHOWN.checked_sub(ago + 1))
                .and_then(|index| counts.get_mut(index))
            {
                *count += 1;
            }
        }
        Days { last, counts }
    }

    /// The day of a count.
    pub fn day(&self, index: usize) -> Date {
        let ago = self.counts.len().saturating_sub(index + 1);
        let ago = i32::try_from(ago).unwrap_or(i32::MAX);
        self.last.saturating_sub(ago.days())
    }
}

/// The day of a time in a zone.
pub(super) fn day_of(at: Timestamp, zone: Zone) -> Date {
    at.to_zoned_datetime(TimeZone::fixed(zone.offset())).date()
}

/// The page of a month's report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportView {
    /// What it is about: a region's or unit's name.
    pub scope: String,
    /// The address of its page below the base, without the month.
    pub path: String,
    /// A day of the month.
    pub month: Date,
    /// A day of the month after it, unless that is still to come.
    pub after: Option<Date>,
    /// The units, in the order they are shown.
    pub units: Vec<ReportUnit>,
    /// The sources that republished, in the order they are shown.
    pub portals: Vec<ReportPortal>,
    /// The releases, in the order they are shown.
    pub releases: Vec<ReportRelease>,
}

/// A unit in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportUnit {
    /// Its id.
    pub satker: SatkerId,
    /// Its name.
    pub name: String,
    /// Stories of the month.
    pub releases: u32,
    /// How many of them ran elsewhere.
    pub republished: u32,
    /// How often they ran elsewhere.
    pub copies: u32,
    /// Minutes to the fastest republication.
    pub first_minutes: Option<u64>,
    /// Minutes to a release's first republication, at the median.
    pub median_minutes: Option<u64>,
}

/// A source that republished, in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportPortal {
    /// Its name.
    pub name: String,
    /// How many releases it republished.
    pub copies: u32,
    /// Of how many units.
    pub units: u32,
    /// Minutes to the fastest.
    pub first_minutes: Option<u64>,
    /// Minutes at the median.
    pub median_minutes: Option<u64>,
}

/// A release in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRelease {
    /// The story.
    pub story: StoryId,
    /// Its title.
    pub title: String,
    /// The unit's name.
    pub unit: String,
    /// Where it ran, each by name.
    pub portals: Vec<String>,
    /// Minutes to the first of them.
    pub first_minutes: Option<u64>,
}
