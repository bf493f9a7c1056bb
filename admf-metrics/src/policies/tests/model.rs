//! Random policies and calls, held against what was done to them.

use std::collections::HashMap;

use proptest::prelude::*;
use resilience_core::{Bulkhead, BulkheadConfig, Permit, RateLimiter, RateLimiterConfig, Time};

use super::*;
use crate::meter::TOTALS_STAY;

const NAMES: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Builds the circuit of this name, where there is none.
    Build(usize),
    Drop(usize),
    Call(usize, Outcome),
    Reset(usize),
    Isolate(usize),
    Disable(usize),
    Reconfigure(usize, u32),
    /// Takes a permit of the limiter and a slot of the bulkhead, which is kept if so.
    Take(bool),
    Wait(u64),
    /// Waits for so long that totals of what is gone go too.
    WaitLong,
    Scrape,
}

fn step() -> impl Strategy<Value = Step> {
    let name = 0..NAMES.len();
    let outcome = prop_oneof![
        1 => Just(Outcome::Success),
        3 => Just(Outcome::Failure),
        1 => Just(Outcome::Ignored),
    ];
    prop_oneof![
        2 => name.clone().prop_map(Step::Build),
        1 => name.clone().prop_map(Step::Drop),
        12 => (name.clone(), outcome).prop_map(|(name, outcome)| Step::Call(name, outcome)),
        1 => name.clone().prop_map(Step::Reset),
        1 => name.clone().prop_map(Step::Isolate),
        1 => name.clone().prop_map(Step::Disable),
        1 => (name, 1..4u32).prop_map(|(name, failures)| Step::Reconfigure(name, failures)),
        3 => any::<bool>().prop_map(Step::Take),
        3 => (0..1500u64).prop_map(Step::Wait),
        1 => Just(Step::WaitLong),
        4 => Just(Step::Scrape),
    ]
}

/// What was done to all circuits of a name that a scrape could have seen.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    /// Of circuits that are gone.
    before: [u64; 5],
    /// What the last scrape saw of the living one.
    seen: [u64; 5],
    /// When a scrape first found none.
    gone: Option<Time>,
    /// Whether a scrape took its series away, or there were none yet.
    absent: bool,
}

fn totals(breaker: &CircuitBreaker) -> [u64; 5] {
    let it = breaker.snapshot().total;
    [it.successes, it.failures, it.ignored, it.late, it.refused]
}

struct World {
    bench: Bench,
    circuits: HashMap<usize, CircuitBreaker>,
    done: [Done; NAMES.len()],
    limiter: RateLimiter,
    bulkhead: Bulkhead,
    held: Vec<Permit<Bulkhead>>,
    last: Option<Scrape>,
}

impl World {
    fn new() -> Self {
        let bench = Bench::new();
        let rate = RateLimiterConfig::new(5, SECOND);
        let limiter = RateLimiter::new("l", rate, &bench.env).unwrap();
        let bulkhead = Bulkhead::new("s", BulkheadConfig::default(), &bench.env).unwrap();
        Self {
            bench,
            circuits: HashMap::new(),
            done: Default::default(),
            limiter,
            bulkhead,
            held: Vec::new(),
            last: None,
        }
    }

    fn make(&mut self, step: Step) {
        let circuits = &mut self.circuits;
        match step {
            Step::Build(name) => {
                let build = || self.bench.breaker(NAMES[name]);
                circuits.entry(name).or_insert_with(build);
            }
            Step::Drop(name) => {
                // What nobody scraped before it went was never shown.
                circuits.remove(&name);
                let Done { before, seen, .. } = &mut self.done[name];
                let both = before.iter_mut().zip(std::mem::take(seen));
                both.for_each(|(before, seen)| *before += seen);
            }
            Step::Call(name, outcome) => {
                let permit = circuits.get(&name).map(|it| it.permit(&Ask::default()));
                if let Some(Ok(permit)) = permit {
                    permit.record(outcome);
                }
            }
            Step::Reset(name) => circuits.get(&name).map_or((), CircuitBreaker::reset),
            Step::Isolate(name) => circuits.get(&name).map_or((), CircuitBreaker::isolate),
            Step::Disable(name) => circuits.get(&name).map_or((), CircuitBreaker::disable),
            Step::Reconfigure(name, failures) => {
                let config = CircuitBreakerConfig {
                    consecutive: Some(failures),
                    open_for: Some(SECOND),
                    probes: 1,
                    ..Default::default()
                };
                let made = circuits.get(&name).map(|it| it.reconfigure(config));
                made.transpose().unwrap();
            }
            Step::Take(keep) => {
                if let Ok(permit) = self.limiter.permit(&Ask::default()) {
                    permit.record(Outcome::Success);
                }
                let slot = Permit::acquire(self.bulkhead.clone(), &Ask::default());
                self.held.extend(slot.ok().filter(|_| keep));
            }
            Step::Wait(millis) => {
                self.bench.clock.advance(Duration::from_millis(millis));
            }
            Step::WaitLong => self.bench.clock.advance(TOTALS_STAY),
            Step::Scrape => self.scrape(),
        }
    }

