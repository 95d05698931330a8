//! What two fingerprints have in common, in figures. It judges nothing: `verify` does.

use super::fingerprint::{COARSE_BITS, Fingerprint, Run};
use crate::model::Figures;

/// A release is of the day of the event or some days later…
const EVENT_BEFORE: i32 = 10;
/// …or announces it the day before.
const EVENT_AFTER: i32 = 2;

/// Measures two articles against each other. Which is the first makes no difference.
pub fn figures(a: &Fingerprint, b: &Fingerprint) -> Figures {
    let (text, opening) = overlap(a, b);
    let names = Shared::of_hashes(&a.names, &b.names).containment;
    let title = Shared::of_hashes(&a.title, &b.title);
    let swaps = swaps(a, b);
    Figures {
        containment: text.containment,
        jaccard: text.jaccard,
        names,
        title: title.containment,
        title_words: title.common,
        opening,
        conflicts: swaps.conflicts,
        agreements: swaps.agreements,
        swapped: swaps.most,
        in_title: swaps.title,
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

/// What two sets have in common: the share of the smaller one, the share of all, and how many that are.
pub struct Shared {
    /// The share of the smaller set that the greater has.
    pub containment: f32,
    /// The share of all that both have.
    pub jaccard: f32,
    /// How many both have.
    pub common: u32,
}

impl Shared {
    /// What two texts share of their runs of words.
    pub fn of_texts(a: &Fingerprint, b: &Fingerprint) -> Shared {
        let mut common = 0;
        each_common(&a.shingles, &b.shingles, COARSE_BITS, |_, _| common += 1);
        Shared::of(common, a.shingles.len(), b.shingles.len())
    }

    fn of_hashes(a: &[u32], b: &[u32]) -> Shared {
        let mut common = 0;
        each_common(a, b, 0, |_, _| common += 1);
        Shared::of(common, a.len(), b.len())
    }

    fn of(common: u32, a: usize, b: usize) -> Shared {
        Shared {
            containment: share(common, a.min(b)),
            jaccard: share(common, a + b - common as usize),
            common,
        }
    }
}

fn share(common: u32, of: usize) -> f32 {
    if of == 0 { 0.0 } else { common as f32 / of as f32 }
}

/// Hands over the places of each number that both have, without so many of the lowest bits. Both are ascending.
fn each_common(a: &[u32], b: &[u32], without: u32, mut visit: impl FnMut(usize, usize)) {
    let (mut left, mut right) = (0, 0);
    while let (Some(x), Some(y)) = (a.get(left), b.get(right)) {
        let (x, y) = (x >> without, y >> without);
        if x == y {
            visit(left, right);
        }
        // Without branches: which of two hashes is the smaller cannot be foreseen.
        (left, right) = (left + usize::from(x <= y), right + usize::from(y <= x));
    }
}

/// The share of the first half of one text that the other has anywhere, the smaller of both, beside what they share.
fn overlap(a: &Fingerprint, b: &Fingerprint) -> (Shared, f32) {
    let (mut common, mut of_a, mut of_b) = (0u32, 0u32, 0u32);
    each_common(&a.shingles, &b.shingles, COARSE_BITS, |left, right| {
        common += 1;
        of_a += u32::from(a.opens(left));
        of_b += u32::from(b.opens(right));
    });
    let opening = |common: u32, of: &Fingerprint| {
        let all: u32 = of.opening.iter().map(|bits| bits.count_ones()).sum();
        share(common, all as usize)
    };
    let shared = Shared::of(common, a.shingles.len(), b.shingles.len());
    (shared, opening(of_a, a).min(opening(of_b, b)))
}

/// What two texts have where both have the same words before it.
struct Swaps {
    conflicts: u32,
    agreements: u32,
    most: u32,
    title: u32,
}

/// Compares the numbers and names that stand in the same contexts. One is swapped if neither text has the other's
/// anywhere: who moves "Hasan" to another sentence swaps nothing.
fn swaps(a: &Fingerprint, b: &Fingerprint) -> Swaps {
    let (mut agreements, mut title) = (0, 0);
    let mut swapped = Vec::new();
    let mut right = b.runs.as_slice();
    for same in a.runs.chunk_by(|a, b| a.context == b.context) {
        let start = right.partition_point(|run| run.context < same[0].context);
        right = &right[start..];
        let end = right.partition_point(|run| run.context == same[0].context);
        let others = &right[..end];
        let common = |run: &Run| others.iter().any(|other| other.token == run.token);
        if others.is_empty() {
            continue;
        }
        if same.iter().any(common) {
            agreements += 1;
        } else if !same.iter().any(|run| has(b, run.token)) && !others.iter().any(|run| has(a, run.token)) {
            title += u32::from(same[0].in_title());
            swapped.push((same[0].token, others[0].token));
        }
    }
    swapped.sort_unstable();
    let most = swapped.chunk_by(|a, b| a == b).map(<[_]>::len).max().unwrap_or(0);
    Swaps {
        conflicts: swapped.len() as u32,
        agreements,
        most: most as u32,
        title,
    }
}

/// Whether a text has this number or name, or a sentence that begins with it.
fn has(text: &Fingerprint, token: u16) -> bool {
    let token = u32::from(token);
    text.names.binary_search(&token).is_ok() || text.others.binary_search(&token).is_ok()
}
