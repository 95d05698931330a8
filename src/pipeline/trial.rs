//! Trying a source without a store: whether it can be fetched and read. Nothing is remembered or recorded.

use super::ask::is_missing;
use super::{Workers, auto};
use crate::fetch::{Fetch, Polite, Reply, Request, hints};
use crate::model::{Document, Render, Source, SourceKind, Validators};
use crate::parse;

/// Fetches a source once, politely, and gives the number of articles or further lists that its list names. What may stand
/// in for its address is asked only where it is missing; no article's page is fetched.
///
/// # Errors
/// Why nothing can be read from it, in one sentence.
pub async fn try_out<F: Fetch>(fetch: &Polite<F>, workers: &Workers, source: &Source) -> Result<usize, String> {
    if source.kind == SourceKind::Auto {
        let (proposals, problems, _) = auto::discover(fetch, workers, &source.url).await;
        let best = proposals.iter().map(|proposal| proposal.preview.len()).max();
        let why = problems
            .last()
            .map_or("nothing answered", |problem| problem.what.as_str());
        return best.filter(|articles| *articles > 0).ok_or_else(|| {
            format!(
                "nothing was found at {} that can be read as a source ({why})",
                source.url
            )
        });
    }
    let mut why = String::new();
    for (via, url) in parse::plan(&source.kind, &source.url, None).into_iter().enumerate() {
        let render = if via == 0 { source.render } else { Render::Plain };
        let request = Request::configured(url, Validators::default()).looked_at(render);
        match fetch.fetch(request).await {
            Ok(Reply::Fresh(document)) => match read(workers, document, source).await {
                Ok(articles) => return Ok(articles),
                Err(nothing) => why = nothing,
            },
            // Nothing was sent that could be current.
            Ok(Reply::NotModified) => why = format!("{} answered 304 to a plain request", source.url),
            Err(error) if is_missing(&error) => why = error.to_string(),
            Err(error) => return Err(error.to_string()),
        }
    }
    Err(why)
}

/// How much a document names.
async fn read(workers: &Workers, document: Document, source: &Source) -> Result<usize, String> {
    let (kind, own, bytes) = (source.kind.clone(), source.url.clone(), document.body.len());
    let look = move || {
        let parsed = parse::entries_for(&document, &kind, &own, None);
        let found = parsed.items.len() + parse::parts(&document, &kind, None).len();
        if found > 0 {
            return Ok(found);
        }
        let url = &document.url;
        Err(match (hints::challenge(&document.body), parsed.problems.first()) {
            (Some(service), _) => format!("{url} answered with a challenge page of {service}"),
            (None, Some(problem)) => format!("no article was found at {url}: {}", problem.what),
            (None, None) => format!("no article was found at {url}"),
        })
    };
    workers.work(bytes, look).await
}
