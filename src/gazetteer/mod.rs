//! The official list of regions: 38 provinces, 514 kabupaten and kota, 7,285 kecamatan (Kepmendagri
//! 300.2.2-2430/2025), with their address names, time zones, coordinates and what else people call them.
//!
//! The tables are compiled in. They come from cahyadsn/wilayah and wilayah_boundaries (MIT); `aliases.csv` is ours.
//! Build one [`Gazetteer`] at start and lend it out. Finding places inside a text is `locate`'s work.

mod table;

use std::collections::HashMap;

use crate::model::{Level, RegionCode, Zone};

/// A region with everything readers and feeds need to know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Its code.
    pub code: RegionCode,
    /// Its full name: "Jawa Timur", "Kabupaten Jember".
    pub name: String,
    /// The name without "Kabupaten" or "Kota".
    pub short_name: String,
    /// Its name in addresses: `jawa-timur/kabupaten-jember`; `indonesia` for the country.
    pub path: String,
    /// The time zone its offices keep.
    pub zone: Zone,
    /// Latitude and longitude in degrees of a point inside it.
    pub point: (f64, f64),
}

impl Region {
    /// Whether it is the country, a province or a regency.
    pub fn level(&self) -> Level {
        self.code.level()
    }
}

/// A name as it is written, and a region it may stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// The name: "Kabupaten Jember", "Jember", "Jatim", "Patrang".
    pub name: String,
    /// The province, kabupaten or kota; a kecamatan stands for the one it lies in.
    pub code: RegionCode,
    /// What bears the name.
    pub bearer: Bearer,
}

/// What bears a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// A province, kabupaten or kota.
    Region,
    /// A kecamatan.
    District,
}

/// The regions and the names they go by.
#[derive(Clone, Debug)]
pub struct Gazetteer {
    /// In order of code: the country, then each province before its regencies.
    regions: Vec<Region>,
    by_code: HashMap<RegionCode, usize>,
    by_path: HashMap<String, usize>,
    /// Folded names of provinces and regencies, and aliases.
    names: HashMap<String, Vec<RegionCode>>,
    /// Folded names of kecamatan, with the regencies that have one of that name.
    districts: HashMap<String, Vec<RegionCode>>,
}

impl Gazetteer {
    /// The compiled-in tables.
    pub fn built_in() -> Gazetteer {
        let mut gazetteer = Gazetteer {
            regions: table::regions(),
            by_code: HashMap::new(),
            by_path: HashMap::new(),
            names: HashMap::new(),
            districts: HashMap::new(),
        };
        for (index, region) in gazetteer.regions.iter().enumerate() {
            gazetteer.by_code.insert(region.code, index);
            gazetteer.by_path.insert(region.path.clone(), index);
        }
        for region in &gazetteer.regions {
            for name in [&region.name, &region.short_name] {
                add_name(&mut gazetteer.names, name, region.code);
            }
        }
        for alias in table::aliases() {
            add_name(&mut gazetteer.names, &alias.alias, alias.code);
        }
        for district in table::districts() {
            add_name(&mut gazetteer.districts, &district.name, district.regency_code);
        }
        gazetteer
    }

    /// The region of this code, if it exists.
    pub fn region(&self, code: RegionCode) -> Option<&Region> {
        self.by_code.get(&code).map(|index| &self.regions[*index])
    }

    /// The region of this address name (`jawa-timur/kota-malang`, `indonesia`).
    pub fn by_path(&self, path: &str) -> Option<&Region> {
        self.by_path.get(path).map(|index| &self.regions[*index])
    }

    /// The region a person means who types a code, an address name or an unambiguous name ("35.09",
    /// "jawa-timur", "Kabupaten Jember", "Jatim").
    pub fn resolve(&self, text: &str) -> Option<&Region> {
        if let Some(region) = text
            .parse()
            .ok()
            .and_then(|code| self.region(code))
            .or_else(|| self.by_path(text))
        {
            return Some(region);
        }
        match self.names.get(&fold(text)).map(Vec::as_slice) {
            Some([only]) => self.region(*only),
            _ => None,
        }
    }

