//! What the handles of a keyed policy share.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::state::{Gone, Key, Keys, Limits};
use super::{KeyGate, KeyedConfig, KeyedSnapshot};
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::{Config, ConfigError, Env, Name, Policy, Time};

#[derive(Debug)]
pub(super) struct Shared<G: KeyGate> {
    name: Name,
    env: Env,
    hasher: RandomState,
    /// 1 where keys go by time, so that every use needs it; changed under the lock.
    timed: AtomicU64,
    locked: Mutex<Locked<G>>,
}

#[derive(Debug)]
struct Locked<G: KeyGate> {
    keys: Keys<G>,
    /// What new gates are built from. Never the same `Arc` twice, so that who built a gate without
    /// the lock sees whether it was for this one.
    config: Arc<G::Config>,
    /// The gate of all keys for which there is no room.
    overflow: Option<G>,
    overflowed: u64,
}

impl<G: KeyGate> Shared<G> {
    pub(super) fn new(
        name: Name,
        config: KeyedConfig<G::Config>,
        env: &Env,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let limits = limits(&config);
        Ok(Self {
            env: env.clone(),
            hasher: RandomState::new(),
            timed: AtomicU64::new(limits.idle.is_some().into()),
            locked: Mutex::new(Locked {
                // `name[`
                keys: Keys::new(limits, name.as_str().len() + 1),
                config: Arc::new(config.gate),
                overflow: None,
                overflowed: 0,
            }),
            name,
        })
    }

    pub(super) fn env(&self) -> &Env {
        &self.env
    }

