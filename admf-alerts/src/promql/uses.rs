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
    back: Option<Back>,
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

    /// Returns how far back it looks: what a store must keep of its series. `None` where that depends on when it is
    /// asked, since it holds a time by `@`, or what it is part of does.
    #[must_use]
    pub fn reach(&self, settings: &Settings) -> Option<Duration> {
        let back = self.back?;
        Some(match self.window {
            Some(_) => length(back.of(0)),
            None => length(back.of(millis(settings.lookback))),
        })
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
    walk.expr(expr, Within::outermost());
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
    back: Option<Back>,
}

impl Within {
    fn outermost() -> Self {
        Self {
            back: Some(Back::default()),
            ..Self::default()
        }
    }

    /// Nothing is done with them, at the same time.
    fn alone(self) -> Self {
        Self {
            back: self.back,
            ..Self::default()
        }
    }

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
            Expr::Subquery(subquery) => {
                let back = within.back;
                let back = back.and_then(|it| it.within(subquery.shift, subquery.range));
                self.expr(&subquery.expr, Within { back, ..within });
            }
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
            back: within
                .back
                .and_then(|it| it.within(selector.shift, window.unwrap_or(0))),
        });
    }

    fn binary(&mut self, binary: &'q Binary, within: Within) {
        let Binary { left, right, .. } = binary;
        let number = |expr: &Expr| expr.kind() == Kind::Scalar;
        let (left_is, right_is) = match binary.op {
            BinaryOp::Set(SetOp::Or) => (within, within),
            BinaryOp::Set(SetOp::And | SetOp::Unless) => (within, within.alone()),
            BinaryOp::Math(_) => (within.changed(), within.changed()),
            BinaryOp::Compare(_) => {
                let of = |other: &Expr, kept: bool| Within {
                    compared: number(other),
                    ..if kept && !binary.bool {
                        within
                    } else {
                        within.alone()
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
            self.expr(param, within.alone());
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
            _ => within.alone(),
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
                (Kind::Scalar | Kind::Text, _) | (_, Kind::Scalar) => within.alone(),
                _ if quantile => Within {
                    buckets: Some(Buckets {
                        call: number,
                        without_le: false,
                    }),
                    ..within.alone()
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

fn length(millis: Millis) -> Duration {
    Duration::from_millis(millis.max(0).unsigned_abs())
}

/// How far back from now is looked by what is itself asked at some time back: no less than the least, as nobody looks
/// ahead of now.
#[derive(Clone, Copy, Debug, Default)]
struct Back {
    least: Millis,
    more: Millis,
}

impl Back {
    /// Within what is asked for a window, or as of another time; `None` where that depends on when it is asked.
    fn within(self, shift: Shift, range: Millis) -> Option<Self> {
        match shift.at {
            Some(At::Time(_)) => None,
            // Both are now for a rule, and no further than the range for what is asked at many times.
            None | Some(At::Start | At::End) => {
                let more = range.saturating_add(shift.offset);
                Some(Self {
                    least: self.least.max(self.more),
                    more: self.more.saturating_add(more),
                })
            }
        }
    }

    fn of(self, back: Millis) -> Millis {
        self.more.saturating_add(back).max(self.least)
    }
}
