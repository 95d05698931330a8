//! Pages for people: the regions, one region's stories, one story. Pure, without JavaScript, without anything from a
//! third party. At this stage they are plain.

mod words;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::gazetteer::{Gazetteer, Region};
use crate::model::{Directory, Language, RegionCode, Republish, Satker, Site, StoryDetail, Withdrawal, Zone};

use words::Words;

/// The stylesheet of every page, served at `/style.css`.
pub const STYLE: &str = include_str!("style.css");

/// What pages are made with.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Who we are.
    pub site: &'a Site,
    /// The regions.
    pub gazetteer: &'a Gazetteer,
    /// The units and sources.
    pub directory: &'a Directory,
}

impl Context<'_> {
    fn words(&self) -> &'static Words {
        Words::of(self.site.language)
    }

    fn href(&self, path: &str) -> String {
        format!("{}{path}", self.site.base_url.path())
    }
}

/// A region's number of stories.
pub type Count<'a> = &'a dyn Fn(RegionCode) -> u64;

/// The home page: every region with its number of stories, and the newest of all.
pub fn index(context: Context<'_>, count: Count<'_>, newest: &[StoryDetail]) -> String {
    let words = context.words();
    let body = html! {
        section {
            h2 { (words.newest) }
            (stories(context, newest))
        }
        section {
            h2 { (words.regions) }
            p { a href=(context.href("opml/semua")) { "OPML" } }
            @for province in context.gazetteer.provinces() {
                details {
                    summary { (province.name) " (" (count(province.code)) ")" }
                    p { (region_link(context, province)) " · " (feed_links(context, &province.path)) }
                    ul {
                        @for regency in context.gazetteer.regencies_of(province.code) {
                            li { (region_link(context, regency)) " (" (count(regency.code)) ") · " (feed_links(context, &regency.path)) }
                        }
                    }
                }
            }
        }
    };
    page(
        context,
        &Head {
            title: &context.site.title,
            feed: Some("indonesia"),
            canonical: None,
            index: true,
        },
        body,
    )
}

/// A region's page.
pub fn region(context: Context<'_>, region: &Region, newest: &[StoryDetail]) -> String {
    let words = context.words();
    let units: Vec<&Satker> = context
        .directory
        .satkers
        .values()
        .filter(|satker| satker.region.is_within(region.code))
        .collect();
    let body = html! {
        h1 { (region.name) }
        p { (words.subscribe) ": " (feed_links(context, &region.path)) }
        (stories(context, newest))
        @if !units.is_empty() {
            h2 { (words.units) }
            ul { @for unit in units { li { a href=(context.href(&format!("satker/{}", unit.id))) { (unit.name) } } } }
        }
    };
    page(
        context,
        &Head {
            title: &region.name,
            feed: Some(&region.path),
            canonical: None,
            index: true,
        },
        body,
    )
}

/// A unit's page.
pub fn satker(context: Context<'_>, satker: &Satker, newest: &[StoryDetail]) -> String {
    let path = format!("satker/{}", satker.id);
    let place = context.gazetteer.region(satker.region);
    let body = html! {
        h1 { (satker.name) }
        @if let Some(place) = place { p { (region_link(context, place)) } }
        p { (context.words().subscribe) ": " (feed_links(context, &path)) }
        (stories(context, newest))
    };
    page(
        context,
        &Head {
            title: &satker.name,
            feed: Some(&path),
            canonical: None,
            index: true,
        },
        body,
    )
}

/// The page of a story that was withdrawn: why, and nothing of its text.
pub fn withdrawn(context: Context<'_>, withdrawal: &Withdrawal) -> String {
    let words = context.words();
    let zone = Zone::Wib;
    let body = html! {
        h1 { (words.withdrawn) }
        p { (withdrawal.reason) }
        p { (date(context.site.language, withdrawal.at, zone)) }
    };
    let head = Head {
        title: words.withdrawn,
        feed: None,
        canonical: None,
        index: false,
    };
    page(context, &head, body)
}

/// A story's page: its text as far as the source lets us, its origin, every copy.
pub fn story(context: Context<'_>, detail: &StoryDetail) -> String {
    let words = context.words();
    let article = &detail.article;
    let zone = context.gazetteer.zone(detail.story.region);
    let others: Vec<_> = detail
        .story
        .members
        .iter()
        .filter(|member| member.url != article.url)
        .collect();
    let body = html! {
        article {
            h1 { (article.title) }
            p { (byline(context, detail, zone)) }
            @match article.republish {
                Republish::Full => (PreEscaped(&article.html)),
                Republish::Excerpt => p { (article.summary) },
                Republish::Link => {}
            }
            p { (words.origin) ": " a href=(article.url) { (context.directory.source_name(&article.source)) } }
            @if !others.is_empty() {
                h2 { (words.copies) }
                ul { @for member in others {
                    li { a href=(member.url) { (context.directory.source_name(&member.source)) } ", " (date(context.site.language, member.published.map_or(member.seen, |published| published.at), zone)) }
                } }
            }
        }
    };
    page(
        context,
        &Head {
            title: &article.title,
            feed: None,
            canonical: Some(&article.url),
            index: false,
        },
        body,
    )
}

