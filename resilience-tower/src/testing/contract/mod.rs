//! What every layer owes to its neighbours, as checks that any layer can be put through.
//!
//! Each check drives the layer over a [`Probe`], on tokio's paused time, and returns the
//! [`Breach`] that it finds. [`check`] makes all of them.
//!
//! ```
//! use resilience_core::{CircuitBreaker, CircuitBreakerConfig, Env};
//! use resilience_tower::GateLayer;
//! use resilience_tower::testing::contract::{self, Case};
//! use tower::limit::ConcurrencyLimitLayer;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), contract::Breach> {
//! let breaker = || {
//!     let config = CircuitBreakerConfig::default();
//!     let breaker = CircuitBreaker::new("venue", config, &Env::default()).unwrap();
//!     Case::new(GateLayer::new(breaker.clone())).refuse(move |refuse| match refuse {
//!         true => breaker.isolate(),
//!         false => breaker.reset(),
//!     })
//! };
//! contract::check(&breaker).await?;
//!
//! // tower's own limit takes its slots when it gets ready.
//! let limit = || Case::new(ConcurrencyLimitLayer::new(2));
//! let breach = contract::an_idle_ready_clone_holds_nothing(&limit).await.unwrap_err();
//! assert!(breach.to_string().starts_with("an idle clone"));
//! # Ok(())
//! # }
//! ```

mod drive;
mod promptness;
mod restitution;

use std::error::Error;
use std::fmt;
use std::future::Future;

use resilience_core::BoxError;
use tower_layer::Layer;
use tower_service::Service;

pub use self::promptness::{
    a_refusal_answers_while_the_inner_service_is_pending, a_wait_is_polled_at_most_twice,
    it_spawns_nothing, it_works_over_a_buffer,
};
pub use self::restitution::{
    a_call_dropped_at_any_await_point_gives_everything_back, an_idle_ready_clone_holds_nothing,
    an_inner_panic_gives_everything_back, the_answer_of_a_sent_attempt_outlives_a_refusal,
    the_instance_that_was_ready_is_called,
};
use super::Probe;

/// A layer to be checked, and what the checks need to know of its policy.
pub struct Case<L> {
    layer: L,
    idle: Box<dyn Fn() -> bool>,
    refuse: Option<Box<dyn Fn(bool)>>,
}

/// A duty that a layer does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach(String);

/// A layer that can be checked; every layer over services of requests `u64` and errors
/// [`BoxError`] is one.
///
/// That its services are `Send` and `Sync`, as the [`Probe`] is, and its futures `Send`, the compiler
/// checks:
///
/// ```compile_fail,E0277
/// use resilience_tower::testing::Probe;
/// use resilience_tower::testing::contract::{self, Case};
/// use tower::{ServiceExt, layer::layer_fn};
///
/// let shared = |probe: Probe| {
///     let count = std::rc::Rc::new(());
///     probe.map_response(move |it| (it, count.clone()).0)
/// };
/// let _ = contract::check(&|| Case::new(layer_fn(shared)));
/// ```
pub trait Subject: Layer<Probe, Service = Self::Made> {
    /// The services that the layer makes.
    type Made: Service<u64, Error = BoxError, Future = Self::Future> + Clone + Send + Sync + 'static;
    /// Their response futures.
    type Future: Future<Output = Result<Self::Answer, BoxError>> + Send + 'static;
    /// Their responses.
    type Answer: Send + 'static;
}

impl<L, S> Subject for L
where
    L: Layer<Probe, Service = S>,
    S: Service<u64, Error = BoxError> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Made = S;
    type Future = S::Future;
    type Answer = S::Response;
}

impl<L> Case<L> {
    /// Creates a case of a fresh layer.
    pub fn new(layer: L) -> Self {
        Self {
            layer,
            idle: Box::new(|| true),
            refuse: None,
        }
    }

    /// Sets what says whether everything that calls took has been given back.
    #[must_use]
    pub fn idle(self, idle: impl Fn() -> bool + 'static) -> Self {
        let idle = Box::new(idle);
        Self { idle, ..self }
    }

    /// Sets what makes the policy refuse, and let through again.
    #[must_use]
    pub fn refuse(self, refuse: impl Fn(bool) + 'static) -> Self {
        let refuse: Box<dyn Fn(bool)> = Box::new(refuse);
        let refuse = Some(refuse);
        Self { refuse, ..self }
    }

    /// Returns the layer.
    pub fn into_layer(self) -> L {
        self.layer
    }

    /// Says whether policy and probe are both at rest.
    fn rests(&self, probe: &Probe) -> bool {
        (self.idle)() && probe.in_flight() == 0
    }
}

/// Makes all checks, each with fresh cases.
///
/// # Errors
///
/// Returns the first breach.
pub async fn check<L: Subject>(case: &impl Fn() -> Case<L>) -> Result<(), Breach> {
    the_instance_that_was_ready_is_called(case).await?;
    a_refusal_answers_while_the_inner_service_is_pending(case).await?;
    a_call_dropped_at_any_await_point_gives_everything_back(case).await?;
    an_idle_ready_clone_holds_nothing(case).await?;
    a_wait_is_polled_at_most_twice(case).await?;
    an_inner_panic_gives_everything_back(case).await?;
    the_answer_of_a_sent_attempt_outlives_a_refusal(case).await?;
    it_spawns_nothing(case).await?;
    it_works_over_a_buffer(case).await
}

impl Breach {
    fn unless(holds: bool, duty: impl Into<String>) -> Result<(), Self> {
        match holds {
            true => Ok(()),
            false => Err(Self(duty.into())),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Breach {}

impl<L: fmt::Debug> fmt::Debug for Case<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("layer", &self.layer)
            .finish_non_exhaustive()
    }
}
