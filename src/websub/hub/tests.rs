//! The life of subscriptions, from a request to their end.

use super::*;

const TOPIC: &str = "https://w.example/feeds/indonesia.atom";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn asks(mode: Mode, callback: &str) -> Request {
    Request {
        mode,
        topic: TOPIC.to_owned(),
        callback: callback.to_owned(),
        lease: Some(86_400),
        secret: Some("rahasia".to_owned()),
    }
}

fn key(callback: &str) -> Key {
    Key {
        topic: TOPIC.to_owned(),
        callback: callback.to_owned(),
    }
}

const CALLBACK: &str = "https://reader.example/cb?id=7";

fn ask(hub: &mut Hub, request: Request, challenge: &str, now: Timestamp) -> Result<(), Refusal> {
    hub.request(
        request,
        |topic| topic == TOPIC,
        challenge.to_owned(),
        &Limits::default(),
        now,
    )
}

/// The one thing that is due.
fn due(hub: &mut Hub, now: Timestamp) -> Action {
    let mut actions = hub.due(10, |_| true, now);
    assert_eq!(actions.len(), 1, "{actions:?}");
    actions.remove(0)
}

fn ticket(action: &Action) -> Ticket {
    match action {
        Action::Verify { ticket, .. } | Action::Deliver { ticket, .. } => *ticket,
    }
}

fn verify(hub: &mut Hub, answer: Answer<'_>, now: Timestamp) -> Verified {
    let action = due(hub, now);
    assert!(matches!(action, Action::Verify { .. }), "{action:?}");
    hub.verified(&key(CALLBACK), ticket(&action), answer, now)
}

fn subscribed() -> Hub {
    let mut hub = Hub::default();
    ask(&mut hub, asks(Mode::Subscribe, CALLBACK), "abc", at(0)).unwrap();
    assert_eq!(
        verify(&mut hub, Answer::Status(200, b"abc"), at(0)),
        Verified::Subscribed
    );
    hub
}

#[test]
fn a_subscription_is_in_force_once_its_callback_repeats_the_challenge() {
    let mut hub = Hub::default();
    ask(&mut hub, asks(Mode::Subscribe, CALLBACK), "a b&c", at(0)).unwrap();
    hub.publish(TOPIC, at(1));
    let Action::Verify { url, ticket, .. } = due(&mut hub, at(1)) else {
        panic!("a push before the confirmation");
    };
    assert_eq!(
        url,
        "https://reader.example/cb?id=7&hub.mode=subscribe&hub.topic=https%3A%2F%2Fw.example%2Ffeeds%2Findonesia.atom\
         &hub.challenge=a+b%26c&hub.lease_seconds=86400"
    );
    assert_eq!(hub.due(10, |_| true, at(2)), [], "it is under way");
    assert_eq!(
        hub.verified(&key(CALLBACK), ticket, Answer::Status(202, b"a b&c"), at(2)),
        Verified::Subscribed
    );
    hub.publish("https://w.example/feeds/jawa-timur.atom", at(3));
    assert_eq!(hub.due(10, |_| true, at(3)), []);
    hub.publish(TOPIC, at(3));
    let Action::Deliver { secret, ticket, .. } = due(&mut hub, at(3)) else {
        panic!("no push");
    };
    assert_eq!(secret.as_deref(), Some("rahasia"));
    assert_eq!(
        hub.delivered(&key(CALLBACK), ticket, Answer::Status(204, b""), at(3)),
        Delivered::Done
    );
    assert_eq!(hub.due(10, |_| true, at(4)), []);
}

#[test]
fn nothing_but_the_challenge_confirms() {
    for answer in [
        Answer::Status(200, b""),
        Answer::Status(200, b"abcd"),
        Answer::Status(200, b"ab"),
        Answer::Status(200, b"abc\n"),
        Answer::Status(200, b"ABC"),
        Answer::Status(301, b"abc"),
        Answer::Status(404, b"abc"),
        Answer::Status(500, b"abc"),
    ] {
        let mut hub = Hub::default();
        ask(&mut hub, asks(Mode::Subscribe, CALLBACK), "abc", at(0)).unwrap();
        assert_eq!(verify(&mut hub, answer, at(0)), Verified::Denied, "{answer:?}");
        hub.publish(TOPIC, at(1));
        assert_eq!(
            (hub.subscriptions(), hub.due(10, |_| true, at(99_999))),
            (0, vec![]),
            "{answer:?}"
        );
    }
    let mut hub = Hub::default();
    ask(&mut hub, asks(Mode::Subscribe, CALLBACK), "", at(0)).unwrap();
    assert_eq!(verify(&mut hub, Answer::Status(200, b""), at(0)), Verified::Denied);
}

