//! The address guard: which addresses may be fetched from at all. Everything that leaves this machine passes it.
//!
//! A name is checked when it is resolved for the connection itself, so that a second, different answer (DNS
//! rebinding) changes nothing; an address written as a number is checked before each exchange, because HTTP clients do
//! not ask a resolver about those.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Networks that no public site is on (IANA special-purpose registries of IPv4 and IPv6).
const SPECIAL_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The part of IPv6 that is given out to the public; everything outside it is special.
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Networks inside [`GLOBAL_V6`] that lead elsewhere: Teredo and other protocol assignments, documentation, 6to4.
const SPECIAL_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !SPECIAL_V4
            .iter()
            .any(|(network, bits)| v4_net(*network, *bits).contains(&v4)),
        IpAddr::V6(v6) => {
            v6_net(GLOBAL_V6.0, GLOBAL_V6.1).contains(&v6)
                && !SPECIAL_V6
                    .iter()
                    .any(|(network, bits)| v6_net(*network, *bits).contains(&v6))
        }
    }
}

fn v4_net(network: Ipv4Addr, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(network, bits)
}

fn v6_net(network: Ipv6Addr, bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(network, bits)
}

/// The addresses that may be connected to: public ones, and those of the networks in `allowed`.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    allowed: Arc<[IpNet]>,
}

impl Guard {
    /// A guard that lets public addresses and those of `allowed` pass.
    pub fn new(allowed: &[IpNet]) -> Guard {
        Guard {
            allowed: allowed.into(),
        }
    }

    /// Whether this address may be connected to. An IPv4 address in IPv6 clothes is judged as what it is.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.allowed.iter().any(|network| network.contains(&address))
    }

    /// Checks what can be checked before a name is resolved: scheme, credentials, host written as a number.
    pub fn check(&self, url: &Url) -> Result<(), String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("only http and https are fetched, not {}", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the address carries a user name or password".to_owned());
        }
        let literal = match url.host() {
            Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
            Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err("the address has no host".to_owned()),
        };
        self.permits(literal).then_some(()).ok_or_else(|| private(literal))
    }
}

fn private(address: IpAddr) -> String {
    format!("{address} is not a public address; crawl.allow_networks names the private networks that sources may be on")
}

/// A resolver's answer held nothing that may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("{}", private(*.0))]
struct PrivateAddress(IpAddr);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let permitted: Vec<SocketAddr> = found
                .iter()
                .copied()
                .filter(|address| guard.permits(address.ip()))
                .collect();
            match (permitted.is_empty(), found.first()) {
                (true, Some(refused)) => Err(PrivateAddress(refused.ip()).into()),
                _ => Ok(Box::new(permitted.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "103.10.4.1", "172.32.0.1", "2400:3200::1", "2606:4700::1111"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn allowed_networks_open_just_themselves() {
        let guard = Guard::new(&["127.0.0.0/8".parse().unwrap()]);
        assert!(guard.permits("127.1.2.3".parse().unwrap()));
        assert!(
            guard.permits("::ffff:127.1.2.3".parse().unwrap()),
            "mapped into IPv6 it is the same address"
        );
        assert!(!guard.permits("10.0.0.1".parse().unwrap()));
        assert!(!Guard::default().permits("::ffff:127.1.2.3".parse().unwrap()));
    }

    #[test]
    fn odd_spellings_of_an_address_do_not_pass() {
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[64:ff9b::127.0.0.1]/",
            "http://0/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "http://user@example.com/",
            "http://user:pw@example.com/",
        ] {
            assert!(Guard::default().check(&url.parse().unwrap()).is_err(), "{url}");
        }
        assert_eq!(
            Guard::default().check(&"https://lapasjember.example.go.id/".parse().unwrap()),
            Ok(())
        );
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_a_private_address_is_refused() {
        let refused = Guard::default().resolve("localhost".parse().unwrap()).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("not a public address")));
        let guard = Guard::new(&["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        assert!(
            guard
                .resolve("localhost".parse().unwrap())
                .await
                .is_ok_and(|mut found| found.next().is_some())
        );
    }
}
