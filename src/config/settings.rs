//! The sections of `warta.toml`: which settings there are, their defaults and ranges, and which of them this version
//! does not act on yet. Units and sources are in `sources`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::fault::Fault;
use super::section::{Complaint, Section};
use super::tree::Value;
use super::values::{
    base_url, contact, count, duration, flag, host, id_authority, language, listen, network, path, size, web_url,
    whole, words,
};
use super::{Alert, Config, Crawl, Dedupe, Listen, Server, Store};
use crate::model::{Language, Site};

/// Mirrors and spinners seen while the method was measured: whole portals on junk domains, feed mirrors, reworded copies.
const CLONE_HOSTS: [&str; 11] = [
    "tribunmedan.cfd",
    "fbeta.republika.co.id",
    "opera.liputan6.com",
    "jateng.antaranews.co",
    "xcloud.id",
    "topikpagi.com",
    "feedman.me",
    "feed.ilidea.com",
    "infolampung.biz.id",
    "mail.ilmu.online",
    "myluxepro.com",
];

/// The sections of `warta.toml`.
pub(super) const SECTIONS: [&str; 7] = ["site", "server", "store", "crawl", "dedupe", "alert", "websub"];

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

impl Config {
    /// What holds where nothing is set: no units, no sources, and example addresses that `run` refuses.
    pub fn defaults() -> Config {
        Config {
            site: Site {
                title: "Warta Satuan Kerja".to_owned(),
                base_url: Url::parse("https://warta.example.id/").expect("the default is an address"),
                id_authority: "warta.example.id,2026".to_owned(),
                language: Language::Id,
                hub: true,
            },
            server: Server {
                listen: Listen::Tcp(std::net::SocketAddr::from(([127, 0, 0, 1], 8080))),
                admin_listen: None,
                trusted_proxies: Vec::new(),
                control_socket: PathBuf::from("/run/warta/control.sock"),
            },
            store: Store {
                path: PathBuf::from("/var/lib/warta"),
                keep_days: 0,
            },
            crawl: Crawl {
                contact: "mailto:humas@example.go.id".to_owned(),
                concurrency: 64,
                host_concurrency: 1,
                host_delay: 2 * SECOND,
                min_interval: 10 * MINUTE,
                max_interval: 24 * HOUR,
                timeout: 30 * SECOND,
                max_body: 8 << 20,
                robots: true,
                allow_networks: Vec::new(),
                browser: Some(PathBuf::from("/usr/bin/chromium")),
            },
            dedupe: Dedupe {
                window_days: 7,
                clone_hosts: CLONE_HOSTS.map(str::to_owned).to_vec(),
            },
            alert: Alert {
                webhook: None,
                daily: Some(jiff::civil::time(7, 30, 0, 0)),
            },
            subscribe: true,
            directory: Arc::default(),
        }
    }
}

/// Reads every section; what is wrong keeps its default and is added to `faults`, warnings too.
pub(super) fn read(root: Section, faults: &mut Vec<Fault>) -> Config {
    let mut known = SECTIONS.to_vec();
    known.push("include");
    root.check_keys(&known, faults);
    let mut config = Config::defaults();
    if let Some(section) = root.subsection("site", "in [site]", faults) {
        read_site(section, &mut config.site, faults);
    }
    if let Some(section) = root.subsection("server", "in [server]", faults) {
        read_server(section, &mut config.server, faults);
    }
    if let Some(section) = root.subsection("store", "in [store]", faults) {
        section.check_keys(&["path", "keep_days"], faults);
        section.set(&mut config.store.path, "path", path, faults);
        section.set(&mut config.store.keep_days, "keep_days", whole(0..=36_500), faults);
    }
    if let Some(section) = root.subsection("crawl", "in [crawl]", faults) {
        read_crawl(section, &mut config.crawl, faults);
    }
    if let Some(section) = root.subsection("dedupe", "in [dedupe]", faults) {
        section.check_keys(&["window_days", "clone_hosts"], faults);
        section.set(&mut config.dedupe.window_days, "window_days", whole(0..=365), faults);
        if let Some(hosts) = section.list("clone_hosts", host, faults) {
            config.dedupe.clone_hosts = hosts.into_iter().map(|host| host.value).collect();
        }
    }
    if let Some(section) = root.subsection("alert", "in [alert]", faults) {
        section.check_keys(&["webhook", "daily"], faults);
        section.set(&mut config.alert.webhook, "webhook", or_empty(web_url), faults);
        section.set(&mut config.alert.daily, "daily", or_empty(time_of_day), faults);
    }
    if let Some(section) = root.subsection("websub", "in [websub]", faults) {
        section.check_keys(&["hub", "subscribe"], faults);
        section.set(&mut config.site.hub, "hub", flag, faults);
        section.set(&mut config.subscribe, "subscribe", flag, faults);
    }
    config
}

