//! From a rule to the one expression that is evaluated, here and by Prometheus.

use std::time::Duration;

use promql_parser::util::display_duration;

use super::loss::{Loss, losses};
use super::{AtLeast, NoData, Rule, RuleError, RuleKind};
use crate::promql::{Query, Semantics, Settings, presence};

/// Holds what a rule is to Prometheus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompiledExpr {
    /// Plain PromQL: the rule's expression, with [`no_data`](Rule::no_data) and [`at_least`](Rule::at_least) in it. Empty
    /// for a rule with a closure.
    pub expr: String,
    /// What Prometheus cannot say.
    pub losses: Vec<Loss>,
    /// The expression that has a row where there is data, for a rule that keeps its alerts where there is none.
    pub(crate) data: Option<String>,
}

/// Compiles a rule of a group with this interval to plain PromQL, which the engine evaluates and an export writes.
///
/// - `no_data: Alert` adds a row with `alert_reason="no_data"` where the expression without its comparisons has none:
///   `(E) or label_replace(absent(D), "alert_reason", "no_data", "", "")`.
/// - `at_least` counts the evaluations at which a row was there, over a subquery that has as many steps as it asks for:
///   `count_over_time((E)[5m:1m]) >= 3`. Its value is that count. The steps are whole multiples of the interval since the epoch,
///   the last of them no later than the evaluation.
///
/// Windows take in both ends in Prometheus 2 and one in 3, so the subquery is that of the settings: a millisecond shorter
/// in 2. What is compiled for 2 counts right in 3 too, unless the group is evaluated in the last millisecond before such a
/// multiple, where one step is not counted.
///
/// # Errors
///
/// Names the field that cannot be compiled: `expr` that is no expression, `at_least` without an interval or over a number,
/// `no_data` where there is data at all times, or any of these for a rule that records, or with a closure.
///
/// # Examples
///
/// ```
/// use admf_alerts::promql::Settings;
/// use admf_alerts::rule::{NoData, Rule, compile};
///
/// let mut rule = Rule::new("Stale", r#"queue_length{job="fills"} > 5"#);
/// rule.no_data = NoData::Alert;
/// let compiled = compile(&rule, None, &Settings::default())?;
/// assert_eq!(
///     compiled.expr,
///     r#"(queue_length{job="fills"} > 5) or label_replace(absent(queue_length{job="fills"}), "alert_reason", "no_data", "", "")"#,
/// );
/// assert!(compiled.losses.is_empty());
/// # Ok::<(), admf_alerts::RuleError>(())
/// ```
pub fn compile(
    rule: &Rule,
    interval: Option<Duration>,
    settings: &Settings,
) -> Result<CompiledExpr, RuleError> {
    plain(rule)?;
    let mut losses = losses(rule);
    if rule.closure.is_some() {
        return Ok(CompiledExpr {
            losses,
            ..CompiledExpr::default()
        });
    }
    let query = Query::parse(&rule.expr, settings);
    let query = query.map_err(|error| rule.refused("expr", &rule.expr, error))?;
    let mut expr = rule.expr.clone();
    if let Some(at_least) = rule.at_least {
        expr = counted(rule, at_least, interval, &query, settings)?;
    }
    let mut data = None;
    if rule.no_data != NoData::Ok {
        let found = presence(&rule.expr, settings.semantics);
        let refused = |problem: &dyn ToString| {
            rule.refused("no_data", rule.no_data.name(), problem.to_string())
        };
        let found = found.map_err(|error| refused(&error))?;
        match rule.no_data {
            NoData::Alert if found.always => {
                return Err(refused(&"the expression has data at all times"));
            }
            NoData::Alert => {
                let absent = format!("absent({})", found.expr);
                let named =
                    format!(r#"label_replace({absent}, "alert_reason", "no_data", "", "")"#);
                expr = format!("{} or {named}", inside(&expr));
                Query::parse(&expr, settings).map_err(|error| refused(&error))?;
            }
            NoData::KeepLast if !found.always => {
                losses.push(rule.no_data_loss());
                data = Some(found.expr);
            }
            NoData::KeepLast | NoData::Ok => {}
        }
    }
    Ok(CompiledExpr { expr, losses, data })
}

/// Between parentheses; a comment at its end must not swallow them.
fn inside(expr: &str) -> String {
    let line = if expr.contains('#') { "\n" } else { "" };
    format!("({expr}{line})")
}

fn counted(
    rule: &Rule,
    at_least: AtLeast,
    interval: Option<Duration>,
    query: &Query,
    settings: &Settings,
) -> Result<String, RuleError> {
    let AtLeast { times, of } = at_least;
    let refused = |problem: &str| rule.refused("at_least", &at_least.to_string(), problem);
    if times == 0 || times > of {
        return Err(refused("is from 1 to the number of evaluations"));
    }
    if query.is_scalar() {
        return Err(refused("a number holds at every evaluation"));
    }
    let step = interval.map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX));
    let Some(step) = step.filter(|it| *it > 0) else {
        return Err(refused("the group must have an interval"));
    };
    let range = step.checked_mul(u64::from(of));
    // With both ends in it, a window of a whole number of steps has one more, if it begins at one.
    let range = range.map(|it| match settings.semantics {
        Semantics::Prometheus2 => it - 1,
        Semantics::Prometheus3 => it,
    });
    let range = range.ok_or_else(|| refused("is too many evaluations"))?;
    let [range, step] = [range, step].map(|it| display_duration(&Duration::from_millis(it)));
    let expr = format!(
        "count_over_time({}[{range}:{step}]) >= {times}",
        inside(&rule.expr)
    );
    Query::parse(&expr, settings).map_err(|error| refused(&error.to_string()))?;
    Ok(expr)
}

/// Says which fields a rule that records, or one with a closure, has none of.
fn plain(rule: &Rule) -> Result<(), RuleError> {
    let problem = match (rule.kind, &rule.closure) {
        (_, Some(_)) if !rule.expr.is_empty() => {
            return Err(rule.refused("expr", &rule.expr, "a rule with a closure has none"));
        }
        (RuleKind::Record, _) => "a rule that records has none",
        (RuleKind::Alert, Some(_)) => "a rule with a closure has none: the closure decides",
        (RuleKind::Alert, None) => return Ok(()),
    };
    if let Some(at_least) = rule.at_least {
        return Err(rule.refused("at_least", &at_least.to_string(), problem));
    }
    if rule.no_data != NoData::Ok {
        return Err(rule.refused("no_data", rule.no_data.name(), problem));
    }
    if rule.kind == RuleKind::Alert {
        return Ok(());
    }
    match losses(rule).iter().find(|it| it.field != "closure") {
        Some(loss) => Err(rule.refused(loss.field, &loss.value, problem)),
        None => Ok(()),
    }
}
