use super::*;
use crate::{Event, Observer};

#[test]
fn the_cap_holds_and_no_open_circuit_goes_while_threads_use_many_keys() {
    let (keyed, _) = keyed(circuits(1), 20, Some(SECOND));
    for n in 0..10 {
        keyed.call(&format!("open-{n}"), Outcome::Failure);
    }
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let keyed = keyed.clone();
            scope.spawn(move || {
                for n in 0..2_000 {
                    assert!(keyed.call(&format!("key-{}", n * thread % 37), Outcome::Success));
                    assert!(!keyed.call(&format!("open-{}", n % 10), Outcome::Success));
                    assert!(keyed.0.kept() <= 20);
                }
            });
        }
    });
    assert_eq!(keyed.snapshot().keys, 20);
}

#[test]
fn threads_that_use_a_new_key_at_once_share_one_gate() {
    for _ in 0..200 {
        let (keyed, _) = keyed(permits(1), 2, None);
        let admitted: usize = std::thread::scope(|scope| {
            let threads = [(); 3].map(|()| scope.spawn(|| keyed.calls("a", 2)));
            threads.map(|it| it.join().unwrap()).iter().sum()
        });
        assert_eq!(admitted, 1);
    }
}

#[test]
fn every_gate_ends_with_the_last_config_whoever_creates_keys_meanwhile() {
    for _ in 0..50 {
        let (keyed, _) = keyed(slots(1), 100, None);
        std::thread::scope(|scope| {
            for changer in 1..=2_u32 {
                let keyed = &keyed;
                scope.spawn(move || {
                    for n in 0..10 {
                        let config = KeyedConfig {
                            gate: slots(changer + 2 * n),
                            max_keys: 100,
                            idle: None,
                        };
                        keyed.reconfigure(config).unwrap();
                    }
                });
            }
            scope.spawn(|| (0..50).for_each(|n| drop(keyed.gate(&format!("key-{n}")))));
        });
        let listed = keyed.list();
        let limit = keyed.gate("new").snapshot().max_in_flight;
        assert_eq!(listed.len(), 50);
        assert!(
            listed
                .iter()
                .all(|(_, it)| it.snapshot().max_in_flight == limit)
        );
    }
}

#[derive(Debug, Default)]
struct Curious(parking_lot::Mutex<Option<Keyed<CircuitBreaker>>>);

impl Observer for Curious {
    fn on_event(&self, policy: &Name, _: &Event) {
        assert_eq!(policy.as_str(), "test[a]");
        let keyed = self.0.lock().take().expect("one event");
        assert_eq!(keyed.snapshot().keys, 1);
        let _ = keyed.gate("from the observer");
    }
}

#[test]
fn an_observer_may_use_the_policy() {
    let observer = Arc::new(Curious::default());
    let env = Env::manual().0.with_observer(observer.clone());
    let config = KeyedConfig {
        gate: circuits(1),
        ..Default::default()
    };
    let keyed = Keyed::new("test", config, &env).unwrap();
    *observer.0.lock() = Some(keyed.clone());
    keyed.call("a", Outcome::Failure);
    assert_eq!(keyed.keys(), ["a", "from the observer"]);
}
