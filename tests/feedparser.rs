//! The test files of Python's feedparser, read by `parse` and counted against what feedparser reads in them. The files
//! are not ours and are not kept here: `tests/feedparser.sh` brings them and sets where they are; without that, nothing
//! is measured and a message says so.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use warta::model::{Document, SourceKind};
use warta::parse;

use crate::support::samples;

/// The folder with the files, and in it `counts.tsv`: a line of path, tab, and how many entries feedparser reads.
const FOLDER: &str = "WARTA_FEEDPARSER_TESTS";

#[test]
fn no_file_makes_it_panic() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        println!("skipped: {FOLDER} is not set; run tests/feedparser.sh");
        return;
    };
    let (mut folders, mut count) = (vec![folder], 0);
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                entry_count(&path);
                count += 1;
            }
        }
    }
    assert!(count > 2_000, "{count} files are too few to measure by");
}

#[test]
fn as_many_entries_are_read_as_feedparser_reads() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        println!("skipped: {FOLDER} is not set; run tests/feedparser.sh");
        return;
    };
    let counts = read_counts(&folder);
    let mut differing = Vec::new();
    for (path, expected) in &counts {
        let found = entry_count(&folder.join(path));
        if found != *expected {
            differing.push(format!("{path}: feedparser {expected}, warta {found}"));
        }
    }
    let same = counts.len() - differing.len();
    println!("{}", differing.join("\n"));
    println!(
        "feedparser: {same} of {} files with entries have the same number of entries",
        counts.len()
    );
    assert!(counts.len() > 1_000, "{} files are too few to measure by", counts.len());
    assert!(same * 1_194 >= 1_175 * counts.len(), "{same} of {}", counts.len());
}

fn read_counts(folder: &Path) -> BTreeMap<String, usize> {
    let table = fs::read_to_string(folder.join("counts.tsv")).unwrap();
    table
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(path, count)| (path.to_owned(), count.parse().unwrap()))
        .collect()
}

/// How many items were read. An item without a link is no entry of ours: it is counted by the problem it makes.
fn entry_count(path: &Path) -> usize {
    let body = fs::read(path).unwrap();
    let document = Document {
        content_type: header(&body),
        ..samples::document("http://127.0.0.1:8097/feed.xml", &body)
    };
    let parsed = parse::entries(&document, &SourceKind::Feed);
    let is_linkless = |what: &str| what.starts_with("no link to the article");
    let linkless = parsed
        .problems
        .iter()
        .filter(|problem| is_linkless(&problem.what))
        .count();
    parsed.items.len() + linkless
}

/// The `Content-Type` that a file states for itself: feedparser's own tests serve it with that.
fn header(body: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(&body[..body.len().min(4096)]).into_owned();
    let line = start
        .lines()
        .find(|line| line.trim_start().starts_with("Header:") && line.contains("Content-type:"))?;
    Some(line.split_once("Content-type:")?.1.trim().to_owned())
}
