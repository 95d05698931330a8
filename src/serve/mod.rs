//! The public listener: feeds, pages, OPML. Everything is answered by GET and HEAD but `/hub` and `/websub/{token}`, whose
//! forms and pushes are handed on to the daemon; nothing here changes a story or a source. What may change something stands on the control socket.
//!
//! Build a [`Shared`], hand it to [`router`], and let [`serve`] answer until the shutdown future resolves.

mod addresses;
mod answer;
mod at_hand;
mod cache;
mod clients;
mod coding;
mod connections;
pub mod control;
mod entries;
mod explain;
mod feeds;
mod fresh;
pub mod hub;
mod incidents;
mod lent;
pub mod metrics;
mod pages;
mod quarantine;
pub mod queries;
pub mod reports;
mod search;
pub mod status;
mod steady;
mod stories;
pub mod websub;

use std::sync::Arc;

pub use axum::Router;
use axum::middleware;
use axum::routing::get;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::gazetteer::Gazetteer;
use crate::model::{Directory, Scope, Site, StoryDetail, StoryId};
use crate::publish::{self, archive};
use crate::search::Search;
use crate::store::{self, Store};

use answer::Rendered;
use cache::{About, Basis, Cache, Made, Moment};
pub use connections::{Front, Listener, serve};

/// Bytes of feeds and pages that are kept: those of 552 regions in three formats, with their coded forms.
const KEPT: usize = 256 << 20;

/// Bytes of what is asked for rarely that are kept: searches, stories, archives. They never push a feed out.
const KEPT_RARE: usize = 48 << 20;

/// What a reload can change.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who we are. Its `id_authority` is the store's.
    pub site: Site,
    /// The units and sources.
    pub directory: Arc<Directory>,
    /// Whom to write to, `mailto:` or `https:`.
    pub contact: String,
    /// The address of our hub, if we are one.
    pub hub: Option<String>,
    /// What the addresses of our callbacks begin with, if we subscribe to the hubs of sources.
    pub callbacks: Option<String>,
}

/// What every request is answered from.
#[derive(Debug)]
pub struct Shared {
    store: Store,
    gazetteer: Arc<Gazetteer>,
    settings: watch::Receiver<Arc<Settings>>,
    clock: Clock,
    cache: Cache,
    rare: Cache,
    entries: entries::Entries,
    /// Where long feeds that are asked for often are lent from.
    arena: Option<Arc<lent::Arena>>,
    search: Option<Arc<Search>>,
    hub: Option<mpsc::Sender<hub::Posted>>,
    watched: Option<status::Watched>,
    callbacks: Option<websub::Callbacks>,
}

impl Shared {
    /// Answers from `store`, with the settings of the moment.
    pub fn new(
        store: Store,
        gazetteer: Arc<Gazetteer>,
        settings: watch::Receiver<Arc<Settings>>,
        clock: Clock,
    ) -> Shared {
        Shared {
            store,
            gazetteer,
            settings,
            clock,
            cache: Cache::new(KEPT),
            rare: Cache::new(KEPT_RARE),
            entries: entries::Entries::default(),
            // Where there is none, feeds are copied.
            arena: lent::Arena::new().ok().map(Arc::new),
            search: None,
            hub: None,
            watched: None,
            callbacks: None,
        }
    }

    /// With a subscriber: what hubs send to our callbacks is handed on to it.
    #[must_use]
    pub fn with_callbacks(self, called: mpsc::Sender<websub::Called>) -> Shared {
        Shared {
            callbacks: Some(websub::Callbacks::new(called)),
            ..self
        }
    }

    /// With a hub: what is posted to it is sent there.
    #[must_use]
    pub fn with_hub(self, hub: mpsc::Sender<hub::Posted>) -> Shared {
        Shared { hub: Some(hub), ..self }
    }

    /// With a daemon whose work is told by `warta status`.
    #[must_use]
    pub fn with_daemon(self, watched: status::Watched) -> Shared {
        Shared {
            watched: Some(watched),
            ..self
        }
    }

    /// With an index to search in.
    #[must_use]
    pub fn with_search(self, search: Arc<Search>) -> Shared {
        Shared {
            search: Some(search),
            ..self
        }
    }

