//! What readers were not to see in a store that a restore replaces by a backup of another history: what was withdrawn is
//! withdrawn there as well, and what was held back stays out. Decided rows only; the restore writes them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::engine::Engine;
use super::journal::{self, Row};
use super::keys::{self, Tree};
use super::load;
use super::stream::Block;
use super::{Error, StoredArticle, decode, encode, open};
use crate::model::{
    ArticleId, Back, Change, Correction, Edit, Member, QuarantineStatus, Quarantined, Story, StoryId, Withdrawal,
};

/// What readers were not to see in the old store, by the keys of addresses.
#[derive(Default)]
pub struct KeptOut {
    hidden: BTreeMap<Vec<u8>, Correction>,
    taken: BTreeMap<Vec<u8>, Withdrawal>,
    held: BTreeMap<Vec<u8>, Quarantined>,
}

impl KeptOut {
    /// The trees that tell of it.
    const TREES: [Tree; 3] = [Tree::Correction, Tree::TakenBack, Tree::Quarantine];

    /// Of a store that can be read.
    pub fn of(engine: &Engine) -> KeptOut {
        let mut found = KeptOut::default();
        found.take_all(engine);
        found
    }

    /// Of a damaged store: everything that any part of it still tells.
    pub fn of_damaged(path: &Path) -> KeptOut {
        let mut found = KeptOut::default();
        if let Ok(engine) = Engine::open(&path.join("sled")) {
            found.take_all(&engine);
        }
        for ((tree, key), value) in from_base_and_journal(path) {
            found.take(tree, &key, &value);
        }
        found
    }

    fn take_all(&mut self, engine: &Engine) {
        for tree in KeptOut::TREES {
            for (key, value) in engine.tree(tree).iter().flatten() {
                self.take(tree, &key, &value);
            }
        }
    }

    fn take(&mut self, tree: Tree, key: &[u8], value: &[u8]) {
        match tree {
            Tree::Correction => {
                let correction = decode::<Correction>(value).ok();
                if let Some(correction) = correction.filter(|correction| correction.hidden.is_some()) {
                    self.hidden.insert(key.to_vec(), correction);
                }
            }
            Tree::TakenBack => {
                if let Ok(withdrawal) = decode::<Withdrawal>(value) {
                    self.taken.insert(key.to_vec(), withdrawal);
                }
            }
            Tree::Quarantine => {
                let held = decode::<Quarantined>(value).ok();
                if let Some(held) = held.filter(|held| held.status != QuarantineStatus::Released) {
                    self.held.insert(key.to_vec(), held);
                }
            }
            _ => {}
        }
    }

    /// The rows that keep it out of a store with what a backup held, and how many stories are withdrawn by them.
    pub fn rows(self, path: &Path, engine: &Engine) -> Result<(Vec<Row>, u64), Error> {
        let (mut rows, mut withdrawn) = withdrawals(path, engine, &self.hidden)?;
        rows.extend(taken_back(path, engine, &self.taken, &mut withdrawn)?);
        rows.extend(held_back(path, engine, self.held)?);
        Ok((rows, withdrawn.len() as u64))
    }
}

/// The rows of those trees that base and journal tell of, as far as they can be read.
fn from_base_and_journal(path: &Path) -> HashMap<(Tree, Vec<u8>), Vec<u8>> {
    let mut found = HashMap::new();
    let mut take = |rows: Vec<Row>| {
        for row in rows.into_iter().filter(|row| KeptOut::TREES.contains(&row.tree)) {
            let key = (row.tree, row.key);
            match row.value {
                Some(value) => found.insert(key, value),
                None => found.remove(&key),
            };
        }
    };
    if let Ok(Some((mut reader, _))) = load::open_base(path) {
        while let Ok(block) = reader.next() {
            match block {
                Block::Rows(rows) => take(rows.dressed()),
                Block::Frame(frame) => take(frame.rows),
                Block::States(_) | Block::Notes(_) => {}
                Block::End(_) => break,
            }
        }
    }
    // What comes after damage cannot be told; what came before it counts.
    let _ = journal::read(&path.join("journal"), 0, u64::MAX, |frame, _| {
        take(frame.rows);
        Ok::<(), journal::Error>(())
    });
    found
}

/// The rows that hold back what was held back in the old store, where the backup knows less of it.
fn held_back(path: &Path, engine: &Engine, held: BTreeMap<Vec<u8>, Quarantined>) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (url, mut held) in held {
        let known = get(path, engine, Tree::Quarantine, &url)?;
        let known = known.map(|value| {
            let unreadable = |error| open::unreadable(path, Tree::Quarantine.name(), &url, &error);
            decode::<Quarantined>(&value).map_err(unreadable)
        });
        let known = known.transpose()?;
        let listed = |held: &Quarantined| keys::held_back(&held.article.source, held.since, &url);
        match &known {
            Some(known) if known.status == QuarantineStatus::Held && held.status == QuarantineStatus::Confirmed => {
                rows.push(Row {
                    tree: Tree::HeldBack,
                    key: listed(known),
                    value: None,
                });
            }
            Some(_) => continue,
            None => {}
        }
        if held.status == QuarantineStatus::Held {
            rows.push(row(Tree::HeldBack, listed(&held), Vec::new()));
        }
        // Ids mean other stories here.
        held.story = None;
        rows.push(row(Tree::Quarantine, url, encode(&held)));
    }
    Ok(rows)
}

