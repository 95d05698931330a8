//! The words that sell on hijacked sites, and the words of those who report on it. Only data and its look-up: what a
//! word weighs is `judge`'s decision. Phrases are written as [`super::fold`] leaves them: lower case, no accents.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::model::About;

/// Who uses a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Voice {
    /// Seller and reporter alike.
    Both,
    /// Mostly whoever sells.
    Seller,
}

/// Phrases that sell, by subject: those of both voices, then those of sellers.
const SALES: &[(About, &str, &str)] = &[
    (
        About::Gambling,
        "domino|ceme|capsa susun|judi|judol|judi online|togel|slot|kasino|casino|taruhan|poker|jackpot|scatter|sabung ayam|sbobet|parlay|\
         baccarat|roulette|online gambling|online casino|toto|bandar|betting|blackjack|bookmaker|higgs domino|\
         博彩|赌场|彩票|カジノ|パチンコ|スロット|バカラ|คาสิโน|หวย|ca cuoc|xo so",
        "link gacor|tips gacor|paling gacor|gacor hari ini|jam hoki|pola spin|double chance|beli fitur|server kamboja|server luar|pg soft|\
         freespin|freespin harian|winrate|jepe|jp paus|akun vip|slot zeus|slot online|judi slot|slot777|slot gampang|petir merah|\
         modal receh|member baru|minimal depo|kakek zeus|wede|putaran emas|mesin putar|spin gratis|bigwin|koi gate|wild west gold|jp sultan|slot gacor|situs slot|link slot|slot online terpercaya|agen slot|slot thailand|server thailand|slot server|\
         slot pulsa|slot dana|slot qris|slot depo|slot deposit|slot bet|slot bonus|slot maxwin|slot mahjong|\
         slot scatter|demo slot|rtp slot|toto slot|akun slot|slot resmi|slot apk|cheat slot|injector scatter|\
         situs gacor|gacor|maxwin|scatter hitam|mahjong ways|rtp live|live rtp|bocoran rtp|pola slot|pola scatter|\
         rtp tertinggi|bonus new member|new member|bonus rollingan|bonus deposit|freebet|depo 5k|depo 10k|depo qris|\
         deposit pulsa|deposit dana|tanpa potongan|gampang menang|mudah menang|gampang maxwin|gampang jackpot|\
         anti rungkad|akun pro|situs toto|to kecil|bet 100|minimal bet|wd cepat|pragmatic play|gates of olympus|\
         sweet bonanza|starlight princess|wild bandito|lucky neko|joker123|tembak ikan|spaceman|aviator|\
         angka keramat|top 2d|invest 3d|invest 2d|buku mimpi|angka togel|tafsir angka|live result|hk pools|sdy pools|sgp pools|sydney pools|\
         pasaran resmi|pasang nomor|bosku|2d 3d 4d|togel 4d|erek erek|prediksi hk|prediksi sdy|shio|keluaran cambodia|keluaran taiwan|taiwan pools|prediksi cambodia|toto cambodia|bandar bola|voor bola|over under|tebak skor berhadiah|taruhan mobile legends|odds live|bandar togel|togel online|togel hongkong|togel singapura|togel singapore|togel sydney|prediksi togel|\
         pasang togel|akun togel|agen togel|master togel|toto macau|angka main|angka jitu|prediksi sgp|togel sgp|\
         data sgp|data hk|keluaran hk|keluaran sydney|data keluaran|live draw|colok bebas|colok macau|kode syair|\
         syair hk|paito warna|rumus jitu|bbfs|paito|pasang taruhan|agen judi|judi bola|situs judi|agen bola|bursa taruhan|\
         uang asli|capsa susun online|ceme keliling|domino uang asli|odds tertinggi|odds terbaik|situs judi bola|berlisensi pagcor|mix parlay|live casino|sv388|dominoqq|bandarq|bandarqq|pokerqq|poker online|idn play|situs casino|slot88|\
         online slots|megaways slots|reload bonus|reload bonuses|matched bonus|jackpot winners|best casinos|deposit today|casino games|slot games|\
         slots bonus|bonus codes|play for real money|casino sites|esports betting|betting bonus|slot machines|spin the reels|baccarat tips|bankroll management|sign up offer|free spins|no deposit bonus|welcome bonus|real money slots|casino bonus|best online casino|crypto casino|\
         betting tips|betting site|betting odds|bet now|betting app|promo code|first deposit|win real money|\
         online roulette|roulette strategy|free chips|crash betting|aviator game|aviator signals|sports betting tips|\
         da ga|tang code|nap dau|rut tien|code tan thu|lo de|game doi thuong|tien thuong|truc tiep da ga|nha cai|no hu|tai xiu|soi cau|keo nha cai|game bai|doi thuong|xoc dia|ban ca|casino truc tuyen|ca cuoc bong|\
         bach thu lo|dan de|nap rut|link vao|dang ky nhan|พนันออนไลน์|รูเล็ต|ไฮโล|ป๊อกเด้ง|เดิมพัน|บอลสด|ได้เงินจริง|ถอนไว|สล็อต|บาคาร่า|เครดิตฟรี|เว็บตรง|แทงบอล|แทงหวย|หวยออนไลน์|\
         ฝากถอน|คาสิโนออนไลน์|โบนัสแรกเข้า|赌博平台|线上赌博|送彩金|彩金|色情|陪聊|送金币|真人百家乐|百家乐|老虎机|六合彩|体育投注|世界杯投注|娱乐城|博彩平台|赌场官网|\
         注册送|体验金|特码|棋牌游戏|返点|彩票代理|ブックメーカー|入金ボーナス|出金|稼ごう|オンラインカジノ|入金不要|必勝法",
    ),
    (
        About::Medicine,
        "viagra|cialis|levitra|cytotec|misoprostol|tramadol|xanax|ambien|obat kuat|obat aborsi|vimax",
        "cheap viagra|no prescription|ivermectin|shipped worldwide|buy xanax|order viagra|penggugur|obat penggugur|obat penggugur kandungan|aborsi aman|klinik aborsi|privasi aman|online pharmacy|buy sildenafil|no doctor visit|buy viagra|buy cialis|cheap cialis|generic viagra|generic cialis|cialis online|viagra online|viagra usa|\
         without prescription|no rx|overnight delivery|canadian pharmacy|discreet shipping|cheap tramadol|\
         buy tramadol|jual obat|jual cytotec|menjual cytotec|cytotec asli|cytotec misoprostol|penggugur kandungan|\
         obat telat bulan|obat kuat pria|tahan lama|hammer of thor|pembesar alat vital|vimax pembesar|where to buy",
    ),
    (
        About::Loans,
        "pinjol|pinjaman online|payday loan|paylater|gadai bpkb",
        "fast cash|cash loans|get approved|dana tunai|pinjaman dana tunai|jaminan sertifikat|bunga ringan|proses cepat cair|jaminan bpkb|pinjol tanpa ktp|cair 15 menit|tanpa jaminan|modal usaha cepat|cepat cair|langsung cair|tanpa bi checking|tanpa survei|payday loans|no credit check|instant approval|\
         guaranteed approval|bad credit|cash advance|gestun|gesek tunai|dana talangan|jasa gestun|take over sertifikat|\
         gadai bpkb mobil|pinjol langsung cair|tanpa verifikasi wajah|apply online|apply now",
    ),
    (
        About::Investment,
        "bitcoin|crypto|kripto|forex|robot trading|wallet|seed phrase|airdrop|metamask|token",
        "mining pool|usdt mining|daily reward|connect wallet|claim reward|sinyal trading|trading forex|pasti profit|profit harian|cloud mining|passive income|deposit 100 ribu|copy trading|stake your coins|earn 12 weekly|withdraw crypto|double your bitcoin|guaranteed profit|official giveaway|klaim airdrop|airdrop token|profit konsisten|\
         profit pasti|pasti cuan|auto profit|binary option|crypto presale|100x potential|wallet recovery|\
         recovery support|link referral|trading robot|modal receh|jadi 1 juta|before listing|copy sinyal|\
         バイナリーオプション|副業|無料登録",
    ),
    (
        About::Software,
        "apk|download apk|free fire|whatsapp gb|aplikasi",
        "saldo dana|dapat saldo|obb data|apk premium|premium apk gratis|hack tool|generator online|apk mod|mod apk|mod menu|gb whatsapp|unlimited money|unlimited coin|diamond unlimited|anti banned|no banned|\
         apk penghasil uang|penghasil uang|saldo dana gratis|auto headshot|bokep|keygen|with crack|premium apk|\
         tanpa vpn|full durasi|domino rp|robot spin|injector",
    ),
    (
        About::Goods,
        "replica|backlink|escort|outlet|jerseys",
        "cheap yeezy|yeezy shoes|replica sneakers|jual followers|followers instagram|shoes outlet|cheap shoes|designer replica|instagram followers|buy instagram followers|instant delivery|buy followers|replica watches|replica rolex|rolex watches|cheap louis vuitton|louis vuitton handbags|cheap jerseys|\
         wholesale cheap|nfl jerseys|free shipping|outlet sale|handbags outlet|nike outlet|sunglasses outlet|\
         essay writing service|write my essay|dissertation writers|jasa backlink|jual jasa backlink|backlink murah|\
         backlink pbn|call girls|escort service|escort girls|available 24 7|hacked by|greetz to|security is low|\
         全国送料無料|コピー|品質保証|激安|スーパーコピー|ブランドコピー|送料無料|最安値|通販|格安|即日発送|クーポン|代引き|ราคาถูก|ส่งฟรี|สั่งซื้อ|แบรนด์เนม|\
         ก๊อปเกรด|办理毕业证|学位证|各类证件|联系微信",
    ),
];

