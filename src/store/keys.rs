//! Trees and the layout of their keys. Numbers are big-endian, so that a forward scan is in order.

use std::ops::Range;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::model::{ArticleId, RegionCode, SatkerId, Scope, SourceId, StoryId, identity};

/// The trees that are written through the journal. Their numbers are part of the journal's format: only append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Tree {
    /// Article id → article with its story and region.
    Article = 0,
    /// Story id → story.
    Story = 1,
    /// Region, !place in ms, story id → when it came there, see [`CAME_THEN`]: the newest story of a region comes first.
    RegionTime = 2,
    /// Unit, !place in ms, story id → the same.
    SatkerTime = 3,
    /// Hash of the canonical address → article id.
    Url = 4,
    /// Source and hash of the guid → article id.
    Guid = 5,
    /// Hash of the normalised text → article id.
    Exact = 6,
    /// What the store knows of itself.
    Meta = 7,
    /// The id of an article whose words were taken out → the fingerprint that they had.
    Fingerprint = 8,
    /// Hash of the canonical address → what is fixed by hand for it.
    Correction = 9,
    /// The id of a story that was merged → the story it was merged into.
    Merged = 10,
    /// The ids of stories that were pinned.
    Pinned = 11,
    /// The id of an article that was removed for its age → what it is recognised by.
    Gone = 12,
    /// Scope, moment of entering it, story id → nothing: what a scope's archives hold beside the stories of its list that
    /// came when their place says, the oldest first. What leaves the list is put here, so that nothing leaves the archives.
    Arrival = 13,
    /// Hash of the canonical address → an article that the screen held back.
    Quarantine = 14,
    /// Hash of the source, !moment of holding back, hash of the canonical address → nothing: what waits for a decision.
    HeldBack = 15,
    /// Hash of the canonical address → since when its source has taken it back, where its story goes on in other copies.
    TakenBack = 16,
}

impl Tree {
    /// Every tree, in the order of its number.
    pub const ALL: [Tree; 17] = [
        Tree::Article,
        Tree::Story,
        Tree::RegionTime,
        Tree::SatkerTime,
        Tree::Url,
        Tree::Guid,
        Tree::Exact,
        Tree::Meta,
        Tree::Fingerprint,
        Tree::Correction,
        Tree::Merged,
        Tree::Pinned,
        Tree::Gone,
        Tree::Arrival,
        Tree::Quarantine,
        Tree::HeldBack,
        Tree::TakenBack,
    ];

    /// Its name in sled.
    pub fn name(self) -> &'static str {
        match self {
            Tree::Article => "article",
            Tree::Story => "story",
            Tree::RegionTime => "region_time",
            Tree::SatkerTime => "satker_time",
            Tree::Url => "url",
            Tree::Guid => "guid",
            Tree::Exact => "exact",
            Tree::Meta => "meta",
            Tree::Fingerprint => "fingerprint",
            Tree::Correction => "correction",
            Tree::Merged => "merged",
            Tree::Pinned => "pinned",
            Tree::Gone => "gone",
            Tree::Arrival => "arrival",
            Tree::Quarantine => "quarantine",
            Tree::HeldBack => "held_back",
            Tree::TakenBack => "taken_back",
        }
    }
}

impl Tree {
    /// Whether its values are records with a checksum of their own.
    pub fn has_records(self) -> bool {
        match self {
            Tree::Article | Tree::Story | Tree::Fingerprint | Tree::Correction | Tree::Gone => true,
            Tree::Quarantine | Tree::TakenBack => true,
            Tree::RegionTime | Tree::SatkerTime | Tree::Url | Tree::Guid | Tree::Exact => false,
            Tree::Meta | Tree::Merged | Tree::Pinned | Tree::Arrival | Tree::HeldBack => false,
        }
    }
}

/// The tree of what is remembered of sources: a state under the id, [`history`] beside it. It is not journalled: a lost
/// state costs one more crawl, a lost history is learnt again.
pub const STATES: &str = "source";

/// The tree of notes, each a record under a name: what parts of the daemon remember besides stories (the hub's
/// subscriptions). Not journalled, for they are no stories: after the loss of the sled folder they are those of the base,
/// and subscribers renew what is missing.
pub const NOTES: &str = "note";
/// In [`NOTES`]: the beginning of the names under which the incidents of each source are.
pub const INCIDENTS: &str = "incidents/";

