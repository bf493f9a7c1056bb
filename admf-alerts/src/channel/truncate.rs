//! Texts that are cut to what the other side takes.

/// Cuts a text to so many characters, the last of which is an ellipsis, unless there is no room for one; says whether it
/// was cut.
#[must_use]
pub fn chars(text: &str, most: usize) -> (String, bool) {
    if text.chars().nth(most).is_none() {
        return (text.to_owned(), false);
    }
    let kept = if most > 3 { most - 1 } else { most };
    let mut cut: String = text.chars().take(kept).collect();
    if kept < most {
        cut.push('…');
    }
    (cut, true)
}

/// Cuts a text to so many bytes between two characters, with an ellipsis, or dots where there is no room for one; says
/// whether it was cut.
#[must_use]
pub fn bytes(text: &str, most: usize) -> (String, bool) {
    if text.len() <= most {
        return (text.to_owned(), false);
    }
    let Some(room) = most.checked_sub('…'.len_utf8()) else {
        return (".".repeat(most), true);
    };
    let kept = (0..=room).rev().find(|at| text.is_char_boundary(*at));
    let kept = kept.unwrap_or_default();
    (format!("{}…", &text[..kept]), true)
}
