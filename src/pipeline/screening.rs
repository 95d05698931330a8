//! Between the articles and the ledger: what the screen holds back is kept apart, where no reader sees it, and what is
//! usual for the source is learnt from what came of the others. What speaks against an article is `screen`'s decision.

use std::sync::PoisonError;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Context, Crawl, Error};
use crate::fetch::Fetch;
use crate::ledger::{Candidate, Decided, Holding, Suspect};
use crate::model::{
    Article, Health, Language, Problem, QuarantineOrder, QuarantineStatus, Report, SourceId, SourceOutcome,
    SourceState, Why,
};
use crate::schedule;
use crate::screen::{History, Screened, Traits, screen_and_read};
use crate::store;

/// What is remembered of a source's articles from crawl to crawl.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// What is usual for it.
    pub(super) usual: History,
    /// The keys of what its list named last, in that order.
    listed: Vec<u128>,
}

/// What is known of an article before the screen looks at it.
enum Before {
    /// Somebody released it, or its words are recorded already.
    Trusted,
    /// It is held back, or stays out for ever; nothing of it is new.
    Held,
    /// It is held back for this, and its words have changed since.
    Changed(Why),
    /// Nothing.
    Nothing,
}

/// What may be recorded of a group, and what is held back from now on.
#[derive(Default)]
pub(super) struct Sorted {
    /// What may be recorded, in its order.
    pub(super) passed: Vec<Candidate>,
    /// What is learned of each of those, where the screen has read it.
    pub(super) traits: Vec<Option<Traits>>,
    /// What is held back, and why.
    pub(super) held: Vec<(Article, Why)>,
}

/// What the screen says of an article.
enum Judged {
    /// It may be recorded; what is learned of it where the screen has read it.
    Passes(Candidate, Option<Traits>),
    /// It is held back, from now on or as before.
    Held(Suspect, Holding),
}

impl<F: Fetch> Crawl<'_, F> {
    /// Holds back what the screen speaks against.
    pub(super) async fn screened(&mut self, group: Vec<Candidate>, now: Timestamp) -> Result<Sorted, Error> {
        let mut open = Vec::with_capacity(group.len());
        for candidate in group {
            match self.before(&candidate.article)? {
                Before::Held => self.report.unchanged += 1,
                before => open.push((candidate, before)),
            }
        }
        let mut sorted = Sorted::default();
        let (mut suspects, mut holdings) = (Vec::new(), Vec::new());
        for judged in self.judged(open).await? {
            match judged {
                Judged::Passes(candidate, traits) => {
                    sorted.passed.push(candidate);
                    sorted.traits.push(traits);
                }
                Judged::Held(suspect, holding) => {
                    suspects.push(suspect);
                    holdings.push(holding);
                }
            }
        }
        if !self.options.dry_run && !suspects.is_empty() {
            holdings = self.cx.ledger.hold(suspects.clone(), now).await?;
        }
        for (suspect, holding) in suspects.into_iter().zip(holdings) {
            match holding {
                Holding::New => sorted.held.push((suspect.candidate.article, suspect.why)),
                Holding::Known => self.report.unchanged += 1,
            }
        }
        for (article, why) in &sorted.held {
            self.report.quarantined += 1;
            let what = format!("held back: {}", why.words(Language::En));
            self.report.problems.push(Problem::new(article.url.as_str(), what));
        }
        Ok(sorted)
    }

    /// What is known of an article.
    fn before(&self, article: &Article) -> Result<Before, Error> {
        let store = &self.cx.store;
        let Some(held) = store.quarantined_of_url(&article.url)? else {
            let known = store.article_of_url(&article.url)?;
            let known = known.filter(|known| !known.blanked).map(|known| known.article);
            let is_same = known.is_some_and(|known| known.title == article.title && known.text == article.text);
            return Ok(if is_same { Before::Trusted } else { Before::Nothing });
        };
        let is_own = held.article.source == article.source;
        Ok(match held.status {
            QuarantineStatus::Released => Before::Trusted,
            QuarantineStatus::Held if is_own && !held.has_words_of(article) => Before::Changed(held.why),
            QuarantineStatus::Held | QuarantineStatus::Confirmed => Before::Held,
        })
    }

    /// Asks the screen about articles, each in view of those before it.
    async fn judged(&mut self, open: Vec<(Candidate, Before)>) -> Result<Vec<Judged>, Error> {
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let history = match self.history.take() {
            Some(history) => history,
            None => {
                let remembered: Option<Remembered> = self.cx.store.history(&self.source.id)?;
                remembered.unwrap_or_default().usual
            }
        };
        let bytes = open.iter().map(|(candidate, _)| candidate.article.text.len()).sum();
        let (judged, history) = self
            .cx
            .workers
            .work(bytes, move || {
                let mut usual = history.clone();
                let judged = open
                    .into_iter()
                    .map(|(candidate, before)| judge_one(candidate, before, &mut usual));
                let judged: Vec<Judged> = judged.collect();
                (judged, history)
            })
            .await;
        self.history = Some(history);
        Ok(judged)
    }

    /// Learns from what arrived and from what was held back.
    pub(super) fn learn(&mut self, arrived: &[Traits], held: &[(Article, Why)]) -> Result<(), Error> {
        if arrived.is_empty() && held.is_empty() {
            return Ok(());
        }
        let change = |history: &mut History| {
            held.iter().for_each(|(article, why)| history.held(article, why));
            arrived.iter().for_each(|traits| history.learn_traits(traits));
        };
        if self.options.dry_run {
            change(self.history.get_or_insert_default());
        } else {
            self.history = Some(self.cx.learn(&self.source.id, change)?);
        }
        Ok(())
    }
}

