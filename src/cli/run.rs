//! `warta run`: the daemon.

mod listening;
mod reload;

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::SignalKind;
use tokio::sync::{Notify, mpsc, watch};

use super::{Error, Setup, caught, runtime, stop_signal};
use crate::config::{Alert, Config};
use crate::daemon::upkeep::{self, Room};
use crate::fetch::{HttpFetch, is_reachable};
use crate::gazetteer::Gazetteer;
use crate::ledger::Writer;
use crate::pipeline::{self, Configured};
use crate::search::Search;
use crate::serve::control::Placed;
use crate::serve::{self, Listener, Settings, Shared};
use crate::store::{self, Store};
use crate::{daemon, systemd, telemetry};

use listening::{bind, control_listener, listen, listen_text};
use reload::{Reloaded, spawn_reload};

/// Orders that may wait for the daemon.
const ORDERS: usize = 16;

/// Forms that may wait for the hub.
const FORMS: usize = 64;

/// The longest a stop waits for requests under way.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);

/// How often single measured times are put into their buckets.
const TIDY_EVERY: Duration = Duration::from_secs(30);

/// Crawls on schedule and serves, until SIGTERM or SIGINT.
pub fn run(setup: &Setup) -> Result<(), Error> {
    if setup.config.crawl.has_example_contact() {
        return Err(Error::Usage(format!(
            "crawl.contact is still the example {:?}: write whom site owners can reach about the crawler, in {}",
            setup.config.crawl.contact,
            setup.path.display()
        )));
    }
    runtime()?.block_on(serve_and_crawl(setup))
}

async fn serve_and_crawl(setup: &Setup) -> Result<(), Error> {
    // Before READY: a signal that comes right after it must find its handler.
    let (hangup, stopping) = (caught(SignalKind::hangup()), stop_signal());
    let listener = listen(&setup.config.server.listen).await?;
    let admin = match &setup.config.server.admin_listen {
        Some(address) => Some(bind(address, "server.admin_listen").await?),
        None => None,
    };
    let control = control_listener(&setup.config.server.control_socket)?;
    let store = setup.store()?;
    let (cx, writer) = setup.context(store.clone())?;
    let (settings_sender, settings) = watch::channel(Arc::new(setup.settings(&store)));
    let (configured_sender, configured) = watch::channel(Arc::new(setup.configured()));
    let (keep_sender, keep_days) = watch::channel(setup.config.store.keep_days);
    let (stop, stopped) = watch::channel(false);
    let alert = begin_alerts(setup, alerting(setup, &store, &settings)?, cx.incidents(), &stopped);
    let index = open_search(setup);
    let room = Room::default();
    let watching = serve::status::Watched {
        started: setup.clock.now(),
        crawling: cx.running(),
        full: room.subscribe(),
    };
    let shared = shared(setup, &store, settings, index.as_ref()).with_daemon(watching);
    let (shared, posted, called) = equipped(shared);
    let telling = telling(setup, &store, &shared)?;
    let hearing = hearing(setup, &store, &shared, &configured, called)?;
    let (orders, placed) = mpsc::channel(ORDERS);
    let controls = serve::control::router(Arc::clone(&shared), orders);
    let public = serve::Front::with_feeds(Arc::clone(&shared), watched(shared, admin, &stopped))
        .behind(setup.config.server.trusted_proxies.clone());
    let server = tokio::spawn(serve::serve(listener, public, until(stopped.clone())));
    tokio::spawn(serve::control::serve(control, controls, until(stopped.clone())));
    let again = Arc::new(Notify::new());
    let reloaded = Reloaded {
        settings: settings_sender,
        configured: configured_sender,
        keep_days: keep_sender,
        alert,
    };
    spawn_reload(setup, &store, (hangup, Arc::clone(&again)), reloaded);
    started(setup, &store);
    tokio::spawn(stop_when(stopping, stop));
    let work = Work {
        cx,
        configured,
        concurrency: setup.config.crawl.concurrency,
        keep_days,
        gazetteer: Arc::clone(&setup.gazetteer),
        stopped,
        telling,
        posted,
        room,
        hearing,
    };
    work.until_stopped(store.clone(), index, (placed, again)).await?;
    drained(server).await?;
    flushed(writer, &store)
}

/// What readers and commands are answered from.
fn shared(
    setup: &Setup,
    store: &Store,
    settings: watch::Receiver<Arc<Settings>>,
    index: Option<&Arc<Search>>,
) -> Shared {
    let gazetteer = Arc::clone(&setup.gazetteer);
    let shared = Shared::new(store.clone(), gazetteer, settings, setup.clock.clone());
    match index {
        Some(index) => shared.with_search(Arc::clone(index)),
        None => shared,
    }
}

/// Ends the writer, and brings what sled has in memory to the disk.
fn flushed(writer: Writer, store: &Store) -> Result<(), Error> {
    writer.join();
    match store.flush() {
        // The journal has what sled cannot take.
        Err(error @ store::Error::Full { .. }) => tracing::warn!(%error, "stopped with a full disk"),
        flushed => flushed?,
    }
    Ok(())
}

