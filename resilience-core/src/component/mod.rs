//! The named operations of one component, wrapped from one config.

mod config;
mod counts;
mod table;
#[cfg(all(test, not(loom)))]
mod tests;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use self::config::OperationsConfig;
use self::table::{Operation, Table};
use crate::shared::Shared;
use crate::{CallError, ConfigError, Deadline, Env, Name};

/// Calls the operations of a component by name: those that its config lists as critical through a
/// circuit breaker, those that it lists to be tried again by a retry policy, and all others bare; and
/// counts how each ended and how long it took.
///
/// - Each critical operation has a breaker of its own, named `component.operation`, so that one that
///   fails does not stop the others. The retried ones share one policy, named as the component, and
///   its budget. Where an operation has both, each attempt passes the breaker.
/// - A name need not be listed to be called. One that is listed and never called stays at zero in the
///   snapshot: that shows a misspelt config. Names past
///   [`max_operations`](OperationsConfig::max_operations) are counted together, as [`OTHERS`].
///
/// Cloning is cheap; clones share one component. A call takes one short lock to find its operation.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use resilience_core::component::{Component, OperationsConfig};
/// use resilience_core::{BoxError, CallError, Env};
///
/// let (env, clock) = Env::manual();
/// let config = OperationsConfig {
///     critical_methods: vec!["place_order".into()],
///     retry_methods: vec!["quote".into()],
///     failure_threshold: 2,
///     recovery_timeout: Duration::from_secs(30),
///     ..Default::default()
/// };
/// let venue = Component::new("venue", config, &env)?;
/// let down = || Err::<u32, _>(BoxError::from("down"));
/// let sleep = |wait| clock.advance(wait);
///
/// for _ in 0..2 {
///     venue.call_blocking("place_order", sleep, down).unwrap_err();
/// }
/// let refused = venue.call_blocking("place_order", sleep, down).unwrap_err();
/// assert_eq!(refused.rejected().unwrap().policy().as_str(), "venue.place_order");
/// clock.advance(Duration::from_secs(30));
/// assert_eq!(venue.call_blocking("place_order", sleep, || Ok::<_, BoxError>(7))?, 7);
///
/// venue.call_blocking("quote", sleep, down).unwrap_err();
/// let seen = venue.snapshot();
/// let orders = &seen.operations["place_order"];
/// assert_eq!((orders.successes, orders.errors, orders.refused), (1, 2, 1));
/// assert!(seen.operations["quote"].longest > Duration::ZERO, "it waited between attempts");
/// # Ok::<(), BoxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Component(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Shared<Table>,
}

/// The name under which operations are counted that are too many to be counted one by one.
pub const OTHERS: &str = "(others)";

/// What a component knows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ComponentSnapshot {
    /// The operations that are listed or were called, by name.
    pub operations: BTreeMap<String, OperationSnapshot>,
}

/// How the calls of one operation ended so far; one that was tried again is one call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct OperationSnapshot {
    /// Whether it has a circuit breaker.
    pub critical: bool,
    /// Whether it is tried again.
    pub retried: bool,
    /// Number of calls that succeeded.
    pub successes: u64,
    /// Number of calls that failed otherwise than is counted below.
    pub errors: u64,
    /// Number of calls that were cut short by a timeout.
    pub timed_out: u64,
    /// Number of calls that a policy refused.
    pub refused: u64,
    /// Number of calls that their callers gave up.
    pub dropped: u64,
    /// Number of calls that panicked.
    pub panicked: u64,
    /// What all calls together took, the waits between attempts included.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub total: Duration,
    /// What the longest call took.
    #[cfg_attr(feature = "serde", serde(with = "crate::duration"))]
    pub longest: Duration,
}

impl OperationSnapshot {
    /// Returns the number of calls that have ended, in whatever way.
    #[must_use]
    pub fn calls(&self) -> u64 {
        let failed = self.errors + self.timed_out + self.refused;
        self.successes + failed + self.dropped + self.panicked
    }
}

impl Component {
    /// Creates a component, and the policies of its operations.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that a name is taken, be it that of one of the
    /// policies.
    pub fn new(
        name: impl Into<Name>,
        config: OperationsConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let inner = Inner::new(name.into(), config, env)?;
        env.registry().add(inner).map(Self)
    }

