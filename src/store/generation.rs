//! Putting a new generation of a store in the place of the old one, all or nothing. It is built in `generation.new/`;
//! the file `switch` appearing is the moment that decides; what is left to move then is moved now, or by the next
//! opening. All inside the store's own folder, for a service may write nowhere else.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::engine::sync_folder;
use super::{Error, open, window};

/// Where a new generation is built.
pub const NEW: &str = "generation.new";

/// Where an old one is moved that is not kept.
const OLD: &str = "generation.old";

/// What an old one's folder begins with that is kept.
const ASIDE: &str = "aside-";

/// Says that the new generation counts, and where the old one goes.
const SWITCH: &str = "switch";

/// What a generation consists of.
const PARTS: [&str; 3] = ["sled", "journal", "base"];

/// What becomes of the old generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Old {
    /// It is removed.
    Remove,
    /// It is kept in a folder whose name ends so.
    Keep(String),
}

/// An empty folder for a new generation.
pub fn begin(path: &Path) -> Result<PathBuf, Error> {
    let new = path.join(NEW);
    let make = || -> io::Result<()> {
        remove(&new)?;
        fs::create_dir(&new)
    };
    make().map_err(open::io_error(path, "a new generation cannot be begun"))?;
    Ok(new)
}

/// Puts the new generation, which must be whole, in the place of the old one. Returns where that one is, if it is kept.
pub fn switch(path: &Path, old: &Old) -> Result<Option<PathBuf>, Error> {
    let (aside, kept) = match old {
        Old::Remove => (OLD.to_owned(), None),
        Old::Keep(name) => {
            let name = format!("{ASIDE}{name}");
            (name.clone(), Some(path.join(name)))
        }
    };
    let decide = || -> io::Result<()> {
        sync_folder(&path.join(NEW))?;
        write_whole(path, SWITCH, |file| writeln!(file, "{aside}"))
    };
    decide().map_err(open::io_error(path, "its generations cannot be switched"))?;
    settle(path)?;
    Ok(kept)
}

/// Ends a switch that was decided, and removes what is left of one that was not.
pub fn settle(path: &Path) -> Result<(), Error> {
    let io = open::io_error(path, "its generations cannot be switched");
    let decided = match fs::read_to_string(path.join(SWITCH)) {
        Ok(text) => Some(text.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(io(error)),
    };
    if let Some(aside) = decided {
        let plain = aside
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        if !(plain && (aside == OLD || aside.starts_with(ASIDE))) {
            let what = format!("its file {SWITCH} says {aside:?}");
            return Err(open::damaged(path, what, open::RESTORE));
        }
        move_parts(path, &path.join(aside)).map_err(&io)?;
        // It may be that of another history.
        remove_file(&path.join(window::WINDOW)).map_err(&io)?;
        let end = fs::remove_file(path.join(SWITCH)).and_then(|()| File::open(path)?.sync_all());
        end.map_err(&io)?;
    }
    let leftovers = [NEW, OLD].iter().try_for_each(|name| remove(&path.join(name)));
    leftovers.map_err(io)
}

/// Moves what has not been moved yet.
fn move_parts(path: &Path, aside: &Path) -> io::Result<()> {
    fs::create_dir_all(aside)?;
    for part in PARTS {
        let (new, now, old) = (path.join(NEW).join(part), path.join(part), aside.join(part));
        if !new.exists() {
            continue;
        }
        if now.exists() && !old.exists() {
            fs::rename(&now, &old)?;
        }
        fs::rename(&new, &now)?;
    }
    File::open(aside)?.sync_all()?;
    File::open(path)?.sync_all()
}

/// Writes a file that is there whole or not at all.
pub fn write_whole<T>(
    folder: &Path,
    name: &str,
    write: impl FnOnce(&mut io::BufWriter<File>) -> io::Result<T>,
) -> io::Result<T> {
    let unfinished = folder.join(format!("{name}.unfinished"));
    let mut file = io::BufWriter::new(File::create(&unfinished)?);
    let result = write(&mut file).and_then(|result| {
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        fs::rename(&unfinished, folder.join(name))?;
        File::open(folder)?.sync_all()?;
        Ok(result)
    });
    if result.is_err() {
        // What is left of it must not fill the disk; if it cannot be removed, the next one is written over it.
        let _ = fs::remove_file(&unfinished);
    }
    result
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store folder whose parts say `old`, with a whole new generation whose parts say `new`.
    fn world() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let new = begin(folder.path()).unwrap();
        for part in PARTS {
            fs::write(folder.path().join(part), "old").unwrap();
            fs::write(new.join(part), "new").unwrap();
        }
        folder
    }

    fn parts(folder: &Path) -> Vec<String> {
        PARTS
            .iter()
            .map(|part| fs::read_to_string(folder.join(part)).unwrap())
            .collect()
    }

    #[test]
    fn a_generation_is_switched_and_the_old_one_kept_or_removed() {
        let folder = world();
        let kept = switch(folder.path(), &Old::Keep("20261124".to_owned()))
            .unwrap()
            .unwrap();
        assert_eq!(
            (parts(folder.path()), parts(&kept)),
            (vec!["new".to_owned(); 3], vec!["old".to_owned(); 3])
        );
        let folder = world();
        assert_eq!(switch(folder.path(), &Old::Remove).unwrap(), None);
        assert_eq!(parts(folder.path()), ["new"; 3]);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            3,
            "something is left over"
        );
    }

    #[test]
    fn a_switch_stopped_after_any_move_is_ended_by_the_next_opening() {
        for moves in 0..=6 {
            let folder = world();
            let path = folder.path();
            fs::write(path.join(SWITCH), "aside-x\n").unwrap();
            fs::create_dir(path.join("aside-x")).unwrap();
            let steps = PARTS.iter().flat_map(|part| {
                let new = (path.join(NEW).join(part), path.join(part));
                [(path.join(part), path.join("aside-x").join(part)), new]
            });
            for (from, to) in steps.take(moves) {
                fs::rename(from, to).unwrap();
            }
            settle(path).unwrap();
            assert_eq!(parts(path), ["new"; 3], "stopped after {moves} moves");
            assert_eq!(parts(&path.join("aside-x")), ["old"; 3], "stopped after {moves} moves");
        }
    }

    #[test]
    fn a_generation_that_was_not_finished_is_removed() {
        let folder = world();
        settle(folder.path()).unwrap();
        assert_eq!(parts(folder.path()), ["old"; 3]);
        assert!(!folder.path().join(NEW).exists());
    }
}