/// Tells systemd that everything is up, and keeps its watchdog fed while the store answers.
fn started(setup: &Setup, store: &Store) {
    let (listen, sources) = (
        listen_text(&setup.config.server.listen),
        setup.config.directory.sources.len(),
    );
    tracing::info!(%listen, sources, "ready");
    systemd::ready();
    if let Some(pause) = systemd::watchdog_pause() {
        tokio::spawn(feed_watchdog(store.clone(), pause));
    }
}

/// Tells everybody to stop once a signal has come.
async fn stop_when(stopping: impl Future<Output = ()>, stop: watch::Sender<bool>) {
    stopping.await;
    systemd::stopping();
    tracing::info!("stopping");
    let _ = stop.send(true);
}

/// Waits for the requests under way, within bounds.
async fn drained(server: tokio::task::JoinHandle<std::io::Result<()>>) -> Result<(), Error> {
    match tokio::time::timeout(DRAIN_WITHIN, server).await {
        Ok(Ok(Err(error))) => return Err(Error::Failed(format!("the listener failed: {error}"))),
        Ok(_) => {}
        Err(_) => tracing::warn!("stopped with requests under way"),
    }
    Ok(())
}

/// What the hub tells its subscribers with.
fn telling(setup: &Setup, store: &Store, shared: &Arc<Shared>) -> Result<daemon::hub::Means, Error> {
    Ok(daemon::hub::Means {
        store: store.clone(),
        shared: Arc::clone(shared),
        caller: setup.caller()?,
        clock: setup.clock.clone(),
    })
}

/// The ways of both halves of WebSub into the daemon.
fn equipped(
    shared: Shared,
) -> (
    Arc<Shared>,
    mpsc::Receiver<serve::hub::Posted>,
    mpsc::Receiver<serve::websub::Called>,
) {
    let (forms, posted) = mpsc::channel(FORMS);
    let (calls, called) = mpsc::channel(FORMS);
    (Arc::new(shared.with_hub(forms).with_callbacks(calls)), posted, called)
}

/// What the subscriber works with, and the ways into and out of it.
struct Hearing {
    means: daemon::subscriber::Means,
    called: mpsc::Receiver<serve::websub::Called>,
    told: mpsc::Receiver<daemon::Told>,
}

fn hearing(
    setup: &Setup,
    store: &Store,
    shared: &Arc<Shared>,
    configured: &watch::Receiver<Arc<Configured>>,
    called: mpsc::Receiver<serve::websub::Called>,
) -> Result<Hearing, Error> {
    let (news, told) = mpsc::channel(FORMS);
    let means = daemon::subscriber::Means {
        store: store.clone(),
        shared: Arc::clone(shared),
        configured: configured.clone(),
        public: setup.public_caller()?,
        allowed: setup.caller()?,
        clock: setup.clock.clone(),
        told: news,
    };
    Ok(Hearing { means, called, told })
}

/// What the daemon does besides serving.
struct Work {
    cx: Arc<pipeline::Context<HttpFetch>>,
    configured: watch::Receiver<Arc<Configured>>,
    concurrency: usize,
    keep_days: watch::Receiver<u32>,
    gazetteer: Arc<Gazetteer>,
    stopped: watch::Receiver<bool>,
    telling: daemon::hub::Means,
    posted: mpsc::Receiver<serve::hub::Posted>,
    room: Room,
    hearing: Hearing,
}

impl Work {
    /// Crawls on schedule and on order, keeps the store up, and follows the stories in the search index, until the daemon
    /// is told to stop.
    async fn until_stopped(
        self,
        store: Store,
        index: Option<Arc<Search>>,
        (placed, again): (mpsc::Receiver<Placed>, Arc<Notify>),
    ) -> Result<(), Error> {
        let stopped = || until(self.stopped.clone());
        let ordered = tokio::spawn(daemon::orders::take(
            Arc::clone(&self.cx),
            self.configured.clone(),
            self.concurrency,
            placed,
            again,
            stopped(),
        ));
        let freshening = tokio::spawn(daemon::fresh::follow(Arc::clone(&self.telling.shared), stopped()));
        let telling = tokio::spawn(tell(self.telling, self.posted, until(self.stopped.clone())));
        let Hearing { means, called, told } = self.hearing;
        let hearing = tokio::spawn(daemon::subscriber::run(means, called, until(self.stopped.clone())));
        let finding = index.map(|index| {
            let (gazetteer, configured) = (Arc::clone(&self.gazetteer), self.configured.clone());
            tokio::spawn(daemon::finder::follow(store, index, gazetteer, configured, stopped()))
        });
        let keeping = upkeep::keep_up(Arc::clone(&self.cx), self.room.clone(), self.keep_days, stopped());
        let crawling = daemon::crawl_for_ever(self.cx, self.configured, self.concurrency, self.room, told, stopped());
        tokio::try_join!(crawling, keeping)?;
        // Their own bounds have ended them, whatever they say.
        let _ = ordered.await;
        let _ = freshening.await;
        let _ = telling.await;
        let _ = hearing.await;
        if let Some(finding) = finding {
            let _ = finding.await;
        }
        Ok(())
    }
}

