//! What a page may ask for while it is shown: nothing that robots.txt of its site keeps crawlers from, nothing that is not
//! looked at (pictures, films, fonts), and nothing that only tells somebody of a visitor.

use std::sync::Arc;

use chromiumoxide::cdp::browser_protocol::fetch::{
    ContinueRequestParams, EnableParams, EventRequestPaused, FailRequestParams,
};
use chromiumoxide::cdp::browser_protocol::network::{ErrorReason, ResourceType};
use chromiumoxide::error::CdpError;
use chromiumoxide::page::Page;
use robotxt::Robots;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt as _;
use url::Url;

/// Looks at each request of a page, until it is dropped.
#[derive(Debug)]
pub struct Manners(JoinHandle<()>);

impl Manners {
    /// Looks at all that the page asks for from now on; `rules` are those of the origin of `site`.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn teach(page: &Page, site: &Url, rules: Option<Arc<Robots>>) -> Result<Manners, CdpError> {
        let mut asked = page.event_listener::<EventRequestPaused>().await?;
        page.execute(EnableParams::default()).await?;
        let (page, site) = (page.clone(), site.clone());
        let answer = async move {
            while let Some(request) = asked.next().await {
                let id = request.request_id.clone();
                let may = may_ask(&request.request.url, &request.resource_type, &site, rules.as_deref());
                // A page that has gone waits for no answer.
                let _ = if may {
                    page.execute(ContinueRequestParams::new(id)).await.map(|_| ())
                } else {
                    let refusal = FailRequestParams::new(id, ErrorReason::BlockedByClient);
                    page.execute(refusal).await.map(|_| ())
                };
            }
        };
        Ok(Manners(tokio::spawn(answer)))
    }
}

impl Drop for Manners {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn may_ask(address: &str, what: &ResourceType, site: &Url, rules: Option<&Robots>) -> bool {
    let is_looked_at = !matches!(
        what,
        ResourceType::Image
            | ResourceType::Media
            | ResourceType::Font
            | ResourceType::TextTrack
            | ResourceType::Prefetch
            | ResourceType::Manifest
            | ResourceType::Ping
            | ResourceType::CspViolationReport
    );
    let is_allowed = || match (Url::parse(address), rules) {
        (Ok(url), Some(rules)) if url.origin() == site.origin() => rules.is_url_allowed(&url),
        _ => true,
    };
    is_looked_at && is_allowed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_asks_for_what_is_looked_at_and_allowed() {
        let site: Url = "https://a.example/berita".parse().unwrap();
        let rules = Robots::parse(b"User-agent: *\nDisallow: /api/private", "warta");
        for (address, what, expected) in [
            ("https://a.example/app.js", ResourceType::Script, true),
            ("https://a.example/api/list", ResourceType::Xhr, true),
            ("https://a.example/api/private/1", ResourceType::Xhr, false),
            ("https://a.example/api/private/2", ResourceType::Document, false),
            // Rules are those of one origin.
            ("https://b.example/api/private/1", ResourceType::Fetch, true),
            ("http://a.example/api/private/1", ResourceType::Fetch, true),
            ("https://a.example/foto.jpg", ResourceType::Image, false),
            ("https://b.example/visited", ResourceType::Ping, false),
            ("data:text/css,x", ResourceType::Stylesheet, true),
            ("", ResourceType::Other, true),
        ] {
            assert_eq!(
                may_ask(address, &what, &site, Some(&rules)),
                expected,
                "{address} {what:?}"
            );
        }
        assert!(may_ask(
            "https://a.example/api/private/1",
            &ResourceType::Xhr,
            &site,
            None
        ));
    }
}
