//! A folder of static files that is kept equal to the site: only what changed is written, each file at once, and what
//! the site no longer has is removed. Which addresses there are and what they answer is the caller's.
//!
//! The names of the files it wrote stand in `.warta-export` in the folder: nothing else there is ever removed.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Where the names of the files stand.
const LIST: &str = ".warta-export";

/// The end of a file's name while it is being written.
const UNFINISHED: &str = ".warta-new";

/// Whether compressed copies stand beside the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compressed {
    /// Only the files.
    No,
    /// Each with `.gz` and `.br`.
    Beside,
}

/// What an export did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Files that were there as they should be.
    pub unchanged: u64,
    /// Files that were written, compressed copies included.
    pub written: u64,
    /// Files that were removed.
    pub removed: u64,
}

/// A folder that is brought up to date. Call [`Export::put`] for every address, then [`Export::finish`].
#[derive(Debug)]
pub struct Export {
    root: PathBuf,
    compressed: Compressed,
    before: BTreeSet<String>,
    now: BTreeSet<String>,
    done: Done,
}

impl Export {
    /// Begins in a folder, which is made where it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made or its list cannot be read.
    pub fn begin(root: &Path, compressed: Compressed) -> io::Result<Export> {
        std::fs::create_dir_all(root)?;
        let before = match std::fs::read_to_string(root.join(LIST)) {
            Ok(list) => list.lines().filter(|name| is_plain(name)).map(str::to_owned).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeSet::new(),
            Err(error) => return Err(error),
        };
        Ok(Export {
            root: root.to_owned(),
            compressed,
            before,
            now: BTreeSet::new(),
            done: Done::default(),
        })
    }

    /// What an address (a path below the base, without a slash in front) answers.
    ///
    /// # Errors
    /// When the path leads out of the folder, or the file cannot be written.
    pub fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let name = file_name(path);
        if !is_plain(&name) {
            let why = format!("{path:?} cannot be the name of a file");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let is_new = self.file(&name, || Ok(bytes.to_vec()), Some(bytes))?;
        if self.compressed == Compressed::Beside {
            // A copy is made anew only with its file: its bytes may differ between versions of a library.
            let keep = |name: &str| !is_new && self.root.join(name).exists();
            let (gz, br) = (format!("{name}.gz"), format!("{name}.br"));
            let (keep_gz, keep_br) = (keep(&gz), keep(&br));
            self.copy(gz, keep_gz, || gzip(bytes))?;
            self.copy(br, keep_br, || brotli(bytes))?;
        }
        Ok(())
    }

    fn copy(&mut self, name: String, keep: bool, make: impl FnOnce() -> io::Result<Vec<u8>>) -> io::Result<()> {
        if keep {
            self.done.unchanged += 1;
            self.now.insert(name);
            return Ok(());
        }
        self.file(&name, make, None).map(|_| ())
    }

    /// Writes a file, if it is not there with these bytes already. Whether it was written.
    fn file(
        &mut self,
        name: &str,
        make: impl FnOnce() -> io::Result<Vec<u8>>,
        same: Option<&[u8]>,
    ) -> io::Result<bool> {
        let path = self.root.join(name);
        self.now.insert(name.to_owned());
        if same.is_some_and(|bytes| is_there(&path, bytes)) {
            self.done.unchanged += 1;
            return Ok(false);
        }
        replace(&path, &make()?)?;
        self.done.written += 1;
        Ok(true)
    }

