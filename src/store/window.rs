//! The fingerprints of the articles of the last days, by which their copies are found: the file `window`, beside the store's
//! own. They are made of words, and the store has the words: so nothing waits until they are on disk, no backup has them,
//! and whatever is wrong with the file, it is made anew. (In sled and the journal they were four tenths of all bytes.)
//!
//! After its title, which names the program's version, come the least article it is complete from as `u64`, and groups
//! `[length u32][crc32c u32 of the rest][place u128]` with `[article u64][length u32][record]` for each article,
//! little-endian; a later record of an article counts. A group has all that the journal's frames up to its number tell of.

use std::collections::{BTreeSet, VecDeque};
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::codec;
use super::journal::{self, Place};
use super::keys::{self, Tree};
use super::{Error, Store, StoredArticle};
use crate::dedupe::Fingerprint;
use crate::model::ArticleId;

/// Its name in a store's folder.
pub const WINDOW: &str = "window";

/// Another version of the program may make other fingerprints.
const TITLE: &str = concat!("warta window 1 of ", env!("CARGO_PKG_VERSION"), "\n");

/// Length and checksum of a group.
const HEAD: usize = 8;

/// The place of a group's frame.
const PLACE: usize = 16;

/// Number and length of a record.
const ENTRY: usize = 12;

/// No group is longer.
const LONGEST_GROUP: usize = 1 << 28;

/// So many articles at once where it is made anew.
const GROUP: usize = 1_000;

/// The file is written anew once it has more dead bytes than these, and than living ones.
const WORTH_IT: u64 = 4 << 20;

/// The open window. The writer's alone.
#[derive(Debug)]
pub struct Window {
    store: Store,
    path: PathBuf,
    /// Nothing after a failed write: then there are no more fingerprints than those that can be made.
    file: Option<File>,
    length: u64,
    dead: u64,
    /// In the order of their articles.
    entries: VecDeque<Entry>,
}

/// Where an article's record is.
#[derive(Clone, Copy, Debug)]
struct Entry {
    article: ArticleId,
    length: u32,
    at: u64,
}

impl Store {
    /// Opens the window from this article on and hands every fingerprint to `visit`, an article's last one last. What the file
    /// lacks is made from the articles.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn window(&self, from: ArticleId, mut visit: impl FnMut(ArticleId, &Fingerprint)) -> Result<Window, Error> {
        let last = self.journal().last();
        let path = self.inner.path.join(WINDOW);
        let opened = Window::open(self, &path, from, &mut visit).and_then(|(window, place)| {
            let lacks = self.articles_between(place, last)?;
            Some((window, lacks.range(from..).copied().collect()))
        });
        let (mut window, lacks): (Window, Vec<ArticleId>) = match opened {
            Some(opened) => opened,
            None => (Window::create(self, &path, from), self.articles_from(from)?),
        };
        for group in lacks.chunks(GROUP) {
            let mut made = Vec::with_capacity(group.len());
            for article in group {
                made.extend(self.fingerprint(*article)?.map(|fingerprint| (*article, fingerprint)));
            }
            made.iter()
                .for_each(|(article, fingerprint)| visit(*article, fingerprint));
            window.append(&made);
        }
        Ok(window)
    }

    /// An article's fingerprint, made from its words; of one whose words were taken out, what was kept in their place.
    pub fn fingerprint(&self, id: ArticleId) -> Result<Option<Fingerprint>, Error> {
        match self.article(id)? {
            Some(stored) if !stored.blanked => Ok(Some(Fingerprint::of(&stored.article))),
            Some(_) => self.record(Tree::Fingerprint, &keys::id(id.0)),
            None => Ok(None),
        }
    }

    fn articles_from(&self, from: ArticleId) -> Result<Vec<ArticleId>, Error> {
        let rows = self.rows(self.tree(Tree::Article).map(|tree| tree.range(keys::id(from.0)..)));
        let ids = rows.map(|row| row.map(|(key, _)| keys::read_id(&key).map(ArticleId)));
        ids.filter_map(Result::transpose).collect()
    }

    /// The articles that frames after a place have written; `None` where the journal does not know that place.
    fn articles_between(&self, place: Place, last: Place) -> Option<BTreeSet<ArticleId>> {
        if place == last {
            return Some(BTreeSet::new());
        }
        let (mut reached, mut articles) = (Place::default(), BTreeSet::new());
        let visit = |frame: journal::Frame, at: Place| -> Result<(), journal::Error> {
            reached = at;
            let rows = frame.rows.iter().filter(|row| row.tree == Tree::Article);
            articles.extend(rows.filter_map(|row| keys::read_id(&row.key)).map(ArticleId));
            Ok(())
        };
        let folder = self.inner.path.join("journal");
        journal::read(&folder, place.sequence, last.sequence, place, visit).ok()?;
        (reached == last).then_some(articles)
    }
}

