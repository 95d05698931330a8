//! Pages, OPML and the small fixed answers.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::answer::Rendered;
use super::{Settings, Shared};
use crate::gazetteer::Region;
use crate::model::{Level, RegionCode, SatkerId, Scope, StoryDetail, StoryId};
use crate::{publish, site, store};

const HTML: &str = "text/html; charset=utf-8";

/// Stories on a page.
const ON_A_PAGE: usize = 50;

/// Nearest names given for an unknown region.
const NEAREST: usize = 5;

/// The home page.
pub async fn index(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let counts = shared.store.counts();
    listed(
        shared,
        headers,
        Scope::Region(RegionCode::INDONESIA),
        move |context, stories| site::index(context, &|code| counts.get(&code).copied().unwrap_or(0), stories),
    )
    .await
}

/// A province's page.
pub async fn province(State(shared): State<Arc<Shared>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    region(shared, name, headers).await
}

/// A kabupaten's or kota's page.
pub async fn regency(
    State(shared): State<Arc<Shared>>,
    Path((province, regency)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    region(shared, format!("{province}/{regency}"), headers).await
}

async fn region(shared: Arc<Shared>, name: String, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    let Some(region) = shared.gazetteer.resolve(&name).cloned() else {
        return not_found(&shared, &settings, &name);
    };
    if region.path != name {
        return Redirect::permanent(&publish::page_url(&settings.site, &region.path)).into_response();
    }
    let scope = Scope::Region(region.code);
    listed(shared, headers, scope, move |context, stories| {
        site::region(context, &region, stories)
    })
    .await
}

/// A unit's page.
pub async fn satker(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    let found = SatkerId::new(id.clone())
        .ok()
        .and_then(|id| settings.directory.satker(&id))
        .cloned();
    match found {
        Some(satker) if satker.id.as_str() == id => {
            let scope = Scope::Satker(satker.id.clone());
            listed(shared, headers, scope, move |context, stories| {
                site::satker(context, &satker, stories)
            })
            .await
        }
        Some(satker) => {
            Redirect::permanent(&publish::page_url(&settings.site, &format!("satker/{}", satker.id))).into_response()
        }
        None => not_found(&shared, &settings, &id),
    }
}

/// A story's page, made on a thread that may wait for the disk.
pub async fn story(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    let Ok(id) = id.parse::<StoryId>() else {
        return not_found(&shared, &settings, "");
    };
    let make = move || match shared.store.story(id) {
        Ok(Some(detail)) => match &detail.story.hidden {
            Some(withdrawal) => {
                let page = site::withdrawn(context(&shared, &settings), withdrawal);
                (StatusCode::GONE, [(header::CONTENT_TYPE, HTML)], page).into_response()
            }
            None => {
                let page = site::story(context(&shared, &settings), &detail);
                Rendered::new(page, HTML, publish::last_change(&[detail])).answer(&headers)
            }
        },
        Ok(None) => match shared.store.merged_into(id) {
            Ok(Some(elder)) => {
                let address = format!("{}berita/{elder}", settings.site.base_url.path());
                (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, address)]).into_response()
            }
            Ok(None) => not_found(&shared, &settings, ""),
            Err(error) => failed(&error),
        },
        Err(error) => failed(&error),
    };
    tokio::task::spawn_blocking(make)
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// A page of the newest stories of a scope, made on a thread that may wait for the disk.
async fn listed(
    shared: Arc<Shared>,
    headers: HeaderMap,
    scope: Scope,
    page: impl FnOnce(site::Context<'_>, &[StoryDetail]) -> String + Send + 'static,
) -> Response {
    let settings = shared.settings();
    let make = move || -> Result<Rendered, store::Error> {
        let mut stories = shared.live(&scope)?;
        stories.retain(|detail| detail.story.hidden.is_none());
        stories.truncate(ON_A_PAGE);
        Ok(Rendered::new(page(context(&shared, &settings), &stories), HTML, None))
    };
    match tokio::task::spawn_blocking(make).await {
        Ok(Ok(rendered)) => rendered.answer(&headers),
        Ok(Err(error)) => failed(&error),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Who runs this.
pub async fn about(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    Rendered::new(site::about(context(&shared, &settings), &settings.contact), HTML, None).answer(&headers)
}

/// The stylesheet.
pub async fn style(headers: HeaderMap) -> Response {
    Rendered::new(site::STYLE, "text/css; charset=utf-8", None).answer(&headers)
}

/// Everything may be crawled.
pub async fn robots(headers: HeaderMap) -> Response {
    Rendered::new("User-agent: *\nAllow: /\n", "text/plain; charset=utf-8", None).answer(&headers)
}

/// Alive, and the store answers.
pub async fn health(State(shared): State<Arc<Shared>>) -> Response {
    match shared.store.last_article() {
        Ok(_) => ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response(),
        Err(error) => failed(&error),
    }
}

/// The provinces' feeds.
pub async fn opml(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    outline(publish::opml_provinces(publish_context(&shared, &settings)), &headers)
}

/// One province's feeds, or all of them as a tree.
pub async fn opml_of(State(shared): State<Arc<Shared>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    let context = publish_context(&shared, &settings);
    if name == "semua" {
        return outline(publish::opml_tree(context), &headers);
    }
    match shared.gazetteer.resolve(&name) {
        Some(province) if province.level() != Level::Province => not_found(&shared, &settings, &name),
        Some(province) if province.path == name => outline(publish::opml_regencies(context, province), &headers),
        Some(province) => {
            let address = format!("{}opml/{}", settings.site.base_url.path(), province.path);
            (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, address)]).into_response()
        }
        None => not_found(&shared, &settings, &name),
    }
}

fn outline(bytes: Vec<u8>, headers: &HeaderMap) -> Response {
    Rendered::new(bytes, "text/x-opml; charset=utf-8", None).answer(headers)
}

/// The answer for every other address.
pub async fn missing(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    let settings = shared.settings();
    not_found(&shared, &settings, uri.path())
}

/// 404 with the regions whose names are nearest to what was asked for.
pub fn not_found(shared: &Shared, settings: &Settings, asked: &str) -> Response {
    let name = asked.rsplit_once('.').map_or(asked, |(name, _)| name);
    let nearest: Vec<&Region> = if name.is_empty() {
        Vec::new()
    } else {
        shared.gazetteer.nearest(name, NEAREST)
    };
    let page = site::not_found(context(shared, settings), &nearest);
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, HTML)], page).into_response()
}

/// Our store does not answer; the log has the details, readers do not.
pub fn failed(error: &store::Error) -> Response {
    tracing::error!(error = %error, "cannot answer a request");
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::RETRY_AFTER, "60")],
        "the store does not answer\n",
    )
        .into_response()
}

fn context<'a>(shared: &'a Shared, settings: &'a Settings) -> site::Context<'a> {
    site::Context {
        site: &settings.site,
        gazetteer: &shared.gazetteer,
        directory: &settings.directory,
    }
}

fn publish_context<'a>(shared: &'a Shared, settings: &'a Settings) -> publish::Context<'a> {
    publish::Context {
        site: &settings.site,
        gazetteer: &shared.gazetteer,
        directory: &settings.directory,
    }
}
