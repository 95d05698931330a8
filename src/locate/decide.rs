//! Weighs what was found and decides. Which names stand in a text is for `mentions`.

use super::context::Context;
use super::dateline::{Dateline, settle};
use super::fold::Folded;
use super::kinds::{Kind, Purpose};
use super::mentions::{Mention, What};
use super::names::Names;
use super::trust::{in_author, in_lead, in_title};
use crate::model::{Evidence, EvidenceKind, Level, RegionCode, RegionMatch, Satker, SatkerKind, Source};

/// Everything that was found for one article.
pub struct Reading<'r> {
    /// The names that were looked for.
    pub names: &'r Names,
    /// The article's source.
    pub source: &'r Source,
    /// The unit the source belongs to.
    pub satker: Option<&'r Satker>,
    /// The names in the title.
    pub title: Vec<Mention>,
    /// The names in the first sentences.
    pub lead: Vec<Mention>,
    /// The names in the rest of the text.
    pub more: Vec<Mention>,
    /// The names in the author's name.
    pub author: Vec<Mention>,
    /// The dateline.
    pub dateline: Option<Dateline<'r>>,
    /// Whether the people met over a network, so that where somebody speaks is not where it happened.
    pub is_remote: bool,
}

/// The words that evidence is quoted from.
pub struct Words<'w> {
    /// The title, and folded.
    pub title: (&'w str, &'w Folded),
    /// The first sentences, and folded.
    pub lead: (&'w str, &'w Folded),
    /// The author's name.
    pub author: &'w str,
}

/// Whether a text speaks of a meeting over a network.
pub fn is_remote(text: &Folded) -> bool {
    const WORDS: [&str; 8] = [
        "virtual",
        "virtually",
        "daring",
        "zoom",
        "online",
        "telekonferensi",
        "teleconference",
        "vidcon",
    ];
    (0..text.words.len()).any(|index| WORDS.contains(&text.word(index)))
}

/// One reason, with its weight.
struct Candidate {
    /// Higher is trusted more.
    trust: u8,
    evidence: Evidence,
    /// The unit of the directory that it names.
    unit: Option<usize>,
    /// Where a regional office has its seat; it is not where the office's events are.
    seat: Option<RegionCode>,
    /// Where it was found: title, lead, author or outside the text.
    part: Part,
}

impl Candidate {
    fn outside(trust: u8, kind: EvidenceKind, code: RegionCode, text: &str, seat: Option<RegionCode>) -> Candidate {
        Candidate {
            trust,
            evidence: Evidence {
                kind,
                code,
                text: text.to_owned(),
            },
            unit: None,
            seat,
            part: Part::Outside,
        }
    }
}

/// Where something was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Title,
    Lead,
    Author,
    Outside,
}

/// Decides where an article belongs.
pub fn decide(reading: &Reading<'_>, words: &Words<'_>) -> RegionMatch {
    let context = Context::of(reading);
    let mut candidates = outside(reading);
    for (part, mentions) in [
        (Part::Title, &reading.title),
        (Part::Lead, &reading.lead),
        (Part::Author, &reading.author),
    ] {
        let of_part = mentions
            .iter()
            .filter_map(|mention| candidate(mention, part, reading, &context, words));
        candidates.extend(of_part);
    }
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.trust));
    if let Some(at) = candidates.first().and_then(|first| refiner(first, &candidates)) {
        let refining = candidates.remove(at);
        candidates.insert(0, refining);
    }
    if candidates.len() > 1 {
        candidates.retain(|candidate| candidate.evidence.kind != EvidenceKind::Nothing);
    }
    let named = publisher(&candidates);
    let unit = reading.satker.map(|satker| satker.region);
    let unit = unit.or_else(|| named.map(|named| named.seat.unwrap_or(named.evidence.code)));
    let about = candidates
        .iter()
        .filter(|candidate| candidate.trust >= ABOUT)
        .find_map(|candidate| candidate.unit);
    let satker = about
        .and_then(|unit| reading.names.units.get(unit))
        .map(|unit| unit.id.clone());
    let mut evidence: Vec<Evidence> = Vec::new();
    for candidate in candidates {
        let same = |kept: &Evidence| kept.kind == candidate.evidence.kind && kept.code == candidate.evidence.code;
        if !evidence.iter().any(same) {
            evidence.push(candidate.evidence);
        }
    }
    evidence.truncate(MOST_EVIDENCE);
    RegionMatch {
        event: evidence.first().map_or(RegionCode::INDONESIA, |first| first.code),
        unit,
        evidence,
        satker,
    }
}

/// How many reasons are kept.
const MOST_EVIDENCE: usize = 8;

/// From which trust on a unit is what the article is about.
const ABOUT: u8 = 58;

/// The unit that seems to have published the article: the author, else who acts in the title, else in the text.
fn publisher(candidates: &[Candidate]) -> Option<&Candidate> {
    let is_unit = |candidate: &&Candidate| {
        let kinds = [EvidenceKind::TitleUnit, EvidenceKind::Unit, EvidenceKind::Author];
        kinds.contains(&candidate.evidence.kind) && candidate.trust >= ABOUT
    };
    [Part::Author, Part::Title, Part::Lead].into_iter().find_map(|part| {
        candidates
            .iter()
            .filter(is_unit)
            .find(|candidate| candidate.part == part)
    })
}

