//! The months by name: Indonesian and English as they are spelt and misspelt, and the full names of other languages that
//! pages in Indonesia's news are dated in. Only names that mean nothing else; which day a text names is
//! `normalize::date`'s to say.

/// January to December.
const NAMES: [&[&str]; 12] = [
    &[
        "januari", "january", "jan", "januar", "jänner", "janvier", "gennaio", "enero", "janeiro", "ocak",
    ],
    &[
        "februari",
        "pebruari",
        "febuari",
        "february",
        "feb",
        "peb",
        "februar",
        "février",
        "fevrier",
        "febbraio",
        "febrero",
        "fevereiro",
        "şubat",
    ],
    &[
        "maret", "march", "mar", "mrt", "märz", "mär", "mars", "marzo", "março", "maart", "mart",
    ],
    &["april", "apr", "avril", "aprile", "abril", "nisan"],
    &["mei", "may", "mai", "maggio", "mayo", "maio", "mayıs"],
    &["juni", "june", "jun", "juin", "giugno", "junio", "junho", "haziran"],
    &["juli", "july", "jul", "juillet", "luglio", "julio", "julho", "temmuz"],
    &[
        "agustus", "august", "agu", "ags", "agt", "agst", "agus", "agust", "aug", "août", "aout", "agosto", "augustus",
        "ağustos", "ogos",
    ],
    &[
        "september",
        "sept",
        "sep",
        "septembre",
        "settembre",
        "septiembre",
        "setiembre",
        "setembro",
        "eylül",
    ],
    &[
        "oktober", "october", "okt", "oct", "octobre", "ottobre", "octubre", "outubro", "ekim",
    ],
    &[
        "november",
        "nopember",
        "nov",
        "nop",
        "novembre",
        "noviembre",
        "novembro",
        "kasım",
    ],
    &[
        "desember",
        "december",
        "des",
        "dec",
        "dezember",
        "dez",
        "décembre",
        "decembre",
        "dicembre",
        "diciembre",
        "dezembro",
        "aralık",
        "disember",
    ],
];

/// The number of the month that a word in lower case names, 1 to 12.
pub fn month(word: &str) -> Option<u32> {
    let at = NAMES.iter().position(|names| names.contains(&word))?;
    u32::try_from(at + 1).ok()
}
