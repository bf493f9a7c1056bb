//! What the service asks of a source of market data.

use serde::{Deserialize, Serialize};

/// The last price of a symbol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quote {
    /// What is traded.
    pub(crate) symbol: String,
    /// Price in cents.
    pub(crate) price: i64,
    /// Position on the trading clock at which it was the price.
    pub(crate) at: u64,
}

/// Tells prices.
pub(crate) trait MarketData {
    /// Why there is no price.
    type Error;

    /// Asks for the last price of a symbol, at this position of the trading clock.
    fn quote(
        &self,
        symbol: &str,
        at: u64,
    ) -> impl Future<Output = Result<Quote, Self::Error>> + Send;
}
