//! Tests of the whole decision: what was promised of sources, datelines and units, every trap of Indonesia's names, and
//! openings of stories as they are written.

use super::*;
use crate::model::samples;
use crate::model::{Evidence, EvidenceKind, RegionCode, Republish, SatkerId, SourceId};

fn code(text: &str) -> RegionCode {
    text.parse().unwrap()
}

fn article(text: &str) -> Article {
    Article {
        source: SourceId::new("sumber").unwrap(),
        satker: None,
        url: "https://portal.example/berita/1".to_owned(),
        guid: None,
        title: "Lapas Menggelar Razia".to_owned(),
        author: None,
        published: None,
        updated: None,
        seen: "2025-06-20T00:00:00Z".parse().unwrap(),
        summary: String::new(),
        html: String::new(),
        text: text.to_owned(),
        image: None,
        categories: Vec::new(),
        language: None,
        republish: Republish::Excerpt,
    }
}

fn source(region: Option<&str>) -> Source {
    Source {
        region: region.map(code),
        republish: Republish::Excerpt,
        ..samples::source("sumber", "https://portal.example/feed")
    }
}

fn satker(name: &str, region: &str) -> Satker {
    Satker {
        id: SatkerId::new("unit").unwrap(),
        name: name.to_owned(),
        region: code(region),
        ministry: None,
        parent: None,
        aliases: Vec::new(),
        formerly: Vec::new(),
    }
}

#[test]
fn datelines_of_real_pages_lead_to_no_wrong_province() {
    let locator = locator();
    let table = include_str!("../../tests/fixtures/datelines.csv");
    let (mut right, mut unread) = (0, 0);
    for row in csv::Reader::from_reader(table.as_bytes()).records() {
        let row = row.unwrap();
        let text = format!("{} Lapas menggelar razia.", &row[1]);
        let portal = locator.locate(&article(&text), &source(None), None);
        if portal.evidence[0].kind == EvidenceKind::Nothing {
            unread += 1;
        } else {
            assert_eq!(portal.event.province(), code(&row[3]).province(), "{row:?}: {portal:?}");
            right += 1;
        }
    }
    // Eleven of those left unread name no place at all ("TRIBUNNEWS.COM -", "SERAYUNEWS —").
    assert!(right >= 88 && unread <= 18, "{right} right, {unread} unread");
}

#[test]
fn a_units_own_source_is_placed_where_the_unit_stands() {
    let locator = locator();
    let jember = satker("Lapas Kelas IIA Jember", "35.09");
    let found = locator.locate(&article("BANYUWANGI – Lapas"), &source(None), Some(&jember));
    assert_eq!((found.event, found.unit), (code("35.09"), Some(code("35.09"))));
    let evidence = |kind, region: &str, text: &str| Evidence {
        kind,
        code: code(region),
        text: text.to_owned(),
    };
    assert_eq!(
        found.evidence,
        [
            evidence(EvidenceKind::Satker, "35.09", "Lapas Kelas IIA Jember"),
            evidence(EvidenceKind::Dateline, "35.10", "BANYUWANGI"),
        ],
        "what does not decide is kept"
    );
    let elsewhere = locator.locate(&article("Razia."), &source(Some("35.11")), Some(&jember));
    assert_eq!((elsewhere.event, elsewhere.unit), (code("35.11"), Some(code("35.09"))));
    assert_eq!(elsewhere.evidence[0], evidence(EvidenceKind::Source, "35.11", "sumber"));
}

#[test]
fn a_dateline_refines_a_unit_of_a_whole_province() {
    let locator = locator();
    let kanwil = satker("Kanwil Ditjenpas Jawa Timur", "35");
    for (text, event, decided_by) in [
        ("BANYUWANGI – Kakanwil", "35.10", EvidenceKind::Dateline),
        ("Kota Malang – Kakanwil", "35.73", EvidenceKind::Dateline),
        ("MALANG – Kakanwil", "35", EvidenceKind::Satker),
        ("CILACAP – Kakanwil", "35", EvidenceKind::Satker),
        ("JAKARTA – Kakanwil", "35", EvidenceKind::Satker),
        ("Kakanwil membuka acara.", "35", EvidenceKind::Satker),
    ] {
        let found = locator.locate(&article(text), &source(None), Some(&kanwil));
        assert_eq!(
            (found.event, found.evidence[0].kind),
            (code(event), decided_by),
            "{text:?}"
        );
        assert_eq!(found.unit, Some(code("35")), "{text:?}");
    }
}

