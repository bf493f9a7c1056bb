//! Addresses of HTTP.

/// Checks an address: `http://` or `https://`, a host, ASCII. Says nothing of the text, which may be a secret.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let refused = |what: &str| Err(format!("must be an address of HTTP: {what}"));
    let Some((scheme, rest)) = text.split_once("://") else {
        return refused("there is no scheme");
    };
    if !["http", "https"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(scheme))
    {
        return refused("the scheme is neither `http` nor `https`");
    }
    let odd = |c: char| !c.is_ascii_graphic() || "\"<>\\^`|".contains(c);
    if text.contains(odd) {
        return refused("it has a character that none has");
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let host = authority.rsplit_once('@').map_or(authority, |it| it.1);
    if !is_host(host) {
        return refused("there is no host, or an odd one");
    }
    let hex = |at: usize| {
        text.get(at + 1..at + 3)
            .is_some_and(|it| it.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    match text.match_indices('%').all(|(at, _)| hex(at)) {
        true => Ok(()),
        false => refused("`%` must be followed by two digits of base 16"),
    }
}

fn is_host(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(inner) => match inner.split_once(']') {
            Some((host, port)) if host.parse::<std::net::Ipv6Addr>().is_ok() => ("v6", port),
            _ => return false,
        },
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let named = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let digits = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|it| it.is_empty() || it.parse::<u16>().is_ok());
    !host.is_empty() && host.chars().all(named) && digits
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_address_has_a_scheme_and_a_host_and_is_never_said_again() {
        for good in [
            "http://a",
            "HTTPS://u:p@h-1.x:80/y?z=%20#w",
            "http://[::1]:80/",
            "http://a/${B}",
        ] {
            assert_eq!(super::check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "hush",
            "http:hush",
            "ftp://hush",
            "http://",
            "http://:80",
            "http://hush:x",
            "http://hush/%zz",
            "http://hu sh",
            "http://hüsh",
        ] {
            let problem = super::check(bad).expect_err(bad);
            assert!(!problem.contains("hush"), "{problem}");
        }
    }
}
