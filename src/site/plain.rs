//! The pages without stories: who runs this, what does not exist, what was withdrawn.

use maud::html;

use super::Context;
use super::page::{Head, Robots, page, region_link, time};
use crate::gazetteer::Region;
use crate::model::{RegionCode, Withdrawal};

/// Who runs this, how to have something corrected or taken down, what is kept of readers. The contact is an address of
/// `mailto:` or `https:`.
pub fn about(context: Context<'_>, contact: &str) -> String {
    let words = context.words();
    let body = html! {
        h1 { (words.about_title) ": " (context.site.title) }
        p { (words.about) }
        h2 { (words.contact) }
        p { (words.contact_help) " " a href=(contact) { (contact.trim_start_matches("mailto:")) } }
        h2 #penghapusan { (words.takedown) }
        p { (words.takedown_help) }
        h2 #privasi { (words.privacy_title) }
        p { (words.privacy) }
    };
    let head = Head {
        title: words.about_title,
        here: Some("tentang"),
        ..Head::default()
    };
    page(context, &head, &body)
}

/// The page of an address that does not exist, with the regions somebody may have meant.
pub fn not_found(context: Context<'_>, nearest: &[&Region]) -> String {
    let words = context.words();
    let body = html! {
        h1 { (words.not_found) }
        p { (words.not_found_help) }
        @if !nearest.is_empty() {
            p { (words.nearest) }
            ul { @for region in nearest { li { (region_link(context, region)) } } }
        }
    };
    page(context, &unlisted(words.not_found), &body)
}

/// The page of a story of this region that was withdrawn: why, and nothing of its text.
pub fn withdrawn(context: Context<'_>, region: RegionCode, withdrawal: &Withdrawal) -> String {
    let words = context.words();
    let body = html! {
        h1 { (words.withdrawn) }
        p { (words.withdrawn_help) }
        dl.facts {
            dt { (words.reason) } dd { (withdrawal.reason) }
            dt { (words.when) } dd { (time(context, withdrawal.at, context.gazetteer.zone(region))) }
        }
    };
    page(context, &unlisted(words.withdrawn), &body)
}

fn unlisted(title: &str) -> Head<'_> {
    Head {
        title,
        robots: Robots::NoIndex,
        ..Head::default()
    }
}
