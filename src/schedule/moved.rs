//! Sources that moved. A permanent redirect (301, 308) is believed only after it held for a week of fetches, a temporary
//! one (302, 303, 307) never: sites redirect for an hour of maintenance with any of them. What is adopted here is asked
//! instead of the configured address; the configuration itself is changed by people, to whom [`site_moves`] proposes it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::model::{Moved, Source, SourceId, SourceState};

/// How long a permanent redirect must hold.
const HELD_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// In how many fetches, at least.
const HELD_FETCHES: u32 = 7;

/// What is known of a source's move after a fetch that gave something to read. `led` is where the permanent redirects
/// led before the first temporary one; `None` if there was none. Fetches that failed are no evidence: do not call this.
pub fn watched(known: Option<&Moved>, configured: &Url, led: Option<&Url>, now: Timestamp) -> Option<Moved> {
    let known = known.filter(|known| known.from == configured.as_str());
    let Some(led) = led else {
        // At an adopted address nothing more is to be expected; elsewhere the redirect has ended.
        let adopted = known.filter(|known| known.adopted.is_some())?;
        return Some(Moved {
            last: now,
            ..adopted.clone()
        });
    };
    match known {
        Some(known) if known.to == led.as_str() => {
            let seen = known.seen.saturating_add(1);
            let held = now.duration_since(known.first) >= HELD_FOR && seen >= HELD_FETCHES;
            Some(Moved {
                last: now,
                seen,
                adopted: known.adopted.or(held.then_some(now)),
                ..known.clone()
            })
        }
        _ if led == configured => None,
        _ => Some(Moved {
            from: configured.to_string(),
            to: led.to_string(),
            first: now,
            last: now,
            seen: 1,
            adopted: None,
        }),
    }
}

/// The address to ask: the adopted one, as long as the configuration names the address it was adopted for.
pub fn address(source: &Source, state: &SourceState) -> Url {
    state
        .moved
        .as_ref()
        .filter(|moved| moved.adopted.is_some() && moved.from == source.url.as_str())
        .and_then(|moved| moved.to.parse().ok())
        .unwrap_or_else(|| source.url.clone())
}

/// A site that moved: what `warta sources` proposes to write into the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteMove {
    /// The host that the configuration names.
    pub from: String,
    /// The host that its sources are read at now; the same where only paths or the scheme changed.
    pub to: String,
    /// The sources concerned, each with its new address.
    pub sources: Vec<(SourceId, String)>,
    /// How many sources of the old host did not move with them.
    pub stayed: usize,
}

/// The moves of whole sites, by old and new host.
pub fn site_moves<'a>(sources: impl Iterator<Item = (&'a Source, &'a SourceState)>) -> Vec<SiteMove> {
    let mut moves: BTreeMap<(String, String), Vec<(SourceId, String)>> = BTreeMap::new();
    let mut on_host: BTreeMap<String, usize> = BTreeMap::new();
    let host = |url: &Url| url.host_str().unwrap_or_default().to_owned();
    for (source, state) in sources {
        let from = host(&source.url);
        *on_host.entry(from.clone()).or_default() += 1;
        let now_at = address(source, state);
        if now_at != source.url {
            let moved = (source.id.clone(), now_at.to_string());
            moves.entry((from, host(&now_at))).or_default().push(moved);
        }
    }
    moves
        .into_iter()
        .map(|((from, to), sources)| SiteMove {
            stayed: on_host.get(&from).map_or(0, |all| all.saturating_sub(sources.len())),
            from,
            to,
            sources,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn day(n: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + n * 86_400).unwrap()
    }

    const OLD: &str = "https://ntb.kemenkumham.example.go.id/feed";
    const NEW: &str = "https://ntb.kemenkum.example.go.id/feed";
    const OTHER: &str = "https://maintenance.example/";

    /// What is known after one fetch a day that led to these addresses.
    fn after(led: &[Option<&str>]) -> Option<Moved> {
        led.iter().zip(0..).fold(None, |known, (led, n)| {
            watched(known.as_ref(), &url(OLD), led.map(url).as_ref(), day(n))
        })
    }

    #[test]
    fn a_permanent_redirect_is_adopted_after_a_week_of_fetches() {
        let adopted = |led: &[Option<&str>]| after(led).is_some_and(|moved| moved.adopted.is_some());
        let week = [Some(NEW); 8];
        assert!(!adopted(&week[..7]), "six days have passed");
        assert!(adopted(&week));
        for (what, led) in [
            ("it answered in place once", [Some(NEW), Some(NEW), None, Some(NEW)]),
            ("it led elsewhere once", [Some(NEW), Some(NEW), Some(OTHER), Some(NEW)]),
        ] {
            let mut led = led.to_vec();
            led.extend([Some(NEW); 4]);
            assert!(!adopted(&led), "{what}");
            led.extend([Some(NEW); 3]);
            assert!(adopted(&led), "{what}, and then a week");
        }
    }

    #[test]
    fn two_fetches_a_week_apart_are_not_a_week_of_fetches() {
        let first = watched(None, &url(OLD), Some(&url(NEW)), day(0));
        let second = watched(first.as_ref(), &url(OLD), Some(&url(NEW)), day(8)).unwrap();
        assert_eq!((second.adopted, second.seen), (None, 2));
    }

    #[test]
    fn what_was_adopted_stays_until_the_configuration_changes_or_it_moves_on() {
        let moved = after(&[Some(NEW); 8]);
        let still = watched(moved.as_ref(), &url(OLD), None, day(9)).unwrap();
        assert_eq!((still.adopted, still.last), (Some(day(7)), day(9)));
        let further = watched(moved.as_ref(), &url(OLD), Some(&url(OTHER)), day(9)).unwrap();
        assert_eq!((further.to.as_str(), further.adopted), (OTHER, None));
        assert_eq!(watched(moved.as_ref(), &url(NEW), None, day(9)), None);
    }

    #[test]
    fn the_adopted_address_is_asked_for_the_configured_one_only() {
        let mut source = source(None);
        source.url = url(OLD);
        let state = SourceState {
            moved: after(&[Some(NEW); 8]),
            ..SourceState::default()
        };
        assert_eq!(address(&source, &state).as_str(), NEW);
        source.url = url("https://other.example/feed");
        assert_eq!(address(&source, &state), source.url);
    }

    #[test]
    fn the_move_of_a_site_is_proposed_once_with_its_sources() {
        let state = SourceState {
            moved: after(&[Some(NEW); 8]),
            ..SourceState::default()
        };
        let never = SourceState::default();
        let with = |id: &str, url: &str| {
            let mut source = source(None);
            source.id = SourceId::new(id).unwrap();
            source.url = url.parse().unwrap();
            source
        };
        let (a, b) = (
            with("a", OLD),
            with("b", "https://ntb.kemenkumham.example.go.id/berita"),
        );
        let found = site_moves([(&a, &state), (&b, &never)].into_iter());
        assert_eq!(
            found,
            [SiteMove {
                from: "ntb.kemenkumham.example.go.id".to_owned(),
                to: "ntb.kemenkum.example.go.id".to_owned(),
                sources: vec![(a.id.clone(), NEW.to_owned())],
                stayed: 1,
            }]
        );
    }
}
