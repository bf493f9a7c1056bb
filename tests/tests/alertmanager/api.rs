//! The API of a real Alertmanager and ours: the same requests to both, the same answers from both, but for times that are
//! now and ids that are by chance.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tests::chance::Chance;
use tests::prometheus::encoded;
use tests::service::{Service, ask, until};

use crate::SERVICE;
use tests::alertmanager::{Alertmanager, now};

/// Receivers by name, as ours lists them; groups that nobody is told of within the test.
const CONFIG: &str = "
route:
  receiver: rest
  group_by: [alertname]
  routes:
  - receiver: page
    matchers: ['severity=\"critical\"']
    group_by: [alertname, zone]
    continue: true
  - receiver: book
    matchers: ['zone=~\"a|b\"']
    group_by: ['...']
inhibit_rules:
- source_matchers: ['severity=\"critical\"']
  target_matchers: ['severity=\"warning\"']
  equal: [alertname, zone]
receivers: [{name: book}, {name: page}, {name: rest}]
";

const FRESH: Duration = Duration::from_secs(600);
const LONG: Duration = Duration::from_secs(20);

struct Both {
    ours: Service,
    theirs: Alertmanager,
    /// The silences: ours and theirs.
    ids: Vec<[String; 2]>,
}

impl Both {
    fn start() -> Option<Self> {
        let theirs = Alertmanager::start(CONFIG)?;
        Some(Self {
            ours: Service::start(SERVICE, CONFIG, None),
            theirs,
            ids: Vec::new(),
        })
    }

    /// Asks both; `#0` in path and body is the id of the first silence.
    fn ask(&self, method: &str, path: &str, body: &str) -> [(u16, Value); 2] {
        [self.ours.address(), self.theirs.address()]
            .into_iter()
            .enumerate()
            .map(|(who, address)| {
                let known = |text: &str| {
                    let ids = self.ids.iter().enumerate();
                    ids.fold(text.to_owned(), |text, (at, id)| {
                        text.replace(&format!("#{at}"), &id[who])
                    })
                };
                let answer = ask(&address, method, &known(path), &known(body));
                let (status, text) = answer.expect("it is up");
                let mut value = serde_json::from_str(&text).unwrap_or(Value::Null);
                self.plain(&mut value, who);
                (status, value)
            })
            .collect::<Vec<_>>()
            .try_into()
            .expect("there are two")
    }

    /// Writes `now` for times that are about now, and `#0` for the first silence.
    fn plain(&self, value: &mut Value, who: usize) {
        match value {
            Value::String(text) => {
                let about = |it: Timestamp| {
                    let now = Timestamp::try_from(now()).expect("it is in the calendar");
                    it.duration_since(now).unsigned_abs() < FRESH
                };
                let known = self.ids.iter().position(|it| it[who] == *text);
                if let Some(at) = known {
                    *text = format!("#{at}");
                } else if text.parse().is_ok_and(about) {
                    "now".clone_into(text);
                }
            }
            Value::Array(items) => {
                items.iter_mut().for_each(|it| self.plain(it, who));
                // Ids are in the order of chance.
                if items.iter().all(Value::is_string) {
                    items.sort_by_key(ToString::to_string);
                }
            }
            Value::Object(map) => map.values_mut().for_each(|it| self.plain(it, who)),
            _ => {}
        }
    }

    /// Both answer the same; what is asked for may take the other one a moment to know.
    fn same(&self, method: &str, path: &str, body: &str) -> Value {
        let limit = if method == "GET" {
            LONG
        } else {
            Duration::ZERO
        };
        let mut last = None;
        let same = until(limit, || {
            let [ours, theirs] = self.ask(method, path, body);
            let same = (ours == theirs).then(|| ours.1.clone());
            last = Some((ours, theirs));
            same
        });
        same.unwrap_or_else(|| {
            let (ours, theirs) = last.expect("they were asked");
            panic!("{method} {path} {body}\nours   {ours:?}\ntheirs {theirs:?}")
        })
    }

