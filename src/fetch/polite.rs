//! Politeness: a budget for each host and shared platform, holds of whole hosts, robots.txt, redirects. What is asked,
//! and when, is `schedule`'s and `pipeline`'s decision.

mod holds;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, watch};
use tokio::time::Instant;
use url::Url;

use holds::Conduct;

use super::hints::Trail;
use super::{Answer, Error, Fetch, Reply, Request, robots};
use crate::clock::Clock;
use crate::config::Crawl;

/// Redirects followed for one request.
const MAX_REDIRECTS: usize = 5;

/// The answer given for a host that was held before a restart.
const HELD_STATUS: u16 = 503;

/// So many budgets are remembered before those that say nothing are forgotten.
const BUDGETS_KEPT: usize = 10_000;

/// Platforms on which many accounts share one set of servers: all their hosts share one budget. Those of the public
/// suffix list (blogspot.com, github.io and some hundreds more) need not be here.
const SHARED_PLATFORMS: [&str; 10] = [
    "blogger.com",
    "blogspot.com",
    "google.com",
    "kompasiana.com",
    "kumparan.com",
    "medium.com",
    "siaran-berita.com",
    "weebly.com",
    "wixsite.com",
    "wordpress.com",
];

/// Whose budget a request to this address uses up: the shared platform's, else the host's. A platform is one of
/// [`SHARED_PLATFORMS`], or a suffix under which a company lets others have names (the private part of the public
/// suffix list). `www.` and a final dot make no other host.
pub fn budget_key(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_suffix('.').unwrap_or(host);
    let platform = SHARED_PLATFORMS
        .into_iter()
        .find(|platform| is_below(host, platform))
        // blogspot.co.id and its like are the same servers by another name.
        .or_else(|| host.contains(".blogspot.").then_some("blogspot.com"))
        .or_else(|| url.domain().and(private_suffix(host)));
    let own = host
        .strip_prefix("www.")
        .filter(|rest| rest.contains('.'))
        .unwrap_or(host);
    platform.unwrap_or(own).to_owned()
}

/// The suffix of the public suffix list's private part that the host is, or is below.
fn private_suffix(host: &str) -> Option<&str> {
    let suffix = psl::suffix(host.as_bytes())?;
    (suffix.typ() == Some(psl::Type::Private))
        .then(|| std::str::from_utf8(suffix.as_bytes()).ok())
        .flatten()
}

fn is_below(host: &str, platform: &str) -> bool {
    host.strip_suffix(platform)
        .is_some_and(|account| account.is_empty() || account.ends_with('.'))
}

/// The bounds that politeness keeps.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Exchanges in flight in all.
    pub concurrency: usize,
    /// Exchanges in flight for each budget key, and for each server.
    pub host_concurrency: usize,
    /// The pause between two exchanges of a budget key.
    pub host_delay: Duration,
    /// Whether robots.txt is obeyed.
    pub robots: bool,
}

impl From<&Crawl> for Limits {
    fn from(crawl: &Crawl) -> Limits {
        Limits {
            concurrency: crawl.concurrency,
            host_concurrency: crawl.host_concurrency,
            host_delay: crawl.host_delay,
            robots: crawl.robots,
        }
    }
}

/// Fetches politely: one after the other on each host, with a pause, as robots.txt allows.
#[derive(Debug)]
pub struct Polite<F> {
    fetch: F,
    limits: Limits,
    clock: Clock,
    robots: robots::Cache,
    in_flight: Semaphore,
    budgets: Mutex<HashMap<String, Arc<Budget>>>,
    /// The turns of each server: one for each exchange that it may have at a time, whatever hosts are on it.
    servers: Mutex<HashMap<IpAddr, Arc<Semaphore>>>,
    waiting: watch::Sender<usize>,
}

/// What one host may still get.
#[derive(Debug)]
struct Budget {
    turns: Arc<Semaphore>,
    /// Before this no exchange begins.
    free_at: Mutex<Option<Instant>>,
    conduct: Mutex<Conduct>,
}

/// The right to one exchange with a host. When it ends, the host's pause begins.
struct Turn {
    budget: Arc<Budget>,
    pause: Duration,
    _permit: OwnedSemaphorePermit,
}

/// The right to move bytes.
struct Moving<'a> {
    _server: Option<OwnedSemaphorePermit>,
    _place: SemaphorePermit<'a>,
}

