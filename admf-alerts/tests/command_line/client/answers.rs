//! Answers that say no, or that nobody can use.

use std::io::Write;
use std::thread;

use serde_json::json;

use super::{Peer, Ran, answer, ask, program, run, yes};

/// Asks for the status of who answers so; the address is left out of what it says.
fn told(answer: String) -> Ran {
    let peer = Peer::answering(vec![answer]);
    let mut ran = ask(&peer.address, &["status"]);
    let url = format!("http://{}/api/admf/v1/status", peer.address);
    ran.err = ran.err.replace(&url, "URL");
    ran
}

#[test]
fn what_a_service_says_is_wrong_is_one_line() {
    for (body, said) in [
        (r#""bad matcher format: a""#, ": bad matcher format: a"),
        (
            r#"{"code":602,"message":"comment in body is required"}"#,
            ": comment in body is required",
        ),
        (
            r#"{"status":"error","error":"no such receiver"}"#,
            ": no such receiver",
        ),
        ("404 page\nnot found\n", r": 404 page\nnot found"),
        ("{\"x\":1}", ": {\"x\":1}"),
        ("", ""),
    ] {
        let ran = told(answer("400 Bad Request", "", body));
        ran.is(1, "", &format!("admf-alerts: URL: 400 Bad Request{said}\n"));
    }
    let ran = told(answer("500 Internal Server Error", "", &"ü".repeat(5_000)));
    let said = "ü".repeat(1_000);
    ran.is(
        1,
        "",
        &format!("admf-alerts: URL: 500 Internal Server Error: {said}…\n"),
    );

    let peer = Peer::answering(vec![answer("400 Bad Request", "", "\"no\"")]);
    let ran = ask(&peer.address, &["silence", "expire", "x", "--json"]);
    let error = format!(
        "http://{}/api/v2/silence/x: 400 Bad Request: no",
        peer.address
    );
    let done = json!({"expired": [], "errors": [error]});
    assert_eq!((ran.code, ran.json()), (Some(1), done));
}

#[test]
fn an_answer_that_is_no_answer_is_one_line() {
    let deep = "[".repeat(100_000);
    for (text, said) in [
        (
            answer("200 OK", "", "<html>"),
            "answers no JSON: expected value at line 1 column 1",
        ),
        (
            answer("200 OK", "", "[1,"),
            "answers no JSON: EOF while parsing a value at line 1 column 3",
        ),
        (
            answer("200 OK", "", &deep),
            "answers no JSON: recursion limit exceeded at line 1 column 128",
        ),
        (
            "SSH-2.0-OpenSSH\r\n".to_owned(),
            "invalid HTTP version parsed",
        ),
        (String::new(), "connection closed before message completed"),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}".to_owned(),
            "end of file before message length reached",
        ),
    ] {
        told(text).is(1, "", &format!("admf-alerts: URL: {said}\n"));
    }
    let ran = ask("127.0.0.1:1", &["status"]);
    let url = "http://127.0.0.1:1/api/admf/v1/status";
    let problem = "cannot be reached: Connection refused (os error 111)";
    ran.is(1, "", &format!("admf-alerts: {url}: {problem}\n"));
    let ran = ask("127.0.0.1:1", &["status", "--json"]);
    assert_eq!(ran.json(), json!({"error": format!("{url}: {problem}")}));
    assert_eq!(ran.code, Some(1));
}

#[test]
fn an_answer_without_end_is_read_to_a_bound() {
    let peer = Peer::doing(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let spaces = vec![b' '; 1 << 20];
        while stream.write_all(&spaces).is_ok() {}
    });
    let ran = ask(&peer.address, &["status"]);
    let said = "answers with more than 16 MiB";
    let url = format!("http://{}/api/admf/v1/status", peer.address);
    ran.is(1, "", &format!("admf-alerts: {url}: {said}\n"));
}

#[test]
fn who_does_not_answer_in_time_is_given_up() {
    for begun in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"] {
        let peer = Peer::doing(move |stream| {
            let _ = stream.write_all(begun.as_bytes());
            // Nobody answers any more.
            thread::park();
        });
        let ran = ask(&peer.address, &["status", "--timeout", "100ms"]);
        let url = format!("http://{}/api/admf/v1/status", peer.address);
        ran.is(
            1,
            "",
            &format!("admf-alerts: {url}: no answer within 100ms\n"),
        );
    }
}

