//! What an expression asks for, before there is data.

use std::time::Duration;

use super::Settings;
use super::eval::millis;
use super::expr::{
    Aggregate, AggregateOp, At, Binary, BinaryOp, Call, Expr, Grouping, Kind, Millis, Selector,
    SetOp, Shift,
};
use crate::series::{MatchOp, Matcher, NAME};

/// Shows one selector of a query, and what is done with its samples first.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Use<'q> {
    /// A series is selected where all matchers of any of these match.
    pub any: &'q [Vec<Matcher>],
    /// The window, where it is one.
    pub window: Option<Duration>,
    /// The function that is given its samples as they are, such as `rate`: over a subquery too, and whatever only
    /// leaves some of them out or names them otherwise.
    pub function: Option<&'static str>,
    /// Whether they are compared with a number: as they are, or as a sum, average, least or most of them.
    pub compared: bool,
    /// For which `histogram_quantile` they are buckets.
    pub buckets: Option<Buckets>,
}

/// Says which call takes samples for buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Buckets {
    /// Which of the query's `histogram_quantile` it is, from 0.
    pub call: usize,
    /// Whether an aggregation before it takes the label `le` away.
    pub without_le: bool,
}

impl<'q> Use<'q> {
    /// Returns the name that all selected series have, where there is one such.
    #[must_use]
    pub fn name(&self) -> Option<&'q str> {
        match self.any {
            [all] => name(all),
            _ => None,
        }
    }
}

/// Returns the name that matchers ask for, where it is one.
pub(crate) fn name(all: &[Matcher]) -> Option<&str> {
    let mut named = all.iter().filter(|it| it.name() == NAME);
    let exact = named.find(|it| it.op() == MatchOp::Equal);
    exact.map(Matcher::value)
}

/// Lists the selectors of an expression.
pub(super) fn uses(expr: &Expr) -> Vec<Use<'_>> {
    let mut walk = Walk {
        found: vec![],
        calls: 0,
    };
    walk.expr(expr, Within::default());
    walk.found
}

struct Walk<'q> {
    found: Vec<Use<'q>>,
    /// Of `histogram_quantile`, so far.
    calls: usize,
}

/// What is done with the samples of an expression.
#[derive(Clone, Copy, Default)]
struct Within {
    function: Option<&'static str>,
    compared: bool,
    buckets: Option<Buckets>,
}

impl Within {
    /// Other values are made of the samples, one of each.
    fn changed(self) -> Self {
        Self {
            function: None,
            compared: false,
            ..self
        }
    }
}