impl<F: Fetch> Polite<F> {
    /// Politeness around `fetch`.
    pub fn new(fetch: F, limits: Limits, clock: Clock) -> Polite<F> {
        Polite {
            in_flight: Semaphore::new(limits.concurrency),
            robots: robots::Cache::default(),
            budgets: Mutex::new(HashMap::new()),
            servers: Mutex::new(HashMap::new()),
            waiting: watch::Sender::default(),
            fetch,
            limits,
            clock,
        }
    }

    /// Fetches an address, waiting for the turn of each host on the way.
    ///
    /// # Errors
    /// See [`Error`]: always the other side's fault.
    pub async fn fetch(&self, request: Request) -> Result<Reply, Error> {
        let start = request.url.clone();
        let mut next = request;
        let mut trail = Trail::default();
        for _ in 0..=MAX_REDIRECTS {
            match self.exchange(&next).await? {
                Answer::Reply(Reply::Fresh(mut document)) => {
                    document.led = trail.led().cloned();
                    return Ok(Reply::Fresh(document));
                }
                Answer::Reply(reply) => return Ok(reply),
                Answer::Moved { to: url, status } => {
                    trail.hop(status, &url);
                    let validators = next.validators.clone();
                    let reach = Request::found(url.clone(), &next.url).reach;
                    // A request that was confined stays confined, however it is sent around.
                    let reach = if next.reach == super::Reach::Public {
                        next.reach
                    } else {
                        reach
                    };
                    let render = next.render;
                    next = Request {
                        url,
                        validators,
                        reach,
                        render,
                    };
                }
            }
        }
        Err(Error::Redirects {
            url: start,
            count: MAX_REDIRECTS,
        })
    }

    /// How many fetches wait for the turn or the pause of a host, and move no bytes; tells of every change.
    pub fn waiting(&self) -> watch::Receiver<usize> {
        self.waiting.subscribe()
    }

    /// Until when the host or platform of this address is left alone, because it asked for it or is broken.
    pub fn held_until(&self, url: &Url) -> Option<Timestamp> {
        let held = lock(&self.budget(url).conduct).held(self.clock.now());
        held.map(|hold| hold.until)
    }

    /// Leaves the host or platform of this address alone until then: what was known before a restart.
    pub fn hold(&self, url: &Url, until: Timestamp) {
        lock(&self.budget(url).conduct).hold(until, HELD_STATUS);
    }

    /// One exchange in the host's turn, and what it says of the host. A host that is to be left alone is not asked: its
    /// last answer is given again.
    async fn exchange(&self, request: &Request) -> Result<Answer, Error> {
        // Before robots.txt: the name of a host that is not to be asked is not to be looked up either.
        self.fetch.check(request)?;
        let mut turn = self.turn(&request.url).await;
        let held = lock(&turn.budget.conduct).held(self.clock.now());
        if let Some(hold) = held {
            // Nothing is sent, so no pause follows.
            turn.pause = Duration::ZERO;
            return Err(Error::Status {
                url: request.url.clone(),
                status: hold.status,
                retry_after: Some(hold.until),
            });
        }
        let answer = self.exchange_in(&mut turn, request).await;
        lock(&turn.budget.conduct).saw(answer.as_ref(), self.clock.now());
        answer
    }

    async fn exchange_in(&self, turn: &mut Turn, request: &Request) -> Result<Answer, Error> {
        let mut rules = None;
        if self.limits.robots {
            let (robots, asked) = {
                let _moving = self.moving(&request.url).await;
                self.robots.rules(&self.fetch, request, self.clock.now()).await?
            };
            turn.pause = turn.pause.max(robots::crawl_delay(&robots).unwrap_or_default());
            let allowed = robots.is_url_allowed(&request.url);
            match (allowed, asked) {
                (true, robots::Asked::Server) => {
                    let _waiting = Waiting::begin(&self.waiting);
                    tokio::time::sleep(turn.pause).await;
                }
                (true, robots::Asked::Memory) => {}
                (false, asked) => {
                    if asked == robots::Asked::Memory {
                        turn.pause = Duration::ZERO;
                    }
                    return Err(Error::Robots {
                        url: request.url.clone(),
                    });
                }
            }
            rules = Some(robots);
        }
        let _moving = self.moving(&request.url).await;
        match rules {
            Some(rules) => self.fetch.exchange_under(request, rules).await,
            None => self.fetch.exchange(request).await,
        }
    }

    /// Waits until the host is free and its pause is over.
    async fn turn(&self, url: &Url) -> Turn {
        let budget = self.budget(url);
        let _waiting = Waiting::begin(&self.waiting);
        let permit = Arc::clone(&budget.turns)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let free_at = *lock(&budget.free_at);
        if let Some(free_at) = free_at {
            tokio::time::sleep_until(free_at).await;
        }
        Turn {
            budget,
            pause: self.limits.host_delay,
            _permit: permit,
        }
    }

