//! The systemd unit agrees with the shipped configuration, and says of every directive why it is there. Whether systemd
//! itself accepts the unit is asked in `.ci/run`.

use std::path::Path;

/// A directive with the line above it.
struct Directive<'t> {
    name: &'t str,
    value: &'t str,
    above: &'t str,
}

#[test]
fn every_directive_has_a_comment_above_it() {
    let unit = read("systemd/warta.service");
    let directives = directives(&unit);
    assert!(directives.len() > 20, "{} directives", directives.len());
    for name in ["warta.service", "warta-backup.service", "warta-backup.timer"] {
        assert_eq!(uncommented(&read(&format!("systemd/{name}"))), [""; 0], "{name}");
    }
    assert_eq!(uncommented("[Service]\n# Why.\nType=notify\nUser=warta\n"), ["User"]);
}

#[test]
fn its_folders_are_those_of_the_shipped_configuration() {
    let unit = read("systemd/warta.service");
    let config: toml_edit::DocumentMut = read("config/warta.toml").parse().unwrap();
    let setting = |table: &str, key: &str| config[table][key].as_str().unwrap().to_owned();
    assert_eq!(
        format!("/var/lib/{}", only(&unit, "StateDirectory")),
        setting("store", "path")
    );
    let socket = setting("server", "control_socket");
    let folder = Path::new(&socket).parent().unwrap();
    assert_eq!(Path::new("/run").join(only(&unit, "RuntimeDirectory")), folder);
}

#[test]
fn it_is_started_reloaded_and_stopped_as_the_daemon_expects() {
    let unit = read("systemd/warta.service");
    assert_eq!(only(&unit, "Type"), "notify");
    assert_eq!(all(&unit, "ExecStart"), ["/usr/bin/warta run"]);
    assert_eq!(
        all(&unit, "ExecReload"),
        ["/usr/bin/warta check", "/bin/kill -HUP $MAINPID"]
    );
    assert_eq!(
        only(&unit, "User"),
        only(&unit, "Group"),
        "the control socket is for the group of the user"
    );
    assert_eq!(
        only(&unit, "RestartPreventExitStatus"),
        "2",
        "2 is a faulty configuration"
    );
}

#[test]
fn the_nightly_backup_is_the_daemons_user_s_and_goes_to_a_folder_of_its_own() {
    let (daemon, backup) = (read("systemd/warta.service"), read("systemd/warta-backup.service"));
    for same in ["User", "Group", "RestartPreventExitStatus"] {
        assert_eq!(only(&backup, same), only(&daemon, same), "{same}");
    }
    let store = format!("/var/lib/{}", only(&daemon, "StateDirectory"));
    assert_eq!(only(&backup, "ReadWritePaths"), format!("-{store}"));
    let folder = format!("/var/lib/{}", only(&backup, "StateDirectory"));
    assert_ne!(folder, store);
    let command = only(&backup, "ExecStart");
    let words: Vec<&str> = command.split(' ').collect();
    assert_eq!(words[..3], ["/usr/bin/warta", "backup", "--keep"], "{command}");
    assert!(words[3].parse::<u16>().unwrap() >= 2, "the journal reaches back to two");
    assert_eq!(words[4..], [folder.as_str()]);
    // The timer starts the service of its own name.
    let timer = read("systemd/warta-backup.timer");
    assert_eq!((only(&timer, "Persistent"), all(&timer, "Unit")), ("true", vec![]));
}

/// The directives without a comment right above them.
fn uncommented(unit: &str) -> Vec<&str> {
    let bare = |directive: &Directive| {
        directive
            .above
            .strip_prefix("# ")
            .is_none_or(|comment| comment.len() < 4)
    };
    directives(unit)
        .into_iter()
        .filter(bare)
        .map(|directive| directive.name)
        .collect()
}

/// The directives of a unit, in order.
fn directives(unit: &str) -> Vec<Directive<'_>> {
    let lines: Vec<&str> = unit.lines().collect();
    lines
        .windows(2)
        .filter(|pair| !pair[1].starts_with(['#', '[']))
        .filter_map(|pair| {
            let (name, value) = pair[1].split_once('=')?;
            Some(Directive {
                name,
                value,
                above: pair[0],
            })
        })
        .collect()
}

/// The values of a directive that may stand more than once.
fn all<'t>(unit: &'t str, name: &str) -> Vec<&'t str> {
    let named = directives(unit).into_iter().filter(|directive| directive.name == name);
    named.map(|directive| directive.value).collect()
}

/// The value of a directive that stands once.
#[track_caller]
fn only<'t>(unit: &'t str, name: &str) -> &'t str {
    match all(unit, name).as_slice() {
        [value] => value,
        values => panic!("{name} stands {} times", values.len()),
    }
}

/// A file of the project.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
