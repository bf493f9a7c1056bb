//! The meter: gives handles for what a catalogue declares, on any recorder, and bounds what they may say.

mod error;
mod family;
mod recorder;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use metrics::{Key, Level, Metadata, Recorder};

use crate::catalogue::{
    Catalogue, DROPPED_SAMPLES, HOOK_PANICS, Kind, Metric, OVERFLOW, REFUSED, Values,
};
use crate::handle::{Counter, Gauge, Histogram};
pub use error::{HandleError, InstallError};
use family::Family;

/// Recorders ignore where a metric was registered from.
const METADATA: Metadata<'static> = Metadata::new("admf_metrics", Level::INFO, None);

type Hook = Arc<dyn Fn(&Meter) + Send + Sync>;

/// Gives the handles of one catalogue, and keeps what they say within its bounds. Clones share it.
///
/// Its series live in a recorder: that of an [`Exporter`](crate::Exporter), or one that the program
/// keeps itself. As a [`metrics::Recorder`] it also takes what the macros of `metrics` say: all of the
/// process with [`install`](Self::install), or a scope with `metrics::with_local_recorder`.
///
/// A handle is resolved once and then held: resolving takes locks and allocates. A series is exported
/// from the moment it is resolved, a counter with 0, so that `rate()` sees its first increment.
///
/// # Examples
///
/// Numbers that something else keeps are pulled when scraped, and cost nothing in between:
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use admf_metrics::{Catalogue, Exporter, Metric};
///
/// const QUEUED: Metric = Metric::gauge("shop_queued_orders", "Orders that wait.");
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = Exporter::local(Catalogue::new([QUEUED])?);
/// let meter = exporter.meter();
/// let queue_length = Arc::new(AtomicU64::new(0));
///
/// let gauge = meter.gauge(&QUEUED, &[])?;
/// let length = Arc::clone(&queue_length);
/// meter.on_scrape(move |_| gauge.set(length.load(Ordering::Relaxed) as f64));
///
/// queue_length.store(7, Ordering::Relaxed);
/// assert!(exporter.render().contains("shop_queued_orders 7\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Meter {
    inner: Arc<Inner>,
}

