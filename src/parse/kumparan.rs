//! The page of an account on kumparan.com. Its cards are known by the form of their links alone, for class names change
//! with every release; dates on them are never read, because cards that are still loading show a dummy one
//! (01 April 2020). Where the page carries its state or a list as JSON, stories and dates come from there too. The mobile
//! page and the site's own feed or sitemap stand in, filtered to the account. Story pages are `extract::kumparan`'s.

use std::collections::HashMap;

use scraper::{ElementRef, Html};
use serde_json::Value;
use url::Url;

use super::selector::known;
use super::{base, feed, json_ld, one_line, sitemap, web_address, words};
use crate::gate;
use crate::model::{Document, Entry, Parsed, Problem, RawDate};

/// How long the id at the end of a story's address is.
const ID_LENGTH: usize = 11;
/// What a card says while it is loading.
const LOADING: &str = "Sedang memuat";
/// The newest stories of the whole site; it has no feed of an account.
const SITE_FEED: &str = "https://lapi.kumparan.com/v2.0/rss/";

/// What to ask for: the configured GraphQL operation, the account's page, its mobile twin, the site's feed.
pub(super) fn plan(url: &Url, query: Option<Url>) -> Vec<Url> {
    let mut plan: Vec<Url> = query.into_iter().chain([url.clone()]).collect();
    if let Some(account) = account_of(url).filter(|_| is_kumparan(url)) {
        let others = [format!("https://m.kumparan.com/amp/{account}"), SITE_FEED.to_owned()];
        plan.extend(others.iter().filter_map(|other| other.parse().ok()));
    }
    plan
}

/// Whether an address is one of kumparan's pages.
pub(super) fn is_kumparan(url: &Url) -> bool {
    matches!(
        url.host_str(),
        Some("kumparan.com" | "www.kumparan.com" | "m.kumparan.com")
    )
}

/// Reads the stories of the account at `source`; others that the document recommends or lists are left out.
pub(super) fn entries(document: &Document, source: &Url) -> Parsed<Entry> {
    let mut parsed = Parsed::default();
    let at = document.url.to_string();
    let Some(account) = account_of(source) else {
        parsed.problems.push(Problem::new(
            at,
            "this is no address of an account: expected https://kumparan.com/{account}",
        ));
        return parsed;
    };
    if let Some(answer) = answer(document) {
        return of_answer(&answer, document, source, &account);
    }
    if feed::looks_like_feed(document) {
        return of_account(feed::entries(document), document, &account);
    }
    if sitemap::looks_like_sitemap(document) {
        let listed = sitemap::entries_where(document, None, |url| story(url, &document.url, &account).is_some());
        return of_account(listed, document, &account);
    }
    let page = match gate::text(document) {
        Ok(text) => Html::parse_document(&text),
        Err(refused) => {
            parsed.problems.push(Problem::new(at, refused.to_string()));
            return parsed;
        }
    };
    parsed.items = stories(&page, document, &account);
    if parsed.items.is_empty() {
        parsed.problems.push(Problem::new(
            at,
            format!("no link to a story of {account}: has the page's design changed?"),
        ));
    }
    parsed
}

/// The account's stories that a page says were taken back.
pub(super) fn taken_back(document: &Document, source: &Url) -> Vec<Url> {
    let Some(account) = account_of(source) else {
        return Vec::new();
    };
    let (base, deleted) = match answer(document) {
        Some(answer) => (source.clone(), cards(&answer, &account).1),
        None => {
            let Some(text) = gate::text(document).ok().filter(|text| text.contains("__NEXT_DATA__")) else {
                return Vec::new();
            };
            let page = Html::parse_document(&text);
            (base(&page, document), state(&page, &account).1)
        }
    };
    let addresses = deleted.values().filter_map(|href| web_address(&base, href));
    let mut urls: Vec<Url> = addresses
        .filter_map(|url| story(&url, &base, &account))
        .map(|(url, _)| url)
        .collect();
    urls.sort();
    urls
}

/// The account's stories on a page, in the order in which links, lists and state first name them.
fn stories(page: &Html, document: &Document, account: &str) -> Vec<Entry> {
    let base = base(page, document);
    let (state, deleted) = state(page, account);
    let link = known("a[href]");
    let links = page.select(&link).map(|link| Card {
        href: link.attr("href").unwrap_or_default().to_owned(),
        title: title_of(link),
        ..Card::default()
    });
    let listed = json_ld::items(page).into_iter().map(|item| Card {
        href: item.address,
        title: item.name,
        published: item.published,
        ..Card::default()
    });
    let cards = links.chain(listed).chain(state);
    merged(cards, &deleted, |href| {
        story(&web_address(&base, href)?, &document.url, account)
    })
}

