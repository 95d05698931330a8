//! Settles names that several regions bear by what else is known. How much a name is trusted is for `trust`.

use super::dateline::settle;
use super::decide::{Reading, configured};
use super::mentions::{JAKARTA, Mention, Role, What};
use crate::model::{Level, RegionCode};

/// What settles names that several regions bear.
pub struct Context {
    /// Kabupaten and kota that are named for certain.
    certain: Vec<RegionCode>,
    /// Provinces that are named.
    provinces: Vec<RegionCode>,
    /// What is known without reading.
    configured: Option<RegionCode>,
}

impl Context {
    /// What an article's names and source say for certain.
    pub fn of(reading: &Reading<'_>) -> Context {
        let all = || {
            [&reading.title, &reading.lead, &reading.author, &reading.more]
                .into_iter()
                .flatten()
        };
        let certain = all().filter(|mention| mention.what != What::District && mention.role != Role::Aside);
        let only = |mention: &Mention| match mention.codes.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        let (certain, provinces): (Vec<_>, Vec<_>) = certain
            .filter_map(only)
            .filter(|code| *code != RegionCode::INDONESIA)
            .partition(|code| code.level() == Level::Regency);
        Context {
            certain,
            provinces,
            configured: configured(reading),
        }
    }

    /// Whether a mention is the capital's name alone, which stands in names of firms and bylines: "Universitas Jakarta".
    pub fn is_mere_capital(&self, mention: &Mention, code: RegionCode) -> bool {
        let is_capital =
            mention.what == What::Place && code.number() == JAKARTA && mention.words.1 - mention.words.0 == 1;
        let at_home = self.configured.is_some_and(|configured| configured.is_within(code));
        is_capital && mention.role == Role::Subject && !at_home
    }

    /// Whether a mention says where in the capital somebody spoke: "kata Dirjenpas di Kuningan, Jakarta Selatan". The
    /// story is national, or another place's.
    pub fn is_in_the_capital(&self, mention: &Mention, code: RegionCode) -> bool {
        let is_place = matches!(mention.what, What::Place | What::Explicit);
        let in_capital = code.province().is_some_and(|province| province.number() == JAKARTA);
        let at_home = self.configured.is_some_and(|known| known.province() == code.province());
        is_place && in_capital && mention.role != Role::Event && !at_home
    }

    /// The one region that a mention means.
    pub fn resolve(&self, mention: &Mention) -> Option<RegionCode> {
        if let [only] = mention.codes.as_slice() {
            return Some(*only);
        }
        let certain = self.certain.iter().find(|code| mention.codes.contains(code));
        if let Some(code) = certain {
            return Some(*code);
        }
        let named = |code: &&RegionCode| self.provinces.iter().any(|province| code.is_within(*province));
        let inside: Vec<RegionCode> = mention.codes.iter().filter(named).copied().collect();
        let left = if inside.is_empty() { &mention.codes } else { &inside };
        settle(left, self.configured)
    }
}
