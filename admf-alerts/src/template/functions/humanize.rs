//! Numbers as people read them: prefixes, durations, percentages, dates.

use super::super::format::float;
use super::Value;

const GREAT: [&str; 8] = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const SMALL: [&str; 8] = ["m", "u", "n", "p", "f", "a", "z", "y"];
const GREAT_1024: [&str; 8] = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

pub(super) fn humanize(args: &[Value]) -> Result<Value, String> {
    let value = number(&args[0])?;
    let (scaled, prefix) = match value {
        it if it == 0.0 || !it.is_finite() => (it, ""),
        it if it.abs() >= 1.0 => divided(it, 1000.0, GREAT),
        it => multiplied(it),
    };
    Ok(Value::text(short(scaled) + prefix))
}

pub(super) fn humanize1024(args: &[Value]) -> Result<Value, String> {
    let value = number(&args[0])?;
    let (scaled, prefix) = match value {
        it if it.abs() <= 1.0 || !it.is_finite() => (it, ""),
        it => divided(it, 1024.0, GREAT_1024),
    };
    Ok(Value::text(short(scaled) + prefix))
}

pub(super) fn percentage(args: &[Value]) -> Result<Value, String> {
    Ok(Value::text(short(number(&args[0])? * 100.0) + "%"))
}

pub(super) fn duration(args: &[Value]) -> Result<Value, String> {
    let value = number(&args[0])?;
    if !value.is_finite() {
        return Ok(Value::text(short(value)));
    }
    if value == 0.0 || value.abs() >= 1.0 {
        return Ok(Value::text(from_a_second(value)));
    }
    let (scaled, prefix) = multiplied(value);
    Ok(Value::text(format!("{}{prefix}s", short(scaled))))
}

/// Up to a minute with four digits, and from there on in whole seconds.
fn from_a_second(value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    let whole = whole(value.abs());
    let (seconds, minutes) = (whole % 60, whole / 60 % 60);
    let (hours, days) = (whole / 3600 % 24, whole / 86_400);
    if days != 0 {
        format!("{sign}{days}d {hours}h {minutes}m {seconds}s")
    } else if hours != 0 {
        format!("{sign}{hours}h {minutes}m {seconds}s")
    } else if minutes != 0 {
        format!("{sign}{minutes}m {seconds}s")
    } else if value == 0.0 {
        short(value) + "s"
    } else {
        format!("{sign}{}s", short(value.abs()))
    }
}

/// Cuts the fraction off; what has no place in 64 bits is the least, as on the machines that
/// Prometheus runs on.
fn whole(value: f64) -> i64 {
    if value >= 9_223_372_036_854_775_808.0 {
        return i64::MIN;
    }
    value as i64
}

/// Writes seconds since 1970 as a date in UTC, to the millisecond.
pub(super) fn timestamp(args: &[Value]) -> Result<Value, String> {
    let value = number(&args[0])?;
    if !value.is_finite() {
        return Ok(Value::text(short(value)));
    }
    let nanos = value * 1e9;
    if nanos.abs() > 9_223_372_036_854_775_807.0 {
        let seconds = float::write(value, 'g', None);
        return Err(format!("{seconds} seconds are out of the range of dates"));
    }
    // Whole nanoseconds, then whole milliseconds, both towards zero.
    let millis = whole(nanos) / 1_000_000;
    let (days, rest) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let (year, month, day) = date(days);
    let (seconds, fraction) = (rest / 1000, rest % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = match fraction {
        0 => String::new(),
        fraction => format!(".{fraction:03}").trim_end_matches('0').to_owned(),
    };
    let date = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
    Ok(Value::text(format!("{date}{fraction} +0000 UTC")))
}

/// Returns year, month and day of a day since 1970, by the Gregorian calendar, whose periods of 400
/// years have 146,097 days; counted from a first of March, so that a leap day is the last of its year.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (period, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (period * 400 + year + next, month, day)
}

fn divided(mut value: f64, by: f64, prefixes: [&'static str; 8]) -> (f64, &'static str) {
    let mut reached = "";
    for prefix in prefixes {
        if value.abs() < by {
            break;
        }
        reached = prefix;
        value /= by;
    }
    (value, reached)
}

fn multiplied(mut value: f64) -> (f64, &'static str) {
    let mut reached = "";
    for prefix in SMALL {
        if value.abs() >= 1.0 {
            break;
        }
        reached = prefix;
        value *= 1000.0;
    }
    (value, reached)
}

/// Four digits.
fn short(value: f64) -> String {
    float::write(value, 'g', Some(4))
}

/// Takes a number, or a text that is one.
fn number(value: &Value) -> Result<f64, String> {
    match value {
        Value::Float(value) => Ok(*value),
        Value::Int(value) => Ok(*value as f64),
        Value::Text(text) => parsed(text).ok_or_else(|| format!("`{text}` is not a number")),
        other => Err(super::wanted("a number", other)),
    }
}

/// Reads a number as Go does: one out of range is refused, and so is a blank.
fn parsed(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let named = !text.contains(|c: char| c.is_ascii_digit());
    // A NaN has no sign there.
    let signed_nan = value.is_nan() && text.starts_with(['+', '-']);
    (!signed_nan && (named || value.is_finite())).then_some(value)
}
