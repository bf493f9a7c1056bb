//! Conditions as files write them.

use std::time::Duration;

use super::fields;
use crate::alert_template::condition::{Aggregate, Condition, Operator, Per, Reading};
use crate::yaml::{At, Kind, Read};

const READING: &[&str] = &[
    "type",
    "metric",
    "where",
    "aggregate",
    "groupBy",
    "quantile",
    "window",
];
/// How long an anomaly looks back where nobody says.
const BASELINE: Duration = Duration::from_secs(3_600);

#[derive(Clone, Copy)]
enum Type {
    Threshold,
    Rate,
    Absence,
    Anomaly,
    Composite,
}

const TYPES: &[(&str, Type)] = &[
    ("threshold", Type::Threshold),
    ("rate", Type::Rate),
    ("absence", Type::Absence),
    ("anomaly", Type::Anomaly),
    ("composite", Type::Composite),
];

/// A text, or a map that says its type.
pub(super) fn condition(at: &At<'_>) -> Read<Condition> {
    if let Kind::Scalar(text, _) = &at.node.kind {
        return match text.is_empty() {
            true => Err(at.refused("must be set")),
            false => Ok(Condition::Text(text.clone())),
        };
    }
    // What is no map is refused before it lacks a type.
    at.knows(&[READING, ALL_OTHERS].concat())?;
    let Some(of_type) = fields::word(at, "type", TYPES)? else {
        return Err(at.refused("`type` must be set"));
    };
    let also = |keys: &[&str]| at.knows(&[READING, keys].concat());
    match of_type {
        Type::Threshold => {
            also(&["operator", "value"])?;
            Ok(Condition::Threshold {
                of: reading(at)?,
                operator: operator(at)?,
                value: fields::number(at, "value")?,
            })
        }
        Type::Rate => {
            also(&["operator", "value", "per"])?;
            let words = [("second", Per::Second), ("minute", Per::Minute)];
            Ok(Condition::Rate {
                of: reading(at)?,
                per: fields::word(at, "per", &words)?.unwrap_or_default(),
                operator: operator(at)?,
                value: fields::number(at, "value")?,
            })
        }
        Type::Absence => {
            also(&[])?;
            Ok(Condition::Absence { of: reading(at)? })
        }
        Type::Anomaly => {
            also(&["operator", "value", "baseline"])?;
            Ok(Condition::Anomaly {
                of: reading(at)?,
                baseline: fields::minutes(at, "baseline")?.unwrap_or(BASELINE),
                operator: fields::word(at, "operator", &Operator::WORDS)?,
                deviations: fields::number(at, "value")?,
            })
        }
        Type::Composite => composite(at),
    }
}

const ALL_OTHERS: &[&str] = &[
    "operator",
    "value",
    "per",
    "baseline",
    "match",
    "on",
    "conditions",
];

fn composite(at: &At<'_>) -> Read<Condition> {
    at.knows(&["type", "match", "on", "conditions"])?;
    let words = [("all", true), ("any", false)];
    let Some(all) = fields::word(at, "match", &words)? else {
        return Err(at.refused("`match` must be set: `all` or `any`"));
    };
    let mut of = Vec::new();
    if let Some(conditions) = at.some("conditions") {
        let Kind::Map(entries) = &conditions.node.kind else {
            return Err(conditions.refused("must be a map of conditions by name"));
        };
        for entry in entries {
            let at = conditions.below(&entry.key, &entry.value);
            of.push((entry.key.clone(), condition(&at)?));
        }
    }
    let on = fields::texts(at, "on")?;
    Ok(Condition::Composite { all, on, of })
}

fn operator(at: &At<'_>) -> Read<Operator> {
    let operator = fields::word(at, "operator", &Operator::WORDS)?;
    operator.ok_or_else(|| at.refused("`operator` must be set"))
}

fn reading(at: &At<'_>) -> Read<Reading> {
    Ok(Reading {
        metric: at.text("metric")?.unwrap_or_default().to_owned(),
        matching: fields::lists(at, "where")?,
        aggregate: fields::word(at, "aggregate", &Aggregate::WORDS)?,
        group_by: fields::texts(at, "groupBy")?.unwrap_or_default(),
        quantile: fields::number(at, "quantile")?,
        window: fields::minutes(at, "window")?,
    })
}
