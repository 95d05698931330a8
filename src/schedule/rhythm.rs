//! A source's own rhythm: at which hours and on which weekdays it publishes, and how much. Learnt from the times of its
//! articles, which fade; until there are enough of them, office hours are expected. When to ask is [`super::pace`]'s.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Weekday;

use crate::model::{Rhythm, Zone};

/// The weight of one article of today.
const ARTICLE: f64 = 256.0;

/// After so many days an article weighs half.
const HALF_LIFE: f64 = 28.0;

/// Older articles say nothing of today's habits; they come with the first crawl of an archive.
const DAYS_HEEDED: i32 = 60;

/// More articles of one hour than this are one bulk import, not a habit.
const HOUR_CAP: usize = 10;

/// Articles a week expected of a source of which nothing is known.
const EXPECTED_WEEK: f64 = 3.5;

/// What [`EXPECTED_WEEK`] weighs against what was watched, in weeks.
const EXPECTED_WEEKS: f64 = 1.0;

/// What the expected hours and days weigh against those of the articles, in articles.
const EXPECTED_ARTICLES: f64 = 4.0;

/// The share of each hour of the day that is expected: a press office's working day.
const OFFICE_HOURS: [f64; 24] = [
    0.003, 0.001, 0.001, 0.001, 0.001, 0.003, 0.010, 0.040, 0.095, 0.120, 0.120, 0.105, 0.080, 0.085, 0.100, 0.090,
    0.060, 0.030, 0.018, 0.015, 0.010, 0.006, 0.004, 0.003,
];

/// The share of each day of the week that is expected, from Monday.
const OFFICE_DAYS: [f64; 7] = [0.18, 0.18, 0.18, 0.18, 0.17, 0.06, 0.05];

/// Adds the times of articles that were found, in any order. Times after `now` count as now.
pub fn learn(rhythm: &Rhythm, zone: Zone, times: &[Timestamp], now: Timestamp) -> Rhythm {
    let today = day(now, zone);
    let mut times: Vec<Timestamp> = times
        .iter()
        .map(|time| (*time).min(now))
        .filter(|time| today - day(*time, zone) < DAYS_HEEDED)
        .collect();
    times.sort_unstable();
    let oldest = times.first().map_or(today, |time| day(*time, zone));
    let mut learnt = if rhythm.zone == zone {
        faded(rhythm, today)
    } else {
        Rhythm::default()
    };
    learnt.zone = zone;
    learnt.faded = today;
    learnt.began = Some(learnt.began.map_or(oldest, |began| began.min(oldest)));
    let mut in_hour = (i64::MIN, 0);
    for time in times {
        let hour = time.as_second().div_euclid(3600);
        in_hour = if in_hour.0 == hour {
            (hour, in_hour.1 + 1)
        } else {
            (hour, 1)
        };
        if in_hour.1 <= HOUR_CAP {
            add(&mut learnt, time, today);
        }
    }
    learnt
}

/// Articles a week, as watched so far.
pub fn articles_week(rhythm: &Rhythm, now: Timestamp) -> f64 {
    let watched = rhythm.began.map_or(0.0, |began| {
        let days = f64::from((day(now, rhythm.zone) - began + 1).max(0));
        // The weights of an unchanging source add up to its rate times this.
        let mean_life = HALF_LIFE / std::f64::consts::LN_2;
        mean_life * (1.0 - (-days / mean_life).exp()) / 7.0
    });
    let weight = total(&rhythm.days) / ARTICLE * fade(day(now, rhythm.zone) - rhythm.faded);
    (weight + EXPECTED_WEEK * EXPECTED_WEEKS) / (watched + EXPECTED_WEEKS)
}

/// Articles that have been found so far, each by what it still weighs.
pub fn articles_known(rhythm: &Rhythm) -> f64 {
    total(&rhythm.days) / ARTICLE
}

/// The rates of every hour of the week, computed once for many questions.
#[derive(Clone, Debug)]
pub struct Rates {
    zone: Zone,
    hours: [f64; 24],
    days: [f64; 7],
}

impl Rates {
    /// The rates as they are expected now.
    pub fn of(rhythm: &Rhythm, now: Timestamp) -> Rates {
        let week = articles_week(rhythm, now);
        Rates {
            zone: rhythm.zone,
            hours: shares(&smoothed(&rhythm.hours), &OFFICE_HOURS),
            days: shares(&rhythm.days.map(f64::from), &OFFICE_DAYS).map(|share| share * week),
        }
    }

