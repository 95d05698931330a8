//! What an address looks like: an article's, or that of furniture. The words are those that WordPress, Blogger, Joomla
//! and Indonesian portals put into addresses. It is a guess, never a proof; nothing is fetched.

use url::Url;

/// Path segments that no article has.
const FURNITURE: &[&str] = &[
    "tag",
    "tags",
    "category",
    "kategori",
    "author",
    "penulis",
    "page",
    "search",
    "cari",
    "label",
    "feed",
    "rss",
    "login",
    "register",
    "wp-admin",
    "wp-login.php",
    "wp-content",
    "wp-json",
    "cdn-cgi",
    "topic",
    "topik",
    "channel",
    "indeks",
    "index",
    "user",
    "users",
    "comments",
    "archive",
    "arsip",
    "cart",
    "account",
];
/// Pages that every site has, as the only segment.
const STATIC: &[&str] = &[
    "about",
    "about-us",
    "tentang",
    "tentang-kami",
    "profil",
    "kontak",
    "contact",
    "contact-us",
    "hubungi-kami",
    "redaksi",
    "susunan-redaksi",
    "pedoman-media-siber",
    "pedoman-pemberitaan-media-siber",
    "privacy-policy",
    "kebijakan-privasi",
    "disclaimer",
    "sitemap",
    "karir",
    "info-iklan",
    "visi-misi",
    "visi-dan-misi",
    "struktur-organisasi",
    "syarat-dan-ketentuan",
    "kode-etik-jurnalistik",
    "terms-of-service",
    "home",
    "beranda",
];
/// Segments that articles stand below.
const NEWS: &[&str] = &[
    "berita",
    "news",
    "artikel",
    "article",
    "articles",
    "read",
    "baca",
    "post",
    "posts",
    "detail",
    "blog",
    "kabar",
    "warta",
    "publikasi",
    "siaran-pers",
    "berita-utama",
    "ruang-berita",
    "berita-list",
    "berita-kanwil",
    "info",
];
/// Parameters that name an article.
const IDS: &[&str] = &["id", "p", "nid", "idberita", "id_berita", "berita", "article", "newsid"];
/// Endings of files that are no pages.
const FILES: &[&str] = &[
    ".pdf", ".jpg", ".jpeg", ".png", ".webp", ".gif", ".doc", ".docx", ".xls", ".xlsx", ".zip", ".rar", ".mp3", ".mp4",
    ".xml", ".ppt", ".pptx", ".js", ".css", ".json",
];

/// The likeness from which an address is taken for an article's.
pub(super) const ARTICLE: i32 = 2;
/// The likeness of what is no article for sure.
pub(super) const NEVER: i32 = -10;

/// How much an address looks like an article's: from [`ARTICLE`] on it does, [`NEVER`] it does not.
pub(super) fn likeness(url: &Url) -> i32 {
    let path = url.path().to_ascii_lowercase();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let by_query = query_likeness(url);
    let Some(last) = segments.last() else {
        return if by_query > 0 { by_query } else { NEVER };
    };
    let is_furniture = segments.iter().any(|segment| FURNITURE.contains(segment))
        || (segments.len() == 1 && STATIC.contains(&stem(last)))
        || FILES.iter().any(|ending| last.ends_with(ending));
    if is_furniture && by_query < ARTICLE {
        return NEVER;
    }
    let above = &segments[..segments.len() - 1];
    let by_slug = slug_likeness(stem(last));
    let mut likeness = by_query + if by_query > 0 { by_slug.max(0) } else { by_slug };
    if is_dated(&segments) {
        likeness += 3;
    }
    if above.iter().any(|segment| NEWS.contains(segment)) {
        likeness += 2;
    }
    if above.iter().any(|segment| is_number(segment)) && !is_dated(&segments) {
        likeness += 1;
    }
    likeness
}

/// The form of an address, in which addresses of one kind of page agree: numbers and words are not told apart.
pub(super) fn form(url: &Url) -> String {
    let segments: Vec<&str> = url.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let mut form: String = segments
        .iter()
        .map(|segment| if is_number(segment) { 'n' } else { 'w' })
        .collect();
    if let Some((_, ending)) = segments.last().and_then(|last| last.rsplit_once('.')) {
        form.push_str(ending);
    }
    for (key, _) in url.query_pairs().filter(|(key, _)| IDS.contains(&key.as_ref())) {
        form.push('?');
        form.push_str(&key);
    }
    form
}

fn query_likeness(url: &Url) -> i32 {
    let mut likeness = 0;
    for (key, value) in url.query_pairs() {
        let key = key.to_ascii_lowercase();
        if IDS.contains(&key.as_str()) && value.starts_with(|letter: char| letter.is_ascii_digit()) {
            likeness += 2;
        }
        if key == "view" && value == "article" {
            likeness += 2;
        }
        if matches!(
            key.as_str(),
            "cat" | "tag" | "s" | "paged" | "start" | "replytocom" | "author"
        ) {
            likeness -= 2;
        }
    }
    likeness
}

/// The last segment without its ending.
fn stem(segment: &str) -> &str {
    segment
        .rsplit_once('.')
        .filter(|(stem, ending)| {
            !stem.is_empty() && matches!(*ending, "html" | "htm" | "php" | "aspx" | "asp" | "xhtml")
        })
        .map_or(segment, |(stem, _)| stem)
}

fn slug_likeness(slug: &str) -> i32 {
    let parts: Vec<&str> = slug.split(['-', '_']).filter(|part| !part.is_empty()).collect();
    let words = parts
        .iter()
        .filter(|part| part.chars().any(|letter| letter.is_alphabetic() || !letter.is_ascii()))
        .count();
    let numbered = [parts.first(), parts.last()]
        .into_iter()
        .flatten()
        .any(|part| part.len() >= 2 && is_number(part));
    let by_words = match words {
        0 | 1 => -1,
        2 => 0,
        3 => 2,
        _ => 3,
    };
    by_words + i32::from(numbered)
}

/// `/2022/08/` somewhere.
fn is_dated(segments: &[&str]) -> bool {
    segments.windows(2).any(|pair| {
        let (Ok(year), Ok(month)) = (pair[0].parse::<u32>(), pair[1].parse::<u32>()) else {
            return false;
        };
        pair[0].len() == 4 && (1990..2100).contains(&year) && (1..=12).contains(&month)
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_told_from_furniture() {
        for url in [
            "https://a.example/2022/08/16/razia/",
            "https://a.example/2022/08/razia.html",
            "https://a.example/berita-utama/1234-razia-gabungan",
            "https://a.example/berita/apel-pagi",
            "https://a.example/kalapas-jember-pimpin-apel",
            "https://a.example/?p=412",
            "https://a.example/detail.php?id=77",
            "https://a.example/index.php?option=com_content&view=article&id=4:x",
            "https://kumparan.com/lajer-channel/sekjen-kumham-kuatkan-1yfWcrHMSmQ",
        ] {
            assert!(likeness(&url.parse().unwrap()) >= ARTICLE, "{url}");
        }
        for url in [
            "https://a.example/",
            "https://a.example/tag/lapas-jember-raih-wbk",
            "https://a.example/category/berita/",
            "https://a.example/pedoman-media-siber",
            "https://a.example/page/2/",
            "https://a.example/berita",
            "https://a.example/layanan",
            "https://a.example/unduh/laporan-kinerja-tahun-2022.pdf",
            "https://a.example/search/label/Berita",
            "https://a.example/?cat=4",
        ] {
            assert!(likeness(&url.parse().unwrap()) < ARTICLE, "{url}");
        }
    }
}
