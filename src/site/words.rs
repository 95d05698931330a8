//! Every word of the pages, in the languages they come in, and how numbers, days and times are written.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::view::Standing;
use crate::model::{Language, Precision, Published, SatkerKind, Zone};

/// Declares the words: a name, then Indonesian, then English. `{}` stands for what is put in.
macro_rules! words {
    ($($name:ident: $indonesian:literal, $english:literal;)*) => {
        /// The words of one language.
        #[derive(Debug)]
        pub struct Words {
            pub language: Language,
            $(pub $name: &'static str,)*
        }

        const INDONESIAN: Words = Words { language: Language::Id, $($name: $indonesian,)* };

        const ENGLISH: Words = Words { language: Language::En, $($name: $english,)* };
    };
}

words! {
    skip: "Lompat ke isi", "Skip to content";
    menu: "Menu utama", "Main menu";
    trail: "Anda di sini", "You are here";
    home: "Beranda", "Home";
    sources: "Keadaan sumber", "Source health";
    about_title: "Tentang", "About";
    search: "Cari", "Search";
    search_label: "Cari berita", "Search stories";
    site_footer: "Semua berita milik penerbitnya masing-masing.", "All stories belong to those who published them.";

    map: "Peta provinsi", "Map of the provinces";
    map_help: "Angka di petak: berita 7 hari terakhir. Pilih provinsi untuk membuka halamannya.",
        "The number in a tile: stories of the last 7 days. Choose a province to open its page.";
    map_table: "Peta sebagai tabel", "The map as a table";
    map_skip: "Lewati peta", "Skip the map";
    legend: "Warna petak, berita 7 hari terakhir", "Shades, stories of the last 7 days";
    tile: "{}: {} dalam 7 hari terakhir, {} hari ini", "{}: {} in the last 7 days, {} today";
    province: "Provinsi", "Province";
    last_week: "7 hari", "7 days";
    today: "Hari ini", "Today";
    all: "Semua", "All";
    newest: "Berita terbaru", "Newest stories";
    regions: "Wilayah", "Regions";
    region_all: "Seluruh {}", "All of {}";
    none: "Belum ada berita.", "No stories yet.";
    and_more: "dan {} lainnya", "and {} more";
    pinned: "Disematkan", "Pinned";

    subscribe: "Langganan", "Subscribe";
    subscribe_help: "Salin salah satu alamat ini ke pembaca feed Anda.", "Copy one of these addresses to your feed reader.";
    address_of: "Alamat {}", "{} address";
    open_feed: "Buka {}", "Open {}";
    websub: "Feed ini diberitakan lewat WebSub. Hub:", "These feeds are announced by WebSub. Hub:";
    opml_regencies: "OPML semua kabupaten/kota di provinsi ini", "OPML of every regency and city of this province";
    opml_provinces: "OPML 38 provinsi", "OPML of the 38 provinces";
    opml_all: "OPML semua wilayah", "OPML of all regions";

    days: "Berita per hari, 30 hari terakhir", "Stories a day, last 30 days";
    days_alt: "{} dalam {} hari; terbanyak {} pada {}; hari ini {}.", "{} in {} days; most, {}, on {}; today {}.";
    days_none: "Tidak ada berita dalam {} hari terakhir.", "No stories in the last {} days.";
    units: "Satuan kerja", "Units";
    regencies: "Kabupaten dan kota", "Regencies and cities";
    parent: "Unit induk", "Unit above";
    children: "Unit di bawahnya", "Units below";
    unit: "Satuan kerja", "Unit";
    kind: "Jenis satuan kerja", "Kind of unit";
    ministry: "Kementerian", "Ministry";
    region: "Wilayah", "Region";
    channels: "Saluran", "Channels";
    channel: "Saluran", "Channel";
    no_channels: "Belum ada saluran yang dirayapi.", "No channel is crawled yet.";

    origin: "Sumber", "Source";
    read_on: "Baca di {}", "Read it at {}";
    copies: "Juga terbit di", "Also published at";
    timeline: "Terbitan menurut waktu", "Publications by time";
    original: "sumber di atas", "the source above";
    related: "Berita terkait", "Related stories";
    categories: "Kategori", "Categories";
    first_seen: "pertama terlihat", "first seen";
    date_unknown: "tanggal terbit tidak diketahui", "date of publication unknown";
    updated: "Diperbarui", "Updated";
    excerpt_only: "Ini kutipan. Teks lengkap ada di sumbernya.", "This is an excerpt. The source has the whole text.";
    link_only: "Teks berita ini hanya ada di sumbernya.", "The text of this story is only at its source.";
    image: "Gambar utama", "Lead image";

    query: "Kata kunci", "Words";
    anywhere: "Seluruh Indonesia", "All of Indonesia";
    any_kind: "Semua jenis", "Every kind";
    units_only: "Hanya dari satuan kerja sendiri", "Only from units themselves";
    since: "Sejak tanggal", "From";
    until: "Sampai tanggal", "Until";
    filters: "Saringan", "Filters";
    results: "Hasil", "Results";
    found: "{} ditemukan.", "{} found.";
    found_none: "Tidak ada berita yang cocok. Coba kata lain atau kurangi saringan.",
        "No story matches. Try other words or fewer filters.";
    search_feed: "Pencarian ini sebagai feed", "This search as a feed";
    pages: "Halaman hasil", "Pages of results";
    page_of: "Halaman {} dari {}", "Page {} of {}";
    previous: "Sebelumnya", "Previous";
    next: "Berikutnya", "Next";

    state: "Keadaan", "State";
    well: "Tidak ada gangguan", "Nothing is wrong";
    trouble: "Ada gangguan", "Something is wrong";
    trouble_count: "Gangguan pada {} dari {} sumber.", "Something is wrong with {} of {} sources.";
    trouble_feed: "Umpan gangguan (Atom)", "Feed of trouble (Atom)";
    kind_of_source: "Jenis", "Kind";
    since_when: "Sejak", "Since";
    last_success: "Terakhir berhasil", "Last success";
    last_error: "Galat terakhir", "Last error";
    next_crawl: "Perayapan berikutnya", "Next crawl";
    articles_week: "Artikel seminggu", "Articles a week";
    never: "belum pernah", "never";

    report: "Laporan {}: {}", "Report {}: {}";
    report_units: "Rilis tiap satuan kerja", "Releases of each unit";
    report_portals: "Yang menerbitkan kembali", "Who republished";
    report_releases: "Rilis", "Releases";
    releases: "Rilis", "Releases";
    republished: "Terbit kembali", "Republished";
    times: "Kali terbit kembali", "Times republished";
    first: "Tercepat", "Fastest";
    median: "Median", "Median";
    portal: "Penerbit", "Publisher";
    title: "Judul", "Title";
    report_none: "Tidak ada rilis pada bulan ini.", "No releases in this month.";
    report_help: "Waktu dihitung dari terbitnya rilis di saluran satuan kerja sampai terbit kembali, bila kedua waktunya \
        diketahui sampai menit.",
        "Times run from a release's publication on the unit's own channel to its republication, where both are known to \
        the minute.";
    minutes: "{} mnt", "{} min";
    hours: "{} j {} mnt", "{} h {} min";
    day_hours: "{} h {} j", "{} d {} h";

    not_found: "Tidak ditemukan", "Not found";
    not_found_help: "Halaman dengan alamat ini tidak ada. Coba cari, atau mulai dari beranda.",
        "There is no page of this address. Try the search, or begin at the home page.";
    nearest: "Mungkin maksud Anda:", "Perhaps you mean:";
    withdrawn: "Dicabut", "Withdrawn";
    withdrawn_help: "Berita ini telah dicabut dan teksnya tidak disimpan lagi.",
        "This story was withdrawn, and its text is no longer kept.";
    reason: "Alasan", "Reason";
    when: "Waktu", "When";

    about: "Situs ini mengumpulkan berita satuan kerja pemerintah Indonesia dari blog, situs web, dan portal, menyimpan \
        setiap berita satu kali, dan menyajikannya kembali sebagai satu feed per wilayah.",
        "This site collects the news of Indonesian government units from blogs, websites and portals, keeps every story \
        once, and republishes it as one feed per region.";
    contact: "Kontak", "Contact";
    contact_help: "Pertanyaan, koreksi, atau sumber baru:", "Questions, corrections, or a new source:";
    takedown: "Koreksi dan penghapusan", "Corrections and takedown";
    takedown_help: "Untuk koreksi atau penghapusan, tulislah kepada kami dengan menyebut alamat beritanya. Berita yang \
        dicabut hilang dari halaman, feed, arsip, dan pencarian. Pemilik situs dapat menolak perayap kami lewat \
        robots.txt; noindex dan nosnippet dihormati.",
        "For a correction or a takedown write to us and name the address of the story. A withdrawn story leaves pages, \
        feeds, archives and search. A site's owner can refuse our crawler by robots.txt; noindex and nosnippet are \
        honoured.";
    privacy_title: "Privasi", "Privacy";
    privacy: "Situs ini tidak memakai kuki dan tidak menyimpan alamat pembaca. Gambar di halaman berita tidak disalin: \
        peramban Anda mengambilnya langsung dari situs asal, tanpa memberi tahu halaman yang Anda baca.",
        "This site sets no cookies and keeps no reader's address. Pictures on story pages are not copied: your browser \
        takes them straight from the site of origin, without telling it which page you read.";
}

const WEEKDAYS: [[&str; 7]; 2] = [
    ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"],
    [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
];

const MONTHS: [[&str; 12]; 2] = [
    [
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
    [
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
];

impl Words {
    /// The words of a language.
    pub fn of(language: Language) -> &'static Words {
        match language {
            Language::Id => &INDONESIAN,
            Language::En => &ENGLISH,
        }
    }

    /// "1.234" or "1,234".
    pub fn number(&self, number: u64) -> String {
        let digits = number.to_string();
        let separator = match self.language {
            Language::Id => '.',
            Language::En => ',',
        };
        let mut written = String::with_capacity(digits.len() * 2);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                written.push(separator);
            }
            written.push(digit);
        }
        written
    }

    /// "12 berita", "1 story".
    pub fn stories(&self, count: u64) -> String {
        let word = match (self.language, count) {
            (Language::Id, _) => "berita",
            (Language::En, 1) => "story",
            (Language::En, _) => "stories",
        };
        format!("{} {word}", self.number(count))
    }

    /// "Selasa, 16 Agustus 2022"
    pub fn day(&self, day: Date) -> String {
        let weekday = usize::from(day.weekday().to_monday_zero_offset().unsigned_abs());
        let weekday = WEEKDAYS[self.language as usize][weekday];
        format!("{weekday}, {} {}", day.day(), self.month(day))
    }

    /// "Agustus 2022"
    pub fn month(&self, day: Date) -> String {
        let month = MONTHS[self.language as usize][usize::from(day.month().unsigned_abs()) - 1];
        format!("{month} {}", day.year())
    }

    /// "Selasa, 16 Agustus 2022 pukul 02.30 WIB"
    pub fn time(&self, at: Timestamp, zone: Zone) -> String {
        let local = at.to_zoned_datetime(TimeZone::fixed(zone.offset()));
        let (at_word, separator) = match self.language {
            Language::Id => ("pukul ", '.'),
            Language::En => ("", ':'),
        };
        let (day, hour, minute) = (self.day(local.date()), local.hour(), local.minute());
        format!("{day} {at_word}{hour:02}{separator}{minute:02} {}", zone.abbreviation())
    }

    /// A stated date in a zone; only its day where no more is known, which is the day of the zone it was stated in.
    pub fn published(&self, published: Published, zone: Zone) -> String {
        match published.precision {
            Precision::Minute => self.time(published.at, zone),
            Precision::Day => self.day(super::view::day_of(published.at, published.zone)),
        }
    }

    /// How long something took: "45 mnt", "3 j 20 mnt", "2 h 4 j".
    pub fn duration(&self, minutes: u64) -> String {
        let (hours, days) = (minutes / 60, minutes / 1_440);
        match (days, hours) {
            (0, 0) => fill(self.minutes, &[&self.number(minutes)]),
            (0, _) => fill(self.hours, &[&self.number(hours), &self.number(minutes % 60)]),
            _ => fill(self.day_hours, &[&self.number(days), &self.number(hours % 24)]),
        }
    }

    /// How a source stands.
    pub fn standing(&self, standing: Standing) -> &'static str {
        let (indonesian, english) = match standing {
            Standing::Ok => ("Lancar", "Fine"),
            Standing::Quiet => ("Sepi", "Quiet"),
            Standing::QuietTooLong => ("Terlalu lama sepi", "Quiet for too long"),
            Standing::Failing => ("Gagal diambil", "Cannot be fetched"),
            Standing::Blocked => ("Menolak perayap", "Refuses the crawler"),
            Standing::Drifted => ("Tampilan berubah", "Changed its layout"),
            Standing::Moved => ("Pindah", "Moved"),
            Standing::Gone => ("Hilang", "Gone"),
            Standing::Quarantined => ("Ditahan", "Held back"),
        };
        self.either(indonesian, english)
    }

    /// A kind of unit.
    pub fn satker_kind(&self, kind: SatkerKind) -> &'static str {
        let (indonesian, english) = match kind {
            SatkerKind::Lapas => ("Lembaga pemasyarakatan", "Prisons"),
            SatkerKind::Rutan => ("Rumah tahanan negara", "Remand prisons"),
            SatkerKind::Lpka => ("Lembaga pembinaan khusus anak", "Prisons for children"),
            SatkerKind::Bapas => ("Balai pemasyarakatan", "Probation offices"),
            SatkerKind::Rupbasan => ("Rumah penyimpanan benda sitaan", "Stores of seized goods"),
            SatkerKind::Kanim => ("Kantor imigrasi", "Immigration offices"),
            SatkerKind::Rudenim => ("Rumah detensi imigrasi", "Immigration detention houses"),
            SatkerKind::Kanwil => ("Kantor wilayah", "Regional offices"),
            SatkerKind::Pengadilan => ("Pengadilan", "Courts"),
            SatkerKind::Lainnya => ("Lainnya", "Others"),
        };
        self.either(indonesian, english)
    }

    fn either(&self, indonesian: &'static str, english: &'static str) -> &'static str {
        match self.language {
            Language::Id => indonesian,
            Language::En => english,
        }
    }
}

