//! The schema against the real reading: it has every key that is read and no other, what is shipped is valid by it, and its
//! bounds are those of the settings.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::tests::{SATKER, UNITS, load_with};
use super::*;

/// A source file in which every key stands.
const ALL: &str = r#"
    [[satker]]
    id = "lapas-a"
    name = "Lapas A"
    region = "35.09"
    ministry = "kemenimipas"
    parent = "kanwil"
    aliases = ["A"]
    formerly = ["rutan-a"]
    [[satker.source]]
    id = "lapas-a-web"
    kind = "listing"
    url = "https://a.go.id/"
    region = "35"
    include = ["a"]
    exclude = ["b"]
    interval = "1h"
    render = "browser"
    full_text = false
    republish = "link"
    article = { title = "h1", body = "div", date = "time", author = "b" }
    item = "li"
    link = "a"
    title = "h2"
    date = "time"
    next = "a.next"
    [[satker]]
    id = "kanwil"
    name = "Kanwil"
    region = "35"
    [[source]]
    id = "portal"
    kind = "auto"
    url = "https://portal.id/"
    satker = "kanwil"
    [[source]]
    id = "akun"
    kind = "kumparan"
    url = "https://kumparan.com/akun"
    query = "https://cdn-graphql-v4.kumparan.com/query?operationName=Stories"
"#;

fn json(text: &str) -> Json {
    let source = Arc::new(Source {
        path: PathBuf::from("a.toml"),
        text: Arc::from(text),
        bare: None,
    });
    table(&tree::parse(&source).unwrap())
}

fn table(table: &Table) -> Json {
    let entry = |(key, (_, value)): (&String, &(Place, Value))| (key.clone(), whole(value));
    Json::Object(table.iter().map(entry).collect())
}

fn whole(value: &Value) -> Json {
    match &value.kind {
        Kind::Table(inner) => table(inner),
        Kind::List(elements) => elements.iter().map(whole).collect(),
        _ => plain(value),
    }
}

/// Whether a value is valid by as much of JSON Schema as is used here, patterns aside.
fn is_valid(root: &Json, schema: &Json, value: &Json) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        let inner = root.pointer(name.trim_start_matches('#')).ok_or(format!("no {name}"))?;
        return is_valid(root, inner, value);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let tried: Vec<_> = any.iter().map(|schema| is_valid(root, schema, value)).collect();
        let ok = tried.iter().any(Result::is_ok);
        return if ok { Ok(()) } else { Err(format!("{tried:?}")) };
    }
    let right = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        other => return Err(format!("no type: {other:?} in {schema}")),
    };
    let listed = schema["enum"].as_array().is_none_or(|listed| listed.contains(value));
    let low = schema["minimum"]
        .as_i64()
        .is_none_or(|least| value.as_i64() >= Some(least));
    let high = schema["maximum"]
        .as_i64()
        .is_none_or(|most| value.as_i64() <= Some(most));
    if !(right && listed && low && high) {
        return Err(format!("{value} is not {schema}"));
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        value.get(key.as_str().unwrap()).ok_or(format!("no {key} in {value}"))?;
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        let known = schema["properties"].get(key).ok_or(format!("unknown key {key}"))?;
        is_valid(root, known, inner).map_err(|why| format!("{key}: {why}"))?;
    }
    let mut elements = value.as_array().into_iter().flatten();
    elements.try_for_each(|element| is_valid(root, &schema["items"], element))
}

fn check(text: &str) -> Result<(), String> {
    let schema = schema();
    is_valid(&schema, &schema, &json(text))
}

