//! The index itself: its fields, its files, how it is written.

use std::fs::{self, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tantivy::directory::error::{LockError, OpenReadError};
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, TantivyError, Term};
use xxhash_rust::xxh3::Xxh3;

use super::ask::{Asked, found};
use super::fold::{Stems, words};
use super::query::Parsed;
use super::{Document, Error, Excerpt, Filters, Found, Order, RebuildError};
use crate::model::{Story, StoryId};

/// Goes up when the same stories would be indexed otherwise; an index of another version is begun anew.
const VERSION: u32 = 1;

/// What the writer may keep in memory before it writes, in bytes: the least that the engine takes.
const WRITER_MEMORY: usize = 15_000_000;

/// So many documents are written at once when everything is: the engine's queue holds them all, beside its memory.
const BATCH: usize = 500;

/// No more places are marked in a text.
const MOST_MARKS: usize = 200;

/// The file that says that the index is open. tantivy's own lock can be had only for an index that is whole.
const LOCK: &str = "warta.lock";

/// The fields that are read by name.
pub const ID: &str = "id";
pub const PLACE: &str = "place";

/// The index, open for reading and writing.
pub struct Search {
    path: PathBuf,
    /// Held for as long as the index is open; the system frees it with the process.
    _lock: fs::File,
    fields: Fields,
    stems: Stems,
    /// What the state of an index begins with that can be kept.
    version: String,
    index: Index,
    writer: Mutex<Writer>,
    reader: IndexReader,
}

struct Writer {
    /// Nothing after a change that failed: the engine's writer takes no more then, or would bring half of the change with
    /// the next one. Another one begins where the last change that was written ended.
    index: Option<IndexWriter>,
    watermark: Option<u64>,
}

/// The fields of a document.
#[derive(Clone, Copy)]
pub struct Fields {
    /// The story.
    pub id: Field,
    /// Arrival and the low bits of the id, see [`place`].
    pub place: Field,
    /// The words of the title.
    pub title: Field,
    /// Those of the names of unit and regions.
    pub names: Field,
    /// Those of the text.
    pub text: Field,
    /// The stems of all three.
    pub stems: Field,
    /// The region, and the unit's, with all around them.
    pub region: Field,
    /// The unit.
    pub satker: Field,
    /// The kind of unit.
    pub kind: Field,
    /// 1, if a unit published it itself.
    pub of_unit: Field,
    /// In milliseconds.
    pub published: Field,
}

