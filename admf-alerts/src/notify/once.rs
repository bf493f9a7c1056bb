//! Things that happened, told of once.

use std::sync::Arc;
use std::time::Duration;

use super::alert::{Alert, Posted};
use super::notifier::Notifier;

impl Notifier {
    /// Takes something that happened, to be told of once: nobody waits for its end, and what keeps it quiet at its
    /// flush keeps it quiet for good. The same at the same time is one.
    ///
    /// # Errors
    ///
    /// No labels.
    pub fn post_once(&mut self, now: Duration, posted: Posted) -> Result<(), String> {
        if posted.labels.is_empty() {
            return Err("at least one label pair required".to_owned());
        }
        let at = posted.starts_at.unwrap_or(now);
        let alert = Alert {
            starts_at: at,
            ends_at: Some(at),
            once: true,
            ..Alert::new(posted, now, Duration::ZERO)
        };
        let fingerprint = alert.fingerprint();
        if !self.alerts.contains_key(&fingerprint) {
            let alert = Arc::new(alert);
            self.alerts.insert(fingerprint, Arc::clone(&alert));
            self.group(&alert, now);
        }
        Ok(())
    }
}
