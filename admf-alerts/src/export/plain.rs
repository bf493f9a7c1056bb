//! Groups and rules in the words of Prometheus 2.42, and what is lost by that.

use super::{ExportError, Options};
use crate::engine::check;
use crate::promql::{Semantics, in_words_of_2};
use crate::rule::{Loss, Rule, RuleError, RuleGroup, compile};

/// A rule as Prometheus has it.
pub(super) struct Plain {
    pub(super) rule: Rule,
    pub(super) losses: Vec<Loss>,
    /// Whether there is anything left of it: a closure has no expression.
    pub(super) is_written: bool,
}

/// What of the group itself, not of its rules, Prometheus 2.42 cannot say.
pub(super) fn losses_of_group(
    group: &RuleGroup,
    options: &Options,
) -> Result<Vec<Loss>, ExportError> {
    let mut losses = Vec::new();
    if !group.query_offset.is_zero() {
        losses.push(Loss {
            field: "query_offset",
            value: format!("{:?}", group.query_offset),
            reason: "Prometheus 2.42 asks as of the evaluation",
        });
    }
    if !group.clock.is_empty() {
        losses.push(Loss {
            field: "clock",
            value: group.clock.clone(),
            reason: "Prometheus has one clock",
        });
    }
    match losses.first() {
        Some(Loss {
            field,
            value,
            reason,
        }) if !options.lossy => Err(ExportError::of_group(group, field, value, reason)),
        _ => Ok(losses),
    }
}

/// Compiles a rule, and checks that 2.42 reads what comes out.
pub(super) fn of(group: &RuleGroup, rule: &Rule, options: &Options) -> Result<Plain, ExportError> {
    let refused = |error: RuleError| ExportError::refused(group, rule, &error);
    let settings = options.settings.semantics(Semantics::Prometheus2);
    let compiled = compile(&older(rule), group.interval, &settings).map_err(refused)?;
    let is_written = rule.closure.is_none();
    let plain = Rule {
        kind: rule.kind,
        for_: rule.for_,
        keep_firing_for: rule.keep_firing_for,
        labels: rule.labels.clone(),
        annotations: rule.annotations.clone(),
        ..Rule::new(&rule.name, compiled.expr)
    };
    if is_written {
        check(&plain, &settings).map_err(refused)?;
    }
    let losses = compiled.losses;
    match losses.first() {
        Some(Loss {
            field,
            value,
            reason,
        }) if !options.lossy => Err(ExportError::of_rule(group, rule, field, value, reason)),
        _ => Ok(Plain {
            rule: plain,
            losses,
            is_written,
        }),
    }
}

/// The group as it is exported.
pub(super) fn group(group: &RuleGroup, options: &Options) -> Result<RuleGroup, ExportError> {
    losses_of_group(group, options)?;
    let rules = group.rules.iter().map(|rule| of(group, rule, options));
    let rules = rules.collect::<Result<Vec<_>, _>>()?;
    let rules = rules
        .into_iter()
        .filter(|it| it.is_written)
        .map(|it| it.rule);
    let mut plain = RuleGroup::new(&group.name, rules);
    plain.file.clone_from(&group.file);
    plain.interval = group.interval;
    plain.limit = group.limit;
    Ok(plain)
}

/// A text that cannot be read at all is refused as it is.
fn older(rule: &Rule) -> Rule {
    let mut older = rule.clone();
    if let Ok(expr) = in_words_of_2(&rule.expr) {
        older.expr = expr;
    }
    older
}
