//! A story's page: its text as far as its source lets us, where it comes from, every place it ran. It names its origin
//! as the canonical page, and search engines do not keep it.

use maud::{Markup, PreEscaped, html};

use super::Context;
use super::list::{self, Length, byline, machine_date, when};
use super::page::{Feed, Head, Robots, is_web, outward, page, region_link, time, with_itself};
use super::view::StoryView;
use super::words::fill;
use crate::model::{Image, Language, Member, Republish, StoryDetail};

/// A story's page.
pub fn story(context: Context<'_>, view: StoryView<'_>) -> String {
    let words = context.words();
    let detail = view.detail;
    let article = &detail.article;
    let zone = context.gazetteer.zone(detail.story.region);
    let source = context.directory.source_name(&article.source);
    let lang = article.foreign_to(context.site.language);
    let body = html! {
        article.story {
            h1 lang=[lang] { (article.title) }
            p.byline {
                (byline(context, detail))
                @if article.published.is_none() { " (" (words.date_unknown) ")" }
                @if let Some(updated) = article.updated { br; (words.updated) " " (time(context, updated, zone)) }
            }
            (text(context, detail))
            p.origin { (words.origin) ": " (outward(&article.url, &source)) }
            (places(context, detail))
            (categories(context, detail))
        }
        @if view.related.iter().any(|other| other.story.hidden.is_none()) {
            section aria-labelledby="terkait" {
                h2 #terkait { (words.related) }
                (list::plain(context, view.related, Length::Short))
            }
        }
    };
    let region = context.gazetteer.region(detail.story.region);
    let head = Head {
        title: &article.title,
        feed: region.map(|region| Feed::of(&region.path, &region.name)),
        robots: Robots::NoIndex,
        more: Some(metadata(context, detail)),
        around: with_itself(context, detail.story.region),
        here: None,
    };
    page(context, &head, &body)
}

/// The canonical address, and what messengers show of the page (OpenGraph).
fn metadata(context: Context<'_>, detail: &StoryDetail) -> Markup {
    let article = &detail.article;
    let zone = context.gazetteer.zone(detail.story.region);
    let locale = match context.site.language {
        Language::Id => "id_ID",
        Language::En => "en_GB",
    };
    html! {
        @if is_web(&article.url) { link rel="canonical" href=(article.url); }
        meta property="og:type" content="article";
        meta property="og:site_name" content=(context.site.title);
        meta property="og:title" content=(article.title);
        @if article.republish != Republish::Link && !article.summary.is_empty() {
            meta property="og:description" content=(article.summary);
            meta name="description" content=(article.summary);
        }
        meta property="og:url" content=(context.absolute(&format!("berita/{}", detail.story.id)));
        meta property="og:locale" content=(locale);
        @if let Some(image) = image(detail) {
            meta property="og:image" content=(image.url);
            @if let Some(caption) = &image.caption { meta property="og:image:alt" content=(caption); }
        }
        @if let Some(published) = article.published {
            meta property="article:published_time" content=(machine_date(published, zone));
        }
    }
}

/// The lead image, where its source lets us show it and a browser can fetch it.
fn image(detail: &StoryDetail) -> Option<&Image> {
    let allowed = detail.article.republish == Republish::Full;
    detail
        .article
        .image
        .as_ref()
        .filter(|image| allowed && is_web(&image.url))
}

fn text(context: Context<'_>, detail: &StoryDetail) -> Markup {
    let words = context.words();
    let article = &detail.article;
    let source = context.directory.source_name(&article.source);
    let lang = article.foreign_to(context.site.language);
    let read_on = html! { " " (outward(&article.url, &fill(words.read_on, &[&source]))) };
    html! {
        @match article.republish {
            Republish::Full => {
                @if let Some(image) = image(detail) { (figure(context, image, &article.html)) }
                @if article.html.is_empty() { p lang=[lang] { (article.summary) } p.note { (words.excerpt_only) (read_on) } }
                @else { div.text lang=[lang] { (PreEscaped(&article.html)) } }
            }
            Republish::Excerpt => { p lang=[lang] { (article.summary) } p.note { (words.excerpt_only) (read_on) } }
            Republish::Link => p.note { (words.link_only) (read_on) }
        }
    }
}

/// The lead image with its caption, unless the text shows it anyway.
fn figure(context: Context<'_>, image: &Image, html: &str) -> Markup {
    let in_text = html.contains(html! { (image.url) }.0.as_str());
    let alternative = image.caption.as_deref().unwrap_or(context.words().image);
    html! {
        @if !in_text {
            figure {
                a href=(image.url) rel="external noopener" {
                    img src=(image.url) alt=(alternative) loading="lazy" decoding="async" referrerpolicy="no-referrer";
                }
                @if let Some(caption) = &image.caption { figcaption { (caption) } }
            }
        }
    }
}

/// Every place the story ran, the earliest first.
fn places(context: Context<'_>, detail: &StoryDetail) -> Markup {
    let words = context.words();
    let zone = context.gazetteer.zone(detail.story.region);
    let mut members: Vec<&Member> = detail.story.members.iter().collect();
    members.sort_by_key(|member| member.published.map_or(member.seen, |published| published.at));
    html! {
        @if list::others(detail).next().is_some() {
            section aria-labelledby="terbitan" {
                h2 #terbitan { (words.copies) }
                ol.timeline aria-label=(words.timeline) {
                    @for member in members {
                        li {
                            (when(context, member.published, member.seen, zone)) ": "
                            (outward(&member.url, &context.directory.source_name(&member.source)))
                            @if member.url == detail.article.url { " (" (words.original) ")" }
                        }
                    }
                }
            }
        }
    }
}

/// Region, unit, kind of unit, and the tags of the source.
fn categories(context: Context<'_>, detail: &StoryDetail) -> Markup {
    let words = context.words();
    let story = &detail.story;
    let satker = story.satker.as_ref().and_then(|id| context.directory.satker(id));
    let regions = [story.region.province(), story.region.regency()].into_iter().flatten();
    let regions = regions.filter_map(|code| context.gazetteer.region(code));
    html! {
        section.categories aria-labelledby="kategori" {
            h2 #kategori { (words.categories) }
            ul {
                @if story.region.province().is_none() { li { a href=(context.href("")) { "Indonesia" } } }
                @for region in regions { li { (region_link(context, region)) } }
                @if let Some(satker) = satker {
                    li { a href=(context.href(&format!("satker/{}", satker.id))) { (satker.name) } }
                    li { (words.satker_kind(satker.kind())) }
                }
                @for tag in &detail.article.categories { li { (tag) } }
            }
        }
    }
}
