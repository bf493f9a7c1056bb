//! The policy against a naive reading of its rules, that looks through all keys at every operation.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::Permit;

#[derive(Clone, Debug)]
enum Op {
    Call(u8, Outcome),
    /// Begins a call that ends later.
    Begin(u8),
    /// Ends the oldest call that was begun, which is no use.
    End,
    Operate(u8, bool),
    Wait(u64),
    /// The clock goes back.
    Back(u64),
    Get(u8),
    Read,
}

/// Keys in the order of their use, newest last, each with its gate and when it was used.
struct Naive<G: KeyGate> {
    config: KeyedConfig<G::Config>,
    env: Env,
    kept: Vec<(u8, G, Time)>,
    overflow: Option<G>,
}

impl<G: KeyGate> Naive<G> {
    fn build(&self) -> G {
        G::unlisted("naive".into(), &self.config.gate, &self.env, self.env.now()).unwrap()
    }

    fn see(&mut self) {
        let (now, idle) = (self.env.now(), self.config.idle);
        let is_over =
            |gate: &G, used| idle.is_some_and(|it| now.since(used) >= it) && gate.may_go();
        self.kept.retain(|(_, gate, used)| !is_over(gate, *used));
    }

    fn gate(&mut self, key: u8) -> G {
        self.see();
        let now = self.env.now();
        if let Some(at) = self.kept.iter().position(|(it, ..)| *it == key) {
            let (_, gate, used) = self.kept.remove(at);
            self.kept.push((key, gate.clone(), used.max(now)));
            return gate;
        }
        if self.kept.len() == self.config.max_keys {
            match self.kept.iter().position(|(_, gate, _)| gate.may_go()) {
                Some(at) => drop(self.kept.remove(at)),
                None if !G::SHARES_OVERFLOW => return self.build(),
                None => {
                    let overflow = self.overflow.take().unwrap_or_else(|| self.build());
                    self.overflow = Some(overflow.clone());
                    return overflow;
                }
            }
        }
        let gate = self.build();
        self.kept.push((key, gate.clone(), now));
        gate
    }
}

fn name(key: u8) -> String {
    format!("key-{key}")
}

/// The policy and the naive reading of it, on one clock.
struct Both<G: KeyGate> {
    keyed: Keyed<G>,
    naive: Naive<G>,
    clock: Arc<ManualClock>,
    /// Calls that were begun, on both sides.
    begun: VecDeque<(Permit<G>, Permit<G>)>,
    /// Whether a call ended since all keys were looked at.
    ended: bool,
    operate: fn(&G, bool),
}

impl<G: KeyGate> Both<G> {
    fn new(config: KeyedConfig<G::Config>, operate: fn(&G, bool)) -> Self {
        let (env, clock) = Env::manual();
        let keyed = Keyed::new("test", config.clone(), &env).unwrap();
        let (kept, overflow, begun) = (Vec::new(), None, VecDeque::new());
        let naive = Naive {
            config,
            env,
            kept,
            overflow,
        };
        Self {
            keyed,
            naive,
            clock,
            begun,
            ended: false,
            operate,
        }
    }

    fn permits(&mut self, key: u8) -> Option<(Permit<G>, Permit<G>)> {
        let gate = self.naive.gate(key);
        let ours = self.keyed.permit(&name(key), &Ask::default());
        let theirs = Permit::acquire(gate, &Ask::default());
        assert_eq!(ours.is_ok(), theirs.is_ok());
        Some((ours.ok()?, theirs.ok()?))
    }

    fn step(&mut self, op: &Op) {
        match *op {
            Op::Call(key, outcome) => {
                if let Some((ours, theirs)) = self.permits(key) {
                    ours.record(outcome);
                    theirs.record(outcome);
                }
            }
            Op::Begin(key) => {
                let permits = self.permits(key);
                self.begun.extend(permits);
            }
            Op::End => {
                if let Some((ours, theirs)) = self.begun.pop_front() {
                    ours.record(Outcome::Success);
                    theirs.record(Outcome::Success);
                    self.ended = true;
                }
            }
            Op::Operate(key, which) => {
                (self.operate)(&self.naive.gate(key), which);
                (self.operate)(&self.keyed.gate(&name(key)), which);
            }
            Op::Wait(nanos) => self.clock.advance(Duration::from_nanos(nanos)),
            Op::Back(nanos) => {
                // Whether a key might have gone at the later time is asked at the earlier one.
                let looks = self.ended || !self.begun.is_empty();
                if looks {
                    self.step(&Op::Read);
                }
                let now = self.naive.env.now().as_nanos();
                self.clock.set(Time::from_nanos(now.saturating_sub(nanos)));
                if looks {
                    self.step(&Op::Read);
                }
            }
            Op::Get(key) => {
                self.naive.see();
                let kept = self.naive.kept.iter().any(|(it, ..)| *it == key);
                assert_eq!(self.keyed.get(&name(key)).is_some(), kept);
            }
            Op::Read => {
                self.ended = false;
                self.naive.see();
                let kept = self.naive.kept.iter().map(|(key, ..)| name(*key));
                assert_eq!(self.keyed.keys(), kept.collect::<Vec<_>>());
            }
        }
    }
}

fn run<G: KeyGate>(config: KeyedConfig<G::Config>, operate: fn(&G, bool), ops: &[Op]) {
    let mut both = Both::new(config, operate);
    ops.iter().for_each(|op| both.step(op));
    both.step(&Op::Read);
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let key = || 0..7_u8;
    let outcome = prop_oneof![
        Just(Outcome::Success),
        Just(Outcome::Failure),
        Just(Outcome::Ignored)
    ];
    let op = prop_oneof![
        6 => (key(), outcome).prop_map(|(key, outcome)| Op::Call(key, outcome)),
        2 => key().prop_map(Op::Begin),
        2 => Just(Op::End),
        1 => (key(), any::<bool>()).prop_map(|(key, which)| Op::Operate(key, which)),
        4 => (0..8_u64).prop_map(Op::Wait),
        1 => (0..20_u64).prop_map(Op::Back),
        2 => key().prop_map(Op::Get),
        1 => Just(Op::Read),
    ];
    prop::collection::vec(op, 1..120)
}

fn limits() -> impl Strategy<Value = (usize, Option<Duration>)> {
    let idle = prop::option::of((1..12_u64).prop_map(Duration::from_nanos));
    (1..6_usize, idle)
}

fn config<C>(gate: C, (max_keys, idle): (usize, Option<Duration>)) -> KeyedConfig<C> {
    KeyedConfig {
        gate,
        max_keys,
        idle,
    }
}

proptest! {
    #[test]
    fn circuits_by_key_do_what_a_naive_reading_does(limits in limits(), ops in ops()) {
        let gate = CircuitBreakerConfig {
            consecutive: Some(2),
            probes: 1,
            open_for: Some(Duration::from_nanos(5)),
            ..Default::default()
        };
        let operate = |gate: &CircuitBreaker, isolate| match isolate {
            true => gate.isolate(),
            false => gate.reset(),
        };
        run(config(gate, limits), operate, &ops);
    }

    #[test]
    fn bulkheads_by_key_do_what_a_naive_reading_does(limits in limits(), ops in ops()) {
        run(config(slots(1), limits), |_: &Bulkhead, _| {}, &ops);
    }

    #[test]
    fn limiters_by_key_do_what_a_naive_reading_does(limits in limits(), ops in ops()) {
        let gate = RateLimiterConfig {
            permits: 2,
            per: Duration::from_nanos(7),
            ..Default::default()
        };
        run(config(gate, limits), |_: &RateLimiter, _| {}, &ops);
    }
}