/// The rows that withdraw what was withdrawn in the old store, and which stories those are.
fn withdrawals(
    path: &Path,
    engine: &Engine,
    hidden: &BTreeMap<Vec<u8>, Correction>,
) -> Result<(Vec<Row>, BTreeSet<StoryId>), Error> {
    let mut rows = Vec::new();
    let mut done = BTreeSet::new();
    for (key, correction) in hidden {
        let Some(withdrawal) = &correction.hidden else {
            continue;
        };
        // Should its article ever come again, it is withdrawn from the first.
        rows.push(row(Tree::Correction, key.clone(), encode(correction)));
        if let Some((_, story)) = told(path, engine, key)?
            && done.insert(story.id)
        {
            withdraw(path, engine, story, withdrawal, &mut rows)?;
        }
    }
    Ok((rows, done))
}

/// The article at the key of an address, and the story it tells, if readers see that.
fn told(path: &Path, engine: &Engine, url_key: &[u8]) -> Result<Option<(ArticleId, Story)>, Error> {
    let id = get(path, engine, Tree::Url, url_key)?.and_then(|id| keys::read_id(&id));
    let article = id.map_or(Ok(None), |id| record::<StoredArticle>(path, engine, Tree::Article, id))?;
    let Some(article) = article else { return Ok(None) };
    let story = record::<Story>(path, engine, Tree::Story, article.story.0)?;
    Ok(story
        .filter(|story| story.hidden.is_none())
        .map(|story| (article.id, story)))
}

/// The rows that take copies out of their stories that their sources had taken back. A story without any other is
/// withdrawn, and added to those that are.
fn taken_back(
    path: &Path,
    engine: &Engine,
    taken: &BTreeMap<Vec<u8>, Withdrawal>,
    withdrawn: &mut BTreeSet<StoryId>,
) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    let mut stories: BTreeMap<StoryId, (Story, &Withdrawal)> = BTreeMap::new();
    for (key, withdrawal) in taken {
        rows.push(row(Tree::TakenBack, key.clone(), encode(withdrawal)));
        let Some((article, story)) = told(path, engine, key)?.filter(|(_, story)| !withdrawn.contains(&story.id))
        else {
            continue;
        };
        let (story, _) = stories.entry(story.id).or_insert((story, withdrawal));
        let Some(at) = story.members.iter().position(|member| member.article == article) else {
            continue;
        };
        if story.members.len() == 1 {
            continue;
        }
        let member = story.members.remove(at);
        if let Some(mut stored) = record::<StoredArticle>(path, engine, Tree::Article, article.0)? {
            stored.blank();
            rows.push(row(Tree::Article, keys::id(article.0), encode(&stored)));
        }
        if story.representative == article {
            story.representative = story.members[0].article;
        }
        story.updated = story.updated.max(withdrawal.at);
        story.edits.push(Edit {
            at: withdrawal.at,
            by: Edit::WARTA.to_owned(),
            change: Change::TakeBack(member.url.clone()),
            back: Back::Rejoin(member),
        });
    }
    for (id, (story, withdrawal)) in stories {
        let is_last = |member: &Member| taken.contains_key(&keys::url(&member.url));
        if story.members.len() == 1 && story.members.iter().all(is_last) {
            withdrawn.insert(id);
            withdraw(path, engine, story, withdrawal, &mut rows)?;
        } else {
            rows.push(row(Tree::Story, keys::id(id.0), encode(&story)));
        }
    }
    Ok(rows)
}

/// Withdraws a story as the ledger does: its words go, its place stays.
fn withdraw(
    path: &Path,
    engine: &Engine,
    mut story: Story,
    withdrawal: &Withdrawal,
    rows: &mut Vec<Row>,
) -> Result<(), Error> {
    for member in &story.members {
        let stored = record::<StoredArticle>(path, engine, Tree::Article, member.article.0)?;
        if let Some(mut stored) = stored {
            stored.blank();
            rows.push(row(Tree::Article, keys::id(stored.id.0), encode(&stored)));
        }
        let correction = Correction {
            region: story.fixed.region,
            satker: story.fixed.satker.clone(),
            hidden: Some(withdrawal.clone()),
            apart: story.apart.clone(),
        };
        rows.push(row(Tree::Correction, keys::url(&member.url), encode(&correction)));
    }
    story.hidden = Some(withdrawal.clone());
    story.updated = story.updated.max(withdrawal.at);
    story.edits.push(Edit {
        at: withdrawal.at,
        by: Edit::WARTA.to_owned(),
        change: Change::Hide(withdrawal.reason.clone()),
        back: Back::Show,
    });
    rows.push(row(Tree::Story, keys::id(story.id.0), encode(&story)));
    Ok(())
}

fn row(tree: Tree, key: Vec<u8>, value: Vec<u8>) -> Row {
    let value = Some(value);
    Row { tree, key, value }
}

fn get(path: &Path, engine: &Engine, tree: Tree, key: &[u8]) -> Result<Option<sled::IVec>, Error> {
    engine
        .tree(tree)
        .get(key)
        .map_err(|error| open::sled_error(path, error))
}

fn record<Record: serde::de::DeserializeOwned>(
    path: &Path,
    engine: &Engine,
    tree: Tree,
    id: u64,
) -> Result<Option<Record>, Error> {
    let key = keys::id(id);
    let value = get(path, engine, tree, &key)?;
    let decoded = value.map(|value| decode(&value).map_err(|error| open::unreadable(path, tree.name(), &key, &error)));
    decoded.transpose()
}
