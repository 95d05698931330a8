//! A month's report of a region or unit, gathered from the store: for the command, and as the page `/laporan/…`.

use std::sync::Arc;

use axum::extract::{Path, Query as Asked, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::queries::Answer;
use super::{Settings, Shared, pages};
use crate::gazetteer::Gazetteer;
use crate::model::{Directory, RegionCode, SatkerId, Scope};
use crate::publish;
use crate::report::{self, Month, Report};
use crate::site::{self, ReportPortal, ReportRelease, ReportUnit, ReportView};
use crate::store;

/// How a report is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The figures of each unit, a row each.
    Table,
    /// A row for each release and pick-up.
    Json,
    /// The same as a CSV file.
    Csv,
    /// A page.
    Html,
}

/// Answers `warta report`.
pub(super) fn answer(
    shared: &Shared,
    settings: &Settings,
    scope: &Scope,
    month: Month,
    form: Form,
) -> Result<Answer, store::Error> {
    let report = gather(shared, settings, scope, month)?;
    let object = |row: report::Row<'_>| serde_json::to_value(row).unwrap_or(Value::Null);
    Ok(match form {
        Form::Table => Answer::Rows(report.units.iter().map(|unit| json!(unit)).collect()),
        Form::Json => Answer::Rows(report.rows().into_iter().map(object).collect()),
        Form::Csv => Answer::Bytes(report.csv().into_bytes()),
        Form::Html => Answer::Bytes(page(shared, settings, scope, &report).into_bytes()),
    })
}

/// What `/laporan/…` may be asked for.
#[derive(Debug, Default, Deserialize)]
pub struct Which {
    /// The month, `2026-11`; this one where it is left out or no month.
    bulan: Option<String>,
}

/// The page of the whole country.
pub async fn national(State(shared): State<Arc<Shared>>, which: Asked<Which>, headers: HeaderMap) -> Response {
    shown(shared, Scope::Region(RegionCode::INDONESIA), which.0, headers).await
}

/// The page of a region, or of a unit as `satker/{id}`.
pub async fn of(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    which: Asked<Which>,
    headers: HeaderMap,
) -> Response {
    let settings = shared.settings();
    match scope(&shared.gazetteer, &settings.directory, &path) {
        Some(scope) => shown(shared, scope, which.0, headers).await,
        None => pages::not_found(&shared, &settings, &path),
    }
}

/// What a path names: a region as its page does, or a unit.
fn scope(gazetteer: &Gazetteer, directory: &Directory, path: &str) -> Option<Scope> {
    if let Some(id) = path.strip_prefix("satker/") {
        let satker = directory.satker(&SatkerId::new(id).ok()?)?;
        return Some(Scope::Satker(satker.id.clone()));
    }
    gazetteer.by_path(path).map(|region| Scope::Region(region.code))
}

async fn shown(shared: Arc<Shared>, scope: Scope, which: Which, headers: HeaderMap) -> Response {
    let zone = zone(&shared, &shared.settings(), &scope);
    let asked = which.bulan.and_then(|text| text.parse().ok());
    let month = asked.unwrap_or_else(|| Month::of(shared.clock.now(), zone));
    let name = format!("page:laporan/{scope:?}/{month}");
    pages::page(shared, headers, &name, move |shared, settings| {
        let report = gather(shared, settings, &scope, month)?;
        Ok(page(shared, settings, &scope, &report))
    })
    .await
}

/// The stories a month's report may be about, from the newest back to the month's beginning in any zone.
fn gather(shared: &Shared, settings: &Settings, scope: &Scope, month: Month) -> Result<Report, store::Error> {
    let since = TimeZone::UTC
        .to_timestamp(month.first_day().into())
        .unwrap_or(Timestamp::MIN)
        .checked_sub(SignedDuration::from_hours(24))
        .unwrap_or(Timestamp::MIN);
    let mut stories = Vec::new();
    for detail in shared.store.newest(scope) {
        let detail = detail?;
        if detail.story.listed_at < since {
            break;
        }
        stories.push(detail);
    }
    Ok(report::report(&shared.gazetteer, &settings.directory, month, &stories))
}

fn zone(shared: &Shared, settings: &Settings, scope: &Scope) -> crate::model::Zone {
    let code = match scope {
        Scope::Region(code) => *code,
        Scope::Satker(id) => settings
            .directory
            .satker(id)
            .map_or(RegionCode::INDONESIA, |satker| satker.region),
    };
    shared.gazetteer.zone(code)
}

fn page(shared: &Shared, settings: &Settings, scope: &Scope, report: &Report) -> String {
    let name = match scope {
        Scope::Region(code) => shared.gazetteer.region(*code).map(|region| region.name.clone()),
        Scope::Satker(id) => settings.directory.satker(id).map(|satker| satker.name.clone()),
    };
    let path = match publish::scope_path(&shared.gazetteer, scope) {
        Some(path) if *scope != Scope::Region(RegionCode::INDONESIA) => format!("laporan/{path}"),
        _ => "laporan".to_owned(),
    };
    let this = Month::of(shared.clock.now(), zone(shared, settings, scope));
    let view = ReportView {
        path,
        after: Some(report.month.after())
            .filter(|after| *after <= this)
            .map(Month::first_day),
        ..view(&name.unwrap_or_default(), report)
    };
    site::report(pages::context(shared, settings), &view)
}

/// A report as its page shows it, but for the way to other months.
pub(crate) fn view(scope: &str, report: &Report) -> ReportView {
    let units = report.units.iter().map(|unit| ReportUnit {
        satker: unit.satker.clone(),
        name: unit.name.clone(),
        releases: unit.releases,
        republished: unit.republished,
        copies: unit.copies,
        first_minutes: unit.first_minutes,
        median_minutes: unit.median_minutes,
    });
    let portals = report.portals.iter().map(|portal| ReportPortal {
        name: portal.name.clone(),
        copies: portal.copies,
        units: portal.units,
        first_minutes: portal.first_minutes,
        median_minutes: portal.median_minutes,
    });
    let releases = report.releases.iter().map(|release| ReportRelease {
        story: release.story,
        title: release.title.clone(),
        unit: release.unit.clone(),
        portals: release.portals(),
        first_minutes: release.first_minutes(),
    });
    ReportView {
        scope: scope.to_owned(),
        path: "laporan".to_owned(),
        after: None,
        month: report.month.first_day(),
        units: units.collect(),
        portals: portals.collect(),
        releases: releases.collect(),
    }
}
