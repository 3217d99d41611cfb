//! What a request shows to say who is calling: a session cookie or a personal token.
//!
//! Only read here, not believed: whose it is, is the database's answer.

use http::{HeaderMap, header};
use shepherd_auth::cookie::Transport;
use shepherd_auth::token::{self, TokenHash, TokenKind};

/// A credential as it was shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// None at all.
    Nothing,
    /// The session cookie of a browser, which sends it unasked: cross-site defence applies.
    Cookie(TokenHash),
    /// A personal token, which nothing sends unasked.
    Bearer(TokenHash),
    /// Something that cannot be ours.
    Unusable,
}

impl Shown {
    /// `Authorization` goes first, since someone wrote it on purpose. A cookie counts only where we would set one.
    pub(crate) fn read(headers: &HeaderMap, transport: Option<Transport>) -> Self {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let token = value.to_str().ok().and_then(|value| {
                let (scheme, token) = value.split_once(' ')?;
                scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
            });
            return match token.and_then(|text| token::parse(TokenKind::Personal, text)) {
                Some(hash) => Self::Bearer(hash),
                None => Self::Unusable,
            };
        }
        match transport.and_then(|transport| transport.read(headers)) {
            Some(cookie) => token::parse(TokenKind::Session, cookie).map_or(Self::Unusable, Self::Cookie),
            None => Self::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn headers(pairs: &[(header::HeaderName, String)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_token_goes_before_a_cookie() {
        let session = token::generate(TokenKind::Session).unwrap();
        let personal = token::generate(TokenKind::Personal).unwrap();
        let cookie = (header::COOKIE, format!("shepherd={}", session.value.expose_secret()));
        let bearer = (header::AUTHORIZATION, format!("bearer {}", personal.value.expose_secret()));
        let loopback = Some(Transport::Loopback);
        let only = std::slice::from_ref(&cookie);
        let read = |pairs: &[_], transport| Shown::read(&headers(pairs), transport);

        assert_eq!(read(only, loopback), Shown::Cookie(session.hash));
        assert_eq!(read(&[cookie.clone(), bearer], loopback), Shown::Bearer(personal.hash));
        assert_eq!(read(only, None), Shown::Nothing, "plain HTTP from elsewhere has no session");
        assert_eq!(read(only, Some(Transport::Tls)), Shown::Nothing, "nor has TLS under the plain name");
    }

    #[test]
    fn what_cannot_be_ours_costs_no_query() {
        for value in ["Basic YWRhOmFkYQ==", "Bearer", "Bearer shp_short", "Bearer  ", "shp_"] {
            let shown = Shown::read(&headers(&[(header::AUTHORIZATION, value.into())]), None);
            assert_eq!(shown, Shown::Unusable, "{value}");
        }
        let cookie = headers(&[(header::COOKIE, "shepherd=guess".into())]);
        assert_eq!(Shown::read(&cookie, Some(Transport::Loopback)), Shown::Unusable);
    }
}