    /// What an answer depends on now.
    fn moment(&self, about: &About) -> Moment {
        let generation = self.store.generation();
        Moment {
            generation,
            scope: match about {
                About::Everything => generation,
                About::Scope(scope) => self.store.generation_of(scope),
                About::Index => self.search.as_ref().map_or(0, |index| index.generation()),
            },
            now: self.clock.now(),
        }
    }

    /// The stories of a scope's live list, without those that were withdrawn.
    fn live(&self, scope: &Scope) -> Result<Vec<StoryDetail>, store::Error> {
        let now = self.clock.now();
        let pinned = publish::pinned(self.store.pinned()?, scope, now);
        let mut stories = publish::select(pinned, self.store.newest(scope), now)?;
        stories.retain(|detail| detail.story.hidden.is_none());
        Ok(stories)
    }

    /// A scope's live feed, with the way to its archives.
    fn live_feed(&self, settings: &Arc<Settings>, scope: &Scope) -> Result<Live, store::Error> {
        let now = self.clock.now();
        let pinned = publish::pinned(self.store.pinned()?, scope, now);
        let mut selected = publish::select_with_gone(pinned, self.store.newest(scope), now)?;
        let tail = match scope {
            Scope::Region(_) => self.shelf(scope)?.tail()?,
            // Units have no archives of their own.
            Scope::Satker(_) => archive::Tail::default(),
        };
        tail.complete(&mut selected, |id| self.store.story(id), now)?;
        let held = selected.stories.iter().chain(&selected.gone);
        let basis = match held.clone().all(|detail| detail.story.scopes().contains(scope)) {
            true => Basis::Scope,
            // A story that has left the scope and changes touches others.
            false => Basis::Everything,
        };
        let until = publish::stale_at(&selected, now);
        let modified = publish::last_change(&selected.stories);
        let context = pages::publish_context(self, settings);
        let entry = |detail, length| {
            let make = |detail, length| publish::entry(context, detail, length).into();
            self.entries.get_or_make(settings, detail, length, make)
        };
        Ok(Live {
            feed: archive::live(context, scope, selected, &tail, entry),
            modified,
            basis,
            until,
        })
    }

    /// The archives of a scope.
    fn shelf(&self, scope: &Scope) -> Result<archive::Shelf<impl Fn(Date) -> Arrivals>, store::Error> {
        let months = self.store.arrival_months(scope)?;
        let read = |month| self.store.arrivals(scope, month);
        Ok(archive::Shelf::new(months, read, self.clock.now()))
    }

    /// An answer from memory, else made on a thread that may wait for the disk, and kept while nothing changes, at most
    /// for the hour.
    async fn kept(
        self: Arc<Shared>,
        name: String,
        settings: Arc<Settings>,
        make: impl FnOnce(&Shared, &Settings) -> Result<Rendered, store::Error> + Send + 'static,
    ) -> Result<Rendered, store::Error> {
        let made = self.kept_if(name, settings, |shared, settings| make(shared, settings).map(Some));
        // What is always made is always there.
        made.await.map(Option::unwrap_or_default)
    }

    /// The same for what may not be there.
    async fn kept_if(
        self: Arc<Shared>,
        name: String,
        settings: Arc<Settings>,
        make: impl FnOnce(&Shared, &Settings) -> Result<Option<Rendered>, store::Error> + Send + 'static,
    ) -> Result<Option<Rendered>, store::Error> {
        let named = (name, About::Everything);
        self.kept_while(named, settings, for_the_hour(Basis::Everything, make))
            .await
    }

    /// The same for what says how long it stands, and whether more matters than what it is about.
    async fn kept_while(
        self: Arc<Shared>,
        named: (String, About),
        settings: Arc<Settings>,
        make: impl FnOnce(&Shared, &Settings) -> Result<Option<Made>, store::Error> + Send + 'static,
    ) -> Result<Option<Rendered>, store::Error> {
        self.kept_in(|shared| &shared.cache, named, settings, make).await
    }

    /// The same for what is asked for rarely.
    async fn kept_rarely(
        self: Arc<Shared>,
        named: (String, About),
        settings: Arc<Settings>,
        make: impl FnOnce(&Shared, &Settings) -> Result<Option<Made>, store::Error> + Send + 'static,
    ) -> Result<Option<Rendered>, store::Error> {
        self.kept_in(|shared| &shared.rare, named, settings, make).await
    }

