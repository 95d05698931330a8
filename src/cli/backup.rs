//! `warta backup`, `restore` and `compact`: the operations of the store.

use std::fs::{DirBuilder, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::{Error, Setup, ask, runtime};
use crate::store::{self, Replace, Replayed};

/// Where the copy goes.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// File to write, or - for stdout; with --keep the folder that backups are kept in
    file: PathBuf,
    /// Write a file named by the time, prove that it can be restored, and remove the oldest of its kind beyond so many; the
    /// store then keeps of its journal what came after the last two of them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
}

/// What to bring back.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// Backup to read, or - for stdin
    file: PathBuf,
    /// Move a store that has stories aside, and bring back what came after the backup from its journal
    #[arg(long)]
    replace: bool,
}

/// Writes a backup: the daemon's if one runs, else the store's own. A file appears only when it is whole.
pub fn backup(setup: &Setup, args: &BackupArgs) -> Result<(), Error> {
    match args.keep {
        Some(keep) => nightly(setup, &args.file, keep.into()),
        None if args.file == Path::new("-") => write(setup, &mut std::io::stdout().lock()),
        None => write_file(setup, &args.file),
    }
}

/// Writes a backup into a folder of them, says to the store that it is safe, and removes those that are too many.
fn nightly(setup: &Setup, folder: &Path, keep: usize) -> Result<(), Error> {
    let failed = |what: &str, path: &Path, error: &dyn std::fmt::Display| {
        Error::Failed(format!("cannot {what} {}: {error}", path.display()))
    };
    let made = DirBuilder::new().recursive(true).mode(0o750).create(folder);
    made.map_err(|error| failed("create", folder, &error))?;
    let name = format!("{PREFIX}{}{SUFFIX}", setup.clock.now().strftime(MOMENT));
    let path = folder.join(&name);
    write_file(setup, &path)?;
    let file = File::open(&path).map_err(|error| failed("read", &path, &error))?;
    let summary = store::examine(file).map_err(|error| failed("restore", &path, &error))?;
    let told = done(setup, summary.watermark);
    rotate(folder, &name, keep).map_err(|error| failed("remove an old backup in", folder, &error))?;
    told
}

/// What the names of nightly backups begin and end with; between them is a moment, so that they sort by age.
const PREFIX: &str = "warta-";
const SUFFIX: &str = ".backup";
const MOMENT: &str = "%Y%m%dT%H%M%SZ";

/// Removes the oldest nightly backups of a folder, so that with the one just written so many stay, and what was left of
/// one that was stopped.
fn rotate(folder: &Path, written: &str, keep: usize) -> std::io::Result<()> {
    let mut backups = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(stem) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if let Some(moment) = stem.strip_suffix(SUFFIX)
            && is_moment(moment)
        {
            // It stays also where the clock was set back.
            if name != written {
                backups.push(name);
            }
        } else if stem.strip_suffix(UNFINISHED).is_some_and(is_moment) {
            std::fs::remove_file(entry.path())?;
        }
    }
    backups.sort_unstable();
    for name in backups.iter().rev().skip(keep - 1) {
        std::fs::remove_file(folder.join(name))?;
        eprintln!("removed {}", folder.join(name).display());
    }
    File::open(folder)?.sync_all()
}

/// Whether a name's part is a moment as those of backups are.
fn is_moment(text: &str) -> bool {
    jiff::civil::DateTime::strptime(MOMENT, text).is_ok()
}

/// Says to the store, whoever has it, that a nightly backup up to this frame is safe.
fn done(setup: &Setup, watermark: u64) -> Result<(), Error> {
    let socket = &setup.config.server.control_socket;
    if ask::is_running(socket) {
        return runtime()?.block_on(ask::one(socket, "backup-done", &watermark));
    }
    Ok(setup.store()?.backup_done(watermark)?)
}

/// What a file's name ends with until it is whole.
const UNFINISHED: &str = ".part";

/// Writes a backup to a file that appears only when it is whole, and on disk.
fn write_file(setup: &Setup, path: &Path) -> Result<(), Error> {
    let beside = path.with_extension(&UNFINISHED[1..]);
    let failed = |error: std::io::Error| Error::Failed(format!("cannot write {}: {error}", beside.display()));
    let write = || {
        let mut file = BufWriter::new(File::create(&beside).map_err(failed)?);
        write(setup, &mut file)?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        std::fs::rename(&beside, path).map_err(failed)?;
        // A relative name without a folder is in this one.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let synced = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        synced.map_err(failed)
    };
    write().inspect_err(|_| {
        // What is left of it must not fill the disk.
        let _ = std::fs::remove_file(&beside);
    })?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

fn write(setup: &Setup, out: &mut impl Write) -> Result<(), Error> {
    let socket = &setup.config.server.control_socket;
    if ask::is_running(socket) {
        let length =
            runtime()?.block_on(async { ask::lines(socket, "backup", &()).await?.copy_to(&mut *out).await })?;
        eprintln!("{length} bytes");
        return Ok(());
    }
    let summary = setup.store()?.backup(&mut *out)?;
    out.flush()?;
    eprintln!(
        "{} stories, {} articles, {} bytes",
        summary.stories, summary.articles, summary.bytes
    );
    Ok(())
}

/// Brings a store back.
pub fn restore(setup: &Setup, args: &RestoreArgs) -> Result<(), Error> {
    let path = &setup.config.store.path;
    let replace = if args.replace {
        Replace::Yes(setup.clock.now())
    } else {
        Replace::No
    };
    let input: Box<dyn Read> = if args.file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        let file = File::open(&args.file)
            .map_err(|error| Error::Usage(format!("cannot read {}: {error}", args.file.display())))?;
        Box::new(BufReader::new(file))
    };
    let summary = store::restore(path, input, replace)?;
    // It was made of the store that was there, and the numbers by which it follows may be taken for those of this one.
    let search = path.join("search");
    if let Err(error) = std::fs::remove_dir_all(&search)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(Error::Failed(format!(
            "the store was restored, but its old search index has to be removed by hand, {}: {error}",
            search.display()
        )));
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} stories, {} articles", summary.stories, summary.articles)?;
    if let Some(aside) = &summary.aside {
        writeln!(out, "the store that was there is in {}", aside.display())?;
    }
    match &summary.replayed {
        Replayed::NoStore => {}
        Replayed::All(frames) => writeln!(out, "{frames} groups that came after the backup were brought back too")?,
        Replayed::UpTo(frames, why) => {
            writeln!(
                out,
                "{frames} groups that came after the backup were brought back; then: {why}"
            )?;
        }
        Replayed::OtherHistory => writeln!(
            out,
            "the store that was there has another history: of it only {} withdrawals were kept",
            summary.withdrawn
        )?,
    }
    Ok(())
}

/// Rebuilds the store.
pub fn compact(setup: &Setup) -> Result<(), Error> {
    let summary = store::compact(&setup.config.store.path)?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{} stories, {} articles; {} bytes before, {} after",
        summary.stories, summary.articles, summary.before, summary.after
    )?;
    if let Some(repaired) = &summary.repaired {
        writeln!(out, "repaired: {repaired}")?;
    }
    Ok(())
}
