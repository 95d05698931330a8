//! How much each kind of evidence is trusted: numbers that only mean more or less than one another. What is done with
//! them is for `decide`.
//!
//! | trust | evidence |
//! | --- | --- |
//! | 95-100 | the title says where: "di Lapas Jember", "ke Nusakambangan" |
//! | 92 | the opening says where it took place: "digelar di Kabupaten Jember" |
//! | 88-90 | the unit or regional office that acts in the title |
//! | 78-85 | the unit in the opening of the text, the author, the source's unit |
//! | 60-72 | other places in the title |
//! | 44-58 | other units and places in the first sentences; the dateline (48-50); central authorities (46-47) |
//! | 38-43 | provinces, the portal's own region (40), speakers in the capital |
//! | below | guests and origins, which are kept but hardly ever decide |

use super::decide::{Reading, is_kanwil};
use super::mentions::{Mention, Role, What};
use crate::model::{EvidenceKind, Level, RegionCode};

/// How much a name in the title is trusted, as what kind of evidence.
pub fn in_title(mention: &Mention, code: RegionCode, is_remote: bool) -> Option<(u8, EvidenceKind)> {
    let is_regency = code.level() == Level::Regency;
    let rank = match (mention.what, mention.role) {
        (What::District, _) => return None,
        (What::Central, _) => return Some((47, EvidenceKind::Central)),
        (What::Unit(_), Role::Event | Role::At | Role::To) => 100,
        (What::Unit(_), Role::Subject) => 90,
        (What::Kanwil(_), Role::Aside) => 30,
        (What::Kanwil(_), _) => 88,
        (What::Unit(_), Role::Aside) => 41,
        (_, Role::Aside) => 20,
        (_, Role::Event | Role::At) if is_remote => 60,
        (_, Role::Event | Role::At) if is_regency => 99,
        (_, Role::To) if is_regency => 95,
        (What::Explicit, _) if is_regency => 72,
        (_, Role::Event | Role::At) => 64,
        _ if is_regency => 65,
        _ => 62,
    };
    let kind = match mention.what {
        What::Unit(_) | What::Kanwil(_) => EvidenceKind::TitleUnit,
        _ => EvidenceKind::Title,
    };
    Some((rank, kind))
}

/// How many sentences are the opening, where the subject of a text is named.
const OPENING: usize = 2;

/// How much a name in the first sentences is trusted, as what kind of evidence.
pub fn in_lead(mention: &Mention, code: RegionCode, reading: &Reading<'_>) -> Option<(u8, EvidenceKind)> {
    let opening = mention.sentence < OPENING;
    let own = reading.satker.is_some_and(|satker| !is_kanwil(satker));
    let here = matches!(mention.role, Role::Event | Role::At | Role::To);
    let is_unit = matches!(mention.what, What::Unit(_));
    if mention.role == Role::Event && mention.sentence <= OPENING && !reading.is_remote && mention.what != What::Central
    {
        let trust = if is_unit || code.level() == Level::Regency {
            92
        } else {
            66
        };
        return (mention.what != What::District).then_some((trust, EvidenceKind::Event));
    }
    let is_province = code.level() != Level::Regency;
    Some(match (mention.what, mention.role) {
        (What::District, _) => return None,
        (What::Central, _) if opening => (46, EvidenceKind::Central),
        (What::Central, _) => return None,
        (What::Unit(_), Role::Aside) => (15, EvidenceKind::Unit),
        (What::Unit(_), _) if here && opening => (85, EvidenceKind::Unit),
        (What::Unit(_), _) if opening => (if own { 78 } else { 84 }, EvidenceKind::Unit),
        (What::Unit(_), _) if here => (58, EvidenceKind::Unit),
        (What::Unit(_), _) => (52, EvidenceKind::Unit),
        (What::Kanwil(_), Role::Aside) => (14, EvidenceKind::Unit),
        (What::Kanwil(_), _) if opening => (if own { 45 } else { 83 }, EvidenceKind::Unit),
        (What::Kanwil(_), _) => (42, EvidenceKind::Unit),
        (_, Role::Aside) => (10, EvidenceKind::Text),
        _ if is_province && here => return None,
        _ if is_province => (43, EvidenceKind::Text),
        (What::Explicit, _) if here => (57, EvidenceKind::Text),
        (What::Explicit, _) => (54, EvidenceKind::Text),
        _ if here && opening => (55, EvidenceKind::Text),
        _ => (44, EvidenceKind::Text),
    })
}

/// How much a name in the author's name is trusted.
pub fn in_author(mention: &Mention) -> Option<(u8, EvidenceKind)> {
    match mention.what {
        What::Unit(_) => Some((82, EvidenceKind::Author)),
        What::Kanwil(_) => Some((79, EvidenceKind::Author)),
        What::Central => Some((46, EvidenceKind::Central)),
        _ => None,
    }
}
