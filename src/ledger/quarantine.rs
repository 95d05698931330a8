//! What the screen holds back, on top of a draft: it is kept beside the stories, and comes to them only by somebody's
//! decision. What is held back, and why, is decided by the screen before it comes here.

use jiff::Timestamp;

use super::draft::{Draft, withdrawn};
use super::edit::{finish, refused};
use super::group::Group;
use super::memory::Memory;
use super::{Age, Candidate, Error};
use crate::model::{
    ArticleId, Assignment, Back, Change, Edit, Judged, Judgement, QuarantineOrder, QuarantineStatus, Quarantined,
    Story, StoryId, Why, identity,
};
use crate::store::keys;

/// What readers see of a story whose release was taken back.
const HELD_AGAIN: &str = "ditahan untuk diperiksa";

/// An article that the screen holds back.
#[derive(Clone, Debug)]
pub struct Suspect {
    /// The article.
    pub candidate: Candidate,
    /// Why.
    pub why: Why,
}

/// What became of an article that the screen holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// It is held back from now on.
    New,
    /// It was held back before.
    Known,
}

/// What became of a decision about an article that was held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It tells this story.
    Released(StoryId),
    /// It stays out.
    Confirmed,
    /// It is held back again; its words come with the next crawl.
    Held,
}

/// Holds articles back. The newest words of the source that an article was first found in are kept until somebody has
/// decided about it.
pub fn hold(draft: &mut Draft<'_>, suspects: Vec<Suspect>, now: Timestamp) -> Result<Vec<Holding>, Error> {
    let one = |suspect| hold_one(draft, suspect, now);
    suspects.into_iter().map(one).collect()
}

fn hold_one(draft: &mut Draft<'_>, suspect: Suspect, now: Timestamp) -> Result<Holding, Error> {
    let Suspect { candidate, why } = suspect;
    let Some(mut held) = draft.quarantined(&keys::url(&candidate.article.url))? else {
        draft.put_quarantined(Quarantined {
            article: candidate.article,
            region: candidate.region,
            why,
            since: now,
            status: QuarantineStatus::Held,
            judged: None,
            blanked: false,
            story: None,
        });
        return Ok(Holding::New);
    };
    let is_own = held.article.source == candidate.article.source;
    if held.status == QuarantineStatus::Held && is_own && !held.has_words_of(&candidate.article) {
        let seen = held.article.seen;
        held.article = candidate.article;
        held.article.seen = seen;
        (held.region, held.why, held.blanked) = (candidate.region, why, false);
        draft.put_quarantined(held);
    }
    Ok(Holding::Known)
}

/// Carries out a decision about an article that was held back.
///
/// # Errors
/// [`Error::Refused`] where that cannot be; then nothing has changed.
pub fn judge(
    draft: &mut Draft<'_>,
    memory: &mut Memory,
    order: QuarantineOrder,
    now: Timestamp,
) -> Result<Decided, Error> {
    let QuarantineOrder { url, judgement, by } = order;
    let Some(mut held) = draft.quarantined(&keys::url(&url))? else {
        return Err(refused(format!(
            "{url} was never held back; `warta sources --problems` lists what is"
        )));
    };
    let judged = Judged { at: now, by };
    let decided = match (judgement, held.status) {
        (Judgement::Release, QuarantineStatus::Held) => {
            Decided::Released(release(draft, memory, &mut held, &judged, now)?)
        }
        (Judgement::Confirm, QuarantineStatus::Held) => {
            held.blank();
            (held.status, held.judged) = (QuarantineStatus::Confirmed, Some(judged));
            Decided::Confirmed
        }
        (Judgement::Undo, QuarantineStatus::Confirmed) => {
            (held.status, held.judged) = (QuarantineStatus::Held, None);
            Decided::Held
        }
        (_, status) => return Err(refused(cannot(&url, judgement, status))),
    };
    draft.put_quarantined(held);
    Ok(decided)
}

/// Why a decision cannot be carried out.
fn cannot(url: &str, judgement: Judgement, status: QuarantineStatus) -> String {
    match (status, judgement) {
        (QuarantineStatus::Held, _) => format!("nobody has decided about {url}: there is nothing to undo"),
        (QuarantineStatus::Released, Judgement::Undo) => format!("{url} tells a story: undo its last correction"),
        (QuarantineStatus::Released, _) => {
            format!("{url} was released already: --undo takes that back, --hide withdraws its story")
        }
        (QuarantineStatus::Confirmed, _) => format!("{url} was confirmed as spam already: --undo takes that back"),
    }
}

