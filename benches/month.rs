//! A month of the schedule alone, simulated: 20,000 sources on 3,000 hosts, beside a fixed poll every ten minutes. Prints the
//! table of both, and fails where a limit is not kept. `cargo test` runs the same at a twentieth of the size.

#[expect(dead_code, clippy::unwrap_used, reason = "shared with the tests, and one of them")]
#[path = "../tests/support/samples.rs"]
mod samples;
#[expect(dead_code, clippy::unwrap_used, reason = "shared with the tests, and one of them")]
#[path = "../tests/simulated_month.rs"]
mod simulated_month;

/// As the tests have it.
mod support {
    pub(crate) use crate::samples;
}

fn main() {
    simulated_month::judge(simulated_month::MONTH);
}
