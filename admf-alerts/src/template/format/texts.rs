//! Texts and booleans by a verb. `Ok(false)` is a verb that does not fit.

use super::super::bounds::Out;
use super::is_printable;
use super::spec::Spec;

pub(super) fn text(out: &mut Out, spec: &Spec, value: &str) -> Result<bool, String> {
    let hex = matches!(spec.verb, 'x' | 'X');
    // A precision counts characters, or the bytes that are written in hex.
    let cut = match spec.precision {
        Some(most) if hex => most.min(value.len()),
        Some(most) => value
            .char_indices()
            .nth(most)
            .map_or(value.len(), |(at, _)| at),
        None => value.len(),
    };
    let written = match spec.verb {
        'v' | 's' => value[..cut].to_owned(),
        'q' if spec.sharp && plain_raw(&value[..cut]) => format!("`{}`", &value[..cut]),
        'q' => quoted(&value[..cut], '"', spec.plus),
        'x' | 'X' => hexed(&value.as_bytes()[..cut], spec),
        _ => return Ok(false),
    };
    spec.pad(out, &written)?;
    Ok(true)
}

pub(super) fn boolean(out: &mut Out, spec: &Spec, value: bool) -> Result<bool, String> {
    if !matches!(spec.verb, 'v' | 't') {
        return Ok(false);
    }
    spec.pad(out, if value { "true" } else { "false" })?;
    Ok(true)
}

fn hexed(bytes: &[u8], spec: &Spec) -> String {
    let great = spec.verb == 'X';
    let prefix = match (spec.sharp, great) {
        (true, true) => "0X",
        (true, false) => "0x",
        _ => "",
    };
    let mut out = String::new();
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 && spec.space {
            out.push(' ');
        }
        if i == 0 || spec.space {
            out.push_str(prefix);
        }
        out.push_str(&if great {
            format!("{byte:02X}")
        } else {
            format!("{byte:02x}")
        });
    }
    out
}

/// Says whether a text can stand between back quotes.
fn plain_raw(text: &str) -> bool {
    let odd = |c: char| (c.is_control() && c != '\t') || matches!(c, '`' | '\u{feff}');
    !text.contains(odd)
}

/// Writes a text as a literal of Go; `ascii` escapes all that is not.
pub(in crate::template) fn quoted(text: &str, quote: char, ascii: bool) -> String {
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\x07' => out.push_str(r"\a"),
            '\x08' => out.push_str(r"\b"),
            '\x0c' => out.push_str(r"\f"),
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            '\x0b' => out.push_str(r"\v"),
            c if c == quote || c == '\\' => out.extend(['\\', c]),
            c if is_printable(c) && (c.is_ascii() || !ascii) => out.push(c),
            c if c < ' ' || c == '\x7f' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c <= '\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push(quote);
    out
}
