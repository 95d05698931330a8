//! The WebSub subscriber at work: sees which sources announce a hub, asks those hubs to tell us, answers them when they ask
//! back, and has the daemon crawl a source when its hub tells of news. When what is asked, and what a push is worth, is
//! decided in `websub::subscriber`; a push's words are never read.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

use super::Told;
use super::hub::{host, unguessable};
use super::saving::Saving;
use crate::clock::Clock;
use crate::fetch::{Caller, Method};
use crate::model::{Announced, Source, SourceId};
use crate::pipeline::Configured;
use crate::serve::Shared;
use crate::serve::websub::{Answered, Called, What};
use crate::store::{self, Store};
use crate::websub::subscriber::{Confirmation, Lease, Post, Push};

/// The note in the store.
const NOTE: &str = "websub/subscriber";

/// How often the loop looks for what is due, and at the next sources.
const TICK: Duration = Duration::from_millis(250);

/// Sources looked at in one turn: 20,000 take half a minute.
const LOOKED_AT: usize = 200;

/// The shortest time between two writings of the note.
const TOGETHER: Duration = Duration::from_secs(2);

/// Calls under way at once, to all hubs together.
const CALLS: usize = 8;

/// The pause between two calls to a hub: one hub serves many thousand blogs.
const PAUSE: Duration = Duration::from_millis(500);

/// The most subscriptions.
const MOST_LEASES: usize = 50_000;

/// The longest the calls under way are waited for at a stop.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// What the subscriber works with.
#[derive(Debug)]
pub struct Means {
    /// Where sources' states and our subscriptions are kept.
    pub store: Store,
    /// Says where our callbacks are.
    pub shared: Arc<Shared>,
    /// The sources.
    pub configured: watch::Receiver<Arc<Configured>>,
    /// Calls hubs at public addresses.
    pub public: Caller,
    /// Calls hubs of sources that are in one of the networks the operator allows.
    pub allowed: Caller,
    /// The time.
    pub clock: Clock,
    /// Where news is told.
    pub told: mpsc::Sender<Told>,
}

/// What is kept in the store.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// The subscriptions by token.
    leases: BTreeMap<String, Held>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Held {
    source: SourceId,
    lease: Lease,
    /// Not the one by which the source's news is to come any more.
    is_left: bool,
}

/// A form was posted: for which subscription, to which host, and the status of the answer.
struct Done {
    token: String,
    host: String,
    status: Option<u16>,
}

/// Works until `shutdown` resolves. Without it the daemon polls everything as ever.
pub async fn run(means: Means, called: mpsc::Receiver<Called>, shutdown: impl Future<Output = ()>) {
    if let Err(error) = work(means, called, shutdown).await {
        tracing::error!(%error, "the subscriber has stopped; sources are polled all the same");
    }
}

async fn work(
    means: Means,
    mut called: mpsc::Receiver<Called>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), store::Error> {
    let mut work = Work::begin(means)?;
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(called) = called.recv() => work.take(called),
            Some(done) = work.under_way.join_next() => work.posted(done),
            _ = ticks.tick() => {
                work.look()?;
                work.start_calls();
            }
        }
        work.saving.save_in_time(&work.means.store, &work.kept)?;
    }
    // What is not heard of by then is asked for again after the next start.
    let _ = tokio::time::timeout(STOP_WITHIN, async {
        while let Some(done) = work.under_way.join_next().await {
            work.posted(done);
        }
    })
    .await;
    work.saving.save(&work.means.store, &work.kept)
}

/// The loop's state.
struct Work {
    means: Means,
    kept: Kept,
    /// The subscription of each source.
    current: HashMap<SourceId, String>,
    saving: Saving,
    under_way: JoinSet<Done>,
    /// Hubs that are not to be called now: nothing while a call is under way, else until when.
    busy: HashMap<String, Option<Instant>>,
    /// The source that was looked at last; nothing before the first of all.
    looked_at: Option<SourceId>,
    /// What [`Store::states_put`] was when the last look at the first of all sources began; nothing when a look is wanted
    /// in any case.
    seen: Option<u64>,
}

impl Work {
    fn begin(means: Means) -> Result<Work, store::Error> {
        let kept: Kept = means.store.note(NOTE)?.unwrap_or_default();
        let current = kept.leases.iter().filter(|(_, held)| !held.is_left);
        Ok(Work {
            current: current
                .map(|(token, held)| (held.source.clone(), token.clone()))
                .collect(),
            kept,
            means,
            saving: Saving::new(NOTE, TOGETHER),
            under_way: JoinSet::new(),
            busy: HashMap::new(),
            looked_at: None,
            seen: None,
        })
    }

