//! The lines of an `eval`.

use admf_alerts::notation::{Described, number, quoted};
use regex::Regex;

use crate::script::{Eval, Expected, Failure, millis};

/// Reads `instant at T EXPR` or `range from T to T step T EXPR`.
pub(crate) fn head(text: &str) -> Result<Eval, String> {
    let mut rest = text;
    let mut word = || {
        let (word, after) = rest.split_once([' ', '\t']).ok_or("it is cut off")?;
        rest = after.trim_start();
        Ok::<_, String>(word)
    };
    let span = match word()? {
        "instant" => {
            word()?;
            let at = millis(word()?)?;
            (at, at, None)
        }
        "range" => {
            let mut part = || word().and_then(|_| millis(word()?));
            let (start, end) = (part()?, part()?);
            (start, end, Some(part()?))
        }
        other => return Err(format!("`{other}` is neither instant nor range")),
    };
    Ok(Eval {
        line: 0,
        expr: rest.trim().to_owned(),
        span,
        expected: Expected::Series(vec![]),
        ordered: false,
        fail: None,
        annotations: false,
    })
}

/// Reads one line under an `eval`, and says whether it is the last.
pub(crate) fn expectation(eval: &mut Eval, line: &str) -> Result<bool, String> {
    if let Some(message) = line.strip_prefix("expected_fail_message") {
        eval.fail = Some(Failure::Message(message.trim().to_owned()));
        return Ok(true);
    }
    if let Some(pattern) = line.strip_prefix("expected_fail_regexp") {
        eval.fail = Some(Failure::Pattern(regex(pattern)?));
        return Ok(true);
    }
    if let Some(rest) = line.strip_prefix("expect ") {
        expect(eval, rest.trim())?;
        return Ok(false);
    }
    if let Ok(value) = number(line) {
        eval.expected = Expected::Scalar(value);
        return Ok(true);
    }
    let description = Described::parse(line)?;
    match &mut eval.expected {
        Expected::Series(series) | Expected::Matrix { series, .. } => series.push(description),
        _ => return Err("a series beside a scalar or a text".to_owned()),
    }
    Ok(false)
}

fn expect(eval: &mut Eval, rest: &str) -> Result<(), String> {
    let (kind, what) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let what = what.trim();
    match kind {
        "ordered" => eval.ordered = true,
        "string" => eval.expected = Expected::Text(quoted(what)?.0),
        "warn" | "no_warn" | "info" | "no_info" => eval.annotations = true,
        "fail" => {
            eval.fail = Some(match what.split_once(':') {
                Some(("msg", message)) => Failure::Message(message.trim().to_owned()),
                Some(("regex", pattern)) => Failure::Pattern(regex(pattern)?),
                _ => Failure::Any,
            });
        }
        "range" => {
            let words: Vec<_> = what.split_whitespace().collect();
            let ["vector", "from", start, "to", _, "step", step] = words[..] else {
                return Err(format!("`expect {rest}` is not known"));
            };
            eval.expected = Expected::Matrix {
                start: millis(start)?,
                step: millis(step)?,
                series: vec![],
            };
        }
        _ => return Err(format!("`expect {rest}` is not known")),
    }
    Ok(())
}

fn regex(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern.trim()).map_err(|error| error.to_string().replace('\n', " "))
}