/// The page of an address that does not exist, with the regions somebody may have meant.
pub fn not_found(context: Context<'_>, nearest: &[&Region]) -> String {
    let words = context.words();
    let body = html! {
        h1 { (words.not_found) }
        @if !nearest.is_empty() {
            p { (words.nearest) }
            ul { @for region in nearest { li { (region_link(context, region)) " · " (feed_links(context, &region.path)) } } }
        }
    };
    page(
        context,
        &Head {
            title: words.not_found,
            feed: None,
            canonical: None,
            index: false,
        },
        body,
    )
}

/// Who runs this, and how to have something taken down.
pub fn about(context: Context<'_>, contact: &str) -> String {
    let words = context.words();
    let body = html! {
        h1 { (context.site.title) }
        p { (words.about) }
        p { (words.contact) ": " a href=(contact) { (contact.trim_start_matches("mailto:")) } }
        p { (words.privacy) }
    };
    page(
        context,
        &Head {
            title: words.about_title,
            feed: None,
            canonical: None,
            index: true,
        },
        body,
    )
}

/// A time as people write it: "Selasa, 16 Agustus 2022 pukul 02.30 WIB".
pub fn date(language: Language, at: Timestamp, zone: Zone) -> String {
    let local = at.to_zoned_datetime(TimeZone::fixed(zone.offset()));
    let words = Words::of(language);
    let day = words.weekdays[usize::from(local.weekday().to_monday_zero_offset().unsigned_abs())];
    let month = words.months[usize::from(local.month().unsigned_abs()) - 1];
    let (separator, at_word) = words.time;
    format!(
        "{day}, {} {month} {} {at_word}{:02}{separator}{:02} {}",
        local.day(),
        local.year(),
        local.hour(),
        local.minute(),
        zone.abbreviation()
    )
}

struct Head<'a> {
    title: &'a str,
    feed: Option<&'a str>,
    canonical: Option<&'a str>,
    index: bool,
}

fn page(context: Context<'_>, head: &Head<'_>, body: Markup) -> String {
    let words = context.words();
    let feeds = [
        ("rss", "application/rss+xml"),
        ("atom", "application/atom+xml"),
        ("json", "application/feed+json"),
    ];
    let markup = html! {
        (DOCTYPE)
        html lang=(context.site.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (head.title) @if head.title != context.site.title { " – " (context.site.title) } }
                link rel="stylesheet" href=(context.href("style.css"));
                @if let Some(path) = head.feed {
                    @for (extension, media_type) in feeds {
                        link rel="alternate" type=(media_type) href=(context.href(&format!("feeds/{path}.{extension}")));
                    }
                }
                @if let Some(canonical) = head.canonical { link rel="canonical" href=(canonical); }
                @if !head.index { meta name="robots" content="noindex"; }
            }
            body {
                header { a href=(context.href("")) { (context.site.title) } }
                main { (body) }
                footer { a href=(context.href("tentang")) { (words.about_title) } }
            }
        }
    };
    markup.into_string()
}

fn stories(context: Context<'_>, newest: &[StoryDetail]) -> Markup {
    let words = context.words();
    html! {
        @if newest.is_empty() { p { (words.none) } }
        ul.stories {
            @for detail in newest {
                li {
                    a href=(context.href(&format!("berita/{}", detail.story.id))) { (detail.article.title) }
                    br;
                    small {
                        (byline(context, detail, context.gazetteer.zone(detail.story.region)))
                        (copies(context, detail))
                    }
                }
            }
        }
    }
}

fn byline(context: Context<'_>, detail: &StoryDetail, zone: Zone) -> Markup {
    let words = context.words();
    let language = context.site.language;
    html! {
        (detail.article.author.clone().unwrap_or_else(|| context.directory.source_name(&detail.article.source)))
        ", "
        @match detail.article.published {
            Some(published) => (date(language, published.at, zone)),
            None => { (words.first_seen) " " (date(language, detail.story.first_seen, zone)) },
        }
    }
}

