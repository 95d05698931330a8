//! Rendered feeds, kept in memory until the store or the settings change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Settings;
use super::answer::Rendered;
use crate::model::Scope;
use crate::publish::Format;

/// More feeds than these are rendered anew when they are asked for: 552 regions in three formats fit.
const MOST: usize = 2_000;

/// The kept feeds.
#[derive(Debug, Default)]
pub struct Cache {
    feeds: Mutex<HashMap<(Scope, Format), Kept>>,
}

#[derive(Clone, Debug)]
struct Kept {
    generation: u64,
    settings: Arc<Settings>,
    rendered: Rendered,
}

impl Cache {
    /// The feed as it was rendered for this generation of the store and these settings.
    pub fn get(&self, scope: &Scope, format: Format, generation: u64, settings: &Arc<Settings>) -> Option<Rendered> {
        let feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = feeds.get(&(scope.clone(), format))?;
        (kept.generation == generation && Arc::ptr_eq(&kept.settings, settings)).then(|| kept.rendered.clone())
    }

    /// Keeps a feed. `generation` is the store's from before it was read, so that a later change is not missed.
    pub fn put(&self, scope: Scope, format: Format, generation: u64, settings: Arc<Settings>, rendered: Rendered) {
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        if feeds.len() >= MOST {
            feeds.retain(|_, kept| kept.generation == generation);
            if feeds.len() >= MOST {
                feeds.clear();
            }
        }
        feeds.insert(
            (scope, format),
            Kept {
                generation,
                settings,
                rendered,
            },
        );
    }
}
