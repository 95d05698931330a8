//! The extractor against the pages and the script of others: reads `html/*.html.gz` of a checkout of
//! scrapinghub/article-extraction-benchmark and writes `output/warta.json` there, which its own `evaluate.py` judges.
//! `tests/extraction.sh` runs both. Without `WARTA_EXTRACTION_BENCHMARK` it does nothing and says so.

use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value, json};
use warta::model::{ArticleSelectors, Document, SourceKind};
use warta::{extract, normalize};

use crate::support::samples;

/// Pages that may be read to nothing before something is broken.
const EMPTY: usize = 5;

fn body(name: &str, page: Vec<u8>) -> String {
    let document = Document {
        fetched: "2026-01-01T00:00:00Z".parse().unwrap(),
        ..samples::document(&format!("https://benchmark.example/{name}"), &page)
    };
    let (content, _) = extract::content(&document, &SourceKind::Feed, &ArticleSelectors::default());
    let html = content.and_then(|content| content.html).unwrap_or_default();
    normalize::html::clean(&html, &document.url, &[])
        .map(|clean| clean.text)
        .unwrap_or_default()
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut page = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_end(&mut page)
        .unwrap();
    page
}

#[test]
fn the_pages_of_the_benchmark_are_read_and_written_for_its_script() {
    let Ok(folder) = std::env::var("WARTA_EXTRACTION_BENCHMARK") else {
        println!("skipped: WARTA_EXTRACTION_BENCHMARK names no checkout of article-extraction-benchmark");
        return;
    };
    let folder = Path::new(&folder);
    let mut output = Map::new();
    for file in std::fs::read_dir(folder.join("html")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(id) = name.strip_suffix(".html.gz") {
            output.insert(id.to_owned(), json!({"articleBody": body(id, unpacked(&path))}));
        }
    }
    let empty = output.values().filter(|page| page["articleBody"] == "").count();
    assert!(
        !output.is_empty() && empty <= EMPTY,
        "{empty} of {} pages are empty",
        output.len()
    );
    std::fs::create_dir_all(folder.join("output")).unwrap();
    std::fs::write(folder.join("output/warta.json"), Value::Object(output).to_string()).unwrap();
}