    /// Returns the living component of this name as it is, or creates one.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn get_or_new(
        name: impl Into<Name>,
        config: OperationsConfig,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        let name = name.into();
        let alive = || {
            let found = env.registry().find("component", name.as_str())?;
            Arc::downcast(found.into_any()).ok().map(Self)
        };
        // Made first, the policies of another would take the names of this one's.
        alive().map_or_else(|| Self::new(name.clone(), config, env), Ok)
    }

    /// Returns what the component is called.
    #[must_use]
    pub fn name(&self) -> &Name {
        self.0.shared.name()
    }

    /// Calls `op`, an async function, as the operation of this name, and waits between attempts by
    /// `sleep`, which is that of the caller's runtime. With tokio, `resilience_tower::ComponentExt`
    /// spares the `sleep`.
    ///
    /// # Errors
    ///
    /// Returns the refusal of the breaker, or the error of `op`: of the last attempt that was sent.
    ///
    /// # Cancel safety
    ///
    /// As that of [`PolicyStack::call_with`](crate::PolicyStack::call_with); the call is counted as dropped.
    pub async fn call_with<T, E, S, F>(
        &self,
        operation: &str,
        sleep: impl Fn(Duration) -> S,
        op: impl Fn() -> F,
    ) -> Result<T, E>
    where
        E: CallError,
        S: Future<Output = ()>,
        F: Future<Output = Result<T, E>>,
    {
        self.call_until(operation, None, sleep, op).await
    }

    /// Calls `op` as [`call_with`](Self::call_with) does; retries keep to `deadline` too.
    ///
    /// # Errors
    ///
    /// As [`call_with`](Self::call_with), and a refusal where the deadline has passed.
    ///
    /// # Cancel safety
    ///
    /// As [`call_with`](Self::call_with).
    pub async fn call_until<T, E, S, F>(
        &self,
        operation: &str,
        deadline: Option<Deadline>,
        sleep: impl Fn(Duration) -> S,
        op: impl Fn() -> F,
    ) -> Result<T, E>
    where
        E: CallError,
        S: Future<Output = ()>,
        F: Future<Output = Result<T, E>>,
    {
        let Operation { policies, counts } = self.find(operation);
        let running = counts.begin(self.0.shared.env());
        let result = policies.call_until(deadline, sleep, op).await;
        running.end(&result);
        result
    }

    /// Calls `op`, a function that blocks, as [`call_with`](Self::call_with) does; `sleep` blocks too.
    ///
    /// # Errors
    ///
    /// As [`call_with`](Self::call_with).
    pub fn call_blocking<T, E: CallError>(
        &self,
        operation: &str,
        sleep: impl FnMut(Duration),
        op: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        let Operation { policies, counts } = self.find(operation);
        let running = counts.begin(self.0.shared.env());
        let result = policies.call_blocking(sleep, op);
        running.end(&result);
        result
    }

    /// Returns what the component knows now.
    #[must_use]
    pub fn snapshot(&self) -> ComponentSnapshot {
        self.0.read()
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn config(&self) -> OperationsConfig {
        self.0.config()
    }

    /// Replaces the settings, for calls that begin from now on. Counts stay, and so does what the
    /// policies learned of operations that are still listed.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks, or that the name of a new policy is taken, and keeps
    /// the old settings.
    pub fn reconfigure(&self, config: OperationsConfig) -> Result<(), ConfigError> {
        self.0.reconfigure(config)
    }

    fn find(&self, operation: &str) -> Operation {
        self.0.shared.locked(|table, _| table.find(operation))
    }
}

crate::handle::handle!(Component, of: Inner, by: OperationsConfig, kind: "component");

impl Inner {
    fn new(name: Name, config: OperationsConfig, env: &Env) -> Result<Self, ConfigError> {
        let table = Table::default().reconfigured(&name, config, env)?;
        let shared = Shared::new(name, env, table);
        Ok(Self { shared })
    }

    fn config(&self) -> OperationsConfig {
        self.shared.locked(|table, _| table.config.clone())
    }

    fn reconfigure(&self, config: OperationsConfig) -> Result<(), ConfigError> {
        let shared = &self.shared;
        // Policies are made, and dropped, with no lock held.
        let old = shared.locked(|table, _| table.clone());
        let new = old.reconfigured(shared.name(), config, shared.env())?;
        let gone = shared.locked(|table, _| {
            let new = new.with_others_of(table);
            std::mem::replace(table, new)
        });
        drop(gone);
        Ok(())
    }

    fn read(&self) -> ComponentSnapshot {
        let table = self.shared.locked(|table, _| table.clone());
        let operations = table.read();
        ComponentSnapshot { operations }
    }
}

crate::handle::policy! {
    Inner,
    of: Component,
    name: |it| it.shared.name(),
    snapshot: |it| Component(it.read()),
    reconfigure: |it, config| it.reconfigure(config.clone())
}