#[test]
fn an_old_answer_confirms_nothing() {
    let mut hub = Hub::default();
    ask(&mut hub, asks(Mode::Subscribe, CALLBACK), "one", at(0)).unwrap();
    let first = ticket(&due(&mut hub, at(0)));
    ask(&mut hub, asks(Mode::Subscribe, CALLBACK), "two", at(1)).unwrap();
    let confirm =
        |hub: &mut Hub, ticket, body: &[u8]| hub.verified(&key(CALLBACK), ticket, Answer::Status(200, body), at(2));
    assert_eq!(confirm(&mut hub, first, b"one"), Verified::Stale);
    let second = ticket(&due(&mut hub, at(2)));
    assert_eq!(confirm(&mut hub, first, b"two"), Verified::Stale);
    assert_eq!(confirm(&mut hub, second, b"two"), Verified::Subscribed);
    // The same answer again, and the same challenge in an ending.
    assert_eq!(confirm(&mut hub, second, b"two"), Verified::Stale);
    ask(&mut hub, asks(Mode::Unsubscribe, CALLBACK), "three", at(3)).unwrap();
    let third = ticket(&due(&mut hub, at(3)));
    assert_eq!(confirm(&mut hub, second, b"three"), Verified::Stale);
    assert_eq!(confirm(&mut hub, third, b"two"), Verified::Denied);
    assert_eq!(hub.subscriptions(), 1);
}

#[test]
fn a_callback_that_cannot_be_reached_is_asked_three_times() {
    let mut hub = Hub::default();
    ask(&mut hub, asks(Mode::Subscribe, CALLBACK), "abc", at(0)).unwrap();
    assert_eq!(verify(&mut hub, Answer::Failed, at(0)), Verified::Again);
    assert_eq!(hub.due(10, |_| true, at(59)), []);
    assert_eq!(verify(&mut hub, Answer::Failed, at(60)), Verified::Again);
    assert_eq!(hub.next_due(), Some(at(660)));
    assert_eq!(verify(&mut hub, Answer::Failed, at(660)), Verified::Denied);
    assert_eq!(
        hub,
        Hub {
            last_ticket: 3,
            ..Hub::default()
        }
    );
}

#[test]
fn a_lease_stays_between_its_limits_and_ends() {
    for (asked, given) in [
        (None, 864_000),
        (Some(0), 300),
        (Some(3_600), 3_600),
        (Some(u64::MAX), 2_592_000),
    ] {
        let mut hub = Hub::default();
        let request = Request {
            lease: asked,
            ..asks(Mode::Subscribe, CALLBACK)
        };
        ask(&mut hub, request, "abc", at(0)).unwrap();
        verify(&mut hub, Answer::Status(200, b"abc"), at(0));
        hub.publish(TOPIC, at(given - 1));
        assert_eq!(hub.due(10, |_| true, at(given - 1)).len(), 1, "{asked:?}");
        assert_eq!(
            (hub.due(10, |_| true, at(given)), hub.subscriptions()),
            (vec![], 0),
            "{asked:?}"
        );
    }
}

#[test]
fn a_renewal_goes_on_from_its_confirmation_and_until_then_the_old_one_holds() {
    let mut hub = subscribed();
    let request = Request {
        secret: None,
        ..asks(Mode::Subscribe, CALLBACK)
    };
    ask(&mut hub, request, "def", at(80_000)).unwrap();
    hub.publish(TOPIC, at(80_000));
    let actions = hub.due(10, |_| true, at(80_000));
    assert_eq!(actions.len(), 2);
    assert!(matches!(&actions[1], Action::Deliver { secret: Some(secret), .. } if secret == "rahasia"));
    hub.verified(
        &key(CALLBACK),
        ticket(&actions[0]),
        Answer::Status(200, b"def"),
        at(80_001),
    );
    assert_eq!(
        hub.delivered(&key(CALLBACK), ticket(&actions[1]), Answer::Failed, at(80_002)),
        Delivered::Again
    );
    assert!(matches!(
        due(&mut hub, at(100_000)),
        Action::Deliver { secret: None, .. }
    ));
}

