//! What is asked of a service, and what is written of its answer.

use std::process::Command;

use serde_json::{Value, json};

use super::{Asked, Peer, answer, ask, asked, program, run, yes};

/// The first line of a request, without the version.
fn line(asked: &Asked) -> &str {
    let line = asked.head.lines().next().unwrap_or_default();
    line.strip_suffix(" HTTP/1.1").expect("it is a request")
}

#[test]
fn route_writes_the_receivers_on_one_line() {
    let told =
        json!({"receivers": ["desk", "all"], "groups": [{"key": "{}:{}", "receiver": "desk"}]});
    let (request, ran) = asked(&["route", "team=a b", "severity=\"x,y=\\\"\""], &told);
    let expected = "GET /api/admf/v1/routes?label=severity%3Dx%2Cy%3D%22&label=team%3Da+b";
    assert_eq!(line(&request), expected);
    ran.is(0, "desk,all\n", "");
    let (_, ran) = asked(&["route", "--json"], &told);
    assert_eq!((ran.code, ran.json()), (Some(0), told.clone()));

    let (_, ran) = asked(&["route", "--verify.receivers=desk,all"], &told);
    ran.is(0, "desk,all\n", "");
    let (_, ran) = asked(&["route", "--verify.receivers=all,desk"], &told);
    let problem = "admf-alerts: not the receivers `all,desk`\n";
    ran.is(1, "desk,all\n", problem);
}

#[test]
fn acknowledgements_are_made_by_matchers_or_of_one_alert() {
    let done = json!({"acknowledged": ["0011223344556677", "8899aabbccddeeff"]});
    let args = [
        "ack",
        "Down",
        "host=~\"a|b\"",
        "-c",
        "on it",
        "--for",
        "90m",
        "-a",
        "you",
    ];
    let (request, ran) = asked(&args, &done);
    assert_eq!(line(&request), "POST /api/admf/v1/acknowledgements");
    assert_eq!(request.header("content-type"), Some("application/json"));
    let body = json!({
        "filter": ["alertname=\"Down\"", "host=~\"a|b\""], "by": "you", "comment": "on it", "for": "1h30m",
    });
    assert_eq!(request.json(), body);
    ran.is(0, "0011223344556677\n8899aabbccddeeff\n", "");

    let args = ["ack", "--fingerprint", "0011223344556677"];
    let (request, ran) = asked(&args, &json!({"acknowledged": []}));
    let body = json!({"fingerprint": "0011223344556677", "by": "me"});
    assert_eq!(request.json(), body);
    ran.is(1, "", "admf-alerts: no such alert fires\n");
}