fn read_site(section: Section, site: &mut Site, faults: &mut Vec<Fault>) {
    section.check_keys(&["title", "base_url", "id_authority", "language"], faults);
    section.set(&mut site.title, "title", words, faults);
    section.set(&mut site.base_url, "base_url", base_url, faults);
    section.set(&mut site.id_authority, "id_authority", id_authority, faults);
    section.set(&mut site.language, "language", language, faults);
}

fn read_server(section: Section, server: &mut Server, faults: &mut Vec<Fault>) {
    section.check_keys(&["listen", "admin_listen", "trusted_proxies", "control_socket"], faults);
    section.set(&mut server.listen, "listen", listen, faults);
    section.set(&mut server.control_socket, "control_socket", path, faults);
    section.set(&mut server.admin_listen, "admin_listen", or_empty(listen), faults);
    let proxies = section.list("trusted_proxies", network, faults).unwrap_or_default();
    if proxies.iter().any(|network| network.value.prefix_len() == 0) {
        faults.push(warn_of_everybody(section, "trusted_proxies"));
    }
    server.trusted_proxies = proxies.into_iter().map(|network| network.value).collect();
}

fn read_crawl(section: Section, crawl: &mut Crawl, faults: &mut Vec<Fault>) {
    section.check_keys(
        &[
            "contact",
            "concurrency",
            "host_concurrency",
            "host_delay",
            "min_interval",
            "max_interval",
            "timeout",
            "max_body",
            "robots",
            "allow_networks",
            "browser",
        ],
        faults,
    );
    section.set(&mut crawl.contact, "contact", contact, faults);
    section.set(&mut crawl.concurrency, "concurrency", count(1..=1024), faults);
    section.set(&mut crawl.host_concurrency, "host_concurrency", count(1..=16), faults);
    section.set(
        &mut crawl.host_delay,
        "host_delay",
        duration(Duration::ZERO..=HOUR),
        faults,
    );
    section.set(
        &mut crawl.min_interval,
        "min_interval",
        duration(SECOND..=30 * 24 * HOUR),
        faults,
    );
    section.set(
        &mut crawl.max_interval,
        "max_interval",
        duration(SECOND..=30 * 24 * HOUR),
        faults,
    );
    section.set(&mut crawl.timeout, "timeout", duration(SECOND..=10 * MINUTE), faults);
    section.set(&mut crawl.max_body, "max_body", size(1 << 10..=256 << 20), faults);
    section.set(&mut crawl.robots, "robots", flag, faults);
    if let Some(networks) = section.list("allow_networks", network, faults) {
        crawl.allow_networks = networks.into_iter().map(|network| network.value).collect();
    }
    section.set(&mut crawl.browser, "browser", or_empty(path), faults);
}

/// The warning that whoever asks is believed.
fn warn_of_everybody(section: Section, key: &str) -> Fault {
    section
        .place_of(key)
        .fault(format!("`{key}` believes every reader who says to be another"))
        .label("is every network there is")
        .warning()
}

/// A value that may also be the empty string, for none.
fn or_empty<T>(
    parse: impl FnOnce(&Value) -> Result<T, Complaint>,
) -> impl FnOnce(&Value) -> Result<Option<T>, Complaint> {
    move |value| match value.text() {
        Ok("") => Ok(None),
        _ => parse(value).map(Some),
    }
}

fn time_of_day(value: &Value) -> Result<jiff::civil::Time, Complaint> {
    let text = value.text()?;
    let time = text.parse().ok().filter(|_| text.len() == 5);
    time.ok_or_else(|| Complaint::new(format!("{text:?} is not a time of day")).help("write it as \"07:30\""))
}
