//! A webhook on a real socket, and a simulated clock.

use std::sync::Mutex;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use tokio::net::TcpListener;

use super::*;
use crate::config::Config;
use crate::model::samples;
use crate::model::{Directory, Health, Language, Site, Source};

const PACE: Pace = Pace {
    first_retry: Duration::from_millis(20),
    together: Duration::from_millis(100),
};

/// A webhook that answers with the next of `statuses`, then 204, and remembers what it was sent.
#[derive(Clone, Default)]
struct Hook {
    statuses: Arc<Mutex<Vec<u16>>>,
    sent: Arc<Mutex<Vec<Value>>>,
}

impl Hook {
    async fn listen(&self) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook", listener.local_addr().unwrap());
        let take = |State(hook): State<Hook>, body: String| async move {
            let status = hook.statuses.lock().unwrap().pop().unwrap_or(204);
            if status == 204 {
                hook.sent.lock().unwrap().push(serde_json::from_str(&body).unwrap());
            }
            StatusCode::from_u16(status).unwrap()
        };
        let routes = Router::new().route("/hook", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address.parse().unwrap()
    }

    /// What it was sent, once that is so much.
    async fn sent(&self, count: usize) -> Vec<Value> {
        for _ in 0..1_000 {
            let sent = self.sent.lock().unwrap().clone();
            if sent.len() >= count {
                assert_eq!(sent.len(), count, "{sent:#?}");
                return sent;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never came: {count} messages, only {:#?}", self.sent.lock().unwrap());
    }
}

struct World {
    means: Means,
    changes: watch::Sender<u64>,
    _settings: watch::Sender<Arc<Settings>>,
    _folder: tempfile::TempDir,
}

fn source(id: &str) -> Source {
    samples::source(id, &format!("https://{id}.example.go.id/feed"))
}

/// At this time, with these sources.
fn world(now: &str, sources: &[&str]) -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
    let mut directory = Directory::default();
    for id in sources {
        directory.sources.insert(source(id).id, source(id));
    }
    let settings = Settings {
        site: Site {
            title: "Warta".to_owned(),
            base_url: "https://warta.example.id/".parse().unwrap(),
            id_authority: "warta.example.id,2026".to_owned(),
            language: Language::Id,
            hub: false,
        },
        directory: directory.into(),
        contact: "mailto:humas@example.go.id".to_owned(),
        hub: None,
        callbacks: None,
    };
    let (sender, settings) = watch::channel(Arc::new(settings));
    let mut crawl = Config::defaults().crawl;
    crawl.allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
    World {
        means: Means {
            store,
            caller: Caller::new(&crawl, "warta/test").unwrap(),
            clock: Clock::simulated(at(now)),
            settings,
            pace: PACE,
        },
        changes: watch::Sender::default(),
        _settings: sender,
        _folder: folder,
    }
}

impl World {
    /// Has a source's incident begin or end.
    fn incident(&self, source: &str, since: &str, resolved: Option<&str>) {
        let incident = Incident {
            since: at(since),
            kind: Health::Gone,
            evidence: Some("it answered 404".to_owned()),
            last_good: None,
            changed: at(since),
            resolved: resolved.map(at),
        };
        let id = SourceId::new(source).unwrap();
        self.means.store.put_incidents(&id, &[incident]).unwrap();
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Tells until the test is done with `watching`.
    async fn telling<T>(&self, alert: Alert, watching: impl Future<Output = T>) -> T {
        let (_sender, alert) = watch::channel(alert);
        let telling = run(
            self.means.clone(),
            self.changes.subscribe(),
            alert,
            std::future::pending(),
        );
        tokio::select! {
            ended = telling => panic!("{ended:?}"),
            watched = watching => watched,
        }
    }

    fn kept(&self) -> Option<Kept> {
        self.means.store.note(NOTE).unwrap()
    }

    /// Waits until somebody listens.
    async fn begun(&self) {
        self.until(|_| true).await;
    }

    /// Waits until this is remembered: the webhook has a message a little before it is known to be told.
    async fn until(&self, is_remembered: impl Fn(&Kept) -> bool) {
        for _ in 0..1_000 {
            if self.kept().is_some_and(|kept| is_remembered(&kept)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never remembered: {:#?}", self.kept());
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn alert(webhook: &Url, daily: Option<&str>) -> Alert {
    Alert {
        webhook: Some(webhook.clone()),
        daily: daily.map(|text| text.parse().unwrap()),
    }
}

#[tokio::test]
async fn the_webhook_learns_of_each_incident_once_when_it_begins_and_when_it_ends() {
    let (hook, world) = (Hook::default(), world("2026-11-24T00:00:00Z", &["a", "b"]));
    let webhook = hook.listen().await;
    world.incident("b", "2026-11-20T00:00:00Z", None);
    let first = world.telling(alert(&webhook, None), async {
        world.begun().await;
        world.incident("removed", "2026-11-24T00:00:00Z", None);
        world.incident("a", "2026-11-24T00:00:00Z", None);
        let sent = hook.sent(1).await;
        world.incident("a", "2026-11-24T00:00:00Z", Some("2026-11-24T01:00:00Z"));
        let both = hook.sent(2).await;
        world
            .until(|kept| kept.told.get("a").is_some_and(|known| known.is_over))
            .await;
        (sent, both)
    });
    let (first, both) = first.await;
    assert_eq!(
        (
            &first[0]["event"],
            &first[0]["state"],
            &first[0]["source"],
            &first[0]["kind"]
        ),
        (&"incident".into(), &"new".into(), &"a".into(), &"gone".into())
    );
    assert_eq!(first[0]["evidence"], "it answered 404");
    assert!(
        first[0]["advice"].is_string() && first[0]["text"].is_string(),
        "{first:?}"
    );
    assert_eq!(
        (&both[1]["state"], &both[1]["advice"]),
        (&"resolved".into(), &Value::Null)
    );
    assert_eq!(both[1]["resolved"], "2026-11-24T01:00:00Z");

    // After a restart nothing is told twice, and what happened meanwhile is.
    world.incident("b", "2026-11-20T00:00:00Z", Some("2026-11-24T02:00:00Z"));
    let all = world.telling(alert(&webhook, None), hook.sent(3)).await;
    assert_eq!((&all[2]["source"], &all[2]["state"]), (&"b".into(), &"resolved".into()));
}

#[tokio::test]
async fn what_the_webhook_does_not_take_is_sent_again_and_survives_a_restart() {
    let (hook, world) = (Hook::default(), world("2026-11-24T00:00:00Z", &["a"]));
    let webhook = hook.listen().await;
    *hook.statuses.lock().unwrap() = vec![500, 302, 429];
    let nobody: Url = "http://127.0.0.1:1/".parse().unwrap();
    world
        .telling(alert(&nobody, None), async {
            world.begun().await;
            world.incident("a", "2026-11-24T00:00:00Z", None);
            tokio::time::sleep(Duration::from_millis(50)).await;
        })
        .await;
    let sent = world.telling(alert(&webhook, None), hook.sent(1)).await;
    assert_eq!(sent[0]["source"], "a");
    assert!(
        hook.statuses.lock().unwrap().is_empty(),
        "each refusal was followed by another try"
    );
}

#[tokio::test]
async fn many_incidents_at_once_share_a_message() {
    let names: Vec<String> = (0..60).map(|n| format!("s-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (hook, world) = (Hook::default(), world("2026-11-24T00:00:00Z", &names));
    let webhook = hook.listen().await;
    world.telling(alert(&webhook, None), world.begun()).await;
    for (n, name) in names.iter().enumerate() {
        let resolved = (n < 10).then_some("2026-11-24T00:00:01Z");
        world.incident(name, "2026-11-24T00:00:00Z", resolved);
    }
    let sent = world.telling(alert(&webhook, None), hook.sent(1)).await;
    let listed = sent[0]["incidents"].as_array().unwrap().len();
    assert_eq!(
        (&sent[0]["event"], &sent[0]["new"], &sent[0]["resolved"], listed),
        (&"incidents".into(), &50.into(), &10.into(), 50)
    );
}

#[tokio::test]
async fn one_summary_comes_at_its_time_of_the_day() {
    // 07.29.59 WIB.
    let (hook, world) = (Hook::default(), world("2026-11-24T00:29:59Z", &["a", "b"]));
    let webhook = hook.listen().await;
    world.incident("a", "2026-11-20T00:00:00Z", None);
    world.incident("b", "2026-11-23T12:00:00Z", Some("2026-11-23T13:00:00Z"));
    let summary = async {
        let sent = hook.sent(1).await;
        world.until(|kept| kept.summary.is_some()).await;
        sent
    };
    let sent = world.telling(alert(&webhook, Some("07:30")), summary).await;
    let of = |key: &str| sent[0][key].clone();
    assert_eq!((of("event"), of("date")), ("daily".into(), "2026-11-24".into()));
    assert_eq!(
        (of("sources"), of("open"), of("new"), of("resolved")),
        (2.into(), 1.into(), 1.into(), 1.into())
    );
    assert_eq!(of("kinds"), serde_json::json!({ "gone": 1 }));
    assert_eq!(world.kept().unwrap().summary, Some("2026-11-24".parse().unwrap()));
    // The same day there is no other, after a restart neither; the incident proves that it has been looked.
    let after = async {
        world.incident("b", "2026-11-24T00:31:00Z", None);
        hook.sent(2).await
    };
    let sent = world.telling(alert(&webhook, Some("07:30")), after).await;
    assert_eq!(sent[1]["event"], "incident");
}

#[test]
fn the_summary_is_due_once_a_day_and_made_up_for() {
    let kept = |last: Option<&str>| Kept {
        summary: last.map(|date| date.parse().unwrap()),
        ..Kept::default()
    };
    let daily = "07:30".parse().unwrap();
    for (last, here, expected) in [
        (Some("2026-11-23"), "2026-11-24T07:29:59", false),
        (Some("2026-11-23"), "2026-11-24T07:30:00", true),
        (Some("2026-11-20"), "2026-11-24T23:00:00", true),
        (Some("2026-11-24"), "2026-11-24T08:00:00", false),
        (None, "2026-11-24T08:00:00", true),
    ] {
        let here: DateTime = here.parse().unwrap();
        assert_eq!(kept(last).is_summary_due(daily, here), expected, "{last:?} {here}");
    }
    for (here, seconds) in [
        ("2026-11-24T07:29:00", 60),
        ("2026-11-24T07:30:00", 86_400),
        ("2026-11-24T08:30:00", 82_800),
    ] {
        assert_eq!(
            until(daily, here.parse().unwrap()),
            Duration::from_secs(seconds),
            "{here}"
        );
    }
}

#[test]
fn the_waits_double_up_to_an_hour_and_end() {
    let first = Pace::default().first_retry;
    let waits = (1..TRIES).map(|failures| backoff(first, failures).as_secs());
    assert_eq!(waits.clone().take(4).collect::<Vec<_>>(), [10, 20, 40, 80]);
    assert_eq!(waits.clone().max(), Some(3600));
    assert!((3 * 3600..5 * 3600).contains(&waits.sum::<u64>()));
}