/// The hub. Without it the daemon does everything else.
async fn tell(
    means: daemon::hub::Means,
    posted: mpsc::Receiver<serve::hub::Posted>,
    shutdown: impl Future<Output = ()>,
) {
    if let Err(error) = daemon::hub::run(means, posted, shutdown).await {
        tracing::error!(%error, "the hub has stopped; feeds are served all the same");
    }
}

/// What the webhook is told with.
fn alerting(
    setup: &Setup,
    store: &Store,
    settings: &watch::Receiver<Arc<Settings>>,
) -> Result<daemon::alerts::Means, Error> {
    Ok(daemon::alerts::Means {
        store: store.clone(),
        caller: setup.caller()?,
        clock: setup.clock.clone(),
        settings: settings.clone(),
        pace: daemon::alerts::Pace::default(),
    })
}

/// Sends alerts from now on; whom to is changed by what is returned.
fn begin_alerts(
    setup: &Setup,
    means: daemon::alerts::Means,
    changes: watch::Receiver<u64>,
    stopped: &watch::Receiver<bool>,
) -> watch::Sender<Alert> {
    let (sender, alert) = watch::channel(setup.config.alert.clone());
    tokio::spawn(alerts(means, changes, alert, until(stopped.clone())));
    sender
}

/// The alerts. Without them the daemon does everything else.
async fn alerts(
    means: daemon::alerts::Means,
    changes: watch::Receiver<u64>,
    alert: watch::Receiver<Alert>,
    shutdown: impl Future<Output = ()>,
) {
    if let Err(error) = daemon::alerts::run(means, changes, alert, shutdown).await {
        tracing::error!(%error, "no alerts are sent any more; everything else goes on");
    }
}

/// The search index, in the store's folder. Without one the daemon does everything else.
pub(super) fn open_search(setup: &Setup) -> Option<Arc<Search>> {
    let path = setup.config.store.path.join("search");
    let names = setup.gazetteer.regions().iter().map(|region| region.name.as_str());
    match Search::open(&path, names) {
        Ok(search) => Some(Arc::new(search)),
        Err(error) => {
            tracing::error!(%error, "goes on without search");
            None
        }
    }
}

/// The public routes, with `/metrics` where the operator has no address of their own for it; one of their own is served
/// from now on.
fn watched(shared: Arc<Shared>, admin: Option<Listener>, stopped: &watch::Receiver<bool>) -> serve::Router {
    let public = serve::router(Arc::clone(&shared));
    let measures = match telemetry::measure() {
        Ok(measures) => measures,
        Err(error) => {
            tracing::error!(%error, "goes on without metrics");
            return public;
        }
    };
    tokio::spawn(tidy(measures.clone()));
    match admin {
        Some(listener) => {
            let routes = serve::metrics::admin(shared, measures);
            tokio::spawn(serve::serve(listener, routes, until(stopped.clone())));
            public
        }
        None => public.merge(serve::metrics::router(shared, measures)),
    }
}

/// Keeps the measures small for ever.
async fn tidy(measures: telemetry::Measures) {
    let mut ticks = tokio::time::interval(TIDY_EVERY);
    loop {
        ticks.tick().await;
        measures.tidy();
    }
}

/// Tells systemd for ever that the daemon works, each time only after the store has answered: one that hangs, or whose
/// threads do, is ended and started again.
async fn feed_watchdog(store: Store, pause: Duration) {
    let mut ticks = tokio::time::interval(pause);
    loop {
        ticks.tick().await;
        let store = store.clone();
        let answered = tokio::task::spawn_blocking(move || store.last_article()).await;
        match answered {
            Ok(Ok(_)) => systemd::alive(),
            // A full disk is mended by room, not by a restart: readers are served meanwhile.
            Ok(Err(store::Error::Full { .. })) => systemd::alive(),
            Ok(Err(error)) => {
                tracing::error!(%error, "the store does not answer; systemd is not told that all is well")
            }
            Err(error) => tracing::error!(%error, "the store does not answer; systemd is not told that all is well"),
        }
    }
}

/// Resolves when the daemon is told to stop.
async fn until(mut stopped: watch::Receiver<bool>) {
    // An error says that the sender has gone, which is a stop as well.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// What pages and feeds are made with; the id authority is the one the store began with.
pub(super) fn settings(config: &Config, store: &Store) -> Settings {
    let hub = config.site.hub_url().map(String::from);
    let is_subscriber = config.subscribe && is_reachable(&config.site.base_url, &config.crawl.allow_networks);
    let callbacks = is_subscriber
        .then(|| config.site.base_url.join("websub/").ok())
        .flatten();
    let mut site = config.site.clone();
    store.authority().clone_into(&mut site.id_authority);
    Settings {
        site,
        directory: Arc::clone(&config.directory),
        contact: config.crawl.contact.clone(),
        hub,
        callbacks: callbacks.map(String::from),
    }
}
