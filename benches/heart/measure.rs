//! Processor time on a machine that others use as well, and the table of figures. Others take no processor time of ours,
//! but the caches, the clock rate and the other half of the core. So a fixed piece of work is done before and after
//! what is measured: how much slower it was than at its best in the whole run is how much slower all was.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of the text of the fixed work.
const TEXT: usize = 256 << 10;

/// How often the fixed work is done each time.
const TIMES: usize = 5;

/// Processor time, and how the machine was meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// The processor time of the whole process.
    pub time: Duration,
    /// That of the fixed work around it, all together, and how often it was done.
    pace: (Duration, u32),
    /// The least of it.
    least: Duration,
}

/// The processor time that this takes, with all that the process does beside it.
pub fn processor_time(work: impl FnOnce()) -> Used {
    let text = fixed_text();
    let mut paces = fixed_work(&text);
    let before = now();
    work();
    let time = now() - before;
    paces.extend(fixed_work(&text));
    let pace = (paces.iter().sum(), u32::try_from(paces.len()).unwrap_or(1));
    let least = paces.into_iter().min().unwrap_or_default();
    Used { time, pace, least }
}

impl Used {
    /// Both, one after the other.
    pub fn and(self, other: Used) -> Used {
        Used {
            time: self.time + other.time,
            pace: (self.pace.0 + other.pace.0, self.pace.1 + other.pace.1),
            least: self.least.min(other.least),
        }
    }
}

fn now() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// What the fixed work takes: compressing and hashing, as most of ours is.
fn fixed_work(text: &[u8]) -> Vec<Duration> {
    let once = || {
        let before = now();
        black_box(zstd::bulk::compress(black_box(text), 3).map_or(0, |packed| xxh3_64(&packed)));
        now() - before
    };
    (0..TIMES).map(|_| once()).collect()
}

fn fixed_text() -> Vec<u8> {
    let mut state = 7_u64;
    let mut text = Vec::with_capacity(TEXT + 16);
    while text.len() < TEXT {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // Of four thousand words, the short ones often.
        text.extend(format!("{:x} ", (state >> 33) % (1 << (4 + (state >> 60) / 2))).into_bytes());
    }
    text
}

/// A figure, and how the machine was when it was taken, where that matters.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    value: f64,
    used: Option<Used>,
}

impl Figure {
    /// Microseconds for each of so many.
    pub fn micros(used: Used, of: u64) -> Figure {
        Figure::of(used, 1e6 / of as f64)
    }

    /// Seconds, times something.
    pub fn of(used: Used, times: f64) -> Figure {
        Figure {
            value: used.time.as_secs_f64() * times,
            used: Some(used),
        }
    }
}

impl From<f64> for Figure {
    fn from(value: f64) -> Figure {
        Figure { value, used: None }
    }
}

struct Row {
    what: String,
    figure: Figure,
    unit: &'static str,
    most: Option<f64>,
}

/// The figures, printed as Markdown.
pub struct Table {
    title: String,
    /// What one baseline takes, in the unit of the rows that are compared with it.
    baseline: Option<(f64, &'static str)>,
    rows: Vec<Row>,
}

impl Table {
    /// No figures yet.
    pub fn new(title: String) -> Table {
        Table {
            title,
            baseline: None,
            rows: Vec::new(),
        }
    }

    /// Adds the row that those after it in the same unit are compared with.
    pub fn baseline(&mut self, what: &str, figure: Figure, unit: &'static str) {
        self.baseline = Some((figure.value, unit));
        self.add(what, figure, unit, None);
    }

    /// Adds a row with what it may be at most, and shows on standard error that it goes on.
    pub fn add(&mut self, what: &str, figure: impl Into<Figure>, unit: &'static str, most: Option<f64>) {
        let figure = figure.into();
        eprintln!("{}: {:.2} {unit}", what.trim(), figure.value);
        self.rows.push(Row {
            what: what.to_owned(),
            figure,
            unit,
            most,
        });
    }

    /// Prints it.
    pub fn print(&self) {
        let all = self.rows.iter().filter_map(|row| row.figure.used);
        let least = all.clone().map(|used| used.least).min().unwrap_or_default();
        println!("{}\n", self.title);
        println!("| what | figure | on a quiet machine | at most | baselines |");
        println!("| --- | ---: | ---: | ---: | ---: |");
        for row in &self.rows {
            let (value, unit) = (row.figure.value, row.unit);
            let slow = row
                .figure
                .used
                .map(|used| (used.pace.0 / used.pace.1).as_secs_f64() / least.as_secs_f64());
            let quiet = slow.map(|slow| value / slow);
            let most = row.most.map_or(String::new(), |most| {
                let kept = quiet.unwrap_or(value) <= most;
                format!("{most} {}", if kept { "ok" } else { "OVER" })
            });
            let ratio = self
                .baseline
                .filter(|(_, of)| *of == unit)
                .map(|(baseline, _)| value / baseline);
            let [quiet, ratio] =
                [quiet, ratio].map(|figure| figure.map_or(String::new(), |figure| format!("{figure:.2}")));
            println!("| {} | {value:.2} {unit} | {quiet} | {most} | {ratio} |", row.what);
        }
        println!(
            "\nFixed work at its best: {:.0} us; a row's quiet figure is what it was, times that, through the fixed work around it.",
            least.as_secs_f64() * 1e6
        );
    }
}