    /// The `count` regions whose address names or names are most like `text`, best first: for "did you mean".
    pub fn nearest(&self, text: &str, count: usize) -> Vec<&Region> {
        let wanted = fold(text.rsplit('/').next().unwrap_or(text));
        let likeness = |region: &Region| {
            let of = |name: &str| strsim::jaro_winkler(&wanted, &fold(name));
            of(&region.name).max(of(&region.short_name))
        };
        let mut scored: Vec<(f64, &Region)> = self.regions.iter().map(|region| (likeness(region), region)).collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.into_iter().take(count).map(|(_, region)| region).collect()
    }

    /// Every region: the country, then each province before its regencies.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The 38 provinces in order of code.
    pub fn provinces(&self) -> impl Iterator<Item = &Region> {
        self.regions.iter().filter(|region| region.level() == Level::Province)
    }

    /// The regencies of a province in order of code.
    pub fn regencies_of(&self, province: RegionCode) -> impl Iterator<Item = &Region> {
        self.regions
            .iter()
            .filter(move |region| region.level() == Level::Regency && region.code.province() == Some(province))
    }

    /// The regions a place name may stand for: provinces and regencies by name or alias, else the regencies that have
    /// a kecamatan of that name. Empty for what is no place, several for what is ambiguous (Malang, Madiun).
    pub fn places(&self, name: &str) -> &[RegionCode] {
        let folded = fold(name);
        self.names
            .get(&folded)
            .or_else(|| self.districts.get(&folded))
            .map_or(&[], Vec::as_slice)
    }

    /// Every name of every province, kabupaten, kota and kecamatan as it is written, aliases too, for whoever looks for
    /// names in a text. A name that several bear comes several times.
    pub fn spellings(&self) -> Vec<Spelling> {
        let spelling = |name: String, code, bearer| Spelling { name, code, bearer };
        let of_regions = self.regions.iter().flat_map(|region| {
            let names = [
                Some(&region.name),
                Some(&region.short_name).filter(|short| **short != region.name),
            ];
            names
                .into_iter()
                .flatten()
                .map(|name| spelling(name.clone(), region.code, Bearer::Region))
        });
        let of_aliases = table::aliases();
        let of_aliases = of_aliases
            .into_iter()
            .map(|row| spelling(row.alias, row.code, Bearer::Region));
        let of_districts = table::districts();
        let of_districts = of_districts
            .into_iter()
            .map(|row| spelling(row.name, row.regency_code, Bearer::District));
        of_regions.chain(of_aliases).chain(of_districts).collect()
    }

    /// The time zone of a region; national ones keep western time (WIB).
    pub fn zone(&self, code: RegionCode) -> Zone {
        self.region(code).map_or(Zone::Wib, |region| region.zone)
    }

    /// How many kecamatan there are.
    pub fn district_count(&self) -> usize {
        self.districts.values().map(Vec::len).sum()
    }
}

/// Adds a name once for each code.
fn add_name(names: &mut HashMap<String, Vec<RegionCode>>, name: &str, code: RegionCode) {
    let codes = names.entry(fold(name)).or_default();
    if !codes.contains(&code) {
        codes.push(code);
    }
}

