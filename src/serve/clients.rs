//! Who asks, and how many answers may be made for one reader at once: what is not at hand is work, and a flood from one
//! address must leave room for the others. An address is known while its answers are being made, and nowhere kept or
//! logged.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use ipnet::IpNet;

/// Answers that are made for one address at once. Many readers may share one.
const AT_ONCE: u32 = 32;

/// The header in which proxies say whom they ask for, each after the one before it.
const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// Those for whom answers are being made.
#[derive(Debug, Default)]
pub(super) struct Clients {
    /// Whose word on who asks is taken.
    trusted: Vec<IpNet>,
    asking: Mutex<HashMap<IpAddr, u32>>,
}

/// Holds while an answer is being made for a client.
#[derive(Debug)]
pub(super) struct Place {
    clients: Arc<Clients>,
    client: Option<IpAddr>,
}

impl Clients {
    /// With the networks of the proxies in front.
    pub fn behind(trusted: Vec<IpNet>) -> Clients {
        Clients {
            trusted,
            asking: Mutex::default(),
        }
    }

    /// A place for who asks, if they have not too many. Who is at the other end of a unix socket has no address, and
    /// counts as this machine.
    pub fn enter(clients: &Arc<Clients>, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<Place> {
        let client = clients
            .client(peer.unwrap_or(Ipv4Addr::LOCALHOST.into()), headers)
            .map(site);
        if let Some(client) = client {
            let mut asking = clients.asking.lock().unwrap_or_else(PoisonError::into_inner);
            let count = asking.entry(client).or_default();
            if *count >= AT_ONCE {
                return None;
            }
            *count += 1;
        }
        let clients = Arc::clone(clients);
        Some(Place { clients, client })
    }

    /// Whose request it is; nobody's where a proxy asks on this machine that says nothing of whom for: its readers
    /// cannot be told apart.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        let is_trusted = |address: &IpAddr| self.trusted.iter().any(|network| network.contains(address));
        let peer = peer.to_canonical();
        if !is_trusted(&peer) {
            return Some(peer).filter(|peer| !peer.is_loopback());
        }
        // Everything before what the outermost of them saw was said by whoever asked.
        let mut hops = hops(headers).into_iter().rev();
        hops.find(|hop| hop.is_none_or(|hop| !is_trusted(&hop))).flatten()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(client) = self.client else { return };
        let mut asking = self.clients.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = asking.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                asking.remove(&client);
            }
        }
    }
}

/// What one customer of a network has: of IPv6 a whole /64.
fn site(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// Whom each proxy asks for, the one nearest to us last; nothing for one that does not say it as an address.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let elements = |name: &str| -> Vec<&str> {
        let values = headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap_or_default());
        values.flat_map(|value| value.split(',')).map(str::trim).collect()
    };
    let forwarded = elements(X_FORWARDED_FOR);
    if !forwarded.is_empty() {
        return forwarded.into_iter().map(address).collect();
    }
    // RFC 7239: for=192.0.2.60;proto=http, for="[2001:db8::1]:4711"
    let pairs = |element: &str| {
        let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
        found.and_then(|(_, value)| address(value.trim().trim_matches('"')))
    };
    elements(header::FORWARDED.as_str()).into_iter().map(pairs).collect()
}

/// An address with or without brackets and port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = |text: &str| text.parse::<IpAddr>().ok();
    let with_port = || text.parse().ok().map(|socket: std::net::SocketAddr| socket.ip());
    let bracketed = || bare(text.strip_prefix('[')?.strip_suffix(']')?);
    let found = bare(text).or_else(with_port).or_else(bracketed);
    found.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_client_is_whom_the_outermost_trusted_proxy_saw() {
        let clients = Clients::behind(vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()]);
        for (peer, pairs, expected) in [
            (
                "203.0.113.9",
                vec![("x-forwarded-for", "198.51.100.1")],
                Some("203.0.113.9"),
            ),
            ("127.0.0.1", vec![], None),
            (
                "127.0.0.1",
                vec![("x-forwarded-for", "198.51.100.1")],
                Some("198.51.100.1"),
            ),
            (
                "::ffff:127.0.0.1",
                vec![("x-forwarded-for", "198.51.100.1")],
                Some("198.51.100.1"),
            ),
            (
                "127.0.0.1",
                vec![("x-forwarded-for", "1.1.1.1, 198.51.100.1, 10.0.0.7")],
                Some("198.51.100.1"),
            ),
            (
                "127.0.0.1",
                vec![("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "[2001:db8::1]:99")],
                Some("2001:db8::1"),
            ),
            ("127.0.0.1", vec![("x-forwarded-for", "1.1.1.1, unknown")], None),
            (
                "127.0.0.1",
                vec![("forwarded", "for=1.1.1.1, For=\"[2001:db8::1]:99\";proto=https")],
                Some("2001:db8::1"),
            ),
            ("127.0.0.1", vec![("forwarded", "proto=https")], None),
        ] {
            let client = clients.client(peer.parse().unwrap(), &headers(&pairs));
            assert_eq!(client, expected.map(|text| text.parse().unwrap()), "{peer} {pairs:?}");
        }
        let nobody = Clients::default();
        let said = headers(&[("x-forwarded-for", "198.51.100.1")]);
        assert_eq!(
            nobody.client("127.0.0.1".parse().unwrap(), &said),
            None,
            "it is not believed"
        );
    }

    #[test]
    fn one_client_has_so_many_answers_made_at_once_and_others_are_not_kept_waiting() {
        let clients = Arc::new(Clients::behind(vec!["127.0.0.0/8".parse().unwrap()]));
        let ask = |from: &str| Clients::enter(&clients, None, &headers(&[("x-forwarded-for", from)]));
        let mut places: Vec<Place> = (0..AT_ONCE).filter_map(|_| ask("2001:db8::1")).collect();
        assert_eq!(places.len(), AT_ONCE as usize);
        assert!(ask("2001:db8::2").is_none(), "the same customer");
        assert!(ask("2001:db8:0:1::1").is_some() && ask("198.51.100.1").is_some());
        assert!(Clients::enter(&clients, None, &HeaderMap::new()).is_some());
        places.pop();
        places.extend(ask("2001:db8::2"));
        assert_eq!(places.len(), AT_ONCE as usize);
        drop(places);
        assert!(clients.asking.lock().unwrap().is_empty(), "no address is kept");
    }
}
