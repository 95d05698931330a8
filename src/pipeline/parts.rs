//! Articles spread over several addresses: fetches what follows the first page and joins it. Which address follows is
//! `extract`'s knowledge; whether an article is wanted at all is `articles`'s.

use std::collections::HashSet;

use url::Url;

use super::Crawl;
use crate::extract;
use crate::fetch::{Fetch, Reply, Request};
use crate::model::{Content, Document, Problem};

/// The most addresses one article is read from. Longer ones were not seen; a trap has no end.
const MOST: usize = 20;

/// A paragraph that is shorter says nothing of whether two parts are the same: "Baca juga:", "ADVERTISEMENT".
const TELLING: usize = 40;

impl<F: Fetch> Crawl<'_, F> {
    /// The article that begins on this page, with the parts that follow. Where one cannot be had, what was read before
    /// stays, and a problem says so. Parts count as pages of the crawl, but an article that was begun is read to its end.
    pub(super) async fn joined(&mut self, first: Document, mut content: Content, listed_at: &Url) -> Content {
        if content.html.is_none() {
            return content;
        }
        let mut seen = HashSet::from([first.url.clone()]);
        let mut next = self.following(first).await;
        while let Some(url) = next.take() {
            if seen.len() == MOST || !seen.insert(url.clone()) {
                break;
            }
            let Some(part) = self.part(&url, listed_at).await else {
                break;
            };
            // A part that leads back is none.
            if part.url != url && seen.contains(&part.url) {
                break;
            }
            let (part, found) = self.extracted(part).await;
            let html = found.ok().and_then(|part| part.html);
            if !add(&mut content, html, Extent::of(&url)) {
                break;
            }
            next = self.following(part).await;
        }
        content
    }

    /// The address of the part after this one. The document is dropped before that is fetched: a long one takes room.
    async fn following(&self, document: Document) -> Option<Url> {
        let bytes = document.body.len();
        let look = move || extract::next_part(&document);
        self.cx.workers.work(bytes, look).await
    }

    /// Fetches one part.
    async fn part(&mut self, url: &Url, listed_at: &Url) -> Option<Document> {
        self.report.fetches += 1;
        self.pages_left = self.pages_left.saturating_sub(1);
        let request = Request::found(url.clone(), listed_at).looked_at(self.render());
        let why = match self.fetch(request).await {
            Ok(Reply::Fresh(document)) => return Some(document),
            Ok(Reply::NotModified) => "it answered 304 to a request without conditions".to_owned(),
            Err(error) => error.to_string(),
        };
        let what = format!("this part of the article is missing: {why}");
        self.report.problems.push(Problem::new(url.as_str(), what));
        None
    }
}

/// What an address holds of an article.
#[derive(Clone, Copy)]
enum Extent {
    Part,
    Whole,
}

impl Extent {
    fn of(url: &Url) -> Extent {
        if extract::is_whole(url) {
            Extent::Whole
        } else {
            Extent::Part
        }
    }
}

/// Puts a part behind what was read, or the whole in its place. Says whether it brought anything.
fn add(content: &mut Content, part: Option<String>, extent: Extent) -> bool {
    let (Some(read), Some(part)) = (&mut content.html, part) else {
        return false;
    };
    match extent {
        Extent::Whole if part.len() > read.len() => *read = part,
        Extent::Part if brings_more(read, &part) => read.push_str(&part),
        Extent::Whole | Extent::Part => return false,
    }
    true
}

/// Whether at least half of the paragraphs are new. Traps show the same text under every number, and some sites answer a
/// part that they do not have with the first.
fn brings_more(read: &str, part: &str) -> bool {
    let known: HashSet<&str> = paragraphs(read).collect();
    let (new, old): (Vec<&str>, Vec<&str>) = paragraphs(part).partition(|paragraph| !known.contains(paragraph));
    !new.is_empty() && new.len() >= old.len()
}

