//! What the writer remembers of the articles of the window, so that a copy among them is found: filled from the store at
//! start, kept up with every group. What is found is compared by `group`.

use std::time::Duration;

use crate::dedupe::{Fingerprint, Index, Titles};
use crate::model::ArticleId;
use crate::store::{self, Store, Window};

/// How long titles are compared: stories of one event come within a day.
const TITLES: Duration = Duration::from_secs(24 * 3600);

/// The articles of the window, by their smallest hashes and by their titles.
#[derive(Debug)]
pub struct Memory {
    window: Duration,
    found: Found,
    /// Their fingerprints, on disk.
    kept: Window,
    /// Remembered since the last [`Memory::keep`], an article's last one last.
    recent: Vec<(ArticleId, Fingerprint)>,
}

/// What articles are found by.
#[derive(Debug)]
struct Found {
    index: Index,
    titles: Titles,
    /// The newest of them.
    newest: ArticleId,
}

impl Found {
    /// Adds an article, or puts it in the place of what it was; forgets those that left the window with it.
    fn put(&mut self, article: ArticleId, fingerprint: &Fingerprint, window: Duration) {
        self.index.insert(article, fingerprint);
        if article > self.newest {
            self.newest = article;
            self.titles.insert(article, &fingerprint.title);
            self.index.evict_before(article.earlier_by(window));
            self.titles.evict_before(article.earlier_by(TITLES));
        }
    }
}

impl Memory {
    /// Fills the memory from what the store has of the window before its newest article.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of(store: &Store, window: Duration) -> Result<Memory, store::Error> {
        let mut found = Found {
            index: Index::new(),
            titles: Titles::default(),
            newest: ArticleId(0),
        };
        let from = store.last_article()?.earlier_by(window);
        let kept = store.window(from, |article, fingerprint| found.put(article, fingerprint, window))?;
        Ok(Memory {
            window,
            found,
            kept,
            recent: Vec::new(),
        })
    }

    /// The articles worth comparing with one of this fingerprint: by their texts, then by their titles.
    pub fn candidates(&self, fingerprint: &Fingerprint) -> (Vec<ArticleId>, Vec<ArticleId>) {
        let by_text = self.found.index.candidates(fingerprint);
        let mut by_title = self.found.titles.candidates(&fingerprint.title);
        by_title.retain(|article| !by_text.contains(article));
        (by_text, by_title)
    }

    /// The fingerprint of an article that is remembered.
    pub fn fingerprint(&self, article: ArticleId) -> Option<Fingerprint> {
        let recent = self.recent.iter().rev().find(|(recent, _)| *recent == article);
        recent.map_or_else(|| self.kept.get(article), |(_, fingerprint)| Some(fingerprint.clone()))
    }

    /// Remembers an article, or puts its new fingerprint in the place of the old one.
    pub fn put(&mut self, article: ArticleId, fingerprint: Fingerprint) {
        self.found.put(article, &fingerprint, self.window);
        self.recent.push((article, fingerprint));
    }

    /// What was added is on disk.
    pub fn keep(&mut self) {
        self.kept.append(&self.recent);
        self.recent.clear();
        self.kept.evict_before(self.found.newest.earlier_by(self.window));
    }

    /// Forgets what was added since the last [`Memory::keep`]: it was not written.
    pub fn drop_recent(&mut self) {
        self.found.newest = self.kept.newest();
        for (article, _) in std::mem::take(&mut self.recent) {
            // A title that is left finds an article that is not there, and is passed over.
            self.found.index.remove(article);
            if let Some(before) = self.kept.get(article) {
                self.found.index.insert(article, &before);
            }
        }
    }
}
