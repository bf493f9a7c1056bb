//! What amtool asks of an Alertmanager, asked of us.

use std::io::ErrorKind;
use std::process::Command;

use serde_json::Value;
use tests::daemon::missing;
use tests::service::Service;

use crate::SERVICE;

/// With an address and a key, which amtool has to take as they are shown.
const CONFIG: &str = "
route:
  receiver: rest
  routes: [{receiver: page, matchers: ['severity=\"critical\"']}]
receivers:
- name: page
  webhook_configs: [{url: 'http://127.0.0.1:1/hush'}]
  slack_configs: [{api_url: 'http://127.0.0.1:1/hush', channel: c}]
  pagerduty_configs: [{routing_key: hush}]
- name: rest
";

struct Tool {
    service: Service,
}

impl Tool {
    /// What it prints; `None`: there is no amtool, and nobody requires it.
    fn say(&self, args: &[&str]) -> Option<String> {
        let url = format!("--alertmanager.url=http://{}", self.service.address());
        let done = match Command::new("amtool").arg(url).args(args).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                missing("amtool", "ADMF_REQUIRE_SERVERS");
                return None;
            }
            done => done.expect("amtool runs"),
        };
        let said = String::from_utf8(done.stdout).expect("it is a text");
        let problem = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{args:?}: {said}{problem}");
        Some(said)
    }

    fn list(&self, args: &[&str]) -> Vec<Value> {
        let said = self.say(&[&["-o", "json"], args].concat());
        let list = serde_json::from_str(&said.expect("it is there"));
        list.expect("it is a list")
    }
}

#[test]
fn amtool_adds_queries_updates_and_expires_a_silence_on_us() {
    let tool = Tool {
        service: Service::start(SERVICE, CONFIG, None),
    };
    let added = [
        "alert",
        "add",
        "alertname=Down",
        "severity=critical",
        "--annotation=summary=s",
    ];
    if tool.say(&added).is_none() {
        return;
    }
    tool.say(&["alert", "add", "Up", "zone=a"]);
    let states = |args: &[&str]| -> Vec<String> {
        let alerts = tool.list(&[&["alert", "query"], args].concat());
        let shown = |it: &Value| format!("{} {}", it["labels"]["alertname"], it["status"]["state"]);
        alerts.iter().map(shown).collect()
    };
    assert_eq!(states(&["severity=critical"]), [r#""Down" "active""#]);
    assert_eq!(states(&["Up"]), [r#""Up" "active""#]);
    assert!(states(&["--receiver=page", "Up"]).is_empty());

    let add = [
        "silence",
        "add",
        "alertname=Down",
        "zone!=b",
        "--author=me",
        "--comment=we know",
        "--duration=2h",
    ];
    let id = tool.say(&add).expect("it is there").trim().to_owned();
    assert_eq!(
        states(&["--silenced", "alertname=Down"]),
        [r#""Down" "suppressed""#]
    );
    assert!(states(&["alertname=Down"]).is_empty());
    let silences = || tool.list(&["silence", "query"]);
    assert_eq!(
        (&silences()[0]["id"], &silences()[0]["comment"]),
        (&Value::from(&*id), &Value::from("we know"))
    );
    assert!(
        tool.list(&["silence", "query", "alertname=Other"])
            .is_empty()
    );

    tool.say(&[
        "silence",
        "update",
        &id,
        "--comment=we still know",
        "--duration=3h",
    ]);
    assert_eq!(
        (&silences()[0]["id"], &silences()[0]["comment"]),
        (&Value::from(&*id), &Value::from("we still know"))
    );
    assert_eq!(silences().len(), 1);

    tool.say(&["silence", "expire", &id]);
    assert!(silences().is_empty());
    assert_eq!(tool.list(&["silence", "query", "--expired"]).len(), 1);
    assert_eq!(states(&["alertname=Down"]), [r#""Down" "active""#]);
}

#[test]
fn amtool_reads_the_configuration_that_we_show_and_finds_no_secret_there() {
    let tool = Tool {
        service: Service::start(SERVICE, CONFIG, None),
    };
    let Some(shown) = tool.say(&["config", "show"]) else {
        return;
    };
    assert!(!shown.contains("hush"), "{shown}");
    for (label, receiver) in [("severity=critical", "page"), ("severity=info", "rest")] {
        let said = tool.say(&["config", "routes", "test", label]);
        assert_eq!(said.as_deref().map(str::trim), Some(receiver));
    }
    let said = tool.say(&["cluster", "show"]).expect("it is there");
    assert!(said.contains("disabled"), "{said}");
}
