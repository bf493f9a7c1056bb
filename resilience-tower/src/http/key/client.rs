use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use http::{Extensions, Request};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::proxies;
use crate::KeyOf;

/// Which header tells the address that a proxy was called from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Hops {
    /// `X-Forwarded-For`, as most proxies do.
    #[default]
    XForwardedFor,
    /// `Forwarded`, as the standard (RFC 7239) does.
    Forwarded,
}

/// Keys requests by the address of the client.
///
/// That is the peer of the connection; where the peer is a proxy that is trusted, the one that it
/// says it was called from, and so on from proxy to proxy, up to the first address that is not
/// trusted. What others than trusted proxies say of addresses is not read: clients cannot choose
/// their key. A proxy must add to the list, or replace it, never pass a client's on as it is.
///
/// An address that cannot be read ends the walk: the key is then that of the proxy that said so. A
/// version 4 address in version 6 clothes is one of version 4. Of version 6 addresses the first 64 bits
/// are the key, since a client has all that begin so.
///
/// The peer is whatever the server leaves in the request's extensions; without it a request has no
/// key. For axum, served `into_make_service_with_connect_info::<SocketAddr>()`, that is its
/// `ConnectInfo`:
///
/// ```
/// use std::net::SocketAddr;
/// # /* `ConnectInfo` is part of axum's server.
/// use axum::extract::ConnectInfo;
/// # */
/// # #[derive(Clone)]
/// # struct ConnectInfo<T>(T);
/// use http::Request;
/// use resilience_tower::{KeyOf, http::key::Client};
///
/// let client = Client::new(|extensions| {
///     let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
///     Some(peer.ip())
/// })
/// .trust("10.0.0.0/8".parse()?);
///
/// let peer = |address: &str| ConnectInfo(format!("{address}:4711").parse::<SocketAddr>().unwrap());
/// let request = Request::get("/").header("x-forwarded-for", "198.51.100.1, 203.0.113.7");
/// let mut request = request.extension(peer("10.0.0.1")).body(())?;
/// assert_eq!(client.key(&request).as_deref(), Some("203.0.113.7"));
///
/// // From anybody else the header is made up.
/// request.extensions_mut().insert(peer("192.0.2.1"));
/// assert_eq!(client.key(&request).as_deref(), Some("192.0.2.1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Client<P> {
    peer: P,
    trusted: Vec<IpNet>,
    hops: Hops,
    v6_bits: u8,
}

impl<P: Fn(&Extensions) -> Option<IpAddr>> Client<P> {
    /// Keys requests by what `peer` finds, trusting no proxy.
    #[must_use]
    pub fn new(peer: P) -> Self {
        Self {
            peer,
            trusted: Vec::new(),
            hops: Hops::default(),
            v6_bits: 64,
        }
    }

    /// Trusts the proxies of a network, or the one at an address (`IpAddr` into [`IpNet`]), too.
    #[must_use]
    pub fn trust(mut self, proxies: IpNet) -> Self {
        self.trusted.push(as_v4_where_it_is(proxies));
        self
    }

    /// Sets which header proxies write; the other one is not read. Default: `X-Forwarded-For`.
    #[must_use]
    pub fn hops(self, hops: Hops) -> Self {
        Self { hops, ..self }
    }

    /// Sets how many bits of a version 6 address are the key; above 128 all are. Default: 64.
    #[must_use]
    pub fn v6_bits(self, bits: u8) -> Self {
        let v6_bits = bits.min(128);
        Self { v6_bits, ..self }
    }

    /// Returns the client's address, in full.
    pub fn address<B>(&self, request: &Request<B>) -> Option<IpAddr> {
        let peer = (self.peer)(request.extensions())?.to_canonical();
        let headers = request.headers();
        Some(match self.hops {
            Hops::XForwardedFor => self.walk(peer, proxies::x_forwarded_for(headers)),
            Hops::Forwarded => self.walk(peer, proxies::forwarded(headers)),
        })
    }

    /// Follows what proxies say as long as it is said by one that is trusted.
    fn walk(&self, peer: IpAddr, mut hops: impl Iterator<Item = Option<IpAddr>>) -> IpAddr {
        let mut client = peer;
        while self.trusts(client) {
            match hops.next() {
                Some(Some(hop)) => client = hop.to_canonical(),
                Some(None) | None => break,
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|it| it.contains(&address))
    }
}

impl<B, P: Fn(&Extensions) -> Option<IpAddr>> KeyOf<Request<B>> for Client<P> {
    fn key<'r>(&'r self, request: &'r Request<B>) -> Option<Cow<'r, str>> {
        let key = match self.address(request)? {
            IpAddr::V6(address) if self.v6_bits < 128 => {
                let bits = self.v6_bits;
                let net = Ipv6Net::new_assert(address, bits).trunc();
                net.to_string()
            }
            address => address.to_string(),
        };
        Some(key.into())
    }
}

/// Returns a network of version 4 addresses in version 6 clothes as one of version 4.
fn as_v4_where_it_is(net: IpNet) -> IpNet {
    const CLOTHES: u8 = 96;
    let IpNet::V6(v6) = net else { return net };
    let v4 = Ipv6Addr::to_ipv4_mapped(&v6.addr());
    match (v4, v6.prefix_len().checked_sub(CLOTHES)) {
        (Some(address), Some(bits)) => Ipv4Net::new_assert(address, bits).into(),
        _ => net,
    }
}

impl<P> fmt::Debug for Client<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("trusted", &self.trusted)
            .field("hops", &self.hops)
            .field("v6_bits", &self.v6_bits)
            .finish_non_exhaustive()
    }
}
