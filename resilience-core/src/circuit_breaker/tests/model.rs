//! The circuit against a model that keeps every outcome and counts them anew each time.

use proptest::prelude::*;

use super::*;

const MILLI: Duration = Duration::from_millis(1);

/// What the model and the circuit are told.
#[derive(Clone, Debug)]
enum Op {
    /// A call that took so many milliseconds.
    Call(Outcome, u64),
    Read,
    Wait(u64),
    Reset,
    Reconfigure(Box<CircuitBreakerConfig>),
}

/// A closed or open circuit; half-open has rules of its own and is closed at once by successes.
struct Naive {
    config: CircuitBreakerConfig,
    /// Bucket, failed, slow.
    log: Vec<(u64, bool, bool)>,
    newest: u64,
    run: u32,
    open_until: Option<u64>,
}

impl Naive {
    fn window(&self) -> Option<WindowConfig> {
        let rated = self.config.failure_rate.is_some() || self.config.slow_rate.is_some();
        let default = rated.then(|| WindowConfig::count(100));
        self.config.window.clone().or(default)
    }

    fn see(&mut self, now: u64) {
        let Some(window) = self.window() else {
            self.log.clear();
            return;
        };
        if let Some(time) = window.time {
            let millis = time.as_millis() as u64;
            let buckets = u64::from(window.buckets);
            self.newest = self.newest.max(now * buckets / millis);
            self.log.retain(|it| self.newest - it.0 < buckets);
        } else if let Some(count) = window.count {
            let extra = self.log.len().saturating_sub(count as usize);
            self.log.drain(..extra);
        }
    }

    fn counts(&self) -> (u64, u64, u64) {
        let count =
            |of: fn(&(u64, bool, bool)) -> bool| self.log.iter().filter(|it| of(it)).count();
        (
            self.log.len() as u64,
            count(|it| it.1) as u64,
            count(|it| it.2) as u64,
        )
    }

    fn record(&mut self, outcome: Outcome, took: u64, now: u64) {
        if outcome == Outcome::Ignored {
            return;
        }
        let failed = outcome == Outcome::Failure;
        let slow = self
            .config
            .slow_call
            .is_some_and(|it| MILLI * took as u32 > it);
        self.see(now);
        self.run = if failed { self.run + 1 } else { 0 };
        self.log.push((self.newest, failed, slow));
        self.see(now);
        let (calls, failures, slow) = self.counts();
        let most = self.window().and_then(|it| it.count).unwrap_or(u32::MAX);
        let minimum = u64::from(self.config.minimum_calls.unwrap_or(10.min(most)));
        let over = |part: u64, rate: Option<f64>| {
            rate.is_some_and(|rate| part as f64 / calls as f64 >= rate)
        };
        let rated = self.config.failure_rate.is_some() || self.config.slow_rate.is_some();
        let trips = match rated {
            true => {
                calls >= minimum
                    && (over(failures, self.config.failure_rate)
                        || over(slow, self.config.slow_rate))
            }
            false => failed && self.run >= self.config.consecutive.unwrap_or(5),
        };
        if trips {
            self.log.clear();
            self.run = 0;
            self.open_until = Some(now + OPEN_FOR.as_millis() as u64);
        }
    }

    fn reconfigure(&mut self, config: CircuitBreakerConfig, now: u64) {
        self.see(now);
        let old = self.window();
        self.config = config;
        let shape = |it: &Option<WindowConfig>| {
            it.as_ref()
                .map(|it| (it.count.is_some(), it.time, it.time.map(|_| it.buckets)))
        };
        if shape(&old) != shape(&self.window()) {
            self.log.clear();
            self.newest = 0;
        }
        self.see(now);
    }
}

fn window() -> impl Strategy<Value = WindowConfig> {
    prop_oneof![
        (1_u32..12).prop_map(WindowConfig::count),
        (1_u64..2_000, 1_u32..6).prop_map(|(millis, buckets)| WindowConfig {
            time: Some(MILLI * millis as u32),
            buckets,
            ..Default::default()
        }),
    ]
}

fn config() -> impl Strategy<Value = CircuitBreakerConfig> {
    let rate = || prop::option::of(prop::sample::select(&[0.05, 0.1, 0.3, 0.5, 0.75, 1.0][..]));
    (
        rate(),
        rate(),
        prop::option::of(window()),
        1_u32..8,
        1_u32..6,
    )
        .prop_map(|(failure_rate, slow_rate, window, minimum, consecutive)| {
            let rated = failure_rate.is_some() || slow_rate.is_some();
            let most = window.as_ref().and_then(|it| it.count).unwrap_or(u32::MAX);
            CircuitBreakerConfig {
                consecutive: (!rated).then_some(consecutive),
                failure_rate,
                slow_rate,
                slow_call: Some(100 * MILLI),
                minimum_calls: Some(minimum.min(most)),
                window,
                open_for: Some(OPEN_FOR),
                ..Default::default()
            }
        })
}

fn op() -> impl Strategy<Value = Op> {
    let outcomes = [
        Outcome::Success,
        Outcome::Success,
        Outcome::Success,
        Outcome::Failure,
        Outcome::Failure,
        Outcome::Ignored,
    ];
    prop_oneof![
        30 => (prop::sample::select(outcomes.to_vec()), prop::sample::select(vec![0_u64, 0, 0, 100, 101, 200]))
            .prop_map(|(outcome, took)| Op::Call(outcome, took)),
        5 => Just(Op::Read),
        5 => (1_u64..500).prop_map(Op::Wait),
        1 => Just(Op::Reset),
        2 => config().prop_map(|it| Op::Reconfigure(Box::new(it))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..Default::default() })]

    #[test]
    fn a_circuit_does_what_a_naive_model_does(first in config(), ops in prop::collection::vec(op(), 0..120)) {
        let (breaker, clock) = breaker(first.clone());
        let mut naive = Naive { config: first, log: Vec::new(), newest: 0, run: 0, open_until: None };
        let now = |clock: &ManualClock| crate::Clock::now(clock).as_nanos() / 1_000_000;
        let mut last_open = false;
        for op in ops {
            match op {
                Op::Call(outcome, took) => {
                    let mut permit = breaker.permit(&Ask::default()).unwrap();
                    if took > 0 {
                        permit.waiting();
                        clock.advance(MILLI * took as u32);
                    }
                    permit.record(outcome);
                    naive.record(outcome, took, now(&clock));
                }
                Op::Read => naive.see(now(&clock)),
                Op::Wait(millis) => clock.advance(MILLI * millis as u32),
                Op::Reset => {
                    breaker.reset();
                    naive.log.clear();
                    naive.run = 0;
                }
                Op::Reconfigure(config) => {
                    breaker.reconfigure((*config).clone()).unwrap();
                    naive.reconfigure(*config, now(&clock));
                }
            }
            // To look is to advance, which the model must do as well; now and then nobody looks.
            if last_open || now(&clock) % 3 == 0 || naive.open_until.is_some() {
                naive.see(now(&clock));
                let seen = breaker.snapshot();
                prop_assert_eq!(seen.state == CircuitState::Open, naive.open_until.is_some());
                prop_assert_eq!((seen.calls, seen.failures, seen.slow), naive.counts());
                prop_assert_eq!(seen.consecutive_failures, u64::from(naive.run));
            }
            last_open = naive.open_until.take().is_some();
            if last_open {
                clock.advance(OPEN_FOR);
                for _ in 0..3 {
                    if breaker.state() != CircuitState::Closed {
                        breaker.end(PASSED);
                    }
                }
                prop_assert_eq!(breaker.state(), CircuitState::Closed);
            }
        }
    }
}