/// What is kept of an article whose words are taken out, so that its copies are still recognised.
pub fn kept_of(stored: &StoredArticle) -> Vec<u8> {
    codec::encode_hashes(&Fingerprint::of(&stored.article))
}

impl Window {
    /// An empty one.
    fn create(store: &Store, path: &Path, from: ArticleId) -> Window {
        let mut window = Window {
            store: store.clone(),
            path: path.to_owned(),
            file: None,
            length: 0,
            dead: 0,
            entries: VecDeque::new(),
        };
        let head = [TITLE.as_bytes(), &from.0.to_le_bytes()].concat();
        let create = || -> io::Result<File> {
            let mut file = File::options()
                .create(true)
                .truncate(true)
                .read(true)
                .write(true)
                .open(path)?;
            file.write_all(&head)?;
            Ok(file)
        };
        match create() {
            Ok(file) => (window.file, window.length) = (Some(file), head.len() as u64),
            Err(error) => window.give_up(&error),
        }
        window
    }

    /// The one that is there, cut behind its last whole group, and that group's place; `None` where it is of no use.
    fn open(
        store: &Store,
        path: &Path,
        from: ArticleId,
        visit: &mut impl FnMut(ArticleId, &Fingerprint),
    ) -> Option<(Window, Place)> {
        let file = File::options().read(true).write(true).open(path).ok()?;
        let mut input = BufReader::with_capacity(256 << 10, file.try_clone().ok()?);
        let mut head = [0; TITLE.len() + 8];
        input.read_exact(&mut head).ok()?;
        let complete_from = u64::from_le_bytes(*head.last_chunk()?);
        if !head.starts_with(TITLE.as_bytes()) || complete_from > from.0 {
            return None;
        }
        let mut window = Window {
            store: store.clone(),
            path: path.to_owned(),
            file: None,
            length: head.len() as u64,
            dead: 0,
            entries: VecDeque::new(),
        };
        let mut place = None;
        while let Some(group) = next_group(&mut input) {
            place = Some(window.read(&group, from, visit)?);
        }
        file.set_len(window.length).ok()?;
        window.file = Some(file);
        Some((window, place?))
    }

    /// Reads a group that follows what is known.
    fn read(
        &mut self,
        group: &[u8],
        from: ArticleId,
        visit: &mut impl FnMut(ArticleId, &Fingerprint),
    ) -> Option<Place> {
        let (place, mut rest) = group.split_first_chunk::<PLACE>()?;
        let mut at = self.length + (HEAD + PLACE) as u64;
        while let Some((entry, records)) = rest.split_first_chunk::<ENTRY>() {
            let (article, length) = entry.split_first_chunk()?;
            let article = ArticleId(u64::from_le_bytes(*article));
            let length = u32::from_le_bytes(*length.first_chunk()?);
            let (record, others) = records.split_at_checked(length as usize)?;
            at += ENTRY as u64;
            if article >= from {
                visit(article, &codec::decode(record).ok()?);
                self.note(Entry { article, length, at });
            } else {
                self.dead += u64::from(length) + ENTRY as u64;
            }
            at += u64::from(length);
            rest = others;
        }
        self.length += (HEAD + group.len()) as u64;
        Some(Place::of(u128::from_le_bytes(*place)))
    }

