//! What a feed and its entries say, whatever the format.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Context, Entry, Format, feed_url, page_url, scope_path, xml_text};
use crate::model::{
    Image, Language, Member, RegionCode, Republish, Scope, Story, StoryDetail, StoryId, Withdrawal, Zone,
};

/// Above this much HTML in a feed, the older entries shrink to excerpts.
const MOST_HTML: usize = 2 << 20;

/// A feed, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedView {
    /// Its id, a tag URI (RFC 4151).
    pub id: String,
    /// "Warta Satuan Kerja: Kabupaten Jember"
    pub title: String,
    /// One sentence on what it holds.
    pub description: String,
    /// The page for people.
    pub page: String,
    /// Its name in addresses.
    pub path: String,
    /// Its own addresses, one for each of [`Format::ALL`].
    pub addresses: [String; 3],
    /// The language tag.
    pub language: &'static str,
    /// When the newest change happened, with the region's offset (RFC 3339).
    pub updated: String,
    /// The stories, the newest arrival first.
    pub entries: Vec<Arc<Entry>>,
    /// What Atom says of stories that were withdrawn (RFC 6721).
    pub deleted: Vec<Deleted>,
    /// The hub that tells of its changes, where there is one.
    pub hub: Option<String>,
    /// Where Atom's readers find the rest (RFC 5005).
    pub history: History,
}

impl FeedView {
    /// The feed's own address in a format.
    pub fn address(&self, format: Format) -> &str {
        &self.addresses[format as usize]
    }

    /// Makes the feed's date at least this.
    pub(super) fn changed_at(&mut self, context: Context<'_>, scope: &Scope, at: Timestamp) {
        // All dates of a feed have one offset, so that their texts are in their order.
        self.updated = rfc3339(at, zone(context, scope)).max(std::mem::take(&mut self.updated));
    }
}

/// An entry that is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// The id it had.
    pub id: String,
    /// Since when, with the region's offset (RFC 3339).
    pub when: String,
    /// Why, for readers.
    pub reason: String,
}

impl Deleted {
    /// What is said of a story, if it is withdrawn.
    pub(super) fn of(context: Context<'_>, story: &Story) -> Option<Deleted> {
        let hidden = story.hidden.as_ref()?;
        Some(Deleted {
            id: entry_id(context, story.id),
            when: rfc3339(hidden.at, context.gazetteer.zone(story.region)),
            reason: xml_text(&hidden.reason),
        })
    }
}

/// A feed's place in the history of its scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Whether it is an archive, whose list of entries grows no more.
    pub is_archive: bool,
    /// Its own address, where that is not the live feed's.
    pub address: Option<String>,
    /// The live feed, if it is not that itself.
    pub current: Option<String>,
    /// The archive before it.
    pub previous: Option<String>,
    /// The archive after it.
    pub next: Option<String>,
}

/// A story as an entry. Every text is free of what XML forbids.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryView {
    /// Its id, a tag URI that never changes.
    pub id: String,
    /// The title as plain text.
    pub title: String,
    /// The origin.
    pub link: String,
    /// The author's or unit's name.
    pub author: String,
    /// When it was published, with the region's offset (RFC 3339).
    pub published: String,
    /// The same for RSS (RFC 2822).
    pub published_2822: String,
    /// When its words last changed (RFC 3339).
    pub updated: String,
    /// Plain text, at most 300 characters.
    pub summary: String,
    /// Sanitised HTML: the text, and what we add to it.
    pub html: String,
    /// The other places it ran.
    pub copies: Vec<Copy>,
    /// Region, unit and kind of unit.
    pub categories: Vec<Category>,
    /// A point inside the kabupaten or kota.
    pub point: Option<Point>,
    /// The lead image.
    pub image: Option<Image>,
    /// The name of the source that is linked.
    pub source: String,
    /// That source's feed or page.
    pub source_url: String,
    /// Where the event happened.
    pub region: RegionCode,
    /// The unit's id.
    pub satker: Option<String>,
    /// The language of title and text (BCP 47), where it is known and not that of our own words.
    pub language: Option<String>,
}

/// Latitude and longitude in degrees.
pub type Point = (f64, f64);

/// Another place a story ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Its address.
    pub url: String,
    /// The source's name.
    pub name: String,
}

/// A category of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// The code or id.
    pub term: String,
    /// What the term is one of, as a URI.
    pub scheme: String,
    /// The name for people.
    pub label: String,
}

/// How much of a story's text its entry may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Length {
    /// All that its source lets us republish.
    Full,
    /// An excerpt: the feed is long enough.
    Excerpt,
}

/// Makes a feed of stories, the newest arrival first. A region that does not exist gives an empty feed of its code.
pub fn view(context: Context<'_>, scope: &Scope, stories: Vec<StoryDetail>) -> FeedView {
    view_of(context, scope, stories, |detail, length| {
        Arc::new(entry(context, detail, length).into())
    })
}

