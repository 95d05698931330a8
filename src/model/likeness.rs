//! What a comparison of two articles found: kept with each article, so that it can be told why it joined its story and
//! what it was kept apart from. The comparing itself is `dedupe`'s.

use serde::{Deserialize, Serialize};

use super::ArticleId;

/// How an article came to its story.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Joined {
    /// What decided.
    pub how: How,
    /// The articles nearest to it of which it is no copy, at most three.
    pub rejected: Vec<Comparison>,
}

/// What decided which story an article belongs to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Nothing was like it: it began a story.
    #[default]
    First,
    /// It has exactly the text of this article.
    SameText(ArticleId),
    /// It is much like an article of the story.
    Alike(Comparison),
}

/// A comparison with another article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The other article.
    pub with: ArticleId,
    /// What was found.
    pub verdict: Verdict,
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// How the two belong together.
    pub relation: Relation,
    /// The rule that decided.
    pub why: Reason,
    /// What was measured.
    pub figures: Figures,
}

/// How two articles belong together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// They tell the same release. The score orders several such articles: containment + Jaccard, 0.5 to 2.
    Same {
        /// The greater, the more alike.
        score: f32,
    },
    /// They seem to be about the same event in other words: to be linked, never hidden. Whether both are of the same
    /// regency is the caller's to check.
    Related,
    /// Neither.
    Apart,
}

/// The rule that decided, with the numbers that made it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The cleaned texts are the same.
    SameText,
    /// On other hosts, enough is shared.
    Alike,
    /// On the same host, enough is shared for that.
    SameHostAlike,
    /// The titles are alike, the texts are not.
    TitlesAlike {
        /// The share of the shorter title's words.
        overlap: f32,
    },
    /// Too far apart for the window.
    TooFarApartInTime {
        /// Hours between the two dates.
        hours: u32,
    },
    /// One is a round-up of several stories.
    RoundUp,
    /// One of the texts is too short to judge by.
    TooShort {
        /// The runs of four words in the shorter one.
        shingles: u32,
    },
    /// The same words with other numbers or names in them.
    NumbersOrNamesSwapped {
        /// Places where they differ.
        conflicts: u32,
        /// Places where they agree.
        agreements: u32,
    },
    /// The days named lie apart.
    DatesApart {
        /// Days between the nearest two.
        days: u32,
    },
    /// One names no day, and they were published too far apart for that.
    UndatedTooFarApart {
        /// Hours between the two dates.
        hours: u32,
    },
    /// On the same host, too little is shared for that.
    SameHostNotAlikeEnough {
        /// The share of all their runs of four words.
        jaccard: f32,
    },
    /// On the same host, other days are named first.
    SameHostOtherDay,
    /// On other hosts, too little is shared.
    SharesTooLittle {
        /// The share of the shorter text.
        containment: f32,
        /// The share of both texts.
        jaccard: f32,
        /// The share of the names.
        names: f32,
    },
    /// On other hosts, under another title, what is shared does not tell the same event: a follow-up, an explainer.
    SharesOnlyBackground {
        /// The share of the shorter text.
        containment: f32,
        /// The share of the shorter title.
        title: f32,
        /// The share of the first halves.
        opening: f32,
    },
}

/// What was measured between two articles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The share of the shorter text's runs of four words that the other has.
    pub containment: f32,
    /// The share of all their runs of four words that both have.
    pub jaccard: f32,
    /// The share of the names of the one with fewer that the other has.
    pub names: f32,
    /// The share of the shorter title's words that the other has.
    pub title: f32,
    /// Words that both titles have.
    pub title_words: u32,
    /// Places where numbers or names differ.
    pub conflicts: u32,
    /// Places where they agree.
    pub agreements: u32,
    /// The share of a text's first half that the other has anywhere; of the two texts the smaller one.
    pub opening: f32,
    /// Places where the most frequent of the differences stands: "Jember" here, "Bondowoso" there.
    pub swapped: u32,
    /// Places in the titles where they differ.
    pub in_title: u32,
    /// Hours between their dates.
    pub hours: u32,
    /// Days between the nearest two days they name; none where one names no day.
    pub days: Option<u32>,
}
