//! Tells the operator's webhook what broke and what was mended, and once a day how everything stands. When an incident
//! begins and ends is `schedule`'s to say; here it is only told, at least once each: what was told is remembered in the
//! store, so that neither a restart nor a webhook that was away loses anything.

mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use crate::clock::Clock;
use crate::config::Alert;
use crate::fetch::{Caller, Method};
use crate::model::{Incident, SourceId, Zone};
use crate::serve::Settings;
use crate::store::{self, Store};

/// The note in the store.
const NOTE: &str = "alerts";

/// The longest the loop sleeps: a clock that was set is noticed within it.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Each further wait for a webhook that does not take what it is sent is twice as long, up to this.
const LONGEST_RETRY: Duration = Duration::from_secs(3600);

/// So often one thing is tried, some four hours in all; then it is left to the daily summary.
const TRIES: u32 = 12;

/// So many incidents get a message each; more that come at once, as when our own line was down, share one.
const ONE_BY_ONE: usize = 5;

/// What the webhook answers is not read further.
const ANSWER: usize = 1;

/// What is worked with.
#[derive(Clone, Debug)]
pub struct Means {
    /// Has the incidents.
    pub store: Store,
    /// Calls the webhook.
    pub caller: Caller,
    /// The time.
    pub clock: Clock,
    /// Who we are, and the sources.
    pub settings: watch::Receiver<Arc<Settings>>,
    /// How long things wait.
    pub pace: Pace,
}

/// How long things wait.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Until the first repetition of what was not taken.
    pub first_retry: Duration,
    /// After something was told, for what else happens meanwhile.
    pub together: Duration,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            first_retry: Duration::from_secs(10),
            together: Duration::from_secs(10),
        }
    }
}

/// What is kept in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// The last incident of each source that was told of.
    told: BTreeMap<String, Known>,
    /// The day (WIB) of the last summary.
    summary: Option<Date>,
}

/// What the webhook knows of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    since: Timestamp,
    is_over: bool,
}

/// An incident that is to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct News {
    source: SourceId,
    incident: Incident,
}

impl Kept {
    /// What was not told yet, the oldest of each source first. What began and ended since is told as ended only.
    fn news(&self, all: Vec<(SourceId, Vec<Incident>)>) -> Vec<News> {
        let mut news = Vec::new();
        for (source, incidents) in all {
            let known = self.told.get(source.as_str());
            let is_new = |incident: &Incident| {
                known.is_none_or(|known| {
                    let ended = incident.since == known.since && !known.is_over && !incident.is_open();
                    incident.since > known.since || ended
                })
            };
            let new = incidents.into_iter().rev().filter(is_new);
            news.extend(new.map(|incident| News {
                source: source.clone(),
                incident,
            }));
        }
        news
    }

    /// Remembers that these were told.
    fn tell(&mut self, news: &[News]) {
        for News { source, incident } in news {
            let known = Known {
                since: incident.since,
                is_over: !incident.is_open(),
            };
            self.told.insert(source.to_string(), known);
        }
    }

    /// Whether the summary of today is due, at this time of the day.
    fn is_summary_due(&self, daily: Time, here: DateTime) -> bool {
        here.time() >= daily && self.summary.is_none_or(|last| last < here.date())
    }
}

