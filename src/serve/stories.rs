//! `/berita/{id}`: a story with its copies, where it went, or why it was withdrawn.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer::Rendered;
use super::cache::{About, Basis};
use super::{Settings, Shared, for_the_hour, pages};
use crate::model::StoryId;
use crate::site::StoryView;
use crate::{publish, site, store};

/// A story's page.
pub async fn story(State(shared): State<Arc<Shared>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    let Ok(id) = id.parse::<StoryId>() else {
        return pages::not_found(&shared, &settings, "");
    };
    let named = (format!("page:berita/{id}"), About::Everything);
    let make = for_the_hour(Basis::Everything, move |shared: &Shared, settings: &Settings| {
        story_page(shared, settings, id)
    });
    match Arc::clone(&shared)
        .kept_rarely(named, Arc::clone(&settings), make)
        .await
    {
        Ok(Some(rendered)) => return rendered.answer(&headers).await,
        Ok(None) => {}
        Err(error) => return pages::failed(&error),
    }
    let make = move || without_story(&shared, &settings, id).unwrap_or_else(|error| pages::failed(&error));
    tokio::task::spawn_blocking(make)
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// The page of a story that can be read.
fn story_page(shared: &Shared, settings: &Settings, id: StoryId) -> Result<Option<Rendered>, store::Error> {
    let Some(detail) = shared.store.story(id)?.filter(|detail| detail.story.hidden.is_none()) else {
        return Ok(None);
    };
    let mut related = Vec::new();
    for other in &detail.story.related {
        related.extend(shared.store.story(*other)?.filter(|other| other.story.hidden.is_none()));
    }
    let view = StoryView {
        detail: &detail,
        related: &related,
    };
    let page = site::story(pages::context(shared, settings), view);
    Ok(Some(Rendered::new(page, pages::HTML, publish::last_change(&[detail]))))
}

/// Where a merged story went; 410 with the reason for one that was withdrawn.
fn without_story(shared: &Shared, settings: &Settings, id: StoryId) -> Result<Response, store::Error> {
    let Some(detail) = shared.store.story(id)? else {
        let Some(elder) = shared.store.merged_into(id)? else {
            return Ok(pages::not_found(shared, settings, ""));
        };
        let address = format!("{}berita/{elder}", settings.site.base_url.path());
        return Ok((StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, address)]).into_response());
    };
    let Some(withdrawal) = &detail.story.hidden else {
        // It was released just now.
        let again = [(header::RETRY_AFTER, "1")];
        return Ok((StatusCode::SERVICE_UNAVAILABLE, again, "the story has just changed\n").into_response());
    };
    let page = site::withdrawn(pages::context(shared, settings), detail.story.region, withdrawal);
    Ok((StatusCode::GONE, [(header::CONTENT_TYPE, pages::HTML)], page).into_response())
}
