//! Regions as the Ministry of Home Affairs (Kemendagri) codes them: the country, a province, a kabupaten or kota.
//! Names, neighbours and coordinates live in `gazetteer`; this file only knows what a code looks like.

use std::fmt;
use std::str::FromStr;

use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::SatkerId;

/// A region by its Kemendagri code: `35` is Jawa Timur, `35.09` is Kabupaten Jember, `ID` the whole country.
///
/// The form is checked here; whether such a region exists is asked of the gazetteer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegionCode(u16);

/// What kind of region a code names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The whole of Indonesia.
    Country,
    /// One of the 38 provinces.
    Province,
    /// One of the 514 kabupaten and kota.
    Regency,
}

/// The text is not a region code.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a region code: write a province as \"35\", a kabupaten or kota as \"35.09\"")]
pub struct InvalidRegionCode(pub String);

impl RegionCode {
    /// The whole country: stories of no single province.
    pub const INDONESIA: RegionCode = RegionCode(0);

    /// The region of this number: province × 100 + regency, as [`Self::number`] gives it; `None` outside 0, 1100..=9999.
    pub fn from_number(number: u16) -> Option<RegionCode> {
        (number == 0 || (1100..=9999).contains(&number)).then_some(RegionCode(number))
    }

    /// Province × 100 + regency: 0 for the country, 3500 for Jawa Timur, 3509 for Kabupaten Jember.
    pub fn number(self) -> u16 {
        self.0
    }

    /// The country, province or regency level of this code.
    pub fn level(self) -> Level {
        match self.0 {
            0 => Level::Country,
            number if number % 100 == 0 => Level::Province,
            _ => Level::Regency,
        }
    }

    /// The province this code lies in, itself if it is one; `None` for the country.
    pub fn province(self) -> Option<RegionCode> {
        (self.0 != 0).then_some(RegionCode(self.0 / 100 * 100))
    }

    /// The code itself if it names a kabupaten or kota.
    pub fn regency(self) -> Option<RegionCode> {
        (self.level() == Level::Regency).then_some(self)
    }

    /// Whether `self` is `outer` or lies in it.
    pub fn is_within(self, outer: RegionCode) -> bool {
        match outer.level() {
            Level::Country => true,
            Level::Province => self.province() == Some(outer),
            Level::Regency => self == outer,
        }
    }

    /// The region and everything around it, smallest first: regency, province, country.
    pub fn with_ancestors(self) -> Vec<RegionCode> {
        let mut codes: Vec<RegionCode> = self.regency().into_iter().chain(self.province()).collect();
        codes.push(RegionCode::INDONESIA);
        codes
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level() {
            Level::Country => write!(f, "ID"),
            Level::Province => write!(f, "{}", self.0 / 100),
            Level::Regency => write!(f, "{}.{:02}", self.0 / 100, self.0 % 100),
        }
    }
}

impl FromStr for RegionCode {
    type Err = InvalidRegionCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidRegionCode(text.to_owned());
        let two_digits = |part: &str| -> Option<u16> {
            (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?
        };
        if text == "ID" {
            return Ok(RegionCode::INDONESIA);
        }
        let (province, regency) = match text.split_once('.') {
            Some((province, regency)) => (two_digits(province), two_digits(regency).filter(|number| *number > 0)),
            None => (two_digits(text), Some(0)),
        };
        match (province, regency) {
            (Some(province), Some(regency)) => RegionCode::from_number(province * 100 + regency)
                .filter(|code| *code != RegionCode::INDONESIA)
                .ok_or_else(invalid),
            _ => Err(invalid()),
        }
    }
}

impl TryFrom<String> for RegionCode {
    type Error = InvalidRegionCode;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RegionCode> for String {
    fn from(code: RegionCode) -> String {
        code.to_string()
    }
}

/// One of Indonesia's three time zones; none of them has daylight saving time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Zone {
    /// Western time, UTC+7.
    #[default]
    Wib,
    /// Central time, UTC+8.
    Wita,
    /// Eastern time, UTC+9.
    Wit,
}

