//! A group of articles on its way to the journal: each is decided with those before it in view.

use jiff::Timestamp;

use super::draft::{Draft, member};
use super::memory::Memory;
use super::{Age, Candidate, Error, expire};
use crate::dedupe::{self, Decision, Fingerprint, Held, Keys, Known};
use crate::model::{
    ArticleId, Assignment, Back, Change, Comparison, Correction, Edit, How, Joined, Relation, Story, StoryId, Verdict,
};
use crate::store::StoredArticle;
use crate::store::keys::Tree;

/// How many of the nearest articles of which it is no copy are kept with an article.
const REJECTED: usize = 3;

/// How many related stories a story is linked with, at most.
const RELATED: usize = 10;

/// Decides articles in their order, on top of a draft.
pub struct Group<'d, 'a> {
    draft: &'d mut Draft<'a>,
    memory: &'d mut Memory,
}

/// An article with all its hashes, which are made once.
struct Hashed {
    candidate: Candidate,
    keys: Keys,
    fingerprint: Fingerprint,
}

impl Hashed {
    fn of(candidate: Candidate, keys: Keys) -> Hashed {
        let fingerprint = Fingerprint::of(&candidate.article);
        Hashed {
            candidate,
            keys,
            fingerprint,
        }
    }
}

/// What is near to an article by their fingerprints.
#[derive(Default)]
struct Near {
    /// Those it is a copy of, the best first.
    same: Vec<(f32, Comparison, Fingerprint)>,
    /// The nearest of the others.
    rejected: Vec<Comparison>,
    /// Those that seem to be about the same event.
    related: Vec<ArticleId>,
}

impl<'d, 'a> Group<'d, 'a> {
    /// A group on top of a draft.
    pub fn new(draft: &'d mut Draft<'a>, memory: &'d mut Memory) -> Group<'d, 'a> {
        Group { draft, memory }
    }

    /// Decides articles in their order.
    pub fn assign(&mut self, candidates: Vec<Candidate>, now: Timestamp) -> Result<Vec<Assignment>, Error> {
        candidates
            .into_iter()
            .map(|candidate| self.assign_one(candidate, now))
            .collect()
    }

    fn assign_one(&mut self, candidate: Candidate, now: Timestamp) -> Result<Assignment, Error> {
        let keys = Keys::of(&candidate.article);
        let correction = self.draft.correction(&candidate.article)?;
        let known = self.known(&keys, &correction.apart)?;
        let decision = dedupe::decide(&candidate.article, &keys, &known, self.draft.window());
        if let Decision::Copy(held) | Decision::Changed(held) | Decision::Unchanged(held) = &decision
            && self.draft.story_of_article(held.article)?.is_none()
        {
            // Removed for its age, which no other copy of it and no other words make less.
            if known.by_url.is_none() {
                self.draft.put_address(&keys, held.article);
            }
            return Ok(Assignment::Unchanged(held.story));
        }
        match decision {
            Decision::New => self.begin_or_join(Hashed::of(candidate, keys), correction, now),
            Decision::Copy(held) => {
                let joined = Joined {
                    how: How::SameText(held.article),
                    rejected: Vec::new(),
                };
                self.join(Hashed::of(candidate, keys), held.story, joined, now)
            }
            Decision::Changed(held) => self.change(candidate, &keys, &held, now),
            Decision::Unchanged(held) => Ok(Assignment::Unchanged(held.story)),
        }
    }

    /// An article that nothing identifies: a copy of what is most like it, else the first of a story.
    fn begin_or_join(&mut self, new: Hashed, correction: Correction, now: Timestamp) -> Result<Assignment, Error> {
        let Near {
            same,
            rejected,
            related,
        } = self.near(&new.fingerprint)?;
        let mut stories: Vec<(StoryId, Comparison, Fingerprint)> = Vec::new();
        for (_, comparison, held) in same {
            let Some(story) = self.draft.story_of_article(comparison.with)? else {
                continue;
            };
            if !correction.apart.contains(&story) && stories.iter().all(|(known, ..)| *known != story) {
                stories.push((story, comparison, held));
            }
        }
        let mut stories = stories.into_iter();
        let Some((story, best, _)) = stories.next() else {
            let joined = Joined {
                how: How::First,
                rejected,
            };
            let event = new.candidate.region.event;
            let assignment = self.begin(new, correction, joined, now)?;
            if let (Assignment::New(story), Some(_)) = (assignment, event.regency()) {
                self.relate(story, &related, now)?;
            }
            return Ok(assignment);
        };
        let joined = Joined {
            how: How::Alike(best),
            rejected,
        };
        let mut into = story;
        for (other, _, held) in stories {
            if dedupe::joins(&new.fingerprint, &held) {
                into = self.unite(into, other, now)?;
            }
        }
        self.join(new, into, joined, now)
    }

