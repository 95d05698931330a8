//! Lists of stories: as they come, or by day; with who published each, and where else it ran.

use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};

use super::Context;
use super::page::{cut, machine, outward, time};
use super::view::day_of;
use super::words::fill;
use crate::model::{Member, Precision, Published, Republish, StoryDetail, Zone};

/// Characters of a title in a list; longer ones are cut, the story's page has them whole.
const TITLE: usize = 300;

/// Characters of a summary in a list.
const SUMMARY: usize = 300;

/// Copies named in a list; the story's page names all.
const COPIES: usize = 5;

/// How much a list says of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Title, who and when.
    Short,
    /// Also the summary and the copies.
    Long,
}

/// A list in the given order.
pub fn plain(context: Context<'_>, stories: &[StoryDetail], length: Length) -> Markup {
    let stories: Vec<&StoryDetail> = shown(stories).collect();
    html! {
        @if stories.is_empty() { p { (context.words().none) } } @else { (items(context, &stories, length)) }
    }
}

/// A list by the days of a zone, the newest day first; stories that are pinned stand above all days.
pub fn by_day(context: Context<'_>, stories: &[StoryDetail], zone: Zone, now: Timestamp) -> Markup {
    let words = context.words();
    let is_pinned = |detail: &&StoryDetail| detail.story.pinned_until.is_some_and(|until| until > now);
    let (pinned, others): (Vec<&StoryDetail>, Vec<&StoryDetail>) = shown(stories).partition(is_pinned);
    let mut dated: Vec<(Date, &StoryDetail)> = others.into_iter().map(|detail| (day(detail, zone), detail)).collect();
    // Stable: within a day the order is the caller's, by arrival.
    dated.sort_by_key(|(day, _)| std::cmp::Reverse(*day));
    html! {
        @if pinned.is_empty() && dated.is_empty() { p { (words.none) } }
        @if !pinned.is_empty() { h3 { (words.pinned) } (items(context, &pinned, Length::Long)) }
        @for of_day in dated.chunk_by(|a, b| a.0 == b.0) {
            @let stories: Vec<&StoryDetail> = of_day.iter().map(|(_, detail)| *detail).collect();
            h3 { (words.day(of_day[0].0)) }
            (items(context, &stories, Length::Long))
        }
    }
}

/// What is withdrawn never stands in a list.
fn shown(stories: &[StoryDetail]) -> impl Iterator<Item = &StoryDetail> {
    stories.iter().filter(|detail| detail.story.hidden.is_none())
}

/// The day a story is listed under: that of its date, else that of its arrival.
fn day(detail: &StoryDetail, zone: Zone) -> Date {
    match detail.article.published {
        Some(published) if published.precision == Precision::Day => day_of(published.at, published.zone),
        Some(published) => day_of(published.at, zone),
        None => day_of(detail.story.first_seen, zone),
    }
}

fn items(context: Context<'_>, stories: &[&StoryDetail], length: Length) -> Markup {
    html! { ul.stories { @for detail in stories { li { (item(context, detail, length)) } } } }
}

fn item(context: Context<'_>, detail: &StoryDetail, length: Length) -> Markup {
    let article = &detail.article;
    html! {
        (title_link(context, detail, html! { (cut(&article.title, TITLE)) }))
        @if length == Length::Long && article.republish != Republish::Link && !article.summary.is_empty() {
            p.summary { (cut(&article.summary, SUMMARY)) }
        }
        p.byline {
            (byline(context, detail))
            @if length == Length::Long { (copies(context, detail)) }
        }
    }
}

/// A title that leads to the story's page.
pub fn title_link(context: Context<'_>, detail: &StoryDetail, title: Markup) -> Markup {
    html! { a.title href=(context.href(&format!("berita/{}", detail.story.id))) { (title) } }
}

/// Who published a story and when, in its region's zone.
pub fn byline(context: Context<'_>, detail: &StoryDetail) -> Markup {
    let zone = context.gazetteer.zone(detail.story.region);
    let who = detail.article.author.clone();
    let who = who.unwrap_or_else(|| context.directory.source_name(&detail.article.source));
    html! { (cut(&who, TITLE)) ", " (when(context, detail.article.published, detail.story.first_seen, zone)) }
}

/// A stated date; without one, when it was first seen, and that it is so.
pub fn when(context: Context<'_>, published: Option<Published>, seen: Timestamp, zone: Zone) -> Markup {
    let words = context.words();
    html! {
        @match published {
            Some(published) => time datetime=(machine_date(published, zone)) { (words.published(published, zone)) },
            None => { (words.first_seen) " " (time(context, seen, zone)) },
        }
    }
}

/// A stated date as machines read it: a day where only the day is known.
pub fn machine_date(published: Published, zone: Zone) -> String {
    match published.precision {
        Precision::Minute => machine(published.at, zone),
        Precision::Day => day_of(published.at, published.zone).to_string(),
    }
}

/// The articles of a story beside the one that stands for it.
pub fn others(detail: &StoryDetail) -> impl Iterator<Item = &Member> {
    let members = detail.story.members.iter();
    members.filter(|member| member.url != detail.article.url)
}

fn copies(context: Context<'_>, detail: &StoryDetail) -> Markup {
    let words = context.words();
    let count = others(detail).count();
    html! {
        @for (index, member) in others(detail).take(COPIES).enumerate() {
            @if index == 0 { " · " (words.copies) ": " } @else { ", " }
            (outward(&member.url, &context.directory.source_name(&member.source)))
        }
        @if count > COPIES {
            " " (fill(words.and_more, &[&words.number(u64::try_from(count - COPIES).unwrap_or(u64::MAX))]))
        }
    }
}
