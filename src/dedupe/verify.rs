//! Whether two articles tell the same release, by their fingerprints. Low thresholds on what they share, because portals
//! rewrite; behind them guards that see what a template's siblings have apart: numbers, names, days, the same host. It
//! finds nothing itself (`index` does) and decides no story (`decide` does).

use std::cmp::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::fingerprint::{Fingerprint, Run};

/// The same text of so many characters is the same release at any distance in time: sites that move bring their whole
/// history with them.
const LONG_TEXT: u32 = 400;

/// Fewer shingles are too little to judge by.
const FEWEST_SHINGLES: usize = 12;

/// So many places where numbers or names differ veto…
const CONFLICTS: u32 = 2;
/// …if they are this share of the places compared…
const CONFLICT_SHARE: f32 = 0.20;
/// …or this one, where the first days named differ.
const CONFLICT_SHARE_OTHER_DAY: f32 = 0.05;

/// Days named this far apart are those of two events.
const DAYS_APART: u32 = 3;

/// An article that names no day must lie within this of the other.
const UNDATED_HOURS: u32 = 72;

const SAME_HOST_JACCARD: f32 = 0.6;
const CONTAINMENT: f32 = 0.40;
const JACCARD: f32 = 0.10;
const NAMES: f32 = 0.30;

/// An article on the same host under the same title, with the same numbers and names: the release again, edited.
const RETITLED: f32 = 0.6;
const SAME_HOST_TITLE_JACCARD: f32 = 0.5;

/// Under titles that share less than this, and with less than this of the text in common…
const SAME_TITLE: f32 = 0.5;
const MOST_SHARED: f32 = 0.70;
/// …the top of the articles must show the same event: what their titles share and what their first halves share, added.
/// A follow-up has a title and a beginning of its own, and only the background in common.
const TOP: f32 = 0.55;
/// Where no day is named by both, so much of the first halves: explainers share blocks of text and name no day.
const UNDATED_OPENING: f32 = 0.5;

/// A release is of the day of the event or some days later…
const EVENT_BEFORE: i32 = 10;
/// …or announces it the day before.
const EVENT_AFTER: i32 = 2;

/// Two stories are joined only from this sum of containment and Jaccard on.
const JOINS: f32 = 1.2;

/// Titles that share so much of their words…
const RELATED_TITLE: f32 = 0.5;
/// …at least so many…
const RELATED_WORDS: u32 = 3;
/// …within this time, are of articles about the same event.
const RELATED_HOURS: u32 = 24;

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// How the two belong together.
    pub relation: Relation,
    /// The rule that decided.
    pub why: Reason,
    /// What was measured.
    pub figures: Figures,
}

/// How two articles belong together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// They tell the same release. The score orders several such articles: containment + Jaccard, 0.5 to 2.
    Same {
        /// The greater, the more alike.
        score: f32,
    },
    /// They seem to be about the same event in other words: to be linked, never hidden. Whether both are of the same
    /// regency is the caller's to check.
    Related,
    /// Neither.
    Apart,
}

/// The rule that decided, with the numbers that made it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The cleaned texts are the same.
    SameText,
    /// On other hosts, enough is shared.
    Alike,
    /// On the same host, enough is shared for that.
    SameHostAlike,
    /// The titles are alike, the texts are not.
    TitlesAlike {
        /// The share of the shorter title's words.
        overlap: f32,
    },
    /// Too far apart for the window.
    TooFarApartInTime {
        /// Hours between the two dates.
        hours: u32,
    },
    /// One is a round-up of several stories.
    RoundUp,
    /// One of the texts is too short to judge by.
    TooShort {
        /// The runs of four words in the shorter one.
        shingles: u32,
    },
    /// The same words with other numbers or names in them.
    NumbersOrNamesSwapped {
        /// Places where they differ.
        conflicts: u32,
        /// Places where they agree.
        agreements: u32,
    },
    /// The days named lie apart.
    DatesApart {
        /// Days between the nearest two.
        days: u32,
    },
    /// One names no day, and they were published too far apart for that.
    UndatedTooFarApart {
        /// Hours between the two dates.
        hours: u32,
    },
    /// On the same host, too little is shared for that.
    SameHostNotAlikeEnough {
        /// The share of all their runs of four words.
        jaccard: f32,
    },
    /// On the same host, other days are named first.
    SameHostOtherDay,
    /// On other hosts, too little is shared.
    SharesTooLittle {
        /// The share of the shorter text.
        containment: f32,
        /// The share of both texts.
        jaccard: f32,
        /// The share of the names.
        names: f32,
    },
    /// On other hosts, under another title, what is shared does not tell the same event: a follow-up, an explainer.
    SharesOnlyBackground {
        /// The share of the shorter text.
        containment: f32,
        /// The share of the shorter title.
        title: f32,
        /// The share of the first halves.
        opening: f32,
    },
}

