//! Samples to evaluate over.

use std::time::Duration;

use admf_alerts::notation::{Item, Load};
use admf_alerts::series::{Limits, NAME, Store};
use admf_alerts::{Samples, duration};

use crate::file;
use crate::problem::Problem;

/// What a file holds; by default nothing.
pub(crate) enum Data {
    /// A Prometheus text.
    Scrape(Samples),
    /// A block in the notation of tests.
    Series(Load),
}

impl Default for Data {
    fn default() -> Self {
        Self::Scrape(Samples::default())
    }
}

impl Data {
    pub(crate) fn read(name: &str) -> Result<Self, String> {
        let text = file::samples(name).map_err(Problem::text)?;
        if !is_load(&text) {
            let samples = Samples::parse(&text);
            return samples
                .map(Self::Scrape)
                .map_err(|problem| format!("{name}: {problem}"));
        }
        let load = Load::parse(&text).map_err(|problem| format!("{name}:{problem}"))?;
        let mut items = load.series.iter().flat_map(|it| &it.items);
        match items.any(|item| *item == Item::Native) {
            true => Err(format!("{name}: native histograms are not known here")),
            false => Ok(Self::Series(load)),
        }
    }

    /// The newest time that is told, in milliseconds.
    pub(crate) fn newest(&self) -> Option<i64> {
        match self {
            Self::Scrape(samples) => samples.iter().filter_map(|it| it.timestamp).max(),
            Self::Series(load) => load.points().last().map(|(_, point)| point.time),
        }
    }

    /// Fills a store; samples without a time are of `time`.
    pub(crate) fn store(&self, time: i64) -> Result<Store, String> {
        let limits = Limits::default().series(usize::MAX).samples(usize::MAX);
        let limits = limits.age(Duration::MAX).idle(Duration::MAX);
        let mut store = Store::new(limits).map_err(|error| error.to_string())?;
        let refused = |name: &str, error| format!("`{name}`: {error}");
        match self {
            Self::Series(load) => load
                .append_to(&mut store)
                .map_err(|error| error.to_string())?,
            Self::Scrape(samples) => {
                for sample in samples.iter() {
                    let mut labels = sample.labels.clone();
                    labels.insert(NAME, sample.name);
                    let time = sample.timestamp.unwrap_or(time);
                    let taken = store.append(&labels, time, sample.value);
                    taken.map_err(|error| refused(sample.name, error))?;
                }
            }
        }
        Ok(store)
    }
}

/// Says whether the first line of a text is `load` and a length of time. `load 0` is a metric's.
fn is_load(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    let step = first.and_then(|line| line.strip_prefix("load"));
    let step = step.filter(|step| step.starts_with(char::is_whitespace));
    step.is_some_and(|step| step.trim() != "0" && duration::parse(step.trim()).is_ok())
}
