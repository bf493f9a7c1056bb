//! The Prometheus text format 0.0.4: read strictly, validated, linted and written.
//!
//! Three lines in a test say whether what a program exposes is what Prometheus will store:
//!
//! ```
//! # let scrape = "# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total 3\n";
//! let exposition = admf_exposition::parse(scrape).unwrap(); // it can be read,
//! admf_exposition::validate(&exposition).unwrap(); // nothing in it is lost or mistaken,
//! assert_eq!(admf_exposition::lint(&exposition), []); // and `promtool check metrics` is content
//! ```
//!
//! | item | does |
//! |---|---|
//! | [`parse`] | reads a text into an [`Exposition`], which borrows from it |
//! | [`validate()`] | lists what Prometheus would drop or count wrong, as [`Problems`] |
//! | [`check`] | does both |
//! | [`lint()`] | says what promtool would say of names |
//! | [`mod@write`] | writes families and samples |
//!
#![doc = include_str!("../docs/exposition.md")]

mod cursor;
mod kind;
mod lint;
mod model;
mod parse;
mod problem;
mod rule;
mod text;
pub mod units;
mod validate;
pub mod write;

pub use kind::Kind;
pub use lint::{Lint, lint};
pub use model::{Exposition, Family, Labels, Sample};
pub use parse::parse;
pub use problem::{Problem, Problems};
pub use rule::Rule;
pub use validate::validate;

/// Parses and validates a text in one call.
///
/// # Examples
///
/// ```
/// let twice = "calls_total{a=\"1\",b=\"2\"} 3\ncalls_total{b=\"2\",a=\"1\"} 4\n";
/// let problems = admf_exposition::check(twice).unwrap_err();
/// assert_eq!(
///     problems.to_string(),
///     "line 2: series `calls_total{b=\"2\",a=\"1\"}` is given twice",
/// );
/// ```
///
/// # Errors
///
/// Says where it cannot be read, or all that [`validate()`] refuses.
pub fn check(text: &str) -> Result<(), Problems> {
    validate(&parse(text)?)
}
