//! A second crawl of sources in which nothing has changed: with validators it is answered by 304 and brings nothing.

use crate::support::site::{Site, article};
use crate::support::world::{World, stderr};

/// Sources of each kind.
const EACH: usize = 34;

const TEXT: &str = "Kegiatan pembinaan warga binaan di Lapas Jember berjalan dengan tertib, aman dan lancar. ";

/// A unit with a source of this kind, which lists one article.
fn unit(site: &Site, kind: &str, number: usize) -> String {
    let (id, page) = (format!("{kind}-{number}"), format!("/{kind}-{number}/panen-raya-padi"));
    let title = format!("Panen raya {kind} nomor {number}");
    site.page(&page, &article(&title, &format!("{title}. {}", TEXT.repeat(3))));
    let (path, link) = (format!("/{id}"), site.url(&page));
    let more = match kind {
        "feed" => {
            let item =
                format!("<item><title>{title}</title><link>{link}</link><description>{TEXT}</description></item>");
            site.feed(
                &path,
                &format!("<rss version=\"2.0\"><channel><title>x</title>{item}</channel></rss>"),
            );
            "full_text = false\n"
        }
        "listing" => {
            site.page(
                &path,
                &format!("<html><body><ul><li><a href=\"{link}\">{title}</a></li></ul></body></html>"),
            );
            "item = \"li\"\n"
        }
        _ => {
            site.feed(&path, &format!("<urlset><url><loc>{link}</loc></url></urlset>"));
            ""
        }
    };
    format!(
        "[[satker]]\nid = \"unit-{id}\"\nname = \"Lapas {id}\"\nregion = \"35.09\"\n[[satker.source]]\nid = \"{id}\"\n\
         kind = \"{kind}\"\nurl = \"{}\"\n{more}",
        site.url(&path)
    )
}

/// The outcomes of a crawl of all sources, and how many articles it stored.
fn crawl(world: &World) -> (Vec<String>, usize) {
    let output = world.output(&["crawl", "--all", "--json"]);
    let lines = crate::support::world::lines_of(&output.stdout);
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    let outcomes = of("source")
        .iter()
        .map(|line| line["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert!(!lines.is_empty(), "{}", stderr(&output));
    (outcomes, of("stored").len())
}

#[test]
fn what_has_not_changed_is_answered_by_304() {
    let site = Site::start();
    let units: String = ["feed", "listing", "sitemap"]
        .iter()
        .flat_map(|kind| (0..EACH).map(|number| unit(&site, kind, number)).collect::<Vec<_>>())
        .collect();
    let world = World::with(&units);
    let (first, stored) = crawl(&world);
    assert_eq!((first.len(), stored), (3 * EACH, 3 * EACH), "{first:?}");
    assert!(first.iter().all(|outcome| outcome == "ok"), "{first:?}");
    let before = site.asked().len();
    let (second, stored) = crawl(&world);
    let unchanged = second.iter().filter(|outcome| *outcome == "not-modified").count();
    assert_eq!(stored, 0);
    assert!(
        unchanged * 100 >= 99 * second.len(),
        "{unchanged} of {}: {second:?}",
        second.len()
    );
    // One request each: what a 304 stands for is not fetched again.
    assert_eq!(site.asked().len() - before, second.len());
    println!("{unchanged} of {} sources answered by 304", second.len());
}