/// The same with entries that [`entry`] may have made before.
pub fn view_of(
    context: Context<'_>,
    scope: &Scope,
    stories: Vec<StoryDetail>,
    mut entry: impl FnMut(StoryDetail, Length) -> Arc<Entry>,
) -> FeedView {
    let site = context.site;
    let path = scope_path(context.gazetteer, scope).unwrap_or_else(|| "indonesia".to_owned());
    let name = scope_name(context, scope);
    let zone = zone(context, scope);
    let updated = stories
        .iter()
        .map(|detail| detail.story.updated)
        .max()
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let mut html_left = MOST_HTML;
    let mut entries = Vec::with_capacity(stories.len());
    for detail in stories {
        let wanted = detail.article.html.len();
        let length = match wanted > html_left {
            true => Length::Excerpt,
            false => Length::Full,
        };
        html_left = html_left.saturating_sub(wanted);
        entries.push(entry(detail, length));
    }
    FeedView {
        id: format!("tag:{}:{path}", site.id_authority),
        title: xml_text(&format!("{}: {name}", site.title)),
        description: xml_text(&match site.language {
            Language::Id => format!("Berita satuan kerja pemerintah di {name}, setiap berita satu kali."),
            Language::En => format!("News of government units in {name}, every story once."),
        }),
        page: page_url(site, &path),
        addresses: Format::ALL.map(|format| feed_url(site, &path, format)),
        path,
        language: site.language.tag(),
        hub: None,
        updated: rfc3339(updated, zone),
        entries,
        deleted: Vec::new(),
        history: History::default(),
    }
}

fn scope_name(context: Context<'_>, scope: &Scope) -> String {
    match scope {
        Scope::Region(code) => context
            .gazetteer
            .region(*code)
            .map_or_else(|| code.to_string(), |region| region.name.clone()),
        Scope::Satker(id) => context
            .directory
            .satker(id)
            .map_or_else(|| id.to_string(), |satker| satker.name.clone()),
    }
}

fn zone(context: Context<'_>, scope: &Scope) -> Zone {
    let code = match scope {
        Scope::Region(code) => *code,
        Scope::Satker(id) => context
            .directory
            .satker(id)
            .map_or(RegionCode::INDONESIA, |satker| satker.region),
    };
    context.gazetteer.zone(code)
}

/// What readers of a withdrawn story are told instead of it.
fn withdraw(context: Context<'_>, detail: StoryDetail, withdrawal: &Withdrawal) -> StoryDetail {
    let StoryDetail { mut story, mut article } = detail;
    let title = match context.site.language {
        Language::Id => "Dicabut",
        Language::En => "Withdrawn",
    };
    article.title = title.to_owned();
    article.author = None;
    article.summary.clone_from(&withdrawal.reason);
    article.html = format!("<p>{}</p>", escape(&withdrawal.reason));
    article.url = super::absolute(context.site, &format!("berita/{}", story.id));
    article.image = None;
    article.language = None;
    article.republish = Republish::Full;
    story.members.clear();
    StoryDetail { story, article }
}

/// Makes the entry of a story.
pub fn entry(context: Context<'_>, detail: StoryDetail, length: Length) -> EntryView {
    let detail = match detail.story.hidden.clone() {
        Some(withdrawal) => withdraw(context, detail, &withdrawal),
        None => detail,
    };
    let StoryDetail { story, article } = detail;
    let zone = context.gazetteer.zone(story.region);
    let satker = story.satker.as_ref().and_then(|id| context.directory.satker(id));
    let republish = match (length, article.republish) {
        (Length::Excerpt, Republish::Full) => Republish::Excerpt,
        (_, republish) => republish,
    };
    let source = context.directory.source_name(&article.source);
    let copies = copies(context, &story.members, &article.url);
    let mut html = body(&article.html, &article.summary, republish);
    let ours = context.site.language;
    let language = article.foreign_to(ours).map(xml_text);
    let mut own = notes(ours, republish, &source, &article.url, &copies);
    if article.published.is_none() {
        own.push_str(&unknown_date(ours, story.first_seen, zone));
    }
    html.push_str(&marked(own, ours, language.as_deref()));
    let author = article
        .author
        .clone()
        .or_else(|| satker.map(|satker| satker.name.clone()));
    let published = article.published.map_or(story.first_seen, |published| published.at);
    let configured = context.directory.sources.get(&article.source);
    let source_url = configured.map_or_else(|| article.url.clone(), |source| source.url.to_string());
    EntryView {
        id: entry_id(context, story.id),
        title: xml_text(&article.title),
        link: xml_text(&article.url),
        author: xml_text(&author.unwrap_or_else(|| source.clone())),
        published: rfc3339(published, zone),
        published_2822: rfc2822(published, zone),
        updated: rfc3339(story.updated, zone),
        summary: if republish == Republish::Link {
            String::new()
        } else {
            xml_text(&article.summary)
        },
        html: xml_text(&html),
        copies,
        categories: categories(context, story.region, satker),
        point: story
            .region
            .regency()
            .and_then(|code| context.gazetteer.region(code))
            .map(|region| region.point),
        image: article.image.filter(|_| republish == Republish::Full).map(clean),
        source_url: xml_text(&source_url),
        source: xml_text(&source),
        region: story.region,
        satker: story.satker.map(String::from),
        language,
    }
}

