//! `warta check`: validates the whole configuration, prints its JSON Schema, or tries every source once.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::{Cli, Error, Setup, colour, diagnostics, environment, runtime, stop_signal, terminal, width};
use crate::config;
use crate::gazetteer::Gazetteer;
use crate::locate::{self, Doubt, UnplacedUnit};
use crate::model::{Directory, RegionCode, SourceId};
use crate::pipeline::{self, Workers};

/// Options of `warta check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also fetch each source once, politely, and see whether it can be read
    #[arg(long)]
    online: bool,
    /// Print the JSON Schema of the configuration, for editors, instead
    #[arg(long, conflicts_with = "online")]
    schema: bool,
}

/// Validates; an error if a source was tried and failed.
pub fn run(cli: &Cli, gazetteer: Arc<Gazetteer>, args: &Args) -> Result<(), Error> {
    if args.schema {
        return Ok(writeln!(std::io::stdout(), "{:#}", config::schema())?);
    }
    let path = config::find(cli.config.as_deref());
    offline(cli, &path, &gazetteer)?;
    match args.online {
        true => online(&Setup::load(cli, gazetteer)?),
        false => Ok(()),
    }
}

fn offline(cli: &Cli, path: &Path, gazetteer: &Gazetteer) -> Result<(), Error> {
    let loaded = config::load(path, &environment(), gazetteer)?;
    let drawn = diagnostics::render(&loaded.warnings, colour(cli), width());
    eprint!("{drawn}");
    let directory = &loaded.config.directory;
    for unit in locate::units_without_place(directory, gazetteer) {
        eprintln!("{}", doubt(&unit, directory, gazetteer));
    }
    let (units, sources) = (directory.satkers.len(), directory.sources.len());
    Ok(writeln!(
        std::io::stdout(),
        "{} is valid: {units} satker, {sources} sources",
        path.display()
    )?)
}

/// What came of trying a source.
type Tried = (SourceId, Result<usize, String>);

/// Tries every source once and prints what came of it; nothing is stored, and no store is opened.
fn online(setup: &Setup) -> Result<(), Error> {
    let total = setup.config.directory.sources.len();
    runtime()?.block_on(async {
        let (results, mut tried) = mpsc::channel(total.max(1));
        let _trying = try_all(setup, &results)?;
        drop(results);
        let stop = stop_signal();
        tokio::pin!(stop);
        let mut failed = 0;
        loop {
            let next = tokio::select! {
                () = &mut stop => return Err(Error::Failed("stopped by a signal".to_owned())),
                next = tried.recv() => next,
            };
            let Some((id, result)) = next else { break };
            failed += usize::from(result.is_err());
            let said = match result {
                Ok(articles) => format!("{id}: ok, {articles} articles"),
                Err(why) => format!("{id}: failed: {why}"),
            };
            writeln!(std::io::stdout(), "{}", terminal::line(&said))?;
        }
        match failed {
            0 => Ok(()),
            failed => Err(Error::Failed(format!("{failed} of {total} sources failed"))),
        }
    })
}

/// Begins to try every source, as many at a time as the crawler may; what is returned ends it when it is dropped.
fn try_all(setup: &Setup, results: &mpsc::Sender<Tried>) -> Result<JoinSet<()>, Error> {
    let (fetch, workers) = (Arc::new(setup.fetch()?), Arc::new(Workers::default()));
    let permits = Arc::new(Semaphore::new(setup.config.crawl.concurrency));
    let mut tries = JoinSet::new();
    for source in setup.config.directory.sources.values().cloned() {
        let (fetch, workers) = (Arc::clone(&fetch), Arc::clone(&workers));
        let (permits, results) = (Arc::clone(&permits), results.clone());
        tries.spawn(async move {
            let _permit = permits.acquire_owned().await.expect("the semaphore is never closed");
            let result = pipeline::try_out(&fetch, &workers, &source).await;
            // Whoever asked may have gone.
            let _ = results.send((source.id, result)).await;
        });
    }
    Ok(tries)
}

/// What is doubtful about a unit's place, in a sentence.
fn doubt(unit: &UnplacedUnit, directory: &Directory, gazetteer: &Gazetteer) -> String {
    let satker = directory.satkers.get(&unit.id);
    let (name, region) = satker.map_or(("", RegionCode::INDONESIA), |satker| (&satker.name, satker.region));
    let called = |code: &RegionCode| {
        let name = gazetteer.region(*code).map_or("?", |region| &region.name);
        format!("{name} ({code})")
    };
    match &unit.doubt {
        Doubt::NoSuchRegion(code) => format!("warning: satker {}: there is no region {code}", unit.id),
        Doubt::NameSays(codes) => {
            let codes: Vec<String> = codes.iter().map(called).collect();
            let says = codes.join(", ");
            let is = called(&region);
            format!(
                "warning: satker {}: its name {name:?} says {says}, its region is {is}",
                unit.id
            )
        }
    }
}
