//! Reading: stories by id, address, region and unit, and what is remembered of sources.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;

use super::gone::Gone;
use super::keys::{self, Tree};
use super::{Error, Store, StoredArticle, decode, open};
use crate::model::{
    ArticleId, Back, Correction, Scope, SourceId, SourceState, Story, StoryDetail, StoryId, Withdrawal, Zone,
};

/// No id of a source comes before it, and every history does.
const FIRST_ID: &str = "0";

impl Store {
    /// A story with the article that stands for it.
    pub fn story(&self, id: StoryId) -> Result<Option<StoryDetail>, Error> {
        let Some(story) = self.story_record(id)? else {
            return Ok(None);
        };
        match self.article(story.representative)? {
            Some(stored) => Ok(Some(StoryDetail {
                story,
                article: stored.article,
            })),
            // Removed for its age between the two.
            None if self.story_record(id)?.is_none() => Ok(None),
            None => Err(self.missing("article", story.representative.0, id)),
        }
    }

    /// A story without its words.
    pub fn story_record(&self, id: StoryId) -> Result<Option<Story>, Error> {
        self.record(Tree::Story, &keys::id(id.0))
    }

    /// A story that an index names: without it the store is damaged.
    pub fn story_expected(&self, id: StoryId) -> Result<Story, Error> {
        self.story_record(id)?.ok_or_else(|| self.missing("record", id.0, id))
    }

    /// An article with its story and region.
    pub fn article(&self, id: ArticleId) -> Result<Option<StoredArticle>, Error> {
        self.record(Tree::Article, &keys::id(id.0))
    }

    /// The story an article belongs to, read from the beginning of its record.
    pub fn story_of_article(&self, id: ArticleId) -> Result<Option<StoryId>, Error> {
        let begins: Option<(ArticleId, StoryId)> = self.record(Tree::Article, &keys::id(id.0))?;
        Ok(begins.map(|(_, story)| story))
    }

    /// The article an index row names.
    pub fn indexed(&self, tree: Tree, key: &[u8]) -> Result<Option<ArticleId>, Error> {
        let value = self.tree(tree)?.get(key).map_err(|error| self.sled_error(error))?;
        Ok(value.and_then(|value| keys::read_id(&value)).map(ArticleId))
    }

    /// Whether the article at a canonical address need not be read again: it is there, is held back, or was removed for its
    /// age. One whose words were taken out has to be, once its story is shown again.
    pub fn is_known(&self, canonical: &str) -> Result<bool, Error> {
        let key = keys::url(canonical);
        if let Some(is_known) = self.is_held(&key)? {
            return Ok(is_known);
        }
        let Some(id) = self.indexed(Tree::Url, &key)? else {
            return Ok(false);
        };
        let Some(article) = self.article(id)? else {
            return Ok(self.gone(id)?.is_some());
        };
        let is_shown = || -> Result<bool, Error> {
            let story = self.story_record(article.story)?;
            Ok(story.is_some_and(|story| story.hidden.is_none()))
        };
        Ok(!(article.blanked && is_shown()? && self.taken_back(&key)?.is_none()))
    }

    /// Why and since when the article at the key of an address is out of its story, whose other copies are shown: its
    /// source took it back.
    pub fn taken_back(&self, url_key: &[u8]) -> Result<Option<Withdrawal>, Error> {
        self.record(Tree::TakenBack, url_key)
    }

    /// The stories that were pinned, the newest first; their pins may have ended.
    pub fn pinned(&self) -> Result<Vec<StoryDetail>, Error> {
        let mut stories = Vec::new();
        for row in self.tree(Tree::Pinned)?.iter().rev() {
            let (key, _) = row.map_err(|error| self.sled_error(error))?;
            if let Some(id) = keys::read_id(&key) {
                stories.extend(self.story(StoryId(id))?);
            }
        }
        Ok(stories)
    }

    /// The story of the article at a canonical address.
    pub fn story_of_url(&self, canonical: &str) -> Result<Option<StoryId>, Error> {
        Ok(self.article_of_url(canonical)?.map(|stored| stored.story))
    }

