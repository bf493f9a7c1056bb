#![doc = include_str!("../../docs/registry.md")]

mod apply;
mod error;
mod file;
mod nearest;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use self::apply::Applied;
pub use self::error::PoliciesError;

use self::file::File;
use self::nearest::nearest;
use crate::sync::{AtomicU64, Mutex};
use crate::{
    Bulkhead, CircuitBreaker, Component, ConfigError, Deadlines, DistributedRateLimiter, Env,
    Failover, Fallback, Handle, Health, Keyed, Name, Policy, PolicyConfig, RateLimiter, Recovery,
    Retry, RetryBudget, Timeout,
};

/// Policies by name, from a text of TOML which can be applied again while they work.
///
/// Cloning is cheap; clones share the policies. What is here lives as long as this, or longer where
/// there are other handles.
///
/// # Examples
///
/// ```
/// use resilience_core::{Ask, Env, Gate, Outcome, Policies};
///
/// let (env, clock) = Env::manual();
/// let policies = Policies::from_toml(
///     r#"
///     [circuit_breaker.venue]
///     consecutive = 1
///     open_for = "30s"
///     "#,
///     &env,
/// )?;
/// let venue = policies.circuit_breaker("venue")?;
/// venue.permit(&Ask::default())?.record(Outcome::Failure);
///
/// let applied = policies.apply("[circuit_breaker.venue]\nopen_for = '1m'\n[retry.orders]\n")?;
/// assert_eq!(applied.to_string(), "added retry.orders; changed circuit_breaker.venue");
/// let refused = policies.apply("[circuit_breaker.venue]\nprobes = 0").unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "line 2: circuit_breaker.venue: `probes` must be at least 1, is 0",
/// );
///
/// // The circuit stays open for as long as it was to be.
/// clock.advance(std::time::Duration::from_secs(29));
/// assert_eq!(venue.snapshot().retry_after.unwrap().as_secs(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policies(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    env: Env,
    entries: Mutex<Entries>,
    /// 1 while a text is being applied.
    applying: AtomicU64,
}

type Entries = BTreeMap<PolicyId, Entry>;

#[derive(Clone, Debug)]
struct Entry {
    config: PolicyConfig,
    /// `None` where only the caller knows its type, who has not asked for it yet.
    policy: Option<Arc<dyn Policy>>,
}

/// Which policy it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PolicyId {
    /// What sort of policy it is, in snake case.
    pub kind: &'static str,
    /// What it is called.
    pub name: Name,
}

impl PolicyId {
    fn key(&self) -> (&str, &str) {
        (self.kind, self.name.as_str())
    }
}

impl PartialOrd for PolicyId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PolicyId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.name)
    }
}

macro_rules! by_name {
    ($($method:ident -> $handle:ty,)+) => {
        impl Policies {$(
            #[doc = concat!("Returns the `", stringify!($method), "` of that name.")]
            ///
            /// # Errors
            ///
            /// Returns that there is none, and the names that are nearest.
            pub fn $method(&self, name: &str) -> Result<$handle, PoliciesError> {
                self.get(name)
            }
        )+}
    };
}

by_name! {
    bulkhead -> Bulkhead,
    circuit_breaker -> CircuitBreaker,
    component -> Component,
    deadlines -> Deadlines,
    distributed_rate_limiter -> DistributedRateLimiter,
    failover -> Failover,
    health -> Health,
    keyed_bulkhead -> Keyed<Bulkhead>,
    keyed_circuit_breaker -> Keyed<CircuitBreaker>,
    keyed_rate_limiter -> Keyed<RateLimiter>,
    rate_limiter -> RateLimiter,
    recovery -> Recovery,
    retry -> Retry,
    retry_budget -> RetryBudget,
    timeout -> Timeout,
}

impl Policies {
    /// Creates the policies that `text` describes. Those of them that live in `env` already go by it
    /// from now on.
    ///
    /// # Errors
    ///
    /// Returns the first thing that is wrong; nothing has changed then.
    pub fn from_toml(text: &str, env: &Env) -> Result<Self, PoliciesError> {
        Self::first(File::parse(None, text)?, env)
    }

    /// Creates the policies that a file describes, as [`from_toml`](Self::from_toml) does.
    ///
    /// # Errors
    ///
    /// Returns that it cannot be read, or the first thing that is wrong; nothing has changed then.
    pub fn load(path: impl AsRef<Path>, env: &Env) -> Result<Self, PoliciesError> {
        let path = path.as_ref();
        let text = read(path)?;
        Self::first(File::parse(Some(path), &text)?, env)
    }