    /// Waits until the server is free, which may be that of many hosts, and for a place among all exchanges in flight; held
    /// only while bytes move.
    async fn moving(&self, url: &Url) -> Moving<'_> {
        let server = match self.fetch.server(url).await {
            Some(address) => Some(self.server_turn(address).await),
            None => None,
        };
        let place = self.in_flight.acquire().await.expect("the semaphore is never closed");
        Moving {
            _server: server,
            _place: place,
        }
    }

    async fn server_turn(&self, address: IpAddr) -> OwnedSemaphorePermit {
        let turns = {
            let mut servers = lock(&self.servers);
            if servers.len() >= BUDGETS_KEPT {
                servers.retain(|_, turns| Arc::strong_count(turns) > 1);
            }
            let turns = || Arc::new(Semaphore::new(self.limits.host_concurrency));
            Arc::clone(servers.entry(address).or_insert_with(turns))
        };
        let _waiting = Waiting::begin(&self.waiting);
        turns.acquire_owned().await.expect("the semaphore is never closed")
    }

    fn budget(&self, url: &Url) -> Arc<Budget> {
        let mut budgets = lock(&self.budgets);
        if budgets.len() >= BUDGETS_KEPT {
            let (now, time) = (Instant::now(), self.clock.now());
            budgets.retain(|_, budget| {
                let pauses = lock(&budget.free_at).is_some_and(|free_at| free_at > now);
                pauses || Arc::strong_count(budget) > 1 || lock(&budget.conduct).held(time).is_some()
            });
        }
        let budget = budgets.entry(budget_key(url)).or_insert_with(|| {
            Arc::new(Budget {
                turns: Arc::new(Semaphore::new(self.limits.host_concurrency)),
                free_at: Mutex::new(None),
                conduct: Mutex::default(),
            })
        });
        Arc::clone(budget)
    }
}

/// One that waits for its turn, counted until it is dropped.
pub(super) struct Waiting<'a>(&'a watch::Sender<usize>);

