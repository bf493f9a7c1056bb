//! The policies of an environment as a part.

use std::sync::Arc;

use resilience_core::{Env, Observer};

use super::{Builder, StartError};
use crate::policies::{self, PolicyMetrics};

impl Builder {
    /// Shows the policies of an environment as [metrics](crate::policies), and what it lists as health;
    /// returns the environment with the observer that counts what only events tell. Build policies in
    /// that one.
    ///
    /// It asks for the [`meter`](Self::meter), so it comes after all that declares metrics. An observer
    /// that `env` has is told no more; one that is to hear events too goes into `next`.
    ///
    /// # Errors
    ///
    /// A metric breaks a rule of the catalogue, the meter was asked for before, or an environment is shown
    /// already.
    pub fn policies(
        &mut self,
        env: Env,
        next: Option<Arc<dyn Observer>>,
    ) -> Result<Env, StartError> {
        if self.metrics.iter().all(|it| *it != policies::METRICS[0]) {
            self.metrics.extend(policies::METRICS);
        }
        let policies = PolicyMetrics::new(self.exporter()?.meter())?;
        policies.export(&env).map_err(StartError::Policies)?;
        self.health().add_source(env.clone());
        let observer = match next {
            Some(next) => policies.observer().then(next),
            None => policies.observer(),
        };
        Ok(env.with_observer(Arc::new(observer)))
    }
}
