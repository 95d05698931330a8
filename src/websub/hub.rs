//! The hub for our own feeds: who wants to be told, whether they confirmed it, what still has to be sent. One value, to
//! be kept in the store (postcard); it knows neither network nor clock.
//!
//! [`Hub::request`] takes what was posted, [`Hub::publish`] a change of a feed; [`Hub::due`] gives what is to be sent now,
//! and [`Hub::verified`] and [`Hub::delivered`] take what came of it. A change reaches a subscriber as the feed of the
//! moment it is sent in: what was not delivered before the next change is not delivered twice.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::request::{Mode, Refusal, Request};
use super::sign;

/// How long a subscription lasts if the subscriber does not say.
const LEASE: u64 = 10 * 86_400;

/// The shortest and the longest lease in seconds.
const LEASES: (u64, u64) = (300, 30 * 86_400);

/// Waits before a verification that could not be sent is sent again.
const VERIFY_AGAIN: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(600)];

/// Waits before a push that failed is sent again. After the last, the change is given up on; after two such changes in a
/// row, the subscription is.
const DELIVER_AGAIN: [Duration; 6] = [
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(3600),
    Duration::from_secs(3 * 3600),
    Duration::from_secs(8 * 3600),
];

/// The wait after a failure of our own.
const OURS_AGAIN: Duration = Duration::from_secs(60);

/// Changes given up on in a row before a subscription is.
const GIVEN_UP: u8 = 2;

/// What was handed out and never answered counts as failed after this: the program may have been stopped meanwhile.
const LOST: Duration = Duration::from_secs(600);

/// The most subscriptions and requests: in all, and for one host of callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Subscriptions in all.
    pub subscriptions: usize,
    /// Subscriptions of one host.
    pub subscriptions_per_host: usize,
    /// Requests not yet confirmed, in all.
    pub requests: usize,
    /// Requests not yet confirmed, of one host: the hub must not be made to call somebody in a flood.
    pub requests_per_host: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            subscriptions: 20_000,
            subscriptions_per_host: 2_000,
            requests: 500,
            requests_per_host: 20,
        }
    }
}

/// A feed and who wants to be told of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The feed's address.
    pub topic: String,
    /// The subscriber's address.
    pub callback: String,
}

/// The subscriptions, requests and pushes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hub {
    subscriptions: BTreeMap<Key, Subscription>,
    requests: BTreeMap<Key, Pending>,
    last_ticket: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Subscription {
    secret: Option<String>,
    expires: Timestamp,
    /// Changes in a row that were given up on.
    given_up: u8,
    push: Option<Task>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    mode: Mode,
    lease: u64,
    secret: Option<String>,
    challenge: String,
    task: Task,
}

/// Something to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Task {
    /// When, or when it counts as lost.
    at: Timestamp,
    /// How often it failed.
    failures: u8,
    /// That of the sending whose answer is awaited.
    ticket: Option<Ticket>,
    /// The feed has changed since it was sent.
    again: bool,
}

/// Names one sending; an answer with another one is out of date and changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket(u64);

/// What is to be sent, through the address guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A GET; [`Hub::verified`] takes the answer.
    Verify {
        /// The feed and the subscriber.
        key: Key,
        /// Names this sending.
        ticket: Ticket,
        /// The callback with the hub's parameters.
        url: String,
    },
    /// A POST of the topic's feed as it is now, with [`push_headers`]; [`Hub::delivered`] takes the answer.
    Deliver {
        /// The feed and the subscriber.
        key: Key,
        /// Names this sending.
        ticket: Ticket,
        /// What to sign with.
        secret: Option<String>,
    },
}

/// What came of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// An answer of this status, with as much of its body as a challenge is long and one byte more. Redirects are not
    /// followed: they are answers.
    Status(u16, &'a [u8]),
    /// None: no connection, too slow, or refused by the address guard.
    Failed,
    /// Nothing was sent, because the topic's feed is not there any more: nobody's failure, and nothing to try again.
    NoFeed,
    /// Nothing was sent, by a failure of ours: tried again, and not held against the subscriber.
    NotSent,
}

