//! Random jumps of the clock, held against the same steps by a clock that just goes on.

use proptest::prelude::*;

use super::*;
use crate::rule::NoData;

#[derive(Clone, Copy, Debug)]
enum Jump {
    None,
    /// Suspended for so many tens of seconds, while a counter elsewhere made so many.
    Ahead(u64, u64),
    /// Set back by so many milliseconds.
    Back(u64),
}

#[derive(Clone, Debug)]
struct Turn {
    jump: Jump,
    /// Two series, of which one may be missing; what may be missing.
    high: [Option<bool>; 2],
    there: [bool; 2],
}

impl Turn {
    fn samples(&self, made: u64) -> Samples {
        let mut text = format!("n_total {made}\n");
        for (name, high) in ["x", "y"].into_iter().zip(self.high) {
            if let Some(high) = high {
                text += &format!("a{{i=\"{name}\"}} {}\n", 2 * u8::from(high));
            }
        }
        for (name, there) in ["b", "c"].into_iter().zip(self.there) {
            if there {
                text += &format!("{name} 2\n");
            }
        }
        scrape(&text)
    }
}

/// What any jump leaves alone.
fn simple() -> Vec<Rule> {
    vec![
        rule(20, 30),
        Rule::new("Gone", "absent(b)").for_(seconds(10)),
        Rule::new("Unknown", "c > 1")
            .no_data(NoData::Alert)
            .for_(seconds(30)),
        Rule::new("Few", "count(a) < 2"),
        Rule::new("Unless", "a > 1 unless on () b").keep_firing_for(seconds(20)),
        Rule::record("sum", "sum(a)"),
        Rule::new("Sum", "sum > 3").for_(seconds(40)),
    ]
}

/// What looks at windows, too: samples are a step apart on both sides of a suspension.
fn windowed(interval: bool) -> Vec<Rule> {
    let mut rules = simple();
    rules.extend([
        Rule::new("Rate", "rate(n_total[40s]) > 0.5"),
        Rule::new("Idle", "increase(n_total[30s]) == 0").for_(seconds(20)),
        Rule::new("Mean", "avg_over_time(sum[50s]) > 2"),
        Rule::new("Held", "min_over_time((a > bool 1)[40s:10s]) == 1"),
        Rule::new("Missing", "absent_over_time(b[30s])"),
    ]);
    if interval {
        rules.push(Rule::new("Often", "a > 1").at_least(2, 4));
        rules.push(Rule::new("OftenGone", "absent(b)").at_least(3, 5));
    }
    rules
}

fn turns(back: bool) -> impl Strategy<Value = Vec<Turn>> {
    let jump = match back {
        true => (1_001..50_000_000_u64).prop_map(Jump::Back).boxed(),
        false => Just(Jump::None).boxed(),
    };
    let ahead = (3..10_000_u64, 0..10_000_u64).prop_map(|(tens, made)| Jump::Ahead(tens, made));
    let jump = prop_oneof![8 => Just(Jump::None), 1 => ahead, 1 => jump];
    let high = || prop::option::weighted(0.9, prop::bool::weighted(0.7));
    let turn = (jump, [high(), high()], any::<[bool; 2]>());
    let turn = turn.prop_map(|(jump, high, there)| Turn { jump, high, there });
    prop::collection::vec(turn, 3..60)
}

/// What was told, and where each alert stands: for how long it has been pending.
type Shown = (Vec<String>, Vec<(String, AlertState, Option<u64>)>);

fn shown(engine: &Engine, events: &[AlertEvent]) -> Shown {
    let told = events.iter().map(|event| {
        let (kind, alert) = match event {
            AlertEvent::Fired(it) => ("fired", it),
            AlertEvent::Resolved(it) => ("resolved", it),
            AlertEvent::Withdrawn(it) => ("dropped", it),
        };
        format!("{kind} {} {:.9}", alert.labels, alert.value)
    });
    let alerts = engine.alerts().map(|it| {
        let lasted = it.seen_at.saturating_sub(it.active_at).as_secs();
        let lasted = (it.state == AlertState::Pending).then_some(lasted);
        (it.labels.to_string(), it.state, lasted)
    });
    (told.collect(), alerts.collect())
}

/// An engine, the time, and what the counter is at.
struct Run(Engine, Duration, u64);

impl Run {
    fn new(rules: &[Rule], interval: Option<Duration>, options: Options) -> Self {
        let mut group = RuleGroup::new("g", rules.to_vec());
        group.interval = interval;
        let engine = Engine::with([group], options).unwrap();
        Self(engine, seconds(1_000_000), 1_000_000)
    }

    fn step(&mut self, turn: &Turn) -> Shown {
        let events = self.0.step(self.1, &turn.samples(self.2));
        shown(&self.0, &events)
    }
}

fn compare(
    rules: &[Rule],
    interval: Option<Duration>,
    turns: &[Turn],
    pace: u64,
) -> Result<(), TestCaseError> {
    let mut jumps = Run::new(rules, interval, Options::default());
    let goes_on = Options::default().longest_step(Duration::MAX);
    let mut goes_on = Run::new(rules, interval, goes_on);
    let mut last: Option<Turn> = None;
    // A window with nothing but suspensions in it has no pace to go on at.
    let (mut missed, mut suspended) = (0, 0);
    for (number, turn) in turns.iter().enumerate() {
        let mut turn = turn.clone();
        for run in [&mut jumps, &mut goes_on] {
            run.1 += seconds(10);
        }
        match turn.jump {
            // What is missing in the first scrape has not ended; and there is no usual step before the second.
            Jump::Ahead(tens, made) if number > suspended + 6 => {
                suspended = number;
                let jump = turn.jump;
                turn = Turn {
                    jump,
                    ..last.unwrap_or(turn)
                };
                jumps.1 += seconds(tens * 10);
                jumps.2 += made;
                missed += tens;
            }
            // Time stands still for that step, but for what it takes to be another one.
            Jump::Back(by) if number > 1 => {
                jumps.1 -= seconds(10) + Duration::from_millis(by);
                goes_on.1 -= seconds(10) - Duration::from_millis(1);
            }
            _ => {}
        }
        for run in [&mut jumps, &mut goes_on] {
            run.2 += pace;
        }
        let (told, expected) = (jumps.step(&turn), goes_on.step(&turn));
        prop_assert_eq!(told, expected, "turn {}: {:?}", number, turn);
        let times = |it: &Alert| {
            let rest = [it.fired_at, it.keep_firing_since, it.resolved_at];
            rest.into_iter()
                .flatten()
                .chain([it.active_at, it.seen_at])
                .max()
                .unwrap()
        };
        prop_assert!(jumps.0.alerts().all(|it| times(it) <= jumps.1));
        for notice in jumps.0.notices(jumps.1) {
            prop_assert!(notice.starts_at <= notice.ends_at);
            prop_assert!(notice.is_resolved() || notice.ends_at > jumps.1);
        }
        last = Some(turn);
    }
    let slots = |run: &Run| run.0.groups().next().unwrap().missed;
    prop_assert_eq!(slots(&goes_on), 0);
    prop_assert_eq!(slots(&jumps), interval.map_or(0, |_| missed));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_suspension_changes_what_fires_or_is_resolved_at_the_steps_there_are(
        turns in turns(false),
        interval in any::<bool>(),
        pace in 0..12_u64,
    ) {
        compare(&windowed(interval), interval.then_some(seconds(10)), &turns, pace)?;
    }

    #[test]
    fn no_jump_of_the_clock_in_either_direction_changes_what_holds_now(turns in turns(true)) {
        compare(&simple(), None, &turns, 1)?;
    }
}