#[test]
fn acknowledgements_are_listed_and_taken_back_each_for_itself() {
    let listed = json!({"acknowledgements": [
        {"fingerprint": "0011223344556677", "labels": {"alertname": "Down", "host": "a"}, "by": "me", "comment": "on it",
         "at": "2026-11-21T03:00:00Z", "until": null},
    ]});
    let (request, ran) = asked(&["ack", "--list"], &listed);
    assert_eq!(line(&request), "GET /api/admf/v1/acknowledgements");
    let table = "\
FINGERPRINT       ALERT           BY  SINCE                 UNTIL  COMMENT
0011223344556677  Down{host=\"a\"}  me  2026-11-21T03:00:00Z         on it
";
    ran.is(0, table, "");

    let gone = answer("404 Not Found", "", r#"{"error":"nobody sees to it"}"#);
    let fingerprints = [
        "unack",
        "0011223344556677",
        "8899AABBCCDDEEFF",
        "0000000000000000",
    ];
    let answers = || {
        vec![
            yes(&json!({})),
            gone.clone(),
            answer("204 No Content", "", ""),
        ]
    };
    let peer = Peer::answering(answers());
    let ran = ask(&peer.address, &fingerprints);
    let url = format!(
        "http://{}/api/admf/v1/acknowledgements/8899aabbccddeeff",
        peer.address
    );
    let problem = format!("{url}: 404 Not Found: nobody sees to it");
    ran.is(1, "", &format!("admf-alerts: {problem}\n"));
    let first = peer.asked();
    let path = "DELETE /api/admf/v1/acknowledgements/0011223344556677";
    assert_eq!(line(&first), path);
    assert_eq!(peer.left(), 2, "one that fails stops no other");

    let peer = Peer::answering(answers());
    let ran = ask(&peer.address, &[&fingerprints[..], &["--json"]].concat());
    let problem = problem_at(
        &peer,
        "acknowledgements/8899aabbccddeeff: 404 Not Found: nobody sees to it",
    );
    let done =
        json!({"unacknowledged": ["0011223344556677", "0000000000000000"], "errors": [problem]});
    assert_eq!((ran.code, ran.json()), (Some(1), done));
}

fn problem_at(peer: &Peer, what: &str) -> String {
    format!("http://{}/api/admf/v1/{what}", peer.address)
}

#[test]
fn history_is_asked_from_a_time_to_a_time_and_by_kind_and_labels() {
    let entries = json!({"entries": [
        {"number": 3, "first": "2026-11-21T03:00:00Z", "last": "2026-11-21T03:57:34.5Z", "count": 7, "kind": "notice_failed",
         "labels": {"alertname": "Down", "host": "a"}, "receiver": "desk", "channel": "desk[0] slack", "text": "429"},
        {"number": 1, "last": "2026-11-21T03:00:00Z", "kind": "config_reloaded", "text": "3 routes"},
    ]});
    let args = [
        "history",
        "Down",
        "--since",
        "2026-11-21T04:00[Europe/Berlin]",
        "--until",
        "2026-11-22T00:00:00+01:00",
        "--kind",
        "notice_failed",
        "--kind",
        "dropped",
        "-n",
        "5",
    ];
    let (request, ran) = asked(&args, &entries);
    let expected = "GET /api/admf/v1/history?filter=alertname%3D%22Down%22&since=2026-11-21T03%3A00%3A00Z\
         &until=2026-11-21T23%3A00%3A00Z&kind=notice_failed&kind=dropped&limit=5";
    assert_eq!(line(&request), expected);
    let table = "\
LAST                  KIND             TOLD           ALERT           TEXT
2026-11-21T03:57:35Z  notice_failed    desk[0] slack  Down{host=\"a\"}  429 (7 times)
2026-11-21T03:00:00Z  config_reloaded                                 3 routes
";
    ran.is(0, table, "");
    let (request, ran) = asked(&["history", "--since", "2h", "--json"], &entries);
    assert!(line(&request).starts_with("GET /api/admf/v1/history?since=20"));
    assert_eq!(ran.json(), entries);
}

#[test]
fn an_event_is_sent_with_its_labels() {
    let args = [
        "send",
        "--level",
        "critical",
        "--message",
        "halted",
        "team=desk",
        "venue=\"a b\"",
    ];
    let (request, ran) = asked(&args, &json!({"told": ["desk"]}));
    assert_eq!(line(&request), "POST /api/admf/v1/notices");
    let labels = json!({"team": "desk", "venue": "a b"});
    let body = json!({"level": "critical", "message": "halted", "labels": labels});
    assert_eq!(request.json(), body);
    ran.is(0, "", "");
}

#[test]
fn a_channel_that_does_not_work_fails_its_test() {
    let tried = |outcome: &str| {
        json!({"channels": [
            {"channel": "a/b[0] slack", "outcome": "sent", "said": null},
            {"channel": "a/b[1] email", "outcome": outcome, "said": "550 no such user"},
        ]})
    };
    let (request, ran) = asked(&["test-channel", "a/b ü"], &tried("refused"));
    let path = "POST /api/admf/v1/channels/a%2Fb%20%C3%BC/test";
    assert_eq!(line(&request), path);
    let table = "\
CHANNEL       OUTCOME  SAID
a/b[0] slack  sent
a/b[1] email  refused  550 no such user
";
    ran.is(1, table, "");
    let (_, ran) = asked(&["test-channel", "a"], &tried("sent"));
    assert_eq!(ran.code, Some(0));
}

#[test]
fn status_is_a_line_for_each_thing_that_is_known() {
    let status =
        json!({"store": {"failing": false}, "version": "0.1.0", "queues": [1, 2], "leader": null});
    let (request, ran) = asked(&["status"], &status);
    assert_eq!(line(&request), "GET /api/admf/v1/status");
    let lines = "queues[0]      1\nqueues[1]      2\nstore.failing  false\nversion        0.1.0\n";
    ran.is(0, lines, "");
}

#[test]
fn a_silence_is_posted_as_alertmanager_takes_it() {
    let args = [
        "silence",
        "add",
        "Disk Full",
        "severity=~\"a|b\"",
        "re=~x{2}",
        "q!=\"a\\\"\\n,\"",
        "n!~c",
        "--comment",
        "why",
        "--start",
        "2026-03-29T01:30[Europe/Berlin]",
        "--duration",
        "1h",
    ];
    let (request, ran) = asked(&args, &json!({"silenceID": "an-id"}));
    assert_eq!(line(&request), "POST /api/v2/silences");
    let matcher = |name: &str, value: &str, is_regex: bool, is_equal: bool| json!({"name": name, "value": value, "isRegex": is_regex, "isEqual": is_equal});
    let body = json!({
        "matchers": [
            matcher("alertname", "Disk Full", false, true),
            matcher("severity", "a|b", true, true),
            matcher("re", "x{2}", true, true),
            matcher("q", "a\"\n,", false, false),
            matcher("n", "c", true, false),
        ],
        "startsAt": "2026-03-29T00:30:00Z", "endsAt": "2026-03-29T01:30:00Z", "createdBy": "me", "comment": "why",
    });
    assert_eq!(request.json(), body);
    ran.is(0, "an-id\n", "");
}

#[test]
fn the_end_of_a_silence_is_by_the_clock_of_its_place() {
    for (start, end, expected) in [
        // Between both lies an hour less than the clock says.
        (
            "2026-03-29T01:30",
            "2026-03-29T03:30",
            ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"],
        ),
        // One that is left out, and one that is there twice.
        (
            "2026-03-29T02:30",
            "2026-10-25T02:30",
            ["2026-03-29T01:30:00Z", "2026-10-25T00:30:00Z"],
        ),
    ] {
        let (start, end) = (
            format!("{start}[Europe/Berlin]"),
            format!("{end}[Europe/Berlin]"),
        );
        let args = [
            "silence", "add", "a", "-c", "why", "--start", &start, "--end", &end,
        ];
        let (request, _) = asked(&args, &json!({"silenceID": "an-id"}));
        let body = request.json();
        let times = ["startsAt", "endsAt"].map(|it| body[it].clone());
        assert_eq!(times, expected.map(Value::from), "{start}");
    }
}

#[test]
fn who_adds_a_silence_is_who_he_says_or_the_user() {
    let add = ["silence", "add", "a", "-c", "why"];
    let said = |command: &mut Command| {
        let peer = Peer::answering(vec![yes(&json!({"silenceID": "an-id"}))]);
        let url = format!("http://{}", peer.address);
        run(command.args(add).args(["--url", &url])).is(0, "an-id\n", "");
        peer.asked().json()["createdBy"].clone()
    };
    assert_eq!(said(&mut program()), "me");
    let peer = asked(
        &[&add[..], &["-a", "you"]].concat(),
        &json!({"silenceID": "x"}),
    );
    assert_eq!(peer.0.json()["createdBy"], "you");

    // As the machine knows the user, where the environment does not.
    let user = Command::new("id").arg("-un").output();
    let Some(user) = user.ok().filter(|it| it.status.success()) else {
        return;
    };
    let mut nameless = program();
    for name in ["USER", "LOGNAME", "USERNAME"] {
        nameless.env_remove(name);
    }
    let user = String::from_utf8_lossy(&user.stdout).trim().to_owned();
    assert_eq!(said(&mut nameless), user);
}

#[test]
fn the_address_may_have_a_path_and_come_from_the_environment() {
    let peer = Peer::answering(vec![yes(&json!({})), yes(&json!({}))]);
    let url = |path: &str| format!("http://{}{path}", peer.address);
    let mut command = program();
    command.args(["status", "--url", &url("/prefix/")]);
    let ran = run(command.env("ADMF_ALERTS_URL", "http://127.0.0.1:1"));
    ran.is(0, "", "");
    assert_eq!(line(&peer.asked()), "GET /prefix/api/admf/v1/status");
    let ran = run(program().arg("status").env("ADMF_ALERTS_URL", url("/x")));
    ran.is(0, "", "");
    assert_eq!(line(&peer.asked()), "GET /x/api/admf/v1/status");
}
