//! What a tag makes of a text. Those of lists and maps change nothing, as in Prometheus.

use saphyr_parser::Tag;

/// Says whether a text is to be taken as if it stood there without quotes, or why it is not of the kind that its tag names.
pub(super) fn plain(text: &str, plain: bool, tag: Option<&Tag>) -> Result<bool, String> {
    let Some(tag) = tag else {
        return Ok(plain);
    };
    let fits = match (tag.is_yaml_core_schema(), &*tag.suffix) {
        (true, "int") => whole(text),
        (true, "float") => whole(text) || number(text),
        (true, "bool") => ["true", "True", "TRUE", "false", "False", "FALSE"].contains(&text),
        (true, "null") => super::is_null(text),
        (true, "timestamp") => return Ok(plain),
        (true, "binary") => return Err("`!!binary` is not known here".to_owned()),
        // A text, whatever it looks like.
        _ => return Ok(false),
    };
    match fits {
        true => Ok(true),
        false => Err(format!("`{text}` is no `!!{}`", tag.suffix)),
    }
}

fn whole(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(text: &str) -> bool {
    let part = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    text.parse::<f64>().is_ok() && text.chars().all(part)
}
