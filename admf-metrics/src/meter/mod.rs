//! The meter: gives handles for what a catalogue declares, on any recorder, and bounds what they may say.

mod backend;
mod cardinality;
mod declared;
mod error;
mod family;
mod float;
mod keys;
mod labels;
mod recorder;
mod removal;
mod resolve;
mod table;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
#[cfg(feature = "resilience")]
use std::sync::Mutex;
use std::sync::{Arc, PoisonError, RwLock};

use metrics::Recorder;
use parking_lot::{ReentrantMutex, ReentrantMutexGuard};

use crate::catalogue::own::{self, DROPPED_SAMPLES, HOOK_PANICS, OVERFLOW, REFUSED};
use crate::catalogue::{Catalogue, Kind, Metric, Values};
use crate::exporter::{Format, Of};
use crate::handle::{Counter, Handle, Sealed, Slot};
use backend::Backend;
use cardinality::Cardinality;
pub use error::{HandleError, InstallError};
use family::Family;
use keys::Keys;
pub(crate) use removal::TOTALS_STAY;
pub(crate) use table::hash_of;

#[derive(Clone)]
struct Hook {
    /// The places of the metrics that it writes; `None`: any.
    feeds: Option<Arc<[usize]>>,
    run: Arc<dyn Fn(&Meter) + Send + Sync>,
}

/// Gives the handles of one catalogue, and keeps what they say within its bounds. Clones share it.
///
/// Its series are its own, shown by an [`Exporter`](crate::Exporter), or live in a recorder that the
/// program keeps itself. As a [`metrics::Recorder`] it also takes what the macros of `metrics` say: all of the
/// process with [`install`](Self::install), or a scope with `metrics::with_local_recorder`.
///
/// A handle is resolved once and then held; finding a series again takes a lock and allocates nothing,
/// a new one allocates. A series is exported
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
    backend: Backend,
    cardinality: Cardinality,
    /// What the facade asked for by these.
    keys: Keys,
    hooks: RwLock<Vec<Hook>>,
    /// Held while hooks run and what they wrote is read,
    /// and whether somebody has the turn. The same thread may have it again.
    scrape: ReentrantMutex<Cell<bool>>,
    hook_panics: Counter,
    /// The parts of the catalogue that may be fed once.
    #[cfg(feature = "resilience")]
    claimed: Mutex<Vec<&'static str>>,
    /// By reason.
    refused: Vec<(&'static str, Counter)>,
}

impl Meter {
    /// Creates a meter whose series live in another recorder, and describes them to it.
    ///
    /// A recorder of the exporter crate must know the buckets: see `Catalogue::recorder` (feature
    /// `prometheus-recorder`). It must not resolve series of this meter while it registers one. Of a
    /// series of its own the facade cannot be rid: nothing can be [removed](Self::remove).
    #[must_use]
    pub fn on(catalogue: Catalogue, recorder: impl Recorder + Send + Sync + 'static) -> Self {
        catalogue.describe(&recorder);
        Self::new(catalogue, Backend::Foreign(Box::new(recorder)))
    }

    /// Creates a meter with series of its own.
    pub(crate) fn local(catalogue: Catalogue) -> Self {
        Self::new(catalogue, Backend::Own)
    }

    /// Creates a meter of our own metrics that keeps nothing.
    pub(crate) fn noop(ours: impl IntoIterator<Item = Metric>) -> Self {
        let catalogue = Catalogue::new(ours).expect("our own metrics are valid");
        Self::on(catalogue, metrics::NoopRecorder)
    }

