//! Every word of the pages, in the languages they come in.

use crate::model::Language;

/// The words of one language.
#[derive(Debug)]
pub struct Words {
    pub newest: &'static str,
    pub regions: &'static str,
    pub subscribe: &'static str,
    pub units: &'static str,
    pub origin: &'static str,
    pub copies: &'static str,
    pub none: &'static str,
    pub first_seen: &'static str,
    pub not_found: &'static str,
    pub withdrawn: &'static str,
    pub nearest: &'static str,
    pub about_title: &'static str,
    pub about: &'static str,
    pub contact: &'static str,
    pub privacy: &'static str,
    /// From Monday.
    pub weekdays: [&'static str; 7],
    pub months: [&'static str; 12],
    /// What stands between hours and minutes, and before the hours.
    pub time: (&'static str, &'static str),
}

impl Words {
    /// The words of a language.
    pub fn of(language: Language) -> &'static Words {
        match language {
            Language::Id => &INDONESIAN,
            Language::En => &ENGLISH,
        }
    }
}

const INDONESIAN: Words = Words {
    newest: "Berita terbaru",
    regions: "Wilayah",
    subscribe: "Langganan",
    units: "Satuan kerja",
    origin: "Sumber",
    copies: "Juga terbit di",
    none: "Belum ada berita.",
    first_seen: "pertama terlihat",
    not_found: "Tidak ditemukan",
    withdrawn: "Dicabut",
    nearest: "Mungkin maksud Anda:",
    about_title: "Tentang",
    about: "Situs ini mengumpulkan berita satuan kerja pemerintah Indonesia dan menyajikannya kembali per wilayah. \
            Untuk koreksi atau penghapusan, hubungi kami dengan menyebut alamat beritanya.",
    contact: "Kontak",
    privacy: "Situs ini tidak memakai kuki dan tidak menyimpan alamat pembaca.",
    weekdays: ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"],
    months: [
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    ],
    time: (".", "pukul "),
};

const ENGLISH: Words = Words {
    newest: "Newest stories",
    regions: "Regions",
    subscribe: "Subscribe",
    units: "Units",
    origin: "Source",
    copies: "Also published at",
    none: "No stories yet.",
    first_seen: "first seen",
    not_found: "Not found",
    withdrawn: "Withdrawn",
    nearest: "Perhaps you mean:",
    about_title: "About",
    about: "This site collects the news of Indonesian government units and republishes it by region. For a correction or \
            a takedown write to us and name the address of the story.",
    contact: "Contact",
    privacy: "This site sets no cookies and keeps no reader's address.",
    weekdays: [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    time: (":", ""),
};
