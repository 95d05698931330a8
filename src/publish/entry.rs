//! An entry with what was written of it: the same one stands in many feeds, and in each again when that is made again. A
//! feed is written as a shell, with its entries put in between.

use std::ops::Deref;
use std::sync::OnceLock;

use super::{EntryView, Format, atom, json, rss};

/// Bytes of an entry beside its texts, about.
const FIELDS: usize = 1_000;

/// An entry of a feed.
#[derive(Debug)]
pub struct Entry {
    view: EntryView,
    written: [OnceLock<Box<[u8]>>; Format::ALL.len()],
}

impl Entry {
    /// The entry as it stands in a feed of this format; written when it is first asked for.
    pub fn written(&self, format: Format) -> &[u8] {
        self.written[format as usize].get_or_init(|| {
            let written = match format {
                Format::Rss => rss::render_entry(&self.view),
                Format::Atom => atom::render_entry(&self.view),
                Format::Json => json::render_entry(&self.view),
            };
            written.into_boxed_slice()
        })
    }

    /// Bytes that it takes in memory, about.
    pub fn size(&self) -> usize {
        let written = self.written.iter().filter_map(OnceLock::get);
        FIELDS + self.view.html.len() + self.view.summary.len() + written.map(|bytes| bytes.len()).sum::<usize>()
    }
}

impl From<EntryView> for Entry {
    fn from(view: EntryView) -> Entry {
        Entry {
            view,
            written: Default::default(),
        }
    }
}

impl Deref for Entry {
    type Target = EntryView;

    fn deref(&self) -> &EntryView {
        &self.view
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.view == other.view
    }
}

/// The first element of this name in a text that has one, tags included, and what is before and after it.
pub(super) fn cut<'a>(xml: &'a str, open: &str, close: &str) -> (&'a str, &'a str, &'a str) {
    let start = xml.find(open).unwrap_or(xml.len());
    let end = xml.rfind(close).map_or(xml.len(), |at| at + close.len()).max(start);
    (&xml[..start], &xml[start..end], &xml[end..])
}

/// A shell with its entries.
pub(super) fn joined<'a>(before: &str, entries: impl Iterator<Item = &'a [u8]> + Clone, after: &str) -> Vec<u8> {
    let length = entries.clone().map(<[u8]>::len).sum::<usize>();
    let mut joined = Vec::with_capacity(before.len() + length + after.len());
    joined.extend_from_slice(before.as_bytes());
    for entry in entries {
        joined.extend_from_slice(entry);
    }
    joined.extend_from_slice(after.as_bytes());
    joined
}
