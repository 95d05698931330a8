//! A month of the schedule alone, against a poll of every source each ten minutes: how many requests it takes, how soon
//! news is seen, and whether a host ever gets more than its budget. No network, no store, no clock but its own; chance
//! is a generator with a fixed seed.
//!
//! The ordinary test is a twentieth of the sources for two days; `cargo bench --bench month` runs all of them for thirty.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use warta::model::{Pace, Report, Source, SourceId, SourceState, Validators, Zone};
use warta::schedule::queue::{Queue, full_turns};
use warta::schedule::{Intervals, Seen, after_success, due};

use crate::support::samples;

const INTERVALS: Intervals = Intervals {
    min: Duration::from_secs(600),
    max: Duration::from_secs(24 * 3600),
};

/// The pause between the end of one request to a host and the beginning of the next, in milliseconds.
const HOST_DELAY: i64 = 2_000;

/// Crawls under way at once.
const CONCURRENCY: usize = 64;

/// The items that a source's list holds.
const LISTED: usize = 10;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Midnight of a Monday in Jakarta, in milliseconds since 1970.
const BEGIN: i64 = 1_793_552_400_000;

/// What a simulation is made of.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    sources: usize,
    keys: usize,
    /// Sources on the largest key.
    largest: usize,
    /// Days before the figures are taken; the first crawl brings the dates of a source's last ten items.
    warm_up: i64,
    days: i64,
}

const SHORT: Size = Size {
    sources: 1_000,
    keys: 150,
    largest: 300,
    warm_up: 1,
    days: 2,
};

/// All the sources for thirty days.
#[allow(dead_code, reason = "the bench's alone: it takes minutes")]
pub const MONTH: Size = Size {
    sources: 20_000,
    keys: 3_000,
    largest: 300,
    warm_up: 2,
    days: 30,
};

/// How a source publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Habit {
    /// Once to three times each working day in office hours.
    Office,
    /// The same, by a server that asks to be left alone for an hour.
    OfficeAsking,
    /// Once or twice a week in office hours.
    Weekly,
    /// Some thirty times a day, also at night and at weekends.
    Portal,
    /// Never any more.
    Silent,
}

const HABITS: [Habit; 5] = [
    Habit::Office,
    Habit::OfficeAsking,
    Habit::Weekly,
    Habit::Portal,
    Habit::Silent,
];

/// A xorshift generator: the same numbers in each run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: i64) -> i64 {
        (self.next() % end.unsigned_abs()) as i64
    }
}

impl Habit {
    fn of(n: usize) -> Habit {
        match n % 20 {
            0..=11 => Habit::Office,
            12 => Habit::OfficeAsking,
            13..=16 => Habit::Weekly,
            17 => Habit::Portal,
            _ => Habit::Silent,
        }
    }

    /// The times of the articles from ten weeks before the beginning to the end, in order.
    fn articles(self, zone: Zone, size: Size, dice: &mut Dice) -> Vec<i64> {
        let mut times = Vec::new();
        let local = BEGIN + (7 * 3600 - i64::from(zone.offset().seconds())) * 1000;
        // A press officer has hours of their own within the office's.
        let (from, hours) = (8 * 60 + dice.below(120), 4 * 60 + dice.below(150));
        for day in -70..size.warm_up + size.days {
            let weekday = day.rem_euclid(7);
            let count = match self {
                Habit::Office | Habit::OfficeAsking if weekday < 5 => 1 + dice.below(3),
                Habit::Weekly if weekday < 5 => i64::from(dice.below(10) < 3),
                Habit::Portal => 20 + dice.below(20),
                Habit::Silent if day < -40 => dice.below(2),
                _ => 0,
            };
            for _ in 0..count {
                let minute = match self {
                    Habit::Portal => (dice.below(1440) + 360 + dice.below(1080)) / 2,
                    _ => from + dice.below(hours),
                };
                times.push(local + day * DAY + minute * MINUTE + dice.below(MINUTE));
            }
        }
        times.sort_unstable();
        times
    }
}

/// A source of the simulation, and what was seen of it.
struct Site {
    source: Source,
    habit: Habit,
    zone: Zone,
    key: String,
    articles: Vec<i64>,
    /// How many of its articles have been seen.
    seen: usize,
    state: SourceState,
}

fn sites(size: Size) -> Vec<Site> {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    (0..size.sources)
        .map(|n| {
            let key = if n < size.largest { 0 } else { 1 + n % (size.keys - 1) };
            // Habits are mixed on every key.
            let habit = Habit::of((dice.next() % 20) as usize);
            let zone = [Zone::Wib, Zone::Wib, Zone::Wita, Zone::Wit][n % 4];
            let articles = habit.articles(zone, size, &mut dice);
            Site {
                source: source(n),
                habit,
                zone,
                key: format!("host-{key}.example"),
                seen: articles.partition_point(|time| *time < BEGIN - 60 * DAY),
                articles,
                state: SourceState::default(),
            }
        })
        .collect()
}

