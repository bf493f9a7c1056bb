//! Whose address http requests are keyed by, whatever clients write.

use std::net::{IpAddr, SocketAddr};

use ::http::{Extensions, HeaderValue, Request};
use proptest::prelude::*;
use resilience_tower::KeyOf;
use resilience_tower::http::key::{Client, Hops, IpNet};

type Peer = fn(&Extensions) -> Option<IpAddr>;

fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<SocketAddr>().map(SocketAddr::ip)
}

fn net(text: &str) -> IpNet {
    let address = || text.parse::<IpAddr>().map(IpNet::from).unwrap();
    text.parse().unwrap_or_else(|_| address())
}

/// Trusts 10.0.0.0/8 and fd00::/8.
fn client(hops: Hops) -> Client<Peer> {
    let client = Client::new(peer as Peer).hops(hops);
    client.trust(net("10.0.0.0/8")).trust(net("fd00::/8"))
}

/// A request from `from`, with lines of one header.
pub(crate) fn request<V: AsRef<[u8]>>(from: &str, name: &'static str, lines: &[V]) -> Request<()> {
    let mut request = Request::new(());
    let from: IpAddr = from.parse().unwrap();
    request.extensions_mut().insert(SocketAddr::new(from, 4711));
    for line in lines {
        let line = HeaderValue::from_bytes(line.as_ref()).unwrap();
        request.headers_mut().append(name, line);
    }
    request
}

fn xff(from: &str, lines: &[&str]) -> String {
    let request = request(from, "x-forwarded-for", lines);
    client(Hops::XForwardedFor).key(&request).unwrap().into()
}

fn forwarded(from: &str, lines: &[&str]) -> String {
    let request = request(from, "forwarded", lines);
    client(Hops::Forwarded).key(&request).unwrap().into()
}

