//! The WebSub hub at work: takes the forms that were posted to `/hub`, sends what `websub::hub` says is due, one call at
//! a time for each host of callbacks, and keeps the subscriptions in the store. What is due, and who is told what, is
//! decided there; which addresses may be called, by the guard of `fetch`.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use super::saving::Saving;
use crate::clock::Clock;
use crate::fetch::{Called, Caller, Method};
use crate::serve::Shared;
use crate::serve::hub::{Answered, Posted};
use crate::store::{self, Store};
use crate::websub::hub::{Action, Answer, Hub, Key, Limits, push_headers};
use crate::websub::{Refusal, Request};

/// The note in the store.
const NOTE: &str = "websub/hub";

/// How often the loop looks for what has changed and what is due.
const TICK: Duration = Duration::from_millis(250);

/// The shortest time between two looks at the feeds, and between two writings of the note.
const TOGETHER: Duration = Duration::from_secs(1);

/// Calls under way at once, of all hosts together.
const CALLS: usize = 32;

/// The longest the calls under way are waited for at a stop.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// What a callback may answer to a push is not read further.
const ANSWER_TO_PUSH: usize = 1;

/// Bytes of chance in a challenge.
const CHANCE: usize = 24;

/// What the hub works with.
#[derive(Clone, Debug)]
pub struct Means {
    /// Where the subscriptions are kept.
    pub store: Store,
    /// Gives the feeds.
    pub shared: Arc<Shared>,
    /// Calls the callbacks.
    pub caller: Caller,
    /// The time.
    pub clock: Clock,
}

/// What is kept in the store.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    hub: Hub,
    /// What stands for the bytes of each topic that subscribers were last told of.
    told: BTreeMap<String, String>,
}

/// What ended beside the loop.
enum Done {
    /// What stands for the bytes of each topic now.
    Looked(Vec<(String, String)>),
    /// What was due.
    Called { action: Action, host: String, came: Came },
}

/// What came of something that was due.
enum Came {
    /// An answer.
    Answer(Called),
    /// None: the subscriber's failure.
    Failure,
    /// Nothing was sent, because there is no such feed any more.
    NoFeed,
    /// Nothing was sent, by our own failure.
    Ours,
}

/// Works until `shutdown` resolves.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn run(
    means: Means,
    mut posted: mpsc::Receiver<Posted>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), store::Error> {
    let mut work = Work::begin(means)?;
    tokio::pin!(shutdown);
    loop {
        work.start_calls();
        work.start_look();
        work.saving.save_in_time(&work.means.store, &work.kept)?;
        tokio::select! {
            () = &mut shutdown => break,
            Some(posted) = posted.recv() => work.take(posted),
            Some(Ok(done)) = work.under_way.join_next() => work.done(done),
            () = tokio::time::sleep(TICK) => {}
        }
    }
    // What is not heard of by then counts as lost, and is sent again after the next start.
    let _ = tokio::time::timeout(STOP_WITHIN, async {
        while let Some(Ok(done)) = work.under_way.join_next().await {
            work.done(done);
        }
    })
    .await;
    work.saving.save(&work.means.store, &work.kept)
}

/// The loop's state.
struct Work {
    means: Means,
    kept: Kept,
    saving: Saving,
    under_way: JoinSet<Done>,
    /// Hosts that are being called.
    busy: HashSet<String>,
    /// The store's generation at the last look; nothing when a look is wanted in any case.
    seen: Option<u64>,
    looked: tokio::time::Instant,
    is_looking: bool,
}

impl Work {
    fn begin(means: Means) -> Result<Work, store::Error> {
        Ok(Work {
            kept: means.store.note(NOTE)?.unwrap_or_default(),
            means,
            saving: Saving::new(NOTE, TOGETHER),
            under_way: JoinSet::new(),
            busy: HashSet::new(),
            seen: None,
            looked: tokio::time::Instant::now(),
            is_looking: false,
        })
    }

    /// Answers a form. Whoever posted it may have gone.
    fn take(&mut self, posted: Posted) {
        let answered = match self.request(&posted.form) {
            Ok(()) => Answered {
                status: 202,
                text: "the callback will be asked".to_owned(),
            },
            Err(answered) => answered,
        };
        let _ = posted.answer.send(answered);
    }

    fn request(&mut self, form: &[u8]) -> Result<(), Answered> {
        let refused = |refusal: Refusal| Answered {
            status: refusal.status(),
            text: refusal.to_string(),
        };
        let request = Request::parse(form).map_err(refused)?;
        let callback = Url::parse(&request.callback).map_err(|_| refused(Refusal::Callback))?;
        self.means.caller.check(&callback).map_err(|why| Answered {
            status: 400,
            text: format!("hub.callback cannot be called: {why}"),
        })?;
        let challenge = unguessable().ok_or_else(|| Answered {
            status: 503,
            text: "no challenge can be made now".to_owned(),
        })?;
        let is_topic = |address: &str| self.means.shared.is_topic(address);
        let now = self.means.clock.now();
        let taken = self
            .kept
            .hub
            .request(request, is_topic, challenge, &Limits::default(), now);
        self.saving.is_changed |= taken.is_ok();
        taken.map_err(refused)
    }

    /// Sends what is due, to each host one after the other.
    fn start_calls(&mut self) {
        let Some(hub_url) = self.means.shared.hub_url() else {
            return;
        };
        let free = CALLS.saturating_sub(self.busy.len());
        let busy = &mut self.busy;
        let take = |callback: &str| busy.insert(host(callback));
        let actions = self.kept.hub.due(free, take, self.means.clock.now());
        self.saving.is_changed |= !actions.is_empty();
        for action in actions {
            let host = host(&key(&action).callback);
            let (means, hub_url, due) = (self.means.clone(), hub_url.clone(), action.clone());
            self.under_way.spawn(async move {
                let came = unharmed(async move { call(&means, &hub_url, &due).await }).await;
                let came = came.unwrap_or(Came::Ours);
                Done::Called { action, host, came }
            });
        }
    }

