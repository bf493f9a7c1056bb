//! Escapes, as Go's pages have them.

use super::super::bounds::Out;

/// For a text, and for the value of an attribute in quotes.
pub(super) fn text(text: &str, out: &mut Out) -> Result<(), String> {
    for c in text.chars() {
        match escaped(c) {
            Some(escape) => out.push(escape)?,
            None => out.push_char(c)?,
        }
    }
    Ok(())
}

fn escaped(c: char) -> Option<&'static str> {
    Some(match c {
        '\0' => "\u{fffd}",
        '"' => "&#34;",
        '&' => "&amp;",
        '\'' => "&#39;",
        '+' => "&#43;",
        '<' => "&lt;",
        '>' => "&gt;",
        _ => return None,
    })
}

/// For the value of an attribute without quotes.
pub(super) fn unquoted(text: &str, out: &mut Out) -> Result<(), String> {
    if text.is_empty() {
        return out.push("ZgotmplZ");
    }
    for c in text.chars() {
        match c {
            '\0' => out.push("&#xfffd;")?,
            '\t' | '\n' | '\x0b' | '\x0c' | '\r' | ' ' | '=' | '`' => {
                out.push(&format!("&#{};", u32::from(c)))?;
            }
            c => match escaped(c) {
                Some(escape) => out.push(escape)?,
                None => out.push_char(c)?,
            },
        }
    }
    Ok(())
}

/// Says whether an address leads nowhere but to pages and mails.
pub(super) fn is_harmless(address: &str) -> bool {
    match address.split_once(':') {
        Some((scheme, _)) if !scheme.contains('/') => ["http", "https", "mailto"]
            .iter()
            .any(|it| scheme.eq_ignore_ascii_case(it)),
        _ => true,
    }
}

/// Writes what no address holds by its bytes in base 16; `whole`: what has a meaning in addresses keeps it.
pub(super) fn address(text: &str, whole: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    for (at, byte) in bytes.iter().enumerate() {
        let coded = bytes.get(at + 1..at + 3);
        let coded = coded.is_some_and(|it| it.iter().all(u8::is_ascii_hexdigit));
        let kept = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => true,
            b'%' => whole && coded,
            byte => whole && b"!#$&*+,/:;=?@[]".contains(byte),
        };
        match kept {
            true => out.push(char::from(*byte)),
            false => out.push_str(&format!("%{byte:02x}")),
        }
    }
    out
}