    /// The article at a canonical address.
    pub fn article_of_url(&self, canonical: &str) -> Result<Option<StoredArticle>, Error> {
        let article = self.indexed(Tree::Url, &keys::url(canonical))?;
        article.map_or(Ok(None), |article| self.article(article))
    }

    /// The story that this one was merged into, however many steps away.
    pub fn merged_into(&self, id: StoryId) -> Result<Option<StoryId>, Error> {
        let mut into = None;
        let mut at = id;
        // Merging goes to ever elder stories, so that this ends.
        while let Some(elder) = self
            .indexed(Tree::Merged, &keys::id(at.0))?
            .filter(|elder| elder.0 < at.0)
        {
            at = StoryId(elder.0);
            into = Some(at);
        }
        Ok(into)
    }

    /// What is kept of an article that was removed for its age.
    pub fn gone(&self, id: ArticleId) -> Result<Option<Gone>, Error> {
        self.record(Tree::Gone, &keys::id(id.0))
    }

    /// The stories from after this one on, the eldest first.
    pub fn stories_after(&self, id: StoryId) -> impl Iterator<Item = Result<Story, Error>> + use<> {
        let store = self.clone();
        let rows = self.rows(
            self.tree(Tree::Story)
                .map(|tree| tree.range(keys::id(id.0.saturating_add(1))..)),
        );
        rows.map(move |row| {
            let (key, value) = row?;
            store.decoded(Tree::Story.name(), &key, &value)
        })
    }

    /// Whether an article is there.
    pub fn has_article(&self, id: ArticleId) -> Result<bool, Error> {
        let there = self.tree(Tree::Article)?.contains_key(keys::id(id.0));
        there.map_err(|error| self.sled_error(error))
    }

    /// What is fixed by hand for the article of an address.
    pub fn correction(&self, url_key: &[u8]) -> Result<Option<Correction>, Error> {
        self.record(Tree::Correction, url_key)
    }

    /// The greatest article id given so far; 0 in an empty store.
    pub fn last_article(&self) -> Result<ArticleId, Error> {
        let last = self
            .tree(Tree::Article)?
            .last()
            .map_err(|error| self.sled_error(error))?;
        Ok(ArticleId(last.and_then(|(key, _)| keys::read_id(&key)).unwrap_or(0)))
    }

    /// The stories of a region or unit, the newest arrival first.
    pub fn newest(&self, scope: &Scope) -> impl Iterator<Item = Result<StoryDetail, Error>> + use<> {
        let (tree, prefix) = keys::scope_prefix(scope);
        let store = self.clone();
        let rows = self.tree(tree).map(|tree| tree.scan_prefix(prefix));
        self.rows(rows)
            .filter_map(move |row| row.and_then(|(key, _)| store.listed(tree, &key)).transpose())
    }

    /// Whether a list has this row, of a story that came there at the moment of its place.
    pub fn came_then(&self, tree: Tree, key: &[u8]) -> Result<bool, Error> {
        let value = self.tree(tree)?.get(key).map_err(|error| self.sled_error(error))?;
        Ok(value.is_some_and(|value| *value == *keys::CAME_THEN))
    }

    /// The story of a row in a list; nothing for one that has left the list since the row was read.
    fn listed(&self, tree: Tree, key: &[u8]) -> Result<Option<StoryDetail>, Error> {
        let Some(id) = keys::story_of(key) else {
            return Ok(None);
        };
        if let Some(detail) = self.story(id)? {
            return Ok(Some(detail));
        }
        let listed = self.tree(tree)?.contains_key(key);
        if listed.map_err(|error| self.sled_error(error))? {
            return Err(self.missing("story", id.0, id));
        }
        Ok(None)
    }

    /// The months (WIB) in which stories of a region or unit arrived, each as its first day, the earliest first.
    pub fn arrival_months(&self, scope: &Scope) -> Result<Vec<Date>, Error> {
        let mut months = Vec::new();
        let mut from = Timestamp::UNIX_EPOCH;
        loop {
            let in_list = self
                .came_to_place(scope, from, Timestamp::MAX)?
                .next_back()
                .transpose()?;
            let beside = self.came_elsewhen(scope, from, Timestamp::MAX)?.next().transpose()?;
            let first = in_list.into_iter().chain(beside).min();
            let Some((moment, _)) = first else {
                return Ok(months);
            };
            let month = month_of(moment.arrival());
            months.push(month);
            from = month_end(month);
        }
    }

