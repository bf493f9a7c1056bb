//! Alert rules over the service's own metrics.

use std::time::Duration;

use admf_alerts::promql::Settings;
use admf_alerts::{AlertEvent, AlertState, Engine, Options, Rule, RuleError, RuleGroup, Samples};
use admf_metrics::{Counter, Gauge, Meter};

use super::catalogue as m;

/// How long an alert goes on firing, in real time, once its condition holds no more: a circuit that
/// probes and opens again, over and over, is one alert.
pub(super) const KEEP_FIRING: Duration = Duration::from_millis(500);

/// How long a sample stands for its series.
const LOOKBACK: Duration = Duration::from_secs(5);

/// When to alert.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AlertConfig {
    /// Part of the highest equity after the loss of which an alert fires.
    pub(crate) drawdown: f64,
    /// How long a circuit must be open, in real time, before an alert fires.
    pub(crate) breaker_open: Duration,
}

impl AlertConfig {
    /// Makes the rules.
    pub(crate) fn rules(&self) -> Result<[Rule; 2], RuleError> {
        let drawdown = format!("admf_drawdown_ratio > {}", self.drawdown);
        Ok([
            Rule::parse("HighDrawdown", &drawdown)?
                .keep_firing_for(KEEP_FIRING)
                .label("severity", "warning")
                .annotation("summary", "too much of the highest equity lost"),
            Rule::parse(
                "BreakerOpen",
                r#"admf_circuit_breaker_state{state="open"} == 1"#,
            )?
            .for_(self.breaker_open)
            .keep_firing_for(KEEP_FIRING)
            .label("severity", "critical")
            .annotation("summary", "calls through {{ $labels.name }} refused"),
        ])
    }
}

/// The rules at work on the text of a scrape.
#[derive(Debug)]
pub(super) struct Alerts {
    engine: Engine,
    shown: Vec<Shown>,
}

/// How one rule is shown among the metrics.
#[derive(Debug)]
struct Shown {
    rule: String,
    fired: Counter,
    firing: Gauge,
}

impl Alerts {
    /// Begins with no alerts.
    pub(super) fn new(
        rules: impl IntoIterator<Item = Rule>,
        meter: &Meter,
    ) -> Result<Self, RuleError> {
        // Every step brings all there is, up to a hundred times a second: nothing older is asked for.
        let promql = Settings::default().lookback(LOOKBACK);
        let group = RuleGroup::new("ops", rules);
        let engine = Engine::with([group], Options::default().promql(promql))?;
        let show = |rule: &Rule| {
            let labels = [("alertname", rule.name.as_str())];
            let declared = "the catalogue declares it with this label";
            Shown {
                rule: rule.name.clone(),
                fired: meter.counter(&m::FIRED, &labels).expect(declared),
                firing: meter.gauge(&m::FIRING, &labels).expect(declared),
            }
        };
        let shown = engine.rules().map(|status| show(status.rule)).collect();
        Ok(Self { engine, shown })
    }

    /// Evaluates the rules over a scrape at `now`, and returns what changed.
    pub(super) fn step(&mut self, now: Duration, scrape: &Samples) -> Vec<AlertEvent> {
        let events = self.engine.step(now, scrape);
        for shown in &self.shown {
            let mine = |event: &&AlertEvent| {
                matches!(event, AlertEvent::Fired(_)) && event.alert().name() == shown.rule
            };
            shown
                .fired
                .increment(events.iter().filter(mine).count() as u64);
            let alerts = self.engine.alerts();
            let firing = alerts
                .filter(|alert| alert.state == AlertState::Firing && alert.name() == shown.rule);
            shown.firing.set(firing.count() as f64);
        }
        events
    }
}