    /// Sees what the next sources announce, unless nothing can have changed since all were looked at.
    fn look(&mut self) -> Result<(), store::Error> {
        if self.looked_at.is_none() {
            let put = self.means.store.states_put();
            let is_same = !self.means.configured.has_changed().unwrap_or(false);
            if self.seen == Some(put) && is_same {
                self.forget_ended();
                return Ok(());
            }
            self.seen = Some(put);
            self.means.configured.mark_unchanged();
        }
        let configured = self.means.configured.borrow().clone();
        let sources = &configured.directory.sources;
        let from = self.looked_at.take().map_or(Bound::Unbounded, Bound::Excluded);
        let is_wanted = self.means.shared.callbacks().is_some();
        let mut looked = 0;
        for (id, source) in sources.range((from, Bound::Unbounded)).take(LOOKED_AT) {
            let announced = if is_wanted { self.announced(source)? } else { None };
            self.settle(id, announced);
            self.looked_at = Some(id.clone());
            looked += 1;
        }
        if looked < LOOKED_AT {
            self.looked_at = None;
            let removed: Vec<SourceId> = self
                .current
                .keys()
                .filter(|id| !sources.contains_key(*id))
                .cloned()
                .collect();
            removed.iter().for_each(|id| self.settle(id, None));
            self.forget_ended();
        }
        Ok(())
    }

    fn forget_ended(&mut self) {
        let now = self.means.clock.now();
        let before = self.kept.leases.len();
        self.kept.leases.retain(|_, held| held.lease.next_due(now).is_some());
        if self.kept.leases.len() != before {
            self.saving.is_changed = true;
            // Their sources may be subscribed to anew.
            self.seen = None;
        }
    }

    /// What a source announces, as far as it can be used: a site outside does not send us to a private network.
    fn announced(&mut self, source: &Source) -> Result<Option<Announced>, store::Error> {
        let state = match self.means.store.state(&source.id) {
            // While the disk is full, nothing changes.
            Err(store::Error::Full { .. }) => {
                self.seen = None;
                return Ok(self.held(&source.id).map(|lease| lease.announced.clone()));
            }
            state => state?,
        };
        let Some(mut announced) = state.and_then(|state| state.announced) else {
            return Ok(None);
        };
        let caller = self.caller(source);
        announced
            .hubs
            .retain(|hub| Url::parse(hub).is_ok_and(|url| caller.check(&url).is_ok()));
        Ok(Some(announced).filter(Announced::is_well_formed))
    }

    fn caller(&self, source: &Source) -> &Caller {
        match self.means.public.check(&source.url) {
            Ok(()) => &self.means.public,
            Err(_) => &self.means.allowed,
        }
    }

    fn held(&self, id: &SourceId) -> Option<&Lease> {
        let held = self.kept.leases.get(self.current.get(id)?)?;
        Some(&held.lease)
    }

    /// Makes what we are subscribed to what a source announces now.
    fn settle(&mut self, id: &SourceId, announced: Option<Announced>) {
        match (self.held(id), &announced) {
            (None, None) => return,
            (Some(lease), Some(announced)) if lease.is_for(announced) => return,
            _ => {}
        }
        let now = self.means.clock.now();
        if let Some(held) = self
            .current
            .remove(id)
            .and_then(|token| self.kept.leases.get_mut(&token))
        {
            held.lease.end(now);
            held.is_left = true;
            self.saving.is_changed = true;
            tracing::info!(source.id = id.as_str(), "a source does not announce this hub any more");
            self.tell_of_nothing(id);
        }
        let Some(announced) = announced.filter(|_| self.kept.leases.len() < MOST_LEASES) else {
            return;
        };
        if let (Some(token), Some(secret)) = (unguessable(), unguessable()) {
            let lease = Lease::new(announced, token.clone(), secret, now);
            let held = Held {
                source: id.clone(),
                lease,
                is_left: false,
            };
            self.current.insert(id.clone(), token.clone());
            self.kept.leases.insert(token, held);
            self.saving.is_changed = true;
        }
    }

    /// Has a source polled as before. Where the daemon cannot hear it now, its wait ends with the lease.
    fn tell_of_nothing(&self, id: &SourceId) {
        let _ = self.means.told.try_send(Told::Nothing(id.clone()));
    }

