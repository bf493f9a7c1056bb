//! `rule_send`.

use admf_alerts::{Engine, Options};

use super::{engine, length, result, ruled, same, steps, time};
use crate::vectors::schema::{Checked, Fields};

pub(super) fn send(case: &Fields<'_>) -> Checked<()> {
    let mut group = ruled(case)?;
    group.interval = length(case, "interval_s")?;
    let delay = case.must("resend_delay_s", length(case, "resend_delay_s"))?;
    let mut engine = engine(group, Options::default().resend_delay(delay))?;
    steps(case, |step| send_step(step, &mut engine))
}

fn send_step(step: &Fields<'_>, engine: &mut Engine) -> Checked<()> {
    let now = step.must("t_s", time(step, "t_s"))?;
    let rows = result(step)?;
    engine.step_with(now, |_| Ok(rows.clone()));
    let notices = engine.notices(now);
    let sent = step.must("expect_sent", step.whole("expect_sent"))?;
    same("`expect_sent`", sent as usize, notices.len())?;
    let starts_at = time(step, "expect_starts_at_s")?;
    let ends_at = time(step, "expect_ends_at_s")?;
    let status = step.text("expect_status")?;
    for notice in notices {
        if let Some(starts_at) = starts_at {
            same("`expect_starts_at_s`", starts_at, notice.starts_at)?;
        }
        if let Some(ends_at) = ends_at {
            same("`expect_ends_at_s`", ends_at, notice.ends_at)?;
        }
        let shown = if notice.is_resolved() {
            "resolved"
        } else {
            "firing"
        };
        same("`expect_status`", status.unwrap_or(shown), shown)?;
    }
    Ok(())
}
