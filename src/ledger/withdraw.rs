//! What sources took back, on top of a draft: a copy leaves its story, and a story goes with its last copy. Whether a
//! source says so is read elsewhere; that a page is merely missing is no withdrawal.

use jiff::Timestamp;

use super::Error;
use super::draft::{Draft, withdrawn};
use super::edit::finish;
use crate::dedupe::Keys;
use crate::model::{ArticleId, Back, Change, Edit, Member, SourceId, Story, StoryId, TakenBack};
use crate::store::StoredArticle;
use crate::store::keys::{self, Tree};

/// What readers see of a story whose last copy was taken back.
const TAKEN_BACK: &str = "ditarik kembali oleh sumbernya";

/// Who says that articles were taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A source, in its list: it may speak of its own articles only.
    Source(SourceId),
    /// The article's own page, by answering 410.
    Page,
}

/// A copy that was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// Its address.
    pub url: String,
    /// The story it told; withdrawn as well where it was the last copy.
    pub story: StoryId,
}

/// Withdraws copies. Those that nobody knows, that are not the source's, or are withdrawn already, are passed over.
pub fn withdraw(
    draft: &mut Draft<'_>,
    said: &Said,
    taken: &[TakenBack],
    now: Timestamp,
) -> Result<Vec<Withdrawn>, Error> {
    let mut all = Vec::new();
    for taken in taken {
        let Some(stored) = named(draft, said, taken)? else {
            continue;
        };
        let is_own = match said {
            Said::Source(source) => stored.article.source == *source,
            Said::Page => true,
        };
        let story = draft.find_story(stored.story)?.filter(|story| story.hidden.is_none());
        let (true, Some(story)) = (is_own, story) else {
            continue;
        };
        let Some(at) = story.members.iter().position(|member| member.article == stored.id) else {
            continue;
        };
        all.push(Withdrawn {
            url: stored.article.url.clone(),
            story: story.id,
        });
        take_out(draft, story, at, stored, now)?;
    }
    Ok(all)
}

/// The article that is meant.
fn named(draft: &Draft<'_>, said: &Said, taken: &TakenBack) -> Result<Option<StoredArticle>, Error> {
    let id: Option<ArticleId> = match (taken, said) {
        (TakenBack::Url(url), _) => draft.indexed(Tree::Url, &keys::url(url.as_str()))?,
        (TakenBack::Guid(guid), Said::Source(source)) => draft.indexed(Tree::Guid, &Keys::key_of_guid(source, guid))?,
        (TakenBack::Guid(_), Said::Page) => None,
    };
    id.map_or(Ok(None), |id| draft.article(id))
}

fn take_out(
    draft: &mut Draft<'_>,
    mut story: Story,
    at: usize,
    stored: StoredArticle,
    now: Timestamp,
) -> Result<(), Error> {
    let withdrawal = withdrawn(TAKEN_BACK.to_owned(), now);
    let edit = |change, back| Edit {
        at: now,
        by: Edit::WARTA.to_owned(),
        change,
        back,
    };
    if story.members.len() == 1 {
        story
            .edits
            .push(edit(Change::Hide(withdrawal.reason.clone()), Back::Show));
        story.hidden = Some(withdrawal);
        draft.blank(&story)?;
        return finish(draft, story, now).map(drop);
    }
    let member = story.members.remove(at);
    draft.put_taken_back(&member.url, Some(&withdrawal));
    story
        .edits
        .push(edit(Change::TakeBack(member.url.clone()), Back::Rejoin(member)));
    draft.put_blanked(stored);
    let members = draft.members(&story)?;
    draft.settle(&mut story, &members, now);
    story.updated = now;
    draft.put_story(story, now)
}

/// Puts an article back that its source had taken back. Its words come when its page is read again.
pub fn rejoin(draft: &mut Draft<'_>, story: &mut Story, member: Member) {
    draft.put_taken_back(&member.url, None);
    story.members.push(member);
    story.members.sort_by_key(|member| member.article);
}
