//! The one writer: it decides which story an article belongs to, and records the outcome.
//!
//! Callers hand groups of articles to [`Ledger::record`] and get an answer only when the outcome is on disk. What
//! several callers hand over at the same time is written as one group, so that many sources share one flush. Because
//! one thread decides for all, two copies that are fetched at once meet in one story.

mod draft;
mod edit;
mod expire;
mod group;
mod memory;
mod quarantine;
mod withdraw;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::dedupe::Rules;
use crate::model::{Article, Assignment, EditOrder, QuarantineOrder, RegionMatch, StoryId, TakenBack};
use crate::store::{self, Store};

use draft::Draft;
pub use expire::Expired;
use group::Group;
use memory::Memory;
pub use quarantine::{Decided, Holding, Suspect};
pub use withdraw::{Said, Withdrawn};

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
    /// Whether it is news or was read back.
    pub age: Age,
}

/// How an article comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Age {
    /// As news: its story takes its place in the feeds by its arrival.
    #[default]
    News,
    /// As history that was read back: its story takes its place by its date, so that it is not shown as new.
    History,
}

/// Why articles could not be recorded. None of the group counts as acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Our store failed.
    #[error("cannot record articles")]
    Store(#[source] Arc<store::Error>),
    /// The writer's thread cannot be started.
    #[error("cannot start the writer")]
    Thread(#[source] Arc<std::io::Error>),
    /// The order cannot be carried out.
    #[error("{0}")]
    Refused(String),
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
    window: Duration,
}

/// The writer's thread.
#[derive(Debug)]
pub struct Writer(JoinHandle<()>);

/// What callers ask of the writer, each with where the answer goes.
enum Message {
    Record(Articles),
    Preview(Articles),
    Edit {
        order: EditOrder,
        now: Timestamp,
        answer: Answer<StoryId>,
    },
    Hold {
        suspects: Vec<Suspect>,
        now: Timestamp,
        answer: Answer<Vec<Holding>>,
    },
    Judge {
        order: QuarantineOrder,
        now: Timestamp,
        answer: Answer<Decided>,
    },
    Withdraw {
        said: Said,
        taken: Vec<TakenBack>,
        now: Timestamp,
        answer: Answer<Vec<Withdrawn>>,
    },
    Expire {
        after: StoryId,
        before: Timestamp,
        now: Timestamp,
        answer: Answer<(Expired, Option<StoryId>)>,
    },
}

struct Articles {
    candidates: Vec<Candidate>,
    now: Timestamp,
    answer: Answer<Vec<Assignment>>,
}

type Answer<T> = oneshot::Sender<Result<T, Error>>;

impl Ledger {
    /// Starts the writer of a store, which remembers the articles of the window before the newest one from the first
    /// article on that it is asked about: most crawls bring none.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(store: Store, rules: Rules) -> Result<(Ledger, Writer), Error> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let window = rules.window;
        let write = move || {
            Thread {
                store,
                rules,
                memory: None,
                receiver,
            }
            .run()
        };
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(write)
            .map_err(|error| Error::Thread(Arc::new(error)))?;
        Ok((Ledger { sender, window }, Writer(thread)))
    }

    /// Decides and records articles, in their order. Returns when the outcome is on disk.
    ///
    /// # Errors
    /// See [`Error`]: then none of them is acknowledged.
    pub async fn record(&self, candidates: Vec<Candidate>, now: Timestamp) -> Result<Vec<Assignment>, Error> {
        let articles = |answer| Articles {
            candidates,
            now,
            answer,
        };
        self.ask(|answer| Message::Record(articles(answer))).await
    }

    /// Decides articles without recording anything. The id of a story that would be new is not kept.
    pub async fn preview(&self, candidates: Vec<Candidate>, now: Timestamp) -> Result<Vec<Assignment>, Error> {
        let articles = |answer| Articles {
            candidates,
            now,
            answer,
        };
        self.ask(|answer| Message::Preview(articles(answer))).await
    }

    /// Makes a correction by hand. Returns the story that it left, when it is on disk.
    ///
    /// # Errors
    /// [`Error::Refused`] where it cannot be carried out; then nothing has changed.
    pub async fn edit(&self, order: EditOrder, now: Timestamp) -> Result<StoryId, Error> {
        self.ask(|answer| Message::Edit { order, now, answer }).await
    }

    /// Keeps articles that the screen holds back, in their order, where no reader sees them. Returns when that is on disk.
    ///
    /// # Errors
    /// See [`Error`]: then none of them is acknowledged.
    pub async fn hold(&self, suspects: Vec<Suspect>, now: Timestamp) -> Result<Vec<Holding>, Error> {
        self.ask(|answer| Message::Hold { suspects, now, answer }).await
    }

    /// Carries out what somebody decides about an article that was held back. Returns when that is on disk.
    ///
    /// # Errors
    /// [`Error::Refused`] where it cannot be carried out; then nothing has changed.
    pub async fn judge(&self, order: QuarantineOrder, now: Timestamp) -> Result<Decided, Error> {
        self.ask(|answer| Message::Judge { order, now, answer }).await
    }

    /// Withdraws the copies that their sources took back; a story goes with its last one. Those that nobody knows, or that
    /// are not that source's, are passed over. Returns what was withdrawn when that is on disk.
    ///
    /// # Errors
    /// See [`Error`]: then none of them is acknowledged.
    pub async fn withdraw(&self, said: Said, taken: Vec<TakenBack>, now: Timestamp) -> Result<Vec<Withdrawn>, Error> {
        self.ask(|answer| Message::Withdraw {
            said,
            taken,
            now,
            answer,
        })
        .await
    }

    /// Removes the stories in which nothing has happened for so long, with their articles; copies that come later are
    /// recognised and stay out. Nothing is removed within the window in which copies are looked for. It is done in small
    /// groups, between which the writer records what waits.
    ///
    /// # Errors
    /// See [`Error`]: then what is not removed yet stays, and the next time goes on.
    pub async fn expire(&self, keep: Duration, now: Timestamp) -> Result<Expired, Error> {
        let before = now.checked_sub(keep.max(self.window)).unwrap_or(Timestamp::MIN);
        let mut all = Expired::default();
        let mut next = Some(StoryId(0));
        while let Some(after) = next {
            let message = |answer| Message::Expire {
                after,
                before,
                now,
                answer,
            };
            let (expired, on) = self.ask(message).await?;
            all.stories += expired.stories;
            all.articles += expired.articles;
            next = on;
        }
        Ok(all)
    }

    async fn ask<T>(&self, message: impl FnOnce(Answer<T>) -> Message) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(message(answer)).await.map_err(|_| Error::Stopped)?;
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
    rules: Rules,
    /// Nothing before the first article.
    memory: Option<Memory>,
    receiver: mpsc::Receiver<Message>,
}

