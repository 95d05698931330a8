//! Every name that is looked for, in one automaton: regions, kecamatan, kinds of office, and the units of the directory.
//! What a name means in its sentence is for `mentions`.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::de::DeserializeOwned;

use super::fold::{Folded, fold, key};
use super::kinds::{Kind, KindRow, Needs, OrdinaryRow, Purpose, UnitRow};
use crate::gazetteer::{Bearer, Gazetteer, Spelling};
use crate::model::{Directory, Level, RegionCode, Satker, SatkerId, SatkerKind};

/// The most words that a kind of office has.
const LONGEST_KIND: usize = 5;

/// What a unit is called by: kind, purpose and the key of its place.
type Call = (Kind, Purpose, String);

/// What one folded name can mean.
#[derive(Debug, Default)]
pub struct Entry {
    /// The name without spaces, by which spellings are one.
    pub key: String,
    /// Provinces, kabupaten and kota of the name.
    pub regions: Vec<RegionCode>,
    /// Kabupaten and kota that have a kecamatan of the name.
    pub districts: Vec<RegionCode>,
    /// Whether the name says what it is: "Kabupaten Jember", "Kecamatan Patrang".
    pub explicit: bool,
    /// What it needs to count as a place.
    pub needs: Needs,
    /// The kind of office the words stand for.
    pub kind: Option<(Kind, Purpose)>,
    /// The unit of the directory that bears the whole name.
    pub unit: Option<usize>,
}

/// A unit of the directory.
#[derive(Debug)]
pub struct Unit {
    /// Its id.
    pub id: SatkerId,
    /// What a story about it is placed by: where it stands, the province for a regional office.
    pub region: RegionCode,
    /// Where it stands.
    pub seat: RegionCode,
}

/// An entry found in a text.
#[derive(Clone, Copy, Debug)]
pub struct Found<'n> {
    /// What was found.
    pub entry: &'n Entry,
    /// Its first word.
    pub first: usize,
    /// Behind its last word.
    pub end: usize,
}

/// The names.
#[derive(Debug)]
pub struct Names {
    /// Absent only if the names cannot be compiled, which the tests rule out.
    automaton: Option<AhoCorasick>,
    entries: Vec<Entry>,
    /// The units of the directory.
    pub units: Vec<Unit>,
    /// The directory's units by what they are called.
    by_call: HashMap<Call, usize>,
    /// Where offices stand that are not where their names say.
    known: HashMap<Call, RegionCode>,
}

impl Names {
    /// The names of a gazetteer and a directory.
    pub fn new(gazetteer: &Gazetteer, directory: &Directory) -> Names {
        let mut table = Table::default();
        // The country's name stands in names of firms and says nothing: "Garuda Indonesia", "terbaik di Indonesia".
        let places = gazetteer.spellings().into_iter();
        for spelling in places.filter(|spelling| spelling.code != RegionCode::INDONESIA) {
            table.add_spelling(&spelling);
        }
        if let Some(jakarta) = gazetteer.resolve("DKI Jakarta") {
            table.entry(&fold("Jakarta")).regions.push(jakarta.code);
        }
        for row in read::<OrdinaryRow>(include_str!("ordinary.csv")) {
            table.entry(&fold(&row.name)).needs = row.needs;
        }
        let mut kinds = HashMap::new();
        for row in read::<KindRow>(include_str!("types.csv")) {
            let words = fold(&row.words);
            table.entry(&words).kind = Some((row.kind, row.purpose));
            kinds.insert(words, (row.kind, row.purpose));
        }
        let mut known = HashMap::new();
        for row in read::<UnitRow>(include_str!("units.csv")) {
            let place = fold(&row.place);
            table.add_spellings_of(&place);
            known.insert(
                (row.kind, row.purpose, call_key(row.kind, &place, gazetteer)),
                row.region,
            );
        }
        let mut by_call = HashMap::new();
        for (index, satker) in directory.satkers.values().enumerate() {
            for name in std::iter::once(&satker.name).chain(&satker.aliases) {
                match call(name, &kinds) {
                    Some((kind, purpose, place)) => {
                        table.add_spellings_of(&place);
                        let call = (kind, purpose, call_key(kind, &place, gazetteer));
                        by_call.entry(call).or_insert(index);
                    }
                    None => table.entry(&fold(name)).unit = Some(index),
                }
            }
        }
        let units = directory.satkers.values().map(Unit::of).collect();
        table.build(units, by_call, known)
    }

    /// Every name in a text, in order, none within another.
    pub fn find<'n>(&'n self, text: &Folded) -> Vec<Found<'n>> {
        let Some(automaton) = &self.automaton else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let mut first = 0;
        for hit in automaton.find_iter(&text.text) {
            while text.words.get(first).is_some_and(|word| word.start < hit.start()) {
                first += 1;
            }
            let mut end = first;
            while text.words.get(end).is_some_and(|word| word.end <= hit.end()) {
                end += 1;
            }
            if let Some(entry) = self.entries.get(hit.pattern().as_usize()) {
                found.push(Found { entry, first, end });
            }
        }
        found
    }

    /// The unit of the directory that is called so.
    pub fn unit_called(&self, kind: Kind, purpose: Purpose, place: &str) -> Option<usize> {
        self.by_call.get(&(kind, purpose, place.to_owned())).copied()
    }

    /// Where an office stands that is not where its name says. One of a special purpose stands where the others of its
    /// kind and place do, unless a row says otherwise.
    pub fn known_place(&self, kind: Kind, purpose: Purpose, place: &str) -> Option<RegionCode> {
        let of = |purpose| self.known.get(&(kind, purpose, place.to_owned())).copied();
        of(purpose).or_else(|| of(Purpose::Any))
    }
}

