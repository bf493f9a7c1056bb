//! The closed lists of what labels may say.

use crate::label_values;

label_values! {
    /// Which way a trade went. A short position is opened by a sale and closed by a purchase.
    #[non_exhaustive]
    pub enum Direction("direction") {
        /// It took units of the symbol.
        Buy = "buy",
        /// It gave units of the symbol.
        Sell = "sell",
    }
}

label_values! {
    /// Why a signal became no order.
    #[derive(Default)]
    #[non_exhaustive]
    pub enum FilterReason("reason") {
        /// The strategy is not sure enough of it.
        LowConfidence = "low_confidence",
        /// A limit of risk that has no word of its own here.
        RiskLimit = "risk_limit",
        /// The order would be too large.
        OrderSize = "order_size",
        /// Too much of the symbol would be held.
        PositionSize = "position_size",
        /// Too much was lost today.
        DailyLoss = "daily_loss",
        /// Too much was lost since the highest value.
        Drawdown = "drawdown",
        /// The order would cost more than there is.
        Cash = "cash",
        /// There is nothing to sell.
        NothingHeld = "nothing_held",
        /// The same signal was there before.
        Duplicate = "duplicate",
        /// It comes too soon after another one.
        Cooldown = "cooldown",
        /// The market is closed.
        MarketClosed = "market_closed",
        /// The data behind it are too old or too poor.
        BadData = "bad_data",
        /// Trading is switched off.
        TradingDisabled = "trading_disabled",
        /// Nobody said why.
        #[default]
        Unknown = "unknown",
    }
}

label_values! {
    /// What became of an order.
    #[non_exhaustive]
    pub enum OrderStatus("status") {
        /// All of it was executed.
        Filled = "filled",
        /// A part of it was executed, and no more will be.
        PartiallyFilled = "partially_filled",
        /// It was taken back before any of it was executed.
        Cancelled = "cancelled",
        /// The venue refused it.
        Rejected = "rejected",
        /// Its time was over before any of it was executed.
        Expired = "expired",
        /// It never left: every way to a venue was closed.
        Unsent = "unsent",
        /// It may have been executed, and nobody could be asked yet.
        InDoubt = "in_doubt",
    }
}

label_values! {
    /// A limit of risk that orders are held to.
    #[non_exhaustive]
    pub enum RiskLimit("limit") {
        /// The value of one order.
        OrderSize = "order_size",
        /// What is held of one symbol.
        PositionSize = "position_size",
        /// What is held of all symbols.
        Exposure = "exposure",
        /// What is held for money that is borrowed.
        Leverage = "leverage",
        /// The part of one symbol or sector in all that is held.
        Concentration = "concentration",
        /// Orders in a length of time.
        OrderRate = "order_rate",
        /// The loss of a day.
        DailyLoss = "daily_loss",
        /// The loss since the highest value.
        Drawdown = "drawdown",
    }
}

label_values! {
    /// The category of an error; its message belongs in the log.
    #[derive(Default)]
    #[non_exhaustive]
    pub enum ErrorType("error_type") {
        /// No answer in time.
        Timeout = "timeout",
        /// No connection, or it broke.
        Connection = "connection",
        /// The other side said that it was too much.
        RateLimited = "rate_limited",
        /// A policy of ours refused the call.
        Rejected = "rejected",
        /// The other side, or we, may not do that.
        Unauthorized = "unauthorized",
        /// The other side found the request wrong.
        InvalidRequest = "invalid_request",
        /// What came was not what was agreed on.
        InvalidData = "invalid_data",
        /// The other side failed.
        Upstream = "upstream",
        /// The database failed.
        Database = "database",
        /// Memory, disk, handles: something of this machine is used up.
        Resource = "resource",
        /// A setting is wrong.
        Config = "config",
        /// A mistake in this program.
        Internal = "internal",
        /// Nobody said what it was.
        #[default]
        Unknown = "unknown",
    }
}

/// Whether a cache had what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheAccess {
    /// It had.
    Hit,
    /// It had not.
    Miss,
}
