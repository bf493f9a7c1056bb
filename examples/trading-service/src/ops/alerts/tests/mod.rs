mod dates;
mod files;
mod real_time;

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use admf_metrics::health::Health;
use resilience_core::{Ask, CircuitBreaker, CircuitBreakerConfig, Env, Gate, Outcome, Permit};
use tempfile::TempDir;

use super::*;
use crate::engine::{Now, Watcher};
use crate::ops::tests::{Lines, ask, lines, scrape, started_by};
use crate::ops::{MonitoringConfig, Ops, PolicyMetrics};

const DRAWDOWN: &str = "
groups:
- name: account
  interval: 15s
  rules:
  - alert: Drawdown
    expr: admf_drawdown_ratio > on () group_left () admf_alert_threshold{name=\"drawdown_ratio\"}
    for: 2d
    labels: { severity: warning }
    annotations: { summary: '{{ $value | humanizePercentage }} lost' }
";

const CIRCUITS: &str = "
groups:
- name: circuits
  rules:
  - alert: Open
    expr: admf_circuit_breaker_state{state=\"open\"} == 1
    for: 2s
    keep_firing_for: 5s
    labels: { severity: critical }
";

/// Rules in files of their own.
pub(in crate::ops) struct Written(TempDir);

impl Written {
    pub(in crate::ops) fn new(trading: &str, machine: &str) -> Self {
        let written = Self(TempDir::new().unwrap());
        written.write("trading.yml", trading);
        written.write("machine.yml", machine);
        written
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    fn files(&self) -> RuleFiles {
        let folder = self.0.path().display();
        let files = [
            format!("trading={folder}/trading.yml"),
            format!("{folder}/machine.yml"),
        ];
        RuleFiles(files.iter().map(|it| it.parse().unwrap()).collect())
    }

    /// An error, without the way to the folder.
    fn shown(&self, error: &str) -> String {
        error.replace(&format!("{}/", self.0.path().display()), "")
    }

    pub(in crate::ops) fn config(&self) -> AlertConfig {
        config_of(self.files())
    }
}

pub(in crate::ops) fn config_of(files: RuleFiles) -> AlertConfig {
    AlertConfig {
        rules: files.read().unwrap(),
        files,
        thresholds: Thresholds::from_env(|_| None).unwrap(),
        interval: Duration::from_secs(1),
    }
}

/// Operations that evaluate these rules, and what they tell.
async fn started(config: &AlertConfig) -> (Ops, Lines) {
    let (console, told) = lines();
    let monitoring = MonitoringConfig {
        port: 0,
        ..MonitoringConfig::default()
    };
    (started_by(monitoring, config, console).await.unwrap(), told)
}

fn at(date: &str, drawdown: f64) -> Now {
    Now {
        date: Some(date.parse().ok().unwrap()),
        drawdown,
        ..Now::default()
    }
}
