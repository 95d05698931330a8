//! `warta demo`: the product without internet and without configuration.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use super::run::open_search;
use super::{Error, Setup, runtime, stop_signal};
use crate::clock::Clock;
use crate::config::{Config, Listen};
use crate::daemon::finder;
use crate::demo;
use crate::gazetteer::Gazetteer;
use crate::model::{CrawlEvent, CrawlOptions, Scope};
use crate::pipeline;
use crate::publish::{Format, feed_url, scope_path};
use crate::serve::{self, Listener, Shared};

/// Events that may wait while nobody reads them: more than the built-in sites have articles.
const EVENTS: usize = 256;

/// Options of `warta demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to serve
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
}

/// Starts the built-in sites, crawls them into a temporary store, and serves until it is stopped.
pub fn run(args: &Args, gazetteer: Arc<Gazetteer>) -> Result<(), Error> {
    let folder = std::env::temp_dir().join(format!("warta-demo-{}", std::process::id()));
    let result = runtime()?.block_on(show(args, gazetteer, &folder));
    // What is left in the temporary folder harms nobody.
    let _ = std::fs::remove_dir_all(&folder);
    result
}

async fn show(args: &Args, gazetteer: Arc<Gazetteer>, folder: &std::path::Path) -> Result<(), Error> {
    let listener = TcpListener::bind(args.listen).await.map_err(|error| {
        Error::Failed(format!(
            "cannot listen on {}: {error}; choose another with --listen",
            args.listen
        ))
    })?;
    let address = listener.local_addr()?;
    let setup = Setup {
        path: "the built-in demo".into(),
        config: config(address, folder).await?,
        gazetteer,
        clock: Clock::System,
    };
    let store = setup.store()?;
    let (cx, writer) = setup.context(store.clone())?;
    let configured = setup.configured();
    for source in configured.directory.sources.values() {
        let (events, received) = mpsc::channel::<CrawlEvent>(EVENTS);
        let report = pipeline::crawl(&cx, &configured, source, CrawlOptions::default(), &events).await?;
        drop(received);
        crate::daemon::log(&report);
    }
    drop(cx);
    writer.join();
    let (_settings, receiver) = watch::channel(Arc::new(setup.settings(&store)));
    let shared = Shared::new(store.clone(), Arc::clone(&setup.gazetteer), receiver, Clock::System);
    let shared = Arc::new(match open_search(&setup) {
        Some(index) => {
            let (_configured, configured) = watch::channel(Arc::new(configured));
            let gazetteer = Arc::clone(&setup.gazetteer);
            tokio::spawn(finder::follow(
                store.clone(),
                Arc::clone(&index),
                gazetteer,
                configured,
                std::future::pending(),
            ));
            shared.with_search(index)
        }
        None => shared,
    });
    let server = tokio::spawn(serve::serve(
        Listener::Tcp(listener),
        serve::Front::with_feeds(Arc::clone(&shared), serve::router(shared)),
        stop_signal(),
    ));
    announce(&setup, &store)?;
    server
        .await
        .map_err(|error| Error::Failed(format!("the listener ended: {error}")))??;
    Ok(())
}

/// The defaults, on loopback, with nothing to wait for.
async fn config(address: SocketAddr, folder: &std::path::Path) -> Result<Config, Error> {
    let mut config = Config::defaults();
    let base_url = format!("http://{address}/");
    config.site.base_url = base_url
        .parse()
        .map_err(|error| Error::Usage(format!("{base_url}: {error}")))?;
    // Nothing changes after the start, so there is nothing to tell subscribers.
    config.site.hub = false;
    config.server.listen = Listen::Tcp(address);
    config.store.path = folder.to_owned();
    config.crawl.host_delay = Duration::ZERO;
    config.crawl.allow_networks = vec!["127.0.0.0/8".parse().expect("a network")];
    config.directory = Arc::new(demo::start().await?);
    Ok(config)
}

/// Prints what to open.
fn announce(setup: &Setup, store: &crate::store::Store) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "Listening on {}", setup.config.site.base_url)?;
    for region in setup.gazetteer.regions() {
        let stories = store.counts().get(&region.code).copied().unwrap_or(0);
        let path = scope_path(&setup.gazetteer, &Scope::Region(region.code));
        if let (1.., Some(path)) = (stories, path) {
            let feed = feed_url(&setup.config.site, &path, Format::Rss);
            writeln!(out, "  {stories:>2} stories  {:<24} {feed}", region.name)?;
        }
    }
    writeln!(out, "Stop with Ctrl-C.")?;
    Ok(out.flush()?)
}
