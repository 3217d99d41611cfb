//! Where checks may go, beyond what no check may.

use std::net::IpAddr;

use ipnet::IpNet;
use shepherd_domain::pool::dialable;

/// What an operator said about addresses of members.
#[derive(Clone, Debug, Default)]
pub struct CheckNetworks {
    /// Not these: where the servers themselves and what they need are.
    pub refused: Vec<IpNet>,
    /// These although they are refused otherwise, such as the loopback addresses of an embedded cluster's guests.
    pub allowed: Vec<IpNet>,
}

impl CheckNetworks {
    /// Whether a check may go there.
    pub fn allow(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let within = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
        within(&self.allowed) || (dialable(address) && !within(&self.refused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_by_nature_needs_leave_and_what_is_not_may_be_refused() {
        let networks = CheckNetworks {
            refused: vec!["10.1.0.0/16".parse().unwrap()],
            allowed: vec!["127.77.0.0/16".parse().unwrap()],
        };
        let allow = |text: &str| networks.allow(text.parse().unwrap());
        assert!(allow("127.77.3.4") && allow("10.2.0.1"));
        assert!(
            !allow("127.0.0.1")
                && !allow("10.1.2.3")
                && !allow("::ffff:10.1.2.3")
                && !allow("169.254.169.254")
        );
    }
}