/// Puts the parts in the places of `{}`, in order.
pub fn fill(template: &str, parts: &[&str]) -> String {
    let mut written = String::with_capacity(template.len());
    let mut parts = parts.iter();
    for (index, piece) in template.split("{}").enumerate() {
        if index > 0 {
            written.push_str(parts.next().unwrap_or(&""));
        }
        written.push_str(piece);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DateOrigin;

    #[test]
    fn a_time_is_written_as_people_write_it() {
        let at: Timestamp = "2022-08-15T19:30:00Z".parse().unwrap();
        for (language, zone, expected) in [
            (Language::Id, Zone::Wib, "Selasa, 16 Agustus 2022 pukul 02.30 WIB"),
            (Language::Id, Zone::Wit, "Selasa, 16 Agustus 2022 pukul 04.30 WIT"),
            (Language::En, Zone::Wita, "Tuesday, 16 August 2022 03:30 WITA"),
        ] {
            assert_eq!(Words::of(language).time(at, zone), expected);
        }
    }

    #[test]
    fn no_hour_is_invented_where_only_the_day_is_known_and_no_zone_shifts_it() {
        let published = Published {
            at: "2022-08-15T15:00:00Z".parse().unwrap(),
            zone: Zone::Wit,
            precision: Precision::Day,
            origin: DateOrigin::Page,
        };
        let words = Words::of(Language::Id);
        assert_eq!(words.published(published, Zone::Wib), "Selasa, 16 Agustus 2022");
        let exact = Published {
            precision: Precision::Minute,
            ..published
        };
        assert_eq!(
            words.published(exact, Zone::Wib),
            "Senin, 15 Agustus 2022 pukul 22.00 WIB"
        );
    }

    #[test]
    fn numbers_and_durations_read_well() {
        let (id, en) = (Words::of(Language::Id), Words::of(Language::En));
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1.000"),
            (12_345_678, "12.345.678"),
            (u64::MAX, "18.446.744.073.709.551.615"),
        ] {
            assert_eq!(id.number(number), expected);
            assert_eq!(en.number(number), expected.replace('.', ","));
        }
        assert_eq!((id.stories(1), en.stories(1)), ("1 berita".into(), "1 story".into()));
        assert_eq!(en.stories(0), "0 stories");
        for (minutes, expected) in [
            (0, "0 mnt"),
            (59, "59 mnt"),
            (60, "1 j 0 mnt"),
            (1_439, "23 j 59 mnt"),
            (1_440, "1 h 0 j"),
        ] {
            assert_eq!(id.duration(minutes), expected);
        }
    }

    #[test]
    fn a_template_takes_its_parts_in_order_and_bears_too_few() {
        assert_eq!(fill("{} dari {}", &["1", "{}"]), "1 dari {}");
        assert_eq!(fill("{} dari {}", &["1"]), "1 dari ");
    }
}
