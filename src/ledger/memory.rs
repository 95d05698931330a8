//! What the writer remembers of the articles of the window, so that a copy among them is found: filled from the store at
//! start, kept up with every group. What is found is compared by `group`.

use std::time::Duration;

use crate::dedupe::{Fingerprint, Index, Titles};
use crate::model::ArticleId;
use crate::store::{self, Store};

/// How long titles are compared: stories of one event come within a day.
const TITLES: Duration = Duration::from_secs(24 * 3600);

/// The articles of the window, by their smallest hashes and by their titles.
#[derive(Debug)]
pub struct Memory {
    window: Duration,
    index: Index,
    titles: Titles,
    /// Remembered since the last [`Memory::keep`].
    recent: Vec<ArticleId>,
}

impl Memory {
    /// Fills the memory from what the store has of the window before its newest article.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of(store: &Store, window: Duration) -> Result<Memory, store::Error> {
        let mut memory = Memory {
            window,
            index: Index::new(),
            titles: Titles::default(),
            recent: Vec::new(),
        };
        let from = store.last_article()?.earlier_by(window);
        for row in store.fingerprints::<Fingerprint>(from) {
            let (article, fingerprint) = row?;
            memory.add(article, &fingerprint);
        }
        memory.keep();
        Ok(memory)
    }

    /// The articles worth comparing with one of this fingerprint: by their texts, then by their titles.
    pub fn candidates(&self, fingerprint: &Fingerprint) -> (Vec<ArticleId>, Vec<ArticleId>) {
        let by_text = self.index.candidates(fingerprint);
        let mut by_title = self.titles.candidates(&fingerprint.title);
        by_title.retain(|article| !by_text.contains(article));
        (by_text, by_title)
    }

    /// Remembers an article, and forgets those that left the window with it.
    pub fn add(&mut self, article: ArticleId, fingerprint: &Fingerprint) {
        self.index.insert(article, fingerprint);
        self.titles.insert(article, &fingerprint.title);
        self.recent.push(article);
        self.index.evict_before(article.earlier_by(self.window));
        self.titles.evict_before(article.earlier_by(TITLES));
    }

    /// Puts an article's new fingerprint in the place of the old one.
    pub fn replace(&mut self, article: ArticleId, fingerprint: &Fingerprint) {
        self.index.insert(article, fingerprint);
    }

    /// What was added is on disk.
    pub fn keep(&mut self) {
        self.recent.clear();
    }

    /// Forgets what was added since the last [`Memory::keep`]: it was not written.
    pub fn drop_recent(&mut self) {
        for article in std::mem::take(&mut self.recent) {
            // A title that is left finds an article that is not there, and is passed over.
            self.index.remove(article);
        }
    }
}
