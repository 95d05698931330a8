//! What a process took. Each is the only child of a process of its own, so that what the system counted for children is
//! its alone, peak memory too; the sites and the others do not count.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use super::Outcome;

/// What a process took, and what it printed last.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Processor time, user and system, in seconds.
    pub cpu: f64,
    /// From start to end, in seconds.
    pub wall: f64,
    /// The most memory it held, in MB.
    pub memory: f64,
    /// The last line of its output.
    pub said: String,
}

/// Runs a program by way of [`child`] and reads what it took. Its exit code must be 0, or 1 where sites are faulty.
pub fn run(folder: &Path, words: &[String], faulty: bool) -> Outcome<Taken> {
    let output = folder.join("output");
    let status = Command::new(std::env::current_exe()?)
        .args(["child".as_ref(), output.as_os_str()])
        .args(words)
        .stdin(Stdio::null())
        .output()?;
    let said = std::fs::read_to_string(&output)?;
    let said = said.lines().last().unwrap_or_default().to_owned();
    let told = String::from_utf8_lossy(&status.stdout).into_owned();
    let numbers: Vec<f64> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match numbers.as_slice() {
        [code, cpu, wall, memory] if *code == 0.0 || (faulty && *code == 1.0) => Ok(Taken {
            cpu: *cpu,
            wall: *wall,
            memory: *memory,
            said,
        }),
        _ => {
            let complaint = std::fs::read_to_string(output.with_extension("errors")).unwrap_or_default();
            Err(format!("{words:?} failed: {told} {said} {complaint}").into())
        }
    }
}

/// Runs a program to its end, its output into a file, and prints its exit code, processor time, wall time and memory.
pub fn child(output: &Path, words: &[String]) -> Outcome {
    let (program, words) = words.split_first().ok_or("no program is named")?;
    let began = Instant::now();
    let status = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(File::create(output)?)
        .stderr(File::create(output.with_extension("errors"))?)
        .status()?;
    let wall = began.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = seconds(usage.user_time()) + seconds(usage.system_time());
    // The system counts in units of 1,024 bytes.
    let memory = usage.max_rss() as f64 * 1_024.0 / 1e6;
    println!("{} {cpu} {wall} {memory}", status.code().unwrap_or(-1));
    Ok(())
}

fn seconds(time: TimeVal) -> f64 {
    let micros = time.tv_sec() as f64 * 1e6 + time.tv_usec() as f64;
    Duration::from_micros(micros as u64).as_secs_f64()
}
