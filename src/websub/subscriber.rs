//! Being told by a hub that a source has news: one [`Lease`] a source, to be kept in the store. It knows neither network
//! nor clock. Polling goes on all the same, only more rarely: a lease that fails costs time, no story.
//!
//! [`Lease::due`] gives the form to post to the hub; [`Lease::posted`], [`Lease::confirm`] and [`Lease::push`] take what
//! comes back. The callback's address is `/websub/{token}`; the token is unguessable, so that nobody else can confirm.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use super::request::Mode;
use super::{checked_address, is_signed};
use crate::model::Announced;

/// The lease that is asked for, in seconds.
const LEASE: u64 = 10 * 86_400;

/// A hub's lease counts as one between these, whatever it says: it must not make us ask every second, nor never again.
const LEASES: (u64, u64) = (3600, 30 * 86_400);

/// So long a hub may take to ask back.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Waits after failures in a row; then the last one for ever.
const AGAIN: [Duration; 4] = [
    Duration::from_secs(3600),
    Duration::from_secs(6 * 3600),
    Duration::from_secs(24 * 3600),
    Duration::from_secs(7 * 86_400),
];

/// A subscription of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// What is subscribed to, and where.
    pub announced: Announced,
    /// The last part of the callback's address.
    pub token: String,
    /// What the hub signs with.
    secret: String,
    /// Until when the hub tells us.
    until: Option<Timestamp>,
    /// When something is to be posted next.
    next: Timestamp,
    /// What was posted, and until when a hub that asks back is believed.
    asked: Option<(Mode, Timestamp)>,
    /// Failures in a row; the next hub is tried after each.
    failures: u32,
    /// Nobody wants it any more.
    ending: bool,
}

/// A form to be posted to a hub, through the address guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The hub.
    pub url: String,
    /// The body, `application/x-www-form-urlencoded`.
    pub form: String,
}

/// How to answer a hub that asks back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// 200 with this text and nothing else, as `text/plain`.
    Challenge(String),
    /// 200 without text: the hub's word is noted.
    Noted,
    /// 404: we did not ask for this.
    Refuse,
}

/// What a push means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Push {
    /// The source is due now. Answer 202.
    Due,
    /// Not from the hub: answer 202 all the same, so that nobody learns by trying, and do nothing.
    Ignore,
    /// We are not subscribed any more: answer 410, which lets the hub stop.
    Gone,
}

impl Lease {
    /// A lease that is to be asked for at once. Token and secret must be unguessable, and different from each other; the
    /// secret has less than 200 bytes.
    pub fn new(announced: Announced, token: String, secret: String, now: Timestamp) -> Lease {
        Lease {
            announced,
            token,
            secret,
            until: None,
            next: now,
            asked: None,
            failures: 0,
            ending: false,
        }
    }

    /// What to post now. `callback` is the public address of `/websub/{token}`.
    pub fn due(&mut self, callback: &Url, now: Timestamp) -> Option<Post> {
        if self.next > now || (self.ending && !self.is_active(now)) {
            return None;
        }
        let mode = if self.ending {
            Mode::Unsubscribe
        } else {
            Mode::Subscribe
        };
        let hub = self.hub()?.to_owned();
        // A hub that never asks back is one that failed; until then nothing more is posted.
        self.asked = Some((mode, later(now, PATIENCE)));
        self.next = later(now, PATIENCE.max(self.wait()));
        self.failures = self.failures.saturating_add(1);
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("hub.callback", callback.as_str());
        form.append_pair("hub.mode", mode.name());
        form.append_pair("hub.topic", &self.announced.topic);
        if mode == Mode::Subscribe {
            form.append_pair("hub.lease_seconds", &LEASE.to_string());
            form.append_pair("hub.secret", &self.secret);
        }
        Some(Post {
            url: hub,
            form: form.finish(),
        })
    }

    /// Takes the hub's answer to the form, `None` for no answer. Everything but 2xx is a failure; a success shows only
    /// when the hub asks back.
    pub fn posted(&mut self, status: Option<u16>, now: Timestamp) {
        let accepted = status.is_some_and(|status| (200..=299).contains(&status));
        // Some hubs ask back before they answer; what is confirmed already stays so.
        if !accepted && self.asked.take().is_some() {
            self.next = later(now, self.wait_after_failure());
        }
    }

