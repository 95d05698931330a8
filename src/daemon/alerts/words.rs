//! The messages of the webhook: JSON whose keys never change, with a `text` for people as chat services show it. Pure.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::News;
use crate::model::{Incident, Language, SourceId};
use crate::schedule::standing::advice;
use crate::serve::Settings;

/// A message lists so many incidents; the others are counted.
const LISTED: usize = 50;

/// The message of one incident, or of many that are told together.
pub(super) fn incidents(settings: &Settings, news: &[News]) -> Value {
    if let [News { source, incident }] = news {
        let mut message = row(settings, source, incident);
        message["event"] = "incident".into();
        message["site"] = settings.site.base_url.as_str().into();
        message["text"] = line(settings, source, incident).into();
        return message;
    }
    let resolved = news.iter().filter(|news| !news.incident.is_open()).count();
    let new = news.len() - resolved;
    let text = match settings.site.language {
        Language::Id => format!("{new} gangguan baru, {resolved} selesai"),
        Language::En => format!("{new} new incidents, {resolved} resolved"),
    };
    let listed = news.iter().take(LISTED);
    json!({
        "event": "incidents",
        "site": settings.site.base_url.as_str(),
        "text": text,
        "new": new,
        "resolved": resolved,
        "incidents": listed.map(|news| row(settings, &news.source, &news.incident)).collect::<Vec<_>>(),
    })
}

/// The summary of a day: what lasts, and what began and ended in the 24 hours before.
pub(super) fn summary(settings: &Settings, all: &[(SourceId, Vec<Incident>)], date: Date, now: Timestamp) -> Value {
    let yesterday = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now);
    let each = || {
        all.iter()
            .flat_map(|(id, incidents)| incidents.iter().map(move |incident| (id, incident)))
    };
    let new = each().filter(|(_, incident)| incident.since > yesterday).count();
    let ended = |incident: &Incident| incident.resolved.is_some_and(|at| at > yesterday);
    let resolved = each().filter(|(_, incident)| ended(incident)).count();
    let mut open: Vec<(&SourceId, &Incident)> = each().filter(|(_, incident)| incident.is_open()).collect();
    open.sort_by_key(|(_, incident)| std::cmp::Reverse(incident.since));
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for (_, incident) in &open {
        *kinds.entry(kind(incident)).or_default() += 1;
    }
    let sources = settings.directory.sources.len();
    let text = match settings.site.language {
        Language::Id => format!(
            "Ringkasan {date}: gangguan pada {} dari {sources} sumber; sehari terakhir {new} baru, {resolved} selesai",
            open.len()
        ),
        Language::En => format!(
            "Summary of {date}: something is wrong with {} of {sources} sources; in the last day {new} new, {resolved} resolved",
            open.len()
        ),
    };
    let listed = open.iter().take(LISTED);
    json!({
        "event": "daily",
        "site": settings.site.base_url.as_str(),
        "date": date,
        "text": text,
        "sources": sources,
        "open": open.len(),
        "new": new,
        "resolved": resolved,
        "kinds": kinds,
        "incidents": listed.map(|(id, incident)| row(settings, id, incident)).collect::<Vec<_>>(),
    })
}

fn row(settings: &Settings, id: &SourceId, incident: &Incident) -> Value {
    let source = settings.directory.sources.get(id);
    json!({
        "state": if incident.is_open() { "new" } else { "resolved" },
        "source": id,
        "satker": source.and_then(|source| source.satker.as_ref()),
        "url": source.map(|source| source.url.as_str()),
        "kind": incident.kind,
        "since": incident.since,
        "resolved": incident.resolved,
        "evidence": incident.evidence,
        "advice": advice(incident.kind, Language::En).filter(|_| incident.is_open()),
        "last_good": incident.last_good,
    })
}

fn line(settings: &Settings, id: &SourceId, incident: &Incident) -> String {
    let name = settings.directory.source_name(id);
    let kind = kind(incident);
    let why = incident.evidence.as_deref().unwrap_or_default();
    match (settings.site.language, incident.is_open()) {
        (Language::Id, true) => format!("Gangguan pada {name} ({id}): {kind}. {why}"),
        (Language::Id, false) => format!("Gangguan selesai pada {name} ({id}): {kind}"),
        (Language::En, true) => format!("Something is wrong with {name} ({id}): {kind}. {why}"),
        (Language::En, false) => format!("All is well again with {name} ({id}): {kind}"),
    }
}

/// A state as `warta sources` names it.
fn kind(incident: &Incident) -> String {
    let name = serde_json::to_value(incident.kind).ok();
    name.and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}
