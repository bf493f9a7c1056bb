//! Conditions that are texts.

use super::compared::Compared;
use super::condition::Operator;
use super::expr::Made;
use super::known::Known;
use super::problem::Problem;
use crate::labels::Quoted;
use crate::samples::FamilyKind;

/// A metric, what stands in braces after it, and what it is compared with.
struct Parts<'t> {
    name: &'t str,
    braces: &'t str,
    operator: Operator,
    rest: &'t str,
}

/// Reads `NAME{…} OP "text"` and `NAME{…} OP number`, of which the name may be any that is known; all else is PromQL.
pub(super) fn made(text: &str, known: &Known) -> Result<Made, Problem> {
    let Some(parts) = parts(text.trim()) else {
        return Ok(Made::Plain(text.to_owned()));
    };
    let plain = || Ok(Made::Plain(text.to_owned()));
    let series = known.series(parts.name);
    let series = series.map_err(|problem| Problem {
        field: String::new(),
        ..problem
    });
    if let Some(state) = quoted(parts.rest) {
        return state_of(&series?, &parts, &state, known);
    }
    let Ok(value) = parts.rest.parse::<f64>() else {
        return plain();
    };
    let series = series?;
    if known.kind(&series) == FamilyKind::Histogram {
        let problem = format!("`{series}` is a histogram, and has no value");
        return Err(Problem::new("", text, problem));
    }
    let left = match parts.braces {
        "" => series,
        braces => format!("{series}{{{braces}}}"),
    };
    Ok(Made::Compared(Compared {
        left,
        operator: parts.operator,
        value: Some(value),
        guard: String::new(),
    }))
}

/// A state set has a series for each state, which is 1 for that in which the thing is.
fn state_of(series: &str, parts: &Parts<'_>, state: &str, known: &Known) -> Result<Made, Problem> {
    let sign = match parts.operator {
        Operator::Eq | Operator::Ne => parts.operator.sign(),
        other => {
            let problem = format!(
                "a state is compared by `==` and `!=`, not by `{}`",
                other.sign()
            );
            return Err(Problem::new("", state, problem));
        }
    };
    let label = known.state(series, state)?;
    let braces = parts.braces.trim().trim_end_matches(',');
    let comma = if braces.is_empty() { "" } else { "," };
    let state = Quoted(state);
    Ok(Made::Plain(format!(
        "{series}{{{braces}{comma}{label}={state}}} {sign} 1"
    )))
}

fn parts(text: &str) -> Option<Parts<'_>> {
    let inside = |c: char| c.is_ascii_alphanumeric() || "_:.-".contains(c);
    let end = text.find(|c| !inside(c))?;
    let (name, after) = text.split_at(end);
    let (braces, after) = match after.trim_start().strip_prefix('{') {
        Some(after) => after.split_at_checked(closing(after)?)?,
        None => ("", after),
    };
    let after = after.trim_start_matches('}').trim_start();
    let signs = ["<=", ">=", "==", "!=", "<", ">"];
    let sign = signs.iter().find(|sign| after.starts_with(**sign))?;
    let operators = Operator::WORDS.iter().map(|it| it.1);
    let operator = operators.into_iter().find(|it| it.sign() == *sign)?;
    (!name.is_empty()).then_some(Parts {
        name,
        braces,
        operator,
        rest: after[sign.len()..].trim(),
    })
}

/// Where the brace that is open is closed; not within quotes.
fn closing(text: &str) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in text.char_indices() {
        match quote {
            _ if escaped => escaped = false,
            Some('"' | '\'') if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if "\"'`".contains(c) => quote = Some(c),
            None if c == '}' => return Some(at),
            None => {}
        }
    }
    None
}

/// The text between two quotes of one kind, where that is all there is.
fn quoted(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| "\"'".contains(*c))?;
    let mut inside = text[1..].chars();
    let mut taken = String::new();
    loop {
        match inside.next()? {
            '\\' => match inside.next()? {
                c if c == quote || c == '\\' => taken.push(c),
                _ => return None,
            },
            c if c == quote => break,
            c => taken.push(c),
        }
    }
    inside.as_str().is_empty().then_some(taken)
}
