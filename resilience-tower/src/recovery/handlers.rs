//! What is done at each step of a recovery.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;

use resilience_core::recovery::Incident;
use resilience_core::{
    BoxError, CircuitBreaker, ConfigError, Env, Failover, Handle, Name, RecoveryConfig,
    RecoveryStrategy,
};

pub(super) type Doing<'a> = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send + 'a>>;

type Attempt = Box<dyn Fn(&Incident) -> Doing<'static> + Send + Sync>;
type Check = Box<dyn Fn(&Name) -> Doing<'static> + Send + Sync>;

/// What is done for each strategy, and how a component is checked after it.
///
/// Graceful degradation needs none: it is a note that the recovery keeps. A handler given for it
/// comes before the note, which is made only if that goes well.
#[derive(Default)]
pub struct Handlers {
    /// By strategy.
    attempts: [Option<Attempt>; RecoveryStrategy::ALL.len()],
    check: Option<Check>,
    failovers: HashMap<Name, Failover>,
    breakers: HashMap<Name, CircuitBreaker>,
    /// Where a component's policies are found by its name.
    env: Option<Env>,
}

impl Handlers {
    /// Does `attempt` for `strategy`, whatever the component; policies that are given for a component, or
    /// found by its name, come first.
    #[must_use]
    pub fn on<A, F, E>(mut self, strategy: RecoveryStrategy, attempt: A) -> Self
    where
        A: Fn(&Incident) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let attempt: Attempt = Box::new(move |incident| doing(attempt(incident)));
        self.attempts[strategy as usize] = Some(attempt);
        self
    }

    /// Asks `check` whether a component is well, after an attempt that went well.
    #[must_use]
    pub fn well<C, F, E>(mut self, check: C) -> Self
    where
        C: Fn(&Name) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.check = Some(Box::new(move |component| doing(check(component))));
        self
    }

    /// Fails `component` over by moving `failover` to its next target.
    #[must_use]
    pub fn fail_over(mut self, component: impl Into<Name>, failover: Failover) -> Self {
        self.failovers.insert(component.into(), failover);
        self
    }

    /// Stops calls to `component` by isolating `breaker`, until somebody resets it.
    #[must_use]
    pub fn isolate(mut self, component: impl Into<Name>, breaker: CircuitBreaker) -> Self {
        self.breakers.insert(component.into(), breaker);
        self
    }

    /// Fails over and breaks what is given no policy of its own by the failover and the circuit breaker
    /// that live in `env` under the component's name when it is done.
    #[must_use]
    pub fn by_name(mut self, env: &Env) -> Self {
        self.env = Some(env.clone());
        self
    }

    /// Checks that whatever `config` asks for can be done.
    pub(super) fn can_do(&self, config: &RecoveryConfig) -> Result<(), ConfigError> {
        for action in config.actions() {
            let strategy = action.strategy;
            if !self.has(strategy) {
                return Err(ConfigError::new(
                    "strategy",
                    "must have a handler",
                    strategy,
                ));
            }
            let checks = action.success_threshold;
            if checks > 0 && self.check.is_none() {
                let rule = "must be 0 where nothing checks a component";
                return Err(ConfigError::new("success_threshold", rule, checks));
            }
        }
        Ok(())
    }

    fn has(&self, strategy: RecoveryStrategy) -> bool {
        let by_policy = match strategy {
            RecoveryStrategy::GracefulDegradation => true,
            RecoveryStrategy::Failover => self.env.is_some() || !self.failovers.is_empty(),
            RecoveryStrategy::CircuitBreaker => self.env.is_some() || !self.breakers.is_empty(),
            _ => false,
        };
        by_policy || self.attempts[strategy as usize].is_some()
    }

    /// Does one attempt.
    pub(super) fn attempt(
        &self,
        strategy: RecoveryStrategy,
        incident: &Incident,
    ) -> Doing<'static> {
        let component = &incident.component;
        match strategy {
            RecoveryStrategy::Failover => {
                if let Some(failover) = self.failover(component) {
                    let moved = failover.fail_over();
                    return said(moved, || "no target is left to fail over to".into());
                }
            }
            RecoveryStrategy::CircuitBreaker => {
                if let Some(breaker) = self.breaker(component) {
                    breaker.isolate();
                    return said(true, String::new);
                }
            }
            _ => {}
        }
        match &self.attempts[strategy as usize] {
            Some(attempt) => attempt(incident),
            None => {
                let needless = strategy == RecoveryStrategy::GracefulDegradation;
                said(needless, || {
                    format!("{strategy} of {component} has no handler")
                })
            }
        }
    }

    fn failover(&self, component: &Name) -> Option<Failover> {
        let given = self.failovers.get(component).cloned();
        given.or_else(|| self.named(component))
    }

    fn breaker(&self, component: &Name) -> Option<CircuitBreaker> {
        let given = self.breakers.get(component).cloned();
        given.or_else(|| self.named(component))
    }

    fn named<H: Handle>(&self, component: &Name) -> Option<H> {
        self.env.as_ref()?.registry().get(component.as_str())
    }

    /// Looks whether `component` is well.
    pub(super) fn check(&self, component: &Name) -> Doing<'static> {
        match &self.check {
            Some(check) => check(component),
            None => said(false, || "nothing checks a component".into()),
        }
    }
}

pub(super) fn doing<'a, E: Into<BoxError>>(
    step: impl Future<Output = Result<(), E>> + Send + 'a,
) -> Doing<'a> {
    Box::pin(async { step.await.map_err(Into::into) })
}

fn said(well: bool, why: impl FnOnce() -> String) -> Doing<'static> {
    let said = if well { Ok(()) } else { Err(why()) };
    doing(ready(said))
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = RecoveryStrategy::ALL.into_iter();
        let able: Vec<_> = all.filter(|it| self.has(*it)).collect();
        let mut it = f.debug_struct("Handlers");
        it.field("strategies", &able).finish_non_exhaustive()
    }
}
