//! Feed readers that people use today, on the same feeds: sfeed with ETags, and newsboat, each where it is installed. What
//! they do is less: no region, no copy found, nothing published.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::Outcome;

/// A reader that is installed, set up for some feeds.
pub struct Reader {
    /// What it is called.
    pub name: &'static str,
    /// What runs it, once for all feeds.
    pub words: Vec<String>,
}

/// Sets up in a folder those that are installed, for the addresses in a file, so many fetches in flight.
pub fn installed(folder: &Path, urls: &Path, in_flight: usize) -> Outcome<Vec<Reader>> {
    let urls = fs::read_to_string(urls)?;
    let mut readers = Vec::new();
    if is_installed("sfeed_update") {
        readers.push(sfeed(&folder.join("sfeed"), &urls, in_flight)?);
    }
    if is_installed("newsboat") {
        readers.push(newsboat(&folder.join("newsboat"), &urls, in_flight)?);
    }
    Ok(readers)
}

fn is_installed(program: &str) -> bool {
    let asked = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output();
    asked.is_ok_and(|asked| asked.status.success())
}

/// Its manual's way to keep ETags: what curl saves beside each feed. Many jobs wait for each other by turns.
fn sfeed(folder: &Path, urls: &str, in_flight: usize) -> Outcome<Reader> {
    fs::create_dir_all(folder.join("etags"))?;
    let home = folder.display();
    let mut rc = format!(
        "sfeedpath=\"{home}/feeds\"\nmaxjobs={in_flight}\nfetch() {{\n\tcurl -s -f -m 15 --compressed \
         --etag-save \"{home}/etags/$1\" --etag-compare \"{home}/etags/$1\" \"$2\"\n}}\nfeeds() {{\n"
    );
    for (number, url) in urls.lines().enumerate() {
        writeln!(rc, "\tfeed {number} {url}")?;
    }
    rc.push_str("}\n");
    let path = folder.join("sfeedrc");
    fs::write(&path, rc)?;
    Ok(Reader {
        name: "sfeed",
        words: vec!["sfeed_update".to_owned(), path.display().to_string()],
    })
}

fn newsboat(folder: &Path, urls: &str, in_flight: usize) -> Outcome<Reader> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("config"), format!("reload-threads {in_flight}\n"))?;
    fs::write(folder.join("urls"), urls)?;
    let named = |name: &str| folder.join(name).display().to_string();
    let words = [
        "newsboat",
        "-q",
        "-C",
        &named("config"),
        "-u",
        &named("urls"),
        "-c",
        &named("cache"),
        "-x",
        "reload",
    ];
    Ok(Reader {
        name: "newsboat",
        words: words.map(str::to_owned).to_vec(),
    })
}
