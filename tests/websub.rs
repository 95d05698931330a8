//! WebSub both ways with the real daemon: its hub, by subscribers on sockets of their own, and its subscriber, by a hub.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;
use url::form_urlencoded;

use crate::support::site::{Site, rss};
use crate::support::world::{UNIT, World, signal, stderr, stop};

/// No test waits longer for what must come.
const DEADLINE: Duration = Duration::from_secs(30);

/// How a subscriber answers when it is asked whether it wants a subscription, and when it is told.
#[derive(Clone, Copy)]
enum Asked {
    Confirms,
    Refuses,
    /// Confirms, and says of the first push that it is gone.
    Goes,
}

/// A request that a subscriber got.
struct Got {
    line: String,
    head: String,
    body: Vec<u8>,
}

/// Listens on an address of 127.0.0.0/8 and hands on what comes.
fn subscriber(address: &str, asked: Asked) -> (String, Receiver<Got>) {
    let listener = TcpListener::bind(format!("{address}:0")).unwrap();
    let callback = format!("http://{}/cb", listener.local_addr().unwrap());
    let (sender, received) = channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Some(got) = read(&mut stream) else { continue };
            let query = got
                .line
                .split(' ')
                .nth(1)
                .unwrap()
                .split('?')
                .nth(1)
                .unwrap_or_default();
            let challenge = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "hub.challenge");
            let body = match (asked, challenge) {
                (Asked::Confirms | Asked::Goes, Some((_, challenge))) => challenge.into_owned(),
                _ => String::new(),
            };
            let status = match asked {
                Asked::Goes if got.line.starts_with("POST") => "410 Gone",
                _ => "200 OK",
            };
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
            let _ = stream.write_all(answer.as_bytes());
            let _ = sender.send(got);
        }
    });
    (callback, received)
}

fn read(stream: &mut TcpStream) -> Option<Got> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut more = [0; 4096];
        let count = stream.read(&mut more).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&more[..count]);
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = bytes.split_off(end + 4);
    let had = body.len();
    body.resize(length.unwrap_or(0), 0);
    stream.read_exact(&mut body[had..]).ok()?;
    let line = String::from_utf8_lossy(&bytes).lines().next()?.to_owned();
    Some(Got { line, head, body })
}

/// Posts a form to the hub and gives its status line.
fn subscribe(world: &World, topic: &str, callback: &str) -> String {
    ask(world, "subscribe", topic, callback)
}

fn ask(world: &World, mode: &str, topic: &str, callback: &str) -> String {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("hub.mode", mode)
        .append_pair("hub.topic", topic)
        .append_pair("hub.callback", callback)
        .append_pair("hub.secret", "rahasia")
        .finish();
    post(
        world,
        "/hub",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        &form,
    )
}

/// Posts something to the daemon and gives the status line of its answer.
fn post(world: &World, path: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(&world.listen).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap().to_owned()
}

/// What follows `rel="self"`'s address in the head of the feed of Jember.
fn topic(world: &World) -> String {
    let answer = world.get("/feeds/jawa-timur/kabupaten-jember.atom");
    let link = answer
        .lines()
        .find(|line| line.to_lowercase().starts_with("link: "))
        .unwrap();
    let own = link.split(", <").nth(1).unwrap();
    own.split('>').next().unwrap().to_owned()
}

