//! The thresholds that an operator sets, and rules compare with.

use admf_metrics::monitoring::SettingError;
use admf_metrics::{HandleError, Meter};

use crate::ops::catalogue as m;

/// From where on a portfolio is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Thresholds {
    sharpe: f64,
    drawdown: f64,
    volatility: f64,
}

impl Thresholds {
    /// Takes those that `read` finds by the names of their variables, and the defaults for the others.
    ///
    /// # Errors
    ///
    /// The first one that breaks a rule: a percentage where a ratio is asked for, among others.
    pub(crate) fn from_env(read: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let number = |name, default: f64, rule: &str, is: fn(f64) -> bool| {
            let Some(text) = read(name) else {
                return Ok(default);
            };
            let value = text.trim().parse().ok().filter(|value| is(*value));
            value.ok_or_else(|| SettingError {
                name,
                rule: rule.to_owned(),
                value: Some(text.chars().take(100).collect()),
            })
        };
        Ok(Self {
            sharpe: number(
                "MONITORING_SHARPE_THRESHOLD",
                0.5,
                "must be a number, such as 0.5",
                f64::is_finite,
            )?,
            drawdown: number(
                "MONITORING_DRAWDOWN_THRESHOLD",
                0.2,
                "must be a ratio above 0 and at most 1, such as 0.2 for 20 %",
                |it| it > 0.0 && it <= 1.0,
            )?,
            volatility: number(
                "MONITORING_VOLATILITY_THRESHOLD",
                0.3,
                "must be a ratio above 0 and at most 5, such as 0.3 for 30 % a year",
                |it| it > 0.0 && it <= 5.0,
            )?,
        })
    }

    /// Shows them, so that the rules are the same here and on a Prometheus server.
    pub(in crate::ops) fn export(&self, meter: &Meter) -> Result<(), HandleError> {
        let shown = meter.gauges(&m::THRESHOLD)?;
        for (name, value) in m::THRESHOLDS
            .iter()
            .zip([self.sharpe, self.drawdown, self.volatility])
        {
            shown.show([*name], Some(value));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(name: &'static str, value: &'static str) -> Result<Thresholds, String> {
        let read = |asked: &str| (asked == name).then(|| value.to_owned());
        Thresholds::from_env(read).map_err(|error| error.to_string())
    }

    #[test]
    fn thresholds_are_what_the_environment_says_and_exported_by_name() {
        assert_eq!(
            given("", ""),
            given("MONITORING_DRAWDOWN_THRESHOLD", " 0.2 ")
        );
        let set = given("MONITORING_VOLATILITY_THRESHOLD", "1.25").unwrap();
        let exporter = crate::ops::tests::exporter();
        set.export(exporter.meter()).unwrap();
        let shown = crate::ops::tests::scrape(&exporter);
        for (name, value) in [
            ("sharpe_ratio", 0.5),
            ("drawdown_ratio", 0.2),
            ("volatility_ratio", 1.25),
        ] {
            assert_eq!(
                shown.value("admf_alert_threshold", &[("name", name)]),
                Some(value)
            );
        }
        assert_eq!(
            given("MONITORING_SHARPE_THRESHOLD", "-1").unwrap().sharpe,
            -1.0
        );
    }

    #[test]
    fn a_percentage_for_a_ratio_and_what_is_no_number_are_refused_with_what_would_be_right() {
        for (name, value, rule) in [
            (
                "MONITORING_DRAWDOWN_THRESHOLD",
                "20",
                "above 0 and at most 1, such as 0.2 for 20 %",
            ),
            ("MONITORING_DRAWDOWN_THRESHOLD", "0", "above 0"),
            ("MONITORING_DRAWDOWN_THRESHOLD", "20%", "above 0"),
            ("MONITORING_DRAWDOWN_THRESHOLD", "NaN", "above 0"),
            (
                "MONITORING_VOLATILITY_THRESHOLD",
                "30",
                "such as 0.3 for 30 % a year",
            ),
            ("MONITORING_SHARPE_THRESHOLD", "inf", "must be a number"),
            ("MONITORING_SHARPE_THRESHOLD", "", "must be a number"),
        ] {
            let error = given(name, value).unwrap_err();
            let (begin, end) = (format!("{name}: must be a "), format!(", got {value:?}"));
            assert!(
                error.starts_with(&begin) && error.ends_with(&end),
                "{error}"
            );
            assert!(error.contains(rule), "{error}");
        }
    }
}
