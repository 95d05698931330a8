//! The map of Indonesia: a tile for each province, laid out by hand so that neighbours stay neighbours, and a table that
//! says the same. A tile says its number in words too; its shade only repeats it.

use maud::{Markup, html};

use super::page::region_link;
use super::words::fill;
use super::{Context, Counts};
use crate::gazetteer::Region;

/// Width of a tile's place in the drawing's units.
const WIDTH: u16 = 76;

/// Height of a tile's place.
const HEIGHT: u16 = 56;

/// What lies between two tiles.
const GAP: u16 = 4;

/// Where the provinces lie: code, the short name that fits a tile, column from the west, row from the north.
const TILES: [(u16, &str, u16, u16); 38] = [
    (11, "Aceh", 0, 0),
    (12, "Sumut", 1, 1),
    (13, "Sumbar", 1, 2),
    (14, "Riau", 2, 1),
    (15, "Jambi", 2, 2),
    (16, "Sumsel", 3, 3),
    (17, "Bengkulu", 2, 3),
    (18, "Lampung", 3, 4),
    (19, "Babel", 4, 2),
    (21, "Kepri", 3, 1),
    (31, "Jakarta", 5, 5),
    (32, "Jabar", 5, 6),
    (33, "Jateng", 6, 5),
    (34, "DIY", 6, 6),
    (35, "Jatim", 7, 5),
    (36, "Banten", 4, 5),
    (51, "Bali", 8, 5),
    (52, "NTB", 9, 5),
    (53, "NTT", 10, 5),
    (61, "Kalbar", 6, 1),
    (62, "Kalteng", 6, 2),
    (63, "Kalsel", 7, 2),
    (64, "Kaltim", 7, 1),
    (65, "Kaltara", 7, 0),
    (71, "Sulut", 10, 1),
    (72, "Sulteng", 9, 2),
    (73, "Sulsel", 8, 3),
    (74, "Sultra", 9, 3),
    (75, "Gorontalo", 9, 1),
    (76, "Sulbar", 8, 2),
    (81, "Maluku", 11, 3),
    (82, "Malut", 11, 1),
    (91, "Papua", 14, 2),
    (92, "Pabar", 13, 2),
    (93, "Pasel", 14, 4),
    (94, "Pateng", 13, 3),
    (95, "Papeg", 14, 3),
    (96, "PBD", 12, 2),
];

/// The map, its legend, and the table.
pub fn map(context: Context<'_>, all: &Counts, week: &Counts, today: &Counts) -> Markup {
    let words = context.words();
    let scale = Scale::reaching(context.gazetteer.provinces().map(|region| of(week, region)).max());
    html! {
        section aria-labelledby="peta" {
            h2 #peta { (words.map) }
            p { (words.map_help) " " a.jump href="#tabel" { (words.map_skip) } }
            (tiles(context, scale, week, today))
            (legend(context, scale))
            details #tabel {
                summary { (words.map_table) }
                (table(context, all, week, today))
            }
        }
    }
}

fn tiles(context: Context<'_>, scale: Scale, week: &Counts, today: &Counts) -> Markup {
    let words = context.words();
    let columns = TILES.iter().map(|tile| tile.2 + 1).max().unwrap_or(1);
    let rows = TILES.iter().map(|tile| tile.3 + 1).max().unwrap_or(1);
    html! {
        div.scroll role="region" aria-label=(words.map) tabindex="0" {
            svg.map viewBox={ "0 0 " (columns * WIDTH) " " (rows * HEIGHT) } role="group" aria-label=(words.map) {
                @for (region, name, column, row) in placed(context) {
                    @let (count, now) = (of(week, region), of(today, region));
                    @let label = fill(words.tile, &[&region.name, &words.stories(count), &words.number(now)]);
                    a class={ "k" (scale.class(count)) } href=(context.region_href(region)) aria-label={ (name) " " (words.number(count)) " – " (label) } {
                        title { (label) }
                        rect x=(column * WIDTH) y=(row * HEIGHT) width=(WIDTH - GAP) height=(HEIGHT - GAP) rx="6" {}
                        text x=(column * WIDTH + (WIDTH - GAP) / 2) y=(row * HEIGHT + 22) { (name) }
                        " "
                        text.count x=(column * WIDTH + (WIDTH - GAP) / 2) y=(row * HEIGHT + 42) { (words.number(count)) }
                    }
                }
            }
        }
    }
}

/// The provinces that have a place on the map, in order of code.
fn placed(context: Context<'_>) -> impl Iterator<Item = (&Region, &'static str, u16, u16)> {
    context.gazetteer.provinces().filter_map(|region| {
        let tile = TILES.iter().find(|tile| tile.0 * 100 == region.code.number())?;
        Some((region, tile.1, tile.2, tile.3))
    })
}

