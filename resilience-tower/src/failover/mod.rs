//! Middleware that calls the first of several services that has not failed.

pub mod future;
mod service;

use resilience_core::Failover;
use tower_layer::Layer;

pub use self::service::FailedOver;
use crate::Failures;

/// Calls the active one of several services of one type, each with its own gates.
///
/// It is applied to the list of them, an array or a vector, in the order of the policy's targets.
/// Each call goes to one target, and what comes of it teaches the policy. A
/// [`RetryLayer`](crate::RetryLayer) outside has it tried at the next one, as soon as the failures in a
/// row have switched to it. A target whose own circuit is open has failed, though nothing was sent;
/// other refusals teach nothing unless the rule says so.
///
/// Whoever checks the health of a target sends the checks through that target's own gates: an open
/// circuit then refuses them until it is due, and they are its probes. Checks that go past the circuit
/// bring the target back while it still refuses every call.
///
/// ```
/// use resilience_core::{BoxError, Env, Failover, FailoverConfig};
/// use resilience_tower::FailoverLayer;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let targets = vec!["primary".into(), "backup".into()];
/// let config = FailoverConfig { targets, switch_after: 1, ..Default::default() };
/// let failover = Failover::new("venue", config, &Env::default())?;
///
/// let venue = |up: bool| {
///     tower::service_fn(move |order: u64| async move { if up { Ok(order) } else { Err(BoxError::from("down")) } })
/// };
/// let mut orders = ServiceBuilder::new()
///     .layer(FailoverLayer::new(failover.clone()))
///     .service([venue(false), venue(true)]);
///
/// assert!(orders.ready().await?.call(7).await.is_err());
/// assert_eq!(failover.active().as_str(), "backup");
/// assert_eq!(orders.ready().await?.call(7).await?, 7);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The caller gets what the target answers, as it was.
///
/// # Panics
///
/// [`Layer::layer`] panics where there are not as many services as targets.
///
/// # Cancel safety
///
/// Dropping the future drops the call; the policy learns nothing of it.
#[derive(Clone, Debug)]
pub struct FailoverLayer<R = Failures> {
    failover: Failover,
    rule: R,
}

impl FailoverLayer {
    /// Creates a layer with the default rule.
    #[must_use]
    pub const fn new(failover: Failover) -> Self {
        let rule = Failures;
        Self { failover, rule }
    }
}

impl<R> FailoverLayer<R> {
    /// Replaces the rule that says what is a failure of a target.
    #[must_use]
    pub fn classify<R2>(self, rule: R2) -> FailoverLayer<R2> {
        let failover = self.failover;
        FailoverLayer { failover, rule }
    }
}

/// A list of services of one type, the most wanted first.
pub trait Targets {
    /// The services.
    type Service;

    /// Returns them in order.
    fn services(&mut self) -> &mut [Self::Service];
}

impl<S> Targets for Vec<S> {
    type Service = S;

    fn services(&mut self) -> &mut [S] {
        self
    }
}

impl<S, const N: usize> Targets for [S; N] {
    type Service = S;

    fn services(&mut self) -> &mut [S] {
        self
    }
}

impl<T: Targets, R: Clone> Layer<T> for FailoverLayer<R> {
    type Service = FailedOver<T, R>;

    fn layer(&self, mut targets: T) -> Self::Service {
        let (services, names) = (targets.services().len(), self.failover.targets().len());
        assert_eq!(services, names, "there must be one service for each target");
        FailedOver::new(targets, self.clone())
    }
}
