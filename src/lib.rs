//! Warta crawls the news of Indonesian government units (satuan kerja, *satker*), keeps every story once, and
//! republishes it as one feed per region. This page is the map of the code, in reading order.
//!
//! # The flow: folder = stage = verb
//! ```text
//! schedule   which source is due?
//! fetch      Request  -> Reply{Fresh(Document), NotModified} | Error          async, polite, one address guard
//! parse      Document -> Parsed<Entry>        feed | listing | kumparan       pure
//!   for each entry whose source carries no full text: fetch its page
//! extract    Document -> Content              the article among the furniture pure
//! normalize  Entry + Content -> Article       url, date, text, sanitised html pure
//! locate     Article -> RegionMatch           where it belongs, and why       pure
//! ledger     Article -> Assignment            dedupe + journal + store        one writer
//! schedule   Report -> SourceState            written last
//! publish    FeedView -> rss | atom | json | opml                             pure
//! site       pages                                                            pure
//! serve      GET ...                          conditional, from memory        async
//! ```
//! `gate` decodes what was fetched and refuses what would make too deep a tree: parse, extract and normalize build none
//! around it.
//!
//! [`pipeline`] is that picture as code: read it first.
pub mod clock;
pub mod extract;
pub mod gate;
pub mod gazetteer;
pub mod model;
pub mod normalize;
pub mod parse;
