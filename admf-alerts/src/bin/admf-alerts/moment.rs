//! Times and steps on the command line.

use admf_alerts::duration;

/// The latest time, in seconds, so that sums of a few stay in bounds.
const LATEST: f64 = 1e12;

/// Reads seconds since the Unix epoch, such as `1700000000.5`, or a length of time since then, such as `5m`; in milliseconds.
pub(crate) fn time(text: &str) -> Result<i64, String> {
    if let Ok(length) = duration::parse(text) {
        return i64::try_from(length.as_millis()).map_err(|error| error.to_string());
    }
    let number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    let seconds: Option<f64> = text.parse().ok().filter(|_| number);
    let seconds = seconds.filter(|it: &f64| it.abs() <= LATEST);
    let problem = "neither seconds since 1970, within 1e12, nor a length of time such as `5m`";
    let seconds = seconds.ok_or(problem)?;
    Ok((seconds * 1_000.0).round() as i64)
}

/// Reads the length of a step, which is above 0.
pub(crate) fn step(text: &str) -> Result<i64, String> {
    match time(text)? {
        step if step > 0 => Ok(step),
        _ => Err("must be above 0".to_owned()),
    }
}

/// Writes milliseconds as seconds.
pub(crate) fn shown(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let (seconds, rest) = (millis.unsigned_abs() / 1_000, millis.unsigned_abs() % 1_000);
    match rest {
        0 => format!("{sign}{seconds}"),
        rest => format!("{sign}{seconds}.{rest:03}")
            .trim_end_matches('0')
            .to_owned(),
    }
}
