//! What proxies say of the address that they were called from, from the nearest to the farthest.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

/// The header of most proxies, a list of addresses.
const X_FORWARDED_FOR: &str = "x-forwarded-for";
/// The standard's, a list of pairs.
const FORWARDED: &str = "forwarded";

/// Returns the addresses of `X-Forwarded-For`, the one that was added last first; `None` for one that
/// is none.
pub(super) fn x_forwarded_for(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(X_FORWARDED_FOR).into_iter().rev();
    let hops = lines.flat_map(|line| line.as_bytes().rsplit(|it| *it == b','));
    hops.map(|hop| address(std::str::from_utf8(hop).ok()?.trim()))
}

/// Returns the addresses of `Forwarded`, the one that was added last first; `None` for one that is
/// none, such as a hidden one.
pub(super) fn forwarded(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(FORWARDED).into_iter().rev();
    let hops = lines.flat_map(|line| FromRight::new(line.as_bytes(), b','));
    hops.map(|hop| address(for_of(hop)?))
}

/// Returns what an element of `Forwarded` says under `for`, where it does so once.
fn for_of(element: &[u8]) -> Option<&str> {
    let mut found = None;
    for pair in FromRight::new(element, b';') {
        let pair = std::str::from_utf8(pair).ok()?.trim();
        if pair.is_empty() {
            continue;
        }
        let (name, value) = pair.split_once('=')?;
        if !name.eq_ignore_ascii_case("for") {
            continue;
        }
        if found.is_some() {
            return None;
        }
        let inner = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        // Only in quotes may a colon stand.
        found = match inner {
            Some(inner) => Some(inner),
            None if value.contains(':') => return None,
            None => Some(value),
        };
    }
    found
}

/// Reads an address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let plain = text.parse().ok().or_else(bare);
    plain.or_else(|| text.parse::<SocketAddr>().ok().map(|it| it.ip()))
}

/// Says whether what follows `before` is escaped there.
fn is_escaped(before: &[u8]) -> bool {
    let backslashes = before.iter().rev().take_while(|it| **it == b'\\');
    backslashes.count() % 2 == 1
}

/// The parts of a list from its right end, parted by what stands outside of quotes.
///
/// What is added last stands right and is well formed; what a client wrote before it, a quote that
/// does not end for instance, must not reach over to it. Nor must what the proxy quotes of the client,
/// such as the host, end its quotes: there a backslash stands before each quote of the client's.
struct FromRight<'a> {
    left: Option<&'a [u8]>,
    by: u8,
}

impl<'a> FromRight<'a> {
    fn new(list: &'a [u8], by: u8) -> Self {
        let left = Some(list);
        Self { left, by }
    }
}

impl<'a> Iterator for FromRight<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let list = self.left.take()?;
        let mut quoted = false;
        for (at, byte) in list.iter().enumerate().rev() {
            if *byte == b'"' {
                quoted ^= !is_escaped(&list[..at]);
            } else if *byte == self.by && !quoted {
                self.left = Some(&list[..at]);
                return Some(&list[at + 1..]);
            }
        }
        Some(list)
    }
}
