//! The public listener: feeds, pages, OPML. Everything is answered by GET and HEAD; nothing here changes a story or a
//! source. What may change something stands on the control socket.
//!
//! Build a [`Shared`], hand it to [`router`], and let [`serve`] answer until the shutdown future resolves.

mod answer;
mod cache;
pub mod control;
mod explain;
mod feeds;
mod pages;
pub mod queries;

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;

use crate::clock::Clock;
use crate::gazetteer::Gazetteer;
use crate::model::{Directory, Scope, Site, StoryDetail};
use crate::publish;
use crate::store::{self, Store};

use cache::{Cache, Moment};

/// What a reload can change.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who we are. Its `id_authority` is the store's.
    pub site: Site,
    /// The units and sources.
    pub directory: Directory,
    /// Whom to write to, `mailto:` or `https:`.
    pub contact: String,
}

/// What every request is answered from.
#[derive(Debug)]
pub struct Shared {
    store: Store,
    gazetteer: Arc<Gazetteer>,
    settings: watch::Receiver<Arc<Settings>>,
    clock: Clock,
    cache: Cache,
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
            cache: Cache::default(),
        }
    }

    /// What rendered feeds depend on now.
    fn moment(&self) -> Moment {
        Moment {
            generation: self.store.generation(),
            hour: self.clock.now().as_second().div_euclid(3_600),
        }
    }

    /// The stories of a scope's live feed.
    fn live(&self, scope: &Scope) -> Result<Vec<StoryDetail>, store::Error> {
        let now = self.clock.now();
        let pinned = publish::pinned(self.store.pinned()?, scope, now);
        publish::select(pinned, self.store.newest(scope), now)
    }

    fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.borrow())
    }
}

/// A socket to listen on; the caller brings it.
#[derive(Debug)]
pub enum Listener {
    /// An IP address.
    Tcp(TcpListener),
    /// A unix socket.
    Unix(UnixListener),
}

/// Every public address, under the path of `site.base_url`.
pub fn router(shared: Arc<Shared>) -> Router {
    let base = shared.settings().site.base_url.path().trim_end_matches('/').to_owned();
    let at = |path: &str| format!("{base}{path}");
    Router::new()
        .route(&at("/"), get(pages::index))
        .route(&at("/wilayah/{province}"), get(pages::province))
        .route(&at("/wilayah/{province}/{regency}"), get(pages::regency))
        .route(&at("/satker/{id}"), get(pages::satker))
        .route(&at("/berita/{id}"), get(pages::story))
        .route(&at("/tentang"), get(pages::about))
        .route(&at("/style.css"), get(pages::style))
        .route(&at("/robots.txt"), get(pages::robots))
        .route(&at("/healthz"), get(pages::health))
        .route(&at("/readyz"), get(pages::health))
        .route(&at("/opml"), get(pages::opml))
        .route(&at("/opml/{province}"), get(pages::opml_of))
        .route(&at("/feeds/{*path}"), get(feeds::feed))
        .fallback(pages::missing)
        .with_state(shared)
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(guard_headers))
}

/// Answers until `shutdown` resolves and the requests under way are done.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    listener: Listener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    match listener {
        Listener::Tcp(listener) => axum::serve(listener, router).with_graceful_shutdown(shutdown).await,
        Listener::Unix(listener) => axum::serve(listener, router).with_graceful_shutdown(shutdown).await,
    }
}

/// What every answer carries: nothing of ours runs scripts, and nobody may frame it or guess types.
async fn guard_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = "default-src 'none'; style-src 'self'; img-src https: http: data:; base-uri 'none'; \
                  form-action 'self'; frame-ancestors 'none'";
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
mod tests;
