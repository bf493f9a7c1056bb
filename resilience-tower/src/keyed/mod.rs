//! A gate for each key, in the layers that know one gate.
//!
#![doc = include_str!("../../docs/keyed.md")]

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use resilience_core::keyed::KeyGate;
use resilience_core::{Ask, Keyed, NoKey, Rejected};

use crate::gate::Gates;

/// Says by which key a request finds its gate.
///
/// A function from request to key is one, as are the extractors of `http::key`.
pub trait KeyOf<Req> {
    /// Returns the key of a request, or `None` where it has none.
    fn key<'r>(&'r self, request: &'r Req) -> Option<Cow<'r, str>>;
}

impl<Req, F> KeyOf<Req> for F
where
    F: for<'r> Fn(&'r Req) -> Option<Cow<'r, str>>,
{
    fn key<'r>(&'r self, request: &'r Req) -> Option<Cow<'r, str>> {
        self(request)
    }
}

/// What becomes of a request that has no key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Keyless {
    /// All of them share the gate of the empty key: nobody gets round a bound by leaving his key out.
    #[default]
    Share,
    /// It passes no gate.
    Pass,
    /// It is refused with [`NoKey`]; over http, with a 400.
    Refuse,
}

/// Takes the place of a gate in [`GateLayer`](crate::GateLayer), [`QueueLayer`](crate::QueueLayer) and
/// the layers of `http`, and lets each request pass the gate of its key.
///
/// The gate is looked up in `call`, which is a use of the key, and answers and refuses as one gate
/// for all does. A refusal names it `policy[key]`.
///
/// ```
/// use std::time::Duration;
/// use resilience_core::{BoxError, Env, Keyed, KeyedConfig, RateLimiterConfig};
/// use resilience_tower::{ByKey, GateLayer};
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// let gate = RateLimiterConfig::new(1, Duration::from_secs(1));
/// let config = KeyedConfig { gate, ..Default::default() };
/// let symbols = Keyed::new("symbols", config, &Env::default())?;
///
/// let by_symbol = ByKey::with(symbols.clone(), |symbol: &String| Some(symbol.as_str().into()));
/// let mut quotes = ServiceBuilder::new()
///     .layer(GateLayer::new(by_symbol))
///     .service_fn(|symbol: String| async move { Ok::<_, BoxError>(symbol) });
///
/// assert!(quotes.ready().await?.call("AAPL".into()).await.is_ok());
/// assert!(quotes.ready().await?.call("MSFT".into()).await.is_ok());
/// let refused = quotes.ready().await?.call("AAPL".into()).await.unwrap_err();
/// assert_eq!(refused.to_string(), "call rejected by symbols[AAPL]");
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// That of the layer it is in: a permit is given back to the gate that gave it, though its key went
/// meanwhile.
pub struct ByKey<G: KeyGate, K> {
    keyed: Keyed<G>,
    key: K,
    keyless: Keyless,
}

impl<G: KeyGate, K> ByKey<G, K> {
    /// Finds the gate of a request in `keyed`, by the key that `key` says.
    pub fn new(keyed: Keyed<G>, key: K) -> Self {
        let keyless = Keyless::default();
        Self {
            keyed,
            key,
            keyless,
        }
    }

    /// Finds the gate of a request in `keyed`, by the key that a closure says.
    ///
    /// The same as [`new`](Self::new), which cannot tell what a closure borrows from.
    pub fn with<Req>(keyed: Keyed<G>, key: K) -> Self
    where
        K: for<'r> Fn(&'r Req) -> Option<Cow<'r, str>>,
    {
        Self::new(keyed, key)
    }

    /// Sets what becomes of requests that have no key. Default: they share a gate.
    #[must_use]
    pub fn keyless(self, keyless: Keyless) -> Self {
        Self { keyless, ..self }
    }

    /// Returns the policy that keeps the gates.
    pub fn keyed(&self) -> &Keyed<G> {
        &self.keyed
    }
}

impl<Req, G: KeyGate, K: KeyOf<Req>> Gates<Req> for ByKey<G, K> {
    type Gate = G;

    fn choose<'a>(
        self: &'a Arc<Self>,
        request: &Req,
        ask: &Ask,
    ) -> Result<Option<Cow<'a, G>>, Rejected> {
        let gate = |key: &str| Ok(Some(Cow::Owned(self.keyed.gate_for(key, ask))));
        match (self.key.key(request), self.keyless) {
            (Some(key), _) => gate(&key),
            (None, Keyless::Share) => gate(""),
            (None, Keyless::Pass) => Ok(None),
            (None, Keyless::Refuse) => Err(NoKey::new(self.keyed.name().clone()).into()),
        }
    }

    /// Returns `None`: which gate is to be asked only a request says.
    fn refuses_all(&self) -> Option<Rejected> {
        None
    }
}

impl<G: KeyGate, K> fmt::Debug for ByKey<G, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByKey")
            .field("keyed", &self.keyed)
            .field("keyless", &self.keyless)
            .finish_non_exhaustive()
    }
}
