//! Escapes in texts, as Go writes them.

/// Reads the escape at the start of `rest` into `bytes`; returns what it takes.
pub(crate) fn read(rest: &str, quote: char, bytes: &mut Vec<u8>) -> Result<usize, String> {
    let unknown = || {
        let shown: String = rest.chars().take(2).collect();
        format!("unknown escape `{shown}`")
    };
    let c = rest[1..].chars().next().ok_or_else(unknown)?;
    let simple = match c {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        '\'' | '"' if c == quote => c as u8,
        _ => {
            let (start, digits, radix) = match c {
                'x' => (2, 2, 16),
                'u' => (2, 4, 16),
                'U' => (2, 8, 16),
                '0'..='7' => (1, 3, 8),
                _ => return Err(unknown()),
            };
            let code = rest.get(start..start + digits).ok_or_else(unknown)?;
            if !code.chars().all(|c| c.is_digit(radix)) {
                return Err(unknown());
            }
            let code = u32::from_str_radix(code, radix).map_err(|_| unknown())?;
            if matches!(c, 'u' | 'U') {
                let c = char::from_u32(code).ok_or_else(unknown)?;
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                bytes.push(u8::try_from(code).map_err(|_| unknown())?);
            }
            return Ok(start + digits);
        }
    };
    bytes.push(simple);
    Ok(2)
}
