//! Blocks of series that begin at 0.

use std::collections::HashSet;

use super::Described;
use crate::duration;
use crate::labels::Labels;
use crate::series::{Point, Refused, Store};

/// Holds what a block `load STEP` with a series on each line below says.
///
/// # Examples
///
/// ```
/// use admf_alerts::notation::Load;
/// use admf_alerts::series::{Limits, Store};
///
/// let load = Load::parse("load 1m\n  up{job=\"api\"} 1 1 0\n  queue_length 0+2x2\n")?;
/// let mut store = Store::new(Limits::default())?;
/// load.append_to(&mut store)?;
/// assert_eq!(store.newest(), Some(120_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    /// Milliseconds between values.
    pub step: i64,
    /// The series.
    pub series: Vec<Described>,
}

impl Load {
    /// Reads one or more blocks of one step; lines that begin with `#` and empty ones are passed over.
    ///
    /// # Errors
    ///
    /// Begins with the line, from 1: what is no series, a series that is there twice, a second step.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut load: Option<Self> = None;
        let mut seen = HashSet::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let taken = match (step(line), &mut load) {
                (Some(_), Some(_)) => Err("a second `load`".to_owned()),
                (Some(step), None) => Self::new(step).map(|it| load = Some(it)),
                (None, Some(load)) => load.take(line, &mut seen),
                (None, None) => {
                    Err("it does not begin with `load` and a length of time".to_owned())
                }
            };
            taken.map_err(|problem| format!("{}: {problem}", index + 1))?;
        }
        load.ok_or_else(|| "1: there is no `load`".to_owned())
    }

    fn new(step: &str) -> Result<Self, String> {
        let step = duration::parse(step)?.as_millis();
        let step = i64::try_from(step).map_err(|error| error.to_string())?;
        let series = vec![];
        Ok(Self { step, series })
    }

    fn take(&mut self, line: &str, seen: &mut HashSet<Labels>) -> Result<(), String> {
        let described = Described::parse(line)?;
        if !seen.insert(described.labels.clone()) {
            return Err(format!("{} is there twice", described.labels));
        }
        self.series.push(described);
        Ok(())
    }

    /// Lists all samples, in the order of their times.
    #[must_use]
    pub fn points(&self) -> Vec<(&Labels, Point)> {
        let all = self.series.iter().flat_map(|it| {
            let points = it.points(self.step);
            points.map(|point| (&it.labels, point))
        });
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|(_, point)| point.time);
        all
    }

    /// Adds all samples to a store.
    ///
    /// # Errors
    ///
    /// What the first says that the store refuses.
    pub fn append_to(&self, store: &mut Store) -> Result<(), Refused> {
        for (labels, point) in self.points() {
            store.append(labels, point.time, point.value)?;
        }
        Ok(())
    }
}

fn step(line: &str) -> Option<&str> {
    let (word, step) = line.split_once(char::is_whitespace)?;
    (word == "load").then_some(step.trim())
}
