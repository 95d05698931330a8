//! The units and sources of the included files, each read by itself. Whether they fit together is `check`.

use std::time::Duration;

use url::Url;

use super::fault::Fault;
use super::section::{Complaint, Section, did_you_mean};
use super::tree::{Place, Placed, Value};
use super::values::{choice, duration, flag, region, republish, satker_id, selector, source_id, web_url, words};
use crate::gazetteer::Gazetteer;
use crate::model::{
    ArticleSelectors, ListingSelectors, RegionCode, Render, Republish, Satker, SatkerId, Source, SourceId, SourceKind,
};

/// What the files hold, before it is known whether it fits together.
#[derive(Default)]
pub(super) struct Entries {
    pub satkers: Vec<SatkerEntry>,
    pub sources: Vec<SourceEntry>,
}

/// A unit with the places that checks point at.
pub(super) struct SatkerEntry {
    pub id: Placed<SatkerId>,
    pub parent: Option<Placed<SatkerId>>,
    pub formerly: Vec<Placed<SatkerId>>,
    /// Whole only if no fault was found in it.
    pub satker: Satker,
}

/// A source with the places that checks point at.
pub(super) struct SourceEntry {
    pub id: Placed<SourceId>,
    pub satker: Option<Placed<SatkerId>>,
    /// `None` if kind or address cannot be read.
    pub source: Option<Source>,
}

pub(super) const SATKER_KEYS: [&str; 8] = [
    "id", "name", "region", "ministry", "parent", "aliases", "formerly", "source",
];
/// The keys of every source.
pub(super) const SOURCE_KEYS: [&str; 11] = [
    "id",
    "kind",
    "url",
    "region",
    "include",
    "exclude",
    "interval",
    "render",
    "full_text",
    "republish",
    "article",
];
/// The keys that only a listing has.
pub(super) const LISTING_KEYS: [&str; 5] = ["item", "link", "title", "date", "next"];
/// The keys that only an account on kumparan has.
pub(super) const KUMPARAN_KEYS: [&str; 1] = ["query"];
/// The keys of `article`.
pub(super) const ARTICLE_KEYS: [&str; 4] = ["title", "body", "date", "author"];

/// The kinds of source. A listing has selectors or none.
pub(super) const KINDS: [(&str, SourceKind); 8] = [
    ("auto", SourceKind::Auto),
    ("feed", SourceKind::Feed),
    ("wordpress", SourceKind::Wordpress),
    ("blogger", SourceKind::Blogger),
    ("joomla", SourceKind::Joomla),
    ("kumparan", SourceKind::Kumparan),
    ("sitemap", SourceKind::Sitemap),
    ("listing", SourceKind::ListingAuto),
];

/// Reads the `[[satker]]` and `[[source]]` of one file into `entries`.
pub(super) fn read(root: Section, gazetteer: &Gazetteer, entries: &mut Entries, faults: &mut Vec<Fault>) {
    root.check_keys(&["satker", "source"], faults);
    for section in root.subsections("satker", "in [[satker]]", faults) {
        let id = read_satker(section, gazetteer, entries, faults);
        for section in section.subsections("source", "in [[satker.source]]", faults) {
            read_source(section, Owner::Satker(id.as_ref()), gazetteer, entries, faults);
        }
    }
    for section in root.subsections("source", "in [[source]]", faults) {
        read_source(section, Owner::Stated, gazetteer, entries, faults);
    }
}