    /// Articles expected in one hour at the pace of this moment.
    pub fn at(&self, time: Timestamp) -> f64 {
        let local = self.zone.offset().to_datetime(time);
        self.days[place(local.weekday())] * self.hours[usize::from(local.hour().unsigned_abs()) % 24]
    }

    /// The same for the busiest hour of the week.
    pub fn busiest(&self) -> f64 {
        let most = |rates: &[f64]| rates.iter().copied().fold(0.0, f64::max);
        most(&self.days) * most(&self.hours)
    }

    /// Articles expected between two moments; of more than a year, those of a year.
    pub fn expected(&self, from: Timestamp, until: Timestamp) -> f64 {
        let seconds = until.duration_since(from).as_secs().clamp(0, 366 * 86_400);
        let week = 7 * 86_400;
        let whole = (seconds / week) as f64 * self.days.iter().sum::<f64>();
        let rest = Duration::from_secs((seconds % week).unsigned_abs());
        whole
            + steps(from, rest)
                .map(|(time, hours)| self.at(time) * hours)
                .sum::<f64>()
    }
}

/// A span cut at the full hours: the beginning of each part and its length in hours.
pub fn steps(from: Timestamp, span: Duration) -> impl Iterator<Item = (Timestamp, f64)> {
    let begin = from.as_second();
    let end = begin.saturating_add(i64::try_from(span.as_secs()).unwrap_or(i64::MAX));
    let mut at = begin;
    std::iter::from_fn(move || {
        let next = (at.div_euclid(3600) + 1).saturating_mul(3600).min(end);
        let step = (Timestamp::from_second(at).ok()?, (next - at) as f64 / 3600.0);
        (at < end).then(|| {
            at = next;
            step
        })
    })
}

fn add(rhythm: &mut Rhythm, time: Timestamp, today: i32) {
    let local = rhythm.zone.offset().to_datetime(time);
    let weight = (ARTICLE * fade(today - day(time, rhythm.zone))) as u32;
    let hour = &mut rhythm.hours[usize::from(local.hour().unsigned_abs()) % 24];
    *hour = hour.saturating_add(weight);
    let weekday = &mut rhythm.days[place(local.weekday())];
    *weekday = weekday.saturating_add(weight);
    if let Some(last) = rhythm.last {
        let gap = time.duration_since(last).as_secs() / 3600;
        rhythm.longest_gap = rhythm.longest_gap.max(u32::try_from(gap).unwrap_or(0));
    }
    rhythm.last = rhythm.last.max(Some(time));
}

/// The rhythm with its weights faded to `today`.
fn faded(rhythm: &Rhythm, today: i32) -> Rhythm {
    let mut rhythm = rhythm.clone();
    let part = fade(today - rhythm.faded);
    for weight in rhythm.hours.iter_mut().chain(&mut rhythm.days) {
        *weight = (f64::from(*weight) * part) as u32;
    }
    rhythm
}

/// What is left of a weight after so many days.
fn fade(days: i32) -> f64 {
    (-f64::from(days.max(0)) / HALF_LIFE).exp2()
}

/// Days since 1970 in a zone.
fn day(time: Timestamp, zone: Zone) -> i32 {
    let local = time.as_second() + i64::from(zone.offset().seconds());
    i32::try_from(local.div_euclid(86_400)).unwrap_or(i32::MAX)
}

fn place(weekday: Weekday) -> usize {
    usize::from(weekday.to_monday_zero_offset().unsigned_abs()) % 7
}

/// Each hour with a quarter of its neighbours': who posts at ten may post at eleven.
fn smoothed(hours: &[u32; 24]) -> [f64; 24] {
    std::array::from_fn(|hour| {
        let weight = |hour: usize| f64::from(hours[hour % 24]);
        weight(hour + 23) / 4.0 + weight(hour) / 2.0 + weight(hour + 1) / 4.0
    })
}

/// The share of each weight, with what is expected mixed in.
fn shares<const N: usize>(weights: &[f64; N], expected: &[f64; N]) -> [f64; N] {
    let prior = EXPECTED_ARTICLES * ARTICLE;
    let sum: f64 = weights.iter().sum::<f64>() + prior;
    let expected_sum: f64 = expected.iter().sum();
    std::array::from_fn(|n| (weights[n] + prior * expected[n] / expected_sum) / sum)
}

