//! The configuration: `warta.toml` and the source files it includes, read into checked values.
//!
//! [`load`] collects *every* fault with its place instead of stopping at the first; a configuration with a fault is
//! never used. What the settings mean is documented in `config/warta.toml`, which a test holds equal to the defaults.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::{Directory, Site};

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `[site]`.
    pub site: Site,
    /// `[server]`.
    pub server: Server,
    /// `[store]`.
    pub store: Store,
    /// `[crawl]`.
    pub crawl: Crawl,
    /// `[dedupe]`.
    pub dedupe: Dedupe,
    /// The units and sources of the included files.
    pub directory: Directory,
}

/// Where the site is served.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// The public address.
    pub listen: Listen,
    /// The socket other commands reach the daemon by.
    pub control_socket: PathBuf,
}

/// An address to listen on.
#[derive(Clone, Debug, PartialEq)]
pub enum Listen {
    /// An IP address and port.
    Tcp(std::net::SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

/// Where stories are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    /// The folder.
    pub path: PathBuf,
}

/// How sources are crawled.
#[derive(Clone, Debug, PartialEq)]
pub struct Crawl {
    /// Whom to write to about the crawler: `mailto:` or `https:`; goes into the User-Agent.
    pub contact: String,
    /// Fetches in flight in all.
    pub concurrency: usize,
    /// Fetches in flight for each host or shared platform.
    pub host_concurrency: usize,
    /// The pause between two requests to a host.
    pub host_delay: Duration,
    /// The shortest time between two crawls of a source.
    pub min_interval: Duration,
    /// The longest time between two crawls of a source.
    pub max_interval: Duration,
    /// The longest time one fetch may take in all.
    pub timeout: Duration,
    /// The longest body after decompression, in bytes.
    pub max_body: u64,
    /// Whether robots.txt is obeyed.
    pub robots: bool,
    /// Private networks that configured sources may be on.
    pub allow_networks: Vec<ipnet::IpNet>,
}

/// How copies are recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct Dedupe {
    /// How many days apart two copies of a short text may be.
    pub window_days: u32,
}
