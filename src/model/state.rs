//! What is remembered of a source between two crawls.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{SourceKind, Validators};

/// A source's memory. It is written last, when everything it stands for is on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// What to send to be told that nothing changed.
    pub validators: Validators,
    /// When it was last fetched and read, or found unchanged.
    pub last_success: Option<Timestamp>,
    /// What went wrong in the last crawl, in one sentence; `None` after a success.
    pub last_error: Option<String>,
    /// How it stands.
    pub health: Health,
    /// Since when it stands so.
    pub since: Option<Timestamp>,
    /// Failures in a row.
    pub failures: u32,
    /// When it is to be crawled again; `None` is at once.
    pub next_crawl: Option<Timestamp>,
    /// Until when its server asked to be left alone; nothing overrides this.
    pub hold_until: Option<Timestamp>,
    /// Which of the addresses a source of its kind may have answered last; the validators are that one's.
    pub via: usize,
    /// What was found out about a source of kind `auto`.
    pub found: Option<Found>,
    /// How far a way back through older pages has come that is not at its end.
    pub backfill: Option<Backfill>,
    /// New articles a day (days since 1970 in UTC), for the last seven days that had any.
    pub arrivals: Vec<(i32, u32)>,
}

impl SourceState {
    /// How many days of arrivals are remembered: a week.
    pub const DAYS_REMEMBERED: i32 = 7;

    /// How many articles arrived in the seven days that end now.
    pub fn articles_week(&self, now: Timestamp) -> u32 {
        let oldest = SourceState::day(now) - SourceState::DAYS_REMEMBERED + 1;
        self.arrivals
            .iter()
            .filter(|(day, _)| *day >= oldest)
            .map(|(_, count)| count)
            .sum()
    }

    /// Days since 1970 in UTC: the days that arrivals are counted by.
    pub fn day(now: Timestamp) -> i32 {
        i32::try_from(now.as_second().div_euclid(86_400)).unwrap_or(i32::MAX)
    }
}

/// What was found out about a source of kind `auto`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// How it is read.
    pub kind: SourceKind,
    /// Where.
    pub url: String,
}

/// A way back through a source's older pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// To what was published since then.
    pub since: Timestamp,
    /// The page that comes next.
    pub next: String,
}

/// How a source stands, as `warta sources` prints it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// The last crawl succeeded, or there was none yet.
    #[default]
    Ok,
    /// It cannot be fetched for now.
    Failing,
    /// It refuses us: 401, 403, or robots.txt.
    Blocked,
    /// It says that it does not exist: 404 or 410.
    Gone,
}