    #[inline]
    fn key<'a>(&self, text: &'a str) -> Key<'a> {
        let hash = self.hasher.hash_one(text) as u32;
        Key { hash, text }
    }

    /// Works under the lock; what goes by that is dropped when it is free again.
    #[inline]
    fn locked<T>(&self, work: impl FnOnce(&mut Locked<G>, &mut Gone<G>) -> T) -> T {
        let mut gone = Gone::new();
        let out = work(&mut self.locked.lock(), &mut gone);
        drop(gone);
        out
    }

    /// Returns the time, where keys go by it.
    #[inline]
    fn now_if_timed(&self, now: impl FnOnce() -> Time) -> Time {
        match self.timed.load(Ordering::Acquire) {
            0 => Time::ZERO,
            _ => now(),
        }
    }

    /// Uses `key`.
    #[inline]
    pub(super) fn use_key(&self, text: &str, now: impl Fn() -> Time) -> G {
        let key = self.key(text);
        let time = self.now_if_timed(&now);
        let kept = self.locked(|it, gone| it.keys.use_key(key, time, gone).cloned());
        match kept {
            Some(gate) => gate,
            None => self.use_new(key, now()),
        }
    }

    /// Uses a key that was not kept. Its gate is built without the lock.
    #[cold]
    fn use_new(&self, key: Key, now: Time) -> G {
        let name: Arc<str> = format!("{}[{}]", self.name, key.text).into();
        loop {
            let config = self.locked.lock().config.clone();
            let new = self.build(name.clone().into(), &config, now);
            let kept = self.locked(|it, gone| {
                if !Arc::ptr_eq(&config, &it.config) {
                    return None;
                }
                // Another may have come first.
                if let Some(gate) = it.keys.use_key(key, now, gone) {
                    return Some(Some(gate.clone()));
                }
                if it.keys.keep(key, &name, &new, now, gone) {
                    return Some(Some(new.clone()));
                }
                it.overflowed += 1;
                Some(None)
            });
            match kept {
                Some(Some(gate)) => return gate,
                Some(None) if G::SHARES_OVERFLOW => {
                    return G::for_overflow(new, self.overflow(now));
                }
                Some(None) => return new,
                None => {}
            }
        }
    }

    /// Returns the gate of all keys for which there is no room.
    fn overflow(&self, now: Time) -> G {
        loop {
            let (overflow, config) = self.locked(|it, _| (it.overflow.clone(), it.config.clone()));
            if let Some(gate) = overflow {
                return gate;
            }
            let new = self.build(self.name.clone(), &config, now);
            self.locked(|it, _| {
                if it.overflow.is_none() && Arc::ptr_eq(&config, &it.config) {
                    it.overflow = Some(new.clone());
                }
            });
        }
    }

    fn build(&self, name: Name, config: &G::Config, now: Time) -> G {
        G::unlisted(name, config, &self.env, now).expect("the config was checked when it was set")
    }

    pub(super) fn peek(&self, text: &str) -> Option<G> {
        let (key, now) = (self.key(text), self.now_if_timed(|| self.env.now()));
        self.locked(|it, gone| it.keys.peek(key, now, gone).cloned())
    }

    /// Looks at what is kept once all that is idle has gone.
    fn read<T>(&self, look: impl FnOnce(&Locked<G>) -> T) -> T {
        let now = self.now_if_timed(|| self.env.now());
        self.locked(|it, gone| {
            it.keys.sweep(now, gone);
            look(it)
        })
    }

    pub(super) fn list(&self) -> Vec<(String, G)> {
        self.read(|it| {
            let kept = it.keys.iter();
            kept.map(|(key, gate)| (key.to_owned(), gate.clone()))
                .collect()
        })
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.read(|it| it.keys.iter().map(|(key, _)| key.to_owned()).collect())
    }

    pub(super) fn observe(&self) -> KeyedSnapshot {
        self.read(|it| it.keys.snapshot(it.overflowed))
    }

    pub(super) fn config(&self) -> KeyedConfig<G::Config> {
        self.locked(|it, _| {
            let Limits { max_keys, idle } = *it.keys.limits();
            KeyedConfig {
                gate: G::Config::clone(&it.config),
                max_keys,
                idle,
            }
        })
    }

    pub(super) fn reconfigure(&self, config: KeyedConfig<G::Config>) -> Result<(), ConfigError> {
        config.check()?;
        let now = self.env.now();
        let limits = limits(&config);
        let new = Arc::new(config.gate);
        self.locked(|it, gone| {
            new.check_after(&it.config)?;
            it.config = new;
            self.timed
                .store(limits.idle.is_some().into(), Ordering::Release);
            it.keys.reconfigure(limits, now, gone);
            Ok(())
        })?;
        self.hand_on_config()
    }

    /// Gives every gate the config, until nobody has set another one meanwhile.
    fn hand_on_config(&self) -> Result<(), ConfigError> {
        loop {
            let (config, gates) = self.locked(|it, _| {
                let kept = it.keys.iter().map(|(_, gate)| gate.clone());
                let gates: Vec<_> = kept.chain(it.overflow.clone()).collect();
                (it.config.clone(), gates)
            });
            for gate in gates {
                gate.reconfigure(&config)?;
            }
            if Arc::ptr_eq(&config, &self.locked.lock().config) {
                return Ok(());
            }
        }
    }
}

fn limits<C>(config: &KeyedConfig<C>) -> Limits {
    Limits {
        max_keys: config.max_keys,
        idle: config.idle,
    }
}

crate::handle::policy! {
    Shared<G>,
    of: super::Keyed<G>,
    name: |it| &it.name,
    snapshot: |it| Keyed(it.observe()),
    reconfigure: |it, config| it.reconfigure(config.clone()),
    over: [G: KeyGate],
    also: {
        fn keys(&self) -> Vec<String> {
            self.keys()
        }

        fn of_key(&self, key: &str) -> Vec<Arc<dyn Policy>> {
            let gate = self.peek(key);
            gate.map_or_else(Vec::new, |gate| gate.policies())
        }
    }
}

#[cfg(all(test, not(loom)))]
impl<G: KeyGate> Shared<G> {
    /// Returns how many keys are in memory, with no look at the time.
    pub(super) fn kept(&self) -> usize {
        self.locked.lock().keys.iter().count()
    }

    /// Returns for how many entries there is room in memory, in all that grows.
    pub(super) fn places(&self) -> usize {
        self.locked.lock().keys.places()
    }
}
