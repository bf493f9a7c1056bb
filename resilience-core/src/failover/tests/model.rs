//! The state against a model that keeps all that happened and counts it anew each time.

use proptest::prelude::*;

use super::super::state::{Move, State};
use super::*;

const TARGETS: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    /// The end of a call that has begun, by its place among those.
    Record(usize, Outcome),
    Check(usize, bool),
    FailBack,
    FailOver,
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop_oneof![
        1 => Just(Outcome::Ignored),
        2 => Just(Outcome::Success),
        6 => Just(Outcome::Failure),
    ];
    prop_oneof![
        8 => Just(Step::Begin),
        8 => (any::<prop::sample::Index>(), outcome)
            .prop_map(|(call, outcome)| Step::Record(call.index(1 << 20), outcome)),
        6 => (0..TARGETS.len(), prop::bool::weighted(0.7))
            .prop_map(|(target, healthy)| Step::Check(target, healthy)),
        1 => Just(Step::FailBack),
        1 => Just(Step::FailOver),
    ]
}

/// All that happened, newest last.
#[derive(Debug, Default)]
struct Model {
    log: Vec<Happened>,
    active: usize,
    marked: [bool; 4],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Happened {
    Result(Outcome),
    Check(usize, bool),
    Marked(usize),
    Switched,
}

impl Model {
    fn period(&self) -> usize {
        self.log
            .iter()
            .filter(|it| **it == Happened::Switched)
            .count()
    }

    fn run(&self) -> u32 {
        let since = self
            .log
            .iter()
            .rev()
            .take_while(|it| **it != Happened::Switched);
        let results = since.filter_map(|it| match it {
            Happened::Result(outcome) if *outcome != Outcome::Ignored => Some(*outcome),
            _ => None,
        });
        results.take_while(|it| *it == Outcome::Failure).count() as u32
    }

    fn healthy(&self, target: usize) -> u32 {
        let since = self.log.iter().rev();
        let since = since.take_while(|it| **it != Happened::Marked(target));
        let checks = since.filter_map(|it| match it {
            Happened::Check(of, healthy) if *of == target => Some(*healthy),
            _ => None,
        });
        checks.take_while(|healthy| *healthy).count() as u32
    }

    fn to(&mut self, found: Option<usize>) -> Option<(usize, usize)> {
        let from = self.active;
        self.active = found?;
        self.log.push(Happened::Switched);
        Some((from, self.active))
    }

    fn record(&mut self, period: usize, outcome: Outcome, after: u32) -> Option<(usize, usize)> {
        if period != self.period() {
            return None;
        }
        self.log.push(Happened::Result(outcome));
        match outcome {
            Outcome::Success => self.marked[self.active] = false,
            Outcome::Failure if self.run() >= after => {
                if !std::mem::replace(&mut self.marked[self.active], true) {
                    self.log.push(Happened::Marked(self.active));
                }
                return self.to((0..4).find(|&it| !self.marked[it]));
            }
            _ => {}
        }
        None
    }

    fn check(&mut self, target: usize, healthy: bool, after: u32) -> Option<(usize, usize)> {
        self.log.push(Happened::Check(target, healthy));
        if !self.marked[target] || self.healthy(target) < after {
            return None;
        }
        self.marked[target] = false;
        self.to(Some(target).filter(|&it| it < self.active))
    }

    fn operator(&mut self, mut among: std::ops::Range<usize>) -> Option<(usize, usize)> {
        let found = among.find(|&it| !self.marked[it]);
        self.to(found)
    }
}

proptest! {
    #[test]
    fn the_state_equals_a_recount_of_all_that_happened(
        switch_after in 1_u32..4,
        fail_back_after in 1_u32..4,
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut state = State::new(&config(&TARGETS, switch_after, fail_back_after));
        let mut model = Model::default();
        let mut calls = Vec::new();
        for step in steps {
            let (moved, expected) = match step {
                Step::Begin => {
                    calls.push((state.head().period, model.period()));
                    (None, None)
                }
                Step::Record(_, _) if calls.is_empty() => (None, None),
                Step::Record(call, outcome) => {
                    let (period, at) = calls.swap_remove(call % calls.len());
                    (state.record(period, outcome), model.record(at, outcome, switch_after))
                }
                Step::Check(target, healthy) => (
                    state.check(target, healthy),
                    model.check(target, healthy, fail_back_after),
                ),
                Step::FailBack => (state.fail_back(), model.operator(0..model.active)),
                Step::FailOver => (state.fail_over(), model.operator(model.active + 1..4)),
            };
            let ends = |moved: Move| (moved.from, moved.to);
            prop_assert_eq!(moved.map(ends), expected, "{:?}", step);
            let quiet = model.run() == 0 && !model.marked[model.active];
            let head = state.head();
            prop_assert_eq!((head.active, head.quiet), (model.active, quiet));
            prop_assert_eq!(state.run(), model.run());
            let marked = state.marks().iter().map(Option::is_some);
            prop_assert!(marked.eq(model.marked), "{:?}", state);
        }
    }
}
