//! The series of requests, held by method, route and status, so that a request that looks like an
//! earlier one finds its own without allocating, also where its head is gone when it ends.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ::http::{Extensions, Method, StatusCode};

use super::super::guard::{End, Guard, Record};
use super::{METHODS, Route, UNMATCHED};
use crate::catalogue::{Label, Metric};
use crate::clock::Clock;
use crate::handle::{self, Bundles, Gauge, Histogram};
use crate::meter::{HandleError, Meter};

/// All series of one layer.
pub(super) struct Family {
    clock: Clock,
    duration: handle::Family<Histogram, 3>,
    in_flight: Gauge,
    route: Route,
    /// By method and route.
    series: Bundles<Arc<Series>, 2>,
}

/// The series of one method and route.
pub(super) struct Series {
    family: Arc<Family>,
    method: &'static str,
    route: String,
    /// By how requests ended: as many as there are statuses.
    ends: RwLock<Vec<(HttpEnd, Histogram)>>,
}

/// How a request ended; the service's own error told no status.
type HttpEnd = End<Option<StatusCode>>;

impl Family {
    pub(super) fn new(
        meter: &Meter,
        [duration, in_flight]: [Metric; 2],
        route: Route,
    ) -> Result<Self, HandleError> {
        Ok(Self {
            clock: Clock::default(),
            duration: meter.histograms(&duration)?,
            in_flight: meter.gauge(&in_flight, &[])?,
            route,
            series: Bundles::new(meter, &duration, &[], ["method", "route"])?,
        })
    }

    /// Returns the same, with no series held yet, by another clock.
    pub(super) fn with_clock(&self, clock: Clock) -> Self {
        Self {
            clock,
            duration: self.duration.clone(),
            in_flight: self.in_flight.clone(),
            route: self.route,
            series: self.series.anew(),
        }
    }

    /// Begins a request.
    #[inline]
    pub(super) fn start(
        self: &Arc<Self>,
        method: &Method,
        extensions: &Extensions,
    ) -> Guard<Arc<Series>> {
        let route = (self.route)(extensions).filter(|route| !route.is_empty());
        let method = METHODS.iter().find(|it| **it == method.as_str());
        let method = method.copied().unwrap_or(Label::OVERFLOW);
        let values = [method, route.unwrap_or(UNMATCHED)];
        let series = self.series.with(values, |[_, route]| {
            Arc::new(Series {
                family: Arc::clone(self),
                method,
                route: route.to_owned(),
                ends: RwLock::default(),
            })
        });
        Guard::start(series)
    }
}

impl Series {
    fn held(&self, end: HttpEnd) -> Option<Histogram> {
        let ends = self.ends.read().unwrap_or_else(PoisonError::into_inner);
        let held = ends.iter().find(|(it, _)| *it == end);
        held.map(|(_, histogram)| histogram.clone())
    }

    /// Asks the meter, with no lock held: its recorder may be code of the caller's.
    fn resolve(&self, end: HttpEnd) -> Histogram {
        let code = match &end {
            End::Told(Some(status)) => status.as_str(),
            End::Told(None) => "_error",
            End::Panic => "_panic",
            End::Dropped => "_dropped",
        };
        let values = [self.method, &*self.route, code];
        let histogram = self.family.duration.with(values);
        let mut ends = self.ends.write().unwrap_or_else(PoisonError::into_inner);
        if ends.iter().all(|(it, _)| *it != end) {
            ends.push((end, histogram.clone()));
        }
        histogram
    }
}

impl Record for Arc<Series> {
    type Told = Option<StatusCode>;

    #[inline]
    fn clock(&self) -> &Clock {
        &self.family.clock
    }

    #[inline]
    fn in_flight(&self) -> &Gauge {
        &self.family.in_flight
    }

    #[inline]
    fn record(&self, end: HttpEnd, lasted: Duration) {
        let histogram = self.held(end).unwrap_or_else(|| self.resolve(end));
        histogram.record(lasted.as_secs_f64());
    }
}
