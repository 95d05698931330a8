//! Removing what is older than the operator keeps, in bounded groups. What is removed is recognised for ever: it never
//! comes back as new.

use jiff::Timestamp;

use super::Error;
use super::draft::Draft;
use crate::dedupe::{Held, Keys};
use crate::model::{ArticleId, Story, StoryId};
use crate::store::{Gone, Store, StoredArticle};

/// The most stories removed as one group, and looked at for it.
const GROUP_STORIES: usize = 100;
const GROUP_LOOKED_AT: usize = 2_000;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Stories.
    pub stories: u64,
    /// Their articles.
    pub articles: u64,
}

/// Removes the next group of stories in which nothing has happened since `before`, after one story. Returns the story to
/// go on after, if there may be more.
pub fn expire(
    store: &Store,
    draft: &mut Draft<'_>,
    after: StoryId,
    before: Timestamp,
    now: Timestamp,
) -> Result<(Expired, Option<StoryId>), Error> {
    let mut expired = Expired::default();
    // Ids grow with time: from here on all are younger.
    let end = ArticleId::arriving(before).0;
    for (looked_at, story) in store.stories_after(after).enumerate() {
        let story = story?;
        let id = story.id;
        if id.0 >= end {
            break;
        }
        if is_over(&story, before, now) {
            expired.stories += 1;
            expired.articles += draft.remove(&story)?;
        }
        if expired.stories as usize >= GROUP_STORIES || looked_at + 1 >= GROUP_LOOKED_AT {
            return Ok((expired, Some(id)));
        }
    }
    Ok((expired, None))
}

/// Whether nothing has happened in a story since then, and nobody keeps it up.
fn is_over(story: &Story, before: Timestamp, now: Timestamp) -> bool {
    let is_pinned = story.pinned_until.is_some_and(|until| until > now);
    let newest = story.members.iter().map(|member| member.seen).max();
    let last = newest
        .unwrap_or(story.first_seen)
        .max(story.first_seen)
        .max(story.updated);
    last < before && !is_pinned
}

/// What is kept of an article.
pub fn gone(stored: &StoredArticle) -> Gone {
    let keys = Keys::of(&stored.article);
    Gone {
        story: stored.story,
        source: stored.article.source.clone(),
        date: stored.article.date(),
        url: keys.url,
        guid: keys.guid,
        exact: keys.exact,
        title: keys.title,
        words: keys.words,
        length: keys.length as u64,
    }
}

/// A removed article as one that is known.
pub fn held(article: ArticleId, gone: Gone) -> Held {
    Held {
        article,
        story: gone.story,
        source: gone.source,
        keys: Keys {
            url: gone.url,
            guid: gone.guid,
            exact: gone.exact,
            title: gone.title,
            words: gone.words,
            length: usize::try_from(gone.length).unwrap_or(usize::MAX),
        },
        date: gone.date,
    }
}
