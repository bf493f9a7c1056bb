//! What an export loses.

use super::{ExportError, Options, plain};
use crate::rule::{Loss, RuleGroup};

/// Lists all that Prometheus cannot say of these groups, each as [`rules`](super::rules) would be stopped by it.
///
/// # Errors
///
/// What is no loss and cannot be written: an expression that 2.42 does not read.
///
/// # Examples
///
/// ```
/// use admf_alerts::{OnError, Rule, RuleGroup, export};
///
/// let mut late = Rule::new("Late", "queue_length > 5");
/// late.on_error = OnError::Alert;
/// let mut group = RuleGroup::new("queues", [late]);
/// group.clock = "trading".to_owned();
/// let losses = export::losses(&[group], &export::Options::default())?;
/// let fields: Vec<_> = losses.iter().map(|it| (it.rule(), it.field())).collect();
/// assert_eq!(fields, [("", "clock"), ("Late", "on_error")]);
/// # Ok::<(), export::ExportError>(())
/// ```
pub fn losses(groups: &[RuleGroup], options: &Options) -> Result<Vec<ExportError>, ExportError> {
    let options = options.clone().lossy(true);
    let mut lost = Vec::new();
    for group in groups {
        let of_group = plain::losses_of_group(group, &options)?;
        let of_group = of_group.into_iter().map(
            |Loss {
                 field,
                 value,
                 reason,
             }| ExportError::of_group(group, field, value, reason),
        );
        lost.extend(of_group);
        for rule in &group.rules {
            let of_rule = plain::of(group, rule, &options)?.losses;
            let of_rule = of_rule.into_iter().map(
                |Loss {
                     field,
                     value,
                     reason,
                 }| ExportError::of_rule(group, rule, field, value, reason),
            );
            lost.extend(of_rule);
        }
    }
    Ok(lost)
}
