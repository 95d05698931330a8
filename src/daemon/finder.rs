//! Keeps the search index at what the store has: everything at first, then what changed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::gazetteer::Gazetteer;
use crate::model::{Directory, RegionCode, Satker, Scope, StoryDetail, StoryId};
use crate::pipeline::Configured;
use crate::search::{Document, RebuildError, Search};
use crate::store::{self, Store};

/// How long changes wait for others: writing the index costs more than a story is worth.
const TOGETHER: Duration = Duration::from_secs(3);

/// Changes that are written together, at most: they are held in memory.
const TOGETHER_AT_MOST: usize = 500;

/// The index could not be followed.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Search(#[from] crate::search::Error),
    #[error(transparent)]
    Rebuild(#[from] RebuildError<store::Error>),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Follows the store until `shutdown` resolves. A fault of the index is logged and never stops the daemon; after one the
/// index is compared with the store anew.
pub async fn follow(
    store: Store,
    search: Arc<Search>,
    gazetteer: Arc<Gazetteer>,
    configured: watch::Receiver<Arc<Configured>>,
    shutdown: impl Future<Output = ()>,
) {
    tokio::pin!(shutdown);
    let mut generation = None;
    let mut follows = Follows::NotYet;
    loop {
        if generation != Some(store.generation()) {
            generation = Some(store.generation());
            let (store, search) = (store.clone(), Arc::clone(&search));
            let (gazetteer, configured) = (Arc::clone(&gazetteer), configured.borrow().clone());
            let work = move || update(&store, &search, &gazetteer, &configured.directory, follows);
            let updated = tokio::task::spawn_blocking(work).await;
            follows = match updated.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) {
                Ok(()) => Follows::All,
                Err(error) => {
                    tracing::error!(%error, "cannot follow the stories in the search index");
                    Follows::NotYet
                }
            };
        }
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(TOGETHER) => {}
        }
    }
}

/// Whether the index has everything that changed before the last time it was asked for.
#[derive(Clone, Copy)]
enum Follows {
    NotYet,
    All,
}

/// Brings the index up to the store: by what changed, where that is known, else with everything.
fn update(
    store: &Store,
    search: &Search,
    gazetteer: &Gazetteer,
    directory: &Directory,
    follows: Follows,
) -> Result<(), Error> {
    let (changed, watermark) = store.take_changed();
    let changed = match follows {
        Follows::All => Some(changed),
        Follows::NotYet => {
            let noted = search.watermark();
            let missed = noted.and_then(|noted| store.changed_between(noted, watermark));
            missed.map(|stories| stories.into_iter().collect())
        }
    };
    let document = |detail| document(detail, gazetteer, directory);
    let Some(changed) = changed else {
        let all = store.newest(&Scope::Region(RegionCode::INDONESIA));
        return Ok(search.rebuild(all.map(|detail| detail.map(document)), watermark)?);
    };
    // What is cut short is done again from where it began.
    let noted = search.watermark().unwrap_or_default();
    let groups = changed.chunks(TOGETHER_AT_MOST);
    let left = groups.len();
    for (at, group) in groups.enumerate() {
        let (mut documents, mut gone) = (Vec::with_capacity(group.len()), Vec::<StoryId>::new());
        for id in group {
            match store.story(*id)? {
                Some(detail) => documents.push(document(detail)),
                None => gone.push(*id),
            }
        }
        let reached = if at + 1 == left { watermark } else { noted };
        search.index(documents, &gone, reached)?;
    }
    if search.watermark() != Some(watermark) {
        search.index([], &[], watermark)?;
    }
    Ok(())
}

fn document(detail: StoryDetail, gazetteer: &Gazetteer, directory: &Directory) -> Document {
    let satker = detail.story.satker.as_ref().and_then(|id| directory.satker(id));
    let regions = detail
        .story
        .regions()
        .into_iter()
        .filter_map(|code| gazetteer.region(code));
    let mut names: Vec<&str> = regions.map(|region| region.name.as_str()).collect();
    names.extend(satker.map(|satker| satker.name.as_str()));
    Document {
        names: names.join(" "),
        kind: satker.map(Satker::kind),
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{Filters, Order};
    use crate::serve::tests::store_story;

    #[tokio::test]
    async fn the_index_has_what_was_there_and_what_comes_and_is_made_again_after_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store"), "warta.example.id,2026").unwrap();
        let search = Search::open(&folder.path().join("search"), []).unwrap();
        let (gazetteer, directory) = (Gazetteer::built_in(), Directory::default());
        let update = |follows| update(&store, &search, &gazetteer, &directory, follows).unwrap();
        let found = || {
            let found = search.query("kegiatan", &Filters::default(), Order::Newest, 10, 0);
            found.unwrap().total
        };
        store_story(&store, 1).await;
        update(Follows::NotYet);
        assert_eq!(found(), 1, "what was there");
        store_story(&store, 2).await;
        update(Follows::All);
        assert_eq!(found(), 2, "what comes");
        store_story(&store, 3).await;
        store.take_changed();
        update(Follows::NotYet);
        assert_eq!(found(), 3, "what a fault made it miss");
    }

    #[tokio::test]
    async fn what_came_since_the_index_was_closed_is_told_by_the_journal_and_the_rest_is_not_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store"), "warta.example.id,2026").unwrap();
        let search = Search::open(&folder.path().join("search"), []).unwrap();
        let (gazetteer, directory) = (Gazetteer::built_in(), Directory::default());
        let begin = || update(&store, &search, &gazetteer, &directory, Follows::NotYet).unwrap();
        store_story(&store, 1).await;
        begin();
        // What only an index made anew would be without.
        let mut stray = store
            .newest(&Scope::Region(RegionCode::INDONESIA))
            .next()
            .unwrap()
            .unwrap();
        stray.story.id = StoryId(1);
        let stray = || [document(stray.clone(), &gazetteer, &directory)];
        search.index(stray(), &[], search.watermark().unwrap()).unwrap();
        store_story(&store, 2).await;
        store_story(&store, 3).await;
        begin();
        assert_eq!(search.len(), 4, "three, and what nobody looked at");
        assert_eq!(search.watermark(), Some(store.take_changed().1));
        // Of another history: of a store that went on further than this one.
        search.index(stray(), &[], 10_000).unwrap();
        begin();
        assert_eq!(search.len(), 3);
        assert_eq!(search.watermark(), Some(store.take_changed().1));
    }
}
