//! Room on the disk that belongs to sled ahead of its need. sled writes behind the journal, in the background, and after
//! one failed write it cannot even be read: so the blocks of its file are taken before it is given anything, and what
//! others leave of the disk does not matter to it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

/// So many bytes are taken beyond the end of the file: for what sled holds, and for tidying up.
const AHEAD: u64 = 8 << 20;

/// The room beyond the end of sled's file.
#[derive(Debug)]
pub struct Reserve {
    file: File,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    /// How long the file was when it was last looked at: sled also cuts it, which gives the room back.
    length: u64,
    /// Up to where blocks are taken.
    end: u64,
}

impl Reserve {
    /// That of the sled folder, whose file must be there.
    pub fn of(folder: &Path) -> io::Result<Reserve> {
        Ok(Reserve {
            file: File::options().write(true).open(folder.join("db"))?,
            taken: Mutex::default(),
        })
    }

    /// Sees that so many bytes and some more can be written behind the end of the file.
    ///
    /// # Errors
    /// When there is no room for them.
    pub fn ahead(&self, bytes: u64) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        // Half of what is there has to be used up before more is taken, so that this is rare.
        let is_there = length >= taken.length && length + bytes + AHEAD / 2 <= taken.end;
        if !is_there {
            match fallocate(&self.file, FallocateFlags::KEEP_SIZE, length, bytes + AHEAD) {
                // Not every file system can; then it is as if there was no such reserve.
                Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {}
                Err(error) => return Err(error.into()),
            }
            taken.end = length + bytes + AHEAD;
        }
        taken.length = length;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn room_is_taken_ahead_and_again_after_a_cut_and_the_length_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        std::fs::write(&path, vec![1; 100_000]).unwrap();
        let reserve = Reserve::of(folder.path()).unwrap();
        let taken = || File::open(&path).unwrap().metadata().unwrap().blocks() * 512;
        let before = taken();
        reserve.ahead(1 << 20).unwrap();
        if taken() == before {
            println!("skipped: this file system cannot take room ahead");
            return;
        }
        assert!(taken() >= 100_000 + (1 << 20) + AHEAD, "{}", taken());
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 100_000);
        // A cut gives it back.
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(50_000)
            .unwrap();
        assert!(taken() < AHEAD, "{}", taken());
        reserve.ahead(0).unwrap();
        assert!(taken() >= 50_000 + AHEAD, "{}", taken());
    }
}
