//! Templates as files write them.

use super::{Variables, channel, condition, fields};
use crate::alert_template::{AlertTemplate, Severity};
use crate::rule::{AtLeast, NoData, OnError};
use crate::yaml::{At, Kind, Read};

pub(super) const FIELDS: &[&str] = &[
    "id",
    "name",
    "description",
    "category",
    "severity",
    "enabled",
    "tags",
    "condition",
    "threshold",
    "clear",
    "timeframe",
    "cooldownPeriod",
    "escalationRules",
    "channels",
    "noData",
    "onError",
    "consecutive",
    "labels",
    "annotations",
];

pub(super) fn template(at: &At<'_>, id: &str, variables: Variables<'_>) -> Read<AlertTemplate> {
    let Some(condition) = at.some("condition") else {
        return Err(at.refused("`condition` must be set"));
    };
    let text = |key| {
        let text = at.text(key)?.unwrap_or_default();
        Ok(text.to_owned())
    };
    let no_data = [NoData::Ok, NoData::Alert, NoData::KeepLast];
    let no_data = no_data.map(|it| (it.name(), it));
    let on_error = [OnError::Ok, OnError::Alert, OnError::KeepLast];
    let on_error = on_error.map(|it| (it.name(), it));
    let mut template = AlertTemplate::new(id, condition::condition(&condition)?);
    template.name = text("name")?;
    template.description = text("description")?;
    template.category = text("category")?;
    template.severity = fields::word(at, "severity", &Severity::WORDS)?.unwrap_or_default();
    template.enabled = fields::truth(at, "enabled")?.unwrap_or(true);
    template.tags = fields::texts(at, "tags")?.unwrap_or_default();
    template.threshold = fields::number(at, "threshold")?;
    template.clear = fields::number(at, "clear")?;
    template.timeframe = fields::minutes(at, "timeframe")?.unwrap_or_default();
    template.cooldown_period = fields::minutes(at, "cooldownPeriod")?.unwrap_or_default();
    template.escalation_rules = channel::escalation(at)?;
    template.channels = channel::channels(at, variables)?;
    template.no_data = fields::word(at, "noData", &no_data)?.unwrap_or_default();
    template.on_error = fields::word(at, "onError", &on_error)?.unwrap_or_default();
    template.consecutive = consecutive(at)?;
    template.labels = at.texts("labels")?;
    template.annotations = at.texts("annotations")?;
    Ok(template)
}

/// `3`: the last three; `{times: 3, of: 5}`: three of the last five.
fn consecutive(at: &At<'_>) -> Read<Option<AtLeast>> {
    let Some(here) = at.some("consecutive") else {
        return Ok(None);
    };
    let at_least = if let Kind::Scalar(..) = here.node.kind {
        let times = fields::count(at, "consecutive")?.unwrap_or_default();
        AtLeast { times, of: times }
    } else {
        here.knows(&["times", "of"])?;
        AtLeast {
            times: fields::count(&here, "times")?.unwrap_or_default(),
            of: fields::count(&here, "of")?.unwrap_or_default(),
        }
    };
    match (1..=at_least.of).contains(&at_least.times) {
        true => Ok(Some(at_least)),
        false => Err(here.refused("`times` must be from 1 to `of`")),
    }
}
