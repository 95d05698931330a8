//! The page of a month's report: releases of each unit, who republished them, how fast. The figures are `report`'s.

use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

use super::Context;
use super::page::{Head, cut, page};
use super::view::ReportView;
use super::words::fill;

/// Characters of a title in the table.
const TITLE: usize = 200;

/// The page of a month's report.
pub fn report(context: Context<'_>, view: &ReportView) -> String {
    let words = context.words();
    let title = fill(words.report, &[&words.month(view.month), &view.scope]);
    let body = html! {
        h1 { (title) }
        (months(context, view))
        @if view.releases.is_empty() { p { (words.report_none) } } @else {
            p { (words.report_help) }
            (units(context, view))
            @if !view.portals.is_empty() { (portals(context, view)) }
            (releases(context, view))
        }
    };
    let head = Head {
        title: &title,
        ..Head::default()
    };
    page(context, &head, &body)
}

/// The way to the months before and after.
fn months(context: Context<'_>, view: &ReportView) -> Markup {
    let before = view.month.saturating_sub(1.month());
    let link = |rel: &str, month: Date| {
        let address = context.href(&format!("{}?bulan={}", view.path, month.strftime("%Y-%m")));
        html! { a rel=(rel) href=(address) { (context.words().month(month)) } }
    };
    html! {
        p { (link("prev", before)) @if let Some(after) = view.after { " · " (link("next", after)) } }
    }
}

fn units(context: Context<'_>, view: &ReportView) -> Markup {
    let words = context.words();
    let columns = [
        words.releases,
        words.republished,
        words.times,
        words.first,
        words.median,
    ];
    let rows = html! {
        @for unit in &view.units { tr {
            th scope="row" { a href=(context.href(&format!("satker/{}", unit.satker))) { (unit.name) } }
            @for count in [unit.releases, unit.republished, unit.copies] { (number(context, count)) }
            @for minutes in [unit.first_minutes, unit.median_minutes] { (duration(context, minutes)) }
        } }
    };
    table(words.report_units, words.unit, &columns, &rows)
}

fn portals(context: Context<'_>, view: &ReportView) -> Markup {
    let words = context.words();
    let columns = [words.times, words.units, words.first, words.median];
    let rows = html! {
        @for portal in &view.portals { tr {
            th scope="row" { (portal.name) }
            @for count in [portal.copies, portal.units] { (number(context, count)) }
            @for minutes in [portal.first_minutes, portal.median_minutes] { (duration(context, minutes)) }
        } }
    };
    table(words.report_portals, words.portal, &columns, &rows)
}

fn releases(context: Context<'_>, view: &ReportView) -> Markup {
    let words = context.words();
    let rows = html! {
        @for release in &view.releases { tr {
            th scope="row" { a href=(context.href(&format!("berita/{}", release.story))) { (cut(&release.title, TITLE)) } }
            td { (release.unit) }
            td { (release.portals.join(", ")) }
            (duration(context, release.first_minutes))
        } }
    };
    let columns = [words.unit, words.copies, words.first];
    table(words.report_releases, words.title, &columns, &rows)
}

/// A table with a caption, in a frame of its own that scrolls on a narrow screen.
fn table(caption: &str, first: &str, columns: &[&str], rows: &Markup) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table {
                caption { (caption) }
                thead { tr { th scope="col" { (first) } @for column in columns { th scope="col" { (column) } } } }
                tbody { (rows) }
            }
        }
    }
}

fn number(context: Context<'_>, count: u32) -> Markup {
    html! { td.number { (context.words().number(u64::from(count))) } }
}

fn duration(context: Context<'_>, minutes: Option<u64>) -> Markup {
    html! { td.number { (minutes.map_or_else(|| "–".to_owned(), |minutes| context.words().duration(minutes))) } }
}
