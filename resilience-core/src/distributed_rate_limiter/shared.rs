//! What the handles of a distributed rate limiter share.

use std::task::Waker;
use std::time::Duration;

use super::DistributedRateLimiterSnapshot;
use super::config::DistributedRateLimiterConfig;
use super::demand::{StoreAnswer, StoreFailed, StoreRequest};
use super::known::{Known, OutageBy};
use super::state::{Change, Decision, Next, State};
use crate::line::{Line, Wakes};
use crate::rate_limiter::Ticket as LocalTicket;
use crate::shared::{self, Events};
use crate::{
    Ask, Config, ConfigError, DeadlinePassed, End, Env, Event, Gate, Name, NeverFits, RateLimited,
    RateLimiter, Rejected, Time,
};

#[derive(Debug)]
pub(super) struct Shared(pub(super) shared::Shared<Known>);

/// Where the right to make a call came from.
#[derive(Debug)]
pub(super) enum Taken {
    /// The permits that were leased, void from then on.
    Leased { cost: u32, until: Time },
    /// The limiter that stands in for the store.
    Local(LocalTicket),
    /// The store itself, or nobody: nothing can be given back.
    Kept,
}

impl Shared {
    pub(super) fn new(
        name: Name,
        config: DistributedRateLimiterConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let now = env.now();
        let local = config.local();
        let local = local.map(|it| RateLimiter::unlisted(name.clone(), &it, env, now));
        let known = Known {
            state: State::new(&config),
            local: local.transpose()?,
            config,
            driver: None,
            line: Line::default(),
        };
        Ok(Self(shared::Shared::new(name, env, known)))
    }

    pub(super) fn name(&self) -> &Name {
        self.0.name()
    }

    /// Works on the state at `now`; wakes the driver where it has something to do then.
    pub(super) fn at<T>(
        &self,
        now: Time,
        work: impl FnOnce(&mut Known, &mut Wakes) -> (T, Option<Change>),
    ) -> T {
        let mut wakes = Wakes::default();
        let (out, driver) = self.0.locked(|known, events| {
            tell(known.state.advance(now), events);
            let (out, change) = work(known, &mut wakes);
            tell(change, events);
            known.serve(now, &mut wakes);
            (out, known.driver_to_wake(now))
        });
        wakes.wake();
        // Code of the driver's, and so with no lock held.
        if let Some(driver) = driver {
            driver.waker.wake();
        }
        out
    }

    pub(super) fn check(&self, ask: &Ask) -> Result<(), Rejected> {
        if ask.cost == 0 {
            return Ok(());
        }
        let now = ask.now(self.0.env());
        let decided = self.0.locked(|known, _| {
            fits(ask.cost, known.config.batch())?;
            let decision = known.state.check(ask.cost, now);
            Ok((decision, known.outage(decision)))
        });
        match decided.map_err(|most| self.never_fits(ask, most))? {
            (Decision::Leased { .. }, _) => Ok(()),
            (Decision::Outage { .. }, Some(OutageBy::Open)) => Ok(()),
            (Decision::Outage { .. }, Some(OutageBy::Local(local))) => local.check(ask),
            (Decision::Refused { retry_after } | Decision::Outage { retry_after }, _) => {
                Err(self.refusal(retry_after))
            }
        }
    }

    pub(super) fn try_acquire(&self, ask: &Ask) -> Result<Taken, Rejected> {
        let cost = ask.cost;
        if cost == 0 {
            return Ok(Taken::Kept);
        }
        let now = ask.now(self.0.env());
        let decided = self.at(now, |known, _| {
            let fits = fits(cost, known.config.batch());
            let decided = fits.map(|()| known.state.try_acquire(cost, now));
            if matches!(decided, Err(_) | Ok(Decision::Refused { .. })) {
                known.state.counts.refused += 1;
            }
            (decided.map(|it| (it, known.outage(it))), None)
        });
        match decided.map_err(|most| self.never_fits(ask, most))? {
            (Decision::Leased { until }, _) => Ok(Taken::Leased { cost, until }),
            (Decision::Refused { retry_after }, _) => Err(self.refusal(retry_after)),
            (Decision::Outage { retry_after }, by) => self.without_store(ask, by, retry_after),
        }
    }

