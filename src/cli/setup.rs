//! What most commands begin with: the configuration, read and checked, and the means it gives: store, fetcher, crawler.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{Cli, Error, environment, owner, run};
use crate::clock::Clock;
use crate::config::{self, Config, Crawl};
use crate::dedupe::Rules;
use crate::fetch::{Caller, HttpFetch, Limits, Polite};
use crate::gazetteer::Gazetteer;
use crate::ledger::{Ledger, Writer};
use crate::model::{Directory, RegionCode};
use crate::pipeline::{self, Configured};
use crate::schedule::Intervals;
use crate::serve::{Settings, Shared};
use crate::store::Store;

/// What most commands begin with.
pub(super) struct Setup {
    pub(super) path: PathBuf,
    pub(super) config: Config,
    pub(super) gazetteer: Arc<Gazetteer>,
    pub(super) clock: Clock,
}

/// What a configuration says of the sources and of how they are polled.
pub(super) fn configured(directory: Arc<Directory>, crawl: &Crawl) -> Configured {
    let intervals = Intervals {
        min: crawl.min_interval,
        max: crawl.max_interval,
    };
    Configured::new(directory, intervals)
}

impl Setup {
    pub(super) fn load(cli: &Cli, gazetteer: Arc<Gazetteer>) -> Result<Setup, Error> {
        let path = config::find(cli.config.as_deref());
        let loaded = config::load(&path, &environment(), &gazetteer)?;
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
        owner::become_owner(&loaded.config.store.path)?;
        Ok(Setup {
            path,
            config: loaded.config,
            gazetteer,
            clock: Clock::System,
        })
    }

    pub(super) fn store(&self) -> Result<Store, Error> {
        let store = Store::open(&self.config.store.path, &self.config.site.id_authority)?;
        if store.authority() != self.config.site.id_authority {
            tracing::warn!(
                kept = store.authority(),
                "the store keeps the id authority it began with"
            );
        }
        Ok(store)
    }

    /// What queries are answered from.
    pub(super) fn shared(&self) -> Result<Shared, Error> {
        let store = self.store()?;
        let (_, settings) = watch::channel(Arc::new(self.settings(&store)));
        Ok(Shared::new(
            store,
            Arc::clone(&self.gazetteer),
            settings,
            self.clock.clone(),
        ))
    }

    /// What pages and feeds are made with.
    pub(super) fn settings(&self, store: &Store) -> Settings {
        run::settings(&self.config, store)
    }

    /// The units and sources with what reads articles by them.
    pub(super) fn configured(&self) -> Configured {
        configured(Arc::clone(&self.config.directory), &self.config.crawl)
    }

    /// The region somebody means by a name or code.
    pub(super) fn region(&self, text: &str) -> Result<RegionCode, Error> {
        let region = self.gazetteer.resolve(text);
        let unknown = || Error::Usage(format!("{text:?} is no region; the nearest are {}", self.nearest(text)));
        region.map(|region| region.code).ok_or_else(unknown)
    }

    /// The regions whose names are nearest to what somebody wrote.
    pub(super) fn nearest(&self, text: &str) -> String {
        let nearest = self.gazetteer.nearest(text, 3);
        let paths: Vec<&str> = nearest.iter().map(|region| region.path.as_str()).collect();
        paths.join(", ")
    }

    /// The means to fetch, politely.
    pub(super) fn fetch(&self) -> Result<Polite<HttpFetch>, Error> {
        let crawl = &self.config.crawl;
        let http = HttpFetch::new(crawl, &self.agent(), self.clock.clone())
            .map_err(|error| Error::Failed(format!("cannot set up HTTP: {error}")))?;
        Ok(Polite::new(http, Limits::from(crawl), self.clock.clone()))
    }

    /// The means to call whom a stranger names.
    pub(super) fn caller(&self) -> Result<Caller, Error> {
        let caller = Caller::new(&self.config.crawl, &self.agent());
        caller.map_err(|error| Error::Failed(format!("cannot set up HTTP: {error}")))
    }

    /// The same, for public addresses only.
    pub(super) fn public_caller(&self) -> Result<Caller, Error> {
        let crawl = config::Crawl {
            allow_networks: Vec::new(),
            ..self.config.crawl.clone()
        };
        let caller = Caller::new(&crawl, &self.agent());
        caller.map_err(|error| Error::Failed(format!("cannot set up HTTP: {error}")))
    }

    /// How we introduce ourselves.
    fn agent(&self) -> String {
        format!(
            "warta/{} (+{}tentang; {})",
            env!("CARGO_PKG_VERSION"),
            self.config.site.base_url,
            self.config.crawl.contact
        )
    }

    /// The means to crawl into a store.
    pub(super) fn context(&self, store: Store) -> Result<(Arc<pipeline::Context<HttpFetch>>, Writer), Error> {
        let fetch = self.fetch()?;
        let dedupe = &self.config.dedupe;
        let rules = Rules {
            window: Duration::from_secs(u64::from(dedupe.window_days) * 86_400),
            clone_hosts: dedupe.clone_hosts.clone(),
        };
        let (ledger, writer) = Ledger::start(store.clone(), rules)?;
        let gazetteer = Arc::clone(&self.gazetteer);
        let context = pipeline::Context::new(fetch, ledger, store, gazetteer, self.clock.clone());
        Ok((Arc::new(context), writer))
    }
}
