//! Logs: where they go and in which form. What is said is decided where it happens: a sentence plus fields, once.

use std::io::IsTerminal;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines for people, on stderr.
    Text,
    /// One JSON object a line, on stderr.
    Json,
    /// To journald, with fields.
    Journald,
}

/// Starts logging. `verbosity` is 0 for what an operator wants to know, above for more, below for problems only.
///
/// # Errors
/// When journald is asked for and is not there.
pub fn start(form: Form, verbosity: i8, colour: bool) -> std::io::Result<()> {
    let level = match verbosity {
        ..=-1 => LevelFilter::WARN,
        0 => LevelFilter::INFO,
        1 => LevelFilter::DEBUG,
        2.. => LevelFilter::TRACE,
    };
    // The libraries below us speak only when they warn, unless everything is asked for.
    let ours = tracing_subscriber::filter::Targets::new()
        .with_target("warta", level)
        .with_default(if verbosity >= 2 {
            LevelFilter::DEBUG
        } else {
            LevelFilter::WARN
        });
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match form {
        Form::Text => {
            let ansi = colour && std::io::stderr().is_terminal();
            fmt::layer()
                .with_writer(std::io::stderr)
                .with_ansi(ansi)
                .with_target(false)
                .boxed()
        }
        Form::Json => fmt::layer().with_writer(std::io::stderr).json().boxed(),
        Form::Journald => tracing_journald::layer()?
            .with_field_prefix(Some("WARTA".to_owned()))
            .boxed(),
    };
    // A second start in one process (tests) keeps the first.
    let _ = tracing_subscriber::registry().with(layer.with_filter(ours)).try_init();
    Ok(())
}