#[test]
fn a_portals_story_is_placed_by_its_dateline_then_by_the_portal() {
    let locator = locator();
    for (text, portal, event, decided_by) in [
        ("JEMBER – Lapas", None, "35.09", EvidenceKind::Dateline),
        ("JEMBER – Lapas", Some("33"), "35.09", EvidenceKind::Dateline),
        ("MALANG – Lapas", Some("35"), "35", EvidenceKind::Dateline),
        ("MALANG – Lapas", Some("35.73"), "35.73", EvidenceKind::Dateline),
        ("MALANG – Lapas", Some("35.09"), "35", EvidenceKind::Dateline),
        ("Kota Malang – Lapas", Some("35"), "35.73", EvidenceKind::Dateline),
        ("Jambi – Lapas", None, "15", EvidenceKind::Dateline),
        ("Banjar – Lapas", None, "ID", EvidenceKind::Nothing),
        ("Banjar – Lapas", Some("32"), "32.79", EvidenceKind::Dateline),
        ("JAKARTA – Menteri", Some("35"), "ID", EvidenceKind::Dateline),
        ("JAKARTA – Lapas", Some("31.75"), "31", EvidenceKind::Dateline),
        ("Razia di Jember – Lapas", Some("35"), "35.09", EvidenceKind::Text),
        ("Razia.", None, "ID", EvidenceKind::Nothing),
    ] {
        let found = locator.locate(&article(text), &source(portal), None);
        assert_eq!(
            (found.event, found.evidence[0].kind, found.unit),
            (code(event), decided_by, None),
            "{text:?} on a portal of {portal:?}"
        );
    }
}

fn locator() -> Locator {
    Locator::new(&Gazetteer::built_in(), &Directory::default())
}

/// A directory of these units.
fn directory(satkers: &[(&str, &str, &str, &[&str])]) -> Directory {
    let satker = |(id, name, region, aliases): &(&str, &str, &str, &[&str])| {
        let id = SatkerId::new(*id).unwrap();
        let unit = Satker {
            id: id.clone(),
            name: (*name).to_owned(),
            region: code(region),
            ministry: None,
            parent: None,
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            formerly: Vec::new(),
        };
        (id, unit)
    };
    Directory {
        satkers: satkers.iter().map(satker).collect(),
        ..Directory::default()
    }
}

fn titled(title: &str, text: &str) -> Article {
    Article {
        title: title.to_owned(),
        ..article(text)
    }
}

/// Where a portal's story of this title and text happened.
fn event(locator: &Locator, title: &str, text: &str) -> (RegionCode, RegionMatch) {
    let found = locator.locate(&titled(title, text), &source(None), None);
    (found.event, found)
}

#[test]
fn units_stand_where_they_stand_whatever_their_name_says() {
    let locator = locator();
    for (name, expected) in [
        ("Lapas Kelas I Surabaya", "35.15"),
        ("Lapas Porong", "35.15"),
        ("Rutan Kelas I Surabaya", "35.15"),
        ("Rutan Medaeng", "35.15"),
        ("Rutan Perempuan Kelas IIA Surabaya", "35.15"),
        ("Kantor Imigrasi Kelas I Khusus TPI Surabaya", "35.15"),
        ("Bapas Surabaya", "35.78"),
        ("Rudenim Surabaya", "35.14"),
        ("Rudenim Denpasar", "51.03"),
        ("Lapas Kelas IIA Kerobokan", "51.03"),
        ("Kanim Denpasar", "51.71"),
        ("Lapas Kelas IIA Pematangsiantar", "12.08"),
        ("Kalapas Narkotika Pematang Siantar", "12.08"),
        ("Polres Pematangsiantar", "12.72"),
        ("Lapas Karanganyar", "33.01"),
        ("Lapas Khusus Kelas IIA Karanganyar Nusakambangan", "33.01"),
        ("Polres Karanganyar", "33.13"),
        ("Lapas Kelas I Batu Nusakambangan", "33.01"),
        ("Lapas Batu", "33.01"),
        ("Lapas Permisan", "33.01"),
        ("Lapas Kelas IIA Ambarawa", "33.22"),
        ("Lapas Kelas IIB Slawi", "33.28"),
        ("Lapas Kelas IIB Martapura", "16.08"),
        ("Lapas Narkotika Kelas IIA Karang Intan", "63.03"),
        ("Lapas Rajabasa", "18.71"),
        ("Lapas Arjasa", "35.29"),
        ("Lapas Kelas IIB Banjar", "32.79"),
        ("Bapas Kelas II Magelang", "33.08"),
        ("Kanim Kediri", "35.06"),
        ("Lapas Kelas IIA Metro", "18.72"),
        ("Rutan Kelas IIB Negara", "51.01"),
    ] {
        let (region, found) = event(&locator, &format!("{name} Gelar Razia"), "");
        assert_eq!(region, code(expected), "{name}: {found:?}");
    }
}

