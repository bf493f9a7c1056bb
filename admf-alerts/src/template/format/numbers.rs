//! Numbers by a verb. `Ok(false)` is a verb that does not fit.

use super::super::bounds::Out;
use super::float;
use super::spec::Spec;
use super::texts::quoted;

pub(super) fn float(out: &mut Out, spec: &Spec, value: f64) -> Result<bool, String> {
    let (verb, precision) = match spec.verb {
        'v' | 'g' => ('g', spec.precision),
        'G' => ('G', spec.precision),
        'e' | 'E' | 'f' | 'F' => (spec.verb, spec.precision.or(Some(6))),
        'b' | 'x' | 'X' => {
            let verb = spec.verb;
            return Err(format!("`%{verb}` of a float is not supported"));
        }
        _ => return Ok(false),
    };
    if spec.sharp {
        return Err("`#` with a float is not supported".to_owned());
    }
    if precision.is_some_and(|precision| precision > MAX_DIGITS) {
        return Err(format!(
            "more than {MAX_DIGITS} digits of a float are not supported"
        ));
    }
    let text = float::write(value, verb, precision);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let sign = match (negative, spec.plus, spec.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ if value.is_infinite() => "+",
        _ => "",
    };
    let text = format!("{sign}{digits}");
    if !value.is_finite() {
        let zero = false;
        Spec {
            zero,
            ..spec.clone()
        }
        .pad(out, &text)?;
    } else if spec.zero && !spec.minus && !sign.is_empty() {
        out.push(sign)?;
        out.fill('0', spec.missing(&text))?;
        out.push(digits)?;
    } else {
        spec.pad(out, &text)?;
    }
    Ok(true)
}

/// No float has more digits behind the point.
const MAX_DIGITS: usize = 1074;

pub(super) fn int(out: &mut Out, spec: &Spec, value: i64) -> Result<bool, String> {
    let magnitude = value.unsigned_abs();
    let (digits, prefix) = match spec.verb {
        'v' | 'd' => (magnitude.to_string(), ""),
        'b' => (format!("{magnitude:b}"), "0b"),
        'o' | 'O' => (format!("{magnitude:o}"), "0"),
        'x' => (format!("{magnitude:x}"), "0x"),
        'X' => (format!("{magnitude:X}"), "0X"),
        'c' => return spec.pad(out, &character(value).to_string()).map(|()| true),
        'q' => {
            let quoted = quoted(&character(value).to_string(), '\'', spec.plus);
            return spec.pad(out, &quoted).map(|()| true);
        }
        'U' => return spec.pad(out, &format!("U+{value:04X}")).map(|()| true),
        _ => return Ok(false),
    };
    let no_zero = Spec {
        zero: false,
        ..spec.clone()
    };
    if spec.precision == Some(0) && value == 0 {
        return no_zero.pad(out, "").map(|()| true);
    }
    let sign = match (value < 0, spec.plus, spec.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    // Zeros up to the width are digits, and the sign stands before them.
    let wide = spec.width.filter(|_| spec.zero && !spec.minus);
    let least = spec
        .precision
        .or(wide.map(|wide| wide.saturating_sub(sign.len())));
    let zeros = least.unwrap_or(0).saturating_sub(digits.len());
    let prefix = match prefix {
        // The leading zero is there by then.
        "0" if zeros > 0 || value == 0 => "",
        prefix if spec.sharp => prefix,
        _ => "",
    };
    let mut text = Out::default();
    text.push(sign)?;
    text.push(if spec.verb == 'O' { "0o" } else { "" })?;
    text.push(prefix)?;
    text.fill('0', zeros)?;
    text.push(&digits)?;
    no_zero.pad(out, &text.into_text())?;
    Ok(true)
}

fn character(value: i64) -> char {
    let code = u32::try_from(value).ok();
    code.and_then(char::from_u32).unwrap_or('\u{fffd}')
}
