//! The table of cases: what each server is, what it does, and what must come of it.

use std::sync::Arc;

use warta::model::{ListingSelectors, SourceKind};

use super::server::{Act, Answer, Ask};

/// What must come of a case.
pub enum Expect {
    /// So many articles are stored, and nothing is complained of.
    Stores(u32),
    /// So many articles are stored, and a problem says these words.
    Problem(u32, &'static str),
    /// The crawl fails with these words.
    Fails(&'static str),
    /// It waits as long as it was asked to: nothing but robots.txt has been asked for when all others are done.
    Waits,
}

/// One server.
pub struct Case {
    /// What it does, in words; the same in no other case.
    pub name: &'static str,
    /// How its source is read.
    pub kind: SourceKind,
    /// What must come of it.
    pub expect: Expect,
    /// What it does; nothing where it refuses every connection.
    pub answer: Option<Answer>,
}

/// A case whose robots.txt is missing.
pub fn case(
    name: &'static str,
    kind: SourceKind,
    expect: Expect,
    answer: impl Fn(&Ask<'_>) -> Act + Send + Sync + 'static,
) -> Case {
    with_robots(name, kind, expect, move |ask| {
        if ask.path == "/robots.txt" {
            super::say::status("404 Not Found")
        } else {
            answer(ask)
        }
    })
}

/// A case that answers for robots.txt too.
pub fn with_robots(
    name: &'static str,
    kind: SourceKind,
    expect: Expect,
    answer: impl Fn(&Ask<'_>) -> Act + Send + Sync + 'static,
) -> Case {
    Case {
        name,
        kind,
        expect,
        answer: Some(Arc::new(answer)),
    }
}

/// A listing whose articles are `li`.
pub fn list() -> SourceKind {
    SourceKind::Listing(ListingSelectors {
        item: "li".to_owned(),
        ..ListingSelectors::default()
    })
}

/// Every case.
pub fn all() -> Vec<Case> {
    let groups = [
        super::connections::cases(),
        super::connections::packed(),
        super::redirects::cases(),
        super::redirects::statuses(),
        super::feeds::cases(),
        super::feeds::words(),
        super::lists::pages(),
        super::lists::robots_cases(),
        super::lists::sitemaps(),
        super::lists::apis(),
    ];
    groups.into_iter().flatten().collect()
}
