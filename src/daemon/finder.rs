//! Keeps the search index at what the store has: everything at first, then what changed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::gazetteer::Gazetteer;
use crate::model::{Directory, RegionCode, Scope, StoryDetail, StoryId};
use crate::pipeline::Configured;
use crate::search::{Document, RebuildError, Search};
use crate::store::{self, Store};

/// How long changes wait for others: writing the index costs more than a story is worth.
const TOGETHER: Duration = Duration::from_secs(3);

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

/// Follows the store until `shutdown` resolves. A fault of the index is logged and never stops the daemon.
pub async fn follow(
    store: Store,
    search: Arc<Search>,
    gazetteer: Arc<Gazetteer>,
    configured: watch::Receiver<Arc<Configured>>,
    shutdown: impl Future<Output = ()>,
) {
    tokio::pin!(shutdown);
    let mut generation = None;
    loop {
        if generation != Some(store.generation()) {
            generation = Some(store.generation());
            let (store, search) = (store.clone(), Arc::clone(&search));
            let (gazetteer, configured) = (Arc::clone(&gazetteer), configured.borrow().clone());
            let work = move || update(&store, &search, &gazetteer, &configured.directory);
            match tokio::task::spawn_blocking(work).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "cannot follow the stories in the search index"),
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(TOGETHER) => {}
        }
    }
}

/// Brings the index up to the store.
fn update(store: &Store, search: &Search, gazetteer: &Gazetteer, directory: &Directory) -> Result<(), Error> {
    let before = search.watermark();
    let (changed, watermark) = store.take_changed();
    if changed.is_empty() {
        if before != Some(watermark) {
            let all = store.newest(&Scope::Region(RegionCode::INDONESIA));
            let documents = all.map(|detail| detail.map(|detail| document(detail, gazetteer, directory)));
            search.rebuild(documents, watermark)?;
        }
        return Ok(());
    }
    let mut documents = Vec::with_capacity(changed.len());
    let mut gone: Vec<StoryId> = Vec::new();
    for id in changed {
        match store.story(id)? {
            Some(detail) => documents.push(document(detail, gazetteer, directory)),
            None => gone.push(id),
        }
    }
    Ok(search.index(documents, &gone, watermark)?)
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
        kind: satker.map(crate::model::Satker::kind),
        detail,
    }
}
