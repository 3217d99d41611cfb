//! Defence against other sites that make a signed-in browser act (CSRF, WebSocket hijacking, DNS rebinding).
//!
//! A request that authenticates by cookie and changes something must prove that our own page made it: by `Origin`, which
//! must be ours, or by `Sec-Fetch-Site`; a browser sends at least one with every unsafe request. Requests with a bearer
//! token are not concerned, since no browser adds one by itself. `SameSite=Lax` on the cookie is the second wall.

use std::net::IpAddr;

use http::{HeaderMap, Method, header};
use url::{Host, Url};

/// The request did not come from our own pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the request did not come from this site; open the console at its own address, \
     or use a personal token instead of a cookie"
)]
pub struct CrossSite;

impl CrossSite {
    pub fn code(&self) -> &'static str {
        "CROSS_SITE_REQUEST"
    }
}

/// The addresses of our own pages.
#[derive(Clone, Debug, Default)]
pub struct OwnOrigins {
    public: Vec<url::Origin>,
    loopback: bool,
}

impl OwnOrigins {
    /// `public` are the addresses under which people reach us. With `loopback`, so is every name of this machine
    /// that the request itself was sent to: `localhost`, what is below it, `127.0.0.0/8` and `::1`.
    pub fn new(public: impl IntoIterator<Item = Url>, loopback: bool) -> Self {
        Self { public: public.into_iter().map(|url| url.origin()).collect(), loopback }
    }

    /// Judges a request that authenticated by cookie.
    pub fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), CrossSite> {
        // RFC 9110, 9.2.1. TRACE is not served.
        match matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            true => Ok(()),
            false => self.check_ours(headers),
        }
    }

    /// Judges a WebSocket handshake, which is a GET without a preflight: it must come from our own page in any case.
    pub fn check_upgrade(&self, headers: &HeaderMap) -> Result<(), CrossSite> {
        match headers.contains_key(header::ORIGIN) {
            true => self.check_ours(headers),
            false => Err(CrossSite),
        }
    }

    fn check_ours(&self, headers: &HeaderMap) -> Result<(), CrossSite> {
        let site = single(headers, "sec-fetch-site")?;
        let origin = single(headers, header::ORIGIN.as_str())?;
        let site_is_ours = site.is_none_or(|site| matches!(site, "same-origin" | "none"));
        let origin_is_ours = origin.is_none_or(|origin| self.is_ours(origin, headers));
        match (site.or(origin).is_some(), site_is_ours, origin_is_ours) {
            (true, true, true) => Ok(()),
            _ => Err(CrossSite),
        }
    }

    fn is_ours(&self, origin: &str, headers: &HeaderMap) -> bool {
        // `null`, which sandboxed and local pages send, is no URL.
        let Ok(origin) = Url::parse(origin) else { return false };
        if self.public.contains(&origin.origin()) {
            return true;
        }
        let sent_to = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let sent_to = sent_to.and_then(|host| Url::parse(&format!("http://{host}")).ok());
        self.loopback && is_loopback(&origin) && sent_to.is_some_and(|own| own.origin() == origin.origin())
    }
}

/// At most one header of the name, readable.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, CrossSite> {
    let mut values = headers.get_all(name).into_iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| CrossSite),
        (Some(_), Some(_)) => Err(CrossSite),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(v4)) => IpAddr::V4(v4).is_loopback(),
        Some(Host::Ipv6(v6)) => IpAddr::V6(v6).to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(n, v)| (header::HeaderName::from_static(n), http::HeaderValue::from_static(v)))
            .collect()
    }

    fn public() -> OwnOrigins {
        OwnOrigins::new([Url::parse("https://vms.example.org/console").unwrap()], false)
    }

    fn posts(own: &OwnOrigins, pairs: &[(&'static str, &'static str)]) -> bool {
        own.check(&Method::POST, &headers(pairs)).is_ok()
    }

    #[test]
    fn our_own_page_may_change_things() {
        assert!(posts(
            &public(),
            &[("origin", "https://vms.example.org"), ("sec-fetch-site", "same-origin")]
        ));
        assert!(
            posts(&public(), &[("origin", "https://vms.example.org:443")]),
            "the default port is the same origin"
        );
        assert!(posts(&public(), &[("sec-fetch-site", "same-origin")]));
    }

    #[test]
    fn other_pages_may_not() {
        for foreign in [
            vec![("origin", "https://evil.example")],
            vec![("origin", "http://vms.example.org")],
            vec![("origin", "https://vms.example.org:8443")],
            vec![("origin", "https://vms.example.org.evil.example")],
            vec![("origin", "null")],
            vec![("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
            vec![("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
            vec![("sec-fetch-site", "cross-site"), ("origin", "https://vms.example.org")],
            vec![("origin", "https://vms.example.org"), ("origin", "https://evil.example")],
            vec![],
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &foreign {
                map.append(*name, http::HeaderValue::from_static(value));
            }
            assert_eq!(public().check(&Method::POST, &map), Err(CrossSite), "{foreign:?}");
        }
    }

    #[test]
    fn reading_needs_no_proof_but_a_websocket_does() {
        let nothing = HeaderMap::new();
        assert_eq!(public().check(&Method::GET, &nothing), Ok(()));
        assert_eq!(public().check_upgrade(&nothing), Err(CrossSite));
        let foreign = headers(&[("origin", "https://evil.example")]);
        assert_eq!(public().check_upgrade(&foreign), Err(CrossSite));
        assert_eq!(public().check_upgrade(&headers(&[("origin", "https://vms.example.org")])), Ok(()));
    }

    #[test]
    fn on_loopback_the_page_must_be_the_one_the_request_was_sent_to() {
        let own = OwnOrigins::new([], true);
        assert!(posts(
            &own,
            &[("origin", "http://engineer.localhost:8080"), ("host", "engineer.localhost:8080")]
        ));
        assert!(posts(&own, &[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        assert!(posts(&own, &[("origin", "http://[::1]:8080"), ("host", "[::1]:8080")]));
        assert!(!posts(
            &own,
            &[("origin", "http://engineer.localhost:8080"), ("host", "approver.localhost:8080")]
        ));
        assert!(!posts(&own, &[("origin", "http://localhost:3000"), ("host", "localhost:8080")]));
        // DNS rebinding: a foreign name that resolves to this machine is the same origin to the browser, not to us.
        assert!(!posts(&own, &[("origin", "http://evil.example:8080"), ("host", "evil.example:8080")]));
        assert!(!posts(&public(), &[("origin", "http://localhost:8080"), ("host", "localhost:8080")]));
    }
}
