//! The kinds of office that a text names, and what a name behind them means. The words are rows of `types.csv`.

use serde::Deserialize;

/// A kind of office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A prison.
    Lapas,
    /// A remand prison.
    Rutan,
    /// A prison for children.
    Lpka,
    /// A probation office.
    Bapas,
    /// A store of seized goods.
    Rupbasan,
    /// An immigration office.
    Kanim,
    /// An immigration detention house.
    Rudenim,
    /// A regional office; its place is a province.
    Kanwil,
    /// A ministry or directorate general: a regional office where a province follows, else the central one.
    Ministry,
    /// A minister or director general: always central.
    Central,
    /// An office that is called by the kota where the kabupaten has the same name: a court, the Polresta.
    Urban,
    /// An office that is called by the kabupaten where the kota has the same name: the Polres.
    Rural,
    /// An office of a kecamatan: the Polsek.
    Sector,
    /// The government of a kabupaten.
    Regent,
    /// The government of a kota.
    Mayor,
    /// An airport.
    Bandara,
}

/// What may stand between the word for the office and its place: "Kelas II A", "Narkotika", "Provinsi".
const FILLERS: &str = "kelas i ii iii iia iib iva 1 2 3 1a 2a 2b a b c khusus umum tpi non nontpi negara terbuka maksimum \
    maximum super minimum security baru narkotika narkoba perempuan wanita pemuda anak dewasa satu dua tiga";

/// What may stand between "Kanwil" and its province.
const KANWIL_FILLERS: &str = "kementerian hukum dan ham hak asasi manusia imigrasi pemasyarakatan direktorat jenderal ditjen \
    ditjenpas ditjenim kemenkumham kemenkum kemenham kemenimipas kemenag agama kumham provinsi wilayah ri republik indonesia";

impl Kind {
    /// Whether it is one of the units of corrections and immigration that this program is about.
    pub fn is_satker(self) -> bool {
        matches!(
            self,
            Kind::Lapas | Kind::Rutan | Kind::Lpka | Kind::Bapas | Kind::Rupbasan | Kind::Kanim | Kind::Rudenim
        )
    }

    /// Whether it stands for a whole province or the country.
    pub fn is_above(self) -> bool {
        matches!(self, Kind::Kanwil | Kind::Ministry | Kind::Central)
    }

    /// Whether a word may stand between the kind and the place.
    pub fn skips(self, word: &str) -> bool {
        let fillers = if self.is_above() { KANWIL_FILLERS } else { FILLERS };
        let is_number = self == Kind::Rural && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        is_number || fillers.split_whitespace().any(|filler| filler == word)
    }

    /// Whether it is called by the kabupaten where a kota has the same name.
    pub fn prefers_kabupaten(self) -> bool {
        matches!(self, Kind::Rural | Kind::Regent)
    }
}

/// The special purpose of a prison, which tells two of one place apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// None is named.
    #[default]
    #[serde(rename = "")]
    Any,
    /// For drug cases.
    Narkotika,
    /// For women.
    Perempuan,
    /// For young men.
    Pemuda,
    /// An open one.
    Terbuka,
    /// Of corrections, for a regional office.
    Pemasyarakatan,
    /// Of immigration, for a regional office.
    Imigrasi,
    /// Of law and human rights, under any name of the ministry, for a regional office.
    Hukum,
}

impl Purpose {
    /// The purpose a word names.
    pub fn of_word(word: &str) -> Option<Purpose> {
        match word {
            "narkotika" | "narkoba" => Some(Purpose::Narkotika),
            "perempuan" | "wanita" => Some(Purpose::Perempuan),
            "pemuda" => Some(Purpose::Pemuda),
            "terbuka" => Some(Purpose::Terbuka),
            _ => None,
        }
    }

    /// The branch that the words of a regional office's name mean; [`Purpose::Any`] where they name none or several.
    pub fn of_kanwil<'w>(words: impl Iterator<Item = &'w str>) -> Purpose {
        let mut branches = words.filter_map(|word| match word {
            "ditjenpas" | "pas" | "pemasyarakatan" | "kadivpas" => Some(Purpose::Pemasyarakatan),
            "imigrasi" | "ditjenim" | "kadivim" => Some(Purpose::Imigrasi),
            "kemenkumham" | "kemenkum" | "kumham" | "hukum" => Some(Purpose::Hukum),
            _ => None,
        });
        let first = branches.next().unwrap_or_default();
        if branches.all(|branch| branch == first) {
            first
        } else {
            Purpose::Any
        }
    }
}

/// A row of `types.csv`: the words for a kind of office.
#[derive(Debug, Deserialize)]
pub struct KindRow {
    /// The words.
    pub words: String,
    /// The kind they mean.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The purpose they name with it.
    #[serde(rename = "sub")]
    pub purpose: Purpose,
}

/// A row of `units.csv`: an office that does not stand where its name says, or whose name is no region's.
/// Its last column names where that is from.
#[derive(Debug, Deserialize)]
pub struct UnitRow {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Its purpose.
    #[serde(rename = "sub")]
    pub purpose: Purpose,
    /// The place in its name.
    pub place: String,
    /// Where it stands.
    pub region: crate::model::RegionCode,
}

/// How far a name that is also an ordinary word must be called a place to count as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Needs {
    /// It is no ordinary word.
    #[default]
    Nothing,
    /// A preposition of place: "di Palu".
    Locative,
    /// The word for the region or an office: "Kota Batu".
    Prefix,
}

/// A row of `ordinary.csv`: a place name that is also something else.
#[derive(Debug, Deserialize)]
pub struct OrdinaryRow {
    /// The name.
    pub name: String,
    /// What it needs to count.
    pub needs: Needs,
}
