//! Reads what the names in a text mean where they stand: which are units, which are places, and whether something
//! happened there. Which of them decides is for `decide`.

use super::fold::Folded;
use super::kinds::{Kind, Needs, Purpose};
use super::names::{Found, Names};
use crate::model::{Level, RegionCode};

/// A unit or place named in a text.
#[derive(Clone, Debug)]
pub struct Mention {
    /// What is named.
    pub what: What,
    /// The regions it may mean, never none.
    pub codes: Vec<RegionCode>,
    /// Where else there is a kecamatan of the name: Karanganyar is one of Kebumen too.
    pub namesakes: Vec<RegionCode>,
    /// How the sentence speaks of it.
    pub role: Role,
    /// The number of its sentence.
    pub sentence: usize,
    /// Its first word and the one behind its last.
    pub words: (usize, usize),
}

/// What a [`Mention`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A unit of corrections or immigration, or any of the directory; with its number there.
    Unit(Option<usize>),
    /// A regional office, with its number in the directory.
    Kanwil(Option<usize>),
    /// A minister, ministry or directorate general.
    Central,
    /// A place that says what it is, or an office of one: "Kabupaten Jember", "Polres Jember", "Kecamatan Patrang".
    Explicit,
    /// The name of a province, kabupaten or kota.
    Place,
    /// The name of a kecamatan, which counts only beside the name of its kabupaten.
    District,
}

/// How a sentence speaks of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Something takes place there: "digelar di Kabupaten Jember".
    Event,
    /// "di Jember".
    At,
    /// Somebody goes there: "ke Nusakambangan", "kunjungi Lapas Jember".
    To,
    /// It acts or is spoken of: "Lapas Jember menggelar razia".
    Subject,
    /// Somebody comes from there, or is its guest: "asal Madura", "bersama Polres Jember".
    Aside,
}

/// The number of the capital's province.
pub const JAKARTA: u16 = 3_100;

/// Verbs that say that something took place.
const EVENT_VERBS: &str = "digelar berlangsung dilaksanakan diadakan diselenggarakan dipusatkan bertempat berlokasi \
    dihelat terjadi diresmikan digeledah dilakukan ditangkap diamankan dibuka";
/// Verbs whose object is a place that somebody goes to.
const VISITS: &str = "kunjungi mengunjungi tinjau meninjau sambangi menyambangi datangi mendatangi geledah menggeledah \
    sidak razia monitoring pantau cek";
/// Words that make what follows a guest or an origin. "warga" and "wbp" belong to the place that they stand in.
const ASIDE: &str = "dari asal kelahiran bersama dengan gandeng menggandeng rombongan kunjungan terima menerima \
    sambut menyambut dihadiri undang";
/// Words that speak of moving somebody or something away; where to is not where it happened.
const MOVES: &str = "pindah pindahkan dipindah dipindahkan memindahkan pemindahan mutasi dimutasi kirim dikirim \
    mengirim layar dilayar dilayarkan";
/// What makes "di" no place: "di tengah pandemi", "di bawah naungan".
const NO_PLACE: &str = "hadapan tengah era masa hari momen bulan tahun sela bawah antara mana";
/// Words behind which a new phrase begins.
const STOPS: &str = "yang untuk pada agar usai saat oleh hingga sebagai karena guna dalam";
/// How many words before "di" the verb stands.
const EVENT_REACH: usize = 5;
/// How many words of a phrase may stand between "di" and the place: "di Aula Lantai 2 Kantor Bupati Jember".
const REACH: usize = 7;

/// The mentions in a text, in order.
pub fn read(text: &Folded, names: &Names) -> Vec<Mention> {
    let found = names.find(text);
    let mut mentions = Vec::new();
    let mut at = 0;
    while let Some(head) = found.get(at) {
        let (mention, used) = office(text, names, &found[at..])
            .or_else(|| Some((place(text, head)?, 1)))
            .map_or((None, 1), |(mention, used)| (Some(mention), used));
        mentions.extend(mention);
        at += used;
    }
    narrow_by_neighbours(&mut mentions);
    mentions
}

