//! Whether two articles tell the same release, by their fingerprints. Low thresholds on what they share, because portals
//! rewrite; behind them guards that see what a template's siblings have apart: numbers, names, days, the same host. It
//! finds nothing itself (`index` does) and decides no story (`decide` does).

use std::time::Duration;

use super::compare::{Shared, figures};
use super::fingerprint::Fingerprint;
use crate::model::{Figures, Reason, Relation, Verdict};

/// The same text of so many characters is the same release at any distance in time: sites that move bring their whole
/// history with them.
const LONG_TEXT: u32 = 400;

/// Fewer shingles are too little to judge by.
const FEWEST_SHINGLES: usize = 12;

/// So many places where numbers or names differ veto…
const CONFLICTS: u32 = 2;
/// …if they are this share of the places compared…
const CONFLICT_SHARE: f32 = 0.20;
/// …or this one, where the first days named differ.
const CONFLICT_SHARE_OTHER_DAY: f32 = 0.05;

/// The same number or name in the place of another so often (the title counts too) is another event, however much else
/// agrees: a template filled in again. So is one in the title with any other in the text.
const SWAPPED: u32 = 2;

/// Days named this far apart are those of two events.
const DAYS_APART: u32 = 3;

/// An article that names no day must lie within this of the other.
const UNDATED_HOURS: u32 = 72;

const SAME_HOST_JACCARD: f32 = 0.6;
const CONTAINMENT: f32 = 0.40;
const JACCARD: f32 = 0.10;
const NAMES: f32 = 0.30;

/// An article on the same host under the same title, with the same numbers and names: the release again, edited.
const RETITLED: f32 = 0.6;
const SAME_HOST_TITLE_JACCARD: f32 = 0.5;

/// Under titles that share less than this, and with less than this of the text in common…
const SAME_TITLE: f32 = 0.5;
const MOST_SHARED: f32 = 0.70;
/// …the top of the articles must show the same event: what their titles share and what their first halves share, added.
/// A follow-up has a title and a beginning of its own, and only the background in common.
const TOP: f32 = 0.55;
/// A round-up of three stories shares no more than this with one of them.
const THIRD: f32 = 0.34;
/// Where no day is named by both, so much of the first halves: explainers share blocks of text and name no day.
const UNDATED_OPENING: f32 = 0.5;

/// Two stories are joined only from this sum of containment and Jaccard on.
const JOINS: f32 = 1.2;

/// A round-up holds so much of each of its stories.
const HELD_WITHIN: f32 = 0.5;
/// Two stories of a round-up share less of the shorter one than this.
const GATHERED: f32 = 0.1;

/// Titles that share so much of their words…
const RELATED_TITLE: f32 = 0.5;
/// …at least so many…
const RELATED_WORDS: u32 = 3;
/// …within this time, are of articles about the same event.
const RELATED_HOURS: u32 = 24;

/// Compares a new article with one that is held. `window` is how far apart copies may be.
pub fn verify(new: &Fingerprint, held: &Fingerprint, window: Duration) -> Verdict {
    let figures = figures(new, held);
    let (relation, why) = judge(new, held, &figures, window);
    Verdict { relation, why, figures }
}

/// Whether an article so much like articles of two stories joins those stories.
pub fn joins(a: &Fingerprint, b: &Fingerprint) -> bool {
    let shared = Shared::of_texts(a, b);
    shared.containment + shared.jaccard >= JOINS
}

/// Whether an article holds most of at least two others that have next to nothing in common. Then it is a round-up,
/// whatever its title says, and tells the story of none of them.
pub fn gathers(article: &Fingerprint, others: &[&Fingerprint]) -> bool {
    let within = |other: &&&Fingerprint| {
        let common = Shared::of_texts(article, other).common;
        common as f32 >= HELD_WITHIN * other.shingles.len().max(1) as f32
    };
    let inside: Vec<&&Fingerprint> = others.iter().filter(within).collect();
    let apart = |a: &Fingerprint, b: &Fingerprint| Shared::of_texts(a, b).containment < GATHERED;
    let mut pairs = (0..inside.len()).flat_map(|at| inside[..at].iter().map(move |other| (at, other)));
    pairs.any(|(at, other)| apart(inside[at], other))
}