impl Waiting<'_> {
    /// Counts one more.
    pub(super) fn begin(count: &watch::Sender<usize>) -> Waiting<'_> {
        count.send_modify(|count| *count += 1);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut free_at = lock(&self.budget.free_at);
        *free_at = Some(Instant::now() + self.pause).max(*free_at);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these mutexes guard is replaced in one step, so a panic elsewhere leaves it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::Reach;
    use super::super::web::Web;
    use super::*;
    use crate::model::Validators;

    const LIMITS: Limits = Limits {
        concurrency: 8,
        host_concurrency: 1,
        host_delay: Duration::from_secs(2),
        robots: true,
    };

    fn polite(web: Web, limits: Limits) -> Arc<Polite<Web>> {
        let clock = Clock::simulated("2026-11-24T00:00:00Z".parse().unwrap());
        Arc::new(Polite::new(web, limits, clock))
    }

    fn request(url: &str) -> Request {
        Request::configured(url.parse().unwrap(), Validators::default())
    }

    #[test]
    fn accounts_of_a_platform_share_one_budget() {
        for (url, expected) in [
            ("https://lapas.blogspot.com/feeds", "blogspot.com"),
            ("https://lapas.blogspot.co.id/feeds", "blogspot.com"),
            ("https://m.kumparan.com/x", "kumparan.com"),
            ("https://notkumparan.com/x", "notkumparan.com"),
            ("https://lapas.github.io/x", "github.io"),
            ("https://lapas.wordpress.com/feed", "wordpress.com"),
            ("https://www.lapasjember.example.go.id/x", "lapasjember.example.go.id"),
            ("https://jatim.kemenkum.go.id/x", "jatim.kemenkum.go.id"),
            ("https://sukamaju.desa.id/x", "sukamaju.desa.id"),
            ("https://berita.my.id/x", "berita.my.id"),
            ("https://a.example./x", "a.example"),
            ("https://www.id/x", "www.id"),
            ("http://127.0.0.9:8000/x", "127.0.0.9"),
            ("http://[2001:db8::1]/x", "[2001:db8::1]"),
        ] {
            assert_eq!(budget_key(&url.parse().unwrap()), expected, "{url}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_gets_one_request_at_a_time_with_a_pause_between() {
        let web = Web::default();
        for page in ["1", "2", "3"] {
            web.page(&format!("https://a.example/{page}"), "x");
        }
        web.page("https://b.example/1", "x");
        let polite = polite(
            web,
            Limits {
                robots: false,
                ..LIMITS
            },
        );
        let began = Instant::now();
        let fetches = [
            "https://a.example/1",
            "https://a.example/2",
            "https://b.example/1",
            "https://a.example/3",
        ]
        .map(|url| {
            tokio::spawn({
                let polite = Arc::clone(&polite);
                async move { polite.fetch(request(url)).await.is_ok() }
            })
        });
        for fetch in fetches {
            assert!(fetch.await.unwrap());
        }
        assert_eq!(
            began.elapsed(),
            Duration::from_secs(4),
            "three requests to one host are two pauses apart"
        );
        assert_eq!(polite.fetch.most_in_flight("a.example"), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_hosts_of_one_server_take_turns() {
        let web = Web::default();
        let hosts = ["a.example", "b.example", "c.example", "d.example"];
        for host in hosts {
            web.page(&format!("https://{host}/1"), "x");
            // The last is on a server of its own.
            web.on_server(
                host,
                if host == "d.example" {
                    "203.0.113.8"
                } else {
                    "203.0.113.7"
                },
            );
        }
        let polite = polite(
            web,
            Limits {
                robots: false,
                ..LIMITS
            },
        );
        let fetches = hosts.map(|host| {
            let polite = Arc::clone(&polite);
            tokio::spawn(async move { polite.fetch(request(&format!("https://{host}/1"))).await.is_ok() })
        });
        for fetch in fetches {
            assert!(fetch.await.unwrap());
        }
        assert_eq!(polite.fetch.most_in_flight("203.0.113.7"), 1);
        assert_eq!(polite.fetch.most_in_flight("203.0.113.8"), 1);
        assert_eq!(polite.waiting().borrow().to_owned(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn robots_txt_is_asked_once_and_obeyed() {
        let web = Web::default();
        web.page(
            "https://a.example/robots.txt",
            "User-agent: *\nDisallow: /admin\nCrawl-delay: 5",
        );
        web.page("https://a.example/news", "x");
        web.page("https://a.example/admin/x", "x");
        let polite = polite(web, LIMITS);
        let began = Instant::now();
        assert!(polite.fetch(request("https://a.example/news")).await.is_ok());
        assert!(matches!(
            polite.fetch(request("https://a.example/admin/x")).await,
            Err(Error::Robots { .. })
        ));
        assert!(polite.fetch(request("https://a.example/news")).await.is_ok());
        assert_eq!(polite.fetch.asked("https://a.example/robots.txt"), 1);
        assert_eq!(polite.fetch.asked("https://a.example/admin/x"), 0);
        assert!(
            began.elapsed() >= Duration::from_secs(5),
            "the pause robots.txt asks for is kept"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_broken_robots_txt_stops_and_a_missing_one_does_not() {
        let web = Web::default();
        web.status("https://broken.example/robots.txt", 503);
        web.page("https://broken.example/x", "x");
        web.page("https://none.example/x", "x");
        let polite = polite(web, LIMITS);
        assert!(matches!(
            polite.fetch(request("https://broken.example/x")).await,
            Err(Error::Robots { .. })
        ));
        assert!(polite.fetch(request("https://none.example/x")).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_robots_txt_that_asks_for_patience_is_not_taken_for_a_missing_one() {
        let web = Web::default();
        let until = "2026-11-24T01:00:00Z".parse().unwrap();
        web.too_many("https://a.example/robots.txt", until);
        web.page("https://a.example/x", "x");
        let polite = polite(web, LIMITS);
        let error = polite.fetch(request("https://a.example/x")).await.unwrap_err();
        assert_eq!(error.retry().not_before, Some(until));
        assert_eq!(polite.fetch.asked("https://a.example/x"), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn redirects_are_followed_and_counted() {
        let web = Web::default();
        web.moved("https://a.example/old", "https://b.example/new");
        web.page("https://b.example/new", "here");
        web.moved("https://a.example/loop", "https://a.example/loop");
        let polite = polite(web, LIMITS);
        let Ok(Reply::Fresh(document)) = polite.fetch(request("https://a.example/old")).await else {
            panic!("expected a document");
        };
        assert_eq!(document.url.as_str(), "https://b.example/new");
        assert!(matches!(
            polite.fetch(request("https://a.example/loop")).await,
            Err(Error::Redirects { count: 5, .. })
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn a_redirect_to_another_host_is_confined_to_public_addresses() {
        let web = Web::default();
        web.moved("https://a.example/x", "https://b.example/x");
        web.moved("https://b.example/x", "https://b.example/y");
        web.page("https://b.example/y", "x");
        let polite = polite(
            web,
            Limits {
                robots: false,
                ..LIMITS
            },
        );
        assert!(polite.fetch(request("https://a.example/x")).await.is_ok());
        assert_eq!(
            polite.fetch.reaches(),
            [Reach::Configured, Reach::Public, Reach::Public]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_redirect_to_a_refused_address_asks_nobody_for_its_robots_txt() {
        for to in ["http://127.0.0.1:6379/x", "http://[::1]/x", "ftp://b.example/x"] {
            let web = Web::default();
            web.page("https://a.example/robots.txt", "");
            web.moved("https://a.example/x", to);
            let polite = polite(web, LIMITS);
            let refused = polite.fetch(request("https://a.example/x")).await;
            assert!(matches!(refused, Err(Error::Refused { .. })), "{to}: {refused:?}");
            assert_eq!(polite.fetch.asked_in_all(), 2, "{to}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_a_host_is_counted() {
        let web = Web::default();
        web.page("https://a.example/robots.txt", "User-agent: *\nCrawl-delay: 60");
        web.page("https://a.example/1", "x");
        let polite = polite(web, LIMITS);
        let waiting = polite.waiting();
        let fetches = [1, 2].map(|_| {
            let polite = Arc::clone(&polite);
            tokio::spawn(async move { polite.fetch(request("https://a.example/1")).await.is_ok() })
        });
        let began = Instant::now();
        for (second, expected) in [(1, 2), (59, 2), (61, 1), (119, 1), (121, 0)] {
            tokio::time::sleep_until(began + Duration::from_secs(second)).await;
            assert_eq!(*waiting.borrow(), expected, "after {second} s");
        }
        for fetch in fetches {
            assert!(fetch.await.unwrap());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn robots_txt_is_a_request_like_any_other() {
        let web = Web::default();
        web.page("https://a.example/robots.txt", "");
        web.page("https://a.example/1", "x");
        web.page("https://a.example/2", "x");
        let polite = polite(web, LIMITS);
        let began = Instant::now();
        for page in ["https://a.example/1", "https://a.example/2"] {
            assert!(polite.fetch(request(page)).await.is_ok());
        }
        assert_eq!(
            began.elapsed(),
            Duration::from_secs(4),
            "three requests are two pauses apart"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_asks_for_patience_is_held_whatever_is_asked_of_it() {
        let web = Web::default();
        let until: Timestamp = "2026-11-24T01:00:00Z".parse().unwrap();
        web.too_many("https://a.example/1", until);
        web.page("https://a.example/2", "x");
        web.page("https://b.example/1", "x");
        let limits = Limits {
            robots: false,
            ..LIMITS
        };
        let polite = polite(web, limits);
        assert!(polite.fetch(request("https://a.example/1")).await.is_err());
        let error = polite.fetch(request("https://a.example/2")).await.unwrap_err();
        assert_eq!(error.retry().not_before, Some(until));
        assert_eq!(polite.fetch.asked("https://a.example/2"), 0);
        assert_eq!(
            polite.held_until(&"https://www.a.example/".parse().unwrap()),
            Some(until)
        );
        assert!(polite.fetch(request("https://b.example/1")).await.is_ok());
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert!(polite.fetch(request("https://a.example/2")).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_error_holds_the_host_only_when_it_repeats() {
        let web = Web::default();
        for page in ["1", "2", "3"] {
            web.status(&format!("https://a.example/{page}"), 502);
        }
        web.page("https://a.example/good", "x");
        let limits = Limits {
            robots: false,
            ..LIMITS
        };
        let polite = polite(web, limits);
        let good = || polite.fetch(request("https://a.example/good"));
        assert!(polite.fetch(request("https://a.example/1")).await.is_err());
        assert!(good().await.is_ok());
        for page in ["1", "2", "3"] {
            assert!(
                polite
                    .fetch(request(&format!("https://a.example/{page}")))
                    .await
                    .is_err()
            );
        }
        assert!(matches!(good().await, Err(Error::Status { status: 502, .. })));
        assert_eq!(polite.fetch.asked("https://a.example/good"), 1);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(good().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_from_before_a_restart_is_kept() {
        let web = Web::default();
        web.page("https://a.example/1", "x");
        let limits = Limits {
            robots: false,
            ..LIMITS
        };
        let polite = polite(web, limits);
        let until: Timestamp = "2026-11-24T00:10:00Z".parse().unwrap();
        polite.hold(&"https://a.example/".parse().unwrap(), until);
        assert!(polite.fetch(request("https://a.example/1")).await.is_err());
        assert_eq!(polite.fetch.asked("https://a.example/1"), 0);
    }
}
