//! How a source stands: what its last crawl and its own history say, since when, and what somebody can do about it. The
//! words are for logs and JSON, English like them; people are given advice in their site's language.

use jiff::{SignedDuration, Timestamp};

use super::rhythm::{Rates, articles_known};
use crate::model::{Health, Language, Rhythm, SourceState};

/// So many articles more should have come for a silence to be called quiet.
const QUIET: f64 = 3.0;

/// So many for it to be too long: one silence in a thousand, if articles came independently of each other.
const TOO_LONG: f64 = 7.0;

/// And so many times the longest silence before it, because they do not.
const TIMES_LONGEST: f64 = 1.5;

/// No silence is too long before this.
const SILENCE_ALLOWED: SignedDuration = SignedDuration::from_hours(48);

/// So many articles, faded as they are, must be known before a silence can be too long.
const HISTORY: f64 = 4.0;

/// A source in which nothing was ever found is called quiet after so many days.
const NOTHING_YET: i32 = 30;

/// How a source stands, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How it stands.
    pub health: Health,
    /// Since when.
    pub since: Option<Timestamp>,
    /// When something was last read from it.
    pub last_good: Option<Timestamp>,
    /// What this was read from, in one sentence.
    pub evidence: Option<String>,
    /// What somebody can do, in one sentence of English; `None` where nothing needs to be done.
    pub advice: Option<&'static str>,
}

/// How a source stands now. A silence grows without a crawl, so it is measured here again.
pub fn standing(state: &SourceState, now: Timestamp) -> Standing {
    let (health, evidence) = match state.health {
        Health::Ok | Health::Quiet | Health::QuietTooLong => silence(&state.rhythm, now),
        other => (other, state.evidence.clone().or_else(|| state.last_error.clone())),
    };
    let began_quiet = matches!(health, Health::Quiet | Health::QuietTooLong).then_some(state.rhythm.last);
    Standing {
        health,
        since: began_quiet.flatten().or(state.since),
        last_good: match health {
            Health::Drifted => state.last_listed,
            _ => state.last_success,
        },
        evidence,
        advice: advice(health, Language::En),
    }
}

/// What somebody can do about a source that stands so, in this language.
pub fn advice(health: Health, language: Language) -> Option<&'static str> {
    let (indonesian, english) = match health {
        Health::Ok | Health::Quiet => return None,
        Health::QuietTooLong => (
            "buka situsnya: mungkin kini terbit di tempat lain, atau hanya di media sosial; lalu ganti atau hapus sumbernya",
            "open the site: it may publish elsewhere by now, or only on social media; then change or remove the source",
        ),
        Health::Failing => (
            "tunggu: sumber ini dicoba lagi, makin lama makin jarang; bila situsnya terbuka di peramban, periksa url-nya",
            "wait: it is tried again ever more rarely; if the site works in a browser, check its url",
        ),
        Health::Blocked => (
            "minta pengelola situs mengizinkan perayap ini (User-Agent dan kontaknya ada di lognya), atau pakai sumber lain",
            "ask the site's keeper to let the crawler in (User-Agent and contact are in its log), or use another source",
        ),
        Health::Drifted => (
            "jalankan `warta add` pada url-nya untuk melihat isinya kini, lalu perbarui kind atau selektornya",
            "run `warta add` on its url to see what is found there now, and renew kind or selectors",
        ),
        Health::Moved => (
            "tulis alamat barunya di konfigurasi; alamat itu sudah dipakai untuk sementara",
            "write the new address into the configuration; it is used meanwhile",
        ),
        Health::Gone => (
            "cari alamat barunya; yang lama ditanya seminggu sekali kalau-kalau kembali",
            "look for its new address; it is asked once a week in case it comes back",
        ),
        Health::Quarantined => (
            "`warta sources --problems` memuat yang ditahan; beri tahu pengelola situs bila situsnya diretas",
            "`warta sources --problems` lists what was held back; tell the site's keeper if it was hacked",
        ),
    };
    Some(match language {
        Language::Id => indonesian,
        Language::En => english,
    })
}

/// How the silence since the newest article compares with the source's own history.
pub(super) fn silence(rhythm: &Rhythm, now: Timestamp) -> (Health, Option<String>) {
    let Some(last) = rhythm.last else {
        let watched = rhythm.began.map_or(0, |began| SourceState::day(now) - began);
        return if watched >= NOTHING_YET {
            let what = format!("nothing new was found in it for the {watched} days that it is watched");
            (Health::Quiet, Some(what))
        } else {
            (Health::Ok, None)
        };
    };
    // By the pace of its last article: the silence itself would make any silence seem usual.
    let expected = Rates::of(rhythm, last).expected(last, now);
    if expected < QUIET {
        return (Health::Ok, None);
    }
    let silent = now.duration_since(last);
    let hours = silent.as_secs() as f64 / 3600.0;
    let too_long = expected >= TOO_LONG
        && silent >= SILENCE_ALLOWED
        && hours > TIMES_LONGEST * f64::from(rhythm.longest_gap)
        && articles_known(rhythm) >= HISTORY;
    let evidence = format!(
        "nothing new since {}, {} hours ago; at its usual pace there would be {expected:.0} articles by now, and its \
         longest silence before was {} hours",
        rhythm.zone.offset().to_datetime(last).date(),
        hours as u64,
        rhythm.longest_gap
    );
    let health = if too_long { Health::QuietTooLong } else { Health::Quiet };
    (health, Some(evidence))
}