#[test]
fn a_twin_is_told_by_its_office() {
    let locator = locator();
    for (title, expected) in [
        ("Lapas Malang Gelar Razia", "35.73"),
        ("Rutan Kelas IIB Serang Gelar Razia", "36.73"),
        ("Kanim Bekasi Buka Layanan", "32.75"),
        ("Polres Malang Tangkap Kurir", "35.07"),
        ("Polresta Malang Kota Tangkap Kurir", "35.73"),
        ("Polres Madiun Kota Tangkap Kurir", "35.77"),
        ("Polres Madiun Tangkap Kurir", "35.19"),
        ("Pemkab Blitar Bantu Warga Binaan", "35.05"),
        ("Pemkot Blitar Bantu Warga Binaan", "35.72"),
        ("Bupati Kediri Terima Penghargaan", "35.06"),
        ("Wali Kota Kediri Terima Penghargaan", "35.71"),
        ("Razia di Kabupaten Tegal", "33.28"),
        ("Razia di Kota Tegal", "33.76"),
        ("Razia di Kab. Sukabumi", "32.02"),
        ("Razia di Malang", "35"),
        ("Razia di Lowokwaru, Malang", "35.73"),
        ("Razia di Banjar, Jawa Barat", "32.79"),
        ("Razia di Martapura, Kabupaten Banjar", "63.03"),
        ("Razia di Martapura, Sumsel", "16.08"),
        ("Razia di Karanganyar, Kebumen", "33.05"),
        ("Razia di Ambarawa, Pringsewu", "18.10"),
        ("Razia di Ambarawa", "33.22"),
        ("Lapas Jambi Gelar Razia", "15.71"),
        ("Kanwil Kemenkum Jambi Gelar Rapat", "15"),
        ("Lapas Kelas IIA Bengkulu Gelar Razia", "17.71"),
        ("Lapas Gorontalo Gelar Razia", "75.71"),
        ("Lapas Kelas IIA Yogyakarta Gelar Razia", "34.71"),
        ("Razia di Jambi", "15"),
        ("Rakornas di Jakarta", "31"),
        ("Kanim Jakarta Selatan Buka Layanan", "31.74"),
    ] {
        let (region, found) = event(&locator, title, "");
        assert_eq!(region, code(expected), "{title}: {found:?}");
    }
}

#[test]
fn what_is_known_of_the_source_settles_a_twin() {
    let locator = locator();
    for (text, region, expected) in [
        ("Warga di Malang menanam jagung.", "35.73", "35.73"),
        ("Warga di Malang menanam jagung.", "35", "35"),
        ("Polres Banjar menangkap kurir.", "63", "63.03"),
        ("Polres Banjar menangkap kurir.", "32", "32.79"),
        ("Razia di Kecamatan Karanganyar.", "33.03", "33.03"),
    ] {
        let found = locator.locate(&article(text), &source(Some(region)), None);
        assert_eq!(
            found.event,
            code(expected),
            "{text:?} on a portal of {region}: {found:?}"
        );
    }
}

#[test]
fn ordinary_words_are_no_places() {
    let locator = locator();
    for (title, expected) in [
        ("Napi Serang Petugas dengan Batu", "ID"),
        ("Acara Puncak Hari Bhakti Pemasyarakatan", "ID"),
        ("Petugas Buru Napi yang Kabur", "ID"),
        ("Polisi Sita 10 Batang Ganja", "ID"),
        ("Hakim Ketuk Palu", "ID"),
        ("Polda Metro Jaya Gelar Razia", "ID"),
        ("Semangat dari Sabang Sampai Merauke", "ID"),
        ("Kembali ke Keluarga", "ID"),
        ("Napi Kabur dari Rutan di Palu", "72.71"),
        ("Razia di Serang, Banten", "36"),
        ("Kota Batu Jadi Tuan Rumah", "35.79"),
        ("HUT ke-80 RI di Lapas Jember", "35.09"),
    ] {
        let (region, found) = event(&locator, title, "");
        assert_eq!(region, code(expected), "{title}: {found:?}");
    }
}