/// The office that the first of `found` begins, and how many of them it uses.
fn office(text: &Folded, names: &Names, found: &[Found<'_>]) -> Option<(Mention, usize)> {
    let head = found.first()?;
    if let Some(known) = head.entry.unit.and_then(|unit| Some((unit, names.units.get(unit)?))) {
        let codes = vec![known.1.region];
        return Some((
            mention(text, What::Unit(Some(known.0)), codes, (head.first, head.end)),
            1,
        ));
    }
    let (mut kind, mut purpose) = head.entry.kind?;
    let mut end = head.end;
    let mut used = 1;
    loop {
        let next = found.get(used);
        let until = next.map_or(text.words.len(), |next| next.first);
        while end < until && kind.skips(text.word(end)) {
            purpose = Purpose::of_word(text.word(end)).unwrap_or(purpose);
            end += 1;
        }
        match next.filter(|next| next.first == end).and_then(|next| next.entry.kind) {
            Some((Kind::Ministry, _)) if kind == Kind::Kanwil => {}
            Some((Kind::Kanim, _)) if kind == Kind::Kanwil && text.word(end) == "imigrasi" => {}
            Some((Kind::Kanwil, _)) if kind == Kind::Ministry => kind = Kind::Kanwil,
            Some((same, more)) if same == kind => purpose = if more == Purpose::Any { purpose } else { more },
            _ => break,
        }
        end = next?.end;
        used += 1;
    }
    if kind.is_above() {
        purpose = Purpose::of_kanwil((head.first..end).map(|index| text.word(index)));
    }
    let place = found
        .get(used)
        .filter(|next| next.first == end && joined(text, end, kind));
    let named =
        place.and_then(|place| named_office(text, names, (kind, purpose), place).map(|named| (place.end, named)));
    match named {
        Some((end, (what, codes))) => Some((mention(text, what, codes, (head.first, end)), used + 1)),
        None if matches!(kind, Kind::Ministry | Kind::Central) => {
            let country = vec![RegionCode::INDONESIA];
            Some((mention(text, What::Central, country, (head.first, end)), used))
        }
        None => None,
    }
}

/// Whether the name at `end` belongs to the office before it.
fn joined(text: &Folded, end: usize, kind: Kind) -> bool {
    let before = end.checked_sub(1).and_then(|before| text.words.get(before));
    before
        .zip(text.words.get(end))
        .is_some_and(|(before, name)| before.sentence == name.sentence && !(kind.is_above() && before.comma))
}

/// What an office of this kind at a place is, and the regions it may stand in.
fn named_office(
    text: &Folded,
    names: &Names,
    (kind, purpose): (Kind, Purpose),
    place: &Found<'_>,
) -> Option<(What, Vec<RegionCode>)> {
    let regions = &place.entry.regions;
    if kind.is_above() {
        let province = regions.iter().copied().find(|code| code.level() == Level::Province)?;
        let unit = names.unit_called(Kind::Kanwil, purpose, &province.to_string());
        return (kind != Kind::Central).then(|| (What::Kanwil(unit), vec![province]));
    }
    let place_key = &place.entry.key;
    if kind.is_satker() && !place.entry.explicit {
        let unit = names.unit_called(kind, purpose, place_key);
        if let Some(known) = unit.and_then(|unit| names.units.get(unit)) {
            return Some((What::Unit(unit), vec![known.region]));
        }
    }
    let what = if kind.is_satker() {
        What::Unit(None)
    } else {
        What::Explicit
    };
    if let Some(code) = names
        .known_place(kind, purpose, place_key)
        .filter(|_| !place.entry.explicit)
    {
        return Some((what, vec![code]));
    }
    let is_kota = text.word(place.end) == "kota";
    let codes = match kind {
        Kind::Bandara => return None,
        Kind::Sector if !place.entry.districts.is_empty() => place.entry.districts.clone(),
        _ if regions.is_empty() => place.entry.districts.clone(),
        _ => preferred(regions, kind, is_kota),
    };
    (!codes.is_empty()).then_some((what, codes))
}

/// Of the regions of one name, those that an office of this kind is called by: no province where a kabupaten or kota
/// has the name, and of a kabupaten and its kota the one that is usual.
fn preferred(regions: &[RegionCode], kind: Kind, is_kota: bool) -> Vec<RegionCode> {
    let smaller: Vec<RegionCode> = regions
        .iter()
        .copied()
        .filter(|code| code.level() == Level::Regency)
        .collect();
    if smaller.is_empty() {
        return regions.to_vec();
    }
    if smaller.iter().any(|code| code.province() != smaller[0].province()) {
        return smaller;
    }
    let wants_kota = is_kota || !kind.prefers_kabupaten();
    let usual: Vec<RegionCode> = smaller
        .iter()
        .copied()
        .filter(|code| is_a_kota(*code) == wants_kota)
        .collect();
    if usual.is_empty() { smaller } else { usual }
}

/// Kemendagri numbers kota from 71 in each province, kabupaten from 01.
fn is_a_kota(code: RegionCode) -> bool {
    code.number() % 100 > 70
}

/// The place that is named without an office.
fn place(text: &Folded, found: &Found<'_>) -> Option<Mention> {
    let entry = found.entry;
    let before = found.first.checked_sub(1).map_or("", |before| text.word(before));
    let counts = match entry.needs {
        Needs::Nothing => true,
        Needs::Locative => matches!(before, "di" | "ke"),
        Needs::Prefix => false,
    };
    let is_written_as_name = !text.has_capitals || text.words.get(found.first).is_some_and(|word| word.capital);
    if !counts || !is_written_as_name {
        return None;
    }
    let (what, codes) = match (entry.explicit, entry.regions.is_empty()) {
        (true, _) => (What::Explicit, &entry.regions),
        (_, false) => (What::Place, &entry.regions),
        _ => (What::District, &entry.districts),
    };
    let named = (!codes.is_empty()).then(|| mention(text, what, codes.clone(), (found.first, found.end)))?;
    Some(Mention {
        namesakes: entry.districts.clone(),
        ..named
    })
}

fn mention(text: &Folded, what: What, codes: Vec<RegionCode>, words: (usize, usize)) -> Mention {
    Mention {
        what,
        codes,
        namesakes: Vec::new(),
        role: role(text, what, words.0),
        sentence: text.words.get(words.0).map_or(0, |word| word.sentence),
        words,
    }
}

/// How the words before a name speak of it.
fn role(text: &Folded, what: What, first: usize) -> Role {
    let sentence = text.words.get(first).map(|word| word.sentence);
    for distance in 1..=REACH.min(first) {
        let at = first - distance;
        let Some(word) = text.words.get(at).filter(|word| Some(word.sentence) == sentence) else {
            break;
        };
        if word.comma && what != What::Explicit {
            break;
        }
        match text.word(at) {
            "di" if has(NO_PLACE, text.word(at + 1)) => break,
            "di" if any_before(text, at, EVENT_VERBS) => return Role::Event,
            "di" => return Role::At,
            "ke" if text.word(at + 1).starts_with(|c: char| c.is_ascii_digit()) => break,
            "ke" if any_before(text, at, MOVES) => return Role::Aside,
            "ke" => return Role::To,
            word if distance <= 2 && has(ASIDE, word) => return Role::Aside,
            word if distance <= 2 && has(VISITS, word) => return Role::To,
            word if has(STOPS, word) => break,
            _ => {}
        }
    }
    Role::Subject
}

/// Whether one of the words stands shortly before `at` in the same sentence.
fn any_before(text: &Folded, at: usize, words: &str) -> bool {
    let sentence = text.words.get(at).map(|word| word.sentence);
    (at.saturating_sub(EVENT_REACH)..at)
        .any(|index| text.words.get(index).map(|word| word.sentence) == sentence && has(words, text.word(index)))
}

fn has(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|known| known == word)
}