impl Unit {
    fn of(satker: &Satker) -> Unit {
        let is_kanwil = satker.kind() == SatkerKind::Kanwil;
        Unit {
            id: satker.id.clone(),
            region: satker.region.province().filter(|_| is_kanwil).unwrap_or(satker.region),
            seat: satker.region,
        }
    }
}

/// The key of a place in a unit's name: a province by its code, because people abbreviate it.
pub fn call_key(kind: Kind, place: &str, gazetteer: &Gazetteer) -> String {
    let province = gazetteer
        .places(place)
        .iter()
        .find(|code| code.level() == Level::Province);
    match province {
        Some(province) if kind.is_above() => province.to_string(),
        _ => key(place),
    }
}

/// What a unit of this name is called by, if it begins with a kind that we know; the place is folded.
fn call(name: &str, kinds: &HashMap<String, (Kind, Purpose)>) -> Option<Call> {
    let name = Folded::new(name);
    let longest = (1..=name.words.len().min(LONGEST_KIND)).rev();
    let (mut at, (kind, mut purpose)) = longest
        .filter_map(|count| name.text.get(..name.words[count - 1].end).map(|words| (count, words)))
        .find_map(|(count, words)| Some((count, *kinds.get(words)?)))?;
    if kind.is_above() {
        purpose = Purpose::of_kanwil((0..name.words.len()).map(|index| name.word(index)));
    }
    while at < name.words.len() && kind.skips(name.word(at)) {
        purpose = Purpose::of_word(name.word(at))
            .filter(|_| !kind.is_above())
            .unwrap_or(purpose);
        at += 1;
    }
    let place = name.text.get(name.words.get(at)?.start..)?;
    let kind = if kind == Kind::Ministry { Kind::Kanwil } else { kind };
    Some((kind, purpose, place.to_owned()))
}

/// The entries by folded name.
#[derive(Default)]
struct Table {
    entries: HashMap<String, Entry>,
}

impl Table {
    /// The entry of a folded name.
    fn entry(&mut self, folded: &str) -> &mut Entry {
        self.entries.entry(folded.to_owned()).or_insert_with(|| Entry {
            key: key(folded),
            ..Entry::default()
        })
    }

    /// Makes a folded name known in all its spellings.
    fn add_spellings_of(&mut self, folded: &str) {
        for spelled in spellings_of(folded) {
            self.entry(&spelled);
        }
    }

    fn add_spelling(&mut self, spelling: &Spelling) {
        let folded = fold(&spelling.name);
        match spelling.bearer {
            Bearer::District => add(&mut self.entry(&folded).districts, spelling.code),
            Bearer::Region => {
                for spelled in spellings_of(&folded) {
                    let entry = self.entry(&spelled);
                    add(&mut entry.regions, spelling.code);
                    entry.explicit |= EXPLICIT.iter().any(|prefix| folded.starts_with(prefix));
                }
            }
        }
    }

    fn build(self, units: Vec<Unit>, by_call: HashMap<Call, usize>, known: HashMap<Call, RegionCode>) -> Names {
        let mut named: Vec<(String, Entry)> = self.entries.into_iter().filter(|(name, _)| !name.is_empty()).collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(named.iter().map(|(name, _)| name))
            .ok();
        Names {
            automaton,
            entries: named.into_iter().map(|(_, entry)| entry).collect(),
            units,
            by_call,
            known,
        }
    }
}

/// The beginnings of names that say what they name.
const EXPLICIT: [&str; 2] = [" kabupaten ", " kota "];

/// The first parts of names that are written together or apart: Lubuklinggau, Pematang Siantar.
const PARTS: [&str; 12] = [
    "bandar", "bau", "bukit", "gunung", "labuhan", "lubuk", "padang", "palangka", "pangkal", "pematang", "sawah",
    "tanjung",
];

/// A folded name together, apart, and as it is.
fn spellings_of(folded: &str) -> Vec<String> {
    let words: Vec<&str> = folded.split_whitespace().collect();
    let mut spellings = vec![folded.to_owned()];
    let (prefix, name) = match words.split_first() {
        Some((first @ (&"kabupaten" | &"kota"), rest)) if !rest.is_empty() => (format!(" {first} "), rest),
        _ => (String::new(), words.as_slice()),
    };
    match name {
        [only] => {
            let apart = PARTS.iter().find_map(|part| Some((part, only.strip_prefix(part)?)));
            let apart = apart.filter(|(_, rest)| rest.len() > 3);
            spellings.extend(apart.map(|(part, rest)| format!("{prefix} {part}  {rest} ")));
        }
        [first, second] => spellings.push(format!("{prefix} {first}{second} ")),
        _ => {}
    }
    spellings
}

fn add(codes: &mut Vec<RegionCode>, code: RegionCode) {
    if !codes.contains(&code) {
        codes.push(code);
    }
}

fn read<Row: DeserializeOwned>(table: &str) -> Vec<Row> {
    csv::Reader::from_reader(table.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("the compiled-in tables are read by the tests")
}
