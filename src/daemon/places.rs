//! How many crawls may be under way. One that waits for its host's turn or pause moves no bytes and takes no place: a site
//! that asks for a minute between two requests must not keep another from being crawled. Exchanges themselves are bounded
//! by `fetch::Polite`.

/// So many times the places may be under way with those that wait, which have some memory each.
const WITH_WAITING: usize = 16;

/// The bound of `crawl.concurrency` on crawls.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    concurrency: usize,
}

impl Places {
    /// Places for so many crawls that do not wait.
    pub fn new(concurrency: usize) -> Places {
        Places { concurrency }
    }

    /// Whether another crawl may begin, while so many are under way and so many requests wait for their hosts.
    pub fn are_free(self, under_way: usize, waiting: usize) -> bool {
        let at_work = under_way.saturating_sub(waiting);
        at_work < self.concurrency && under_way < self.concurrency.saturating_mul(WITH_WAITING)
    }
}

#[cfg(test)]
mod tests;