#[test]
fn a_kecamatan_counts_for_its_kabupaten_when_it_is_called_one() {
    let locator = locator();
    for (text, expected) in [
        ("Warga binaan menanam jagung di Kecamatan Patrang.", "35.09"),
        ("Warga binaan menanam jagung di Kec. Patrang.", "35.09"),
        ("Camat Patrang hadir.", "35.09"),
        ("Pak Patrang hadir.", "ID"),
        ("Kecamatan Karanganyar dilanda banjir.", "ID"),
        ("Warga di Desa Slawi Kulon, Kecamatan Slawi, Kabupaten Tegal.", "33.28"),
        ("Bantuan untuk Kecamatan Arjasa, Kabupaten Situbondo.", "35.12"),
    ] {
        let (region, found) = event(&locator, "Bantuan Warga Binaan", text);
        assert_eq!(region, code(expected), "{text}: {found:?}");
    }
}

#[test]
fn names_are_found_in_every_spelling() {
    let locator = locator();
    for (title, expected) in [
        ("LEMBAGA PEMASYARAKATAN KELAS II B LANGSA GELAR RAZIA", "11.74"),
        ("Lembaga Pemasyarakatan (Lapas) Kelas II-A Jember Gelar Razia", "35.09"),
        ("lapas klas 2a jember gelar razia", "35.09"),
        ("Rutan Palangka Raya Gelar Razia", "62.71"),
        ("Rutan Palangkaraya Gelar Razia", "62.71"),
        ("Lapas Lubuk Linggau Gelar Razia", "16.73"),
        ("Lapas Lubuklinggau Gelar Razia", "16.73"),
        ("Lapas Tolitoli Gelar Razia", "72.04"),
        ("Lapas Toli-Toli Gelar Razia", "72.04"),
        ("Rumah Tahanan Negara (Rutan) Kelas IIB Situbondo Gelar Razia", "35.12"),
        ("Imigrasi Kelas 1 TPI Malang Deportasi 25 WNA", "35.73"),
        ("Kantor Imigrasi Kelas II Non TPI Jember Buka Layanan", "35.09"),
        ("LPP Ternate Gelar Razia", "82.71"),
        ("Kanwil Kementerian Hukum dan HAM Jawa Timur Gelar Rapat", "35"),
        (
            "Kantor Wilayah Kementerian Imigrasi dan Pemasyarakatan Provinsi Bali Gelar Rapat",
            "51",
        ),
        ("Kanwil Direktorat Jenderal Pemasyarakatan Jatim Gelar Rapat", "35"),
        ("Kumham Sulteng Gelar Rapat", "72"),
        ("Pengadilan Negeri Jember Gelar Sidang", "35.09"),
        ("Kejaksaan Negeri Lamongan Musnahkan Barang Bukti", "35.24"),
    ] {
        let (region, found) = event(&locator, title, "");
        assert_eq!(region, code(expected), "{title}: {found:?}");
    }
}

#[test]
fn stories_as_they_are_written_are_placed_where_they_happen() {
    let locator = locator();
    for (title, text, region) in STORIES {
        let (region_found, found) = event(&locator, title, text);
        assert_eq!(region_found, code(region), "{title}: {found:?}");
    }
}

