//! Which server a host is on, so that the many small sites of a shared server take turns. It decides nothing about where
//! a connection may go: that is `guard`'s, when the connection is made.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::{Instant, timeout};
use url::{Host, Url};

/// So long an address is believed.
const KEPT: Duration = Duration::from_secs(3600);

/// So long a name may take; one that takes longer has no server that is known.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many hosts are remembered before all are forgotten.
const HOSTS: usize = 50_000;

/// The servers of hosts, each the lowest of its addresses: names with several are told in any order.
#[derive(Debug, Default)]
pub struct Servers {
    known: Mutex<HashMap<String, (Option<IpAddr>, Instant)>>,
}

impl Servers {
    /// The server of an address, where its name is known.
    pub async fn of(&self, url: &Url) -> Option<IpAddr> {
        let name = match url.host()? {
            Host::Ipv4(address) => return Some(address.into()),
            Host::Ipv6(address) => return Some(address.into()),
            Host::Domain(name) => name,
        };
        let known = self.lock().get(name).copied();
        if let Some((address, _)) = known.filter(|(_, at)| at.elapsed() < KEPT) {
            return address;
        }
        let found = timeout(PATIENCE, lookup_host((name, 0))).await;
        let address = found
            .ok()
            .and_then(Result::ok)
            .and_then(|found| found.map(|at| at.ip()).min());
        let mut known = self.lock();
        if known.len() >= HOSTS {
            known.clear();
        }
        known.insert(name.to_owned(), (address, Instant::now()));
        address
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Option<IpAddr>, Instant)>> {
        // The map is whole after any panic: each change to it is one insert or clear.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_host_is_on_its_server_whatever_its_name_is_written_like() {
        let servers = Servers::default();
        // No name has so long a part, so that nobody is asked for it.
        let unknown = format!("http://{}.invalid/", "a".repeat(64));
        for (url, expected) in [
            ("http://203.0.113.7:81/x", Some("203.0.113.7")),
            ("http://[2001:db8::1]/x", Some("2001:db8::1")),
            (unknown.as_str(), None),
        ] {
            let expected: Option<IpAddr> = expected.map(|address| address.parse().unwrap());
            assert_eq!(servers.of(&url.parse().unwrap()).await, expected, "{url}");
        }
        let local = servers.of(&"http://localhost/".parse().unwrap()).await;
        assert!(local.is_some_and(|address| address.is_loopback()), "{local:?}");
        assert!(servers.lock().contains_key("localhost"), "it is remembered");
    }
}
