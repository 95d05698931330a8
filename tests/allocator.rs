//! The allocator and its settings are in the program, not in whoever starts it: a build that lost them would only take more
//! memory, and nobody would see why.

use std::process::Command;

#[test]
fn the_settings_of_the_allocator_are_built_in() {
    let output = Command::new(env!("CARGO_BIN_EXE_warta"))
        .arg("--version")
        .env("_RJEM_MALLOC_CONF", "stats_print:true")
        .output()
        .unwrap();
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    for setting in ["opt.narenas: 2\n", "opt.dirty_decay_ms: 2 ", "opt.muzzy_decay_ms: 0 "] {
        assert!(said.contains(setting), "{setting:?} is not in {said}");
    }
}
