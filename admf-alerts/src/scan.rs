//! What texts may be: names, and what is shown of them.

/// Makes a text fit for one line of an error or a console, which must not obey what is in it.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// Says whether the text is a label name: `[a-zA-Z_][a-zA-Z0-9_]*`.
pub(crate) fn is_label_name(text: &str) -> bool {
    is_name(text, "_")
}

/// Says whether the text is a metric name: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub(crate) fn is_metric_name(text: &str) -> bool {
    is_name(text, "_:")
}

fn is_name(text: &str, more: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
    !text.is_empty() && text.chars().all(inside) && !text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_with_no_digit_and_only_metrics_have_colons() {
        for name in ["a", "_", "a1", "Z_9"] {
            assert!(is_label_name(name) && is_metric_name(name), "{name}");
        }
        for none in ["", "1a", "a-b", "é", "a b", "a\n"] {
            assert!(!is_label_name(none) && !is_metric_name(none), "{none}");
        }
        assert!(is_metric_name("job:a:sum") && !is_label_name("job:a:sum"));
    }
}
