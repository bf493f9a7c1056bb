//! Series as an expression asks for them.

use std::rc::Rc;
use std::sync::Arc;

use super::Semantics;
use super::error::QueryError;
use super::eval::Eval;
use super::expr::{At, Millis, Selector, Shift};
use super::value::Sample;
use crate::labels::Labels;
use crate::series::{Point, Series};

impl<'a> Eval<'a> {
    pub(super) fn series(&self, selector: &Selector) -> Rc<[&'a Series]> {
        self.selected(selector.id, || {
            let mut sets = selector.any.iter();
            let mut found = sets
                .next()
                .map_or_else(Vec::new, |all| self.store().select(all));
            for all in sets {
                for series in self.store().select(all) {
                    if !found.iter().any(|it| std::ptr::eq(*it, series)) {
                        found.push(series);
                    }
                }
            }
            found
        })
    }

    /// The time that a selector or subquery looks at.
    pub(super) fn shifted(&self, shift: Shift, time: Millis) -> Millis {
        let base = match shift.at {
            None => time,
            Some(At::Start) => self.whole().start,
            Some(At::End) => self.whole().end,
            Some(At::Time(at)) => at,
        };
        base.saturating_sub(shift.offset)
    }

    /// The last moment that is before a window: its begin, or just before where that belongs to it.
    pub(super) fn before(&self, begin: Millis) -> Millis {
        match self.semantics() {
            Semantics::Prometheus2 => begin.saturating_sub(1),
            Semantics::Prometheus3 => begin,
        }
    }

    /// The latest samples of a selector's series, with their own times.
    pub(super) fn latest(
        &self,
        selector: &Selector,
        time: Millis,
        mut each: impl FnMut(&Arc<Labels>, Point),
    ) -> Result<(), QueryError> {
        let time = self.shifted(selector.shift, time);
        let after = self.before(time.saturating_sub(self.lookback()));
        let series = self.series(selector);
        self.touch(series.len())?;
        for series in series.iter() {
            if let Some(point) = series.at(time, after) {
                each(series.labels(), point);
            }
        }
        Ok(())
    }

    pub(super) fn select(
        &self,
        selector: &Selector,
        time: Millis,
    ) -> Result<Vec<Sample>, QueryError> {
        let mut samples = vec![];
        self.latest(selector, time, |labels, point| {
            samples.push(Sample::new(Arc::clone(labels), point.value));
        })?;
        Ok(samples)
    }
}
