//! `warta explain`: why a story is in its region, which copies it has and why, and what was corrected; in words for a
//! humas officer, or as JSON.

use std::io::Write;

use serde_json::Value;
use url::Url;

use super::{Error, Setup, list, terminal};
use crate::model::{Language, Why};
use crate::normalize;
use crate::serve::queries::Query;

/// What to explain.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id of the story, or address of one of its articles
    what: String,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Prints the explanation.
pub fn run(setup: &Setup, args: &Args) -> Result<(), Error> {
    let row = row(setup, &args.what)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        return Ok(writeln!(out, "{row}")?);
    }
    let words = Words::of(setup.config.site.language);
    let held = &row["quarantine"];
    let text = match (row["id"].is_null(), held["status"].as_str()) {
        (true, _) => words.held(held),
        // What its source says of it now is held back.
        (false, Some("held")) => words.story(&row) + &words.held(held),
        (false, _) => words.story(&row) + &words.decided(held),
    };
    Ok(write!(out, "{}", terminal::lines(&text))?)
}

/// The explanation of a story, found by its id or an article's address.
pub(super) fn row(setup: &Setup, what: &str) -> Result<Value, Error> {
    let query = Query::Explain { what: canonical(what) };
    let row = list::rows(setup, &query)?.into_iter().next();
    row.ok_or_else(|| Error::Usage(format!("there is no story {what}; `warta stories` lists them")))
}

/// An address as the store knows it; anything else as it is.
pub(super) fn canonical(text: &str) -> String {
    Url::parse(text).map_or_else(|_| text.to_owned(), |url| normalize::canonical(&url).into())
}

/// The words of an explanation.
struct Words {
    language: Language,
}

impl Words {
    fn of(language: Language) -> Words {
        Words { language }
    }