/// Headline, first sentences, and where it happened.
const STORIES: &[(&str, &str, &str)] = &[
    (
        "Sekjen Kumham Kuatkan Pemangku Kehumasan di Wilayah",
        "JEMBER – Kalapas Jember Hasan Basri beserta beberapa anggota Humasnya mengikuti pegarahan dari Sekretaris Jenderal Kemenkumham, Andap Budhi Revianto pada Senin (15/08/2022) dalam sebuah pertemuan daring. Andhap yang berada di Lounge Lantai 7 Gedung Sekretariat Jenderal Kemenkumham, Jakarta Selatan membuka pertemuan tersebut.",
        "35.09",
    ),
    (
        "Lapas Terbaik di Indonesia",
        "BLORA – Penghargaan diterima Rutan Blora.",
        "33.16",
    ),
    (
        "Menteri Imipas Lantik Pejabat",
        "Menteri Imipas melantik pejabat di Kuningan, Jakarta Selatan, Jumat.",
        "ID",
    ),
    (
        "Petugas Selamatkan Warga",
        "Warga di Sumedang selong-selong dulu, lalu garut kepala.",
        "32.11",
    ),
    (
        "Warga Binaan Panen Melon",
        "JEMBER – Lapas Kelas IIA Jember memanen melon, Senin (3/2). Kalapas memuji hasilnya.",
        "35.09",
    ),
    (
        "Kakanwil Ditjenpas Jatim Tinjau Panen Raya",
        "SURABAYA – Kakanwil Ditjenpas Jawa Timur meninjau panen raya di Lapas Banyuwangi, Rabu.",
        "35.10",
    ),
    (
        "Kanwil Kemenkum Sulteng Harmonisasi Raperda",
        "Palu – Kanwil Kemenkum Sulawesi Tengah mengharmonisasi tiga rancangan peraturan.",
        "72",
    ),
    (
        "Kanwil Kemenkum Sulteng Harmonisasi Raperda Poso",
        "Palu – Kanwil Kemenkum Sulawesi Tengah menerima Bupati Poso.",
        "72.02",
    ),
    (
        "Kanwil Kemenkum Sulsel Sosialisasi Merek",
        "MAKASSAR – Kegiatan yang digelar di Kabupaten Gowa ini diikuti 50 pelaku usaha.",
        "73.06",
    ),
    (
        "Kalapas Jember Ikuti Rapat Koordinasi",
        "JEMBER – Kalapas Jember mengikuti rapat yang digelar di Kota Surabaya, Selasa.",
        "35.78",
    ),
    (
        "Lapas Jember Ikuti Pengarahan Dirjenpas",
        "JEMBER – Lapas Jember mengikuti pengarahan secara virtual yang digelar di Kota Surabaya.",
        "35.09",
    ),
    (
        "Lapas Bondowoso Terima Kunjungan Kalapas Jember",
        "Bondowoso – Lapas Bondowoso menerima rombongan, Kamis.",
        "35.11",
    ),
    (
        "60 Napi Lapas Madiun Dipindah ke Nusakambangan",
        "Madiun – Sebanyak 60 napi Lapas Kelas I Madiun dipindahkan ke Nusakambangan.",
        "35.77",
    ),
    (
        "Menteri Imipas Kunjungi Nusakambangan",
        "Nusakambangan – Menteri Imipas meninjau lapas baru.",
        "33.01",
    ),
    (
        "Menteri Imipas Lantik Pejabat",
        "JAKARTA – Menteri Imigrasi dan Pemasyarakatan melantik pejabat, Jumat.",
        "ID",
    ),
    (
        "Ditjenpas Beri Remisi 140.000 Napi",
        "Jakarta (ANTARA) - Direktorat Jenderal Pemasyarakatan memberi remisi.",
        "ID",
    ),
    (
        "Kado HUT RI, Ribuan Napi Bebas",
        "Ribuan narapidana bebas, kata Dirjenpas di Jakarta, Minggu.",
        "ID",
    ),
    (
        "Warga Binaan Asal Madura Juara Kaligrafi",
        "Warga binaan Rutan Kelas IIB Gresik juara lomba kaligrafi.",
        "35.25",
    ),
    (
        "Imigrasi Bali Deportasi WNA Asal Nepal",
        "BADUNG – Kantor Imigrasi Kelas I Khusus TPI Ngurah Rai mendeportasi dua warga asing.",
        "51.03",
    ),
    (
        "Menkumham Tinjau Layanan Imigrasi di Bandara Ngurah Rai",
        "Denpasar – Menteri meninjau layanan.",
        "51.03",
    ),
    (
        "Rutan Surabaya Penuh, 300 Tahanan Dipindah",
        "SURABAYA – Rutan Kelas I Surabaya memindahkan 300 tahanan.",
        "35.15",
    ),
    (
        "Sabu dalam Lontong Gagal Masuk Lapas",
        "INDONESIAONLINE – Petugas Lapas Kelas IIA Banyuwangi menggagalkan penyelundupan sabu.",
        "35.10",
    ),
    (
        "Tim Bapas Nusakambangan Lakukan Litmas di Lapas Cilacap",
        "CILACAP, INFO_PAS – Pembimbing kemasyarakatan meneliti.",
        "33.01",
    ),
    (
        "Lapas Kelas IIA Jember Gelar Bakti Sosial",
        "Kegiatan berlangsung di Desa Sukorejo, Kecamatan Bangsalsari, Kabupaten Jember.",
        "35.09",
    ),
    (
        "Lapas Bondowoso Gelar Bakti Sosial",
        "Bakti sosial dilaksanakan di Kecamatan Tanggul, Kabupaten Jember.",
        "35.09",
    ),
    (
        "Fakultas Hukum Universitas Jakarta Kunjungi Lapas Permisan",
        "NUSAKAMBANGAN - Mahasiswa belajar di lapas.",
        "33.01",
    ),
    (
        "Lapas Muaradua Usulkan Remisi",
        "OKU EKSPRES.COM - Lapas Kelas IIB Muaradua mengusulkan remisi.",
        "16.09",
    ),
    (
        "Kakanwil Sambangi Lapas Lubuk Pakam",
        "MEDAN – Kakanwil Kemenkumham Sumut berkunjung.",
        "12.07",
    ),
    (
        "Kejari Kota Malang dan Lapas Malang Teken MoU",
        "MALANG – Penandatanganan berlangsung di aula.",
        "35.73",
    ),
    (
        "Petugas Gagalkan Penyelundupan",
        "Kepala Lapas Kelas IIB Langsa mengatakan sabu ditemukan di blok A.",
        "11.74",
    ),
    (
        "Lapas Terbuka Kendal Panen Lele",
        "KENDAL – Lapas Terbuka Kelas IIB Kendal memanen lele.",
        "33.24",
    ),
    (
        "Lapas Slawi Bersama Polres Tegal Gelar Razia",
        "SLAWI – Lapas Kelas IIB Slawi menggandeng Polres Tegal.",
        "33.28",
    ),
];

