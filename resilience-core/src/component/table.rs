//! Which operation has which policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::counts::Counts;
use super::{OTHERS, OperationSnapshot, OperationsConfig};
use crate::{CircuitBreaker, Config, ConfigError, Env, Name, PolicyStack, Retry};

/// An operation as one call of it sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct Operation {
    pub(super) policies: PolicyStack<Option<CircuitBreaker>>,
    pub(super) counts: Arc<Counts>,
}

/// The operations by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    operations: BTreeMap<String, Operation>,
    /// Of those that are too many.
    others: Operation,
    pub(super) config: OperationsConfig,
    retry: Option<Retry>,
}

impl Table {
    /// Returns the operation of this name, which is from now on counted if there is room.
    pub(super) fn find(&mut self, operation: &str) -> Operation {
        if let Some(known) = self.operations.get(operation) {
            return known.clone();
        }
        if self.operations.len() >= self.config.max_operations {
            return self.others.clone();
        }
        let new = Operation::default();
        self.operations.insert(operation.to_owned(), new.clone());
        new
    }

    /// Returns the table that `config` asks for, with what this one has of it.
    pub(super) fn reconfigured(
        &self,
        component: &Name,
        config: OperationsConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let retry = match (&self.retry, config.retry_methods.is_empty()) {
            (_, true) => None,
            (None, false) => Some(Retry::new(component.clone(), config.retry.clone(), env)?),
            (Some(retry), false) => Some(retry.clone()),
        };
        let mut operations = self.operations.clone();
        for name in config.listed() {
            operations.entry(name.to_owned()).or_default();
        }
        for (name, operation) in &mut operations {
            let old = operation.policies.gates.take();
            operation.policies = PolicyStack {
                gates: match config.is_critical(name) {
                    true => Some(match old {
                        Some(old) => old,
                        None => {
                            let name = format!("{component}.{name}");
                            CircuitBreaker::new(name, config.breaker(), env)?
                        }
                    }),
                    false => None,
                },
                retry: retry.clone().filter(|_| config.is_retried(name)),
                ..PolicyStack::default()
            };
        }
        // The numbers were checked: from here on nothing fails, and nothing was changed before.
        let breakers = operations
            .values()
            .filter_map(|it| it.policies.gates.as_ref());
        for breaker in breakers {
            breaker.reconfigure(config.breaker())?;
        }
        if let Some(retry) = &retry {
            retry.reconfigure(config.retry.clone())?;
        }
        Ok(Self {
            operations,
            others: self.others.clone(),
            retry,
            config,
        })
    }

    /// Takes over the operations that `current` came to know while this one was made.
    pub(super) fn with_others_of(mut self, current: &Self) -> Self {
        for (name, operation) in &current.operations {
            let counts = operation.counts.clone();
            self.operations
                .entry(name.clone())
                .or_insert_with(|| Operation {
                    counts,
                    ..Operation::default()
                });
        }
        self
    }

    pub(super) fn read(&self) -> BTreeMap<String, OperationSnapshot> {
        let read = |(name, it): (&String, &Operation)| {
            let seen = OperationSnapshot {
                critical: it.policies.gates.is_some(),
                retried: it.policies.retry.is_some(),
                ..it.counts.read()
            };
            (name.clone(), seen)
        };
        let mut operations: BTreeMap<_, _> = self.operations.iter().map(read).collect();
        let others = self.others.counts.read();
        if others.calls() > 0 {
            operations.insert(OTHERS.to_owned(), others);
        }
        operations
    }
}
