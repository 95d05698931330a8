//! The home page: the map, the newest stories, the region tree.

use maud::{Markup, html};

use super::list::{self, Length};
use super::page::{Feed, Head, page, region_link, subscribe};
use super::view::HomeView;
use super::words::fill;
use super::{Context, directory, map};

/// The most stories on the home page, which has every region besides.
const NEWEST: usize = 30;

/// The home page. Of the newest stories it shows 30.
pub fn index(context: Context<'_>, view: HomeView<'_>) -> String {
    let words = context.words();
    let title = &context.site.title;
    let body = html! {
        h1 { (title) }
        (map::map(context, view.counts, view.week, view.today))
        section aria-labelledby="terbaru" {
            h2 #terbaru { (words.newest) }
            (list::plain(context, &view.newest[..view.newest.len().min(NEWEST)], Length::Short))
        }
        (tree(context, view))
        (subscribe(context, "indonesia", Some(("opml/semua", words.opml_all))))
    };
    let head = Head {
        title,
        feed: Some(Feed::of("indonesia", title)),
        here: Some(""),
        ..Head::default()
    };
    page(context, &head, &body)
}

fn tree(context: Context<'_>, view: HomeView<'_>) -> Markup {
    let words = context.words();
    html! {
        section.tree aria-labelledby="wilayah" {
            h2 #wilayah { (words.regions) }
            @for province in context.gazetteer.provinces() {
                details {
                    summary { (province.name) " (" (directory::count(context, view.counts, province.code)) ")" }
                    p { a href=(context.region_href(province)) { (fill(words.region_all, &[&province.name])) } }
                    ul {
                        @for regency in context.gazetteer.regencies_of(province.code) {
                            li { (region_link(context, regency)) " (" (directory::count(context, view.counts, regency.code)) ")" }
                        }
                    }
                }
            }
        }
    }
}