    async fn kept_in(
        self: Arc<Shared>,
        cache: fn(&Shared) -> &Cache,
        named: (String, About),
        settings: Arc<Settings>,
        make: impl FnOnce(&Shared, &Settings) -> Result<Option<Made>, store::Error> + Send + 'static,
    ) -> Result<Option<Rendered>, store::Error> {
        let shared = Arc::clone(&self);
        let asked = shared.moment(&named.1);
        if let Some(kept) = cache(&shared).get(&named.0, asked, &settings) {
            return Ok(Some(kept));
        }
        let _flight = cache(&shared).flight(&named.0).await;
        if let Some(kept) = cache(&shared).get_since(&named.0, asked, &settings) {
            return Ok(Some(kept));
        }
        let maker = cache(&self).maker().await;
        let moment = self.moment(&named.1);
        let named = named.clone();
        let work = move || -> Result<Option<Rendered>, store::Error> {
            // Who asked may have gone meanwhile; the work goes on, and counts.
            let _maker = maker;
            let made = make(&self, &settings)?;
            let kind = if named.0.starts_with("page:") { "page" } else { "feed" };
            ::metrics::counter!("warta_renders_total", "kind" => kind).increment(1);
            Ok(made.map(|made| cache(&self).put(named, moment, settings, made)))
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }

    fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.borrow())
    }
}

/// What is made, to be kept at most for the hour.
fn for_the_hour(
    basis: Basis,
    make: impl FnOnce(&Shared, &Settings) -> Result<Option<Rendered>, store::Error>,
) -> impl FnOnce(&Shared, &Settings) -> Result<Option<Made>, store::Error> {
    move |shared, settings| {
        let until = next_hour(shared.clock.now());
        let rendered = make(shared, settings)?;
        Ok(rendered.map(|rendered| Made { rendered, basis, until }))
    }
}

/// The end of this hour.
fn next_hour(now: Timestamp) -> Timestamp {
    let hour = now.as_second().div_euclid(3_600) + 1;
    Timestamp::from_second(hour * 3_600).unwrap_or(Timestamp::MAX)
}

/// A live feed.
struct Live {
    feed: publish::FeedView,
    /// When it last changed.
    modified: Option<Timestamp>,
    basis: Basis,
    /// When it is another by the passing of time.
    until: Timestamp,
}

/// What arrived in a month, the oldest first.
type Arrivals = Result<Vec<StoryId>, store::Error>;

/// Every public address, under the path of `site.base_url`.
pub fn router(shared: Arc<Shared>) -> Router {
    let base = shared.settings().site.base_url.path().trim_end_matches('/').to_owned();
    let at = |path: &str| format!("{base}{path}");
    Router::new()
        .route(&at("/"), get(pages::index))
        .route(&at("/wilayah/{province}"), get(pages::province))
        .route(&at("/wilayah/{province}/{regency}"), get(pages::regency))
        .route(&at("/satker/{id}"), get(pages::satker))
        .route(&at("/berita/{id}"), get(stories::story))
        .route(&at("/tentang"), get(pages::about))
        .route(&at("/style.css"), get(pages::style))
        .route(&at("/robots.txt"), get(pages::robots))
        .route(&at("/healthz"), get(pages::alive))
        .route(&at("/readyz"), get(pages::ready))
        .route(&at("/opml"), get(pages::opml))
        .route(&at("/opml/{province}"), get(pages::opml_of))
        .route(&at("/sumber"), get(pages::sources))
        .route(&at("/hub"), axum::routing::post(hub::post))
        .route(&at("/websub/{token}"), get(websub::confirm).post(websub::push))
        .route(&at("/cari"), get(search::page))
        .route(&at("/laporan"), get(reports::national))
        .route(&at("/laporan/{*path}"), get(reports::of))
        .route(&at("/feeds/gangguan.atom"), get(incidents::all))
        .route(&at("/feeds/gangguan/{name}"), get(incidents::of))
        .route(&at("/feeds/arsip/{*path}"), get(feeds::archive))
        .route(&at("/feeds/{*path}"), get(feeds::feed))
        .fallback(pages::missing)
        .with_state(shared)
        .layer(middleware::from_fn(connections::bounded))
        .layer(middleware::from_fn_with_state(Arc::from(base), metrics::count))
}

#[cfg(test)]
pub(crate) mod tests;
