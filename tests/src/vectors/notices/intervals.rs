//! `time_interval`.

use std::ops::RangeInclusive;
use std::time::Duration;

use admf_alerts::notify::TimeInterval;
use serde_json::Value;

use super::super::rules::same;
use super::super::schema::{Checked, Fields};
use super::words;

pub(super) fn interval(case: &Fields<'_>) -> Checked<()> {
    let interval = read(&case.must("interval", case.fields("interval"))?)?;
    for (key, wanted) in [("contains", true), ("excludes", false)] {
        for text in case.must(key, words(case, key))? {
            let time: jiff::Timestamp = text.parse().map_err(|it| format!("{text}: {it}"))?;
            let seconds = u64::try_from(time.as_second()).map_err(|it| it.to_string())?;
            same(
                text,
                wanted,
                interval.contains(Duration::from_secs(seconds)),
            )?;
        }
    }
    Ok(())
}

fn read(fields: &Fields<'_>) -> Checked<TimeInterval> {
    let mut interval = TimeInterval {
        weekdays: ranges(fields, "weekdays")?,
        days_of_month: ranges(fields, "days_of_month")?,
        months: ranges(fields, "months")?,
        years: ranges(fields, "years")?,
        ..TimeInterval::default()
    };
    for times in fields.list("times")?.into_iter().flatten() {
        let [Some(from), Some(to)] = [0, 1].map(|at| times.get(at).and_then(Value::as_str)) else {
            return Err(format!("`times` must hold pairs of texts, holds {times}"));
        };
        interval.times.push((minute(from)?, minute(to)?));
    }
    if let Some(location) = fields.text("location")? {
        let location = jiff::tz::TimeZone::get(location);
        interval.location = location.map_err(|error| error.to_string())?;
    }
    fields.finish()?;
    Ok(interval)
}

fn minute(text: &str) -> Checked<u16> {
    let numbers = text.split_once(':').ok_or("a time has a colon")?;
    let [hour, minute] = [numbers.0, numbers.1].map(str::parse::<u16>);
    Ok(hour.map_err(|it| it.to_string())? * 60 + minute.map_err(|it| it.to_string())?)
}

fn ranges<T: TryFrom<i64>>(fields: &Fields<'_>, key: &str) -> Checked<Vec<RangeInclusive<T>>> {
    let list = fields.list(key)?.map_or(&[][..], Vec::as_slice);
    let ranges = list.iter().map(|range| {
        let end = |at| T::try_from(range.get(at)?.as_i64()?).ok();
        match (end(0), end(1)) {
            (Some(from), Some(to)) => Ok(from..=to),
            _ => Err(format!("`{key}` must hold pairs of numbers, holds {range}")),
        }
    });
    ranges.collect()
}
