//! `warta import`: adds many sources from an OPML or CSV file, finding out about each politely. What is configured already
//! is passed over, so that an import that was stopped goes on where it was; rows that gave nothing are listed.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use quick_xml::events::Event;
use tokio::task::JoinSet;
use url::Url;

use super::local::{self, Addition};
use super::{Error, Setup, add, runtime, terminal};
use crate::model::{RegionCode, SourceId, identity};
use crate::pipeline::{self, Workers};

/// How many addresses are looked at together; each host still gets one request at a time.
const TOGETHER: usize = 8;

/// The file.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// OPML, or CSV with the columns name,url,region
    file: PathBuf,
}

/// A row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    name: String,
    url: String,
    region: Option<String>,
}

/// Finds out about every row and writes what was found, a few at a time.
pub fn run(setup: &Setup, args: &Args) -> Result<(), Error> {
    let rows = read(&args.file)?;
    let mut known: HashSet<String> = setup
        .config
        .directory
        .sources
        .values()
        .map(|source| key(&source.url))
        .collect();
    let mut doubtful = Vec::new();
    let mut wanted = Vec::new();
    let mut passed = 0;
    for row in rows {
        match checked(setup, &row) {
            Err(why) => doubtful.push((row, why)),
            Ok((url, _)) if !known.insert(key(&url)) => passed += 1,
            Ok((url, region)) => wanted.push((row, url, region)),
        }
    }
    let added = runtime()?.block_on(find_out(setup, wanted, &mut doubtful))?;
    let mut out = std::io::stdout().lock();
    for (row, why) in &doubtful {
        let line = format!("doubtful: {} {}: {why}", row.name, row.url);
        writeln!(out, "{}", terminal::line(&line))?;
    }
    writeln!(
        out,
        "{added} added, {passed} already there, {} doubtful",
        doubtful.len()
    )?;
    if doubtful.is_empty() {
        Ok(())
    } else {
        Err(Error::Failed(format!("{} rows were not added", doubtful.len())))
    }
}

/// Looks at the addresses, some together, and writes each group of finds as it is complete.
async fn find_out(
    setup: &Setup,
    wanted: Vec<(Row, Url, Option<RegionCode>)>,
    doubtful: &mut Vec<(Row, String)>,
) -> Result<usize, Error> {
    let (fetch, workers) = (Arc::new(setup.fetch()?), Arc::new(Workers::default()));
    let mut written: Vec<Addition> = Vec::new();
    let mut waiting = wanted.into_iter();
    loop {
        let mut looks = JoinSet::new();
        for (row, url, region) in waiting.by_ref().take(TOGETHER) {
            let (fetch, workers) = (Arc::clone(&fetch), Arc::clone(&workers));
            looks.spawn(async move {
                let (proposals, problems, _) = pipeline::discover(&fetch, &workers, &url).await;
                (row, url, region, proposals, problems)
            });
        }
        if looks.is_empty() {
            return Ok(written.len());
        }
        let mut group = Vec::new();
        while let Some(done) = looks.join_next().await {
            let (row, url, region, proposals, problems) =
                done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
            match add::best(&proposals) {
                Some(best) => {
                    let mut addition = add::addition(setup, best, None, region);
                    distinguish(&mut addition, written.iter().chain(&group));
                    group.push(addition);
                }
                None => doubtful.push((row, add::nothing(&url, &problems))),
            }
        }
        if !group.is_empty() {
            tokio::task::block_in_place(|| local::write(setup, &group))?;
            written.extend(group);
        }
    }
}

/// Gives an addition an id that none of the others has.
fn distinguish<'a>(addition: &mut Addition, others: impl Iterator<Item = &'a Addition> + Clone) {
    let base = addition.id.clone();
    let mut number = 2;
    while others.clone().any(|other| other.id == addition.id) {
        if let Ok(id) = SourceId::new(format!("{base}-{number}")) {
            addition.id = id;
        }
        number += 1;
    }
}

fn checked(setup: &Setup, row: &Row) -> Result<(Url, Option<RegionCode>), String> {
    let url = Url::parse(row.url.trim()).map_err(|error| format!("it is no address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("only http and https can be crawled, not {}", url.scheme()));
    }
    let region = row.region.as_deref().map(str::trim).filter(|region| !region.is_empty());
    let region = region.map(|text| {
        let region = setup.gazetteer.resolve(text);
        region
            .map(|region| region.code)
            .ok_or_else(|| format!("there is no region {text:?}"))
    });
    Ok((url, region.transpose()?))
}

/// What makes two addresses the same source.
fn key(url: &Url) -> String {
    identity(url.as_str()).to_owned()
}

fn read(path: &Path) -> Result<Vec<Row>, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::Usage(format!("cannot read {}: {error}", path.display())))?;
    let rows = if text.trim_start().starts_with('<') {
        opml(&text)
    } else {
        csv_rows(&text)
    };
    rows.map_err(|what| Error::Usage(format!("{}: {what}", path.display())))
}

/// The outlines that name a feed or a site.
fn opml(text: &str) -> Result<Vec<Row>, String> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut rows = Vec::new();
    loop {
        let outline = match reader.read_event() {
            Ok(Event::Eof) => return Ok(rows),
            Ok(Event::Start(tag) | Event::Empty(tag)) if tag.name().as_ref() == "outline" => tag,
            Ok(_) => continue,
            Err(error) => return Err(format!("it is no OPML: {error}")),
        };
        let attribute = |names: &[&str]| {
            let found = names
                .iter()
                .find_map(|name| outline.try_get_attribute(name).ok().flatten());
            found.and_then(|found| {
                Some(
                    found
                        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                        .ok()?
                        .into_owned(),
                )
            })
        };
        if let Some(url) = attribute(&["xmlUrl", "htmlUrl", "url"]) {
            rows.push(Row {
                name: attribute(&["text", "title"]).unwrap_or_default(),
                url,
                region: attribute(&["category"]),
            });
        }
    }
}

fn csv_rows(text: &str) -> Result<Vec<Row>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| headers.iter().position(|header| header.eq_ignore_ascii_case(name));
    let url = column("url").ok_or("expected OPML, or CSV whose first line is name,url,region")?;
    let (name, region) = (column("name"), column("region"));
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let field = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default().to_owned();
        rows.push(Row {
            name: field(name),
            url: field(Some(url)),
            region: Some(field(region)).filter(|region| !region.is_empty()),
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, url: &str, region: Option<&str>) -> Row {
        Row {
            name: name.to_owned(),
            url: url.to_owned(),
            region: region.map(str::to_owned),
        }
    }

    #[test]
    fn both_forms_are_read() {
        let csv = "Name, URL ,region\nLapas A,https://a.go.id/,35.09\n\"Rutan, B\",https://b.go.id/,\n";
        let opml = "<opml><body><outline text=\"Jatim\"><outline text='Lapas A' xmlUrl='https://a.go.id/' category='35.09'/>\
                    <outline title='Rutan, B' htmlUrl='https://b.go.id/'/></outline></body></opml>";
        let expected = [
            row("Lapas A", "https://a.go.id/", Some("35.09")),
            row("Rutan, B", "https://b.go.id/", None),
        ];
        assert_eq!(csv_rows(csv).unwrap(), expected);
        assert_eq!(super::opml(opml).unwrap(), expected);
    }

    #[test]
    fn a_file_of_another_form_is_told() {
        assert!(csv_rows("a,b\n1,2\n").unwrap_err().contains("name,url,region"));
        assert!(super::opml("<opml><outline").is_err());
    }
}