impl Zone {
    /// The zone's distance from UTC.
    pub fn offset(self) -> Offset {
        match self {
            Zone::Wib => Offset::constant(7),
            Zone::Wita => Offset::constant(8),
            Zone::Wit => Offset::constant(9),
        }
    }

    /// The name people write after a time.
    pub fn abbreviation(self) -> &'static str {
        match self {
            Zone::Wib => "WIB",
            Zone::Wita => "WITA",
            Zone::Wit => "WIT",
        }
    }

    /// The zone of this abbreviation, in any case.
    pub fn from_abbreviation(text: &str) -> Option<Zone> {
        [Zone::Wib, Zone::Wita, Zone::Wit]
            .into_iter()
            .find(|zone| zone.abbreviation().eq_ignore_ascii_case(text))
    }
}

/// Where an article belongs, and why: what `locate` decides and `warta explain` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionMatch {
    /// Where the event happened.
    pub event: RegionCode,
    /// Where the unit stands that publishes it, or that it is about: the source's, else the one named as its subject.
    pub unit: Option<RegionCode>,
    /// What was found, the deciding evidence first.
    pub evidence: Vec<Evidence>,
    /// The unit of the directory that the article is about, if it is named as its subject.
    pub satker: Option<SatkerId>,
}

impl RegionMatch {
    /// How much the deciding evidence is worth; the greater, the more.
    pub fn strength(&self) -> u8 {
        self.evidence.first().map_or(0, |evidence| evidence.kind.strength())
    }
}

/// One reason for a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Where it was found.
    pub kind: EvidenceKind,
    /// The region it speaks for.
    pub code: RegionCode,
    /// The words that say so.
    pub text: String,
}

/// The places evidence for a region is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// The unit the source belongs to.
    Satker,
    /// The region configured for the source.
    Source,
    /// The place a text opens with: "JEMBER –".
    Dateline,
    /// Nothing was found; the story is national.
    Nothing,
    /// A unit named in the title.
    TitleUnit,
    /// A place named in the title.
    Title,
    /// The place where the text says that it happened: "digelar di Kabupaten Jember".
    Event,
    /// A unit named in the first sentences.
    Unit,
    /// The unit that signed as author.
    Author,
    /// A place named in the first sentences.
    Text,
    /// A minister, a ministry or a directorate general without a region.
    Central,
}

impl EvidenceKind {
    /// How much it is worth; the greater, the more.
    pub fn strength(self) -> u8 {
        match self {
            EvidenceKind::Event => 7,
            EvidenceKind::TitleUnit | EvidenceKind::Unit | EvidenceKind::Author => 6,
            EvidenceKind::Satker => 5,
            EvidenceKind::Title | EvidenceKind::Text => 4,
            EvidenceKind::Dateline => 3,
            EvidenceKind::Central => 2,
            EvidenceKind::Source => 1,
            EvidenceKind::Nothing => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_and_prints_the_same() {
        for text in ["35", "35.09", "11.01", "96.71", "ID"] {
            assert_eq!(text.parse::<RegionCode>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_code_is_refused_with_the_text() {
        for text in [
            "",
            "3",
            "355",
            "35.9",
            "35.00",
            "35.",
            "00",
            "00.01",
            "jawa-timur",
            "35.09.01",
            "３５",
        ] {
            assert_eq!(
                text.parse::<RegionCode>(),
                Err(InvalidRegionCode(text.to_owned())),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_regency_lies_in_its_province_and_in_the_country() {
        let jember: RegionCode = "35.09".parse().unwrap();
        let jatim: RegionCode = "35".parse().unwrap();
        assert_eq!(jember.with_ancestors(), [jember, jatim, RegionCode::INDONESIA]);
        assert_eq!(RegionCode::INDONESIA.with_ancestors(), [RegionCode::INDONESIA]);
        assert!(jember.is_within(jatim) && jember.is_within(RegionCode::INDONESIA) && !jatim.is_within(jember));
        assert!(!jember.is_within("33".parse().unwrap()));
    }
}
