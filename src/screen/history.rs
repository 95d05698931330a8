//! What a source usually publishes: small, bounded, learned from the articles that passed. It judges nothing itself.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::fold::{Folded, Word, fold};
use super::language::Tongue;
use super::links::{Link, Standing, links};
use crate::model::{Article, Why};

/// Places for words; a word stands in one of them.
const PLACES: usize = 1_024;
/// The most hosts and the most authors that are remembered.
const HOSTS: usize = 48;
const AUTHORS: usize = 12;
/// From this many articles on the past is forgotten by halves, so that what is usual can change.
const ENOUGH: u32 = 128;
/// From this many articles on a source is known.
const KNOWN: u32 = 12;
/// Articles seen within this time of each other came in one crawl.
const ONE_CRAWL: SignedDuration = SignedDuration::from_mins(30);
/// The newest articles of which it is remembered whether they were held back.
const RECENT: usize = 10;
/// So many of them make a source suspicious, where they are more than half.
const MANY: usize = 3;
/// The shortest word that says what an article is about, in characters.
const LONG_WORD: usize = 4;

/// What is usual for one source. A new one knows nothing, and nothing is unusual then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Articles learned; halved now and then with everything else.
    articles: u32,
    /// Foreign hosts linked to, and in how many articles.
    hosts: Vec<(String, u32)>,
    /// Authors, and of how many articles.
    authors: Vec<(String, u32)>,
    /// Articles in each language, by [`Tongue`].
    tongues: Vec<u32>,
    /// In how many articles a word of each place stood.
    words: Vec<u8>,
    /// Foreign hosts that articles held back linked to.
    held_hosts: Vec<(String, u32)>,
    /// When the last article came.
    last: Option<Timestamp>,
    /// Articles in the crawl that it came in: those that passed and those held back.
    crawl: (u32, u32),
    /// Articles in a usual crawl that brought any, sixteenfold.
    per_crawl: u32,
    /// Which of the newest articles were held back, the oldest first.
    recent: Vec<bool>,
}

/// What is learned of an article, read once for all histories that learn it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traits {
    seen: Timestamp,
    /// Foreign hosts it links to.
    hosts: Vec<String>,
    /// Its author, in lower case.
    author: Option<String>,
    tongue: Tongue,
    /// See [`places`].
    places: Vec<usize>,
}

impl Traits {
    /// Reads an article.
    pub fn of(article: &Article) -> Traits {
        let text = article_text(article);
        Traits::read(article, &text, &fold(&text), &links(&article.html))
    }

    /// The same of one whose text is folded and whose links are known.
    pub(super) fn read(article: &Article, text: &str, folded: &Folded, links: &[Link]) -> Traits {
        let words = folded.words();
        Traits {
            seen: article.seen,
            hosts: foreign(links, own_host(article)),
            author: article.author.as_ref().map(|author| author.to_lowercase()),
            tongue: Tongue::of(text, &words),
            places: places(&words),
        }
    }
}

impl History {
    /// Learns from an article that passed.
    pub fn learn(&mut self, article: &Article) {
        self.learn_traits(&Traits::of(article));
    }

    /// The same for an article that was read already.
    pub fn learn_traits(&mut self, traits: &Traits) {
        self.came(traits.seen);
        self.crawl.0 += 1;
        self.remember(false);
        self.know(traits);
    }

    /// Learns from an article that was held back and is none of those it was taken for: where it led is suspicious no
    /// more.
    pub fn released(&mut self, article: &Article) {
        let hosts = foreign_hosts(article);
        self.held_hosts.retain(|(known, _)| !hosts.contains(known));
        if let Some(held) = self.recent.iter_mut().rev().find(|held| **held) {
            *held = false;
        }
        self.know(&Traits::of(article));
    }

    fn know(&mut self, traits: &Traits) {
        if self.articles >= ENOUGH {
            self.forget();
        }
        self.articles += 1;
        for host in &traits.hosts {
            count(&mut self.hosts, host.clone(), HOSTS);
        }
        if let Some(author) = &traits.author {
            count(&mut self.authors, author.clone(), AUTHORS);
        }
        self.tongues.resize(Tongue::COUNT, 0);
        self.tongues[traits.tongue as usize] += 1;
        self.words.resize(PLACES, 0);
        for &place in &traits.places {
            self.words[place] = self.words[place].saturating_add(1);
        }
    }

    /// Remembers an article that was held back: of it only where it led to, and that it came.
    pub fn held(&mut self, article: &Article, why: &Why) {
        self.came(article.seen);
        self.crawl.1 += 1;
        self.remember(true);
        let suspicious = |host: &String| why.links.iter().any(|link| link.contains(host.as_str()));
        for host in foreign_hosts(article).into_iter().filter(suspicious) {
            count(&mut self.held_hosts, host, HOSTS);
        }
    }

    fn remember(&mut self, held: bool) {
        if self.recent.len() >= RECENT {
            self.recent.remove(0);
        }
        self.recent.push(held);
    }

    /// How many of the newest articles were held back, and of how many, where that is most of them.
    pub fn mostly_held(&self) -> Option<(usize, usize)> {
        let (held, all) = (self.recent.iter().filter(|held| **held).count(), self.recent.len());
        (held >= MANY && held * 2 > all).then_some((held, all))
    }

