//! What is good, and what is not.

use crate::labels::Quoted;

/// Says which events there are, and which of them are errors.
#[derive(Clone, Debug, PartialEq)]
pub enum Sli {
    /// Two counters. Errors that were never counted are none.
    Events {
        /// A selector of what failed, such as `http_requests_total{code=~"5.."}`.
        errors: String,
        /// A selector of all there was, such as `http_requests_total`.
        total: String,
    },
    /// A histogram with classic buckets: what took longer than the threshold is an error.
    Latency {
        /// Its name, without `_bucket`.
        histogram: String,
        /// The bound of one of its buckets, in its unit; above 0.
        threshold: f64,
        /// Matchers of labels, such as `job="api",route!="/health"`. Empty: all series.
        filter: String,
    },
}

impl Sli {
    /// Creates one of two counters.
    pub fn events(errors: impl Into<String>, total: impl Into<String>) -> Self {
        Self::Events {
            errors: errors.into(),
            total: total.into(),
        }
    }

    /// Creates one of all series of a histogram.
    pub fn latency(histogram: impl Into<String>, threshold: f64) -> Self {
        Self::Latency {
            histogram: histogram.into(),
            threshold,
            filter: String::new(),
        }
    }

    /// The selectors: of a latency what is good and all, else what failed and all; each with its field.
    pub(super) fn selectors(&self) -> [(&'static str, String); 2] {
        match self {
            Self::Events { errors, total } => [
                ("sli.events.errors", errors.clone()),
                ("sli.events.total", total.clone()),
            ],
            Self::Latency {
                histogram,
                threshold,
                filter,
            } => {
                let comma = if filter.trim().is_empty() { "" } else { "," };
                let le = bound(*threshold);
                let good = format!("{histogram}_bucket{{{le}{comma}{filter}}}");
                let all = format!("{histogram}_count{{{filter}}}");
                let all = all.trim_end_matches("{}").to_owned();
                [("sli.latency.filter", good), ("sli.latency.filter", all)]
            }
        }
    }

    /// The expressions of errors and of all events a second, over a window.
    pub(super) fn rates(&self, window: &str) -> [String; 2] {
        let [(_, first), (_, total)] = self.selectors();
        let rate = |selector: &str| format!("sum(rate({selector}[{window}]))");
        let [first, total] = [rate(&first), rate(&total)];
        let errors = match self {
            Self::Events { .. } => format!("({first} or {total} * 0)"),
            Self::Latency { .. } => format!("({total} - {first})"),
        };
        [errors, total]
    }
}

/// The matcher of a bucket, in all ways in which its bound is written: `0.1`; `1` and `1.0`; `0.00005` and `5e-05`;
/// `2500000`, `2500000.0` and `2.5e+06`.
fn bound(threshold: f64) -> String {
    let mut ways = vec![threshold.to_string()];
    if threshold.fract() == 0.0 {
        ways.push(format!("{threshold}.0"));
    }
    let scientific = format!("{threshold:e}");
    let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match power.parse::<i32>().unwrap_or_default() {
        // From there on Go writes a power of ten, of two digits at least.
        power if power >= 6 => ways.push(format!("{digits}e+{power:02}")),
        power if power < -4 => ways.push(format!("{digits}e-{:02}", power.unsigned_abs())),
        _ => {}
    }
    match &ways[..] {
        [decimal] => format!("le={}", Quoted(decimal)),
        _ => {
            let pattern = ways.join("|").replace('.', "[.]").replace('+', "[+]");
            format!("le=~{}", Quoted(&pattern))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_found_however_its_bound_is_written() {
        for (threshold, matcher) in [
            (0.1, r#"le="0.1""#),
            (2.5, r#"le="2.5""#),
            (1.0, r#"le=~"1|1[.]0""#),
            (0.00005, r#"le=~"0[.]00005|5e-05""#),
            (0.000_000_25, r#"le=~"0[.]00000025|2[.]5e-07""#),
            (0.0001, r#"le="0.0001""#),
            (999_999.0, r#"le=~"999999|999999[.]0""#),
            (1e6, r#"le=~"1000000|1000000[.]0|1e[+]06""#),
            (2_500_000.0, r#"le=~"2500000|2500000[.]0|2[.]5e[+]06""#),
            (1_234_567.5, r#"le=~"1234567[.]5|1[.]2345675e[+]06""#),
        ] {
            assert_eq!(bound(threshold), matcher);
        }
    }
}
