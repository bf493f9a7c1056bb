//! What values can be asked for: `.CommonLabels.SortedPairs`, `.StartsAt.Format "15:04"`.

use std::sync::Arc;

use super::functions::wanted;
use super::time::{Length, Time};
use super::value::{List, Of, Value};

/// The methods that take arguments.
pub(super) const WITH_ARGS: [&str; 9] = [
    "Remove", "Format", "Add", "Sub", "Before", "After", "Equal", "Round", "Truncate",
];

/// Calls a method of a value; `None` where it has no such method.
pub(super) fn call(of: &Value, name: &str, args: &[Value]) -> Result<Option<Value>, String> {
    let (value, takes) = match of {
        Value::Pairs(_) if name == "Remove" => (remove(of, args)?, 1),
        Value::Pairs(_) => (pairs(of, name), 0),
        Value::List(list) => (in_list(list, name), 0),
        Value::Time(time) => of_time(*time, name, args)?,
        Value::Length(length) => of_length(*length, name, args)?,
        _ => (None, 0),
    };
    match value {
        Some(_) if args.len() != takes => Err(takes_others(name, takes, args.len())),
        value => Ok(value),
    }
}

fn takes_others(name: &str, takes: usize, given: usize) -> String {
    format!("`{name}` takes {takes} arguments, not {given}")
}

/// What a method needs as its first argument.
fn first<'v>(name: &str, args: &'v [Value]) -> Result<&'v Value, String> {
    args.first().ok_or_else(|| takes_others(name, 1, 0))
}

fn pairs(of: &Value, name: &str) -> Option<Value> {
    let Value::Pairs(map) = of else { return None };
    // The name of the rule comes first.
    let (rule, rest): (Vec<_>, Vec<_>) = map.iter().partition(|(name, _)| *name == "alertname");
    let sorted = rule.into_iter().chain(rest);
    let text = |text: &String| Value::text(text.as_str());
    Some(match name {
        "SortedPairs" => Value::list(
            Of::Pairs,
            sorted.map(|(name, value)| {
                let fields = vec![("Name", text(name)), ("Value", text(value))];
                Value::structure("template.Pair", fields)
            }),
        ),
        "Names" => Value::list(Of::Texts, sorted.map(|(name, _)| text(name))),
        "Values" => Value::list(Of::Texts, sorted.map(|(_, value)| text(value))),
        _ => return None,
    })
}

fn remove(of: &Value, args: &[Value]) -> Result<Option<Value>, String> {
    let (Value::Pairs(map), names) = (of, first("Remove", args)?) else {
        return Ok(None);
    };
    let names = match names {
        Value::List(names) if names.of == Of::Texts => names,
        other => return Err(wanted("[]string", other)),
    };
    let mut left = map.as_ref().clone();
    for name in names.items.iter() {
        if let Value::Text(name) = name {
            left.remove(&**name);
        }
    }
    Ok(Some(Value::Pairs(Arc::new(left))))
}

fn in_list(list: &List, name: &str) -> Option<Value> {
    let field = |item: &Value, name: &str| match item {
        Value::Struct(it) => {
            let found = it.fields.iter().find(|(field, _)| *field == name);
            found.map(|(_, value)| value.clone())
        }
        _ => None,
    };
    let with = |status: &str| {
        let items = list.items.iter();
        let of_it = items.filter(
            |item| matches!(field(item, "Status"), Some(Value::Text(it)) if *it == *status),
        );
        Value::list(Of::SomeAlerts, of_it.cloned())
    };
    let all = |name: &str| {
        let items = list.items.iter();
        Value::list(Of::Texts, items.filter_map(|item| field(item, name)))
    };
    match (list.of, name) {
        (Of::Alerts, "Firing") => Some(with("firing")),
        (Of::Alerts, "Resolved") => Some(with("resolved")),
        (Of::Pairs, "Names") => Some(all("Name")),
        (Of::Pairs, "Values") => Some(all("Value")),
        _ => None,
    }
}

type Called = Result<(Option<Value>, usize), String>;

fn of_time(time: Time, name: &str, args: &[Value]) -> Called {
    let other = || match first(name, args)? {
        Value::Time(other) => Ok(*other),
        other => Err(wanted("time.Time", other)),
    };
    let value = match name {
        "Unix" => Value::Int(time.seconds()),
        "UTC" => Value::Time(time),
        "IsZero" => Value::Bool(time == Time::ZERO),
        "Sub" => return Ok((Some(Value::Length(time.since(other()?))), 1)),
        "Before" => return Ok((Some(Value::Bool(time < other()?)), 1)),
        "After" => return Ok((Some(Value::Bool(time > other()?)), 1)),
        "Equal" => return Ok((Some(Value::Bool(time == other()?)), 1)),
        "Add" => {
            let length = length(first(name, args)?)?;
            return Ok((Some(Value::Time(time.plus(length)?)), 1));
        }
        "Format" => match first(name, args)? {
            Value::Text(layout) => return Ok((Some(Value::text(time.formatted(layout)?)), 1)),
            other => return Err(wanted("string", other)),
        },
        _ => return Ok((None, 0)),
    };
    Ok((Some(value), 0))
}

fn of_length(of: Length, name: &str, args: &[Value]) -> Called {
    let value = match name {
        "Hours" => Value::Float(of.in_units_of(3_600_000_000_000)),
        "Minutes" => Value::Float(of.in_units_of(60_000_000_000)),
        "Seconds" => Value::Float(of.in_units_of(1_000_000_000)),
        "Milliseconds" => Value::Int(of.0 / 1_000_000),
        "String" => Value::text(of.to_string()),
        "Round" => {
            let unit = length(first(name, args)?)?;
            return Ok((Some(Value::Length(of.rounded(unit))), 1));
        }
        "Truncate" => {
            let unit = length(first(name, args)?)?;
            return Ok((Some(Value::Length(of.truncated(unit))), 1));
        }
        _ => return Ok((None, 0)),
    };
    Ok((Some(value), 0))
}

/// A length of time: also a number, which is of nanoseconds.
fn length(value: &Value) -> Result<Length, String> {
    match value {
        Value::Length(it) => Ok(*it),
        Value::Int(it) => Ok(Length(*it)),
        Value::Float(it) if it.fract() == 0.0 && it.abs() < 9e18 => Ok(Length(*it as i64)),
        other => Err(wanted("time.Duration", other)),
    }
}