fn legend(context: Context<'_>, scale: Scale) -> Markup {
    let words = context.words();
    html! {
        p #legenda { (words.legend) ":" }
        ul.legend aria-labelledby="legenda" {
            @for (class, (least, most)) in scale.classes().into_iter().enumerate() {
                li class={ "k" (class) } {
                    @match most {
                        Some(most) if most == least => (words.number(least)),
                        Some(most) => { (words.number(least)) "–" (words.number(most)) },
                        None => { (words.number(least)) "+" },
                    }
                }
            }
        }
    }
}

fn table(context: Context<'_>, all: &Counts, week: &Counts, today: &Counts) -> Markup {
    let words = context.words();
    html! {
        table {
            caption { (words.map) }
            thead { tr {
                th scope="col" { (words.province) }
                th.number scope="col" { (words.today) }
                th.number scope="col" { (words.last_week) }
                th.number scope="col" { (words.all) }
            } }
            tbody { @for region in context.gazetteer.provinces() { tr {
                th scope="row" { (region_link(context, region)) }
                @for counts in [today, week, all] { td.number { (words.number(of(counts, region))) } }
            } } }
        }
    }
}

fn of(counts: &Counts, region: &Region) -> u64 {
    counts.get(&region.code).copied().unwrap_or(0)
}

/// Five classes of counts: none, then up to `base`, its square, its cube, and all above. News is unequally spread, so
/// that steps of one size would leave most provinces in one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    base: u64,
}

impl Scale {
    /// The scale whose last class ends near the greatest count.
    fn reaching(greatest: Option<u64>) -> Scale {
        let greatest = greatest.unwrap_or(0);
        let base = (2..u64::from(u16::MAX)).find(|base| base.pow(4) >= greatest);
        Scale {
            base: base.unwrap_or(u64::from(u16::MAX)),
        }
    }

    fn class(self, count: u64) -> usize {
        let classes = self.classes();
        classes.iter().rposition(|(least, _)| *least <= count).unwrap_or(0)
    }

    /// The least and the greatest count of each class.
    fn classes(self) -> [(u64, Option<u64>); 5] {
        let (one, two, three) = (self.base, self.base.pow(2), self.base.pow(3));
        [
            (0, Some(0)),
            (1, Some(one)),
            (one + 1, Some(two)),
            (two + 1, Some(three)),
            (three + 1, None),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::gazetteer::Gazetteer;

    #[test]
    fn every_province_has_one_tile_and_no_two_share_a_place() {
        let gazetteer = Gazetteer::built_in();
        let provinces: BTreeSet<u16> = gazetteer.provinces().map(|region| region.code.number() / 100).collect();
        let tiles: BTreeSet<u16> = TILES.iter().map(|tile| tile.0).collect();
        let places: BTreeSet<(u16, u16)> = TILES.iter().map(|tile| (tile.2, tile.3)).collect();
        let names: BTreeSet<&str> = TILES.iter().map(|tile| tile.1).collect();
        assert_eq!(provinces, tiles);
        assert_eq!((places.len(), names.len()), (38, 38));
        assert!(names.iter().all(|name| name.len() <= 9), "a name that fits: {names:?}");
    }

    #[test]
    fn the_map_keeps_east_of_west_and_north_of_south() {
        let gazetteer = Gazetteer::built_in();
        let point = |code: u16| {
            let region = gazetteer.provinces().find(|region| region.code.number() == code * 100);
            region.unwrap().point
        };
        for a in TILES {
            for b in TILES {
                let ((south_a, east_a), (south_b, east_b)) = (point(a.0), point(b.0));
                let (east, south) = (east_b - east_a, south_a - south_b);
                assert!(!(east > 6.0 && b.2 < a.2), "{} lies east of {}", b.1, a.1);
                assert!(!(south > 4.0 && b.3 < a.3), "{} lies south of {}", b.1, a.1);
            }
        }
    }

    #[test]
    fn the_classes_meet_without_gap_or_overlap_whatever_the_greatest_count() {
        for greatest in [None, Some(0), Some(1), Some(7), Some(82), Some(10_000), Some(u64::MAX)] {
            let scale = Scale::reaching(greatest);
            let classes = scale.classes();
            for pair in classes.windows(2) {
                assert_eq!(pair[0].1.map(|most| most + 1), Some(pair[1].0), "{greatest:?}");
            }
            for (class, (least, most)) in classes.into_iter().enumerate() {
                assert_eq!(scale.class(least), class, "{greatest:?}");
                assert_eq!(scale.class(most.unwrap_or(u64::MAX)), class, "{greatest:?}");
            }
        }
        assert_eq!(Scale::reaching(Some(82)).classes()[4], (65, None), "base 4");
    }
}