impl<'q> Walk<'q> {
    fn expr(&mut self, expr: &'q Expr, within: Within) {
        match expr {
            Expr::Number(_) | Expr::Text(_) => {}
            Expr::Vector(selector) => self.add(selector, None, within),
            Expr::Matrix(selector, range) => self.add(selector, Some(*range), within),
            Expr::Subquery(subquery) => self.expr(&subquery.expr, within),
            Expr::Negated(inner) => self.expr(inner, within.changed()),
            Expr::Binary(binary) => self.binary(binary, within),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, within),
            Expr::Call(call) => self.call(call, within),
        }
    }

    fn add(&mut self, selector: &'q Selector, window: Option<Millis>, within: Within) {
        self.found.push(Use {
            any: &selector.any,
            window: window.map(length),
            function: within.function,
            compared: within.compared,
            buckets: within.buckets,
        });
    }

    fn binary(&mut self, binary: &'q Binary, within: Within) {
        let Binary { left, right, .. } = binary;
        let number = |expr: &Expr| expr.kind() == Kind::Scalar;
        let (left_is, right_is) = match binary.op {
            BinaryOp::Set(SetOp::Or) => (within, within),
            BinaryOp::Set(SetOp::And | SetOp::Unless) => (within, Within::default()),
            BinaryOp::Math(_) => (within.changed(), within.changed()),
            BinaryOp::Compare(_) => {
                let of = |other: &Expr, kept: bool| Within {
                    compared: number(other),
                    ..if kept && !binary.bool {
                        within
                    } else {
                        Within::default()
                    }
                };
                // Of what holds the left is kept, or what is no number.
                (of(right, true), of(left, number(left)))
            }
        };
        self.expr(left, left_is);
        self.expr(right, right_is);
    }

    fn aggregate(&mut self, aggregate: &'q Aggregate, within: Within) {
        if let Some(param) = &aggregate.param {
            self.expr(param, Within::default());
        }
        let without_le = match &aggregate.grouping {
            Grouping::Only(labels) => !labels.iter().any(|it| it == "le"),
            Grouping::Without(labels) => labels.iter().any(|it| it == "le"),
        };
        let within = match aggregate.op {
            AggregateOp::Topk | AggregateOp::Bottomk => within,
            AggregateOp::Sum | AggregateOp::Avg | AggregateOp::Min | AggregateOp::Max => Within {
                function: None,
                buckets: within.buckets.map(|it| Buckets {
                    without_le: it.without_le || without_le,
                    ..it
                }),
                ..within
            },
            _ => Within::default(),
        };
        self.expr(&aggregate.expr, within);
    }

    fn call(&mut self, call: &'q Call, within: Within) {
        let name = call.function.name;
        let quantile = name == "histogram_quantile";
        let number = self.calls;
        self.calls += usize::from(quantile);
        for arg in &call.args {
            let within = match (arg.kind(), call.kind) {
                (Kind::Scalar | Kind::Text, _) | (_, Kind::Scalar) => Within::default(),
                _ if quantile => Within {
                    buckets: Some(Buckets {
                        call: number,
                        without_le: false,
                    }),
                    ..Within::default()
                },
                _ if keeps_values(name) => within,
                _ => within.changed(),
            };
            let function = within.function.or(Some(name));
            self.expr(arg, Within { function, ..within });
        }
    }
}

/// Says whether a function gives samples of its argument as they are.
fn keeps_values(function: &str) -> bool {
    let names = [
        "label_replace",
        "label_join",
        "last_over_time",
        "sort",
        "sort_desc",
    ];
    names.contains(&function)
}

/// How far back an expression looks; `None` where that depends on when it is asked.
pub(super) fn reach(expr: &Expr, settings: &Settings) -> Option<Duration> {
    millis_back(expr, settings).map(length)
}

fn length(millis: Millis) -> Duration {
    Duration::from_millis(millis.max(0).unsigned_abs())
}

fn millis_back(expr: &Expr, settings: &Settings) -> Option<Millis> {
    match expr {
        Expr::Number(_) | Expr::Text(_) => Some(0),
        Expr::Vector(selector) => shifted(selector.shift, millis(settings.lookback)),
        Expr::Matrix(selector, range) => shifted(selector.shift, *range),
        Expr::Subquery(subquery) => {
            let inner = millis_back(&subquery.expr, settings)?;
            shifted(subquery.shift, subquery.range.saturating_add(inner))
        }
        Expr::Negated(inner) => millis_back(inner, settings),
        Expr::Binary(binary) => furthest([&binary.left, &binary.right], settings),
        Expr::Aggregate(aggregate) => {
            let param = aggregate.param.iter();
            furthest(param.chain([&aggregate.expr]), settings)
        }
        Expr::Call(call) => furthest(&call.args, settings),
    }
}

fn shifted(shift: Shift, back: Millis) -> Option<Millis> {
    match shift.at {
        Some(At::Time(_)) => None,
        // Both are now for a rule, and no further than the range for what is asked at many times.
        None | Some(At::Start | At::End) => Some(back.saturating_add(shift.offset).max(0)),
    }
}

fn furthest<'e>(exprs: impl IntoIterator<Item = &'e Expr>, settings: &Settings) -> Option<Millis> {
    let mut furthest = 0;
    for expr in exprs {
        furthest = furthest.max(millis_back(expr, settings)?);
    }
    Some(furthest)
}