/// A title, the unit of the directory that it is about, and the event's region.
const OF_THE_DIRECTORY: [(&str, Option<&str>, &str); 11] = [
    ("Kalapas Jember Pimpin Apel", Some("lapas-jember"), "35.09"),
    (
        "Lembaga Pemasyarakatan Klas II A Jember Gelar Razia",
        Some("lapas-jember"),
        "35.09",
    ),
    (
        "Lapas Perempuan Malang Gelar Razia",
        Some("lapas-perempuan-malang"),
        "35.73",
    ),
    ("LPP Malang Gelar Razia", Some("lapas-perempuan-malang"), "35.73"),
    ("Lapas Malang Gelar Razia", Some("lapas-malang"), "35.73"),
    ("BHP Surabaya Gelar Rapat", Some("bhp-surabaya"), "35.78"),
    (
        "Kakanwil Ditjenpas Jatim Gelar Rapat",
        Some("kanwil-ditjenpas-jawa-timur"),
        "35",
    ),
    (
        "Kemenkum Jatim Gelar Rapat",
        Some("kanwil-kemenkumham-jawa-timur"),
        "35",
    ),
    ("Lapas Kelas IIB Contoh Gelar Razia", Some("lapas-contoh"), "63.02"),
    ("Lapas Banyuwangi Gelar Razia", None, "35.10"),
    ("Razia di Jember", None, "35.09"),
];

#[test]
fn the_directorys_unit_is_named_and_its_region_wins() {
    let gazetteer = Gazetteer::built_in();
    let directory = directory(&[
        ("lapas-jember", "Lapas Kelas IIA Jember", "35.09", &["Lapas Jember"]),
        (
            "lapas-perempuan-malang",
            "Lapas Perempuan Kelas IIA Malang",
            "35.73",
            &["LPP Malang"],
        ),
        ("lapas-malang", "Lapas Kelas I Malang", "35.73", &[]),
        (
            "bhp-surabaya",
            "Balai Harta Peninggalan Surabaya",
            "35.78",
            &["BHP Surabaya"],
        ),
        (
            "kanwil-ditjenpas-jawa-timur",
            "Kanwil Ditjenpas Jawa Timur",
            "35.78",
            &[],
        ),
        (
            "kanwil-kemenkumham-jawa-timur",
            "Kanwil Kemenkumham Jawa Timur",
            "35.78",
            &[],
        ),
        ("lapas-contoh", "Lapas Kelas IIB Contoh", "63.02", &[]),
    ]);
    let locator = Locator::new(&gazetteer, &directory);
    for (title, satker, region) in OF_THE_DIRECTORY {
        let (event, found) = event(&locator, title, "");
        let about = found.satker.as_ref().map(SatkerId::as_str);
        assert_eq!((about, event), (satker, code(region)), "{title}: {found:?}");
    }
}

