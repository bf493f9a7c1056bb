//! Rules that are evaluated together.

use std::time::Duration;

use super::{Rule, RuleError};

/// Declares rules that are evaluated together, one after another: later ones see what earlier ones record.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::{Rule, RuleGroup};
///
/// let rules = [
///     Rule::record("job:calls:rate5m", "sum by (job) (rate(calls_total[5m]))"),
///     Rule::new("NoCalls", "job:calls:rate5m == 0"),
/// ];
/// let group = RuleGroup::new("calls", rules).interval(Duration::from_secs(15)).limit(20);
/// assert_eq!(group.rules.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RuleGroup {
    /// Where it comes from: the path of its file, or empty. With the name it tells groups apart.
    pub file: String,
    /// Its name, unlike those of all other groups of the file.
    pub name: String,
    /// How far its evaluations are apart; `None`: it is evaluated at every step.
    pub interval: Option<Duration>,
    /// How far back in time its expressions are asked. Default 0.
    pub query_offset: Duration,
    /// How many alerts, pending and firing, or samples a rule may have; more is an error. 0, the default: any number.
    pub limit: u64,
    /// Which of the program's clocks its times are of: a replay has one of its own. Empty, the default: that of the
    /// machine. It is for the caller, who has an engine for each of his clocks.
    pub clock: String,
    /// Its rules, in the order of their evaluation.
    pub rules: Vec<Rule>,
}

impl RuleGroup {
    /// Creates a group that is evaluated at every step, without a limit.
    pub fn new(name: impl Into<String>, rules: impl IntoIterator<Item = Rule>) -> Self {
        Self {
            name: name.into(),
            rules: rules.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Creates the group of one alert, `Watchdog`, that fires at all times. Whoever is sent it knows that rules are evaluated
    /// and notices arrive, and is to raise the alarm once it stays away: a dead man's switch.
    #[must_use]
    pub fn watchdog() -> Self {
        let rule = Rule::new("Watchdog", "vector(1)")
            .label("severity", "none")
            .annotation("summary", "Alerts are evaluated and sent")
            .annotation(
                "description",
                "This alert fires at all times. Where it is not received, no other alert is.",
            );
        Self::new("watchdog", [rule])
    }

    /// Sets how far evaluations are apart.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sets how far back in time expressions are asked.
    #[must_use]
    pub fn query_offset(mut self, offset: Duration) -> Self {
        self.query_offset = offset;
        self
    }

    /// Sets which of the program's clocks its times are of.
    #[must_use]
    pub fn clock(mut self, clock: impl Into<String>) -> Self {
        self.clock = clock.into();
        self
    }

    /// Sets how many alerts or samples a rule may have.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}

impl RuleGroup {
    pub(crate) fn refused(&self, field: &str, value: &str, problem: impl ToString) -> RuleError {
        RuleError {
            of: "group",
            file: Box::default(),
            rule: self.name.clone(),
            field: field.to_owned(),
            value: value.into(),
            problem: problem.to_string(),
        }
    }
}
