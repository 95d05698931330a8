//! Questions about what is stored, as the commands ask them: answered by the command itself where it has the store, else
//! by the daemon over its control socket. The rows are those of `--json`; tables for people are `cli`'s.
//!
//! Not for the public listener, which answers with pages and feeds. [`answer`] waits for the disk: call it on a thread
//! that may.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::reports::{self, Form};
use super::{Settings, Shared, addresses, explain, quarantine, status};
use crate::model::{Member, Published, Scope, Source, SourceId, SourceState, StoryDetail};
use crate::publish::{self, Format};
use crate::report::Month;
use crate::schedule::moved::{SiteMove, site_moves};
use crate::schedule::{self, standing::standing};
use crate::store::{self, HeldBack};

/// How long a source without an interval of its own is expected to rest, in seconds, before any crawl said otherwise.
const INTERVAL_S: u64 = 1_800;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Query {
    /// The newest stories of a scope.
    Stories {
        /// Of what.
        scope: Scope,
        /// Only those that arrived then or later.
        since: Option<Timestamp>,
        /// Only those that have all of these words in title or text, in any case.
        search: Option<String>,
        /// How many at most.
        limit: usize,
    },
    /// The configured sources.
    Sources {
        /// Which of them.
        which: Which,
    },
    /// The sites that moved, as is to be written into the configuration: a row each.
    Moves,
    /// The region tree with story counts and feed addresses.
    Regions,
    /// Why a story is where it is: one row, or none where there is no such story.
    Explain {
        /// Its id, or the canonical address of one of its articles.
        what: String,
    },
    /// A feed as it is served.
    Feed {
        /// Of what.
        scope: Scope,
        /// In which format.
        format: Format,
    },
    /// A month's report.
    Report {
        /// Of what.
        scope: Scope,
        /// Which month.
        month: Month,
        /// In which form.
        form: Form,
    },
    /// Every public address whose answer depends on nothing but what is stored and configured: what a static copy of
    /// the site holds. Each row is a path below `site.base_url`.
    Addresses,
    /// What the daemon is doing, and how everything stands: one row. None where whoever answers is no daemon.
    Status,
}

impl Query {
    /// Whether its answer is bytes, not rows.
    pub fn is_bytes(&self) -> bool {
        match self {
            Query::Feed { .. } => true,
            Query::Report { form, .. } => matches!(form, Form::Csv | Form::Html),
            _ => false,
        }
    }
}

/// Which sources are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// All of them.
    All,
    /// Those that somebody should look at, and those of which something is held back.
    Problems,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// One JSON object for each line of `--json`.
    Rows(Vec<Value>),
    /// A feed's bytes.
    Bytes(Vec<u8>),
}

/// Answers a query with the settings and the time of the moment.
///
/// # Errors
/// When the store cannot be read.
pub fn answer(query: &Query, shared: &Shared) -> Result<Answer, store::Error> {
    let settings = shared.settings();
    match query {
        Query::Stories {
            scope,
            since,
            search,
            limit,
        } => stories(shared, scope, *since, search.as_deref(), *limit).map(Answer::Rows),
        Query::Sources { which } => sources(shared, &settings, *which).map(Answer::Rows),
        Query::Moves => moves(shared, &settings).map(Answer::Rows),
        Query::Explain { what } => explain::explain(shared, what).map(|row| Answer::Rows(row.into_iter().collect())),
        Query::Regions => Ok(Answer::Rows(regions(shared, &settings))),
        Query::Report { scope, month, form } => reports::answer(shared, &settings, scope, *month, *form),
        Query::Addresses => addresses::all(shared, &settings).map(Answer::Rows),
        Query::Status => status::row(shared, &settings).map(|row| Answer::Rows(row.into_iter().collect())),
        Query::Feed { scope, format } => feed(shared, &settings, scope, *format).map(Answer::Bytes),
    }
}

fn stories(
    shared: &Shared,
    scope: &Scope,
    since: Option<Timestamp>,
    search: Option<&str>,
    limit: usize,
) -> Result<Vec<Value>, store::Error> {
    let words: Vec<String> = search
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_lowercase)
        .collect();
    let mut rows = Vec::new();
    for detail in shared.store.newest(scope) {
        let detail = detail?;
        // The newest arrival comes first, so that nothing after this one is young enough.
        let too_old = since.is_some_and(|since| detail.story.first_seen < since);
        if too_old || rows.len() >= limit {
            break;
        }
        if detail.story.hidden.is_none() && has_all(&detail, &words) {
            rows.push(story_row(&detail));
        }
    }
    Ok(rows)
}