    /// Answers a hub that asks back, by the query of its GET.
    pub fn confirm(&mut self, query: &str, now: Timestamp) -> Confirmation {
        let parameter = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        if parameter("hub.topic").is_none_or(|topic| topic != self.announced.topic) {
            return Confirmation::Refuse;
        }
        let mode = parameter("hub.mode").unwrap_or_default();
        let asked = self.asked.filter(|(_, until)| *until > now).map(|(mode, _)| mode);
        match (asked, mode.as_str()) {
            (_, "denied") => self.denied(now),
            (Some(Mode::Subscribe), "subscribe") | (Some(Mode::Unsubscribe), "unsubscribe") => {
                let Some(challenge) = parameter("hub.challenge").filter(|challenge| !challenge.is_empty()) else {
                    return Confirmation::Refuse;
                };
                let stated = parameter("hub.lease_seconds").and_then(|lease| lease.parse().ok());
                self.confirmed(stated.unwrap_or(LEASE), now);
                Confirmation::Challenge(challenge)
            }
            _ => Confirmation::Refuse,
        }
    }

    /// Judges a push by its `X-Hub-Signature`. Its body is not read any further: the source is fetched as ever.
    pub fn push(&self, signature: Option<&str>, body: &[u8], now: Timestamp) -> Push {
        if !self.is_active(now) {
            return Push::Gone;
        }
        match signature {
            Some(signature) if is_signed(&self.secret, body, signature) => Push::Due,
            _ => Push::Ignore,
        }
    }

    /// Whether the hub tells us of news.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until > now)
    }

    /// When [`Lease::due`] has something next; never after the end.
    pub fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        (!self.ending || self.is_active(now)).then_some(self.next)
    }

    /// The hub whose turn it is.
    pub fn hub(&self) -> Option<&str> {
        let turn = usize::try_from(self.failures).unwrap_or(usize::MAX);
        let hubs = &self.announced.hubs;
        hubs.get(turn.checked_rem(hubs.len())?).map(String::as_str)
    }

    /// Until when the hub tells us, once it has confirmed that it will.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// Whether it is for what is announced now; in which order the hubs stand is no difference.
    pub fn is_for(&self, announced: &Announced) -> bool {
        let of = |announced: &Announced| announced.hubs.iter().cloned().collect::<BTreeSet<String>>();
        self.announced.topic == announced.topic && of(&self.announced) == of(announced)
    }

    /// Ends it: the source was removed, or announces another hub.
    pub fn end(&mut self, now: Timestamp) {
        self.ending = true;
        self.failures = 0;
        self.next = now;
    }

    fn confirmed(&mut self, seconds: u64, now: Timestamp) {
        // The challenge is used up: the same request again is not ours.
        self.asked = None;
        if self.ending {
            self.until = None;
            return;
        }
        // A hub that worked is asked again, not the next one.
        let hubs = &mut self.announced.hubs;
        let turn = usize::try_from(self.failures.saturating_sub(1)).unwrap_or(0);
        let used = turn.checked_rem(hubs.len()).unwrap_or(0);
        hubs.rotate_left(used);
        self.failures = 0;
        let lease = Duration::from_secs(seconds.clamp(LEASES.0, LEASES.1));
        self.until = Some(later(now, lease));
        self.next = later(now, lease / 5 * 4);
    }

    /// The hub will not, or no longer, tell us.
    fn denied(&mut self, now: Timestamp) -> Confirmation {
        self.asked = None;
        self.until = None;
        self.failures = self.failures.max(1);
        self.next = later(now, AGAIN[AGAIN.len() - 1]);
        Confirmation::Noted
    }

    /// The wait if the post that is made now fails.
    fn wait(&self) -> Duration {
        let at = usize::try_from(self.failures).unwrap_or(usize::MAX);
        AGAIN[at.min(AGAIN.len() - 1)]
    }

    /// The wait after a post that has failed, which is counted already.
    fn wait_after_failure(&self) -> Duration {
        let at = usize::try_from(self.failures.saturating_sub(1)).unwrap_or(usize::MAX);
        AGAIN[at.min(AGAIN.len() - 1)]
    }
}

