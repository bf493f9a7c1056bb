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

/// Executes orders: a venue, or whatever stands in front of several.
///
/// `at` is the trading clock at which the venue is asked, which for an order that is sent again can
/// be later than the order's own.
pub(crate) trait Broker {
    /// Why an answer did not come; whatever was asked may still have been done.
    type Error;

    /// Names the venue, as its executions do.
    fn name(&self) -> &str;

    /// Asks to execute an order; repeated with the same client id, it is executed once.
    fn submit(
        &self,
        order: &Order,
        at: u64,
    ) -> impl Future<Output = Result<Execution, Self::Error>> + Send;

    /// Asks what became of an order; `None` if the venue has not heard of it, which can change.
    fn lookup(
        &self,
        client_id: &str,
        at: u64,
    ) -> impl Future<Output = Result<Option<Execution>, Self::Error>> + Send;

    /// Cancels an order, or tells that it was filled.
    ///
    /// Either answer is final. An order that the venue has not heard of is cancelled before it
    /// arrives: it is then safe to send it elsewhere.
    fn cancel(
        &self,
        order: &Order,
        at: u64,
    ) -> impl Future<Output = Result<Execution, Self::Error>> + Send;

    /// Asks for all that was filled or cancelled, in that order.
    fn book(&self, at: u64) -> impl Future<Output = Result<Vec<Execution>, Self::Error>> + Send;
}