/// One entry for each story of the cards that was not taken back; `story` knows its address and id.
fn merged(
    cards: impl Iterator<Item = Card>,
    deleted: &HashMap<String, String>,
    story: impl Fn(&str) -> Option<(Url, String)>,
) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for card in cards {
        let Some((url, id)) = story(&card.href) else {
            continue;
        };
        if deleted.contains_key(&id) {
            continue;
        }
        let place = *places.entry(id).or_insert_with(|| {
            entries.push(Entry {
                url: Some(url),
                ..Entry::default()
            });
            entries.len() - 1
        });
        card.complete(&mut entries[place]);
    }
    entries
}

/// What one place of the page says of a story.
#[derive(Default)]
struct Card {
    href: String,
    title: String,
    published: Option<String>,
    updated: Option<String>,
}

impl Card {
    /// The longest title stays, and the first dates.
    fn complete(self, entry: &mut Entry) {
        if self.title.len() > entry.title.as_ref().map_or(0, String::len) {
            entry.title = Some(self.title);
        }
        entry.published = entry.published.take().or(self.published.map(RawDate::Text));
        entry.updated = entry.updated.take().or(self.updated.map(RawDate::Text));
    }
}

/// The entries of a list of the whole site that are the account's.
fn of_account(mut parsed: Parsed<Entry>, document: &Document, account: &str) -> Parsed<Entry> {
    parsed.items.retain_mut(|entry| {
        let own = entry.url.as_ref().and_then(|url| story(url, &document.url, account));
        entry.url = own.map(|(url, _)| url);
        entry.url.is_some()
    });
    if parsed.items.is_empty() {
        let what = format!("no story of {account} is among the newest of the site");
        parsed.problems.push(Problem::new(document.url.as_str(), what));
    }
    parsed
}

/// The answer to a query, if the document is one.
fn answer(document: &Document) -> Option<Value> {
    let first = document.body.iter().find(|byte| !byte.is_ascii_whitespace())?;
    matches!(first, b'{' | b'[').then(|| serde_json::from_slice(&document.body).ok())?
}

/// The account's stories in the answer to a query, whose links are relative to the account's page.
fn of_answer(answer: &Value, document: &Document, source: &Url, account: &str) -> Parsed<Entry> {
    let mut parsed = Parsed::default();
    let (cards, deleted) = cards(answer, account);
    parsed.items = merged(cards.into_iter(), &deleted, |href| {
        story(&web_address(source, href)?, source, account)
    });
    if parsed.items.is_empty() {
        let said = answer
            .pointer("/errors/0/message")
            .or(answer.pointer("/0/errors/0/message"));
        let said: String = said
            .and_then(Value::as_str)
            .unwrap_or_default()
            .chars()
            .take(80)
            .collect();
        let what = format!("the answer names no story of {account} ({said:?}): is the `query` still kumparan's?");
        parsed.problems.push(Problem::new(document.url.as_str(), what));
    }
    parsed
}

/// The account's stories in the page's state (`__NEXT_DATA__`), and those that were taken back, by
/// their ids.
fn state(page: &Html, account: &str) -> (Vec<Card>, HashMap<String, String>) {
    let scripts = known("script#__NEXT_DATA__");
    let state = page
        .select(&scripts)
        .next()
        .map(|script| script.text().collect::<String>());
    let Some(state) = state.and_then(|state| serde_json::from_str::<Value>(&state).ok()) else {
        return Default::default();
    };
    cards(&state, account)
}

/// The same of any JSON that holds stories as kumparan writes them.
fn cards(state: &Value, account: &str) -> (Vec<Card>, HashMap<String, String>) {
    let mut named = HashMap::new();
    let mut objects = Vec::new();
    let mut rest = vec![state];
    while let Some(value) = rest.pop() {
        match value {
            // Backwards, so that the order of the state is kept.
            Value::Array(values) => rest.extend(values.iter().rev()),
            Value::Object(object) => {
                objects.push(value);
                for (key, value) in object.iter().filter(|(_, value)| value.is_object() || value.is_array()) {
                    named.insert(key.as_str(), value);
                    rest.push(value);
                }
            }
            _ => {}
        }
    }
    let (mut cards, mut deleted) = (Vec::new(), HashMap::new());
    for story in objects {
        let (Some(slug), Some(title)) = (story["slug"].as_str(), story["title"].as_str()) else {
            continue;
        };
        let is_own = ["author", "publisher", "user"]
            .iter()
            .any(|owner| is_account(&story[owner], &named, account));
        let Some(slug) = whole_slug(slug, &story["id"]).filter(|_| is_own) else {
            continue;
        };
        if !story["deletedAt"].is_null() {
            let address = format!("/{account}/{slug}");
            deleted.extend(slug.rsplit_once('-').map(|(_, id)| (id.to_owned(), address)));
            continue;
        }
        let date = |key: &str| story[key].as_str().filter(|date| !date.is_empty()).map(str::to_owned);
        cards.push(Card {
            href: format!("/{account}/{slug}"),
            title: one_line(title),
            published: date("publishedAt"),
            updated: date("updatedAt"),
        });
    }
    (cards, deleted)
}

