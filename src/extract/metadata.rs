//! What a page says of itself, in the order it is believed: JSON-LD, `<meta>`, marked elements, words. Each kind of thing
//! that takes more than a line has a file of its own; here they are put together.

use scraper::ElementRef;
use url::Url;

use super::select::Page;
use super::{byline, dates, json_ld, lead, one_line, words};
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
    "article:published_date",
    "shareaholic:article_published_time",
    "analyticsattributes.articledate",
    "bepress_citation_date",
    "date.available",
    "dcterms:created",
    "og:article:time",
    "og:release_date",
    "pub_date",
    "article:post_date",
    "five_hundred_pixels:uploaded",
];

/// Reads everything but the body; [`Content::html`] holds JSON-LD's `articleBody` if there is one.
pub fn read(page: &Page<'_>, base: &Url) -> Content {
    let stated = json_ld::read(page, base);
    let metas = Metas::of(page);
    let person = |name: &String| !name.starts_with("http") && !byline::is_account(name);
    let in_head = || {
        let mut all = PUBLISHED.iter().flat_map(|name| metas.all(name));
        all.find(|date| dates::looks_like_date(date))
    };
    let published = |stated: Option<RawDate>| {
        let in_head = in_head();
        match (in_head, stated) {
            (Some(head), Some(stated)) if is_better(&head, &stated) => Some(RawDate::Text(head)),
            (_, Some(stated)) => Some(stated),
            (Some(head), None) if dates::has_zone(&head) => Some(RawDate::Text(head)),
            // A time whose zone is named is worth more than one whose zone is anybody's guess.
            (Some(head), None) => dates::published(page, base)
                .filter(dates::is_zoned)
                .or(Some(RawDate::Text(head))),
            (None, None) => dates::published(page, base),
        }
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
            .or_else(|| page.select("[itemprop=dateModified]").find_map(super::date_of))
    };
    Content {
        canonical: page
            .select("link[rel=canonical][href]")
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
        published: published(stated.published).map(|date| dates::settled(date, base)),
        updated: stated.updated.or_else(|| modified().map(RawDate::Text)),
        html: stated.html,
        image: lead::image(page, base, stated.image, &metas),
        categories: if stated.categories.is_empty() {
            tags(page, &metas)
        } else {
            stated.categories
        },
        language: language(page, &metas).or(stated.language),
    }
}

/// The language the page states, in its own words; `normalize` holds it against the text.
fn language(page: &Page<'_>, metas: &Metas) -> Option<String> {
    let root = page.html.root_element();
    let of_root = ["lang", "xml:lang"]
        .iter()
        .filter_map(|name| root.attr(name))
        .map(str::to_owned);
    let is_language = |meta: &ElementRef<'_>| {
        let header = meta.attr("http-equiv").unwrap_or_default();
        header.trim().eq_ignore_ascii_case("content-language")
    };
    let header = || {
        page.select("meta[http-equiv][content]")
            .find(is_language)?
            .attr("content")
            .map(str::to_owned)
    };
    let mut all = of_root.chain(metas.all("inlanguage"));
    all.find(|language| !language.trim().is_empty())
        .or_else(|| metas.first(&["og:locale"]))
        .or_else(header)
        .or_else(|| metas.first(&["language", "dc.language", "dcterms.language"]))
}

/// Whether a date of the head is to be believed before one of JSON-LD: the head is what the site's own people look after,
/// JSON-LD what a plugin makes.
fn is_better(head: &str, stated: &RawDate) -> bool {
    let as_exact = !dates::is_universal(head) || matches!(stated, RawDate::Text(text) if dates::is_universal(text));
    dates::has_zone(head) && as_exact
}

/// What the page is filed under: its own tags, not the head's keywords, which are stuffing.
fn tags(page: &Page<'_>, metas: &Metas) -> Vec<String> {
    let stated: Vec<String> = metas.all("article:tag").collect();
    if !stated.is_empty() {
        return stated;
    }
    let linked = "[rel~=tag], .tags a, .tag-links a, .post-tags a, .post-labels a, .td-tags a, .jeg_post_tags a, .detail__body-tag a";
    let mut found: Vec<String> = Vec::new();
    for tag in page.select(linked).map(words) {
        let tag = tag.trim_start_matches('#').trim().to_owned();
        if !tag.is_empty() && tag.chars().count() <= 50 && !found.contains(&tag) {
            found.push(tag);
        }
    }
    found
}

