//! Satuan kerja (satker): the government work units whose news we carry, and the directory of all that are known.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{RegionCode, Source, SourceId};

/// A unit's id in the configuration and in addresses: `lapas-jember`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SatkerId(String);

/// The text cannot be an id of a satker or a source.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id: use 1 to 64 lower-case letters, digits and single hyphens, as in \"lapas-jember\"")]
pub struct InvalidId(pub String);

impl SatkerId {
    /// Checks the form: 1 to 64 of `a-z`, `0-9` and single hyphens inside, because the id becomes part of an address.
    pub fn new(text: impl Into<String>) -> Result<SatkerId, InvalidId> {
        checked_id(text.into()).map(SatkerId)
    }

    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The rule for ids of satker and sources alike.
pub(super) fn checked_id(text: String) -> Result<String, InvalidId> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let well_formed = (1..=64).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--");
    if well_formed { Ok(text) } else { Err(InvalidId(text)) }
}

impl fmt::Display for SatkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SatkerId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        SatkerId::new(text)
    }
}

impl From<SatkerId> for String {
    fn from(id: SatkerId) -> String {
        id.0
    }
}

/// A government work unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Satker {
    /// Its id.
    pub id: SatkerId,
    /// Its name as people write it: "Lapas Kelas IIA Jember".
    pub name: String,
    /// Where it stands.
    pub region: RegionCode,
    /// The ministry it belongs to, by short name.
    pub ministry: Option<String>,
    /// The unit above it.
    pub parent: Option<SatkerId>,
    /// Other names it is called by.
    pub aliases: Vec<String>,
    /// Ids it had before; their addresses redirect for ever.
    pub formerly: Vec<SatkerId>,
}

impl Satker {
    /// What kind of unit it is, read off its name.
    pub fn kind(&self) -> SatkerKind {
        SatkerKind::of_name(&self.name)
    }
}

/// The kinds of unit that are told apart in categories and filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SatkerKind {
    /// Lembaga pemasyarakatan: a prison.
    Lapas,
    /// Rumah tahanan negara: a remand prison.
    Rutan,
    /// Lembaga pembinaan khusus anak: a prison for children.
    Lpka,
    /// Balai pemasyarakatan: a probation office.
    Bapas,
    /// Rumah penyimpanan benda sitaan: a store of seized goods.
    Rupbasan,
    /// Kantor imigrasi: an immigration office.
    Kanim,
    /// Rumah detensi imigrasi: an immigration detention house.
    Rudenim,
    /// Kantor wilayah: a regional office.
    Kanwil,
    /// Pengadilan: a court.
    Pengadilan,
    /// Any other unit.
    Lainnya,
}

impl SatkerKind {
    /// The words a unit's name begins with, long forms too, and the kind they mean.
    const NAMES: [(&'static str, SatkerKind); 17] = [
        ("lapas", SatkerKind::Lapas),
        ("lembaga pemasyarakatan", SatkerKind::Lapas),
        ("rutan", SatkerKind::Rutan),
        ("rumah tahanan", SatkerKind::Rutan),
        ("lpka", SatkerKind::Lpka),
        ("lembaga pembinaan khusus anak", SatkerKind::Lpka),
        ("bapas", SatkerKind::Bapas),
        ("balai pemasyarakatan", SatkerKind::Bapas),
        ("rupbasan", SatkerKind::Rupbasan),
        ("rumah penyimpanan benda sitaan", SatkerKind::Rupbasan),
        ("kanim", SatkerKind::Kanim),
        ("kantor imigrasi", SatkerKind::Kanim),
        ("rudenim", SatkerKind::Rudenim),
        ("rumah detensi imigrasi", SatkerKind::Rudenim),
        ("kanwil", SatkerKind::Kanwil),
        ("kantor wilayah", SatkerKind::Kanwil),
        ("pengadilan", SatkerKind::Pengadilan),
    ];

    /// The kind of the unit of this name.
    pub fn of_name(name: &str) -> SatkerKind {
        let name = name.to_lowercase();
        SatkerKind::NAMES
            .iter()
            .find(|(prefix, _)| name.starts_with(prefix))
            .map_or(SatkerKind::Lainnya, |(_, kind)| *kind)
    }

    /// The kind of this word.
    pub fn of_slug(slug: &str) -> Option<SatkerKind> {
        let known = SatkerKind::NAMES
            .iter()
            .map(|(_, kind)| *kind)
            .chain([SatkerKind::Lainnya]);
        known.into_iter().find(|kind| kind.slug() == slug)
    }

    /// The word used as a category term and in filters.
    pub fn slug(self) -> &'static str {
        match self {
            SatkerKind::Lapas => "lapas",
            SatkerKind::Rutan => "rutan",
            SatkerKind::Lpka => "lpka",
            SatkerKind::Bapas => "bapas",
            SatkerKind::Rupbasan => "rupbasan",
            SatkerKind::Kanim => "kanim",
            SatkerKind::Rudenim => "rudenim",
            SatkerKind::Kanwil => "kanwil",
            SatkerKind::Pengadilan => "pengadilan",
            SatkerKind::Lainnya => "lainnya",
        }
    }
}

/// Every unit and every source that is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// The units by id.
    pub satkers: BTreeMap<SatkerId, Satker>,
    /// The sources by id.
    pub sources: BTreeMap<SourceId, Source>,
}

impl Directory {
    /// The unit a source belongs to.
    pub fn satker_of(&self, source: &Source) -> Option<&Satker> {
        self.satkers.get(source.satker.as_ref()?)
    }

    /// The unit of this id, or the one that had it before.
    pub fn satker(&self, id: &SatkerId) -> Option<&Satker> {
        self.satkers
            .get(id)
            .or_else(|| self.satkers.values().find(|satker| satker.formerly.contains(id)))
    }

    /// The name readers know a source by: its own, its unit's, else its host.
    pub fn source_name(&self, id: &SourceId) -> String {
        let Some(source) = self.sources.get(id) else {
            return id.to_string();
        };
        self.satker_of(source)
            .map(|satker| satker.name.clone())
            .unwrap_or_else(|| source.url.host_str().unwrap_or(id.as_str()).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_slug() {
        for id in ["lapas-jember", "a", "kanim-1-tpi", &"x".repeat(64)] {
            assert_eq!(SatkerId::new(id).unwrap().as_str(), id);
        }
        for id in [
            "",
            "-a",
            "a-",
            "a--b",
            "Lapas",
            "lapas jember",
            "lapas/jember",
            "é",
            &"x".repeat(65),
        ] {
            assert_eq!(SatkerId::new(id), Err(InvalidId(id.to_owned())));
        }
    }

    #[test]
    fn a_units_kind_is_read_off_its_name() {
        assert_eq!(
            SatkerKind::of_name("Lembaga Pemasyarakatan Kelas IIA Jember"),
            SatkerKind::Lapas
        );
        assert_eq!(
            SatkerKind::of_name("Kantor Imigrasi Kelas II TPI Sumbawa Besar"),
            SatkerKind::Kanim
        );
        assert_eq!(
            SatkerKind::of_name("Balai Harta Peninggalan Surabaya"),
            SatkerKind::Lainnya
        );
    }
}