    /// The stories that came to a region or unit in a month (WIB, given as its first day), the oldest first. One that
    /// left it again or was merged into another keeps its place; what to show there says [`Store::arrived`].
    pub fn arrivals(&self, scope: &Scope, month: Date) -> Result<Vec<StoryId>, Error> {
        let (first, end) = (month_start(month), month_end(month));
        if first >= end {
            return Ok(Vec::new());
        }
        let in_list = self.came_to_place(scope, first, end)?;
        let came: Result<Vec<_>, Error> = in_list.chain(self.came_elsewhen(scope, first, end)?).collect();
        let mut came = came?;
        came.sort_unstable();
        came.dedup();
        Ok(came.into_iter().map(|(_, story)| story).collect())
    }

    /// The stories of a scope's list that came there in this time, at the moments of their places; the latest first.
    fn came_to_place(
        &self,
        scope: &Scope,
        from: Timestamp,
        end: Timestamp,
    ) -> Result<impl DoubleEndedIterator<Item = Result<(ArticleId, StoryId), Error>> + use<'_>, Error> {
        let (tree, keys) = keys::listed_within(scope, from, end);
        let came = |row: sled::Result<(sled::IVec, sled::IVec)>| match row {
            Ok((key, value)) if *value == *keys::CAME_THEN => {
                let moment = keys::listed_at(&key).map(ArticleId::arriving);
                moment.zip(keys::story_of(&key)).map(Ok)
            }
            Ok(_) => None,
            Err(error) => Some(Err(self.sled_error(error))),
        };
        Ok(self.tree(tree)?.range(keys).filter_map(came))
    }

    /// Those that came to a scope in this time and are not in its list, or have another place there; the earliest first.
    fn came_elsewhen(
        &self,
        scope: &Scope,
        from: Timestamp,
        end: Timestamp,
    ) -> Result<impl Iterator<Item = Result<(ArticleId, StoryId), Error>> + use<'_>, Error> {
        let bound = |at: Timestamp| [keys::arrival_prefix(scope), keys::id(ArticleId::arriving(at).0)].concat();
        let rows = self.tree(Tree::Arrival)?.range(bound(from)..bound(end));
        Ok(rows.filter_map(|row| match row {
            Ok((key, _)) => keys::arrived(&key).map(Ok),
            Err(error) => Some(Err(self.sled_error(error))),
        }))
    }

    /// When stories took their places in a region or unit since then, the newest first.
    pub fn listed_since(&self, scope: &Scope, since: Timestamp) -> Result<Vec<Timestamp>, Error> {
        let (tree, prefix) = keys::scope_prefix(scope);
        let mut times = Vec::new();
        for row in self.tree(tree)?.scan_prefix(prefix) {
            let (key, _) = row.map_err(|error| self.sled_error(error))?;
            match keys::listed_at(&key).filter(|at| *at >= since) {
                Some(at) => times.push(at),
                None => break,
            }
        }
        Ok(times)
    }

    /// How many stories a region or unit has.
    pub fn count(&self, scope: &Scope) -> u64 {
        self.counted(|counts| counts.get(scope))
    }

    /// The story of a place in the archives. One that was merged into another is shown as it was then, because archives
    /// are not rewritten; withdrawn with the elder.
    pub fn arrived(&self, id: StoryId) -> Result<Option<StoryDetail>, Error> {
        if let Some(detail) = self.story(id)? {
            return Ok(Some(detail));
        }
        let Some(story) = self.merged(id)? else {
            return Ok(None);
        };
        let representative = self.article(story.representative)?;
        let stored = representative.ok_or_else(|| self.missing("article", story.representative.0, id))?;
        Ok(Some(StoryDetail {
            story,
            article: stored.article,
        }))
    }

    /// A merged story as it was: the elder's corrections keep it, and those of a story merged twice are in the elder's
    /// own record there.
    fn merged(&self, id: StoryId) -> Result<Option<Story>, Error> {
        let mut younger = vec![id];
        let mut at = id;
        while let Some(elder) = self
            .indexed(Tree::Merged, &keys::id(at.0))?
            .map(|elder| StoryId(elder.0))
            .filter(|elder| *elder < at)
        {
            younger.push(elder);
            at = elder;
        }
        let Some(top) = younger.pop().filter(|top| *top != id) else {
            return Ok(None);
        };
        let Some(mut story) = self.story_record(top)? else {
            return Ok(None);
        };
        let hidden = story.hidden.clone();
        for id in younger.into_iter().rev() {
            let kept = story.edits.into_iter().rev().find_map(|edit| match edit.back {
                Back::Unmerge(kept) if kept.id == id => Some(*kept),
                _ => None,
            });
            let Some(kept) = kept else { return Ok(None) };
            story = kept;
        }
        story.hidden = hidden.or(story.hidden);
        Ok(Some(story))
    }

    /// What is remembered of a source.
    pub fn state(&self, source: &SourceId) -> Result<Option<SourceState>, Error> {
        let value = self
            .engine()?
            .states
            .get(source.as_str())
            .map_err(|error| self.sled_error(error))?;
        value
            .map(|value| self.decoded("source", source.as_str().as_bytes(), &value))
            .transpose()
    }

    /// The note kept under a name.
    pub fn note<Note: DeserializeOwned>(&self, name: &str) -> Result<Option<Note>, Error> {
        let value = self.engine()?.notes.get(name).map_err(|error| self.sled_error(error))?;
        value
            .map(|value| self.decoded(keys::NOTES, name.as_bytes(), &value))
            .transpose()
    }

    /// What is remembered of every source that was ever crawled.
    pub fn states(&self) -> Result<Vec<(SourceId, SourceState)>, Error> {
        let mut states = Vec::new();
        for row in self.engine()?.states.range(FIRST_ID..) {
            let (key, value) = row.map_err(|error| self.sled_error(error))?;
            if let Ok(id) = SourceId::new(String::from_utf8_lossy(&key)) {
                states.push((id, self.decoded("source", &key, &value)?));
            }
        }
        Ok(states)
    }

    pub(super) fn record<Record: DeserializeOwned>(&self, tree: Tree, key: &[u8]) -> Result<Option<Record>, Error> {
        let value = self.tree(tree)?.get(key).map_err(|error| self.sled_error(error))?;
        value.map(|value| self.decoded(tree.name(), key, &value)).transpose()
    }

    /// Some rows of a tree, in the order of their keys; one error where the tree cannot be had.
    pub(super) fn rows(
        &self,
        rows: Result<sled::Iter, Error>,
    ) -> impl Iterator<Item = Result<(sled::IVec, sled::IVec), Error>> + use<> {
        let store = self.clone();
        let (rows, failed) = match rows {
            Ok(rows) => (Some(rows), None),
            Err(error) => (None, Some(Err(error))),
        };
        let rows = rows.into_iter().flatten();
        failed
            .into_iter()
            .chain(rows.map(move |row| row.map_err(|error| store.sled_error(error))))
    }

    pub(super) fn decoded<Record: DeserializeOwned>(
        &self,
        tree: &str,
        key: &[u8],
        value: &[u8],
    ) -> Result<Record, Error> {
        decode(value).map_err(|error| open::unreadable(&self.inner.path, tree, key, &error))
    }

    fn missing(&self, what: &str, id: u64, story: StoryId) -> Error {
        open::damaged(
            &self.inner.path,
            format!("{what} {id:x} of story {story} is missing"),
            open::REPAIR,
        )
    }
}

