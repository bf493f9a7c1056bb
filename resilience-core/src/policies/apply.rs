//! How another text takes the place of the one in force: whole, or not at all.

use std::fmt;
use std::sync::Arc;

use super::file::{self, File};
use super::{Entries, Entry, Inner, PoliciesError, PolicyId};
use crate::sync::{AtomicU64, Ordering};
use crate::{
    Bulkhead, CircuitBreaker, Component, ConfigError, Deadlines, DistributedRateLimiter, Env,
    Failover, Handle, Health, Keyed, Name, Policy, PolicyConfig, RateLimiter, Recovery, Retry,
    RetryBudget, Timeout,
};

/// What became of the policies when a text was applied; in one line by `Display`, for a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Applied {
    /// Those that were not here before.
    pub added: Vec<PolicyId>,
    /// Those that go by other settings.
    pub changed: Vec<PolicyId>,
    /// Those that were not touched.
    pub unchanged: Vec<PolicyId>,
    /// Those that are not here any more.
    pub removed: Vec<PolicyId>,
}

impl Applied {
    /// Says whether nothing changed.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_nothing() {
            return f.write_str("nothing changed");
        }
        let mut between = "";
        for (verb, policies) in [
            ("added", &self.added),
            ("changed", &self.changed),
            ("removed", &self.removed),
        ] {
            for (at, policy) in policies.iter().enumerate() {
                match at {
                    0 => write!(f, "{between}{verb} {policy}")?,
                    _ => write!(f, ", {policy}")?,
                }
                between = "; ";
            }
        }
        Ok(())
    }
}

/// What is to become of one policy of a file.
struct Step<'f> {
    entry: &'f file::Entry<'f>,
    /// The living one.
    policy: Option<Arc<dyn Policy>>,
    was: Was,
}

/// What a policy of a file was before.
enum Was {
    Absent,
    /// It goes by these settings.
    Other(Box<PolicyConfig>),
    Same,
}

impl Inner {
    pub(super) fn apply(&self, file: File<'_>) -> Result<Applied, PoliciesError> {
        let _turn = self.begin(&file)?;
        let held = self.entries.lock().clone();
        let mut steps = Vec::new();
        for entry in &file.entries {
            check_shared_budget(&file, &held, entry).map_err(|why| file.breaks(entry, why))?;
            steps.push(self.step(entry, &held));
        }
        // What is created here is let go of again if anything is wrong.
        for step in &mut steps {
            if matches!(step.was, Was::Absent) && step.policy.is_none() {
                let policy = create(step.entry, &self.env);
                step.policy = policy.map_err(|why| file.breaks(step.entry, why))?;
            }
        }
        for step in &steps {
            if let (Was::Other(_), Some(policy)) = (&step.was, &step.policy) {
                let checked = policy.check_config(&step.entry.config);
                checked.map_err(|why| file.breaks(step.entry, why))?;
            }
        }
        reconfigure(&steps).map_err(|(entry, why)| file.breaks(entry, why))?;
        Ok(self.commit(held, &steps))
    }

    /// Begins to apply a text, unless another one is being applied. No lock is held meanwhile: what
    /// policies ask and tell is the caller's code, which may come here.
    fn begin(&self, file: &File<'_>) -> Result<Turn<'_>, PoliciesError> {
        let (done, failed) = (Ordering::AcqRel, Ordering::Acquire);
        let begun = self.applying.compare_exchange(0, 1, done, failed);
        match begun {
            Ok(_) => Ok(Turn(&self.applying)),
            Err(_) => Err(file.busy()),
        }
    }

    fn step<'f>(&self, entry: &'f file::Entry<'f>, held: &Entries) -> Step<'f> {
        let known = held.get(&entry.id);
        let policy = known.and_then(|it| it.policy.clone());
        let living = || {
            self.env
                .registry()
                .find(entry.id.kind, entry.id.name.as_str())
        };
        let policy = policy.or_else(living);
        let in_force = policy.as_ref().map(|it| it.config());
        let was = match in_force.or_else(|| known.map(|it| it.config.clone())) {
            None => Was::Absent,
            Some(config) if config == entry.config => Was::Same,
            Some(config) => Was::Other(Box::new(config)),
        };
        Step { entry, policy, was }
    }

    /// Holds what is in the file and nothing else, and says what became of what.
    fn commit(&self, held: Entries, steps: &[Step<'_>]) -> Applied {
        let mut applied = Applied::default();
        let mut entries = Entries::new();
        for Step { entry, policy, was } in steps {
            let id = entry.id.clone();
            match was {
                _ if !held.contains_key(&id) => applied.added.push(id.clone()),
                Was::Same => applied.unchanged.push(id.clone()),
                Was::Absent | Was::Other(_) => applied.changed.push(id.clone()),
            }
            let (config, policy) = (entry.config.clone(), policy.clone());
            entries.insert(id, Entry { config, policy });
        }
        let gone = held.keys().filter(|id| !entries.contains_key(id));
        applied.removed = gone.cloned().collect();
        for list in [
            &mut applied.added,
            &mut applied.changed,
            &mut applied.unchanged,
        ] {
            list.sort();
        }
        let mut guard = self.entries.lock();
        // What was first asked for meanwhile stays.
        for (id, entry) in &mut entries {
            let since = guard.get(id).and_then(|it| it.policy.clone());
            entry.policy = entry.policy.take().or(since);
        }
        let old = std::mem::replace(&mut *guard, entries);
        drop(guard);
        // The last handles of policies, and with them the caller's code, go when the lock is free.
        drop((old, held));
        applied
    }
}

/// The turn of who applies a text.
struct Turn<'a>(&'a AtomicU64);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.swap(0, Ordering::AcqRel);
    }
}

