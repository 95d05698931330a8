//! Whether settings that are right by themselves fit together: ids that occur twice, units that do not exist, limits
//! that contradict each other.

use std::collections::{BTreeMap, BTreeSet};

use super::Crawl;
use super::fault::Fault;
use super::section::{Section, did_you_mean};
use super::sources::Entries;
use super::tree::{Place, Placed};
use super::units::format_duration;
use crate::model::{Directory, SatkerId};

/// Checks the limits of `[crawl]` against each other.
pub(super) fn crawl(section: Section, crawl: &Crawl, faults: &mut Vec<Fault>) {
    if crawl.min_interval > crawl.max_interval {
        let key = if section.get("min_interval").is_some() {
            "min_interval"
        } else {
            "max_interval"
        };
        let message = format!(
            "`min_interval` ({}) is longer than `max_interval` ({})",
            format_duration(crawl.min_interval),
            format_duration(crawl.max_interval)
        );
        faults.push(section.place_of(key).fault(message).label("no time lies between them"));
    }
    if crawl.host_concurrency > crawl.concurrency {
        let key = if section.get("host_concurrency").is_some() {
            "host_concurrency"
        } else {
            "concurrency"
        };
        let message = format!(
            "`host_concurrency` ({}) is more than `concurrency` ({})",
            crawl.host_concurrency, crawl.concurrency
        );
        faults.push(section.place_of(key).fault(message).label("can never be reached"));
    }
}

/// Whether every file that may define a unit was read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Files {
    /// All of them.
    All,
    /// One has a fault of its own: a unit that is not found may be in it.
    SomeMissing,
}

/// Puts units and sources together, and reports what does not fit.
pub(super) fn directory(entries: Entries, files: Files, faults: &mut Vec<Fault>) -> Directory {
    let mut taken = BTreeMap::new();
    for entry in &entries.satkers {
        claim(&mut taken, entry.id.value.as_str(), &entry.id.place, "the id", faults);
    }
    for former in entries.satkers.iter().flat_map(|entry| &entry.formerly) {
        claim(
            &mut taken,
            former.value.as_str(),
            &former.place,
            "the former id",
            faults,
        );
    }
    let mut taken = BTreeMap::new();
    for entry in &entries.sources {
        claim(
            &mut taken,
            entry.id.value.as_str(),
            &entry.id.place,
            "the source id",
            faults,
        );
    }
    let units: BTreeSet<&str> = entries.satkers.iter().map(|entry| entry.id.value.as_str()).collect();
    if files == Files::All {
        for parent in entries.satkers.iter().filter_map(|entry| entry.parent.as_ref()) {
            unit_exists("parent", parent, &units, faults);
        }
        for satker in entries.sources.iter().filter_map(|entry| entry.satker.as_ref()) {
            unit_exists("satker", satker, &units, faults);
        }
    }
    circles(&entries, faults);
    Directory {
        satkers: entries
            .satkers
            .into_iter()
            .map(|entry| (entry.id.value, entry.satker))
            .collect(),
        sources: entries
            .sources
            .into_iter()
            .filter_map(|entry| Some((entry.id.value, entry.source?)))
            .collect(),
    }
}

/// Notes that an id is taken, and reports it if it was already.
fn claim<'a>(
    taken: &mut BTreeMap<&'a str, &'a Place>,
    id: &'a str,
    place: &'a Place,
    what: &str,
    faults: &mut Vec<Fault>,
) {
    match taken.get(id) {
        Some(first) => {
            let fault = place.fault_with(format!("{what} `{id}` is taken"), first, "first used here");
            faults.push(fault.label("used again here"));
        }
        None => {
            taken.insert(id, place);
        }
    }
}

fn unit_exists(key: &str, id: &Placed<SatkerId>, units: &BTreeSet<&str>, faults: &mut Vec<Fault>) {
    let wanted = id.value.as_str();
    // A unit whose source stands under it is there by itself.
    if units.contains(wanted) {
        return;
    }
    let fault = id
        .place
        .fault(format!("`{key}`: there is no satker `{wanted}`"))
        .label("unknown");
    let candidates: Vec<&str> = units.iter().copied().collect();
    faults.push(match did_you_mean(wanted, &candidates) {
        Some(near) => fault.help(format!("did you mean \"{near}\"?")),
        None => fault.help("add a [[satker]] with this id, or remove the key"),
    });
}

