//! Copies that their sources took back, as rows of a draft.

use super::{Draft, Row};
use crate::ledger::Error;
use crate::model::Withdrawal;
use crate::store::encode;
use crate::store::keys::{self, Tree};

impl Draft<'_> {
    /// Whether the source of the article at an address took it back, while its story goes on.
    pub fn is_taken_back(&self, url: &str) -> Result<bool, Error> {
        Ok(self.store.taken_back(&keys::url(url))?.is_some())
    }

    /// Marks the article at an address as taken back, or as not.
    pub fn put_taken_back(&mut self, url: &str, withdrawal: Option<&Withdrawal>) {
        self.rows.push(Row {
            tree: Tree::TakenBack,
            key: keys::url(url),
            value: withdrawal.map(encode),
        });
    }
}