    /// Removes what an earlier export wrote and this one did not, and remembers what there is.
    ///
    /// # Errors
    /// When a file cannot be removed or the list cannot be written.
    pub fn finish(mut self) -> io::Result<Done> {
        for name in self.before.difference(&self.now) {
            match std::fs::remove_file(self.root.join(name)) {
                Ok(()) => self.done.removed += 1,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let list: String = self.now.iter().map(|name| format!("{name}\n")).collect();
        let path = self.root.join(LIST);
        if !is_there(&path, list.as_bytes()) {
            replace(&path, list.as_bytes())?;
        }
        Ok(self.done)
    }
}

/// The file of an address: `index.html` in a folder of its name, unless it is a file's name already.
fn file_name(path: &str) -> String {
    let last = path.rsplit('/').next().unwrap_or_default();
    match path {
        "" => "index.html".to_owned(),
        path if path == "opml" || path.starts_with("opml/") => format!("{path}/index.opml"),
        _ if last.contains('.') => path.to_owned(),
        path => format!("{path}/index.html"),
    }
}

/// Whether a name stays in the folder.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.contains('\\')
        && Path::new(name)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)))
}

fn is_there(path: &Path, bytes: &[u8]) -> bool {
    let long = std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == bytes.len() as u64);
    long && std::fs::read(path).is_ok_and(|there| there == bytes)
}

/// Writes a file beside its place and moves it there, so that a web server never sees half of it.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(UNFINISHED);
    let unfinished = PathBuf::from(unfinished);
    let mut file = std::fs::File::create(&unfinished)?;
    file.write_all(bytes)?;
    drop(file);
    std::fs::rename(&unfinished, path)
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let params = ::brotli::enc::BrotliEncoderParams {
        quality: 9,
        ..Default::default()
    };
    ::brotli::BrotliCompress(&mut &*bytes, &mut compressed, &params)?;
    Ok(compressed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn export(root: &Path, compressed: Compressed, files: &[(&str, &str)]) -> Done {
        let mut export = Export::begin(root, compressed).unwrap();
        for (path, text) in files {
            export.put(path, text.as_bytes()).unwrap();
        }
        export.finish().unwrap()
    }

    #[test]
    fn only_what_changed_is_written_and_what_is_gone_is_removed() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("google1234.html"), "mine").unwrap();
        let first = [
            ("", "a"),
            ("berita/1", "b"),
            ("feeds/indonesia.rss", "c"),
            ("opml", "d"),
        ];
        let done = export(root.path(), Compressed::No, &first);
        assert_eq!((done.written, done.unchanged, done.removed), (4, 0, 0));
        let done = export(root.path(), Compressed::No, &first);
        assert_eq!((done.written, done.unchanged, done.removed), (0, 4, 0));
        let second = [("", "other"), ("feeds/indonesia.rss", "c"), ("opml", "d")];
        let done = export(root.path(), Compressed::No, &second);
        assert_eq!((done.written, done.unchanged, done.removed), (1, 2, 1));
        assert!(!root.path().join("berita/1/index.html").exists());
        assert!(
            root.path().join("google1234.html").exists(),
            "nobody else's file is touched"
        );
    }

    #[test]
    fn compressed_copies_hold_the_same_bytes_and_follow_their_file() {
        let root = tempfile::tempdir().unwrap();
        export(root.path(), Compressed::Beside, &[("feeds/a.rss", "one")]);
        let again = export(root.path(), Compressed::Beside, &[("feeds/a.rss", "one")]);
        assert_eq!((again.written, again.unchanged), (0, 3));
        export(root.path(), Compressed::Beside, &[("feeds/a.rss", "two")]);
        let gz = std::fs::read(root.path().join("feeds/a.rss.gz")).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(gz.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "two");
        let br = std::fs::read(root.path().join("feeds/a.rss.br")).unwrap();
        let mut plain = Vec::new();
        ::brotli::BrotliDecompress(&mut br.as_slice(), &mut plain).unwrap();
        assert_eq!(plain, b"two");
        let plain = export(root.path(), Compressed::No, &[("feeds/a.rss", "two")]);
        assert_eq!(plain.removed, 2, "copies that are not wanted any more would go stale");
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let mut export = Export::begin(root.path(), Compressed::No).unwrap();
        for path in ["../x.html", "/etc/x.conf", "a/../../x.html", "a\\b.html", ".."] {
            assert!(export.put(path, b"").is_err(), "{path}");
        }
    }
}