/// The value in a list of a story that came there at the moment of its place, as news does.
pub const CAME_THEN: &[u8] = &[];
/// That of one that came at another moment, which [`Tree::Arrival`] has: history that was read back, a corrected region.
pub const CAME_ELSEWHEN: &[u8] = &[1];

/// In [`STATES`]: what is usual for a source. Every such key comes before any id.
pub fn history(source: &SourceId) -> String {
    format!("/{source}")
}

/// In [`Tree::Meta`]: the place of the last journal frame that is applied.
pub const WATERMARK: &[u8] = b"watermark";

/// In [`Tree::Meta`]: the authority in entry ids.
pub const AUTHORITY: &[u8] = b"id_authority";

/// In [`Tree::Meta`]: what no other store has.
pub const IDENTITY: &[u8] = b"identity";

/// In [`Tree::Meta`], not journalled: the version of the store's folder.
pub const FORMAT: &[u8] = b"format";

/// In [`Tree::Meta`]: the last frames of the last two backups that are kept.
pub const BACKUPS: &[u8] = b"backups";

/// An article's or a story's key.
pub fn id(id: u64) -> Vec<u8> {
    id.to_be_bytes().to_vec()
}

/// The id in a key or value of eight bytes.
pub fn read_id(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}

/// The key of an article's address; it is the address's [`identity`] that counts.
pub fn url(canonical: &str) -> Vec<u8> {
    xxh3_128(identity(canonical).as_bytes()).to_be_bytes().to_vec()
}

/// The row that puts a story into the feed of a region or unit. Time and id are stored as their complements, so that the
/// newest comes first, and of those that arrived together the one recorded last.
pub fn scope_time(scope: &Scope, arrival_ms: i64, story: StoryId) -> (Tree, Vec<u8>) {
    let (tree, mut key) = scope_prefix(scope);
    key.extend((!arrival_ms.max(0).cast_unsigned()).to_be_bytes());
    key.extend((!story.0).to_be_bytes());
    (tree, key)
}

/// The rows of a scope's list whose places are at or after `from` and before `end`, the latest first.
pub fn listed_within(scope: &Scope, from: Timestamp, end: Timestamp) -> (Tree, Range<Vec<u8>>) {
    let (tree, prefix) = scope_prefix(scope);
    let ms = |at: Timestamp| at.as_millisecond().max(0).cast_unsigned();
    // Nothing is at the end itself, whose complement comes before those of all earlier times.
    let latest = [&prefix[..], &(!ms(end)).saturating_add(1).to_be_bytes()].concat();
    let earliest = [&prefix[..], &(!ms(from)).to_be_bytes(), &[0xff; 9]].concat();
    (tree, latest..earliest)
}

/// What the keys of a scope's archives begin with.
pub fn arrival_prefix(scope: &Scope) -> Vec<u8> {
    let (tree, prefix) = scope_prefix(scope);
    // Regions and units share the tree.
    [vec![tree as u8], prefix].concat()
}

/// The row that puts a story into a scope's archives. `moment` is the least article id of the time of entering.
pub fn arrival(scope: &Scope, moment: ArticleId, story: StoryId) -> Vec<u8> {
    [arrival_prefix(scope), id(moment.0), id(story.0)].concat()
}

/// The moment and the story of a [`Tree::Arrival`] key.
pub fn arrived(key: &[u8]) -> Option<(ArticleId, StoryId)> {
    let at = key.len().checked_sub(16)?;
    let (moment, story) = key[at..].split_at(8);
    Some((ArticleId(read_id(moment)?), StoryId(read_id(story)?)))
}

/// The row that lists an article that is held back among those of its source, the newest first.
pub fn held_back(source: &SourceId, since: Timestamp, url_key: &[u8]) -> Vec<u8> {
    let source = xxh3_64(source.as_str().as_bytes()).to_be_bytes();
    let since = !since.as_millisecond().max(0).cast_unsigned();
    [&source, &since.to_be_bytes(), url_key].concat()
}

