//! When a loop of the daemon writes what it remembers: not at every change, but soon after, and when it ends.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::store::{self, Store};

/// What is known of the writing of one note.
#[derive(Debug)]
pub struct Saving {
    name: &'static str,
    /// The shortest time between two writings.
    together: Duration,
    written: Instant,
    /// Whether there is something to write.
    pub is_changed: bool,
}

impl Saving {
    /// For the note of this name, which has just been read, and is written at most every so often.
    pub fn new(name: &'static str, together: Duration) -> Saving {
        Saving {
            name,
            together,
            written: Instant::now(),
            is_changed: false,
        }
    }

    /// Writes what has changed, if it is time.
    ///
    /// # Errors
    /// When the store cannot be written. That it is full is no such failure: it is tried again.
    pub fn save_in_time(&mut self, store: &Store, note: &impl Serialize) -> Result<(), store::Error> {
        if self.written.elapsed() < self.together {
            return Ok(());
        }
        self.save(store, note)
    }

    /// Writes what has changed.
    ///
    /// # Errors
    /// As with [`Saving::save_in_time`].
    pub fn save(&mut self, store: &Store, note: &impl Serialize) -> Result<(), store::Error> {
        if !self.is_changed {
            return Ok(());
        }
        self.written = Instant::now();
        match store.put_note(self.name, note) {
            // The daemon waits for room; what is remembered is written once there is some.
            Err(store::Error::Full { .. }) => Ok(()),
            written => {
                self.is_changed = false;
                written
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_changed_is_written_in_time_or_at_the_end_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        let kept = || store.note::<u32>("n").unwrap();
        let mut rarely = Saving::new("n", Duration::from_secs(3_600));
        rarely.save(&store, &1_u32).unwrap();
        rarely.is_changed = true;
        rarely.save_in_time(&store, &2_u32).unwrap();
        assert_eq!(kept(), None, "nothing had changed, then it was not yet time");
        rarely.save(&store, &3_u32).unwrap();
        rarely.save(&store, &4_u32).unwrap();
        assert_eq!(kept(), Some(3));

        let mut at_once = Saving::new("n", Duration::ZERO);
        at_once.is_changed = true;
        at_once.save_in_time(&store, &5_u32).unwrap();
        at_once.save_in_time(&store, &6_u32).unwrap();
        assert_eq!(kept(), Some(5));
    }
}