/// Whether every word, in lower case, occurs in the title or the text.
fn has_all(detail: &StoryDetail, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let text = format!("{}\n{}", detail.article.title, detail.article.text).to_lowercase();
    words.iter().all(|word| text.contains(word))
}

fn story_row(detail: &StoryDetail) -> Value {
    let StoryDetail { story, article } = detail;
    let others = story
        .members
        .iter()
        .filter(|member| member.article != story.representative);
    json!({
        "id": story.id,
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "satker": story.satker,
        "published": article.published.map(local),
        "published_origin": article.published.map(|published| published.origin),
        "first_seen": story.first_seen,
        "updated": story.updated,
        "province": story.region.province(),
        "regency": story.region.regency(),
        "satker_regency": story.unit.and_then(|unit| unit.regency()),
        "copies": others.map(copy_row).collect::<Vec<_>>(),
        "related": story.related,
    })
}

fn copy_row(member: &Member) -> Value {
    json!({
        "url": member.url,
        "source": member.source,
        "published": member.published.map(local),
        "seen": member.seen,
    })
}

/// A stated date with the offset it was stated in.
fn local(published: Published) -> String {
    published.at.display_with_offset(published.zone.offset()).to_string()
}

fn sources(shared: &Shared, settings: &Settings, which: Which) -> Result<Vec<Value>, store::Error> {
    let now = shared.clock.now();
    let states: HashMap<SourceId, SourceState> = shared.store.states()?.into_iter().collect();
    let mut held: HashMap<SourceId, HeldBack> = HashMap::new();
    for back in shared.store.held_back(quarantine::LISTED)? {
        held.insert(back.source.clone(), back);
    }
    let never = SourceState::default();
    let mut rows = Vec::new();
    for source in settings.directory.sources.values() {
        let state = states.get(&source.id).unwrap_or(&never);
        let back = held.remove(&source.id);
        if which == Which::All || back.is_some() || standing(state, now).health.needs_attention() {
            let mut row = source_row(settings, source, state, now);
            row["held"] = back.as_ref().map_or(0, |back| back.count).into();
            let newest = back.iter().flat_map(|back| &back.newest);
            row["held_articles"] = newest.map(quarantine::row).collect();
            rows.push(row);
        }
    }
    if which == Which::Problems {
        let mut others: Vec<HeldBack> = held.into_values().collect();
        others.sort_by(|a, b| a.source.as_str().cmp(b.source.as_str()));
        rows.extend(others.iter().map(quarantine::unlisted_row));
    }
    Ok(rows)
}

fn source_row(settings: &Settings, source: &Source, state: &SourceState, now: Timestamp) -> Value {
    let unit = settings.directory.satker_of(source);
    let standing = standing(state, now);
    json!({
        "id": source.id,
        "kind": source.kind.name(),
        "url": source.url.as_str(),
        "satker": source.satker,
        "region": source.region.or_else(|| unit.map(|satker| satker.region)),
        "state": standing.health,
        "since": standing.since,
        "last_success": state.last_success,
        "last_error": state.last_error,
        "next_crawl": state.next_crawl,
        "interval_s": interval_s(source, state),
        "articles_week": state.articles_week(now),
        "last_good": standing.last_good,
        "evidence": standing.evidence,
        "advice": standing.advice,
        "moved_to": moved_to(source, state),
        "requests": state.requests,
    })
}

/// The seconds between two crawls: the source's own, else as its last success and its next crawl lie apart.
fn interval_s(source: &Source, state: &SourceState) -> u64 {
    let apart = || {
        let (last, next) = (state.last_success?, state.next_crawl?);
        u64::try_from(next.as_second() - last.as_second()).ok()
    };
    let own = source.interval.map(|interval| interval.as_secs());
    own.or_else(apart).unwrap_or(INTERVAL_S)
}

/// The address that is asked instead of the configured one, to be written into the configuration.
fn moved_to(source: &Source, state: &SourceState) -> Option<String> {
    let at = schedule::moved::address(source, state);
    (at != source.url).then(|| at.into())
}

fn moves(shared: &Shared, settings: &Settings) -> Result<Vec<Value>, store::Error> {
    let states: HashMap<SourceId, SourceState> = shared.store.states()?.into_iter().collect();
    let all = settings.directory.sources.values();
    let never = SourceState::default();
    let known = all.map(|source| (source, states.get(&source.id).unwrap_or(&never)));
    let row = |site: SiteMove| {
        let sources = site.sources.iter().map(|(id, url)| json!({ "id": id, "url": url }));
        json!({
            "from": site.from,
            "to": site.to,
            "sources": sources.collect::<Vec<_>>(),
            "stayed": site.stayed,
        })
    };
    Ok(site_moves(known).into_iter().map(row).collect())
}