#[test]
fn a_subscriber_gets_a_new_story_signed_and_one_that_refused_gets_nothing() {
    let site = Site::start();
    let item = (
        "1".to_owned(),
        "Razia".to_owned(),
        "Razia kamar hunian berjalan tertib. ".repeat(6),
    );
    site.feed("/feed", &rss(&site, &[item]));
    let world = World::new();
    let (child, _lines) = world.daemon();
    let topic = topic(&world);
    let (callback, received) = subscriber("127.46.0.1", Asked::Confirms);
    let (refusing, refused) = subscriber("127.46.0.2", Asked::Refuses);
    for callback in [&callback, &refusing] {
        assert_eq!(subscribe(&world, &topic, callback), "HTTP/1.1 202 Accepted");
    }
    let verification = received.recv_timeout(DEADLINE).unwrap();
    assert!(
        verification.line.starts_with("GET /cb?hub.mode=subscribe&"),
        "{}",
        verification.line
    );
    assert!(refused.recv_timeout(DEADLINE).unwrap().line.starts_with("GET "));
    let source = format!(
        "[[satker.source]]\nid = \"lapas\"\nkind = \"feed\"\nurl = \"{}\"\n",
        site.url("/feed")
    );
    world.write_units(&format!("{UNIT}{source}"));
    signal(&child, Signal::SIGHUP);
    let push = received.recv_timeout(DEADLINE).unwrap();
    assert!(push.line.starts_with("POST /cb "), "{}", push.line);
    assert!(
        push.head.contains("content-type: application/atom+xml"),
        "{}",
        push.head
    );
    assert!(
        push.head.contains("rel=\"hub\"") && push.head.contains("rel=\"self\""),
        "{}",
        push.head
    );
    let signature = format!("x-hub-signature: {}", warta::websub::sign("rahasia", &push.body));
    assert!(push.head.contains(&signature), "{}", push.head);
    assert!(String::from_utf8_lossy(&push.body).contains("Razia"));
    assert_eq!(
        refused.recv_timeout(Duration::ZERO).err(),
        Some(RecvTimeoutError::Timeout)
    );
    stop(child);
}

#[test]
fn callbacks_on_private_networks_and_topics_that_are_none_are_refused() {
    let world = World::new();
    let (child, _lines) = world.daemon();
    let topic = topic(&world);
    for (topic, callback, status) in [
        (topic.as_str(), "http://10.1.2.3/cb", "HTTP/1.1 400 Bad Request"),
        (topic.as_str(), "http://[::1]/cb", "HTTP/1.1 400 Bad Request"),
        (topic.as_str(), "ftp://127.46.0.3/cb", "HTTP/1.1 400 Bad Request"),
        (
            "https://other.example/feed",
            "http://127.46.0.3/cb",
            "HTTP/1.1 404 Not Found",
        ),
    ] {
        assert_eq!(subscribe(&world, topic, callback), status, "{topic} {callback}");
    }
    stop(child);
}

/// An item of a feed with a text of its own.
fn item(id: &str, title: &str) -> (String, String, String) {
    let text = format!("{title} di Lapas Jember berjalan tertib dan lancar. ").repeat(6);
    (id.to_owned(), title.to_owned(), text)
}

/// A unit with one feed.
fn units(url: &str) -> String {
    format!("{UNIT}[[satker.source]]\nid = \"lapas\"\nkind = \"feed\"\nurl = \"{url}\"\n")
}

/// Puts a story into the feed and has the daemon crawl it.
fn publish(world: &World, site: &Site, titles: &[&str]) {
    let items: Vec<_> = titles.iter().map(|title| item(title, title)).collect();
    site.feed("/feed", &rss(site, &items));
    world.rows(&["crawl", "--force", "--json"]);
}

#[test]
fn who_unsubscribed_or_has_gone_is_told_nothing_more() {
    let site = Site::start();
    site.feed("/feed", &rss(&site, &[]));
    let world = World::with(&units(&site.url("/feed")));
    let (child, _lines) = world.daemon();
    let topic = topic(&world);
    let (stays, staying) = subscriber("127.46.0.4", Asked::Confirms);
    let (leaves, leaving) = subscriber("127.46.0.5", Asked::Confirms);
    let (goes, going) = subscriber("127.46.0.6", Asked::Goes);
    for (callback, received) in [(&stays, &staying), (&leaves, &leaving), (&goes, &going)] {
        assert_eq!(subscribe(&world, &topic, callback), "HTTP/1.1 202 Accepted");
        assert!(
            received
                .recv_timeout(DEADLINE)
                .unwrap()
                .line
                .starts_with("GET /cb?hub.mode=subscribe&")
        );
    }
    assert_eq!(ask(&world, "unsubscribe", &topic, &leaves), "HTTP/1.1 202 Accepted");
    assert!(
        leaving
            .recv_timeout(DEADLINE)
            .unwrap()
            .line
            .starts_with("GET /cb?hub.mode=unsubscribe&")
    );
    publish(&world, &site, &["Razia kamar"]);
    for received in [&staying, &going] {
        assert!(received.recv_timeout(DEADLINE).unwrap().line.starts_with("POST /cb "));
    }
    publish(&world, &site, &["Razia kamar", "Donor darah"]);
    let push = staying.recv_timeout(DEADLINE).unwrap();
    assert!(String::from_utf8_lossy(&push.body).contains("Donor darah"));
    for received in [leaving, going] {
        let more = received.recv_timeout(Duration::from_secs(1));
        assert_eq!(more.err(), Some(RecvTimeoutError::Timeout));
    }
    stop(child);
}

