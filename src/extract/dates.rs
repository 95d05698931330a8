//! When a page says it was published, where neither JSON-LD nor the head does: marked elements, the address, the lines
//! around the headline. A date is only found here, as it is written; `normalize` reads it. In the head of many portals
//! stands today's date, so what comes before the headline counts only beside it, and the furniture never.

use std::collections::HashSet;

use scraper::{ElementRef, Html, Node};
use url::Url;

use super::{date_of, one_line, select, words};
use crate::model::RawDate;

/// Elements by which markup names the date of publication.
const MARKED: &str = "[itemprop=datePublished], time[datetime][pubdate], time.published[datetime], \
    time.entry-date[datetime]:not(.updated), abbr.published[title], [itemprop=dateCreated], article time[datetime], \
    main time[datetime], time[datetime]";
/// Parts of the page whose dates are other articles' or the reader's.
const ELSEWHERE: &str = "script, style, noscript, nav, footer:not(.entry-footer), aside, select, .sidebar, #sidebar, .related, .widget:not(.Blog), \
    [class*=related], [class*=terkait], [class*=sidebar], [class*=popul], [class*=comments], [class*=comment-], .comment, [id*=comments], \
    [class*=komentar], [class*=breaking], [class*=ticker], [class*=site-footer], .footer, [id*=footer], [class*=latest], [class*=terbaru]";
/// Parts of classes and ids by which dates are called.
const CALLED: &[&str] = &[
    "date", "time", "tanggal", "tgl", "publish", "posted", "meta", "byline", "waktu", "created", "info", "author",
    "detail",
];
/// Months as words begin, in Indonesian and English.
const MONTHS: &[&str] = &[
    "jan", "feb", "peb", "mar", "apr", "mei", "may", "jun", "jul", "agu", "agt", "ags", "aug", "sep", "okt", "oct",
    "nov", "nop", "des", "dec",
];
/// The longest line that is a date, in characters.
const LONGEST: usize = 120;
/// How many lines after the headline an unmarked date may stand.
const NEAR: usize = 15;

/// The date of publication as the page shows it.
pub fn published(page: &Html, address: &Url) -> Option<RawDate> {
    let elsewhere: HashSet<_> = select(page, ELSEWHERE)
        .flat_map(|element| element.descendants().map(|node| node.id()))
        .collect();
    let is_elsewhere = |element: ElementRef<'_>| elsewhere.contains(&element.id());
    let in_address = of_address(address);
    let shown = marked(page, &is_elsewhere).or_else(|| around_headline(page, &is_elsewhere));
    let date = match (shown, in_address) {
        (Some(shown), Some(stated)) if says(&shown, &stated) => shown,
        (_, Some(stated)) => stated,
        (shown, None) => shown?,
    };
    Some(RawDate::Text(date))
}

