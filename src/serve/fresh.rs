//! Feeds that a commit touched are made again before anybody asks for them, in the forms that readers take. When, is told
//! by the daemon; what readers are given meanwhile is as true as ever, for whoever comes first makes it.

use std::sync::Arc;

use super::cache::Stale;
use super::{Shared, feeds};
use crate::publish::Format;
use crate::store;

impl Shared {
    /// Goes up with every change of what readers can see.
    pub fn generation(&self) -> u64 {
        self.store.generation()
    }

    /// Makes the feeds again that readers have asked for and whose stories have changed since, one after the other.
    /// Returns how many. Those that only time has changed are left to who asks: at the end of a month all have.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn refresh(self: Arc<Shared>) -> Result<usize, store::Error> {
        let settings = self.settings();
        let stale = self.cache.stale(|about| self.moment(about), &settings);
        let mut made = 0;
        for Stale { name, scope, before } in stale {
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
            let Some(format) = Format::from_extension(extension) else {
                continue;
            };
            let feed = feeds::rendered(Arc::clone(&self), Arc::clone(&settings), scope, format).await?;
            let forms = tokio::task::spawn_blocking(move || feed.make_forms_of(&before));
            forms
                .await
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
            made += 1;
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, header};
    use tokio::sync::watch;

    use super::super::cache::About;
    use super::super::tests::{now, settings, store_story, store_story_in};
    use super::*;
    use crate::clock::Clock;
    use crate::gazetteer::Gazetteer;
    use crate::model::Scope;
    use crate::store::Store;

    #[tokio::test]
    async fn what_readers_take_is_made_again_before_they_ask_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        store_story_in(&store, 1, "32.04").await;
        let (_sender, settings) = watch::channel(Arc::new(settings("https://warta.example.id/")));
        let gazetteer = Arc::new(Gazetteer::built_in());
        let shared = Shared::new(store.clone(), gazetteer, settings, Clock::simulated(now()));
        let shared = Arc::new(shared);
        let kept = |path: &str, code: &str| {
            let about = About::Scope(Scope::Region(code.parse().unwrap()));
            let name = format!("feeds/{path}.atom");
            shared.cache.get(&name, shared.moment(&about), &shared.settings())
        };
        let ask = async |code: &str| {
            let mut gzip = HeaderMap::new();
            gzip.insert(header::ACCEPT_ENCODING, "gzip".parse().unwrap());
            let scope = Scope::Region(code.parse().unwrap());
            let feed = feeds::rendered(Arc::clone(&shared), shared.settings(), scope, Format::Atom);
            feed.await.unwrap().answer(&gzip).await
        };
        for code in ["35", "35.09", "32"] {
            ask(code).await;
        }
        store_story(&store, 2).await;
        let (jember, west) = ("jawa-timur/kabupaten-jember", "jawa-barat");
        assert!(kept(jember, "35.09").is_none() && kept(west, "32").is_some());
        assert_eq!(Arc::clone(&shared).refresh().await.unwrap(), 2);
        let made = kept(jember, "35.09").unwrap();
        let accepted = |coding: &str| HeaderMap::from_iter([(header::ACCEPT_ENCODING, coding.parse().unwrap())]);
        assert_eq!(made.missing(&accepted("gzip")), None, "its form is there");
        assert!(made.missing(&accepted("br")).is_some(), "nobody takes that");
        assert!(kept("indonesia", "ID").is_none(), "nobody has asked for it");
        assert_eq!(Arc::clone(&shared).refresh().await.unwrap(), 0);
    }
}