fn read_satker(
    section: Section,
    gazetteer: &Gazetteer,
    entries: &mut Entries,
    faults: &mut Vec<Fault>,
) -> Option<Placed<SatkerId>> {
    section.check_keys(&SATKER_KEYS, faults);
    let id = section.require("id", placed(satker_id), faults);
    let name = section.require("name", words, faults);
    let region = section.require("region", region(gazetteer), faults);
    let ministry = section.read("ministry", words, faults);
    let parent = section.read("parent", placed(satker_id), faults);
    let aliases = word_list(section, "aliases", faults);
    let formerly = section.list("formerly", satker_id, faults).unwrap_or_default();
    let id = id?;
    entries.satkers.push(SatkerEntry {
        satker: Satker {
            id: id.value.clone(),
            name: name.unwrap_or_default(),
            region: region.unwrap_or(RegionCode::INDONESIA),
            ministry,
            parent: parent.as_ref().map(|parent| parent.value.clone()),
            aliases,
            formerly: formerly.iter().map(|id| id.value.clone()).collect(),
        },
        id: id.clone(),
        parent,
        formerly,
    });
    Some(id)
}

/// Whose a source is.
enum Owner<'a> {
    /// The unit's it stands under, if that has an id.
    Satker(Option<&'a Placed<SatkerId>>),
    /// The one it names with `satker`, else nobody's.
    Stated,
}

fn read_source(section: Section, owner: Owner, gazetteer: &Gazetteer, entries: &mut Entries, faults: &mut Vec<Fault>) {
    let mut known = SOURCE_KEYS.to_vec();
    known.extend(LISTING_KEYS.iter().chain(&KUMPARAN_KEYS));
    let (satker, id) = match owner {
        Owner::Satker(satker) => {
            section.check_keys(&known, faults);
            (satker.cloned(), default_id(section, satker, faults))
        }
        Owner::Stated => {
            known.insert(1, "satker");
            section.check_keys(&known, faults);
            let id = section.require("id", placed(source_id), faults);
            (section.read("satker", placed(satker_id), faults), id)
        }
    };
    let source = read_fields(section, &satker, gazetteer, faults);
    let Some(id) = id else { return };
    entries.sources.push(SourceEntry {
        source: source.map(|source| Source {
            id: id.value.clone(),
            ..source
        }),
        id,
        satker,
    });
}

/// The id of a unit's source: the one it states, else that of the unit and its kind.
fn default_id(
    section: Section,
    satker: Option<&Placed<SatkerId>>,
    faults: &mut Vec<Fault>,
) -> Option<Placed<SourceId>> {
    if section.get("id").is_some() {
        return section.read("id", placed(source_id), faults);
    }
    let kind = section
        .get("kind")?
        .text()
        .ok()
        .filter(|kind| KINDS.iter().any(|(name, _)| name == kind))?;
    match SourceId::new(format!("{}-{kind}", satker?.value)) {
        Ok(value) => Some(Placed {
            value,
            place: section.place.clone(),
        }),
        Err(error) => {
            faults.push(
                section
                    .place
                    .fault(error.to_string())
                    .help("give this source an `id` of its own"),
            );
            None
        }
    }
}

fn read_fields(
    section: Section,
    satker: &Option<Placed<SatkerId>>,
    gazetteer: &Gazetteer,
    faults: &mut Vec<Fault>,
) -> Option<Source> {
    let kind = section.require("kind", source_kind, faults);
    let url = section.require("url", web_url, faults);
    let selectors = read_listing(section, kind.as_ref(), faults);
    let query = read_query(section, kind.as_ref(), faults);
    let default_republish = if satker.is_some() {
        Republish::Full
    } else {
        Republish::Excerpt
    };
    let fields = Source {
        id: SourceId::new("placeholder").ok()?,
        kind: match (selectors, query, kind.clone()) {
            (Some(selectors), _, _) => SourceKind::Listing(selectors),
            (None, Some(query), _) => SourceKind::KumparanQuery(query.into()),
            (None, None, kind) => kind.unwrap_or(SourceKind::Auto),
        },
        satker: satker.as_ref().map(|satker| satker.value.clone()),
        region: section.read("region", region(gazetteer), faults),
        include: word_list(section, "include", faults),
        exclude: word_list(section, "exclude", faults),
        interval: section.read("interval", duration(MIN_INTERVAL..=MAX_INTERVAL), faults),
        full_text: section.read("full_text", flag, faults).unwrap_or(true),
        render: section
            .read("render", |value| choice(value, &[("browser", Render::Browser)]), faults)
            .unwrap_or_default(),
        republish: section
            .read("republish", republish, faults)
            .unwrap_or(default_republish),
        article: read_article(section, faults),
        url: url?,
    };
    kind.map(|_| fields)
}

