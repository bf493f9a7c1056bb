//! `timeout`. The runner plays the service and the timers, which are futures on the driven clock.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use resilience_core::{CallError, Failed, Time, Timeout, TimeoutConfig};
use serde_json::Value;

use super::{Policy, calls};
use crate::vectors::case::{Built, Driver, World, unknown_op};
use crate::vectors::compare::{Seen, Shown};
use crate::vectors::schema::{Checked, Fields};

const KEYS: &[(&str, &str)] = &[("timeout_ms", "timeout")];

pub(super) const POLICY: Policy = Policy {
    name: "timeout",
    keys: &[KEYS],
    build,
};

struct Limit(Timeout);

fn build(world: &World, fields: &Fields<'_>) -> Built {
    let timeout = fields.length("timeout_ms")?.unwrap_or_default();
    let config = TimeoutConfig { timeout };
    let timeout = Timeout::new("case", config, &world.env)?;
    Ok(Box::new(Limit(timeout)))
}

impl Driver for Limit {
    fn act(&mut self, world: &World, op: &str, args: &Fields<'_>) -> Checked<Seen> {
        if op != "run" {
            return unknown_op(op);
        }
        let took = match args.raw("took_ms") {
            Some(Value::Null) => None,
            _ => Some(args.must("took_ms", args.length("took_ms"))?),
        };
        let ask = calls::ask(args)?;
        let timers = Timers::new(world);
        let sent = Cell::new(false);
        let service = || {
            sent.set(true);
            let end = took.map(|took| world.env.now().after(took));
            let end = end.map(|end| timers.reached(end));
            async {
                match end {
                    Some(end) => end.await,
                    None => pending().await,
                }
                Ok::<(), Failed<()>>(())
            }
        };
        let sleep = |limit| timers.reached(world.env.now().after(limit));
        let result = timers.run(self.0.call_with(&ask, sleep, service))?;
        let word = match result {
            Ok(()) => Some("done"),
            Err(error) => error.elapsed().map(|_| "elapsed"),
        };
        Ok(Seen::from([
            ("sent", sent.get().into()),
            ("result", word.into()),
            ("ended_at_ms", Shown::from(world.env.now())),
        ]))
    }
}

/// The timers of one run.
struct Timers<'a> {
    world: &'a World,
    armed: RefCell<Vec<Time>>,
}

impl<'a> Timers<'a> {
    fn new(world: &'a World) -> Self {
        let armed = RefCell::default();
        Self { world, armed }
    }

    /// Waits until the clock shows `time`.
    fn reached(&self, time: Time) -> impl Future<Output = ()> {
        poll_fn(move |_| {
            if self.world.env.now() >= time {
                return Poll::Ready(());
            }
            self.armed.borrow_mut().push(time);
            Poll::Pending
        })
    }

    /// Runs `future` to its end, and moves the clock to the next timer whenever it waits.
    fn run<T>(&self, future: impl Future<Output = T>) -> Checked<T> {
        let mut future = pin!(future);
        loop {
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(end) = future.as_mut().poll(&mut context) {
                return Ok(end);
            }
            let next = self.armed.take().into_iter().min();
            self.world.clock.set(next.ok_or("it waits for nothing")?);
        }
    }
}