fn entry_id(context: Context<'_>, story: StoryId) -> String {
    format!("tag:{}:berita/{story}", context.site.id_authority)
}

/// The story's text, as much of it as its source lets us republish.
fn body(html: &str, summary: &str, republish: Republish) -> String {
    match republish {
        Republish::Full if !html.is_empty() => html.to_owned(),
        Republish::Full | Republish::Excerpt if !summary.is_empty() => format!("<p>{}</p>", escape(summary)),
        _ => String::new(),
    }
}

/// Our own words below a text in another language, marked as ours.
fn marked(own: String, ours: Language, text: Option<&str>) -> String {
    match text.is_some() && !own.is_empty() {
        true => format!("<div lang=\"{}\">{own}</div>", ours.tag()),
        false => own,
    }
}

/// Who said it, and where else it ran.
fn notes(language: Language, republish: Republish, source: &str, url: &str, copies: &[Copy]) -> String {
    let (source_word, also) = match language {
        Language::Id => ("Sumber", "Juga terbit di"),
        Language::En => ("Source", "Also published at"),
    };
    let link = |url: &str, name: &str| format!("<a href=\"{}\">{}</a>", escape(url), escape(name));
    let mut notes = String::new();
    if republish != Republish::Full {
        notes.push_str(&format!("<p>{source_word}: {}</p>", link(url, source)));
    }
    if !copies.is_empty() {
        let links: Vec<String> = copies.iter().map(|copy| link(&copy.url, &copy.name)).collect();
        notes.push_str(&format!("<p>{also}: {}</p>", links.join(", ")));
    }
    notes
}

/// No date is ever invented: a story without one says so.
fn unknown_date(language: Language, first_seen: Timestamp, zone: Zone) -> String {
    let local = first_seen.to_zoned_datetime(TimeZone::fixed(zone.offset()));
    let at = format!("{} {}", local.strftime("%d-%m-%Y %H.%M"), zone.abbreviation());
    match language {
        Language::Id => format!("<p>Tanggal terbit tidak diketahui; pertama terlihat {at}.</p>"),
        Language::En => format!("<p>Date of publication unknown; first seen {at}.</p>"),
    }
}

fn copies(context: Context<'_>, members: &[Member], representative: &str) -> Vec<Copy> {
    let others = members.iter().filter(|member| member.url != representative);
    others
        .map(|member| Copy {
            url: xml_text(&member.url),
            name: xml_text(&context.directory.source_name(&member.source)),
        })
        .collect()
}

/// An image whose words are free of what XML forbids: its source wrote them.
fn clean(image: Image) -> Image {
    Image {
        url: xml_text(&image.url),
        caption: image.caption.as_deref().map(xml_text),
        mime: image.mime.as_deref().map(xml_text),
        length: image.length,
    }
}

fn categories(context: Context<'_>, region: RegionCode, satker: Option<&crate::model::Satker>) -> Vec<Category> {
    let scheme = |path: &str| format!("tag:{}:{path}", context.site.id_authority);
    let regions = [region.province(), region.regency()].into_iter().flatten();
    let mut categories: Vec<Category> = regions
        .filter_map(|code| context.gazetteer.region(code))
        .map(|region| Category {
            term: region.code.to_string(),
            scheme: scheme("wilayah"),
            label: region.name.clone(),
        })
        .collect();
    if let Some(satker) = satker {
        categories.push(Category {
            term: satker.id.to_string(),
            scheme: scheme("satker"),
            label: xml_text(&satker.name),
        });
        let kind = satker.kind().slug();
        categories.push(Category {
            term: kind.to_owned(),
            scheme: scheme("jenis"),
            label: kind.to_owned(),
        });
    }
    categories
}

pub(super) fn rfc3339(at: Timestamp, zone: Zone) -> String {
    at.to_zoned_datetime(TimeZone::fixed(zone.offset()))
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

pub(super) fn rfc2822(at: Timestamp, zone: Zone) -> String {
    at.to_zoned_datetime(TimeZone::fixed(zone.offset()))
        .strftime("%a, %d %b %Y %H:%M:%S %z")
        .to_string()
}

/// A text inside HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
