//! Archives (RFC 5005): a region's whole history in pages of at most 200 entries by month of arrival, in Western time.
//!
//! [`Shelf`] says which page holds which story; [`page`] and [`live`] make the feeds that link to each other. The rules:
//!
//! - The stories of a month are a list in order of arrival. Page n of the month holds its n-th 200, for ever.
//! - A page is closed when it is full or its month is over. Only closed pages are archives (`fh:archive`) and linked by
//!   `prev-archive` and `next-archive`; a closed page's list of entries changes only by a withdrawal.
//! - What is in no closed page is in the live feed, beside what the live feed holds anyway: who reads that and follows
//!   `prev-archive` to a page already read misses nothing. It can be read under the address its page will have, too.
//! - A story that was merged into another stays where it was, as it was: archives are not rewritten.
//!
//! The list must only ever grow at its end. Reading the stories is the store's work, caching the pages `serve`'s.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::rc::Rc;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::view::{Deleted, History};
use super::{Context, Entry, FeedView, Format, Length, Selected, Shown, absolute, feed_url, view, view_of};
use crate::model::{Scope, StoryDetail, StoryId, Zone};

/// The most entries of a page.
pub const PAGE: usize = 200;

/// A month's last page closes so long after the month: a story may be decided just before midnight and written after.
const GRACE: Duration = Duration::from_secs(3600);

/// The name of a page: month and number, "2026-11-3".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId {
    /// The month (WIB), as its first day.
    pub month: Date,
    /// The number within the month, from 1.
    pub number: u32,
}

impl fmt::Display for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.month.strftime("%Y-%m"), self.number)
    }
}

/// The text names no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an archive page: write month and number, as in \"2026-11-1\"")]
pub struct InvalidPageId;

impl FromStr for PageId {
    type Err = InvalidPageId;

    /// Reads what `Display` writes, and nothing else: a page has one address.
    fn from_str(text: &str) -> Result<PageId, InvalidPageId> {
        let read = || {
            let (month, number) = text.rsplit_once('-')?;
            let (year, month) = month.split_once('-')?;
            let page = PageId {
                month: Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?,
                number: number.parse().ok().filter(|number| *number > 0)?,
            };
            (page.to_string() == text).then_some(page)
        };
        read().ok_or(InvalidPageId)
    }
}

/// Whether a page still fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageState {
    /// Its list of entries grows no more.
    Closed,
    /// It is no archive yet.
    Filling,
}

/// A page: what it holds and what it links to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its name.
    pub id: PageId,
    /// Whether it still fills.
    pub state: PageState,
    /// Its stories, the oldest arrival first.
    pub stories: Vec<StoryId>,
    /// The page before it, which is closed.
    pub previous: Option<PageId>,
    /// The page after it, if that is closed.
    pub next: Option<PageId>,
}

/// What the live feed needs of the archives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// The newest closed page.
    pub newest: Option<PageId>,
    /// The stories in no closed page, the oldest arrival first. The live feed must hold each of them.
    pub open: Vec<StoryId>,
}

impl Tail {
    /// Puts the open stories that a live feed lacks at its end, the newest first.
    ///
    /// # Errors
    /// Those of reading a story. One that is no more, because it was merged into another, is left out.
    pub fn complete<Error>(
        &self,
        selected: &mut Selected,
        read: impl Fn(StoryId) -> Result<Option<StoryDetail>, Error>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let held = selected.stories.iter().chain(&selected.gone);
        let held: HashSet<StoryId> = held.map(|detail| detail.story.id).collect();
        for id in self.open.iter().rev().filter(|id| !held.contains(id)) {
            let Some(detail) = read(*id)? else { continue };
            match Shown::of(&detail, now) {
                Shown::Entry => selected.stories.push(detail),
                Shown::Deleted => selected.gone.push(detail),
                Shown::No => {}
            }
        }
        Ok(())
    }
}

/// A scope's stories in pages. A month's list is read when it is first needed.
#[derive(Debug)]
pub struct Shelf<Read> {
    /// The earliest first.
    months: Vec<Date>,
    read: Read,
    known: RefCell<BTreeMap<Date, Rc<Vec<StoryId>>>>,
    now: Timestamp,
}

