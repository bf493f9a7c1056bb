//! Floats as Go writes them.

/// Writes by `verb` (`e`, `f`, `g`, or great ones) to `precision` digits; `None` is as few as give the
/// number back. What is infinite and positive has its sign, and nothing else that is positive.
pub(in super::super) fn write(value: f64, verb: char, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let written = match (verb.to_ascii_lowercase(), precision) {
        ('f', Some(precision)) => format!("{value:.precision$}"),
        ('f', None) => format!("{value}"),
        ('e', precision) => scientific(&exponential(value, precision)),
        (_, precision) => general(value, precision),
    };
    if verb.is_ascii_uppercase() {
        return written.to_ascii_uppercase();
    }
    written
}

fn exponential(value: f64, precision: Option<usize>) -> String {
    match precision {
        Some(precision) => format!("{value:.precision$e}"),
        None => format!("{value:e}"),
    }
}

/// Gives the exponent its sign and two digits.
fn scientific(text: &str) -> String {
    let (digits, exponent) = split(text);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// Chooses: by an exponent where it is less than -4, or not less than the digits asked for.
fn general(value: f64, precision: Option<usize>) -> String {
    // A precision of 0 is 1.
    let precision = precision.map(|precision| precision.max(1));
    let text = exponential(value, precision.map(|precision| precision - 1));
    let (digits, exponent) = split(&text);
    let digits = if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    };
    let limit = precision.map_or(6, |precision| i32::try_from(precision).unwrap_or(i32::MAX));
    if exponent < -4 || exponent >= limit {
        return scientific(&format!("{digits}e{exponent}"));
    }
    let figures = digits.bytes().filter(u8::is_ascii_digit).count();
    let figures = i32::try_from(figures).unwrap_or(i32::MAX);
    let decimals = usize::try_from(figures - 1 - exponent).unwrap_or_default();
    format!("{value:.decimals$}")
}

fn split(text: &str) -> (&str, i32) {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (digits, exponent.parse().unwrap_or_default())
}
