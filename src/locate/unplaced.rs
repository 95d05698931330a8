//! Finds units of the directory whose region does not fit their name, for `warta check`. It reads no article.

use super::fold::Folded;
use super::mentions::{self, What};
use super::names::Names;
use crate::gazetteer::Gazetteer;
use crate::model::{Directory, RegionCode, SatkerId};

/// A unit whose name and region do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnplacedUnit {
    /// The unit.
    pub id: SatkerId,
    /// What is wrong.
    pub doubt: Doubt,
}

/// Why a unit's region is doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// No region has the unit's code.
    NoSuchRegion(RegionCode),
    /// Its name speaks for regions of other provinces only.
    NameSays(Vec<RegionCode>),
}

/// The units whose region does not exist, or lies in another province than the place in their name.
///
/// Within a province a name often misleads and the configured region is right (Lapas Surabaya stands in Sidoarjo), so
/// that is not reported.
pub fn units_without_place(directory: &Directory, gazetteer: &Gazetteer) -> Vec<UnplacedUnit> {
    let names = Names::new(gazetteer, &Directory::default());
    let doubt_of = |name: &str, region: RegionCode| {
        if gazetteer.region(region).is_none() {
            return Some(Doubt::NoSuchRegion(region));
        }
        let mentions = mentions::read(&Folded::new(name), &names);
        let said: Vec<RegionCode> = mentions
            .into_iter()
            .filter(|mention| !matches!(mention.what, What::Central | What::District))
            .flat_map(|mention| mention.codes)
            .collect();
        let fits = |code: &RegionCode| code.province().is_some_and(|province| region.is_within(province));
        (!said.is_empty() && !said.iter().any(fits)).then_some(Doubt::NameSays(said))
    };
    directory
        .satkers
        .values()
        .filter_map(|satker| {
            let doubt = doubt_of(&satker.name, satker.region)?;
            Some(UnplacedUnit {
                id: satker.id.clone(),
                doubt,
            })
        })
        .collect()
}
