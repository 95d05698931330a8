//! What every page shares: the head, the way around, the block to subscribe by. Not the pages themselves.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, html};

use super::Context;
use super::words::fill;
use crate::gazetteer::Region;
use crate::model::{RegionCode, Zone};

/// The formats of feeds: name, ending, media type.
const FORMATS: [(&str, &str, &str); 3] = [
    ("RSS", "rss", "application/rss+xml"),
    ("Atom", "atom", "application/atom+xml"),
    ("JSON Feed", "json", "application/feed+json"),
];

/// Characters of a title in the trail.
const TRAIL: usize = 80;

/// What stands in a page's head, and around its body.
#[derive(Debug, Default)]
pub struct Head<'a> {
    /// The title.
    pub title: &'a str,
    /// The feed to discover.
    pub feed: Option<Feed<'a>>,
    /// Whether search engines may keep it.
    pub robots: Robots,
    /// Further elements of the head.
    pub more: Option<Markup>,
    /// The regions around it, for the trail, the greatest first.
    pub around: Vec<&'a Region>,
    /// Which page of the menu it is, by its path.
    pub here: Option<&'a str>,
}

/// A feed, in all formats.
#[derive(Clone, Copy, Debug)]
pub struct Feed<'a> {
    /// Its name in addresses: `jawa-timur`, `cari`.
    pub path: &'a str,
    /// What follows the format: `?q=panen`, or nothing.
    pub query: &'a str,
    /// Its title.
    pub title: &'a str,
}

impl<'a> Feed<'a> {
    /// The feed of a region or unit.
    pub fn of(path: &'a str, title: &'a str) -> Feed<'a> {
        Feed { path, query: "", title }
    }

    fn address(self, extension: &str) -> String {
        format!("feeds/{}.{extension}{}", self.path, self.query)
    }
}

/// Whether search engines may keep a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Robots {
    /// They may.
    #[default]
    Index,
    /// They may not: it is somebody else's text, or no content.
    NoIndex,
}

/// A whole page.
pub fn page(context: Context<'_>, head: &Head<'_>, body: &Markup) -> String {
    let words = context.words();
    let markup = html! {
        (DOCTYPE)
        html lang=(context.site.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (head.title) @if head.title != context.site.title { " – " (context.site.title) } }
                link rel="stylesheet" href=(context.href("style.css"));
                @if let Some(feed) = head.feed { (discovery(context, feed)) }
                @if let Some(more) = &head.more { (more) }
                @if head.robots == Robots::NoIndex { meta name="robots" content="noindex"; }
            }
            body {
                a.skip href="#isi" { (words.skip) }
                (masthead(context, head.here))
                @if !head.around.is_empty() { (trail(context, head)) }
                main #isi tabindex="-1" { (body) }
                footer {
                    p { (words.site_footer) }
                    p { a href=(context.href("tentang")) { (words.about_title) } " · " a href=(context.href("opml")) { (words.opml_provinces) } }
                }
            }
        }
    };
    markup.into_string()
}

fn masthead(context: Context<'_>, here: Option<&str>) -> Markup {
    let words = context.words();
    let menu = [
        ("", words.home),
        ("cari", words.search),
        ("sumber", words.sources),
        ("tentang", words.about_title),
    ];
    html! {
        header.top {
            a.brand href=(context.href("")) { (context.site.title) }
            nav aria-label=(words.menu) {
                ul {
                    @for (path, name) in menu {
                        li { a href=(context.href(path)) aria-current=[(Some(path) == here).then_some("page")] { (name) } }
                    }
                }
            }
            // The page of the search has a form of its own.
            @if here != Some("cari") {
                form.quick role="search" action=(context.href("cari")) method="get" {
                    label.unseen for="q" { (words.search_label) }
                    input #q type="search" name="q" required placeholder=(words.search_label);
                    button type="submit" { (words.search) }
                }
            }
        }
    }
}

fn trail(context: Context<'_>, head: &Head<'_>) -> Markup {
    html! {
        nav.trail aria-label=(context.words().trail) {
            ol {
                @for region in &head.around { li { a href=(context.region_href(region)) { (region.name) } } }
                li aria-current="page" { (cut(head.title, TRAIL)) }
            }
        }
    }
}

/// The regions around a region, the country first, itself not.
pub fn around<'a>(context: Context<'a>, code: RegionCode) -> Vec<&'a Region> {
    let mut outer = with_itself(context, code);
    outer.retain(|region| region.code != code);
    outer
}

/// The same with the region itself.
pub fn with_itself<'a>(context: Context<'a>, code: RegionCode) -> Vec<&'a Region> {
    let codes = code.with_ancestors().into_iter().rev();
    codes.filter_map(|code| context.gazetteer.region(code)).collect()
}

fn discovery(context: Context<'_>, feed: Feed<'_>) -> Markup {
    html! {
        @for (name, extension, media_type) in FORMATS {
            link rel="alternate" type=(media_type) title={ (feed.title) " (" (name) ")" } href=(context.href(&feed.address(extension)));
        }
    }
}

/// Links to a feed in every format.
pub fn feed_links(context: Context<'_>, feed: Feed<'_>) -> Markup {
    html! {
        @for (index, (name, extension, _)) in FORMATS.into_iter().enumerate() {
            @if index > 0 { ", " }
            a href=(context.href(&feed.address(extension))) { (name) }
        }
    }
}

/// The addresses of a feed as text to copy and as links, the hub, and a list of feeds if there is one.
pub fn subscribe(context: Context<'_>, path: &str, opml: Option<(&str, &str)>) -> Markup {
    let words = context.words();
    html! {
        section.subscribe aria-labelledby="langganan" {
            h2 #langganan { (words.subscribe) }
            p { (words.subscribe_help) }
            dl {
                @for (name, extension, _) in FORMATS {
                    @let address = context.absolute(&format!("feeds/{path}.{extension}"));
                    dt { label for={ "feed-" (extension) } { (fill(words.address_of, &[name])) } }
                    dd {
                        input #{ "feed-" (extension) } type="text" readonly value=(address);
                        " " a href=(context.href(&format!("feeds/{path}.{extension}"))) { (fill(words.open_feed, &[name])) }
                    }
                }
            }
            @if let Some((path, name)) = opml { p { a href=(context.href(path)) { (name) } } }
            @if let Some(hub) = context.hub { p { (words.websub) " " code { (hub) } } }
        }
    }
}

/// A link to a region's page.
pub fn region_link(context: Context<'_>, region: &Region) -> Markup {
    html! { a href=(context.region_href(region)) { (region.name) } }
}

/// A time for people and for machines.
pub fn time(context: Context<'_>, at: Timestamp, zone: Zone) -> Markup {
    html! { time datetime=(machine(at, zone)) { (context.words().time(at, zone)) } }
}

/// A time as machines read it (RFC 3339), with the zone's offset.
pub fn machine(at: Timestamp, zone: Zone) -> String {
    let local = at.to_zoned_datetime(TimeZone::fixed(zone.offset()));
    local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Whether an address may become a link: sources write what they like, readers get only what a browser fetches.
pub fn is_web(address: &str) -> bool {
    let has = |scheme: &str| {
        address
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    has("https://") || has("http://")
}

/// A link to somebody else's page; only its name where the address is none of the web.
pub fn outward(address: &str, name: &str) -> Markup {
    html! {
        @if is_web(address) { a href=(address) rel="external noopener" { (name) } } @else { (name) }
    }
}

/// A text of at most so many characters.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}
