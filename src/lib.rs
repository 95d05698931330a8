//! Warta crawls the news of Indonesian government units (satuan kerja, *satker*), keeps every story once, and
//! republishes it as one feed per region. This page is the map of the code, in reading order.
//!
//! # The flow: folder = stage = verb
//! ```text
//! schedule   which source is due?
//! fetch      Request  -> Reply{Fresh(Document), NotModified} | Error          async, polite, one address guard
//! discover   Document … -> SourceKind         for kind = "auto"               pure
//! parse      Document -> Parsed<Entry>        one file for each kind          pure
//!   for each entry whose source carries no full text: fetch its page
//! extract    Document -> Content              the article among the furniture pure
//! normalize  Entry + Content -> Article       url, date, text, sanitised html pure
//! locate     Article -> RegionMatch           where it belongs, and why       pure
//! screen     Article -> Pass | Quarantine     gambling spam, a hijacked site            pure
//! ledger     Article -> Assignment            dedupe + journal + store        one writer; corrections by hand too
//! schedule   Report -> SourceState            written last
//! publish    FeedView -> rss | atom | json | opml | archive                   pure
//! site       pages                                                            pure
//! serve      GET ...                          conditional, from memory        async
//! ```
//! [`pipeline`] is that picture as code: read it first. No HTML tree is built before [`gate`] has let the text pass.
//!
//! # Around it
//! [`model`] is the data that stages hand on, [`gazetteer`] the regions, [`config`] what is set, [`clock`] the time.
//! [`search`] finds stories in full text and follows the store. [`report`] counts a month's releases, [`export`] keeps a
//! folder of static files equal to the site. [`websub`] has the rules of our hub and of a subscriber to the hubs of
//! sources. [`daemon`] crawls what is due for ever, runs both of these, and has touched feeds made again ahead of who asks;
//! [`cli`] is every command, [`demo`] the built-in sites; [`telemetry`] and [`systemd`] tell the outside. Who may import whom is held by `tests/architecture.rs`.
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod dedupe;
pub mod demo;
pub mod discover;
pub mod export;
pub mod extract;
pub mod fetch;
pub mod gate;
pub mod gazetteer;
pub mod ledger;
pub mod locate;
pub mod model;
pub mod normalize;
pub mod parse;
pub mod pipeline;
pub mod publish;
pub mod report;
pub mod schedule;
pub mod screen;
pub mod search;
pub mod serve;
pub mod site;
pub mod store;
pub mod systemd;
pub mod telemetry;
pub mod websub;

/// For everything that is built with this library: program, tests and benches. The C library's own keeps more than is in use.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
