//! A story: the one thing readers see, however many articles tell it in the same words.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Article, Edit, Published, RegionCode, SatkerId, SourceId, Withdrawal};

/// An article's number in the store; later articles have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ArticleId(pub u64);

impl ArticleId {
    /// Room for this many articles in a millisecond: ids are the time of arrival, shifted, so that they grow with it.
    const PER_MS_BITS: u32 = 12;

    /// The least id of an article that arrives now.
    pub fn arriving(now: Timestamp) -> ArticleId {
        ArticleId(u64::try_from(now.as_millisecond()).unwrap_or(0) << ArticleId::PER_MS_BITS)
    }

    /// When an article of this id arrived, to the millisecond.
    pub fn arrival(self) -> Timestamp {
        let ms = i64::try_from(self.0 >> ArticleId::PER_MS_BITS).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
    }

    /// The least id of an article that arrived so long before this one.
    pub fn earlier_by(self, time: Duration) -> ArticleId {
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX >> ArticleId::PER_MS_BITS);
        ArticleId(self.0.saturating_sub(ms << ArticleId::PER_MS_BITS))
    }
}

/// A story's number, which never changes: that of its first article. Written in lower-case hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StoryId(pub u64);

impl fmt::Display for StoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl FromStr for StoryId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(StoryId)
    }
}

impl TryFrom<String> for StoryId {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<StoryId> for String {
    fn from(id: StoryId) -> String {
        id.to_string()
    }
}

/// A story and the articles that tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// Its id.
    pub id: StoryId,
    /// When its first article arrived.
    pub first_seen: Timestamp,
    /// Its place in feeds and lists: when it arrived; of history that was read back, when it was published.
    pub listed_at: Timestamp,
    /// When its words last changed; a further copy does not count.
    pub updated: Timestamp,
    /// The article whose words stand for the story.
    pub representative: ArticleId,
    /// Every article, the first one first.
    pub members: Vec<Member>,
    /// Where the event happened.
    pub region: RegionCode,
    /// Where the publishing unit stands.
    pub unit: Option<RegionCode>,
    /// The publishing unit.
    pub satker: Option<SatkerId>,
    /// The region and unit that were fixed by hand.
    pub fixed: Fixed,
    /// Why it is withdrawn, if it is.
    pub hidden: Option<Withdrawal>,
    /// Until when it stays at the top of its feeds.
    pub pinned_until: Option<Timestamp>,
    /// Stories that it was taken apart from; they are never merged again but by hand.
    pub apart: Vec<StoryId>,
    /// Stories that seem to be about the same event in other words; linked, never hidden.
    pub related: Vec<StoryId>,
    /// Every correction, the first one first.
    pub edits: Vec<Edit>,
}

/// What was fixed by hand; no rule changes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixed {
    /// The event's region.
    pub region: Option<RegionCode>,
    /// The unit, with where it stands.
    pub satker: Option<(SatkerId, RegionCode)>,
}

impl Story {
    /// The story that an article begins.
    pub fn begun(id: StoryId, first: Member, region: RegionCode, now: Timestamp) -> Story {
        Story {
            id,
            first_seen: now,
            listed_at: now,
            updated: now,
            representative: first.article,
            members: vec![first],
            region,
            unit: None,
            satker: None,
            fixed: Fixed::default(),
            hidden: None,
            pinned_until: None,
            apart: Vec::new(),
            related: Vec::new(),
            edits: Vec::new(),
        }
    }

    /// The feeds that hold the story.
    pub fn scopes(&self) -> Vec<Scope> {
        let regions = self.regions().into_iter().map(Scope::Region);
        regions.chain(self.satker.clone().map(Scope::Satker)).collect()
    }

    /// Every region whose feed holds the story, each once: the event's and the unit's with all around them.
    pub fn regions(&self) -> Vec<RegionCode> {
        let mut codes = self.region.with_ancestors();
        codes.extend(self.unit.into_iter().flat_map(RegionCode::with_ancestors));
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

/// One article of a story: enough to list it as "Juga terbit di".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The article.
    pub article: ArticleId,
    /// Its canonical address.
    pub url: String,
    /// The source it was found in.
    pub source: SourceId,
    /// When the source says it was published.
    pub published: Option<Published>,
    /// When we saw it first.
    pub seen: Timestamp,
}

/// A story with the article that stands for it: what feeds, pages and tables are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryDetail {
    /// The story.
    pub story: Story,
    /// Its representative.
    pub article: Article,
}

/// What became of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// It began a story.
    New(StoryId),
    /// It is a further copy of a story.
    Copy(StoryId),
    /// It was known, and its words have changed.
    Changed(StoryId),
    /// It was known, and nothing has changed.
    Unchanged(StoryId),
}

/// What a feed, a table or a page is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// A region with everything in it.
    Region(RegionCode),
    /// A unit.
    Satker(SatkerId),
}
