//! What the screen held back, as rows of a draft.

use super::{Draft, Row};
use crate::dedupe::Keys;
use crate::ledger::Error;
use crate::model::{QuarantineStatus, Quarantined};
use crate::store::keys::{self, Tree};
use crate::store::{StoredArticle, encode};

impl Draft<'_> {
    /// What was held back at the key of an address.
    pub fn quarantined(&self, url_key: &[u8]) -> Result<Option<Quarantined>, Error> {
        match self.quarantine.get(url_key) {
            Some(held) => Ok(Some(held.clone())),
            None => Ok(self.store.quarantined(url_key)?),
        }
    }

    /// Puts what is held back in the place of what was there before, and lists it while nobody has decided about it.
    pub fn put_quarantined(&mut self, held: Quarantined) {
        let url = keys::url(&held.article.url);
        self.rows.push(Row {
            tree: Tree::HeldBack,
            key: keys::held_back(&held.article.source, held.since, &url),
            value: (held.status == QuarantineStatus::Held).then(Vec::new),
        });
        self.rows.push(Row {
            tree: Tree::Quarantine,
            key: url.clone(),
            value: Some(encode(&held)),
        });
        self.quarantine.insert(url, held);
    }

    /// Takes an article away as if it had never been recorded. It must be in no story any more.
    pub fn take_away(&mut self, stored: &StoredArticle) -> Result<(), Error> {
        let article_keys = Keys::of(&stored.article);
        let indexes = [
            Some((Tree::Url, article_keys.url.to_be_bytes().to_vec())),
            article_keys.guid_key().map(|key| (Tree::Guid, key.to_vec())),
            article_keys
                .exact
                .map(|hash| (Tree::Exact, hash.to_be_bytes().to_vec())),
        ];
        for (tree, key) in indexes.into_iter().flatten() {
            // Another article of the same words may have taken the place.
            if self.indexed(tree, &key)? == Some(stored.id) {
                let value = None;
                self.rows.push(Row { tree, key, value });
            }
        }
        let (tree, key, value) = (Tree::Article, keys::id(stored.id.0), None);
        self.rows.push(Row { tree, key, value });
        if stored.blanked {
            self.unblank(stored.id);
        }
        Ok(())
    }
}
