//! The hub of the real daemon, by a subscriber on a socket of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;
use url::form_urlencoded;

use crate::support::site::{Site, rss};
use crate::support::world::{UNIT, World, signal, stop};

/// No test waits longer for what must come.
const DEADLINE: Duration = Duration::from_secs(30);

/// How a subscriber answers when it is asked whether it wants a subscription.
#[derive(Clone, Copy)]
enum Asked {
    Confirms,
    Refuses,
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
                (Asked::Confirms, Some((_, challenge))) => challenge.into_owned(),
                _ => String::new(),
            };
            let length = body.len();
            let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
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
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.topic", topic)
        .append_pair("hub.callback", callback)
        .append_pair("hub.secret", "rahasia")
        .finish();
    let mut stream = TcpStream::connect(&world.listen).unwrap();
    let length = form.len();
    write!(
        stream,
        "POST /hub HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\n\r\n{form}"
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
