//! Texts of labels and annotations, with places for the value and the labels of the series.

use std::fmt::Write;

use crate::labels::Labels;

/// A text with `{{ $value }}` and `{{ $labels.NAME }}` in it, parsed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Value,
    Label(String),
}

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((action, after)) = after.split_once("}}") else {
                return Err("`{{` is not closed by `}}`".to_owned());
            };
            parts.push(Part::Text(before.to_owned()));
            parts.push(parse_action(action.trim())?);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { parts })
    }

    /// Fills in the places; a label that the series does not have is empty.
    pub(crate) fn render(&self, labels: &Labels, value: f64) -> String {
        self.parts.iter().fold(String::new(), |mut out, part| {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value => write_float(&mut out, value),
                Part::Label(name) => out.push_str(labels.get(name).unwrap_or_default()),
            }
            out
        })
    }
}

fn parse_action(action: &str) -> Result<Part, String> {
    let label = action
        .strip_prefix("$labels.")
        .or_else(|| action.strip_prefix(".Labels."));
    match (action, label) {
        ("$value" | ".Value", _) => Ok(Part::Value),
        (_, Some(name)) if crate::scan::is_label_name(name) => Ok(Part::Label(name.to_owned())),
        _ => Err(format!(
            "`{{{{ {action} }}}}` is neither `{{{{ $value }}}}` nor `{{{{ $labels.NAME }}}}`"
        )),
    }
}

/// Writes a float as the templates of Prometheus do (Go's `%v`): the shortest digits that give it back,
/// with an exponent below 1e-4 and from 1e6 on.
fn write_float(out: &mut String, value: f64) {
    let written = match value {
        f64::INFINITY => write!(out, "+Inf"),
        f64::NEG_INFINITY => write!(out, "-Inf"),
        value => {
            let scientific = format!("{value:e}");
            let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
            match exponent.parse::<i32>() {
                Ok(exponent @ (..-4 | 6..)) => {
                    let sign = if exponent < 0 { '-' } else { '+' };
                    write!(out, "{digits}e{sign}{:02}", exponent.unsigned_abs())
                }
                _ => write!(out, "{value}"),
            }
        }
    };
    written.expect("a String takes whatever is written to it");
}

#[cfg(test)]
mod tests;