    /// Posts what is due, to each hub one after the other.
    fn start_calls(&mut self) {
        let Some(callbacks) = self.means.shared.callbacks() else {
            return;
        };
        let (now, instant) = (self.means.clock.now(), Instant::now());
        self.busy.retain(|_, until| until.is_none_or(|until| until > instant));
        let configured = self.means.configured.borrow().clone();
        for (token, held) in &mut self.kept.leases {
            if self.under_way.len() >= CALLS {
                return;
            }
            let is_due = held.lease.next_due(now).is_some_and(|due| due <= now);
            let Some(host) = held.lease.hub().filter(|_| is_due).map(host) else {
                continue;
            };
            let Ok(callback) = Url::parse(&format!("{callbacks}{token}")) else {
                continue;
            };
            if self.busy.contains_key(&host) {
                continue;
            }
            let Some(post) = held.lease.due(&callback, now) else {
                continue;
            };
            self.saving.is_changed = true;
            self.busy.insert(host.clone(), None);
            // A site outside does not send us to a private network; of one that was removed, its topic tells.
            let source = configured.directory.sources.get(&held.source);
            let topic = Url::parse(&held.lease.announced.topic).ok();
            let own = source.map(|source| &source.url).or(topic.as_ref());
            let is_near = own.is_some_and(|own| self.means.public.check(own).is_err());
            let caller = if is_near {
                &self.means.allowed
            } else {
                &self.means.public
            };
            let (caller, token) = (caller.clone(), token.clone());
            self.under_way.spawn(async move {
                let status = super::hub::unharmed(post_form(caller, post)).await.flatten();
                Done { token, host, status }
            });
        }
    }

    fn posted(&mut self, done: Result<Done, tokio::task::JoinError>) {
        let Ok(done) = done else { return };
        self.busy.insert(done.host, Some(Instant::now() + PAUSE));
        if let Some(held) = self.kept.leases.get_mut(&done.token) {
            held.lease.posted(done.status, self.means.clock.now());
            self.saving.is_changed = true;
        }
    }

    /// Answers whoever called a callback, who may have gone.
    fn take(&mut self, called: Called) {
        let answered = match (self.kept.leases.contains_key(&called.token), called.what) {
            (false, _) => Answered::Missing,
            (true, What::Coming) => Answered::Noted,
            (true, What::Query(query)) => self.confirm(&called.token, &query),
            (true, What::Push { signature, body }) => self.push(&called.token, signature.as_deref(), &body),
        };
        let _ = called.answer.send(answered);
    }

    fn confirm(&mut self, token: &str, query: &str) -> Answered {
        let now = self.means.clock.now();
        let Some(held) = self.kept.leases.get_mut(token) else {
            return Answered::Missing;
        };
        let confirmation = held.lease.confirm(query, now);
        let (source, until) = (held.source.clone(), held.lease.until());
        match confirmation {
            Confirmation::Challenge(challenge) => {
                self.saving.is_changed = true;
                let until = until.map(|until| until.to_string());
                tracing::info!(source.id = source.as_str(), until, "a hub has confirmed");
                Answered::Challenge(challenge)
            }
            Confirmation::Noted => {
                self.saving.is_changed = true;
                tracing::info!(source.id = source.as_str(), "a hub will not tell us of a source");
                if self.current.get(&source).is_some_and(|current| current == token) {
                    self.tell_of_nothing(&source);
                }
                Answered::Noted
            }
            Confirmation::Refuse => Answered::Missing,
        }
    }

    fn push(&self, token: &str, signature: Option<&str>, body: &[u8]) -> Answered {
        let now = self.means.clock.now();
        let Some(held) = self.kept.leases.get(token) else {
            return Answered::Missing;
        };
        let source = &held.source;
        match held.lease.push(signature, body, now) {
            _ if held.is_left => Answered::Gone,
            Push::Gone => Answered::Gone,
            Push::Ignore => {
                tracing::warn!(
                    source.id = source.as_str(),
                    "ignored a push that its hub has not signed"
                );
                Answered::Taken
            }
            Push::Due => {
                let until = held.lease.until().unwrap_or(now);
                match self.means.told.try_send(Told::News(source.clone(), until)) {
                    Ok(()) => {
                        tracing::info!(source.id = source.as_str(), "a hub tells of news");
                        Answered::Taken
                    }
                    Err(_) => Answered::Busy,
                }
            }
        }
    }
}

/// Posts a form and gives the status of the answer.
async fn post_form(caller: Caller, post: Post) -> Option<u16> {
    let url = Url::parse(&post.url).ok()?;
    let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    let body = post.form.into_bytes();
    match caller.call(&url, Method::Post { headers, body }, 1).await {
        Ok(called) => Some(called.status),
        Err(error) => {
            tracing::info!(%error, hub = post.url, "a hub cannot be reached");
            None
        }
    }
}
