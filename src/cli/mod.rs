//! The commands: what a person or a script at a terminal asks for, and how it is answered. Results go to stdout,
//! logs and progress to stderr.

mod add;
mod ask;
mod backup;
mod changes;
mod check;
mod crawl;
mod demo;
pub mod diagnostics;
mod edit;
mod explain;
mod export;
mod import;
pub mod init;
mod list;
mod local;
mod manual;
mod owner;
mod report;
mod run;
mod setup;
mod status;
mod terminal;
mod turns;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand, ValueEnum};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::clock::Clock;
use crate::config;
use crate::daemon::orders;
use crate::gazetteer::Gazetteer;
use crate::ledger;
use crate::pipeline;
use crate::store;
use crate::telemetry::{self, Form};

use setup::Setup;

/// Crawls the news of Indonesian government units and republishes it as one feed per region
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    /// Configuration file [default: /etc/warta/warta.toml, then config/warta.toml]
    #[arg(long, env = "WARTA_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Say more; twice for everything
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    /// Say only what is wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Form of the log
    #[arg(long, value_enum, default_value_t = Log::Text, global = true)]
    log: Log,
    /// When to use colours
    #[arg(long, value_enum, default_value_t = When::Auto, global = true)]
    color: When,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Log {
    Text,
    Json,
    Journald,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: crawl on schedule and serve the feeds
    Run,
    /// Crawl now and print what each source gave
    Crawl(crawl::Args),
    /// Validate the whole configuration
    Check(check::Args),
    /// Show what the daemon is doing, live on a terminal
    Status(status::Args),
    /// List the sources and how they stand
    Sources(list::SourcesArgs),
    /// List the regions with their stories and feeds
    Regions(list::RegionsArgs),
    /// List the newest stories
    Stories(list::StoriesArgs),
    /// Find out what an address is as a source, and print or write its configuration
    Add(add::Args),
    /// Add many sources from OPML or CSV
    Import(import::Args),
    /// Tell why a story is in its region, which copies it has, and what was corrected
    Explain(explain::Args),
    /// Correct a story by hand; it outranks every rule
    Edit(edit::Args),
    /// Write a consistent copy of the store, also while the daemon runs
    Backup(backup::BackupArgs),
    /// Bring a store back from a backup
    Restore(backup::RestoreArgs),
    /// Rebuild the store to its smallest size, and repair what can be repaired
    Compact,
    /// Write a region's or unit's feed to stdout
    Feed(list::FeedArgs),
    /// Write the whole site as static files for any web server
    Export(export::Args),
    /// Report a month: releases of each unit, where each was republished, how fast
    Report(report::Args),
    /// Show it all without internet: crawl built-in sites and serve their regional feeds
    Demo(demo::Args),
    /// Write a ready configuration
    Init(init::Args),
    /// Write the man page
    Man(manual::ManArgs),
    /// Write the completions of a shell
    Completions(manual::CompletionsArgs),
}

/// Why a command ended without doing what it was asked for.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Config(#[from] config::Faults),
    #[error(transparent)]
    Init(#[from] init::Error),
    /// The words of the command are wrong.
    #[error("{0}")]
    Usage(String),
    /// Something that was asked for failed.
    #[error("{0}")]
    Failed(String),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Pipeline(#[from] pipeline::Error),
    /// The daemon's store failed.
    #[error("{0}")]
    Recording(String),
    /// The reader of our output has gone: no fault.
    #[error("stdout is closed")]
    Closed,
}

impl Error {
    /// The exit codes of the contract.
    fn exit_code(&self) -> u8 {
        match self {
            Error::Closed => 0,
            Error::Failed(_) => 1,
            Error::Config(_) | Error::Init(_) | Error::Usage(_) => 2,
            Error::Store(_) | Error::Pipeline(_) | Error::Recording(_) => 3,
        }
    }
}

impl From<ledger::Error> for Error {
    fn from(error: ledger::Error) -> Error {
        Error::Pipeline(pipeline::Error::Ledger(error))
    }
}

impl From<orders::Error> for Error {
    fn from(error: orders::Error) -> Error {
        match error {
            orders::Error::Refused(why) => Error::Usage(why),
            orders::Error::Pipeline(error) => Error::Pipeline(error),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Error::Closed,
            _ => Error::Failed(format!("cannot write: {error}")),
        }
    }
}

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let form = match cli.log {
        Log::Text => Form::Text,
        Log::Json => Form::Json,
        Log::Journald => Form::Journald,
    };
    let verbosity = if cli.quiet {
        -1
    } else {
        i8::try_from(cli.verbose).unwrap_or(i8::MAX)
    };
    if let Err(error) = telemetry::start(form, verbosity, cli.color != When::Never) {
        return report(&Error::Failed(format!("cannot reach journald: {error}")), &cli);
    }
    match dispatch(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error, &cli),
    }
}

