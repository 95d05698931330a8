//! The one writer: it decides which story an article belongs to, and records the outcome.
//!
//! Callers hand groups of articles to [`Ledger::record`] and get an answer only when the outcome is on disk. What
//! several callers hand over at the same time is written as one group, so that many sources share one flush. Because
//! one thread decides for all, two copies that are fetched at once meet in one story.

mod group;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::model::{Article, Assignment, RegionMatch};
use crate::store::{self, Store};

use group::Group;

/// The most articles written as one group.
const GROUP_ARTICLES: usize = 100;

/// Messages that may wait for the writer.
const QUEUE: usize = 64;

/// An article that wants to be recorded.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The article.
    pub article: Article,
    /// Where it belongs.
    pub region: RegionMatch,
}

/// Why articles could not be recorded. None of the group counts as acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Our store failed.
    #[error("cannot record articles")]
    Store(#[source] Arc<store::Error>),
    /// The writer has ended.
    #[error("cannot record articles: the writer has stopped")]
    Stopped,
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        Error::Store(Arc::new(error))
    }
}

/// A handle to the writer. When the last one is dropped, the writer finishes its queue and ends.
#[derive(Clone, Debug)]
pub struct Ledger {
    sender: mpsc::Sender<Message>,
}

/// The writer's thread.
#[derive(Debug)]
pub struct Writer(JoinHandle<()>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Record,
    Preview,
}

struct Message {
    articles: Vec<Candidate>,
    now: Timestamp,
    mode: Mode,
    answer: oneshot::Sender<Result<Vec<Assignment>, Error>>,
}

impl Ledger {
    /// Starts the writer of a store. Copies of short texts must lie within `window` of each other.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(store: Store, window: Duration) -> std::io::Result<(Ledger, Writer)> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let write = move || {
            Thread {
                store,
                window,
                receiver,
            }
            .run()
        };
        let thread = std::thread::Builder::new().name("ledger".to_owned()).spawn(write)?;
        Ok((Ledger { sender }, Writer(thread)))
    }

    /// Decides and records articles, in their order. Returns when the outcome is on disk.
    ///
    /// # Errors
    /// See [`Error`]: then none of them is acknowledged.
    pub async fn record(&self, articles: Vec<Candidate>, now: Timestamp) -> Result<Vec<Assignment>, Error> {
        self.ask(articles, now, Mode::Record).await
    }

    /// Decides articles without recording anything. The id of a story that would be new is not kept.
    pub async fn preview(&self, articles: Vec<Candidate>, now: Timestamp) -> Result<Vec<Assignment>, Error> {
        self.ask(articles, now, Mode::Preview).await
    }

    async fn ask(&self, articles: Vec<Candidate>, now: Timestamp, mode: Mode) -> Result<Vec<Assignment>, Error> {
        let (answer, answered) = oneshot::channel();
        let message = Message {
            articles,
            now,
            mode,
            answer,
        };
        self.sender.send(message).await.map_err(|_| Error::Stopped)?;
        answered.await.map_err(|_| Error::Stopped)?
    }
}

impl Writer {
    /// Waits until the writer has finished; drop every [`Ledger`] first.
    pub fn join(self) {
        if self.0.join().is_err() {
            tracing::error!("the writer ended by a panic");
        }
    }
}

struct Thread {
    store: Store,
    window: Duration,
    receiver: mpsc::Receiver<Message>,
}

impl Thread {
    fn run(mut self) {
        while let Some(first) = self.receiver.blocking_recv() {
            let messages = self.gather(first);
            self.serve(messages);
        }
    }

    /// The first message and those that wait behind it, up to a group's size.
    fn gather(&mut self, first: Message) -> Vec<Message> {
        let mut articles = first.articles.len();
        let mut messages = vec![first];
        while articles < GROUP_ARTICLES {
            let Ok(message) = self.receiver.try_recv() else {
                break;
            };
            articles += message.articles.len();
            messages.push(message);
        }
        messages
    }

    /// Decides for all, writes once, then answers each.
    fn serve(&self, messages: Vec<Message>) {
        let mut group = Group::new(&self.store, self.window);
        let mut answers = Vec::new();
        let mut failed = None;
        for Message {
            articles,
            now,
            mode,
            answer,
        } in messages
        {
            let decided = match mode {
                Mode::Record if failed.is_some() => Err(Error::Stopped),
                Mode::Record => group.assign(articles, now),
                Mode::Preview => Group::new(&self.store, self.window).assign(articles, now),
            };
            if let (Mode::Record, Err(error)) = (mode, &decided) {
                failed = Some(error.clone());
            }
            answers.push((answer, mode, decided));
        }
        let written = match failed {
            Some(error) => Err(error),
            None => group.commit(),
        };
        for (answer, mode, decided) in answers {
            let outcome = match (mode, &written) {
                (Mode::Record, Err(error)) => Err(error.clone()),
                _ => decided,
            };
            // A caller that no longer waits has been stopped; what it asked for is recorded all the same.
            let _ = answer.send(outcome);
        }
    }
}
