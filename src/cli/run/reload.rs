//! Reading the configuration again while the daemon runs: at SIGHUP, and when a command asks for it.

use std::sync::Arc;

use tokio::signal::unix::Signal;
use tokio::sync::{Notify, watch};

use super::settings;
use crate::cli::changes::{needs_restart, waits_for_restart};
use crate::cli::setup::configured;
use crate::cli::{Setup, environment};
use crate::config::{self, Alert, Config};
use crate::gazetteer::Gazetteer;
use crate::pipeline::Configured;
use crate::serve::Settings;
use crate::store::Store;
use crate::systemd;

/// Begins to read the configuration again at every signal and order.
pub(super) fn spawn_reload(setup: &Setup, store: &Store, (hangup, again): (Signal, Arc<Notify>), reloaded: Reloaded) {
    let (path, config) = (setup.path.clone(), setup.config.clone());
    let gazetteer = Arc::clone(&setup.gazetteer);
    tokio::spawn(reload(
        (hangup, again),
        path,
        config,
        gazetteer,
        store.clone(),
        reloaded,
    ));
}

/// Where what a reload can change is waited for.
pub(super) struct Reloaded {
    pub(super) settings: watch::Sender<Arc<Settings>>,
    pub(super) configured: watch::Sender<Arc<Configured>>,
    pub(super) keep_days: watch::Sender<u32>,
    pub(super) alert: watch::Sender<Alert>,
}

impl Reloaded {
    fn apply(&self, config: Config, store: &Store) {
        self.settings.send_replace(Arc::new(settings(&config, store)));
        self.alert.send_replace(config.alert.clone());
        let days = config.store.keep_days;
        self.keep_days
            .send_if_modified(|kept| std::mem::replace(kept, days) != days);
        let configured = configured(config.directory, &config.crawl);
        self.configured.send_replace(Arc::new(configured));
    }
}

/// Reads the configuration again at every SIGHUP, and when a command asks for it. A faulty one is refused and the old one stays.
async fn reload(
    (mut hangup, again): (Signal, Arc<Notify>),
    path: std::path::PathBuf,
    running: Config,
    gazetteer: Arc<Gazetteer>,
    store: Store,
    reloaded: Reloaded,
) {
    loop {
        tokio::select! {
            Some(()) = hangup.recv() => {}
            () = again.notified() => {}
        }
        systemd::reloading();
        match config::load(&path, &environment(), &gazetteer) {
            Ok(loaded) if !needs_restart(&running, &loaded.config).is_empty() => {
                let settings = needs_restart(&running, &loaded.config).join(", ");
                tracing::error!(
                    settings,
                    "refused a configuration whose change needs a restart ({settings}); the old one stays: \
                     `systemctl restart warta` applies it"
                );
            }
            Ok(loaded) => {
                tracing::info!(
                    sources = loaded.config.directory.sources.len(),
                    "applied the changed configuration"
                );
                let waiting = waits_for_restart(&running, &loaded.config).join(", ");
                if !waiting.is_empty() {
                    tracing::warn!(
                        settings = waiting,
                        "not applied yet: {waiting}; `systemctl restart warta` applies what changed there"
                    );
                }
                reloaded.apply(loaded.config, &store);
            }
            Err(faults) => tracing::error!(%faults, "refused a faulty configuration; the old one stays"),
        }
        systemd::ready();
    }
}