fn judge(new: &Fingerprint, held: &Fingerprint, figures: &Figures, window: Duration) -> (Relation, Reason) {
    let seconds = new.at.abs_diff(held.at);
    let far = seconds > window.as_secs();
    let hours = figures.hours;
    if new.exact.is_some() && new.exact == held.exact && (!far || new.length >= LONG_TEXT) {
        return (Relation::Same { score: 2.0 }, Reason::SameText);
    }
    if far {
        return (Relation::Apart, Reason::TooFarApartInTime { hours });
    }
    let shingles = new.shingles.len().min(held.shingles.len());
    if shingles < FEWEST_SHINGLES {
        let shingles = shingles as u32;
        return (Relation::Apart, Reason::TooShort { shingles });
    }
    if let Some(veto) = veto(new, held, figures) {
        return (Relation::Apart, veto);
    }
    let why = if new.host == held.host {
        same_host(new, held, figures)
    } else {
        other_host(figures)
    };
    let why = match why {
        Ok(why) => {
            let score = figures.containment + figures.jaccard;
            return (Relation::Same { score }, why);
        }
        Err(why) => why,
    };
    let titles = figures.title >= RELATED_TITLE && figures.title_words >= RELATED_WORDS;
    if titles && hours <= RELATED_HOURS {
        let overlap = figures.title;
        return (Relation::Related, Reason::TitlesAlike { overlap });
    }
    (Relation::Apart, why)
}

/// What makes two articles those of two events, whatever else they share.
fn veto(new: &Fingerprint, held: &Fingerprint, figures: &Figures) -> Option<Reason> {
    if new.scope != held.scope {
        return Some(Reason::RoundUp);
    }
    let Figures {
        conflicts,
        agreements,
        hours,
        days,
        ..
    } = *figures;
    let most = if other_day(new, held) {
        CONFLICT_SHARE_OTHER_DAY
    } else {
        CONFLICT_SHARE
    };
    if figures.swapped >= SWAPPED || (figures.in_title > 0 && conflicts >= CONFLICTS) {
        return Some(Reason::NumbersOrNamesSwapped { conflicts, agreements });
    }
    if conflicts >= CONFLICTS && conflicts as f32 > most * (conflicts + agreements) as f32 {
        return Some(Reason::NumbersOrNamesSwapped { conflicts, agreements });
    }
    if let Some(days) = days.filter(|days| *days >= DAYS_APART) {
        return Some(Reason::DatesApart { days });
    }
    if days.is_none() && hours > UNDATED_HOURS {
        return Some(Reason::UndatedTooFarApart { hours });
    }
    None
}

/// Whether both name a day, and the first ones differ.
fn other_day(new: &Fingerprint, held: &Fingerprint) -> bool {
    matches!((new.days.first(), held.days.first()), (Some(a), Some(b)) if a != b)
}

fn same_host(new: &Fingerprint, held: &Fingerprint, figures: &Figures) -> Result<Reason, Reason> {
    let jaccard = figures.jaccard;
    let same_title = figures.title >= RETITLED && figures.title_words > RELATED_WORDS && figures.conflicts == 0;
    let least = if same_title {
        SAME_HOST_TITLE_JACCARD
    } else {
        SAME_HOST_JACCARD
    };
    if jaccard < least {
        return Err(Reason::SameHostNotAlikeEnough { jaccard });
    }
    if figures.conflicts > CONFLICTS {
        let Figures {
            conflicts, agreements, ..
        } = *figures;
        return Err(Reason::NumbersOrNamesSwapped { conflicts, agreements });
    }
    // A schedule names many days; one in common is enough here.
    if other_day(new, held) && figures.days != Some(0) {
        return Err(Reason::SameHostOtherDay);
    }
    Ok(Reason::SameHostAlike)
}

