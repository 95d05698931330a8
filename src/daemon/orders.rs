//! Crawls that people order: which sources an order means, and carrying it out beside the schedule. `warta crawl` does
//! it in its own process where no daemon runs, else it asks the daemon through the control socket.

use std::sync::Arc;

use strsim::jaro_winkler;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use url::Url;

use super::STOP_WITHIN;
use super::places::Places;
use crate::fetch::Fetch;
use crate::gazetteer::Gazetteer;
use crate::ledger::{self, Decided};
use crate::model::{CrawlEvent, Directory, EditOrder, Order, QuarantineOrder, SatkerId, Source, SourceId, Wanted};
use crate::pipeline::{self, Configured, Context};
use crate::schedule;
use crate::serve::control::{Edited, Line, Placed};

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It names nothing that can be crawled.
    #[error("{0}")]
    Refused(String),
    /// Our own store failed.
    #[error(transparent)]
    Pipeline(#[from] pipeline::Error),
}

/// Crawls what is ordered and sends what it gives. Ends early, between two sources, when nobody receives any more.
///
/// # Errors
/// When the order names nothing that can be crawled, before anything is; or when our own store fails.
pub async fn carry_out<F: Fetch>(
    cx: &Arc<Context<F>>,
    configured: &Arc<Configured>,
    order: &Order,
    concurrency: usize,
    events: &mpsc::Sender<CrawlEvent>,
) -> Result<(), Error> {
    let options = order.options;
    if let Wanted::Url(text) = &order.wanted {
        pipeline::crawl_url(cx, configured, &address(text)?, options, events).await?;
        return Ok(());
    }
    super::hold_known(cx, &configured.directory).map_err(pipeline::Error::from)?;
    let (places, mut waiting) = (Places::new(concurrency), cx.fetch.waiting());
    let mut crawls: JoinSet<Result<(), pipeline::Error>> = JoinSet::new();
    for source in chosen(cx, &configured.directory, order)? {
        let waits = |waiting: &mut watch::Receiver<usize>| *waiting.borrow_and_update();
        while !places.are_free(crawls.len(), waits(&mut waiting)) {
            tokio::select! {
                Some(done) = crawls.join_next() => ended(done)?,
                Ok(()) = waiting.changed() => {}
            }
        }
        if events.is_closed() {
            break;
        }
        let (cx, configured, events) = (Arc::clone(cx), Arc::clone(configured), events.clone());
        crawls.spawn(async move {
            pipeline::crawl(&cx, &configured, &source, options, &events).await?;
            Ok(())
        });
    }
    while let Some(done) = crawls.join_next().await {
        ended(done)?;
    }
    Ok(())
}

/// What a crawl ended with; its panic is ours.
fn ended(done: Result<Result<(), pipeline::Error>, JoinError>) -> Result<(), pipeline::Error> {
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// Carries out the orders that come through the control socket, until `shutdown` resolves; those under way are finished
/// within a bound. `reload` is notified when the configuration is to be read again.
pub async fn take<F: Fetch>(
    cx: Arc<Context<F>>,
    configured: watch::Receiver<Arc<Configured>>,
    concurrency: usize,
    mut placed: mpsc::Receiver<Placed>,
    reload: Arc<Notify>,
    shutdown: impl Future<Output = ()>,
) {
    let mut under_way = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(placed) = placed.recv() => match placed {
                Placed::Crawl { order, lines } => {
                    let configured = configured.borrow().clone();
                    under_way.spawn(answer(Arc::clone(&cx), configured, concurrency, order, lines));
                }
                Placed::Reload => reload.notify_one(),
                Placed::Edit { order, answer } => {
                    // Whoever ordered it may have gone; it is made all the same.
                    let _ = answer.send(edit(&cx, order).await);
                }
                Placed::Judge { order, answer } => {
                    let _ = answer.send(judge(&cx, order).await);
                }
            },
            Some(_) = under_way.join_next() => {}
        }
    }
    drop(placed);
    let finished = async { while under_way.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_WITHIN, finished).await.is_err() {
        tracing::warn!("stopped with an ordered crawl under way");
    }
}

/// Carries out one order and sends each event to who placed it, the end as the last line.
async fn answer<F: Fetch>(
    cx: Arc<Context<F>>,
    configured: Arc<Configured>,
    concurrency: usize,
    order: Order,
    lines: mpsc::Sender<Line>,
) {
    let (events, received) = mpsc::channel(Placed::LINES);
    let crawl = async {
        let result = carry_out(&cx, &configured, &order, concurrency, &events).await;
        drop(events);
        result
    };
    let (result, ()) = tokio::join!(crawl, forward(received, &lines));
    let last = match result {
        Ok(()) => Line::Done,
        Err(Error::Refused(why)) => Line::Refused(why),
        Err(Error::Pipeline(error)) => {
            tracing::error!(%error, "an ordered crawl could not be recorded");
            Line::Failed(error.to_string())
        }
    };
    // Who placed the order may have gone.
    let _ = lines.send(last).await;
}

