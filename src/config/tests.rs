//! Tests of loading as a whole. How faults look is tested in `cli::diagnostics`.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::{Republish, SatkerId, SourceId, SourceKind};

/// Building it takes longer than loading.
static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(Gazetteer::built_in);

pub(super) const UNITS: &str = "include = [\"units.toml\"]\n";
pub(super) const SATKER: &str = "[[satker]]\nid = \"lapas-a\"\nname = \"Lapas A\"\nregion = \"35.09\"\n";

pub(super) fn load_with(main: &str, units: &str, environment: &[(&str, &str)]) -> Result<Loaded, Faults> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("warta.toml"), main).unwrap();
    std::fs::write(folder.path().join("units.toml"), units).unwrap();
    let environment: Vec<(String, String)> = environment
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    load(&folder.path().join("warta.toml"), &environment, &GAZETTEER)
}

/// The messages of a configuration that must not load.
pub(super) fn messages(main: &str, units: &str) -> Vec<String> {
    let faults = load_with(main, units, &[]).expect_err(main);
    faults.0.into_iter().map(|fault| fault.message).collect()
}

#[test]
fn the_shipped_file_says_what_the_defaults_are() {
    let loaded = load(Path::new("config/warta.toml"), &[], &GAZETTEER).unwrap();
    assert_eq!(loaded.warnings, []);
    assert_eq!(
        Config {
            directory: Arc::default(),
            ..loaded.config
        },
        Config::defaults()
    );
}

#[test]
fn the_shipped_file_has_every_setting() {
    let text = std::fs::read_to_string("config/warta.toml").unwrap();
    let settings = text
        .lines()
        .filter(|line| !line.starts_with('#') && line.contains(" = "))
        .count();
    assert_eq!(
        settings,
        1 + 4 + 4 + 2 + 11 + 2 + 2 + 2,
        "include, then those of each section in product order"
    );
    for (before, line) in text.lines().zip(text.lines().skip(1)) {
        assert!(
            !line.contains(" = ") || line.starts_with('#') || before.starts_with('#'),
            "no comment above {line}"
        );
    }
}

#[test]
fn the_shipped_units_are_whole() {
    let directory = load(Path::new("config/warta.toml"), &[], &GAZETTEER)
        .unwrap()
        .config
        .directory;
    assert!(directory.satkers.len() >= 115, "{} units", directory.satkers.len());
    let jember = &directory.satkers[&SatkerId::new("lapas-jember").unwrap()];
    assert_eq!(
        (jember.name.as_str(), jember.region.to_string().as_str()),
        ("Lapas Kelas IIA Jember", "35.09")
    );
    let source = &directory.sources[&SourceId::new("lapas-jember-kumparan").unwrap()];
    assert_eq!(source.url.as_str(), "https://kumparan.com/lajer-channel");
    assert_eq!(
        (&source.kind, source.republish, source.full_text),
        (&SourceKind::Kumparan, Republish::Full, true)
    );
    let mut names: Vec<&str> = directory.satkers.values().map(|satker| satker.name.as_str()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), directory.satkers.len(), "two units have one name");
}

#[test]
fn an_empty_file_gives_the_defaults() {
    assert_eq!(load_with("", "", &[]).unwrap().config, Config::defaults());
}

#[test]
fn settings_are_read() {
    let main = r#"
        include = ["units.toml"]
        site = { title = "W", base_url = "http://w.go.id/x", id_authority = "w.go.id,2026", language = "en" }
        server = { listen = "unix:/run/w.sock", control_socket = "/run/c.sock" }
        store = { path = "/srv/w", keep_days = 400 }
        dedupe.window_days = 3
        [crawl]
        contact = "mailto:a@w.go.id"
        concurrency = 8
        host_concurrency = 2
        host_delay = "0s"
        min_interval = "5m"
        max_interval = "1h"
        timeout = "10s"
        max_body = "1MiB"
        robots = false
        allow_networks = ["127.0.0.0/8"]
    "#;
    let config = load_with(main, "", &[]).unwrap().config;
    assert_eq!(config.site.base_url.as_str(), "http://w.go.id/x/");
    assert_eq!(config.site.language, crate::model::Language::En);
    assert_eq!(config.server.listen, Listen::Unix("/run/w.sock".into()));
    assert_eq!(
        (config.store.path.as_path(), config.store.keep_days),
        (Path::new("/srv/w"), 400)
    );
    assert_eq!(config.dedupe.window_days, 3);
    let expected = Crawl {
        contact: "mailto:a@w.go.id".to_owned(),
        concurrency: 8,
        host_concurrency: 2,
        host_delay: Duration::ZERO,
        min_interval: Duration::from_secs(300),
        max_interval: Duration::from_secs(3600),
        timeout: Duration::from_secs(10),
        max_body: 1 << 20,
        robots: false,
        allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
        browser: Some("/usr/bin/chromium".into()),
    };
    assert_eq!(config.crawl, expected);
}

