mod circuits;
mod concurrent;
mod gone;
mod kinds;
mod model;
mod names;
mod observer;
mod view;
mod waits;

use std::collections::BTreeMap;
use std::time::Duration;

use resilience_core::{
    Ask, CircuitBreaker, CircuitBreakerConfig, CircuitState, Gate, ManualClock, Outcome,
};

use super::*;
use crate::{Catalogue, Exporter};

const SECOND: Duration = Duration::from_secs(1);

/// An environment that is observed and exported.
struct Bench {
    exporter: Exporter,
    env: Env,
    clock: Arc<ManualClock>,
}

impl Bench {
    fn new() -> Self {
        Self::then(|observer| observer)
    }

    /// Creates one whose observer is what `with` makes of ours.
    fn then(with: impl FnOnce(PolicyObserver) -> PolicyObserver) -> Self {
        Self::on(Exporter::local(Catalogue::new(METRICS).unwrap()), with)
    }

    fn on(exporter: Exporter, with: impl FnOnce(PolicyObserver) -> PolicyObserver) -> Self {
        let policies = PolicyMetrics::new(exporter.meter()).unwrap();
        let (env, clock) = Env::manual();
        let env = env.with_observer(Arc::new(with(policies.observer())));
        policies.export(&env).unwrap();
        Self {
            exporter,
            env,
            clock,
        }
    }

    fn scrape(&self) -> Scrape {
        Scrape::of(&self.exporter.render())
    }

    fn breaker(&self, name: impl Into<Name>) -> CircuitBreaker {
        let config = CircuitBreakerConfig {
            open_for: Some(SECOND),
            probes: 1,
            ..Default::default()
        };
        CircuitBreaker::new(name, config, &self.env).unwrap()
    }
}

/// The samples of a scrape by their series, as they are written.
#[derive(Debug, PartialEq)]
struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    fn of(text: &str) -> Self {
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let read = |line: &str| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        };
        Self(samples.map(read).collect())
    }

    /// Returns a sample of the metric `admf_METRIC`, by its labels in their order.
    fn get(&self, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(k, v)| format!("{k}=\"{v}\""));
        let labels = labels.collect::<Vec<_>>().join(",");
        self.0.get(&format!("admf_{metric}{{{labels}}}")).copied()
    }

    fn named(&self, metric: &str, name: &str) -> Option<f64> {
        self.get(metric, &[("name", name)])
    }

    /// Returns the states that are held, which are 1.
    fn states(&self, name: &str) -> Vec<&'static str> {
        let held = CircuitState::ALL.map(CircuitState::as_str).into_iter();
        held.filter(|state| {
            let labels = [("name", name), ("state", *state)];
            let value = self.get("circuit_breaker_state", &labels);
            assert!(matches!(value, None | Some(0.0 | 1.0)), "{value:?}");
            value == Some(1.0)
        })
        .collect()
    }

    fn calls(&self, name: &str, result: &str) -> Option<f64> {
        let labels = [("name", name), ("result", result)];
        self.get("circuit_breaker_calls_total", &labels)
    }

    fn moved(&self, name: &str, from: &str, to: &str) -> Option<f64> {
        let labels = [("name", name), ("from", from), ("to", to)];
        self.get("circuit_breaker_transitions_total", &labels)
    }
}

fn call(breaker: &CircuitBreaker, outcome: Outcome) {
    breaker.permit(&Ask::default()).unwrap().record(outcome);
}

fn fail(breaker: &CircuitBreaker, times: u32) {
    (0..times).for_each(|_| call(breaker, Outcome::Failure));
}
