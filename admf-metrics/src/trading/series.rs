//! Where the typed APIs get their handles: a meter that was checked once, or nothing.

use super::held::Held;
use crate::catalogue::{Label, Metric};
use crate::handle::{Counter, Gauge, Histogram};
use crate::meter::{HandleError, Meter};

const CHECKED: &str = "`Series::on` has checked it against the catalogue";

/// Resolves handles, with the same fixed labels on each.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    meter: Option<Meter>,
    fixed: Vec<(&'static str, String)>,
}

impl Series {
    /// Checks that `meter` knows every one of `metrics`, with `fixed` among its labels.
    pub(crate) fn on(
        meter: &Meter,
        metrics: &[Metric],
        fixed: &[(&'static str, &str)],
    ) -> Result<Self, HandleError> {
        for metric in metrics {
            check(meter, metric, fixed)?;
        }
        let fixed = fixed
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        Ok(Self {
            meter: Some(meter.clone()),
            fixed: fixed.collect(),
        })
    }

    /// Gives handles that do nothing.
    pub(crate) const fn noop() -> Self {
        Self {
            meter: None,
            fixed: Vec::new(),
        }
    }

    pub(crate) fn counter(&self, metric: &Metric, labels: &[(&str, &str)]) -> Counter {
        self.meter.as_ref().map_or_else(Counter::noop, |meter| {
            meter.counter(metric, &self.all(labels)).expect(CHECKED)
        })
    }

    pub(crate) fn gauge(&self, metric: &Metric, labels: &[(&str, &str)]) -> Gauge {
        self.meter.as_ref().map_or_else(Gauge::noop, |meter| {
            meter.gauge(metric, &self.all(labels)).expect(CHECKED)
        })
    }

    pub(crate) fn histogram(&self, metric: &Metric, labels: &[(&str, &str)]) -> Histogram {
        self.meter.as_ref().map_or_else(Histogram::noop, |meter| {
            meter.histogram(metric, &self.all(labels)).expect(CHECKED)
        })
    }

    /// Returns one counter for each of `words`.
    pub(crate) fn counters(
        &self,
        metric: &Metric,
        labels: &[(&str, &str)],
        label: &str,
        words: &[&str],
    ) -> Vec<Counter> {
        let one = |word: &&str| self.counter(metric, &[labels, &[(label, *word)]].concat());
        words.iter().map(one).collect()
    }

    /// Holds what `resolve` makes of values of the labels `names`, of which `metric` has all.
    pub(crate) fn held<H: Clone, const N: usize>(
        &self,
        metric: &Metric,
        names: [&'static str; N],
        resolve: impl Fn(&Self, [(&str, &str); N]) -> H + Send + Sync + 'static,
    ) -> Held<H, N> {
        let (series, most) = (self.clone(), self.most(metric, &names));
        Held::new(most, move |values| resolve(&series, zip(names, values)))
    }

    /// Holds the gauges of a metric with the labels `names`.
    pub(crate) fn levels<const N: usize>(
        &self,
        metric: &'static Metric,
        names: [&'static str; N],
    ) -> Levels<N> {
        Levels {
            gauges: self.held(metric, names, |series, labels| {
                series.gauge(metric, &labels)
            }),
            series: self.clone(),
            metric,
            names,
        }
    }

    /// Takes away a series that has no value any more.
    fn withdraw(&self, _metric: &Metric, _labels: &[(&str, &str)]) {
        // A meter cannot remove series yet: `meter.remove(metric, &self.all(labels))`.
    }

    /// Takes away all series in which a label has this value.
    pub(crate) fn withdraw_where(&self, _label: &str, _value: &str) {
        // A meter cannot remove series yet: `meter.remove_where(label, value)`.
    }

    /// Returns how many distinct series `labels` of a metric can lead to, and so how many are held.
    fn most(&self, metric: &Metric, labels: &[&str]) -> usize {
        let declared = self
            .meter
            .as_ref()
            .and_then(|it| it.catalogue().find(metric.name));
        let all = declared.map_or(&[][..], |metric| metric.labels);
        let named = all.iter().filter(|label| labels.contains(&label.name));
        let most = named.fold(1_usize, |n, it| n.saturating_mul(it.max_values()));
        if declared.is_some() { most } else { 0 }
    }

    fn all<'l>(&'l self, labels: &[(&'l str, &'l str)]) -> Vec<(&'l str, &'l str)> {
        let fixed = self
            .fixed
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        fixed.chain(labels.iter().copied()).collect()
    }
}

/// Gauges that exist while they have a value.
#[derive(Debug)]
pub(crate) struct Levels<const N: usize> {
    gauges: Held<Gauge, N>,
    series: Series,
    metric: &'static Metric,
    names: [&'static str; N],
}

impl<const N: usize> Levels<N> {
    /// Shows a value, or that there is none: a 0 would be a value.
    pub(crate) fn set(&self, values: [&str; N], value: Option<f64>) {
        match value {
            Some(value) => self.gauges.with(values).set(value),
            None if self.gauges.holds(values) => {
                self.gauges
                    .forget(|held| held.iter().map(AsRef::as_ref).eq(values));
                self.series.withdraw(self.metric, &zip(self.names, values));
            }
            None => {}
        }
    }

    /// Lets go of the gauges of a value at a place.
    pub(crate) fn forget(&self, place: usize, value: &str) {
        self.gauges.forget(|held| &*held[place] == value);
    }
}

fn zip<'v, const N: usize>(
    names: [&'static str; N],
    values: [&'v str; N],
) -> [(&'static str, &'v str); N] {
    std::array::from_fn(|i| (names[i], values[i]))
}

/// Says what a lookup would say, without making a series.
fn check(
    meter: &Meter,
    metric: &Metric,
    fixed: &[(&'static str, &str)],
) -> Result<(), HandleError> {
    let name = metric.name;
    let Some(declared) = meter.catalogue().find(name) else {
        return Err(HandleError::Undeclared {
            metric: name.to_owned(),
        });
    };
    let (is, kind) = (declared.kind, metric.kind);
    if is != kind {
        return Err(HandleError::WrongKind {
            metric: name,
            declared: is,
            kind,
        });
    }
    let given: Vec<&'static str> = fixed
        .iter()
        .map(|(label, _)| *label)
        .chain(metric.labels.iter().map(|label| label.name))
        .collect();
    let is_declared = |label: &str| declared.labels.iter().any(|it| it.name == label);
    if let Some(label) = given.iter().find(|label| !is_declared(label)) {
        return Err(HandleError::UnknownLabel {
            metric: name,
            label: (*label).to_owned(),
        });
    }
    for Label { name: label, .. } in declared.labels {
        match given.iter().filter(|it| *it == label).count() {
            1 => {}
            0 => {
                return Err(HandleError::MissingLabel {
                    metric: name,
                    label,
                });
            }
            _ => {
                return Err(HandleError::RepeatedLabel {
                    metric: name,
                    label,
                });
            }
        }
    }
    Ok(())
}
