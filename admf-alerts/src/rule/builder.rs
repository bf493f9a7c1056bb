//! What only a program says of a rule, set one after another.

use std::time::Duration;

use super::{AtLeast, Escalation, NoData, OnError, Rule};

impl Rule {
    /// Sets what tells it from all others of the engine.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Asks that it held at `times` of the last `of` evaluations, in place of this one. The group must have an interval.
    #[must_use]
    pub fn at_least(mut self, times: u32, of: u32) -> Self {
        self.at_least = Some(AtLeast { times, of });
        self
    }

    /// Sets an expression that keeps an alert firing while it has a row of the alert's labels: a separate clear threshold.
    #[must_use]
    pub fn hold(mut self, expr: impl Into<String>) -> Self {
        self.hold = Some(expr.into());
        self
    }

    /// Sets what becomes of it where there is nothing to compare.
    #[must_use]
    pub fn no_data(mut self, no_data: NoData) -> Self {
        self.no_data = no_data;
        self
    }

    /// Sets what becomes of it where its evaluation fails.
    #[must_use]
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// Sets how long after a notice nobody is told again that an alert fires.
    #[must_use]
    pub fn cooldown(mut self, cooldown: Duration) -> Self {
        self.notify.cooldown = cooldown;
        self
    }

    /// Adds receivers, in place of those of the route.
    #[must_use]
    pub fn receivers(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(Into::into);
        self.notify.receivers.extend(names);
        self
    }

    /// Adds who is told next while it still fires, `delay` after the first notice. Levels are from 1.
    #[must_use]
    pub fn escalate(
        mut self,
        level: u32,
        delay: Duration,
        receivers: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.notify.escalation.push(Escalation {
            level,
            delay,
            receivers: receivers.into_iter().map(Into::into).collect(),
        });
        self
    }
}