    fn get(&self, path: &str) -> Value {
        self.same("GET", &format!("/api/v2/{path}"), "")
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.same("POST", &format!("/api/v2/{path}"), &body.to_string())
    }

    /// Both refuse, in words of their own.
    fn refused(&self, path: &str, body: &str) {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let [ours, theirs] = self.ask(method, &format!("/api/v2/{path}"), body);
        assert_eq!(ours.0, theirs.0, "{path} {body}");
        assert_eq!(ours.1.get("code"), theirs.1.get("code"), "{path} {body}");
        assert!((400..500).contains(&ours.0), "{path} {body}");
    }

    /// Sets a silence; both say the same, but for the id.
    fn silence(&mut self, body: &Value) {
        let [ours, theirs] = self.ask("POST", "/api/v2/silences", &body.to_string());
        let id = |answer: &(u16, Value)| {
            assert_eq!(answer.0, 200, "{body}: {answer:?}");
            answer.1["silenceID"]
                .as_str()
                .expect("it has one")
                .to_owned()
        };
        let ids = [id(&ours), id(&theirs)];
        // What is known already is `#0`.
        assert_eq!(
            ids[0].starts_with('#'),
            ids[1].starts_with('#'),
            "{body}: {ids:?}"
        );
        if ids[0].starts_with('#') {
            assert_eq!(ids[0], ids[1], "{body}");
        } else {
            self.ids.push(ids);
        }
    }
}

/// The time so many minutes from now, to the second.
fn minutes(minutes: i64) -> String {
    let time = Timestamp::try_from(now()).expect("it is in the calendar");
    let seconds = time.as_second() + minutes * 60;
    let time = Timestamp::from_second(seconds).expect("it is in the calendar");
    time.to_string()
}

fn silence(matchers: &Value, from: &str, to: &str) -> Value {
    json!({
        "matchers": matchers, "startsAt": from, "endsAt": to,
        "createdBy": "me", "comment": "c",
    })
}

