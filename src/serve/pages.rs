//! Pages, OPML and the small fixed answers.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};

use super::answer::Rendered;
use super::{Settings, Shared};
use crate::gazetteer::Region;
use crate::model::{Level, RegionCode, Satker, SatkerId, Scope, Source, SourceId, SourceState, StoryDetail, Zone};
use crate::schedule::standing::standing;
use crate::site::{Channel, Counts, Days, Detail, HomeView, RegionView, SourcesView, UnitCounts, UnitView};
use crate::{publish, site, store};

pub(super) const HTML: &str = "text/html; charset=utf-8";

/// Stories on a page.
const ON_A_PAGE: usize = 50;

/// Days that a page's chart goes back.
const DAYS: i64 = 30;

/// Nearest names given for an unknown region.
const NEAREST: usize = 5;

/// The home page.
pub async fn index(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    page(shared, headers, "page:", |shared, settings| {
        let now = shared.clock.now();
        let newest = shared.live(&Scope::Region(RegionCode::INDONESIA))?;
        let counts = shared.store.counts();
        let since = |days: i64| now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(now);
        let (week, today) = (counts_since(shared, since(7))?, counts_since(shared, since(1))?);
        let view = HomeView {
            counts: &counts,
            week: &week,
            today: &today,
            newest: &newest,
        };
        Ok(site::index(context(shared, settings), view))
    })
    .await
}

/// How many stories each region has listed since then.
fn counts_since(shared: &Shared, since: Timestamp) -> Result<Counts, store::Error> {
    let mut counts = Counts::new();
    for code in shared.store.counts().into_keys() {
        let listed = shared.store.listed_since(&Scope::Region(code), since)?;
        counts.insert(code, listed.len() as u64);
    }
    Ok(counts)
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
    page(shared, headers, &format!("page:{name}"), move |shared, settings| {
        let scope = Scope::Region(region.code);
        let within = |satker: &&Satker| satker.region.is_within(region.code);
        let units = settings.directory.satkers.values().filter(within);
        let view = RegionView {
            region: &region,
            counts: &shared.store.counts(),
            units: &unit_counts(shared, units),
            days: &days(shared, &scope, region.zone)?,
            stories: &newest(shared, &scope)?,
            now: shared.clock.now(),
        };
        Ok(site::region(context(shared, settings), view))
    })
    .await
}

/// How many stories each of these units has.
fn unit_counts<'a>(shared: &Shared, units: impl Iterator<Item = &'a Satker>) -> UnitCounts {
    units
        .map(|satker| {
            let count = shared.store.count(&Scope::Satker(satker.id.clone()));
            (satker.id.clone(), count)
        })
        .collect()
}

/// A scope's stories a day, as far back as pages show them.
fn days(shared: &Shared, scope: &Scope, zone: Zone) -> Result<Days, store::Error> {
    let now = shared.clock.now();
    let since = now.checked_sub(SignedDuration::from_hours(24 * DAYS)).unwrap_or(now);
    Ok(Days::counted(shared.store.listed_since(scope, since)?, now, zone))
}

fn newest(shared: &Shared, scope: &Scope) -> Result<Vec<StoryDetail>, store::Error> {
    let mut stories = shared.live(scope)?;
    stories.truncate(ON_A_PAGE);
    Ok(stories)
}

/// A unit's page.
pub async fn satker(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    let found = SatkerId::new(id.clone())
        .ok()
        .and_then(|id| settings.directory.satker(&id))
        .cloned();
    let satker = match found {
        Some(satker) if satker.id.as_str() == id => satker,
        Some(satker) => {
            let url = publish::page_url(&settings.site, &format!("satker/{}", satker.id));
            return Redirect::permanent(&url).into_response();
        }
        None => return not_found(&shared, &settings, &id),
    };
    page(
        shared,
        headers,
        &format!("page:satker/{id}"),
        move |shared, settings| {
            let scope = Scope::Satker(satker.id.clone());
            let below = |unit: &&Satker| unit.id == satker.id || unit.parent.as_ref() == Some(&satker.id);
            let states = states(shared)?;
            let own = |source: &&Source| source.satker.as_ref() == Some(&satker.id);
            let sources = settings.directory.sources.values().filter(own);
            let view = UnitView {
                satker: &satker,
                units: &unit_counts(shared, settings.directory.satkers.values().filter(below)),
                days: &days(shared, &scope, shared.gazetteer.zone(satker.region))?,
                channels: &channels(sources, &states, shared.clock.now()),
                stories: &newest(shared, &scope)?,
                now: shared.clock.now(),
            };
            Ok(site::satker(context(shared, settings), view))
        },
    )
    .await
}

/// How the sources stand: for everybody only whether something is wrong.
pub async fn sources(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    sources_with(Detail::Public, shared, headers).await
}

/// How the sources stand with every detail, for the operator.
pub async fn sources_in_full(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    sources_with(Detail::Full, shared, headers).await
}

