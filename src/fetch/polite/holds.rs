//! When a whole host is left alone because of how it answered: it asked for patience, or several of its addresses in a
//! row gave server errors. One address that fails is its source's affair (`schedule`).

use std::time::Duration;

use jiff::Timestamp;

use super::super::{Answer, Error};

/// So many broken answers in a row, without a good one between, and it is the host.
const BROKEN_IN_A_ROW: u32 = 3;

/// The first time that a host is left alone when it does not say for how long; each further one is twice as long.
const FIRST_HOLD: Duration = Duration::from_secs(60);

/// The longest it is left alone on our own account.
const LONGEST_HOLD: Duration = Duration::from_secs(3600);

/// How a host has answered lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conduct {
    /// Broken answers in a row.
    broken: u32,
    /// Answers in a row that asked for patience.
    refused: u32,
    held: Option<Hold>,
}

/// Until when a host is left alone, and the status that it gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    /// Until then.
    pub(super) until: Timestamp,
    /// 429, or that of a server error; 503 where nothing came at all.
    pub(super) status: u16,
}

impl Conduct {
    /// The hold that is in force.
    pub(super) fn held(&self, now: Timestamp) -> Option<Hold> {
        self.held.filter(|hold| hold.until > now)
    }

    /// Leaves the host alone until then at least.
    pub(super) fn hold(&mut self, until: Timestamp, status: u16) {
        if self.held.is_none_or(|held| held.until < until) {
            self.held = Some(Hold { until, status });
        }
    }

    /// Takes note of an answer. What the host never saw, because it was refused here, is none.
    pub(super) fn saw(&mut self, answer: Result<&Answer, &Error>, now: Timestamp) {
        match answer {
            Err(Error::Status {
                status,
                retry_after: Some(until),
                ..
            }) if matches!(status, 429 | 503) => {
                self.refused = self.refused.saturating_add(1);
                self.hold(*until, *status);
            }
            Err(Error::Status { status: 429, .. }) => {
                self.refused = self.refused.saturating_add(1);
                self.hold(now + doubled(self.refused - 1), 429);
            }
            Err(Error::Status { status, .. }) if *status >= 500 => self.broke(*status, now),
            Err(Error::Timeout { .. } | Error::Transport { .. }) => self.broke(503, now),
            Err(Error::Refused { .. } | Error::Robots { .. } | Error::Browser { .. }) => {}
            Ok(_)
            | Err(Error::Status { .. } | Error::TooLarge { .. } | Error::Redirects { .. } | Error::Challenge { .. }) => {
                *self = Conduct::default();
            }
        }
    }

    fn broke(&mut self, status: u16, now: Timestamp) {
        self.broken = self.broken.saturating_add(1);
        if self.broken >= BROKEN_IN_A_ROW {
            self.hold(now + doubled(self.broken - BROKEN_IN_A_ROW), status);
        }
    }
}

fn doubled(times: u32) -> Duration {
    FIRST_HOLD.saturating_mul(1 << times.min(16)).min(LONGEST_HOLD)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::super::super::Reply;
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn url() -> Url {
        "https://a.example/x".parse().unwrap()
    }

    fn status(status: u16, retry_after: Option<Timestamp>) -> Result<Answer, Error> {
        Err(Error::Status {
            url: url(),
            status,
            retry_after,
        })
    }

    fn timeout() -> Result<Answer, Error> {
        Err(Error::Timeout {
            url: url(),
            limit: Duration::from_secs(30),
        })
    }

    /// The hold after these answers at second 0, in seconds and with its status.
    fn after(answers: &[Result<Answer, Error>]) -> Option<(i64, u16)> {
        let mut conduct = Conduct::default();
        for answer in answers {
            conduct.saw(answer.as_ref(), at(0));
        }
        conduct.held(at(0)).map(|hold| (hold.until.as_second(), hold.status))
    }

    #[test]
    fn what_a_host_answers_says_how_long_it_is_left_alone() {
        let good = || Ok(Answer::Reply(Reply::NotModified));
        for (answers, expected) in [
            (vec![status(429, Some(at(500)))], Some((500, 429))),
            (vec![status(503, Some(at(9_000)))], Some((9_000, 503))),
            (vec![status(429, None)], Some((60, 429))),
            (
                vec![status(429, None), status(429, None), status(429, None)],
                Some((240, 429)),
            ),
            (vec![status(503, None)], None),
            (vec![status(500, None), status(502, None)], None),
            (vec![status(500, None), status(502, None), timeout()], Some((60, 503))),
            (
                vec![status(500, None), good(), status(500, None), status(500, None)],
                None,
            ),
            (
                vec![
                    status(500, None),
                    status(404, None),
                    status(500, None),
                    status(500, None),
                ],
                None,
            ),
            (vec![status(500, Some(at(900))), good()], None),
            (
                vec![status(429, Some(at(900))), status(429, Some(at(100)))],
                Some((900, 429)),
            ),
            ((0..40).map(|_| timeout()).collect(), Some((3600, 503))),
            (vec![Err(Error::Robots { url: url() }), status(403, None)], None),
        ] {
            assert_eq!(after(&answers), expected, "{answers:?}");
        }
    }

    #[test]
    fn a_hold_ends_by_itself() {
        let mut conduct = Conduct::default();
        conduct.hold(at(100), 429);
        conduct.hold(at(50), 503);
        assert_eq!(conduct.held(at(99)).map(|hold| hold.until), Some(at(100)));
        assert_eq!(conduct.held(at(100)), None);
    }
}
