//! `warta run`: the daemon.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{Signal, SignalKind};
use tokio::sync::{Notify, mpsc, watch};

use super::{Error, Setup, caught, environment, runtime, stop_signal};
use crate::config::{self, Config, Listen};
use crate::daemon::upkeep::{self, Room};
use crate::fetch::HttpFetch;
use crate::gazetteer::Gazetteer;
use crate::pipeline::{self, Configured};
use crate::search::Search;
use crate::serve::control::Placed;
use crate::serve::{self, Listener, Settings, Shared};
use crate::store::{self, Store};
use crate::{daemon, systemd};

/// Orders that may wait for the daemon.
const ORDERS: usize = 16;

/// The longest a stop waits for requests under way.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);

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
    let control = control_listener(&setup.config.server.control_socket)?;
    let store = setup.store()?;
    let (cx, writer) = setup.context(store.clone())?;
    let (settings_sender, settings) = watch::channel(Arc::new(setup.settings(&store)));
    let (configured_sender, configured) = watch::channel(Arc::new(setup.configured()));
    let (keep_sender, keep_days) = watch::channel(setup.config.store.keep_days);
    let (stop, stopped) = watch::channel(false);
    let gazetteer = Arc::clone(&setup.gazetteer);
    let shared = Shared::new(store.clone(), gazetteer, settings, setup.clock.clone());
    let index = open_search(setup);
    let shared = Arc::new(match &index {
        Some(index) => shared.with_search(Arc::clone(index)),
        None => shared,
    });
    let (orders, placed) = mpsc::channel(ORDERS);
    let controls = serve::control::router(Arc::clone(&shared), orders);
    let server = tokio::spawn(serve::serve(listener, serve::router(shared), until(stopped.clone())));
    tokio::spawn(serve::serve(Listener::Unix(control), controls, until(stopped.clone())));
    let again = Arc::new(Notify::new());
    tokio::spawn(reload(
        (hangup, Arc::clone(&again)),
        setup.path.clone(),
        Arc::clone(&setup.gazetteer),
        store.clone(),
        settings_sender,
        configured_sender,
        keep_sender,
    ));
    tracing::info!(listen = %listen_text(&setup.config.server.listen), sources = setup.config.directory.sources.len(), "ready");
    systemd::ready();
    tokio::spawn(async move {
        stopping.await;
        systemd::stopping();
        tracing::info!("stopping");
        let _ = stop.send(true);
    });
    let work = Work {
        cx,
        configured,
        concurrency: setup.config.crawl.concurrency,
        keep_days,
        gazetteer: Arc::clone(&setup.gazetteer),
        stopped,
    };
    work.until_stopped(store.clone(), index, (placed, again)).await?;
    match tokio::time::timeout(DRAIN_WITHIN, server).await {
        Ok(Ok(Err(error))) => return Err(Error::Failed(format!("the listener failed: {error}"))),
        Ok(_) => {}
        Err(_) => tracing::warn!("stopped with requests under way"),
    }
    writer.join();
    match store.flush() {
        // The journal has what sled cannot take.
        Err(error @ store::Error::Full { .. }) => tracing::warn!(%error, "stopped with a full disk"),
        flushed => flushed?,
    }
    Ok(())
}

/// What the daemon does besides serving.
struct Work {
    cx: Arc<pipeline::Context<HttpFetch>>,
    configured: watch::Receiver<Arc<Configured>>,
    concurrency: usize,
    keep_days: watch::Receiver<u32>,
    gazetteer: Arc<Gazetteer>,
    stopped: watch::Receiver<bool>,
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
        let finding = index.map(|index| {
            let (gazetteer, configured) = (Arc::clone(&self.gazetteer), self.configured.clone());
            tokio::spawn(daemon::finder::follow(store, index, gazetteer, configured, stopped()))
        });
        let room = Room::default();
        let keeping = upkeep::keep_up(Arc::clone(&self.cx), room.clone(), self.keep_days, stopped());
        let crawling = daemon::crawl_for_ever(self.cx, self.configured, self.concurrency, room, stopped());
        tokio::try_join!(crawling, keeping)?;
        // Their own bounds have ended them, whatever they say.
        let _ = ordered.await;
        if let Some(finding) = finding {
            let _ = finding.await;
        }
        Ok(())
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

/// Resolves when the daemon is told to stop.
async fn until(mut stopped: watch::Receiver<bool>) {
    // An error says that the sender has gone, which is a stop as well.
    let _ = stopped.wait_for(|stop| *stop).await;
}

fn control_listener(socket: &std::path::Path) -> Result<UnixListener, Error> {
    serve::control::bind(socket).map_err(|error| {
        let socket = socket.display();
        Error::Failed(format!(
            "cannot use the control socket {socket}: {error}; server.control_socket sets another"
        ))
    })
}

/// Binds the public address before anything else is touched.
async fn listen(listen: &Listen) -> Result<Listener, Error> {
    let bound = match listen {
        Listen::Tcp(address) => TcpListener::bind(address).await.map(Listener::Tcp),
        Listen::Unix(path) => UnixListener::bind(path).map(Listener::Unix),
    };
    bound.map_err(|error| {
        Error::Failed(format!(
            "cannot listen on {}: {error}; set server.listen to a free address, or stop what uses it",
            listen_text(listen)
        ))
    })
}

fn listen_text(listen: &Listen) -> String {
    match listen {
        Listen::Tcp(address) => address.to_string(),
        Listen::Unix(path) => format!("unix:{}", path.display()),
    }
}

/// What pages and feeds are made with; the id authority is the one the store began with.
pub(super) fn settings(config: &Config, store: &Store) -> Settings {
    let mut site = config.site.clone();
    store.authority().clone_into(&mut site.id_authority);
    Settings {
        site,
        directory: config.directory.clone(),
        contact: config.crawl.contact.clone(),
    }
}

/// Reads the configuration again at every SIGHUP, and when a command asks for it. A faulty one is refused and the old one stays.
async fn reload(
    (mut hangup, again): (Signal, Arc<Notify>),
    path: std::path::PathBuf,
    gazetteer: Arc<Gazetteer>,
    store: Store,
    settings_sender: watch::Sender<Arc<Settings>>,
    configured_sender: watch::Sender<Arc<Configured>>,
    keep_sender: watch::Sender<u32>,
) {
    loop {
        tokio::select! {
            Some(()) = hangup.recv() => {}
            () = again.notified() => {}
        }
        systemd::reloading();
        match config::load(&path, &environment(), &gazetteer) {
            Ok(loaded) => {
                tracing::info!(
                    sources = loaded.config.directory.sources.len(),
                    "applied the changed configuration"
                );
                settings_sender.send_replace(Arc::new(settings(&loaded.config, &store)));
                let keep_days = loaded.config.store.keep_days;
                keep_sender.send_if_modified(|kept| std::mem::replace(kept, keep_days) != keep_days);
                configured_sender.send_replace(Arc::new(Configured::new(loaded.config.directory, &gazetteer)));
            }
            Err(faults) => tracing::error!(%faults, "refused a faulty configuration; the old one stays"),
        }
        systemd::ready();
    }
}
