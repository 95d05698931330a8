//! What is decided and not yet written: a view of the store with changes on top, which become one journal frame.
//! What to change is decided by its callers.

mod quarantine;
mod taken;

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::{Error, expire};
use crate::dedupe::{self, Fingerprint, Keys, Rules};
use crate::model::{Article, ArticleId, Correction, Fixed, Member, Quarantined, Scope, Story, StoryId, Withdrawal};
use crate::store::keys::{self, Tree};
use crate::store::{Gone, Row, Store, StoredArticle, encode, encode_hashes, kept_of};

/// Changes on top of what is stored.
pub struct Draft<'a> {
    store: &'a Store,
    rules: &'a Rules,
    last: Option<ArticleId>,
    articles: HashMap<ArticleId, StoredArticle>,
    /// `None` stands for a story that was merged into another.
    stories: HashMap<StoryId, Option<Story>>,
    index: HashMap<(Tree, Vec<u8>), ArticleId>,
    corrections: HashMap<Vec<u8>, Correction>,
    quarantine: HashMap<Vec<u8>, Quarantined>,
    /// In the order they were decided; a later row for a key replaces an earlier one.
    rows: Vec<Row>,
}

impl<'a> Draft<'a> {
    /// No change yet.
    pub fn new(store: &'a Store, rules: &'a Rules) -> Draft<'a> {
        Draft {
            store,
            rules,
            last: None,
            articles: HashMap::new(),
            stories: HashMap::new(),
            index: HashMap::new(),
            corrections: HashMap::new(),
            quarantine: HashMap::new(),
            rows: Vec::new(),
        }
    }

    /// The longest time between two copies, but for long texts.
    pub fn window(&self) -> Duration {
        self.rules.window
    }

    /// Writes the changes; without any nothing is written.
    pub fn commit(self) -> Result<(), Error> {
        if self.rows.is_empty() {
            Ok(())
        } else {
            Ok(self.store.commit(&self.rows)?)
        }
    }

    /// An article.
    pub fn article(&self, id: ArticleId) -> Result<Option<StoredArticle>, Error> {
        match self.articles.get(&id) {
            Some(stored) => Ok(Some(stored.clone())),
            None => Ok(self.store.article(id)?),
        }
    }

    /// The article an index row names.
    pub fn indexed(&self, tree: Tree, key: &[u8]) -> Result<Option<ArticleId>, Error> {
        match self.index.get(&(tree, key.to_vec())) {
            Some(id) => Ok(Some(*id)),
            None => Ok(self.store.indexed(tree, key)?),
        }
    }

    /// What is kept of an article that was removed for its age.
    pub fn gone(&self, id: ArticleId) -> Result<Option<Gone>, Error> {
        Ok(self.store.gone(id)?)
    }

    /// A story that is there; nothing for an unknown or merged one.
    pub fn find_story(&self, id: StoryId) -> Result<Option<Story>, Error> {
        match self.stories.get(&id) {
            Some(story) => Ok(story.clone()),
            None => Ok(self.store.story_record(id)?),
        }
    }

    /// A story that an article names: without it the store is damaged.
    pub fn story(&self, id: StoryId) -> Result<Story, Error> {
        match self.stories.get(&id) {
            Some(Some(story)) => Ok(story.clone()),
            Some(None) | None => Ok(self.store.story_expected(id)?),
        }
    }

    /// The story an article belongs to; none for an article that is not there.
    pub fn story_of_article(&self, id: ArticleId) -> Result<Option<StoryId>, Error> {
        match self.articles.get(&id) {
            Some(stored) => Ok(Some(stored.story)),
            None => Ok(self.store.story_of_article(id)?),
        }
    }

    /// The articles of a story.
    pub fn members(&self, story: &Story) -> Result<Vec<StoredArticle>, Error> {
        let mut members = Vec::with_capacity(story.members.len());
        for member in &story.members {
            members.extend(self.article(member.article)?);
        }
        Ok(members)
    }

    /// The fingerprint of an article as it is stored.
    pub fn fingerprint(&self, id: ArticleId) -> Result<Option<Fingerprint>, Error> {
        Ok(self.store.fingerprint(id)?)
    }

    /// Whether an article is there.
    pub fn has_article(&self, id: ArticleId) -> Result<bool, Error> {
        Ok(self.articles.contains_key(&id) || self.store.has_article(id)?)
    }

    /// What is fixed by hand for the article of an address.
    pub fn correction(&self, article: &Article) -> Result<Correction, Error> {
        let key = keys::url(&article.url);
        match self.corrections.get(&key) {
            Some(correction) => Ok(correction.clone()),
            None => Ok(self.store.correction(&key)?.unwrap_or_default()),
        }
    }

    /// An id greater than every one before it, at or after the present time.
    pub fn next_id(&mut self, now: Timestamp) -> Result<ArticleId, Error> {
        let last = match self.last {
            Some(last) => last,
            None => self.store.last_article()?,
        };
        let id = ArticleId::arriving(now).max(ArticleId(last.0 + 1));
        self.last = Some(id);
        Ok(id)
    }

    /// The story that an article begins, with what is fixed by hand for it.
    pub fn story_of(&self, stored: &StoredArticle, correction: Correction, now: Timestamp) -> Story {
        let mut story = Story::begun(stored.story, member(stored), stored.region.event, now);
        story.fixed = Fixed {
            region: correction.region,
            satker: correction.satker,
        };
        story.hidden = correction.hidden;
        story.apart = correction.apart;
        place(&mut story, std::slice::from_ref(stored));
        story
    }

    /// Settles what follows from a story's members: which stands for it, and, while it is young, where it belongs.
    pub fn settle(&self, story: &mut Story, members: &[StoredArticle], now: Timestamp) {
        let articles: Vec<&Article> = members.iter().map(|stored| &stored.article).collect();
        if let Some(chosen) = members.get(dedupe::representative(&articles, self.rules)) {
            story.representative = chosen.id;
        }
        if now.duration_since(story.first_seen).unsigned_abs() <= self.rules.window {
            place(story, members);
        }
    }

    /// Settles a story that was corrected, however old it is.
    pub fn settle_by_hand(&self, story: &mut Story, members: &[StoredArticle]) {
        self.settle(story, members, story.first_seen);
    }

    /// The story that this one was merged into before this draft.
    pub fn merged_into(&self, id: StoryId) -> Result<Option<StoryId>, Error> {
        Ok(self.store.merged_into(id)?)
    }

    /// Puts a story in the place of what it was before.
    pub fn put_story(&mut self, story: Story, now: Timestamp) -> Result<(), Error> {
        let before = self.find_story(story.id)?;
        self.replace_story(before, story, now)
    }

    /// Puts a story that there was not before.
    pub fn begin_story(&mut self, story: Story, now: Timestamp) -> Result<(), Error> {
        self.replace_story(None, story, now)
    }

    fn replace_story(&mut self, before: Option<Story>, story: Story, now: Timestamp) -> Result<(), Error> {
        let mut enters = story.scopes();
        let mut was_pinned = false;
        if let Some(before) = before {
            let mut leaves = before.scopes();
            leaves.retain(|scope| !enters.contains(scope));
            enters.retain(|scope| !before.scopes().contains(scope));
            self.leave(&before, &leaves)?;
            was_pinned = before.pinned_until.is_some();
        }
        self.enter(&story, &enters, now);
        if was_pinned || story.pinned_until.is_some() {
            self.rows.push(Row {
                tree: Tree::Pinned,
                key: keys::id(story.id.0),
                value: story.pinned_until.map(|_| Vec::new()),
            });
        }
        self.rows.push(Row {
            tree: Tree::Story,
            key: keys::id(story.id.0),
            value: Some(encode(&story)),
        });
        self.stories.insert(story.id, Some(story));
        Ok(())
    }

    /// Takes a story away that was merged into another: its id leads there from now on.
    pub fn redirect(&mut self, story: &Story, into: StoryId) -> Result<(), Error> {
        self.leave(story, &story.scopes())?;
        let key = keys::id(story.id.0);
        self.rows.push(Row {
            tree: Tree::Story,
            key: key.clone(),
            value: None,
        });
        self.rows.push(Row {
            tree: Tree::Merged,
            key,
            value: Some(keys::id(into.0)),
        });
        self.stories.insert(story.id, None);
        Ok(())
    }

    /// Forgets that a story was merged into another.
    pub fn unredirect(&mut self, story: StoryId) {
        self.rows.push(Row {
            tree: Tree::Merged,
            key: keys::id(story.0),
            value: None,
        });
    }

    /// Puts an article in the place of what it was before, under its keys.
    pub fn put_article(&mut self, stored: StoredArticle) {
        let article_keys = Keys::of(&stored.article);
        self.put_article_of(stored, &article_keys);
    }

    /// The same for an article whose keys are at hand.
    pub fn put_article_of(&mut self, stored: StoredArticle, article_keys: &Keys) {
        let id = stored.id;
        let text = article_keys
            .exact
            .map(|hash| (Tree::Exact, hash.to_be_bytes().to_vec()));
        self.put_address(article_keys, id);
        if let Some((tree, key)) = text {
            self.put_index(tree, key, id);
        }
        self.rows.push(Row {
            tree: Tree::Article,
            key: keys::id(id.0),
            value: Some(encode(&stored)),
        });
        self.articles.insert(id, stored);
    }

    /// Puts an article without its words in the place of what it was before; what recognises copies of them stays.
    pub fn put_blanked(&mut self, mut stored: StoredArticle) {
        if !stored.blanked {
            self.rows.push(Row {
                tree: Tree::Fingerprint,
                key: keys::id(stored.id.0),
                value: Some(kept_of(&stored)),
            });
            stored.blank();
        }
        self.put_article(stored);
    }

    /// Forgets what was kept in the place of an article's words, which are there again.
    pub fn unblank(&mut self, id: ArticleId) {
        let (tree, key, value) = (Tree::Fingerprint, keys::id(id.0), None);
        self.rows.push(Row { tree, key, value });
    }

    /// Makes an address and a guid lead to an article.
    pub fn put_address(&mut self, article_keys: &Keys, id: ArticleId) {
        self.put_index(Tree::Url, article_keys.url.to_be_bytes().to_vec(), id);
        if let Some(key) = article_keys.guid_key() {
            self.put_index(Tree::Guid, key.to_vec(), id);
        }
    }

    fn put_index(&mut self, tree: Tree, key: Vec<u8>, id: ArticleId) {
        self.rows.push(Row {
            tree,
            key: key.clone(),
            value: Some(keys::article_value(id)),
        });
        self.index.insert((tree, key), id);
    }

    /// Removes a story with its articles for their age. Their rows under address, guid and text stay, and lead to what
    /// is kept of them. Returns how many articles those were.
    pub fn remove(&mut self, story: &Story) -> Result<u64, Error> {
        let members = self.members(story)?;
        for stored in &members {
            let key = keys::id(stored.id.0);
            self.rows.push(Row {
                tree: Tree::Gone,
                key: key.clone(),
                value: Some(encode_hashes(&expire::gone(stored))),
            });
            let (tree, value) = (Tree::Article, None);
            self.rows.push(Row { tree, key, value });
            if stored.blanked {
                self.unblank(stored.id);
            }
        }
        self.leave(story, &story.scopes())?;
        for tree in [Tree::Story, Tree::Pinned] {
            let (key, value) = (keys::id(story.id.0), None);
            self.rows.push(Row { tree, key, value });
        }
        self.stories.insert(story.id, None);
        Ok(members.len() as u64)
    }

    /// Keeps what is fixed by hand for a story at the addresses of its articles.
    pub fn put_corrections(&mut self, story: &Story) -> Result<(), Error> {
        for stored in self.members(story)? {
            let correction = Correction {
                region: story.fixed.region,
                satker: story.fixed.satker.clone(),
                hidden: story.hidden.clone(),
                apart: story.apart.clone(),
            };
            let key = keys::url(&stored.article.url);
            self.rows.push(Row {
                tree: Tree::Correction,
                key: key.clone(),
                value: Some(encode(&correction)),
            });
            self.corrections.insert(key, correction);
        }
        Ok(())
    }

    /// Moves a story's articles into an elder one, which they join as copies.
    pub fn merge(&mut self, elder: &mut Story, younger: &Story, now: Timestamp) -> Result<(), Error> {
        for mut stored in self.members(younger)? {
            stored.story = elder.id;
            self.put_article(stored);
        }
        elder.members.extend(younger.members.iter().cloned());
        self.redirect(younger, elder.id)?;
        let members = self.members(elder)?;
        self.settle(elder, &members, now);
        Ok(())
    }

    /// Takes the words of a withdrawn story's articles out.
    pub fn blank(&mut self, story: &Story) -> Result<(), Error> {
        for stored in self.members(story)? {
            self.put_blanked(stored);
        }
        Ok(())
    }

    /// Writes a story into the lists of these scopes, and when it came where that is not the moment of its place.
    fn enter(&mut self, story: &Story, scopes: &[Scope], now: Timestamp) {
        let moment = ArticleId::arriving(now);
        let came_then = moment == ArticleId::arriving(story.listed_at);
        let value = if came_then {
            keys::CAME_THEN
        } else {
            keys::CAME_ELSEWHEN
        };
        for scope in scopes {
            let (tree, key) = keys::scope_time(scope, story.listed_at.as_millisecond(), story.id);
            let value = Some(value.to_vec());
            self.rows.push(Row { tree, key, value });
            if !came_then {
                self.put_arrival(scope, moment, story.id);
            }
        }
    }

    /// Removes a story from the lists of these scopes. Their archives keep it.
    fn leave(&mut self, story: &Story, scopes: &[Scope]) -> Result<(), Error> {
        for scope in scopes {
            let (tree, key) = keys::scope_time(scope, story.listed_at.as_millisecond(), story.id);
            let written = self.rows.iter().rev().find(|row| row.tree == tree && row.key == key);
            let came_then = match written {
                Some(row) => row.value.as_deref() == Some(keys::CAME_THEN),
                None => self.store.came_then(tree, &key)?,
            };
            if came_then {
                self.put_arrival(scope, ArticleId::arriving(story.listed_at), story.id);
            }
            self.rows.push(Row { tree, key, value: None });
        }
        Ok(())
    }

    fn put_arrival(&mut self, scope: &Scope, moment: ArticleId, story: StoryId) {
        self.rows.push(Row {
            tree: Tree::Arrival,
            key: keys::arrival(scope, moment, story),
            value: Some(Vec::new()),
        });
    }
}

