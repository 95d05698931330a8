//! The texts a configuration is made of: files, what `include` names, and the environment. It knows no setting but
//! `include`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fault::Fault;
use super::section::{Section, did_you_mean};
use super::tree::{Kind, Place, Source, Table, Value, parse};
use super::values::words;

/// A file that was read as TOML.
pub(super) struct File {
    /// The text, for faults.
    pub place: Place,
    /// What it holds.
    pub table: Table,
}

/// Reads a file as TOML.
pub(super) fn read(path: &Path) -> Result<File, Box<Fault>> {
    let cannot = |why: String| Box::new(Fault::of_file(path.to_owned(), format!("cannot read this file: {why}")));
    let bytes = std::fs::read(path).map_err(|error| cannot(plain(&error)))?;
    let text = String::from_utf8(bytes).map_err(|_| cannot("it is not UTF-8".to_owned()))?;
    let source = Arc::new(Source {
        path: path.to_owned(),
        text: Arc::from(text),
        bare: None,
    });
    let table = parse(&source)?;
    Ok(File {
        place: Place::new(&source, 0..0),
        table,
    })
}

/// The words for an error of the file system, the same on every system.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is none".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}

/// The files that `include` names, each once, in the order of the patterns and then of the names. Without `include`
/// those of the folder `sources/` beside the file, if there are any.
pub(super) fn included(root: Section, base: &Path, faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    if root.get("include").is_none() {
        return matching(base, "sources/*.toml").unwrap_or_default();
    }
    let mut files = Vec::new();
    for pattern in root.list("include", words, faults).unwrap_or_default() {
        match matching(base, &pattern.value) {
            Ok(found) if found.is_empty() => {
                let message = format!("`include`: no file matches {:?}", pattern.value);
                let help = format!("it is looked for in {}", show_folder(base));
                faults.push(pattern.place.fault(message).label("matches nothing").help(help));
            }
            Ok(found) => files.extend(found),
            Err(why) => {
                let message = format!("`include`: cannot use {:?}: {why}", pattern.value);
                faults.push(pattern.place.fault(message).label("this pattern"));
            }
        }
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|file| seen.insert(file.clone()));
    files
}

fn show_folder(folder: &Path) -> String {
    if folder.as_os_str().is_empty() {
        "the current folder".to_owned()
    } else {
        folder.display().to_string()
    }
}

/// The files a pattern names: a plain name as it is, one with `*` in its last part whatever matches, sorted.
fn matching(base: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let (folder, name) = pattern
        .rsplit_once('/')
        .map_or(("", pattern), |(folder, name)| (folder, name));
    if folder.contains('*') {
        return Err("`*` may only stand in the last part of a path".to_owned());
    }
    // `join` takes an absolute path as it is.
    let whole = base.join(pattern);
    if !name.contains('*') {
        return Ok(if whole.exists() { vec![whole] } else { Vec::new() });
    }
    let folder = whole.parent().map(Path::to_owned).unwrap_or_default();
    let listed = if folder.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        folder.clone()
    };
    let entries = match std::fs::read_dir(&listed) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(plain(&error)),
    };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        // As in a shell, a hidden file must be named: editors leave theirs there.
        .filter(|found| !found.starts_with('.') && matches(name, found))
        .map(|found| folder.join(found))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    Ok(files)
}

/// Whether a name matches a pattern in which each `*` stands for any characters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, rest)) => name.strip_prefix(before).is_some_and(|after| {
            (0..=after.len())
                .filter(|at| after.is_char_boundary(*at))
                .any(|at| matches(rest, &after[at..]))
        }),
    }
}

/// Puts `WARTA_SECTION__KEY` from the environment in place of what the file says. Other names are ignored.
pub(super) fn override_from(
    environment: &[(String, String)],
    sections: &[&str],
    root: &mut Table,
    faults: &mut Vec<Fault>,
) {
    for (name, bare) in environment {
        let Some((section, key)) = name.strip_prefix("WARTA_").and_then(|rest| rest.split_once("__")) else {
            continue;
        };
        let (section, key) = (section.to_lowercase(), key.to_lowercase());
        let (name_place, value) = read_variable(name, bare);
        if !sections.contains(&section.as_str()) {
            let fault = name_place
                .fault(format!("{name}: there is no section [{section}]"))
                .label("not a setting");
            faults.push(match did_you_mean(&section, sections) {
                Some(near) => fault.help(format!("did you mean WARTA_{}__…?", near.to_uppercase())),
                None => fault.help(format!("the sections are {}", sections.join(", "))),
            });
            continue;
        }
        let (_, table) = root.entry(section).or_insert_with(|| {
            let table = Value {
                kind: Kind::Table(Table::new()),
                place: name_place.clone(),
            };
            (name_place.clone(), table)
        });
        // A section that is no table is reported where it is read.
        if let Kind::Table(table) = &mut table.kind {
            table.insert(key, (name_place, value));
        }
    }
}

/// A variable as a text of its own, `NAME=value`: the value is TOML where it can be read as such, else a plain string.
fn read_variable(name: &str, bare: &str) -> (Place, Value) {
    let source = Arc::new(Source {
        path: PathBuf::from(format!("${name}")),
        text: Arc::from(format!("{name}={bare}")),
        bare: Some(bare.to_owned()),
    });
    let name_place = Place::new(&source, 0..name.len());
    let value = match parse(&source)
        .ok()
        .filter(|table| table.len() == 1)
        .and_then(|mut table| table.remove(name))
    {
        Some((_, value)) => value,
        None => Value {
            kind: Kind::Text(bare.to_owned()),
            place: Place::new(&source, name.len() + 1..source.text.len()),
        },
    };
    (name_place, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, expected) in [
            ("*.toml", "jawa-timur.toml", true),
            ("*.toml", ".toml", true),
            ("*.toml", "jawa.toml.bak", false),
            ("jawa-*.toml", "jawa-timur.toml", true),
            ("jawa-*.toml", "bali.toml", false),
            ("*a*a*", "bandara", true),
            ("*", "é", true),
            ("lokal.toml", "lokal.toml", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn patterns_are_relative_to_the_file_or_absolute() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sources")).unwrap();
        for name in [
            "sources/b.toml",
            "sources/a.toml",
            "sources/.a.toml.swp",
            "sources/.c.toml",
            "sources/note.txt",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = |pattern: &str| -> Vec<String> {
            let files = matching(folder.path(), pattern).unwrap();
            files
                .iter()
                .map(|file| file.strip_prefix(folder.path()).unwrap().display().to_string())
                .collect()
        };
        assert_eq!(found("sources/*.toml"), ["sources/a.toml", "sources/b.toml"]);
        assert_eq!(found("sources/b.toml"), ["sources/b.toml"]);
        assert_eq!(
            found(&format!("{}/sources/a*", folder.path().display())),
            ["sources/a.toml"]
        );
        assert!(found("elsewhere/*.toml").is_empty() && found("sources/z.toml").is_empty());
        assert!(matching(folder.path(), "*/a.toml").is_err());
    }
}