/// Asks the screen about one article, unless that is settled.
fn judge_one(candidate: Candidate, before: Before, usual: &mut History) -> Judged {
    let known = match before {
        Before::Trusted => return Judged::Passes(candidate, None),
        Before::Changed(why) => Some(why),
        Before::Held | Before::Nothing => None,
    };
    let (screened, traits) = screen_and_read(&candidate.article, usual);
    match (screened, known) {
        (Screened::Pass, None) => {
            usual.learn_traits(&traits);
            Judged::Passes(candidate, Some(traits))
        }
        // That it says nothing suspicious any more is for somebody to see: who may write there may do so again.
        (Screened::Pass, Some(why)) | (Screened::Quarantine(why), Some(_)) => {
            Judged::Held(Suspect { candidate, why }, Holding::Known)
        }
        (Screened::Quarantine(why), None) => {
            usual.held(&candidate.article, &why);
            Judged::Held(Suspect { candidate, why }, Holding::New)
        }
    }
}

impl<F> Context<F> {
    /// Changes what is usual for a source. Returns it as it is now.
    fn learn(&self, source: &SourceId, change: impl FnOnce(&mut History)) -> Result<History, store::Error> {
        Ok(self.change(source, |remembered| change(&mut remembered.usual))?.usual)
    }

    /// The keys of what a source's list named the last time.
    pub(super) fn listed(&self, source: &SourceId) -> Result<Vec<u128>, store::Error> {
        let remembered: Option<Remembered> = self.store.history(source)?;
        Ok(remembered.map(|remembered| remembered.listed).unwrap_or_default())
    }

    /// Remembers what a source's list names now.
    pub(super) fn remember_listed(&self, source: &SourceId, listed: Vec<u128>) -> Result<(), store::Error> {
        self.change(source, |remembered| remembered.listed = listed).map(drop)
    }

    fn change(&self, source: &SourceId, change: impl FnOnce(&mut Remembered)) -> Result<Remembered, store::Error> {
        let _guard = self.remembering.lock().unwrap_or_else(PoisonError::into_inner);
        let mut remembered: Remembered = self.store.history(source)?.unwrap_or_default();
        change(&mut remembered);
        self.store.put_history(source, &remembered)?;
        Ok(remembered)
    }

    /// Writes what is to be remembered of a source after a crawl.
    pub(super) fn remember(&self, report: &Report, next: SourceState) -> Result<(), store::Error> {
        let _guard = self.remembering.lock().unwrap_or_else(PoisonError::into_inner);
        let meanwhile = self.store.state(&report.source)?;
        let next = match report.outcome {
            SourceOutcome::Ok => self.trusted(&report.source, next)?,
            // Nothing came that could make it suspicious; whether it still is, is for its history to say.
            SourceOutcome::NotModified if is_suspicious(meanwhile.as_ref()) => self.trusted(&report.source, next)?,
            _ => next,
        };
        // A hub may have told of news while the list was being read.
        let next = match meanwhile {
            Some(meanwhile) => schedule::pushes::meanwhile(next, &meanwhile),
            None => next,
        };
        self.put_state(&report.source, &next)
    }

    /// A source's state, which says whether most of what it publishes is held back.
    fn trusted(&self, source: &SourceId, state: SourceState) -> Result<SourceState, store::Error> {
        let now = self.clock.now();
        let remembered: Option<Remembered> = self.store.history(source)?;
        Ok(match remembered.and_then(|remembered| remembered.usual.mostly_held()) {
            Some((held, all)) => {
                let why = format!("{held} of its last {all} articles are held back by the screen");
                schedule::quarantined(&state, &why, now)
            }
            None if state.health == Health::Quarantined => schedule::released(&state, now),
            None => state,
        })
    }
}

fn is_suspicious(state: Option<&SourceState>) -> bool {
    state.is_some_and(|state| state.health == Health::Quarantined)
}

/// Carries out what somebody decides about an article that was held back, when it is on disk: of one that is released
/// its source's history learns, and the source may be trusted again.
///
/// # Errors
/// A [`crate::ledger::Error::Refused`] where it cannot be carried out; else when our own store fails.
pub async fn judge<F: Fetch>(cx: &Context<F>, order: QuarantineOrder) -> Result<Decided, Error> {
    let held = cx.store.quarantined_of_url(&order.url)?;
    let decided = cx.ledger.judge(order, cx.clock.now()).await?;
    if let (Decided::Released(_), Some(held)) = (decided, held) {
        let source = &held.article.source;
        cx.learn(source, |history| history.released(&held.article))?;
        let _guard = cx.remembering.lock().unwrap_or_else(PoisonError::into_inner);
        let state = cx.store.state(source)?;
        if let Some(state) = state.filter(|state| state.health == Health::Quarantined) {
            cx.put_state(source, &cx.trusted(source, state)?)?;
        }
    }
    Ok(decided)
}
