//! `warta add`: finds out what an address is as a source, shows what it would get, and prints or writes the TOML.

use std::io::Write;

use url::Url;

use super::local::{self, Addition};
use super::{Error, Setup, runtime, terminal};
use crate::daemon::orders;
use crate::discover::Proposal;
use crate::model::{Entry, Problem, RawDate, RegionCode, SatkerId, SourceId};
use crate::pipeline::{self, Workers};

/// How many of a source's articles are shown.
const SHOWN: usize = 5;

/// The address, and where it belongs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address of the site, page, feed or account
    url: String,
    /// The unit it belongs to
    #[arg(long, value_name = "ID")]
    satker: Option<String>,
    /// Where it belongs; for a portal a fallback
    #[arg(long, value_name = "CODE")]
    region: Option<String>,
    /// Write it to sources/lokal.toml instead of printing it
    #[arg(long)]
    write: bool,
}

/// Finds out, shows, and prints or writes.
pub fn run(setup: &Setup, args: &Args) -> Result<(), Error> {
    let url = orders::address(&args.url)?;
    let satker = args.satker.as_deref().map(|id| satker(setup, id)).transpose()?;
    let region = args.region.as_deref().map(|text| setup.region(text)).transpose()?;
    let fetch = setup.fetch()?;
    let (proposals, problems, requests) = runtime()?.block_on(pipeline::discover(&fetch, &Workers::default(), &url));
    for problem in &problems {
        eprintln!("{}", terminal::line(&format!("{}: {}", problem.at, problem.what)));
    }
    let Some(best) = best(&proposals) else {
        return Err(Error::Failed(nothing(&url, &problems)));
    };
    for proposal in &proposals {
        show(proposal, proposal.url == best.url && proposal.kind == best.kind);
    }
    eprintln!("{requests} requests");
    let addition = addition(setup, best, satker, region);
    if args.write {
        let path = local::write(setup, std::slice::from_ref(&addition))?;
        return Ok(writeln!(
            std::io::stdout(),
            "added {} to {}",
            addition.id,
            path.display()
        )?);
    }
    Ok(write!(std::io::stdout(), "{}", local::toml(&[addition]))?)
}

/// The best proposal that reads anything.
pub(super) fn best(proposals: &[Proposal]) -> Option<&Proposal> {
    proposals.iter().find(|proposal| !proposal.preview.is_empty())
}

/// What to say of an address that gives nothing.
pub(super) fn nothing(url: &Url, problems: &[Problem]) -> String {
    let seen: Vec<&str> = problems.iter().map(|problem| problem.what.as_str()).collect();
    let seen = if seen.is_empty() {
        "nothing answered"
    } else {
        &seen.join("; ")
    };
    format!("nothing was found at {url} that can be read as a source ({seen})")
}

/// A proposal as an addition with an id that nobody has: of the unit and kind, else of the host.
pub(super) fn addition(
    setup: &Setup,
    proposal: &Proposal,
    satker: Option<SatkerId>,
    region: Option<RegionCode>,
) -> Addition {
    let host = proposal.url.host_str().unwrap_or_default();
    let words: Vec<&str> = host
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && *word != "www")
        .collect();
    let base = match &satker {
        Some(satker) => format!("{satker}-{}", proposal.kind.name()),
        None => words.join("-"),
    };
    Addition {
        id: free_id(setup, &base),
        kind: proposal.kind.clone(),
        url: proposal.url.clone(),
        satker,
        region,
    }
}

fn free_id(setup: &Setup, base: &str) -> SourceId {
    let base: String = base.to_ascii_lowercase().chars().take(56).collect();
    let base = base.trim_matches('-');
    let taken = |id: &SourceId| setup.config.directory.sources.contains_key(id);
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    std::iter::once(base.to_owned())
        .chain(numbered)
        .filter_map(|text| SourceId::new(text).or_else(|_| SourceId::new("sumber")).ok())
        .find(|id| !taken(id))
        .expect("there are numbers without end")
}

fn satker(setup: &Setup, text: &str) -> Result<SatkerId, Error> {
    let id = SatkerId::new(text).map_err(|error| Error::Usage(error.to_string()))?;
    let known = setup.config.directory.satker(&id);
    let unknown = || {
        Error::Usage(format!(
            "no satker {id} is configured: add it to sources/lokal.toml first"
        ))
    };
    known.map(|satker| satker.id.clone()).ok_or_else(unknown)
}

/// Shows a way to read the site on stderr, so that stdout is the TOML alone.
fn show(proposal: &Proposal, chosen: bool) {
    let mark = if chosen { "*" } else { "-" };
    let count = proposal.preview.len();
    eprintln!("{mark} {} {}  ({count} articles)", proposal.kind.name(), proposal.url);
    if chosen {
        for entry in proposal.preview.iter().take(SHOWN) {
            eprintln!("    {}", terminal::line(&line(entry)));
        }
    }
}

fn line(entry: &Entry) -> String {
    let date = match &entry.published {
        Some(RawDate::Instant(at)) => at.to_string(),
        Some(RawDate::Text(text)) => text.clone(),
        None => "–".to_owned(),
    };
    let title = entry.title.as_deref().unwrap_or("–");
    let url = entry.url.as_ref().map_or("", Url::as_str);
    format!("{date}  {title}  {url}")
}
