//! `inhibit`.

use admf_alerts::Labels;
use admf_alerts::notify::{Config, InhibitRule, Posted, Route};

use super::super::rules::{EPOCH, labels, same, texts, time};
use super::super::schema::{Checked, Fields};
use super::pipeline::{notifier, one_receiver};
use super::{matchers, words};

/// Reads rules, each with `source`, `target`, `equal`.
pub(super) fn rules(fields: &Fields<'_>, key: &str) -> Checked<Vec<InhibitRule>> {
    let list = fields.list(key)?.map_or(&[][..], Vec::as_slice);
    let rules = list.iter().map(|rule| {
        let rule = Fields::new("a rule", rule)?;
        let equal = words(&rule, "equal")?.unwrap_or_default();
        let read = InhibitRule {
            source: matchers(&rule, "source")?,
            target: matchers(&rule, "target")?,
            equal: equal.into_iter().map(str::to_owned).collect(),
        };
        rule.finish()?;
        Ok(read)
    });
    rules.collect()
}

/// A route to one receiver.
pub(super) fn plain() -> Config {
    let mut route = Route::default();
    route.receiver = Some("receiver".to_owned());
    one_receiver(route)
}

pub(super) fn inhibit(case: &Fields<'_>) -> Checked<()> {
    let mut config = plain();
    config.inhibit_rules = rules(case, "rules")?;
    let mut notifier = notifier(config)?;
    for source in case.must("sources", case.list("sources"))? {
        let source = Fields::new("a source", source)?;
        let ends_at = time(&source, "ends_in_s")?;
        let posted = Posted {
            labels: labels(&source)?,
            starts_at: Some(ends_at.unwrap_or(EPOCH).min(EPOCH)),
            ends_at,
            ..Posted::default()
        };
        source.finish()?;
        notifier.post(EPOCH, posted)?;
    }
    let target: Labels = texts(case.fields("target")?)?.into_iter().collect();
    let muted = notifier.inhibited_by(&target, EPOCH).next().is_some();
    same(
        "`expect_muted`",
        case.must("expect_muted", case.flag("expect_muted"))?,
        muted,
    )
}
