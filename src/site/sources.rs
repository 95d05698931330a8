//! The page of the sources' health: for everybody only whether something is wrong, for the operator what and since when.

use jiff::Timestamp;
use maud::{Markup, html};

use super::Context;
use super::page::{Head, Robots, outward, page, time};
use super::view::{Channel, Detail, SourcesView, Standing};
use super::words::fill;
use crate::model::Zone;

/// The feed that says the same as it changes.
const FEED: &str = "feeds/gangguan.atom";

/// The page of the sources' health.
pub fn sources(context: Context<'_>, view: SourcesView<'_>) -> String {
    let words = context.words();
    let number = |count: usize| words.number(u64::try_from(count).unwrap_or(u64::MAX));
    let wrong = view
        .channels
        .iter()
        .filter(|channel| channel.standing.is_problem())
        .count();
    let mut channels: Vec<&Channel<'_>> = view.channels.iter().collect();
    // What is wrong comes first; else the order is the caller's.
    channels.sort_by_key(|channel| !channel.standing.is_problem());
    let body = html! {
        h1 { (words.sources) }
        p { (fill(words.trouble_count, &[&number(wrong), &number(view.channels.len())])) }
        p { a href=(context.href(FEED)) { (words.trouble_feed) } }
        div.scroll role="region" aria-label=(words.sources) tabindex="0" {
            table {
                caption { (words.sources) }
                thead { tr {
                    th scope="col" { (words.channel) }
                    th scope="col" { (words.unit) }
                    th scope="col" { (words.state) }
                    @if view.detail == Detail::Full { (full_head(context)) }
                } }
                tbody { @for channel in channels { tr {
                    th scope="row" { (outward(channel.source.url.as_str(), &address(channel))) }
                    td { (unit(context, channel)) }
                    @match view.detail {
                        Detail::Public => td { (only_whether(context, channel.standing)) },
                        Detail::Full => { td { (badge(context, channel.standing)) } (full(context, channel, view.now)) }
                    }
                } } }
            }
        }
    };
    let head = Head {
        title: words.sources,
        robots: match view.detail {
            Detail::Public => Robots::Index,
            Detail::Full => Robots::NoIndex,
        },
        here: Some("sumber"),
        more: Some(
            html! { link rel="alternate" type="application/atom+xml" title=(words.trouble_feed) href=(context.href(FEED)); },
        ),
        ..Head::default()
    };
    page(context, &head, &body)
}

/// How a source stands, in words; the colour only repeats them.
pub fn badge(context: Context<'_>, standing: Standing) -> Markup {
    let class = if standing.is_problem() { "bad" } else { "good" };
    html! { span class={ "badge " (class) } { (context.words().standing(standing)) } }
}

fn only_whether(context: Context<'_>, standing: Standing) -> Markup {
    let words = context.words();
    html! {
        @if standing.is_problem() { span.badge.bad { (words.trouble) } } @else { span.badge.good { (words.well) } }
    }
}

/// A source's address as people read it.
fn address(channel: &Channel<'_>) -> String {
    let url = &channel.source.url;
    format!(
        "{}{}",
        url.host_str().unwrap_or_default(),
        url.path().trim_end_matches('/')
    )
}

fn unit(context: Context<'_>, channel: &Channel<'_>) -> Markup {
    html! {
        @match context.directory.satker_of(channel.source) {
            Some(satker) => a href=(context.href(&format!("satker/{}", satker.id))) { (satker.name) },
            None => "–",
        }
    }
}

fn full_head(context: Context<'_>) -> Markup {
    let words = context.words();
    let columns = [
        words.kind_of_source,
        words.since_when,
        words.last_success,
        words.last_error,
        words.next_crawl,
        words.articles_week,
    ];
    html! { @for column in columns { th scope="col" { (column) } } }
}

fn full(context: Context<'_>, channel: &Channel<'_>, now: Timestamp) -> Markup {
    let state = channel.state;
    let region = channel.source.region;
    let unit = context.directory.satker_of(channel.source).map(|satker| satker.region);
    let zone = region.or(unit).map_or(Zone::Wib, |code| context.gazetteer.zone(code));
    html! {
        td { (channel.source.kind.name()) }
        td { (moment(context, state.since, zone)) }
        td { (moment(context, state.last_success, zone)) }
        td { (state.last_error.as_deref().unwrap_or("–")) }
        td { (moment(context, state.next_crawl, zone)) }
        td.number { (context.words().number(u64::from(state.articles_week(now)))) }
    }
}

fn moment(context: Context<'_>, at: Option<Timestamp>, zone: Zone) -> Markup {
    html! { @match at { Some(at) => (time(context, at, zone)), None => (context.words().never) } }
}