#[test]
fn subscriptions_outlive_a_restart_a_backup_and_a_restore() {
    let site = Site::start();
    site.feed("/feed", &rss(&site, &[]));
    let world = World::with(&units(&site.url("/feed")));
    let (child, _lines) = world.daemon();
    let (callback, received) = subscriber("127.46.0.7", Asked::Confirms);
    assert_eq!(subscribe(&world, &topic(&world), &callback), "HTTP/1.1 202 Accepted");
    received.recv_timeout(DEADLINE).unwrap();
    publish(&world, &site, &["Razia kamar"]);
    assert!(received.recv_timeout(DEADLINE).unwrap().line.starts_with("POST "));
    stop(child);

    let (child, _lines) = world.daemon();
    publish(&world, &site, &["Razia kamar", "Donor darah"]);
    let push = received.recv_timeout(DEADLINE).unwrap();
    assert!(String::from_utf8_lossy(&push.body).contains("Donor darah"));
    stop(child);

    let file = world.path("cadangan").display().to_string();
    assert!(world.output(&["backup", &file]).status.success());
    std::fs::remove_dir_all(world.path("store")).unwrap();
    let restored = world.output(&["restore", &file]);
    assert!(restored.status.success(), "{}", stderr(&restored));
    let (child, _lines) = world.daemon();
    publish(&world, &site, &["Razia kamar", "Donor darah", "Panen raya"]);
    let push = received.recv_timeout(DEADLINE).unwrap();
    assert!(String::from_utf8_lossy(&push.body).contains("Panen raya"));
    stop(child);
}

#[test]
fn live_feeds_name_the_hub_in_every_form_unless_we_are_none() {
    let world = World::new();
    let named = [
        ("rss", "rel=\"hub\""),
        ("atom", "rel=\"hub\""),
        ("json", "\"type\":\"WebSub\",\"url\":\"https://warta.example.id/hub\""),
    ];
    let (child, _lines) = world.daemon();
    for (format, hub) in named {
        let answer = world.get(&format!("/feeds/jawa-timur.{format}"));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(body.replace(": ", ":").contains(hub), "{format}: {body}");
        assert!(
            head.contains("<https://warta.example.id/hub>; rel=\"hub\""),
            "{format}: {head}"
        );
    }
    let topic = topic(&world);
    stop(child);
    world.write("mailto:humas@lapasjember.go.id", "[websub]\nhub = false\n");
    let (child, _lines) = world.daemon();
    for (format, hub) in named {
        let answer = world.get(&format!("/feeds/jawa-timur.{format}"));
        assert!(
            !answer.replace(": ", ":").contains(hub) && !answer.contains("/hub"),
            "{format}: {answer}"
        );
    }
    assert_eq!(
        subscribe(&world, &topic, "http://127.46.0.3/cb"),
        "HTTP/1.1 404 Not Found"
    );
    stop(child);
}

