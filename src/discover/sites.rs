//! The fixtures of discovery: whole sites in memory (`tests/fixtures/sites/*.txt`), read for tests only. A file says
//! what the site is and what it has, then holds every address it answers; others answer 404.
#![cfg(test)]

use std::collections::BTreeSet;
use std::path::Path;

use super::{Discovery, MAX_REQUESTS, Missing, Proposal};
use crate::model::samples;
use crate::model::{Document, Entry, Problem, SourceKind};
use crate::parse;

/// A site and what is expected of it.
struct Site {
    name: String,
    kind: String,
    start: String,
    best: String,
    reads: Vec<String>,
    pages: Vec<(String, u16, String)>,
}

fn sites() -> Vec<Site> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sites");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| site(file)).collect()
}

fn site(file: &Path) -> Site {
    let text = std::fs::read_to_string(file).unwrap();
    let mut parts = text.split("\n=== ");
    let head = parts.next().unwrap();
    let field = |key: &str| {
        head.lines()
            .filter_map(|line| line.strip_prefix(key))
            .map(str::to_owned)
            .collect()
    };
    let one = |key: &str| -> String { Vec::<String>::pop(&mut field(key)).unwrap() };
    Site {
        name: file.file_stem().unwrap().to_string_lossy().into_owned(),
        kind: one("kind: "),
        start: one("start: "),
        best: one("best: "),
        reads: field("reads: "),
        pages: parts
            .map(|part| {
                let (line, body) = part.split_once('\n').unwrap_or((part, ""));
                let (status, url) = line.split_once(' ').unwrap();
                (url.to_owned(), status.parse().unwrap(), body.to_owned())
            })
            .collect(),
    }
}

impl Site {
    fn answer(&self, url: &str) -> Result<Document, Missing> {
        let (_, status, body) = self
            .pages
            .iter()
            .find(|(page, ..)| page == url)
            .ok_or(Missing::Status(404))?;
        if *status != 200 {
            return Err(Missing::Status(*status));
        }
        Ok(document(url, body.as_bytes()))
    }

    /// Discovers the site; also says what was asked for and what went wrong.
    fn discover(&self) -> (Vec<Proposal>, Vec<String>, Vec<Problem>) {
        let mut discovery = Discovery::begin(self.start.parse().unwrap());
        let mut asked = Vec::new();
        while let Some(url) = discovery.next() {
            asked.push(url.to_string());
            discovery.saw(self.answer(url.as_str()));
        }
        let problems = discovery.problems().to_vec();
        (discovery.verdict(), asked, problems)
    }
}

fn document(url: &str, body: &[u8]) -> Document {
    samples::document(url, body)
}

fn urls(entries: &[Entry]) -> BTreeSet<String> {
    entries
        .iter()
        .filter_map(|entry| entry.url.as_ref())
        .map(|url| url.to_string())
        .collect()
}

#[test]
fn every_site_is_understood_with_few_requests() {
    let sites = sites();
    assert!(sites.len() >= 30, "only {} sites were found", sites.len());
    let mut faults = Vec::new();
    for site in &sites {
        let (proposals, asked, problems) = site.discover();
        let Some(best) = proposals.first() else {
            faults.push(format!("{}: no proposal; asked {asked:?}; {problems:?}", site.name));
            continue;
        };
        if (best.kind.name(), best.url.as_str()) != (site.kind.as_str(), site.best.as_str()) {
            let found = format!("{} {}", best.kind.name(), best.url);
            faults.push(format!(
                "{}: {} {} expected, {found} found; asked {asked:?}; {problems:?}",
                site.name, site.kind, site.best
            ));
        }
        let (has, shows) = (site.reads.iter().cloned().collect::<BTreeSet<_>>(), urls(&best.preview));
        if has != shows {
            faults.push(format!("{}: has {has:#?} but the preview shows {shows:#?}", site.name));
        }
        let distinct: BTreeSet<&String> = asked.iter().collect();
        if asked.len() > MAX_REQUESTS || distinct.len() != asked.len() {
            faults.push(format!("{}: asked {asked:?}", site.name));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// Whatever is proposed has to read the same when it is polled as configured.
#[test]
fn a_proposal_polls_what_its_preview_shows() {
    for site in sites() {
        let (proposals, ..) = site.discover();
        for Proposal { kind, url, preview, .. } in &proposals {
            let mut polled = BTreeSet::new();
            for address in parse::plan(kind, url, None) {
                let Ok(document) = site.answer(address.as_str()) else {
                    continue;
                };
                let parsed = parse::entries_for(&document, kind, url, None);
                polled.extend(urls(&parsed.items));
                for part in parse::parts(&document, kind, None) {
                    let Ok(part) = site.answer(part.as_str()) else { continue };
                    polled.extend(urls(&parse::entries_for(&part, kind, url, None).items));
                }
                if !polled.is_empty() || parsed.problems.is_empty() {
                    break;
                }
            }
            assert_eq!(polled, urls(preview), "{}: {} {url}", site.name, kind.name());
        }
    }
}

#[test]
fn proposed_selectors_are_names_that_people_gave() {
    let mut seen = 0;
    for site in sites() {
        for Proposal { kind, preview, .. } in site.discover().0 {
            let SourceKind::Listing(selectors) = kind else { continue };
            seen += 1;
            let all = format!("{selectors:?}");
            for made in [
                "css-",
                "jsx-",
                "sc-abc",
                "kTrPqM",
                "SXPvF",
                "dABVaj",
                "post-4",
                "leading-0",
            ] {
                assert!(!all.contains(made), "{}: {all}", site.name);
            }
            assert!(
                selectors.date.is_some() && preview.iter().all(|entry| entry.title.is_some()),
                "{}: {all}",
                site.name
            );
        }
    }
    assert!(seen >= 10, "only {seen} lists had selectors");
}

#[test]
fn nothing_that_a_site_answers_goes_on_for_ever_or_panics() {
    let bodies: Vec<String> = sites()
        .into_iter()
        .flat_map(|site| site.pages)
        .map(|(_, _, body)| body)
        .filter(|body| !body.is_empty())
        .collect();
    for start in 0..bodies.len() {
        let mut discovery = Discovery::begin("https://a.example/berita".parse().unwrap());
        let mut count = 0;
        while let Some(url) = discovery.next() {
            // Another site's body at every address, cut somewhere.
            let body = bodies[(start + count * 7) % bodies.len()].as_bytes();
            let cut = body.len() * (start % 5 + 1) / 5;
            count += 1;
            discovery.saw(match count % 5 {
                4 => Err(Missing::Unreachable),
                _ => Ok(document(url.as_str(), &body[..cut])),
            });
        }
        assert!(count <= MAX_REQUESTS);
        assert!(
            discovery
                .verdict()
                .windows(2)
                .all(|pair| pair[0].score >= pair[1].score)
        );
    }
}