    /// Decides a call while the store is silent.
    pub(super) fn without_store(
        &self,
        ask: &Ask,
        by: Option<OutageBy>,
        retry_after: Duration,
    ) -> Result<Taken, Rejected> {
        let taken = match by {
            Some(OutageBy::Open) => Ok(Taken::Kept),
            // It has a lock of its own.
            Some(OutageBy::Local(local)) => {
                let ticket = local.try_acquire(ask);
                ticket.map(Taken::Local)
            }
            None => Err(self.refusal(retry_after)),
        };
        let admitted = taken.is_ok();
        self.0.locked(|known, _| {
            let counts = &mut known.state.counts;
            match admitted {
                true => counts.admitted_in_outage += 1,
                false => counts.refused += 1,
            }
        });
        taken
    }

    pub(super) fn settle(&self, taken: Taken, end: End) {
        match (taken, end) {
            (Taken::Leased { cost, until }, End::Unused) => {
                let now = self.0.env().now();
                self.at(now, |known, _| {
                    known.state.give_back(cost, until, now);
                    ((), None)
                });
            }
            (Taken::Local(ticket), end) => {
                if let Some(local) = self.0.locked(|known, _| known.local.clone()) {
                    local.settle(ticket, end);
                }
            }
            (Taken::Leased { .. } | Taken::Kept, _) => {}
        }
    }

    pub(super) fn next_request(&self) -> Option<StoreRequest> {
        let now = self.0.env().now();
        self.at(now, |known, _| (known.next_request(now), None))
    }

    /// Returns the request that is to be sent; otherwise `waker` is woken when one may be.
    pub(super) fn poll_request(&self, waker: Waker) -> Option<StoreRequest> {
        let now = self.0.env().now();
        // Wakers, and their ends, are the driver's code, and so none is dropped under the lock.
        let (request, _before, _unused) = self.at(now, |known, _| {
            let out = match known.next_request(now) {
                Some(request) => (Some(request), known.driver.take(), Some(waker)),
                None => (None, known.wait(waker, now), None),
            };
            (out, None)
        });
        request
    }

    pub(super) fn due_in(&self) -> Option<Duration> {
        let now = self.0.env().now();
        self.0.locked(|known, _| match known.state.next(now) {
            Next::Ask => Some(Duration::ZERO),
            Next::At(at) => Some(at.since(now)),
            Next::Nothing => None,
        })
    }

    pub(super) fn granted(&self, request: &StoreRequest, answer: StoreAnswer) {
        let now = self.0.env().now();
        let StoreAnswer {
            granted,
            retry_after,
        } = answer;
        self.at(now, |known, wakes| {
            let change = known
                .state
                .granted(request.number, granted, retry_after, now);
            if known.state.is_held_off(now) {
                known.look_anew(wakes);
            }
            ((), change)
        });
    }

    pub(super) fn failed(&self, request: &StoreRequest, failed: StoreFailed) {
        let now = self.0.env().now();
        self.at(now, |known, wakes| {
            known.look_anew(wakes);
            ((), known.state.failed(request.number, failed.retry_in, now))
        });
    }

    pub(super) fn exact_request(&self, ask: &Ask) -> Result<StoreRequest, Rejected> {
        let within = ask.deadline.map(|it| it.left(ask.now(self.0.env())));
        if within.is_some_and(|left| left.is_zero()) {
            return Err(self.late());
        }
        let request = self.0.locked(|known, _| {
            let fits = fits(ask.cost, known.config.burst());
            known.state.counts.refused += u64::from(fits.is_err());
            fits.map(|()| StoreRequest {
                within,
                ..known.request(0, ask.cost, ask.cost)
            })
        });
        request.map_err(|most| self.never_fits(ask, most))
    }