fn dispatch(cli: &Cli) -> Result<(), Error> {
    let gazetteer = Arc::new(Gazetteer::built_in());
    match &cli.command {
        Command::Init(args) => {
            let stdin = std::io::stdin();
            let ask = if stdin.is_terminal() {
                init::Ask::Questions
            } else {
                init::Ask::Nothing
            };
            let dialogue = init::Dialogue {
                ask,
                reader: &mut stdin.lock(),
                writer: &mut std::io::stderr(),
            };
            let next = init::run(args, dialogue, Clock::System.now(), &gazetteer)?;
            Ok(writeln!(std::io::stdout(), "{next}")?)
        }
        Command::Demo(args) => demo::run(args, gazetteer),
        Command::Check(args) => check::run(cli, gazetteer, args),
        Command::Man(args) => manual::man(args),
        Command::Completions(args) => manual::completions(args),
        Command::Run => run::run(&Setup::load(cli, gazetteer)?),
        Command::Crawl(args) => crawl::run(&Setup::load(cli, gazetteer)?, args),
        Command::Status(args) => status::run(&Setup::load(cli, gazetteer)?, args),
        Command::Sources(args) => list::sources(&Setup::load(cli, gazetteer)?, args),
        Command::Regions(args) => list::regions(&Setup::load(cli, gazetteer)?, args),
        Command::Stories(args) => list::stories(&Setup::load(cli, gazetteer)?, args),
        Command::Add(args) => add::run(&Setup::load(cli, gazetteer)?, args),
        Command::Import(args) => import::run(&Setup::load(cli, gazetteer)?, args),
        Command::Explain(args) => explain::run(&Setup::load(cli, gazetteer)?, args),
        Command::Edit(args) => edit::run(&Setup::load(cli, gazetteer)?, args),
        Command::Backup(args) => backup::backup(&Setup::load(cli, gazetteer)?, args),
        Command::Restore(args) => backup::restore(&Setup::load(cli, gazetteer)?, args),
        Command::Compact => backup::compact(&Setup::load(cli, gazetteer)?),
        Command::Export(args) => export::run(&Setup::load(cli, gazetteer)?, args),
        Command::Report(args) => report::run(&Setup::load(cli, gazetteer)?, args),
        Command::Feed(args) => list::feed(&Setup::load(cli, gazetteer)?, args),
    }
}

/// Prints an error with its causes, once, and gives its exit code.
fn report(error: &Error, cli: &Cli) -> ExitCode {
    match error {
        Error::Closed => {}
        Error::Config(faults) | Error::Init(init::Error::Faulty(faults)) => {
            eprint!("{}", diagnostics::render(&faults.0, colour(cli), width()));
        }
        error => {
            eprintln!("warta: {error}");
            let mut cause = std::error::Error::source(error);
            while let Some(inner) = cause {
                eprintln!("  because: {inner}");
                cause = inner.source();
            }
        }
    }
    ExitCode::from(error.exit_code())
}

fn colour(cli: &Cli) -> diagnostics::Colour {
    match cli.color {
        When::Always => diagnostics::Colour::On,
        When::Auto if std::io::stderr().is_terminal() => diagnostics::Colour::On,
        When::Auto | When::Never => diagnostics::Colour::Off,
    }
}

/// The columns that diagnostics may use.
fn width() -> usize {
    100
}

fn environment() -> Vec<(String, String)> {
    std::env::vars().collect()
}

/// A runtime for commands that wait for the network.
fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Failed(format!("cannot start the runtime: {error}")))
}

/// Resolves on SIGINT or SIGTERM. They are caught from the call on, not from the first poll.
fn stop_signal() -> impl Future<Output = ()> {
    let mut terminate = caught(SignalKind::terminate());
    let mut interrupt = caught(SignalKind::interrupt());
    async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// A signal that no longer ends the process, from now on.
fn caught(kind: SignalKind) -> Signal {
    signal(kind).expect("a signal handler can be set at start")
}
