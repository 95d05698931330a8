//! Long bodies that are asked for often, lent to the kernel: it sends the pages of a file in memory as they are, where it
//! would first copy what is written to a socket. That copy is the half of what such an answer costs. Whoever cannot be
//! sent pages is written the same bytes; what is long and what is often, the answers know.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use rustix::fs::{FallocateFlags, MemfdFlags, fallocate, memfd_create, sendfile};
use rustix::net::{SendFlags, send};
use tokio::io::{AsyncRead, AsyncWrite, Interest};
use tokio::net::{TcpStream, UnixStream};

/// Every body begins at a multiple of this, the largest page there is: no two ever share one, so that taking a body out
/// never touches what is still on its way of another. Places in a file cost nothing where nothing is written.
const APART: u64 = 2 << 20;

/// A file in memory, without a name.
#[derive(Debug)]
pub(super) struct Arena {
    file: File,
    /// Where the next body goes. No place is used twice: the kernel may hold pages of what was there before.
    next: AtomicU64,
}

/// A body in the arena, for as long as this is.
#[derive(Debug)]
pub(super) struct Lent {
    arena: Arc<Arena>,
    at: u64,
    bytes: Bytes,
}

/// What of it is sent on a connection now; shared by who answers and who writes.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot(Arc<Mutex<Option<Arc<Lent>>>>);

impl Arena {
    /// An empty one.
    ///
    /// # Errors
    /// Where the system has no such files, or no memory.
    pub fn new() -> io::Result<Arena> {
        let file = memfd_create("warta-feeds", MemfdFlags::CLOEXEC)?;
        Ok(Arena {
            file: file.into(),
            next: AtomicU64::new(0),
        })
    }

    /// Puts a body in.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn lend(self: &Arc<Arena>, bytes: Bytes) -> io::Result<Lent> {
        let at = self.next.fetch_add(room(bytes.len()), Ordering::Relaxed);
        let lent = Lent {
            arena: Arc::clone(self),
            at,
            bytes,
        };
        self.file.write_all_at(&lent.bytes, at)?;
        Ok(lent)
    }
}

/// What a body of this length takes of the file's places.
fn room(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX / 2).next_multiple_of(APART)
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Gives the memory back, but for pages that are on their way. Where that is refused, it is given back with the file.
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let _ = fallocate(&self.arena.file, flags, self.at, room(self.bytes.len()));
    }
}

impl Lent {
    /// Which part of the body lies at these bytes: they are the very same memory, which is held here.
    fn part(&self, bytes: &[u8]) -> Option<Range<usize>> {
        let start = bytes.as_ptr().addr().checked_sub(self.bytes.as_ptr().addr())?;
        let end = start.checked_add(bytes.len())?;
        (start < end && end <= self.bytes.len()).then_some(start..end)
    }
}

impl Slot {
    /// The next answer is this one.
    pub fn put(&self, lent: Arc<Lent>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(lent);
    }

    /// Nothing of it is to be sent any more.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The number of parts before the first one that is lent, and which part of what that is.
    pub fn find(&self, parts: &[io::IoSlice<'_>]) -> Option<(usize, Arc<Lent>, Range<usize>)> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lent = slot.as_ref()?;
        let found = parts.iter().enumerate();
        found
            .filter_map(|(before, part)| Some((before, Arc::clone(lent), lent.part(part)?)))
            .next()
    }
}

/// What answers go out on.
pub(super) trait Carrier: AsyncRead + AsyncWrite + Unpin {
    /// The socket that it is, if it is one.
    fn socket(&self) -> Option<Socket<'_>>;
}

impl Carrier for TcpStream {
    fn socket(&self) -> Option<Socket<'_>> {
        Some(Socket::Tcp(self))
    }
}

impl Carrier for UnixStream {
    fn socket(&self) -> Option<Socket<'_>> {
        Some(Socket::Unix(self))
    }
}

#[cfg(test)]
impl Carrier for tokio::io::DuplexStream {
    fn socket(&self) -> Option<Socket<'_>> {
        None
    }
}

/// A socket that pages can be sent on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Socket<'a> {
    Tcp(&'a TcpStream),
    Unix(&'a UnixStream),
}

impl Socket<'_> {
    /// Sends what comes before a part of a body, and of that as much as goes. Returns how many bytes of both have gone.
    pub fn poll_send(
        self,
        cx: &mut Context<'_>,
        before: &[u8],
        lent: &Lent,
        part: Range<usize>,
    ) -> Poll<io::Result<usize>> {
        let mut gone = 0;
        if !before.is_empty() {
            // In one packet with what follows at once.
            let flags = SendFlags::MORE | SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            gone = ready!(self.poll_io(cx, || Ok(send(self, before, flags)?)))?;
            if gone < before.len() {
                return Poll::Ready(Ok(gone));
            }
        }
        let sent = self.poll_io(cx, || {
            let mut at = lent.at + part.start as u64;
            Ok(sendfile(self, &lent.arena.file, Some(&mut at), part.len())?)
        });
        match sent {
            Poll::Ready(Ok(sent)) => Poll::Ready(Ok(gone + sent)),
            // The next call finds the same again.
            Poll::Ready(Err(_)) | Poll::Pending if gone > 0 => Poll::Ready(Ok(gone)),
            other => other,
        }
    }

    /// Tries until it works, fails, or has to wait for room in the socket.
    fn poll_io(self, cx: &mut Context<'_>, mut work: impl FnMut() -> io::Result<usize>) -> Poll<io::Result<usize>> {
        loop {
            let tried = match self {
                Socket::Tcp(stream) => {
                    ready!(stream.poll_write_ready(cx))?;
                    stream.try_io(Interest::WRITABLE, &mut work)
                }
                Socket::Unix(stream) => {
                    ready!(stream.poll_write_ready(cx))?;
                    stream.try_io(Interest::WRITABLE, &mut work)
                }
            };
            match tried {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                tried => return Poll::Ready(tried),
            }
        }
    }
}