/// Publishes an article: as the ledger decides of any other, or in the story that an earlier release had begun.
fn release(
    draft: &mut Draft<'_>,
    memory: &mut Memory,
    held: &mut Quarantined,
    judged: &Judged,
    now: Timestamp,
) -> Result<StoryId, Error> {
    let url = held.article.url.clone();
    if held.blanked {
        return Err(refused(format!(
            "the words of {url} were dropped: read it again first, by `warta crawl --url {url}`"
        )));
    }
    let edit = Edit {
        at: now,
        by: judged.by.clone(),
        change: Change::Release(url.clone()),
        back: Back::Hold(url),
    };
    let id = match held.story.take() {
        Some(story) => show_again(draft, story, held, edit, now)?,
        None => {
            let candidate = Candidate {
                article: held.article.clone(),
                region: held.region.clone(),
                age: Age::News,
            };
            record(draft, memory, candidate, edit, now)?
        }
    };
    held.blank();
    (held.status, held.judged) = (QuarantineStatus::Released, Some(judged.clone()));
    Ok(id)
}

fn record(
    draft: &mut Draft<'_>,
    memory: &mut Memory,
    candidate: Candidate,
    edit: Edit,
    now: Timestamp,
) -> Result<StoryId, Error> {
    let url = candidate.article.url.clone();
    let assignments = Group::new(draft, memory).assign(vec![candidate], now)?;
    let id = match assignments.first() {
        Some(Assignment::New(id) | Assignment::Copy(id) | Assignment::Changed(id) | Assignment::Unchanged(id)) => *id,
        None => return Err(refused(format!("{url} cannot be recorded"))),
    };
    let Some(mut story) = draft.find_story(id)? else {
        return Err(refused(format!(
            "the story {id} that {url} tells was removed for its age"
        )));
    };
    if let Some(hidden) = &story.hidden {
        let reason = &hidden.reason;
        return Err(refused(format!(
            "{url} tells the story {id}, which is withdrawn: {reason}; undo that first"
        )));
    }
    story.edits.push(edit);
    draft.put_story(story, now)?;
    Ok(id)
}

/// Shows the story again that an earlier release had begun, and that was withdrawn when it was taken back.
fn show_again(
    draft: &mut Draft<'_>,
    id: StoryId,
    held: &Quarantined,
    edit: Edit,
    now: Timestamp,
) -> Result<StoryId, Error> {
    let url = &held.article.url;
    let Some(mut story) = draft.find_story(id)? else {
        return Err(refused(format!(
            "the story {id} that {url} told was removed for its age"
        )));
    };
    if let Some(mut stored) = article_of(draft, &story, url)? {
        stored.article = held.article.clone();
        if std::mem::take(&mut stored.blanked) {
            draft.unblank(stored.id);
        }
        draft.put_article(stored);
    }
    story.hidden = None;
    story.edits.push(edit);
    finish(draft, story, now)
}

/// Takes a release back: the article leaves its story, which is withdrawn where it has no other.
///
/// # Errors
/// [`Error::Refused`] where the article is no part of the story any more.
pub fn hold_again(draft: &mut Draft<'_>, story: &mut Story, url: &str, now: Timestamp) -> Result<(), Error> {
    let held = draft.quarantined(&keys::url(url))?;
    let held = held.filter(|held| held.status == QuarantineStatus::Released);
    let (Some(mut held), Some(stored)) = (held, article_of(draft, story, url)?) else {
        return Err(refused(format!(
            "{url} was released, and is no article of {} any more",
            story.id
        )));
    };
    held.article = stored.article.clone();
    (held.blanked, held.status, held.judged) = (stored.blanked, QuarantineStatus::Held, None);
    if story.members.len() > 1 {
        story.members.retain(|member| member.article != stored.id);
        draft.take_away(&stored)?;
        // The same words lead to those that stay.
        for other in draft.members(story)? {
            draft.put_article(other);
        }
    } else {
        story.hidden = Some(withdrawn(HELD_AGAIN.to_owned(), now));
        draft.blank(story)?;
        held.story = Some(story.id);
    }
    draft.put_quarantined(held);
    Ok(())
}

/// The article of an address in a story.
fn article_of(draft: &Draft<'_>, story: &Story, url: &str) -> Result<Option<crate::store::StoredArticle>, Error> {
    let wanted = identity(url);
    let found: Option<ArticleId> = story
        .members
        .iter()
        .find(|member| identity(&member.url) == wanted)
        .map(|member| member.article);
    found.map_or(Ok(None), |id| draft.article(id))
}