impl Announced {
    /// Whether hubs and topic are addresses that may be sent to.
    pub fn is_well_formed(&self) -> bool {
        !self.hubs.is_empty()
            && self
                .hubs
                .iter()
                .chain([&self.topic])
                .all(|address| checked_address(address).is_some())
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::websub::sign;

    const ASKS: &str =
        "hub.mode=subscribe&hub.topic=https%3A%2F%2Fa.example%2Ff&hub.challenge=x%20y&hub.lease_seconds=86400";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn callback() -> Url {
        "https://w.example/websub/token".parse().unwrap()
    }

    fn lease() -> Lease {
        let announced = Announced {
            hubs: vec!["https://h.example/".to_owned(), "https://i.example/".to_owned()],
            topic: "https://a.example/f".to_owned(),
        };
        Lease::new(announced, "token".to_owned(), "rahasia".to_owned(), at(0))
    }

    fn active() -> Lease {
        let mut lease = lease();
        lease.due(&callback(), at(0)).unwrap();
        lease.posted(Some(202), at(1));
        assert_eq!(lease.confirm(ASKS, at(2)), Confirmation::Challenge("x y".to_owned()));
        lease
    }

    #[test]
    fn it_is_asked_for_confirmed_and_renewed_in_time() {
        let mut lease = lease();
        let post = lease.due(&callback(), at(0)).unwrap();
        assert_eq!(post.url, "https://h.example/");
        assert_eq!(
            post.form,
            "hub.callback=https%3A%2F%2Fw.example%2Fwebsub%2Ftoken&hub.mode=subscribe&hub.topic=https%3A%2F%2Fa.example%2Ff\
             &hub.lease_seconds=864000&hub.secret=rahasia"
        );
        assert_eq!(lease.due(&callback(), at(1)), None);
        assert!(!lease.is_active(at(1)));
        let mut lease = active();
        assert!(lease.is_active(at(86_401)) && !lease.is_active(at(86_402)));
        assert_eq!(lease.next_due(at(3)), Some(at(2 + 86_400 / 5 * 4)));
        assert_eq!(lease.due(&callback(), at(69_121)), None);
        assert_eq!(lease.due(&callback(), at(69_122)).unwrap().url, "https://h.example/");
        assert!(
            lease.is_active(at(80_000)),
            "the old lease holds until the new one is confirmed"
        );
        assert_eq!(
            lease.confirm(ASKS, at(70_000)),
            Confirmation::Challenge("x y".to_owned())
        );
        assert!(lease.is_active(at(156_399)));
    }

    #[test]
    fn a_hub_is_believed_only_when_it_was_asked_and_only_once() {
        let mut lease = active();
        assert_eq!(
            lease.confirm(ASKS, at(3)),
            Confirmation::Refuse,
            "the same request again"
        );
        let end = ASKS.replace("subscribe", "unsubscribe");
        assert_eq!(lease.confirm(&end, at(3)), Confirmation::Refuse, "nobody wanted an end");
        for query in [
            "",
            "hub.mode=subscribe&hub.challenge=x",
            "hub.mode=subscribe&hub.topic=https%3A%2F%2Fa.example%2Ff",
            "hub.mode=subscribe&hub.topic=https%3A%2F%2Fa.example%2Ff&hub.challenge=",
            "hub.mode=subscribe&hub.topic=https%3A%2F%2Fb.example%2Ff&hub.challenge=x",
            "hub.mode=SUBSCRIBE&hub.topic=https%3A%2F%2Fa.example%2Ff&hub.challenge=x",
            "hub.mode=denied&hub.topic=https%3A%2F%2Fb.example%2Ff",
            "%ff&=&&%",
        ] {
            let mut asked = self::lease();
            assert_eq!(asked.confirm(ASKS, at(0)), Confirmation::Refuse, "before it was asked");
            asked.due(&callback(), at(0)).unwrap();
            assert_eq!(asked.confirm(query, at(1)), Confirmation::Refuse, "{query}");
            assert_eq!(asked.confirm(ASKS, at(3_600)), Confirmation::Refuse, "an hour later");
            assert!(!asked.is_active(at(2)));
        }
    }

    #[test]
    fn a_push_counts_only_with_the_right_signature() {
        let lease = active();
        let body = b"<feed/>";
        let good = sign("rahasia", body);
        for (signature, body, expected) in [
            (Some(good.as_str()), &body[..], Push::Due),
            (None, body, Push::Ignore),
            (Some(""), body, Push::Ignore),
            (Some(sign("lain", body).as_str()), body, Push::Ignore),
            (Some(good.as_str()), b"<feed />", Push::Ignore),
            (Some(sign("", body).as_str()), body, Push::Ignore),
        ] {
            assert_eq!(lease.push(signature, body, at(3)), expected, "{signature:?}");
        }
        assert_eq!(lease.push(Some(&good), body, at(90_000)), Push::Gone);
        assert_eq!(self::lease().push(Some(&good), body, at(0)), Push::Gone);
    }

    #[test]
    fn failures_go_from_hub_to_hub_ever_more_rarely() {
        let mut lease = lease();
        let mut now = 0;
        for (hub, wait) in [("h", 1), ("i", 6), ("h", 24), ("i", 168), ("h", 168), ("i", 168)] {
            let post = lease.due(&callback(), at(now)).unwrap();
            assert_eq!(post.url, format!("https://{hub}.example/"));
            // Whether it refuses, does not answer, or answers and never asks back.
            match wait {
                1 => lease.posted(Some(500), at(now)),
                6 => lease.posted(None, at(now)),
                _ => lease.posted(Some(202), at(now)),
            }
            now += wait * 3_600;
            assert_eq!(lease.due(&callback(), at(now - 1)), None, "{hub} after {wait} h");
        }
        lease.due(&callback(), at(now)).unwrap();
        lease.failures = 6;
        lease.confirm(ASKS, at(now));
        assert_eq!(
            lease.announced.hubs[0], "https://i.example/",
            "the one that worked is asked again"
        );
    }

    #[test]
    fn a_hubs_lease_is_taken_within_reason() {
        for (stated, seconds) in [
            ("&hub.lease_seconds=0", 3_600),
            ("&hub.lease_seconds=-5", 864_000),
            ("", 864_000),
            ("&hub.lease_seconds=18446744073709551615", 2_592_000),
        ] {
            let mut lease = lease();
            lease.due(&callback(), at(0)).unwrap();
            let query = format!("{}{stated}", ASKS.replace("&hub.lease_seconds=86400", ""));
            lease.confirm(&query, at(0));
            assert!(
                lease.is_active(at(seconds - 1)) && !lease.is_active(at(seconds)),
                "{stated}"
            );
        }
    }

    #[test]
    fn a_denial_ends_it_for_a_week() {
        let mut lease = active();
        let denied = "hub.mode=denied&hub.topic=https%3A%2F%2Fa.example%2Ff&hub.reason=no";
        assert_eq!(lease.confirm(denied, at(10)), Confirmation::Noted);
        assert!(!lease.is_active(at(11)));
        assert_eq!(lease.next_due(at(11)), Some(at(10 + 7 * 86_400)));
    }

    #[test]
    fn an_end_is_asked_for_and_confirmed() {
        let mut lease = active();
        lease.end(at(10));
        let post = lease.due(&callback(), at(10)).unwrap();
        assert!(
            post.form.contains("hub.mode=unsubscribe") && !post.form.contains("secret"),
            "{}",
            post.form
        );
        assert_eq!(lease.confirm(ASKS, at(11)), Confirmation::Refuse);
        let end = ASKS.replace("subscribe", "unsubscribe");
        assert_eq!(lease.confirm(&end, at(11)), Confirmation::Challenge("x y".to_owned()));
        assert_eq!(
            (lease.next_due(at(12)), lease.due(&callback(), at(99_999))),
            (None, None)
        );
        let bytes = postcard::to_stdvec(&lease).unwrap();
        assert_eq!(postcard::from_bytes::<Lease>(&bytes).unwrap(), lease);
        let mut never = self::lease();
        never.end(at(0));
        assert_eq!(never.due(&callback(), at(1)), None);
    }
}
