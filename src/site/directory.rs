//! Lists of units and of regions with their counts, as several pages have them.

use maud::{Markup, html};

use super::page::region_link;
use super::{Context, Counts, UnitCounts};
use crate::gazetteer::Region;
use crate::model::{RegionCode, Satker};

/// Units with their counts.
pub fn units(context: Context<'_>, units: &[&Satker], counts: &UnitCounts) -> Markup {
    html! {
        ul.columns {
            @for unit in units {
                li {
                    a href=(context.href(&format!("satker/{}", unit.id))) { (unit.name) }
                    " (" (context.words().number(counts.get(&unit.id).copied().unwrap_or(0))) ")"
                }
            }
        }
    }
}

/// Regions with their counts.
pub fn regions<'a>(context: Context<'_>, regions: impl Iterator<Item = &'a Region>, counts: &Counts) -> Markup {
    html! {
        ul.columns {
            @for region in regions {
                li { (region_link(context, region)) " (" (count(context, counts, region.code)) ")" }
            }
        }
    }
}

/// A region's count as it is written.
pub fn count(context: Context<'_>, counts: &Counts, code: RegionCode) -> String {
    context.words().number(counts.get(&code).copied().unwrap_or(0))
}
