//! What `warta sources` says beside the sources: how long the largest hosts and platforms take to be asked for everything
//! once, and which sites have moved.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use crate::fetch::budget_key;
use crate::model::Language;
use crate::schedule::queue::full_turns;

/// So many budgets are shown, those that take longest.
const SHOWN: usize = 10;

/// Adds to each source's row whose budget it uses, and how long a full turn of that takes, `turn_s` in seconds. Rows are
/// those of all sources; `pause` is `crawl.host_delay`. Returns the budgets that several sources share, the longest first.
pub(super) fn add_turns(rows: &mut [Value], pause: Duration) -> Vec<Value> {
    let requests = |row: &Value| row["requests"].as_u64().and_then(|count| u32::try_from(count).ok());
    let sources = rows
        .iter()
        .filter_map(|row| Some((budget(row)?, requests(row).unwrap_or(0))));
    let turns = full_turns(sources, pause);
    for row in rows.iter_mut() {
        let Some(key) = budget(row) else { continue };
        row["turn_s"] = turns.get(&key).map(|turn| turn.takes.as_secs()).into();
        row["budget"] = key.into();
    }
    let mut shared: Vec<_> = turns.into_iter().filter(|(_, turn)| turn.sources > 1).collect();
    shared.sort_by(|(a, one), (b, other)| other.takes.cmp(&one.takes).then_with(|| a.cmp(b)));
    let row = |(key, turn): (String, crate::schedule::queue::Turn)| json!({ "budget": key, "sources": turn.sources, "full_turn": span(turn.takes) });
    shared.into_iter().take(SHOWN).map(row).collect()
}

/// The budget of a row's source: that of the address that is asked.
fn budget(row: &Value) -> Option<String> {
    let address = row["moved_to"].as_str().or_else(|| row["url"].as_str())?;
    Url::parse(address).ok().map(|url| budget_key(&url))
}

/// A time as people say it: "2 h 5 min".
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// What is proposed for the sites that moved: for each a line, and below it what to write for each of its sources.
pub(super) fn proposals(moves: &[Value], language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    for site in moves {
        let (from, to) = (text(&site["from"]), text(&site["to"]));
        let stayed = site["stayed"].as_u64().unwrap_or(0);
        lines.push(match language {
            Language::Id => format!("{from} pindah ke {to} ({stayed} sumber lain tidak ikut). Tulis di konfigurasi:"),
            Language::En => {
                format!("{from} has moved to {to} ({stayed} other sources did not). Write into the configuration:")
            }
        });
        let sources = site["sources"].as_array().into_iter().flatten();
        lines.extend(sources.map(|source| format!("  {}: url = {}", text(&source["id"]), source["url"])));
    }
    lines
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_that_of_the_platform_and_of_the_address_that_is_asked() {
        let mut rows = [
            json!({"id": "a", "url": "https://a.blogspot.com/", "moved_to": null, "requests": 4}),
            json!({"id": "b", "url": "https://b.example/", "moved_to": "https://b.blogspot.com/", "requests": 0}),
            json!({"id": "c", "url": "https://c.example/", "moved_to": null, "requests": 2}),
        ];
        let shared = add_turns(&mut rows, Duration::from_secs(30));
        assert_eq!(
            shared,
            [json!({"budget": "blogspot.com", "sources": 2, "full_turn": "2 min 30 s"})]
        );
        let turns = rows.map(|row| (row["budget"].clone(), row["turn_s"].clone()));
        let of = |budget: &str, seconds: u64| (Value::from(budget), Value::from(seconds));
        assert_eq!(
            turns,
            [of("blogspot.com", 150), of("blogspot.com", 150), of("c.example", 60)]
        );
    }

    #[test]
    fn the_longest_turns_come_first_and_are_few() {
        let row = |n: u64, copy: u64| json!({"url": format!("https://h-{n}.example/{copy}"), "requests": n});
        let mut rows: Vec<Value> = (1..=20).flat_map(|n| [row(n, 1), row(n, 2)]).collect();
        let shared = add_turns(&mut rows, Duration::from_secs(2));
        assert_eq!(
            (shared.len(), &shared[0]["budget"]),
            (SHOWN, &Value::from("h-20.example"))
        );
        for (seconds, expected) in [
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min 59 s"),
            (7_500, "2 h 5 min"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn a_move_says_what_to_write() {
        let moves = [json!({
            "from": "old.example", "to": "new.example", "stayed": 1,
            "sources": [{"id": "a", "url": "https://new.example/feed"}],
        })];
        assert_eq!(
            proposals(&moves, Language::En),
            [
                "old.example has moved to new.example (1 other sources did not). Write into the configuration:",
                "  a: url = \"https://new.example/feed\""
            ]
        );
    }
}