/// Makes a correction by hand.
pub async fn edit<F: Fetch>(cx: &Context<F>, order: EditOrder) -> Edited {
    let (story, by) = (order.story, order.by.clone());
    match cx.ledger.edit(order, cx.clock.now()).await {
        Ok(left) => {
            tracing::info!(story.id = %left, by, "corrected a story by hand");
            Edited::Story(left)
        }
        Err(ledger::Error::Refused(why)) => Edited::Refused(why),
        Err(error) => {
            tracing::error!(story.id = %story, %error, "a correction could not be recorded");
            Edited::Failed(error.to_string())
        }
    }
}

/// Carries out what somebody decides about an article that was held back.
pub async fn judge<F: Fetch>(cx: &Context<F>, order: QuarantineOrder) -> Edited {
    let (url, by) = (order.url.clone(), order.by.clone());
    match pipeline::judge(cx, order).await {
        Ok(decided) => {
            tracing::info!(url, by, ?decided, "decided about an article that was held back");
            match decided {
                Decided::Released(story) => Edited::Story(story),
                Decided::Confirmed => Edited::Confirmed,
                Decided::Held => Edited::Held,
            }
        }
        Err(pipeline::Error::Ledger(ledger::Error::Refused(why))) => Edited::Refused(why),
        Err(error) => {
            tracing::error!(url, %error, "a decision could not be recorded");
            Edited::Failed(error.to_string())
        }
    }
}

/// Tells events to who placed the order. When they have gone, the channel closes, and the crawl ends early.
async fn forward(mut received: mpsc::Receiver<CrawlEvent>, lines: &mpsc::Sender<Line>) {
    while let Some(event) = received.recv().await {
        if let CrawlEvent::Source(report) = &event {
            super::log(report);
        }
        if lines.send(Line::Event(event)).await.is_err() {
            return;
        }
    }
}

/// The address of the web that somebody gave.
///
/// # Errors
/// [`Error::Refused`] where it is none that can be crawled.
pub fn address(text: &str) -> Result<Url, Error> {
    let refused = |why: String| Error::Refused(format!("{text:?} cannot be crawled: {why}"));
    let url = Url::parse(text).map_err(|error| refused(format!("{error}; write it as https://…")))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(refused(format!("only http and https are, not {scheme}"))),
    }
}

/// The sources that an order means.
fn chosen<F: Fetch>(cx: &Context<F>, directory: &Directory, order: &Order) -> Result<Vec<Source>, Error> {
    let all = directory.sources.values();
    let names = match &order.wanted {
        Wanted::All => return Ok(all.cloned().collect()),
        Wanted::Due | Wanted::Url(_) => {
            let mut due = Vec::new();
            for source in all {
                let state = cx.store.state(&source.id).map_err(pipeline::Error::from)?;
                if order.options.force || schedule::is_due(&state.unwrap_or_default(), cx.clock.now()) {
                    due.push(source.clone());
                }
            }
            return Ok(due);
        }
        Wanted::Names(names) => names,
    };
    let mut sources: Vec<Source> = Vec::new();
    for name in names {
        for source in meant(directory, &cx.gazetteer, name)? {
            if !sources.iter().any(|known| known.id == source.id) {
                sources.push(source.clone());
            }
        }
    }
    Ok(sources)
}

/// A source by its id, a unit's sources, or those of a region.
fn meant<'a>(directory: &'a Directory, gazetteer: &Gazetteer, name: &str) -> Result<Vec<&'a Source>, Error> {
    if let Some(source) = SourceId::new(name).ok().and_then(|id| directory.sources.get(&id)) {
        return Ok(vec![source]);
    }
    let all = directory.sources.values();
    if let Some(satker) = SatkerId::new(name).ok().and_then(|id| directory.satker(&id)) {
        let own = all.filter(|source| source.satker.as_ref() == Some(&satker.id));
        return some(own.collect(), format!("the satker {} has no source", satker.id));
    }
    let Some(region) = gazetteer.resolve(name) else {
        return Err(Error::Refused(unknown(directory, name)));
    };
    let within = |source: &&Source| {
        let region_of = source
            .region
            .or(directory.satker_of(source).map(|satker| satker.region));
        region_of.is_some_and(|code| code.is_within(region.code))
    };
    some(
        all.filter(within).collect(),
        format!("no source is configured in {}", region.name),
    )
}

fn some(sources: Vec<&Source>, otherwise: String) -> Result<Vec<&Source>, Error> {
    if sources.is_empty() {
        Err(Error::Refused(otherwise))
    } else {
        Ok(sources)
    }
}

fn unknown(directory: &Directory, name: &str) -> String {
    let sources = directory.sources.keys().map(SourceId::as_str);
    let ids = sources.chain(directory.satkers.keys().map(SatkerId::as_str));
    let nearest = ids.max_by(|a, b| jaro_winkler(a, name).total_cmp(&jaro_winkler(b, name)));
    let hint = nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest:?}?"));
    format!("{name:?} is no source, satker or region{hint}")
}