/// The date of an element that markup names so.
fn marked(page: &Html, is_elsewhere: &impl Fn(ElementRef<'_>) -> bool) -> Option<String> {
    let titled = |element: ElementRef<'_>| element.attr("title").map(str::to_owned);
    MARKED.split(", ").find_map(|css| {
        select(page, css.trim())
            .filter(|element| !is_elsewhere(*element))
            .filter_map(|element| {
                titled(element)
                    .filter(|title| looks_like_date(title))
                    .or_else(|| date_of(element))
            })
            .find(|date| looks_like_date(date))
    })
}

/// The first date in a line that is called one, after the headline or in the same block before it; else the first that
/// stands alone on one of the next lines.
fn around_headline(page: &Html, is_elsewhere: &impl Fn(ElementRef<'_>) -> bool) -> Option<String> {
    let headline = select(
        page,
        "article h1, main h1, h1.entry-title, h1[class*=title], h1, .entry-title, h2[class*=title]",
    )
    .last();
    let headline = select(page, "h1").find(|title| !is_elsewhere(*title)).or(headline);
    // The page as a whole is no block.
    let is_block = |element: &ElementRef<'_>| !matches!(element.value().name(), "body" | "html" | "main");
    let around: Vec<_> = headline
        .iter()
        .flat_map(|title| title.ancestors().filter_map(ElementRef::wrap).take(2).filter(is_block))
        .map(|element| element.id())
        .collect();
    let (mut after, mut lines) = (headline.is_none(), 0);
    let mut unmarked = None;
    for node in page.root_element().descendants() {
        if headline.is_some_and(|title| title.id() == node.id()) {
            after = true;
        }
        let Node::Text(text) = node.value() else { continue };
        let Some(parent) = node.parent().and_then(ElementRef::wrap) else {
            continue;
        };
        if text.trim().is_empty() || is_elsewhere(parent) {
            continue;
        }
        let beside = parent.ancestors().any(|node| around.contains(&node.id()));
        if !after && !beside {
            continue;
        }
        lines += usize::from(after);
        if let Some(date) = line_with_date(parent, text) {
            if is_called_date(parent) || (beside && words(parent).chars().count() <= 60) {
                return Some(date);
            }
            if lines <= NEAR && unmarked.is_none() && words(parent).chars().count() <= 60 {
                unmarked = Some(date);
            }
        }
    }
    unmarked
}

/// The shortest of a text, its element and the element around it that holds a whole date, with the time if there is one
/// beside it.
fn line_with_date(parent: ElementRef<'_>, text: &str) -> Option<String> {
    if !text.chars().any(|letter| letter.is_ascii_digit()) && !text.contains("kemarin") {
        return None;
    }
    let fits = |line: &String| line.chars().count() <= LONGEST && looks_like_date(line);
    let line = Some(one_line(text)).filter(fits);
    let element = Some(words(parent)).filter(fits);
    let wider = parent.parent().and_then(ElementRef::wrap).map(words).filter(fits);
    let has_time = |line: &String| line.contains(':') || line.to_lowercase().contains("wi");
    let all = [line, element, wider];
    all.iter()
        .flatten()
        .find(|line| has_time(line))
        .or_else(|| all.iter().flatten().next())
        .cloned()
}

fn is_called_date(element: ElementRef<'_>) -> bool {
    element
        .ancestors()
        .filter_map(ElementRef::wrap)
        .take(2)
        .chain([element])
        .any(|element| {
            let names = [element.attr("class"), element.attr("id")];
            names.into_iter().flatten().any(|names| {
                let names = names.to_ascii_lowercase();
                CALLED.iter().any(|part| names.contains(part))
            })
        })
}

/// `/2022/08/16/`, `/2022-08-16/`, `/20220816/` in an address.
fn of_address(address: &Url) -> Option<String> {
    let numbers: Vec<&str> = address
        .path()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let in_range = |part: &str, last: u32| part.parse::<u32>().is_ok_and(|number| (1..=last).contains(&number));
    let is_year = |part: &str| part.len() == 4 && part.parse::<u32>().is_ok_and(|year| (1995..=2100).contains(&year));
    let apart = numbers.windows(3).find(|parts| {
        is_year(parts[0])
            && in_range(parts[1], 12)
            && in_range(parts[2], 31)
            && parts[1].len() <= 2
            && parts[2].len() <= 2
    });
    if let Some([year, month, day]) = apart {
        return Some(format!("{year}-{month:0>2}-{day:0>2}"));
    }
    numbers
        .iter()
        .filter(|part| part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_digit()))
        .find_map(|part| {
            let (year, month, day) = (&part[..4], &part[4..6], &part[6..]);
            (is_year(year) && in_range(month, 12) && in_range(day, 31)).then(|| format!("{year}-{month}-{day}"))
        })
}

/// Whether a line names the day of an ISO date.
fn says(line: &str, iso: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.split(|letter: char| !letter.is_ascii_digit())
            .filter_map(|part| part.parse().ok())
            .collect()
    };
    let (line, stated) = (numbers(line), numbers(iso));
    stated.first().is_some_and(|year| line.contains(year)) && stated.last().is_some_and(|day| line.contains(day))
}

/// Whether a date says which zone it is in.
pub fn has_zone(date: &str) -> bool {
    let date = date.trim_end();
    let after_clock = date.rsplit(':').next().unwrap_or_default();
    let lower = date.to_lowercase();
    let named = ["wib", "wita", "wit", "gmt", "utc"]
        .iter()
        .any(|zone| lower.split(|c: char| !c.is_alphabetic()).any(|word| word == *zone));
    named
        || (date.contains(':') && (date.ends_with(['Z', 'z']) || date.contains('+') || after_clock.contains('-')))
        || date.rsplit_once('T').is_some_and(|(_, time)| time.contains('-'))
}

/// Whether a found date names one of Indonesia's zones, as pages show it to readers.
pub fn is_zoned(date: &RawDate) -> bool {
    matches!(date, RawDate::Text(text) if has_zone(text) && text.chars().any(|letter| matches!(letter, ':' | '.')))
}

