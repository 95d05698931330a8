//! Sources of kind `auto`: what they are is found out in few requests, remembered, and found out again when nothing more
//! can be read that way.

use std::borrow::Cow;

use url::Url;

use super::{Context, Workers};
use crate::discover::{Discovery, Missing, Proposal};
use crate::fetch::{self, Fetch, Polite, Reply, Request};
use crate::model::{Found, Health, Problem, Report, Source, SourceKind, SourceOutcome, SourceState, Validators};

/// What an address is as a source: proposals, the best first, and what was wrong on the way; and the requests it took.
pub async fn discover<F: Fetch>(fetch: &Polite<F>, workers: &Workers, url: &Url) -> (Vec<Proposal>, Vec<Problem>, u32) {
    let mut discovery = Discovery::begin(url.clone());
    let mut requests = 0;
    while let Some(next) = discovery.next() {
        requests += 1;
        let request = if next == *url {
            Request::configured(next, Validators::default())
        } else {
            Request::found(next, url)
        };
        let answer = match fetch.fetch(request).await {
            Ok(Reply::Fresh(document)) => Ok(document),
            Ok(Reply::NotModified) => Err(Missing::Unreachable),
            Err(fetch::Error::Status { status, .. }) => Err(Missing::Status(status)),
            Err(_) => Err(Missing::Unreachable),
        };
        let bytes = answer.as_ref().map_or(0, |document| document.body.len());
        let look = move || {
            discovery.saw(answer);
            discovery
        };
        discovery = workers.work(bytes, look).await;
    }
    let problems = discovery.problems().to_vec();
    (discovery.verdict(), problems, requests)
}

/// The source as it is to be read: one of kind `auto` as what was found out about it, now or before.
///
/// # Errors
/// What to tell where nothing was found that can be read.
pub(super) async fn settled<'s, F: Fetch>(
    cx: &Context<F>,
    source: &'s Source,
    state: &SourceState,
    report: &mut Report,
) -> Result<Cow<'s, Source>, String> {
    if source.kind != SourceKind::Auto {
        return Ok(Cow::Borrowed(source));
    }
    let known = state
        .found
        .as_ref()
        .and_then(|found| Some((found.kind.clone(), found.url.parse().ok()?)));
    let (kind, url) = match known {
        Some(known) => known,
        None => {
            let (proposals, problems, requests) = discover(&cx.fetch, &cx.workers, &source.url).await;
            report.fetches += requests;
            match proposals.into_iter().find(|proposal| !proposal.preview.is_empty()) {
                Some(best) => (best.kind, best.url),
                None => {
                    let seen: Vec<String> = problems
                        .iter()
                        .map(|problem| format!("{}: {}", problem.at, problem.what))
                        .collect();
                    return Err(format!(
                        "nothing was found at {} that can be read ({})",
                        source.url,
                        seen.join("; ")
                    ));
                }
            }
        }
    };
    Ok(Cow::Owned(Source {
        kind,
        url,
        ..source.clone()
    }))
}

/// Keeps what was found out with a source's state; forgets it where it no longer gives anything.
pub(super) fn remember(source: &Source, settled: &Source, report: &Report, state: SourceState) -> SourceState {
    if source.kind != SourceKind::Auto {
        return state;
    }
    let articles = report.new + report.copies + report.changed + report.unchanged;
    let reads = match report.outcome {
        SourceOutcome::Ok => articles > 0 || report.problems.is_empty(),
        SourceOutcome::NotModified => true,
        SourceOutcome::Failed | SourceOutcome::Skipped => !matches!(state.health, Health::Gone),
    };
    let found = reads.then(|| Found {
        kind: settled.kind.clone(),
        url: settled.url.to_string(),
    });
    SourceState {
        via: if found.is_some() { state.via } else { 0 },
        found,
        ..state
    }
}