#[test]
fn an_end_needs_a_confirmation_too() {
    let mut hub = subscribed();
    ask(&mut hub, asks(Mode::Unsubscribe, CALLBACK), "end", at(10)).unwrap();
    assert_eq!(verify(&mut hub, Answer::Status(404, b""), at(10)), Verified::Denied);
    assert_eq!(hub.subscriptions(), 1);
    ask(&mut hub, asks(Mode::Unsubscribe, CALLBACK), "end", at(20)).unwrap();
    let action = due(&mut hub, at(20));
    assert!(matches!(&action, Action::Verify { url, .. } if url.contains("unsubscribe") && !url.contains("lease")));
    let answer = Answer::Status(200, b"end");
    assert_eq!(
        hub.verified(&key(CALLBACK), ticket(&action), answer, at(20)),
        Verified::Unsubscribed
    );
    assert_eq!(
        ask(&mut hub, asks(Mode::Unsubscribe, CALLBACK), "end", at(30)),
        Err(Refusal::NotSubscribed)
    );
}

#[test]
fn a_push_is_tried_again_ever_more_rarely_and_the_subscription_given_up_on_at_last() {
    let mut hub = Hub::default();
    let request = Request {
        lease: None,
        ..asks(Mode::Subscribe, CALLBACK)
    };
    ask(&mut hub, request, "abc", at(0)).unwrap();
    verify(&mut hub, Answer::Status(200, b"abc"), at(0));
    let mut now = 0;
    hub.publish(TOPIC, at(now));
    for change in 0..2 {
        for wait in DELIVER_AGAIN {
            let ticket = ticket(&due(&mut hub, at(now)));
            let answer = Answer::Status(503, b"");
            assert_eq!(hub.delivered(&key(CALLBACK), ticket, answer, at(now)), Delivered::Again);
            hub.publish(TOPIC, at(now + 1));
            now += wait.as_secs() as i64;
            assert_eq!(
                hub.due(10, |_| true, at(now - 1)),
                [],
                "a further change does not hurry it"
            );
        }
        let ticket = ticket(&due(&mut hub, at(now)));
        let expected = [Delivered::GivenUp, Delivered::Ended][change];
        assert_eq!(hub.delivered(&key(CALLBACK), ticket, Answer::Failed, at(now)), expected);
        if change == 0 {
            let mut alive = hub.clone();
            hub.publish(TOPIC, at(now));
            alive.publish(TOPIC, at(now));
            let ticket = self::ticket(&due(&mut alive, at(now)));
            alive.delivered(&key(CALLBACK), ticket, Answer::Status(200, b""), at(now));
            assert_eq!(alive.subscriptions[&key(CALLBACK)].given_up, 0);
        }
    }
    assert_eq!(hub.subscriptions(), 0);
}

#[test]
fn a_gone_callback_ends_the_subscription() {
    let mut hub = subscribed();
    hub.publish(TOPIC, at(1));
    let ticket = ticket(&due(&mut hub, at(1)));
    assert_eq!(
        hub.delivered(&key(CALLBACK), ticket, Answer::Status(410, b""), at(1)),
        Delivered::Ended
    );
    assert_eq!(hub.subscriptions(), 0);
}

#[test]
fn changes_while_a_push_is_under_way_make_one_more() {
    let mut hub = subscribed();
    (0..5).for_each(|n| hub.publish(TOPIC, at(n)));
    let first = ticket(&due(&mut hub, at(5)));
    (6..9).for_each(|n| hub.publish(TOPIC, at(n)));
    assert_eq!(hub.due(10, |_| true, at(9)), []);
    let done = Answer::Status(200, b"");
    assert_eq!(hub.delivered(&key(CALLBACK), first, done, at(10)), Delivered::Done);
    assert_eq!(hub.delivered(&key(CALLBACK), first, done, at(10)), Delivered::Stale);
    let second = ticket(&due(&mut hub, at(10)));
    assert_eq!(hub.delivered(&key(CALLBACK), second, done, at(11)), Delivered::Done);
    assert_eq!(hub.due(10, |_| true, at(12)), []);
}

#[test]
fn what_was_never_answered_is_sent_again_after_a_restart() {
    let mut hub = subscribed();
    hub.publish(TOPIC, at(0));
    ask(&mut hub, asks(Mode::Subscribe, "https://b.example/"), "abc", at(0)).unwrap();
    assert_eq!(hub.due(10, |_| true, at(0)).len(), 2);
    let bytes = postcard::to_stdvec(&hub).unwrap();
    let mut hub: Hub = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(hub.due(10, |_| true, at(599)), []);
    assert_eq!(hub.due(10, |_| true, at(600)), [], "counted as failed");
    assert_eq!(hub.due(10, |_| true, at(660)).len(), 2);
}

