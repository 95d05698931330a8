//! What a page says of itself, in the order it is believed: JSON-LD, `<meta>`, marked elements, words. Each kind of thing
//! that takes more than a line has a file of its own; here they are put together.

use scraper::Html;
use url::Url;

use super::{byline, dates, json_ld, lead, one_line, select, words};
use crate::model::{Content, RawDate};

/// Names and properties of `<meta>` that hold the date of publication.
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "date_published",
    "publishdate",
    "publish_date",
    "publish-date",
    "published_time",
    "published-date",
    "pubdate",
    "parsely-pub-date",
    "sailthru.date",
    "article.published",
    "article:published",
    "article_date_original",
    "originalpublicationdate",
    "content_publishedtime",
    "content_publisheddate",
    "rnews:datepublished",
    "bt:pubdate",
    "cxenseparse:recs:publishtime",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date.created",
    "dcterms.created",
    "dc.date",
    "dc:date",
    "dcterms.date",
    "dc.created",
    "dc.issued",
    "citation_publication_date",
    "citation_date",
    "date",
    "datecreated",
    "created",
    "release_date",
    "publication_date",
    "og:pubdate",
    "weibo:article:create_at",
];

/// Reads everything but the body; [`Content::html`] holds JSON-LD's `articleBody` if there is one.
pub fn read(page: &Html, base: &Url) -> Content {
    let stated = json_ld::read(page, base);
    let metas = Metas::of(page);
    let person = |name: &String| !name.starts_with("http") && !byline::is_account(name);
    let in_head = || {
        PUBLISHED
            .iter()
            .find_map(|name| metas.all(name).find(|date| dates::looks_like_date(date)))
    };
    let modified = || {
        metas
            .first(&[
                "article:modified_time",
                "og:updated_time",
                "datemodified",
                "dcterms.modified",
                "last-modified",
            ])
            .or_else(|| select(page, "[itemprop=dateModified]").find_map(super::date_of))
    };
    Content {
        canonical: select(page, "link[rel=canonical][href]")
            .find_map(|link| base.join(link.attr("href")?.trim()).ok())
            .filter(|url| matches!(url.scheme(), "http" | "https")),
        author: stated
            .author
            .clone()
            .filter(person)
            .or_else(|| {
                metas
                    .first(&["author", "article:author", "dc.creator", "parsely-author"])
                    .filter(person)
            })
            .or_else(|| byline::author(page))
            .or(stated.author),
        title: stated.title.or_else(|| title(page, &metas)),
        published: stated
            .published
            .or_else(|| in_head().map(RawDate::Text))
            .or_else(|| dates::published(page, base)),
        updated: stated.updated.or_else(|| modified().map(RawDate::Text)),
        html: stated.html,
        image: lead::image(page, base, stated.image, &metas),
        categories: if stated.categories.is_empty() {
            tags(page, &metas)
        } else {
            stated.categories
        },
    }
}

/// What the page is filed under: its own tags, not the head's keywords, which are stuffing.
fn tags(page: &Html, metas: &Metas) -> Vec<String> {
    let stated: Vec<String> = metas.all("article:tag").collect();
    if !stated.is_empty() {
        return stated;
    }
    let linked = "[rel~=tag], .tags a, .tag-links a, .post-tags a, .post-labels a, .td-tags a, .jeg_post_tags a, .detail__body-tag a";
    let mut found: Vec<String> = Vec::new();
    for tag in select(page, linked).map(words) {
        let tag = tag.trim_start_matches('#').trim().to_owned();
        if !tag.is_empty() && tag.chars().count() <= 50 && !found.contains(&tag) {
            found.push(tag);
        }
    }
    found
}

/// The only headline, else what OpenGraph says, else `<title>`; without the site's name behind it.
fn title(page: &Html, metas: &Metas) -> Option<String> {
    let headlines: Vec<String> = select(page, "h1")
        .map(words)
        .filter(|title| !title.is_empty())
        .collect();
    let site = metas.first(&["og:site_name"]);
    let plain = |title: String| {
        let cut = site.as_ref().and_then(|site| title.strip_suffix(site.as_str()));
        cut.map(|rest| rest.trim_end_matches([' ', '-', '|', '–', '—', '»', '·']).to_owned())
            .filter(|rest| !rest.is_empty())
            .unwrap_or(title)
    };
    let is_site = |title: &String| site.as_ref() == Some(title);
    match headlines.as_slice() {
        [only] if !is_site(only) => Some(only.clone()),
        _ => metas
            .first(&["og:title"])
            .map(plain)
            .or_else(|| headlines.iter().find(|title| !is_site(title)).cloned())
            .or_else(|| {
                select(page, "title")
                    .map(words)
                    .map(plain)
                    .find(|title| !title.is_empty())
            }),
    }
}

/// The page's `<meta>` elements, gathered once.
pub struct Metas(Vec<(String, String)>);

impl Metas {
    fn of(page: &Html) -> Metas {
        let mut metas = Vec::new();
        for meta in select(page, "meta[content]") {
            let content = one_line(meta.attr("content").unwrap_or_default());
            for key in ["property", "name", "itemprop"] {
                if let Some(name) = meta.attr(key).filter(|_| !content.is_empty()) {
                    metas.push((name.trim().to_ascii_lowercase(), content.clone()));
                }
            }
        }
        Metas(metas)
    }

    /// The contents of those of this name or property, which is in lower case.
    pub fn all(&self, name: &str) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .filter(move |(other, _)| other == name)
            .map(|(_, content)| content.clone())
    }

    /// The content of the first that has one of these names or properties, in the order of the names.
    pub fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.all(name).next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(html: &str) -> Content {
        read(
            &Html::parse_document(html),
            &"https://a.example/berita/x".parse().unwrap(),
        )
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn without_json_ld_the_head_and_the_page_are_asked() {
        let content = of("<title>Razia - Lapas Jember</title><link rel=canonical href=/razia>\
            <meta property=og:title content='Razia - Lapas Jember'><meta property=og:site_name content='Lapas Jember'>\
            <meta name=Author content=Budi><meta property=article:published_time content=2022-08-16T02:30:00+07:00>\
            <meta property=og:image content=/f.jpg><meta property=article:tag content=a><meta property=article:tag content=b>\
            <h1>Lapas Jember</h1>");
        assert_eq!(content.title, some("Razia"));
        assert_eq!(content.canonical.unwrap().as_str(), "https://a.example/razia");
        assert_eq!(content.author, some("Budi"));
        assert_eq!(
            content.published,
            Some(RawDate::Text("2022-08-16T02:30:00+07:00".to_owned()))
        );
        assert_eq!(content.image.unwrap().url, "https://a.example/f.jpg");
        assert_eq!(content.categories, ["a", "b"]);
    }

    #[test]
    fn todays_date_in_the_head_of_the_page_is_not_the_articles() {
        let page = "<div class=date>Selasa, 24 November 2026</div><h1>Razia</h1>";
        assert_eq!(of(page).published, None);
        let page = format!("{page}<article><time datetime=2022-08-16>16 Agustus</time></article>");
        assert_eq!(of(&page).published, Some(RawDate::Text("2022-08-16".to_owned())));
    }
}
