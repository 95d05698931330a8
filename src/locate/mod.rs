//! Where an article belongs, and why: the region of the event, the region of the publishing unit, the unit it is about,
//! and every piece of evidence with the deciding one first.
//!
//! Build one [`Locator`] for a configuration and ask it for each article. Evidence is trusted in this order: the place
//! where the text says that something happened, the unit named as subject or author, the source's own unit, other
//! places in title and first sentences, the [`dateline`], the portal's own region. The whole table is in `trust`.
//! It does not know any region by itself: names are the gazetteer's, exceptions are rows of the CSV tables beside this
//! file (`types.csv` words for offices, `units.csv` units whose names mislead, `ordinary.csv` place names that are also
//! words).

mod context;
mod dateline;
mod decide;
mod fold;
mod kinds;
mod mentions;
mod names;
mod trust;
mod unplaced;

pub use dateline::{Dateline, dateline};
pub use unplaced::{Doubt, UnplacedUnit, units_without_place};

use crate::gazetteer::Gazetteer;
use crate::model::{Article, Directory, RegionMatch, Satker, Source};
use decide::Reading;
use fold::Folded;
use names::Names;

/// How many characters of a text are the first sentences, which count in full.
const LEAD: usize = 1_500;

/// How many characters of a title or an author's name are read.
const LINE: usize = 400;

/// How many characters of a text are read at all.
const READ: usize = 6_000;

/// Knows every name that places an article.
#[derive(Debug)]
pub struct Locator {
    gazetteer: Gazetteer,
    names: Names,
}

impl Locator {
    /// Compiles the names of a gazetteer and a directory; takes tens of milliseconds, so do it once for each
    /// configuration.
    pub fn new(gazetteer: &Gazetteer, directory: &Directory) -> Locator {
        Locator {
            gazetteer: gazetteer.clone(),
            names: Names::new(gazetteer, directory),
        }
    }

    /// Decides where an article belongs. `satker` is the unit that the source belongs to.
    pub fn locate(&self, article: &Article, source: &Source, satker: Option<&Satker>) -> RegionMatch {
        let dateline = dateline(&article.text, &self.gazetteer);
        let behind = dateline.as_ref().and_then(|dateline| {
            let at = article.text.find(dateline.text)?;
            article.text.get(at + dateline.text.len()..)
        });
        let text = behind.unwrap_or(&article.text);
        let lead = up_to(text, LEAD);
        let more = up_to(text.get(lead.len()..).unwrap_or(""), READ - LEAD);
        let read = |text: &str| mentions::read(&Folded::new(text), &self.names);
        let title_line = up_to(&article.title, LINE);
        let author = up_to(article.author.as_deref().unwrap_or(""), LINE);
        let title = Folded::new(title_line);
        let lead_words = Folded::new(lead);
        let reading = Reading {
            names: &self.names,
            source,
            satker,
            title: mentions::read(&title, &self.names),
            lead: mentions::read(&lead_words, &self.names),
            more: read(more),
            author: read(author),
            dateline,
            is_remote: decide::is_remote(&title) || decide::is_remote(&lead_words),
        };
        let words = decide::Words {
            title: (title_line, &title),
            lead: (lead, &lead_words),
            author,
        };
        decide::decide(&reading, &words)
    }
}

/// The first characters of a text.
fn up_to(text: &str, characters: usize) -> &str {
    let end = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests;