fn source(n: usize) -> Source {
    Source {
        full_text: true,
        ..samples::source(&format!("source-{n}"), "https://a.example/feed")
    }
}

/// What one habit got.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    sources: u64,
    requests: u64,
    articles: u64,
    within_half_hour: u64,
    /// Sum of all delays in milliseconds.
    delay: i64,
    /// Articles that left the list unseen.
    lost: u64,
}

impl Figures {
    fn saw(&mut self, delay: i64) {
        self.articles += 1;
        self.delay += delay;
        self.within_half_hour += u64::from(delay <= 30 * MINUTE);
    }

    fn share(&self) -> f64 {
        self.within_half_hour as f64 / self.articles.max(1) as f64
    }
}

/// When each host was asked. The pause between two requests is kept here as `fetch::Polite` keeps it (and is tested
/// there); what the schedule must not do is hand out a source of a host that is being asked.
#[derive(Default)]
struct Hosts {
    free_at: HashMap<String, i64>,
    last_end: HashMap<String, i64>,
    /// Requests that had to wait for another crawl of their host.
    collisions: u64,
    requests: HashMap<String, u64>,
}

impl Hosts {
    /// Sends a number of requests one after the other, as `fetch::Polite` does; returns when the last one ended.
    fn ask(&mut self, key: &str, now: i64, requests: u64, dice: &mut Dice) -> i64 {
        let mut at = now;
        self.collisions += u64::from(self.last_end.get(key).is_some_and(|end| *end > now));
        *self.requests.entry(key.to_owned()).or_default() += requests;
        for _ in 0..requests {
            let begin = at.max(self.free_at.get(key).copied().unwrap_or(i64::MIN));
            at = begin + 200 + dice.below(1_300);
            self.last_end.insert(key.to_owned(), at);
            self.free_at.insert(key.to_owned(), at + HOST_DELAY);
        }
        at
    }
}

struct Outcome {
    figures: HashMap<Habit, Figures>,
    hosts: Hosts,
    longest_wait: i64,
}

/// Asks a source at `now`: the list, and the page of each new article. Returns the requests.
fn crawl(site: &mut Site, now: i64, figures: &mut Figures, counts: bool) -> u64 {
    let published = site.articles.partition_point(|time| *time <= now);
    let new = published - site.seen;
    let first = site.state.last_success.is_none();
    let listed = new.min(LISTED);
    if counts && !first {
        figures.lost += (new - listed) as u64;
        for time in &site.articles[published - listed..published] {
            figures.saw(now - time);
        }
    }
    let times: Vec<Timestamp> = site.articles[published - listed..published]
        .iter()
        .map(|time| Timestamp::from_millisecond(*time).unwrap())
        .collect();
    let mut report = Report::new(site.source.id.clone());
    report.new = listed as u32;
    report.fetches = 1 + listed as u32;
    site.seen = published;
    let seen = Seen {
        published: &times,
        listed: Some(LISTED as u32),
        pace: Pace {
            document: (site.habit == Habit::OfficeAsking).then_some(Duration::from_secs(3600)),
            header: None,
        },
        zone: site.zone,
        ..Seen::new(&report, Validators::default())
    };
    let time = Timestamp::from_millisecond(now).unwrap();
    site.state = after_success(&site.state, &site.source, &seen, INTERVALS, time);
    u64::from(report.fetches)
}

/// Runs the daemon's loop on a simulated clock.
fn simulate(size: Size) -> Outcome {
    let mut sites = sites(size);
    let places: HashMap<SourceId, usize> = sites
        .iter()
        .enumerate()
        .map(|(n, site)| (site.source.id.clone(), n))
        .collect();
    let mut dice = Dice(0xD1B5_4A32_D192_ED03);
    let mut queue = Queue::default();
    let at = |millis: i64| Timestamp::from_millisecond(millis).unwrap();
    for site in &sites {
        queue.put(site.source.id.clone(), site.key.clone(), Timestamp::UNIX_EPOCH);
    }
    queue.spread(at(BEGIN), Duration::from_millis(250));
    let mut figures: HashMap<Habit, Figures> = HashMap::new();
    for site in &sites {
        figures.entry(site.habit).or_default().sources += 1;
    }
    let (mut hosts, mut longest_wait) = (Hosts::default(), 0);
    let mut under_way: BinaryHeap<Reverse<(i64, usize)>> = BinaryHeap::new();
    let (measured, end) = (BEGIN + size.warm_up * DAY, BEGIN + (size.warm_up + size.days) * DAY);
    let mut now = BEGIN;
    while now < end {
        while under_way.len() < CONCURRENCY {
            let Some(id) = queue.next(at(now)) else { break };
            let place = places[&id];
            let site = &mut sites[place];
            let counts = now >= measured;
            if counts {
                longest_wait = longest_wait.max(now - due(&site.state).as_millisecond());
            }
            let figures = figures.entry(site.habit).or_default();
            // The list arrives with the first request; what it holds is what there is then.
            let list = hosts.ask(&site.key, now, 1, &mut dice);
            let requests = crawl(site, list, figures, counts);
            let done = hosts.ask(&site.key, list, requests - 1, &mut dice);
            figures.requests += if counts { requests } else { 0 };
            under_way.push(Reverse((done, place)));
        }
        let next_due = queue.next_due().map_or(i64::MAX, Timestamp::as_millisecond);
        let next_due = if under_way.len() < CONCURRENCY {
            next_due
        } else {
            i64::MAX
        };
        match under_way.peek() {
            Some(Reverse((done, place))) if *done <= next_due => {
                now = now.max(*done);
                let site = &sites[*place];
                queue.done(&site.source.id);
                queue.put(site.source.id.clone(), site.key.clone(), due(&site.state));
                under_way.pop();
            }
            _ => now = now.max(next_due) + i64::from(next_due <= now),
        }
    }
    Outcome {
        figures,
        hosts,
        longest_wait,
    }
}

