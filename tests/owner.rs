//! A command that opens the store as root first becomes its owner, so that the daemon can still write afterwards.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use crate::support::world::World;

/// Debian's user `nobody` and group `nogroup`.
const NOBODY: u32 = 65_534;

#[test]
fn root_becomes_the_stores_owner() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can become somebody else");
        return;
    }
    let world = World::new();
    let store = world.path("store");
    std::fs::set_permissions(world.path(""), PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::create_dir(&store).unwrap();
    std::fs::set_permissions(&store, PermissionsExt::from_mode(0o700)).unwrap();
    chown(&store, Some(NOBODY), Some(NOBODY)).unwrap();
    assert_eq!(world.rows(&["stories", "--json"]).len(), 0);
    let mut files = 0;
    check_owner(&store, &mut files);
    assert!(files > 2, "the store has {files} files");
}

fn check_owner(folder: &Path, files: &mut usize) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (NOBODY, NOBODY), "{}", path.display());
        *files += 1;
        if metadata.is_dir() {
            check_owner(&path, files);
        }
    }
}
