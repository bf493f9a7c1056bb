//! Windows of series, and of what subqueries give.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use super::Semantics;
use super::error::QueryError;
use super::eval::{Eval, Evaluated, Span};
use super::expr::{Expr, Kind, Millis, Selector, Subquery};
use super::value::{Range, Value};
use crate::labels::Labels;
use crate::series::Point;

/// The samples of a series in a window.
pub(super) struct Window<'p> {
    pub(super) points: &'p [Point],
    /// Where it begins and ends, and when it is looked at.
    pub(super) start: Millis,
    pub(super) end: Millis,
    pub(super) time: Millis,
    pub(super) semantics: Semantics,
    /// After which times nobody looked.
    breaks: &'p [i64],
}

impl Window<'_> {
    /// Its samples without what changed while nobody looked, beyond what changes in the rest of it at that pace: those before
    /// are raised to where it went on after.
    pub(super) fn level(&self) -> Cow<'_, [Point]> {
        let first_after = |time: &Millis| self.points.partition_point(|it| it.time <= *time);
        let mut cuts: Vec<usize> = self.breaks.iter().map(first_after).collect();
        cuts.retain(|cut| (1..self.points.len()).contains(cut));
        cuts.dedup();
        let ([first, .., last], false) = (self.points, cuts.is_empty()) else {
            return Cow::Borrowed(self.points);
        };
        let step = |cut: &usize| change(&self.points[cut - 1], &self.points[*cut]);
        let (mut changed, mut took) = change(first, last);
        for (by, time) in cuts.iter().map(step) {
            (changed, took) = (changed - by, took - time);
        }
        let pace = if took > 0.0 { changed / took } else { 0.0 };
        let mut points = self.points.to_vec();
        for cut in &cuts {
            let (by, time) = step(cut);
            let likely = pace * time;
            let raise = by - by.clamp(likely.min(0.0), likely.max(0.0));
            let older = points[..*cut].iter_mut();
            older
                .filter(|_| raise.is_finite())
                .for_each(|point| point.value += raise);
        }
        Cow::Owned(points)
    }
}

/// How much changed from one sample to another, and in how many milliseconds.
fn change(from: &Point, to: &Point) -> (f64, f64) {
    (to.value - from.value, (to.time - from.time) as f64)
}

/// Whose window it is.
pub(super) struct Owner<'l> {
    pub(super) labels: &'l Arc<Labels>,
    pub(super) nameless: bool,
}

impl Eval<'_> {
    /// Shows the window of each series of the argument that is a matrix, where it has samples.
    pub(super) fn windows(
        &self,
        args: &[Expr],
        time: Millis,
        each: impl FnMut(&Owner<'_>, &Window<'_>) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        match args.iter().find(|arg| arg.kind() == Kind::Matrix) {
            Some(Expr::Matrix(selector, range)) => {
                self.selected_windows(selector, *range, time, each)
            }
            Some(Expr::Subquery(subquery)) => self.subquery_windows(subquery, time, each),
            _ => Err(QueryError::failed("expected a range vector")),
        }
    }

    fn window<'p>(&self, end: Millis, range: Millis, time: Millis) -> Window<'p> {
        Window {
            points: &[],
            start: end.saturating_sub(range),
            end,
            time,
            semantics: self.semantics(),
            breaks: &[],
        }
    }

    fn selected_windows(
        &self,
        selector: &Selector,
        range: Millis,
        time: Millis,
        mut each: impl FnMut(&Owner<'_>, &Window<'_>) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let window = self.window(self.shifted(selector.shift, time), range, time);
        let after = self.before(window.start);
        let mut points = vec![];
        for series in self.series(selector).iter() {
            points.clear();
            series.read(after, window.end, &mut points);
            self.touch(points.len().max(1))?;
            if points.is_empty() {
                continue;
            }
            let owner = Owner {
                labels: series.labels(),
                nameless: false,
            };
            let window = Window {
                points: &points,
                breaks: self.store().breaks(),
                ..window
            };
            each(&owner, &window)?;
        }
        Ok(())
    }

    fn subquery_windows(
        &self,
        subquery: &Subquery,
        time: Millis,
        mut each: impl FnMut(&Owner<'_>, &Window<'_>) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let window = self.window(self.shifted(subquery.shift, time), subquery.range, time);
        let after = self.before(window.start);
        for range in self.evaluated(subquery)?.iter() {
            let from = range.points.partition_point(|it| it.time <= after);
            let until = range.points.partition_point(|it| it.time <= window.end);
            let points = &range.points[from..until.max(from)];
            self.touch(points.len().max(1))?;
            if points.is_empty() {
                continue;
            }
            let owner = Owner {
                labels: &range.labels,
                nameless: range.nameless,
            };
            let breaks = self.store().breaks();
            let window = Window {
                points,
                breaks,
                ..window
            };
            each(&owner, &window)?;
        }
        Ok(())
    }

    /// What a subquery gives over all windows of this span, evaluated once.
    fn evaluated(&self, subquery: &Subquery) -> Result<Rc<Vec<Range>>, QueryError> {
        if let Some(done) = self.subqueries.borrow().get(&subquery.id) {
            return Ok(Rc::clone(done));
        }
        let step = subquery.step.unwrap_or_else(|| self.subquery_step());
        let end = self.shifted(subquery.shift, self.span.end);
        let begin = self.shifted(subquery.shift, self.span.start);
        let begin = begin.saturating_sub(subquery.range);
        // Steps are at multiples of their length, whenever the query begins.
        let aligned = begin / step * step;
        let inside = aligned > self.before(begin);
        let start = match inside {
            true => aligned,
            false => aligned.saturating_add(step),
        };
        let ranges = self
            .within(Span { start, end, step })
            .steps(&subquery.expr, false)?;
        let ranges = Rc::new(ranges);
        let mut subqueries = self.subqueries.borrow_mut();
        subqueries.insert(subquery.id, Rc::clone(&ranges));
        Ok(ranges)
    }

    /// A matrix that is the result itself.
    pub(super) fn matrix(&self, expr: &Expr, time: Millis) -> Evaluated {
        let mut ranges = vec![];
        self.windows(std::slice::from_ref(expr), time, |owner, window| {
            ranges.push(Range {
                labels: Arc::clone(owner.labels),
                points: window.points.to_vec(),
                nameless: owner.nameless,
            });
            Ok(())
        })?;
        Ok(Value::Matrix(ranges))
    }
}