/// Narrows a name that several bear to the one that its neighbour lies in or around: "Lowokwaru, Malang",
/// "Karanganyar, Kebumen".
fn narrow_by_neighbours(mentions: &mut [Mention]) {
    for index in 0..mentions.len() {
        let place = &mentions[index];
        if place.what != What::Place && place.what != What::Explicit {
            continue;
        }
        let neighbours = [index.checked_sub(1), Some(index + 1)];
        let neighbours = neighbours.into_iter().flatten().filter_map(|at| mentions.get(at));
        if let Some(narrowed) = neighbours.filter_map(|other| narrowed(place, other)).next() {
            mentions[index].codes = narrowed;
        }
    }
}

/// The regions that `place` may mean because `other` stands beside it.
fn narrowed(place: &Mention, other: &Mention) -> Option<Vec<RegionCode>> {
    let gap = place
        .words
        .0
        .max(other.words.0)
        .saturating_sub(place.words.1.min(other.words.1));
    if gap > 1 || other.sentence != place.sentence || other.what == What::Central {
        return None;
    }
    let within = |code: &&RegionCode| other.codes.iter().any(|around| code.is_within(*around));
    let shared: Vec<RegionCode> = place.codes.iter().filter(within).copied().collect();
    if !shared.is_empty() {
        return (shared.len() < place.codes.len()).then_some(shared);
    }
    let follows = other.words.0 == place.words.1 && other.what != What::District;
    if !follows {
        return None;
    }
    let namesakes: Vec<RegionCode> = place.namesakes.iter().filter(within).copied().collect();
    if !namesakes.is_empty() {
        return Some(namesakes);
    }
    // A quarter of the capital may bear a kabupaten's name: "Kuningan, Jakarta Selatan".
    let in_capital = |code: &RegionCode| code.province().is_some_and(|province| province.number() == JAKARTA);
    (other.codes.iter().all(in_capital) && place.words.1 - place.words.0 == 1).then(|| other.codes.clone())
}