/// What became of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// The subscription is in force.
    Subscribed,
    /// The subscription has ended.
    Unsubscribed,
    /// The callback does not want it.
    Denied,
    /// It will be tried again.
    Again,
    /// The answer is out of date.
    Stale,
}

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The subscriber has it.
    Done,
    /// It will be tried again.
    Again,
    /// This change is given up on.
    GivenUp,
    /// The subscription has ended: the callback is gone, or was never reached for long.
    Ended,
    /// The answer is out of date.
    Stale,
}

impl Hub {
    /// Takes a request in. `challenge` must be unguessable and new for each request; `is_topic` says whether we publish
    /// this feed. The answer to the one who posted it is 202, or the refusal's.
    pub fn request(
        &mut self,
        request: Request,
        is_topic: impl Fn(&str) -> bool,
        challenge: String,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let key = Key {
            topic: request.topic,
            callback: request.callback,
        };
        let is_subscribed = self.subscriptions.get(&key).is_some_and(|held| held.expires > now);
        match request.mode {
            Mode::Subscribe if !is_topic(&key.topic) => return Err(Refusal::UnknownTopic(key.topic)),
            Mode::Unsubscribe if !is_subscribed => return Err(Refusal::NotSubscribed),
            _ => {}
        }
        self.check_limits(&key, is_subscribed, limits)?;
        let pending = Pending {
            mode: request.mode,
            lease: request.lease.unwrap_or(LEASE).clamp(LEASES.0, LEASES.1),
            secret: request.secret,
            challenge,
            task: Task::at(now),
        };
        // A second request replaces the first: the answer to its challenge is out of date from now on.
        self.requests.insert(key, pending);
        Ok(())
    }

    fn check_limits(&self, key: &Key, is_subscribed: bool, limits: &Limits) -> Result<(), Refusal> {
        let host = host(&key.callback);
        let of_host = |other: &&Key| self::host(&other.callback) == host;
        let subscribed = self.subscriptions.keys();
        let crowded = !is_subscribed
            && (subscribed.len() >= limits.subscriptions
                || subscribed.filter(of_host).count() >= limits.subscriptions_per_host);
        let requests = self.requests.keys().filter(|other| *other != key);
        let flooded =
            self.requests.len() >= limits.requests || requests.filter(of_host).count() >= limits.requests_per_host;
        if crowded || flooded {
            Err(Refusal::TooMany)
        } else {
            Ok(())
        }
    }

    /// Notes that a feed has changed: every subscriber of it is to be told.
    pub fn publish(&mut self, topic: &str, now: Timestamp) {
        let first = Key {
            topic: topic.to_owned(),
            callback: String::new(),
        };
        let subscribers = self.subscriptions.range_mut(first..);
        for (_, subscription) in subscribers.take_while(|(key, _)| key.topic == topic) {
            match &mut subscription.push {
                // Under way: what is being sent may be the feed as it was.
                Some(task) if task.ticket.is_some() => task.again = true,
                // Waiting for its turn or for a subscriber that does not answer: it will get the feed of that moment.
                Some(_) => {}
                None => subscription.push = Some(Task::at(now)),
            }
        }
    }