    fn first(file: File<'_>, env: &Env) -> Result<Self, PoliciesError> {
        let new = Self(Arc::new(Inner {
            env: env.clone(),
            entries: Mutex::default(),
            applying: AtomicU64::new(0),
        }));
        new.0.apply(file)?;
        Ok(new)
    }

    /// Goes by another text: what is in both keeps all that it has learned and goes by the new
    /// settings, what is new is created, and what is gone is let go of, which other handles are not.
    /// What goes by the same settings already is not touched.
    ///
    /// # Errors
    ///
    /// Returns the first thing that is wrong, of whatever policy; nothing has changed then. So it is
    /// where another text is being applied at this moment.
    pub fn apply(&self, text: &str) -> Result<Applied, PoliciesError> {
        self.0.apply(File::parse(None, text)?)
    }

    /// Goes by another text, as [`apply`](Self::apply) does, which comes from the file at `path`: so
    /// errors name it.
    ///
    /// # Errors
    ///
    /// Returns what [`apply`](Self::apply) does.
    pub fn apply_from(&self, path: impl AsRef<Path>, text: &str) -> Result<Applied, PoliciesError> {
        self.0.apply(File::parse(Some(path.as_ref()), text)?)
    }

    /// Reads a file and goes by it, as [`apply`](Self::apply) does.
    ///
    /// # Errors
    ///
    /// Returns that it cannot be read, or what [`apply`](Self::apply) does.
    pub fn reload(&self, path: impl AsRef<Path>) -> Result<Applied, PoliciesError> {
        let path = path.as_ref();
        self.apply_from(path, &read(path)?)
    }

    /// Returns which policies there are, by kind and name.
    #[must_use]
    pub fn list(&self) -> Vec<PolicyId> {
        self.0.entries.lock().keys().cloned().collect()
    }

    /// Returns the fallback of that name. It is created when it is first asked for, since only the
    /// caller knows the type of its answers.
    ///
    /// # Errors
    ///
    /// Returns that there is none, and the names that are nearest, or that the living one answers
    /// with another type.
    pub fn fallback<V>(&self, name: &str) -> Result<Fallback<V>, PoliciesError>
    where
        V: Clone + Send + Sync + 'static,
    {
        self.get(name)
    }

    /// Returns a handle of the policy of that type and name.
    ///
    /// # Errors
    ///
    /// Returns that there is none, and the names that are nearest, or that the living one is of
    /// another type.
    pub fn get<H: Handle>(&self, name: &str) -> Result<H, PoliciesError> {
        let id = PolicyId {
            kind: H::KIND,
            name: name.to_owned().into(),
        };
        let found = self.0.entries.lock().get(&id).cloned();
        let Some(Entry { config, policy }) = found else {
            return Err(self.0.unknown(id));
        };
        let policy = match policy {
            Some(policy) => Ok(policy),
            None => self.0.first_asked_for::<H>(&id, &config),
        };
        let handle = policy.and_then(|policy| {
            let rule = "must belong to one type of policy";
            H::from_policy(policy).ok_or_else(|| ConfigError::new("kind", rule, H::KIND))
        });
        handle.map_err(|why| PoliciesError::rule(why).of(id))
    }
}

impl Inner {
    /// Creates, or finds, a policy whose type only the caller knows.
    fn first_asked_for<H: Handle>(
        &self,
        id: &PolicyId,
        config: &PolicyConfig,
    ) -> Result<Arc<dyn Policy>, ConfigError> {
        let living = self.env.registry().find(id.kind, id.name.as_str());
        let policy = match living {
            Some(living) => living,
            None => {
                let config: &H::Config = config.get()?;
                H::create(id.name.clone(), config.clone(), &self.env)?.into_policy()
            }
        };
        if policy.config() != *config {
            policy.reconfigure(config)?;
        }
        let mut entries = self.entries.lock();
        if let Some(entry) = entries.get_mut(id) {
            let _: &mut Arc<_> = entry.policy.get_or_insert_with(|| policy.clone());
        }
        Ok(policy)
    }

    fn unknown(&self, id: PolicyId) -> PoliciesError {
        let entries = self.entries.lock();
        let names = entries.keys().filter(|it| it.kind == id.kind);
        let near = nearest(id.name.as_str(), names.map(|it| it.name.as_str()));
        PoliciesError::said(format!("there is none, nearest are {near}")).of(id)
    }
}

fn read(path: &Path) -> Result<String, PoliciesError> {
    let text = std::fs::read_to_string(path);
    text.map_err(|error| PoliciesError::unreadable(path, &error))
}
