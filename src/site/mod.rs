//! Pages for people: server-rendered HTML that needs no script and asks nothing of a third party, in the site's
//! language. Pure: a function for each page, from a [`Context`] and a view ([`HomeView`], [`RegionView`] …) to the whole
//! document. The caller gathers the views; what may be cached, and with which status a page is answered, is `serve`'s.
//!
//! Every address is under the path of `base_url`; everything that others wrote is escaped, but for an article's HTML,
//! which `normalize` has sanitised. No markup carries a style: the pages work under `style-src 'self'`.

mod directory;
mod home;
mod list;
mod map;
mod page;
mod plain;
mod region;
mod report;
mod search;
mod sources;
mod spark;
mod story;
#[cfg(test)]
mod tests;
mod unit;
mod view;
mod words;

use jiff::Timestamp;

use crate::gazetteer::{Gazetteer, Region};
use crate::model::{Directory, Language, Site, Zone};

pub use home::index;
pub use plain::{about, not_found, withdrawn};
pub use region::region;
pub use report::report;
pub use search::search;
pub use sources::sources;
pub use story::story;
pub use unit::satker;
pub use view::{
    Asked, Channel, Counts, Days, Detail, Hit, HomeView, Mark, Marked, Origin, RegionView, ReportPortal, ReportRelease,
    ReportUnit, ReportView, SearchView, SourcesView, Standing, StoryView, UnitCounts, UnitView,
};

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
    /// The absolute address of our WebSub hub, if we are one.
    pub hub: Option<&'a str>,
}

impl Context<'_> {
    fn words(&self) -> &'static Words {
        Words::of(self.site.language)
    }

    /// The address of a page of ours, from the root of the server.
    fn href(&self, path: &str) -> String {
        format!("{}{path}", self.site.base_url.path())
    }

    /// The same with the server, for whoever copies it.
    fn absolute(&self, path: &str) -> String {
        let joined = self.site.base_url.join(path);
        joined.map_or_else(|_| self.site.base_url.to_string(), String::from)
    }

    fn region_href(&self, region: &Region) -> String {
        self.href(&region_path(region))
    }
}

/// The page of a region; the country's is the home page.
fn region_path(region: &Region) -> String {
    match region.path.as_str() {
        "indonesia" => String::new(),
        path => format!("wilayah/{path}"),
    }
}

/// A time as people write it: "Selasa, 16 Agustus 2022 pukul 02.30 WIB".
pub fn date(language: Language, at: Timestamp, zone: Zone) -> String {
    Words::of(language).time(at, zone)
}