impl Search {
    /// Opens the index in a folder. One that is missing, damaged or of another version is begun anew, without a watermark.
    /// Words of `place_names` are never taken for inflected ones. Reads the whole index once, to check it.
    pub fn open<'a>(path: &Path, place_names: impl IntoIterator<Item = &'a str>) -> Result<Search, Error> {
        let stems = Stems::new(place_names);
        let version = version(&stems);
        let io = |error: io::Error| fault(path, TantivyError::from(error));
        fs::create_dir_all(path).map_err(io)?;
        let lock = fs::File::create(path.join(LOCK)).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        let (schema, fields) = schema();
        let (index, watermark) = match kept(path, &schema, &version) {
            Ok(Some(kept)) => kept,
            Err(error) if is_refusal(&error) => return Err(fault(path, error)),
            Ok(None) | Err(_) => {
                clear(path).map_err(io)?;
                let index = Index::create_in_dir(path, schema).map_err(|error| fault(path, error))?;
                (index, None)
            }
        };
        let writer = writer(&index).map_err(|error| fault(path, error))?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
        Ok(Search {
            path: path.to_owned(),
            _lock: lock,
            fields,
            stems,
            version,
            index,
            writer: Mutex::new(Writer {
                index: Some(writer),
                watermark,
            }),
            reader: reader.map_err(|error| fault(path, error))?,
        })
    }

    /// What was handed in with the last change; `None` for an index that must be rebuilt.
    pub fn watermark(&self) -> Option<u64> {
        self.writer().watermark
    }

    /// Goes up with every change of what can be found, while the index is open. Waits for nobody, unlike the watermark.
    pub fn generation(&self) -> u64 {
        self.reader.searcher().generation().generation_id()
    }

    /// How many stories can be found.
    pub fn len(&self) -> usize {
        usize::try_from(self.reader.searcher().num_docs()).unwrap_or(usize::MAX)
    }

    /// Whether no story can be found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts stories in the place of what they were before, takes others out, and notes the watermark: all of it or, at
    /// an error, nothing. A withdrawn story is taken out. A watermark without any story is noted as well.
    pub fn index(
        &self,
        documents: impl IntoIterator<Item = Document>,
        deleted: &[StoryId],
        watermark: u64,
    ) -> Result<(), Error> {
        self.change(|writer, noted| {
            for document in documents {
                self.put(writer, &document)?;
            }
            for story in deleted {
                writer.delete_term(Term::from_field_u64(self.fields.id, story.0));
            }
            self.commit(writer, noted, Some(watermark))
        })
    }

    /// Takes a story out at once: it was withdrawn.
    pub fn delete(&self, story: StoryId) -> Result<(), Error> {
        self.change(|writer, noted| {
            writer.delete_term(Term::from_field_u64(self.fields.id, story.0));
            let watermark = *noted;
            self.commit(writer, noted, watermark)
        })
    }

    /// Begins anew with all stories. What could be found before can be found until the first of them are written; the
    /// watermark is there only at the end.
    pub fn rebuild<Source>(
        &self,
        documents: impl IntoIterator<Item = Result<Document, Source>>,
        watermark: u64,
    ) -> Result<(), RebuildError<Source>> {
        self.change(|writer, noted| {
            writer.delete_all_documents().map_err(|error| self.fault(error))?;
            *noted = None;
            for (count, document) in documents.into_iter().enumerate() {
                self.put(writer, &document.map_err(RebuildError::Source)?)?;
                if count % BATCH == BATCH - 1 {
                    self.commit(writer, noted, None)?;
                }
            }
            Ok(self.commit(writer, noted, Some(watermark))?)
        })
    }

    /// Makes a change, with the engine's writer and the watermark that is noted.
    fn change<Fault: From<Error>>(
        &self,
        make: impl FnOnce(&mut IndexWriter, &mut Option<u64>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut guard = self.writer();
        let mut index = match guard.index.take() {
            Some(index) => index,
            None => writer(&self.index).map_err(|error| self.fault(error))?,
        };
        make(&mut index, &mut guard.watermark)?;
        guard.index = Some(index);
        Ok(())
    }

    /// The stories that fit what was typed: words that must all be there, phrases in quotation marks, -words that must
    /// not. Nothing typed fits everything that the filters let through. Any text is a query.
    ///
    /// # Errors
    /// Only when the index cannot be read.
    pub fn query(
        &self,
        text: &str,
        filters: &Filters,
        order: Order,
        limit: usize,
        offset: usize,
    ) -> Result<Found, Error> {
        let parsed = Parsed::of(text);
        let query = Asked {
            fields: &self.fields,
            stems: &self.stems,
        }
        .query(&parsed, filters);
        let searcher = self.reader.searcher();
        let by_time = order == Order::Newest || parsed.wanted.is_empty();
        let found = found(&searcher, &query, by_time, limit, offset);
        found.map_err(|error| self.fault(error))
    }

    /// The part of a text, at most so many bytes, where most of what was typed is found; its beginning, if nothing is.
    pub fn excerpt(&self, typed: &str, text: &str, length: usize) -> Excerpt {
        Excerpt::around(self.marks(typed, text), text, length)
    }

    /// The places in a text, a title say, where what was typed is found: in bytes, in order.
    pub fn marks(&self, typed: &str, text: &str) -> Vec<std::ops::Range<usize>> {
        Parsed::of(typed).marks(text, &self.stems, MOST_MARKS)
    }

    fn put(&self, writer: &IndexWriter, document: &Document) -> Result<(), Error> {
        let story = &document.detail.story;
        writer.delete_term(Term::from_field_u64(self.fields.id, story.id.0));
        if story.hidden.is_some() {
            return Ok(());
        }
        let added = writer.add_document(self.document(document));
        added.map(drop).map_err(|error| self.fault(error))
    }

    fn document(&self, document: &Document) -> TantivyDocument {
        let (story, article) = (&document.detail.story, &document.detail.article);
        let fields = self.fields;
        let mut row = TantivyDocument::new();
        row.add_u64(fields.id, story.id.0);
        row.add_u64(fields.place, place(story));
        let body = if article.text.is_empty() {
            &article.summary
        } else {
            &article.text
        };
        let mut stems = Vec::new();
        for (field, text) in [
            (fields.title, &article.title),
            (fields.names, &document.names),
            (fields.text, body),
        ] {
            let folded: Vec<String> = words(text).map(|word| word.folded).collect();
            stems.extend(folded.iter().map(|word| self.stems.of(word)));
            row.add_pre_tokenized_text(field, tokens(folded));
        }
        row.add_pre_tokenized_text(fields.stems, tokens(stems));
        for code in story.regions() {
            row.add_u64(fields.region, u64::from(code.number()));
        }
        if let Some(satker) = &story.satker {
            row.add_text(fields.satker, satker.as_str());
        }
        if let Some(kind) = document.kind {
            row.add_text(fields.kind, kind.slug());
        }
        row.add_u64(fields.of_unit, u64::from(article.satker.is_some()));
        row.add_i64(fields.published, article.date().as_millisecond());
        row
    }

    fn commit(&self, writer: &mut IndexWriter, noted: &mut Option<u64>, watermark: Option<u64>) -> Result<(), Error> {
        let state = match watermark {
            Some(watermark) => format!("{} {watermark}", self.version),
            None => String::new(),
        };
        let written = writer.prepare_commit().and_then(|mut prepared| {
            prepared.set_payload(&state);
            prepared.commit()?;
            self.reader.reload()
        });
        written.map_err(|error| self.fault(error))?;
        *noted = watermark;
        Ok(())
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A change that panicked took the engine's writer with it, as one that failed does.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self, error: TantivyError) -> Error {
        fault(&self.path, error)
    }
}

