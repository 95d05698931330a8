//! WebSub (W3C Recommendation of 23 January 2018), both ways: [`hub`] tells others that a feed of ours has changed,
//! [`subscriber`] lets the hubs of our sources tell us. A push is never read: it only makes its source due.
//!
//! All of it is pure: what is to be sent comes out as data, what came back goes in. Whoever sends it must do so through
//! the address guard of `fetch`, because callbacks are named by strangers; here only their form is judged. Nothing here
//! makes anything up either: challenges, tokens and secrets are handed in.

pub mod hub;
pub mod links;
mod request;
mod signature;
pub mod subscriber;

pub use request::{Mode, Refusal, Request};
pub use signature::{is_signed, sign};

use url::Url;

/// The longest address that is dealt with.
const LONGEST_ADDRESS: usize = 2048;

/// An address that may be sent to, if its network may be (which is asked of the guard): http or https, without
/// credentials and fragment.
fn checked_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST_ADDRESS)?;
    let well_formed = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    well_formed.then_some(url)
}
