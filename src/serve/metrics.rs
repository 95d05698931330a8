//! `/metrics` for Prometheus, and the address of the operator's own with the details of `/sumber`. What happens is counted
//! where it happens; what *is* (stories, states of sources, the store's size) is looked up when somebody asks.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::{counter, gauge};

use super::{Shared, incidents, pages};
use crate::model::{Health, RegionCode};
use crate::schedule::standing::standing;
use crate::store;
use crate::telemetry::Measures;

/// Every state of a source with its label, so that one that nobody is in reads 0 instead of vanishing.
const STATES: [(Health, &str); 9] = [
    (Health::Ok, "ok"),
    (Health::Failing, "failing"),
    (Health::Blocked, "blocked"),
    (Health::Gone, "gone"),
    (Health::Quiet, "quiet"),
    (Health::QuietTooLong, "quiet-too-long"),
    (Health::Drifted, "drifted"),
    (Health::Moved, "moved"),
    (Health::Quarantined, "quarantined"),
];

/// The first parts of public paths that are told apart; others are "other", so that nobody can make up labels.
const KINDS: [&str; 9] = [
    "feeds", "wilayah", "satker", "berita", "opml", "sumber", "cari", "healthz", "readyz",
];

#[derive(Clone)]
struct Watched {
    shared: Arc<Shared>,
    measures: Measures,
}

/// `/metrics` alone, under the path of `site.base_url`: to be merged into the public routes where there is no other address.
pub fn router(shared: Arc<Shared>, measures: Measures) -> Router {
    let base = shared.settings().site.base_url.path().trim_end_matches('/').to_owned();
    Router::new()
        .route(&format!("{base}/metrics"), get(show))
        .with_state(Watched { shared, measures })
}

/// What `server.admin_listen` serves: `/metrics`, `/sumber` and the feeds of incidents with every detail, `/healthz` and `/readyz`.
pub fn admin(shared: Arc<Shared>, measures: Measures) -> Router {
    let own = Router::new()
        .route("/sumber", get(pages::sources_in_full))
        .route("/feeds/gangguan.atom", get(incidents::all_in_full))
        .route("/feeds/gangguan/{name}", get(incidents::of_in_full))
        .route("/style.css", get(pages::style))
        .route("/healthz", get(pages::alive))
        .route("/readyz", get(pages::ready))
        .with_state(Arc::clone(&shared));
    let metrics = Router::new()
        .route("/metrics", get(show))
        .with_state(Watched { shared, measures });
    own.merge(metrics)
}

async fn show(State(watched): State<Watched>) -> Response {
    let looked = tokio::task::spawn_blocking(move || {
        look(&watched.shared)?;
        Ok::<String, store::Error>(watched.measures.render())
    });
    match looked.await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Ok(Err(error)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Sets what is looked up.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
fn look(shared: &Shared) -> Result<(), store::Error> {
    let stories = shared.store.counts().get(&RegionCode::INDONESIA).copied().unwrap_or(0);
    gauge!("warta_stories").set(stories as f64);
    gauge!("warta_store_bytes").set(shared.store.bytes()? as f64);
    let states = pages::states(shared)?;
    let settings = shared.settings();
    let now = shared.clock.now();
    let health = |id| states.get(id).map_or(Health::Ok, |state| standing(state, now).health);
    let all: Vec<Health> = settings.directory.sources.keys().map(health).collect();
    for (state, name) in STATES {
        let count = all.iter().filter(|health| **health == state).count();
        gauge!("warta_sources", "state" => name).set(count as f64);
    }
    Ok(())
}

/// Counts a request by the first part of its path and the class of its status.
pub(super) async fn count(State(base): State<Arc<str>>, request: Request, next: Next) -> Response {
    let kind = kind(request.uri().path(), &base);
    let response = next.run(request).await;
    let status = match response.status().as_u16() {
        304 => "304",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    counter!("warta_http_requests_total", "kind" => kind, "status" => status).increment(1);
    response
}

/// The first part of a path below `base`, if it is one of ours.
fn kind(path: &str, base: &str) -> &'static str {
    let below = path.strip_prefix(base).unwrap_or(path).trim_start_matches('/');
    let first = below.split(['/', '.']).next().unwrap_or_default();
    KINDS.into_iter().find(|kind| *kind == first).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_by_its_first_part_and_no_other_label_can_be_made() {
        for (path, base, expected) in [
            ("/feeds/jawa-timur.rss", "", "feeds"),
            ("/berita/warta/satker/x", "/berita/warta", "satker"),
            ("/opml", "", "opml"),
            ("/", "", "other"),
            ("/wp-login.php", "", "other"),
        ] {
            assert_eq!(kind(path, base), expected, "{path}");
        }
    }

    #[test]
    fn every_state_has_the_name_that_it_has_elsewhere() {
        for (state, name) in STATES {
            assert_eq!(serde_json::to_value(state).unwrap(), name);
        }
    }
}
