//! `/feeds/gangguan.atom` and `/feeds/gangguan/{satker}.atom`: what is wrong with the sources, publicly without details.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer::Rendered;
use super::{Settings, Shared, pages};
use crate::model::{Satker, SatkerId};
use crate::publish::{self, Format, Told, Trouble};
use crate::schedule::standing::advice;
use crate::store;

/// The incidents of all sources, for everybody.
pub async fn all(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    answer(shared, None, Told::Publicly, headers).await
}

/// The incidents of a unit's sources, for everybody.
pub async fn of(State(shared): State<Arc<Shared>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    answer(shared, Some(name), Told::Publicly, headers).await
}

/// The incidents of all sources with every detail, for the operator.
pub async fn all_in_full(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    answer(shared, None, Told::InFull, headers).await
}

/// The incidents of a unit's sources with every detail, for the operator.
pub async fn of_in_full(State(shared): State<Arc<Shared>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    answer(shared, Some(name), Told::InFull, headers).await
}

async fn answer(shared: Arc<Shared>, name: Option<String>, told: Told, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    let satker = match name {
        None => None,
        Some(name) => {
            let id = name.strip_suffix(".atom").and_then(|id| SatkerId::new(id).ok());
            let Some(satker) = id.as_ref().and_then(|id| settings.directory.satker(id)) else {
                return pages::not_found(&shared, &settings, "");
            };
            if id.as_ref() != Some(&satker.id) {
                let address = format!("{}feeds/gangguan/{}.atom", settings.site.base_url.path(), satker.id);
                return (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, address)]).into_response();
            }
            Some(satker.clone())
        }
    };
    let make = move || rendered(&shared, &settings, satker.as_ref(), told);
    let made = tokio::task::spawn_blocking(make).await;
    match made.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) {
        Ok(rendered) => rendered.answer(&headers).await,
        Err(error) => pages::failed(&error),
    }
}

/// The feed as it is now: sources break and mend without a change of the store's generation.
fn rendered(
    shared: &Shared,
    settings: &Settings,
    satker: Option<&Satker>,
    told: Told,
) -> Result<Rendered, store::Error> {
    let mut troubles = Vec::new();
    for (id, incidents) in shared.store.all_incidents()? {
        let source = settings.directory.sources.get(&id);
        let wanted = |own: &Option<SatkerId>| satker.is_none_or(|satker| own.as_ref() == Some(&satker.id));
        let Some(source) = source.filter(|source| wanted(&source.satker)) else {
            continue;
        };
        troubles.extend(incidents.into_iter().map(|incident| Trouble {
            source,
            advice: advice(incident.kind, settings.site.language),
            incident,
        }));
    }
    let feed = publish::incidents(pages::publish_context(shared, settings), satker, troubles, told);
    let bytes = publish::render(&feed, Format::Atom);
    Ok(Rendered::new(bytes, Format::Atom.media_type(), None))
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "the client of a test reads our own answers whole"
    )]

    use crate::model::samples;
    use axum::Router;
    use axum::routing::get;
    use tokio::net::TcpListener;
    use tokio::sync::watch;

    use super::super::tests::{now, settings, store_story};
    use super::super::{Listener, router, serve};
    use super::*;
    use crate::clock::Clock;
    use crate::gazetteer::Gazetteer;
    use crate::model::{Health, Incident, Source, SourceId};
    use crate::store::Store;

    fn source(id: &str, satker: Option<&str>) -> Source {
        Source {
            satker: satker.and_then(|id| SatkerId::new(id).ok()),
            ..samples::source(id, &format!("https://{id}.example.go.id/feed"))
        }
    }

    async fn get_text(address: &str) -> (u16, String) {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let response = client.get(address).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn served(routes: Router) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(Listener::Tcp(listener), routes, std::future::pending()));
        address
    }

    #[tokio::test]
    async fn incidents_have_feeds_of_their_own_whose_details_are_the_operators() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        store_story(&store, 1).await;
        let incident = Incident {
            since: now(),
            kind: Health::Blocked,
            evidence: Some("it answered 403".to_owned()),
            last_good: None,
            changed: now(),
            resolved: None,
        };
        let mut settings = settings("https://warta.example.id/warta/");
        for source in [source("jember", Some("lapas-jember")), source("portal", None)] {
            store
                .put_incidents(&source.id, std::slice::from_ref(&incident))
                .unwrap();
            let directory = Arc::make_mut(&mut settings.directory);
            directory.sources.insert(source.id.clone(), source);
        }
        store
            .put_incidents(&SourceId::new("removed").unwrap(), std::slice::from_ref(&incident))
            .unwrap();
        let (_sender, settings) = watch::channel(Arc::new(settings));
        let gazetteer = Arc::new(Gazetteer::built_in());
        let shared = Arc::new(Shared::new(store, gazetteer, settings, Clock::simulated(now())));
        let own = Router::new()
            .route("/all", get(all_in_full))
            .with_state(Arc::clone(&shared));
        let (public, own) = (served(router(shared)).await, served(own).await);

        let feed = |path: &str| format!("{public}/warta/feeds/{path}.atom");
        let (status, all) = get_text(&feed("gangguan")).await;
        assert_eq!((status, all.matches("<entry>").count()), (200, 2), "{all}");
        assert!(!all.contains("403") && !all.contains("removed"), "{all}");
        let (status, one) = get_text(&feed("gangguan/lapas-jember")).await;
        assert_eq!((status, one.matches("<entry>").count()), (200, 1), "{one}");
        assert!(one.contains("jember.example.go.id") && !one.contains("portal"), "{one}");
        assert_eq!(get_text(&feed("gangguan/lp-jember")).await.0, 301);
        assert_eq!(get_text(&feed("gangguan/tidak-ada")).await.0, 404);
        for news in ["indonesia", "satker/lapas-jember"] {
            let (status, news) = get_text(&feed(news)).await;
            assert_eq!((status, news.matches("<entry>").count()), (200, 1), "{news}");
        }
        let (status, in_full) = get_text(&format!("{own}/all")).await;
        assert!(status == 200 && in_full.contains("it answered 403"), "{in_full}");
    }
}
