//! Conditions made of conditions.

use super::compared::value;
use super::condition::Condition;
use super::expr::{Made, made};
use super::known::Known;
use super::problem::Problem;
use super::series;

/// Joins conditions by `and` or `or`. The fields of what is refused are those of the condition.
pub(super) fn joined(
    all: bool,
    on: Option<&[String]>,
    of: &[(String, Condition)],
    known: &Known,
) -> Result<String, Problem> {
    if of.len() < 2 {
        let problem = "there must be at least two";
        return Err(Problem::new("conditions", of.len(), problem));
    }
    let mut names: Vec<&str> = of.iter().map(|it| it.0.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|it| it[0] == it[1]) {
        let problem = "another of the conditions has this name";
        return Err(Problem::new("conditions", twice[0], problem));
    }
    let on = match on {
        None => String::new(),
        Some(labels) => format!(" on ({})", series::labels("on", labels)?),
    };
    let join = format!(" {}{on} ", if all { "and" } else { "or" });
    let parts = of.iter().map(|(name, condition)| {
        let part = part(condition, known);
        part.map_err(|problem| problem.below(&format!("conditions.{name}")))
    });
    Ok(parts.collect::<Result<Vec<_>, _>>()?.join(&join))
}

fn part(condition: &Condition, known: &Known) -> Result<String, Problem> {
    let refused = |what| Err(Problem::new("type", what, "cannot be a part of another"));
    let made = match condition {
        Condition::Composite { .. } => return refused("composite"),
        Condition::Closure(_) => return refused("closure"),
        other => made(other, known)?,
    };
    match made {
        Made::Plain(expr) => Ok(format!("({expr})")),
        Made::Compared(compared) => {
            let value = value(compared.value, None).map_err(|problem| Problem {
                field: "value".to_owned(),
                ..problem
            })?;
            Ok(format!("({})", compared.with(value)))
        }
    }
}
