//! `/cari`: the stories in which something is found, rendered when they are asked for.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use url::form_urlencoded;

use super::answer::Rendered;
use super::cache::{About, Basis, Made};
use super::{Settings, Shared, pages};
use crate::model::{Level, RegionCode, SatkerKind, Scope, StoryDetail, Zone};
use crate::publish::{self, Format};
use crate::search::{self, Filters, Order, Search};
use crate::site::{self, Asked, Hit, Marked, Origin, SearchView};
use crate::store;

/// Stories on a page of results.
const ON_A_PAGE: usize = 20;

/// The last page that is shown: whoever needs more asks more exactly.
const MOST_PAGES: u32 = 50;

/// Characters of the part of a text that is shown.
const EXCERPT: usize = 240;

/// The form, and what was found.
pub async fn page(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let settings = shared.settings();
    let (asked, number) = read(&shared, &query.unwrap_or_default());
    let named = (format!("page:cari/{number}/{asked:?}"), About::Index);
    let make = move |shared: &Shared, settings: &Settings| {
        let page = found(shared, settings, &asked, number)?;
        Ok(Some(for_a_while(shared, Rendered::new(page, pages::HTML, None))))
    };
    match shared.kept_rarely(named, settings, make).await {
        Ok(rendered) => rendered.unwrap_or_default().answer(&headers).await,
        Err(error) => pages::failed(&error),
    }
}

/// What was found stands while the index does, but not long: what it says of the stories comes from the store, which is
/// ahead of the index, or goes on without it.
fn for_a_while(shared: &Shared, rendered: Rendered) -> Made {
    let now = shared.clock.now();
    Made {
        rendered,
        basis: Basis::Scope,
        until: now.checked_add(STANDS).unwrap_or(now),
    }
}

/// How long an answer stands: as long as readers may keep it.
const STANDS: SignedDuration = SignedDuration::from_mins(5);

/// Stories in the feed of a search.
const IN_A_FEED: usize = 50;

/// The feed of a search: its newest stories.
pub async fn feed(
    shared: Arc<Shared>,
    settings: Arc<Settings>,
    query: &str,
    format: Format,
) -> Result<Rendered, store::Error> {
    let (asked, _) = read(&shared, query);
    let asked = Asked {
        since: None,
        until: None,
        ..asked
    };
    let named = (format!("feeds/cari.{}/{asked:?}", format.extension()), About::Index);
    let make = move |shared: &Shared, settings: &Settings| {
        let feed = found_feed(shared, settings, &asked, format)?;
        Ok(Some(for_a_while(shared, feed)))
    };
    let made = shared.kept_rarely(named, settings, make).await;
    // What is always made is always there.
    made.map(Option::unwrap_or_default)
}

fn found_feed(shared: &Shared, settings: &Settings, asked: &Asked, format: Format) -> Result<Rendered, store::Error> {
    let mut stories = Vec::new();
    if let Some(index) = shared.search.as_deref().filter(|_| !asked.is_empty()) {
        for hit in ask(index, asked, Order::Newest, IN_A_FEED, 0).hits {
            stories.extend(shared.store.story(hit.story)?);
        }
    }
    let modified = publish::last_change(&stories);
    let context = pages::publish_context(shared, settings);
    let mut feed = publish::view(context, &Scope::Region(RegionCode::INDONESIA), stories);
    let query = asked.feed_query();
    feed.id = format!("tag:{}:cari/{query}", settings.site.id_authority);
    feed.title = format!("{}: {}", settings.site.title, asked.text);
    feed.path = "cari".to_owned();
    feed.page = publish::page_url(&settings.site, "indonesia") + &format!("cari?{query}");
    feed.addresses = Format::ALL.map(|format| format!("{}?{query}", publish::feed_url(&settings.site, "cari", format)));
    Ok(Rendered::new(
        publish::render(&feed, format),
        format.media_type(),
        modified,
    ))
}

/// What an address asks, and for which page of the results. What cannot be read is passed over.
fn read(shared: &Shared, query: &str) -> (Asked, u32) {
    let mut asked = Asked::default();
    let mut page = 1;
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            "q" => asked.text = value.chars().take(200).collect(),
            "wilayah" => {
                let region = shared
                    .gazetteer
                    .resolve(&value)
                    .filter(|region| region.level() != Level::Country);
                asked.region = region.map(|region| region.code);
            }
            "jenis" => asked.kind = SatkerKind::of_slug(&value),
            "asal" if value == "satker" => asked.origin = Origin::Units,
            "sejak" => asked.since = value.parse().ok(),
            "sampai" => asked.until = value.parse().ok(),
            "hal" => page = value.parse().unwrap_or(1),
            _ => {}
        }
    }
    (asked, page.clamp(1, MOST_PAGES))
}

fn found(shared: &Shared, settings: &Settings, asked: &Asked, page: u32) -> Result<String, store::Error> {
    let mut details = Vec::new();
    let mut total = 0;
    let index = shared.search.as_deref().filter(|_| !asked.is_empty());
    if let Some(index) = index {
        let offset = (page as usize - 1) * ON_A_PAGE;
        let answer = ask(index, asked, Order::Relevance, ON_A_PAGE, offset);
        total = answer.total;
        for hit in answer.hits {
            details.extend(shared.store.story(hit.story)?);
        }
        details.retain(|detail| detail.story.hidden.is_none());
    }
    let hits: Vec<Hit<'_>> = index
        .map(|index| details.iter().map(|detail| hit(index, &asked.text, detail)).collect())
        .unwrap_or_default();
    let pages = u32::try_from(total.div_ceil(ON_A_PAGE))
        .unwrap_or(MOST_PAGES)
        .min(MOST_PAGES);
    let view = SearchView {
        asked,
        hits: &hits,
        total: total as u64,
        page,
        pages,
    };
    Ok(site::search(pages::context(shared, settings), view))
}

/// What the index finds. Of one that cannot be read the log has the details, and readers find nothing meanwhile.
fn ask(index: &Search, asked: &Asked, order: Order, limit: usize, offset: usize) -> search::Found {
    let found = index.query(&asked.text, &filters(asked), order, limit, offset);
    found.unwrap_or_else(|error| {
        tracing::error!(%error, "cannot search");
        search::Found {
            total: 0,
            hits: Vec::new(),
        }
    })
}

fn hit<'a>(index: &Search, typed: &str, detail: &'a StoryDetail) -> Hit<'a> {
    let article = &detail.article;
    let excerpt = index.excerpt(typed, &article.text, EXCERPT);
    let part = article.text.get(excerpt.range.clone()).unwrap_or_default();
    let start = excerpt.range.start;
    let marks: Vec<_> = excerpt
        .marks
        .iter()
        .map(|mark| mark.start.saturating_sub(start)..mark.end.saturating_sub(start))
        .collect();
    Hit {
        detail,
        title: Marked::new(&article.title, &index.marks(typed, &article.title)),
        excerpt: Marked::new(part, &marks),
    }
}

fn filters(asked: &Asked) -> Filters {
    // Days are those of western Indonesia, as on every page of the whole country.
    let midnight = |day: Date| Zone::Wib.offset().to_timestamp(day.at(0, 0, 0, 0)).ok();
    let after = |day: Date| -> Option<Timestamp> { midnight(day.tomorrow().ok()?) };
    Filters {
        region: asked.region,
        satker: None,
        kind: asked.kind,
        origin: match asked.origin {
            Origin::All => search::Origin::Any,
            Origin::Units => search::Origin::Unit,
        },
        since: asked.since.and_then(midnight),
        until: asked.until.and_then(after),
    }
}
