//! Weighs the signs of one article. A sign is worth points; [`ENOUGH`] of them hold the article back. What is merely
//! unusual for a source (author, words, language) cannot reach that alone.

use std::collections::BTreeMap;

use super::fold::{Folded, Word, fold, unmask};
use super::history::{History, own_host};
use super::language::Tongue;
use super::lexicon::{Found, Lexicon, Meaning, Voice};
use super::links::{Link, Standing};
use crate::model::{About, Article, Sign, Why};

/// Points that hold an article back.
const ENOUGH: u32 = 6;

/// Why the article is to be held back, if it is. `text` is its title and text, `folded` that folded, `links`
/// are those of its HTML.
pub fn judge(article: &Article, text: &str, folded: &Folded, links: &[Link], history: &History) -> Option<Why> {
    let lexicon = Lexicon::compiled();
    let title = fold(&article.title);
    let title = Reading::of(&title, lexicon);
    let whole = Reading::of(folded, lexicon);
    let mut points = Points::default();
    talk(&title, &whole, &mut points);
    let foreign = foreign_links(article, links, history, &whole, lexicon, &mut points);
    if points.has_more_than_words() || foreign > 0 {
        unusual(article, text, history, &whole, foreign, &mut points);
    }
    (points.sum() >= ENOUGH).then(|| points.why(&whole))
}

