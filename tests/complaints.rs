//! What people read when something cannot be done: one screen, what was expected, what to do, and the exit code of
//! `product.md`. Snapshots, because the wording is the product here.

use std::net::TcpListener;

use crate::support::world::{UNIT, World};

/// Compares what a command says with its snapshot, and holds it to one screen.
fn check(world: &World, name: &str, words: &[&str]) {
    let said = world.complaint(words);
    assert!(said.lines().count() <= 24, "{said}");
    insta::assert_snapshot!(name, said);
}

#[test]
fn a_wrong_key_is_pointed_at() {
    let world = World::new();
    world.write("mailto:humas@lapasjember.go.id", "tmeout = \"3s\"\n");
    check(&world, "wrong_key", &["check"]);
    check(&world, "wrong_key_run", &["run"]);
}

#[test]
fn a_duplicate_id_is_pointed_at() {
    check(&World::with(&UNIT.repeat(2)), "duplicate_id", &["check"]);
}

#[test]
fn an_unknown_region_is_pointed_at() {
    let unknown = UNIT.replace("35.09", "35.99");
    check(&World::with(&unknown), "unknown_region", &["check"]);
    check(&World::new(), "unknown_region_asked_for", &["stories", "jawa-timor"]);
}

#[test]
fn a_bad_selector_is_pointed_at() {
    let source = "[[satker.source]]\nkind = \"listing\"\nurl = \"https://a.go.id/\"\nitem = \"article[\"\n";
    check(&World::with(&format!("{UNIT}{source}")), "bad_selector", &["check"]);
}

#[test]
fn a_missing_file_is_named() {
    let world = World::new();
    std::fs::remove_file(world.path("units.toml")).unwrap();
    check(&world, "missing_include", &["check"]);
    std::fs::remove_file(world.path("warta.toml")).unwrap();
    check(&world, "missing_file", &["check"]);
}

#[test]
fn a_port_in_use_is_named() {
    let world = World::new();
    let _taken = TcpListener::bind(&world.listen).unwrap();
    check(&world, "port_in_use", &["run"]);
}

#[test]
fn a_store_in_use_is_named() {
    let world = World::new();
    let _store = warta::store::Store::open(&world.path("store"), "warta.example.id,2026").unwrap();
    check(&world, "store_in_use", &["stories"]);
    check(&world, "store_in_use_crawl", &["crawl"]);
}

#[test]
fn wrong_words_are_answered_with_the_right_ones() {
    let world = World::new();
    check(&world, "unknown_source", &["crawl", "lapas-jembr"]);
    check(&world, "unit_without_source", &["crawl", "lapas-jember"]);
    check(&world, "unknown_command", &["frobnicate"]);
    check(&world, "not_an_address", &["crawl", "--url", "lapas-jember"]);
    check(&world, "not_the_web", &["crawl", "--url", "file:///etc/passwd"]);
    world.write("mailto:humas@example.go.id", "");
    check(&world, "example_contact", &["run"]);
}
