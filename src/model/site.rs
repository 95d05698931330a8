//! Who we are to readers: what feeds and pages say of themselves.

use serde::{Deserialize, Serialize};
use url::Url;

/// The `[site]` settings that feeds and pages are made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The site's title.
    pub title: String,
    /// The public address; its path ends in `/`.
    pub base_url: Url,
    /// The authority in entry ids (`warta.example.id,2026`, RFC 4151), fixed in the store at first run.
    pub id_authority: String,
    /// The language of pages and of words inside feeds.
    pub language: Language,
    /// Whether we are a WebSub hub for our own feeds.
    pub hub: bool,
}

impl Site {
    /// The address of our hub, if we are one.
    pub fn hub_url(&self) -> Option<Url> {
        self.hub.then(|| self.base_url.join("hub").ok()).flatten()
    }
}

/// A language for readers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Indonesian.
    #[default]
    Id,
    /// English.
    En,
}

impl Language {
    /// The language tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Language::Id => "id",
            Language::En => "en",
        }
    }
}