fn regions(shared: &Shared, settings: &Settings) -> Vec<Value> {
    let counts = shared.store.counts();
    let row = |region: &crate::gazetteer::Region| {
        let feed = |format| publish::feed_url(&settings.site, &region.path, format);
        json!({
            "code": region.code,
            "name": region.name,
            "level": region.level(),
            "path": region.path,
            "stories": counts.get(&region.code).copied().unwrap_or(0),
            "feeds": { "rss": feed(Format::Rss), "atom": feed(Format::Atom), "json": feed(Format::Json) },
        })
    };
    shared.gazetteer.regions().iter().map(row).collect()
}

fn feed(shared: &Shared, settings: &Arc<Settings>, scope: &Scope, format: Format) -> Result<Vec<u8>, store::Error> {
    let feed = shared.live_feed(settings, scope)?.feed;
    Ok(publish::render(&feed, format))
}

#[cfg(test)]
mod tests {
    use crate::model::samples;

    use tokio::sync::watch;

    use super::super::tests::{now, settings, store_story};
    use super::*;
    use crate::clock::Clock;
    use crate::gazetteer::Gazetteer;
    use crate::model::{Health, SatkerId, SourceKind};
    use crate::store::Store;

    /// Three stories of one unit, and two sources of which one is failing and one was never crawled.
    async fn shared(folder: &tempfile::TempDir) -> Shared {
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        for n in 1..=3 {
            store_story(&store, n).await;
        }
        let mut settings = settings("https://warta.example.id/");
        for (id, satker) in [
            ("lapas-jember-kumparan", SatkerId::new("lapas-jember").ok()),
            ("portal", None),
        ] {
            let source = source(id, satker);
            let directory = Arc::make_mut(&mut settings.directory);
            directory.sources.insert(source.id.clone(), source);
        }
        let state = SourceState {
            health: Health::Failing,
            last_error: Some("cannot connect".to_owned()),
            arrivals: vec![(0, 9), (SourceState::day(now()), 2)],
            ..SourceState::default()
        };
        store.put_state(&SourceId::new("portal").unwrap(), &state).unwrap();
        let (_sender, settings) = watch::channel(Arc::new(settings));
        Shared::new(
            store,
            Arc::new(Gazetteer::built_in()),
            settings,
            Clock::simulated(now()),
        )
    }

    fn source(id: &str, satker: Option<SatkerId>) -> Source {
        Source {
            kind: SourceKind::Kumparan,
            satker,
            region: None,
            ..samples::source(id, &format!("https://kumparan.com/{id}"))
        }
    }

    fn rows(query: &Query, shared: &Shared) -> Vec<Value> {
        match answer(query, shared).unwrap() {
            Answer::Rows(rows) => rows,
            Answer::Bytes(_) => panic!("{query:?} gave bytes"),
        }
    }

    fn stories_of(scope: &str, since: Option<Timestamp>, search: Option<&str>, limit: usize) -> Query {
        Query::Stories {
            scope: Scope::Region(scope.parse().unwrap()),
            since,
            search: search.map(str::to_owned),
            limit,
        }
    }

    fn keys(row: &Value) -> Vec<&str> {
        row.as_object().unwrap().keys().map(String::as_str).collect()
    }

    #[tokio::test]
    async fn a_site_that_moved_is_proposed_with_its_sources() {
        let folder = tempfile::tempdir().unwrap();
        let shared = shared(&folder).await;
        assert_eq!(rows(&Query::Moves, &shared), Vec::<Value>::new());
        let moved = crate::model::Moved {
            from: "https://kumparan.com/portal".to_owned(),
            to: "https://portal.example/feed".to_owned(),
            first: now(),
            last: now(),
            seen: 9,
            adopted: Some(now()),
        };
        let state = SourceState {
            moved: Some(moved),
            ..SourceState::default()
        };
        shared
            .store
            .put_state(&SourceId::new("portal").unwrap(), &state)
            .unwrap();
        let expected = json!({
            "from": "kumparan.com", "to": "portal.example", "stayed": 1,
            "sources": [{"id": "portal", "url": "https://portal.example/feed"}],
        });
        assert_eq!(rows(&Query::Moves, &shared), [expected]);
    }

