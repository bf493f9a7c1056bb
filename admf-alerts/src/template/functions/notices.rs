//! What Alertmanager has of its own.

use super::super::bounds::Out;
use super::super::value::{List, Of};
use super::{Value, text, wanted};

/// Makes each word begin with a capital and go on in small letters, as Unicode has words and letters.
pub(super) fn title(args: &[Value]) -> Result<Value, String> {
    let chars: Vec<char> = text(args, 0)?.chars().collect();
    let mut out = Out::default();
    let mut titled = false;
    for (at, c) in chars.iter().enumerate() {
        if !in_word(&chars, at) {
            titled = false;
            out.push_char(*c)?;
        } else if titled {
            small(&chars, at, &mut out)?;
        } else if !is_cased(*c) {
            out.push_char(*c)?;
        } else {
            titled = true;
            capital(*c, &mut out)?;
        }
    }
    Ok(Value::text(out.into_text()))
}

/// Marks such as `'` and `.` are of the word that goes on behind them.
fn in_word(chars: &[char], at: usize) -> bool {
    let letter = |at: Option<usize>| {
        let c = at.and_then(|at| chars.get(at));
        c.is_some_and(|c| c.is_alphabetic())
    };
    match chars[at] {
        '\'' | '.' | ':' | '·' | '\u{2018}' | '\u{2019}' | '\u{2024}' => {
            letter(at.checked_sub(1)) && letter(Some(at + 1))
        }
        c => c == '_' || c.is_alphanumeric() || is_mark(c),
    }
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{ad}')
}

fn is_cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || matches!(c, 'ǅ' | 'ǈ' | 'ǋ' | 'ǲ')
}

fn small(chars: &[char], at: usize, out: &mut Out) -> Result<(), String> {
    let next = chars.get(at + 1);
    if chars[at] == 'Σ' && next.is_none_or(|next| !is_cased(*next)) {
        // The last of a word.
        return out.push_char('ς');
    }
    let mut small = chars[at].to_lowercase();
    small.try_for_each(|c| out.push_char(c))
}

fn capital(c: char, out: &mut Out) -> Result<(), String> {
    let titled = super::strings::title_case(c);
    if titled != c {
        return out.push_char(titled);
    }
    // Of several letters in one the first is great.
    for (at, upper) in c.to_uppercase().enumerate() {
        match at {
            0 => out.push_char(upper)?,
            _ => upper.to_lowercase().try_for_each(|c| out.push_char(c))?,
        }
    }
    Ok(())
}

pub(super) fn trim_space(args: &[Value]) -> Result<Value, String> {
    text(args, 0).map(|text| Value::text(text.trim()))
}

/// Puts the first between all of the second.
pub(super) fn join(args: &[Value]) -> Result<Value, String> {
    let between = text(args, 0)?;
    let Value::List(List {
        of: Of::Texts,
        items,
    }) = &args[1]
    else {
        return Err(wanted("[]string", &args[1]));
    };
    let mut out = Out::default();
    for at in 0..items.len() {
        if at > 0 {
            out.push(between)?;
        }
        out.push(text(items, at)?)?;
    }
    Ok(Value::text(out.into_text()))
}

pub(super) fn string_slice(args: &[Value]) -> Result<Value, String> {
    for at in 0..args.len() {
        text(args, at)?;
    }
    Ok(Value::list(Of::Texts, args.iter().cloned()))
}