impl<Read, Error> Shelf<Read>
where
    Read: Fn(Date) -> Result<Vec<StoryId>, Error>,
{
    /// The pages of the months that have stories (the earliest first), whose lists `read` gives, the oldest story first.
    pub fn new(months: Vec<Date>, read: Read, now: Timestamp) -> Shelf<Read> {
        Shelf {
            months,
            read,
            known: RefCell::default(),
            now,
        }
    }

    /// A page of this name, if there is one.
    ///
    /// # Errors
    /// Those of reading a month's list, as everywhere here.
    pub fn page(&self, id: PageId) -> Result<Option<Page>, Error> {
        let list = self.list(id.month)?;
        let Some(stories) = range(id.number, list.len()).and_then(|range| list.get(range)) else {
            return Ok(None);
        };
        Ok(Some(Page {
            id,
            state: self.state(id, list.len()),
            stories: stories.to_vec(),
            previous: self.before(id)?,
            next: self.after(id, list.len())?,
        }))
    }

    /// What the live feed needs.
    pub fn tail(&self) -> Result<Tail, Error> {
        let mut tail = Tail::default();
        for month in self.months.iter().rev() {
            let list = self.list(*month)?;
            let newest = self.newest_of(*month, list.len());
            let closed = newest.map_or(0, |page| (page.number as usize * PAGE).min(list.len()));
            tail.open
                .splice(0..0, list.get(closed..).unwrap_or_default().iter().copied());
            tail.newest = newest;
            if newest.is_some() {
                break;
            }
        }
        Ok(tail)
    }

    /// Every page, the oldest first, as for an export.
    pub fn pages(&self) -> Result<Vec<PageId>, Error> {
        let mut pages = Vec::new();
        for month in &self.months {
            let count = self.list(*month)?.len().div_ceil(PAGE);
            pages.extend((1..).take(count).map(|number| PageId { month: *month, number }));
        }
        Ok(pages)
    }

    fn state(&self, id: PageId, count: usize) -> PageState {
        let full = range(id.number, count).is_some_and(|range| range.len() == PAGE);
        if full || self.is_over(id.month) {
            PageState::Closed
        } else {
            PageState::Filling
        }
    }

    fn is_over(&self, month: Date) -> bool {
        let end = month.last_of_month().tomorrow().ok().and_then(|next| {
            let midnight = next.at(0, 0, 0, 0);
            let end = Zone::Wib.offset().to_timestamp(midnight).ok()?;
            end.checked_add(GRACE).ok()
        });
        end.is_some_and(|end| self.now >= end)
    }

    /// The newest closed page of a month with so many stories.
    fn newest_of(&self, month: Date, count: usize) -> Option<PageId> {
        let pages = u32::try_from(if self.is_over(month) {
            count.div_ceil(PAGE)
        } else {
            count / PAGE
        });
        let number = pages.ok().filter(|number| *number > 0)?;
        Some(PageId { month, number })
    }

    fn before(&self, id: PageId) -> Result<Option<PageId>, Error> {
        if id.number > 1 {
            let number = id.number - 1;
            return Ok(Some(PageId { number, ..id }));
        }
        let earlier = self.months.iter().rev().filter(|month| **month < id.month);
        for month in earlier {
            let newest = self.newest_of(*month, self.list(*month)?.len());
            if newest.is_some() {
                return Ok(newest);
            }
        }
        Ok(None)
    }

    fn after(&self, id: PageId, count: usize) -> Result<Option<PageId>, Error> {
        let next = PageId {
            number: id.number.saturating_add(1),
            ..id
        };
        if range(next.number, count).is_some() {
            return Ok(Some(next).filter(|next| self.state(*next, count) == PageState::Closed));
        }
        for month in self.months.iter().filter(|month| **month > id.month) {
            let first = PageId {
                month: *month,
                number: 1,
            };
            let count = self.list(*month)?.len();
            if count > 0 {
                return Ok(Some(first).filter(|first| self.state(*first, count) == PageState::Closed));
            }
        }
        Ok(None)
    }

    fn list(&self, month: Date) -> Result<Rc<Vec<StoryId>>, Error> {
        if self.months.binary_search(&month).is_err() {
            return Ok(Rc::default());
        }
        if let Some(known) = self.known.borrow().get(&month) {
            return Ok(Rc::clone(known));
        }
        let list = Rc::new((self.read)(month)?);
        self.known.borrow_mut().insert(month, Rc::clone(&list));
        Ok(list)
    }
}

