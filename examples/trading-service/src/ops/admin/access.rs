//! Who may operate policies.

use std::net::SocketAddr;

use admf_metrics::http::Token;
use http::header::ORIGIN;
use http::{HeaderMap, StatusCode};

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
        let admitted = token.admit(headers).map(|()| "token");
        admitted.map_err(|why| (StatusCode::UNAUTHORIZED, why.as_line()))
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
