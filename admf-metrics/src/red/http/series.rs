//! The series of requests, held by method, route and status, so that a request that looks like an
//! earlier one finds its own without allocating.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ::http::{Extensions, Method, StatusCode};

use super::super::guard::{End, Guard, Record};
use super::{METHODS, Route, UNMATCHED};
use crate::catalogue::{Label, Metric, Values};
use crate::clock::Clock;
use crate::handle::{Gauge, Histogram};
use crate::meter::{HandleError, Meter};

/// All series of one layer.
pub(super) struct Family {
    clock: Clock,
    meter: Meter,
    duration: Metric,
    in_flight: Gauge,
    route: Route,
    routes: RwLock<Routes>,
}

/// By route, as many as the label may say and one for the others; then by method, where one came.
type Routes = HashMap<String, [Option<Arc<Series>>; METHODS.len() + 1]>;

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
        let duration = declared(meter, &duration)?;
        Ok(Self {
            clock: Clock::default(),
            meter: meter.clone(),
            duration,
            in_flight: meter.gauge(&in_flight, &[])?,
            route,
            routes: RwLock::default(),
        })
    }

    /// Returns the same, with no series held yet, by another clock.
    pub(super) fn with_clock(&self, clock: Clock) -> Self {
        Self {
            clock,
            meter: self.meter.clone(),
            in_flight: self.in_flight.clone(),
            routes: RwLock::default(),
            ..*self
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
        let method = METHODS.iter().position(|it| *it == method.as_str());
        let method = method.unwrap_or(METHODS.len());
        Guard::start(self.series(route.unwrap_or(UNMATCHED), method))
    }

    fn series(self: &Arc<Self>, route: &str, method: usize) -> Arc<Series> {
        {
            let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
            let by_method = routes.get(self.bounded(&routes, route));
            if let Some(series) = by_method.and_then(|it| it[method].as_ref()) {
                return Arc::clone(series);
            }
        }
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let route = self.bounded(&routes, route).to_owned();
        let by_method = routes.entry(route.clone()).or_default();
        let series = by_method[method].get_or_insert_with(|| {
            Arc::new(Series {
                family: Arc::clone(self),
                method: METHODS.get(method).copied().unwrap_or(Label::OVERFLOW),
                route,
                ends: RwLock::default(),
            })
        });
        Arc::clone(series)
    }

    /// Returns the route, or the overflow value where it has no place among those held.
    fn bounded<'r>(&self, held: &Routes, route: &'r str) -> &'r str {
        let label = self.duration.labels.iter().find(|it| it.name == "route");
        let within = match label.map(|it| it.values) {
            Some(Values::Cap(cap)) => held.len() < cap || held.contains_key(route),
            Some(Values::OneOf(values)) => values.contains(&route),
            None => false,
        };
        if within { route } else { Label::OVERFLOW }
    }
}

/// Finds what the catalogue says of a metric, which may have other buckets and bounds than ours.
///
/// The series come with the first requests, so what they need is looked for here.
fn declared(meter: &Meter, ours: &Metric) -> Result<Metric, HandleError> {
    let Some(metric) = meter.catalogue().find(ours.name) else {
        let metric = ours.name.to_owned();
        return Err(HandleError::Undeclared { metric });
    };
    if metric.kind != ours.kind {
        return Err(HandleError::WrongKind {
            metric: metric.name,
            declared: metric.kind,
            kind: ours.kind,
        });
    }
    let lacks = |of: &Metric, label: &str| of.labels.iter().all(|it| it.name != label);
    if let Some(label) = ours.labels.iter().find(|it| lacks(metric, it.name)) {
        return Err(HandleError::UnknownLabel {
            metric: metric.name,
            label: label.name.to_owned(),
        });
    }
    match metric.labels.iter().find(|it| lacks(ours, it.name)) {
        Some(label) => Err(HandleError::MissingLabel {
            metric: metric.name,
            label: label.name,
        }),
        None => Ok(*metric),
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
        let labels = [
            ("method", self.method),
            ("route", &*self.route),
            ("code", code),
        ];
        let family = &self.family;
        let found = family.meter.histogram(&family.duration, &labels);
        let histogram = found.unwrap_or_else(|_| Histogram::noop());
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
