//! A circuit breaker does what a naive model of its rules does, whatever comes in whatever order.

mod extremes;
mod log;
mod naive;

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use resilience_core::backoff::{BackoffConfig, BackoffKind, Jitter};
use resilience_core::circuit_breaker::Abandoned;
use resilience_core::{
    Ask, Chance, CircuitBreaker, CircuitBreakerConfig, CircuitState, Clock, Env, ManualClock,
    Outcome, Permit, Rejected, Time, WindowConfig,
};

use self::naive::{Call, Naive, Seen};

const MILLI: u64 = 1_000_000;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// What the circuit and the model are told; a number chooses among the calls that are out.
#[derive(Clone, Debug)]
enum Op {
    /// A call that was pending for so many milliseconds, where it was.
    Call(Outcome, Option<u64>, Option<u64>),
    Acquire,
    Waiting(usize),
    Record(usize, Outcome, Option<u64>),
    Drop(usize),
    Unused(usize),
    Read,
    Operate(CircuitState),
    Reconfigure(Box<CircuitBreakerConfig>),
    Wait(u64),
    /// The clock goes back.
    Back(u64),
    /// To the end of what lasts, or one nanosecond before it.
    ToEnd(u64),
}

fn window() -> impl Strategy<Value = WindowConfig> {
    prop_oneof![
        (1_u32..8).prop_map(WindowConfig::count),
        (1_u64..3_000, 1_u32..6).prop_map(|(time, buckets)| WindowConfig {
            time: Some(millis(time)),
            buckets,
            ..Default::default()
        }),
    ]
}

fn backoff() -> impl Strategy<Value = BackoffConfig> {
    use {BackoffKind as Kind, Jitter as J};
    (
        select(vec![Kind::Fixed, Kind::Linear, Kind::Exponential]),
        select(vec![J::None, J::Full, J::Equal, J::Decorrelated]),
        select(vec![1.0, 1.5, 3.0]),
        1_u64..2_000,
        0_u64..6_000,
    )
        .prop_map(|(kind, jitter, factor, base, more)| BackoffConfig {
            kind,
            base: millis(base),
            factor,
            max: millis(base + more),
            jitter,
        })
}

fn abandoned() -> impl Strategy<Value = Option<Abandoned>> {
    select(vec![
        None,
        Some(Abandoned::Ignored),
        Some(Abandoned::Failure),
        Some(Abandoned::FailureAfter(Duration::ZERO)),
        Some(Abandoned::FailureAfter(millis(150))),
    ])
}

fn config() -> impl Strategy<Value = CircuitBreakerConfig> {
    let rate = || prop::option::of(select(vec![0.05, 0.1, 0.3, 0.34, 0.5, 0.67, 0.75, 1.0]));
    let trip = (
        rate(),
        rate(),
        prop::option::of(1_u32..5),
        prop::option::of(1_u32..6),
    );
    let open = (
        backoff(),
        select(vec![0_u64, 500, 4_000]),
        prop::option::of(1_u64..3_000),
    );
    let probes = (1_u32..6, select(vec![1_u64, 100, 101, 700]), abandoned());
    (
        trip,
        prop::option::of(window()),
        any::<bool>(),
        open,
        probes,
    )
        .prop_map(
            |(
                (failures, slow, run, minimum),
                window,
                timed,
                (backoff, most_hint, fixed),
                probes,
            )| {
                let rated = failures.is_some() || slow.is_some();
                let most = window.as_ref().and_then(|it| it.count).unwrap_or(u32::MAX);
                CircuitBreakerConfig {
                    consecutive: run.filter(|_| !rated),
                    failure_rate: failures,
                    slow_rate: slow,
                    slow_call: (timed || slow.is_some()).then(|| millis(100)),
                    minimum_calls: minimum.map(|it| it.min(most)),
                    window,
                    open_for: fixed.map(millis),
                    open_backoff: fixed.is_none().then_some(backoff),
                    retry_after_max: millis(most_hint),
                    probes: probes.0,
                    probe_timeout: millis(probes.1),
                    abandoned: probes.2,
                }
            },
        )
}

fn op() -> impl Strategy<Value = Op> {
    use Outcome::{Failure, Ignored, Success};
    let outcome = || {
        select(vec![
            Success, Success, Success, Failure, Failure, Failure, Ignored,
        ])
    };
    let took = select(vec![None, None, Some(0), Some(100), Some(101), Some(150)]);
    let hint = || select(vec![None, None, None, Some(600), Some(3_000)]);
    let any_call = || any::<u8>().prop_map(usize::from);
    let states = vec![
        CircuitState::Closed,
        CircuitState::Isolated,
        CircuitState::Disabled,
        CircuitState::Shadow,
        CircuitState::Shadow,
    ];
    prop_oneof![
        20 => (outcome(), took, hint()).prop_map(|(end, took, hint)| Op::Call(end, took, hint)),
        12 => Just(Op::Acquire),
        6 => any_call().prop_map(Op::Waiting),
        10 => (any_call(), outcome(), hint()).prop_map(|(at, end, hint)| Op::Record(at, end, hint)),
        3 => any_call().prop_map(Op::Drop),
        1 => any_call().prop_map(Op::Unused),
        5 => Just(Op::Read),
        1 => select(states).prop_map(Op::Operate),
        2 => config().prop_map(|it| Op::Reconfigure(Box::new(it))),
        6 => select(vec![1_u64, 50, 99, 100, 101, 300, 700, 2_000]).prop_map(Op::Wait),
        1 => (1_u64..1_000).prop_map(Op::Back),
        6 => select(vec![0_u64, 0, 0, 1]).prop_map(Op::ToEnd),
    ]
}