    /// Looks at the feeds that somebody is subscribed to, if the store has changed since.
    fn start_look(&mut self) {
        let generation = self.means.store.generation();
        let is_early = self.seen.is_some() && self.looked.elapsed() < TOGETHER;
        if self.is_looking || self.seen == Some(generation) || is_early {
            return;
        }
        self.seen = Some(generation);
        self.looked = tokio::time::Instant::now();
        let topics = self.kept.hub.topics();
        if topics.is_empty() {
            return;
        }
        self.is_looking = true;
        let shared = Arc::clone(&self.means.shared);
        let looked = unharmed(async move {
            let mut looked = Vec::with_capacity(topics.len());
            for topic in topics {
                match Arc::clone(&shared).topic(&topic).await {
                    Ok(feed) => looked.extend(feed.map(|feed| (topic, feed.etag))),
                    Err(error) => tracing::error!(%error, topic, "cannot read a feed for its subscribers"),
                }
            }
            looked
        });
        self.under_way
            .spawn(async move { Done::Looked(looked.await.unwrap_or_default()) });
    }

    fn done(&mut self, done: Done) {
        self.saving.is_changed = true;
        match done {
            Done::Looked(looked) => {
                self.is_looking = false;
                self.compare(looked);
            }
            Done::Called { action, host, came } => {
                self.busy.remove(&host);
                self.called(&action, &came);
            }
        }
    }

    /// Has the subscribers told of what has changed. A topic that is seen for the first time has not.
    fn compare(&mut self, looked: Vec<(String, String)>) {
        let now = self.means.clock.now();
        for (topic, etag) in &looked {
            if self.kept.told.get(topic).is_some_and(|told| told != etag) {
                self.kept.hub.publish(topic, now);
            }
        }
        self.kept.told.extend(looked);
        let subscribed: HashSet<String> = self.kept.hub.topics().into_iter().collect();
        self.kept.told.retain(|topic, _| subscribed.contains(topic));
    }

    fn called(&mut self, action: &Action, came: &Came) {
        let now = self.means.clock.now();
        let answer = match came {
            Came::Answer(called) => Answer::Status(called.status, &called.body),
            Came::Failure => Answer::Failed,
            Came::NoFeed => Answer::NoFeed,
            Came::Ours => Answer::NotSent,
        };
        let hub = &mut self.kept.hub;
        match action {
            Action::Verify { key, ticket, .. } => {
                let verified = hub.verified(key, *ticket, answer, now);
                tracing::info!(
                    topic = key.topic,
                    callback = key.callback,
                    ?verified,
                    "asked a subscriber"
                );
                // A new topic is to be known before it changes.
                self.seen = None;
            }
            Action::Deliver { key, ticket, .. } => {
                let delivered = hub.delivered(key, *ticket, answer, now);
                tracing::debug!(
                    topic = key.topic,
                    callback = key.callback,
                    ?delivered,
                    "told a subscriber"
                );
            }
        }
    }
}

/// Sends one thing. What stands in the way is logged: it is the subscriber's to mend.
async fn call(means: &Means, hub_url: &str, action: &Action) -> Came {
    let (address, method, longest) = match action {
        // Longer than a challenge is no challenge.
        Action::Verify { url, .. } => (url.as_str(), Method::Get, 2 * CHANCE + 1),
        Action::Deliver { key, secret, .. } => {
            let feed = match Arc::clone(&means.shared).topic(&key.topic).await {
                Ok(Some(feed)) => feed,
                Ok(None) => return Came::NoFeed,
                Err(error) => {
                    tracing::error!(%error, topic = key.topic, "cannot read a feed for its subscribers");
                    return Came::Ours;
                }
            };
            let headers = push_headers(hub_url, &key.topic, feed.media_type, secret.as_deref(), &feed.bytes);
            let body = feed.bytes.to_vec();
            (key.callback.as_str(), Method::Post { headers, body }, ANSWER_TO_PUSH)
        }
    };
    let Ok(url) = Url::parse(address) else {
        return Came::Failure;
    };
    match means.caller.call(&url, method, longest).await {
        Ok(called) => Came::Answer(called),
        Err(error) => {
            tracing::info!(%error, callback = key(action).callback, "a subscriber cannot be reached");
            Came::Failure
        }
    }
}

/// Does some work on a task of its own; nothing where it panics, which is logged and harms nobody else.
pub(super) async fn unharmed<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    match tokio::spawn(work).await {
        Ok(done) => Some(done),
        Err(error) => {
            tracing::error!(%error, "a call for WebSub ended by a fault of ours; the others go on");
            None
        }
    }
}

fn key(action: &Action) -> &Key {
    match action {
        Action::Verify { key, .. } | Action::Deliver { key, .. } => key,
    }
}

pub(super) fn host(callback: &str) -> String {
    let url = Url::parse(callback).ok();
    url.and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Something nobody can guess: the protocol rests on it, so that it comes from the system's source of chance.
pub(super) fn unguessable() -> Option<String> {
    let mut chance = [0; CHANCE];
    SystemRandom::new().fill(&mut chance).ok()?;
    Some(chance.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_that_panics_gives_nothing_and_harms_nobody() {
        assert_eq!(unharmed(async { 7 }).await, Some(7));
        let panics = async || -> u8 { panic!("a planted fault") };
        assert_eq!(unharmed(async move { panics().await }).await, None);
    }
}