/// Whether the owner of a story is the account, itself or by reference.
fn is_account(owner: &Value, named: &HashMap<&str, &Value>, account: &str) -> bool {
    let owner = owner["__ref"]
        .as_str()
        .and_then(|name| named.get(name).copied())
        .unwrap_or(owner);
    ["username", "slug"].iter().any(|key| {
        owner[*key]
            .as_str()
            .is_some_and(|name| name.trim_start_matches('@').to_lowercase() == account)
    })
}

/// The slug with the story's id at its end, which some answers keep apart.
fn whole_slug(slug: &str, id: &Value) -> Option<String> {
    match id.as_str().filter(|id| is_id(id)) {
        Some(id) if !slug.ends_with(id) => Some(format!("{slug}-{id}")),
        _ => slug
            .rsplit_once('-')
            .is_some_and(|(_, id)| is_id(id))
            .then(|| slug.to_owned()),
    }
}

fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The account in an address of the site: `/{account}`, `/@{account}`, `/{account}/…`.
fn account_of(url: &Url) -> Option<String> {
    let account = url
        .path_segments()?
        .find(|segment| !segment.is_empty() && *segment != "amp")?;
    Some(account.trim_start_matches('@').to_lowercase()).filter(|account| !account.is_empty())
}

/// The plain address and the id of a story of this account: `/{account}/{slug}-{id}`, also in its mobile form.
/// Links may stay on the page's own host, whatever that is, or lead to one of kumparan's.
fn story(url: &Url, page: &Url, account: &str) -> Option<(Url, String)> {
    let is_kumparan = is_kumparan(url);
    if !is_kumparan && url.origin() != page.origin() {
        return None;
    }
    let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    let [owner, slug] = *segments.strip_prefix(&["amp"]).unwrap_or(&segments) else {
        return None;
    };
    let (words, id) = slug.rsplit_once('-')?;
    let is_story = owner.trim_start_matches('@').to_lowercase() == account && !words.is_empty() && is_id(id);
    let plain = if is_kumparan {
        Url::parse(&format!("https://kumparan.com/{account}/{slug}")).ok()?
    } else {
        page.join(&format!("/{account}/{slug}")).ok()?
    };
    is_story.then(|| (plain, id.to_owned()))
}