    fn came(&mut self, seen: Timestamp) {
        if !self.is_same_crawl(seen) {
            let articles = self.crawl.0 * 16;
            self.per_crawl = match self.per_crawl {
                0 => articles,
                usual => usual - usual / 4 + articles / 4,
            };
            self.crawl = (0, 0);
        }
        self.last = Some(seen);
    }

    fn is_same_crawl(&self, seen: Timestamp) -> bool {
        self.last
            .is_some_and(|last| seen.duration_since(last).abs() <= ONE_CRAWL)
    }

    fn forget(&mut self) {
        self.articles /= 2;
        for list in [&mut self.hosts, &mut self.authors, &mut self.held_hosts] {
            list.iter_mut().for_each(|(_, times)| *times = times.div_ceil(2));
        }
        self.tongues.iter_mut().for_each(|times| *times /= 2);
        self.words.iter_mut().for_each(|times| *times /= 2);
    }

    /// Whether enough is known of the source to call something unusual.
    pub fn is_known(&self) -> bool {
        self.articles >= KNOWN
    }

    /// Whether articles of the source led to this host before: to be usual, two did.
    pub(super) fn leads_to(&self, host: &str) -> bool {
        self.hosts.iter().any(|(known, times)| known == host && *times >= 2)
    }

    /// Whether articles that were held back led there.
    pub(super) fn was_held_for(&self, host: &str) -> bool {
        !self.leads_to(host) && self.held_hosts.iter().any(|(known, _)| known == host)
    }

    /// Whether a known source has authors of its own and this is none of them.
    pub(super) fn is_other_author(&self, author: Option<&str>) -> bool {
        let Some(author) = author.map(str::to_lowercase) else {
            return false;
        };
        let named: u32 = self.authors.iter().map(|(_, times)| times).sum();
        let few = self.authors.len() < AUTHORS;
        self.is_known()
            && few
            && named * 4 > self.articles * 3
            && !self.authors.iter().any(|(known, _)| *known == author)
    }

    /// Whether a known source hardly ever wrote in this language.
    pub(super) fn is_other_tongue(&self, tongue: Tongue) -> bool {
        let times = self.tongues.get(tongue as usize).copied().unwrap_or_default();
        self.is_known() && times * 20 < self.articles
    }

    /// Whether hardly any of an article's words were used before by a known source.
    pub(super) fn are_other_words(&self, words: &[Word<'_>]) -> bool {
        let places = places(words);
        if !self.is_known() || places.len() < 15 {
            return false;
        }
        let least = (self.articles / 24).max(2);
        let usual = places
            .iter()
            .filter(|&&place| u32::from(self.words.get(place).copied().unwrap_or(0)) >= least);
        usual.count() * 3 < places.len()
    }

    /// How many articles were held back so far in the crawl that brings an article now.
    pub(super) fn held_in_this_crawl(&self, seen: Timestamp) -> u32 {
        if self.is_same_crawl(seen) { self.crawl.1 } else { 0 }
    }

    /// Whether the crawl that brings an article now brought many times more than usual.
    pub(super) fn is_flood(&self, seen: Timestamp) -> bool {
        let now = self.crawl.0 + self.crawl.1;
        self.is_known() && self.per_crawl > 0 && self.is_same_crawl(seen) && now >= 20 && now * 16 > self.per_crawl * 5
    }
}

/// The host of the article's own site.
pub(super) fn own_host(article: &Article) -> &str {
    crate::model::identity(&article.url)
        .split(['/', ':', '?', '#'])
        .next()
        .unwrap_or_default()
}

/// The text that a language is told from.
pub(super) fn article_text(article: &Article) -> String {
    format!("{}\n{}", article.title, article.text)
}

fn foreign_hosts(article: &Article) -> Vec<String> {
    foreign(&links(&article.html), own_host(article))
}

fn foreign(links: &[Link], own: &str) -> Vec<String> {
    let mut hosts: Vec<String> = links
        .iter()
        .filter(|link| link.standing(own) == Standing::Foreign)
        .map(|link| link.host().to_owned())
        .collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

/// Counts a name, and forgets the rarest where there are too many.
fn count(names: &mut Vec<(String, u32)>, mut name: String, most: usize) {
    if let Some((end, _)) = name.char_indices().nth(120) {
        name.truncate(end);
    }
    if let Some((_, times)) = names.iter_mut().find(|(known, _)| *known == name) {
        *times = times.saturating_add(1);
        return;
    }
    if names.len() >= most {
        let rarest = (0..names.len()).min_by_key(|&index| names[index].1);
        rarest.map(|index| names.remove(index));
    }
    names.push((name, 1));
}

/// The places of an article's longer words, each once, in order.
fn places(words: &[Word<'_>]) -> Vec<usize> {
    let mut taken = [false; PLACES];
    for word in words {
        if word.text.len() >= LONG_WORD && word.text.chars().nth(LONG_WORD - 1).is_some() {
            taken[place(&word.text)] = true;
        }
    }
    (0..PLACES).filter(|place| taken[*place]).collect()
}

/// The place of a word (FNV-1a).
fn place(word: &str) -> usize {
    let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 20) as usize % PLACES
}
