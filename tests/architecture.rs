//! The house rules that can be read off the source: who may import whom, which crate belongs to whom, one reader of the
//! clock, how a file begins and how long it may get. Each rule is a function of a path and a text, and is shown to fail
//! on a planted fault; the last test applies all of them to `src/`. Types and behaviour are other tests' concern.

mod rust;

use std::collections::BTreeSet;
use std::path::Path;

use rust::{Kind, NamedPath, Token};

/// Which of our modules a module may name besides itself, from `cli` at the top down to `model`. A path stands for all
/// that is below it; the longest that fits a file is its row.
const IMPORTS: &[(&str, &[&str])] = &[
    ("lib", &[]),
    ("main", &[]),
    ("model", &[]),
    ("clock", &[]),
    ("telemetry", &[]),
    ("systemd", &[]),
    ("gazetteer", &["model"]),
    ("gate", &["model"]),
    // To try selectors before they are used.
    ("config", &["model", "gazetteer", "parse::selector"]),
    ("discover", &["model", "gate", "parse"]),
    ("parse", &["model", "gate"]),
    ("extract", &["model", "gate"]),
    ("normalize", &["model", "gate"]),
    ("locate", &["model", "gazetteer"]),
    ("screen", &["model"]),
    ("dedupe", &["model"]),
    ("schedule", &["model"]),
    ("publish", &["model", "gazetteer"]),
    ("site", &["model", "gazetteer"]),
    ("report", &["model", "gazetteer"]),
    ("search", &["model"]),
    ("fetch", &["model", "clock", "config"]),
    // What is kept of articles whose words are gone, and made again of those that have theirs.
    ("store", &["model", "dedupe::Fingerprint"]),
    ("ledger", &["model", "dedupe", "store"]),
    ("websub", &["model", "fetch", "store", "clock"]),
    (
        "pipeline",
        &[
            "model",
            "clock",
            "gazetteer",
            "fetch",
            "discover",
            "parse",
            "extract",
            "normalize",
            "locate",
            "screen",
            "ledger",
            "schedule",
            "store",
            // What a document announces is read by the rules of WebSub.
            "websub::links",
        ],
    ),
    (
        "serve",
        &[
            "model",
            "clock",
            "gazetteer",
            "publish",
            "site",
            "report",
            "store",
            "search",
            // What was counted is shown.
            "telemetry",
            // How a source stands is read from its state; nothing is decided here.
            "schedule",
        ],
    ),
    ("export", &["model", "gazetteer", "publish", "site", "report", "store"]),
    (
        "daemon",
        &[
            "model",
            "clock",
            "config",
            "gazetteer",
            "fetch",
            "pipeline",
            "ledger",
            "schedule",
            "publish",
            "serve",
            "store",
            "search",
            "websub",
            "systemd",
        ],
    ),
    ("demo", &["*"]),
    ("cli", &["*"]),
];

