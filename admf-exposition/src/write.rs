//! Writes the text format 0.0.4: the one place that knows its escapes and numbers.
//!
//! ```
//! use admf_exposition::{Kind, check, write};
//!
//! let mut text = String::new();
//! write::family(&mut text, "queued_orders", Kind::Gauge, Some("Orders that wait.")).unwrap();
//! write::sample(&mut text, "queued_orders", [("venue", "a\"b")], 7.0, None).unwrap();
//! assert!(text.starts_with("# HELP queued_orders Orders that wait.\n# TYPE queued_orders gauge\n"));
//! assert!(text.ends_with("queued_orders{venue=\"a\\\"b\"} 7\n"));
//! assert!(check(&text).is_ok());
//! ```

use std::fmt::{self, Write};

use crate::kind::Kind;

/// Writes the comments of a metric; for an untyped one no `# TYPE`, for one without help no `# HELP`.
///
/// # Errors
///
/// Those of the writer; a `String` has none.
pub fn family(out: &mut impl Write, name: &str, kind: Kind, help: Option<&str>) -> fmt::Result {
    if let Some(help) = help {
        write!(out, "# HELP {name} ")?;
        escaped(out, help, false)?;
        out.write_char('\n')?;
    }
    match kind {
        Kind::Untyped => Ok(()),
        kind => writeln!(out, "# TYPE {name} {kind}"),
    }
}

/// Writes one sample. Names are taken as they are: they must be valid.
///
/// # Errors
///
/// Those of the writer; a `String` has none.
pub fn sample<N: AsRef<str>, V: AsRef<str>>(
    out: &mut impl Write,
    name: &str,
    labels: impl IntoIterator<Item = (N, V)>,
    value: f64,
    timestamp: Option<i64>,
) -> fmt::Result {
    out.write_str(name)?;
    self::labels(out, labels)?;
    out.write_char(' ')?;
    number(out, value)?;
    if let Some(timestamp) = timestamp {
        write!(out, " {timestamp}")?;
    }
    out.write_char('\n')
}

/// Writes `{name="value",…}`, or nothing where there are no labels.
///
/// # Errors
///
/// Those of the writer; a `String` has none.
pub fn labels<N: AsRef<str>, V: AsRef<str>>(
    out: &mut impl Write,
    labels: impl IntoIterator<Item = (N, V)>,
) -> fmt::Result {
    let mut before = '{';
    for (name, value) in labels {
        write!(out, "{before}{}=", name.as_ref())?;
        quoted(out, value.as_ref())?;
        before = ',';
    }
    match before {
        '{' => Ok(()),
        _ => out.write_char('}'),
    }
}

/// Writes the value of a label, in double quotes and with its escapes.
///
/// # Errors
///
/// Those of the writer; a `String` has none.
pub fn quoted(out: &mut impl Write, value: &str) -> fmt::Result {
    out.write_char('"')?;
    escaped(out, value, true)?;
    out.write_char('"')
}

/// Writes a number so that it is read back to the last bit.
///
/// # Errors
///
/// Those of the writer; a `String` has none.
pub fn number(out: &mut impl Write, value: f64) -> fmt::Result {
    match value {
        f64::INFINITY => out.write_str("+Inf"),
        f64::NEG_INFINITY => out.write_str("-Inf"),
        value if value == 0.0 || value.is_nan() || (1e-5..1e16).contains(&value.abs()) => {
            write!(out, "{value}")
        }
        // With an exponent: written out, the largest have 309 digits.
        value => write!(out, "{value:e}"),
    }
}

fn escaped(out: &mut impl Write, text: &str, quoted: bool) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(|c| matches!(c, '\\' | '\n') || (quoted && c == '"')) {
        let (plain, from) = rest.split_at(at);
        out.write_str(plain)?;
        let (special, after) = from.split_at(1);
        out.write_char('\\')?;
        out.write_str(if special == "\n" { "n" } else { special })?;
        rest = after;
    }
    out.write_str(rest)
}