/// An article as a member of a story.
pub fn member(stored: &StoredArticle) -> Member {
    let article = &stored.article;
    Member {
        article: stored.id,
        url: article.url.clone(),
        source: article.source.clone(),
        published: article.published,
        seen: article.seen,
    }
}

/// Where a story belongs: what is fixed by hand, else what the strongest evidence of its articles says, of equals the
/// first. The unit is that of the first article of a unit's own source, else the first one named as the subject.
fn place(story: &mut Story, members: &[StoredArticle]) {
    let own = members.iter().find(|stored| stored.article.satker.is_some());
    let named = members.iter().find(|stored| stored.region.satker.is_some());
    story.satker = own
        .and_then(|stored| stored.article.satker.clone())
        .or_else(|| named.and_then(|stored| stored.region.satker.clone()));
    let says = own
        .or(named)
        .or_else(|| members.iter().find(|stored| stored.region.unit.is_some()));
    story.unit = says.and_then(|stored| stored.region.unit);
    let regions = members.iter().map(|stored| &stored.region);
    let strongest = regions.rev().max_by_key(|region| region.strength());
    if let Some(strongest) = strongest {
        story.region = strongest.event;
    }
    if let Some(region) = story.fixed.region {
        story.region = region;
    }
    if let Some((satker, region)) = story.fixed.satker.clone() {
        story.satker = Some(satker);
        story.unit = Some(region);
    }
}

/// A story that readers no longer see.
pub fn withdrawn(reason: String, now: Timestamp) -> Withdrawal {
    Withdrawal { at: now, reason }
}
