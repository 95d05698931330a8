//! `warta check --online` and `--schema`, `warta man` and `warta completions`, with the real binary.

use crate::support::site::{Site, rss};
use crate::support::world::{UNIT, World, lines_of, stderr};

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn every_source_is_tried_once_and_a_failing_one_fails_the_check() {
    let site = Site::start();
    let items = [("1".to_owned(), "Razia".to_owned(), "Razia kamar hunian.".to_owned())];
    site.feed("/feed", &rss(&site, &items));
    let source = |id: &str, path: &str| {
        let url = site.url(path);
        format!("[[satker.source]]\nid = \"{id}\"\nkind = \"feed\"\nurl = \"{url}\"\n")
    };
    let good = source("good", "/feed");
    let world = World::with(&format!("{UNIT}{good}"));
    let output = world.output(&["check", "--online"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("good: ok, 1 articles"), "{}", stdout(&output));
    let asked = site.asked();
    assert_eq!(
        asked.iter().filter(|path| path.contains("/feed")).count(),
        1,
        "{asked:?}"
    );
    assert!(!world.path("store").exists(), "nothing is stored");
    world.write_units(&format!("{UNIT}{good}{}", source("bad", "/missing")));
    let output = world.output(&["check", "--online"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stdout(&output);
    assert!(said.contains("good: ok") && said.contains("bad: failed: "), "{said}");
    assert!(stderr(&output).contains("1 of 2 sources failed"), "{}", stderr(&output));
}

#[test]
fn the_schema_is_printed_without_a_configuration() {
    let world = World::new();
    std::fs::remove_file(world.path("warta.toml")).unwrap();
    let output = world.output(&["check", "--schema"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let schema = &lines_of(&output.stdout)[0];
    let title = &schema["$defs"]["main"]["properties"]["site"]["properties"]["title"];
    assert_eq!(title["default"], "Warta Satuan Kerja");
}

#[test]
fn every_command_has_its_man_page_and_completions_need_no_configuration() {
    let world = World::new();
    std::fs::remove_file(world.path("warta.toml")).unwrap();
    let folder = world.path("man");
    let output = world.output(&["man", "--dir", folder.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    for (name, said) in [("warta.1", ".SH \"EXIT STATUS\""), ("warta-crawl.1", "\\-\\-since")] {
        let page = std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(page.contains(said), "{name}: {page}");
    }
    assert_eq!(world.output(&["completions", "tcsh"]).status.code(), Some(2));
    assert!(stdout(&world.output(&["completions", "bash"])).contains("warta__subcmd__crawl"));
}
