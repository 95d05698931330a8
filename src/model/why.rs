//! Why an article is held back, for the store, for reports and for people. What holds it back is `screen`'s decision.

use serde::{Deserialize, Serialize};

use super::Language;

/// The most words and links that are kept as evidence, and the longest of them in characters.
const KEPT: usize = 10;
const LONGEST: usize = 200;

/// Why an article is held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// What is sold.
    pub about: About,
    /// What it was recognised by, the weightiest first.
    pub signs: Vec<Sign>,
    /// Words found, as they are meant ("slot gacor" for "sl0t g4cor"); at most 10.
    pub terms: Vec<String>,
    /// Suspicious links found; at most 10.
    pub links: Vec<String>,
}

/// What an article sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// Casinos, slots, lotteries, bets.
    Gambling,
    /// Medicine without a prescription.
    Medicine,
    /// Loans.
    Loans,
    /// Coins, options and robots that cannot lose.
    Investment,
    /// Cracked or malicious programs.
    Software,
    /// Copies of brands, essays, links, company.
    Goods,
    /// Nothing that has a name here.
    Unknown,
}

/// One thing an article is recognised by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// A link to a foreign site whose words sell.
    SellingLink,
    /// A link to a site whose name sells.
    SellingHost,
    /// A link to a foreign site that readers cannot see.
    HiddenLink,
    /// Hardly anything but links to foreign sites.
    LinkFarm,
    /// A link to a program on a foreign site.
    Download,
    /// A link to a foreign site, or to somebody's messenger, below words that sell.
    ForeignLink,
    /// Words that sell, and hardly any that report.
    SalesTalk,
    /// A title that only sells.
    SellingTitle,
    /// Words that sell, written so that no machine finds them.
    Disguise,
    /// None of the words that a release has.
    NoReport,
    /// A language the source does not use.
    OtherLanguage,
    /// An author the source did not have.
    OtherAuthor,
    /// Words the source does not use.
    OtherWords,
    /// Many articles were held back in the same crawl.
    Bulk,
    /// A link to a site that articles held back before linked to.
    KnownHost,
}

impl Why {
    /// Keeps as much of the evidence as is worth keeping.
    pub fn new(about: About, signs: Vec<Sign>, terms: Vec<String>, links: Vec<String>) -> Why {
        Why {
            about,
            signs,
            terms: kept(terms),
            links: kept(links),
        }
    }

    /// The reason in one sentence for readers, with the evidence.
    pub fn words(&self, language: Language) -> String {
        let (and, words, links) = match language {
            Language::Id => (" dan ", "kata", "tautan"),
            Language::En => (" and ", "words", "links"),
        };
        let mut signs: Vec<&str> = self.signs.iter().take(3).map(|sign| sign.words(language)).collect();
        let last = signs.pop().unwrap_or_default();
        let signs = if signs.is_empty() {
            last.to_owned()
        } else {
            format!("{}{and}{last}", signs.join(", "))
        };
        let mut evidence = Vec::new();
        for (name, found) in [(words, &self.terms), (links, &self.links)] {
            if !found.is_empty() {
                evidence.push(format!("{name}: {}", found[..found.len().min(3)].join(", ")));
            }
        }
        let evidence = if evidence.is_empty() {
            String::new()
        } else {
            format!(" ({})", evidence.join("; "))
        };
        format!("{}: {signs}{evidence}", self.about.words(language))
    }
}

fn kept(mut evidence: Vec<String>) -> Vec<String> {
    evidence.dedup();
    evidence.truncate(KEPT);
    for text in &mut evidence {
        if let Some((end, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(end);
        }
    }
    evidence
}

impl About {
    /// What it is called.
    pub fn words(self, language: Language) -> &'static str {
        let (indonesian, english) = match self {
            About::Gambling => ("diduga spam judi", "looks like gambling spam"),
            About::Medicine => ("diduga spam obat", "looks like medicine spam"),
            About::Loans => ("diduga spam pinjaman", "looks like loan spam"),
            About::Investment => ("diduga spam investasi", "looks like investment spam"),
            About::Software => ("diduga spam aplikasi", "looks like software spam"),
            About::Goods => ("diduga spam dagangan", "looks like merchandise spam"),
            About::Unknown => ("diduga spam", "looks like spam"),
        };
        pick(language, indonesian, english)
    }
}

