//! `alert_status`, `alert_merge`, `fingerprint`.

use std::collections::BTreeMap;
use std::time::Duration;

use admf_alerts::notify::{Alert, Fingerprint, Posted};

use super::super::rules::{EPOCH, same, texts, time};
use super::super::schema::{Checked, Fields};

pub(super) fn status(case: &Fields<'_>) -> Checked<()> {
    let now = case.must("ts_s", time(case, "ts_s"))?;
    let mut alert = Alert::new(Posted::default(), now, Duration::ZERO);
    alert.ends_at = time(case, "ends_at_s")?;
    let shown = if alert.is_resolved(now) {
        "resolved"
    } else {
        "firing"
    };
    same("`expect`", case.must("expect", case.text("expect"))?, shown)
}

pub(super) fn merge(case: &Fields<'_>) -> Checked<()> {
    let [a, b] = ["a", "b"].map(|key| alert(&case.must(key, case.fields(key))?));
    let (a, b) = (a?, b?);
    let expect = case.must("expect", case.fields("expect"))?;
    let starts_at = expect.must("starts_at_s", time(&expect, "starts_at_s"))?;
    let ends_at = expect.must("ends_at_s", time(&expect, "ends_at_s"))?;
    expect.finish()?;
    for merged in [a.clone().merged(b.clone(), EPOCH), b.merged(a, EPOCH)] {
        same("`starts_at_s`", starts_at, merged.starts_at)?;
        same("`ends_at_s`", Some(ends_at), merged.ends_at)?;
    }
    Ok(())
}

fn alert(fields: &Fields<'_>) -> Checked<Alert> {
    let posted = Posted {
        starts_at: time(fields, "starts_at_s")?,
        ends_at: time(fields, "ends_at_s")?,
        ..Posted::default()
    };
    let updated_at = fields.must("updated_at_s", time(fields, "updated_at_s"))?;
    let mut alert = Alert::new(posted, updated_at, Duration::ZERO);
    alert.timeout = fields.must("timeout", fields.flag("timeout"))?;
    fields.finish()?;
    Ok(alert)
}

pub(super) fn fingerprint(case: &Fields<'_>) -> Checked<()> {
    // A set of labels holds none that is empty, and an empty one counts.
    let labels: BTreeMap<_, _> = texts(case.fields("labels")?)?.into_iter().collect();
    let labels = labels
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let shown = Fingerprint::of(labels).to_string();
    same(
        "`expect`",
        case.must("expect", case.text("expect"))?,
        &shown,
    )
}
