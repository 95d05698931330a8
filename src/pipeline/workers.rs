//! Where documents are read: on threads that may take their time, a few at once. Documents that are read together take
//! memory together, and are read no sooner.

use std::num::NonZero;

use tokio::sync::Semaphore;

/// So many bytes are read in no time.
const SHORT_WORK: usize = 32 << 10;

/// The bound on documents that are read at a time; one for the process.
#[derive(Debug)]
pub struct Workers {
    /// One for each core, two at least.
    all: Semaphore,
    /// All of those but one may read long documents, each of which takes its time: one is left for all others.
    long: Semaphore,
}

impl Default for Workers {
    fn default() -> Workers {
        Workers::new(std::thread::available_parallelism().map_or(2, NonZero::get))
    }
}

impl Workers {
    /// So many, but two at least.
    fn new(count: usize) -> Workers {
        let count = count.max(2);
        Workers {
            all: Semaphore::new(count),
            long: Semaphore::new(count - 1),
        }
    }

    /// Does work on so many bytes, once it is its turn.
    pub(super) async fn work<T: Send + 'static>(&self, bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> T {
        let _long = match bytes {
            ..=SHORT_WORK => None,
            _ => Some(self.long.acquire().await),
        };
        let _worker = self.all.acquire().await;
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::mpsc::channel;
    use std::task::Poll;

    use super::*;

    #[tokio::test]
    async fn long_documents_leave_one_worker_to_all_others() {
        let workers = Workers::new(1);
        let (end, ended) = channel::<()>();
        let mut first = pin!(workers.work(SHORT_WORK + 1, move || ended.recv()));
        let mut second = pin!(workers.work(SHORT_WORK + 1, || "second"));
        let waits = poll_fn(|cx| {
            let waits = first.as_mut().poll(cx).is_pending() && second.as_mut().poll(cx).is_pending();
            Poll::Ready(waits)
        });
        assert!(waits.await);
        assert_eq!(workers.all.available_permits(), 1, "the second has not begun");
        assert_eq!(workers.work(SHORT_WORK, || "short").await, "short");
        drop(end);
        assert!(first.await.is_err());
        assert_eq!(second.await, "second");
    }
}
