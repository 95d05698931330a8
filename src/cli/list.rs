//! The commands that print what is stored: `sources`, `regions`, `stories`, `feed`.

use std::io::{IsTerminal, Write};

use comfy_table::{ContentArrangement, Table};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Error, Setup};
use crate::model::{Health, RegionCode, SatkerId, Scope, SourceState, StoryDetail};
use crate::publish::{self, Format};
use crate::{normalize, schedule, site};

/// Options of `warta sources`.
#[derive(Debug, clap::Args)]
pub struct SourcesArgs {
    /// Only those that something is wrong with
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
    let store = setup.store()?;
    let now = setup.clock.now();
    let intervals = schedule::Intervals { min: setup.config.crawl.min_interval, max: setup.config.crawl.max_interval };
    let mut rows = Vec::new();
    for source in setup.config.directory.sources.values() {
        let state = store.state(&source.id)?.unwrap_or_default();
        if args.problems && state.health == Health::Ok {
            continue;
        }
        let region = source.region.or(setup.config.directory.satker_of(source).map(|satker| satker.region));
        rows.push(json!({
            "id": source.id,
            "kind": source.kind.name(),
            "url": source.url.as_str(),
            "satker": source.satker,
            "region": region,
            "state": state.health,
            "since": state.since,
            "last_success": state.last_success,
            "last_error": state.last_error,
            "next_crawl": next_crawl(&state),
            "interval_s": schedule::interval(source, intervals).as_secs(),
            "articles_week": schedule::articles_week(&state, now),
        }));
    }
    let columns = ["id", "kind", "region", "state", "last_success", "articles_week", "next_crawl", "last_error"];
    print(&rows, &columns, args.json)
}

fn next_crawl(state: &SourceState) -> Option<Timestamp> {
    state.next_crawl.max(state.hold_until)
}

/// Prints the regions with their stories and feeds.
pub fn regions(setup: &Setup, args: &RegionsArgs) -> Result<(), Error> {
    let counts = setup.store()?.counts();
    let feed = |path: &str, format| publish::feed_url(&setup.config.site, path, format);
    let rows: Vec<Value> = setup
        .gazetteer
        .regions()
        .iter()
        .map(|region| {
            json!({
                "code": region.code,
                "name": region.name,
                "level": region.level(),
                "path": region.path,
                "stories": counts.get(&region.code).copied().unwrap_or(0),
                "feeds": {
                    "rss": feed(&region.path, Format::Rss),
                    "atom": feed(&region.path, Format::Atom),
                    "json": feed(&region.path, Format::Json),
                },
            })
        })
        .collect();
    print(&rows, &["code", "name", "stories", "path"], args.json)
}

/// Prints the newest stories of a region or unit.
pub fn stories(setup: &Setup, args: &StoriesArgs) -> Result<(), Error> {
    let scope = scope(setup, &args.scope)?;
    let since = args.since.as_deref().map(|text| since(setup, text)).transpose()?;
    let words: Vec<String> = args.search.iter().flat_map(|text| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    let store = setup.store()?;
    let mut rows = Vec::new();
    for detail in store.newest(&scope) {
        if rows.len() >= args.limit {
            break;
        }
        let detail = detail?;
        let text = format!("{}\n{}", detail.article.title, detail.article.text).to_lowercase();
        if since.is_none_or(|since| detail.article.date() >= since) && words.iter().all(|word| text.contains(word)) {
            rows.push(story(setup, &detail, args.json));
        }
    }
    print(&rows, &["id", "published", "regency", "title", "url"], args.json)
}

fn story(setup: &Setup, detail: &StoryDetail, machine: bool) -> Value {
    let StoryDetail { story, article } = detail;
    let copies: Vec<Value> = story
        .members
        .iter()
        .filter(|member| member.url != article.url)
        .map(|member| {
            json!({ "url": member.url, "source": member.source, "published": member.published.map(|date| date.at), "seen": member.seen })
        })
        .collect();
    let place = setup.gazetteer.region(story.region);
    let zone = setup.gazetteer.zone(story.region);
    json!({
        "id": story.id,
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "satker": story.satker,
        "published": match machine {
            true => json!(article.published.map(|date| date.at)),
            false => json!(site::date(setup.config.site.language, article.date(), zone)),
        },
        "published_origin": article.published.map(|date| date.origin),
        "first_seen": story.first_seen,
        "updated": story.updated,
        "province": story.region.province(),
        "regency": match machine {
            true => json!(story.region.regency()),
            false => json!(place.map(|region| region.name.as_str())),
        },
        "satker_regency": story.unit.and_then(RegionCode::regency),
        "copies": copies,
        "related": [],
    })
}

/// Writes a feed to stdout.
pub fn feed(setup: &Setup, args: &FeedArgs) -> Result<(), Error> {
    let scope = scope(setup, &args.scope)?;
    let format = Format::from_extension(&args.format).ok_or_else(|| Error::Usage(format!("{:?} is no format", args.format)))?;
    let store = setup.store()?;
    let mut site = setup.config.site.clone();
    store.authority().clone_into(&mut site.id_authority);
    let context =
        publish::Context { site: &site, gazetteer: &setup.gazetteer, directory: &setup.config.directory };
    let stories = publish::select(store.newest(&scope), setup.clock.now())?;
    Ok(std::io::stdout().write_all(&publish::render(&publish::view(context, &scope, stories), format))?)
}

/// The region or unit somebody means.
fn scope(setup: &Setup, text: &str) -> Result<Scope, Error> {
    let satker = SatkerId::new(text).ok().and_then(|id| setup.config.directory.satker(&id));
    if let Some(satker) = satker {
        return Ok(Scope::Satker(satker.id.clone()));
    }
    if let Some(region) = setup.gazetteer.resolve(text) {
        return Ok(Scope::Region(region.code));
    }
    let nearest: Vec<&str> = setup.gazetteer.nearest(text, 3).iter().map(|region| region.path.as_str()).collect();
    Err(Error::Usage(format!("{text:?} is no region and no satker; the nearest regions are {}", nearest.join(", "))))
}

fn since(setup: &Setup, text: &str) -> Result<Timestamp, Error> {
    normalize::read_date(text, crate::model::Zone::Wib, setup.clock.now())
        .map(|read| read.at)
        .ok_or_else(|| Error::Usage(format!("{text:?} is no date: write it as 2026-11-24")))
}

/// Prints rows as a table of some columns, or whole as JSON lines.
fn print(rows: &[Value], columns: &[&str], json: bool) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    if json {
        return rows.iter().try_for_each(|row| Ok(writeln!(out, "{row}")?));
    }
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::UTF8_HORIZONTAL_ONLY).set_header(columns);
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    for row in rows {
        table.add_row(columns.iter().map(|column| match &row[*column] {
            Value::Null => "–".to_owned(),
            Value::String(text) => text.chars().filter(|c| !c.is_control()).collect(),
            other => other.to_string(),
        }));
    }
    Ok(writeln!(out, "{table}")?)
}
