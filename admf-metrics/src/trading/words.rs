//! The closed lists of what labels may say.

/// Declares an enum whose variants are the values of a label.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$of])* $variant,)+ }

        impl $name {
            /// Every one, in the order of its declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// The value of the label for each of [`Self::ALL`].
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// Returns the value of the label.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                Self::WORDS[self as usize]
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Which way a trade went. A short position is opened by a sale and closed by a purchase.
    Direction {
        /// It took units of the symbol.
        Buy = "buy",
        /// It gave units of the symbol.
        Sell = "sell",
    }
}

words! {
    /// Why a signal became no order.
    #[derive(Default)]
    FilterReason {
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

words! {
    /// What became of an order.
    OrderStatus {
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

words! {
    /// A limit of risk that orders are held to.
    RiskLimit {
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

words! {
    /// The category of an error; its message belongs in the log.
    #[derive(Default)]
    ErrorType {
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

words! {
    /// How a component is.
    ComponentStatus {
        /// Works.
        Healthy = "healthy",
        /// Works, and less well than it should.
        Degraded = "degraded",
        /// Does not work.
        Unhealthy = "unhealthy",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

words! {
    /// Whether a cache had what was asked for.
    CacheAccess {
        /// It had.
        Hit = "hit",
        /// It had not.
        Miss = "miss",
    }
}
