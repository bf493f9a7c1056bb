//! A notice as a page.

use crate::channel::notice::{Notice, NoticeAlert};

/// The page; `colour` is that of its head.
pub(super) fn page(notice: &Notice, colour: &str) -> String {
    let alerts: String = notice.alerts.iter().map(|it| alert(it, colour)).collect();
    format!("<html>\n<body>\n{alerts}</body>\n</html>\n")
}

fn alert(alert: &NoticeAlert, colour: &str) -> String {
    let rows: String = [
        ("Rule", &alert.rule),
        ("Severity", &alert.severity),
        ("Status", &alert.status.to_owned()),
        ("Time", &alert.time),
        ("Message", &alert.message),
    ]
    .iter()
    .map(|(name, value)| format!("<p><strong>{name}:</strong> {}</p>\n", escaped(value)))
    .collect();
    let head = escaped(&alert.rule);
    format!(
        "<h2 style=\"color: {colour}\">ADMF Alert: {head}</h2>\n{rows}{}",
        metrics(&alert.metrics)
    )
}

fn metrics(pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let row = |(name, value): &(String, String)| {
        format!(
            "<tr><td>{}</td><td>{}</td></tr>\n",
            escaped(name),
            escaped(value)
        )
    };
    let rows: String = pairs.iter().map(row).collect();
    format!("<h3>Metrics</h3>\n<table>\n{rows}</table>\n")
}

/// Escapes what a page would read as markup; a line break is one of the page's.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push_str("<br>\n"),
            _ => escaped.push(c),
        }
    }
    escaped
}