#[test]
fn the_query_of_an_account_on_kumparan_is_read() {
    let query = "https://cdn-graphql-v4.kumparan.com/query?operationName=Stories";
    let units = format!(
        "[[source]]\nid = \"akun\"\nkind = \"kumparan\"\nurl = \"https://kumparan.com/akun\"\nquery = \"{query}\"\n"
    );
    let directory = load_with(UNITS, &units, &[]).unwrap().config.directory;
    let kind = &directory.sources[&SourceId::new("akun").unwrap()].kind;
    assert_eq!(*kind, SourceKind::KumparanQuery(query.to_owned()));
}

#[test]
fn units_and_sources_are_read() {
    let units = format!(
        r#"{SATKER}
        ministry = "kemenimipas"
        parent = "kanwil"
        aliases = ["A"]
        formerly = ["lapas-lama"]
        [[satker.source]]
        kind = "listing"
        url = "https://a.go.id/berita"
        item = "article"
        next = "a.next"
        article = {{ body = ".isi" }}
        [[satker]]
        id = "kanwil"
        name = "Kanwil"
        region = "35"
        [[source]]
        id = "portal"
        kind = "feed"
        url = "https://p.id/feed/"
        region = "35"
        include = ["lapas"]
        exclude = ["iklan"]
        interval = "30m"
        full_text = false
        [[source]]
        id = "a-blog"
        satker = "lapas-a"
        kind = "feed"
        url = "https://a.id/feed/"
        republish = "link""#
    );
    let directory = load_with(UNITS, &units, &[]).unwrap().config.directory;
    let id = |text: &str| SourceId::new(text).unwrap();
    let satker = &directory.satkers[&SatkerId::new("lapas-a").unwrap()];
    assert_eq!(satker.parent.as_ref().unwrap().as_str(), "kanwil");
    assert_eq!(
        (satker.aliases[0].as_str(), satker.formerly[0].as_str()),
        ("A", "lapas-lama")
    );
    let listing = &directory.sources[&id("lapas-a-listing")];
    let SourceKind::Listing(selectors) = &listing.kind else {
        panic!("{listing:?}")
    };
    assert_eq!(
        (selectors.item.as_str(), &selectors.link, selectors.next.as_deref()),
        ("article", &None, Some("a.next"))
    );
    assert_eq!(listing.article.body.as_deref(), Some(".isi"));
    let portal = &directory.sources[&id("portal")];
    assert_eq!(
        (portal.republish, portal.full_text, &portal.satker),
        (Republish::Excerpt, false, &None)
    );
    assert_eq!(portal.interval, Some(Duration::from_secs(1800)));
    assert_eq!(
        (portal.include[0].as_str(), portal.exclude[0].as_str()),
        ("lapas", "iklan")
    );
    assert_eq!(directory.sources[&id("a-blog")].republish, Republish::Link);
}

#[test]
fn the_environment_outranks_the_file() {
    let environment = [
        ("WARTA_STORE__PATH", "/tmp/w"),
        ("WARTA_SITE__TITLE", "2026"),
        ("WARTA_CRAWL__ALLOW_NETWORKS", "[\"127.0.0.0/8\"]"),
        ("WARTA_CRAWL__ROBOTS", "false"),
        ("WARTA_CRAWL__HOST_DELAY", "0s"),
        ("WARTA_CRAWL__TIMEOUT", "\"5s\""),
        ("WARTA_CONFIG", "/elsewhere"),
        ("PATH", "/bin"),
    ];
    let config = load_with("[crawl]\nrobots = true\ntimeout = \"1m\"\n", "", &environment)
        .unwrap()
        .config;
    assert_eq!(config.store.path, Path::new("/tmp/w"));
    assert_eq!(
        config.site.title, "2026",
        "a string setting takes what looks like a number"
    );
    assert_eq!(config.crawl.allow_networks.len(), 1);
    assert!(!config.crawl.robots);
    assert_eq!(
        (config.crawl.host_delay, config.crawl.timeout),
        (Duration::ZERO, Duration::from_secs(5))
    );
}

#[test]
fn faults_of_all_files_are_found_in_order() {
    let main = "include = [\"units.toml\", \"none.toml\"]\n[crawl]\nrobots = 1\nconcurrency = 0\n";
    let units = "[[satker]]\nid = \"Lapas A\"\n[[source]]\nid = \"s\"\nkind = \"feed\"\nurl = \"x\"\n";
    let faults = load_with(main, units, &[]).unwrap_err();
    let places: Vec<(String, usize)> = faults
        .0
        .iter()
        .map(|fault| {
            (
                fault.file.file_name().unwrap().to_string_lossy().into_owned(),
                fault.line(),
            )
        })
        .collect();
    let expected = [
        ("warta.toml", 1),
        ("warta.toml", 3),
        ("warta.toml", 4),
        ("units.toml", 1),
        ("units.toml", 1),
        ("units.toml", 2),
        ("units.toml", 6),
    ];
    assert_eq!(
        places,
        expected.map(|(file, line)| (file.to_owned(), line)),
        "{:#?}",
        faults.0
    );
}