#[test]
fn the_walk_goes_from_the_right_over_trusted_hops_to_the_first_that_is_not() {
    for (from, lines, key) in [
        ("10.0.0.1", &["203.0.113.7"][..], "203.0.113.7"),
        ("10.0.0.1", &["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
        (
            "10.0.0.1",
            &["1.1.1.1, 203.0.113.7, 10.9.9.9"],
            "203.0.113.7",
        ),
        (
            "10.0.0.1",
            &["1.1.1.1", "203.0.113.7", "10.9.9.9"],
            "203.0.113.7",
        ),
        (
            "10.0.0.1",
            &["203.0.113.7,10.9.9.9\t, 10.1.1.1"],
            "203.0.113.7",
        ),
        // All of them are trusted: the farthest is the client.
        ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", &[], "10.0.0.1"),
        // What anybody else says is made up.
        ("192.0.2.1", &["203.0.113.7"], "192.0.2.1"),
        ("192.0.2.1", &["10.0.0.9", "10.0.0.8"], "192.0.2.1"),
        ("9.255.255.255", &["1.1.1.1"], "9.255.255.255"),
        ("11.0.0.0", &["1.1.1.1"], "11.0.0.0"),
        // Ports, brackets, clothes.
        ("10.0.0.1", &["203.0.113.7:567"], "203.0.113.7"),
        ("10.0.0.1", &["[2001:db8:1:2:3::4]:80"], "2001:db8:1:2::/64"),
        ("10.0.0.1", &["[2001:db8:1:2:3::4]"], "2001:db8:1:2::/64"),
        ("10.0.0.1", &["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
        ("10.0.0.1", &["::ffff:203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", &["203.0.113.7, ::ffff:10.3.2.1"], "203.0.113.7"),
        ("::ffff:10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
        ("::ffff:192.0.2.1", &["203.0.113.7"], "192.0.2.1"),
        ("fd00::1", &["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", &["203.0.113.7, fd00::2"], "203.0.113.7"),
        ("2001:db8::1", &["203.0.113.7"], "2001:db8::/64"),
    ] {
        assert_eq!(xff(from, lines), key, "{from} {lines:?}");
    }
}

#[test]
fn what_is_no_address_ends_the_walk_at_the_proxy_that_said_it() {
    for bad in [
        "",
        " ",
        "unknown",
        "_hidden",
        "203.0.113",
        "203.0.113.256",
        "203.0.113.07",
        "0x7f.1",
        "203.0.113.7:",
        "203.0.113.7:99999",
        "[203.0.113.7]:80",
        "[::1",
        "::1]",
        "[]",
        "[::1]x",
        "fe80::1%eth0",
        "\"203.0.113.7\"",
        "for=203.0.113.7",
        "203.0.113.7;",
        "1.1.1.1 2.2.2.2",
        "http://203.0.113.7",
        "-1",
        "1e3",
    ] {
        let line = format!("203.0.113.7, {bad}, 10.0.0.2");
        assert_eq!(xff("10.0.0.1", &[&line]), "10.0.0.2", "{bad:?}");
        assert_eq!(
            xff("10.0.0.1", &["203.0.113.7", bad]),
            "10.0.0.1",
            "{bad:?}"
        );
    }
}

#[test]
fn bytes_that_are_no_text_end_the_walk_only_where_it_comes_to_them() {
    let key = |lines: &[&[u8]]| {
        let request = request("10.0.0.1", "x-forwarded-for", lines);
        client(Hops::XForwardedFor)
            .key(&request)
            .unwrap()
            .to_string()
    };
    assert_eq!(key(&[b"\xff\xfe, 203.0.113.7"]), "203.0.113.7");
    assert_eq!(key(&[b"203.0.113.7, \xff"]), "10.0.0.1");
}

#[test]
fn the_standard_header_is_read_alike() {
    for (from, lines, key) in [
        ("10.0.0.1", &["for=203.0.113.7"][..], "203.0.113.7"),
        (
            "10.0.0.1",
            &["For=203.0.113.7;proto=http;by=10.0.0.1"],
            "203.0.113.7",
        ),
        (
            "10.0.0.1",
            &["proto=http; for=\"203.0.113.7:567\""],
            "203.0.113.7",
        ),
        (
            "10.0.0.1",
            &["for=\"[2001:db8:1:2:3::4]:80\""],
            "2001:db8:1:2::/64",
        ),
        (
            "10.0.0.1",
            &["for=\"[2001:db8:1:2:3::4]\""],
            "2001:db8:1:2::/64",
        ),
        (
            "10.0.0.1",
            &["for=1.1.1.1, for=203.0.113.7, for=10.0.0.2"],
            "203.0.113.7",
        ),
        (
            "10.0.0.1",
            &["for=1.1.1.1", "for=203.0.113.7"],
            "203.0.113.7",
        ),
        ("192.0.2.1", &["for=203.0.113.7"], "192.0.2.1"),
        // A quote that a client left open, or a comma in quotes, reaches over nothing.
        ("10.0.0.1", &["for=\"evil, for=203.0.113.7"], "203.0.113.7"),
        (
            "10.0.0.1",
            &["for=1.1.1.1;host=\"a,b\", for=203.0.113.7"],
            "203.0.113.7",
        ),
        ("10.0.0.1", &["for=203.0.113.7;host=\"a,b\""], "203.0.113.7"),
        (
            "10.0.0.1",
            &["for=203.0.113.7;host=\"a;for=1.1.1.1\""],
            "203.0.113.7",
        ),
        // An element may have empty pairs.
        ("10.0.0.1", &["for=203.0.113.7;"], "203.0.113.7"),
        ("10.0.0.1", &["proto=http; ;for=203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", &["for=1.1.1.1, ;"], "10.0.0.1"),
        // No address, or more than one, or not as the standard says.
        ("10.0.0.1", &["for=1.1.1.1, for=unknown"], "10.0.0.1"),
        ("10.0.0.1", &["for=1.1.1.1, for=_hidden"], "10.0.0.1"),
        ("10.0.0.1", &["for=1.1.1.1, proto=http"], "10.0.0.1"),
        ("10.0.0.1", &["for=1.1.1.1;for=2.2.2.2"], "10.0.0.1"),
        ("10.0.0.1", &["for=[2001:db8::1]"], "10.0.0.1"),
        ("10.0.0.1", &["for=203.0.113.7:80"], "10.0.0.1"),
        ("10.0.0.1", &["203.0.113.7"], "10.0.0.1"),
        ("10.0.0.1", &["for="], "10.0.0.1"),
        ("10.0.0.1", &["for=\""], "10.0.0.1"),
        ("10.0.0.1", &[""], "10.0.0.1"),
    ] {
        assert_eq!(forwarded(from, lines), key, "{from} {lines:?}");
    }
}

#[test]
fn what_a_client_has_its_proxy_quote_names_no_address_and_hides_none() {
    for (line, key) in [
        // As a proxy quotes a `Host` of `x", for=6.6.6.6;host="y`.
        (
            r#"for=203.0.113.7;host="x\", for=6.6.6.6;host=\"y""#,
            "203.0.113.7",
        ),
        (
            r#"host="x\", for=6.6.6.6;host=\"y";for=203.0.113.7"#,
            "203.0.113.7",
        ),
        (r#"for=1.1.1.1, for=203.0.113.7;host="a\"b""#, "203.0.113.7"),
        (r#"for=1.1.1.1, for=203.0.113.7;host="a\"""#, "203.0.113.7"),
        (r#"for=1.1.1.1, for=203.0.113.7;host="a\\""#, "203.0.113.7"),
        (r#"for=1.1.1.1, for=203.0.113.7;host="\\\"""#, "203.0.113.7"),
        (
            r#"for=1.1.1.1, for=203.0.113.7;host="\";for=6.6.6.6""#,
            "203.0.113.7",
        ),
    ] {
        assert_eq!(forwarded("10.0.0.1", &[line]), key, "{line}");
    }
}

#[test]
fn the_header_that_proxies_do_not_write_is_not_read() {
    let made_up = request("10.0.0.1", "forwarded", &["for=203.0.113.7"]);
    let key = client(Hops::XForwardedFor)
        .key(&made_up)
        .unwrap()
        .to_string();
    assert_eq!(key, "10.0.0.1");
    let made_up = request("10.0.0.1", "x-forwarded-for", &["203.0.113.7"]);
    let key = client(Hops::Forwarded).key(&made_up).unwrap().to_string();
    assert_eq!(key, "10.0.0.1");
}

#[test]
fn without_a_peer_there_is_no_key_and_without_trust_the_peer_is_it() {
    let header = request("10.0.0.1", "x-forwarded-for", &["203.0.113.7"]);
    let trusting = client(Hops::XForwardedFor);
    let (parts, ()) = Request::new(()).into_parts();
    let mut unknown = Request::from_parts(parts, ());
    *unknown.headers_mut() = header.headers().clone();
    assert_eq!(trusting.key(&unknown), None);
    let nobody = Client::new(peer);
    assert_eq!(nobody.key(&header).as_deref(), Some("10.0.0.1"));
}

#[test]
fn a_network_in_version_6_clothes_is_one_of_version_4() {
    let clothed = Client::new(peer).trust(net("::ffff:10.0.0.0/104"));
    let header = request("10.0.0.1", "x-forwarded-for", &["203.0.113.7"]);
    assert_eq!(clothed.key(&header).as_deref(), Some("203.0.113.7"));
    let outside = request("11.0.0.1", "x-forwarded-for", &["203.0.113.7"]);
    assert_eq!(clothed.key(&outside).as_deref(), Some("11.0.0.1"));
    let one = Client::new(peer).trust(net("10.0.0.1"));
    assert_eq!(one.key(&header).as_deref(), Some("203.0.113.7"));
}

#[test]
fn a_network_of_no_bits_is_all_of_its_version_and_one_of_all_bits_is_one_address() {
    for (trusted, from, said, key) in [
        ("0.0.0.0/0", "192.0.2.1", "1.1.1.1, 2.2.2.2", "1.1.1.1"),
        ("0.0.0.0/0", "2001:db8::1", "1.1.1.1", "2001:db8::/64"),
        (
            "0.0.0.0/0",
            "192.0.2.1",
            "1.1.1.1, 2001:db8::1",
            "2001:db8::/64",
        ),
        ("::/0", "2001:db8::1", "1.1.1.1, 2001:db8::2", "1.1.1.1"),
        ("::/0", "192.0.2.1", "1.1.1.1", "192.0.2.1"),
        ("::ffff:0:0/96", "192.0.2.1", "1.1.1.1, 2.2.2.2", "1.1.1.1"),
        ("10.0.0.1/32", "10.0.0.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1/32", "10.0.0.2", "1.1.1.1", "10.0.0.2"),
        ("::ffff:10.0.0.1/128", "10.0.0.1", "1.1.1.1", "1.1.1.1"),
        ("2001:db8::1/128", "2001:db8::1", "1.1.1.1", "1.1.1.1"),
        ("2001:db8::1/128", "2001:db8::2", "1.1.1.1", "2001:db8::/64"),
        // A network is what its bits say, whatever stands behind them.
        ("10.1.2.3/8", "10.9.9.9", "1.1.1.1", "1.1.1.1"),
    ] {
        let client = Client::new(peer).trust(net(trusted));
        let request = request(from, "x-forwarded-for", &[said]);
        let found = client.key(&request);
        assert_eq!(found.as_deref(), Some(key), "{trusted} {from} {said}");
    }
}

#[test]
fn so_many_bits_of_a_version_6_address_are_the_key() {
    let from = "2001:db8:1:2:3:4:5:6";
    for (bits, key) in [
        (0, "::/0"),
        (1, "::/1"),
        (48, "2001:db8:1::/48"),
        (127, "2001:db8:1:2:3:4:5:6/127"),
        (128, from),
        (255, from),
    ] {
        let client = Client::new(peer).v6_bits(bits);
        let request = request::<&str>(from, "x-forwarded-for", &[]);
        assert_eq!(client.key(&request).as_deref(), Some(key));
        let full: IpAddr = from.parse().unwrap();
        assert_eq!(client.address(&request), Some(full));
    }
}

/// What a client may write, with or without sense.
pub(crate) fn hostile() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let part = prop_oneof![
        any::<[u8; 4]>().prop_map(|it| IpAddr::from(it).to_string()),
        any::<[u8; 16]>().prop_map(|it| IpAddr::from(it).to_string()),
        "10\\.[0-9]{1,3}\\.0\\.1",
        "for=\"?[0-9a-f:.]{0,20}\"?",
        "[,;\"\\[\\]=: %_a-f0-9]{0,12}",
    ];
    let line = prop::collection::vec(part, 0..8).prop_map(|it| it.join(",").into_bytes());
    let noise = prop::collection::vec(prop_oneof![Just(b'\t'), 32..=126_u8, 128..=255_u8], 0..40);
    prop::collection::vec(prop_oneof![3 => line, 1 => noise], 0..5)
}

proptest! {
    #[test]
    fn whatever_a_client_writes_before_its_proxy_its_key_is_the_address_that_the_proxy_saw(
        mut lines in hostile(), same_line in any::<bool>(), hops in any::<bool>(),
        address in any::<[u8; 16]>(), v4 in any::<bool>(),
    ) {
        let address: IpAddr = match v4 {
            true => <[u8; 4]>::try_from(&address[..4]).unwrap().into(),
            false => address.into(),
        };
        let trusting = match hops {
            true => client(Hops::Forwarded),
            false => client(Hops::XForwardedFor),
        };
        let (name, seen) = match (hops, address) {
            (true, IpAddr::V6(v6)) => ("forwarded", format!("for=\"[{v6}]\"")),
            (true, IpAddr::V4(v4)) => ("forwarded", format!("for={v4}")),
            (false, it) => ("x-forwarded-for", it.to_string()),
        };
        match lines.last_mut() {
            Some(last) if same_line => last.extend(format!(", {seen}").into_bytes()),
            _ => lines.push(seen.into_bytes()),
        }
        let from = |it: IpAddr| request::<&str>(&it.to_string(), "x", &[]);
        let direct = trusting.key(&from(address)).map(String::from);
        let trusted = match address.to_canonical() {
            IpAddr::V4(it) => it.octets()[0] == 10,
            IpAddr::V6(it) => it.octets()[0] == 0xfd,
        };
        prop_assume!(!trusted);
        let through = request("10.0.0.1", name, &lines);
        prop_assert_eq!(trusting.key(&through).map(String::from), direct);
    }

    #[test]
    fn whatever_a_client_has_its_proxy_quote_its_key_is_the_address_that_the_proxy_saw(
        lines in hostile(), host in "[a-z\"\\\\,;= ]{0,12}(for=6\\.6\\.6\\.6)?[a-z\"\\\\,;= ]{0,12}",
        first in any::<bool>(),
    ) {
        let quoted = host.replace('\\', r"\\").replace('"', r#"\""#);
        let seen = match first {
            true => format!("for=203.0.113.7;host=\"{quoted}\""),
            false => format!("host=\"{quoted}\";for=203.0.113.7"),
        };
        let mut line = lines.concat();
        line.extend(format!(", {seen}").into_bytes());
        let request = request("10.0.0.1", "forwarded", &[line]);
        let key = client(Hops::Forwarded).key(&request).map(String::from);
        prop_assert_eq!(key.as_deref(), Some("203.0.113.7"));
    }

    #[test]
    fn a_client_without_a_proxy_cannot_choose_its_key(lines in hostile(), hops in any::<bool>()) {
        let (trusting, name) = match hops {
            true => (client(Hops::Forwarded), "forwarded"),
            false => (client(Hops::XForwardedFor), "x-forwarded-for"),
        };
        let request = request("192.0.2.1", name, &lines);
        let key = trusting.key(&request);
        prop_assert_eq!(key.as_deref(), Some("192.0.2.1"));
    }
}
