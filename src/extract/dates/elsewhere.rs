//! Parts of a page whose dates are other articles' or the reader's: menus, sidebars, comments, "Terkait". Told by tag, class
//! and id; a part that holds the headline is the article whatever it is called.

use std::collections::HashSet;

use scraper::ElementRef;
use scraper::node::Element;

use super::super::select::Page;

/// By tag and by class or id.
const ELSEWHERE: &str = "script, style, noscript, template, nav, aside, select, .sidebar, #sidebar, .related, .widget:not(.Blog), \
    [class*=related], [class*=terkait], [class*=sidebar], [class*=popul], [class*=comments], [class*=comment-], .comment, [id*=comments], \
    [class*=komentar], [class*=breaking], [class*=ticker], [class*=latest], [class*=terbaru]";
/// The foot of the page, which may be the article's.
const FOOT: &str = "footer:not(.entry-footer), [class*=site-footer], .footer, [id*=footer]";

/// Elements by where they lie in memory, for one has no other name that this crate may use; the page holds still.
type Places = HashSet<*const Element>;

fn place(element: ElementRef<'_>) -> *const Element {
    element.value()
}

/// The elements of those parts.
pub struct Elsewhere {
    furniture: Places,
    foot: Places,
}

impl Elsewhere {
    /// Gathers them once for a page.
    pub fn of(page: &Page<'_>, headline: Option<ElementRef<'_>>) -> Elsewhere {
        let above: Places = headline
            .iter()
            .flat_map(|title| title.ancestors())
            .filter_map(ElementRef::wrap)
            .map(place)
            .collect();
        let inside = |css: &str| -> Places {
            page.select(css)
                .filter(|element| !above.contains(&place(*element)))
                .filter(|element| !matches!(element.value().name(), "html" | "body" | "main"))
                .flat_map(|element| element.descendants())
                .filter_map(ElementRef::wrap)
                .map(place)
                .collect()
        };
        Elsewhere {
            furniture: inside(ELSEWHERE),
            foot: inside(FOOT),
        }
    }

    /// Whether an element is in such a part.
    pub fn holds(&self, element: ElementRef<'_>) -> bool {
        self.holds_but_for_foot(element) || self.foot.contains(&place(element))
    }

    /// Whether it is in one that is not the foot.
    pub fn holds_but_for_foot(&self, element: ElementRef<'_>) -> bool {
        self.furniture.contains(&place(element))
    }
}