/// Checks that the budget which a retry names is not let go of by this file.
fn check_shared_budget(
    file: &File<'_>,
    held: &Entries,
    entry: &file::Entry<'_>,
) -> Result<(), ConfigError> {
    let PolicyConfig::Retry(retry) = &entry.config else {
        return Ok(());
    };
    let Some(name) = &retry.shared_budget else {
        return Ok(());
    };
    let id = PolicyId {
        kind: RetryBudget::KIND,
        name: name.clone(),
    };
    let there = file.has::<RetryBudget>(name.as_str()) || !held.contains_key(&id);
    let rule = "must be the name of a retry budget of this file";
    ConfigError::unless(there, "shared_budget", rule, name)
}

/// Lets living policies go by other settings. All were checked, so that only what another thread
/// does meanwhile can make one fail; what was done is undone then.
fn reconfigure<'f>(steps: &[Step<'f>]) -> Result<(), (&'f file::Entry<'f>, ConfigError)> {
    for (at, step) in steps.iter().enumerate() {
        let (Was::Other(_), Some(policy)) = (&step.was, &step.policy) else {
            continue;
        };
        if let Err(why) = policy.reconfigure(&step.entry.config) {
            for done in &steps[..at] {
                if let (Was::Other(old), Some(policy)) = (&done.was, &done.policy) {
                    let _ = policy.reconfigure(old);
                }
            }
            return Err((step.entry, why));
        }
    }
    Ok(())
}

/// Creates the policy of an entry; `None` where only the caller knows its type.
fn create(entry: &file::Entry<'_>, env: &Env) -> Result<Option<Arc<dyn Policy>>, ConfigError> {
    fn new<H: Handle>(
        name: &Name,
        config: &H::Config,
        env: &Env,
    ) -> Result<Option<Arc<dyn Policy>>, ConfigError> {
        let handle = H::create(name.clone(), config.clone(), env)?;
        Ok(Some(handle.into_policy()))
    }
    let name = &entry.id.name;
    match &entry.config {
        PolicyConfig::Bulkhead(it) => new::<Bulkhead>(name, it, env),
        #[cfg(feature = "cache")]
        PolicyConfig::Cache(_) => Ok(None),
        PolicyConfig::Component(it) => new::<Component>(name, it, env),
        PolicyConfig::Deadlines(it) => new::<Deadlines>(name, it, env),
        PolicyConfig::DistributedRateLimiter(it) => new::<DistributedRateLimiter>(name, it, env),
        PolicyConfig::Health(it) => new::<Health>(name, it, env),
        PolicyConfig::Recovery(it) => new::<Recovery>(name, it, env),
        PolicyConfig::CircuitBreaker(it) => new::<CircuitBreaker>(name, it, env),
        PolicyConfig::Failover(it) => new::<Failover>(name, it, env),
        PolicyConfig::KeyedBulkhead(it) => new::<Keyed<Bulkhead>>(name, it, env),
        PolicyConfig::KeyedCircuitBreaker(it) => new::<Keyed<CircuitBreaker>>(name, it, env),
        PolicyConfig::KeyedRateLimiter(it) => new::<Keyed<RateLimiter>>(name, it, env),
        PolicyConfig::RateLimiter(it) => new::<RateLimiter>(name, it, env),
        PolicyConfig::Retry(it) => new::<Retry>(name, it, env),
        PolicyConfig::RetryBudget(it) => new::<RetryBudget>(name, it, env),
        PolicyConfig::Timeout(it) => new::<Timeout>(name, it, env),
        PolicyConfig::Fallback(_) | PolicyConfig::Foreign(_) => Ok(None),
    }
}
