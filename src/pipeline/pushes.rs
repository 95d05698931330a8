//! What is remembered of a source when its hub has told of it or its interval was set anew. Nothing is fetched: its turn
//! comes sooner.

use std::sync::PoisonError;

use jiff::Timestamp;

use super::Context;
use crate::model::{Source, SourceState};
use crate::schedule::{self, Intervals, pushes};
use crate::store;

impl<F> Context<F> {
    /// A source's hub has told of news, and promised to tell until `until`: the source is due at once.
    ///
    /// # Errors
    /// When our own store fails.
    pub fn pushed(&self, source: &Source, until: Timestamp) -> Result<(), store::Error> {
        self.change_state(source, |state| pushes::pushed(state, until, self.clock.now()))
    }

    /// No hub tells of a source any more: it is polled as before.
    ///
    /// # Errors
    /// When our own store fails.
    pub fn pushes_ended(&self, source: &Source, intervals: Intervals) -> Result<(), store::Error> {
        self.change_state(source, |state| {
            pushes::ended(state, source, intervals, self.clock.now())
        })
    }

    /// What is remembered of a source, whose turn comes sooner from now on if these bounds have it so.
    ///
    /// # Errors
    /// When our own store fails.
    pub fn hurried(&self, source: &Source, intervals: Intervals) -> Result<SourceState, store::Error> {
        let _guard = self.remembering.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.store.state(&source.id)?.unwrap_or_default();
        match schedule::hurried(&state, source, intervals, self.clock.now()) {
            Some(hurried) => {
                self.store.put_state(&source.id, &hurried)?;
                Ok(hurried)
            }
            None => Ok(state),
        }
    }

    fn change_state(
        &self,
        source: &Source,
        change: impl FnOnce(&SourceState) -> SourceState,
    ) -> Result<(), store::Error> {
        let _guard = self.remembering.lock().unwrap_or_else(PoisonError::into_inner);
        match self.store.state(&source.id)? {
            Some(state) => self.store.put_state(&source.id, &change(&state)),
            None => Ok(()),
        }
    }
}
