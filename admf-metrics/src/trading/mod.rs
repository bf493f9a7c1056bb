#![doc = include_str!("../../docs/trading_metrics.md")]

mod account;
mod catalogue;
mod data;
mod gaps;
mod inner;
mod orders;
mod quality;
#[cfg(test)]
mod tests;
mod trades;
mod volume;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub use catalogue::*;
pub use gaps::{Arrival, GapDetector};
pub use quality::{Point, Quality, QualityConfig, QualityError};
pub use trades::{SignalHandle, TradeHandle};
pub use words::{CacheAccess, Direction, ErrorType, FilterReason, OrderStatus, RiskLimit};

use crate::catalogue::LabelValue;
pub use crate::health::ComponentState;
use crate::meter::{HandleError, Meter};
use account::Level;
use inner::Inner;

/// Records what a trading system does, one method for each thing. Clones record into the same series.
///
/// A method finds its series by its arguments and allocates nothing once they were seen; the handles
/// of [`trades`](Self::trades) and [`signals`](Self::signals) save the finding too. What a label may
/// say is a closed list, or capped by the catalogue.
///
/// # Examples
///
/// ```
/// use admf_metrics::trading::{self, Direction, FilterReason, PortfolioSnapshot, TradingMetrics};
/// use admf_metrics::{Catalogue, Exporter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = Exporter::local(Catalogue::new(trading::METRICS)?);
/// let metrics = TradingMetrics::new(exporter.meter())?;
///
/// metrics.record_signal("momentum", "AAPL", None);
/// metrics.record_signal("momentum", "AAPL", Some(FilterReason::Drawdown));
/// metrics.record_trade("momentum", "AAPL", Direction::Buy, None);
/// metrics.record_trade("momentum", "AAPL", Direction::Sell, Some(-12.5));
/// metrics.update_portfolio_metrics(&PortfolioSnapshot {
///     value: 99_987.5,
///     drawdown: 0.25,
///     ..PortfolioSnapshot::default()
/// });
///
/// let text = exporter.render();
/// assert!(text.contains("admf_realized_pnl{strategy=\"momentum\"} -12.5\n"));
/// assert!(text.contains("admf_drawdown_percent 25\n") && text.contains("admf_drawdown_ratio 0.25\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TradingMetrics {
    inner: Arc<Inner>,
}

/// What an account says of itself, in its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PortfolioSnapshot {
    /// What all of it is worth.
    pub value: f64,
    /// The part of its highest value that is lost, 0 to 1; shown as a ratio and in per cent.
    pub drawdown: f64,
    /// Profit of the open positions, where it is known.
    pub unrealized_pnl: Option<f64>,
    /// Profit since the close of the day before, where it is known.
    pub daily_pnl: Option<f64>,
}

/// The errors so far, by category: the numbers of `admf_errors_total`, summed over components.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorCounts {
    /// All of them.
    pub total: u64,
    /// By the word of each [`ErrorType`], also where there was none.
    pub by_type: BTreeMap<&'static str, u64>,
}

impl TradingMetrics {
    /// Makes one whose series are those of a meter.
    ///
    /// # Errors
    ///
    /// The meter's catalogue does not declare one of [`METRICS`] as it is.
    pub fn new(meter: &Meter) -> Result<Self, HandleError> {
        Self::labelled(meter, &[])
    }

    /// Makes one that puts the same labels on all its series: see [`metrics_by`].
    ///
    /// # Errors
    ///
    /// The meter's catalogue does not declare one of [`METRICS`] with these labels besides its own.
    pub fn labelled(meter: &Meter, labels: &[(&'static str, &str)]) -> Result<Self, HandleError> {
        let inner = Arc::new(Inner::on(meter, labels)?);
        Ok(Self { inner })
    }

    /// Makes one that records nothing, for tests.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "a meter of these metrics has them all"
    )]
    pub fn noop() -> Self {
        Self::new(&Meter::noop(METRICS)).expect("it declares them")
    }

    /// Returns what records the trades of a strategy in a symbol without a lookup.
    #[must_use]
    pub fn trades(&self, strategy: &str, symbol: &str) -> TradeHandle {
        self.inner.trades.of(strategy, symbol)
    }

    /// Returns what records the signals of a strategy for a symbol without a lookup.
    #[must_use]
    pub fn signals(&self, strategy: &str, symbol: &str) -> SignalHandle {
        self.inner.signals.of(strategy, symbol)
    }

    /// Counts an executed trade; see [`TradeHandle::record`].
    pub fn record_trade(
        &self,
        strategy: &str,
        symbol: &str,
        direction: Direction,
        pnl: Option<f64>,
    ) {
        self.trades(strategy, symbol).record(direction, pnl);
    }

    /// Counts a signal; see [`SignalHandle::record`].
    pub fn record_signal(&self, strategy: &str, symbol: &str, filtered: Option<FilterReason>) {
        self.signals(strategy, symbol).record(filtered);
    }

    /// Shows what an account is worth and how it does.
    pub fn update_portfolio_metrics(&self, now: &PortfolioSnapshot) {
        self.inner.account.show([
            (Level::Value, Some(now.value)),
            (Level::DrawdownRatio, Some(now.drawdown)),
            (Level::DrawdownPercent, Some(now.drawdown * 100.0)),
            (Level::UnrealizedPnl, now.unrealized_pnl),
            (Level::DailyPnl, now.daily_pnl),
        ]);
    }

    /// Records how long an event took to be processed.
    pub fn record_event_processing(&self, event_type: &str, took: Duration) {
        self.inner
            .events
            .with([event_type])
            .record(took.as_secs_f64());
    }

    /// Shows how a component is, in the series in which [`health::export`](crate::health::export)
    /// shows its components: up where it is healthy or degraded, neither up nor down while nobody knows.
    pub fn update_component_status(&self, component: &str, state: ComponentState) {
        let known = state != ComponentState::Unknown;
        let up = f64::from(u8::from(state.is_up()));
        self.inner.status.show([component], known.then_some(up));
        for one in ComponentState::ALL {
            let holds = f64::from(u8::from(one == state));
            let health = self.inner.health.with([component, one.as_str()]);
            health.set(holds);
        }
    }

    /// Counts an access to a cache.
    pub fn record_cache_access(&self, cache: &str, access: CacheAccess) {
        self.inner.caches.count(cache, access);
    }

    /// Counts an error of a component by its category.
    pub fn record_error(&self, component: &str, error: ErrorType) {
        let errors = &self.inner.errors;
        errors.so_far.of(error).fetch_add(1, Ordering::Relaxed);
        errors.of(component).of(error).increment(1);
    }

    /// Returns the errors so far, for a report that shall show what `/metrics` shows.
    #[must_use]
    pub fn errors(&self) -> ErrorCounts {
        let so_far = &self.inner.errors.so_far;
        let by_type: BTreeMap<_, _> = ErrorType::ALL
            .iter()
            .map(|it| (it.value(), so_far.of(*it).load(Ordering::Relaxed)))
            .collect();
        ErrorCounts {
            total: by_type.values().sum(),
            by_type,
        }
    }

    /// Removes the series of a symbol that is traded no more, those of this account, and gives back its
    /// places under the caps.
    ///
    /// A [`TradeHandle`] or [`SignalHandle`] of it that is still held records into nothing; the next
    /// call with the symbol begins anew. Where the meter cannot [remove](Meter::remove), the series stay.
    pub fn forget_symbol(&self, symbol: &str) {
        self.inner.volume.forget(symbol);
        self.inner.remove_symbol(symbol);
    }
}
