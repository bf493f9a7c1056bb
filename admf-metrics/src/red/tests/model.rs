//! Calls that overlap in any order, held against a model that just counts.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use proptest::prelude::*;
use tokio_test::task::{self, Spawn};
use tower::{Layer, Service, service_fn};

use super::*;
use crate::red::{CallResult, MeasureLayer};

/// What a call does when it is polled.
#[derive(Clone, Copy, Debug)]
enum Will {
    Wait,
    Give(CallResult),
    Panic,
}

struct Scripted(Rc<Cell<Will>>);

impl Future for Scripted {
    type Output = Result<CallResult, Infallible>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0.get() {
            Will::Wait => Poll::Pending,
            Will::Give(result) => Poll::Ready(Ok(result)),
            Will::Panic => panic!("as scripted"),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    BeginWithPanic,
    Poll(usize, Will),
    Drop(usize),
    Advance(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let will = prop_oneof![
        2 => Just(Will::Wait),
        1 => Just(Will::Panic),
        2 => Just(Will::Give(CallResult::Success)),
        1 => Just(Will::Give(CallResult::Error("timeout"))),
        1 => Just(Will::Give(CallResult::Error("unlisted"))),
        1 => Just(Will::Give(CallResult::Rejected)),
    ];
    let step = prop_oneof![
        4 => Just(Step::Begin),
        1 => Just(Step::BeginWithPanic),
        6 => (0..8_usize, will).prop_map(|(i, will)| Step::Poll(i, will)),
        2 => (0..8_usize).prop_map(Step::Drop),
        3 => (0..10_000_u64).prop_map(Step::Advance),
    ];
    proptest::collection::vec(step, 0..60)
}

/// What was counted, and how long it took, in milliseconds, by result.
#[derive(Debug, Default, PartialEq)]
struct Model {
    now: u64,
    counts: [u64; 5],
    lasted: [u64; 5],
    classes: [u64; 2],
}

impl Model {
    fn end(&mut self, begun: u64, result: usize) {
        self.counts[result] += 1;
        self.lasted[result] += self.now - begun;
    }

    fn told(&mut self, begun: u64, result: CallResult) {
        match result {
            CallResult::Success => self.end(begun, 0),
            CallResult::Error(class) => {
                self.classes[usize::from(class != "timeout")] += 1;
                self.end(begun, 1);
            }
            CallResult::Rejected => self.end(begun, 2),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_calls_do_and_in_whatever_order_each_is_counted_once_with_its_time(steps in steps()) {
        let bench = Bench::new();
        let rule = |result: &Result<CallResult, Infallible>| match *result {
            Ok(result) => result,
            Err(never) => match never {},
        };
        let layer = MeasureLayer::new(bench.operation(&["timeout"])).classify(rule);
        let mut service = layer.layer(service_fn(|script: Option<Rc<Cell<Will>>>| {
            Scripted(script.expect("as scripted"))
        }));
        let mut model = Model::default();
        let mut calls: Vec<(u64, Rc<Cell<Will>>, Spawn<_>)> = Vec::new();
        for step in steps {
            match step {
                Step::Begin => {
                    let script = Rc::new(Cell::new(Will::Wait));
                    let call = task::spawn(service.call(Some(Rc::clone(&script))));
                    calls.push((model.now, script, call));
                }
                Step::BeginWithPanic => {
                    assert!(catch_unwind(AssertUnwindSafe(|| service.call(None))).is_err());
                    model.end(model.now, 3);
                }
                Step::Poll(i, will) if i < calls.len() => {
                    let (begun, script, call) = &mut calls[i];
                    script.set(will);
                    let polled = catch_unwind(AssertUnwindSafe(|| call.poll()));
                    match will {
                        Will::Wait => prop_assert!(polled.is_ok_and(|it| it.is_pending())),
                        Will::Give(result) => {
                            prop_assert_eq!(polled.ok(), Some(Poll::Ready(Ok(result))));
                            model.told(*begun, result);
                        }
                        Will::Panic => {
                            prop_assert!(polled.is_err());
                            model.end(*begun, 3);
                        }
                    }
                    if !matches!(will, Will::Wait) {
                        drop(calls.remove(i));
                    }
                }
                Step::Drop(i) if i < calls.len() => {
                    let (begun, ..) = calls.remove(i);
                    model.end(begun, 4);
                }
                Step::Poll(..) | Step::Drop(_) => {}
                Step::Advance(millis) => {
                    bench.advance(Duration::from_millis(millis));
                    model.now += millis;
                }
            }
            prop_assert_eq!(bench.in_flight(), calls.len() as f64);
        }
        for (begun, ..) in calls.drain(..) {
            model.end(begun, 4);
        }
        prop_assert_eq!(bench.in_flight(), 0.0);
        prop_assert_eq!(bench.ends(), model.counts.map(|it| it as f64));
        for (result, lasted) in RESULTS.iter().zip(model.lasted) {
            let sum = bench.duration("sum", result) * 1000.0;
            prop_assert!((sum - lasted as f64).abs() < 1e-6, "{}: {} {}", result, sum, lasted);
        }
        let classes = ["timeout", "_other"].map(|class| bench.errors(class).unwrap());
        prop_assert_eq!(classes, model.classes.map(|it| it as f64));
    }
}
