//! Corrections by hand, on top of a draft: each is written with what takes it back.

use jiff::Timestamp;

use super::Error;
use super::draft::{Draft, withdrawn};
use super::quarantine::hold_again;
use super::withdraw::rejoin;
use crate::model::{ArticleId, Back, Change, Correction, Edit, EditOrder, Story, StoryId, identity};

/// Makes a correction. Returns the story that it left.
///
/// # Errors
/// [`Error::Refused`] where the order cannot be carried out; then nothing has changed.
pub fn edit(draft: &mut Draft<'_>, order: EditOrder, now: Timestamp) -> Result<StoryId, Error> {
    let mut story = found(draft, order.story)?;
    let back = match &order.change {
        Change::Undo => return undo(draft, story, now),
        Change::Region(code) => Back::Region(story.fixed.region.replace(*code)),
        Change::Satker(satker, region) => Back::Satker(story.fixed.satker.replace((satker.clone(), *region))),
        Change::Split(url) => Back::Unsplit(split(draft, &mut story, url, now)?),
        Change::Merge(other) => {
            let other = found(draft, *other)?;
            if other.id == story.id {
                return Err(refused(format!("{} cannot be merged with itself", story.id)));
            }
            let (mut elder, younger) = if other.id < story.id {
                (other, story)
            } else {
                (story, other)
            };
            elder.apart.retain(|apart| *apart != younger.id);
            draft.merge(&mut elder, &younger, now)?;
            story = elder;
            Back::Unmerge(Box::new(younger))
        }
        Change::Hide(reason) => {
            if let Some(hidden) = &story.hidden {
                return Err(refused(format!("{} is withdrawn already: {}", story.id, hidden.reason)));
            }
            story.hidden = Some(withdrawn(reason.clone(), now));
            draft.blank(&story)?;
            Back::Show
        }
        Change::Pin(until) => Back::Pin(story.pinned_until.replace(*until)),
        Change::Release(url) | Change::TakeBack(url) => {
            return Err(refused(format!("{url}: such a correction is ordered by its address")));
        }
    };
    story.edits.push(Edit {
        at: now,
        by: order.by,
        change: order.change,
        back,
    });
    finish(draft, story, now)
}

/// Takes the last correction back.
fn undo(draft: &mut Draft<'_>, mut story: Story, now: Timestamp) -> Result<StoryId, Error> {
    let Some(last) = story.edits.pop() else {
        return Err(refused(format!(
            "{} was never corrected: there is nothing to undo",
            story.id
        )));
    };
    match last.back {
        Back::Region(before) => story.fixed.region = before,
        Back::Satker(before) => story.fixed.satker = before,
        Back::Unsplit(other) => {
            let other = found(draft, other)?;
            story.apart.retain(|apart| *apart != other.id);
            draft.merge(&mut story, &other, now)?;
        }
        Back::Unmerge(younger) => unmerge(draft, &mut story, *younger, now)?,
        Back::Show => story.hidden = None,
        Back::Pin(before) => story.pinned_until = before,
        Back::Hold(url) => hold_again(draft, &mut story, &url, now)?,
        Back::Rejoin(member) => rejoin(draft, &mut story, member),
    }
    finish(draft, story, now)
}

/// Writes a corrected story: what was fixed decides again, and readers see that something changed.
pub fn finish(draft: &mut Draft<'_>, mut story: Story, now: Timestamp) -> Result<StoryId, Error> {
    let members = draft.members(&story)?;
    draft.settle_by_hand(&mut story, &members);
    story.updated = now;
    let id = story.id;
    draft.put_story(story.clone(), now)?;
    draft.put_corrections(&story)?;
    Ok(id)
}

/// Takes an article out of a story; it tells one of its own from now on, which arrives now.
fn split(draft: &mut Draft<'_>, story: &mut Story, url: &str, now: Timestamp) -> Result<StoryId, Error> {
    if story.members.len() < 2 {
        return Err(refused(format!(
            "{} has one article only: there is nothing to split",
            story.id
        )));
    }
    let wanted = identity(url);
    let Some(at) = story.members.iter().position(|member| identity(&member.url) == wanted) else {
        let urls: Vec<&str> = story.members.iter().map(|member| member.url.as_str()).collect();
        return Err(refused(format!(
            "{url} is no article of {}; it has {}",
            story.id,
            urls.join(", ")
        )));
    };
    let member = story.members.remove(at);
    let Some(mut stored) = draft.article(member.article)? else {
        return Err(refused(format!("the article {url} is not stored")));
    };
    // The id of a story's first article is the story's own and stays with it.
    let id = if stored.id.0 == story.id.0 {
        draft.next_id(now)?
    } else {
        ArticleId(stored.id.0)
    };
    stored.story = StoryId(id.0);
    let apart = Correction {
        apart: vec![story.id],
        ..Correction::default()
    };
    let other = draft.story_of(&stored, apart, now);
    story.apart.push(other.id);
    draft.put_article(stored);
    draft.put_story(other.clone(), now)?;
    draft.put_corrections(&other)?;
    Ok(other.id)
}

/// Takes two stories apart that were made one, each with the articles it had; later copies stay with the elder.
fn unmerge(draft: &mut Draft<'_>, elder: &mut Story, mut younger: Story, now: Timestamp) -> Result<(), Error> {
    let theirs = |id: ArticleId| younger.members.iter().any(|member| member.article == id);
    elder.members.retain(|member| !theirs(member.article));
    draft.unredirect(younger.id);
    for mut stored in draft.members(&younger)? {
        stored.story = younger.id;
        draft.put_article(stored);
    }
    younger.apart.push(elder.id);
    elder.apart.push(younger.id);
    younger.updated = now;
    draft.put_corrections(&younger)?;
    draft.put_story(younger, now)
}

/// The story of an id, or the one it was merged into.
fn found(draft: &Draft<'_>, id: StoryId) -> Result<Story, Error> {
    if let Some(story) = draft.find_story(id)? {
        return Ok(story);
    }
    let into = draft.merged_into(id)?;
    into.map_or(Ok(None), |into| draft.find_story(into))?
        .ok_or_else(|| refused(format!("there is no story {id}; `warta stories` lists them")))
}

/// An order that cannot be carried out, and why.
pub fn refused(why: String) -> Error {
    Error::Refused(why)
}