/// What the words say.
struct Reading<'t> {
    words: Vec<Word<'t>>,
    /// Phrases of sellers, each once, the longest where several stand at one place.
    sellers: Vec<(About, &'static str)>,
    /// Phrases of sellers and reporters alike, each once.
    both: Vec<(About, &'static str)>,
    calls: u32,
    sober: u32,
    /// Phrases of sale that were written in disguise.
    masked: Vec<&'static str>,
    /// How many words belong to the sellers' vocabulary.
    known: usize,
}

impl<'t> Reading<'t> {
    fn of(folded: &'t Folded, lexicon: &Lexicon) -> Reading<'t> {
        let words = unmask(&folded.words(), lexicon);
        let plain: Vec<&str> = words.iter().map(|word| &*word.text).collect();
        let mut reading = Reading {
            sellers: Vec::new(),
            both: Vec::new(),
            calls: 0,
            sober: 0,
            masked: Vec::new(),
            known: plain.iter().filter(|word| lexicon.knows(word)).count(),
            words: Vec::new(),
        };
        let mut distinct: BTreeMap<&str, Meaning> = BTreeMap::new();
        for found in outermost(lexicon.find(&plain, &folded.text)) {
            let (start, count) = found.at;
            let is_masked = words[start..start + count].iter().any(|word| word.masked);
            if is_masked && matches!(found.meaning, Meaning::Sale(..)) && !reading.masked.contains(&found.text) {
                reading.masked.push(found.text);
            }
            if distinct.insert(found.text, found.meaning).is_some() {
                continue;
            }
            match found.meaning {
                Meaning::Sale(about, Voice::Seller) => reading.sellers.push((about, found.text)),
                Meaning::Sale(about, Voice::Both) => reading.both.push((about, found.text)),
                Meaning::Call => reading.calls += 1,
                Meaning::Sober => reading.sober += 1,
            }
        }
        reading.words = words;
        reading
    }

    /// How much the words sell: those of sellers threefold, the others once.
    fn pitch(&self) -> u32 {
        count(&self.sellers) * 3 + count(&self.both) + self.calls.min(4)
    }

    /// Whether the words sell more than they report.
    fn sells(&self) -> bool {
        !self.sellers.is_empty() && self.pitch() > self.sober * 3
    }
}

/// The phrases that are no part of a longer one of the same meaning.
fn outermost(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|found| (found.at.0, std::cmp::Reverse(found.at.1)));
    let mut end = 0;
    found.retain(|found| {
        let (start, count) = found.at;
        if !matches!(found.meaning, Meaning::Sale(..)) || count == 0 {
            return true;
        }
        let is_outer = start + count > end;
        end = end.max(start + count);
        is_outer
    });
    found
}

fn talk(title: &Reading<'_>, whole: &Reading<'_>, points: &mut Points) {
    let net = whole.pitch().saturating_sub(whole.sober * 3);
    if !whole.sellers.is_empty() {
        match net {
            0..4 => {}
            4..6 => points.add(Sign::SalesTalk, 2),
            6..9 => points.add(Sign::SalesTalk, 3),
            _ => points.add(Sign::SalesTalk, 4),
        }
    }
    let is_full = title.words.len() >= 3 && title.known * 5 >= title.words.len() * 3;
    if title.sells() && title.pitch() >= 4 && is_full && title.sober == 0 && whole.sober < 3 {
        points.add(Sign::SellingTitle, 3);
    }
    match (count(&whole.masked), whole.sober) {
        (0, _) => {}
        (_, 3..) => points.add(Sign::Disguise, 1),
        (masked, _) => points.add(Sign::Disguise, (masked + 2).min(5)),
    }
}

/// Judges every link to somewhere else, and says how many there are.
fn foreign_links(
    article: &Article,
    links: &[Link],
    history: &History,
    whole: &Reading<'_>,
    lexicon: &Lexicon,
    points: &mut Points,
) -> usize {
    let own = own_host(article);
    let mut foreign = 0;
    let mut words = 0;
    for link in links {
        match link.standing(own) {
            Standing::Own | Standing::Trusted => continue,
            Standing::Contact if whole.sells() => points.link(Sign::ForeignLink, 2, 2, link),
            Standing::Contact => {}
            Standing::Foreign if history.leads_to(link.host()) => continue,
            Standing::Foreign => {
                foreign += 1;
                words += link.words.chars().filter(|letter| letter.is_alphanumeric()).count();
                judge_link(link, history, whole, lexicon, points);
            }
        }
    }
    let letters = article.text.chars().filter(|letter| letter.is_alphanumeric()).count();
    if foreign >= 4 && words * 5 > letters * 3 {
        points.add(Sign::LinkFarm, 3);
    }
    foreign
}

fn judge_link(link: &Link, history: &History, whole: &Reading<'_>, lexicon: &Lexicon, points: &mut Points) {
    let anchor = fold(&link.words);
    let anchor = Reading::of(&anchor, lexicon);
    if anchor.sober == 0 && anchor.words.len() <= 8 {
        let is_story = link.is_story();
        if !anchor.sellers.is_empty() {
            points.link(Sign::SellingLink, if is_story { 2 } else { 6 }, 6, link);
        } else if !anchor.both.is_empty() && anchor.words.len() <= 4 {
            points.link(Sign::SellingLink, if is_story { 1 } else { 3 }, 6, link);
        }
    }
    let path = fold(&link.url.path().replace(['-', '_', '/'], " "));
    let path = Reading::of(&path, lexicon);
    if !path.sellers.is_empty() && path.sober == 0 && !link.is_story() {
        points.link(Sign::SellingLink, 2, 6, link);
    }
    if link.sells_by_name() {
        points.link(Sign::SellingHost, 4, 6, link);
    } else if link.ends_in_junk() || link.ends_in_number() {
        points.link(Sign::SellingHost, 1, 2, link);
    }
    if link.is_hidden() {
        points.link(Sign::HiddenLink, 2, 4, link);
    }
    if link.is_download() {
        points.link(Sign::Download, 2, 2, link);
    }
    if history.was_held_for(link.host()) {
        points.link(Sign::KnownHost, 4, 4, link);
    }
    if whole.sells() {
        points.link(Sign::ForeignLink, if anchor.calls > 0 { 3 } else { 2 }, 3, link);
    } else if whole.sober == 0 && anchor.calls > 0 {
        points.link(Sign::ForeignLink, 1, 1, link);
    }
}

/// What is unusual for the source. Worth little: a source may change.
fn unusual(article: &Article, text: &str, history: &History, whole: &Reading<'_>, foreign: usize, points: &mut Points) {
    let tongue = Tongue::of(text, &whole.words);
    let is_new = history.is_other_tongue(tongue);
    if tongue != Tongue::Indonesian && (is_new || !history.is_known()) && foreign > 0 {
        let is_silent = whole.sober == 0;
        let points_of = if tongue == Tongue::English {
            1
        } else if is_silent {
            3
        } else {
            2
        };
        points.add(Sign::OtherLanguage, points_of);
    }
    if whole.sober == 0 && foreign > 0 {
        let is_plain = !tongue.is_far() && !history.is_known();
        points.add(Sign::NoReport, if is_plain { 2 } else { 3 });
    }
    if history.is_other_author(article.author.as_deref()) {
        points.add(Sign::OtherAuthor, 1);
    }
    if history.are_other_words(&whole.words) {
        points.add(Sign::OtherWords, 1);
    }
    if history.held_in_this_crawl(article.seen) >= 3 {
        points.add(Sign::Bulk, 2);
    } else if history.is_flood(article.seen) {
        points.add(Sign::Bulk, 1);
    }
}

/// The points of each sign, and the links they were given for.
#[derive(Default)]
struct Points {
    signs: BTreeMap<Sign, u32>,
    links: Vec<String>,
}

impl Points {
    fn add(&mut self, sign: Sign, points: u32) {
        *self.signs.entry(sign).or_default() += points;
    }

    /// Adds points for a link, as far as the sign is not worth `most` yet.
    fn link(&mut self, sign: Sign, points: u32, most: u32, link: &Link) {
        let worth = self.signs.entry(sign).or_default();
        *worth = (*worth + points).min(most.max(*worth));
        if self.links.len() < 10 && self.links.last().is_none_or(|last| last != link.url.as_str()) {
            self.links.push(link.url.to_string());
        }
    }

    /// Whether anything but plain words that sell was found.
    fn has_more_than_words(&self) -> bool {
        self.signs.keys().any(|sign| *sign != Sign::SalesTalk)
    }

    fn sum(&self) -> u32 {
        self.signs.values().sum()
    }

    fn why(self, whole: &Reading<'_>) -> Why {
        let mut signs: Vec<(Sign, u32)> = self.signs.into_iter().collect();
        signs.sort_by_key(|&(sign, points)| (std::cmp::Reverse(points), sign));
        let mut subjects: BTreeMap<About, u32> = BTreeMap::new();
        for (about, weight) in [(&whole.sellers, 3), (&whole.both, 1)]
            .iter()
            .flat_map(|(phrases, weight)| phrases.iter().map(move |(about, _)| (*about, *weight)))
        {
            *subjects.entry(about).or_default() += weight;
        }
        let about = subjects.into_iter().max_by_key(|&(_, weight)| weight);
        let terms = whole
            .sellers
            .iter()
            .chain(&whole.both)
            .map(|(_, text)| (*text).to_owned());
        Why::new(
            about.map_or(About::Unknown, |(about, _)| about),
            signs.into_iter().map(|(sign, _)| sign).collect(),
            terms.collect(),
            self.links,
        )
    }
}

fn count<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}
