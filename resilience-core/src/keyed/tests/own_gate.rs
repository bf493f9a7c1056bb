//! A gate of the caller's own, which does what another thread would while it is built or changed.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::{Config, End, PolicyConfig};

thread_local! {
    static MEANWHILE: RefCell<Option<Box<dyn FnOnce()>>> = RefCell::default();
}

/// Does once what was put there.
fn meanwhile() {
    let work = MEANWHILE.with(|it| it.borrow_mut().take());
    work.into_iter().for_each(|work| work());
}

#[derive(Clone, Debug)]
struct Numbered(Arc<AtomicU32>);

#[derive(Clone, Debug, PartialEq)]
struct Number(u32);

impl Gate for Numbered {
    type Ticket = ();

    fn check(&self, _: &Ask) -> Result<(), Rejected> {
        Ok(())
    }

    fn try_acquire(&self, _: &Ask) -> Result<(), Rejected> {
        Ok(())
    }

    fn settle(&self, (): (), _: End) {}
}

impl KeyGate for Numbered {
    type Config = Number;

    const KIND: &'static str = "keyed_number";
    const SHARES_OVERFLOW: bool = true;

    fn unlisted(_: Name, config: &Number, _: &Env, _: Time) -> Result<Self, ConfigError> {
        meanwhile();
        Ok(Self(Arc::new(config.0.into())))
    }

    fn may_go(&self) -> bool {
        false
    }

    fn reconfigure(&self, config: &Number) -> Result<(), ConfigError> {
        meanwhile();
        self.0.store(config.0, Ordering::Relaxed);
        Ok(())
    }
}

impl GateConfig for Number {
    type Gate = Numbered;
}

impl Config for Number {
    fn check(&self) -> Result<(), ConfigError> {
        Ok(())
    }
}

/// Changes the number while the next gate is built or changed.
fn change_meanwhile(keyed: &Keyed<Numbered>, number: u32) {
    let keyed = keyed.clone();
    let work = move || change(&keyed, number);
    MEANWHILE.with(|it| *it.borrow_mut() = Some(Box::new(work)));
}

fn change(keyed: &Keyed<Numbered>, number: u32) {
    let (gate, idle) = (Number(number), None);
    let config = KeyedConfig {
        gate,
        max_keys: 2,
        idle,
    };
    keyed.reconfigure(config).unwrap();
}

fn number(gate: &Numbered) -> u32 {
    gate.0.load(Ordering::Relaxed)
}

#[test]
fn a_gate_that_was_built_while_the_config_changed_is_built_anew() {
    let (keyed, _) = keyed(Number(1), 2, None);
    change_meanwhile(&keyed, 2);
    assert_eq!(number(&keyed.gate("a")), 2);
    assert!(keyed.permit("b", &Ask::default()).is_ok());
    change_meanwhile(&keyed, 3);
    assert_eq!(number(&keyed.gate("nobody may go for this")), 3);
}

#[test]
fn a_gate_that_another_built_meanwhile_is_the_one() {
    let (keyed, _) = keyed(Number(1), 2, None);
    let first = Arc::new(parking_lot::Mutex::new(None));
    let (other, built) = (keyed.clone(), first.clone());
    let work = move || *built.lock() = Some(other.gate("a"));
    MEANWHILE.with(|it| *it.borrow_mut() = Some(Box::new(work)));
    let second = keyed.gate("a");
    let first = first.lock().take().expect("it was built meanwhile");
    assert!(Arc::ptr_eq(&first.0, &second.0));
    assert_eq!(keyed.snapshot().keys, 1);
}

#[test]
fn every_gate_ends_with_the_last_config_that_was_set() {
    let (keyed, _) = keyed(Number(1), 2, None);
    let gates = ["a", "b", "shared"].map(|key| keyed.gate(key));
    change_meanwhile(&keyed, 3);
    change(&keyed, 2);
    assert_eq!(gates.each_ref().map(number), [3, 3, 3]);
}

#[test]
fn the_registry_knows_the_kind_of_a_gate_of_the_callers_own_and_not_its_config() {
    let (env, _) = Env::manual();
    let config = KeyedConfig {
        gate: Number(1),
        max_keys: 2,
        idle: None,
    };
    let _keyed = Keyed::<Numbered>::new("test", config, &env).unwrap();
    let policy = env.registry().find("keyed_number", "test").unwrap();
    assert_eq!(policy.config(), PolicyConfig::Foreign("keyed_number"));
    let refused = policy.check_config(&policy.config()).unwrap_err();
    assert_eq!(refused.field(), "kind");
    assert!(policy.reconfigure(&policy.config()).is_err());
}
