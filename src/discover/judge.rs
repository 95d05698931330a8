//! Which proposal is better: by kind, and by whether a feed knows what the page lists.

use std::collections::HashSet;

use url::Url;

use super::{LIVING, Proposal};
use crate::model::{Entry, Problem, SourceKind};

/// What a feed loses that knows nothing of what the page lists today.
const STRANGE: u32 = 35;

/// How good a kind is: the whole text and every article before summaries, summaries before bare links.
pub(super) fn score(kind: &SourceKind) -> u32 {
    match kind {
        SourceKind::Kumparan | SourceKind::KumparanQuery(_) | SourceKind::Wordpress => 100,
        SourceKind::Blogger => 95,
        SourceKind::Joomla => 85,
        SourceKind::Feed => 80,
        SourceKind::Listing(_) => 60,
        SourceKind::ListingAuto => 55,
        SourceKind::Sitemap => 50,
        SourceKind::Auto => 0,
    }
}

/// Whether a feed carries comments: by its address, or because its items lead to comments.
pub(super) fn are_comments(url: &Url, entries: &[Entry]) -> bool {
    let leads_to_comment = |entry: &&Entry| {
        entry.url.as_ref().is_some_and(|url| {
            url.fragment().is_some_and(|fragment| fragment.starts_with("comment"))
                || url.query_pairs().any(|(key, _)| key == "showComment")
        })
    };
    let comments = entries.iter().filter(leads_to_comment).count();
    url.path().contains("/comments/") || comments * 2 > entries.len()
}

/// The proposals, the best first.
pub(super) fn verdict(mut proposals: Vec<Proposal>) -> Vec<Proposal> {
    let is_listing = |proposal: &&Proposal| matches!(proposal.kind, SourceKind::Listing(_) | SourceKind::ListingAuto);
    let listed = proposals.iter().find(is_listing).filter(|list| is_dated(&list.preview));
    let names = listed.map(|list| names(&list.preview)).unwrap_or_default();
    for proposal in &mut proposals {
        let is_feed = matches!(proposal.kind, SourceKind::Feed | SourceKind::Joomla);
        if is_feed && !names.is_empty() && self::names(&proposal.preview).is_disjoint(&names) {
            proposal.score = proposal.score.saturating_sub(STRANGE);
            let what = "nothing in the feed is among what the page lists: is the feed still kept up?";
            proposal.problems.push(Problem::new(proposal.url.as_str(), what));
        }
    }
    // Stable: of equals the one found first.
    proposals.sort_by_key(|proposal| std::cmp::Reverse(proposal.score));
    proposals
}

/// Whether a list is one of news: long enough, and dated for the most part.
fn is_dated(entries: &[Entry]) -> bool {
    let dated = entries.iter().filter(|entry| entry.published.is_some()).count();
    entries.len() >= LIVING && dated * 2 > entries.len()
}

/// Addresses without their host, and titles: a feed may go through another host.
fn names(entries: &[Entry]) -> HashSet<String> {
    let paths = entries.iter().filter_map(|entry| entry.url.as_ref()).map(|url| {
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", url.path().trim_end_matches('/'))
    });
    let titles = entries
        .iter()
        .filter_map(|entry| entry.title.as_ref())
        .map(|title| title.to_lowercase());
    paths.chain(titles).collect()
}
