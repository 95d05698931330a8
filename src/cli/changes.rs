//! What a changed configuration can change while the daemon runs, and what has to wait for its next start.

use crate::config::{Config, Crawl, Dedupe};

/// The settings whose change is refused as a whole: half of it would be applied.
pub(super) fn needs_restart(running: &Config, wanted: &Config) -> Vec<&'static str> {
    let (server, other) = (&running.server, &wanted.server);
    named([
        ("store.path", running.store.path == wanted.store.path),
        ("server.listen", server.listen == other.listen),
        ("server.admin_listen", server.admin_listen == other.admin_listen),
        ("server.control_socket", server.control_socket == other.control_socket),
        // Every address stands under it.
        (
            "the path of site.base_url",
            running.site.base_url.path() == wanted.site.base_url.path(),
        ),
    ])
}

/// The settings that are taken in at the start alone: another value is kept for the next one.
pub(super) fn waits_for_restart(running: &Config, wanted: &Config) -> Vec<&'static str> {
    let mut names = crawl(&running.crawl, &wanted.crawl);
    names.extend(dedupe(&running.dedupe, &wanted.dedupe));
    names
}

fn crawl(running: &Crawl, wanted: &Crawl) -> Vec<&'static str> {
    // Taken apart, so that a new setting is not forgotten here; the intervals are applied with the sources.
    let Crawl {
        contact,
        concurrency,
        host_concurrency,
        host_delay,
        min_interval: _,
        max_interval: _,
        timeout,
        max_body,
        robots,
        allow_networks,
        browser,
    } = wanted;
    named([
        // Pages name the new one at once.
        ("crawl.contact (in the User-Agent)", running.contact == *contact),
        ("crawl.concurrency", running.concurrency == *concurrency),
        ("crawl.host_concurrency", running.host_concurrency == *host_concurrency),
        ("crawl.host_delay", running.host_delay == *host_delay),
        ("crawl.timeout", running.timeout == *timeout),
        ("crawl.max_body", running.max_body == *max_body),
        ("crawl.robots", running.robots == *robots),
        ("crawl.allow_networks", running.allow_networks == *allow_networks),
        ("crawl.browser", running.browser == *browser),
    ])
}

fn dedupe(running: &Dedupe, wanted: &Dedupe) -> Vec<&'static str> {
    let Dedupe {
        window_days,
        clone_hosts,
    } = wanted;
    named([
        ("dedupe.window_days", running.window_days == *window_days),
        ("dedupe.clone_hosts", running.clone_hosts == *clone_hosts),
    ])
}

/// The names of those that are not the same.
fn named<const N: usize>(settings: [(&'static str, bool); N]) -> Vec<&'static str> {
    let changed = settings.into_iter().filter(|(_, same)| !same);
    changed.map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_cannot_change_is_told_from_what_waits_and_what_can() {
        let running = Config::defaults();
        let mut wanted = Config::defaults();
        wanted.site.title = "Kabar".to_owned();
        wanted.store.keep_days = 30;
        wanted.crawl.max_interval = Duration::from_secs(7_200);
        assert_eq!(needs_restart(&running, &wanted), [""; 0]);
        assert_eq!(waits_for_restart(&running, &wanted), [""; 0]);
        wanted.crawl.timeout = Duration::from_secs(5);
        wanted.dedupe.window_days = 3;
        assert_eq!(
            waits_for_restart(&running, &wanted),
            ["crawl.timeout", "dedupe.window_days"]
        );
        wanted.store.path = "/srv/warta".into();
        wanted.site.base_url = "https://warta.example.id/kabar/".parse().unwrap();
        assert_eq!(
            needs_restart(&running, &wanted),
            ["store.path", "the path of site.base_url"]
        );
    }
}
