//! The session cookie: its name, attributes and reading it back.
//!
//! Under TLS it is `__Host-shepherd`: the prefix makes browsers refuse it unless it is secure, for `/` and without a
//! domain, so no sibling host can plant one (RFC 6265bis). Plain HTTP is only served on loopback, under another name.

use std::time::Duration;

use http::{HeaderMap, header};
use secrecy::{ExposeSecret, SecretString};

/// How the browser reaches us, which decides name and attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TLS, by us or by a declared proxy.
    Tls,
    /// Plain HTTP on a loopback address.
    Loopback,
}

impl Transport {
    pub const fn cookie_name(self) -> &'static str {
        match self {
            Self::Tls => "__Host-shepherd",
            Self::Loopback => "shepherd",
        }
    }

    /// The `Set-Cookie` value that signs in. The browser forgets it at the latest after `max_age`.
    pub fn set(self, value: &SecretString, max_age: Duration) -> String {
        self.render(value.expose_secret(), max_age.as_secs())
    }

    /// The `Set-Cookie` value that signs out.
    pub fn clear(self) -> String {
        self.render("", 0)
    }

    /// The value a request presents. Two different cookies of the name mean that somebody planted one: neither counts.
    pub fn read(self, headers: &HeaderMap) -> Option<&str> {
        let mut values = headers
            .get_all(header::COOKIE)
            .into_iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == self.cookie_name())
            .map(|(_, value)| value);
        let first = values.next()?;
        values.all(|other| other == first).then_some(first)
    }

    fn render(self, value: &str, max_age: u64) -> String {
        let secure = match self {
            Self::Tls => "; Secure",
            Self::Loopback => "",
        };
        let name = self.cookie_name();
        format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(cookies: &[&'static str]) -> HeaderMap {
        cookies.iter().map(|c| (header::COOKIE, http::HeaderValue::from_static(c))).collect()
    }

    #[test]
    fn the_prefix_comes_with_what_browsers_demand_for_it() {
        let set = Transport::Tls.set(&SecretString::from("v"), Duration::from_secs(60));
        assert_eq!(set, "__Host-shepherd=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        assert!(!set.contains("Domain"));
        let plain = Transport::Loopback.set(&SecretString::from("v"), Duration::from_secs(60));
        assert_eq!(plain, "shepherd=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        assert!(Transport::Tls.clear().starts_with("__Host-shepherd=; Path=/; Max-Age=0;"));
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let headers = request(&["a=1; shepherd=abc; __Host-shepherd=xyz", "b=2"]);
        assert_eq!(Transport::Loopback.read(&headers), Some("abc"));
        assert_eq!(Transport::Tls.read(&headers), Some("xyz"));
        assert_eq!(
            Transport::Tls.read(&request(&["shepherd=abc"])),
            None,
            "the plain name is not taken under TLS"
        );
    }

    #[test]
    fn a_planted_second_cookie_voids_both() {
        assert_eq!(Transport::Loopback.read(&request(&["shepherd=mine; shepherd=theirs"])), None);
        assert_eq!(Transport::Loopback.read(&request(&["shepherd=mine", "shepherd=theirs"])), None);
        assert_eq!(Transport::Loopback.read(&request(&["shepherd=mine", "shepherd=mine"])), Some("mine"));
    }
}
