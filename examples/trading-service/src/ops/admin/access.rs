//! Who may operate policies.

use std::fmt;
use std::net::SocketAddr;

use http::header::{AUTHORIZATION, ORIGIN};
use http::{HeaderMap, StatusCode};
use subtle::ConstantTimeEq;

/// What an operator must show. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// Takes a token.
    ///
    /// # Errors
    ///
    /// If it is too short to be a secret, or cannot be sent in a header.
    pub(crate) fn new(text: &str) -> Result<Self, &'static str> {
        let fit = (16..=256).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic());
        if fit {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be 16 to 256 visible characters of ASCII")
        }
    }

    /// Compares, in a time that tells nothing but the length.
    fn is(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Why somebody may not: the status, and a line.
pub(super) type Denied = (StatusCode, &'static str);

/// Lets those in who show the token; where there is none, who is on the same machine.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) token: Option<Token>,
    /// Where operations are served.
    pub(super) address: SocketAddr,
}

impl Access {
    /// Says as what somebody is let in.
    ///
    /// # Errors
    ///
    /// Why he is not.
    pub(super) fn admit(
        &self,
        peer: SocketAddr,
        headers: &HeaderMap,
    ) -> Result<&'static str, Denied> {
        let Some(token) = &self.token else {
            return self.admit_neighbour(peer, headers);
        };
        let shown = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
        let shown = shown.and_then(|it| it.split_once(' '));
        match shown {
            Some((scheme, shown)) if scheme.eq_ignore_ascii_case("bearer") => {
                if token.is(shown.trim()) {
                    Ok("token")
                } else {
                    Err((StatusCode::UNAUTHORIZED, "authorization: not the token"))
                }
            }
            _ => Err((
                StatusCode::UNAUTHORIZED,
                "authorization: must be Bearer and the token",
            )),
        }
    }

    fn admit_neighbour(
        &self,
        peer: SocketAddr,
        headers: &HeaderMap,
    ) -> Result<&'static str, Denied> {
        let local = |address: SocketAddr| address.ip().to_canonical().is_loopback();
        let denied = |line| Err((StatusCode::FORBIDDEN, line));
        if !local(self.address) {
            return denied("--admin-token: must be set where operations are not on the loopback");
        }
        if !local(peer) {
            return denied("peer: must be on the loopback where there is no --admin-token");
        }
        // Pages of the web, in a browser on this machine, are on the loopback too.
        if headers.contains_key(ORIGIN) {
            return denied("origin: no page of the web may operate policies without a token");
        }
        Ok("loopback")
    }
}