    /// What is to be sent now, at most so many. Forgets what has expired.
    /// `take` is asked whether the callback's host may be called now; it says so to one sending after the other.
    pub fn due(&mut self, at_most: usize, mut take: impl FnMut(&str) -> bool, now: Timestamp) -> Vec<Action> {
        self.subscriptions.retain(|_, subscription| subscription.expires > now);
        self.drop_lost(now);
        let mut actions = Vec::new();
        for (key, pending) in &mut self.requests {
            if actions.len() >= at_most {
                return actions;
            }
            let may = pending.task.is_due(now) && take(&key.callback);
            if let Some(ticket) = may.then(|| pending.task.start(&mut self.last_ticket, now)).flatten() {
                actions.push(Action::Verify {
                    key: key.clone(),
                    ticket,
                    url: verification(key, pending),
                });
            }
        }
        for (key, subscription) in &mut self.subscriptions {
            if actions.len() >= at_most {
                break;
            }
            let task = subscription.push.as_mut();
            let task = task.filter(|task| task.is_due(now) && take(&key.callback));
            if let Some(ticket) = task.and_then(|task| task.start(&mut self.last_ticket, now)) {
                actions.push(Action::Deliver {
                    key: key.clone(),
                    ticket,
                    secret: subscription.secret.clone(),
                });
            }
        }
        actions
    }

    /// When something is due next.
    pub fn next_due(&self) -> Option<Timestamp> {
        let requests = self.requests.values().map(|pending| &pending.task);
        let pushes = self
            .subscriptions
            .values()
            .filter_map(|subscription| subscription.push.as_ref());
        let expiries = self.subscriptions.values().map(|subscription| subscription.expires);
        requests.chain(pushes).map(|task| task.at).chain(expiries).min()
    }

    /// The feeds that somebody is subscribed to, each once.
    pub fn topics(&self) -> Vec<String> {
        let mut topics: Vec<String> = self.subscriptions.keys().map(|key| key.topic.clone()).collect();
        topics.dedup();
        topics
    }

    /// How many subscriptions are in force, until they expire.
    pub fn subscriptions(&self) -> usize {
        self.subscriptions.len()
    }

    /// Takes the answer to a verification. Only an answer of 2xx whose body is the challenge and nothing else confirms.
    pub fn verified(&mut self, key: &Key, ticket: Ticket, answer: Answer<'_>, now: Timestamp) -> Verified {
        let Some(pending) = self
            .requests
            .get_mut(key)
            .filter(|pending| pending.task.ticket == Some(ticket))
        else {
            return Verified::Stale;
        };
        if answer == Answer::NotSent {
            pending.task.put_off(now);
            return Verified::Again;
        }
        if answer == Answer::Failed && pending.task.fail(&VERIFY_AGAIN, now) {
            return Verified::Again;
        }
        let Some(pending) = self.requests.remove(key) else {
            return Verified::Stale;
        };
        let confirmed = match answer {
            Answer::Status(200..=299, body) => body == pending.challenge.as_bytes() && !body.is_empty(),
            Answer::Status(..) | Answer::Failed | Answer::NoFeed | Answer::NotSent => false,
        };
        match pending.mode {
            _ if !confirmed => Verified::Denied,
            Mode::Unsubscribe => {
                self.subscriptions.remove(key);
                Verified::Unsubscribed
            }
            Mode::Subscribe => {
                let push = self.subscriptions.remove(key).and_then(|held| held.push);
                let subscription = Subscription {
                    secret: pending.secret,
                    expires: now.checked_add(Duration::from_secs(pending.lease)).unwrap_or(now),
                    given_up: 0,
                    push,
                };
                self.subscriptions.insert(key.clone(), subscription);
                Verified::Subscribed
            }
        }
    }

    /// Takes the answer to a push. 2xx is success, 410 ends the subscription, everything else is tried again.
    pub fn delivered(&mut self, key: &Key, ticket: Ticket, answer: Answer<'_>, now: Timestamp) -> Delivered {
        let Some(subscription) = self.subscriptions.get_mut(key) else {
            return Delivered::Stale;
        };
        let Some(task) = subscription.push.as_mut().filter(|task| task.ticket == Some(ticket)) else {
            return Delivered::Stale;
        };
        match answer {
            Answer::Status(200..=299, _) => {
                subscription.push = task.again.then(|| Task::at(now));
                subscription.given_up = 0;
                Delivered::Done
            }
            Answer::Status(410, _) => {
                self.subscriptions.remove(key);
                Delivered::Ended
            }
            Answer::NoFeed => {
                subscription.push = None;
                Delivered::GivenUp
            }
            Answer::NotSent => {
                task.put_off(now);
                Delivered::Again
            }
            Answer::Status(..) | Answer::Failed if task.fail(&DELIVER_AGAIN, now) => Delivered::Again,
            Answer::Status(..) | Answer::Failed => {
                subscription.push = None;
                subscription.given_up += 1;
                if subscription.given_up < GIVEN_UP {
                    return Delivered::GivenUp;
                }
                self.subscriptions.remove(key);
                Delivered::Ended
            }
        }
    }

