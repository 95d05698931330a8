//! The configuration: `warta.toml` and the source files it includes, read into checked values.
//!
//! [`load`] collects *every* fault with its place instead of stopping at the first; a configuration with a fault is
//! never used. What the settings mean is documented in `config/warta.toml`, which a test holds equal to the defaults.

mod check;
mod fault;
mod files;
mod schema;
mod section;
mod settings;
mod sources;
mod tree;
pub mod units;
mod values;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::gazetteer::Gazetteer;
use crate::model::{Directory, Site};

pub use fault::{Fault, Faults, Severity};
pub use schema::schema;

use section::Section;

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
    /// `[alert]`.
    pub alert: Alert,
    /// `[websub]`: whether the hubs that sources announce are used. Whether we are one is in `site`.
    pub subscribe: bool,
    /// The units and sources of the included files.
    pub directory: Arc<Directory>,
}

/// Whom to tell of what broke.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// The address that gets a POST for a new and a resolved incident.
    pub webhook: Option<url::Url>,
    /// The time of the day (WIB) of its summary.
    pub daily: Option<jiff::civil::Time>,
}

/// Where the site is served.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// The public address.
    pub listen: Listen,
    /// The operator's own address for `/metrics` and the details of `/sumber`; the public one has no metrics then.
    pub admin_listen: Option<Listen>,
    /// Networks of proxies that are believed when they say whom they ask for.
    pub trusted_proxies: Vec<ipnet::IpNet>,
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
    /// After how many days without a change a story is removed; 0 for never.
    pub keep_days: u32,
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
    /// The Chromium for sources with `render = "browser"`; started when one of them is due.
    pub browser: Option<std::path::PathBuf>,
}

/// How copies are recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct Dedupe {
    /// How many days apart two copies of a short text may be.
    pub window_days: u32,
    /// Hosts that mirror or reword others', with all below them: their copies never stand for a story.
    pub clone_hosts: Vec<String>,
}

/// A configuration that can be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// What its writer may want to know.
    pub warnings: Vec<Fault>,
}

/// The file to load: the one that was asked for, else `/etc/warta/warta.toml` if there is one, else that of a source
/// tree.
pub fn find(explicit: Option<&Path>) -> PathBuf {
    let installed = Path::new("/etc/warta/warta.toml");
    match explicit {
        Some(path) => path.to_owned(),
        None if installed.exists() => installed.to_owned(),
        None => PathBuf::from("config/warta.toml"),
    }
}

/// Loads a file with all it includes, overridden by `WARTA_SECTION__KEY` of `environment`. Every fault of every file is
/// found, in the order of files and lines; with one error there is no configuration.
pub fn load(path: &Path, environment: &[(String, String)], gazetteer: &Gazetteer) -> Result<Loaded, Faults> {
    let mut faults = Vec::new();
    let mut file = files::read(path).map_err(|fault| {
        Faults(vec![fault.help(
            "`warta init` writes a configuration, `--config` names another file",
        )])
    })?;
    files::override_from(environment, &settings::SECTIONS, &mut file.table, &mut faults);
    let root = Section {
        name: "at the top level",
        table: &file.table,
        place: &file.place,
    };
    let mut config = settings::read(root, &mut faults);
    // A wrong table was reported by `settings::read`.
    if let Some(section) = root.subsection("crawl", "in [crawl]", &mut Vec::new()) {
        check::crawl(section, &config.crawl, &mut faults);
    }
    let base = path.parent().unwrap_or(Path::new(""));
    let included = files::included(root, base, &mut faults);
    config.directory = Arc::new(read_directory(&included, gazetteer, &mut faults));
    sort(&mut faults, path, &included);
    if faults.iter().any(|fault| fault.severity == Severity::Error) {
        return Err(Faults(faults));
    }
    Ok(Loaded {
        config,
        warnings: faults,
    })
}

fn read_directory(included: &[PathBuf], gazetteer: &Gazetteer, faults: &mut Vec<Fault>) -> Directory {
    let mut entries = sources::Entries::default();
    let mut unread = false;
    for path in included {
        match files::read(path) {
            Ok(file) => {
                let root = Section {
                    name: "at the top level of a source file",
                    table: &file.table,
                    place: &file.place,
                };
                sources::read(root, gazetteer, &mut entries, faults);
            }
            Err(fault) => {
                unread = true;
                faults.push(*fault);
            }
        }
    }
    check::directory(
        entries,
        if unread {
            check::Files::SomeMissing
        } else {
            check::Files::All
        },
        faults,
    )
}

/// Puts faults in the order in which somebody would mend them: file by file, from top to bottom.
fn sort(faults: &mut [Fault], path: &Path, included: &[PathBuf]) {
    faults.sort_by_key(|fault| {
        let file = match included.iter().position(|file| *file == fault.file) {
            Some(index) => index + 2,
            None => usize::from(fault.file != path),
        };
        (file, fault.span.as_ref().map_or(0, |span| span.start))
    });
}

impl Crawl {
    /// Whether the contact is still that of an example: such an address reaches nobody, so `run` refuses it.
    pub fn has_example_contact(&self) -> bool {
        is_example_contact(&self.contact)
    }
}

/// Whether the domain of a contact has a label "example", as those that stand in documentation have (RFC 2606).
pub fn is_example_contact(contact: &str) -> bool {
    let domain = match contact.strip_prefix("mailto:") {
        Some(mailbox) => mailbox.rsplit('@').next().map(str::to_owned),
        None => Url::parse(contact)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned)),
    };
    domain.is_some_and(|domain| domain.split('.').any(|label| label.eq_ignore_ascii_case("example")))
}

/// Reads a public address as `site.base_url` is read; the error says what to write instead.
pub fn parse_base_url(text: &str) -> Result<Url, String> {
    section::read_answer(text, values::base_url)
}

/// Reads a contact as `crawl.contact` is read; the error says what to write instead.
pub fn parse_contact(text: &str) -> Result<String, String> {
    section::read_answer(text, values::contact)
}

#[cfg(test)]
mod tests;
