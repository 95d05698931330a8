//! Every public address whose answer depends on nothing but what is stored and configured: what a static copy holds.

use serde_json::Value;

use super::{Settings, Shared};
use crate::model::{Level, Scope, StoryId};
use crate::publish::Format;
use crate::store;

/// The pages and files that are there whatever is stored.
const FIXED: [&str; 7] = [
    "",
    "tentang",
    "style.css",
    "robots.txt",
    "opml",
    "opml/semua",
    "feeds/indonesia.atom",
];

/// The paths below the base address, each once.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn all(shared: &Shared, settings: &Settings) -> Result<Vec<Value>, store::Error> {
    let mut paths: Vec<String> = FIXED.map(str::to_owned).to_vec();
    for region in shared.gazetteer.regions() {
        let scope = Scope::Region(region.code);
        feeds(&mut paths, &region.path);
        match region.level() {
            Level::Country => {}
            Level::Province => paths.extend([format!("wilayah/{}", region.path), format!("opml/{}", region.path)]),
            Level::Regency => paths.push(format!("wilayah/{}", region.path)),
        }
        let pages = shared.shelf(&scope)?.pages()?;
        paths.extend(
            pages
                .into_iter()
                .map(|page| format!("feeds/arsip/{}/{page}.atom", region.path)),
        );
    }
    for satker in settings.directory.satkers.keys() {
        paths.push(format!("satker/{satker}"));
        feeds(&mut paths, &format!("satker/{satker}"));
    }
    for story in shared.store.stories_after(StoryId(0)) {
        let story = story?;
        if story.hidden.is_none() {
            paths.push(format!("berita/{}", story.id));
        }
    }
    paths.sort();
    paths.dedup();
    Ok(paths.into_iter().map(Value::String).collect())
}

fn feeds(paths: &mut Vec<String>, scope_path: &str) {
    let formats = [Format::Rss, Format::Atom, Format::Json];
    paths.extend(formats.map(|format| format!("feeds/{scope_path}.{}", format.extension())));
}
