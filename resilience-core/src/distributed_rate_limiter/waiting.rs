//! Those who wait for permits.

use std::task::Waker;
use std::time::Duration;

use super::known::InVain;
use super::shared::{Shared, Taken};
use crate::line::Left;
use crate::{Ask, Deadline, DistributedRateLimiter, End, Handle, Rejected, Time};

/// One who waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) number: u64,
    pub(super) cost: u32,
    pub(super) deadline: Option<Deadline>,
    /// Since when, unless the permits were there at once.
    pub(super) since: Option<Time>,
}

impl Shared {
    /// Lets a call wait, if it costs anything.
    pub(super) fn enqueue(&self, ask: &Ask) -> Option<Waiting> {
        let Ask { cost, deadline, .. } = *ask;
        if cost == 0 {
            return None;
        }
        let now = self.0.env().now();
        let (number, waits) = self.at(now, |known, wakes| {
            let number = known.line.join(cost);
            known.serve(now, wakes);
            ((number, known.line.get(number).is_some()), None)
        });
        Some(Waiting {
            number,
            cost,
            deadline,
            since: waits.then_some(now),
        })
    }

    pub(super) fn poll_turn(
        &self,
        waiting: Waiting,
        waker: Waker,
    ) -> Option<Result<Taken, Rejected>> {
        let now = self.0.env().now();
        // A waker is the caller's code, and so none is dropped under the lock.
        let (end, _unused) = self.at(now, |known, wakes| {
            let Some(why) = known.in_vain(waiting, now) else {
                let served = known.line.poll(waiting.number, waker, wakes);
                return ((served.map(Ok), None), None);
            };
            let end = match known.line.leave(waiting.number, wakes) {
                // What came together with the end counts.
                Some(Left::Served(taken)) => Ok(taken),
                _ => Err(why),
            };
            ((Some(end), Some(waker)), None)
        });
        let end = end?.or_else(|why| self.not_waited(waiting, why));
        if let (Ok(_), Some(since)) = (&end, waiting.since) {
            let kind = DistributedRateLimiter::KIND;
            self.0.env().emit_wait(self.name(), kind, since);
        }
        Some(end)
    }

    /// Decides a call that waits no more.
    fn not_waited(&self, waiting: Waiting, why: InVain) -> Result<Taken, Rejected> {
        let ask = Ask::default().cost(waiting.cost);
        let refusal = match why {
            InVain::Late => return Err(self.late()),
            InVain::Outage(by, retry_after) => return self.without_store(&ask, by, retry_after),
            InVain::NeverFits(most) => self.never_fits(&ask, most),
            InVain::Refused(retry_after) => self.refusal(retry_after),
        };
        self.0.locked(|known, _| known.state.counts.refused += 1);
        Err(refusal)
    }

    pub(super) fn turn_due_in(&self, waiting: Waiting) -> Option<Duration> {
        let now = self.0.env().now();
        let silent = self.0.locked(|known, _| known.state.silent_at());
        let deadline = waiting.deadline.map(Deadline::time);
        let due = silent.into_iter().chain(deadline).min()?;
        Some(due.since(now))
    }

    pub(super) fn leave(&self, waiting: Waiting) {
        let now = self.0.env().now();
        let left = self.at(now, |known, wakes| {
            (known.line.leave(waiting.number, wakes), None)
        });
        if let Some(Left::Served(taken)) = left {
            self.settle(taken, End::Unused);
        }
    }
}