const MIN_INTERVAL: Duration = Duration::from_secs(1);
const MAX_INTERVAL: Duration = Duration::from_secs(30 * 24 * 3600);

/// The kind of a source.
fn source_kind(value: &Value) -> Result<SourceKind, Complaint> {
    let text = value.text()?;
    if let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == text) {
        return Ok(kind.clone());
    }
    let names = KINDS.map(|(name, _)| name);
    let help = match did_you_mean(text, &names) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("write one of \"{}\"", names.join("\", \"")),
    };
    Err(Complaint::new(format!("there is no kind {text:?}")).help(help))
}

/// The selectors of a listing, if it has any. For another kind each is a fault, because it would never be used.
fn read_listing(section: Section, kind: Option<&SourceKind>, faults: &mut Vec<Fault>) -> Option<ListingSelectors> {
    let given = || LISTING_KEYS.iter().filter(|key| section.get(key).is_some());
    match kind {
        Some(SourceKind::ListingAuto) if section.get("item").is_none() => {
            for key in given() {
                let fault = section.place_of(key).fault(format!("`{key}` needs `item`"));
                faults.push(fault.label("not used without it").help(
                    "write the CSS selector that matches each article of the list, as in item = \"article.post\", \
                     or no selector at all: then the list is found by its structure",
                ));
            }
            return None;
        }
        Some(SourceKind::ListingAuto) | None => {}
        Some(other) => {
            for key in given() {
                let message = format!("`{key}` has no meaning for kind \"{}\"", other.name());
                let fault = section.place_of(key).fault(message).label("never used");
                faults.push(fault.help("remove it, or write kind = \"listing\""));
            }
            return None;
        }
    }
    Some(ListingSelectors {
        item: section.read("item", selector, faults).unwrap_or_default(),
        link: section.read("link", selector, faults),
        title: section.read("title", selector, faults),
        date: section.read("date", selector, faults),
        next: section.read("next", selector, faults),
    })
}

/// Where an account on kumparan is asked for its stories. For another kind it is a fault, because it would never be used.
fn read_query(section: Section, kind: Option<&SourceKind>, faults: &mut Vec<Fault>) -> Option<Url> {
    let query = section.read("query", web_url, faults)?;
    match kind {
        Some(SourceKind::Kumparan) => Some(query),
        Some(other) => {
            let message = format!("`query` has no meaning for kind \"{}\"", other.name());
            let fault = section.place_of("query").fault(message).label("never used");
            faults.push(fault.help("remove it, or write kind = \"kumparan\""));
            None
        }
        None => None,
    }
}

fn read_article(section: Section, faults: &mut Vec<Fault>) -> ArticleSelectors {
    let Some(article) = section.subsection("article", "in `article`", faults) else {
        return ArticleSelectors::default();
    };
    article.check_keys(&ARTICLE_KEYS, faults);
    ArticleSelectors {
        title: article.read("title", selector, faults),
        body: article.read("body", selector, faults),
        date: article.read("date", selector, faults),
        author: article.read("author", selector, faults),
    }
}

fn word_list(section: Section, key: &str, faults: &mut Vec<Fault>) -> Vec<String> {
    let list = section.list(key, words, faults).unwrap_or_default();
    list.into_iter().map(|word| word.value).collect()
}

/// The same reading, with the place.
fn placed<T>(parse: impl Fn(&Value) -> Result<T, Complaint>) -> impl Fn(&Value) -> Result<Placed<T>, Complaint> {
    move |value| {
        Ok(Placed {
            value: parse(value)?,
            place: Place::clone(&value.place),
        })
    }
}
