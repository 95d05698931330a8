//! Entries of feeds as they were last made, each under its story. Most stories stand in the feeds of the country, a
//! province, a regency and a unit, and where one of these is made again, all entries but one are as they were. What a
//! story says decides alone whether its entry still stands, so that nothing has to be told of changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Settings;
use crate::model::{StoryDetail, StoryId};
use crate::publish::{Entry, Length};

/// Bytes that they take together, the stories they were made of included.
const MOST: usize = 32 << 20;

/// So many are made before it is looked how much they take.
const LOOK_EVERY: u64 = 256;

/// The kept entries.
#[derive(Debug, Default)]
pub(super) struct Entries(Mutex<All>);

#[derive(Debug, Default)]
struct All {
    /// What they were made with; held, so that no others have its address.
    settings: Option<Arc<Settings>>,
    by_story: HashMap<(StoryId, Length), Kept>,
    /// Goes up with every use of one of them.
    uses: u64,
    made: u64,
}

#[derive(Debug)]
struct Kept {
    detail: StoryDetail,
    entry: Arc<Entry>,
    /// The number of its last use.
    used: u64,
}

impl Entries {
    /// The entry of a story, made only where it is not here as it would be made.
    pub fn get_or_make(
        &self,
        settings: &Arc<Settings>,
        detail: StoryDetail,
        length: Length,
        make: impl FnOnce(StoryDetail, Length) -> Entry,
    ) -> Arc<Entry> {
        let key = (detail.story.id, length);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.uses += 1;
        let used = all.uses;
        if !all.settings.as_ref().is_some_and(|held| Arc::ptr_eq(held, settings)) {
            all.by_story.clear();
            all.settings = Some(Arc::clone(settings));
        }
        if let Some(kept) = all.by_story.get_mut(&key).filter(|kept| kept.detail == detail) {
            kept.used = used;
            return Arc::clone(&kept.entry);
        }
        let entry = Arc::new(make(detail.clone(), length));
        let kept = Kept {
            detail,
            entry: Arc::clone(&entry),
            used,
        };
        all.by_story.insert(key, kept);
        all.made += 1;
        if all.made.is_multiple_of(LOOK_EVERY) {
            all.shrink();
        }
        entry
    }
}

impl All {
    /// Forgets the longest unused where all take more than they may, and some more, so that it is seldom done.
    fn shrink(&mut self) {
        let mut total: usize = self.by_story.values().map(Kept::size).sum();
        if total <= MOST {
            return;
        }
        let mut by_use: Vec<_> = self.by_story.iter().map(|(key, kept)| (kept.used, *key)).collect();
        by_use.sort_unstable_by_key(|(used, _)| *used);
        for (_, key) in by_use {
            if total <= MOST - MOST / 4 {
                return;
            }
            total -= self.by_story.remove(&key).map_or(0, |kept| kept.size());
        }
    }
}

impl Kept {
    fn size(&self) -> usize {
        let article = &self.detail.article;
        self.entry.size() + article.html.len() + article.text.len() + article.summary.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{now, settings, store_long_story, store_story};
    use super::*;
    use crate::gazetteer::Gazetteer;
    use crate::model::{Scope, Withdrawal};
    use crate::publish::{self, Context, Format};
    use crate::store::Store;

    fn context<'a>(settings: &'a Settings, gazetteer: &'a Gazetteer) -> Context<'a> {
        Context {
            site: &settings.site,
            gazetteer,
            directory: &settings.directory,
        }
    }

    #[tokio::test]
    async fn an_entry_is_made_again_only_where_its_story_its_length_or_the_settings_are_others() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        store_story(&store, 1).await;
        let scope = Scope::Region("35".parse().unwrap());
        let detail = store.newest(&scope).next().unwrap().unwrap();
        let (entries, gazetteer) = (Entries::default(), Gazetteer::built_in());
        let ask = |settings: &Arc<Settings>, detail: &StoryDetail, length| {
            let mut made = false;
            let entry = entries.get_or_make(settings, detail.clone(), length, |detail, length| {
                made = true;
                publish::entry(context(settings, &gazetteer), detail, length).into()
            });
            (made, entry.written(Format::Rss).to_vec())
        };
        let ours = Arc::new(settings("https://warta.example.id/"));
        let (made, first) = ask(&ours, &detail, Length::Full);
        assert!(made);
        assert_eq!(ask(&ours, &detail, Length::Full), (false, first.clone()));
        assert!(ask(&ours, &detail, Length::Excerpt).0);
        let mut withdrawn = detail.clone();
        withdrawn.story.hidden = Some(Withdrawal {
            at: now(),
            reason: "salah".to_owned(),
        });
        let (made, other) = ask(&ours, &withdrawn, Length::Full);
        assert!(made && other != first);
        assert_eq!(ask(&ours, &detail, Length::Full), (true, first));
        let others = Arc::new(settings("https://warta.example.id/"));
        assert!(ask(&others, &detail, Length::Full).0);
    }

    #[tokio::test]
    async fn no_more_than_their_share_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        store_long_story(&store, 1).await;
        let scope = Scope::Region("35".parse().unwrap());
        let mut detail = store.newest(&scope).next().unwrap().unwrap();
        let (entries, gazetteer) = (Entries::default(), Gazetteer::built_in());
        let ours = Arc::new(settings("https://warta.example.id/"));
        for id in 0..LOOK_EVERY {
            detail.story.id = StoryId(id);
            entries.get_or_make(&ours, detail.clone(), Length::Full, |detail, length| {
                publish::entry(context(&ours, &gazetteer), detail, length).into()
            });
        }
        let all = entries.0.lock().unwrap();
        let total: usize = all.by_story.values().map(Kept::size).sum();
        assert!(total <= MOST && total > MOST / 2, "{total}");
        let last = (StoryId(LOOK_EVERY - 1), Length::Full);
        assert!(all.by_story.contains_key(&last) && !all.by_story.contains_key(&(StoryId(0), Length::Full)));
    }
}
