//! Numbers in YAML.

/// A number as YAML 1.1 writes it: `5`, `1e3`, `0x1f`, `0o17`, `017`, `0b11`, `1_000`, `.inf`, `-.Inf`, `.nan`.
pub(super) fn yaml_number(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    if matches!(digits, ".inf" | ".Inf" | ".INF") {
        return Some(sign * f64::INFINITY);
    }
    let prefixed = [
        ("0x", 16),
        ("0X", 16),
        ("0o", 8),
        ("0O", 8),
        ("0b", 2),
        ("0B", 2),
        ("0", 8),
    ];
    for (prefix, radix) in prefixed {
        let whole = digits
            .strip_prefix(prefix)
            .filter(|it| !it.starts_with(['+', '-']));
        if let Some(Ok(whole)) = whole.map(|it| u64::from_str_radix(it, radix)) {
            return Some(sign * whole as f64);
        }
    }
    let float = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let value: f64 = digits
        .parse()
        .ok()
        .filter(|_| begins && digits.chars().all(float))?;
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::yaml_number;

    #[test]
    fn a_number_is_read_as_promtool_reads_it() {
        for (text, number) in [
            ("5", 5.0),
            ("+5", 5.0),
            ("-5.", -5.0),
            (".5", 0.5),
            ("1e3", 1_000.0),
            ("1_000", 1_000.0),
            ("0x10", 16.0),
            ("010", 8.0),
            ("09", 9.0),
            ("0o10", 8.0),
            ("0b10", 2.0),
            ("-.Inf", f64::NEG_INFINITY),
            ("0", 0.0),
        ] {
            assert_eq!(yaml_number(text), Some(number), "{text}");
        }
        assert!(yaml_number(".nan").is_some_and(f64::is_nan));
        for text in [
            "Inf", "NaN", "inf", "five", "", "0x", "--5", "1e", "5s", "true",
        ] {
            assert_eq!(yaml_number(text), None, "{text}");
        }
    }
}
