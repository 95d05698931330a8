//! A month's report: what each unit released, where each release was republished, how fast. Pure: the caller brings the
//! stories and shows the result as a table, CSV, JSON lines or a page.
//!
//! A **release** is a story of a unit, dated by the earliest article on the unit's own sources. Every article of it on a
//! source of somebody else is a **pick-up**. How long one took is told only where both dates were stated to the minute:
//! when we happened to look says nothing about anybody's speed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::gazetteer::Gazetteer;
use crate::model::{Directory, Member, Precision, RegionCode, Satker, SatkerId, SourceId, StoryDetail, StoryId, Zone};

/// A month of the calendar, written `2022-08`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Month(Date);

/// The text is not a month.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a month: write it as \"2022-08\"")]
pub struct InvalidMonth(pub String);

impl Month {
    /// The month a time falls in, in a zone.
    pub fn of(at: Timestamp, zone: Zone) -> Month {
        Month(
            at.to_zoned_datetime(TimeZone::fixed(zone.offset()))
                .date()
                .first_of_month(),
        )
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        self.0
    }

    /// The month after.
    pub fn after(self) -> Month {
        Month(self.0.saturating_add(1.month()).first_of_month())
    }

    /// The month before.
    pub fn before(self) -> Month {
        Month(self.0.saturating_sub(1.month()).first_of_month())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl FromStr for Month {
    type Err = InvalidMonth;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidMonth(text.to_owned());
        let is_digits = |part: &str, len: usize| part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit());
        let (year, month) = text.split_once('-').ok_or_else(invalid)?;
        if !is_digits(year, 4) || !is_digits(month, 2) {
            return Err(invalid());
        }
        let (year, month) = (
            year.parse().map_err(|_| invalid())?,
            month.parse().map_err(|_| invalid())?,
        );
        Date::new(year, month, 1).map(Month).map_err(|_| invalid())
    }
}

impl TryFrom<String> for Month {
    type Error = InvalidMonth;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> String {
        month.to_string()
    }
}

/// A month's report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The month.
    pub month: Month,
    /// The units that released something, by name.
    pub units: Vec<UnitFigures>,
    /// The sources that republished something, the most busy first.
    pub portals: Vec<PortalFigures>,
    /// The releases, the earliest first.
    pub releases: Vec<Release>,
}

/// What a unit released, and how far it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitFigures {
    /// Its id.
    pub satker: SatkerId,
    /// Its name.
    pub name: String,
    /// Releases.
    pub releases: u32,
    /// How many of them somebody picked up.
    pub republished: u32,
    /// Pick-ups.
    pub copies: u32,
    /// Minutes of the fastest pick-up.
    pub first_minutes: Option<u64>,
    /// Minutes to a release's first pick-up, at the median.
    pub median_minutes: Option<u64>,
}

/// What a source republished, and how fast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PortalFigures {
    /// Its id.
    pub source: SourceId,
    /// Its name.
    pub name: String,
    /// How many releases.
    pub copies: u32,
    /// Of how many units.
    pub units: u32,
    /// Minutes of the fastest pick-up.
    pub first_minutes: Option<u64>,
    /// Minutes of a pick-up, at the median.
    pub median_minutes: Option<u64>,
}

/// A release and its pick-ups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Release {
    /// The story.
    pub story: StoryId,
    /// The unit.
    pub satker: SatkerId,
    /// The unit's name.
    pub unit: String,
    /// The kabupaten, kota or province it is about.
    pub region: RegionCode,
    /// Its title.
    pub title: String,
    /// Its address: on the unit's own source, if it is there.
    pub url: String,
    /// Its date with the offset of its region's zone (RFC 3339).
    pub published: String,
    /// Where else it ran, the earliest first.
    pub pickups: Vec<Pickup>,
}

impl Release {
    /// Minutes to the first pick-up, of those that are known.
    pub fn first_minutes(&self) -> Option<u64> {
        self.pickups.iter().filter_map(|pickup| pickup.minutes).min()
    }

    /// The names of the sources that picked it up, each once, in order of time.
    pub fn portals(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for pickup in &self.pickups {
            if !names.contains(&pickup.name) {
                names.push(pickup.name.clone());
            }
        }
        names
    }
}

/// A place a release was republished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pickup {
    /// The source.
    pub source: SourceId,
    /// The source's name.
    pub name: String,
    /// Its address there.
    pub url: String,
    /// Its date there, or when it was first seen there (RFC 3339, with the offset of the release's zone).
    pub published: String,
    /// Minutes after the release; absent where one of the two dates is not known to the minute, or it came before.
    pub minutes: Option<u64>,
}

