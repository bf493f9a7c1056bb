//! Routes, inhibit rules and time intervals.

use std::ops::RangeInclusive;

use super::tree::{Map, Yaml};
use super::{SetupError, length};
use crate::alertmanager_file::DAYS;
use crate::notify::{GroupBy, InhibitRule, Route, TimeInterval};
use crate::series::Matcher;

pub(super) fn route(route: &Route, above: Option<&GroupBy>) -> Result<Yaml, SetupError> {
    let mut map = Map::default();
    map.maybe("receiver", route.receiver.as_ref());
    map.filled("matchers", matchers(&route.matchers)?);
    map.truth("continue", route.r#continue, false);
    let group_by = group_by(route, above, &mut map)?;
    let lengths = [
        ("group_wait", route.group_wait),
        ("group_interval", route.group_interval),
        ("repeat_interval", route.repeat_interval),
    ];
    for (key, given) in lengths {
        if let Some(given) = given {
            map.set(key, length(key, given)?);
        }
    }
    map.filled(
        "mute_time_intervals",
        Yaml::texts(&route.mute_time_intervals),
    );
    map.filled(
        "active_time_intervals",
        Yaml::texts(&route.active_time_intervals),
    );
    let below = route.routes.iter().map(|it| self::route(it, group_by));
    map.filled("routes", Yaml::List(below.collect::<Result<_, _>>()?));
    Ok(map.done())
}

/// Alertmanager takes no labels at all for those of the node above.
fn group_by<'r>(
    route: &'r Route,
    above: Option<&'r GroupBy>,
    map: &mut Map,
) -> Result<Option<&'r GroupBy>, SetupError> {
    let Some(group_by) = &route.group_by else {
        return Ok(above);
    };
    match group_by {
        GroupBy::All => map.set("group_by", Yaml::texts(["..."])),
        GroupBy::Labels(names) if !names.is_empty() => map.set("group_by", Yaml::texts(names)),
        GroupBy::Labels(_) if above.is_some_and(|it| *it != GroupBy::default()) => {
            return Err(SetupError::new(
                "group_by",
                "no labels below some: Alertmanager would take those above",
            ));
        }
        GroupBy::Labels(_) => {}
    }
    for name in names(group_by) {
        label(name)?;
    }
    Ok(Some(group_by))
}

fn names(group_by: &GroupBy) -> impl Iterator<Item = &String> {
    let names = match group_by {
        GroupBy::All => None,
        GroupBy::Labels(names) => Some(names),
    };
    names.into_iter().flatten()
}

fn label(name: &str) -> Result<(), SetupError> {
    match crate::scan::is_label_name(name) {
        true => Ok(()),
        false => Err(SetupError::new(
            "labels",
            format!("`{name}` is no name of a label"),
        )),
    }
}

fn matchers(matchers: &[Matcher]) -> Result<Yaml, SetupError> {
    for matcher in matchers {
        label(matcher.name())?;
    }
    Ok(Yaml::texts(matchers.iter().map(ToString::to_string)))
}

pub(super) fn inhibit(rule: &InhibitRule) -> Result<Yaml, SetupError> {
    let mut map = Map::default();
    map.filled("source_matchers", matchers(&rule.source)?);
    map.filled("target_matchers", matchers(&rule.target)?);
    for name in &rule.equal {
        label(name)?;
    }
    map.filled("equal", Yaml::texts(&rule.equal));
    Ok(map.done())
}

pub(super) fn interval(name: &str, interval: &TimeInterval) -> Result<Yaml, SetupError> {
    let refused = |what: &str| SetupError::new(format!("time_intervals.{name}"), what);
    let mut map = Map::default();
    let times = interval.times.iter().map(|&(from, to)| {
        if from >= to || to > 1_440 {
            return Err(refused(
                "a time of the day must begin before it ends, by 24:00",
            ));
        }
        let mut map = Map::default();
        map.set("start_time", minute(from));
        map.set("end_time", minute(to));
        Ok(map.done())
    });
    map.filled("times", Yaml::List(times.collect::<Result<_, _>>()?));
    let day = |at: i8| {
        DAYS.get(usize::try_from(at).ok()?)
            .map(|it| (*it).to_owned())
    };
    let days = ranges(&interval.weekdays, day)
        .ok_or_else(|| refused("days of the week are from 0 to 6"))?;
    map.filled("weekdays", days);
    let number = |at: i8| Some(at.to_string());
    let days = ranges(&interval.days_of_month, number)
        .ok_or_else(|| refused("days end before they begin"))?;
    map.filled("days_of_month", days);
    map.filled(
        "months",
        ranges(&interval.months, number).ok_or_else(|| refused("months end before they begin"))?,
    );
    let years = ranges(&interval.years, |at: i16| Some(at.to_string()));
    map.filled(
        "years",
        years.ok_or_else(|| refused("years end before they begin"))?,
    );
    if interval.location != jiff::tz::TimeZone::UTC {
        let zone = interval.location.iana_name();
        map.text(
            "location",
            zone.ok_or_else(|| refused("the time zone has no name"))?,
        );
    }
    Ok(map.done())
}

fn minute(at: u16) -> Yaml {
    Yaml::Text(format!("{:02}:{:02}", at / 60, at % 60))
}

fn ranges<T: Copy + PartialOrd>(
    ranges: &[RangeInclusive<T>],
    shown: impl Fn(T) -> Option<String>,
) -> Option<Yaml> {
    let texts = ranges.iter().map(|range| {
        let (from, to) = (*range.start(), *range.end());
        Some(format!("{}:{}", shown(from)?, shown(to)?))
    });
    Some(Yaml::texts(texts.collect::<Option<Vec<_>>>()?))
}
