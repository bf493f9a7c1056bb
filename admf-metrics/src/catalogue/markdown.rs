//! The catalogue as a page for those who read dashboards.

use std::fmt::Write;

use super::{Catalogue, Label, Metric, Values};

impl Catalogue {
    /// Returns the table of all metrics in Markdown, sorted by name.
    ///
    /// Kept in a file and compared with it in a test, it cannot grow old.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_metrics::{Catalogue, Label, Metric};
    ///
    /// const SPREAD: Metric = Metric::gauge("market_spread_ratio", "Spread over mid price.")
    ///     .unit("ratio")
    ///     .fed_by("quotes")
    ///     .labels(&[Label::capped("symbol", 200)]);
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let row = "| `market_spread_ratio` | gauge | ratio | `symbol`: at most 200 | | quotes | Spread over mid price. |\n";
    /// assert!(Catalogue::new([SPREAD])?.markdown().ends_with(row));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::from(
            "| name | kind | unit | labels | buckets | fed by | help |\n|---|---|---|---|---|---|---|\n",
        );
        for metric in self.iter() {
            row(&mut out, metric);
        }
        out
    }
}

fn row(out: &mut String, metric: &Metric) {
    let labels: Vec<_> = metric.labels.iter().map(label).collect();
    let buckets: Vec<_> = metric.buckets.iter().map(ToString::to_string).collect();
    let cells = [
        code(metric.name),
        metric.kind.to_string(),
        text(metric.unit),
        labels.join("; "),
        buckets.join(", "),
        text(metric.fed_by),
        text(metric.help),
    ];
    out.push('|');
    for cell in cells {
        let space = if cell.is_empty() { "" } else { " " };
        write!(out, "{space}{cell} |").expect("a string takes all");
    }
    out.push('\n');
}

fn label(label: &Label) -> String {
    let name = code(label.name);
    match label.values {
        Values::OneOf(values) => {
            let values: Vec<_> = values.iter().map(|value| code(value)).collect();
            format!("{name}: {}", values.join(", "))
        }
        Values::Cap(cap) => format!("{name}: at most {cap}"),
    }
}

/// Shows a text to the letter, but for line breaks, which a table cannot hold.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '~' | '<' | '[' | ']' | '|' | '&' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// Shows a word as code. Nothing is escaped in there but what ends the cell of a table.
fn code(word: &str) -> String {
    if word.is_empty() {
        return "(empty)".to_owned();
    }
    let longest = word.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if word.starts_with(['`', ' ']) || word.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    let word = word.replace('|', "\\|").replace(['\n', '\r'], " ");
    format!("{fence}{pad}{word}{pad}{fence}")
}
