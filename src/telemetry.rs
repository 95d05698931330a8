//! Logs: where they go and in which form. What is said is decided where it happens: a sentence plus fields, once.
//! And the measures: what is counted anywhere is kept here until `/metrics` asks.

use std::io::IsTerminal;

use metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines for people, on stderr.
    Text,
    /// One JSON object a line, on stderr.
    Json,
    /// To journald, with fields.
    Journald,
}

/// Starts logging. `verbosity` is 0 for what an operator wants to know, above for more, below for problems only.
///
/// # Errors
/// When journald is asked for and is not there.
pub fn start(form: Form, verbosity: i8, colour: bool) -> std::io::Result<()> {
    let level = match verbosity {
        ..=-1 => LevelFilter::WARN,
        0 => LevelFilter::INFO,
        1 => LevelFilter::DEBUG,
        2.. => LevelFilter::TRACE,
    };
    // The libraries below us speak only when they warn, unless everything is asked for.
    let ours = tracing_subscriber::filter::Targets::new()
        .with_target("warta", level)
        .with_default(if verbosity >= 2 {
            LevelFilter::DEBUG
        } else {
            LevelFilter::WARN
        });
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match form {
        Form::Text => {
            let ansi = colour && std::io::stderr().is_terminal();
            fmt::layer()
                .with_writer(std::io::stderr)
                .with_ansi(ansi)
                .with_target(false)
                .boxed()
        }
        Form::Json => fmt::layer().with_writer(std::io::stderr).json().boxed(),
        Form::Journald => tracing_journald::layer()?
            .with_field_prefix(Some("WARTA".to_owned()))
            .boxed(),
    };
    // A second start in one process (tests) keeps the first.
    let _ = tracing_subscriber::registry().with(layer.with_filter(ours)).try_init();
    Ok(())
}

/// The upper bounds of the seconds a fetch took: from a quick answer to the longest that `crawl.timeout` usually allows.
const SECONDS: [f64; 9] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0];

/// What has been counted in this process. Clones share it.
#[derive(Clone)]
pub struct Measures(PrometheusHandle);

impl Measures {
    /// All of it, as Prometheus reads it.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Puts single times into their buckets. To be called every now and then where nobody asks for the measures, or each
    /// time would be kept.
    pub fn tidy(&self) {
        self.0.run_upkeep();
    }
}

/// Begins to count. Where this was not called, counting does nothing.
///
/// # Errors
/// When the process counts already.
pub fn measure() -> Result<Measures, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full("warta_fetch_duration_seconds".to_owned()), &SECONDS)?
        .install_recorder()?;
    describe_counter!("warta_crawls_total", "Crawls of sources that ended, by how");
    describe_counter!(
        "warta_articles_total",
        "Articles read, by what they were: new, changed, copy, unchanged or quarantined"
    );
    describe_counter!(
        "warta_fetches_total",
        "Exchanges with servers, by class of host and outcome"
    );
    describe_histogram!(
        "warta_fetch_duration_seconds",
        "Seconds that an exchange with a server took, by class of host"
    );
    describe_counter!(
        "warta_renders_total",
        "Feeds and pages that were made anew instead of taken from memory, by kind"
    );
    describe_counter!(
        "warta_http_requests_total",
        "Requests of readers, by first part of the path and class of status"
    );
    describe_gauge!(
        "warta_queue_lag_seconds",
        "How long the source that is crawled next has been waiting since it was due"
    );
    describe_gauge!(
        "warta_stories",
        "Stories in the feed of Indonesia since the store began"
    );
    describe_gauge!("warta_store_bytes", "Size of the store's folder on disk");
    describe_gauge!("warta_sources", "Configured sources, by how they stand");
    metrics::gauge!("warta_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(Measures(handle))
}
