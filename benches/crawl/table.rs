//! The table that is printed, as Markdown, so that the README can show it as it is.

use super::measure::Taken;

/// A row: a figure of warta, those of the baselines, the ratio and the one to keep to.
#[derive(Clone, Debug, Default)]
pub struct Row {
    what: String,
    bare: Option<f64>,
    parsed: Option<f64>,
    warta: f64,
    /// The ratio with what it is to.
    ratio: Option<(f64, &'static str)>,
    most: Option<f64>,
}

impl Row {
    /// The same figure of three runs.
    pub fn of(what: &str, figure: impl Fn(&Taken) -> f64, bare: &Taken, parsed: &Taken, warta: &Taken) -> Row {
        Row {
            bare: Some(figure(bare)),
            parsed: Some(figure(parsed)),
            ..Row::figure(what, figure(warta))
        }
    }

    /// A figure that warta alone has.
    pub fn figure(what: &str, warta: f64) -> Row {
        Row {
            what: what.to_owned(),
            warta,
            ..Row::default()
        }
    }

    /// Compared with fetching alone.
    pub fn against_bare(self, most: f64) -> Row {
        let bare = self.bare.unwrap_or(f64::NAN);
        self.times(bare, "fetch", most)
    }

    /// Compared with fetching and feed-rs.
    pub fn against_parsed(self, most: f64) -> Row {
        let parsed = self.parsed.unwrap_or(f64::NAN);
        self.times(parsed, "fetch + feed-rs", most)
    }

    /// Compared with something else.
    pub fn times(self, of: f64, called: &'static str, most: f64) -> Row {
        self.against(of, called).at_most(most)
    }

    /// Compared with something else, without a bound.
    pub fn against(self, of: f64, called: &'static str) -> Row {
        Row {
            ratio: Some((self.warta / of, called)),
            ..self
        }
    }

    /// The figure itself is bounded.
    pub fn at_most(self, most: f64) -> Row {
        Row {
            most: Some(most),
            ..self
        }
    }
}

/// The rows, and what was said about them.
pub struct Table {
    feeds: u64,
    rows: Vec<Row>,
    remarks: Vec<String>,
}

impl Table {
    /// No rows yet.
    pub fn new(feeds: u64) -> Table {
        Table {
            feeds,
            rows: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Adds a row, and shows on standard error that it goes on.
    pub fn add(&mut self, row: Row) {
        eprintln!("{}: {}", row.what.trim(), number(row.warta));
        self.rows.push(row);
    }

    /// Adds a line below the table.
    pub fn remark(&mut self, line: &str) {
        self.remarks.push(line.to_owned());
    }

    /// Prints it.
    pub fn print(&self) {
        println!("{} feeds of {} articles", self.feeds, super::ARTICLES);
        println!();
        println!("| what | fetch | fetch + feed-rs | warta | ratio | at most |");
        println!("| --- | ---: | ---: | ---: | ---: | ---: |");
        for row in &self.rows {
            let cell = |figure: Option<f64>| figure.map(number).unwrap_or_default();
            let ratio = row.ratio.map(|(ratio, of)| format!("{} x {of}", number(ratio)));
            println!(
                "| {} | {} | {} | {} | {} | {} |",
                row.what.trim(),
                cell(row.bare),
                cell(row.parsed),
                number(row.warta),
                ratio.unwrap_or_default(),
                row.most.map(|most| most.to_string()).unwrap_or_default(),
            );
        }
        println!();
        for line in &self.remarks {
            println!("- {line}");
        }
    }
}

/// Three digits that count.
fn number(figure: f64) -> String {
    match figure {
        figure if figure.abs() >= 100.0 => format!("{figure:.0}"),
        figure if figure.abs() >= 10.0 => format!("{figure:.1}"),
        figure => format!("{figure:.2}"),
    }
}
