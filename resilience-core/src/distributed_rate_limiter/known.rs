//! What a limiter knows beside its state, under the lock: who waits to ask, and who stands in.

use std::task::Waker;
use std::time::Duration;

use super::config::{DistributedRateLimiterConfig, OnOutage};
use super::demand::StoreRequest;
use super::shared::Taken;
use super::state::{Decision, Next, Request, State};
use super::waiting::Waiting;
use crate::line::{Line, Wakes};
use crate::{RateLimiter, Time};

#[derive(Debug)]
pub(super) struct Known {
    pub(super) config: DistributedRateLimiterConfig,
    pub(super) state: State,
    /// Stands in for the store while that is silent, where one is to.
    pub(super) local: Option<RateLimiter>,
    pub(super) driver: Option<Driver>,
    /// Those who wait, each for so many permits.
    pub(super) line: Line<u32, Taken>,
}

/// Whoever waits to ask the store.
#[derive(Debug)]
pub(super) struct Driver {
    pub(super) waker: Waker,
    /// When he looks again, though nobody woke him.
    due: Option<Time>,
}

/// What decides while the store is silent, where something does.
#[derive(Debug)]
pub(super) enum OutageBy {
    Open,
    Local(RateLimiter),
}

/// Why one who waits does so no more.
#[derive(Debug)]
pub(super) enum InVain {
    Late,
    /// The batch is so small now.
    NeverFits(u32),
    Refused(Duration),
    Outage(Option<OutageBy>, Duration),
}

impl Known {
    /// Gives those who wait their permits, in order, as far as these go.
    pub(super) fn serve(&mut self, now: Time, wakes: &mut Wakes) {
        let batch = self.config.batch();
        while let Some((number, &cost)) = self.line.first().filter(|it| *it.1 <= batch) {
            let Decision::Leased { until } = self.state.try_acquire(cost, now) else {
                return;
            };
            let taken = Taken::Leased { cost, until };
            self.line.serve(number, wakes, taken);
        }
    }

    /// Lets all who wait find out whether they still should.
    pub(super) fn look_anew(&mut self, wakes: &mut Wakes) {
        self.line.change(0, wakes, |_| {});
    }

    /// Returns why that wait is in vain, if it is.
    pub(super) fn in_vain(&self, waiting: Waiting, now: Time) -> Option<InVain> {
        let Waiting { cost, deadline, .. } = waiting;
        let (state, batch) = (&self.state, self.config.batch());
        if deadline.is_some_and(|it| it.has_passed(now)) {
            return Some(InVain::Late);
        }
        if cost > batch {
            return Some(InVain::NeverFits(batch));
        }
        let retry_after = state.retry_after(now);
        if state.is_down(now) {
            let by = self.outage(Decision::Outage { retry_after });
            return Some(InVain::Outage(by, retry_after));
        }
        let left = deadline.map_or(Duration::ZERO, |it| it.left(now));
        let long = state.is_held_off(now) && retry_after >= left;
        long.then_some(InVain::Refused(retry_after))
    }

    /// Returns the driver, where he has something to do that he does not know of.
    pub(super) fn driver_to_wake(&mut self, now: Time) -> Option<Driver> {
        let next = self.state.next(now);
        self.driver.take_if(|driver| match next {
            Next::Ask => true,
            Next::At(at) => driver.due.is_none_or(|due| at < due),
            Next::Nothing => false,
        })
    }

    /// Lets `waker` wait; returns who waited before.
    pub(super) fn wait(&mut self, waker: Waker, now: Time) -> Option<Driver> {
        let due = match self.state.next(now) {
            Next::At(at) => Some(at),
            Next::Ask | Next::Nothing => None,
        };
        self.driver.replace(Driver { waker, due })
    }

    /// Returns what decides a call that was decided like that.
    pub(super) fn outage(&self, decision: Decision) -> Option<OutageBy> {
        match (decision, self.config.on_outage) {
            (Decision::Outage { .. }, OnOutage::Open) => Some(OutageBy::Open),
            (Decision::Outage { .. }, OnOutage::Local) => self.local.clone().map(OutageBy::Local),
            _ => None,
        }
    }

    /// Returns the request that is to be sent, if one is.
    pub(super) fn next_request(&mut self, now: Time) -> Option<StoreRequest> {
        (self.state.next(now) == Next::Ask).then(|| {
            let Request {
                number, want, need, ..
            } = self.state.ask(now);
            self.request(number, want, need)
        })
    }

    /// Returns a request at the rate of the config.
    pub(super) fn request(&self, number: u64, want: u32, need: u32) -> StoreRequest {
        StoreRequest {
            number,
            want,
            need,
            permit_time: self.config.permit_time(),
            burst: self.config.burst(),
            within: None,
        }
    }
}
