//! The store's upkeep while the daemon runs: once a day what is older than the operator keeps is removed, and while the
//! disk is full, crawling pauses until there is room again. Readers are served all the while. Nothing is crawled here.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::fetch::Fetch;
use crate::ledger;
use crate::pipeline::{self, Context};
use crate::store::{self, Store};
use crate::systemd;

/// How often it is seen whether there is room.
const LOOK_FOR_ROOM: Duration = Duration::from_secs(10);

/// When old stories are looked for the first time, so that a start is not slowed down, and how often after that.
const FIRST_REMOVAL: Duration = Duration::from_secs(60);
const BETWEEN_REMOVALS: Duration = Duration::from_secs(24 * 3600);

/// When a removal that failed is tried again.
const REMOVE_AGAIN: Duration = Duration::from_secs(3600);

/// Whether the store has room for articles, as far as is known. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Room {
    full: Arc<watch::Sender<bool>>,
}

impl Room {
    /// Whether the disk is full, so that nothing should be crawled.
    pub fn is_full(&self) -> bool {
        *self.full.borrow()
    }

    /// Tells of every change of [`Room::is_full`] from now on.
    pub fn subscribe(&self) -> watch::Receiver<bool> {
        self.full.subscribe()
    }

    /// Takes a result of the store: where it says that the disk is full, which is no reason to stop, that is noted, and
    /// nothing is left of it. Any other error comes back.
    pub fn bear<T, E: Into<pipeline::Error>>(&self, result: Result<T, E>) -> Result<Option<T>, pipeline::Error> {
        match result.map_err(Into::into) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_full() => {
                self.fill(&error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Notes that the disk is full, and says so once; who waits for room is not woken by what is known.
    fn fill(&self, error: &dyn std::error::Error) {
        if self.full.send_if_modified(|full| !std::mem::replace(full, true)) {
            tracing::error!(
                error = store_fault(error),
                "crawling pauses, feeds are served; it goes on by itself once there is room"
            );
            systemd::status("No room left on the disk: feeds are served, crawling goes on once there is room");
        }
    }

    /// Notes that there is room again.
    fn empty(&self) {
        if self.full.send_replace(false) {
            tracing::info!("there is room again: crawling goes on");
        }
    }
}

/// What the store said, which may be the cause of what somebody else says.
fn store_fault(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}

/// Keeps the store up until `shutdown` resolves. `keep_days` is the setting, which may change; 0 keeps everything.
///
/// # Errors
/// When the store has to be opened anew: the caller stops, and systemd starts again.
pub async fn keep_up<F: Fetch>(
    cx: Arc<Context<F>>,
    room: Room,
    keep_days: watch::Receiver<u32>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), pipeline::Error> {
    tokio::select! {
        () = shutdown => Ok(()),
        never = remove_daily(&cx, &room, keep_days) => match never {},
        error = watch_room(&cx.store, &room) => Err(error.into()),
    }
}

/// Sees whether there is room, for ever; returns what makes that pointless.
async fn watch_room(store: &Store, room: &Room) -> store::Error {
    loop {
        tokio::time::sleep(LOOK_FOR_ROOM).await;
        let (store, was_full) = (store.clone(), room.is_full());
        let look = move || {
            if was_full {
                store.try_resume()
            } else {
                store.takes_articles()
            }
        };
        let looked = tokio::task::spawn_blocking(look).await;
        match looked.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) {
            Ok(()) => room.empty(),
            Err(error @ store::Error::Full { .. }) => room.fill(&error),
            // A reader holds what is to be opened again.
            Err(error @ store::Error::InUse { .. }) => tracing::debug!(%error, "waits for readers of the store"),
            Err(error) => return error,
        }
    }
}

/// Removes what is older than is kept: a little after the start, then once a day, and at once when the setting changes.
async fn remove_daily<F: Fetch>(cx: &Context<F>, room: &Room, mut keep_days: watch::Receiver<u32>) -> Infallible {
    let mut next = Instant::now() + FIRST_REMOVAL;
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(next) => {}
            Ok(()) = keep_days.changed() => {}
        }
        let keep_days = *keep_days.borrow_and_update();
        let removed = remove(cx, keep_days).await;
        next = Instant::now() + BETWEEN_REMOVALS;
        // What is left is taken the next time, as all of it is recognised.
        if let Err(error) = room.bear(removed) {
            tracing::error!(%error, "stories could not be removed for their age");
        }
        if room.is_full() {
            next = Instant::now() + REMOVE_AGAIN;
        }
    }
}