/// What calls the reader to act, whatever is sold.
const CALLS: &str = "daftar|order|buy|shop|gabung|masuk|pasang|claim now|daftar sekarang|login|link alternatif|klik di sini|klik disini|anti blokir|tanpa ribet|hubungi cs|\
    gabung sekarang|segera gabung|klaim|situs resmi|link login|hubungi whatsapp|hubungi wa|order via|pesan di sini|bisa cod|\
    sign up|register|claim|play now|order now|join|daftar akun|24 jam|terpercaya|main sekarang|pasang sekarang|hari ini|\
    withdraw|cashback|minimal deposit|dijamin|terbukti|gas|cuan|jitu|terbaru|download|unduh|instal|gratis|\
    สมัคร|คลิก|ลงทะเบียน|立即注册|注册|下载|登録はこちら|公式サイト|今すぐ登録|購入する|tai ngay|choi ngay|khuyen mai|uy tin";

/// Words of those who report, warn, arrest or serve the public. Sellers do not write them.
const SOBER: &str = "polisi|polres|polresta|polda|polsek|polri|bareskrim|satreskrim|kapolsek|kapolres|tersangka|pelaku|\
    terdakwa|hakim|jaksa|vonis|memvonis|pasal|uu|kuhp|pidana|penjara|ancaman|terancam|dijerat|menangkap|tangkap|ditangkap|\
    penangkapan|dibekuk|membekuk|ringkus|diringkus|gerebek|menggerebek|diamankan|mengamankan|amankan|bongkar|membongkar|\
    ungkap|mengungkap|sita|menyita|disita|barang bukti|dimusnahkan|razia|sidak|menyisir|gagalkan|menggagalkan|penyelundupan|\
    cegah|mencegah|pencegahan|berantas|memberantas|diberantas|pemberantasan|perangi|stop|larangan|dilarang|sanksi|bahaya|\
    sosialisasi|penyuluhan|edukasi|waspada|mengingatkan|ingatkan|imbau|mengimbau|jangan|penipuan|modus|korban|kerugian|\
    ilegal|blokir|memblokir|diblokir|pemblokiran|blokirnya|dibekukan|membekukan|lapor|melapor|melaporkan|laporkan|adukan|aduan|\
    komdigi|kominfo|diskominfo|ojk|ppatk|bssn|bpom|bnn|kecanduan|kalah|rungkad|rehabilitasi|disusupi|peretas|diretas|\
    retas|ikrar|petugas|kalapas|karutan|kakanwil|kanwil|kepala|warga|binaan|lapas|rutan|bapas|lpka|rudenim|kanim|imigrasi|\
    pemasyarakatan|kementerian|menteri|dinas|pemkab|pemkot|pemprov|bupati|gubernur|desa|kecamatan|kabupaten|pegawai|asn|\
    apel|hunian|narapidana|tahanan|paspor|pemohon|wna|wni|deportasi|dideportasi|kegiatan|masyarakat|humas|remisi|selebgram|\
    kota|provinsi|camat|sekda|dprd|pejabat|instansi|pelayanan|layanan|publik|rakyat|indonesia|nasional|negara|pemerintah|pidato|\
    kerja sama|rapat|upacara|peringatan|hut|bakti|sosial|pembinaan|pelatihan|siswa|sekolah|guru|mahasiswa|orang tua|anak|ibu|keluarga|\
    pasien|rumah sakit|dokter|psikolog|peneliti|penulis|buruh|petani|nelayan|umkm|koperasi|tim|juara|lomba|pameran|karya|\
    diadili|adili|marak|prihatin|jerat|menjerat|terjerat|retak|hoaks|rekayasa|kasus|dugaan|diduga|penyidik|menyelidiki|mengajak|\
    imbauan|pihak|ujar|ujarnya|kata|katanya|menurut|menegaskan|menjelaskan|menyampaikan|menyebut|mengatakan|tuturnya|jelasnya|\
    said|office|officials|government|ministry|inmates|visa|passport|verdict|judge|operators|sentence|district|legal|clinic|community|citizens|minister|award|festival|exhibition|ceremony|foreign|nationals|inmate|officer|jail|police|arrested|arrest|suspect|suspects|deported|deports|deportation|immigration|detained|prison|sentenced|seized|\
    smuggling|scam|victims|illegal|court|officers|embassy|签证|护照|大使馆|领事馆|监狱|政府|印尼|ビザ|旅券|大使館|刑務所|インドネシア|이민국|비자|여권|대사관|วีซ่า|หนังสือเดินทาง|อินโดนีเซีย|警察|逮捕|移民局|入国管理局|警方|非法|摘発|ตรวจคนเข้าเมือง|จับกุม|สถานทูต|\
    chinh phu|ho chieu|tham phan|cong an|bat giu|di tru|dai su quan";