#[test]
fn what_may_be_meant_but_hardly_is_gives_a_warning() {
    let one = load_with("[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]", "", &[]).unwrap();
    let networks: Vec<String> = one
        .config
        .server
        .trusted_proxies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        (networks, one.warnings.len()),
        (vec!["10.0.0.0/8".to_owned(), "::1/128".to_owned()], 0)
    );
    let setting = "[server]\ntrusted_proxies = [\"0.0.0.0/0\"]";
    let warnings = load_with(setting, "", &[]).unwrap().warnings;
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].severity == Severity::Warning && warnings[0].line() == 2,
        "{warnings:?}"
    );
    let rendered = "[[source]]\nid = \"s\"\nkind = \"feed\"\nurl = \"https://a.id/\"\nrender = \"browser\"";
    let loaded = load_with(UNITS, rendered, &[]).unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let source = loaded.config.directory.sources.values().next().unwrap();
    assert_eq!(source.render, crate::model::Render::Browser);
    let told = load_with("[alert]\nwebhook = \"https://a.id/x\"\ndaily = \"08:00\"", "", &[]).unwrap();
    let daily = told.config.alert.daily.map(|time| time.to_string());
    assert_eq!((daily.as_deref(), told.warnings.len()), (Some("08:00:00"), 0));
    assert!(told.config.alert.webhook.is_some());
    let silent = load_with("[alert]\nwebhook = \"\"\ndaily = \"\"", "", &[]).unwrap();
    assert_eq!((silent.config.alert.webhook, silent.config.alert.daily), (None, None));
    let none = load_with("[crawl]\nbrowser = \"\"", "", &[]).unwrap();
    assert_eq!((none.config.crawl.browser, none.warnings.len()), (None, 0));
    assert_eq!(
        messages("[alert]\ndaily = \"8\"\nwebhook = \"x\"", "").len(),
        2,
        "their values are checked nevertheless"
    );
}

#[test]
fn a_folder_and_bytes_that_are_no_text_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("warta.toml"), b"title = \"\xff\"").unwrap();
    for (path, why) in [
        (folder.path().join("warta.toml"), "not UTF-8"),
        (folder.path().to_owned(), "a folder"),
    ] {
        let faults = load(&path, &[], &GAZETTEER).unwrap_err();
        assert!(faults.0[0].message.contains(why), "{faults}");
    }
}

#[test]
fn an_example_contact_is_recognised() {
    for (contact, example) in [
        ("mailto:humas@example.go.id", true),
        ("mailto:a@example.com", true),
        ("https://warta.example/", true),
        ("https://www.Example.org/kontak", true),
        ("mailto:example@lapas.go.id", false),
        ("https://examples.id/", false),
    ] {
        assert_eq!(is_example_contact(contact), example, "{contact}");
    }
    assert!(Config::defaults().crawl.has_example_contact());
}

#[test]
fn the_file_that_is_asked_for_is_taken() {
    assert_eq!(find(Some(Path::new("a.toml"))), Path::new("a.toml"));
}

/// A source file put together from words it may have, so that most of it is read.
fn likely_text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("[[satker]]".to_owned()),
        Just("[[satker.source]]".to_owned()),
        Just("[[source]]".to_owned()),
        Just("[crawl]".to_owned()),
        (
            "(id|kind|url|region|parent|item|include|article|interval|min_interval)",
            "[a-z0-9\"'\\[\\]{}=., é-]{0,12}"
        )
            .prop_map(|(key, value)| format!("{key} = {value}")),
        ("(id|kind|url|region|parent|item|contact)", "[a-z0-9:/.é-]{0,12}")
            .prop_map(|(key, value)| format!("{key} = \"{value}\"")),
    ];
    proptest::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn loading_never_panics(any in any::<String>(), main in likely_text(), units in likely_text(), value in any::<String>()) {
        let check = |main: &str, units: &str| {
            let result = load_with(main, units, &[("WARTA_CRAWL__CONTACT", &value), ("WARTA_X__", &value)]);
            let faults = result.map_or_else(|faults| faults.0, |loaded| loaded.warnings);
            for fault in faults {
                let span = fault.span.clone().unwrap_or(0..0);
                prop_assert!(fault.text.get(span).is_some() && fault.line() > 0 && fault.column() > 0, "{:?}", fault);
            }
            Ok(())
        };
        check(&format!("{UNITS}{main}"), &units)?;
        check(UNITS, &any)?;
        check(&any, "")?;
    }
}