/// Tells until `shutdown` resolves. `changes` says when an incident changed, `alert` whom to tell; both may change at any
/// time.
///
/// # Errors
/// When the store cannot be read or written. That it is full is no such failure.
pub async fn run(
    means: Means,
    mut changes: watch::Receiver<u64>,
    mut alert: watch::Receiver<Alert>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), store::Error> {
    tokio::pin!(shutdown);
    let mut work = Work {
        kept: means.store.note(NOTE)?,
        means,
        failures: 0,
        not_before: Instant::now(),
    };
    loop {
        changes.mark_unchanged();
        let settings = alert.borrow_and_update().clone();
        let wait = tokio::select! {
            () = &mut shutdown => return Ok(()),
            wait = work.step(&settings) => wait?,
        };
        // What comes within this shares a message.
        let together = tokio::time::sleep(work.means.pace.together.min(wait));
        tokio::select! {
            () = &mut shutdown => return Ok(()),
            () = together => {}
        }
        tokio::select! {
            () = &mut shutdown => return Ok(()),
            Ok(()) = changes.changed() => {}
            Ok(()) = alert.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// The loop's state.
struct Work {
    means: Means,
    /// Nothing before the first step ever: what happened before somebody listened is no news.
    kept: Option<Kept>,
    /// Failures in a row.
    failures: u32,
    not_before: Instant,
}

impl Work {
    /// Tells what is to be told now. Returns how long nothing has to be done, if nothing changes.
    async fn step(&mut self, alert: &Alert) -> Result<Duration, store::Error> {
        let here = Zone::Wib.offset().to_datetime(self.means.clock.now());
        let settings = self.means.settings.borrow().clone();
        let all = self.incidents(&settings)?;
        let (Some(webhook), true) = (&alert.webhook, self.kept.is_some()) else {
            self.begin(alert.daily, here, all)?;
            return Ok(if alert.webhook.is_some() {
                Duration::ZERO
            } else {
                LOOK_AGAIN
            });
        };
        let patience = self.not_before.saturating_duration_since(Instant::now());
        if !patience.is_zero() {
            return Ok(patience);
        }
        let kept = self.kept.clone().unwrap_or_default();
        let news = kept.news(all.clone());
        let shared = news.len() > ONE_BY_ONE;
        for part in news.chunks(if shared { news.len() } else { 1 }) {
            let body = words::incidents(&settings, part);
            if !self.send(webhook, &body).await {
                return Ok(self.not_before.saturating_duration_since(Instant::now()));
            }
            self.keep(|kept| kept.tell(part))?;
        }
        if alert.daily.is_some_and(|daily| kept.is_summary_due(daily, here)) {
            let body = words::summary(&settings, &all, here.date(), self.means.clock.now());
            if !self.send(webhook, &body).await {
                return Ok(self.not_before.saturating_duration_since(Instant::now()));
            }
            self.keep(|kept| kept.summary = Some(here.date()))?;
        }
        Ok(alert
            .daily
            .map_or(LOOK_AGAIN, |daily| until(daily, here).min(LOOK_AGAIN)))
    }

    /// Takes everything for told: nobody listens, or nobody did so far.
    fn begin(
        &mut self,
        daily: Option<Time>,
        here: DateTime,
        all: Vec<(SourceId, Vec<Incident>)>,
    ) -> Result<(), store::Error> {
        let news = self.kept.clone().unwrap_or_default().news(all);
        self.kept.get_or_insert_default();
        self.keep(|kept| {
            kept.tell(&news);
            if daily.is_some_and(|daily| here.time() >= daily) {
                kept.summary = Some(here.date());
            }
        })
    }

    /// The incidents of the sources that are configured.
    fn incidents(&self, settings: &Settings) -> Result<Vec<(SourceId, Vec<Incident>)>, store::Error> {
        let all = match self.means.store.all_incidents() {
            // The daemon waits for room; what happened is told once there is some.
            Err(store::Error::Full { .. }) => return Ok(Vec::new()),
            all => all?,
        };
        let configured = |(id, _): &(SourceId, Vec<Incident>)| settings.directory.sources.contains_key(id);
        Ok(all.into_iter().filter(configured).collect())
    }

    /// Sends a message. Whether that is done with: it was taken, or has been tried often enough. Else it is to be sent
    /// again after a while.
    async fn send(&mut self, webhook: &Url, body: &Value) -> bool {
        let method = Method::Post {
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        };
        let why = match self.means.caller.call(webhook, method, ANSWER).await {
            Ok(called) if (200..300).contains(&called.status) => {
                self.failures = 0;
                return true;
            }
            Ok(called) => format!("it answered {}", called.status),
            Err(error) => error.to_string(),
        };
        self.failures += 1;
        // The address may hold a secret.
        let host = webhook.host_str().unwrap_or_default();
        if self.failures >= TRIES {
            tracing::error!(
                host,
                why,
                "gave up telling the webhook; the daily summary says what lasts"
            );
            self.failures = 0;
            return true;
        }
        let wait = backoff(self.means.pace.first_retry, self.failures);
        tracing::warn!(host, why, retry_s = wait.as_secs(), "the webhook did not take an alert");
        self.not_before = Instant::now() + wait;
        false
    }

    /// Changes what is remembered, and writes it if that is different.
    fn keep(&mut self, change: impl FnOnce(&mut Kept)) -> Result<(), store::Error> {
        let mut kept = self.kept.clone().unwrap_or_default();
        change(&mut kept);
        if self.kept.as_ref() == Some(&kept) && self.means.store.note::<Kept>(NOTE)?.is_some() {
            return Ok(());
        }
        let written = self.means.store.put_note(NOTE, &kept);
        self.kept = Some(kept);
        match written {
            // What is told twice after a restart does no harm.
            Err(store::Error::Full { .. }) => Ok(()),
            written => written,
        }
    }
}

/// How long to wait after so many failures in a row.
fn backoff(first: Duration, failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(20);
    first.saturating_mul(1 << doublings).min(LONGEST_RETRY)
}

/// How long it is until this time of the day; at the time itself, and after it, until tomorrow's.
fn until(daily: Time, here: DateTime) -> Duration {
    let seconds = |time: Time| i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    let left = seconds(daily) - seconds(here.time());
    let left = if left > 0 { left } else { left + 86_400 };
    Duration::from_secs(left.unsigned_abs())
}

#[cfg(test)]
mod tests;