/// Crates that belong to some modules: nobody else may name them.
const OWNERS: &[(&str, &[&str])] = &[
    ("ammonia", &["normalize"]),
    ("atom_syndication", &["publish"]),
    ("axum", &["serve", "demo"]),
    ("chromiumoxide", &["fetch::browser"]),
    ("clap", &["cli", "main"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("csv", &["gazetteer", "locate", "cli::import"]),
    ("feed_rs", &["parse", "discover", "extract", "normalize"]),
    ("listenfd", &["systemd"]),
    ("maud", &["publish", "site", "report"]),
    // The command line's client of the control socket is not a crawl.
    ("metrics_exporter_prometheus", &["telemetry"]),
    ("reqwest", &["fetch", "cli"]),
    ("rss", &["publish"]),
    ("scraper", &["parse", "discover", "extract", "normalize"]),
    ("sd_notify", &["systemd"]),
    ("sled", &["store"]),
    ("tantivy", &["search"]),
    ("toml_edit", &["config", "cli::init", "cli::local"]),
    ("toml_span", &["config", "cli::init"]),
    ("tracing_subscriber", &["telemetry"]),
];

/// The crates that `main.rs` may name.
const CRATES_OF_MAIN: [&str; 3] = ["std", "warta", "clap"];

/// The most lines of code in a file, tests aside.
const MAX_CODE_LINES: usize = 400;

/// What reads the wall clock.
const CLOCK_READS: [[&str; 2]; 3] = [["Timestamp", "now"], ["SystemTime", "now"], ["ZonedDateTime", "now"]];

/// Macros that stand for unfinished work.
const UNFINISHED_MACROS: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// Remarks that stand for unfinished work; put together so that this file has none.
const UNFINISHED_REMARKS: [&str; 2] = [concat!("FIX", "ME"), concat!("XX", "X")];

#[test]
fn the_source_keeps_the_house_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    read_files(&root.join("src"), &mut files);
    assert!(files.len() > 15, "src/ was not found whole: {} files", files.len());
    let faults: Vec<String> = files
        .iter()
        .flat_map(|(path, text)| {
            let path = path.strip_prefix(&format!("{}/", root.display())).unwrap();
            faults(path, text)
        })
        .collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Everything that is wrong with a file, a line each.
fn faults(path: &str, text: &str) -> Vec<String> {
    let module = module_of(path);
    let all = rust::tokens(text);
    let code = if module.last().is_some_and(|name| *name == "tests") {
        Vec::new()
    } else {
        rust::without_tests(&all)
    };
    let paths = rust::paths(&code);
    let mut faults = import_faults(&module, &paths);
    faults.extend(crate_faults(&module, &paths, &rust::declared_modules(&code)));
    faults.extend(clock_faults(&module, &paths));
    faults.extend(unfinished_faults(&all, text));
    faults.extend(form_faults(&code, text));
    faults
        .into_iter()
        .map(|(line, what)| format!("{path}:{line}: {what}"))
        .collect()
}

/// A fault's line and what it is.
type Fault = (usize, String);

/// Paths into modules that the table does not allow.
fn import_faults(module: &[&str], paths: &[NamedPath]) -> Vec<Fault> {
    let Some((row, allowed)) = IMPORTS
        .iter()
        .filter(|(row, _)| is_below(module, row))
        .max_by_key(|(row, _)| row.len())
    else {
        return vec![(1, format!("`{}` has no row in the table of imports", module.join("::")))];
    };
    let may = |target: &[String]| {
        let names: Vec<&str> = target.iter().map(String::as_str).collect();
        names.first() == module.first()
            || allowed
                .iter()
                .any(|allowed| *allowed == "*" || is_below(&names, allowed))
    };
    paths
        .iter()
        .filter_map(|path| Some((path.line, path_from_root(module, &path.segments)?)))
        .filter(|(_, target)| !may(target))
        .map(|(line, target)| {
            let what = format!(
                "`{row}` may not name `crate::{}`, only: {}",
                target.join("::"),
                allowed.join(", ")
            );
            (line, what)
        })
        .collect()
}

/// Crates that belong to other modules, and in `main.rs` whatever is not ours.
fn crate_faults(module: &[&str], paths: &[NamedPath], modules: &BTreeSet<&str>) -> Vec<Fault> {
    let is_own_path = |path: &NamedPath| matches!(path.segments[0].as_str(), "crate" | "self" | "super");
    let is_main = module == ["main"];
    let bound: BTreeSet<&str> = paths
        .iter()
        .filter(|path| is_own_path(path) || is_main)
        .filter_map(|path| path.binds.as_deref())
        .chain(modules.iter().copied())
        .collect();
    let mut faults = Vec::new();
    for path in paths.iter().filter(|path| !is_own_path(path)) {
        let name = path.segments[0].as_str();
        if path.binds.is_none() && bound.contains(name) || modules.contains(name) {
            continue;
        }
        let owners = OWNERS
            .iter()
            .find(|(owned, _)| *owned == name)
            .map(|(_, owners)| *owners);
        if let Some(owners) = owners.filter(|owners| !owners.iter().any(|owner| is_below(module, owner))) {
            faults.push((
                path.line,
                format!("the crate `{name}` belongs to: {}", owners.join(", ")),
            ));
        }
        if is_main && name.starts_with(char::is_lowercase) && !CRATES_OF_MAIN.contains(&name) {
            faults.push((
                path.line,
                format!("`main` may not name `{name}`: the work is the library's"),
            ));
        }
    }
    faults
}

/// Reads of the wall clock outside `clock`.
fn clock_faults(module: &[&str], paths: &[NamedPath]) -> Vec<Fault> {
    let reads = |path: &&NamedPath| {
        path.segments
            .windows(2)
            .any(|pair| CLOCK_READS.iter().any(|read| pair == read))
    };
    let outside = module != ["clock"];
    paths
        .iter()
        .filter(|path| outside && reads(path))
        .map(|path| {
            (
                path.line,
                format!("`{}`: only `clock` reads the wall clock", path.segments.join("::")),
            )
        })
        .collect()
}

/// Marks of unfinished work, in tests and comments too.
fn unfinished_faults(tokens: &[Token], text: &str) -> Vec<Fault> {
    let macros = tokens.windows(2).filter_map(|pair| match (pair[0].kind, pair[1].kind) {
        (Kind::Word(name), Kind::Mark('!')) if UNFINISHED_MACROS.contains(&name) => Some((pair[0].line, name)),
        _ => None,
    });
    let remarks = text.lines().enumerate().flat_map(|(index, line)| {
        line.split(|c: char| !c.is_alphanumeric())
            .filter(|word| UNFINISHED_REMARKS.contains(word))
            .map(move |word| (index + 1, word))
    });
    macros
        .chain(remarks)
        .map(|(line, word)| (line, format!("`{word}` marks unfinished work")))
        .collect()
}

/// A file that does not say what it is for, or is too long.
fn form_faults(code: &[Token], text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !text.starts_with("//! ") {
        faults.push((1, "begins without `//!` to say what it is for".to_owned()));
    }
    let lines = rust::code_lines(code);
    if lines > MAX_CODE_LINES {
        faults.push((1, format!("has {lines} lines of code, more than {MAX_CODE_LINES}")));
    }
    faults
}

/// The module a file holds: `src/fetch/http.rs` is `fetch`, `http`.
fn module_of(path: &str) -> Vec<&str> {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let path = path.strip_suffix(".rs").unwrap_or(path);
    path.strip_suffix("/mod").unwrap_or(path).split('/').collect()
}

/// Whether a module is `outer` or inside it.
fn is_below(module: &[&str], outer: &str) -> bool {
    let outer: Vec<&str> = outer.split("::").collect();
    module.starts_with(&outer)
}

/// The path from the crate's root, of one that leads there by `crate` or by enough `super`.
fn path_from_root(module: &[&str], segments: &[String]) -> Option<Vec<String>> {
    let supers = segments.iter().take_while(|segment| *segment == "super").count();
    if segments[0] == "crate" {
        Some(segments[1..].to_vec())
    } else {
        (supers > 0 && supers >= module.len()).then(|| segments[supers..].to_vec())
    }
}

/// Every Rust file below `folder`, in order of name.
fn read_files(folder: &Path, files: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Asserts that exactly these faults are found, each named by a part of its text.
#[track_caller]
fn check(path: &str, code: &str, expected: &[&str]) {
    let found = faults(path, &format!("//! A file.\n{code}"));
    let matches = found.len() == expected.len() && found.iter().zip(expected).all(|(found, part)| found.contains(part));
    assert!(matches, "{path}: {code}\nexpected {expected:#?}\nfound {found:#?}");
}

#[test]
fn an_import_against_the_table_is_found() {
    check("src/locate.rs", "use crate::model::Story;", &[]);
    check(
        "src/locate.rs",
        "use crate::store::Store;",
        &["src/locate.rs:2: `locate` may not name `crate::store::Store`"],
    );
    check(
        "src/locate.rs",
        "fn f() { crate::store::open(); }",
        &["crate::store::open"],
    );
    check("src/locate.rs", "use super::store;", &["crate::store"]);
    check("src/locate.rs", "use crate::{model, store};", &["crate::store"]);
    check("src/locate.rs", "use crate::*;", &["crate::*"]);
    check(
        "src/model/story.rs",
        "use super::Article;\nuse crate::model::Site;",
        &[],
    );
    check(
        "src/model/story.rs",
        "use super::super::gazetteer::Gazetteer;",
        &["crate::gazetteer::Gazetteer"],
    );
    check(
        "src/store/mod.rs",
        "use self::keys::Key;\nuse super::ledger;",
        &["crate::ledger"],
    );
    check("src/config/check.rs", "use crate::parse::selector::check;", &[]);
    check(
        "src/config/check.rs",
        "use crate::parse::feed;",
        &["crate::parse::feed"],
    );
    check("src/cli/run.rs", "use crate::daemon;\nuse crate::store;", &[]);
    check("src/brandnew.rs", "", &["`brandnew` has no row"]);
}

#[test]
fn tests_may_import_what_they_like() {
    check(
        "src/locate.rs",
        "#[cfg(test)]\nmod tests { use crate::store::Store; use sled; }",
        &[],
    );
    check("src/locate/tests.rs", "use crate::store::Store;", &[]);
    check(
        "src/locate.rs",
        "#[cfg(test)]\nmod tests {}\nuse crate::store::Store;",
        &["crate::store"],
    );
}

#[test]
fn a_crate_outside_its_module_is_found() {
    check("src/store/mod.rs", "use sled::Db;", &[]);
    check(
        "src/ledger.rs",
        "fn f(db: &sled::Db) {}",
        &["the crate `sled` belongs to: store"],
    );
    check("src/ledger.rs", "use ::sled as engine;", &["`sled`"]);
    check("src/cli/init.rs", "use toml_edit::DocumentMut;", &[]);
    check("src/cli/run.rs", "use toml_edit::DocumentMut;", &["`toml_edit`"]);
    check("src/demo/mod.rs", "use axum::Router;", &[]);
    check("src/fetch/http.rs", "use clap::Parser;", &["`clap`"]);
    check(
        "src/serve/feeds.rs",
        "use crate::publish::rss;\nfn f() { rss::render() }",
        &[],
    );
    check("src/serve/feeds.rs", "fn f() { rss::Channel::default() }", &["`rss`"]);
}

#[test]
fn main_names_nothing_but_the_library() {
    check(
        "src/main.rs",
        "use std::process;\nfn main() -> process::ExitCode { warta::cli::main() }",
        &[],
    );
    check("src/main.rs", "use warta::cli;\nfn main() { cli::main() }", &[]);
    check(
        "src/main.rs",
        "fn main() { tokio::runtime::Runtime::new(); }",
        &["`main` may not name `tokio`"],
    );
}

#[test]
fn a_second_reader_of_the_clock_is_found() {
    let code = "fn f() { (jiff::Timestamp::now(), std::time::SystemTime::now(), ZonedDateTime::now()); }";
    check("src/clock.rs", code, &[]);
    check(
        "src/schedule/mod.rs",
        code,
        &["Timestamp::now", "SystemTime::now", "ZonedDateTime::now"],
    );
    check(
        "src/schedule/mod.rs",
        "fn f(clock: &Clock) { clock.now(); tokio::time::Instant::now(); }",
        &[],
    );
}

#[test]
fn unfinished_work_is_found() {
    for name in UNFINISHED_MACROS {
        check("src/locate.rs", &format!("fn f() {{ {name}!() }}"), &["unfinished"]);
        check(
            "src/locate.rs",
            &format!("#[cfg(test)] mod tests {{ fn f() {{ {name}!() }} }}"),
            &["unfinished"],
        );
        check("src/locate.rs", &format!("fn {name}() {{ \"{name}!()\"; }}"), &[]);
    }
    for remark in UNFINISHED_REMARKS {
        check("src/locate.rs", &format!("// {remark}: later"), &["unfinished"]);
        check("src/locate.rs", &format!("// {remark}I"), &[]);
    }
}

#[test]
fn a_file_without_its_purpose_or_too_long_is_found() {
    assert_eq!(
        faults("src/locate.rs", "use std::fmt;\n"),
        ["src/locate.rs:1: begins without `//!` to say what it is for"]
    );
    let lines = |count: usize| "fn f() {}\n".repeat(count);
    check("src/locate.rs", &lines(MAX_CODE_LINES), &[]);
    check("src/locate.rs", &lines(MAX_CODE_LINES + 1), &["has 401 lines of code"]);
    let tested = format!(
        "{}#[cfg(test)]\nmod tests {{\n{}}}\n",
        lines(MAX_CODE_LINES),
        lines(MAX_CODE_LINES)
    );
    check("src/locate.rs", &tested, &[]);
}