#[test]
fn the_hub_takes_only_so_much() {
    let limits = Limits {
        subscriptions: 3,
        subscriptions_per_host: 2,
        requests: 4,
        requests_per_host: 2,
    };
    let mut hub = Hub::default();
    let ask = |hub: &mut Hub, callback: &str| {
        hub.request(
            asks(Mode::Subscribe, callback),
            |_| true,
            "abc".to_owned(),
            &limits,
            at(0),
        )
    };
    let confirm = |hub: &mut Hub| {
        for action in hub.due(99, |_| true, at(0)) {
            let Action::Verify { key, ticket, .. } = action else {
                continue;
            };
            hub.verified(&key, ticket, Answer::Status(200, b"abc"), at(0));
        }
    };
    for (callback, expected) in [
        ("https://a.example/1", Ok(())),
        ("https://a.example/2", Ok(())),
        ("https://a.example/2", Ok(())),
        ("https://a.example/3", Err(Refusal::TooMany)),
        ("https://b.example/1", Ok(())),
    ] {
        assert_eq!(ask(&mut hub, callback), expected, "{callback}");
    }
    confirm(&mut hub);
    assert_eq!(hub.subscriptions(), 3);
    assert_eq!(ask(&mut hub, "https://c.example/"), Err(Refusal::TooMany));
    assert_eq!(
        ask(&mut hub, "https://a.example/1"),
        Ok(()),
        "a renewal always has room"
    );
}

#[test]
fn only_our_own_feeds_are_topics() {
    let mut hub = Hub::default();
    let request = Request {
        topic: "https://evil.example/".to_owned(),
        ..asks(Mode::Subscribe, CALLBACK)
    };
    let refusal = ask(&mut hub, request, "abc", at(0)).unwrap_err();
    assert_eq!(refusal.status(), 404);
    assert_eq!(hub, Hub::default());
}

#[test]
fn at_most_so_many_are_sent_at_once() {
    let mut hub = Hub::default();
    for n in 0..7 {
        ask(
            &mut hub,
            asks(Mode::Subscribe, &format!("https://h{n}.example/")),
            "abc",
            at(0),
        )
        .unwrap();
    }
    let counts: Vec<usize> = (0..4).map(|_| hub.due(3, |_| true, at(0)).len()).collect();
    assert_eq!(counts, [3, 3, 1, 0]);
}

#[test]
fn a_push_says_whose_it_is_and_is_signed() {
    let headers = push_headers(
        "https://w.example/hub",
        TOPIC,
        "application/atom+xml",
        Some("Jefe"),
        b"<feed/>",
    );
    assert_eq!(headers[0], ("content-type", "application/atom+xml".to_owned()));
    assert_eq!(
        headers[1].1,
        "<https://w.example/hub>; rel=\"hub\", <https://w.example/feeds/indonesia.atom>; rel=\"self\""
    );
    assert!(crate::websub::is_signed("Jefe", b"<feed/>", &headers[2].1));
    assert_eq!(push_headers("h", "t", "m", None, b"").len(), 2);
}

#[test]
fn a_feed_that_vanished_and_a_failure_of_ours_are_not_held_against_the_subscriber() {
    let mut hub = subscribed();
    for round in 0..10 {
        hub.publish(TOPIC, at(round));
        let action = due(&mut hub, at(round));
        let came = hub.delivered(&key(CALLBACK), ticket(&action), Answer::NoFeed, at(round));
        assert_eq!(came, Delivered::GivenUp);
        assert_eq!(hub.due(10, |_| true, at(round)), [], "nothing is tried again");
    }
    hub.publish(TOPIC, at(100));
    for round in 0..20 {
        let now = at(100 + round * 60);
        let action = due(&mut hub, now);
        let came = hub.delivered(&key(CALLBACK), ticket(&action), Answer::NotSent, now);
        assert_eq!(came, Delivered::Again);
        assert_eq!(hub.due(10, |_| true, now + Duration::from_secs(59)), []);
    }
    let action = due(&mut hub, at(100 + 20 * 60));
    let answer = Answer::Status(204, b"");
    assert_eq!(
        hub.delivered(&key(CALLBACK), ticket(&action), answer, at(1_301)),
        Delivered::Done
    );
    assert_eq!(hub.subscriptions(), 1);
    ask(&mut hub, asks(Mode::Unsubscribe, CALLBACK), "xyz", at(1_400)).unwrap();
    assert_eq!(verify(&mut hub, Answer::NotSent, at(1_400)), Verified::Again);
    assert_eq!(
        verify(&mut hub, Answer::Status(200, b"xyz"), at(1_460)),
        Verified::Unsubscribed
    );
}
