//! Rules as files for Prometheus: what the program evaluates, written down for the server.
//!
#![doc = include_str!("../../docs/alert_export.md")]

mod error;
mod losses;
mod plain;
mod rules;
mod run;
mod scenario;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod unit_tests;

use crate::promql::Settings;
pub use error::ExportError;
pub use losses::losses;
pub use rules::rules;
pub use scenario::Scenario;
pub use unit_tests::tests;

/// Says how rules are exported.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Writes what Prometheus cannot say as a comment at its rule, in place of refusing it. Default: off.
    pub lossy: bool,
    /// How the program reads the expressions. Default: those of Prometheus 3.
    pub settings: Settings,
}

impl Options {
    /// Sets whether what Prometheus cannot say becomes a comment.
    #[must_use]
    pub fn lossy(mut self, lossy: bool) -> Self {
        self.lossy = lossy;
        self
    }

    /// Sets how the program reads the expressions.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }
}
