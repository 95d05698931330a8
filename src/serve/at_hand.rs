//! Live feeds that are in memory as they would be made now, answered before anything else looks at the request: readers
//! ask for little else, and again and again. The answer is the one that the routes would give; whatever is not here, or
//! not plainly asked for, is theirs.

use std::sync::Arc;

use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use metrics::counter;

use super::answer::Answer;
use super::connections::{LONGEST_HEADERS, headers_length};
use super::{Shared, feeds};

/// What is answered from.
#[derive(Debug)]
pub(super) struct AtHand {
    shared: Arc<Shared>,
    /// What public paths begin with, `/` included.
    base: String,
}

impl AtHand {
    /// The feeds that this has in memory.
    pub fn new(shared: Arc<Shared>) -> AtHand {
        let base = shared.settings().site.base_url.path().trim_end_matches('/').to_owned();
        AtHand {
            shared,
            base: format!("{base}/"),
        }
    }

    /// The answer, if it is at hand. Nothing here waits, and nothing is copied or made that grows with the feed.
    pub fn answer<B>(&self, request: &Request<B>) -> Option<Response> {
        let (uri, headers) = (request.uri(), request.headers());
        if request.method() != Method::GET || uri.query().is_some() || feeds::is_opened(headers) {
            return None;
        }
        if headers_length(headers) > LONGEST_HEADERS {
            return None;
        }
        // It is kept under its address below the base, as it is written in feeds.
        let name = uri.path().strip_prefix(&self.base)?;
        let shared = &self.shared;
        let settings = shared.settings();
        let feed = shared.cache.at_hand(name, |about| shared.moment(about), &settings)?;
        let Answer { response, to_lend } = feed.answer_if_made(headers)?;
        if let (Some(coding), Some(arena)) = (to_lend, &shared.arena) {
            let arena = Arc::clone(arena);
            tokio::task::spawn_blocking(move || feed.lend(coding, &arena));
        }
        let requests = match response.status() {
            StatusCode::NOT_MODIFIED => counter!("warta_http_requests_total", "kind" => "feeds", "status" => "304"),
            _ => counter!("warta_http_requests_total", "kind" => "feeds", "status" => "2xx"),
        };
        requests.increment(1);
        Some(response)
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::HeaderMap;
    use hyper::service::Service;
    use hyper_util::service::TowerToHyperService;
    use tokio::sync::watch;

    use super::super::lent::Lent;
    use super::super::router;
    use super::super::tests::{now, settings, store_long_story, store_story};
    use super::*;
    use crate::clock::Clock;
    use crate::gazetteer::Gazetteer;
    use crate::store::Store;

    struct World {
        store: Store,
        at_hand: AtHand,
        routes: TowerToHyperService<Router>,
        _folder: tempfile::TempDir,
    }

    async fn world(base_url: &str) -> World {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        for n in 1..5 {
            store_story(&store, n).await;
        }
        let mut settings = settings(base_url);
        settings.hub = Some(format!("{base_url}hub"));
        let (_sender, settings) = watch::channel(Arc::new(settings));
        let gazetteer = Arc::new(Gazetteer::built_in());
        let shared = Shared::new(store.clone(), gazetteer, settings, Clock::simulated(now()));
        let shared = Arc::new(shared);
        World {
            store,
            at_hand: AtHand::new(Arc::clone(&shared)),
            routes: TowerToHyperService::new(router(shared)),
            _folder: folder,
        }
    }

    fn request(method: Method, address: &str, headers: &[(&'static str, String)]) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.body(Body::empty()).unwrap()
    }

    /// What can be seen of an answer.
    async fn seen(answer: Response) -> (StatusCode, HeaderMap, Vec<u8>) {
        let (mut head, body) = answer.into_parts();
        // Hyper sets it where it is not: the two are the same on the wire but for a 304, whose body has no length to tell.
        head.headers.remove("content-length");
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        (head.status, head.headers, body.to_vec())
    }

    #[tokio::test]
    async fn it_is_the_answer_that_the_routes_would_give() {
        let world = world("https://warta.example.id/berita/").await;
        let address = "/berita/feeds/jawa-timur.rss";
        let ask = async |headers: &[(&'static str, String)]| {
            seen(world.routes.call(request(Method::GET, address, headers)).await.unwrap()).await
        };
        assert!(
            world.at_hand.answer(&request(Method::GET, address, &[])).is_none(),
            "nobody has asked"
        );
        let (_, first, _) = ask(&[("accept-encoding", "gzip".to_owned())]).await;
        let tag = first["etag"].to_str().unwrap().to_owned();
        let date = first["last-modified"].to_str().unwrap().to_owned();
        assert!(
            first.contains_key("link") && first.contains_key("content-encoding"),
            "{first:?}"
        );
        for headers in [
            vec![],
            vec![("accept-encoding", "gzip".to_owned())],
            vec![
                ("accept-encoding", "gzip, br;q=0".to_owned()),
                ("sec-fetch-dest", "empty".to_owned()),
            ],
            vec![("if-none-match", tag.clone())],
            vec![("if-none-match", tag.clone()), ("accept-encoding", "gzip".to_owned())],
            vec![("if-none-match", format!("\"x\", W/{}", tag.replace("-gzip", "-br")))],
            vec![("if-none-match", tag.replace("-gzip", "-zip"))],
            vec![("if-modified-since", date)],
        ] {
            let answer = world.at_hand.answer(&request(Method::GET, address, &headers));
            let answer = seen(answer.unwrap_or_else(|| panic!("{headers:?}: it is there"))).await;
            assert_eq!(answer, ask(&headers).await, "{headers:?}");
        }
    }

    #[tokio::test]
    async fn a_long_feed_that_is_asked_for_often_is_lent_and_no_other() {
        let world = world("https://warta.example.id/").await;
        let gzip = [("accept-encoding", "gzip".to_owned())];
        let ask = |address: &str| world.at_hand.answer(&request(Method::GET, address, &gzip));
        let is_lent =
            |address: &str| ask(address).is_some_and(|answer| answer.extensions().get::<Arc<Lent>>().is_some());
        store_long_story(&world.store, 30).await;
        let (long, short) = ("/feeds/jawa-timur.rss", "/feeds/aceh.rss");
        for address in [long, short] {
            let asked = request(Method::GET, address, &gzip);
            assert_eq!(world.routes.call(asked).await.unwrap().status(), 200);
            assert!(!is_lent(address), "{address}: it is not asked for often");
        }
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while !is_lent(long) {
            assert!(std::time::Instant::now() < until, "it was never lent");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let lent = (0..30).any(|_| is_lent(short));
        assert!(!lent, "{short}: it is written as quickly");
        let current = [("if-none-match", "*".to_owned()), gzip[0].clone()];
        let current = world.at_hand.answer(&request(Method::GET, long, &current)).unwrap();
        assert!(current.extensions().get::<Arc<Lent>>().is_none(), "it has no body");
    }

    #[tokio::test]
    async fn what_is_not_plainly_asked_for_or_has_changed_is_left_to_the_routes() {
        let world = world("https://warta.example.id/").await;
        let address = "/feeds/jawa-timur.rss";
        for asked in [address, "/opml", "/"] {
            let asked = request(Method::GET, asked, &[]);
            assert_eq!(world.routes.call(asked).await.unwrap().status(), 200);
        }
        let is_there = |method: Method, address: &str, headers: &[(&'static str, String)]| {
            world.at_hand.answer(&request(method, address, headers)).is_some()
        };
        assert!(is_there(Method::GET, address, &[]));
        for (method, address, headers) in [
            (Method::HEAD, address, vec![]),
            (Method::POST, address, vec![]),
            (Method::GET, "/feeds/jawa-timur.rss?x", vec![]),
            (Method::GET, "/feeds/jawa-timur.atom", vec![]),
            (Method::GET, "/feeds/jawa%2Dtimur.rss", vec![]),
            (Method::GET, "/opml", vec![]),
            (Method::GET, "/page:", vec![]),
            (Method::GET, address, vec![("accept-encoding", "br".to_owned())]),
            (Method::GET, address, vec![("sec-fetch-dest", "document".to_owned())]),
            (Method::GET, address, vec![("x-long", "a".repeat(LONGEST_HEADERS))]),
        ] {
            assert!(!is_there(method.clone(), address, &headers), "{method} {address}");
        }
        store_story(&world.store, 20).await;
        assert!(!is_there(Method::GET, address, &[]), "it has changed");
    }
}
