//! Whether everything in a store agrees: every index names what is there, everything that is there is named by every
//! index, and nothing twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use warta::dedupe::{Fingerprint, Keys};
use warta::model::{RegionCode, Scope, Story, StoryId};
use warta::store::keys::Tree;
use warta::store::{Error, Store};

/// Reads all of a store, and gives the story that each address is in.
///
/// # Panics
/// Where two parts of it do not agree.
pub fn agree(store: &Store) -> Result<BTreeMap<String, StoryId>, Error> {
    let mut addresses = BTreeMap::new();
    let mut listed: HashMap<Scope, BTreeSet<StoryId>> = HashMap::new();
    let mut ids = BTreeSet::new();
    for detail in store.newest(&Scope::Region(RegionCode::INDONESIA)) {
        let story = detail?.story;
        assert!(ids.insert(story.id), "{} is listed twice", story.id);
        for scope in story.scopes() {
            listed.entry(scope).or_default().insert(story.id);
        }
        for address in members(store, &story)? {
            let other = addresses.insert(address.clone(), story.id);
            assert!(other.is_none(), "{address} is in {} and in {other:?}", story.id);
        }
    }
    for (scope, expected) in &listed {
        let found = store.newest(scope).map(|detail| detail.map(|detail| detail.story.id));
        let found = found.collect::<Result<BTreeSet<_>, _>>()?;
        assert_eq!(&found, expected, "the list of {scope:?}");
        assert_eq!(store.count(scope), expected.len() as u64, "the count of {scope:?}");
        let months = store.arrival_months(scope)?.into_iter();
        let arrivals = months.map(|month| store.arrivals(scope, month));
        let arrived: BTreeSet<StoryId> = arrivals.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        assert!(arrived.is_superset(expected), "some of {scope:?} never arrived");
    }
    let counted: BTreeSet<RegionCode> = store
        .counts()
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(code, _)| code)
        .collect();
    let expected = listed.keys().filter_map(|scope| match scope {
        Scope::Region(code) => Some(*code),
        Scope::Satker(_) => None,
    });
    assert_eq!(counted, expected.collect(), "the regions that are counted");
    let records = store.stories_after(StoryId(0)).map(|story| story.map(|story| story.id));
    assert_eq!(
        records.collect::<Result<BTreeSet<_>, _>>()?,
        ids,
        "the records and the list"
    );
    let kept = store.backup(io::sink())?;
    assert_eq!(kept.articles, addresses.len() as u64, "articles that no story has");
    Ok(addresses)
}

/// The addresses of a story's articles, each of which leads to it.
fn members(store: &Store, story: &Story) -> Result<Vec<String>, Error> {
    let mut addresses = Vec::new();
    for member in &story.members {
        let id = member.article;
        let stored = store
            .article(id)?
            .unwrap_or_else(|| panic!("{} lacks article {id:?}", story.id));
        assert_eq!((stored.id, stored.story), (id, story.id), "{}", member.url);
        assert_eq!(stored.article.url, member.url);
        let keys = Keys::of(&stored.article);
        assert_eq!(
            store.indexed(Tree::Url, &keys.url.to_be_bytes())?,
            Some(id),
            "{}",
            member.url
        );
        if let Some(key) = keys.guid_key() {
            assert_eq!(store.indexed(Tree::Guid, &key)?, Some(id), "the guid of {}", member.url);
        }
        if let Some(text) = keys.exact {
            let same = store.indexed(Tree::Exact, &text.to_be_bytes())?;
            let same = same.map_or(Ok(None), |same| store.article(same))?;
            let same = same.unwrap_or_else(|| panic!("the text of {} leads to nothing", member.url));
            assert_eq!(same.story, story.id, "the text of {}", member.url);
        }
        assert!(
            store.fingerprint::<Fingerprint>(id)?.is_some(),
            "{} has no fingerprint",
            member.url
        );
        addresses.push(member.url.clone());
    }
    let has = |id| story.members.iter().any(|member| member.article == id);
    assert!(
        has(story.representative),
        "{} is represented by another's article",
        story.id
    );
    Ok(addresses)
}
