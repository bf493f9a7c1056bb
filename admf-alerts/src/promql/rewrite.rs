//! An expression of Prometheus 3 in the words of 2.

use std::time::Duration;

use super::error::QueryError;
use super::tokens::{Token, Tokens};
use crate::duration;

/// Writes lengths of time with their units, and numbers without; what 2 has no words for stays as it is.
pub(crate) fn in_words_of_2(text: &str) -> Result<String, QueryError> {
    let mut tokens = Tokens::new(text);
    let mut written = String::with_capacity(text.len());
    let (mut open, mut offset, mut copied) = (vec![], false, 0);
    while let Some(token) = tokens.next() {
        let (start, token) = token?;
        let is_length = offset || open.last() == Some(&'[');
        let other = match token {
            Token::Number(seconds) if is_length => length(seconds),
            Token::Length(seconds) if !is_length => Some(seconds.to_string()),
            Token::Word("double_exponential_smoothing") => Some("holt_winters".to_owned()),
            _ => None,
        };
        if let Some(other) = other {
            written += &text[copied..start];
            written += &other;
            copied = tokens.position();
        }
        // A sign may stand between.
        offset =
            matches!(token, Token::Word("offset")) || (offset && matches!(token, Token::Operator));
        match token {
            Token::Open(bracket) => open.push(bracket),
            Token::Close(_) => drop(open.pop()),
            _ => {}
        }
    }
    written += &text[copied..];
    Ok(written)
}

fn length(seconds: f64) -> Option<String> {
    let millis = (seconds * 1_000.0).round();
    let length = Duration::try_from_secs_f64(millis / 1_000.0).ok()?;
    // Less than a millisecond is none to Prometheus.
    let length = Duration::from_millis(u64::try_from(length.as_millis()).ok()?);
    duration::written(length).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::{Query, Semantics, Settings};

    #[test]
    fn what_only_3_writes_so_is_written_as_2_does() {
        let older = Settings::default().semantics(Semantics::Prometheus2);
        for (three, two) in [
            ("x[300]", "rate(x[5m])"),
            ("x[90.5]", "rate(x[1m30s500ms])"),
            ("x[5m:15]", "rate(x[5m:15s])"),
            ("x[5m] offset 60", "rate(x[5m] offset 1m)"),
            ("x[5m] offset - 60", "rate(x[5m] offset - 1m)"),
            ("x[5m] offset -60", "rate(x[5m] offset -1m)"),
            (
                "x{a=\"[300]\"}[5m] # [300]\n",
                "rate(x{a=\"[300]\"}[5m] # [300]\n)",
            ),
            ("x[0x10]", "rate(x[16s])"),
            ("x[5m] @ 300", "rate(x[5m] @ 300)"),
        ] {
            let three = format!("rate({three})");
            assert!(
                Query::parse(&three, &Settings::default()).is_ok(),
                "{three}"
            );
            let written = in_words_of_2(&three).unwrap();
            assert_eq!(written, two);
            assert!(Query::parse(&written, &older).is_ok(), "{written}");
        }
        let numbers = "time() - 5m > 1h30m * x[300:1m]";
        let written = in_words_of_2(numbers).unwrap();
        assert_eq!(written, "time() - 300 > 5400 * x[5m:1m]");
        let smoothing = in_words_of_2("double_exponential_smoothing(x[1h], 0.5, 0.5)");
        assert_eq!(smoothing.unwrap(), "holt_winters(x[1h], 0.5, 0.5)");
    }
}