#[test]
fn a_units_source_carries_stories_from_elsewhere() {
    let locator = locator();
    let jember = satker("Lapas Kelas IIA Jember", "35.09");
    let kanwil = satker("Kanwil Ditjenpas Jawa Timur", "35.78");
    for (unit, title, text, event) in [
        (
            &jember,
            "Panen Melon",
            "SURABAYA – Warga binaan memanen melon.",
            "35.09",
        ),
        (&jember, "Kalapas Jember Hadiri Rakor di Surabaya", "", "35.78"),
        (
            &jember,
            "Bakti Sosial",
            "Kegiatan digelar di Kecamatan Tamanan, Kabupaten Bondowoso.",
            "35.11",
        ),
        (
            &jember,
            "Kakanwil Ditjenpas Jatim Beri Penguatan",
            "JEMBER – Kakanwil hadir.",
            "35.09",
        ),
        (&jember, "Menkumham Tinjau Layanan di Bandara Ngurah Rai", "", "51.03"),
        (
            &jember,
            "Sinergi",
            "Kalapas menerima kunjungan Kepala Lapas Banyuwangi.",
            "35.09",
        ),
        (&kanwil, "Rapat Evaluasi", "SURABAYA – Kakanwil memimpin rapat.", "35"),
        (&kanwil, "Lapas Madiun Gelar Razia", "", "35.77"),
    ] {
        let found = locator.locate(&titled(title, text), &source(None), Some(unit));
        assert_eq!(
            (found.event, found.unit),
            (code(event), Some(unit.region)),
            "{title}: {found:?}"
        );
    }
}

#[test]
fn the_author_says_whose_story_it_is() {
    let signed = Article {
        author: Some("Humas Rutan Kelas IIB Banjarnegara".to_owned()),
        ..titled("Warga Binaan Panen Melon", "Panen berlangsung meriah.")
    };
    let found = locator().locate(&signed, &source(None), None);
    assert_eq!((found.event, found.unit), (code("33.04"), Some(code("33.04"))));
    assert_eq!(found.evidence[0].kind, EvidenceKind::Author);
    assert_eq!(found.evidence[0].text, "Humas Rutan Kelas IIB Banjarnegara");
}

#[test]
fn a_unit_in_another_province_than_its_name_is_doubtful() {
    let directory = directory(&[
        ("lapas-jember", "Lapas Kelas IIA Jember", "33.09", &[]),
        ("lapas-surabaya", "Lapas Kelas I Surabaya", "35.15", &[]),
        ("lapas-nowhere", "Lapas Kelas IIB Contoh", "35.99", &[]),
        ("lapas-contoh", "Lapas Kelas IIB Contoh", "35.09", &[]),
        ("kanwil-jambi", "Kanwil Ditjenpas Jambi", "15.71", &[]),
    ]);
    let doubtful = units_without_place(&directory, &Gazetteer::built_in());
    let expected = [
        ("lapas-jember", Doubt::NameSays(vec![code("35.09")])),
        ("lapas-nowhere", Doubt::NoSuchRegion(code("35.99"))),
    ];
    let expected = expected.map(|(id, doubt)| UnplacedUnit {
        id: SatkerId::new(id).unwrap(),
        doubt,
    });
    assert_eq!(doubtful, expected);
}

#[test]
fn no_article_makes_it_fail() {
    let locator = locator();
    let words =
        "(Lapas|Kanwil|Kemenkumham|di|ke|Kota|Kabupaten|Kec\\.|Malang|Jambi|Batu|Kelas IIA|[,.!\n’é ]|\u{301}| ){0,60}";
    proptest::proptest!(|(title in "\\PC{0,80}", any in "[\\PC\n]{0,300}", words in words)| {
        locator.locate(&titled(&title, &any), &source(None), None);
        locator.locate(&titled(&words, &words), &source(Some("35.73")), None);
    });
}
