//! `silence_state`, `silence_can_update`, `silence_set`, `silence_validate`, `silence_expire`.

use std::time::Duration;

use admf_alerts::notify::{Silence, SilenceState, Silences};

use super::super::rules::{EPOCH, same, time};
use super::super::schema::{Checked, Fields};
use super::{matcher, matchers, maybe};

/// Reads the times of a silence.
fn silence(fields: &Fields<'_>) -> Checked<Silence> {
    Ok(Silence {
        matchers: vec![matcher("a", "=", "b")?],
        starts_at: time(fields, "starts_at_s")?,
        ends_at: time(fields, "ends_at_s")?,
        ..Silence::default()
    })
}

pub(super) fn state(case: &Fields<'_>) -> Checked<()> {
    let now = case.must("ts_s", time(case, "ts_s"))?;
    let shown = silence(case)?.state(now).as_str();
    same("`expect`", case.must("expect", case.text("expect"))?, shown)
}

pub(super) fn can_update(case: &Fields<'_>) -> Checked<()> {
    let [old, new] = ["old", "new"].map(|key| {
        let fields = case.must(key, case.fields(key))?;
        let silence = silence(&fields)?;
        fields.finish()?;
        Ok::<_, String>(silence)
    });
    let shown = old?.becomes(&new?, EPOCH);
    same("`expect`", case.must("expect", case.flag("expect"))?, shown)
}

pub(super) fn validate(case: &Fields<'_>) -> Checked<()> {
    let wanted = maybe(case, "expect_error", Fields::text)?;
    let times = silence(case)?;
    let shown =
        matchers(case, "matchers").and_then(|matchers| Silence { matchers, ..times }.check());
    match (wanted, shown) {
        (None, Ok(())) => Ok(()),
        (Some(wanted), Err(shown)) if shown.contains(wanted) => Ok(()),
        (wanted, shown) => Err(format!("`expect_error` should be {wanted:?}, is {shown:?}")),
    }
}

pub(super) fn expire(case: &Fields<'_>) -> Checked<()> {
    let mut silence = silence(case)?;
    silence.expire(EPOCH);
    let expect = case.must("expect", case.fields("expect"))?;
    same(
        "`starts_at_s`",
        time(&expect, "starts_at_s")?,
        silence.starts_at,
    )?;
    same("`ends_at_s`", time(&expect, "ends_at_s")?, silence.ends_at)?;
    expect.finish()
}

/// Silences with one that is active, and what it is.
fn active() -> Checked<(Silences, Silence)> {
    let mut silences = Silences::default();
    let silence = Silence {
        matchers: vec![matcher("a", "=", "b")?],
        starts_at: Some(EPOCH - Duration::from_secs(60)),
        ends_at: Some(EPOCH + Duration::from_secs(60)),
        ..Silence::default()
    };
    let id = silences.set(silence, EPOCH - Duration::from_secs(60), || {
        "old".to_owned()
    })?;
    let silence = silences.get(&id).cloned().ok_or("it is not there")?;
    Ok((silences, silence))
}

/// Changes the active silence, and says in the words of a case what came of it.
fn edited(change: impl FnOnce(&mut Silence)) -> Checked<&'static str> {
    let (mut silences, before) = active()?;
    let mut silence = before.clone();
    change(&mut silence);
    let set = silences.set(silence, EPOCH, || "new".to_owned());
    let old = silences.get("old").ok_or("the old one is gone")?;
    let same = old.ends_at == before.ends_at && old.starts_at == before.starts_at;
    Ok(match (set.as_deref(), old.state(EPOCH)) {
        (Ok("old"), SilenceState::Active) => "same_id",
        (Ok("new"), SilenceState::Expired) => "new_id_old_expired",
        (Err(_), SilenceState::Active) if same => "old_untouched",
        _ => "something else",
    })
}

pub(super) fn set(case: &Fields<'_>) -> Checked<()> {
    let expect = case.must("expect", case.fields("expect"))?;
    let other = vec![matcher("a", "=", "c")?];
    let later = Some(EPOCH + Duration::from_secs(600));
    let soon = Some(EPOCH + Duration::from_secs(5));
    let past = Silence {
        starts_at: Some(EPOCH - Duration::from_secs(5)),
        id: String::new(),
        ..active()?.1
    };
    let mut silences = Silences::default();
    let id = silences.set(past, EPOCH, || "past".to_owned())?;
    let begun = silences.get(&id).and_then(|it| it.starts_at) == Some(EPOCH);
    let shown = [
        ("edit_comment", edited(|it| it.comment = "why".to_owned())?),
        ("extend_end", edited(|it| it.ends_at = later)?),
        ("change_matchers", edited(|it| it.matchers = other)?),
        ("change_start", edited(|it| it.starts_at = soon)?),
        (
            "start_in_past",
            if begun { "start=now" } else { "another start" },
        ),
        ("invalid_update", edited(|it| it.matchers.clear())?),
    ];
    for (key, shown) in shown {
        let wanted = expect.must(key, expect.text(key))?;
        // The words of a case leave out what goes without saying.
        same(
            key,
            true,
            shown == wanted || shown.strip_suffix("_old_expired") == Some(wanted),
        )?;
    }
    expect.finish()
}