/// What was measured between two articles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The share of the shorter text's runs of four words that the other has.
    pub containment: f32,
    /// The share of all their runs of four words that both have.
    pub jaccard: f32,
    /// The share of the names of the one with fewer that the other has.
    pub names: f32,
    /// The share of the shorter title's words that the other has.
    pub title: f32,
    /// Words that both titles have.
    pub title_words: u32,
    /// Places where numbers or names differ.
    pub conflicts: u32,
    /// Places where they agree.
    pub agreements: u32,
    /// The share of a text's first half that the other has anywhere; of the two texts the smaller one.
    pub opening: f32,
    /// Hours between their dates.
    pub hours: u32,
    /// Days between the nearest two days they name; none where one names no day.
    pub days: Option<u32>,
}

/// Compares a new article with one that is held. `window` is how far apart copies may be.
pub fn verify(new: &Fingerprint, held: &Fingerprint, window: Duration) -> Verdict {
    let figures = figures(new, held);
    let (relation, why) = judge(new, held, &figures, window);
    Verdict { relation, why, figures }
}

/// Whether an article so much like articles of two stories joins those stories.
pub fn joins(a: &Fingerprint, b: &Fingerprint) -> bool {
    let (containment, jaccard, _) = shared(&a.shingles, &b.shingles);
    containment + jaccard >= JOINS
}

fn judge(new: &Fingerprint, held: &Fingerprint, figures: &Figures, window: Duration) -> (Relation, Reason) {
    let seconds = new.at.abs_diff(held.at);
    let far = seconds > window.as_secs();
    let hours = figures.hours;
    if new.exact.is_some() && new.exact == held.exact && (!far || new.length >= LONG_TEXT) {
        return (Relation::Same { score: 2.0 }, Reason::SameText);
    }
    if far {
        return (Relation::Apart, Reason::TooFarApartInTime { hours });
    }
    let shingles = new.shingles.len().min(held.shingles.len());
    if shingles < FEWEST_SHINGLES {
        let shingles = shingles as u32;
        return (Relation::Apart, Reason::TooShort { shingles });
    }
    if let Some(veto) = veto(new, held, figures) {
        return (Relation::Apart, veto);
    }
    let why = if new.host == held.host {
        same_host(new, held, figures)
    } else {
        other_host(figures)
    };
    let why = match why {
        Ok(why) => {
            let score = figures.containment + figures.jaccard;
            return (Relation::Same { score }, why);
        }
        Err(why) => why,
    };
    let titles = figures.title >= RELATED_TITLE && figures.title_words >= RELATED_WORDS;
    if titles && hours <= RELATED_HOURS {
        let overlap = figures.title;
        return (Relation::Related, Reason::TitlesAlike { overlap });
    }
    (Relation::Apart, why)
}

/// What makes two articles those of two events, whatever else they share.
fn veto(new: &Fingerprint, held: &Fingerprint, figures: &Figures) -> Option<Reason> {
    if new.scope != held.scope {
        return Some(Reason::RoundUp);
    }
    let Figures {
        conflicts,
        agreements,
        hours,
        days,
        ..
    } = *figures;
    let most = if other_day(new, held) {
        CONFLICT_SHARE_OTHER_DAY
    } else {
        CONFLICT_SHARE
    };
    if conflicts >= CONFLICTS && conflicts as f32 > most * (conflicts + agreements) as f32 {
        return Some(Reason::NumbersOrNamesSwapped { conflicts, agreements });
    }
    if let Some(days) = days.filter(|days| *days >= DAYS_APART) {
        return Some(Reason::DatesApart { days });
    }
    if days.is_none() && hours > UNDATED_HOURS {
        return Some(Reason::UndatedTooFarApart { hours });
    }
    None
}

/// Whether both name a day, and the first ones differ.
fn other_day(new: &Fingerprint, held: &Fingerprint) -> bool {
    matches!((new.days.first(), held.days.first()), (Some(a), Some(b)) if a != b)
}

fn same_host(new: &Fingerprint, held: &Fingerprint, figures: &Figures) -> Result<Reason, Reason> {
    let jaccard = figures.jaccard;
    let same_title = figures.title >= RETITLED && figures.title_words > RELATED_WORDS && figures.conflicts == 0;
    let least = if same_title {
        SAME_HOST_TITLE_JACCARD
    } else {
        SAME_HOST_JACCARD
    };
    if jaccard < least {
        return Err(Reason::SameHostNotAlikeEnough { jaccard });
    }
    if figures.conflicts > CONFLICTS {
        let Figures {
            conflicts, agreements, ..
        } = *figures;
        return Err(Reason::NumbersOrNamesSwapped { conflicts, agreements });
    }
    // A schedule names many days; one in common is enough here.
    if other_day(new, held) && figures.days != Some(0) {
        return Err(Reason::SameHostOtherDay);
    }
    Ok(Reason::SameHostAlike)
}