/// The circuit and the model beside each other.
struct Pair {
    breaker: CircuitBreaker,
    clock: Arc<ManualClock>,
    naive: Naive,
    out: Vec<(Permit<CircuitBreaker>, Call)>,
    settled: u64,
}

impl Pair {
    fn new(config: CircuitBreakerConfig, created: u64, seed: u64) -> Self {
        let (env, clock) = Env::manual();
        let env = env.with_chance(Chance::seeded(seed));
        clock.set(Time::from_nanos(created));
        let breaker = CircuitBreaker::new("test", config.clone(), &env).unwrap();
        let naive = Naive::new(config, created, Chance::seeded(seed));
        Self {
            breaker,
            clock,
            naive,
            out: Vec::new(),
            settled: 0,
        }
    }

    fn now(&self) -> u64 {
        self.clock.now().as_nanos()
    }

    fn wait(&self, time: u64) {
        self.clock.advance(millis(time));
    }

    fn acquire(&mut self) -> Result<bool, TestCaseError> {
        let now = self.now();
        let mine = Permit::acquire(self.breaker.clone(), &Ask::default());
        match (mine, self.naive.acquire(now)) {
            (Ok(permit), Ok(call)) => {
                self.out.push((permit, call));
                Ok(true)
            }
            (Err(Rejected::CircuitOpen(open)), Err(expected)) => {
                let wait = open.retry_after.map(|it| it.as_nanos() as u64);
                prop_assert_eq!((open.state, wait), expected);
                Ok(false)
            }
            (mine, theirs) => {
                prop_assert!(false, "got {:?}, expected {:?}", mine, theirs);
                Ok(false)
            }
        }
    }

    /// Takes one of the calls that are out.
    fn take(&mut self, at: usize) -> Option<(Permit<CircuitBreaker>, Call)> {
        let count = self.out.len();
        (count > 0).then(|| {
            self.settled += 1;
            self.out.remove(at % count)
        })
    }

    fn record(&mut self, at: usize, outcome: Outcome, hint: Option<u64>) {
        let now = self.now();
        if let Some((permit, call)) = self.take(at) {
            permit.record_hinted(outcome, hint.map(millis));
            self.naive
                .record(call, outcome, hint.map(|it| it * MILLI), now);
        }
    }

    fn waiting(&mut self, at: usize) {
        let (now, count) = (self.now(), self.out.len());
        if count > 0 {
            let (permit, call) = &mut self.out[at % count];
            permit.waiting();
            self.naive.waiting(call, now);
        }
    }

    fn apply(&mut self, op: Op) -> Result<(), TestCaseError> {
        let now = self.now();
        match op {
            Op::Call(outcome, took, hint) => {
                if self.acquire()? {
                    let last = self.out.len() - 1;
                    if let Some(took) = took {
                        self.waiting(last);
                        self.wait(took);
                    }
                    self.record(last, outcome, hint);
                }
            }
            Op::Acquire => {
                self.acquire()?;
            }
            Op::Waiting(at) => self.waiting(at),
            Op::Record(at, outcome, hint) => self.record(at, outcome, hint),
            Op::Drop(at) => {
                if let Some((permit, call)) = self.take(at) {
                    drop(permit);
                    self.naive.drop(call, now);
                }
            }
            Op::Unused(at) => {
                if let Some((permit, call)) = self.take(at) {
                    permit.unused();
                    self.naive.record(call, Outcome::Ignored, None, now);
                }
            }
            Op::Read => self.compare()?,
            Op::Operate(state) => {
                match state {
                    CircuitState::Isolated => self.breaker.isolate(),
                    CircuitState::Disabled => self.breaker.disable(),
                    CircuitState::Shadow => self.breaker.shadow(),
                    _ => self.breaker.reset(),
                }
                self.naive.operate(state, now);
            }
            Op::Reconfigure(config) => {
                self.breaker.reconfigure((*config).clone()).unwrap();
                self.naive.reconfigure(*config, now);
            }
            Op::Wait(time) => self.wait(time),
            Op::Back(time) => {
                // Which ops begin a bucket is for another test: here both have seen it.
                self.compare()?;
                self.clock
                    .set(Time::from_nanos(now.saturating_sub(time * MILLI)));
            }
            Op::ToEnd(before) => {
                let end = self.naive.end();
                self.clock
                    .set(Time::from_nanos(now.max(end.saturating_sub(before))));
            }
        }
        Ok(())
    }

    fn compare(&mut self) -> Result<(), TestCaseError> {
        let expected = self.naive.read(self.now());
        let seen = self.breaker.snapshot();
        let watched = matches!(seen.state, CircuitState::Closed | CircuitState::Shadow);
        let counts = (
            seen.calls,
            seen.failures,
            seen.slow,
            seen.consecutive_failures,
        );
        let total = seen.total;
        let mine = Seen {
            state: seen.state,
            retry_after: seen.retry_after.map(|it| it.as_nanos() as u64),
            would_trip: seen.would_trip,
            counts: watched.then_some(counts),
            rates: seen.failure_rate.zip(seen.slow_rate).filter(|_| watched),
        };
        prop_assert_eq!(mine, expected);
        let ended = total.successes + total.failures + total.ignored + total.late;
        prop_assert_eq!(ended, self.settled);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_circuit_does_in_every_state_what_a_naive_model_does(
        config in config(),
        created in 0_u64..3_000,
        seed in any::<u64>(),
        ops in prop::collection::vec((op(), any::<bool>()), 0..80),
    ) {
        let mut pair = Pair::new(config, created * MILLI, seed);
        for (op, look) in ops {
            pair.apply(op)?;
            // To look is to see what is due; now and then nobody looks.
            if look {
                pair.compare()?;
            }
        }
        pair.compare()?;
    }
}
