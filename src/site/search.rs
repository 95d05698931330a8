//! The page of a search: the form with its filters, what was found, and the feed of the same search.

use maud::{Markup, html};

use super::Context;
use super::list::{byline, title_link};
use super::page::{Feed, Head, Robots, feed_links, page};
use super::view::{Asked, Hit, Mark, Marked, Origin, SearchView};
use super::words::fill;
use crate::model::{Republish, SatkerKind};

/// The kinds of unit, in the order of the form.
const KINDS: [SatkerKind; 10] = [
    SatkerKind::Lapas,
    SatkerKind::Rutan,
    SatkerKind::Lpka,
    SatkerKind::Bapas,
    SatkerKind::Rupbasan,
    SatkerKind::Kanim,
    SatkerKind::Rudenim,
    SatkerKind::Kanwil,
    SatkerKind::Pengadilan,
    SatkerKind::Lainnya,
];

/// The page of a search.
pub fn search(context: Context<'_>, view: SearchView<'_>) -> String {
    let words = context.words();
    let asked = view.asked;
    let title = match asked.text.as_str() {
        "" => words.search.to_owned(),
        text => format!("{}: {text}", words.search),
    };
    let query = format!("?{}", asked.feed_query());
    let feed = Feed {
        path: "cari",
        query: &query,
        title: &title,
    };
    let body = html! {
        h1 { (words.search_label) }
        (form(context, asked))
        @if !asked.is_empty() {
            section aria-labelledby="hasil" {
                h2 #hasil { (words.results) }
                p role="status" {
                    @if view.total == 0 { (words.found_none) }
                    @else { (fill(words.found, &[&words.stories(view.total)])) }
                }
                ul.stories { @for hit in view.hits { li { (found(context, hit)) } } }
                (pages(context, view))
                p { (words.search_feed) ": " (feed_links(context, feed)) }
            }
        }
    };
    let head = Head {
        title: &title,
        robots: Robots::NoIndex,
        feed: (!asked.is_empty()).then_some(feed),
        here: Some("cari"),
        ..Head::default()
    };
    page(context, &head, &body)
}

fn form(context: Context<'_>, asked: &Asked) -> Markup {
    let words = context.words();
    html! {
        form.search role="search" action=(context.href("cari")) method="get" {
            p {
                label for="q" { (words.query) }
                input #q type="search" name="q" value=(asked.text);
            }
            fieldset {
                legend { (words.filters) }
                p { label for="wilayah" { (words.region) } (regions(context, asked)) }
                p {
                    label for="jenis" { (words.kind) }
                    select #jenis name="jenis" {
                        option value="" { (words.any_kind) }
                        @for kind in KINDS {
                            option value=(kind.slug()) selected[asked.kind == Some(kind)] { (words.satker_kind(kind)) }
                        }
                    }
                }
                p {
                    label for="sejak" { (words.since) }
                    input #sejak type="date" name="sejak" value=[asked.since.map(|day| day.to_string())];
                }
                p {
                    label for="sampai" { (words.until) }
                    input #sampai type="date" name="sampai" value=[asked.until.map(|day| day.to_string())];
                }
                p.check {
                    input #asal type="checkbox" name="asal" value="satker" checked[asked.origin == Origin::Units];
                    label for="asal" { (words.units_only) }
                }
            }
            p { button type="submit" { (words.search) } }
        }
    }
}

fn regions(context: Context<'_>, asked: &Asked) -> Markup {
    let words = context.words();
    html! {
        select #wilayah name="wilayah" {
            option value="" { (words.anywhere) }
            @for province in context.gazetteer.provinces() {
                optgroup label=(province.name) {
                    option value=(province.code) selected[asked.region == Some(province.code)] {
                        (fill(words.region_all, &[&province.name]))
                    }
                    @for regency in context.gazetteer.regencies_of(province.code) {
                        option value=(regency.code) selected[asked.region == Some(regency.code)] { (regency.name) }
                    }
                }
            }
        }
    }
}

fn found(context: Context<'_>, hit: &Hit<'_>) -> Markup {
    let republish = hit.detail.article.republish;
    html! {
        (title_link(context, hit.detail, marked(&hit.title)))
        @if republish != Republish::Link && !hit.excerpt.parts.is_empty() { p.summary { (marked(&hit.excerpt)) } }
        p.byline { (byline(context, hit.detail)) }
    }
}

fn marked(text: &Marked) -> Markup {
    html! {
        @for (part, mark) in &text.parts {
            @match mark { Mark::Plain => (part), Mark::Hit => mark { (part) } }
        }
    }
}

fn pages(context: Context<'_>, view: SearchView<'_>) -> Markup {
    let words = context.words();
    let address = |page: u32| context.href(&format!("cari?{}&hal={page}", view.asked.query()));
    let number = |page: u32| words.number(u64::from(page));
    html! {
        @if view.pages > 1 {
            nav.pages aria-label=(words.pages) {
                @if view.page > 1 { a rel="prev" href=(address(view.page - 1)) { (words.previous) } " " }
                span aria-current="page" { (fill(words.page_of, &[&number(view.page), &number(view.pages)])) }
                @if view.page < view.pages { " " a rel="next" href=(address(view.page + 1)) { (words.next) } }
            }
        }
    }
}