    fn scrape(&mut self) {
        let now = self.bench.env.now();
        for (name, done) in self.done.iter_mut().enumerate() {
            if let Some(circuit) = self.circuits.get(&name) {
                (done.seen, done.gone, done.absent) = (totals(circuit), None, false);
                continue;
            }
            let gone = *done.gone.get_or_insert(now);
            if now.since(gone) >= TOTALS_STAY {
                (done.before, done.absent) = ([0; 5], true);
            }
        }
        let text = self.bench.exporter.render();
        assert_eq!(text, self.bench.exporter.render(), "it is stable");
        let scrape = Scrape::of(&text);
        for (place, name) in NAMES.iter().enumerate() {
            self.check_circuit(place, name, &scrape);
        }
        let limiter = self.limiter.snapshot();
        for (metric, expected) in [
            ("rate_limiter_allowed_total", limiter.admitted as f64),
            ("rate_limiter_denied_total", limiter.refused as f64),
            ("rate_limiter_remaining", limiter.remaining.into()),
        ] {
            assert_eq!(scrape.named(metric, "l"), Some(expected), "{metric}");
        }
        let in_flight = scrape.named("bulkhead_in_flight", "s");
        assert_eq!(in_flight, Some(self.held.len() as f64));
        if let Some(last) = &self.last {
            let gone = |series: &str| {
                let named = |at: usize| series.contains(&format!("name=\"{}\"", NAMES[at]));
                (0..NAMES.len()).any(|at| self.done[at].absent && named(at))
            };
            for (series, before) in last.0.iter().filter(|(it, _)| it.contains("_total{")) {
                match scrape.0.get(series) {
                    Some(now) => assert!(now >= before, "{series} fell"),
                    None => assert!(gone(series), "{series} is gone"),
                }
            }
        }
        self.last = Some(scrape);
    }

    fn check_circuit(&self, place: usize, name: &str, scrape: &Scrape) {
        let Some(circuit) = self.circuits.get(&place) else {
            assert!(scrape.states(name).is_empty(), "{name} is gone");
            let ratio = scrape.named("circuit_breaker_success_ratio", name);
            assert_eq!(ratio, None, "{name} is gone");
            let Done { before, absent, .. } = self.done[place];
            let calls = scrape.calls(name, "failure");
            match absent {
                true => assert_eq!(calls, None, "{name} is gone for good"),
                // One that never was has none either.
                false => assert_eq!(calls.unwrap_or_default(), before[1] as f64, "{name}"),
            }
            return;
        };
        let snapshot = circuit.snapshot();
        assert_eq!(scrape.states(name), [snapshot.state.as_str()]);
        let Done { before, seen, .. } = self.done[place];
        let expected = before
            .iter()
            .zip(seen)
            .map(|(before, seen)| (before + seen) as f64);
        let results = ["success", "failure", "ignored", "late"].map(|it| scrape.calls(name, it));
        let refused = scrape.named("circuit_breaker_rejected_total", name);
        let shown = results.into_iter().chain([refused]);
        assert!(shown.map(Option::unwrap).eq(expected), "{name}");
        let ratio = scrape.named("circuit_breaker_success_ratio", name);
        assert_eq!(ratio, read::success_ratio(&snapshot.total));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_scrape_says_what_the_snapshots_say_whatever_was_done(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new();
        for step in steps {
            world.make(step);
        }
        world.scrape();
    }
}
