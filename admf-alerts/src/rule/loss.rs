//! What Prometheus cannot say.

use super::{OnError, Rule};

/// Names what a rule says and Prometheus cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loss {
    /// The field of the rule, such as `cooldown`.
    pub field: &'static str,
    /// What it holds.
    pub value: String,
    /// Why Prometheus cannot say it.
    pub reason: &'static str,
}

const NO_NOTICES: &str = "rules say nothing of notices there";

/// What Prometheus cannot say, but for what is done where there is no data.
pub(super) fn losses(rule: &Rule) -> Vec<Loss> {
    let notify = &rule.notify;
    let levels = notify.escalation.iter();
    let levels: Vec<_> = levels
        .map(|it| {
            format!(
                "{} after {:?}: {}",
                it.level,
                it.delay,
                it.receivers.join(", ")
            )
        })
        .collect();
    let cooldown = notify.cooldown;
    let cooldown = (!cooldown.is_zero()).then(|| format!("{cooldown:?}"));
    let error = (rule.on_error != OnError::KeepLast).then(|| rule.on_error.name().to_owned());
    let some = |text: String| (!text.is_empty()).then_some(text);
    let closure = rule.closure.as_ref().map(|_| "code".to_owned());
    let found = [
        ("closure", closure, "it is code of the program"),
        (
            "hold",
            rule.hold.clone(),
            "an alert has one expression there",
        ),
        (
            "on_error",
            error,
            "an evaluation that fails leaves alerts as they are there",
        ),
        ("cooldown", cooldown, NO_NOTICES),
        ("receivers", some(notify.receivers.join(", ")), NO_NOTICES),
        ("escalation", some(levels.join("; ")), NO_NOTICES),
    ];
    let loss = |(field, value, reason): (_, Option<String>, _)| {
        let value = value?;
        Some(Loss {
            field,
            value,
            reason,
        })
    };
    found.into_iter().filter_map(loss).collect()
}

impl Rule {
    pub(super) fn no_data_loss(&self) -> Loss {
        Loss {
            field: "no_data",
            value: self.no_data.name().to_owned(),
            reason: "an alert without a row is resolved there",
        }
    }
}
