//! Time intervals.

use std::ops::RangeInclusive;

use jiff::tz::TimeZone;

use super::fields::{filled, there};
use crate::alertmanager_file::DAYS;
use crate::notify::TimeInterval;
use crate::yaml::{At, Read};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const INTERVAL: &[&str] = &[
    "times",
    "weekdays",
    "days_of_month",
    "months",
    "years",
    "location",
];

pub(super) fn interval(at: &At<'_>) -> Read<TimeInterval> {
    at.knows(INTERVAL)?;
    let times = at.list("times")?.into_iter().map(|at| times(&at));
    Ok(TimeInterval {
        times: times.collect::<Read<_>>()?,
        weekdays: ranges(at, "weekdays", weekday, ordered)?,
        days_of_month: ranges(at, "days_of_month", day, days)?,
        months: ranges(at, "months", month, ordered)?,
        years: ranges(at, "years", year, ordered)?,
        location: location(at)?,
    })
}

fn times(at: &At<'_>) -> Read<(u16, u16)> {
    there(at)?;
    at.knows(&["start_time", "end_time"])?;
    let minute = |key| {
        let text = at.text(key)?.unwrap_or_default();
        let refused = || {
            at.get(key).unwrap_or(At::top(at.node)).refused(format!(
                "{key} `{text}` must be a time such as `09:30`, until `24:00`"
            ))
        };
        minute(text).ok_or_else(refused)
    };
    let (from, to) = (minute("start_time")?, minute("end_time")?);
    match from < to {
        true => Ok((from, to)),
        false => Err(at.refused("the start must be before the end")),
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |it: &str| {
        (it.len() == 2 && it.bytes().all(|b| b.is_ascii_digit())).then(|| it.parse::<u16>().ok())
    };
    let (hour, minute) = (two(hour)??, two(minute)??);
    (hour < 24 && minute < 60 || (hour, minute) == (24, 0)).then_some(hour * 60 + minute)
}

/// A list of `from:to`, or one that is both.
fn ranges<T: Copy>(
    at: &At<'_>,
    key: &str,
    one: fn(&str) -> Result<T, String>,
    check: fn(T, T) -> Result<(), &'static str>,
) -> Read<Vec<RangeInclusive<T>>> {
    let list = at.list(key)?.into_iter();
    let list = list.map(|at| {
        let text = at.own_text()?.to_lowercase();
        let (from, to) = text.split_once(':').unwrap_or((&text, &text));
        let refused = |problem: String| at.refused(format!("`{text}`: {problem}"));
        let (from, to) = (one(from).map_err(refused)?, one(to).map_err(refused)?);
        check(from, to).map_err(|problem| refused(problem.to_owned()))?;
        Ok(from..=to)
    });
    list.collect()
}

fn ordered<T: PartialOrd>(from: T, to: T) -> Result<(), &'static str> {
    match from <= to {
        true => Ok(()),
        false => Err("the start is after the end"),
    }
}

fn number<T: std::str::FromStr + PartialOrd>(
    text: &str,
    least: T,
    most: T,
    what: &str,
) -> Result<T, String> {
    let number = text.parse().ok();
    let number = number.filter(|it| (least..=most).contains(it));
    number.ok_or_else(|| format!("must be {what}"))
}

fn weekday(text: &str) -> Result<i8, String> {
    let day = (0..).zip(DAYS).find(|(_, name)| *name == text);
    day.map(|it| it.0)
        .ok_or_else(|| "must be a day of the week by its name".to_owned())
}

fn day(text: &str) -> Result<i8, String> {
    match number(text, -31, 31, "a day from 1 to 31, or from -31 to -1") {
        Ok(0) => Err("there is no day 0".to_owned()),
        day => day,
    }
}

/// As far as it can be known: the shortest month has 28 days.
fn days(from: i8, to: i8) -> Result<(), &'static str> {
    if from < 0 && to > 0 {
        return Err("the end must be counted from the month's end as the start is");
    }
    let least = |day: i8| if day < 0 { 28 + day } else { day };
    ordered(least(from), least(to))
}

fn month(text: &str) -> Result<i8, String> {
    match (1..).zip(MONTHS).find(|(_, name)| *name == text) {
        Some((month, _)) => Ok(month),
        None => number(text, 1, 12, "a month by its name or from 1 to 12"),
    }
}

fn year(text: &str) -> Result<i16, String> {
    number(text, -9999, 9999, "a year")
}

fn location(at: &At<'_>) -> Read<TimeZone> {
    let Some(name) = filled(at, "location")? else {
        return Ok(TimeZone::UTC);
    };
    let zone = match name.as_str() {
        "UTC" => return Ok(TimeZone::UTC),
        "Local" => TimeZone::try_system().ok(),
        // There, upper case is another name.
        name => TimeZone::get(name)
            .ok()
            .filter(|zone| zone.iana_name() == Some(name)),
    };
    let here = at.get("location").expect("it was read");
    zone.ok_or_else(|| here.refused(format!("`{name}` is no known time zone")))
}