    /// The fingerprint of an article; `None` where it is not in the window.
    pub fn get(&self, article: ArticleId) -> Option<Fingerprint> {
        let entry = self.entries.get(self.position(article))?;
        if entry.article != article {
            return None;
        }
        codec::decode(&self.record_of(*entry).ok()?).ok()
    }

    /// The newest article in it; 0 in an empty one.
    pub fn newest(&self) -> ArticleId {
        self.entries.back().map_or(ArticleId(0), |entry| entry.article)
    }

    fn record_of(&self, entry: Entry) -> io::Result<Vec<u8>> {
        let file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let mut record = vec![0; entry.length as usize];
        file.read_exact_at(&mut record, entry.at)?;
        Ok(record)
    }

    /// Adds what was written to the store as its last group, or puts it in the place of what was there.
    pub fn append(&mut self, fingerprints: &[(ArticleId, Fingerprint)]) {
        if self.file.is_none() || fingerprints.is_empty() {
            return;
        }
        let records = fingerprints.iter();
        let records: Vec<(ArticleId, Vec<u8>)> = records
            .map(|(article, fingerprint)| (*article, codec::encode_hashes(fingerprint)))
            .collect();
        if let Err(error) = self.append_records(&records) {
            self.give_up(&error);
        }
    }

    fn append_records(&mut self, records: &[(ArticleId, Vec<u8>)]) -> io::Result<()> {
        let place = self.store.journal().last();
        let mut group = place.watermark().to_le_bytes().to_vec();
        let mut entries = Vec::with_capacity(records.len());
        for (article, record) in records {
            let length = u32::try_from(record.len()).map_err(io::Error::other)?;
            group.extend(article.0.to_le_bytes());
            group.extend(length.to_le_bytes());
            let at = self.length + (HEAD + group.len()) as u64;
            entries.push(Entry {
                article: *article,
                length,
                at,
            });
            group.extend(record);
        }
        let mut head = u32::try_from(group.len())
            .map_err(io::Error::other)?
            .to_le_bytes()
            .to_vec();
        head.extend(crc32c::crc32c(&group).to_le_bytes());
        let group = [head, group].concat();
        let file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        file.write_all_at(&group, self.length)?;
        self.length += group.len() as u64;
        entries.into_iter().for_each(|entry| self.note(entry));
        Ok(())
    }

    /// Forgets what came before this article.
    pub fn evict_before(&mut self, article: ArticleId) {
        while let Some(entry) = self.entries.pop_front_if(|entry| entry.article < article) {
            self.dead += u64::from(entry.length) + ENTRY as u64;
        }
        if self.dead > WORTH_IT.max(self.length / 2)
            && let Err(error) = self.write_anew(article)
        {
            self.give_up(&error);
        }
    }

    /// Writes the file without what is dead.
    fn write_anew(&mut self, from: ArticleId) -> io::Result<()> {
        let unfinished = self.path.with_extension("unfinished");
        let mut new = Window::create(&self.store, &unfinished, from);
        let live: Vec<Entry> = self.entries.iter().copied().collect();
        for group in live.chunks(GROUP) {
            let records = group.iter().map(|entry| Ok((entry.article, self.record_of(*entry)?)));
            new.append_records(&records.collect::<io::Result<Vec<_>>>()?)?;
        }
        fs::rename(&unfinished, &self.path)?;
        new.path = std::mem::take(&mut self.path);
        *self = new;
        Ok(())
    }

    /// The place of an article among the entries, be it there or not.
    fn position(&self, article: ArticleId) -> usize {
        self.entries.partition_point(|entry| entry.article < article)
    }

    fn note(&mut self, entry: Entry) {
        let at = self.position(entry.article);
        match self.entries.get_mut(at).filter(|known| known.article == entry.article) {
            Some(known) => {
                let before = std::mem::replace(known, entry);
                self.dead += u64::from(before.length) + ENTRY as u64;
            }
            None => self.entries.insert(at, entry),
        }
    }