    /// One of two phrases, by the language.
    fn say(&self, id: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Id => id,
            Language::En => en,
        }
    }

    /// An article that tells no story because it is held back: why, and what can be done.
    fn held(&self, held: &Value) -> String {
        let (title, url) = (text(&held["title"]), text(&held["url"]));
        let since = text(&held["since"]);
        let mut lines = vec![
            format!("{title}  ({url})"),
            format!("{}: {}", self.say("Sumber", "Source"), text(&held["source"])),
            format!(
                "{} {since}: {}",
                self.say("Ditahan sejak", "Held back since"),
                self.why(held)
            ),
        ];
        if held["status"] == "held" {
            lines.extend([
                format!("  {}: warta edit {url} --release", self.say("terbitkan", "publish it")),
                format!(
                    "  {}: warta edit {url} --confirm",
                    self.say("nyatakan spam", "keep it out for ever")
                ),
            ]);
        }
        lines.join("\n") + "\n" + &self.decided(held)
    }

    /// What was decided about an article that was held back.
    fn decided(&self, held: &Value) -> String {
        let (at, by) = (text(&held["judged"]["at"]), text(&held["judged"]["by"]));
        let url = text(&held["url"]);
        let what = match held["status"].as_str() {
            Some("confirmed") => self.say("Dinyatakan spam", "Confirmed as spam"),
            Some("released") => self.say("Dilepas dari penahanan", "Released by hand"),
            _ => return String::new(),
        };
        format!(
            "{what} {at} {} {by}\n  {}: warta edit {url} --undo\n",
            self.say("oleh", "by"),
            self.say("batalkan", "take that back")
        )
    }

    /// Why something is held back, in the site's language.
    fn why(&self, held: &Value) -> String {
        let why = serde_json::from_value::<Why>(held["why"].clone());
        why.map_or_else(|_| text(&held["reason"]).to_owned(), |why| why.words(self.language))
    }

    fn story(&self, row: &Value) -> String {
        let mut lines = vec![
            format!(
                "{}  ({} {})",
                text(&row["title"]),
                self.say("berita", "story"),
                text(&row["id"])
            ),
            format!("{}: {}", self.say("Wilayah", "Region"), self.region(&row["region"])),
        ];
        if !row["fixed_region"].is_null() {
            lines.push(format!("  {}", self.say("ditetapkan dengan tangan", "fixed by hand")));
        }
        if !row["unit"].is_null() {
            let satker = text(&row["satker"]);
            let unit = self.region(&row["unit"]);
            lines.push(format!("{}: {satker}, {unit}", self.say("Satuan kerja", "Unit")));
        }
        if let Some(reason) = row["hidden"]["reason"].as_str() {
            lines.push(format!("{}: {reason}", self.say("Dicabut", "Withdrawn")));
        }
        let articles = row["articles"].as_array().map_or(&[][..], Vec::as_slice);
        lines.push(format!("{} {}:", articles.len(), self.say("tulisan", "articles")));
        for article in articles {
            self.article(article, &mut lines);
        }
        let edits = row["edits"].as_array().map_or(&[][..], Vec::as_slice);
        if !edits.is_empty() {
            lines.push(format!("{}:", self.say("Koreksi", "Corrections")));
            lines.extend(edits.iter().map(|edit| self.edit(edit)));
        }
        lines.join("\n") + "\n"
    }

    fn article(&self, article: &Value, lines: &mut Vec<String>) {
        let mark = if article["represents"] == true { "*" } else { "-" };
        let url = text(&article["url"]);
        lines.push(format!(
            "{mark} {url}  ({}, {} {})",
            text(&article["source"]),
            article["characters"],
            self.say("huruf", "characters")
        ));
        lines.push(format!(
            "    {}: {}",
            self.say("wilayah menurut tulisan ini", "region by this article"),
            self.region(&article["region"])
        ));
        let evidence = article["evidence"].as_array().map_or(&[][..], Vec::as_slice);
        for (rank, evidence) in evidence.iter().enumerate() {
            let decides = if rank == 0 {
                self.say("menentukan", "decides")
            } else {
                self.say("bukti lain", "also")
            };
            lines.push(format!(
                "      {decides}: {} \"{}\" → {}",
                self.evidence(text(&evidence["kind"])),
                text(&evidence["text"]),
                self.region(&evidence["region"])
            ));
        }
        self.joined(&article["joined"], lines);
    }

    /// How the article came to the story, and what it was kept apart from.
    fn joined(&self, joined: &Value, lines: &mut Vec<String>) {
        let by = &joined["by"];
        let with = text(&by["with"]);
        lines.push(match by["how"].as_str() {
            Some("same-text") => format!(
                "    {} {with}",
                self.say("teks sama persis dengan", "exactly the text of")
            ),
            Some("alike") => {
                let figures = self.figures(&by["figures"]);
                format!("    {} {with} ({figures})", self.say("salinan dari", "a copy of"))
            }
            _ => format!("    {}", self.say("membuka berita ini", "began the story")),
        });
        let rejected = joined["rejected"].as_array().map_or(&[][..], Vec::as_slice);
        for other in rejected {
            lines.push(format!(
                "    {} {}: {} ({})",
                self.say("bukan salinan dari", "no copy of"),
                text(&other["with"]),
                self.reason(&other["why"]),
                self.figures(&other["figures"])
            ));
        }
    }

    /// The figures that say most: how much of the shorter text the other has, and how much of both.
    fn figures(&self, figures: &Value) -> String {
        let percent = |key: &str| (figures[key].as_f64().unwrap_or_default() * 100.0).round();
        format!(
            "{} {} %, {} {} %",
            self.say("bagian sama", "shared"),
            percent("containment"),
            self.say("dari keduanya", "of both"),
            percent("jaccard")
        )
    }

    /// Why two articles are kept apart, in words.
    fn reason<'a>(&self, why: &'a Value) -> &'a str
    where
        'static: 'a,
    {
        // A reason is its name alone, or an object of its name and its figures.
        let name = why
            .as_str()
            .or_else(|| why.as_object()?.keys().next().map(String::as_str));
        match name.unwrap_or("?") {
            "too_far_apart_in_time" => self.say("terpaut terlalu lama", "too far apart in time"),
            "round_up" => self.say("rangkuman beberapa berita", "a round-up of several stories"),
            "too_short" => self.say("teks terlalu pendek untuk dibandingkan", "too short to compare"),
            "numbers_or_names_swapped" => self.say("angka atau nama berbeda", "other numbers or names"),
            "dates_apart" => self.say("tanggal kejadian berbeda", "other days"),
            "undated_too_far_apart" => self.say("tanpa tanggal dan terpaut lama", "no day named, and too far apart"),
            "same_host_not_alike_enough" => self.say("situs sama, teks berbeda", "same site, other text"),
            "same_host_other_day" => self.say("situs sama, hari lain", "same site, another day"),
            "shares_too_little" => self.say("teks yang sama terlalu sedikit", "too little in common"),
            "shares_only_background" => self.say("hanya latar belakangnya yang sama", "only the background in common"),
            // Alike, and no copy all the same: it holds several stories.
            "alike" | "same_host_alike" => self.say("rangkuman beberapa berita", "a round-up of several stories"),
            other => other,
        }
    }

    fn evidence<'a>(&self, kind: &'a str) -> &'a str
    where
        'static: 'a,
    {
        match kind {
            "event" => self.say("tempat kejadian dalam tulisan", "where the text says that it happened"),
            "title-unit" => self.say("satuan kerja dalam judul", "the unit in the title"),
            "unit" => self.say("satuan kerja pada awal tulisan", "the unit in the first sentences"),
            "author" => self.say("satuan kerja sebagai penulis", "the unit as author"),
            "title" => self.say("tempat dalam judul", "the place in the title"),
            "text" => self.say("tempat pada awal tulisan", "the place in the first sentences"),
            "central" => self.say("kementerian pusat tanpa wilayah", "a ministry without a region"),
            "satker" => self.say("satuan kerja pemilik sumber", "the source's unit"),
            "source" => self.say("wilayah sumber", "the source's region"),
            "dateline" => self.say("awal tulisan", "the dateline"),
            "nothing" => self.say("tidak ada petunjuk wilayah", "no evidence for a region"),
            other => other,
        }
    }

    fn region(&self, region: &Value) -> String {
        match (region["name"].as_str(), region["code"].as_str()) {
            (Some(name), Some(code)) => format!("{name} ({code})"),
            _ => self.say("tidak diketahui", "unknown").to_owned(),
        }
    }

    fn edit(&self, edit: &Value) -> String {
        let (at, by) = (text(&edit["at"]), text(&edit["by"]));
        format!("  {at} {} {by}: {}", self.say("oleh", "by"), edit["change"])
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("–")
}