/// Makes the report of a month in the zones of the stories' regions. Withdrawn stories and those of no unit are left out.
pub fn report<'a>(
    gazetteer: &Gazetteer,
    directory: &Directory,
    month: Month,
    stories: impl IntoIterator<Item = &'a StoryDetail>,
) -> Report {
    let mut releases: Vec<(Timestamp, Release)> = stories
        .into_iter()
        .filter(|detail| detail.story.hidden.is_none())
        .filter_map(|detail| release(gazetteer, directory, detail))
        .filter(|(at, release)| Month::of(*at, gazetteer.zone(release.region)) == month)
        .collect();
    releases.sort_by_key(|(at, release)| (*at, release.story));
    let releases: Vec<Release> = releases.into_iter().map(|(_, release)| release).collect();
    Report {
        month,
        units: units(&releases),
        portals: portals(&releases),
        releases,
    }
}

/// A story as a release, with its time.
fn release(gazetteer: &Gazetteer, directory: &Directory, detail: &StoryDetail) -> Option<(Timestamp, Release)> {
    let story = &detail.story;
    let satker = directory.satker(story.satker.as_ref()?)?;
    let zone = gazetteer.zone(story.region);
    let (own, mut others): (Vec<&Member>, Vec<&Member>) = story
        .members
        .iter()
        .partition(|member| is_own(directory, satker, member));
    let own = own.into_iter().min_by_key(|member| date(member));
    others.sort_by_key(|member| (date(member), member.article));
    let at = own.map_or_else(|| detail.article.date(), date);
    let pickups = others.into_iter().map(|member| Pickup {
        source: member.source.clone(),
        name: directory.source_name(&member.source),
        url: member.url.clone(),
        published: rfc3339(date(member), zone),
        minutes: own.and_then(|own| minutes_between(own, member)),
    });
    let release = Release {
        story: story.id,
        satker: satker.id.clone(),
        unit: satker.name.clone(),
        region: story.region,
        title: detail.article.title.clone(),
        url: own.map_or_else(|| detail.article.url.clone(), |own| own.url.clone()),
        published: rfc3339(at, zone),
        pickups: pickups.collect(),
    };
    Some((at, release))
}

/// Whether an article is on a source of the unit itself, also under an id it had before.
fn is_own(directory: &Directory, satker: &Satker, member: &Member) -> bool {
    let source = directory.sources.get(&member.source);
    let owner = source.and_then(|source| directory.satker(source.satker.as_ref()?));
    owner.is_some_and(|owner| owner.id == satker.id)
}

fn date(member: &Member) -> Timestamp {
    member.published.map_or(member.seen, |published| published.at)
}

fn minutes_between(own: &Member, other: &Member) -> Option<u64> {
    let exact = |member: &Member| {
        member
            .published
            .filter(|published| published.precision == Precision::Minute)
    };
    let seconds = exact(other)?.at.duration_since(exact(own)?.at).as_secs();
    u64::try_from(seconds).ok().map(|seconds| seconds / 60)
}

fn units(releases: &[Release]) -> Vec<UnitFigures> {
    let mut by_unit: BTreeMap<(&str, &SatkerId), Vec<&Release>> = BTreeMap::new();
    for release in releases {
        by_unit
            .entry((&release.unit, &release.satker))
            .or_default()
            .push(release);
    }
    let figures = by_unit.into_iter().map(|((name, satker), releases)| {
        let firsts: Vec<u64> = releases.iter().filter_map(|release| release.first_minutes()).collect();
        UnitFigures {
            satker: satker.clone(),
            name: name.to_owned(),
            releases: count(releases.len()),
            republished: count(releases.iter().filter(|release| !release.pickups.is_empty()).count()),
            copies: count(releases.iter().map(|release| release.pickups.len()).sum()),
            first_minutes: firsts.iter().copied().min(),
            median_minutes: median(firsts),
        }
    });
    figures.collect()
}

