//! The state against a model that keeps all that was found and looks through it anew each time.

use proptest::prelude::*;

use super::super::state::State;
use super::*;

const NAMES: [&str; 3] = ["a", "b", "c"];

/// What was found, newest last: 0 healthy, 1 degraded, 2 unhealthy.
type Log = Vec<u8>;

fn finding(level: u8) -> Finding {
    match level {
        0 => Finding::Healthy,
        1 => degraded(),
        _ => Finding::Unhealthy("gone".into()),
    }
}

/// Says whether, after all that was found, at most `level` holds: from the newest run of at least so
/// many equal answers backwards, else from the first answer.
fn holds(log: &[u8], level: u8, config: &ComponentConfig) -> Option<bool> {
    let answers: Vec<bool> = log.iter().map(|it| *it <= level).collect();
    let mut end = answers.len();
    while end > 0 {
        let last = answers[end - 1];
        let run = answers[..end].iter().rev().take_while(|it| **it == last);
        let run = run.count();
        let enough = match last {
            true => config.up_after,
            false => config.down_after,
        };
        if run as u64 >= u64::from(enough) || run == end {
            return Some(last);
        }
        end -= run;
    }
    None
}

fn status(log: &[u8], config: &ComponentConfig) -> HealthStatus {
    match (holds(log, 1, config), holds(log, 0, config)) {
        (None, _) | (_, None) => HealthStatus::Unknown,
        (Some(false), _) => HealthStatus::Unhealthy,
        (_, Some(false)) => HealthStatus::Degraded,
        _ => HealthStatus::Healthy,
    }
}

fn system(all: &[(HealthStatus, bool)]) -> HealthStatus {
    let critical = all.iter().filter(|it| it.1).map(|it| it.0);
    let others = all.iter().filter(|it| !it.1).map(|it| it.0);
    let worst = |it: HealthStatus| match it {
        HealthStatus::Healthy => 0,
        HealthStatus::Degraded => 1,
        HealthStatus::Unknown => 2,
        HealthStatus::Unhealthy => 3,
    };
    let of_others = |it: HealthStatus| match it {
        HealthStatus::Unhealthy => HealthStatus::Degraded,
        HealthStatus::Unknown => HealthStatus::Healthy,
        it => it,
    };
    let all = critical.chain(others.map(of_others));
    all.max_by_key(|it| worst(*it))
        .unwrap_or(HealthStatus::Healthy)
}

proptest! {
    #[test]
    fn the_state_equals_a_look_through_all_that_was_found(
        numbers in prop::collection::vec((any::<bool>(), 1_u32..4, 1_u32..4), 3),
        steps in prop::collection::vec((0..3_usize, 0..3_u8, prop::bool::weighted(0.05)), 0..200),
    ) {
        let configs: Vec<_> = numbers.into_iter().map(|(c, d, u)| component(c, d, u)).collect();
        let named: Vec<_> = NAMES.into_iter().zip(configs.iter().cloned()).collect();
        let mut state = State::new(config(&named), Time::ZERO);
        let mut logs = vec![Log::new(); 3];
        let mut forgotten = [0; 3];
        for (which, level, certain) in steps {
            let before = status(&logs[which][forgotten[which]..], &configs[which]);
            if certain {
                forgotten[which] = logs[which].len();
            }
            logs[which].push(level);
            let after = status(&logs[which][forgotten[which]..], &configs[which]);
            let changed = state.learn(NAMES[which], finding(level), None, certain, Time::ZERO).unwrap();
            let changed = changed.map(|it| (it.component.to_string(), it.from, it.to));
            let expected = (before != after).then(|| (NAMES[which].to_owned(), before, after));
            prop_assert_eq!(changed, expected);
            let all = (0..3).map(|it| (status(&logs[it][forgotten[it]..], &configs[it]), configs[it].critical));
            prop_assert_eq!(state.system(), system(&all.collect::<Vec<_>>()));
            let row = state.row(NAMES[which]).unwrap();
            prop_assert_eq!(row.checks, logs[which].len() as u64);
            let bad = logs[which].iter().rev().take_while(|it| **it == 2).count();
            prop_assert_eq!(row.failures_in_a_row as usize, bad);
        }
    }
}