#[test]
fn what_is_shipped_is_valid() {
    let mut files = vec![Path::new("config/warta.toml").to_owned()];
    files.extend(
        std::fs::read_dir("config/sources")
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    assert!(files.len() > 3, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(check(&text), Ok(()), "{}", file.display());
    }
    load_with(UNITS, ALL, &[]).unwrap();
    assert_eq!(check(ALL), Ok(()));
}

#[test]
fn what_cannot_be_read_is_not_valid() {
    for text in [
        "titel = \"x\"",
        "[site]\ntitel = \"x\"",
        "[crawl]\nconcurrency = \"64\"",
        "[crawl]\nconcurrency = 0",
        "[crawl]\nrobots = 1",
        "[site]\nlanguage = \"jv\"",
        "include = \"a.toml\"",
        "[[satker]]\nid = \"a\"\nname = \"A\"",
        "[[source]]\nid = \"a\"\nkind = \"fed\"\nurl = \"https://a.id/\"",
        "[[source]]\nkind = \"feed\"\nurl = \"https://a.id/\"",
        "[[source]]\nid = \"a\"\nkind = \"feed\"\nurl = \"https://a.id/\"\narticle = { titel = \"h1\" }",
    ] {
        assert!(check(text).is_err(), "{text}");
    }
}

/// The keys that the reading knows where it meets a key that nobody can mean.
fn read_keys(main: &str, units: &str) -> BTreeSet<String> {
    let faults = load_with(main, units, &[]).unwrap_err();
    let unknown = faults
        .0
        .iter()
        .find(|fault| fault.message.starts_with("unknown key `qqq`"));
    let help = unknown.and_then(|fault| fault.help.clone()).unwrap_or_default();
    let keys = help.strip_prefix("the keys here are ").unwrap_or_default();
    keys.split(", ").map(str::to_owned).collect()
}

fn keys_at(pointer: &str) -> BTreeSet<String> {
    let schema = schema();
    let properties = schema.pointer(pointer).and_then(Json::as_object);
    properties
        .unwrap_or_else(|| panic!("no {pointer}"))
        .keys()
        .cloned()
        .collect()
}

#[test]
fn it_has_every_key_that_is_read_and_no_other() {
    assert_eq!(keys_at("/$defs/main/properties"), read_keys("qqq = 1", ""));
    for section in super::super::settings::SECTIONS {
        let found = keys_at(&format!("/$defs/main/properties/{section}/properties"));
        assert_eq!(found, read_keys(&format!("[{section}]\nqqq = 1"), ""), "[{section}]");
    }
    let file = "/$defs/sources/properties";
    let source = "id = \"x\"\nkind = \"feed\"\nurl = \"https://x.id/\"\n";
    for (pointer, units) in [
        (file.to_owned(), "qqq = 1".to_owned()),
        (format!("{file}/satker/items/properties"), format!("{SATKER}qqq = 1")),
        (
            format!("{file}/satker/items/properties/source/items/properties"),
            format!("{SATKER}[[satker.source]]\n{source}qqq = 1"),
        ),
        (
            format!("{file}/source/items/properties"),
            format!("[[source]]\n{source}qqq = 1"),
        ),
        (
            format!("{file}/source/items/properties/article/properties"),
            format!("[[source]]\n{source}article = {{ qqq = 1 }}"),
        ),
    ] {
        assert_eq!(keys_at(&pointer), read_keys(UNITS, &units), "{pointer}");
    }
}

/// Every setting in a schema, with its place.
fn settings_in(schema: &Json, place: &str, found: &mut Vec<(String, Json)>) {
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{place}.{key}");
        if inner["properties"].is_null() {
            found.push((place.clone(), inner.clone()));
        }
        settings_in(inner, &place, found);
        settings_in(&inner["items"], &place, found);
    }
}

#[test]
fn every_setting_says_what_it_is_and_its_default() {
    let schema = schema();
    for file in ["main", "sources"] {
        let mut found = Vec::new();
        settings_in(&schema["$defs"][file], file, &mut found);
        assert!(found.len() > 25, "{file}: {found:?}");
        for (place, setting) in found {
            assert!(setting["type"].is_string(), "{place}: {setting}");
            let description = setting["description"].as_str().unwrap_or_default();
            assert!(description.len() > 10, "{place}: {setting}");
            assert!(file == "sources" || !setting["default"].is_null(), "{place}: {setting}");
        }
    }
    let delay = &schema["$defs"]["main"]["properties"]["crawl"]["properties"]["host_delay"];
    assert_eq!((&delay["default"], &delay["pattern"]), (&json!("2s"), &json!(DURATION)));
    assert!(
        delay["description"]
            .as_str()
            .unwrap()
            .starts_with("The pause between two requests")
    );
}

#[test]
fn the_bounds_are_those_of_the_settings() {
    let loads = |section: &str, key: &str, value: &Json| {
        // A bound on one setting may lie beyond another's: the other is set as wide as it goes.
        let beside = match key {
            "host_concurrency" => "concurrency = 1024\n",
            "concurrency" => "host_concurrency = 1\n",
            _ => "",
        };
        load_with(&format!("[{section}]\n{beside}{key} = {value}"), "", &[]).is_ok()
    };
    let mut tried = 0;
    let main = main();
    for (section, inner) in main["properties"].as_object().unwrap() {
        for (key, setting) in inner["properties"].as_object().into_iter().flatten() {
            for (bound, beyond) in [("minimum", -1), ("maximum", 1)] {
                let Some(number) = setting[bound].as_i64() else {
                    continue;
                };
                tried += 1;
                assert!(loads(section, key, &number.into()), "{section}.{key} = {number}");
                assert!(
                    !loads(section, key, &(number + beyond).into()),
                    "{section}.{key} beyond {number}"
                );
            }
            for word in setting["enum"].as_array().into_iter().flatten() {
                tried += 1;
                assert!(loads(section, key, word), "{section}.{key} = {word}");
            }
        }
    }
    assert!(tried >= 10, "{tried} bounds were tried");
}