/// What is known without reading: the source, its unit, the dateline, and the country for what nothing is known of.
fn outside(reading: &Reading<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let mut add =
        |trust, kind, code, text: &str, seat| candidates.push(Candidate::outside(trust, kind, code, text, seat));
    let (source, satker) = (reading.source, reading.satker);
    if let Some(code) = source.region {
        let trust = if satker.is_some() { 81 } else { 40 };
        add(trust, EvidenceKind::Source, code, source.id.as_str(), None);
    }
    if let Some(satker) = satker {
        let kanwil = is_kanwil(satker);
        let code = satker.region.province().filter(|_| kanwil).unwrap_or(satker.region);
        add(
            80,
            EvidenceKind::Satker,
            code,
            &satker.name,
            kanwil.then_some(satker.region),
        );
    }
    if let Some(dateline) = &reading.dateline
        && let Some(code) = settle(&dateline.places, configured(reading))
    {
        let trust = if code == RegionCode::INDONESIA { 48 } else { 50 };
        add(trust, EvidenceKind::Dateline, code, dateline.text, None);
    }
    add(0, EvidenceKind::Nothing, RegionCode::INDONESIA, "", None);
    candidates
}

/// Whether a unit is a regional office.
pub fn is_kanwil(satker: &Satker) -> bool {
    satker.kind() == SatkerKind::Kanwil
}

/// The region that is known without reading.
pub fn configured(reading: &Reading<'_>) -> Option<RegionCode> {
    reading
        .source
        .region
        .or_else(|| reading.satker.map(|satker| satker.region))
}

/// What a mention speaks for, and how loudly.
fn candidate(
    mention: &Mention,
    part: Part,
    reading: &Reading<'_>,
    context: &Context,
    words: &Words<'_>,
) -> Option<Candidate> {
    let code = context
        .resolve(mention)
        .filter(|code| !context.is_mere_capital(mention, *code))?;
    let (trust, kind) = match part {
        Part::Title => in_title(mention, code, reading.is_remote),
        Part::Lead if context.is_in_the_capital(mention, code) => Some((38, EvidenceKind::Text)),
        Part::Lead => in_lead(mention, code, reading),
        Part::Author => in_author(mention),
        Part::Outside => None,
    }?;
    let (unit, seat) = match mention.what {
        What::Unit(unit) => (unit, None),
        What::Kanwil(unit) => (unit, seat_of(reading.names, unit, code)),
        _ => (None, None),
    };
    let text = match part {
        Part::Title => quote(words.title.0, words.title.1, mention),
        Part::Lead => quote(words.lead.0, words.lead.1, mention),
        Part::Author | Part::Outside => words.author,
    };
    Some(Candidate {
        trust,
        evidence: Evidence {
            kind,
            code,
            text: text.to_owned(),
        },
        unit,
        seat,
        part,
    })
}

/// Where a regional office has its seat.
fn seat_of(names: &Names, unit: Option<usize>, province: RegionCode) -> Option<RegionCode> {
    let known = unit.and_then(|unit| names.units.get(unit)).map(|unit| unit.seat);
    known.or_else(|| names.known_place(Kind::Kanwil, Purpose::Any, &province.to_string()))
}

fn quote<'t>(text: &'t str, folded: &Folded, mention: &Mention) -> &'t str {
    let (first, end) = mention.words;
    let from = folded.words.get(first).map_or(0, |word| word.from);
    let to = end
        .checked_sub(1)
        .and_then(|last| folded.words.get(last))
        .map_or(from, |word| word.to);
    text.get(from..to).unwrap_or("")
}

/// The evidence that says more exactly what the first leaves open: a kabupaten or kota in the province it speaks for.
///
/// The seat of a regional office does not, unless the text says that something is there. Places of the text that
/// disagree do not.
fn refiner(first: &Candidate, candidates: &[Candidate]) -> Option<usize> {
    let province = Some(first.evidence.code).filter(|code| code.level() == Level::Province)?;
    let exact = |candidate: &&(usize, &Candidate)| {
        let evidence = &candidate.1.evidence;
        evidence.code.level() == Level::Regency
            && evidence.code.is_within(province)
            && candidate.1.trust >= LEAST_REFINING
    };
    let is_seat = |candidate: &Candidate| first.seat == Some(candidate.evidence.code) && candidate.trust < 55;
    let inside: Vec<(usize, &Candidate)> = candidates.iter().enumerate().collect();
    let inside: Vec<&(usize, &Candidate)> = inside
        .iter()
        .filter(exact)
        .filter(|(_, found)| !is_seat(found))
        .collect();
    let weak = |found: &Candidate| {
        matches!(found.evidence.kind, EvidenceKind::Text) || (found.part == Part::Lead && found.trust < 80)
    };
    let of_text: Vec<RegionCode> = inside
        .iter()
        .filter(|(_, found)| weak(found))
        .map(|(_, found)| found.evidence.code)
        .collect();
    let disagree = of_text.iter().any(|code| Some(code) != of_text.first());
    inside
        .iter()
        .find(|(_, found)| !(disagree && weak(found)))
        .map(|(at, _)| *at)
}

/// From which trust on evidence may refine; a portal's own region does not.
const LEAST_REFINING: u8 = 44;