impl Thread {
    fn run(mut self) {
        let mut next = self.receiver.blocking_recv();
        while let Some(message) = next.take() {
            match message {
                Message::Record(first) => {
                    let (group, other) = self.gather(first);
                    self.record(group);
                    next = other;
                }
                Message::Preview(articles) => {
                    let _ = articles.answer.send(self.preview(articles.candidates, articles.now));
                }
                Message::Edit { order, now, answer } => {
                    let _ = answer.send(self.edit(order, now));
                }
                Message::Hold { suspects, now, answer } => {
                    let _ = answer.send(self.hold(suspects, now));
                }
                Message::Judge { order, now, answer } => {
                    let _ = answer.send(self.judge(order, now));
                }
                Message::Withdraw {
                    said,
                    taken,
                    now,
                    answer,
                } => {
                    let _ = answer.send(self.withdraw(&said, &taken, now));
                }
                Message::Expire {
                    after,
                    before,
                    now,
                    answer,
                } => {
                    let _ = answer.send(self.expire(after, before, now));
                }
            }
            next = next.or_else(|| self.receiver.blocking_recv());
        }
    }

    /// The articles of the first message and of those that wait behind it, up to a group's size, and the first message
    /// that is no part of it.
    fn gather(&mut self, first: Articles) -> (Vec<Articles>, Option<Message>) {
        let mut count = first.candidates.len();
        let mut group = vec![first];
        while count < GROUP_ARTICLES {
            match self.receiver.try_recv() {
                Ok(Message::Record(articles)) => {
                    count += articles.candidates.len();
                    group.push(articles);
                }
                Ok(other) => return (group, Some(other)),
                Err(_) => break,
            }
        }
        (group, None)
    }

