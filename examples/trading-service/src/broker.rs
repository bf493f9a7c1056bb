//! What the service asks of a venue: the traits, and the words both sides speak.
//!
//! Prices are whole cents, quantities whole shares: books are compared exactly.

use serde::{Deserialize, Serialize};

/// Which way an order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    /// Takes shares.
    Buy,
    /// Gives shares.
    Sell,
}

/// An order as it is sent to a venue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// The caller's own name for it: a venue treats a repeated one as the same order.
    pub(crate) client_id: String,
    /// What is traded.
    pub(crate) symbol: String,
    /// Which way.
    pub(crate) side: Side,
    /// Number of shares, at least 1.
    pub(crate) quantity: u32,
    /// Price in cents at which the simulated venue fills it.
    pub(crate) price: i64,
    /// Position on the trading clock (the number of the bar): scripted faults hang on it.
    pub(crate) at: u64,
}

/// What a venue's book says about an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Execution {
    /// The order's client id.
    pub(crate) client_id: String,
    /// What is traded.
    pub(crate) symbol: String,
    /// Which way.
    pub(crate) side: Side,
    /// Number of shares.
    pub(crate) quantity: u32,
    /// Price in cents.
    pub(crate) price: i64,
    /// Filled, or cancelled before it was.
    pub(crate) status: Status,
    /// The venue that says so.
    pub(crate) venue: String,
}

/// How an order stands at a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// All of it was executed.
    Filled,
    /// It was cancelled, or refused by the venue's own rules, and will never be executed.
    Cancelled,
}