/// What a poll of every source each ten minutes would take and see, with no host's budget to keep: the lists, and the
/// page of each new article.
fn fixed_poll(size: Size) -> HashMap<Habit, Figures> {
    let mut figures: HashMap<Habit, Figures> = HashMap::new();
    let measured = BEGIN + size.warm_up * DAY;
    let end = measured + size.days * DAY;
    for (n, site) in sites(size).into_iter().enumerate() {
        let figures = figures.entry(site.habit).or_default();
        figures.sources += 1;
        figures.requests += (size.days * DAY / (10 * MINUTE)).unsigned_abs();
        let phase = n as i64 % 600 * 1000;
        for time in site.articles.iter().filter(|time| (measured..end).contains(*time)) {
            figures.saw((phase - time).rem_euclid(10 * MINUTE));
            figures.requests += 1;
        }
    }
    figures
}

fn table(name: &str, days: i64, figures: &HashMap<Habit, Figures>) -> Figures {
    let mut all = Figures::default();
    let row = |label: &str, figures: &Figures| {
        println!(
            "{name:<9} {label:<13} {:>7} {:>10} {:>7.1} {:>9} {:>8.1} {:>8.1} {:>5}",
            figures.sources,
            figures.requests,
            figures.requests as f64 / figures.sources.max(1) as f64 / days as f64,
            figures.articles,
            figures.share() * 100.0,
            figures.delay as f64 / figures.articles.max(1) as f64 / MINUTE as f64,
            figures.lost,
        );
    };
    for habit in HABITS {
        let of = figures.get(&habit).copied().unwrap_or_default();
        row(&format!("{habit:?}"), &of);
        all.sources += of.sources;
        all.requests += of.requests;
        all.articles += of.articles;
        all.within_half_hour += of.within_half_hour;
        all.delay += of.delay;
        all.lost += of.lost;
    }
    row("all", &all);
    all
}

#[test]
fn news_is_seen_within_half_an_hour_for_a_quarter_of_the_requests() {
    judge(SHORT);
}

/// Simulates both polls, prints the table of them, and panics where a limit is not kept.
pub fn judge(size: Size) {
    let outcome = simulate(size);
    let fixed = fixed_poll(size);
    println!(
        "{} sources on {} hosts, {} days after {} of warming up\n{:<9} {:<13} {:>7} {:>10} {:>7} {:>9} {:>8} {:>8} {:>5}",
        size.sources,
        size.keys,
        size.days,
        size.warm_up,
        "poll",
        "habit",
        "sources",
        "requests",
        "a day",
        "articles",
        "% 30 min",
        "mean min",
        "lost"
    );
    let ours = table("adaptive", size.days, &outcome.figures);
    let theirs = table("10 min", size.days, &fixed);
    let busiest = outcome.hosts.requests.values().max().copied().unwrap_or_default();
    let budget = ((size.warm_up + size.days) * DAY / HOST_DELAY).unsigned_abs();
    println!(
        "the busiest host got {busiest} requests, its budget is {budget}; longest wait for a turn {:.1} min",
        outcome.longest_wait as f64 / MINUTE as f64
    );
    let office = outcome.figures[&Habit::Office];
    assert_eq!(outcome.hosts.collisions, 0, "no host was asked by two crawls at once");
    assert!(busiest <= budget);
    assert!(
        outcome.longest_wait <= 10 * MINUTE,
        "no source waits longer than a turn of the largest host"
    );
    assert!(
        office.articles > 1_000 && office.share() >= 0.95,
        "{office:?}: {}",
        office.share()
    );
    assert!(
        ours.requests * 4 <= theirs.requests,
        "{} of {}",
        ours.requests,
        theirs.requests
    );
    assert_eq!(ours.lost, 0, "no list rolled over unseen");
    let turn = full_turns(
        (0..size.largest).map(|_| ("host-0.example".to_owned(), 1)),
        Duration::from_millis(HOST_DELAY.unsigned_abs()),
    )["host-0.example"];
    assert!(
        turn.takes <= INTERVALS.min,
        "the largest key has time for all its sources: {turn:?}"
    );
}
