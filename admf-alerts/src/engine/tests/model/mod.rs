//! The state machine, held against a model that says the same line by line.

mod machine;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::promql::{Semantics, Settings};
use crate::rule::OnError;

/// What a rule may become by a reload.
#[derive(Clone, Copy, Debug)]
struct Config {
    hold: u64,
    keep: u64,
    limit: u64,
    clears: bool,
    on_error: OnError,
}

#[derive(Clone, Debug)]
enum Before {
    Nothing,
    Reload(Config),
    /// Another process goes on from a snapshot.
    Restart,
}

#[derive(Clone, Debug)]
struct Turn {
    before: Before,
    after: u64,
    fails: bool,
    /// For which series the condition holds, and what keeps them firing.
    held: [bool; 3],
    holding: [bool; 3],
    sends: bool,
}

const NAMES: [&str; 3] = ["x", "y", "z"];
const TOLERANCE: u64 = 60;
const GRACE: u64 = 20;
const RESEND: u64 = 25;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry {
    state: AlertState,
    active: u64,
    seen: u64,
    fired: Option<u64>,
    kept_since: Option<u64>,
    resolved: Option<u64>,
    sent: Option<u64>,
}

/// What was told, and of whom.
type Told = Vec<(&'static str, String)>;

struct Model {
    config: Config,
    three: bool,
    entries: BTreeMap<String, Entry>,
    stored: BTreeMap<String, (u64, u64, Option<u64>)>,
    /// Those that have not held since a restart: of which series they are is not known, so that nothing holds them.
    of_unknown: BTreeSet<String>,
    evaluated: bool,
    failed: bool,
}

fn groups(config: Config) -> [RuleGroup; 1] {
    let mut rule = Rule::new("R", "e * on () group_left () ok > 0")
        .for_(seconds(config.hold))
        .keep_firing_for(seconds(config.keep))
        .on_error(config.on_error);
    if config.clears {
        rule = rule.hold("h > 0");
    }
    [RuleGroup::new("g", [rule]).limit(config.limit)]
}

/// What makes the engine see a turn: it fails where `ok` is there twice.
fn samples(turn: &Turn) -> Samples {
    let mut text = String::from("ok{i=\"1\"} 1\n");
    if turn.fails {
        text += "ok{i=\"2\"} 1\n";
    }
    for (metric, which) in [("e", turn.held), ("h", turn.holding)] {
        for (name, holds) in NAMES.iter().zip(which) {
            text += &format!("{metric}{{l=\"{name}\"}} {}\n", u8::from(holds));
        }
    }
    scrape(&text)
}

fn name(alert: &Alert) -> String {
    let named = alert.labels.get("l").or(alert.labels.get("alert_reason"));
    named.unwrap().to_owned()
}

fn told(events: &[AlertEvent]) -> Told {
    let told = events.iter().map(|event| match event {
        AlertEvent::Fired(it) => ("fired", name(it)),
        AlertEvent::Resolved(it) => ("resolved", name(it)),
        AlertEvent::Withdrawn(it) => ("withdrawn", name(it)),
    });
    let mut told: Told = told.collect();
    told.sort();
    told
}

fn entries(engine: &Engine) -> BTreeMap<String, Entry> {
    let second = |it: Option<Duration>| it.map(|it| it.as_secs());
    let entry = |it: &Alert| Entry {
        state: it.state,
        active: it.active_at.as_secs(),
        seen: it.seen_at.as_secs(),
        fired: second(it.fired_at),
        kept_since: second(it.keep_firing_since),
        resolved: second(it.resolved_at),
        sent: second(it.last_sent_at),
    };
    engine.alerts().map(|it| (name(it), entry(it))).collect()
}

fn configs() -> impl Strategy<Value = Config> {
    let on_error = prop::sample::select(vec![OnError::KeepLast, OnError::Alert, OnError::Ok]);
    let hold = prop::sample::select(vec![0, 10, 20, 30, 45, 90]);
    let keep = prop::sample::select(vec![0, 0, 10, 30]);
    let limit = prop::sample::select(vec![0, 0, 0, 2, 1]);
    (hold, keep, limit, any::<bool>(), on_error).prop_map(
        |(hold, keep, limit, clears, on_error)| Config {
            hold,
            keep,
            limit,
            clears,
            on_error,
        },
    )
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let before = prop_oneof![
        8 => Just(Before::Nothing),
        1 => configs().prop_map(Before::Reload),
        1 => Just(Before::Restart),
    ];
    let after = prop_oneof![12 => 1..25u64, 2 => 25..80u64, 1 => 800..1_000u64];
    let which = || prop::array::uniform3(prop::bool::weighted(0.6));
    let turn = (
        before,
        after,
        prop::bool::weighted(0.12),
        which(),
        which(),
        any::<bool>(),
    );
    let turn = turn.prop_map(|(before, after, fails, held, holding, sends)| Turn {
        before,
        after,
        fails,
        held,
        holding,
        sends,
    });
    prop::collection::vec(turn, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn alerts_go_through_the_states_that_the_lines_of_the_machine_say(
        config in configs(),
        turns in turns(),
        three in any::<bool>(),
    ) {
        let semantics = if three { Semantics::Prometheus3 } else { Semantics::Prometheus2 };
        let options = || {
            let options = Options::default().promql(Settings::default().semantics(semantics));
            let options = options.outage_tolerance(seconds(TOLERANCE)).for_grace(seconds(GRACE));
            options.resend_delay(seconds(RESEND)).longest_step(Duration::MAX)
        };
        let mut engine = Engine::with(groups(config), options()).unwrap();
        let (entries_of, stored) = (BTreeMap::new(), BTreeMap::new());
        let mut model = Model {
            config, three, stored, entries: entries_of, of_unknown: BTreeSet::new(), evaluated: false, failed: false,
        };
        let mut ts = 10_000;
        for turn in turns {
            ts += turn.after;
            match turn.before {
                Before::Nothing => {}
                Before::Reload(config) => {
                    model.config = config;
                    prop_assert!(engine.reload(groups(config)).unwrap().is_empty());
                }
                Before::Restart => {
                    let snapshot = engine.snapshot();
                    engine = Engine::with(groups(model.config), options()).unwrap();
                    engine.restore(snapshot);
                    model.restart();
                    prop_assert_eq!(engine.rules().next().unwrap().state, model.state());
                }
            }
            let events = engine.step(seconds(ts), &samples(&turn));
            prop_assert_eq!(told(&events), model.turn(ts, &turn), "at {}", ts);
            if turn.sends {
                let notices = engine.notices(seconds(ts));
                let valid = |it: &Notice| (name(&it.alert), it.ends_at.as_secs());
                let sent: Vec<_> = notices.iter().map(valid).collect();
                let mut expected = model.send(ts);
                // The engine's are in the order of labels, in which the error's come first.
                expected.sort_by_key(|it| (it.0 != "error", it.0.clone()));
                prop_assert_eq!(sent, expected, "at {}", ts);
            }
            prop_assert_eq!(&entries(&engine), &model.entries, "at {}", ts);
            let status = engine.rules().next().unwrap();
            prop_assert_eq!(status.state, model.state(), "at {}", ts);
            prop_assert_eq!(status.error.is_some(), model.failed, "at {}", ts);
        }
    }
}
