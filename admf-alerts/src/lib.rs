//! Alert rules over Prometheus text, evaluated inside the program, by the state machine of Prometheus.
//!
//! ```
//! use std::time::Duration;
//! use admf_alerts::{AlertEvent, Engine, Rule, Samples};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let rule = Rule::parse("BreakerOpen", r#"circuit_breaker_state{state="open"} == 1"#)?
//!     .for_(Duration::from_secs(10))
//!     .label("severity", "critical")
//!     .annotation("summary", "calls to {{ $labels.name }} are refused");
//! let mut engine = Engine::new([rule])?;
//!
//! let scrape = Samples::parse("circuit_breaker_state{name=\"primary\",state=\"open\"} 1\n")?;
//! assert!(engine.step(Duration::from_secs(0), &scrape).is_empty()); // pending
//! let events = engine.step(Duration::from_secs(10), &scrape);
//! assert_eq!(
//!     events[0].to_string(),
//!     "FIRING   BreakerOpen{name=\"primary\",severity=\"critical\",state=\"open\"} value=1 since 0ns: \
//!      calls to primary are refused",
//! );
//!
//! let events = engine.step(Duration::from_secs(20), &Samples::default());
//! assert!(matches!(&events[..], [AlertEvent::Resolved(_)]));
//! # Ok(())
//! # }
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`samples`] | [`Samples`]: what one scrape said, parsed strictly |
//! | [`labels`] | [`Labels`]: the label set of a series or of an alert |
//! | [`series`] | [`Store`](series::Store): what was measured lately, bounded |
//! | [`promql`] | [`Query`](promql::Query): expressions of Prometheus over a store |
//! | [`rule`] | [`Rule`] and [`RuleGroup`]: when to alert, after how long, and what to say; what to record |
//! | [`catalogue`] | [`Metrics`](catalogue::Metrics): which metrics there are, and whether rules ask for them rightly |
//! | [`burn`] | [`BurnRate`]: when an error budget is used up too fast |
//! | [`rule_file`] | [`parse`](rule_file::parse): rule files of Prometheus as they are |
//! | [`files`] | [`RuleFiles`](files::RuleFiles): rule files on disk, and again once they are others (when to look: feature `reload`) |
//! | [`rule_test`] | [`run`](rule_test::run): unit tests of rules, as promtool's |
//! | [`slo`] | [`Slo`](slo::Slo): what a service promises, as rules on its error budget |
//! | [`export`] | [`rules`](export::rules): all of it as files for Prometheus and promtool |
//! | [`template`] | [`Template`](template::Template): texts with places for labels, value and queries |
//! | [`notify`] | [`Notifier`](notify::Notifier): who is told of alerts, and when |
//! | [`history`] | [`History`](history::History): what happened, bounded |
//! | `durable` | `Durable`: a notifier whose state outlives the process (feature `durable`) |
//! | `api` | `Api`: all of it over HTTP, as Alertmanager has it, and more (feature `api`) |
//! | [`channel`] | what each kind of channel is sent, and what its answers mean |
//! | [`alertmanager_file`] | [`parse`](alertmanager_file::parse): files of Alertmanager as they are, and back |
//! | `service` | `AlertService`: a notifier that sends by itself, its state, channels and history (feature `service`) |
//! | [`notation`] | series with their values, as tests of Prometheus write them |
//! | [`duration`] | lengths of time as files write them |
//! | [`alert_template`] | [`AlertTemplate`](alert_template::AlertTemplate): a metric, a limit, for how long, who is told |
//! | [`manager`] | [`Manager`](manager::Manager): alerts that come, go and change while the program runs |
//! | [`engine`] | [`Engine`]: states of all alerts; time and samples in, events out |
//!
//! Nothing here reads a clock, and nothing but [`files`], `durable`, `channel::io`, `service` and [`rule_test::run`] waits, or does input or output: the caller
//! scrapes, says what time it is, and delivers the events. Times are a `Duration` since an origin of the caller's choice.

pub mod alert_template;
pub mod alertmanager_file;
#[cfg(feature = "api")]
pub mod api;
pub mod burn;
pub mod catalogue;
pub mod channel;
#[cfg(feature = "durable")]
pub mod durable;
pub mod duration;
pub mod engine;
mod escape;
pub mod export;
pub mod files;
pub mod history;
pub mod labels;
pub mod manager;
pub mod notation;
pub mod notify;
pub mod promql;
mod re2;
pub mod rule;
pub mod rule_file;
pub mod rule_test;
pub mod samples;
mod scan;
pub mod series;
#[cfg(feature = "service")]
pub mod service;
pub mod slo;
pub mod template;
mod yaml;

pub use burn::BurnRate;
pub use engine::{
    Alert, AlertEvent, AlertState, Engine, EvalError, Health, Notice, Options, Snapshot,
};
pub use labels::Labels;
pub use rule::{AtLeast, Closure, NoData, OnError, Rule, RuleError, RuleGroup, RuleKind};
pub use samples::{Samples, Selector};
