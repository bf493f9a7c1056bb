//! Keys of http requests, for [`ByKey`](crate::ByKey): by header, by path, by the client's address.
//!
//! Whatever a client writes can be written anew with each request, so each of these bounds the length
//! of a key, and [`Keyed`](resilience_core::Keyed) their number. None of them ever gives the empty key.

mod client;
mod header;
mod path;
mod proxies;

pub use self::client::{Client, Hops};
pub use self::header::Header;
pub use self::path::{Routes, Segments};
pub use ipnet::IpNet;

/// The most bytes of a key, where nothing else is said.
const MAX_LEN: usize = 128;
