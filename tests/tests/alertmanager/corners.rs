//! What the long stream leaves out: silences, repeats, time-outs, ends that are given in advance, alerts that come again
//! in a group that is still there, and a tree three nodes deep that continues.

use std::collections::BTreeSet;
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::notify::{Config, GroupBy, Integration, Notifier, Posted, Route, Silence};
use admf_alerts::series::{MatchOp, Matcher};
use serde_json::{Value, json};
use tests::alertmanager::{Alertmanager, stamp};
use tests::chance::Chance;

use crate::sink::Sink;
use crate::stream::{Key, key, keys, time};
use crate::{Told, check, hear, until};

/// How long the stream is, and until when all is over.
const SECONDS: f64 = 24.0;
const END: f64 = SECONDS + 16.0;

/// Ends lie a quarter of a second from all else: flushes at whole seconds, posts there and at half seconds.
const ENDS: [f64; 4] = [0.75, 1.75, 3.75, 7.75];
const RESOLVE_TIMEOUT: f64 = 4.25;

enum What {
    /// Begins or goes on, until so many seconds from now if it says so.
    Fires(Labels, Option<f64>),
    Ends(Labels),
    /// Alerts that have this label, for so many seconds.
    Silenced(&'static str, String, f64),
}

struct Step {
    seconds: f64,
    what: What,
}

/// Node: its receiver, matcher, whether it continues, `group_by`, and how many levels it is below the root.
const NODES: [(&str, &str, &str, bool, &str, usize); 6] = [
    ("a", "kind", "deep", true, "", 0),
    ("b", "zone", "x", true, "", 1),
    ("c", "level", "1", true, "", 2),
    ("d", "level", "1|2", false, "...", 2),
    ("e", "zone", "x|y", false, "alertname", 1),
    ("f", "kind", "deep|flat", false, "alertname", 0),
];

/// Who is not told of ends.
const NO_ENDS: &str = "c";

fn config() -> Config {
    let by = |name: &str| match name {
        "" => None,
        "..." => Some(GroupBy::All),
        name => Some(GroupBy::Labels([name.to_owned()].into())),
    };
    let mut config = Config::default();
    config.resolve_timeout = Duration::from_secs_f64(RESOLVE_TIMEOUT);
    config.route.receiver = Some("rest".to_owned());
    config.route.group_by = by("alertname");
    config.route.group_wait = Some(Duration::from_secs(1));
    config.route.group_interval = Some(Duration::from_secs(1));
    config.route.repeat_interval = Some(Duration::from_millis(2_500));
    for (receiver, name, value, r#continue, group_by, level) in NODES {
        let mut route = Route::default();
        route.receiver = Some(receiver.to_owned());
        let matcher = Matcher::new(name, MatchOp::Matches, value, false);
        route.matchers = vec![matcher.expect("it is sound")];
        route.r#continue = r#continue;
        route.group_by = by(group_by);
        let mut above = &mut config.route;
        for _ in 0..level {
            above = above.routes.last_mut().expect("a node has one above it");
        }
        above.routes.push(route);
    }
    for receiver in NODES.map(|it| it.0).into_iter().chain(["rest"]) {
        let send_resolved = receiver != NO_ENDS;
        let integrations = vec![Integration {
            send_resolved,
            ..Integration::default()
        }];
        config.receivers.insert(receiver.to_owned(), integrations);
    }
    config
}

/// What Alertmanager is told of the same; JSON is YAML too.
fn alertmanager_yml(port: u16) -> String {
    let mut root = json!({
        "receiver": "rest", "group_by": ["alertname"], "routes": [],
        "group_wait": "1s", "group_interval": "1s", "repeat_interval": "2500ms",
    });
    for (receiver, name, value, r#continue, group_by, level) in NODES {
        let mut route = json!({
            "receiver": receiver, "continue": r#continue, "routes": [],
            "matchers": [format!("{name}=~\"{value}\"")],
        });
        if !group_by.is_empty() {
            route["group_by"] = json!([group_by]);
        }
        let mut above = &mut root["routes"];
        for _ in 0..level {
            let last = above.as_array_mut().and_then(|it| it.last_mut());
            above = &mut last.expect("a node has one above it")["routes"];
        }
        above.as_array_mut().expect("it is a list").push(route);
    }
    let receivers: Vec<Value> = (NODES.map(|it| it.0).into_iter().chain(["rest"]))
        .map(|name| {
            let url = format!("http://127.0.0.1:{port}/");
            let send_resolved = name != NO_ENDS;
            json!({ "name": name, "webhook_configs": [{ "url": url, "send_resolved": send_resolved }] })
        })
        .collect();
    json!({
        "global": { "resolve_timeout": "4250ms" }, "route": root, "receivers": receivers,
    })
    .to_string()
}

fn labels(number: u64) -> Labels {
    Labels::from_iter([
        ("alertname", format!("Alert{}", number % 120)),
        (
            "kind",
            ["deep", "deep", "flat", "none"][(number % 4) as usize].to_owned(),
        ),
        (
            "zone",
            ["x", "y", "z"][(number % 120 / 4 % 3) as usize].to_owned(),
        ),
        ("level", (number / 120 % 3 + 1).to_string()),
        ("host", (number / 360).to_string()),
    ])
}

/// Groups begin at whole seconds, all else happens at half seconds; a group that is gone does not come again: how soon
/// one that is empty is gone is not the same for all.
fn stream(seed: u64) -> Vec<Step> {
    let mut chance = Chance::new(seed);
    let mut notifier = Notifier::new(config(), || 0.5).expect("it is sound");
    let (mut steps, mut seen) = (Vec::new(), BTreeSet::<Key>::new());
    for half in 0.. {
        let seconds = f64::from(half) / 2.0;
        if seconds > SECONDS {
            break;
        }
        until(&mut notifier, time(seconds), &mut Told::new());
        let before = seen.clone();
        let begin = half % 2 == 0;
        for _ in 0..12 {
            let labels = labels(chance.below(1_080));
            let groups = keys(&notifier, &labels);
            let there: BTreeSet<Key> = notifier.groups().map(|group| key(&group)).collect();
            let may = match begin {
                true => groups.is_disjoint(&before),
                false => groups.is_subset(&there),
            };
            if !may {
                continue;
            }
            seen.extend(groups);
            let what = match chance.below(8) {
                0 | 1 if !begin => What::Ends(labels),
                2 | 3 => What::Fires(labels, Some(chance.pick(&ENDS))),
                _ => What::Fires(labels, None),
            };
            let step = Step { seconds, what };
            step.take(&mut notifier);
            steps.push(step);
        }
        if !begin && chance.one_in(2) {
            let (name, value) = match chance.below(3) {
                0 => ("zone", chance.pick(&["x", "y", "z"]).to_owned()),
                1 => ("level", (chance.below(3) + 1).to_string()),
                _ => {
                    let some = chance.below(notifier.groups().count().max(1) as u64) as usize;
                    let group = notifier.groups().nth(some);
                    let name = group.and_then(|it| it.labels().get("alertname").map(str::to_owned));
                    ("alertname", name.unwrap_or_default())
                }
            };
            let what = What::Silenced(name, value, chance.pick(&ENDS));
            let step = Step { seconds, what };
            step.take(&mut notifier);
            steps.push(step);
        }
    }
    steps
}

impl Step {
    fn take(&self, notifier: &mut Notifier) {
        let now = time(self.seconds);
        let later = |seconds: f64| now + Duration::from_secs_f64(seconds);
        let (labels, starts_at, ends_at) = match &self.what {
            What::Fires(labels, ends) => (labels, Some(now), ends.map(later)),
            What::Ends(labels) => (labels, None, Some(now)),
            What::Silenced(name, value, seconds) => {
                let matcher = Matcher::new(name, MatchOp::Equal, value, false);
                let silence = Silence {
                    matchers: vec![matcher.expect("it is sound")],
                    starts_at: Some(now),
                    ends_at: Some(later(*seconds)),
                    ..Silence::default()
                };
                let id = || format!("{now:?}");
                let set = notifier.silences_mut().set(silence, now, id);
                set.expect("it is sound");
                return;
            }
        };
        let posted = Posted {
            labels: labels.clone(),
            starts_at,
            ends_at,
            ..Posted::default()
        };
        notifier.post(now, posted).expect("it is sound");
    }

