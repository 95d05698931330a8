//! Has the feeds made again that commits touch, so that readers need not wait for them. Which these are, `serve` knows.

use std::sync::Arc;
use std::time::Duration;

use crate::serve::Shared;

/// How often is looked for changes. A crawl brings many groups of stories, and the country's feed is in each: what
/// changes is made again once nothing has changed for so long.
const QUIET: Duration = Duration::from_millis(500);

/// Looks after which it is made again though changes go on: 5 seconds.
const MOST_WAITS: u32 = 10;

/// Tells when changes have come to rest, or have gone on for long.
#[derive(Debug)]
struct Rest {
    /// What has been dealt with.
    done: u64,
    last: u64,
    waits: u32,
}

impl Rest {
    fn new(generation: u64) -> Rest {
        Rest {
            done: generation,
            last: generation,
            waits: 0,
        }
    }

    /// Whether something is to be done, now that the store has this generation.
    fn is_due(&mut self, generation: u64) -> bool {
        if generation == self.done {
            return false;
        }
        self.waits += 1;
        let is_due = generation == self.last || self.waits >= MOST_WAITS;
        self.last = generation;
        if is_due {
            (self.done, self.waits) = (generation, 0);
        }
        is_due
    }
}

/// Follows the store until `shutdown` resolves.
pub async fn follow(shared: Arc<Shared>, shutdown: impl Future<Output = ()>) {
    tokio::pin!(shutdown);
    let mut rest = Rest::new(shared.generation());
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(QUIET) => {}
        }
        if !rest.is_due(shared.generation()) {
            continue;
        }
        match Arc::clone(&shared).refresh().await {
            Ok(feeds) => tracing::debug!(feeds, "made feeds again"),
            // The next who asks is told that the store does not answer.
            Err(error) => tracing::warn!(%error, "cannot make feeds again in advance"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_are_made_again_when_changes_rest_and_now_and_then_while_they_go_on() {
        let mut rest = Rest::new(7);
        assert!(!rest.is_due(7), "nothing has changed");
        assert!(!rest.is_due(8), "it has only just changed");
        assert!(rest.is_due(8));
        assert!(!rest.is_due(8), "it was done");
        let due: Vec<u64> = (9..50).filter(|generation| rest.is_due(*generation)).collect();
        assert_eq!(due, [18, 28, 38, 48]);
    }
}