    /// Goes on without the file, which is made anew the next time.
    fn give_up(&mut self, error: &io::Error) {
        tracing::warn!(path = %self.path.display(), %error, "cannot keep the window; its fingerprints are made when they are needed");
        self.file = None;
        // What is left of it would be found to lack something.
        let _ = fs::remove_file(&self.path);
    }
}

/// The next group that is whole, behind its head.
fn next_group(input: &mut impl Read) -> Option<Vec<u8>> {
    let mut head = [0; HEAD];
    input.read_exact(&mut head).ok()?;
    let (length, sum) = head.split_first_chunk()?;
    let length = u32::from_le_bytes(*length) as usize;
    let mut group = vec![0; Some(length).filter(|length| (PLACE..=LONGEST_GROUP).contains(length))?];
    input.read_exact(&mut group).ok()?;
    (crc32c::crc32c(&group).to_le_bytes() == *sum).then_some(group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dedupe::tests::article;
    use crate::model::{Joined, RegionCode, RegionMatch, StoryId};
    use crate::store::journal::Row;
    use crate::store::{Store, encode};

    fn open(folder: &Path) -> Store {
        Store::open(folder, "warta.example.id,2026").unwrap()
    }

    fn stored(n: u64, words: &str) -> StoredArticle {
        StoredArticle {
            id: ArticleId(n),
            story: StoryId(n),
            region: RegionMatch {
                event: RegionCode::INDONESIA,
                unit: None,
                evidence: vec![],
                satker: None,
            },
            article: article(
                "a",
                &format!("https://a.example/{n}"),
                &format!("Kalapas Jember {words} {n}. ").repeat(9),
            ),
            joined: Joined::default(),
            blanked: false,
        }
    }

    fn put(store: &Store, stored: &StoredArticle) {
        let row = Row {
            tree: Tree::Article,
            key: keys::id(stored.id.0),
            value: Some(encode(stored)),
        };
        store.commit(&[row]).unwrap();
    }

    fn print(stored: &StoredArticle) -> (ArticleId, Fingerprint) {
        (stored.id, Fingerprint::of(&stored.article))
    }

    /// Opens the window, and says what it handed over.
    fn window(store: &Store, from: u64) -> (Window, Vec<(ArticleId, Fingerprint)>) {
        let mut visited = Vec::new();
        let window = store.window(ArticleId(from), |id, print| visited.push((id, print.clone())));
        (window.unwrap(), visited)
    }

    /// A store with a window in which articles 1 to 3 are.
    fn three(folder: &Path) -> Vec<StoredArticle> {
        let store = open(folder);
        let articles: Vec<StoredArticle> = (1..4).map(|n| stored(n, "memimpin apel")).collect();
        let (mut window, visited) = window(&store, 0);
        assert!(visited.is_empty());
        for article in &articles {
            put(&store, article);
            window.append(&[print(article)]);
        }
        articles
    }

    #[test]
    fn what_was_kept_comes_back_in_order_and_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let articles = three(folder.path());
        let before = fs::read(folder.path().join(WINDOW)).unwrap();
        let store = open(folder.path());
        let (kept, visited) = window(&store, 2);
        assert_eq!(visited, articles[1..].iter().map(print).collect::<Vec<_>>());
        assert_eq!(kept.get(ArticleId(3)), Some(print(&articles[2]).1));
        assert_eq!((kept.get(ArticleId(1)), kept.get(ArticleId(9))), (None, None));
        assert_eq!(
            fs::read(folder.path().join(WINDOW)).unwrap(),
            before,
            "nothing was made anew"
        );
    }

    #[test]
    fn what_a_crash_kept_from_the_file_is_made_from_the_articles() {
        let folder = tempfile::tempdir().unwrap();
        let mut articles = three(folder.path());
        let store = open(folder.path());
        // Neither a changed nor a new article came into the file.
        articles[1] = stored(2, "menutup apel");
        articles.push(stored(4, "memimpin apel"));
        put(&store, &articles[1]);
        put(&store, &articles[3]);
        let (kept, visited) = window(&store, 0);
        assert_eq!(visited[3..], [print(&articles[1]), print(&articles[3])]);
        assert_eq!(kept.get(ArticleId(2)), Some(print(&articles[1]).1));
        let (_, again) = window(&store, 0);
        assert_eq!(again.len(), 5, "both are in the file now");
    }

    #[test]
    fn a_file_that_is_damaged_lost_or_of_another_history_is_made_good() {
        type Spoil = fn(&mut Vec<u8>);
        let wrong: [(&str, Spoil); 6] = [
            ("torn", |bytes| bytes.truncate(bytes.len() - 5)),
            ("flipped in the first group", |bytes| bytes[90] ^= 1),
            ("flipped in the last group", |bytes| *bytes.last_mut().unwrap() ^= 1),
            ("of another version", |bytes| bytes[20] ^= 1),
            ("another file", |bytes| *bytes = b"x".to_vec()),
            // Its last group has the number of a frame, and the mark of another.
            ("of another history", |bytes| {
                let other = tempfile::tempdir().unwrap();
                let store = open(other.path());
                let (mut window, _) = window(&store, 0);
                for n in 1..4 {
                    let article = stored(n, "membuka pameran");
                    put(&store, &article);
                    window.append(&[print(&article)]);
                }
                *bytes = fs::read(other.path().join(WINDOW)).unwrap();
            }),
        ];
        for (what, spoil) in wrong {
            let folder = tempfile::tempdir().unwrap();
            let articles = three(folder.path());
            let path = folder.path().join(WINDOW);
            let mut bytes = fs::read(&path).unwrap();
            spoil(&mut bytes);
            fs::write(&path, bytes).unwrap();
            let store = open(folder.path());
            for _ in 0..2 {
                let (kept, _) = window(&store, 0);
                for article in &articles {
                    assert_eq!(kept.get(article.id), Some(print(article).1), "{what}");
                }
            }
        }
    }

    #[test]
    fn of_an_article_without_words_what_was_kept_of_them_counts() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let mut withdrawn = stored(1, "memimpin apel");
        let (id, before) = print(&withdrawn);
        let row = Row {
            tree: Tree::Fingerprint,
            key: keys::id(1),
            value: Some(kept_of(&withdrawn)),
        };
        store.commit(&[row]).unwrap();
        withdrawn.blank();
        put(&store, &withdrawn);
        let (kept, visited) = window(&store, 0);
        assert_eq!((kept.get(id), visited.len()), (Some(before), 1));
    }

    #[test]
    fn what_left_the_window_leaves_the_file_once_that_is_worth_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let (mut kept, _) = window(&store, 0);
        let one = print(&stored(1, "memimpin apel")).1;
        let length = |kept: &Window| fs::metadata(&kept.path).unwrap().len();
        put(&store, &stored(1, "memimpin apel"));
        let all: Vec<_> = (0..40_000).map(|n| (ArticleId(n), one.clone())).collect();
        kept.append(&all);
        let full = length(&kept);
        kept.evict_before(ArticleId(100));
        assert_eq!(length(&kept), full);
        kept.evict_before(ArticleId(39_990));
        assert!(length(&kept) < full / 1_000, "{} of {full}", length(&kept));
        assert_eq!(
            (kept.get(ArticleId(39_989)), kept.get(ArticleId(39_990))),
            (None, Some(one))
        );
        drop(kept);
        assert_eq!(window(&store, 39_990).1.len(), 10);
        // What is asked for reaches back further than the file: it is made from the articles.
        assert_eq!(window(&store, 0).1.len(), 1);
    }

    #[test]
    fn a_disk_that_takes_nothing_costs_no_fingerprint() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        put(&store, &stored(1, "memimpin apel"));
        fs::create_dir(folder.path().join(WINDOW)).unwrap();
        let (mut kept, visited) = window(&store, 0);
        assert_eq!(visited, [print(&stored(1, "memimpin apel"))]);
        kept.append(&visited);
        assert_eq!(kept.get(ArticleId(1)), None);
        assert_eq!(store.fingerprint(ArticleId(1)).unwrap(), Some(visited[0].1.clone()));
    }
}