    pub(super) fn exact_answer(
        &self,
        ask: &Ask,
        answer: Result<StoreAnswer, StoreFailed>,
    ) -> Result<Taken, Rejected> {
        let now = self.0.env().now();
        let retry_after = match answer {
            Ok(answer) => return self.exact_granted(ask, answer, now),
            Err(StoreFailed { retry_in }) => retry_in,
        };
        let by = self.at(now, |known, wakes| {
            known.look_anew(wakes);
            let change = known.state.unheard();
            (known.outage(Decision::Outage { retry_after }), change)
        });
        // The time of the asking has passed.
        self.without_store(&Ask::default().cost(ask.cost), by, retry_after)
    }

    fn exact_granted(&self, ask: &Ask, answer: StoreAnswer, now: Time) -> Result<Taken, Rejected> {
        let cost = u64::from(ask.cost);
        let admitted = answer.granted >= ask.cost;
        self.at(now, |known, _| {
            let counts = &mut known.state.counts;
            match admitted {
                true => {
                    counts.leased += cost;
                    counts.used += cost;
                }
                false => counts.refused += 1,
            }
            ((), known.state.heard(now))
        });
        match admitted {
            true => Ok(Taken::Kept),
            false => Err(self.refusal(answer.retry_after)),
        }
    }

    pub(super) fn config(&self) -> DistributedRateLimiterConfig {
        self.0.locked(|known, _| known.config.clone())
    }

    pub(super) fn reconfigure(
        &self,
        config: DistributedRateLimiterConfig,
    ) -> Result<(), ConfigError> {
        config.check()?;
        let env = self.0.env();
        let now = env.now();
        let fresh = config.local();
        let fresh = fresh.map(|it| RateLimiter::unlisted(self.name().clone(), &it, env, now));
        let fresh = fresh.transpose()?;
        let local = config.local();
        let (goes_on, gone) = self.at(now, |known, wakes| {
            known.look_anew(wakes);
            known.state.reconfigure(&config);
            known.config = config;
            let goes_on = known.local.clone().filter(|_| local.is_some());
            let next = goes_on.clone().or(fresh);
            // What goes does so when the lock is free.
            ((goes_on, std::mem::replace(&mut known.local, next)), None)
        });
        drop(gone);
        match goes_on.zip(local) {
            Some((it, local)) => it.reconfigure(local),
            None => Ok(()),
        }
    }

    pub(super) fn observe(&self) -> DistributedRateLimiterSnapshot {
        let now = self.0.env().now();
        self.at(now, |known, _| {
            let Known { config, state, .. } = known;
            let counts = state.counts;
            let seen = DistributedRateLimiterSnapshot {
                permits: config.permits,
                per: config.per,
                burst: config.burst(),
                batch: config.batch(),
                left: state.left(now),
                void_in: state.first_until(now).since(now),
                on_outage: config.on_outage,
                store_silent: state.is_down(now),
                outages: counts.outages,
                store_errors: counts.store_errors,
                leased: counts.leased,
                used: counts.used,
                expired: counts.expired,
                admitted_in_outage: counts.admitted_in_outage,
                refused: counts.refused,
            };
            (seen, None)
        })
    }

    /// Counts and returns the reason of a wait that lasted to its deadline.
    pub(super) fn late(&self) -> Rejected {
        self.0.locked(|known, _| known.state.counts.refused += 1);
        let policy = self.name().clone();
        DeadlinePassed { policy }.into()
    }

    pub(super) fn refusal(&self, retry_after: Duration) -> Rejected {
        let policy = self.name().clone();
        RateLimited {
            policy,
            retry_after,
        }
        .into()
    }

    pub(super) fn never_fits(&self, ask: &Ask, most: u32) -> Rejected {
        let (policy, cost) = (self.name().clone(), ask.cost);
        NeverFits { policy, cost, most }.into()
    }
}

fn fits(cost: u32, most: u32) -> Result<(), u32> {
    match cost <= most {
        true => Ok(()),
        false => Err(most),
    }
}

fn tell(change: Option<Change>, events: &mut Events) {
    if let Some(change) = change {
        events.push(match change {
            Change::Lost => Event::StoreLost,
            Change::Back => Event::StoreBack,
        });
    }
}

crate::handle::policy! {
    Shared,
    of: super::DistributedRateLimiter,
    name: |it| it.name(),
    snapshot: |it| DistributedRateLimiter(it.observe()),
    reconfigure: |it, config| it.reconfigure(config.clone())
}
