//! What the handles of a rate limiter share.

use super::gcra::{self, Gcra};
use super::state::{Refused, duration};
use super::tail::Ticket;
use super::turn::Place;
use super::window::Window;
use super::{Quota, RateLimiter, RateLimiterConfig, RateLimiterKind, RateLimiterSnapshot};
use crate::counter::Counter;
use crate::sync::Mutex;
use crate::{
    Ask, Config, ConfigError, DeadlinePassed, End, Env, Handle, Name, NeverFits, RateLimited,
    Rejected, Time,
};

#[derive(Debug)]
pub(super) struct Shared {
    name: Name,
    env: Env,
    kind: RateLimiterKind,
    meter: Meter,
    admitted: Counter,
    refused: Counter,
}

#[derive(Debug)]
enum Meter {
    Gcra(Gcra),
    Window(Mutex<Window>),
}

impl Shared {
    pub(super) fn new(
        name: Name,
        config: RateLimiterConfig,
        env: &Env,
        created: Time,
        counter: fn() -> Counter,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let now = created.as_nanos();
        let kind = config.kind;
        let meter = match kind {
            RateLimiterKind::Gcra => Meter::Gcra(Gcra::new(config, now)),
            _ => Meter::Window(Mutex::new(Window::new(config, now))),
        };
        Ok(Self {
            name,
            env: env.clone(),
            kind,
            meter,
            admitted: counter(),
            refused: counter(),
        })
    }

    pub(super) fn env(&self) -> &Env {
        &self.env
    }

    /// Returns the limiter that has a queue, where this is one.
    pub(super) fn gcra(&self) -> Option<&Gcra> {
        match &self.meter {
            Meter::Gcra(gcra) => Some(gcra),
            Meter::Window(_) => None,
        }
    }

    #[inline]
    pub(super) fn check(&self, ask: &Ask) -> Result<(), Rejected> {
        let now = ask.now(&self.env).as_nanos();
        let checked = match &self.meter {
            Meter::Gcra(gcra) => gcra.check(now, ask.cost),
            Meter::Window(window) => window.lock().check(now, ask.cost),
        };
        checked.map_err(|why| self.refusal(why, ask.cost))
    }

    #[inline]
    pub(super) fn try_acquire(&self, ask: &Ask) -> Result<Ticket, Rejected> {
        let now = ask.now(&self.env).as_nanos();
        let taken = match &self.meter {
            Meter::Gcra(gcra) => gcra.take(now, ask.cost),
            Meter::Window(window) => {
                let taken = window.lock().take(now, ask.cost);
                taken.map(|()| Ticket::NOTHING)
            }
        };
        match taken {
            Ok(ticket) => {
                self.admitted();
                Ok(ticket)
            }
            Err(why) => Err(self.refuse(why, ask.cost)),
        }
    }

    pub(super) fn enqueue(&self, ask: &Ask) -> Result<Place, Rejected> {
        let since = ask.now(&self.env);
        let now = since.as_nanos();
        let deadline = ask.deadline.map(|it| it.time().as_nanos());
        let place = match &self.meter {
            Meter::Gcra(gcra) => match gcra.enqueue(now, ask.cost, deadline) {
                Ok(gcra::Place::Free(ticket)) => Ok(Place::Free(ticket)),
                Ok(gcra::Place::Waits(number)) => Ok(Place::Waits { number, since }),
                Err(why) => Err(why),
            },
            Meter::Window(window) => {
                let mut window = window.lock();
                let late = deadline.is_some_and(|deadline| deadline <= now);
                let checked = window.check(now, ask.cost);
                let taken = checked.and_then(|()| match late {
                    true => Err(Refused::For(0)),
                    false => window.take(now, ask.cost),
                });
                taken.map(|()| Place::Free(Ticket::NOTHING))
            }
        };
        place.map_err(|why| self.refuse(why, ask.cost))
    }

    /// Counts a call that was admitted.
    #[inline]
    pub(super) fn admitted(&self) {
        self.admitted.add_one();
    }

    /// Counts a call that was admitted after it waited.
    pub(super) fn admitted_after_wait(&self, since: Time) {
        self.admitted();
        self.env.emit_wait(&self.name, RateLimiter::KIND, since);
    }

    pub(super) fn settle(&self, ticket: &Ticket, end: End) {
        if let (End::Unused, Meter::Gcra(gcra)) = (end, &self.meter) {
            gcra.refund(ticket, || self.env.now().as_nanos());
        }
    }

    /// Counts and returns the reason of a wait that lasted to its deadline.
    #[cold]
    pub(super) fn late(&self) -> Rejected {
        self.refused.add_one();
        let policy = self.name.clone();
        DeadlinePassed { policy }.into()
    }

    #[cold]
    fn refuse(&self, why: Refused, cost: u32) -> Rejected {
        self.refused.add_one();
        self.refusal(why, cost)
    }

    #[cold]
    fn refusal(&self, why: Refused, cost: u32) -> Rejected {
        let policy = self.name.clone();
        match why {
            Refused::For(wait) => {
                let retry_after = duration(wait);
                RateLimited {
                    policy,
                    retry_after,
                }
                .into()
            }
            Refused::Forever { most } => NeverFits { policy, cost, most }.into(),
        }
    }

    pub(super) fn config(&self) -> RateLimiterConfig {
        match &self.meter {
            Meter::Gcra(gcra) => gcra.config(),
            Meter::Window(window) => window.lock().config().clone(),
        }
    }

    pub(super) fn reconfigure(&self, config: RateLimiterConfig) -> Result<(), ConfigError> {
        config.check_after(&self.config())?;
        let now = self.env.now().as_nanos();
        match &self.meter {
            Meter::Gcra(gcra) => gcra.reconfigure(config, now),
            Meter::Window(window) => window.lock().reconfigure(config, now),
        }
        Ok(())
    }

    pub(super) fn quota(&self) -> Quota {
        let now = self.env.now().as_nanos();
        match &self.meter {
            Meter::Gcra(gcra) => gcra.quota(now),
            Meter::Window(window) => {
                let seen = window.lock().seen(now);
                Quota {
                    limit: seen.config.permits,
                    window: seen.config.per,
                    remaining: seen.remaining,
                    reset_after: duration(seen.reset_after),
                }
            }
        }
    }

    pub(super) fn observe(&self) -> RateLimiterSnapshot {
        let now = self.env.now().as_nanos();
        let seen = match &self.meter {
            Meter::Gcra(gcra) => gcra.seen(now),
            Meter::Window(window) => window.lock().seen(now),
        };
        RateLimiterSnapshot {
            kind: self.kind,
            permits: seen.config.permits,
            per: seen.config.per,
            burst: seen.config.most(),
            remaining: seen.remaining,
            reset_after: duration(seen.reset_after),
            waiting: seen.waiting,
            admitted: self.admitted.sum(),
            refused: self.refused.sum(),
        }
    }
}

crate::handle::policy! {
    Shared,
    of: RateLimiter,
    name: |it| &it.name,
    snapshot: |it| RateLimiter(it.observe()),
    reconfigure: |it, config| it.reconfigure(config.clone())
}
