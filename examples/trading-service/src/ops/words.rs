//! What the service's words are called among the metrics of trading.

use admf_metrics::trading::{FilterReason, OrderStatus, RiskLimit};

use crate::risk::Breach;
use crate::trader::Fate;

/// Why a signal was filtered, by the breach that stood against it.
pub(super) fn reason(breach: Breach) -> FilterReason {
    match breach {
        Breach::TradingDisabled => FilterReason::TradingDisabled,
        Breach::OrderSize => FilterReason::OrderSize,
        Breach::PositionSize => FilterReason::PositionSize,
        Breach::DailyLoss => FilterReason::DailyLoss,
        Breach::Drawdown => FilterReason::Drawdown,
        Breach::Cash => FilterReason::Cash,
        Breach::NothingHeld => FilterReason::NothingHeld,
    }
}

/// The limit of a breach; what the account itself does not let pass is none, and cannot be overlooked.
pub(super) fn limit(breach: Breach) -> Option<RiskLimit> {
    match breach {
        Breach::OrderSize => Some(RiskLimit::OrderSize),
        Breach::PositionSize => Some(RiskLimit::PositionSize),
        Breach::DailyLoss => Some(RiskLimit::DailyLoss),
        Breach::Drawdown => Some(RiskLimit::Drawdown),
        Breach::TradingDisabled | Breach::Cash | Breach::NothingHeld => None,
    }
}

/// The status of an order; a signal that risk refused never became one.
pub(super) fn status(fate: &Fate) -> Option<OrderStatus> {
    match fate {
        Fate::RiskRejected(_) => None,
        Fate::RefusedUnsent => Some(OrderStatus::Unsent),
        Fate::Filled(_) => Some(OrderStatus::Filled),
        Fate::Cancelled => Some(OrderStatus::Cancelled),
        Fate::InDoubt => Some(OrderStatus::InDoubt),
    }
}
