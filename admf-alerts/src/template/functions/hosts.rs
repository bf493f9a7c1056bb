//! Addresses.

use std::net::IpAddr;

use super::{Value, text};

pub(super) fn strip_port(args: &[Value]) -> Result<Value, String> {
    let address = text(args, 0)?;
    Ok(Value::text(
        parts(address).map_or(address, |(host, _)| host),
    ))
}

/// Leaves the first part of a name; an address in numbers stays.
pub(super) fn strip_domain(args: &[Value]) -> Result<Value, String> {
    let address = text(args, 0)?;
    let (host, port) = parts(address).unwrap_or((address, ""));
    if host.parse::<IpAddr>().is_ok() {
        return Ok(Value::text(address));
    }
    let name = host.split('.').next().unwrap_or_default();
    Ok(Value::text(match port {
        "" => name.to_owned(),
        port if name.contains(':') => format!("[{name}]:{port}"),
        port => format!("{name}:{port}"),
    }))
}

/// Splits `host:port`, `[host]:port`; what is neither is `None`.
fn parts(address: &str) -> Option<(&str, &str)> {
    let (host, port) = address.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(inside) => inside.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    let brackets = |text: &str| text.contains(['[', ']']);
    (!brackets(host) && !brackets(port)).then_some((host, port))
}
