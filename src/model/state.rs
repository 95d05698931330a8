//! What is remembered of a source between two crawls: plain data. What it means, and how it changes, is `schedule`'s.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{SourceKind, Validators, Zone};

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
    /// What its health was read from, in one sentence; `None` where it is [`Health::Ok`].
    pub evidence: Option<String>,
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
    /// When it publishes.
    pub rhythm: Rhythm,
    /// How many articles its list held when it last held any; 0 before.
    pub listed: u32,
    /// When its list last held any article.
    pub last_listed: Option<Timestamp>,
    /// How long it asks to be left alone between two requests.
    pub pace: Pace,
    /// Requests that the last crawl took.
    pub requests: u32,
    /// Where it says that it has moved to.
    pub moved: Option<Moved>,
    /// The hubs that its document announces.
    pub announced: Option<Announced>,
    /// What its hub has told us.
    pub pushes: Option<Pushes>,
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

/// The hours and weekdays a source publishes at. Weights are 256ths of an article, and fade with time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// The zone its hours and days are counted in.
    pub zone: Zone,
    /// The weight of each hour of the day, from midnight.
    pub hours: [u32; 24],
    /// The weight of each day of the week, from Monday.
    pub days: [u32; 7],
    /// The day (since 1970, in its zone) that watching began; `None` before the first success.
    pub began: Option<i32>,
    /// The day to which the weights have faded.
    pub faded: i32,
    /// The newest article's time.
    pub last: Option<Timestamp>,
    /// The longest silence between two articles so far, in hours.
    pub longest_gap: u32,
}

/// How long a source asks to be left alone between two requests; each is read anew with what says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// By the document: `ttl`, `sy:updatePeriod`.
    pub document: Option<Duration>,
    /// By the answer's header: `Cache-Control: max-age`, `Expires`.
    pub header: Option<Duration>,
}

/// A permanent redirect that is watched, or followed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The configured address it leads away from: another one in the configuration ends the watch.
    pub from: String,
    /// Where it leads.
    pub to: String,
    /// When it was first seen.
    pub first: Timestamp,
    /// When it was last seen.
    pub last: Timestamp,
    /// In how many fetches in a row.
    pub seen: u32,
    /// Since when the new address is asked instead of the old one.
    pub adopted: Option<Timestamp>,
}

/// What a document announces of WebSub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// Its hubs, at least one, the first preferred.
    pub hubs: Vec<String>,
    /// The address it calls its own.
    pub topic: String,
}

/// What a source's hub has told us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushes {
    /// When it last told of news.
    pub last: Timestamp,
    /// Until when it is relied upon to tell of the next, at most until the lease ends; in the past where it is not.
    pub until: Timestamp,
}

/// How a source stands, as `warta sources` prints it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// The last crawl succeeded, or there was none yet.
    #[default]
    Ok,
    /// It cannot be fetched for now.
    Failing,
    /// It refuses us: 401, 403, a challenge page, or robots.txt.
    Blocked,
    /// It says that it does not exist: 404 or 410.
    Gone,
    /// It can be read, and publishes nothing for now, which is usual for it.
    Quiet,
    /// It can be read, and has published nothing for longer than it ever did.
    QuietTooLong,
    /// It can be fetched, and nothing is found in it where there was something.
    Drifted,
    /// It can be read at another address, to which it has redirected for a week.
    Moved,
    /// What it publishes is held back by the screen.
    Quarantined,
}

impl Health {
    /// Whether somebody should look at it. A source that is quiet in its usual way is well.
    pub fn needs_attention(self) -> bool {
        !matches!(self, Health::Ok | Health::Quiet)
    }
}
