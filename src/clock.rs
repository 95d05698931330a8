//! The one place that reads the wall clock. Everything else takes `now` as an argument, or a [`Clock`] where it waits.

use jiff::Timestamp;

/// Tells the time: the machine's, or a simulated one that follows tokio's clock and so stands still while tests pause it.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A time that began at `origin` when tokio's clock stood at `started`.
    Simulated {
        /// The time it began at.
        origin: Timestamp,
        /// Where tokio's clock stood then.
        started: tokio::time::Instant,
    },
}

impl Clock {
    /// A simulated clock that begins at `origin` now.
    pub fn simulated(origin: Timestamp) -> Clock {
        Clock::Simulated {
            origin,
            started: tokio::time::Instant::now(),
        }
    }

    /// The time now.
    #[expect(clippy::disallowed_methods, reason = "this is the place that may")]
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => Timestamp::now(),
            Clock::Simulated { origin, started } => *origin + started.elapsed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_simulated_clock_follows_tokios() {
        let origin: Timestamp = "2022-08-16T02:30:00+07:00".parse().unwrap();
        let clock = Clock::simulated(origin);
        tokio::time::advance(std::time::Duration::from_secs(3 * 3600)).await;
        assert_eq!(clock.now(), "2022-08-16T05:30:00+07:00".parse().unwrap());
    }
}
