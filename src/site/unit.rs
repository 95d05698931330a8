//! A unit's page: its stories, its channels and how they stand, the units above and below it.

use maud::{Markup, html};

use super::page::{Feed, Head, outward, page, region_link, subscribe, with_itself};
use super::spark::sparkline;
use super::view::{Channel, UnitView};
use super::{Context, directory, list, sources};
use crate::model::{Satker, SatkerKind};

/// A unit's page.
pub fn satker(context: Context<'_>, view: UnitView<'_>) -> String {
    let words = context.words();
    let satker = view.satker;
    let path = format!("satker/{}", satker.id);
    let all = context.directory.satkers.values();
    let below: Vec<&Satker> = all
        .filter(|other| other.parent.as_ref() == Some(&satker.id) && other.id != satker.id)
        .collect();
    let body = html! {
        h1 { (satker.name) }
        (facts(context, satker))
        p { (words.stories(view.units.get(&satker.id).copied().unwrap_or(0))) }
        (sparkline(context, view.days))
        section aria-labelledby="terbaru" {
            h2 #terbaru { (words.newest) }
            (list::by_day(context, view.stories, context.gazetteer.zone(satker.region), view.now))
        }
        (channels(context, view.channels))
        @if !below.is_empty() {
            section aria-labelledby="bawahan" {
                h2 #bawahan { (words.children) }
                (directory::units(context, &below, view.units))
            }
        }
        (subscribe(context, &path, None))
    };
    let head = Head {
        title: &satker.name,
        feed: Some(Feed::of(&path, &satker.name)),
        around: with_itself(context, satker.region),
        ..Head::default()
    };
    page(context, &head, &body)
}

fn facts(context: Context<'_>, satker: &Satker) -> Markup {
    let words = context.words();
    let parent = satker.parent.as_ref().and_then(|id| context.directory.satker(id));
    html! {
        dl.facts {
            @if let Some(region) = context.gazetteer.region(satker.region) {
                dt { (words.region) } dd { (region_link(context, region)) }
            }
            @if satker.kind() != SatkerKind::Lainnya {
                dt { (words.kind) } dd { (words.satker_kind(satker.kind())) }
            }
            @if let Some(ministry) = &satker.ministry { dt { (words.ministry) } dd { (ministry) } }
            @if let Some(parent) = parent {
                dt { (words.parent) }
                dd { a href=(context.href(&format!("satker/{}", parent.id))) { (parent.name) } }
            }
        }
    }
}

fn channels(context: Context<'_>, channels: &[Channel<'_>]) -> Markup {
    let words = context.words();
    html! {
        section aria-labelledby="saluran" {
            h2 #saluran { (words.channels) }
            @if channels.is_empty() { p { (words.no_channels) } } @else {
                ul {
                    @for channel in channels {
                        li {
                            (outward(channel.source.url.as_str(), channel.source.url.as_str()))
                            " – " (sources::badge(context, channel.standing))
                        }
                    }
                }
            }
        }
    }
}
