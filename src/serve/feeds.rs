//! `/feeds/…`: the feed of a region or unit, or where it is.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::answer::{Rendered, insert};
use super::cache::{About, Basis, Made};
use super::{Settings, Shared, next_hour, pages, search};
use crate::model::{SatkerId, Scope};
use crate::publish::{self, Format, archive};
use crate::store;

/// Says whether the client opens an address as a document or reads it as data.
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Where an address leads.
pub(super) enum Found {
    Feed(Scope, Format),
    /// The address the feed has instead.
    Moved(String),
    Nothing,
}

/// A feed; a redirect for another name of it; for a browser that opens it as a document, its page.
pub async fn feed(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let settings = shared.settings();
    if let Some(format) = path.strip_prefix("cari.").and_then(Format::from_extension) {
        return match search::feed(shared, settings, &query.unwrap_or_default(), format).await {
            Ok(rendered) => rendered.answer(&headers).await,
            Err(error) => pages::failed(&error),
        };
    }
    let (scope, format) = match find(&shared, &settings, &path) {
        Found::Feed(scope, format) => (scope, format),
        Found::Moved(to) => {
            let address = format!("{}feeds/{to}", settings.site.base_url.path());
            return (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, address)]).into_response();
        }
        Found::Nothing => return pages::not_found(&shared, &settings, &path),
    };
    if is_opened(&headers) {
        let path = publish::scope_path(&shared.gazetteer, &scope).unwrap_or_default();
        let mut response = Redirect::to(&publish::page_url(&settings.site, &path)).into_response();
        insert(&mut response, header::CACHE_CONTROL, "no-store");
        insert(&mut response, header::VARY, SEC_FETCH_DEST.as_str());
        return response;
    }
    match rendered(shared, settings, scope, format).await {
        Ok(rendered) => rendered.answer(&headers).await,
        Err(error) => pages::failed(&error),
    }
}

/// Whether a browser opens the address to show it.
pub(super) fn is_opened(headers: &HeaderMap) -> bool {
    headers.get(&SEC_FETCH_DEST).is_some_and(|dest| dest == "document")
}

/// Where the address below `/feeds/` leads.
pub(super) fn find(shared: &Shared, settings: &Settings, path: &str) -> Found {
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
pub(super) async fn rendered(
    shared: Arc<Shared>,
    settings: Arc<Settings>,
    scope: Scope,
    format: Format,
) -> Result<Rendered, store::Error> {
    let path = publish::scope_path(&shared.gazetteer, &scope).unwrap_or_default();
    let name = format!("feeds/{path}.{}", format.extension());
    let make = {
        let scope = scope.clone();
        move |shared: &Shared, settings: &Settings| {
            let live = shared.live_feed(settings, &scope)?;
            let bytes = publish::render(&live.feed, format);
            let links = super::hub::links(shared, settings, &scope, format);
            Ok(Some(Made {
                rendered: Rendered::new(bytes, format.media_type(), live.modified).into_feed(links.as_deref()),
                basis: live.basis,
                until: live.until,
            }))
        }
    };
    let made = shared.kept_while((name, About::Scope(scope)), settings, make).await;
    // What is always made is always there.
    made.map(Option::unwrap_or_default)
}

/// A page of a region's archives (RFC 5005).
pub async fn archive(State(shared): State<Arc<Shared>>, Path(rest): Path<String>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    let found = archive::read_address(&rest).and_then(|(path, page)| {
        let region = shared.gazetteer.by_path(path)?;
        Some((Scope::Region(region.code), page))
    });
    let Some((scope, id)) = found else {
        return pages::not_found(&shared, &settings, "");
    };
    let named = (format!("feeds/arsip/{rest}"), About::Scope(scope.clone()));
    let rendered = Arc::clone(&shared)
        .kept_rarely(named, Arc::clone(&settings), move |shared, settings| {
            archived(shared, settings, &scope, id)
        })
        .await;
    match rendered {
        Ok(Some(rendered)) => rendered.answer(&headers).await,
        Ok(None) => pages::not_found(&shared, &settings, ""),
        Err(error) => pages::failed(&error),
    }
}

/// A page of the archives as it is now, which another may be in the next month.
fn archived(
    shared: &Shared,
    settings: &Settings,
    scope: &Scope,
    id: archive::PageId,
) -> Result<Option<Made>, store::Error> {
    let Some(page) = shared.shelf(scope)?.page(id)? else {
        return Ok(None);
    };
    let mut stories = Vec::with_capacity(page.stories.len());
    for story in &page.stories {
        stories.extend(shared.store.arrived(*story)?);
    }
    let basis = match stories.len() == page.stories.len()
        && stories.iter().all(|detail| detail.story.scopes().contains(scope))
    {
        true => Basis::Scope,
        // A story that has left the scope and changes touches others.
        false => Basis::Everything,
    };
    let modified = publish::last_change(&stories);
    let feed = archive::page(pages::publish_context(shared, settings), scope, &page, stories);
    let bytes = publish::render(&feed, Format::Atom);
    Ok(Some(Made {
        rendered: Rendered::new(bytes, Format::Atom.media_type(), modified),
        basis,
        until: next_hour(shared.clock.now()),
    }))
}
