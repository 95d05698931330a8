//! `/hub` (WebSub): the form of a subscriber is read within bounds and handed to the daemon, which answers; and what the
//! daemon asks of us: which addresses are feeds, and how they read now. Nothing is subscribed or sent here.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot;

use super::feeds::{self, Found};
use super::{Settings, Shared, answer::insert, pages};
use crate::model::Scope;
use crate::publish::{self, Format};
use crate::store;

/// No form is longer.
const LONGEST_FORM: usize = 16 << 10;

/// The longest a form may take to come.
const FORM_WITHIN: Duration = Duration::from_secs(10);

/// The longest the daemon may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A form that was posted to the hub.
#[derive(Debug)]
pub struct Posted {
    /// The form, `application/x-www-form-urlencoded`, at most 16 KiB.
    pub form: Bytes,
    /// Whoever posted it waits here.
    pub answer: oneshot::Sender<Answered>,
}

/// What is answered to a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// Why, in plain text.
    pub text: String,
}

/// A feed as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its bytes.
    pub bytes: Bytes,
    /// Its media type.
    pub media_type: &'static str,
    /// Stands for the bytes: other bytes have another.
    pub etag: String,
}

impl Shared {
    /// The address of our hub, if we are one.
    pub fn hub_url(&self) -> Option<String> {
        self.settings().hub.clone()
    }

    /// Whether an address is exactly one of our live feeds'.
    pub fn is_topic(&self, address: &str) -> bool {
        topic(self, &self.settings(), address).is_some()
    }

    /// The feed with this address; nothing where there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn topic(self: Arc<Shared>, address: &str) -> Result<Option<Feed>, store::Error> {
        let settings = self.settings();
        let Some((scope, format)) = topic(&self, &settings, address) else {
            return Ok(None);
        };
        let rendered = feeds::rendered(self, settings, scope, format).await?;
        Ok(Some(Feed {
            media_type: rendered.media_type(),
            etag: rendered.etag().to_owned(),
            bytes: rendered.bytes,
        }))
    }
}

fn topic(shared: &Shared, settings: &Settings, address: &str) -> Option<(Scope, Format)> {
    let path = address.strip_prefix(settings.site.base_url.as_str())?;
    match feeds::find(shared, settings, path.strip_prefix("feeds/")?) {
        Found::Feed(scope, format) => Some((scope, format)),
        Found::Moved(_) | Found::Nothing => None,
    }
}

/// The `Link` header of a feed, if we are a hub.
pub(super) fn links(shared: &Shared, settings: &Settings, scope: &Scope, format: Format) -> Option<String> {
    let hub = settings.hub.as_ref()?;
    let path = publish::scope_path(&shared.gazetteer, scope)?;
    let own = publish::feed_url(&settings.site, &path, format);
    Some(format!("<{hub}>; rel=\"hub\", <{own}>; rel=\"self\""))
}

/// Takes a subscriber's form.
pub async fn post(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let settings = shared.settings();
    let Some(hub) = shared.hub.as_ref().filter(|_| settings.hub.is_some()) else {
        return pages::not_found(&shared, &settings, "");
    };
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_form = kind
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    if !is_form {
        let why = "a hub takes application/x-www-form-urlencoded";
        return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, why);
    }
    let body = to_bytes(request.into_body(), LONGEST_FORM);
    let form = match tokio::time::timeout(FORM_WITHIN, body).await {
        Ok(Ok(form)) => form,
        Ok(Err(_)) => {
            return plain(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the form is longer than 16 KiB or was cut off",
            );
        }
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "the form took too long"),
    };
    let (answer, answered) = oneshot::channel();
    if hub.try_send(Posted { form, answer }).is_err() {
        return busy();
    }
    match tokio::time::timeout(ANSWER_WITHIN, answered).await {
        Ok(Ok(answered)) => plain(
            StatusCode::from_u16(answered.status).unwrap_or(StatusCode::BAD_REQUEST),
            &answered.text,
        ),
        _ => busy(),
    }
}

fn busy() -> Response {
    let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, "the hub is busy; try again later");
    insert(&mut response, header::RETRY_AFTER, "60");
    response
}

fn plain(status: StatusCode, text: &str) -> Response {
    (status, format!("{text}\n")).into_response()
}
