//! What a crawl says while it runs: the lines of `warta crawl --json`, and what its progress bar and log are made of.

use serde::{Deserialize, Serialize};

use super::{Assignment, Problem, SourceId, StoryId};

/// One line of `warta crawl --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum CrawlEvent {
    /// An article is on disk.
    Stored {
        /// Its canonical address.
        url: String,
        /// The story it belongs to; absent in a dry run for a story that would be new.
        story: Option<StoryId>,
        /// What became of it.
        outcome: Outcome,
    },
    /// A source is done.
    Source(Report),
}

/// What became of a stored article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It began a story.
    New,
    /// It is a further copy of one.
    Copy,
    /// Its words have changed.
    Changed,
}

impl Outcome {
    /// The outcome worth telling of an assignment; nothing for an article that did not change.
    pub fn of(assignment: Assignment) -> Option<(Outcome, StoryId)> {
        match assignment {
            Assignment::New(story) => Some((Outcome::New, story)),
            Assignment::Copy(story) => Some((Outcome::Copy, story)),
            Assignment::Changed(story) => Some((Outcome::Changed, story)),
            Assignment::Unchanged(_) => None,
        }
    }
}

/// What one source gave in one crawl.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The source.
    pub source: SourceId,
    /// How it ended.
    pub outcome: SourceOutcome,
    /// Articles that began a story.
    pub new: u32,
    /// Known articles whose words have changed.
    pub changed: u32,
    /// Further copies of known stories.
    pub copies: u32,
    /// Known articles that did not change.
    pub unchanged: u32,
    /// Articles held back by the screen.
    pub quarantined: u32,
    /// Requests sent.
    pub fetches: u32,
    /// What was wrong with the source's bytes.
    pub problems: Vec<Problem>,
    /// Why it failed or was skipped.
    pub error: Option<String>,
}

/// How the crawl of one source ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceOutcome {
    /// It was fetched and read.
    Ok,
    /// The server said that nothing has changed (304).
    NotModified,
    /// It could not be fetched.
    Failed,
    /// It was not fetched.
    Skipped,
}

impl Report {
    /// An empty report that ended well, to be filled in.
    pub fn new(source: SourceId) -> Report {
        Report {
            source,
            outcome: SourceOutcome::Ok,
            new: 0,
            changed: 0,
            copies: 0,
            unchanged: 0,
            quarantined: 0,
            fetches: 0,
            problems: Vec::new(),
            error: None,
        }
    }

    /// Counts what became of one article.
    pub fn count(&mut self, assignment: Assignment) {
        match assignment {
            Assignment::New(_) => self.new += 1,
            Assignment::Copy(_) => self.copies += 1,
            Assignment::Changed(_) => self.changed += 1,
            Assignment::Unchanged(_) => self.unchanged += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_lines_are_those_of_the_contract() {
        let stored = CrawlEvent::Stored {
            url: "https://a.example/x".to_owned(),
            story: Some(StoryId(0x1f)),
            outcome: Outcome::Copy,
        };
        assert_eq!(
            serde_json::to_string(&stored).unwrap(),
            r#"{"event":"stored","url":"https://a.example/x","story":"1f","outcome":"copy"}"#
        );
        let mut report = Report::new(SourceId::new("a").unwrap());
        report.outcome = SourceOutcome::NotModified;
        report.problems.push(Problem::new("item 3", "no link"));
        assert_eq!(
            serde_json::to_string(&CrawlEvent::Source(report)).unwrap(),
            r#"{"event":"source","source":"a","outcome":"not-modified","new":0,"changed":0,"copies":0,"unchanged":0,"quarantined":0,"fetches":0,"problems":[{"at":"item 3","what":"no link"}],"error":null}"#
        );
    }
}
