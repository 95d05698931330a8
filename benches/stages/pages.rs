//! Article pages: reading, extracting, sanitising. The gold pages are a tenth of what sites send, so each is measured as
//! it is and with the menus, columns and scripts of a usual theme around it.

use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use warta::model::{ArticleSelectors, Document, Entry, Room, Source, SourceKind, Validators, Zone};
use warta::{extract, normalize};

use super::measure::{Figure, Table, Used, processor_time};
use super::{Outcome, source};

/// Thursday, 19 June 2025, 18.00 WIB: the day of the pages.
const NOW: &str = "2025-06-19T18:00:00+07:00";

/// How often each page is read.
const TIMES: u32 = 20;

/// The classes by which an operator would name the body, where a page has one of them.
const BODIES: [&str; 9] = [
    "entry-content",
    "post-body",
    "post-content",
    "article-content",
    "article-body",
    "item-page",
    "detail-text",
    "detail__body-text",
    "read__content",
];

/// A page and who reads it.
struct Page {
    name: String,
    document: Document,
    kind: SourceKind,
}

/// Adds what pages take, in the mean and the slowest.
pub fn measure(table: &mut Table) -> Outcome {
    let pages = gold()?;
    let grown: Vec<Page> = pages.iter().map(grown).collect();
    let size = grown.iter().map(|page| page.document.body.len()).sum::<usize>() / grown.len();
    add(table, "a gold page, by its shape", &pages, Selectors::None, 12.0)?;
    let what = format!("a page of {} KB, by its shape", size / 1_000);
    add(table, &what, &grown, Selectors::None, 12.0)?;
    let (stated, shaped): (Vec<Page>, Vec<Page>) = grown.into_iter().partition(|page| {
        let text = String::from_utf8_lossy(&page.document.body);
        text.contains("articleBody")
    });
    add(table, "  of them with JSON-LD", &stated, Selectors::None, 3.0)?;
    let named: Vec<Page> = shaped.into_iter().filter(|page| body_of(page).is_some()).collect();
    add(table, "  of them with selectors", &named, Selectors::OfTheBody, 3.0)
}

/// Whether the source has selectors configured.
#[derive(Clone, Copy)]
enum Selectors {
    None,
    OfTheBody,
}

fn add(table: &mut Table, what: &str, pages: &[Page], selectors: Selectors, most: f64) -> Outcome {
    let mut all: Option<Used> = None;
    let mut slowest = (Duration::ZERO, "");
    for page in pages {
        let mut source = source(page.kind.clone())?;
        if let Selectors::OfTheBody = selectors {
            source.article = ArticleSelectors {
                title: Some("h1".to_owned()),
                body: body_of(page),
                ..ArticleSelectors::default()
            };
        }
        let now: Timestamp = NOW.parse()?;
        let used = processor_time(|| (0..TIMES).for_each(|_| read(page, &source, now)));
        slowest = slowest.max((used.time, page.name.as_str()));
        all = Some(all.map_or(used, |all| all.and(used)));
    }
    let all = all.ok_or_else(|| format!("there is no page for {what:?}"))?;
    let times = f64::from(TIMES);
    let mean = Figure::of(all, 1e3 / times / pages.len() as f64);
    table.add(&format!("{what} ({} pages)", pages.len()), mean, "ms", Some(most));
    let slow = slowest.0.as_secs_f64() * 1e3 / times;
    table.add(&format!("  the slowest, {}", slowest.1), slow, "ms", None);
    Ok(())
}

/// Parse, extract, sanitise: what the crawl does with a page that it fetched.
fn read(page: &Page, source: &Source, now: Timestamp) {
    let (content, _) = extract::content(&page.document, &source.kind, &source.article);
    let entry = Entry {
        url: Some(page.document.url.clone()),
        ..Entry::default()
    };
    let cx = normalize::Context {
        source,
        satker: None,
        zone: Zone::Wib,
        now,
    };
    black_box(extract::next_part(&page.document));
    black_box(normalize::article(entry, content, &cx));
}

fn gold() -> Outcome<Vec<Page>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gold");
    let mut pages = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_none_or(|kind| kind != "html") {
            continue;
        }
        let expected: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path.with_extension("expected.json"))?)?;
        let given = &expected["given"];
        pages.push(Page {
            name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            document: Document {
                url: given["url"].as_str().ok_or("a page has no address")?.parse()?,
                content_type: None,
                body: std::fs::read(&path)?,
                validators: Validators::default(),
                fetched: NOW.parse()?,
                fresh_for: None,
                led: None,
                links: Vec::new(),
                room: Room::default(),
            },
            kind: match given["kind"].as_str() {
                Some("kumparan") => SourceKind::Kumparan,
                _ => SourceKind::Feed,
            },
        });
    }
    pages.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(pages)
}

/// What an operator would write as the selector of the body.
fn body_of(page: &Page) -> Option<String> {
    let text = String::from_utf8_lossy(&page.document.body);
    let named = BODIES.iter().find(|class| {
        let whole = [format!("class=\"{class}"), format!(" {class}\""), format!(" {class} ")];
        whole.iter().any(|form| text.contains(form))
    });
    named.map(|class| format!(".{class}"))
}

/// The page as a theme sends it: styles and scripts in its head, a menu before the article, a column and a foot after.
fn grown(page: &Page) -> Page {
    let text = String::from_utf8_lossy(&page.document.body);
    let (mut style, mut menu, mut side) = (String::new(), String::new(), String::new());
    for number in 0..400 {
        let _ = write!(
            style,
            ".menu-{number}>li{{color:#{number:06x};margin:{number}px auto}}@media(max-width:{number}px){{.w{number}{{display:none}}}}"
        );
    }
    for number in 0..150 {
        let _ = write!(
            menu,
            "<li id=\"menu-item-{number}\" class=\"menu-item menu-item-type-taxonomy menu-item-{number}\">\
             <a href=\"/kategori/bagian-{number}\">Bagian {number}</a></li>"
        );
    }
    for number in 0..40 {
        let _ = write!(
            side,
            "<li class=\"widget-item\"><div class=\"thumb\"><a href=\"/populer/{number}\"><img src=\"/t-{number}.jpg\" \
             width=\"300\" height=\"200\" loading=\"lazy\" srcset=\"/t-{number}-1.jpg 300w, /t-{number}-2.jpg 768w\" alt=\"\">\
             </a></div><h4><a href=\"/populer/{number}\">Kabar nomor {number} yang paling banyak dibaca</a></h4>\
             <span class=\"views\">{number} kali</span></li>"
        );
    }
    let script = "var a=[];for(var i=0;i<9;i++){a.push('<p>'+i+'</p>')}".repeat(500);
    let head = format!("<style>{style}</style><script>{script}</script></head>");
    let top = format!("<header class=\"site-header\"><nav class=\"main-navigation\"><ul>{menu}</ul></nav></header>");
    let bottom = format!(
        "<aside class=\"sidebar\"><h3>Populer</h3><ul>{side}</ul></aside>\
         <footer class=\"site-footer\"><ul>{menu}</ul><p>Hak cipta</p></footer><script>{script}</script></body>"
    );
    let body_begins = text.find("<body").and_then(|at| Some(at + text[at..].find('>')? + 1));
    let (before, after) = text.split_at(body_begins.unwrap_or(0));
    let text = format!("{before}{top}{after}")
        .replacen("</head>", &head, 1)
        .replacen("</body>", &bottom, 1);
    Page {
        name: page.name.clone(),
        document: Document {
            body: text.into_bytes(),
            ..page.document.clone()
        },
        kind: page.kind.clone(),
    }
}
