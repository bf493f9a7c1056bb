//! What a rule says about its notices.

use std::time::Duration;

/// Says who is told of a rule's alerts. The engine carries it, and evaluates the rule in the same way with any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notify {
    /// How long after a notice that an alert fires nobody is told of that alert again. Default 0.
    pub cooldown: Duration,
    /// The receivers of the rule; none: those of the route.
    pub receivers: Vec<String>,
    /// Who is told next while it fires, in the order of the delays.
    pub escalation: Vec<Escalation>,
}

/// Holds one level of an escalation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Escalation {
    /// From 1.
    pub level: u32,
    /// How long after the first notice it is reached.
    pub delay: Duration,
    /// Who is told then.
    pub receivers: Vec<String>,
}
