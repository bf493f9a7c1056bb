//! Whole results: at one time, or at many.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::QueryError;
use super::eval::{Eval, Evaluated};
use super::expr::{Expr, Millis};
use super::value::{Range, Sample, Value, all_differ, distinct, settle, unnamed};
use crate::labels::Labels;
use crate::series::Point;

impl Eval<'_> {
    pub(super) fn instant(&self, expr: &Expr, time: Millis) -> Evaluated {
        let mut value = self.eval(expr, time)?;
        match &mut value {
            Value::Vector(samples) => {
                distinct(samples)?;
                settle(samples);
            }
            Value::Matrix(ranges) => {
                for range in ranges.iter_mut().filter(|range| range.nameless) {
                    range.labels = unnamed(&range.labels);
                }
                all_differ(ranges.iter().map(|range| Arc::clone(&range.labels)))?;
            }
            Value::Scalar(_) | Value::Text(_) => {}
        }
        Ok(value)
    }

    pub(super) fn range(&self, expr: &Expr) -> Result<Vec<Range>, QueryError> {
        let mut ranges = self.steps(expr, true)?;
        ranges.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(ranges)
    }

    /// Evaluates at all times; names that were lost are removed where they are not asked for any more.
    pub(super) fn steps(&self, expr: &Expr, last: bool) -> Result<Vec<Range>, QueryError> {
        let mut ranges: Vec<Range> = vec![];
        let mut places: HashMap<(Arc<Labels>, bool), usize> = HashMap::new();
        for time in self.span.times() {
            self.touch(1)?;
            let mut samples = match self.eval(expr, time)? {
                Value::Scalar(value) => vec![Sample::new(Arc::default(), value)],
                Value::Vector(samples) => samples,
                Value::Text(_) | Value::Matrix(_) => vec![],
            };
            distinct(&samples)?;
            if last || !self.delayed() {
                settle(&mut samples);
                samples.iter_mut().for_each(|it| it.nameless = false);
            }
            for sample in samples {
                let value = sample.value;
                let key = (sample.labels, sample.nameless);
                let place = *places.entry(key).or_insert_with_key(|(labels, nameless)| {
                    ranges.push(Range {
                        labels: Arc::clone(labels),
                        points: vec![],
                        nameless: *nameless,
                    });
                    ranges.len() - 1
                });
                ranges[place].points.push(Point { time, value });
            }
        }
        Ok(ranges)
    }
}
