//! An operation: the series of calls that go by one name.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::future::MeasuredFuture;
use super::guard::{End, Guard, Record};
use super::rule::{CallResult, Classify, Errors};
use super::{CALL_DURATION, CALL_ERRORS, CALLS_IN_FLIGHT, RESULTS};
use crate::catalogue::Label;
use crate::clock::Clock;
use crate::handle::{Counter, Gauge, Histogram};
use crate::meter::{HandleError, Meter};

/// Measures calls of functions, blocking or async, under one name. Clones share the series.
///
/// Nothing is looked up, allocated or locked for a call; the clock is read twice.
///
/// # Examples
///
/// ```
/// use admf_metrics::red::{self, CallResult, Operation};
/// use admf_metrics::{Catalogue, Exporter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = Exporter::local(Catalogue::new(red::METRICS)?);
/// let parse = Operation::with_classes(exporter.meter(), "parse", &["empty", "not_a_number"])?;
///
/// let rule = |result: &Result<u32, std::num::ParseIntError>| match result {
///     Ok(_) => CallResult::Success,
///     Err(error) if *error.kind() == std::num::IntErrorKind::Empty => CallResult::Error("empty"),
///     Err(_) => CallResult::Error("not_a_number"),
/// };
/// assert_eq!(parse.call_by(rule, || "7".parse()), Ok(7));
/// assert!(parse.call_by(rule, || "seven".parse()).is_err());
///
/// let text = exporter.render();
/// assert!(text.contains("admf_call_duration_seconds_count{operation=\"parse\",result=\"success\"} 1\n"));
/// assert!(text.contains("admf_call_errors_total{operation=\"parse\",class=\"not_a_number\"} 1\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Operation {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    name: String,
    clock: Clock,
    in_flight: Gauge,
    /// By the position of the result in [`RESULTS`].
    durations: [Histogram; RESULTS.len()],
    /// Of errors, by class; the last is for those of no class. Empty where no class is declared.
    classes: Vec<(&'static str, Counter)>,
}

impl Operation {
    /// Creates an operation whose errors have no classes, and exports its series.
    ///
    /// `name` is a name from the code, never from a request: past 128 of them, operations share the
    /// series `_other`.
    ///
    /// # Errors
    ///
    /// The catalogue of the meter lacks [`METRICS`](super::METRICS).
    pub fn new(meter: &Meter, name: &str) -> Result<Self, HandleError> {
        Self::with_classes(meter, name, &[])
    }

    /// Creates an operation whose errors are counted by class too, and exports its series.
    ///
    /// A class that a rule names and that is not listed is counted as `_other`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_classes(
        meter: &Meter,
        name: &str,
        classes: &[&'static str],
    ) -> Result<Self, HandleError> {
        let operation = ("operation", name);
        let duration = |result| meter.histogram(&CALL_DURATION, &[operation, ("result", result)]);
        let [success, error, rejected, panic, dropped] = RESULTS;
        let last = (!classes.is_empty()).then_some(Label::OVERFLOW);
        let classes = classes.iter().copied().chain(last).map(|class| {
            let counter = meter.counter(&CALL_ERRORS, &[operation, ("class", class)])?;
            Ok((class, counter))
        });
        let inner = Inner {
            name: name.to_owned(),
            clock: Clock::default(),
            in_flight: meter.gauge(&CALLS_IN_FLIGHT, &[operation])?,
            durations: [
                duration(success)?,
                duration(error)?,
                duration(rejected)?,
                duration(panic)?,
                duration(dropped)?,
            ],
            classes: classes.collect::<Result<_, HandleError>>()?,
        };
        let inner = Arc::new(inner);
        Ok(Self { inner })
    }

    /// Measures by another clock than the operating system's; clones made before keep theirs.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        Arc::make_mut(&mut self.inner).clock = clock;
        self
    }

    /// Calls a function; an `Err` is an error of no class.
    ///
    /// # Errors
    ///
    /// Returns what `op` returns.
    ///
    /// # Panics
    ///
    /// Where `op` does: the panic is counted, and not caught.
    #[inline]
    pub fn call<T, E>(&self, op: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.call_by(Errors, op)
    }

    /// Calls a function, whose value tells by a rule how it ended.
    ///
    /// # Panics
    ///
    /// Where `op` or the rule does: the panic is counted, and not caught.
    #[inline]
    pub fn call_by<T>(&self, rule: impl Classify<T>, op: impl FnOnce() -> T) -> T {
        self.start().whole(op, |value| rule.classify(value))
    }

    /// Runs a future; an `Err` is an error of no class. The call begins with the first poll.
    ///
    /// # Errors
    ///
    /// Returns what `op` returns.
    ///
    /// # Panics
    ///
    /// Where `op` does: the panic is counted, and not caught.
    ///
    /// # Cancel safety
    ///
    /// Dropped under way, it drops `op` and is counted as `dropped`; dropped before the first poll, it was
    /// no call.
    #[inline]
    pub fn run<F, T, E>(&self, op: F) -> MeasuredFuture<F, Errors>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.run_by(Errors, op)
    }

    /// Runs a future, whose value tells by a rule how it ended. The call begins with the first poll.
    ///
    /// # Panics
    ///
    /// Where `op` or the rule does: the panic is counted, and not caught.
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run).
    #[inline]
    pub fn run_by<F, C>(&self, rule: C, op: F) -> MeasuredFuture<F, C>
    where
        F: Future,
        C: Classify<F::Output>,
    {
        MeasuredFuture::idle(op, Some(self.clone()), rule)
    }

    /// Begins a call.
    #[inline]
    pub(super) fn start(&self) -> Guard<Self> {
        Guard::start(self.clone())
    }

    fn count(&self, class: &'static str) {
        let classes = &self.inner.classes;
        let of_class = classes.iter().find(|(it, _)| *it == class);
        if let Some((_, counter)) = of_class.or(classes.last()) {
            counter.increment(1);
        }
    }
}

impl Record for Operation {
    type Told = CallResult;

    #[inline]
    fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    #[inline]
    fn in_flight(&self) -> &Gauge {
        &self.inner.in_flight
    }

    #[inline]
    fn record(&self, end: End<CallResult>, lasted: Duration) {
        let [success, error, rejected, panic, dropped] = &self.inner.durations;
        let duration = match end {
            End::Told(CallResult::Success) => success,
            End::Told(CallResult::Error(class)) => {
                self.count(class);
                error
            }
            End::Told(CallResult::Rejected) => rejected,
            End::Panic => panic,
            End::Dropped => dropped,
        };
        duration.record(lasted.as_secs_f64());
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("name", &self.inner.name)
            .finish_non_exhaustive()
    }
}
