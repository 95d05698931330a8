//! `warta report`: a month's releases, who republished them, how fast.

use std::io::Write;

use clap::ValueEnum;

use super::list::{print, scope};
use super::{Error, Setup, ask};
use crate::model::Zone;
use crate::report::Month;
use crate::serve::queries::{Answer, Query};
use crate::serve::reports::Form;

/// Options of `warta report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A region or the id of a satker
    #[arg(default_value = "indonesia")]
    scope: String,
    /// The month; the one before this where it is left out
    #[arg(long, value_name = "YYYY-MM")]
    month: Option<Month>,
    /// The form: figures of each unit, or every release with its pick-ups, or a page
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Csv,
    Json,
    Html,
}

/// Prints the report.
pub fn run(setup: &Setup, args: &Args) -> Result<(), Error> {
    let query = Query::Report {
        scope: scope(setup, &args.scope)?,
        month: args
            .month
            .unwrap_or_else(|| Month::of(setup.clock.now(), Zone::Wib).before()),
        form: match args.format {
            Format::Table => Form::Table,
            Format::Csv => Form::Csv,
            Format::Json => Form::Json,
            Format::Html => Form::Html,
        },
    };
    let columns = [
        "satker",
        "name",
        "releases",
        "republished",
        "copies",
        "first_minutes",
        "median_minutes",
    ];
    match ask::answer(setup, &query)? {
        Answer::Bytes(bytes) => Ok(std::io::stdout().write_all(&bytes)?),
        Answer::Rows(rows) => print(&rows, &columns, matches!(args.format, Format::Json)),
    }
}
