//! A stream whose writer waits no longer than it may: a reader who fetches an answer too slowly is given up. And what
//! hyper refuses by itself, because it is no HTTP, gets the headers that every answer carries.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::connections::GUARDS;
use super::lent::{Carrier, Slot};

/// What answers begin with that hyper may give by itself.
const REFUSALS: [&[u8]; 3] = [b"HTTP/1.1 400 ", b"HTTP/1.1 414 ", b"HTTP/1.1 431 "];

/// A stream with a deadline for what was written to it.
#[derive(Debug)]
pub(super) struct Steady<S> {
    inner: S,
    /// How long what was written may take to go; endless where it is none.
    within: Option<Duration>,
    /// Runs from the first write that had to wait until everything has gone.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Goes before anything else that is written.
    first: Vec<u8>,
    /// What is written of it is sent without copying.
    slot: Slot,
}

impl<S: Carrier> Steady<S> {
    /// What is written to it may take so long to go.
    pub fn new(inner: S, within: Option<Duration>) -> Steady<S> {
        Steady {
            inner,
            within,
            deadline: None,
            first: Vec::new(),
            slot: Slot::default(),
        }
    }

    /// Takes what is lent to the kernel of the next answer.
    pub fn slot(&self) -> Slot {
        self.slot.clone()
    }

    /// Sends the first part that is lent and what comes before it; nothing where none is, or the system refuses.
    fn poll_lent(&mut self, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<Option<usize>> {
        let found = self.inner.socket().zip(self.slot.find(parts));
        let Some((socket, (before, lent, part))) = found else {
            return Poll::Ready(None);
        };
        let sent = match parts {
            _ if before == 0 => socket.poll_send(cx, &[], &lent, part),
            [head, ..] if before == 1 => socket.poll_send(cx, head, &lent, part),
            // Their time comes when what is before them has gone.
            _ => return Poll::Ready(None),
        };
        match ready!(sent) {
            Ok(sent) if sent > 0 => Poll::Ready(Some(sent)),
            // If it is the connection's fault, who writes is told the same.
            _ => {
                self.slot.clear();
                Poll::Ready(None)
            }
        }
    }

    /// What a write or flush gave, unless it has waited too long.
    fn bounded<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let (Poll::Pending, Some(within)) = (&polled, self.within) else {
            return polled;
        };
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        match deadline.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Writes what goes first.
    fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.first.is_empty() {
            let written = Pin::new(&mut self.inner).poll_write(cx, &self.first);
            let written = ready!(self.bounded(cx, written))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.first.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    /// Takes a refusal of hyper's own, to write it with our headers. Returns how much was taken, if it is one.
    fn take_refusal(&mut self, bytes: &[u8]) -> Option<usize> {
        let guarded = guarded(bytes)?;
        self.first = guarded;
        Some(bytes.len())
    }
}

/// A refusal without the headers that every answer of ours carries, with them. Hyper writes it whole and without a body;
/// it has no place where they could be set.
fn guarded(bytes: &[u8]) -> Option<Vec<u8>> {
    if !REFUSALS.iter().any(|refusal| bytes.starts_with(refusal)) {
        return None;
    }
    let head = bytes.strip_suffix(b"\r\n\r\n")?;
    let text = std::str::from_utf8(head).ok()?;
    let [_, (nosniff, _), _] = GUARDS;
    if text.contains("\r\n\r\n") || text.contains(nosniff) {
        return None;
    }
    let mut head = text.to_owned();
    for (name, value) in GUARDS {
        head.extend(["\r\n", name, ": ", value]);
    }
    head.push_str("\r\n\r\n");
    Some(head.into_bytes())
}

impl<S: AsyncRead + Unpin> AsyncRead for Steady<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, into)
    }
}

impl<S: Carrier> AsyncWrite for Steady<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_first(cx))?;
        if let Some(taken) = self.take_refusal(bytes) {
            return Poll::Ready(Ok(taken));
        }
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.bounded(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_first(cx))?;
        if let [only] = parts
            && let Some(taken) = self.take_refusal(only)
        {
            return Poll::Ready(Ok(taken));
        }
        let written = match self.poll_lent(cx, parts) {
            Poll::Ready(Some(sent)) => Poll::Ready(Ok(sent)),
            Poll::Ready(None) => Pin::new(&mut self.inner).poll_write_vectored(cx, parts),
            Poll::Pending => Poll::Pending,
        };
        self.bounded(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_first(cx))?;
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        ready!(self.bounded(cx, flushed))?;
        self.deadline = None;
        self.slot.clear();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_first(cx))?;
        let shut = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.bounded(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const WITHIN: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn who_fetches_a_little_now_and_then_is_given_up_and_who_fetches_all_is_not() {
        let (ours, mut theirs) = tokio::io::duplex(10);
        let mut steady = Steady::new(ours, Some(WITHIN));
        let reader = tokio::spawn(async move {
            let mut one = [0];
            while theirs.read(&mut one).await.is_ok_and(|read| read > 0) {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        // Each answer has its own time.
        for _ in 0..3 {
            steady.write_all(&[0; 40]).await.unwrap();
            steady.flush().await.unwrap();
        }
        let begun = tokio::time::Instant::now();
        let late = steady.write_all(&[0; 200]).await.unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed().as_secs(), WITHIN.as_secs());
        drop(steady);
        reader.await.unwrap();
    }

    #[test]
    fn refusals_of_hyper_get_our_headers_and_nothing_else_does() {
        let refusal = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let text = String::from_utf8(guarded(refusal).unwrap()).unwrap();
        assert!(
            text.starts_with("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ncontent-security-")
        );
        assert!(text.contains("\r\nx-content-type-options: nosniff\r\n") && text.ends_with("\r\n\r\n"));
        for other in [
            text.as_str(),
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\n\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\n",
        ] {
            assert_eq!(guarded(other.as_bytes()), None, "{other}");
        }
    }
}