    /// Compares an article with those worth it.
    fn near(&self, fingerprint: &Fingerprint) -> Result<Near, Error> {
        let (by_text, by_title) = self.memory.candidates(fingerprint);
        let mut held: Vec<(ArticleId, Fingerprint)> = Vec::with_capacity(by_text.len());
        for id in &by_text {
            held.extend(self.held_fingerprint(*id)?);
        }
        let others: Vec<&Fingerprint> = held.iter().map(|(_, fingerprint)| fingerprint).collect();
        let gathers = dedupe::gathers(fingerprint, &others);
        for id in by_title {
            held.extend(self.held_fingerprint(id)?);
        }
        let mut near = Near::default();
        for (with, other) in held {
            let verdict = dedupe::verify(fingerprint, &other, self.draft.window());
            let comparison = Comparison { with, verdict };
            match verdict.relation {
                Relation::Same { score } if !gathers => near.same.push((score, comparison, other)),
                Relation::Related => near.related.push(with),
                Relation::Same { .. } | Relation::Apart => near.rejected.push(comparison),
            }
        }
        near.same.sort_by(|a, b| b.0.total_cmp(&a.0));
        near.rejected
            .sort_by(|a, b| nearness(&b.verdict).total_cmp(&nearness(&a.verdict)));
        near.rejected.truncate(REJECTED);
        Ok(near)
    }

    /// An article that is there, with its fingerprint.
    fn held_fingerprint(&self, id: ArticleId) -> Result<Option<(ArticleId, Fingerprint)>, Error> {
        if !self.draft.has_article(id)? {
            return Ok(None);
        }
        let fingerprint = self
            .memory
            .fingerprint(id)
            .map_or_else(|| self.draft.fingerprint(id), |known| Ok(Some(known)))?;
        Ok(fingerprint.map(|fingerprint| (id, fingerprint)))
    }

    /// The first article of a story.
    fn begin(
        &mut self,
        new: Hashed,
        correction: Correction,
        joined: Joined,
        now: Timestamp,
    ) -> Result<Assignment, Error> {
        let id = self.draft.next_id(now)?;
        let age = new.candidate.age;
        let stored = stored(id, StoryId(id.0), new.candidate, joined);
        let mut story = self.draft.story_of(&stored, correction, now);
        if age == Age::History {
            story.listed_at = stored.article.date().min(now);
        }
        self.put(stored, &new.keys, new.fingerprint, &story);
        let id = story.id;
        self.draft.begin_story(story, now)?;
        Ok(Assignment::New(id))
    }

    /// A further copy. It changes the story's links, never its id, its first date or `updated`.
    fn join(&mut self, new: Hashed, id: StoryId, joined: Joined, now: Timestamp) -> Result<Assignment, Error> {
        let stored = stored(self.draft.next_id(now)?, id, new.candidate, joined);
        let mut story = self.draft.story(id)?;
        story.members.push(member(&stored));
        self.put(stored, &new.keys, new.fingerprint, &story);
        let members = self.draft.members(&story)?;
        self.draft.settle(&mut story, &members, now);
        self.draft.put_story(story, now)?;
        Ok(Assignment::Copy(id))
    }

    /// A known article with other words: they replace the old ones in place.
    fn change(&mut self, candidate: Candidate, keys: &Keys, held: &Held, now: Timestamp) -> Result<Assignment, Error> {
        let mut story = self.draft.story(held.story)?;
        let before = self.draft.article(held.article)?;
        let (Some(before), None) = (before, &story.hidden) else {
            // What was withdrawn stays withdrawn, whatever its source says now.
            return Ok(Assignment::Unchanged(story.id));
        };
        if self.draft.is_taken_back(&before.article.url)? {
            return Ok(Assignment::Unchanged(story.id));
        }
        let fingerprint = Fingerprint::of(&candidate.article);
        let old = self.held_fingerprint(held.article)?;
        let same_text = old.is_some_and(|(_, old)| old.exact.is_some() && old.exact == fingerprint.exact);
        if same_text && !before.blanked && before.article.title == candidate.article.title {
            // Only furniture has changed, which many portals do at every visit.
            return Ok(Assignment::Unchanged(story.id));
        }
        let mut stored = stored(held.article, held.story, candidate, before.joined);
        stored.article.seen = before.article.seen;
        if let Some(member) = story.members.iter_mut().find(|member| member.article == held.article) {
            *member = self::member(&stored);
        }
        if story.representative == held.article && held.keys.words != keys.words {
            story.updated = now;
        }
        if before.blanked {
            self.draft.unblank(stored.id);
        }
        self.memory.put(stored.id, fingerprint);
        self.draft.put_article_of(stored, keys);
        self.draft.put_story(story, now)?;
        Ok(Assignment::Changed(held.story))
    }

