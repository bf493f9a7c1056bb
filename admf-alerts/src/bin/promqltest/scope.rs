//! What is not claimed: computed from a case and what is loaded, without a list of cases.

use admf_alerts::Labels;
use admf_alerts::promql::Query;

use crate::script::Eval;

/// Functions, where they are called.
const FUNCTIONS: [&str; 22] = [
    "limitk",
    "limit_ratio",
    "info",
    "mad_over_time",
    "sort_by_label",
    "sort_by_label_desc",
    "double_exponential_smoothing",
    "ts_of_min_over_time",
    "ts_of_max_over_time",
    "ts_of_first_over_time",
    "ts_of_last_over_time",
    "first_over_time",
    "step",
    "range",
    "histogram_avg",
    "histogram_count",
    "histogram_sum",
    "histogram_fraction",
    "histogram_stddev",
    "histogram_stdvar",
    "histogram_quantiles",
    "fill",
];

/// Says why a case is out of scope, where it is.
pub(crate) fn out_of_scope(
    eval: &Eval,
    query: Option<&Query>,
    native: &[Labels],
) -> Option<&'static str> {
    if eval.expects_native() {
        return Some("expects a native histogram");
    }
    let words = Words::of(&eval.expr);
    if words.calls.iter().any(|call| FUNCTIONS.contains(&&**call)) {
        return Some("calls a function that is left out");
    }
    if words.modifier {
        return Some("uses anchored, smoothed or fill");
    }
    if words.arithmetic {
        return Some("computes a length of time");
    }
    let selects = |query: &Query| {
        native.iter().any(|labels| {
            let mut sets = query.uses().into_iter().flat_map(|it| it.any);
            sets.any(|all| all.iter().all(|matcher| matcher.matches(labels)))
        })
    };
    if query.is_some_and(selects) {
        return Some("selects a series with native histograms");
    }
    None
}

/// What an expression mentions outside of texts.
#[derive(Default)]
struct Words {
    calls: Vec<String>,
    modifier: bool,
    arithmetic: bool,
}

impl Words {
    fn of(expr: &str) -> Self {
        let mut words = Self::default();
        let mut square = 0;
        let mut before = String::new();
        let mut rest = expr;
        while let Some(c) = rest.chars().next() {
            let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
            let end = match c {
                '"' | '\'' | '`' => text_end(rest, c),
                c if part(c) => rest.find(|c| !part(c)).unwrap_or(rest.len()),
                c => c.len_utf8(),
            };
            let (token, after) = rest.split_at(end);
            rest = after;
            let called = after.trim_start().starts_with('(');
            match token {
                "[" => square += 1,
                "]" => square -= 1,
                "+" | "-" | "*" | "/" | "%" | "^" | "(" if square > 0 => words.arithmetic = true,
                "(" if before == "offset" => words.arithmetic = true,
                "anchored" | "smoothed" => words.modifier = true,
                "fill_left" | "fill_right" if called => words.modifier = true,
                word if called && word.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                    words.arithmetic |= before == "offset";
                    words.calls.push(word.to_ascii_lowercase());
                }
                _ => {}
            }
            words.arithmetic |= token == "^" && before == "offset length";
            // A sign between `offset` and its length changes nothing.
            let sign = matches!(token, "+" | "-") && before == "offset";
            if !token.trim().is_empty() && !sign {
                before = match &*before {
                    "offset" => "offset length".to_owned(),
                    _ => token.to_ascii_lowercase(),
                };
            }
        }
        words
    }
}

/// Where a text in quotes ends.
fn text_end(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return at + 1;
        }
        if c == '\\' && quote != '`' {
            chars.next();
        }
    }
    text.len()
}