#[test]
fn nothing_that_is_told_moves_a_terminal() {
    let bad = "\u{1b}[31m\u{7}\r\n\u{9b}2J\u{202e}";
    let shown = r"\u{1b}[31m\u{7}\r\n\u{9b}2J\u{202e}";
    let status = json!({ bad: bad });
    let peer = Peer::answering(vec![yes(&status), yes(&status)]);
    ask(&peer.address, &["status"]).is(0, &format!("{shown}  {shown}\n"), "");
    let ran = ask(&peer.address, &["status", "--json"]);
    assert_eq!(ran.json(), status);
    let moves = |c: char| c.is_control() && c != '\n';
    assert!(!ran.out.contains(moves), "{:?}", ran.out);

    let alert = json!([{
        "fingerprint": bad, "labels": {"alertname": bad, "host": bad}, "annotations": {"summary": bad},
        "startsAt": bad, "status": {"state": bad},
    }]);
    let ran = {
        let peer = Peer::answering(vec![yes(&alert)]);
        ask(&peer.address, &["alerts"])
    };
    assert!(!ran.out.contains(moves), "{:?}", ran.out);
    assert_eq!((ran.code, ran.out.lines().count()), (Some(0), 2));

    let ran = told(answer("400 Bad Request", "", &json!(bad).to_string()));
    ran.is(
        1,
        "",
        &format!("admf-alerts: URL: 400 Bad Request: {shown}\n"),
    );
}

#[test]
fn a_wrong_call_ends_with_two_and_asks_nobody() {
    for args in [
        &["route", "team"][..],
        &["route", "team!=a"],
        &["route", "a=b", "a=c"],
        &["silence"],
        &["silence", "add", "a=b"],
        &["silence", "add", "a=b", "-c", ""],
        &["silence", "add", "-c", "why"],
        &["silence", "add", "a=~(", "-c", "why"],
        &["silence", "add", "a=b,c=d", "-c", "why"],
        &["silence", "add", "a=b,", "-c", "why"],
        &["silence", "add", "a=b", "bare", "-c", "why"],
        &["silence", "add", "a=b\"", "-c", "why"],
        &["silence", "add", "a", "-c", "why", "-d", "0s"],
        &["silence", "add", "a", "-c", "why", "--end", "tomorrow"],
        &[
            "silence",
            "add",
            "a",
            "-c",
            "why",
            "--end",
            "2026-11-21T09:00",
        ],
        &[
            "silence",
            "add",
            "a",
            "-c",
            "why",
            "--end",
            "2026-11-21T09:00[Mars/Olympus]",
        ],
        &[
            "silence",
            "add",
            "a",
            "-c",
            "why",
            "--end",
            "2001-01-01T00:00:00Z",
        ],
        &[
            "silence",
            "add",
            "a",
            "-c",
            "why",
            "--end",
            "2501-01-01T00:00:00Z",
            "-d",
            "1h",
        ],
        &[
            "silence",
            "add",
            "a",
            "-c",
            "why",
            "--start",
            "9999-12-30T00:00:00Z",
            "-d",
            "200y",
        ],
        &["silence", "show"],
        &["silence", "show", "../x"],
        &["silence", "expire"],
        &["silence", "list", "--within", "soon"],
        &["ack"],
        &["ack", "a=b", "--fingerprint", "0011223344556677"],
        &["ack", "--fingerprint", "xyz"],
        &["ack", "--list", "a=b"],
        &["unack"],
        &["unack", "a=b"],
        &["history", "--limit", "0"],
        &["history", "--since", "soon"],
        &["history", "--since", "200y0ms", "--until", "x"],
        &["alerts", "--all", "--active"],
        &["send", "--message", "m"],
        &["send", "--level", "l", "--message", "m", "x"],
        &["test-channel"],
        &["test-channel", ".."],
        &["status", "--timeout", "0s"],
        &["status", "--url", "127.0.0.1:9093"],
        &["status", "--url", "ftp://127.0.0.1"],
        &["status", "--url", "http://127.0.0.1/?a=b"],
        &["status", "--url", "http://127.0.0.1/#a"],
    ] {
        // Whoever was asked would be a failure of another kind.
        let ran = run(program()
            .args(args)
            .env("ADMF_ALERTS_URL", "http://127.0.0.1:1"));
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(2), ""),
            "{args:?} {ran:?}"
        );
        assert!(
            ran.err.starts_with("error: ") || ran.err.contains("Usage: "),
            "{ran:?}"
        );
    }
}
