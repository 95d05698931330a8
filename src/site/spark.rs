//! Stories a day as a small drawing, with the same in one sentence for who cannot see it.

use maud::{Markup, html};

use super::Context;
use super::view::Days;
use super::words::fill;

/// Width of a day in the drawing's units.
const STEP: usize = 10;

/// Height of the tallest bar.
const TALLEST: u64 = 48;

/// The drawing and its caption.
pub fn sparkline(context: Context<'_>, days: &Days) -> Markup {
    let words = context.words();
    let counts = &days.counts[days.counts.len().saturating_sub(Days::SHOWN)..];
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let sentence = sentence(context, days, counts);
    html! {
        figure.spark {
            svg viewBox={ "0 0 " (counts.len().max(1) * STEP) " " (TALLEST + 2) } role="img" aria-label=(sentence) {
                title { (words.days) }
                @for (index, count) in counts.iter().enumerate() {
                    // A day without stories keeps a thin line, so that it is not taken for a missing day.
                    @let height = if *count == 0 { 1 } else { (u64::from(*count) * TALLEST / u64::from(most)).max(3) };
                    rect x=(index * STEP + 1) y=(TALLEST + 2 - height) width=(STEP - 2) height=(height) {}
                }
            }
            figcaption { (words.days) ": " (sentence) }
        }
    }
}

fn sentence(context: Context<'_>, days: &Days, counts: &[u32]) -> String {
    let words = context.words();
    let total: u64 = counts.iter().copied().map(u64::from).sum();
    let shown = words.number(u64::try_from(counts.len()).unwrap_or(u64::MAX));
    let busiest = (0..counts.len()).max_by_key(|index| counts[*index]);
    let Some(busiest) = busiest.filter(|_| total > 0) else {
        return fill(words.days_none, &[&shown]);
    };
    let day = days.day(days.counts.len() - counts.len() + busiest);
    let today = counts.last().copied().unwrap_or(0);
    let number = |count: u32| words.number(u64::from(count));
    let parts = [
        words.stories(total),
        shown,
        number(counts[busiest]),
        words.day(day),
        number(today),
    ];
    fill(words.days_alt, &parts.each_ref().map(String::as_str))
}
