//! The budget that a retry policy goes by.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{RetryBudget, RetryConfig};
use crate::{ConfigError, Env, Name};

/// The one budget that a policy ever has, and whether it is in force.
#[derive(Debug, Default)]
pub(super) struct Held {
    budget: OnceLock<(Source, RetryBudget)>,
    in_force: AtomicBool,
}

/// Where a budget comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// It is the policy's own.
    Own,
    /// The settings name it.
    Named,
    /// The caller gave it.
    Given,
}

impl Held {
    /// Returns the budget in force.
    #[inline]
    pub(super) fn in_force(&self) -> Option<&RetryBudget> {
        match self.in_force.load(Ordering::Acquire) {
            true => self.any(),
            false => None,
        }
    }

    /// Returns the budget, also where it is out of force by now.
    pub(super) fn any(&self) -> Option<&RetryBudget> {
        self.budget.get().map(|(_, budget)| budget)
    }

    /// Writes into `config` which budget of the settings is in force.
    pub(super) fn describe(&self, config: &mut RetryConfig) {
        let in_force = self.in_force.load(Ordering::Acquire);
        let held = self.budget.get().filter(|_| in_force);
        let of = |source| held.filter(|it| it.0 == source).map(|it| &it.1);
        config.budget = of(Source::Own).map(RetryBudget::config);
        config.shared_budget = of(Source::Named).map(|it| it.name().clone());
    }

    /// Takes `budget`, which the caller shares.
    pub(super) fn give(&self, budget: &RetryBudget) -> Result<(), ConfigError> {
        let held = self.take(Source::Given, budget.clone());
        let rule = "must not be given where there is another";
        ConfigError::unless(held.is(budget), "budget", rule, held.name())?;
        self.in_force.store(true, Ordering::Release);
        Ok(())
    }

    /// Takes the budget of the first settings; `own` makes one for the policy.
    pub(super) fn begin(
        &self,
        config: &RetryConfig,
        env: &Env,
        own: impl FnOnce() -> Result<RetryBudget, ConfigError>,
    ) -> Result<(), ConfigError> {
        if config.budget.is_some() {
            self.take(Source::Own, own()?);
        } else if let Some(name) = &config.shared_budget {
            self.take(Source::Named, named(name, env)?);
        }
        let some = self.budget.get().is_some();
        self.in_force.store(some, Ordering::Release);
        Ok(())
    }

    /// Says whether it can go by `config`, in a policy called `policy`.
    pub(super) fn check(
        &self,
        config: &RetryConfig,
        policy: &Name,
        env: &Env,
    ) -> Result<(), ConfigError> {
        let refuse = |field, rule, held: &Name| Err(ConfigError::new(field, rule, held));
        match (self.budget.get(), &config.budget, &config.shared_budget) {
            (None, Some(_), _) => {
                let namesake = env.registry().get::<RetryBudget>(policy.as_str());
                let rule = "must not be set where another budget has the name of the policy";
                ConfigError::unless(namesake.is_none(), "budget", rule, policy)
            }
            (None, None, Some(name)) => named(name, env).map(drop),
            (None | Some((Source::Own, _)), _, None) | (Some(_), None, None) => Ok(()),
            (Some((Source::Named, held)), None, Some(name)) => {
                let rule = "must stay as it is, or be left out";
                ConfigError::unless(held.name() == name, "shared_budget", rule, name)
            }
            (Some((Source::Own | Source::Given, held)), None, Some(_)) => {
                let rule = "must not be set where the policy has, or had, another budget";
                refuse("shared_budget", rule, held.name())
            }
            (Some((_, held)), Some(_), _) => {
                let rule = "must not be set where one is shared";
                refuse("budget", rule, held.name())
            }
        }
    }

    /// Goes by `config`, in a policy called `policy`.
    pub(super) fn reconfigure(
        &self,
        config: &RetryConfig,
        policy: &Name,
        env: &Env,
    ) -> Result<(), ConfigError> {
        self.check(config, policy, env)?;
        match self.budget.get() {
            None => self.begin(config, env, || {
                let own = config.budget.clone().unwrap_or_default();
                RetryBudget::new(policy.clone(), own, env)
            }),
            Some((Source::Given, _)) => Ok(()),
            Some((_, budget)) => {
                if let Some(own) = &config.budget {
                    budget.reconfigure(own.clone())?;
                }
                let some = config.budget.is_some() || config.shared_budget.is_some();
                self.in_force.store(some, Ordering::Release);
                Ok(())
            }
        }
    }

    /// Takes a budget, unless there is one, and returns the one that there is then.
    fn take(&self, source: Source, budget: RetryBudget) -> &RetryBudget {
        &self.budget.get_or_init(|| (source, budget)).1
    }
}

fn named(name: &Name, env: &Env) -> Result<RetryBudget, ConfigError> {
    let found = env.registry().get(name.as_str());
    let rule = "must be the name of a living retry budget";
    found.ok_or_else(|| ConfigError::new("shared_budget", rule, name))
}
