//! Reads the compiled-in CSV tables. Not the place for rules about names: those are in the module above.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Region;
use crate::model::{RegionCode, Zone};

#[derive(Deserialize)]
struct ProvinceRow {
    code: RegionCode,
    name: String,
    tz_abbr: Zone,
    lat: f64,
    lon: f64,
}

#[derive(Deserialize)]
struct RegencyRow {
    code: RegionCode,
    name: String,
    province_code: RegionCode,
    tz_abbr: Zone,
    lat: f64,
    lon: f64,
    full_name: String,
}

/// A kecamatan.
#[derive(Deserialize)]
pub struct DistrictRow {
    /// Its name.
    pub name: String,
    /// The kabupaten or kota it lies in.
    pub regency_code: RegionCode,
}

/// Another name of a province or regency.
#[derive(Deserialize)]
pub struct AliasRow {
    /// The name.
    pub alias: String,
    /// What it stands for.
    pub code: RegionCode,
}

/// The country, then each province before its regencies.
pub fn regions() -> Vec<Region> {
    let mut regions = vec![Region {
        code: RegionCode::INDONESIA,
        name: "Indonesia".to_owned(),
        short_name: "Indonesia".to_owned(),
        path: "indonesia".to_owned(),
        zone: Zone::Wib,
        point: (-2.5, 118.0),
    }];
    let mut regencies: Vec<RegencyRow> = read(include_str!("regencies.csv"));
    regencies.sort_by_key(|row| row.code);
    for province in read::<ProvinceRow>(include_str!("provinces.csv")) {
        let path = slug(&province.name);
        for row in regencies.iter().filter(|row| row.province_code == province.code) {
            regions.push(Region {
                code: row.code,
                name: row.full_name.clone(),
                short_name: row.name.clone(),
                path: format!("{path}/{}", slug(&row.full_name)),
                zone: row.tz_abbr,
                point: (row.lat, row.lon),
            });
        }
        regions.push(Region {
            code: province.code,
            short_name: province.name.clone(),
            name: province.name,
            path,
            zone: province.tz_abbr,
            point: (province.lat, province.lon),
        });
    }
    regions.sort_by_key(|region| region.code);
    regions
}

/// Every kecamatan.
pub fn districts() -> Vec<DistrictRow> {
    read(include_str!("districts.csv"))
}

/// What people call regions beside their names.
pub fn aliases() -> Vec<AliasRow> {
    read(include_str!("aliases.csv"))
}

fn read<Row: DeserializeOwned>(table: &str) -> Vec<Row> {
    csv::Reader::from_reader(table.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("the compiled-in tables are read by the tests")
}

/// A name as it stands in an address: lower case, hyphens for everything that is no letter or digit.
fn slug(name: &str) -> String {
    let words = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}
