//! Finds the few recent articles whose titles say much the same: the weaker tier, by which stories of one event are linked
//! though they share no words of their texts. In memory only; it compares nothing itself: `verify` does.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;

use super::index::Whole;
use crate::model::ArticleId;

/// Titles must share so many words to be compared.
const SHARED: usize = 3;

/// ...and half of those of the shorter one: `verify` asks for as much.
const SHARE: usize = 2;

/// A word that more titles have says nothing.
const MOST_HOLDERS: usize = 64;

/// At most so many articles are worth comparing.
const MOST_CANDIDATES: usize = 8;

/// The titles of the last day.
#[derive(Debug, Default)]
pub struct Titles {
    /// The articles of each word, the oldest first.
    holders: HashMap<u32, VecDeque<ArticleId>, BuildHasherDefault<Whole>>,
    /// The words of each article, the oldest first.
    arrived: VecDeque<(ArticleId, Vec<u32>)>,
}

impl Titles {
    /// Adds an article by the hashes of its title's words. The newest is added last.
    pub fn insert(&mut self, article: ArticleId, words: &[u32]) {
        for word in words {
            let holders = self.holders.entry(*word).or_default();
            holders.push_back(article);
            if holders.len() > MOST_HOLDERS {
                holders.pop_front();
            }
        }
        self.arrived.push_back((article, words.to_vec()));
    }

    /// Forgets every article that is older than this one.
    pub fn evict_before(&mut self, article: ArticleId) {
        while let Some((oldest, words)) = self.arrived.pop_front_if(|(oldest, _)| *oldest < article) {
            for word in words {
                let Some(holders) = self.holders.get_mut(&word) else {
                    continue;
                };
                if holders.front() == Some(&oldest) {
                    holders.pop_front();
                }
                if holders.is_empty() {
                    self.holders.remove(&word);
                }
            }
        }
    }

    /// How many words the title of an article has.
    fn words_of(&self, article: ArticleId) -> usize {
        let at = self.arrived.partition_point(|(other, _)| *other < article);
        let known = self.arrived.get(at).filter(|(other, _)| *other == article);
        known.map_or(0, |(_, words)| words.len())
    }

    /// The articles whose titles share enough words with this one, the most alike first.
    pub fn candidates(&self, words: &[u32]) -> Vec<ArticleId> {
        let mut holders: Vec<ArticleId> = Vec::with_capacity(words.len() * MOST_HOLDERS);
        let known = words.iter().filter_map(|word| self.holders.get(word));
        holders.extend(known.flatten());
        holders.sort_unstable();
        let shared = holders.chunk_by(|a, b| a == b).map(|same| (same.len(), same[0]));
        let enough = |(shared, article): &(usize, ArticleId)| {
            *shared >= SHARED && shared * SHARE >= self.words_of(*article).min(words.len())
        };
        let mut found: Vec<(usize, ArticleId)> = shared.filter(enough).collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(MOST_CANDIDATES);
        found.into_iter().map(|(_, article)| article).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_that_share_three_words_are_found_until_they_are_too_old() {
        let mut titles = Titles::default();
        titles.insert(ArticleId(1), &[1, 2, 3, 4]);
        titles.insert(ArticleId(2), &[3, 4, 5, 6]);
        titles.insert(ArticleId(3), &[2, 3, 4, 9]);
        assert_eq!(titles.candidates(&[1, 2, 3, 4]), [ArticleId(1), ArticleId(3)]);
        titles.evict_before(ArticleId(3));
        assert_eq!(titles.candidates(&[1, 2, 3, 4]), [ArticleId(3)]);
        titles.evict_before(ArticleId(4));
        assert!(titles.holders.is_empty());
    }

    #[test]
    fn titles_that_share_only_the_name_of_a_unit_are_not_found() {
        let mut titles = Titles::default();
        titles.insert(ArticleId(1), &[1, 2, 3, 11, 12, 13, 14, 15]);
        titles.insert(ArticleId(2), &[1, 2, 3, 11]);
        assert_eq!(titles.candidates(&[1, 2, 3, 21, 22, 23, 24]), [ArticleId(2)]);
    }

    #[test]
    fn a_word_that_every_title_has_costs_no_more_than_one_that_few_have() {
        let mut titles = Titles::default();
        for number in 0..1_000 {
            titles.insert(ArticleId(number), &[1, 2, 3]);
        }
        assert_eq!(titles.holders[&1].len(), MOST_HOLDERS);
        assert_eq!(titles.candidates(&[1, 2, 3]).len(), MOST_CANDIDATES);
    }
}