/// Where else a story ran, each place by name.
fn copies(context: Context<'_>, detail: &StoryDetail) -> Markup {
    let members = detail.story.members.iter();
    let others: Vec<_> = members.filter(|member| member.url != detail.article.url).collect();
    html! {
        @for (index, member) in others.into_iter().enumerate() {
            @if index == 0 { " · " (context.words().copies) ": " } @else { ", " }
            a href=(member.url) { (context.directory.source_name(&member.source)) }
        }
    }
}

fn region_link(context: Context<'_>, region: &Region) -> Markup {
    html! { a href=(context.href(&format!("wilayah/{}", region.path))) { (region.name) } }
}

fn feed_links(context: Context<'_>, path: &str) -> Markup {
    html! {
        @for (index, (name, extension)) in [("RSS", "rss"), ("Atom", "atom"), ("JSON", "json")].into_iter().enumerate() {
            @if index > 0 { " " }
            a href=(context.href(&format!("feeds/{path}.{extension}"))) { (name) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Article, ArticleId, Member, SourceId, Story, StoryId};

    #[test]
    fn a_time_is_written_as_people_write_it() {
        let at: Timestamp = "2022-08-15T19:30:00Z".parse().unwrap();
        assert_eq!(
            date(Language::Id, at, Zone::Wib),
            "Selasa, 16 Agustus 2022 pukul 02.30 WIB"
        );
        assert_eq!(
            date(Language::Id, at, Zone::Wit),
            "Selasa, 16 Agustus 2022 pukul 04.30 WIT"
        );
        assert_eq!(date(Language::En, at, Zone::Wita), "Tuesday, 16 August 2022 03:30 WITA");
    }

    #[test]
    fn pages_escape_what_they_did_not_write_and_keep_to_the_base_path() {
        let site = Site {
            title: "Warta <b>".to_owned(),
            base_url: "https://warta.example.id/sub/".parse().unwrap(),
            id_authority: "warta.example.id,2026".to_owned(),
            language: Language::Id,
        };
        let gazetteer = Gazetteer::built_in();
        let directory = Directory::default();
        let context = Context {
            site: &site,
            gazetteer: &gazetteer,
            directory: &directory,
        };
        let page = index(context, &|code| u64::from(code.number() == 3509) * 7, &[]);
        assert!(page.contains("Warta &lt;b&gt;") && !page.contains("Warta <b>"));
        assert!(page.contains("href=\"/sub/wilayah/jawa-timur/kabupaten-jember\">Kabupaten Jember</a> (7)"));
        assert!(!page.contains("<script") && !page.contains("style="));
    }

    #[test]
    fn a_list_names_where_else_a_story_ran_and_bears_a_story_without_members() {
        let site = Site {
            title: "Warta".to_owned(),
            base_url: "https://warta.example.id/".parse().unwrap(),
            id_authority: "warta.example.id,2026".to_owned(),
            language: Language::Id,
        };
        let (gazetteer, directory) = (Gazetteer::built_in(), Directory::default());
        let context = Context {
            site: &site,
            gazetteer: &gazetteer,
            directory: &directory,
        };
        let mut detail = detail();
        let page = index(context, &|_| 0, std::slice::from_ref(&detail));
        assert!(
            page.contains("Juga terbit di: <a href=\"https://portal.example/x\">portal</a></small>"),
            "{page}"
        );
        detail.story.members.clear();
        assert!(!index(context, &|_| 0, std::slice::from_ref(&detail)).contains("Juga terbit di"));
        assert!(story(context, &detail).contains("<meta name=\"robots\" content=\"noindex\">"));
    }

    /// A story of one unit that a portal carries too.
    fn detail() -> StoryDetail {
        let seen: Timestamp = "2022-08-16T03:00:00Z".parse().unwrap();
        let member = |id, url: &str, source: &str| Member {
            article: ArticleId(id),
            url: url.to_owned(),
            source: SourceId::new(source).unwrap(),
            published: None,
            seen,
        };
        let article = Article {
            source: SourceId::new("lapas").unwrap(),
            satker: None,
            url: "https://lapas.example/x".to_owned(),
            guid: None,
            title: "Kegiatan".to_owned(),
            author: None,
            published: None,
            updated: None,
            seen,
            summary: String::new(),
            html: "<p>x</p>".to_owned(),
            text: "x".to_owned(),
            image: None,
            categories: vec![],
            republish: Republish::Full,
        };
        let first = member(1, &article.url, "lapas");
        let mut story = Story::begun(StoryId(1), first, "35.09".parse().unwrap(), seen);
        story.members.push(member(2, "https://portal.example/x", "portal"));
        StoryDetail { story, article }
    }
}