/// When the next month's last page closes.
pub(super) fn next_closing(now: Timestamp) -> Option<Timestamp> {
    let offset = Zone::Wib.offset();
    let day = offset.to_datetime(now.checked_sub(GRACE).ok()?).date();
    let midnight = day.last_of_month().tomorrow().ok()?.at(0, 0, 0, 0);
    offset.to_timestamp(midnight).ok()?.checked_add(GRACE).ok()
}

/// The places of a page within a month of so many stories; `None` where it has no story.
fn range(number: u32, count: usize) -> Option<Range<usize>> {
    let start = usize::try_from(number.checked_sub(1)?).ok()?.checked_mul(PAGE)?;
    (start < count).then(|| start..count.min(start + PAGE))
}

/// The public address of a page of the scope that has this name in addresses.
pub fn page_address(context: Context<'_>, scope_path: &str, page: PageId) -> String {
    absolute(context.site, &format!("feeds/arsip/{scope_path}/{page}.atom"))
}

/// The scope's name and the page in the rest of an address after `/feeds/arsip/`.
pub fn read_address(rest: &str) -> Option<(&str, PageId)> {
    let (scope, page) = rest.strip_suffix(".atom")?.rsplit_once('/')?;
    Some((scope, page.parse().ok()?))
}

/// A page as a feed, to be written as Atom. `stories` are those of the page that can still be read, in any order; those
/// that were withdrawn become deleted entries at once.
pub fn page(context: Context<'_>, scope: &Scope, page: &Page, stories: Vec<StoryDetail>) -> FeedView {
    let (gone, mut shown): (Vec<_>, Vec<_>) = stories.into_iter().partition(|detail| detail.story.hidden.is_some());
    shown.sort_by_key(|detail| std::cmp::Reverse((detail.story.first_seen, detail.story.id)));
    let last_gone = gone.iter().map(|detail| detail.story.updated).max();
    let mut feed = view(context, scope, shown);
    let path = feed.path.clone();
    let address = |page: PageId| page_address(context, &path, page);
    if let Some(last_gone) = last_gone {
        feed.changed_at(context, scope, last_gone);
    }
    feed.deleted = deleted(context, gone);
    feed.history = History {
        is_archive: page.state == PageState::Closed,
        address: Some(address(page.id)),
        current: Some(feed_url(context.site, &path, Format::Atom)),
        previous: page.previous.map(address),
        next: page.next.map(address),
    };
    feed
}

/// The live feed with its link to the archives and what was withdrawn some time ago; its entries are those that
/// [`super::entry`] makes, or has made before.
pub fn live(
    context: Context<'_>,
    scope: &Scope,
    selected: Selected,
    tail: &Tail,
    entry: impl FnMut(StoryDetail, Length) -> Arc<Entry>,
) -> FeedView {
    let mut feed = view_of(context, scope, selected.stories, entry);
    feed.deleted = deleted(context, selected.gone);
    feed.hub = context.site.hub_url().map(String::from);
    feed.history.previous = tail.newest.map(|page| page_address(context, &feed.path, page));
    feed
}

/// Withdrawn stories as deleted entries, the one withdrawn last first.
fn deleted(context: Context<'_>, mut gone: Vec<StoryDetail>) -> Vec<Deleted> {
    gone.sort_by_key(|detail| {
        let at = detail.story.hidden.as_ref().map(|hidden| hidden.at);
        std::cmp::Reverse((at, detail.story.id))
    });
    gone.dedup_by_key(|detail| detail.story.id);
    gone.iter()
        .filter_map(|detail| Deleted::of(context, &detail.story))
        .collect()
}

#[cfg(test)]
mod tests;
