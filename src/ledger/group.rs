//! A group of articles on its way to the journal: each is decided with those before it in view.

use jiff::Timestamp;

use super::draft::{Draft, member};
use super::{Candidate, Error};
use crate::dedupe::{self, Decision, Held, Keys, Known};
use crate::model::{Assignment, Story, StoryId};
use crate::store::StoredArticle;
use crate::store::keys::Tree;

/// Decides articles in their order, on top of a draft.
pub struct Group<'d, 'a> {
    draft: &'d mut Draft<'a>,
}

impl<'d, 'a> Group<'d, 'a> {
    /// A group on top of a draft.
    pub fn new(draft: &'d mut Draft<'a>) -> Group<'d, 'a> {
        Group { draft }
    }

    /// Decides articles in their order.
    pub fn assign(&mut self, candidates: Vec<Candidate>, now: Timestamp) -> Result<Vec<Assignment>, Error> {
        candidates
            .into_iter()
            .map(|candidate| self.assign_one(candidate, now))
            .collect()
    }

    fn assign_one(&mut self, candidate: Candidate, now: Timestamp) -> Result<Assignment, Error> {
        let keys = Keys::of(&candidate.article);
        let known = self.known(&keys, &candidate)?;
        match dedupe::decide(&candidate.article, &keys, &known, self.draft.window()) {
            Decision::New => self.begin(candidate, now),
            Decision::Copy(story) => self.join(candidate, story, now),
            Decision::Changed(held) => self.change(candidate, &keys, &held, now),
            Decision::Unchanged(held) => Ok(Assignment::Unchanged(held.story)),
        }
    }

    /// The first article of a story.
    fn begin(&mut self, candidate: Candidate, now: Timestamp) -> Result<Assignment, Error> {
        let id = self.draft.next_id(now)?;
        let Candidate { article, region } = candidate;
        let stored = StoredArticle {
            id,
            story: StoryId(id.0),
            region,
            article,
            blanked: false,
        };
        let story = self.draft.story_of(stored.story, &stored, now)?;
        self.put(stored, &story);
        let id = story.id;
        self.draft.put_story(story)?;
        Ok(Assignment::New(id))
    }

    /// A further copy. It changes the story's links, never its id, its first date or `updated`.
    fn join(&mut self, candidate: Candidate, id: StoryId, now: Timestamp) -> Result<Assignment, Error> {
        let Candidate { article, region } = candidate;
        let stored = StoredArticle {
            id: self.draft.next_id(now)?,
            story: id,
            region,
            article,
            blanked: false,
        };
        let mut story = self.draft.story(id)?;
        story.members.push(member(&stored));
        self.put(stored, &story);
        let members = self.draft.members(&story)?;
        self.draft.settle(&mut story, &members, now);
        self.draft.put_story(story)?;
        Ok(Assignment::Copy(id))
    }

    /// A known article with other words: they replace the old ones in place.
    fn change(&mut self, candidate: Candidate, keys: &Keys, held: &Held, now: Timestamp) -> Result<Assignment, Error> {
        let Candidate { mut article, region } = candidate;
        let mut story = self.draft.story(held.story)?;
        if story.hidden.is_some() {
            // What was withdrawn stays withdrawn, whatever its source says now.
            return Ok(Assignment::Unchanged(story.id));
        }
        let before = self.draft.article(held.article)?.map(|stored| stored.article);
        if let Some(before) = &before {
            article.seen = before.seen;
        }
        let stored = StoredArticle {
            id: held.article,
            story: held.story,
            region,
            article,
            blanked: false,
        };
        if let Some(member) = story.members.iter_mut().find(|member| member.article == held.article) {
            *member = self::member(&stored);
        }
        if story.representative == held.article && held.keys.words != keys.words {
            story.updated = now;
        }
        self.draft.put_article(stored);
        self.draft.put_story(story)?;
        Ok(Assignment::Changed(held.story))
    }

    /// Puts an article into its story; of one that was withdrawn no word is kept.
    fn put(&mut self, mut stored: StoredArticle, story: &Story) {
        if story.hidden.is_some() {
            stored.blank();
        }
        self.draft.put_article(stored);
    }

    /// What is known under an article's keys, but for stories that it was taken out of by hand.
    fn known(&self, keys: &Keys, candidate: &Candidate) -> Result<Known, Error> {
        let apart = self.draft.correction(&candidate.article)?.apart;
        let by_text = keys
            .exact
            .map_or(Ok(None), |hash| self.held(Tree::Exact, &hash.to_be_bytes()))?;
        Ok(Known {
            by_url: self.held(Tree::Url, &keys.url.to_be_bytes())?,
            by_guid: keys.guid_key().map_or(Ok(None), |key| self.held(Tree::Guid, &key))?,
            by_text: by_text.filter(|held| !apart.contains(&held.story)),
        })
    }

    fn held(&self, tree: Tree, key: &[u8]) -> Result<Option<Held>, Error> {
        let stored = self.draft.indexed(tree, key)?;
        Ok(stored.map(|stored| Held {
            article: stored.id,
            story: stored.story,
            source: stored.article.source.clone(),
            keys: Keys::of(&stored.article),
            date: stored.article.date(),
        }))
    }
}
