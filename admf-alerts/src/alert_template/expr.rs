//! From conditions to expressions.

use std::time::Duration;

use super::compared::{Compared, cleared, value};
use super::composite;
use super::condition::{Condition, Operator, Per, Reading};
use super::known::Known;
use super::problem::Problem;
use super::series;
use super::text;
use crate::samples::FamilyKind;

/// What a condition has become.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) expr: String,
    /// What keeps an alert firing.
    pub(super) hold: Option<String>,
}

#[derive(Debug)]
pub(super) enum Made {
    Compared(Compared),
    Plain(String),
}

/// Compiles a condition. The fields of what is refused are those of the template.
pub(super) fn compile(
    condition: &Condition,
    threshold: Option<f64>,
    clear: Option<f64>,
    known: &Known,
) -> Result<Compiled, Problem> {
    let made = made(condition, known).map_err(|problem| problem.below("condition"))?;
    match made {
        Made::Compared(compared) => {
            let value = value(compared.value, threshold)?;
            let clear = clear.map(|clear| cleared(compared.operator, value, clear));
            let hold = clear.transpose()?.map(|clear| compared.with(clear));
            let expr = compared.with(value);
            Ok(Compiled { expr, hold })
        }
        Made::Plain(expr) => {
            let none = "the condition compares with no number of the template";
            for (field, number) in [("threshold", threshold), ("clear", clear)] {
                if let Some(number) = number {
                    return Err(Problem::new(field, number, none));
                }
            }
            Ok(Compiled { expr, hold: None })
        }
    }
}

/// Compiles a condition but for its number. The fields of what is refused are those of the condition.
pub(super) fn made(condition: &Condition, known: &Known) -> Result<Made, Problem> {
    let compared = match condition {
        Condition::Threshold {
            of,
            operator,
            value,
        } => {
            let shown = series::level(of, known)?;
            if of.window.is_some() && of.quantile.is_none() {
                let problem = "is of rates and quantiles: a threshold has none";
                return Err(Problem::new("window", minutes(of.window), problem));
            }
            Compared {
                left: shown.expr,
                operator: *operator,
                value: *value,
                guard: String::new(),
            }
        }
        Condition::Rate {
            of,
            per,
            operator,
            value,
        } => rate(of, *per, *operator, *value, known)?,
        Condition::Anomaly {
            of,
            baseline,
            operator,
            deviations,
        } => anomaly(of, *baseline, *operator, *deviations, known)?,
        Condition::Absence { of } => {
            return series::absent(of, known).map(Made::Plain);
        }
        Condition::Composite { all, on, of } => {
            return composite::joined(*all, on.as_deref(), of, known).map(Made::Plain);
        }
        Condition::Text(text) => return text::made(text, known),
        Condition::Closure(_) => return Ok(Made::Plain(String::new())),
    };
    Ok(Made::Compared(compared))
}

/// A rate over a part of its window is too low: where that may fire, the series must be there since its beginning.
fn rate(
    of: &Reading,
    per: Per,
    operator: Operator,
    value: Option<f64>,
    known: &Known,
) -> Result<Compared, Problem> {
    let shown = series::rate(of, known)?;
    let guard = match operator {
        Operator::Gt | Operator::Gte => String::new(),
        _ => shown.since(of, &series::window(of)?)?,
    };
    let left = match per {
        Per::Second => shown.expr,
        Per::Minute => format!("{} * 60", shown.expr),
    };
    Ok(Compared {
        left,
        operator,
        value,
        guard,
    })
}

/// `(x - mean) / deviation`, where there is a deviation and all of the baseline.
fn anomaly(
    of: &Reading,
    baseline: Duration,
    operator: Option<Operator>,
    deviations: Option<f64>,
    known: &Known,
) -> Result<Compared, Problem> {
    let kind = known.kind(&known.series(&of.metric)?);
    let grows = kind == FamilyKind::Counter;
    let shown = match grows {
        true => series::rate(of, known)?,
        false => series::level(of, known)?,
    };
    if of.window.is_some() && !grows && of.quantile.is_none() {
        let problem = "is of rates and quantiles: how long an anomaly looks back is its `baseline`";
        return Err(Problem::new("window", minutes(of.window), problem));
    }
    let length = series::length("baseline", baseline)?;
    let range = match shown.is_selector {
        true => format!("{}[{length}]", shown.expr),
        false => format!("({})[{length}:1m]", shown.expr),
    };
    let x = &shown.expr;
    let z = format!("({x} - avg_over_time({range})) / (stddev_over_time({range}) > 0)");
    Ok(Compared {
        left: match operator {
            Some(_) => z,
            None => format!("abs({z})"),
        },
        operator: operator.unwrap_or(Operator::Gt),
        value: deviations,
        guard: shown.since(of, &length)?,
    })
}

/// A length as templates write it.
fn minutes(length: Option<Duration>) -> f64 {
    length.unwrap_or_default().as_secs_f64() / 60.0
}

/// Says whether the condition holds where something is not there.
pub(super) fn asks_for_nothing(condition: &Condition) -> bool {
    match condition {
        Condition::Absence { .. } => true,
        Condition::Composite { of, .. } => of.iter().any(|it| asks_for_nothing(&it.1)),
        _ => false,
    }
}
