//! `warta crawl`: crawls now and prints what each source gave.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::mpsc;

use super::{Error, Setup, ask, list, runtime, stop_signal, terminal};
use crate::daemon::orders;
use crate::model::{CrawlEvent, CrawlOptions, Order, Report, SourceOutcome, Wanted};
use crate::serve::control::Line;

/// How often the progress shows that it lives.
const TICK: Duration = Duration::from_millis(200);

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
    /// Crawl one article, feed or listing that need not be configured
    #[arg(long, value_name = "URL", conflicts_with_all = ["names", "all"])]
    url: Option<String>,
    /// Take at most this many articles from each source
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Go back through older pages to what was published since this date; goes on where it was stopped
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
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
    let order = order(setup, args)?;
    let mut printer = Printer {
        args,
        progress: progress(args),
        reports: Vec::new(),
    };
    let socket = &setup.config.server.control_socket;
    runtime()?.block_on(async {
        if ask::is_running(socket) {
            crawl_there(socket, &order, &mut printer).await
        } else {
            crawl_here(setup, &order, &mut printer).await
        }
    })?;
    printer.progress.finish_and_clear();
    summarise(args, &printer.reports)
}

/// Ends the output with the sums; an error if a source failed.
fn summarise(args: &Args, reports: &[Report]) -> Result<(), Error> {
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
            "{} sources: {} new, {} changed, {} copies{}; {unchanged} not modified, {failed} failed",
            reports.len(),
            sum(|report| report.new),
            sum(|report| report.changed),
            sum(|report| report.copies),
            held_back(sum(|report| report.quarantined))
        )?;
    }
    match failed {
        0 => Ok(()),
        failed => Err(Error::Failed(format!("{failed} of {} sources failed", reports.len()))),
    }
}

/// What the words of the command order.
fn order(setup: &Setup, args: &Args) -> Result<Order, Error> {
    let wanted = match (&args.url, args.all, args.names.as_slice()) {
        (Some(url), _, _) => Wanted::Url(url.clone()),
        (None, true, _) => Wanted::All,
        (None, false, []) => Wanted::Due,
        (None, false, names) => Wanted::Names(names.to_vec()),
    };
    let since = args.since.as_deref().map(|text| list::date(setup, text)).transpose()?;
    Ok(Order {
        wanted,
        options: CrawlOptions {
            force: args.force,
            dry_run: args.dry_run,
            limit: args.limit,
            since,
        },
    })
}

/// Prints events until they end or a signal comes.
struct Printer<'a> {
    args: &'a Args,
    progress: ProgressBar,
    reports: Vec<Report>,
}

/// Crawls in this process: no daemon has the store.
async fn crawl_here(setup: &Setup, order: &Order, printer: &mut Printer<'_>) -> Result<(), Error> {
    let store = setup.store()?;
    let (cx, writer) = setup.context(store.clone())?;
    let configured = Arc::new(setup.configured());
    let (events, mut received) = mpsc::channel(EVENTS);
    let concurrency = setup.config.crawl.concurrency;
    let crawl = {
        let (cx, order) = (Arc::clone(&cx), order.clone());
        tokio::spawn(async move { orders::carry_out(&cx, &configured, &order, concurrency, &events).await })
    };
    let stop = stop_signal();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Err(stopped()),
            event = received.recv() => match event {
                Some(event) => printer.print(event)?,
                None => break,
            }
        }
    }
    crawl
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    drop(cx);
    writer.join();
    Ok(store.flush()?)
}

/// Has the daemon crawl, which has the store.
async fn crawl_there(socket: &Path, order: &Order, printer: &mut Printer<'_>) -> Result<(), Error> {
    let mut lines = ask::lines(socket, "crawl", order).await?;
    let stop = stop_signal();
    tokio::pin!(stop);
    loop {
        let line = tokio::select! {
            () = &mut stop => return Err(stopped()),
            line = lines.next() => line?,
        };
        match line {
            Some(Line::Event(event)) => printer.print(event)?,
            Some(Line::Refused(why)) => return Err(Error::Usage(why)),
            Some(Line::Failed(why)) => return Err(Error::Recording(why)),
            Some(Line::Done) => return Ok(()),
            None => {
                let what = "the daemon stopped before all was crawled; what was printed as stored is on disk";
                return Err(Error::Failed(what.to_owned()));
            }
        }
    }
}

fn stopped() -> Error {
    Error::Failed("stopped by a signal; what was printed as stored is on disk".to_owned())
}

impl Printer<'_> {
    fn print(&mut self, event: CrawlEvent) -> Result<(), Error> {
        if self.args.json {
            let line = serde_json::to_string(&event).map_err(|error| Error::Failed(error.to_string()))?;
            writeln!(std::io::stdout(), "{line}")?;
        }
        if let CrawlEvent::Source(report) = event {
            self.progress.inc(1);
            if !self.args.json {
                let line = line(&report);
                self.progress.suspend(|| writeln!(std::io::stdout(), "{line}"))?;
            }
            self.reports.push(report);
        }
        Ok(())
    }
}

/// What a source gave, on one line, its problems below.
fn line(report: &Report) -> String {
    let mut line = match (report.outcome, &report.error) {
        (SourceOutcome::Ok, _) => {
            format!(
                "{}: {} new, {} changed, {} copies, {} unchanged",
                report.source, report.new, report.changed, report.copies, report.unchanged
            ) + &held_back(report.quarantined)
        }
        (SourceOutcome::NotModified, _) => format!("{}: not modified", report.source),
        (SourceOutcome::Failed, error) => format!("{}: failed: {}", report.source, error.as_deref().unwrap_or("?")),
        (SourceOutcome::Skipped, error) => format!("{}: skipped: {}", report.source, error.as_deref().unwrap_or("?")),
    };
    for problem in &report.problems {
        line.push_str(&format!("\n  {}: {}", problem.at, problem.what));
    }
    terminal::lines(&line)
}

/// How many were held back, where any were.
fn held_back(count: u32) -> String {
    match count {
        0 => String::new(),
        count => format!(", {count} held back"),
    }
}

fn progress(args: &Args) -> ProgressBar {
    let target = if args.json {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    bar.enable_steady_tick(TICK);
    let style = ProgressStyle::with_template("{spinner} {pos} sources crawled, {elapsed}");
    style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}