/// A hub that takes every form, and has a feed that it announces in its headers.
fn hub(address: &str) -> (String, Receiver<Got>) {
    let listener = TcpListener::bind(format!("{address}:0")).unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = channel();
    let hub = own.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Some(got) = read(&mut stream) else { continue };
            let answer = if got.line.starts_with("GET /feed ") {
                let body = "<rss version=\"2.0\"><channel><title>x</title></channel></rss>";
                let links = format!("<{hub}/hub>; rel=\"hub\", <{hub}/own>; rel=\"self\"");
                format!(
                    "200 OK\r\nContent-Type: application/rss+xml\r\nLink: {links}\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )
            } else if got.line.starts_with("POST /hub ") {
                let _ = sender.send(got);
                "202 Accepted\r\nContent-Length: 0\r\n\r\n".to_owned()
            } else {
                "404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned()
            };
            let _ = write!(
                stream,
                "HTTP/1.1 {}",
                answer.replacen("\r\n", "\r\nConnection: close\r\n", 1)
            );
        }
    });
    (own, received)
}

/// A daemon's world that can be reached from where hubs are.
fn reachable(units: &str, more: &str) -> World {
    let world = World::with(units);
    world.write("mailto:humas@lapasjember.go.id", more);
    let path = world.path("warta.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let address = format!("title = \"Uji\"\nbase_url = \"http://{}/\"\n", world.listen);
    std::fs::write(path, text.replace("title = \"Uji\"\n", &address)).unwrap();
    world
}

/// A feed that names its hub and itself.
fn announcing(site: &Site, hub: &str, titles: &[&str]) {
    let items: Vec<_> = titles.iter().map(|title| item(title, title)).collect();
    let links = format!(
        "<title>x</title><atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"hub\" href=\"{hub}/hub\"/>\
         <atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"self\" href=\"{}\"/>",
        site.url("/feed")
    );
    site.feed("/feed", &rss(site, &items).replace("<title>x</title>", &links));
}

/// A field of a form that our subscriber posted.
fn field(form: &Got, name: &str) -> String {
    let mut fields = form_urlencoded::parse(&form.body);
    let found = fields.find(|(field, _)| field == name);
    found.unwrap_or_else(|| panic!("no {name}")).1.into_owned()
}

/// The path of the callback in a form, and the query by which a hub asks back.
fn asked_back(world: &World, form: &Got) -> (String, String) {
    let callback = field(form, "hub.callback");
    let path = callback
        .strip_prefix(&format!("http://{}", world.listen))
        .unwrap()
        .to_owned();
    assert!(path.starts_with("/websub/") && path.len() > 40, "{path}");
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("hub.mode", &field(form, "hub.mode"))
        .append_pair("hub.topic", &field(form, "hub.topic"))
        .append_pair("hub.challenge", "tantangan <b>")
        .append_pair("hub.lease_seconds", "86400")
        .finish();
    (path, query)
}

/// Waits until the daemon's feed of Jember has a word.
fn await_in_feed(world: &World, word: &str) {
    let end = std::time::Instant::now() + DEADLINE;
    while !world.get("/feeds/jawa-timur/kabupaten-jember.atom").contains(word) {
        assert!(std::time::Instant::now() < end, "{word} never came");
        thread::sleep(Duration::from_millis(50));
    }
}

fn next_crawl(world: &World) -> serde_json::Value {
    world.rows(&["sources", "--json"])[0]["next_crawl"].clone()
}

