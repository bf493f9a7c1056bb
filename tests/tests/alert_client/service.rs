//! What only our service knows.

use std::process::Command;

use serde_json::{Value, json};
use tests::chance::Chance;
use tests::daemon::missing;

use crate::server::Service;
use crate::{ours, until};

const LABELS: [&str; 4] = ["severity", "team", "zone", "venue"];
const VALUES: [&str; 6] = ["a", "b", "critical", "", "a b", "x\"y\\,ü"];
const MATCHERS: &[&str] = &[
    "severity=\"critical\"",
    "severity=~\"a|b\"",
    "team!=b",
    "team=~\".+\"",
    "zone!~\"b.*\"",
    "zone=",
    "venue=\"a b\"",
    r#"venue="x\"y\\,ü""#,
];

/// A tree of routes, each with a receiver of its own.
fn route(chance: &mut Chance, receivers: &mut Vec<String>, level: u32) -> Value {
    let name = format!("r{}", receivers.len());
    receivers.push(name.clone());
    let mut node = json!({"receiver": name, "continue": chance.one_in(2)});
    if level > 0 {
        let many = if level == 1 { 1 } else { 1 + chance.below(2) };
        let matchers: Vec<_> = (0..many).map(|_| chance.pick(MATCHERS)).collect();
        node["matchers"] = json!(matchers);
    } else {
        node["continue"] = json!(false);
    }
    if level < 3 {
        let below: Vec<_> = (0..3)
            .map(|_| route(chance, receivers, level + 1))
            .collect();
        node["routes"] = json!(below);
    }
    node
}

#[test]
fn two_hundred_label_sets_go_where_amtool_says() {
    let seed = 20_261_123;
    println!("seed {seed}");
    let mut chance = Chance::new(seed);
    let (mut several, mut deep) = (0, 0);
    for _ in 0..4 {
        let mut receivers = Vec::new();
        let tree = route(&mut chance, &mut receivers, 0);
        let named: Vec<_> = receivers.iter().map(|it| json!({ "name": it })).collect();
        let file = json!({"route": tree, "receivers": named}).to_string();
        let service = Service::start(&file, "{}");
        let path = service.folder().join("alertmanager.yml");
        for _ in 0..50 {
            let labels = LABELS.map(|name| {
                let value = chance.pick(&VALUES);
                format!(
                    "{name}=\"{}\"",
                    value.replace('\\', r"\\").replace('"', "\\\"")
                )
            });
            let mut amtool = Command::new("amtool");
            amtool.args(["config", "routes", "test", "--config.file"]);
            let Ok(theirs) = amtool.arg(&path).args(&labels).output() else {
                return missing("amtool", "ADMF_REQUIRE_SERVERS");
            };
            let theirs = String::from_utf8_lossy(&theirs.stdout).into_owned();
            let args: Vec<&str> = ["route"]
                .into_iter()
                .chain(labels.iter().map(|it| &**it))
                .collect();
            let found = ours(&service.address(), &args).out();
            assert_eq!(found, theirs, "{labels:?}\n{file}");
            several += usize::from(found.contains(','));
            deep += usize::from(found.trim() != "r0");
        }
    }
    // Or it shows little.
    assert!(several > 10 && deep > 60, "{several} {deep}");
}

/// Tells a file at once; who is named `broken` cannot be told.
fn service() -> Service {
    let config = json!({
        "route": {
            "receiver": "file", "group_wait": "0s", "group_interval": "1s", "group_by": ["..."],
            "routes": [{"receiver": "broken", "matchers": ["team=nobody"]}],
        },
        "receivers": [{"name": "file"}, {"name": "broken"}],
    });
    let second = json!({"receivers": [
        {"name": "file", "file_configs": [{"path": "FOLDER/told"}]},
        {"name": "broken", "file_configs": [{"path": "FOLDER/none/told"}, {"path": "FOLDER/told"}]},
    ]});
    Service::start(&config.to_string(), &second.to_string())
}

/// What the file was told, a document each.
fn told(service: &Service) -> Vec<Value> {
    let text = std::fs::read_to_string(service.folder().join("told")).unwrap_or_default();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("it is JSON"));
    lines.collect()
}

