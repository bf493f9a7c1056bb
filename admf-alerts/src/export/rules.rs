//! Rule files.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::plain::{self, Plain};
use super::text::{comment, entry, line};
use super::{ExportError, Options};
use crate::duration;
use crate::rule::{Ids, Loss, Rule, RuleGroup, RuleKind};

const HEAD: &str = "# Written by admf-alerts: change what it was written from.\n";

/// Writes groups as one rule file that Prometheus 2.42 reads, and later versions too.
///
/// What a rule says beyond Prometheus is [compiled](crate::rule) to an expression where that is possible, and else a
/// loss. The same groups give the same text, byte by byte.
///
/// # Errors
///
/// Names the first thing that cannot be written: what Prometheus has no words for (unless the options are
/// [`lossy`](Options::lossy)), an expression or a template that 2.42 does not read, a length of time of less than a
/// millisecond or more than 292 years, a group without a name or of a name that another has, two rules of one id.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use admf_alerts::{Rule, RuleGroup, export};
///
/// let late = Rule::new("Late", "queue_length > 5").for_(Duration::from_secs(90)).label("severity", "page");
/// let text = export::rules(&[RuleGroup::new("queues", [late])], &export::Options::default())?;
/// assert_eq!(text, "\
/// ## Written by admf-alerts: change what it was written from.
/// groups:
/// - name: queues
///   rules:
///   - alert: Late
///     expr: queue_length > 5
///     for: 1m30s
///     labels:
///       severity: page
/// ");
/// # Ok::<(), export::ExportError>(())
/// ```
pub fn rules(groups: &[RuleGroup], options: &Options) -> Result<String, ExportError> {
    let mut text = HEAD.to_owned()
        + if groups.is_empty() {
            "groups: []\n"
        } else {
            "groups:\n"
        };
    let mut names = BTreeSet::new();
    let mut ids = Ids::default();
    for group in groups {
        ids.take(group)
            .map_err(|error| ExportError::refused(group, &Rule::new(error.rule(), ""), &error))?;
        if group.name.is_empty() {
            return Err(ExportError::of_group(
                group,
                "name",
                "",
                "must not be empty",
            ));
        }
        if !names.insert(&group.name) {
            let problem = "another group has this name, and a file takes each once";
            return Err(ExportError::of_group(group, "name", &group.name, problem));
        }
        text += &whole_group(group, options)?;
    }
    Ok(text)
}

fn whole_group(group: &RuleGroup, options: &Options) -> Result<String, ExportError> {
    let mut text = format!("- name: {}\n", line(&group.name));
    if let Some(interval) = group.interval {
        if interval.is_zero() {
            let problem = "must be at least a millisecond";
            return Err(ExportError::of_group(group, "interval", "0s", problem));
        }
        let length = length(interval).map_err(|problem| {
            ExportError::of_group(group, "interval", format!("{interval:?}"), problem)
        })?;
        text += &format!("  interval: {length}\n");
    }
    if group.limit > i64::MAX.unsigned_abs() {
        let limit = group.limit.to_string();
        return Err(ExportError::of_group(
            group,
            "limit",
            limit,
            "is out of range",
        ));
    }
    if group.limit > 0 {
        text += &format!("  limit: {}\n", group.limit);
    }
    text += &lost(2, &plain::losses_of_group(group, options)?);
    let (mut rules, mut written) = (String::new(), 0);
    for rule in &group.rules {
        let plain = plain::of(group, rule, options)?;
        written += usize::from(plain.is_written);
        rules += &whole_rule(group, &plain)?;
    }
    text += if written == 0 {
        "  rules: []\n"
    } else {
        "  rules:\n"
    };
    Ok(text + &rules)
}

/// A rule with its losses above it; one that is nothing without them is a comment too.
fn whole_rule(group: &RuleGroup, plain: &Plain) -> Result<String, ExportError> {
    let Plain {
        rule,
        losses,
        is_written,
    } = plain;
    let key = match rule.kind {
        RuleKind::Alert => "alert",
        RuleKind::Record => "record",
    };
    let mut text = entry(4, key, &rule.name);
    text.replace_range(2..3, "-");
    if *is_written {
        text += &entry(4, "expr", &rule.expr);
    }
    for (field, length_of) in [
        ("for", rule.for_),
        ("keep_firing_for", rule.keep_firing_for),
    ] {
        if !length_of.is_zero() {
            let length = length(length_of).map_err(|problem| {
                ExportError::of_rule(group, rule, field, format!("{length_of:?}"), problem)
            })?;
            text += &format!("    {field}: {length}\n");
        }
    }
    text += &texts("labels", &rule.labels);
    text += &texts("annotations", &rule.annotations);
    if !is_written {
        let lines = text
            .lines()
            .map(|line| format!("  # {}\n", line.get(2..).unwrap_or_default()));
        text = lines.collect();
    }
    Ok(lost(2, losses) + &text)
}

fn length(length: Duration) -> Result<String, String> {
    duration::written(length)
}

fn texts(key: &str, texts: &BTreeMap<String, String>) -> String {
    if texts.is_empty() {
        return String::new();
    }
    let entries = texts.iter().map(|(name, text)| entry(6, name, text));
    format!("    {key}:\n") + &entries.collect::<String>()
}

fn lost(depth: usize, losses: &[Loss]) -> String {
    let pad = " ".repeat(depth);
    let line = |Loss {
                    field,
                    value,
                    reason,
                }: &Loss| {
        let loss = format!("{field} `{value}`: {reason}");
        format!("{pad}# lost: {}\n", comment(&loss))
    };
    losses.iter().map(line).collect()
}
