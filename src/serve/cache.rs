//! What was rendered, kept in memory until the store or the settings change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Settings;
use super::answer::Rendered;

/// More answers than these are rendered anew when they are asked for: 552 regions in three formats with their pages fit.
const MOST: usize = 3_000;

/// What a rendered answer depends on besides the settings: the store's generation, and the hour, by which stories leave
/// live feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The store's generation.
    pub generation: u64,
    /// Hours since 1970.
    pub hour: i64,
}

/// The kept answers, each under its name.
#[derive(Debug, Default)]
pub struct Cache {
    kept: Mutex<HashMap<String, Kept>>,
}

#[derive(Clone, Debug)]
struct Kept {
    moment: Moment,
    settings: Arc<Settings>,
    rendered: Rendered,
}

impl Cache {
    /// The answer as it was rendered for this moment and these settings.
    pub fn get(&self, name: &str, moment: Moment, settings: &Arc<Settings>) -> Option<Rendered> {
        let all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(name)?;
        (kept.moment == moment && Arc::ptr_eq(&kept.settings, settings)).then(|| kept.rendered.clone())
    }

    /// Keeps an answer. The moment is from before the store was read, so that a later change is not missed.
    pub fn put(&self, name: String, moment: Moment, settings: Arc<Settings>, rendered: Rendered) {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, kept| kept.moment == moment);
            if all.len() >= MOST {
                all.clear();
            }
        }
        all.insert(
            name,
            Kept {
                moment,
                settings,
                rendered,
            },
        );
    }
}