#[test]
fn an_event_is_told_once_and_stands_in_the_history() {
    let service = service();
    let at = service.address();
    let send = [
        "send",
        "--level",
        "critical",
        "--message",
        "halted",
        "team=desk",
        "venue=\"a,b\"",
    ];
    assert_eq!(ours(&at, &send).out(), "");
    until(|| !told(&service).is_empty());
    let notice = told(&service).remove(0);
    let alert = &notice["alerts"][0];
    assert_eq!(alert["annotations"]["summary"], "halted");
    let labels =
        json!({"alertname": "Notice", "severity": "critical", "team": "desk", "venue": "a,b"});
    assert_eq!(alert["labels"], labels);

    let sent = |filter: &[&str]| {
        let history = [&["history", "--json", "--kind", "notice_sent"], filter].concat();
        let mut answer = ours(&at, &history).json();
        serde_json::from_value::<Vec<Value>>(answer["entries"].take()).expect("it is a list")
    };
    until(|| sent(&[]).len() == 1);
    assert_eq!(sent(&[])[0]["receiver"], "file");
    assert_eq!(sent(&["Notice", "venue=\"a,b\"", "--since", "1h"]).len(), 1);
    for none in [
        &["venue=a"][..],
        &["--until", "1h"],
        &["--since", "2100-01-01T00:00:00Z"],
    ] {
        assert_eq!(sent(none).len(), 0, "{none:?}");
    }
    let table = ours(&at, &["history", "Notice"]).out();
    let line = table.lines().find(|line| line.contains("  notice_sent  "));
    let line = line.expect("it is there");
    assert!(
        line.contains("Notice{severity=\"critical\",team=\"desk\""),
        "{table}"
    );
    assert_eq!(ours(&at, &["history", "-n", "1"]).out().lines().count(), 2);

    let ran = ours(&at, &["history", "--kind", "gossip"]);
    let begin = format!(
        "admf-alerts: http://{at}/api/admf/v1/history: 400 Bad Request: kind: \"gossip\" is none of "
    );
    assert!(
        ran.code == Some(1) && ran.err.starts_with(&begin),
        "{ran:?}"
    );
    let ran = ours(
        &at,
        &["send", "--level", "l", "--message", "m", "severity=x"],
    );
    assert!(
        ran.code == Some(1) && ran.err.contains("400 Bad Request: labels: "),
        "{ran:?}"
    );
}

#[test]
fn alerts_are_acknowledged_until_that_is_taken_back() {
    let service = service();
    let at = service.address();
    for host in ["a", "b"] {
        let alert = ["alert", "add", "Down", &format!("host={host}")];
        crate::amtool::amtool(&at, &alert).out();
    }
    let shown = ours(&at, &["alerts", "--json", "Down", "host=a"]).json();
    let first = shown[0]["fingerprint"]
        .as_str()
        .expect("it is there")
        .to_owned();
    let ack = [
        "ack", "Down", "host=a", "-c", "on it", "-a", "me", "--for", "2h",
    ];
    assert_eq!(ours(&at, &ack).out(), format!("{first}\n"));
    let list = || ours(&at, &["ack", "--list"]).out();
    let table = list();
    assert_eq!(table.lines().count(), 2, "{table}");
    let line = table.lines().last().expect("it is there");
    assert!(
        line.starts_with(&format!("{first}  Down{{host=\"a\"}}  me  ")),
        "{table}"
    );
    assert!(line.ends_with("Z  on it"), "{table}");

    let both = ours(&at, &["ack", "Down", "-a", "you"]).out();
    assert_eq!((both.lines().count(), list().lines().count()), (2, 3));
    assert!(both.contains(&first), "{both}");
    let all: Vec<&str> = ["unack"].into_iter().chain(both.lines()).collect();
    assert_eq!(ours(&at, &all).out(), "");
    assert_eq!(list(), "");
    let ran = ours(&at, &["unack", &first]);
    let url = format!("http://{at}/api/admf/v1/acknowledgements/{first}");
    assert!(
        ran.code == Some(1)
            && ran
                .err
                .starts_with(&format!("admf-alerts: {url}: 404 Not Found: ")),
        "{ran:?}"
    );

    assert_eq!(
        ours(&at, &["ack", "--fingerprint", &first]).out(),
        format!("{first}\n")
    );
    let ran = ours(&at, &["ack", "Down", "host=c"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (Some(1), "admf-alerts: no such alert fires\n")
    );
    let ran = ours(&at, &["ack", "--fingerprint", "0000000000000000"]);
    assert!(
        ran.code == Some(1) && ran.err.contains(": 404 Not Found: "),
        "{ran:?}"
    );
    let said = ours(
        &at,
        &[
            "history",
            "--kind",
            "acknowledged",
            "--kind",
            "unacknowledged",
        ],
    )
    .out();
    assert!(
        said.contains("  unacknowledged  ") && said.contains("  acknowledged  "),
        "{said}"
    );
}

#[test]
fn a_channel_is_tried_and_the_status_tells_of_it() {
    let service = service();
    let at = service.address();
    let table = ours(&at, &["test-channel", "file"]).out();
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(table.contains("  sent"), "{table}");
    assert_eq!(told(&service).len(), 1);

    let ran = ours(&at, &["test-channel", "broken"]);
    assert_eq!(
        (ran.code, ran.err.as_str(), ran.out.lines().count()),
        (Some(1), "", 3),
        "{ran:?}"
    );
    let ran = ours(&at, &["test-channel", "a/b"]);
    let problem =
        format!("admf-alerts: http://{at}/api/admf/v1/channels/a%2Fb/test: 404 Not Found");
    assert_eq!(
        (ran.code, ran.err),
        (Some(1), format!("{problem}: there is no receiver `a/b`\n"))
    );

    let status = ours(&at, &["status"]).out();
    assert!(
        status.lines().any(|line| line.starts_with("phase ")),
        "{status}"
    );
    let document = ours(&at, &["status", "--json"]).json();
    assert_eq!(document["undelivered"], 0, "{document}");
}