#[test]
fn a_source_is_crawled_soon_after_its_hub_tells_of_it_and_not_for_a_forged_push() {
    let (hub, forms) = hub("127.46.0.8");
    let site = Site::start();
    announcing(&site, &hub, &["Razia kamar"]);
    let world = reachable(&units(&site.url("/feed")), "");
    let (child, _lines) = world.daemon();
    let form = forms.recv_timeout(DEADLINE).unwrap();
    assert_eq!(field(&form, "hub.mode"), "subscribe");
    assert_eq!(field(&form, "hub.topic"), site.url("/feed"));
    let secret = field(&form, "hub.secret");
    let (path, query) = asked_back(&world, &form);
    // Before it is confirmed, there is no subscription to tell of.
    let signed = |body: &str, secret: &str| {
        let signature = warta::websub::sign(secret, body.as_bytes());
        post(&world, &path, &format!("X-Hub-Signature: {signature}\r\n"), body)
    };
    assert_eq!(signed("<rss/>", &secret), "HTTP/1.1 410 Gone");
    assert_eq!(
        world.status(&format!("/websub/tak-dikenal?{query}")),
        "HTTP/1.1 404 Not Found"
    );
    assert_eq!(
        post(&world, "/websub/tak-dikenal", "", "<rss/>"),
        "HTTP/1.1 404 Not Found"
    );
    let other = query.replace("feed", "lain");
    assert_eq!(world.status(&format!("{path}?{other}")), "HTTP/1.1 404 Not Found");
    let answer = world.get(&format!("{path}?{query}"));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\ntantangan <b>"), "{answer}");
    assert!(answer.contains("content-type: text/plain"), "{answer}");

    await_in_feed(&world, "Razia kamar");
    announcing(&site, &hub, &["Razia kamar", "Donor darah"]);
    let planned = next_crawl(&world);
    assert_eq!(signed("<rss/>", "tebakan"), "HTTP/1.1 202 Accepted");
    assert_eq!(post(&world, &path, "", "<rss/>"), "HTTP/1.1 202 Accepted");
    let long = "x".repeat(5 << 20);
    let answer = std::panic::catch_unwind(|| post(&world, &path, "", &long));
    assert!(
        answer.is_err() || answer.is_ok_and(|line| line.contains("413")),
        "a push without bounds"
    );
    assert_eq!(next_crawl(&world), planned, "a forged push changes nothing");
    assert_eq!(site.asked().iter().filter(|path| *path == "/feed").count(), 1);
    // What a push says is never read: only the site's own words count.
    assert_eq!(
        signed("<rss><item>Palsu</item></rss>", &secret),
        "HTTP/1.1 202 Accepted"
    );
    await_in_feed(&world, "Donor darah");
    assert!(!world.get("/feeds/jawa-timur/kabupaten-jember.atom").contains("Palsu"));
    stop(child);
    is_kept_over_a_restart_and_ended_with_its_source(&world, &forms, &path);
}

fn is_kept_over_a_restart_and_ended_with_its_source(world: &World, forms: &Receiver<Got>, path: &str) {
    let (child, _lines) = world.daemon();
    assert_eq!(post(world, path, "", "<rss/>"), "HTTP/1.1 202 Accepted");
    world.write_units(UNIT);
    signal(&child, Signal::SIGHUP);
    let form = forms.recv_timeout(DEADLINE).unwrap();
    assert_eq!(field(&form, "hub.mode"), "unsubscribe");
    assert_eq!(post(world, path, "", "<rss/>"), "HTTP/1.1 410 Gone");
    let (same, query) = asked_back(world, &form);
    assert_eq!(same, path);
    assert_eq!(world.status(&format!("{path}?{query}")), "HTTP/1.1 200 OK");
    let end = std::time::Instant::now() + DEADLINE;
    while post(world, path, "", "<rss/>") != "HTTP/1.1 404 Not Found" {
        assert!(std::time::Instant::now() < end, "it is still known");
        thread::sleep(Duration::from_millis(50));
    }
    stop(child);
}

#[test]
fn a_hub_in_the_headers_is_asked_and_none_where_we_do_not_subscribe() {
    let (hub, forms) = hub("127.46.0.9");
    let feed = format!("{hub}/feed");
    let world = reachable(&units(&feed), "[websub]\nsubscribe = false\n");
    let (child, _lines) = world.daemon();
    world.rows(&["crawl", "--force", "--json"]);
    assert_eq!(
        forms.recv_timeout(Duration::from_secs(2)).err(),
        Some(RecvTimeoutError::Timeout)
    );
    stop(child);
    let config = std::fs::read_to_string(world.path("warta.toml")).unwrap();
    std::fs::write(
        world.path("warta.toml"),
        config.replace("subscribe = false", "subscribe = true"),
    )
    .unwrap();
    let (child, _lines) = world.daemon();
    let form = forms.recv_timeout(DEADLINE).unwrap();
    assert_eq!(field(&form, "hub.topic"), format!("{hub}/own"));
    stop(child);
}