/// Whether a line holds a year with a month and a day beside it, or counts back from now.
pub fn looks_like_date(line: &str) -> bool {
    let line = line.to_lowercase();
    if [" lalu", " ago", "kemarin ", "kemarin,"]
        .iter()
        .any(|word| line.contains(word))
    {
        return line.chars().count() <= 40 && line.chars().any(|letter| letter.is_ascii_digit());
    }
    let parts: Vec<&str> = line
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let is_month = |part: &str| MONTHS.iter().any(|month| part.starts_with(month)) && part.len() <= 10;
    let is_small = |part: &str| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.len() <= 2 && digits.parse::<u32>().is_ok_and(|number| (1..=31).contains(&number))
    };
    let is_year = |part: &str| {
        let year = part.get(..4).and_then(|year| year.parse::<u32>().ok());
        year.is_some_and(|year| (1990..=2100).contains(&year)) && (part.len() == 4 || part.contains('t'))
    };
    (0..parts.len()).any(|at| {
        let before = &parts[at.saturating_sub(2)..at];
        let after = &parts[at + 1..(at + 3).min(parts.len())];
        let beside = |two: &[&str]| {
            two.len() == 2
                && ((is_small(two[0]) && is_small(two[1]))
                    || two.iter().any(|part| is_month(part)) && two.iter().any(|part| is_small(part)))
        };
        let iso_day = |two: &[&str]| two.len() == 2 && is_small(two[0]) && is_small(two[1]);
        is_year(parts[at]) && (beside(before) || iso_day(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str, html: &str) -> Option<String> {
        match published(&Html::parse_document(html), &address.parse().unwrap()) {
            Some(RawDate::Text(text)) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn dates_are_found_where_sites_put_them() {
        for (html, expected) in [
            (
                "<h1>Razia</h1><time datetime=2022-08-16T02:30:00+07:00>x</time>",
                "2022-08-16T02:30:00+07:00",
            ),
            (
                "<h1>Razia</h1><div class=tgl>Selasa, 16 Agustus 2022 | 10.30 WIB</div>",
                "Selasa, 16 Agustus 2022 | 10.30 WIB",
            ),
            (
                "<h1>Razia</h1><div class=meta><span>16 Agt 2022</span> <span>10:30 WIB</span></div>",
                "16 Agt 2022 10:30 WIB",
            ),
            ("<h1>Razia</h1><p>Jember, 16/08/2022</p>", "Jember, 16/08/2022"),
            (
                "<div><div class=post-date>16 Agustus 2022</div><h1>Razia</h1></div>",
                "16 Agustus 2022",
            ),
            (
                "<h1>Razia</h1><span class=date>3 jam yang lalu</span>",
                "3 jam yang lalu",
            ),
            (
                "<abbr class=published title=2022-08-16T02:30:00Z>x</abbr>",
                "2022-08-16T02:30:00Z",
            ),
        ] {
            assert_eq!(of("https://a.example/x", html).as_deref(), Some(expected), "{html}");
        }
    }

    #[test]
    fn the_dates_of_others_are_not_the_articles() {
        for html in [
            "<div class=date>Selasa, 24 November 2026</div><div><div><h1>Razia</h1></div></div>",
            "<h1>Razia</h1><aside><time datetime=2022-08-16>x</time></aside>",
            "<h1>Razia</h1><div class=related><span class=date>16 Agustus 2022</span></div>",
            "<h1>Razia</h1><footer>© 16 Agustus 2022</footer>",
            "<h1>Razia 17 Agustus</h1><p>Perkara Nomor 12/34/2022 disidangkan</p>",
            "<h1>Razia</h1><p>Ia lahir pada tanggal yang tidak diketahui di kota itu, lalu pindah pada 16 Agustus 2012 ke kota lain.</p>",
        ] {
            assert_eq!(of("https://a.example/x", html), None, "{html}");
        }
    }

    #[test]
    fn an_address_with_a_day_decides() {
        let page = "<h1>Razia</h1><span class=date>16 Agustus 2022 10:30</span>";
        for (address, expected) in [
            ("https://a.example/2022/08/16/razia/", "16 Agustus 2022 10:30"),
            ("https://a.example/2022/08/17/razia/", "2022-08-17"),
            ("https://a.example/read/20220817/razia", "2022-08-17"),
            ("https://a.example/2022/08/razia", "16 Agustus 2022 10:30"),
            ("https://a.example/20221317/razia", "16 Agustus 2022 10:30"),
        ] {
            assert_eq!(of(address, page).as_deref(), Some(expected), "{address}");
        }
    }
}