fn month_of(at: Timestamp) -> Date {
    Zone::Wib.offset().to_datetime(at).date().first_of_month()
}

fn month_start(month: Date) -> Timestamp {
    let midnight = month.first_of_month().at(0, 0, 0, 0);
    Zone::Wib.offset().to_timestamp(midnight).unwrap_or(Timestamp::MAX)
}

fn month_end(month: Date) -> Timestamp {
    month.last_of_month().tomorrow().map_or(Timestamp::MAX, month_start)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::model::{
        Article, Change, Edit, Joined, Member, RegionCode, RegionMatch, Republish, SatkerId, Withdrawal,
    };
    use crate::store::{Row, encode};

    fn jember() -> RegionCode {
        "35.09".parse().unwrap()
    }

    fn story(number: u64, arrival: &str) -> Story {
        let first_seen: Timestamp = arrival.parse().unwrap();
        let id = ArticleId(ArticleId::arriving(first_seen).0 + number);
        let first = Member {
            article: id,
            url: format!("https://a.example/{number}"),
            source: SourceId::new("a").unwrap(),
            published: None,
            seen: first_seen,
        };
        Story::begun(StoryId(id.0), first, jember(), first_seen)
    }

    fn article_row(story: &Story) -> Row {
        let article = Article {
            source: SourceId::new("a").unwrap(),
            satker: None,
            url: story.members[0].url.clone(),
            guid: None,
            title: format!("Berita {}", story.id),
            author: None,
            published: None,
            updated: None,
            seen: story.first_seen,
            summary: String::new(),
            html: String::new(),
            text: String::new(),
            image: None,
            categories: vec![],
            language: None,
            republish: Republish::Full,
        };
        let stored = StoredArticle {
            id: story.representative,
            story: story.id,
            region: RegionMatch {
                event: jember(),
                unit: None,
                evidence: vec![],
                satker: None,
            },
            article,
            joined: Joined::default(),
            blanked: false,
        };
        row(Tree::Article, keys::id(stored.id.0), Some(encode(&stored)))
    }

    fn row(tree: Tree, key: Vec<u8>, value: Option<Vec<u8>>) -> Row {
        Row { tree, key, value }
    }

    fn listed(story: &Story, value: Option<Vec<u8>>) -> Vec<Row> {
        let place = |scope: &Scope| keys::scope_time(scope, story.first_seen.as_millisecond(), story.id);
        let rows = story.scopes().into_iter().map(|scope| place(&scope));
        rows.map(|(tree, key)| row(tree, key, value.clone())).collect()
    }

    fn put(store: &Store, story: &Story) {
        let mut rows = listed(story, Some(vec![]));
        rows.push(article_row(story));
        rows.push(row(Tree::Story, keys::id(story.id.0), Some(encode(story))));
        store.commit(&rows).unwrap();
    }

    /// As the ledger does it.
    fn merge(store: &Store, elder: &mut Story, younger: &Story) {
        elder.edits.push(Edit {
            at: younger.first_seen,
            by: Edit::WARTA.to_owned(),
            change: Change::Merge(younger.id),
            back: Back::Unmerge(Box::new(younger.clone())),
        });
        let mut rows = listed(younger, None);
        let moment = ArticleId::arriving(younger.first_seen);
        let came = |scope: &Scope| row(Tree::Arrival, keys::arrival(scope, moment, younger.id), Some(vec![]));
        rows.extend(younger.scopes().iter().map(came));
        rows.push(row(Tree::Story, keys::id(younger.id.0), None));
        rows.push(row(Tree::Merged, keys::id(younger.id.0), Some(keys::id(elder.id.0))));
        rows.push(row(Tree::Story, keys::id(elder.id.0), Some(encode(elder))));
        store.commit(&rows).unwrap();
    }

    fn ids(stories: &[&Story]) -> Vec<StoryId> {
        stories.iter().map(|story| story.id).collect()
    }

    #[test]
    fn arrivals_are_listed_by_month_in_western_time_the_oldest_first() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        let scope = Scope::Region(jember());
        assert_eq!(store.arrival_months(&scope).unwrap(), []);
        let last_of_june = story(1, "2026-06-30T16:59:59.999Z");
        let first_of_july = story(2, "2026-06-30T17:00:00Z");
        let same_moment = story(3, "2026-06-30T17:00:00Z");
        let november = story(4, "2026-11-24T00:00:00Z");
        for story in [&november, &same_moment, &last_of_june, &first_of_july] {
            put(&store, story);
        }
        let (june, july) = (date(2026, 6, 1), date(2026, 7, 1));
        assert_eq!(store.arrival_months(&scope).unwrap(), [june, july, date(2026, 11, 1)]);
        assert_eq!(store.arrivals(&scope, june).unwrap(), ids(&[&last_of_june]));
        assert_eq!(
            store.arrivals(&scope, july).unwrap(),
            ids(&[&first_of_july, &same_moment])
        );
        for month in [date(2026, 8, 1), date(1, 1, 1), date(-9999, 1, 1), date(9999, 12, 1)] {
            assert_eq!(store.arrivals(&scope, month).unwrap(), [], "{month}");
        }
        for elsewhere in ["35.08", "35.10", "36"] {
            let scope = Scope::Region(elsewhere.parse().unwrap());
            assert_eq!(store.arrival_months(&scope).unwrap(), [], "{elsewhere}");
            assert_eq!(store.arrivals(&scope, july).unwrap(), [], "{elsewhere}");
        }
        assert_eq!(
            store
                .arrivals(&Scope::Region(RegionCode::INDONESIA), july)
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn a_story_that_is_removed_while_a_list_is_read_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        let stories = [1, 2, 3].map(|n| story(n, &format!("2026-07-0{n}T00:00:00Z")));
        for story in &stories {
            put(&store, story);
        }
        let mut list = store.newest(&Scope::Region(jember()));
        let mut read = vec![list.next().unwrap().unwrap().story.id];
        let gone = &stories[1];
        let mut rows = listed(gone, None);
        rows.push(row(Tree::Story, keys::id(gone.id.0), None));
        rows.push(row(Tree::Article, keys::id(gone.representative.0), None));
        store.commit(&rows).unwrap();
        read.extend(list.map(|detail| detail.unwrap().story.id));
        assert_eq!(read, [stories[2].id, stories[0].id]);
        // One that is listed still and has no record is damage.
        let lost = row(Tree::Story, keys::id(stories[0].id.0), None);
        store.commit(&[lost]).unwrap();
        let last = store.newest(&Scope::Region(jember())).last().unwrap();
        assert!(matches!(last, Err(Error::Damaged { .. })), "{last:?}");
    }

    #[test]
    fn a_list_knows_how_long_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let lists = [
            Scope::Region(jember()),
            Scope::Region("35".parse().unwrap()),
            Scope::Satker(SatkerId::new("lapas-jember").unwrap()),
            Scope::Satker(SatkerId::new("lapas-malang").unwrap()),
        ];
        let counts = |store: &Store| lists.clone().map(|scope| store.count(&scope));
        {
            let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
            let mut stories = [1, 2, 3].map(|n| story(n, &format!("2026-07-0{n}T00:00:00Z")));
            stories[0].satker = SatkerId::new("lapas-jember").ok();
            stories[1].satker = SatkerId::new("lapas-jember").ok();
            for story in &stories {
                put(&store, story);
            }
            assert_eq!(counts(&store), [3, 3, 2, 0]);
            // The same rows again are no other stories.
            put(&store, &stories[0]);
            assert_eq!(counts(&store), [3, 3, 2, 0]);
            store.commit(&listed(&stories[1], None)).unwrap();
            assert_eq!(counts(&store), [2, 2, 1, 0]);
        }
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        assert_eq!(counts(&store), [2, 2, 1, 0]);
    }

    #[test]
    fn a_merged_story_keeps_its_place_and_is_shown_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        let [mut first, mut second, third] = [1, 2, 3].map(|n| story(n, &format!("2026-07-0{n}T00:00:00Z")));
        for story in [&first, &second, &third] {
            put(&store, story);
        }
        let scope = Scope::Region(jember());
        let july = date(2026, 7, 1);
        let before = store.arrivals(&scope, july).unwrap();
        merge(&store, &mut second, &third);
        merge(&store, &mut first, &second);
        assert_eq!(store.arrivals(&scope, july).unwrap(), before);
        let shown = store.arrived(third.id).unwrap().unwrap();
        assert_eq!(
            (&shown.story, &shown.article.title),
            (&third, &format!("Berita {}", third.id))
        );
        assert_eq!(store.arrived(first.id).unwrap().unwrap().story.id, first.id);
        assert_eq!(store.arrived(StoryId(77)).unwrap(), None);

        first.hidden = Some(Withdrawal {
            at: first.updated,
            reason: "Ralat".to_owned(),
        });
        put(&store, &first);
        for merged in [&second, &third] {
            assert_eq!(store.arrived(merged.id).unwrap().unwrap().story.hidden, first.hidden);
        }
    }
}