    /// Decides for all, writes once, then answers each.
    fn record(&mut self, group: Vec<Articles>) {
        let mut answers = Vec::with_capacity(group.len());
        let memory = match filled(&mut self.memory, &self.store, &self.rules) {
            Ok(memory) => memory,
            Err(error) => {
                for articles in group {
                    let _ = articles.answer.send(Err(error.clone()));
                }
                return;
            }
        };
        let mut draft = Draft::new(&self.store, &self.rules);
        let mut failed = None;
        for Articles {
            candidates,
            now,
            answer,
        } in group
        {
            let decided = match &failed {
                Some(error) => Err(Error::clone(error)),
                None => Group::new(&mut draft, memory).assign(candidates, now),
            };
            failed = decided.as_ref().err().cloned();
            answers.push((answer, decided));
        }
        let written = failed.map_or_else(|| draft.commit(), Err);
        match written {
            Ok(()) => memory.keep(),
            Err(_) => memory.drop_recent(),
        }
        for (answer, decided) in answers {
            // A caller that no longer waits has been stopped; what it asked for is recorded all the same.
            let _ = answer.send(written.clone().and(decided));
        }
    }

    fn expire(&self, after: StoryId, before: Timestamp, now: Timestamp) -> Result<(Expired, Option<StoryId>), Error> {
        let mut draft = Draft::new(&self.store, &self.rules);
        let expired = expire::expire(&self.store, &mut draft, after, before, now)?;
        draft.commit()?;
        Ok(expired)
    }

    fn hold(&self, suspects: Vec<Suspect>, now: Timestamp) -> Result<Vec<Holding>, Error> {
        let mut draft = Draft::new(&self.store, &self.rules);
        let holdings = quarantine::hold(&mut draft, suspects, now)?;
        draft.commit()?;
        Ok(holdings)
    }

    fn preview(&mut self, candidates: Vec<Candidate>, now: Timestamp) -> Result<Vec<Assignment>, Error> {
        let memory = filled(&mut self.memory, &self.store, &self.rules)?;
        let mut draft = Draft::new(&self.store, &self.rules);
        let decided = Group::new(&mut draft, memory).assign(candidates, now);
        memory.drop_recent();
        decided
    }

    fn judge(&mut self, order: QuarantineOrder, now: Timestamp) -> Result<Decided, Error> {
        let memory = filled(&mut self.memory, &self.store, &self.rules)?;
        let mut draft = Draft::new(&self.store, &self.rules);
        let decided = quarantine::judge(&mut draft, memory, order, now);
        let decided = decided.and_then(|decided| draft.commit().map(|()| decided));
        match &decided {
            Ok(_) => memory.keep(),
            Err(_) => memory.drop_recent(),
        }
        decided
    }

    fn withdraw(&self, said: &Said, taken: &[TakenBack], now: Timestamp) -> Result<Vec<Withdrawn>, Error> {
        let mut draft = Draft::new(&self.store, &self.rules);
        let withdrawn = withdraw::withdraw(&mut draft, said, taken, now)?;
        draft.commit()?;
        Ok(withdrawn)
    }

    fn edit(&self, order: EditOrder, now: Timestamp) -> Result<StoryId, Error> {
        let mut draft = Draft::new(&self.store, &self.rules);
        let story = edit::edit(&mut draft, order, now)?;
        draft.commit()?;
        Ok(story)
    }
}

/// What the writer remembers, read from the store where that has not been done yet.
fn filled<'m>(memory: &'m mut Option<Memory>, store: &Store, rules: &Rules) -> Result<&'m mut Memory, Error> {
    match memory {
        Some(memory) => Ok(memory),
        None => Ok(memory.insert(Memory::of(store, rules.window)?)),
    }
}
