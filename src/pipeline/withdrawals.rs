//! What sources took back: said in their lists, or by an article's page that answers 410. A page that answers 404 says
//! nothing, for sites move; nor does an article that a list no longer names, but its page is asked then.

use std::collections::HashSet;

use url::Url;

use super::{Crawl, Error, send};
use crate::fetch::{self, Fetch, Request};
use crate::ledger::Said;
use crate::model::{CrawlEvent, Entry, Outcome, Problem, SourceKind, TakenBack};
use crate::normalize;
use crate::store::keys::{self, Tree};

/// So many entries of a list are remembered until the next crawl.
const REMEMBERED: usize = 100;

/// The most pages of vanished articles that one crawl asks for. A list from which more vanish at once was redesigned.
const MAX_VANISHED: usize = 2;

impl<F: Fetch> Crawl<'_, F> {
    /// Withdraws what a list of the source says was taken back, but for what it still names.
    pub(super) async fn take_back_listed(&mut self, taken: Vec<TakenBack>, entries: &[Entry]) -> Result<(), Error> {
        let is_named = |taken: &TakenBack| {
            entries.iter().any(|entry| match taken {
                TakenBack::Url(url) => entry.url.as_ref() == Some(url),
                TakenBack::Guid(guid) => entry.guid.as_ref() == Some(guid),
            })
        };
        let taken = taken
            .into_iter()
            .filter(|taken| !is_named(taken))
            .map(|taken| match taken {
                TakenBack::Url(url) => TakenBack::Url(normalize::canonical(&url)),
                guid @ TakenBack::Guid(_) => guid,
            });
        let said = Said::Source(self.source.id.clone());
        self.take_back(said, taken.collect()).await
    }

    /// Withdraws the article of a page that answered 410.
    pub(super) async fn take_back_page(&mut self, url: &Url) -> Result<(), Error> {
        let url = normalize::canonical(url);
        self.take_back(Said::Page, vec![TakenBack::Url(url)]).await
    }

    async fn take_back(&mut self, said: Said, taken: Vec<TakenBack>) -> Result<(), Error> {
        if taken.is_empty() || self.options.dry_run {
            return Ok(());
        }
        let withdrawn = self.cx.ledger.withdraw(said, taken, self.cx.clock.now()).await?;
        for copy in withdrawn {
            let what = "its source took it back: this copy is withdrawn";
            self.report.problems.push(Problem::new(copy.url.as_str(), what));
            self.report.changed += 1;
            let event = CrawlEvent::Stored {
                url: copy.url,
                story: Some(copy.story),
                outcome: Outcome::Changed,
            };
            send(self.events, event).await;
        }
        Ok(())
    }

    /// Asks for the pages of articles that the list named the last time and no longer names, though it names older ones.
    /// Remembers what it names now.
    pub(super) async fn look_for_vanished(&mut self, listed: Vec<u128>, list: &Url) -> Result<(), Error> {
        if self.options.dry_run || !self.lists_all() {
            return Ok(());
        }
        let before = self.cx.listed(&self.source.id)?;
        if before != listed {
            self.cx.remember_listed(&self.source.id, listed.clone())?;
        }
        let vanished = vanished(&before, &listed);
        if vanished.len() > MAX_VANISHED {
            return Ok(());
        }
        for key in vanished {
            let Some(url) = self.shown(key)? else { continue };
            self.report.fetches += 1;
            if let Err(fetch::Error::Status { status: 410, .. }) = self.fetch(Request::found(url.clone(), list)).await {
                self.take_back_page(&url).await?;
            }
        }
        Ok(())
    }

    /// Whether an answer names everything that is new enough. Some leave out what has not changed.
    fn lists_all(&self) -> bool {
        match self.source.kind {
            SourceKind::Feed | SourceKind::Joomla | SourceKind::Kumparan | SourceKind::KumparanQuery(_) => true,
            SourceKind::Listing(_) | SourceKind::ListingAuto => true,
            SourceKind::Wordpress | SourceKind::Blogger | SourceKind::Sitemap | SourceKind::Auto => false,
        }
    }

    /// The address of an article of the source that readers see.
    fn shown(&self, url_key: u128) -> Result<Option<Url>, Error> {
        let store = &self.cx.store;
        let id = store.indexed(Tree::Url, &url_key.to_be_bytes())?;
        let stored = id.map_or(Ok(None), |id| store.article(id))?;
        let own = stored.filter(|stored| !stored.blanked && stored.article.source == self.source.id);
        Ok(own.and_then(|stored| stored.article.url.parse().ok()))
    }
}

/// The keys of what a list names, in its order.
pub(super) fn listed(entries: &[Entry]) -> Vec<u128> {
    let urls = entries.iter().filter_map(|entry| entry.url.as_ref());
    urls.take(REMEMBERED)
        .filter_map(|url| {
            let key = keys::url(normalize::canonical(url).as_str());
            key.try_into().ok().map(u128::from_be_bytes)
        })
        .collect()
}

/// What a list named before, and does not name now, while it names something that stood behind it.
fn vanished(before: &[u128], now: &[u128]) -> Vec<u128> {
    let now: HashSet<&u128> = now.iter().collect();
    let end = before.iter().rposition(|key| now.contains(key)).unwrap_or(0);
    let gone = before[..end].iter().filter(|key| !now.contains(key));
    gone.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stood_before_something_that_is_still_named_has_vanished() {
        for (before, now, expected) in [
            (&[3, 2, 1][..], &[4, 3, 2][..], &[][..]),
            (&[3, 2, 1], &[3, 1], &[2]),
            (&[3, 2, 1], &[2, 1], &[3]),
            (&[3, 2, 1], &[], &[]),
            (&[3, 2, 1], &[9, 8], &[]),
            (&[], &[1], &[]),
            (&[3, 2, 1], &[1, 2, 3], &[]),
        ] {
            assert_eq!(vanished(before, now), expected, "{before:?} {now:?}");
        }
    }
}