async fn remove<F: Fetch>(cx: &Context<F>, keep_days: u32) -> Result<(), ledger::Error> {
    if keep_days == 0 {
        return Ok(());
    }
    let keep = Duration::from_secs(u64::from(keep_days) * 24 * 3600);
    let removed = cx.ledger.expire(keep, cx.clock.now()).await?;
    if removed.stories > 0 {
        tracing::info!(
            stories = removed.stories,
            articles = removed.articles,
            keep_days,
            "removed stories for their age; `warta compact` gives their room back to the disk"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::daemon::crawl_for_ever;
    use crate::fetch::web::Web;
    use crate::ledger::{Age, Candidate};
    use crate::model::samples;
    use crate::model::{Article, Directory, RegionCode, RegionMatch, Republish, Source};
    use crate::pipeline::Configured;
    use crate::pipeline::tests::{INTERVALS, context};

    const FEED: &str = "https://lapas.example/feed";

    struct World {
        cx: Arc<Context<Web>>,
        room: Room,
        _folder: tempfile::TempDir,
    }

    fn world(web: Web) -> World {
        let (cx, _folder) = context(web);
        World {
            cx: Arc::new(cx),
            room: Room::default(),
            _folder,
        }
    }

    fn source() -> Source {
        samples::source("lapas", FEED)
    }

    fn configured() -> watch::Receiver<Arc<Configured>> {
        let mut directory = Directory::default();
        directory.sources.insert(source().id, source());
        watch::channel(Arc::new(Configured::new(directory, INTERVALS))).1
    }

    fn web() -> Web {
        let web = Web::default();
        let text = "Kegiatan pembinaan warga binaan berjalan dengan tertib dan lancar. ".repeat(4);
        web.page(
            FEED,
            &format!(
                "<rss version=\"2.0\"><channel><title>x</title><item><title>Razia</title>\
                 <link>https://lapas.example/razia</link><description>JEMBER – {text}</description></item></channel></rss>"
            ),
        );
        web
    }

    /// An article that arrived at a time.
    async fn record(world: &World, n: u32, at: Timestamp) {
        let text = format!("Kegiatan {n} {}", format!("{:x} ", n * 7_919).repeat(40));
        let article = Article {
            source: source().id,
            satker: None,
            url: format!("https://lapas.example/{n}"),
            guid: None,
            title: format!("Kegiatan {n}"),
            author: None,
            published: None,
            updated: None,
            seen: at,
            summary: String::new(),
            html: format!("<p>{text}</p>"),
            text,
            image: None,
            categories: vec![],
            language: None,
            republish: Republish::Full,
        };
        let region = RegionMatch {
            event: "35.09".parse().unwrap(),
            unit: None,
            satker: None,
            evidence: vec![],
        };
        let age = Age::News;
        let candidate = Candidate { article, region, age };
        world.cx.ledger.record(vec![candidate], at).await.unwrap();
    }

    fn stories(world: &World) -> u64 {
        world
            .cx
            .store
            .counts()
            .get(&RegionCode::INDONESIA)
            .copied()
            .unwrap_or(0)
    }

    /// Waits for something that the writer's thread does, and gives it real time for that: else the paused clock leaps.
    async fn until(what: &str, is_so: impl Fn() -> bool) {
        for _ in 0..5_000 {
            if is_so() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(600)).await;
            let real = tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(2)));
            real.await.unwrap();
        }
        panic!("never came: {what}");
    }

    /// No hub tells anything.
    fn untold() -> tokio::sync::mpsc::Receiver<crate::daemon::Told> {
        tokio::sync::mpsc::channel(1).1
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_older_than_is_kept_goes_within_a_day_and_at_once_when_the_setting_changes() {
        let world = world(Web::default());
        let now = world.cx.clock.now();
        for (n, days) in [(1, 400), (2, 364), (3, 1)] {
            record(&world, n, now - Duration::from_secs(days * 86_400)).await;
        }
        let (setting, keep_days) = watch::channel(0);
        let keeping = keep_up(
            Arc::clone(&world.cx),
            world.room.clone(),
            keep_days,
            std::future::pending(),
        );
        let watching = async {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            assert_eq!(stories(&world), 3, "0 keeps everything");
            setting.send_replace(365);
            until("at once", || stories(&world) == 2).await;
            let hours = || world.cx.clock.now().duration_since(now).as_hours();
            assert!(hours() < 24, "{}", hours());
            until("in its time", || stories(&world) == 1).await;
            assert!((24..30).contains(&hours()), "{}", hours());
            assert!(world.cx.store.is_known("https://lapas.example/1").unwrap());
        };
        tokio::select! {
            ended = keeping => panic!("{ended:?}"),
            () = watching => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_disk_pauses_the_crawls_and_they_go_on_by_themselves() {
        let (web, keep_days) = (web(), watch::channel(0).1);
        let world = world(web.clone());
        world.cx.store.pretend_full();
        let mut changes = world.room.subscribe();
        let (cx, room) = (Arc::clone(&world.cx), world.room.clone());
        let crawling = crawl_for_ever(cx, configured(), 4, room, untold(), std::future::pending());
        let keeping = keep_up(
            Arc::clone(&world.cx),
            world.room.clone(),
            keep_days,
            std::future::pending(),
        );
        let watching = async {
            for full in [true, false] {
                changes.changed().await.unwrap();
                assert_eq!(*changes.borrow_and_update(), full);
            }
            until("the crawl", || stories(&world) == 1).await;
        };
        tokio::select! {
            ended = crawling => panic!("{ended:?}"),
            ended = keeping => panic!("{ended:?}"),
            () = watching => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_asked_for_while_there_is_no_room() {
        let web = web();
        let world = world(web.clone());
        world.room.fill(&store::Error::Full { path: "x".into() });
        let (cx, room) = (Arc::clone(&world.cx), world.room.clone());
        let crawling = crawl_for_ever(cx, configured(), 4, room, untold(), std::future::pending());
        let watching = async {
            tokio::time::sleep(Duration::from_secs(86_400)).await;
            assert_eq!(web.asked(FEED), 0);
            world.room.empty();
            until("the crawl", || stories(&world) == 1).await;
        };
        tokio::select! {
            ended = crawling => panic!("{ended:?}"),
            () = watching => {}
        }
    }

    #[test]
    fn only_a_full_disk_is_borne() {
        let room = Room::default();
        assert!(matches!(room.bear(Ok::<_, pipeline::Error>(7)), Ok(Some(7))));
        let stopped = room.bear(Err::<(), _>(ledger::Error::Stopped));
        assert!(stopped.is_err() && !room.is_full());
        let full = ledger::Error::from(store::Error::Full { path: "x".into() });
        assert!(matches!(room.bear(Err::<(), _>(full)), Ok(None)));
        assert!(room.is_full());
        let full = store::Error::Full { path: "x".into() };
        let full = ledger::Error::from(full);
        assert!(store_fault(&full).starts_with("no room left"), "{}", store_fault(&full));
    }
}