impl AsFd for Socket<'_> {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        match self {
            Socket::Tcp(stream) => stream.as_fd(),
            Socket::Unix(stream) => stream.as_fd(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::IoSlice;
    use std::time::Duration;

    use rustix::fs::fstat;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::super::steady::Steady;
    use super::*;

    /// Memory that the file takes.
    fn taken(arena: &Arena) -> i64 {
        fstat(&arena.file).unwrap().st_blocks * 512
    }

    #[test]
    fn a_body_takes_memory_for_as_long_as_it_is_lent_and_no_place_is_used_twice() {
        let arena = Arc::new(Arena::new().unwrap());
        let first = arena.lend(Bytes::from(vec![1; 100_000])).unwrap();
        let second = arena.lend(Bytes::from(vec![2; 3 << 20])).unwrap();
        let both = taken(&arena);
        assert!(both >= (3 << 20) + 100_000, "{both}");
        drop(second);
        let one = taken(&arena);
        assert!((100_000..1 << 20).contains(&one), "{one}");
        let third = arena.lend(Bytes::from_static(b"3")).unwrap();
        assert_eq!([first.at, third.at], [0, 6 << 20]);
        let mut read = [0; 2];
        arena.file.read_exact_at(&mut read, first.at + 99_998).unwrap();
        assert_eq!(read, [1, 1]);
        drop((first, third));
        assert_eq!(taken(&arena), 0);
    }

    #[test]
    fn a_part_is_told_by_where_it_lies_not_by_what_it_says() {
        let arena = Arc::new(Arena::new().unwrap());
        let body = Bytes::from(b"x0123456789".to_vec()).slice(1..9);
        let slot = Slot::default();
        let find = |parts: &[&[u8]]| {
            let parts: Vec<_> = parts.iter().map(|part| io::IoSlice::new(part)).collect();
            slot.find(&parts).map(|(before, _, part)| (before, part))
        };
        assert_eq!(find(&[&body]), None);
        slot.put(Arc::new(arena.lend(body.clone()).unwrap()));
        assert_eq!(find(&[b"head", &body]), Some((1, 0..8)));
        assert_eq!(find(&[&body[3..]]), Some((0, 3..8)));
        assert_eq!(find(&[&body[3..3]]), None);
        assert_eq!(find(&[b"01234567"]), None);
        slot.clear();
        assert_eq!(find(&[&body]), None);
    }

    /// What comes out at the other end of a head and a body of which other bytes were lent.
    async fn sent(carrier: impl Carrier, mut other: impl AsyncRead + Unpin) -> Vec<u8> {
        let arena = Arc::new(Arena::new().unwrap());
        let body = Bytes::from(vec![b'c'; 5 << 20]);
        let lent = arena.lend(body.clone()).unwrap();
        // So that it can be told whether they were copied.
        arena.file.write_all_at(&vec![b'l'; body.len()], lent.at).unwrap();
        let mut steady = Steady::new(carrier, Some(Duration::from_secs(60)));
        steady.slot().put(Arc::new(lent));
        let writing = async {
            let (mut head, mut gone) = (&b"head"[..], 0);
            while gone < body.len() {
                let parts = [IoSlice::new(head), IoSlice::new(&body[gone..])];
                let parts = if head.is_empty() { &parts[1..] } else { &parts };
                let written = steady.write_vectored(parts).await.unwrap();
                let of_head = written.min(head.len());
                head = &head[of_head..];
                gone += written - of_head;
            }
            steady.flush().await.unwrap();
            steady.write_all(&body[..10]).await.unwrap();
            steady.shutdown().await.unwrap();
        };
        let mut read = Vec::new();
        let (_, done) = tokio::join!(writing, other.read_to_end(&mut read));
        assert_eq!(done.unwrap(), 4 + body.len() + 10);
        read
    }

    #[tokio::test]
    async fn sockets_are_sent_what_is_lent_until_the_answer_has_gone_and_others_are_written_it() {
        let as_lent = [&b"head"[..], &vec![b'l'; 5 << 20], &[b'c'; 10]].concat();
        let (ours, theirs) = UnixStream::pair().unwrap();
        assert!(sent(ours, theirs).await == as_lent, "a unix socket");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let theirs = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (ours, _) = listener.accept().await.unwrap();
        assert!(sent(ours, theirs).await == as_lent, "TCP");
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let copied = [&b"head"[..], &vec![b'c'; (5 << 20) + 10]].concat();
        assert!(sent(ours, theirs).await == copied, "no socket");
    }
}
