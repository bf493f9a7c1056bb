//! Silences and alerts of a real Alertmanager.

use serde_json::{Value, json};
use tests::alertmanager::stamp;

use crate::amtool::amtool;
use crate::ours;
use crate::server::with_both;

/// The ids of silences, sorted.
fn ids(out: &str) -> Vec<String> {
    let mut ids: Vec<_> = out.lines().map(str::to_owned).collect();
    ids.sort();
    ids
}

/// The one silence that has an id, as amtool sees it.
fn seen_by_amtool(address: &str, id: &str) -> Value {
    let all: Value = amtool(address, &["silence", "query", "-o", "json"]).json();
    let mut all = all.as_array().cloned().unwrap_or_default().into_iter();
    all.find(|it| it["id"] == id).expect("it is there")
}

#[test]
fn amtool_sees_the_silences_that_we_add_and_we_those_that_it_adds() {
    with_both(add_and_find);
}

fn add_and_find(at: &str) {
    // What one of both says alone: the matchers, and how long it lasts.
    for args in [
        &["Down"][..],
        &["Disk Full", "severity=~a|b"],
        &["alertname=a", "host!=b", "zone!~c.*", "x=~\"d|e\""],
        &["a=b}", "b={c}", "c=~x{2}", "d=", "e==f"],
        &[r#"a="x\"y\\z\n,""#, "b=ü", r"c=\d", "d=\" e \""],
    ] {
        let options = ["--comment=why not", "--duration=90m", "--author=me"];
        let add = [&["silence", "add"], args, &options].concat();
        let our = ours(at, &add).out();
        let their = amtool(at, &add).out();
        let shown = |id: &str| {
            let found = ours(at, &["silence", "show", "--json", id.trim()]).json();
            assert_eq!(found, seen_by_amtool(at, id.trim()), "{args:?}");
            found
        };
        let (our, their) = (shown(&our), shown(&their));
        for field in ["matchers", "comment", "createdBy", "status"] {
            assert_eq!(our[field], their[field], "{args:?}");
        }
        let matched = our["matchers"].as_array().map(Vec::len);
        assert_eq!(matched, Some(args.len()));
    }
    let all = ids(&ours(at, &["silence", "list", "-q"]).out());
    assert_eq!(all, ids(&amtool(at, &["silence", "query", "-q"]).out()));
    assert_eq!(all.len(), 10);
    for filter in [
        &["Down"][..],
        &["alertname=~.*"],
        &["a=b}"],
        &["d="],
        &["zone!~c.*"],
        &[r#"a="x\"y\\z\n,""#],
        &["x=none"],
        &["b=ü", r"c=\d"],
    ] {
        let our = [&["silence", "list", "-q"], filter].concat();
        let their = [&["silence", "query", "-q"], filter].concat();
        let (our, their) = (ours(at, &our).out(), amtool(at, &their).out());
        assert_eq!(ids(&our), ids(&their), "{filter:?}");
    }
    let found = |filter: &str| ids(&ours(at, &["silence", "list", "-q", filter]).out()).len();
    assert_eq!((found("Down"), found("x=none")), (2, 0));
}

#[test]
fn silences_are_listed_by_whether_and_when_they_end() {
    with_both(list_and_expire);
}

fn list_and_expire(at: &str) {
    let add = |args: &[&str]| {
        let add = [&["silence", "add", "--comment=why"], args].concat();
        ours(at, &add).out().trim().to_owned()
    };
    let (soon, late) = (add(&["a=b", "-d", "10m"]), add(&["a=c", "-d", "3h"]));
    let later = add(&["a=d", "--start", &stamp(7_200.0), "--end", &stamp(10_800.0)]);
    let gone = add(&["a=e"]);
    let gone_too = amtool(at, &["silence", "add", "a=f", "--comment=why"]).out();

    let done = ours(at, &["silence", "expire", &gone, gone_too.trim()]);
    assert_eq!(done.out(), "");
    let list = |args: &[&str]| ids(&ours(at, &[&["silence", "list", "-q"], args].concat()).out());
    let query =
        |args: &[&str]| ids(&amtool(at, &[&["silence", "query", "-q"], args].concat()).out());
    let sorted = |all: &[&str]| ids(&all.join("\n"));
    for (args, expected) in [
        (&[][..], sorted(&[&soon, &late, &later])),
        (&["--within=1h"], sorted(&[&soon])),
        (&["--expired"], sorted(&[&gone, gone_too.trim()])),
        (
            &["--expired", "--within=1h"],
            sorted(&[&gone, gone_too.trim()]),
        ),
        (&["--expired", "a=f"], sorted(&[gone_too.trim()])),
    ] {
        assert_eq!(list(args), expected, "{args:?}");
        assert_eq!(query(args), expected, "{args:?}");
    }
    let states = ours(at, &["silence", "list"]).out();
    let pending = states.lines().filter(|line| line.contains("  pending  "));
    assert_eq!(
        (states.lines().count(), pending.count()),
        (4, 1),
        "{states}"
    );
    let shown = ours(at, &["silence", "show", &later]).out();
    assert!(shown.contains("matchers  a=\"d\"\n"), "{shown}");

    // Whoever is not there is told of, and stops nobody.
    let nobody = "11111111-1111-1111-1111-111111111111";
    let ran = ours(at, &["silence", "expire", nobody, &soon]);
    let problem = format!("http://{at}/api/v2/silence/{nobody}: 500 Internal Server Error");
    let err = format!("admf-alerts: {problem}: silence not found\n");
    assert_eq!((ran.code, ran.err), (Some(1), err));
    assert_eq!(list(&[]), sorted(&[&late, &later]));
    let ran = ours(at, &["silence", "show", "x", "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
    let said = "422 Unprocessable Entity: silenceID in path must be of type uuid: \"x\"";
    let error = json!({ "error": format!("http://{at}/api/v2/silence/x: {said}") });
    assert_eq!(serde_json::from_str::<Value>(&ran.out).ok(), Some(error));
}

#[test]
fn the_same_alerts_are_shown_as_amtool_shows() {
    with_both(list_alerts);
}

fn list_alerts(at: &str) {
    let add = [
        "alert",
        "add",
        "Down",
        "host=a",
        "--annotation=summary=it is down",
    ];
    amtool(at, &add).out();
    amtool(at, &["alert", "add", "Full", "host=b"]).out();
    amtool(at, &["alert", "add", "Down", "host=b"]).out();
    ours(at, &["silence", "add", "Full", "-c", "known"]).out();

    let sorted = |value: Value| {
        let mut all = value.as_array().cloned().unwrap_or_default();
        all.sort_by_key(|it| it["fingerprint"].to_string());
        all
    };
    for (args, count) in [
        (&[][..], 2),
        (&["--silenced"], 1),
        (&["--silenced", "--active"], 3),
        (&["--inhibited"], 0),
        (&["Down", "host=~a|c"], 1),
        (&["host!=a"], 1),
        (&["--receiver=no.*"], 2),
        (&["--receiver=other"], 0),
    ] {
        let our = sorted(ours(at, &[&["alerts", "--json"], args].concat()).json());
        let query = [&["alert", "query", "-o", "json"], args].concat();
        let their = sorted(amtool(at, &query).json());
        // amtool leaves empty fields out.
        let names = |all: &[Value]| {
            let name = |it: &Value| {
                (
                    it["fingerprint"].clone(),
                    it["labels"].clone(),
                    it["status"]["state"].clone(),
                )
            };
            all.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names(&our), names(&their), "{args:?}");
        assert_eq!(our.len(), count, "{args:?}");
    }
    let all = ours(at, &["alerts", "--all"]).out();
    assert_eq!(all.lines().count(), 4, "{all}");
    let down = all.lines().find(|line| line.contains("Down{host=\"a\"}"));
    let down = down.expect("it is there");
    assert!(down.ends_with("  it is down"), "{down}");
    assert!(all.contains("  suppressed  "), "{all}");
}