impl std::fmt::Debug for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Search")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// What feeds are ordered by, in one number: the arrival, and the id among the many that arrive in one moment.
fn place(story: &Story) -> u64 {
    const LOW_BITS: u32 = 12;
    let arrival = u64::try_from(story.first_seen.as_millisecond()).unwrap_or(0);
    arrival << LOW_BITS | (story.id.0 & ((1 << LOW_BITS) - 1))
}

/// What writes into an index, from where the last change ended.
fn writer(index: &Index) -> Result<IndexWriter, TantivyError> {
    let options = tantivy::indexer::IndexWriterOptions::builder()
        .num_worker_threads(1)
        .num_merge_threads(1)
        .memory_budget_per_thread(WRITER_MEMORY)
        .build();
    index.writer_with_options(options)
}

fn tokens(words: Vec<String>) -> PreTokenizedString {
    let token = |(position, text)| Token {
        position,
        text,
        position_length: 1,
        ..Token::default()
    };
    PreTokenizedString {
        text: String::new(),
        tokens: words.into_iter().enumerate().map(token).collect(),
    }
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let words = |option| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_index_option(option);
        TextOptions::default().set_indexing_options(indexing)
    };
    let positions = IndexRecordOption::WithFreqsAndPositions;
    let fields = Fields {
        id: schema.add_u64_field(ID, INDEXED | FAST),
        place: schema.add_u64_field(PLACE, FAST),
        title: schema.add_text_field("title", words(positions)),
        names: schema.add_text_field("names", words(positions)),
        text: schema.add_text_field("text", words(positions)),
        stems: schema.add_text_field("stems", words(IndexRecordOption::WithFreqs)),
        region: schema.add_u64_field("region", INDEXED),
        satker: schema.add_text_field("satker", STRING),
        kind: schema.add_text_field("kind", STRING),
        of_unit: schema.add_u64_field("of_unit", INDEXED),
        published: schema.add_i64_field("published", FAST),
    };
    (schema.build(), fields)
}

/// What an index is made with, beside the stories.
fn version(stems: &Stems) -> String {
    let mut hash = Xxh3::new();
    for word in stems.whole() {
        hash.update(word.as_bytes());
        hash.update(b"\n");
    }
    format!("warta {VERSION} {:016x}", hash.digest())
}

/// The index in a folder with its watermark, if it is whole and of this version.
fn kept(path: &Path, schema: &Schema, version: &str) -> Result<Option<(Index, Option<u64>)>, TantivyError> {
    if !path.join("meta.json").exists() {
        return Ok(None);
    }
    let index = Index::open_in_dir(path)?;
    let state = index.load_metas()?.payload.unwrap_or_default();
    let watermark = state
        .strip_prefix(version)
        .and_then(|rest| rest.trim_start().parse().ok());
    let fits = index.schema() == *schema && watermark.is_some() && index.validate_checksum()?.is_empty();
    Ok(fits.then_some((index, watermark)))
}

/// Empties the folder of an index, but for the lock; it has no folders in it.
fn clear(path: &Path) -> io::Result<()> {
    for file in fs::read_dir(path)? {
        let file = file?;
        if !file.file_type()?.is_dir() && file.file_name() != LOCK {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// Whether the system refuses to read, which says nothing of what is there.
fn is_refusal(error: &TantivyError) -> bool {
    let kind = match error {
        TantivyError::IoError(error) => error.kind(),
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. }) => io_error.kind(),
        _ => return false,
    };
    !matches!(
        kind,
        io::ErrorKind::NotFound
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
    )
}

/// Whether the system refuses to write.
fn is_refused_write(error: &TantivyError) -> bool {
    use TantivyError::{ErrorInThread, LockFailure, OpenWriteError};
    // A thread of the engine's ends only when it cannot write.
    matches!(error, OpenWriteError(_) | LockFailure(..) | ErrorInThread(_))
}

fn fault(path: &Path, error: TantivyError) -> Error {
    let path = path.to_owned();
    match error {
        TantivyError::LockFailure(LockError::LockBusy, _) => Error::InUse { path },
        error if is_refusal(&error) || is_refused_write(&error) => Error::Io {
            path,
            what: error.to_string(),
        },
        error => Error::Damaged {
            path,
            what: error.to_string(),
        },
    }
}
