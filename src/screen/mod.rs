//! The screen before the store: posts that sell slots, pills, loans and the like on a hijacked site are held back.
//!
//! A release about a raid on online gambling uses the same words. So words alone hold nothing back that also reports:
//! links to foreign sites, what they are called, disguises, language, author, vocabulary and number are judged together,
//! against what is usual for the source ([`History`]). When in doubt an article passes. Nothing here is stored, fetched
//! or deleted; what becomes of an article that is held back is its caller's decision.

mod fold;
mod history;
mod judge;
mod language;
mod lexicon;
mod links;

use crate::model::Article;

pub use crate::model::{About, Sign, Why};
pub use history::{History, Traits};

/// What the screen says of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screened {
    /// Nothing speaks against it.
    Pass,
    /// It is to be held back until somebody looks at it.
    Quarantine(Why),
}

/// Judges an article by itself and by what is usual for its source. Tell the history afterwards what became of it:
/// [`History::learn`] or [`History::held`]. Takes linear time and never fails.
pub fn screen(article: &Article, history: &History) -> Screened {
    screen_and_read(article, history).0
}

/// The same, and what [`History::learn_traits`] learns of the article if it passes: both read it once.
pub fn screen_and_read(article: &Article, history: &History) -> (Screened, Traits) {
    let text = history::article_text(article);
    let folded = fold::fold(&text);
    let links = links::links(&article.html);
    let why = judge::judge(article, &text, &folded, &links, history);
    let traits = Traits::read(article, &text, &folded, &links);
    (why.map_or(Screened::Pass, Screened::Quarantine), traits)
}
