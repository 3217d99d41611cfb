//! Which addresses a check may reach.
//!
//! A cluster reports a member's address, and what it reports is not to be trusted: a guest may claim any. Addresses that
//! lead back to the machine that asks, to its neighbours on the link, to nobody in particular or to a cloud's service for
//! its own machines are refused, whichever way they are written. An operator may refuse more, and may allow some.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Services that clouds offer to their machines outside of the link-local range: Azure's, Alibaba's, and AWS's over IPv6.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(100, 100, 100, 200)];
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Whether an address is one that a VM can have to itself and share with everybody who checks it.
pub fn dialable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => dialable_v4(v4),
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => dialable_v4(v4),
            None => {
                !(v6.is_loopback()
                    || v6.is_unspecified()
                    || v6.is_multicast()
                    || v6.is_unicast_link_local()
                    // Site-local (RFC 3879), which is no longer to be used.
                    || v6.segments()[0] & 0xffc0 == 0xfec0
                    || v6 == METADATA_V6)
            }
        },
    }
}

fn dialable_v4(v4: Ipv4Addr) -> bool {
    !(v4.is_loopback()
        || v4.is_unspecified()
        || v4.octets()[0] == 0
        || v4.is_link_local()
        || v4.is_multicast()
        || v4.is_broadcast()
        // Reserved (RFC 1112 section 4).
        || v4.octets()[0] >= 240
        || METADATA_V4.contains(&v4))
}

/// An IPv4 address in the clothes of an IPv6 one: mapped, compatible, by NAT64 (RFC 6052) or by 6to4 (RFC 3056).
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => of(g, h),
        (0, 0, 0, 0, 0, 0) if g != 0 => of(g, h),
        (0x2002, ..) => of(b, c),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_back_or_to_a_clouds_own_services_is_refused_however_it_is_written() {
        let refused = [
            "127.0.0.1",
            "127.77.1.2",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "168.63.129.16",
            "100.100.100.200",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "fd00:ec2::254",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ];
        for address in refused {
            assert!(!dialable(address.parse().unwrap()), "{address}");
        }
        for address in ["10.0.2.2", "192.168.1.9", "198.18.3.4", "8.8.8.8", "fd12::7", "2001:db8::1"] {
            assert!(dialable(address.parse().unwrap()), "{address}");
        }
    }
}
