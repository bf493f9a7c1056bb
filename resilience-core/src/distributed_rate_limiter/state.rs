//! Permits that a far store granted, how long they are good for, and when to ask for more.

use std::collections::VecDeque;
use std::time::Duration;

use super::config::DistributedRateLimiterConfig;
use crate::Time;

/// What a caller who is refused waits at least for an answer that is on its way.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(super) struct State {
    numbers: Numbers,
    /// By the time at which they are void, no two the same.
    leases: VecDeque<Lease>,
    request: Option<Request>,
    /// Number of requests so far.
    requests: u64,
    /// When the store may be asked again.
    not_before: Time,
    /// Whether a call came since the last request was made.
    called: bool,
    /// The largest cost of a call that was refused since then for want of permits.
    lacking: u32,
    /// Since when somebody who calls, or the driver, waits for an answer.
    unanswered: Option<Time>,
    down: bool,
    round_trip: Duration,
    pub(super) counts: Counts,
}

#[derive(Clone, Copy, Debug)]
struct Numbers {
    batch: u32,
    low_water: u32,
    lease_for: Duration,
    outage_after: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Lease {
    /// More than a `u32` only until it is held to the batch.
    left: u64,
    until: Time,
}

/// A request for permits, as it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) number: u64,
    pub(super) want: u32,
    pub(super) need: u32,
    sent: Time,
    /// Whether nobody called since the one before.
    repeated: bool,
}

/// What was counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) leased: u64,
    pub(super) used: u64,
    pub(super) expired: u64,
    pub(super) store_errors: u64,
    pub(super) outages: u64,
    pub(super) admitted_in_outage: u64,
    pub(super) refused: u64,
}

/// What is decided for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The permits are there, good until then.
    Leased { until: Time },
    /// They are not, and the store knows when, or will say so.
    Refused { retry_after: Duration },
    /// They are not, and the store is silent.
    Outage { retry_after: Duration },
}

/// What a driver does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Ask,
    /// Looks again then.
    At(Time),
    /// Looks again when woken.
    Nothing,
}

/// A change that an observer hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Lost,
    Back,
}

impl State {
    /// Creates a state with no permits, which asks for some at once where it has a driver.
    pub(super) fn new(config: &DistributedRateLimiterConfig) -> Self {
        Self {
            numbers: Numbers::new(config),
            leases: VecDeque::new(),
            request: None,
            requests: 0,
            not_before: Time::ZERO,
            called: false,
            lacking: 0,
            unanswered: None,
            down: false,
            round_trip: SHORTEST_WAIT,
            counts: Counts::default(),
        }
    }

    pub(super) fn reconfigure(&mut self, config: &DistributedRateLimiterConfig) {
        self.numbers = Numbers::new(config);
        // What waited for the old rate asks anew.
        self.not_before = Time::ZERO;
        self.lacking = self.lacking.min(self.numbers.batch);
        self.keep_to_batch();
    }

    /// Lets go what is void by `now`, and finds out whether the store has been silent too long.
    pub(super) fn advance(&mut self, now: Time) -> Option<Change> {
        while let Some(lease) = self.leases.front().filter(|it| it.until <= now) {
            self.counts.expired += lease.left;
            self.leases.pop_front();
        }
        if self.is_down(now) { self.lose() } else { None }
    }

    /// Says what [`try_acquire`](Self::try_acquire) would.
    pub(super) fn check(&self, cost: u32, now: Time) -> Decision {
        let mut sum = 0;
        let valid = self.leases.iter().filter(|it| it.until > now);
        for lease in valid {
            sum += lease.left;
            if sum >= u64::from(cost) {
                let until = self.first_until(now);
                return Decision::Leased { until };
            }
        }
        let retry_after = self.retry_after(now);
        match self.is_down(now) {
            true => Decision::Outage { retry_after },
            false => Decision::Refused { retry_after },
        }
    }

    /// Takes permits for a call of `cost`, at least 1; call [`advance`](Self::advance) before.
    pub(super) fn try_acquire(&mut self, cost: u32, now: Time) -> Decision {
        let decision = self.check(cost, now);
        self.called = true;
        match decision {
            Decision::Leased { .. } => self.take(cost),
            Decision::Refused { .. } | Decision::Outage { .. } => {
                self.lacking = self.lacking.max(cost);
            }
        }
        self.note_due(now);
        decision
    }

    /// Takes back `cost` permits that were not used.
    pub(super) fn give_back(&mut self, cost: u32, until: Time, now: Time) {
        self.counts.used -= u64::from(cost);
        match until > now {
            true => self.add(cost, until),
            false => self.counts.expired += u64::from(cost),
        }
    }

    /// Says what a driver does at `now`.
    pub(super) fn next(&self, now: Time) -> Next {
        if let Some(request) = self.request {
            // Whoever was to bring the answer is gone.
            let void = request.sent.after(self.numbers.outage_after);
            if now < void {
                return Next::At(void);
            }
        }
        match self.wants(now) {
            false => Next::Nothing,
            true if now < self.not_before => Next::At(self.not_before),
            true => Next::Ask,
        }
    }

    /// Makes the request that a driver sends at `now`.
    pub(super) fn ask(&mut self, now: Time) -> Request {
        let left = self.left(now);
        self.requests += 1;
        let request = Request {
            number: self.requests,
            want: self.numbers.batch - left,
            need: self.lacking.saturating_sub(left).max(1),
            sent: now,
            repeated: !self.called,
        };
        self.request = Some(request);
        self.called = false;
        self.lacking = 0;
        self.unanswered.get_or_insert(now);
        request
    }

