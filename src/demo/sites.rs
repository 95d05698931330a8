//! The built-in sites: their pages as they would be on the web, `{base}` standing for the address they get.

/// A site with one source.
pub struct Site {
    /// The source's id.
    pub id: &'static str,
    /// How it is read.
    pub kind: Kind,
    /// The source's path on the site.
    pub path: &'static str,
    /// The unit it belongs to: id, name, region.
    pub satker: Option<(&'static str, &'static str, &'static str)>,
    /// The portal's region.
    pub region: Option<&'static str>,
    /// Everything it answers.
    pub pages: &'static [Page],
}

/// The kinds of source there are.
pub enum Kind {
    Feed,
    Listing,
    Kumparan,
}

/// One address of a site.
pub struct Page {
    /// Its path.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its body.
    pub body: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const RSS: &str = "application/rss+xml; charset=utf-8";

/// The sites.
pub const SITES: [Site; 4] = [
    Site {
        id: "rutan-surabaya-blog",
        kind: Kind::Feed,
        path: "/feed",
        satker: Some(("rutan-surabaya", "Rutan Kelas I Surabaya", "35.15")),
        region: None,
        pages: &[Page {
            path: "/feed",
            media_type: RSS,
            body: BLOG,
        }],
    },
    Site {
        id: "portal-jatim",
        kind: Kind::Feed,
        path: "/feed/",
        satker: None,
        region: Some("35"),
        pages: &[Page {
            path: "/feed/",
            media_type: RSS,
            body: PORTAL,
        }],
    },
    Site {
        id: "kabar-jateng",
        kind: Kind::Listing,
        path: "/berita",
        satker: None,
        region: Some("33"),
        pages: &[
            Page {
                path: "/berita",
                media_type: HTML,
                body: LISTING,
            },
            Page {
                path: "/berita/membatik",
                media_type: HTML,
                body: MEMBATIK,
            },
            Page {
                path: "/berita/donor-darah",
                media_type: HTML,
                body: DONOR,
            },
        ],
    },
    Site {
        id: "lapas-jember-kumparan",
        kind: Kind::Kumparan,
        path: "/lajer-channel",
        satker: Some(("lapas-jember", "Lapas Kelas IIA Jember", "35.09")),
        region: None,
        pages: &[
            Page {
                path: "/lajer-channel",
                media_type: HTML,
                body: ACCOUNT,
            },
            Page {
                path: "/lajer-channel/sekjen-kumham-kuatkan-pemangku-kehumasan-di-wilayah-1yfWcrHMSmQ",
                media_type: HTML,
                body: STORY,
            },
        ],
    },
];

const BLOG: &str = r##"<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Rutan Surabaya</title><link>{base}/</link><description>Blog humas</description>
<item><title>Tiga Puluh Warga Binaan Belajar Membatik</title><link>{base}/2025/11/membatik.html</link><guid isPermaLink="false">tag:blog,2025:1</guid><pubDate>Thu, 20 Nov 2025 10:15:00 +0700</pubDate><dc:creator>Humas Rutan</dc:creator><content:encoded><![CDATA[<p>SURABAYA – Rumah Tahanan Negara Kelas I Surabaya menggelar pelatihan membatik bagi tiga puluh warga binaan, Kamis (20/11/2025). Kegiatan berlangsung di ruang bimbingan kerja dan dipandu perajin dari Sidoarjo.</p><p>Kepala Rutan mengatakan pelatihan itu menjadi bekal keterampilan setelah bebas. “Kami ingin mereka pulang membawa keahlian, bukan hanya kenangan,” ujarnya. Hasil karya peserta akan dipamerkan pada bazar akhir tahun.</p><p>Peserta tampak antusias mengikuti setiap tahap, mulai dari mencanting hingga pewarnaan. Rutan berencana membuka kelas lanjutan pada Januari 2026.</p>]]></content:encoded></item>
<item><title>Apel Pagi &amp; Razia Kamar Hunian</title><link>{base}/2025/11/apel.html</link><guid isPermaLink="false">tag:blog,2025:2</guid><pubDate>Jumat, 21 November 2025 07:30 WIB</pubDate><content:encoded><![CDATA[<p>SURABAYA – Petugas Rutan Kelas I Surabaya melaksanakan apel pagi yang dilanjutkan razia kamar hunian di blok C. Tidak ditemukan barang terlarang dalam kegiatan tersebut dan seluruh kamar dinyatakan bersih.</p>]]></content:encoded></item>
</channel></rss>"##;

const PORTAL: &str = r##"<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Portal Jatim</title><link>{base}/</link><description>Berita Jawa Timur</description>
<item><title>Rutan Surabaya Latih Warga Binaan Membatik</title><link>{base}/2025/11/20/rutan-surabaya-membatik/</link><guid isPermaLink="false">{base}/?p=101</guid><pubDate>Thu, 20 Nov 2025 14:00:00 +0700</pubDate><content:encoded><![CDATA[<p>SURABAYA – Rumah Tahanan Negara Kelas I Surabaya menggelar pelatihan membatik bagi tiga puluh warga binaan, Kamis (20/11/2025). Kegiatan berlangsung di ruang bimbingan kerja dan dipandu perajin dari Sidoarjo.</p><p>Kepala Rutan mengatakan pelatihan itu menjadi bekal keterampilan setelah bebas. “Kami ingin mereka pulang membawa keahlian, bukan hanya kenangan,” ujarnya. Hasil karya peserta akan dipamerkan pada bazar akhir tahun.</p><p>Peserta tampak antusias mengikuti setiap tahap, mulai dari mencanting hingga pewarnaan. Rutan berencana membuka kelas lanjutan pada Januari 2026.</p>]]></content:encoded></item>
<item><title>Kantor Imigrasi Kediri Buka Layanan Paspor Sabtu</title><link>{base}/2025/11/21/imigrasi-kediri/</link><guid isPermaLink="false">{base}/?p=102</guid><pubDate>Fri, 21 Nov 2025 09:00:00 +0700</pubDate><content:encoded><![CDATA[<p>BANYUWANGI – Layanan paspor akhir pekan dibuka untuk warga yang tidak sempat datang pada hari kerja. Kuota setiap Sabtu dibatasi lima puluh pemohon dengan pendaftaran melalui aplikasi resmi.</p>]]></content:encoded></item>
</channel></rss>"##;

const LISTING: &str = r##"<!DOCTYPE html><html lang="id"><head><meta charset="utf-8"><title>Berita</title></head><body><nav><a href="/">Beranda</a></nav>
<article class="berita"><h2><a href="/berita/membatik">Rutan Surabaya Gelar Pelatihan Membatik</a></h2><time>20 November 2025</time></article>
<article class="berita"><h2><a href="/berita/donor-darah">Lapas Semarang Gelar Donor Darah</a></h2><time>22 November 2025</time></article></body></html>"##;

const MEMBATIK: &str = r##"<!DOCTYPE html><html lang="id"><head><meta charset="utf-8"><title>Rutan Surabaya Gelar Pelatihan Membatik</title></head><body><nav><a href="/">Beranda</a></nav><main><article><h1>Rutan Surabaya Gelar Pelatihan Membatik</h1><time datetime="2025-11-20T16:00:00+07:00">2025-11-20T16:00:00+07:00</time><div class="isi"><p>SURABAYA – Rumah Tahanan Negara Kelas I Surabaya menggelar pelatihan membatik bagi tiga puluh warga binaan, Kamis (20/11/2025). Kegiatan berlangsung di ruang bimbingan kerja dan dipandu perajin dari Sidoarjo.</p><p>Kepala Rutan mengatakan pelatihan itu menjadi bekal keterampilan setelah bebas. “Kami ingin mereka pulang membawa keahlian, bukan hanya kenangan,” ujarnya. Hasil karya peserta akan dipamerkan pada bazar akhir tahun.</p><p>Peserta tampak antusias mengikuti setiap tahap, mulai dari mencanting hingga pewarnaan. Rutan berencana membuka kelas lanjutan pada Januari 2026.</p></div></article></main><footer>Hak cipta</footer></body></html>"##;

const DONOR: &str = r##"<!DOCTYPE html><html lang="id"><head><meta charset="utf-8"><title>Lapas Semarang Gelar Donor Darah</title></head><body><nav><a href="/">Beranda</a></nav><main><article><h1>Lapas Semarang Gelar Donor Darah</h1><time datetime="2025-11-22T11:00:00+07:00">2025-11-22T11:00:00+07:00</time><div class="isi"><p>SEMARANG – Lapas Kelas I Semarang bersama Palang Merah Indonesia menggelar donor darah yang diikuti seratus petugas dan warga binaan, Sabtu (22/11/2025). Kegiatan itu rutin dilaksanakan setiap tiga bulan.</p><p>Kepala Lapas menyampaikan terima kasih kepada semua pendonor. Sebanyak delapan puluh kantong darah terkumpul dan langsung dibawa ke unit transfusi darah Kota Semarang.</p></div></article></main><footer>Hak cipta</footer></body></html>"##;

const ACCOUNT: &str = r##"<!DOCTYPE html><html lang="id"><head><meta charset="utf-8"><title>Lapas Kelas IIA Jember</title></head><body>
<div class="cZOcBv">Sedang memuat... <time>01 April 2020</time></div>
<a href="/lajer-channel/sekjen-kumham-kuatkan-pemangku-kehumasan-di-wilayah-1yfWcrHMSmQ"><img src="/foto.jpg" alt=""></a>
<a href="/lajer-channel/sekjen-kumham-kuatkan-pemangku-kehumasan-di-wilayah-1yfWcrHMSmQ">Sekjen Kumham Kuatkan Pemangku Kehumasan di Wilayah</a>
<a href="/akun-lain/berita-orang-lain-1zzZzzZZzZz">Berita akun lain</a></body></html>"##;

const STORY: &str = r##"<!DOCTYPE html><html lang="id"><head><meta charset="utf-8"><title>Sekjen Kumham Kuatkan Pemangku Kehumasan di Wilayah | kumparan.com</title>
<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle","headline":"Sekjen Kumham Kuatkan Pemangku Kehumasan di Wilayah","datePublished":"2022-08-15T19:30:00.000Z","author":{"@type":"Person","name":"Lapas Kelas IIA Jember"}}</script>
</head><body><div class="SXPvF"><h1 data-qa-id="story-title">Sekjen Kumham Kuatkan Pemangku Kehumasan di Wilayah</h1>
<div class="dABVaj"><span data-qa-id="author-name">Lapas Kelas IIA Jember</span><p class="bio">Lembaga Pemasyarakatan Kelas IIA Jember merupakan salah satu Satuan Kerja di Kanwil Kemenkumham Jawa Timur. Program utama Lapas Jember ialah mendidik dan membentuk Warga Binaan untuk kembali membaur ke masyarakat.</p></div>
<span>Konten dari Pengguna</span><time data-qa-id="publish-date">16 Agustus 2022 2:30 WIB</time><span>·</span>
<span data-qa-id="reading-time">waktu baca 1 menit</span><i>comment</i><i>0</i><i>sosmed-whatsapp-white</i><i>copy-link-circle</i><i>more-vertical</i>
<div>Tulisan dari Lapas Kelas IIA Jember tidak mewakili pandangan dari redaksi kumparan</div>
<figure data-qa-id="image-figure"><img src="{base}/foto.jpg" alt="Kalapas Jember, Hasan Basri bersama dua anggota humas Lapas Jember"><span>zoom-in-whitePerbesar</span><figcaption data-qa-id="image-caption">Kalapas Jember, Hasan Basri bersama dua anggota humas Lapas Jember</figcaption></figure>
<aside data-qa-id="desktop-article-page-inline-1">ADVERTISEMENT</aside>
<p data-qa-id="story-paragraph">JEMBER – Kalapas Jember Hasan Basri beserta beberapa anggota Humasnya mengikuti pegarahan dari Sekretaris Jenderal Kemenkumham, Andap Budhi Revianto pada Senin (15/08/2022) dalam sebuah pertemuan daring. Andhap yang berada di Lounge Lantai 7 Gedung Sekretariat Jenderal Kemenkumham, Jakarta Selatan membuka pertemuan tersebut dengan menyebutkan lima bahasan utama, yaitu Tusi, perkembangan lingkungan strategis, stategi, public relasi, dan implementasi. “Lima pokok bahasan tersebut perlu dikuasai oleh masing – masing pemangku kehumasan,” ucapnya.</p><aside>ADVERTISEMENT</aside>
<p data-qa-id="story-paragraph">Andhap melanjutkan, bahwa humas merupakan ujung tombak bagi sebuah instansi yang menaunginya. “Humas memegang peran penting dalam mengglorifikasi berbagai capaian maupun kinerja Kemenkumham,” tutur Andhap. Ia bahkan juga menyebut sebuah kalimat metafora yang mengungkapkan betapa vitalnya humas dalam kelangsungan berkinerja sebuah institusi. “Humas tidak memenangkan pertempuran, tetapi tanpa humas, pertempuran tidak akan dimenangkan,” ucap Andhap.</p><p data-qa-id="story-paragraph">Menyetujui gagasan tersebut, Kalapas Jember yang mengikuti penguatan tugas dan fungsi kehumasan tersebut berpendapat bahwa peran humas memang perlu dimaksimalkan. “Sudah menjadi tugas humas untuk mengenalkan kinerja Kemenkumham kepada masyarakat luas. Banyak instansi diluar sana yang mendapatkan cap buruk karena belum maksimal dalam membentuk citra positifnya,” ungkap Hasan.</p>
<p data-qa-id="story-paragraph">“Humas tak hanya membentuk citra positif, melainkan juga memudahkan masyarakat untuk mengakses layanan publik kita,” ucap Hasan. Kalapas Jember</p><aside>ADVERTISEMENT</aside></div></body></html>"##;
