//! Reading: stories by id, address, region and unit, and what is remembered of sources.

use serde::de::DeserializeOwned;

use super::gone::Gone;
use super::keys::{self, Tree};
use super::{Error, Store, StoredArticle, decode, open};
use crate::model::{ArticleId, Correction, Scope, SourceId, SourceState, Story, StoryDetail, StoryId};

impl Store {
    /// A story with the article that stands for it.
    pub fn story(&self, id: StoryId) -> Result<Option<StoryDetail>, Error> {
        let Some(story) = self.story_record(id)? else {
            return Ok(None);
        };
        let representative = self.article(story.representative)?;
        let stored = representative.ok_or_else(|| self.missing("article", story.representative.0, id))?;
        Ok(Some(StoryDetail {
            story,
            article: stored.article,
        }))
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

    /// The article an index row names.
    pub fn indexed(&self, tree: Tree, key: &[u8]) -> Result<Option<ArticleId>, Error> {
        let value = self.tree(tree)?.get(key).map_err(|error| self.sled_error(error))?;
        Ok(value.and_then(|value| keys::read_id(&value)).map(ArticleId))
    }

    /// Whether the article at a canonical address need not be read again: it is there, or was removed for its age. One
    /// whose words were taken out has to be, once its story is shown again.
    pub fn is_known(&self, canonical: &str) -> Result<bool, Error> {
        let Some(id) = self.indexed(Tree::Url, &keys::url(canonical))? else {
            return Ok(false);
        };
        let Some(article) = self.article(id)? else {
            return Ok(self.gone(id)?.is_some());
        };
        let is_shown = || -> Result<bool, Error> {
            let story = self.story_record(article.story)?;
            Ok(story.is_some_and(|story| story.hidden.is_none()))
        };
        Ok(!(article.blanked && is_shown()?))
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

    /// An article's fingerprint, in the shape that the ledger gives it.
    pub fn fingerprint<Record: DeserializeOwned>(&self, id: ArticleId) -> Result<Option<Record>, Error> {
        self.record(Tree::Fingerprint, &keys::id(id.0))
    }

    /// The fingerprints of the articles from this one on, the oldest first.
    pub fn fingerprints<Record: DeserializeOwned>(
        &self,
        from: ArticleId,
    ) -> impl Iterator<Item = Result<(ArticleId, Record), Error>> + use<Record> {
        let store = self.clone();
        let rows = self.rows(self.tree(Tree::Fingerprint).map(|tree| tree.range(keys::id(from.0)..)));
        rows.filter_map(move |row| {
            let (key, value) = match row {
                Ok(row) => row,
                Err(error) => return Some(Err(error)),
            };
            let id = ArticleId(keys::read_id(&key)?);
            let record = store.decoded(Tree::Fingerprint.name(), &key, &value);
            Some(record.map(|record| (id, record)))
        })
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
        self.rows(rows).filter_map(move |row| {
            let id = match row {
                Ok((key, _)) => keys::story_of(&key)?,
                Err(error) => return Some(Err(error)),
            };
            match store.story(id) {
                Ok(None) => Some(Err(store.missing("story", id.0, id))),
                other => other.transpose(),
            }
        })
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

    /// What is remembered of every source that was ever crawled.
    pub fn states(&self) -> Result<Vec<(SourceId, SourceState)>, Error> {
        let mut states = Vec::new();
        for row in &self.engine()?.states {
            let (key, value) = row.map_err(|error| self.sled_error(error))?;
            if let Ok(id) = SourceId::new(String::from_utf8_lossy(&key)) {
                states.push((id, self.decoded("source", &key, &value)?));
            }
        }
        Ok(states)
    }

    fn record<Record: DeserializeOwned>(&self, tree: Tree, key: &[u8]) -> Result<Option<Record>, Error> {
        let value = self.tree(tree)?.get(key).map_err(|error| self.sled_error(error))?;
        value.map(|value| self.decoded(tree.name(), key, &value)).transpose()
    }

    /// Some rows of a tree, in the order of their keys; one error where the tree cannot be had.
    fn rows(
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

    fn decoded<Record: DeserializeOwned>(&self, tree: &str, key: &[u8], value: &[u8]) -> Result<Record, Error> {
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
