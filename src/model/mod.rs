//! The data every stage hands to the next: plain values without I/O, without a clock and without any other module of
//! ours. It is not the configuration's shape (`config`) and not the store's (`store::codec`).

mod article;
mod document;
mod edit;
mod entry;
mod incident;
mod likeness;
mod month;
mod order;
mod problem;
mod quarantine;
mod region;
mod report;
#[cfg(test)]
pub(crate) mod samples;
mod satker;
mod site;
mod source;
mod state;
mod story;
mod why;

pub use article::{Article, DateOrigin, Precision, Published, identity};
pub use document::{Document, LONG_BODY, Room, Validators};
pub use edit::{Back, Change, Correction, Edit, EditOrder, Withdrawal};
pub use entry::{Content, Entry, Image, Parsed, RawDate, TakenBack};
pub use incident::Incident;
pub use likeness::{Comparison, Figures, How, Joined, Reason, Relation, Verdict};
pub use month::month;
pub use order::{CrawlOptions, Order, Wanted};
pub use problem::Problem;
pub use quarantine::{Judged, Judgement, QuarantineOrder, QuarantineStatus, Quarantined};
pub use region::{Evidence, EvidenceKind, InvalidRegionCode, Level, RegionCode, RegionMatch, Zone};
pub use report::{CrawlEvent, Outcome, Report, SourceOutcome};
pub use satker::{Directory, InvalidId, Satker, SatkerId, SatkerKind};
pub use site::{Language, Site};
pub use source::{ArticleSelectors, ListingSelectors, Render, Republish, Source, SourceId, SourceKind};
pub use state::{Announced, Backfill, Found, Health, Moved, Pace, Pushes, Rhythm, SourceState};
pub use story::{ArticleId, Assignment, Fixed, Member, Scope, Story, StoryDetail, StoryId};
pub use why::{About, Sign, Why};
