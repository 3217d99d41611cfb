//! Where a request came from, seen through the proxies that were declared trusted.
//!
//! Anyone may send `X-Forwarded-For`, so it is believed only from a trusted peer, and only as far back as the chain of
//! trusted proxies reaches: from the right, the first address that is not a proxy of ours is the client. Whatever
//! is further left was written by strangers.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;

use crate::cookie::Transport;

/// The networks of our own reverse proxies.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// Who asks, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// For audit rows and throttling.
    pub address: IpAddr,
    /// Whether the browser's own connection is protected; `None` for plain HTTP from elsewhere, which gets no cookie.
    pub transport: Option<Transport>,
}

impl TrustedProxies {
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self(networks.into_iter().collect())
    }

    /// Resolves the client of a request that arrived from `peer`, over TLS of ours or not.
    pub fn client(&self, peer: IpAddr, over_tls: bool, headers: &HeaderMap) -> Client {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            // A proxy on this machine that nobody declared brings strangers, who must not pass for local people.
            let proxied = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
            let transport = transport(over_tls, peer).filter(|t| !(proxied && *t == Transport::Loopback));
            return Client { address: peer, transport };
        }
        let address = self.walk_back(peer, headers);
        let over_tls = over_tls || forwarded_proto(headers) == Some("https");
        Client { address, transport: transport(over_tls, address) }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    fn walk_back(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all("x-forwarded-for").into_iter();
        let hops: Vec<&str> = lines.flat_map(|line| line.to_str().unwrap_or("").split(',')).collect();
        let mut nearest = peer;
        for hop in hops.into_iter().rev() {
            // What a trusted proxy wrote is an address; anything else ends the chain there.
            let Some(address) = parse(hop) else { return nearest };
            nearest = address;
            if !self.trusts(address) {
                return nearest;
            }
        }
        nearest
    }
}

fn transport(over_tls: bool, address: IpAddr) -> Option<Transport> {
    match (over_tls, address.is_loopback()) {
        (true, _) => Some(Transport::Tls),
        (false, true) => Some(Transport::Loopback),
        (false, false) => None,
    }
}

/// The proxy nearest to us writes the last one.
fn forwarded_proto(headers: &HeaderMap) -> Option<&str> {
    let last = headers.get_all("x-forwarded-proto").into_iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next().map(str::trim)
}

/// An address, with or without a port.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|a| a.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROXY: &str = "10.0.0.1";

    fn forwarded(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", http::HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    fn address(peer: &str, lines: &[&str]) -> String {
        let proxies = TrustedProxies::new(["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        proxies.client(peer.parse().unwrap(), false, &forwarded(lines)).address.to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_an_address() {
        assert_eq!(address("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(address(PROXY, &["198.51.100.1, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(address(PROXY, &["198.51.100.1", "203.0.113.9, 10.2.3.4"]), "203.0.113.9");
    }

    #[test]
    fn the_chain_ends_where_it_cannot_be_read() {
        assert_eq!(address(PROXY, &[]), PROXY);
        assert_eq!(address(PROXY, &["203.0.113.9, unknown"]), PROXY);
        assert_eq!(address(PROXY, &["unknown, 10.7.7.7"]), "10.7.7.7");
    }

    #[test]
    fn forms_of_an_address_are_understood() {
        assert_eq!(address(PROXY, &["203.0.113.9:4711"]), "203.0.113.9");
        assert_eq!(address("::ffff:10.0.0.1", &["[2001:db8::7]:443"]), "2001:db8::7");
        assert_eq!(address("fd00::1", &["[2001:db8::7]"]), "2001:db8::7");
    }

    #[test]
    fn cookies_need_tls_or_loopback() {
        let proxies = TrustedProxies::new(["10.0.0.0/8".parse().unwrap()]);
        let transport = |peer: &str, tls: bool, proto: &str| {
            let mut headers = forwarded(&["203.0.113.9"]);
            headers.insert("x-forwarded-proto", proto.parse().unwrap());
            proxies.client(peer.parse().unwrap(), tls, &headers).transport
        };
        assert_eq!(transport("203.0.113.9", true, "http"), Some(Transport::Tls));
        assert_eq!(
            transport("203.0.113.9", false, "https"),
            None,
            "a stranger's word on TLS counts for nothing"
        );
        assert_eq!(transport(PROXY, false, "https"), Some(Transport::Tls));
        assert_eq!(transport(PROXY, false, "https, http"), None);
        assert_eq!(transport("127.0.0.1", false, "http"), None, "an undeclared proxy on this machine");
        let direct = proxies.client("127.0.0.1".parse().unwrap(), false, &HeaderMap::new());
        assert_eq!(direct.transport, Some(Transport::Loopback));
    }

    proptest! {
        #[test]
        fn no_header_makes_a_stranger_look_like_a_proxy(line in "[ -~]{0,60}") {
            prop_assert_eq!(address("203.0.113.9", &[&line]), "203.0.113.9");
        }
    }
}