/// How a source stands whose list holds nothing, though it held something before.
pub(super) fn drifted(before: &SourceState) -> (Health, Option<String>) {
    let when = before
        .last_listed
        .map_or_else(|| "before".to_owned(), |at| format!("last at {at}"));
    let evidence = format!(
        "it was fetched, and no article is found in it; {} were, {when}",
        before.listed
    );
    (Health::Drifted, Some(evidence))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::Zone;
    use crate::schedule::rhythm::learn;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// One article every so many hours until 1 December.
    fn rhythm(every_hours: u64, articles: u64) -> Rhythm {
        let end = time("2026-12-01T10:00:00+07:00");
        let times: Vec<Timestamp> = (0..articles)
            .map(|n| end - Duration::from_secs(n * every_hours * 3600))
            .collect();
        learn(&Rhythm::default(), Zone::Wib, &times, end)
    }

    #[test]
    fn a_silence_is_measured_by_the_sources_own_history() {
        for (every, articles, silent_hours, expected) in [
            (24, 30, 6, Health::Ok),
            (24, 30, 120, Health::Quiet),
            (24, 30, 24 * 12, Health::QuietTooLong),
            (24 * 7, 8, 24 * 11, Health::Ok),
            (24 * 7, 8, 24 * 25, Health::Quiet),
            (24 * 7, 8, 24 * 80, Health::QuietTooLong),
            (3, 100, 40, Health::Quiet),
            (3, 100, 50, Health::QuietTooLong),
            (24, 2, 24 * 12, Health::Quiet),
        ] {
            let now = time("2026-12-01T10:00:00+07:00") + Duration::from_secs(silent_hours * 3600);
            let (health, evidence) = silence(&rhythm(every, articles), now);
            assert_eq!(
                health, expected,
                "one in {every} hours, {articles} articles, silent for {silent_hours}: {evidence:?}"
            );
        }
    }

    #[test]
    fn who_was_once_silent_for_long_may_be_so_again() {
        let mut holiday = rhythm(24, 30);
        holiday.longest_gap = 24 * 11;
        let (health, _) = silence(&holiday, time("2026-12-13T10:00:00+07:00"));
        assert_eq!(health, Health::Quiet);
    }

    #[test]
    fn a_silence_grows_without_a_crawl_and_other_troubles_stay() {
        let mut state = SourceState {
            rhythm: rhythm(24, 30),
            ..SourceState::default()
        };
        let later = time("2026-12-20T10:00:00+07:00");
        let quiet = standing(&state, later);
        assert_eq!(quiet.health, Health::QuietTooLong);
        assert_eq!(quiet.since, state.rhythm.last);
        assert!(quiet.evidence.is_some_and(|text| text.contains("2026-12-01")));
        state.health = Health::Blocked;
        state.last_error = Some("it answered 403".to_owned());
        let blocked = standing(&state, later);
        assert_eq!(
            (blocked.health, blocked.evidence.as_deref()),
            (Health::Blocked, Some("it answered 403"))
        );
    }

    #[test]
    fn every_trouble_comes_with_advice() {
        for health in [
            Health::Ok,
            Health::Quiet,
            Health::QuietTooLong,
            Health::Failing,
            Health::Blocked,
            Health::Drifted,
            Health::Moved,
            Health::Gone,
            Health::Quarantined,
        ] {
            let [indonesian, english] = [Language::Id, Language::En].map(|language| advice(health, language));
            assert_eq!(indonesian.is_some(), health.needs_attention(), "{health:?}");
            assert_eq!(indonesian.is_some(), english.is_some(), "{health:?}");
            assert!(indonesian.is_none() || indonesian != english, "{health:?}");
        }
    }

    #[test]
    fn a_source_without_any_article_is_quiet_after_a_month() {
        let began = learn(&Rhythm::default(), Zone::Wib, &[], time("2026-10-01T10:00:00+07:00"));
        assert_eq!(silence(&began, time("2026-10-20T10:00:00+07:00")).0, Health::Ok);
        assert_eq!(silence(&began, time("2026-11-20T10:00:00+07:00")).0, Health::Quiet);
    }
}