/// The source's hash and the address's in a [`Tree::HeldBack`] key.
pub fn held_parts(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (source, rest) = key.split_at_checked(8)?;
    rest.split_at_checked(8).map(|(_, url)| (source, url))
}

/// The tree that lists a scope's stories, and what its keys begin with.
pub fn scope_prefix(scope: &Scope) -> (Tree, Vec<u8>) {
    match scope {
        Scope::Region(code) => (Tree::RegionTime, u32::from(code.number()).to_be_bytes().to_vec()),
        Scope::Satker(id) => (Tree::SatkerTime, satker_hash(id).to_be_bytes().to_vec()),
    }
}

fn satker_hash(id: &SatkerId) -> u64 {
    xxh3_64(id.as_str().as_bytes())
}

/// The region of a [`Tree::RegionTime`] key.
pub fn region_of(key: &[u8]) -> Option<RegionCode> {
    let number = u32::from_be_bytes(key.get(..4)?.try_into().ok()?);
    RegionCode::from_number(u16::try_from(number).ok()?)
}

/// The time of a [`Tree::RegionTime`] or [`Tree::SatkerTime`] key.
pub fn listed_at(key: &[u8]) -> Option<Timestamp> {
    let end = key.len().checked_sub(8)?;
    let ms = !read_id(key.get(end.checked_sub(8)?..end)?)?;
    Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()
}

/// The story of a [`Tree::RegionTime`] or [`Tree::SatkerTime`] key.
pub fn story_of(key: &[u8]) -> Option<StoryId> {
    read_id(key.get(key.len().checked_sub(8)?..)?).map(|id| StoryId(!id))
}

/// An article id as the value of an index row.
pub fn article_value(article: ArticleId) -> Vec<u8> {
    id(article.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_stories_sort_first_within_a_region() {
        let jember = Scope::Region("35.09".parse().unwrap());
        let (_, older) = scope_time(&jember, 1_000, StoryId(1));
        let (_, newer) = scope_time(&jember, 2_000, StoryId(2));
        let (_, last) = scope_time(&jember, 2_000, StoryId(3));
        assert!(last < newer && newer < older);
        assert_eq!(
            (story_of(&newer), region_of(&newer)),
            (Some(StoryId(2)), "35.09".parse().ok())
        );
        assert!(newer.starts_with(&scope_prefix(&jember).1));
    }

    #[test]
    fn a_time_in_a_list_is_bounded_to_the_millisecond() {
        let scope = Scope::Region("35.09".parse().unwrap());
        let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap();
        let (tree, range) = listed_within(&scope, at(1_000), at(2_000));
        for (ms, expected) in [(0, false), (999, false), (1_000, true), (1_999, true), (2_000, false)] {
            for id in [0, 7, u64::MAX] {
                let (of, key) = scope_time(&scope, ms, StoryId(id));
                assert_eq!((of, range.contains(&key)), (tree, expected), "{ms} {id}");
            }
        }
        let (_, all) = listed_within(&scope, at(0), Timestamp::MAX);
        assert!(all.contains(&scope_time(&scope, 0, StoryId(0)).1));
        assert!(!all.contains(&scope_time(&Scope::Region("35.08".parse().unwrap()), 5, StoryId(0)).1));
        assert!(!all.contains(&scope_time(&Scope::Region("35.10".parse().unwrap()), 5, StoryId(0)).1));
    }

    #[test]
    fn tree_numbers_are_frozen() {
        let numbers: Vec<(u8, &str)> = Tree::ALL.iter().map(|tree| (*tree as u8, tree.name())).collect();
        assert_eq!(
            numbers,
            [
                (0, "article"),
                (1, "story"),
                (2, "region_time"),
                (3, "satker_time"),
                (4, "url"),
                (5, "guid"),
                (6, "exact"),
                (7, "meta"),
                (8, "fingerprint"),
                (9, "correction"),
                (10, "merged"),
                (11, "pinned"),
                (12, "gone"),
                (13, "arrival"),
                (14, "quarantine"),
                (15, "held_back"),
                (16, "taken_back")
            ]
        );
    }

    #[test]
    fn a_key_that_is_none_is_not_read() {
        assert_eq!((region_of(b"ab"), story_of(b"ab"), read_id(b"")), (None, None, None));
    }
}