    fn new(catalogue: Catalogue, backend: Backend) -> Self {
        let mut families: Vec<_> = catalogue.iter().copied().map(Family::new).collect();
        let count = |families: &[Family], metric: &Metric, label: Option<&str>| {
            let position = catalogue.position(metric.name);
            let family = &families[position.expect("every catalogue has the meter's own")];
            let mut values = Vec::from_iter(label);
            family.series(&mut values, &backend, |series, _| {
                Counter::of(&series.slot)
                    .expect("they are counters")
                    .clone()
            })
        };
        for i in 0..families.len() {
            let metric = families[i].metric;
            // Registered at once where they can ever count, so that a first increment is seen.
            if metric.name.starts_with(own::PREFIX) {
                continue;
            }
            if metric.kind != Kind::Counter {
                families[i].dropped = count(&families, &DROPPED_SAMPLES, Some(metric.name));
            }
            if !metric.labels.is_empty() {
                families[i].overflow = count(&families, &OVERFLOW, Some(metric.name));
            }
        }
        let inner = Inner {
            cardinality: Cardinality::new(&catalogue, &families, &backend),
            keys: Keys::new(),
            hooks: RwLock::default(),
            scrape: ReentrantMutex::default(),
            hook_panics: count(&families, &HOOK_PANICS, None),
            #[cfg(feature = "resilience")]
            claimed: Mutex::default(),
            refused: reasons()
                .map(|r| (r, count(&families, &REFUSED, Some(r))))
                .collect(),
            catalogue,
            families,
            backend,
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

    pub(crate) fn position(&self, name: &str) -> Result<usize, HandleError> {
        let position = self.inner.catalogue.position(name);
        position.ok_or_else(|| HandleError::Undeclared {
            metric: name.to_owned(),
        })
    }

    /// Returns the series of these values, in the declared order. The metric is of the kind of `H`.
    fn series<H: Handle>(&self, family: &Family, values: &mut [&str]) -> H {
        family.series(values, &self.inner.backend, |series, _| {
            H::of(&series.slot)
                .expect("a metric has series of its own kind only")
                .clone()
        })
    }

    pub(crate) fn at<H: Handle>(&self, position: usize, values: &mut [&str]) -> H {
        self.series(&self.inner.families[position], values)
    }

    /// Finds the series of just these values.
    pub(crate) fn find_at<H: Handle>(&self, position: usize, values: &[&str]) -> Option<H> {
        let table = self.inner.families[position].read();
        H::of(&table.find(values)?.slot).cloned()
    }

    /// Says whether a metric's label would show this value now, and not that of overflow.
    pub(crate) fn admits(&self, position: usize, label: usize, value: &str) -> bool {
        self.inner.families[position].read().admits(label, value)
    }

    /// Counts bounds of a metric that were met before its values came here.
    pub(crate) fn count_past(&self, position: usize, past: u64) {
        self.inner.families[position].overflow.increment(past);
    }

    pub(crate) fn metric(&self, position: usize) -> &Metric {
        &self.inner.families[position].metric
    }

    /// Shows all series in order. New ones of a metric wait while it is shown; counting goes on.
    pub(crate) fn show(&self, format: &mut impl Format) {
        for family in &self.inner.families {
            if !format.family(&family.metric) {
                continue;
            }
            for (block, series) in family.read().iter() {
                let of = Of {
                    number: series.number,
                    block,
                    values: &series.values,
                };
                match &series.slot {
                    Slot::Counter(it) => it.cell().map(|it| format.counter(of, it)),
                    Slot::Gauge(it) => it.cell().map(|it| format.gauge(of, it)),
                    Slot::Histogram(it) => it.cell().map(|it| format.histogram(of, it)),
                };
            }
        }
    }

    /// Runs a hook at the start of every scrape, before anything is read.
    ///
    /// It stays for as long as the meter. It should hold handles, not the meter, which is passed to
    /// it: a hook that holds its meter keeps it alive for ever. One that panics is
    /// counted in `admf_metrics_hook_panics_total` and harms neither the scrape nor the others.
    pub fn on_scrape(&self, hook: impl Fn(&Self) + Send + Sync + 'static) {
        self.add_hook(None, Arc::new(hook));
    }

    /// Does as [`on_scrape`](Self::on_scrape) with a hook that writes these metrics and no other. It does not run where
    /// none of them is [asked for](crate::Exporter::visit_named). What is not declared is left out.
    pub fn on_scrape_of<'m>(
        &self,
        metrics: impl IntoIterator<Item = &'m Metric>,
        hook: impl Fn(&Self) + Send + Sync + 'static,
    ) {
        let metrics = metrics.into_iter();
        let places = metrics.filter_map(|it| self.inner.catalogue.position(it.name));
        self.add_hook(Some(places.collect()), Arc::new(hook));
    }

    fn add_hook(&self, feeds: Option<Arc<[usize]>>, run: Arc<dyn Fn(&Self) + Send + Sync>) {
        let hooks = self.inner.hooks.write();
        let mut hooks = hooks.unwrap_or_else(PoisonError::into_inner);
        hooks.push(Hook { feeds, run });
    }

    /// Runs the hooks, and keeps other scrapes waiting until the turn is dropped.
    ///
    /// An [`Exporter`](crate::Exporter) does it by itself; a program with a recorder of its own calls it
    /// before it renders that. Who has the turn may scrape again, as a hook may: no hook runs for it, and
    /// it shows what there is. A hook must not wait for a scrape of another thread.
    #[must_use]
    pub fn scrape(&self) -> Scrape<'_> {
        self.scrape_of(&mut |_| true)
    }

    /// Does so for who reads these metrics alone.
    pub(crate) fn scrape_of(&self, wanted: &mut dyn FnMut(&Metric) -> bool) -> Scrape<'_> {
        let turn = self.inner.scrape.lock();
        let first = !turn.replace(true);
        let scrape = Scrape { turn, first };
        if first {
            self.run_hooks(wanted);
            if wanted(&own::SERIES) {
                self.inner.cardinality.show(&self.inner.families);
            }
        }
        scrape
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

    fn run_hooks(&self, wanted: &mut dyn FnMut(&Metric) -> bool) {
        // Taken out of the lock, because a hook may add hooks.
        let hooks = self
            .inner
            .hooks
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for Hook { feeds, run } in hooks {
            if feeds.is_some_and(|it| !it.iter().any(|place| wanted(self.metric(*place)))) {
                continue;
            }
            if catch_unwind(AssertUnwindSafe(|| run(self))).is_err() {
                self.inner.hook_panics.increment(1);
            }
        }
    }
}

/// The turn of one scrape: until it is dropped, no hook writes.
#[derive(Debug)]
pub struct Scrape<'m> {
    turn: ReentrantMutexGuard<'m, Cell<bool>>,
    /// Whether the thread had no turn before.
    first: bool,
}

impl Drop for Scrape<'_> {
    fn drop(&mut self) {
        if self.first {
            self.turn.set(false);
        }
    }
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