async fn sources_with(detail: Detail, shared: Arc<Shared>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    let make = move || -> Result<Rendered, store::Error> {
        let states = states(&shared)?;
        let now = shared.clock.now();
        let view = SourcesView {
            channels: &channels(settings.directory.sources.values(), &states, now),
            detail,
            now,
        };
        Ok(Rendered::new(
            site::sources(context(&shared, &settings), view),
            HTML,
            None,
        ))
    };
    match tokio::task::spawn_blocking(make).await {
        Ok(Ok(rendered)) => rendered.answer(&headers).await,
        Ok(Err(error)) => failed(&error),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// What is remembered of every source.
pub(super) fn states(shared: &Shared) -> Result<HashMap<SourceId, SourceState>, store::Error> {
    Ok(shared.store.states()?.into_iter().collect())
}

fn channels<'a>(
    sources: impl Iterator<Item = &'a Source>,
    states: &'a HashMap<SourceId, SourceState>,
    now: Timestamp,
) -> Vec<Channel<'a>> {
    sources
        .map(|source| {
            let state = states.get(&source.id).unwrap_or(&NEVER);
            Channel {
                source,
                state,
                standing: standing(state, now).health.into(),
            }
        })
        .collect()
}

/// What is remembered of a source that was never crawled.
static NEVER: LazyLock<SourceState> = LazyLock::new(SourceState::default);

/// A page from memory, else made on a thread that may wait for the disk.
pub(super) async fn page(
    shared: Arc<Shared>,
    headers: HeaderMap,
    name: &str,
    make: impl FnOnce(&Shared, &Settings) -> Result<String, store::Error> + Send + 'static,
) -> Response {
    let settings = shared.settings();
    let made = shared.kept(name.to_owned(), settings, |shared, settings| {
        Ok(Rendered::new(make(shared, settings)?, HTML, None))
    });
    match made.await {
        Ok(rendered) => rendered.answer(&headers).await,
        Err(error) => failed(&error),
    }
}

/// Who runs this.
pub async fn about(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    Rendered::new(site::about(context(&shared, &settings), &settings.contact), HTML, None)
        .answer(&headers)
        .await
}

/// The stylesheet.
pub async fn style(headers: HeaderMap) -> Response {
    Rendered::new(site::STYLE, "text/css; charset=utf-8", None)
        .answer(&headers)
        .await
}

/// Everything may be crawled.
pub async fn robots(headers: HeaderMap) -> Response {
    Rendered::new("User-agent: *\nAllow: /\n", "text/plain; charset=utf-8", None)
        .answer(&headers)
        .await
}

/// Alive: the process answers, whatever the store does.
pub async fn alive() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

/// Ready: the store answers, so that readers can be sent here.
pub async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    match tokio::task::spawn_blocking(move || shared.store.last_article()).await {
        Ok(Ok(_)) => ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response(),
        Ok(Err(error)) => failed(&error),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// The provinces' feeds.
pub async fn opml(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    outline(shared, headers, "opml", publish::opml_provinces).await
}

/// One province's feeds, or all of them as a tree.
pub async fn opml_of(State(shared): State<Arc<Shared>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    if name == "semua" {
        return outline(shared, headers, "opml/semua", publish::opml_tree).await;
    }
    match shared.gazetteer.resolve(&name).cloned() {
        Some(province) if province.level() == Level::Province && province.path == name => {
            let name = format!("opml/{name}");
            outline(shared, headers, &name, move |context| {
                publish::opml_regencies(context, &province)
            })
            .await
        }
        Some(province) if province.level() == Level::Province => {
            let address = format!("{}opml/{}", settings.site.base_url.path(), province.path);
            (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, address)]).into_response()
        }
        _ => not_found(&shared, &settings, &name),
    }
}

/// An outline from memory, else made and kept.
async fn outline(
    shared: Arc<Shared>,
    headers: HeaderMap,
    name: &str,
    make: impl FnOnce(publish::Context<'_>) -> Vec<u8> + Send + 'static,
) -> Response {
    let settings = shared.settings();
    let made = shared.kept(name.to_owned(), settings, |shared, settings| {
        let bytes = make(publish_context(shared, settings));
        Ok(Rendered::new(bytes, "text/x-opml; charset=utf-8", None))
    });
    match made.await {
        Ok(rendered) => rendered.answer(&headers).await,
        Err(error) => failed(&error),
    }
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

/// What pages are made with.
pub(super) fn context<'a>(shared: &'a Shared, settings: &'a Settings) -> site::Context<'a> {
    site::Context {
        site: &settings.site,
        gazetteer: &shared.gazetteer,
        directory: &settings.directory,
        hub: settings.hub.as_deref(),
    }
}

/// What feeds are made with.
pub(super) fn publish_context<'a>(shared: &'a Shared, settings: &'a Settings) -> publish::Context<'a> {
    publish::Context {
        site: &settings.site,
        gazetteer: &shared.gazetteer,
        directory: &settings.directory,
    }
}
