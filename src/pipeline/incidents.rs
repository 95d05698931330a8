//! Writes how a source stands, and with it the beginning or end of an incident. Whom that is told to is the daemon's affair.

use tokio::sync::watch;

use super::Context;
use crate::model::{SourceId, SourceState};
use crate::schedule::{incident, standing::standing};
use crate::store;

impl<F> Context<F> {
    /// Tells of every change of an incident from now on.
    pub fn incidents(&self) -> watch::Receiver<u64> {
        self.incidents.subscribe()
    }

    /// Writes a source's state and what becomes of its incidents. If only the first gets to the disk, the next crawl makes
    /// up for it. Call it with `remembering` held.
    pub(super) fn put_state(&self, source: &SourceId, state: &SourceState) -> Result<(), store::Error> {
        self.store.put_state(source, state)?;
        let now = self.clock.now();
        let known = self.store.incidents(source)?;
        if let Some(next) = incident::after(&known, &standing(state, now), now) {
            self.store.put_incidents(source, &next)?;
            self.incidents.send_modify(|changes| *changes += 1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::{crawl_once, source, world};
    use crate::fetch::web::Web;
    use crate::model::{CrawlOptions, Health, SourceKind};

    const FEED: &str = "https://lapas.example/feed";

    #[tokio::test(start_paused = true)]
    async fn a_source_that_breaks_and_comes_back_has_had_one_incident() {
        let web = Web::default();
        web.page(FEED, "<rss version=\"2.0\"><channel><title>x</title></channel></rss>");
        let world = world(web.clone());
        let source = source("lapas", FEED, SourceKind::Feed);
        let mut changes = world.cx.incidents();
        let incidents = || world.cx.store.incidents(&source.id).unwrap();
        crawl_once(&world, &source, CrawlOptions::default()).await;
        assert_eq!((incidents(), changes.has_changed().unwrap()), (vec![], false));

        web.status(FEED, 404);
        crawl_once(&world, &source, CrawlOptions::default()).await;
        let broke = world.cx.clock.now();
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        let force = CrawlOptions {
            force: true,
            ..CrawlOptions::default()
        };
        tokio::time::advance(Duration::from_secs(3600)).await;
        crawl_once(&world, &source, force).await;
        assert!(!changes.has_changed().unwrap(), "the second failure is nothing new");

        web.page(FEED, "<rss version=\"2.0\"><channel><title>y</title></channel></rss>");
        tokio::time::advance(Duration::from_secs(3600)).await;
        crawl_once(&world, &source, force).await;
        assert!(changes.has_changed().unwrap());
        let all = incidents();
        assert_eq!(
            (all.len(), all[0].kind, all[0].since),
            (1, Health::Gone, broke),
            "{all:?}"
        );
        assert_eq!(all[0].resolved, Some(world.cx.clock.now()));
        assert!(
            all[0].evidence.as_ref().is_some_and(|what| what.contains("404")),
            "{all:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_dry_run_opens_no_incident() {
        let web = Web::default();
        web.status(FEED, 500);
        let world = world(web);
        let source = source("lapas", FEED, SourceKind::Feed);
        let dry_run = CrawlOptions {
            dry_run: true,
            ..CrawlOptions::default()
        };
        crawl_once(&world, &source, dry_run).await;
        assert_eq!(world.cx.store.incidents(&source.id).unwrap(), []);
        crawl_once(&world, &source, CrawlOptions::default()).await;
        assert_eq!(world.cx.store.incidents(&source.id).unwrap().len(), 1);
    }
}