fn total(weights: &[u32]) -> f64 {
    weights.iter().map(|weight| f64::from(*weight)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Two articles on each weekday of four weeks, at nine and at two.
    fn office() -> Rhythm {
        let mut rhythm = Rhythm::default();
        for day in 0..28 {
            let midnight = time("2026-11-02T00:00:00+07:00") + Duration::from_secs(day * 86_400);
            let times: &[Timestamp] = if day % 7 < 5 {
                &[
                    midnight + Duration::from_secs(9 * 3600 + 600),
                    midnight + Duration::from_secs(14 * 3600 + 600),
                ]
            } else {
                &[]
            };
            rhythm = learn(&rhythm, Zone::Wib, times, midnight + Duration::from_secs(86_399));
        }
        rhythm
    }

    #[test]
    fn the_rate_comes_near_to_what_is_published() {
        let rate = articles_week(&office(), time("2026-11-29T23:00:00+07:00"));
        assert!((8.0..11.0).contains(&rate), "{rate}");
        let nothing = articles_week(&Rhythm::default(), time("2026-11-29T23:00:00+07:00"));
        assert!((nothing - EXPECTED_WEEK).abs() < 0.01, "{nothing}");
    }

    #[test]
    fn hours_and_days_are_told_apart() {
        let now = time("2026-11-29T23:00:00+07:00");
        let rates = Rates::of(&office(), now);
        let morning = rates.at(time("2026-12-01T09:30:00+07:00"));
        for (quieter, times) in [
            ("2026-12-01T20:30:00+07:00", 10.0),
            ("2026-12-01T03:30:00+07:00", 100.0),
            ("2026-12-06T09:30:00+07:00", 10.0),
        ] {
            let rate = rates.at(time(quieter));
            assert!(rate > 0.0 && rate * times < morning, "{quieter}: {rate}, {morning}");
        }
        assert!(rates.busiest() >= morning);
    }

    #[test]
    fn the_hours_are_those_of_the_sources_zone() {
        let now = time("2026-11-29T23:00:00+07:00");
        let in_jayapura = learn(&Rhythm::default(), Zone::Wit, &[], now);
        let at = |rhythm: &Rhythm, text: &str| Rates::of(rhythm, now).at(time(text));
        assert!(
            at(&in_jayapura, "2026-12-01T08:30:00+09:00") > 5.0 * at(&Rhythm::default(), "2026-12-01T06:30:00+07:00"),
            "half past eight in Jayapura is half past six in Jakarta"
        );
    }

    #[test]
    fn old_habits_fade() {
        let mut rhythm = office();
        let later = time("2027-02-28T23:00:00+07:00");
        let evening = time("2027-02-28T21:00:00+07:00");
        rhythm = learn(&rhythm, Zone::Wib, &[evening; 3], later);
        let rates = Rates::of(&rhythm, later);
        assert!(
            rates.at(time("2027-03-07T21:10:00+07:00")) > rates.at(time("2027-03-07T09:10:00+07:00")),
            "three of today outweigh what was three months ago"
        );
        assert!(articles_week(&rhythm, later) < 3.0);
    }

    #[test]
    fn an_import_at_night_is_not_a_habit() {
        let now = time("2026-11-30T04:00:00+07:00");
        let import = [time("2026-11-30T03:10:00+07:00"); 500];
        let rhythm = learn(&office(), Zone::Wib, &import, now);
        assert!(articles_week(&rhythm, now) < 14.0);
    }

    #[test]
    fn the_longest_silence_is_remembered_and_the_archive_is_not() {
        let rhythm = office();
        assert_eq!(rhythm.longest_gap, 67, "from Friday at two to Monday at nine");
        let archive = [time("2021-01-01T09:00:00+07:00"), time("2022-01-01T09:00:00+07:00")];
        let same = learn(&rhythm, Zone::Wib, &archive, time("2026-11-29T23:59:59+07:00"));
        assert_eq!((same.longest_gap, same.days), (rhythm.longest_gap, rhythm.days));
    }

    #[test]
    fn what_is_expected_of_a_week_is_the_weeks_rate() {
        let now = time("2026-11-29T23:00:00+07:00");
        let rates = Rates::of(&office(), now);
        let week = rates.expected(now, now + Duration::from_secs(7 * 86_400));
        let by_hours: f64 = steps(now, Duration::from_secs(7 * 86_400))
            .map(|(time, hours)| rates.at(time) * hours)
            .sum();
        assert!((week - by_hours).abs() < 0.01, "{week} {by_hours}");
        assert_eq!(rates.expected(now, now - Duration::from_secs(5)), 0.0);
    }
}
