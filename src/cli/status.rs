//! `warta status`: what the daemon is doing, asked through its control socket: a live view on a terminal, else once.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use serde_json::Value;

use super::{Error, Setup, ask, runtime, stop_signal, terminal};
use crate::config::units::format_size;
use crate::model::Language;
use crate::serve::queries::Query;

/// How often the live view is drawn anew.
const EVERY: Duration = Duration::from_secs(1);

/// Crawls under way that are named.
const NAMED: usize = 8;

/// Options of `warta status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print it once, also on a terminal
    #[arg(long)]
    once: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Shows how the daemon does: on a terminal until a signal comes.
///
/// # Errors
/// When no daemon answers.
pub fn run(setup: &Setup, args: &Args) -> Result<(), Error> {
    let socket = &setup.config.server.control_socket;
    let language = setup.config.site.language;
    runtime()?.block_on(async {
        if !args.json && !args.once && std::io::stdout().is_terminal() {
            return live(socket, language).await;
        }
        let row = row(socket).await?;
        let mut out = std::io::stdout();
        match args.json {
            true => writeln!(out, "{row}")?,
            false => writeln!(out, "{}", text(&row, language))?,
        }
        Ok(())
    })
}

/// Draws it anew until a signal comes; the last picture stays.
async fn live(socket: &Path, language: Language) -> Result<(), Error> {
    let style = ProgressStyle::with_template("{msg}").map_err(|error| Error::Failed(error.to_string()))?;
    let view = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout()).with_style(style);
    let stop = stop_signal();
    tokio::pin!(stop);
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = &mut stop => break,
            _ = ticks.tick() => {}
        }
        match row(socket).await {
            Ok(row) => view.set_message(text(&row, language)),
            Err(error) => {
                view.abandon();
                return Err(error);
            }
        }
    }
    view.abandon();
    Ok(())
}

/// The daemon's row.
async fn row(socket: &Path) -> Result<Value, Error> {
    if !ask::is_running(socket) {
        return Err(Error::Failed(format!(
            "no daemon answers on {}: `systemctl start warta` or `warta run` starts one, server.control_socket names \
             another socket; `warta sources` works without one",
            socket.display()
        )));
    }
    let rows = ask::rows_at(socket, &Query::Status).await?;
    let silent = || Error::Failed("another command has the store, not a daemon".to_owned());
    rows.into_iter().next().ok_or_else(silent)
}

/// The row as a person reads it.
fn text(row: &Value, language: Language) -> String {
    let words = words(language);
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let sources = &row["sources"];
    let mut text = format!(
        "Warta {}, {} {}\n",
        row["version"].as_str().unwrap_or_default(),
        words.running,
        span(number(&row["uptime_s"]), language)
    );
    let mut line = |name: &str, what: String| {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{name:<9}{what}");
    };
    line(
        words.sources,
        format!(
            "{} {}: {} {}, {} {}, {} {}; {} {}",
            number(&sources["total"]),
            words.in_all,
            number(&sources["fresh"]),
            words.fresh,
            number(&sources["due"]),
            words.due,
            number(&sources["crawling"]),
            words.crawling,
            number(&sources["failing"]),
            words.failing
        ),
    );
    line(words.queue, queue(row, &words, language));
    line(
        words.stories,
        format!(
            "{}, {} {}; {} {}",
            number(&row["stories"]),
            number(&row["stories_day"]),
            words.day,
            words.store,
            size(number(&row["store_bytes"]))
        ),
    );
    if row["disk_full"] == true {
        line("!", words.full.to_owned());
    }
    for crawl in array(row, "crawling").iter().take(NAMED) {
        line("→", terminal::line(crawl["source"].as_str().unwrap_or_default()));
    }
    let more = array(row, "crawling").len().saturating_sub(NAMED);
    if more > 0 {
        line("→", format!("+ {more}"));
    }
    for problem in array(row, "problems") {
        let part = |key: &str| terminal::line(problem[key].as_str().unwrap_or("–"));
        let since = apart(&problem["since"], &row["now"]).map_or_else(String::new, |seconds| {
            format!(" {} {}", words.since, span(seconds, language))
        });
        let what = format!("{} {}{since}: {}", part("source"), part("state"), part("evidence"));
        line("!", what);
    }
    text.truncate(text.trim_end().len());
    text
}

fn queue(row: &Value, words: &Words, language: Language) -> String {
    let lag = row["queue_lag_s"].as_u64().unwrap_or(0);
    let waits = format!("{} {}", words.lag, span(lag, language));
    match apart(&row["now"], &row["next_crawl"]) {
        Some(seconds) => format!("{waits}, {} {}", words.next, span(seconds, language)),
        None => waits,
    }
}

