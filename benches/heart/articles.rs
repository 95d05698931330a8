//! Articles for measuring: generated, the same in every run, in the shape of Indonesian units' releases. Nothing of them
//! is real but the grammar of the names. They are no test of quality: `tests/near.rs` and its neighbours are.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use warta::model::{Article, DateOrigin, Precision, Published, Republish, SourceId, Zone};

/// What the words are made of.
const ROOTS: [&str; 96] = [
    "ajar", "aman", "ambil", "angkat", "antar", "atur", "bagi", "bahas", "baik", "bangun", "bantu", "baris", "bawa",
    "bina", "buat", "buka", "catat", "cegah", "cetak", "daftar", "dapat", "data", "dengar", "didik", "dorong",
    "dukung", "gelar", "gerak", "guna", "hadap", "harap", "hasil", "hitung", "hubung", "ikat", "ingat", "isi", "jaga",
    "jalan", "jelas", "jual", "kait", "kawal", "kelola", "kenal", "kerja", "kuat", "laku", "lapor", "latih", "layan",
    "lengkap", "lihat", "lindung", "luas", "maju", "masuk", "milik", "minta", "muat", "nilai", "olah", "padu", "pakai",
    "pantau", "percaya", "periksa", "pilih", "pimpin", "pindah", "rapat", "rawat", "rencana", "sadar", "sambut",
    "sampai", "sehat", "siap", "simpan", "susun", "tahan", "tampil", "tanam", "tanggap", "tata", "temu", "terap",
    "tetap", "tingkat", "tugas", "tumbuh", "ubah", "uji", "ukur", "undang", "usaha",
];

/// What is put around them; the root stands where the `*` is.
const FORMS: [&str; 14] = [
    "*", "me*", "di*", "ber*", "ter*", "ke*an", "pe*an", "me*kan", "di*kan", "*an", "*nya", "pe*", "se*", "di*i",
];

/// The words between them.
const SMALL: [&str; 24] = [
    "yang", "dan", "di", "untuk", "dengan", "pada", "dari", "dalam", "ini", "itu", "oleh", "para", "akan", "bagi",
    "serta", "agar", "juga", "telah", "seluruh", "setiap", "secara", "kepada", "sebagai", "antara",
];

const NAMES: [&str; 40] = [
    "Hasan", "Budi", "Siti", "Agus", "Dewi", "Rahmat", "Yanto", "Wahyu", "Putri", "Slamet", "Indra", "Joko", "Lestari",
    "Nur", "Rizal", "Tono", "Umar", "Vina", "Wulan", "Yusuf", "Arif", "Bayu", "Citra", "Dian", "Eko", "Fajar", "Galih",
    "Hendra", "Ika", "Kurnia", "Lukman", "Mega", "Nanda", "Oka", "Prasetyo", "Ratna", "Surya", "Teguh", "Utami",
    "Zainal",
];

/// Towns that the articles are about.
pub const PLACES: [&str; 32] = [
    "Jember",
    "Malang",
    "Blitar",
    "Madiun",
    "Kediri",
    "Banyuwangi",
    "Bondowoso",
    "Lumajang",
    "Semarang",
    "Cilacap",
    "Magelang",
    "Purworejo",
    "Bandung",
    "Garut",
    "Cirebon",
    "Sukabumi",
    "Serang",
    "Padang",
    "Bukittinggi",
    "Medan",
    "Langkat",
    "Palembang",
    "Lahat",
    "Pontianak",
    "Singkawang",
    "Banjarmasin",
    "Makassar",
    "Parepare",
    "Kendari",
    "Ambon",
    "Kupang",
    "Mataram",
];

const UNITS: [&str; 6] = [
    "Lapas Kelas IIA",
    "Lapas Kelas IIB",
    "Rutan Kelas IIB",
    "LPKA Kelas II",
    "Bapas Kelas I",
    "Kanim Kelas I TPI",
];

/// Hosts: as many as a large configuration has.
const HOSTS: u64 = 600;

/// Days between the first article and the last.
const DAYS: u64 = 7;

/// When the first article arrives.
pub const START: &str = "2026-11-16T17:00:00Z";

/// A stream of numbers that is the same in every run.
pub struct Numbers(u64);

impl Numbers {
    /// The stream of this seed.
    pub fn of(seed: u64) -> Numbers {
        Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    /// A number below this one.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) ^ (self.0 >> 47)) % end
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len() as u64) as usize]
    }
}

/// The article of this number, of about so many words, in a run of `all` that spread over seven days. Of twenty articles
/// one is an earlier one's text on another host, two are an earlier one as a portal edits it, one is an earlier one
/// changed at its own address; the others are new.
pub fn article(number: u64, all: u64, words: u64) -> Article {
    let earlier = number
        .checked_sub(1 + number * 7_919 % 977)
        .filter(|earlier| earlier % 20 > 3);
    let mut article = match (number % 20, earlier) {
        (0, Some(earlier)) => copy(earlier, number, words),
        (1 | 2, Some(earlier)) => edited(copy(earlier, number, words), number),
        (3, Some(earlier)) => changed(original(earlier, words)),
        _ => original(number, words),
    };
    let published = arrival(number, all);
    article.seen = published + SignedDuration::from_secs(60);
    article.published = Some(Published {
        at: published,
        zone: Zone::Wib,
        precision: Precision::Minute,
        origin: DateOrigin::Feed,
    });
    article
}