/// The headline that is marked so or stands alone, else what OpenGraph says, else a marked title, else `<title>`;
/// without the site's name around it. Old themes have the site's name in the only `<h1>`.
fn title(page: &Page<'_>, metas: &Metas) -> Option<String> {
    let site = metas.first(&["og:site_name"]);
    let ends: &[char] = &[' ', '-', '|', '–', '—', '»', '·', ':'];
    let plain = |title: String| {
        let Some(site) = site.as_deref() else { return title };
        let cut = title.strip_suffix(site).map(|rest| rest.trim_end_matches(ends));
        let cut = cut.or_else(|| title.strip_prefix(site).map(|rest| rest.trim_start_matches(ends)));
        cut.filter(|rest| !rest.is_empty()).map(str::to_owned).unwrap_or(title)
    };
    let is_title = |title: &String| !title.is_empty() && site.as_ref() != Some(title);
    let marked = |css: &str| page.select(css).map(words).find(is_title);
    let headlines: Vec<String> = page
        .select("h1")
        .filter(|title| !is_sites(*title))
        .map(words)
        .filter(is_title)
        .collect();
    let only = (headlines.len() == 1).then(|| headlines.first().cloned()).flatten();
    marked("[itemprop=headline]:not(meta)")
        .or(only)
        .or_else(|| metas.first(&["og:title", "twitter:title"]).map(plain))
        .or_else(|| headlines.first().cloned())
        .or_else(|| marked(".entry-title, .post-title, .asset-title, .page-header h2, .post_titile"))
        .or_else(|| {
            page.select("head title, title")
                .map(words)
                .map(plain)
                .find(|title| !title.is_empty())
        })
}

/// Whether a headline is the site's own: in its header, or the link to its front page.
fn is_sites(headline: ElementRef<'_>) -> bool {
    let around = headline
        .ancestors()
        .filter_map(ElementRef::wrap)
        .take(3)
        .chain([headline]);
    let named = around
        .filter(|element| !matches!(element.value().name(), "body" | "html"))
        .any(|element| {
            let names = [element.attr("class"), element.attr("id")];
            names.into_iter().flatten().flat_map(str::split_whitespace).any(|name| {
                matches!(
                    name,
                    "header"
                        | "site-title"
                        | "site-name"
                        | "logo"
                        | "brand"
                        | "titlewrapper"
                        | "blog-title"
                        | "site-header"
                )
            })
        });
    let links_home = headline
        .descendants()
        .filter_map(ElementRef::wrap)
        .any(|link| link.value().name() == "a" && link.attr("href") == Some("/"));
    named || links_home
}

/// The page's `<meta>` elements, gathered once.
pub struct Metas(Vec<(String, String)>);

impl Metas {
    fn of(page: &Page<'_>) -> Metas {
        let mut metas = Vec::new();
        for meta in page.select("meta[content]") {
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
    use scraper::Html;

    fn of(html: &str) -> Content {
        read(
            &Page::of(&Html::parse_document(html)),
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
    fn the_language_is_what_the_page_states_first() {
        let ld = "<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"inLanguage\":{\"@type\":\"Language\",\
            \"name\":\"Indonesian\",\"alternateName\":\"id\"}}</script>";
        let locale = "<meta property=og:locale content=id_ID>";
        let header = "<meta http-equiv=Content-Language content=in>";
        for (html, expected) in [
            (format!("<html lang=jv>{ld}{locale}"), some("jv")),
            (format!("<html lang=''>{locale}{header}"), some("id_ID")),
            (format!("<html xml:lang=su>{header}"), some("su")),
            (format!("<html>{header}{ld}"), some("in")),
            (ld.to_owned(), some("id")),
            ("<p lang=en>x".to_owned(), None),
        ] {
            assert_eq!(of(&html).language, expected, "{html}");
        }
    }

    #[test]
    fn the_head_is_believed_before_json_ld_where_it_knows_the_zone() {
        for (head, stated, expected) in [
            (
                "2022-08-16T02:30:00+07:00",
                "2022-08-15T23:00:00+07:00",
                "2022-08-16T02:30:00+07:00",
            ),
            ("2022-08-16", "2022-08-15T23:00:00+07:00", "2022-08-15T23:00:00+07:00"),
            // Universal time is what programs say whose zone nobody has set.
            (
                "2022-08-15T19:30:00Z",
                "2022-08-16T02:30:00+07:00",
                "2022-08-16T02:30:00+07:00",
            ),
            ("2022-08-15T19:30:00Z", "2022-08-10T19:30:00Z", "2022-08-15T19:30:00Z"),
        ] {
            let page = format!(
                "<meta property=article:published_time content={head}>\
                <script type=application/ld+json>{{\"@type\":\"Article\",\"datePublished\":\"{stated}\"}}</script>"
            );
            assert_eq!(
                of(&page).published,
                Some(RawDate::Text(expected.to_owned())),
                "{head} {stated}"
            );
        }
    }

    #[test]
    fn todays_date_in_the_head_of_the_page_is_not_the_articles() {
        let page = "<div class=date>Selasa, 24 November 2026</div><h1>Razia</h1>";
        assert_eq!(of(page).published, None);
        let page = format!("{page}<article><time datetime=2022-08-16>16 Agustus</time></article>");
        assert_eq!(of(&page).published, Some(RawDate::Text("2022-08-16".to_owned())));
    }
}