    /// Learns what the store answered to the request of that number; to an older one, nothing.
    pub(super) fn granted(
        &mut self,
        number: u64,
        granted: u32,
        retry_after: Duration,
        now: Time,
    ) -> Option<Change> {
        let request = self.request.take_if(|it| it.number == number)?;
        self.round_trip = now.since(request.sent).max(SHORTEST_WAIT);
        self.not_before = now.after(retry_after);
        let granted = granted.min(request.want);
        if granted > 0 {
            self.counts.leased += u64::from(granted);
            // From the sending, which is before the store's grant.
            self.add(granted, request.sent.after(self.numbers.lease_for));
        }
        if granted < request.need && !request.repeated {
            // For him who comes back when he was told to.
            let cost = request.need + self.left(now);
            self.lacking = self.lacking.max(cost.min(self.numbers.batch));
        }
        self.unanswered = None;
        let change = self.heard(now);
        self.note_due(now);
        change
    }

    /// Learns that there will be no answer to the request of that number, and when to ask again.
    pub(super) fn failed(&mut self, number: u64, retry_in: Duration, now: Time) -> Option<Change> {
        self.request.take_if(|it| it.number == number)?;
        self.not_before = now.after(retry_in);
        self.unanswered = None;
        self.unheard()
    }

    /// Learns that the store answered somebody; where the answer to another is overdue, he does not
    /// stand in for it.
    pub(super) fn heard(&mut self, now: Time) -> Option<Change> {
        let back = self.down && !self.is_overdue(now);
        self.down &= !back;
        back.then_some(Change::Back)
    }

    /// Learns that the store did not answer somebody.
    pub(super) fn unheard(&mut self) -> Option<Change> {
        self.counts.store_errors += 1;
        self.lose()
    }

    fn lose(&mut self) -> Option<Change> {
        let lost = !std::mem::replace(&mut self.down, true);
        self.counts.outages += u64::from(lost);
        lost.then_some(Change::Lost)
    }

    /// Returns how many permits are left.
    pub(super) fn left(&self, now: Time) -> u32 {
        let valid = self.leases.iter().filter(|it| it.until > now);
        u32::try_from(valid.map(|it| it.left).sum::<u64>()).unwrap_or(u32::MAX)
    }

    /// Returns when the first permits that are left will be void.
    pub(super) fn first_until(&self, now: Time) -> Time {
        let valid = self.leases.iter().map(|it| it.until);
        valid.filter(|it| *it > now).min().unwrap_or(now)
    }

    /// Says whether the store is silent.
    pub(super) fn is_down(&self, now: Time) -> bool {
        self.down || self.is_overdue(now)
    }

    /// Returns when it is, unless it answers before.
    pub(super) fn silent_at(&self) -> Option<Time> {
        Some(self.unanswered?.after(self.numbers.outage_after))
    }

    /// Says whether the store is to be left alone for a while, as it said.
    pub(super) fn is_held_off(&self, now: Time) -> bool {
        self.request.is_none() && now < self.not_before
    }

    fn is_overdue(&self, now: Time) -> bool {
        self.silent_at().is_some_and(|it| it <= now)
    }

    /// Returns when the answer to the next request is there, if all goes as the last time.
    pub(super) fn retry_after(&self, now: Time) -> Duration {
        let asked = match self.request {
            Some(request) => request.sent,
            None => self.not_before.max(now),
        };
        let wait = asked.after(self.round_trip).since(now);
        wait.max(SHORTEST_WAIT)
    }

    /// Says whether to ask the store as soon as that may be.
    fn wants(&self, now: Time) -> bool {
        let left = self.left(now);
        let low = self.called && left <= self.numbers.low_water;
        let first = self.requests == 0;
        (first || low || self.down || self.lacking > left) && left < self.numbers.batch
    }

    fn note_due(&mut self, now: Time) {
        if self.unanswered.is_none() && !self.down && self.wants(now) {
            self.unanswered = Some(now.max(self.not_before));
        }
    }

    fn take(&mut self, cost: u32) {
        self.counts.used += u64::from(cost);
        let mut cost = u64::from(cost);
        for lease in &mut self.leases {
            let taken = cost.min(lease.left);
            lease.left -= taken;
            cost -= taken;
        }
        self.leases.retain(|it| it.left > 0);
    }

    fn add(&mut self, permits: u32, until: Time) {
        let left = u64::from(permits);
        match self.leases.binary_search_by_key(&until, |it| it.until) {
            Ok(at) => self.leases[at].left += left,
            Err(at) => {
                self.leases.insert(at, Lease { left, until });
            }
        }
        self.keep_to_batch();
    }

    /// Lets go what is above the batch, the first to be void first.
    fn keep_to_batch(&mut self) {
        let all = self.leases.iter().map(|it| it.left).sum::<u64>();
        let mut over = all.saturating_sub(self.numbers.batch.into());
        self.counts.expired += over;
        for lease in &mut self.leases {
            let gone = over.min(lease.left);
            lease.left -= gone;
            over -= gone;
        }
        self.leases.retain(|it| it.left > 0);
    }
}

impl Numbers {
    fn new(config: &DistributedRateLimiterConfig) -> Self {
        Self {
            batch: config.batch(),
            low_water: config.low_water(),
            lease_for: config.lease_for,
            outage_after: config.outage_after,
        }
    }
}
