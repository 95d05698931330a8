//! Becoming the store's owner: what root writes into the store, the daemon could not write again.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Gid, Uid, geteuid, setgid, setgroups, setuid};

use super::Error;

/// Gives up root for the user and group that own the store's folder. Nothing happens where it is root's or is not there
/// yet, and for anybody else than root.
///
/// # Errors
/// When the system refuses.
pub(super) fn become_owner(store: &Path) -> Result<(), Error> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let Ok(metadata) = std::fs::metadata(store) else {
        return Ok(());
    };
    let (user, group) = (Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid()));
    if user.is_root() {
        return Ok(());
    }
    // The groups first: without root they can no longer be given up.
    setgroups(&[group])
        .and_then(|()| setgid(group))
        .and_then(|()| setuid(user))
        .map_err(|error| {
            let store = store.display();
            Error::Failed(format!(
                "cannot become user {user}, who owns {store}: {error}; run it as that user"
            ))
        })
}