/// The tables, ready to be looked up.
pub struct Lexicon {
    /// Phrases of written-apart words, by their first word.
    phrases: HashMap<&'static str, Vec<Phrase>>,
    /// Phrases of scripts without spaces.
    unspaced: Vec<(&'static str, Meaning)>,
    /// Every word that a selling phrase is made of.
    vocabulary: HashSet<&'static str>,
    /// What such words look like.
    of_sellers: Shapes,
    /// What the first words of phrases look like.
    of_phrases: Shapes,
}

/// A phrase and what it stands for.
struct Phrase {
    text: &'static str,
    words: Vec<&'static str>,
    meaning: Meaning,
}

/// What a phrase stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It belongs to what is sold.
    Sale(About, Voice),
    /// It calls the reader to act.
    Call,
    /// It belongs to a report or a service.
    Sober,
}

/// A phrase found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The phrase as the table has it.
    pub text: &'static str,
    /// What it stands for.
    pub meaning: Meaning,
    /// The index of its first word and how many words it has; 0 words for a script without spaces.
    pub at: (usize, usize),
}

/// Compiling takes longer than judging an article with it.
static COMPILED: LazyLock<Lexicon> = LazyLock::new(Lexicon::new);

impl Lexicon {
    /// The compiled tables.
    pub fn compiled() -> &'static Lexicon {
        &COMPILED
    }

    fn new() -> Lexicon {
        let mut lexicon = Lexicon {
            phrases: HashMap::new(),
            unspaced: Vec::new(),
            vocabulary: HashSet::new(),
            of_sellers: Shapes::default(),
            of_phrases: Shapes::default(),
        };
        for (about, both, sellers) in SALES {
            lexicon.add(both, Meaning::Sale(*about, Voice::Both));
            lexicon.add(sellers, Meaning::Sale(*about, Voice::Seller));
        }
        lexicon.add(CALLS, Meaning::Call);
        lexicon.add(SOBER, Meaning::Sober);
        lexicon.vocabulary.iter().for_each(|word| lexicon.of_sellers.add(word));
        lexicon.phrases.keys().for_each(|word| lexicon.of_phrases.add(word));
        lexicon
    }

    fn add(&mut self, phrases: &'static str, meaning: Meaning) {
        for text in phrases.split('|') {
            let words: Vec<&str> = text.split(' ').collect();
            if !text.is_ascii() {
                self.unspaced.push((text, meaning));
                continue;
            }
            if matches!(meaning, Meaning::Sale(..)) {
                self.vocabulary.extend(&words);
            }
            let (first, meaning) = (words[0], meaning);
            self.phrases
                .entry(first)
                .or_default()
                .push(Phrase { text, words, meaning });
        }
    }

    /// Whether a selling phrase has this word.
    pub fn knows(&self, word: &str) -> bool {
        self.of_sellers.may_have(word) && self.vocabulary.contains(word)
    }

    /// Whether a word of a selling phrase may begin as this one does; said of more than those.
    pub fn may_begin(&self, word: &str) -> bool {
        self.of_sellers.may_begin(word)
    }

    /// The phrases among the words, and those of scripts without spaces in the whole text. Linear in the text: a word
    /// begins a few phrases at most.
    pub fn find(&self, words: &[&str], text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        for (index, word) in words.iter().enumerate() {
            if !self.of_phrases.may_have(word) {
                continue;
            }
            let starting = self.phrases.get(word).map(Vec::as_slice).unwrap_or_default();
            let here = starting
                .iter()
                .filter(|phrase| words[index..].starts_with(&phrase.words));
            found.extend(here.map(|phrase| Found {
                text: phrase.text,
                meaning: phrase.meaning,
                at: (index, phrase.words.len()),
            }));
        }
        // Nearly all texts have dashes and quotation marks at most, and no letter that a phrase begins with.
        let mut strange: Vec<char> = text.chars().filter(|letter| !letter.is_ascii()).collect();
        strange.sort_unstable();
        strange.dedup();
        let may_have = |phrase: &str| phrase.starts_with(|first: char| strange.binary_search(&first).is_ok());
        let there = self
            .unspaced
            .iter()
            .filter(|(phrase, _)| may_have(phrase) && text.contains(phrase));
        found.extend(there.map(|&(text, meaning)| Found {
            text,
            meaning,
            at: (0, 0),
        }));
        found
    }
}