impl Sign {
    /// What it is called.
    pub fn words(self, language: Language) -> &'static str {
        let (indonesian, english) = match self {
            Sign::SellingLink => (
                "tautan ke situs luar dengan kata jualan",
                "a link to a foreign site with words that sell",
            ),
            Sign::SellingHost => ("tautan ke situs bernama jualan", "a link to a site whose name sells"),
            Sign::HiddenLink => ("tautan tersembunyi", "a hidden link"),
            Sign::LinkFarm => (
                "isinya hampir hanya tautan ke situs luar",
                "hardly anything but links to foreign sites",
            ),
            Sign::Download => (
                "tautan unduhan aplikasi di situs luar",
                "a program to download from a foreign site",
            ),
            Sign::ForeignLink => (
                "tautan ke luar di bawah kata jualan",
                "a link out below words that sell",
            ),
            Sign::SalesTalk => ("kata-kata jualan", "words that sell"),
            Sign::SellingTitle => ("judul jualan", "a title that only sells"),
            Sign::Disguise => ("kata yang disamarkan", "disguised words"),
            Sign::NoReport => (
                "tidak ada kata yang lazim dalam rilis",
                "none of the words that a release has",
            ),
            Sign::OtherLanguage => (
                "bahasa yang tidak biasa di sumber ini",
                "a language the source does not use",
            ),
            Sign::OtherAuthor => (
                "penulis yang tidak biasa di sumber ini",
                "an author the source did not have",
            ),
            Sign::OtherWords => (
                "kosakata yang tidak biasa di sumber ini",
                "words the source does not use",
            ),
            Sign::Bulk => (
                "banyak artikel serupa dalam satu perayapan",
                "many such articles in one crawl",
            ),
            Sign::KnownHost => (
                "tautan ke situs yang sudah dikenal dari spam",
                "a link to a site known from spam",
            ),
        };
        pick(language, indonesian, english)
    }
}

fn pick(language: Language, indonesian: &'static str, english: &'static str) -> &'static str {
    match language {
        Language::Id => indonesian,
        Language::En => english,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why() -> Why {
        Why::new(
            About::Gambling,
            vec![Sign::SellingLink, Sign::Disguise],
            vec!["slot gacor".to_owned()],
            vec!["https://gacor.example/".to_owned()],
        )
    }

    #[test]
    fn the_reason_is_a_sentence_in_both_languages() {
        assert_eq!(
            why().words(Language::Id),
            "diduga spam judi: tautan ke situs luar dengan kata jualan dan kata yang disamarkan \
             (kata: slot gacor; tautan: https://gacor.example/)"
        );
        assert_eq!(
            why().words(Language::En),
            "looks like gambling spam: a link to a foreign site with words that sell and disguised words \
             (words: slot gacor; links: https://gacor.example/)"
        );
    }

    #[test]
    fn evidence_is_bounded() {
        let many: Vec<String> = (0..50).map(|number| format!("{number}{}", "x".repeat(5_000))).collect();
        let why = Why::new(About::Unknown, vec![Sign::Bulk], many.clone(), many);
        let all = why.terms.iter().chain(&why.links);
        assert_eq!((all.clone().count(), all.map(String::len).max()), (20, Some(200)));
    }

    #[test]
    fn it_survives_the_store_and_json() {
        let stored = postcard::to_stdvec(&why()).unwrap();
        assert_eq!(postcard::from_bytes::<Why>(&stored).unwrap(), why());
        let json = serde_json::to_string(&why()).unwrap();
        assert_eq!(
            json,
            r#"{"about":"gambling","signs":["selling-link","disguise"],"terms":["slot gacor"],"links":["https://gacor.example/"]}"#
        );
        assert_eq!(serde_json::from_str::<Why>(&json).unwrap(), why());
    }
}