    /// Makes one story of two that an article is much like, unless they were taken apart by hand. Returns the elder.
    fn unite(&mut self, one: StoryId, other: StoryId, now: Timestamp) -> Result<StoryId, Error> {
        let (elder, younger) = (one.min(other), one.max(other));
        let (mut elder, younger) = (self.draft.story(elder)?, self.draft.story(younger)?);
        if elder.apart.contains(&younger.id) || younger.apart.contains(&elder.id) || younger.hidden.is_some() {
            return Ok(one);
        }
        self.draft.merge(&mut elder, &younger, now)?;
        elder.edits.push(Edit {
            at: now,
            by: Edit::WARTA.to_owned(),
            change: Change::Merge(younger.id),
            back: Back::Unmerge(Box::new(younger)),
        });
        let id = elder.id;
        self.draft.put_story(elder, now)?;
        Ok(id)
    }

    /// Links a new story with those of the same kabupaten or kota that seem to be about the same event.
    fn relate(&mut self, id: StoryId, articles: &[ArticleId], now: Timestamp) -> Result<(), Error> {
        if articles.is_empty() {
            return Ok(());
        }
        let mut story = self.draft.story(id)?;
        for article in articles {
            let Some(other) = self.draft.story_of_article(*article)? else {
                continue;
            };
            let mut other = self.draft.story(other)?;
            let fits = other.region == story.region && other.id != id && other.hidden.is_none();
            if fits && story.related.len() < RELATED && other.related.len() < RELATED {
                story.related.push(other.id);
                other.related.push(id);
                self.draft.put_story(other, now)?;
            }
        }
        if story.related.is_empty() {
            return Ok(());
        }
        self.draft.put_story(story, now)
    }

    /// Puts an article into its story; of one that was withdrawn no word is kept.
    fn put(&mut self, stored: StoredArticle, keys: &Keys, fingerprint: Fingerprint, story: &Story) {
        self.memory.put(stored.id, fingerprint);
        if story.hidden.is_some() {
            self.draft.put_blanked(stored);
        } else {
            self.draft.put_article_of(stored, keys);
        }
    }

    /// What is known under an article's keys, but for stories that it was taken out of by hand.
    fn known(&self, keys: &Keys, apart: &[StoryId]) -> Result<Known, Error> {
        let by_text = keys
            .exact
            .map_or(Ok(None), |hash| self.held(Tree::Exact, &hash.to_be_bytes()))?;
        Ok(Known {
            by_url: self.held(Tree::Url, &keys.url.to_be_bytes())?,
            by_guid: keys.guid_key().map_or(Ok(None), |key| self.held(Tree::Guid, &key))?,
            by_text: by_text.filter(|held| !apart.contains(&held.story)),
        })
    }

    /// The article a key leads to, be it there or removed for its age.
    fn held(&self, tree: Tree, key: &[u8]) -> Result<Option<Held>, Error> {
        let Some(id) = self.draft.indexed(tree, key)? else {
            return Ok(None);
        };
        let Some(stored) = self.draft.article(id)? else {
            return Ok(self.draft.gone(id)?.map(|gone| expire::held(id, gone)));
        };
        Ok(Some(Held {
            article: stored.id,
            story: stored.story,
            source: stored.article.source.clone(),
            keys: Keys::of(&stored.article),
            date: stored.article.date(),
        }))
    }
}

fn stored(id: ArticleId, story: StoryId, candidate: Candidate, joined: Joined) -> StoredArticle {
    StoredArticle {
        id,
        story,
        region: candidate.region,
        article: candidate.article,
        joined,
        blanked: false,
    }
}

/// How much two articles that are no copies have in common.
fn nearness(verdict: &Verdict) -> f32 {
    verdict.figures.containment + verdict.figures.jaccard
}