struct Inner {
    catalogue: Catalogue,
    /// One for each metric of the catalogue, in its order.
    families: Vec<Family>,
    recorder: Box<dyn Recorder + Send + Sync>,
    hooks: RwLock<Vec<Hook>>,
    /// Held while hooks run and what they wrote is read.
    scrape: Mutex<()>,
    hook_panics: metrics::Counter,
    /// The parts of the catalogue that may be fed once.
    #[cfg(feature = "resilience")]
    claimed: Mutex<Vec<&'static str>>,
    /// By reason.
    refused: Vec<(&'static str, metrics::Counter)>,
}

impl Meter {
    /// Creates a meter whose series live in a recorder, and describes them to it.
    ///
    /// A recorder of the exporter crate must know the buckets: see [`Catalogue::recorder`].
    #[must_use]
    pub fn on(catalogue: Catalogue, recorder: impl Recorder + Send + Sync + 'static) -> Self {
        catalogue.describe(&recorder);
        let count = |metric: Metric, label: Option<(&'static str, &'static str)>| {
            let labels: Vec<_> = label
                .iter()
                .map(|(k, v)| metrics::Label::from_static_parts(k, v))
                .collect();
            recorder.register_counter(&Key::from_parts(metric.name, labels), &METADATA)
        };
        let families = catalogue.iter().map(|&metric| {
            // Registered at once where they can ever count, so that a first increment is seen.
            let by_metric = |of, counts: bool| match counts {
                true => count(of, Some(("metric", metric.name))),
                false => metrics::Counter::noop(),
            };
            let dropped = by_metric(DROPPED_SAMPLES, metric.kind != Kind::Counter);
            let own = metric.name.starts_with("admf_metrics_");
            Family::new(
                metric,
                dropped,
                by_metric(OVERFLOW, !metric.labels.is_empty() && !own),
            )
        });
        let inner = Inner {
            families: families.collect(),
            hooks: RwLock::default(),
            scrape: Mutex::default(),
            #[cfg(feature = "resilience")]
            claimed: Mutex::default(),
            hook_panics: count(HOOK_PANICS, None),
            refused: reasons()
                .map(|r| (r, count(REFUSED, Some(("reason", r)))))
                .collect(),
            catalogue,
            recorder: Box::new(recorder),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Makes this meter the recorder of the whole process, once and for good.
    ///
    /// # Errors
    ///
    /// There is one already.
    pub fn install(&self) -> Result<(), InstallError> {
        metrics::set_global_recorder(self.clone()).map_err(|_| InstallError)
    }

    /// Returns the catalogue.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.inner.catalogue
    }

    /// Resolves a counter, with a value for each of its labels, in any order.
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind or other labels.
    pub fn counter(
        &self,
        metric: &Metric,
        labels: &[(&str, &str)],
    ) -> Result<Counter, HandleError> {
        self.counter_named(metric.name, labels)
    }

    /// Resolves a gauge, with a value for each of its labels, in any order.
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind or other labels.
    pub fn gauge(&self, metric: &Metric, labels: &[(&str, &str)]) -> Result<Gauge, HandleError> {
        self.gauge_named(metric.name, labels)
    }

    /// Resolves a histogram, with a value for each of its labels, in any order.
    ///
    /// # Errors
    ///
    /// The catalogue does not declare it, or declares another kind or other labels.
    pub fn histogram(
        &self,
        metric: &Metric,
        labels: &[(&str, &str)],
    ) -> Result<Histogram, HandleError> {
        self.histogram_named(metric.name, labels)
    }

    fn counter_named(&self, name: &str, labels: &[(&str, &str)]) -> Result<Counter, HandleError> {
        let key = self.family(name)?.key(Kind::Counter, labels)?;
        Ok(Counter::new(
            self.inner.recorder.register_counter(&key, &METADATA),
        ))
    }

    fn gauge_named(&self, name: &str, labels: &[(&str, &str)]) -> Result<Gauge, HandleError> {
        let family = self.family(name)?;
        let key = family.key(Kind::Gauge, labels)?;
        let inner = self.inner.recorder.register_gauge(&key, &METADATA);
        Ok(Gauge::new(inner, family.dropped.clone()))
    }

    fn histogram_named(
        &self,
        name: &str,
        labels: &[(&str, &str)],
    ) -> Result<Histogram, HandleError> {
        let family = self.family(name)?;
        let key = family.key(Kind::Histogram, labels)?;
        let inner = self.inner.recorder.register_histogram(&key, &METADATA);
        Ok(Histogram::new(inner, family.dropped.clone()))
    }

    fn family(&self, name: &str) -> Result<&Family, HandleError> {
        let position = self.inner.catalogue.position(name);
        position
            .map(|i| &self.inner.families[i])
            .ok_or_else(|| HandleError::Undeclared {
                metric: name.to_owned(),
            })
    }

    /// Runs a hook at the start of every scrape, before anything is read.
    ///
    /// It stays for as long as the meter. It should hold handles, not the meter, which is passed to
    /// it: a hook that holds its meter keeps it alive for ever. One that panics is
    /// counted in `admf_metrics_hook_panics_total` and harms neither the scrape nor the others.
    pub fn on_scrape(&self, hook: impl Fn(&Self) + Send + Sync + 'static) {
        let mut hooks = self
            .inner
            .hooks
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        hooks.push(Arc::new(hook));
    }

    /// Runs the hooks, and keeps other scrapes waiting until the turn is dropped.
    ///
    /// An [`Exporter`](crate::Exporter) does it by itself; a program with a recorder of its own calls it
    /// before it renders that. A hook must not scrape.
    #[must_use]
    pub fn scrape(&self) -> Scrape<'_> {
        let scrape = &self.inner.scrape;
        let turn = scrape.lock().unwrap_or_else(PoisonError::into_inner);
        self.run_hooks();
        Scrape { _turn: turn }
    }

    /// Says whether `part` is fed by nobody yet, and that it is from now on.
    #[cfg(feature = "resilience")]
    pub(crate) fn claim(&self, part: &'static str) -> bool {
        let claimed = &self.inner.claimed;
        let mut claimed = claimed.lock().unwrap_or_else(PoisonError::into_inner);
        let free = !claimed.contains(&part);
        claimed.extend(free.then_some(part));
        free
    }

    fn run_hooks(&self) {
        // Taken out of the lock, because a hook may add hooks.
        let hooks = self
            .inner
            .hooks
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for hook in hooks {
            if catch_unwind(AssertUnwindSafe(|| hook(self))).is_err() {
                self.inner.hook_panics.increment(1);
            }
        }
    }
}

/// The turn of one scrape: until it is dropped, no hook writes.
#[derive(Debug)]
pub struct Scrape<'m> {
    _turn: MutexGuard<'m, ()>,
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter")
            .field("metrics", &self.inner.families.len())
            .finish_non_exhaustive()
    }
}

fn reasons() -> impl Iterator<Item = &'static str> {
    REFUSED
        .labels
        .iter()
        .flat_map(|label| match label.values {
            Values::OneOf(values) => values,
            Values::Cap(_) => &[],
        })
        .copied()
}