fn portals(releases: &[Release]) -> Vec<PortalFigures> {
    let mut by_source: BTreeMap<&SourceId, Vec<(&Release, &Pickup)>> = BTreeMap::new();
    for release in releases {
        for pickup in &release.pickups {
            by_source.entry(&pickup.source).or_default().push((release, pickup));
        }
    }
    let figures = by_source.into_iter().map(|(source, pickups)| {
        let minutes: Vec<u64> = pickups.iter().filter_map(|(_, pickup)| pickup.minutes).collect();
        let stories: BTreeSet<StoryId> = pickups.iter().map(|(release, _)| release.story).collect();
        let units: BTreeSet<&SatkerId> = pickups.iter().map(|(release, _)| &release.satker).collect();
        PortalFigures {
            source: source.clone(),
            name: pickups
                .first()
                .map(|(_, pickup)| pickup.name.clone())
                .unwrap_or_default(),
            copies: count(stories.len()),
            units: count(units.len()),
            first_minutes: minutes.iter().copied().min(),
            median_minutes: median(minutes),
        }
    });
    let mut figures: Vec<PortalFigures> = figures.collect();
    // Stable: sources of equal numbers stay in order of their ids.
    figures.sort_by_key(|portal| std::cmp::Reverse(portal.copies));
    figures
}

/// The middle value; between the two of an even number, rounded down.
fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(lower.midpoint(upper))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn rfc3339(at: Timestamp, zone: Zone) -> String {
    at.display_with_offset(zone.offset()).to_string()
}

/// A release and one of its pick-ups: a line of CSV or of `--json`. A release that nobody picked up has one row without
/// a pick-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row<'a> {
    /// The unit's id.
    pub satker: &'a SatkerId,
    /// The unit's name.
    pub unit: &'a str,
    /// The region's code.
    pub region: RegionCode,
    /// The story's id.
    pub story: StoryId,
    /// Its title.
    pub title: &'a str,
    /// Its address.
    pub url: &'a str,
    /// Its date (RFC 3339).
    pub published: &'a str,
    /// The source that picked it up.
    pub source: Option<&'a SourceId>,
    /// That source's name.
    pub source_name: Option<&'a str>,
    /// Its address there.
    pub copy_url: Option<&'a str>,
    /// Its date there (RFC 3339).
    pub copy_published: Option<&'a str>,
    /// Minutes between the two.
    pub minutes: Option<u64>,
}

/// The columns of the CSV file: the fields of a [`Row`].
const COLUMNS: [&str; 12] = [
    "satker",
    "unit",
    "region",
    "story",
    "title",
    "url",
    "published",
    "source",
    "source_name",
    "copy_url",
    "copy_published",
    "minutes",
];

impl Report {
    /// Every release with each of its pick-ups.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let rows = self.releases.iter().flat_map(|release| {
            let none = release.pickups.is_empty().then_some(None);
            let pickups = release.pickups.iter().map(Some).chain(none);
            pickups.map(move |pickup| row(release, pickup))
        });
        rows.collect()
    }

    /// The rows as CSV (RFC 4180) with a head. A cell that a spreadsheet would take for a formula begins with an
    /// apostrophe: titles are written by strangers.
    pub fn csv(&self) -> String {
        let mut text = format!("{}\r\n", COLUMNS.join(","));
        for row in self.rows() {
            let cells = row.cells();
            let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
        text
    }

    /// The figures of the units for a table of text: id, name, releases, republished, pick-ups, fastest and median
    /// minutes, the last two empty where nothing is known.
    pub fn table_rows(&self) -> Vec<[String; 7]> {
        let minutes = |minutes: Option<u64>| minutes.map(|minutes| minutes.to_string()).unwrap_or_default();
        let rows = self.units.iter().map(|unit| {
            [
                unit.satker.to_string(),
                unit.name.clone(),
                unit.releases.to_string(),
                unit.republished.to_string(),
                unit.copies.to_string(),
                minutes(unit.first_minutes),
                minutes(unit.median_minutes),
            ]
        });
        rows.collect()
    }
}

fn row<'a>(release: &'a Release, pickup: Option<&'a Pickup>) -> Row<'a> {
    Row {
        satker: &release.satker,
        unit: &release.unit,
        region: release.region,
        story: release.story,
        title: &release.title,
        url: &release.url,
        published: &release.published,
        source: pickup.map(|pickup| &pickup.source),
        source_name: pickup.map(|pickup| pickup.name.as_str()),
        copy_url: pickup.map(|pickup| pickup.url.as_str()),
        copy_published: pickup.map(|pickup| pickup.published.as_str()),
        minutes: pickup.and_then(|pickup| pickup.minutes),
    }
}