    /// Counts what was never answered as failed.
    fn drop_lost(&mut self, now: Timestamp) {
        let requests = self.requests.iter();
        let lost: Vec<(Key, Ticket)> = requests
            .filter_map(|(key, pending)| Some((key.clone(), pending.task.lost(now)?)))
            .collect();
        for (key, ticket) in lost {
            self.verified(&key, ticket, Answer::Failed, now);
        }
        let pushes = self.subscriptions.iter();
        let lost: Vec<(Key, Ticket)> = pushes
            .filter_map(|(key, subscription)| Some((key.clone(), subscription.push.as_ref()?.lost(now)?)))
            .collect();
        for (key, ticket) in lost {
            self.delivered(&key, ticket, Answer::Failed, now);
        }
    }
}

impl Task {
    fn at(at: Timestamp) -> Task {
        Task {
            at,
            failures: 0,
            ticket: None,
            again: false,
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.ticket.is_none() && self.at <= now
    }

    /// Hands it out, if it is time.
    fn start(&mut self, last_ticket: &mut u64, now: Timestamp) -> Option<Ticket> {
        if !self.is_due(now) {
            return None;
        }
        *last_ticket += 1;
        self.ticket = Some(Ticket(*last_ticket));
        self.again = false;
        self.at = now.checked_add(LOST).unwrap_or(now);
        self.ticket
    }

    /// Plans the next try; `false` after the last one.
    fn fail(&mut self, waits: &[Duration], now: Timestamp) -> bool {
        self.ticket = None;
        let Some(wait) = waits.get(usize::from(self.failures)) else {
            return false;
        };
        self.failures += 1;
        self.at = now.checked_add(*wait).unwrap_or(now);
        true
    }

    /// Plans it anew for a while later, without counting a failure.
    fn put_off(&mut self, now: Timestamp) {
        self.ticket = None;
        self.at = now.checked_add(OURS_AGAIN).unwrap_or(now);
    }

    fn lost(&self, now: Timestamp) -> Option<Ticket> {
        self.ticket.filter(|_| self.at <= now)
    }
}

/// The callback with the parameters of a verification after its own.
fn verification(key: &Key, pending: &Pending) -> String {
    let Ok(mut url) = Url::parse(&key.callback) else {
        return key.callback.clone();
    };
    let mut query = url.query_pairs_mut();
    query.append_pair("hub.mode", pending.mode.name());
    query.append_pair("hub.topic", &key.topic);
    query.append_pair("hub.challenge", &pending.challenge);
    if pending.mode == Mode::Subscribe {
        query.append_pair("hub.lease_seconds", &pending.lease.to_string());
    }
    drop(query);
    url.into()
}

/// The headers of a push: what it is, whose it is and, for a subscriber with a secret, the signature of these very bytes.
pub fn push_headers(
    hub: &str,
    topic: &str,
    media_type: &str,
    secret: Option<&str>,
    body: &[u8],
) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("content-type", media_type.to_owned()),
        ("link", format!("<{hub}>; rel=\"hub\", <{topic}>; rel=\"self\"")),
    ];
    headers.extend(secret.map(|secret| ("x-hub-signature", sign(secret, body))));
    headers
}

fn host(address: &str) -> Option<String> {
    Url::parse(address).ok()?.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;
