//! `warta crawl`: crawls now and prints what each source gave.

use std::io::Write;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Error, Setup, runtime, stop_signal};
use crate::model::{CrawlEvent, Report, SatkerId, Source, SourceId, SourceOutcome};
use crate::pipeline::{self, Options};
use crate::schedule;
use crate::store::Store;

/// Events that may wait to be printed.
const EVENTS: usize = 256;

/// What to crawl, and how.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ids of sources or satker, or regions; without any, the sources that are due
    names: Vec<String>,
    /// Crawl every source
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Take at most this many articles from each source
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Record nothing
    #[arg(long)]
    dry_run: bool,
    /// Ignore validators and the schedule, never politeness
    #[arg(long)]
    force: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Crawls and prints; an error if a source failed.
pub fn run(setup: &Setup, args: &Args) -> Result<(), Error> {
    let store = setup.store()?;
    let sources = chosen(setup, args, &store)?;
    let reports = runtime()?.block_on(crawl(setup, args, store, sources))?;
    let failed = reports
        .iter()
        .filter(|report| report.outcome == SourceOutcome::Failed)
        .count();
    if !args.json {
        let unchanged = reports
            .iter()
            .filter(|report| report.outcome == SourceOutcome::NotModified)
            .count();
        let sum = |count: fn(&Report) -> u32| reports.iter().map(count).sum::<u32>();
        writeln!(
            std::io::stdout(),
            "{} sources: {} new, {} changed, {} copies; {unchanged} not modified, {failed} failed",
            reports.len(),
            sum(|report| report.new),
            sum(|report| report.changed),
            sum(|report| report.copies)
        )?;
    }
    match failed {
        0 => Ok(()),
        failed => Err(Error::Failed(format!("{failed} of {} sources failed", reports.len()))),
    }
}

/// The sources that the words of the command mean.
fn chosen(setup: &Setup, args: &Args, store: &Store) -> Result<Vec<Source>, Error> {
    let directory = &setup.config.directory;
    if args.names.is_empty() {
        let mut due = Vec::new();
        for source in directory.sources.values() {
            let state = store.state(&source.id)?.unwrap_or_default();
            if args.all || args.force || schedule::is_due(&state, setup.clock.now()) {
                due.push(source.clone());
            }
        }
        return Ok(due);
    }
    let mut sources: Vec<Source> = Vec::new();
    for name in &args.names {
        let meant = meant(setup, name)?;
        sources.extend(
            meant
                .into_iter()
                .filter(|source| !sources.iter().any(|known| known.id == source.id))
                .collect::<Vec<_>>(),
        );
    }
    Ok(sources)
}

/// A source by its id, a unit's sources, or those of a region.
fn meant(setup: &Setup, name: &str) -> Result<Vec<Source>, Error> {
    let directory = &setup.config.directory;
    if let Some(source) = SourceId::new(name).ok().and_then(|id| directory.sources.get(&id)) {
        return Ok(vec![source.clone()]);
    }
    let all = directory.sources.values();
    if let Some(satker) = SatkerId::new(name).ok().and_then(|id| directory.satker(&id)) {
        let own = all
            .filter(|source| source.satker.as_ref() == Some(&satker.id))
            .cloned()
            .collect();
        return some(own, &format!("the satker {} has no source", satker.id));
    }
    let Some(region) = setup.gazetteer.resolve(name) else {
        let ids = directory
            .sources
            .keys()
            .map(SourceId::as_str)
            .chain(directory.satkers.keys().map(SatkerId::as_str));
        let nearest = ids.max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
        let hint = nearest
            .map(|nearest| format!("; did you mean {nearest:?}?"))
            .unwrap_or_default();
        return Err(Error::Usage(format!("{name:?} is no source, satker or region{hint}")));
    };
    let within = |source: &&Source| {
        let region_of = source
            .region
            .or(directory.satker_of(source).map(|satker| satker.region));
        region_of.is_some_and(|code| code.is_within(region.code))
    };
    some(
        all.filter(within).cloned().collect(),
        &format!("no source is configured in {}", region.name),
    )
}

fn some(sources: Vec<Source>, otherwise: &str) -> Result<Vec<Source>, Error> {
    if sources.is_empty() {
        Err(Error::Usage(otherwise.to_owned()))
    } else {
        Ok(sources)
    }
}

async fn crawl(setup: &Setup, args: &Args, store: Store, sources: Vec<Source>) -> Result<Vec<Report>, Error> {
    let (cx, writer) = setup.context(store.clone())?;
    let options = Options {
        force: args.force,
        dry_run: args.dry_run,
        limit: args.limit,
    };
    let directory = Arc::new(setup.config.directory.clone());
    let (events, mut received) = mpsc::channel(EVENTS);
    let total = sources.len() as u64;
    let permits = Arc::new(tokio::sync::Semaphore::new(setup.config.crawl.concurrency));
    let mut crawls = JoinSet::new();
    for source in sources {
        let (cx, directory, events, permits) = (
            Arc::clone(&cx),
            Arc::clone(&directory),
            events.clone(),
            Arc::clone(&permits),
        );
        crawls.spawn(async move {
            let _permit = permits.acquire_owned().await.expect("the semaphore is never closed");
            pipeline::crawl(&cx, &directory, &source, options, &events).await
        });
    }
    drop(events);
    let progress = progress(args, total);
    let mut reports = Vec::new();
    let stop = stop_signal();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Err(Error::Failed("stopped by a signal; what was printed as stored is on disk".to_owned())),
            event = received.recv() => match event {
                Some(event) => print(event, args, &progress, &mut reports)?,
                None => break,
            }
        }
    }
    progress.finish_and_clear();
    while let Some(done) = crawls.join_next().await {
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    }
    drop(cx);
    writer.join();
    store.flush()?;
    Ok(reports)
}

fn print(event: CrawlEvent, args: &Args, progress: &ProgressBar, reports: &mut Vec<Report>) -> Result<(), Error> {
    if args.json {
        let line = serde_json::to_string(&event).map_err(|error| Error::Failed(error.to_string()))?;
        writeln!(std::io::stdout(), "{line}")?;
    }
    if let CrawlEvent::Source(report) = event {
        progress.inc(1);
        if !args.json {
            let line = line(&report);
            progress.suspend(|| writeln!(std::io::stdout(), "{line}"))?;
        }
        reports.push(report);
    }
    Ok(())
}

/// What a source gave, on one line, its problems below.
fn line(report: &Report) -> String {
    let mut line = match (report.outcome, &report.error) {
        (SourceOutcome::Ok, _) => format!(
            "{}: {} new, {} changed, {} copies, {} unchanged",
            report.source, report.new, report.changed, report.copies, report.unchanged
        ),
        (SourceOutcome::NotModified, _) => format!("{}: not modified", report.source),
        (SourceOutcome::Failed, error) => format!("{}: failed: {}", report.source, error.as_deref().unwrap_or("?")),
        (SourceOutcome::Skipped, error) => format!("{}: skipped: {}", report.source, error.as_deref().unwrap_or("?")),
    };
    for problem in &report.problems {
        line.push_str(&format!("\n  {}: {}", problem.at, problem.what));
    }
    // What sources say goes to a terminal: no escape sequence of theirs may.
    line.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

fn progress(args: &Args, total: u64) -> ProgressBar {
    let target = if args.json {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} sources, {elapsed}");
    let bar = ProgressBar::with_draw_target(Some(total), target);
    style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}