fn other_host(figures: &Figures) -> Result<Reason, Reason> {
    let Figures {
        containment,
        jaccard,
        names,
        title,
        opening,
        ..
    } = *figures;
    if containment < CONTAINMENT || jaccard < JACCARD || names < NAMES {
        return Err(Reason::SharesTooLittle {
            containment,
            jaccard,
            names,
        });
    }
    let top = title + opening >= TOP && (figures.days.is_some() || opening >= UNDATED_OPENING);
    let most = containment >= MOST_SHARED && jaccard >= THIRD;
    if title < SAME_TITLE && !most && !top {
        return Err(Reason::SharesOnlyBackground {
            containment,
            title,
            opening,
        });
    }
    Ok(Reason::Alike)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dedupe::tests::article;
    use crate::model::Article;

    const WINDOW: Duration = Duration::from_secs(7 * 86_400);

    const RELEASE: &str = "Petugas Lapas Jember menggeledah kamar hunian di Blok C pada Selasa (24/11/2026) malam. \
        Kegiatan dipimpin Kepala Lapas Jember, Hasan Basri, bersama 24 petugas dari regu jaga dan staf keamanan. \
        Dari hasil penggeledahan itu ditemukan 5 korek api, 3 sendok logam, dan sebuah kabel rakitan milik penghuni. \
        Seluruh barang temuan didata lalu dimusnahkan di halaman kantor agar tidak disalahgunakan. \
        Kegiatan serupa akan terus digelar secara rutin demi mewujudkan lapas yang bersih dan aman bagi semua.";

    fn at(host: &str, text: &str) -> Article {
        let mut article = article("a", &format!("https://{host}/x"), text);
        article.title = "Lapas Jember Geledah Kamar Hunian".to_owned();
        article
    }

    fn hours(article: &mut Article, hours: i64) {
        article.seen += jiff::SignedDuration::from_hours(hours);
    }

    fn judged(new: &Article, held: &Article) -> (Relation, Reason) {
        let (new, held) = (Fingerprint::of(new), Fingerprint::of(held));
        let verdict = verify(&new, &held, WINDOW);
        assert_eq!(verdict, verify(&held, &new, WINDOW));
        (verdict.relation, verdict.why)
    }

    #[test]
    fn the_same_text_is_the_same_within_the_window_and_a_long_one_always() {
        let held = at("a.example", RELEASE);
        let mut copy = at("b.example", &RELEASE.to_uppercase());
        assert_eq!(judged(&copy, &held), (Relation::Same { score: 2.0 }, Reason::SameText));
        hours(&mut copy, 24 * 365);
        assert_eq!(judged(&copy, &held).1, Reason::SameText);
        let short = &RELEASE[..200];
        let mut copy = at("b.example", short);
        hours(&mut copy, 24 * 8);
        let apart = (Relation::Apart, Reason::TooFarApartInTime { hours: 192 });
        assert_eq!(judged(&copy, &at("a.example", short)), apart);
    }

    #[test]
    fn an_edited_copy_is_the_same_on_another_host() {
        let copy = RELEASE
            .replace("Petugas Lapas Jember", "Sejumlah petugas di Jember")
            .replace("Seluruh", "Semua");
        let (relation, why) = judged(&at("b.example", &copy), &at("a.example", RELEASE));
        assert!(
            matches!(relation, Relation::Same { score } if score > 1.0),
            "{relation:?}"
        );
        assert_eq!(why, Reason::Alike);
    }

    #[test]
    fn another_place_in_the_same_words_is_another_event() {
        let sibling = RELEASE.replace("Jember", "Bondowoso");
        let mut other = at("b.example", &sibling);
        other.title = "Lapas Bondowoso Geledah Kamar Hunian".to_owned();
        let (relation, why) = judged(&other, &at("a.example", RELEASE));
        assert_eq!(relation, Relation::Apart);
        assert!(
            matches!(why, Reason::NumbersOrNamesSwapped { conflicts: 2.., .. }),
            "{why:?}"
        );
    }

    #[test]
    fn names_that_move_or_are_written_together_are_not_swapped() {
        let together = RELEASE
            .replace("Hasan Basri", "Hasanbasri")
            .replace("24 petugas", "petugas berjumlah 24");
        let (relation, why) = judged(&at("b.example", &together), &at("a.example", RELEASE));
        assert!(matches!(relation, Relation::Same { .. }), "{why:?}");
    }

    #[test]
    fn days_three_apart_are_those_of_two_events() {
        let sibling = RELEASE.replace("24/11/2026", "21/11/2026");
        let (relation, why) = judged(&at("b.example", &sibling), &at("a.example", RELEASE));
        assert_eq!((relation, why), (Relation::Apart, Reason::DatesApart { days: 3 }));
        let inserted = format!("{RELEASE} Demikian dikutip Rabu (25/11).");
        let (relation, why) = judged(&at("b.example", &inserted), &at("a.example", RELEASE));
        assert!(
            matches!(relation, Relation::Same { .. }),
            "portals add the day they quote: {why:?}"
        );
    }

    #[test]
    fn without_days_the_copies_must_be_near_in_time() {
        let undated = RELEASE.replace(" pada Selasa (24/11/2026) malam", "");
        let mut copy = at("b.example", &undated);
        assert!(matches!(
            judged(&copy, &at("a.example", RELEASE)).0,
            Relation::Same { .. }
        ));
        hours(&mut copy, 80);
        let apart = (Relation::Apart, Reason::UndatedTooFarApart { hours: 80 });
        assert_eq!(judged(&copy, &at("a.example", RELEASE)), apart);
    }

    #[test]
    fn on_the_same_host_much_more_must_be_shared() {
        let half = RELEASE.split(". ").take(2).collect::<Vec<_>>().join(". ");
        let own = "Sementara itu pelatihan menjahit ditutup dengan penyerahan sertifikat kepada para peserta terbaik. ";
        let other = format!("{half}. {own}");
        let (relation, why) = judged(&at("b.example", &other), &at("a.example", RELEASE));
        assert!(matches!(relation, Relation::Same { .. }), "{why:?}");
        let (relation, why) = judged(&at("a.example", &other), &at("a.example", RELEASE));
        assert!(matches!(why, Reason::TitlesAlike { .. }), "{why:?}");
        assert_eq!(relation, Relation::Related);
    }

    #[test]
    fn a_reworded_text_under_the_same_title_is_related_for_a_day() {
        let other = "Penyisiran kamar warga binaan kembali dilakukan jajaran pengamanan pada malam hari tanpa pemberitahuan. \
            Beberapa benda yang tidak semestinya disimpan penghuni diangkut keluar dan dicatat satu per satu.";
        let mut other = at("b.example", other);
        let (relation, _) = judged(&other, &at("a.example", RELEASE));
        assert_eq!(relation, Relation::Related);
        hours(&mut other, 25);
        assert_eq!(judged(&other, &at("a.example", RELEASE)).0, Relation::Apart);
    }

    #[test]
    fn a_follow_up_shares_only_the_background() {
        let background = RELEASE.split(". ").skip(2).collect::<Vec<_>>().join(". ");
        let news = "Pemilik kabel rakitan dijatuhi hukuman disiplin berupa larangan menerima kunjungan selama sebulan. \
            Keputusan itu diambil dalam sidang yang dipimpin Hasan Basri pada Selasa (24/11/2026) sore di ruang rapat. \
            Keluarga yang bersangkutan telah diberi tahu lewat surat, sedangkan penghuni lain diminta tidak meniru. \
            Sanksi lebih berat menanti bila pelanggaran terulang, antara lain pemindahan ke blok khusus.";
        let mut follow_up = at("b.example", &format!("{news} {background}"));
        follow_up.title = "Simpan Kabel, Penghuni Dilarang Terima Tamu".to_owned();
        let (relation, why) = judged(&follow_up, &at("a.example", RELEASE));
        assert_eq!(relation, Relation::Apart);
        assert!(matches!(why, Reason::SharesOnlyBackground { .. }), "{why:?}");
    }

    #[test]
    fn too_short_a_text_is_never_judged_alike() {
        let (relation, why) = judged(
            &at("b.example", "Foto kegiatan hari ini di lapas."),
            &at("a.example", "Foto kegiatan hari ini di rutan."),
        );
        assert_eq!((relation, why), (Relation::Apart, Reason::TooShort { shingles: 3 }));
    }

    #[test]
    fn stories_are_joined_only_by_what_is_nearly_the_same() {
        let of = |text: &str| Fingerprint::of(&at("a.example", text));
        assert!(joins(&of(RELEASE), &of(&RELEASE.replace("Seluruh", "Semua"))));
        let half = &RELEASE[..RELEASE.len() * 2 / 5];
        let other = format!(
            "{half} {}",
            "Lalu hal lain yang berbeda dibahas panjang lebar oleh para hadirin di sana."
        );
        assert!(!joins(&of(RELEASE), &of(&other)));
    }

    #[test]
    fn a_verdict_can_be_stored() {
        let new = Fingerprint::of(&at("b.example", &RELEASE.replace("Seluruh", "Semua")));
        let verdict = verify(&new, &Fingerprint::of(&at("a.example", RELEASE)), WINDOW);
        let bytes = postcard::to_stdvec(&verdict).unwrap();
        assert_eq!(postcard::from_bytes::<Verdict>(&bytes).unwrap(), verdict);
    }
}
