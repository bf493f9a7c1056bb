//! The config from variables of the environment.

use std::time::Duration;

use super::{MonitoringConfig, SettingError, length};
use crate::http::Token;

impl MonitoringConfig {
    /// Takes the settings that `read` finds by name, such as `|name| std::env::var(name).ok()`, and the
    /// defaults for the others. The [page](crate::monitoring) lists the names.
    ///
    /// # Errors
    ///
    /// The first variable that breaks a rule, with the rule and what was given; of a token only the rule.
    pub fn from_env(read: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let mut config = Self::default();
        let from = Variables { read: &read };
        from.set(&mut config.enabled, "MONITORING_ENABLED", switch)?;
        from.set(
            &mut config.performance,
            "MONITORING_PERFORMANCE_ENABLED",
            switch,
        )?;
        from.set(&mut config.alerts, "MONITORING_ALERTS_ENABLED", switch)?;
        let name = "MONITORING_ANOMALY_DETECTION_ENABLED";
        from.set(&mut config.anomaly_detection, name, switch)?;
        from.set(
            &mut config.health_checks,
            "MONITORING_HEALTH_CHECK_ENABLED",
            switch,
        )?;
        let name = "MONITORING_PERFORMANCE_INTERVAL";
        from.set(&mut config.performance_interval, name, interval)?;
        let name = "MONITORING_HEALTH_CHECK_INTERVAL";
        from.set(&mut config.health_check_interval, name, interval)?;
        from.set(&mut config.address, "MONITORING_ADDRESS", |text| {
            text.parse().map_err(|_| "must be an IP address")
        })?;
        from.set(&mut config.port, "MONITORING_PORT", |text| {
            text.parse()
                .map_err(|_| "must be a whole number from 0 to 65535")
        })?;
        from.set(&mut config.allow_public, "MONITORING_ALLOW_PUBLIC", switch)?;
        config.token = from.token()?;
        Ok(config)
    }
}

/// Variables of the environment, by name.
struct Variables<'r, R> {
    read: &'r R,
}

impl<R: Fn(&str) -> Option<String>> Variables<'_, R> {
    fn set<T>(
        &self,
        place: &mut T,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<(), SettingError> {
        if let Some(text) = (self.read)(name) {
            let value = parse(text.trim());
            *place = value.map_err(|rule| SettingError::new(name, rule, &text))?;
        }
        Ok(())
    }

    fn token(&self) -> Result<Option<Token>, SettingError> {
        const VALUE: &str = "MONITORING_TOKEN";
        const FILE: &str = "MONITORING_TOKEN_FILE";
        let (name, token) = match ((self.read)(VALUE), (self.read)(FILE)) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                let rule = "must not be set together with MONITORING_TOKEN_FILE";
                return Err(SettingError::secret(VALUE, rule));
            }
            (Some(text), None) => (VALUE, Token::new(&text)),
            (None, Some(path)) => (FILE, Token::from_file(path)),
        };
        let token = token.map_err(|error| SettingError::secret(name, &error.to_string()))?;
        Ok(Some(token))
    }
}

fn switch(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("must be true or false"),
    }
}

fn interval(text: &str) -> Result<Duration, &'static str> {
    length::read(text).ok_or(length::RULE)
}
