//! An expression without its filters, held against one whose filters let everything through.

use proptest::prelude::*;

use super::super::presence::{Presence, presence};
use super::*;

#[derive(Clone, Debug)]
enum Shape {
    Series(&'static str),
    /// A filter by a number, which may stand on either side.
    Above(Box<Self>, f64, bool),
    /// A filter by another vector.
    Against(Box<Self>, &'static str, &'static str, Box<Self>),
    Bool(Box<Self>, f64),
    Math(Box<Self>, &'static str, Box<Self>),
    Set(Box<Self>, &'static str, &'static str, Box<Self>),
    Around(&'static str, Box<Self>, &'static str),
    Absent(&'static str),
}

/// How a shape is written.
#[derive(Clone, Copy, PartialEq)]
enum Filters {
    AsTheyAre,
    /// All that filters lets everything through, by what it is given.
    Open,
}

impl Shape {
    fn text(&self, filters: Filters) -> String {
        let open = filters == Filters::Open;
        let text = |it: &Self| it.text(filters);
        match self {
            Self::Series(selector) => (*selector).to_owned(),
            Self::Above(it, _, _) if open => format!("({} >= -Inf)", text(it)),
            Self::Above(it, bound, true) => format!("({bound} < {})", text(it)),
            Self::Above(it, bound, false) => format!("({} > {bound})", text(it)),
            Self::Against(a, _, matching, b) if open => {
                format!("({} * 0 == {matching} {} * 0)", text(a), text(b))
            }
            Self::Against(a, op, matching, b) => {
                format!("({} {op} {matching} {})", text(a), text(b))
            }
            Self::Bool(it, bound) => format!("({} > bool {bound})", text(it)),
            Self::Math(a, op, b) => format!("({} {op} {})", text(a), text(b)),
            // What it takes away it may take away with an error.
            Self::Set(a, "unless", _, _) if open => text(a),
            Self::Set(a, op, matching, b) => format!("({} {op} {matching} {})", text(a), text(b)),
            Self::Around(before, it, after) => format!("{before}{}{after}", text(it)),
            Self::Absent(labels) if open => format!("absent(never{labels})"),
            Self::Absent(labels) => format!("absent(a{labels})"),
        }
    }
}

fn shapes() -> impl Strategy<Value = Shape> {
    let series = [
        "a",
        "b",
        "a{l=\"x\"}",
        "b{m!=\"p\"} offset 1m",
        "a{m=\"q\",l=\"y\"}",
    ];
    let leaf = prop_oneof![
        4 => prop::sample::select(series.to_vec()).prop_map(Shape::Series),
        1 => prop::sample::select(&["", "{l=\"x\"}", "{l=\"x\",m!=\"p\"}", "{l=\"none\"}"][..])
            .prop_map(Shape::Absent),
    ];
    let bound = || prop::sample::select(&[-1.0, 0.5, 2.0, 1e-7, 1e22][..]);
    let matching = || {
        let all = ["", "on (l)", "ignoring (m)", "on (l, m)", "on ()"];
        prop::sample::select(all.to_vec())
    };
    let grouped = || {
        let all = [
            "",
            "on (l, m)",
            "on (l) group_left (m)",
            "ignoring (m) group_right ()",
        ];
        prop::sample::select(all.to_vec())
    };
    let around = [
        ("sum by (l) (", ")"),
        ("count(", ")"),
        ("topk(99, ", ")"),
        ("max without (m) (", ")"),
        ("max_over_time((", ")[3m:1m])"),
        ("abs(", ")"),
        ("-(", ")"),
        ("label_replace(", ", \"k\", \"$1\", \"l\", \"(.*)\")"),
    ];
    leaf.prop_recursive(4, 24, 2, move |inner| {
        let one = || inner.clone().prop_map(Box::new);
        prop_oneof![
            (one(), bound(), any::<bool>()).prop_map(|(it, by, left)| Shape::Above(it, by, left)),
            (
                one(),
                prop::sample::select(&["<", ">=", "!="][..]),
                grouped(),
                one()
            )
                .prop_map(|(a, op, matching, b)| Shape::Against(a, op, matching, b)),
            (one(), bound()).prop_map(|(it, by)| Shape::Bool(it, by)),
            (one(), prop::sample::select(&["+", "*", "-"][..]), one())
                .prop_map(|(a, op, b)| Shape::Math(a, op, b)),
            (
                one(),
                prop::sample::select(&["and", "or", "unless"][..]),
                matching(),
                one()
            )
                .prop_map(|(a, op, matching, b)| Shape::Set(a, op, matching, b)),
            (prop::sample::select(around.to_vec()), one())
                .prop_map(|((before, after), it)| Shape::Around(before, it, after)),
        ]
    })
}

/// For ten minutes: two names with two labels of two values, each there or not.
fn stores() -> impl Strategy<Value = Store> {
    let values = prop::collection::vec(prop::option::weighted(0.4, -3..3i32), 80);
    values.prop_map(|values| {
        let mut store = Store::new(Limits::default()).unwrap();
        let series = ["a", "b"].into_iter().flat_map(|name| {
            let labels = [("x", "p"), ("x", "q"), ("y", "p"), ("y", "q")];
            labels.map(|(l, m)| Labels::from_iter([(NAME, name), ("l", l), ("m", m)]))
        });
        for (labels, values) in series.zip(values.chunks(10)) {
            for (minute, value) in values.iter().enumerate() {
                if let Some(value) = value {
                    let time = minute as i64 * 60_000;
                    store.append(&labels, time, f64::from(*value)).unwrap();
                }
            }
        }
        store
    })
}

/// How many rows there are; `None` where it has no answer.
fn rows(text: &str, store: &Store, settings: &Settings, minute: i64) -> Option<usize> {
    let query = Query::parse(text, settings).unwrap_or_else(|error| panic!("{text}: {error}"));
    match query.instant(store, settings, minute * 60_000) {
        Ok(Value::Vector(rows)) => Some(rows.len()),
        Ok(other) => panic!("{text}: {other:?}"),
        Err(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn an_expression_without_its_filters_has_a_row_exactly_where_there_is_data(
        shape in shapes(),
        store in stores(),
        two in any::<bool>(),
    ) {
        let semantics = if two { Semantics::Prometheus2 } else { Semantics::Prometheus3 };
        let settings = Settings::default().semantics(semantics).lookback(Duration::from_secs(90));
        let text = shape.text(Filters::AsTheyAre);
        let found = presence(&text, semantics).unwrap();
        prop_assert_eq!(&presence(&found.expr, semantics).unwrap(), &found);
        let Presence { expr, always } = found;
        for minute in 0..12 {
            let ask = |text: &str| rows(text, &store, &settings, minute);
            let there = ask(&expr);
            prop_assert_eq!(there, ask(&shape.text(Filters::Open)), "{} | {} at {}", text, expr, minute);
            if always {
                prop_assert!(there.is_none_or(|rows| rows > 0), "{}", expr);
            }
            // Which rows come first depends on those that filters leave.
            let choices = ["or on", "or ignoring"];
            let chosen = choices.iter().any(|it| text.contains(it));
            if let (false, Some(held), Some(there)) = (chosen, ask(&text), there) {
                prop_assert!(held == 0 || there > 0, "{} | {} at {}", text, expr, minute);
            }
        }
    }
}
