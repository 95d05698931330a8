//! A group of articles on its way to the journal: each is decided with those before it in view.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::{Candidate, Error};
use crate::dedupe::{self, Decision, Held, Keys, Known};
use crate::model::{Article, ArticleId, Assignment, Member, RegionCode, Scope, Story, StoryId};
use crate::store::keys::{self, Tree};
use crate::store::{Row, Store, StoredArticle, encode};

/// Room for this many articles in a millisecond: ids are the time of arrival, shifted, so that they grow with it.
const IDS_PER_MS_BITS: u32 = 12;

/// Decisions that are not written yet.
pub struct Group<'a> {
    store: &'a Store,
    window: Duration,
    last: Option<ArticleId>,
    articles: HashMap<ArticleId, StoredArticle>,
    stories: HashMap<StoryId, Story>,
    index: HashMap<(Tree, Vec<u8>), ArticleId>,
    /// In the order they were decided; a later row for a key replaces an earlier one.
    rows: Vec<Row>,
}

impl<'a> Group<'a> {
    /// An empty group over what is stored.
    pub fn new(store: &'a Store, window: Duration) -> Group<'a> {
        Group {
            store,
            window,
            last: None,
            articles: HashMap::new(),
            stories: HashMap::new(),
            index: HashMap::new(),
            rows: Vec::new(),
        }
    }

    /// Decides articles in their order.
    pub fn assign(&mut self, candidates: Vec<Candidate>, now: Timestamp) -> Result<Vec<Assignment>, Error> {
        candidates
            .into_iter()
            .map(|candidate| self.assign_one(candidate, now))
            .collect()
    }

    /// Writes the group; without changes nothing is written.
    pub fn commit(self) -> Result<(), Error> {
        if self.rows.is_empty() {
            Ok(())
        } else {
            Ok(self.store.commit(&self.rows)?)
        }
    }

    fn assign_one(&mut self, candidate: Candidate, now: Timestamp) -> Result<Assignment, Error> {
        let keys = Keys::of(&candidate.article);
        let known = self.known(&keys)?;
        match dedupe::decide(&candidate.article, &keys, &known, self.window) {
            Decision::New => self.begin(candidate, &keys, now),
            Decision::Copy(story) => self.join(candidate, &keys, story, now),
            Decision::Changed(held) => self.change(candidate, &keys, &held, now),
            Decision::Unchanged(held) => Ok(Assignment::Unchanged(held.story)),
        }
    }

    /// The first article of a story.
    fn begin(&mut self, candidate: Candidate, keys: &Keys, now: Timestamp) -> Result<Assignment, Error> {
        let id = self.next_id(now)?;
        let story = StoryId(id.0);
        let Candidate { article, region } = candidate;
        self.put_story(Story {
            id: story,
            first_seen: now,
            updated: now,
            representative: id,
            members: vec![member(id, &article)],
            region: region.event,
            unit: region.unit,
            satker: article.satker.clone(),
        });
        self.put_article(
            StoredArticle {
                id,
                story,
                region,
                article,
            },
            keys,
        );
        Ok(Assignment::New(story))
    }

    /// A further copy. It changes the story's links, never its id, its first date or `updated`.
    fn join(&mut self, candidate: Candidate, keys: &Keys, id: StoryId, now: Timestamp) -> Result<Assignment, Error> {
        let article_id = self.next_id(now)?;
        let Candidate { article, region } = candidate;
        let mut story = self.story(id)?;
        let mut members = Vec::new();
        for member in &story.members {
            members.extend(self.article(member.article)?);
        }
        let mut all: Vec<&Article> = members.iter().map(|stored| &stored.article).collect();
        all.push(&article);
        let chosen = dedupe::representative(&all);
        story.representative = members.get(chosen).map_or(article_id, |stored| stored.id);
        story.members.push(member(article_id, &article));
        if story.satker.is_none() && article.satker.is_some() {
            // The unit's own copy knows best where the story belongs.
            let before = story.regions();
            story.satker.clone_from(&article.satker);
            story.unit = region.unit;
            story.region = region.event;
            self.leave(&story, &before);
        }
        self.put_story(story);
        self.put_article(
            StoredArticle {
                id: article_id,
                story: id,
                region,
                article,
            },
            keys,
        );
        Ok(Assignment::Copy(id))
    }

    /// A known article with other words: they replace the old ones in place.
    fn change(&mut self, candidate: Candidate, keys: &Keys, held: &Held, now: Timestamp) -> Result<Assignment, Error> {
        let Candidate { mut article, region } = candidate;
        let mut story = self.story(held.story)?;
        let before = self.article(held.article)?.map(|stored| stored.article);
        let same_words = held.keys.words == keys.words;
        if let Some(before) = &before {
            article.seen = before.seen;
        }
        if let Some(member) = story.members.iter_mut().find(|member| member.article == held.article) {
            member.url.clone_from(&article.url);
            member.published = article.published;
        }
        if story.representative == held.article && !same_words {
            story.updated = now;
        }
        self.put_story(story);
        self.put_article(
            StoredArticle {
                id: held.article,
                story: held.story,
                region,
                article,
            },
            keys,
        );
        Ok(Assignment::Changed(held.story))
    }

    /// What is known under an article's keys, in this group or in the store.
    fn known(&self, keys: &Keys) -> Result<Known, Error> {
        Ok(Known {
            by_url: self.held(Tree::Url, &keys.url.to_be_bytes())?,
            by_guid: keys.guid_key().map_or(Ok(None), |key| self.held(Tree::Guid, &key))?,
            by_text: keys
                .exact
                .map_or(Ok(None), |hash| self.held(Tree::Exact, &hash.to_be_bytes()))?,
        })
    }

    fn held(&self, tree: Tree, key: &[u8]) -> Result<Option<Held>, Error> {
        let id = match self.index.get(&(tree, key.to_vec())) {
            Some(id) => Some(*id),
            None => self.store.indexed(tree, key)?,
        };
        let Some(stored) = id.map(|id| self.article(id)).transpose()?.flatten() else {
            return Ok(None);
        };
        Ok(Some(Held {
            article: stored.id,
            story: stored.story,
            source: stored.article.source.clone(),
            keys: Keys::of(&stored.article),
            date: stored.article.date(),
        }))
    }

    fn article(&self, id: ArticleId) -> Result<Option<StoredArticle>, Error> {
        match self.articles.get(&id) {
            Some(stored) => Ok(Some(stored.clone())),
            None => Ok(self.store.article(id)?),
        }
    }

    fn story(&self, id: StoryId) -> Result<Story, Error> {
        match self.stories.get(&id) {
            Some(story) => Ok(story.clone()),
            None => Ok(self.store.story_expected(id)?),
        }
    }

    /// An id greater than every one before it, at or after the present time.
    fn next_id(&mut self, now: Timestamp) -> Result<ArticleId, Error> {
        let last = match self.last {
            Some(last) => last,
            None => self.store.last_article()?,
        };
        let time = u64::try_from(now.as_millisecond()).unwrap_or(0) << IDS_PER_MS_BITS;
        let id = ArticleId(time.max(last.0 + 1));
        self.last = Some(id);
        Ok(id)
    }

    /// Takes a story out of the feeds of regions that it no longer belongs to.
    fn leave(&mut self, story: &Story, before: &[RegionCode]) {
        let stays = story.regions();
        for code in before.iter().filter(|code| !stays.contains(code)) {
            let (tree, key) = keys::scope_time(&Scope::Region(*code), story.first_seen.as_millisecond(), story.id);
            self.rows.push(Row { tree, key, value: None });
        }
    }

    fn put_story(&mut self, story: Story) {
        let arrival = story.first_seen.as_millisecond();
        let scopes = story
            .regions()
            .into_iter()
            .map(Scope::Region)
            .chain(story.satker.clone().map(Scope::Satker));
        for scope in scopes {
            let (tree, key) = keys::scope_time(&scope, arrival, story.id);
            self.rows.push(Row {
                tree,
                key,
                value: Some(Vec::new()),
            });
        }
        self.rows.push(Row {
            tree: Tree::Story,
            key: keys::id(story.id.0),
            value: Some(encode(&story)),
        });
        self.stories.insert(story.id, story);
    }

    fn put_article(&mut self, stored: StoredArticle, article_keys: &Keys) {
        let id = stored.id;
        self.rows.push(Row {
            tree: Tree::Article,
            key: keys::id(id.0),
            value: Some(encode(&stored)),
        });
        self.articles.insert(id, stored);
        let index = [
            Some((Tree::Url, article_keys.url.to_be_bytes().to_vec())),
            article_keys.guid_key().map(|key| (Tree::Guid, key.to_vec())),
            article_keys
                .exact
                .map(|hash| (Tree::Exact, hash.to_be_bytes().to_vec())),
        ];
        for (tree, key) in index.into_iter().flatten() {
            self.rows.push(Row {
                tree,
                key: key.clone(),
                value: Some(keys::article_value(id)),
            });
            self.index.insert((tree, key), id);
        }
    }
}

fn member(id: ArticleId, article: &Article) -> Member {
    Member {
        article: id,
        url: article.url.clone(),
        source: article.source.clone(),
        published: article.published,
        seen: article.seen,
    }
}
