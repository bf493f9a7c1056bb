//! Resilient clients of a trading system, all from one config.
//!
#![doc = include_str!("../../docs/factory.md")]

mod config;

use resilience_core::{
    CircuitBreaker, ConfigError, Env, Name, Recovery, Retry, RetryConfig, Timeout,
};
use tower_layer::Layer;

pub use self::config::ResilienceConfig;
use crate::{
    Failures, GateLayer, Gated, Handlers, Orchestrator, Repeat, Retried, RetryLayer, Timed,
    TimeoutLayer,
};

/// Makes the clients of a trading system resilient by one config.
///
/// What it makes is a [`ClientLayer`]: total time limit, retry, circuit breaker, limit of an attempt.
/// A client of another shape is composed by hand, as the [crate's page](crate) shows.
///
/// ```
/// use resilience_core::{BoxError, Env};
/// use resilience_tower::{Resilience, ResilienceConfig};
/// use tower::{Layer, Service, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), BoxError> {
/// let env = Env::default();
/// let resilience = Resilience::new(ResilienceConfig::default(), &env)?;
///
/// let prices = tower::service_fn(|symbol: &'static str| async move {
///     if symbol == "AAPL" { Ok(187.15) } else { Err(BoxError::from("unknown symbol")) }
/// });
/// let mut prices = resilience.market_data("polygon")?.layer(prices);
/// assert_eq!(prices.ready().await?.call("AAPL").await?, 187.15);
///
/// let breaker = env.registry().find("circuit_breaker", "polygon");
/// assert!(breaker.is_some(), "what it makes is listed");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Resilience {
    config: ResilienceConfig,
    env: Env,
}

impl Resilience {
    /// Creates a factory whose policies live in `env`.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `config` breaks.
    pub fn new(config: ResilienceConfig, env: &Env) -> Result<Self, ConfigError> {
        config.check()?;
        let env = env.clone();
        Ok(Self { config, env })
    }

    /// Makes what stands before a broker: few attempts, and only of requests that are safe to
    /// [`repeat`](Repeat).
    ///
    /// # Errors
    ///
    /// Returns an error where `name` is that of a living policy.
    pub fn broker<Req: Repeat>(
        &self,
        name: impl Into<Name>,
    ) -> Result<ClientLayer<Req>, ConfigError> {
        self.client(name.into(), self.config.broker())
    }

    /// Makes what stands before a source of market data: more attempts, sooner.
    ///
    /// # Errors
    ///
    /// Returns an error where `name` is that of a living policy.
    pub fn market_data<Req: Repeat>(
        &self,
        name: impl Into<Name>,
    ) -> Result<ClientLayer<Req>, ConfigError> {
        self.client(name.into(), self.config.market_data())
    }

    /// Makes what recovers from errors: by the config's `recovery`, and by `handlers` for the steps that
    /// are the caller's own.
    ///
    /// Breaking a component isolates the circuit of its name, and failing over moves the failover of its
    /// name, where `handlers` have none for it: those of clients that were made here, before or after,
    /// and all others that live in the same environment.
    ///
    /// # Errors
    ///
    /// Returns an error where `name` is that of a living recovery, or `recovery` asks for a step that
    /// `handlers` do not have.
    pub fn orchestrator(
        &self,
        name: impl Into<Name>,
        handlers: Handlers,
    ) -> Result<Orchestrator, ConfigError> {
        let Self { config, env } = self;
        let recovery = Recovery::new(name, config.recovery.clone(), env)?;
        Orchestrator::new(&recovery, handlers.by_name(env))
    }

    /// Returns the environment of all that it made.
    #[must_use]
    pub const fn env(&self) -> &Env {
        &self.env
    }

    fn client<Req: Repeat>(
        &self,
        name: Name,
        retry: RetryConfig,
    ) -> Result<ClientLayer<Req>, ConfigError> {
        let Self { config, env } = self;
        let breaker = CircuitBreaker::new(name.clone(), config.breaker(), env)?;
        if !config.circuit_breaker_enabled {
            breaker.disable();
        }
        let attempt = Timeout::new(format!("{name} attempt"), config.attempt(), env)?;
        let retry = Retry::new(name.clone(), retry, env)?;
        let total = Timeout::new(name, config.total(), env)?;
        Ok(ClientLayer {
            total: TimeoutLayer::new(total),
            retry: RetryLayer::new(retry),
            breaker: GateLayer::new(breaker),
            attempt: TimeoutLayer::new(attempt),
        })
    }
}

/// Total time limit, retry, circuit breaker and limit of an attempt, around one client.
///
/// All services it makes share the policies.
#[derive(Clone, Debug)]
pub struct ClientLayer<Req, R = Failures> {
    total: TimeoutLayer<R>,
    retry: RetryLayer<Req, R>,
    breaker: GateLayer<CircuitBreaker, R>,
    attempt: TimeoutLayer<R>,
}

impl<Req, R> ClientLayer<Req, R> {
    /// Replaces the rule that says what requests ask for and what is a failure, for all of them.
    #[must_use]
    pub fn classify<R2: Clone>(self, rule: R2) -> ClientLayer<Req, R2> {
        ClientLayer {
            total: self.total.classify(rule.clone()),
            retry: self.retry.classify(rule.clone()),
            breaker: self.breaker.classify(rule.clone()),
            attempt: self.attempt.classify(rule),
        }
    }
}

/// A client behind a [`ClientLayer`].
pub type Client<S, Req, R = Failures> =
    Timed<Retried<Gated<Timed<S, R>, CircuitBreaker, R>, Req, R>, R>;

impl<S: Clone, Req, R: Clone> Layer<S> for ClientLayer<Req, R> {
    type Service = Client<S, Req, R>;

    fn layer(&self, inner: S) -> Self::Service {
        let attempt = self.attempt.layer(inner);
        let guarded = self.breaker.layer(attempt);
        self.total.layer(self.retry.layer(guarded))
    }
}