    #[tokio::test]
    async fn a_storys_row_has_every_promised_key() {
        let folder = tempfile::tempdir().unwrap();
        let shared = shared(&folder).await;
        let rows = rows(&stories_of("35.09", None, None, 10), &shared);
        assert_eq!(rows.len(), 3);
        let mut promised = [
            "id",
            "title",
            "url",
            "source",
            "satker",
            "published",
            "published_origin",
            "first_seen",
            "updated",
            "province",
            "regency",
            "satker_regency",
            "copies",
            "related",
        ];
        promised.sort_unstable();
        let mut found = keys(&rows[0]);
        found.sort_unstable();
        assert_eq!(found, promised);
        assert_eq!(
            (&rows[0]["province"], &rows[0]["regency"]),
            (&json!("35"), &json!("35.09"))
        );
        assert_eq!(
            (&rows[0]["published"], &rows[0]["satker_regency"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(rows[0]["first_seen"], "2026-11-24T00:00:00Z");
    }

    #[tokio::test]
    async fn stories_are_chosen_by_words_time_scope_and_number() {
        let folder = tempfile::tempdir().unwrap();
        let shared = shared(&folder).await;
        let later = now() + std::time::Duration::from_secs(1);
        for (query, expected) in [
            (stories_of("ID", None, None, 2), 2),
            (stories_of("ID", None, None, 0), 0),
            (stories_of("36", None, None, 10), 0),
            (stories_of("35", None, Some("  "), 10), 3),
            (stories_of("35", None, Some("KEGIATAN 2"), 10), 1),
            (stories_of("35", None, Some("2 kegiatan"), 10), 1),
            (stories_of("35", None, Some("kegiatan lain"), 10), 0),
            (stories_of("35", Some(now()), None, 10), 3),
            (stories_of("35", Some(later), None, 10), 0),
        ] {
            assert_eq!(rows(&query, &shared).len(), expected, "{query:?}");
        }
    }

    #[tokio::test]
    async fn a_source_is_listed_with_its_state_or_as_never_crawled() {
        let folder = tempfile::tempdir().unwrap();
        let shared = shared(&folder).await;
        let all = rows(&Query::Sources { which: Which::All }, &shared);
        assert_eq!(all.len(), 2);
        assert_eq!(
            all[0],
            json!({
                "id": "lapas-jember-kumparan", "kind": "kumparan", "url": "https://kumparan.com/lapas-jember-kumparan",
                "satker": "lapas-jember", "region": "35.09", "state": "ok", "since": null, "last_success": null,
                "last_error": null, "next_crawl": null, "interval_s": 1800, "articles_week": 0,
                "last_good": null, "evidence": null, "advice": null, "moved_to": null, "requests": 0, "held": 0, "held_articles": [],
            })
        );
        let problems = rows(&Query::Sources { which: Which::Problems }, &shared);
        assert_eq!(problems.len(), 1);
        assert_eq!(
            (
                &problems[0]["id"],
                &problems[0]["state"],
                &problems[0]["articles_week"],
                &problems[0]["region"]
            ),
            (&json!("portal"), &json!("failing"), &json!(2), &Value::Null)
        );
    }

    #[tokio::test]
    async fn every_region_is_listed_with_its_stories_and_feeds() {
        let folder = tempfile::tempdir().unwrap();
        let shared = shared(&folder).await;
        let rows = rows(&Query::Regions, &shared);
        assert_eq!(rows.len(), 1 + 38 + 514);
        assert_eq!(
            (&rows[0]["code"], &rows[0]["level"], &rows[0]["stories"]),
            (&json!("ID"), &json!("country"), &json!(3))
        );
        let jember = rows.iter().find(|row| row["code"] == "35.09").unwrap();
        assert_eq!(
            jember["feeds"]["atom"],
            "https://warta.example.id/feeds/jawa-timur/kabupaten-jember.atom"
        );
    }

    #[tokio::test]
    async fn a_feed_is_written_as_it_is_served_and_queries_cross_a_socket() {
        let folder = tempfile::tempdir().unwrap();
        let shared = shared(&folder).await;
        let query = Query::Feed {
            scope: Scope::Satker(SatkerId::new("lapas-jember").unwrap()),
            format: Format::Atom,
        };
        let Answer::Bytes(bytes) = answer(&query, &shared).unwrap() else {
            panic!("a feed is bytes");
        };
        assert_eq!(feed_rs::parser::parse(bytes.as_slice()).unwrap().entries.len(), 3);
        for query in [query, stories_of("ID", Some(now()), Some("x"), 5), Query::Regions] {
            let sent = serde_json::to_string(&query).unwrap();
            assert_eq!(serde_json::from_str::<Query>(&sent).unwrap(), query, "{sent}");
        }
    }
}