impl Row<'_> {
    fn cells(&self) -> [String; 12] {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            self.satker.to_string(),
            self.unit.to_owned(),
            self.region.to_string(),
            self.story.to_string(),
            self.title.to_owned(),
            self.url.to_owned(),
            self.published.to_owned(),
            text(self.source.map(SourceId::as_str)),
            text(self.source_name),
            text(self.copy_url),
            text(self.copy_published),
            self.minutes.map(|minutes| minutes.to_string()).unwrap_or_default(),
        ]
    }
}

fn csv_cell(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if formula { "'" } else { "" };
    if formula || cell.contains(['"', ',', '\n', '\r']) {
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples;
    use crate::model::{Article, ArticleId, DateOrigin, Published, Republish, Source, SourceKind, Story};

    /// A unit with a source of its own, and two portals.
    fn directory() -> Directory {
        let mut directory = Directory::default();
        let unit = Satker {
            id: SatkerId::new("lapas-jember").unwrap(),
            name: "Lapas Jember".to_owned(),
            region: "35.09".parse().unwrap(),
            ministry: None,
            parent: None,
            aliases: vec![],
            formerly: vec![SatkerId::new("lp-jember").unwrap()],
        };
        for (id, satker) in [("own", Some("lp-jember")), ("portal-a", None), ("portal-b", None)] {
            let source = Source {
                kind: SourceKind::Auto,
                satker: satker.map(|id| SatkerId::new(id).unwrap()),
                region: None,
                full_text: true,
                ..samples::source(id, &format!("https://{id}.example/"))
            };
            directory.sources.insert(source.id.clone(), source);
        }
        directory.satkers.insert(unit.id.clone(), unit);
        directory
    }

    /// An article: its source, its date, how exactly that is known.
    type Told = (&'static str, &'static str, Option<Precision>);

    fn story(id: u64, title: &str, members: &[Told]) -> StoryDetail {
        let member = |(index, (source, at, precision)): (usize, &Told)| Member {
            article: ArticleId(id * 10 + index as u64),
            url: format!("https://{source}.example/{id}"),
            source: SourceId::new(*source).unwrap(),
            published: precision.map(|precision| Published {
                at: at.parse().unwrap(),
                zone: Zone::Wib,
                precision,
                origin: DateOrigin::Feed,
            }),
            seen: at.parse().unwrap(),
        };
        let members: Vec<Member> = members.iter().enumerate().map(member).collect();
        let first = members[0].clone();
        let now = first.seen;
        let mut story = Story::begun(StoryId(id), first.clone(), "35.09".parse().unwrap(), now);
        story.members = members;
        story.satker = Some(SatkerId::new("lapas-jember").unwrap());
        let article = Article {
            source: first.source,
            satker: None,
            url: first.url,
            guid: None,
            title: title.to_owned(),
            author: None,
            published: first.published,
            updated: None,
            seen: now,
            summary: String::new(),
            html: String::new(),
            text: String::new(),
            image: None,
            categories: vec![],
            language: None,
            republish: Republish::Full,
        };
        StoryDetail { story, article }
    }

    const EXACT: Option<Precision> = Some(Precision::Minute);

    fn sample() -> Report {
        let mut withdrawn = story(7, "Dicabut", &[("own", "2022-08-10T01:00:00Z", EXACT)]);
        withdrawn.story.hidden = Some(crate::model::Withdrawal {
            at: "2022-08-11T01:00:00Z".parse().unwrap(),
            reason: "salah".to_owned(),
        });
        let mut nobodys = story(8, "Milik siapa", &[("portal-a", "2022-08-10T01:00:00Z", EXACT)]);
        nobodys.story.satker = None;
        let stories = [
            // The last half hour of July in UTC is August in WIB.
            story(
                1,
                "Panen, \"raya\"",
                &[
                    ("portal-b", "2022-07-31T20:30:00Z", EXACT),
                    ("own", "2022-07-31T17:30:00Z", EXACT),
                    ("portal-a", "2022-07-31T18:15:59Z", EXACT),
                ],
            ),
            story(
                2,
                "=HYPERLINK(1)",
                &[
                    ("own", "2022-08-02T01:00:00Z", EXACT),
                    ("portal-a", "2022-08-02T01:15:00Z", EXACT),
                ],
            ),
            // Before the release, only to the day, and only seen: no time can be told.
            story(
                3,
                "Razia",
                &[
                    ("own", "2022-08-03T05:00:00Z", EXACT),
                    ("portal-a", "2022-08-03T04:00:00Z", EXACT),
                    ("portal-b", "2022-08-03T17:00:00Z", Some(Precision::Day)),
                    ("portal-b", "2022-08-04T01:00:00Z", None),
                ],
            ),
            story(4, "Upacara", &[("own", "2022-08-17T01:00:00Z", EXACT)]),
            // Nobody's own source has it.
            story(5, "Hanya portal", &[("portal-b", "2022-08-18T01:00:00Z", EXACT)]),
            story(6, "September", &[("own", "2022-08-31T17:00:00Z", EXACT)]),
            withdrawn,
            nobodys,
        ];
        report(
            &Gazetteer::built_in(),
            &directory(),
            "2022-08".parse().unwrap(),
            &stories,
        )
    }

    #[test]
    fn a_month_is_that_of_the_regions_zone_and_knows_its_form() {
        let at: Timestamp = "2022-07-31T16:30:00Z".parse().unwrap();
        assert_eq!(Month::of(at, Zone::Wib).to_string(), "2022-07");
        assert_eq!(Month::of(at, Zone::Wita).to_string(), "2022-08");
        assert_eq!("2022-01".parse::<Month>().unwrap().before().to_string(), "2021-12");
        for wrong in [
            "",
            "2022",
            "2022-13",
            "2022-00",
            "22-08",
            "2022-8",
            "2022-08-01",
            "+202-08",
        ] {
            assert_eq!(wrong.parse::<Month>(), Err(InvalidMonth(wrong.to_owned())));
        }
    }

    #[test]
    fn releases_are_counted_with_where_they_ran_and_how_fast() {
        let report = sample();
        let stories: Vec<u64> = report.releases.iter().map(|release| release.story.0).collect();
        assert_eq!(stories, [1, 2, 3, 4, 5]);
        assert_eq!(
            report.table_rows(),
            [["lapas-jember", "Lapas Jember", "5", "4", "7", "15", "30"].map(str::to_owned)]
        );
        let portals: Vec<_> = report
            .portals
            .iter()
            .map(|portal| {
                (
                    portal.source.as_str(),
                    portal.copies,
                    portal.first_minutes,
                    portal.median_minutes,
                )
            })
            .collect();
        // `portal-b` has the third story twice, which is one release.
        assert_eq!(
            portals,
            [
                ("portal-a", 3, Some(15), Some(30)),
                ("portal-b", 3, Some(180), Some(180))
            ]
        );
    }

    #[test]
    fn the_unit_is_the_origin_whoever_came_first_and_unsure_times_are_not_told() {
        let report = sample();
        let first = &report.releases[0];
        assert_eq!(first.url, "https://own.example/1");
        assert_eq!(first.published, "2022-08-01T00:30:00+07:00");
        let told: Vec<_> = first
            .pickups
            .iter()
            .map(|pickup| (pickup.name.as_str(), pickup.minutes))
            .collect();
        assert_eq!(told, [("portal-a.example", Some(45)), ("portal-b.example", Some(180))]);
        let unsure = &report.releases[2].pickups;
        assert_eq!(
            unsure.iter().map(|pickup| pickup.minutes).collect::<Vec<_>>(),
            [None; 3]
        );
        assert_eq!(report.releases[4].pickups[0].minutes, None);
    }

    #[test]
    fn the_csv_file_reads_back_and_holds_no_formula() {
        let report = sample();
        let text = report.csv();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), report.rows().len());
        assert_eq!((&records[0][4], &records[0][11]), ("Panen, \"raya\"", "45"));
        assert_eq!(&records[2][4], "'=HYPERLINK(1)");
        let alone = records.iter().find(|record| &record[4] == "Upacara").unwrap();
        assert_eq!(alone.iter().skip(7).collect::<Vec<_>>(), [""; 5]);
    }

    #[test]
    fn a_json_row_has_the_columns_of_the_csv_file() {
        let report = sample();
        let row = serde_json::to_value(&report.rows()[0]).unwrap();
        let names: BTreeSet<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, BTreeSet::from(COLUMNS));
        assert_eq!((&row["region"], &row["minutes"]), (&"35.09".into(), &45.into()));
    }

    #[test]
    fn the_median_lies_in_the_middle() {
        for (values, expected) in [
            (vec![], None),
            (vec![3], Some(3)),
            (vec![9, 1], Some(5)),
            (vec![9, 1, 2], Some(2)),
            (vec![u64::MAX, u64::MAX], Some(u64::MAX)),
        ] {
            assert_eq!(median(values), expected);
        }
    }
}