/// Places for the first letters of words.
const PLACES: usize = 1 << 12;

/// What the words of a set look like: nearly every other word is told from them by this alone.
struct Shapes {
    /// For each place that first letters stand in, which lengths in bytes the words have that begin so, a bit each; all
    /// long ones share the last.
    lengths: [u64; PLACES],
}

impl Default for Shapes {
    fn default() -> Shapes {
        Shapes { lengths: [0; PLACES] }
    }
}

impl Shapes {
    fn add(&mut self, word: &str) {
        let (place, length) = Shapes::of(word);
        self.lengths[place] |= length;
    }

    fn may_have(&self, word: &str) -> bool {
        let (place, length) = Shapes::of(word);
        self.lengths[place] & length != 0
    }

    fn may_begin(&self, word: &str) -> bool {
        self.lengths[Shapes::of(word).0] != 0
    }

    fn of(word: &str) -> (usize, u64) {
        let mut place = 0;
        for letter in word.bytes().take(3) {
            place = place * 37 + usize::from(letter);
        }
        (place % PLACES, 1 << word.len().min(63))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    #[test]
    fn phrases_are_written_as_texts_are_folded() {
        let tables = SALES.iter().flat_map(|(_, both, sellers)| [*both, *sellers]);
        for phrase in tables.chain([CALLS, SOBER]).flat_map(|table| table.split('|')) {
            assert_eq!(fold(phrase).text, phrase, "{phrase} can never be found");
        }
    }

    #[test]
    fn every_phrase_is_found_in_its_own_words() {
        let lexicon = Lexicon::compiled();
        let tables = SALES.iter().flat_map(|(_, both, sellers)| [*both, *sellers]);
        for phrase in tables.chain([CALLS, SOBER]).flat_map(|table| table.split('|')) {
            let words: Vec<&str> = phrase.split(' ').collect();
            let found = lexicon.find(&words, phrase);
            assert!(found.iter().any(|found| found.text == phrase), "{phrase}");
        }
    }

    #[test]
    fn every_word_of_a_selling_phrase_is_known_and_no_part_of_one() {
        let lexicon = Lexicon::compiled();
        for word in &lexicon.vocabulary {
            assert!(lexicon.knows(word) && lexicon.may_begin(word), "{word}");
            assert!(word.len() < 3 || lexicon.may_begin(&format!("{word}x")), "{word}");
            let part = &word[..word.len() - 1];
            assert_eq!(lexicon.knows(part), lexicon.vocabulary.contains(part), "{part}");
        }
        let words = SOBER.split(['|', ' ']).filter(|word| !lexicon.knows(word));
        let (like, all) = words.fold((0, 0), |(like, all), word| {
            (like + usize::from(lexicon.may_begin(word)), all + 1)
        });
        assert!(
            like * 2 < all,
            "most words are told by their first letters: {like} of {all}"
        );
        assert!(!lexicon.knows("") && !lexicon.knows(&"slot".repeat(99)));
    }

    #[test]
    fn the_longest_and_the_shorter_phrases_are_both_found() {
        let lexicon = Lexicon::compiled();
        let words = ["slot", "gacor", "ditangkap"];
        let texts: Vec<&str> = lexicon.find(&words, "").iter().map(|found| found.text).collect();
        assert_eq!(texts, ["slot", "slot gacor", "gacor", "ditangkap"]);
    }
}