/// When the article of this number arrives.
pub fn arrival(number: u64, all: u64) -> Timestamp {
    let start: Timestamp = START.parse().expect("it is written as one");
    start + SignedDuration::from_millis((number * DAYS * 86_400_000 / all.max(1)).cast_signed())
}

/// An article like no other.
fn original(number: u64, words: u64) -> Article {
    let numbers = &mut Numbers::of(number);
    let place = numbers.one(&PLACES);
    let unit = numbers.one(&UNITS);
    // The last sentence goes over it by half its length.
    let length = words * (45 + numbers.below(100)) / 100;
    let mut text = format!("{} – ", place.to_uppercase());
    let mut written = 0;
    while written < length {
        for _ in 0..2 + numbers.below(2) {
            written += sentence(&mut text, numbers, unit, place);
        }
        text.push('\n');
    }
    let mut title = format!("{unit} {place}");
    for _ in 0..5 {
        let word = word(numbers);
        let _ = write!(title, " {}{}", word[..1].to_uppercase(), &word[1..]);
    }
    let host = numbers.below(HOSTS);
    page(host, number, title, text.trim_end().to_owned())
}

/// The text of another article on another host.
fn copy(of: u64, number: u64, words: u64) -> Article {
    let Article { title, text, .. } = original(of, words);
    page(HOSTS + number % 37, number, title, text)
}

/// An article as a portal runs it: a dateline and a lead of its own, furniture, the last paragraph left out.
fn edited(article: Article, number: u64) -> Article {
    let numbers = &mut Numbers::of(!number);
    let mut lead = String::new();
    sentence(&mut lead, numbers, "Lapas", numbers_place(number));
    let body = article
        .text
        .split_once(" – ")
        .map_or(article.text.as_str(), |(_, body)| body);
    let body = body.rsplit_once('\n').map_or(body, |(body, _)| body);
    let (first, rest) = body.split_once('\n').unwrap_or((body, ""));
    let text = format!(
        "JAKARTA, PORTAL.com – {lead}\n{first}\nBaca juga: Harga Cabai Naik Lagi\n{rest}\nEditor: {}",
        numbers.one(&NAMES)
    );
    Article {
        html: html(&text),
        text,
        ..article
    }
}

/// An article whose own source says a sentence more.
fn changed(article: Article) -> Article {
    let text = format!("{}\nBerita ini telah dilengkapi.", article.text);
    Article {
        html: html(&text),
        text,
        ..article
    }
}

fn numbers_place(number: u64) -> &'static str {
    PLACES[(number % PLACES.len() as u64) as usize]
}

fn page(host: u64, number: u64, title: String, text: String) -> Article {
    let seen = Timestamp::UNIX_EPOCH;
    let summary: String = text.chars().take(300).collect();
    Article {
        source: SourceId::new(format!("sumber-{host}")).expect("letters and digits"),
        satker: None,
        url: format!("https://sumber-{host}.example/2026/11/berita-{number}"),
        guid: Some(format!("https://sumber-{host}.example/?p={number}")),
        title,
        author: Some("Humas".to_owned()),
        published: None,
        updated: None,
        seen,
        summary,
        html: html(&text),
        text,
        image: None,
        categories: vec!["Berita".to_owned()],
        language: None,
        republish: Republish::Full,
    }
}

fn html(text: &str) -> String {
    text.lines().map(|line| format!("<p>{line}</p>")).collect()
}

/// Writes a sentence. Returns how many words it has.
fn sentence(text: &mut String, numbers: &mut Numbers, unit: &str, place: &str) -> u64 {
    let words = 9 + numbers.below(14);
    let mut written = words;
    let quoted = numbers.below(6) == 0;
    text.push_str(if quoted { "“" } else { "" });
    for at in 0..words {
        let start = text.len();
        match numbers.below(40) {
            0..15 => text.push_str(numbers.one(&SMALL)),
            15 => {
                let _ = write!(text, "{} {}", numbers.one(&NAMES), numbers.one(&NAMES));
                written += 1;
            }
            16 => {
                let _ = write!(text, "{unit} {place}");
                written += 3;
            }
            17 => {
                let _ = write!(text, "{} orang", numbers.below(900) + 2);
                written += 1;
            }
            18 => {
                let _ = write!(text, "Kecamatan {}", numbers.one(&PLACES));
                written += 1;
            }
            _ => text.push_str(&word(numbers)),
        }
        if at == 0 {
            let first = text[start..].chars().next().unwrap_or('a').to_ascii_uppercase();
            text.replace_range(start..=start, first.encode_utf8(&mut [0; 4]));
        }
        text.push_str(if at % 9 == 8 { ", " } else { " " });
    }
    text.truncate(text.trim_end_matches([' ', ',']).len());
    match (quoted, numbers.below(8)) {
        (true, _) => {
            let _ = write!(text, ",” kata {} {}. ", numbers.one(&NAMES), numbers.one(&NAMES));
        }
        (false, 0) => {
            let _ = write!(text, " pada Senin ({}/11/2026). ", 16 + numbers.below(7));
        }
        (false, _) => text.push_str(". "),
    }
    written + 1
}

fn word(numbers: &mut Numbers) -> String {
    numbers.one(&FORMS).replace('*', numbers.one(&ROOTS))
}