fn paragraphs(html: &str) -> impl Iterator<Item = &str> {
    html.split("</p>")
        .map(str::trim)
        .filter(|paragraph| paragraph.len() >= TELLING)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{World, crawl_once, source, world};
    use super::*;
    use crate::fetch::web::Web;
    use crate::model::{CrawlOptions, Report, SourceKind};

    const FEED: &str = "https://lapas.example/feed";
    const STORY: &str = "https://lapas.example/panen";

    fn page(words: &str, more: &str) -> String {
        let sentence = |number: u32| {
            format!("<p>{words} kalimat {number} bercerita tentang panen raya warga binaan di kebun lapas.</p>")
        };
        let text: String = (1..6).map(sentence).collect();
        format!(
            "<html><head><title>Panen raya</title>{more}</head><body><article><h1>Panen raya</h1>{text}</article>\
             <nav>{}</nav></body></html>",
            more.replace("link rel=next", "a")
        )
    }

    fn link(href: &str) -> String {
        format!("<link rel=next href='{href}'>")
    }

    fn feed(links: &[&str]) -> String {
        let items: String = links
            .iter()
            .map(|link| {
                let link = link.replace('&', "&amp;");
                format!("<item><title>Panen raya</title><link>{link}</link></item>")
            })
            .collect();
        format!("<rss version=\"2.0\"><channel><title>x</title>{items}</channel></rss>")
    }

    fn web() -> Web {
        let web = Web::default();
        web.page(FEED, &feed(&[STORY]));
        web
    }

    async fn crawled(web: Web) -> (World, Report) {
        let world = world(web);
        let (report, _) = crawl_once(
            &world,
            &source("lapas", FEED, SourceKind::Feed),
            CrawlOptions::default(),
        )
        .await;
        (world, report)
    }

    fn text(world: &World) -> String {
        let stored = world.cx.store.article_of_url(STORY).unwrap().expect("it is stored");
        stored.article.text
    }

    #[tokio::test(start_paused = true)]
    async fn the_parts_of_an_article_are_one_text_in_their_order() {
        let web = web();
        web.page(STORY, &page("satu", &link("?page=2")));
        web.page(&format!("{STORY}?page=2"), &page("dua", &link("?page=3")));
        web.page(&format!("{STORY}?page=3"), &page("tiga", &link("?page=2")));
        let (world, report) = crawled(web).await;
        assert_eq!(
            (report.new, report.fetches, report.problems.len()),
            (1, 4, 0),
            "{report:?}"
        );
        let text = text(&world);
        let places: Vec<_> = ["satu kalimat 5", "dua kalimat 1", "tiga kalimat 5"]
            .map(|words| text.find(words))
            .into();
        assert!(
            places.is_sorted() && places.iter().all(Option::is_some),
            "{places:?}: {text}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_whole_stands_in_place_of_its_first_part() {
        let web = web();
        web.page(STORY, &page("satu", &link("/panen?page=all")));
        let whole = page("satu", "").replace(
            "</article>",
            &format!("<p>{}</p></article>", "Bagian dua ditutup doa. ".repeat(5)),
        );
        web.page(&format!("{STORY}?page=all"), &whole);
        let (world, report) = crawled(web).await;
        assert_eq!((report.new, report.fetches), (1, 3), "{report:?}");
        let text = text(&world);
        assert_eq!(text.matches("satu kalimat 1").count(), 1, "{text}");
        assert!(text.contains("ditutup doa"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_fails_leaves_what_there_is_and_a_problem() {
        let web = web();
        web.page(STORY, &page("satu", &link("/panen/2")));
        web.page(&format!("{STORY}/2"), &page("dua", &link("/panen/3")));
        web.status(&format!("{STORY}/3"), 503);
        let (world, report) = crawled(web).await;
        assert_eq!((report.new, report.problems.len()), (1, 1), "{report:?}");
        assert!(report.problems[0].at.ends_with("/panen/3"), "{:?}", report.problems);
        assert!(text(&world).contains("dua kalimat 5"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_robots_txt_keeps_us_from_is_not_fetched() {
        let web = web();
        web.page("https://lapas.example/robots.txt", "User-agent: *\nDisallow: /panen/\n");
        web.page(STORY, &page("satu", &link("/panen/2")));
        web.page(&format!("{STORY}/2"), &page("dua", ""));
        let (world, report) = crawled(web.clone()).await;
        assert_eq!((report.new, report.problems.len()), (1, 1), "{report:?}");
        assert_eq!(web.asked(&format!("{STORY}/2")), 0);
        assert!(!text(&world).contains("dua kalimat"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_trap_that_shows_the_same_text_under_every_number_is_left_at_once() {
        let web = web();
        for number in 1..30 {
            let address = if number == 1 {
                STORY.to_owned()
            } else {
                format!("{STORY}?page={number}")
            };
            web.page(&address, &page("satu", &link(&format!("?page={}", number + 1))));
        }
        let (world, report) = crawled(web).await;
        assert_eq!((report.new, report.fetches), (1, 3), "{report:?}");
        assert_eq!(text(&world).matches("satu kalimat 1").count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_article_without_end_is_read_from_so_many_addresses_and_no_more() {
        let web = web();
        for number in 1..40 {
            let address = if number == 1 {
                STORY.to_owned()
            } else {
                format!("{STORY}?page={number}")
            };
            web.page(
                &address,
                &page(&format!("bagian {number}"), &link(&format!("?page={}", number + 1))),
            );
        }
        let (_, report) = crawled(web).await;
        assert_eq!((report.new, report.fetches), (1, 1 + MOST as u32), "{report:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_twins_of_an_address_are_one_article() {
        let canonical = format!("<link rel=canonical href={STORY}>");
        let twins = [
            STORY.to_owned(),
            format!("{STORY}/amp/"),
            format!("{STORY}?amp=1"),
            format!("{STORY}?print=1"),
            format!("{STORY}?tmpl=component&print=1&layout=default&page="),
            format!("{STORY}/print/"),
            "https://lapas.example/?p=123".to_owned(),
        ];
        for first in 0..twins.len() {
            let web = Web::default();
            let mut order: Vec<&str> = twins.iter().map(String::as_str).collect();
            order.rotate_left(first);
            web.page(FEED, &feed(&order));
            for twin in &twins {
                web.page(twin, &page("satu", &canonical));
            }
            let (world, report) = crawled(web).await;
            assert_eq!((report.new, report.copies), (1, 0), "{order:?}: {report:?}");
            assert!(world.cx.store.article_of_url(STORY).unwrap().is_some());
        }
    }
}
