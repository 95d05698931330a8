//! A region's page: its stories by day, how many a day, its feeds, its regencies and its units.

use maud::html;

use super::page::{Feed, Head, around, page, subscribe};
use super::spark::sparkline;
use super::view::RegionView;
use super::{Context, directory, list};
use crate::gazetteer::Region;
use crate::model::{Level, Satker};

/// A region's page.
pub fn region(context: Context<'_>, view: RegionView<'_>) -> String {
    let words = context.words();
    let region = view.region;
    let all = context.directory.satkers.values();
    let units: Vec<&Satker> = all.filter(|satker| satker.region.is_within(region.code)).collect();
    let regencies: Vec<&Region> = context.gazetteer.regencies_of(region.code).collect();
    let of_province = format!("opml/{}", region.path);
    let opml = (region.level() == Level::Province).then_some((of_province.as_str(), words.opml_regencies));
    let body = html! {
        h1 { (region.name) }
        p { (words.stories(view.counts.get(&region.code).copied().unwrap_or(0))) }
        (sparkline(context, view.days))
        section aria-labelledby="terbaru" {
            h2 #terbaru { (words.newest) }
            (list::by_day(context, view.stories, region.zone, view.now))
        }
        (subscribe(context, &region.path, opml))
        @if !regencies.is_empty() {
            section aria-labelledby="kabupaten" {
                h2 #kabupaten { (words.regencies) }
                (directory::regions(context, regencies.into_iter(), view.counts))
            }
        }
        @if !units.is_empty() {
            section aria-labelledby="satker" {
                h2 #satker { (words.units) }
                (directory::units(context, &units, view.units))
            }
        }
    };
    let head = Head {
        title: &region.name,
        feed: Some(Feed::of(&region.path, &region.name)),
        around: around(context, region.code),
        ..Head::default()
    };
    page(context, &head, &body)
}
