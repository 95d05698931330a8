"""Prints a feed of full-text releases that no two of which are alike: site.py ENTRIES BASE_URL."""

import random
import sys
from datetime import datetime, timedelta, timezone

WORDS = """petugas lapas jember kegiatan pembinaan warga binaan kepala kantor wilayah pelatihan keterampilan pelayanan
masyarakat bersama polisi menggeledah kamar hunian blok malam menemukan barang terlarang kabel sendok dicatat lalu
dimusnahkan halaman disaksikan seluruh regu pengamanan bertugas belajar membuat roti instruktur balai latihan kerja
berlangsung pekan ditutup ujian penyerahan sertifikat upacara bendera memperingati hari kemerdekaan bupati menyerahkan
remisi kepada narapidana syarat kesehatan pemeriksaan dokter puskesmas gratis keluarga kunjungan jadwal pendaftaran
daring kebun sayur panen kangkung terong lele kolam dijual pasar hasil tabungan koperasi rapat koordinasi kejaksaan
pengadilan sidang virtual ruang perpustakaan buku bantuan dinas pendidikan paket ujian lulus guru sukarela mengajar
membaca menulis mengaji pesantren kilat ramadan zakat fitrah gereja ibadah natal pendeta jemaat kunjungan kerja menteri
direktur jenderal pemasyarakatan arahan integritas bebas narkoba tes urine pegawai negatif apel pagi disiplin seragam
penghargaan pelayanan publik survei kepuasan indeks meningkat tahun anggaran realisasi pembangunan gedung baru dapur
sehat makanan gizi menu beras ayam telur tempe air bersih sumur bor listrik genset kebakaran simulasi pemadam pelatihan
pertolongan pertama bencana banjir longsor gempa evakuasi aman tertib kondusif""".split()


def main(entries: int, base: str) -> None:
    rng = random.Random(6)
    now = datetime.now(timezone.utc)
    print('<?xml version="1.0" encoding="utf-8"?><rss version="2.0"'
          ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Lapas Jember</title>'
          f"<link>{base}</link><description>Siaran pers</description>")
    for number in range(entries):
        words = lambda count: " ".join(rng.choice(WORDS) for _ in range(count))
        paragraphs = "".join(f"<p>{words(60).capitalize()} di Jember.</p>" for _ in range(5))
        date = (now - timedelta(minutes=number)).strftime("%a, %d %b %Y %H:%M:%S +0000")
        print(f"<item><title>{words(8).capitalize()}</title><link>{base}berita/{number}</link><pubDate>{date}</pubDate>"
              f"<content:encoded><![CDATA[{paragraphs}]]></content:encoded></item>")
    print("</channel></rss>")


main(int(sys.argv[1]), sys.argv[2])
