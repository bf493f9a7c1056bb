//! Whom the token is told to.

use std::fs;

use serde_json::json;

use super::{Peer, answer, program, run, yes};

const TOKEN: &str = "5b1f0cc8f6c94d6f";

#[test]
fn a_token_comes_from_a_file_or_the_environment() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("token");
    fs::write(&file, format!("{TOKEN}\n")).expect("it can be written");
    let peer = Peer::answering(vec![yes(&json!({})); 3]);
    let url = format!("http://{}", peer.address);
    let bearer = format!("Bearer {TOKEN}");
    let ask = |command: &mut std::process::Command| {
        run(command.args(["--url", &url])).is(0, "", "");
        let asked = peer.asked();
        asked.header("authorization").map(str::to_owned)
    };
    assert_eq!(ask(program().arg("status")), None);
    assert_eq!(
        ask(program().arg("status").env("ADMF_ALERTS_TOKEN", TOKEN)),
        Some(bearer.clone())
    );
    let both = ask(program()
        .args(["status", "--token-file"])
        .arg(&file)
        .env("ADMF_ALERTS_TOKEN", "another-one"));
    assert_eq!(both, Some(bearer), "what is named counts");
}

#[test]
fn a_token_goes_nowhere_where_others_can_read_it() {
    for host in [
        "192.0.2.1",
        "localhost.example",
        "[2001:db8::1]",
        "0.0.0.0",
        "127.0.0.1.example",
    ] {
        let ran = run(program()
            .args(["status", "--url", &format!("http://{host}:9093")])
            .env("ADMF_ALERTS_TOKEN", TOKEN));
        let problem =
            "error: --url: a token is sent by https, or to this machine; nowhere else by http\n";
        ran.is(2, "", problem);
    }
    // Here it is this machine by any name, and nobody listens.
    for host in ["localhost", "127.9.9.9", "[::1]"] {
        let ran = run(program()
            .args(["status", "--url", &format!("http://{host}:1")])
            .env("ADMF_ALERTS_TOKEN", TOKEN));
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.err.contains("cannot be reached"), "{ran:?}");
    }
}

#[test]
fn who_is_led_elsewhere_does_not_go_there() {
    let other = Peer::answering(vec![yes(&json!({}))]);
    let location = format!("location: http://{}/\r\n", other.address);
    let peer = Peer::answering(vec![answer("307 Temporary Redirect", &location, "")]);
    let url = format!("http://{}", peer.address);
    let ran = run(program()
        .args(["status", "--url", &url])
        .env("ADMF_ALERTS_TOKEN", TOKEN));
    let problem = format!("admf-alerts: {url}/api/admf/v1/status: 307 Temporary Redirect\n");
    ran.is(1, "", &problem);
    assert_eq!(other.left(), 0);
}

#[test]
fn no_proxy_of_the_environment_is_asked() {
    let peer = Peer::answering(vec![yes(&json!({}))]);
    let proxy = Peer::answering(vec![yes(&json!({}))]);
    let mut command = program();
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "all_proxy",
        "ALL_PROXY",
    ] {
        command.env(name, format!("http://{}", proxy.address));
    }
    command.args(["status", "--url", &format!("http://{}", peer.address)]);
    run(&mut command).is(0, "", "");
    assert_eq!((peer.left(), proxy.left()), (1, 0));
}

#[test]
fn no_secret_is_shown() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("token");
    let peer = Peer::answering(vec![answer("401 Unauthorized", "", "\"no\""); 2]);
    let url = format!("http://{}", peer.address);
    for (token, url, code) in [
        ("hunter2hunter2\u{7}", url.as_str(), 1),
        ("hunter2 hunter2", &url, 1),
        ("", &url, 1),
        ("hunter2hunter2", &url, 1),
        ("hunter2hunter2", "http://192.0.2.1", 2),
        ("x", "http://me:hunter2@127.0.0.1:1", 2),
        ("x", "http://me:hunter2@127.0.0.1:99999", 2),
    ] {
        fs::write(&file, token).expect("it can be written");
        let ran = run(program()
            .args(["status", "--json", "--url", url, "--token-file"])
            .arg(&file));
        assert_eq!(ran.code, Some(code), "{token:?} {ran:?}");
        let said = format!("{}{}", ran.out, ran.err);
        assert!(!said.contains("hunter2") && !said.is_empty(), "{ran:?}");
    }
    let ran = run(program().args(["status", "--url", &url, "--token-file", "/nowhere/token"]));
    let problem = "/nowhere/token: cannot be read: No such file or directory (os error 2)";
    ran.is(1, "", &format!("admf-alerts: {problem}\n"));
}
