//! `warta backup`, `restore` and `compact`: the operations of the store.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::{Error, Setup, ask, runtime};
use crate::store::{self, Replace, Replayed};

/// Where the copy goes.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// File to write, or - for stdout
    file: PathBuf,
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
    if args.file == Path::new("-") {
        return write(setup, &mut std::io::stdout().lock());
    }
    let beside = args.file.with_extension("part");
    let failed = |error: std::io::Error| Error::Failed(format!("cannot write {}: {error}", beside.display()));
    let mut file = BufWriter::new(File::create(&beside).map_err(failed)?);
    write(setup, &mut file)?;
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&beside, &args.file).map_err(failed)?;
    eprintln!("wrote {}", args.file.display());
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