/// Reports each unit that is above itself.
fn circles(entries: &Entries, faults: &mut Vec<Fault>) {
    let parents: BTreeMap<&SatkerId, &Placed<SatkerId>> = entries
        .satkers
        .iter()
        .filter_map(|entry| Some((&entry.id.value, entry.parent.as_ref()?)))
        .collect();
    for (unit, parent) in &parents {
        let mut above = Some(*parent);
        // A way up that is longer than there are units goes in a circle.
        for _ in 0..parents.len() {
            let Some(next) = above else { break };
            if next.value == **unit {
                let message = format!("`parent`: `{unit}` would stand above itself");
                faults.push(parent.place.fault(message).label("leads back to it"));
                break;
            }
            above = parents.get(&next.value).copied();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{SATKER, UNITS, messages};

    #[test]
    fn limits_that_contradict_each_other_are_a_fault() {
        for (crawl, message) in [
            (
                "min_interval = \"2h\"\nmax_interval = \"1h\"",
                "`min_interval` (2h) is longer than `max_interval` (1h)",
            ),
            (
                "max_interval = \"1m\"",
                "`min_interval` (10m) is longer than `max_interval` (1m)",
            ),
            (
                "concurrency = 2\nhost_concurrency = 3",
                "`host_concurrency` (3) is more than `concurrency` (2)",
            ),
        ] {
            assert_eq!(messages(&format!("[crawl]\n{crawl}"), ""), [message], "{crawl}");
        }
    }

    #[test]
    fn units_that_do_not_fit_together_are_a_fault() {
        for (rest, message) in [
            ("parent = \"lapas-b\"", "`parent`: there is no satker `lapas-b`"),
            ("parent = \"lapas-a\"", "`parent`: `lapas-a` would stand above itself"),
            ("formerly = [\"lapas-a\"]", "the former id `lapas-a` is taken"),
        ] {
            assert_eq!(messages(UNITS, &format!("{SATKER}{rest}")), [message], "{rest}");
        }
        assert_eq!(
            messages(UNITS, "[site]"),
            ["unknown key `site` at the top level of a source file"]
        );
    }

    #[test]
    fn settings_of_a_source_that_do_not_fit_together_are_a_fault() {
        let source = |rest: &str| format!("[[source]]\nid = \"s\"\nurl = \"https://a.id/\"\nkind = {rest}\n");
        for (rest, message) in [
            ("\"listing\"\nlink = \"a\"", "`link` needs `item`"),
            ("\"feed\"\nitem = \"a\"", "`item` has no meaning for kind \"feed\""),
            (
                "\"kumparan\"\nnext = \"a\"",
                "`next` has no meaning for kind \"kumparan\"",
            ),
            (
                "\"feed\"\nquery = \"https://a.id/query\"",
                "`query` has no meaning for kind \"feed\"",
            ),
            ("\"feed\"\nsatker = \"b\"", "`satker`: there is no satker `b`"),
            ("\"feed\"\nrender = \"no\"", "`render`: \"no\" is not known here"),
            ("\"feed\"\ninclude = [\"\"]", "`include`: it is empty"),
            ("\"bloger\"", "`kind`: there is no kind \"bloger\""),
        ] {
            assert_eq!(messages(UNITS, &source(rest)), [message], "{rest}");
        }
        let twice = source("\"feed\"") + &source("\"feed\"");
        assert_eq!(messages(UNITS, &twice), ["the source id `s` is taken"]);
    }

    #[test]
    fn two_default_ids_that_are_the_same_are_a_fault() {
        let feed = "[[satker.source]]\nkind = \"feed\"\nurl = \"https://a.id/\"\n";
        assert_eq!(
            messages(UNITS, &format!("{SATKER}{feed}{feed}")),
            ["the source id `lapas-a-feed` is taken"]
        );
    }

    #[test]
    fn a_unit_that_may_stand_in_an_unread_file_is_not_called_missing() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("warta.toml", "include = [\"*.inc\"]"),
            ("a.inc", "= broken"),
            ("b.inc", &format!("{SATKER}parent = \"kanwil\"")),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let faults = crate::config::load(
            &folder.path().join("warta.toml"),
            &[],
            &crate::gazetteer::Gazetteer::built_in(),
        )
        .unwrap_err();
        assert_eq!(faults.0.len(), 1, "{:#?}", faults.0);
    }
}