#[test]
fn what_is_wrong_with_a_request_is_said_as_alertmanager_says_it() {
    let Some(both) = Both::start() else { return };
    let ask = |method: &str, path: &str, body: &str| both.same(method, path, body);
    for body in [
        "[]",
        "null",
        "",
        "[{}]",
        r#"[{"labels":null}]"#,
        r#"[{"labels":{}}]"#,
        r#"[{"labels":{"a":""}}]"#,
        r#"[{"labels":{"a-b":"1"}},{"labels":{"ok":"1"}},{"labels":{"a":"b"},"annotations":{"x y":"z"}}]"#,
        r#"[{"labels":{"a":"1"},"startsAt":"2030-01-01T00:00:00Z","endsAt":"2020-01-01T00:00:00Z"}]"#,
        r#"[{"labels":{"a":"1"},"generatorURL":"nope nope"}]"#,
        r#"[{"labels":{"a":"1"},"generatorURL":"foo"}]"#,
        r#"[{"labels":{"g":"1"},"generatorURL":"/graph?g0"}]"#,
        r#"[{"labels":{"g":"2"},"generatorURL":"http://"}]"#,
        r#"[{"labels":{"t":"1"},"startsAt":""}]"#,
        r#"[{"labels":{"t":"2"},"startsAt":"2026-11-21T01:02:03"}]"#,
        r#"[{"labels":{"t":"3"},"startsAt":"2026-11-21 01:02:03"}]"#,
        r#"[{"labels":{"t":"4"},"startsAt":"2026-11-21T01:02Z"}]"#,
        r#"[{"labels":{"t":"5"},"startsAt":null,"endsAt":"0001-01-01T00:00:00Z","foo":{"x":[1]}}]"#,
        r#"[{"Labels":{"CASE":"1"}}] x"#,
        r#"[{"labels":{"n":"1"},"annotations":{"a":null}}]"#,
    ] {
        ask("POST", "/api/v2/alerts", body);
    }
    let good = silence(
        &json!([{ "name": "a", "value": "x", "isRegex": false }]),
        &minutes(-60),
        &minutes(60),
    );
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body.to_string()
    };
    let matcher = |name: &str, value: &str| {
        with(
            "matchers",
            json!([{ "name": name, "value": value, "isRegex": false }]),
        )
    };
    for body in [
        "{}",
        "",
        "null",
        &with("matchers", json!([])),
        &with("matchers", json!([{}])),
        &with("comment", Value::Null),
        &with("createdBy", Value::Null),
        &with("endsAt", Value::Null),
        &with("startsAt", Value::Null),
        &with("matchers", Value::Null),
        &matcher("a", ""),
        &matcher("", "x"),
        &matcher("a-b", "x"),
        &with("id", json!("nope")),
        &with("id", json!("11111111-1111-1111-1111-111111111111")),
        &with("endsAt", json!(minutes(-30))),
        &with("endsAt", json!(minutes(-90))),
    ] {
        ask("POST", "/api/v2/silences", body);
    }
    for (method, path) in [
        ("GET", "nope"),
        ("GET", "silence/nope"),
        ("DELETE", "silence/nope"),
        ("GET", "alerts?filter=bogus"),
        ("GET", "alerts?filter="),
        ("GET", "silence/11111111-1111-1111-1111-111111111111"),
        ("DELETE", "silence/11111111-1111-1111-1111-111111111111"),
        ("GET", "alerts?filter=%7Ba=1%7D"),
        ("GET", "alerts?filter=a=1&filter=x"),
        ("GET", "silences?filter=x"),
        ("GET", "alerts/groups?filter=x"),
        ("GET", "alerts"),
        ("GET", "alerts/groups"),
        ("GET", "receivers"),
        ("GET", "silences"),
    ] {
        ask(method, &format!("/api/v2/{path}"), "");
    }
    for (path, body) in [
        ("alerts", "{}"),
        ("alerts", r#"[{"labels":{"a":1}}]"#),
        ("alerts", r#"[{"labels":{"a":"1"},"startsAt":"x"}]"#),
        ("alerts", "\u{7}"),
        ("alerts", r#"[{"labels":{"a":"1"},"startsAt":5}]"#),
        ("silences", "[]"),
        ("silences", &with("startsAt", json!("x"))),
        (
            "silences",
            &with(
                "matchers",
                json!([{ "name": "a", "value": "(", "isRegex": true }]),
            ),
        ),
        ("alerts?receiver=(", ""),
        ("alerts?filter=a=~(", ""),
        ("alerts/groups?receiver=(", ""),
    ] {
        both.refused(path, body);
    }
}

#[test]
fn a_silence_begins_changes_and_ends_as_in_alertmanager() {
    let Some(mut both) = Both::start() else {
        return;
    };
    let matchers = json!([
        { "name": "alertname", "value": "A", "isRegex": false },
        { "name": "zone", "value": "", "isRegex": false, "isEqual": false },
        { "name": "b", "value": "x|y", "isRegex": true, "isEqual": true },
    ]);
    let later = silence(&matchers, &minutes(60), &minutes(120));
    both.silence(&later);
    let mut changed = later.clone();
    (changed["id"], changed["startsAt"]) = (json!("#0"), json!(minutes(30)));
    both.silence(&changed);
    both.get("silence/#0");
    // It begins now, and so is another.
    changed["startsAt"] = json!(minutes(-30));
    both.silence(&changed);
    assert_eq!(both.ids.len(), 2);
    assert_eq!(both.get("silence/#0")["status"]["state"], "expired");
    assert_eq!(both.get("silence/#1")["status"]["state"], "active");
    both.same("DELETE", "/api/v2/silence/#1", "");
    both.same("DELETE", "/api/v2/silence/#1", "");
    both.get("silence/#1");
    for filter in [
        "zone=\"\"",
        "zone!=\"\"",
        "nope!=\"\"",
        "nope=\"\"",
        "b=x|y",
        "b=~x.*",
        "b!~x.*",
        "alertname=B",
    ] {
        both.get(&format!("silences?filter={}", encoded(filter)));
    }
}

#[test]
fn alerts_groups_and_silences_are_listed_as_alertmanager_lists_them() {
    let Some(mut both) = Both::start() else {
        return;
    };
    let seed = 7;
    let mut chance = Chance::new(seed);
    for _ in 0..12 {
        let alerts: Vec<_> = (0..25).map(|_| alert(&mut chance)).collect();
        both.post("alerts", &alerts.into());
    }
    for _ in 0..8 {
        let name = chance.pick(&["alertname", "zone", "severity", "job"]);
        let value = chance.pick(&["A", "a|b", "critical", ".+", "x", "Z"]);
        let matchers = json!([
            { "name": name, "value": value, "isRegex": true, "isEqual": !chance.one_in(4) },
            { "name": "alertname", "value": "A|B|C", "isRegex": true },
        ]);
        let from = if chance.one_in(3) { 60 } else { -60 } + chance.below(20) as i64;
        // Ends that are alike are in any order.
        let to = 200 + 7 * both.ids.len() as i64;
        both.silence(&silence(&matchers, &minutes(from), &minutes(to)));
    }
    both.same("DELETE", "/api/v2/silence/#0", "");
    let shown = both.get("alerts").as_array().map_or(0, Vec::len);
    let mut found = 0;
    for _ in 0..60 {
        let query = query(&mut chance);
        found += both
            .get(&format!("alerts?{query}"))
            .as_array()
            .map_or(0, Vec::len);
        both.get(&format!("alerts/groups?{query}"));
        both.get(&format!("silences?{query}"));
    }
    let count = |path: &str| both.get(path).as_array().map_or(0, Vec::len);
    let parts = [
        count("alerts?silenced=false"),
        count("alerts?inhibited=false"),
        count("alerts?active=false"),
    ];
    println!("{shown} alerts, {parts:?} of them, {found} in all answers");
    // Or it shows little.
    assert!(shown > 80 && found > 300 && parts.iter().all(|it| *it > 10 && *it < shown));
}

fn alert(chance: &mut Chance) -> Value {
    let name = chance.pick(&["A", "B", "C", "D", "E", "F"]);
    let zone = chance.pick(&["a", "b", "c", ""]);
    let severity = chance.pick(&["critical", "warning", "warning", "warning", ""]);
    let mut labels = json!({ "alertname": name, "zone": zone, "severity": severity });
    // There is one that keeps others quiet, or nobody knows which of them is shown.
    if severity != "critical" {
        for (label, values) in [
            ("job", ["x", "y", ""]),
            ("instance", ["1", "2", ""]),
            ("b", ["1", "", ""]),
            ("_c", ["0", "1", ""]),
        ] {
            labels[label] = json!(chance.pick(&values));
        }
    }
    let mut alert =
        json!({ "labels": labels, "annotations": { "summary": chance.pick(&["s", "t"]) } });
    if !chance.one_in(8) {
        alert["startsAt"] = json!(minutes(-60 - chance.below(200) as i64));
        alert["endsAt"] = json!(minutes(20 + chance.below(200) as i64));
    }
    if chance.one_in(8) {
        alert["endsAt"] = json!(minutes(-20 - chance.below(30) as i64));
    }
    if chance.one_in(2) {
        alert["generatorURL"] = json!("http://host/graph?g0=1");
    }
    alert
}

fn query(chance: &mut Chance) -> String {
    let mut parts = Vec::new();
    for flag in ["active", "silenced", "inhibited", "unprocessed"] {
        if chance.one_in(3) {
            parts.push(format!(
                "{flag}={}",
                chance.pick(&["true", "false", "0", ""])
            ));
        }
    }
    if chance.one_in(3) {
        parts.push(format!(
            "receiver={}",
            encoded(chance.pick(&["page", "page|rest", "boo.", "b", ".*"]))
        ));
    }
    for _ in 0..chance.below(3) {
        let filter = chance.pick(&[
            "alertname=A",
            "severity!=\"\"",
            "zone=~\"a|b\"",
            "alertname=~\"A|B|C\"",
            "job=\"\"",
            "b!~\"1\"",
            "alertname!=\"B\"",
        ]);
        parts.push(format!("filter={}", encoded(filter)));
    }
    parts.join("&")
}