    fn send(&self, server: &Alertmanager) {
        let alert = |labels: &Labels, times: &[(&str, f64)]| {
            let mut alert =
                json!({ "labels": labels.iter().collect::<std::collections::BTreeMap<_, _>>() });
            for (name, seconds) in times {
                alert[name] = json!(stamp(*seconds));
            }
            server.send("alerts", &json!([alert]));
        };
        match &self.what {
            What::Fires(labels, None) => alert(labels, &[("startsAt", 0.0)]),
            What::Fires(labels, Some(ends)) => {
                alert(labels, &[("startsAt", 0.0), ("endsAt", *ends)]);
            }
            What::Ends(labels) => alert(labels, &[("endsAt", 0.0)]),
            What::Silenced(name, value, seconds) => {
                let matcher =
                    json!({ "name": name, "value": value, "isRegex": false, "isEqual": true });
                server.send(
                    "silences",
                    &json!({
                        "matchers": [matcher], "createdBy": "test", "comment": "test",
                        "startsAt": stamp(0.0), "endsAt": stamp(*seconds),
                    }),
                );
            }
        }
    }
}

#[test]
fn an_alertmanager_tells_the_same_of_silences_repeats_time_outs_and_a_deep_tree() {
    let seed = 20_261_122;
    println!("seed {seed}");
    let steps = stream(seed);
    let mut notifier = Notifier::new(config(), || 0.5).expect("it is sound");
    let mut ours = Told::new();
    for step in &steps {
        until(&mut notifier, time(step.seconds), &mut ours);
        step.take(&mut notifier);
    }
    until(&mut notifier, time(END), &mut ours);
    assert_eq!(notifier.groups().count(), 0, "all is over");
    let sink = Sink::start();
    let Some(server) = Alertmanager::start(&alertmanager_yml(sink.port())) else {
        return;
    };
    let at = |step: &Step| step.seconds;
    let theirs = hear(
        &sink,
        &steps,
        at,
        |step| step.send(&server),
        END - 8.0,
        &ours,
    );
    check(seed, steps.len(), &ours, &theirs);
}
