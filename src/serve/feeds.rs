//! `/feeds/…`: the feed of a region or unit, or where it is.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::answer::{Rendered, insert};
use super::{Settings, Shared, pages};
use crate::model::{SatkerId, Scope};
use crate::publish::{self, Format};
use crate::store;

/// Says whether the client opens an address as a document or reads it as data.
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Where an address leads.
enum Found {
    Feed(Scope, Format),
    /// The address the feed has instead.
    Moved(String),
    Nothing,
}

/// A feed; a redirect for another name of it; for a browser that opens it as a document, its page.
pub async fn feed(State(shared): State<Arc<Shared>>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    let (scope, format) = match find(&shared, &settings, &path) {
        Found::Feed(scope, format) => (scope, format),
        Found::Moved(to) => {
            let address = format!("{}feeds/{to}", settings.site.base_url.path());
            return (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, address)]).into_response();
        }
        Found::Nothing => return pages::not_found(&shared, &settings, &path),
    };
    if headers.get(&SEC_FETCH_DEST).is_some_and(|dest| dest == "document") {
        let path = publish::scope_path(&shared.gazetteer, &scope).unwrap_or_default();
        let mut response = Redirect::to(&publish::page_url(&settings.site, &path)).into_response();
        insert(&mut response, header::CACHE_CONTROL, "no-store");
        insert(&mut response, header::VARY, SEC_FETCH_DEST.as_str());
        return response;
    }
    let mut response = match rendered(shared, settings, scope, format).await {
        Ok(rendered) => rendered.answer(&headers),
        Err(error) => pages::failed(&error),
    };
    response
        .headers_mut()
        .append(header::VARY, header::HeaderValue::from_static("sec-fetch-dest"));
    response
}

fn find(shared: &Shared, settings: &Settings, path: &str) -> Found {
    let Some((name, format)) = path
        .rsplit_once('.')
        .and_then(|(name, extension)| Some((name, Format::from_extension(extension)?)))
    else {
        return Found::Nothing;
    };
    if let Some(id) = name.strip_prefix("satker/") {
        let satker = SatkerId::new(id).ok().and_then(|id| settings.directory.satker(&id));
        return match satker {
            Some(satker) if satker.id.as_str() == id => Found::Feed(Scope::Satker(satker.id.clone()), format),
            Some(satker) => Found::Moved(format!("satker/{}.{}", satker.id, format.extension())),
            None => Found::Nothing,
        };
    }
    match shared.gazetteer.resolve(name) {
        Some(region) if region.path == name => Found::Feed(Scope::Region(region.code), format),
        Some(region) => Found::Moved(format!("{}.{}", region.path, format.extension())),
        None => Found::Nothing,
    }
}

/// The feed from memory, or rendered on a thread that may wait for the disk.
async fn rendered(
    shared: Arc<Shared>,
    settings: Arc<Settings>,
    scope: Scope,
    format: Format,
) -> Result<Rendered, store::Error> {
    let moment = shared.moment();
    if let Some(kept) = shared.cache.get(&scope, format, moment, &settings) {
        return Ok(kept);
    }
    let render = move || -> Result<Rendered, store::Error> {
        let stories = shared.live(&scope)?;
        let modified = publish::last_change(&stories);
        let context = publish::Context {
            site: &settings.site,
            gazetteer: &shared.gazetteer,
            directory: &settings.directory,
        };
        let feed = publish::view(context, &scope, stories);
        let rendered = Rendered::new(publish::render(&feed, format), format.media_type(), modified);
        shared.cache.put(scope, format, moment, settings, rendered.clone());
        Ok(rendered)
    };
    tokio::task::spawn_blocking(render)
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