/// The heading in a link, else all its words.
fn title_of(link: ElementRef<'_>) -> String {
    let heading = link
        .select(&known("h1, h2, h3, h4, h5, h6"))
        .map(words)
        .find(|heading| !heading.is_empty());
    heading
        .or_else(|| Some(words(link)))
        .filter(|title| !title.starts_with(LOADING))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{document, strings, urls};
    use super::*;

    const ACCOUNT: &str = "https://kumparan.com/lajer-channel";
    const QUERY: &str = "https://cdn-graphql-v4.kumparan.com/query?operationName=FindStoryFeedByPublisherID";

    fn of(url: &str, body: &str) -> Parsed<Entry> {
        entries(&document(url, body), &ACCOUNT.parse().unwrap())
    }

    fn with_state(state: &str) -> Parsed<Entry> {
        let script = format!("<script id=\"__NEXT_DATA__\" type=\"application/json\">{state}</script>");
        let card = "<a href=/lajer-channel/razia-gabungan-1yfWcrHMSmQ>Razia</a><span>01 April 2020</span>";
        of(ACCOUNT, &format!("{card}{script}"))
    }

    #[test]
    fn a_poll_falls_back_to_the_mobile_page_and_the_sites_feed() {
        let expected = [
            ACCOUNT,
            "https://m.kumparan.com/amp/lajer-channel",
            "https://lapi.kumparan.com/v2.0/rss/",
        ];
        assert_eq!(strings(&plan(&ACCOUNT.parse().unwrap(), None)), expected);
        let copy = "http://127.0.0.1:8080/lajer-channel";
        assert_eq!(strings(&plan(&copy.parse().unwrap(), None)), [copy]);
        let asked = plan(&ACCOUNT.parse().unwrap(), QUERY.parse().ok());
        assert_eq!(asked[0].as_str(), QUERY);
        assert_eq!(strings(&asked[1..]), expected);
    }

    #[test]
    fn the_answer_to_a_query_names_the_accounts_stories() {
        let story = |number: usize, owner: &str, deleted: &str| {
            format!(
                r#"{{"slug":"razia-{number}","id":"1yfWcrHMS{number:02}","title":"Razia {number}",
                "publishedAt":"2022-08-15T19:30:00Z","deletedAt":{deleted},"author":{{"username":"{owner}"}}}}"#
            )
        };
        let mut stories: Vec<String> = (10..40).map(|number| story(number, "lajer-channel", "null")).collect();
        stories.push(story(50, "kanalbali", "null"));
        stories.push(story(51, "lajer-channel", "\"2022-09-01T00:00:00Z\""));
        let data = format!(
            r#"{{"data":{{"Feed":{{"edges":[{}],"cursorInfo":{{}}}}}}}}"#,
            stories.join(",")
        );
        for body in [data.clone(), format!("\n[{data}]")] {
            let parsed = of(QUERY, &body);
            assert_eq!(parsed.problems, []);
            assert_eq!(parsed.items.len(), 30);
            assert_eq!(urls(&parsed)[0], format!("{ACCOUNT}/razia-10-1yfWcrHMS10"));
            let published = Some(RawDate::Text("2022-08-15T19:30:00Z".to_owned()));
            assert!(parsed.items.iter().all(|entry| entry.published == published));
            let taken = taken_back(&document(QUERY, &body), &ACCOUNT.parse().unwrap());
            assert_eq!(strings(&taken), [format!("{ACCOUNT}/razia-51-1yfWcrHMS51")]);
        }
    }

    #[test]
    fn an_answer_without_stories_is_a_problem_that_says_why() {
        let refused = of(QUERY, r#"{"errors":[{"message":"PersistedQueryNotFound"}]}"#);
        assert_eq!(refused.items, []);
        assert!(
            refused.problems[0].what.contains("PersistedQueryNotFound"),
            "{refused:?}"
        );
        assert_eq!(of(QUERY, "{\"data\":").items, []);
    }

    #[test]
    fn the_pages_state_has_titles_and_dates_that_cards_lack() {
        let parsed = with_state(
            r#"{"props":{"a":[{"slug":"razia-gabungan-1yfWcrHMSmQ","title":"Razia Gabungan di Blok A","id":"77",
                "publishedAt":"2022-08-15T19:30:00.000Z","deletedAt":null,"author":{"username":"Lajer-Channel"}},
                {"slug":"apel-pagi","id":"1yg0aBcD3Ef","title":"Apel Pagi","publisher":{"slug":"lajer-channel"}}]}}"#,
        );
        let base = "https://kumparan.com/lajer-channel";
        assert_eq!(
            urls(&parsed),
            [
                format!("{base}/razia-gabungan-1yfWcrHMSmQ"),
                format!("{base}/apel-pagi-1yg0aBcD3Ef")
            ]
        );
        assert_eq!(parsed.items[0].title.as_deref(), Some("Razia Gabungan di Blok A"));
        assert_eq!(
            parsed.items[0].published,
            Some(RawDate::Text("2022-08-15T19:30:00.000Z".to_owned()))
        );
    }

    #[test]
    fn stories_of_others_and_those_taken_back_are_left_out() {
        let parsed = with_state(
            r#"{"s":{"User:1":{"username":"kanalbali"},"User:2":{"username":"lajer-channel"},
                "a":{"slug":"gempa-1yfLmNoPqR5","title":"Gempa","author":{"__ref":"User:1"}},
                "b":{"slug":"razia-gabungan-1yfWcrHMSmQ","title":"Razia","deletedAt":"2022-09-01T00:00:00Z","author":{"__ref":"User:2"}}}}"#,
        );
        assert_eq!(parsed.items, []);
        assert_eq!(parsed.problems.len(), 1);
        assert_eq!(with_state("{\"s\":").items.len(), 1, "damaged state costs only itself");
    }

    #[test]
    fn of_the_sites_lists_only_the_accounts_stories_are_read() {
        let link = |account: &str| format!("https://kumparan.com/{account}/razia-1yfWcrHMSmQ");
        let feed = format!(
            "<rss version='2.0'><channel><item><link>{}</link></item><item><link>{}?utm_source=rss</link></item></channel></rss>",
            link("kumparannews"),
            link("lajer-channel")
        );
        let own = [link("lajer-channel")];
        assert_eq!(urls(&of("https://lapi.kumparan.com/v2.0/rss/", &feed)), own);
        let map = format!(
            "<urlset><url><loc>{}</loc></url><url><loc>{}</loc></url></urlset>",
            link("kumparannews"),
            link("lajer-channel")
        );
        assert_eq!(urls(&of("https://kumparan.com/sitemap_basic.xml", &map)), own);
    }
}