/// The seconds from one time to another, where both are times.
fn apart(from: &Value, to: &Value) -> Option<u64> {
    let read = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
    let seconds = read(to)?.duration_since(read(from)?).as_secs();
    Some(u64::try_from(seconds).unwrap_or(0))
}

fn array<'a>(row: &'a Value, key: &str) -> &'a [Value] {
    row[key].as_array().map_or(&[], Vec::as_slice)
}

/// A length of time in its two greatest units.
fn span(seconds: u64, language: Language) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let (day, hour, minute, second) = match language {
        Language::Id => ("hari", "jam", "mnt", "dtk"),
        Language::En => ("d", "h", "min", "s"),
    };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} {second}"),
        (0, 0, _) => format!("{minutes} {minute} {} {second}", seconds % 60),
        (0, ..) => format!("{hours} {hour} {minutes} {minute}"),
        _ => format!("{days} {day} {hours} {hour}"),
    }
}

/// A size, rounded down to a unit in which it has at most four digits.
fn size(bytes: u64) -> String {
    let unit = match bytes {
        0..0x80_0000 => 1 << 10,
        0x80_0000..0x2_0000_0000 => 1 << 20,
        _ => 1 << 30,
    };
    format_size(bytes / unit * unit)
}

struct Words {
    running: &'static str,
    sources: &'static str,
    in_all: &'static str,
    fresh: &'static str,
    due: &'static str,
    crawling: &'static str,
    failing: &'static str,
    queue: &'static str,
    lag: &'static str,
    next: &'static str,
    since: &'static str,
    stories: &'static str,
    day: &'static str,
    store: &'static str,
    full: &'static str,
}

fn words(language: Language) -> Words {
    match language {
        Language::Id => Words {
            running: "berjalan",
            sources: "Sumber",
            in_all: "seluruhnya",
            fresh: "segar",
            due: "menunggu",
            crawling: "sedang dirayapi",
            failing: "perlu dilihat (`warta sources --problems`)",
            queue: "Antrean",
            lag: "paling lama menunggu",
            next: "berikutnya dalam",
            since: "sejak",
            stories: "Berita",
            day: "dalam 24 jam",
            store: "penyimpanan",
            full: "Disk penuh: umpan tetap disajikan, perayapan berlanjut sendiri bila ada ruang",
        },
        Language::En => Words {
            running: "up for",
            sources: "Sources",
            in_all: "in all",
            fresh: "fresh",
            due: "due",
            crawling: "being crawled",
            failing: "need a look (`warta sources --problems`)",
            queue: "Queue",
            lag: "the longest wait is",
            next: "the next is due in",
            since: "for",
            stories: "Stories",
            day: "in 24 hours",
            store: "store",
            full: "The disk is full: feeds are served, crawling goes on by itself once there is room",
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_is_told_in_few_lines_in_both_languages() {
        let row = json!({
            "version": "1.0.0", "uptime_s": 93_784, "now": "2026-03-02T01:30:00Z",
            "sources": { "total": 940, "fresh": 900, "due": 30, "crawling": 10, "failing": 12 },
            "crawling": (0..10).map(|n| json!({ "source": format!("lapas-{n}") })).collect::<Vec<_>>(),
            "queue_lag_s": 75, "next_crawl": "2026-03-02T01:30:40.5Z",
            "stories": 20_000, "stories_day": 310, "store_bytes": 123_456_789, "disk_full": true,
            "problems": [{
                "source": "portal", "state": "failing", "since": "2026-03-01T00:00:00Z", "evidence": "cannot\u{1b}[2J connect",
            }],
        });
        insta::assert_snapshot!(text(&row, Language::En), @"
        Warta 1.0.0, up for 1 d 2 h
        Sources  940 in all: 900 fresh, 30 due, 10 being crawled; 12 need a look (`warta sources --problems`)
        Queue    the longest wait is 1 min 15 s, the next is due in 40 s
        Stories  20000, 310 in 24 hours; store 117MiB
        !        The disk is full: feeds are served, crawling goes on by itself once there is room
        →        lapas-0
        →        lapas-1
        →        lapas-2
        →        lapas-3
        →        lapas-4
        →        lapas-5
        →        lapas-6
        →        lapas-7
        →        + 2
        !        portal failing for 1 d 1 h: cannot[2J connect
        ");
        assert!(text(&row, Language::Id).contains("berjalan 1 hari 2 jam"));
    }

    #[test]
    fn spans_and_sizes_are_short() {
        for (seconds, told) in [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (3_600, "1 h 0 min"),
            (90_000, "1 d 1 h"),
        ] {
            assert_eq!(span(seconds, Language::En), told);
        }
        for (bytes, told) in [(0, "0B"), (5_000, "4KiB"), (9 << 20, "9MiB"), (9 << 30, "9GiB")] {
            assert_eq!(size(bytes), told);
        }
    }
}
