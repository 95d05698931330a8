//! The operator's own sources, `sources/lokal.toml` beside the main file: the one file that `add` and `import` write.
//! What stands in it keeps its comments and order; what is added is checked with everything else before it is kept.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::{Error, Setup, ask, environment, runtime};
use crate::config;
use crate::model::{RegionCode, SatkerId, SourceId, SourceKind};

/// A source that was found out about.
#[derive(Clone, Debug)]
pub(super) struct Addition {
    pub(super) id: SourceId,
    pub(super) kind: SourceKind,
    pub(super) url: url::Url,
    pub(super) satker: Option<SatkerId>,
    pub(super) region: Option<RegionCode>,
}

/// The additions as TOML.
pub(super) fn toml(additions: &[Addition]) -> String {
    let mut tables = ArrayOfTables::new();
    for addition in additions {
        tables.push(table(addition));
    }
    let mut document = DocumentMut::new();
    document["source"] = Item::ArrayOfTables(tables);
    document.to_string()
}

/// A file with the additions at its end: a table of sources may stand behind anything.
fn appended(before: &str, additions: &[Addition]) -> String {
    let before = before.trim_end();
    let gap = if before.is_empty() { "" } else { "\n\n" };
    format!("{before}{gap}{}", toml(additions))
}

/// Adds sources to the operator's file and has a running daemon read it. Nothing is changed if the whole configuration
/// would not be valid with them.
///
/// # Errors
/// The faults it would have; or that the file cannot be read or written.
pub(super) fn write(setup: &Setup, additions: &[Addition]) -> Result<PathBuf, Error> {
    let path = setup.path.with_file_name("sources").join("lokal.toml");
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("read", &path, &error)),
    };
    put(&path, &appended(before.as_deref().unwrap_or_default(), additions))?;
    if let Err(faults) = config::load(&setup.path, &environment(), &setup.gazetteer) {
        match before {
            Some(text) => put(&path, &text)?,
            None => std::fs::remove_file(&path).map_err(|error| failed("remove", &path, &error))?,
        }
        return Err(faults.into());
    }
    let socket = &setup.config.server.control_socket;
    if ask::is_running(socket) {
        let (): () = runtime()?.block_on(ask::one(socket, "reload", &()))?;
    }
    Ok(path)
}

/// Writes a file as one: it is never seen half written.
fn put(path: &Path, text: &str) -> Result<(), Error> {
    let beside = path.with_extension("toml.new");
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|error| failed("write", path, &error))
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::Failed(format!("cannot {what} {}: {error}", path.display()))
}

fn table(addition: &Addition) -> Table {
    let mut table = Table::new();
    table["id"] = value(addition.id.as_str());
    table["kind"] = value(addition.kind.name());
    table["url"] = value(addition.url.as_str());
    if let Some(satker) = &addition.satker {
        table["satker"] = value(satker.as_str());
    }
    if let Some(region) = addition.region {
        table["region"] = value(region.to_string());
    }
    if let SourceKind::Listing(selectors) = &addition.kind {
        table["item"] = value(selectors.item.as_str());
        let optional = [
            ("link", &selectors.link),
            ("title", &selectors.title),
            ("date", &selectors.date),
            ("next", &selectors.next),
        ];
        for (key, selector) in optional {
            if let Some(selector) = selector {
                table[key] = value(selector.as_str());
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ListingSelectors;

    #[test]
    fn what_is_added_stands_behind_what_is_there() {
        let addition = Addition {
            id: SourceId::new("lapas-jember-listing").unwrap(),
            kind: SourceKind::Listing(ListingSelectors {
                item: "article.post".to_owned(),
                link: Some("h2 a".to_owned()),
                ..ListingSelectors::default()
            }),
            url: "https://lapasjember.example.go.id/berita".parse().unwrap(),
            satker: SatkerId::new("lapas-jember").ok(),
            region: None,
        };
        let before = "# Kami\n[[source]]\nid = \"a\" # lama\n";
        insta::assert_snapshot!(appended(before, &[addition]), @r#"
        # Kami
        [[source]]
        id = "a" # lama

        [[source]]
        id = "lapas-jember-listing"
        kind = "listing"
        url = "https://lapasjember.example.go.id/berita"
        satker = "lapas-jember"
        item = "article.post"
        link = "h2 a"
        "#);
    }
}