fn other_host(figures: &Figures) -> Result<Reason, Reason> {
    let Figures {
        containment,
        jaccard,
        names,
        title,
        opening,
        ..
    } = *figures;
    if containment < CONTAINMENT || jaccard < JACCARD || names < NAMES {
        return Err(Reason::SharesTooLittle {
            containment,
            jaccard,
            names,
        });
    }
    let top = title + opening >= TOP && (figures.days.is_some() || opening >= UNDATED_OPENING);
    if title < SAME_TITLE && containment < MOST_SHARED && !top {
        return Err(Reason::SharesOnlyBackground {
            containment,
            title,
            opening,
        });
    }
    Ok(Reason::Alike)
}

fn figures(a: &Fingerprint, b: &Fingerprint) -> Figures {
    let (containment, jaccard, _) = shared(&a.shingles, &b.shingles);
    let (names, _, _) = shared(&a.names, &b.names);
    let (title, _, title_words) = shared(&a.title, &b.title);
    let (conflicts, agreements) = compared(a, b);
    Figures {
        containment,
        jaccard,
        names,
        title,
        title_words,
        opening: opening(a, b).min(opening(b, a)),
        conflicts,
        agreements,
        hours: u32::try_from(a.at.abs_diff(b.at) / 3600).unwrap_or(u32::MAX),
        days: days_apart(a, b),
    }
}

/// Days between the nearest two that they name. Like is compared with like: days around the articles, or else those of
/// plans and history.
fn days_apart(a: &Fingerprint, b: &Fingerprint) -> Option<u32> {
    let around = |of: &Fingerprint| -> Vec<i32> {
        let day = i32::try_from(of.at.div_euclid(86_400)).unwrap_or(i32::MAX);
        let event = |named: &i32| (-EVENT_BEFORE..=EVENT_AFTER).contains(&named.saturating_sub(day));
        of.days.iter().copied().filter(event).collect()
    };
    let (near_a, near_b) = (around(a), around(b));
    let (left, right) = match (near_a.is_empty(), near_b.is_empty()) {
        (false, false) => (&near_a, &near_b),
        (true, true) => (&a.days, &b.days),
        _ => return None,
    };
    left.iter().flat_map(|a| right.iter().map(|b| a.abs_diff(*b))).min()
}

/// The share of the smaller set that the greater has, the share of all that both have, and how many those are.
fn shared(a: &[u32], b: &[u32]) -> (f32, f32, u32) {
    let mut common = 0u32;
    let (mut left, mut right) = (a.iter().peekable(), b.iter().peekable());
    while let (Some(x), Some(y)) = (left.peek(), right.peek()) {
        match x.cmp(y) {
            Ordering::Less => left.next(),
            Ordering::Greater => right.next(),
            Ordering::Equal => {
                common += 1;
                left.next();
                right.next()
            }
        };
    }
    let share = |of: usize| if of == 0 { 0.0 } else { common as f32 / of as f32 };
    (
        share(a.len().min(b.len())),
        share(a.len() + b.len() - common as usize),
        common,
    )
}

/// In how many of the contexts that both have the number or name was swapped, and in how many it is the same. It is
/// swapped if neither text has the other's anywhere: who moves "Hasan" to another sentence swaps nothing.
fn compared(a: &Fingerprint, b: &Fingerprint) -> (u32, u32) {
    let (mut conflicts, mut agreements) = (0, 0);
    let has = |of: &Fingerprint, run: &Run| {
        let token = u32::from(run.token);
        of.names.binary_search(&token).is_ok() || of.others.binary_search(&token).is_ok()
    };
    let mut right = b.runs.as_slice();
    for same in a.runs.chunk_by(|a, b| a.context == b.context) {
        let start = right.partition_point(|run| run.context < same[0].context);
        right = &right[start..];
        let end = right.partition_point(|run| run.context == same[0].context);
        if end == 0 {
            continue;
        }
        let tokens = &right[..end];
        if same
            .iter()
            .any(|run| tokens.iter().any(|other| other.token == run.token))
        {
            agreements += 1;
        } else if !same.iter().any(|run| has(b, run)) && !tokens.iter().any(|run| has(a, run)) {
            conflicts += 1;
        }
    }
    (conflicts, agreements)
}

/// The share of the first half of `a` that `b` has anywhere.
fn opening(a: &Fingerprint, b: &Fingerprint) -> f32 {
    let (mut all, mut common, mut right) = (0u32, 0u32, 0);
    for (_, shingle) in a.shingles.iter().enumerate().filter(|(at, _)| a.opens(*at)) {
        while b.shingles.get(right).is_some_and(|other| other < shingle) {
            right += 1;
        }
        all += 1;
        common += u32::from(b.shingles.get(right) == Some(shingle));
    }
    if all == 0 { 0.0 } else { common as f32 / all as f32 }
}
