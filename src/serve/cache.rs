//! Rendered feeds, kept in memory until the store or the settings change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Settings;
use super::answer::Rendered;
use crate::model::Scope;
use crate::publish::Format;

/// More feeds than these are rendered anew when they are asked for: 552 regions in three formats fit.
const MOST: usize = 2_000;

/// What a rendered feed depends on besides the settings: the store's generation, and the hour, by which stories leave
/// live feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The store's generation.
    pub generation: u64,
    /// Hours since 1970.
    pub hour: i64,
}

/// The kept feeds.
#[derive(Debug, Default)]
pub struct Cache {
    feeds: Mutex<HashMap<(Scope, Format), Kept>>,
}

#[derive(Clone, Debug)]
struct Kept {
    moment: Moment,
    settings: Arc<Settings>,
    rendered: Rendered,
}

impl Cache {
    /// The feed as it was rendered for this moment and these settings.
    pub fn get(&self, scope: &Scope, format: Format, moment: Moment, settings: &Arc<Settings>) -> Option<Rendered> {
        let feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = feeds.get(&(scope.clone(), format))?;
        (kept.moment == moment && Arc::ptr_eq(&kept.settings, settings)).then(|| kept.rendered.clone())
    }

    /// Keeps a feed. The moment is from before the store was read, so that a later change is not missed.
    pub fn put(&self, scope: Scope, format: Format, moment: Moment, settings: Arc<Settings>, rendered: Rendered) {
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        if feeds.len() >= MOST {
            feeds.retain(|_, kept| kept.moment == moment);
            if feeds.len() >= MOST {
                feeds.clear();
            }
        }
        feeds.insert(
            (scope, format),
            Kept {
                moment,
                settings,
                rendered,
            },
        );
    }
}
