//! Articles that the screen held back: what is kept of one, and what somebody decides about it. None of it is published.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Article, RegionMatch, StoryId, Why};

/// An article that was held back, as it is kept under its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The article, with the newest words of its source; they are taken out once somebody has decided about it.
    pub article: Article,
    /// Where it would belong.
    pub region: RegionMatch,
    /// Why it is held back.
    pub why: Why,
    /// Since when.
    pub since: Timestamp,
    /// What was decided.
    pub status: QuarantineStatus,
    /// Who decided that, and when; nothing while nobody has.
    pub judged: Option<Judged>,
    /// Whether its words were taken out.
    pub blanked: bool,
    /// The story it had begun by a release that was taken back: it is withdrawn, and shown again by another release.
    pub story: Option<StoryId>,
}

impl Quarantined {
    /// Takes the words out. Address and title stay, so that it is recognised.
    pub fn blank(&mut self) {
        let article = &mut self.article;
        for words in [&mut article.summary, &mut article.html, &mut article.text] {
            words.clear();
        }
        article.image = None;
        article.categories.clear();
        self.blanked = true;
    }

    /// Whether its source says the same as when it was held back.
    pub fn has_words_of(&self, article: &Article) -> bool {
        !self.blanked && self.article.title == article.title && self.article.text == article.text
    }
}

/// How an article stands that was held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuarantineStatus {
    /// It waits for somebody to look at it.
    Held,
    /// It was published all the same; the screen is not asked about it again.
    Released,
    /// It stays out for ever.
    Confirmed,
}

/// Who decided, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// A decision that somebody orders about an article that is held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineOrder {
    /// Its canonical address.
    pub url: String,
    /// The decision.
    pub judgement: Judgement,
    /// Who orders it.
    pub by: String,
}

/// What is decided about an article that is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// It is no spam: it is published.
    Release,
    /// It is spam: it stays out, and its words are dropped.
    Confirm,
    /// Takes a confirmation back. A release is taken back as any other correction of its story.
    Undo,
}
