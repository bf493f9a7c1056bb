//! The limiter against a model that keeps every permit by itself, and a store that counts by itself.

use proptest::prelude::*;

use super::*;
use crate::{Clock, End, Time};

#[derive(Clone, Copy, Debug)]
enum Step {
    Advance(u64),
    Back(u64),
    Take(u32),
    /// Drops a permit unused, by its place among those out.
    GiveBack(prop::sample::Index),
    Ask,
    /// Answers a request that is out, by its place, with part of what it wants, or a wait.
    Answer(prop::sample::Index, u32, u64),
    Fail(prop::sample::Index, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (0_u64..300).prop_map(Step::Advance),
        1 => (0_u64..50).prop_map(Step::Back),
        8 => (1_u32..=8).prop_map(Step::Take),
        2 => index().prop_map(Step::GiveBack),
        6 => Just(Step::Ask),
        6 => (index(), 0_u32..=9, 0_u64..100).prop_map(|(at, n, wait)| Step::Answer(at, n, wait)),
        1 => (index(), 0_u64..100).prop_map(|(at, wait)| Step::Fail(at, wait)),
    ]
}

/// The permits in hand, each by when it is void, and what happened to the others.
#[derive(Debug, Default)]
struct Model {
    permits: Vec<Time>,
    used: u64,
    expired: u64,
    leased: u64,
}

impl Model {
    fn advance(&mut self, now: Time) {
        let before = self.permits.len();
        self.permits.retain(|until| *until > now);
        self.expired += (before - self.permits.len()) as u64;
    }

    fn take(&mut self, cost: u32) -> Option<Time> {
        if self.permits.len() < cost as usize {
            return None;
        }
        self.permits.sort_unstable();
        self.used += u64::from(cost);
        self.permits.drain(..cost as usize).next()
    }

    fn add(&mut self, count: u32, until: Time, batch: usize) {
        self.permits.extend((0..count).map(|_| until));
        self.permits.sort_unstable();
        let over = self.permits.len().saturating_sub(batch);
        self.permits.drain(..over);
        self.expired += over as u64;
    }
}

struct Run {
    limiter: DistributedRateLimiter,
    clock: Arc<ManualClock>,
    model: Model,
    out: Vec<(Ticket, u32, Time)>,
    asked: Vec<(StoreRequest, Time)>,
    last: Option<StoreRequest>,
    not_before: Time,
    down: bool,
}

impl Run {
    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        let now = self.clock.now();
        match step {
            Step::Advance(by) => self.clock.advance(millis(by)),
            Step::Back(by) => {
                let back = now.as_nanos().saturating_sub(by * 1_000_000);
                self.clock.set(Time::from_nanos(back));
            }
            Step::Take(cost) => self.take(cost)?,
            Step::GiveBack(at) if !self.out.is_empty() => {
                let (ticket, cost, until) = self.out.swap_remove(at.index(self.out.len()));
                self.limiter.settle(ticket, End::Unused);
                self.model.used -= u64::from(cost);
                match until > now {
                    true => self.model.add(cost, until, 8),
                    false => self.model.expired += u64::from(cost),
                }
            }
            Step::Ask => self.ask()?,
            Step::Answer(at, granted, wait) if !self.asked.is_empty() => {
                let (request, sent) = self.asked.swap_remove(at.index(self.asked.len()));
                let granted = granted.min(request.want());
                let retry_after = millis(wait);
                let answer = StoreAnswer {
                    granted,
                    retry_after,
                };
                self.limiter.granted(&request, answer);
                if self.last.take_if(|it| *it == request).is_some() {
                    self.model.leased += u64::from(granted);
                    self.model.add(granted, sent.after(SECOND), 8);
                    self.not_before = now.after(retry_after);
                    self.down = false;
                }
            }
            Step::Fail(at, wait) if !self.asked.is_empty() => {
                let (request, _) = self.asked.swap_remove(at.index(self.asked.len()));
                let retry_in = millis(wait);
                self.limiter.failed(&request, StoreFailed { retry_in });
                if self.last.take_if(|it| *it == request).is_some() {
                    self.not_before = now.after(retry_in);
                    self.down = true;
                }
            }
            Step::GiveBack(_) | Step::Answer(..) | Step::Fail(..) => {}
        }
        self.model.advance(self.clock.now());
        Ok(())
    }

    fn take(&mut self, cost: u32) -> Result<(), TestCaseError> {
        let silent = self.limiter.snapshot().store_silent;
        let taken = self.limiter.take(cost);
        let expected = self.model.take(cost);
        prop_assert_eq!(taken.is_ok(), expected.is_some());
        if let (Ok(ticket), Some(until)) = (taken, expected) {
            self.out.push((ticket, cost, until));
        } else {
            let due = self.limiter.demand().due_in();
            prop_assert!(due.is_some(), "who is refused is asked for");
        }
        prop_assert!(
            silent || !self.down,
            "a failure is not forgotten before an answer"
        );
        Ok(())
    }

    fn ask(&mut self) -> Result<(), TestCaseError> {
        let now = self.clock.now();
        let left = self.limiter.left();
        let Some(request) = self.limiter.next_request() else {
            return Ok(());
        };
        prop_assert!(now >= self.not_before, "the store asked for a wait");
        prop_assert!(request.want() >= 1 && request.want() + left <= 8);
        prop_assert!((1..=request.want()).contains(&request.need()));
        self.asked.push((request.clone(), now));
        self.last = Some(request);
        Ok(())
    }
}

proptest! {
    #[test]
    fn the_limiter_equals_a_model_that_keeps_every_permit_by_itself(
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let (limiter, clock) = limiter(config(OnOutage::Closed));
        let mut run = Run {
            limiter,
            clock,
            model: Model::default(),
            out: Vec::new(),
            asked: Vec::new(),
            last: None,
            not_before: Time::ZERO,
            down: false,
        };
        for step in steps {
            run.step(step)?;
            let seen = run.limiter.snapshot();
            let Model { permits, used, expired, leased } = &run.model;
            prop_assert_eq!(seen.left as usize, permits.len());
            prop_assert!(seen.left <= 8);
            prop_assert_eq!((seen.used, seen.expired, seen.leased), (*used, *expired, *leased));
            prop_assert_eq!(seen.leased, seen.used + seen.expired + u64::from(seen.left));
        }
    }
}
