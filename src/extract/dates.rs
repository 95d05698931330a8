//! When a page says it was published, where neither JSON-LD nor the head does: marked elements, the address, the lines
//! around the headline, lines that say so in words. A date is only found here, as it is written; `normalize` reads it. In
//! the head of many portals stands today's date, so what comes before the headline counts only beside it, and the
//! furniture never. The order is htmldate's (Barbaresi 2020) without its guesses: no date of a picture's address, no vote.

mod address;
mod elsewhere;
mod last;
mod line;
mod near;

use scraper::ElementRef;
use url::Url;

pub use address::{is_universal, settled};
pub use last::may_be_state;
pub use line::{has_zone, is_zoned, looks_like_date};

use super::date_of;
use super::select::Page;
use crate::model::RawDate;
use elsewhere::Elsewhere;

/// Elements by which markup names the date of publication.
const MARKED: &str = "[itemprop=datePublished], [property='schema:datePublished'][content], \
    [property='schema:dateCreated'][content], time[datetime][pubdate], time.published[datetime], \
    time.entry-date[datetime]:not(.updated), abbr.published[title], .published[title], [itemprop=dateCreated], \
    article time[datetime], main time[datetime], time[datetime], [property='dc:date'][content], .value-title[title], \
    .updated[title], .date-header";

/// The date of publication as the page shows it.
pub fn published(page: &Page<'_>, address: &Url) -> Option<RawDate> {
    let headline = near::headline(page);
    let elsewhere = Elsewhere::of(page, headline);
    let in_address = address::day(address);
    let shown = marked(page, headline, &elsewhere)
        .or_else(|| near::around(page, headline, &elsewhere))
        .or_else(|| marked_in_foot(page, &elsewhere))
        .or_else(|| near::labelled(page, &elsewhere, near::PUBLISHED))
        .or_else(|| last::resort(page, headline, &elsewhere));
    let date = match (shown, in_address) {
        (Some(shown), Some(stated)) if line::says(&shown, &stated) => shown,
        (_, Some(stated)) => stated,
        (shown, None) => shown?,
    };
    Some(RawDate::Text(date))
}

/// The date of an element that markup names so; of those in the article with the headline first.
fn marked(page: &Page<'_>, headline: Option<ElementRef<'_>>, elsewhere: &Elsewhere) -> Option<String> {
    let article = headline.and_then(article_around).map(|article| article.id());
    let found: Vec<Vec<ElementRef<'_>>> = MARKED
        .split(", ")
        .map(|css| {
            let named = page.select(css.trim());
            named.filter(|element| !elsewhere.holds(*element)).collect()
        })
        .collect();
    let inside = |element: &ElementRef<'_>| element.ancestors().any(|around| Some(around.id()) == article);
    let first = |of: &dyn Fn(&ElementRef<'_>) -> bool| {
        let mut all = found
            .iter()
            .flatten()
            .copied()
            .filter(|element| of(element))
            .filter_map(stated);
        all.find(|date| looks_like_date(date))
    };
    let in_article = article.and_then(|_| first(&inside));
    in_article.or_else(|| first(&|_| true))
}

/// The innermost `<article>` that an element stands in.
fn article_around(element: ElementRef<'_>) -> Option<ElementRef<'_>> {
    let mut around = element.ancestors().filter_map(ElementRef::wrap);
    around.find(|element| element.value().name() == "article")
}

/// What an element says of its date: its title, its machine-readable date, its words.
fn stated(element: ElementRef<'_>) -> Option<String> {
    let titled = element.attr("title").filter(|title| looks_like_date(title));
    titled.map(str::to_owned).or_else(|| date_of(element))
}

/// The date below the article that markup calls that of publication, if the page has no other.
fn marked_in_foot(page: &Page<'_>, elsewhere: &Elsewhere) -> Option<String> {
    let mut all = page
        .select("[itemprop=datePublished]")
        .filter(|element| !elsewhere.holds_but_for_foot(*element))
        .filter_map(stated)
        .filter(|date| looks_like_date(date));
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::Html;

    fn of(address: &str, html: &str) -> Option<String> {
        match published(&Page::of(&Html::parse_document(html)), &address.parse().unwrap()) {
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
                "<h1>Razia</h1><span property=schema:dateCreated content=2022-08-16T02:30:00+07:00>x</span>",
                "2022-08-16T02:30:00+07:00",
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
    fn a_name_of_the_whole_page_hides_no_date() {
        let page = "<body class='single right-sidebar'><article class=latest-post><h1>Razia</h1>\
            <span class=date>16 Agustus 2022</span></article>";
        assert_eq!(of("https://a.example/x", page).as_deref(), Some("16 Agustus 2022"));
    }

    #[test]
    fn the_foot_is_believed_where_it_says_that_something_was_published() {
        for (html, expected) in [
            (
                "<h1>Razia</h1><footer><time itemprop=datePublished datetime=2022-08-16>x</time></footer>",
                Some("2022-08-16"),
            ),
            (
                "<h1>Razia</h1><div class=footer>Diterbitkan pada 16 Agustus 2022</div>",
                Some("Diterbitkan pada 16 Agustus 2022"),
            ),
            ("<h1>Razia</h1><aside>Diterbitkan 16 Agustus 2022</aside>", None),
            (
                "<h1>Razia</h1><footer>Izin itu diterbitkan pada 16 Agustus 2012</footer>",
                None,
            ),
            (
                "<h1>Razia</h1><footer><time itemprop=datePublished datetime=2022-08-16>x</time>\
                <time itemprop=datePublished datetime=2022-08-17>x</time></footer>",
                None,
            ),
        ] {
            assert_eq!(of("https://a.example/x", html).as_deref(), expected, "{html}");
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
    fn the_heading_that_is_the_pages_title_is_the_articles() {
        let page = "<title>Razia Gabungan di Lapas Jember | Humas</title>\
            <article><h1>Kabar lain yang sedang ramai</h1><time datetime=2021-01-01>x</time></article>\
            <article><h1>Razia Gabungan di Lapas Jember</h1><time datetime=2022-08-16>x</time></article>";
        assert_eq!(of("https://a.example/x", page).as_deref(), Some("2022-08-16"));
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
