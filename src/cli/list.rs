//! The commands that print what is stored: `sources`, `regions`, `stories`, `feed`.

use std::io::{IsTerminal, Write};

use comfy_table::{ContentArrangement, Table};
use jiff::Timestamp;
use serde_json::Value;

use super::{Error, Setup, ask, terminal, turns};
use crate::model::{Health, Language, SatkerId, Scope, Why, Zone};
use crate::normalize;
use crate::publish::Format;
use crate::schedule::standing::advice;
use crate::serve::queries::{Answer, Query, Which};

/// Options of `warta sources`.
#[derive(Debug, clap::Args)]
pub struct SourcesArgs {
    /// Only those that something is wrong with, and what is held back of them
    #[arg(long)]
    problems: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Options of `warta regions`.
#[derive(Debug, clap::Args)]
pub struct RegionsArgs {
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Options of `warta stories`.
#[derive(Debug, clap::Args)]
pub struct StoriesArgs {
    /// A region or the id of a satker
    #[arg(default_value = "indonesia")]
    scope: String,
    /// Only those published since this date
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only those whose title or text has all these words
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Options of `warta feed`.
#[derive(Debug, clap::Args)]
pub struct FeedArgs {
    /// A region or the id of a satker
    scope: String,
    /// Format of the feed
    #[arg(long, value_parser = ["rss", "atom", "json"], default_value = "rss")]
    format: String,
}

/// Prints the sources and how they stand.
pub fn sources(setup: &Setup, args: &SourcesArgs) -> Result<(), Error> {
    let which = if args.problems { Which::Problems } else { Which::All };
    let mut rows = rows(setup, &Query::Sources { which })?;
    // A turn is that of all sources of a host: where only some are listed it is not known.
    let turns = match which {
        Which::All => turns::add_turns(&mut rows, setup.config.crawl.host_delay),
        Which::Problems => Vec::new(),
    };
    let columns = [
        "id",
        "kind",
        "region",
        "state",
        "last_success",
        "articles_week",
        "next_crawl",
        "evidence",
        "advice",
    ];
    if !args.json {
        advise(&mut rows, setup.config.site.language);
    }
    print(&rows, &columns, args.json)?;
    if args.json {
        return Ok(());
    }
    if !turns.is_empty() {
        print(&turns, &["budget", "sources", "full_turn"], false)?;
    }
    for line in turns::proposals(&self::rows(setup, &Query::Moves)?, setup.config.site.language) {
        writeln!(std::io::stdout(), "{}", terminal::line(&line))?;
    }
    if args.problems {
        return held_back(setup, &rows);
    }
    Ok(())
}

/// Puts the advice for people where that of JSON is, which is English.
fn advise(rows: &mut [Value], language: Language) {
    for row in rows {
        let health: Option<Health> = serde_json::from_value(row["state"].clone()).ok();
        row["advice"] = health.and_then(|health| advice(health, language)).into();
    }
}

/// Prints what the screen holds back of these sources, and what can be done about it.
fn held_back(setup: &Setup, rows: &[Value]) -> Result<(), Error> {
    let language = setup.config.site.language;
    let listed = rows
        .iter()
        .flat_map(|row| row["held_articles"].as_array().into_iter().flatten());
    let mut held: Vec<Value> = listed.cloned().collect();
    if held.is_empty() {
        return Ok(());
    }
    for row in &mut held {
        if let Ok(why) = serde_json::from_value::<Why>(row["why"].clone()) {
            row["reason"] = why.words(language).into();
        }
    }
    print(&held, &["url", "source", "since", "title", "reason"], false)?;
    let all: u64 = rows.iter().filter_map(|row| row["held"].as_u64()).sum();
    let words = match language {
        Language::Id => "tulisan ditahan; `warta edit URL --release` menerbitkan, `warta edit URL --confirm` menolak",
        Language::En => {
            "articles are held back; `warta edit URL --release` publishes one, `warta edit URL --confirm` keeps it out"
        }
    };
    Ok(writeln!(std::io::stdout(), "{all} {words}")?)
}

/// Prints the regions with their stories and feeds.
pub fn regions(setup: &Setup, args: &RegionsArgs) -> Result<(), Error> {
    print(
        &rows(setup, &Query::Regions)?,
        &["code", "name", "stories", "path"],
        args.json,
    )
}

/// Prints the newest stories of a region or unit.
pub fn stories(setup: &Setup, args: &StoriesArgs) -> Result<(), Error> {
    let scope = scope(setup, &args.scope)?;
    let since = args.since.as_deref().map(|text| date(setup, text)).transpose()?;
    let query = Query::Stories {
        scope,
        since,
        search: args.search.clone(),
        limit: args.limit,
    };
    print(
        &rows(setup, &query)?,
        &["id", "published", "province", "regency", "title", "url"],
        args.json,
    )
}

/// Writes a feed to stdout.
pub fn feed(setup: &Setup, args: &FeedArgs) -> Result<(), Error> {
    let format = Format::from_extension(&args.format);
    let format = format.ok_or_else(|| Error::Usage(format!("{:?} is no format", args.format)))?;
    let query = Query::Feed {
        scope: scope(setup, &args.scope)?,
        format,
    };
    match ask::answer(setup, &query)? {
        Answer::Bytes(bytes) => Ok(std::io::stdout().write_all(&bytes)?),
        Answer::Rows(rows) => print(&rows, &[], true),
    }
}

/// The rows that answer a query.
pub(super) fn rows(setup: &Setup, query: &Query) -> Result<Vec<Value>, Error> {
    match ask::answer(setup, query)? {
        Answer::Rows(rows) => Ok(rows),
        Answer::Bytes(_) => Ok(Vec::new()),
    }
}

/// The region or unit somebody means.
pub(super) fn scope(setup: &Setup, text: &str) -> Result<Scope, Error> {
    let satker = SatkerId::new(text)
        .ok()
        .and_then(|id| setup.config.directory.satker(&id));
    if let Some(satker) = satker {
        return Ok(Scope::Satker(satker.id.clone()));
    }
    if let Some(region) = setup.gazetteer.resolve(text) {
        return Ok(Scope::Region(region.code));
    }
    Err(Error::Usage(format!(
        "{text:?} is no region and no satker; the nearest regions are {}",
        setup.nearest(text)
    )))
}

/// The time somebody means by a date.
pub(super) fn date(setup: &Setup, text: &str) -> Result<Timestamp, Error> {
    normalize::date::read(text, Zone::Wib, setup.clock.now())
        .map(|read| read.at)
        .ok_or_else(|| Error::Usage(format!("{text:?} is no date: write it as 2026-11-24")))
}

/// Prints rows as a table of some columns, or whole as JSON lines.
pub(super) fn print(rows: &[Value], columns: &[&str], json: bool) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    if json {
        return rows.iter().try_for_each(|row| Ok(writeln!(out, "{row}")?));
    }
    let mut table = Table::new();
    table.set_header(columns);
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    for row in rows {
        table.add_row(columns.iter().map(|column| match &row[*column] {
            Value::Null => "–".to_owned(),
            Value::String(text) => terminal::line(text),
            other => other.to_string(),
        }));
    }
    Ok(writeln!(out, "{table}")?)
}