/// A name without case, spaces and punctuation, so that "Palangka Raya", "PALANGKARAYA" and "palangka-raya" are one;
/// "Kab." is written out.
fn fold(name: &str) -> String {
    let name = name.to_lowercase();
    let written_out = match name.strip_prefix("kab.").or_else(|| name.strip_prefix("kab ")) {
        Some(rest) => format!("kabupaten{rest}"),
        None => name,
    };
    written_out.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> RegionCode {
        text.parse().unwrap()
    }

    #[test]
    fn the_tables_are_whole() {
        let gazetteer = Gazetteer::built_in();
        assert_eq!(gazetteer.provinces().count(), 38);
        let regencies: usize = gazetteer
            .provinces()
            .map(|province| gazetteer.regencies_of(province.code).count())
            .sum();
        assert_eq!(regencies, 514);
        assert_eq!(gazetteer.district_count(), 7285);
        assert_eq!(
            gazetteer.by_path.len(),
            gazetteer.regions.len(),
            "two regions share an address name"
        );
        for region in gazetteer.regions() {
            let (lat, lon) = region.point;
            assert!(
                (-11.5..6.5).contains(&lat) && (94.5..141.5).contains(&lon),
                "{} at {lat},{lon}",
                region.name
            );
        }
    }

    #[test]
    fn a_region_has_one_address_name() {
        let gazetteer = Gazetteer::built_in();
        for (text, path) in [
            ("35", "jawa-timur"),
            ("35.09", "jawa-timur/kabupaten-jember"),
            ("35.73", "jawa-timur/kota-malang"),
            ("72.04", "sulawesi-tengah/kabupaten-toli-toli"),
            ("ID", "indonesia"),
        ] {
            assert_eq!(gazetteer.region(code(text)).unwrap().path, path);
            assert_eq!(gazetteer.by_path(path).unwrap().code, code(text));
        }
        assert_eq!(gazetteer.region(code("35.99")), None);
    }

    #[test]
    fn people_type_codes_paths_names_and_abbreviations() {
        let gazetteer = Gazetteer::built_in();
        for (text, expected) in [
            ("35.09", "35.09"),
            ("jawa-timur/kabupaten-jember", "35.09"),
            ("Kabupaten Jember", "35.09"),
            ("kab. jember", "35.09"),
            ("jember", "35.09"),
            ("JATIM", "35"),
            ("dki-jakarta", "31"),
            ("Palangka Raya", "62.71"),
            ("kota malang", "35.73"),
        ] {
            assert_eq!(
                gazetteer.resolve(text).map(|region| region.code),
                Some(code(expected)),
                "{text:?}"
            );
        }
        assert_eq!(gazetteer.resolve("malang"), None, "Malang is a kabupaten and a kota");
        assert_eq!(gazetteer.resolve("atlantis"), None);
    }

    #[test]
    fn a_misspelt_region_has_its_neighbours_named() {
        let gazetteer = Gazetteer::built_in();
        let names = |text| {
            gazetteer
                .nearest(text, 3)
                .into_iter()
                .map(|region| region.path.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("jawa-timor")[0], "jawa-timur");
        assert!(names("jawa-timur/kabupaten-jembr").contains(&"jawa-timur/kabupaten-jember"));
    }

    #[test]
    fn a_place_may_stand_for_several_regions() {
        let gazetteer = Gazetteer::built_in();
        assert_eq!(gazetteer.places("JEMBER"), [code("35.09")]);
        assert_eq!(gazetteer.places("Malang"), [code("35.07"), code("35.73")]);
        assert_eq!(
            gazetteer.places("Patrang"),
            [code("35.09")],
            "a kecamatan counts for its kabupaten"
        );
        assert!(gazetteer.places("Metrozone").is_empty());
    }

    #[test]
    fn every_name_is_listed_as_it_is_written() {
        let spellings = Gazetteer::built_in().spellings();
        let of = |name: &str| -> Vec<(RegionCode, Bearer)> {
            let named = spellings.iter().filter(|spelling| spelling.name == name);
            named.map(|spelling| (spelling.code, spelling.bearer)).collect()
        };
        assert_eq!(of("Kabupaten Jember"), [(code("35.09"), Bearer::Region)]);
        assert_eq!(
            of("Malang"),
            [(code("35.07"), Bearer::Region), (code("35.73"), Bearer::Region)]
        );
        assert_eq!(of("Jatim"), [(code("35"), Bearer::Region)]);
        assert_eq!(of("Patrang"), [(code("35.09"), Bearer::District)]);
        let districts = spellings.iter().filter(|spelling| spelling.bearer == Bearer::District);
        assert_eq!(districts.count(), 7285);
    }

    #[test]
    fn the_three_time_zones_are_known() {
        let gazetteer = Gazetteer::built_in();
        let zone = |text| gazetteer.zone(code(text));
        assert_eq!(
            [zone("35.09"), zone("51.03"), zone("91.71"), zone("ID")],
            [Zone::Wib, Zone::Wita, Zone::Wit, Zone::Wib]
        );
    }
}
