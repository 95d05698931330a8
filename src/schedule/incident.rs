//! When an incident of a source begins and ends: it begins when a crawl leaves the source in a state that somebody should
//! look at, and ends when one finds it well. One trouble that turns into another is the same incident.

use jiff::Timestamp;

use super::standing::Standing;
use crate::model::Incident;

/// So many incidents of a source are remembered.
const KEPT: usize = 10;

/// The incidents of a source, the newest first, after a crawl left it as `standing` says; `None` where that changes none.
/// `known` are those before.
pub fn after(known: &[Incident], standing: &Standing, now: Timestamp) -> Option<Vec<Incident>> {
    let wrong = standing.health.needs_attention();
    let open = known.first().filter(|incident| incident.is_open());
    let newest = match (open, wrong) {
        (None, true) => Incident {
            since: later_than(known, now),
            kind: standing.health,
            evidence: standing.evidence.clone(),
            last_good: standing.last_good,
            changed: now,
            resolved: None,
        },
        (Some(open), true) if open.kind != standing.health => Incident {
            kind: standing.health,
            evidence: standing.evidence.clone(),
            changed: now,
            ..open.clone()
        },
        (Some(open), false) => Incident {
            resolved: Some(now),
            ..open.clone()
        },
        (None, false) | (Some(_), true) => return None,
    };
    let older = known.iter().skip(usize::from(open.is_some())).cloned();
    Some(std::iter::once(newest).chain(older).take(KEPT).collect())
}

/// The time of a new incident: by it incidents are told apart, even if the clock was set back.
fn later_than(known: &[Incident], now: Timestamp) -> Timestamp {
    let least = known.first().and_then(|last| {
        let second = jiff::SignedDuration::from_secs(1);
        last.since.checked_add(second).ok()
    });
    least.map_or(now, |least| least.max(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Health;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn standing(health: Health) -> Standing {
        Standing {
            health,
            since: None,
            last_good: Some(at(5)),
            evidence: health.needs_attention().then(|| format!("{health:?}")),
            advice: None,
        }
    }

    /// The incidents after crawls that left the source so, one every 100 seconds: kind, beginning, end.
    fn after_all(crawls: &[Health]) -> Vec<(Health, i64, Option<i64>)> {
        let mut known = Vec::new();
        for (health, n) in crawls.iter().zip(1..) {
            known = after(&known, &standing(*health), at(100 * n)).unwrap_or(known);
        }
        let seconds = |at: Timestamp| at.as_second();
        known
            .iter()
            .map(|incident| (incident.kind, seconds(incident.since), incident.resolved.map(seconds)))
            .collect()
    }

    #[test]
    fn an_incident_lasts_from_the_first_bad_crawl_to_the_next_good_one() {
        use Health::{Failing, Gone, Ok, Quiet, QuietTooLong};
        for (crawls, expected) in [
            (vec![Ok, Quiet, Ok], vec![]),
            (vec![Ok, Failing, Failing], vec![(Failing, 200, None)]),
            (vec![Failing, Failing, Ok, Quiet], vec![(Failing, 100, Some(300))]),
            (vec![Failing, Gone, Ok], vec![(Gone, 100, Some(300))]),
            (
                vec![QuietTooLong, Quiet, Failing],
                vec![(Failing, 300, None), (QuietTooLong, 100, Some(200))],
            ),
        ] {
            assert_eq!(after_all(&crawls), expected, "{crawls:?}");
        }
    }

    #[test]
    fn what_changes_nothing_is_not_written_again() {
        let open = after(&[], &standing(Health::Failing), at(100)).unwrap();
        let mut again = standing(Health::Failing);
        again.evidence = Some("it took too long".to_owned());
        assert_eq!(after(&open, &again, at(200)), None);
        assert_eq!(after(&[], &standing(Health::Quiet), at(200)), None);
        assert_eq!(open[0].evidence.as_deref(), Some("Failing"));
        let turned = after(&open, &standing(Health::Gone), at(300)).unwrap();
        assert_eq!(
            (turned[0].updated(), turned[0].evidence.as_deref()),
            (at(300), Some("Gone"))
        );
    }

    #[test]
    fn the_newest_are_remembered_and_no_two_began_at_one_time() {
        let crawls = [Health::Failing, Health::Ok].repeat(30);
        let known = after_all(&crawls);
        assert_eq!((known.len(), known[0].1), (KEPT, 5_900));
        let first = after(&[], &standing(Health::Failing), at(100)).unwrap();
        let ended = after(&first, &standing(Health::Ok), at(100)).unwrap();
        let second = after(&ended, &standing(Health::Failing), at(40)).unwrap();
        assert_eq!((second[0].since, second[1].since), (at(101), at(100)));
    }
}
